//! Which schedule entry holds for a renderer, and when that changes next. The wall-clock time comes in as an event.
//!
//! Terms: a *window* is one stretch of time in which an entry holds. It belongs to the day on which it begins, even if
//! it lasts past midnight. *Wall* is the wall-clock time.
//!
//! # Nights on which clocks change
//!
//! A window is in local civil time. When clocks go forward, any edge that lies in the gap takes effect at the gap's
//! end; a window that lies entirely in the gap is left out. When clocks go back, a window begins at the first
//! occurrence of its start time and ends at the last occurrence of its end time. So a window from 22:00 to 06:00 lasts
//! 7, 8 or 9 hours.
//!
//! # Trust
//!
//! No entry holds before the clock can be trusted: a Pi starts with an old time and would open the shop at night. Once
//! trusted, the clock stays trusted: without a network it drifts by seconds a day.

use super::Kiosk;
use super::command::is_target;
use super::renderer::Renderer;
use super::trace::What;
use crate::config::{ScheduleEntry, ScheduledAction, Targets, WallClock};
use crate::time::{Duration, Instant};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::Serialize;

/// The days around today on which a relevant window may begin: a window lasts up to a day, and a country that changes
/// its side of the date line skips a day. The next window begins within a week.
const DAYS: core::ops::RangeInclusive<i64> = -2..=8;

/// The schedule and the wall-clock time.
#[derive(Debug)]
pub struct Schedule {
    entries: Vec<ScheduleEntry>,
    declared: WallClock,
    known: Option<Known>,
    /// The clock has been trusted before.
    trusted: bool,
    /// When to evaluate the schedule again.
    pub(super) check_at: Option<Instant>,
}

/// The wall-clock time at one instant.
#[derive(Clone, Debug)]
struct Known {
    at: Instant,
    /// Microseconds since 1970.
    wall: i64,
    zone: TimeZone,
}

/// One stretch of time in which an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// What holds now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held<'a> {
    pub entry: &'a ScheduleEntry,
    /// The number of the entry in the file, from 0.
    pub number: usize,
    /// The entry's current window.
    pub window: Window,
    /// The end of the window or, if earlier, the start of a window that takes precedence.
    pub until: Timestamp,
}

/// The schedule in the status, if there is one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct ScheduleStatus {
    entries: usize,
    clock_trusted: bool,
    local_time: Option<String>,
    next_change_in_s: Option<f64>,
}

/// The entry that holds for a renderer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct HeldStatus {
    entry: String,
    then: &'static str,
    until: Option<String>,
}

impl Schedule {
    /// A schedule that does not know the time yet.
    pub fn new(entries: Vec<ScheduleEntry>, declared: WallClock) -> Self {
        Self { entries, declared, known: None, trusted: false, check_at: None }
    }

    /// Returns whether there are no entries, so that the time is not needed.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Sets the wall-clock time. Returns whether the clock has become trusted.
    pub fn set_clock(
        &mut self,
        wall: Timestamp,
        zone: TimeZone,
        trusted: bool,
        now: Instant,
    ) -> bool {
        let was_trusted = self.trusted;
        self.trusted |= trusted || self.declared == WallClock::Rtc;
        self.known = Some(Known { at: now, wall: wall.as_microsecond(), zone });
        self.trusted && !was_trusted
    }

    /// Returns whether the clock is trusted.
    pub const fn is_trusted(&self) -> bool {
        self.trusted
    }

    fn clock(&self) -> Option<&Known> {
        self.known.as_ref().filter(|_| self.trusted)
    }

    /// The entry that holds now for the renderer that `is_meant` accepts: the one with the highest priority and, among
    /// equals, the last one in the file.
    pub fn holds(&self, is_meant: impl Fn(&Targets) -> bool, now: Instant) -> Option<Held<'_>> {
        let clock = self.clock()?;
        let wall = clock.wall(now);
        let meant = || {
            let all = self.entries.iter().enumerate();
            all.filter(|(_, entry)| is_meant(&entry.targets))
        };
        let rank = |number: usize, entry: &ScheduleEntry| (entry.priority, number);
        let (number, entry, window) = meant()
            .filter_map(|(n, entry)| Some((n, entry, window_at(entry, &clock.zone, wall)?)))
            .max_by_key(|(n, entry, _)| rank(*n, entry))?;
        let others = meant().filter(|(n, other)| rank(*n, other) >= rank(number, entry));
        let begins = others.flat_map(|(_, other)| windows(other, &clock.zone, wall));
        let next = begins.map(|other| other.from).filter(|from| *from > wall);
        let until = next.chain([window.to]).min()?;
        Some(Held { entry, number, window, until })
    }

    /// When the schedule changes next for any renderer.
    pub fn next_change(&self, now: Instant) -> Option<Instant> {
        let clock = self.clock()?;
        let wall = clock.wall(now);
        let edges = self.entries.iter().filter_map(|entry| next_edge(entry, &clock.zone, wall));
        edges.min().map(|edge| clock.instant(edge))
    }

    /// The local time at `at`, trusted or not.
    pub fn local(&self, at: Timestamp) -> Option<DateTime> {
        Some(self.known.as_ref()?.zone.to_datetime(at))
    }

    /// The local time now, trusted or not.
    pub fn local_now(&self, now: Instant) -> Option<DateTime> {
        let known = self.known.as_ref()?;
        Some(known.zone.to_datetime(known.wall(now)))
    }
}

