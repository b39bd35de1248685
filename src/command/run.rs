//! `dlna-kiosk run`: the box.

use super::terminal::counted;
use crate::config::{Config, Port, Severity};
use crate::kiosk::{Kiosk, Setup};
use crate::shell::driver::drive;
use crate::shell::gpio::STOP;
use crate::shell::page_server::{self, STATUS_PATH};
use crate::shell::shared::{Front, Shell};
use crate::shell::store::Store;
use crate::shell::systemd;
use log::Level;
use smol::LocalExecutor;
use std::path::{Path, PathBuf};

pub(super) fn run(path: &Path, state: Option<PathBuf>) -> Result<u8, String> {
    let loaded = super::load(path)?;
    let file = path.display().to_string();
    for problem in &loaded.problems {
        let level = match problem.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warn,
        };
        log::log!(level, "{}", problem.in_file(&file));
    }
    let (config, configuration_error) = match loaded.config {
        Some(config) => (config, None),
        None => {
            let errors = || {
                let all = loaded.problems.iter();
                all.filter(|problem| problem.severity == Severity::Error)
            };
            let first = errors().next().map(|problem| problem.in_file(&file)).unwrap_or_default();
            if loaded.leds_anyway.is_empty() {
                let count = counted(errors().count(), "error");
                return Err(format!(
                    "the box cannot run: its configuration has {count}, beginning with {first}"
                ));
            }
            // There are LEDs to say it with: nobody watches the log of a headless box.
            let leds = loaded.leds_anyway;
            let config =
                Config { leds, gpio: loaded.gpio_anyway, rules: Vec::new(), ..Config::default() };
            (config, Some(first))
        }
    };
    let faulty = configuration_error.is_some();
    let setup = Setup {
        seed: fastrand::u64(..),
        watchdog: systemd::watchdog_period(),
        configuration_error,
        first_only: false,
    };
    let state = state.or_else(super::profiles::directory);
    let store = state.map(|folder| Store::new(&folder));
    let shell = Shell::open(&config, Front::Full)?.keeping(store);
    let port = shell.control_port();
    let (Port::Fixed(first) | Port::From(first)) = config.control_port;
    if port != Some(first) && !systemd::waits() {
        // Somebody else has it.
        alone(config.control_port)?;
    }
    let status = port.map(|port| format!(", status at http://127.0.0.1:{port}{STATUS_PATH}"));
    let status = status.unwrap_or_default();
    log::info!("{}: version {}{status}", config.name, env!("CARGO_PKG_VERSION"));
    let executor = LocalExecutor::new();
    let code = smol::block_on(executor.run(drive(
        Kiosk::new(config, setup),
        &shell,
        &executor,
        |_, _| {},
    )));
    Ok(if faulty { 1 } else { code })
}

/// Fails where a box runs on this machine already. A person who types `dlna-kiosk` beside the service would take all
/// renderers from it; systemd starts only one.
fn alone(port: Port) -> Result<(), String> {
    match smol::block_on(page_server::is_answered(port)) {
        true => Err(format!(
            "the box already runs on this machine, most likely as a service, and two would take the renderers from \
             each other: see dlna-kiosk status; {STOP}"
        )),
        false => Ok(()),
    }
}
