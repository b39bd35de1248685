//! Takes over what a renderer still plays since before the box restarted, or what a viewer has started again, without
//! giving it again.
//!
//! A renderer that is active at the first look is asked for its TrackURI and, if it names none, for its CurrentURI. A
//! URL of ours whose token belongs to a file of the renderer's programme becomes a running load. Until the renderer
//! fetches more bytes, a stop in the middle is not blamed on a viewer: the restart cut the stream.

use super::intent::Goal;
use super::lengths::Lengths;
use super::load::{Load, Metadata, NewLoad, Phase};
use super::playhead::{Playhead, Report};
use super::requests::Purpose;
use super::timeouts::START_TIMEOUT;
use super::{Context, Renderer};
use crate::kiosk::effect::Effect;
use crate::kiosk::reason::Viewer;
use crate::kiosk::token::Token;
use crate::kiosk::trace::What;
use crate::time::{Duration, Instant};
use crate::upnp::HttpUrl;
use crate::upnp::action::{PositionInfo, TransportState};

/// How far the search for something to take over has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Search {
    /// There is nothing to take over, or it was taken over.
    #[default]
    None,
    /// Ask for TrackURI if the renderer is active at the first look.
    AskTrack,
    /// TrackURI was asked for; if it brings nothing, ask for CurrentURI.
    AskUri,
    /// CurrentURI was asked for, too.
    Asked,
}

/// The search for something to take over.
#[derive(Debug, Default)]
pub(super) struct Takeover(Search);

impl Takeover {
    /// There is nothing to take over.
    pub(super) fn give_up(&mut self) {
        self.0 = Search::None;
    }

    /// A call was sent. Each question is asked once.
    pub(super) fn asked(&mut self, purpose: &Purpose) {
        self.0 = match (self.0, purpose) {
            (Search::AskTrack, Purpose::Position) => Search::AskUri,
            (Search::AskUri, Purpose::Media) => Search::Asked,
            // The renderer is given something else: there is nothing left to take over.
            (_, Purpose::Set | Purpose::Stop) => Search::None,
            (asked, _) => asked,
        };
    }
}

impl Renderer {
    /// The renderer may play what it was given before: the box has restarted, or a viewer may start it again.
    pub(in crate::kiosk) fn may_be_taken_over(&mut self) {
        self.takeover.0 = Search::AskTrack;
    }

    /// The question to ask now, if the renderer may play something from an earlier run.
    pub(super) fn takeover_question(&self) -> Option<Purpose> {
        let may = match self.intent.goal {
            Goal::Play | Goal::Rest | Goal::Pause => true,
            Goal::Yield { did, .. } => matches!(did, Viewer::Stopped | Viewer::Paused),
            Goal::Stop => false,
        };
        let may = may
            && self.playback.load().is_none()
            && self.observation.is_active()
            && !self.intent.programme.is_empty();
        match self.takeover.0 {
            Search::AskTrack if may => Some(Purpose::Position),
            Search::AskUri if may => Some(Purpose::Media),
            _ => None,
        }
    }

    /// Takes the answer to the question for TrackURI.
    pub(super) fn take_over_track(
        &mut self,
        info: &PositionInfo,
        asked_at: Instant,
        ctx: &mut Context<'_>,
    ) {
        if self.takeover.0 != Search::AskUri || self.playback.load().is_some() {
            return;
        }
        let Some(uri) = info.track_uri.as_deref().filter(|uri| uri.contains("://")) else {
            return;
        };
        self.take_over(uri, info.rel_time, ctx);
        let paused = self.observation.is_paused();
        let Some(load) = self.playback.load_mut() else { return };
        load.say_duration(info.track_duration);
        if let Some(position) = info.rel_time {
            let (answered_at, fractional) = (ctx.now, info.fractional);
            load.began_at(position);
            load.playhead_mut().take(Report { asked_at, answered_at, position, fractional });
        }
        if paused {
            load.playhead_mut().freeze(ctx.now);
        }
        self.observation.ask_position_at(ctx.now + self.position_pace(ctx.now));
    }

