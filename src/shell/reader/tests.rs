//! Real processes: the test binary, told to be a reader.

use super::*;
use crate::config::Rule;
use crate::media::catalogue::Scan;
use crate::test_support::TestFolder;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process};
use smol::block_on;
use std::fs;
use std::path::Path;

const READER: &str = "DLNA_KIOSK_TEST_READER";
const LONG: Duration = Duration::from_secs(30);

/// Not a test, but the reader of the others.
#[test]
fn the_reader() {
    if let Some(folder) = std::env::var_os(READER) {
        if Path::new(&folder).ends_with("dlna-kiosk-rights") {
            return the_rights_of_a_reader();
        }
        serve().unwrap();
        std::process::exit(0);
    }
}

/// Readers that are run by this test binary.
pub(in crate::shell) fn readers(folder: &Path, plays: &[&str]) -> Readers {
    let plays = plays.iter().map(|name| folder.join(name)).collect();
    let rule = Rule { plays, ..Config::default().rules.remove(0) };
    let config =
        Config { media_folders: vec![folder.to_owned()], rules: vec![rule], ..Config::default() };
    let words = ["--exact", "shell::reader::tests::the_reader", "--nocapture"];
    let program = Program::with(std::env::current_exe().unwrap(), &words, READER, folder);
    Readers::new(&config, false).by(program)
}

/// Tells `story` with readers that run.
fn with<T>(readers: &Readers, story: impl AsyncFnOnce(&Mailbox) -> T) -> T {
    let mailbox = Mailbox::default();
    block_on(async {
        let late = async {
            Timer::after(LONG).await;
            panic!("nothing happened")
        };
        let running = async { match readers.run(&mailbox).await {} };
        future::or(story(&mailbox), future::or(running, late)).await
    })
}

async fn scanned(readers: &Readers, mailbox: &Mailbox) -> Scan {
    readers.scan();
    loop {
        if let Event::Scanned(scan) = mailbox.take().await {
            return *scan;
        }
    }
}

fn names(scan: &Scan) -> Vec<String> {
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<_> = scan.files.iter().map(|file| name(&file.path)).collect();
    names.sort();
    names
}

#[test]
fn what_the_reader_finds_and_what_changes_arrives() {
    let folder = TestFolder::new("reader");
    folder.write("film.mp4", [0; 5]);
    folder.write("film.srt", "1");
    folder.write("list.m3u", "film.mp4\n");
    folder.write("bad.mp4", "");
    let readers = readers(folder.path(), &["list.m3u", "gone.mp4"]);
    with(&readers, async |mailbox| {
        let scan = scanned(&readers, mailbox).await;
        assert_eq!(names(&scan), ["film.mp4"]);
        assert!(scan.files[0].subtitles.is_some());
        assert_eq!((scan.missing.len(), scan.bad.len()), (1, 1), "{scan:?}");
        assert_eq!(scan.files_at(&folder.path().join("list.m3u")).len(), 1);
        assert_eq!(scanned(&readers, mailbox).await, scan, "and again");
        folder.write("song.mp3", [0; 5]);
        while !matches!(mailbox.take().await, Event::FolderChanged) {}
        assert_eq!(names(&scanned(&readers, mailbox).await), ["film.mp4", "song.mp3"]);
    });
}

#[test]
fn a_pipe_in_the_place_of_a_playlist_holds_nobody_up() {
    let folder = TestFolder::new("reader-pipe");
    folder.write("film.mp4", [0; 5]);
    mknodat(CWD, folder.path().join("list.m3u"), FileType::Fifo, Mode::from(0o600), 0).unwrap();
    let readers = readers(folder.path(), &["list.m3u"]);
    with(&readers, async |mailbox| {
        let scan = scanned(&readers, mailbox).await;
        assert_eq!(names(&scan), ["film.mp4"]);
    });
}

/// The readers of this folder that run.
fn running(folder: &Path) -> Vec<Pid> {
    let folder = folder.to_str().unwrap();
    let ours = |pid: &i32| {
        let words = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        String::from_utf8_lossy(&words).contains(&format!("{READER}={folder}"))
    };
    let all = fs::read_dir("/proc").unwrap().flatten();
    let numbers = all.filter_map(|one| one.file_name().to_str()?.parse().ok());
    numbers.filter(ours).filter_map(Pid::from_raw).collect()
}

