//! The configuration: TOML in, checked types out. Every error names the file, the line, the key and what to write
//! instead.
//!
//! Terms. A *table* is one `[[renderer]]`, `[[button]]` or the like; a *key* is a name in it. A *problem* is what the
//! owner is told: an error (the box does not play) or a warning.
//!
//! Each kind of table has a list of its keys beside the type that it is read into: `TOP` here, `GPIO` in [`pins`],
//! `RENDERER` and `GROUP` in `renderer`, `SCHEDULE` in `schedule`, `BUTTON` and `LED` in `panel`. A key is declared there
//! once (`key`): how it is read and printed, what people write instead of it, and what the README and the example file
//! say about it (`reference`). Reading goes through [`parse`]: `toml` gives a tree with positions, `section` reads typed
//! values from it, and then the tables are compared with each other.

mod import;
mod key;
mod media;
mod panel;
pub mod pins;
mod problem;
pub mod reference;
mod renderer;
mod schedule;
mod section;
mod selector;
#[cfg(test)]
mod tests;

pub use import::{Imported, import};
pub use media::FileState;
pub use panel::{
    AfterClip, Button, ButtonChoice, Detection, Led, LedFunction, PanelAction, PinLevel, Pull,
    RepeatPress,
};
pub use pins::{GpioBackend, GpioHeader, Pin};
pub use problem::{Problem, Severity};
pub use renderer::{DWELL, GroupRule, LoopMethod, OnStop, PlayOrder, Rule};
pub use schedule::{Days, ScheduleEntry, ScheduledAction};
pub use selector::{Selector, Targets};

use crate::limits::NAME_BYTES;
use crate::text::{Text, clip};
use key::{About, Of, Printer, Table, Value, Values, Word, Words, key};
use media::{Folders, find_media_folders};
use panel::{BUTTON, LED};
use pins::{GPIO, check_pins};
use problem::{Problems, report_faults};
use renderer::{GROUP, RENDERER, check_groups, check_rules};
use schedule::SCHEDULE;
use section::{Field, Reader, Section};
use selector::check_targets;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// A checked configuration: nothing in it is contradictory.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The box's name, shown to people.
    pub name: Text<NAME_BYTES>,
    /// Where the media are: at least one folder. Absolute. Paths that do not begin with `/` are below the first one.
    pub media_folders: Vec<PathBuf>,
    /// Port of the media server.
    pub media_port: PortChoice,
    /// Port of the control server, on loopback only.
    pub control_port: PortChoice,
    /// Whether renderers are stopped when the box shuts down.
    pub stop_at_exit: bool,
    /// Where the pins are.
    pub gpio: GpioBackend,
    /// What the renderers play. The first rule that matches a renderer applies. The rules of group members come first
    /// (see [`Self::group_slot`]). Never empty: without `[[renderer]]` there is one rule for [`Selector::Any`].
    pub rules: Vec<Rule>,
    /// What applies at certain times instead.
    pub schedule: Vec<ScheduleEntry>,
    /// When the wall clock is trusted.
    pub clock: WallClock,
    /// Renderers that start together.
    pub groups: Vec<GroupRule>,
    /// The front panel's buttons.
    pub buttons: Vec<Button>,
    /// The front panel's LEDs.
    pub leds: Vec<Led>,
}

/// The media folder by default.
pub const MEDIA_FOLDER: &str = "/srv/dlna-kiosk";
/// Port of the media server by default.
pub const MEDIA_PORT: u16 = 8895;
/// Port of the control server by default.
pub const CONTROL_PORT: u16 = 8080;

const TOP: Table<Config> = Table {
    about: About {
        name: "",
        label: "",
        synonyms: "",
        heading: "The box",
        intro: "These lines must stay above the first [table].",
    },
    most: 1,
    blank: Config::default,
    keys: &[
        key("name", "\"Foyer\"", &Of(|it: &mut Config| &mut it.name))
            .doc("The name that the status and the log show.")
            .synonyms("friendly_name title"),
        key("media", "\"/srv/dlna-kiosk\"", &Folders(|it| &mut it.media_folders))
            .doc("The folder with your media, or a list of such folders, on as many disks as you like: one that fails does not\nhold up the others. Nothing outside them can be played.")
            .synonyms("folder folders directory path media_folder media_folders media_dir videos"),
        key("media_port", "8895", &ListenOn(|config| &mut config.media_port))
            .doc("The port from which renderers fetch media.\nSet it if a firewall must let the port through.")
            .synonyms("port http_port"),
        key("control_port", "8080", &ListenOn(|config| &mut config.control_port))
            .doc("The port for the status and the statistics, which only this machine can read.")
            .synonyms("web_port page_port"),
        key("stop_at_exit", "true", &Of(|it: &mut Config| &mut it.stop_at_exit))
            .doc("Whether the renderers stop when the box shuts down."),
        key("clock", "\"network\"", &Of(|it: &mut Config| &mut it.clock))
            .doc("When the schedule trusts the clock, which on most Pis stops without power:")
            .synonyms("rtc"),
    ],
};

