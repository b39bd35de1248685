//! Types of media files by extension, the MIME types that renderers know them by, and protocolInfo.
//!
//! protocolInfo (ConnectionManager:1 §2.5.2) is `protocol:network:contentFormat:additionalInfo`. The fourth
//! field carries the DLNA parameters: PN (profile name), OP (seek operations: byte ranges only), CI (1 if
//! transcoded) and FLAGS.

/// How a renderer presents a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// Moving pictures.
    Video,
    /// Sound only.
    Audio,
    /// A still picture.
    Image,
}

impl MediaKind {
    /// The plural, for people.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Video => "films",
            Self::Audio => "songs",
            Self::Image => "pictures",
        }
    }

    /// The MIME type that stands for all files of this kind.
    pub const fn any(self) -> &'static str {
        match self {
            Self::Video => "video/*",
            Self::Audio => "audio/*",
            Self::Image => "image/*",
        }
    }
}

/// A type of media file.
#[derive(Debug, PartialEq, Eq)]
pub struct MediaType {
    /// Extension in lower case, without the dot, as it stands in URLs.
    pub extension: &'static str,
    /// Video, audio or image.
    pub kind: MediaKind,
    /// The default MIME type, then the aliases in the order to try them.
    pub mimes: &'static [&'static str],
}

impl MediaType {
    /// The MIME type to try after the renderer refused `current`. The list is tried cyclically, from `first`,
    /// which the renderer's Sink may have chosen; `None` after one round.
    pub fn alias_after(&self, current: &str, first: &str) -> Option<&'static str> {
        let at = self.mimes.iter().position(|mime| *mime == current)?;
        let next = self.mimes[(at + 1) % self.mimes.len()];
        (next != first).then_some(next)
    }

    /// The MIME types of this file type and no other: some aliases are the default of another type.
    pub fn own_mimes(&self) -> impl Iterator<Item = &'static str> {
        let others = |mime: &&str| TYPES.iter().any(|other| other.default_mime() == *mime);
        let usual = self.default_mime();
        self.mimes.iter().copied().filter(move |mime| *mime == usual || !others(mime))
    }

    /// The MIME type for a renderer that lists none.
    pub fn default_mime(&self) -> &'static str {
        self.mimes.first().copied().unwrap_or("application/octet-stream")
    }
}

