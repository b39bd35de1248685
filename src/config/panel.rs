//! The `[[button]]` and `[[led]]` tables.

use super::key::{As, Custom, Key, Of, Plain, Seconds, Table, Word, Words, word};
use super::pins::{Backend, Header, Pin};
use super::section::{Reader, Section};
use super::selector::Targets;
use crate::limits::PINS;
use crate::time::Duration;
use std::path::PathBuf;

/// One `[[button]]` table.
#[derive(Clone, Debug, PartialEq)]
pub struct Button {
    /// Where it is wired.
    pub pin: Pin,
    /// On a short press.
    pub press: Option<PanelAction>,
    /// On a press held for `hold_time`. With a volume action on `press` and no `long`, holding repeats it.
    pub long: Option<PanelAction>,
    /// On two presses within 0.4 s.
    pub double: Option<PanelAction>,
    /// How long is long.
    pub hold_time: Duration,
    /// How long the contact may bounce.
    pub debounce: Duration,
    /// Internal resistor.
    pub pull: Pull,
    /// Level when pressed.
    pub active: Level,
    /// How it is read.
    pub detect: Detect,
    /// Which renderers it acts on.
    pub targets: Targets,
    /// What `play_clip` and `play` choose.
    pub choice: Choice,
    /// How far `seek_forward` and `seek_back` go.
    pub seek_step: Duration,
}

/// What a button chooses to be played.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Files and folders, absolute; of several, `play_clip` takes the next one at each press. Empty if the button chooses
    /// nothing.
    pub plays: Vec<PathBuf>,
    /// What `play_clip` does while a clip plays.
    pub again: Again,
    /// How what was interrupted goes on.
    pub back: Back,
    /// After this time what `play` chose is over; `None`: when something else is chosen.
    pub lasts: Option<Duration>,
}

