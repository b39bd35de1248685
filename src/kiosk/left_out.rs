//! The files that one renderer was seen not to play, and for how long each is left out there.
//!
//! A file is left out in one version: a new size or modification time makes it another file. The time doubles whenever
//! the file was tried again in vain. Three files of one type that do not play, while none of this type ever did, stand
//! for the whole type: a folder of a thousand pictures is not tried one by one.

use super::deadline::Backoff;
use super::profile::Minutes;
use crate::limits::LEFT_OUT;
use crate::media::catalogue::MediaFile;
use crate::media::media_type::{MediaKind, MediaType, of_extension};
use crate::text::file_name;
use crate::time::{Duration, Instant};
use core::fmt;
use core::hash::Hasher;
use heapless::Vec;
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher24;

/// How long a file is left out.
const PAUSES: Backoff =
    Backoff::new(Duration::from_secs(10 * 60), Duration::from_secs(24 * 60 * 60));
/// So many files of a type stand for all of them.
const STAND_FOR_TYPE: usize = 3;

/// Why a file does not play on a renderer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unplayable {
    /// The renderer refused every description of it.
    Refused,
    /// The renderer never fetched it, although it fetched other files.
    NotFetched,
    /// The renderer asked about it, or dropped each connection soon, and showed nothing.
    GivenUp,
    /// The renderer fetched it and showed nothing.
    NotShown,
    /// The renderer hung or vanished whenever it got the file.
    Breaks,
    /// The box cannot read the file to its end: the renderer is not to blame.
    Unreadable,
}

impl Unplayable {
    /// One word for programs. Its meaning never changes.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Refused => "refuses_file",
            Self::NotFetched => "never_fetched",
            Self::GivenUp => "gives_up",
            Self::NotShown => "does_not_play",
            Self::Breaks => "breaks",
            Self::Unreadable => "unreadable",
        }
    }

    /// What an owner can do instead of removing the file, in short.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Unreadable => "copy it again",
            _ => "convert it",
        }
    }

    /// What an owner can do about a file of this kind.
    pub const fn remedy(self, kind: MediaKind) -> &'static str {
        match (self, kind) {
            (Self::Unreadable, _) => "copy the file again, and check the disk or stick",
            (_, MediaKind::Video) => "convert the file to H.264 with AAC in .mp4",
            (_, MediaKind::Audio) => "convert the file to .mp3",
            (_, MediaKind::Image) => "convert the file to a .jpg of at most 4096 x 4096 pixels",
        }
    }
}

impl fmt::Display for Unplayable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "the renderer refuses it",
            Self::NotFetched => "the renderer never fetches it, but fetches others",
            Self::GivenUp => "the renderer opens it and gives up",
            Self::NotShown => "the renderer fetches it but does not play it",
            Self::Breaks => "it makes the renderer hang",
            Self::Unreadable => "the box cannot read it",
        })
    }
}

/// How well a file suits a renderer, by all that is known. What suits better is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// The renderer lists no file of this kind (films, songs, pictures) as playable, and was never seen to play one.
    Unlisted,
    /// The file was seen not to play.
    LeftOut,
    /// Other files of its type were seen not to play.
    Doubtful,
    /// Nothing speaks against it.
    Good,
}

/// A file in one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(u64);

impl Version {
    pub fn of(file: &MediaFile) -> Self {
        // The keys are fixed, because profiles keep the hash.
        let mut hasher = SipHasher24::new();
        hasher.write(file.path.as_os_str().as_encoded_bytes());
        hasher.write(&file.size.to_le_bytes());
        hasher.write(&file.modified.to_le_bytes());
        Self(hasher.finish())
    }
}

/// A file that did not play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub file: Version,
    pub media_type: &'static MediaType,
    pub why: Unplayable,
    /// Left out until then.
    pub until: Instant,
    /// How many times it was left out.
    pub times: u8,
}

/// The files that did not play on one renderer.
#[derive(Clone, Debug, Default)]
pub struct LeftOut {
    entries: Vec<Entry, LEFT_OUT>,
    /// A person asked for this file: it is tried, whatever is known of it.
    asked: Option<Version>,
    /// Something changed that is worth storing.
    news: bool,
}

