//! The `[[schedule]]` table: what applies at certain times instead of the `[[renderer]]` tables.
//!
//! Terms: an *entry* is one table; a *window* is one stretch of time in which it applies, from `from` to `to` on one of
//! its days. Times are local times; `kiosk/schedule/mod.rs` decides what they mean on nights when the clocks change.

use super::key::{
    About, Custom, Of, Plain, Printer, Table, Values, Word, Words, key, one_or_list, quoted,
};
use super::problem::{nearest, normalised, or_list};
use super::section::{Field, Reader, Section};
use super::selector::Targets;
use crate::limits::{NAME_BYTES, SCHEDULE as MOST};
use crate::text::Text;
use core::fmt;
use jiff::civil::{Date, Time, Weekday};
use std::path::PathBuf;
use toml::de::DeValue;

/// One `[[schedule]]` table; `SCHEDULE` explains its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct ScheduleEntry {
    pub name: Option<Text<NAME_BYTES>>,
    /// The days on which its windows begin.
    pub days: Days,
    pub from: Time,
    pub to: Time,
    /// The key `on`.
    pub targets: Targets,
    pub then: ScheduledAction,
    pub volume: Option<u8>,
    pub priority: i32,
}

/// The days on which windows begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Days {
    /// Monday to Sunday.
    Weekly([bool; 7]),
    Once(Date),
}

/// What the renderers do in a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScheduledAction {
    /// Absolute paths, played in a loop. Never empty.
    Play(Vec<PathBuf>),
    Stop,
    Blackout,
}

impl Days {
    /// Every day.
    pub const ALL: Self = Self::Weekly([true; 7]);

    /// Whether a window begins on this day.
    pub fn includes(self, date: Date) -> bool {
        match self {
            Self::Weekly(days) => {
                let day = date.weekday().to_monday_zero_offset();
                usize::try_from(day).is_ok_and(|day| days[day])
            }
            Self::Once(once) => once == date,
        }
    }

    /// The words of the file for them.
    fn words(self) -> Vec<String> {
        let Self::Weekly(days) = self else { return Vec::new() };
        let named = DAYS.iter().zip(days).filter(|(_, named)| *named);
        named.map(|((word, _), _)| (*word).to_owned()).collect()
    }
}

