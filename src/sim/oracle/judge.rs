//! Compares a screen with the intents of its renderer, every second.

use super::attempts::Attempts;
use super::cause::Cause;
use super::fits::END;
use super::intent::{Circumstances, Content, Intent, Mode};
use super::screen::{Screen, Showing};
use super::script::{CLIP, List, Room};
use super::viewers::NOTICES;
use super::volume::Loudness;
use super::witness::Witness;
use crate::time::{Duration, Instant};

/// A gap between two rounds.
pub(super) const GAP: Duration = Duration::from_secs(6);
/// Close to its end, what a deed meets is unclear: a stop cannot be told from the end.
const ABOUT_TO_END: Duration = Duration::from_secs(15);
/// The longest file of the rooms. A member of a group that was away joins at the next start.
pub(super) const NEXT_START: Duration = Duration::from_secs(1_600);
/// In its first two seconds, a stop looks like a failure; one look each second.
const BEGINNING: Duration = Duration::from_secs(3);
/// The picture of `blackout`.
pub(super) const BLACK: &str = "black.jpg";
/// A position that goes back by more than this is a new beginning.
const BACK: Duration = Duration::from_secs(3);

/// One renderer, its intents, and what was seen of it.
#[derive(Debug)]
pub(super) struct Judged {
    pub intents: Vec<Intent>,
    /// Until when its screen may be wrong, and why.
    pub calm_at: Instant,
    pub cause: Cause,
    /// How much later than others it may be.
    pub slack: Duration,
    /// What does not play on it.
    pub flawed: &'static [&'static str],
    /// What nobody can play.
    pub broken: Vec<&'static str>,
    pub attempts: Attempts,
    /// An older version of this file is on the screen.
    pub stale: Option<&'static str>,
    /// In a group, the longest that the others may wait for a member.
    pub waits: Option<Duration>,
    /// When it was last away, or had something else to do than its group.
    pub apart_at: Instant,
    /// The renderer does not say where in the file it is.
    pub blind: bool,
    /// It can go to a position, and tells it.
    pub resumes: bool,
    /// When a viewer did something last.
    pub viewer_at: Option<Instant>,
    /// A clip or a card was ordered that the renderer could not hear of: nobody knows yet where its file will go on.
    pub unheard: bool,
    /// What has ended by itself on it, so that the box knows for how long it is shown.
    pub ended: Vec<&'static str>,
    pub loudness: Loudness,
    pub witness: Witness,
    /// How often it was excused, for each cause.
    pub counts: Vec<(Cause, u64)>,
    pub showing: Option<Showing>,
    /// The intent that was contradicted last, as a sentence.
    pub complaint: String,
    /// Since when it was dark although it should play, and the longest such times.
    dark_since: Option<Instant>,
    pub longest: Vec<(Cause, Duration)>,
}

