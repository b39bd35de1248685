//! Files with something wrong in them, and what the box and the renderers see of that.

use super::World;
use crate::kiosk::event::Event;
use crate::time::Duration;
use std::path::Path;

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// No renderer can play it.
    Garbage,
    /// It ends at this percentage of the length that it claims.
    CutOff(u32),
    /// It claims this percentage of its length.
    Claims(u32),
    /// It does not say how long it is.
    ClaimsNothing,
    /// The disk fails where this file lies.
    Unreadable,
    /// A quarter of it can be read; then the disk takes its time, and fails.
    Hangs,
}

impl Damage {
    /// The length that the box reads from the file: none where what is in the file does not bear it out. A renderer reports
    /// what a cut-off file claims.
    pub(super) fn claims(self, length: Duration) -> Option<Duration> {
        match self {
            Self::Garbage | Self::ClaimsNothing | Self::Unreadable | Self::Hangs => None,
            Self::CutOff(_) => None,
            Self::Claims(percent) => Some(length * percent / 100),
        }
    }

    /// Where it breaks off.
    pub(super) fn breaks_off(self, length: Duration) -> Option<Duration> {
        match self {
            Self::CutOff(percent) => Some(length * percent / 100),
            _ => None,
        }
    }
}

impl World {
    /// A file is replaced by one with something wrong in it.
    pub fn put_damaged(&mut self, path: &'static str, millis: u64, damage: Damage) {
        self.disk.put(path, millis);
        self.disk.damage(path, damage);
        self.deliver(Event::FolderChanged);
    }

    pub(super) fn damage_of(&self, path: &Path) -> Option<Damage> {
        self.disk.damaged.get(path).copied()
    }

    /// Whether the status names this file among those that are left out on a renderer.
    pub fn names_left_out(&self, node: usize, file: &str) -> bool {
        self.status()["renderers"][node]["left_out"].to_string().contains(file)
    }

    /// The disk with the media is removed, or plugged back in, and the box notices.
    pub fn plug_disk(&mut self, there: bool) {
        self.disk(there);
        self.deliver(Event::FolderChanged);
    }
}
