//! Signs of life: an essential task says every few seconds that it still turns.
//!
//! The kiosk feeds systemd's watchdog only while all of them do, so a task that hangs ends in a restart.
//! Where nobody watches, nobody needs a sign, and nothing wakes.

use super::mailbox::Mailbox;
use super::systemd::watchdog_period;
use crate::kiosk::event::{Event, TaskName};
use crate::time::Duration;
use async_io::Timer;
use core::pin::pin;
use smol::future;

/// A third of the time that the kiosk grants.
const EVERY: Duration = Duration::from_secs(5);

/// One task's sign of life.
#[derive(Debug)]
pub struct Pulse<'a> {
    mailbox: &'a Mailbox,
    task: TaskName,
    due: Timer,
}

impl<'a> Pulse<'a> {
    /// The pulse of `task`; the first sign is due at once.
    #[must_use]
    pub fn new(mailbox: &'a Mailbox, task: TaskName) -> Self {
        let watched = cfg!(test) || watchdog_period().is_some();
        let due = if watched { Timer::after(Duration::ZERO) } else { Timer::never() };
        Self { mailbox, task, due }
    }

    /// Waits for `work` and posts `Event::Alive` whenever it is due meanwhile. The timer outlives the
    /// call and goes first, so that a busy task speaks too.
    pub async fn or_alive<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            let due = async {
                (&mut self.due).await;
                None
            };
            if let Some(done) = future::or(due, async { Some(work.as_mut().await) }).await {
                return done;
            }
            self.due.set_after(EVERY);
            self.mailbox.post(Event::Alive(self.task)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speaks_at_once_even_when_there_is_work_and_not_again_before_it_is_due() {
        let mailbox = Mailbox::default();
        let mut pulse = Pulse::new(&mailbox, TaskName::Network);
        smol::block_on(async {
            for round in 0..100 {
                assert_eq!(pulse.or_alive(async { round }).await, round);
                future::yield_now().await;
            }
            let first = mailbox.take().await;
            assert!(matches!(first, Event::Alive(TaskName::Network)));
            assert_eq!(mailbox.depth(), 0);
        });
    }
}