impl LeftOut {
    /// Returns the entry that speaks against this file now: its own, or that of a file of its type. `proven`: a file of
    /// its type was seen to play.
    pub fn against(&self, file: &MediaFile, proven: bool, now: Instant) -> Option<(Fit, &Entry)> {
        if self.entries.is_empty() {
            return None;
        }
        let version = Version::of(file);
        if self.asked == Some(version) {
            return None;
        }
        let out = || self.entries.iter().filter(move |entry| entry.until > now);
        let itself = out().find(|entry| entry.file == version);
        let alike = || {
            let of_type = |entry: &&Entry| entry.media_type == file.media_type;
            let alike =
                || out().filter(of_type).filter(|entry| entry.why != Unplayable::Unreadable);
            let stands = !proven && alike().count() >= STAND_FOR_TYPE;
            alike().min_by_key(|entry| entry.until).filter(|_| stands)
        };
        let itself = itself.map(|entry| (Fit::LeftOut, entry));
        itself.or_else(|| alike().map(|entry| (Fit::Doubtful, entry)))
    }

    /// Returns whether this file did not play before, however long ago.
    pub fn knows(&self, file: &MediaFile) -> bool {
        let version = Version::of(file);
        self.entries.iter().any(|entry| entry.file == version)
    }

    /// Leaves a file out. Returns for how long. A file that is left out already stays so.
    pub fn add(&mut self, file: &MediaFile, why: Unplayable, now: Instant) -> Duration {
        let version = Version::of(file);
        self.asked.take_if(|asked| *asked == version);
        let known = self.entries.iter().position(|entry| entry.file == version);
        let before = known.map(|at| self.entries.swap_remove(at));
        if let Some(before) = before.filter(|before| before.until > now) {
            // There is room: it was there before.
            let _ = self.entries.push(before);
            return before.until.since(now);
        }
        let times = before.map_or(0, |before| before.times);
        let pause = PAUSES.pause(times);
        self.insert(Entry {
            file: version,
            media_type: file.media_type,
            why,
            until: now + pause,
            times: times.saturating_add(1),
        });
        self.news = true;
        pause
    }

    /// Inserts an entry. The one that is due first makes room.
    fn insert(&mut self, entry: Entry) {
        if self.entries.is_full() {
            let first = (0..self.entries.len()).min_by_key(|at| self.entries[*at].until);
            first.map(|first| self.entries.swap_remove(first));
        }
        // There is room now.
        let _ = self.entries.push(entry);
    }

    /// The file played: nothing is wrong with it here.
    pub fn remove(&mut self, file: &MediaFile) {
        if self.entries.is_empty() {
            return;
        }
        let version = Version::of(file);
        self.news |= self.entries.iter().any(|entry| entry.file == version);
        self.entries.retain(|entry| entry.file != version);
    }

    /// A person asked for this file: it is tried at once, even if files of its type are left out.
    pub fn ask_for(&mut self, file: &MediaFile) {
        self.asked = Some(Version::of(file));
    }

    /// A person asked for files, or there is a reason to believe that they play now: those that `are_meant` are tried
    /// again when their turn comes. The pauses after that go on growing.
    pub fn try_again(&mut self, now: Instant, are_meant: impl Fn(&Entry) -> bool) {
        for entry in self.entries.iter_mut().filter(|entry| are_meant(entry)) {
            entry.until = entry.until.min(now);
        }
    }

    /// Forgets the entries that `are_meant`.
    pub fn forget(&mut self, are_meant: impl Fn(&Entry) -> bool) {
        self.news |= self.entries.iter().any(&are_meant);
        self.entries.retain(|entry| !are_meant(entry));
    }

