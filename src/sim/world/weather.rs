//! Weather: faults by chance, every few minutes, each for a while, several at once.

use super::{Network, STEPS, World};
use crate::config::PanelAction;
use crate::kiosk::event::TaskName;
use crate::kiosk::supervisor::TASKS;
use crate::sim::words::Remote;
use crate::time::{Duration, Instant};
use core::net::Ipv4Addr;
use fastrand::Rng;

/// Between two faults, in milliseconds.
const PAUSE: core::ops::Range<u64> = 20_000..420_000;
/// How long most faults last, in milliseconds.
const SHORT: core::ops::Range<u64> = 500..90_000;
/// How long one in eight lasts.
const LONG: core::ops::Range<u64> = 90_000..3_600_000;
/// Faults at once.
const AT_ONCE: usize = 6;

/// What goes wrong. Some go right again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A renderer loses its power.
    Plug(usize),
    /// It is switched off properly.
    Off(usize),
    /// Its program hangs.
    Hang(usize),
    /// Nothing gets through to it.
    Cut(usize),
    /// It says byebye and stays.
    Byebye(usize),
    /// A viewer stops it, pauses it, or plays something else on it.
    Viewer(usize, u8),
    /// The network is poor.
    Poor,
    /// Multicast is silently lost.
    Deaf,
    /// Renderers cannot reach the media server.
    Firewall,
    /// The box's cable is out.
    Cable,
    /// The box gets another address.
    Moves,
    /// The box stands still.
    Freezes,
    /// The box loses its power for a moment.
    Restarts,
    /// A task of the box ends, several times.
    Ends(TaskName, u8),
    /// A task of the box hangs.
    Hangs(TaskName),
    /// The disk is away, and what the box remembers cannot be written.
    Disk,
    /// The disk is slow.
    SlowDisk,
    /// Somebody plays with the buttons.
    Buttons(u8),
    /// Somebody looks at the status.
    Page,
}

/// A long series of faults.
#[derive(Debug)]
pub struct Weather {
    rng: Rng,
    next_at: Instant,
    ongoing: Vec<(Instant, Fault)>,
    faults: u64,
}

