//! What a renderer still plays from the box's life before: taken up where it is, without giving it again.
//!
//! One that is busy when it is first looked at is asked for its TrackURI, and if it names none for its CurrentURI. A
//! URL of ours whose token means a file of its programme is adopted as a running load. Until it has come for more bytes a
//! stop in the middle is no viewer's doing: its stream was cut when the box went.

use super::calls::Purpose;
use super::load::{Load, Phase};
use super::playhead::{Playhead, Report};
use super::witness::Witness;
use super::{Context, Goal, Renderer, elapse};
use crate::kiosk::effect::Effect;
use crate::kiosk::profile::{Minutes, Profile};
use crate::kiosk::token::Token;
use crate::kiosk::trace::What;
use crate::time::{Duration, Instant};
use crate::upnp::HttpUrl;
use crate::upnp::av_transport::{PositionInfo, TransportState};

/// How far the search for something to take up has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Heirloom {
    /// There is none, or it was taken up.
    #[default]
    None,
    /// If it plays at the first look, it is asked for its TrackURI.
    AskTrack,
    /// It was asked; if that brings nothing, for its CurrentURI.
    AskUri,
    /// It was asked for that, too.
    Asked,
}

impl Renderer {
    /// What was known of it before.
    pub(in crate::kiosk) fn remember(&mut self, profile: Profile, now: Minutes) {
        profile.apply(&mut self.habits, now);
        self.profile = profile;
    }

    /// It is driven, and has answered: what it does is worth being kept.
    pub(in crate::kiosk) fn has_profile(&self) -> bool {
        self.is_driven() && self.state.is_some()
    }

    /// Takes what it showed lately into its profile. Gives whether that is news.
    pub(in crate::kiosk) fn learn(&mut self, now: Minutes) -> bool {
        self.is_driven() && self.profile.learn(&self.habits, now)
    }

    /// Its profile as it is now.
    pub(in crate::kiosk) fn measured(&self, now: Minutes) -> Profile {
        let mut profile = self.profile.clone();
        profile.measure(&self.habits);
        profile.name = self.description.friendly_name.clone();
        if !self.away {
            profile.seen = now;
        }
        profile
    }

    /// The box has lived before: it may play what that one gave it.
    pub(in crate::kiosk) fn may_inherit(&mut self) {
        self.heirloom = Heirloom::AskTrack;
    }

    /// What to ask it now, if it may play something of before.
    pub(super) fn question_of_heirs(&self) -> Option<Purpose> {
        let may = matches!(self.goal, Goal::Play | Goal::Rest | Goal::Pause);
        let may = may && self.load.is_none() && self.is_active() && !self.programme.is_empty();
        match self.heirloom {
            Heirloom::AskTrack if may => Some(Purpose::Position),
            Heirloom::AskUri if may => Some(Purpose::Media),
            _ => None,
        }
    }

    /// A call goes out: each question is asked once.
    pub(super) fn note_question(&mut self, purpose: &Purpose) {
        self.heirloom = match (self.heirloom, purpose) {
            (Heirloom::AskTrack, Purpose::Position) => Heirloom::AskUri,
            (Heirloom::AskUri, Purpose::Media) => Heirloom::Asked,
            // It is given something: there is nothing to inherit any more.
            (_, Purpose::Set | Purpose::Stop) => Heirloom::None,
            (asked, _) => asked,
        };
    }

    /// It was asked for its TrackURI.
    pub(super) fn inherit_track(
        &mut self,
        info: &PositionInfo,
        asked: Instant,
        ctx: &mut Context<'_>,
    ) {
        if self.heirloom != Heirloom::AskUri || self.load.is_some() {
            return;
        }
        let Some(uri) = info.track_uri.as_deref().filter(|uri| uri.contains("://")) else {
            return;
        };
        self.inherit(uri, ctx);
        let Some(load) = self.load.as_mut() else { return };
        load.said_duration = info.track_duration;
        if let Some(position) = info.rel_time {
            let (answered_at, fractional) = (ctx.now, info.fractional);
            load.from = position;
            load.playhead.take(Report { asked_at: asked, answered_at, position, fractional });
        }
        if self.state == Some(TransportState::PausedPlayback) {
            load.playhead.freeze(ctx.now);
        }
        self.position_due = ctx.now + self.position_pace(ctx.now);
    }

    /// It was asked for its CurrentURI.
    pub(super) fn inherit_uri(&mut self, uri: &str, ctx: &mut Context<'_>) {
        let asked = core::mem::take(&mut self.heirloom) == Heirloom::Asked;
        if asked && self.load.is_none() {
            self.inherit(uri, ctx);
            self.position_due = ctx.now;
        }
    }

    fn inherit(&mut self, uri: &str, ctx: &mut Context<'_>) {
        let now = ctx.now;
        let Some(url) = HttpUrl::parse(uri) else { return };
        let origin = (url.host, url.port);
        // At another address nobody serves it.
        if ctx.media_port.map(|port| (self.facing, port)) != Some(origin) {
            return;
        }
        let Some(token) = Token::in_path(&url.path) else { return };
        let secret = ctx.secret;
        let file = self.programme.take_up(|file| secret.names(token, &file.path));
        let Some(file) = file.cloned() else { return };
        self.heirloom = Heirloom::None;
        ctx.trace.note(now, self.name(), What::TakenUp(file.path.clone()));
        ctx.effects.push(Effect::Probe(token));
        let starts = self.state == Some(TransportState::Transitioning);
        let phase = match starts {
            true => Phase::Starting { sent: now, until: now + elapse::START_TIMEOUT },
            false => Phase::Running { since: now, doubt: None },
        };
        let moves = self.habits.moves.of(file.media_type.kind);
        self.load = Some(Load {
            token,
            mime: self.mime_for(file.media_type),
            rung: self.habits.rung,
            origin,
            phase,
            fetched: false,
            whole_sent: false,
            cut_at: None,
            duration: None,
            said_duration: None,
            playhead: Playhead::joining(moves),
            rearmed: false,
            replaced: false,
            stop_first: false,
            dwell: self.dwell(),
            witness: Witness::default(),
            from: Duration::ZERO,
            seek_to: None,
            captions: None,
            after_still: false,
            busy: 0,
            inherited: true,
            file,
        });
        if self.goal == Goal::Rest {
            // Somebody wanted that.
            let paused = self.state == Some(TransportState::PausedPlayback);
            self.goal = if paused { Goal::Pause } else { Goal::Play };
        }
        (self.ours_at, self.played_at) = (now, now);
    }
}
