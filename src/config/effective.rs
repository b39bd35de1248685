//! The configuration in force, as a file: every value that holds, also those that were not written.

use super::panel::word;
use super::pins::Header;
use super::{
    Backend, Button, Choice, Config, Days, Entry, Group, Led, Level, PanelAction, Port, Rule,
    Shows, Targets, Then, Who,
};
use crate::time::Duration;
use std::path::{Path, PathBuf};

/// `config` as TOML; reading it gives the same configuration again.
#[must_use]
pub fn effective(config: &Config) -> String {
    effective_for(Header::default(), config)
}

/// As [`effective`], on a machine with this header.
#[must_use]
pub fn effective_for(header: Header, config: &Config) -> String {
    let mut out = Toml { header, ..Toml::default() };
    out.remark("The configuration in force.");
    out.text("name", &config.name);
    out.text("media", &config.media_folder.display().to_string());
    out.port("media_port", config.media_port);
    out.port("control_port", config.control_port);
    out.plain("stop_at_exit", config.stop_at_exit);
    out.text("clock", word(&super::schedule::CLOCK, config.clock));
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
    // Those of members follow from the groups.
    for rule in config.rules.iter().skip(config.groups.iter().map(|group| group.on.len()).sum()) {
        out.rule(rule, &config.media_folder);
    }
    for entry in &config.schedule {
        out.entry(entry, &config.media_folder);
    }

    for group in &config.groups {
        out.group(group, &config.media_folder);
    }
    for button in &config.buttons {
        out.button(button, &config.media_folder);
    }
    for led in &config.leds {
        out.led(led);
    }
    out.text
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
struct Toml {
    text: String,
    header: Header,
}

impl Toml {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
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
            Who::Address(..) => self.text("address", &rule.who.to_text()),
            Who::Any => self.line("name = \"*\"  # every renderer"),
        }
        self.plays(&rule.plays, media);
        self.plain("autoplay", rule.autoplay);
        self.plain("loop", rule.repeat);
        self.text("order", word(&super::renderer::ORDER, rule.order));
        self.time("dwell", rule.dwell);
        if let Some(volume) = rule.volume {
            self.plain("volume", volume);
        }
        self.text("on_stop", word(&super::renderer::ON_STOP, rule.on_stop));
        self.text("loop_method", word(&super::renderer::LOOP_METHOD, rule.loop_method));
        self.time("max_cut", rule.max_cut);
    }

    fn group(&mut self, group: &Group, media: &Path) {
        self.table("[[group]]");
        self.text("name", &group.name);
        let on: Vec<String> = group.on.iter().map(Who::to_text).collect();
        self.plain("on", one_or_list(&on));
        if let Some(plays) = &group.plays {
            self.plays(plays, media);
        }
        self.plain("loop", group.repeat);
        if let Some(volume) = group.volume {
            self.plain("volume", volume);
        }
        self.time("wait", group.wait);
    }

    fn plays(&mut self, plays: &[PathBuf], media: &Path) {
        let plays: Vec<String> = plays.iter().map(|path| below(path, media)).collect();
        self.plain("plays", one_or_list(&plays));
    }

    fn entry(&mut self, entry: &Entry, media: &Path) {
        self.table("[[schedule]]");
        if let Some(name) = &entry.name {
            self.text("name", name);
        }
        match entry.days {
            Days::Weekly(_) => self.plain("days", one_or_list(&entry.days.words())),
            Days::Once(date) => self.text("date", &date.to_string()),
        }
        self.text("from", &super::schedule::hhmm(entry.from));
        self.text("to", &super::schedule::hhmm(entry.to));
        self.targets("on", &entry.targets);
        match &entry.then {
            Then::Play(plays) => self.plays(plays, media),
            Then::Stop => self.text("then", "stop"),
            Then::Blackout => self.text("then", "blackout"),
        }
        if let Some(volume) = entry.volume {
            self.plain("volume", volume);
        }
        self.plain("priority", entry.priority);
    }

    fn button(&mut self, button: &Button, media: &Path) {
        self.table("[[button]]");
        self.line(&format!("pin = {}  # {}", button.pin.0, self.header.describe(button.pin)));
        for (key, action) in button.actions() {
            if let Some(action) = action {
                self.text(key, word(&super::panel::ACTIONS, action));
            }
        }
        self.time("hold_time", button.hold_time);
        self.time("debounce", button.debounce);
        self.text("pull", word(&super::panel::PULLS, button.pull));
        self.level(button.active);
        self.text("detect", word(&super::panel::DETECTS, button.detect));
        self.targets("renderer", &button.targets);
        if let Some(choice) = &button.choice {
            self.choice(choice, button, media);
        }
        let seeks = [PanelAction::SeekForward, PanelAction::SeekBack];
        if seeks.into_iter().any(|action| button.does(action)) {
            self.time("seek_step", button.seek_step);
        }
    }

    fn choice(&mut self, choice: &Choice, button: &Button, media: &Path) {
        self.plays(&choice.plays, media);
        if button.does(PanelAction::PlayClip) {
            self.text("again", word(&super::choice::AGAIN, choice.again));
            self.text("back", word(&super::choice::BACK, choice.back));
        }
        if let Some(lasts) = choice.lasts {
            self.time("lasts", lasts);
        }
    }

    fn led(&mut self, led: &Led) {
        self.table("[[led]]");
        self.line(&format!("pin = {}  # {}", led.pin.0, self.header.describe(led.pin)));
        match &led.shows {
            Shows::Status => self.text("shows", "status"),
            Shows::Playing(targets) => {
                self.text("shows", "playing");
                self.targets("renderer", targets);
            }
        }
        self.level(led.active);
    }

    fn level(&mut self, active: Level) {
        self.text("active", word(&super::panel::LEVELS, active));
    }

    fn targets(&mut self, key: &str, targets: &Targets) {
        match targets {
            Targets::All => self.line(&format!("{key} = \"*\"  # all")),
            Targets::Some(all) => {
                let texts: Vec<String> = all.iter().map(Who::to_text).collect();
                self.plain(key, one_or_list(&texts));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{disk, good};
    use super::super::{FileState, Pin, Severity, parse};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shows_pins_by_both_numbers_and_every_default() {
        let text = effective(&good("[[button]]\npin = 17\npress = \"play\""));
        for part in [
            "pin = 17  # GPIO17 (header pin 11)\n",
            "# media_port = 8895  (or the next free one)\n",
            "plays = \".\"\nautoplay = false\n",
            "debounce = 0.03\npull = \"up\"\nactive = \"low\"\n",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn what_is_hard_to_write_reads_back_as_the_same() {
        for text in [
            "media = \"/srv/ a /.\"\n[[renderer]]\nplays = [\"b/../ c.mp4\", \"d /.\"]",
            "[[led]]\npin = 22\nshows = \"playing\"\nrenderer = [\"uuid:::x\", \" TV \", \"UUID:A:\"]",
            "[[renderer]]\nname = \"'''\\\"\\\\\"",
        ] {
            let config = parse(text, &disk).config.unwrap_or_else(|| panic!("{text}"));
            let written = effective(&config);
            assert_eq!(parse(&written, &disk).config, Some(config), "{written}");
        }
    }

    /// A line, or nothing.
    fn maybe(line: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
        prop_oneof![Just(String::new()), line.prop_map(|line| line + "\n")]
    }

    fn one_of(key: &'static str, words: &'static [&'static str]) -> impl Strategy<Value = String> {
        maybe(prop::sample::select(words).prop_map(move |word| format!("{key} = \"{word}\"")))
    }

    fn name() -> impl Strategy<Value = String> {
        "[^\\pC]{1,16}".prop_map(|name| format!("name = {}", quoted(&name)))
    }

    fn renderer() -> impl Strategy<Value = String> {
        let who = prop_oneof![
            name(),
            "[A-Fa-f0-9-]{1,40}".prop_map(|udn| format!("udn = \"uuid:{udn}\"")),
            (1u8..200, 1u16..)
                .prop_map(|(host, port)| format!("address = \"10.0.0.{host}:{port}\"")),
        ];
        let plays: &[&str] = &["\"a.mp4\"", "\"b/\"", "[\"vol.two\", \"ü 'x'.mkv\"]"];
        (
            maybe(who),
            maybe(prop::sample::select(plays).prop_map(|plays| format!("plays = {plays}"))),
            maybe(any::<bool>().prop_map(|on| format!("autoplay = {on}"))),
            maybe((0..=100).prop_map(|volume| format!("volume = {volume}"))),
            one_of("on_stop", &["respect", "insist"]),
            one_of("loop_method", &["auto", "restart", "next", "seek"]),
            maybe((0.0..10.0).prop_map(|cut| format!("max_cut = {cut:?}"))),
            one_of("order", &["name", "shuffled"]),
            maybe((0.1..100.0).prop_map(|dwell| format!("dwell = {dwell:?}"))),
        )
            .prop_map(|(a, b, c, d, e, f, g, h, i)| {
                format!("[[renderer]]\n{a}{b}{c}{d}{e}{f}{g}{h}{i}")
            })
    }

    fn group() -> impl Strategy<Value = String> {
        const ON: &[&str] = &["\"TV 1\"", "[\"uuid:A-b\", \"10.0.0.4:80\"]", "[\"ü 'x'\"]"];
        (
            "[A-Z]{1,3}",
            prop::sample::select(ON),
            maybe(Just("plays = [\"b/\", \"a.mp4\"]".to_owned())),
            maybe(any::<bool>().prop_map(|on| format!("loop = {on}"))),
            maybe((0..=100).prop_map(|volume| format!("volume = {volume}"))),
            maybe((0.0..600.0).prop_map(|wait| format!("wait = {wait:?}"))),
        )
            .prop_map(|(name, on, c, d, e, f)| {
                format!("[[group]]\nname = \"{name}\"\non = {on}\n{c}{d}{e}{f}")
            })
    }

    fn panel() -> impl Strategy<Value = String> {
        const ACTIONS: &[&str] = &["play_pause", "volume_up", "play_clip", "play", "seek_back"];
        const CHOICES: &[&str] = &[
            "plays = \"a.mp4\"",
            "plays = [\"b/\", \"c.mp4\"]\nagain = \"queue\"\nback = \"start\"\nlasts = 60.5",
            "seek_step = 2.5",
        ];
        const WHO: &[&str] = &["TV 1", "uuid:A-b", "10.0.0.4:80", "10.0.0.4", "*"];
        let pin = || (0u8..28).prop_map(|pin| format!("pin = {pin}\n"));
        let button = (
            pin(),
            one_of("press", ACTIONS),
            one_of("long", ACTIONS),
            maybe((0.1..30.0).prop_map(|time| format!("hold_time = {time:?}"))),
            one_of("pull", &["up", "down", "off"]),
            one_of("active", &["low", "high"]),
            one_of("renderer", WHO),
            maybe(prop::sample::select(CHOICES).prop_map(str::to_owned)),
        );
        let led = (
            pin(),
            one_of("shows", &["status", "playing"]),
            one_of("active", &["low", "high"]),
            one_of("renderer", WHO),
        );
        prop_oneof![
            button.prop_map(|(a, b, c, d, e, f, g, h)| {
                format!("[[button]]\n{a}{b}{c}{d}{e}{f}{g}{h}")
            }),
            led.prop_map(|(a, b, c, d)| format!("[[led]]\n{a}{b}{c}{d}")),
        ]
    }

    fn schedule() -> impl Strategy<Value = String> {
        let when = prop_oneof![
            one_of("days", &["mon", "Friday", "weekend"]),
            (1i8..=28).prop_map(|day| format!("date = \"2026-02-{day}\"\n")),
        ];
        let time =
            |key| maybe((0..24, 0..60).prop_map(move |(h, m)| format!("{key} = \"{h}:{m:02}\"")));
        let then = prop_oneof![
            Just("then = \"stop\"\n".to_owned()),
            Just("then = \"blackout\"\n".to_owned()),
            (0..=100).prop_map(|volume| format!("plays = \"b/\"\nvolume = {volume}\n")),
        ];
        let priority = maybe((-9..9).prop_map(|priority| format!("priority = {priority}")));
        (
            maybe(name()),
            when,
            time("from"),
            time("to"),
            one_of("on", &["TV 1", "*"]),
            then,
            priority,
        )
            .prop_map(|(a, b, c, d, e, f, g)| format!("[[schedule]]\n{a}{b}{c}{d}{e}{f}{g}"))
    }

    proptest! {
        #[test]
        fn reads_back_as_the_same_configuration(
            name in maybe(name()),
            port in maybe((1024u16..).prop_map(|port| format!("control_port = {port}"))),
            renderers in prop::collection::vec(renderer(), 0..3),
            groups in prop::collection::vec(group(), 0..3),
            schedule in prop::collection::vec(schedule(), 0..3),
            panel in prop::collection::vec(panel(), 0..3),
        ) {
            let (renderers, groups) = (renderers.concat(), groups.concat());
            let (schedule, panel) = (schedule.concat(), panel.concat());
            let text = format!("{name}{port}{renderers}{groups}{schedule}{panel}");
            if let Some(config) = parse(&text, &disk).config {
                let again = parse(&effective(&config), &disk);
                prop_assert_eq!(again.config, Some(config), "{:?}", again.problems);
            }
        }

        #[test]
        fn nothing_that_is_written_breaks_the_reader(
            text in "(\\[\\[?|\\]\\]?|button|led|renderer|gpio|pin|plays|max_cut|udn|address|=|\n|\"|'|,|#|\\{|\\}|-?[0-9]{1,20}|\\.|:|_|\\PC){0,40}",
        ) {
            let loaded = parse(&text, &|_| FileState::Missing);
            let mut problems = loaded.problems.iter();
            let error = problems.any(|problem| problem.severity == Severity::Error);
            prop_assert_eq!(loaded.has_errors(), error);
            prop_assert!(loaded.leds_anyway.iter().all(|led| led.pin <= Pin(27)));
        }
    }
}
