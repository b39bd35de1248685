//! The one way into the logic: a bounded queue of events.
//!
//! Many tasks post, the driver takes. A full mailbox makes the poster wait in its own task; the SSDP
//! tasks, whose protocol repeats itself, drop and count instead. No borrow crosses an await.

use crate::kiosk::event::Event;
use crate::limits::MAILBOX;
use core::cell::{Cell, RefCell};
use core::future::poll_fn;
use core::task::{Poll, Waker};
use heapless::Deque;

/// The queue. Declare it before the executor, so that tasks can borrow it.
#[derive(Debug, Default)]
pub struct Mailbox {
    inner: RefCell<Inner>,
    dropped: Cell<u64>,
    deepest: Cell<usize>,
}

#[derive(Debug, Default)]
struct Inner {
    events: Deque<Event, MAILBOX>,
    taker: Option<Waker>,
    posters: Vec<Waker>,
}

impl Mailbox {
    /// Posts an event, waiting for room.
    pub async fn post(&self, event: Event) {
        let mut event = Some(event);
        poll_fn(|cx| {
            let Some(unsent) = event.take() else {
                return Poll::Ready(());
            };
            match self.push(unsent) {
                Ok(()) => Poll::Ready(()),
                Err(unsent) => {
                    event = Some(unsent);
                    self.inner.borrow_mut().posters.push(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await;
    }

    /// Posts an event, or drops and counts it if there is no room.
    pub fn offer(&self, event: Event) {
        if self.push(event).is_err() {
            self.dropped.set(self.dropped.get() + 1);
        }
    }

    /// Takes the next event, waiting for one.
    pub async fn take(&self) -> Event {
        poll_fn(|cx| match self.pop() {
            Some(event) => Poll::Ready(event),
            None => {
                self.inner.borrow_mut().taker = Some(cx.waker().clone());
                Poll::Pending
            }
        })
        .await
    }

    /// Events that wait now.
    pub fn depth(&self) -> usize {
        self.inner.borrow().events.len()
    }

    /// The most events that ever waited.
    pub fn deepest(&self) -> usize {
        self.deepest.get()
    }

    /// Events dropped for want of room.
    pub fn dropped(&self) -> u64 {
        self.dropped.get()
    }

    // The Err is the event itself, handed back to wait with it.
    #[allow(clippy::result_large_err)]
    fn push(&self, event: Event) -> Result<(), Event> {
        let mut inner = self.inner.borrow_mut();
        inner.events.push_back(event)?;
        self.deepest.set(self.deepest.get().max(inner.events.len()));
        if let Some(taker) = inner.taker.take() {
            taker.wake();
        }
        Ok(())
    }

    fn pop(&self) -> Option<Event> {
        let mut inner = self.inner.borrow_mut();
        let event = inner.events.pop_front()?;
        // All of them: one that was woken may be gone, and the others must not wait for it.
        inner.posters.drain(..).for_each(Waker::wake);
        Some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smol::future;

    #[test]
    fn a_poster_waits_for_room_and_an_offer_is_dropped_and_counted() {
        let mailbox = Mailbox::default();
        for _ in 0..MAILBOX {
            mailbox.offer(Event::Deaf);
        }
        mailbox.offer(Event::Deaf);
        assert_eq!((mailbox.depth(), mailbox.dropped()), (MAILBOX, 1));

        smol::block_on(future::zip(mailbox.post(Event::Leave), async {
            for _ in 0..MAILBOX {
                assert!(matches!(mailbox.take().await, Event::Deaf));
            }
            assert!(matches!(mailbox.take().await, Event::Leave), "in order, nothing lost");
        }));
        assert_eq!((mailbox.depth(), mailbox.deepest()), (0, MAILBOX));
    }
}
