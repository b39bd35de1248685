//! Reads the media folder and the files and folders that the configuration names.
//!
//! Hidden files are skipped. A symbolic link counts if it leads to something below the same root;
//! the root itself is what the owner wrote, wherever it leads. Each new file is looked into, once, for what
//! it really is; one that is still being copied waits.

pub(crate) mod inspect;
pub mod watch;

use crate::config::{Config, ScheduledAction};
use crate::limits::{FOLDER_DEPTH, FOLDERS, MEDIA, NAMED, PLAYLIST_BYTES};
use crate::media::catalogue::{Looks, MediaFile, Scan, Sight};
use crate::media::content::{self, Content};
use crate::media::mime::{Kind, MediaType};
use crate::media::playlist::{self, is_playlist};
use crate::media::subtitles::Sidecars;
use crate::shell::clock::Clock;
use inspect::{
    Looked, entries, is_absence, kind_of, look_into, may_read, modified, read, reason, sidecars,
};
use smol::future;
use std::collections::{HashMap, HashSet};
use std::fs::{DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};
use watch::Watch;

/// Files looked at in one turn of the executor: a folder of thousands would stop the box for seconds.
const AT_ONCE: usize = 32;

/// What a scan knows from those before.
pub type Known = Looks<Looked>;

/// Reads everything that `config` names. Yields after each folder and each file looked into, and now and then
/// beside: a USB stick is slow. Tells `watch` beforehand what it reads.
pub async fn scan(config: &Config, known: &mut Known, watch: &Watch, clock: Clock) -> Scan {
    known.begin();
    watch.begin();
    let mut search = Search {
        config,
        known,
        watch,
        clock,
        scan: Scan::default(),
        started: HashSet::new(),
        found: HashSet::new(),
        sidecars: HashMap::new(),
        folders: 0,
    };
    // What is named comes first, so that a full media folder cannot push it out.
    let named = config.rules.iter().flat_map(|rule| &rule.plays);
    let chosen = config.buttons.iter().flat_map(|button| &button.choice.plays);
    let scheduled = config.schedule.iter().flat_map(|entry| match &entry.then {
        ScheduledAction::Play(plays) => &plays[..],
        ScheduledAction::Stop | ScheduledAction::Blackout => &[],
    });
    for path in named.chain(chosen).chain(scheduled).chain([&config.media_folder]) {
        if search.started.insert(path.clone()) {
            watch.place(path);
            match is_playlist(path) {
                true => search.list(path).await,
                false => search.start(path).await,
            }
        }
    }
    let mut scan = search.scan;
    scan.untold = watch.end();
    scan
}

/// A scan under way.
struct Search<'a> {
    config: &'a Config,
    known: &'a mut Known,
    watch: &'a Watch,
    clock: Clock,
    scan: Scan,
    started: HashSet<PathBuf>,
    found: HashSet<Rc<Path>>,
    /// By folder, as far as they were read.
    sidecars: HashMap<PathBuf, Sidecars>,
    folders: usize,
}

/// What a path leads to, symbolic links resolved.
struct Target {
    path: PathBuf,
    metadata: Metadata,
}

impl Target {
    fn of(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.canonicalize()?, metadata: path.metadata()? })
    }
}

/// Folders to be read, each with what it leads to and how deep it is.
type Queue = Vec<(PathBuf, PathBuf, usize)>;

