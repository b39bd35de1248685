use super::*;
use crate::test_support::TestFolder;
use crate::time::Duration;
use smol::block_on;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

fn places(media_folder: &Path, plays: &[PathBuf]) -> Places {
    let media = [media_folder.to_owned()];
    let named = plays.iter().chain(&media).cloned().collect();
    Places { media_folders: media.to_vec(), named, ..Places::default() }
}

fn scanned(media_folder: &Path, plays: &[PathBuf]) -> Scan {
    again(media_folder, plays, &mut Known::default())
}

fn again(media_folder: &Path, plays: &[PathBuf], known: &mut Known) -> Scan {
    let (places, watch) = (places(media_folder, plays), Watch::default());
    let mut scan = block_on(scan(&places, known, &watch, Clock::start(), &mut |_, _, _| ()));
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
fn a_link_to_another_disk_is_told_and_nothing_there_is_looked_at() {
    let folder = TestFolder::new("scan-led");
    folder.write("media/film.mp4", [0; 5]);
    folder.write("stick/films/other.mp4", [0; 5]);
    let [media, stick] = ["media", "stick"].map(|name| folder.path().join(name));
    std::os::unix::fs::symlink("../stick", media.join("link")).unwrap();
    let named = vec![media.join("link/films"), media.join("film.mp4")];
    let mounts = vec![(stick.clone(), false)];
    let mut places = Places { named, mounts, ..Places::default() };
    let scan = |places: &Places| {
        let (mut known, watch) = (Known::at_once(), Watch::default());
        block_on(super::scan(places, &mut known, &watch, Clock::start(), &mut |_, _, _| {}))
    };
    let found = scan(&places);
    assert_eq!(found.meant, [(media.join("link/films"), stick.join("films"))]);
    assert_eq!((found.files.len(), found.missing.len()), (1, 0), "{found:?}");
    places.mounts.clear();
    assert_eq!(scan(&places).files.len(), 2, "on one disk it is followed");
}

#[test]
fn finds_what_is_playable_visible_and_inside() {
    let folder = TestFolder::new("scan");
    let secret = folder.write("outside/secret.mp4", FILM);
    for name in ["a.mp4", "b.JPG", "notes.txt", ".hidden.mp4", ".trash/c.mp4", "deep/er/d.mp3"] {
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
    let out = |name: &str| (name.to_owned(), "is a link that leads out of the folder".to_owned());
    assert_eq!(blamed(&scan, &media), [out("away"), out("escape.mp4")]);
}

#[test]
fn bad_files_are_named_and_those_whose_names_lie_are_what_they_are() {
    let folder = TestFolder::new("bad");
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
fn what_is_spelled_differently_on_the_disk_is_found_and_said_once() {
    let folder = TestFolder::new("spelled");
    let media = folder.path().join("media");
    for name in ["Bu\u{308}hne/Film.MP4", "a b.mp3", "It’s.mp3", "a%20b%20c.mp3"] {
        folder.write(&format!("media/{name}"), FILM);
    }
    let latin = media.join(OsStr::from_bytes(b"Gr\xf6\xdfe.mp3"));
    fs::write(&latin, FILM).unwrap();
    let old = File::options().write(true).open(&latin).unwrap();
    old.set_modified(SystemTime::now() - std::time::Duration::from_secs(3600)).unwrap();
    let text = "\u{feff}a%20b.mp3\r\nit's.mp3\na%20b%20c.mp3\nGröße.mp3\ngone.mp3\n";
    folder.write("media/Day.M3U", text);

    let (film, list) = (media.join("Bühne/film.mp4"), media.join("day.m3u"));
    let scan = scanned(&media, &[film.clone(), list.clone(), media.join("no.mp4")]);
    let on_disk = media.join("Bu\u{308}hne/Film.MP4");
    assert_eq!(scan.place(&film), on_disk);
    assert_eq!(scan.files_at(&film)[0].path.as_ref(), on_disk);
    let listed = scan.files_at(&list).into_iter().map(|file| file.path.to_path_buf());
    let expected = ["a b.mp3", "It’s.mp3", "a%20b%20c.mp3"].map(|name| media.join(name));
    assert_eq!(listed.collect::<Vec<_>>(), expected.into_iter().chain([latin]).collect::<Vec<_>>());
    let missing: Vec<_> = scan.missing.iter().map(|(path, _)| path.as_path()).collect();
    assert_eq!(missing, [media.join("gone.mp3"), media.join("no.mp4")]);
    let notes: Vec<_> = scan.notes.iter().map(|(_, what)| what.as_str()).collect();
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert_eq!(
        notes[2],
        "\"a%20b.mp3\" stands for a b.mp3 (spelled differently on the disk), and 2 more likewise"
    );
    assert_eq!(again(&media, &[], &mut Known::default()).notes, [], "as written");
}

#[test]
fn what_systems_and_downloads_leave_is_not_played_unless_it_is_named() {
    let folder = TestFolder::new("foreign");
    let media = folder.path();
    for name in [
        "film.mp4",
        "$RECYCLE.BIN/S-1-5-21/$R1A2B3C.mp4",
        "@eaDir/film.mp4/SYNOVIDEO_VIDEO_SCREENSHOT.jpg",
        "Lost+Found/y.mp4",
        "half.mp4.part",
        "other.mp4",
        "other.mp4.aria2",
        "._film.mp4",
    ] {
        folder.write(name, FILM);
    }
    let scan = scanned(media, &[]);
    assert_eq!((names(&scan, media), scan.bad), (vec!["film.mp4".to_owned()], vec![]));
    let scan = scanned(media, &[media.join("Lost+Found")]);
    assert_eq!(names(&scan, media), ["Lost+Found/y.mp4", "film.mp4"]);
}

#[test]
fn each_file_of_a_kind_that_nobody_plays_is_named_with_what_to_do() {
    let folder = TestFolder::new("unplayed");
    let media = folder.path();
    folder.write("IMG_1.jpg", b"\0\0\0\x24ftypheic\0\0\0\0mif1MiHE");
    folder.write("IMG_2.HEIC", b"\0\0\0\x24ftypheic\0\0\0\0mif1MiHE");
    folder.write("IMG_3.heic", b"\xff\xd8\xff\xe0");
    folder.write("poster.webp", b"RIFF\x10\0\0\0WEBPVP8 ");
    folder.write("slides.pptx", FILM);
    folder.write("readme.txt", "text");
    let scan = scanned(media, &[media.join("slides.pptx")]);
    let heic = "is a HEIC picture, which TVs do not show: convert it to JPEG (.jpg)";
    let expected = [
        ("slides.pptx", "is a presentation: export it as a film (.mp4) or as pictures (.jpg)"),
        ("IMG_1.jpg", heic),
        ("IMG_2.HEIC", heic),
        ("IMG_3.heic", "is a JPEG picture, and is played as one"),
        ("poster.webp", "is a WebP picture, which TVs do not show: convert it to JPEG (.jpg)"),
    ];
    assert_eq!(blamed(&scan, media), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    assert_eq!(names(&scan, media), ["IMG_3.heic"]);
}

#[test]
fn half_a_film_is_named_and_left_out_only_if_nothing_of_it_can_be_played() {
    let folder = TestFolder::new("half");
    let media = folder.path();
    let (begin, data) = (b"\0\0\0\x10ftypisom\0\0\0\0", b"\0\0\0\x10mdat12345678");
    let index = b"\0\0\0\x10moov12345678";
    folder.write("index-first.mp4", [&begin[..], index, &data[..12]].concat());
    folder.write("index-last.mp4", [&begin[..], &data[..12]].concat());
    folder.write("song.m4a", [&begin[..], data, index].concat());
    let scan = scanned(media, &[]);
    let bad = [("index-first.mp4", CUT_AT_END), ("index-last.mp4", CUT_BEFORE_INDEX)];
    assert_eq!(blamed(&scan, media), bad.map(|(a, b)| (a.to_owned(), b.to_owned())));
    assert_eq!(names(&scan, media), ["index-first.mp4", "song.m4a"]);
}

#[test]
fn a_file_is_looked_into_once_unless_it_changes() {
    let folder = TestFolder::new("once");
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
    let folder = TestFolder::new("growing");
    folder.write("old.mp4", FILM);
    let new = folder.path().join("new.mp4");
    fs::write(&new, "").unwrap();
    let scan = scanned(folder.path(), &[]);
    assert_eq!(names(&scan, folder.path()), ["old.mp4"]);
    assert_eq!((scan.growing, scan.bad), (vec![new], vec![]), "nor is it called empty yet");
}

#[test]
fn subtitles_are_found_beside_a_film_also_a_named_one() {
    let folder = TestFolder::new("subtitles");
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
    let folder = TestFolder::new("playlist");
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
    let folder = TestFolder::new("beside");
    let media = folder.path().join("media");
    for name in ["a.mp4", "a.srt", "b.mkv", "b.vtt", "b.srt", "c.mp4", "d.vtt", "d.mp3", "d.srt"] {
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
    let folder = TestFolder::new("named");
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
    let folder = TestFolder::new("bounds");
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
    let folder = TestFolder::new("unreadable");
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
