//! Where files have ended by themselves on one renderer.
//!
//! A length is a claim: of a header, of an estimate, or of the renderer. Where a file ended twice at the same position, that
//! position counts more than any claim.

use crate::kiosk::left_out::Version;
use crate::limits::ENDS;
use crate::media::catalogue::MediaFile;
use crate::time::Duration;

/// Two ends this close to each other are the same, as is a difference of one part in [`SAME_PART`].
const SAME: Duration = Duration::from_secs(3);
/// See [`SAME`].
const SAME_PART: u32 = 20;

/// Returns whether two positions are the same end.
fn same_end(one: Duration, other: Duration) -> bool {
    let apart = one.abs_diff(other);
    apart <= SAME || apart <= one / SAME_PART
}

/// Where a file ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// The position at which playback ended.
    at: Duration,
    /// The time that playback took, which is more reliable where positions jump.
    took: Duration,
    /// The file ended there twice, or where its length says.
    is_sure: bool,
}

impl End {
    /// The position, once it counts more than any claim.
    pub fn sure(self) -> Option<Duration> {
        self.is_sure.then_some(self.at)
    }

    /// Returns whether a stop at this position, after so much time, is the same end.
    pub fn is_at(self, position: Duration, took: Duration) -> bool {
        same_end(self.at, position) || same_end(self.took, took)
    }
}

/// The ends of the files that were played last, the most recent one last.
#[derive(Debug)]
pub struct Ends(Vec<(Version, End)>);

impl Default for Ends {
    /// With all the memory that it ever needs.
    fn default() -> Self {
        Self(Vec::with_capacity(ENDS))
    }
}

impl Ends {
    /// Where this file ended.
    pub fn of(&self, file: &MediaFile) -> Option<End> {
        let version = Version::of(file);
        self.0.iter().find(|(known, _)| *known == version).map(|(_, end)| *end)
    }

    /// Records an end. `expected`: the length of the file says the same. The oldest entry makes room.
    pub fn note(&mut self, file: &MediaFile, at: Duration, took: Duration, expected: bool) {
        let version = Version::of(file);
        let is_sure = expected || self.of(file).is_some_and(|end| end.is_at(at, took));
        self.0.retain(|(known, _)| *known != version);
        if self.0.len() >= ENDS {
            self.0.remove(0);
        }
        self.0.push((version, End { at, took, is_sure }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::media_type;
    use std::path::Path;

    fn file(size: u64) -> MediaFile {
        MediaFile {
            path: Path::new("/m/a.mp3").into(),
            root: Path::new("/m").into(),
            media_type: media_type::of_extension("mp3").expect("known"),
            size,
            modified: 0,
            profile: None,
            subtitles: None,
        }
    }

    #[test]
    fn the_second_end_at_one_position_is_sure() {
        let secs = Duration::from_secs;
        let mut ends = Ends::default();
        ends.note(&file(1), secs(60), secs(60), false);
        assert_eq!(ends.of(&file(1)).map(End::sure), Some(None));
        ends.note(&file(1), secs(20), secs(20), false);
        assert_eq!(ends.of(&file(1)).map(End::sure), Some(None), "a viewer stopped it once");
        ends.note(&file(1), secs(21), secs(21), false);
        assert_eq!(ends.of(&file(1)).and_then(End::sure), Some(secs(21)));
        ends.note(&file(2), secs(180), secs(180), true);
        assert_eq!(ends.of(&file(2)).and_then(End::sure), Some(secs(180)), "its length says so");
    }

    #[test]
    fn the_oldest_end_makes_room() {
        let (mut ends, nine) = (Ends::default(), Duration::from_secs(9));
        (0..=ENDS as u64).for_each(|size| ends.note(&file(size), nine, nine, false));
        assert_eq!(ends.of(&file(0)), None);
        assert!(ends.of(&file(1)).is_some() && ends.of(&file(ENDS as u64)).is_some());
    }
}
