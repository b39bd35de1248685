//! What a person asks of a renderer: play, pause, another file, another position, a clip, a chosen programme, or to
//! show the renderer's name.
//!
//! The card with the name is a clip over everything else. It is drawn whenever it is fetched, which is quick, and is
//! not kept.

use super::Renderer;
use super::connection::Presence;
use super::layer::Layer;
use super::load::Load;
use crate::config::{PanelAction, RepeatPress};
use crate::kiosk::fault::Fault;
use crate::kiosk::playlist::Playlist;
use crate::kiosk::programme::Clip;
use crate::media::catalogue::MediaFile;
use crate::media::{black, card, protocol_info};
use crate::time::{Duration, Instant};
use std::rc::Rc;

/// A seek leaves at least this much of the file, so that the file ends by itself.
const LAST_PART: Duration = Duration::from_secs(1);

impl Renderer {
    /// Applies an action of a person.
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
            // Also pauses a renderer that is away and has no load yet: when it comes back, it must not play.
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
            // These carry parameters and have methods of their own.
            PanelAction::SeekForward
            | PanelAction::SeekBack
            | PanelAction::PlayClip
            | PanelAction::Identify => {}
            // This concerns the box.
            PanelAction::Shutdown => {}
        }
    }

    /// Changes volume or mute. If the renderer has no volume, this is reported once.
    fn change_volume(&mut self, action: PanelAction) {
        match action {
            _ if !self.has_rendering() => self.volume.notice_absence(),
            PanelAction::VolumeUp => self.volume.change(1),
            PanelAction::VolumeDown => self.volume.change(-1),
            _ => self.volume.toggle_mute(),
        }
    }

    /// Returns to what the configuration and the schedule say.
    fn go_automatic(&mut self, now: Instant) {
        self.intent.drop_clips();
        self.intent.programme_mut().unchoose();
        // If the schedule wants something, `scheduled` applies it as a change.
        if !self.intent.take_layer() {
            self.change_file();
            self.play(now);
        }
    }

    /// Seeks by `step`, forward or back.
    pub(in crate::kiosk) fn seek_by(&mut self, step: Duration, forward: bool, now: Instant) {
        let Some(at) = self.interrupted_at(now) else { return };
        let Some(load) = self.playback.load_mut() else { return };
        let to = if forward { at + step } else { at.saturating_sub(step) };
        let last = load.length().map(|length| length.saturating_sub(LAST_PART));
        load.send_to(Some(last.map_or(to, |last| to.min(last))));
        self.connection.forget_taken();
    }

    /// Plays this clip over whatever plays.
    pub(in crate::kiosk) fn play_clip(&mut self, clip: Clip, again: RepeatPress, now: Instant) {
        if !self.is_driven() {
            return;
        }
        if self.intent.programme.is_interrupted() {
            match again {
                RepeatPress::Ignore => return,
                RepeatPress::Queue => {
                    let _ = self.intent.programme_mut().queue(clip);
                    return;
                }
                RepeatPress::Restart => {}
            }
        } else {
            self.intent.remember_goal();
        }
        let at = self.interrupted_at(now);
        self.intent.programme_mut().interrupt(clip, at);
        self.play_anew(now);
    }

    /// Plays this programme from now on.
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

    /// Shows the renderer's name on its screen. Returns the reason if it cannot be shown.
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

    /// The bytes of a generated file.
    pub(super) fn body(&self, file: &MediaFile) -> Option<Rc<[u8]>> {
        match card::is_card(file) {
            // Under another name, the card would be another one by now.
            true => Some(self.card()).filter(|card| card::file(card).size == file.size),
            false => black::body(file).map(Rc::from),
        }
    }

    fn card(&self) -> Rc<[u8]> {
        card::draw(self.name(), &self.host().to_string())
    }

    /// The position at which playback would resume after an interruption now.
    fn interrupted_at(&self, now: Instant) -> Option<Duration> {
        let runs = |load: &&Load| load.is_running() && !load.is_still();
        let load = self.playback.load().filter(runs)?;
        Some(load.seek_to.unwrap_or_else(|| load.playhead.position(now)))
    }

    /// Ends what a person chose: the schedule and the configuration decide again.
    pub(super) fn back_to_automatic(&mut self, now: Instant) {
        if self.intent.programme_mut().unchoose() && !self.intent.programme.is_interrupted() {
            self.change_file();
            if self.intent.layer().is_some_and(Layer::is_silent) {
                self.fall_silent(now);
            }
        }
    }

    /// Plays something else at once.
    fn play_anew(&mut self, now: Instant) {
        self.intent.forget_insisting();
        self.playback.retire();
        self.play(now);
    }

    pub(super) fn play(&mut self, now: Instant) {
        self.intent.play(now);
        self.try_at_once(now);
    }

    /// Plays, and goes on playing after a clip that interrupted nothing.
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
