//! The `[[button]]` and `[[led]]` tables.

use super::key::{A_DAY, ABOVE_ZERO, About, Custom, Of, Plain, Seconds, Table, Word, Words, key};
use super::pins::Pin;
use super::section::{Reader, Section};
use super::selector::Targets;
use crate::limits::PINS;
use crate::time::Duration;
use std::path::PathBuf;

/// One `[[button]]` table; `BUTTON` explains its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Button {
    pub pin: Pin,
    pub press: Option<PanelAction>,
    pub long: Option<PanelAction>,
    pub double: Option<PanelAction>,
    pub hold_time: Duration,
    pub debounce: Duration,
    pub pull: Pull,
    pub active: PinLevel,
    pub detect: Detection,
    /// The renderers that it acts on.
    pub targets: Targets,
    /// What `play_clip` and `play` play.
    pub choice: ButtonChoice,
    pub seek_step: Duration,
}

/// What a button makes the renderers play.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ButtonChoice {
    /// Absolute paths of files and folders. Empty if no action of the button needs them.
    pub plays: Vec<PathBuf>,
    pub again: RepeatPress,
    pub back: AfterClip,
    /// How long the choice made by `play` holds; `None`: until the next choice.
    pub lasts: Option<Duration>,
}

pub(super) const BUTTON: Table<Button> = Table {
    about: About {
        name: "button",
        label: "[[button]]",
        synonyms: "buttons switch",
        heading: "Buttons",
        intro: "Pins are GPIO (BCM) numbers, 0 to 27, not positions on the header. Wire a button between a GPIO and \
                ground; it needs nothing else. GPIOs without another use, and where they are on the header:\n\
                \x20 GPIO  4   5   6  12  13  16  17  18  19  20  21  22  23  24  25  26  27\n\
                \x20 pin   7  29  31  32  33  36  11  12  35  38  40  15  16  18  22  37  13\n\
                \x20 ground: 6, 9, 14, 20, 25, 30, 34, 39\n\
                Pi 1 models A and B have 26 pins, without GPIO 5, 6, 12, 13, 16, 19, 20 and 26 (see `dlna-kiosk check`).\n\
                Avoid GPIO 0 and 1 (HAT EEPROM), 2 and 3 (I²C), 7 to 11 (SPI), 14 and 15 (serial console).\n\
                Stop the box and run `dlna-kiosk learn`: press the button, and it prints the lines to paste here.",
    },
    most: PINS,
    blank: || Button {
        pin: Pin(0),
        press: None,
        long: None,
        double: None,
        hold_time: Duration::from_secs(1),
        // A cheap push-button bounces for up to 20 ms.
        debounce: Duration::from_millis(30),
        pull: Pull::Up,
        active: PinLevel::Low,
        detect: Detection::Edges,
        targets: Targets::All,
        choice: ButtonChoice { plays: Vec::new(), again: RepeatPress::Restart, back: AfterClip::Resume, lasts: None },
        seek_step: Duration::from_secs(10),
    },
    keys: &[
        key("pin", "17", &Of(|it: &mut Button| &mut it.pin))
            .doc("The pin that the button is wired to.")
            .synonyms("gpio bcm")
            .required(NO_PIN[0], NO_PIN[1]),
        key("press", "\"play_pause\"", &Of(|it: &mut Button| &mut it.press))
            .doc("What a short press does:")
            .synonyms("action click short does"),
        key("long", "\"stop\"", &Of(|it: &mut Button| &mut it.long))
            .doc(
                "What a long press does.\nWithout `long`, a volume button repeats its short press while held.",
            )
            .synonyms("hold held long_press"),
        key("double", "\"next\"", &Of(|it: &mut Button| &mut it.double))
            .doc("What two presses within 0.4 s do.")
            .synonyms("double_click double_press"),
        key("hold_time", "1.0", &Seconds(|it: &mut Button| &mut it.hold_time, ABOVE_ZERO, 30.0))
            .doc("How long to hold the button for a long press."),
        key("debounce", "0.03", &Seconds(|it: &mut Button| &mut it.debounce, ABOVE_ZERO, 1.0))
            .doc("How long to ignore the bouncing of the contact.")
            .synonyms("bounce bounce_time"),
        key("pull", "\"up\"", &Of(|it: &mut Button| &mut it.pull))
            .doc("The internal resistor:")
            .synonyms("pull_up pull_down resistor"),
        key("active", "\"low\"", &Of(|it: &mut Button| &mut it.active))
            .doc("The level while the button is pressed. With pull = \"down\", the default is \"high\".")
            .synonyms("level active_low active_high"),
        key("detect", "\"edges\"", &Of(|it: &mut Button| &mut it.detect))
            .doc("How the button is read:"),
        key("renderer", "\"TV 1\"\n[\"TV 1\", \"uuid:…\"]", &Of(|it: &mut Button| &mut it.targets))
            .doc("The renderers that the button acts on.")
            .synonyms("renderers target device tv"),
        key("plays", "\"clips/dragon.mp4\"", &Of(|it: &mut Button| &mut it.choice.plays))
            .doc(
                "What \"play_clip\" and \"play\" play.\n\
                 \"play_clip\" interrupts everything else and goes back to it; of several files, each press plays the \
                 next one. \"play\" plays from now on: until \"auto\", or for as long as `lasts` says.",
            )
            .synonyms("clip file folder")
            .only_if(
                |button| button.does(PanelAction::PlayClip) || button.does(PanelAction::Play),
                [UNUSED, "write press = \"play_clip\" or \"play\", or remove the line"],
            ),
        key("again", "\"restart\"", &Of(|it: &mut Button| &mut it.choice.again))
            .doc("What another press does while a clip plays:")
            .synonyms("retrigger repress")
            .only_if(|button| button.does(PanelAction::PlayClip), [UNUSED, FOR_CLIPS]),
        key("back", "\"resume\"", &Of(|it: &mut Button| &mut it.choice.back))
            .doc("Where the interrupted file continues after the clip:")
            .synonyms("returns")
            .only_if(|button| button.does(PanelAction::PlayClip), [UNUSED, FOR_CLIPS]),
        key("lasts", "3600", &Seconds(|it: &mut Button| &mut it.choice.lasts, ABOVE_ZERO, A_DAY))
            .doc("How long the choice made by \"play\" holds; if not given, until \"auto\", another choice, or the next change of the schedule.")
            .synonyms("expires")
            .only_if(
                |button| button.does(PanelAction::Play),
                [UNUSED, "write press = \"play\", or remove the line"],
            ),
        key("seek_step", "10", &Seconds(|it: &mut Button| &mut it.seek_step, ABOVE_ZERO, 3600.0))
            .doc("How far \"seek_forward\" and \"seek_back\" go.")
            .synonyms("step seek")
            .only_if(
                |button| button.does(PanelAction::SeekForward) || button.does(PanelAction::SeekBack),
                [UNUSED, "write press = \"seek_forward\" or \"seek_back\", or remove the line"],
            ),
    ],
};

