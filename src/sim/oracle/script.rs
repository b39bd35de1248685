//! A script: the room as data, and a list of deeds with their times. The same script can run again without some of its
//! deeds, which is what shrinking does. A script prints itself as Rust, ready to be pasted into a story.

use super::schedule::Entry;
use crate::sim::world::Damage;
use crate::time::Duration;
use core::fmt;

/// The files of every room: path and true length in milliseconds. The names in the rest of the oracle are those after
/// the folder.
pub const FILES: [(&str, u64); 10] = [
    ("/m/menu.jpg", 0),
    ("/m/poster.jpg", 0),
    ("/m/film.mp4", 1_500_000),
    ("/m/news.mp4", 600_000),
    ("/m/song.mp3", 190_000),
    ("/m/open.mp4", 900_000),
    ("/m/night.mp4", 700_000),
    ("/m/evening.mp4", 800_000),
    ("/m/other.mp4", 400_000),
    ("/m/dragon.mp4", 30_000),
];

/// How long a picture is shown.
pub const DWELL: Duration = Duration::from_secs(40);

/// What the `[[renderer]]` table of a room plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Films and a song, in this order.
    Films,
    /// The same in any order.
    Shuffled,
    /// Pictures among films.
    Pictures,
}

impl List {
    /// The files by their names.
    pub const fn files(self) -> &'static [&'static str] {
        match self {
            Self::Films | Self::Shuffled => &["film.mp4", "news.mp4", "song.mp3"],
            Self::Pictures => &["menu.jpg", "news.mp4", "poster.jpg", "song.mp3"],
        }
    }
}

/// What the choice for a time plays.
pub const FOR_A_TIME: [&str; 2] = ["evening.mp4", "other.mp4"];
/// How long the choice for a time holds, in seconds.
pub const LASTS: u64 = 1_800;
/// What the choice without an end plays.
pub const FOR_GOOD: [&str; 1] = ["night.mp4"];
/// The clip.
pub const CLIP: &str = "dragon.mp4";

/// What a person can order with a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    PlayPause,
    Stop,
    Next,
    Play,
    Pause,
    Previous,
    Clip,
    Identify,
    Mute,
    ChooseForATime,
    Automatic,
    SeekForward,
    ChooseForGood,
    SeekBack,
    VolumeUp,
    VolumeDown,
}

/// How a button is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    Short,
    Long,
    Double,
}

impl Order {
    /// All orders.
    pub const ALL: [Self; 16] = [
        Self::PlayPause,
        Self::Stop,
        Self::Next,
        Self::Play,
        Self::Pause,
        Self::Previous,
        Self::Clip,
        Self::Identify,
        Self::Mute,
        Self::ChooseForATime,
        Self::Automatic,
        Self::SeekForward,
        Self::ChooseForGood,
        Self::SeekBack,
        Self::VolumeUp,
        Self::VolumeDown,
    ];

    /// Which of the buttons of a target gives the order, and with which press.
    pub const fn button(self) -> (u8, Press) {
        match self {
            Self::PlayPause => (0, Press::Short),
            Self::Stop => (0, Press::Long),
            Self::Next => (0, Press::Double),
            Self::Play => (1, Press::Short),
            Self::Pause => (1, Press::Long),
            Self::Previous => (1, Press::Double),
            Self::Clip => (2, Press::Short),
            Self::Identify => (2, Press::Long),
            Self::Mute => (2, Press::Double),
            Self::ChooseForATime => (3, Press::Short),
            Self::Automatic => (3, Press::Long),
            Self::SeekForward => (3, Press::Double),
            Self::ChooseForGood => (4, Press::Short),
            Self::SeekBack => (4, Press::Long),
            Self::VolumeUp => (4, Press::Double),
            Self::VolumeDown => (5, Press::Short),
        }
    }
}