pub(super) const BUTTON: Table<Button> = Table {
    name: "button",
    label: "[[button]]",
    synonyms: &["buttons", "switch"],
    most: PINS,
    heading: "Buttons",
    intro: "Pins are GPIO numbers (BCM), 0 to 27, not positions on the header. A button goes between its GPIO and \
            ground; it needs nothing else. The GPIOs without another use, with their positions on the header:\n\
            \x20 GPIO  4   5   6  12  13  16  17  18  19  20  21  22  23  24  25  26  27\n\
            \x20 pin   7  29  31  32  33  36  11  12  35  38  40  15  16  18  22  37  13\n\
            \x20 ground: 6, 9, 14, 20, 25, 30, 34, 39\n\
            Pi 1 models A and B have 26 pins, without GPIO 5, 6, 12, 13, 16, 19, 20 and 26; see `dlna-kiosk check`.\n\
            Avoid GPIO 0, 1 (HAT EEPROM), 2, 3 (I²C), 7 to 11 (SPI), 14 and 15 (serial console).\n\
            `dlna-kiosk learn` tells which pin is pressed and prints the lines to paste here (stop the box first).",
    blank: || Button {
        pin: Pin(0),
        press: None,
        long: None,
        double: None,
        hold_time: Duration::from_secs(1),
        // A cheap push-button bounces for up to 20 ms.
        debounce: Duration::from_millis(30),
        pull: Pull::Up,
        active: Level::Low,
        detect: Detect::Edges,
        targets: Targets::All,
        choice: Choice { plays: Vec::new(), again: Again::Restart, back: Back::Resume, lasts: None },
        seek_step: Duration::from_secs(10),
    },
    keys: &[
        Key::new("pin", &["17"], "The pin that it is wired to.", &Of(|button: &mut Button| &mut button.pin))
            .synonyms(&["gpio", "bcm"])
            .required("there is no pin", "write pin = 17, or where it is wired"),
        Key::new(
            "press",
            &["\"play_pause\""],
            "What a short press does:",
            &Of(|button: &mut Button| &mut button.press),
        )
        .synonyms(&["action", "click", "short", "does"]),
        Key::new(
            "long",
            &["\"stop\""],
            "What a long press does.\nWith the volume on press and without long, holding the button repeats it.",
            &As("press", &Of(|button: &mut Button| &mut button.long)),
        )
        .synonyms(&["hold", "held", "long_press"]),
        Key::new(
            "double",
            &["\"next\""],
            "What two presses within 0.4 s do.",
            &As("press", &Of(|button: &mut Button| &mut button.double)),
        )
        .synonyms(&["double_click", "double_press"]),
        Key::new(
            "hold_time",
            &["1.0"],
            "How long a long press is.",
            &Seconds { at: |button: &mut Button| &mut button.hold_time, zero: false, most: 30.0 },
        ),
        Key::new(
            "debounce",
            &["0.03"],
            "For how long the contact may bounce.",
            &Seconds { at: |button: &mut Button| &mut button.debounce, zero: false, most: 1.0 },
        )
        .synonyms(&["bounce", "bounce_time"]),
        Key::new(
            "pull",
            &["\"up\""],
            "The internal resistor:",
            &Of(|button: &mut Button| &mut button.pull),
        )
        .synonyms(&["pull_up", "pull_down", "resistor"]),
        Key::new(
            "active",
            &["\"low\""],
            "The level when it is pressed; \"high\" with pull = \"down\" if not given.",
            &Of(|button: &mut Button| &mut button.active),
        )
        .synonyms(&["level", "active_low", "active_high"]),
        Key::new(
            "detect",
            &["\"edges\""],
            "How it is read:",
            &Of(|button: &mut Button| &mut button.detect),
        ),
        Key::new(
            "renderer",
            &["\"TV 1\"", "[\"TV 1\", \"uuid:…\"]"],
            "Which renderers it acts on; all if not given.",
            &Of(|button: &mut Button| &mut button.targets),
        )
        .synonyms(&["renderers", "target", "device", "tv"]),
        Key::new(
            "plays",
            &["\"clips/dragon.mp4\""],
            "What \"play_clip\" and \"play\" play.\n\
             \"play_clip\" plays it over everything else, then that goes on; of several files each press plays the \
             next one. \"play\" plays it from now on, until \"auto\" or for as long as lasts says.",
            &Of(|button: &mut Button| &mut button.choice.plays),
        )
        .synonyms(&["clip", "file", "folder"])
        .only_if(
            |button| button.does(PanelAction::PlayClip) || button.does(PanelAction::Play),
            UNUSED,
            "write press = \"play_clip\" or \"play\", or leave the line out",
        ),
        Key::new(
            "again",
            &["\"restart\""],
            "What another press does while a clip plays:",
            &Of(|button: &mut Button| &mut button.choice.again),
        )
        .synonyms(&["retrigger", "repress"])
        .only_if(|button| button.does(PanelAction::PlayClip), UNUSED, FOR_CLIPS),
        Key::new(
            "back",
            &["\"resume\""],
            "How the interrupted file goes on after the clip:",
            &Of(|button: &mut Button| &mut button.choice.back),
        )
        .synonyms(&["returns"])
        .only_if(|button| button.does(PanelAction::PlayClip), UNUSED, FOR_CLIPS),
        Key::new(
            "lasts",
            &["3600"],
            "For how long what \"play\" plays holds; until something else is chosen if not given.",
            &Seconds { at: |button: &mut Button| &mut button.choice.lasts, zero: false, most: 86_400.0 },
        )
        .synonyms(&["expires"])
        .only_if(
            |button| button.does(PanelAction::Play),
            UNUSED,
            "write press = \"play\", or leave the line out",
        ),
        Key::new(
            "seek_step",
            &["10"],
            "How far \"seek_forward\" and \"seek_back\" go.",
            &Seconds { at: |button: &mut Button| &mut button.seek_step, zero: false, most: 3600.0 },
        )
        .synonyms(&["step", "seek"])
        .only_if(
            |button| button.does(PanelAction::SeekForward) || button.does(PanelAction::SeekBack),
            UNUSED,
            "write press = \"seek_forward\" or \"seek_back\", or leave the line out",
        ),
    ],
};

const UNUSED: &str = "nothing that this button does needs it";
const FOR_CLIPS: &str = "write press = \"play_clip\", or leave the line out";

/// What a button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PanelAction {
    /// Play if it does not play, else pause.
    PlayPause,
    /// Play, or go on.
    Play,
    /// Pause.
    Pause,
    /// Stop.
    Stop,
    /// Next item.
    Next,
    /// Previous item.
    Prev,
    /// Louder by one step.
    VolumeUp,
    /// Softer by one step.
    VolumeDown,
    /// Mute, or unmute.
    Mute,
    /// Go on in the file.
    SeekForward,
    /// Go back in the file.
    SeekBack,
    /// Play a clip over what plays, then go back to that.
    PlayClip,
    /// What schedule and standing programme say holds again.
    Auto,
    /// Each renderer shows its own name for a while.
    Identify,
    /// Switch the machine off.
    Shutdown,
}

