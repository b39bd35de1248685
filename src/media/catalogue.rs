//! The files that can be played: what a scan found, and when a file is no longer being copied.
//!
//! Terms: *state* of a file, its size and time of change, by which one file under a path is told from
//! another; *settled*, nobody writes to it any more.

use super::media_type::MediaType;
use crate::limits::LOOKED_AT;
use crate::time::{Duration, Instant};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A playable file.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaFile {
    /// Where it is: absolute, below `root`. Shared, so that giving the file to a renderer needs no memory.
    pub path: Rc<Path>,
    /// The folder it was found in: the media folder, or the parent of a file named by the configuration.
    pub root: Rc<Path>,
    /// Its kind, by content where the name lies.
    pub media_type: &'static MediaType,
    /// Bytes.
    pub size: u64,
    /// When its content was last changed, in nanoseconds since 1970. With the size it tells this file from another that
    /// took its path. No inode: on FAT a file has another one each time it is looked up.
    pub modified: i64,
    /// The DLNA profile of a picture, where it has one.
    pub profile: Option<&'static str>,
    /// The file with its subtitles, in the same folder.
    pub subtitles: Option<Rc<Path>>,
}

impl MediaFile {
    /// Another file took the path of this one, or it was written to.
    #[must_use]
    pub fn is_replaced_by(&self, other: &Self) -> bool {
        (self.size, self.modified) != (other.size, other.modified) && self.path == other.path
    }
}

/// What reading the media folder and the configured files brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scan {
    /// Playable files, each path once, in any order.
    pub files: Vec<MediaFile>,
    /// Configured paths that are not there or cannot be read, with the reason.
    pub missing: Vec<(PathBuf, String)>,
    /// Files that are not what they should be, with the rest of the sentence about them: left out, or, where only
    /// the name lies, played as what they are.
    pub bad: Vec<(PathBuf, String)>,
    /// Files that are still being copied: left out until they are settled.
    pub growing: Vec<PathBuf>,
    /// Configured playlists, with their files in order.
    pub lists: Vec<(PathBuf, Vec<Rc<Path>>)>,
    /// Files beyond [`crate::limits::MEDIA`], left out.
    pub skipped: u32,
    /// Why not every change will be noticed by itself, as a sentence: the folder must be read now and then.
    pub untold: Option<String>,
}

/// A file of which nobody heard is settled when it did not change between two looks this far apart.
pub const SETTLES: Duration = Duration::from_secs(2);
/// And at the first look when its last change is this long ago, by the clock on the wall; see also
/// [`Looks::at_once`].
const OLD: Duration = Duration::from_secs(10);

/// What was seen of files at the looks before, so that no file is read at every scan. Bounded: see
/// [`LOOKED_AT`].
#[derive(Debug)]
pub struct Looks<T> {
    files: HashMap<Rc<Path>, Look<T>>,
    round: u32,
    old: Duration,
}

#[derive(Debug)]
struct Look<T> {
    state: (u64, i64),
    since: Instant,
    settled: bool,
    round: u32,
    content: Option<T>,
}

/// One look at a file.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// Bytes.
    pub size: u64,
    /// See [`MediaFile::modified`].
    pub modified: i64,
    /// How far the wall clock is from the last change, before or after: a box without a clock of its own may live in
    /// the past.
    pub age: Duration,
    /// Whoever wrote it has closed it, or it was moved here whole.
    pub closed: bool,
    /// When this is.
    pub at: Instant,
}

impl<T> Default for Looks<T> {
    fn default() -> Self {
        Self { files: HashMap::new(), round: 0, old: OLD }
    }
}

impl<T> Looks<T> {
    /// Every file is settled at the first look: for a person who names files and waits.
    #[must_use]
    pub fn at_once() -> Self {
        Self { old: Duration::ZERO, ..Self::default() }
    }

    /// Another scan begins: what the one before did not see is forgotten.
    pub fn begin(&mut self) {
        let round = self.round;
        self.files.retain(|_, look| look.round == round);
        self.round = round.wrapping_add(1);
    }

