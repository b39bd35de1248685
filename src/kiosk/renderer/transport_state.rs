//! What a transport state means: the renderer plays, has ended, has restarted, or somebody stopped it.
//!
//! A stop is judged in steps. If the file was about to end, the stop is its end. Otherwise the state is asked for
//! again, because some renderers report STOPPED on the way to another state. After that, the URI that the renderer
//! holds, and finally its subscription, distinguish a viewer from a restart.

use super::connection::Presence;
use super::load::{Doubt, Load, Phase};
use super::observation::Evented;
use super::{Context, Renderer};
use crate::kiosk::fault::Fault;
use crate::kiosk::mutant::Mutant;
use crate::kiosk::reason::Viewer;
use crate::kiosk::trace::What;
use crate::time::{Duration, Instant};
use crate::upnp::action::{MediaInfo, TransportInfo, TransportState};

/// The pause before a stop is looked at again.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(400);
/// A renderer reports STOPPED for up to this long between two files (0.7 s were measured).
const FOLLOWS: Duration = Duration::from_millis(1500);
/// A file of at most this length may play unnoticed between two looks at usual intervals.
const UNSEEN: Duration = Duration::from_secs(2);
/// No viewer stops a renderer sooner than this after playback began.
const QUICKEST_VIEWER: Duration = Duration::from_secs(2);

/// What a transport state means for the load.
enum Meaning {
    /// No change.
    Nothing,
    /// The load plays. Play was sent at `sent`.
    Runs { sent: Instant },
    /// The renderer reports PLAYING, but only its position proves it.
    AskPosition,
    /// The file played to its end.
    Ended,
    /// Playback did not begin.
    NeverBegan,
    /// The renderer restarted.
    Restarted,
    /// The renderer stopped during playback.
    Stopped,
    /// The renderer pauses; `was_playing`: the state before was PLAYING.
    Pauses { was_playing: bool },
    /// The renderer plays; `was_paused`: the state before was PAUSED_PLAYBACK.
    Plays { was_paused: bool },
}

/// What a stop during playback means.
enum Stop {
    /// The renderer should not play anyway. It starts from the beginning when it plays again.
    Held,
    /// The file ended.
    Ended,
    /// The renderer failed; no viewer stopped it.
    Failed,
    /// Not known yet: find out by this step.
    Doubt(Doubt),
    /// Not known yet: the current step goes on.
    Wait,
}

impl Renderer {
    pub(super) fn in_doubt(&self, doubt: Doubt) -> bool {
        self.playback.load().is_some_and(|load| load.is_in_doubt(doubt))
    }

    pub(super) fn in_doubt_of_its_end(&self) -> bool {
        let phase = self.playback.phase();
        matches!(phase, Some(Phase::Running { doubt: Some(Doubt::LookAgain(_)), .. }))
    }

    fn set_doubt(&mut self, doubt: Option<Doubt>, ctx: &mut Context<'_>) {
        if let Some(&Phase::Running { since, .. }) = self.playback.phase() {
            let reason =
                if doubt.is_some() { "the renderer stopped early" } else { "the renderer plays" };
            self.enter(Phase::Running { since, doubt }, reason, ctx);
        }
    }

    /// Takes the answer to GetTransportInfo.
    pub(super) fn observe(&mut self, info: TransportInfo, ctx: &mut Context<'_>) {
        // A renderer that never reported a usable state can still be given a file.
        self.observation.looked();
        let Some(state) = info.state.or(self.observation.state) else {
            return;
        };
        let before = self.observation.see(state, ctx.now);
        if !self.observation.is_active() {
            self.takeover.give_up();
        }
        let restart_doubt = self.connection.take_restart_doubt();
        let meaning = match self.playback.load() {
            Some(load) => {
                self.meaning(load, state, before, info.error_occurred, restart_doubt, ctx.now)
            }
            None => Meaning::Nothing,
        };
        match meaning {
            Meaning::Nothing => {}
            Meaning::Runs { sent } => self.runs(sent, ctx),
            Meaning::AskPosition => self.observation.ask_position_by(ctx.now),
            Meaning::Ended => self.ended(ctx),
            Meaning::NeverBegan => self.never_began(ctx),
            Meaning::Restarted => self.restarted(ctx),
            Meaning::Stopped => self.stopped(info.error_occurred, ctx),
            Meaning::Pauses { was_playing } => self.pauses(was_playing, ctx),
            Meaning::Plays { was_paused } => self.plays(was_paused, ctx),
        }
    }

