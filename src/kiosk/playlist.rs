//! A playlist: the files found for the configured files and folders, their order, and the current place.
//!
//! A shuffled playlist plays all files before any file repeats, and never plays the last file of one round as the first
//! of the next.

use super::left_out::Fit;
use crate::config::PlayOrder;
use crate::media::catalogue::{MediaFile, Scan};
use crate::media::playlist::is_playlist;
use fastrand::Rng;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

#[derive(Clone, Debug)]
pub struct Playlist {
    plays: Vec<PathBuf>,
    repeat: bool,
    order: PlayOrder,
    files: Vec<MediaFile>,
    /// This round, as indexes into `files`.
    round: Vec<usize>,
    /// The next round, known in advance so that its first file can be offered early.
    upcoming: Vec<usize>,
    at: usize,
    rng: Rng,
}

impl Playlist {
    /// A playlist of files and folders, not yet resolved.
    pub fn new(plays: Vec<PathBuf>, repeat: bool, order: PlayOrder, seed: u64) -> Self {
        let (files, round, upcoming) = (Vec::new(), Vec::new(), Vec::new());
        Self { plays, repeat, order, files, round, upcoming, at: 0, rng: Rng::with_seed(seed) }
    }

    /// A playlist that repeats one generated file.
    pub fn always(file: MediaFile) -> Self {
        let mut list = Self::new(Vec::new(), true, PlayOrder::Name, 0);
        list.files.push(file);
        (list.round, list.upcoming) = (vec![0], vec![0]);
        list
    }

    /// Resolves the configured paths to files: in configured order, and by name within folders. If shuffled, the
    /// current round goes on, and new files are inserted at random into the rest of it. The current file stays current;
    /// if it is gone, the file in its place becomes current.
    pub fn resolve(&mut self, scan: &Scan) {
        if self.plays.is_empty() {
            // A generated file needs no resolving.
            return;
        }
        let current = self.current().map(|file| file.path.clone());
        let before = self.round.iter().map(|at| self.files[*at].path.clone()).collect::<Vec<_>>();
        self.files.clear();
        for play in &self.plays {
            let mut found = scan.files_at(play);
            if !is_playlist(play) {
                found.sort_by_cached_key(|file| natural(&file.path));
            }
            self.files.extend(found.into_iter().cloned());
        }
        self.round = (0..self.files.len()).collect();
        self.upcoming.clone_from(&self.round);
        if self.order == PlayOrder::Shuffled {
            self.go_on_shuffled(&before);
            self.shuffle_upcoming();
        }
        let is_current = |at: &usize| Some(&self.files[*at].path) == current.as_ref();
        // A list may name a file twice: prefer the occurrence at the current place.
        if !self.round.get(self.at).is_some_and(is_current) {
            self.at = self.round.iter().position(is_current).unwrap_or(self.at);
        }
        if self.at >= self.files.len() {
            self.at = 0;
        }
    }

    /// Keeps the order of the round: what has played stays before the current file and what was to come stays after it,
    /// mixed with the new files.
    fn go_on_shuffled(&mut self, before: &[Rc<Path>]) {
        let mut places: HashMap<&Path, Vec<usize>> = HashMap::new();
        for at in self.round.drain(..) {
            places.entry(&self.files[at].path).or_default().push(at);
        }
        let mut kept = |paths: &[Rc<Path>]| -> Vec<usize> {
            paths.iter().filter_map(|path| places.get_mut(&**path)?.pop()).collect()
        };
        let (played, rest) = before.split_at(self.at.min(before.len()));
        let (current, to_come) = rest.split_at(rest.len().min(1));
        self.round = kept(played);
        self.at = self.round.len();
        self.round.extend(kept(current));
        let mut old = kept(to_come).into_iter();
        let mut new: Vec<usize> = places.into_values().flatten().collect();
        new.sort_unstable();
        self.rng.shuffle(&mut new);
        let mut new = new.into_iter();
        while old.len() + new.len() > 0 {
            let pick = self.rng.usize(..old.len() + new.len());
            self.round.extend(if pick < old.len() { old.next() } else { new.next() });
        }
    }

