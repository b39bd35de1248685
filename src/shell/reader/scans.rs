//! Scans with a reader for each disk.
//!
//! A disk of which nothing is heard for [`SILENT`] holds up nobody: the scan is complete without it, with what it held before,
//! and its folders are named as missing. After [`HANGS`] its reader is ended, and after a pause that doubles there is another
//! one. A reader that hangs in the kernel counts until it is gone.

use super::Readers;
use super::child::Reader;
use super::disk::{Disk, HANGS, Reading, SILENT, requests};
use super::files::{Ending, Files};
use super::message::Answer;
use super::mounts::Mounts;
use crate::kiosk::event::Event;
use crate::limits::{ABANDONED, CRASHES, MEDIA, NAMED};
use crate::media::catalogue::{MediaFile, Scan};
use crate::media::content::profile_named;
use crate::media::media_type::of_extension;
use crate::time::Duration;
use async_io::Timer;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A process that needed longer to end has waited for its disk, which now answers.
const HUNG: Duration = Duration::from_secs(5);
/// Packets taken of one reader in one turn of the executor.
const PACKETS: usize = 8;

const NO_ANSWER: &str = "does not answer: check the disk and its cable, or the computer that shares it; its known files stay listed, and the box tries again";

/// All disks, and the scan under way.
pub(super) struct Scans<'a> {
    readers: &'a Readers,
    disks: Vec<Disk>,
    files: Files,
    dying: Ending,
    /// Paths of the configuration that lead to another disk by links, and where they lead.
    led: Vec<(PathBuf, PathBuf)>,
    /// A scan is under way.
    scanning: bool,
    changed: bool,
    timer: Timer,
    due: Option<Instant>,
}

impl<'a> Scans<'a> {
    pub(super) fn new(readers: &'a Readers) -> Self {
        Self {
            readers,
            disks: Vec::new(),
            files: Files::default(),
            dying: Vec::new(),
            led: Vec::new(),
            scanning: false,
            changed: false,
            timer: Timer::never(),
            due: None,
        }
    }

