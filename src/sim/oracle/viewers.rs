//! What follows from the deed of a viewer, and from the return of a renderer or of the box.

use super::intent::{Circumstances, Intent, Mode};
use super::judge::NEXT_START;
use crate::time::Duration;

/// How long a viewer has a renderer where the box insists: the first time, the second, and from then on.
const INSISTS_AFTER: [u64; 3] = [10, 30, 60];

/// How long a viewer's deed holds at least where the box insists.
const PEACE: Duration = Duration::from_secs(8);

/// A viewer who stops a renderer once more within this time is left in peace.
const AGAIN: Duration = Duration::from_secs(20);

/// How long the box may need to notice what a viewer did.
pub(super) const NOTICES: Duration = Duration::from_secs(12);

impl Intent {
    /// A viewer stops the renderer, pauses it, plays something else, or switches it off.
    pub(super) fn viewer(mut self, did: Mode, why: Circumstances<'_>) -> Vec<Self> {
        self.off_since = None;
        let foreign = self.foreign || did == Mode::TakenOver;
        let was = self.mode;
        // A clip that a viewer stops is over.
        let clips = if did == Mode::ViewerPaused { self.clips } else { 0 };
        let ends_clip = self.clips > 0 && was != Mode::Play;
        let mut after = Self { mode: did, clips, foreign, viewers_own: false, ..self.clone() };
        after.clip_paused |= clips > 0;
        if why.room.insists {
            let wait = Duration::from_secs(INSISTS_AFTER[self.stops.min(2)]);
            after.stops += 1;
            let until = why.now + wait + NOTICES;
            let earliest = if why.unclear { why.now } else { why.now + PEACE };
            after.mode = Mode::Insists(earliest, until);
        }
        let mut all = vec![after.clone(), Self { mode: did, ..after }];
        if !matches!(was, Mode::Play | Mode::Insists(..)) || why.unclear || !why.able {
            all.push(Self { foreign, place: None, ..self.clone() });
        }
        if why.unconfirmed && self.mistook.is_none_or(|before| before + AGAIN < why.now) {
            // The stop looks like the end of the file.
            let next = self.after_end(why).into_iter();
            all.extend(next.map(|next| Self { mistook: Some(why.now), ..next }));
        }
        if why.near_end && !why.room.repeat && was == Mode::Play {
            let next = self.after_end(why).into_iter();
            all.extend(next.filter(|next| next.mode == Mode::Finished));
        }
        if why.room.group.is_some() {
            // A member that a viewer stopped joins at the next start.
            let next = Mode::Insists(why.now, why.now + NEXT_START);
            all.push(Self { mode: next, place: None, ..all[0].clone() });
        }
        if clips > 0 {
            // He pauses the clip; what is beneath it plays, or rests, as before.
            all.push(Self { clip_paused: true, ..self.clone() });
        }
        if self.clips > 0 && clips == 0 && why.starting {
            // In its first two seconds, a stop looks like a failure: what was there before goes on.
            all.push(Self { clips: 0, place: None, ..self.clone() });
        }
        if ends_clip {
            // What rested before the clip rests again.
            all.push(Self { clips: 0, foreign, ..self.clone() });
        }
        if why.now < self.card_until + Duration::from_secs(10) {
            // The viewer did it to the card.
            all.push(Self { viewers_own: true, ..self.clone() });
        }
        if why.room.insists && did == Mode::ViewerStopped && self.clips == 0 && why.able {
            // It is said that the box starts a stopped renderer again.
            all.remove(1);
        }
        all
    }

    /// The renderer loses its power. Close to its end, the last file of a list may count as over.
    pub(super) fn loses_power(self, why: Circumstances<'_>) -> Vec<Self> {
        let over = |next: &Self| next.mode == Mode::Finished;
        let last = why.near_end && !why.room.repeat && self.mode == Mode::Play;
        let ends = if last { self.after_end(why) } else { Vec::new() };
        let mut all: Vec<Self> = ends.into_iter().filter(over).collect();
        all.push(self);
        all
    }