    /// The media folder was read. What the box could not read, and what is gone now, is tried at once when it is back: it
    /// may lie on a stick that was pulled out. `files` are those that were there all the time.
    pub fn forget_gone<'a>(&mut self, files: impl Iterator<Item = &'a MediaFile>) {
        let unreadable = |entry: &&Entry| entry.why == Unplayable::Unreadable;
        if !self.entries.iter().any(|entry| unreadable(&entry)) {
            return;
        }
        let mut there: Vec<Version, LEFT_OUT> = Vec::new();
        for version in files.map(Version::of) {
            let mut ours = self.entries.iter().filter(unreadable);
            if ours.any(|entry| entry.file == version) && !there.contains(&version) {
                // There is room: each is one of the entries.
                let _ = there.push(version);
            }
        }
        self.forget(|entry| entry.why == Unplayable::Unreadable && !there.contains(&entry.file));
    }

    /// Returns whether there is news to store, and forgets that there was.
    pub(super) fn take_news(&mut self) -> bool {
        core::mem::take(&mut self.news)
    }
}

/// All reasons.
const ALL: [Unplayable; 6] = [
    Unplayable::Refused,
    Unplayable::NotFetched,
    Unplayable::GivenUp,
    Unplayable::NotShown,
    Unplayable::Breaks,
    Unplayable::Unreadable,
];

/// The table as it is stored, with times in minutes of running. Each entry is a line of text, which is short.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "std::vec::Vec<String>", into = "std::vec::Vec<String>")]
pub struct Stored(Vec<StoredEntry, LEFT_OUT>);

#[derive(Clone, Debug, PartialEq)]
struct StoredEntry {
    file: Version,
    media_type: &'static MediaType,
    why: Unplayable,
    times: u8,
    until: Minutes,
}

impl StoredEntry {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let file = Version(u64::from_str_radix(words.next()?, 16).ok()?);
        let media_type = of_extension(words.next()?)?;
        let word = words.next()?;
        let why = ALL.into_iter().find(|why| why.word() == word)?;
        let (times, until) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        words.next().is_none().then_some(Self { file, media_type, why, times, until })
    }
}

impl fmt::Display for StoredEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, media_type, why, times, until } = self;
        write!(f, "{:016x} {} {} {times} {until}", file.0, media_type.extension, why.word())
    }
}

impl From<std::vec::Vec<String>> for Stored {
    /// Skips what this version does not know.
    fn from(lines: std::vec::Vec<String>) -> Self {
        let entries = lines.iter().filter_map(|line| StoredEntry::parse(line));
        Self(entries.take(LEFT_OUT).collect())
    }
}

impl From<Stored> for std::vec::Vec<String> {
    fn from(stored: Stored) -> Self {
        stored.0.iter().map(StoredEntry::to_string).collect()
    }
}

impl Stored {
    /// The table as it is to be stored after the box has run for `ran`, which is `now`.
    pub fn of(table: &LeftOut, ran: Minutes, now: Instant) -> Self {
        let stored = |entry: &Entry| StoredEntry {
            file: entry.file,
            media_type: entry.media_type,
            why: entry.why,
            times: entry.times,
            until: ran.saturating_add(in_minutes(entry.until.since(now))),
        };
        Self(table.entries.iter().map(stored).collect())
    }

    /// Puts the stored entries in place of all others.
    pub fn restore(&self, table: &mut LeftOut, ran: Minutes, now: Instant) {
        let entry = |stored: &StoredEntry| Entry {
            file: stored.file,
            media_type: stored.media_type,
            why: stored.why,
            until: now + Duration::from_secs(60 * u64::from(stored.until.saturating_sub(ran))),
            times: stored.times,
        };
        table.entries = self.0.iter().map(entry).collect();
    }

    /// How many files are left out after the box has run for `ran`.
    pub fn count(&self, ran: Minutes) -> usize {
        self.0.iter().filter(|entry| entry.until > ran).count()
    }
}

fn in_minutes(span: Duration) -> Minutes {
    Minutes::try_from(span.as_secs().div_ceil(60)).unwrap_or(Minutes::MAX)
}

/// Files that a renderer does not get now, for the status.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PassedOver {
    /// The name of the file, or how many of which kind.
    pub what: String,
    pub files: usize,
    /// One word for programs.
    pub word: &'static str,
    /// Why, and what to do.
    pub sentence: String,
    /// When the file is tried again.
    pub again_in_s: Option<u64>,
    #[serde(skip)]
    extension: &'static str,
}

