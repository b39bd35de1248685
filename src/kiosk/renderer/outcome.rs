//! What happens to a load: it is made, starts, ends or fails, and something follows it.

use super::load::{Load, Metadata, NewLoad, Phase};
use super::playhead::Playhead;
use super::{Context, Renderer};
use crate::config::{DWELL, LoopMethod};
use crate::kiosk::backoff::Backoff;
use crate::kiosk::effect::Effect;
use crate::kiosk::fault::Fault;
use crate::kiosk::group::{Gate, Start};
use crate::kiosk::habits::Way;
use crate::kiosk::reason::Viewer;
use crate::kiosk::statistics::Row;
use crate::kiosk::trace::What;
use crate::media::catalogue::MediaFile;
use crate::media::media_type::MediaKind;
use crate::time::{Duration, Instant};

/// The spread between a renderer's starts.
const LATENCY_VARIES: Duration = Duration::from_millis(50);
/// A renderer of unknown latency starts at most this long after it first reports PLAYING.
const UNKNOWN_LATENCY: Duration = Duration::from_millis(500);
/// The time of an end is known only if the previous look at the state was at most this long ago.
const WATCHED: Duration = Duration::from_millis(600);
/// The first position request after a start. Earlier, some renderers still report the previous position.
pub(super) const FIRST_LOOK: Duration = Duration::from_millis(1600);
/// A file of unknown length that ends sooner than this did not play.
const SHORTEST_ROUND: Duration = Duration::from_secs(1);
/// Pauses after loads that failed in a row.
const PAUSES: Backoff =
    Backoff::new(Duration::from_secs(2), Duration::from_secs(120)).jittered(0.2);
/// After this many failures in a row, the next file is tried.
const FAILURES_TO_SKIP: u8 = 3;

impl Renderer {
    /// Makes the load for the current file. Returns `false` if there is no file or no media server.
    pub(super) fn reload(&mut self, ctx: &mut Context<'_>) -> bool {
        let Some(file) = self.intent.programme.current().cloned() else {
            self.playback.request_scan();
            self.trouble(Fault::NothingToPlay, ctx);
            return false;
        };
        let Some(port) = ctx.media_port else {
            self.trouble(Fault::NoServer, ctx);
            return false;
        };
        ctx.trace.note(ctx.now, self.name(), What::Loading(file.path.clone()));
        let position = self.intent.programme_mut().take_place();
        let mut load = self.make_load(file, port, ctx);
        load.send_to(position.filter(|_| !self.capabilities.habits.seek_broken));
        self.playback.take_load(load);
        self.playback.clear_fault(|fault| fault.ends_with_a_file());
        if self.slot.is_taken() {
            // A card is shown without waiting for the other members.
            let covered = self.intent.programme.is_covered();
            self.slot.set_gate(if covered { Gate::Open } else { Gate::Shut });
        }
        true
    }

    fn make_load(&self, file: MediaFile, port: u16, ctx: &mut Context<'_>) -> Load {
        let token = ctx.token(&file.path);
        let mut before = [self.playback.load(), self.playback.previous()].into_iter().flatten();
        let after_still = file.media_type.kind == MediaKind::Image
            && before.clone().next().is_some_and(Load::is_still);
        let durations = before.find(|load| load.file == file).map(Load::durations);
        let durations = durations.unwrap_or_default();
        if durations.0.is_none() {
            ctx.effects.push(Effect::probe(token, &file));
        }
        let known = &self.capabilities.habits;
        let stops_between = after_still && self.capabilities.stop_between_stills;
        let new = NewLoad {
            token,
            origin: (self.connection.facing, port),
            metadata: Metadata {
                mime: self.capabilities.mime_for(file.media_type),
                level: known.metadata_level,
                subtitles: self.capabilities.subtitles_for(&file, &self.description),
            },
            playhead: Playhead::expecting(known.moves.of(file.media_type.kind)),
            dwell: self.dwell(),
            durations,
            after_still,
            stop_first: known.stop_first || stops_between,
            file,
        };
        Load::new(new, ctx.now)
    }

    /// How long a still is shown.
    pub(super) fn dwell(&self) -> Duration {
        self.intent.rule().map_or(DWELL, |rule| rule.dwell)
    }

    /// Prepares the load to offer with SetNextAVTransportURI, if the loop method calls for it.
    pub(super) fn offer_next(&mut self, ctx: &mut Context<'_>) -> bool {
        if self.playback.next().is_some() || self.method() != LoopMethod::Next {
            return false;
        }
        let following = self.intent.programme.following().cloned();
        let (Some(file), Some(port)) = (following, ctx.media_port) else {
            return false;
        };
        let mut next = self.make_load(file, port, ctx);
        // If the renderer refused the subtitles here, the hand-over would fail with them.
        let metadata = next.metadata;
        let knows = self.capabilities.knows_subtitles();
        let subtitles = metadata.subtitles.filter(|method| !method.is_metadata() || knows);
        next.describe(Metadata { subtitles, ..metadata });
        self.playback.prepare_next(next);
        true
    }

