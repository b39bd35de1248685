//! The files that can be played: the result of a scan, and whether a file is still being copied.
//!
//! Terms: the *version* of a file, its size and modification time, distinguishes it from another file with the same path.
//! A *settled* file is no longer being written.

use super::media_type::MediaType;
use super::playlist::is_playlist;
use crate::limits::LOOKED_AT;
use crate::time::{Duration, Instant};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A playable file.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaFile {
    /// The absolute path, below `root`. Shared, so that a renderer's copy needs no memory.
    pub path: Rc<Path>,
    /// The media folder, or the parent of a file that the configuration names.
    pub root: Rc<Path>,
    /// The type: by the content where it contradicts the name.
    pub media_type: &'static MediaType,
    /// Size in bytes.
    pub size: u64,
    /// Modification time in nanoseconds since 1970. Together with the size it distinguishes this file from a later one
    /// with the same path. The inode does not: on FAT it changes with each lookup.
    pub modified: i64,
    /// The DLNA profile of a picture, if it has one.
    pub profile: Option<&'static str>,
    /// The subtitle file, in the same folder.
    pub subtitles: Option<Rc<Path>>,
}

impl MediaFile {
    /// Whether `other` is a later version of this file.
    pub fn is_replaced_by(&self, other: &Self) -> bool {
        (self.size, self.modified) != (other.size, other.modified) && self.path == other.path
    }
}

/// The result of reading the media folder and the configured files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scan {
    /// Playable files, each path once, in any order.
    pub files: Vec<MediaFile>,
    /// Configured paths that do not exist or cannot be read, with the reason.
    pub missing: Vec<(PathBuf, String)>,
    /// Files that are damaged or not of the type that their name says, with the rest of a sentence about them. They are
    /// skipped, or played by their real type.
    pub bad: Vec<(PathBuf, String)>,
    /// Files that are not settled, and skipped until then.
    pub growing: Vec<PathBuf>,
    /// Configured playlists, each with its files in order.
    pub lists: Vec<(PathBuf, Vec<Rc<Path>>)>,
    /// Configured paths that are spelled differently on the disk, with the path there.
    pub meant: Vec<(PathBuf, PathBuf)>,
    /// Paths with the rest of a sentence about them that is worth a line in the log, though nothing is wrong.
    pub notes: Vec<(PathBuf, String)>,
    /// The number of files beyond [`crate::limits::MEDIA`], which are skipped.
    pub skipped: u32,
    /// A sentence that says why changes may go unnoticed, so that the folder must be rescanned periodically.
    pub untold: Option<String>,
}

impl Scan {
    /// Whether this path, or a folder above it, is missing or does not answer.
    pub fn lacks(&self, path: &Path) -> bool {
        self.missing.iter().any(|(missing, _)| path.starts_with(missing))
    }

    /// Where the configured path `play` is on the disk.
    pub fn place<'a>(&'a self, play: &'a Path) -> &'a Path {
        let meant = self.meant.iter().find(|(wanted, _)| wanted == play);
        meant.map_or(play, |(_, found)| found)
    }

    /// The files that the configured path `play` stands for: those of a playlist in its order, others in any order.
    pub fn files_at(&self, play: &Path) -> Vec<&MediaFile> {
        if !is_playlist(play) {
            let place = self.place(play);
            return self.files.iter().filter(|file| file.path.starts_with(place)).collect();
        }
        let place = self.place(play);
        let is_it = |path: &PathBuf| path == play || path == place;
        let Some((_, list)) = self.lists.iter().find(|(path, _)| is_it(path)) else {
            return Vec::new();
        };
        let known: HashMap<&Path, &MediaFile> =
            self.files.iter().map(|file| (&*file.path, file)).collect();
        list.iter().filter_map(|path| known.get(&**path).copied()).collect()
    }
}

/// A file is settled if two scans this far apart found it unchanged.
pub const SETTLES: Duration = Duration::from_secs(2);
/// A new file is settled if its last change was this long ago by the wall clock; but see [`FileCache::at_once`].
const OLD: Duration = Duration::from_secs(10);

/// The content of files from earlier scans, so that a scan reads only new and changed files. Bounded by
/// [`LOOKED_AT`].
#[derive(Debug)]
pub struct FileCache<T> {
    files: HashMap<Rc<Path>, CachedFile<T>>,
    round: u32,
    old: Duration,
}

#[derive(Debug)]
struct CachedFile<T> {
    version: (u64, i64),
    since: Instant,
    settled: bool,
    round: u32,
    content: Option<T>,
}

/// The metadata of a file in one scan.
#[derive(Clone, Copy, Debug)]
pub struct FileStat {
    /// Size in bytes.
    pub size: u64,
    /// See [`MediaFile::modified`].
    pub modified: i64,
    /// Distance of the wall clock from the modification time, in either direction: the clock of a box without a
    /// battery may be in the past.
    pub age: Duration,
    /// The writer has closed the file, or the file was moved here.
    pub closed: bool,
    /// The time of the scan.
    pub at: Instant,
}

