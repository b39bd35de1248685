//! The schedule as the README describes it, for boxes in UTC: which entry applies to a renderer at a moment.
//!
//! Time here is minutes since midnight of the day on which the script begins. A window lasts from `from` to `to`, on the
//! next day if `to` is not later than `from`. Where windows overlap, the highest priority applies; among equal ones, the
//! last in the file.

/// Minutes of a day.
const DAY: i64 = 1_440;

/// What an entry shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    File(&'static str),
    /// `then = "stop"`.
    Nothing,
    /// `then = "blackout"`.
    Black,
}

/// One `[[schedule]]` table that applies every day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Minutes after midnight.
    pub from: u16,
    /// Minutes after midnight.
    pub to: u16,
    /// The renderer, counted from 0; `None`: all.
    pub on: Option<usize>,
    pub shows: Shows,
    /// In per cent.
    pub volume: Option<u8>,
    pub priority: i32,
}

/// A window: the entry by its place in the file, and the day on which the window begins.
pub(super) type Window = (usize, i64);

impl Entry {
    /// The entry in the syntax of the configuration.
    pub(super) fn written(&self) -> String {
        let clock = |minutes: u16| format!("\"{:02}:{:02}\"", minutes / 60, minutes % 60);
        let does = match self.shows {
            Shows::File(name) => format!("plays = \"{name}\""),
            Shows::Nothing => "then = \"stop\"".to_owned(),
            Shows::Black => "then = \"blackout\"".to_owned(),
        };
        let on = self.on.map(|n| format!("on = [\"TV {}\"]\n", n + 1)).unwrap_or_default();
        let volume = self.volume.map(|volume| format!("volume = {volume}\n")).unwrap_or_default();
        format!(
            "[[schedule]]\nfrom = {}\nto = {}\n{does}\n{on}{volume}priority = {}\n",
            clock(self.from),
            clock(self.to),
            self.priority
        )
    }

    /// The day on which the window that is open at this minute began.
    fn open_since(&self, minute: i64) -> Option<i64> {
        let (from, to) = (i64::from(self.from), i64::from(self.to));
        let length = if to > from { to - from } else { to + DAY - from };
        let today = minute.div_euclid(DAY);
        [today, today - 1].into_iter().find(|day| {
            let begins = day * DAY + from;
            (begins..begins + length).contains(&minute)
        })
    }
}

/// All windows that are open for a renderer at this minute. The last one applies.
pub(super) fn open(entries: &[Entry], node: usize, minute: i64) -> Vec<Window> {
    let meant = |entry: &Entry| entry.on.is_none_or(|on| on == node);
    let mut windows: Vec<(i32, usize, i64)> = (entries.iter().enumerate())
        .filter(|(_, entry)| meant(entry))
        .filter_map(|(n, entry)| Some((entry.priority, n, entry.open_since(minute)?)))
        .collect();
    windows.sort_unstable();
    windows.into_iter().map(|(_, n, day)| (n, day)).collect()
}
