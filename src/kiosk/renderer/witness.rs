//! What the media server saw of one load, beyond that it was fetched: evidence of why it does not play.
//!
//! Its words come without the name of the connection, since a renderer opens several; so only what is
//! beyond doubt is concluded from them.

use super::Renderer;
use super::load::{Load, Phase};
use crate::kiosk::event::{StreamEnd, Token};
use crate::time::Instant;

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
    /// may be the end of an honest attempt.
    #[must_use]
    pub fn only_hung_up(&self, load: &Load) -> bool {
        let looks = u64::from(self.hang_ups).saturating_mul(a_look_at(load));
        self.hang_ups > 1 && !self.open && !load.whole_sent && self.bytes <= looks
    }

    /// It has enough of the file to show something.
    #[must_use]
    pub fn has_fed(&self, load: &Load) -> bool {
        load.whole_sent || (self.open && self.bytes > a_look_at(load))
    }

    /// How much of the file it has, in one word for programs.
    #[must_use]
    pub fn word(load: &Load) -> &'static str {
        match load {
            _ if load.whole_sent => "to_the_end",
            _ if load.fetched => "part",
            _ if load.witness.heads > 0 => "head",
            _ => "nothing",
        }
    }
}

impl Renderer {
    /// What the media server saw.
    pub(in crate::kiosk) fn witness(
        &mut self,
        token: Token,
        bytes: u64,
        end: Option<StreamEnd>,
        now: Instant,
    ) {
        let Some(load) = self.load_of(token) else {
            return;
        };
        load.witness.hear(bytes, end);
        // A HEAD is a question, not a fetch.
        if end != Some(StreamEnd::Head) {
            load.fetched = true;
        }
        load.replaced |= end == Some(StreamEnd::Replaced);
        load.whole_sent |= end == Some(StreamEnd::WholeFile);
        load.cut_at = match end {
            Some(StreamEnd::FileError | StreamEnd::Replaced) => load.cut_at.or(Some(now)),
            Some(StreamEnd::Head | StreamEnd::Aborted) => load.cut_at,
            None | Some(StreamEnd::WholeFile | StreamEnd::Part) => None,
        };
        if matches!(load.phase, Phase::Starting { .. }) {
            self.transport_due = self.transport_due.min(now);
        }
    }
}

/// See [`A_LOOK`]; less of a short file.
fn a_look_at(load: &Load) -> u64 {
    A_LOOK.min(load.file.size / 8)
}