const NO_PIN: [&str; 2] = ["there is no pin", "write pin = 17, or the GPIO that it is wired to"];
const UNUSED: &str = "no action of this button uses it";
const FOR_CLIPS: &str = "write press = \"play_clip\", or remove the line";

/// What a button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PanelAction {
    PlayPause,
    Play,
    Pause,
    Stop,
    Next,
    Prev,
    VolumeUp,
    VolumeDown,
    Mute,
    SeekForward,
    SeekBack,
    PlayClip,
    Auto,
    Identify,
    Shutdown,
}

impl Words for PanelAction {
    const WORDS: &'static [Word<Self>] = &[
        Word("play_pause", Self::PlayPause, "play; pause if it plays", "toggle"),
        Word("play", Self::Play, "play, or continue", "start"),
        Word("pause", Self::Pause, "pause", ""),
        Word("stop", Self::Stop, "stop", "halt"),
        Word("next", Self::Next, "next file", "forward skip"),
        Word("prev", Self::Prev, "previous file", "previous back"),
        Word("volume_up", Self::VolumeUp, "louder", "louder vol_up"),
        Word("volume_down", Self::VolumeDown, "softer", "softer vol_down"),
        Word("mute", Self::Mute, "mute, or unmute", ""),
        Word("seek_forward", Self::SeekForward, "jump forward by `seek_step`", ""),
        Word("seek_back", Self::SeekBack, "back in the file by seek_step", "rewind"),
        Word("play_clip", Self::PlayClip, "interrupt everything else with a clip", "clip"),
        Word(
            "auto",
            Self::Auto,
            "go back to the schedule and the [[renderer]] tables",
            "automatic",
        ),
        Word("identify", Self::Identify, "each renderer shows its own name for 10 s", "who"),
        Word(
            "shutdown",
            Self::Shutdown,
            "switch the machine off; allowed only as `long` (see the README)",
            "poweroff power_off",
        ),
    ];
}

impl PanelAction {
    /// Its name in the file, in the log and in the status.
    pub fn word(self) -> &'static str {
        self.to_word()
    }
}