/// The configuration without a file: the front panel wired as the README shows.
pub const WITHOUT_FILE: &str = r#"
[[button]]
pin = 17
press = "play_pause"
long = "stop"

[[button]]
pin = 27
press = "next"
long = "prev"

[[button]]
pin = 5
press = "volume_up"

[[button]]
pin = 6
press = "volume_down"

[[led]]
pin = 22
shows = "status"

[[led]]
pin = 23
shows = "playing"
"#;

impl Default for Config {
    /// An empty file: every renderer may play the media folder, nothing starts by itself, and no pin is used.
    fn default() -> Self {
        let media_folders = vec![PathBuf::from(MEDIA_FOLDER)];
        Self {
            name: clip("dlna-kiosk"),
            rules: vec![Rule::by_button(&media_folders)],
            groups: Vec::new(),
            media_folders,
            media_port: PortChoice::From(MEDIA_PORT),
            control_port: PortChoice::From(CONTROL_PORT),
            stop_at_exit: true,
            gpio: GpioBackend::Auto,
            schedule: Vec::new(),
            clock: WallClock::default(),
            buttons: Vec::new(),
            leds: Vec::new(),
        }
    }
}

/// A port to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortChoice {
    /// Only this port; an error if it is taken.
    Fixed(u16),
    /// This port, or the first free one of the 32 after it.
    From(u16),
}

/// A [`PortChoice`]; only a fixed one is written.
struct ListenOn(fn(&mut Config) -> &mut PortChoice);

impl Value<Config> for ListenOn {
    fn values(&self) -> Values {
        Values::new("1 to 65535")
    }

    fn read(&self, reader: &mut Reader<'_>, field: &Field<'_>, to: &mut Config) -> Option<()> {
        let port = u16::try_from(field.whole(reader, 1..=65535)?).ok()?;
        if port < 1024 {
            let advice = format!("write {} = {}, or remove the line", field.key, field.example);
            field.warning(reader, "only root may use ports below 1024", &advice);
        }
        *(self.0)(to) = PortChoice::Fixed(port);
        Some(())
    }

    fn print(&self, key: &str, from: &mut Config, _: &Printer<'_>) -> Option<String> {
        Some(match *(self.0)(from) {
            PortChoice::Fixed(port) => format!("{key} = {port}"),
            PortChoice::From(port) => format!("# {key} = {port}  (or the next free one)"),
        })
    }
}

/// When the wall clock is trusted. A Pi has no clock that runs without power, so it starts with an old time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WallClock {
    /// Once systemd-timesyncd has set it from the network.
    #[default]
    Network,
    /// From the start.
    Rtc,
}

impl Words for WallClock {
    const WORDS: &'static [Word<Self>] = &[
        Word(
            "network",
            Self::Network,
            "once systemd-timesyncd has set it since the start",
            "ntp internet",
        ),
        Word(
            "rtc",
            Self::Rtc,
            "from the start, for a clock with a battery, or one that another program sets",
            "hardware",
        ),
    ];
}

/// The outcome of reading a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The configuration, unless there is an error.
    pub config: Option<Config>,
    /// Everything that is wrong, in the order of the file.
    pub problems: Vec<Problem>,
    /// The LEDs that could be read in spite of errors; they show that there are errors.
    pub leds_anyway: Vec<Led>,
    /// The hardware these LEDs are on.
    pub gpio_anyway: GpioBackend,
}

impl Loaded {
    /// Whether the configuration cannot be used.
    pub fn has_errors(&self) -> bool {
        self.config.is_none()
    }
}

/// Reads the `text` of a configuration file; `files` looks at the disk. All problems are found in one go. If the text
/// is not TOML, only its TOML errors are reported, because the other problems follow from them.
pub fn parse(text: &str, files: &dyn Fn(&Path) -> FileState) -> Loaded {
    parse_for(GpioHeader::default(), text, files)
}

/// As [`parse`], on a machine with this header.
pub fn parse_for(header: GpioHeader, text: &str, files: &dyn Fn(&Path) -> FileState) -> Loaded {
    // Notepad puts a byte order mark before UTF-8.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (document, faults) = DeTable::parse_recoverable(text);
    let mut reader = Reader { problems: Problems::new(text), media: Vec::new(), files };
    let top = Section::new(document.get_ref(), TOP.about.label, 0);
    let config = read(&mut reader, &top, header);
    let mut problems = reader.problems;
    if !faults.is_empty() {
        problems = Problems::new(text);
        report_faults(&mut problems, text, &faults);
    }
    let usable = !problems.has_errors();
    let header = config.gpio.header(header);
    Loaded {
        problems: problems.into_problems(),
        leds_anyway: config.leds.iter().filter(|led| header.has(led.pin)).cloned().collect(),
        gpio_anyway: config.gpio.clone(),
        config: usable.then_some(config),
    }
}

