//! The `[[schedule]]` table: what holds at which times instead of what the renderers usually play.
//!
//! Terms: an *entry* is one table; a *window* is one stretch of time in which it holds, from `from` to `to`
//! on one of its days. Times are those of a clock on the wall; what that means on the nights when clocks
//! are changed is the business of `kiosk/schedule.rs`.

use super::field::Field;
use super::files::Files;
use super::plays::{self, MediaFolder};
use super::problem::Report;
use super::section::Section;
use super::spelling::{listed, nearest, normalised};
use super::{Targets, WallClock, panel};
use crate::limits::NAME_BYTES;
use crate::text::Text;
use core::fmt;
use jiff::civil::{Date, Time, Weekday};
use std::path::PathBuf;
use toml::de::DeValue;

/// One `[[schedule]]` table.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name, for people.
    pub name: Option<Text<NAME_BYTES>>,
    /// The days on which its windows begin.
    pub days: Days,
    /// When a window begins.
    pub from: Time,
    /// When it ends: on the next day if that is not later than `from`.
    pub to: Time,
    /// Which renderers it is for.
    pub targets: Targets,
    /// What holds in it.
    pub then: Then,
    /// Volume to set at its beginning, in per cent.
    pub volume: Option<u8>,
    /// Of several that hold at once the one with the highest; among equals the one later in the file.
    pub priority: i32,
}

/// On which days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Days {
    /// Monday to Sunday.
    Weekly([bool; 7]),
    /// Once.
    Once(Date),
}

/// What is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// Play these, over and over. Never empty.
    Play(Vec<PathBuf>),
    /// Play nothing.
    Stop,
    /// Show a black picture.
    Blackout,
}

impl Days {
    /// Every day.
    pub const ALL: Self = Self::Weekly([true; 7]);

    /// Whether a window begins on this day.
    #[must_use]
    pub fn includes(self, date: Date) -> bool {
        match self {
            Self::Weekly(days) => {
                let day = date.weekday().to_monday_zero_offset();
                usize::try_from(day).is_ok_and(|day| days[day])
            }
            Self::Once(once) => once == date,
        }
    }

    /// As the file writes it.
    pub(super) fn words(self) -> Vec<String> {
        let Self::Weekly(days) = self else { return Vec::new() };
        let named = DAYS.iter().zip(days).filter(|(_, named)| *named);
        named.map(|((word, _), _)| (*word).to_owned()).collect()
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            return f.write_str(name);
        }
        match self.days {
            Days::ALL => write!(f, "daily")?,
            Days::Weekly(_) => write!(f, "{}", self.days.words().join(" "))?,
            Days::Once(date) => write!(f, "{date}")?,
        }
        write!(f, " {}-{}", hhmm(self.from), hhmm(self.to))
    }
}

pub(super) const CLOCK: [(&str, WallClock); 2] =
    [("network", WallClock::Network), ("rtc", WallClock::Rtc)];

/// In the order of [`Days::Weekly`].
const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];
/// Several days in one word, Monday to Sunday.
const SEVERAL: [(&str, [bool; 7]); 4] = [
    ("weekdays", [true, true, true, true, true, false, false]),
    ("weekend", [false, false, false, false, false, true, true]),
    ("daily", [true; 7]),
    ("every_day", [true; 7]),
];

