//! What a transport state means: the renderer plays, has ended, started again, or somebody stopped it.
//!
//! A stop is judged in steps. Where a file was about to end, it is its end. Otherwise the renderer is looked at again,
//! since some say STOPPED on their way to another state; then the URI that it holds, and last its subscription, tell a
//! viewer from a restart.

use super::connection::Presence;
use super::load::{Doubt, Load, Phase};
use super::observation::Evented;
use super::takeover::Takeover;
use super::{Context, Renderer};
use crate::kiosk::fault::Fault;
use crate::kiosk::mutant::Mutant;
use crate::kiosk::reason::Viewer;
use crate::kiosk::trace::What;
use crate::time::{Duration, Instant};
use crate::upnp::av_transport::{MediaInfo, TransportInfo, TransportState};

/// A stop seen once is looked at again after this time.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(400);
/// A renderer that goes on to the next file says STOPPED for up to this long (0.7 s were seen).
const FOLLOWS: Duration = Duration::from_millis(1500);
/// A file that lasts no longer than this may pass unseen between looks at usual intervals.
const UNSEEN: Duration = Duration::from_secs(2);
/// A renderer that stops sooner than this after it began was not stopped by a viewer: nobody is that quick.
const QUICKEST_VIEWER: Duration = Duration::from_secs(2);

/// What a state means for the load.
enum Meaning {
    /// Nothing new.
    Nothing,
    /// It plays what it was told to play at `sent`.
    Runs { sent: Instant },
    /// It says that it plays: its position tells.
    AskPosition,
    /// It played to its end.
    Ended,
    /// It will not play what it was told to play.
    NeverBegan,
    /// It started again.
    Restarted,
    /// It stopped in the course of playing.
    Stopped,
    /// It pauses; `was_playing`: it was playing before.
    Pauses { was_playing: bool },
    /// It plays; `was_paused`: it was paused before.
    Plays { was_paused: bool },
}

