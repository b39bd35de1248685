//! The box as a machine: a task that hangs, and the watchdog that restarts the box then.

use super::outcome::{Failure, Kind};
use super::room::Run;
use super::script::Deed;
use crate::kiosk::event::TaskName;
use crate::time::Duration;

/// WatchdogSec.
pub(super) const WATCHDOG: Duration = Duration::from_secs(30);
/// A task counts as hanging once it has reported nothing for so long.
const SILENT: Duration = Duration::from_secs(30);

impl Run<'_> {
    /// A task of the box hangs.
    pub(super) fn hang_task(&mut self, number: usize) {
        let tasks = [
            TaskName::Multicast,
            TaskName::MediaServer,
            TaskName::ControlServer,
            TaskName::Panel,
            TaskName::Network,
        ];
        self.world.hang_task(Some(tasks[number % tasks.len()]));
        self.hangs_since = Some(self.world.now);
    }

    /// Whoever watches the box restarts it once it does not report any more.
    pub(super) fn watch(&mut self) -> Result<(), Failure> {
        let now = self.world.now;
        let Some(since) = self.hangs_since else { return Ok(()) };
        let starved = self.world.fed.last().is_none_or(|fed| now.since(*fed) > WATCHDOG);
        if starved && now.since(since) > WATCHDOG {
            self.perform(Deed::RestartBox);
        } else if now.since(since) > SILENT + WATCHDOG {
            let what = "a task of the box hangs, and the watchdog is fed".to_owned();
            return Err(Failure::new(Kind::Invariant, now, 0, what));
        }
        Ok(())
    }
}