    /// The next event for the kiosk.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        self.readers.waker.replace(Some(cx.waker().clone()));
        if self.readers.wished.take() {
            self.begin();
        }
        loop {
            self.bury(cx);
            for at in 0..self.disks.len() {
                self.hear(at, cx);
            }
            self.notice_silence(cx);
            if let Some(path) = self.files.poll(self.readers, &mut self.dying, cx) {
                self.leave_out(&path);
            }
            let is_open = |disk: &Disk| disk.reading.as_ref().is_some_and(|it| !it.late);
            if self.scanning && !self.disks.iter().any(is_open) {
                self.scanning = false;
                self.disks.iter_mut().for_each(|disk| disk.is_news = false);
                return Poll::Ready(Event::Scanned(Box::new(self.together())));
            }
            if core::mem::take(&mut self.changed) {
                return Poll::Ready(Event::FolderChanged);
            }
            let due = self.disks.iter().filter_map(Disk::next_deadline);
            let due = due.chain(self.files.next_deadline()).min();
            if self.due != due {
                self.due = due;
                match due {
                    Some(due) => self.timer.set_at(due),
                    None => self.timer = Timer::never(),
                }
            }
            if self.due.is_none() || Pin::new(&mut self.timer).poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.due = None;
        }
    }

    /// Begins a scan, of each disk that is not being scanned.
    fn begin(&mut self) {
        let mounts = self.readers.mounts();
        let led = self.disks.iter().flat_map(|disk| disk.led(&mounts).cloned());
        self.led = led.collect();
        let led = self.led.iter().map(|(_, found)| found);
        let named = self.readers.named.iter().chain(led);
        let mut shares = mounts.shares(named.map(PathBuf::as_path));
        let mut disks = Vec::with_capacity(shares.len());
        for mut disk in self.disks.drain(..) {
            match shares.iter().position(|share| share.device == disk.share.device) {
                Some(at) => {
                    disk.share = shares.swap_remove(at);
                    disks.push(disk);
                }
                None => self.dying.extend(disk.bury()),
            }
        }
        disks.extend(shares.into_iter().map(|share| Disk { share, ..Disk::default() }));
        self.disks = disks;
        self.scanning = true;
        for at in 0..self.disks.len() {
            if self.disks[at].reading.is_none() && !self.disks[at].is_news {
                self.read(at, &mounts);
            }
        }
    }

    /// Begins to scan one disk, if it is not too early.
    fn read(&mut self, at: usize, mounts: &Mounts) {
        let disk = &mut self.disks[at];
        if disk.retry.is_some_and(|retry| Instant::now() < retry) {
            return;
        }
        disk.retry = None;
        if disk.trouble.is_some() && is_full(&self.dying, &disk.share.device) {
            return;
        }
        let reader = match disk.reader.take() {
            Some(reader) => Ok(reader),
            None => Reader::start(&self.readers.program),
        };
        match reader {
            Ok(mut reader) => {
                reader.say(requests(self.readers, disk, &self.led, mounts));
                disk.reader = Some(reader);
                disk.reading = Some(Reading::new());
            }
            Err(error) => disk.fail(format!("cannot be read: starting a process failed ({error})")),
        }
    }

    /// Takes what a reader says.
    fn hear(&mut self, at: usize, cx: &mut Context<'_>) {
        for _ in 0..PACKETS {
            let Some(reader) = &mut self.disks[at].reader else { return };
            match reader.poll_packet(cx) {
                Poll::Pending => return,
                Poll::Ready(Ok((answers, _))) => {
                    for answer in answers {
                        self.take(at, answer);
                    }
                }
                Poll::Ready(Err(error)) => {
                    self.lose(at, &error);
                    break;
                }
            }
        }
        // There may be more, and a new reader has not been asked.
        cx.waker().wake_by_ref();
    }

    fn take(&mut self, at: usize, answer: Answer) {
        let disk = &mut self.disks[at];
        if let Answer::Keeps { what } = answer {
            return self.readers.tell_right(what);
        }
        let Some(reading) = &mut disk.reading else {
            self.changed |= answer == Answer::Changed {};
            return;
        };
        reading.heard = Instant::now();
        reading.examines = None;
        let scan = &mut reading.scan;
        match answer {
            Answer::Alive {} => {}
            Answer::Changed {} => self.changed = true,
            Answer::Examines { path, size, modified } => {
                reading.examines = Some((path, size, modified));
            }
            Answer::File { path, root, extension, size, modified, profile, subtitles } => {
                let Some(media_type) = of_extension(&extension) else { return };
                if scan.files.len() < MEDIA {
                    // Most files have the root of the file before.
                    let known = scan.files.last().filter(|file| *file.root == *root);
                    let root = known.map_or_else(|| root.into(), |file| file.root.clone());
                    scan.files.push(MediaFile {
                        path: path.into(),
                        root,
                        media_type,
                        size,
                        modified,
                        profile: profile.as_deref().and_then(profile_named),
                        subtitles: subtitles.map(Into::into),
                    });
                }
            }
            Answer::Missing { path, why } => add(&mut scan.missing, (path, why)),
            Answer::Bad { path, why } => add(&mut scan.bad, (path, why)),
            Answer::Growing { path } => add(&mut scan.growing, path),
            Answer::List { path } => scan.lists.push((path, Vec::new())),
            Answer::Listed { path } => {
                if let Some((_, files)) = scan.lists.last_mut() {
                    files.push(path.into());
                }
            }
            Answer::Meant { wanted, found } => scan.meant.push((wanted, found)),
            Answer::Note { path, what } => add(&mut scan.notes, (path, what)),
            Answer::Scanned { skipped, untold } => {
                (scan.skipped, scan.untold) = (skipped, untold);
                disk.last = core::mem::take(scan);
                self.complete(at);
            }
            Answer::Same {} => self.complete(at),
            // Nobody asked this reader for a single file, and its rights were told above.
            Answer::Keeps { .. }
            | Answer::Opened { .. }
            | Answer::Refused { .. }
            | Answer::Warmed { .. }
            | Answer::Probed { .. }
            | Answer::Copied { .. } => {}
        }
    }

    fn complete(&mut self, at: usize) {
        let disk = &mut self.disks[at];
        if disk.trouble.is_some() {
            self.files.works(&disk.share.device);
        }
        self.changed |= disk.complete();
        // What lies behind its links is read by the scan that follows.
        let mounts = self.readers.mounts();
        let is_new = |one: &(PathBuf, PathBuf)| !self.led.contains(one);
        self.changed |= self.disks[at].led(&mounts).any(is_new);
    }

    /// A reader is gone, or makes no sense.
    fn lose(&mut self, at: usize, error: &io::Error) {
        let disk = &mut self.disks[at];
        let reading = disk.reading.take();
        self.dying.extend(disk.bury());
        let Some(reading) = reading else {
            // Nobody notices changes now: scan, with another one.
            self.changed = true;
            return;
        };
        match reading.examines.filter(|_| disk.crashes.len() < CRASHES) {
            Some(file) => {
                log::debug!("a reader died while it examined {}: {error}", file.0.display());
                disk.suspect(file, false);
                let mounts = self.readers.mounts();
                self.read(at, &mounts);
            }
            // It may have ended before it was asked.
            None if disk.failures == 0 => {
                disk.failures = 1;
                let mounts = self.readers.mounts();
                self.read(at, &mounts);
            }
            None => {
                disk.fail(format!("cannot be read now: the process that reads it ended ({error})"))
            }
        }
    }

    /// A reader died while it looked how long this file plays.
    fn leave_out(&mut self, path: &Path) {
        for disk in &mut self.disks {
            let found = disk.last.files.iter().find(|file| *file.path == *path);
            if let Some(file) = found.filter(|_| disk.crashes.len() < CRASHES) {
                self.changed |= disk.suspect((path.to_owned(), file.size, file.modified), true);
            }
        }
    }

    fn notice_silence(&mut self, cx: &Context<'_>) {
        let now = Instant::now();
        for disk in &mut self.disks {
            let Some(reading) = &mut disk.reading else { continue };
            if now >= reading.heard + HANGS {
                disk.reading = None;
                let dying = disk.bury();
                disk.fail(NO_ANSWER.to_owned());
                self.dying.extend(dying);
                cx.waker().wake_by_ref();
            } else if now >= reading.heard + SILENT && !reading.late {
                reading.late = true;
                disk.trouble = Some(NO_ANSWER.to_owned());
            }
        }
    }

    /// Forgets the processes that are gone.
    fn bury(&mut self, cx: &mut Context<'_>) {
        let (disks, files, changed) = (&mut self.disks, &mut self.files, &mut self.changed);
        self.dying.retain_mut(|(dying, device, since)| {
            let gone = dying.poll_gone(cx);
            if gone && since.elapsed() > HUNG {
                // The disk answers again.
                files.works(device);
                for disk in disks.iter_mut().filter(|disk| disk.share.device == *device) {
                    disk.retry = None;
                    *changed = true;
                }
            }
            !gone
        });
    }

    /// What all disks hold.
    fn together(&self) -> Scan {
        let mut all = Scan::default();
        let mut paths = HashSet::new();
        for disk in &self.disks {
            let Scan { files, missing, bad, growing, lists, meant, notes, skipped, untold } =
                &disk.last;
            all.skipped = all.skipped.saturating_add(*skipped);
            // By links, a file may be on two disks.
            for file in
                files.iter().filter(|file| self.disks.len() == 1 || paths.insert(&*file.path))
            {
                match all.files.len() < MEDIA {
                    true => all.files.push(file.clone()),
                    false => all.skipped = all.skipped.saturating_add(1),
                }
            }
            if let Some(why) = &disk.trouble {
                for path in disk.share.tops() {
                    add(&mut all.missing, (path.clone(), why.clone()));
                }
            }
            missing.iter().for_each(|one| add(&mut all.missing, one.clone()));
            bad.iter().for_each(|one| add(&mut all.bad, one.clone()));
            growing.iter().for_each(|one| add(&mut all.growing, one.clone()));
            notes.iter().for_each(|one| add(&mut all.notes, one.clone()));
            all.lists.extend_from_slice(lists);
            all.meant.extend_from_slice(meant);
            all.untold = all.untold.or_else(|| untold.clone());
        }
        all
    }
}

/// Whether no other reader may be started for this disk: one that hangs there is not gone, or there are too many.
pub(super) fn is_full(ending: &Ending, device: &str) -> bool {
    let stuck = |since: &Instant| since.elapsed() > HUNG;
    ending.iter().filter(|(.., since)| stuck(since)).count() >= ABANDONED
        || ending.iter().any(|(_, of, since)| of == device && stuck(since))
}

fn add<T>(list: &mut Vec<T>, one: T) {
    if list.len() < NAMED {
        list.push(one);
    }
}
