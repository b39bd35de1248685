//! The box's clock, which the logic is told of, and waiting by it.

use crate::time::{Duration, Instant};
use async_io::Timer;

/// Turns the box's clock into the kiosk's time, and back.
#[derive(Clone, Copy, Debug)]
pub struct Clock(std::time::Instant);

impl Clock {
    /// Starts at zero.
    #[must_use]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// The time now.
    #[must_use]
    pub fn now(self) -> Instant {
        Instant::START + self.0.elapsed()
    }

    pub(super) fn at(self, instant: Instant) -> std::time::Instant {
        let since = instant.since(Instant::START);
        self.0.checked_add(since).unwrap_or_else(|| self.0 + Duration::from_secs(86_400 * 365))
    }
}

/// Waits: for the commands around the box, which are no part of its logic.
pub async fn pause(span: Duration) {
    Timer::after(span).await;
}
