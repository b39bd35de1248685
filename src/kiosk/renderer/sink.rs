//! What a renderer lists as playable: the `Sink` of GetProtocolInfo (ConnectionManager:2, section 2.4.3).

use crate::kiosk::habits::{KINDS, Kinds};
use crate::media::media_type::{self, MediaKind, MediaType};

/// What a renderer lists as playable.
#[derive(Debug, Default)]
pub(super) struct Sink {
    list: Option<String>,
    /// GetProtocolInfo was answered, or is unavailable.
    is_asked: bool,
    /// The kinds of media of which the list names no file.
    unlisted: Kinds,
    /// Those of them that were reported.
    told: Kinds,
}

impl Sink {
    pub(super) fn list(&self) -> Option<&str> {
        self.list.as_deref()
    }

    /// Returns whether GetProtocolInfo was answered, or is unavailable.
    pub(super) const fn is_asked(&self) -> bool {
        self.is_asked
    }

    /// Records the answer. Without one, the list that was given before holds.
    pub(super) fn set(&mut self, list: Option<String>) {
        self.list = list.or(self.list.take());
        self.is_asked = true;
        for kind in KINDS {
            *self.unlisted.at(kind) = !media_type::lists_kind(self.text(), kind);
        }
    }

    /// Lets it be asked for again.
    pub(super) fn ask_again(&mut self) {
        self.is_asked = false;
    }

    /// Returns whether the list names no file of this kind.
    pub(super) fn is_unlisted(&self, kind: MediaKind) -> bool {
        self.unlisted.of(kind)
    }

    /// Returns whether it is still to be reported that no file of this kind is listed, and remembers that it was.
    pub(super) fn tell_unlisted(&mut self, kind: MediaKind) -> bool {
        !core::mem::replace(self.told.at(kind), true)
    }

    /// The MIME type by which the list names files of this type, or else the usual one.
    pub(super) fn choose_mime(&self, media_type: &'static MediaType) -> &'static str {
        media_type::choose_mime(self.text(), media_type)
    }

    fn text(&self) -> &str {
        self.list.as_deref().unwrap_or_default()
    }
}
