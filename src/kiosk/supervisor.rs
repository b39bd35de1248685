//! Keeps the box itself running: its tasks, the watchdog, readiness, and shutdown.

use super::deadline::{Backoff, Deadline, Wake, Why};
use super::effect::{Effect, Effects};
use super::event::TaskName;
use super::mutant::Mutant;
use super::trace::What;
use crate::time::{Duration, Instant};
use serde::Serialize;

pub const TASKS: [TaskName; 5] = [
    TaskName::Multicast,
    TaskName::MediaServer,
    TaskName::ControlServer,
    TaskName::Panel,
    TaskName::Network,
];
/// A task that reported nothing for this long is stuck, and the watchdog is no longer fed. Three times the 5 s interval
/// of the reports.
pub const SILENCE: Duration = Duration::from_secs(15);
/// How long renderers are given to stop and unsubscribe; then the box leaves anyway.
pub const FAREWELL: Duration = Duration::from_millis(800);
/// The pause before a task that ended is restarted.
const RESTART: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
/// After a task has run for this long, its next restart pause is the shortest again.
const HEALTHY: Duration = Duration::from_secs(300);

#[derive(Clone, Debug)]
pub struct Supervisor {
    tasks: [Task; TASKS.len()],
    watchdog: Option<Watchdog>,
    ready: bool,
    leave_by: Option<Instant>,
}

/// One essential task, as the status shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Task {
    name: TaskName,
    running: bool,
    restarts: u32,
    ended: Option<String>,
    #[serde(skip)]
    heard_at: Instant,
    #[serde(skip)]
    started_at: Instant,
    #[serde(skip)]
    restart_at: Option<Instant>,
    #[serde(skip)]
    attempts: u8,
}

#[derive(Clone, Debug)]
struct Watchdog {
    every: Duration,
    feed_at: Instant,
}

impl Supervisor {
    /// `watchdog`: the period that systemd asks for. The box feeds the watchdog twice per period.
    pub fn new(watchdog: Option<Duration>) -> Self {
        let task = |name| Task {
            name,
            running: true,
            restarts: 0,
            ended: None,
            heard_at: Instant::START,
            started_at: Instant::START,
            restart_at: None,
            attempts: 0,
        };
        let watchdog =
            watchdog.map(|period| Watchdog { every: period / 2, feed_at: Instant::START });
        Self { tasks: TASKS.map(task), watchdog, ready: false, leave_by: None }
    }

    /// A task reported that it is alive.
    pub fn heard(&mut self, name: TaskName, now: Instant) {
        if let Some(task) = self.task(name) {
            task.heard_at = now;
        }
    }

    /// A task ended. It is restarted after a pause that doubles each time. Returns whether that is news, rather than
    /// one more failure for the same reason.
    pub fn ended(&mut self, name: TaskName, why: String, now: Instant) -> bool {
        let mut news = false;
        if let Some(task) = self.task(name) {
            let healthy = now.since(task.started_at) > HEALTHY;
            if healthy {
                task.attempts = 0;
            }
            news = healthy || task.ended.as_ref() != Some(&why);
            task.restart_at = Some(now + RESTART.pause(task.attempts));
            task.attempts = task.attempts.saturating_add(1);
            task.ended = Some(why);
            task.running = false;
        }
        news
    }

    /// The servers listen, or are being retried: the service counts as up.
    pub fn ready(&mut self, effects: &mut Effects) {
        if !core::mem::replace(&mut self.ready, true) {
            effects.push(Effect::Ready);
        }
    }

    /// The box is to shut down.
    pub fn leave(&mut self, now: Instant, effects: &mut Effects) {
        if self.leave_by.is_none() {
            self.leave_by = Some(now + FAREWELL);
            effects.push(Effect::Stopping);
        }
    }

    /// Returns whether the box is shutting down.
    pub fn leaving(&self) -> bool {
        self.leave_by.is_some()
    }

    /// Returns whether the time for the farewell is over.
    pub fn overdue(&self, now: Instant) -> bool {
        self.leave_by.is_some_and(|at| at <= now)
    }

    /// Does what is due: restarts tasks, and feeds the watchdog if every task has reported.
    pub fn due(&mut self, now: Instant, effects: &mut Effects) {
        for task in &mut self.tasks {
            if task.restart_at.is_some_and(|at| at <= now) {
                task.restart_at = None;
                task.running = true;
                task.restarts = task.restarts.saturating_add(1);
                task.started_at = now;
                task.heard_at = now;
                effects.push(Effect::Restart(task.name));
            }
        }
        if let Some(watchdog) = self.watchdog.as_mut()
            && watchdog.feed_at <= now
        {
            watchdog.feed_at = now + watchdog.every;
            if self.silent(now).is_none() || Mutant::FeedsAnyway.is_in() {
                effects.push(Effect::Watchdog);
            }
        }
    }

    /// A task that has not reported for too long, because of which the watchdog is not fed.
    pub fn silent(&self, now: Instant) -> Option<TaskName> {
        // A task that waits for its restart is not stuck: a missing panel or an occupied port must not end playback
        // every half minute.
        let stuck = |task: &&Task| task.restart_at.is_none() && now.since(task.heard_at) > SILENCE;
        self.tasks.iter().find(stuck).map(|task| task.name)
    }