/// So many files of one type are listed by name; the others are counted.
const NAMED: usize = 8;

impl PassedOver {
    /// All files of a kind that the renderer does not list.
    pub fn kind(kind: MediaKind, files: usize) -> Self {
        Self {
            what: format!("{files} {}", kind.plural()),
            files,
            word: "not_listed",
            sentence: "the renderer does not list any as playable".to_owned(),
            again_in_s: None,
            extension: "",
        }
    }

    /// Adds a file that was seen not to play.
    pub fn add(rows: &mut std::vec::Vec<Self>, file: &MediaFile, why: Unplayable, left: Duration) {
        let extension = file.media_type.extension;
        let again_in_s = Some(left.as_secs());
        let named = rows.iter().filter(|row| row.extension == extension).count();
        if let Some(row) = rows.iter_mut().rfind(|row| row.extension == extension && named > NAMED)
        {
            row.files += 1;
            row.what = format!("{} more .{extension} files", row.files);
            row.again_in_s = row.again_in_s.min(again_in_s);
            return;
        }
        let what = match named {
            NAMED => format!("1 more .{extension} file"),
            _ => file_name(&file.path).into_owned(),
        };
        let sentence = format!("{why}; {}", why.remedy(file.media_type.kind));
        rows.push(Self { what, files: 1, word: why.word(), sentence, again_in_s, extension });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::media_type::of_extension;
    use std::path::Path;

    fn file(path: &str, size: u64) -> MediaFile {
        MediaFile {
            path: Path::new(path).into(),
            root: Path::new("/m").into(),
            media_type: of_extension(path.rsplit('.').next().unwrap_or("")).expect("known"),
            size,
            modified: 0,
            profile: None,
            subtitles: None,
        }
    }

    fn minutes(minutes: u64) -> Instant {
        Instant::from_millis(minutes * 60_000)
    }

    fn is_out(table: &LeftOut, file: &MediaFile, now: Instant) -> bool {
        table.against(file, true, now).is_some()
    }

    fn why(table: &LeftOut, file: &MediaFile, now: Instant) -> Option<(Unplayable, Instant)> {
        table.against(file, true, now).map(|(_, entry)| (entry.why, entry.until))
    }

    #[test]
    fn each_attempt_in_vain_doubles_the_time_up_to_a_day() {
        let (mut table, film) = (LeftOut::default(), file("/m/a.mp4", 1));
        let (mut now, mut pauses) = (minutes(1), vec![]);
        for _ in 0..10 {
            let pause = table.add(&film, Unplayable::Refused, now);
            pauses.push(pause.as_secs() / 60);
            assert!(is_out(&table, &film, now));
            now += pause;
            assert!(!is_out(&table, &film, now) && table.knows(&film));
        }
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440]);
    }

    #[test]
    fn a_failure_while_it_is_left_out_already_makes_no_difference() {
        let (mut table, film) = (LeftOut::default(), file("/m/a.mp4", 1));
        table.add(&film, Unplayable::Refused, minutes(0));
        let left = table.add(&film, Unplayable::NotShown, minutes(4));
        assert_eq!(left.as_secs(), 6 * 60);
        assert_eq!(why(&table, &film, minutes(5)).map(|(why, _)| why), Some(Unplayable::Refused));
    }

    #[test]
    fn a_file_that_changed_is_another_file() {
        let mut table = LeftOut::default();
        table.add(&file("/m/a.mp4", 1), Unplayable::NotShown, minutes(0));
        assert!(is_out(&table, &file("/m/a.mp4", 1), minutes(1)));
        assert!(!is_out(&table, &file("/m/a.mp4", 2), minutes(1)));
        assert!(!is_out(&table, &MediaFile { modified: 1, ..file("/m/a.mp4", 1) }, minutes(1)));
        assert!(!is_out(&table, &file("/m/b.mp4", 1), minutes(1)));
    }

    #[test]
    fn three_files_stand_for_their_type_unless_one_of_it_has_played() {
        let mut table = LeftOut::default();
        let other = file("/m/9.png", 1);
        for (at, name) in ["/m/1.png", "/m/2.png", "/m/3.png"].into_iter().enumerate() {
            assert_eq!(table.against(&other, false, minutes(at as u64)), None);
            table.add(&file(name, 1), Unplayable::Refused, minutes(at as u64));
        }
        let doubt = table.against(&other, false, minutes(3));
        let doubt = doubt.map(|(fit, entry)| (fit, entry.why, entry.until));
        assert_eq!(doubt, Some((Fit::Doubtful, Unplayable::Refused, minutes(10))));
        assert_eq!(table.against(&other, true, minutes(3)), None);
        assert_eq!(table.against(&file("/m/1.jpg", 1), false, minutes(3)), None);
        assert_eq!(table.against(&other, false, minutes(10)), None, "one of the three is due");
    }

    #[test]
    fn a_person_may_ask_for_a_file_and_gets_one_attempt() {
        let (mut table, film) = (LeftOut::default(), file("/m/a.mp4", 1));
        table.add(&film, Unplayable::NotShown, minutes(0));
        table.ask_for(&film);
        assert!(!is_out(&table, &film, minutes(1)));
        table.add(&film, Unplayable::NotShown, minutes(1));
        assert!(is_out(&table, &film, minutes(2)));
    }

    #[test]
    fn the_file_that_is_due_first_makes_room() {
        let mut table = LeftOut::default();
        let name = |n: usize| file(&format!("/m/{n}.mp4"), 1);
        for n in 0..=LEFT_OUT {
            table.add(&name(n), Unplayable::NotShown, minutes(n as u64));
        }
        let now = Instant::START;
        assert!(!is_out(&table, &name(0), now));
        assert!((1..=LEFT_OUT).all(|n| is_out(&table, &name(n), now)));
    }

    #[test]
    fn what_is_stored_comes_back_with_the_time_that_is_left() {
        let (mut table, mut later) = (LeftOut::default(), LeftOut::default());
        for (n, why) in ALL.into_iter().enumerate() {
            table.add(&file(&format!("/m/{n}.mp4"), 1), why, minutes(3));
        }
        assert!(table.take_news() && !table.take_news());
        let stored = Stored::of(&table, 1000, minutes(5));
        let json = serde_json::to_string(&stored).expect("plain values");
        let stored: Stored = serde_json::from_str(&json).expect("as written");
        // The box was off, and has now run for three minutes more.
        stored.restore(&mut later, 1003, minutes(1));
        for (n, why) in ALL.into_iter().enumerate() {
            let film = file(&format!("/m/{n}.mp4"), 1);
            assert_eq!(self::why(&later, &film, minutes(1)), Some((why, minutes(6))));
            assert_eq!(later.add(&film, why, minutes(7)).as_secs(), 20 * 60, "it goes on growing");
        }
        let odd =
            ["", "x", "0 mp4 breaks 1", "0 xyz breaks 1 5", "0 mp4 odd 1 5", "0 mp4 breaks 1 5 5"];
        let odd = serde_json::to_string(&odd).expect("plain values");
        let odd: Stored = serde_json::from_str(&odd).expect("skipped");
        assert_eq!(odd, Stored::default());
    }

    #[test]
    fn the_hash_of_a_version_never_changes() {
        assert_eq!(Version::of(&file("/m/ä.mp4", 5)), Version(5_702_861_046_981_398_698));
    }

    #[test]
    fn many_files_of_a_type_are_a_few_names_and_a_number() {
        let mut rows = vec![PassedOver::kind(MediaKind::Image, 1000)];
        for n in 0..1000 {
            let name = file(&format!("/m/{n}.mp4"), 1);
            PassedOver::add(&mut rows, &name, Unplayable::NotShown, Duration::from_secs(n));
        }
        let what: std::vec::Vec<&str> = rows.iter().map(|row| row.what.as_str()).collect();
        assert_eq!(what[..3], ["1000 pictures", "0.mp4", "1.mp4"]);
        assert_eq!((rows.len(), what[9]), (10, "992 more .mp4 files"));
        assert_eq!((rows[9].files, rows[9].again_in_s), (992, Some(8)));
    }
}
