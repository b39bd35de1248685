//! A playlist in any encoding.
#![no_main]

use dlna_kiosk::limits::PLAYLIST;
use dlna_kiosk::media::playlist::{is_playlist, parse};
use libfuzzer_sys::fuzz_target;
use std::path::{Component, Path};

fuzz_target!(|bytes: &[u8]| {
    let root = Path::new("/media");
    let playlist = parse(bytes, Path::new("/media/lists"), root);
    assert!(playlist.entries.len() + playlist.refused.len() <= PLAYLIST + 1);
    for entry in &playlist.entries {
        assert!(!entry.paths.is_empty());
        for path in &entry.paths {
            assert!(path.starts_with(root) && path != root, "{}", path.display());
            assert!(
                !path
                    .components()
                    .any(|part| matches!(part, Component::ParentDir | Component::CurDir))
            );
            assert!(!is_playlist(path));
        }
    }
    for (_, why) in &playlist.refused {
        assert!(!why.is_empty());
    }
    // A list that is written anew, one path per line, means the same files first.
    let written: Option<Vec<&str>> =
        playlist.entries.iter().map(|entry| entry.paths[0].to_str()).collect();
    let is_plain =
        |path: &&str| !path.contains(['%', '\\', '\r', '\n', '\0']) && path.trim() == *path;
    if let Some(written) = written.filter(|paths| paths.iter().all(is_plain)) {
        let again =
            parse(format!("\u{feff}{}", written.join("\n")).as_bytes(), Path::new("/"), root);
        let paths: Vec<&str> =
            again.entries.iter().filter_map(|entry| entry.paths[0].to_str()).collect();
        assert_eq!(paths, written);
    }
});
