//! Scans the media folder and the files and folders that the configuration names.
//!
//! A path that does not exist as it is written may be spelled differently on the disk; then that is scanned.
//! Hidden files are skipped. A symbolic link counts if it leads to something below the same root; the root itself is what the
//! owner wrote, wherever it leads. The content of each new file is examined once; a file that is still being copied waits.
//!
//! A scan stays on one disk: it does not look at what is mounted below, of which another scan tells (`Places`).

pub(crate) mod inspect;
mod places;
pub(crate) mod spelling;
pub mod watch;

use crate::limits::{FOLDER_DEPTH, FOLDERS, MEDIA, NAMED, PLAYLIST_BYTES};
use crate::media::catalogue::{FileCache, FileStat, MediaFile, Scan};
use crate::media::content::{self, Content};
use crate::media::foreign::control_file;
use crate::media::lengths::Damage;
use crate::media::media_type::{MediaKind, MediaType};
use crate::media::playlist::{self, Entry, is_playlist};
use crate::media::subtitles::FolderSubtitles;
use crate::media::unplayed;
use crate::shell::clock::Clock;
use crate::shell::reader::mounts::plain;
use inspect::{
    Inspection, entries, inspect, is_absence, kind_of, may_read, modified, read, reason, sidecars,
};
pub use places::Places;
use smol::future;
use spelling::Spellings;
use std::collections::{HashMap, HashSet};
use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};
use watch::Watch;

/// Files examined in one turn of the executor: a folder with thousands would block the box for seconds.
const FILES_PER_TURN: usize = 32;

/// What is wrong with a film that was cut off; completes a sentence that starts with its path.
const CUT_BEFORE_INDEX: &str =
    "is only the first part of a film, without the index at its end: copy it again";
const CUT_AT_END: &str =
    "is only the first part of a film, and is played as far as it goes: copy it again";

/// What is wrong with a link to elsewhere.
const OUTSIDE: &str = "is a link that leads out of the folder";
/// What is wrong with a file of which a reader has died.
const CRASHED: &str =
    "twice crashed the process that reads media, and is left out until it changes: replace it";

/// What earlier scans have found out about files.
pub type Known = FileCache<Inspection>;

/// Scans `places`. Yields often, because a USB stick is slow. Registers each folder with `watch` before it is read. Calls
/// `examines` before it looks into a file that nobody has looked into, with size and time of change.
pub async fn scan(
    places: &Places,
    known: &mut Known,
    watch: &Watch,
    clock: Clock,
    examines: &mut dyn FnMut(&Path, u64, i64),
) -> Scan {
    known.begin();
    watch.begin();
    let mut scanner = Scanner {
        places,
        known,
        watch,
        clock,
        examines,
        scan: Scan::default(),
        started: HashSet::new(),
        found: HashSet::new(),
        subtitles_by_folder: HashMap::new(),
        spellings: Spellings::default(),
        folders: 0,
    };
    for path in &places.named {
        if scanner.started.insert(path.clone()) {
            if let Some(to) = places.leads_away(path) {
                scanner.scan.meant.push((path.clone(), to));
                continue;
            }
            watch.add_path(path);
            let place = scanner.place(path);
            match is_playlist(path) {
                true => scanner.scan_playlist(path, &place).await,
                false => scanner.scan_named(&place).await,
            }
        }
    }
    for path in &places.inside {
        if scanner.started.insert(path.clone()) {
            scanner.scan_named(path).await;
        }
    }
    let mut scan = scanner.scan;
    scan.untold = watch.end();
    scan
}

/// A scan under way.
struct Scanner<'a> {
    places: &'a Places,
    known: &'a mut Known,
    watch: &'a Watch,
    clock: Clock,
    examines: &'a mut dyn FnMut(&Path, u64, i64),
    scan: Scan,
    started: HashSet<PathBuf>,
    found: HashSet<Rc<Path>>,
    /// The subtitles in each folder read so far.
    subtitles_by_folder: HashMap<PathBuf, FolderSubtitles>,
    spellings: Spellings,
    folders: usize,
}

