//! Statistics: what happened to each file on each renderer, as counts that only grow.
//!
//! A *row* is one file on one renderer. *Should* is the time for which the box wanted the file to play, *did* the part
//! of that time in which it played. The rows are kept in memory, in a table of limited size: a new row replaces the one
//! with the fewest starts. Time is credited only when something changes, so that a renderer that plays costs nothing.

use super::fault::{Fault, WORDS};
use crate::limits::{NAME_BYTES, STATISTICS};
use crate::text::{Text, clip};
use crate::time::{self, Duration, Instant};
use crate::upnp::Udn;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

/// Upper bounds of the gap classes, in milliseconds; longer gaps are counted last. An audience does not notice a gap of
/// 20 ms, sees one of 300 ms, and takes one of 3 s for a fault.
pub const GAPS_MS: [u64; 8] = [20, 50, 100, 300, 1_000, 3_000, 10_000, 30_000];
/// One class more than bounds.
const BUCKETS: usize = GAPS_MS.len() + 1;
/// The version of the stored form. Any other version is not read.
const VERSION: u8 = 1;

#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    udn: Udn,
    name: Text<NAME_BYTES>,
    file: Rc<Path>,
    starts: u32,
    rounds: u32,
    gaps: [u32; BUCKETS],
    failures: [u32; WORDS.len()],
    bytes: u64,
    should: Duration,
    did: Duration,
}

impl Row {
    /// Counts a start, this long after the end of the previous file.
    pub fn start(&mut self, gap: Option<Duration>) {
        self.starts = self.starts.saturating_add(1);
        if let Some(gap) = gap {
            let fits = |bound: &u64| gap <= Duration::from_millis(*bound);
            let bucket = GAPS_MS.iter().position(fits).unwrap_or(GAPS_MS.len());
            self.gaps[bucket] = self.gaps[bucket].saturating_add(1);
        }
    }

    /// Counts a round that ended or was sent back just before its end.
    pub fn complete(&mut self) {
        self.rounds = self.rounds.saturating_add(1);
    }

    /// Counts a failure.
    pub fn fail(&mut self, fault: &Fault) {
        let count = &mut self.failures[fault.index()];
        *count = count.saturating_add(1);
    }

    /// Adds bytes sent.
    pub fn send(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    rows: Vec<Row>,
    /// How many rows were replaced.
    forgotten: u32,
}

impl Statistics {
    /// The row of this file on this renderer. A new row may replace the one with the fewest starts.
    pub fn row(&mut self, udn: &Udn, name: &str, file: &Rc<Path>) -> &mut Row {
        let path = file.as_os_str();
        // Compared as strings, not as paths: comparing paths by component is slow.
        let is_it = |row: &Row| row.file.as_os_str() == path && row.udn == *udn;
        let found = self.rows.iter().position(is_it);
        let at = found.unwrap_or_else(|| {
            let new = Row {
                udn: udn.clone(),
                name: clip(name),
                file: Rc::clone(file),
                starts: 0,
                rounds: 0,
                gaps: [0; BUCKETS],
                failures: [0; WORDS.len()],
                bytes: 0,
                should: Duration::ZERO,
                did: Duration::ZERO,
            };
            if self.rows.len() < STATISTICS {
                self.rows.push(new);
                return self.rows.len() - 1;
            }
            self.forgotten = self.forgotten.saturating_add(1);
            let rows = self.rows.iter().enumerate();
            let least = rows.min_by_key(|(_, row)| (row.starts, row.did)).map_or(0, |(at, _)| at);
            self.rows[least] = new;
            least
        });
        &mut self.rows[at]
    }

    /// Whether this renderer has ever played a file of this extension to its end.
    pub fn has_played(&self, udn: &Udn, extension: &str) -> bool {
        let is_such = |file: &Path| {
            file.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
        };
        self.rows.iter().any(|row| row.rounds > 0 && row.udn == *udn && is_such(&row.file))
    }

    /// Returns whether nothing was counted yet.
    pub const fn is_new(&self) -> bool {
        self.rows.is_empty()
    }

    /// The statistics as text, for the store and for the status.
    pub fn snapshot(&self) -> String {
        let saved = Saved {
            version: VERSION,
            gap_bounds_ms: GAPS_MS.to_vec(),
            forgotten: self.forgotten,
            rows: self.rows.iter().map(SavedRow::of).collect(),
        };
        serde_json::to_string(&saved).unwrap_or_default()
    }

