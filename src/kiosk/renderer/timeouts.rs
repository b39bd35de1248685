//! State changes of a renderer that depend on time.

use super::intent::Goal;
use super::load::{Load, Phase};
use super::{Context, Renderer};
use crate::kiosk::fault::Fault;
use crate::time::{Duration, Instant};
use crate::upnp::action::TransportState;

/// If nothing was fetched this long after Play, the file is given a second time.
pub(super) const REPEAT_AFTER: Duration = Duration::from_secs(6);
/// If playback is not seen this long after Play, the load fails and is retried later, unless it is still fetched.
pub(super) const START_TIMEOUT: Duration = Duration::from_secs(30);
/// No renderer fetches for longer than this before it plays.
const LONGEST_START: Duration = Duration::from_secs(300);
/// A renderer that reports PLAYING is stuck after this many reports of the same position.
const STUCK_REPORTS: u8 = 12;
/// One that has the whole file has ended after this many.
const ENDED_REPORTS: u8 = 4;
/// Some renderers open a file several times before they fetch it, but no longer than this.
const LOOKS: Duration = Duration::from_secs(15);
/// What was taken over, is not fetched and stays at position zero for this long does not play.
const UNPROVEN: Duration = Duration::from_secs(60);
/// One transition may make another one due. Each makes progress, so this many are enough.
const TRANSITIONS: usize = 4;

/// A transition that is due.
#[derive(Debug)]
enum Due {
    /// Take the renderer back from the viewer.
    TakeBack,
    /// The renderer has stopped as intended.
    Stopped,
    /// The renderer should play and has no load.
    GiveFile,
    /// The load is over: move on to the next file.
    Follow,
    /// Retry the failed load.
    Retry,
    /// Replace the load: our address or the file has changed.
    Replace,
    /// The Stop has taken effect, or was waited for long enough.
    Settled,
    /// The still was shown for long enough, or the file is over though the renderer does not say so.
    Ended,
    /// The renderer has the whole file, and its position stands still.
    EndedEarly,
    /// Nothing was fetched: give the file a second time.
    Repeat,
    /// The renderer waits for bytes that do not come.
    Starves,
    /// Playback was not seen in time.
    NeverBegan,
    /// The position is stuck.
    Stuck,
    /// The next file can be prepared.
    OfferNext,
}

impl Renderer {
    /// Makes all transitions that are due.
    pub(super) fn make_due_transitions(&mut self, ctx: &mut Context<'_>) {
        if ctx.leaving.is_some() {
            return;
        }
        for _ in 0..TRANSITIONS {
            let chosen_until = self.intent.programme.chosen_until();
            if chosen_until.is_some_and(|until| until <= ctx.now) {
                self.back_to_automatic(ctx.now);
            }
            let Some(due) = self.due(ctx) else { break };
            if !self.transition(&due, ctx) {
                break;
            }
        }
    }

    fn due(&self, ctx: &Context<'_>) -> Option<Due> {
        match self.intent.goal {
            Goal::Yield { until: Some(until), .. } if until <= ctx.now => Some(Due::TakeBack),
            Goal::Stop if self.is_at_rest(ctx.now) => Some(Due::Stopped),
            Goal::Play if self.observation.must_look => None,
            Goal::Play if self.connection.breaker.retry_at().is_some() => None,
            Goal::Play if self.takeover_question().is_some() || self.needs_list() => None,
            Goal::Play => match self.playback.load() {
                None => Some(Due::GiveFile),
                Some(load) => self.due_of(load, ctx.media_port, ctx.now),
            },
            _ => None,
        }
    }

    fn due_of(&self, load: &Load, media_port: Option<u16>, now: Instant) -> Option<Due> {
        let facing = self.connection.facing;
        let dead =
            self.is_outdated() || media_port.is_some_and(|port| load.origin != (facing, port));
        // A renderer that has the whole file may play it to the end.
        let has_all = load.is_whole() && load.is_running();
        match load.phase {
            Phase::Over => Some(Due::Follow),
            Phase::Failed { retry_at } => (retry_at <= now).then_some(Due::Retry),
            _ if dead && !has_all => Some(Due::Replace),
            Phase::Settling { until } if until <= now || !self.observation.is_active() => {
                Some(Due::Settled)
            }
            Phase::Starting { sent, .. }
                if load.is_still()
                    && load.evidence.fetched
                    && sent + load.dwell() <= now
                    && !self.says_that_it_loads(load, now) =>
            {
                Some(Due::Ended)
            }
            Phase::Starting { sent, .. }
                if !load.evidence.fetched
                    && !load.attempt.repeated
                    && sent + REPEAT_AFTER <= now =>
            {
                Some(Due::Repeat)
            }
            Phase::Starting { .. } | Phase::Running { doubt: None, .. }
                if load.starves_at().is_some_and(|at| at <= now) =>
            {
                Some(Due::Starves)
            }
            Phase::Starting { sent, until }
                if until <= now && !Self::may_still_start(load, sent, now) =>
            {
                Some(Due::NeverBegan)
            }
            // The renderer reports PLAYING, but cannot have anything to play.
            Phase::Running { since, doubt: None }
                if since + LOOKS <= now && load.has_shown_nothing() =>
            {
                Some(Due::NeverBegan)
            }
            // It was taken over while it reported PLAYING, and nothing shows that it plays.
            Phase::Running { since, doubt: None }
                if since + UNPROVEN <= now
                    && load.taken_over
                    && !load.evidence.fetched
                    && !load.is_still()
                    && load.playhead.stands_at_zero() =>
            {
                Some(Due::NeverBegan)
            }
            Phase::Running { since, .. } if load.is_still() && since + load.dwell() <= now => {
                Some(Due::Ended)
            }
            Phase::Running { doubt: None, .. }
                if load.playhead.stuck() >= self.ended_reports()
                    && self.observation.is_playing()
                    && load.playhead.tells()
                    && load.is_whole()
                    && !load.is_still() =>
            {
                Some(Due::EndedEarly)
            }
            Phase::Running { doubt: None, .. }
                if load.playhead.stuck() >= STUCK_REPORTS
                    && self.observation.is_playing()
                    && !load.is_still()
                    && (load.playhead.tells() || !load.goes_on_being_fetched(now)) =>
            {
                Some(Due::Stuck)
            }
            Phase::Running { doubt: None, .. }
                if self.observation.is_playing()
                    && self.overtime_at().is_some_and(|at| at <= now) =>
            {
                Some(Due::Ended)
            }
            Phase::Running { doubt: None, .. } => Some(Due::OfferNext),
            _ => None,
        }
    }

