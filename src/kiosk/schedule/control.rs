//! The schedule as it applies to the renderers and as the status shows it.

use super::super::Kiosk;
use super::super::command::is_target;
use super::super::renderer::Renderer;
use super::super::trace::What;
use crate::config::ScheduledAction;
use crate::time::Instant;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Serialize;

/// The schedule in the status, if there is one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(in crate::kiosk) struct ScheduleStatus {
    entries: usize,
    clock_trusted: bool,
    local_time: Option<String>,
    next_change_in_s: Option<f64>,
}

/// The entry that holds for a renderer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(in crate::kiosk) struct HeldStatus {
    entry: String,
    then: &'static str,
    until: Option<String>,
}

impl Kiosk {
    /// The wall clock was read.
    pub(in crate::kiosk) fn set_clock(
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
    pub(in crate::kiosk) fn consult_schedule(&mut self, now: Instant) {
        if self.schedule.is_trusted() {
            self.schedule.check_at = Some(now);
        }
    }

    /// Tells the renderers which entry holds, if that may have changed.
    pub(in crate::kiosk) fn follow_schedule(&mut self, now: Instant) {
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

    pub(in crate::kiosk) fn schedule_status(&self, now: Instant) -> Option<ScheduleStatus> {
        let next = self.schedule.next_change(now);
        (!self.schedule.is_empty()).then(|| ScheduleStatus {
            entries: self.config.schedule.len(),
            clock_trusted: self.schedule.is_trusted(),
            local_time: self.schedule.local_now(now).map(minutes),
            next_change_in_s: next.map(|at| at.since(now).as_secs_f64().round()),
        })
    }

    pub(in crate::kiosk) fn held_status(
        &self,
        renderer: &Renderer,
        now: Instant,
    ) -> Option<HeldStatus> {
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
