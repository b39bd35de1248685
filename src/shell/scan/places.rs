//! What one scan reads, and what it leaves to others.

use crate::config::{Config, ScheduledAction};
use std::path::{Path, PathBuf};

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

    pub(super) fn leaves_out(&self, path: &Path, size: u64, modified: i64) -> bool {
        let mut all = self.left_out.iter();
        all.any(|one| (&*one.0, one.1, one.2) == (path, size, modified))
    }
}
