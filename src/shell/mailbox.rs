//! The two ways between tasks and the kiosk: [`Mailbox`] carries events in, [`Replies`] carries answers out.
//!
//! Many tasks post events, the driver takes them. A full mailbox makes a task wait; the SSDP task, whose protocol repeats
//! itself, drops and counts the event instead.
//!
//! A connection that needs an answer registers a question, posts an event with its [`ReplyTo`] and waits. The driver delivers
//! the answer when the effect comes. A connection that stops waiting withdraws its question; an answer without a question is
//! dropped. No borrow crosses an await.

use crate::kiosk::effect::Published;
use crate::kiosk::event::{Event, ReplyTo};
use crate::limits::{CONTROL_CONNECTIONS, MAILBOX, MEDIA_CONNECTIONS};
use core::cell::{Cell, RefCell};
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
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

/// Each connection waits for one answer at most.
const WAITING: usize = MEDIA_CONNECTIONS + CONTROL_CONNECTIONS;

/// The open questions. Declare it before the executor, so that tasks can borrow it.
#[derive(Debug, Default)]
pub struct Replies {
    next: Cell<u32>,
    media: Questions<Option<Box<Published>>>,
    notifications: Questions<bool>,
    status: Questions<String>,
}

impl Replies {
    /// Expects what to serve for a token; `None` if too many wait.
    pub fn media(&self) -> Option<(ReplyTo, Waiting<'_, Option<Box<Published>>>)> {
        self.media.expect(&self.next)
    }

    /// Expects whether a subscription is known; `None` if too many wait.
    pub fn notification(&self) -> Option<(ReplyTo, Waiting<'_, bool>)> {
        self.notifications.expect(&self.next)
    }

    /// Expects the status as JSON; `None` if too many wait.
    pub fn status(&self) -> Option<(ReplyTo, Waiting<'_, String>)> {
        self.status.expect(&self.next)
    }

    /// Answers [`Self::media`].
    #[allow(clippy::needless_pass_by_value, reason = "the right to reply is used up")]
    pub fn serve(&self, reply: ReplyTo, published: Option<Box<Published>>) {
        self.media.answer(reply.0, published);
    }

    /// Answers [`Self::notification`].
    #[allow(clippy::needless_pass_by_value, reason = "the right to reply is used up")]
    pub fn acknowledge(&self, reply: ReplyTo, known: bool) {
        self.notifications.answer(reply.0, known);
    }

    /// Answers [`Self::status`].
    #[allow(clippy::needless_pass_by_value, reason = "the right to reply is used up")]
    pub fn report(&self, reply: ReplyTo, json: String) {
        self.status.answer(reply.0, json);
    }
}

/// Open questions whose answer is a `T`.
#[derive(Debug)]
struct Questions<T>(RefCell<Vec<Question<T>>>);

#[derive(Debug)]
struct Question<T> {
    number: u32,
    answer: Option<T>,
    waker: Option<Waker>,
}

impl<T> Default for Questions<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T> Questions<T> {
    fn expect(&self, next: &Cell<u32>) -> Option<(ReplyTo, Waiting<'_, T>)> {
        let mut open = self.0.borrow_mut();
        if open.len() == WAITING {
            return None;
        }
        let number = next.get();
        next.set(number.wrapping_add(1));
        open.push(Question { number, answer: None, waker: None });
        let waiting = Waiting { questions: self, number };
        Some((ReplyTo(number), waiting))
    }

    fn answer(&self, number: u32, answer: T) {
        let mut open = self.0.borrow_mut();
        if let Some(question) = open.iter_mut().find(|q| q.number == number) {
            question.answer = Some(answer);
            if let Some(waker) = question.waker.take() {
                waker.wake();
            }
        }
    }
}

/// Waits for one answer. Dropping it withdraws the question.
#[derive(Debug)]
pub struct Waiting<'a, T> {
    questions: &'a Questions<T>,
    number: u32,
}

impl<T> Future for Waiting<'_, T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let mut open = self.questions.0.borrow_mut();
        let question = open.iter_mut().find(|q| q.number == self.number);
        let question = question.expect("a question stays until its waiter is dropped");
        match question.answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                question.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for Waiting<'_, T> {
    fn drop(&mut self) {
        self.questions.0.borrow_mut().retain(|q| q.number != self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smol::{block_on, future};

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

    #[test]
    fn each_answer_reaches_the_one_who_asked() {
        let replies = Replies::default();
        let (first, waits_first) = replies.notification().unwrap();
        let (second, waits_second) = replies.notification().unwrap();
        let (page, waits_page) = replies.status().unwrap();
        let answers = block_on(async {
            let waiting = future::zip(future::zip(waits_first, waits_second), waits_page);
            let answering = async {
                replies.report(page, "{}".to_owned());
                replies.acknowledge(second, false);
                replies.acknowledge(first, true);
            };
            future::zip(waiting, answering).await.0
        });
        assert_eq!(answers, ((true, false), "{}".to_owned()));
    }

    #[test]
    fn who_stops_waiting_leaves_nothing_behind() {
        let replies = Replies::default();
        let (gone, waiting) = replies.media().unwrap();
        drop(waiting);
        replies.serve(gone, None);
        assert!(replies.media.0.borrow().is_empty());

        let all: Vec<_> = core::iter::from_fn(|| replies.media()).take(1000).collect();
        assert_eq!(all.len(), WAITING, "bounded");
        drop(all);
        assert!(replies.media().is_some(), "and free again");
    }
}
