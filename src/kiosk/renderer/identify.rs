//! Who is who: a renderer shows a card with its own name for a while, then goes on.
//!
//! The card is a clip over everything else. It is drawn whenever it is fetched, which is quick, and never kept.

use super::load::{Load, Phase};
use super::{Goal, Presence, Renderer};
use crate::media::catalogue::MediaFile;
use crate::media::{black, card, protocol_info};
use crate::time::Instant;
use std::rc::Rc;

impl Renderer {
    /// A person wants to know which one it is. Gives the reason if it cannot be shown.
    pub(in crate::kiosk) fn identify(&mut self, now: Instant) -> Option<&'static str> {
        if !self.is_driven() || self.programme.is_covered() {
            return None;
        }
        if self.away || self.presence == Presence::Asleep || self.breaker.retry_at().is_some() {
            return Some("it is not there");
        }
        if !protocol_info::lists_pictures(self.sink().unwrap_or_default()) {
            return Some("it shows no pictures");
        }
        // Of one that a card has just left and that is being stopped, what was before that.
        self.before_clip = self.before_clip.or(Some(self.goal));
        let at = self.interrupted_at(now);
        self.programme.cover(card::file(&self.card()), at);
        self.insisted = 0;
        self.retire();
        self.play(now);
        None
    }

    /// The bytes of a file that is on no disk.
    pub(super) fn body(&self, file: &MediaFile) -> Option<Rc<[u8]>> {
        match card::is_card(file) {
            // Under another name by now it would be another.
            true => Some(self.card()).filter(|card| card::file(card).size == file.size),
            false => black::body(file).map(Rc::from),
        }
    }

    fn card(&self) -> Rc<[u8]> {
        card::draw(self.name(), &self.location.host.to_string())
    }

    /// The last clip is over, and nothing was to play before it. A picture stays until somebody stops it.
    pub(super) fn returns_to_rest(&mut self) -> bool {
        let over = !self.programme.is_interrupted();
        let rests = self.before_clip.filter(|goal| over && *goal != Goal::Play);
        let Some(goal) = rests else {
            self.before_clip.take_if(|_| over);
            return false;
        };
        let shown = |load: &Load| load.is_still() && load.phase == Phase::Over;
        let remains = self.previous.as_ref().is_some_and(shown) && self.is_active();
        self.goal = if remains { Goal::Stop } else { goal };
        self.before_clip.take_if(|_| self.goal == goal);
        true
    }
}
