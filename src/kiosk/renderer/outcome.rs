//! What happens to a load: it is made, starts or ends, and something follows it. See `failures` for one that fails.

use super::lengths::Lengths;
use super::load::{Load, Metadata, NewLoad, Phase};
use super::playhead::Playhead;
use super::{Context, Renderer};
use crate::config::{DWELL, LoopMethod};
use crate::kiosk::effect::Effect;
use crate::kiosk::fault::Fault;
use crate::kiosk::group::{Gate, Start};
use crate::kiosk::habits::Way;
use crate::kiosk::reason::Viewer;
use crate::kiosk::statistics::Row;
use crate::kiosk::trace::What;
use crate::media::catalogue::MediaFile;
use crate::media::generated::black_body;
use crate::media::media_type::MediaKind;
use crate::time::{Duration, Instant};
use std::rc::Rc;

/// The spread between a renderer's starts.
const LATENCY_VARIES: Duration = Duration::from_millis(50);
/// A renderer of unknown latency starts at most this long after it first reports PLAYING.
const UNKNOWN_LATENCY: Duration = Duration::from_millis(500);
/// The time of an end is known only if the previous look at the state was at most this long ago.
const WATCHED: Duration = Duration::from_millis(600);
/// The first position request after a start. Earlier, some renderers still report the previous position.
pub(super) const FIRST_LOOK: Duration = Duration::from_millis(1600);
/// A renderer that must seek is asked so often whether it has opened the file.
pub(super) const OPENING: Duration = Duration::from_millis(100);
/// A file of unknown length that ends sooner than this did not play.
const SHORTEST_ROUND: Duration = Duration::from_secs(1);
/// A file that stops sooner than this, and before its length, has not ended: a decoder gave up.
const SHORTEST_EARLY: Duration = Duration::from_secs(2);
/// How long black is shown before it is renewed, on a renderer that does not put it away by itself.
const BLACK_LASTS: Duration = Duration::from_secs(3600);
/// The share of the time after which a renderer puts a picture away, at which black is renewed. What is gone sooner, a viewer
/// has stopped.
const RENEWED_AT: f64 = 0.6;

impl Renderer {
    /// Makes the load for the current file. Returns `false` if there is no file or no media server.
    pub(super) fn reload(&mut self, ctx: &mut Context<'_>) -> bool {
        if self.sits_out() {
            return false;
        }
        self.tell_unlisted(ctx);
        self.settle(ctx.now);
        if self.sits_out() {
            return false;
        }
        self.doubt_if_all_failed(ctx.now);
        let Some(file) = self.intent.programme.current().cloned() else {
            self.playback.request_scan();
            self.trouble(Fault::NothingToPlay, ctx);
            return false;
        };
        let Some(port) = ctx.media_port else {
            self.trouble(Fault::NoServer, ctx);
            return false;
        };
        self.follow_window_volume();
        ctx.trace.note(ctx.now, self.name(), What::Loading(file.path.clone()));
        let position = self.intent.programme_mut().take_place();
        let mut load = self.make_load(file, port, ctx);
        load.send_to(position.filter(|_| !self.capabilities.habits.seek_broken));
        self.playback.take_load(load);
        self.playback.clear_fault(|fault| fault.ends_with_a_file());
        self.hold_back(ctx);
        if self.slot.is_taken() {
            // A card or black is shown without waiting for the other members.
            let alone = self.intent.programme.is_covered() || self.intent.shows_black();
            self.slot.set_gate(if alone { Gate::Open } else { Gate::Shut });
        }
        true
    }

    fn make_load(&self, file: MediaFile, port: u16, ctx: &mut Context<'_>) -> Load {
        let token = ctx.token(&file.path);
        let mut before = [self.playback.load(), self.playback.previous()].into_iter().flatten();
        let after_still = file.media_type.kind == MediaKind::Image
            && before.clone().next().is_some_and(Load::is_still);
        let before = before.find(|load| load.file == file).map(|load| load.lengths);
        let ended = self.playback.end_of(&file);
        let lengths = Lengths { ended, ..before.unwrap_or_default() };
        if lengths.file.is_none() {
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
            dwell: self.dwell(&file),
            lengths,
            after_still,
            stop_first: known.stop_first || stops_between,
            file,
        };
        Load::new(new, ctx.now)
    }

