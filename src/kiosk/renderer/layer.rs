//! What the schedule lays over what a renderer usually plays, and takes away again.
//!
//! A change of the schedule begins anew: whatever a person did before at a button or with the remote control
//! holds until then, and no longer. What the renderer usually plays stays where it was meanwhile.

use super::{Goal, Presence, Renderer};
use crate::config::{Order, PanelAction, Then};
use crate::kiosk::fault::Fault;
use crate::kiosk::playlist::Playlist;
use crate::kiosk::reason::Viewer;
use crate::kiosk::schedule::{Held, Window};
use crate::media::black;
use crate::media::catalogue::Scan;
use crate::time::Instant;

/// What the schedule wants of one renderer.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::kiosk) struct Layer {
    /// Which entry.
    number: usize,
    /// Which window of it: the next one is a change, even if it follows at once.
    window: Window,
    volume: Option<u8>,
    black: bool,
    silent: bool,
}

impl Layer {
    fn of(held: &Held<'_>) -> Self {
        Self {
            number: held.number,
            window: held.window,
            volume: held.entry.volume,
            black: held.entry.then == Then::Blackout,
            silent: held.entry.then == Then::Stop,
        }
    }

    /// Nothing is to be shown.
    pub(super) const fn is_silent(&self) -> bool {
        self.silent
    }
}

impl Renderer {
    /// This holds for it now. Gives whether that is a change.
    pub(in crate::kiosk) fn scheduled(
        &mut self,
        held: Option<Held<'_>>,
        scan: &Scan,
        now: Instant,
    ) -> bool {
        let layer = held.as_ref().map(Layer::of);
        if !self.is_driven() || self.layer == layer {
            return false;
        }
        self.layer = layer;
        (self.insisted, self.failures) = (0, 0);
        self.fault.take_if(|fault| matches!(fault, Fault::Refused(..) | Fault::NothingToPlay));
        let list = match held.map(|held| &held.entry.then) {
            Some(Then::Play(plays)) => {
                let mut list = Playlist::new(plays.clone(), true, Order::Name, 0);
                list.resolve(scan);
                Some(list)
            }
            Some(Then::Blackout) => Some(Playlist::always(black::file())),
            Some(Then::Stop) | None => None,
        };
        let usual = self.rule.as_ref().is_some_and(|rule| rule.autoplay);
        let plays = list.is_some() || (held.is_none() && usual);
        self.programme.schedule(list);
        if self.programme.chosen_until().is_none() {
            self.programme.unchoose();
        } else {
            // A person chose it for longer: what the hours want comes after that.
            return true;
        }
        if plays {
            self.change_file();
            self.take_up(now);
        } else {
            self.fall_silent(now);
        }
        if self.goal == Goal::Play
            && let Some(volume) = self.usual_volume()
        {
            self.knobs.want_volume(volume);
        }
        true
    }

    /// The volume at the beginning of what it plays now.
    pub(super) fn usual_volume(&self) -> Option<u8> {
        let usual = || self.rule.as_ref().and_then(|rule| rule.volume);
        self.layer.as_ref().and_then(|layer| layer.volume).or_else(usual)
    }

    /// It should show something, and black is nothing.
    pub(in crate::kiosk) fn is_to_show(&self) -> bool {
        self.goal == Goal::Play && !self.shows_black()
    }

    /// A person who wants to see something means what it usually plays, not the black picture.
    pub(super) fn lift_black(&mut self, action: PanelAction) {
        use PanelAction::{Next, Play, PlayPause, Prev};
        if self.shows_black() && matches!(action, PlayPause | Play | Next | Prev) {
            self.programme.schedule(None);
            self.change_file();
            // So that a button that also pauses does not.
            self.goal = Goal::Rest;
            if let Some(volume) = self.rule.as_ref().and_then(|rule| rule.volume) {
                self.knobs.want_volume(volume);
            }
        }
    }

    /// One that cannot show a black picture is stopped: that is dark, too.
    pub(super) fn give_up_black(&mut self) {
        if self.shows_black() {
            self.goal = Goal::Stop;
        }
    }

    fn shows_black(&self) -> bool {
        self.programme.current().is_some_and(|file| black::body(file).is_some())
    }

    fn take_up(&mut self, now: Instant) {
        if self.presence == Presence::Asleep {
            // A command would switch it on. Once somebody does that, it plays.
            self.goal = Goal::Yield { until: None, did: Viewer::SwitchedOff };
        } else {
            self.play(now);
        }
    }

    /// What the box plays on it ends. Whoever else has it keeps it.
    pub(super) fn fall_silent(&mut self, now: Instant) {
        self.drop_clips();
        self.goal = if self.load.is_some() { Goal::Stop } else { Goal::Rest };
        self.transport_due = self.transport_due.min(now);
    }

    /// What it plays goes on if that is what it should play.
    pub(super) fn change_file(&mut self) {
        let wanted = self.programme.current();
        if self.load.as_ref().map(|load| &load.file) != wanted {
            self.retire();
        }
        self.next = None;
    }
}