    pub fn next_deadline(&self) -> Option<Deadline> {
        let mut wake = Wake::default();
        self.tasks.iter().for_each(|task| wake.at(task.restart_at, Why::Task));
        wake.at(self.watchdog.as_ref().map(|w| w.feed_at), Why::Watchdog);
        wake.at(self.leave_by, Why::Farewell);
        wake.first()
    }

    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    fn task(&mut self, name: TaskName) -> Option<&mut Task> {
        self.tasks.iter_mut().find(|task| task.name == name)
    }
}

/// How long a granted power-off may take: systemd waits up to 90 s for each program.
const POWER_OFF_WITHIN: Duration = Duration::from_secs(120);

/// The state of the request.
#[derive(Debug, Default)]
pub(super) enum Power {
    /// There is no request.
    #[default]
    On,
    /// A person made a request, which must be passed on.
    Asked,
    /// The request was passed on. If the machine is still running at `until`, the request was not granted.
    Going { until: Instant },
    /// The request was refused; the sentence says why.
    Refused(String),
}

impl Power {
    /// A person requests it.
    pub(super) fn ask(&mut self) {
        if !self.is_going() {
            *self = Self::Asked;
        }
    }

    /// Passes a request on. Returns what is news.
    pub(super) fn due(&mut self, now: Instant, effects: &mut Effects) -> Option<What> {
        match *self {
            Self::Asked => {
                *self = Self::Going { until: now + POWER_OFF_WITHIN };
                effects.push(Effect::PowerOff);
                Some(What::PowerOff)
            }
            Self::Going { until } if until <= now => self.refuse(
                "it was told to switch off two minutes ago and is still running".to_owned(),
            ),
            _ => None,
        }
    }

    /// Takes the answer. Returns what is news.
    pub(super) fn answered(&mut self, outcome: Result<(), String>, now: Instant) -> Option<What> {
        let Err(why) = outcome else {
            *self = Self::Going { until: now + POWER_OFF_WITHIN };
            return None;
        };
        self.refuse(why)
    }

    fn refuse(&mut self, why: String) -> Option<What> {
        *self = Self::Refused(why.clone());
        Some(What::StillOn(why))
    }

    /// Returns whether a request is pending.
    pub(super) const fn is_going(&self) -> bool {
        matches!(self, Self::Asked | Self::Going { .. })
    }

    /// Why the machine was not switched off. Cleared by the next request.
    pub(super) fn refusal(&self) -> Option<&str> {
        match self {
            Self::Refused(why) => Some(why),
            _ => None,
        }
    }

    /// When the machine should be off.
    pub(super) const fn next_deadline(&self) -> Option<Instant> {
        match self {
            Self::Going { until } => Some(*until),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn due(supervisor: &mut Supervisor, at: u64) -> Effects {
        let mut effects = Effects::new();
        supervisor.due(Instant::from_millis(at * 1000), &mut effects);
        effects
    }

    #[test]
    fn the_watchdog_is_fed_only_while_every_task_lives() {
        let mut supervisor = Supervisor::new(Some(20 * SECOND));
        assert_eq!(due(&mut supervisor, 0), [Effect::Watchdog]);
        for name in TASKS {
            supervisor.heard(name, Instant::START + 9 * SECOND);
        }
        assert_eq!(due(&mut supervisor, 9), []);
        assert_eq!(due(&mut supervisor, 10), [Effect::Watchdog]);
        for name in &TASKS[1..] {
            supervisor.heard(*name, Instant::START + 29 * SECOND);
        }
        assert_eq!(due(&mut supervisor, 30), [], "one has been silent for 21 s");
        supervisor.heard(TASKS[0], Instant::START + 31 * SECOND);
        assert_eq!(due(&mut supervisor, 40), [Effect::Watchdog], "fed again once it speaks");
    }

    #[test]
    fn a_task_that_cannot_be_started_does_not_end_the_others() {
        let mut supervisor = Supervisor::new(Some(30 * SECOND));
        let mut fed_at = 0;
        for at in 0..600 {
            let now = Instant::START + at * SECOND;
            for name in &TASKS[1..] {
                supervisor.heard(*name, now);
            }
            let effects = due(&mut supervisor, at.into());
            if at == 0 || effects.contains(&Effect::Restart(TASKS[0])) {
                supervisor.ended(TASKS[0], "its port is taken".into(), now);
            }
            if effects.contains(&Effect::Watchdog) {
                fed_at = at;
            }
            assert!(at - fed_at < 30, "silent from {fed_at} s on");
        }
    }

    #[test]
    fn a_task_that_ends_is_restarted_ever_more_slowly_and_never_given_up() {
        let mut supervisor = Supervisor::new(None);
        let mut pauses = Vec::new();
        let mut now = Instant::START;
        for attempt in 0..9 {
            let news = supervisor.ended(TaskName::Multicast, "no network".into(), now);
            assert_eq!(news, attempt == 0, "said once");
            let at = supervisor.next_deadline().expect("a restart").at;
            pauses.push(at.since(now).as_secs());
            now = at;
            let mut effects = Effects::new();
            supervisor.due(now, &mut effects);
            assert_eq!(effects, [Effect::Restart(TaskName::Multicast)]);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert!(supervisor.ended(TaskName::Multicast, "no memory".into(), now), "another reason");

        now += 2 * HEALTHY;
        due(&mut supervisor, now.since(Instant::START).as_secs());
        now += 2 * HEALTHY;
        assert!(supervisor.ended(TaskName::Multicast, "no memory".into(), now), "another time");
        let at = supervisor.next_deadline().expect("a restart");
        assert_eq!(at.at.since(now), RESTART.pause(0), "it did well for long");
    }
}
