//! The file with what the box has learned, in the state directory.
//!
//! A good file exists at every moment, even if the power fails: the new file is complete and on disk before it takes the name
//! of the old one. A file that cannot be read is renamed and never fatal. A file that another process has changed is read
//! again and not overwritten, so that `profiles --forget` works while the box runs.
//!
//! A write takes some hundredths of a second on an SD card, but most of a minute while a film is copied to the same card. So the
//! box lets a process of its own write, the same program, and goes on meanwhile.

use crate::kiosk::event::Event;
use crate::kiosk::memory::Memory;
use crate::limits::STATE_FILE;
use crate::shell::http::within;
use crate::shell::process;
use crate::time::Duration;
use core::cell::Cell;
use rustix::process::{Pid, Signal, kill_process};
use smol::io::AsyncWriteExt;
use smol::process::{Command, Stdio};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};

/// The command of this program that writes the file.
pub const WRITE_STATE: &str = "write-state";
/// This program, also after an upgrade has replaced its file.
const PROGRAM: &str = "/proc/self/exe";
/// So many processes try to write if each is ended by somebody.
const WRITERS: u32 = 5;
/// A disk that takes longer is broken.
const WRITE_TIMEOUT: Duration = Duration::from_secs(300);

const FILE: &str = "profiles.json";
const NEW: &str = "profiles.json.new";
const DAMAGED: &str = "profiles.json.damaged";

/// The file in its state directory.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    /// The version that was last read or written. Any other one was written by another process.
    seen: Cell<Option<FileVersion>>,
    /// Another process writes, so that this one need not wait for the disk.
    by_another_process: bool,
}

/// Identifies a version of the file: device, inode, size and time of the last change.
type FileVersion = (u64, u64, u64, i64, i64);

/// One step of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Create the new file.
    Create,
    /// Fill it.
    Write,
    /// Wait until its content is on disk.
    Sync,
    /// Rename it over the old file.
    Rename,
    /// Wait until the new name is on disk.
    SyncFolder,
}

/// The steps in their order.
const STEPS: [Step; 5] = [Step::Create, Step::Write, Step::Sync, Step::Rename, Step::SyncFolder];

/// Why another process has not written.
enum Unwritten {
    /// Somebody ended it.
    Terminated,
    Because(String),
}

