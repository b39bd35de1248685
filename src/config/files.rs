//! What the configuration may know of the disk: whether a path is there, and what it is.

use std::path::Path;

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// A file that can be read.
    File,
    /// A folder that can be read.
    Folder,
    /// Nothing.
    Missing,
    /// Something that may not be read.
    Forbidden,
}

/// How the parser looks at the disk: never itself.
pub(super) type Files<'a> = &'a dyn Fn(&Path) -> FileState;
