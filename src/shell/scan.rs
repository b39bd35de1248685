//! Reads the media folder and the files and folders that the configuration names.
//!
//! Hidden files are skipped. A symbolic link counts if it leads to something below the same root;
//! the root itself is what the owner wrote, wherever it leads.

use crate::config::Config;
use crate::limits::{FOLDER_DEPTH, MEDIA};
use crate::media::catalogue::{MediaFile, Scan};
use crate::media::mime::{MediaType, of_extension};
use rustix::io::Errno;
use smol::future;
use std::collections::HashSet;
use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// Files looked at in one turn of the executor: a folder of thousands would stop the box for seconds.
const AT_ONCE: usize = 32;
/// Folders read in one scan.
const FOLDERS: usize = 4096;
/// Paths reported as missing.
const MISSING: usize = 64;

/// Reads everything that `config` names. Yields after each folder and now and then in it: a USB stick is slow.
pub async fn scan(config: &Config) -> Scan {
    let mut search = Search::default();
    // What is named comes first, so that a full media folder cannot push it out.
    let named = config.rules.iter().flat_map(|rule| &rule.plays);
    for path in named.chain([&config.media_folder]) {
        if search.started.insert(path.clone()) {
            search.start(path).await;
        }
    }
    search.scan
}

/// A scan under way.
#[derive(Default)]
struct Search {
    scan: Scan,
    started: HashSet<PathBuf>,
    found: HashSet<PathBuf>,
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

impl Search {
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
            Some(media_type) => self.find(path.to_owned(), root, media_type, &target.metadata),
            None => self.miss(path, "is not a kind of file that can be played".to_owned()),
        }
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
            match entries(&path) {
                Ok((entries, failed)) => {
                    if let Some(error) = failed {
                        self.miss(&path, reason(&error));
                    }
                    for piece in entries.chunks(AT_ONCE) {
                        for entry in piece {
                            self.look_at(entry, &root, depth, &mut folders, &mut links);
                        }
                        future::yield_now().await;
                    }
                }
                Err(error) => self.miss(&path, reason(&error)),
            }
            future::yield_now().await;
        }
    }

    fn look_at(
        &mut self,
        entry: &DirEntry,
        root: &Path,
        depth: usize,
        folders: &mut Vec<(PathBuf, PathBuf, usize)>,
        links: &mut Vec<(PathBuf, PathBuf, usize)>,
    ) {
        let path = entry.path();
        let both = entry.file_type().and_then(|kind| Ok((kind, Target::of(&path)?)));
        let (kind, target) = match both {
            Ok(both) => both,
            Err(error) if is_absence(&error) => return,
            Err(error) => return self.miss(&path, reason(&error)),
        };
        if !target.path.starts_with(root) {
            return;
        }
        if target.metadata.is_dir() {
            let queue = if kind.is_symlink() { links } else { folders };
            if depth < FOLDER_DEPTH {
                queue.push((path, target.path, depth + 1));
            }
        } else if target.metadata.is_file()
            && let Some(media_type) = kind_of(&path)
        {
            self.find(path, root, media_type, &target.metadata);
        }
    }

    fn find(
        &mut self,
        path: PathBuf,
        root: &Path,
        media_type: &'static MediaType,
        metadata: &Metadata,
    ) {
        // An empty file is one that is still being copied.
        if metadata.len() == 0 || !self.found.insert(path.clone()) {
            return;
        }
        if self.scan.files.len() == MEDIA {
            self.scan.skipped = self.scan.skipped.saturating_add(1);
            return;
        }
        self.scan.files.push(MediaFile {
            path: path.into(),
            root: root.into(),
            media_type,
            size: metadata.len(),
        });
    }

    fn miss(&mut self, path: &Path, why: String) {
        if self.scan.missing.len() < MISSING {
            self.scan.missing.push((path.to_owned(), why));
        }
    }
}

/// What is visible in a folder, in the order of names, so that every scan finds the same; and why that
/// is not all, if the disk failed on the way.
fn entries(folder: &Path) -> io::Result<(Vec<DirEntry>, Option<io::Error>)> {
    let hidden = |entry: &DirEntry| entry.file_name().as_encoded_bytes().starts_with(b".");
    let mut failed = None;
    let read = fs::read_dir(folder)?.map_while(|entry| entry.map_err(|e| failed = Some(e)).ok());
    let mut entries: Vec<_> = read.filter(|entry| !hidden(entry)).take(4 * MEDIA).collect();
    entries.sort_by_key(DirEntry::file_name);
    Ok((entries, failed))
}

/// Broken links, links in a circle, and files removed meanwhile: nothing is wrong, they are not there.
fn is_absence(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOENT | Errno::LOOP | Errno::NOTDIR))
}

fn kind_of(path: &Path) -> Option<&'static MediaType> {
    of_extension(path.extension()?.to_str()?)
}

