//! Notices changes in the media folder by inotify. Disks that are mounted, which inotify does not report, are noticed by the
//! box (`src/shell/reader/mounts.rs`).
//!
//! The scan registers each folder before it reads it, so that no change is missed in between. What has changed is read from the
//! folders themselves, so a lost event does no harm. Only whether a file was closed by its writer is taken from the events.

use crate::limits::FOLDERS;
use crate::media::media_type::of_extension;
use crate::media::playlist::is_playlist;
use crate::media::subtitles::format_of;
use crate::media::unplayed;
use core::cell::{Cell, RefCell};
use core::mem::MaybeUninit;
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// How many files are remembered as closed by their writer until the next scan. Any others wait for two seconds instead.
const CLOSED: usize = 256;
/// Bytes of events read at once.
const BUFFER: usize = 4096;
/// How many reads in a row; the rest is left for the next turn.
const READS: usize = 256;

/// Changes of a folder and of its files. Not each write: the close at its end is reported.
const CHANGES: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::CLOSE_WRITE)
    .union(WatchFlags::MOVED_FROM)
    .union(WatchFlags::MOVED_TO)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::ATTRIB)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::ONLYDIR);

/// File systems whose files other computers may change without this kernel noticing: NFS, SMB 1 to 3, 9P and FUSE.
const REMOTE_FILE_SYSTEMS: [u32; 6] =
    [0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x0102_1997, 0x6573_5546];

/// The watched folders. Declare it before the executor, so that tasks can borrow it.
#[derive(Debug, Default)]
pub struct Watch {
    kernel: RefCell<Option<Rc<OwnedFd>>>,
    folders: RefCell<HashMap<i32, WatchedFolder>>,
    closed: RefCell<HashSet<PathBuf>>,
    round: Cell<u32>,
    /// Why some changes are not noticed, found during this scan.
    gap: RefCell<Option<String>>,
}

#[derive(Debug)]
struct WatchedFolder {
    path: PathBuf,
    /// The names of interest; `None`: every name that could be media.
    only: Option<Vec<OsString>>,
    round: u32,
}

impl Watch {
    /// Starts a scan.
    pub fn begin(&self) {
        self.round.set(self.round.get().wrapping_add(1));
        self.gap.take();
        self.open();
    }

    /// Ends a scan: folders that it did not register are no longer watched. Returns why some changes will not be noticed.
    pub fn end(&self) -> Option<String> {
        let round = self.round.get();
        if let Some(kernel) = self.kernel.borrow().as_ref() {
            self.folders.borrow_mut().retain(|number, place| {
                if place.round != round {
                    // The kernel may have removed it already.
                    let _ = inotify::remove_watch(kernel, *number);
                }
                place.round == round
            });
        }
        self.closed.borrow_mut().clear();
        self.gap.take()
    }

    /// Registers a folder that is about to be read.
    pub fn add_folder(&self, path: &Path) {
        self.add(path, None);
    }

    /// Registers a path of the configuration: it may appear, disappear, or lead to something else.
    pub fn add_path(&self, path: &Path) {
        let mut above = path;
        while let (Some(folder), Some(name)) = (above.parent(), above.file_name()) {
            if self.add(folder, Some(name)) {
                return;
            }
            above = folder;
        }
    }

    /// Whether the writer of the file has closed it since the last scan, or has moved it here.
    pub fn was_closed(&self, path: &Path) -> bool {
        self.closed.borrow_mut().remove(path)
    }

