//! The first bytes of a file: its real type, and the DLNA profile of a picture.
//!
//! The file name decides the type unless the bytes certainly contradict it: many formats have no signature, and
//! renderers play formats that no table knows.

use super::media_type::{MediaKind, MediaType, of_extension};
use super::unplayed;

/// Bytes needed to tell the type: three packets of a transport stream, or a Matroska header.
pub const HEAD: usize = 1024;

/// The type of a file by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing contradicts the file name.
    AsNamed,
    /// Another type of media.
    Other(&'static MediaType),
    /// No media; the text completes the sentence "it is …".
    NoMedia(&'static str),
}

/// Extensions of types that share a container or a signature: among these the file name decides.
const RELATED: [&[&str]; 6] = [
    &["mp4", "m4v", "mov", "m4a"],
    &["mkv", "webm"],
    &["wmv", "wma"],
    &["ogg", "opus"],
    &["ts", "m2ts", "mts"],
    // Each of these may begin with an ID3 tag, as MP3 does, or with bytes that look like an MP3 frame.
    &["mp3", "aac", "flac", "aiff", "wav"],
];

/// Types without a signature: they may begin with the two bytes of an MP3 or AAC frame by chance.
const UNMARKED: [&str; 6] = ["mp3", "aac", "mpg", "ts", "m2ts", "mts"];

/// What pictures of today's phones begin with, in the container of MP4 (ISO/IEC 23008-12): these brands.
const HEIC: [&[u8; 4]; 9] =
    [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"mif2"];
const AVIF: [&[u8; 4]; 3] = [b"avif", b"avis", b"avio"];

/// The type of the file that begins with `head` and has a name of the type `named`, or of no type that can be played.
pub fn detect(head: &[u8], named: Option<&'static MediaType>) -> Content {
    if head.is_empty() {
        return Content::NoMedia("empty");
    }
    let found = transport_stream(head)
        .or_else(|| picture_of_a_phone(head))
        .or_else(|| infer::get(head).map(|found| found.extension()));
    let Some(found) = found else {
        return if is_text(head) { Content::NoMedia("a text file") } else { Content::AsNamed };
    };
    if ["xml", "sh"].contains(&found) {
        return Content::NoMedia("a text file");
    }
    if let Some(what) = unplayed::of_extension(found) {
        return Content::NoMedia(what);
    }
    match of_extension(found) {
        Some(other)
            if named.is_none_or(|named| !related(other, named)) && !by_chance(found, named) =>
        {
            Content::Other(other)
        }
        _ => Content::AsNamed,
    }
}

/// Looks for the brands of HEIC and AVIF, of which a general one may come first.
fn picture_of_a_phone(head: &[u8]) -> Option<&'static str> {
    let (size, kind) = (number(head, 0)?, head.get(4..8)?);
    let end = usize::try_from(size).ok()?.min(head.len());
    let major = head.get(8..12).filter(|_| kind == b"ftyp")?;
    let compatible = head.get(16..end).unwrap_or_default();
    let has = |brands: &[&[u8; 4]]| brands.iter().any(|brand| major == *brand);
    let is_general = [b"mif1", b"msf1", b"mif2"].iter().any(|brand| major == *brand);
    let has_avif = || compatible.chunks(4).any(|brand| AVIF.iter().any(|avif| brand == *avif));
    if has(&AVIF) || is_general && has_avif() {
        return Some("avif");
    }
    has(&HEIC).then_some("heic")
}

fn related(one: &MediaType, other: &MediaType) -> bool {
    let holds = |family: &&[&str], what: &MediaType| family.contains(&what.extension);
    one == other || RELATED.iter().any(|family| holds(family, one) && holds(family, other))
}

/// Whether two bytes alone make the file MP3 or AAC.
fn by_chance(found: &str, named: Option<&MediaType>) -> bool {
    ["mp3", "aac"].contains(&found) && named.is_none_or(|named| UNMARKED.contains(&named.extension))
}

