//! Subtitles in a file of their own beside a film, and the form in which a renderer wants to hear of them.
//!
//! There is no common form: one maker's opens the text instead of the film on another's TV. So the maker decides,
//! and whoever refuses a form is given the film without.

use std::path::Path;

/// A kind of subtitle file.
#[derive(Debug, PartialEq, Eq)]
pub struct Format {
    /// Extension in lower case, without the dot; also what renderers call the type.
    pub extension: &'static str,
    /// In protocolInfo and Content-Type alike.
    pub mime: &'static str,
}

/// In the order of preference where a film has several: SubRip is what TVs know.
pub static FORMATS: [Format; 2] =
    [Format { extension: "srt", mime: "text/srt" }, Format { extension: "vtt", mime: "text/vtt" }];

/// The format of the file at `path`, by its extension.
#[must_use]
pub fn format_of(path: &Path) -> Option<&'static Format> {
    let extension = path.extension()?.to_str()?;
    FORMATS.iter().find(|format| format.extension.eq_ignore_ascii_case(extension))
}

/// How a renderer is told of subtitles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The header CaptionInfo.sec in the answer to its request for the film, and nothing in the metadata: Samsung
    /// takes a second `res` for the film.
    Header,
    /// A `res` of text, sec:CaptionInfo and sec:CaptionInfoEx: LG.
    Resource,
    /// pv:subtitleFileUri and pv:subtitleFileType at the `res` of the film: whoever knows neither passes over them.
    Attributes,
}

impl Form {
    /// The form for renderers of this maker and model.
    #[must_use]
    pub fn of(manufacturer: &str, model: &str) -> Self {
        let says = |word: &str| [manufacturer, model].iter().any(|text| has_word(text, word));
        if says("samsung") {
            Self::Header
        } else if says("lg") || says("lge") {
            Self::Resource
        } else {
            Self::Attributes
        }
    }

    /// It stands in the metadata, where it can be refused.
    #[must_use]
    pub const fn is_metadata(self) -> bool {
        !matches!(self, Self::Header)
    }
}

/// Whole words only: `lg` also stands in the middle of others.
fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|part| part.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_maker_decides_the_form() {
        for (manufacturer, model, form) in [
            ("Samsung Electronics", "UE55H6400", Form::Header),
            ("", "[TV] Samsung 7 Series", Form::Header),
            ("LG Electronics", "LG TV", Form::Resource),
            ("LG Electronics.", "55UP7760PVB", Form::Resource),
            ("Bulgaria Algebra", "Elgin", Form::Attributes),
            ("Sony Corporation", "KDL-55HX800", Form::Attributes),
            ("", "", Form::Attributes),
        ] {
            assert_eq!(Form::of(manufacturer, model), form, "{manufacturer}, {model}");
        }
    }

    #[test]
    fn subtitles_are_known_by_their_extension_in_any_case() {
        let mime = |path: &str| format_of(Path::new(path)).map(|format| format.mime);
        assert_eq!(mime("/m/film.SRT"), Some("text/srt"));
        assert_eq!(mime("/m/film.vtt"), Some("text/vtt"));
        assert_eq!(mime("/m/film.srt.mp4"), None);
        assert_eq!(mime("/m/srt"), None);
    }
}
