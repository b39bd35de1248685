//! The media folders and the paths below them: whether they are there, and whether renderers can play them.

use super::Config;
use super::MEDIA_FOLDER;
use super::key::{Plain, Printer, Value, Values, one_or_list};
use super::problem::{Severity, listed};
use super::section::{Field, Reader, Section};
use crate::limits::MEDIA_FOLDERS;
use std::path::{Component, Path, PathBuf};

/// What is found at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileState {
    /// A readable file.
    File,
    /// A readable folder.
    Folder,
    Missing,
    /// Something that this program may not read.
    Forbidden,
    /// Something below this folder, which this program may not enter.
    Barred(PathBuf),
}

/// What to do about a folder that this program may not enter.
pub(super) fn let_in(folder: &Path) -> String {
    let otherwise = match folder.starts_with(MEDIA_FOLDER) {
        true => String::new(),
        false => format!(", or move the files to {MEDIA_FOLDER}"),
    };
    format!("allow it: sudo chmod o+x {}{otherwise}", folder.display())
}

/// Looks at the disk for the parser, which does no I/O.
pub(super) type Files<'a> = &'a dyn Fn(&Path) -> FileState;

/// Extensions of files that renderers can play, other spellings of them, and playlists; see `media`.
const EXTENSIONS: &[&str] = &[
    "mp4", "m4v", "mkv", "mov", "avi", "ts", "m2ts", "mts", "m2t", "mpg", "mpeg", "webm", "wmv",
    "flv", "mp3", "flac", "m4a", "aac", "wav", "ogg", "oga", "opus", "wma", "aiff", "aif", "jpg",
    "jpeg", "png", "gif", "m3u", "m3u8",
];

/// The media folders with their accessor.
pub(super) struct Folders(pub(super) fn(&mut Config) -> &mut Vec<PathBuf>);

impl Value<Config> for Folders {
    fn values(&self) -> Values {
        Values::new("a path that begins with `/`, or a list of these")
    }

    fn read(&self, reader: &mut Reader<'_>, field: &Field<'_>, to: &mut Config) -> Option<()> {
        let mut folders = Vec::new();
        for (text, item) in field.texts(reader) {
            let folder = media_folder(reader, &item, text.trim_start());
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        if folders.len() > MEDIA_FOLDERS {
            let advice = format!(
                "at most {MEDIA_FOLDERS} are possible: write a folder that holds several of them"
            );
            field.error(reader, &format!("there are {} folders", folders.len()), &advice);
            folders.truncate(MEDIA_FOLDERS);
        }
        if !folders.is_empty() {
            *(self.0)(to) = folders;
        }
        Some(())
    }

    fn print(&self, key: &str, from: &mut Config, _: &Printer<'_>) -> Option<String> {
        let folders = (self.0)(from).iter().map(|path| path.display().to_string());
        let folders: Vec<String> = folders.collect();
        Some(format!("{key} = {}", one_or_list(&folders)))
    }
}

fn media_folder(reader: &mut Reader<'_>, field: &Field<'_>, text: &str) -> PathBuf {
    let path = plain(Path::new(text));
    if !path.is_absolute() {
        let advice = match text.strip_prefix("~/") {
            Some(rest) => format!("write media = \"/home/pi/{rest}\", with your user's name"),
            None => format!("write the whole path, such as media = \"/srv/{text}\""),
        };
        field.error(reader, "the path does not begin with /", &advice);
    }
    path
}

/// A media folder, and whether it is there.
#[derive(Debug, Default)]
pub(super) struct MediaFolder {
    pub(super) path: PathBuf,
    /// False while its disk is not mounted; then no path below it is checked.
    pub(super) is_present: bool,
}

/// Absolute paths of files and folders.
impl Plain for Vec<PathBuf> {
    fn values() -> Values {
        Values::new("a file, a folder, a playlist, or a list of these")
    }