    fn shuffle_upcoming(&mut self) {
        self.rng.shuffle(&mut self.upcoming);
        if self.upcoming.len() > 1 && self.upcoming.first() == self.round.last() {
            let last = self.upcoming.len() - 1;
            self.upcoming.swap(0, last);
        }
    }

    /// The file that should play.
    pub fn current(&self) -> Option<&MediaFile> {
        self.files.get(*self.round.get(self.at)?)
    }

    /// How well the file suits that suits best.
    pub fn best(&self, fit: impl Fn(&MediaFile) -> Fit) -> Option<Fit> {
        let mut best = None;
        for file in &self.files {
            best = best.max(Some(fit(file)));
            if best == Some(Fit::Good) {
                break;
            }
        }
        best
    }

    /// The next file of those that suit best; `None` at the end of a playlist that does not repeat.
    pub fn following_that(&self, fit: impl Fn(&MediaFile) -> Fit) -> Option<&MediaFile> {
        let rest = self.round.get(self.at + 1..).unwrap_or_default();
        let again = if self.repeat { self.upcoming.as_slice() } else { &[] };
        let mut files = rest.iter().chain(again).filter_map(|at| self.files.get(*at));
        // Asked at every step: almost always the next file is good, and the others need no look.
        let next = files.clone().next().filter(|next| fit(next) == Fit::Good);
        next.or_else(|| {
            let best = self.best(&fit);
            files.find(|file| Some(fit(file)) == best)
        })
    }

    /// Moves on like [`Self::advance`], past files that others suit better than.
    pub fn advance_to(&mut self, fit: impl Fn(&MediaFile) -> Fit) -> bool {
        let best = self.best(&fit);
        // The file may be the last one of a shuffled round that follows.
        for _ in 0..=2 * self.files.len() {
            let goes_on = self.advance();
            if !goes_on || self.current().map(&fit) == best {
                return goes_on;
            }
        }
        true
    }

    /// Moves on if another file suits better than the current one.
    pub fn settle_on(&mut self, fit: impl Fn(&MediaFile) -> Fit) {
        if self.current().map(&fit) < self.best(&fit) {
            self.advance_to(fit);
        }
    }

    /// Returns whether the playlist has this file, in this version.
    pub fn holds(&self, file: &MediaFile) -> bool {
        self.files.iter().any(|one| one.path == file.path && !one.is_replaced_by(file))
    }

    /// Returns whether the playlist has a file with this path.
    pub fn has(&self, path: &Path) -> bool {
        self.files.iter().any(|file| *file.path == *path)
    }

    /// Moves on to the next file. Returns `false` at the end of a playlist that does not repeat; it is then at its
    /// start. A playlist whose files are missing does not end.
    pub fn advance(&mut self) -> bool {
        let goes_on = self.is_empty() || self.repeat || self.at + 1 < self.round.len();
        self.at += 1;
        if self.at >= self.round.len() {
            self.at = 0;
            core::mem::swap(&mut self.round, &mut self.upcoming);
            if self.order == PlayOrder::Shuffled {
                self.shuffle_upcoming();
            }
        }
        goes_on
    }

    /// Moves one file forward or back, wrapping around, as a person asks at a button.
    pub fn step(&mut self, by: isize) {
        if by > 0 {
            let _ = self.advance();
        } else {
            self.at = self.at.checked_sub(1).unwrap_or(self.files.len().saturating_sub(1));
        }
    }

    /// Moves like [`Self::step`], past files that others suit better than.
    pub fn step_to(&mut self, by: isize, fit: impl Fn(&MediaFile) -> Fit) {
        let best = self.best(&fit);
        for _ in 0..=2 * self.files.len() {
            self.step(by);
            if self.current().map(&fit) == best {
                break;
            }
        }
    }

