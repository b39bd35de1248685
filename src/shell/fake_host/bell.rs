//! A bell that one task rings and another waits for.

use core::cell::{Cell, RefCell};
use core::future::poll_fn;
use core::task::{Poll, Waker};

/// Wakes the one task that waits for it.
#[derive(Debug, Default)]
pub(super) struct Bell {
    rung: Cell<bool>,
    waiter: RefCell<Option<Waker>>,
}

impl Bell {
    pub(super) fn ring(&self) {
        self.rung.set(true);
        if let Some(waiter) = self.waiter.take() {
            waiter.wake();
        }
    }

    pub(super) async fn rung(&self) {
        poll_fn(|cx| {
            if self.rung.take() {
                return Poll::Ready(());
            }
            self.waiter.replace(Some(cx.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}