impl Words for PanelAction {
    const WORDS: &'static [Word<Self>] = &[
        word("play_pause", Self::PlayPause, "play, or pause what plays", &["toggle"]),
        word("play", Self::Play, "play, or go on", &["start"]),
        word("pause", Self::Pause, "pause", &[]),
        word("stop", Self::Stop, "stop", &["halt"]),
        word("next", Self::Next, "the next file", &["forward", "skip"]),
        word("prev", Self::Prev, "the previous file", &["previous", "back"]),
        word("volume_up", Self::VolumeUp, "louder", &["louder", "vol_up"]),
        word("volume_down", Self::VolumeDown, "softer", &["softer", "vol_down"]),
        word("mute", Self::Mute, "mute, or unmute", &[]),
        word("seek_forward", Self::SeekForward, "go forward in the file by seek_step", &[]),
        word("seek_back", Self::SeekBack, "go back in the file by seek_step", &["rewind"]),
        word(
            "play_clip",
            Self::PlayClip,
            "play a clip over what plays, which then goes on",
            &["clip"],
        ),
        word(
            "auto",
            Self::Auto,
            "go back to what the schedule and the [[renderer]] tables say",
            &["automatic"],
        ),
        word("identify", Self::Identify, "each renderer shows its own name for 10 s", &["who"]),
        word(
            "shutdown",
            Self::Shutdown,
            "switch the machine off; only on long, and the README says what it needs",
            &["poweroff", "power_off"],
        ),
    ];
}

impl PanelAction {
    /// Its word in the file, in the log and in the status.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.to_word()
    }
}

/// What another press does while a clip plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Again {
    /// The new clip takes over; the same one begins anew.
    #[default]
    Restart,
    /// Nothing.
    Ignore,
    /// The new clip comes after those that play and wait.
    Queue,
}

impl Words for Again {
    const WORDS: &'static [Word<Self>] = &[
        word("restart", Self::Restart, "the new clip takes over", &[]),
        word("ignore", Self::Ignore, "nothing", &[]),
        word("queue", Self::Queue, "the new clip plays after those that wait", &["wait"]),
    ];
}

/// How what a clip interrupted goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Back {
    /// Where it was.
    #[default]
    Resume,
    /// From the start of the file.
    Start,
}

impl Words for Back {
    const WORDS: &'static [Word<Self>] = &[
        word("resume", Self::Resume, "where it was", &[]),
        word("start", Self::Start, "from the start", &[]),
    ];
}

/// Internal pull resistor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pull {
    /// To 3.3 V: for a button to ground.
    #[default]
    Up,
    /// To ground: for a button to 3.3 V.
    Down,
    /// None: there is a resistor outside.
    Off,
}

impl Words for Pull {
    const WORDS: &'static [Word<Self>] = &[
        word("up", Self::Up, "for a button to ground", &[]),
        word("down", Self::Down, "for a button to 3.3 V", &[]),
        word("off", Self::Off, "there is a resistor outside", &["none"]),
    ];
}

/// A logic level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// 0 V.
    Low,
    /// 3.3 V.
    High,
}

impl Words for Level {
    const WORDS: &'static [Word<Self>] =
        &[word("low", Self::Low, "0 V", &[]), word("high", Self::High, "3.3 V", &[])];
}

/// How a button is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detect {
    /// By edges from the kernel: no wakeups at rest.
    #[default]
    Edges,
    /// By looking at the level every 10 ms: where edges do not work.
    Level,
}

impl Words for Detect {
    const WORDS: &'static [Word<Self>] = &[
        word("edges", Self::Edges, "the kernel reports each change: no work at rest", &[]),
        word("level", Self::Level, "the box looks every 10 ms: where edges do not work", &["poll"]),
    ];
}

