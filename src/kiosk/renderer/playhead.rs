//! Where in its media a renderer is: an interval of possible moments at which the position was zero.
//!
//! Terms: the *origin* is that moment by the picture; the *count*, by what the renderer says.
//!
//! A renderer that says fractions of a second is believed to a millisecond. One that counts whole
//! seconds may look at its picture only once a second: what it says can be almost two seconds behind,
//! but is never ahead. So its count bounds the origin from one side, and the command that started it
//! from the other; where both agree to a fraction of a second, the end is known well enough to
//! seek just before it. Asking at the right moments finds the count in a handful of questions
//! (see [`Playhead::narrowing_at`]).

use crate::time::{Duration, Instant};

/// Microseconds; signed, since an origin may lie before the box's start.
type Micros = i64;

/// A report that is off by more than this contradicts what is believed. Whole seconds may be two old.
const OFF: Micros = 2_500_000;
/// The count is found when it is known this well.
const FOUND: Micros = 40_000;

/// What is known of the position.
#[derive(Clone, Debug, Default)]
pub struct Playhead {
    origin: Option<Bounds>,
    count: Option<Bounds>,
    proven: bool,
    began: Micros,
    doubted: bool,
    frozen: Option<Duration>,
    report: Option<Report>,
    furthest: Duration,
    unmoved: u8,
    moved: bool,
}

#[derive(Clone, Copy, Debug)]
struct Bounds {
    earliest: Micros,
    latest: Micros,
}

impl Bounds {
    fn width(self) -> Micros {
        self.latest - self.earliest
    }

    fn middle(self) -> Micros {
        self.earliest + self.width() / 2
    }

    /// What both allow; if they contradict each other, `new` alone: it stalled, or was seeked.
    fn and(self, new: Self) -> Self {
        let both = Self {
            earliest: self.earliest.max(new.earliest),
            latest: self.latest.min(new.latest),
        };
        if both.earliest <= both.latest {
            both
        } else {
            new
        }
    }
}

/// One answer of GetPositionInfo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// When we asked.
    pub asked_at: Instant,
    /// When the answer was here.
    pub answered_at: Instant,
    /// RelTime.
    pub position: Duration,
    /// RelTime had a fraction: believed to a millisecond, otherwise to a second.
    pub fractional: bool,
}

fn micros(span: Duration) -> Micros {
    Micros::try_from(span.as_micros()).unwrap_or(Micros::MAX / 4)
}

fn moment(at: Instant) -> Micros {
    Micros::try_from(at.as_micros()).unwrap_or(Micros::MAX / 4)
}

fn span(micros: Micros) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

impl Playhead {
    /// Playback began, or was seeked, to `position` between these two moments. The second is
    /// `proven` if nothing further is needed to believe it.
    pub fn begin(&mut self, earliest: Instant, latest: Instant, position: Duration, proven: bool) {
        let at = micros(position);
        self.origin = Some(Bounds {
            earliest: moment(earliest) - at,
            latest: moment(latest) - at,
        });
        self.count = None;
        self.began = moment(earliest) - at;
        self.doubted = false;
        self.proven = proven;
        self.frozen = None;
        self.report = None;
        self.unmoved = 0;
    }

    /// Playback paused.
    pub fn freeze(&mut self, now: Instant) {
        if self.frozen.is_none() {
            self.frozen = Some(self.position(now));
        }
    }

    /// Playback goes on after a pause.
    pub fn thaw(&mut self, earliest: Instant, latest: Instant) {
        if let Some(position) = self.frozen.take() {
            self.begin(earliest, latest, position, false);
        }
    }

    /// Takes a report. One that contradicts what is believed counts when the next one agrees with it: at
    /// the end of a file, or right after a command, some say what was, or zero.
    pub fn take(&mut self, report: Report) {
        let position = micros(report.position);
        let off = self.frozen.is_none()
            && self.origin.is_some_and(|origin| {
                let earliest = moment(report.asked_at) - position;
                let latest = moment(report.answered_at) - position;
                earliest > origin.latest + OFF || latest < origin.earliest - OFF
            });
        let silent = report.position.is_zero() && !self.moved;
        if off && !silent && !core::mem::replace(&mut self.doubted, true) {
            return;
        }
        self.doubted = false;
        if let Some(last) = self.report {
            if report.position > last.position {
                self.moved = true;
                self.unmoved = 0;
            } else if report.answered_at.since(last.answered_at) >= Duration::from_millis(500) {
                self.unmoved = self.unmoved.saturating_add(1);
            }
        }
        self.furthest = self.furthest.max(report.position);
        self.report = Some(report);
        if self.frozen.is_some() {
            self.frozen = Some(report.position);
            return;
        }
        // A renderer whose position never moves says nothing: our own clock goes on.
        if report.position.is_zero() && !self.moved {
            return;
        }
        let behind = |most: Micros| Bounds {
            earliest: moment(report.asked_at) - position - most,
            latest: moment(report.answered_at) - position,
        };
        let believe = |old: Option<Bounds>, new: Bounds| Some(old.map_or(new, |old| old.and(new)));
        if report.fractional {
            self.origin = believe(self.origin, behind(1_000));
            self.proven = true;
            return;
        }
        self.origin = believe(self.origin, behind(2_000_000));
        self.count = believe(self.count, behind(1_000_000));
        if let (Some(origin), Some(count)) = (&mut self.origin, self.count)
            && !self.proven
            && count.width() < FOUND
        {
            // Found: later than the guess if it was slow to begin.
            origin.latest = count.latest.max(origin.earliest);
            self.proven = true;
        }
    }