    /// Watches a folder; returns whether it exists.
    fn add(&self, path: &Path, name: Option<&OsStr>) -> bool {
        let kernel = self.kernel.borrow();
        let Some(kernel) = kernel.as_ref() else {
            return path.is_dir();
        };
        let mut places = self.folders.borrow_mut();
        let added = match places.len() {
            // Including the folders above named paths.
            full if full >= 2 * FOLDERS => Err(Errno::NOSPC),
            _ => inotify::add_watch(kernel, path, CHANGES),
        };
        match added {
            Ok(number) => {
                let round = self.round.get();
                let place = places.entry(number).or_insert_with(|| WatchedFolder::of(path, round));
                if place.round != round {
                    *place = WatchedFolder::of(path, round);
                }
                match (name, &mut place.only) {
                    (None, only) => {
                        // The path by which the scan reads it.
                        place.path = path.to_owned();
                        *only = None;
                    }
                    (Some(name), Some(only)) if !only.iter().any(|known| known == name) => {
                        only.push(name.to_owned());
                    }
                    (Some(_), _) => {}
                }
                if name.is_none() && is_remote(path) {
                    self.note_gap(format!(
                        "changes that other computers make in {} are noticed only once a minute",
                        path.display()
                    ));
                }
            }
            Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS | Errno::LOOP) => return false,
            Err(error) => {
                let error = io::Error::from(error);
                self.note_gap(format!(
                    "changes in {} are noticed only once a minute ({error})",
                    path.display()
                ));
            }
        }
        true
    }

    fn open(&self) {
        if self.kernel.borrow().is_none() {
            let flags = CreateFlags::CLOEXEC | CreateFlags::NONBLOCK;
            let opened = inotify::init(flags).map_err(io::Error::from);
            match opened {
                Ok(kernel) => {
                    self.kernel.replace(Some(Rc::new(kernel)));
                }
                Err(error) => {
                    self.note_gap(format!(
                        "changes in the media folder are noticed only once a minute ({error})"
                    ));
                }
            }
        }
    }

    fn note_gap(&self, why: String) {
        self.gap.borrow_mut().get_or_insert(why);
    }

    /// What becomes readable when something may have changed.
    pub fn kernel(&self) -> Option<Rc<OwnedFd>> {
        self.kernel.borrow().clone()
    }

    /// Whether something has changed that matters, since this was asked before.
    pub fn has_changed(&self) -> bool {
        self.kernel().is_some_and(|kernel| self.read(&kernel))
    }

    /// Reads the kernel's events; returns whether any of them matters.
    fn read(&self, kernel: &OwnedFd) -> bool {
        let mut buffer = [MaybeUninit::uninit(); BUFFER];
        let mut events = inotify::Reader::new(kernel.as_fd(), &mut buffer);
        let mut changed = false;
        let mut reads = 0;
        while reads < READS {
            reads += usize::from(events.is_buffer_empty());
            match events.next() {
                Ok(event) => changed |= self.matters(&event),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                Err(error) => {
                    log::debug!("inotify: {error}");
                    // The next scan opens it again.
                    self.kernel.take();
                    self.folders.borrow_mut().clear();
                    return true;
                }
            }
        }
        changed
    }

    fn matters(&self, event: &inotify::Event<'_>) -> bool {
        let what = event.events();
        if what.contains(ReadFlags::QUEUE_OVERFLOW) {
            return true;
        }
        let mut places = self.folders.borrow_mut();
        if what.contains(ReadFlags::IGNORED) {
            // The folder or its disk is gone, or the watch was removed on purpose.
            return places.remove(&event.wd()).is_some();
        }
        let Some(place) = places.get(&event.wd()) else {
            return false;
        };
        let Some(name) = event.file_name().map(|name| OsStr::from_bytes(name.to_bytes())) else {
            // The folder itself; its parent reports it by name, too.
            return !what.contains(ReadFlags::ATTRIB) || place.only.is_none();
        };
        let ours = match &place.only {
            Some(only) => only.iter().any(|known| known == name),
            None => may_matter(Path::new(name), what.contains(ReadFlags::ISDIR)),
        };
        let done = what.intersects(ReadFlags::CLOSE_WRITE | ReadFlags::MOVED_TO);
        if ours && done {
            let mut closed = self.closed.borrow_mut();
            if closed.len() < CLOSED {
                closed.insert(place.path.join(name));
            }
        }
        ours
    }
}

