//! Notices that something changes in the media folder: inotify tells of files, and `/proc/self/mountinfo`
//! of disks that are mounted, which inotify does not.
//!
//! What to watch, the scan says while it reads: each folder *before* it reads it, so that no change falls
//! between. What changed is read from the folders themselves; so a lost event does no harm, and only whether a
//! file was closed by its writer is remembered from the events.

use crate::kiosk::event::Event;
use crate::limits::FOLDERS;
use crate::media::mime::of_extension;
use crate::media::playlist::is_playlist;
use crate::media::subtitles::format_of;
use crate::shell::mailbox::Mailbox;
use crate::time::Duration;
use async_io::{Async, Timer};
use core::cell::{Cell, RefCell};
use core::convert::Infallible;
use core::mem::MaybeUninit;
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use smol::future;
use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Events are read this often at most: copying makes many.
const SETTLE: Duration = Duration::from_secs(1);
/// Where the kernel gives nothing to watch with, it is asked again this often.
const ASK_AGAIN: Duration = Duration::from_secs(60);
/// Files remembered as closed by their writer until the next scan; others wait for two seconds instead.
const CLOSED: usize = 256;
/// Bytes of events read at once, and how often in a row: more are left for the next turn.
const BUFFER: usize = 4096;
/// See [`BUFFER`].
const READS: usize = 256;

/// What happens to the files of a folder and to itself. Not each write: its end is told.
const CHANGES: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::CLOSE_WRITE)
    .union(WatchFlags::MOVED_FROM)
    .union(WatchFlags::MOVED_TO)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::ATTRIB)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::ONLYDIR);

/// Whose files may be changed by other computers, of which the kernel here hears nothing: NFS, SMB 1 to 3, 9P, and
/// whatever is behind FUSE.
const ELSEWHERE: [u32; 6] = [0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x0102_1997, 0x6573_5546];

/// The folders that are watched. Declare it before the executor, so that tasks can borrow it.
#[derive(Debug, Default)]
pub struct Watch {
    kernel: RefCell<Option<Rc<Async<OwnedFd>>>>,
    places: RefCell<HashMap<i32, Place>>,
    closed: RefCell<HashSet<PathBuf>>,
    round: Cell<u32>,
    /// Why changes are not told, found in this round.
    blind: RefCell<Option<String>>,
}

#[derive(Debug)]
struct Place {
    path: PathBuf,
    /// Only these names are of interest; `None`: all that could be media.
    only: Option<Vec<OsString>>,
    round: u32,
}

impl Watch {
    /// A scan begins.
    pub fn begin(&self) {
        self.round.set(self.round.get().wrapping_add(1));
        self.blind.take();
        self.open();
    }

    /// A scan is over: what it did not name is watched no more. Gives why not all changes will be told.
    pub fn end(&self) -> Option<String> {
        let round = self.round.get();
        if let Some(kernel) = self.kernel.borrow().as_ref() {
            self.places.borrow_mut().retain(|number, place| {
                if place.round != round {
                    // Or the kernel has removed it already.
                    let _ = inotify::remove_watch(kernel.as_ref(), *number);
                }
                place.round == round
            });
        }
        self.closed.borrow_mut().clear();
        self.blind.take()
    }

    /// This folder is about to be read.
    pub fn folder(&self, path: &Path) {
        self.add(path, None);
    }

    /// This path is named by the configuration: it may come, go, or lead to something else.
    pub fn place(&self, path: &Path) {
        let mut above = path;
        while let (Some(folder), Some(name)) = (above.parent(), above.file_name()) {
            if self.add(folder, Some(name)) {
                return;
            }
            above = folder;
        }
    }

    /// Whoever wrote the file has closed it since the last scan, or moved it here.
    pub fn was_closed(&self, path: &Path) -> bool {
        self.closed.borrow_mut().remove(path)
    }

