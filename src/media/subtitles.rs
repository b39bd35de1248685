//! Subtitles in a file of their own beside a film (`film.srt` or `film.en.srt` for `film.mp4`), and the form in which a renderer wants to hear of them.
//!
//! There is no common form: one maker's opens the text instead of the film on another's TV. So the maker decides,
//! and whoever refuses a form is given the film without.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::rc::Rc;

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

/// The subtitles that lie in one folder, by the film to which they belong.
#[derive(Debug, Default)]
pub struct Sidecars(HashMap<OsString, Sidecar>);

/// The better the smaller: without a language before one with, by the order of [`FORMATS`], then by name.
type Sidecar = (bool, usize, PathBuf);

impl Sidecars {
    /// Of the files at these paths.
    pub fn among(paths: impl Iterator<Item = PathBuf>) -> Self {
        let mut all = Self::default();
        for path in paths {
            let format = format_of(&path);
            let rank = FORMATS.iter().position(|one| Some(one) == format);
            if let (Some(rank), Some(stem)) = (rank, path.file_stem()) {
                all.offer(stem, (false, rank, path.clone()));
                if let Some(film) = without_language(stem) {
                    all.offer(film, (true, rank, path.clone()));
                }
            }
        }
        all
    }

    fn offer(&mut self, film: &OsStr, sidecar: Sidecar) {
        let best = self.0.entry(film.to_owned()).or_insert_with(|| sidecar.clone());
        if sidecar < *best {
            *best = sidecar;
        }
    }

    /// Those of the film at this path.
    #[must_use]
    pub fn of(&self, film: &Path) -> Option<Rc<Path>> {
        let (.., path) = self.0.get(film.file_stem()?)?;
        Some(path.as_path().into())
    }
}

/// `film` of `film.en` or `film.pt-BR`.
fn without_language(stem: &OsStr) -> Option<&OsStr> {
    let stem = Path::new(stem);
    let language = stem.extension()?.to_str()?;
    let is_one = (2..=8).contains(&language.len())
        && language.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    stem.file_stem().filter(|_| is_one)
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

    #[test]
    fn a_film_has_those_of_its_name_the_plain_ones_first() {
        let names = [
            "film.de.srt",
            "film.vtt",
            "film.SRT",
            "show.en.vtt",
            "show.en.srt",
            "show.de.srt",
            "film.txt",
            "part.1 of 2.srt",
        ];
        let all = Sidecars::among(names.iter().map(|name| Path::new("/m").join(name)));
        let of = |film: &str| all.of(Path::new(film)).map(|found| found.display().to_string());
        assert_eq!(of("/m/film.mp4"), Some("/m/film.SRT".into()));
        assert_eq!(of("/m/show.mkv"), Some("/m/show.de.srt".into()));
        assert_eq!(of("/m/show.en.mkv"), Some("/m/show.en.srt".into()), "its own");
        assert_eq!(of("/m/part.mp4"), None, "no language");
        assert_eq!(of("/m/other.mp4"), None);
    }
}
