//! What a renderer needs and cannot do: from its profile, and from what it has shown since.
//!
//! Subtitles: the manufacturer decides in which form the renderer is told of them. Metadata with subtitles is a level
//! above full metadata: if the renderer refuses it, or accepts it and shows no picture, the same metadata is sent
//! without subtitles. A *strike* is a load with subtitles in its metadata that did not begin to play, apparently
//! because of them.

use super::load::{Load, Metadata};
use crate::kiosk::habits::{Habits, Way};
use crate::kiosk::profile::{Minutes, Profile};
use crate::media::catalogue::MediaFile;
use crate::media::media_type;
use crate::media::media_type::{MediaKind, MediaType};
use crate::media::subtitles::SubtitleMethod;
use crate::time::Duration;
use crate::upnp::description::Description;
use crate::upnp::didl::MetadataLevel;

/// After this many strikes, metadata no longer names subtitles. A single strike may be chance.
const STRIKES: u8 = 2;
/// A renderer that took longer than this to answer hung, rather than being slow.
const SLOWEST: Duration = Duration::from_secs(10);

/// Whether the AVTransport description of Play was read. It is read only after Play was refused for its arguments: some
/// renderers want more arguments than the specification has, and accept empty ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum PlayArguments {
    /// There was no reason to read it.
    #[default]
    Usual,
    /// It must be read before the next Play.
    Wanted,
    /// It was read, or is unavailable.
    Known,
}

/// What was learned about metadata with subtitles.
#[derive(Clone, Copy, Debug, Default)]
struct Subtitles {
    /// The renderer has played a load with subtitles in its metadata.
    proven: bool,
    strikes: u8,
    /// The next load is sent without subtitles, after a strike. If it does not play either, subtitles were not the
    /// reason.
    spared: bool,
}

/// What one renderer needs. Only `habits` is kept across restarts; the rest is soon learned again.
#[derive(Debug, Default)]
pub(super) struct Capabilities(Fields);

read_only!(Capabilities, Fields);

/// Readable everywhere, writable only in this file.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) habits: Habits,
    /// The Sink list of GetProtocolInfo.
    pub(super) sink: Option<String>,
    /// GetProtocolInfo was answered, or is unavailable.
    pub(super) sink_asked: bool,
    profile: Profile,
    subtitles: Subtitles,
    play_arguments: PlayArguments,
    /// Arguments of Play beyond those of the specification.
    pub(super) extra_arguments: Vec<String>,
    /// A Stop is needed between two stills.
    pub(super) stop_between_stills: bool,
}

impl Capabilities {
    /// Applies what an earlier run learned.
    pub(super) fn remember(&mut self, profile: Profile, now: Minutes) {
        profile.apply(&mut self.0.habits, now);
        self.0.profile = profile;
    }

    /// Updates the profile with what was learned lately. Returns whether it changed.
    pub(super) fn learn(&mut self, now: Minutes) -> bool {
        self.0.profile.learn(&self.0.habits, now)
    }

    /// The profile with current measurements. `seen`: now, if the renderer is present.
    pub(super) fn measured(&self, description: &Description, seen: Option<Minutes>) -> Profile {
        let mut profile = self.0.profile.clone();
        profile.measure(&self.0.habits);
        profile.of.name = description.friendly_name.clone();
        profile.seen = seen.unwrap_or(profile.seen);
        profile
    }

    /// The renderer plays this load, and so accepts its metadata.
    pub(super) fn accepts(&mut self, load: &Load) {
        let Metadata { mime, level, subtitles } = load.metadata;
        self.0.habits.metadata_level = level;
        self.0.habits.names.note(load.file.media_type, mime);
        if load.file.subtitles.is_some() {
            self.0.subtitles.spared = false;
            self.0.subtitles.proven |= subtitles.is_some_and(SubtitleMethod::is_metadata);
        }
    }

    /// The renderer refused metadata of every level: the next attempt starts at the highest.
    pub(super) fn refuses_metadata(&mut self) {
        self.0.habits.metadata_level = MetadataLevel::Full;
    }

    /// The renderer needs a Stop before SetAVTransportURI.
    pub(super) fn needs_stop_first(&mut self) {
        self.0.habits.stop_first = true;
    }

    /// Sets whether the renderer needs a Stop between two stills.
    pub(super) fn set_stop_between_stills(&mut self, needs: bool) {
        self.0.stop_between_stills = needs;
    }