    /// There is evidence that the load plays. Play was sent at `sent`.
    pub(super) fn runs(&mut self, sent: Instant, ctx: &mut Context<'_>) {
        let now = ctx.now;
        if let Some(load) = self.playback.load() {
            self.capabilities.accepts(load);
        }
        let gap = self.playback.round_begins(now);
        self.count(ctx, |row| row.start(gap));
        if let (Some(load), Some(gap)) = (self.playback.load(), gap) {
            self.capabilities.looped(load.kind(), Way::Restart, gap);
        }
        let recovered = self.playback.clear_fault(|_| true) | self.connection.clear_fault();
        if recovered {
            ctx.trace.note(now, self.name(), What::Recovered);
        }
        if let Some(path) = self.playback.load().map(|load| load.file.path.clone()) {
            let what = if gap.is_some() { What::Again(path) } else { What::Playing(path) };
            ctx.trace.note(now, self.name(), what);
        }
        let first = self.playback.rounds.played == 0;
        if let Some(volume) = self.intent.usual_volume().filter(|_| first) {
            self.volume.want(volume);
        }
        self.observation.ask_position_at(now + FIRST_LOOK);
        self.enter(Phase::Running { since: now, doubt: None }, "the renderer plays", ctx);
        // Many renderers report PLAYING before the first picture. How long before is known after a whole round.
        let known = self.capabilities.habits.latency;
        let latest = known.map(|latency| sent + latency + LATENCY_VARIES);
        if let Some(load) = self.playback.load_mut() {
            let latest = latest.unwrap_or(now + UNKNOWN_LATENCY);
            load.playhead_mut().begin(sent, latest, Duration::ZERO, known.is_some());
        }
    }

    /// The load played to its end.
    pub(super) fn ended(&mut self, ctx: &mut Context<'_>) {
        let rounds = self.playback.round_ended(ctx.now);
        ctx.trace.note(ctx.now, self.name(), What::Ended(rounds));
        if self.playback.holds_next() {
            // The renderer accepted the next file and did not move on to it.
            self.next_failed(false);
        }
        self.playback.drop_next();
        let Some(load) = self.playback.load() else {
            return;
        };
        let hurried = is_hurried(load, ctx.now);
        self.learn_beginning(ctx.now);
        self.enter(Phase::Over, "the file played to its end", ctx);
        if hurried {
            // The load lasted less than half as long as it should: that is a failure, and its pause spares the
            // renderer.
            self.fail(Fault::DoesNotPlay(self.file_name()), ctx);
        } else {
            self.playback.forget_failures();
            self.count(ctx, Row::complete);
        }
    }

    /// Learns from a whole round how long after Play it began.
    fn learn_beginning(&mut self, now: Instant) {
        self.playback.set_start(None);
        let whole = |load: &&Load| load.is_running() && !load.taken_over;
        let Some(load) = self.playback.load().filter(whole) else { return };
        let Some(duration) = load.duration else { return };
        let watched = now.since(self.observation.known_before) < WATCHED;
        let latency = load.playhead.latency_of(duration, now);
        let measured = load.playhead.measured();
        let start = measured.or_else(|| load.playhead.begun(latency.filter(|_| watched)?));
        // A late look at the end (the renderer hung, or was away) gives only an upper bound of the latency.
        if watched || latency < self.capabilities.habits.latency {
            self.capabilities.set_latency(latency);
        }
        self.playback.set_start(start.map(|(sent, origin)| Start { sent, origin }));
    }

    /// Moves on to the next file, or rests at the end of the programme.
    pub(super) fn follow(&mut self, ctx: &mut Context<'_>) {
        let goes_on = self.intent.programme_mut().advance();
        let programme = &self.intent.programme;
        if programme.at_start() && programme.has_others() {
            self.playback.request_scan();
        }
        self.playback.retire_after_end();
        if self.returns_to_rest() {
            return;
        }
        if goes_on {
            self.reload(ctx);
        } else {
            self.intent.finish();
            ctx.trace.note(ctx.now, self.name(), What::Finished);
        }
    }

    /// Returns to rest after the last clip, if the renderer rested before. Returns whether it did. A picture stays on
    /// the screen until it is stopped.
    pub(super) fn returns_to_rest(&mut self) -> bool {
        let shown = |load: &Load| load.is_still() && load.phase == Phase::Over;
        let remains = self.playback.previous().is_some_and(shown) && self.observation.is_active();
        self.intent.return_to_rest(remains)
    }

    /// The load did not begin to play after Play.
    pub(super) fn never_began(&mut self, ctx: &mut Context<'_>) {
        let fault = self.playback.load().map_or(Fault::NoServer, Load::never_began);
        self.fail(fault, ctx);
    }

