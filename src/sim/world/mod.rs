//! A whole house in one thread and no time: the kiosk, simulated renderers, and the network between.
//!
//! Everything is decided by one seed. Time jumps from one happening to the next, so that an hour takes
//! milliseconds, and a fault that was seen once is seen again. What the shell does with sockets,
//! files and pins is done here with values, by the same rules: an effect is performed before the next
//! event, and a failure comes back as an event.
//!
//! Terms: a *happening* is something that will reach the box or a renderer at its time; a *stage* is
//! a renderer with its place in the network and what an audience saw on it; a *law* holds after every
//! step of the kiosk, whatever happened.

mod deeds;
mod effects;
mod laws;
mod setting;
mod stage;
mod streams;

use super::words::{Fetch, FetchId, Fetched};
use crate::kiosk::effect::Errand;
use crate::kiosk::event::{Answer, Event, Failure, PanelState, ReplyTo, Ticket};
use crate::kiosk::supervisor::TASKS;
use crate::kiosk::trace::Entry;
use crate::kiosk::{Kiosk, Setup};
use crate::media::catalogue::Scan;
use crate::time::{Duration, Instant};
use core::net::Ipv4Addr;
use laws::Laws;
use setting::media_file;
pub(super) use setting::{BUTTONS, Setting};
pub(super) use stage::{Exchange, Stage};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use streams::Stream;

/// The box's address, until it changes.
pub(super) const HOME: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
/// The port of media and callbacks.
pub(super) const PORT: u16 = 8895;
/// Entries of the flight recorder that are shown where a story fails.
const LAST_WORDS: u64 = 40;

/// Something that is on its way.
#[derive(Debug)]
enum Happening {
    /// To the box.
    Event(Event),
    /// A request of the box, to a renderer.
    Request { number: u32, stage: usize, errand: Box<Errand> },
    /// Its answer, to the box.
    Answer { number: u32, outcome: Result<Answer, Failure> },
    /// A request for media, to the box.
    Fetch { stage: usize, fetch: Fetch },
    /// What became of it, to the renderer.
    Fetched { stage: usize, fetch: FetchId, what: Fetched },
    /// The renderer reads on.
    Read { stage: usize, fetch: FetchId },
    /// The tasks of the box say that they live.
    Alive,
}

/// See the module.
#[derive(Debug)]
pub(super) struct World {
    pub(super) now: Instant,
    pub(super) kiosk: Kiosk,
    pub(super) stages: Vec<Stage>,
    /// The exit code, and when.
    pub(super) exited: Option<(Instant, u8)>,
    pub(super) fed: Vec<Instant>,
    pub(super) restarted: Vec<Instant>,
    pub(super) reports: u32,
    /// Between renderers and the media server: nothing gets through.
    pub(super) firewall: bool,
    /// The box cannot read its media.
    pub(in crate::sim) disk_fails: bool,
    /// Tasks say that they live.
    pub(super) tasks_live: bool,
    leaving: bool,
    lit: Vec<bool>,
    presses: Vec<Instant>,
    seed: u64,
    rng: fastrand::Rng,
    serial: u64,
    agenda: BTreeMap<(Instant, u64), Happening>,
    errands: BTreeMap<u32, (Ticket, (Ipv4Addr, u16))>,
    streams: BTreeMap<(usize, FetchId), Stream>,
    questions: BTreeMap<u32, Question>,
    asked: u32,
    address: Ipv4Addr,
    scan: Scan,
    lengths: BTreeMap<PathBuf, Duration>,
    laws: Laws,
}

/// Somebody waits for an answer of the box.
#[derive(Debug)]
enum Question {
    Media { stage: usize, fetch: Fetch },
    Event { stage: usize },
    Status,
}

impl World {
    fn new(setting: Setting) -> Self {
        let lengths = setting.files.iter();
        let stages = (setting.presets.iter().zip(1..))
            .map(|(preset, n)| Stage::new(preset, n, setting.seed))
            .collect();
        let setup = Setup { seed: setting.seed, watchdog: setting.watchdog, ..Setup::default() };
        let mut world = Self {
            now: Instant::START,
            stages,
            exited: None,
            fed: Vec::new(),
            restarted: Vec::new(),
            reports: 0,
            firewall: false,
            disk_fails: false,
            tasks_live: setting.watchdog.is_some(),
            presses: Vec::new(),
            leaving: false,
            lit: vec![false; setting.config.leds.len()],
            kiosk: Kiosk::new(setting.config, setup),
            seed: setting.seed,
            rng: fastrand::Rng::with_seed(setting.seed),
            serial: 0,
            agenda: BTreeMap::new(),
            errands: BTreeMap::new(),
            streams: BTreeMap::new(),
            questions: BTreeMap::new(),
            asked: 0,
            address: HOME,
            scan: Scan {
                files: setting
                    .files
                    .iter()
                    .map(|(path, millis)| media_file(path, *millis))
                    .collect(),
                ..Scan::default()
            },
            lengths: lengths
                .filter(|(_, millis)| *millis > 0)
                .map(|(path, millis)| (PathBuf::from(path), Duration::from_millis(*millis)))
                .collect(),
            laws: Laws::default(),
        };
        let addresses = [HOME].into_iter().collect();
        for event in [
            Event::Listening { media_port: PORT },
            Event::Addresses(addresses),
            Event::Panel(PanelState::Working),
        ] {
            world.soon(Happening::Event(event));
        }
        world.soon(Happening::Alive);
        world
    }

