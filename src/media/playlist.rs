//! M3U playlists: one path per line; `#` starts a comment or a directive.
//!
//! Files may be in UTF-8, UTF-16 or CP1252, and may use the line ends and backslashes of Windows. A line may be a path, a
//! `file:` URL, or a path with the percent codes of a URL; a name may also really contain `%20`. So a line stands for one or
//! more paths, of which the first that exists is meant. Only paths below one folder are accepted.

use super::names::{key, percent_decoded, text_of};
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
    /// Its files, in order; a file may occur more than once.
    pub entries: Vec<Entry>,
    /// Rejected lines, each with the rest of a sentence that says why.
    pub refused: Vec<(String, &'static str)>,
}

/// A line that stands for a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The line, cut for people.
    pub shown: String,
    /// The absolute paths that it may mean, at least one, the most literal first.
    pub paths: Vec<PathBuf>,
}

/// Parses a playlist in `folder`. Its files must be below `root`.
pub fn parse(bytes: &[u8], folder: &Path, root: &Path) -> M3u {
    let mut playlist = M3u::default();
    for line in lines(bytes) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if playlist.entries.len() + playlist.refused.len() == PLAYLIST {
            playlist
                .refused
                .push((String::new(), "lists more than 1024 files: the rest is ignored"));
            break;
        }
        let shown = line.chars().take(SHOWN).collect();
        match paths_of(line, folder, root) {
            Ok(paths) => playlist.entries.push(Entry { shown, paths }),
            Err(why) => playlist.refused.push((shown, why)),
        }
    }
    playlist
}

/// Characters shown of a line.
const SHOWN: usize = 80;

