//! A whole house in one thread and no time: the kiosk, simulated renderers, and the network between.
//!
//! Everything is decided by one seed. Time jumps from one happening to the next, so that an hour takes
//! milliseconds, and a fault that was seen once is seen again. What the shell does with sockets,
//! files and pins is done here with values, by the same rules: an effect is performed before the next
//! event, and a failure comes back as an event.
//!
//! Terms: a *happening* is something that will reach the box or a renderer at its time; a *stage* is
//! a renderer with its place in the network and what an audience saw on it; a *law* holds after every
//! step of the kiosk, whatever happened; *hope* is the law that who can play plays before long;
//! *weather* is a long series of faults by chance.

mod agenda;
mod deeds;
mod effects;
mod happening;
mod hope;
mod laws;
mod lies;
mod network;
mod record;
mod setting;
mod stage;
mod store;
mod streams;
mod traffic;
mod wall;
mod weather;
mod wire;

use super::words::{Fetch, FetchId};
use crate::kiosk::effect::Effects;
use crate::kiosk::event::{Answer, Event, Failure, PanelState, ReplyTo, TaskName, Ticket};
use crate::kiosk::{Kiosk, Setup};
use crate::time::{Duration, Instant};
use agenda::Agenda;
use core::net::Ipv4Addr;
use happening::Happening;
use hope::Hope;
use laws::Laws;
pub use network::Network;
use setting::Disk;
pub use setting::{BUTTONS, HOPE, Setting};
pub use stage::{Exchange, Round, Stage};
use std::collections::{BTreeMap, VecDeque};
pub use store::STEPS;
use store::Store;
use streams::Stream;
use wall::Wall;
pub use weather::Weather;
pub use wire::Digest;
use wire::Wire;

/// The box's address, until it changes.
pub const HOME: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
/// The port of media and callbacks.
pub const PORT: u16 = 8895;
/// Tasks say this often that they live: as seldom as they may.
const ALIVE_EVERY: Duration = Duration::from_secs(10);

/// See the module.
#[derive(Debug)]
pub struct World {
    /// The time.
    pub now: Instant,
    /// The box.
    pub kiosk: Kiosk,
    /// The renderers.
    pub stages: Vec<Stage>,
    /// The exit code, and when.
    pub exited: Option<(Instant, u8)>,
    /// When the watchdog was fed.
    pub fed: Vec<Instant>,
    /// When tasks were started again.
    pub restarted: Vec<Instant>,
    /// Questions for the status that were answered.
    pub reports: u32,
    /// How the network is.
    pub network: Network,
    /// The box's cable is out.
    unplugged: bool,
    /// Between renderers and the media server: nothing gets through.
    pub firewall: bool,
    /// What the next request is answered with, whatever it was and did.
    pub garbled: Option<Result<Answer, Failure>>,
    /// How often the machine was to be switched off, and what is said to that.
    pub power_offs: u32,
    /// See [`Self::power_offs`].
    pub power_off: Result<(), String>,
    /// Tasks say that they live.
    pub tasks_live: bool,
    /// What a look into a file finds as its duration, where that is not the truth.
    pub header: Option<Option<Duration>>,
    /// Steps of the kiosk so far.
    pub steps: u64,
    /// How often the kiosk's steps asked for memory.
    #[cfg(test)]
    pub(super) allocations: u64,
    setting: Setting,
    boots: u64,
    booted_at: Instant,
    frozen_until: Instant,
    /// Tasks that have ended, and how often they will end again.
    dead: BTreeMap<TaskName, u8>,
    /// The panel was started again, and has not said yet that it works.
    panel_opens: bool,
    /// One that hangs, neither ends nor says that it lives; and when the box last had a reason to think it lives.
    stuck: Option<(TaskName, Instant)>,
    leaving: bool,
    lit: Vec<bool>,
    /// When the box was given a reason for more calls, see [`laws::is_reason`].
    reasons: Vec<Instant>,
    rng: fastrand::Rng,
    agenda: Agenda,
    /// When each renderer wants to be ticked.
    ticks: Vec<Option<Instant>>,
    /// Calls under way: their tickets, and where they go.
    errands: Vec<(Ticket, (Ipv4Addr, u16))>,
    streams: BTreeMap<(usize, FetchId), Stream>,
    questions: BTreeMap<u32, Question>,
    asked: u32,
    address: Ipv4Addr,
    disk: Disk,
    wall: Wall,
    store: Store,
    /// What a power cut in the middle of a write leaves is no other chance's business.
    rng_of_store: fastrand::Rng,
    laws: Laws,
    hope: Option<Hope>,
    effects: Effects,
    /// What the box sends, if it is recorded.
    wire: Option<Wire>,
    /// What was done to it last, for whoever reads of a failure.
    diary: VecDeque<(Instant, String)>,
}

/// Somebody waits for an answer of the box.
#[derive(Debug)]
enum Question {
    Media { stage: usize, fetch: Fetch },
    Event { stage: usize },
    Status,
}