    /// Everything up to this many milliseconds from the start.
    pub(super) fn run(&mut self, millis: u64) {
        let end = Instant::from_millis(millis);
        let _ = self.turn_until(end, |_| false);
    }

    /// Everything for this many milliseconds.
    pub(super) fn pass(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        let _ = self.turn_until(end, |_| false);
    }

    /// Everything until this holds: how many milliseconds that took, if not more than `millis`.
    #[must_use]
    pub(super) fn until(&mut self, millis: u64, holds: impl FnMut(&Self) -> bool) -> Option<u64> {
        let begun = self.now;
        let at = self.turn_until(begun + Duration::from_millis(millis), holds)?;
        u64::try_from(at.since(begun).as_millis()).ok()
    }

    fn turn_until(
        &mut self,
        end: Instant,
        mut holds: impl FnMut(&Self) -> bool,
    ) -> Option<Instant> {
        loop {
            if holds(self) {
                return Some(self.now);
            }
            let Some(at) = self.next().filter(|at| *at <= end) else {
                self.now = self.now.max(end);
                return None;
            };
            self.now = self.now.max(at);
            self.turn();
        }
    }

    fn next(&self) -> Option<Instant> {
        let stages = self.stages.iter().filter_map(|s| s.tv.next_deadline());
        let agenda = self.agenda.keys().next().map(|(at, _)| *at);
        stages.chain(agenda).chain(self.kiosk.next_deadline()).min()
    }

    /// One thing that is due.
    fn turn(&mut self) {
        if let Some(entry) = self.agenda.first_entry()
            && entry.key().0 <= self.now
        {
            let happening = entry.remove();
            return self.happen(happening);
        }
        let due = |stage: &Stage| stage.tv.next_deadline().is_some_and(|at| at <= self.now);
        if let Some(stage) = self.stages.iter().position(due) {
            return self.with(stage, |tv, now| tv.tick(now));
        }
        if self.kiosk.next_deadline().is_some_and(|at| at <= self.now) {
            self.step(Event::Deadline);
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Event(event) => self.step(event),
            Happening::Request { number, stage, errand } => self.arrive(number, stage, &errand),
            Happening::Answer { number, outcome } => {
                if let Some((ticket, _)) = self.errands.remove(&number) {
                    let facing = (outcome != Err(Failure::Unreachable)).then_some(self.address);
                    self.step(Event::Answered { ticket, outcome, facing });
                }
            }
            Happening::Fetch { stage, fetch } => self.media_asked(stage, fetch),
            Happening::Fetched { stage, fetch, what } => {
                self.with(stage, |tv, now| tv.fetched(now, fetch, what));
            }
            Happening::Read { stage, fetch } => self.read(stage, fetch),
            Happening::Alive => {
                if self.tasks_live {
                    TASKS.into_iter().for_each(|name| self.step(Event::Alive(name)));
                }
                self.after(Duration::from_secs(5), Happening::Alive);
            }
        }
    }

    fn after(&mut self, span: Duration, happening: Happening) {
        self.serial += 1;
        self.agenda.insert((self.now + span, self.serial), happening);
    }

    /// After a passage through the network.
    fn soon(&mut self, happening: Happening) {
        let passage = Duration::from_micros(self.rng.u64(1_000..5_000));
        self.after(passage, happening);
    }

    fn ask(&mut self, question: Question) -> ReplyTo {
        self.asked += 1;
        self.questions.insert(self.asked, question);
        ReplyTo(self.asked)
    }

    /// What an audience sees: the file's name, from this box, and the position in it.
    pub(super) fn screen(&self, stage: usize) -> Option<(&str, Duration)> {
        let (uri, position) = self.stages[stage].tv.on_screen(self.now)?;
        let ours = uri.strip_prefix(&format!("http://{}:{PORT}/m/", self.address))?;
        Some((ours.rsplit('/').next()?, position))
    }

    /// This file is on the screen, and it moves or stands there as it should.
    pub(super) fn shows(&self, stage: usize, file: &str) -> bool {
        self.screen(stage).is_some_and(|(name, _)| name == file)
    }

    /// The flight recorder, one entry a line, with milliseconds.
    pub(super) fn trace(&self, last: u64) -> Vec<String> {
        let trace = self.kiosk.trace();
        let line = |entry: &Entry| format!("{:>9} {entry}", entry.at.as_micros() / 1000);
        trace.since(trace.written().saturating_sub(last)).map(line).collect()
    }

    fn length(&self, path: &Path) -> Option<Duration> {
        self.lengths.get(path).copied()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}, at {} ms", self.seed, self.now.as_micros() / 1000);
            for line in self.trace(LAST_WORDS) {
                eprintln!("{line}");
            }
            for stage in &self.stages {
                eprintln!("{}", stage.last_words());
            }
        }
    }
}
