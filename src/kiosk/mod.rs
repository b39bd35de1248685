//! The logic: one owner of all state.
//!
//! [`Kiosk::step`] takes one event and the time, and gives effects. It does no I/O, reads no clock,
//! cannot block and cannot fail. The kiosk itself only routes: the machines below it do not know each other.

mod account;
pub mod deadline;
pub mod effect;
pub mod event;
pub mod fault;
mod finding;
mod folder;
mod front;
mod group;
mod hours;
mod keeper;
pub mod leds;
pub mod memory;
pub(crate) mod mutant;
pub mod panel;
pub mod playlist;
mod power;
pub mod preflight;
pub mod profile;
pub mod programme;
mod remembering;
mod renderer;
pub mod roster;
pub mod schedule;
pub mod statistics;
pub mod status;
pub mod subscription;
pub mod supervisor;
mod together;
mod token;
pub mod trace;
pub mod why;

use crate::config::{Button, Config, Order, Who};
use crate::limits::RENDERERS;
use crate::media::catalogue::Scan;
use crate::time::{Duration, Instant};
use crate::upnp::description::Description;
use crate::upnp::{HttpUrl, Udn};
use core::net::Ipv4Addr;
use deadline::{Deadline, Wake, Why};
use effect::{Effect, Effects, Errand, Published};
use event::{Answer, Event, Failure, LedId, PanelState, StreamEnd, TaskName, Ticket, Token};
use finding::Place;
use folder::Folder;
use group::Group;
use heapless::Deque;
use keeper::Keeper;
use leds::{Leds, Pattern};
use memory::Memory;
use mutant::Mutant;
use panel::Panel;
use playlist::Playlist;
use power::Power;
use remembering::Recollection;
use renderer::{Context, Farewell, Renderer};
use roster::Roster;
use schedule::Schedule;
use statistics::Statistics;
use status::Press;
use std::path::PathBuf;
use supervisor::Supervisor;
use trace::{Trace, What};

/// What the kiosk is given at its start.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Seed of jitter and tokens.
    pub seed: u64,
    /// WatchdogSec, if systemd watches.
    pub watchdog: Option<Duration>,
    /// Why the configuration cannot be used, if it cannot: shown, and nothing is played.
    pub configuration_error: Option<String>,
    /// Drive only the first renderer that a rule matches (`play` without `--on`).
    pub first_only: bool,
}

/// The box.
#[derive(Debug)]
pub struct Kiosk {
    config: Config,
    configuration_error: Option<String>,
    first_only: bool,
    roster: Roster,
    renderers: Vec<Renderer>,
    groups: Vec<Group>,
    scan: Scan,
    schedule: Schedule,
    /// When to look whether it changes something.
    schedule_at: Option<Instant>,
    folder: Folder,
    panel: Panel,
    panel_state: String,
    /// What the buttons choose, by button.
    choices: Vec<Playlist>,
    presses: Deque<Press, 8>,
    leds: Leds,
    power: Power,
    supervisor: Supervisor,
    trace: Trace,
    statistics: Statistics,
    rng: fastrand::Rng,
    numbers: u32,
    addresses: Vec<Ipv4Addr>,
    media_port: Option<u16>,
    media_connections: u16,
    media_bytes: u64,
    unusable_datagrams: u64,
    searches: usize,
    search_at: Option<Instant>,
    places: Vec<Place>,
    memory: Memory,
    recollection: Recollection,
    keeper: Keeper,
    expire_at: Instant,
    deadline: Option<Deadline>,
    exited: bool,
}

impl Kiosk {
    /// A kiosk that has seen nothing yet.
    #[must_use]
    pub fn new(config: Config, setup: Setup) -> Self {
        let mut places: Vec<Place> = Vec::new();
        for rule in &config.rules {
            // A member of a group may have a table of its own, too.
            if let Who::Address(host, port) = rule.who
                && !places.iter().any(|place| place.is_at(host, port))
            {
                places.push(Place::new(host, port));
            }
        }
        let choice = |(button, seed): (&Button, u64)| {
            let plays = button.choice.as_ref().map(|choice| choice.plays.clone());
            Playlist::new(plays.unwrap_or_default(), true, Order::Name, seed)
        };
        Self {
            choices: config.buttons.iter().zip(setup.seed..).map(choice).collect(),
            places,
            groups: config.groups.iter().map(Group::new).collect(),
            schedule: Schedule::new(config.schedule.clone(), config.clock),
            schedule_at: None,
            panel: Panel::new(&config.buttons),
            leds: Leds::new(config.leds.len()),
            power: Power::default(),
            configuration_error: setup.configuration_error,
            first_only: setup.first_only,
            supervisor: Supervisor::new(setup.watchdog),
            rng: fastrand::Rng::with_seed(setup.seed),
            memory: Memory::default(),
            recollection: Recollection::new(setup.seed),
            keeper: Keeper::default(),
            config,
            roster: Roster::default(),
            renderers: Vec::new(),
            scan: Scan::default(),
            folder: Folder::new(),
            panel_state: "starting".into(),
            presses: Deque::new(),
            trace: Trace::default(),
            statistics: Statistics::default(),
            numbers: 0,
            addresses: Vec::new(),
            media_port: None,
            media_connections: 0,
            media_bytes: 0,
            unusable_datagrams: 0,
            searches: 0,
            search_at: None,
            expire_at: Instant::START + finding::LOOK_OVER_EVERY,
            deadline: Some(Deadline { at: Instant::START, why: Why::Begin }),
            exited: false,
        }
    }

