//! Where in its media a renderer is: an interval of possible moments at which the position was zero.
//!
//! A renderer says a position, often only in whole seconds, at some moment between our question and
//! its answer. Each such report bounds the *origin*, the moment at which the position was zero; the
//! intersection of the bounds narrows from a second to a few milliseconds within a handful of
//! reports, if they are asked for at the right moments (see [`Playhead::narrowing_at`]).

use crate::time::{Duration, Instant};

/// Microseconds; signed, since an origin may lie before the box's start.
type Micros = i64;

/// What is known of the position.
#[derive(Clone, Debug, Default)]
pub struct Playhead {
    origin: Option<Origin>,
    frozen: Option<Duration>,
    report: Option<Report>,
    furthest: Duration,
    unmoved: u8,
    moved: bool,
}

#[derive(Clone, Copy, Debug)]
struct Origin {
    earliest: Micros,
    latest: Micros,
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
    /// Playback began, or was seeked, to `position` between these two moments.
    pub fn begin(&mut self, earliest: Instant, latest: Instant, position: Duration) {
        let at = micros(position);
        self.origin = Some(Origin {
            earliest: moment(earliest) - at,
            latest: moment(latest) - at,
        });
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
            self.begin(earliest, latest, position);
        }
    }

    /// Takes a report. A report that contradicts what was believed replaces it: the renderer
    /// stalled, was seeked, or counts in its own way.
    pub fn take(&mut self, report: Report) {
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
        let resolution = if report.fractional { 1_000 } else { 1_000_000 };
        let position = micros(report.position);
        let said = Origin {
            earliest: moment(report.asked_at) - position - resolution,
            latest: moment(report.answered_at) - position,
        };
        // A renderer whose position never moves says nothing: our own clock goes on.
        if report.position.is_zero() && !self.moved {
            return;
        }
        self.origin = Some(match self.origin {
            Some(o) if o.earliest <= said.latest && said.earliest <= o.latest => Origin {
                earliest: o.earliest.max(said.earliest),
                latest: o.latest.min(said.latest),
            },
            _ => said,
        });
    }

    /// The likeliest position now.
    #[must_use]
    pub fn position(&self, now: Instant) -> Duration {
        match (self.frozen, self.origin) {
            (Some(position), _) => position,
            (None, Some(o)) => span(moment(now) - (o.earliest / 2 + o.latest / 2)),
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

    /// When to ask next so that the answer halves the uncertainty: the moment at which, by the middle
    /// of the bounds, the renderer's whole seconds tick. `None` once it is known to 40 ms.
    #[must_use]
    pub fn narrowing_at(&self, now: Instant) -> Option<Instant> {
        let origin = self.origin.filter(|_| self.frozen.is_none())?;
        if self.report.is_some_and(|r| r.fractional) || origin.latest - origin.earliest < 40_000 {
            return None;
        }
        let middle = origin.earliest / 2 + origin.latest / 2;
        let soon = moment(now) + 100_000;
        let ticks = (soon - middle).div_euclid(1_000_000) + 1;
        Some(Instant::START + span(middle + ticks * 1_000_000))
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
        let position = Duration::from_secs((at_ms - origin_ms) / 1000);
        head.take(Report {
            asked_at: ms(at_ms - 1),
            answered_at: ms(at_ms + 1),
            position,
            fractional: false,
        });
    }

    #[test]
    fn reports_in_whole_seconds_narrow_to_a_few_milliseconds() {
        let origin = 5_437;
        let mut head = Playhead::default();
        head.begin(ms(5_000), ms(6_000), Duration::ZERO);
        let mut now = 6_000;
        for _ in 0..8 {
            let Some(at) = head.narrowing_at(ms(now)) else {
                break;
            };
            now = at.as_micros() / 1000;
            whole_seconds(&mut head, origin, now);
        }
        let (earliest, latest) = head.end(Duration::from_secs(10)).expect("it plays");
        assert!(
            latest.since(earliest) < Duration::from_millis(42),
            "{earliest:?} {latest:?}"
        );
        assert!(earliest <= ms(origin + 10_000) && ms(origin + 10_000) <= latest);
        assert!(now < origin + 9_000, "known before a 10 s clip ends");
    }

    #[test]
    fn a_contradiction_replaces_the_belief() {
        let mut head = Playhead::default();
        head.begin(ms(0), ms(10), Duration::ZERO);
        let report = |at, position| Report {
            asked_at: ms(at),
            answered_at: ms(at),
            position: Duration::from_millis(position),
            fractional: true,
        };
        head.take(report(1_000, 990));
        head.take(report(5_000, 2_000));
        assert_eq!(head.position(ms(6_000)).as_millis(), 3_000);
    }

    #[test]
    fn a_renderer_that_always_says_zero_is_timed_by_our_clock() {
        let mut head = Playhead::default();
        head.begin(ms(0), ms(100), Duration::ZERO);
        for at in [1_000, 2_000, 3_000] {
            whole_seconds(&mut head, at, at);
        }
        assert_eq!(head.position(ms(4_050)), Duration::from_secs(4));
        assert_eq!(head.stuck(), 0);
    }

    #[test]
    fn a_pause_stops_the_position_and_the_end_is_unknown() {
        let mut head = Playhead::default();
        head.begin(ms(0), ms(0), Duration::ZERO);
        head.freeze(ms(3_000));
        assert_eq!(head.position(ms(9_000)), Duration::from_secs(3));
        assert_eq!(head.end(Duration::from_secs(10)), None);
        head.thaw(ms(10_000), ms(10_000));
        assert_eq!(head.position(ms(11_000)), Duration::from_secs(4));
    }
}
