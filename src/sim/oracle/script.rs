//! A script: the room as data, and a list of deeds with their times. The same script can run again without some of its
//! deeds, which is what shrinking does. A script prints itself as Rust, ready to be pasted into a story.

use super::oddities;
use super::schedule::{Entry, Shows};
use crate::time::Duration;
use core::fmt;
use core::ops::Range;
use fastrand::Rng;

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

/// How a generated script is to be.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    pub hours: u64,
    pub renderers: usize,
    /// The most oddities of one renderer.
    pub oddities: usize,
    /// Also faults of the network, the files and the box.
    pub rough: bool,
    /// A schedule.
    pub scheduled: bool,
    /// One group of all renderers.
    pub grouped: bool,
}

/// How many renderers have buttons of their own.
pub const BUTTONED: usize = 3;

/// The pause between two deeds, in milliseconds. Most deeds have time to show their effect.
const PAUSE: Range<u64> = 60_000..600_000;
/// The pause after one deed in five: people press twice, and faults meet.
const SHORT_PAUSE: Range<u64> = 200..20_000;

impl Script {
    /// The script of this seed.
    pub fn of(seed: u64, wish: Wish) -> Self {
        let mut rng = Rng::with_seed(seed ^ 0x0_4ac1e);
        let odd = (0..wish.renderers)
            .map(|_| match wish.oddities {
                0 => Vec::new(),
                most => oddities::draw(&mut rng, most),
            })
            .collect();
        let room = Room {
            seed,
            odd,
            list: match rng.u8(..6) {
                0 => List::Pictures,
                1 => List::Shuffled,
                _ => List::Films,
            },
            repeat: rng.u8(..8) > 0,
            volume: rng.bool().then(|| 10 * rng.u8(1..10)),
            // Groups start by themselves.
            autoplay: rng.u8(..4) > 0 || wish.grouped,
            insists: rng.u8(..3) == 0,
            queues: rng.bool(),
            schedule: if wish.scheduled {
                entries(&mut rng, wish.renderers, wish.grouped)
            } else {
                Vec::new()
            },
            group: wish.grouped.then(|| rng.u64(2..12)),
        };
        let ends = wish.hours * 3_600_000;
        let mut deeds = Vec::new();
        let mut at = 60_000;
        while at < ends {
            add(&mut deeds, at, &mut rng, wish);
            at += if rng.u8(..5) == 0 { rng.u64(SHORT_PAUSE) } else { rng.u64(PAUSE) };
        }
        deeds.sort_by_key(|(at, _)| *at);
        Self { room, deeds, ends }
    }
}

/// Adds a deed, and the one that ends it.
fn add(deeds: &mut Vec<(u64, Deed)>, at: u64, rng: &mut Rng, wish: Wish) {
    let one = rng.usize(..wish.renderers);
    // A panel has room for the buttons of three.
    let pressed = one % BUTTONED;
    let play = Some(one).filter(|_| one == pressed);
    let later =
        at + if rng.u8(..6) == 0 { rng.u64(300_000..3_000_000) } else { rng.u64(1_000..90_000) };
    let mut pair = |first: Deed, last: Deed| {
        deeds.push((at, first));
        deeds.push((later, last));
    };
    let most = if wish.rough { 40 } else { 28 };
    match rng.u8(..most) {
        0..14 => {
            let order = Order::ALL[rng.usize(..Order::ALL.len())];
            deeds.push((at, Deed::Order(order, rng.bool().then_some(pressed))));
        }
        14..17 => deeds.push((at, Deed::Order(Order::Play, rng.bool().then_some(pressed)))),
        17..19 => pair(Deed::ViewerStops(one), Deed::Order(Order::Play, play)),
        19 => deeds.push((at, Deed::ViewerStops(one))),
        20 => pair(Deed::ViewerPauses(one), Deed::ViewerPlays(one)),
        21 => deeds.push((at, Deed::ViewerPlays(one))),
        22 => pair(Deed::ViewerPlaysOther(one), Deed::Order(Order::Play, play)),
        23 => deeds.push((at, Deed::ViewerVolume(one, rng.u16(..100)))),
        24 => pair(Deed::Standby(one), Deed::SwitchOn(one)),
        25 => pair(Deed::SwitchOff(one), Deed::SwitchOn(one)),
        26 => pair(Deed::PullPlug(one), Deed::SwitchOn(one)),
        27 => deeds.push((at, Deed::Reboot(one))),
        28 => deeds.push((at, Deed::NewUdn(one))),
        29 if wish.renderers > 1 => {
            let other = (one + 1) % wish.renderers;
            deeds.push((at, Deed::SwapAddresses(one, other)));
        }
        29 | 30 => pair(Deed::Hang(one), Deed::Wake(one)),
        31 => pair(Deed::Cut(one), Deed::Mend(one)),
        32 => deeds.push((at, Deed::ByebyeAndAlive(one))),
        33 => pair(Deed::PoorNetwork, Deed::GoodNetwork),
        34 | 35 => {
            let file = rng.usize(..FILES.len());
            pair(Deed::Remove(file), Deed::Put(file));
        }
        36 => deeds.push((at, Deed::Put(rng.usize(..FILES.len())))),
        37 => deeds.push((at, Deed::BreakStreams)),
        38 => deeds.push((at, Deed::RestartBox)),
        _ => deeds.push((at, Deed::MoveBox(rng.u8(100..200)))),
    }
}

fn entries(rng: &mut Rng, renderers: usize, grouped: bool) -> Vec<Entry> {
    let shows = [
        Shows::File("open.mp4"),
        Shows::File("open.mp4"),
        Shows::File("other.mp4"),
        Shows::Nothing,
        Shows::Black,
    ];
    (0..rng.usize(1..5))
        .map(|_| Entry {
            from: 30 * rng.u16(..48),
            to: 30 * rng.u16(..48),
            on: (rng.u8(..3) == 0).then(|| rng.usize(..renderers)).filter(|_| !grouped),
            shows: shows[rng.usize(..shows.len())],
            volume: (rng.u8(..3) == 0).then(|| 10 * rng.u8(..10)),
            priority: i32::from(rng.u8(..3) == 0),
        })
        .collect()
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
            let written = format!("{deed:?}").replace("Order(", "Order(Order::");
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
