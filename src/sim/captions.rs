//! The subtitles that a simulated renderer is told of.

use super::words::FetchId;
use crate::upnp::didl;

/// Subtitles of one media: where they are said to be, and how far they have come.
#[derive(Clone, Debug, Default)]
pub(super) struct SubtitleState {
    /// A `res` of text in the metadata.
    pub(super) resource: Option<String>,
    /// pv:subtitleFileUri in the metadata.
    pub(super) attribute: Option<String>,
    /// What it went for.
    pub(super) fetch: Option<(FetchId, String)>,
    /// They came.
    pub(super) shown: bool,
}

impl SubtitleState {
    pub(super) fn of(described: Option<&didl::Described>) -> Self {
        Self {
            resource: described.and_then(|d| d.text_resource.clone()),
            attribute: described.and_then(|d| d.subtitle_file.clone()),
            ..Self::default()
        }
    }
}