impl Store {
    /// A store in this folder. The first write creates the folder.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), seen: Cell::default(), by_another_process: false }
    }

    /// Lets another process write.
    pub fn by_another_process(self) -> Self {
        Self { by_another_process: true, ..self }
    }

    /// The path of the file.
    pub fn path(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// Reads the file; without one, the memory is empty.
    ///
    /// # Errors
    /// Why the file cannot be used.
    pub fn load(&self) -> Result<Memory, String> {
        self.seen.set(self.version());
        // Opening a pipe would wait for somebody who writes into it.
        if fs::metadata(self.path()).is_ok_and(|data| !data.is_file()) {
            return Err("it is not a regular file".to_owned());
        }
        let file = match File::open(self.path()) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Memory::default()),
            Err(error) => return Err(error.to_string()),
        };
        let mut bytes = Vec::new();
        let most = STATE_FILE as u64;
        file.take(most + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        if bytes.len() as u64 > most {
            return Err(format!("it is larger than {} MiB", STATE_FILE >> 20));
        }
        Memory::parse(&bytes)
    }

    /// Reads the file. One that cannot be used is renamed, with a warning.
    pub fn load_or_set_aside(&self) -> Memory {
        self.load().unwrap_or_else(|why| {
            let file = self.path();
            match fs::rename(&file, self.folder.join(DAMAGED)) {
                Ok(()) => log::warn!("{}: {why}: renamed to {DAMAGED}", file.display()),
                Err(error) => {
                    log::warn!("{}: {why}; it cannot be renamed: {error}", file.display())
                }
            }
            self.seen.set(self.version());
            Memory::default()
        })
    }

    /// Writes the file; returns the event that tells the kiosk how it went.
    pub async fn write(&self, bytes: &[u8]) -> Event {
        if self.version() != self.seen.get() {
            log::info!(
                "{}: another process has changed the file, reading it again",
                self.path().display()
            );
            return Event::Remembered(Box::new(self.load_or_set_aside()));
        }
        let written = match self.by_another_process {
            true => self.let_others_write(bytes).await,
            false => write(&self.folder, bytes).map_err(|error| error.to_string()),
        };
        if written.is_ok() {
            self.seen.set(self.version());
        }
        let folder = self.folder.display();
        Event::Saved(written.map_err(|why| format!("{folder}: {why}")))
    }

    /// Lets another process write, and waits for it. While the service is stopped, systemd sends SIGTERM to each new process,
    /// which may not have begun to catch it.
    async fn let_others_write(&self, bytes: &[u8]) -> Result<(), String> {
        for _ in 1..WRITERS {
            match self.let_write(bytes).await {
                Err(Unwritten::Terminated) => {}
                Err(Unwritten::Because(why)) => return Err(why),
                Ok(()) => return Ok(()),
            }
        }
        self.let_write(bytes).await.map_err(|unwritten| match unwritten {
            Unwritten::Terminated => "every process started to write was terminated".to_owned(),
            Unwritten::Because(why) => why,
        })
    }

    /// Lets another process write, and waits for it.
    async fn let_write(&self, bytes: &[u8]) -> Result<(), Unwritten> {
        let mut command = Command::new(PROGRAM);
        // Nobody ends it but this function: it finishes its work also if the box ends meanwhile.
        command.arg(WRITE_STATE).arg(&self.folder);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let process = Cell::new(None);
        let writing = async {
            let mut writer = command.spawn()?;
            process.set(i32::try_from(writer.id()).ok().and_then(Pid::from_raw));
            if let Some(mut input) = writer.stdin.take() {
                // If this fails, the writer says why.
                let _ = input.write_all(bytes).await;
            }
            writer.output().await
        };
        match within(WRITE_TIMEOUT, writing).await {
            Some(Ok(output)) if output.status.success() => Ok(()),
            Some(Ok(output)) if output.status.signal() == Some(Signal::TERM.as_raw()) => {
                Err(Unwritten::Terminated)
            }
            Some(Ok(output)) => {
                let said = String::from_utf8_lossy(&output.stderr);
                let why = said.trim().rsplit("dlna-kiosk: ").next().unwrap_or_default();
                let why = if why.is_empty() { output.status.to_string() } else { why.to_owned() };
                Err(Unwritten::Because(why))
            }
            Some(Err(error)) => {
                let why = format!("cannot start a process to write it: {error}");
                Err(Unwritten::Because(why))
            }
            None => {
                // If this fails, it has just ended.
                let _ = process.get().map(|process| kill_process(process, Signal::KILL));
                let why = format!("not written within {} s", WRITE_TIMEOUT.as_secs());
                Err(Unwritten::Because(why))
            }
        }
    }

    fn version(&self) -> Option<FileVersion> {
        let data = fs::metadata(self.path()).ok()?;
        Some((data.dev(), data.ino(), data.size(), data.mtime(), data.mtime_nsec()))
    }
}

/// Writes what standard input holds: the part of the other process.
///
/// # Errors
/// Why the file could not be written.
pub fn write_from_stdin(folder: &Path) -> Result<(), String> {
    // systemd ends all processes of the service at once. This one finishes what it has begun.
    let _caught = process::catch_signals();
    let mut bytes = Vec::new();
    let most = STATE_FILE as u64;
    io::stdin().take(most + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > most {
        return Err(format!("what the box has learned exceeds {} MiB", STATE_FILE >> 20));
    }
    // If the box was killed, only a part has come.
    Memory::parse(&bytes)?;
    write(folder, &bytes).map_err(|error| error.to_string())
}

fn write(folder: &Path, bytes: &[u8]) -> io::Result<()> {
    // If this fails, so does the next step, and says why.
    let _ = fs::create_dir_all(folder);
    let mut write = AtomicWrite { folder, bytes, file: None };
    STEPS.iter().try_for_each(|step| write.perform(*step))
}

/// An atomic write under way.
struct AtomicWrite<'a> {
    folder: &'a Path,
    bytes: &'a [u8],
    file: Option<File>,
}

