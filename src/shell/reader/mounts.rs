//! Which disk a path is on, without touching the disk: by the list of mounts in `/proc/self/mountinfo` (proc_pid_mountinfo(5)).
//!
//! What hangs, hangs as a whole: a stick, a share, a card. So each such *disk* (a device number of the list) has readers of its
//! own, and none of them goes into another disk.

use crate::limits::{MOUNTS, READERS};
use crate::media::foreign::is_foreign;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

/// The list of mounts.
pub(super) const LIST: &str = "/proc/self/mountinfo";

/// The mounts of this process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mounts(Vec<Mount>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    pub(super) at: PathBuf,
    /// Major and minor number.
    pub(super) device: String,
}

/// What one reader scans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) device: String,
    /// Files, folders and playlists of the configuration.
    pub(super) named: Vec<PathBuf>,
    /// Places below them where this disk is mounted.
    pub(super) inside: Vec<PathBuf>,
}

impl Share {
    /// Its paths that are not below another one of them.
    pub(super) fn tops(&self) -> impl Iterator<Item = &PathBuf> {
        let all = || self.named.iter().chain(&self.inside);
        let is_below = |path: &Path, other: &Path| path != other && path.starts_with(other);
        let top = move |path: &PathBuf| !all().any(|other| is_below(path, other));
        let inside = self.inside.iter().filter(|path| !self.named.contains(path));
        self.named.iter().chain(inside).filter(move |path| top(path))
    }
}

impl Mounts {
    /// Reads the list. Without one, all is one disk.
    pub(super) fn read() -> Self {
        fs::read(LIST).map(|list| Self::parse(&list)).unwrap_or_default()
    }

    fn parse(list: &[u8]) -> Self {
        let mut mounts: Vec<Mount> = Vec::new();
        for line in list.split(|byte| *byte == b'\n') {
            let mut words = line.split(|byte| *byte == b' ');
            let (Some(device), Some(at)) = (words.nth(2), words.nth(1)) else { continue };
            let device = String::from_utf8_lossy(device).into_owned();
            let at = PathBuf::from(OsString::from_vec(unescaped(at)));
            // What is mounted later at the same place hides what was there.
            mounts.retain(|mount| mount.at != at);
            mounts.push(Mount { at, device });
        }
        // Longer paths first.
        mounts.sort_by_key(|mount| core::cmp::Reverse(mount.at.as_os_str().len()));
        mounts.truncate(MOUNTS);
        Self(mounts)
    }

    /// The disk on which `path` is.
    pub(super) fn of(&self, path: &Path) -> &str {
        let mount = self.0.iter().find(|mount| path.starts_with(&mount.at));
        mount.map_or("", |mount| &mount.device)
    }

    pub(super) fn all(&self) -> &[Mount] {
        &self.0
    }

    /// Divides what the configuration names among the disks on which it is. Each path comes once.
    pub(super) fn shares<'a>(&self, named: impl Iterator<Item = &'a Path>) -> Vec<Share> {
        let mut shares = Vec::new();
        for path in named {
            let share = share(&mut shares, self.of(path));
            if !share.named.iter().any(|known| known == path) {
                share.named.push(path.to_owned());
            }
            for mount in &self.0 {
                if mount.at == path || !mount.at.starts_with(path) {
                    continue;
                }
                let crosses = mount.at.parent().is_some_and(|above| self.of(above) != mount.device);
                let mut way = mount.at.ancestors().take_while(|place| *place != path);
                if crosses && !way.any(is_foreign) {
                    let share = self::share(&mut shares, &mount.device);
                    if !share.inside.contains(&mount.at) {
                        share.inside.push(mount.at.clone());
                    }
                }
            }
        }
        shares
    }
}

