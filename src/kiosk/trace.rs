//! The flight recorder: the last few hundred transitions, typed, with their reasons. It is also where
//! log lines come from: the shell writes down what is new in it after each step.

use super::event::TaskName;
use super::fault::Fault;
use super::renderer::load::file_name;
use crate::limits::{NAME_BYTES, TRACE};
use crate::text::Text;
use crate::time::Instant;
use core::fmt;
use heapless::Deque;
use log::Level;
use std::path::Path;
use std::rc::Rc;

/// One transition.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When.
    pub at: Instant,
    /// Whose, by name; empty for the box itself.
    pub who: Text<NAME_BYTES>,
    /// What.
    pub what: What,
}

/// The kinds of transition.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A renderer was found, or is back after being away.
    Found,
    /// A renderer moved to another address or port.
    Moved,
    /// A renderer started again: nothing of before holds.
    Rebooted,
    /// A renderer said goodbye, or did not answer for long.
    Away,
    /// A file was given to it.
    Loading(Rc<Path>),
    /// It plays.
    Playing(Rc<Path>),
    /// It plays after the end of what was before: the ordinary course of things.
    Again(Rc<Path>),
    /// It played to the end: this many rounds so far.
    Ended(u32),
    /// It loops without stopping: by seek or by SetNext.
    Looped(u32),
    /// A viewer paused, stopped or resumed it with the TV's own remote.
    Viewer(&'static str),
    /// The programme is over.
    Finished,
    /// A button did this.
    Pressed(u8, &'static str),
    /// Something does not work; said once per change.
    Trouble(Fault),
    /// It works again.
    Recovered,
    /// The members of a group begin this many milliseconds apart; said when that is of another class.
    Spread(u32),
    /// Files found, files configured but missing.
    Scanned(usize, usize),
    /// A configured file or folder is missing, and why.
    Missing(String),
    /// Our addresses.
    Addresses(String),
    /// A task of the box ended, and why.
    TaskEnded(TaskName, String),
    /// No buttons and LEDs, and why.
    NoPanel(String),
    /// A bounded table is full: what was left out.
    Full(&'static str),
    /// The box is leaving.
    Leaving,
}

impl What {
    /// How much an owner should care.
    #[must_use]
    pub fn level(&self) -> Level {
        match self {
            Self::Trouble(_)
            | Self::Missing(_)
            | Self::TaskEnded(..)
            | Self::NoPanel(_)
            | Self::Full(_) => Level::Warn,
            Self::Addresses(list) if list.is_empty() => Level::Warn,
            // Thousands a day: a log is for what changes.
            Self::Looped(_) | Self::Loading(_) | Self::Ended(_) | Self::Again(_) => Level::Debug,
            _ => Level::Info,
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.who.is_empty() {
            write!(f, "{}: ", self.who)?;
        }
        match &self.what {
            What::Found => write!(f, "found"),
            What::Moved => write!(f, "moved to another address or port"),
            What::Rebooted => write!(f, "started again"),
            What::Away => write!(f, "went away"),
            What::Loading(path) => write!(f, "loading {}", file_name(path)),
            What::Playing(path) | What::Again(path) => write!(f, "playing {}", file_name(path)),
            What::Ended(rounds) => write!(f, "played to the end (round {rounds})"),
            What::Looped(rounds) => write!(f, "went on without a stop (round {rounds})"),
            What::Viewer(did) => write!(f, "a viewer {did} it with the remote control"),
            What::Finished => write!(f, "the programme is over"),
            What::Pressed(pin, action) => write!(f, "button on GPIO{pin}: {action}"),
            What::Trouble(fault) => write!(f, "{fault}"),
            What::Recovered => write!(f, "works again"),
            What::Spread(millis) => write!(f, "its members begin within {millis} ms of each other"),
            What::Scanned(files, missing) => {
                match files {
                    0 => write!(f, "no media files")?,
                    1 => write!(f, "1 media file")?,
                    _ => write!(f, "{files} media files")?,
                }
                match missing {
                    0 => Ok(()),
                    _ => write!(f, "; missing or not usable: {missing}"),
                }
            }
            What::Missing(why) => write!(f, "{why}"),
            What::Addresses(list) if list.is_empty() => {
                write!(f, "no network: the box has no address")
            }
            What::Addresses(list) => write!(f, "own address {list}"),
            What::TaskEnded(name, why) => {
                write!(f, "{name:?} ended and will be started again: {why}")
            }
            What::NoPanel(why) => write!(f, "no buttons and LEDs: {why}"),
            What::Full(what) => write!(f, "too many {what}: some are left out"),
            What::Leaving => write!(f, "leaving"),
        }
    }
}

/// The recorder.
#[derive(Debug, Default)]
pub struct Trace {
    entries: Deque<Entry, TRACE>,
    written: u64,
}

impl Trace {
    /// Writes down a transition; the oldest one makes room.
    pub fn note(&mut self, at: Instant, who: &str, what: What) {
        if self.entries.is_full() {
            self.entries.pop_front();
        }
        let entry = Entry { at, who: crate::text::clip(who), what };
        if self.entries.push_back(entry).is_ok() {
            self.written += 1;
        }
    }

    /// How many were ever written.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// The entries written after the first `seen`, oldest first.
    pub fn since(&self, seen: u64) -> impl Iterator<Item = &Entry> {
        let new = usize::try_from(self.written - seen.min(self.written)).unwrap_or(TRACE);
        self.entries.iter().skip(self.entries.len().saturating_sub(new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_entry_makes_room_and_only_new_ones_are_read() {
        let mut trace = Trace::default();
        for n in 0..u32::try_from(TRACE).expect("small") + 3 {
            trace.note(Instant::START, "TV", What::Ended(n));
        }
        assert_eq!(trace.since(0).count(), TRACE);
        let seen = trace.written();
        trace.note(Instant::START, "", What::Leaving);
        let new: Vec<_> = trace.since(seen).map(Entry::to_string).collect();
        assert_eq!(new, ["leaving"]);
        assert_eq!(trace.since(trace.written()).count(), 0);
    }
}
