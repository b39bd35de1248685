//! What a renderer needs and cannot do: what its profile says, and what it has shown since.
//!
//! Subtitles: the maker of the renderer decides in which form it is told of them. Metadata that name subtitles are a
//! level above the full metadata: if they are refused, or taken and not followed by a picture, the same goes out without
//! subtitles. A *strike* is a load that did not begin to play with its subtitles named, as far as can be told because
//! of them.

use super::load::{Load, Metadata};
use crate::kiosk::habits::{Habits, Way};
use crate::kiosk::profile::{Minutes, Profile};
use crate::media::catalogue::MediaFile;
use crate::media::mime::{Kind, MediaType};
use crate::media::protocol_info;
use crate::media::subtitles::Form;
use crate::time::Duration;
use crate::upnp::description::Description;
use crate::upnp::didl::Rung;

/// Strikes after which metadata name no subtitles any more: one may be chance.
const STRIKES: u8 = 2;
/// A renderer that took longer than this to answer was not slow, it hung.
const SLOWEST: Duration = Duration::from_secs(10);

/// Whether the description of Play in AVTransport was read. It is read only if Play was refused for its arguments: some
/// renderers want more than the specification has, and are content with empty ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum PlayArguments {
    /// There was no reason to read it.
    #[default]
    Usual,
    /// It is to be read before the next Play.
    Wanted,
    /// It was read, or could not be.
    Known,
}

/// What was learned of metadata that name subtitles.
#[derive(Clone, Copy, Debug, Default)]
struct Subtitles {
    /// It has played what came with them.
    proven: bool,
    strikes: u8,
    /// After a strike the next load goes without: if that does not play either, the subtitles were not the reason.
    spared: bool,
}

/// See the module. What is not in `habits` is not kept, being soon learned anew.
#[derive(Debug, Default)]
pub(super) struct Capabilities(Fields);

read_only!(Capabilities, Fields);

/// Written only in this file.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) habits: Habits,
    profile: Profile,
    subtitles: Subtitles,
    play_arguments: PlayArguments,
    /// Arguments of Play beyond those of the specification.
    pub(super) extra_arguments: Vec<String>,
    /// A still that follows a still needs a Stop between them.
    pub(super) stop_between_stills: bool,
}

impl Capabilities {
    /// What was known of it before.
    pub(super) fn remember(&mut self, profile: Profile, now: Minutes) {
        profile.apply(&mut self.0.habits, now);
        self.0.profile = profile;
    }

    /// Takes what it showed lately into its profile. Gives whether that is news.
    pub(super) fn learn(&mut self, now: Minutes) -> bool {
        self.0.profile.learn(&self.0.habits, now)
    }

    /// Its profile with the measures as they are now; `seen`: when it was last there, if it is not there now.
    pub(super) fn measured(&self, description: &Description, seen: Option<Minutes>) -> Profile {
        let mut profile = self.0.profile.clone();
        profile.measure(&self.0.habits);
        profile.name = description.friendly_name.clone();
        profile.seen = seen.unwrap_or(profile.seen);
        profile
    }

    /// It plays a load with this metadata.
    pub(super) fn takes(&mut self, load: &Load) {
        let Metadata { mime, level, subtitles } = load.metadata;
        self.0.habits.rung = level;
        self.0.habits.names.note(load.file.media_type, mime);
        if load.file.subtitles.is_some() {
            self.0.subtitles.spared = false;
            self.0.subtitles.proven |= subtitles.is_some_and(Form::is_metadata);
        }
    }

    /// It refuses metadata of every level: the next attempt begins at the top.
    pub(super) fn refuses_metadata(&mut self) {
        self.0.habits.rung = Rung::Full;
    }

    /// It needs a Stop before SetAVTransportURI.
    pub(super) fn needs_stop_first(&mut self) {
        self.0.habits.stop_first = true;
    }

    /// It needs a Stop between two stills, or not.
    pub(super) fn set_stop_between_stills(&mut self, needs: bool) {
        self.0.stop_between_stills = needs;
    }

    /// SetNextAVTransportURI is not its way in media of this kind; `hung`: it hung over that.
    pub(super) fn next_failed(&mut self, kind: Kind, hung: bool) {
        *self.0.habits.next_broken.at(kind) = true;
        *self.0.habits.next_hung.at(kind) |= hung;
    }

