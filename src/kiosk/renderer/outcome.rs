//! What becomes of a load: it runs, ends, fails, or a viewer takes the renderer; and what follows.

use super::load::{Load, Phase};
use super::{Context, Goal, OnStop, Renderer, Rested};
use crate::kiosk::fault::Fault;
use crate::kiosk::group::Start;
use crate::kiosk::habits::Way;
use crate::kiosk::reason::Viewer;
use crate::kiosk::statistics::Row;
use crate::kiosk::trace::What;
use crate::time::{Duration, Instant};

/// It does not begin equally quick each time.
const LATENCY_VARIES: Duration = Duration::from_millis(50);
/// An end is seen as it comes if the look before was no longer ago than this.
const WATCHED: Duration = Duration::from_millis(600);
/// The position is asked for this long after a beginning; before, some say what was.
pub(super) const FIRST_LOOK: Duration = Duration::from_millis(1600);
/// First pause after a load that failed; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
/// How long a viewer who stopped a renderer has it for himself, where the box insists.
const INSIST_AFTER: [Duration; 3] =
    [Duration::from_secs(10), Duration::from_secs(30), Duration::from_secs(60)];

impl Renderer {
    /// It plays: evidence is there.
    pub(super) fn runs(&mut self, earliest: Instant, ctx: &mut Context<'_>) {
        let now = ctx.now;
        if let Some(load) = &self.load {
            self.habits.rung = load.rung;
            self.habits.names.note(load.file.media_type, load.mime);
        }
        self.learn_captions();
        let ended_at = self.ended_at.take();
        let gap = ended_at.map(|at| now.since(at));
        self.gap = gap.or(self.gap);
        self.tally(ctx, |row| row.start(gap));
        if let (Some(load), Some(gap)) = (&self.load, gap) {
            self.habits.looped(load.file.media_type.kind, Way::Restart, gap);
        }
        let silence = self.silence.take();
        if self.fault.take().or(silence).is_some() {
            ctx.trace.note(now, self.name(), What::Recovered);
        }
        if let Some(path) = self.load.as_ref().map(|load| load.file.path.clone()) {
            let what = if ended_at.is_some() { What::Again(path) } else { What::Playing(path) };
            ctx.trace.note(now, self.name(), what);
        }
        if let Some(volume) = self.usual_volume().filter(|_| self.rounds == 0) {
            self.knobs.want_volume(volume);
        }
        self.position_due = now + FIRST_LOOK;
        if let Some(load) = self.load.as_mut() {
            load.phase = Phase::Running { since: now, doubt: None };
            // Many say PLAYING before the first picture; how long before, a whole round tells.
            let latency = self.habits.latency.map(|latency| earliest + latency + LATENCY_VARIES);
            let guess = latency.unwrap_or(now + Duration::from_millis(500));
            load.playhead.begin(earliest, guess, Duration::ZERO, latency.is_some());
        }
    }

    /// It played to its end.
    pub(super) fn ended(&mut self, ctx: &mut Context<'_>) {
        let now = ctx.now;
        self.rounds = self.rounds.saturating_add(1);
        self.ended_at = Some(now);
        ctx.trace.note(now, self.name(), What::Ended(self.rounds));
        if self.next.as_ref().is_some_and(|next| matches!(next.phase, Phase::Accepted { .. })) {
            // It took the next file and did not go on to it.
            self.next_failed(false);
        }
        self.next = None;
        let Some(load) = self.load.as_mut() else {
            return;
        };
        let hurried = match (&load.phase, load.length()) {
            // It ends when we say so, whatever the renderer calls its length.
            _ if load.is_still() => false,
            (Phase::Running { since, .. }, Some(length)) => {
                now.since(*since) < length.saturating_sub(load.from).mul_f64(0.5)
            }
            (Phase::Running { since, .. }, None) => now.since(*since) < Duration::from_secs(1),
            _ => false,
        };
        self.last_start = None;
        if let (Phase::Running { .. }, Some(duration), false) =
            (&load.phase, load.duration, load.inherited)
        {
            let latency = load.playhead.latency_of(duration, now);
            // An end that was seen late (it hung, or was away) teaches only that it began no later.
            if now.since(self.seen_at) < WATCHED || latency < self.habits.latency {
                self.habits.latency = latency;
            }
            let watched = latency.filter(|_| now.since(self.seen_at) < WATCHED);
            let measured = load.playhead.measured();
            let start = measured.or_else(|| load.playhead.begun(watched?));
            self.last_start = start.map(|(sent, origin)| Start { sent, origin });
        }
        load.phase = Phase::Over;
        if hurried {
            // A round that lasts half as long as it should is no round: do not storm the renderer.
            let fault = Fault::DoesNotPlay(load.name());
            self.fail(fault, ctx);
        } else {
            self.failures = 0;
            self.tally(ctx, Row::complete);
        }
    }

