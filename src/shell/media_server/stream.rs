//! Streams bytes of a file into a socket with sendfile.
//!
//! sendfile blocks the whole box while a slow disk reads. So each chunk is first looked up in the page cache. If it is not
//! there, the kernel is asked to read ahead and the stream waits in short pauses. At most two streams wait at once, because more
//! would only make the disk seek. One chunk is sent per turn of the executor.

use crate::kiosk::event::{Event, StreamEnd};
use crate::kiosk::token::Token;
use crate::limits::{MEDIA_CHUNK, STREAM_STALL};
use crate::shell::mailbox::Mailbox;
use crate::shell::media_server::response::OpenFile;
use crate::time::Duration;
use core::cell::Cell;
use core::num::NonZeroU64;
use rustix::fs::Advice;
use rustix::io::{Errno, ReadWriteFlags};
use smol::{Async, Timer, future};
use std::io::IoSliceMut;
use std::net::TcpStream;
use std::time::Instant;

/// How many streams may wait for the disk at once.
const PERMITS: u8 = 2;
/// Bytes requested from the disk at once: this chunk and the next three.
const READ_AHEAD: u64 = 4 * MEDIA_CHUNK as u64;
/// The first pause between two checks of the page cache; it doubles up to [`LAST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(1);
/// See [`FIRST_PAUSE`].
const LAST_PAUSE: Duration = Duration::from_millis(8);
/// After this the file is read although it blocks: blocking once is better than never playing.
const DISK_TIMEOUT: Duration = Duration::from_secs(2);
/// Pause after sendfile failed for lack of memory.
const NO_MEMORY_PAUSE: Duration = Duration::from_millis(100);
/// How many such pauses in a row: ten seconds, which a renderer may have buffered.
const NO_MEMORY_PAUSES: u32 = 100;
/// How often sent bytes are reported to the kiosk.
const REPORT_PERIOD: Duration = Duration::from_secs(1);

/// Permits to wait for the disk, shared by all streams.
#[derive(Debug, Default)]
pub(super) struct Permits {
    taken: Cell<u8>,
}

struct Permit<'a>(&'a Permits);

impl Permits {
    fn take(&self) -> Option<Permit<'_>> {
        let taken = self.taken.get();
        (taken < PERMITS).then(|| {
            self.taken.set(taken + 1);
            Permit(self)
        })
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.taken.set(self.0.taken.get() - 1);
    }
}

/// Whether bytes of a file are in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cached {
    Yes,
    No,
    /// The file system cannot tell (exFAT, NTFS, FUSE).
    Unknown,
}

/// One stream.
pub(super) struct Stream<'a> {
    pub(super) token: Token,
    pub(super) file: &'a OpenFile,
    pub(super) socket: &'a Async<TcpStream>,
    pub(super) mailbox: &'a Mailbox,
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
        let mut can_check = true;
        let mut pauses = 0;
        while offset < end {
            let count = (end - offset).min(MEDIA_CHUNK as u64);
            if can_check {
                can_check = self.wait_for_cache(offset, count).await;
            }
            // Never send the start of one file and the end of another.
            if !self.file.is_unchanged() {
                return Err(StreamEnd::Replaced);
            }
            let before = offset;
            // MEDIA_CHUNK is a usize.
            let sent = rustix::fs::sendfile(
                self.socket.get_ref(),
                &self.file.file,
                Some(&mut offset),
                count as usize,
            );
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

    /// Waits until a chunk is in memory, or for [`DISK_TIMEOUT`]. Returns whether the file system can tell.
    async fn wait_for_cache(&self, offset: u64, count: u64) -> bool {
        let give_up = Instant::now() + DISK_TIMEOUT;
        let mut permit = None;
        let mut pause = FIRST_PAUSE;
        loop {
            match self.cached(offset, count) {
                Cached::Yes => return true,
                Cached::Unknown => return false,
                Cached::No if Instant::now() >= give_up => return true,
                Cached::No => {}
            }
            if permit.is_none() {
                permit = self.permits.take();
                if permit.is_some() {
                    // If this fails, sendfile reads the disk.
                    let length = NonZeroU64::new(READ_AHEAD);
                    let _ = rustix::fs::fadvise(&self.file.file, offset, length, Advice::WillNeed);
                }
            }
            Timer::after(pause).await;
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }

    /// Checks the first and the last byte of a chunk.
    fn cached(&self, offset: u64, count: u64) -> Cached {
        for at in [offset, offset + count - 1] {
            let mut byte = [0];
            let mut into = [IoSliceMut::new(&mut byte)];
            match rustix::io::preadv2(&self.file.file, &mut into, at, ReadWriteFlags::NOWAIT) {
                // Also beyond the end of the file: sendfile will notice.
                Ok(_) => {}
                Err(Errno::AGAIN) => return Cached::No,
                Err(_) => return Cached::Unknown,
            }
        }
        Cached::Yes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_streams_that_wait_for_the_disk_is_bounded() {
        let permits = Permits::default();
        let mut held: Vec<_> = core::iter::from_fn(|| permits.take()).take(100).collect();
        assert_eq!(held.len(), usize::from(PERMITS));
        held.pop();
        assert!(permits.take().is_some(), "given back when dropped");
    }
}