#[test]
fn a_reader_that_dies_is_replaced_and_its_folder_stays_known() {
    let folder = TestFolder::new("reader-dies");
    folder.write("film.mp4", [0; 5]);
    let readers = readers(folder.path(), &[]);
    with(&readers, async |mailbox| {
        let before = scanned(&readers, mailbox).await;
        for _ in 0..3 {
            let running = running(folder.path());
            assert_eq!(running.len(), 1);
            kill_process(running[0], Signal::KILL).unwrap();
            assert_eq!(names(&scanned(&readers, mailbox).await), names(&before));
        }
    });
}

#[test]
fn without_a_process_the_folder_is_named() {
    let folder = TestFolder::new("reader-none");
    let readers = readers(folder.path(), &[]).by(Program::of("/nowhere/program".into()));
    with(&readers, async |mailbox| {
        let scan = scanned(&readers, mailbox).await;
        let [(path, why)] = &scan.missing[..] else { panic!("{scan:?}") };
        assert!(path == folder.path() && why.contains("starting a process failed"), "{why}");
    });
}

#[test]
fn single_files_are_opened_read_and_measured() {
    let folder = TestFolder::new("reader-files");
    let film = folder.write("in/film.mp4", "0123456789");
    let text = folder.write("in/film.srt", "text");
    let outside = folder.write("outside.mp4", "1");
    let root = folder.path().join("in");
    std::os::unix::fs::symlink(&outside, root.join("link.mp4")).unwrap();
    let readers = readers(folder.path(), &[]);
    with(&readers, async |_| {
        let opened = readers.open(&film, &root).await.unwrap();
        assert_eq!((opened.size, fs::metadata(&film).unwrap().len()), (10, 10));
        if let Some(file) = opened.file {
            assert_eq!(std::io::read_to_string(file).unwrap(), "0123456789");
        }
        let part = readers.copy(&film, &root, 4, 100).await.unwrap();
        assert_eq!((part.count, part.version), (6, (10, opened.modified)));
        assert_eq!(std::io::read_to_string(part.part).unwrap(), "456789");
        let copy = readers.subtitles(&text, &root).await.unwrap();
        fs::write(&text, "changed").unwrap();
        assert_eq!(std::io::read_to_string(copy.part).unwrap(), "text");
        assert_eq!(readers.warm(&film, &root, 5, 100).await, Ok(()));
        assert_eq!(readers.duration(&film, "mp4").await, None);
        for (path, why) in
            [("link.mp4", "leads out"), ("gone.mp4", "No such file"), ("", "regular")]
        {
            let Err(Refusal::File(said)) = readers.open(&root.join(path), &root).await else {
                panic!()
            };
            assert!(said.contains(why), "{said}");
        }
    });
}

#[test]
fn questions_survive_the_end_of_the_reader() {
    let folder = TestFolder::new("reader-again");
    let film = folder.write("film.mp4", "0123456789");
    let readers = readers(folder.path(), &[]);
    with(&readers, async |_| {
        for _ in 0..20 {
            assert_eq!(readers.open(&film, folder.path()).await.unwrap().size, 10);
            for pid in running(folder.path()) {
                kill_process(pid, Signal::KILL).unwrap();
            }
        }
    });
    // The last one may still be on its way out.
    let ended = (0..500).any(|_| {
        block_on(Timer::after(Duration::from_millis(10)));
        running(folder.path()).is_empty()
    });
    assert!(ended);
}

/// In a process of its own, since nobody gets these rights back.
fn the_rights_of_a_reader() {
    let folder = std::env::temp_dir();
    let kept = rights::give_up();
    let denied = |error: std::io::Error| error.kind() == std::io::ErrorKind::PermissionDenied;
    assert!(denied(std::net::UdpSocket::bind("127.0.0.1:0").unwrap_err()));
    assert!(fs::read_dir(&folder).is_ok());
    // Without Landlock in the kernel, it may, and says so.
    match &kept[..] {
        [] => assert!(denied(fs::write(folder.join("dlna-kiosk-x"), "x").unwrap_err())),
        [one] => assert!(one.starts_with("write files: "), "{one}"),
        _ => panic!("{kept:?}"),
    }
    let too_much = usize::try_from(2 * crate::limits::READER_MEMORY).unwrap();
    assert!(Vec::<u8>::new().try_reserve_exact(too_much).is_err());
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
#[test]
fn a_reader_can_neither_write_nor_open_sockets() {
    let done = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "shell::reader::tests::the_reader", "--nocapture"])
        .env(READER, "/tmp/dlna-kiosk-rights")
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
}
