//! Writes scripts: rooms and deeds by chance, from a seed.

use super::oddities::{self, LATE, TWIN};
use super::schedule::{Entry, Shows};
use super::script::{Deed, FILES, List, Order, Room, Script};
use crate::sim::world::Damage;
use core::ops::Range;
use fastrand::Rng;

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
    /// Broken files, a stick that is pulled out, a disk that hangs, a task of the box that hangs, and two devices with one UDN. Fewer
    /// people, so that what is left out has time to be tried again.
    pub broken: bool,
    /// The last renderer begins late.
    pub late: bool,
}

/// How many renderers have buttons of their own.
pub const BUTTONED: usize = 3;

/// The pause between two deeds, in milliseconds. Most deeds have time to show their effect.
const PAUSE: Range<u64> = 60_000..600_000;
/// The pause after one deed in five: people press twice, and faults meet.
const SHORT_PAUSE: Range<u64> = 200..20_000;

/// What may be spoilt so that nobody can play it: of each list, something is left. Indices into [`FILES`].
const UNPLAYABLE: [usize; 5] = [2, 3, 4, 8, 9];
/// What may have a wrong length. Indices into [`FILES`].
const FILMS: [usize; 7] = [2, 3, 5, 6, 7, 8, 9];

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
        let mut room = Room {
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
        if wish.late {
            room.odd.iter_mut().last().into_iter().for_each(|odd| odd.push(LATE));
        }
        if wish.broken {
            break_things(&mut deeds, &mut room, ends, &mut rng);
        }
        let rarer = if wish.broken || wish.late { 5 } else { 1 };
        let mut at = 60_000;
        while at < ends {
            add(&mut deeds, at, &mut rng, wish);
            let soon = rng.u8(..5) == 0;
            at += if soon { rng.u64(SHORT_PAUSE) } else { rarer * rng.u64(PAUSE) };
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

/// Spoils files, repairs some of them, and pulls the stick out.
fn break_things(deeds: &mut Vec<(u64, Deed)>, room: &mut Room, ends: u64, rng: &mut Rng) {
    if room.odd.len() > 1 && rng.u8(..4) == 0 {
        room.odd[1].push(TWIN);
    }
    for _ in 0..rng.usize(1..5) {
        let (file, damage) = match rng.u8(..10) {
            0..3 => (UNPLAYABLE[rng.usize(..UNPLAYABLE.len())], Damage::Garbage),
            3 => (UNPLAYABLE[rng.usize(..UNPLAYABLE.len())], Damage::Unreadable),
            4 => (UNPLAYABLE[rng.usize(..UNPLAYABLE.len())], Damage::Hangs),
            5..7 => (FILMS[rng.usize(..FILMS.len())], Damage::CutOff(rng.u32(5..95))),
            7 => (FILMS[rng.usize(..FILMS.len())], Damage::Claims(rng.u32(5..200))),
            8 => (FILMS[rng.usize(..FILMS.len())], Damage::Claims(10_000)),
            _ => (FILMS[rng.usize(..FILMS.len())], Damage::ClaimsNothing),
        };
        // Half of the files are broken from the beginning.
        let at = if rng.bool() { 0 } else { rng.u64(..ends) };
        deeds.push((at, Deed::Spoil(file, damage)));
        if rng.bool() {
            deeds.push((rng.u64(at..ends), Deed::Put(file)));
        }
    }
    if rng.u8(..3) == 0 {
        deeds.push((rng.u64(..ends), Deed::HangTask(rng.usize(..5))));
    }
    if rng.u8(..3) == 0 {
        let at = rng.u64(..ends);
        deeds.push((at, Deed::PullStick));
        deeds.push((at + rng.u64(1_000..600_000), Deed::PlugStick));
    }
    hang_disk(deeds, room.seed, ends);
}

/// In one script of three, the disk hangs for a minute, for longer, or for good. Its own chance keeps scripts of a seed as they were.
fn hang_disk(deeds: &mut Vec<(u64, Deed)>, seed: u64, ends: u64) {
    let mut rng = Rng::with_seed(seed ^ 0xd15c);
    if rng.u8(..3) > 0 {
        return;
    }
    let at = rng.u64(..ends);
    deeds.push((at, Deed::HangDisk));
    match rng.u8(..4) {
        0 => {}
        1 | 2 => deeds.push((at + 60_000, Deed::DiskAnswers)),
        _ => deeds.push((at + rng.u64(1_000..3_600_000), Deed::DiskAnswers)),
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