    /// Goes on to the following file, or rests at the end of the programme.
    pub(super) fn follow(&mut self, ctx: &mut Context<'_>) {
        let ended_at = self.ended_at;
        let goes_on = self.programme.advance();
        self.wants_scan |= self.programme.at_start() && self.programme.has_others();
        self.retire();
        self.ended_at = ended_at;
        if self.returns_to_rest() {
            return;
        }
        if goes_on {
            self.reload(ctx);
        } else {
            self.goal = Goal::Rest;
            self.rested = Rested::Finished;
            ctx.trace.note(ctx.now, self.name(), What::Finished);
        }
    }

    /// It does not play: say why, and try again later; after three times, or an end, with the following file.
    pub(super) fn fail(&mut self, fault: Fault, ctx: &mut Context<'_>) {
        let starting = |load: &Load| matches!(load.phase, Phase::Starting { .. });
        if self.load.as_ref().is_some_and(starting) && self.stop_before_still(ctx.now) {
            return;
        }
        if self.load.as_ref().is_some_and(|load| !matches!(load.phase, Phase::Running { .. })) {
            self.doubt_captions();
        }
        let mut pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(6)).min(LONGEST_PAUSE);
        if self.programme.is_interrupted() {
            // A clip is not worth a dark screen: what it interrupted goes on.
            self.programme.advance();
            pause = Duration::ZERO;
        } else {
            self.failures = self.failures.saturating_add(1);
        }
        let jittered = pause.mul_f64(0.8 + 0.2 * ctx.rng.f64());
        let over = self.load.as_ref().is_some_and(|load| load.phase == Phase::Over);
        let skips = over || self.failures.is_multiple_of(3);
        if !pause.is_zero() && skips && self.programme.has_others() {
            self.programme.advance();
        }
        self.next = None;
        self.ended_at = None;
        let mut fault = fault;
        if let Some(load) = self.load.as_mut() {
            load.phase = Phase::Failed { retry_at: ctx.now + jittered };
            if load.cut_at.is_some() {
                // Whatever it made of that: it is not to blame.
                fault = match (load.replaced, self.programme.has(&load.file.path)) {
                    (true, true) => Fault::Replaced(load.name()),
                    (_, false) => Fault::Removed(load.name()),
                    (false, true) => Fault::Unreadable(load.name()),
                };
                self.wants_scan = true;
            } else if fault == Fault::StoppedItself && load.has_shown_nothing() {
                fault = load.never_began();
            }
        }
        self.tally(ctx, |row| row.fail(&fault));
        self.trouble(fault, ctx);
        self.give_up_black();
    }

    /// A still that is not shown where a still was: once more, after a Stop. `false` if that is not the reason.
    fn stop_before_still(&mut self, now: Instant) -> bool {
        let Some(load) = self.load.as_mut().filter(|load| load.after_still) else {
            return false;
        };
        let again = !self.ways.stop_between_stills && !load.rearmed;
        // What failed after a Stop did not fail for want of one.
        self.ways.stop_between_stills &= !load.rearmed;
        if again {
            self.ways.stop_between_stills = true;
            load.rearmed = true;
            load.stop_first = true;
            load.fetched = false;
            load.phase = Phase::Wanted { at: now };
        }
        again
    }

    /// A viewer has it now: respected, or insisted on after a while.
    pub(super) fn yield_to_viewer(&mut self, did: Viewer, ctx: &mut Context<'_>) {
        let until = match self.on_stop() {
            OnStop::Insist if did != Viewer::SwitchedOff => {
                Some(ctx.now + INSIST_AFTER[usize::from(self.insisted).min(INSIST_AFTER.len() - 1)])
            }
            _ => None,
        };
        self.insisted = self.insisted.saturating_add(1);
        let again = until.map(|until| until.since(ctx.now));
        ctx.trace.note(ctx.now, self.name(), What::Viewer(did, again));
        self.fault = None;
        self.goal = Goal::Yield { did, until };
    }
}
