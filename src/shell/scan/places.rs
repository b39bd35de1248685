//! What one scan reads, and what it leaves to others.

use crate::config::{Config, ScheduledAction};
use crate::shell::reader::mounts::plain;
use std::fs;
use std::path::{Path, PathBuf};

/// Links that are followed, as by the kernel: path_resolution(7).
const LINKS: usize = 40;

/// What one scan reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The media folders: the lines of a playlist may lead to whatever is in the same one.
    pub media_folders: Vec<PathBuf>,
    /// Files, folders and playlists that the configuration names.
    pub named: Vec<PathBuf>,
    /// Places below them where something is mounted that belongs to this scan.
    pub inside: Vec<PathBuf>,
    /// Where something is mounted, and whether this scan may go on there; longer paths first.
    pub mounts: Vec<(PathBuf, bool)>,
    /// Files that are not looked into, each with its size and the time of its last change.
    pub left_out: Vec<(PathBuf, u64, i64)>,
}

impl Places {
    /// Everything that `config` names. What is named comes first, so that full media folders cannot crowd it out.
    pub fn named(config: &Config) -> impl Iterator<Item = &Path> {
        let ruled = config.rules.iter().flat_map(|rule| &rule.plays);
        let chosen = config.buttons.iter().flat_map(|button| &button.choice.plays);
        let scheduled = config.schedule.iter().flat_map(|entry| match &entry.then {
            ScheduledAction::Play(plays) => &plays[..],
            ScheduledAction::Stop | ScheduledAction::Blackout => &[],
        });
        let all = ruled.chain(chosen).chain(scheduled).chain(&config.media_folders);
        all.map(PathBuf::as_path)
    }

    /// Whether the way from the folder `from` to `to` leads into a mount that is left to another scan.
    pub(super) fn cross(&self, from: &Path, to: &Path) -> bool {
        let mount = |path: &Path| self.mounts.iter().find(|(at, _)| path.starts_with(at));
        mount(to).is_some_and(|found| !found.1 && mount(from) != Some(found))
    }

    /// Where a path of the configuration leads by links, if that is on a disk that is left to another scan. Looks at the links, and
    /// at nothing on that disk.
    pub(super) fn leads_away(&self, path: &Path) -> Option<PathBuf> {
        let mut at = plain(path);
        if !self.is_mine(&at) {
            return None;
        }
        for _ in 0..LINKS {
            let mut prefixes: Vec<&Path> = at.ancestors().collect();
            prefixes.reverse();
            let link = |prefix: &Path| Some((prefix.to_owned(), fs::read_link(prefix).ok()?));
            let (link, to) = prefixes.into_iter().find_map(link)?;
            let rest = at.strip_prefix(&link).ok()?;
            at = plain(&link.parent()?.join(to).join(rest));
            if !self.is_mine(&at) {
                return Some(at);
            }
        }
        None
    }

    fn is_mine(&self, path: &Path) -> bool {
        self.mounts.iter().find(|(at, _)| path.starts_with(at)).is_none_or(|(_, mine)| *mine)
    }

    pub(super) fn leaves_out(&self, path: &Path, size: u64, modified: i64) -> bool {
        let mut all = self.left_out.iter();
        all.any(|one| (&*one.0, one.1, one.2) == (path, size, modified))
    }
}
