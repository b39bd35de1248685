//! The two ways between tasks and the kiosk: [`Mailbox`] carries events in, [`Replies`] carries answers out.
//!
//! Many tasks post events, the driver takes them. A full mailbox makes a task wait; the SSDP task, whose protocol repeats
//! itself, drops and counts the event instead.
//!
//! A connection that needs an answer registers a question, posts an event with its [`ReplyTo`] and waits. The driver delivers
//! the answer when the effect comes. A connection that stops waiting withdraws its question; an answer without a question is
//! dropped. No borrow crosses an await.

use super::turns::Turns;
use crate::kiosk::effect::Published;
use crate::kiosk::event::{Event, ReplyTo};
use crate::kiosk::status::{LongestTurn, MailboxStatus};
use crate::limits::{CONTROL_CONNECTIONS, MAILBOX, MEDIA_CONNECTIONS};
use core::cell::{Cell, RefCell};
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use heapless::Deque;

/// The queue of events. Declare it before the executor, so that tasks can borrow it.
#[derive(Debug, Default)]
pub struct Mailbox {
    inner: RefCell<Inner>,
    dropped: Cell<u64>,
    deepest: Cell<usize>,
    /// How long the turns take that events cause, and those of the tasks that post them.
    pub turns: Turns,
}

#[derive(Debug, Default)]
struct Inner {
    events: Deque<Event, MAILBOX>,
    taker: Option<Waker>,
    posters: Vec<Waker>,
}

impl Mailbox {
    /// Posts an event; waits for room.
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

    /// Takes the next event; waits for one.
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

    /// How full it is and was.
    pub fn status(&self) -> MailboxStatus {
        MailboxStatus {
            depth: self.inner.borrow().events.len(),
            deepest: self.deepest.get(),
            dropped: self.dropped.get(),
            longest_turn: self
                .turns
                .longest()
                .map(|(took, what)| LongestTurn { ms: took.as_secs_f64() * 1000.0, what }),
        }
    }

    // The error is the event itself, which the caller keeps while it waits.
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
        // Wake all: if only one were woken and its task had gone, the others would wait for ever.
        inner.posters.drain(..).for_each(Waker::wake);
        Some(event)
    }
}

/// Each connection waits for one answer at most.
const OPEN_QUESTIONS: usize = MEDIA_CONNECTIONS + CONTROL_CONNECTIONS;

/// The questions that wait for an answer of the kiosk. Declare it before the executor, so that tasks can borrow it.
#[derive(Debug, Default)]
pub struct Replies {
    next: Cell<u32>,
    media: PendingReplies<Option<Box<Published>>>,
    notifications: PendingReplies<bool>,
    reports: PendingReplies<String>,
}

impl Replies {
    /// Asks what to serve for a token; `None` if too many questions are open.
    pub fn media(&self) -> Option<(ReplyTo, Waiting<'_, Option<Box<Published>>>)> {
        self.media.ask(&self.next)
    }

    /// Asks whether a subscription is known; `None` if too many questions are open.
    pub fn notification(&self) -> Option<(ReplyTo, Waiting<'_, bool>)> {
        self.notifications.ask(&self.next)
    }

    /// Asks for a report of the control port as JSON; `None` if too many questions are open.
    pub fn question(&self) -> Option<(ReplyTo, Waiting<'_, String>)> {
        self.reports.ask(&self.next)
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

    /// Answers [`Self::question`].
    #[allow(clippy::needless_pass_by_value, reason = "the right to reply is used up")]
    pub fn report(&self, reply: ReplyTo, json: String) {
        self.reports.answer(reply.0, json);
    }
}

/// Questions of one kind that wait for an answer of type `T`.
#[derive(Debug)]
struct PendingReplies<T>(RefCell<Vec<PendingReply<T>>>);

#[derive(Debug)]
struct PendingReply<T> {
    number: u32,
    answer: Option<T>,
    waker: Option<Waker>,
}

impl<T> Default for PendingReplies<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T> PendingReplies<T> {
    fn ask(&self, next: &Cell<u32>) -> Option<(ReplyTo, Waiting<'_, T>)> {
        let mut open = self.0.borrow_mut();
        if open.len() == OPEN_QUESTIONS {
            return None;
        }
        let number = next.get();
        next.set(number.wrapping_add(1));
        open.push(PendingReply { number, answer: None, waker: None });
        let waiting = Waiting { pending: self, number };
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

/// Waits for one answer; dropping it withdraws the question.
#[derive(Debug)]
pub struct Waiting<'a, T> {
    pending: &'a PendingReplies<T>,
    number: u32,
}

impl<T> Future for Waiting<'_, T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let mut open = self.pending.0.borrow_mut();
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
        self.pending.0.borrow_mut().retain(|q| q.number != self.number);
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
            mailbox.offer(Event::BadDatagram);
        }
        mailbox.offer(Event::BadDatagram);
        assert_eq!((mailbox.status().depth, mailbox.status().dropped), (MAILBOX, 1));

        smol::block_on(future::zip(mailbox.post(Event::Leave), async {
            for _ in 0..MAILBOX {
                assert!(matches!(mailbox.take().await, Event::BadDatagram));
            }
            assert!(matches!(mailbox.take().await, Event::Leave), "in order, nothing lost");
        }));
        assert_eq!((mailbox.status().depth, mailbox.status().deepest), (0, MAILBOX));
    }

    #[test]
    fn each_answer_reaches_its_question() {
        let replies = Replies::default();
        let (first, waits_first) = replies.notification().unwrap();
        let (second, waits_second) = replies.notification().unwrap();
        let (status, waits_status) = replies.question().unwrap();
        let answers = block_on(async {
            let waiting = future::zip(future::zip(waits_first, waits_second), waits_status);
            let answering = async {
                replies.report(status, "{}".to_owned());
                replies.acknowledge(second, false);
                replies.acknowledge(first, true);
            };
            future::zip(waiting, answering).await.0
        });
        assert_eq!(answers, ((true, false), "{}".to_owned()));
    }

    #[test]
    fn a_question_that_is_dropped_leaves_nothing_behind() {
        let replies = Replies::default();
        let (gone, waiting) = replies.media().unwrap();
        drop(waiting);
        replies.serve(gone, None);
        assert!(replies.media.0.borrow().is_empty());

        let all: Vec<_> = core::iter::from_fn(|| replies.media()).take(1000).collect();
        assert_eq!(all.len(), OPEN_QUESTIONS, "bounded");
        drop(all);
        assert!(replies.media().is_some(), "and free again");
    }
}
