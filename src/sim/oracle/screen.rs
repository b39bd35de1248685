//! What is truly on a screen, and for how long.

use super::script::DWELL;
use crate::time::{Duration, Instant};
use core::fmt;

/// What is truly on a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Screen {
    Dark,
    /// A file of the box, by its name, and whether it moves.
    Ours(&'static str, bool),
    /// A file of the box that is not on the list of files.
    Unknown,
    /// Something that a viewer or another box plays.
    Foreign,
}

impl fmt::Display for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dark => write!(f, "dark"),
            Self::Ours(name, true) => write!(f, "{name}"),
            Self::Ours(name, false) => write!(f, "{name} paused"),
            Self::Unknown => write!(f, "an unknown file of the box"),
            Self::Foreign => write!(f, "something foreign"),
        }
    }
}

/// One showing of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Showing {
    pub file: &'static str,
    /// Where in it, or for how long a picture has been on.
    pub at: Duration,
    pub since: Instant,
    /// How long the file truly is; zero for a picture.
    pub length: Duration,
}

impl Showing {
    pub(super) fn is_picture(&self) -> bool {
        self.file.ends_with(".jpg")
    }

    pub(super) fn ends(&self, within: Duration) -> bool {
        let length = if self.length.is_zero() { DWELL } else { self.length };
        self.at + within >= length
    }
}