impl Known {
    fn wall(&self, now: Instant) -> Timestamp {
        let passed = i64::try_from(now.since(self.at).as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_microsecond(self.wall.saturating_add(passed)).unwrap_or(Timestamp::MAX)
    }

    /// The instant of a wall-clock time that is not past.
    fn instant(&self, wall: Timestamp) -> Instant {
        let ahead = wall.as_microsecond().saturating_sub(self.wall);
        self.at + Duration::from_micros(u64::try_from(ahead).unwrap_or(0))
    }
}

/// The window of `entry` at this time. If two windows touch or overlap, the one that began later.
fn window_at(entry: &ScheduleEntry, zone: &TimeZone, at: Timestamp) -> Option<Window> {
    let mut windows = windows(entry, zone, at).rev();
    windows.find(|window| window.from <= at && at < window.to)
}

/// The first start or end of a window after this time.
fn next_edge(entry: &ScheduleEntry, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    let edges = windows(entry, zone, after).flat_map(|window| [window.from, window.to]);
    let once = match entry.days {
        crate::config::Days::Once(date) => window(entry, zone, date),
        crate::config::Days::Weekly(_) => None,
    };
    let once = once.into_iter().flat_map(|window| [window.from, window.to]);
    edges.chain(once).filter(|edge| *edge > after).min()
}

/// The windows that begin around this time, in order.
fn windows<'a>(
    entry: &'a ScheduleEntry,
    zone: &'a TimeZone,
    around: Timestamp,
) -> impl DoubleEndedIterator<Item = Window> + 'a {
    let today = zone.to_datetime(around).date();
    let (first, last) = DAYS.into_inner();
    let days = (0..=(last - first)).map(move |day| day + first);
    days.filter_map(move |day| window(entry, zone, days_from(today, day)?))
}

fn days_from(date: Date, days: i64) -> Option<Date> {
    date.checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

/// The window that begins on this day, if there is one.
fn window(entry: &ScheduleEntry, zone: &TimeZone, date: Date) -> Option<Window> {
    if !entry.days.includes(date) {
        return None;
    }
    let ends_on = if entry.to > entry.from { date } else { days_from(date, 1)? };
    let from = moment(zone, date.to_datetime(entry.from), false)?;
    let to = moment(zone, ends_on.to_datetime(entry.to), true)?;
    (from < to).then_some(Window { from, to })
}

/// The time at which a clock in this zone shows `shown`: in a gap, the gap's end; if ambiguous, the first or the last.
fn moment(zone: &TimeZone, shown: DateTime, last: bool) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(shown);
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => ambiguous.compatible().ok(),
        AmbiguousOffset::Gap { .. } => {
            let before = ambiguous.earlier().ok()?;
            let jump = zone.following(before).next();
            jump.map(|jump| jump.timestamp())
        }
        AmbiguousOffset::Fold { .. } if last => ambiguous.later().ok(),
        AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
    }
}

impl Kiosk {
    /// The wall clock was read.
    pub(super) fn set_clock(
        &mut self,
        wall: Timestamp,
        zone: TimeZone,
        trusted: bool,
        now: Instant,
    ) {
        if self.schedule.is_empty() {
            return;
        }
        let first = self.schedule.local_now(now).is_none();
        let begins = self.schedule.set_clock(wall, zone, trusted, now);
        if begins {
            let local = self.schedule.local_now(now).map(minutes);
            self.common.trace.note(now, "", What::Clock(local));
        } else if first {
            self.common.trace.note(now, "", What::Clock(None));
        }
        self.consult_schedule(now);
    }

    /// Something changed that the schedule may depend on.
    pub(super) fn consult_schedule(&mut self, now: Instant) {
        if self.schedule.is_trusted() {
            self.schedule.check_at = Some(now);
        }
    }

    /// Tells the renderers which entry holds, if that may have changed.
    pub(super) fn follow_schedule(&mut self, now: Instant) {
        if self.schedule.check_at.is_none_or(|at| at > now) {
            return;
        }
        for renderer in self.renderers.iter_mut() {
            let held = self.schedule.holds(|targets| is_target(targets, renderer), now);
            if renderer.scheduled(held, &self.media.scan, now) {
                let entry = held.map(|held| held.entry.to_string());
                self.common.trace.note(now, renderer.name(), What::Scheduled(entry));
            }
        }
        self.schedule.check_at = self.schedule.next_change(now);
    }

    pub(super) fn schedule_status(&self, now: Instant) -> Option<ScheduleStatus> {
        let next = self.schedule.next_change(now);
        (!self.schedule.is_empty()).then(|| ScheduleStatus {
            entries: self.config.schedule.len(),
            clock_trusted: self.schedule.is_trusted(),
            local_time: self.schedule.local_now(now).map(minutes),
            next_change_in_s: next.map(|at| at.since(now).as_secs_f64().round()),
        })
    }

    pub(super) fn held_status(&self, renderer: &Renderer, now: Instant) -> Option<HeldStatus> {
        if !renderer.is_scheduled() {
            return None;
        }
        let held = self.schedule.holds(|targets| is_target(targets, renderer), now)?;
        let entry = held.entry;
        Some(HeldStatus {
            entry: entry.to_string(),
            then: match entry.then {
                ScheduledAction::Play(_) => "play",
                ScheduledAction::Stop => "stop",
                ScheduledAction::Blackout => "blackout",
            },
            until: self.schedule.local(held.until).map(minutes),
        })
    }
}

fn minutes(time: DateTime) -> String {
    time.strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests;