/// Something that happens to the room. Numbers are renderers, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A person gives an order at the box, for one renderer or for all.
    Order(Order, Option<usize>),
    /// A viewer presses stop on the remote control of a renderer.
    ViewerStops(usize),
    /// A viewer presses pause.
    ViewerPauses(usize),
    /// A viewer presses play.
    ViewerPlays(usize),
    /// A viewer plays something else.
    ViewerPlaysOther(usize),
    /// A viewer changes the volume.
    ViewerVolume(usize, u16),
    /// A viewer puts the renderer into standby.
    Standby(usize),
    /// A viewer switches the renderer off.
    SwitchOff(usize),
    /// The renderer loses its power.
    PullPlug(usize),
    /// The renderer is on again.
    SwitchOn(usize),
    /// The renderer loses its power and is on again a second later.
    Reboot(usize),
    /// The renderer is off for two seconds and comes back with another UDN.
    NewUdn(usize),
    /// Two renderers are off for two seconds, and each comes back at the address of the other.
    SwapAddresses(usize, usize),
    /// The program of the renderer hangs.
    Hang(usize),
    /// It goes on.
    Wake(usize),
    /// The renderer is cut off from the box.
    Cut(usize),
    /// It is connected again.
    Mend(usize),
    /// The renderer says byebye and alive, and does nothing else.
    ByebyeAndAlive(usize),
    /// The network is poor.
    PoorNetwork,
    /// The network is good again.
    GoodNetwork,
    /// A file is removed: an index into [`FILES`].
    Remove(usize),
    /// A file is put back, or replaced by another one of the same length.
    Put(usize),
    /// A file is replaced by one with something wrong in it.
    Spoil(usize, Damage),
    /// A task of the box hangs, by its number.
    HangTask(usize),
    /// The stick with the media is pulled out.
    PullStick,
    /// It is plugged in again.
    PlugStick,
    /// The disk with the media hangs.
    HangDisk,
    /// It answers again.
    DiskAnswers,
    /// All media connections break.
    BreakStreams,
    /// The box loses its power for a moment.
    RestartBox,
    /// The box gets another address; the number is its last part.
    MoveBox(u8),
}

/// A room.
#[derive(Clone, PartialEq)]
pub struct Room {
    pub seed: u64,
    /// What is odd about each renderer, by the names in the table of oddities.
    pub odd: Vec<Vec<&'static str>>,
    pub list: List,
    /// `loop` of the table.
    pub repeat: bool,
    /// `volume` of the table.
    pub volume: Option<u8>,
    pub autoplay: bool,
    pub insists: bool,
    /// What a second press of the clip's button does.
    pub queues: bool,
    pub schedule: Vec<Entry>,
    /// All renderers are one group, whose members wait this many seconds for each other.
    pub group: Option<u64>,
}

/// A room and what happens in it.
#[derive(Clone, PartialEq)]
pub struct Script {
    pub room: Room,
    /// Time in milliseconds, and what happens then.
    pub deeds: Vec<(u64, Deed)>,
    /// When the script ends, in milliseconds.
    pub ends: u64,
}

/// As Rust, ready to be pasted.
impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Room { seed, odd, list, repeat, volume, .. } = &self.room;
        let Room { autoplay, insists, queues, schedule, group, .. } = &self.room;
        writeln!(f, "Script {{")?;
        writeln!(f, "    room: Room {{")?;
        writeln!(f, "        seed: {seed},")?;
        let odd: Vec<String> = odd.iter().map(|names| format!("vec!{names:?}")).collect();
        writeln!(f, "        odd: vec![{}],", odd.join(", "))?;
        writeln!(f, "        list: List::{list:?},")?;
        writeln!(f, "        repeat: {repeat},")?;
        writeln!(f, "        volume: {volume:?},")?;
        writeln!(f, "        autoplay: {autoplay},")?;
        writeln!(f, "        insists: {insists},")?;
        writeln!(f, "        queues: {queues},")?;
        let schedule = format!("{schedule:?}").replace("shows: ", "shows: Shows::");
        writeln!(f, "        schedule: vec!{schedule},")?;
        writeln!(f, "        group: {group:?},")?;
        writeln!(f, "    }},")?;
        writeln!(f, "    deeds: vec![")?;
        for (at, deed) in &self.deeds {
            let written = match deed {
                Deed::Spoil(file, damage) => format!("Spoil({file}, Damage::{damage:?})"),
                _ => format!("{deed:?}").replace("Order(", "Order(Order::"),
            };
            writeln!(f, "        ({at}, Deed::{written}),")?;
        }
        writeln!(f, "    ],")?;
        writeln!(f, "    ends: {},", self.ends)?;
        write!(f, "}}")
    }
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Room of seed {}", self.seed)
    }
}