    /// The load does not play: records why and schedules a retry. After an end, or after every third failure, the retry
    /// takes the next file.
    pub(super) fn fail(&mut self, fault: Fault, ctx: &mut Context<'_>) {
        if self.playback.load().is_some_and(Load::is_starting) && self.stop_before_still(ctx) {
            return;
        }
        if self.playback.load().is_some_and(|load| !load.is_running()) {
            self.doubt_subtitles();
        }
        let pause = self.pause_after_failure(ctx);
        self.playback.drop_next();
        self.playback.forget_end();
        let fault = self.cause(fault);
        self.enter(Phase::Failed { retry_at: ctx.now + pause }, "the file does not play", ctx);
        self.count(ctx, |row| row.fail(&fault));
        self.trouble(fault, ctx);
        if self.intent.shows_black() {
            // If a renderer cannot show the black picture, stopping it makes the screen dark, too.
            self.intent.end_picture();
        }
    }

    /// Chooses the file for the retry, and returns the pause before it.
    fn pause_after_failure(&mut self, ctx: &mut Context<'_>) -> Duration {
        let interrupted = self.intent.programme.is_interrupted();
        let doubled = PAUSES.pause_by_chance(self.playback.rounds.failures, ctx.rng.f64());
        let pause = if interrupted { Duration::ZERO } else { doubled };
        if interrupted {
            // Instead of retrying a clip, go back to what it interrupted.
            self.intent.programme_mut().advance();
        } else {
            self.playback.count_failure();
        }
        let over = self.playback.phase() == Some(&Phase::Over);
        let skips = over || self.playback.rounds.failures.is_multiple_of(FAILURES_TO_SKIP);
        if !interrupted && skips && self.intent.programme.has_others() {
            self.intent.programme_mut().advance();
        }
        pause
    }

    /// The real cause of the failure, if the box knows more than the renderer.
    fn cause(&mut self, fault: Fault) -> Fault {
        let Some(load) = self.playback.load() else { return fault };
        if load.evidence.is_cut() {
            // The box broke the stream off: the renderer is not to blame.
            let there = self.intent.programme.has(&load.file.path);
            let fault = match (load.evidence.replaced, there) {
                (true, true) => Fault::Replaced(load.name()),
                (_, false) => Fault::Removed(load.name()),
                (false, true) => Fault::Unreadable(load.name()),
            };
            self.playback.request_scan();
            return fault;
        }
        if fault == Fault::StoppedItself && load.has_shown_nothing() {
            return load.never_began();
        }
        fault
    }

    /// Gives a still once more after a Stop, if it was not shown in place of another still. Returns `false` if that is
    /// not the reason.
    fn stop_before_still(&mut self, ctx: &mut Context<'_>) -> bool {
        let Some(load) = self.playback.load_mut().filter(|load| load.attempt.after_still) else {
            return false;
        };
        if load.attempt.repeated {
            // The still failed in spite of the Stop.
            self.capabilities.set_stop_between_stills(false);
            return false;
        }
        if self.capabilities.stop_between_stills {
            return false;
        }
        self.capabilities.set_stop_between_stills(true);
        load.repeat();
        load.forget_fetch();
        self.enter(Phase::Wanted { at: ctx.now }, "the previous picture is not gone yet", ctx);
        true
    }

    /// SetNextAVTransportURI does not work for media of this kind; `hung`: the renderer hung on it.
    pub(super) fn next_failed(&mut self, hung: bool) {
        if let Some(load) = self.playback.next().or(self.playback.load()) {
            self.capabilities.next_failed(load.kind(), hung);
        }
    }

    /// Describes the load without subtitles in its metadata. Returns `false` if it named none.
    pub(super) fn drop_subtitles(&mut self) -> bool {
        let Some(load) = self.playback.load_mut() else { return false };
        let metadata = load.metadata;
        if !metadata.subtitles.is_some_and(|method| method.is_metadata()) {
            return false;
        }
        load.describe(Metadata { subtitles: None, ..metadata });
        self.capabilities.strike_subtitles();
        true
    }

    /// The load was accepted and did not play, or was refused at every metadata level: the subtitles may be the reason.
    fn doubt_subtitles(&mut self) {
        let subtitled = self.playback.load().is_some_and(|load| load.file.subtitles.is_some());
        if !(subtitled && self.capabilities.acquit_subtitles()) {
            self.drop_subtitles();
        }
    }

    /// Leaves the renderer to a viewer, for good or for a while.
    pub(super) fn yield_to_viewer(&mut self, did: Viewer, ctx: &mut Context<'_>) {
        let until = self.intent.yield_to(did, ctx.now);
        let again = until.map(|until| until.since(ctx.now));
        ctx.trace.note(ctx.now, self.name(), What::Viewer(did, again));
        self.playback.clear_fault(|_| true);
    }
}

/// Returns whether the round was so much shorter than the file that the file did not play.
fn is_hurried(load: &Load, now: Instant) -> bool {
    match (&load.phase, load.length()) {
        // The box ends a still, whatever duration the renderer reports for it.
        _ if load.is_still() => false,
        (Phase::Running { since, .. }, Some(length)) => {
            now.since(*since) < length.saturating_sub(load.from).mul_f64(0.5)
        }
        (Phase::Running { since, .. }, None) => now.since(*since) < SHORTEST_ROUND,
        _ => false,
    }
}
