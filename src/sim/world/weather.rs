//! Weather: random faults every few minutes, each for a while, several at once.

use super::{Network, STEPS, World};
use crate::config::PanelAction;
use crate::kiosk::event::TaskName;
use crate::kiosk::supervisor::TASKS;
use crate::sim::fake_renderer::Remote;
use crate::time::{Duration, Instant};
use core::net::Ipv4Addr;
use fastrand::Rng;

/// The pause between two faults, in milliseconds.
const PAUSE: core::ops::Range<u64> = 20_000..420_000;
/// How long most faults last, in milliseconds.
const SHORT: core::ops::Range<u64> = 500..90_000;
/// How long one fault in eight lasts, in milliseconds.
const LONG: core::ops::Range<u64> = 90_000..3_600_000;
/// The most faults at once.
const AT_ONCE: usize = 6;

/// What goes wrong. Some faults end after a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disturbance {
    /// A renderer loses its power.
    Plug(usize),
    /// A renderer is switched off properly.
    Off(usize),
    /// A renderer's program hangs.
    Hang(usize),
    /// A renderer is cut off.
    Cut(usize),
    /// A renderer says byebye and stays.
    Byebye(usize),
    /// A viewer stops or pauses a renderer, or plays something else on it.
    Viewer(usize, u8),
    /// The network is poor.
    Poor,
    /// Multicast is lost silently.
    Deaf,
    /// Renderers cannot reach the media server.
    Firewall,
    /// The box's cable is unplugged.
    Cable,
    /// The box gets another address.
    Moves,
    /// The box freezes.
    Freezes,
    /// The box loses its power for a moment.
    Restarts,
    /// A task of the box ends, several times.
    Ends(TaskName, u8),
    /// A task of the box hangs.
    Hangs(TaskName),
    /// The disk is unplugged, and the state directory cannot be written.
    Disk,
    /// The disk is slow.
    SlowDisk,
    /// Somebody plays with the buttons.
    Buttons(u8),
    /// Somebody requests the status.
    Page,
}

/// A long series of faults.
#[derive(Debug)]
pub struct Weather {
    rng: Rng,
    next_at: Instant,
    ongoing: Vec<(Instant, Disturbance)>,
    faults: u64,
}

impl Weather {
    /// Creates the weather of this seed.
    pub fn new(seed: u64) -> Self {
        let rng = Rng::with_seed(seed ^ 0x5eed);
        Self { rng, next_at: Instant::from_millis(60_000), ongoing: Vec::new(), faults: 0 }
    }

    /// The number of faults so far.
    pub const fn faults(&self) -> u64 {
        self.faults
    }

    /// Runs the world for this time.
    pub fn run(&mut self, world: &mut World, span: Duration) {
        let end = world.now + span;
        loop {
            let ends = self.ongoing.iter().map(|(at, _)| *at);
            let at = ends.chain([self.next_at]).min().unwrap_or(end);
            if at > end {
                return world.run(end.as_micros() / 1000);
            }
            world.run(at.as_micros() / 1000);
            while let Some(over) = self.ongoing.iter().position(|(until, _)| *until <= at) {
                let (_, fault) = self.ongoing.swap_remove(over);
                self.end_fault(world, fault);
            }
            if self.next_at <= at {
                self.next_at = at + self.span(PAUSE);
                self.begin_fault(world);
            }
        }
    }

    fn span(&mut self, of: core::ops::Range<u64>) -> Duration {
        Duration::from_millis(self.rng.u64(of))
    }