    /// It went on to the next file by itself.
    pub(super) fn next_works(&mut self) {
        self.0.habits.next_works = true;
    }

    /// It cannot seek.
    pub(super) fn seek_failed(&mut self) {
        self.0.habits.seek_broken = true;
    }

    /// Its RenderingControl does not work.
    pub(super) fn rendering_failed(&mut self) {
        self.0.habits.rendering_broken = true;
    }

    /// Its position moves in media of this kind.
    pub(super) fn position_moves(&mut self, kind: Kind) {
        *self.0.habits.moves.at(kind) = true;
    }

    /// An answer confirmed, or contradicted, the event before it.
    pub(super) fn weigh_event(&mut self, confirmed: bool) {
        self.0.habits.events.note(confirmed);
    }

    /// It was asked what it plays, and said this, or nothing.
    pub(super) fn lists(&mut self, sink: Option<String>) {
        self.0.habits.sink = sink.or(self.0.habits.sink.take());
        self.0.habits.sink_asked = true;
    }

    /// A round followed another in this way after this gap.
    pub(super) fn looped(&mut self, kind: Kind, way: Way, gap: Duration) {
        self.0.habits.looped(kind, way, gap);
    }

    /// A call took this long.
    pub(super) fn took(&mut self, span: Duration) {
        self.0.habits.slowest = span.min(SLOWEST).max(self.0.habits.slowest * 7 / 8);
    }

    /// GetTransportInfo took this long.
    pub(super) fn round_trip(&mut self, span: Duration) {
        self.0.habits.round_trip = (3 * self.0.habits.round_trip + span) / 4;
    }

    /// So long after Play it began.
    pub(super) fn set_latency(&mut self, latency: Option<Duration>) {
        self.0.habits.latency = latency;
    }

    /// The description of Play names these arguments beyond the usual, or could not be read.
    pub(super) fn know_play_arguments(&mut self, extra: Vec<String>) {
        self.0.play_arguments = PlayArguments::Known;
        self.0.extra_arguments = extra;
    }

    /// Play was refused for its arguments. Gives whether its description is to be read, which is done once.
    pub(super) fn ask_play_arguments(&mut self) -> bool {
        let new = self.0.play_arguments == PlayArguments::Usual;
        if new {
            self.0.play_arguments = PlayArguments::Wanted;
        }
        new
    }

    /// A load with its subtitles in the metadata did not play, and is given again without.
    pub(super) fn strike_subtitles(&mut self) {
        self.0.subtitles.strikes = self.0.subtitles.strikes.saturating_add(1);
        self.0.subtitles.spared = true;
    }

    /// A load did not play that was spared its subtitles: they were not the reason. `false` if it was not spared.
    pub(super) fn acquit_subtitles(&mut self) -> bool {
        let spared = core::mem::take(&mut self.0.subtitles.spared);
        if spared {
            self.0.subtitles.strikes = self.0.subtitles.strikes.saturating_sub(1);
        }
        spared
    }

    /// How it is to be told of the subtitles of this file.
    pub(super) fn subtitles_for(
        &self,
        file: &MediaFile,
        description: &Description,
    ) -> Option<Form> {
        if file.subtitles.is_none() || file.media_type.kind != Kind::Video {
            return None;
        }
        let form = Form::of(&description.manufacturer, &description.model_name);
        let Subtitles { proven, strikes, spared } = self.0.subtitles;
        let fit = self.0.habits.rung == Rung::Full && (proven || (strikes < STRIKES && !spared));
        (!form.is_metadata() || fit).then_some(form)
    }

    /// It has played with subtitles named in metadata.
    pub(super) const fn knows_subtitles(&self) -> bool {
        self.0.subtitles.proven
    }

    /// The MIME type to begin with: the one that it took before, else the one that its list names.
    pub(super) fn mime_for(&self, media_type: &'static MediaType) -> &'static str {
        let sink = || self.0.habits.sink.as_deref().unwrap_or("");
        let known = self.0.habits.names.of(media_type);
        known.unwrap_or_else(|| protocol_info::choose_mime(sink(), media_type))
    }

    pub(super) fn wants_play_arguments(&self) -> bool {
        self.0.play_arguments == PlayArguments::Wanted
    }
}
