//! What a state means: it plays, it has ended, it started again, or somebody stopped it.
//!
//! A stop is judged in steps. Where a file was about to end it is its end. Else it is looked at again, since some say
//! STOPPED on their way; then the URI that the renderer holds, and last its subscription, tell a viewer from a restart.

use super::heirloom::Heirloom;
use super::load::{Doubt, Phase};
use super::{Context, Evented, Goal, Presence, Renderer};
use crate::kiosk::fault::Fault;
use crate::kiosk::mutant::Mutant;
use crate::kiosk::reason::Viewer;
use crate::kiosk::trace::What;
use crate::time::{Duration, Instant};
use crate::upnp::av_transport::{MediaInfo, TransportInfo, TransportState};

/// A stop seen once is looked at again after this time.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(400);
/// A renderer that goes on to the next file says STOPPED for up to this long (Eversolo: 0.7 s).
const FOLLOWS: Duration = Duration::from_millis(1500);
/// A file that lasts no longer than this may pass unseen between looks at usual intervals.
const UNSEEN: Duration = Duration::from_secs(2);
/// An answer that took longer may be about another state than the event.
const FRESH: Duration = Duration::from_millis(500);

impl Renderer {
    pub(super) fn in_doubt(&self, doubt: Doubt) -> bool {
        matches!(self.load.as_ref().map(|l| &l.phase), Some(Phase::Running { doubt: Some(d), .. }) if *d == doubt)
    }

    pub(super) fn in_doubt_of_its_end(&self) -> bool {
        let phase = self.load.as_ref().map(|load| &load.phase);
        matches!(phase, Some(Phase::Running { doubt: Some(Doubt::LookAgain(_)), .. }))
    }

    fn set_doubt(&mut self, new: Option<Doubt>) {
        if let Some(Phase::Running { doubt, .. }) = self.load.as_mut().map(|load| &mut load.phase) {
            *doubt = new;
        }
    }

    /// A look that was begun after an event tells what the event is worth. A state on its way to another says
    /// nothing, nor does a look long after.
    pub(super) fn weigh_event(&mut self, info: &TransportInfo, asked_at: Instant, now: Instant) {
        let Some((said, _)) = self.said.take_if(|(_, at)| *at <= asked_at) else { return };
        let settled = |state| state != TransportState::Transitioning;
        let told = info.state.filter(|state| settled(*state) && settled(said));
        let fresh = now.since(asked_at) < FRESH;
        if let Some(told) = told.filter(|_| fresh) {
            self.habits.events.note(told == said);
        }
    }

    /// The truth about its state, as far as it tells.
    pub(super) fn observe(&mut self, info: TransportInfo, ctx: &mut Context<'_>) {
        // Who never named a state that means anything can still be given a file.
        self.look = false;
        let Some(state) = info.state.or(self.state) else {
            return;
        };
        let now = ctx.now;
        self.seen_at = core::mem::replace(&mut self.state_at, now);
        self.state = Some(state);
        let was = match state {
            TransportState::Transitioning => self.settled,
            state => self.settled.replace(state),
        };
        if !self.is_active() {
            self.heirloom = Heirloom::None;
        }
        let stopped = matches!(state, TransportState::Stopped | TransportState::NoMediaPresent);
        let shaken = core::mem::take(&mut self.shaken);
        let credible = self.says_playing_in_earnest();
        let Some(load) = self.load.as_mut() else {
            return;
        };
        match (load.phase.clone(), state) {
            (Phase::Starting { sent, .. }, TransportState::Playing)
                if load.playhead.moved() || credible =>
            {
                self.runs(sent, ctx);
            }
            (Phase::Starting { .. }, TransportState::Playing) => {
                self.position_due = self.position_due.min(now)
            }
            (Phase::Starting { .. }, _) if stopped && Mutant::TakesStoppedForTheEnd.is_in() => {
                self.ended(ctx)
            }
            // Too short to be seen playing between two looks. What is longer has not begun: some
            // say STOPPED while they load.
            (Phase::Starting { sent, .. }, _)
                if stopped
                    && load.whole_sent
                    && load.length().is_some_and(|length| {
                        now.since(sent) >= length && length <= now.since(self.seen_at) + UNSEEN
                    }) =>
            {
                self.ended(ctx);
            }
            (Phase::Starting { .. }, _) if info.error_occurred => {
                let fault = load.never_began();
                self.fail(fault, ctx);
            }
            (Phase::Running { .. }, _) if stopped && load.is_still() => {}
            (Phase::Running { .. }, _)
                if stopped && shaken && !load.stopped_at_its_end(now, true) =>
            {
                self.rebooted(ctx)
            }
            (Phase::Running { doubt, .. }, _) if stopped => {
                self.judge_stop(doubt, info.error_occurred, ctx)
            }
            (Phase::Running { .. }, TransportState::PausedPlayback) => {
                load.playhead.freeze(now);
                if self.goal == Goal::Play
                    && was == Some(TransportState::Playing)
                    && !self.is_wanted_back()
                {
                    self.yield_to_viewer(Viewer::Paused, ctx);
                }
            }
            (Phase::Running { .. }, TransportState::Playing) => {
                self.played_at = now;
                load.playhead.thaw(now, now);
                self.set_doubt(None);
                if matches!(self.goal, Goal::Yield { .. })
                    && was == Some(TransportState::PausedPlayback)
                {
                    ctx.trace.note(now, self.name(), What::Resumed);
                    self.goal = Goal::Play;
                }
            }
            _ => {}
        }
    }

