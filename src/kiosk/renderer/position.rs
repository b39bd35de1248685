//! What a position means: where in its file it is, whether it went on to the next one, or plays somebody else's.

use super::load::{Load, Phase};
use super::outcome::FIRST_LOOK;
use super::playhead::{Playhead, Report};
use super::verdict::LOOK_AGAIN;
use super::witness::Witness;
use super::{Context, Renderer};
use crate::kiosk::habits::Way;
use crate::kiosk::statistics::Row;
use crate::kiosk::trace::What;
use crate::time::{Duration, Instant};
use crate::upnp::HttpUrl;
use crate::upnp::av_transport::{PositionInfo, TransportState};

/// Reports in a row of somebody else's URI that mean: taken over.
const STRANGERS: u8 = 3;

impl Renderer {
    /// Where it says it is.
    pub(super) fn place(&mut self, info: &PositionInfo, asked_at: Instant, ctx: &mut Context<'_>) {
        let now = ctx.now;
        let uri = info.track_uri.as_deref().unwrap_or("");
        // Where it names nothing, that it came for the next file tells.
        let nameless = !uri.contains("://");
        let is_next = |next: &Load| next.is_named_by(uri) || (nameless && next.fetched);
        let names_next = self.next.as_ref().is_some_and(is_next);
        let early = names_next && !self.may_have_handed_over(info.rel_time, now);
        if names_next {
            let accepted = |next: &Load| matches!(next.phase, Phase::Accepted { .. });
            if !early && self.next.as_ref().is_some_and(accepted) {
                // The position in this report may still be one in the file before.
                return self.hand_over(ctx);
            }
        } else if self.is_foreign(uri) {
            self.strangers = self.strangers.saturating_add(1);
            if self.strangers >= STRANGERS {
                self.strangers = 0;
                // Whoever pressed play since it was last seen with ours wants it back.
                let wanted = core::mem::take(&mut self.pressed_at) > self.ours_at;
                return match wanted || self.serves(uri, ctx) {
                    true => self.give_again(ctx),
                    false => self.taken_over(ctx),
                };
            }
        } else {
            self.strangers = 0;
            self.ours_at = now;
        }
        if self.plays_something_else(uri) {
            self.position_due = now + Duration::from_millis(300);
            return;
        }
        let Some(load) = self.load.as_mut() else {
            return;
        };
        if !early {
            load.said_duration = info.track_duration.or(load.said_duration);
        }
        // Some say 0:00 at their end, before or after they say STOPPED: that is no new beginning.
        let at_end = load.end().is_some_and(|(earliest, _)| earliest <= now);
        let position = info.rel_time.filter(|position| !(at_end && position.is_zero()));
        if let Some(position) = position {
            let report =
                Report { asked_at, answered_at: now, position, fractional: info.fractional };
            let seeked_at = self.seeked_at.take_if(|at| now.since(*at) > FIRST_LOOK);
            if seeked_at.is_some_and(|at| position > now.since(at) + Duration::from_secs(3)) {
                // The seek was taken and did nothing.
                self.habits.seek_broken = true;
            }
            if load.inherited && !load.playhead.was_asked() {
                load.from = position;
            }
            load.playhead.take(report);
            if load.playhead.moved() {
                *self.habits.moves.at(load.file.media_type.kind) = true;
            }
        }
        if info.rel_time.is_none() {
            load.playhead.say_nothing();
        }
        let moved = load.playhead.moved()
            || (load.is_named_by(uri) && info.rel_time.is_some_and(|p| !p.is_zero()));
        if let Phase::Starting { sent, .. } = load.phase
            && moved
            && self.state == Some(TransportState::Playing)
        {
            self.runs(sent, ctx);
        }
    }

    /// It was asked where it is, and will not say.
    pub(super) fn does_not_say_where(&mut self, now: Instant) {
        self.position_due = now + Duration::from_secs(10);
        if let Some(load) = self.load.as_mut() {
            load.playhead.say_nothing();
        }
    }

    /// It names the next file: does it play that already, or has it only begun to read it?
    fn may_have_handed_over(&self, position: Option<Duration>, now: Instant) -> bool {
        let Some(load) = &self.load else { return true };
        let over = |(earliest, _)| earliest <= now;
        load.end().is_none_or(over) || position.is_some_and(|p| p < load.playhead.furthest())
    }

