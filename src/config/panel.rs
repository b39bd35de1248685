//! The `[[button]]` and `[[led]]` tables.

use super::choice;
use super::field::integer;
use super::files::Files;
use super::pins::{Header, Place};
use super::plays::MediaFolder;
use super::problem::Report;
use super::section::Section;
use super::spelling::normalised;
use super::{Button, Detect, Led, Level, PanelAction, Pin, Pull, Shows, Targets, Who};
use crate::time::Duration;
use toml::de::DeValue;

/// What a button can do, in the words of the file.
pub(super) const ACTIONS: [(&str, PanelAction); 15] = [
    ("play_pause", PanelAction::PlayPause),
    ("play", PanelAction::Play),
    ("pause", PanelAction::Pause),
    ("stop", PanelAction::Stop),
    ("next", PanelAction::Next),
    ("prev", PanelAction::Prev),
    ("volume_up", PanelAction::VolumeUp),
    ("volume_down", PanelAction::VolumeDown),
    ("mute", PanelAction::Mute),
    ("seek_forward", PanelAction::SeekForward),
    ("seek_back", PanelAction::SeekBack),
    ("play_clip", PanelAction::PlayClip),
    ("auto", PanelAction::Auto),
    ("identify", PanelAction::Identify),
    ("shutdown", PanelAction::Shutdown),
];
pub(super) const PULLS: [(&str, Pull); 3] =
    [("up", Pull::Up), ("down", Pull::Down), ("off", Pull::Off)];
pub(super) const LEVELS: [(&str, Level); 2] = [("low", Level::Low), ("high", Level::High)];
pub(super) const DETECTS: [(&str, Detect); 2] =
    [("edges", Detect::Edges), ("level", Detect::Level)];

