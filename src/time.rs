//! Monotonic time, counted from the start of the box.
//!
//! The logic never reads a clock: the shell or the simulation gives it an [`Instant`] with each event.

use core::ops::{Add, AddAssign};
pub use core::time::Duration;

/// A moment, in microseconds since the start of the box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    micros: u64,
}

impl Instant {
    /// The start of the box.
    pub const START: Self = Self { micros: 0 };

    /// The moment `micros` microseconds after the start.
    pub const fn from_micros(micros: u64) -> Self {
        Self { micros }
    }

    /// The moment `millis` milliseconds after the start.
    pub const fn from_millis(millis: u64) -> Self {
        Self { micros: millis * 1000 }
    }

    /// Microseconds since the start.
    pub const fn as_micros(self) -> u64 {
        self.micros
    }

    /// The time from `earlier` to this moment; zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.micros.saturating_sub(earlier.micros))
    }

    /// The moment `span` before this one, but not before the start.
    pub fn before(self, span: Duration) -> Self {
        Self { micros: self.micros.saturating_sub(micros(span)) }
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

impl Add<Duration> for Instant {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self { micros: self.micros.saturating_add(micros(span)) }
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, span: Duration) {
        *self = *self + span;
    }
}

/// Seconds as a [`Duration`]; negative, infinite and too large values become zero.
pub fn seconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value).unwrap_or(Duration::ZERO)
}

/// A span in seconds, rounded to milliseconds for people.
pub fn in_seconds(span: Duration) -> f64 {
    (span.as_secs_f64() * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saturates_at_both_ends() {
        let noon = Instant::from_millis(1000);
        assert_eq!(Instant::START.since(noon), Duration::ZERO);
        assert_eq!(noon.before(Duration::from_secs(2)), Instant::START);
        assert_eq!((noon + Duration::MAX).as_micros(), u64::MAX);
        assert_eq!(seconds(-1.0), Duration::ZERO);
        assert_eq!(seconds(0.3), Duration::from_millis(300));
    }
}