    /// Restores a snapshot.
    ///
    /// # Errors
    /// A sentence that says why: the snapshot is damaged or from another version.
    pub fn restore(text: &str) -> Result<Self, String> {
        let saved: Saved = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if saved.version != VERSION || saved.gap_bounds_ms != GAPS_MS {
            return Err("it was written by another version".to_owned());
        }
        let mut restored = Self { rows: Vec::new(), forgotten: saved.forgotten };
        for saved in saved.rows.into_iter().take(STATISTICS) {
            let Some(udn) = Udn::new(&saved.udn) else { continue };
            let row = restored.row(&udn, &saved.name, &Path::new(&saved.file).into());
            (row.starts, row.rounds, row.bytes) = (saved.starts, saved.rounds, saved.bytes);
            (row.should, row.did) = (time::seconds(saved.should_s), time::seconds(saved.did_s));
            row.gaps.iter_mut().zip(saved.gaps).for_each(|(count, n)| *count = n);
            for (word, n) in saved.failures {
                // Ignore a cause that this version does not know.
                if let Some(at) = WORDS.iter().position(|known| *known == word) {
                    row.failures[at] = n;
                }
            }
        }
        Ok(restored)
    }
}

/// A snapshot, as sent and as stored.
#[derive(Serialize, Deserialize)]
struct Saved {
    version: u8,
    gap_bounds_ms: Vec<u64>,
    forgotten: u32,
    rows: Vec<SavedRow>,
}

#[derive(Serialize, Deserialize)]
struct SavedRow {
    udn: String,
    name: String,
    file: String,
    starts: u32,
    rounds: u32,
    gaps: Vec<u32>,
    failures: BTreeMap<String, u32>,
    bytes: u64,
    should_s: f64,
    did_s: f64,
}

impl SavedRow {
    fn of(row: &Row) -> Self {
        let failures = WORDS.iter().zip(row.failures).filter(|(_, n)| *n > 0);
        Self {
            udn: row.udn.to_string(),
            name: row.name.to_string(),
            file: row.file.to_string_lossy().into_owned(),
            starts: row.starts,
            rounds: row.rounds,
            gaps: row.gaps.to_vec(),
            failures: failures.map(|(word, n)| ((*word).to_owned(), n)).collect(),
            bytes: row.bytes,
            should_s: row.should.as_secs_f64(),
            did_s: row.did.as_secs_f64(),
        }
    }
}

/// What one renderer should do and does, and since when. Not credited yet.
#[derive(Clone, Debug, Default)]
pub struct Shift {
    file: Option<Rc<Path>>,
    plays: bool,
    since: Instant,
}

impl Shift {
    /// Sets what the renderer should play from now on (`None`: nothing) and whether it plays. Returns what to credit:
    /// the file, how long it should have played, and how long it did.
    pub fn change(
        &mut self,
        file: Option<&Rc<Path>>,
        plays: bool,
        now: Instant,
    ) -> Option<(Rc<Path>, Duration, Duration)> {
        let same = match (&self.file, file) {
            (Some(a), Some(b)) => a.as_os_str() == b.as_os_str() && self.plays == plays,
            (None, None) => true,
            _ => false,
        };
        if same {
            return None;
        }
        let over = self.so_far(now);
        *self = Self { file: file.cloned(), plays, since: now };
        over
    }