    fn meaning(
        &self,
        load: &Load,
        state: TransportState,
        before: Option<TransportState>,
        error: bool,
        restart_doubt: bool,
        now: Instant,
    ) -> Meaning {
        let stopped = matches!(state, TransportState::Stopped | TransportState::NoMediaPresent);
        match (&load.phase, state) {
            (&Phase::Starting { sent, .. }, TransportState::Playing)
                if load.playhead.moved() || self.is_believed_to_play(load) =>
            {
                Meaning::Runs { sent }
            }
            (Phase::Starting { .. }, TransportState::Playing) => Meaning::AskPosition,
            (Phase::Starting { .. }, _) if stopped && Mutant::TakesStoppedForTheEnd.is_in() => {
                Meaning::Ended
            }
            // Too short to be seen playing between two looks. A longer file has not begun: some renderers report
            // STOPPED while they load.
            (&Phase::Starting { sent, .. }, _)
                if stopped
                    && load.evidence.whole_sent
                    && load.length().is_some_and(|length| {
                        let unseen = now.since(self.observation.known_before) + UNSEEN;
                        now.since(sent) >= length && length <= unseen
                    }) =>
            {
                Meaning::Ended
            }
            (Phase::Starting { .. }, _) if error => Meaning::NeverBegan,
            (Phase::Running { .. }, _) if stopped && load.is_still() => Meaning::Nothing,
            (Phase::Running { .. }, _)
                if stopped && restart_doubt && !load.stopped_at_its_end(now, true) =>
            {
                Meaning::Restarted
            }
            (Phase::Running { .. }, _) if stopped => Meaning::Stopped,
            (Phase::Running { .. }, TransportState::PausedPlayback) => {
                Meaning::Pauses { was_playing: before == Some(TransportState::Playing) }
            }
            (Phase::Running { .. }, TransportState::Playing) => {
                Meaning::Plays { was_paused: before == Some(TransportState::PausedPlayback) }
            }
            _ => Meaning::Nothing,
        }
    }

    /// Returns whether PLAYING after Play is believed. The renderer must have fetched the file. If it reported PLAYING
    /// for this file before without showing anything, more is required: that the position moves or, if it never moves
    /// on this renderer, that enough bytes were fetched.
    fn is_believed_to_play(&self, load: &Load) -> bool {
        if !load.evidence.fetched {
            return false;
        }
        let pretended = match self.playback.fault() {
            Some(Fault::DoesNotPlay(file) | Fault::HungUp(file, _)) => *file == load.name(),
            _ => false,
        };
        let tells = self.capabilities.habits.moves.of(load.kind());
        !pretended || (!tells && load.has_enough())
    }

    fn pauses(&mut self, was_playing: bool, ctx: &mut Context<'_>) {
        if let Some(load) = self.playback.load_mut() {
            load.playhead_mut().freeze(ctx.now);
        }
        if self.intent.is_to_play() && was_playing && !self.take_wanted_back() {
            self.yield_to_viewer(Viewer::Paused, ctx);
        }
    }

    fn plays(&mut self, was_paused: bool, ctx: &mut Context<'_>) {
        self.observation.seen_playing(ctx.now);
        if let Some(load) = self.playback.load_mut() {
            load.playhead_mut().thaw(ctx.now, ctx.now);
        }
        self.set_doubt(None, ctx);
        if self.intent.is_yielded() && was_paused {
            ctx.trace.note(ctx.now, self.name(), What::Resumed);
            self.intent.go_on();
        }
    }

    fn stopped(&mut self, error: bool, ctx: &mut Context<'_>) {
        match self.judge_stop(error, ctx.now) {
            Stop::Held => self.playback.retire(),
            Stop::Ended => self.ended(ctx),
            Stop::Failed => {
                // The file may be gone.
                if self.playback.load().is_some_and(|load| load.evidence.is_cut()) {
                    self.playback.request_scan();
                }
                self.fail(Fault::StoppedItself, ctx);
            }
            Stop::Doubt(doubt) => self.set_doubt(Some(doubt), ctx),
            Stop::Wait => {}
        }
    }

