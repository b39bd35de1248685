//! What a renderer needs and cannot do: from its profile, and from what it has shown since.
//!
//! Subtitles: the manufacturer decides in which form the renderer is told of them. Metadata with subtitles is a level
//! above full metadata: if the renderer refuses it, or accepts it and shows no picture, the same metadata is sent
//! without subtitles. A *strike* is a load with subtitles in its metadata that did not begin to play, apparently
//! because of them.

use super::load::{Load, Metadata};
use super::sink::Sink;
use crate::kiosk::habits::{Habits, Way};
use crate::kiosk::left_out::{Entry, Fit, LeftOut, Stored, Unplayable, Version};
use crate::kiosk::profile::{Minutes, Profile};
use crate::media::catalogue::MediaFile;
use crate::media::media_type::{MediaKind, MediaType};
use crate::media::subtitles::SubtitleMethod;
use crate::text::clip;
use crate::time::{Duration, Instant};
use crate::upnp::description::Description;
use crate::upnp::didl::MetadataLevel;

/// After this many strikes, metadata no longer names subtitles. A single strike may be chance.
const STRIKES: u8 = 2;
/// So many times in a row a renderer that usually moves on to the next file may stop instead.
const MISSES: u8 = 3;
/// After so many times in a row, a position that stands still says nothing about the file.
const STANDS_STILL: u8 = 2;
/// A picture that is gone after less than this share of the usual time was not put away by the renderer.
const MUCH_SOONER: f64 = 0.7;
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

/// How many times in a row the renderer did not do what it usually does.
#[derive(Clone, Copy, Debug, Default)]
struct Contrary {
    /// It did not take the next file, or stopped instead of moving on to it.
    next_missed: u8,
    /// The position stood still from the beginning, in a file that it fetched.
    stood_still: u8,
}

/// How many descriptions and lists of a renderer may be cut before the box does without.
const CUTS: u8 = 4;

/// What one renderer needs. Only `habits` is kept across restarts; the rest is soon learned again.
#[derive(Debug, Default)]
pub(super) struct Capabilities(Fields);

read_only!(Capabilities, Fields);

/// Readable everywhere, writable only in this file.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) habits: Habits,
    pub(super) sink: Sink,
    /// How many descriptions and lists were cut.
    cut: u8,
    profile: Profile,
    subtitles: Subtitles,
    play_arguments: PlayArguments,
    /// Arguments of Play beyond those of the specification.
    pub(super) extra_arguments: Vec<String>,
    /// A Stop is needed between two stills.
    pub(super) stop_between_stills: bool,
    /// How long the renderer shows the black picture before it puts it away by itself.
    pub(super) black_lasts: Option<Duration>,
    /// For how long it was seen to show a picture.
    picture_stays: Duration,
    /// Whether the renderer reports STOPPED when a file has ended, as far as that was seen.
    pub(super) tells_its_end: Option<bool>,
    contrary: Contrary,
    /// All files failed, so that the renderer may have been the reason.
    all_failed: bool,
    /// The file after which the renderer stopped answering.
    suspect: Option<Version>,
}

impl Capabilities {
    /// The last volume, in units of the renderer, at which it was heard by its profile.
    pub(super) const fn audible(&self) -> Option<u16> {
        self.0.profile.audible()
    }

    /// Applies what an earlier run learned.
    pub(super) fn remember(&mut self, profile: Profile, ran: Minutes, now: Instant) {
        profile.apply(&mut self.0.habits, ran);
        profile.left_out.restore(&mut self.0.habits.left_out, ran, now);
        self.0.profile = profile;
    }

    /// Updates the profile with what was learned lately. Returns whether it changed.
    pub(super) fn learn(&mut self, now: Minutes) -> bool {
        let news = self.0.habits.left_out.take_news();
        self.0.profile.learn(&self.0.habits, now) | news
    }

