//! The logic: one owner of all state.
//!
//! [`Kiosk::step`] takes one event and the time, and gives effects. It does no I/O, reads no clock,
//! cannot block and cannot fail. The kiosk itself only routes: the machines below it do not know each other.

pub mod effect;
pub mod event;
pub mod fault;
pub mod leds;
pub mod panel;
pub mod programme;
mod renderer;
pub mod roster;
pub mod status;
pub mod subscription;
pub mod supervisor;
pub mod trace;

use crate::config::{Config, PanelAction, Rule, Shows, Targets, Who};
use crate::limits::RENDERERS;
use crate::media::catalogue::Scan;
use crate::time::{Duration, Instant};
use crate::upnp::description::Description;
use crate::upnp::ssdp::Announcement;
use crate::upnp::{HttpUrl, Udn};
use core::net::{Ipv4Addr, SocketAddrV4};
use effect::{Effect, Effects, Errand, Published};
use event::{Answer, ButtonId, Event, Failure, LedId, PanelState, Ticket, Token};
use fault::Fault;
use heapless::Deque;
use leds::{Leds, Pattern};
use panel::Panel;
use renderer::{Context, Farewell, Goal, Renderer};
use roster::{News, Roster};
use status::Press;
use supervisor::Supervisor;
use trace::{Trace, What};

/// Searches at the start come at these seconds; then ever [`SEARCH_EVERY`].
const FIRST_SEARCHES: [u64; 4] = [0, 3, 10, 30];
/// While a configured renderer is missing.
const SEARCH_OFTEN: Duration = Duration::from_secs(30);
/// While all are there: SSDP announcements do the rest.
const SEARCH_EVERY: Duration = Duration::from_secs(120);
/// Addresses of the configuration are asked again after this time, doubled up to ten times as long.
const ASK_ADDRESS_EVERY: Duration = Duration::from_secs(15);
/// The media folder is read again this often while something is missing.
const SCAN_EVERY: Duration = Duration::from_secs(10);
/// The box is starting for this long, or until it finds a renderer.
const STARTING: Duration = Duration::from_secs(8);
/// A renderer that nobody drives and nobody heard of is dropped after this time.
const SHORTEST_EXPIRY: Duration = Duration::from_secs(60);

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
    scan: Scan,
    scan_at: Option<Instant>,
    panel: Panel,
    panel_state: String,
    presses: Deque<Press, 8>,
    leds: Leds,
    supervisor: Supervisor,
    trace: Trace,
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
    expire_at: Instant,
    deadline: Option<Instant>,
    exited: bool,
}

/// An address of the configuration, where a renderer is to be found without multicast.
#[derive(Debug)]
struct Place {
    host: Ipv4Addr,
    port: Option<u16>,
    ask_at: Instant,
    tries: u32,
}

impl Kiosk {
    /// A kiosk that has seen nothing yet.
    #[must_use]
    pub fn new(config: Config, setup: Setup) -> Self {
        let places = config.rules.iter().filter_map(|rule| match rule.who {
            Who::Address(host, port) => Some(Place {
                host,
                port,
                ask_at: Instant::START,
                tries: 0,
            }),
            _ => None,
        });
        Self {
            places: places.collect(),
            panel: Panel::new(&config.buttons),
            leds: Leds::new(config.leds.len()),
            configuration_error: setup.configuration_error,
            first_only: setup.first_only,
            supervisor: Supervisor::new(setup.watchdog),
            rng: fastrand::Rng::with_seed(setup.seed),
            config,
            roster: Roster::default(),
            renderers: Vec::new(),
            scan: Scan::default(),
            scan_at: Some(Instant::START),
            panel_state: "starting".into(),
            presses: Deque::new(),
            trace: Trace::default(),
            numbers: 0,
            addresses: Vec::new(),
            media_port: None,
            media_connections: 0,
            media_bytes: 0,
            unusable_datagrams: 0,
            searches: 0,
            search_at: None,
            expire_at: Instant::START + SHORTEST_EXPIRY,
            deadline: Some(Instant::START),
            exited: false,
        }
    }

    /// Takes one event, gives all its effects. To be called again at [`Self::next_deadline`] at the latest.
    pub fn step(&mut self, event: Event, now: Instant) -> Effects {
        let mut effects = Effects::new();
        if !self.exited {
            self.route(event, now, &mut effects);
            self.settle(now, &mut effects);
        }
        effects
    }