    /// How long a still is shown. Black is renewed before a renderer puts it away.
    pub(super) fn dwell(&self, file: &MediaFile) -> Duration {
        if black_body(file).is_some() {
            let renewed = self.capabilities.black_lasts.map(|lasts| lasts.mul_f64(RENEWED_AT));
            return renewed.map_or(BLACK_LASTS, |at| at.min(BLACK_LASTS));
        }
        self.intent.rule().map_or(DWELL, |rule| rule.dwell)
    }

    /// Prepares the load to offer with SetNextAVTransportURI, if the loop method calls for it.
    pub(super) fn offer_next(&mut self, ctx: &mut Context<'_>) -> bool {
        if self.playback.next().is_some() || self.method(ctx.now) != LoopMethod::Next {
            return false;
        }
        let following = self.following(ctx.now).cloned();
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
        self.volume.begin_with(self.intent.usual_volume());
        self.observation.seen_playing(now);
        let seeks = self.playback.load().is_some_and(|load| load.seek_to.is_some());
        self.observation.ask_position_at(now + if seeks { OPENING } else { FIRST_LOOK });
        self.enter(Phase::Running { since: now, doubt: None }, "the renderer plays", ctx);
        // Many renderers report PLAYING before the first picture. How long before is known after a whole round.
        let known = self.capabilities.habits.latency;
        let latest = known.map(|latency| sent + latency + LATENCY_VARIES);
        if let Some(load) = self.playback.load_mut() {
            // What is seen now counts more than what was learned, unless nothing could be seen before: Play had no answer.
            let seen = if load.attempt.silent > 0 { sent } else { now };
            let latest = latest.map_or(seen + UNKNOWN_LATENCY, |latest| latest.max(seen));
            load.playhead_mut().begin(sent, latest, Duration::ZERO, known.is_some());
        }
    }

    /// The load played to its end, and the renderer has stopped.
    pub(super) fn stopped_at_end(&mut self, ctx: &mut Context<'_>) {
        self.note_end(ctx.now);
        self.capabilities.tells_end(true);
        self.ended(ctx);
    }

    /// Records where the load ended: at a length that is claimed, or else where it was seen to end.
    fn note_end(&mut self, now: Instant) {
        let Some(load) = self.playback.load() else { return };
        let (at, took) = (load.played(now), load.took(now));
        match load.lengths.ending_at(at, took) {
            Some(length) => self.playback.note_end(length, length, true, now),
            None if self.is_watched(now) => self.playback.note_end(at, took, false, now),
            None => {}
        }
    }

    /// Returns whether the renderer was looked at so lately that the time of its end is known.
    fn is_watched(&self, now: Instant) -> bool {
        now.since(self.observation.known_before) < WATCHED
    }

    /// The renderer has stopped, or stands still, at a position that nothing named as the end. It has the whole file.
    pub(super) fn ended_early(&mut self, at: Duration, ctx: &mut Context<'_>) {
        let Some(load) = self.playback.load() else { return };
        let (length, took) = (load.length(), load.took(ctx.now));
        if at < SHORTEST_EARLY {
            return self.fail(Fault::StoppedItself, ctx);
        }
        if !load.lengths.ended.is_some_and(|end| end.is_at(at, took)) {
            ctx.trace.note(ctx.now, self.name(), What::EndedEarly(at, length));
        }
        self.playback.note_end(at, took, false, ctx.now);
        self.over(false, ctx);
    }

