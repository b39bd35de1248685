//! When to store what was learned: soon after news, at limited intervals, and once more at shutdown.

use super::super::backoff::Backoff;
use super::super::deadline::{Deadline, Wake, Why};
use crate::time::{Duration, Instant};

/// News often comes in quick succession; wait for more.
const SETTLES: Duration = Duration::from_secs(10);
/// The shortest interval between writes, to spare the SD card.
const SELDOM: Duration = Duration::from_secs(300);
/// How often everything is reviewed and written, news or not.
const LOOKS_OVER: Duration = Duration::from_secs(3600);
/// The pause before a failed write is repeated.
const RETRY: Backoff = Backoff::new(Duration::from_secs(10), Duration::from_secs(3600));

/// Decides when to write. Never writes if there is no state directory.
#[derive(Clone, Debug, Default)]
pub(in crate::kiosk) struct SavePolicy {
    has_place: bool,
    /// The time of the first news that is not written yet.
    news_at: Option<Instant>,
    writing: bool,
    wrote_at: Option<Instant>,
    /// When a failed write may be repeated.
    retry_at: Option<Instant>,
    failures: u8,
    look_over_at: Option<Instant>,
}

impl SavePolicy {
    /// The state directory exists and was read.
    pub(in crate::kiosk) fn begin(&mut self, now: Instant) {
        self.has_place = true;
        self.writing = false;
        self.look_over_at = self.look_over_at.or(Some(now + LOOKS_OVER));
    }

    /// Returns whether the state directory was read.
    pub(in crate::kiosk) fn has_begun(&self) -> bool {
        self.has_place
    }

    /// There is news to write.
    pub(in crate::kiosk) fn news(&mut self, now: Instant) {
        self.news_at = self.news_at.or(Some(now));
    }

    /// Returns whether a review is due.
    pub(in crate::kiosk) fn looks_over(&mut self, now: Instant) -> bool {
        let due = self.look_over_at.is_some_and(|at| at <= now);
        if due {
            self.look_over_at = Some(now + LOOKS_OVER);
            self.news(now);
        }
        due
    }

    /// The box is shutting down: write once more, without reviews or retries.
    pub(in crate::kiosk) fn leave(&mut self, now: Instant) {
        self.look_over_at = None;
        self.retry_at = None;
        self.news(now);
    }

    /// Returns whether to write now.
    pub(in crate::kiosk) fn writes(&mut self, now: Instant, leaving: bool) -> bool {
        let due = self.due(leaving).is_some_and(|at| at <= now);
        if due {
            self.news_at = None;
            self.writing = true;
        }
        due
    }

    /// A write ended. Returns whether its failure, or the first success after failures, is worth a log line.
    pub(in crate::kiosk) fn wrote(&mut self, well: bool, now: Instant, leaving: bool) -> bool {
        self.writing = false;
        self.wrote_at = Some(now);
        if well {
            self.retry_at = None;
            return core::mem::take(&mut self.failures) > 0;
        }
        let pause = RETRY.pause(self.failures);
        self.failures = self.failures.saturating_add(1);
        if !leaving {
            self.retry_at = Some(now + pause);
            self.news(now);
        }
        self.failures == 1
    }

    /// Returns whether something is being written or will be.
    pub(in crate::kiosk) fn is_busy(&self, leaving: bool) -> bool {
        self.writing || self.due(leaving).is_some()
    }

    fn due(&self, leaving: bool) -> Option<Instant> {
        let news_at = self.news_at.filter(|_| self.has_place && !self.writing)?;
        if leaving {
            return Some(news_at);
        }
        let seldom = self.wrote_at.map(|at| at + SELDOM).unwrap_or_default();
        Some(self.retry_at.unwrap_or((news_at + SETTLES).max(seldom)))
    }

    pub(in crate::kiosk) fn next_deadline(&self, leaving: bool) -> Option<Deadline> {
        let mut wake = Wake::default();
        wake.at(self.due(leaving), Why::Memory);
        wake.at(self.look_over_at, Why::Memory);
        wake.first()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::START + Duration::from_secs(seconds)
    }

    /// Steps through the deadlines. Returns the seconds at which it writes. A write takes no time.
    fn writes(policy: &mut SavePolicy, until: u64, well: bool) -> Vec<u64> {
        let mut times = Vec::new();
        while let Some(next) = policy.next_deadline(false).filter(|next| next.at <= at(until)) {
            policy.looks_over(next.at);
            if policy.writes(next.at, false) {
                times.push(next.at.since(Instant::START).as_secs());
                policy.wrote(well, next.at, false);
            }
        }
        times
    }

    #[test]
    fn news_are_written_ten_seconds_later_but_no_more_often_than_every_five_minutes() {
        let mut policy = SavePolicy::default();
        policy.news(at(0));
        assert_eq!(policy.next_deadline(false), None, "there is no place");
        policy.begin(at(1));
        assert_eq!(writes(&mut policy, 60, true), [10]);
        policy.news(at(70));
        policy.news(at(90));
        assert_eq!(writes(&mut policy, 1_000, true), [310]);
        policy.news(at(2_000));
        assert_eq!(writes(&mut policy, 2_100, true), [2_010]);
        assert_eq!(writes(&mut policy, 8_000, true), [3_611, 7_211], "hourly, without news");
    }

    #[test]
    fn a_write_that_fails_is_tried_ever_more_rarely_and_told_once() {
        let mut policy = SavePolicy::default();
        policy.begin(at(0));
        policy.news(at(0));
        let times = writes(&mut policy, 3_500, false);
        assert_eq!(times, [10, 20, 40, 80, 160, 320, 640, 1_280, 2_560]);
        assert!(!policy.wrote(false, at(3_500), false), "said already");
        assert!(policy.wrote(true, at(3_500), false), "works again");
        assert!(!policy.wrote(true, at(3_500), false));
        assert!(policy.wrote(false, at(3_500), false), "another time");
    }

    #[test]
    fn a_box_that_leaves_writes_at_once_and_only_once() {
        let mut policy = SavePolicy::default();
        policy.begin(at(0));
        policy.news(at(0));
        assert!(policy.writes(at(10), false));
        policy.leave(at(11));
        assert!(!policy.writes(at(11), true), "one at a time");
        assert!(policy.is_busy(true));
        policy.wrote(true, at(12), true);
        assert!(policy.writes(at(12), true), "it was older");
        policy.wrote(false, at(13), true);
        assert!(!policy.is_busy(true) && !policy.writes(at(13), true), "in vain is in vain");
    }
}
