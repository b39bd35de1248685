//! One stream of media: bytes of a file into a socket, by sendfile.
//!
//! sendfile stops the whole box while a slow disk reads. So each chunk is first looked for in the page
//! cache; a cold one is asked of the kernel (read-ahead) and awaited in short sleeps, by two streams at
//! once at most, because more would only make the disk seek. One chunk per turn of the executor.

use crate::kiosk::event::{Event, StreamEnd};
use crate::kiosk::token::Token;
use crate::limits::{MEDIA_CHUNK, STREAM_STALL};
use crate::shell::mailbox::Mailbox;
use crate::shell::media_server::response::Opened;
use crate::time::Duration;
use core::cell::Cell;
use core::num::NonZeroU64;
use rustix::fs::Advice;
use rustix::io::{Errno, ReadWriteFlags};
use smol::{Async, Timer, future};
use std::io::IoSliceMut;
use std::net::TcpStream;
use std::time::Instant;

/// Streams that may wait for the disk at once.
const PERMITS: u8 = 2;
/// Bytes asked of the disk at once: this chunk and the next three.
const READ_AHEAD: u64 = 4 * MEDIA_CHUNK as u64;
/// Sleep between two looks into the page cache: doubled from the first to the last.
const FIRST_LOOK: Duration = Duration::from_millis(1);
/// See [`FIRST_LOOK`].
const LAST_LOOK: Duration = Duration::from_millis(8);
/// After this the file is read anyway: blocking once is better than never playing.
const DISK_PATIENCE: Duration = Duration::from_secs(2);
/// Pauses after sendfile failed for want of memory, and how many in a row.
const SCARCE_PAUSE: Duration = Duration::from_millis(100);
/// See [`SCARCE_PAUSE`]: ten seconds, what a renderer may have buffered.
const SCARCE_PAUSES: u32 = 100;
/// How often the kiosk hears of bytes sent.
const TELL_PERIOD: Duration = Duration::from_secs(1);

/// The right to wait for the disk, shared by all streams.
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
    pub(super) file: &'a Opened,
    pub(super) socket: &'a Async<TcpStream>,
    pub(super) mailbox: &'a Mailbox,
    pub(super) permits: &'a Permits,
}

/// What was sent and not yet told to the kiosk.
struct Untold {
    bytes: u64,
    /// `None`: at once, with the first bytes.
    due: Option<Instant>,
}

impl Stream<'_> {
    /// Sends the bytes from `first` up to but not including `end`. Gives the bytes that the kiosk was
    /// not yet told of, and how it failed if it did. A file that became shorter is never padded.
    pub(super) async fn send(&self, first: u64, end: u64) -> (u64, Result<(), StreamEnd>) {
        let mut untold = Untold { bytes: 0, due: None };
        let result = self.chunks(first, end, &mut untold).await;
        (untold.bytes, result)
    }

    async fn chunks(
        &self,
        mut offset: u64,
        end: u64,
        untold: &mut Untold,
    ) -> Result<(), StreamEnd> {
        let mut tellable = true;
        let mut scarce = 0;
        while offset < end {
            let count = (end - offset).min(MEDIA_CHUNK as u64);
            if tellable {
                tellable = self.warm(offset, count).await;
            }
            // Never the beginning of one file and the end of another.
            if !self.file.is_whole() {
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
                    scarce = 0;
                    untold.bytes += offset - before;
                    self.tell(untold).await;
                    future::yield_now().await;
                }
                Err(Errno::AGAIN) => self.writable(untold).await?,
                Err(Errno::INTR) => {}
                Err(Errno::NOMEM | Errno::NOBUFS) if scarce < SCARCE_PAUSES => {
                    scarce += 1;
                    Timer::after(SCARCE_PAUSE).await;
                }
                Err(Errno::IO | Errno::NODEV | Errno::NXIO | Errno::INVAL | Errno::STALE) => {
                    return Err(StreamEnd::FileError);
                }
                Err(_) => return Err(StreamEnd::Aborted),
            }
        }
        Ok(())
    }

    /// Waits until the client takes more, and tells the kiosk meanwhile what is due.
    async fn writable(&self, untold: &mut Untold) -> Result<(), StreamEnd> {
        let stalled = Instant::now() + STREAM_STALL;
        loop {
            let due = untold.due.filter(|_| untold.bytes > 0);
            let wake = due.map_or(stalled, |due| due.min(stalled));
            let writable = future::or(async { Some(self.socket.writable().await) }, async {
                Timer::at(wake).await;
                None
            });
            match writable.await {
                Some(Ok(())) => return Ok(()),
                Some(Err(_)) => return Err(StreamEnd::Aborted),
                None if Instant::now() >= stalled => return Err(StreamEnd::Aborted),
                None => self.tell(untold).await,
            }
        }
    }

    async fn tell(&self, untold: &mut Untold) {
        let now = Instant::now();
        if untold.due.is_none_or(|due| now >= due) {
            let bytes = core::mem::take(&mut untold.bytes);
            untold.due = Some(now + TELL_PERIOD);
            let token = self.token;
            self.mailbox.post(Event::Served { token, bytes, end: None }).await;
        }
    }

    /// Waits until a chunk is in memory, or for as long as patience lasts; whether the file system
    /// can tell.
    async fn warm(&self, offset: u64, count: u64) -> bool {
        let patience = Instant::now() + DISK_PATIENCE;
        let mut permit = None;
        let mut pause = FIRST_LOOK;
        loop {
            match self.cached(offset, count) {
                Cached::Yes => return true,
                Cached::Unknown => return false,
                Cached::No if Instant::now() >= patience => return true,
                Cached::No => {}
            }
            if permit.is_none() {
                permit = self.permits.take();
                if permit.is_some() {
                    // Advice: without it the disk is read by sendfile.
                    let length = NonZeroU64::new(READ_AHEAD);
                    let _ = rustix::fs::fadvise(&self.file.file, offset, length, Advice::WillNeed);
                }
            }
            Timer::after(pause).await;
            pause = (pause * 2).min(LAST_LOOK);
        }
    }

    /// Looks at the first and last byte of a chunk.
    fn cached(&self, offset: u64, count: u64) -> Cached {
        for at in [offset, offset + count - 1] {
            let mut byte = [0];
            let mut into = [IoSliceMut::new(&mut byte)];
            match rustix::io::preadv2(&self.file.file, &mut into, at, ReadWriteFlags::NOWAIT) {
                // Nothing there: sendfile finds the new end of the file.
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
    fn only_so_many_streams_wait_for_the_disk() {
        let permits = Permits::default();
        let mut held: Vec<_> = core::iter::from_fn(|| permits.take()).take(100).collect();
        assert_eq!(held.len(), usize::from(PERMITS));
        held.pop();
        assert!(permits.take().is_some(), "given back when dropped");
    }
}