impl Weather {
    /// The weather of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let rng = Rng::with_seed(seed ^ 0x5eed);
        Self { rng, next_at: Instant::from_millis(60_000), ongoing: Vec::new(), faults: 0 }
    }

    /// Faults so far.
    #[must_use]
    pub const fn faults(&self) -> u64 {
        self.faults
    }

    /// Lets so much time pass.
    pub fn rages(&mut self, world: &mut World, span: Duration) {
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
                self.ends(world, fault);
            }
            if self.next_at <= at {
                self.next_at = at + self.span(PAUSE);
                self.begins(world);
            }
        }
    }

    fn span(&mut self, of: core::ops::Range<u64>) -> Duration {
        Duration::from_millis(self.rng.u64(of))
    }

    /// Drawn from 64 bits everywhere: a seed means the same weather on a 32-bit Pi as here.
    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.rng.u64(..count as u64)).expect("it is below a usize")
    }

    fn anything(&mut self, renderers: usize) -> Fault {
        let (one, task) = (self.below(renderers), TASKS[self.below(TASKS.len())]);
        match self.rng.u8(..19) {
            0 => Fault::Plug(one),
            1 => Fault::Off(one),
            2 => Fault::Hang(one),
            3 => Fault::Cut(one),
            4 => Fault::Byebye(one),
            5 => Fault::Viewer(one, self.rng.u8(..4)),
            6 => Fault::Poor,
            7 => Fault::Deaf,
            8 => Fault::Firewall,
            9 => Fault::Cable,
            10 => Fault::Moves,
            11 => Fault::Freezes,
            12 => Fault::Restarts,
            13 => Fault::Ends(task, self.rng.u8(..6)),
            14 => Fault::Hangs(task),
            15 => Fault::Disk,
            16 => Fault::SlowDisk,
            17 => Fault::Buttons(self.rng.u8(1..12)),
            _ => Fault::Page,
        }
    }

    fn begins(&mut self, world: &mut World) {
        let fault = self.anything(world.stages.len());
        // One fault of a kind at a time: the end of the first would be the end of both.
        let alike =
            |other: &Fault| core::mem::discriminant(other) == core::mem::discriminant(&fault);
        if self.ongoing.len() >= AT_ONCE || self.ongoing.iter().any(|(_, other)| alike(other)) {
            return;
        }
        self.faults += 1;
        let lasts = if self.rng.u8(..8) == 0 { self.span(LONG) } else { self.span(SHORT) };
        world.write_down(format!("{fault:?} for {lasts:?} if it lasts"));
        match fault {
            Fault::Plug(one) => world.remote(one, Remote::PullPlug),
            Fault::Off(one) => world.remote(one, Remote::PowerOff),
            Fault::Hang(one) => world.hang(one),
            Fault::Cut(one) => world.cut(one, true),
            Fault::Byebye(one) => return world.byebye(one),
            Fault::Viewer(one, how) => {
                let other = || Remote::PlayOther("http://10.0.0.99/film.mp4".to_owned());
                let ways = [Remote::Stop, Remote::Pause, other(), Remote::Standby];
                let how = usize::from(how);
                world.remote(one, ways.into_iter().nth(how).unwrap_or(Remote::Stop));
            }
            Fault::Poor => world.network = Network::poor(),
            Fault::Deaf => world.network.deaf = true,
            Fault::Firewall => world.firewall = true,
            Fault::Cable => world.cable(false),
            Fault::Moves => {
                let host = self.rng.u8(100..200);
                return world.move_to(Ipv4Addr::new(10, 0, 0, host));
            }
            Fault::Freezes => return world.freeze(self.rng.u64(100..120_000)),
            Fault::Restarts => return drop(world.restart_box()),
            Fault::Ends(task, again) => return world.kill(task, again),
            Fault::Hangs(task) => world.hang_task(Some(task)),
            Fault::Disk => {
                world.disk(false);
                let steps = STEPS as u64;
                world.store_fails(usize::try_from(self.faults % steps).ok());
            }
            Fault::SlowDisk => world.slow_disk(self.rng.u64(1_000..300_000)),
            Fault::Buttons(times) => self.fidget(world, times),
            Fault::Page => {
                world.ask_status();
                return;
            }
        }
        self.ongoing.push((world.now + lasts, fault));
    }

    /// Somebody presses whatever there is, quickly.
    fn fidget(&mut self, world: &mut World, times: u8) {
        for _ in 0..times {
            world.press(super::BUTTONS[self.below(super::BUTTONS.len())]);
            world.pass(self.rng.u64(0..700));
        }
    }

    fn ends(&mut self, world: &mut World, fault: Fault) {
        match fault {
            Fault::Plug(one) | Fault::Off(one) => world.remote(one, Remote::PowerOn),
            Fault::Hang(one) => world.wake(one),
            Fault::Cut(one) => world.cut(one, false),
            // The owner sees that it does not play, and presses play.
            Fault::Viewer(..) | Fault::Buttons(_) => world.press(PanelAction::Play),
            Fault::Poor => {
                world.network = Network { deaf: world.network.deaf, ..Network::default() }
            }
            Fault::Deaf => world.network.deaf = false,
            Fault::Firewall => world.firewall = false,
            Fault::Cable => world.cable(true),
            Fault::Hangs(_) => world.hang_task(None),
            Fault::Disk => {
                world.disk(true);
                world.store_fails(None);
            }
            Fault::SlowDisk => world.slow_disk(3),
            Fault::Byebye(_)
            | Fault::Moves
            | Fault::Freezes
            | Fault::Restarts
            | Fault::Ends(..)
            | Fault::Page => {}
        }
    }
}
