//! dlna-kiosk: plays its owner's media on every DLNA renderer in the room, and keeps it playing.
//!
//! # The shape
//!
//! **One owner of all state.** [`Kiosk::step`](kiosk::Kiosk::step) takes one [event](kiosk::event) and the time, and gives
//! [effects](kiosk::effect). It decides everything, does no I/O, reads no clock, cannot block and cannot fail. Around it the
//! [shell] turns the world into events and effects into the world.
//!
//! **Level-triggered, not scripted.** Each renderer has a goal and was observed; one function, `reconcile`, gives the next
//! action from the difference. Looping, retry, recovery after a reboot, a lost event, a fault 701, a TV changed with its own
//! remote: none is a feature of its own, all take this path.
//!
//! **Small machines composed by one root.** `Kiosk` only routes. Roster (who is there), renderer, subscription, programme
//! (what should play), group (who begins when), schedule (what holds when), panel (buttons), LEDs and supervisor (tasks,
//! watchdog, leaving) do not know each other.
//!
//! ```text
//!  buttons ────┐                                                  ┌─> UPnP client: SOAP, SUBSCRIBE, GET description
//!  SSDP ───────┤                                                  ├─> multicast: M-SEARCH
//!  NOTIFY ─────┤                                                  ├─> LEDs
//!  answers ────┼─> Mailbox ─> driver ─ step(event, now) ─> effects ─> replies to media clients and the page
//!  media GETs ─┤               ^   one timer                      ├─> scan of the media folder
//!  page ───────┤               └── next_deadline                  ├─> systemd: READY, WATCHDOG, STOPPING, power off
//!  addresses ──┤                                                  ├─> start a task again, exit
//!  folder ─────┤                                                  └─> store: what was learned and counted
//!  wall clock ─┤
//!  signals ────┘
//! ```
//!
//! The contract of `step`: one event in; all effects are performed before the next event; performing never awaits and never
//! fails, failures come back as events; then sleep until the next deadline or event. Effects name things by id, so they stay
//! small; a [request](kiosk::Kiosk::request) is written when the shell asks for it, and bodies are read from the kiosk. A
//! [`Ticket`](kiosk::event::Ticket) is neither `Copy` nor `Clone`: a request is answered once, and a late answer to a cancelled
//! one is recognised. After each event only the renderers that it concerns, or whose time has come, are planned anew.
//!
//! Media bytes go from file to socket inside the shell and never through the kiosk. But the kiosk hears of each request: what a
//! renderer fetches is better evidence than what it says.
//!
//! # The layers
//!
//! Imports point down only; a test below holds this table against the code.
//!
//! | layer | rooms | |
//! |---|---|---|
//! | 0 words | [`time`], [`text`], [`limits`], [`config`] | every capacity with its reason; TOML to checked types |
//! | 1 wire | [`upnp`], [`media`], [`range`] | parse and write, both directions |
//! | 2 logic | [`kiosk`] | decides |
//! | 3 shell | [`shell`] | sockets, files, pins, clock |
//! | 4 top | [`cli`] | the command line, wiring, exit codes |
//! | test | [`sim`] | simulated renderers with quirks, built from the wire's other side, and a house full of them |
//!
//! Two edges cross the table on purpose: `config` knows [`Udn`](upnp::Udn) (an identity is the same in a file and on the wire)
//! and which file extensions are media; the shell hosts a simulated renderer on real sockets, for the demonstration.
//!
//! # The simulated house
//!
//! [`sim::world`] puts the kiosk, its renderers and the network between them into one thread and no time: one seed decides
//! everything, and what was seen once is seen again. Its *laws* hold after every step: no busy loop, one call to a renderer at a
//! time, patience with the silent, no ticket twice, a watchdog that tells the truth. Its *hope* is that who can play plays before
//! long. *Stories* (`sim/stories`) tell single cases; *weather* breaks everything by chance, for hours in the tests and for years
//! in `examples/soak.rs`. *Mutants* (`kiosk/mutant.rs`) break the logic on purpose, and the stories must notice.
//!
//! # One thread, no locks
//!
//! One [`smol::LocalExecutor`] runs everything. async-io keeps a helper thread that only waits for the kernel. No mutex, no
//! atomic, no lock of any kind stands in this crate: clippy refuses them (`.cargo/clippy.toml`), as it refuses the clock outside
//! the shell and detached tasks anywhere. What tasks share is declared before the executor and borrowed; a `RefCell` is never
//! borrowed across an await. A panic aborts the program, and systemd starts the box again.
//!
//! # What it remembers
//!
//! What a renderer showed ([`kiosk::profile`]) outlives the box: [`Kiosk::memory`](kiosk::Kiosk::memory) is written by the shell
//! when the kiosk says so, and comes back as the first event. Tokens in URLs are made so that a new box knows them again.
//!
//! # What time means
//!
//! Every wait is a [deadline](kiosk::deadline) of the kiosk and carries its reason, except where the shell protects a socket from
//! a silent peer. A renderer's position is an interval of possible origins that each report narrows; a seek at the end of a round
//! is aimed by it. What a clock on the wall shows is an event like any other ([`Event::Clock`](kiosk::event::Event::Clock)), said
//! only where there is a [schedule](kiosk::schedule), and believed only once somebody set it. Whoever is slow or dead is retried with backoff behind a circuit breaker of its own, and delays nobody else.

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

    /// Which rooms of the crate each room may import from.
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

    fn room(name: &str) -> Vec<(PathBuf, String)> {
        let src = test_support::place("src");
        let folder = src.join(name);
        let alone = folder.with_extension("rs");
        let mut found =
            if folder.is_dir() { test_support::files(&folder, "rs") } else { Vec::new() };
        found.extend(Some(alone).filter(|file| file.exists()));
        found.retain(|file| !is_test(file));
        assert!(!found.is_empty(), "no room of the name {name}");
        found.into_iter().map(|file| (code(&file), file)).map(|(text, file)| (file, text)).collect()
    }

    fn is_test(file: &Path) -> bool {
        let text = file.to_string_lossy();
        ["tests", "stories", "dialogues"].iter().any(|word| text.contains(word))
    }

    #[test]
    fn imports_point_down() {
        for (name, allowed) in TABLE {
            for (file, text) in room(name) {
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
            for (file, text) in room(name) {
                let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                let code: String = lines.collect::<Vec<_>>().join("\n");
                for word in FORBIDDEN {
                    assert!(
                        !code.contains(word),
                        "{}: {word} has no place in {name}",
                        file.display()
                    );
                }
            }
        }
    }
}