    /// Moves to the first file that `is_it` matches, if there is one.
    pub fn take_up(&mut self, mut is_it: impl FnMut(&MediaFile) -> bool) -> Option<&MediaFile> {
        self.at = self.round.iter().position(|at| is_it(&self.files[*at]))?;
        self.current()
    }

    /// The place of the current file in this round.
    pub const fn item(&self) -> usize {
        self.at
    }

    /// Moves to the file at this place, if there is one.
    pub fn go_to(&mut self, item: usize) {
        self.at = if item < self.files.len() { item } else { self.at };
    }

    /// Returns whether the playlist is at its first file.
    pub const fn at_start(&self) -> bool {
        self.at == 0
    }

    /// The files, in no particular order.
    pub fn files(&self) -> impl Iterator<Item = &MediaFile> {
        self.files.iter()
    }

    /// The number of files.
    pub const fn len(&self) -> usize {
        self.files.len()
    }

    pub const fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

/// A sort key as people expect it: ignoring case, and with numbers by value (`2.mp4` before `10.mp4`).
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
    use crate::media::media_type;

    fn scan(paths: &[&str]) -> Scan {
        let media_type = media_type::of_extension("mp4").expect("known");
        let file = |path: &&str| MediaFile {
            path: Path::new(path).into(),
            root: Path::new("/m").into(),
            media_type,
            size: 1,
            modified: 0,
            profile: None,
            subtitles: None,
        };
        Scan { files: paths.iter().map(file).collect(), ..Scan::default() }
    }

    fn names(list: &Playlist) -> Vec<String> {
        list.round.iter().map(|at| &list.files[*at]).map(|f| f.path.display().to_string()).collect()
    }

    #[test]
    fn folders_play_in_name_order_and_lists_in_their_own() {
        let mut list =
            Playlist::new(vec!["/m/z.mp4".into(), "/m/show".into()], true, PlayOrder::Name, 1);
        list.resolve(&scan(&[
            "/m/show/10.mp4",
            "/m/show/2.mp4",
            "/m/z.mp4",
            "/m/show/A/1.mp4",
            "/m/showy.mp4",
        ]));
        assert_eq!(
            names(&list),
            ["/m/z.mp4", "/m/show/2.mp4", "/m/show/10.mp4", "/m/show/A/1.mp4"]
        );
    }

    #[test]
    fn what_is_spelled_differently_on_the_disk_is_played_from_there() {
        let mut list =
            Playlist::new(vec!["/m/Show".into(), "/m/Z.mp4".into()], true, PlayOrder::Name, 1);
        let mut scan = scan(&["/m/show/2.mp4", "/m/show/1.mp4", "/m/Z.mp4"]);
        scan.meant = vec![("/m/Show".into(), "/m/show".into())];
        list.resolve(&scan);
        assert_eq!(names(&list), ["/m/show/1.mp4", "/m/show/2.mp4", "/m/Z.mp4"]);
    }

    #[test]
    fn advances_wraps_and_stops_where_it_must() {
        let files = scan(&["/m/1.mp4", "/m/2.mp4"]);
        let mut once = Playlist::new(vec!["/m".into()], false, PlayOrder::Name, 1);
        once.resolve(&files);
        assert!(once.advance());
        assert!(!once.advance(), "the end");
        assert!(once.at_start());
        let mut round = Playlist::new(vec!["/m".into()], true, PlayOrder::Name, 1);
        round.resolve(&files);
        round.step(-1);
        assert_eq!(round.current().map(|f| &*f.path), Some(Path::new("/m/2.mp4")));
        assert!(round.advance());
        assert!(round.at_start());
    }