    /// The profile with current measurements, after the box has run for `ran`. `audible`: the last volume at which the
    /// renderer was heard. `is_seen`: it is present.
    pub(super) fn measured(
        &self,
        description: &Description,
        audible: Option<u16>,
        is_seen: bool,
        ran: Minutes,
        now: Instant,
    ) -> Profile {
        let mut profile = self.0.profile.clone();
        profile.measure(&self.0.habits);
        profile.note_audible(audible);
        profile.of.udn = clip(description.udn.as_str());
        profile.left_out = Stored::of(&self.0.habits.left_out, ran, now);
        profile.of.name = description.friendly_name.clone();
        profile.seen = if is_seen { ran } else { profile.seen };
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

    /// A picture was shown for this time, and was still there.
    pub(super) fn picture_stayed(&mut self, time: Duration) {
        self.0.picture_stays = self.0.picture_stays.max(time);
    }

    /// Returns whether the renderer is known to show a picture for much longer than this.
    pub(super) fn picture_outlasts(&self, time: Duration) -> bool {
        time < self.0.picture_stays.mul_f64(MUCH_SOONER)
    }

    /// A picture was gone after this time. Returns whether the renderer put it away by itself: if a picture lasted much
    /// longer before, somebody else ended this one.
    pub(super) fn picture_lasted(&mut self, time: Duration) -> bool {
        let itself = !self.picture_outlasts(time);
        if itself {
            self.picture_stayed(time);
        }
        itself
    }

    /// The black picture was gone after this time, as in [`Self::picture_lasted`].
    pub(super) fn black_lasted(&mut self, time: Duration) -> bool {
        let itself = self.picture_lasted(time);
        if itself {
            self.0.black_lasts = Some(time);
        }
        itself
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

    /// The renderer refused the next file of this kind, did not answer, or held it and stopped. If it usually moves on, a
    /// single time says nothing.
    pub(super) fn next_missed(&mut self, kind: MediaKind, hung: bool) {
        let usual = self.0.habits.loops.of(kind).is_some_and(|looped| looped.way == Way::Next);
        self.0.contrary.next_missed = self.0.contrary.next_missed.saturating_add(1);
        if !usual || self.0.contrary.next_missed >= MISSES {
            self.next_failed(kind, hung);
        }
    }

    /// A file ended, and the renderer reported STOPPED, or did not.
    pub(super) fn tells_end(&mut self, tells: bool) {
        self.0.tells_its_end = Some(tells);
    }

    /// Returns whether the renderer did not move on the last time.
    pub(super) fn doubts_next(&self) -> bool {
        self.0.contrary.next_missed > 0
    }

    /// The renderer moved on to the next file by itself.
    pub(super) fn next_works(&mut self) {
        self.0.contrary.next_missed = 0;
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
        self.0.contrary.stood_still = 0;
        *self.0.habits.moves.at(kind) = true;
    }

    /// The reported position stood still in a file of this kind that the renderer fetched. Returns whether that is no
    /// longer held against a file: it happened several times in a row.
    pub(super) fn position_stood_still(&mut self, kind: MediaKind) -> bool {
        self.0.contrary.stood_still = self.0.contrary.stood_still.saturating_add(1);
        let usual = self.0.contrary.stood_still >= STANDS_STILL;
        if usual {
            *self.0.habits.moves.at(kind) = false;
        }
        usual
    }

    /// An answer confirmed or contradicted the event before it.
    pub(super) fn weigh_event(&mut self, confirmed: bool) {
        self.0.habits.events.note(confirmed);
    }

    /// Records which formats the renderer lists as playable, or that it lists none.
    pub(super) fn set_sink(&mut self, list: Option<String>) {
        self.0.sink.set(list);
        self.0.cut = 0;
    }

    /// Returns whether the renderer lists no file of this kind as playable, and was never seen to play one.
    pub(super) fn is_unlisted(&self, kind: MediaKind) -> bool {
        self.0.sink.is_unlisted(kind) && !self.0.habits.names.have_kind(kind)
    }

    /// Returns whether it is still to be reported that no file of this kind is listed, and remembers that it was.
    pub(super) fn tell_unlisted(&mut self, kind: MediaKind) -> bool {
        self.0.sink.tell_unlisted(kind)
    }

    /// How well a file suits the renderer now.
    pub(super) fn fit(&self, file: &MediaFile, now: Instant) -> Fit {
        if self.is_unlisted(file.media_type.kind) {
            return Fit::Unlisted;
        }
        self.against(file, now).map_or(Fit::Good, |(fit, _)| fit)
    }

    /// What speaks against this file.
    pub(super) fn against(&self, file: &MediaFile, now: Instant) -> Option<(Fit, &Entry)> {
        let proven = self.0.habits.names.of(file.media_type).is_some();
        self.0.habits.left_out.against(file, proven, now)
    }

    /// No file was left that may play: perhaps the renderer was the reason.
    pub(super) fn doubt_failures(&mut self) {
        self.0.all_failed = true;
    }

    /// This load played to its end. If all files had failed, the renderer was the reason, and they are forgiven.
    pub(super) fn played(&mut self, load: Option<&Load>) {
        let Some(load) = load else { return };
        self.0.suspect = None;
        self.0.habits.left_out.remove(&load.file);
        if core::mem::take(&mut self.0.all_failed) {
            self.0.habits.left_out.forget(|entry| entry.why != Unplayable::Breaks);
        }
    }

    /// The renderer stopped answering when it had just got this load. Returns whether it did so before with this file,
    /// and with no other one since.
    pub(super) fn suspect(&mut self, load: &Load) -> bool {
        let file = Version::of(&load.file);
        self.0.suspect.replace(file) == Some(file)
    }

    /// The renderer stopped answering, but not because of a file.
    pub(super) fn clear_suspect(&mut self) {
        self.0.suspect = None;
    }

    /// The renderer restarted: what did not play before may play now, except what made it hang.
    pub(super) fn restarted(&mut self, now: Instant) {
        self.0.habits.left_out.try_again(now, |entry| entry.why != Unplayable::Breaks);
    }

    /// The renderer is another model now, has other firmware, or another one answered for it: what was learned of it is in doubt.
    pub(super) fn replaced(&mut self) {
        self.0.habits.left_out.forget(|_| true);
        self.0.habits.rendering_broken = false;
        self.0.sink.ask_again();
        self.0.play_arguments = PlayArguments::Usual;
        self.0.extra_arguments.clear();
        (self.0.black_lasts, self.0.picture_stays) = (None, Duration::ZERO);
    }

    /// The files that were seen not to play.
    pub(super) fn left_out_mut(&mut self) -> &mut LeftOut {
        &mut self.0.habits.left_out
    }

    /// A description or list was cut, or its connection failed. Returns whether to ask again.
    pub(super) fn may_ask_again(&mut self) -> bool {
        self.0.cut = self.0.cut.saturating_add(1);
        self.0.cut < CUTS
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
        self.0.cut = 0;
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
        let known = self.0.habits.names.of(media_type);
        known.unwrap_or_else(|| self.0.sink.choose_mime(media_type))
    }

    pub(super) fn wants_play_arguments(&self) -> bool {
        self.0.play_arguments == PlayArguments::Wanted
    }
}
