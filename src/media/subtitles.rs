//! Subtitles in a separate file beside a film (`film.srt` or `film.en.srt` for `film.mp4`), and the method to announce
//! them to a renderer.
//!
//! No method suits all renderers: with the method of one maker, another maker's TV opens the text instead of the film.
//! So the maker decides, and a renderer that refuses the method gets the film without subtitles.

use super::names::key;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A format of subtitles.
#[derive(Debug, PartialEq, Eq)]
pub struct SubtitleFormat {
    /// Extension in lower case, without the dot; also the name of the format on the wire.
    pub extension: &'static str,
    /// MIME type in protocolInfo and Content-Type.
    pub mime: &'static str,
}

/// All formats in order of preference, for films that have several: most TVs know SubRip.
pub static FORMATS: [SubtitleFormat; 2] = [
    SubtitleFormat { extension: "srt", mime: "text/srt" },
    SubtitleFormat { extension: "vtt", mime: "text/vtt" },
];

/// The format of the file at `path`, by its extension.
pub fn format_of(path: &Path) -> Option<&'static SubtitleFormat> {
    let extension = path.extension()?.to_str()?;
    FORMATS.iter().find(|format| format.extension.eq_ignore_ascii_case(extension))
}

/// The subtitle files in one folder, by the name of their film.
#[derive(Debug, Default)]
pub struct FolderSubtitles {
    exact: HashMap<OsString, Candidate>,
    /// By the names as people read them, see [`key`].
    alike: HashMap<String, Candidate>,
}

/// The smallest candidate is the best: files without a language first, then by the order of [`FORMATS`], then by name.
type Candidate = (bool, usize, PathBuf);

impl FolderSubtitles {
    /// The subtitle files among `paths`.
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

    fn offer(&mut self, film: &OsStr, candidate: Candidate) {
        let exact = self.exact.entry(film.to_owned()).or_insert_with(|| candidate.clone());
        let alike = self.alike.entry(key(film)).or_insert_with(|| candidate.clone());
        for best in [exact, alike] {
            if candidate < *best {
                *best = candidate.clone();
            }
        }
    }

    /// The best subtitle file for the film at this path: of exactly its name, or else of one that reads like it.
    pub fn of(&self, film: &Path) -> Option<Rc<Path>> {
        let stem = film.file_stem()?;
        let (.., path) = self.exact.get(stem).or_else(|| self.alike.get(&key(stem)))?;
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

/// How a renderer is told about subtitles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubtitleMethod {
    /// The header CaptionInfo.sec in the response to the request for the film, and nothing in the metadata, because
    /// Samsung takes a second `res` for the film: Samsung.
    Header,
    /// A `res` of text, sec:CaptionInfo and sec:CaptionInfoEx: LG.
    Resource,
    /// pv:subtitleFileUri and pv:subtitleFileType in the `res` of the film, and a `res` of text behind it: others, of which some
    /// take only the one and some only the other.
    Attributes,
}

impl SubtitleMethod {
    /// The method for renderers of this maker and model.
    pub fn of(manufacturer: &str, model: &str) -> Self {
        let is_by = |word: &str| [manufacturer, model].iter().any(|text| has_word(text, word));
        if is_by("samsung") {
            Self::Header
        } else if is_by("lg") || is_by("lge") {
            Self::Resource
        } else {
            Self::Attributes
        }
    }

    /// Whether it is part of the metadata, so that a renderer may refuse it.
    pub const fn is_metadata(self) -> bool {
        !matches!(self, Self::Header)
    }
}

/// Whether `text` contains the whole word: `lg` is also part of other words.
fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|part| part.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_maker_decides_the_method() {
        for (manufacturer, model, method) in [
            ("Samsung Electronics", "UE55H6400", SubtitleMethod::Header),
            ("", "[TV] Samsung 7 Series", SubtitleMethod::Header),
            ("LG Electronics", "LG TV", SubtitleMethod::Resource),
            ("LG Electronics.", "55UP7760PVB", SubtitleMethod::Resource),
            ("Bulgaria Algebra", "Elgin", SubtitleMethod::Attributes),
            ("Sony Corporation", "KDL-55HX800", SubtitleMethod::Attributes),
            ("", "", SubtitleMethod::Attributes),
        ] {
            assert_eq!(SubtitleMethod::of(manufacturer, model), method, "{manufacturer}, {model}");
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
        let all = FolderSubtitles::among(names.iter().map(|name| Path::new("/m").join(name)));
        let of = |film: &str| all.of(Path::new(film)).map(|found| found.display().to_string());
        assert_eq!(of("/m/film.mp4"), Some("/m/film.SRT".into()));
        assert_eq!(of("/m/show.mkv"), Some("/m/show.de.srt".into()));
        assert_eq!(of("/m/show.en.mkv"), Some("/m/show.en.srt".into()), "its own");
        assert_eq!(of("/m/part.mp4"), None, "no language");
        assert_eq!(of("/m/other.mp4"), None);
        assert_eq!(of("/m/FILM.MP4"), Some("/m/film.SRT".into()), "as read");
        assert_eq!(of("/m/SHOW.EN.mp4"), Some("/m/show.en.srt".into()));
        let mac = FolderSubtitles::among([PathBuf::from("/m/Vo\u{308}gel.de.srt")].into_iter());
        assert!(mac.of(Path::new("/m/Vögel.mp4")).is_some(), "composed and decomposed");
    }
}
