//! Whether what is on a screen fits an intent, and what follows from it for that intent: the next file of its list, the
//! end of its list, the end of a clip.

use super::intent::{Content, Intent, Mode};
use super::judge::{GAP, Judged, NEXT_START};
use super::screen::{Screen, Showing};
use super::script::{CLIP, List, Room};
use crate::time::{Duration, Instant};

/// A file counts as played to its end if it was seen this close to its end: one look each second.
pub(super) const END: Duration = Duration::from_secs(4);

impl Judged {
    /// The list may be over, and not loop: what is wanted then.
    pub(super) fn finish(
        &self,
        intent: &Intent,
        content: &Content,
        screen: Screen,
        files: &[&'static str],
        room: &Room,
        now: Instant,
    ) -> Option<Intent> {
        if room.repeat || screen != Screen::Dark || intent.mode != Mode::Play || intent.clips > 0 {
            return None;
        }
        let list = content.files();
        let showing = self.showing.filter(|showing| self.blind || showing.ends(END))?;
        let at = list.iter().position(|file| *file == showing.file)?;
        // After an order, what was shown before says nothing.
        if intent.place.map_or(now < self.calm_at, |place| place != at) {
            return None;
        }
        let missing = |file: &&str| self.lacks(file) || !files.contains(file);
        let over = room.list == List::Shuffled || list[at + 1..].iter().all(missing);
        over.then(|| Intent { mode: Mode::Finished, ..intent.clone() })
    }

    /// A member of a group may be dark until its next start: it was away, does not play the file, or is so slow that
    /// the others do not wait for it.
    pub(super) fn joins_later(&self, now: Instant) -> bool {
        let slow = self.slack >= Duration::from_secs(2);
        now < self.apart_at + NEXT_START || self.lacks_any() || slow
    }

    /// A showing begins. Returns whether it may.
    pub(super) fn begin(
        &self,
        intent: &mut Intent,
        content: &Content,
        before: Option<Showing>,
        files: &[&'static str],
        calm: bool,
        room: &Room,
    ) -> bool {
        let Some(now) = self.showing else { return true };
        let list = content.files();
        let (Some(before), Some(at)) = (before, intent.place) else { return true };
        if self.stale == Some(before.file) {
            // A part of it that is gone may be asked for: the replacement or the next file starts at once.
            intent.place = None;
            return true;
        }
        // Where the box insists, the file may begin again.
        let insists = matches!(intent.mode, Mode::Insists(..));
        if insists && before.ends(END) && list.get(at).is_some_and(|file| *file == before.file) {
            intent.place = Some(self.next(list, at, files, now.file));
        }
        if insists || list.is_empty() || intent.clips > 0 || !list.contains(&now.file) {
            return true;
        }
        // Without positions, nobody can tell a file that stood still from one that is over.
        let whole = before.ends(END) || (self.blind && calm);
        let current = list[at % list.len()];
        if !whole && before.file == now.file && now.file == current {
            // What breaks off in the middle is tried again.
            return !calm || self.broken.contains(&now.file);
        }
        let last = !room.repeat && at + 1 == list.len() && list == room.list.files();
        if whole && last && before.file == current && intent.mode == Mode::Play {
            return !calm;
        }
        if whole && before.file == current {
            intent.place = Some(self.next(list, at, files, now.file));
        }
        true
    }

    /// The place in the list that follows `at`. Files that are gone or do not play on this renderer may be left out.
    fn next(&self, list: &[&'static str], at: usize, files: &[&'static str], seen: &str) -> usize {
        let mut next = (at + 1) % list.len();
        for _ in 0..list.len() {
            let file = list[next];
            if file == seen || (files.contains(&file) && !self.lacks(file)) {
                break;
            }
            next = (next + 1) % list.len();
        }
        next
    }

    /// Notes that a clip is seen, or over. Returns whether one is over.
    pub(super) fn end_clip(
        &self,
        intent: &mut Intent,
        screen: Screen,
        before: Option<Showing>,
        begins: bool,
    ) -> bool {
        if intent.clips == 0 {
            return false;
        }
        let shows = matches!(screen, Screen::Ours(CLIP, _));
        let was = before.filter(|showing| showing.file == CLIP && showing.ends(END));
        let over = intent.clip_seen && was.is_some() && (begins || !shows);
        intent.clip_seen |= shows;
        if over {
            intent.clips -= 1;
            intent.clip_seen = false;
        }
        over
    }

    pub(super) fn fits(
        &self,
        intent: &mut Intent,
        content: &Content,
        screen: Screen,
        files: &[&'static str],
        now: Instant,
        room: &Room,
    ) -> bool {
        if matches!(screen, Screen::Ours("identify.jpg", _))
            && now <= intent.card_until + GAP + self.waits.unwrap_or(self.slack)
        {
            return true;
        }
        if screen == Screen::Foreign && intent.foreign {
            return intent.mode != Mode::Play || *content == Content::Nothing;
        }
        let plays = match (content, screen) {
            // The place belongs to what goes on after the clip.
            _ if *content == Content::File(CLIP) => matches!(screen, Screen::Ours(CLIP, true)),
            (Content::Nothing, _) => screen == Screen::Dark,
            (Content::Black, _) => matches!(screen, Screen::Ours("black.jpg", _)),
            (_, Screen::Ours(file, true)) => {
                let list = content.files();
                // A person may go to a file that does not play here: then the next one follows.
                if let Some(at) = intent.place
                    && list.get(at).is_some_and(|current| self.lacks(current))
                {
                    let next = self.next(list, at, files, file);
                    intent.place = Some(if list[next] == file { next } else { at });
                }
                match intent.place.and_then(|at| list.get(at)) {
                    Some(current) => *current == file,
                    None => {
                        // While the screen may be wrong, it says nothing about what follows.
                        let seen = list.iter().position(|name| *name == file);
                        let ordered = room.list != List::Shuffled || list != room.list.files();
                        intent.place = seen.filter(|_| ordered && now >= self.calm_at);
                        seen.is_some()
                    }
                }
            }
            // No file of the list plays on this renderer.
            (_, Screen::Dark) => {
                content.files().iter().all(|file| self.lacks(file) || !files.contains(file))
            }
            _ => false,
        };
        match intent.mode {
            _ if intent.viewers_own => true,
            _ if intent.clips > 0 && intent.clip_paused => {
                matches!(screen, Screen::Dark | Screen::Ours(_, false))
            }
            // A clip is played whatever the mode.
            _ if intent.clips > 0 => plays,
            Mode::Play => plays,
            Mode::Paused | Mode::ViewerPaused => match screen {
                Screen::Ours(file, moves) => !moves || file == "black.jpg",
                Screen::Dark => true,
                _ => false,
            },
            Mode::Insists(earliest, _) => {
                (plays && now >= earliest)
                    || matches!(screen, Screen::Dark | Screen::Ours(_, false))
            }
            Mode::NotAsked
            | Mode::Finished
            | Mode::Stopped
            | Mode::ViewerStopped
            | Mode::TakenOver
            | Mode::SwitchedOff => screen == Screen::Dark,
        }
    }
}
