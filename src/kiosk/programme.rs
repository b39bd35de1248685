//! What one renderer should play: the files of its rule, in order.

use crate::media::catalogue::{MediaFile, Scan};
use std::path::{Path, PathBuf};

/// The playlist of one rule and the place in it.
#[derive(Clone, Debug)]
pub struct Programme {
    plays: Vec<PathBuf>,
    repeat: bool,
    files: Vec<MediaFile>,
    at: usize,
}

impl Programme {
    /// A programme of files and folders, not yet resolved.
    #[must_use]
    pub fn new(plays: Vec<PathBuf>, repeat: bool) -> Self {
        Self { plays, repeat, files: Vec::new(), at: 0 }
    }

    /// Resolves the files: in the order of `plays`, folders in name order. The current file stays
    /// current; if it is gone, the one that takes its place is.
    pub fn resolve(&mut self, scan: &Scan) {
        let current = self.current().map(|file| file.path.clone());
        self.files.clear();
        for play in &self.plays {
            let mut found: Vec<&MediaFile> =
                scan.files.iter().filter(|file| file.path.starts_with(play)).collect();
            found.sort_by_cached_key(|file| natural(&file.path));
            self.files.extend(found.into_iter().cloned());
        }
        let kept = current.and_then(|path| self.files.iter().position(|file| file.path == path));
        self.at = kept.unwrap_or(self.at);
        if self.at >= self.files.len() {
            self.at = 0;
        }
    }

    /// The file that should play.
    #[must_use]
    pub fn current(&self) -> Option<&MediaFile> {
        self.files.get(self.at)
    }

    /// The file after it; `None` at the end of a programme that does not repeat.
    #[must_use]
    pub fn following(&self) -> Option<&MediaFile> {
        let next = self.at + 1;
        match self.files.get(next) {
            Some(file) => Some(file),
            None if self.repeat => self.files.first(),
            None => None,
        }
    }

    /// Goes to the following file. `false` at the end of a programme that does not repeat, which is
    /// then at its beginning again. One whose files are away is not at its end.
    pub fn advance(&mut self) -> bool {
        let goes_on = self.is_empty() || self.following().is_some();
        self.step(1);
        goes_on
    }

    /// Goes one file on or back, round the ends: what a person at a button asks for.
    pub fn step(&mut self, by: isize) {
        let len = isize::try_from(self.files.len()).unwrap_or(isize::MAX).max(1);
        let at = isize::try_from(self.at).unwrap_or(0);
        self.at = usize::try_from((at + by).rem_euclid(len)).unwrap_or(0);
    }

    /// The place of the current file.
    #[must_use]
    pub fn place(&self) -> usize {
        self.at
    }

    /// Goes to the file at this place, if there is one.
    pub fn go_to(&mut self, place: usize) {
        self.at = if place < self.files.len() { place } else { self.at };
    }

    /// It is at its first file.
    #[must_use]
    pub fn at_start(&self) -> bool {
        self.at == 0
    }

    /// Number of files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Nothing to play.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

/// A key that sorts as people expect: without regard to case, numbers by value (`2.mp4` before `10.mp4`).
fn natural(path: &Path) -> Vec<(String, u64)> {
    let text = path.to_string_lossy().to_lowercase();
    let mut key: Vec<(String, u64)> = Vec::new();
    let mut words = String::new();
    let mut digits = String::new();
    for c in text.chars().chain([' ']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            key.push((core::mem::take(&mut words), digits.parse().unwrap_or(u64::MAX)));
            digits.clear();
        }
        words.push(c);
    }
    key.push((words, 0));
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::mime;

    fn scan(paths: &[&str]) -> Scan {
        let media_type = mime::of_extension("mp4").expect("known");
        let file = |path: &&str| MediaFile {
            path: Path::new(path).into(),
            root: Path::new("/m").into(),
            media_type,
            size: 1,
        };
        Scan { files: paths.iter().map(file).collect(), ..Scan::default() }
    }

    fn names(programme: &Programme) -> Vec<String> {
        programme.files.iter().map(|f| f.path.display().to_string()).collect()
    }

    #[test]
    fn folders_play_in_name_order_and_lists_in_their_own() {
        let mut programme = Programme::new(vec!["/m/z.mp4".into(), "/m/show".into()], true);
        programme.resolve(&scan(&[
            "/m/show/10.mp4",
            "/m/show/2.mp4",
            "/m/z.mp4",
            "/m/show/A/1.mp4",
            "/m/showy.mp4",
        ]));
        assert_eq!(
            names(&programme),
            ["/m/z.mp4", "/m/show/2.mp4", "/m/show/10.mp4", "/m/show/A/1.mp4"]
        );
    }

    #[test]
    fn advances_wraps_and_stops_where_it_must() {
        let files = scan(&["/m/1.mp4", "/m/2.mp4"]);
        let mut once = Programme::new(vec!["/m".into()], false);
        once.resolve(&files);
        assert!(once.advance());
        assert!(!once.advance(), "the end");
        assert!(once.at_start());
        let mut round = Programme::new(vec!["/m".into()], true);
        round.resolve(&files);
        round.step(-1);
        assert_eq!(round.current().map(|f| &*f.path), Some(Path::new("/m/2.mp4")));
        assert!(round.advance());
        assert!(round.at_start());
    }

    #[test]
    fn a_new_scan_keeps_the_current_file() {
        let mut programme = Programme::new(vec!["/m".into()], true);
        programme.resolve(&scan(&["/m/b.mp4", "/m/c.mp4"]));
        programme.step(1);
        programme.resolve(&scan(&["/m/a.mp4", "/m/b.mp4", "/m/c.mp4"]));
        assert_eq!(programme.current().map(|f| &*f.path), Some(Path::new("/m/c.mp4")));
        programme.resolve(&scan(&["/m/a.mp4"]));
        assert_eq!(programme.current().map(|f| &*f.path), Some(Path::new("/m/a.mp4")));
        programme.resolve(&Scan::default());
        assert!(programme.is_empty() && programme.advance(), "away is not at its end");
    }
}
