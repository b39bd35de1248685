//! The schedule's layer over what a renderer usually plays.
//!
//! Each change of the schedule starts afresh: what a person did before with a button or the remote control lasts until
//! that change and no longer. What the renderer usually plays keeps its place meanwhile.

use super::Renderer;
use super::connection::Presence;
use crate::config::{PlayOrder, ScheduledAction};
use crate::kiosk::fault::Fault;
use crate::kiosk::playlist::Playlist;
use crate::kiosk::schedule::{Held, Window};
use crate::media::catalogue::Scan;
use crate::media::generated::black_file;
use crate::time::Instant;

/// What the schedule wants of one renderer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layer {
    /// The schedule entry.
    number: usize,
    /// The entry's window. A window that follows another one directly is still a change.
    window: Window,
    volume: Option<u8>,
    silent: bool,
}

impl Layer {
    fn of(held: &Held<'_>) -> Self {
        Self {
            number: held.number,
            window: held.window,
            volume: held.entry.volume,
            silent: held.entry.then == ScheduledAction::Stop,
        }
    }

    /// Returns whether nothing is to be shown.
    pub(super) const fn is_silent(&self) -> bool {
        self.silent
    }

    pub(super) const fn volume(&self) -> Option<u8> {
        self.volume
    }
}

impl Renderer {
    /// Applies the schedule entry that holds now. Returns whether it differs from the last one.
    pub(in crate::kiosk) fn scheduled(
        &mut self,
        held: Option<Held<'_>>,
        scan: &Scan,
        now: Instant,
    ) -> bool {
        let layer = held.as_ref().map(Layer::of);
        if !self.is_driven() || self.intent.layer() == layer.as_ref() {
            return false;
        }
        self.intent.set_layer(layer);
        self.intent.forget_insisting();
        self.playback.forget_failures();
        let over = |fault: &mut Fault| matches!(fault, Fault::Refused(..) | Fault::NothingToPlay);
        self.playback.clear_fault(over);
        let list = match held.map(|held| &held.entry.then) {
            Some(ScheduledAction::Play(plays)) => {
                let mut list = Playlist::new(plays.clone(), true, PlayOrder::Name, 0);
                list.resolve(scan);
                Some(list)
            }
            Some(ScheduledAction::Blackout) => Some(Playlist::always(black_file())),
            Some(ScheduledAction::Stop) | None => None,
        };
        let usual = self.intent.rule().is_some_and(|rule| rule.autoplay);
        let plays = list.is_some() || (held.is_none() && usual);
        self.intent.programme_mut().schedule(list);
        if self.intent.programme.chosen_until().is_some() {
            // A person chose something that lasts longer: the schedule's wish waits for its end.
            return true;
        }
        self.intent.programme_mut().unchoose();
        if plays {
            self.change_file();
            self.play_as_scheduled(now);
        } else {
            self.fall_silent(now);
        }
        if self.intent.is_to_play()
            && let Some(volume) = self.intent.usual_volume()
        {
            self.volume.want(volume);
        }
        true
    }

    /// Returns whether the renderer should show something other than black.
    pub(in crate::kiosk) fn is_to_show(&self) -> bool {
        self.intent.is_to_play() && !self.intent.shows_black()
    }

    /// Replaces black by what the renderer usually plays, because a person asked to see something.
    pub(super) fn lift_black(&mut self) {
        if self.intent.shows_black() {
            self.intent.programme_mut().schedule(None);
            self.change_file();
            if let Some(volume) = self.intent.rule().and_then(|rule| rule.volume) {
                self.volume.want(volume);
            }
        }
    }

    fn play_as_scheduled(&mut self, now: Instant) {
        if self.connection.presence == Presence::Asleep {
            // A command would switch the renderer on. It plays once somebody switches it on.
            self.intent.await_switch_on();
        } else {
            self.play(now);
        }
    }

    /// Ends what the box plays on the renderer. A viewer who has the renderer keeps it.
    pub(super) fn fall_silent(&mut self, now: Instant) {
        self.intent.fall_silent(self.playback.load().is_some());
        self.observation.ask_state_by(now);
    }

    /// Drops the current load unless it holds the file that should play.
    pub(super) fn change_file(&mut self) {
        let wanted = self.intent.programme.current();
        if self.playback.load().map(|load| &load.file) != wanted {
            self.playback.retire();
        }
        self.playback.drop_next();
    }
}
