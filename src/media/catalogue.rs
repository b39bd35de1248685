//! The files that can be played: what a scan found, kept in name order.

use super::mime::MediaType;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A playable file.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaFile {
    /// Where it is: absolute, below `root`. Shared, so that giving the file to a renderer needs no memory.
    pub path: Rc<Path>,
    /// The folder it was found in: the media folder, or the parent of a file named by the configuration.
    pub root: Rc<Path>,
    /// Its kind.
    pub media_type: &'static MediaType,
    /// Bytes.
    pub size: u64,
    /// The DLNA profile of a picture, where it has one.
    pub profile: Option<&'static str>,
    /// The file with its subtitles, in the same folder.
    pub subtitles: Option<Rc<Path>>,
}

/// What reading the media folder and the configured files brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scan {
    /// Playable files, each path once, in any order.
    pub files: Vec<MediaFile>,
    /// Configured paths that are not there or cannot be read, with the reason.
    pub missing: Vec<(PathBuf, String)>,
    /// Files beyond [`crate::limits::MEDIA`], left out.
    pub skipped: u32,
}
