//! What the configuration may know of the disk: whether a path is there, and what it is.

use super::MEDIA_FOLDER;
use std::path::{Path, PathBuf};

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileState {
    /// A file that can be read.
    File,
    /// A folder that can be read.
    Folder,
    /// Nothing.
    Missing,
    /// Something that may not be read.
    Forbidden,
    /// Something behind this folder, which may not be entered.
    Barred(PathBuf),
}

/// What to do about a folder that may not be entered.
pub(super) fn let_in(folder: &Path) -> String {
    let otherwise = match folder.starts_with(MEDIA_FOLDER) {
        true => String::new(),
        false => format!(", or move the files to {MEDIA_FOLDER}"),
    };
    format!("allow it: sudo chmod o+x {}{otherwise}", folder.display())
}

/// How the parser looks at the disk: never itself.
pub(super) type Files<'a> = &'a dyn Fn(&Path) -> FileState;
