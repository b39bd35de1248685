//! What the disk says of files and folders.

use crate::limits::{MEDIA, PICTURE_HEAD};
use crate::media::content::{self, Content};
use crate::media::mime::{Kind, MediaType, of_extension};
use crate::media::picture;
use crate::media::subtitles::Sidecars;
use rustix::fs::{Access, Mode, OFlags};
use rustix::io::Errno;
use std::fs::{self, DirEntry, File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// What was found in a file: what it is, and the DLNA profile of a picture.
pub(super) type Looked = (Content, Option<&'static str>);

/// The time of the last change, in nanoseconds since 1970.
pub(super) fn modified(metadata: &Metadata) -> i64 {
    let changed = metadata.modified().unwrap_or(UNIX_EPOCH);
    let nanos = |span: core::time::Duration| i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
    match changed.duration_since(UNIX_EPOCH) {
        Ok(after) => nanos(after),
        Err(before) => -nanos(before.duration()),
    }
}

pub(super) fn may_read(path: &Path) -> io::Result<()> {
    Ok(rustix::fs::access(path, Access::READ_OK)?)
}

/// The beginning of a file. Without NONBLOCK a FIFO would stop the box here.
pub(super) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn sidecars(entries: &[DirEntry]) -> Sidecars {
    Sidecars::among(entries.iter().map(DirEntry::path))
}

/// What is visible in a folder, in the order of names, so that every scan finds the same; and why that
/// is not all, if the disk failed on the way.
pub(super) fn entries(folder: &Path) -> io::Result<(Vec<DirEntry>, Option<io::Error>)> {
    let hidden = |entry: &DirEntry| entry.file_name().as_encoded_bytes().starts_with(b".");
    let mut failed = None;
    let read = fs::read_dir(folder)?.map_while(|entry| entry.map_err(|e| failed = Some(e)).ok());
    let mut entries: Vec<_> = read.filter(|entry| !hidden(entry)).take(4 * MEDIA).collect();
    entries.sort_by_key(DirEntry::file_name);
    Ok((entries, failed))
}

/// Broken links, links in a circle, and files removed meanwhile: nothing is wrong, they are not there.
pub(super) fn is_absence(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOENT | Errno::LOOP | Errno::NOTDIR))
}

pub(super) fn kind_of(path: &Path) -> Option<&'static MediaType> {
    of_extension(path.extension()?.to_str()?)
}

/// What a file is, by its first bytes; of a picture as many as hold a camera's preview.
pub(super) fn look_into(path: &Path, named: &'static MediaType) -> io::Result<Looked> {
    let found = content::of(&read(path, content::HEAD as u64)?, named);
    let media_type = match found {
        Content::AsNamed => named,
        Content::Other(other) => other,
        Content::NoMedia(_) => return Ok((found, None)),
    };
    let is_picture = media_type.kind == Kind::Image;
    let head = if is_picture { read(path, PICTURE_HEAD)? } else { Vec::new() };
    Ok((found, picture::profile(&head)))
}

/// Completes the sentence that begins with the path.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read by this program".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}
