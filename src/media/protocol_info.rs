//! What a renderer says it plays, and what we say of a file: protocolInfo (ConnectionManager:1 §2.5.2).
//!
//! `protocol:network:contentFormat:additionalInfo`. The fourth field carries the DLNA parameters:
//! PN (profile name), OP (seek operations: byte ranges only), CI (1 if transcoded) and FLAGS.

use super::mime::{Kind, MediaType};

/// Streaming, background, connection stalling, DLNA 1.5: what most servers say of a file.
const STREAMING_FLAGS: &str = "01700000000000000000000000000000";
/// Interactive, background, connection stalling, DLNA 1.5: what most servers say of a picture.
const INTERACTIVE_FLAGS: &str = "00F00000000000000000000000000000";

/// The fourth field of protocolInfo, and the contentFeatures.dlna.org header.
///
/// A profile name only where it cannot be wrong: a wrong one is worse than none. That of a picture comes with it,
/// since it depends on its size.
#[must_use]
pub fn content_features(media_type: &MediaType, profile: Option<&str>) -> String {
    let profile = match (media_type.extension, profile) {
        ("mp3", _) => "DLNA.ORG_PN=MP3;",
        (_, Some(name)) => &format!("DLNA.ORG_PN={name};"),
        _ => "",
    };
    let flags = match media_type.kind {
        Kind::Video | Kind::Audio => STREAMING_FLAGS,
        Kind::Image => INTERACTIVE_FLAGS,
    };
    format!("{profile}DLNA.ORG_OP=01;DLNA.ORG_CI=0;DLNA.ORG_FLAGS={flags}")
}

/// The protocolInfo of something fetched by HTTP; `features` may be empty.
#[must_use]
pub fn protocol_info(mime: &str, features: &str) -> String {
    let features = if features.is_empty() { "*" } else { features };
    format!("http-get:*:{mime}:{features}")
}

/// The name under which the renderer knows `media_type`: the first of its MIME types that `sink` lists,
/// else the default. Never a veto: renderers play what they do not list, and list what they do not play.
#[must_use]
pub fn choose_mime(sink: &str, media_type: &MediaType) -> &'static str {
    let sink = sink.to_ascii_lowercase();
    media_type
        .mimes
        .iter()
        .find(|mime| lists(&sink, mime))
        .copied()
        .unwrap_or_else(|| media_type.default_mime())
}

/// Whether `sink` names `media_type` by a MIME type that means no other kind of file, or everything.
#[must_use]
pub fn lists_any(sink: &str, media_type: &MediaType) -> bool {
    let sink = sink.to_ascii_lowercase();
    sink.trim().is_empty()
        || sink.contains("http-get:*:*:")
        || media_type.own_mimes().chain([media_type.kind.any()]).any(|mime| lists(&sink, mime))
}

/// Whether `sink` names pictures of any kind, or everything.
#[must_use]
pub fn lists_pictures(sink: &str) -> bool {
    let sink = sink.to_ascii_lowercase();
    sink.trim().is_empty() || sink.contains("http-get:*:*:") || sink.contains(":image/")
}

/// Whether `mime` is a content format in the lower-case `sink`. Looks for the field rather than splitting
/// the list: commas and colons also occur inside of quoted parameters, or are missing.
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
    use crate::media::mime::of_extension;

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
    fn a_list_of_songs_and_films_names_no_pictures() {
        let png = "http-get:*:video/mp4:*,http-get:*:IMAGE/png:DLNA.ORG_PN=PNG_LRG";
        for sink in ["", "http-get:*:*:*", "http-get:*:image/*:*", png] {
            assert!(lists_pictures(sink), "{sink}");
        }
        assert!(!lists_pictures("http-get:*:audio/mpeg:*,http-get:*:video/mp4:*"));
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
