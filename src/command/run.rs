//! `dlna-kiosk run`: the box.

use crate::config::Config;
use crate::kiosk::{Kiosk, Setup};
use crate::shell::driver::{Front, Shell, drive};
use crate::shell::systemd;
use smol::LocalExecutor;
use std::path::Path;

pub(super) fn run(path: &Path) -> Result<u8, String> {
    let loaded = super::load(path)?;
    let file = path.display().to_string();
    for problem in &loaded.problems {
        log::warn!("{}", problem.in_file(&file));
    }
    let (config, configuration_error) = match loaded.config {
        Some(config) => (config, None),
        None => {
            let first = loaded
                .problems
                .first()
                .map(|problem| problem.in_file(&file))
                .unwrap_or_default();
            if loaded.leds_anyway.is_empty() {
                return Err(format!(
                    "the configuration has errors; `dlna-kiosk check` shows them all: {first}"
                ));
            }
            // There are LEDs to say it with: nobody watches the log of a headless box.
            let leds = loaded.leds_anyway;
            let config = Config {
                leds,
                gpio: loaded.gpio_anyway,
                rules: Vec::new(),
                ..Config::default()
            };
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
    let shell = Shell::open(&config, Front::Full)?;
    if let Some(port) = shell.control_port() {
        log::info!(
            "{}: status at http://127.0.0.1:{port}/api/v1/status",
            config.name
        );
    }
    let executor = LocalExecutor::new();
    let code = smol::block_on(executor.run(drive(
        Kiosk::new(config, setup),
        &shell,
        &executor,
        |_, _| {},
    )));
    Ok(if faulty { 1 } else { code })
}
