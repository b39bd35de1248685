//! What persons and the schedule ask of a renderer.
//!
//! A person asks for play, pause, another file, another position, a clip, a chosen programme, or the renderer's name.
//! Each change of the schedule starts afresh: what a person did before with a button or the remote control lasts until
//! that change and no longer. What the renderer usually plays keeps its place meanwhile.
//!
//! The card with the name is a clip over everything else. It is drawn whenever it is fetched, which is quick, and is
//! not kept.

use super::Renderer;
use super::intent::Layer;
use super::load::Load;
use super::observation::Evented;
use crate::config::{PlayOrder, RepeatPress, ScheduledAction};
use crate::kiosk::command::Command;
use crate::kiosk::fault::Fault;
use crate::kiosk::left_out::{Fit, Version};
use crate::kiosk::playlist::Playlist;
use crate::kiosk::programme::Clip;
use crate::kiosk::schedule::Held;
use crate::kiosk::trace::What;
use crate::media::catalogue::{MediaFile, Scan};
use crate::media::generated::{black_body, black_file, card_file, draw_card, is_card};
use crate::media::media_type::{self, MediaKind};
use crate::time::{Duration, Instant};
use std::rc::Rc;

/// A seek leaves at least this much of the file, so that the file ends by itself.
const LAST_PART: Duration = Duration::from_secs(1);

