//! M3U playlists: one path per line; `#` starts a comment or a directive.
//!
//! Files may be in UTF-8 (`.m3u8`, or with a byte order mark) or Latin-1, and may use the line ends and backslashes of
//! Windows. Only paths below one folder are accepted.

use crate::limits::PLAYLIST;
use std::path::{Component, Path, PathBuf};

/// Whether the file at `path` is a playlist, by its extension.
pub fn is_playlist(path: &Path) -> bool {
    let extension = path.extension();
    extension.is_some_and(|e| ["m3u", "m3u8"].iter().any(|known| e.eq_ignore_ascii_case(known)))
}

/// The content of a playlist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct M3u {
    /// The absolute paths of the files, in order; a file may occur more than once.
    pub files: Vec<PathBuf>,
    /// Rejected lines, each with the rest of a sentence that says why.
    pub refused: Vec<(String, &'static str)>,
}

/// Parses a playlist in `folder`. Its files must be below `root`.
pub fn parse(bytes: &[u8], folder: &Path, root: &Path) -> M3u {
    let mut playlist = M3u::default();
    let text = text_of(bytes);
    let lines = text.split(['\r', '\n', '\0']).map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if playlist.files.len() + playlist.refused.len() == PLAYLIST {
            playlist.refused.push((String::new(), "has too many lines: the rest is ignored"));
            break;
        }
        match path_of(line, folder, root) {
            Ok(path) => playlist.files.push(path),
            Err(why) => playlist.refused.push((line.chars().take(SHOWN).collect(), why)),
        }
    }
    playlist
}

/// Characters shown of a rejected line.
const SHOWN: usize = 80;

fn text_of(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match core::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        // Latin-1: each byte is the code point of its character.
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// The path in `line`.
fn path_of(line: &str, folder: &Path, root: &Path) -> Result<PathBuf, &'static str> {
    let line = line.strip_prefix("file://").unwrap_or(line);
    if line.contains("://") {
        return Err("is on another computer");
    }
    if line.contains(":\\") {
        return Err("is on a Windows drive: write a path relative to the playlist");
    }
    let line = line.replace('\\', "/");
    let mut path = PathBuf::new();
    for component in folder.join(line).components() {
        match component {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    if is_playlist(&path) {
        return Err("is a playlist: list its files instead");
    }
    if path.starts_with(root) && path != root { Ok(path) } else { Err("is outside the folder") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(bytes: &[u8]) -> M3u {
        parse(bytes, Path::new("/m/lists"), Path::new("/m"))
    }

    fn files(bytes: &[u8]) -> Vec<String> {
        let playlist = parsed(bytes);
        assert_eq!(playlist.refused, []);
        playlist.files.iter().map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn paths_are_relative_to_the_playlist_in_every_encoding() {
        let text = "\u{feff}#EXTM3U\r\n#EXTINF:12,A song\r\n1.mp3\r\n\r\n  ..\\films\\2.mp4  \r\n/m/3.mp3\n./1.mp3";
        assert_eq!(
            files(text.as_bytes()),
            ["/m/lists/1.mp3", "/m/films/2.mp4", "/m/3.mp3", "/m/lists/1.mp3"]
        );
        assert_eq!(files("Größe.mp3\rzwei.mp3".as_bytes())[0], "/m/lists/Größe.mp3");
        assert_eq!(files(b"Gr\xf6\xdfe.mp3"), ["/m/lists/Größe.mp3"], "Latin-1");
        assert_eq!(files(b"file:///m/a b.mp3"), ["/m/a b.mp3"]);
        assert_eq!(files(b"#EXTM3U\n"), [""; 0]);
    }

    #[test]
    fn what_is_elsewhere_is_refused_with_a_reason() {
        let playlist =
            parsed(b"http://x/a.mp3\n../../etc/passwd\nC:\\b.mp3\n/mm/c.mp3\n..\nd.M3U8\nok.mp3");
        let refused: Vec<_> = playlist.refused.iter().map(|(line, why)| (&**line, *why)).collect();
        assert_eq!(
            refused,
            [
                ("http://x/a.mp3", "is on another computer"),
                ("../../etc/passwd", "is outside the folder"),
                ("C:\\b.mp3", "is on a Windows drive: write a path relative to the playlist"),
                ("/mm/c.mp3", "is outside the folder"),
                ("..", "is outside the folder"),
                ("d.M3U8", "is a playlist: list its files instead"),
            ]
        );
        assert_eq!(playlist.files, [Path::new("/m/lists/ok.mp3")]);
    }

    #[test]
    fn only_so_many_lines_are_read() {
        let playlist = parsed("a.mp3\n".repeat(PLAYLIST + 5).as_bytes());
        assert_eq!((playlist.files.len(), playlist.refused.len()), (PLAYLIST, 1));
    }

    proptest! {
        #[test]
        fn only_files_below_the_root_are_accepted(bytes: Vec<u8>) {
            let playlist = parsed(&bytes);
            prop_assert!(playlist.files.len() + playlist.refused.len() <= PLAYLIST + 1);
            for path in playlist.files {
                prop_assert!(path.starts_with("/m") && path != Path::new("/m"));
                prop_assert!(path.components().all(|c| c != Component::ParentDir));
            }
        }

        #[test]
        fn paths_of_dots_and_slashes_do_not_lead_out(line in r"[./\\am]{1,40}") {
            let playlist = parsed(line.as_bytes());
            prop_assert!(playlist.files.iter().all(|path| path.starts_with("/m")));
        }
    }
}