impl Button {
    /// A button between `pin` and ground that only does `press`: the defaults of `[[button]]`.
    #[must_use]
    pub fn plain(pin: Pin, press: PanelAction) -> Self {
        Self { pin, press: Some(press), ..(BUTTON.blank)() }
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

    /// Reads one table; `None` without a usable pin.
    pub(super) fn read(reader: &mut Reader<'_>, section: &Section<'_>) -> Option<Self> {
        let (mut button, understood) = BUTTON.read(reader, section);
        if button.pull == Pull::Down && !understood.contains(&"active") {
            button.active = Level::High;
        }
        button.check_actions(reader, section);
        if button.does(PanelAction::PlayClip) && !section.has("plays") {
            section.error(reader, "it is not said which clip", "write plays = \"clip.mp4\"");
        }
        button.check_wiring(reader, section);
        understood.contains(&"pin").then_some(button)
    }

    /// Whether the presses can be told apart and do something.
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
                    "whoever only touches the button would switch the machine off",
                    "write long = \"shutdown\", and for how long to hold it: hold_time = 3",
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
                "nothing happens on a long press",
                "write long = \"stop\", or another action, or leave the line out",
            );
        }
        if self.hold_time <= self.debounce {
            if let Some(field) = hold_time {
                field.error(reader, "this is not longer than debounce", "write hold_time = 1.0");
            } else if let Some(field) = section.field("debounce") {
                field.error(reader, "this is as long as a long press", "write debounce = 0.03");
            }
        }
        if let (Some(field), true) = (section.field("long"), self.long == self.press) {
            field.warning(
                reader,
                "a long press does the same as a short one",
                "leave the line out, or write another action",
            );
        }
        if let (Some(field), true) = (section.field("double"), repeats) {
            field.warning(
                reader,
                "with double, the volume waits 0.4 s after each press for a second one",
                "leave the line out, or put it on another button",
            );
        }
    }

    /// Whether the button is at rest when nobody presses it.
    fn check_wiring(&self, reader: &mut Reader<'_>, section: &Section<'_>) {
        let (written, other) = match (self.pull, self.active) {
            (Pull::Up, Level::High) => ("up", "low"),
            (Pull::Down, Level::Low) => ("down", "high"),
            _ => return,
        };
        if let Some(field) = section.field("active") {
            field.warning(
                reader,
                format!("with pull = \"{written}\" the button counts as pressed while it is open"),
                format!("write active = \"{other}\", unless the contact opens when pressed"),
            );
        }
    }
}

/// One `[[led]]` table.
#[derive(Clone, Debug, PartialEq)]
pub struct Led {
    /// Where it is wired.
    pub pin: Pin,
    /// What it shows.
    pub shows: Shows,
    /// Level when lit.
    pub active: Level,
}

/// What an LED shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The state of the box: see the table of patterns.
    Status,
    /// Lit while any of these renderers plays.
    Playing(Targets),
}

impl Words for Shows {
    const WORDS: &'static [Word<Self>] = &[
        word(
            "status",
            Self::Status,
            "how the box is; `dlna-kiosk leds` shows every pattern",
            &["state"],
        ),
        word("playing", Self::Playing(Targets::All), "lit while a renderer plays", &[]),
    ];

    fn to_word(&self) -> &'static str {
        if *self == Self::Status { "status" } else { "playing" }
    }
}

pub(super) const LED: Table<Led> = Table {
    name: "led",
    label: "[[led]]",
    synonyms: &["leds", "light"],
    most: PINS,
    heading: "LEDs",
    intro: "From the GPIO through a resistor (330 Ω to 1 kΩ) to the LED, and from there to ground.",
    blank: || Led { pin: Pin(0), shows: Shows::Playing(Targets::All), active: Level::High },
    keys: &[
        Key::new("pin", &["22"], "The pin that it is wired to.", &Of(|led: &mut Led| &mut led.pin))
            .synonyms(&["gpio", "bcm"])
            .required("there is no pin", "write pin = 17, or where it is wired"),
        Key::new("shows", &["\"status\""], "What it shows:", &Of(|led: &mut Led| &mut led.shows))
            .synonyms(&["show", "state", "function"])
            .required(
                "it is not said what the LED shows",
                "write shows = \"status\" or shows = \"playing\"",
            ),
        Key::new(
            "renderer",
            &["\"TV 1\""],
            "With \"playing\": which renderers; any if not given.",
            &Custom {
                describe: "as for `[[button]]`",
                words: &[],
                read: |reader, field, led: &mut Led| {
                    led.shows = Shows::Playing(Targets::read(reader, field)?);
                    Some(())
                },
                print: |key, led, out| {
                    if let Shows::Playing(targets) = &led.shows
                        && let Some(targets) = targets.print(out)
                    {
                        out.value(key, targets);
                    }
                },
            },
        )
        .synonyms(&["renderers", "target", "device", "tv"])
        .only_if(
            |led| matches!(led.shows, Shows::Playing(_)),
            "the status is that of the whole box",
            "leave the line out, or write shows = \"playing\"",
        ),
        Key::new(
            "active",
            &["\"high\""],
            "The level when it is lit; \"low\" for an LED between 3.3 V and the GPIO.",
            &Of(|led: &mut Led| &mut led.active),
        )
        .synonyms(&["level", "active_low", "active_high"]),
    ],
};