    /// Takes one event, adds all its effects. To be called again at [`Self::next_deadline`] at the latest.
    pub fn step(&mut self, event: Event, now: Instant, effects: &mut Effects) {
        if !self.exited {
            if let Event::StatusAsked(reply) = event {
                self.settle(Concern::Nobody, now, effects);
                // After the LEDs: it says how they are.
                if !self.exited {
                    effects.push(Effect::Report(reply));
                }
                return;
            }
            if let Event::StatisticsAsked(reply) = event {
                return effects.push(Effect::ReportStatistics(reply));
            }
            let concern = self.concern(&event);
            self.route(event, now, effects);
            self.settle(concern, now, effects);
        }
    }

    /// Whose plan an event may change. Most concern one renderer, and a wall has many.
    fn concern(&self, event: &Event) -> Concern {
        let one = |i: Option<usize>| i.map_or(Concern::Everybody, Concern::One);
        let loaded = |token: &Token| self.renderers.iter().position(|r| r.has_load(*token));
        match event {
            Event::Deadline
            | Event::Deaf
            // Whom it is about is planned anew by `hear`.
            | Event::Heard { .. }
            | Event::Alive(_)
            | Event::FolderChanged
            | Event::MediaAsked { .. }
            | Event::MediaConnections(_)
            | Event::Saved(_)
            | Event::PoweredOff(_)
            | Event::StatusAsked(_)
            | Event::StatisticsAsked(_) => Concern::Nobody,
            Event::Answered { ticket, .. } => {
                one(self.renderers.iter().position(|r| r.runs_errand(ticket.number())))
            }
            Event::Served { token, .. } | Event::Probed { token, .. } => {
                loaded(token).map_or(Concern::Nobody, Concern::One)
            }
            Event::Notified { from, .. } => {
                let mut theirs =
                    (0..).zip(&self.renderers).filter(|(_, r)| r.location.host == *from);
                match (theirs.next(), theirs.next()) {
                    (Some((i, _)), None) => Concern::One(i),
                    _ => Concern::Everybody,
                }
            }
            _ => Concern::Everybody,
        }
    }

