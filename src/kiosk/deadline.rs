//! When the box wants to be stepped next, and why: a deadline without a reason is a busy loop in the making.

use crate::time::Instant;
use serde::Serialize;

/// The time of the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// When.
    pub at: Instant,
    /// What is to be done then.
    pub why: Why,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The box has just begun.
    Begin,
    /// Search for renderers.
    Search,
    /// Ask at an address of the configuration.
    Address,
    /// Fetch a description, or give it up.
    Description,
    /// Read the media folder.
    MediaFolder,
    /// A call must be answered by then.
    Answer,
    /// A renderer that does not answer is asked again.
    Retry,
    /// Look at the state or the position of a renderer.
    Look,
    /// Give a renderer a command.
    Command,
    /// Subscriptions, volume, and what else can wait.
    Housekeeping,
    /// A viewer has had a renderer for long enough.
    Yield,
    /// What a person chose is over.
    Chosen,
    /// A command should have taken effect.
    Effect,
    /// A still was shown for long enough.
    Dwell,
    /// A renderer whose file could not be read should have asked again.
    Starves,
    /// A file should have ended.
    Overtime,
    /// Members of a group have been waited for long enough.
    Members,
    /// An LED changes.
    Led,
    /// The schedule changes.
    Schedule,
    /// A button is held, or not pressed again.
    Button,
    /// A task is started again.
    Task,
    /// The watchdog is fed.
    Watchdog,
    /// What was learned is looked over, or written down.
    Memory,
    /// The machine should be off.
    PowerOff,
    /// The box leaves.
    Farewell,
}

/// The earliest of several deadlines.
#[derive(Debug, Default)]
pub(super) struct Wake(Option<Deadline>);

impl Wake {
    /// At this time, if there is one.
    pub(super) fn at(&mut self, at: Option<Instant>, why: Why) {
        self.add(at.map(|at| Deadline { at, why }));
    }

    /// This one too.
    pub(super) fn add(&mut self, other: Option<Deadline>) {
        if let Some(other) = other
            && self.0.is_none_or(|first| other.at < first.at)
        {
            self.0 = Some(other);
        }
    }

    /// The earliest.
    pub(super) fn first(self) -> Option<Deadline> {
        self.0
    }
}
