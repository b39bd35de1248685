//! Kinds of media by file extension, with the MIME types under which renderers know them.

/// What a renderer does with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Moving pictures.
    Video,
    /// Sound only.
    Audio,
    /// A still.
    Image,
}

/// A kind of file.
#[derive(Debug, PartialEq, Eq)]
pub struct MediaType {
    /// Extension in lower case, without the dot; the one put into URLs.
    pub extension: &'static str,
    /// Video, audio or image.
    pub kind: Kind,
    /// The default MIME type first, then the aliases, in the order to try them.
    pub mimes: &'static [&'static str],
}
