//! What a position means: where in the file the renderer is, and whether it moved on to the next file or plays a
//! foreign one.

use super::load::{Load, Phase};
use super::outcome::FIRST_LOOK;
use super::pace::SUSPECTS;
use super::playhead::{Playhead, Report};
use super::transport_state::LOOK_AGAIN;
use super::{Context, Renderer};
use crate::kiosk::habits::Way;
use crate::kiosk::left_out::Fit;
use crate::kiosk::statistics::Row;
use crate::kiosk::trace::What;
use crate::media::catalogue::MediaFile;
use crate::time::{Duration, Instant};
use crate::upnp::HttpUrl;
use crate::upnp::action::PositionInfo;
use std::rc::Rc;

/// The pause before a renderer is asked again that still plays its old file after Play.
const OLD_FILE: Duration = Duration::from_millis(300);
/// The pause before a renderer is asked again that did not report its position.
pub(super) const UNTOLD: Duration = Duration::from_secs(10);
/// The pause before a renderer whose position does not tell is asked which file it holds.
const WHICH_FILE: Duration = Duration::from_secs(20);
/// A position this far ahead of a seek shows that the seek had no effect.
const SEEK_IGNORED: Duration = Duration::from_secs(3);

/// Whose file the renderer plays, judged by TrackURI.
enum Track {
    /// A load of this box, or no URI was named.
    Ours,
    /// The next load; `early`: the renderer may only have begun to read it.
    Next { early: bool },
    /// Something that this box did not give to the renderer.
    Foreign,
}

impl Renderer {
    /// Takes the answer to GetPositionInfo.
    pub(super) fn take_position_info(
        &mut self,
        info: &PositionInfo,
        asked_at: Instant,
        ctx: &mut Context<'_>,
    ) {
        let uri = info.track_uri.as_deref().unwrap_or("");
        let uri = if self.is_from_itself(uri, ctx.now) { "" } else { uri };
        self.observation.note_uri(uri.contains("://"));
        let track = self.track(uri, info.rel_time, ctx.now);
        match track {
            // The position in this report may still refer to the previous file.
            Track::Next { early: false } if self.playback.holds_next() => {
                return self.hand_over(ctx);
            }
            Track::Next { .. } => {}
            Track::Foreign => {
                if self.observation.seen_foreign() {
                    return self.foreign_track(uri, ctx);
                }
            }
            Track::Ours if self.observation.names_no_uri => {
                self.observation.ask_uri_by(ctx.now + WHICH_FILE);
            }
            Track::Ours => self.observation.seen_ours(ctx.now),
        }
        if self.plays_old_file(uri) {
            return self.observation.ask_position_at(ctx.now + OLD_FILE);
        }
        let early = matches!(track, Track::Next { early: true });
        self.update_playhead(info, asked_at, early, ctx.now);
        if let Some(sent) = self.begins_to_move(info, uri) {
            self.runs(sent, ctx);
        }
    }

    /// Takes the URI that the renderer holds, where its position does not tell what it plays.
    pub(super) fn take_held_uri(&mut self, uri: &str, ctx: &mut Context<'_>) {
        // Some renderers hold the first of several files that followed each other.
        if !self.is_foreign(uri) || self.is_from_itself(uri, ctx.now) || self.serves(uri, ctx) {
            return self.observation.seen_ours(ctx.now);
        }
        match self.observation.seen_foreign() {
            true => self.foreign_track(uri, ctx),
            false => self.observation.ask_uri_by(ctx.now + SUSPECTS),
        }
    }

    fn track(&self, uri: &str, position: Option<Duration>, now: Instant) -> Track {
        // If a renderer names no URI, what it fetched tells which load it plays.
        let nameless = self.observation.names_no_uri;
        let is_next = |next: &Load| next.is_named_by(uri) || (nameless && next.evidence.fetched);
        if self.playback.next().is_some_and(is_next) {
            Track::Next { early: !self.may_have_handed_over(position, now) }
        } else if self.is_foreign(uri) {
            Track::Foreign
        } else {
            Track::Ours
        }
    }

    /// The renderer plays something that is none of the current loads.
    fn foreign_track(&mut self, uri: &str, ctx: &mut Context<'_>) {
        // A person who pressed play after the renderer was last seen with a file of ours wants it back.
        let wanted = self.intent.take_pressed_since(self.observation.ours_at);
        match wanted || self.serves(uri, ctx) {
            true => self.give_again(ctx),
            false => self.yield_to_control_point(ctx),
        }
    }

