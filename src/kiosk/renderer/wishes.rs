//! What a person asks of it, at a button: play, hold, another file, another place in the file, a clip over all.

use super::load::Phase;
use super::{Goal, Layer, Renderer, Rested};
use crate::config::{Again, PanelAction};
use crate::kiosk::fault::Fault;
use crate::kiosk::playlist::Playlist;
use crate::kiosk::programme::Clip;
use crate::time::{Duration, Instant};

impl Renderer {
    /// A person asked for this.
    pub(in crate::kiosk) fn command(&mut self, action: PanelAction, now: Instant) {
        if !self.is_driven() {
            return;
        }
        self.lift_black(action);
        self.insisted = 0;
        self.fault.take_if(|fault| matches!(fault, Fault::Refused("to pause", ..)));
        self.transport_due = self.transport_due.min(now);
        match action {
            PanelAction::PlayPause if self.goal == Goal::Play => self.goal = Goal::Pause,
            PanelAction::PlayPause | PanelAction::Play => self.play_on(now),
            // Also one that has nothing yet, being away: the button would go on to find it playing.
            PanelAction::Pause if self.load.is_some() || self.goal == Goal::Play => {
                self.goal = Goal::Pause;
            }
            PanelAction::Pause => {}
            PanelAction::Stop => {
                self.goal = Goal::Stop;
                self.rested = Rested::Stopped;
                self.fault = None;
                self.drop_clips();
            }
            PanelAction::Next => self.skip(1, now),
            PanelAction::Prev => self.skip(-1, now),
            PanelAction::VolumeUp | PanelAction::VolumeDown | PanelAction::Mute => {
                self.turn(action)
            }
            PanelAction::Auto => {
                self.drop_clips();
                self.programme.unchoose();
                // Where the hours want something, that is news to it again: see `scheduled`.
                if self.layer.take().is_none() {
                    self.change_file();
                    self.play(now);
                }
            }
            // These come with more than their name.
            PanelAction::SeekForward
            | PanelAction::SeekBack
            | PanelAction::PlayClip
            | PanelAction::Identify => {}
            // This is for the box.
            PanelAction::Shutdown => {}
        }
    }

    /// A person wants to see another part of the file: so much further on, or back.
    pub(in crate::kiosk) fn seek_by(&mut self, step: Duration, forward: bool, now: Instant) {
        let Some(load) = self.load.as_mut().filter(|load| !load.is_still()) else { return };
        if !matches!(load.phase, Phase::Running { .. }) {
            return;
        }
        let at = load.seek_to.unwrap_or_else(|| load.playhead.position(now));
        let to = if forward { at + step } else { at.saturating_sub(step) };
        // At the end it ends by itself.
        let last = load.length().map(|length| length.saturating_sub(Duration::from_secs(1)));
        load.seek_to = Some(last.map_or(to, |last| to.min(last)));
        self.taken = None;
    }

    /// A person wants this clip over whatever plays.
    pub(in crate::kiosk) fn play_clip(&mut self, clip: Clip, again: Again, now: Instant) {
        if !self.is_driven() {
            return;
        }
        if self.programme.is_interrupted() {
            match again {
                Again::Ignore => return,
                Again::Queue => {
                    let _ = self.programme.queue(clip);
                    return;
                }
                Again::Restart => {}
            }
        } else {
            self.before_clip = Some(self.goal);
        }
        let at = self.interrupted_at(now);
        self.programme.interrupt(clip, at);
        self.insisted = 0;
        self.retire();
        self.play(now);
    }

    /// Where it would go on if something broke in now.
    pub(super) fn interrupted_at(&self, now: Instant) -> Option<Duration> {
        let load = self.load.as_ref().filter(|load| !load.is_still())?;
        let running = matches!(load.phase, Phase::Running { .. });
        running.then(|| load.seek_to.unwrap_or_else(|| load.playhead.position(now)))
    }

    /// A person wants this programme from now on.
    pub(in crate::kiosk) fn choose(
        &mut self,
        list: Playlist,
        until: Option<Instant>,
        now: Instant,
    ) {
        if self.is_driven() {
            self.before_clip = None;
            self.programme.choose(list, until);
            self.insisted = 0;
            self.retire();
            self.play(now);
        }
    }

    /// What a person chose is over: schedule and standing programme have the word.
    pub(super) fn back_to_automatic(&mut self, now: Instant) {
        if self.programme.unchoose() && !self.programme.is_interrupted() {
            self.change_file();
            if self.layer.as_ref().is_some_and(Layer::is_silent) {
                self.fall_silent(now);
            }
        }
    }

    pub(super) fn drop_clips(&mut self) {
        self.before_clip = None;
        self.programme.drop_clips();
    }

    pub(super) fn play(&mut self, now: Instant) {
        self.goal = Goal::Play;
        // No clip will end any more after which it should rest.
        self.before_clip.take_if(|_| !self.programme.is_interrupted());
        self.strangers = 0;
        self.pressed_at = now;
        self.transport_due = self.transport_due.min(now);
        if let Some(load) = self.load.as_mut()
            && let Phase::Failed { retry_at } = &mut load.phase
        {
            *retry_at = now;
        }
        self.failures = 0;
    }

    fn skip(&mut self, by: isize, now: Instant) {
        self.programme.step(by);
        self.retire();
        self.play_on(now);
    }

    /// Also after the clip, if that plays over silence.
    fn play_on(&mut self, now: Instant) {
        self.before_clip = self.before_clip.map(|_| Goal::Play);
        self.play(now);
    }
}
