//! dlna-kiosk: plays its owner's media on every DLNA renderer in the room, and keeps it playing.
//!
//! [`Kiosk::step`](kiosk::Kiosk::step) takes one [event](kiosk::event) and the time, changes the state, and adds
//! [effects](kiosk::effect). It does no I/O, reads no clock, cannot block and cannot fail. The [shell] turns the world into
//! events and performs the effects, in one thread and without locks. [`sim`] is the other side of the wire: simulated
//! renderers, and a room full of them in virtual time.
//!
//! `ARCHITECTURE.md` is the map: layers, owners of state, flows, and a glossary. `CONTRIBUTING.md` has recipes for common
//! changes.

pub mod cli;
pub mod config;
pub mod kiosk;
pub mod limits;
pub mod media;
pub mod range;
pub mod shell;
pub mod sim;
#[cfg(test)]
mod test_support;
pub mod text;
pub mod time;
pub mod upnp;

#[cfg(test)]
mod tests {
    use crate::test_support;
    use std::fs;
    use std::path::{Path, PathBuf};

    /// Which modules of the crate each module may import from. `ARCHITECTURE.md` shows this table.
    const TABLE: [(&str, &[&str]); 11] = [
        ("text", &[]),
        ("time", &[]),
        ("limits", &["time"]),
        ("config", &["limits", "media", "text", "time", "upnp"]),
        ("upnp", &["limits", "media", "text", "time"]),
        ("media", &["limits", "text", "time", "upnp"]),
        ("range", &[]),
        ("kiosk", &["config", "limits", "media", "text", "time", "upnp"]),
        ("sim", &["config", "kiosk", "limits", "media", "text", "time", "upnp"]),
        ("shell", &["config", "kiosk", "limits", "media", "range", "sim", "text", "time", "upnp"]),
        ("cli", &["config", "kiosk", "shell", "sim", "text", "time", "upnp"]),
    ];

    /// The part of a file that is not its tests.
    fn code(file: &Path) -> String {
        let text = fs::read_to_string(file).expect("a source file");
        text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned()
    }

    fn files_of(name: &str) -> Vec<(PathBuf, String)> {
        let src = test_support::place("src");
        let folder = src.join(name);
        let alone = folder.with_extension("rs");
        let mut found =
            if folder.is_dir() { test_support::files(&folder, "rs") } else { Vec::new() };
        found.extend(Some(alone).filter(|file| file.exists()));
        found.retain(|file| !is_test(file));
        assert!(!found.is_empty(), "no module of the name {name}");
        found.into_iter().map(|file| (code(&file), file)).map(|(text, file)| (file, text)).collect()
    }

    fn is_test(file: &Path) -> bool {
        let below = file.strip_prefix(test_support::place("src")).unwrap_or(file).to_string_lossy();
        ["tests", "stories"].iter().any(|word| below.contains(word))
    }

    #[test]
    fn imports_point_down() {
        for (name, allowed) in TABLE {
            for (file, text) in files_of(name) {
                let named =
                    text.match_indices("crate::").map(|(at, _)| &text[at + "crate::".len()..]);
                for import in named
                    .map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or(""))
                {
                    let down = import == name || allowed.contains(&import);
                    assert!(down, "{}: {name} must not know {import}", file.display());
                }
            }
        }
    }

    #[test]
    fn logic_does_no_input_and_output_and_waits_for_nothing() {
        const FORBIDDEN: [&str; 7] =
            [".await", "std::fs", "std::net::", "std::thread", "std::time", "async_io", "smol"];
        for name in ["kiosk", "upnp", "media", "range", "text", "time", "limits", "config"] {
            for (file, text) in files_of(name) {
                let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                let code: String = lines.collect::<Vec<_>>().join("\n");
                for word in FORBIDDEN {
                    let whole = |(at, _): (usize, &str)| {
                        !code[at + word.len()..]
                            .starts_with(|c: char| c.is_alphabetic() || c == '_')
                    };
                    assert!(
                        !code.match_indices(word).any(whole),
                        "{}: {word} has no place in {name}",
                        file.display()
                    );
                }
            }
        }
    }
}