const fn video(extension: &'static str, mimes: &'static [&'static str]) -> MediaType {
    MediaType { extension, kind: MediaKind::Video, mimes }
}

const fn audio(extension: &'static str, mimes: &'static [&'static str]) -> MediaType {
    MediaType { extension, kind: MediaKind::Audio, mimes }
}

const fn image(extension: &'static str, mimes: &'static [&'static str]) -> MediaType {
    MediaType { extension, kind: MediaKind::Image, mimes }
}

/// The aliases were seen in the Sink of renderers; comments name the maker.
static TYPES: [MediaType; 24] = [
    // Samsung: x-mkv. Sony BDP: divx. mp4 is the last resort.
    video(
        "mkv",
        &[
            "video/x-matroska",
            "video/x-mkv",
            "video/mkv",
            "video/divx",
            "video/matroska",
            "video/mp4",
        ],
    ),
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
    audio("wav", &["audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"]),
    audio("ogg", &["audio/ogg", "application/ogg", "audio/x-ogg"]),
    audio("opus", &["audio/ogg", "audio/opus", "application/ogg", "audio/x-ogg"]),
    audio("wma", &["audio/x-ms-wma"]),
    audio("aiff", &["audio/x-aiff", "audio/aiff"]),
    image("jpg", &["image/jpeg", "image/jpg"]),
    image("png", &["image/png", "image/x-png"]),
    image("gif", &["image/gif"]),
];

/// Other spellings of extensions in [`TYPES`].
const SPELLINGS: [(&str, &str); 7] = [
    ("jpeg", "jpg"),
    ("mpeg", "mpg"),
    ("oga", "ogg"),
    ("aif", "aiff"),
    ("qt", "mov"),
    ("m2t", "ts"),
    ("jpe", "jpg"),
];

/// The type of files with this extension (without the dot), in any case.
pub fn of_extension(extension: &str) -> Option<&'static MediaType> {
    let extension = SPELLINGS
        .iter()
        .find(|(other, _)| other.eq_ignore_ascii_case(extension))
        .map_or(extension, |&(_, usual)| usual);
    TYPES.iter().find(|media_type| media_type.extension.eq_ignore_ascii_case(extension))
}

/// Streaming, background, connection stalling, DLNA 1.5: the flags that most servers give films and music.
const STREAMING_FLAGS: &str = "01700000000000000000000000000000";
/// Interactive, background, connection stalling, DLNA 1.5: the flags that most servers give pictures.
const INTERACTIVE_FLAGS: &str = "00F00000000000000000000000000000";

/// The fourth field of protocolInfo, also the value of the contentFeatures.dlna.org header.
///
/// A wrong profile name is worse than none, so only MP3 has a fixed one; `profile` is that of a picture, which
/// depends on its size.
pub fn content_features(media_type: &MediaType, profile: Option<&str>) -> String {
    let profile = match (media_type.extension, profile) {
        ("mp3", _) => "DLNA.ORG_PN=MP3;",
        (_, Some(name)) => &format!("DLNA.ORG_PN={name};"),
        _ => "",
    };
    let flags = match media_type.kind {
        MediaKind::Video | MediaKind::Audio => STREAMING_FLAGS,
        MediaKind::Image => INTERACTIVE_FLAGS,
    };
    format!("{profile}DLNA.ORG_OP=01;DLNA.ORG_CI=0;DLNA.ORG_FLAGS={flags}")
}

/// The protocolInfo of a file served by HTTP; `features` may be empty.
pub fn protocol_info(mime: &str, features: &str) -> String {
    let features = if features.is_empty() { "*" } else { features };
    format!("http-get:*:{mime}:{features}")
}

/// The first MIME type of `media_type` that `sink` lists, else the default. The list is no veto: renderers play
/// types that they do not list, and list types that they do not play.
pub fn choose_mime(sink: &str, media_type: &MediaType) -> &'static str {
    let sink = sink.to_ascii_lowercase();
    media_type
        .mimes
        .iter()
        .find(|mime| lists(&sink, mime))
        .copied()
        .unwrap_or_else(|| media_type.default_mime())
}

/// Types of which a renderer that plays one plays the others: they have the same containers, and lists forget them.
const KIN: [&[&str]; 6] = [
    &["mp4", "m4v", "mov"],
    &["mkv", "webm"],
    &["ts", "m2ts", "mts", "mpg"],
    &["ogg", "opus"],
    &["m4a", "aac"],
    &["wav", "aiff"],
];

/// Whether `sink` lists `media_type` or one of its `KIN`, by a MIME type of no other type, or lists everything.
pub fn lists_any(sink: &str, media_type: &MediaType) -> bool {
    let sink = sink.to_ascii_lowercase();
    let is_kin = |other: &&MediaType| {
        let has = |kin: &&&[&str]| kin.contains(&media_type.extension);
        *other == media_type
            || KIN.iter().find(has).is_some_and(|kin| kin.contains(&other.extension))
    };
    let listed = |one: &MediaType| one.own_mimes().any(|mime| lists(&sink, mime));
    lists_all(&sink)
        || lists(&sink, media_type.kind.any())
        || TYPES.iter().filter(is_kin).any(listed)
        // Uncompressed sound without a container, which every DLNA speaker lists.
        || media_type.extension == "wav" && lists(&sink, "audio/l16")
}

/// Whether `sink` lists any type of this kind, or everything. A list without any type that a box plays says nothing.
pub fn lists_kind(sink: &str, kind: MediaKind) -> bool {
    let sink = sink.to_ascii_lowercase();
    let names = |kind: MediaKind| {
        let of_kind = TYPES.iter().filter(|media_type| media_type.kind == kind);
        let any = kind.any().trim_end_matches('*');
        sink.contains(&format!(":{any}"))
            || of_kind.flat_map(|media_type| media_type.mimes).any(|mime| lists(&sink, mime))
    };
    let kinds = [MediaKind::Video, MediaKind::Audio, MediaKind::Image];
    lists_all(&sink) || names(kind) || !kinds.into_iter().any(names)
}

/// Whether the lower-case `sink` lists everything, or is empty and so says nothing.
fn lists_all(sink: &str) -> bool {
    sink.trim().is_empty() || sink.contains("http-get:*:*:")
}

/// Whether the lower-case `sink` lists `mime` as a content format. Searches for the field instead of splitting
/// the list, because commas and colons also occur inside of quoted parameters, or are missing.
fn lists(sink: &str, mime: &str) -> bool {
    let mime = mime.to_ascii_lowercase();
    sink.match_indices(&mime).any(|(at, _)| {
        let before = sink[..at].trim_end().ends_with(':');
        let after = sink[at + mime.len()..].trim_start();
        before && (after.is_empty() || after.starts_with([':', ';', ',']))
    })
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
                MediaKind::Video => "video/",
                MediaKind::Audio => "audio/",
                MediaKind::Image => "image/",
            };
            assert!(media_type.default_mime().starts_with(family));
        }
    }

    fn chosen(sink: &str, extension: &str) -> &'static str {
        choose_mime(sink, of_extension(extension).expect("known"))
    }

    #[test]
    fn takes_the_alias_that_the_sink_names() {
        let samsung = "http-get:*:video/x-mkv:DLNA.ORG_PN=X,http-get:*:VIDEO/vnd.dlna.mpeg-tts:*,";
        assert_eq!(chosen(samsung, "mkv"), "video/x-mkv");
        assert_eq!(chosen(samsung, "ts"), "video/vnd.dlna.mpeg-tts");
        assert_eq!(chosen("http-get:*:audio/x-flac;rate=44100:*", "flac"), "audio/x-flac");
    }

    #[test]
    fn keeps_the_default_where_the_sink_says_nothing() {
        for sink in ["", "http-get:*:*:*", "video/x-mkvx", "http-get:*:video/x-mkvx:*", "\u{0}é,"]
        {
            assert_eq!(chosen(sink, "mkv"), "video/x-matroska", "{sink}");
        }
        let both = "http-get:*:video/avi:*,http-get:*:video/x-msvideo:*";
        assert_eq!(chosen(both, "avi"), "video/x-msvideo", "the default before an alias");
    }

    #[test]
    fn a_list_that_is_empty_or_names_everything_names_each_file() {
        let mkv = of_extension("mkv").expect("known");
        for sink in ["", " ", "http-get:*:*:*", "http-get:*:video/*:*", "http-get:*:video/x-mkv:*"]
        {
            assert!(lists_any(sink, mkv), "{sink}");
        }
        for sink in
            ["http-get:*:audio/*:*", "http-get:*:video/x-mkvs:*", "http-get:*:video/mp4:*", "*"]
        {
            assert!(!lists_any(sink, mkv), "{sink}");
        }
    }

    #[test]
    fn a_list_that_names_one_of_a_family_names_the_others() {
        for (sink, extension, is_listed) in [
            ("http-get:*:video/mp4:*", "mov", true),
            ("http-get:*:video/matroska:*", "webm", true),
            ("http-get:*:audio/L16;rate=44100;channels=2:DLNA.ORG_PN=LPCM", "wav", true),
            ("http-get:*:audio/vnd.wave:*", "aiff", true),
            ("http-get:*:application/ogg:*", "opus", true),
            ("http-get:*:video/mp4:*", "m4a", false),
            ("http-get:*:audio/mpeg:*", "wav", false),
            ("http-get:*:image/jpeg:*", "png", false),
        ] {
            let media_type = of_extension(extension).expect("known");
            assert_eq!(lists_any(sink, media_type), is_listed, "{extension}: {sink}");
        }
    }

    #[test]
    fn a_list_of_songs_and_films_names_no_pictures() {
        let png = "http-get:*:video/mp4:*,http-get:*:IMAGE/png:DLNA.ORG_PN=PNG_LRG";
        for sink in ["", "http-get:*:*:*", "http-get:*:image/*:*", png] {
            assert!(lists_kind(sink, MediaKind::Image), "{sink}");
        }
        let songs = "http-get:*:audio/mpeg:*,http-get:*:video/mp4:*";
        assert!(!lists_kind(songs, MediaKind::Image));
        assert!(lists_kind(songs, MediaKind::Audio) && lists_kind(songs, MediaKind::Video));
    }

    #[test]
    fn a_list_that_names_nothing_known_says_nothing() {
        for sink in ["*", "*:*:*:*", "http-get:*:application/x-widget:*", "garbage"] {
            assert!(lists_kind(sink, MediaKind::Image), "{sink}");
        }
    }

    #[test]
    fn features_stand_in_the_order_that_dlna_asks_for_without_blanks() {
        let features = |extension| content_features(of_extension(extension).expect("known"), None);
        assert_eq!(
            features("mp4"),
            "DLNA.ORG_OP=01;DLNA.ORG_CI=0;DLNA.ORG_FLAGS=01700000000000000000000000000000"
        );
        assert_eq!(
            features("mp3"),
            "DLNA.ORG_PN=MP3;DLNA.ORG_OP=01;DLNA.ORG_CI=0;DLNA.ORG_FLAGS=01700000000000000000000000000000"
        );
        assert_eq!(
            features("jpg"),
            "DLNA.ORG_OP=01;DLNA.ORG_CI=0;DLNA.ORG_FLAGS=00F00000000000000000000000000000"
        );
        let jpg = of_extension("jpg").expect("known");
        assert!(
            content_features(jpg, Some("JPEG_LRG"))
                .starts_with("DLNA.ORG_PN=JPEG_LRG;DLNA.ORG_OP=")
        );
        assert_eq!(protocol_info("video/mp4", ""), "http-get:*:video/mp4:*");
    }
}
