//! Short bounded strings for text from the network, file names for people, and whether two names are the same to people.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;
use unicode_normalization::UnicodeNormalization;

/// A string of at most `N` bytes, stored in place.
pub type Text<const N: usize> = heapless::String<N>;

/// `from` trimmed, without control characters, cut to at most `N` bytes at a character boundary.
pub fn clip<const N: usize>(from: &str) -> Text<N> {
    let mut text = Text::new();
    let shown = from.chars().filter(|c| !c.is_control());
    for c in shown.skip_while(|c| c.is_whitespace()) {
        if text.push(c).is_err() {
            break;
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// `text` for a terminal or a log: what would change the lines around it (control characters, line separators, marks of
/// direction) is written as in Rust, `\u{1b}`.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let harms = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || is_direction(c);
    if !text.contains(harms) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match harms(c) {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// The name of the file at `path`, for people.
pub fn file_name(path: &Path) -> Cow<'_, str> {
    path.file_name().map(OsStr::to_string_lossy).unwrap_or_default()
}

/// Whether two names are the same to a person who reads them. See [`as_read`].
pub fn is_same_name(one: &str, other: &str) -> bool {
    one == other || as_read(one).eq(as_read(other))
}

/// The characters of a name without the differences that a reader does not see: case, composed and decomposed accents,
/// typographic and plain apostrophes, quotes and dashes, the kinds and the number of blanks, and characters without width.
pub fn as_read(name: &str) -> impl Iterator<Item = char> {
    let plain = name.nfd().filter(|c| !has_no_width(*c)).flat_map(char::to_lowercase).map(usual);
    let (mut begun, mut gap) = (false, false);
    let spaced = plain.map(move |c| {
        if c.is_whitespace() {
            gap = begun;
            return [None, None];
        }
        begun = true;
        [core::mem::take(&mut gap).then_some(' '), Some(c)]
    });
    spaced.flatten().flatten()
}

/// Marks of direction, joiners, the byte order mark, and control characters other than blanks.
fn has_no_width(c: char) -> bool {
    let joins =
        matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{feff}');
    joins || is_direction(c) || (c.is_control() && !c.is_whitespace())
}

/// Marks of direction, which let a name read otherwise than it is stored.
const fn is_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The character of a keyboard that looks like `c`.
const fn usual(c: char) -> char {
    match c {
        '‘' | '’' | '‚' | '‛' | 'ʹ' | 'ʻ' | 'ʼ' | '′' | '´' | '`' => '\'',
        '“' | '”' | '„' | '‟' | '″' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => '-',
        'ς' => 'σ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_character_of_a_name_changes_a_line() {
        assert_eq!(harmless("Größe 日本.mp4"), "Größe 日本.mp4");
        assert_eq!(harmless("a\nb\x1b[2J\u{202e}c\u{2028}"), "a\\nb\\u{1b}[2J\\u{202e}c\\u{2028}");
    }

    #[test]
    fn clips_at_a_character_boundary_and_drops_control_characters() {
        assert_eq!(clip::<5>("  a\u{1}bé€"), "abé");
        assert_eq!(clip::<8>("Denon \u{1}   "), "Denon");
    }

    #[test]
    fn what_was_clipped_stays_as_it_is() {
        for text in ["\u{1} a", " \u{85}\t a \u{7} ", "\u{1}", "aaaa   b"] {
            let once = clip::<5>(text);
            assert_eq!(clip::<5>(&once), once, "{text:?}");
        }
    }

    #[test]
    fn names_that_read_alike_are_the_same() {
        for (one, other) in [
            ("TV 1", "tv 1"),
            ("User’s Bedroom", "User's Bedroom"),
            ("User‘s Bedroom", "User`s bedroom"),
            ("[TV]\u{a0}Samsung 7", "[TV] Samsung 7"),
            ("Ku\u{308}che", "Küche"),
            ("KU\u{308}CHE", "küche"),
            ("ệ", "e\u{302}\u{323}"),
            ("  TV \t 1\u{202f}", "TV 1"),
            ("Wall – left", "Wall - left"),
            ("\u{feff}TV\u{200b}1", "TV1"),
            ("ΟΔΟΣ", "οδος"),
            ("“Hall”", "\"Hall\""),
            ("\u{212b}ngström", "ångström"),
        ] {
            assert!(is_same_name(one, other), "{one:?} and {other:?}");
        }
        for (one, other) in [("TV 1", "TV 2"), ("TV 1", "TV1"), ("Kuche", "Küche"), ("", "TV")] {
            assert!(!is_same_name(one, other), "{one:?} and {other:?}");
        }
    }

    proptest! {
        #[test]
        fn a_name_reads_like_its_clipped_self(name in "\\PC{0,40}") {
            let clipped: Text<256> = clip(&name);
            prop_assert!(is_same_name(&clipped, &name));
            let read: String = as_read(&name).collect();
            prop_assert_eq!(as_read(&read).collect::<String>(), read);
        }
    }
}
