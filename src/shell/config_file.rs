//! The configuration file on disk, and a look at the media that it names.

use super::gpio;
use super::scan::spelling::Spellings;
use crate::config::{self, FileState, GpioHeader, Loaded, Problem, Severity};
use crate::media::media_type::of_extension;
use crate::media::playlist::is_playlist;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// A configuration with as many tables as possible is a hundredth of this.
const MAX_BYTES: u64 = 1 << 20;
/// How many symbolic links are followed in a row.
const LINKS: u8 = 8;

/// Reads the configuration file at `path`. Without a file the defaults and the usual panel apply, with a warning. `look` says
/// what is at the paths of media: [`look`] waits for disks that hang, [`assume`] does not.
///
/// # Errors
/// If the file is there but cannot be read, or is larger than 1 MiB.
pub fn load(path: &Path, look: &dyn Fn(&Path) -> FileState) -> io::Result<Loaded> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut loaded = without_file(gpio::header(), look);
            let problem = Problem {
                severity: Severity::Warning,
                line: None,
                key: String::new(),
                message: "no such file, so the defaults apply".to_owned(),
                advice: "to change them, write one like the commented example".to_owned(),
            };
            loaded.problems.insert(0, problem);
            return Ok(loaded);
        }
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::new(
            ErrorKind::FileTooLarge,
            "larger than 1 MiB: not a configuration file",
        ));
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Ok(not_utf8(&error, look)),
    };
    // The packaged file, in which every line is commented out, counts as none.
    let header = gpio::header();
    Ok(if is_blank(&text) {
        without_file(header, look)
    } else {
        config::parse_for(header, &text, look)
    })
}

/// The configuration without a file: of the usual panel as much as this header has pins for.
fn without_file(header: GpioHeader, look: &dyn Fn(&Path) -> FileState) -> Loaded {
    let mut loaded = config::parse(config::WITHOUT_FILE, look);
    if let Some(config) = &mut loaded.config {
        config.buttons.retain(|button| header.has(button.pin));
        config.leds.retain(|led| header.has(led.pin));
    }
    loaded
}

/// Whether the file contains only comments.
fn is_blank(text: &str) -> bool {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.lines().map(str::trim_start);
    lines.all(|line| line.is_empty() || line.starts_with('#'))
}

/// The problem of a file in another encoding. Its LEDs can be used all the same: accented letters occur only in names.
fn not_utf8(error: &std::string::FromUtf8Error, look: &dyn Fn(&Path) -> FileState) -> Loaded {
    let start = error.utf8_error().valid_up_to();
    let before = error.as_bytes().iter().take(start);
    let line = before.filter(|&&byte| byte == b'\n').count() + 1;
    let mut loaded =
        config::parse_for(gpio::header(), &String::from_utf8_lossy(error.as_bytes()), look);
    let problem = Problem {
        severity: Severity::Error,
        line: u32::try_from(line).ok(),
        key: String::new(),
        message: "this character is not UTF-8".to_owned(),
        advice: "save the file as UTF-8 in the editor".to_owned(),
    };
    loaded.problems.insert(0, problem);
    loaded.config = None;
    loaded
}

/// What is at `path` by its name: the box looks for it later, with a process of its own for each disk.
pub fn assume(path: &Path) -> FileState {
    let kind = path.extension().and_then(|extension| of_extension(&extension.to_string_lossy()));
    match kind.is_some() || is_playlist(path) {
        true => FileState::File,
        false => FileState::Folder,
    }
}

/// What is at `path`, or at the path that is meant by it, as far as this process may see.
pub fn look(path: &Path) -> FileState {
    match look_at(path) {
        FileState::Missing => {
            Spellings::default().meant(path).map_or(FileState::Missing, |found| look_at(&found))
        }
        state => state,
    }
}

fn look_at(path: &Path) -> FileState {
    let state = match fs::metadata(path) {
        // Other kinds, such as pipes, must not be opened.
        Ok(data) if data.is_dir() => fs::read_dir(path).map(|_| FileState::Folder),
        Ok(data) if data.is_file() => File::open(path).map(|_| FileState::File),
        Ok(_) => return FileState::Missing,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            return barrier(path, LINKS, &is_shut).map_or(FileState::Forbidden, FileState::Barred);
        }
        Err(error) => Err(error),
    };
    state.unwrap_or_else(|error| match error.kind() {
        ErrorKind::PermissionDenied => FileState::Forbidden,
        _ => FileState::Missing,
    })
}

/// The first folder on the way to `path` that `shut` reports as closed to this process.
fn barrier(path: &Path, links: u8, shut: &dyn Fn(&Path) -> bool) -> Option<PathBuf> {
    let way: Vec<_> = path.ancestors().collect();
    let place = way.into_iter().rev().find(|place| shut(place))?;
    match fs::read_link(place) {
        // A link itself is never closed, only its target.
        Ok(target) => barrier(&place.parent()?.join(target), links.checked_sub(1)?, shut),
        Err(_) => Some(place.to_owned()),
    }
}

