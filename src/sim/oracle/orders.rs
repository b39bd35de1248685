//! What follows from the order of a person at the box: one reading, or several where the README leaves it open.

use super::intent::{Choice, Circumstances, Content, Intent, Mode};
use super::judge::NEXT_START;
use super::script::{CLIP, FOR_A_TIME, FOR_GOOD, LASTS, Order};
use crate::time::Duration;

impl Intent {
    /// A person gives an order. Returns all readings of what follows.
    pub(super) fn order(mut self, order: Order, why: Circumstances<'_>) -> Vec<Self> {
        self.off_since = None;
        let dark = self.closed(why);
        // A viewer's deed a moment ago may be noticed after the order.
        // What he started on a member of a group goes on until the group starts the next file.
        let goes_on = why.unclear || why.room.group.is_some();
        let raced = (self.viewers_own && goes_on).then(|| self.clone());
        if matches!(order, Order::Play | Order::ChooseForATime | Order::ChooseForGood) {
            self.stops = 0;
        }
        self.viewers_own &= matches!(
            order,
            Order::VolumeUp
                | Order::VolumeDown
                | Order::Mute
                | Order::Identify
                | Order::SeekForward
                | Order::SeekBack
        );
        let mut all = match order {
            Order::Play => self.play(dark, why),
            // Who plays decides for all: the runner says which of the two it is.
            Order::PlayPause => [self.clone().play(dark, why), self.pause(dark)].concat(),
            Order::Pause => self.pause(dark),
            Order::Stop => vec![Self { clips: 0, mode: Mode::Stopped, foreign: false, ..self }],
            Order::Next | Order::Previous => self.skip(order == Order::Next, dark, why),
            Order::Clip => self.about_to_end(why).clip(why),
            Order::Identify => {
                self = self.about_to_end(why);
                let shown = Self { card_until: why.now + Duration::from_secs(10), ..self };
                // A viewer's film that was not noticed yet is not what comes after the card.
                let unnoticed = (why.unclear && shown.foreign)
                    .then(|| Self { mode: Mode::Play, ..shown.clone() });
                unnoticed.into_iter().chain([shown]).collect()
            }
            Order::ChooseForATime => {
                let until = Some(why.now + Duration::from_secs(LASTS));
                self.choose(Choice { files: &FOR_A_TIME, until })
            }
            Order::ChooseForGood => self.choose(Choice { files: &FOR_GOOD, until: None }),
            Order::Automatic => {
                // What a person stopped may stay stopped; the README speaks of the choice alone.
                let same = if self.choice.is_some() { None } else { self.place };
                let free = Self { choice: None, place: same, ..self };
                let mut all = vec![free.reset(why.room), Self { clips: 0, ..free.reset(why.room) }];
                all.push(Self { mode: Mode::Play, ..all[1].clone() });
                all.push(Self { clips: 0, ..free.clone() });
                all.push(free);
                all
            }
            Order::SeekForward | Order::SeekBack => {
                // Close to its end, a file may be over, or begin anew.
                let place = self.place.filter(|_| !why.unclear);
                vec![Self { place, ..self }]
            }
            Order::Mute | Order::VolumeUp | Order::VolumeDown => vec![self],
        };
        all.extend(raced);
        all
    }

    pub(super) fn play(self, dark: bool, why: Circumstances<'_>) -> Vec<Self> {
        let table_now = self.table_now || (dark && self.choice.is_none());
        let place = if dark || self.foreign { None } else { self.place };
        // A file that was stopped may begin again, or the list may.
        let stopped = !matches!(self.mode, Mode::Play | Mode::Paused | Mode::ViewerPaused);
        // Nor is it said which file goes on that is over when the order comes.
        let place = place.filter(|_| !stopped && !why.near_end);
        let on = Self { mode: Mode::Play, table_now, place, foreign: false, ..self.clone() };
        let on = Self { clip_paused: false, ..on };
        if self.clips > 0 {
            // Play may be meant for the clip alone.
            let clip = Self { clip_paused: false, ..self.clone() };
            // Nothing is said about play during a clip while the schedule wants darkness beneath it.
            let table =
                Self { table_now: true, mode: Mode::Play, clip_paused: false, place: None, ..self };
            return vec![on, clip, table];
        }
        let mut all = vec![on];
        if why.room.group.is_some() && self.foreign {
            // A member joins at the next start.
            let next = Mode::Insists(why.now, why.now + NEXT_START);
            all.push(Self { mode: next, foreign: true, ..all[0].clone() });
            if !why.room.repeat {
                // There may be no other start.
                all.push(Self { mode: Mode::Finished, foreign: true, ..all[0].clone() });
            }
        }
        all
    }