    /// The load played to its end.
    pub(super) fn ended(&mut self, ctx: &mut Context<'_>) {
        let Some(load) = self.playback.load() else { return };
        let hurried = is_hurried(load, ctx.now);
        self.learn_beginning(ctx.now);
        self.over(hurried, ctx);
    }

    /// The load is over. `hurried`: so soon that it did not play.
    fn over(&mut self, hurried: bool, ctx: &mut Context<'_>) {
        let rounds = self.playback.round_ended(ctx.now);
        ctx.trace.note(ctx.now, self.name(), What::Ended(rounds));
        if self.playback.holds_next() {
            // The renderer accepted the next file and did not move on to it.
            if let Some(kind) = self.playback.next().map(Load::kind) {
                self.capabilities.next_missed(kind, false);
            }
        }
        self.playback.drop_next();
        self.enter(Phase::Over, "the file played to its end", ctx);
        if hurried {
            // The load lasted less than half as long as it should: that is a failure, and its pause spares the
            // renderer.
            self.fail(Fault::DoesNotPlay(self.file_name()), ctx);
        } else {
            self.playback.forget_failures();
            self.capabilities.played(self.playback.load());
            self.count(ctx, Row::complete);
        }
    }

    /// Learns from a whole round how long after Play it began.
    fn learn_beginning(&mut self, now: Instant) {
        self.playback.set_start(None);
        let whole = |load: &&Load| load.is_running() && !load.taken_over;
        let Some(load) = self.playback.load().filter(whole) else { return };
        let known = load.lengths.file.filter(|_| load.lengths.is_agreed());
        let Some(duration) = known else { return };
        let watched = self.is_watched(now);
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
        let Some(path) = self.playback.load().map(|load| Rc::clone(&load.file.path)) else {
            return;
        };
        let goes_on = self.advance_past(&path, ctx.now);
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

    /// Gives a still once more after a Stop, if it was not shown in place of another still. Returns `false` if that is
    /// not the reason.
    pub(super) fn stop_before_still(&mut self, ctx: &mut Context<'_>) -> bool {
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

    /// The renderer did not take the next file; `hung`: it did not answer.
    pub(super) fn next_refused(&mut self, hung: bool) {
        if let Some(load) = self.playback.next().or(self.playback.load()) {
            self.capabilities.next_missed(load.kind(), hung);
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
    /// Returns whether they are dropped from the next attempt.
    pub(super) fn doubt_subtitles(&mut self) -> bool {
        let subtitled = self.playback.load().is_some_and(|load| load.file.subtitles.is_some());
        !(subtitled && self.capabilities.acquit_subtitles()) && self.drop_subtitles()
    }

    /// Leaves the renderer to a viewer, for good or for a while.
    pub(super) fn yield_to_viewer(&mut self, did: Viewer, ctx: &mut Context<'_>) {
        self.yield_to_viewer_for(did, None, ctx);
    }

    /// Leaves the renderer to a viewer, for `at_most` this time if one is given.
    pub(super) fn yield_to_viewer_for(
        &mut self,
        did: Viewer,
        at_most: Option<Duration>,
        ctx: &mut Context<'_>,
    ) {
        let until = self.intent.yield_to(did, at_most.map(|span| ctx.now + span), ctx.now);
        let again = until.map(|until| until.since(ctx.now));
        ctx.trace.note(ctx.now, self.name(), What::Viewer(did, again));
        self.playback.clear_fault(|_| true);
    }
}

/// Returns whether the round was so much shorter than the file that the file did not play.
fn is_hurried(load: &Load, now: Instant) -> bool {
    match (&load.phase, load.lengths.bounds().map(|(shortest, _)| shortest)) {
        // The box ends a still, whatever duration the renderer reports for it.
        _ if load.is_still() => false,
        (Phase::Running { since, .. }, Some(length)) => {
            now.since(*since) < length.saturating_sub(load.from).mul_f64(0.5)
        }
        (Phase::Running { since, .. }, None) => now.since(*since) < SHORTEST_ROUND,
        _ => false,
    }
}
