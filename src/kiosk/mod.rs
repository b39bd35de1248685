//! The logic: one owner of all state.
//!
//! [`Kiosk::step`] takes one event and the time, and returns effects. It does no I/O, reads no clock, cannot block and
//! cannot fail. The kiosk itself only routes events: the parts below it do not know each other.

mod backoff;
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
mod step;
pub mod supervisor;
pub mod token;
pub mod trace;

use crate::config::Config;
use crate::time::{Duration, Instant};
use crate::upnp::description::Description;
use crate::upnp::{HttpUrl, Udn};
use core::net::Ipv4Addr;
use deadline::{Deadline, Why};
use discovery::Discovery;
use effect::{Effect, Effects, Published};
use event::{Event, TaskName};
use group::Group;
use media_folder::MediaFolder;
use memory::MemoryControl;
use panel::FrontPanel;
use renderer::{Context, Farewell, Renderer};
use renderers::{Common, Renderers};
use schedule::Schedule;
use statistics::Statistics;
use supervisor::{Power, Supervisor};
use token::Token;
use trace::Trace;

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
