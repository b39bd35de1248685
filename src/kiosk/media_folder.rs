//! When to scan the media folder: after a change, once it is quiet; and at intervals while something is missing, is
//! being copied, or changes without notice. And what a completed scan changes.

use super::Kiosk;
use super::deadline::{Backoff, Deadline, Wake, Why};
use super::effect::{Effect, Effects};
use super::trace::What;
use crate::media::catalogue::{SETTLES, Scan};
use crate::time::{Duration, Instant};
use std::path::{Path, PathBuf};

/// The folder has settled after this time without a change.
const QUIET: Duration = Duration::from_secs(1);
/// While changes go on, the folder is scanned after this time anyway.
const PATIENCE: Duration = Duration::from_secs(10);
/// The interval between scans while something is missing.
const EVERY: Duration = Duration::from_secs(10);
/// The interval between scans where changes are not reported.
const UNTOLD: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct MediaFolder {
    /// The result of the last scan.
    pub(super) scan: Scan,
    scan_at: Option<Instant>,
    /// The first and the last change since the last scan.
    changed: Option<(Instant, Instant)>,
    scanning: bool,
    /// How many scans in a row found a file that is still being copied.
    growing: u8,
}

impl MediaFolder {
    /// Creates the state in which a scan is due at once.
    pub(super) fn new() -> Self {
        Self {
            scan: Scan::default(),
            scan_at: Some(Instant::START),
            changed: None,
            scanning: false,
            growing: 0,
        }
    }

    /// Something in the folder changed.
    pub(super) fn changed(&mut self, now: Instant) {
        let first = self.changed.map_or(now, |(first, _)| first);
        self.changed = Some((first, now));
    }

    /// A file is missing: scan again.
    pub(super) fn wish(&mut self, now: Instant) {
        if !self.scanning {
            self.scan_at = self.scan_at.or(Some(now + EVERY));
        }
    }

    /// Returns whether to scan now. A scan of a slow disk may take minutes, so there is only one at a time.
    pub(super) fn begin(&mut self, now: Instant) -> bool {
        let due = self.next_deadline().is_some_and(|next| next.at <= now);
        if due {
            (self.scan_at, self.changed, self.scanning) = (None, None, true);
        }
        due
    }

    /// A scan is complete.
    pub(super) fn read(&mut self, scan: &Scan, now: Instant) {
        self.scanning = false;
        self.growing = match scan.growing.is_empty() {
            true => 0,
            false => self.growing.saturating_add(1),
        };
        let pause = if self.growing > 0 {
            // Scan ever less often: copying a film may take an hour, and its end is reported.
            Some(Backoff::new(SETTLES, EVERY).pause(self.growing - 1))
        } else if !scan.missing.is_empty() || scan.files.is_empty() {
            Some(EVERY)
        } else {
            scan.untold.as_ref().map(|_| UNTOLD)
        };
        self.scan_at = pause.map(|pause| now + pause);
    }

    pub(super) fn next_deadline(&self) -> Option<Deadline> {
        let settled = self.changed.map(|(first, last)| (last + QUIET).min(first + PATIENCE));
        let at = [self.scan_at, settled].into_iter().flatten().min();
        at.filter(|_| !self.scanning).map(|at| Deadline { at, why: Why::MediaFolder })
    }
}

impl Kiosk {
    /// Starts a scan if one is due.
    pub(super) fn read_media(&mut self, now: Instant, effects: &mut Effects, wake: &mut Wake) {
        if self.media.begin(now) {
            effects.push(Effect::Scan);
        }
        wake.add(self.media.next_deadline());
    }

