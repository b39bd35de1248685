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

impl Kind {
    /// How a list of MIME types names all of this kind.
    #[must_use]
    pub const fn any(self) -> &'static str {
        match self {
            Self::Video => "video/*",
            Self::Audio => "audio/*",
            Self::Image => "image/*",
        }
    }
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

impl MediaType {
    /// The MIME type to try after `current` was refused, going round the list until `first`, which a
    /// renderer's own list may have chosen, would come again.
    #[must_use]
    pub fn alias_after(&self, current: &str, first: &str) -> Option<&'static str> {
        let at = self.mimes.iter().position(|mime| *mime == current)?;
        let next = self.mimes[(at + 1) % self.mimes.len()];
        (next != first).then_some(next)
    }

    /// The MIME types that mean this kind of file and no other: some aliases are the names of others.
    pub fn own_mimes(&self) -> impl Iterator<Item = &'static str> {
        let others = |mime: &&str| TYPES.iter().any(|other| other.default_mime() == *mime);
        let usual = self.default_mime();
        self.mimes.iter().copied().filter(move |mime| *mime == usual || !others(mime))
    }

    /// The MIME type to use where a renderer names none.
    #[must_use]
    pub fn default_mime(&self) -> &'static str {
        self.mimes.first().copied().unwrap_or("application/octet-stream")
    }
}

const fn video(extension: &'static str, mimes: &'static [&'static str]) -> MediaType {
    MediaType { extension, kind: Kind::Video, mimes }
}

const fn audio(extension: &'static str, mimes: &'static [&'static str]) -> MediaType {
    MediaType { extension, kind: Kind::Audio, mimes }
}

const fn image(extension: &'static str, mimes: &'static [&'static str]) -> MediaType {
    MediaType { extension, kind: Kind::Image, mimes }
}

/// Aliases are what renderers are seen to list in their Sink, the maker of each in the comment.
static TYPES: [MediaType; 24] = [
    // Samsung: x-mkv. Sony BDP: divx. The last one where nothing else is taken.
    video("mkv", &["video/x-matroska", "video/x-mkv", "video/mkv", "video/divx", "video/mp4"]),
    video("mp4", &["video/mp4", "video/x-m4v", "video/quicktime"]),
    video("m4v", &["video/mp4", "video/x-m4v", "video/quicktime"]),
    // Samsung: mp4.
    video("mov", &["video/quicktime", "video/mp4"]),
    // LG and Philips: avi. Samsung: mpeg.
    video("avi", &["video/x-msvideo", "video/avi", "video/divx", "video/x-avi", "video/mpeg"]),
    // Samsung, Sony, Panasonic: vnd.dlna.mpeg-tts.
    video("ts", &["video/mp2t", "video/vnd.dlna.mpeg-tts", "video/mpeg"]),
    video("m2ts", &["video/mp2t", "video/vnd.dlna.mpeg-tts", "video/mpeg"]),
    video("mts", &["video/mp2t", "video/vnd.dlna.mpeg-tts", "video/mpeg"]),
    video("mpg", &["video/mpeg", "video/mp2p"]),
    video("webm", &["video/webm"]),
    video("wmv", &["video/x-ms-wmv"]),
    video("flv", &["video/x-flv"]),
    audio("mp3", &["audio/mpeg", "audio/mp3", "audio/x-mpeg"]),
    audio("flac", &["audio/flac", "audio/x-flac", "application/flac"]),
    audio("m4a", &["audio/mp4", "audio/x-m4a", "audio/m4a", "audio/aac"]),
    audio("aac", &["audio/aac", "audio/vnd.dlna.adts", "audio/x-aac", "audio/mp4"]),
    audio("wav", &["audio/wav", "audio/x-wav", "audio/wave"]),
    audio("ogg", &["audio/ogg", "application/ogg", "audio/x-ogg"]),
    audio("opus", &["audio/ogg", "audio/opus", "application/ogg", "audio/x-ogg"]),
    audio("wma", &["audio/x-ms-wma"]),
    audio("aiff", &["audio/x-aiff", "audio/aiff"]),
    image("jpg", &["image/jpeg", "image/jpg"]),
    image("png", &["image/png", "image/x-png"]),
    image("gif", &["image/gif"]),
];

/// Other spellings of extensions in the table.
const SPELLINGS: [(&str, &str); 7] = [
    ("jpeg", "jpg"),
    ("mpeg", "mpg"),
    ("oga", "ogg"),
    ("aif", "aiff"),
    ("qt", "mov"),
    ("m2t", "ts"),
    ("jpe", "jpg"),
];

/// The kind of file with this extension (without the dot), without regard to case.
#[must_use]
pub fn of_extension(extension: &str) -> Option<&'static MediaType> {
    let extension = SPELLINGS
        .iter()
        .find(|(other, _)| other.eq_ignore_ascii_case(extension))
        .map_or(extension, |&(_, usual)| usual);
    TYPES.iter().find(|media_type| media_type.extension.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alias_is_tried_once_wherever_it_begins() {
        let mkv = of_extension("mkv").expect("known");
        for first in mkv.mimes {
            let mut tried = vec![*first];
            while let Some(next) = mkv.alias_after(tried[tried.len() - 1], first) {
                tried.push(next);
                assert!(tried.len() <= mkv.mimes.len(), "{tried:?}");
            }
            assert_eq!(tried.len(), mkv.mimes.len(), "{tried:?}");
        }
        assert_eq!(mkv.alias_after("text/plain", "video/mp4"), None);
    }

    #[test]
    fn knows_extensions_in_any_case_and_spelling() {
        for (extension, mime) in [
            ("MP4", "video/mp4"),
            ("jpeg", "image/jpeg"),
            ("JPG", "image/jpeg"),
            ("mpeg", "video/mpeg"),
            ("Mkv", "video/x-matroska"),
            ("oga", "audio/ogg"),
        ] {
            let media_type = of_extension(extension).expect(extension);
            assert_eq!(media_type.default_mime(), mime);
        }
        for extension in ["", "txt", "mp", "srt", ".mp4"] {
            assert_eq!(of_extension(extension), None, "{extension}");
        }
    }

    #[test]
    fn every_entry_is_its_own_and_has_a_mime_type_of_its_kind() {
        for (index, media_type) in TYPES.iter().enumerate() {
            assert!(TYPES[..index].iter().all(|t| t.extension != media_type.extension));
            let family = match media_type.kind {
                Kind::Video => "video/",
                Kind::Audio => "audio/",
                Kind::Image => "image/",
            };
            assert!(media_type.default_mime().starts_with(family));
        }
    }
}