    /// It answered 200 to Set and Play, and plays on what it played before (LG Netcast, HEOS).
    fn plays_something_else(&self, uri: &str) -> bool {
        let named = |load: &Load| load.is_named_by(uri);
        let starting = |load: &&Load| matches!(load.phase, Phase::Starting { .. });
        let load = self.load.as_ref().filter(starting);
        load.is_some_and(|load| !named(load)) && uri.contains("://")
    }

    fn is_foreign(&self, uri: &str) -> bool {
        let running = matches!(self.load.as_ref().map(|l| &l.phase), Some(Phase::Running { .. }));
        let ours = [&self.load, &self.next, &self.previous]
            .into_iter()
            .flatten()
            .any(|load| load.is_named_by(uri));
        running && !ours && uri.contains("://")
    }

    /// The URI is one that this box gave it, however long ago.
    fn serves(&self, uri: &str, ctx: &Context<'_>) -> bool {
        let Some(url) = HttpUrl::parse(uri) else { return false };
        let now = ctx.media_port.map(|port| (self.facing, port));
        let before = [&self.load, &self.previous].into_iter().flatten().map(|load| load.origin);
        now.into_iter().chain(before).any(|origin| origin == (url.host, url.port))
    }

    /// It plays something else, an older file of ours or another box's: it needs a Stop before.
    fn give_again(&mut self, ctx: &mut Context<'_>) {
        self.habits.stop_first = true;
        if let Some(load) = self.load.as_mut() {
            load.stop_first = true;
            load.from = Duration::ZERO;
            load.fetched = false;
            load.witness = Witness::default();
            load.playhead = Playhead::expecting(self.habits.moves.of(load.file.media_type.kind));
            load.phase = Phase::Wanted { at: ctx.now };
        }
    }

    /// It went on to the next file by itself.
    fn hand_over(&mut self, ctx: &mut Context<'_>) {
        let now = ctx.now;
        let earliest = self
            .load
            .as_ref()
            .and_then(super::Load::end)
            .map_or(now, |(earliest, _)| earliest.min(now));
        self.looped(Duration::ZERO, ctx);
        self.habits.next_works = true;
        if let Some(next) = &self.next {
            self.habits.looped(next.file.media_type.kind, Way::Next, Duration::ZERO);
        }
        self.tally(ctx, Row::complete);
        self.programme.advance();
        self.offered = false;
        self.previous = self.load.take();
        self.load = self.next.take();
        self.tally(ctx, |row| row.start(Some(Duration::ZERO)));
        if let Some(load) = self.load.as_mut() {
            load.phase = Phase::Running { since: now, doubt: None };
            // Some name the next file up to a second before they play it.
            load.playhead.begin(earliest, now + Duration::from_millis(1500), Duration::ZERO, false);
        }
    }

    /// A round is over, and the next one follows without a stop.
    fn looped(&mut self, gap: Duration, ctx: &mut Context<'_>) {
        self.rounds = self.rounds.saturating_add(1);
        self.failures = 0;
        self.gap = Some(gap);
        ctx.trace.note(ctx.now, self.name(), What::Looped(self.rounds));
    }

    /// It was sent back to the beginning.
    pub(super) fn seeked(&mut self, sent: Instant, ctx: &mut Context<'_>) {
        let now = ctx.now;
        let gap = now.since(sent);
        self.looped(gap, ctx);
        self.seeked_at = Some(now);
        if let Some(load) = &self.load {
            self.habits.looped(load.file.media_type.kind, Way::Seek, gap);
        }
        self.tally(ctx, |row| {
            row.complete();
            row.start(Some(gap));
        });
        self.position_due = now + FIRST_LOOK;
        self.transport_due = now + Duration::from_millis(300);
        if let Some(load) = self.load.as_mut() {
            load.phase = Phase::Running { since: now, doubt: None };
            load.from = Duration::ZERO;
            // It goes back within an open stream: no slower than its start.
            let latency = self.habits.latency;
            let latest = now + latency.unwrap_or(Duration::from_millis(300));
            load.playhead.begin(sent, latest, Duration::ZERO, latency.is_some());
        }
    }

    /// It was sent to a place in its file.
    pub(super) fn sought(&mut self, sent: Instant, now: Instant) {
        self.position_due = now + FIRST_LOOK;
        self.transport_due = self.transport_due.min(now + LOOK_AGAIN);
        if let Some(load) = self.load.as_mut()
            && let Some(place) = load.seek_to.take()
        {
            if let Phase::Running { since, .. } = &mut load.phase {
                (*since, load.from) = (now, place);
            }
            load.playhead.begin(sent, now + LOOK_AGAIN, place, false);
        }
    }
}