    fn read(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Self> {
        let texts = field.texts(reader);
        let paths: Self =
            texts.iter().filter_map(|(text, item)| media_path(reader, item, text)).collect();
        (!paths.is_empty()).then_some(paths)
    }

    fn print(&self, out: &Printer<'_>) -> Option<String> {
        let texts: Vec<String> = self.iter().map(|path| relative(path, out.media)).collect();
        (!texts.is_empty()).then(|| one_or_list(&texts))
    }
}

/// `path` as `plays` writes it.
fn relative(path: &Path, media: &Path) -> String {
    if path == media {
        return ".".to_owned();
    }
    let (path, media) = (path.display().to_string(), media.display().to_string());
    let inner = path.strip_prefix(media.trim_end_matches('/'));
    match inner.and_then(|inner| inner.strip_prefix('/')) {
        Some(inner) => inner.to_owned(),
        None => path,
    }
}

/// Whether there is a folder at `path`. With a `/` at its end, a file would look missing.
pub(super) fn is_folder(path: &Path, files: Files<'_>) -> bool {
    files(&path.components().collect::<PathBuf>()) == FileState::Folder
}

fn media_path(reader: &mut Reader<'_>, field: &Field<'_>, text: &str) -> Option<PathBuf> {
    let folders: Vec<String> =
        reader.media.iter().map(|folder| folder.path.display().to_string()).collect();
    let folder = folders.first().cloned().unwrap_or_default();
    if text.contains("://") {
        field.error(
            reader,
            &format!("\"{text}\" is on another computer"),
            &format!("copy it to {folder} and write its file name"),
        );
        return None;
    }
    let found = below(&reader.media, text).map(|(path, folder)| (path, folder.is_present));
    let Some((path, is_present)) = found else {
        let several = if folders.len() > 1 { "s" } else { "" };
        let all = folders.join(" and ");
        field.error(
            reader,
            &format!("\"{text}\" is outside the media folder{several} {all}"),
            "move it there, or write the folder that holds all your media at the top: media = \"/…\"",
        );
        return None;
    };
    let state = match is_present {
        true => (reader.files)(&path.components().collect::<PathBuf>()),
        false => FileState::Missing,
    };
    let shown = path.display();
    match state {
        FileState::Folder => {}
        FileState::Forbidden => field.warning(
            reader,
            &format!("{shown} cannot be read"),
            &format!("allow it: sudo chmod -R a+rX {shown}"),
        ),
        FileState::Barred(folder) => field.warning(
            reader,
            &format!("{shown} is below {}, which this program may not enter", folder.display()),
            &let_in(&folder),
        ),
        FileState::File if text.ends_with('/') => field.error(
            reader,
            &format!("{shown} is a file, not a folder"),
            "remove the / at the end",
        ),
        FileState::File if !is_playable(&path) => {
            unknown_kind(reader, field, text, "convert it to .mp4");
        }
        FileState::File => {}
        FileState::Missing if text.contains('*') => field.error(
            reader,
            "patterns with * are not supported",
            "write the folder, with / at the end, to play everything in it",
        ),
        FileState::Missing
            if !text.ends_with('/') && looks_like_a_file(&path) && !is_playable(&path) =>
        {
            unknown_kind(reader, field, text, "if it is a folder, write / at its end");
        }
        FileState::Missing if is_present => field.warning(
            reader,
            &format!("{shown} does not exist"),
            "copy it there, or correct the name; it plays as soon as it exists",
        ),
        FileState::Missing => {}
    }
    Some(path)
}

/// Looks for the media folders on the disk.
pub(super) fn find_media_folders(reader: &mut Reader<'_>, top: &Section<'_>, paths: &[PathBuf]) {
    for path in paths {
        let is_present = find_media_folder(reader, top, path);
        reader.media.push(MediaFolder { path: path.clone(), is_present });
    }
}

/// Returns whether it is there.
fn find_media_folder(reader: &mut Reader<'_>, top: &Section<'_>, path: &Path) -> bool {
    let field = top.field("media");
    // The disk would look for it in the working directory.
    if !path.is_absolute() {
        return false;
    }
    let state = (reader.files)(path);
    let is_present = state == FileState::Folder;
    if let (Some(field), None) = (&field, path.parent()) {
        field.error(
            reader,
            "this is the whole disk",
            "write the folder that holds your media, such as media = \"/srv/dlna-kiosk\"",
        );
        return is_present;
    }
    let shown = path.display();
    let (message, advice) = match &state {
        FileState::Folder => return true,
        FileState::Missing => (
            format!("the media folder {shown} does not exist"),
            format!("create it (sudo mkdir -p {shown}) or plug in its disk; the box waits for it"),
        ),
        FileState::Forbidden => (
            format!("the media folder {shown} cannot be read"),
            format!("allow it: sudo chmod -R a+rX {shown}"),
        ),
        FileState::Barred(folder) => (
            format!(
                "the media folder {shown} is below {}, which this program may not enter",
                folder.display()
            ),
            let_in(folder),
        ),
        FileState::File => (
            format!("{shown} is a file, not a folder"),
            "write the folder that holds the file".to_owned(),
        ),
    };
    match field {
        Some(field) if state == FileState::File => field.error(reader, &message, &advice),
        Some(field) => field.warning(reader, &message, &advice),
        None => reader.problems.push(Severity::Warning, None, "media", &message, &advice),
    }
    is_present
}

fn unknown_kind(reader: &mut Reader<'_>, field: &Field<'_>, text: &str, otherwise: &str) {
    field.error(
        reader,
        &format!("\"{text}\" is of a type that no renderer plays"),
        &format!("use one of {}; {otherwise}", listed(EXTENSIONS, "or")),
    );
}

/// `text` below the first folder, and the folder where it is; `None` if it is in none. A `/` at the end stays, because it stands for
/// a folder.
fn below<'a>(media: &'a [MediaFolder], text: &str) -> Option<(PathBuf, &'a MediaFolder)> {
    let mut path = plain(&media.first()?.path.join(text));
    if text.ends_with('/') {
        path.push("");
    }
    let folder = media.iter().find(|folder| path.starts_with(&folder.path))?;
    Some((path, folder))
}

/// `path` without `.`, `..` and a `/` at its end.
pub(super) fn plain(path: &Path) -> PathBuf {
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
    plain
}

fn extension(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_lowercase())
}