    /// The likeliest position now.
    #[must_use]
    pub fn position(&self, now: Instant) -> Duration {
        match (self.frozen, self.origin) {
            (Some(position), _) => position,
            (None, Some(origin)) => span(moment(now) - origin.middle()),
            (None, None) => Duration::ZERO,
        }
    }

    /// The moments between which the media of this length ends.
    #[must_use]
    pub fn end(&self, duration: Duration) -> Option<(Instant, Instant)> {
        let origin = self.origin.filter(|_| self.frozen.is_none())?;
        let at = |origin: Micros| Instant::START + span(origin + micros(duration));
        Some((at(origin.earliest), at(origin.latest)))
    }

    /// How long after its command it began at the latest, once that is proven.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.origin
            .filter(|_| self.proven)
            .map(|origin| span(origin.latest - self.began))
    }

    /// When to ask next so that the answer halves what is open: the moment at which, by the middle of
    /// the bounds, the renderer's count goes on. `None` once it is found, or where fractions are said.
    #[must_use]
    pub fn narrowing_at(&self, now: Instant) -> Option<Instant> {
        let bounds = self
            .count
            .or(self.origin)
            .filter(|_| self.frozen.is_none())?;
        let found = self.proven || (self.count.is_some() && bounds.width() < FOUND);
        if found || self.report.is_some_and(|r| r.fractional) {
            return None;
        }
        let soon = moment(now) + 100_000;
        let seconds = (soon - bounds.middle()).div_euclid(1_000_000) + 1;
        Some(Instant::START + span(bounds.middle() + seconds * 1_000_000))
    }

    /// The last report.
    #[must_use]
    pub fn report(&self) -> Option<Report> {
        self.report
    }

    /// The furthest position ever reported.
    #[must_use]
    pub fn furthest(&self) -> Duration {
        self.furthest
    }

    /// Whether a report was ever beyond the one before.
    #[must_use]
    pub fn moved(&self) -> bool {
        self.moved
    }

    /// Reports in a row, half a second apart, that did not move though earlier ones did.
    #[must_use]
    pub fn stuck(&self) -> u8 {
        if self.moved { self.unmoved } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    fn whole_seconds(head: &mut Playhead, origin_ms: u64, at_ms: u64) {
        let position = Duration::from_secs(at_ms.saturating_sub(origin_ms) / 1000);
        head.take(Report {
            asked_at: ms(at_ms - 1),
            answered_at: ms(at_ms + 1),
            position,
            fractional: false,
        });
    }

    /// Asks as often as the playhead wants; gives when it was sure.
    fn narrow(head: &mut Playhead, count: u64, mut now: u64) -> u64 {
        for _ in 0..10 {
            let Some(at) = head.narrowing_at(ms(now)) else {
                break;
            };
            now = at.as_micros() / 1000;
            whole_seconds(head, count, now);
        }
        now
    }

    #[test]
    fn a_count_in_whole_seconds_is_found_in_a_few_questions() {
        let mut head = Playhead::default();
        head.begin(ms(5_000), ms(5_600), Duration::ZERO, false);
        // It began at 5.1 s, but looks at its picture at .187 of each second.
        let sure = narrow(&mut head, 5_187, 5_700);
        let (earliest, latest) = head.end(Duration::from_secs(10)).expect("it plays");
        assert!(
            earliest <= ms(15_100) && ms(15_100) <= latest,
            "{earliest:?} {latest:?}"
        );
        assert!(latest.since(earliest) < Duration::from_millis(230));
        assert!(sure < 13_000, "before a 10 s clip ends: {sure}");
    }

    #[test]
    fn a_slow_start_is_not_taken_for_a_quick_one() {
        let mut head = Playhead::default();
        head.begin(ms(5_000), ms(5_600), Duration::ZERO, false);
        narrow(&mut head, 6_400, 5_700);
        let latency = head.latency().expect("proven");
        assert!(latency >= Duration::from_millis(1_400), "{latency:?}");
        let (_, latest) = head.end(Duration::from_secs(10)).expect("it plays");
        assert!(latest >= ms(16_400));
    }

    #[test]
    fn a_contradiction_is_believed_the_second_time() {
        let mut head = Playhead::default();
        head.begin(ms(0), ms(10), Duration::ZERO, false);
        let report = |at, position| Report {
            asked_at: ms(at),
            answered_at: ms(at),
            position: Duration::from_millis(position),
            fractional: true,
        };
        head.take(report(1_000, 990));
        head.take(report(8_000, 100));
        assert_eq!(
            head.position(ms(8_000)).as_millis() / 100,
            79,
            "said once, at the end of a file"
        );
        head.take(report(8_100, 2_000));
        assert_eq!(head.position(ms(9_100)).as_millis() / 100, 30, "said twice");
    }

    #[test]
    fn a_renderer_that_always_says_zero_is_timed_by_our_clock() {
        let mut head = Playhead::default();
        head.begin(ms(0), ms(100), Duration::ZERO, false);
        for at in [1_000, 2_000, 3_000] {
            whole_seconds(&mut head, at, at);
        }
        assert_eq!(head.position(ms(4_050)), Duration::from_secs(4));
        assert_eq!(head.stuck(), 0);
    }

    #[test]
    fn a_pause_stops_the_position_and_the_end_is_unknown() {
        let mut head = Playhead::default();
        head.begin(ms(0), ms(0), Duration::ZERO, false);
        head.freeze(ms(3_000));
        assert_eq!(head.position(ms(9_000)), Duration::from_secs(3));
        assert_eq!(head.end(Duration::from_secs(10)), None);
        head.thaw(ms(10_000), ms(10_000));
        assert_eq!(head.position(ms(11_000)), Duration::from_secs(4));
    }
}