impl<T> Default for FileCache<T> {
    fn default() -> Self {
        Self { files: HashMap::new(), round: 0, old: OLD }
    }
}

impl<T> FileCache<T> {
    /// A cache that takes every new file as settled, for a person who names files and waits.
    pub fn at_once() -> Self {
        Self { old: Duration::ZERO, ..Self::default() }
    }

    /// Begins a scan. Forgets the files that the previous scan did not find.
    pub fn begin(&mut self) {
        let round = self.round;
        self.files.retain(|_, file| file.round == round);
        self.round = round.wrapping_add(1);
    }

    /// Notes a file in this scan. Returns whether it is settled, and its content if known; `None` if the cache is full.
    pub fn note(&mut self, path: &Rc<Path>, stat: FileStat) -> Option<(bool, &mut Option<T>)> {
        let new = |settled| CachedFile {
            version: (stat.size, stat.modified),
            since: stat.at,
            settled,
            round: self.round,
            content: None,
        };
        if !self.files.contains_key(path) {
            if self.files.len() == LOOKED_AT {
                return None;
            }
            self.files.insert(path.clone(), new(stat.age >= self.old));
        }
        let file = self.files.get_mut(path)?;
        if file.version != (stat.size, stat.modified) {
            // It changed between two scans: then its age proves nothing, because clocks differ.
            *file = new(false);
        }
        file.round = self.round;
        file.settled |= stat.closed || stat.at.since(file.since) >= SETTLES;
        Some((file.settled, &mut file.content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YOUNG: Duration = Duration::from_secs(1);

    fn settled(stats: &[(u64, Duration, u64, bool)]) -> Vec<bool> {
        through(FileCache::default(), stats)
    }

    fn through(mut cache: FileCache<()>, stats: &[(u64, Duration, u64, bool)]) -> Vec<bool> {
        let path: Rc<Path> = Path::new("/m/film.mp4").into();
        let mut results = Vec::new();
        for (at, age, size, closed) in stats {
            cache.begin();
            let at = Instant::from_millis(*at);
            let stat = FileStat { size: *size, modified: 0, age: *age, closed: *closed, at };
            results.push(cache.note(&path, stat).expect("room").0);
        }
        results
    }

    #[test]
    fn a_file_is_settled_when_it_stands_still_or_was_closed_or_is_old() {
        assert_eq!(settled(&[(0, YOUNG, 1, false), (1_999, YOUNG, 1, false)]), [false, false]);
        assert_eq!(settled(&[(0, YOUNG, 1, false), (2_000, YOUNG, 1, false)]), [false, true]);
        assert_eq!(settled(&[(0, YOUNG, 1, true), (10, YOUNG, 1, false)]), [true, true]);
        assert_eq!(settled(&[(0, OLD, 1, false)]), [true]);
    }

    #[test]
    fn a_cache_that_settles_at_once_takes_every_file_as_settled_until_it_changes() {
        let stats = [(0, Duration::ZERO, 1, false), (10, YOUNG, 2, false)];
        assert_eq!(through(FileCache::at_once(), &stats), [true, false]);
    }

    #[test]
    fn a_file_that_changes_is_not_settled_whatever_its_age() {
        assert_eq!(
            settled(&[(0, OLD, 1, false), (5_000, OLD, 2, false), (7_000, OLD, 2, false)]),
            [true, false, true]
        );
        assert_eq!(settled(&[(0, OLD, 1, false), (9, YOUNG, 2, true)]), [true, true]);
    }

    #[test]
    fn the_content_is_kept_as_long_as_the_file() {
        let mut cache = FileCache::default();
        let path: Rc<Path> = Path::new("/m/film.mp4").into();
        let mut look = |size, begin| {
            if begin {
                cache.begin();
            }
            let at = Instant::START;
            let stat = FileStat { size, modified: 0, age: OLD, closed: false, at };
            let (_, content) = cache.note(&path, stat).expect("room");
            content.replace("a film")
        };
        assert_eq!(look(1, true), None);
        assert_eq!(look(1, true), Some("a film"));
        assert_eq!(look(2, true), None, "another file");
        cache.begin();
        cache.begin();
        assert!(cache.files.is_empty(), "not seen in a scan");
    }

    #[test]
    fn only_so_many_files_are_remembered() {
        let mut cache = FileCache::<()>::default();
        let at = Instant::START;
        let stat = FileStat { size: 1, modified: 0, age: OLD, closed: false, at };
        for n in 0..LOOKED_AT {
            let path: Rc<Path> = PathBuf::from(n.to_string()).into();
            assert!(cache.note(&path, stat).is_some());
        }
        assert!(cache.note(&Path::new("more").into(), stat).is_none());
        assert!(cache.note(&Path::new("7").into(), stat).is_some(), "this one is known");
    }
}
