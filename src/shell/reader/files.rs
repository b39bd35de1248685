//! Single files, by a reader for each disk that starts with the first question and ends after a minute without one.
//!
//! A reader takes one question (`questions.rs`) after the other. If it ends or does not answer, all of its questions have that for
//! an answer.

use super::Readers;
use super::child::{Dying, Program, Reader};
use super::message::{Answer, Request};
use super::questions::{Question, Refusal};
use crate::time::Duration;
use core::task::{Context, Poll};
use rustix::fd::OwnedFd;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Instant;

/// A reader with a question that is silent for this long is ended. Renderers wait for half a minute at most.
const ANSWERS: Duration = Duration::from_secs(20);
/// A reader without a question is ended after this time.
const IDLE: Duration = Duration::from_secs(60);
/// The pause after a reader that did not answer; it doubles up to [`LAST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// See [`FIRST_PAUSE`].
const LAST_PAUSE: Duration = Duration::from_secs(600);
/// Packets taken of one reader in one turn of the executor.
const PACKETS: usize = 8;

/// The readers of single files.
#[derive(Default)]
pub(super) struct Files {
    disks: Vec<Disk>,
}

/// The reader of one disk.
struct Disk {
    device: String,
    reader: Option<Reader>,
    /// What it was asked, in this order: the number, and the file if it is being probed.
    asked: VecDeque<(u32, Option<PathBuf>)>,
    heard: Instant,
    failures: u32,
    retry: Option<Instant>,
}

/// Processes that were told to end, of which disk, and since when.
pub(super) type Ending = Vec<(Dying, String, Instant)>;

impl Files {
    /// Carries questions and answers. Returns a file of which a reader died.
    pub(super) fn poll(
        &mut self,
        readers: &Readers,
        ending: &mut Ending,
        cx: &mut Context<'_>,
    ) -> Option<PathBuf> {
        let unsent = readers.questions.borrow_mut().take();
        for question in unsent {
            self.carry(question, readers, ending);
        }
        let mut culprit = None;
        for disk in &mut self.disks {
            culprit = culprit.or(disk.poll(readers, ending, cx));
        }
        self.disks.retain(|disk| disk.reader.is_some() || disk.failures > 0);
        culprit
    }

    /// This disk answers again: ask it at once.
    pub(super) fn works(&mut self, device: &str) {
        for disk in self.disks.iter_mut().filter(|disk| disk.device == device) {
            disk.retry = None;
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.disks.iter().filter_map(Disk::next_deadline).min()
    }

    fn carry(&mut self, question: Question, readers: &Readers, ending: &Ending) {
        let Question { number, device, path, request } = question;
        let known = self.disks.iter().position(|disk| disk.device == device);
        let at = known.unwrap_or_else(|| {
            self.disks.push(Disk::of(device));
            self.disks.len() - 1
        });
        let disk = &mut self.disks[at];
        if let Err(why) = disk.started(&readers.program, ending) {
            return readers.questions.borrow_mut().answer(number, Err(why));
        }
        let Some(reader) = &mut disk.reader else { return };
        if disk.asked.is_empty() {
            disk.heard = Instant::now();
        }
        let probed = matches!(request, Request::Probe { .. }).then_some(path);
        disk.asked.push_back((number, probed));
        reader.say([request]);
    }
}

impl Disk {
    fn of(device: String) -> Self {
        let heard = Instant::now();
        Self { device, reader: None, asked: VecDeque::new(), heard, failures: 0, retry: None }
    }

    /// Starts a reader if there is none.
    fn started(&mut self, program: &Program, ending: &Ending) -> Result<(), Refusal> {
        if self.reader.is_some() {
            return Ok(());
        }
        let early = self.retry.is_some_and(|retry| Instant::now() < retry);
        if early || super::scans::is_full(ending, &self.device) {
            return Err(Refusal::Hangs);
        }
        self.retry = None;
        let started = Reader::start(program);
        let cannot =
            |error| Refusal::File(format!("the box cannot start a process for it ({error})"));
        self.reader = Some(started.map_err(cannot)?);
        Ok(())
    }

    fn poll(
        &mut self,
        readers: &Readers,
        ending: &mut Ending,
        cx: &mut Context<'_>,
    ) -> Option<PathBuf> {
        for _ in 0..PACKETS {
            match self.reader.as_mut()?.poll_packet(cx) {
                Poll::Pending => return self.notice_time(readers, ending, cx),
                Poll::Ready(Ok((answers, mut file))) => {
                    for answer in answers {
                        self.take(answer, file.take(), readers);
                    }
                }
                Poll::Ready(Err(error)) => {
                    log::debug!("a reader of files ended: {error}");
                    let culprit = self.asked.front().and_then(|(_, probed)| probed.clone());
                    self.end(|| Refusal::Ended, readers, ending);
                    cx.waker().wake_by_ref();
                    return culprit;
                }
            }
        }
        cx.waker().wake_by_ref();
        None
    }

    fn take(&mut self, answer: Answer, file: Option<OwnedFd>, readers: &Readers) {
        let (number, reply) = match answer {
            Answer::Refused { number, why } => (number, Err(Refusal::File(why))),
            Answer::Opened { number, .. }
            | Answer::Warmed { number }
            | Answer::Copied { number, .. }
            | Answer::Probed { number, .. } => (number, Ok((answer, file))),
            _ => return,
        };
        (self.heard, self.failures) = (Instant::now(), 0);
        self.asked.retain(|(asked, _)| *asked != number);
        readers.questions.borrow_mut().answer(number, reply);
    }

    /// Ends a reader that does not answer, or that nobody needs.
    fn notice_time(
        &mut self,
        readers: &Readers,
        ending: &mut Ending,
        cx: &Context<'_>,
    ) -> Option<PathBuf> {
        let now = Instant::now();
        if self.next_deadline().is_some_and(|due| due <= now) {
            if !self.asked.is_empty() {
                let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16)).min(LAST_PAUSE);
                self.failures += 1;
                self.retry = Some(now + pause);
            }
            self.end(|| Refusal::Hangs, readers, ending);
            cx.waker().wake_by_ref();
        }
        None
    }

    fn end(&mut self, why: impl Fn() -> Refusal, readers: &Readers, ending: &mut Ending) {
        if let Some(reader) = self.reader.take() {
            ending.push((reader.end(), self.device.clone(), Instant::now()));
        }
        for (number, _) in self.asked.drain(..) {
            readers.questions.borrow_mut().answer(number, Err(why()));
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.reader.as_ref()?;
        Some(self.heard + if self.asked.is_empty() { IDLE } else { ANSWERS })
    }
}