/// What a path leads to when symbolic links are resolved.
struct Target {
    path: PathBuf,
    metadata: Metadata,
}

impl Target {
    fn of(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.canonicalize()?, metadata: path.metadata()? })
    }
}

/// Where an entry is: below which root, in which folder, and how deep.
#[derive(Clone, Copy)]
struct Inside<'a> {
    root: &'a Path,
    folder: &'a Path,
    depth: usize,
}

/// Folders to be read, each with its target and its depth.
type Queue = Vec<(PathBuf, PathBuf, usize)>;

impl Scanner<'_> {
    /// Where the configured path `wanted` is on the disk.
    fn place(&mut self, wanted: &Path) -> PathBuf {
        let Some(found) = self.spellings.meant(wanted) else { return wanted.to_owned() };
        self.watch.add_path(&found);
        let name = found.display();
        self.note(wanted, format!("stands for {name} (spelled differently on the disk)"));
        self.scan.meant.push((wanted.to_owned(), found.clone()));
        found
    }

    /// Scans a file or folder that the configuration names.
    async fn scan_named(&mut self, path: &Path) {
        let target = match Target::of(path) {
            Ok(target) => target,
            Err(error) => return self.note_missing(path, reason(&error)),
        };
        if target.metadata.is_dir() {
            return self.scan_folder(path, target.path).await;
        }
        let Some(root) = target.path.parent().filter(|_| target.metadata.is_file()) else {
            return self.note_missing(path, "is neither a file nor a folder".to_owned());
        };
        match kind_of(path) {
            named @ Some(_) => {
                if let Some(folder) = path.parent()
                    && !self.subtitles_by_folder.contains_key(folder)
                {
                    let beside = entries(folder).map(|(entries, _)| sidecars(&entries));
                    self.subtitles_by_folder.insert(folder.to_owned(), beside.unwrap_or_default());
                }
                self.add_file(path, root, named, &target).await;
            }
            None if unplayed::of_name(path).is_some() => {
                self.add_file(path, root, None, &target).await;
            }
            None => self.note_missing(path, "is not a kind of file that can be played".to_owned()),
        }
    }

    /// Scans a playlist that the configuration names, and the files in it. They must lie below the same media folder or, if the
    /// playlist lies elsewhere, below the folder of the playlist.
    async fn scan_playlist(&mut self, configured: &Path, path: &Path) {
        let Some(folder) = path.parent() else { return };
        let media = self.places.media_folders.iter().find(|media| folder.starts_with(media));
        let root = media.map_or(folder, PathBuf::as_path);
        let read = Target::of(path).and_then(|target| read(&target.path, PLAYLIST_BYTES));
        let playlist = match read {
            Ok(bytes) => playlist::parse(&bytes, folder, root),
            Err(error) => return self.note_missing(path, reason(&error)),
        };
        for (line, why) in playlist.refused {
            let line = if line.is_empty() { line } else { format!("\"{line}\" ") };
            self.note_problem(path, format!("{line}{why}"));
        }
        let mut files = Vec::with_capacity(playlist.entries.len());
        let mut respelled = 0;
        let mut sample = None;
        for entry in playlist.entries {
            // A line that names nothing takes many looks at the disk.
            future::yield_now().await;
            if let Some(path) = entry.paths.first().filter(|path| self.places.cross(folder, path)) {
                // Another scan tells whether it is there.
                files.push(path.as_path().into());
                continue;
            }
            let (file, as_written) = self.file_of(&entry);
            if !as_written {
                respelled += 1;
                sample.get_or_insert((entry.shown, file.clone()));
            }
            if self.started.insert(file.clone()) && !self.found.contains(&*file) {
                match file.is_dir() {
                    true => {
                        self.note_problem(&file, "is a folder: a playlist names files".to_owned())
                    }
                    false => self.scan_named(&file).await,
                }
            }
            files.extend(self.found.get(&*file).cloned());
        }
        if let Some((line, file)) = sample {
            let more = match respelled {
                1 => String::new(),
                _ => format!(", and {} more likewise", respelled - 1),
            };
            let name = file.strip_prefix(folder).unwrap_or(&file).display();
            self.note(
                path,
                format!("\"{line}\" stands for {name} (spelled differently on the disk){more}"),
            );
        }
        self.scan.lists.push((configured.to_owned(), files));
    }

    /// The file that a line of a playlist stands for, and whether it is spelled as in the line.
    fn file_of(&mut self, entry: &Entry) -> (PathBuf, bool) {
        let [first, others @ ..] = &entry.paths[..] else { return (PathBuf::new(), true) };
        let is_there = |path: &&PathBuf| path.symlink_metadata().is_ok();
        if is_there(&first) {
            return (first.clone(), true);
        }
        let other = others.iter().find(is_there).cloned();
        let mut meant = || entry.paths.iter().find_map(|path| self.spellings.meant(path));
        other.or_else(&mut meant).map_or_else(|| (first.clone(), true), |found| (found, false))
    }

    /// Scans a folder and all folders below it. Each folder is read once. Those reached through symbolic links come last, so that
    /// files keep their own paths and circles of links end.
    async fn scan_folder(&mut self, top: &Path, root: PathBuf) {
        let mut read = HashSet::new();
        let mut folders = vec![(top.to_owned(), root.clone(), 0)];
        let mut links = Vec::new();
        while let Some((path, target, depth)) = folders.pop().or_else(|| links.pop()) {
            if self.folders == FOLDERS || !read.insert(target.clone()) {
                continue;
            }
            self.folders += 1;
            self.watch.add_folder(&path);
            match entries(&path) {
                Ok((entries, failed)) => {
                    let inside = Inside { root: &root, folder: &target, depth };
                    if let Some(error) = failed {
                        self.note_missing(&path, reason(&error));
                    }
                    self.subtitles_by_folder.insert(path, sidecars(&entries));
                    for piece in entries.chunks(FILES_PER_TURN) {
                        for entry in piece {
                            self.scan_entry(entry, inside, &mut folders, &mut links).await;
                        }
                        future::yield_now().await;
                    }
                }
                Err(error) => self.note_missing(&path, reason(&error)),
            }
            future::yield_now().await;
        }
    }

    async fn scan_entry(
        &mut self,
        entry: &DirEntry,
        Inside { root, folder, depth }: Inside<'_>,
        folders: &mut Queue,
        links: &mut Queue,
    ) {
        let path = entry.path();
        if self.places.cross(folder, &folder.join(entry.file_name())) {
            return;
        }
        if entry.file_type().is_ok_and(|kind| kind.is_symlink())
            && let Ok(to) = fs::read_link(&path)
            && let to = plain(&folder.join(to))
            && self.places.cross(folder, &to)
        {
            if !to.starts_with(root) && kind_of(&path).is_some() {
                self.note_problem(&path, OUTSIDE.to_owned());
            }
            return;
        }
        let both = entry.file_type().and_then(|kind| Ok((kind, Target::of(&path)?)));
        let (kind, target) = match both {
            Ok(both) => both,
            Err(error) if is_absence(&error) => return,
            Err(error) => return self.note_missing(&path, reason(&error)),
        };
        let (is_folder, media_type) = (target.metadata.is_dir(), kind_of(&path));
        if !target.path.starts_with(root) {
            if is_folder || media_type.is_some() {
                self.note_problem(&path, OUTSIDE.to_owned());
            }
        } else if is_folder {
            let queue = if kind.is_symlink() { links } else { folders };
            if depth < FOLDER_DEPTH {
                queue.push((path, target.path, depth + 1));
            }
        } else if target.metadata.is_file()
            && (media_type.is_some() || unplayed::of_name(&path).is_some())
            && !control_file(&path).exists()
        {
            self.add_file(&path, root, media_type, &target).await;
        }
    }

    /// Adds a file with the extension of media, or of a kind that is not played, if it is no longer being written and its
    /// content is media.
    async fn add_file(
        &mut self,
        path: &Path,
        root: &Path,
        named: Option<&'static MediaType>,
        target: &Target,
    ) {
        let path: Rc<Path> = path.into();
        if !self.found.insert(path.clone()) {
            return;
        }
        let stat = self.stat(&path, &target.metadata);
        if self.scan.files.len() == MEDIA {
            self.scan.skipped = self.scan.skipped.saturating_add(1);
            return;
        }
        let Some((settled, content)) = self.known.note(&path, stat) else {
            self.scan.skipped = self.scan.skipped.saturating_add(1);
            return;
        };
        if !settled {
            if self.scan.growing.len() < NAMED {
                self.scan.growing.push(path.to_path_buf());
            }
            return;
        }
        if self.places.leaves_out(&path, stat.size, stat.modified) {
            return self.note_problem(&path, CRASHED.to_owned());
        }
        let is_new = content.is_none();
        if is_new {
            (self.examines)(&path, stat.size, stat.modified);
        }
        let content = match (may_read(&target.path), *content) {
            (Err(error), _) => Err(error),
            (Ok(()), Some(content)) => Ok(content),
            (Ok(()), None) => inspect(&target.path, named).inspect(|found| {
                *content = Some(*found);
            }),
        };
        if is_new {
            future::yield_now().await;
        }
        let found = match content {
            Ok(found) => found,
            Err(error) if is_absence(&error) => return,
            Err(error) => return self.note_problem(&path, reason(&error)),
        };
        let media_type = match (found.content, named) {
            (Content::NoMedia(what), _) => return self.note_problem(&path, format!("is {what}")),
            (Content::Other(other), _) => {
                let what = content::described(other);
                self.note_problem(&path, format!("is {what}, and is played as one"));
                other
            }
            (Content::AsNamed, Some(named)) => named,
            (Content::AsNamed, None) => {
                let what = unplayed::of_name(&path).unwrap_or("of no kind that is played");
                return self.note_problem(&path, format!("is {what}"));
            }
        };
        match found.damage {
            Some(Damage::Index) => return self.note_problem(&path, CUT_BEFORE_INDEX.to_owned()),
            Some(Damage::End) => self.note_problem(&path, CUT_AT_END.to_owned()),
            None => {}
        }
        self.scan.files.push(MediaFile {
            subtitles: Some(&path)
                .filter(|_| media_type.kind == MediaKind::Video)
                .and_then(|path| self.subtitles(path, root)),
            profile: found.profile,
            path,
            root: root.into(),
            media_type,
            size: stat.size,
            modified: stat.modified,
        });
    }

    fn stat(&self, path: &Path, metadata: &Metadata) -> FileStat {
        let changed = metadata.modified().unwrap_or(UNIX_EPOCH);
        let now = SystemTime::now();
        let age = now.duration_since(changed).unwrap_or_else(|future| future.duration());
        FileStat {
            size: metadata.len(),
            modified: modified(metadata),
            age,
            closed: self.watch.was_closed(path),
            at: self.clock.now(),
        }
    }

    /// The subtitles beside the film, if they lead to a file below the same root.
    fn subtitles(&self, film: &Path, root: &Path) -> Option<Rc<Path>> {
        let found = self.subtitles_by_folder.get(film.parent()?)?.of(film)?;
        let target = Target::of(&found).ok()?;
        (target.metadata.is_file() && target.path.starts_with(root)).then_some(found)
    }

    fn note(&mut self, path: &Path, what: String) {
        if self.scan.notes.len() < NAMED {
            self.scan.notes.push((path.to_owned(), what));
        }
    }

    fn note_missing(&mut self, path: &Path, why: String) {
        if self.scan.missing.len() < NAMED {
            self.scan.missing.push((path.to_owned(), why));
        }
    }

    /// Notes a problem, once: a folder may be read twice, by its own name and as part of another one.
    fn note_problem(&mut self, path: &Path, why: String) {
        let one = (path.to_owned(), why);
        if self.scan.bad.len() < NAMED && !self.scan.bad.contains(&one) {
            self.scan.bad.push(one);
        }
    }
}

#[cfg(test)]
mod tests;