/// The time as the file writes it.
pub(super) fn hhmm(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// One table; `None` if it cannot be said what or when.
pub(super) fn read(
    report: &mut Report<'_>,
    table: &Section<'_>,
    media: &MediaFolder,
    files: Files<'_>,
) -> Option<Entry> {
    table.refuse_unknown_keys(report);
    let days = days(report, table);
    let from = time(report, table, "from", "\"09:00\"");
    let to = time(report, table, "to", "\"18:30\"");
    let then = then(report, table, media, files);
    let volume = table.whole(report, "volume", 0..=100, "40");
    let priority = table.whole(report, "priority", -1000..=1000, "1");
    let entry = Entry {
        name: table.name(report),
        days: days?,
        from: from?,
        to: to?,
        targets: panel::targets(report, table, "on"),
        then: then?,
        volume: volume.and_then(|percent| u8::try_from(percent).ok()),
        priority: priority.and_then(|number| i32::try_from(number).ok()).unwrap_or_default(),
    };
    if let (Then::Stop, Some(field)) = (&entry.then, table.field("volume")) {
        field.warning(report, "nothing sounds while it is stopped", "leave the line out");
    }
    Some(entry)
}

/// `days` or `date`; every day without them.
fn days(report: &mut Report<'_>, table: &Section<'_>) -> Option<Days> {
    if let Some(field) = table.field("date") {
        if table.field("days").is_some() {
            field.error(
                report,
                "it is for one day, but has days too",
                "keep days or date, and leave the other line out",
            );
            return None;
        }
        return date(report, &field).map(Days::Once);
    }
    let Some(field) = table.field("days") else {
        return Some(Days::ALL);
    };
    if matches!(field.value, DeValue::Array(list) if list.is_empty()) {
        return Some(Days::ALL);
    }
    let mut days = [false; 7];
    for (text, item) in field.texts(report, "[\"mon\", \"tue\"]") {
        match these_days(text) {
            Some(more) => days.iter_mut().zip(more).for_each(|(day, more)| *day |= more),
            None => unknown_day(report, &item, text),
        }
    }
    // Without any it was told why.
    days.contains(&true).then_some(Days::Weekly(days))
}

/// The days of one word: "mon", "Monday", "weekend".
fn these_days(text: &str) -> Option<[bool; 7]> {
    let word = normalised(text);
    let several = SEVERAL.iter().find(|(known, _)| *known == word).map(|(_, days)| *days);
    several.or_else(|| {
        let full = |day: Weekday| format!("{day:?}").to_lowercase();
        let is = |(short, day): &&(&str, Weekday)| word == *short || word == full(*day);
        let (_, day) = DAYS.iter().find(is)?;
        Some(DAYS.map(|(_, other)| other == *day))
    })
}

fn unknown_day(report: &mut Report<'_>, field: &Field<'_>, text: &str) {
    let words: Vec<&str> =
        DAYS.iter().map(|(word, _)| *word).chain(["weekdays", "weekend"]).collect();
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    let word = normalised(text);
    let full = DAYS.map(|(_, day)| format!("{day:?}").to_lowercase());
    let meant = nearest(&word, words).or_else(|| nearest(&word, full.iter().map(String::as_str)));
    let advice = match meant {
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None => format!("write {}", listed(&quoted, "or")),
    };
    field.error(report, format!("\"{text}\" is no day"), advice);
}

/// `"2026-12-24"`, with quotes or without.
fn date(report: &mut Report<'_>, field: &Field<'_>) -> Option<Date> {
    let written = match field.value {
        DeValue::String(text) => text.trim().to_owned(),
        DeValue::Datetime(date) => date.to_string(),
        _ => {
            field.wrong_type(report, "a date in quotes", "\"2026-12-24\"");
            return None;
        }
    };
    let parts: Vec<&str> = written.split('-').collect();
    let date = match *parts {
        [year, month, day] => {
            number(year, 4).zip(number(month, 2)).zip(number(day, 2)).and_then(|((y, m), d)| {
                Date::new(y, i8::try_from(m).ok()?, i8::try_from(d).ok()?).ok()
            })
        }
        _ => None,
    };
    if date.is_none() {
        field.error(
            report,
            "this is no day of the calendar",
            "write year, month and day, such as date = \"2026-12-24\"",
        );
    }
    date
}

/// `"09:00"`; midnight without the line.
fn time(report: &mut Report<'_>, table: &Section<'_>, key: &str, example: &str) -> Option<Time> {
    let Some(field) = table.field(key) else {
        return Some(Time::midnight());
    };
    let written = match field.value {
        DeValue::String(text) => text.trim().to_owned(),
        DeValue::Datetime(time) => time.to_string(),
        _ => {
            field.wrong_type(report, "a time in quotes", example);
            return None;
        }
    };
    let time = written.split_once(':').and_then(|(hour, minute)| {
        // TOML writes 09:00:00.
        let minute = minute.strip_suffix(":00").unwrap_or(minute);
        let (hour, minute) = (number(hour, 2)?, number(minute, 2)?);
        match (key, hour, minute) {
            ("to", 24, 0) => Some(Time::midnight()),
            _ => Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok(),
        }
    });
    if time.is_none() {
        field.error(
            report,
            "this is no time of day",
            format!("write hours and minutes, 00:00 to 23:59, such as {key} = {example}"),
        );
    }
    time
}

/// One to `most` digits.
fn number(text: &str, most: usize) -> Option<i16> {
    let digits = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// `plays` or `then`: one of them.
fn then(
    report: &mut Report<'_>,
    table: &Section<'_>,
    media: &MediaFolder,
    files: Files<'_>,
) -> Option<Then> {
    let then = table.choice(report, "then", &[("stop", Then::Stop), ("blackout", Then::Blackout)]);
    match (table.field("plays"), table.field("then")) {
        (Some(_), Some(field)) => {
            field.error(
                report,
                "it plays something too",
                "keep plays or then, and leave the other line out",
            );
            None
        }
        (Some(field), None) => {
            let plays = plays::paths(report, &field, media, files);
            (!plays.is_empty()).then_some(Then::Play(plays))
        }
        (None, Some(_)) => then,
        (None, None) => {
            table.error(
                report,
                "it is not said what happens then",
                "write plays = \"clip.mp4\", then = \"stop\" or then = \"blackout\"",
            );
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{each_is_told, good};
    use super::super::{Who, effective};
    use super::*;
    use crate::text::clip;
    use jiff::civil::{date, time};

    #[test]
    fn reads_everything_an_owner_can_write() {
        let config = good(
            "clock = \"rtc\"\n\
             [[schedule]]\nname = \"Lunch\"\ndays = [\"weekdays\", \"Sunday\"]\nfrom = \"9:00\"\n\
             to = \"18:30\"\non = [\"TV\", \"10.0.0.4\"]\nplays = [\"a.mp4\", \"b/\"]\nvolume = 30\n\
             priority = 2\n\
             [[schedule]]\ndays = []\nfrom = 18:30:00\nto = \"24:00\"\nthen = \"blackout\"\n\
             [[schedule]]\ndate = 2026-12-24\nthen = \"stop\"\n",
        );
        assert_eq!(config.clock, WallClock::Rtc);
        let [lunch, dark, eve] = &*config.schedule else { panic!("{:?}", config.schedule) };
        assert_eq!(lunch.name, Some(clip("Lunch")));
        assert_eq!(lunch.days, Days::Weekly([true, true, true, true, true, false, true]));
        assert_eq!((lunch.from, lunch.to), (time(9, 0, 0, 0), time(18, 30, 0, 0)));
        assert_eq!((lunch.volume, lunch.priority), (Some(30), 2));
        let media = |name| config.media_folder.join(name);
        assert_eq!(lunch.then, Then::Play(vec![media("a.mp4"), media("b")]));
        assert!(matches!(&lunch.targets, Targets::Some(all) if all[0] == Who::Name(clip("TV"))));
        assert_eq!((dark.days, dark.to), (Days::ALL, Time::midnight()));
        assert_eq!((&dark.then, &dark.targets), (&Then::Blackout, &Targets::All));
        assert_eq!((eve.days, &eve.then), (Days::Once(date(2026, 12, 24)), &Then::Stop));
        assert_eq!((eve.from, eve.to), (Time::midnight(), Time::midnight()));
        assert_eq!(good(&effective(&config)), config);
        let shown: Vec<_> = config.schedule.iter().map(Entry::to_string).collect();
        assert_eq!(shown, ["Lunch", "daily 18:30-00:00", "2026-12-24 00:00-00:00"]);
    }

    #[test]
    fn faults_in_a_schedule_are_told() {
        each_is_told(&[
            (
                "[[schedule]]\nfrom = \"09:00\"",
                "1: error: [[schedule]]: it is not said what happens then; write plays = \
                 \"clip.mp4\", then = \"stop\" or then = \"blackout\"",
            ),
            (
                "[[schedule]]\nfrom = \"9 Uhr\"\nthen = \"stop\"",
                "2: error: [[schedule]] from = \"9 Uhr\": this is no time of day; write hours \
                 and minutes, 00:00 to 23:59, such as from = \"09:00\"",
            ),
            (
                "[[schedule]]\nto = \"25:00\"\nthen = \"stop\"",
                "2: error: [[schedule]] to = \"25:00\": this is no time of day; write hours and \
                 minutes, 00:00 to 23:59, such as to = \"18:30\"",
            ),
            (
                "[[schedule]]\nfrom = \"24:00\"\nthen = \"stop\"",
                "2: error: [[schedule]] from = \"24:00\": this is no time of day; write hours \
                 and minutes, 00:00 to 23:59, such as from = \"09:00\"",
            ),
            (
                "[[schedule]]\nfrom = 9\nthen = \"stop\"",
                "2: error: [[schedule]] from = 9: this is a number, but it must be a time in \
                 quotes; write from = \"09:00\"",
            ),
            (
                "[[schedule]]\ndays = \"mo\"\nthen = \"stop\"",
                "2: error: [[schedule]] days = \"mo\": \"mo\" is no day; did you mean \"mon\"?",
            ),
            (
                "[[schedule]]\ndays = [\"mon\", \"Wendesday\"]\nthen = \"stop\"",
                "2: error: [[schedule]] days = \"Wendesday\": \"Wendesday\" is no day; did you \
                 mean \"wednesday\"?",
            ),
            (
                "[[schedule]]\ndays = \"Feiertag\"\nthen = \"stop\"",
                "2: error: [[schedule]] days = \"Feiertag\": \"Feiertag\" is no day; write \
                 \"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\", \"weekdays\" or \
                 \"weekend\"",
            ),
            (
                "[[schedule]]\ndate = \"24.12.2026\"\nthen = \"stop\"",
                "2: error: [[schedule]] date = \"24.12.2026\": this is no day of the calendar; \
                 write year, month and day, such as date = \"2026-12-24\"",
            ),
            (
                "[[schedule]]\ndate = \"2026-02-29\"\nthen = \"stop\"",
                "2: error: [[schedule]] date = \"2026-02-29\": this is no day of the calendar; \
                 write year, month and day, such as date = \"2026-12-24\"",
            ),
            (
                "[[schedule]]\ndays = \"mon\"\ndate = \"2026-12-24\"\nthen = \"stop\"",
                "3: error: [[schedule]] date = \"2026-12-24\": it is for one day, but has days \
                 too; keep days or date, and leave the other line out",
            ),
            (
                "[[schedule]]\nplays = \"a.mp4\"\nthen = \"stop\"",
                "3: error: [[schedule]] then = \"stop\": it plays something too; keep plays or \
                 then, and leave the other line out",
            ),
            (
                "[[schedule]]\nthen = \"dark\"",
                "2: error: [[schedule]] then = \"dark\": this word is unknown; did you mean \
                 \"blackout\"?",
            ),
            (
                "[[schedule]]\nthen = \"stop\"\nvolume = 3",
                "3: warning: [[schedule]] volume = 3: nothing sounds while it is stopped; leave \
                 the line out",
            ),
            (
                "[[schedule]]\nthen = \"stop\"\npriority = \"high\"",
                "3: error: [[schedule]] priority = \"high\": this is text in quotes, but it must \
                 be a whole number, without quotes; write priority = 1",
            ),
            (
                "[[schedule]]\nthen = \"stop\"\nuntil = \"18:00\"",
                "3: error: [[schedule]] until = \"18:00\": this key is unknown; write \"to\"",
            ),
            (
                "[[renderer]]\nname = \"TV 1\"\n[[schedule]]\nthen = \"stop\"\non = \"TV1\"",
                "5: warning: [[schedule]] on = \"TV1\": no [[renderer]] table is for \"TV1\"; \
                 did you mean \"TV 1\"?",
            ),
            (
                "clock = \"ntp\"\n[[schedule]]\nthen = \"stop\"",
                "1: error: clock = \"ntp\": this word is unknown; did you mean \"network\"?",
            ),
        ]);
    }
}
