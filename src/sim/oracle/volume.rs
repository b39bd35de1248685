//! How loud a renderer should be: the volume of its table, of the schedule, of a person and of a viewer, and whether it
//! is mute. The README gives no size for a step of the buttons, so a step is only known by its direction until it is
//! seen.

use crate::time::{Duration, Instant};

/// For so long a renderer plays before the volume with which it begins must be set.
const BEGINS: Duration = Duration::from_secs(20);

/// A volume in per cent, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Any,
    Exactly(u16),
    Above(u16),
    Below(u16),
}

impl Heard {
    fn fits(self, volume: u16) -> bool {
        match self {
            Self::Any => true,
            // Renderers with other units round.
            Self::Exactly(exactly) => exactly.abs_diff(volume) <= 2,
            Self::Above(above) => volume > above || volume == 100,
            Self::Below(below) => volume < below || volume == 0,
        }
    }

    fn louder(self) -> Self {
        match self {
            Self::Exactly(volume) | Self::Above(volume) => Self::Above(volume),
            Self::Any | Self::Below(_) => Self::Any,
        }
    }

    fn softer(self) -> Self {
        match self {
            Self::Exactly(volume) | Self::Below(volume) => Self::Below(volume),
            Self::Any | Self::Above(_) => Self::Any,
        }
    }
}

/// What a renderer truly does with its sound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sound {
    /// In per cent.
    pub volume: u16,
    pub mute: bool,
}

/// What is known of the sound of one renderer.
#[derive(Debug)]
pub(super) struct Loudness {
    /// The volume is one of these.
    readings: Vec<Heard>,
    /// `None`: either.
    muted: Option<bool>,
    /// The volume is to be one of these once it has played for a while.
    begins: Vec<Heard>,
    plays_since: Option<Instant>,
    /// What the schedule sets once what plays over it has ended.
    later: Vec<Heard>,
    /// Its volume can be set at all.
    pub works: bool,
    /// It can mute; where it cannot, the box turns it down.
    pub mutes: bool,
}

impl Loudness {
    /// At the start. It begins to play with one of these volumes.
    pub(super) fn new(works: bool, mutes: bool, begins: Vec<Heard>) -> Self {
        let (readings, muted) = (vec![Heard::Any], Some(false));
        Self { readings, muted, begins, plays_since: None, later: Vec::new(), works, mutes }
    }

    /// A button makes it louder or softer. It may not be heard.
    pub(super) fn step(&mut self, louder: bool, unheard: bool) {
        let step = |heard: Heard| if louder { heard.louder() } else { heard.softer() };
        self.change(step, unheard);
        // Nothing is said about the volume of what is mute.
        self.muted = self.muted.filter(|muted| !muted);
    }

    /// A viewer or the schedule sets this volume now, or may do so.
    pub(super) fn set(&mut self, volume: u16, perhaps: bool) {
        self.change(|_| Heard::Exactly(volume), perhaps);
        self.muted = self.muted.filter(|muted| !muted || self.mutes);
    }

    /// The schedule sets this volume, at once or once something plays, or may do so.
    pub(super) fn set_from_now(&mut self, volume: u16, at_once: bool, perhaps: bool) {
        if at_once {
            return self.set(volume, perhaps);
        }
        let before = if perhaps { self.current() } else { Vec::new() };
        self.begins = before.into_iter().chain([Heard::Exactly(volume)]).collect();
        self.plays_since = None;
    }

    /// A volume that was not set while its window lasted is set no more.
    pub(super) fn doubt_what_begins(&mut self) {
        if !self.begins.is_empty() {
            self.begins.extend(self.readings.iter().copied());
        }
    }

    /// It may have one of these volumes from now on, or later.
    pub(super) fn later(&mut self, later: Vec<Heard>) {
        self.later.extend(later);
    }

    /// The schedule has changed: what it would have set before it sets no more.
    pub(super) fn forget_later(&mut self) {
        self.later.clear();
    }

    fn change(&mut self, change: impl Fn(Heard) -> Heard, perhaps: bool) {
        let before = self.readings.clone();
        self.readings = before.iter().map(|heard| change(*heard)).collect();
        if perhaps {
            self.readings.extend(before);
        }
        if !self.begins.is_empty() {
            // Which of the two comes last is not said.
            let begins = self.begins.iter().map(|heard| change(*heard));
            let all: Vec<Heard> = begins.chain(self.readings.iter().copied()).collect();
            self.begins.extend(all);
        }
    }

    /// A button mutes it, or ends that.
    pub(super) fn toggle(&mut self, unheard: bool) {
        // What is silent at volume 0 may be heard afterwards.
        let silent = self.readings.iter().any(|heard| heard.fits(0));
        self.muted = self.muted.map(|muted| !muted).filter(|_| !unheard && !silent);
        if silent {
            self.readings = vec![Heard::Any];
        }
    }

    /// It was off, or the box was: it begins to play with one of these volumes.
    pub(super) fn returns(&mut self, begins: Vec<Heard>) {
        self.muted = None;
        self.plays_since = None;
        if begins.is_empty() {
            (self.readings, self.begins) = (vec![Heard::Any], Vec::new());
        } else {
            self.begins = begins;
        }
    }

    /// What it may have now, also for what begins later.
    pub(super) fn current(&self) -> Vec<Heard> {
        self.readings.iter().chain(&self.begins).copied().collect()
    }

    /// A look at a renderer of which nothing is unclear. Returns what is wrong.
    pub(super) fn look(
        &mut self,
        now: Instant,
        sound: Sound,
        plays: bool,
        slack: Duration,
    ) -> Option<String> {
        if !self.works {
            return None;
        }
        if !self.begins.is_empty() {
            if !plays {
                self.plays_since = None;
                return None;
            }
            let since = *self.plays_since.get_or_insert(now);
            if now.since(since) < BEGINS + slack {
                return None;
            }
            self.readings = core::mem::take(&mut self.begins);
        }
        let silent = sound.mute || sound.volume == 0;
        if self.muted.is_some_and(|muted| muted != silent && sound.volume > 0) {
            return Some(format!("{sound:?}, but muted should be {:?}", self.muted));
        }
        if !self.mutes && self.muted != Some(false) && silent {
            // Turned down instead: its volume comes back later.
            return None;
        }
        self.muted = Some(sound.mute);
        let before = self.readings.clone();
        self.readings.retain(|heard| heard.fits(sound.volume));
        if self.readings.is_empty() && self.later.iter().any(|heard| heard.fits(sound.volume)) {
            self.later.clear();
        } else if self.readings.is_empty() {
            return Some(format!("{sound:?}, but the volume should be one of {before:?}"));
        }
        self.readings = vec![Heard::Exactly(sound.volume)];
        None
    }
}