    /// PLAYING after Play is believed of who has fetched. Of who has said so of this file before and
    /// showed nothing, more is asked: that the position moves, or where it never does, enough bytes.
    fn says_playing_in_earnest(&self) -> bool {
        let Some(load) = self.load.as_ref().filter(|load| load.fetched) else {
            return false;
        };
        let pretended = match &self.fault {
            Some(Fault::DoesNotPlay(file) | Fault::HungUp(file, _)) => *file == load.name(),
            _ => false,
        };
        let tells = self.habits.moves.of(load.file.media_type.kind);
        !pretended || (!tells && load.has_fed())
    }

    /// It stopped after it had played: its end, a viewer, a fault, or a restart?
    fn judge_stop(&mut self, doubt: Option<Doubt>, error: bool, ctx: &mut Context<'_>) {
        let now = ctx.now;
        // While it is held, some stop instead of pausing, or after a while: it begins anew when it goes on.
        if self.goal != Goal::Play {
            return self.retire();
        }
        let Some(load) = &self.load else { return };
        let confirmed = doubt.is_some();
        let ends = load.stopped_at_its_end(now, true);
        if ends && self.holds_next() {
            // It may only be on its way to the next file.
            match doubt {
                None => return self.set_doubt(Some(Doubt::LookAgain(now + FOLLOWS))),
                Some(Doubt::LookAgain(at)) if now < at => return,
                Some(_) => {}
            }
        }
        if load.stopped_at_its_end(now, confirmed) {
            return self.ended(ctx);
        }
        if error || load.cut_at.is_some() || load.inherited && !load.fetched {
            // What it has not got it cannot play: no viewer's doing. Perhaps the file is gone.
            self.wants_scan |= load.cut_at.is_some();
            return self.fail(Fault::StoppedItself, ctx);
        }
        match doubt {
            None => self.set_doubt(Some(Doubt::LookAgain(now + LOOK_AGAIN))),
            // Some say STOPPED for a while where one file follows another.
            Some(Doubt::LookAgain(at)) if at <= now && load.began_within(FOLLOWS, now) => {
                self.set_doubt(Some(Doubt::LookAgain(now + LOOK_AGAIN)));
            }
            Some(Doubt::LookAgain(at)) if at <= now => self.set_doubt(Some(Doubt::AskUri)),
            Some(_) => {}
        }
    }

    /// It took a next file, and has not gone on to it yet.
    pub(super) fn holds_next(&self) -> bool {
        self.next.as_ref().is_some_and(|next| matches!(next.phase, Phase::Accepted { .. }))
    }

    /// Stopped in the middle: the URI that it holds tells a viewer's stop from a restart.
    pub(super) fn resolve_doubt(&mut self, info: &MediaInfo, ctx: &mut Context<'_>) {
        let Some(load) = &self.load else { return };
        let uri = info.current_uri.as_deref().unwrap_or("");
        if self.presence == Presence::SaidGoodbye && (uri.is_empty() || load.is_named_by(uri)) {
            return self.put_to_sleep(ctx);
        }
        if load.is_named_by(uri) {
            // A decoder that gives up at once looks the same as a viewer; nobody is that quick.
            if load.played(ctx.now) < Duration::from_secs(2) {
                return self.fail(Fault::StoppedItself, ctx);
            }
            return self.stopped_by_viewer(ctx);
        }
        if !uri.is_empty() {
            return self.taken_over(ctx);
        }
        if load.length().is_none() && load.whole_sent {
            return self.ended(ctx);
        }
        if self.events[Evented::Transport as usize].is_from_before(self.played_at) {
            return self.set_doubt(Some(Doubt::AskLease));
        }
        // It holds nothing, and nothing tells whether it started again: an unattended box plays on.
        self.fail(Fault::StoppedItself, ctx);
    }

    /// It is not the one that we subscribed to: it started again, and what it was given is gone.
    pub(super) fn lease_lost(&mut self, which: Evented, ctx: &mut Context<'_>) {
        if which == Evented::Transport && self.in_doubt(Doubt::AskLease) {
            return self.rebooted(ctx);
        }
        self.events[which as usize].forget(ctx.now);
        self.transport_due = ctx.now;
    }

    /// Somebody pressed play since it was last seen playing: that is newer than what a viewer did.
    fn is_wanted_back(&mut self) -> bool {
        core::mem::take(&mut self.pressed_at) > self.played_at
    }

    pub(super) fn stopped_by_viewer(&mut self, ctx: &mut Context<'_>) {
        if self.is_wanted_back() {
            return self.fail(Fault::StoppedItself, ctx);
        }
        self.yield_to_viewer(Viewer::Stopped, ctx);
        self.retire();
    }

    /// It said goodbye and stopped: a viewer switches it off, or puts it into standby, where a command
    /// would wake it. It is left alone until it is heard of, even where the box insists.
    fn put_to_sleep(&mut self, ctx: &mut Context<'_>) {
        self.presence = Presence::Asleep;
        self.yield_to_viewer(Viewer::SwitchedOff, ctx);
        self.retire();
    }

    pub(super) fn taken_over(&mut self, ctx: &mut Context<'_>) {
        self.retire();
        self.next = None;
        self.yield_to_viewer(Viewer::TookOver, ctx);
    }
}