    /// Drawn from 64 bits on every machine, so that a seed means the same weather on a 32-bit Pi.
    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.rng.u64(..count as u64)).expect("it is below a usize")
    }

    fn anything(&mut self, renderers: usize) -> Disturbance {
        let (one, task) = (self.below(renderers), TASKS[self.below(TASKS.len())]);
        match self.rng.u8(..19) {
            0 => Disturbance::Plug(one),
            1 => Disturbance::Off(one),
            2 => Disturbance::Hang(one),
            3 => Disturbance::Cut(one),
            4 => Disturbance::Byebye(one),
            5 => Disturbance::Viewer(one, self.rng.u8(..4)),
            6 => Disturbance::Poor,
            7 => Disturbance::Deaf,
            8 => Disturbance::Firewall,
            9 => Disturbance::Cable,
            10 => Disturbance::Moves,
            11 => Disturbance::Freezes,
            12 => Disturbance::Restarts,
            13 => Disturbance::Ends(task, self.rng.u8(..6)),
            14 => Disturbance::Hangs(task),
            15 => Disturbance::Disk,
            16 => Disturbance::SlowDisk,
            17 => Disturbance::Buttons(self.rng.u8(1..12)),
            _ => Disturbance::Page,
        }
    }

    fn begin_fault(&mut self, world: &mut World) {
        let fault = self.anything(world.nodes.len());
        // One fault of a kind at a time: the end of one would end the other as well.
        let alike =
            |other: &Disturbance| core::mem::discriminant(other) == core::mem::discriminant(&fault);
        if self.ongoing.len() >= AT_ONCE || self.ongoing.iter().any(|(_, other)| alike(other)) {
            return;
        }
        self.faults += 1;
        let lasts = if self.rng.u8(..8) == 0 { self.span(LONG) } else { self.span(SHORT) };
        world.log_action(format!("{fault:?} for {lasts:?} if it lasts"));
        match fault {
            Disturbance::Plug(one) => world.remote(one, Remote::PullPlug),
            Disturbance::Off(one) => world.remote(one, Remote::PowerOff),
            Disturbance::Hang(one) => world.hang(one),
            Disturbance::Cut(one) => world.cut(one, true),
            Disturbance::Byebye(one) => return world.byebye(one),
            Disturbance::Viewer(one, how) => {
                let other = || Remote::PlayOther("http://10.0.0.99/film.mp4".to_owned());
                let ways = [Remote::Stop, Remote::Pause, other(), Remote::Standby];
                let how = usize::from(how);
                world.remote(one, ways.into_iter().nth(how).unwrap_or(Remote::Stop));
            }
            Disturbance::Poor => world.network = Network::poor(),
            Disturbance::Deaf => world.network.deaf = true,
            Disturbance::Firewall => world.firewall = true,
            Disturbance::Cable => world.cable(false),
            Disturbance::Moves => {
                let host = self.rng.u8(100..200);
                return world.move_to(Ipv4Addr::new(10, 0, 0, host));
            }
            Disturbance::Freezes => return world.freeze(self.rng.u64(100..120_000)),
            Disturbance::Restarts => return drop(world.restart_box()),
            Disturbance::Ends(task, again) => return world.kill(task, again),
            Disturbance::Hangs(task) => world.hang_task(Some(task)),
            Disturbance::Disk => {
                world.disk(false);
                let steps = STEPS as u64;
                world.store_fails(usize::try_from(self.faults % steps).ok());
            }
            Disturbance::SlowDisk => world.slow_disk(self.rng.u64(1_000..300_000)),
            Disturbance::Buttons(times) => self.press_buttons(world, times),
            Disturbance::Page => {
                world.ask_status();
                return;
            }
        }
        self.ongoing.push((world.now + lasts, fault));
    }

    /// Somebody presses any buttons, quickly.
    fn press_buttons(&mut self, world: &mut World, times: u8) {
        for _ in 0..times {
            world.press(super::BUTTONS[self.below(super::BUTTONS.len())]);
            world.pass(self.rng.u64(0..700));
        }
    }

    fn end_fault(&mut self, world: &mut World, fault: Disturbance) {
        match fault {
            Disturbance::Plug(one) | Disturbance::Off(one) => world.remote(one, Remote::PowerOn),
            Disturbance::Hang(one) => world.wake(one),
            Disturbance::Cut(one) => world.cut(one, false),
            // The owner sees that it does not play, and presses Play.
            Disturbance::Viewer(..) | Disturbance::Buttons(_) => world.press(PanelAction::Play),
            Disturbance::Poor => {
                world.network = Network { deaf: world.network.deaf, ..Network::default() }
            }
            Disturbance::Deaf => world.network.deaf = false,
            Disturbance::Firewall => world.firewall = false,
            Disturbance::Cable => world.cable(true),
            Disturbance::Hangs(_) => world.hang_task(None),
            Disturbance::Disk => {
                world.disk(true);
                world.store_fails(None);
            }
            Disturbance::SlowDisk => world.slow_disk(3),
            Disturbance::Byebye(_)
            | Disturbance::Moves
            | Disturbance::Freezes
            | Disturbance::Restarts
            | Disturbance::Ends(..)
            | Disturbance::Page => {}
        }
    }
}
