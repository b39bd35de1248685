//! What a request for a file gets: the file itself, opened with care, and the head of the answer.
//!
//! The words are those of DLNA: a transfer mode (`Streaming`, `Interactive` for pictures, `Background`)
//! and content features, the fourth field of the protocolInfo that the metadata say.

use super::disk::modified;
use super::http::head::RequestHead;
use super::http::{self, server};
use crate::kiosk::effect::Published;
use crate::media::mime::Kind;
use crate::range::{self, Range};
use rustix::fs::{MemfdFlags, Mode, OFlags};
use std::fs::{File, Metadata};
use std::io::{self, Write};
use std::path::Path;
use std::time::SystemTime;

/// A file ready to be served.
pub(super) struct Opened {
    pub(super) file: File,
    pub(super) size: u64,
    state: (u64, i64),
    /// As an HTTP date.
    modified: String,
}

/// Why a published file is not served.
#[derive(Debug)]
pub(super) enum Closed {
    /// It cannot be opened.
    Unreadable(io::Error),
    /// Another one has its path, or it was written to.
    Replaced,
}

impl From<io::Error> for Closed {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

impl Opened {
    /// It was not written to since it was published.
    pub(super) fn is_whole(&self) -> bool {
        self.file.metadata().is_ok_and(|metadata| state(&metadata) == self.state)
    }
}

fn state(metadata: &Metadata) -> (u64, i64) {
    (metadata.len(), modified(metadata))
}

/// Opens a published file, if it is still the one that was published.
pub(super) fn open(published: &Published) -> Result<Opened, Closed> {
    if let Some(body) = &published.body {
        return Ok(in_memory(body)?);
    }
    let opened = open_below(&published.path, &published.root)?;
    match opened.state == (published.size, published.modified) {
        true => Ok(opened),
        false => Err(Closed::Replaced),
    }
}

/// Opens a file, if it is a regular one and still below its `root` once all symbolic links are
/// resolved: the tree may have changed since the scan.
pub(super) fn open_below(path: &Path, root: &Path) -> io::Result<Opened> {
    let path = path.canonicalize()?;
    if !path.starts_with(root.canonicalize()?) {
        return Err(io::Error::other("leads out of its folder"));
    }
    // Without NONBLOCK a FIFO would stop the box here.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = File::from(rustix::fs::open(&path, flags, Mode::empty())?);
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let changed = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let (size, state, modified) = (metadata.len(), state(&metadata), http::date(changed));
    Ok(Opened { size, state, modified, file })
}

/// A file of the kernel's, so that all are sent alike.
fn in_memory(body: &[u8]) -> io::Result<Opened> {
    let mut file = File::from(rustix::fs::memfd_create("body", MemfdFlags::CLOEXEC)?);
    file.write_all(body)?;
    let modified = http::date(SystemTime::UNIX_EPOCH);
    let state = state(&file.metadata()?);
    Ok(Opened { size: body.len() as u64, state, modified, file })
}

/// What a request for a file gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    Whole,
    Part {
        first: u64,
        last: u64,
    },
    /// This status, and no body.
    Refuse(u16),
}

impl Plan {
    pub(super) fn of(request: &RequestHead, file: &Opened) -> Self {
        let headers = &request.headers;
        let range = headers.get("Range");
        if range.is_none() && asks_for_time(request) {
            return Self::Refuse(406);
        }
        if !range::stands(headers.get("If-Range"), &file.modified) {
            return Self::Whole;
        }
        match range::parse(range, file.size) {
            Range::Whole => Self::Whole,
            Range::Part { first, last } => Self::Part { first, last },
            Range::Unsatisfiable => Self::Refuse(416),
        }
    }

    pub(super) fn head(
        self,
        request: &RequestHead,
        file: &Opened,
        published: &Published,
    ) -> String {
        let size = file.size;
        let (status, length, content_range) = match self {
            Self::Whole => (200, size, None),
            Self::Part { first, last } => {
                let content_range = format!("bytes {first}-{last}/{size}");
                (206, last - first + 1, Some(content_range))
            }
            Self::Refuse(416) => (416, 0, Some(format!("bytes */{size}"))),
            Self::Refuse(status) => (status, 0, None),
        };
        let image = published.media_type.kind == Kind::Image;
        let length = length.to_string();
        // The case of the names matters to Samsung; LG seeks only with all three DLNA fields.
        let mut fields = vec![
            ("Content-Type", published.mime),
            ("Content-Length", &length),
            ("Accept-Ranges", "bytes"),
            ("Last-Modified", &file.modified),
            ("EXT", ""),
            ("transferMode.dlna.org", transfer_mode(request, image)),
            ("contentFeatures.dlna.org", &published.content_features),
        ];
        if !image {
            fields.push(("realTimeInfo.dlna.org", "DLNA.ORG_TLAG=*"));
        }
        let asks = request.headers.get("getCaptionInfo.sec").is_some();
        if let Some(subtitles) = published.subtitles.as_ref().filter(|s| s.unasked || asks) {
            fields.push(("CaptionInfo.sec", &subtitles.url));
        }
        if let Some(content_range) = &content_range {
            fields.push(("Content-Range", content_range));
        }
        server::head(status, &fields)
    }
}

/// Seeks by time and other speeds than 1 are not offered (`DLNA.ORG_OP=01`), and refused rather than
/// answered from the beginning.
fn asks_for_time(request: &RequestHead) -> bool {
    let speed = request.headers.get("PlaySpeed.dlna.org");
    request.headers.get("TimeSeekRange.dlna.org").is_some()
        || speed.is_some_and(|speed| speed.trim_start_matches("speed=") != "1")
}

/// The transfer mode asked for, where it is legal for the kind of file; otherwise the right one.
fn transfer_mode(request: &RequestHead, image: bool) -> &'static str {
    let asked = request.headers.get("transferMode.dlna.org").unwrap_or_default();
    match (asked.eq_ignore_ascii_case("Background"), image) {
        (true, _) => "Background",
        (false, true) => "Interactive",
        (false, false) => "Streaming",
    }
}
