//! What `learn` and `leds` share: the pins of a box that does not run, until the work is done or somebody
//! presses Ctrl-C.

use crate::config::{Config, Loaded, Port};
use crate::kiosk::event::Event;
use crate::shell::gpio::{Panel, STOP};
use crate::shell::mailbox::Mailbox;
use crate::shell::{control_server, signals};
use serde_json::Value;
use smol::future;

/// The configuration with just these pins; LEDs and hardware can be read in spite of errors elsewhere.
pub(super) fn of(loaded: Loaded) -> Config {
    loaded.config.unwrap_or_else(|| Config {
        leds: loaded.leds_anyway,
        gpio: loaded.gpio_anyway,
        ..Config::default()
    })
}

/// Opens the panel of `config` and does `work` with it; what buttons do comes from the mailbox. LEDs are
/// off afterwards.
///
/// # Errors
/// A sentence for people: a box runs, there are no pins, or they failed.
pub(super) fn with(
    config: &Config,
    work: impl AsyncFnOnce(&Panel, &Mailbox) -> u8,
) -> Result<u8, String> {
    smol::block_on(async {
        unused(config.control_port).await?;
        // Before the pins are touched: LEDs must be off at the end, however it ends.
        let caught = signals::catch().map_err(|error| format!("cannot catch signals: {error}"))?;
        let panel = Panel::open(config)?;
        let (mailbox, asked) = (Mailbox::default(), Mailbox::default());
        let working = async { Ok(work(&panel, &mailbox).await) };
        let failing = async { Err(panel.run(&mailbox).await) };
        let told = async { match signals::run(caught, &asked, || panel.dark()).await {} };
        let leaving = async {
            while !matches!(asked.take().await, Event::Leave) {}
            Ok(0)
        };
        future::or(future::or(leaving, told), future::or(working, failing)).await
    })
}

/// LEDs are driven past the kernel, so that only the box itself can say that it does.
async fn unused(port: Port) -> Result<(), String> {
    let status = control_server::fetch_status(port).await.unwrap_or_default();
    let status: Value = serde_json::from_str(&status).unwrap_or_default();
    match status["panel"]["state"] == "working" {
        true => Err(format!("the box runs and has the pins; {STOP}")),
        false => Ok(()),
    }
}
