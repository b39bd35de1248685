//! What a transport state means: the renderer plays, has ended, has restarted, or somebody stopped it.
//!
//! A stop is judged in steps. If the file was about to end, the stop is its end. Otherwise the state is asked for
//! again, because some renderers report STOPPED on the way to another state. After that, the URI that the renderer
//! holds, and finally its subscription, distinguish a viewer from a restart.

use super::intent::Goal;
use super::load::{Doubt, Load, Phase};
use super::observation::Evented;
use super::pictures::SHORTEST_PICTURE;
use super::requests::Purpose;
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
/// A renderer that was on its way plays, and shows that it does, within this time.
const SHOWS: Duration = Duration::from_secs(10);
/// A renderer that was on its way after Play, and has been stopped for this long, has given up.
const GIVES_UP: Duration = Duration::from_secs(3);
/// No viewer stops a renderer sooner than this after playback began.
const QUICKEST_VIEWER: Duration = Duration::from_secs(2);

/// A viewer whose stop was taken for the end of the file stops the next one within this time.
const STOPS_AGAIN: Duration = Duration::from_secs(20);
/// What may have been a viewer's second stop, or the end of a second short film, is followed by the next one after this time.
const PLAYS_ON: Duration = Duration::from_secs(60);
/// Before this share of a length that the file bears out, a stop is a viewer's.
const SOONEST: f64 = 0.3;

/// A renderer that plays what somebody else gave it says so within this time.
const TELLS: Duration = Duration::from_secs(2);
/// A renderer that was unreachable for this long lost its power: nobody reports a power cut, and interruptions of a network
/// are shorter.
const POWER_CUT: Duration = Duration::from_secs(60);

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
    /// The renderer was switched off.
    SwitchedOff,
    /// The renderer has put the black picture away after this time.
    BlackIsGone { after: Duration },
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