    /// When [`Self::step`] wants to be called with [`Event::Deadline`], and why.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Deadline> {
        self.deadline.filter(|_| !self.exited)
    }

    /// What to do for this ticket, right after [`Effect::Run`].
    #[must_use]
    pub fn errand(&self, ticket: &Ticket) -> Option<Errand> {
        let number = ticket.number();
        let describe =
            || Some(Errand::Describe { location: self.roster.fetching(number)?.clone() });
        self.renderers.iter().find_map(|r| r.errand(number, self.media_port)).or_else(describe)
    }

    /// What the media server serves for this token.
    #[must_use]
    pub fn published(&self, token: Token) -> Option<Published> {
        let theirs = self.renderers.iter().find_map(|renderer| renderer.published(token));
        theirs.or_else(|| self.published_before(token))
    }

    /// A task that has said nothing for too long: why the watchdog is not fed.
    #[must_use]
    pub fn silent_task(&self, now: Instant) -> Option<TaskName> {
        self.supervisor.silent(now)
    }

    /// Where the load of this token is, if it plays.
    #[must_use]
    pub fn position(&self, token: Token, now: Instant) -> Option<Duration> {
        self.renderers.iter().find_map(|renderer| renderer.position(token, now))
    }

    /// The flight recorder.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The statistics up to now.
    #[must_use]
    pub fn statistics(&self, now: Instant) -> Statistics {
        let mut statistics = self.statistics.clone();
        self.renderers.iter().for_each(|renderer| renderer.credit_so_far(&mut statistics, now));
        statistics
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The descriptions of the renderers that are known, with their LOCATIONs, in the order of their finding.
    pub fn descriptions(&self) -> impl Iterator<Item = (&Description, &HttpUrl)> {
        self.renderers.iter().map(|renderer| (&*renderer.description, &renderer.location))
    }

    fn route(&mut self, event: Event, now: Instant, effects: &mut Effects) {
        match event {
            Event::Deadline => {}
            Event::Heard { announcement, from: _ } => self.hear(&announcement, now, effects),
            Event::Deaf => self.unusable_datagrams += 1,
            Event::Answered { ticket, outcome, facing } => {
                self.answered(&ticket, outcome, facing, now, effects)
            }
            Event::Notified { callback, sid, seq, change, from, reply } => {
                let theirs = self.renderers.iter_mut().filter(|r| r.location.host == from);
                let welcome =
                    theirs.filter_map(|r| r.notified(callback, &sid, seq, &change, now)).next();
                effects.push(Effect::Acknowledge(reply, welcome == Some(true)));
            }
            Event::MediaAsked { token, from: _, reply } => self.media_asked(token, reply, effects),
            Event::Served { token, bytes, end } => {
                self.media_bytes = self.media_bytes.saturating_add(bytes);
                if end == Some(StreamEnd::Replaced) {
                    self.folder.changed(now);
                }
                for renderer in &mut self.renderers {
                    renderer.witness(token, bytes, end, now);
                    renderer.tally_bytes(token, bytes, &mut self.statistics);
                }
            }
            Event::MediaConnections(open) => self.media_connections = open,
            Event::Button { button, pressed } => {
                if let Some(action) = self.panel.contact(button, pressed, now) {
                    self.act(button, action, now);
                }
            }
            Event::Addresses(addresses) => self.adopt_addresses(&addresses, now),
            Event::Listening { media_port } => {
                self.media_port = Some(media_port);
                self.supervisor.ready(effects);
            }
            Event::Clock { wall, zone, trusted } => self.set_clock(wall, zone, trusted, now),
            Event::Scanned(scan) => {
                self.adopt_scan(*scan, now);
                self.answer_held(effects);
            }
            Event::Remembered(memory) => self.remember(*memory, now),
            Event::Saved(outcome) => self.saved(outcome, now),
            Event::FolderChanged => self.folder.changed(now),
            Event::Probed { token, duration } => {
                let load = self.renderers.iter_mut().find_map(|renderer| renderer.load_of(token));
                if let Some(load) = load {
                    load.duration = duration;
                }
            }
            // Answered when all has settled.
            Event::StatusAsked(_) | Event::StatisticsAsked(_) => {}
            Event::Alive(name) => self.supervisor.heard(name, now),
            Event::TaskEnded(name, why) => {
                if self.supervisor.ended(name, why.clone(), now) {
                    self.trace.note(now, "", What::TaskEnded(name, why));
                }
                if name == TaskName::MediaServer {
                    self.renderers.iter_mut().for_each(|renderer| renderer.unserved(now));
                }
                // Not to be ready for long ends the box; but a port is tried again here, for ever.
                self.supervisor.ready(effects);
            }
            Event::Panel(PanelState::Working) => {
                if !["starting", "working"].contains(&&*self.panel_state) {
                    self.trace.note(now, "", What::PanelAgain);
                }
                self.panel_state = "working".into();
                self.leds.renew();
            }
            Event::Panel(PanelState::Absent(why)) if why == self.panel_state => {}
            Event::Panel(PanelState::Absent(why)) => {
                if !self.config.buttons.is_empty() || !self.config.leds.is_empty() {
                    self.trace.note(now, "", What::NoPanel(why.clone()));
                }
                self.panel_state = why;
            }
            Event::PoweredOff(outcome) => {
                if let Some(what) = self.power.answered(outcome, now) {
                    self.trace.note(now, "", what);
                }
            }
            Event::Leave => self.leave(now, effects),
        }
    }

    fn answered(
        &mut self,
        ticket: &Ticket,
        outcome: Result<Answer, Failure>,
        facing: Option<Ipv4Addr>,
        now: Instant,
        effects: &mut Effects,
    ) {
        let number = ticket.number();
        if Mutant::AnswersTwice.is_in() {
            self.numbers = self.numbers.saturating_sub(1);
        }
        if let Some(location) = self.roster.fetching(number).cloned() {
            return match (outcome, facing) {
                (Ok(Answer::Description(description)), Some(facing)) => {
                    self.described(number, description, location, facing, now, effects);
                }
                (outcome, _) => {
                    let why = outcome.err().unwrap_or(Failure::Malformed);
                    let jitter = self.rng.f64();
                    self.roster.failed(number, &why, now, jitter);
                }
            };
        }
        let Some(i) = self.renderers.iter().position(|r| r.runs_errand(number)) else {
            return;
        };
        let (renderers, mut ctx) = self.split(now, effects);
        renderers[i].answered(number, outcome, facing, &mut ctx);
    }

    fn adopt_addresses(&mut self, addresses: &[Ipv4Addr], now: Instant) {
        if self.addresses == addresses && self.search_at.is_some() {
            return;
        }
        let list: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        self.trace.note(now, "", What::Addresses(list.join(", ")));
        self.addresses = addresses.to_vec();
        self.searches = 0;
        self.search_at = Some(now);
        for place in &mut self.places {
            place.ask_at = now;
        }
        for renderer in self.renderers.iter_mut().filter(|r| !addresses.contains(&r.facing)) {
            renderer.breaker.hurry(now);
            renderer.look_again(now);
        }
    }

    fn adopt_scan(&mut self, scan: Scan, now: Instant) {
        self.folder.read(&scan, now);
        if self.scan != scan {
            let unusable = scan.missing.len() + scan.bad.len();
            self.trace.note(now, "", What::Scanned(scan.files.len(), unusable));
            let before = |all: &[(PathBuf, String)], one| all.contains(one);
            let missing = scan.missing.iter().filter(|one| !before(&self.scan.missing, one));
            let bad = scan.bad.iter().filter(|one| !before(&self.scan.bad, one));
            for (path, why) in missing.chain(bad) {
                self.trace.note(now, "", What::Missing(format!("{}: {why}", path.display())));
            }
            for path in scan.growing.iter().filter(|path| !self.scan.growing.contains(path)) {
                self.trace.note(now, "", What::Copying(path.as_path().into()));
            }
            if let Some(why) = scan.untold.as_ref().filter(|_| self.scan.untold != scan.untold) {
                self.trace.note(now, "", What::Missing(why.clone()));
            }
            if scan.skipped > self.scan.skipped {
                self.trace.note(now, "", What::Full("media files"));
            }
            // Only then: while something is missing it is read every few seconds, and sorting is work.
            for renderer in &mut self.renderers {
                if let Some(what) = renderer.resolve(&scan) {
                    self.trace.note(now, renderer.name(), what);
                }
            }
            self.choices.iter_mut().for_each(|choice| choice.resolve(&scan));
        }
        self.scan = scan;
    }

    fn leave(&mut self, now: Instant, effects: &mut Effects) {
        if self.supervisor.leaving() {
            return;
        }
        self.trace.note(now, "", What::Leaving);
        self.supervisor.leave(now, effects);
        self.keeper.leave(now);
        self.renderers.iter_mut().for_each(|renderer| renderer.hang_up(effects));
        for i in 0..self.config.leds.len() {
            self.leds.show(LedId(u8::try_from(i).unwrap_or(u8::MAX)), Pattern::Dark, now);
        }
    }

    /// Everything that follows from the state, whatever the event was: level-triggered.
    fn settle(&mut self, mut concern: Concern, now: Instant, effects: &mut Effects) {
        self.supervisor.due(now, effects);
        self.look_over(now);
        while let Some((button, action)) = self.panel.due(now) {
            self.act(button, action, now);
            concern = Concern::Everybody;
        }
        let leaving = self.supervisor.leaving();
        let mut wake = Wake::default();
        let known = self.renderers.len();
        if !leaving {
            self.discover(now, effects, &mut wake);
            self.fetch(now, effects, &mut wake);
            self.read_media(now, effects, &mut wake);
        }
        if !leaving && self.follow_schedule(now) {
            concern = Concern::Everybody;
        }
        wake.at(self.schedule_at.filter(|_| !leaving), Why::Schedule);
        if self.renderers.len() != known {
            // Some were forgotten: the others have moved up.
            concern = Concern::Everybody;
        }
        // Its description is being fetched: one call at a time.
        let fetches = self.roster.is_busy();
        let mut held: heapless::Vec<bool, RENDERERS> = heapless::Vec::new();
        if fetches {
            held.extend(self.renderers.iter().map(|r| self.roster.is_fetching(&r.location)));
        }
        let (mut wishes, mut news, ran) = (false, false, self.memory.ran);
        let (renderers, mut ctx) = self.split(now, effects);
        for (i, renderer) in renderers.iter_mut().enumerate() {
            if !concern.includes(i) && renderer.rests(now) {
                wake.add(renderer.plan_at);
                continue;
            }
            renderer.overdue(&mut ctx);
            let held = !leaving && held.get(i) == Some(&true);
            renderer.plan_at = if held { None } else { renderer.reconcile(&mut ctx) };
            renderer.credit(&mut ctx);
            wake.add(renderer.plan_at);
            // Time alone teaches nothing.
            news |= concern.includes(i) && renderer.learn(ran);
            wishes |= renderer.stale || renderer.wants_scan;
        }
        if !leaving {
            wishes |= self.conduct(now, effects, &mut wake);
        }
        if wishes {
            self.grant(now, &mut wake);
        }
        if news {
            self.take_news(now);
        }
        self.save(now, effects);
        if !leaving && let Some(what) = self.power.due(now, effects) {
            self.trace.note(now, "", what);
        }
        self.show(now, effects);
        if leaving {
            // The end is the last effect: after it no LED would go dark.
            self.farewell(now, effects);
        }
        wake.at(self.leds.next_deadline(), Why::Led);
        wake.at(self.panel.next_deadline(), Why::Button);
        wake.at(self.power.next_deadline().filter(|_| !leaving), Why::PowerOff);
        wake.add(self.supervisor.next_deadline());
        wake.add(self.keeper.next_deadline(leaving));
        self.deadline = wake.first();
    }

    /// What renderers want of the others: their description again, the media folder again.
    fn grant(&mut self, now: Instant, wake: &mut Wake) {
        for i in 0..self.renderers.len() {
            let stale = core::mem::take(&mut self.renderers[i].stale);
            if stale && !Mutant::ReadsDescriptionsOnce.is_in() {
                let renderer = &self.renderers[i];
                self.roster.refetch(renderer.udn(), &renderer.location, now);
                wake.at(Some(now), Why::Description);
            }
            if core::mem::take(&mut self.renderers[i].wants_scan) {
                self.folder.wish(now);
                wake.add(self.folder.next_deadline());
            }
        }
    }

    fn read_media(&mut self, now: Instant, effects: &mut Effects, wake: &mut Wake) {
        if self.folder.begin(now) {
            effects.push(Effect::Scan);
        }
        wake.add(self.folder.next_deadline());
    }

    fn farewell(&mut self, now: Instant, effects: &mut Effects) {
        let farewell = Farewell { stop: self.config.stop_at_exit };
        let done = self.renderers.iter().all(|r| r.is_done(farewell)) && !self.keeper.is_busy(true);
        if self.supervisor.overdue(now) || done {
            self.exited = true;
            effects.push(Effect::Exit(0));
        }
    }

    fn find(&self, udn: &Udn) -> Option<usize> {
        self.renderers.iter().position(|renderer| renderer.udn() == udn)
    }

    fn with(
        &mut self,
        udn: &Udn,
        now: Instant,
        effects: &mut Effects,
        f: fn(&mut Renderer, &mut Context<'_>),
    ) {
        if let Some(i) = self.find(udn) {
            let (renderers, mut ctx) = self.split(now, effects);
            f(&mut renderers[i], &mut ctx);
            // Whatever it had planned holds no longer.
            renderers[i].plan_at = None;
        }
    }

    fn split<'a>(
        &'a mut self,
        now: Instant,
        effects: &'a mut Effects,
    ) -> (&'a mut [Renderer], Context<'a>) {
        let ctx = Context {
            now,
            media_port: self.media_port,
            leaving: self
                .supervisor
                .leaving()
                .then_some(Farewell { stop: self.config.stop_at_exit }),
            rng: &mut self.rng,
            trace: &mut self.trace,
            statistics: &mut self.statistics,
            effects,
            numbers: &mut self.numbers,
            secret: self.recollection.secret,
        };
        (&mut self.renderers, ctx)
    }
}

/// Whose plan may have changed.
#[derive(Clone, Copy, Debug)]
enum Concern {
    Nobody,
    One(usize),
    Everybody,
}

impl Concern {
    fn includes(self, i: usize) -> bool {
        match self {
            Self::Nobody => false,
            Self::One(one) => one == i,
            Self::Everybody => true,
        }
    }
}

fn lower(name: &str) -> impl Iterator<Item = char> {
    name.chars().flat_map(char::to_lowercase)
}

fn bare(udn: &Udn) -> &str {
    udn.as_str().trim_start_matches("uuid:")
}

/// A rule, button or LED that says `who` means this renderer.
fn matches(who: &Who, description: &Description, host: Ipv4Addr) -> bool {
    match who {
        Who::Name(name) => lower(name).eq(lower(&description.friendly_name)),
        Who::Udn(udn) => bare(udn) == bare(&description.udn),
        Who::Address(address, _) => *address == host,
        Who::Any => true,
    }
}
