//! What is known of one disk whose files are scanned, and of the scan under way.

use super::Readers;
use super::child::{Dying, Reader};
use super::message::Request;
use super::mounts::{Mounts, Share};
use crate::media::catalogue::Scan;
use crate::time::Duration;
use std::path::PathBuf;
use std::time::Instant;

/// A disk that is silent for this long is waited for no more. A disk that sleeps needs up to this to turn.
pub(super) const SILENT: Duration = Duration::from_secs(10);
/// A reader that is silent for this long is ended. Nobody waits for it, so there is time for the kernel, which may try for three
/// minutes to read what lies where a disk fails: then the file is named, and the rest of the disk is read.
pub(super) const HANGS: Duration = Duration::from_secs(300);
/// The pause before another reader is started; it doubles up to [`LAST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// See [`FIRST_PAUSE`].
const LAST_PAUSE: Duration = Duration::from_secs(600);

/// One disk.
#[derive(Default)]
pub(super) struct Disk {
    pub(super) share: Share,
    pub(super) reader: Option<Reader>,
    pub(super) reading: Option<Reading>,
    /// What the last complete scan has found.
    pub(super) last: Scan,
    /// It was completed after the scan for which it was meant.
    pub(super) is_news: bool,
    /// Why `last` is not what is there, as the rest of a sentence about each of its paths.
    pub(super) trouble: Option<String>,
    /// Files of which readers died twice.
    pub(super) crashes: Vec<(PathBuf, u64, i64)>,
    /// What the last reader examined when it died. Something else may have killed it.
    pub(super) suspect: Option<(PathBuf, u64, i64)>,
    /// Whose length a reader of single files looked for when it died.
    pub(super) probed: Option<(PathBuf, u64, i64)>,
    pub(super) failures: u32,
    pub(super) retry: Option<Instant>,
}

/// A scan of one disk under way.
pub(super) struct Reading {
    pub(super) scan: Scan,
    pub(super) heard: Instant,
    pub(super) examines: Option<(PathBuf, u64, i64)>,
    pub(super) late: bool,
}

impl Disk {
    /// Another scan is complete. Returns whether nobody waits for it any more.
    pub(super) fn complete(&mut self) -> bool {
        let late = self.reading.take().is_some_and(|reading| reading.late);
        self.is_news |= late;
        (self.trouble, self.failures) = (None, 0);
        // Whatever a reader died of: this one has survived it.
        self.suspect = None;
        late
    }

    /// A reader died while it examined this file or looked for its length. Returns whether the file is to blame, because that was
    /// so at the last death, too.
    pub(super) fn suspect(&mut self, file: (PathBuf, u64, i64), by_probe: bool) -> bool {
        let suspect = if by_probe { &mut self.probed } else { &mut self.suspect };
        let again = suspect.take_if(|suspect| *suspect == file).is_some();
        if again {
            self.crashes.retain(|known| known.0 != file.0);
            self.crashes.push(file);
        } else {
            *suspect = Some(file);
        }
        again
    }

    pub(super) fn fail(&mut self, why: String) {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16)).min(LAST_PAUSE);
        self.failures = self.failures.saturating_add(1);
        self.retry = Some(Instant::now() + pause);
        self.trouble = Some(why);
    }

    /// Its paths that lead to another disk by links, and where they lead.
    pub(super) fn led(&self, mounts: &Mounts) -> impl Iterator<Item = &(PathBuf, PathBuf)> {
        self.last.meant.iter().filter(|(_, found)| mounts.of(found) != self.share.device)
    }

    pub(super) fn bury(&mut self) -> Option<(Dying, String, Instant)> {
        let reader = self.reader.take()?;
        Some((reader.end(), self.share.device.clone(), Instant::now()))
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let reading = self.reading.as_ref()?;
        Some(reading.heard + if reading.late { HANGS } else { SILENT })
    }
}

impl Reading {
    pub(super) fn new() -> Self {
        Self { scan: Scan::default(), heard: Instant::now(), examines: None, late: false }
    }
}

/// What a reader must know to scan its share.
pub(super) fn requests(
    readers: &Readers,
    disk: &Disk,
    led: &[(PathBuf, PathBuf)],
    mounts: &Mounts,
) -> Vec<Request> {
    let (share, crashes) = (&disk.share, &disk.crashes);
    let led = led.iter().filter(|(wanted, _)| readers.media_folders.contains(wanted));
    let found = led.map(|(_, found)| found.clone());
    let media: Vec<PathBuf> = readers.media_folders.iter().cloned().chain(found).collect();
    let mut requests = Vec::new();
    // The media folders come last, as the configuration has them.
    for path in share.named.iter().filter(|path| !media.contains(path)) {
        requests.push(Request::Named { path: path.clone() });
    }
    for path in media {
        let read = share.named.contains(&path);
        requests.push(Request::MediaFolder { path, read });
    }
    for mount in mounts.all() {
        let read = share.inside.contains(&mount.at);
        let mine = mount.device == share.device || read;
        requests.push(Request::Mount { path: mount.at.clone(), mine, read });
    }
    for (path, size, modified) in crashes {
        let (path, size, modified) = (path.clone(), *size, *modified);
        requests.push(Request::LeaveOut { path, size, modified });
    }
    requests.push(Request::Scan { at_once: readers.at_once });
    requests
}