/// Returns whether a renderer in this state shows nothing and is not about to.
fn is_stopped(state: TransportState) -> bool {
    matches!(state, TransportState::Stopped | TransportState::NoMediaPresent)
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

    /// The state is refused, and a stop was seen before it was: the URI that the renderer holds shows what that means.
    pub(super) fn ask_uri_instead(&mut self, ctx: &mut Context<'_>) {
        if let Some(&Phase::Running { doubt: Some(Doubt::LookAgain(at)), .. }) =
            self.playback.phase()
            && at <= ctx.now
        {
            self.set_doubt(Some(Doubt::AskUri), ctx);
        }
    }

    /// Takes the answer to GetTransportInfo.
    pub(super) fn observe(&mut self, info: TransportInfo, ctx: &mut Context<'_>) {
        // A renderer that never reported a usable state can still be given a file.
        self.observation.looked();
        let Some(state) = info.state.or(self.observation.state) else {
            return;
        };
        let last = self.observation.state;
        let before = self.observation.see(state, ctx.now);
        if state == TransportState::NoMediaPresent && last != Some(state) {
            // It may have restarted: its subscription tells.
            self.observation.subscription_mut(Evented::Transport).doubt(ctx.now);
        }
        // Two looks in a row that say STOPPED end what somebody else played, unless a clip or card of the box ended it.
        // NO_MEDIA_PRESENT is a power cut.
        let interrupted = self.playback.previous().is_some_and(|load| !self.is_current(load));
        let stopped = TransportState::Stopped;
        if state == stopped && last == Some(stopped) && !interrupted {
            self.intent.foreign_is_over();
        }
        // A viewer may start again what rests, or what a viewer has stopped.
        if !self.observation.is_active() {
            match self.intent.goal {
                Goal::Rest | Goal::Pause | Goal::Yield { did: Viewer::Stopped, .. } => {
                    self.may_be_taken_over()
                }
                Goal::Yield { .. } => {}
                _ => self.takeover.give_up(),
            }
        }
        let emptied =
            last == Some(TransportState::Stopped) && state == TransportState::NoMediaPresent;
        if emptied {
            // One that was said to leave is in standby now.
            self.connection.was_gone();
        }
        let restart_doubt = self.connection.take_restart_doubt();
        let lost_its_file = restart_doubt
            && state == TransportState::NoMediaPresent
            && last.is_some_and(|last| last != state);
        let returned = self.connection.take_returned();
        // Or a viewer emptied it, and may have changed the volume, too.
        let held = match self.intent.goal {
            Goal::Yield { did: Viewer::TookOver, .. } => true,
            Goal::Pause => last == Some(TransportState::PausedPlayback),
            Goal::Play => false,
            _ => last == Some(TransportState::Stopped) && self.playback.load().is_none(),
        };
        let gone =
            state == TransportState::NoMediaPresent && last.is_some_and(|last| last != state);
        if gone && held {
            self.volume.restart();
        }
        if (returned.is_some() || lost_its_file) && !self.observation.is_active() {
            self.volume.restart();
            // What a viewer stopped, or somebody else played, is gone: the renderer was off.
            let was_off = emptied || returned.is_some_and(|away| away >= POWER_CUT);
            let asleep = matches!(self.intent.goal, Goal::Yield { did: Viewer::SwitchedOff, .. });
            if was_off && self.intent.is_yielded() && !asleep {
                self.intent.go_on();
            }
        }
        let stopped = is_stopped(state);
        if stopped {
            self.playback.previous_is_gone();
        }
        let on_its_way = last.filter(|last| !is_stopped(*last));
        let on_its_way = on_its_way.map(|_| self.observation.known_before);
        if let Some(load) = self.playback.load_mut() {
            load.seen_starting(stopped, on_its_way, ctx.now);
            if state == TransportState::Transitioning && load.may_still_buffer(ctx.now) {
                load.may_begin_until(ctx.now + SHOWS);
            }
        }
        let meaning = match self.playback.load() {
            Some(load) => {
                self.meaning(load, state, before, info.error_occurred, restart_doubt, ctx.now)
            }
            // A viewer resumed what the box has replaced meanwhile.
            None if before == Some(TransportState::PausedPlayback) => match state {
                TransportState::Playing => Meaning::Plays { was_paused: true },
                _ => Meaning::Nothing,
            },
            None => Meaning::Nothing,
        };
        match meaning {
            Meaning::Nothing => {}
            Meaning::Runs { sent } => self.runs(sent, ctx),
            Meaning::AskPosition => self.observation.ask_position_by(ctx.now),
            Meaning::Ended => self.ended(ctx),
            Meaning::NeverBegan => self.never_began(ctx),
            Meaning::Restarted => {
                self.restarted(ctx);
                // What a viewer paused is gone.
                if self.intent.is_yielded() {
                    self.intent.go_on();
                }
            }
            Meaning::Stopped => self.stopped(info.error_occurred, ctx),
            Meaning::SwitchedOff => {
                self.put_to_sleep(ctx);
                if returned.is_some() || restart_doubt {
                    self.connection.may_have_crashed();
                }
            }
            Meaning::BlackIsGone { after } => self.black_is_gone(after, ctx),
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
        let stopped = is_stopped(state);
        match (&load.phase, state) {
            (&Phase::Starting { sent, .. }, TransportState::Playing)
                if load.may_be_what_moves(sent) || self.is_believed_to_play(load) =>
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
                    && load.is_whole()
                    && load.length().is_some_and(|length| {
                        let unseen = now.since(self.observation.known_before) + UNSEEN;
                        now.since(sent) >= length && length <= unseen
                    }) =>
            {
                Meaning::Ended
            }
            (Phase::Starting { .. }, _) if error => Meaning::NeverBegan,
            // Some renderers say byebye and stay: their files end as usual.
            (Phase::Running { .. }, _)
                if stopped
                    && self.connection.is_leaving(self.observation.played_at)
                    && !load.stopped_at_its_end(self.observation.played_at, now, false) =>
            {
                Meaning::SwitchedOff
            }
            // A power cut takes a picture away, too. One that is shown while the renderer says STOPPED may still be there.
            (Phase::Running { .. }, _)
                if stopped
                    && restart_doubt
                    && load.is_still()
                    && (load.is_black() || before != Some(state)) =>
            {
                Meaning::Restarted
            }
            (&Phase::Running { since, .. }, _)
                if stopped && load.is_black() && now.since(since) >= SHORTEST_PICTURE =>
            {
                Meaning::BlackIsGone { after: now.since(since) }
            }
            // It was on its way and gave up. Without a fetch, it is given the file once more before that counts.
            (Phase::Starting { .. }, _)
                if load.attempt.gave_up_at.is_some_and(|at| at + GIVES_UP <= now)
                    && (load.evidence.fetched || load.attempt.repeated) =>
            {
                Meaning::NeverBegan
            }
            // It may be between two files: it is told first.
            (Phase::Running { .. }, _) if stopped && !restart_doubt && self.is_untold(before) => {
                Meaning::Nothing
            }
            (&Phase::Running { since, .. }, _)
                if stopped && load.is_still() && !self.is_picture_gone(since, now) =>
            {
                Meaning::Nothing
            }
            (Phase::Running { .. }, _)
                if stopped
                    && restart_doubt
                    && (state == TransportState::NoMediaPresent
                        || !load.stopped_at_its_end(self.observation.played_at, now, true)) =>
            {
                Meaning::Restarted
            }
            (Phase::Running { .. }, _) if stopped => Meaning::Stopped,
            // Nobody pauses a file at its very end: some renderers end so.
            (Phase::Running { .. }, TransportState::PausedPlayback)
                if self.intent.is_to_play()
                    && before == Some(TransportState::Playing)
                    && !load.is_still()
                    && load.stopped_at_its_end(self.observation.played_at, now, false) =>
            {
                Meaning::Ended
            }
            (Phase::Running { .. }, TransportState::PausedPlayback) => {
                Meaning::Pauses { was_playing: before == Some(TransportState::Playing) }
            }
            (Phase::Running { .. }, TransportState::Playing) => {
                Meaning::Plays { was_paused: before == Some(TransportState::PausedPlayback) }
            }
            _ => Meaning::Nothing,
        }
    }

    /// Returns whether the renderer is to be stopped or paused, and was not told so yet. One that was paused `before` needs
    /// not be told.
    fn is_untold(&self, before: Option<TransportState>) -> bool {
        match self.intent.goal {
            Goal::Stop => !self.connection.was_told(&Purpose::Stop),
            Goal::Pause if before == Some(TransportState::PausedPlayback) => false,
            Goal::Pause => !self.connection.was_told(&Purpose::Pause),
            _ => false,
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
        !pretended || (!self.moves(load) && load.has_enough())
    }

    fn pauses(&mut self, was_playing: bool, ctx: &mut Context<'_>) {
        if let Some(load) = self.playback.load_mut() {
            load.playhead_mut().freeze(ctx.now);
        }
        if self.intent.is_to_play() && was_playing && !self.take_wanted_back() {
            // Some renderers report this while they wait for bytes, and the box broke the stream off.
            if self.playback.load().is_some_and(|load| load.evidence.is_cut()) {
                self.playback.request_scan();
                return self.fail(Fault::StoppedItself, ctx);
            }
            self.yield_to_viewer(Viewer::Paused, ctx);
        }
    }

    fn plays(&mut self, was_paused: bool, ctx: &mut Context<'_>) {
        self.observation.seen_playing(ctx.now);
        if let Some(load) = self.playback.load_mut() {
            load.playhead_mut().thaw(ctx.now, ctx.now);
        }
        self.set_doubt(None, ctx);
        if was_paused && (self.intent.is_yielded() || self.is_played_on_after_pause(ctx.now)) {
            ctx.trace.note(ctx.now, self.name(), What::Resumed);
            if self.playback.load().is_none_or(|load| !self.is_current(load)) {
                // It is to get another file now. First the renderer tells whether it plays what was paused.
                self.intent.go_on_at(ctx.now + TELLS);
                self.may_be_taken_over();
                return self.observation.ask_position_by(ctx.now);
            }
            self.intent.go_on();
        }
    }

    /// Returns whether a viewer plays on what was paused at the box. A renderer whose answer to the Pause is not old may
    /// still be on its way.
    fn is_played_on_after_pause(&self, now: Instant) -> bool {
        self.intent.goal == Goal::Pause
            && self.observation.was_seen_paused()
            && self.connection.again_at(&Purpose::Pause) <= now
    }

    fn stopped(&mut self, error: bool, ctx: &mut Context<'_>) {
        match self.judge_stop(error, ctx.now) {
            Stop::Held if self.is_stopped_after_pause() => self.stopped_by_viewer(ctx),
            Stop::Held => self.playback.retire(),
            Stop::Ended => self.stopped_at_end(ctx),
            Stop::Failed => {
                // The file may be gone.
                if self.playback.load().is_some_and(|load| load.evidence.is_cut()) {
                    self.playback.request_scan();
                }
                self.fail(Fault::StoppedItself, ctx);
            }
            Stop::Doubt(doubt) => {
                if let (Doubt::AskUri, Some(load)) = (&doubt, self.playback.load_mut()) {
                    // Calls that were not answered earlier say nothing about this question.
                    load.forget_silence();
                }
                self.set_doubt(Some(doubt), ctx);
            }
            Stop::Wait => {}
        }
    }

    /// Returns whether what a viewer had paused is stopped now, and the renderer did not lose its power.
    fn is_stopped_after_pause(&self) -> bool {
        matches!(self.intent.goal, Goal::Yield { did: Viewer::Paused, .. })
            && self.observation.state == Some(TransportState::Stopped)
    }

    /// Judges a stop during playback: the end of the file, a viewer, a failure, or a restart?
    fn judge_stop(&self, error: bool, now: Instant) -> Stop {
        let Some(load) = self.playback.load() else { return Stop::Wait };
        let Phase::Running { doubt, .. } = load.phase else { return Stop::Wait };
        // Some renderers stop instead of pausing, or stop after a long pause.
        if !self.intent.is_to_play() {
            return Stop::Held;
        }
        if load.stopped_at_its_end(self.observation.played_at, now, true)
            && self.playback.holds_next()
        {
            // The renderer may be on its way to the next file.
            match doubt {
                None => return Stop::Doubt(Doubt::LookAgain(now + FOLLOWS)),
                Some(Doubt::LookAgain(at)) if now < at => return Stop::Wait,
                Some(_) => {}
            }
        }
        if load.stopped_at_its_end(self.observation.played_at, now, doubt.is_some()) {
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

    /// Returns whether a stop in the middle may be the end of a file whose length is wrong or unknown: the renderer has
    /// the whole file, and it did not end elsewhere before. A viewer whose stop was taken for an end stops once more,
    /// and soon.
    fn may_have_ended(&self, load: &Load, now: Instant) -> bool {
        let (played, took, lengths) = (load.played(now), load.took(now), load.lengths);
        let soon = |length: Duration| lengths.is_agreed() && played < length.mul_f64(SOONEST);
        let is_soon = lengths.best().is_some_and(soon) && !load.runs_dry(now);
        let is_new =
            !load.is_length_borne_out(now) && !is_soon && !self.is_stopped_again(load, now);
        load.is_whole() && lengths.ended_about(played, took).unwrap_or(is_new)
    }

    /// Returns whether the file before this one ended early for no known reason, and this one is stopped soon: a viewer
    /// stops once more what went on after the first stop.
    fn is_stopped_again(&self, load: &Load, now: Instant) -> bool {
        load.took(now) <= STOPS_AGAIN && self.playback.ended_early_within(2 * STOPS_AGAIN, now)
    }

    /// Returns whether a film or song was stopped before anything of it can have been seen or heard: a decoder that gives up
    /// looks like a viewer's stop.
    fn gave_up(&self, load: &Load, now: Instant) -> bool {
        load.played(now) < QUICKEST_VIEWER || self.has_not_begun(load)
    }

    /// Returns whether the position of this load usually moves, and has not moved yet.
    pub(super) fn has_not_begun(&self, load: &Load) -> bool {
        self.moves(load) && load.stands_before_its_beginning()
    }

    /// Returns whether the position moves in media of this kind.
    pub(super) fn moves(&self, load: &Load) -> bool {
        self.capabilities.habits.moves.of(load.kind())
    }

    /// Resolves a stop in the middle by the URI that the renderer holds: our URI means a viewer, no URI a restart.
    pub(super) fn resolve_doubt(&mut self, info: &MediaInfo, ctx: &mut Context<'_>) {
        let Some(load) = self.playback.load() else { return };
        let uri = info.current_uri.as_deref().unwrap_or("");
        let ours = load.is_named_by(uri);
        if self.connection.is_leaving(self.observation.played_at) && (uri.is_empty() || ours) {
            return self.put_to_sleep(ctx);
        }
        if ours {
            if load.is_still() {
                return self.picture_is_gone(ctx);
            }
            if self.gave_up(load, ctx.now) {
                return self.fail(Fault::StoppedItself, ctx);
            }
            if self.may_have_ended(load, ctx.now) {
                let at = load.played(ctx.now);
                return self.ended_early(at, ctx);
            }
            if self.is_stopped_again(load, ctx.now) && load.may_be_short(ctx.now) {
                // A short film may have ended.
                let (at, took) = (load.played(ctx.now), load.took(ctx.now));
                self.playback.note_end(at, took, false, ctx.now);
                return self.stopped_by_viewer_for(Some(PLAYS_ON), ctx);
            }
            return self.stopped_by_viewer(ctx);
        }
        if !uri.is_empty() && !self.serves(uri, ctx) {
            return self.yield_to_control_point(ctx);
        }
        // It holds nothing, or another file that this box gave to it.
        let lease = self.observation.subscription(Evented::Transport);
        if lease.is_from_before(self.observation.played_at) {
            return self.set_doubt(Some(Doubt::AskLease), ctx);
        }
        // Nothing shows whether it restarted. An unattended box plays on.
        self.left_its_file(ctx);
    }

    /// The renderer holds the file no more. If it has the whole file, and its length is in doubt, that was the end.
    fn left_its_file(&mut self, ctx: &mut Context<'_>) {
        let Some(load) = self.playback.load() else { return };
        let at = load.played(ctx.now);
        match load.may_be_over(ctx.now) {
            true if load.is_still() => self.ended(ctx),
            true => self.ended_early(at, ctx),
            false if self.connection.is_just_announced(ctx.now) => self.restarted(ctx),
            false => self.fail(Fault::StoppedItself, ctx),
        }
    }

    /// The renderer knows our subscription: it did not restart.
    pub(super) fn lease_kept(&mut self, which: Evented, ctx: &mut Context<'_>) {
        if which != Evented::Transport || !self.in_doubt(Doubt::AskLease) {
            return;
        }
        match self.playback.load() {
            Some(load) if load.is_still() => self.picture_is_gone(ctx),
            Some(load) if self.gave_up(load, ctx.now) => self.fail(Fault::StoppedItself, ctx),
            Some(load) if load.may_be_over(ctx.now) => self.left_its_file(ctx),
            _ => self.stopped_by_viewer(ctx),
        }
    }

    /// The subscription could not be renewed. `said`: the renderer says that it does not know it.
    pub(super) fn lease_lost(&mut self, which: Evented, said: bool, ctx: &mut Context<'_>) {
        let empty_at = self.observation.empty_at;
        let lease = self.observation.subscription_mut(which);
        let restarted = said && lease.denied(empty_at, ctx.now);
        lease.forget(ctx.now);
        self.observation.ask_state_at(ctx.now);
        if which != Evented::Transport {
            return;
        }
        if restarted {
            self.volume.restart();
        }
        let in_doubt = |load: &&Load| match load.phase {
            Phase::Running { doubt, .. } => {
                doubt.is_some_and(|doubt| restarted || doubt == Doubt::AskLease)
            }
            _ => false,
        };
        match self.playback.load().filter(in_doubt).map(|load| load.may_be_over(ctx.now)) {
            Some(true) => self.left_its_file(ctx),
            // It lost what it was given.
            Some(false) => self.restarted(ctx),
            None if restarted && self.is_playing() => {
                self.volume.begin_with(self.intent.usual_volume());
            }
            None => {}
        }
    }

    /// Returns whether somebody pressed play after the renderer was last seen playing, and so after what the viewer
    /// did.
    fn take_wanted_back(&mut self) -> bool {
        self.intent.take_pressed_since(self.observation.played_at)
    }

    pub(super) fn stopped_by_viewer(&mut self, ctx: &mut Context<'_>) {
        self.stopped_by_viewer_for(None, ctx);
    }

    /// A viewer has stopped the renderer. `at_most`: perhaps it was no viewer, and the box plays on after this time.
    fn stopped_by_viewer_for(&mut self, at_most: Option<Duration>, ctx: &mut Context<'_>) {
        if !self.intent.is_to_play() && !self.intent.is_yielded() {
            // Meanwhile somebody stopped or paused it at the box.
            return self.playback.retire();
        }
        if self.take_wanted_back() {
            return self.fail(Fault::StoppedItself, ctx);
        }
        self.yield_to_viewer_for(Viewer::Stopped, at_most, ctx);
        self.playback.retire();
        self.may_be_taken_over();
    }

    /// A renderer that said byebye and stopped was switched off by a viewer, or put into standby. Any command would
    /// wake it. It is left alone until it is announced again, even if the box insists.
    fn put_to_sleep(&mut self, ctx: &mut Context<'_>) {
        self.connection.fall_asleep(Some(ctx.now));
        // What was paused or stopped at the box stays so when the renderer is on again.
        if self.intent.is_to_play() || self.intent.is_yielded() {
            self.yield_to_viewer(Viewer::SwitchedOff, ctx);
        }
        self.playback.retire();
    }

    /// Another control point gave the renderer something else.
    pub(super) fn yield_to_control_point(&mut self, ctx: &mut Context<'_>) {
        self.playback.retire();
        self.yield_to_viewer(Viewer::TookOver, ctx);
    }
}