/// What a stop in the course of playing means.
enum Stop {
    /// It is stopped while it should not play: it begins anew when it goes on.
    Held,
    /// The file ended.
    Ended,
    /// It cannot go on, which is no viewer's doing.
    Failed,
    /// That cannot be told yet.
    Doubt(Doubt),
    /// That cannot be told yet, and is being found out.
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
            let reason = if doubt.is_some() { "it stopped early" } else { "it plays" };
            self.enter(Phase::Running { since, doubt }, reason, ctx);
        }
    }

    /// The answer to GetTransportInfo: the truth about its state, as far as it tells.
    pub(super) fn observe(&mut self, info: TransportInfo, ctx: &mut Context<'_>) {
        // A renderer that never named a usable state can still be given a file.
        self.observation.looked();
        let Some(state) = info.state.or(self.observation.state) else {
            return;
        };
        let before = self.observation.see(state, ctx.now);
        if !self.observation.is_active() {
            self.takeover = Takeover::None;
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
            // Too short to be seen playing between two looks. What is longer has not begun: some renderers say
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

    /// PLAYING after Play is believed of a renderer that has fetched the file. If it has said so of this file before and
    /// showed nothing, more is asked: that the position moves, or where it never does, enough bytes.
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
        if self.intent.is_to_play() && was_playing && !self.is_wanted_back() {
            self.yield_to_viewer(Viewer::Paused, ctx);
        }
    }

    fn plays(&mut self, was_paused: bool, ctx: &mut Context<'_>) {
        self.observation.plays(ctx.now);
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
                // Perhaps the file is gone.
                if self.playback.load().is_some_and(|load| load.evidence.is_cut()) {
                    self.playback.request_scan();
                }
                self.fail(Fault::StoppedItself, ctx);
            }
            Stop::Doubt(doubt) => self.set_doubt(Some(doubt), ctx),
            Stop::Wait => {}
        }
    }

    /// It stopped after it had played: its end, a viewer, a fault, or a restart?
    fn judge_stop(&self, error: bool, now: Instant) -> Stop {
        let Some(load) = self.playback.load() else { return Stop::Wait };
        let Phase::Running { doubt, .. } = load.phase else { return Stop::Wait };
        // While it is held, some stop instead of pausing, or after a while.
        if !self.intent.is_to_play() {
            return Stop::Held;
        }
        if load.stopped_at_its_end(now, true) && self.playback.holds_next() {
            // It may only be on its way to the next file.
            match doubt {
                None => return Stop::Doubt(Doubt::LookAgain(now + FOLLOWS)),
                Some(Doubt::LookAgain(at)) if now < at => return Stop::Wait,
                Some(_) => {}
            }
        }
        if load.stopped_at_its_end(now, doubt.is_some()) {
            return Stop::Ended;
        }
        // What it has not got it cannot play.
        if error || load.evidence.is_cut() || load.taken_over && !load.evidence.fetched {
            return Stop::Failed;
        }
        match doubt {
            None => Stop::Doubt(Doubt::LookAgain(now + LOOK_AGAIN)),
            // Some say STOPPED for a while where one file follows another.
            Some(Doubt::LookAgain(at)) if at <= now && load.began_within(FOLLOWS, now) => {
                Stop::Doubt(Doubt::LookAgain(now + LOOK_AGAIN))
            }
            Some(Doubt::LookAgain(at)) if at <= now => Stop::Doubt(Doubt::AskUri),
            Some(_) => Stop::Wait,
        }
    }

    /// It stopped in the middle: the URI that it holds tells a viewer's stop from a restart.
    pub(super) fn resolve_doubt(&mut self, info: &MediaInfo, ctx: &mut Context<'_>) {
        let Some(load) = self.playback.load() else { return };
        let uri = info.current_uri.as_deref().unwrap_or("");
        let ours = load.is_named_by(uri);
        if self.connection.presence == Presence::SaidGoodbye && (uri.is_empty() || ours) {
            return self.put_to_sleep(ctx);
        }
        if ours {
            // A decoder that gives up at once looks the same as a viewer.
            if load.played(ctx.now) < QUICKEST_VIEWER {
                return self.fail(Fault::StoppedItself, ctx);
            }
            return self.stopped_by_viewer(ctx);
        }
        if !uri.is_empty() {
            return self.taken_over(ctx);
        }
        if load.length().is_none() && load.evidence.whole_sent {
            return self.ended(ctx);
        }
        let lease = self.observation.subscription(Evented::Transport);
        if lease.is_from_before(self.observation.played_at) {
            return self.set_doubt(Some(Doubt::AskLease), ctx);
        }
        // It holds nothing, and nothing tells whether it started again: an unattended box plays on.
        self.fail(Fault::StoppedItself, ctx);
    }

    /// It does not know our subscription: it started again, and what it was given is gone.
    pub(super) fn lease_lost(&mut self, which: Evented, ctx: &mut Context<'_>) {
        if which == Evented::Transport && self.in_doubt(Doubt::AskLease) {
            return self.restarted(ctx);
        }
        self.observation.subscription_mut(which).forget(ctx.now);
        self.observation.ask_state_at(ctx.now);
    }

    /// Somebody pressed play since it was last seen playing: that is newer than what a viewer did.
    fn is_wanted_back(&mut self) -> bool {
        self.intent.take_pressed_since(self.observation.played_at)
    }

    pub(super) fn stopped_by_viewer(&mut self, ctx: &mut Context<'_>) {
        if self.is_wanted_back() {
            return self.fail(Fault::StoppedItself, ctx);
        }
        self.yield_to_viewer(Viewer::Stopped, ctx);
        self.playback.retire();
    }

    /// It said byebye and stopped: a viewer switches it off, or puts it into standby, where a command would wake it. It
    /// is left alone until it is announced, even where the box insists.
    fn put_to_sleep(&mut self, ctx: &mut Context<'_>) {
        self.connection.set_presence(Presence::Asleep);
        self.yield_to_viewer(Viewer::SwitchedOff, ctx);
        self.playback.retire();
    }

    /// Another control point has given it something else.
    pub(super) fn taken_over(&mut self, ctx: &mut Context<'_>) {
        self.playback.retire();
        self.playback.drop_next();
        self.yield_to_viewer(Viewer::TookOver, ctx);
    }
}
