//! What a person asks of a renderer: play, pause, another file, another position, a clip, a chosen programme, or to
//! show the renderer's name.
//!
//! The card with the name is a clip over everything else. It is drawn whenever it is fetched, which is quick, and is
//! not kept.

use super::Renderer;
use super::connection::Presence;
use super::layer::Layer;
use super::load::Load;
use crate::config::RepeatPress;
use crate::kiosk::command::Command;
use crate::kiosk::fault::Fault;
use crate::kiosk::programme::Clip;
use crate::media::catalogue::MediaFile;
use crate::media::generated::{black_body, card_file, draw_card, is_card};
use crate::media::media_type;
use crate::time::{Duration, Instant};
use std::rc::Rc;

/// A seek leaves at least this much of the file, so that the file ends by itself.
const LAST_PART: Duration = Duration::from_secs(1);

impl Renderer {
    /// Carries out a person's command.
    ///
    /// # Errors
    /// The reason why the renderer cannot show its name.
    pub(in crate::kiosk) fn command(
        &mut self,
        command: &Command,
        now: Instant,
    ) -> Result<(), &'static str> {
        if !self.is_driven() {
            return Ok(());
        }
        match command {
            Command::SeekForward(step) => self.seek(|at| at + *step, now),
            Command::SeekBack(step) => self.seek(|at| at.saturating_sub(*step), now),
            Command::PlayClip { clip, again } => self.play_clip(clip.clone(), *again, now),
            Command::Choose { playlist, until } => {
                self.intent.choose(playlist.clone(), *until);
                self.play_anew(now);
            }
            Command::Identify => return self.identify(now),
            // The kiosk handles these itself.
            Command::PauseOr(_) | Command::SwitchOff => {}
            Command::Play | Command::Next | Command::Previous => {
                self.note_command(now);
                self.lift_black();
                match command {
                    Command::Next => self.skip(1, now),
                    Command::Previous => self.skip(-1, now),
                    _ => self.play_on(now),
                }
            }
            Command::Pause => {
                self.note_command(now);
                // Also pauses a renderer that is away and has no load yet: when it comes back, it must not play.
                if self.playback.load().is_some() || self.intent.is_to_play() {
                    self.intent.pause();
                }
            }
            Command::Stop => {
                self.note_command(now);
                self.intent.stop();
                self.playback.clear_fault(|_| true);
            }
            Command::VolumeUp | Command::VolumeDown | Command::ToggleMute => {
                self.note_command(now);
                self.change_volume(command);
            }
            Command::Automatic => {
                self.note_command(now);
                self.go_automatic(now);
            }
        }
        Ok(())
    }

    /// Ends what the box insisted on, and a fault that a new command may solve.
    fn note_command(&mut self, now: Instant) {
        self.intent.forget_insisting();
        self.playback.clear_fault(|fault| matches!(fault, Fault::Refused("to pause", ..)));
        self.observation.ask_state_by(now);
    }

    /// Changes volume or mute. If the renderer has no volume, this is reported once.
    fn change_volume(&mut self, command: &Command) {
        match command {
            _ if !self.has_rendering() => self.volume.notice_absence(),
            Command::VolumeUp => self.volume.change(1),
            Command::VolumeDown => self.volume.change(-1),
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

    /// Seeks from the current position to another one.
    fn seek(&mut self, to: impl FnOnce(Duration) -> Duration, now: Instant) {
        let Some(at) = self.interrupted_at(now) else { return };
        let Some(load) = self.playback.load_mut() else { return };
        let to = to(at);
        let last = load.length().map(|length| length.saturating_sub(LAST_PART));
        load.send_to(Some(last.map_or(to, |last| to.min(last))));
        self.connection.forget_taken();
    }

    /// Plays this clip over whatever plays.
    fn play_clip(&mut self, clip: Clip, again: RepeatPress, now: Instant) {
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

    /// Shows the name of the renderer on its screen.
    fn identify(&mut self, now: Instant) -> Result<(), &'static str> {
        if self.intent.programme.is_covered() {
            return Ok(());
        }
        if self.connection.away
            || self.connection.presence == Presence::Asleep
            || self.connection.breaker.retry_at().is_some()
        {
            return Err("it is not there");
        }
        if !media_type::lists_pictures(self.sink().unwrap_or_default()) {
            return Err("it shows no pictures");
        }
        self.intent.remember_goal_before_card();
        let at = self.interrupted_at(now);
        let card = card_file(&self.card());
        self.intent.programme_mut().cover(card, at);
        self.play_anew(now);
        Ok(())
    }

    /// The bytes of a generated file.
    pub(super) fn body(&self, file: &MediaFile) -> Option<Rc<[u8]>> {
        match is_card(file) {
            // Under another name, the card would be another one by now.
            true => Some(self.card()).filter(|card| card_file(card).size == file.size),
            false => black_body(file).map(Rc::from),
        }
    }

    fn card(&self) -> Rc<[u8]> {
        draw_card(self.name(), &self.host().to_string())
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
