//! `dlna-kiosk run`: runs the box.

use super::terminal::counted;
use crate::config::{Config, GpioBackend, Led, Loaded, PortChoice, Severity};
use crate::kiosk::{Kiosk, Setup};
use crate::shell::control_server::{self, STATUS};
use crate::shell::driver::drive;
use crate::shell::gpio::STOP_SERVICE;
use crate::shell::process;
use crate::shell::store::Store;
use crate::shell::{Mode, Shell};
use log::Level;
use smol::LocalExecutor;
use std::path::{Path, PathBuf};

pub(super) fn run(path: &Path, state: Option<PathBuf>) -> Result<u8, String> {
    let by_systemd = process::started_by_systemd();
    let (config, configuration_error) = match super::load(path) {
        Ok(loaded) => usable(loaded, &path.display().to_string(), by_systemd)?,
        Err(why) if by_systemd => {
            log::error!("{why}");
            (idle(Vec::new(), GpioBackend::None), Some(why))
        }
        Err(why) => return Err(why),
    };
    let has_error = configuration_error.is_some();
    let setup = Setup {
        seed: fastrand::u64(..),
        watchdog: process::watchdog_period(),
        configuration_error,
        first_only: false,
    };
    let state = state.or_else(state_directory);
    let store = state.map(|folder| Store::new(&folder).by_another_process());
    let shell = Shell::open(&config, Mode::Service)?.keeping(store);
    let port = shell.control_port();
    let (PortChoice::Fixed(first) | PortChoice::From(first)) = config.control_port;
    if port != Some(first) && !by_systemd {
        // Another program holds the port: it may be a box.
        refuse_second_box(config.control_port)?;
    }
    let status = port.map(|port| format!(", status at http://127.0.0.1:{port}{}", STATUS.path));
    let status = status.unwrap_or_default();
    log::info!("{}: version {}{status}", config.name, env!("CARGO_PKG_VERSION"));
    let executor = LocalExecutor::new();
    let code = smol::block_on(executor.run(drive(
        Kiosk::new(config, setup),
        &shell,
        &executor,
        |_, _| {},
    )));
    Ok(if has_error { 1 } else { code })
}

/// The configuration to run with, and the first error in `file`. Logs all problems.
///
/// A box with an error in its configuration stays up and only shows the error: on its LEDs, because nobody watches the log of
/// a headless box, and in `dlna-kiosk status`. If it ended, systemd would start it again every two seconds for ever.
///
/// # Errors
/// A sentence for the owner: there is an error, and nothing but the terminal to show it on.
fn usable(
    loaded: Loaded,
    file: &str,
    by_systemd: bool,
) -> Result<(Config, Option<String>), String> {
    for problem in &loaded.problems {
        let level = match problem.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warn,
        };
        log::log!(level, "{}", problem.in_file(file));
    }
    if let Some(config) = loaded.config {
        return Ok((config, None));
    }
    let errors = || loaded.problems.iter().filter(|problem| problem.severity == Severity::Error);
    let first = errors().next().map(|problem| problem.in_file(file)).unwrap_or_default();
    if loaded.leds_anyway.is_empty() && !by_systemd {
        let count = counted(errors().count(), "error");
        return Err(format!(
            "the box cannot run: the configuration has {count}. The first: {first}"
        ));
    }
    Ok((idle(loaded.leds_anyway, loaded.gpio_anyway), Some(first)))
}

/// The configuration of a box that does nothing but show these LEDs.
fn idle(leds: Vec<Led>, gpio: GpioBackend) -> Config {
    Config { leds, gpio, rules: Vec::new(), ..Config::default() }
}

/// Fails if a box already runs on this machine: a person who typed `dlna-kiosk` would take all renderers from the service.
fn refuse_second_box(port: PortChoice) -> Result<(), String> {
    match smol::block_on(control_server::is_answered(port)) {
        true => Err(format!(
            "the box already runs on this machine, most likely as a service, and two boxes would take the renderers \
             from each other (see: dlna-kiosk status); {STOP_SERVICE}"
        )),
        false => Ok(()),
    }
}

/// The folder with what the box has learned: this one, or that of the service.
pub(super) fn state_folder(state: Option<&Path>) -> PathBuf {
    let folder = state.map(Path::to_owned).or_else(state_directory);
    folder.unwrap_or_else(|| "/var/lib/dlna-kiosk".into())
}

/// The state directory that systemd gives to the service; the first one, if there are several.
fn state_directory() -> Option<PathBuf> {
    let folders = std::env::var_os("STATE_DIRECTORY")?;
    std::env::split_paths(&folders).next().filter(|folder| !folder.as_os_str().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{FileState, parse};

    const LED: &str = "[[led]]\npin = 22\nshows = \"status\"\n";

    fn settled(text: &str, by_systemd: bool) -> Result<(Config, Option<String>), String> {
        usable(parse(text, &|_| FileState::Folder), "c.toml", by_systemd)
    }

    #[test]
    fn a_box_with_an_error_stays_up_where_it_can_show_the_error() {
        let by_hand = settled("foo = 1", false).unwrap_err();
        assert!(by_hand.contains("1 error. The first: c.toml:1"), "{by_hand}");
        for (text, by_systemd, leds) in
            [("foo = 1", true, 0), (&*format!("foo = 1\n{LED}"), false, 1)]
        {
            let (config, error) = settled(text, by_systemd).unwrap();
            assert!(error.unwrap().starts_with("c.toml:1: error: foo = 1"), "{text}");
            assert!(config.rules.is_empty() && config.leds.len() == leds, "{text}");
        }
        for by_systemd in [false, true] {
            let (config, error) = settled("name = \"Foyer\"", by_systemd).unwrap();
            assert_eq!((&*config.name, error), ("Foyer", None));
        }
    }
}
