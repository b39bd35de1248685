//! The configuration: TOML in, checked types out. Every error names the file, the line, the key and
//! what to write instead.
//!
//! Terms. A *table* is one `[[renderer]]`, `[[button]]` or `[[led]]`; a *key* is a name in it. A
//! *problem* is what the owner is told: an error (the box does not start its work) or a warning.
//! Reading goes through [`parse`]: `toml` gives a tree with positions, `section` reads typed values
//! from it, `renderer`, `group` and `panel` make tables of it, `check` compares the tables with each other.

mod backend;
mod check;
mod choice;
mod effective;
mod field;
mod files;
mod group;
mod import;
mod panel;
mod parse;
pub mod pins;
mod plays;
mod ports;
mod problem;
mod renderer;
mod schedule;
mod section;
mod spelling;
mod syntax;
#[cfg(test)]
mod tests;
mod vocabulary;
mod who;

pub use effective::{effective, effective_for};
pub use files::FileState;
pub use import::{Imported, import};
pub use parse::{Loaded, parse, parse_for};
pub use pins::Header;
pub use problem::{Problem, Severity};
pub use schedule::{Days, Entry, Then};

use crate::limits::NAME_BYTES;
use crate::text::{Text, clip};
use crate::time::Duration;
use crate::upnp::Udn;
use core::net::Ipv4Addr;
use std::path::{Path, PathBuf};

/// A checked configuration: nothing in it is contradictory.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The box's name, shown to people.
    pub name: Text<NAME_BYTES>,
    /// Where the media are. Absolute.
    pub media_folder: PathBuf,
    /// Port of the media server.
    pub media_port: Port,
    /// Port of status and page, loopback only.
    pub control_port: Port,
    /// Whether renderers are stopped when the box shuts down.
    pub stop_at_exit: bool,
    /// Where the pins are.
    pub gpio: Backend,
    /// What the renderers play. The first rule that matches a renderer holds. Never empty: without
    /// `[[renderer]]` there is one rule for [`Who::Any`].
    /// Those of groups' members, made from the groups, come first: see [`Self::seat`].
    pub rules: Vec<Rule>,
    /// What holds at which times instead.
    pub schedule: Vec<Entry>,
    /// When the wall clock is believed.
    pub clock: WallClock,
    /// Renderers that start together.
    pub groups: Vec<Group>,
    /// The front panel's buttons.
    pub buttons: Vec<Button>,
    /// The front panel's LEDs.
    pub leds: Vec<Led>,
}

/// Where the media are if the file does not say.
pub const MEDIA_FOLDER: &str = "/srv/dlna-kiosk";
/// Port of the media server if the file does not say.
pub const MEDIA_PORT: u16 = 8895;
/// Port of status and page if the file does not say.
pub const CONTROL_PORT: u16 = 8080;

/// The configuration that holds where there is no file: the front panel wired as the README shows it.
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
    /// What holds with an empty file: every renderer may play the media folder, and nothing starts by
    /// itself. No pin is touched that is not named.
    fn default() -> Self {
        let media_folder = PathBuf::from(MEDIA_FOLDER);
        Self {
            name: clip("dlna-kiosk"),
            rules: vec![Rule::by_button(&media_folder)],
            groups: Vec::new(),
            media_folder,
            media_port: Port::From(MEDIA_PORT),
            control_port: Port::From(CONTROL_PORT),
            stop_at_exit: true,
            gpio: Backend::Auto,
            schedule: Vec::new(),
            clock: WallClock::default(),
            buttons: Vec::new(),
            leds: Vec::new(),
        }
    }
}

/// A port to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// Just this one; busy is an error.
    Fixed(u16),
    /// This one, or the next free one of the following 32.
    From(u16),
}

/// When the wall clock is believed: a Pi has none of its own and begins with a time of before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WallClock {
    /// Once it was set from the network (systemd-timesyncd).
    #[default]
    Network,
    /// From the start: there is a clock with a battery, or something else that sets it before.
    Rtc,
}

/// Which GPIO hardware to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The Pi's header if this is a Pi; otherwise none, said once.
    Auto,
    /// A GPIO character device, such as `/dev/gpiochip0`, or its label; lines are pins.
    Chip(String),
    /// No hardware: pins are pressed through a datagram socket at this path, for tests.
    Simulated(PathBuf),
    /// No pins at all.
    None,
}