    /// SetNextAVTransportURI does not work for media of this kind; `hung`: the renderer hung on it.
    pub(super) fn next_failed(&mut self, kind: MediaKind, hung: bool) {
        *self.0.habits.next_broken.at(kind) = true;
        *self.0.habits.next_hung.at(kind) |= hung;
    }

    /// The renderer moved on to the next file by itself.
    pub(super) fn next_works(&mut self) {
        self.0.habits.next_works = true;
    }

    /// The renderer cannot seek.
    pub(super) fn seek_failed(&mut self) {
        self.0.habits.seek_broken = true;
    }

    /// The RenderingControl service does not work.
    pub(super) fn rendering_failed(&mut self) {
        self.0.habits.rendering_broken = true;
    }

    /// The reported position moves in media of this kind.
    pub(super) fn position_moves(&mut self, kind: MediaKind) {
        *self.0.habits.moves.at(kind) = true;
    }

    /// An answer confirmed or contradicted the event before it.
    pub(super) fn weigh_event(&mut self, confirmed: bool) {
        self.0.habits.events.note(confirmed);
    }

    /// Records which formats the renderer lists as playable, or that it lists none.
    pub(super) fn set_sink(&mut self, sink: Option<String>) {
        self.0.sink = sink.or(self.0.sink.take());
        self.0.sink_asked = true;
    }

    /// One round followed another in this way, after this gap.
    pub(super) fn looped(&mut self, kind: MediaKind, way: Way, gap: Duration) {
        self.0.habits.looped(kind, way, gap);
    }

    /// Records how long a call took.
    pub(super) fn note_answer_time(&mut self, span: Duration) {
        self.0.habits.slowest = span.min(SLOWEST).max(self.0.habits.slowest * 7 / 8);
    }

    /// Records how long GetTransportInfo took.
    pub(super) fn note_round_trip(&mut self, span: Duration) {
        self.0.habits.round_trip = (3 * self.0.habits.round_trip + span) / 4;
    }

    /// Records how long after Play playback began.
    pub(super) fn set_latency(&mut self, latency: Option<Duration>) {
        self.0.habits.latency = latency;
    }

    /// Records the extra arguments that the description of Play names; none if the description is unavailable.
    pub(super) fn know_play_arguments(&mut self, extra: Vec<String>) {
        self.0.play_arguments = PlayArguments::Known;
        self.0.extra_arguments = extra;
    }

    /// Play was refused for its arguments. Returns whether to read its description, which is done once.
    pub(super) fn ask_play_arguments(&mut self) -> bool {
        let new = self.0.play_arguments == PlayArguments::Usual;
        if new {
            self.0.play_arguments = PlayArguments::Wanted;
        }
        new
    }

    /// A load with subtitles in its metadata did not play, and is given again without them.
    pub(super) fn strike_subtitles(&mut self) {
        self.0.subtitles.strikes = self.0.subtitles.strikes.saturating_add(1);
        self.0.subtitles.spared = true;
    }

    /// A load that was sent without subtitles after a strike did not play: the strike is withdrawn. Returns `false` if
    /// there was no such strike.
    pub(super) fn acquit_subtitles(&mut self) -> bool {
        let spared = core::mem::take(&mut self.0.subtitles.spared);
        if spared {
            self.0.subtitles.strikes = self.0.subtitles.strikes.saturating_sub(1);
        }
        spared
    }

    /// How the renderer is told of this file's subtitles.
    pub(super) fn subtitles_for(
        &self,
        file: &MediaFile,
        description: &Description,
    ) -> Option<SubtitleMethod> {
        if file.subtitles.is_none() || file.media_type.kind != MediaKind::Video {
            return None;
        }
        let method = SubtitleMethod::of(&description.manufacturer, &description.model_name);
        let Subtitles { proven, strikes, spared } = self.0.subtitles;
        let fit = self.0.habits.metadata_level == MetadataLevel::Full
            && (proven || (strikes < STRIKES && !spared));
        (!method.is_metadata() || fit).then_some(method)
    }

    /// Returns whether the renderer has played a load with subtitles in its metadata.
    pub(super) const fn knows_subtitles(&self) -> bool {
        self.0.subtitles.proven
    }

    /// The MIME type to try first: the one that the renderer accepted before, or else one that it lists.
    pub(super) fn mime_for(&self, media_type: &'static MediaType) -> &'static str {
        let sink = || self.0.sink.as_deref().unwrap_or("");
        let known = self.0.habits.names.of(media_type);
        known.unwrap_or_else(|| media_type::choose_mime(sink(), media_type))
    }

    pub(super) fn wants_play_arguments(&self) -> bool {
        self.0.play_arguments == PlayArguments::Wanted
    }
}
