//! Single files, by a reader for each disk that starts with the first question and ends after a minute without one.
//!
//! A task asks a question and waits; the task that runs the readers carries it to the reader and the answer back. A reader takes
//! one question after the other. If it ends or does not answer, all of its questions have that for an answer.

use super::Readers;
use super::child::{Dying, Program, Reader};
use super::message::{Answer, Request};
use crate::time::Duration;
use core::future::poll_fn;
use core::task::{Context, Poll, Waker};
use rustix::fd::OwnedFd;
use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A reader with a question that is silent for this long is ended. Renderers wait for half a minute at most.
const ANSWERS: Duration = Duration::from_secs(20);
/// A reader without a question is ended after this time.
const IDLE: Duration = Duration::from_secs(60);
/// How often a question is asked again if the reader ends.
const TRIES: u8 = 3;
/// The pause after a reader that did not answer; it doubles up to [`LAST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// See [`FIRST_PAUSE`].
const LAST_PAUSE: Duration = Duration::from_secs(600);
/// Packets taken of one reader in one turn of the executor.
const PACKETS: usize = 8;

/// Why a question has no good answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Why the file cannot be used.
    File(String),
    /// The reader has ended.
    Ended,
    /// The disk does not answer.
    Hangs,
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::File(why) => why,
            Self::Ended => "the process that reads it ended",
            Self::Hangs => {
                "its disk does not answer: check the disk and its cable, or the computer that shares it"
            }
        })
    }
}

/// An answer, and the open file that comes with it.
type Reply = Result<(Answer, Option<OwnedFd>), Refusal>;

/// A file that is open.
#[derive(Debug)]
pub struct Opened {
    /// The file, unless whoever reads or closes it may have to wait for its disk.
    pub file: Option<File>,
    /// Its size in bytes.
    pub size: u64,
    /// The time of its last change; see [`crate::media::catalogue::MediaFile::modified`].
    pub modified: i64,
}

/// A part of a file in memory.
#[derive(Debug)]
pub struct Copied {
    /// The part, as a file.
    pub part: File,
    /// Its size in bytes.
    pub count: u64,
    /// Size and time of change of the file on the disk.
    pub version: (u64, i64),
}

/// A question that has not been carried to a reader.
#[derive(Debug)]
pub(super) struct Question {
    number: u32,
    device: String,
    path: PathBuf,
    request: Request,
}

/// The questions that wait for an answer.
#[derive(Debug, Default)]
pub(super) struct Questions {
    next: u32,
    unsent: Vec<Question>,
    waiting: HashMap<u32, Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    reply: Option<Reply>,
    waker: Option<Waker>,
}

/// Withdraws a question that nobody waits for any more.
struct Asked<'a> {
    readers: &'a Readers,
    number: u32,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.readers.questions.borrow_mut().waiting.remove(&self.number);
    }
}

impl Questions {
    fn answer(&mut self, number: u32, reply: Reply) {
        if let Some(waiting) = self.waiting.get_mut(&number) {
            waiting.reply = Some(reply);
            if let Some(waker) = waiting.waker.take() {
                waker.wake();
            }
        }
    }
}

impl Readers {
    /// Opens a regular file that is below `root` with all links resolved.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub async fn open(&self, path: &Path, root: &Path) -> Result<Opened, Refusal> {
        let (path, root) = (path.to_owned(), root.to_owned());
        let request = |number| Request::Open { number, path: path.clone(), root: root.clone() };
        opened(self.ask_again(&path, request).await?)
    }

    /// Copies subtitles into memory.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub async fn subtitles(&self, path: &Path, root: &Path) -> Result<Copied, Refusal> {
        let (path, root) = (path.to_owned(), root.to_owned());
        let request =
            |number| Request::Subtitles { number, path: path.clone(), root: root.clone() };
        copied(self.ask_again(&path, request).await?)
    }

    /// Copies at most so many bytes of a file into memory.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub async fn copy(
        &self,
        path: &Path,
        root: &Path,
        first: u64,
        count: u32,
    ) -> Result<Copied, Refusal> {
        let (path, root) = (path.to_owned(), root.to_owned());
        let request =
            |number| Request::Copy { number, path: path.clone(), root: root.clone(), first, count };
        copied(self.ask_again(&path, request).await?)
    }

    /// Has so many bytes of a file read, so that they are in memory.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub async fn warm(
        &self,
        path: &Path,
        root: &Path,
        first: u64,
        count: u32,
    ) -> Result<(), Refusal> {
        let (path, root) = (path.to_owned(), root.to_owned());
        let request =
            |number| Request::Warm { number, path: path.clone(), root: root.clone(), first, count };
        self.ask_again(&path, request).await.map(drop)
    }

    /// How long a file plays, if that is certain.
    pub async fn duration(&self, path: &Path, extension: &str) -> Option<Duration> {
        let (path, extension) = (path.to_owned(), extension.to_owned());
        let request = |number| Request::Probe { number, path: path.clone(), extension };
        // Not again: it may be the file that ends the reader.
        match self.ask(&path, request).await {
            Ok((Answer::Probed { micros, .. }, _)) => micros.map(Duration::from_micros),
            Ok(_) => None,
            Err(why) => {
                log::warn!("{}: its length is unknown: {why}", path.display());
                None
            }
        }
    }

    async fn ask_again(&self, path: &Path, request: impl Fn(u32) -> Request) -> Reply {
        let mut tries = 1;
        loop {
            match self.ask(path, &request).await {
                Err(Refusal::Ended) if tries < TRIES => tries += 1,
                reply => return reply,
            }
        }
    }

    async fn ask(&self, path: &Path, request: impl FnOnce(u32) -> Request) -> Reply {
        let device = self.mounts().of(path).to_owned();
        let number = {
            let mut questions = self.questions.borrow_mut();
            let number = questions.next;
            questions.next = number.wrapping_add(1);
            let (path, request) = (path.to_owned(), request(number));
            questions.unsent.push(Question { number, device, path, request });
            questions.waiting.insert(number, Waiting::default());
            number
        };
        let _asked = Asked { readers: self, number };
        self.wake();
        poll_fn(|cx| {
            let mut questions = self.questions.borrow_mut();
            let Some(waiting) = questions.waiting.get_mut(&number) else {
                return Poll::Ready(Err(Refusal::Ended));
            };
            match waiting.reply.take() {
                Some(reply) => Poll::Ready(reply),
                None => {
                    waiting.waker = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

fn opened((answer, file): (Answer, Option<OwnedFd>)) -> Result<Opened, Refusal> {
    match answer {
        Answer::Opened { size, modified, .. } => {
            Ok(Opened { file: file.map(File::from), size, modified })
        }
        _ => Err(Refusal::Ended),
    }
}

fn copied((answer, file): (Answer, Option<OwnedFd>)) -> Result<Copied, Refusal> {
    match (answer, file) {
        (Answer::Copied { size, modified, count, .. }, Some(part)) => {
            Ok(Copied { part: part.into(), count: u64::from(count), version: (size, modified) })
        }
        _ => Err(Refusal::Ended),
    }
}

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
        let unsent = core::mem::take(&mut readers.questions.borrow_mut().unsent);
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
                    (self.heard, self.failures) = (Instant::now(), 0);
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