    /// What to credit if it ended now.
    pub fn so_far(&self, now: Instant) -> Option<(Rc<Path>, Duration, Duration)> {
        let span = now.since(self.since);
        let did = if self.plays { span } else { Duration::ZERO };
        Some((self.file.clone()?, span, did))
    }
}

impl Statistics {
    /// Credits what [`Shift::change`] returned.
    pub fn credit(&mut self, udn: &Udn, name: &str, over: Option<(Rc<Path>, Duration, Duration)>) {
        if let Some((file, should, did)) = over {
            let row = self.row(udn, name, &file);
            row.should = row.should.saturating_add(should);
            row.did = row.did.saturating_add(did);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn udn(n: usize) -> Udn {
        Udn::new(&format!("uuid:{n}")).expect("not empty")
    }

    fn file(n: usize) -> Rc<Path> {
        Path::new(&format!("/m/{n}.mp4")).into()
    }

    fn full() -> Statistics {
        let mut full = Statistics::default();
        for n in 0..STATISTICS {
            let row = full.row(&udn(n % 7), "TV", &file(n));
            (0..=n % 5).for_each(|_| row.start(Some(Duration::from_millis(n as u64 * 90))));
            row.fail(&Fault::Status(500));
            row.send(1 << 40);
            (row.should, row.did) = (Duration::from_millis(1_500), Duration::from_secs(1));
        }
        full
    }

    #[test]
    fn the_least_started_row_makes_room_for_a_new_one() {
        let mut table = full();
        table.row(&udn(3), "TV", &file(3)).start(None);
        let kept = table.rows.iter().filter(|row| row.starts > 1).count();
        table.row(&udn(9), "new", &file(1)).complete();
        assert_eq!((table.rows.len(), table.forgotten), (STATISTICS, 1));
        assert_eq!(table.rows.iter().filter(|row| row.starts > 1).count(), kept);
        assert!(table.rows.iter().any(|row| row.udn == udn(9) && row.rounds == 1));
        assert!(!table.rows.iter().any(|row| row.file == file(0)), "started once only");
        table.row(&udn(9), "new", &file(1)).complete();
        assert_eq!(table.forgotten, 1, "it is found again");
    }

    #[test]
    fn gaps_are_counted_by_the_bound_that_they_do_not_exceed() {
        let mut table = Statistics::default();
        let row = table.row(&udn(1), "TV", &file(1));
        for millis in [0, 20, 21, 300, 301, 30_000, 30_001, 86_400_000] {
            row.start(Some(Duration::from_millis(millis)));
        }
        row.start(None);
        assert_eq!(row.gaps, [2, 1, 0, 1, 1, 0, 0, 1, 2]);
        assert_eq!(row.starts, 9);
    }

    #[test]
    fn a_snapshot_comes_back_as_it_was() {
        let table = full();
        let text = table.snapshot();
        assert_eq!(Statistics::restore(&text), Ok(table));
        assert!(text.len() < 512 * 400, "{} bytes for the store", text.len());
    }

    #[test]
    fn what_is_damaged_foreign_or_too_much_does_no_harm() {
        let text = full().snapshot();
        for cut in [0, 1, 10, text.len() / 2, text.len() - 1] {
            assert!(Statistics::restore(&text[..cut]).is_err(), "cut at {cut}");
        }
        let newer = text.replacen("\"version\":1", "\"version\":2", 1);
        assert!(Statistics::restore(&newer).unwrap_err().contains("another version"));
        let other = text.replace("http_status", "not_known_here").replace("1.5", "-1e99");
        let restored = Statistics::restore(&other).expect("its form is right");
        assert!(restored.rows.iter().all(|row| row.failures == [0; WORDS.len()]));
        assert!(restored.rows.iter().all(|row| row.should == Duration::ZERO));
        let mut many: serde_json::Value = serde_json::from_str(&text).unwrap();
        let rows = many["rows"].as_array_mut().unwrap();
        let more = (0..9).map(|n| {
            let mut row = rows[0].clone();
            row["file"] = format!("/m/more-{n}.mp4").into();
            row
        });
        let more: Vec<_> = more.collect();
        rows.extend(more);
        let restored = Statistics::restore(&many.to_string());
        assert_eq!(restored.map(|table| table.rows.len()), Ok(STATISTICS));
    }

    #[test]
    fn time_is_credited_to_the_file_that_was_to_play() {
        let (a, b) = (file(1), file(2));
        let at = |secs: u64| Instant::from_millis(secs * 1000);
        let secs = Duration::from_secs;
        let mut shift = Shift::default();
        assert_eq!(shift.change(None, false, at(9)), None, "nothing was to play");
        assert_eq!(shift.change(Some(&a), false, at(10)), None);
        assert_eq!(shift.change(Some(&a), true, at(13)), Some((a.clone(), secs(3), secs(0))));
        assert_eq!(shift.change(Some(&a), true, at(20)), None, "no change");
        assert_eq!(shift.so_far(at(33)), Some((a.clone(), secs(20), secs(20))));
        assert_eq!(shift.change(Some(&b), true, at(33)), Some((a, secs(20), secs(20))));
        assert_eq!(shift.change(None, true, at(40)), Some((b, secs(7), secs(7))));
        assert_eq!(shift.change(None, false, at(99)), None);
    }
}
