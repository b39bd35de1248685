//! The logic: one owner of all state.
//!
//! [`Kiosk::step`] takes one event and the time, and returns effects. It does no I/O, reads no clock, cannot block and
//! cannot fail. A step gives the event to the part that it concerns, then does everything that follows from the state. The
//! parts do not know each other.

pub(crate) mod buttons;
pub mod command;
pub mod deadline;
mod discovery;
pub mod effect;
pub mod event;
pub mod fault;
mod group;
pub mod habits;
pub mod leds;
pub mod left_out;
mod media_folder;
pub mod memory;
pub(crate) mod mutant;
mod panel;
pub mod playlist;
pub mod preflight;
pub mod profile;
pub mod programme;
pub mod reason;
mod renderer;
mod renderers;
pub mod schedule;
pub mod statistics;
pub mod status;
pub mod supervisor;
pub mod token;
pub mod trace;

use crate::config::Config;
use crate::time::{Duration, Instant};
use crate::upnp::description::Description;
use crate::upnp::{HttpUrl, Udn};
use core::net::Ipv4Addr;
use deadline::{Deadline, Wake, Why};
use discovery::Discovery;
use effect::{Effect, Effects, Published};
use event::{Answer, Event, Failure, LedId, StreamEnd, TaskName, Ticket};
use group::Group;
use leds::Pattern;
use media_folder::MediaFolder;
use memory::MemoryControl;
use mutant::Mutant;
use panel::FrontPanel;
use renderer::{Context, Farewell, Renderer};
use renderers::{Common, Renderers};
use schedule::Schedule;
use statistics::Statistics;
use supervisor::{Power, Supervisor};
use token::Token;
use trace::{Trace, What};

/// What the kiosk is given at the start.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// The seed of jitter and tokens.
    pub seed: u64,
    /// WatchdogSec, if systemd watches the box.
    pub watchdog: Option<Duration>,
    /// Why the configuration cannot be used, if so. The error is shown, and nothing is played.
    pub configuration_error: Option<String>,
    /// Drive only the first renderer that a rule matches (`play` without `--on`).
    pub first_only: bool,
}

/// The box.
#[derive(Debug)]
pub struct Kiosk {
    config: Config,
    configuration_error: Option<String>,
    discovery: Discovery,
    renderers: Renderers,
    common: Common,
    groups: Vec<Group>,
    media: MediaFolder,
    schedule: Schedule,
    panel: FrontPanel,
    power: Power,
    supervisor: Supervisor,
    network: Network,
    memory: MemoryControl,
    deadline: Option<Deadline>,
    exited: bool,
}

/// What the shell reports about the network.
#[derive(Debug, Default)]
struct Network {
    /// The addresses of the box.
    addresses: Vec<Ipv4Addr>,
    /// The addresses of the renderers that the box drives, as the media server knows them.
    preferred: Vec<Ipv4Addr>,
    /// How many connections the media server has.
    media_connections: u16,
    /// How many bytes the media server has sent.
    media_bytes: u64,
}

impl Kiosk {
    /// Creates a kiosk that has seen nothing yet.
    pub fn new(config: Config, setup: Setup) -> Self {
        Self {
            configuration_error: setup.configuration_error,
            discovery: Discovery::new(&config.rules, setup.first_only),
            renderers: Renderers::default(),
            common: Common::new(setup.seed),
            groups: config.groups.iter().map(Group::new).collect(),
            media: MediaFolder::new(),
            schedule: Schedule::new(config.schedule.clone(), config.clock),
            panel: FrontPanel::new(&config, setup.seed),
            power: Power::default(),
            supervisor: Supervisor::new(setup.watchdog),
            network: Network::default(),
            memory: MemoryControl::default(),
            deadline: Some(Deadline { at: Instant::START, why: Why::Begin }),
            exited: false,
            config,
        }
    }

    /// Takes one event and adds all its effects. Must be called again at [`Self::next_deadline`] at the latest.
    pub fn step(&mut self, event: Event, now: Instant, effects: &mut Effects) {
        if !self.exited {
            if let Event::Asked { question, mailbox, reply } = event {
                self.settle(now, effects);
                // After the LEDs, because the status includes them.
                if !self.exited {
                    let json = self.answer(question, mailbox, now);
                    effects.push(Effect::Report { reply, json });
                }
                return;
            }
            self.route(event, now, effects);
            self.settle(now, effects);
        }
    }

