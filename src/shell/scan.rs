//! Reads the media folder and the files and folders that the configuration names.
//!
//! Hidden files are skipped. A symbolic link counts if it leads to something below the same root;
//! the root itself is what the owner wrote, wherever it leads. Each new file is looked into, once, for what
//! it really is; one that is still being copied waits.

use super::clock::Clock;
use super::disk::{
    Looked, entries, is_absence, kind_of, look_into, may_read, modified, read, reason, sidecars,
};
use super::watch::Watch;
use crate::config::{Config, Then};
use crate::limits::{FOLDER_DEPTH, FOLDERS, MEDIA, NAMED, PLAYLIST_BYTES};
use crate::media::catalogue::{Looks, MediaFile, Scan, Sight};
use crate::media::content::{self, Content};
use crate::media::mime::{Kind, MediaType};
use crate::media::playlist::{self, is_playlist};
use crate::media::subtitles::Sidecars;
use smol::future;
use std::collections::{HashMap, HashSet};
use std::fs::{DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

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
    let chosen = config.buttons.iter().filter_map(|button| button.choice.as_ref());
    let scheduled = config.schedule.iter().flat_map(|entry| match &entry.then {
        Then::Play(plays) => &plays[..],
        Then::Stop | Then::Blackout => &[],
    });
    let chosen = chosen.flat_map(|choice| &choice.plays);
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
mod tests {
    use super::*;
    use crate::config::{Backend, LoopMethod, OnStop, Order, Port, Rule, Who};
    use crate::shell::scratch::Scratch;
    use crate::text::clip;
    use crate::time::Duration;
    use smol::block_on;
    use std::fs::{self, File};
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn config(media_folder: &Path, plays: &[PathBuf]) -> Config {
        let rule = Rule {
            who: Who::Any,
            plays: plays.to_vec(),
            autoplay: true,
            repeat: true,
            order: Order::Name,
            dwell: Duration::from_secs(10),
            volume: None,
            on_stop: OnStop::Respect,
            loop_method: LoopMethod::Auto,
            max_cut: Duration::ZERO,
        };
        Config {
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
            ..Config::default()
        }
    }

    fn scanned(media_folder: &Path, plays: &[PathBuf]) -> Scan {
        again(media_folder, plays, &mut Known::default())
    }

    fn again(media_folder: &Path, plays: &[PathBuf], known: &mut Known) -> Scan {
        let (config, watch) = (config(media_folder, plays), Watch::default());
        let mut scan = block_on(scan(&config, known, &watch, Clock::start()));
        scan.files.sort_by(|a, b| a.path.cmp(&b.path));
        scan
    }

    /// Bytes that say nothing, as those of many media.
    const FILM: &[u8] = b"\0\0\0\0\0";

    /// Why a file is not what it should be.
    fn blamed(scan: &Scan, below: &Path) -> Vec<(String, String)> {
        let name = |path: &Path| path.strip_prefix(below).unwrap().display().to_string();
        scan.bad.iter().map(|(path, why)| (name(path), why.clone())).collect()
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
        let secret = folder.write("outside/secret.mp4", FILM);
        for name in ["a.mp4", "b.JPG", "notes.txt", ".hidden.mp4", ".trash/c.mp4", "deep/er/d.mp3"]
        {
            folder.write(&format!("media/{name}"), FILM);
        }
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
        let out =
            |name: &str| (name.to_owned(), "is a link that leads out of the folder".to_owned());
        assert_eq!(blamed(&scan, &media), [out("away"), out("escape.mp4")]);
    }

    #[test]
    fn bad_files_are_named_and_those_whose_names_lie_are_what_they_are() {
        let folder = Scratch::new("bad");
        let media = folder.path();
        folder.write("empty.mp4", "");
        folder.write("song.mp3", "la la la\n");
        folder.write("photo.jpg", b"\x89PNG\r\n\x1a\n");
        folder.write("good.mp4", FILM);
        folder.write("locked.mp4", FILM);
        let lock = |mode| {
            let locked = fs::Permissions::from_mode(mode);
            fs::set_permissions(media.join("locked.mp4"), locked).unwrap();
        };
        lock(0o000);
        let mut known = Known::default();
        let scan = again(media, &[], &mut known);
        let mut expected = vec![
            ("empty.mp4".to_owned(), "is empty".to_owned()),
            ("locked.mp4".to_owned(), "may not be read by this program".to_owned()),
            ("photo.jpg".to_owned(), "is a PNG picture, and is played as one".to_owned()),
            ("song.mp3".to_owned(), "is a text file".to_owned()),
        ];
        let mut found = vec!["good.mp4", "photo.jpg"];
        if rustix::process::geteuid().is_root() {
            // Who may read everything.
            expected.remove(1);
            found.insert(1, "locked.mp4");
        }
        assert_eq!(blamed(&scan, media), expected);
        assert_eq!(names(&scan, media), found);
        assert_eq!(scan.files.last().map(|file| file.media_type.extension), Some("png"));
        lock(0o600);
        assert_eq!(
            names(&again(media, &[], &mut known), media),
            ["good.mp4", "locked.mp4", "photo.jpg"]
        );
    }

    #[test]
    fn a_file_is_looked_into_once_unless_it_changes() {
        let folder = Scratch::new("once");
        let path = folder.write("a.mp4", "text");
        let mut known = Known::default();
        assert_eq!(again(folder.path(), &[], &mut known).bad.len(), 1);
        // As long, and changed at the same time: what is known of it still holds.
        let time = path.metadata().unwrap().modified().unwrap();
        fs::write(&path, b"\0\0\0\0").unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(time).unwrap();
        assert_eq!(again(folder.path(), &[], &mut known).bad.len(), 1);
        file.set_modified(time + Duration::from_secs(1)).unwrap();
        assert_eq!(again(folder.path(), &[], &mut known).growing, [path]);
    }

    #[test]
    fn what_was_written_just_now_waits_and_what_was_there_does_not() {
        let folder = Scratch::new("growing");
        folder.write("old.mp4", FILM);
        let new = folder.path().join("new.mp4");
        fs::write(&new, "").unwrap();
        let scan = scanned(folder.path(), &[]);
        assert_eq!(names(&scan, folder.path()), ["old.mp4"]);
        assert_eq!((scan.growing, scan.bad), (vec![new], vec![]), "nor is it called empty yet");
    }

    #[test]
    fn subtitles_are_found_beside_a_film_also_a_named_one() {
        let folder = Scratch::new("subtitles");
        let secret = folder.write("outside.srt", "1");
        let media = folder.path().join("media");
        for name in ["film.mp4", "film.en.srt", "plain.mkv", "away.mp4"] {
            folder.write(&format!("media/{name}"), FILM);
        }
        symlink(secret, media.join("away.srt")).unwrap();
        for plays in [vec![], vec![media.join("film.mp4")]] {
            let scan = scanned(&media, &plays);
            let found: Vec<_> = scan.files.iter().map(|file| file.subtitles.as_ref()).collect();
            let name = found[1].map(|found| &**found);
            assert_eq!(name, Some(&*media.join("film.en.srt")));
            assert!(found[0].is_none() && found[2].is_none(), "{found:?}");
        }
    }

    #[test]
    fn a_playlist_is_read_for_its_files_in_order() {
        let folder = Scratch::new("playlist");
        let media = folder.path().join("media");
        for name in ["1.mp3", "deep/2.mp3", "3.mp3"] {
            folder.write(&format!("media/{name}"), FILM);
        }
        let text = "#EXTM3U\n3.mp3\r\ndeep\\2.mp3\n../x.mp3\ngone.mp3\ndeep\n3.mp3\n";
        let list = folder.write("media/day.m3u", text);
        for media_folder in [&media, &list] {
            let scan = scanned(media_folder, std::slice::from_ref(&list));
            let (path, files) = &scan.lists[0];
            let named: Vec<_> = files.iter().map(|p| p.strip_prefix(&media).unwrap()).collect();
            assert_eq!(*path, list);
            assert_eq!(named, ["3.mp3", "deep/2.mp3", "3.mp3"].map(Path::new));
            let why = [
                ("day.m3u", "\"../x.mp3\" is outside the folder"),
                ("deep", "is a folder: a playlist names files"),
            ];
            let why = why.map(|(path, why)| (path.to_owned(), why.to_owned()));
            assert_eq!(blamed(&scan, &media), why);
            assert_eq!(scan.missing[0].0, media.join("gone.mp3"));
            let all = if *media_folder == media { 3 } else { 2 };
            assert_eq!(scan.files.len(), all);
        }
    }

    #[test]
    fn subtitles_are_found_beside_their_film_and_pictures_looked_into() {
        let folder = Scratch::new("beside");
        let media = folder.path().join("media");
        for name in
            ["a.mp4", "a.srt", "b.mkv", "b.vtt", "b.srt", "c.mp4", "d.vtt", "d.mp3", "d.srt"]
        {
            folder.write(&format!("media/{name}"), FILM);
        }
        let jpeg = b"\xff\xd8\xff\xc0\x00\x11\x08\x04\x38\x07\x80\x03";
        folder.write("media/e.jpg", jpeg);
        let scan = scanned(&media, &[]);
        let subtitles = |file: &MediaFile| {
            let name = file.subtitles.as_deref()?.file_name()?;
            Some(name.to_string_lossy().into_owned())
        };
        let found: Vec<_> = scan.files.iter().map(subtitles).collect();
        let expected = [Some("a.srt".to_owned()), Some("b.srt".to_owned()), None, None, None];
        assert_eq!(found, expected, "{:?}", names(&scan, &media));
        let profiles: Vec<_> = scan.files.iter().map(|file| file.profile).collect();
        assert_eq!(profiles, [None, None, None, None, Some("JPEG_LRG")]);
    }

    #[test]
    fn finds_what_is_named_once_and_says_what_is_not_there() {
        let folder = Scratch::new("named");
        let film = folder.write("media/loops/film.mp4", FILM);
        let other = folder.write("elsewhere/other.mp4", FILM);
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
        folder.write(&format!("media/{deep}below.mp4"), FILM);
        assert_eq!(scanned(&media, &[]).files, []);
        for n in 0..MEDIA + 5 {
            folder.write(&format!("media/{n:05}.mp4"), FILM);
        }
        let last = media.join(format!("{:05}.mp4", MEDIA + 4));
        let scan = scanned(&media, std::slice::from_ref(&last));
        assert_eq!((scan.files.len(), scan.skipped), (MEDIA, 5));
        assert!(scan.files.iter().any(|file| *file.path == *last));
    }

    #[test]
    fn an_unreadable_folder_is_reported_and_the_rest_found() {
        let folder = Scratch::new("unreadable");
        folder.write("media/a.mp4", FILM);
        let locked = folder.write("media/locked/b.mp4", FILM);
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