impl Judged {
    pub(super) fn new(
        intent: Intent,
        slack: Duration,
        flawed: &'static [&'static str],
        loudness: Loudness,
    ) -> Self {
        Self {
            intents: vec![intent],
            calm_at: Instant::START + Cause::Start.tolerance() + slack,
            cause: Cause::Start,
            slack,
            flawed,
            broken: Vec::new(),
            attempts: Attempts::default(),
            stale: None,
            waits: None,
            apart_at: Instant::START,
            blind: false,
            resumes: true,
            viewer_at: None,
            unheard: false,
            ended: Vec::new(),
            loudness,
            witness: Witness::default(),
            counts: vec![(Cause::Start, 1)],
            showing: None,
            complaint: String::new(),
            dark_since: None,
            longest: Vec::new(),
        }
    }

    /// Something happened: for a while, the screen may be wrong.
    pub(super) fn excuse(&mut self, now: Instant, cause: Cause) {
        match self.counts.iter_mut().find(|(other, _)| *other == cause) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((cause, 1)),
        }
        if cause != Cause::Layer {
            self.attempts.forget();
        }
        self.hold(now, cause);
    }

    /// Returns whether a file does not play on this renderer.
    pub(super) fn lacks(&self, file: &str) -> bool {
        self.flawed.contains(&file) || self.broken.contains(&file)
    }

    pub(super) fn lacks_any(&self) -> bool {
        !self.flawed.is_empty() || !self.broken.is_empty()
    }

    fn hold(&mut self, now: Instant, cause: Cause) {
        let until = now + cause.tolerance() + self.slack;
        if until > self.calm_at {
            (self.calm_at, self.cause) = (until, cause);
        }
    }

    /// It is unclear what a deed meets.
    pub(super) fn is_unclear(&self, now: Instant) -> bool {
        now < self.calm_at || self.showing.is_none() || self.is_near_end()
    }

    fn is_near_end(&self) -> bool {
        self.showing.is_some_and(|showing| self.witness.truly(showing).ends(ABOUT_TO_END))
    }

    /// What a deed, or the time, meets.
    pub(super) fn meets<'a>(
        &self,
        room: &'a Room,
        files: &'a [&'static str],
        now: Instant,
        able: bool,
    ) -> Circumstances<'a> {
        let viewer_busy = self.viewer_at.is_some_and(|at| now.since(at) < NOTICES + self.slack);
        let starting = self.showing.is_none_or(|showing| showing.at < BEGINNING);
        let (unclear, near_end) = (self.is_unclear(now), self.is_near_end());
        let unconfirmed = false;
        Circumstances {
            room,
            now,
            able,
            unclear,
            viewer_busy,
            near_end,
            starting,
            unconfirmed,
            files,
        }
    }

    /// Returns whether the box cannot know for how long the file is shown that is on the screen. It has seen that of a
    /// picture once it has seen that of any.
    pub(super) fn is_unconfirmed(&self) -> bool {
        let alike = |file: &str, other: &str| {
            let pictures = file.ends_with(".jpg") && other.ends_with(".jpg");
            file == other || (pictures && ![file, other].contains(&BLACK))
        };
        self.showing.is_some_and(|showing| !self.ended.iter().any(|file| alike(file, showing.file)))
    }

    /// Each intent is replaced by those that follow from it.
    pub(super) fn each(&mut self, follows: impl FnMut(Intent) -> Vec<Intent>) {
        let all: Vec<Intent> =
            core::mem::take(&mut self.intents).into_iter().flat_map(follows).collect();
        for intent in all {
            self.add(intent);
        }
    }

    pub(super) fn add(&mut self, intent: Intent) {
        match self.intents.iter_mut().find(|other| other.is_alike(&intent)) {
            Some(other) => {
                other.off_since = other
                    .off_since
                    .max(intent.off_since)
                    .filter(|_| other.off_since.is_some() && intent.off_since.is_some())
            }
            None => self.intents.push(intent),
        }
    }

    /// A second has passed and the renderer is able to play. Returns what is wrong.
    pub(super) fn look(
        &mut self,
        room: &Room,
        files: &[&'static str],
        now: Instant,
        screen: Screen,
        place: (Duration, Duration),
    ) -> Option<String> {
        let before = self.showing;
        let begins = self.follow(now, screen, place);
        let calm = now >= self.calm_at;
        if let Some(before) = before.filter(|before| {
            let over = begins || !matches!(screen, Screen::Ours(file, _) if file == before.file);
            over && before.ends(END)
        }) && !self.ended.contains(&before.file)
        {
            self.ended.push(before.file);
        }
        let seen = (before, self.showing);
        self.unheard &= !calm;
        let can = (begins, calm, self.resumes && !self.unheard);
        let promised = self.witness.look(now, screen, seen, can, self.slack);
        if promised.is_some() {
            return promised;
        }
        let list = self.wanted_list(room, files);
        if let Some(what) = self.look_at_tries(now, screen, list) {
            return Some(what);
        }
        let mut clip_over = false;
        for mut intent in core::mem::take(&mut self.intents) {
            let noticed = self.viewer_at.is_none_or(|at| now.since(at) > NOTICES + self.slack);
            if begins && noticed && self.waits.is_some() && intent.viewers_own {
                // What a viewer started on a member is over: it begins with its group.
                intent = Intent { viewers_own: false, place: None, ..intent };
            }
            let content = intent.content(room, files);
            let clips = intent.clips;
            let cut = begins && !self.begin(&mut intent, &content, before, files, calm, room);
            if self.broken.contains(&CLIP) && intent.clips > 0 {
                // What cannot be played is dropped at once.
                self.add(Intent { clips: 0, clip_seen: false, off_since: None, ..intent.clone() });
            }
            if self.end_clip(&mut intent, screen, before, begins) && clips != intent.clips {
                clip_over = true;
            }
            let content = intent.content(room, files);
            if let Some(over) = self.finish(&intent, &content, screen, files, room, now) {
                if content != Content::Files(room.list.files()) || room.list == List::Shuffled {
                    // It is not said whether `loop` is also meant for what takes the place of the table.
                    self.add(intent.clone());
                }
                intent = over;
            }
            let fits = self.fits(&mut intent, &content, screen, files, now, room);
            if fits {
                intent.off_since = None;
            } else if intent.off_since.is_none() {
                intent.off_since = Some(now);
            }
            let tries = match screen {
                Screen::Dark => self.tries(content.files(), intent.place),
                _ => Duration::ZERO,
            };
            let off = intent.off_since.map(|since| now.since(since)).unwrap_or_default();
            let still = matches!(screen, Screen::Dark | Screen::Ours(_, false));
            let gap = match self.waits.filter(|_| still) {
                // A black picture has no next start.
                Some(_) if content != Content::Black && self.joins_later(now) => NEXT_START,
                Some(waits) => GAP + waits + tries,
                None => GAP + self.slack + tries,
            };
            if off > GAP && self.waits.is_some() && self.joins_later(now) {
                // It joins at whatever file its group plays by then.
                intent.place = None;
            }
            if calm && (cut || off > gap) {
                self.complaint = if cut {
                    format!(
                        "{screen} begins again or follows before the end of the file before it; wanted {content:?}"
                    )
                } else {
                    format!(
                        "the screen is {screen}; wanted {content:?} in {:?}, file {:?}",
                        intent.mode, intent.place
                    )
                };
                continue;
            }
            self.add(intent);
        }
        if begins || !matches!(screen, Screen::Ours(file, _) if self.stale == Some(file)) {
            self.stale = None;
        }
        if clip_over {
            self.excuse(now, Cause::Layer);
        }
        self.measure(now, screen);
        self.intents.is_empty().then(|| self.complaint.clone())
    }

    /// The list of the table, if every intent wants it to play.
    fn wanted_list(&self, room: &Room, files: &[&'static str]) -> Option<&'static [&'static str]> {
        let list = room.list.files();
        let plays = |intent: &Intent| {
            intent.mode == Mode::Play && intent.content(room, files) == Content::Files(list)
        };
        self.intents.iter().all(plays).then_some(list)
    }

    /// Follows what is shown. Returns whether a showing begins.
    fn follow(
        &mut self,
        now: Instant,
        screen: Screen,
        (position, length): (Duration, Duration),
    ) -> bool {
        let Screen::Ours(file, _) = screen else { return false };
        let before = self.showing.filter(|showing| showing.file == file);
        let since = before.map_or(now, |showing| showing.since);
        let picture = file.ends_with(".jpg");
        let at = if picture { now.since(since) } else { position };
        let begins = before.is_none_or(|showing| at + BACK < showing.at);
        self.showing = Some(Showing { file, at, since, length });
        begins
    }

    /// Measures how long the renderer is dark although every intent wants a file on it.
    fn measure(&mut self, now: Instant, screen: Screen) {
        let wanted = self.intents.iter().all(|intent| intent.off_since.is_some());
        if screen != Screen::Dark || !wanted || self.intents.is_empty() {
            self.dark_since = None;
            return;
        }
        let since = *self.dark_since.get_or_insert(now);
        let dark = now.since(since);
        match self.longest.iter_mut().find(|(cause, _)| *cause == self.cause) {
            Some((_, longest)) => *longest = dark.max(*longest),
            None => self.longest.push((self.cause, dark)),
        }
    }

    /// The renderer cannot play, or cannot be reached: nothing is judged.
    pub(super) fn rest(&mut self, now: Instant, cause: Cause) {
        self.hold(now, cause);
        self.witness.forget();
        self.apart_at = now;
        self.dark_since = None;
        for intent in &mut self.intents {
            intent.off_since = None;
            intent.forget_place();
        }
    }

    /// Follows what the renderer shows while the box cannot reach it: its list may come to its end.
    pub(super) fn follow_unreached(
        &mut self,
        now: Instant,
        screen: Screen,
        place: (Duration, Duration),
        files: &[&'static str],
        room: &Room,
    ) {
        self.follow(now, screen, place);
        for intent in self.intents.clone() {
            let content = intent.content(room, files);
            if let Some(over) = self.finish(&intent, &content, screen, files, room, self.calm_at) {
                self.add(over);
            }
        }
    }
}