/// The share of this disk. Where there are too many disks, the last ones share a reader.
fn share<'a>(shares: &'a mut Vec<Share>, device: &str) -> &'a mut Share {
    let known = shares.iter().position(|share| share.device == device);
    let at = known.unwrap_or_else(|| {
        if shares.len() < READERS {
            shares.push(Share { device: device.to_owned(), ..Share::default() });
        }
        shares.len() - 1
    });
    &mut shares[at]
}

/// Without the octal escapes that the kernel writes for blanks, tabs, line feeds and backslashes.
fn unescaped(word: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((&first, others)) = rest.split_first() {
        let code = others.get(..3).filter(|_| first == b'\\');
        let code = code.and_then(|code| u8::from_str_radix(str::from_utf8(code).ok()?, 8).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &others[3..] } else { others };
    }
    bytes
}

/// The path without `.` and `..`, as far as that can be said without a look at the disk.
pub(in crate::shell) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\
        22 28 0:20 / /proc rw,relatime - proc proc rw\n\
        28 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw\n\
        90 28 0:50 / /m/my\\040stick rw shared:1 - autofs systemd-1 rw\n\
        91 90 8:17 / /m/my\\040stick rw - exfat /dev/sdb1 rw\n\
        92 28 8:2 /home /home ro - ext4 /dev/sda2 rw\n\
        93 91 8:2 / /m/my\\040stick/back rw - ext4 /dev/sda2 rw\n\
        94 28 0:60 / /m/.trash rw - fuse x rw\n\
        not a line\n";

    fn shares(named: &[&str]) -> Vec<(String, Vec<String>, Vec<String>)> {
        let shown = |paths: Vec<PathBuf>| paths.iter().map(|it| it.display().to_string()).collect();
        let shares = Mounts::parse(LIST.as_bytes()).shares(named.iter().map(Path::new));
        shares.into_iter().map(|one| (one.device, shown(one.named), shown(one.inside))).collect()
    }

    fn expected(
        device: &str,
        named: &[&str],
        inside: &[&str],
    ) -> (String, Vec<String>, Vec<String>) {
        let owned = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect();
        (device.to_owned(), owned(named), owned(inside))
    }

    #[test]
    fn each_disk_has_its_share_of_what_is_named_and_of_what_is_mounted_below() {
        assert_eq!(
            shares(&["/m", "/home/film.mp4", "/m/my stick/a", "/m"]),
            [
                expected("8:2", &["/m", "/home/film.mp4"], &["/m/my stick/back"]),
                expected("8:17", &["/m/my stick/a"], &["/m/my stick"]),
            ]
        );
        assert_eq!(shares(&["/proc/x"]), [expected("0:20", &["/proc/x"], &[])]);
        let none = Mounts::default().shares([Path::new("/m")].into_iter());
        assert_eq!((none.len(), none[0].named.len()), (1, 1), "without a list there is one disk");
    }

    #[test]
    fn a_disk_is_named_by_what_is_not_below_another_name_of_it() {
        let named = ["/m/a/film.mp4", "/m", "/m/a", "/home"].map(Path::new);
        let shares = Mounts::parse(LIST.as_bytes()).shares(named.into_iter());
        let tops = |share: &Share| share.tops().cloned().collect::<Vec<_>>();
        assert_eq!(tops(&shares[0]), [Path::new("/m"), Path::new("/home")]);
        assert_eq!(tops(&shares[1]), [Path::new("/m/my stick")]);
    }

    #[test]
    fn no_more_readers_than_there_may_be_are_asked_for() {
        let line = |n: usize| format!("9 9 0:{n} / /m/{n} rw - ext4 x rw\n");
        let list: String = (0..100).map(line).collect();
        let shares = Mounts::parse(list.as_bytes()).shares([Path::new("/m")].into_iter());
        assert_eq!(shares.len(), READERS);
        assert_eq!(shares.iter().map(|share| share.inside.len()).sum::<usize>(), 100);
    }

    #[test]
    fn the_plain_path_has_no_detours() {
        assert_eq!(plain(Path::new("/m/./a/../b/../../../c")), Path::new("/c"));
    }
}
