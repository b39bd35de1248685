//! `dlna-kiosk status`: asks the running box.

use super::terminal;
use crate::config::CONTROL_PORT;
use crate::config::Port;
use crate::shell::driver::pause;
use crate::shell::page_server;
use crate::time::Duration;
use clap::Args;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

#[derive(Debug, Args)]
pub(super) struct Status {
    /// Print the JSON as the box gives it
    #[arg(long)]
    json: bool,
    /// Show it again every second, until Ctrl-C
    #[arg(long)]
    watch: bool,
}

impl Status {
    pub(super) fn run(&self, path: &Path) -> Result<u8, String> {
        let port = super::load(path)
            .ok()
            .and_then(|loaded| loaded.config)
            .map(|config| config.control_port);
        let port = port.unwrap_or(Port::From(CONTROL_PORT));
        smol::block_on(async {
            loop {
                let json = page_server::fetch_status(port).await?;
                let shown = if self.json { json } else { as_text(&json)? };
                if self.watch && terminal::is_terminal() {
                    print!("\x1b[H\x1b[2J");
                }
                println!("{shown}");
                if !self.watch {
                    return Ok(0);
                }
                pause(Duration::from_secs(1)).await;
            }
        })
    }
}

fn as_text(json: &str) -> Result<String, String> {
    let status: Value = serde_json::from_str(json)
        .map_err(|_| "what answers on that port is no dlna-kiosk".to_owned())?;
    let none = Vec::new();
    let list = |value: &Value| value.as_array().unwrap_or(&none).clone();
    let mut text = format!(
        "{} — up {}",
        status["name"].as_str().unwrap_or("dlna-kiosk"),
        terminal::clock(status["uptime_s"].as_f64().unwrap_or(0.0))
    );
    if let Some(error) = status["configuration_error"].as_str() {
        // Writing to a String cannot fail; the same below.
        let _ = write!(text, "\nconfiguration error: {error}");
    }
    let renderers = list(&status["renderers"]);
    if renderers.is_empty() {
        text.push_str("\nno renderer found yet");
    }
    for renderer in renderers {
        let _ = write!(text, "\n{}", terminal::renderer_line(&renderer));
    }
    for missing in list(&status["media"]["missing"]) {
        let _ = write!(text, "\nmissing: {}", missing.as_str().unwrap_or(""));
    }
    let _ = write!(
        text,
        "\nmedia: {} files, {} connections, {} MB served",
        status["media"]["files"],
        status["media_server"]["connections"],
        status["media_server"]["bytes"].as_u64().unwrap_or(0) / 1_000_000
    );
    for led in list(&status["panel"]["leds"]) {
        let lit = if led["on"] == true { "on" } else { "off" };
        let _ = write!(
            text,
            "\nLED GPIO{}: {} ({lit})",
            led["pin"],
            led["shows"].as_str().unwrap_or("")
        );
    }
    Ok(text)
}