    fn update_playhead(
        &mut self,
        info: &PositionInfo,
        asked_at: Instant,
        early: bool,
        now: Instant,
    ) {
        if let Some(load) = self.playback.load_mut().filter(|_| !early) {
            load.say_duration(info.track_duration);
        }
        let at_end = |load: &Load| load.end().is_some_and(|(earliest, _)| earliest <= now);
        // Some renderers report 0:00 at the end, before or after they report STOPPED: that is no new beginning.
        let at_end = self.playback.load().is_some_and(at_end);
        let position = info.rel_time.filter(|position| !(at_end && position.is_zero()));
        let seeked_at = match (self.playback.load(), position) {
            (Some(_), Some(_)) => self.playback.take_seeked(FIRST_LOOK, now),
            _ => None,
        };
        let plays = self.observation.is_playing();
        let Some(load) = self.playback.load_mut() else { return };
        if plays && position.is_some_and(|position| position.is_zero()) {
            load.stands(now);
        }
        if info.rel_time.is_none() {
            load.playhead_mut().say_nothing();
        }
        let Some(position) = position else { return };
        if seeked_at.is_some_and(|at| position > now.since(at) + SEEK_IGNORED) {
            self.capabilities.seek_failed();
        }
        if load.taken_over && !load.playhead.was_asked() {
            load.began_at(position);
        }
        let (answered_at, fractional) = (now, info.fractional);
        load.playhead_mut().take(Report { asked_at, answered_at, position, fractional });
        if load.playhead.moved() {
            self.capabilities.position_moves(load.kind());
        }
    }

    /// Returns when Play was sent, if the renderer reports PLAYING and its position shows that the load has begun.
    fn begins_to_move(&self, info: &PositionInfo, uri: &str) -> Option<Instant> {
        let load = self.playback.load().filter(|_| self.observation.is_playing())?;
        let Phase::Starting { sent, .. } = load.phase else { return None };
        let named = load.is_named_by(uri) && info.rel_time.is_some_and(|p| !p.is_zero());
        (load.may_be_what_moves(sent) || named).then_some(sent)
    }

    /// The renderer was asked for its position and did not report it.
    pub(super) fn position_untold(&mut self, now: Instant) {
        self.observation.ask_position_at(now + UNTOLD);
        if self.playback.is_running() {
            self.observation.ask_uri_by(now + WHICH_FILE);
        }
        if let Some(load) = self.playback.load_mut() {
            load.playhead_mut().say_nothing();
        }
    }

    /// The renderer names the next file: returns whether it may play it already, rather than having only begun to read
    /// it.
    fn may_have_handed_over(&self, position: Option<Duration>, now: Instant) -> bool {
        let Some(load) = self.playback.load() else { return true };
        let over = |(earliest, _)| earliest <= now;
        load.end().is_none_or(over) || position.is_some_and(|p| p < load.playhead.furthest())
    }

    /// Returns whether the renderer answered 200 to SetAVTransportURI and Play and still plays what it played before.
    /// Some televisions and speakers do.
    fn plays_old_file(&self, uri: &str) -> bool {
        let load = self.playback.load().filter(|load| load.is_starting());
        load.is_some_and(|load| !load.is_named_by(uri)) && uri.contains("://")
    }

    /// Returns whether answers about the position do not show which file the renderer plays.
    pub(super) fn hides_its_file(&self) -> bool {
        let is_mute = self.playback.load().is_some_and(|load| load.playhead.is_mute());
        is_mute || self.observation.names_no_uri
    }

    fn is_foreign(&self, uri: &str) -> bool {
        let ours = self.playback.loads().any(|load| load.is_named_by(uri));
        self.playback.is_running() && !ours && uri.contains("://")
    }

    /// Returns whether the URI points to the renderer itself, which fetches the load, or has it and is not at its end: some
    /// programs play through a server of their own. Without such a fetch, a viewer plays something from there.
    fn is_from_itself(&self, uri: &str, now: Instant) -> bool {
        let Some(load) = self.playback.load() else { return false };
        let plays_on = || load.end().is_none_or(|(_, latest)| now < latest);
        let its_own = |url: HttpUrl| url.host.is_loopback() || url.host == self.host();
        let is_ours = || self.playback.loads().any(|load| load.is_named_by(uri));
        HttpUrl::parse(uri).is_some_and(its_own)
            && !is_ours()
            && (load.evidence.is_open() || load.is_fetched_at(now) || load.is_whole() && plays_on())
    }

    /// Returns whether the URI points to this box, however long ago it was given.
    pub(super) fn serves(&self, uri: &str, ctx: &Context<'_>) -> bool {
        let Some(url) = HttpUrl::parse(uri) else { return false };
        let now = ctx.media_port.map(|port| (self.connection.facing, port));
        let before = [self.playback.load(), self.playback.previous()].into_iter().flatten();
        now.into_iter()
            .chain(before.map(|load| load.origin))
            .any(|origin| origin == (url.host, url.port))
    }

