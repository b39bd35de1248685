//! What a script came to.

use super::cause::Cause;
use crate::time::{Duration, Instant};
use core::fmt;

/// What went wrong, by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The screen is not what it should be.
    Screen,
    /// The box names a wrong reason.
    Why,
    /// The volume is not what it should be.
    Volume,
    /// An invariant of the room is broken.
    Invariant,
}

/// How a script failed.
#[derive(Clone, Debug)]
pub struct Failure {
    pub kind: Kind,
    pub at: Instant,
    pub node: usize,
    pub what: String,
    /// What the box noted last.
    pub log: Vec<String>,
}

impl Failure {
    pub(super) fn new(kind: Kind, at: Instant, node: usize, what: String) -> Self {
        Self { kind, at, node, what, log: Vec::new() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.at.as_micros() / 1_000;
        write!(f, "{:?} of TV {} at {millis}: {}", self.kind, self.node + 1, self.what)
    }
}

/// What a script that passed came to.
#[derive(Clone, Debug, Default)]
pub struct Passed {
    /// For each cause, the longest time for which a renderer was dark although it should have played.
    pub longest: Vec<(Cause, Duration)>,
    /// How often each cause occurred.
    pub counts: Vec<(Cause, u64)>,
    /// How many looks there were.
    pub looks: u64,
    /// How many of them were judged without an excuse.
    pub judged: u64,
    /// The most readings of one renderer at once.
    pub readings: usize,
}

impl Passed {
    /// Adds to the times that a cause occurred.
    pub fn count(&mut self, cause: Cause, count: u64) {
        match self.counts.iter_mut().find(|(other, _)| *other == cause) {
            Some((_, sum)) => *sum += count,
            None => self.counts.push((cause, count)),
        }
    }

    /// Takes the longer of two times for a cause.
    pub fn note(&mut self, cause: Cause, dark: Duration) {
        match self.longest.iter_mut().find(|(other, _)| *other == cause) {
            Some((_, longest)) => *longest = dark.max(*longest),
            None => self.longest.push((cause, dark)),
        }
    }
}
