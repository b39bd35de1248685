//! The wall clock of a world: it begins in 1970, as that of a Pi does, and somebody may set it.

use super::World;
use crate::kiosk::event::Event;
use crate::time::Instant;
use jiff::Timestamp;

/// What the clock on the wall shows at some moment, and whether it was set since.
#[derive(Debug, Default)]
pub(super) struct WallTime {
    at: Instant,
    shows: Timestamp,
    trusted: bool,
}

impl WallTime {
    pub(super) fn set(&mut self, shows: Timestamp, trusted: bool, at: Instant) {
        *self = Self { at, shows, trusted };
    }
}

impl World {
    /// What the shell says of the clock now.
    pub(super) fn clock(&self) -> Event {
        let passed =
            i64::try_from(self.now.since(self.wall_clock.at).as_micros()).unwrap_or(i64::MAX);
        let wall = Timestamp::from_microsecond(self.wall_clock.shows.as_microsecond() + passed);
        Event::Clock {
            wall: wall.expect("no world lasts for so long"),
            zone: self.scenario.zone.clone(),
            trusted: self.wall_clock.trusted,
        }
    }
}