    /// A scan of the media folder is complete.
    pub(super) fn adopt_scan(&mut self, scan: Scan, now: Instant) {
        self.media.read(&scan, now);
        if self.media.scan != scan {
            let unusable = scan.missing.len() + scan.bad.len();
            self.common.trace.note(now, "", What::Scanned(scan.files.len(), unusable));
            let before = |all: &[(PathBuf, String)], one| all.contains(one);
            let missing = scan.missing.iter().filter(|one| !before(&self.media.scan.missing, one));
            let bad = scan.bad.iter().filter(|one| !before(&self.media.scan.bad, one));
            for (path, why) in missing.chain(bad) {
                self.common.trace.note(
                    now,
                    "",
                    What::Missing(format!("{}: {why}", path.display())),
                );
            }
            for (path, what) in scan.notes.iter().filter(|one| !before(&self.media.scan.notes, one))
            {
                let remark = What::Remark(format!("{}: {what}", path.display()));
                self.common.trace.note(now, "", remark);
            }
            for path in scan.growing.iter().filter(|path| !self.media.scan.growing.contains(path)) {
                self.common.trace.note(now, "", What::Copying(path.as_path().into()));
            }
            if let Some(why) =
                scan.untold.as_ref().filter(|_| self.media.scan.untold != scan.untold)
            {
                self.common.trace.note(now, "", What::Missing(why.clone()));
            }
            if scan.skipped > self.media.scan.skipped {
                self.common.trace.note(now, "", What::Full("media files"));
            }
            let last = &self.media.scan;
            let is_back = |path: &Path| last.lacks(path) && !scan.lacks(path);
            // Only after changes: while something is missing, the folder is read every few seconds, and sorting takes
            // time.
            for renderer in self.renderers.iter_mut() {
                if let Some(what) = renderer.resolve(&scan, is_back, now) {
                    self.common.trace.note(now, renderer.name(), what);
                }
            }
            self.panel.resolve(&scan);
        }
        self.media.scan = scan;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    /// A folder that was scanned completely.
    fn settled() -> MediaFolder {
        let mut folder = MediaFolder::new();
        assert!(folder.begin(at(0)));
        assert!(!folder.begin(at(0)), "one reading at a time");
        folder.read(&scan(), at(0));
        folder
    }

    fn scan() -> Scan {
        let file = crate::media::catalogue::MediaFile {
            path: std::path::Path::new("/m/a.mp4").into(),
            root: std::path::Path::new("/m").into(),
            media_type: crate::media::media_type::of_extension("mp4").expect("known"),
            size: 1,
            modified: 0,
            profile: None,
            subtitles: None,
        };
        Scan { files: vec![file], ..Scan::default() }
    }

    fn pauses(scan: &Scan, scans: usize) -> Vec<u64> {
        let mut folder = settled();
        let mut now = at(0);
        let mut next = || {
            folder.read(scan, now);
            let next = folder.next_deadline()?.at;
            let pause = next.since(core::mem::replace(&mut now, next)).as_secs();
            assert!(folder.begin(next));
            Some(pause)
        };
        (0..scans).map_while(|_| next()).collect()
    }

    #[test]
    fn it_is_read_when_it_is_quiet_or_has_not_been_quiet_for_long() {
        let mut folder = settled();
        assert_eq!(folder.next_deadline(), None, "all is well");
        folder.changed(at(1_000));
        folder.changed(at(1_900));
        assert!(!folder.begin(at(2_000)));
        assert!(folder.begin(at(2_900)));
        folder.changed(at(3_000));
        assert_eq!(folder.next_deadline(), None, "not while it is read");
        folder.read(&scan(), at(9_000));
        assert!(folder.begin(at(9_000)), "what changed meanwhile is not lost");
        folder.read(&scan(), at(9_000));
        (10..20).for_each(|second| folder.changed(at(second * 1_000)));
        assert_eq!(folder.next_deadline().map(|next| next.at), Some(at(20_000)));
    }

    #[test]
    fn it_is_read_again_while_something_is_not_as_it_should_be() {
        assert!(pauses(&scan(), 3).is_empty());
        let growing = Scan { growing: vec!["/m/b.mp4".into()], ..scan() };
        assert_eq!(pauses(&growing, 6), [2, 4, 8, 10, 10, 10]);
        let missing = Scan { missing: vec![("/m/c".into(), String::new())], ..scan() };
        assert_eq!(pauses(&missing, 2), [10, 10]);
        assert_eq!(pauses(&Scan::default(), 2), [10, 10]);
        let untold = Scan { untold: Some(String::new()), ..scan() };
        assert_eq!(pauses(&untold, 2), [60, 60]);
    }
}