impl AtomicWrite<'_> {
    fn perform(&mut self, step: Step) -> io::Result<()> {
        let gone = || io::Error::from(ErrorKind::NotFound);
        let (new, file) = (self.folder.join(NEW), self.file.as_mut());
        match step {
            Step::Create => {
                // A rest of an earlier process, perhaps incomplete.
                let _ = fs::remove_file(&new);
                let file =
                    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
                // `profiles --forget` may run as root: the box must still be able to read the file.
                let (owner, mine) = (fs::metadata(self.folder)?, file.metadata()?);
                if owner.uid() != mine.uid() {
                    fchown(&file, Some(owner.uid()), Some(owner.gid()))?;
                }
                self.file = Some(file);
                Ok(())
            }
            Step::Write => file.ok_or_else(gone)?.write_all(self.bytes),
            Step::Sync => file.ok_or_else(gone)?.sync_all(),
            Step::Rename => {
                // Another process that writes, too, has removed the file, and its own is not whole yet.
                let ours = file.ok_or_else(gone)?.metadata()?;
                if fs::metadata(&new)?.ino() != ours.ino() {
                    return Err(io::Error::other("another process writes the file, too"));
                }
                fs::rename(&new, self.folder.join(FILE))
            }
            Step::SyncFolder => File::open(self.folder)?.sync_all(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::world;
    use crate::test_support::TestFolder;
    use rustix::fs::{CWD, FileType, Mode};
    use smol::block_on;

    /// A memory that can be told from others.
    fn memory(ran: u32) -> Vec<u8> {
        format!(r#"{{"format":1,"ran":{ran},"secret":null,"profiles":[]}}"#).into_bytes()
    }

    fn saved(store: &Store, bytes: &[u8]) -> Result<(), String> {
        match block_on(store.write(bytes)) {
            Event::Saved(outcome) => outcome,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_written_is_read_in_the_next_life() {
        let scratch = TestFolder::new("store");
        let store = Store::new(&scratch.path().join("state"));
        assert_eq!(store.load_or_set_aside(), Memory::default());
        for ran in [5, 6] {
            assert_eq!(saved(&store, &memory(ran)), Ok(()));
            assert_eq!(Store::new(&store.folder).load_or_set_aside().ran(), ran);
        }
        let names: Vec<_> = fs::read_dir(&store.folder).unwrap().collect();
        assert_eq!(names.len(), 1, "{names:?}");
        assert_eq!(fs::metadata(store.path()).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn whoever_is_killed_at_any_step_leaves_a_good_file() {
        let scratch = TestFolder::new("store-killed");
        for killed_after in 0..=STEPS.len() {
            let store = Store::new(scratch.path());
            fs::write(store.path(), memory(1)).unwrap();
            let (bytes, _) = (memory(2), store.load_or_set_aside());
            let mut write = AtomicWrite { folder: &store.folder, bytes: &bytes, file: None };
            STEPS[..killed_after].iter().for_each(|step| write.perform(*step).unwrap());
            drop(write);
            let renamed = STEPS[..killed_after].contains(&Step::Rename);
            let next = Store::new(scratch.path());
            assert_eq!(
                next.load_or_set_aside().ran(),
                if renamed { 2 } else { 1 },
                "{killed_after} steps"
            );
            assert_eq!(
                saved(&next, &memory(3)),
                Ok(()),
                "the rest of the other is in nobody's way"
            );
        }
    }

    #[test]
    fn a_file_that_another_process_has_begun_is_left_to_it() {
        let scratch = TestFolder::new("store-two");
        let (first, second) = (memory(1), memory(2));
        let begin = |bytes| AtomicWrite { folder: scratch.path(), bytes, file: None };
        let (mut slow, mut quick) = (begin(&first), begin(&second));
        STEPS[..3].iter().for_each(|step| slow.perform(*step).unwrap());
        quick.perform(Step::Create).unwrap();
        assert!(slow.perform(Step::Rename).is_err(), "the file of the other one is empty");
        STEPS[1..].iter().for_each(|step| quick.perform(*step).unwrap());
        assert_eq!(Store::new(scratch.path()).load_or_set_aside().ran(), 2);
    }

    /// What a disk may hold after a power cut: what was synced for certain, the rest or a part of it by chance.
    fn survives_power_cuts(steps: &[Step]) -> bool {
        let good_at = |cut: usize| {
            let done = &steps[..cut];
            let content_is_sure = done.contains(&Step::Sync);
            let is_written = done.contains(&Step::Write);
            // The rename may have reached the disk as soon as it was asked for.
            !done.contains(&Step::Rename) || is_written && content_is_sure
        };
        let told_is_sure = steps.last() == Some(&Step::SyncFolder) && steps.contains(&Step::Rename);
        (0..=steps.len()).all(good_at) && told_is_sure
    }

    #[test]
    fn a_power_cut_after_any_step_leaves_a_good_file_and_the_order_is_why() {
        use Step::{Create, Rename, Sync, SyncFolder, Write};
        assert!(survives_power_cuts(&STEPS));
        assert!(!survives_power_cuts(&[Create, Write, Rename, SyncFolder]), "an empty file");
        assert!(!survives_power_cuts(&[Create, Write, Rename, Sync, SyncFolder]), "too late");
        assert!(!survives_power_cuts(&[Create, Write, Sync, Rename]), "said, and not there");
        assert_eq!(STEPS.len(), world::STEPS, "the simulated disk takes the same ones");
    }

    #[test]
    fn a_damaged_or_foreign_file_is_set_aside() {
        let scratch = TestFolder::new("store-damaged");
        let enormous = vec![b' '; STATE_FILE + 1];
        for foreign in [&b"{"[..], b"", b"\xff", br#"{"format":9}"#, &enormous] {
            let store = Store::new(scratch.path());
            fs::write(store.path(), foreign).unwrap();
            assert_eq!(store.load_or_set_aside(), Memory::default());
            assert_eq!(fs::read(scratch.path().join(DAMAGED)).unwrap(), foreign);
            assert!(!store.path().exists());
            assert_eq!(saved(&store, &memory(4)), Ok(()));
        }
        let store = Store::new(&scratch.path().join("2"));
        fs::create_dir_all(store.path()).unwrap();
        assert_eq!(store.load_or_set_aside(), Memory::default(), "a folder of that name");
        let store = Store::new(&scratch.path().join("3"));
        fs::create_dir(scratch.path().join("3")).unwrap();
        rustix::fs::mknodat(CWD, store.path(), FileType::Fifo, Mode::from(0o600), 0).unwrap();
        assert_eq!(store.load_or_set_aside(), Memory::default(), "a pipe, which nobody waits for");
    }

    #[test]
    fn what_somebody_else_changed_is_read_anew_and_not_overwritten() {
        let scratch = TestFolder::new("store-changed");
        let store = Store::new(scratch.path());
        assert_eq!(saved(&store, &memory(1)), Ok(()));
        let other = Store::new(scratch.path());
        let _ = other.load_or_set_aside();
        assert_eq!(saved(&other, &memory(700)), Ok(()));
        let Event::Remembered(memory_of_other) = block_on(store.write(&memory(2))) else {
            panic!("it was overwritten");
        };
        assert_eq!(memory_of_other.ran(), 700);
        assert_eq!(saved(&store, &memory(2)), Ok(()));
        fs::remove_file(store.path()).unwrap();
        assert!(matches!(block_on(store.write(&memory(3))), Event::Remembered(_)), "removed");
    }

    #[test]
    fn a_place_that_is_none_is_a_sentence() {
        let scratch = TestFolder::new("store-nowhere");
        let file = scratch.write("file", "");
        let store = Store::new(&file.join("state"));
        assert_eq!(store.load_or_set_aside(), Memory::default());
        let why = saved(&store, &memory(1)).unwrap_err();
        assert!(why.contains("file/state: "), "{why}");
    }
}
