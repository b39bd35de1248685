//! What time alone decides about a renderer.

use super::load::Phase;
use super::{Context, Goal, Renderer};
use crate::kiosk::fault::Fault;
use crate::time::Duration;
use crate::upnp::av_transport::TransportState;

/// Commanded to play, but nothing fetched: given once more after this time.
pub(super) const REARM_AFTER: Duration = Duration::from_secs(6);
/// Commanded to play, but no evidence of it: given up after this time, to try again later.
pub(super) const START_TIMEOUT: Duration = Duration::from_secs(30);
/// PLAYING, but the position has not moved in this many reports: it is stuck.
const STUCK_REPORTS: u8 = 12;
/// Some look at a file several times before they fetch it: that is over after this time.
const LOOKS: Duration = Duration::from_secs(15);

impl Renderer {
    /// Takes the transitions whose time has come. Each one makes progress, so that a few turns do.
    pub(super) fn elapse(&mut self, ctx: &mut Context<'_>) {
        if ctx.leaving.is_some() {
            return;
        }
        for _ in 0..4 {
            if !self.elapse_once(ctx) {
                break;
            }
        }
    }

    fn elapse_once(&mut self, ctx: &mut Context<'_>) -> bool {
        let now = ctx.now;
        if self.programme.chosen_until().is_some_and(|until| until <= now) {
            self.back_to_automatic(now);
        }
        match self.goal {
            Goal::Yield { until: Some(until), .. } if until <= now => self.goal = Goal::Play,
            Goal::Stop if !self.look && !self.is_active() => {
                self.goal = self.before_clip.take().unwrap_or(Goal::Rest);
                self.retire();
            }
            Goal::Play => return self.elapse_play(ctx),
            _ => return false,
        }
        true
    }

    fn elapse_play(&mut self, ctx: &mut Context<'_>) -> bool {
        let now = ctx.now;
        if self.look || self.breaker.retry_at().is_some() {
            return false;
        }
        let active = self.is_active();
        if self.question_of_heirs().is_some() {
            return false;
        }
        let outdated = self.is_outdated();
        let Some(load) = self.load.as_mut() else {
            return self.reload(ctx);
        };
        let dead =
            outdated || ctx.media_port.is_some_and(|port| load.origin != (self.facing, port));
        // What it has whole it may play to the end.
        let has_all = load.whole_sent && matches!(load.phase, Phase::Running { .. });
        match load.phase.clone() {
            Phase::Failed { .. } | Phase::Over => self.elapse_done(ctx),
            // Our address or the file has changed: its URL is dead.
            _ if dead && !has_all => {
                self.retire();
                let reloaded = self.reload(ctx);
                if let Some(load) = self.load.as_mut() {
                    // It waits for bytes that never come.
                    load.stop_first = true;
                }
                reloaded
            }
            Phase::Settling { until } if until <= now || !active => {
                self.advance_to(Phase::Wanted { at: now });
                true
            }
            Phase::Starting { sent, .. }
                if load.is_still() && load.fetched && sent + load.dwell() <= now =>
            {
                self.ended(ctx);
                true
            }
            Phase::Starting { sent, .. }
                if !load.fetched && !load.rearmed && sent + REARM_AFTER <= now =>
            {
                let after_still = load.after_still;
                load.rearmed = true;
                load.stop_first = true;
                load.phase = Phase::Wanted { at: now };
                // What plays is not ours: it dropped the file because it was playing.
                if self.state == Some(TransportState::Playing) {
                    match after_still {
                        true => self.ways.stop_between_stills = true,
                        false => self.habits.stop_first = true,
                    }
                }
                // It may have come for the subtitles instead.
                self.drop_captions();
                true
            }
            Phase::Starting { .. } | Phase::Running { doubt: None, .. }
                if load.starves_at().is_some_and(|at| at <= now) =>
            {
                let fault = Fault::Unreadable(load.name());
                self.fail(fault, ctx);
                true
            }
            Phase::Starting { until, .. } if until <= now => {
                let fault = load.never_began();
                self.fail(fault, ctx);
                true
            }
            // It says PLAYING, and can have nothing to play.
            Phase::Running { since, doubt: None }
                if since + LOOKS <= now && load.has_shown_nothing() =>
            {
                let fault = load.never_began();
                self.fail(fault, ctx);
                true
            }
            Phase::Running { since, .. } if load.is_still() && since + load.dwell() <= now => {
                self.ended(ctx);
                true
            }
            Phase::Running { doubt: None, .. }
                if load.playhead.stuck() >= STUCK_REPORTS && !load.is_still() =>
            {
                let began = load.playhead.moved();
                let fault = if began { Fault::StoppedItself } else { load.never_began() };
                self.fail(fault, ctx);
                true
            }
            Phase::Running { doubt: None, .. }
                if self.state == Some(TransportState::Playing)
                    && self.overtime_at().is_some_and(|at| at <= now) =>
            {
                self.ended(ctx);
                true
            }
            Phase::Running { doubt: None, .. } => self.offer_next(ctx),
            _ => false,
        }
    }

    /// One that ended, or failed, makes room for another.
    fn elapse_done(&mut self, ctx: &mut Context<'_>) -> bool {
        match self.load.as_ref().map(|load| &load.phase) {
            Some(Phase::Over) => {
                self.follow(ctx);
                true
            }
            Some(Phase::Failed { retry_at }) if *retry_at <= ctx.now => {
                let starved = self.load.as_ref().is_some_and(|load| load.cut_at.is_some());
                self.retire();
                if self.returns_to_rest() {
                    return true;
                }
                let reloaded = self.reload(ctx);
                if let Some(load) = self.load.as_mut() {
                    load.stop_first = starved;
                }
                reloaded
            }
            _ => false,
        }
    }

    fn advance_to(&mut self, phase: Phase) {
        if let Some(load) = self.load.as_mut() {
            load.stop_first = false;
            load.phase = phase;
        }
    }
}
