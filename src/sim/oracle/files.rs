//! The files of a room: what is there, what can be played, and how long it truly is.

use super::cause::Cause;
use super::intent::{Content, Intent};
use super::judge::Judged;
use super::room::Run;
use super::screen::Screen;
use super::script::{Deed, FILES};
use crate::sim::world::Damage;
use crate::time::Duration;
use std::path::PathBuf;

/// The name of a file after its folder.
pub(super) fn name_of(path: &'static str) -> &'static str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The length of a file as it was first put there.
pub(super) fn length_of(name: &str) -> Duration {
    let file = FILES.iter().find(|(path, _)| name_of(path) == name);
    Duration::from_millis(file.map_or(0, |(_, millis)| *millis))
}

pub(super) fn paths(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(|name| format!("/m/{name}").into()).collect()
}

impl Run<'_> {
    /// How long what is on a screen truly is. An older version of the file may be on it.
    pub(super) fn length_on_screen(&self, node: usize, name: &str) -> Duration {
        let length = length_of(name);
        let known = self.world.nodes[node].renderer.length_on_screen();
        if length.is_zero() { length } else { known.unwrap_or(length) }
    }

    /// A file is removed, put back, spoilt or replaced. What is on a screen may go on to its end.
    pub(super) fn change_file(&mut self, deed: Deed) {
        let (Deed::Remove(file) | Deed::Put(file) | Deed::Spoil(file, _)) = deed else { return };
        let (path, millis) = FILES[file];
        let name = name_of(path);
        // Also where a file of a higher layer is there again.
        let end = |node| match self.screen(node).0 {
            Screen::Ours(shown, _) => self.length_on_screen(node, shown),
            _ => Duration::ZERO,
        };
        let ends: Vec<Duration> = (0..self.judged.len()).map(end).collect();
        let before = self.wanted();
        self.files.retain(|there| *there != name);
        self.broken.retain(|broken| *broken != name);
        if !matches!(deed, Deed::Remove(_)) {
            self.files.push(name);
        }
        match deed {
            Deed::Spoil(_, damage) => {
                if matches!(damage, Damage::Garbage | Damage::Unreadable | Damage::Hangs) {
                    self.broken.push(name);
                }
                self.world.put_damaged(path, millis, damage);
            }
            Deed::Put(_) => self.world.put(path, millis),
            _ => self.world.remove(path),
        }
        let after = self.wanted();
        for node in 0..self.judged.len() {
            let shown = self.screen(node).0;
            // A member of a group that is dark may join what the others play.
            let longest = ends.iter().max().filter(|_| self.script.room.group.is_some());
            let end = *longest.unwrap_or(&ends[node]);
            // Where the list stays the same, what is on the screen goes on, and then what follows.
            let same = before[node] == after[node] && self.script.room.group.is_none();
            let end = if same { Duration::ZERO } else { end };
            let judged = &mut self.judged[node];
            if matches!(shown, Screen::Ours(file, _) if file == name) {
                judged.stale = Some(name);
            }
            judged.excuse(self.world.now + end, Cause::Files);
            judged.ended.retain(|ended| *ended != name);
            judged.witness.forget();
            judged.intents.iter_mut().for_each(Intent::forget_place);
            judged.broken.clone_from(&self.broken);
        }
    }

    /// What the intents of each renderer want on its screen.
    fn wanted(&self) -> Vec<Vec<Content>> {
        let (room, files) = (&self.script.room, &self.files);
        let content = |intent: &Intent| intent.content(room, files);
        let of = |judged: &Judged| judged.intents.iter().map(content).collect();
        self.judged.iter().map(of).collect()
    }

    /// The stick with the media is pulled out or plugged in.
    pub(super) fn plug_stick(&mut self, there: bool) {
        self.stick = there;
        self.world.plug_disk(there);
        self.disk_returns();
    }

    /// The disk with the media hangs, or answers again.
    pub(super) fn hang_disk(&mut self, hangs: bool) {
        self.disk_hangs = hangs;
        self.world.hang_folder(hangs.then_some("/m"));
        self.disk_returns();
    }

    fn disk_returns(&mut self) {
        if self.stick && !self.disk_hangs {
            for node in 0..self.judged.len() {
                self.returns(node, Cause::Files);
            }
        }
    }
}
