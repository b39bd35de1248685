//! Streams bytes of a file into a socket with sendfile.
//!
//! sendfile blocks the whole box while a slow disk reads. So each chunk is first looked up in the page cache. If it is not
//! there, the stream waits until a reader has read it (`src/shell/reader/files.rs`). Where the file system cannot tell what is
//! in memory (exFAT, NTFS, FUSE), or waits even when a file is closed, a reader copies the file piece by piece into memory, from
//! where it is sent; and so it does with what is forgotten as soon as it is read, when memory is short. At most two streams wait
//! for one disk at once, because more would only make it seek. One chunk is sent per turn of the executor.

use crate::kiosk::effect::Published;
use crate::kiosk::event::{Event, StreamEnd};
use crate::kiosk::token::Token;
use crate::limits::{MEDIA_CHUNK, STREAM_STALL};
use crate::shell::mailbox::Mailbox;
use crate::shell::media_server::response::OpenFile;
use crate::shell::reader::{Copied, Readers};
use crate::time::Duration;
use core::cell::RefCell;
use rustix::io::{Errno, ReadWriteFlags};
use smol::{Async, Timer, future};
use std::collections::HashMap;
use std::fs::File;
use std::io::IoSliceMut;
use std::net::TcpStream;
use std::time::Instant;

/// How many streams may wait for one disk at once.
const PERMITS: u8 = 2;
/// Bytes requested from the disk at once: this chunk and the next three.
const READ_AHEAD: u32 = 4 * MEDIA_CHUNK as u32;
/// The pause between two attempts to have the disk for this stream.
const PAUSE: Duration = Duration::from_millis(4);
/// How often a chunk is read until it is in memory: memory may be short. Then it is copied.
const READS: u8 = 3;
/// Pause after sendfile failed for lack of memory.
const NO_MEMORY_PAUSE: Duration = Duration::from_millis(100);
/// How many such pauses in a row: ten seconds, which a renderer may have buffered.
const NO_MEMORY_PAUSES: u32 = 100;
/// How often sent bytes are reported to the kiosk.
const REPORT_PERIOD: Duration = Duration::from_secs(1);

/// Permits to wait for a disk, shared by all streams. Each disk has its own: one that hangs must not hold up the others.
#[derive(Debug, Default)]
pub(super) struct Permits {
    /// The disks for which somebody waits, and how many do.
    taken: RefCell<HashMap<String, u8>>,
}

struct Permit<'a> {
    permits: &'a Permits,
    disk: String,
}

impl Permits {
    fn take(&self, disk: &str) -> Option<Permit<'_>> {
        let mut taken = self.taken.borrow_mut();
        let count = taken.entry(disk.to_owned()).or_default();
        (*count < PERMITS).then(|| {
            *count += 1;
            Permit { permits: self, disk: disk.to_owned() }
        })
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut taken = self.permits.taken.borrow_mut();
        if let Some(count) = taken.get_mut(&self.disk) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.disk);
            }
        }
    }
}

/// Whether bytes of a file are in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cached {
    Yes,
    No,
    /// The file system cannot tell: that of a body in memory on old kernels.
    Unknown,
}

/// One stream.
pub(super) struct Stream<'a> {
    pub(super) token: Token,
    pub(super) file: &'a OpenFile,
    pub(super) published: &'a Published,
    pub(super) socket: &'a Async<TcpStream>,
    pub(super) mailbox: &'a Mailbox,
    pub(super) readers: &'a Readers,
    pub(super) permits: &'a Permits,
}

/// Bytes sent that the kiosk has not heard of.
struct Unreported {
    bytes: u64,
    /// `None`: at once, with the first bytes.
    due: Option<Instant>,
}

