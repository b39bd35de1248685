//! Exponential backoff: how long to wait before the next attempt at something that failed.

use crate::time::Duration;

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
