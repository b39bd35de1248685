//! What is promised of a screen over some time: a card for ten seconds, and a file that goes on where it was.

use super::files::length_of;
use super::screen::{Screen, Showing};
use super::script::CLIP;
use crate::time::{Duration, Instant};

/// How long a card is to be shown: ten seconds, seen by one look each second.
const CARD: Duration = Duration::from_secs(9);
/// How much later than it was left a file may go on.
const AHEAD: Duration = Duration::from_secs(6);
/// How much earlier than it was left a file may go on: positions are whole seconds, and are asked for every few.
const BEHIND: Duration = Duration::from_secs(6);
/// For so long a renderer may show the beginning of a file before it is where it was.
const SEEKS: Duration = Duration::from_secs(8);
/// A file that was left this close to its end may be over.
const NEARLY_OVER: Duration = Duration::from_secs(20);

/// Between a file and the clip over it, the screen may be dark for so long.
const GAP: Duration = Duration::from_secs(4);
/// How far a person goes with one press.
const STEP: Duration = Duration::from_secs(10);

const CARD_FILE: &str = "identify.jpg";

/// What was seen of one renderer, and what is to follow from it.
#[derive(Debug, Default)]
pub(super) struct Witness {
    /// When a card was ordered, and since when it has been seen.
    card: Option<(Instant, Option<Instant>)>,
    /// What was on the screen when a clip or a card took its place, or when it was paused.
    left: Option<Showing>,
    /// Where a person went in a file that stands still. It goes there when it goes on.
    sought: Option<Duration>,
    /// A person went elsewhere in a file before it was known where it stands.
    astray: bool,
    looked_at: Instant,
    /// When a file was seen last.
    seen_at: Instant,
    /// It is on again, since then.
    goes_on: Option<(Showing, Instant)>,
}

impl Witness {
    /// Everything may change: nothing is promised any more.
    pub(super) fn forget(&mut self) {
        // What a person sought may still be where it goes on.
        let astray = self.astray || self.sought.is_some();
        *self = Self { astray, ..Self::default() };
    }

    /// Another clip or card comes over the card.
    pub(super) fn forget_card(&mut self) {
        self.card = None;
    }

    /// A deed after which a file goes on where it was, but perhaps at once.
    pub(super) fn forget_return(&mut self) {
        self.goes_on = None;
    }

    /// A person goes ahead or back in a file.
    pub(super) fn seek(&mut self, ahead: bool, still: bool) {
        match self.left.filter(|_| still) {
            Some(left) => {
                let last = length_of(left.file).saturating_sub(Duration::from_secs(1));
                let to = if ahead { left.at + STEP } else { left.at.saturating_sub(STEP) };
                self.sought = Some(to.min(last));
                self.left = Some(self.truly(left));
            }
            None => {
                self.forget();
                self.astray = still;
            }
        }
    }

    /// Where a file is that stands still, also where the screen does not show yet that a person went elsewhere in it.
    pub(super) fn truly(&self, showing: Showing) -> Showing {
        Showing { at: self.sought.unwrap_or(showing.at), ..showing }
    }

    pub(super) fn expect_card(&mut self, now: Instant) {
        self.card = Some((now, None));
    }

    /// A look. `resumes`: the renderer can go to a position, and tells it. Returns what is wrong.
    pub(super) fn look(
        &mut self,
        now: Instant,
        screen: Screen,
        (before, showing): (Option<Showing>, Option<Showing>),
        (begins, calm, resumes): (bool, bool, bool),
        late: Duration,
    ) -> Option<String> {
        let card = self.look_at_card(now, screen, late);
        self.looked_at = now;
        if let Some(what) = card {
            return Some(what);
        }
        let (Screen::Ours(file, moves), Some(showing)) = (screen, showing) else {
            self.goes_on = None;
            return None;
        };
        let over_it = |file: &str| [CLIP, CARD_FILE].contains(&file);
        // What was dark before the clip does not go on after it.
        let late_after = now.since(self.seen_at) > GAP;
        self.seen_at = now;
        if moves && !over_it(file) {
            (self.sought, self.astray) = (None, false);
        }
        let worth = |showing: &Showing| resumes && !over_it(showing.file) && !showing.is_picture();
        if !moves {
            if calm && !self.astray {
                self.left = Some(self.truly(showing)).filter(worth);
            }
            self.goes_on = None;
        } else if over_it(file) {
            let earlier = self.left;
            let left = before.filter(|_| begins && !late_after && self.sought.is_none());
            self.left = left.filter(worth).or(earlier);
            self.goes_on = None;
        } else if let Some(left) = self.left.take()
            && left.file == file
            && !left.ends(NEARLY_OVER)
        {
            self.goes_on = Some((left, now));
        } else if self.goes_on.is_some_and(|(left, _)| left.file != file) {
            self.goes_on = None;
        }
        let (left, since) = self.goes_on?;
        let on = now.since(since);
        if showing.at + BEHIND >= left.at && showing.at <= left.at + on + AHEAD {
            self.goes_on = None;
        } else if on > SEEKS + late {
            let (at, was) = (showing.at.as_secs(), left.at.as_secs());
            return Some(format!("{file} is at {at} s; it should have gone on at {was} s"));
        }
        None
    }

    fn look_at_card(&mut self, now: Instant, screen: Screen, late: Duration) -> Option<String> {
        let shown = matches!(screen, Screen::Ours(CARD_FILE, _));
        match self.card? {
            (ordered, None) if shown => {
                // It appeared between the two looks.
                self.card = Some((ordered, Some(self.looked_at)));
            }
            (ordered, None) if now.since(ordered) > SEEKS + late => {
                return Some("the card of identify was not shown".into());
            }
            (_, Some(since)) if !shown => {
                self.card = None;
                let span = now.since(since);
                if span < CARD {
                    return Some(format!("the card was shown for {} s", span.as_secs()));
                }
            }
            _ => {}
        }
        None
    }
}
