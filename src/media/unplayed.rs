//! Kinds of files that an owner may want to be played and that renderers do not play, each with what to do about it.

use std::path::Path;

/// Extensions, with the rest of a sentence that begins with "it is".
const KINDS: [(&[&str], &str); 17] = [
    (&["heic", "heif", "hif"], "a HEIC picture, which TVs do not show: convert it to JPEG (.jpg)"),
    (&["avif"], "an AVIF picture, which TVs do not show: convert it to JPEG (.jpg)"),
    (&["webp"], "a WebP picture, which TVs do not show: convert it to JPEG (.jpg)"),
    (&["bmp", "dib"], "a BMP picture, which few TVs show: convert it to JPEG (.jpg)"),
    (&["tif", "tiff"], "a TIFF picture, which TVs do not show: convert it to JPEG (.jpg)"),
    (&["jp2", "jxl", "jxr"], "a picture of a kind that TVs do not show: convert it to JPEG (.jpg)"),
    (
        &["psd", "svg", "xcf", "ora", "ico", "eps", "ai", "djvu", "dwg"],
        "a drawing, which TVs do not show: export it as JPEG (.jpg)",
    ),
    (
        &["cr2", "cr3", "nef", "arw", "dng", "raf", "orf", "rw2"],
        "the raw picture of a camera, which TVs do not show: convert it to JPEG (.jpg)",
    ),
    (
        &[
            "3g2", "3gp", "asf", "divx", "dv", "f4v", "m1v", "m2p", "m2v", "mod", "mpe", "mxf",
            "ogm", "ogv", "rm", "rmvb", "swf", "tod", "vob", "wtv", "y4m",
        ],
        "a film of a kind that few TVs play: convert it to .mp4 (H.264 and AAC)",
    ),
    (
        &[
            "ac3", "aifc", "amr", "ape", "au", "caf", "dff", "dsf", "dts", "m4b", "m4p", "m4r",
            "mid", "midi", "mka", "mp2", "mpc", "ra", "spx", "tta", "wv",
        ],
        "a sound file of a kind that few renderers play: convert it to .mp3",
    ),
    (&["iso", "nrg"], "the image of a disc: copy the films out of it"),
    (
        &["ppt", "pptx", "pps", "ppsx", "odp", "key"],
        "a presentation: export it as a film (.mp4) or as pictures (.jpg)",
    ),
    (
        &["pdf", "doc", "docx", "odt", "xls", "xlsx", "ods", "epub"],
        "a document: export its pages as pictures (.jpg)",
    ),
    (&["zip", "rar", "7z", "tar", "gz", "tgz", "xz"], "an archive: unpack it"),
    (&["pls", "xspf", "wpl", "asx"], "a playlist of a kind that is not read: save it as .m3u"),
    (&["html", "htm"], "a web page, which is not played"),
    (&["elf"], "a program"),
];

/// What a file of this extension, in any case, is, and what to do about it.
pub fn of_extension(extension: &str) -> Option<&'static str> {
    let has = |all: &[&str]| all.iter().any(|one| one.eq_ignore_ascii_case(extension));
    KINDS.iter().find(|(extensions, _)| has(extensions)).map(|(_, what)| *what)
}

/// The same for the file at `path`, by its name.
pub fn of_name(path: &Path) -> Option<&'static str> {
    of_extension(path.extension()?.to_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::media_type;

    #[test]
    fn no_kind_is_listed_twice_or_played_after_all() {
        let all: Vec<_> = KINDS.iter().flat_map(|(extensions, _)| extensions.iter()).collect();
        for (at, extension) in all.iter().enumerate() {
            assert!(!all[..at].contains(extension), "{extension}");
            assert!(media_type::of_extension(extension).is_none(), "{extension}");
        }
    }

    #[test]
    fn a_kind_is_known_in_any_case_and_says_what_to_do() {
        let what = of_name(Path::new("/m/IMG_1259.HEIC")).expect("known");
        assert_eq!(what, "a HEIC picture, which TVs do not show: convert it to JPEG (.jpg)");
        assert_eq!(of_name(Path::new("/m/film.mp4")), None);
        assert_eq!(of_name(Path::new("/m/notes.txt")), None);
        assert_eq!(of_name(Path::new("/m/heic")), None);
    }
}