    /// Takes the answer to the question for CurrentURI.
    pub(super) fn take_over_uri(&mut self, uri: &str, ctx: &mut Context<'_>) {
        let asked = core::mem::take(&mut self.takeover.0) == Search::Asked;
        if asked && self.playback.load().is_none() {
            self.take_over(uri, None, ctx);
            self.observation.ask_position_at(ctx.now);
        }
    }

    /// Returns whether the load with this token was stopped before it was seen playing, so lately that it only begins now: some
    /// renderers answer a Stop while they load, say that they have stopped, and play.
    fn begins_though_stopped(&self, token: Token, now: Instant) -> bool {
        let may_begin_until = |load: &Load| match load.phase {
            Phase::Accepted { at } => Some(at + START_TIMEOUT),
            Phase::Starting { until, .. } => Some(until),
            _ => None,
        };
        let stopped = self.playback.previous().filter(|load| load.token == token);
        self.intent.goal == Goal::Rest
            && stopped.and_then(may_begin_until).is_some_and(|until| now < until)
    }

    fn take_over(&mut self, uri: &str, position: Option<Duration>, ctx: &mut Context<'_>) {
        let now = ctx.now;
        let Some(url) = HttpUrl::parse(uri) else { return };
        let origin = (url.host, url.port);
        // Nobody serves a URL at another address.
        if ctx.media_port.map(|port| (self.connection.facing, port)) != Some(origin) {
            if matches!(self.intent.goal, Goal::Yield { did: Viewer::Stopped | Viewer::Paused, .. })
                && !self.serves(uri, ctx)
            {
                self.yield_to_control_point(ctx);
            }
            return;
        }
        let Some(token) = Token::in_path(&url.path) else { return };
        if self.begins_though_stopped(token, now) {
            self.takeover.give_up();
            return self.intent.stop_again();
        }
        let secret = ctx.secret;
        let was_paused = matches!(self.intent.goal, Goal::Yield { did: Viewer::Paused, .. });
        let file = self.intent.programme_mut().take_up(|file| secret.names(token, &file.path));
        if was_paused && file.is_none() {
            // What a viewer plays on is out of the programme: the renderer gets what is in it.
            self.takeover.give_up();
            return self.intent.go_on();
        }
        let last = self.playback.previous().filter(|load| load.token == token).cloned();
        let Some(file) = file.or(last.as_ref().map(|load| &load.file)).cloned() else { return };
        self.takeover.give_up();
        let what = match self.playback.previous() {
            Some(_) => What::Resumed,
            None => {
                self.volume.keep();
                What::TakenUp(file.path.clone())
            }
        };
        ctx.trace.note(now, self.name(), what);
        ctx.effects.push(Effect::probe(token, &file));
        let starts = self.observation.state == Some(TransportState::Transitioning);
        let phase = match starts {
            true => Phase::Starting { sent: now, until: now + START_TIMEOUT },
            false => Phase::Running { since: now, doubt: None },
        };
        let known = &self.capabilities.habits;
        let new = NewLoad {
            token,
            origin,
            metadata: Metadata {
                mime: self.capabilities.mime_for(file.media_type),
                level: known.metadata_level,
                subtitles: None,
            },
            playhead: Playhead::joining(known.moves.of(file.media_type.kind)),
            dwell: self.dwell(&file),
            lengths: Lengths::default(),
            after_still: false,
            stop_first: false,
            file,
        };
        let mut load = Load::taken_over(new, phase);
        if let Some(last) = &last {
            load.resume(last);
        }
        if last.is_some() && position.is_none_or(|position| position.is_zero()) {
            // Where no position tells: what was stopped begins anew.
            let stopped_at = self.observation.known_before;
            load.playhead_mut().begin(stopped_at, now, Duration::ZERO, false);
        }
        self.playback.take_load(load);
        self.intent.adopt(self.observation.is_paused(), last.is_some());
        self.observation.seen_ours(now);
        self.observation.seen_playing(now);
    }
}