/// Looks for the sync byte of three packets; `m2ts` has a 4-byte timestamp before each packet.
fn transport_stream(head: &[u8]) -> Option<&'static str> {
    let sync = |first: usize, step: usize| {
        (0..3).all(|packet| head.get(first + packet * step) == Some(&0x47))
    };
    let plain = sync(0, 188).then_some("ts");
    plain.or_else(|| sync(4, 192).then_some("m2ts"))
}

/// Whether `head` is UTF-8 without control characters other than white space and escape. The last character may be cut.
fn is_text(head: &[u8]) -> bool {
    let whole = match core::str::from_utf8(head) {
        Ok(_) => head,
        Err(error) if error.error_len().is_none() => &head[..error.valid_up_to()],
        Err(_) => return false,
    };
    !whole.is_empty() && whole.iter().all(|byte| *byte >= b' ' || b"\t\n\r\x0c\x1b".contains(byte))
}

/// The type with its article, for messages: `a Matroska film`.
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
        MediaKind::Video => "film",
        MediaKind::Audio => "sound file",
        MediaKind::Image => "picture",
    };
    let vowel = name.starts_with(['A', 'E', 'I', 'O', 'M', 'F']) && !name.starts_with("Mat");
    format!("{} {name} {what}", if vowel { "an" } else { "a" })
}

/// The DLNA profile of the picture that begins with `head`; `None` if it fits none, or if `head` does not hold its size.
///
/// Profiles limit the size, and those of JPEG exclude progressive pictures, which old TVs cannot show. A wrong
/// profile is worse than none.
pub fn picture_profile(head: &[u8]) -> Option<&'static str> {
    match head {
        [0xff, 0xd8, 0xff, ..] => jpeg_profile(baseline_size(head)?),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => {
            // IHDR is the first chunk: its length and name, then width and height in 32 bits each.
            let (width, height) = (number(head, 16)?, number(head, 20)?);
            let named = head.get(12..16)? == b"IHDR" && width > 0 && height > 0;
            (named && width.max(height) <= 4096).then_some(PNG)
        }
        _ => None,
    }
}

/// The profiles of JPEG, the smallest first.
const JPEG: [(u16, u16, &str); 3] =
    [(640, 480, "JPEG_SM"), (1024, 768, "JPEG_MED"), (4096, 4096, "JPEG_LRG")];
const PNG: &str = "PNG_LRG";

/// The profile of this name, if there is one.
pub fn profile_named(name: &str) -> Option<&'static str> {
    JPEG.into_iter().map(|(.., profile)| profile).chain([PNG]).find(|profile| *profile == name)
}

/// The smallest profile for this size.
fn jpeg_profile((width, height): (u16, u16)) -> Option<&'static str> {
    JPEG.into_iter()
        .find(|(most_wide, most_high, _)| width <= *most_wide && height <= *most_high)
        .map(|(.., name)| name)
}

