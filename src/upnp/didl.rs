//! DIDL-Lite (ContentDirectory:1 §2.8): the metadata that goes with a URI.

use crate::time::Duration;

/// How much metadata to send: renderers differ in what they refuse, so there is a ladder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    /// Everything: title, class, protocolInfo with DLNA fields, size, duration.
    #[default]
    Full,
    /// Without size and duration, fourth field `*`.
    Plain,
    /// As [`Self::Plain`] with quotes and ampersands written the way old Samsung likes.
    Compat,
    /// The empty string.
    Empty,
}

/// One media item to describe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// Shown by the TV.
    pub title: &'a str,
    /// The URL, the same as CurrentURI.
    pub url: &'a str,
    /// MIME type, the same as the Content-Type of our server.
    pub mime: &'a str,
    /// The fourth field of protocolInfo (`DLNA.ORG_OP=…`).
    pub content_features: &'a str,
    /// Kind of medium: decides upnp:class.
    pub kind: crate::media::mime::Kind,
    /// Bytes.
    pub size: u64,
    /// Length in time, where it is known.
    pub duration: Option<Duration>,
}