/// What another press does while a clip plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RepeatPress {
    #[default]
    Restart,
    Ignore,
    Queue,
}

impl Words for RepeatPress {
    const WORDS: &'static [Word<Self>] = &[
        Word("restart", Self::Restart, "the new clip takes over; the same one begins again", ""),
        Word("ignore", Self::Ignore, "nothing", ""),
        Word("queue", Self::Queue, "the new clip follows those that play or wait", "wait"),
    ];
}

/// Where an interrupted file continues after a clip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterClip {
    #[default]
    Resume,
    Start,
}

impl Words for AfterClip {
    const WORDS: &'static [Word<Self>] = &[
        Word("resume", Self::Resume, "where it was interrupted", ""),
        Word("start", Self::Start, "at its beginning", ""),
    ];
}

/// The internal pull resistor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pull {
    #[default]
    Up,
    Down,
    Off,
}

impl Words for Pull {
    const WORDS: &'static [Word<Self>] = &[
        Word("up", Self::Up, "to 3.3 V, for a button to ground", ""),
        Word("down", Self::Down, "to ground, for a button to 3.3 V", ""),
        Word("off", Self::Off, "none: you have wired one yourself", "none"),
    ];
}

/// A logic level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinLevel {
    Low,
    High,
}

impl Words for PinLevel {
    const WORDS: &'static [Word<Self>] =
        &[Word("low", Self::Low, "0 V", ""), Word("high", Self::High, "3.3 V", "")];
}

/// How a button is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detection {
    #[default]
    Edges,
    Level,
}

impl Words for Detection {
    const WORDS: &'static [Word<Self>] = &[
        Word("edges", Self::Edges, "the kernel reports each change; the box sleeps in between", ""),
        Word("level", Self::Level, "the box looks every 10 ms; use it where edges fail", "poll"),
    ];
}

impl Button {
    /// A button between `pin` and ground with no action but `press`, and defaults for all else.
    pub fn plain(pin: Pin, press: PanelAction) -> Self {
        Self { pin, press: Some(press), ..(BUTTON.blank)() }
    }

    /// Its actions, with the keys that set them.
    pub fn actions(&self) -> [(&'static str, Option<PanelAction>); 3] {
        [("press", self.press), ("long", self.long), ("double", self.double)]
    }

    /// Whether any kind of press does this.
    pub fn does(&self, action: PanelAction) -> bool {
        self.actions().iter().any(|(_, done)| *done == Some(action))
    }

    /// Reads one table; `None` without a usable pin.
    pub(super) fn read(reader: &mut Reader<'_>, section: &Section<'_>) -> Option<Self> {
        let (mut button, understood) = BUTTON.read(reader, section);
        if button.pull == Pull::Down && !understood.contains(&"active") {
            button.active = PinLevel::High;
        }
        if button.choice.plays.is_empty() {
            button.choice = ButtonChoice::default();
        }
        button.check_actions(reader, section);
        if button.does(PanelAction::PlayClip) && !section.has("plays") {
            section.error(reader, "the button has no clip to play", "write plays = \"clip.mp4\"");
        }
        button.check_wiring(reader, section);
        understood.contains(&"pin").then_some(button)
    }

    /// Checks that each kind of press does something, and that they can be told apart.
    fn check_actions(&self, reader: &mut Reader<'_>, section: &Section<'_>) {
        if !["press", "long", "double"].iter().any(|key| section.has(key)) {
            section.error(
                reader,
                "the button does nothing",
                "write press = \"play_pause\", or another action",
            );
            return;
        }
        for (key, action) in [("press", self.press), ("double", self.double)] {
            if let (Some(field), Some(PanelAction::Shutdown)) = (section.field(key), action) {
                field.error(
                    reader,
                    "anybody who touches the button would switch the machine off",
                    "write long = \"shutdown\", and how long to hold the button, such as hold_time = 3",
                );
            }
        }
        let repeats = matches!(self.press, Some(PanelAction::VolumeUp | PanelAction::VolumeDown));
        let hold_time = section.field("hold_time");
        if let Some(field) = &hold_time
            && !section.has("long")
            && !repeats
        {
            field.warning(
                reader,
                "a long press does nothing",
                "write long = \"stop\" or another action, or remove the line",
            );
        }
        if self.hold_time <= self.debounce {
            if let Some(field) = hold_time {
                field.error(reader, "this must be longer than debounce", "write hold_time = 1.0");
            } else if let Some(field) = section.field("debounce") {
                field.error(reader, "this must be shorter than hold_time", "write debounce = 0.03");
            }
        }
        if let (Some(field), true) = (section.field("long"), self.long == self.press) {
            field.warning(
                reader,
                "a long press does the same as a short one",
                "remove the line, or write another action",
            );
        }
        if let (Some(field), true) = (section.field("double"), repeats) {
            field.warning(
                reader,
                "with double, each change of the volume waits 0.4 s for a second press",
                "remove the line, or use another button",
            );
        }
    }

    /// Checks that the button does not count as pressed while nobody presses it.
    fn check_wiring(&self, reader: &mut Reader<'_>, section: &Section<'_>) {
        let (written, other) = match (self.pull, self.active) {
            (Pull::Up, PinLevel::High) => ("up", "low"),
            (Pull::Down, PinLevel::Low) => ("down", "high"),
            _ => return,
        };
        if let Some(field) = section.field("active") {
            field.warning(
                reader,
                &format!(
                    "with pull = \"{written}\" the button counts as pressed when nobody presses it"
                ),
                &format!("write active = \"{other}\", unless the contact opens when pressed"),
            );
        }
    }
}

/// One `[[led]]` table; `LED` explains its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Led {
    pub pin: Pin,
    pub shows: LedFunction,
    pub active: PinLevel,
}

