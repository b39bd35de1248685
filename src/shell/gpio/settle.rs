//! A simulated contact, from which bounces are removed as the kernel does it: a level counts when it has
//! held for the span of the configuration, and each change begins the span anew.

use crate::config::{Button, Pin};
use crate::time::Duration;
use async_io::Timer;
use core::pin::Pin as Pinned;
use core::task::Context;

/// A contact that somebody closes and opens, perhaps with bounces.
#[derive(Debug)]
pub(super) struct Settling {
    pub(super) pin: Pin,
    span: Duration,
    closed: bool,
    told: bool,
    settled: Option<Timer>,
}

impl Settling {
    pub(super) fn new(button: &Button) -> Self {
        let (pin, span) = (button.pin, button.debounce);
        Self { pin, span, closed: false, told: false, settled: None }
    }

    /// It closes or opens. `Some` if that counts at once.
    pub(super) fn turn(&mut self, closed: bool) -> Option<bool> {
        self.closed = closed;
        if self.span.is_zero() {
            self.told = closed;
            return Some(closed);
        }
        self.settled = Some(Timer::after(self.span));
        None
    }

    /// `Some` if it was closed (true) or opened, and has settled.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Option<bool> {
        let timer = self.settled.as_mut()?;
        if Pinned::new(timer).poll(cx).is_pending() {
            return None;
        }
        self.settled = None;
        (core::mem::replace(&mut self.told, self.closed) != self.closed).then_some(self.closed)
    }
}
