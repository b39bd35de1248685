//! What a reader does with single files: it opens them, reads what is about to be sent, and looks how long they play.

use super::message::Answer;
use crate::limits::{MEDIA_CHUNK, SUBTITLES};
use crate::shell::scan::inspect::{duration, modified};
use rustix::fd::OwnedFd;
use rustix::fs::{MemfdFlags, Mode, OFlags, SeekFrom, fstatfs, seek, sendfile};
use rustix::io::{Errno, ReadWriteFlags, preadv2};
use std::fs::{File, Metadata};
use std::io::{self, IoSliceMut};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// An answer, and the open file that comes with it.
type Reply = (Answer, Option<OwnedFd>);

/// File systems of which the kernel can say what is in memory, and whose files can be closed without waiting: ext4, XFS,
/// Btrfs, F2FS, FAT, overlays, ISO 9660, UDF, SquashFS and EROFS. What is not listed may be a share or a program.
const LOCAL: [u32; 10] = [
    0xef53,
    0x5846_5342,
    0x9123_683e,
    0xf2f5_2010,
    0x4d44,
    0x794c_7630,
    0x9660,
    0x1501_3346,
    0x7371_7368,
    0xe0f5_e1e2,
];
/// A file system in memory, which cannot tell and need not.
const TMPFS: u32 = 0x0102_1994;

/// Opens a file to be served. The box gets it if nothing that the box does with it waits for the disk.
pub(super) fn open(number: u32, path: &Path, root: &Path) -> Reply {
    let opened = open_below(path, root);
    opened.map_or_else(
        |error| refused(number, &error),
        |(file, about)| {
            let (size, modified) = (about.len(), modified(&about));
            let file = never_waits(&file).then(|| file.into());
            (Answer::Opened { number, size, modified }, file)
        },
    )
}

/// Whether the box never has to wait for the disk of this file: the kernel tells what of it is in memory, or all of it is.
fn never_waits(file: &File) -> bool {
    let kind = fstatfs(file).map(|about| about.f_type as u32);
    let mut byte = [0];
    let mut into = [IoSliceMut::new(&mut byte)];
    let mut told = || preadv2(file, &mut into, 0, ReadWriteFlags::NOWAIT);
    match kind {
        Ok(TMPFS) => true,
        Ok(kind) => LOCAL.contains(&kind) && matches!(told(), Ok(_) | Err(Errno::AGAIN)),
        Err(_) => false,
    }
}

/// Copies subtitles into memory, where nobody changes them while they are sent.
pub(super) fn subtitles(number: u32, path: &Path, root: &Path) -> Reply {
    let most = u32::try_from(SUBTITLES).unwrap_or(u32::MAX);
    let (answer, file) = copy(number, path, root, 0, most);
    match answer {
        Answer::Copied { size, .. } if size > SUBTITLES => {
            refused(number, &io::Error::other("too large for subtitles"))
        }
        Answer::Copied { size, count, .. } if size != u64::from(count) => {
            refused(number, &io::Error::other("changed while the box read it"))
        }
        answer => (answer, file),
    }
}

/// Copies a part of a file into memory.
pub(super) fn copy(number: u32, path: &Path, root: &Path, first: u64, count: u32) -> Reply {
    let copied = || {
        let (file, about) = open_below(path, root)?;
        let copy = rustix::fs::memfd_create("copy", MemfdFlags::CLOEXEC)?;
        let (mut at, mut rest) = (first, count);
        while rest > 0 {
            match sendfile(&copy, &file, Some(&mut at), rest as usize)? {
                0 => break,
                sent => rest -= u32::try_from(sent).unwrap_or(rest),
            }
        }
        seek(&copy, SeekFrom::Start(0))?;
        let after = file.metadata()?;
        match (after.len(), modified(&after)) == (about.len(), modified(&about)) {
            true => Ok((copy, about, count - rest)),
            false => Err(io::Error::other("changed while the box read it")),
        }
    };
    match copied() {
        Err(error) => refused(number, &error),
        Ok((copy, about, count)) => {
            let (size, modified) = (about.len(), modified(&about));
            (Answer::Copied { number, size, modified, count }, Some(copy))
        }
    }
}

/// Reads a part of a file, so that it is in memory.
pub(super) fn warm(number: u32, path: &Path, root: &Path, first: u64, count: u32) -> Reply {
    let read = || {
        let (file, _) = open_below(path, root)?;
        let end = first.saturating_add(u64::from(count));
        let mut piece = vec![0; MEDIA_CHUNK];
        let mut at = first;
        while at < end {
            let most = usize::try_from(end - at).unwrap_or(MEDIA_CHUNK).min(MEDIA_CHUNK);
            match file.read_at(&mut piece[..most], at)? {
                0 => break,
                count => at += count as u64,
            }
        }
        Ok(())
    };
    read().map_or_else(|error| refused(number, &error), |()| (Answer::Warmed { number }, None))
}

/// How long a file plays.
pub(super) fn probe(number: u32, path: &Path, extension: &str) -> Reply {
    let micros = duration(path, extension).and_then(|time| u64::try_from(time.as_micros()).ok());
    (Answer::Probed { number, micros }, None)
}

fn refused(number: u32, error: &io::Error) -> Reply {
    (Answer::Refused { number, why: error.to_string() }, None)
}

/// Opens a file if it is a regular one and, with all symbolic links resolved, below its `root`: the tree may have changed
/// since the scan.
fn open_below(path: &Path, root: &Path) -> io::Result<(File, Metadata)> {
    let path = path.canonicalize()?;
    if !path.starts_with(root.canonicalize()?) {
        return Err(io::Error::other("leads out of its folder"));
    }
    // Without NONBLOCK, opening a FIFO would wait for its writer.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    // That a card need not write when each file was last read. Only the owner of a file may ask for it.
    let opened = match rustix::fs::open(&path, flags | OFlags::NOATIME, Mode::empty()) {
        Err(Errno::PERM) => rustix::fs::open(&path, flags, Mode::empty()),
        opened => opened,
    };
    let file = File::from(opened?);
    let about = file.metadata()?;
    match about.is_file() {
        true => Ok((file, about)),
        false => Err(io::Error::other("not a regular file")),
    }
}