    /// Returns whether a renderer that was told to play at `sent`, longer ago than usual, may still begin.
    fn may_still_start(load: &Load, sent: Instant, now: Instant) -> bool {
        load.is_fetched_at(now) && now < sent + LONGEST_START
    }

    /// Returns whether the renderer says that it loads, and may tell the truth.
    fn says_that_it_loads(&self, load: &Load, now: Instant) -> bool {
        self.observation.state == Some(TransportState::Transitioning) && load.may_still_buffer(now)
    }

    /// After how many reports that do not move the file counts as ended: a renderer that usually reports STOPPED then is
    /// waited for.
    fn ended_reports(&self) -> u8 {
        if self.capabilities.tells_its_end == Some(true) { STUCK_REPORTS } else { ENDED_REPORTS }
    }

    /// Makes one transition. Returns whether anything changed.
    fn transition(&mut self, due: &Due, ctx: &mut Context<'_>) -> bool {
        match due {
            Due::TakeBack => self.intent.go_on(),
            Due::Stopped => {
                self.intent.stopped();
                self.playback.retire();
                self.playback.clear_fault(|fault| fault.is_about_stopping());
                if self.intent.goal == Goal::Rest {
                    self.may_be_taken_over();
                }
            }
            Due::GiveFile => return self.reload(ctx),
            Due::Follow => self.follow(ctx),
            Due::Retry => return self.retry(ctx),
            Due::Replace => return self.replace(ctx),
            Due::Settled => {
                if let Some(load) = self.playback.load_mut() {
                    load.stop_first(false);
                }
                self.enter(Phase::Wanted { at: ctx.now }, "the renderer has stopped", ctx);
            }
            Due::Ended => {
                match self.playback.load() {
                    Some(load) if !load.is_still() => self.capabilities.tells_end(false),
                    Some(load) if self.observation.is_playing() => {
                        self.capabilities.picture_stayed(load.took(self.observation.played_at));
                        self.playback.note_shown();
                    }
                    _ => {}
                }
                self.ended(ctx);
            }
            Due::EndedEarly => {
                self.capabilities.tells_end(false);
                let at = self.playback.load().map(|load| load.playhead.furthest());
                self.ended_early(at.unwrap_or_default(), ctx);
            }
            Due::Repeat => self.repeat(ctx),
            Due::Starves => {
                let name = self.playback.load().map(Load::name).unwrap_or_default();
                self.fail(Fault::Unreadable(name), ctx);
            }
            Due::NeverBegan => self.never_began(ctx),
            Due::Stuck if self.playback.load().is_some_and(|load| load.playhead.moved()) => {
                self.fail(Fault::StoppedItself, ctx);
            }
            Due::Stuck => self.stood_still(ctx),
            Due::OfferNext => return self.offer_next(ctx),
        }
        true
    }

    /// The position has stood still since the beginning. If that is usual by now, the renderer is believed to play.
    fn stood_still(&mut self, ctx: &mut Context<'_>) {
        let Some(load) = self.playback.load_mut() else { return };
        if load.has_enough() && self.capabilities.position_stood_still(load.kind()) {
            return load.playhead_mut().expect_no_motion();
        }
        self.never_began(ctx);
    }

    /// Retries a failed load, or goes on with the file chosen instead.
    fn retry(&mut self, ctx: &mut Context<'_>) -> bool {
        let starved = self.playback.load().is_some_and(|load| load.evidence.is_cut());
        self.playback.supersede();
        if self.returns_to_rest() {
            return true;
        }
        let reloaded = self.reload(ctx);
        if let Some(load) = self.playback.load_mut() {
            load.stop_first(starved);
        }
        reloaded
    }

    fn replace(&mut self, ctx: &mut Context<'_>) -> bool {
        if !self.is_outdated() && !self.slot.is_taken() {
            // It is the same file under another address. The members of a group start together.
            let at = self.interrupted_at(ctx.now);
            self.intent.programme_mut().leave(at);
        }
        self.playback.supersede();
        if self.returns_to_rest() {
            return true;
        }
        let reloaded = self.reload(ctx);
        if let Some(load) = self.playback.load_mut() {
            // The renderer still waits for bytes that never come.
            load.stop_first(true);
        }
        reloaded
    }

    /// Gives the file a second time, because nothing was fetched.
    fn repeat(&mut self, ctx: &mut Context<'_>) {
        let Some(load) = self.playback.load_mut() else { return };
        load.repeat();
        // Something else is playing: the renderer dropped our file because of that.
        if self.observation.is_playing() {
            match load.attempt.after_still {
                true => self.capabilities.set_stop_between_stills(true),
                false => self.capabilities.needs_stop_first(),
            }
        }
        self.enter(Phase::Wanted { at: ctx.now }, "nothing was fetched", ctx);
        // The subtitles may have been the reason.
        self.drop_subtitles();
    }
}
