//! Readers: processes of this same program that look at media, so that the box never waits for a disk.
//!
//! A disk that hangs (a share whose server is gone, a stick that was torn out, a card that fails) keeps whoever looks at it
//! waiting, for hours and beyond SIGKILL; a damaged file may crash whoever reads it. So the box looks at no medium itself: each
//! disk (`mounts.rs`) has a reader (`scanner.rs`), which the box (`scans.rs`) asks with a deadline, gives up if it does not
//! answer, and starts again; and another one for single files (`files.rs`) while they are asked for.

mod child;
mod disk;
mod files;
pub mod message;
pub(in crate::shell) mod mounts;
mod opener;
mod questions;
mod rights;
mod scanner;
mod scans;
#[cfg(test)]
pub(super) mod tests;
mod wire;

pub use child::Program;
pub use questions::{Copied, Opened, Refusal};
pub use scanner::serve;

use super::mailbox::Mailbox;
use super::scan::Places;
use crate::config::Config;
use crate::kiosk::event::Event;
use crate::time::Duration;
use async_io::{Async, Timer};
use core::cell::{Cell, RefCell};
use core::convert::Infallible;
use core::future::{pending, poll_fn};
use core::task::Waker;
use mounts::Mounts;
use questions::Questions;
use scans::Scans;
use smol::future;
use std::fs::File;
use std::path::PathBuf;
use std::rc::Rc;

/// The command of this program that a reader runs.
pub const COMMAND: &str = "read-media";
/// Rights of readers that are told: one for each kind, see [`rights`].
const RIGHTS: usize = 4;
/// Pause after the list of mounts has changed: mounting a disk causes several changes.
const PAUSE: Duration = Duration::from_secs(1);

/// The readers of the box. Declare it before the executor, so that tasks can borrow it.
#[derive(Debug)]
pub struct Readers {
    program: Program,
    named: Vec<PathBuf>,
    media_folders: Vec<PathBuf>,
    at_once: bool,
    wished: Cell<bool>,
    waker: RefCell<Option<Waker>>,
    questions: RefCell<Questions>,
    /// The rights that readers keep, as far as the log has them.
    rights: RefCell<Vec<String>>,
    /// `None`: the list has changed.
    mounts: RefCell<Option<Rc<Mounts>>>,
}

impl Readers {
    /// Readers of what `config` names. `at_once`: see [`crate::media::catalogue::FileCache::at_once`].
    pub fn new(config: &Config, at_once: bool) -> Self {
        Self {
            program: Program::default(),
            named: Places::named(config).map(ToOwned::to_owned).collect(),
            media_folders: config.media_folders.clone(),
            at_once,
            wished: Cell::new(false),
            waker: RefCell::default(),
            questions: RefCell::default(),
            rights: RefCell::default(),
            mounts: RefCell::default(),
        }
    }

    /// Runs this program for each reader.
    pub fn by(self, program: Program) -> Self {
        Self { program, ..self }
    }

    /// Begins a scan; [`Event::Scanned`] follows.
    pub fn scan(&self) {
        self.wished.set(true);
        self.wake();
    }

    fn wake(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Runs the readers for ever. Posts [`Event::Scanned`] after each scan, and [`Event::FolderChanged`] after changes.
    pub async fn run(&self, mailbox: &Mailbox) -> Infallible {
        let mut scans = Scans::new(self);
        let scanning = async {
            loop {
                let event = poll_fn(|cx| scans.poll(cx)).await;
                mailbox.post(event).await;
            }
        };
        future::or(scanning, self.notice_mounts(mailbox)).await
    }

    /// Says once what readers may still do.
    fn tell_right(&self, what: String) {
        let mut told = self.rights.borrow_mut();
        if told.len() < RIGHTS && !told.contains(&what) {
            log::info!("the processes that read media could {what}");
            told.push(what);
        }
    }

    fn mounts(&self) -> Rc<Mounts> {
        self.mounts.borrow_mut().get_or_insert_with(|| Rc::new(Mounts::read())).clone()
    }

    /// Posts [`Event::FolderChanged`] when a disk is mounted or unmounted, for ever.
    async fn notice_mounts(&self, mailbox: &Mailbox) -> Infallible {
        let list = File::open(mounts::LIST).and_then(Async::new);
        loop {
            match &list {
                // The file is always readable; a change of the list is reported as an error condition (proc(5)), for which
                // waiting to write waits.
                Ok(list) => {
                    if list.writable().await.is_ok() {
                        self.mounts.take();
                        mailbox.post(Event::FolderChanged).await;
                    }
                }
                Err(_) => pending().await,
            }
            Timer::after(PAUSE).await;
        }
    }
}
