//! The habits of one renderer: what it accepts, and what it was seen to do.

use super::left_out::LeftOut;
use crate::limits::MIME_NAMES;
use crate::media::media_type::{MediaKind, MediaType, of_extension};
use crate::time::Duration;
use crate::upnp::didl::MetadataLevel;
use serde::{Deserialize, Serialize};

/// After this many consecutive confirmations or contradictions, it is settled whether events can be trusted.
const SETTLED: u8 = 3;

pub(super) const KINDS: [MediaKind; 3] = [MediaKind::Video, MediaKind::Audio, MediaKind::Image];

/// What is in force for one renderer.
#[derive(Clone, Debug, Default)]
pub(super) struct Habits {
    /// The level of metadata that it accepts.
    pub metadata_level: MetadataLevel,
    /// It needs a Stop before Set.
    pub stop_first: bool,
    /// SetNextAVTransportURI was refused or ignored, or made the renderer hang.
    pub next_broken: Kinds,
    /// SetNextAVTransportURI made the renderer hang.
    pub next_hung: Kinds,
    /// It moved on to the next file by itself.
    pub next_works: bool,
    /// Seek was refused or had no effect.
    pub seek_broken: bool,
    /// The MIME types that it accepted.
    pub names: Names,
    /// The kinds of media in which its position moves.
    pub moves: Kinds,
    /// It refuses volume and mute.
    pub rendering_broken: bool,
    /// Whether its events can be trusted.
    pub events: Trust,
    /// How one round followed another, by kind of media.
    pub loops: Loops,
    /// The average duration of GetTransportInfo.
    pub round_trip: Duration,
    /// The slowest of its recent answers.
    pub slowest: Duration,
    /// An upper bound of the time from Play to the start of playback.
    pub latency: Option<Duration>,
    /// The files that it was seen not to play.
    pub left_out: LeftOut,
}

impl Habits {
    /// Records how one round followed another.
    pub(super) fn looped(&mut self, kind: MediaKind, way: Way, gap: Duration) {
        let gap_ms = u32::try_from(gap.as_millis()).unwrap_or(u32::MAX);
        let before = self.loops.of(kind).filter(|before| before.way == way);
        let gap_ms = before.map_or(gap_ms, |before| before.gap_ms / 4 * 3 + gap_ms / 4);
        *self.loops.at(kind) = Some(Looped { way, gap_ms });
    }
}

/// The accepted MIME type for each extension, the most recent one last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(String, String)>", into = "Vec<(&'static str, &'static str)>")]
pub struct Names(heapless::Vec<(&'static str, &'static str), MIME_NAMES>);

impl Names {
    /// The MIME type that was accepted for this media type.
    pub fn of(&self, media_type: &MediaType) -> Option<&'static str> {
        self.0
            .iter()
            .find(|(extension, _)| *extension == media_type.extension)
            .map(|(_, mime)| *mime)
    }

    /// Returns whether a file of this kind was accepted.
    pub fn have_kind(&self, kind: MediaKind) -> bool {
        let is_it = |(extension, _): &(&str, &str)| {
            of_extension(extension).is_some_and(|media_type| media_type.kind == kind)
        };
        self.0.iter().any(is_it)
    }

    /// Records an accepted MIME type. The oldest entry makes room.
    pub fn note(&mut self, media_type: &MediaType, mime: &'static str) {
        if self.of(media_type) == Some(mime) {
            return;
        }
        self.0.retain(|(extension, _)| *extension != media_type.extension);
        if self.0.is_full() {
            self.0.remove(0);
        }
        // There is room now.
        let _ = self.0.push((media_type.extension, mime));
    }

    /// The extensions whose accepted MIME type is not the usual one.
    pub fn unusual(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let usual = |extension: &str| of_extension(extension).map(MediaType::default_mime);
        self.0.iter().copied().filter(move |(extension, mime)| usual(extension) != Some(*mime))
    }
}