    /// What may follow the file: the next one, or the end of the list.
    fn after_end(&self, why: Circumstances<'_>) -> Vec<Self> {
        if self.clips > 0 {
            return vec![Self { clips: self.clips - 1, clip_seen: false, ..self.clone() }];
        }
        let content = self.content(why.room, why.files);
        let list = content.files();
        let there = |at: &usize| why.files.contains(&list[at % list.len()]);
        let next = self.place.and_then(|at| (at + 1..=at + list.len()).find(there));
        let over = Self { mode: Mode::Finished, ..self.clone() };
        match next {
            Some(next) if why.room.repeat || next < list.len() => {
                vec![Self { place: Some(next % list.len()), ..self.clone() }]
            }
            Some(_) => vec![over],
            None if why.room.repeat => vec![Self { place: None, ..self.clone() }],
            None => vec![Self { place: None, ..self.clone() }, over],
        }
    }

    /// A viewer presses play on the remote control.
    pub(super) fn viewer_plays(mut self, why: Circumstances<'_>) -> Vec<Self> {
        self.off_since = None;
        match self.mode {
            Mode::Play if self.closed(why) => {
                // The box goes on from there, as after play at the box: with what the table says.
                let as_at_the_box = self.clone().play(true, why);
                let own = Self { viewers_own: true, ..self.clone() };
                [own, self].into_iter().chain(as_at_the_box).collect()
            }
            Mode::Play if !self.clip_paused => vec![self],
            // The clip plays already.
            _ if self.clips > 0 && !self.clip_paused => {
                vec![Self { mode: Mode::Play, ..self.clone() }, self]
            }
            _ if self.clips > 0 && !why.unclear => {
                let on = Self { clip_paused: false, ..self.clone() };
                let paused = matches!(self.mode, Mode::ViewerPaused | Mode::Insists(..));
                let too = paused.then(|| Self { mode: Mode::Play, ..on.clone() });
                [on].into_iter().chain(too).collect()
            }
            Mode::Play | Mode::ViewerPaused if !why.unclear => {
                vec![Self { mode: Mode::Play, clip_paused: false, ..self }]
            }
            _ => {
                let free = Self { viewers_own: true, clip_paused: false, ..self.clone() };
                let table_now = self.table_now || self.closed(why);
                let plays = Self { mode: Mode::Play, table_now, place: None, ..self.clone() };
                vec![plays, self, free]
            }
        }
    }

    /// The renderer was off, or could not be reached, or the box was restarted.
    pub(super) fn returns(mut self, why: Circumstances<'_>) -> Vec<Self> {
        self.off_since = None;
        self.forget_place();
        let own = (self.viewers_own || self.foreign).then(|| self.clone());
        self.foreign = false;
        self.viewers_own = false;
        let fresh = Self { clips: 0, ..self.reset(why.room) };
        let mut all = vec![Self { clips: 0, ..self.clone() }];
        if self.clips > 0 {
            all.push(self.clone());
        }
        // What a viewer plays may go on.
        all.extend(own);
        let scheduled = !self.windows.is_empty();
        match self.mode {
            // What plays goes on.
            Mode::Play => {}
            // It plays what the schedule says, or what a person asked for before.
            Mode::SwitchedOff => {
                let asked = Self { mode: Mode::Play, ..all[0].clone() };
                all.push(Self { mode: Mode::Play, ..fresh.clone() });
                if scheduled || why.room.autoplay {
                    all.clear();
                }
                all.push(asked);
                all.push(fresh);
            }
            // The README does not say whether a viewer's deed outlives the power: what was asked for before may play.
            Mode::ViewerStopped | Mode::ViewerPaused => {
                let asked = Self { mode: Mode::Play, ..all[0].clone() };
                all.extend([asked, fresh]);
            }
            _ => all.push(fresh),
        }
        all
    }

    /// The box forgets what people did, or remembers it.
    pub(super) fn box_restarts(self, why: Circumstances<'_>) -> Vec<Self> {
        let forgets = Self { choice: None, clips: 0, ..self.reset(why.room) };
        // What plays is picked up, also where nothing starts by itself.
        let goes_on = Self { choice: None, clips: 0, mode: Mode::Play, ..forgets.clone() };
        let mut all = self.clone().returns(why);
        // What stands paused when the box starts counts as paused at the box.
        let paused = |intent: &Self| matches!(intent.mode, Mode::ViewerPaused | Mode::Insists(..));
        let stands = all.iter().filter(|intent| paused(intent)).cloned();
        let stands: Vec<Self> =
            stands.map(|stands| Self { mode: Mode::Paused, ..stands }).collect();
        all.extend(stands);
        // What still plays is served to its end.
        all.push(Self { viewers_own: true, ..forgets.clone() });
        all.push(forgets);
        if self.mode == Mode::Play {
            all.push(goes_on);
        }
        all
    }
}
