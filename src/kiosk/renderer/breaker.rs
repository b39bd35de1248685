//! The circuit breaker of one renderer: how long to leave the renderer alone after failed calls.
//!
//! *Closed*: calls are sent; after a failure, the next call waits a little. *Open*, after [`OPENS_AFTER`] failures in a
//! row: only probes are sent. A renderer that is unreachable is probed at growing intervals. A renderer that accepts
//! connections and never answers is probed again soon, but each probe waits longer for its answer, so that the renderer
//! is noticed as soon as it recovers. An announcement ends a pause.

use crate::kiosk::backoff::Backoff;
use crate::kiosk::event::Failure;
use crate::time::{Duration, Instant};

/// How many failures in a row open the breaker.
pub const OPENS_AFTER: u8 = 3;
/// Pauses between probes of an unreachable renderer. A renderer whose cable is plugged back in announces nothing, and one
/// lost packet every 8 s is no burden.
const PAUSES: Backoff =
    Backoff::new(Duration::from_millis(250), Duration::from_secs(8)).jittered(0.25);
/// The pause after a probe that timed out: its wait was pause enough.
const PAUSE_AFTER_WAIT: Duration = Duration::from_secs(1);
/// How long the first probe waits for its answer; each further one waits twice as long.
pub const FIRST_WAIT: Duration = Duration::from_secs(5);
/// How long the following probes wait.
const WAITS: Backoff = Backoff::new(FIRST_WAIT, Duration::from_secs(60));

#[derive(Clone, Debug, Default)]
pub struct Breaker {
    failures: u8,
    retry_at: Option<Instant>,
    why: Option<Failure>,
}

impl Breaker {
    /// A call failed. `jitter` in 0..1 spreads renderers that failed together.
    pub fn fail(&mut self, now: Instant, why: Failure, jitter: f64) {
        let pauses = match why {
            Failure::Timeout => PAUSES.at_most(PAUSE_AFTER_WAIT),
            _ => PAUSES,
        };
        self.retry_at = Some(now + pauses.pause_by_chance(self.failures, jitter));
        self.failures = self.failures.saturating_add(1);
        self.why = Some(why);
    }

    /// A call was answered: whatever the answer says, the renderer is alive.
    pub fn succeed(&mut self) {
        *self = Self::default();
    }

    /// Ends the pause, because there is a sign of life.
    pub fn hurry(&mut self, now: Instant) {
        if let Some(at) = self.retry_at.as_mut() {
            *at = (*at).min(now);
        }
    }

    /// Returns whether only probes are sent.
    pub fn is_open(&self) -> bool {
        self.failures >= OPENS_AFTER
    }

    /// How many calls failed in a row.
    pub fn failures(&self) -> u8 {
        self.failures
    }

    /// Nothing is sent before this time.
    pub fn retry_at(&self) -> Option<Instant> {
        self.retry_at
    }

    /// Why the last call failed.
    pub fn why(&self) -> Option<&Failure> {
        self.why.as_ref()
    }

    /// How long the next probe waits for its answer.
    pub fn patience(&self) -> Duration {
        match self.why {
            Some(Failure::Timeout) => WAITS.pause(self.failures),
            _ => FIRST_WAIT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_their_cap_and_begin_anew_after_an_answer() {
        let mut breaker = Breaker::default();
        let mut pauses = Vec::new();
        for _ in 0..10 {
            breaker.fail(Instant::START, Failure::Unreachable, 1.0);
            pauses.push(breaker.retry_at().expect("set").as_micros() / 1000);
        }
        assert_eq!(pauses, [250, 500, 1000, 2000, 4000, 8000, 8000, 8000, 8000, 8000]);
        assert!(breaker.is_open());
        breaker.succeed();
        assert!(!breaker.is_open() && breaker.retry_at().is_none());
    }

    #[test]
    fn a_hung_renderer_is_waited_for_longer_and_asked_again_within_a_second() {
        let mut breaker = Breaker::default();
        assert_eq!(breaker.patience(), Duration::from_secs(5));
        for _ in 0..6 {
            breaker.fail(Instant::START, Failure::Timeout, 1.0);
        }
        assert_eq!(breaker.patience(), Duration::from_secs(60));
        assert_eq!(breaker.retry_at(), Some(Instant::from_millis(1000)));
    }

    #[test]
    fn an_announcement_ends_the_pause() {
        let mut breaker = Breaker::default();
        for _ in 0..9 {
            breaker.fail(Instant::START, Failure::Unreachable, 0.0);
        }
        breaker.hurry(Instant::from_millis(7));
        assert_eq!(breaker.retry_at(), Some(Instant::from_millis(7)));
        assert!(breaker.is_open(), "one sign of life is not health");
    }
}
