//! What our media server saw a renderer fetch of one load: better evidence than what the renderer says.
//!
//! The media server reports without naming the connection, and a renderer opens several. So this file concludes only
//! what holds whichever connection a report came from.

use crate::kiosk::event::StreamEnd;
use crate::time::{Duration, Instant};

/// A renderer that took no more than this before it hung up has only looked at the beginning of the file. Bytes that
/// wait in the buffers of the sockets, some hundreds of kilobytes, count as taken.
const A_LOOK: u64 = 1 << 20;

/// A renderer whose stream breaks off asks for the rest within this time, or never.
const ASKS_AGAIN: Duration = Duration::from_secs(3);

/// The requests for one load, added up.
#[derive(Clone, Debug, Default)]
pub struct FetchEvidence {
    /// The renderer asked for the file itself.
    pub fetched: bool,
    /// The media server sent the last byte of the file.
    pub whole_sent: bool,
    cut_at: Option<Instant>,
    /// Another file has the path now, so that a request could not be served.
    pub replaced: bool,
    heads: u16,
    /// GETs that the renderer broke off.
    pub hang_ups: u16,
    bytes: u64,
    /// The last report was not the end of a request: a connection is open.
    open: bool,
}

impl FetchEvidence {
    /// Takes one report of the media server.
    pub fn add(&mut self, bytes: u64, end: Option<StreamEnd>, now: Instant) {
        self.bytes = self.bytes.saturating_add(bytes);
        match end {
            // Says nothing about the connections beside it.
            Some(StreamEnd::Head) => self.heads = self.heads.saturating_add(1),
            Some(StreamEnd::Aborted) => {
                self.hang_ups = self.hang_ups.saturating_add(1);
                self.open = false;
            }
            _ => self.open = end.is_none(),
        }
        // A HEAD is a question, not a fetch.
        self.fetched |= end != Some(StreamEnd::Head);
        self.replaced |= end == Some(StreamEnd::Replaced);
        self.whole_sent |= end == Some(StreamEnd::WholeFile);
        self.cut_at = match end {
            Some(StreamEnd::FileError | StreamEnd::Replaced) => self.cut_at.or(Some(now)),
            Some(StreamEnd::Head | StreamEnd::Aborted) => self.cut_at,
            None | Some(StreamEnd::WholeFile | StreamEnd::Part) => None,
        };
    }

    /// The media server ended, and its connections with it.
    pub fn server_ended(&mut self, now: Instant) {
        if self.fetched && !self.whole_sent {
            self.cut_at = self.cut_at.or(Some(now));
        }
    }

    /// The renderer is given the same file again: what it fetched before proves nothing.
    pub fn forget_fetch(&mut self) {
        self.fetched = false;
    }

    /// As [`Self::forget_fetch`], and the requests so far are not held against the renderer.
    pub fn forget_requests(&mut self) {
        let Self { whole_sent, cut_at, replaced, .. } = *self;
        *self = Self { whole_sent, cut_at, replaced, ..Self::default() };
    }

    /// The stream broke off on our side, since the file cannot be read any more or the media server ended. The renderer
    /// waits for bytes that do not come.
    pub const fn is_cut(&self) -> bool {
        self.cut_at.is_some()
    }

    /// A cut renderer that has not asked for the rest by this time never will.
    pub fn asks_again_by(&self) -> Option<Instant> {
        self.cut_at.map(|at| at + ASKS_AGAIN)
    }

    /// The renderer asked for the file, if only for its head: it can reach the media server.
    pub const fn is_asked_for(&self) -> bool {
        self.fetched || self.heads > 0
    }

    /// The renderer dropped each connection after a look, and none is open: nothing can come of that. A single one may
    /// be the end of an honest attempt. `size` is the size of the file in bytes.
    pub fn only_hung_up(&self, size: u64) -> bool {
        let looks = u64::from(self.hang_ups).saturating_mul(a_look_at(size));
        !self.whole_sent && self.hang_ups > 1 && !self.open && self.bytes <= looks
    }

    /// The renderer has enough of the file, whose size is `size` bytes, to show something.
    pub fn is_enough(&self, size: u64) -> bool {
        self.whole_sent || self.open && self.bytes > a_look_at(size)
    }

    /// How much of the file the renderer has, in one word for programs.
    pub const fn word(&self) -> &'static str {
        match self {
            Self { whole_sent: true, .. } => "to_the_end",
            Self { fetched: true, .. } => "part",
            Self { heads: 1.., .. } => "head",
            _ => "nothing",
        }
    }
}

/// See [`A_LOOK`]; less of a short file.
fn a_look_at(size: u64) -> u64 {
    A_LOOK.min(size / 8)
}