    /// Gives the load again after a Stop: the renderer plays an older file of ours or a file from another box.
    fn give_again(&mut self, ctx: &mut Context<'_>) {
        self.capabilities.needs_stop_first();
        if let Some(load) = self.playback.load_mut() {
            load.begin_again(Playhead::expecting(self.capabilities.habits.moves.of(load.kind())));
        }
        self.enter(Phase::Wanted { at: ctx.now }, "the renderer plays an older file", ctx);
    }

    /// The renderer moved on to the next file by itself.
    fn hand_over(&mut self, ctx: &mut Context<'_>) {
        let now = ctx.now;
        let end = self.playback.load().and_then(Load::end);
        let earliest = end.map_or(now, |(earliest, _)| earliest.min(now));
        self.looped(Duration::ZERO, ctx);
        if let Some(load) = self.playback.load() {
            let length = load.lengths.ending_at(load.playhead.furthest(), load.took(now));
            if let Some(length) = length {
                self.playback.note_end(length, length, true, now);
            }
        }
        self.capabilities.next_works();
        if let Some(next) = self.playback.next() {
            self.capabilities.looped(next.kind(), Way::Next, Duration::ZERO);
        }
        self.count(ctx, Row::complete);
        self.capabilities.played(self.playback.load());
        let next = self.playback.next().map(|next| next.file.path.clone());
        let is_next = |file: &MediaFile| Some(&file.path) == next.as_ref();
        let fit = |file: &MediaFile| if is_next(file) { Fit::Good } else { Fit::Unlisted };
        if let Some(path) = self.playback.load().map(|load| Rc::clone(&load.file.path)) {
            self.intent.programme_mut().advance_past(&path, fit);
        }
        self.playback.hand_over();
        self.count(ctx, |row| row.start(Some(Duration::ZERO)));
        self.enter(
            Phase::Running { since: now, doubt: None },
            "the renderer moved on by itself",
            ctx,
        );
        if let Some(load) = self.playback.load_mut() {
            // Some renderers name the next file up to a second before they play it.
            let latest = now + Duration::from_millis(1500);
            load.playhead_mut().begin(earliest, latest, Duration::ZERO, false);
        }
    }

    /// A round is over, and the next one follows without a stop.
    fn looped(&mut self, gap: Duration, ctx: &mut Context<'_>) {
        let rounds = self.playback.round_followed(gap);
        ctx.trace.note(ctx.now, self.name(), What::Looped(rounds));
    }

    /// The renderer was sent back to the beginning.
    pub(super) fn sent_back(&mut self, sent: Instant, ctx: &mut Context<'_>) {
        let now = ctx.now;
        let gap = now.since(sent);
        self.looped(gap, ctx);
        self.playback.seeked(now);
        if let Some(load) = self.playback.load() {
            self.capabilities.looped(load.kind(), Way::Seek, gap);
        }
        self.count(ctx, |row| {
            row.complete();
            row.start(Some(gap));
        });
        self.observation.ask_position_at(now + FIRST_LOOK);
        self.observation.ask_state_at(now + Duration::from_millis(300));
        self.enter(Phase::Running { since: now, doubt: None }, "sent back to the beginning", ctx);
        if let Some(load) = self.playback.load_mut() {
            load.began_at(Duration::ZERO);
            // The renderer seeks within an open stream, which is no slower than a start.
            let latency = self.capabilities.habits.latency;
            let latest = now + latency.unwrap_or(Duration::from_millis(300));
            load.playhead_mut().begin(sent, latest, Duration::ZERO, latency.is_some());
        }
    }

    /// The renderer was sent to a position in its file.
    pub(super) fn sent_to_position(&mut self, sent: Instant, ctx: &mut Context<'_>) {
        let now = ctx.now;
        self.observation.ask_position_at(now + FIRST_LOOK);
        self.observation.ask_state_by(now + LOOK_AGAIN);
        let Some(position) = self.playback.load().and_then(|load| load.seek_to) else { return };
        if let Some(&Phase::Running { doubt, .. }) = self.playback.phase() {
            self.enter(Phase::Running { since: now, doubt }, "sent to a position", ctx);
            if let Some(load) = self.playback.load_mut() {
                load.began_at(position);
            }
        }
        if let Some(load) = self.playback.load_mut() {
            load.send_to(None);
            load.playhead_mut().begin(sent, now + LOOK_AGAIN, position, false);
        }
    }
}