/// Completes the sentence that begins with the path.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read by this program".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Backend, LoopMethod, OnStop, Port, Rule, Who};
    use crate::shell::scratch::Scratch;
    use crate::text::clip;
    use crate::time::Duration;
    use smol::block_on;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn scanned(media_folder: &Path, plays: &[PathBuf]) -> Scan {
        let rule = Rule {
            who: Who::Any,
            plays: plays.to_vec(),
            autoplay: true,
            repeat: true,
            volume: None,
            on_stop: OnStop::Respect,
            loop_method: LoopMethod::Auto,
            max_cut: Duration::ZERO,
        };
        let mut scan = block_on(scan(&Config {
            name: clip("box"),
            media_folder: media_folder.to_owned(),
            media_port: Port::Fixed(0),
            control_port: Port::Fixed(0),
            stop_at_exit: false,
            gpio: Backend::None,
            rules: vec![rule],
            groups: Vec::new(),
            buttons: Vec::new(),
            leds: Vec::new(),
        }));
        scan.files.sort_by(|a, b| a.path.cmp(&b.path));
        scan
    }

    fn names(scan: &Scan, below: &Path) -> Vec<String> {
        let name = |file: &MediaFile| {
            let path = file.path.strip_prefix(below).unwrap_or(&file.path);
            path.to_str().unwrap().to_owned()
        };
        scan.files.iter().map(name).collect()
    }

    #[test]
    fn finds_what_is_playable_visible_and_inside() {
        let folder = Scratch::new("scan");
        let secret = folder.write("outside/secret.mp4", "x");
        for name in ["a.mp4", "b.JPG", "notes.txt", ".hidden.mp4", ".trash/c.mp4", "deep/er/d.mp3"]
        {
            folder.write(&format!("media/{name}"), "12345");
        }
        folder.write("media/copying.mp4", "");
        let media = folder.path().join("media");
        symlink(&secret, media.join("escape.mp4")).unwrap();
        symlink("a.mp4", media.join("inner.mp4")).unwrap();
        symlink("gone.mp4", media.join("broken.mp4")).unwrap();
        symlink("..", media.join("deep/up")).unwrap();
        symlink(folder.path().join("outside"), media.join("away")).unwrap();

        let scan = scanned(&media, &[]);
        assert_eq!(names(&scan, &media), ["a.mp4", "b.JPG", "deep/er/d.mp3", "inner.mp4"]);
        assert_eq!((scan.missing.len(), scan.skipped), (0, 0));
        assert_eq!((scan.files[0].size, &*scan.files[0].root), (5, &*media));
    }

    #[test]
    fn finds_what_is_named_once_and_says_what_is_not_there() {
        let folder = Scratch::new("named");
        let film = folder.write("media/loops/film.mp4", "x");
        let other = folder.write("elsewhere/other.mp4", "x");
        let text = folder.write("elsewhere/notes.txt", "x");
        let (media, linked) = (folder.path().join("media"), folder.path().join("link.mp4"));
        symlink(&other, &linked).unwrap();
        let gone = folder.path().join("gone");
        let plays = [
            media.join("loops"),
            film.clone(),
            other.clone(),
            linked.clone(),
            text.clone(),
            gone.clone(),
        ];

        let scan = scanned(&media, &plays);
        let paths: Vec<_> = scan.files.iter().map(|file| &*file.path).collect();
        assert_eq!(paths, [&other, &linked, &film]);
        let elsewhere = folder.path().join("elsewhere");
        assert!(scan.files[..2].iter().all(|file| *file.root == *elsewhere));
        let missing = [
            (text, "is not a kind of file that can be played".to_owned()),
            (gone, "does not exist".to_owned()),
        ];
        assert_eq!(scan.missing, missing);
    }

    #[test]
    fn depth_and_number_are_bounded_and_named_files_come_first() {
        let folder = Scratch::new("bounds");
        let media = folder.path().join("media");
        let deep = (0..=FOLDER_DEPTH).map(|n| format!("{n}/")).collect::<String>();
        folder.write(&format!("media/{deep}below.mp4"), "x");
        assert_eq!(scanned(&media, &[]).files, []);
        for n in 0..MEDIA + 5 {
            folder.write(&format!("media/{n:05}.mp4"), "x");
        }
        let last = media.join(format!("{:05}.mp4", MEDIA + 4));
        let scan = scanned(&media, std::slice::from_ref(&last));
        assert_eq!((scan.files.len(), scan.skipped), (MEDIA, 5));
        assert!(scan.files.iter().any(|file| *file.path == *last));
    }

    #[test]
    fn an_unreadable_folder_is_reported_and_the_rest_found() {
        let folder = Scratch::new("unreadable");
        folder.write("media/a.mp4", "x");
        let locked = folder.write("media/locked/b.mp4", "x");
        let locked = locked.parent().unwrap();
        fs::set_permissions(locked, fs::Permissions::from_mode(0o000)).unwrap();
        let scan = scanned(&folder.path().join("media"), &[]);
        fs::set_permissions(locked, fs::Permissions::from_mode(0o700)).unwrap();
        // The superuser may read everything.
        if scan.files.len() == 1 {
            let why = "may not be read by this program".to_owned();
            assert_eq!(scan.missing, [(locked.to_owned(), why)]);
        } else {
            assert_eq!(scan.files.len(), 2);
        }
    }
}
