//! What it is given: a load for the current file, and for the one after it.

use super::load::{Load, Phase};
use super::playhead::Playhead;
use super::witness::Witness;
use super::{Context, LoopMethod, Renderer};
use crate::config::DWELL;
use crate::kiosk::effect::Effect;
use crate::kiosk::fault::Fault;
use crate::kiosk::group::Gate;
use crate::kiosk::trace::What;
use crate::media::catalogue::MediaFile;
use crate::media::mime::{Kind, MediaType};
use crate::media::protocol_info;
use crate::time::Duration;

impl Renderer {
    /// Makes the load for the current file, if everything for it is there.
    pub(super) fn reload(&mut self, ctx: &mut Context<'_>) -> bool {
        let Some(file) = self.programme.current().cloned() else {
            self.wants_scan = true;
            self.trouble(Fault::NothingToPlay, ctx);
            return false;
        };
        let Some(port) = ctx.media_port else {
            self.trouble(Fault::NoServer, ctx);
            return false;
        };
        ctx.trace.note(ctx.now, self.name(), What::Loading(file.path.clone()));
        let seek_to = self.programme.take_place().filter(|_| !self.habits.seek_broken);
        self.load = Some(Load { seek_to, ..self.make_load(file, port, ctx) });
        self.fault.take_if(|fault| fault.ends_with_a_file());
        if self.seat.is_some() {
            // A card is nobody else's business.
            self.gate = if self.programme.is_covered() { Gate::Open } else { Gate::Shut };
        }
        true
    }

    fn make_load(&self, file: MediaFile, port: u16, ctx: &mut Context<'_>) -> Load {
        let token = ctx.token(&file.path);
        let mut before = [&self.load, &self.previous].into_iter().flatten();
        let after_still = file.media_type.kind == Kind::Image
            && before.clone().next().is_some_and(Load::is_still);
        let known = before.find(|load| load.file == file);
        let duration = known.and_then(|load| load.duration);
        if duration.is_none() {
            ctx.effects.push(Effect::Probe(token));
        }
        Load {
            token,
            mime: self.mime_for(file.media_type),
            rung: self.habits.rung,
            origin: (self.facing, port),
            phase: Phase::Wanted { at: ctx.now },
            fetched: false,
            whole_sent: false,
            cut_at: None,
            replaced: false,
            witness: Witness::default(),
            duration,
            said_duration: known.and_then(|load| load.said_duration),
            playhead: Playhead::expecting(self.habits.moves.of(file.media_type.kind)),
            rearmed: false,
            stop_first: self.habits.stop_first || (after_still && self.ways.stop_between_stills),
            captions: self.captions_for(&file),
            after_still,
            dwell: self.dwell(),
            from: Duration::ZERO,
            seek_to: None,
            busy: 0,
            inherited: false,
            file,
        }
    }

    /// For how long it shows a still.
    pub(super) fn dwell(&self) -> Duration {
        self.rule.as_ref().map_or(DWELL, |rule| rule.dwell)
    }

    /// The MIME type to begin with: the one that it took before, else the one that its list names.
    pub(super) fn mime_for(&self, media_type: &'static MediaType) -> &'static str {
        let sink = || self.habits.sink.as_deref().unwrap_or("");
        let known = self.habits.names.of(media_type);
        known.unwrap_or_else(|| protocol_info::choose_mime(sink(), media_type))
    }

    /// Prepares the load to be offered by SetNextAVTransportURI, where that is the way.
    pub(super) fn offer_next(&mut self, ctx: &mut Context<'_>) -> bool {
        if self.next.is_some() || self.method() != LoopMethod::Next {
            return false;
        }
        let (Some(file), Some(port)) = (self.programme.following().cloned(), ctx.media_port) else {
            return false;
        };
        let mut next = self.make_load(file, port, ctx);
        // Refused here, they would take the hand-over with them.
        next.captions = next.captions.filter(|form| !form.is_metadata() || self.knows_captions());
        self.next = Some(next);
        true
    }
}
