//! Questions about single files. A task asks one and waits; the task that runs the readers carries it to the reader and the answer
//! back (`files.rs`).

use super::Readers;
use super::message::{Answer, Request};
use crate::time::Duration;
use core::future::poll_fn;
use core::task::{Poll, Waker};
use rustix::fd::OwnedFd;
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

/// How often a question is asked again if the reader ends.
const TRIES: u8 = 10;

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
    pub(super) number: u32,
    pub(super) device: String,
    pub(super) path: PathBuf,
    pub(super) request: Request,
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
    /// The questions to be carried now.
    pub(super) fn take(&mut self) -> Vec<Question> {
        core::mem::take(&mut self.unsent)
    }

    /// Gives whoever asked the answer.
    pub(super) fn answer(&mut self, number: u32, reply: Reply) {
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

    /// The disk on which this path is.
    pub fn disk(&self, path: &Path) -> String {
        self.mounts().of(path).to_owned()
    }

    async fn ask(&self, path: &Path, request: impl FnOnce(u32) -> Request) -> Reply {
        let device = self.disk(path);
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