    /// When [`Self::step`] wants to be called with [`Event::Deadline`].
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.deadline.filter(|_| !self.exited)
    }

    /// What to do for this ticket, right after [`Effect::Run`].
    #[must_use]
    pub fn errand(&self, ticket: &Ticket) -> Option<Errand> {
        let number = ticket.number();
        let describe = || {
            Some(Errand::Describe {
                location: self.roster.fetching(number)?.clone(),
            })
        };
        self.renderers
            .iter()
            .find_map(|r| r.errand(number).cloned())
            .or_else(describe)
    }

    /// What the media server serves for this token.
    #[must_use]
    pub fn published(&self, token: Token) -> Option<Published> {
        self.renderers
            .iter()
            .find_map(|renderer| renderer.published(token))
    }

    /// The flight recorder.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The descriptions of the renderers that are known, with their LOCATIONs, in the order of their finding.
    pub fn descriptions(&self) -> impl Iterator<Item = (&Description, &HttpUrl)> {
        self.renderers
            .iter()
            .map(|renderer| (&renderer.description, &renderer.location))
    }

    fn route(&mut self, event: Event, now: Instant, effects: &mut Effects) {
        match event {
            Event::Deadline => {}
            Event::Heard {
                announcement,
                from: _,
            } => self.hear(&announcement, now, effects),
            Event::Deaf => self.unusable_datagrams += 1,
            Event::Answered {
                ticket,
                outcome,
                facing,
            } => self.answered(&ticket, outcome, facing, now, effects),
            Event::Notified {
                callback,
                sid,
                seq,
                change,
                from,
                reply,
            } => {
                let theirs = self
                    .renderers
                    .iter_mut()
                    .filter(|r| r.location.host == from);
                let welcome = theirs
                    .filter_map(|r| r.notified(callback, &sid, seq, &change, now))
                    .next();
                effects.push(Effect::Acknowledge(reply, welcome == Some(true)));
            }
            Event::MediaAsked {
                token,
                from: _,
                reply,
            } => effects.push(Effect::Serve(reply, token)),
            Event::Served { token, bytes, end } => {
                self.media_bytes = self.media_bytes.saturating_add(bytes);
                self.renderers
                    .iter_mut()
                    .for_each(|renderer| renderer.witness(token, end, now));
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
            Event::Scanned(scan) => self.adopt_scan(*scan, now),
            Event::Probed { token, duration } => {
                let load = self
                    .renderers
                    .iter_mut()
                    .find_map(|renderer| renderer.load_of(token));
                if let Some(load) = load {
                    load.duration = duration;
                }
            }
            Event::StatusAsked(reply) => effects.push(Effect::Report(reply)),
            Event::Alive(name) => self.supervisor.heard(name, now),
            Event::TaskEnded(name, why) => {
                self.trace.note(now, "", What::TaskEnded(name, why.clone()));
                self.supervisor.ended(name, why, now);
            }
            Event::Panel(PanelState::Working) => {
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
            Event::Leave => self.leave(now, effects),
        }
    }

    fn hear(&mut self, announcement: &Announcement, now: Instant, effects: &mut Effects) {
        let news = self.roster.hear(announcement, now);
        match news {
            News::None => {}
            News::Alive(udn) => {
                if let Some(i) = self.find(&udn) {
                    self.renderers[i].hear(now);
                }
            }
            News::Rebooted(udn) => self.with(&udn, now, effects, Renderer::rebooted),
            News::Leaving(udn) => self.with(&udn, now, effects, Renderer::part),
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
        if let Some(location) = self.roster.fetching(number).cloned() {
            return match (outcome, facing) {
                (Ok(Answer::Description(description)), Some(facing)) => {
                    self.described(number, *description, location, facing, now, effects);
                }
                (outcome, _) => {
                    let why = outcome.err().unwrap_or(Failure::Malformed);
                    let jitter = self.rng.f64();
                    self.roster.failed(number, &why, now, jitter);
                }
            };
        }
        let Some(i) = self
            .renderers
            .iter()
            .position(|r| r.errand(number).is_some())
        else {
            return;
        };
        let (renderers, mut ctx) = self.split(now, effects);
        renderers[i].answered(number, outcome, facing, &mut ctx);
    }

    fn described(
        &mut self,
        number: u32,
        description: Description,
        location: HttpUrl,
        facing: Ipv4Addr,
        now: Instant,
        effects: &mut Effects,
    ) {
        let known = self.find(&description.udn);
        if let Some(i) = known.filter(|&i| self.renderers[i].is_driven()) {
            if self.renderers[i].is_well_elsewhere(&location) {
                self.roster.described_too(number, &description.udn);
                return self.renderers[i].seen_elsewhere(now);
            }
            self.roster.described(number, &description.udn);
            let (renderers, mut ctx) = self.split(now, effects);
            return renderers[i].redescribed(description, location, facing, &mut ctx);
        }
        self.roster.described(number, &description.udn);
        let taken = self.first_only && self.renderers.iter().any(Renderer::is_driven);
        let rule = self
            .config
            .rules
            .iter()
            .find(|rule| matches(&rule.who, &description, location.host));
        let rule = rule.filter(|_| !taken && self.configuration_error.is_none());
        let mut renderer = Renderer::new(description, location, facing, rule);
        renderer.resolve(&self.scan);
        if let Some(i) = known {
            // Nobody drove it; a rule may mean it by the name or address that it has now.
            self.renderers[i] = renderer;
            return;
        }
        let full = self.renderers.len() >= RENDERERS;
        if full && !(renderer.is_driven() && self.make_room()) {
            self.roster.set_aside(renderer.udn(), now);
            return self.trace.note(now, "", What::Full("renderers"));
        }
        self.trace.note(now, renderer.name(), What::Found);
        self.renderers.push(renderer);
    }

    /// Forgets a renderer that nobody drives, else one that is away: it is found again when it is back.
    fn make_room(&mut self) -> bool {
        let idle = self
            .renderers
            .iter()
            .position(|r| !r.is_driven() && !r.is_busy());
        let away = || self.renderers.iter().position(|r| r.away && !r.is_busy());
        let Some(i) = idle.or_else(away) else {
            return false;
        };
        let gone = self.renderers.remove(i);
        self.roster.forget(gone.udn());
        true
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
        for renderer in self
            .renderers
            .iter_mut()
            .filter(|r| !addresses.contains(&r.facing))
        {
            renderer.breaker.hurry(now);
            renderer.look_again(now);
        }
    }

    fn adopt_scan(&mut self, scan: Scan, now: Instant) {
        if self.scan != scan || self.scan_at == Some(Instant::START) {
            self.trace
                .note(now, "", What::Scanned(scan.files.len(), scan.missing.len()));
            for (path, why) in scan
                .missing
                .iter()
                .filter(|missing| !self.scan.missing.contains(missing))
            {
                self.trace
                    .note(now, "", What::Missing(format!("{}: {why}", path.display())));
            }
            if scan.skipped > self.scan.skipped {
                self.trace.note(now, "", What::Full("media files"));
            }
        }
        if self.scan != scan {
            // While something is missing it is read every few seconds; sorting it each time is work.
            self.renderers
                .iter_mut()
                .for_each(|renderer| renderer.resolve(&scan));
        }
        self.scan_at =
            (!scan.missing.is_empty() || scan.files.is_empty()).then_some(now + SCAN_EVERY);
        self.scan = scan;
    }

    /// A person did this at a button.
    fn act(&mut self, button: ButtonId, action: PanelAction, now: Instant) {
        let Some(button) = self.panel.button(button) else {
            return;
        };
        let (pin, targets, word) = (button.pin.0, button.targets.clone(), word(action));
        self.trace.note(now, "", What::Pressed(pin, word));
        if self.presses.is_full() {
            self.presses.pop_front();
        }
        let at_s = now.since(Instant::START).as_secs_f64();
        // Room was made just above.
        let _ = self.presses.push_back(Press {
            pin,
            action: word,
            at_s,
        });
        let addressed = |r: &Renderer| is_target(&targets, r);
        // One button for several: if any plays, all pause.
        let any_plays = self
            .renderers
            .iter()
            .any(|r| addressed(r) && r.is_driven() && r.goal == Goal::Play);
        let action = match action {
            PanelAction::PlayPause if any_plays => PanelAction::Pause,
            PanelAction::PlayPause => PanelAction::Play,
            other => other,
        };
        for renderer in self.renderers.iter_mut().filter(|r| addressed(r)) {
            renderer.command(action, now);
        }
    }

    fn leave(&mut self, now: Instant, effects: &mut Effects) {
        if self.supervisor.leaving() {
            return;
        }
        self.trace.note(now, "", What::Leaving);
        self.supervisor.leave(now, effects);
        self.renderers
            .iter_mut()
            .for_each(|renderer| renderer.hang_up(effects));
        for i in 0..self.config.leds.len() {
            self.leds.show(
                LedId(u8::try_from(i).unwrap_or(u8::MAX)),
                Pattern::Dark,
                now,
            );
        }
    }

    /// Everything that follows from the state, whatever the event was: level-triggered.
    fn settle(&mut self, now: Instant, effects: &mut Effects) {
        self.supervisor.due(now, effects);
        while let Some((button, action)) = self.panel.due(now) {
            self.act(button, action, now);
        }
        let leaving = self.supervisor.leaving();
        let mut wake = Wake(None);
        if !leaving {
            self.discover(now, effects, &mut wake);
            self.fetch(now, effects, &mut wake);
            self.read_media(now, effects, &mut wake);
        }
        let held: Vec<bool> = self
            .renderers
            .iter()
            .map(|r| self.roster.is_fetching(&r.location))
            .collect();
        let (renderers, mut ctx) = self.split(now, effects);
        for (renderer, held) in renderers.iter_mut().zip(held) {
            renderer.overdue(&mut ctx);
            if !held || leaving {
                wake.at(renderer.reconcile(&mut ctx));
            }
        }
        for i in 0..self.renderers.len() {
            if core::mem::take(&mut self.renderers[i].stale) {
                let renderer = &self.renderers[i];
                self.roster.refetch(renderer.udn(), &renderer.location, now);
                wake.at(Some(now));
            }
            if core::mem::take(&mut self.renderers[i].wants_scan) {
                self.scan_at = self.scan_at.or(Some(now + SCAN_EVERY));
                wake.at(self.scan_at);
            }
        }
        if leaving {
            self.farewell(now, effects);
        }
        self.show(now, effects);
        wake.at(self.leds.next_deadline());
        wake.at(self.panel.next_deadline());
        wake.at(self.supervisor.next_deadline());
        self.deadline = wake.0;
    }

    fn discover(&mut self, now: Instant, effects: &mut Effects, wake: &mut Wake) {
        if self.expire_at <= now {
            self.roster.expire(now);
            let roster = &self.roster;
            self.renderers
                .retain(|r| r.is_driven() || r.is_busy() || roster.hears_of(r.udn()));
            self.expire_at = now + SHORTEST_EXPIRY;
        }
        self.ask_addresses(now, effects, wake);
        if self.addresses.is_empty() {
            return;
        }
        if self.search_at.is_some_and(|at| at <= now) {
            effects.push(Effect::Search);
            self.searches += 1;
            let first = FIRST_SEARCHES
                .get(self.searches)
                .zip(FIRST_SEARCHES.get(self.searches - 1));
            let pause = first.map(|(next, this)| Duration::from_secs(next - this));
            let usual = if self.all_are_here() {
                SEARCH_EVERY
            } else {
                SEARCH_OFTEN
            };
            self.search_at = Some(now + pause.unwrap_or(usual));
        }
        wake.at(self.search_at);
    }

    /// Looks for renderers at the addresses of the configuration, without multicast.
    fn ask_addresses(&mut self, now: Instant, effects: &mut Effects, wake: &mut Wake) {
        for place in &mut self.places {
            let mut here = self
                .renderers
                .iter()
                .filter(|r| r.location.host == place.host);
            if self.roster.knows(place.host) || here.any(|r| !r.away) {
                place.tries = 0;
                place.ask_at = now + ASK_ADDRESS_EVERY;
                continue;
            }
            if place.ask_at <= now {
                effects.push(Effect::SearchAt(SocketAddrV4::new(place.host, 1900)));
                let guesses = roster::places(place.host, place.port);
                // SSDP first; what it does not find is looked for where renderers keep it.
                if place.tries > 0 || place.port.is_some() {
                    guesses.for_each(|guess| {
                        self.roster.watch(guess, now);
                    });
                }
                let pause = if place.tries == 0 {
                    Duration::from_secs(2)
                } else {
                    ASK_ADDRESS_EVERY * place.tries.min(10)
                };
                place.tries += 1;
                place.ask_at = now + pause;
            }
            wake.at(Some(place.ask_at));
        }
    }

    fn all_are_here(&self) -> bool {
        let here = |rule: &Rule| {
            self.renderers
                .iter()
                .any(|r| !r.away && matches(&rule.who, &r.description, r.location.host))
        };
        self.config.rules.iter().all(here)
    }

    /// Starts the fetches of descriptions that are due, and ends those that take too long.
    fn fetch(&mut self, now: Instant, effects: &mut Effects, wake: &mut Wake) {
        while let Some(number) = self.roster.overdue(now) {
            effects.push(Effect::Cancel(number));
            let jitter = self.rng.f64();
            self.roster.failed(number, &Failure::Timeout, now, jitter);
        }
        let renderers = &self.renderers;
        let free = |location: &HttpUrl| {
            !renderers
                .iter()
                .any(|r| r.location == *location && r.is_busy())
        };
        loop {
            let number = self.numbers.wrapping_add(1).max(1);
            if self.roster.next_fetch(now, number, free).is_none() {
                break;
            }
            self.numbers = number;
            effects.push(Effect::Run(Ticket::issue(number)));
        }
        // One that waits for a call to end is looked at again when that call is answered.
        wake.at(self.roster.next_deadline().filter(|at| *at > now));
    }

    fn read_media(&mut self, now: Instant, effects: &mut Effects, wake: &mut Wake) {
        if let Some(at) = self.scan_at {
            if at <= now {
                effects.push(Effect::Scan);
                // Until the answer comes; if it never does, again.
                self.scan_at = Some(now + 6 * SCAN_EVERY);
            }
            wake.at(self.scan_at);
        }
    }

    fn farewell(&mut self, now: Instant, effects: &mut Effects) {
        let farewell = Farewell {
            stop: self.config.stop_at_exit,
        };
        if self.supervisor.overdue(now) || self.renderers.iter().all(|r| r.is_done(farewell)) {
            self.exited = true;
            effects.push(Effect::Exit(0));
        }
    }

    /// What the LEDs show follows from the state.
    fn show(&mut self, now: Instant, effects: &mut Effects) {
        if !self.supervisor.leaving() {
            let overall = self.pattern(now);
            for (led, id) in self.config.leds.iter().zip(0..) {
                let plays = |targets| {
                    self.renderers
                        .iter()
                        .any(|r| is_target(targets, r) && r.is_playing())
                };
                let pattern = match &led.shows {
                    Shows::Status => overall,
                    Shows::Playing(targets) if plays(targets) => Pattern::Playing,
                    Shows::Playing(_) => Pattern::Dark,
                };
                self.leds.show(LedId(id), pattern, now);
            }
        }
        effects.extend(self.leds.due(now).map(|(id, lit)| Effect::Light(id, lit)));
    }

    /// The one thing that the status LEDs say.
    #[must_use]
    pub fn pattern(&self, now: Instant) -> Pattern {
        let driven = || self.renderers.iter().filter(|r| r.is_driven());
        let found = driven().any(|r| !r.away);
        let should_play = || driven().filter(|r| r.goal == Goal::Play);
        if self.configuration_error.is_some() {
            Pattern::ConfigurationError
        } else if !found && now.since(Instant::START) < STARTING {
            Pattern::Starting
        } else if self.addresses.is_empty() {
            Pattern::NoNetwork
        } else if self.scan.files.is_empty()
            || driven().any(|r| r.fault == Some(Fault::NothingToPlay))
        {
            Pattern::MediaMissing
        } else if should_play().any(|r| !r.is_playing() && (r.fault.is_some() || r.away)) {
            Pattern::Degraded
        } else if !found {
            Pattern::NoRenderer
        } else if should_play().next().is_some() {
            Pattern::Playing
        } else {
            Pattern::Ready
        }
    }

    fn find(&self, udn: &Udn) -> Option<usize> {
        self.renderers
            .iter()
            .position(|renderer| renderer.udn() == udn)
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
            leaving: self.supervisor.leaving().then_some(Farewell {
                stop: self.config.stop_at_exit,
            }),
            rng: &mut self.rng,
            trace: &mut self.trace,
            effects,
            numbers: &mut self.numbers,
        };
        (&mut self.renderers, ctx)
    }
}

/// The earliest of several deadlines.
struct Wake(Option<Instant>);

impl Wake {
    fn at(&mut self, at: Option<Instant>) {
        self.0 = [self.0, at].into_iter().flatten().min();
    }
}

/// A rule, button or LED that says `who` means this renderer.
fn matches(who: &Who, description: &Description, host: Ipv4Addr) -> bool {
    match who {
        Who::Name(name) => description.friendly_name.to_lowercase() == name.to_lowercase(),
        Who::Udn(udn) => {
            let bare = |udn: &Udn| udn.as_str().trim_start_matches("uuid:").to_owned();
            bare(udn) == bare(&description.udn)
        }
        Who::Address(address, _) => *address == host,
        Who::Any => true,
    }
}

fn is_target(targets: &Targets, renderer: &Renderer) -> bool {
    match targets {
        Targets::All => true,
        Targets::Some(list) => list
            .iter()
            .any(|who| matches(who, &renderer.description, renderer.location.host)),
    }
}

/// The name of an action in the configuration.
fn word(action: PanelAction) -> &'static str {
    match action {
        PanelAction::PlayPause => "play_pause",
        PanelAction::Play => "play",
        PanelAction::Pause => "pause",
        PanelAction::Stop => "stop",
        PanelAction::Next => "next",
        PanelAction::Prev => "prev",
        PanelAction::VolumeUp => "volume_up",
        PanelAction::VolumeDown => "volume_down",
        PanelAction::Mute => "mute",
    }
}
