//! Short bounded strings for text from the network, and file names for people.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;

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

/// The name of the file at `path`, for people.
pub fn file_name(path: &Path) -> Cow<'_, str> {
    path.file_name().map(OsStr::to_string_lossy).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