/// The lines in any encoding. Each line by itself may be UTF-8 or not: lists are put together from others.
fn lines(bytes: &[u8]) -> Vec<String> {
    let is_end = |c: char| matches!(c, '\r' | '\n' | '\0');
    if let Some(text) = utf16(bytes) {
        return text.split(is_end).map(str::to_owned).collect();
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let lines = bytes.split(|byte| is_end(char::from(*byte)));
    lines.map(|line| text_of(line).into_owned()).collect()
}

/// The text if it is UTF-16, which a byte order mark says, or else the zeros of its Latin letters and line ends.
fn utf16(bytes: &[u8]) -> Option<String> {
    let zeros = |side: usize| bytes.iter().skip(side).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let many = |one: usize, other: usize| one > 4 * other && one >= bytes.len() / 16 && one > 1;
    let (unit, bytes): (fn([u8; 2]) -> u16, _) = match bytes {
        [0xff, 0xfe, rest @ ..] => (u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => (u16::from_be_bytes, rest),
        _ if many(odd, even) => (u16::from_le_bytes, bytes),
        _ if many(even, odd) => (u16::from_be_bytes, bytes),
        _ => return None,
    };
    let units = bytes.chunks_exact(2).map(|two| unit([two[0], two[1]]));
    let text = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
    Some(text.collect())
}

/// The paths that `line` may mean.
fn paths_of(line: &str, folder: &Path, root: &Path) -> Result<Vec<PathBuf>, &'static str> {
    let url = local_url(line);
    let text = url.unwrap_or(line);
    if text.contains("://") || text.starts_with("\\\\") {
        return Err("is on another computer");
    }
    if is_on_drive(text.trim_start_matches('/')) {
        return Err("is on a Windows drive: write a path relative to the playlist");
    }
    let decoded = percent_decoded(text);
    let written = [Some(text.to_owned()), decoded];
    let mut texts: Vec<String> = written.into_iter().flatten().collect();
    if url.is_some() {
        // In a URL a percent sign is always a code.
        texts.reverse();
    }
    let slashes = |text: &String| text.replace('\\', "/");
    let texts = texts.iter().map(slashes).chain(texts.iter().cloned());
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut refused = "is outside the folder";
    for text in texts {
        let path = below(root, &folder.join(text));
        match path {
            Some(path) if is_playlist(&path) => refused = "is a playlist: list its files instead",
            Some(path) if !paths.contains(&path) => paths.push(path),
            _ => {}
        }
    }
    if paths.is_empty() { Err(refused) } else { Ok(paths) }
}

/// The path in a `file:` URL of this computer, still with its percent codes.
fn local_url(line: &str) -> Option<&str> {
    let (scheme, rest) = line.split_at_checked("file:".len())?;
    if !scheme.eq_ignore_ascii_case("file:") {
        return None;
    }
    let Some(rest) = rest.strip_prefix("//") else { return Some(rest) };
    let host = &rest[..rest.find('/').unwrap_or(0)];
    let is_here = ["localhost", "127.0.0.1"].iter().any(|name| host.eq_ignore_ascii_case(name));
    // Some programs write a relative path in the place of the host.
    Some(if is_here { &rest[host.len()..] } else { rest })
}

/// Whether the text begins with `C:\` or `C:/`.
fn is_on_drive(text: &str) -> bool {
    matches!(text.as_bytes(), [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic())
}

/// `path` without `.` and `..`, if it is below `root`, whose name may be written differently in it.
fn below(root: &Path, path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    let mut inner = plain.components();
    for part in root.components() {
        let here = inner.next()?;
        if here != part && key(here.as_os_str()) != key(part.as_os_str()) {
            return None;
        }
    }
    let inner = inner.as_path();
    (!inner.as_os_str().is_empty()).then(|| root.join(inner))
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
        let first = |entry: &Entry| entry.paths[0].display().to_string();
        playlist.entries.iter().map(first).collect()
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
    fn a_list_is_read_in_the_encoding_of_the_program_that_wrote_it() {
        let text = "#EXTM3U\r\nGröße ’.mp3\r\n歌.mp3\r\n";
        let expected = ["/m/lists/Größe ’.mp3", "/m/lists/歌.mp3"];
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(files(text.as_bytes()), expected);
        assert_eq!(files(&[b"\xef\xbb\xbf", text.as_bytes()].concat()), expected);
        assert_eq!(files(&[b"\xff\xfe", &le[..]].concat()), expected);
        assert_eq!(files(&[b"\xfe\xff", &be[..]].concat()), expected);
        assert_eq!(files(&le), expected, "without a mark");
        assert_eq!(files(&be), expected, "without a mark");
        let mixed = b"That\x92s.mp3\nGr\xf6\xdfe.mp3\nGr\xc3\xb6\xc3\x9fe.mp3\n";
        let two = "/m/lists/Größe.mp3";
        assert_eq!(files(mixed), ["/m/lists/That’s.mp3", two, two]);
        assert_eq!(files(b"a.mp3\nb.mp3\n\0\0\0\0"), ["/m/lists/a.mp3", "/m/lists/b.mp3"]);
    }

    #[test]
    fn a_line_may_be_a_url_or_look_like_one() {
        let paths = |line: &str| {
            let mut playlist = parsed(line.as_bytes());
            assert_eq!((playlist.refused.len(), playlist.entries.len()), (0, 1), "{line}");
            let paths = playlist.entries.remove(0).paths;
            paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(paths("a%20b.mp3"), ["/m/lists/a%20b.mp3", "/m/lists/a b.mp3"]);
        assert_eq!(paths("file:///m/a%20b.mp3"), ["/m/a b.mp3", "/m/a%20b.mp3"]);
        for url in ["file:///m/b.mp3", "FILE://localhost/m/b.mp3", "file:/m/b.mp3"] {
            assert_eq!(paths(url), ["/m/b.mp3"], "{url}");
        }
        assert_eq!(paths("file://127.0.0.1/m/b.mp3"), ["/m/b.mp3"]);
        assert_eq!(paths("file://b.mp3"), ["/m/lists/b.mp3"]);
        assert_eq!(paths("file:b.mp3"), ["/m/lists/b.mp3"]);
        assert_eq!(paths("a\\b.mp3"), ["/m/lists/a/b.mp3", "/m/lists/a\\b.mp3"]);
        assert_eq!(paths("%2e%2e/%2e%2e/%2e%2e/m/b.mp3")[1], "/m/b.mp3");
        assert_eq!(paths("/M/b.mp3"), ["/m/b.mp3"], "the folder in other letters");
    }

    #[test]
    fn what_is_elsewhere_is_refused_with_a_reason() {
        let playlist = parsed(
            b"http://x/a.mp3\n../../etc/passwd\nC:\\b.mp3\n/mm/c.mp3\n..\nd.M3U8\nok.mp3\n\
                file:///c:/b.mp3\n\\\\nas\\b.mp3\n%2e%2e/%2e%2e/etc/passwd\nfile:///m/%2e%2e/x",
        );
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
                (
                    "file:///c:/b.mp3",
                    "is on a Windows drive: write a path relative to the playlist"
                ),
                ("\\\\nas\\b.mp3", "is on another computer"),
            ]
        );
        let files: Vec<_> = playlist.entries.iter().map(|entry| &entry.paths[..]).collect();
        let below = |path: &str| vec![PathBuf::from(path)];
        let odd = below("/m/lists/%2e%2e/%2e%2e/etc/passwd");
        assert_eq!(files, [below("/m/lists/ok.mp3"), odd, below("/m/%2e%2e/x")]);
    }

    #[test]
    fn only_so_many_lines_are_read() {
        let playlist = parsed("a.mp3\n".repeat(PLAYLIST + 5).as_bytes());
        assert_eq!((playlist.entries.len(), playlist.refused.len()), (PLAYLIST, 1));
    }

    proptest! {
        #[test]
        fn only_files_below_the_root_are_accepted(bytes: Vec<u8>) {
            let playlist = parsed(&bytes);
            prop_assert!(playlist.entries.len() + playlist.refused.len() <= PLAYLIST + 1);
            for path in playlist.entries.into_iter().flat_map(|entry| entry.paths) {
                prop_assert!(path.starts_with("/m") && path != Path::new("/m"));
                prop_assert!(path.components().all(|c| c != Component::ParentDir));
            }
        }

        #[test]
        fn paths_of_dots_and_slashes_do_not_lead_out(line in r"(file:)?[./\\am%25eEfF]{1,40}") {
            let playlist = parsed(line.as_bytes());
            let mut paths = playlist.entries.iter().flat_map(|entry| &entry.paths);
            prop_assert!(paths.all(|path| path.starts_with("/m")));
        }
    }
}
