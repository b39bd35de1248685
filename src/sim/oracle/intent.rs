//! What one renderer should show: the reference model, written from the README alone.
//!
//! An [`Intent`] is one reading of what people and the schedule want of a renderer. Where the README leaves a question
//! open, a deed turns one intent into several, and each stays in the race until the screen contradicts it. A renderer is
//! wrong when no intent is left.

use super::schedule::{Shows, Window};
use super::script::{CLIP, Room};
use crate::time::Instant;

/// What the renderer is to do with what is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Play,
    /// Nobody has asked for anything.
    NotAsked,
    /// Paused at the box.
    Paused,
    /// Stopped at the box.
    Stopped,
    ViewerStopped,
    ViewerPaused,
    /// A viewer plays something else.
    TakenOver,
    /// A viewer switched it off, or put it into standby.
    SwitchedOff,
    /// A viewer did something, and the box plays again between these times.
    Insists(Instant, Instant),
    /// The list is over, and does not loop.
    Finished,
}

/// What a choice plays, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub files: &'static [&'static str],
    pub until: Option<Instant>,
}

/// What the highest layer with something to play wants on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// One of these files, in order and in a loop.
    Files(&'static [&'static str]),
    File(&'static str),
    Black,
    Nothing,
}

impl Content {
    pub(super) fn files(&self) -> &[&'static str] {
        match self {
            Self::Files(files) => files,
            Self::File(file) => core::slice::from_ref(file),
            Self::Black | Self::Nothing => &[],
        }
    }
}

/// One reading of what a renderer should show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Intent {
    pub mode: Mode,
    /// How many clips are to be played. The first one plays.
    pub clips: u8,
    /// The clip was seen on the screen.
    pub clip_seen: bool,
    /// Somebody paused the clip.
    pub clip_paused: bool,
    /// A viewer pressed play on a renderer that should rest: it shows whatever it had.
    pub viewers_own: bool,
    pub choice: Option<Choice>,
    /// Somebody pressed play while the schedule wanted darkness: the table applies until the schedule changes.
    pub table_now: bool,
    /// The open windows of the schedule. The last one applies.
    pub windows: Vec<Window>,
    /// Which file of the list is on; `None`: any of them.
    pub place: Option<usize>,
    /// Which file of the table was on when a choice or the schedule took its place; `None`: any of them.
    pub below: Option<usize>,
    /// The card of `identify` may be on the screen until then.
    pub card_until: Instant,
    /// A viewer may still watch something else.
    pub foreign: bool,
    /// How often viewers stopped the renderer since the last order.
    pub stops: usize,
    /// When the box took a viewer's stop for the end of a file.
    pub mistook: Option<Instant>,
    /// Since when the screen has contradicted this intent.
    pub off_since: Option<Instant>,
}

/// What a deed needs to know about the room.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances<'a> {
    pub room: &'a Room,
    pub now: Instant,
    /// The renderer is on, and can hear the box.
    pub able: bool,
    /// It is unclear what the renderer does at the moment: something has just happened, or a file is about to end.
    pub unclear: bool,
    /// A viewer did something a moment ago, which the box may notice later.
    pub viewer_busy: bool,
    /// A file is about to end.
    pub near_end: bool,
    /// A file has just begun, or is about to.
    pub starting: bool,
    /// The renderer has the whole file, and the box does not know for sure how long it is.
    pub unconfirmed: bool,
    /// The files that are on the disk.
    pub files: &'a [&'static str],
}

impl Intent {
    /// At the start.
    pub(super) fn new(room: &Room, windows: Vec<Window>) -> Self {
        let mut intent = Self {
            mode: Mode::NotAsked,
            clips: 0,
            clip_seen: false,
            clip_paused: false,
            viewers_own: false,
            choice: None,
            table_now: false,
            windows,
            place: None,
            below: None,
            card_until: Instant::START,
            foreign: false,
            stops: 0,
            mistook: None,
            off_since: None,
        };
        intent.begin(room);
        intent
    }

    /// What the configuration and the schedule say applies, and nothing that anybody did before.
    pub(super) fn begin(&mut self, room: &Room) {
        self.table_now = false;
        self.place = None;
        self.viewers_own = false;
        self.stops = 0;
        self.mistook = None;
        let plays = room.autoplay || !self.windows.is_empty();
        self.mode = if plays { Mode::Play } else { Mode::NotAsked };
    }

    /// Returns whether the table of the renderer is what plays, beneath any clip.
    fn is_on_table(&self, why: Circumstances<'_>) -> bool {
        let beneath = Self { clips: 0, ..self.clone() }.content(why.room, why.files);
        beneath == Content::Files(why.room.list.files())
    }

    /// Keeps the place in the table for as long as something else plays. Afterwards the table goes on there or begins
    /// anew, which the README leaves open; it does not go on elsewhere.
    pub(super) fn keeping_place(
        self,
        why: Circumstances<'_>,
        follows: impl FnOnce(Self) -> Vec<Self>,
    ) -> Vec<Self> {
        let (was, place) = (self.is_on_table(why), self.place);
        let mut anew = Vec::new();
        let mut all = follows(self);
        for intent in &mut all {
            let is = intent.is_on_table(why);
            if was && !is {
                intent.below = place;
            } else if is && !was && intent.place.is_none() && intent.below.is_some() {
                intent.place = intent.below.take();
                anew.push(Self { place: Some(0), ..intent.clone() });
            }
        }
        all.extend(anew);
        all
    }