pub(super) fn is_playable(path: &Path) -> bool {
    extension(path).is_some_and(|ext| EXTENSIONS.contains(&&*ext))
}

/// Whether the path ends in an extension, not in a part of a folder's name ("Season.1").
fn looks_like_a_file(path: &Path) -> bool {
    extension(path).is_some_and(|ext| {
        (2..=5).contains(&ext.len())
            && ext.chars().all(|c| c.is_ascii_alphanumeric())
            && ext.chars().any(|c| c.is_ascii_alphabetic())
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::each_is_told;
    use super::*;

    #[test]
    fn faults_in_plays_are_told() {
        each_is_told(&[
            (
                "[[renderer]]\nplays = []",
                "2: error: [[renderer]] plays = []: this is empty; write plays = \"clip.mp4\", \
                 or remove the line",
            ),
            (
                "[[renderer]]\nplays = [1]",
                "2: error: [[renderer]] plays = [1]: this is a list, but it must be text in \
                 quotes, or a list of such texts; write plays = \"clip.mp4\"",
            ),
            (
                "[[renderer]]\nplays = 1",
                "2: error: [[renderer]] plays = 1: this is a number, but it must be text in \
                 quotes, or a list of such texts; write plays = \"clip.mp4\"",
            ),
            (
                "[[renderer]]\nplays = \"\"",
                "2: error: [[renderer]] plays = \"\": this is empty; write plays = \"clip.mp4\", \
                 or remove the line",
            ),
            (
                "[[renderer]]\nplays = \"d.mp4\"",
                "2: warning: [[renderer]] plays = \"d.mp4\": /srv/dlna-kiosk/d.mp4 does not \
                 exist; copy it there, or correct the name; it plays as soon as it exists",
            ),
            (
                "[[renderer]]\nplays = [\n\"a.mp4\",\n\"d/\"]",
                "4: warning: [[renderer]] plays = \"d/\": /srv/dlna-kiosk/d/ does not exist; \
                 copy it there, or correct the name; it plays as soon as it exists",
            ),
            (
                "[[renderer]]\nplays = \"notes.txt\"",
                "2: error: [[renderer]] plays = \"notes.txt\": \"notes.txt\" is of a type that \
                 no renderer plays; use one of mp4, m4v, mkv, mov, avi, ts, m2ts, mts, m2t, mpg, \
                 mpeg, webm, wmv, flv, mp3, flac, m4a, aac, wav, ogg, oga, opus, wma, aiff, aif, \
                 jpg, jpeg, png, gif, m3u or m3u8; convert it to .mp4",
            ),
            (
                "[[renderer]]\nplays = \"gone.xyz\"",
                "2: error: [[renderer]] plays = \"gone.xyz\": \"gone.xyz\" is of a type that no \
                 renderer plays; use one of mp4, m4v, mkv, mov, avi, ts, m2ts, mts, m2t, mpg, \
                 mpeg, webm, wmv, flv, mp3, flac, m4a, aac, wav, ogg, oga, opus, wma, aiff, aif, \
                 jpg, jpeg, png, gif, m3u or m3u8; if it is a folder, write / at its end",
            ),
            (
                "[[renderer]]\nplays = \"gone.xyz/a/..\"",
                "2: error: [[renderer]] plays = \"gone.xyz/a/..\": \"gone.xyz/a/..\" is of a \
                 type that no renderer plays; use one of mp4, m4v, mkv, mov, avi, ts, m2ts, mts, \
                 m2t, mpg, mpeg, webm, wmv, flv, mp3, flac, m4a, aac, wav, ogg, oga, opus, wma, \
                 aiff, aif, jpg, jpeg, png, gif, m3u or m3u8; if it is a folder, write / at its \
                 end",
            ),
            (
                "[[renderer]]\nplays = \"a.mp4/\"",
                "2: error: [[renderer]] plays = \"a.mp4/\": /srv/dlna-kiosk/a.mp4/ is a file, \
                 not a folder; remove the / at the end",
            ),
            (
                "[[renderer]]\nplays = \"*.mp4\"",
                "2: error: [[renderer]] plays = \"*.mp4\": patterns with * are not supported; \
                 write the folder, with / at the end, to play everything in it",
            ),
            (
                "[[renderer]]\nplays = \"../x.mp4\"",
                "2: error: [[renderer]] plays = \"../x.mp4\": \"../x.mp4\" is outside the \
                 media folder /srv/dlna-kiosk; move it there, or write the folder that holds \
                 all your media at the top: media = \"/…\"",
            ),
            (
                "[[renderer]]\nplays = \"/etc/x.mp4\"",
                "2: error: [[renderer]] plays = \"/etc/x.mp4\": \"/etc/x.mp4\" is outside \
                 the media folder /srv/dlna-kiosk; move it there, or write the folder that \
                 holds all your media at the top: media = \"/…\"",
            ),
            (
                "[[renderer]]\nplays = \"http://x/x.mp4\"",
                "2: error: [[renderer]] plays = \"http://x/x.mp4\": \"http://x/x.mp4\" is on \
                 another computer; copy it to /srv/dlna-kiosk and write its file name",
            ),
            (
                "[[renderer]]\nplays = \"secret.mp4\"",
                "2: warning: [[renderer]] plays = \"secret.mp4\": /srv/dlna-kiosk/secret.mp4 \
                 cannot be read; allow it: sudo chmod -R a+rX /srv/dlna-kiosk/secret.mp4",
            ),
            (
                "[[renderer]]\nplays = \"shut/a.mp4\"",
                "2: warning: [[renderer]] plays = \"shut/a.mp4\": /srv/dlna-kiosk/shut/a.mp4 is \
                 below /srv/dlna-kiosk/shut, which this program may not enter; allow it: sudo \
                 chmod o+x /srv/dlna-kiosk/shut",
            ),
            (
                "media = \"/home/pi/videos\"",
                "1: warning: media = \"/home/pi/videos\": the media folder /home/pi/videos is \
                 below /home/pi, which this program may not enter; allow it: sudo chmod o+x \
                 /home/pi, or move the files to /srv/dlna-kiosk",
            ),
        ]);
    }

    #[test]
    fn paths_stay_below_the_media_folder() {
        let folder = |path: &str| MediaFolder { path: path.into(), is_present: true };
        let media = ["/srv/media", "/mnt/stick"].map(folder);
        let below = |text| below(&media, text).map(|(path, _)| path);
        for (text, path) in [
            ("a.mp4", Some("/srv/media/a.mp4")),
            ("./a/../b.mp4", Some("/srv/media/b.mp4")),
            ("/srv/media/c/", Some("/srv/media/c/")),
            (".", Some("/srv/media")),
            ("..", None),
            ("../media2/a.mp4", None),
            ("/srv/media/../../etc/passwd", None),
            ("/home/pi/a.mp4", None),
            ("/mnt/stick/a.mp4", Some("/mnt/stick/a.mp4")),
        ] {
            assert_eq!(below(text), path.map(PathBuf::from), "{text}");
        }
        let folder = below("c/").map(|path| path.display().to_string());
        assert_eq!(folder.as_deref(), Some("/srv/media/c/"));
    }

    #[test]
    fn tells_extensions_from_dots_in_names() {
        assert!(looks_like_a_file(Path::new("clip.xyz")));
        assert!(!looks_like_a_file(Path::new("Season.1")));
        assert!(!looks_like_a_file(Path::new("holiday")));
        assert!(is_playable(Path::new("A.MP4")));
    }
}
