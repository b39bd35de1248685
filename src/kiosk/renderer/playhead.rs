//! Where in its media a renderer is, as an interval of possible times at which the position was zero.
//!
//! Terms: the *origin* is that time; it is *proven* if it is known well enough to aim a seek by.
//!
//! A position in fractions of a second is believed to a millisecond. A renderer that reports whole seconds may update
//! its position only now and then: the report can be almost two seconds late and proves nothing. In that case, the
//! command that started playback bounds the origin on one side, and a round that ran to its end (see
//! [`Playhead::latency_of`]) on the other.

use crate::time::{Duration, Instant};

/// Microseconds. Signed, because an origin may precede the start of the box.
type Micros = i64;

/// A report that is off by more than this contradicts the origin. Whole seconds may be two seconds old.
const OFF: Micros = 2_500_000;
/// How long after a command some renderers still report the position from before it.
const STALE: Duration = Duration::from_secs(1);
/// A start that took longer than this was held up on the network.
const SLOWEST_START: Duration = Duration::from_secs(12);
/// The reported position of a renderer that stands still may vary by this much.
const FLICKERS: Duration = Duration::from_secs(2);
/// A position that goes back more often, and reaches no further, jumps to and fro.
const SEEKS: u8 = 3;
/// Until then, a position that moves may stand still again.
const TELLS_FROM: Duration = Duration::from_secs(5);
/// Two reports within this time do not show whether the position moves.
const APART: Duration = Duration::from_millis(500);

#[derive(Clone, Debug, Default)]
pub struct Playhead {
    origin: Option<Bounds>,
    proven: bool,
    /// A report of this round had fractions of a second.
    measured: bool,
    /// No report of this round allows a later origin.
    latest: Option<Micros>,
    began: Micros,
    doubted: bool,
    /// The reports of this round contradict each other: playback stalled, or was moved by a seek.
    stalled: bool,
    believe_from: Instant,
    frozen: Option<Duration>,
    report: Option<Report>,
    /// The furthest position ever reported.
    furthest: Duration,
    motion: Motion,
    /// The renderer answered without a position.
    mute: bool,
}

/// Whether the position moves, by the reports.
#[derive(Clone, Copy, Debug, Default)]
struct Motion {
    /// The position moved in other files of this kind.
    expected: bool,
    /// A report was beyond the one before.
    seen: bool,
    /// The furthest position since the position last went back.
    reached: Duration,
    /// The furthest position of this round.
    peak: Duration,
    /// How often the position went back without having passed the peak since.
    backs: u8,
    /// Reports in a row that did not move.
    unmoved: u8,
    /// When the motion was last judged.
    judged_at: Instant,
}

impl Motion {
    /// A new round begins.
    fn begin(&mut self) {
        self.reached = Duration::ZERO;
        self.peak = Duration::ZERO;
        self.backs = 0;
        self.unmoved = 0;
    }

    /// Takes a report. A position that stands still may flicker by a second or jump to and fro, and one that was sought
    /// goes back.
    fn take(&mut self, report: Report, first: bool) {
        if report.position > self.peak {
            self.peak = report.position;
            self.backs = 0;
        }
        if report.position + FLICKERS < self.reached && self.backs < SEEKS {
            self.reached = report.position;
            self.backs += 1;
        } else if report.position > self.reached {
            self.reached = report.position;
            self.seen |= !first;
            self.unmoved = 0;
        } else if !first && report.answered_at.since(self.judged_at) >= APART {
            self.unmoved = self.unmoved.saturating_add(1);
        } else {
            return;
        }
        self.judged_at = report.answered_at;
    }

    /// Reports in a row that did not move though earlier ones did.
    fn stuck(&self) -> u8 {
        let tells = self.seen || self.expected || !self.reached.is_zero();
        if tells { self.unmoved } else { 0 }
    }
}

#[derive(Clone, Copy, Debug)]
struct Bounds {
    earliest: Micros,
    latest: Micros,
}

impl Bounds {
    fn middle(self) -> Micros {
        self.earliest + (self.latest - self.earliest) / 2
    }

    /// The intersection; if there is none, `new` alone: playback stalled, or was moved by a seek.
    fn and(self, new: Self) -> Self {
        let both =
            Self { earliest: self.earliest.max(new.earliest), latest: self.latest.min(new.latest) };
        if both.earliest <= both.latest { both } else { new }
    }
}

