//! Names of files as they are written and as they are meant. A name may be stored on the disk in other bytes than in a
//! playlist or in the configuration: a Mac decomposes accents, Windows ignores case, old programs write CP1252, and many
//! players write URLs.

use crate::text::as_read;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use unicode_normalization::UnicodeNormalization;

/// The characters of the bytes 0x80 to 0x9f in CP1252, the Windows superset of Latin-1. Five are not assigned.
const CP1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text in `bytes`: UTF-8 or, where they are none, CP1252.
pub fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    match core::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => bytes.iter().map(|byte| of_cp1252(*byte)).collect(),
    }
}

fn of_cp1252(byte: u8) -> char {
    let special = byte.checked_sub(0x80).and_then(|at| CP1252.get(usize::from(at)));
    special.copied().unwrap_or(char::from(byte))
}

/// `text` with its `%20` and the like decoded; `None` if there are none.
pub fn percent_decoded(text: &str) -> Option<String> {
    let digit = |at: usize| char::from(*text.as_bytes().get(at)?).to_digit(16);
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        let coded = (*byte == b'%').then(|| Some((digit(at + 1)?, digit(at + 2)?))).flatten();
        // Two hexadecimal digits fit into a byte.
        let decoded = coded.and_then(|(high, low)| u8::try_from(16 * high + low).ok());
        bytes.push(decoded.unwrap_or(*byte));
        at += if decoded.is_some() { 3 } else { 1 };
    }
    (bytes.len() < text.len()).then(|| text_of(&bytes).into_owned())
}

/// The names in one folder, to be found as they are meant.
#[derive(Debug, Default)]
pub struct FolderNames(HashMap<String, Vec<OsString>>);

impl FolderNames {
    /// These names.
    pub fn among(names: impl Iterator<Item = OsString>) -> Self {
        let mut all = Self::default();
        for name in names {
            all.0.entry(key(&name)).or_default().push(name);
        }
        all
    }

    /// The name that reads like `wanted`: the same letters in other bytes first, then any, in the order of the names.
    pub fn meant(&self, wanted: &OsStr) -> Option<&OsStr> {
        let letters = |name: &OsStr| text_of(name.as_encoded_bytes()).nfd().collect::<String>();
        let same = letters(wanted);
        let alike = self.0.get(&key(wanted))?.iter();
        alike.min_by_key(|name| (letters(name) != same, *name)).map(OsString::as_os_str)
    }
}

/// The same for all names that read alike.
pub fn key(name: &OsStr) -> String {
    as_read(&text_of(name.as_encoded_bytes())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn bytes_are_utf8_or_else_of_windows() {
        assert_eq!(text_of("Größe ’".as_bytes()), "Größe ’");
        assert_eq!(text_of(b"Gr\xf6\xdfe"), "Größe");
        assert_eq!(text_of(b"That\x92s \x80 \x9f\xa0\xff"), "That’s € Ÿ\u{a0}ÿ");
    }

    #[test]
    fn percent_codes_are_decoded_and_lonely_per_cent_signs_stay() {
        for (text, decoded) in [
            ("a%20b.mp3", Some("a b.mp3")),
            ("Gr%C3%B6%c3%9fe", Some("Größe")),
            ("Gr%F6%DFe", Some("Größe")),
            ("100%.mp3", None),
            ("100%2.mp3", None),
            ("100% %41", Some("100% A")),
            ("%", None),
            ("%é1", None),
            ("plain", None),
            ("%2541", Some("%41")),
        ] {
            assert_eq!(percent_decoded(text).as_deref(), decoded, "{text}");
        }
    }

    #[test]
    fn a_name_is_found_in_other_bytes_first_and_then_in_other_letters() {
        let names = ["Über.mp3", "U\u{308}ber.mp3", "film.MP4", "FILM.mp4", "It’s.mp3"];
        let latin = OsStr::from_bytes(b"Gr\xf6\xdfe.mp3").to_owned();
        let folder = FolderNames::among(names.iter().map(OsString::from).chain([latin.clone()]));
        for (wanted, found) in [
            ("Über.mp3", Some(OsStr::new("U\u{308}ber.mp3"))),
            ("über.MP3", Some(OsStr::new("U\u{308}ber.mp3"))),
            ("film.mp4", Some(OsStr::new("FILM.mp4"))),
            ("FILM.MP4", Some(OsStr::new("FILM.mp4"))),
            ("It's.mp3", Some(OsStr::new("It’s.mp3"))),
            ("Größe.mp3", Some(&latin)),
            ("film.mp3", None),
        ] {
            assert_eq!(folder.meant(OsStr::new(wanted)), found, "{wanted}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_name(bytes: Vec<u8>) {
            let folder = FolderNames::among([OsStr::from_bytes(&bytes).to_owned()].into_iter());
            prop_assert!(folder.meant(OsStr::from_bytes(&bytes)).is_some());
            let _ = percent_decoded(&text_of(&bytes));
        }
    }
}