impl Search<'_> {
    /// Reads a file or folder that the configuration names.
    async fn start(&mut self, path: &Path) {
        let target = match Target::of(path) {
            Ok(target) => target,
            Err(error) => return self.miss(path, reason(&error)),
        };
        if target.metadata.is_dir() {
            return self.walk(path, target.path).await;
        }
        let Some(root) = target.path.parent().filter(|_| target.metadata.is_file()) else {
            return self.miss(path, "is neither a file nor a folder".to_owned());
        };
        match kind_of(path) {
            Some(media_type) => {
                if let Some(folder) = path.parent()
                    && !self.sidecars.contains_key(folder)
                {
                    let beside = entries(folder).map(|(entries, _)| sidecars(&entries));
                    self.sidecars.insert(folder.to_owned(), beside.unwrap_or_default());
                }
                self.find(path, root, media_type, &target).await;
            }
            None => self.miss(path, "is not a kind of file that can be played".to_owned()),
        }
    }

    /// Reads a playlist that the configuration names, and the files that it names, which must lie below the
    /// media folder or, if it lies elsewhere itself, below its own.
    async fn list(&mut self, path: &Path) {
        let Some(folder) = path.parent() else { return };
        let media = self.config.media_folder.as_path();
        let root = if folder.starts_with(media) { media } else { folder };
        let read = Target::of(path).and_then(|target| read(&target.path, PLAYLIST_BYTES));
        let playlist = match read {
            Ok(bytes) => playlist::parse(&bytes, folder, root),
            Err(error) => return self.miss(path, reason(&error)),
        };
        for (line, why) in playlist.refused {
            let line = if line.is_empty() { line } else { format!("\"{line}\" ") };
            self.blame(path, format!("{line}{why}"));
        }
        let mut files = Vec::with_capacity(playlist.files.len());
        for file in playlist.files {
            if self.started.insert(file.clone()) && !self.found.contains(&*file) {
                match file.is_dir() {
                    true => self.blame(&file, "is a folder: a playlist names files".to_owned()),
                    false => self.start(&file).await,
                }
            }
            files.extend(self.found.get(&*file).cloned());
        }
        self.scan.lists.push((path.to_owned(), files));
    }

    /// Reads a folder and those below it. Each folder is read once: those reached through symbolic
    /// links last, so that files keep their own paths and links in a circle end.
    async fn walk(&mut self, top: &Path, root: PathBuf) {
        let mut read = HashSet::new();
        let mut folders = vec![(top.to_owned(), root.clone(), 0)];
        let mut links = Vec::new();
        while let Some((path, target, depth)) = folders.pop().or_else(|| links.pop()) {
            if self.folders == FOLDERS || !read.insert(target) {
                continue;
            }
            self.folders += 1;
            self.watch.folder(&path);
            match entries(&path) {
                Ok((entries, failed)) => {
                    if let Some(error) = failed {
                        self.miss(&path, reason(&error));
                    }
                    self.sidecars.insert(path, sidecars(&entries));
                    for piece in entries.chunks(AT_ONCE) {
                        for entry in piece {
                            self.look_at(entry, &root, depth, &mut folders, &mut links).await;
                        }
                        future::yield_now().await;
                    }
                }
                Err(error) => self.miss(&path, reason(&error)),
            }
            future::yield_now().await;
        }
    }

    async fn look_at(
        &mut self,
        entry: &DirEntry,
        root: &Path,
        depth: usize,
        folders: &mut Queue,
        links: &mut Queue,
    ) {
        let path = entry.path();
        let both = entry.file_type().and_then(|kind| Ok((kind, Target::of(&path)?)));
        let (kind, target) = match both {
            Ok(both) => both,
            Err(error) if is_absence(&error) => return,
            Err(error) => return self.miss(&path, reason(&error)),
        };
        let (is_folder, media_type) = (target.metadata.is_dir(), kind_of(&path));
        if !target.path.starts_with(root) {
            if is_folder || media_type.is_some() {
                self.blame(&path, "is a link that leads out of the folder".to_owned());
            }
        } else if is_folder {
            let queue = if kind.is_symlink() { links } else { folders };
            if depth < FOLDER_DEPTH {
                queue.push((path, target.path, depth + 1));
            }
        } else if target.metadata.is_file()
            && let Some(media_type) = media_type
        {
            self.find(&path, root, media_type, &target).await;
        }
    }

    /// Takes a file whose name is that of media, if it is settled and its content is no other.
    async fn find(&mut self, path: &Path, root: &Path, named: &'static MediaType, target: &Target) {
        let path: Rc<Path> = path.into();
        if !self.found.insert(path.clone()) {
            return;
        }
        let sight = self.sight(&path, &target.metadata);
        if self.scan.files.len() == MEDIA {
            self.scan.skipped = self.scan.skipped.saturating_add(1);
            return;
        }
        let Some((settled, content)) = self.known.look(&path, sight) else {
            self.scan.skipped = self.scan.skipped.saturating_add(1);
            return;
        };
        if !settled {
            if self.scan.growing.len() < NAMED {
                self.scan.growing.push(path.to_path_buf());
            }
            return;
        }
        let is_news = content.is_none();
        let content = match (may_read(&target.path), *content) {
            (Err(error), _) => Err(error),
            (Ok(()), Some(content)) => Ok(content),
            (Ok(()), None) => look_into(&target.path, named).inspect(|found| {
                *content = Some(*found);
            }),
        };
        if is_news {
            future::yield_now().await;
        }
        let (media_type, profile) = match content {
            Ok((Content::AsNamed, profile)) => (named, profile),
            Ok((Content::Other(other), profile)) => {
                let what = content::described(other);
                self.blame(&path, format!("is {what}, and is played as one"));
                (other, profile)
            }
            Ok((Content::NoMedia(what), _)) => return self.blame(&path, format!("is {what}")),
            Err(error) if is_absence(&error) => return,
            Err(error) => return self.blame(&path, reason(&error)),
        };
        self.scan.files.push(MediaFile {
            subtitles: Some(&path)
                .filter(|_| media_type.kind == Kind::Video)
                .and_then(|path| self.subtitles(path, root)),
            profile,
            path,
            root: root.into(),
            media_type,
            size: sight.size,
            modified: sight.modified,
        });
    }

    fn sight(&self, path: &Path, metadata: &Metadata) -> Sight {
        let changed = metadata.modified().unwrap_or(UNIX_EPOCH);
        let now = SystemTime::now();
        let age = now.duration_since(changed).unwrap_or_else(|future| future.duration());
        Sight {
            size: metadata.len(),
            modified: modified(metadata),
            age,
            closed: self.watch.was_closed(path),
            at: self.clock.now(),
        }
    }

    /// Those beside the film, if they lead to a file below the same root.
    fn subtitles(&self, film: &Path, root: &Path) -> Option<Rc<Path>> {
        let found = self.sidecars.get(film.parent()?)?.of(film)?;
        let target = Target::of(&found).ok()?;
        (target.metadata.is_file() && target.path.starts_with(root)).then_some(found)
    }

    fn miss(&mut self, path: &Path, why: String) {
        if self.scan.missing.len() < NAMED {
            self.scan.missing.push((path.to_owned(), why));
        }
    }

    /// A folder may be read twice, by its own name and as part of another.
    fn blame(&mut self, path: &Path, why: String) {
        let one = (path.to_owned(), why);
        if self.scan.bad.len() < NAMED && !self.scan.bad.contains(&one) {
            self.scan.bad.push(one);
        }
    }
}

#[cfg(test)]
mod tests;