/// One `[[renderer]]` table.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Which renderers it is for.
    pub who: Who,
    /// What they play, in order: files and folders, absolute. Never empty.
    pub plays: Vec<PathBuf>,
    /// Start by itself when the renderer appears.
    pub autoplay: bool,
    /// Begin again after the last item.
    pub repeat: bool,
    /// In which order.
    pub order: Order,
    /// How long a still is shown.
    pub dwell: Duration,
    /// Volume to set, in per cent.
    pub volume: Option<u8>,
    /// What to do when a viewer stops it with the TV's remote.
    pub on_stop: OnStop,
    /// How rounds follow each other.
    pub loop_method: LoopMethod,
    /// How much of an item's end may be cut by [`LoopMethod::Seek`].
    pub max_cut: Duration,
}

/// A still is shown for this long if the file does not say.
pub const DWELL: Duration = Duration::from_secs(10);

/// In which order files are played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// As written, folders by name.
    #[default]
    Name,
    /// By chance, each once before one comes again.
    Shuffled,
}

impl Rule {
    /// The rule without any `[[renderer]]` table: the media folder, when a button or the page asks.
    fn by_button(media_folder: &Path) -> Self {
        Self {
            who: Who::Any,
            plays: vec![media_folder.to_path_buf()],
            autoplay: false,
            repeat: true,
            order: Order::default(),
            dwell: DWELL,
            volume: None,
            on_stop: OnStop::default(),
            loop_method: LoopMethod::default(),
            max_cut: Duration::ZERO,
        }
    }
}

/// One `[[group]]` table: renderers that play the same and begin each round together.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What people call it.
    pub name: Text<NAME_BYTES>,
    /// Its members. Never empty.
    pub on: Vec<Who>,
    /// What they play; `None`: what their own rules say.
    pub plays: Option<Vec<PathBuf>>,
    /// Begin again after the last item.
    pub repeat: bool,
    /// Volume to set, in per cent; `None`: what their own rules say.
    pub volume: Option<u8>,
    /// How long the others wait for one that is not there or not ready.
    pub wait: Duration,
}

/// Which renderers a [`Rule`] is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// By friendly name, without regard to case.
    Name(Text<NAME_BYTES>),
    /// By UDN.
    Udn(Udn),
    /// By address; found without multicast. With a port: its description is asked for there first.
    Address(Ipv4Addr, Option<u16>),
    /// Every renderer.
    Any,
}

/// Policy when a viewer stops a renderer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnStop {
    /// Leave it until a button is pressed.
    #[default]
    Respect,
    /// Start again after a while: 10 s, 30 s, 60 s.
    Insist,
}

/// How the next round, or the next item, is started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoopMethod {
    /// Restart; seek if `max_cut` allows; next for audio or where proven.
    #[default]
    Auto,
    /// SetAVTransportURI and Play as soon as the end is known.
    Restart,
    /// Seek to 0 just before the end.
    Seek,
    /// SetNextAVTransportURI.
    Next,
}

/// A pin in BCM numbers (Broadcom GPIO), 0 to 27 on the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pin(pub u8);

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
    pub choice: Option<Choice>,
    /// How far `seek_forward` and `seek_back` go.
    pub seek_step: Duration,
}

/// What a button chooses to be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Files and folders, absolute; of several, `play_clip` takes the next one at each press. Never empty.
    pub plays: Vec<PathBuf>,
    /// What `play_clip` does while a clip plays.
    pub again: Again,
    /// How what was interrupted goes on.
    pub back: Back,
    /// After this time what `play` chose is over; `None`: when something else is chosen.
    pub lasts: Option<Duration>,
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

/// How what a clip interrupted goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Back {
    /// Where it was.
    #[default]
    Resume,
    /// From the start of the file.
    Start,
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

/// Which renderers a button or LED is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Targets {
    /// All.
    #[default]
    All,
    /// Those that these match.
    Some(Vec<Who>),
}

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

/// A logic level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// 0 V.
    Low,
    /// 3.3 V.
    High,
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
