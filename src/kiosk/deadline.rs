//! When the box must be stepped next, and why. Each deadline carries a reason, so that a busy loop can be traced to it.
//! After a failure, a `Backoff` says how far away the next one is.

use crate::time::{Duration, Instant};
use serde::Serialize;

/// The time of the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    pub at: Instant,
    pub why: Why,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The box has just started.
    Begin,
    /// Search for renderers.
    Search,
    /// Query an address from the configuration.
    Address,
    /// Fetch a description, or give up on it.
    Description,
    /// Scan the media folder.
    MediaFolder,
    /// A call must be answered by then.
    Answer,
    /// Retry a renderer that does not answer.
    Retry,
    /// Ask for the state or the position of a renderer.
    Look,
    /// Send a command to a renderer.
    Command,
    /// Subscriptions, volume, and everything else that can wait.
    Housekeeping,
    /// Take a renderer back from a viewer.
    Yield,
    /// End what a person chose.
    Chosen,
    /// A command should have taken effect.
    Effect,
    /// A still was shown for long enough.
    Dwell,
    /// A renderer whose file could not be read should have asked for the rest.
    Starves,
    /// A file should have ended.
    Overtime,
    /// The members of a group were waited for long enough.
    Members,
    /// An LED changes.
    Led,
    /// The schedule changes.
    Schedule,
    /// A button is held, or was not pressed again.
    Button,
    /// Restart a task.
    Task,
    /// Feed the watchdog.
    Watchdog,
    /// Review or store what was learned.
    Memory,
    /// The machine should be off by now.
    PowerOff,
    /// Shut down.
    Farewell,
}

/// The earliest of several deadlines.
#[derive(Debug, Default)]
pub(super) struct Wake(Option<Deadline>);

impl Wake {
    /// Adds a deadline at this time, if there is one.
    pub(super) fn at(&mut self, at: Option<Instant>, why: Why) {
        self.add(at.map(|at| Deadline { at, why }));
    }

    /// Adds a deadline, if there is one.
    pub(super) fn add(&mut self, other: Option<Deadline>) {
        if let Some(other) = other
            && self.0.is_none_or(|first| other.at < first.at)
        {
            self.0 = Some(other);
        }
    }

    /// The earliest deadline.
    pub(super) fn first(self) -> Option<Deadline> {
        self.0
    }
}

/// A pause that doubles with each failure in a row, up to a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    /// The share of a pause that jitter may take away.
    jitter: f64,
}

impl Backoff {
    /// `first` after the first failure, never more than `longest`.
    pub(super) const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, jitter: 0.0 }
    }

    /// Shortens each pause by up to this share, so that things that failed together are not tried again together.
    pub(super) const fn jittered(self, share: f64) -> Self {
        Self { jitter: share, ..self }
    }

    /// Limits the pauses further.
    pub(super) fn at_most(self, longest: Duration) -> Self {
        Self { longest: self.longest.min(longest), ..self }
    }

    /// The pause after one more failure than the `failures` before it.
    pub(super) fn pause(self, failures: u8) -> Duration {
        let doublings = failures.min(31);
        self.first.saturating_mul(1 << doublings).min(self.longest)
    }

    /// The same with jitter: `chance` is a random number from 0 (the shortest pause) to 1 (the full pause).
    pub(super) fn pause_by_chance(self, failures: u8, chance: f64) -> Duration {
        self.pause(failures).mul_f64(1.0 - self.jitter + self.jitter * chance.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_pause_doubles_up_to_its_limit_and_never_overflows() {
        let backoff = Backoff::new(SECOND, 60 * SECOND);
        let pauses = [0, 1, 2, 5, 6, 7, u8::MAX].map(|failures| backoff.pause(failures).as_secs());
        assert_eq!(pauses, [1, 2, 4, 32, 60, 60, 60]);
        let endless = Backoff::new(Duration::MAX, Duration::MAX);
        assert_eq!(endless.pause(u8::MAX), Duration::MAX);
    }

    #[test]
    fn jitter_takes_no_more_than_its_share() {
        let backoff = Backoff::new(SECOND, 60 * SECOND).jittered(0.25);
        let pause = |chance| backoff.pause_by_chance(2, chance).as_millis();
        assert_eq!([pause(0.0), pause(0.5), pause(1.0)], [3_000, 3_500, 4_000]);
        assert_eq!([pause(-1.0), pause(7.0)], [3_000, 4_000], "a chance beyond its range");
    }
}