/// The word of the file for `value`; the other direction of [`Section::choice`].
pub(super) fn word<T: PartialEq>(words: &[(&'static str, T)], value: T) -> &'static str {
    let mut words = words.iter();
    words.find(|(_, known)| *known == value).map_or("", |&(word, _)| word)
}

impl PanelAction {
    /// Its word in the file, in the log and in the status.
    #[must_use]
    pub fn word(self) -> &'static str {
        word(&ACTIONS, self)
    }
}

const HOLD_TIME: Duration = Duration::from_secs(1);
/// A cheap push-button bounces for up to 20 ms.
const DEBOUNCE: Duration = Duration::from_millis(30);

impl Button {
    /// A button between `pin` and ground that only does `press`: the defaults of `[[button]]`.
    #[must_use]
    pub fn plain(pin: Pin, press: PanelAction) -> Self {
        Self {
            pin,
            press: Some(press),
            long: None,
            double: None,
            hold_time: HOLD_TIME,
            debounce: DEBOUNCE,
            pull: Pull::Up,
            active: Level::Low,
            detect: Detect::Edges,
            targets: Targets::All,
            choice: None,
            seek_step: choice::SEEK_STEP,
        }
    }

    /// What it does, by how it is pressed.
    #[must_use]
    pub fn actions(&self) -> [(&'static str, Option<PanelAction>); 3] {
        [("press", self.press), ("long", self.long), ("double", self.double)]
    }

    /// It does this, one way or another.
    #[must_use]
    pub fn does(&self, action: PanelAction) -> bool {
        self.actions().iter().any(|(_, done)| *done == Some(action))
    }
}

/// One `[[button]]`; `None` without a usable pin.
pub(super) fn button(
    report: &mut Report<'_>,
    table: &Section<'_>,
    media: &MediaFolder,
    files: Files<'_>,
) -> Option<Button> {
    table.refuse_unknown_keys(report);
    let pin = pin(report, table);
    let press = table.choice(report, "press", &ACTIONS);
    let long = table.choice(report, "long", &ACTIONS);
    let double = table.choice(report, "double", &ACTIONS);
    let hold_time = table.time(report, "hold_time", false, 30.0, "1.0");
    let debounce = table.time(report, "debounce", false, 1.0, "0.03");
    let pull = table.choice(report, "pull", &PULLS).unwrap_or_default();
    let pressed = match pull {
        Pull::Down => Level::High,
        Pull::Up | Pull::Off => Level::Low,
    };
    let mut button = Button {
        pin: pin.unwrap_or(Pin(0)),
        press,
        long,
        double,
        hold_time: hold_time.unwrap_or(HOLD_TIME),
        debounce: debounce.unwrap_or(DEBOUNCE),
        pull,
        active: table.choice(report, "active", &LEVELS).unwrap_or(pressed),
        detect: table.choice(report, "detect", &DETECTS).unwrap_or_default(),
        targets: targets(report, table, "renderer"),
        choice: choice::read(report, table, media, files),
        seek_step: choice::seek_step(report, table),
    };
    check_actions(report, table, &button);
    choice::check(report, table, &mut button);
    check_wiring(report, table, &button);
    pin.map(|_| button)
}

/// Whether the presses can be told apart and do something.
fn check_actions(report: &mut Report<'_>, table: &Section<'_>, button: &Button) {
    let given = |key| table.field(key).is_some();
    if !given("press") && !given("long") && !given("double") {
        table.error(
            report,
            "the button does nothing",
            "write press = \"play_pause\", or another action",
        );
        return;
    }
    for (key, action) in [("press", button.press), ("double", button.double)] {
        if let (Some(field), Some(PanelAction::Shutdown)) = (table.field(key), action) {
            field.error(
                report,
                "whoever only touches the button would switch the machine off",
                "write long = \"shutdown\", and for how long to hold it: hold_time = 3",
            );
        }
    }
    let repeats = matches!(button.press, Some(PanelAction::VolumeUp | PanelAction::VolumeDown));
    if let Some(field) = table.field("hold_time")
        && !given("long")
        && !repeats
    {
        field.warning(
            report,
            "nothing happens on a long press",
            "write long = \"stop\", or another action, or leave the line out",
        );
    }
    if button.hold_time <= button.debounce {
        if let Some(field) = table.field("hold_time") {
            field.error(report, "this is not longer than debounce", "write hold_time = 1.0");
        } else if let Some(field) = table.field("debounce") {
            field.error(report, "this is as long as a long press", "write debounce = 0.03");
        }
    }
    if let (Some(field), true) = (table.field("long"), button.long == button.press) {
        field.warning(
            report,
            "a long press does the same as a short one",
            "leave the line out, or write another action",
        );
    }
    if let (Some(field), true) = (table.field("double"), repeats) {
        field.warning(
            report,
            "with double, the volume waits 0.4 s after each press for a second one",
            "leave the line out, or put it on another button",
        );
    }
}

/// Whether the button is at rest when nobody presses it.
fn check_wiring(report: &mut Report<'_>, table: &Section<'_>, button: &Button) {
    let (written, other) = match (button.pull, button.active) {
        (Pull::Up, Level::High) => ("up", "low"),
        (Pull::Down, Level::Low) => ("down", "high"),
        _ => return,
    };
    if let Some(field) = table.field("active") {
        field.warning(
            report,
            format!("with pull = \"{written}\" the button counts as pressed while it is open"),
            format!("write active = \"{other}\", unless the contact opens when pressed"),
        );
    }
}

/// One `[[led]]`; `None` without a usable pin.
pub(super) fn led(report: &mut Report<'_>, table: &Section<'_>) -> Option<Led> {
    table.refuse_unknown_keys(report);
    let pin = pin(report, table);
    let playing = table.choice(report, "shows", &[("status", false), ("playing", true)]);
    if table.field("shows").is_none() {
        table.error(
            report,
            "it is not said what the LED shows",
            "write shows = \"status\" or shows = \"playing\"",
        );
    }
    let targets = targets(report, table, "renderer");
    if playing == Some(false)
        && let Some(field) = table.field("renderer")
    {
        field.warning(
            report,
            "the status is that of the whole box",
            "leave the line out, or write shows = \"playing\"",
        );
    }
    Some(Led {
        pin: pin?,
        shows: match playing {
            Some(true) => Shows::Playing(targets),
            _ => Shows::Status,
        },
        active: table.choice(report, "active", &LEVELS).unwrap_or(Level::High),
    })
}

/// The pin of a table, with help for those who counted on the connector.
fn pin(report: &mut Report<'_>, table: &Section<'_>) -> Option<Pin> {
    let Some(field) = table.field("pin") else {
        table.error(report, "there is no pin", "write pin = 17, or where it is wired");
        return None;
    };
    let number = match field.value {
        DeValue::String(text) => {
            let plain = normalised(text);
            let digits = ["gpio", "bcm", ""].into_iter().find_map(|prefix| {
                let rest = plain.strip_prefix(prefix)?.trim_start_matches('_');
                rest.parse::<i64>().ok()
            });
            // "pin 11" is meant as a place on the connector.
            let place = plain.strip_prefix("pin").map(|rest| rest.trim_start_matches('_'));
            if let Some(place) = place.and_then(|rest| rest.parse().ok()) {
                field.error(report, "this is no GPIO number", instead_of_place(place));
                return None;
            }
            digits
        }
        other => integer(other),
    };
    let Some(number) = number else {
        field.wrong_type(report, "a GPIO number", "17");
        return None;
    };
    let pin = Pin::from_bcm(number);
    if pin.is_none() {
        field.error(
            report,
            format!("there is no GPIO{number} on the header"),
            instead_of_place(number),
        );
    }
    pin
}

/// What to write by someone who probably means a `place` on the connector.
fn instead_of_place(place: i64) -> String {
    let all = "use 0 to 27 (see the wiring table)";
    match Header::Forty.at(place) {
        Some(Place::Gpio(pin)) => format!(
            "pins are GPIO (BCM) numbers: header pin {place} is GPIO{bcm}, so write pin = {bcm}",
            bcm = pin.0
        ),
        Some(Place::Ground) => format!("{all}; header pin {place} is ground"),
        Some(Place::Volts3) => format!("{all}; header pin {place} is 3.3 V"),
        Some(Place::Volts5) => format!("{all}; header pin {place} is 5 V"),
        None => all.to_owned(),
    }
}

/// Which renderers the table is about, by the value of `key`.
pub(super) fn targets(report: &mut Report<'_>, table: &Section<'_>, key: &str) -> Targets {
    let Some(field) = table.field(key) else {
        return Targets::All;
    };
    let all = Who::list(report, &field, "\"TV 1\"", "leave the line out to mean all");
    if all.is_empty() || all.contains(&Who::Any) {
        return Targets::All;
    }
    Targets::Some(all)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{each_is_told, good};
    use super::*;

    #[test]
    fn a_plain_button_is_one_with_nothing_more_written() {
        let written = good("[[button]]\npin = 17\npress = \"next\"").buttons;
        assert_eq!(written, [Button::plain(Pin(17), PanelAction::Next)]);
    }

    #[test]
    fn faults_in_buttons_and_leds_are_told() {
        each_is_told(&[
            (
                "[[button]]\npress = \"play\"",
                "1: error: [[button]]: there is no pin; write pin = 17, or where it is wired",
            ),
            (
                "[[button]]\npin = 17",
                "1: error: [[button]]: the button does nothing; write press = \
                 \"play_pause\", or another action",
            ),
            (
                "[[button]]\npin = 42\npress = \"play\"",
                "2: error: [[button]] pin = 42: there is no GPIO42 on the header; use 0 to \
                 27 (see the wiring table)",
            ),
            (
                "[[button]]\npin = 29\npress = \"play\"",
                "2: error: [[button]] pin = 29: there is no GPIO29 on the header; pins are \
                 GPIO (BCM) numbers: header pin 29 is GPIO5, so write pin = 5",
            ),
            (
                "[[button]]\npin = 39\npress = \"play\"",
                "2: error: [[button]] pin = 39: there is no GPIO39 on the header; use 0 to \
                 27 (see the wiring table); header pin 39 is ground",
            ),
            (
                "[[button]]\npin = 40\npress = \"play\"",
                "2: error: [[button]] pin = 40: there is no GPIO40 on the header; pins are \
                 GPIO (BCM) numbers: header pin 40 is GPIO21, so write pin = 21",
            ),
            (
                "[[button]]\npin = -1\npress = \"play\"",
                "2: error: [[button]] pin = -1: there is no GPIO-1 on the header; use 0 to \
                 27 (see the wiring table)",
            ),
            (
                "[[button]]\npin = \"pin 11\"\npress = \"play\"",
                "2: error: [[button]] pin = \"pin 11\": this is no GPIO number; pins are \
                 GPIO (BCM) numbers: header pin 11 is GPIO17, so write pin = 17",
            ),
            (
                "[[button]]\npin = \"red\"\npress = \"play\"",
                "2: error: [[button]] pin = \"red\": this is text in quotes, but it must be \
                 a GPIO number; write pin = 17",
            ),
            (
                "[[button]]\npin = 17\npress = \"toggle\"",
                "3: error: [[button]] press = \"toggle\": this word is unknown; did you mean \
                 \"play_pause\"?",
            ),
            (
                "[[button]]\npin = 17\npress = \"volume_upp\"",
                "3: error: [[button]] press = \"volume_upp\": this word is unknown; did you \
                 mean \"volume_up\"?",
            ),
            (
                "[[button]]\npin = 17\npress = \"dance\"",
                "3: error: [[button]] press = \"dance\": this word is unknown; write \
                 \"play_pause\", \"play\", \"pause\", \"stop\", \"next\", \"prev\", \
                 \"volume_up\", \"volume_down\", \"mute\", \"seek_forward\", \"seek_back\", \"play_clip\", \
                 \"auto\", \"identify\" or \"shutdown\"",
            ),
            (
                "[[button]]\npin = 17\npress = \"shutdown\"",
                "3: error: [[button]] press = \"shutdown\": whoever only touches the button would \
                 switch the machine off; write long = \"shutdown\", and for how long to hold it: \
                 hold_time = 3",
            ),
            (
                "[[button]]\npin = 17\nlong = \"shutdown\"\ndouble = \"shutdown\"",
                "4: error: [[button]] double = \"shutdown\": whoever only touches the button would \
                 switch the machine off; write long = \"shutdown\", and for how long to hold it: \
                 hold_time = 3",
            ),
            (
                "[[button]]\npin = 17\ndouble = \"poweroff\"",
                "3: error: [[button]] double = \"poweroff\": this word is unknown; did you mean \
                 \"shutdown\"?",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\nhold_time = 2",
                "4: warning: [[button]] hold_time = 2: nothing happens on a long press; \
                 write long = \"stop\", or another action, or leave the line out",
            ),
            (
                "[[button]]\npin = 17\nlong = \"play\"\nhold_time = 0.01",
                "4: error: [[button]] hold_time = 0.01: this is not longer than debounce; \
                 write hold_time = 1.0",
            ),
            (
                "[[button]]\npin = 17\nlong = \"play\"\ndebounce = 1",
                "4: error: [[button]] debounce = 1: this is as long as a long press; write \
                 debounce = 0.03",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\ndebounce = 1e-20",
                "4: error: [[button]] debounce = 1e-20: the time is out of range; use more \
                 than 0 to 1 seconds, such as debounce = 0.03",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\nrenderer = \"a\\tb\"",
                "4: error: [[button]] renderer = \"a\\tb\": there is a line end, a tab or \
                 another control character in the text; leave it out; in a path, write / \
                 instead of \\",
            ),
            (
                "[[button]]\npin = 17\nlong = \"play\"\nhold_time = 0",
                "4: error: [[button]] hold_time = 0: the time is out of range; use more than \
                 0 to 30 seconds, such as hold_time = 1.0",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\ndebounce = 30",
                "4: error: [[button]] debounce = 30: the time is out of range; use more than \
                 0 to 1 seconds, such as debounce = 0.03",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\npull = true",
                "4: error: [[button]] pull = true: this is true or false, but it must be one \
                 of the known words, in quotes; write pull = \"up\", \"down\" or \"off\"",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\ndetect = \"poll\"",
                "4: error: [[button]] detect = \"poll\": this word is unknown; did you mean \
                 \"level\"?",
            ),
            (
                "[[button]]\npin = 17\nlong = \"play\"\npress = \"play\"",
                "3: warning: [[button]] long = \"play\": a long press does the same as a \
                 short one; leave the line out, or write another action",
            ),
            (
                "[[button]]\npin = 17\npress = \"volume_up\"\ndouble = \"play\"",
                "4: warning: [[button]] double = \"play\": with double, the volume waits 0.4 \
                 s after each press for a second one; leave the line out, or put it on \
                 another button",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\nactive = \"high\"",
                "4: warning: [[button]] active = \"high\": with pull = \"up\" the button \
                 counts as pressed while it is open; write active = \"low\", unless the \
                 contact opens when pressed",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\npull = \"down\"\nactive = \"low\"",
                "5: warning: [[button]] active = \"low\": with pull = \"down\" the button \
                 counts as pressed while it is open; write active = \"high\", unless the \
                 contact opens when pressed",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\nrenderer = []",
                "4: error: [[button]] renderer = []: there is nothing in it; write renderer \
                 = \"TV 1\", or leave the line out",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\nrenderer = \
                [\"a\",\n\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"]",
                "5: error: [[button]] renderer = \
                 \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…: \
                 \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\" is \
                 longer than 64 bytes; write the renderer's udn or address instead of its name",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\ngpio = 2",
                "4: error: [[button]] gpio = 2: this key is unknown; write \"pin\"",
            ),
            (
                "[[led]]\npin = 17",
                "1: error: [[led]]: it is not said what the LED shows; write shows = \
                 \"status\" or shows = \"playing\"",
            ),
            (
                "[[led]]\nshows = \"status\"",
                "1: error: [[led]]: there is no pin; write pin = 17, or where it is wired",
            ),
            (
                "[[led]]\npin = 17\nshows = \"status\"\nrenderer = \"TV\"",
                "4: warning: [[led]] renderer = \"TV\": the status is that of the whole box; \
                 leave the line out, or write shows = \"playing\"",
            ),
            (
                "[[led]]\npin = 17\nshows = \"satus\"",
                "3: error: [[led]] shows = \"satus\": this word is unknown; did you mean \
                 \"status\"?",
            ),
        ]);
    }
}