/// What an LED shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedFunction {
    Status,
    /// Lit while any of these renderers plays.
    Playing(Targets),
}

impl Words for LedFunction {
    const WORDS: &'static [Word<Self>] = &[
        Word(
            "status",
            Self::Status,
            "the state of the box; `dlna-kiosk leds` shows every pattern",
            "state",
        ),
        Word("playing", Self::Playing(Targets::All), "lit while a renderer plays", ""),
    ];

    fn to_word(&self) -> &'static str {
        if *self == Self::Status { "status" } else { "playing" }
    }
}

pub(super) const LED: Table<Led> = Table {
    about: About {
        name: "led",
        label: "[[led]]",
        synonyms: "leds light",
        heading: "LEDs",
        intro: "Wire an LED from a GPIO through a resistor (330 Ω to 1 kΩ) to ground.",
    },
    most: PINS,
    blank: || Led {
        pin: Pin(0),
        shows: LedFunction::Playing(Targets::All),
        active: PinLevel::High,
    },
    keys: &[
        key("pin", "22", &Of(|it: &mut Led| &mut it.pin))
            .doc("The pin that the LED is wired to.")
            .synonyms("gpio bcm")
            .required(NO_PIN[0], NO_PIN[1]),
        key("shows", "\"status\"", &Of(|it: &mut Led| &mut it.shows))
            .doc("What the LED shows:")
            .synonyms("show state function")
            .required(
                "there is no line that says what the LED shows",
                "write shows = \"status\" or shows = \"playing\"",
            ),
        key(
            "renderer",
            "\"TV 1\"",
            &Custom {
                values: "as for `[[button]]`",
                read: |reader, field, led: &mut Led| {
                    led.shows = LedFunction::Playing(Targets::read(reader, field)?);
                    Some(())
                },
                print: |led, out| match &led.shows {
                    LedFunction::Playing(targets) => targets.print(out),
                    LedFunction::Status => None,
                },
            },
        )
        .doc("The renderers that a \"playing\" LED watches.")
        .synonyms("renderers target device tv")
        .only_if(
            |led| matches!(led.shows, LedFunction::Playing(_)),
            [
                "\"status\" shows the state of the whole box",
                "remove the line, or write shows = \"playing\"",
            ],
        ),
        key("active", "\"high\"", &Of(|it: &mut Led| &mut it.active))
            .doc("The level while the LED is lit; \"low\" for an LED between 3.3 V and the GPIO.")
            .synonyms("level active_low active_high"),
    ],
};