    #[test]
    fn a_new_scan_keeps_the_current_file() {
        let mut list = Playlist::new(vec!["/m".into()], true, PlayOrder::Name, 1);
        list.resolve(&scan(&["/m/b.mp4", "/m/c.mp4"]));
        list.step(1);
        list.resolve(&scan(&["/m/a.mp4", "/m/b.mp4", "/m/c.mp4"]));
        assert_eq!(list.current().map(|f| &*f.path), Some(Path::new("/m/c.mp4")));
        list.resolve(&scan(&["/m/a.mp4"]));
        assert_eq!(list.current().map(|f| &*f.path), Some(Path::new("/m/a.mp4")));
        list.resolve(&Scan::default());
        assert!(list.is_empty() && list.advance(), "away is not at its end");
    }

    #[test]
    fn a_file_that_is_listed_twice_keeps_its_place() {
        let plays = ["/m/intro.mp4", "/m/a.mp4", "/m/intro.mp4", "/m/b.mp4"].map(PathBuf::from);
        let mut list = Playlist::new(plays.to_vec(), true, PlayOrder::Name, 1);
        let files = ["/m/a.mp4", "/m/b.mp4", "/m/intro.mp4"];
        list.resolve(&scan(&files));
        list.step(1);
        list.step(1);
        list.resolve(&scan(&[&files[..], &["/m/unrelated.mp4"]].concat()));
        assert_eq!(list.item(), 2);
        assert_eq!(
            list.following_that(|_| Fit::Good).map(|f| &*f.path),
            Some(Path::new("/m/b.mp4"))
        );
    }

    #[test]
    fn a_shuffled_round_goes_on_when_files_come_and_go() {
        let paths: Vec<String> = (0..7).map(|n| format!("/m/{n}.mp4")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        for seed in 0..50 {
            let mut list = Playlist::new(vec!["/m".into()], true, PlayOrder::Shuffled, seed);
            list.resolve(&scan(&paths));
            list.step(1);
            list.step(1);
            let before = names(&list);
            list.resolve(&scan(&paths));
            assert_eq!((list.item(), names(&list)), (2, before.clone()), "nothing has changed");

            // One that has played goes, and two come.
            let here = |name: &&&str| ***name != *before[0];
            let mut now: Vec<&str> = paths.iter().filter(here).copied().collect();
            now.extend(["/m/new.mp4", "/m/newer.mp4"]);
            list.resolve(&scan(&now));
            let after = names(&list);
            assert_eq!((list.item(), &after[..2]), (1, &before[1..3]));
            let old: Vec<_> = after.iter().filter(|name| !name.contains("new")).collect();
            assert_eq!(old, before[1..].iter().collect::<Vec<_>>(), "in the order of before");
            assert_eq!(after.len(), 8);
        }
    }

    #[test]
    fn a_shuffled_round_plays_each_once_and_none_twice_running() {
        let paths: Vec<String> = (0..7).map(|n| format!("/m/{n}.mp4")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        for seed in 0..50 {
            let mut list = Playlist::new(vec!["/m".into()], true, PlayOrder::Shuffled, seed);
            list.resolve(&scan(&paths));
            let mut last = None;
            for _ in 0..20 {
                let mut round = Vec::new();
                for _ in 0..7 {
                    let now = list.current().map(|f| f.path.clone());
                    assert_ne!(now, last, "twice running");
                    round.push(now.clone());
                    last = now;
                    let following = list.following_that(|_| Fit::Good).map(|f| f.path.clone());
                    assert!(list.advance());
                    assert_eq!(list.current().map(|f| f.path.clone()), following, "as announced");
                }
                round.sort();
                round.dedup();
                assert_eq!(round.len(), 7, "each once");
            }
        }
        let orders: std::collections::BTreeSet<_> = (0..50)
            .map(|seed| {
                let mut list = Playlist::new(vec!["/m".into()], true, PlayOrder::Shuffled, seed);
                list.resolve(&scan(&paths));
                names(&list)
            })
            .collect();
        assert!(orders.len() > 40, "seeds differ: {}", orders.len());
    }
}
