//! A simulated room: the kiosk, renderers, and the network between them, in one thread and without real time.
//!
//! One seed decides everything. Time jumps from one delivery to the next, so that an hour takes milliseconds, and a
//! fault that was seen once can be reproduced. What the shell does with sockets, files and pins is done here with
//! values, by the same rules: an effect is performed before the next event, and a failure comes back as an event.
//!
//! Terms: a *delivery* will reach the box or a renderer at its time; a *node* is a renderer with its place in the
//! network and what an audience saw on it; an *invariant* holds after every step of the kiosk; *liveness* means that a
//! renderer that can play does so before long; *weather* is a long series of random faults.

mod actions;
mod damage;
mod driver;
mod invariants;
mod media_server;
mod network;
mod node;
mod recording;
mod scenario;
mod weather;

use crate::kiosk::effect::Effects;
use crate::kiosk::event::{Answer, Event, Failure, PanelState, ReplyTo, TaskName, Ticket};
use crate::kiosk::{Kiosk, Setup};
use crate::sim::fake_renderer::{Fetch, FetchId};
use crate::time::{Duration, Instant};
use crate::upnp::HttpUrl;
use actions::WallTime;
use core::net::Ipv4Addr;
pub use damage::Damage;
use driver::{Delivery, DeliveryQueue};
use invariants::{Invariants, Liveness};
use media_server::Stream;
pub use network::Network;
pub use node::{Exchange, Node, Round};
use recording::Wire;
pub use recording::{Digest, request_text};
pub use scenario::{BUTTONS, MUST_PLAY_WITHIN, STEPS, Scenario};
use scenario::{Disk, Store};
use std::collections::{BTreeMap, VecDeque};
pub use weather::Weather;

/// The box's first address.
pub const HOME: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
/// The port of media and callbacks.
pub const PORT: u16 = 8895;
/// The interval at which tasks report, as long as allowed.
const ALIVE_EVERY: Duration = Duration::from_secs(10);

/// One simulated room.
#[derive(Debug)]
pub struct World {
    /// The time.
    pub now: Instant,
    /// The box.
    pub kiosk: Kiosk,
    /// The renderers.
    pub nodes: Vec<Node>,
    /// The exit code, and the time of the exit.
    pub exited: Option<(Instant, u8)>,
    /// When the watchdog was fed.
    pub fed: Vec<Instant>,
    /// When tasks were restarted.
    pub restarted: Vec<Instant>,
    /// How many requests for the status were answered.
    pub reports: u32,
    /// The condition of the network.
    pub network: Network,
    /// The box's cable is unplugged.
    unplugged: bool,
    /// A firewall keeps renderers from the media server.
    pub firewall: bool,
    /// The answer to the next request, whatever it asks for.
    pub garbled: Option<Result<Answer, Failure>>,
    /// How often the machine was to be switched off.
    pub power_offs: u32,
    /// The result of switching the machine off.
    pub power_off: Result<(), String>,
    /// The tasks report.
    pub tasks_live: bool,
    /// The duration that probing finds, if not the true one.
    pub header: Option<Option<Duration>>,
    /// The percentage of the true duration that probing finds.
    pub header_percent: u32,
    /// The number of steps so far.
    pub steps: u64,
    /// Allocations of steps whose effects carried nothing, and blocks that other steps kept besides what theirs
    /// carried.
    #[cfg(test)]
    pub(super) allocations: u64,
    scenario: Scenario,
    boots: u64,
    booted_at: Instant,
    frozen_until: Instant,
    /// The tasks that have ended, and how often each will end again.
    ended_tasks: BTreeMap<TaskName, u8>,
    /// The panel was restarted and has not reported yet.
    panel_opens: bool,
    /// The task that hangs, and when it last reported.
    hanging_task: Option<(TaskName, Instant)>,
    leaving: bool,
    lit: Vec<bool>,
    /// When the box was given a reason for more calls, see [`invariants::is_reason`].
    reasons: Vec<Instant>,
    rng: fastrand::Rng,
    queue: DeliveryQueue,
    /// When each renderer must be ticked.
    ticks: Vec<Option<Instant>>,
    requests: Vec<InFlight>,
    streams: BTreeMap<(usize, FetchId), Stream>,
    awaited_replies: BTreeMap<u32, AwaitedReply>,
    asked: u32,
    address: Ipv4Addr,
    disk: Disk,
    wall_clock: WallTime,
    store: Store,
    /// Randomness for power cuts in the middle of a write, kept apart so that they affect nothing else.
    rng_of_store: fastrand::Rng,
    invariants: Invariants,
    liveness: Option<Liveness>,
    effects: Effects,
    /// The record of what the box sends, if one is kept.
    wire: Option<Wire>,
    /// The latest actions, for failure messages.
    action_log: VecDeque<(Instant, String)>,
}

/// A request of the box that is not answered yet.
#[derive(Debug)]
struct InFlight {
    ticket: Ticket,
    to: HttpUrl,
    /// It is for a description.
    describes: bool,
}

/// A reply that somebody expects of the box.
#[derive(Debug)]
enum AwaitedReply {
    Media { node: usize, fetch: Fetch },
    Event { node: usize },
    Status,
}