impl Led {
    /// Reads one table; `None` without a usable pin.
    pub(super) fn read(reader: &mut Reader<'_>, section: &Section<'_>) -> Option<Self> {
        let (mut led, understood) = LED.read(reader, section);
        if !understood.contains(&"shows") {
            led.shows = LedFunction::Status;
        }
        understood.contains(&"pin").then_some(led)
    }
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
                "1: error: [[button]]: there is no pin; write pin = 17, or the GPIO that it is \
                 wired to",
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
                "2: error: [[button]] pin = \"pin 11\": this is not a GPIO number; pins are GPIO \
                 (BCM) numbers: header pin 11 is GPIO17, so write pin = 17",
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
                "3: error: [[button]] press = \"shutdown\": anybody who touches the button would \
                 switch the machine off; write long = \"shutdown\", and how long to hold the \
                 button, such as hold_time = 3",
            ),
            (
                "[[button]]\npin = 17\nlong = \"shutdown\"\ndouble = \"shutdown\"",
                "4: error: [[button]] double = \"shutdown\": anybody who touches the button \
                 would switch the machine off; write long = \"shutdown\", and how long to hold \
                 the button, such as hold_time = 3",
            ),
            (
                "[[button]]\npin = 17\ndouble = \"poweroff\"",
                "3: error: [[button]] double = \"poweroff\": this word is unknown; did you mean \
                 \"shutdown\"?",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\nhold_time = 2",
                "4: warning: [[button]] hold_time = 2: a long press does nothing; write long = \
                 \"stop\" or another action, or remove the line",
            ),
            (
                "[[button]]\npin = 17\nlong = \"play\"\nhold_time = 0.01",
                "4: error: [[button]] hold_time = 0.01: this must be longer than debounce; write \
                 hold_time = 1.0",
            ),
            (
                "[[button]]\npin = 17\nlong = \"play\"\ndebounce = 1",
                "4: error: [[button]] debounce = 1: this must be shorter than hold_time; write \
                 debounce = 0.03",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\ndebounce = 1e-20",
                "4: error: [[button]] debounce = 1e-20: the time is out of range; use more \
                 than 0 to 1 seconds, such as debounce = 0.03",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\nrenderer = \"a\\tb\"",
                "4: error: [[button]] renderer = \"a\\tb\": the text contains a line break, a \
                 tab or another control character; remove it; in a path, write / instead of \\",
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
                "3: warning: [[button]] long = \"play\": a long press does the same as a short \
                 one; remove the line, or write another action",
            ),
            (
                "[[button]]\npin = 17\npress = \"volume_up\"\ndouble = \"play\"",
                "4: warning: [[button]] double = \"play\": with double, each change of the \
                 volume waits 0.4 s for a second press; remove the line, or use another button",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\nactive = \"high\"",
                "4: warning: [[button]] active = \"high\": with pull = \"up\" the button \
                 counts as pressed when nobody presses it; write active = \"low\", unless the \
                 contact opens when pressed",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\npull = \"down\"\nactive = \"low\"",
                "5: warning: [[button]] active = \"low\": with pull = \"down\" the button \
                 counts as pressed when nobody presses it; write active = \"high\", unless the \
                 contact opens when pressed",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\nrenderer = []",
                "4: error: [[button]] renderer = []: this is empty; write renderer = \"TV 1\", \
                 or remove the line",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\nrenderer = \
                [\"a\",\n\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"]",
                "5: error: [[button]] renderer = \
                 \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…: \
                 \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\" is \
                 longer than 192 bytes; write the renderer's udn or address instead of its name",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\ngpio = 2",
                "4: error: [[button]] gpio = 2: this key is unknown; write \"pin\"",
            ),
            (
                "[[led]]\npin = 17",
                "1: error: [[led]]: there is no line that says what the LED shows; write shows = \
                 \"status\" or shows = \"playing\"",
            ),
            (
                "[[led]]\nshows = \"status\"",
                "1: error: [[led]]: there is no pin; write pin = 17, or the GPIO that it is \
                 wired to",
            ),
            (
                "[[led]]\npin = 17\nshows = \"status\"\nrenderer = \"TV\"",
                "4: warning: [[led]] renderer = \"TV\": \"status\" shows the state of the whole \
                 box; remove the line, or write shows = \"playing\"",
            ),
            (
                "[[led]]\npin = 17\nshows = \"satus\"",
                "3: error: [[led]] shows = \"satus\": this word is unknown; did you mean \
                 \"status\"?",
            ),
        ]);
    }

    #[test]
    fn faults_in_what_a_button_chooses_are_told() {
        each_is_told(&[
            (
                "[[button]]\npin = 17\npress = \"play_clip\"",
                "1: error: [[button]]: the button has no clip to play; write plays = \
                 \"clip.mp4\"",
            ),
            (
                "[[button]]\npin = 17\npress = \"stop\"\nplays = \"a.mp4\"",
                "4: warning: [[button]] plays = \"a.mp4\": no action of this button uses it; \
                 write press = \"play_clip\" or \"play\", or remove the line",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\nplays = \"a.mp4\"\nagain = \"queue\"",
                "5: warning: [[button]] again = \"queue\": no action of this button uses it; \
                 write press = \"play_clip\", or remove the line",
            ),
            (
                "[[button]]\npin = 17\nlong = \"play_clip\"\npress = \"clip\"\nplays = \"a.mp4\"",
                "4: error: [[button]] press = \"clip\": this word is unknown; did you mean \
                 \"play_clip\"?",
            ),
        ]);
    }
}
