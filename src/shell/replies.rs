//! Answers that the logic owes to those who ask the box: media clients, NOTIFY senders, the page.
//!
//! A connection expects an answer, posts an event with its [`ReplyTo`] and waits; the driver
//! delivers when the effect comes. Whoever stops waiting takes the place away with him, and an
//! answer for nobody is dropped. No borrow crosses an await.

use crate::kiosk::effect::Published;
use crate::kiosk::event::ReplyTo;
use crate::limits::{CONTROL_CONNECTIONS, MEDIA_CONNECTIONS};
use core::cell::{Cell, RefCell};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

/// Each connection waits for one answer at most.
const WAITING: usize = MEDIA_CONNECTIONS + CONTROL_CONNECTIONS;

/// The open questions. Declare it before the executor, so that tasks can borrow it.
#[derive(Debug, Default)]
pub struct Replies {
    next: Cell<u32>,
    media: Questions<Option<Published>>,
    notifications: Questions<bool>,
    status: Questions<String>,
}

impl Replies {
    /// Expects what to serve for a token; `None` if too many wait.
    pub fn media(&self) -> Option<(ReplyTo, Waiting<'_, Option<Published>>)> {
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
    pub fn serve(&self, reply: ReplyTo, published: Option<Published>) {
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