impl Led {
    /// Reads one table; `None` without a usable pin.
    pub(super) fn read(reader: &mut Reader<'_>, section: &Section<'_>) -> Option<Self> {
        let (mut led, understood) = LED.read(reader, section);
        if !understood.contains(&"shows") {
            led.shows = Shows::Status;
        }
        understood.contains(&"pin").then_some(led)
    }
}

/// One thing on each pin, on the header, and nothing the Pi itself is using.
pub(super) fn check_pins(
    reader: &mut Reader<'_>,
    header: Header,
    gpio: &Backend,
    buttons: &[(Section<'_>, Button)],
    leds: &[(Section<'_>, Led)],
) {
    let on_buttons = buttons.iter().map(|(section, button)| (section, button.pin));
    let on_leds = leds.iter().map(|(section, led)| (section, led.pin));
    let wired: Vec<(&Section<'_>, Pin)> = on_buttons.chain(on_leds).collect();
    let used: Vec<Pin> = wired.iter().map(|&(_, pin)| pin).collect();
    if let (Backend::None, Some((section, _))) = (gpio, wired.first()) {
        section.warning(
            reader,
            "buttons and LEDs do nothing with backend = \"none\"",
            "write backend = \"auto\" below [gpio]",
        );
    }
    if let Some((section, _)) = wired.get(PINS) {
        section.error(
            reader,
            format!("there are {} buttons and LEDs", wired.len()),
            format!("the header has {PINS} pins: leave some out"),
        );
    }
    let elsewhere = match header.alternative(&used) {
        Some(free) => format!("wire it to {} and write pin = {}", header.describe(free), free.0),
        None => "wire it to another pin".to_owned(),
    };
    for (i, &(section, pin)) in wired.iter().enumerate() {
        let Some(field) = section.field("pin") else {
            continue;
        };
        if let Some((other, _)) = wired.iter().take(i).find(|(_, other)| *other == pin) {
            let (label, line) = (other.label, reader.problems.line_of(other.at));
            let shown = header.describe(pin);
            let message = format!("{shown} is used by the {label} in line {line} too");
            field.error(reader, message, elsewhere.clone());
        } else if !header.has(pin) {
            field.error(
                reader,
                format!(
                    "GPIO{} is not on the header of this Raspberry Pi, which has {} pins",
                    pin.0,
                    header.size()
                ),
                elsewhere.clone(),
            );
        } else if let (Some(function), false) =
            (header.special_function(pin), matches!(gpio, Backend::Simulated(_)))
        {
            field.warning(
                reader,
                format!("{} is also used for {function}", header.describe(pin)),
                format!("{elsewhere}, unless you are sure"),
            );
        }
    }
    for (section, button) in buttons {
        if matches!(button.pin, Pin(2 | 3))
            && button.pull == Pull::Down
            && let Some(field) = section.field("pull")
        {
            let message = format!("{} has a fixed pull-up resistor", header.describe(button.pin));
            field.warning(reader, message, elsewhere.clone());
        }
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

    #[test]
    fn faults_in_what_a_button_chooses_are_told() {
        each_is_told(&[
            (
                "[[button]]\npin = 17\npress = \"play_clip\"",
                "1: error: [[button]]: it is not said which clip; write plays = \"clip.mp4\"",
            ),
            (
                "[[button]]\npin = 17\npress = \"stop\"\nplays = \"a.mp4\"",
                "4: warning: [[button]] plays = \"a.mp4\": nothing that this button does needs \
                 it; write press = \"play_clip\" or \"play\", or leave the line out",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\nplays = \"a.mp4\"\nagain = \"queue\"",
                "5: warning: [[button]] again = \"queue\": nothing that this button does needs \
                 it; write press = \"play_clip\", or leave the line out",
            ),
            (
                "[[button]]\npin = 17\nlong = \"play_clip\"\npress = \"clip\"\nplays = \"a.mp4\"",
                "4: error: [[button]] press = \"clip\": this word is unknown; did you mean \
                 \"play_clip\"?",
            ),
        ]);
    }
}
