//! Subtitles in a file of their own, beside the film: `film.srt` or `film.en.srt` for `film.mp4`.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Subtitles of a film.
#[derive(Clone, Debug, PartialEq)]
pub struct Subtitles {
    /// Where they are: in the folder of the film.
    pub path: Rc<Path>,
    /// How they are written.
    pub kind: SubtitleKind,
}

/// How subtitles are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubtitleKind {
    /// SubRip, `.srt`: what most renderers know.
    SubRip,
    /// WebVTT, `.vtt`.
    WebVtt,
}

impl SubtitleKind {
    /// By the name of the file.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?;
        let kinds = [("srt", Self::SubRip), ("vtt", Self::WebVtt)];
        kinds.into_iter().find(|(known, _)| extension.eq_ignore_ascii_case(known)).map(|(_, k)| k)
    }
}

/// The subtitles that lie in one folder, by the film to which they belong.
#[derive(Debug, Default)]
pub struct Sidecars(HashMap<OsString, Sidecar>);

/// The better the smaller: without a language before one with, SubRip before WebVTT, then by name.
type Sidecar = (bool, SubtitleKind, PathBuf);

impl Sidecars {
    /// Of the files at these paths.
    pub fn among(paths: impl Iterator<Item = PathBuf>) -> Self {
        let mut all = Self::default();
        for path in paths {
            if let (Some(kind), Some(stem)) = (SubtitleKind::of(&path), path.file_stem()) {
                all.offer(stem, (false, kind, path.clone()));
                if let Some(film) = without_language(stem) {
                    all.offer(film, (true, kind, path.clone()));
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
    pub fn of(&self, film: &Path) -> Option<Subtitles> {
        let (_, kind, path) = self.0.get(film.file_stem()?)?;
        Some(Subtitles { path: path.as_path().into(), kind: *kind })
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

#[cfg(test)]
mod tests {
    use super::*;

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
        let of = |film: &str| {
            let found = all.of(Path::new(film));
            found.map(|found| (found.path.display().to_string(), found.kind))
        };
        use SubtitleKind::SubRip;
        assert_eq!(of("/m/film.mp4"), Some(("/m/film.SRT".into(), SubRip)));
        assert_eq!(of("/m/show.mkv"), Some(("/m/show.de.srt".into(), SubRip)));
        assert_eq!(of("/m/show.en.mkv"), Some(("/m/show.en.srt".into(), SubRip)), "its own");
        assert_eq!(of("/m/part.mp4"), None, "no language");
        assert_eq!(of("/m/other.mp4"), None);
    }
}
