//! What our media server saw a renderer fetch of one load. This is better evidence than what the renderer reports.
//!
//! The media server's reports do not name the connection, and a renderer opens several. So only conclusions are drawn
//! that hold for any assignment of reports to connections.

use crate::kiosk::event::StreamEnd;
use crate::time::{Duration, Instant};

/// A renderer that hung up after at most this many bytes has only looked at the beginning of the file. Bytes still in
/// the socket buffers, some hundreds of kilobytes, count as fetched.
const A_LOOK: u64 = 1 << 20;

/// A renderer that reads as fast as it plays holds at most so much.
const BUFFERED: Duration = Duration::from_secs(20);

/// If a stream breaks off, the renderer asks for the rest within this time, or never.
const ASKS_AGAIN: Duration = Duration::from_secs(3);

/// The sum of all requests for one load.
#[derive(Clone, Debug, Default)]
pub struct FetchEvidence {
    /// The renderer requested the file itself.
    pub fetched: bool,
    /// When the media server sent the last byte of the file, and not only the last part of it, where some formats have
    /// their index.
    end_sent: Option<Instant>,
    /// After the last byte, more of the file was sent, or a request was broken off.
    more_since: bool,
    /// When the first bytes were sent.
    began: Option<Instant>,
    cut_at: Option<Instant>,
    /// The box could not read the file.
    pub unreadable: bool,
    /// The path holds another file now, so that a request could not be served.
    pub replaced: bool,
    heads: u16,
    /// How many GETs the renderer broke off.
    pub hang_ups: u16,
    bytes: u64,
    /// Bytes since the last request ended.
    since_end: u64,
    /// When bytes were last sent.
    sent_at: Option<Instant>,
    /// The last report did not end a request: a connection is open.
    open: bool,
}

impl FetchEvidence {
    /// Takes one report of the media server. `size`: the size of the file in bytes.
    pub fn add(&mut self, bytes: u64, end: Option<StreamEnd>, size: u64, now: Instant) {
        self.bytes = self.bytes.saturating_add(bytes);
        self.since_end = self.since_end.saturating_add(bytes);
        if bytes > 0 {
            self.sent_at = Some(now);
            self.began = self.began.or(Some(now));
        }
        self.note_end(end, size, now);
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
        self.unreadable |= end == Some(StreamEnd::FileError);
        self.cut_at = match end {
            Some(StreamEnd::FileError | StreamEnd::Replaced) => self.cut_at.or(Some(now)),
            Some(StreamEnd::Head | StreamEnd::Aborted) => self.cut_at,
            None | Some(StreamEnd::WholeFile | StreamEnd::Part) => None,
        };
    }

    /// Whether the end of the file was sent. A short request for the last part counts only if most of the file was sent
    /// before: players read an index at the end first.
    fn note_end(&mut self, end: Option<StreamEnd>, size: u64, now: Instant) {
        match end {
            Some(StreamEnd::Head) => return,
            Some(StreamEnd::WholeFile) => {
                let is_tail = self.since_end <= a_look_at(size) && self.bytes < size / 2;
                if !is_tail {
                    (self.end_sent, self.more_since) = (Some(now), false);
                }
            }
            _ => self.more_since = true,
        }
        if end.is_some() {
            self.since_end = 0;
        }
    }

    /// The media server ended, and all its connections with it. `size`: the size of the file in bytes.
    pub fn server_ended(&mut self, size: u64, now: Instant) {
        if self.fetched && !self.is_whole(size) {
            self.cut_at = self.cut_at.or(Some(now));
        }
    }

    /// Returns whether the renderer has a connection open, as far as that is known.
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// Disregards what was fetched before, because the renderer is given the same file again.
    pub fn forget_fetch(&mut self) {
        self.fetched = false;
    }

    /// Disregards all requests so far: what was fetched, and what the renderer broke off.
    pub fn forget_requests(&mut self) {
        let Self { cut_at, replaced, unreadable, .. } = *self;
        *self = Self { cut_at, replaced, unreadable, ..Self::default() };
    }

    /// Returns whether the renderer has the file to its end, which has `size` bytes: nothing of it is left to fetch.
    pub const fn is_whole(&self, size: u64) -> bool {
        self.end_sent.is_some() && (!self.more_since || self.bytes >= size)
    }

    /// Returns whether the renderer fetched the file no faster than it plays, and has had the end for so short a time that
    /// a stop now is the end. `played`: how far it has played.
    pub fn runs_dry(&self, played: Duration, now: Instant) -> bool {
        let Some((end, began)) = self.end_sent.zip(self.began) else { return false };
        end.since(began) >= played / 2 && now.since(end) <= BUFFERED
    }

    /// When the last byte of the file was sent.
    pub const fn end_sent(&self) -> Option<Instant> {
        self.end_sent
    }

    /// When bytes of the file were last sent.
    pub const fn sent_at(&self) -> Option<Instant> {
        self.sent_at
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
        self.end_sent.is_none() && self.hang_ups > 1 && !self.open && self.bytes <= looks
    }

    /// Returns whether the renderer has enough of the file, which has `size` bytes, to show something.
    pub fn is_enough(&self, size: u64) -> bool {
        self.end_sent.is_some() || self.open && self.bytes > a_look_at(size)
    }

    /// Returns whether the renderer broke off before the end, and has no connection open.
    pub const fn is_broken_off(&self) -> bool {
        self.hang_ups > 0 && self.end_sent.is_none() && !self.open
    }

    /// How much of the file the renderer has, in one word for programs.
    pub const fn word(&self) -> &'static str {
        match self {
            Self { end_sent: Some(_), .. } => "to_the_end",
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