impl Stream<'_> {
    /// Sends the bytes from `first` up to but not including `end`. Returns the bytes not yet reported, and how it failed, if it
    /// did. A file that became shorter is never padded.
    pub(super) async fn send(&self, first: u64, end: u64) -> (u64, Result<(), StreamEnd>) {
        let mut unreported = Unreported { bytes: 0, due: None };
        let result = self.chunks(first, end, &mut unreported).await;
        (unreported.bytes, result)
    }

    async fn chunks(
        &self,
        mut offset: u64,
        end: u64,
        unreported: &mut Unreported,
    ) -> Result<(), StreamEnd> {
        let mut can_tell = true;
        let mut copy: Option<Window> = None;
        let mut pauses = 0;
        while offset < end {
            let mut count = (end - offset).min(MEDIA_CHUNK as u64);
            let own = self.file.file.as_ref();
            let in_memory = match own.filter(|_| can_tell) {
                Some(file) => self.read(file, offset, count).await?,
                None => Cached::Unknown,
            };
            can_tell &= in_memory != Cached::Unknown;
            let (file, first) = match own.filter(|_| in_memory != Cached::No) {
                Some(file) => {
                    // Never send the start of one file and the end of another.
                    if !self.file.is_unchanged() {
                        return Err(StreamEnd::Replaced);
                    }
                    (file, 0)
                }
                None => {
                    let window = match copy.take().filter(|window| window.holds(offset)) {
                        Some(window) => window,
                        None => self.copied(offset).await?,
                    };
                    count = count.min(window.end - offset);
                    let window = copy.insert(window);
                    (&window.part, window.first)
                }
            };
            let mut at = offset - first;
            // MEDIA_CHUNK is a usize.
            let sent =
                rustix::fs::sendfile(self.socket.get_ref(), file, Some(&mut at), count as usize);
            let before = core::mem::replace(&mut offset, first + at);
            match sent {
                Ok(0) => return Err(StreamEnd::FileError),
                Ok(_) => {
                    pauses = 0;
                    unreported.bytes += offset - before;
                    self.report(unreported).await;
                    future::yield_now().await;
                }
                Err(Errno::AGAIN) => self.writable(unreported).await?,
                Err(Errno::INTR) => {}
                Err(Errno::NOMEM | Errno::NOBUFS) if pauses < NO_MEMORY_PAUSES => {
                    pauses += 1;
                    Timer::after(NO_MEMORY_PAUSE).await;
                }
                Err(Errno::IO | Errno::NODEV | Errno::NXIO | Errno::INVAL | Errno::STALE) => {
                    return Err(StreamEnd::FileError);
                }
                Err(_) => return Err(StreamEnd::Aborted),
            }
        }
        Ok(())
    }

    /// Waits until the client takes more; meanwhile reports what is due.
    async fn writable(&self, unreported: &mut Unreported) -> Result<(), StreamEnd> {
        let stalled = Instant::now() + STREAM_STALL;
        loop {
            let due = unreported.due.filter(|_| unreported.bytes > 0);
            let wake = due.map_or(stalled, |due| due.min(stalled));
            let writable = future::or(async { Some(self.socket.writable().await) }, async {
                Timer::at(wake).await;
                None
            });
            match writable.await {
                Some(Ok(())) => return Ok(()),
                Some(Err(_)) => return Err(StreamEnd::Aborted),
                None if Instant::now() >= stalled => return Err(StreamEnd::Aborted),
                None => self.report(unreported).await,
            }
        }
    }

    async fn report(&self, unreported: &mut Unreported) {
        let now = Instant::now();
        if unreported.due.is_none_or(|due| now >= due) {
            let bytes = core::mem::take(&mut unreported.bytes);
            unreported.due = Some(now + REPORT_PERIOD);
            let token = self.token;
            self.mailbox.post(Event::Served { token, bytes, end: None }).await;
        }
    }

    /// Has a chunk read that is not in memory. [`Cached::No`]: memory is too short to hold it.
    async fn read(&self, file: &File, offset: u64, count: u64) -> Result<Cached, StreamEnd> {
        for _ in 0..READS {
            match cached(file, offset, count) {
                Cached::No => {}
                known => return Ok(known),
            }
            let _permit = self.permit().await;
            let (path, root) = (&self.published.path, &self.published.root);
            // A reader that dies is replaced; the stream goes on.
            if let Err(why) = self.readers.warm(path, root, offset, READ_AHEAD).await {
                log::debug!("{}: {why}", path.display());
                return Err(StreamEnd::FileError);
            }
        }
        Ok(cached(file, offset, count))
    }

    async fn permit(&self) -> Permit<'_> {
        let disk = self.readers.disk(&self.published.path);
        loop {
            match self.permits.take(&disk) {
                Some(permit) => return permit,
                None => Timer::after(PAUSE).await,
            };
        }
    }

    /// A copy of the next bytes of a file that only a reader may touch.
    async fn copied(&self, first: u64) -> Result<Window, StreamEnd> {
        let _permit = self.permit().await;
        let (path, root) = (&self.published.path, &self.published.root);
        match self.readers.copy(path, root, first, READ_AHEAD).await {
            Ok(copied) if copied.version != self.file.version => Err(StreamEnd::Replaced),
            Ok(Copied { part, count, .. }) if count > 0 => {
                Ok(Window { part, first, end: first + count })
            }
            Ok(_) => Err(StreamEnd::FileError),
            Err(why) => {
                log::debug!("{}: {why}", path.display());
                Err(StreamEnd::FileError)
            }
        }
    }
}

/// Bytes of a file in memory.
struct Window {
    part: File,
    first: u64,
    end: u64,
}

impl Window {
    fn holds(&self, offset: u64) -> bool {
        (self.first..self.end).contains(&offset)
    }
}

/// Whether each page of a chunk is in memory. One that is not would make sendfile wait for the disk.
fn cached(file: &File, offset: u64, count: u64) -> Cached {
    let page = rustix::param::page_size() as u64;
    let mut at = offset;
    while at < offset + count {
        let mut byte = [0];
        let mut into = [IoSliceMut::new(&mut byte)];
        match rustix::io::preadv2(file, &mut into, at, ReadWriteFlags::NOWAIT) {
            // Beyond the end of the file: sendfile will notice.
            Ok(0) => break,
            Ok(_) => {}
            Err(Errno::AGAIN) => return Cached::No,
            Err(_) => return Cached::Unknown,
        }
        at = (at / page + 1) * page;
    }
    Cached::Yes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_streams_that_wait_for_the_disk_is_bounded() {
        let permits = Permits::default();
        let mut held: Vec<_> = core::iter::from_fn(|| permits.take("8:1")).take(100).collect();
        assert_eq!(held.len(), usize::from(PERMITS));
        assert!(permits.take("8:2").is_some(), "another disk has its own");
        held.pop();
        assert!(permits.take("8:1").is_some(), "given back when dropped");
        held.clear();
        assert!(permits.taken.borrow().is_empty());
    }
}
