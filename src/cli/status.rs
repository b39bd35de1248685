//! `dlna-kiosk status`: asks the running box.

use super::{statistics, terminal};
use crate::config::CONTROL_PORT;
use crate::config::Port;
use crate::shell::clock::pause;
use crate::shell::control_server;
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
    /// Show what became of each file on each renderer since the box began to count
    #[arg(long)]
    statistics: bool,
}

impl Status {
    pub(super) fn run(&self, path: &Path) -> Result<u8, String> {
        // With errors, or if only root may read it, the box is where it is without one.
        let config = match super::load(path) {
            Err(why) if !path.exists() => return Err(why),
            loaded => loaded.ok().and_then(|loaded| loaded.config),
        };
        let port = config.map_or(Port::From(CONTROL_PORT), |config| config.control_port);
        smol::block_on(async {
            let mut shown = self.ask(port).await?;
            let clear = if self.watch && terminal::is_terminal() { "\x1b[H\x1b[2J" } else { "" };
            loop {
                let read = terminal::say(format_args!("{clear}{shown}"));
                if !self.watch || !read {
                    return Ok(0);
                }
                pause(Duration::from_secs(1)).await;
                // A box that starts again comes back.
                shown = self.ask(port).await.unwrap_or_else(|why| why);
            }
        })
    }

    async fn ask(&self, port: Port) -> Result<String, String> {
        let json = match self.statistics {
            true => control_server::fetch_statistics(port).await?,
            false => control_server::fetch_status(port).await?,
        };
        match self.statistics {
            _ if self.json => Ok(json),
            true => statistics::as_text(&json),
            false => as_text(&json),
        }
    }
}

fn as_text(json: &str) -> Result<String, String> {
    let status: Value = serde_json::from_str(json)
        .map_err(|_| "what answers on that port is no dlna-kiosk".to_owned())?;
    let none = Vec::new();
    let counted = |count: &Value, what| {
        let count = count.as_u64().and_then(|count| usize::try_from(count).ok());
        terminal::counted(count.unwrap_or(0), what)
    };
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
    if let Some(why) = status["power_off_refused"].as_str() {
        let _ = write!(text, "\nnot switched off: {why}");
    }
    let renderers = list(&status["renderers"]);
    if renderers.is_empty() {
        text.push_str("\nno renderer found yet");
    }
    for renderer in renderers {
        let _ = write!(text, "\n{}", terminal::renderer_line(&renderer));
    }
    if status["schedule"]["clock_trusted"] == false {
        text.push_str("\nthe schedule waits: the clock was not set yet");
    }
    for group in list(&status["groups"]) {
        let _ = write!(text, "\n{}", group_line(&group));
    }
    for task in list(&status["tasks"]).iter().filter(|task| task["running"] == false) {
        let (name, why) = (task["name"].as_str(), task["ended"].as_str());
        let _ = write!(text, "\n{} does not run: {}", name.unwrap_or(""), why.unwrap_or(""));
    }
    for missing in list(&status["media"]["missing"]) {
        let _ = write!(text, "\nmissing: {}", missing.as_str().unwrap_or(""));
    }
    for bad in list(&status["media"]["bad"]) {
        let _ = write!(text, "\nnot as it should be: {}", bad.as_str().unwrap_or(""));
    }
    for copying in list(&status["media"]["copying"]) {
        let _ = write!(text, "\nstill being copied: {}", copying.as_str().unwrap_or(""));
    }
    let _ = write!(
        text,
        "\nmedia: {}{}, {}, {} MB served",
        counted(&status["media"]["files"], "file"),
        match status["media"]["skipped"].as_u64().unwrap_or(0) {
            0 => String::new(),
            more => format!(" ({more} more are too many)"),
        },
        counted(&status["media_server"]["connections"], "connection"),
        status["media_server"]["bytes"].as_u64().unwrap_or(0) / 1_000_000
    );
    for led in list(&status["panel"]["leds"]) {
        let lit = if led["on"] == true { "on" } else { "off" };
        let _ = write!(
            text,
            "\nLED GPIO{}: {} ({lit})",
            led["pin"],
            led["shows"].as_str().unwrap_or("").replace('_', " ")
        );
    }
    Ok(text)
}

/// `Wall: TV left together, TV right missing — 12 rounds, within 31 ms of each other`.
fn group_line(group: &Value) -> String {
    let word = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let none = Vec::new();
    let members = group["members"].as_array().unwrap_or(&none).iter();
    let members: Vec<String> =
        members.map(|m| format!("{} {}", word(&m["name"]), word(&m["state"]))).collect();
    let spread = group["spread_ms"].as_f64();
    let spread = spread.map_or(String::new(), |ms| format!(", within {ms:.0} ms of each other"));
    format!(
        "{}: {} — {} rounds{spread}",
        word(&group["name"]),
        members.join(", "),
        group["rounds"].as_u64().unwrap_or(0)
    )
}
