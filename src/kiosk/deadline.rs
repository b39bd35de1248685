//! When the box must be stepped next, and why. Each deadline carries a reason, so that a busy loop can be traced to it.

use crate::time::Instant;
use serde::Serialize;

/// The time of the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    pub at: Instant,
    pub why: Why,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The box has just started.
    Begin,
    /// Search for renderers.
    Search,
    /// Query an address from the configuration.
    Address,
    /// Fetch a description, or give up on it.
    Description,
    /// Scan the media folder.
    MediaFolder,
    /// A call must be answered by then.
    Answer,
    /// Retry a renderer that does not answer.
    Retry,
    /// Ask for the state or the position of a renderer.
    Look,
    /// Send a command to a renderer.
    Command,
    /// Subscriptions, volume, and everything else that can wait.
    Housekeeping,
    /// Take a renderer back from a viewer.
    Yield,
    /// End what a person chose.
    Chosen,
    /// A command should have taken effect.
    Effect,
    /// A still was shown for long enough.
    Dwell,
    /// A renderer whose file could not be read should have asked for the rest.
    Starves,
    /// A file should have ended.
    Overtime,
    /// The members of a group were waited for long enough.
    Members,
    /// An LED changes.
    Led,
    /// The schedule changes.
    Schedule,
    /// A button is held, or was not pressed again.
    Button,
    /// Restart a task.
    Task,
    /// Feed the watchdog.
    Watchdog,
    /// Review or store what was learned.
    Memory,
    /// The machine should be off by now.
    PowerOff,
    /// Shut down.
    Farewell,
}

/// The earliest of several deadlines.
#[derive(Debug, Default)]
pub(super) struct Wake(Option<Deadline>);

impl Wake {
    /// Adds a deadline at this time, if there is one.
    pub(super) fn at(&mut self, at: Option<Instant>, why: Why) {
        self.add(at.map(|at| Deadline { at, why }));
    }

    /// Adds a deadline, if there is one.
    pub(super) fn add(&mut self, other: Option<Deadline>) {
        if let Some(other) = other
            && self.0.is_none_or(|first| other.at < first.at)
        {
            self.0 = Some(other);
        }
    }

    /// The earliest deadline.
    pub(super) fn first(self) -> Option<Deadline> {
        self.0
    }
}
