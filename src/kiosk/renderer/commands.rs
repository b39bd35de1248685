//! What a person asks of a renderer: play, pause, another file, another position, a clip or a programme over all, and
//! to show its name.
//!
//! The card with its name is a clip over everything else. It is drawn whenever it is fetched, which is quick, and never
//! kept.

use super::Renderer;
use super::connection::Presence;
use super::layer::Layer;
use super::load::Load;
use crate::config::{Again, PanelAction};
use crate::kiosk::fault::Fault;
use crate::kiosk::playlist::Playlist;
use crate::kiosk::programme::Clip;
use crate::media::catalogue::MediaFile;
use crate::media::{black, card, protocol_info};
use crate::time::{Duration, Instant};
use std::rc::Rc;

/// A seek leaves at least this much of the file: it ends by itself.
const LAST_PART: Duration = Duration::from_secs(1);

impl Renderer {
    /// A person asked for this.
    pub(in crate::kiosk) fn command(&mut self, action: PanelAction, now: Instant) {
        if !self.is_driven() {
            return;
        }
        self.lift_black(action);
        self.intent.forget_insisting();
        self.playback.clear_fault(|fault| matches!(fault, Fault::Refused("to pause", ..)));
        self.observation.ask_state_by(now);
        match action {
            PanelAction::PlayPause if self.intent.is_to_play() => self.intent.pause(),
            PanelAction::PlayPause | PanelAction::Play => self.play_on(now),
            // Also one that has nothing yet, being away: the button would go on to find it playing.
            PanelAction::Pause if self.playback.load().is_some() || self.intent.is_to_play() => {
                self.intent.pause();
            }
            PanelAction::Pause => {}
            PanelAction::Stop => {
                self.intent.stop();
                self.playback.clear_fault(|_| true);
            }
            PanelAction::Next => self.skip(1, now),
            PanelAction::Prev => self.skip(-1, now),
            PanelAction::VolumeUp | PanelAction::VolumeDown | PanelAction::Mute => {
                self.change_volume(action)
            }
            PanelAction::Auto => self.go_automatic(now),
            // These come with more than their name.
            PanelAction::SeekForward
            | PanelAction::SeekBack
            | PanelAction::PlayClip
            | PanelAction::Identify => {}
            // This is for the box.
            PanelAction::Shutdown => {}
        }
    }

    /// In vain where the renderer has no volume: which is told once.
    fn change_volume(&mut self, action: PanelAction) {
        match action {
            _ if !self.has_rendering() => self.volume.notice_absence(),
            PanelAction::VolumeUp => self.volume.change(1),
            PanelAction::VolumeDown => self.volume.change(-1),
            _ => self.volume.toggle_mute(),
        }
    }

    /// A person wants what the configuration and the schedule say.
    fn go_automatic(&mut self, now: Instant) {
        self.intent.drop_clips();
        self.intent.programme_mut().unchoose();
        // If the schedule wants something, `scheduled` takes it for news again.
        if !self.intent.take_layer() {
            self.change_file();
            self.play(now);
        }
    }

    /// A person wants to see another part of the file: so much further on, or back.
    pub(in crate::kiosk) fn seek_by(&mut self, step: Duration, forward: bool, now: Instant) {
        let Some(at) = self.interrupted_at(now) else { return };
        let Some(load) = self.playback.load_mut() else { return };
        let to = if forward { at + step } else { at.saturating_sub(step) };
        let last = load.length().map(|length| length.saturating_sub(LAST_PART));
        load.send_to(Some(last.map_or(to, |last| to.min(last))));
        self.connection.forget_taken();
    }

    /// A person wants this clip over whatever plays.
    pub(in crate::kiosk) fn play_clip(&mut self, clip: Clip, again: Again, now: Instant) {
        if !self.is_driven() {
            return;
        }
        if self.intent.programme.is_interrupted() {
            match again {
                Again::Ignore => return,
                Again::Queue => {
                    let _ = self.intent.programme_mut().queue(clip);
                    return;
                }
                Again::Restart => {}
            }
        } else {
            self.intent.remember_goal();
        }
        let at = self.interrupted_at(now);
        self.intent.programme_mut().interrupt(clip, at);
        self.play_anew(now);
    }

    /// A person wants this programme from now on.
    pub(in crate::kiosk) fn choose(
        &mut self,
        list: Playlist,
        until: Option<Instant>,
        now: Instant,
    ) {
        if self.is_driven() {
            self.intent.choose(list, until);
            self.play_anew(now);
        }
    }

    /// A person wants to know which one it is. Gives the reason if its name cannot be shown.
    pub(in crate::kiosk) fn identify(&mut self, now: Instant) -> Option<&'static str> {
        if !self.is_driven() || self.intent.programme.is_covered() {
            return None;
        }
        if self.connection.away
            || self.connection.presence == Presence::Asleep
            || self.connection.breaker.retry_at().is_some()
        {
            return Some("it is not there");
        }
        if !protocol_info::lists_pictures(self.sink().unwrap_or_default()) {
            return Some("it shows no pictures");
        }
        self.intent.remember_goal_before_card();
        let at = self.interrupted_at(now);
        let card = card::file(&self.card());
        self.intent.programme_mut().cover(card, at);
        self.play_anew(now);
        None
    }

    /// The bytes of a file that is on no disk.
    pub(super) fn body(&self, file: &MediaFile) -> Option<Rc<[u8]>> {
        match card::is_card(file) {
            // Under another name by now it would be another card.
            true => Some(self.card()).filter(|card| card::file(card).size == file.size),
            false => black::body(file).map(Rc::from),
        }
    }

    fn card(&self) -> Rc<[u8]> {
        card::draw(self.name(), &self.host().to_string())
    }

    /// Where it would go on if something broke in now.
    fn interrupted_at(&self, now: Instant) -> Option<Duration> {
        let runs = |load: &&Load| load.is_running() && !load.is_still();
        let load = self.playback.load().filter(runs)?;
        Some(load.seek_to.unwrap_or_else(|| load.playhead.position(now)))
    }

    /// What a person chose is over: the schedule and the configuration decide.
    pub(super) fn back_to_automatic(&mut self, now: Instant) {
        if self.intent.programme_mut().unchoose() && !self.intent.programme.is_interrupted() {
            self.change_file();
            if self.intent.layer().is_some_and(Layer::is_silent) {
                self.fall_silent(now);
            }
        }
    }

    /// Something else is to play at once.
    fn play_anew(&mut self, now: Instant) {
        self.intent.forget_insisting();
        self.playback.retire();
        self.play(now);
    }

    pub(super) fn play(&mut self, now: Instant) {
        self.intent.play(now);
        self.try_at_once(now);
    }

    /// Also after the clip, if that plays over silence.
    fn play_on(&mut self, now: Instant) {
        self.intent.play_on(now);
        self.try_at_once(now);
    }

    fn try_at_once(&mut self, now: Instant) {
        self.observation.forget_foreign();
        self.observation.ask_state_by(now);
        if let Some(load) = self.playback.load_mut() {
            load.retry_at_once(now);
        }
        self.playback.forget_failures();
    }

    fn skip(&mut self, by: isize, now: Instant) {
        self.intent.programme_mut().step(by);
        self.playback.retire();
        self.play_on(now);
    }
}