fn is_shut(folder: &Path) -> bool {
    // Looking up even this one entry needs permission to enter the folder.
    let entered = fs::metadata(folder.join("."));
    entered.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::test_support::TestFolder;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn without_a_file_the_defaults_and_the_usual_panel_apply() {
        let loaded = load(Path::new("/nowhere/config.toml"), &look).unwrap();
        let config = loaded.config.unwrap();
        let pins: Vec<_> = config.buttons.iter().map(|button| button.pin.0).collect();
        assert_eq!(pins, [17, 27, 5, 6], "as the README wires them");
        let usual = Config {
            buttons: config.buttons.clone(),
            leds: config.leds.clone(),
            ..Config::default()
        };
        assert_eq!(config, usual);
        assert!(loaded.problems[0].message.contains("no such file"));
    }

    #[test]
    fn a_shorter_header_has_less_of_the_usual_panel_and_no_error() {
        for (header, buttons, leds) in [
            (GpioHeader::TwentySix, [17, 27].as_slice(), 2),
            (GpioHeader::TwentySixOfFirst, &[17], 2),
        ] {
            let config = without_file(header, &look).config.unwrap();
            let pins: Vec<_> = config.buttons.iter().map(|button| button.pin.0).collect();
            assert_eq!((pins.as_slice(), config.leds.len()), (buttons, leds));
        }
    }

    #[test]
    fn reads_a_file_and_looks_for_its_media() {
        let folder = TestFolder::new("load");
        let path = folder.path().join("config.toml");
        fs::write(folder.path().join("a.mp4"), "").unwrap();
        let text =
            format!("media = {:?}\n[[renderer]]\nplays = [\"a.mp4\", \"b.mp4\"]\n", folder.path());
        fs::write(&path, text).unwrap();
        let loaded = load(&path, &look).unwrap();
        assert_eq!(loaded.config.unwrap().rules[0].plays.len(), 2);
        assert_eq!(loaded.problems.len(), 1, "{:?}", loaded.problems);
        assert!(loaded.problems[0].message.contains("b.mp4 does not exist"));
        assert_eq!(look(folder.path()), FileState::Folder);
    }

    #[test]
    fn nothing_is_looked_at_where_a_disk_may_hang() {
        let folder = TestFolder::new("assume");
        let path = folder.path().join("config.toml");
        let text = "media = \"/nowhere\"\n[[renderer]]\nplays = [\"a.mp4\", \"b/\", \"c.m3u\"]\n";
        fs::write(&path, text).unwrap();
        let loaded = load(&path, &assume).unwrap();
        assert_eq!(loaded.config.unwrap().rules[0].plays.len(), 3);
        assert_eq!(loaded.problems, [], "the scan names what is missing");
    }

    #[test]
    fn the_folder_above_that_denies_access_is_named() {
        let folder = TestFolder::new("barred");
        let (home, link) = (folder.path().join("home"), folder.path().join("link"));
        fs::create_dir_all(home.join("videos")).unwrap();
        std::os::unix::fs::symlink("home/videos", &link).unwrap();
        let shut = |place: &Path| place.starts_with(&home) || place.starts_with(&link);
        for path in [&home, &home.join("videos/a.mp4"), &link, &link.join("a.mp4")] {
            assert_eq!(barrier(path, LINKS, &shut).as_ref(), Some(&home), "{}", path.display());
        }
        assert_eq!(barrier(&link, 0, &shut), None, "links that lead nowhere are given up");
        assert_eq!(barrier(&home, LINKS, &|_| false), None);

        let allowed = |mode| fs::set_permissions(&home, fs::Permissions::from_mode(mode)).unwrap();
        allowed(0o600);
        let seen = look(&link);
        allowed(0o700);
        // Root may enter every folder.
        let root = rustix::process::geteuid().is_root();
        assert_eq!(seen, if root { FileState::Folder } else { FileState::Barred(home.clone()) });
    }

    #[test]
    fn a_file_of_comments_counts_as_none() {
        let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/systemd/config.toml");
        let without = load(Path::new("/nowhere/config.toml"), &look).unwrap().config;
        assert_eq!(load(Path::new(shipped), &look).unwrap().config, without);
        assert!(is_blank("\u{feff}# a\r\n\r\n") && !is_blank("# a\n[[led]]"));
    }

    #[test]
    fn another_encoding_is_an_error_with_its_line() {
        let folder = TestFolder::new("latin1");
        let path = folder.path().join("config.toml");
        fs::write(&path, b"# one\nname = \"K\xfcche\"\n[[led]]\npin = 22\nshows = \"status\"\n")
            .unwrap();
        let loaded = load(&path, &look).unwrap();
        assert_eq!((loaded.config, loaded.leds_anyway.len()), (None, 1));
        assert_eq!(loaded.problems[0].line, Some(2));
    }

    #[test]
    fn an_enormous_file_is_refused() {
        assert!(load(Path::new("/dev/zero"), &look).is_err());
        assert_eq!(look(Path::new("/dev/zero")), FileState::Missing);
    }
}