    /// Gives whether there is such a folder.
    fn add(&self, path: &Path, name: Option<&OsStr>) -> bool {
        let kernel = self.kernel.borrow();
        let Some(kernel) = kernel.as_ref() else {
            return path.is_dir();
        };
        let mut places = self.places.borrow_mut();
        let added = match places.len() {
            // With the folders above what is named.
            full if full >= 2 * FOLDERS => Err(Errno::NOSPC),
            _ => inotify::add_watch(kernel.as_ref(), path, CHANGES),
        };
        match added {
            Ok(number) => {
                let round = self.round.get();
                let place = places.entry(number).or_insert_with(|| Place::of(path, round));
                if place.round != round {
                    *place = Place::of(path, round);
                }
                match (name, &mut place.only) {
                    (None, only) => {
                        // Under the path by which the scan reads it.
                        place.path = path.to_owned();
                        *only = None;
                    }
                    (Some(name), Some(only)) if !only.iter().any(|known| known == name) => {
                        only.push(name.to_owned());
                    }
                    (Some(_), _) => {}
                }
                if name.is_none() && is_elsewhere(path) {
                    self.go_blind(format!(
                        "what other computers change in {} is not told",
                        path.display()
                    ));
                }
            }
            Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS | Errno::LOOP) => return false,
            Err(error) => {
                let error = io::Error::from(error);
                self.go_blind(format!("changes in {} are not told ({error})", path.display()));
            }
        }
        true
    }

    fn open(&self) {
        if self.kernel.borrow().is_none() {
            let flags = CreateFlags::CLOEXEC | CreateFlags::NONBLOCK;
            let opened = inotify::init(flags).map_err(io::Error::from);
            match opened.and_then(Async::new_nonblocking) {
                Ok(kernel) => {
                    self.kernel.replace(Some(Rc::new(kernel)));
                }
                Err(error) => {
                    self.go_blind(format!("changes of the media folder are not told ({error})"));
                }
            }
        }
    }

    fn go_blind(&self, why: String) {
        self.blind.borrow_mut().get_or_insert(why);
    }

    /// Posts [`Event::FolderChanged`] after changes, no more than once a second, for ever.
    pub async fn run(&self, mailbox: &Mailbox) -> Infallible {
        let mounts = File::open("/proc/self/mountinfo").and_then(Async::new);
        loop {
            self.open();
            let kernel = self.kernel.borrow().clone();
            let files = async {
                match &kernel {
                    Some(kernel) => kernel.readable().await.is_ok() && self.read(kernel),
                    None => {
                        Timer::after(ASK_AGAIN).await;
                        false
                    }
                }
            };
            let disks = async {
                match &mounts {
                    // It can always be read; that the list changed is told as an error (proc(5)), and whoever waits to
                    // write hears of errors alone.
                    Ok(mounts) => mounts.writable().await.is_ok(),
                    Err(_) => future::pending().await,
                }
            };
            if future::or(files, disks).await {
                mailbox.post(Event::FolderChanged).await;
            }
            Timer::after(SETTLE).await;
        }
    }

    /// Reads what the kernel tells. Gives whether it is of interest.
    fn read(&self, kernel: &Async<OwnedFd>) -> bool {
        let mut buffer = [MaybeUninit::uninit(); BUFFER];
        let mut events = inotify::Reader::new(kernel, &mut buffer);
        let mut changed = false;
        let mut reads = 0;
        while reads < READS {
            reads += usize::from(events.is_buffer_empty());
            match events.next() {
                Ok(event) => changed |= self.hear(&event),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                Err(error) => {
                    log::debug!("inotify: {error}");
                    // Anew, with the next scan.
                    self.kernel.take();
                    self.places.borrow_mut().clear();
                    return true;
                }
            }
        }
        changed
    }

    fn hear(&self, event: &inotify::Event<'_>) -> bool {
        let what = event.events();
        if what.contains(ReadFlags::QUEUE_OVERFLOW) {
            return true;
        }
        let mut places = self.places.borrow_mut();
        if what.contains(ReadFlags::IGNORED) {
            // Its disk or itself is gone; or it is we who watch it no more.
            return places.remove(&event.wd()).is_some();
        }
        let Some(place) = places.get(&event.wd()) else {
            return false;
        };
        let Some(name) = event.file_name().map(|name| OsStr::from_bytes(name.to_bytes())) else {
            // The folder itself, which says so by its name in the one above as well.
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

impl Place {
    fn of(path: &Path, round: u32) -> Self {
        Self { path: path.to_owned(), only: Some(Vec::new()), round }
    }
}

/// Visible, and a folder, a file that the scan looks at, or perhaps a link to a folder.
fn may_matter(name: &Path, is_folder: bool) -> bool {
    let hidden = name.as_os_str().as_encoded_bytes().starts_with(b".");
    let extension = name.extension().map(|extension| extension.to_string_lossy());
    let known = extension.is_none_or(|extension| of_extension(&extension).is_some());
    !hidden && (is_folder || known || format_of(name).is_some() || is_playlist(name))
}

fn is_elsewhere(path: &Path) -> bool {
    // The type of the field differs between processors; the numbers have 32 bits.
    let kind = rustix::fs::statfs(path).map(|about| about.f_type as u32);
    kind.is_ok_and(|kind| ELSEWHERE.contains(&kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::TestFolder;
    use std::fs;
    use std::time::Instant;

    /// Two watched folders, `/` and `/deep`, and a path that is not there yet.
    fn watched(folder: &TestFolder) -> Watch {
        let watch = Watch::default();
        fs::create_dir_all(folder.path().join("deep")).unwrap();
        look(&watch, folder);
        watch
    }

    /// What a scan says.
    fn look(watch: &Watch, folder: &TestFolder) {
        watch.begin();
        watch.place(&folder.path().join("stick/films/film.mp4"));
        watch.folder(folder.path());
        watch.folder(&folder.path().join("deep"));
        assert_eq!(watch.end(), None);
    }

    /// Whether `change` is told, within a time that would be far too long.
    fn is_told(watch: &Watch, within: Duration, change: impl FnOnce()) -> bool {
        let mailbox = Mailbox::default();
        smol::block_on(async {
            let story = async {
                future::yield_now().await;
                change();
                let told = async { matches!(mailbox.take().await, Event::FolderChanged) };
                let late = async {
                    Timer::after(within).await;
                    false
                };
                future::or(told, late).await
            };
            future::or(story, async { match watch.run(&mailbox).await {} }).await
        })
    }

    const LONG: Duration = Duration::from_secs(10);
    const SHORT: Duration = Duration::from_millis(300);

    #[test]
    fn files_and_folders_that_come_change_and_go_are_told() {
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
            let began = Instant::now();
            assert!(is_told(&watch, LONG, change), "{what}");
            println!("{what}: told after {:?}", began.elapsed());
        }
    }

    #[test]
    fn what_a_scan_does_not_look_at_is_not_told() {
        let folder = TestFolder::new("watch-not");
        let at = |name: &str| folder.path().join(name);
        let watch = watched(&folder);
        folder.write("film.mp4", "1");
        assert!(is_told(&watch, LONG, || ()));
        assert!(!is_told(&watch, SHORT, || {
            fs::write(at(".hidden.mp4"), "1").unwrap();
            fs::write(at("notes.txt"), "1").unwrap();
            fs::read(at("film.mp4")).unwrap();
            fs::read_dir(folder.path()).unwrap().for_each(drop);
        }));
    }

    #[test]
    fn a_place_that_is_not_there_is_told_when_it_comes_step_by_step() {
        let folder = TestFolder::new("watch-place");
        let at = |name: &str| folder.path().join(name);
        let watch = Watch::default();
        let look = || {
            watch.begin();
            watch.place(&at("stick/films/film.mp4"));
            assert_eq!(watch.end(), None);
        };
        look();
        assert!(!is_told(&watch, SHORT, || fs::write(at("other.mp4"), "1").unwrap()));
        assert!(is_told(&watch, LONG, || fs::create_dir(at("stick")).unwrap()));
        look();
        assert!(is_told(&watch, LONG, || fs::create_dir(at("stick/films")).unwrap()));
        look();
        assert!(!is_told(&watch, SHORT, || fs::write(at("stick/films/x.mp4"), "1").unwrap()));
        assert!(is_told(&watch, LONG, || fs::write(at("stick/films/film.mp4"), "1").unwrap()));
    }

    #[test]
    fn whether_a_file_was_closed_is_known_until_the_scan_is_over() {
        let folder = TestFolder::new("watch-closed");
        let at = |name: &str| folder.path().join(name);
        let watch = watched(&folder);
        assert!(is_told(&watch, LONG, || fs::write(at("deep/a.mp4"), "1").unwrap()));
        assert!(watch.was_closed(&at("deep/a.mp4")));
        assert!(!watch.was_closed(&at("deep/a.mp4")), "once");
        let open = File::create(at("b.mp4")).unwrap();
        assert!(is_told(&watch, LONG, || ()));
        assert!(!watch.was_closed(&at("b.mp4")));
        drop(open);
        assert!(is_told(&watch, LONG, || ()));
        look(&watch, &folder);
        assert!(!watch.was_closed(&at("b.mp4")), "forgotten");
    }

    #[test]
    fn folders_that_no_scan_names_are_watched_no_more() {
        let folder = TestFolder::new("watch-less");
        let watch = watched(&folder);
        watch.begin();
        watch.folder(folder.path());
        assert_eq!(watch.end(), None);
        assert_eq!(watch.places.borrow().len(), 1);
        let deep = folder.path().join("deep/a.mp4");
        assert!(!is_told(&watch, SHORT, || fs::write(deep, "1").unwrap()));
    }

    #[test]
    fn more_events_than_the_kernel_keeps_are_one_change() {
        let folder = TestFolder::new("watch-flood");
        let at = |name: &str| folder.path().join(name);
        let watch = watched(&folder);
        // The queue has room for 16384: each of these makes two, and no two in a row are alike.
        for n in 0..9_000 {
            fs::create_dir(at("deep/x")).unwrap();
            fs::rename(at("deep/x"), at(&format!("deep/{}", n % 2))).unwrap();
            fs::remove_dir(at(&format!("deep/{}", n % 2))).unwrap();
        }
        assert!(is_told(&watch, LONG, || ()));
        let mut more = 0;
        while is_told(&watch, SHORT, || ()) {
            more += 1;
            assert!(more < 100);
        }
        assert!(
            is_told(&watch, LONG, || fs::write(at("deep/a.mp4"), "1").unwrap()),
            "and it goes on"
        );
    }
}