    fn pause(self, dark: bool) -> Vec<Self> {
        if self.clips > 0 {
            let clip = Self { clip_paused: true, ..self.clone() };
            return vec![Self { mode: Mode::Paused, ..clip.clone() }, clip];
        }
        let paused = Self { mode: Mode::Paused, ..self.clone() };
        match self.mode {
            _ if dark => vec![paused, self],
            Mode::Play | Mode::Paused => vec![paused],
            // Nothing is said about the pause of what does not play.
            _ => vec![paused, self],
        }
    }

    fn skip(self, forward: bool, dark: bool, why: Circumstances<'_>) -> Vec<Self> {
        let plays = self.mode == Mode::Play && !dark && self.clips == 0;
        let content = self.content(why.room, why.files);
        let list = content.files();
        // What a person goes to from a file that is gone is not said.
        let all_there = list.iter().all(|file| why.files.contains(file));
        let place = self.place.filter(|_| plays && !why.unclear && all_there);
        let step = if forward { 1 } else { list.len().saturating_sub(1) };
        let place = place.map(|at| (at + step) % list.len().max(1));
        if plays {
            return vec![Self { place, ..self }];
        }
        // Nor from where a person goes who goes on from what does not play.
        let moved = Self { place: None, below: None, ..self.clone() };
        let on = Self { mode: Mode::Play, foreign: false, ..moved.clone() };
        let table = Self { table_now: true, ..on.clone() };
        let out = Self { clips: 0, ..on.clone() };
        let clip = Self { clip_paused: false, clip_seen: false, ..on.clone() };
        let beneath = Self { clips: 0, clip_paused: false, ..self.clone() };
        vec![moved, on, table, out, clip, beneath, self]
    }

    /// A file that is about to end may be over after what takes its place.
    fn about_to_end(mut self, why: Circumstances<'_>) -> Self {
        self.place = self.place.filter(|_| !why.unclear);
        self
    }

    fn clip(self, why: Circumstances<'_>) -> Vec<Self> {
        let dropped = !why.files.contains(&CLIP);
        if dropped {
            return vec![self];
        }
        let clips = match self.clips {
            0 => 1,
            more if why.room.queues => more + 1,
            _ => 1,
        };
        let with = Self { clips, clip_seen: false, clip_paused: false, ..self.clone() };
        // Where nothing played before, nothing plays afterwards.
        let mut all = vec![with.clone()];
        if matches!(self.mode, Mode::Insists(..) | Mode::SwitchedOff) {
            all.push(Self { mode: Mode::Play, ..with });
        }
        if !why.able || why.unclear || self.mode == Mode::SwitchedOff {
            all.push(self);
        }
        all
    }

    fn choose(self, choice: Choice) -> Vec<Self> {
        // It ends a clip, too.
        let ends = Self { clips: 0, clip_paused: false, clip_seen: false, ..self };
        let choice = Some(choice);
        vec![Self { choice, mode: Mode::Play, place: None, foreign: false, ..ends }]
    }

    /// Whether `play_pause` finds the renderer playing; `None` where nothing is said about it.
    pub(super) fn counts_as_playing(&self, why: Circumstances<'_>) -> Option<bool> {
        let content = self.content(why.room, why.files);
        match self.mode {
            _ if !why.able => None,
            Mode::Play if content == Content::Nothing => None,
            Mode::Play if content == Content::Black => None,
            Mode::Play => Some(true),
            _ if self.clips > 0 => None,
            Mode::NotAsked | Mode::Paused | Mode::Stopped | Mode::Finished => Some(false),
            Mode::ViewerStopped | Mode::ViewerPaused => Some(false),
            Mode::TakenOver | Mode::SwitchedOff | Mode::Insists(..) => None,
        }
    }
}