    /// Forgets where in its list it is.
    pub(super) fn forget_place(&mut self) {
        (self.place, self.below) = (None, None);
    }

    /// What is to be shown if the mode is to play.
    pub(super) fn content(&self, room: &Room, files: &[&'static str]) -> Content {
        let there = |content: &Content| content.files().iter().any(|file| files.contains(file));
        if self.clips > 0 && files.contains(&CLIP) {
            return Content::File(CLIP);
        }
        let chosen = self.choice.map(|choice| Content::Files(choice.files)).filter(there);
        if let Some(chosen) = chosen {
            return chosen;
        }
        let entry = self.windows.last().filter(|_| !self.table_now);
        match entry.map(|(n, _)| room.schedule[*n].shows) {
            Some(Shows::Black) => Content::Black,
            Some(Shows::Nothing) => Content::Nothing,
            Some(Shows::File(file)) if files.contains(&file) => Content::File(file),
            Some(Shows::File(_)) | None => Content::Files(room.list.files()),
        }
    }

    /// Returns whether two intents want the same, however long the screen has contradicted each.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        Self { off_since: None, ..self.clone() } == Self { off_since: None, ..other.clone() }
    }

    /// Returns whether the schedule has not changed since the last look.
    pub(super) fn is_under(&self, windows: &[Window]) -> bool {
        self.windows == windows
    }

    /// Returns whether a reason of the box can be true: what the README says of its word fits the intent. A word for a
    /// renderer that should play and does not is judged by the screen, not here.
    pub(super) fn explains(&self, word: &str) -> bool {
        let closed = !self.table_now && !self.windows.is_empty();
        match word {
            "not_asked" => {
                matches!(self.mode, Mode::NotAsked) || (closed && self.mode == Mode::Play)
            }
            "stopped" => self.mode == Mode::Stopped || (closed && self.mode == Mode::Play),
            "paused" => self.mode == Mode::Paused,
            "viewer_stopped" => matches!(self.mode, Mode::ViewerStopped | Mode::Insists(..)),
            "viewer_paused" if self.clip_paused => true,
            "viewer_paused" => matches!(self.mode, Mode::ViewerPaused | Mode::Insists(..)),
            "viewer_switched_off" => matches!(self.mode, Mode::SwitchedOff | Mode::Insists(..)),
            "taken_over" => {
                self.foreign || matches!(self.mode, Mode::TakenOver | Mode::Insists(..))
            }
            "finished" => self.mode == Mode::Finished,
            "not_driven" | "leaving" | "misconfigured" | "offline" => false,
            // It should play, or it is on its way.
            _ => matches!(self.mode, Mode::Play | Mode::Insists(..)) || self.clips > 0,
        }
    }

    /// Returns whether the schedule wants darkness.
    pub(super) fn closed(&self, why: Circumstances<'_>) -> bool {
        matches!(self.content(why.room, why.files), Content::Nothing | Content::Black)
    }

    /// Time passes. Returns other readings, beside this one.
    pub(super) fn pass(&mut self, windows: &[Window], why: Circumstances<'_>) -> Vec<Self> {
        let mut others = Vec::new();
        if self.choice.is_some_and(|choice| choice.until.is_some_and(|until| until <= why.now)) {
            self.choice = None;
            self.place = None;
            if !why.room.repeat {
                // A list that was over beneath the choice is over still, or begins again.
                others.push(Self { mode: Mode::Finished, ..self.clone() });
            }
            // Nothing is said about a choice that ends while the renderer is paused or stopped, or over a table that
            // does not start by itself.
            others.push(self.reset(why.room));
            if self.viewers_own {
                others.push(Self { viewers_own: true, ..self.reset(why.room) });
            }
        }
        if let Mode::Insists(_, until) = self.mode
            && until <= why.now
        {
            self.mode = Mode::Play;
        }
        if self.windows != windows {
            let (before, after) = (self.windows.last().copied(), windows.last().copied());
            self.windows = windows.to_vec();
            if why.viewer_busy {
                others.push(self.clone());
            }
            let mut changed = self.clone();
            changed.change_of_schedule(why, &mut others);
            if before == after {
                // A window begins or ends below the one that applies: nothing is said about what people did.
                others.push(changed);
            } else {
                *self = changed;
            }
        }
        others
    }

    fn change_of_schedule(&mut self, why: Circumstances<'_>, others: &mut Vec<Self>) {
        let (was, viewers_own) = (self.mode, self.viewers_own);
        let plays = was == Mode::Play && !(self.clips > 0 && self.clip_paused);
        if !plays {
            // Only what plays goes on to its end.
            if self.clips > 0 || self.choice.is_some_and(|choice| choice.until.is_some()) {
                others.push(Self { clips: 0, choice: None, ..self.reset(why.room) });
            }
            self.clips = 0;
            self.choice = None;
        }
        self.choice = self.choice.filter(|choice| choice.until.is_some());
        let (place, over) = (self.place, self.choice.is_some());
        self.begin(why.room);
        if over {
            (self.place, self.mode) = (place, Mode::Play);
        }
        if viewers_own {
            // What a viewer watches goes on, also if it is a file of the box.
            others.push(Self { viewers_own, ..self.clone() });
        }
        if was == Mode::SwitchedOff {
            // The schedule does not switch it on.
            others.push(self.clone());
            self.mode = was;
        }
    }

    pub(super) fn reset(&self, room: &Room) -> Self {
        let mut other = self.clone();
        other.begin(room);
        other
    }
}
