//! What the media server saw of one load, beyond that it was fetched: evidence of why it does not play.
//!
//! Its words come without the name of the connection, since a renderer opens several; so only what is
//! beyond doubt is concluded from them.

use crate::kiosk::event::StreamEnd;

/// Whoever took no more than this before hanging up looked at the file's beginning only. What was sent
/// waits in the sockets' buffers, some hundreds of kilobytes, and counts as taken.
const A_LOOK: u64 = 1 << 20;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    /// HEAD requests.
    pub heads: u16,
    /// GETs that the renderer broke off.
    pub hang_ups: u16,
    /// Bytes sent, all GETs together.
    pub bytes: u64,
    /// Of what is told, the last word was no end.
    open: bool,
}

impl Witness {
    /// The media server says this.
    pub fn hear(&mut self, bytes: u64, end: Option<StreamEnd>) {
        self.bytes = self.bytes.saturating_add(bytes);
        match end {
            // It says nothing of connections beside it.
            Some(StreamEnd::Head) => self.heads = self.heads.saturating_add(1),
            Some(StreamEnd::Aborted) => {
                self.hang_ups = self.hang_ups.saturating_add(1);
                self.open = false;
            }
            _ => self.open = end.is_none(),
        }
    }

    /// Each connection was dropped after a look, and none is left: nothing can come of that. One alone
    /// may be the end of an honest attempt. `size` is the file's.
    #[must_use]
    pub fn only_hung_up(&self, size: u64) -> bool {
        let looks = u64::from(self.hang_ups).saturating_mul(a_look_at(size));
        self.hang_ups > 1 && !self.open && self.bytes <= looks
    }

    /// It fetches, and has more of the file than whoever only looks at it.
    #[must_use]
    pub fn feeds(&self, size: u64) -> bool {
        self.open && self.bytes > a_look_at(size)
    }
}

/// See [`A_LOOK`]; less of a short file.
fn a_look_at(size: u64) -> u64 {
    A_LOOK.min(size / 8)
}