impl From<Vec<(String, String)>> for Names {
    /// Skips extensions and MIME types that this version does not know.
    fn from(list: Vec<(String, String)>) -> Self {
        let mut names = Self::default();
        for (extension, mime) in list {
            let media_type = of_extension(&extension);
            let known = media_type.and_then(|known| known.mimes.iter().find(|name| **name == mime));
            if let Some((media_type, mime)) = media_type.zip(known) {
                names.note(media_type, mime);
            }
        }
        names
    }
}

impl From<Names> for Vec<(&'static str, &'static str)> {
    fn from(names: Names) -> Self {
        names.0.into_iter().collect()
    }
}

/// One value for each kind of media.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ByKind<T: Default> {
    video: T,
    audio: T,
    image: T,
}

impl<T: Copy + Default> ByKind<T> {
    pub fn of(self, kind: MediaKind) -> T {
        match kind {
            MediaKind::Video => self.video,
            MediaKind::Audio => self.audio,
            MediaKind::Image => self.image,
        }
    }

    /// The value of this kind, mutably.
    pub fn at(&mut self, kind: MediaKind) -> &mut T {
        match kind {
            MediaKind::Video => &mut self.video,
            MediaKind::Audio => &mut self.audio,
            MediaKind::Image => &mut self.image,
        }
    }

    pub(super) fn map<U: Default>(self, f: impl Fn(T) -> U) -> ByKind<U> {
        ByKind { video: f(self.video), audio: f(self.audio), image: f(self.image) }
    }
}

/// A set of kinds of media.
pub type Kinds = ByKind<bool>;

/// Whether the state named by events is the one that the next look finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    borne_out: u8,
    contradicted: u8,
}

impl Trust {
    /// Records whether a look confirmed the event before it.
    pub fn note(&mut self, borne_out: bool) {
        let (counted, other) = match borne_out {
            true => (&mut self.borne_out, &mut self.contradicted),
            false => (&mut self.contradicted, &mut self.borne_out),
        };
        *counted = counted.saturating_add(1).min(SETTLED);
        // Three confirmations in a row outweigh earlier contradictions, and the other way round.
        if *counted == SETTLED || *other < SETTLED {
            *other = 0;
        }
    }

    /// Returns whether events can be trusted.
    pub fn is_earned(self) -> bool {
        self.borne_out >= SETTLED
    }

    /// Returns whether events cannot be trusted.
    pub fn is_lost(self) -> bool {
        self.contradicted >= SETTLED
    }

    pub(super) fn of(earned: bool, lost: bool) -> Self {
        let settled = |is| if is { SETTLED } else { 0 };
        Self { borne_out: settled(earned), contradicted: settled(lost) }
    }
}

/// How one round follows another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// SetAVTransportURI and Play.
    Restart,
    /// Seek to the beginning.
    Seek,
    /// SetNextAVTransportURI.
    Next,
}

/// A method that worked, and the average gap between rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looped {
    pub way: Way,
    pub gap_ms: u32,
}

/// The methods by kind of media.
pub type Loops = ByKind<Option<Looped>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_earn_and_lose_trust_by_three_in_a_row() {
        let mut trust = Trust::default();
        for borne_out in [true, true, false, true, true] {
            trust.note(borne_out);
        }
        assert!(!trust.is_earned() && !trust.is_lost());
        trust.note(true);
        assert!(trust.is_earned());
        [false, false, true, false, false].into_iter().for_each(|is| trust.note(is));
        assert!(!trust.is_lost(), "not in a row");
        trust.note(false);
        assert!(trust.is_lost() && !trust.is_earned());
    }

    #[test]
    fn the_oldest_name_makes_room() {
        let mut names = Names::default();
        let extensions = ["mkv", "mp4", "avi", "ts", "mpg", "mp3", "flac", "wav", "ogg"];
        let types = extensions.map(|extension| of_extension(extension).expect("known"));
        for media_type in types {
            names.note(media_type, media_type.default_mime());
        }
        assert_eq!(names.of(types[0]), None);
        assert_eq!(types[1..].iter().filter(|kind| names.of(kind).is_some()).count(), 8);
        names.note(types[1], "video/x-m4v");
        assert_eq!(names.unusual().collect::<Vec<_>>(), [("mp4", "video/x-m4v")]);
    }
}