impl World {
    fn new(setting: Setting) -> Self {
        let stages: Vec<Stage> = (setting.presets.iter().zip(1..))
            .map(|(preset, n)| Stage::new(preset, n, setting.seed))
            .collect();
        let mut world = Self {
            now: Instant::START,
            ticks: stages.iter().map(|stage| stage.tv.next_deadline()).collect(),
            stages,
            exited: None,
            fed: Vec::new(),
            restarted: Vec::new(),
            reports: 0,
            network: Network::default(),
            unplugged: false,
            firewall: false,
            garbled: None,
            power_offs: 0,
            power_off: Ok(()),
            tasks_live: setting.watchdog.is_some(),
            header: None,
            steps: 0,
            #[cfg(test)]
            allocations: 0,
            boots: 0,
            booted_at: Instant::START,
            frozen_until: Instant::START,
            dead: BTreeMap::new(),
            panel_opens: false,
            stuck: None,
            reasons: Vec::new(),
            leaving: false,
            lit: vec![false; setting.config.leds.len()],
            kiosk: setting.kiosk(0),
            rng: fastrand::Rng::with_seed(setting.seed),
            agenda: Agenda::default(),
            errands: Vec::new(),
            streams: BTreeMap::new(),
            questions: BTreeMap::new(),
            asked: 0,
            address: HOME,
            disk: Disk::of(&setting),
            wall: Wall::default(),
            store: Store::new(setting.forgetful),
            rng_of_store: fastrand::Rng::with_seed(!setting.seed),
            laws: Laws::default(),
            hope: setting.hope.map(Hope::new),
            effects: Effects::new(),
            wire: None,
            diary: VecDeque::new(),
            setting,
        };
        let autoplay = world.setting.config.rules[0].autoplay;
        world.stages.iter_mut().for_each(|stage| stage.is_wanted = autoplay);
        world.start_box();
        world.soon(Happening::Alive);
        if world.hope.is_some() {
            world.soon(Happening::Inspection);
        }
        world
    }

    /// What the shell says first.
    fn start_box(&mut self) {
        self.recall();
        for event in [
            Event::Listening { media_port: PORT },
            self.addresses(),
            Event::Panel(PanelState::Working),
        ] {
            self.soon(Happening::Event(event));
        }
        if !self.setting.config.schedule.is_empty() {
            self.soon(Happening::Clock);
        }
    }

    /// Everything up to this many milliseconds from the start.
    pub fn run(&mut self, millis: u64) {
        let end = Instant::from_millis(millis);
        let _ = self.turn_until(end, |_| false);
    }

    /// Everything for this many milliseconds.
    pub fn pass(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        let _ = self.turn_until(end, |_| false);
    }

    /// Everything until this holds: how many milliseconds that took, if not more than `millis`.
    #[must_use]
    pub fn until(&mut self, millis: u64, holds: impl FnMut(&Self) -> bool) -> Option<u64> {
        let begun = self.now;
        let at = self.turn_until(begun + Duration::from_millis(millis), holds)?;
        u64::try_from(at.since(begun).as_millis()).ok()
    }

    fn turn_until(
        &mut self,
        end: Instant,
        mut holds: impl FnMut(&Self) -> bool,
    ) -> Option<Instant> {
        loop {
            if holds(self) {
                return Some(self.now);
            }
            let next = self.next().filter(|(at, _)| *at <= end);
            let Some((at, turn)) = next else {
                self.now = self.now.max(end);
                return None;
            };
            self.now = self.now.max(at);
            match turn {
                Turn::Happening => {
                    if let Some(happening) = self.agenda.take() {
                        self.happen(happening);
                    }
                }
                Turn::Renderer(stage) => self.with(stage, |tv, now| tv.tick(now)),
                Turn::Kiosk => self.step(Event::Deadline),
            }
        }
    }

    /// What comes next: of several at one moment first what is on its way, then renderers, then the box.
    fn next(&self) -> Option<(Instant, Turn)> {
        let mut first = self.agenda.next().map(|at| (at, Turn::Happening));
        let mut consider = |at: Option<Instant>, turn| {
            if let Some(at) = at.map(|at| at.max(self.now))
                && first.is_none_or(|(earlier, _)| at < earlier.max(self.now))
            {
                first = Some((at, turn));
            }
        };
        for (stage, at) in self.ticks.iter().enumerate() {
            consider(*at, Turn::Renderer(stage));
        }
        consider(self.deadline().map(|at| at.max(self.frozen_until)), Turn::Kiosk);
        first
    }

    /// The time as the box counts it.
    fn box_time(&self) -> Instant {
        Instant::START + self.now.since(self.booted_at)
    }

    /// When the box wants to be stepped.
    fn deadline(&self) -> Option<Instant> {
        self.kiosk.next_deadline().map(|next| self.booted_at + next.at.since(Instant::START))
    }

    fn after(&mut self, span: Duration, happening: Happening) {
        self.agenda.enter(self.now + span, happening);
    }

    /// After a passage through the network.
    fn soon(&mut self, happening: Happening) {
        let passage = self.network.passage(&mut self.rng);
        self.after(passage, happening);
    }

    fn ask(&mut self, question: Question) -> ReplyTo {
        self.asked += 1;
        self.questions.insert(self.asked, question);
        ReplyTo(self.asked)
    }
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug)]
enum Turn {
    Happening,
    Renderer(usize),
    Kiosk,
}

impl Setting {
    /// The box, switched on for the `n`th time.
    fn kiosk(&self, n: u64) -> Kiosk {
        let seed = self.seed ^ n << 32;
        let setup = Setup { seed, watchdog: self.watchdog, ..Setup::default() };
        Kiosk::new(self.config.clone(), setup)
    }
}