impl WatchedFolder {
    fn of(path: &Path, round: u32) -> Self {
        Self { path: path.to_owned(), only: Some(Vec::new()), round }
    }
}

/// Whether the name is visible and belongs to a folder, a file that the scan reads or names, the control file of a download, or
/// perhaps a link to a folder.
fn may_matter(name: &Path, is_folder: bool) -> bool {
    let hidden = name.as_os_str().as_encoded_bytes().starts_with(b".");
    if name.extension().is_some_and(|extension| extension == "aria2") {
        return !hidden;
    }
    let extension = name.extension().map(|extension| extension.to_string_lossy());
    let known = extension.is_none_or(|extension| of_extension(&extension).is_some());
    let named = || unplayed::of_name(name).is_some();
    let read = is_folder || known || format_of(name).is_some() || is_playlist(name) || named();
    !hidden && read
}

fn is_remote(path: &Path) -> bool {
    // The type of the field differs between processors; the numbers have 32 bits.
    let kind = rustix::fs::statfs(path).map(|about| about.f_type as u32);
    kind.is_ok_and(|kind| REMOTE_FILE_SYSTEMS.contains(&kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::TestFolder;
    use crate::time::Duration;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use std::fs::{self, File};
    use std::time::Instant;

    /// Two watched folders, `/` and `/deep`, and a path that is not there yet.
    fn watched(folder: &TestFolder) -> Watch {
        let watch = Watch::default();
        fs::create_dir_all(folder.path().join("deep")).unwrap();
        look(&watch, folder);
        watch
    }

    /// Registers what a scan would.
    fn look(watch: &Watch, folder: &TestFolder) {
        watch.begin();
        watch.add_path(&folder.path().join("stick/films/film.mp4"));
        watch.add_folder(folder.path());
        watch.add_folder(&folder.path().join("deep"));
        assert_eq!(watch.end(), None);
    }

    /// Whether `change` is noticed within this time.
    fn is_noticed(watch: &Watch, within: Duration, change: impl FnOnce()) -> bool {
        change();
        let until = Instant::now() + within;
        loop {
            let Some(rest) = until.checked_duration_since(Instant::now()) else { return false };
            let kernel = watch.kernel().unwrap();
            let mut wait = [PollFd::new(&kernel, PollFlags::IN)];
            poll(&mut wait, Some(&Timespec::try_from(rest).unwrap())).unwrap();
            if watch.has_changed() {
                return true;
            }
        }
    }

    const LONG: Duration = Duration::from_secs(10);
    const SHORT: Duration = Duration::from_millis(300);

    #[test]
    fn files_and_folders_that_appear_change_and_disappear_are_noticed() {
        let folder = TestFolder::new("watch");
        let at = |name: &str| folder.path().join(name);
        let watch = watched(&folder);
        let changes: [(&str, &dyn Fn()); 8] = [
            ("a new file", &|| fs::write(at("deep/a.mp4"), "1").unwrap()),
            ("a changed one", &|| fs::write(at("deep/a.mp4"), "22").unwrap()),
            ("a moved one", &|| fs::rename(at("deep/a.mp4"), at("b.mp4")).unwrap()),
            ("one that may be read", &|| {
                let mut may = fs::metadata(at("b.mp4")).unwrap().permissions();
                may.set_readonly(true);
                fs::set_permissions(at("b.mp4"), may).unwrap();
            }),
            ("a removed one", &|| fs::remove_file(at("b.mp4")).unwrap()),
            ("subtitles", &|| fs::write(at("deep/a.en.srt"), "1").unwrap()),
            ("a new folder", &|| fs::create_dir(at("new.folder")).unwrap()),
            ("a removed folder", &|| fs::remove_dir_all(at("deep")).unwrap()),
        ];
        for (what, change) in changes {
            assert!(is_noticed(&watch, LONG, change), "{what}");
        }
    }

    #[test]
    fn changes_of_what_a_scan_ignores_are_not_reported() {
        let folder = TestFolder::new("watch-not");
        let at = |name: &str| folder.path().join(name);
        let watch = watched(&folder);
        folder.write("film.mp4", "1");
        assert!(is_noticed(&watch, LONG, || ()));
        assert!(!is_noticed(&watch, SHORT, || {
            fs::write(at(".hidden.mp4"), "1").unwrap();
            fs::write(at("notes.txt"), "1").unwrap();
            fs::read(at("film.mp4")).unwrap();
            fs::read_dir(folder.path()).unwrap().for_each(drop);
        }));
    }

    #[test]
    fn a_missing_path_is_noticed_as_it_appears_step_by_step() {
        let folder = TestFolder::new("watch-place");
        let at = |name: &str| folder.path().join(name);
        let watch = Watch::default();
        let look = || {
            watch.begin();
            watch.add_path(&at("stick/films/film.mp4"));
            assert_eq!(watch.end(), None);
        };
        look();
        assert!(!is_noticed(&watch, SHORT, || fs::write(at("other.mp4"), "1").unwrap()));
        assert!(is_noticed(&watch, LONG, || fs::create_dir(at("stick")).unwrap()));
        look();
        assert!(is_noticed(&watch, LONG, || fs::create_dir(at("stick/films")).unwrap()));
        look();
        assert!(!is_noticed(&watch, SHORT, || fs::write(at("stick/films/x.mp4"), "1").unwrap()));
        assert!(is_noticed(&watch, LONG, || fs::write(at("stick/films/film.mp4"), "1").unwrap()));
    }

    #[test]
    fn a_closed_file_is_remembered_until_the_scan_ends() {
        let folder = TestFolder::new("watch-closed");
        let at = |name: &str| folder.path().join(name);
        let watch = watched(&folder);
        assert!(is_noticed(&watch, LONG, || fs::write(at("deep/a.mp4"), "1").unwrap()));
        assert!(watch.was_closed(&at("deep/a.mp4")));
        assert!(!watch.was_closed(&at("deep/a.mp4")), "once");
        let open = File::create(at("b.mp4")).unwrap();
        assert!(is_noticed(&watch, LONG, || ()));
        assert!(!watch.was_closed(&at("b.mp4")));
        drop(open);
        assert!(is_noticed(&watch, LONG, || ()));
        look(&watch, &folder);
        assert!(!watch.was_closed(&at("b.mp4")), "forgotten");
    }

    #[test]
    fn folders_that_no_scan_registers_are_no_longer_watched() {
        let folder = TestFolder::new("watch-less");
        let watch = watched(&folder);
        watch.begin();
        watch.add_folder(folder.path());
        assert_eq!(watch.end(), None);
        assert_eq!(watch.folders.borrow().len(), 1);
        let deep = folder.path().join("deep/a.mp4");
        assert!(!is_noticed(&watch, SHORT, || fs::write(deep, "1").unwrap()));
    }

    #[test]
    fn more_events_than_the_kernel_queues_are_one_change() {
        let folder = TestFolder::new("watch-flood");
        let at = |name: &str| folder.path().join(name);
        let watch = watched(&folder);
        // The queue has room for 16384: each of these makes two, and no two in a row are alike.
        for n in 0..9_000 {
            fs::create_dir(at("deep/x")).unwrap();
            fs::rename(at("deep/x"), at(&format!("deep/{}", n % 2))).unwrap();
            fs::remove_dir(at(&format!("deep/{}", n % 2))).unwrap();
        }
        assert!(is_noticed(&watch, LONG, || ()));
        let mut more = 0;
        while is_noticed(&watch, SHORT, || ()) {
            more += 1;
            assert!(more < 100);
        }
        assert!(
            is_noticed(&watch, LONG, || fs::write(at("deep/a.mp4"), "1").unwrap()),
            "and it goes on"
        );
    }
}