/// Width and height of an 8-bit baseline JPEG, grey or coloured, from its SOF0 segment.
fn baseline_size(head: &[u8]) -> Option<(u16, u16)> {
    let mut at = 2;
    // Each round advances by at least one byte.
    while let [0xff, marker, ..] = *head.get(at..)? {
        match marker {
            // Padding.
            0xff => at += 1,
            0x01 | 0xd0..=0xd7 => at += 2,
            0xc0 => {
                let size = (short(head, at + 7)?, short(head, at + 5)?);
                let usual = *head.get(at + 4)? == 8 && matches!(head.get(at + 9)?, 1 | 3);
                return (usual && size.0 > 0 && size.1 > 0).then_some(size);
            }
            // Another coding, such as progressive, or data without a frame header.
            0xc1..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf | 0xd8..=0xda => return None,
            _ => at += 2 + usize::from(short(head, at + 2)?),
        }
    }
    None
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
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
        ] {
            assert_eq!(detect(&content, Some(kind(extension))), Content::AsNamed, "{extension}");
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
            assert_eq!(detect(&content, Some(kind(named))), Content::Other(kind(is)), "{named}");
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
            (b"<!DOCTYPE html><p>404".to_vec(), "a web page, which is not played"),
            (head(b"PK\x03\x04"), "an archive: unpack it"),
            (head(b"%PDF-1.7"), "a document: export its pages as pictures (.jpg)"),
            (head(b"\x7fELF\x02\x01\x01"), "a program"),
        ] {
            assert_eq!(detect(&content, Some(kind("mp4"))), Content::NoMedia(is));
        }
    }

    #[test]
    fn pictures_that_tvs_do_not_show_are_called_by_their_kind_whatever_their_names() {
        for (content, is) in [
            (head(b"\0\0\0\x24ftypheic\0\0\0\0mif1"), "a HEIC picture"),
            (head(b"\0\0\0\x1cftypmif1\0\0\0\0mif1heic"), "a HEIC picture"),
            (head(b"\0\0\0\x18ftyphevc\0\0\0\0"), "a HEIC picture"),
            (head(b"\0\0\0\x20ftypavif\0\0\0\0avifmif1"), "an AVIF picture"),
            (head(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif"), "an AVIF picture"),
            (head(b"RIFF\x10\0\0\0WEBPVP8 "), "a WebP picture"),
            (head(b"BM"), "a BMP picture"),
            (head(b"II*\0"), "a TIFF picture"),
            (head(b"8BPS"), "a drawing"),
        ] {
            for named in ["jpg", "png", "mp4"] {
                let Content::NoMedia(what) = detect(&content, Some(kind(named))) else {
                    panic!("{is} called {named}");
                };
                assert!(what.starts_with(is) && what.contains(".jpg"), "{what}");
            }
        }
    }

    #[test]
    fn what_has_the_name_of_another_kind_is_what_its_content_is() {
        assert_eq!(detect(&head(b"\0\0\0\x18ftypisom"), None), Content::Other(kind("mp4")));
        assert_eq!(detect(&head(b"\xff\xd8\xff\xe0"), None), Content::Other(kind("jpg")));
        assert_eq!(detect(&head(b"\xff\xfb\x90"), None), Content::AsNamed, "by chance");
        assert_eq!(detect(&head(b"\0\0"), None), Content::AsNamed);
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_calamity(bytes: Vec<u8>) {
            let said = detect(&bytes, Some(kind("mp4")));
            prop_assert_eq!(said == Content::NoMedia("empty"), bytes.is_empty());
        }
    }

    fn jpeg(frame: u8, width: u16, height: u16) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe1, 0x00, 0x06, 0xff, 0xc0, 1, 2, 0xff];
        bytes.extend([0xff, frame, 0x00, 0x11, 8]);
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.push(3);
        bytes
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes
    }

    #[test]
    fn the_smallest_profile_that_fits_is_named() {
        for (width, height, name) in [
            (640, 480, Some("JPEG_SM")),
            (480, 640, Some("JPEG_MED")),
            (1024, 768, Some("JPEG_MED")),
            (1920, 1080, Some("JPEG_LRG")),
            (4096, 4096, Some("JPEG_LRG")),
            (4097, 100, None),
            (0, 100, None),
        ] {
            assert_eq!(picture_profile(&jpeg(0xc0, width, height)), name, "{width}x{height}");
        }
        assert_eq!(picture_profile(&png(4096, 16)), Some("PNG_LRG"));
        assert_eq!(picture_profile(&png(4097, 16)), None);
    }

    #[test]
    fn progressive_cut_off_and_other_pictures_have_none() {
        assert_eq!(picture_profile(&jpeg(0xc2, 640, 480)), None, "progressive");
        let whole = jpeg(0xc0, 640, 480);
        for cut in 0..whole.len() {
            assert_eq!(picture_profile(&whole[..cut]), None, "{cut} bytes");
        }
        assert_eq!(picture_profile(b"GIF89a..........................."), None);
    }

    proptest! {
        #[test]
        fn picture_profile_never_panics(rest in proptest::collection::vec(any::<u8>(), 0..200), png in any::<bool>()) {
            let start: &[u8] = if png { b"\x89PNG\r\n\x1a\n" } else { b"\xff\xd8\xff" };
            let _ = picture_profile(&[start, &rest].concat());
        }
    }
}
