//! What our media server saw a renderer fetch of one load. This is better evidence than what the renderer reports.
//!
//! The media server's reports do not name the connection, and a renderer opens several. So only conclusions are drawn
//! that hold for any assignment of reports to connections.

use crate::kiosk::event::StreamEnd;
use crate::time::{Duration, Instant};

/// A renderer that hung up after at most this many bytes has only looked at the beginning of the file. Bytes still in
/// the socket buffers, some hundreds of kilobytes, count as fetched.
const A_LOOK: u64 = 1 << 20;

/// If a stream breaks off, the renderer asks for the rest within this time, or never.
const ASKS_AGAIN: Duration = Duration::from_secs(3);

/// The sum of all requests for one load.
#[derive(Clone, Debug, Default)]
pub struct FetchEvidence {
    /// The renderer requested the file itself.
    pub fetched: bool,
    /// The media server sent the last byte of the file.
    pub whole_sent: bool,
    cut_at: Option<Instant>,
    /// The path holds another file now, so that a request could not be served.
    pub replaced: bool,
    heads: u16,
    /// How many GETs the renderer broke off.
    pub hang_ups: u16,
    bytes: u64,
    /// The last report did not end a request: a connection is open.
    open: bool,
}

impl FetchEvidence {
    /// Takes one report of the media server.
    pub fn add(&mut self, bytes: u64, end: Option<StreamEnd>, now: Instant) {
        self.bytes = self.bytes.saturating_add(bytes);
        match end {
            // A HEAD says nothing about parallel connections.
            Some(StreamEnd::Head) => self.heads = self.heads.saturating_add(1),
            Some(StreamEnd::Aborted) => {
                self.hang_ups = self.hang_ups.saturating_add(1);
                self.open = false;
            }
            _ => self.open = end.is_none(),
        }
        // A HEAD fetches nothing.
        self.fetched |= end != Some(StreamEnd::Head);
        self.replaced |= end == Some(StreamEnd::Replaced);
        self.whole_sent |= end == Some(StreamEnd::WholeFile);
        self.cut_at = match end {
            Some(StreamEnd::FileError | StreamEnd::Replaced) => self.cut_at.or(Some(now)),
            Some(StreamEnd::Head | StreamEnd::Aborted) => self.cut_at,
            None | Some(StreamEnd::WholeFile | StreamEnd::Part) => None,
        };
    }

    /// The media server ended, and all its connections with it.
    pub fn server_ended(&mut self, now: Instant) {
        if self.fetched && !self.whole_sent {
            self.cut_at = self.cut_at.or(Some(now));
        }
    }

    /// Disregards what was fetched before, because the renderer is given the same file again.
    pub fn forget_fetch(&mut self) {
        self.fetched = false;
    }

    /// Disregards all requests so far: what was fetched, and what the renderer broke off.
    pub fn forget_requests(&mut self) {
        let Self { whole_sent, cut_at, replaced, .. } = *self;
        *self = Self { whole_sent, cut_at, replaced, ..Self::default() };
    }

    /// Returns whether the box broke the stream off, because the file became unreadable or the media server ended. The
    /// renderer then waits for bytes that do not come.
    pub const fn is_cut(&self) -> bool {
        self.cut_at.is_some()
    }

    /// When a renderer whose stream was cut should have asked for the rest.
    pub fn asks_again_by(&self) -> Option<Instant> {
        self.cut_at.map(|at| at + ASKS_AGAIN)
    }

    /// Returns whether the renderer requested the file, if only by HEAD: it can reach the media server.
    pub const fn is_asked_for(&self) -> bool {
        self.fetched || self.heads > 0
    }

    /// Returns whether the renderer dropped every connection after a look, and none is open: it will not play. A single
    /// dropped connection may end a serious attempt. `size`: the size of the file in bytes.
    pub fn only_hung_up(&self, size: u64) -> bool {
        let looks = u64::from(self.hang_ups).saturating_mul(a_look_at(size));
        !self.whole_sent && self.hang_ups > 1 && !self.open && self.bytes <= looks
    }

    /// Returns whether the renderer has enough of the file, which has `size` bytes, to show something.
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

/// [`A_LOOK`], or less for a short file.
fn a_look_at(size: u64) -> u64 {
    A_LOOK.min(size / 8)
}
