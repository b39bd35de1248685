//! What a file really is, by its first bytes.
//!
//! A name is believed unless the bytes say something else for certain: many formats have no beginning of
//! their own, and renderers play what no table knows.

use super::mime::{Kind, MediaType, of_extension};

/// Bytes of a file that are looked at: three packets of a transport stream, and a Matroska head.
pub const HEAD: usize = 1024;

/// What the first bytes of a file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing against its name.
    AsNamed,
    /// Another kind of media.
    Other(&'static MediaType),
    /// Nothing that can be played: what it is, for a sentence.
    NoMedia(&'static str),
}

/// Extensions of media that share one container, or one beginning: between these the name decides.
const RELATED: [&[&str]; 6] = [
    &["mp4", "m4v", "mov", "m4a"],
    &["mkv", "webm"],
    &["wmv", "wma"],
    &["ogg", "opus"],
    &["ts", "m2ts", "mts"],
    // Any of these may begin with an ID3 tag, as MP3 does, or with a frame that looks like one.
    &["mp3", "aac", "flac", "aiff", "wav"],
];

/// Formats without a beginning of their own: chance may put any two bytes there.
const UNMARKED: [&str; 6] = ["mp3", "aac", "mpg", "ts", "m2ts", "mts"];

/// What is certainly no media, by the extension that `infer` gives it, and how people call it.
const NO_MEDIA: [(&str, &str); 18] = [
    ("html", "a web page"),
    ("xml", "a text file"),
    ("sh", "a text file"),
    ("pdf", "a document"),
    ("doc", "a document"),
    ("docx", "a document"),
    ("xlsx", "a document"),
    ("pptx", "a document"),
    ("odt", "a document"),
    ("ods", "a document"),
    ("odp", "a document"),
    ("epub", "a book"),
    ("zip", "an archive"),
    ("rar", "an archive"),
    ("7z", "an archive"),
    ("gz", "an archive"),
    ("xz", "an archive"),
    ("elf", "a program"),
];

/// What the `head` of a file says about it, whose name says `named`.
#[must_use]
pub fn of(head: &[u8], named: &'static MediaType) -> Content {
    if head.is_empty() {
        return Content::NoMedia("empty");
    }
    let found = transport_stream(head).or_else(|| infer::get(head).map(|found| found.extension()));
    let Some(found) = found else {
        return if is_text(head) { Content::NoMedia("a text file") } else { Content::AsNamed };
    };
    if let Some((_, what)) = NO_MEDIA.iter().find(|(extension, _)| *extension == found) {
        return Content::NoMedia(what);
    }
    match of_extension(found) {
        Some(other) if !related(other, named) && !by_chance(found, named) => Content::Other(other),
        _ => Content::AsNamed,
    }
}

fn related(one: &MediaType, other: &MediaType) -> bool {
    let holds = |family: &&[&str], what: &MediaType| family.contains(&what.extension);
    one == other || RELATED.iter().any(|family| holds(family, one) && holds(family, other))
}

/// Two bytes made it an MP3 or AAC file.
fn by_chance(found: &str, named: &MediaType) -> bool {
    ["mp3", "aac"].contains(&found) && UNMARKED.contains(&named.extension)
}

/// A sync byte at the beginning of each of three packets; `m2ts` puts a time of 4 bytes before each.
fn transport_stream(head: &[u8]) -> Option<&'static str> {
    let sync = |first: usize, step: usize| {
        (0..3).all(|packet| head.get(first + packet * step) == Some(&0x47))
    };
    let plain = sync(0, 188).then_some("ts");
    plain.or_else(|| sync(4, 192).then_some("m2ts"))
}

/// UTF-8 without control characters, but for those of a text. The end may cut a character in two.
fn is_text(head: &[u8]) -> bool {
    let whole = match core::str::from_utf8(head) {
        Ok(_) => head,
        Err(error) if error.error_len().is_none() => &head[..error.valid_up_to()],
        Err(_) => return false,
    };
    !whole.is_empty() && whole.iter().all(|byte| *byte >= b' ' || b"\t\n\r\x0c\x1b".contains(byte))
}