    /// Looks at a file. Gives whether it is settled, and what is known of its content; `None`: there is no room to
    /// remember one more.
    pub fn look(&mut self, path: &Rc<Path>, sight: Sight) -> Option<(bool, &mut Option<T>)> {
        let state = (sight.size, sight.modified);
        let fresh =
            |settled| Look { state, since: sight.at, settled, round: self.round, content: None };
        if !self.files.contains_key(path) {
            if self.files.len() == LOOKED_AT {
                return None;
            }
            self.files.insert(path.clone(), fresh(sight.age >= self.old));
        }
        let look = self.files.get_mut(path)?;
        if look.state != state {
            // It changes while we look: then its time of change proves nothing, clocks differ.
            *look =
                Look { state, since: sight.at, settled: false, round: self.round, content: None };
        }
        look.round = self.round;
        look.settled |= sight.closed || sight.at.since(look.since) >= SETTLES;
        Some((look.settled, &mut look.content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YOUNG: Duration = Duration::from_secs(1);

    fn looks(sights: &[(u64, Duration, u64, bool)]) -> Vec<bool> {
        through(Looks::default(), sights)
    }

    fn through(mut looks: Looks<()>, sights: &[(u64, Duration, u64, bool)]) -> Vec<bool> {
        let path: Rc<Path> = Path::new("/m/film.mp4").into();
        let mut settled = Vec::new();
        for (at, age, size, closed) in sights {
            looks.begin();
            let at = Instant::from_millis(*at);
            let sight = Sight { size: *size, modified: 0, age: *age, closed: *closed, at };
            settled.push(looks.look(&path, sight).expect("room").0);
        }
        settled
    }

    #[test]
    fn a_file_is_settled_when_it_stands_still_or_was_closed_or_is_old() {
        assert_eq!(looks(&[(0, YOUNG, 1, false), (1_999, YOUNG, 1, false)]), [false, false]);
        assert_eq!(looks(&[(0, YOUNG, 1, false), (2_000, YOUNG, 1, false)]), [false, true]);
        assert_eq!(looks(&[(0, YOUNG, 1, true), (10, YOUNG, 1, false)]), [true, true]);
        assert_eq!(looks(&[(0, OLD, 1, false)]), [true]);
    }

    #[test]
    fn for_one_who_waits_every_file_is_settled_until_it_changes() {
        let sights = [(0, Duration::ZERO, 1, false), (10, YOUNG, 2, false)];
        assert_eq!(through(Looks::at_once(), &sights), [true, false]);
    }

    #[test]
    fn one_that_is_written_to_again_is_not_settled_however_old_it_says_it_is() {
        assert_eq!(
            looks(&[(0, OLD, 1, false), (5_000, OLD, 2, false), (7_000, OLD, 2, false)]),
            [true, false, true]
        );
        assert_eq!(looks(&[(0, OLD, 1, false), (9, YOUNG, 2, true)]), [true, true]);
    }

    #[test]
    fn what_is_known_of_the_content_lasts_as_long_as_the_file_and_no_longer() {
        let mut looks = Looks::default();
        let path: Rc<Path> = Path::new("/m/film.mp4").into();
        let mut look = |size, begin| {
            if begin {
                looks.begin();
            }
            let at = Instant::START;
            let sight = Sight { size, modified: 0, age: OLD, closed: false, at };
            let (_, content) = looks.look(&path, sight).expect("room");
            content.replace("a film")
        };
        assert_eq!(look(1, true), None);
        assert_eq!(look(1, true), Some("a film"));
        assert_eq!(look(2, true), None, "another file");
        looks.begin();
        looks.begin();
        assert!(looks.files.is_empty(), "not seen in a scan");
    }

    #[test]
    fn only_so_many_files_are_remembered() {
        let mut looks = Looks::<()>::default();
        let at = Instant::START;
        let sight = Sight { size: 1, modified: 0, age: OLD, closed: false, at };
        for n in 0..LOOKED_AT {
            let path: Rc<Path> = PathBuf::from(n.to_string()).into();
            assert!(looks.look(&path, sight).is_some());
        }
        assert!(looks.look(&Path::new("more").into(), sight).is_none());
        assert!(looks.look(&Path::new("7").into(), sight).is_some(), "this one is known");
    }
}