impl World {
    fn new(scenario: Scenario) -> Self {
        let nodes: Vec<Node> = (scenario.presets.iter().zip(1..))
            .map(|(preset, n)| Node::new(preset, n, scenario.seed))
            .collect();
        let mut world = Self {
            now: Instant::START,
            ticks: nodes.iter().map(|node| node.renderer.next_deadline()).collect(),
            nodes,
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
            tasks_live: scenario.watchdog.is_some(),
            header: None,
            header_percent: 100,
            steps: 0,
            #[cfg(test)]
            allocations: 0,
            boots: 0,
            booted_at: Instant::START,
            frozen_until: Instant::START,
            ended_tasks: BTreeMap::new(),
            panel_opens: false,
            hanging_task: None,
            reasons: Vec::new(),
            leaving: false,
            lit: vec![false; scenario.config.leds.len()],
            kiosk: scenario.kiosk(0),
            rng: fastrand::Rng::with_seed(scenario.seed),
            queue: DeliveryQueue::default(),
            requests: Vec::new(),
            streams: BTreeMap::new(),
            awaited_replies: BTreeMap::new(),
            asked: 0,
            address: HOME,
            disk: Disk::of(&scenario),
            wall_clock: WallTime::default(),
            store: Store::new(scenario.without_store),
            rng_of_store: fastrand::Rng::with_seed(!scenario.seed),
            invariants: Invariants::default(),
            liveness: scenario.must_play_within.map(Liveness::new),
            effects: Effects::new(),
            wire: None,
            action_log: VecDeque::new(),
            scenario,
        };
        let autoplay = world.scenario.config.rules[0].autoplay;
        world.nodes.iter_mut().for_each(|node| node.is_wanted = autoplay);
        world.start_box();
        world.soon(Delivery::Alive);
        if world.liveness.is_some() {
            world.soon(Delivery::Inspection);
        }
        world
    }

    /// The first events that the shell sends.
    fn start_box(&mut self) {
        self.load_memory();
        for event in [
            Event::Listening { media_port: PORT },
            self.addresses(),
            Event::Panel(PanelState::Working),
        ] {
            self.soon(Delivery::Event(event));
        }
        if !self.scenario.config.schedule.is_empty() {
            self.soon(Delivery::Clock);
        }
    }

    /// Runs until this many milliseconds from the start.
    pub fn run(&mut self, millis: u64) {
        let end = Instant::from_millis(millis);
        let _ = self.turn_until(end, |_| false);
    }

    /// Runs for this many milliseconds.
    pub fn pass(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        let _ = self.turn_until(end, |_| false);
    }

    /// Runs until `holds` is true. Returns how many milliseconds that took, or `None` after `millis`.
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
                Turn::Delivery => {
                    if let Some(delivery) = self.queue.take() {
                        self.dispatch(delivery);
                    }
                }
                Turn::Renderer(node) => self.with(node, |renderer, now| renderer.tick(now)),
                Turn::Kiosk => self.step(Event::Deadline),
            }
        }
    }

    /// What comes next. At one time, deliveries come first, then renderers, then the box.
    fn next(&self) -> Option<(Instant, Turn)> {
        let mut first = self.queue.next().map(|at| (at, Turn::Delivery));
        let mut consider = |at: Option<Instant>, turn| {
            if let Some(at) = at.map(|at| at.max(self.now))
                && first.is_none_or(|(earlier, _)| at < earlier.max(self.now))
            {
                first = Some((at, turn));
            }
        };
        for (node, at) in self.ticks.iter().enumerate() {
            consider(*at, Turn::Renderer(node));
        }
        consider(self.deadline().map(|at| at.max(self.frozen_until)), Turn::Kiosk);
        first
    }

    /// The time as the box counts it.
    fn box_time(&self) -> Instant {
        Instant::START + self.now.since(self.booted_at)
    }

    /// When the box must be stepped.
    fn deadline(&self) -> Option<Instant> {
        self.kiosk.next_deadline().map(|next| self.booted_at + next.at.since(Instant::START))
    }

    fn after(&mut self, span: Duration, delivery: Delivery) {
        self.queue.enter(self.now + span, delivery);
    }

    /// Delivers after the delay of the network.
    fn soon(&mut self, delivery: Delivery) {
        let passage = self.network.passage(&mut self.rng);
        self.after(passage, delivery);
    }

    fn expect_reply(&mut self, awaited: AwaitedReply) -> ReplyTo {
        self.asked += 1;
        self.awaited_replies.insert(self.asked, awaited);
        ReplyTo(self.asked)
    }
}

/// Who acts next.
#[derive(Clone, Copy, Debug)]
enum Turn {
    Delivery,
    Renderer(usize),
    Kiosk,
}

impl Scenario {
    /// The kiosk after the `n`th restart.
    fn kiosk(&self, n: u64) -> Kiosk {
        let seed = self.seed ^ n << 32;
        let setup = Setup { seed, watchdog: self.watchdog, ..Setup::default() };
        Kiosk::new(self.config.clone(), setup)
    }
}