/// A kind of media with its article: `a Matroska film`.
#[must_use]
pub fn described(media_type: &MediaType) -> String {
    let name = match media_type.extension {
        "mkv" => "Matroska",
        "webm" => "WebM",
        "mov" => "QuickTime",
        "ts" | "m2ts" | "mts" => "MPEG-TS",
        "mpg" => "MPEG",
        "wmv" | "wma" => "Windows Media",
        "jpg" => "JPEG",
        other => &other.to_uppercase(),
    };
    let what = match media_type.kind {
        Kind::Video => "film",
        Kind::Audio => "sound file",
        Kind::Image => "picture",
    };
    let vowel = name.starts_with(['A', 'E', 'I', 'O', 'M', 'F']) && !name.starts_with("Mat");
    format!("{} {name} {what}", if vowel { "an" } else { "a" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kind(extension: &str) -> &'static MediaType {
        of_extension(extension).expect("known")
    }

    /// A head of 1 KiB that begins like this.
    fn head(begin: &[u8]) -> Vec<u8> {
        let mut head = begin.to_vec();
        head.resize(HEAD, 0);
        head
    }

    fn matroska() -> Vec<u8> {
        head(b"\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x88matroska")
    }

    fn stream(first: usize, step: usize) -> Vec<u8> {
        let mut head = head(b"MZBM");
        (0..3).for_each(|packet| head[first + packet * step] = 0x47);
        head
    }

    #[test]
    fn a_name_is_believed_unless_the_content_says_something_else_for_certain() {
        let mp4 = head(b"\0\0\0\x18ftypisom");
        let song = head(b"\0\0\0\x18ftypM4A ");
        for (content, extension) in [
            (mp4.clone(), "mp4"),
            (mp4.clone(), "mov"),
            (mp4.clone(), "m4a"),
            (song, "mp4"),
            (matroska(), "webm"),
            (head(b"ID3\x04"), "flac"),
            (head(b"\xff\xf1"), "mp3"),
            (head(b"\xff\xfb\x90"), "mpg"),
            (stream(0, 188), "m2ts"),
            (stream(4, 192), "ts"),
            (head(b"OggS"), "opus"),
            (head(b"0&\xb2\x75\x8e\x66\xcf\x11\xa6\xd9"), "wma"),
            (head(&[]), "mp4"),
            (head(b"RIFF\x10\0\0\0WEBPVP8 "), "jpg"),
        ] {
            assert_eq!(of(&content, kind(extension)), Content::AsNamed, "{extension}");
        }
    }

    #[test]
    fn one_whose_name_lies_is_what_its_content_is() {
        for (content, named, is) in [
            (matroska(), "mp4", "mkv"),
            (head(b"\0\0\0\x18ftypisom"), "mkv", "mp4"),
            (head(b"\xff\xd8\xff\xe0"), "png", "jpg"),
            (head(b"\x89PNG\r\n\x1a\n"), "mp4", "png"),
            (head(b"ID3\x04"), "mp4", "mp3"),
            (stream(0, 188), "mp4", "ts"),
            (head(b"RIFF\x10\0\0\0WAVEfmt "), "mp4", "wav"),
        ] {
            assert_eq!(of(&content, kind(named)), Content::Other(kind(is)), "{named}");
        }
        assert_eq!(described(kind("mkv")), "a Matroska film");
        assert_eq!(described(kind("mp3")), "an MP3 sound file");
        assert_eq!(described(kind("jpg")), "a JPEG picture");
    }

    #[test]
    fn what_is_no_media_is_called_by_its_name() {
        let mut cut = "grün".repeat(400).into_bytes();
        cut.truncate(HEAD);
        for (content, is) in [
            (Vec::new(), "empty"),
            (b"Shopping:\r\n\tmilk\n".to_vec(), "a text file"),
            (cut, "a text file"),
            (b"<!DOCTYPE html><p>404".to_vec(), "a web page"),
            (head(b"PK\x03\x04"), "an archive"),
            (head(b"%PDF-1.7"), "a document"),
            (head(b"\x7fELF\x02\x01\x01"), "a program"),
        ] {
            assert_eq!(of(&content, kind("mp4")), Content::NoMedia(is));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_calamity(bytes: Vec<u8>) {
            let said = of(&bytes, kind("mp4"));
            prop_assert_eq!(said == Content::NoMedia("empty"), bytes.is_empty());
        }
    }
}
