//! The configuration in force, as a file: every value that holds, also those that were not written.

use super::panel::word;
use super::pins::describe;
use super::renderer::who_to_text;
use super::{Backend, Button, Config, Led, Level, Port, Rule, Shows, Targets, Who};
use crate::time::Duration;
use std::path::Path;

/// `config` as TOML; reading it gives the same configuration again.
#[must_use]
pub fn effective(config: &Config) -> String {
    let mut out = Toml::default();
    out.remark("The configuration in force.");
    out.text("name", &config.name);
    out.text("media", &config.media_folder.display().to_string());
    out.port("media_port", config.media_port);
    out.port("control_port", config.control_port);
    out.plain("stop_at_exit", config.stop_at_exit);
    out.table("[gpio]");
    match &config.gpio {
        Backend::Auto => out.text("backend", "auto"),
        Backend::None => out.text("backend", "none"),
        Backend::Chip(chip) => out.text("backend", chip),
        Backend::Simulated(socket) => {
            out.text("backend", "simulated");
            out.text("socket", &socket.display().to_string());
        }
    }
    for rule in &config.rules {
        out.rule(rule, &config.media_folder);
    }
    for button in &config.buttons {
        out.button(button);
    }
    for led in &config.leds {
        out.led(led);
    }
    out.0
}

/// `text` as TOML writes it, in quotes.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// One text, or a list of them.
fn one_or_list(texts: &[String]) -> String {
    match texts {
        [one] => quoted(one),
        _ => {
            let all: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
            format!("[{}]", all.join(", "))
        }
    }
}

/// `path` as `plays` writes it.
fn below(path: &Path, media: &Path) -> String {
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

/// TOML as it grows.
#[derive(Default)]
struct Toml(String);

impl Toml {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn remark(&mut self, remark: &str) {
        self.line(&format!("# {remark}"));
    }

    fn table(&mut self, label: &str) {
        self.line("");
        self.line(label);
    }

    fn plain(&mut self, key: &str, value: impl core::fmt::Display) {
        self.line(&format!("{key} = {value}"));
    }

    fn text(&mut self, key: &str, text: &str) {
        self.plain(key, quoted(text));
    }

    fn time(&mut self, key: &str, time: Duration) {
        self.line(&format!("{key} = {:?}", time.as_secs_f64()));
    }

    fn port(&mut self, key: &str, port: Port) {
        match port {
            Port::Fixed(port) => self.plain(key, port),
            Port::From(port) => self.remark(&format!("{key} = {port}  (or the next free one)")),
        }
    }

    fn rule(&mut self, rule: &Rule, media: &Path) {
        self.table("[[renderer]]");
        match &rule.who {
            Who::Name(name) => self.text("name", name),
            Who::Udn(udn) => self.text("udn", udn.as_str()),
            Who::Address(..) => self.text("address", &who_to_text(&rule.who)),
            Who::Any => self.line("name = \"*\"  # every renderer"),
        }
        let plays: Vec<String> = rule.plays.iter().map(|path| below(path, media)).collect();
        self.plain("plays", one_or_list(&plays));
        self.plain("autoplay", rule.autoplay);
        self.plain("loop", rule.repeat);
        if let Some(volume) = rule.volume {
            self.plain("volume", volume);
        }
        self.text("on_stop", word(&super::renderer::ON_STOP, rule.on_stop));
        self.text(
            "loop_method",
            word(&super::renderer::LOOP_METHOD, rule.loop_method),
        );
        self.time("max_cut", rule.max_cut);
    }

    fn button(&mut self, button: &Button) {
        self.table("[[button]]");
        self.line(&format!(
            "pin = {}  # {}",
            button.pin.0,
            describe(button.pin)
        ));
        for (key, action) in [
            ("press", button.press),
            ("long", button.long),
            ("double", button.double),
        ] {
            if let Some(action) = action {
                self.text(key, word(&super::panel::ACTIONS, action));
            }
        }
        self.time("hold_time", button.hold_time);
        self.time("debounce", button.debounce);
        self.text("pull", word(&super::panel::PULLS, button.pull));
        self.level(button.active);
        self.text("detect", word(&super::panel::DETECTS, button.detect));
        self.targets(&button.targets);
    }

    fn led(&mut self, led: &Led) {
        self.table("[[led]]");
        self.line(&format!("pin = {}  # {}", led.pin.0, describe(led.pin)));
        match &led.shows {
            Shows::Status => self.text("shows", "status"),
            Shows::Playing(targets) => {
                self.text("shows", "playing");
                self.targets(targets);
            }
        }
        self.level(led.active);
    }

    fn level(&mut self, active: Level) {
        self.text("active", word(&super::panel::LEVELS, active));
    }

    fn targets(&mut self, targets: &Targets) {
        match targets {
            Targets::All => self.line("renderer = \"*\"  # all"),
            Targets::Some(all) => {
                let texts: Vec<String> = all.iter().map(who_to_text).collect();
                self.plain("renderer", one_or_list(&texts));
            }
        }
    }
}
