//! The driver: takes events from the mailbox, steps the kiosk, and has its effects performed.

use super::Shell;
use super::clock::Clock;
use super::effect_runner::EffectRunner;
use super::mailbox::Mailbox;
use crate::kiosk::Kiosk;
use crate::kiosk::effect::{Effect, Effects};
use crate::kiosk::event::Event;
use crate::kiosk::trace::Entry;
use crate::limits::EFFECTS;
use async_io::Timer;
use smol::{LocalExecutor, future};

/// Drives the kiosk until it exits; returns the exit code. Calls `on_entry` for each new entry of the trace.
pub async fn drive<'a>(
    mut kiosk: Kiosk,
    shell: &'a Shell,
    executor: &LocalExecutor<'a>,
    mut on_entry: impl FnMut(&Kiosk, &Entry),
) -> u8 {
    let clock = Clock::start();
    let mut runner = EffectRunner::new(shell, executor);
    match &shell.store {
        // Before any other event.
        Some(store) => shell.mailbox.offer(Event::Remembered(Box::new(store.load_or_set_aside()))),
        None => log::debug!("no state directory: what the box learns is lost when it ends"),
    }
    runner.start_all();
    let mut seen = 0;
    let mut effects = Effects::with_capacity(EFFECTS);
    loop {
        let event = next(&shell.mailbox, kiosk.next_deadline().map(|next| clock.at(next.at))).await;
        if let Event::Answered { ticket, .. } = &event {
            runner.end_request(ticket.number());
        }
        kiosk.step(event, clock.now(), &mut effects);
        for entry in kiosk.trace().since(seen) {
            log::log!(entry.what.level(), "{entry}");
            on_entry(&kiosk, entry);
        }
        seen = kiosk.trace().written();
        for effect in effects.drain(..) {
            if let Effect::Exit(code) = effect {
                runner.end_all().await;
                return code;
            }
            runner.perform(effect, clock);
        }
    }
}

/// The next event: from the mailbox, or [`Event::Deadline`].
async fn next(mailbox: &Mailbox, deadline: Option<std::time::Instant>) -> Event {
    let Some(deadline) = deadline else {
        return mailbox.take().await;
    };
    let due = async {
        Timer::at(deadline).await;
        Event::Deadline
    };
    future::or(mailbox.take(), due).await
}
