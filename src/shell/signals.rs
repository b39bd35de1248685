//! Signals: SIGTERM from systemd, SIGINT from the terminal. The first asks to leave, the second insists.

use super::mailbox::Mailbox;
use crate::kiosk::event::Event;
use async_signal::{Signal, Signals};
use core::convert::Infallible;
use core::future::pending;
use smol::future;
use smol::stream::StreamExt;
use std::io;

/// Catches the signals from here on: before the first slow thing is done.
///
/// # Errors
/// The process has no descriptors left.
pub fn catch() -> io::Result<Signals> {
    Signals::new([Signal::Term, Signal::Int])
}

/// Posts [`Event::Leave`] at the first signal. At the second runs `at_once`, which turns off the LEDs
/// that no destructor will reach, and leaves with the code that a shell gives: 143 or 130.
pub async fn run(signals: Signals, mailbox: &Mailbox, at_once: impl FnOnce()) -> Infallible {
    let code = second(signals, mailbox).await;
    at_once();
    std::process::exit(code)
}

async fn second(mut signals: Signals, mailbox: &Mailbox) -> i32 {
    next(&mut signals).await;
    // The mailbox may be full just when the box hangs: the second signal must not wait behind it.
    let leave = async {
        mailbox.post(Event::Leave).await;
        pending().await
    };
    match future::or(leave, next(&mut signals)).await {
        Signal::Int => 130,
        _ => 143,
    }
}

async fn next(signals: &mut Signals) -> Signal {
    // The stream never ends; a broken pipe to ourselves means that nobody can ask politely any more.
    let signal = signals.next().await;
    signal.and_then(Result::ok).unwrap_or(Signal::Term)
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_io::Timer;
    use rustix::process::{Signal as Raw, getpid, kill_process};

    // One test: signals reach the whole process, and tests run side by side.
    #[test]
    fn the_first_signal_asks_and_the_second_insists_even_if_the_mailbox_is_full() {
        let mailbox = Mailbox::default();
        let signals = catch().unwrap();
        let story = async {
            kill_process(getpid(), Raw::INT).unwrap();
            assert!(matches!(mailbox.take().await, Event::Leave));
            for _ in 0..crate::limits::MAILBOX {
                mailbox.offer(Event::Deaf);
            }
            kill_process(getpid(), Raw::TERM).unwrap();
        };
        let (code, ()) = smol::block_on(future::zip(second(signals, &mailbox), story));
        assert_eq!(code, 143);

        let signals = catch().unwrap();
        let story = async {
            kill_process(getpid(), Raw::TERM).unwrap();
            Timer::after(core::time::Duration::from_millis(20)).await;
            kill_process(getpid(), Raw::INT).unwrap();
        };
        let (code, ()) = smol::block_on(future::zip(second(signals, &mailbox), story));
        assert_eq!((code, mailbox.depth()), (130, crate::limits::MAILBOX));
    }
}