    /// Judges a stop during playback: the end of the file, a viewer, a failure, or a restart?
    fn judge_stop(&self, error: bool, now: Instant) -> Stop {
        let Some(load) = self.playback.load() else { return Stop::Wait };
        let Phase::Running { doubt, .. } = load.phase else { return Stop::Wait };
        // Some renderers stop instead of pausing, or stop after a long pause.
        if !self.intent.is_to_play() {
            return Stop::Held;
        }
        if load.stopped_at_its_end(now, true) && self.playback.holds_next() {
            // The renderer may be on its way to the next file.
            match doubt {
                None => return Stop::Doubt(Doubt::LookAgain(now + FOLLOWS)),
                Some(Doubt::LookAgain(at)) if now < at => return Stop::Wait,
                Some(_) => {}
            }
        }
        if load.stopped_at_its_end(now, doubt.is_some()) {
            return Stop::Ended;
        }
        // A renderer cannot play what it has not fetched.
        if error || load.evidence.is_cut() || load.taken_over && !load.evidence.fetched {
            return Stop::Failed;
        }
        match doubt {
            None => Stop::Doubt(Doubt::LookAgain(now + LOOK_AGAIN)),
            // Some renderers report STOPPED for a while between two files.
            Some(Doubt::LookAgain(at)) if at <= now && load.began_within(FOLLOWS, now) => {
                Stop::Doubt(Doubt::LookAgain(now + LOOK_AGAIN))
            }
            Some(Doubt::LookAgain(at)) if at <= now => Stop::Doubt(Doubt::AskUri),
            Some(_) => Stop::Wait,
        }
    }

    /// Resolves a stop in the middle by the URI that the renderer holds: our URI means a viewer, no URI a restart.
    pub(super) fn resolve_doubt(&mut self, info: &MediaInfo, ctx: &mut Context<'_>) {
        let Some(load) = self.playback.load() else { return };
        let uri = info.current_uri.as_deref().unwrap_or("");
        let ours = load.is_named_by(uri);
        if self.connection.presence == Presence::SaidGoodbye && (uri.is_empty() || ours) {
            return self.put_to_sleep(ctx);
        }
        if ours {
            // A decoder that gives up at once looks like a viewer's stop.
            if load.played(ctx.now) < QUICKEST_VIEWER {
                return self.fail(Fault::StoppedItself, ctx);
            }
            return self.stopped_by_viewer(ctx);
        }
        if !uri.is_empty() {
            return self.yield_to_control_point(ctx);
        }
        if load.length().is_none() && load.evidence.whole_sent {
            return self.ended(ctx);
        }
        let lease = self.observation.subscription(Evented::Transport);
        if lease.is_from_before(self.observation.played_at) {
            return self.set_doubt(Some(Doubt::AskLease), ctx);
        }
        // The renderer holds no URI, and nothing shows whether it restarted. An unattended box plays on.
        self.fail(Fault::StoppedItself, ctx);
    }

    /// The renderer no longer knows our subscription: it restarted and lost what it was given.
    pub(super) fn lease_lost(&mut self, which: Evented, ctx: &mut Context<'_>) {
        if which == Evented::Transport && self.in_doubt(Doubt::AskLease) {
            return self.restarted(ctx);
        }
        self.observation.subscription_mut(which).forget(ctx.now);
        self.observation.ask_state_at(ctx.now);
    }

    /// Returns whether somebody pressed play after the renderer was last seen playing, and so after what the viewer
    /// did.
    fn take_wanted_back(&mut self) -> bool {
        self.intent.take_pressed_since(self.observation.played_at)
    }

    pub(super) fn stopped_by_viewer(&mut self, ctx: &mut Context<'_>) {
        if self.take_wanted_back() {
            return self.fail(Fault::StoppedItself, ctx);
        }
        self.yield_to_viewer(Viewer::Stopped, ctx);
        self.playback.retire();
    }

    /// A renderer that said byebye and stopped was switched off by a viewer, or put into standby. Any command would
    /// wake it. It is left alone until it is announced again, even if the box insists.
    fn put_to_sleep(&mut self, ctx: &mut Context<'_>) {
        self.connection.set_presence(Presence::Asleep);
        self.yield_to_viewer(Viewer::SwitchedOff, ctx);
        self.playback.retire();
    }

    /// Another control point gave the renderer something else.
    pub(super) fn yield_to_control_point(&mut self, ctx: &mut Context<'_>) {
        self.playback.retire();
        self.playback.drop_next();
        self.yield_to_viewer(Viewer::TookOver, ctx);
    }
}