/// Reads as much of the configuration as possible.
fn read(reader: &mut Reader<'_>, top: &Section<'_>, header: GpioHeader) -> Config {
    let (mut config, _) = TOP.read(reader, top);
    find_media_folders(reader, top, &config.media_folders);
    separate_ports(reader, top, &mut config);
    config.gpio = GpioBackend::read(reader, top);
    let rules = read_tables(reader, top, &RENDERER, Rule::read);
    let groups = read_tables(reader, top, &GROUP, GroupRule::read);
    let schedule = read_tables(reader, top, &SCHEDULE, ScheduleEntry::read);
    let buttons = read_tables(reader, top, &BUTTON, Button::read);
    let leds = read_tables(reader, top, &LED, Led::read);

    check_rules(reader, &rules);
    check_groups(reader, &groups, &rules);
    check_pins(reader, config.gpio.header(header), &config.gpio, &buttons, &leds);
    let on_buttons = buttons.iter().map(|(section, button)| (section, "renderer", &button.targets));
    let on_leds = leds.iter().filter_map(|(section, led)| match &led.shows {
        LedFunction::Playing(targets) => Some((section, "renderer", targets)),
        LedFunction::Status => None,
    });
    let on_schedule = schedule.iter().map(|(section, entry)| (section, "on", &entry.targets));
    for (section, key, targets) in on_buttons.chain(on_leds).chain(on_schedule) {
        check_targets(reader, section, key, targets, &rules, &groups);
    }

    config.rules = match rules.is_empty() {
        true => vec![Rule::by_button(&config.media_folders)],
        false => values(rules),
    };
    config.schedule = values(schedule);
    config.buttons = values(buttons);
    config.leds = values(leds);
    config.join(values(groups));
    config
}

fn values<T>(tables: Vec<(Section<'_>, T)>) -> Vec<T> {
    tables.into_iter().map(|(_, value)| value).collect()
}

/// Reads the tables of one kind, at most as many as are possible.
fn read_tables<'a, T>(
    reader: &mut Reader<'_>,
    top: &Section<'a>,
    kind: &Table<T>,
    read: fn(&mut Reader<'_>, &Section<'_>) -> Option<T>,
) -> Vec<(Section<'a>, T)> {
    let Some(field) = top.field(kind.about.name) else {
        return Vec::new();
    };
    let label = kind.about.label;
    let mut found = Vec::new();
    let mut others = false;
    match field.value {
        DeValue::Table(table) => {
            let section = Section::new(table, label, field.at);
            section.warning(
                reader,
                "one pair of brackets allows only one such table",
                &format!("write {label} with two pairs"),
            );
            found.push(section);
        }
        DeValue::Array(list) => {
            for one in list {
                match one.get_ref() {
                    DeValue::Table(table) => {
                        found.push(Section::new(table, label, one.span().start));
                    }
                    _ => others = true,
                }
            }
        }
        _ => others = true,
    }
    if others {
        field.error(
            reader,
            "this is not a table",
            &format!("write {label} on a line of its own, and its keys below it"),
        );
    }
    if let Some(surplus) = found.get(kind.most) {
        surplus.error(
            reader,
            &format!("there are {} {label} tables", found.len()),
            &format!("at most {} are possible: remove some", kind.most),
        );
        found.truncate(kind.most);
    }
    found.into_iter().filter_map(|section| Some((section, read(reader, &section)?))).collect()
}

/// Reports two fixed ports that are the same, and moves a default port away from a fixed one.
fn separate_ports(reader: &mut Reader<'_>, top: &Section<'_>, config: &mut Config) {
    match (config.media_port, config.control_port) {
        (PortChoice::Fixed(media), PortChoice::Fixed(control)) if media == control => {
            if let Some(field) = top.field("control_port") {
                let spare = if control == CONTROL_PORT { CONTROL_PORT + 1 } else { CONTROL_PORT };
                field.error(
                    reader,
                    &format!("port {control} is already the media port"),
                    &format!("write another one, such as control_port = {spare}"),
                );
            }
        }
        (PortChoice::Fixed(media), PortChoice::From(control)) if media == control => {
            config.control_port = PortChoice::From(control + 1);
        }
        (PortChoice::From(media), PortChoice::Fixed(control)) if media == control => {
            config.media_port = PortChoice::From(media + 1);
        }
        _ => {}
    }
}

/// `config` as TOML, with the defaults written out. Reading it gives the same configuration.
pub fn effective(config: &Config) -> String {
    effective_for(GpioHeader::default(), config)
}

/// As [`effective`], on a machine with this header.
pub fn effective_for(header: GpioHeader, config: &Config) -> String {
    let mut out = Printer::new(header, &config.media_folders[0]);
    out.line("# The configuration in force.");
    TOP.print(config, &mut out);
    GPIO.print(&config.gpio, &mut out);
    // The rules of group members follow from the groups.
    let members = config.groups.iter().map(|group| group.on.len()).sum();
    config.rules.iter().skip(members).for_each(|rule| RENDERER.print(rule, &mut out));
    config.schedule.iter().for_each(|entry| SCHEDULE.print(entry, &mut out));
    config.groups.iter().for_each(|group| GROUP.print(group, &mut out));
    config.buttons.iter().for_each(|button| BUTTON.print(button, &mut out));
    config.leds.iter().for_each(|led| LED.print(led, &mut out));
    out.text
}