    /// Gives the event to the part that it concerns.
    fn route(&mut self, event: Event, now: Instant, effects: &mut Effects) {
        match event {
            Event::Deadline => {}
            Event::Heard(announcement) => self.hear(&announcement, now, effects),
            Event::BadDatagram => self.discovery.unusable_datagrams += 1,
            Event::Answered { ticket, outcome, facing } => {
                self.answered(&ticket, outcome, facing, now, effects)
            }
            Event::NotifyAsked { callback, sid, from, reply } => {
                let expected = self.renderers.iter().any(|r| r.expects(callback, &sid, from));
                effects.push(Effect::Acknowledge(reply, expected));
            }
            Event::Notified { callback, sid, change, from, reply } => {
                let theirs = self.renderers.find_mut(|r| r.expects(callback, &sid, from));
                effects.push(Effect::Acknowledge(reply, theirs.is_some()));
                if let Some(renderer) = theirs {
                    renderer.notified(callback, &change, now);
                }
            }
            Event::MediaAsked { token, reply } => self.media_asked(token, reply, effects),
            Event::Served { token, bytes, end } => {
                self.network.media_bytes = self.network.media_bytes.saturating_add(bytes);
                if end == Some(StreamEnd::Replaced) {
                    self.media.changed(now);
                }
                for renderer in self.renderers.filter_mut(|r| r.has_load(token)) {
                    renderer.served(token, bytes, end, &mut self.common.statistics, now);
                }
            }
            Event::MediaConnections(open) => self.network.media_connections = open,
            Event::Button { button, pressed } => match self.panel.contact(button, pressed, now) {
                Ok(Some(action)) => self.press(button, action, now),
                Ok(None) => {}
                Err(stuck) => self.common.trace.note(now, "", stuck),
            },
            Event::Addresses(addresses) => self.adopt_addresses(&addresses, now),
            Event::Listening { media_port } => {
                self.common.media_port = Some(media_port);
                self.supervisor.ready(effects);
            }
            Event::Clock { wall, zone, trusted } => self.set_clock(wall, zone, trusted, now),
            Event::Scanned(scan) => {
                self.adopt_scan(*scan, now);
                self.answer_held(effects);
            }
            Event::Remembered(memory) => self.remember(*memory, now),
            Event::Saved(outcome) => self.saved(outcome, now),
            Event::FolderChanged => self.media.changed(now),
            Event::Probed { token, duration } => {
                let renderer = self.renderers.find_mut(|renderer| renderer.has_load(token));
                if let Some(renderer) = renderer {
                    renderer.probed(token, duration);
                }
            }
            // Answered after everything else.
            Event::Asked { .. } => {}
            Event::Alive(name) => self.supervisor.heard(name, now),
            Event::TaskEnded(name, why) => {
                if self.supervisor.ended(name, why.clone(), now) {
                    self.common.trace.note(now, "", What::TaskEnded(name, why));
                }
                if name == TaskName::Panel {
                    self.panel.lost();
                }
                if name == TaskName::MediaServer {
                    self.renderers.iter_mut().for_each(|renderer| renderer.media_server_ended(now));
                }
                // A box that is not ready for long is ended by systemd. A busy port is retried here instead, for ever.
                self.supervisor.ready(effects);
            }
            Event::Panel(state) => {
                if let Some(what) = self.panel.hardware(state, now) {
                    self.common.trace.note(now, "", what);
                }
            }
            Event::PoweredOff(outcome) => {
                if let Some(what) = self.power.answered(outcome, now) {
                    self.common.trace.note(now, "", what);
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
            self.common.numbers = self.common.numbers.saturating_sub(1);
        }
        if let Some(location) = self.discovery.cache.fetching(number).cloned() {
            return match (outcome, facing) {
                (Ok(Answer::Description(description)), Some(facing)) => {
                    self.described(number, description, location, facing, now, effects);
                }
                (outcome, _) => {
                    let why = outcome.err().unwrap_or(Failure::Malformed);
                    let jitter = self.common.rng.f64();
                    self.discovery.cache.failed(number, &why, now, jitter);
                }
            };
        }
        let leaving = self.leaving();
        if let Some(renderer) = self.renderers.find_mut(|r| r.runs_request(number)) {
            let mut ctx = self.common.context(now, leaving, effects);
            renderer.answered(number, outcome, facing, &mut ctx);
        }
    }

    fn adopt_addresses(&mut self, addresses: &[Ipv4Addr], now: Instant) {
        if self.network.addresses == addresses && self.discovery.has_started() {
            return;
        }
        let list: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        self.common.trace.note(now, "", What::Addresses(list.join(", ")));
        self.network.addresses = addresses.to_vec();
        self.discovery.restart(now);
        for renderer in self.renderers.filter_mut(|r| !addresses.contains(&r.facing())) {
            renderer.hurry(now);
            renderer.look_again(now);
        }
    }

    fn leave(&mut self, now: Instant, effects: &mut Effects) {
        if self.supervisor.leaving() {
            return;
        }
        self.common.trace.note(now, "", What::Leaving);
        self.supervisor.leave(now, effects);
        self.memory.policy.leave(now);
        self.renderers.iter_mut().for_each(|renderer| renderer.hang_up(effects));
        for i in 0..self.config.leds.len() {
            self.panel.leds.show(LedId(u8::try_from(i).unwrap_or(u8::MAX)), Pattern::Dark, now);
        }
    }

    /// Does everything that follows from the state, whatever the event was.
    fn settle(&mut self, now: Instant, effects: &mut Effects) {
        self.supervisor.due(now, effects);
        self.look_over(now);
        while let Some((button, action)) = self.panel.buttons.due(now) {
            self.press(button, action, now);
        }
        let leaving = self.supervisor.leaving();
        let mut wake = Wake::default();
        if !leaving {
            self.discover(now, effects, &mut wake);
            self.fetch(now, effects, &mut wake);
            self.read_media(now, effects, &mut wake);
        }
        if !leaving {
            self.follow_schedule(now);
        }
        wake.at(self.schedule.check_at.filter(|_| !leaving), Why::Schedule);
        self.plan(now, effects, &mut wake);
        if !leaving {
            self.conduct(now, effects, &mut wake);
        }
        wake.add(self.renderers.next_deadline());
        self.prefer(effects);
        self.save(now, effects);
        if !leaving && let Some(what) = self.power.due(now, effects) {
            self.common.trace.note(now, "", what);
        }
        self.show(now, effects);
        if leaving {
            // Exit must be the last effect: no LED would go dark after it.
            self.farewell(now, effects);
        }
        wake.at(self.panel.leds.next_deadline(), Why::Led);
        wake.at(self.panel.buttons.next_deadline(), Why::Button);
        wake.at(self.power.next_deadline().filter(|_| !leaving), Why::PowerOff);
        wake.add(self.supervisor.next_deadline());
        wake.add(self.memory.policy.next_deadline(leaving));
        self.deadline = wake.first();
    }

    /// Lets the renderers do what is due, and serves their requests.
    fn plan(&mut self, now: Instant, effects: &mut Effects, wake: &mut Wake) {
        let leaving = self.leaving();
        let mut ctx = self.common.context(now, leaving, effects);
        let planned =
            self.renderers.plan(&mut self.discovery.cache, self.memory.stored.ran, &mut ctx);
        if planned.refetch {
            wake.at(Some(now), Why::Description);
        }
        if planned.rescan {
            self.media.wish(now);
            wake.add(self.media.next_deadline());
        }
        if planned.learned {
            self.take_news(now);
        }
    }

    /// Tells the media server where the renderers are that the box drives, if that has changed.
    fn prefer(&mut self, effects: &mut Effects) {
        let driven = || self.renderers.iter().filter(|r| r.is_driven()).map(Renderer::host);
        if !driven().eq(self.network.preferred.iter().copied()) {
            self.network.preferred = driven().collect();
            effects.push(Effect::Prefer(self.network.preferred.clone()));
        }
    }

    fn farewell(&mut self, now: Instant, effects: &mut Effects) {
        let farewell = Farewell { stop: self.config.stop_at_exit };
        let done =
            self.renderers.iter().all(|r| r.is_done(farewell)) && !self.memory.policy.is_busy(true);
        if self.supervisor.overdue(now) || done {
            self.exited = true;
            effects.push(Effect::Exit(0));
        }
    }

    /// When [`Self::step`] must be called with [`Event::Deadline`], and why.
    pub fn next_deadline(&self) -> Option<Deadline> {
        self.deadline.filter(|_| !self.exited)
    }

    /// What the media server serves for this token.
    pub(crate) fn published(&self, token: Token) -> Option<Published> {
        let theirs = self.renderers.iter().find_map(|renderer| renderer.published(token));
        theirs.or_else(|| self.published_before(token))
    }

    /// A task that has not reported for too long, because of which the watchdog is not fed.
    pub fn silent_task(&self, now: Instant) -> Option<TaskName> {
        self.supervisor.silent(now)
    }

    /// The position in the load with this token, if that load is running.
    pub fn position(&self, token: Token, now: Instant) -> Option<Duration> {
        self.renderers.iter().find_map(|renderer| renderer.position(token, now))
    }

    /// The flight recorder.
    pub fn trace(&self) -> &Trace {
        &self.common.trace
    }

    pub fn statistics(&self, now: Instant) -> Statistics {
        let mut statistics = self.common.statistics.clone();
        self.renderers.iter().for_each(|renderer| renderer.credit_so_far(&mut statistics, now));
        statistics
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The descriptions of the known renderers and their LOCATIONs, in the order in which they were found.
    pub fn descriptions(&self) -> impl Iterator<Item = (&Description, &HttpUrl)> {
        self.renderers.iter().map(|renderer| (renderer.description(), renderer.location()))
    }

    /// Calls `f` with this renderer, if it is known.
    fn with(
        &mut self,
        udn: &Udn,
        now: Instant,
        effects: &mut Effects,
        f: impl FnOnce(&mut Renderer, &mut Context<'_>),
    ) {
        let leaving = self.leaving();
        if let Some(renderer) = self.renderers.find_mut(|r| r.udn() == udn) {
            f(renderer, &mut self.common.context(now, leaving, effects));
        }
    }

    /// How the box leaves its renderers, once it shuts down.
    fn leaving(&self) -> Option<Farewell> {
        let farewell = Farewell { stop: self.config.stop_at_exit };
        self.supervisor.leaving().then_some(farewell)
    }
}