impl Renderer {
    /// Carries out a person's command.
    ///
    /// # Errors
    /// What to report: the renderer cannot show its name, or does not play the clip.
    pub(in crate::kiosk) fn command(
        &mut self,
        command: &Command,
        now: Instant,
    ) -> Result<(), What> {
        if !self.is_driven() {
            return Ok(());
        }
        match command {
            Command::SeekForward(step) => self.seek(|at| at + *step, now),
            Command::SeekBack(step) => self.seek(|at| at.saturating_sub(*step), now),
            Command::PlayClip { clip, again } => return self.play_clip(clip.clone(), *again, now),
            Command::Choose { playlist, until } => {
                self.intent.choose(playlist.clone(), *until);
                self.ask_for_all(playlist, now);
                self.play_anew(now);
            }
            Command::Identify => return self.identify(now).map_err(What::Unidentified),
            // The kiosk handles these itself.
            Command::PauseOr(_) | Command::SwitchOff => {}
            Command::Play | Command::Next | Command::Previous => {
                self.note_command(now);
                if matches!(command, Command::Play) || !self.intent.programme.is_interrupted() {
                    self.lift_black();
                }
                match command {
                    Command::Next => self.skip(1, now),
                    Command::Previous => self.skip(-1, now),
                    _ => {
                        self.leave_what_a_viewer_began();
                        self.ask_for_current();
                        self.play_on(now);
                    }
                }
            }
            Command::Pause => {
                self.note_command(now);
                if self.intent.programme.is_covered() {
                    self.intent.pause_beneath();
                    return Ok(());
                }
                // Also pauses a renderer that is away and has no load yet: when it comes back, it must not play.
                if self.playback.load().is_some() || self.intent.is_to_play() {
                    self.intent.pause();
                }
                if !self.playback.is_running() {
                    self.observation.require_look();
                }
            }
            Command::Stop => {
                self.note_command(now);
                self.intent.stop();
                self.playback.clear_fault(|_| true);
            }
            Command::VolumeUp | Command::VolumeDown | Command::ToggleMute | Command::Mute(_) => {
                self.note_command(now);
                self.change_volume(command, now);
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
        let over = |fault: &mut Fault| matches!(fault, Fault::Refused("to pause" | "to stop", ..));
        self.playback.clear_fault(over);
        self.observation.ask_state_by(now);
    }

    /// Changes volume or mute. If the renderer has no volume, this is reported once.
    fn change_volume(&mut self, command: &Command, now: Instant) {
        if !self.observation.subscription(Evented::Rendering).flows(now) {
            self.volume.doubt();
        }
        match command {
            _ if !self.has_rendering() => self.volume.notice_absence(),
            Command::VolumeUp => self.volume.change(1),
            Command::VolumeDown => self.volume.change(-1),
            Command::Mute(mute) => self.volume.want_mute(*mute),
            _ => self.volume.toggle_mute(),
        }
    }

    /// Returns to what the configuration and the schedule say.
    fn go_automatic(&mut self, now: Instant) {
        self.intent.drop_clips();
        let _ = self.intent.end_choice();
        // If the schedule wants something, `scheduled` applies it as a change.
        if self.intent.take_layer() {
            return;
        }
        if self.intent.started {
            self.change_file();
            self.play(now);
        } else {
            self.fall_silent(now);
        }
    }

    /// Seeks from the current position to another one.
    fn seek(&mut self, to: impl FnOnce(Duration) -> Duration, now: Instant) {
        let Some(at) = self.interrupted_at(now) else { return };
        let Some(load) = self.playback.load_mut() else { return };
        let to = to(at);
        let last = load.length().map(|length| length.saturating_sub(LAST_PART));
        load.send_to(Some(last.map_or(to, |last| to.min(last))));
    }

    /// Plays this clip over whatever plays, unless the renderer only plays files of other kinds. A renderer that is away
    /// plays none: it would come too late.
    fn play_clip(&mut self, clip: Clip, again: RepeatPress, now: Instant) -> Result<(), What> {
        if self.connection.away || self.connection.breaker.is_open() {
            return Err(What::ClipMissed);
        }
        let kind = clip.file.media_type.kind;
        let others = || self.intent.programme.best(|file| self.fit(file, now));
        if self.capabilities.is_unlisted(kind) && others() > Some(Fit::Unlisted) {
            return Err(What::Skips(kind.plural()));
        }
        if self.intent.programme.is_interrupted() {
            match again {
                RepeatPress::Ignore => return Ok(()),
                RepeatPress::Queue => {
                    let _ = self.intent.programme_mut().queue(clip);
                    // A clip that was paused plays on, so that this one follows it.
                    if !self.intent.is_to_play() {
                        self.play(now);
                    }
                    return Ok(());
                }
                RepeatPress::Restart => {}
            }
        }
        self.intent.remember_goal();
        let at = self.interrupted_at(now);
        self.intent.programme_mut().interrupt(clip, at);
        self.play_anew(now);
        Ok(())
    }

    /// Shows the name of the renderer on its screen.
    fn identify(&mut self, now: Instant) -> Result<(), &'static str> {
        if self.intent.programme.is_covered() {
            return Ok(());
        }
        if self.connection.away
            || self.connection.is_asleep()
            || self.connection.breaker.retry_at().is_some()
        {
            return Err("it is away");
        }
        if !media_type::lists_kind(self.sink().unwrap_or_default(), MediaKind::Image) {
            return Err("it shows no pictures");
        }
        self.intent.remember_goal();
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

    /// The position in the current file at which playback would resume after an interruption now.
    pub(super) fn interrupted_at(&self, now: Instant) -> Option<Duration> {
        let is_it = |load: &&Load| !load.is_still() && self.is_current(load);
        let load = self.playback.load().filter(is_it)?;
        load.seek_to.or_else(|| load.is_running().then(|| load.playhead.position(now)))
    }

    /// Returns whether the load holds the file that should play. It may be gone from the media folder, or replaced.
    pub(super) fn is_current(&self, load: &Load) -> bool {
        self.intent.programme.current().is_some_and(|file| file.path == load.file.path)
    }

    /// Ends what a person chose for a time that is over: the schedule and the configuration decide again.
    pub(super) fn back_to_automatic(&mut self, now: Instant) {
        if self.intent.end_choice() {
            self.fall_silent(now);
        } else if !self.intent.programme.is_interrupted() {
            self.change_file();
        }
    }

    /// Plays something else at once.
    fn play_anew(&mut self, now: Instant) {
        self.intent.forget_insisting();
        self.takeover.give_up();
        self.playback.supersede();
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
        match self.hides_its_file() {
            true => self.observation.ask_uri_by(now),
            false => self.observation.ask_position_by(now),
        }
        if let Some(load) = self.playback.load_mut() {
            load.retry_at_once(now);
        }
        self.playback.forget_failures();
    }

    fn skip(&mut self, by: isize, now: Instant) {
        let (known, together) = (&self.capabilities, self.slot.is_taken());
        // What was seen not to play is tried again, because a person asks for it. Of a group, others may play it.
        let is_listed = |file: &MediaFile| match together {
            true => Fit::Good,
            false => known.fit(file, now).min(Fit::LeftOut),
        };
        self.intent.programme_mut().step(by, is_listed);
        self.ask_for_current();
        self.takeover.give_up();
        self.playback.supersede();
        self.play_on(now);
    }

    /// A person chose these files: those that failed are tried again.
    fn ask_for_all(&mut self, list: &Playlist, now: Instant) {
        let known = self.capabilities.left_out_mut();
        known.try_again(now, |entry| list.files().any(|file| Version::of(file) == entry.file));
        self.ask_for_current();
    }

    /// A person asked for the current file: it is tried, whatever is known of it.
    fn ask_for_current(&mut self) {
        self.slot.sit_out(None);
        if let Some(file) = self.intent.programme.current() {
            self.capabilities.left_out_mut().ask_for(file);
        }
    }

    /// Applies the schedule entry that holds now. Returns whether it differs from the last one. Beneath a clip and a
    /// choice that go on, it takes effect when they are over.
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
        let decides = self.intent.change_schedule(list, plays);
        if decides && plays {
            self.change_file();
            self.play_as_scheduled(now);
        } else if decides {
            self.fall_silent(now);
        }
        self.follow_window_volume();
        true
    }

    /// Sets the volume of a window that has begun or ended, once the schedule decides what plays.
    pub(super) fn follow_window_volume(&mut self) {
        if let Some(volume) = self.intent.take_volume() {
            self.volume.want(volume);
        }
    }

    /// Returns whether the renderer should show something other than black.
    pub(in crate::kiosk) fn is_to_show(&self) -> bool {
        self.intent.is_to_play_beneath_a_card() && !self.intent.shows_black()
    }

    /// Returns whether the renderer plays something other than black.
    pub(in crate::kiosk) fn is_showing(&self) -> bool {
        self.is_playing() && !self.playback.load().is_some_and(Load::is_black)
    }

    /// Replaces black by what the renderer usually plays, because a person asked to see something.
    fn lift_black(&mut self) {
        if self.intent.is_black_beneath_clips() {
            self.intent.programme_mut().schedule(None);
            self.change_file();
            if let Some(volume) = self.intent.rule().and_then(|rule| rule.volume) {
                self.volume.want(volume);
            }
        }
    }

    fn play_as_scheduled(&mut self, now: Instant) {
        if self.connection.is_asleep() {
            // A command would switch the renderer on. It plays once somebody switches it on.
            self.intent.await_switch_on();
        } else {
            self.play(now);
        }
    }

    /// Ends what the box plays on the renderer. A viewer who has the renderer keeps it.
    fn fall_silent(&mut self, now: Instant) {
        self.intent.fall_silent(self.playback.load().is_some() || self.playback.lingers);
        self.observation.ask_state_by(now);
    }

    /// Drops a load of which nothing can be on the screen, unless it holds the file that should play.
    pub(super) fn drop_unbegun(&mut self) {
        let is_idle = |load: &&Load| !load.is_running() && !load.is_starting();
        if self.playback.load().filter(is_idle).is_some_and(|load| !self.is_current(load)) {
            self.playback.supersede();
        }
    }

    /// A person wants the programme: drops what a viewer has started again, if it is of another one.
    fn leave_what_a_viewer_began(&mut self) {
        let is_other =
            |load: &&Load| load.taken_over && !self.intent.programme.has(&load.file.path);
        if self.playback.load().filter(is_other).is_some() {
            self.change_file();
        }
    }

    /// Drops the current load unless it holds the file that should play.
    fn change_file(&mut self) {
        let wanted = self.intent.programme.current();
        if self.playback.load().map(|load| &load.file) != wanted {
            self.playback.supersede();
        }
        self.playback.drop_next();
    }
}