/// One answer to GetPositionInfo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// When the request was sent.
    pub asked_at: Instant,
    /// When the answer arrived.
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
    /// For a load that starts now. `moves`: whether the renderer's position is known to move.
    pub fn expecting(moves: bool) -> Self {
        Self { motion: Motion { expected: moves, ..Motion::default() }, ..Self::default() }
    }

    /// For a load that plays already. When it began is unknown, so its end teaches nothing.
    pub fn joining(moves: bool) -> Self {
        Self { stalled: true, ..Self::expecting(moves) }
    }

    /// Playback began at, or was moved to, `position` between these two times. `proven`: `latest` can be relied on.
    pub fn begin(&mut self, earliest: Instant, latest: Instant, position: Duration, proven: bool) {
        let at = micros(position);
        self.origin = Some(Bounds { earliest: moment(earliest) - at, latest: moment(latest) - at });
        self.began = moment(earliest) - at;
        self.believe_from = latest + STALE;
        self.doubted = false;
        self.stalled = false;
        self.proven = proven;
        self.measured = false;
        self.latest = None;
        self.frozen = None;
        self.report = None;
        self.motion.begin();
        self.mute = false;
    }

    pub fn freeze(&mut self, now: Instant) {
        if self.frozen.is_none() {
            self.frozen = Some(self.position(now));
        }
    }

    /// Playback resumes after a pause.
    pub fn thaw(&mut self, earliest: Instant, latest: Instant) {
        if let Some(position) = self.frozen.take() {
            self.begin(earliest, latest, position, false);
        }
    }

    /// A position that stands still says nothing about this load.
    pub fn expect_no_motion(&mut self) {
        self.motion.expected = false;
        self.motion.unmoved = 0;
    }

    /// Takes a report. A report that contradicts the origin counts only if the next one agrees with it: at the end of a
    /// file, or right after a command, some renderers report an old position, or zero.
    pub fn take(&mut self, report: Report) {
        if report.answered_at < self.believe_from {
            return;
        }
        let position = micros(report.position);
        let off = self.frozen.is_none()
            && self.origin.is_some_and(|origin| {
                let earliest = moment(report.asked_at) - position;
                let latest = moment(report.answered_at) - position;
                earliest > origin.latest + OFF || latest < origin.earliest - OFF
            });
        if self.frozen.is_none() {
            self.motion.take(report, self.report.is_none());
        }
        let silent = report.position.is_zero() && !self.motion.seen;
        if off && !silent && !core::mem::replace(&mut self.doubted, true) {
            return;
        }
        self.stalled |= off && !silent;
        self.doubted = false;
        self.furthest = self.furthest.max(report.position);
        self.report = Some(report);
        // A position that never moves says nothing: the box's own clock counts on.
        if silent {
            return;
        }
        if self.frozen.is_some() {
            self.frozen = Some(report.position);
            return;
        }
        let resolution = if report.fractional { 1_000 } else { 2_000_000 };
        let said = Bounds {
            earliest: moment(report.asked_at) - position - resolution,
            latest: moment(report.answered_at) - position,
        };
        self.origin = Some(self.origin.map_or(said, |origin| origin.and(said)));
        self.proven |= report.fractional;
        self.measured |= report.fractional;
        self.latest = Some(self.latest.map_or(said.latest, |latest| latest.min(said.latest)));
    }

    /// The renderer answered without a position: the box's own clock counts on.
    pub fn say_nothing(&mut self) {
        self.mute = true;
    }

    /// Returns whether the renderer does not report its position.
    pub fn is_mute(&self) -> bool {
        self.mute
    }

    /// Returns whether the renderer has answered a request for its position.
    pub fn was_asked(&self) -> bool {
        self.mute || self.report.is_some()
    }

    /// The most likely position now.
    pub fn position(&self, now: Instant) -> Duration {
        match (self.frozen, self.origin) {
            (Some(position), _) => position,
            (None, Some(origin)) => span(moment(now) - origin.middle()),
            (None, None) => Duration::ZERO,
        }
    }

    /// The earliest and latest time at which media of this length ends.
    pub fn end(&self, duration: Duration) -> Option<(Instant, Instant)> {
        let origin = self.origin.filter(|_| self.frozen.is_none())?;
        let at = |origin: Micros| Instant::START + span(origin + micros(duration));
        Some((at(origin.earliest), at(origin.latest)))
    }

    /// Returns whether the end is known well enough to aim a seek by.
    pub fn is_proven(&self) -> bool {
        self.proven
    }

    /// How long after its command playback began, if media of this length ended at `ended_at`.
    pub fn latency_of(&self, duration: Duration, ended_at: Instant) -> Option<Duration> {
        self.origin.filter(|_| !self.stalled)?;
        let latency = moment(ended_at) - micros(duration) - self.began;
        let latency = u64::try_from(latency).ok().map(Duration::from_micros);
        latency.filter(|latency| *latency < SLOWEST_START)
    }

    /// When playback was commanded to begin, and the origin, if reports show it to within milliseconds.
    pub fn measured(&self) -> Option<(Instant, Instant)> {
        let credible = self.measured && !self.stalled && self.frozen.is_none();
        let origin = self.origin.filter(|_| credible)?.middle();
        self.begun(span(origin - self.began))
    }

    /// When playback was commanded to begin, and the origin for this latency, limited to what the reports of this round
    /// allow: some renderers still report PLAYING for a second or two after the end.
    pub fn begun(&self, latency: Duration) -> Option<(Instant, Instant)> {
        let began = u64::try_from(self.began).ok().map(Duration::from_micros)?;
        let longest = self.latest.map(|latest| span(latest - self.began));
        let latency = longest.map_or(latency, |longest| latency.min(longest));
        Some((Instant::START + began, Instant::START + began + latency))
    }

    pub fn report(&self) -> Option<Report> {
        self.report
    }

    /// The furthest position ever reported.
    pub fn furthest(&self) -> Duration {
        self.furthest
    }

    /// Returns whether every report was of position zero.
    pub fn stands_at_zero(&self) -> bool {
        self.report.is_some() && self.furthest.is_zero()
    }

    /// Returns whether any report was ahead of the one before.
    pub fn moved(&self) -> bool {
        self.motion.seen
    }

    /// Returns whether the position has moved so far that it tells where playback is.
    pub fn tells(&self) -> bool {
        self.motion.seen && self.furthest >= TELLS_FROM
    }

    /// Returns whether the last report agreed with the expected position.
    pub fn is_credible(&self) -> bool {
        !self.doubted && self.stuck() == 0
    }

    /// How many reports in a row did not move, on a renderer whose position is known to move.
    pub fn stuck(&self) -> u8 {
        self.motion.stuck()
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

    #[test]
    fn whole_seconds_prove_nothing_but_a_whole_round_does() {
        let mut head = Playhead::default();
        head.begin(ms(5_000), ms(5_600), Duration::ZERO, false);
        for at in [7_000, 8_000, 9_000] {
            whole_seconds(&mut head, 5_437, at);
        }
        assert!(!head.is_proven());
        let (earliest, latest) = head.end(Duration::from_secs(10)).expect("it plays");
        assert!(earliest <= ms(15_100) && ms(15_437) <= latest);
        let latency = head.latency_of(Duration::from_secs(10), ms(15_110));
        assert_eq!(latency, Some(Duration::from_millis(110)));
        let early = head.latency_of(Duration::from_secs(10), ms(14_000));
        assert_eq!(early, None, "it ended before it can have played all");
    }

    #[test]
    fn what_is_said_right_after_a_command_is_from_before() {
        let mut head = Playhead::default();
        head.begin(ms(20_000), ms(20_100), Duration::ZERO, true);
        whole_seconds(&mut head, 11_000, 20_300);
        whole_seconds(&mut head, 11_000, 20_900);
        assert_eq!(head.position(ms(21_050)), Duration::from_secs(1));
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
        head.take(report(2_000, 1_990));
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
    fn a_position_that_flickers_by_a_second_stands_still_and_one_that_was_sent_back_moves() {
        let mut head = Playhead::default();
        head.begin(ms(0), ms(100), Duration::ZERO, false);
        for at in 2..20 {
            whole_seconds(&mut head, 0, at * 1_000);
        }
        assert_eq!(head.stuck(), 0);
        for at in 20..40 {
            whole_seconds(&mut head, at * 1_000 - 18_000 - at % 2 * 1_000, at * 1_000);
        }
        assert!(head.stuck() >= 12, "{}", head.stuck());
        for at in 40..45 {
            whole_seconds(&mut head, 38_000, at * 1_000);
        }
        assert_eq!(head.stuck(), 0);
    }

    #[test]
    fn a_position_that_stands_still_from_the_first_report_on_is_stuck() {
        let mut head = Playhead::default();
        head.begin(ms(0), ms(100), Duration::ZERO, false);
        for at in 1..20 {
            whole_seconds(&mut head, at * 5_000 - 4_000, at * 5_000);
        }
        assert!(head.stuck() >= 12, "{}", head.stuck());
    }

    #[test]
    fn a_pause_stops_the_position_and_the_end_is_unknown() {
        let mut head = Playhead::default();
        head.begin(ms(0), ms(0), Duration::ZERO, false);
        head.freeze(ms(3_000));
        assert_eq!(head.position(ms(9_000)), Duration::from_secs(3));
        assert_eq!(head.end(Duration::from_secs(10)), None);
        whole_seconds(&mut head, 9_000, 9_000);
        head.thaw(ms(10_000), ms(10_000));
        assert_eq!(head.position(ms(11_000)), Duration::from_secs(4), "zero says nothing");
    }
}