impl fmt::Display for ScheduleEntry {
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
/// Words for several days, Monday to Sunday.
const SEVERAL: [(&str, [bool; 7]); 4] = [
    ("weekdays", [true, true, true, true, true, false, false]),
    ("weekend", [false, false, false, false, false, true, true]),
    ("daily", [true; 7]),
    ("every_day", [true; 7]),
];

/// `09:00`.
fn hhmm(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

pub(super) const SCHEDULE: Table<ScheduleEntry> = Table {
    about: About {
        name: "schedule",
        label: "[[schedule]]",
        synonyms: "schedules opening_hours timer",
        heading: "The schedule",
        intro: "A [[schedule]] table says what applies in a window of time, in local time (see `timedatectl`). Outside all \
                windows, and until the clock can be trusted, the [[renderer]] tables apply. What somebody does with a \
                button or a remote control holds until the schedule next changes.",
    },
    most: MOST,
    blank: || ScheduleEntry {
        name: None,
        days: Days::ALL,
        from: Time::midnight(),
        to: Time::midnight(),
        targets: Targets::All,
        then: ScheduledAction::Play(Vec::new()),
        volume: None,
        priority: 0,
    },
    keys: &[
        key("name", "\"Opening hours\"", &Of(|it: &mut ScheduleEntry| &mut it.name))
            .doc("Name in status and log.")
            .synonyms("title"),
        key(
            "days",
            "[\"mon\", \"tue\"]",
            &Custom {
                values: "`\"mon\"` to `\"sun\"`, `\"weekdays\"`, `\"weekend\"`, or a list of these",
                read: |reader, field, entry: &mut ScheduleEntry| {
                    entry.days = days(reader, field)?;
                    Some(())
                },
                print: |entry, _| match entry.days {
                    Days::Weekly(_) => Some(one_or_list(&entry.days.words())),
                    Days::Once(_) => None,
                },
            },
        )
        .doc("The days on which the window begins.")
        .synonyms("day weekday"),
        key(
            "date",
            "\"2026-12-24\"",
            &Custom {
                values: "year, month and day",
                read: |reader, field, entry: &mut ScheduleEntry| {
                    entry.days = Days::Once(date(reader, field)?);
                    Some(())
                },
                print: |entry, _| match entry.days {
                    Days::Once(date) => Some(quoted(&date.to_string())),
                    Days::Weekly(_) => None,
                },
            },
        )
        .doc("The single day on which the window begins; use it instead of `days`."),
        key("from", "\"09:00\"", &Of(|it: &mut ScheduleEntry| &mut it.from))
            .doc("When the window begins.")
            .synonyms("start begin open"),
        key("to", "\"18:30\"", &Of(|it: &mut ScheduleEntry| &mut it.to))
            .doc("When the window ends. If this is not later than `from`, the window ends on the next day.")
            .synonyms("end until till close"),
        key("on", "[\"TV 1\", \"TV 2\"]", &Of(|it: &mut ScheduleEntry| &mut it.targets))
            .doc("The renderers that the entry applies to.")
            .synonyms("renderer renderers target tv"),
        key(
            "plays",
            "\"open.mp4\"",
            &Custom {
                values: "as for `[[renderer]]`",
                read: |reader, field, entry: &mut ScheduleEntry| {
                    entry.then = ScheduledAction::Play(Vec::read(reader, field)?);
                    Some(())
                },
                print: |entry, out| match &entry.then {
                    ScheduledAction::Play(plays) => plays.print(out),
                    ScheduledAction::Stop | ScheduledAction::Blackout => None,
                },
            },
        )
        .doc("What to play. Each table needs either `plays` or `then`.")
        .synonyms("file files folder play playlist"),
        key("then", "\"blackout\"", &Of(|it: &mut ScheduleEntry| &mut it.then))
            .doc("What to do instead of playing:")
            .synonyms("action does what"),
        key("volume", "30", &Of(|it: &mut ScheduleEntry| &mut it.volume))
            .doc("The volume in per cent, set when the window begins.")
            .synonyms("vol"),
        key("priority", "1", &Of(|it: &mut ScheduleEntry| &mut it.priority))
            .doc("Where times overlap, the highest priority applies; among equal ones, the last in the file.")
            .synonyms("prio"),
    ],
};

impl Words for ScheduledAction {
    const WORDS: &'static [Word<Self>] = &[
        Word("stop", Self::Stop, "stop what the box plays", "halt"),
        Word("blackout", Self::Blackout, "show a black picture", "dark black"),
    ];
}

impl Default for ScheduleEntry {
    fn default() -> Self {
        (SCHEDULE.blank)()
    }
}

impl ScheduleEntry {
    /// Reads one table; `None` if it is unclear what applies, or when.
    pub(super) fn read(reader: &mut Reader<'_>, section: &Section<'_>) -> Option<Self> {
        let (entry, understood) = SCHEDULE.read(reader, section);
        let needed = ["days", "date", "from", "to", "plays", "then"];
        let mut is_usable = needed.iter().all(|key| !section.has(key) || understood.contains(key));
        if let (Some(field), true) = (section.field("date"), section.has("days")) {
            field.error(reader, "the table has both days and date", "keep one of them");
            is_usable = false;
        }
        match (section.has("plays"), section.field("then")) {
            (true, Some(field)) => {
                field.error(reader, "the table has both plays and then", "keep one of them");
                is_usable = false;
            }
            (false, None) => {
                section.error(
                    reader,
                    "the table says neither what to play nor what to do instead",
                    "write plays = \"clip.mp4\", then = \"stop\" or then = \"blackout\"",
                );
                is_usable = false;
            }
            _ => {}
        }
        if let (ScheduledAction::Stop, Some(field)) = (&entry.then, section.field("volume")) {
            field.warning(
                reader,
                "there is no sound while a renderer is stopped",
                "remove the line",
            );
        }
        is_usable.then_some(entry)
    }
}

/// The days in the value of `days`; every day if the list is empty.
fn days(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Days> {
    if matches!(field.value, DeValue::Array(list) if list.is_empty()) {
        return Some(Days::ALL);
    }
    let mut days = [false; 7];
    for (text, item) in field.texts(reader) {
        match these_days(text) {
            Some(more) => days.iter_mut().zip(more).for_each(|(day, more)| *day |= more),
            None => unknown_day(reader, &item, text),
        }
    }
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

fn unknown_day(reader: &mut Reader<'_>, field: &Field<'_>, text: &str) {
    let words: Vec<&str> =
        DAYS.iter().map(|(word, _)| *word).chain(["weekdays", "weekend"]).collect();
    let word = normalised(text);
    let full = DAYS.map(|(_, day)| format!("{day:?}").to_lowercase());
    let meant = nearest(&word, words.iter().copied())
        .or_else(|| nearest(&word, full.iter().map(String::as_str)));
    let advice = match meant {
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None => format!("write {}", or_list(&words)),
    };
    field.error(reader, &format!("\"{text}\" is not a day"), &advice);
}

/// `"2026-12-24"`, with quotes or without.
fn date(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Date> {
    let written = match field.value {
        DeValue::String(text) => text.trim().to_owned(),
        DeValue::Datetime(date) => date.to_string(),
        _ => {
            field.wrong_type(reader, "a date in quotes", field.example);
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
            reader,
            "there is no such date",
            "write year, month and day, such as date = \"2026-12-24\"",
        );
    }
    date
}

/// A time of day, such as `"09:00"`.
impl Plain for Time {
    fn values() -> Values {
        Values::new("hours and minutes")
    }

    fn read(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Self> {
        let written = match field.value {
            DeValue::String(text) => text.trim().to_owned(),
            DeValue::Datetime(time) => time.to_string(),
            _ => {
                field.wrong_type(reader, "a time in quotes", field.example);
                return None;
            }
        };
        let time = written.split_once(':').and_then(|(hour, minute)| {
            // TOML writes 09:00:00.
            let minute = minute.strip_suffix(":00").unwrap_or(minute);
            let (hour, minute) = (number(hour, 2)?, number(minute, 2)?);
            match (field.key, hour, minute) {
                ("to", 24, 0) => Some(Self::midnight()),
                _ => Self::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok(),
            }
        });
        if time.is_none() {
            let (key, example) = (field.key, field.example);
            let advice =
                format!("write hours and minutes, 00:00 to 23:59, such as {key} = {example}");
            field.error(reader, "this is not a time of day", &advice);
        }
        time
    }

    fn print(&self, _: &Printer<'_>) -> Option<String> {
        Some(quoted(&hhmm(*self)))
    }
}

/// One to `most` digits.
fn number(text: &str, most: usize) -> Option<i16> {
    let digits = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::super::tests::{each_is_told, good};
    use super::super::{Selector, WallClock, effective};
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
        let media = |name| config.media_folders[0].join(name);
        assert_eq!(lunch.then, ScheduledAction::Play(vec![media("a.mp4"), media("b")]));
        assert!(
            matches!(&lunch.targets, Targets::Some(all) if all[0] == Selector::Name(clip("TV")))
        );
        assert_eq!((dark.days, dark.to), (Days::ALL, Time::midnight()));
        assert_eq!((&dark.then, &dark.targets), (&ScheduledAction::Blackout, &Targets::All));
        assert_eq!((eve.days, &eve.then), (Days::Once(date(2026, 12, 24)), &ScheduledAction::Stop));
        assert_eq!((eve.from, eve.to), (Time::midnight(), Time::midnight()));
        assert_eq!(good(&effective(&config)), config);
        let shown: Vec<_> = config.schedule.iter().map(ScheduleEntry::to_string).collect();
        assert_eq!(shown, ["Lunch", "daily 18:30-00:00", "2026-12-24 00:00-00:00"]);
    }

    #[test]
    fn faults_in_a_schedule_are_told() {
        each_is_told(&[
            (
                "[[schedule]]\nfrom = \"09:00\"",
                "1: error: [[schedule]]: the table says neither what to play nor what to do \
                 instead; write plays = \"clip.mp4\", then = \"stop\" or then = \"blackout\"",
            ),
            (
                "[[schedule]]\nfrom = \"9 Uhr\"\nthen = \"stop\"",
                "2: error: [[schedule]] from = \"9 Uhr\": this is not a time of day; write hours \
                 and minutes, 00:00 to 23:59, such as from = \"09:00\"",
            ),
            (
                "[[schedule]]\nto = \"25:00\"\nthen = \"stop\"",
                "2: error: [[schedule]] to = \"25:00\": this is not a time of day; write hours \
                 and minutes, 00:00 to 23:59, such as to = \"18:30\"",
            ),
            (
                "[[schedule]]\nfrom = \"24:00\"\nthen = \"stop\"",
                "2: error: [[schedule]] from = \"24:00\": this is not a time of day; write hours \
                 and minutes, 00:00 to 23:59, such as from = \"09:00\"",
            ),
            (
                "[[schedule]]\nfrom = 9\nthen = \"stop\"",
                "2: error: [[schedule]] from = 9: this is a number, but it must be a time in \
                 quotes; write from = \"09:00\"",
            ),
            (
                "[[schedule]]\ndays = \"mo\"\nthen = \"stop\"",
                "2: error: [[schedule]] days = \"mo\": \"mo\" is not a day; did you mean \
                 \"mon\"?",
            ),
            (
                "[[schedule]]\ndays = [\"mon\", \"Wendesday\"]\nthen = \"stop\"",
                "2: error: [[schedule]] days = \"Wendesday\": \"Wendesday\" is not a day; did \
                 you mean \"wednesday\"?",
            ),
            (
                "[[schedule]]\ndays = \"Feiertag\"\nthen = \"stop\"",
                "2: error: [[schedule]] days = \"Feiertag\": \"Feiertag\" is not a day; write \
                 \"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\", \"weekdays\" or \
                 \"weekend\"",
            ),
            (
                "[[schedule]]\ndate = \"24.12.2026\"\nthen = \"stop\"",
                "2: error: [[schedule]] date = \"24.12.2026\": there is no such date; write \
                 year, month and day, such as date = \"2026-12-24\"",
            ),
            (
                "[[schedule]]\ndate = \"2026-02-29\"\nthen = \"stop\"",
                "2: error: [[schedule]] date = \"2026-02-29\": there is no such date; write \
                 year, month and day, such as date = \"2026-12-24\"",
            ),
            (
                "[[schedule]]\ndays = \"mon\"\ndate = \"2026-12-24\"\nthen = \"stop\"",
                "3: error: [[schedule]] date = \"2026-12-24\": the table has both days and date; \
                 keep one of them",
            ),
            (
                "[[schedule]]\nplays = \"a.mp4\"\nthen = \"stop\"",
                "3: error: [[schedule]] then = \"stop\": the table has both plays and then; keep \
                 one of them",
            ),
            (
                "[[schedule]]\nthen = \"dark\"",
                "2: error: [[schedule]] then = \"dark\": this word is unknown; did you mean \
                 \"blackout\"?",
            ),
            (
                "[[schedule]]\nthen = \"stop\"\nvolume = 3",
                "3: warning: [[schedule]] volume = 3: there is no sound while a renderer is \
                 stopped; remove the line",
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
