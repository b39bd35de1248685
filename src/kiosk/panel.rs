//! The front panel: which command a press gives, and what the LEDs show.

use super::Kiosk;
use super::buttons::Buttons;
use super::command::{Command, is_target};
use super::effect::{Effect, Effects};
use super::event::{ButtonId, LedId, PanelState};
use super::leds::{Leds, Pattern};
use super::playlist::Playlist;
use super::programme::Clip;
use super::reason::Standing;
use super::reason::{BoxStatus, why};
use super::renderer::Goal;
use super::trace::What;
use crate::config::{Button, Config, LedFunction, PanelAction, PlayOrder};
use crate::media::catalogue::Scan;
use crate::text::file_name;
use crate::time::{Duration, Instant};
use heapless::Deque;
use serde::Serialize;
use std::path::PathBuf;

/// The box counts as starting for this long, or until it finds a renderer.
const STARTING: Duration = Duration::from_secs(8);

/// A button that is closed within this time, and its debouncing, after the panel began to work was closed before.
const FIRST_LOOK: Duration = Duration::from_millis(100);

/// Buttons and LEDs.
#[derive(Debug)]
pub(super) struct FrontPanel {
    pub(super) buttons: Buttons,
    pub(super) leds: Leds,
    /// The playlist that each button chooses.
    choices: Vec<Playlist>,
    pub(super) presses: Deque<Press, 8>,
    /// The state of the hardware: `starting`, `working`, or why it is absent.
    pub(super) hardware: String,
    /// Since when the hardware works.
    works_since: Option<Instant>,
}

/// A recent press.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Press {
    pin: u8,
    action: &'static str,
    at_s: f64,
}

impl FrontPanel {
    pub(super) fn new(config: &Config, seed: u64) -> Self {
        let choice = |(button, seed): (&Button, u64)| {
            Playlist::new(button.choice.plays.clone(), true, PlayOrder::Name, seed)
        };
        Self {
            buttons: Buttons::new(&config.buttons),
            leds: Leds::new(config.leds.len()),
            choices: config.buttons.iter().zip(seed..).map(choice).collect(),
            presses: Deque::new(),
            hardware: "starting".into(),
            works_since: None,
        }
    }

    /// Applies a scan of the media folder.
    pub(super) fn resolve(&mut self, scan: &Scan) {
        self.choices.iter_mut().for_each(|choice| choice.resolve(scan));
    }

    /// The hardware works or is absent. Returns what is news.
    pub(super) fn hardware(&mut self, state: PanelState, now: Instant) -> Option<What> {
        self.lost();
        match state {
            PanelState::Working => {
                self.works_since = Some(now);
                let worked = ["starting", "working"].contains(&&*self.hardware);
                self.hardware = "working".into();
                self.leds.renew();
                (!worked).then_some(What::PanelAgain)
            }
            PanelState::Absent(why) if why == self.hardware => None,
            PanelState::Absent(why) => {
                self.hardware.clone_from(&why);
                let used = !self.choices.is_empty() || self.leds.shown().next().is_some();
                used.then_some(What::NoPanel(why))
            }
        }
    }

    /// The hardware failed or starts anew.
    pub(super) fn lost(&mut self) {
        self.buttons.let_go();
        self.works_since = None;
    }

    /// A contact closed or opened. Returns the action that this decides; `Err` if the contact was closed before anybody could
    /// press it.
    pub(super) fn contact(
        &mut self,
        id: ButtonId,
        pressed: bool,
        now: Instant,
    ) -> Result<Option<PanelAction>, What> {
        if let Some(button) = self.buttons.get(id).filter(|_| pressed) {
            let ready = |since| now.since(since) > button.debounce + FIRST_LOOK;
            if !self.works_since.is_some_and(ready) {
                let stuck = What::Stuck(button.pin.0);
                self.buttons.was_closed(id);
                return Err(stuck);
            }
        }
        Ok(self.buttons.contact(id, pressed, now))
    }

    fn remember(&mut self, press: Press) {
        if self.presses.is_full() {
            self.presses.pop_front();
        }
        // There is room now.
        let _ = self.presses.push_back(press);
    }

    /// The command for an action of a button, or what is missing for it.
    fn command(
        &mut self,
        id: ButtonId,
        action: PanelAction,
        now: Instant,
    ) -> Result<Command, What> {
        let button = self.buttons.get(id);
        let choice = button.map(|button| &button.choice).filter(|choice| !choice.plays.is_empty());
        let choice = choice.zip(self.choices.get_mut(usize::from(id.0)));
        let step = button.map(|button| button.seek_step).unwrap_or_default();
        Ok(match action {
            PanelAction::PlayPause | PanelAction::Play => {
                let play = choice.map_or(Command::Play, |(choice, list)| Command::Choose {
                    playlist: list.clone(),
                    until: choice.lasts.map(|lasts| now + lasts),
                });
                match action {
                    PanelAction::PlayPause => Command::PauseOr(Box::new(play)),
                    _ => play,
                }
            }
            PanelAction::Pause => Command::Pause,
            PanelAction::Stop => Command::Stop,
            PanelAction::Next => Command::Next,
            PanelAction::Prev => Command::Previous,
            PanelAction::VolumeUp => Command::VolumeUp,
            PanelAction::VolumeDown => Command::VolumeDown,
            PanelAction::Mute => Command::ToggleMute,
            PanelAction::SeekForward => Command::SeekForward(step),
            PanelAction::SeekBack => Command::SeekBack(step),
            PanelAction::PlayClip => {
                let Some((choice, list)) = choice else {
                    return Err(What::Missing("no clip".to_owned()));
                };
                let Some(file) = list.current().cloned() else {
                    let missing = choice.plays.first().map(PathBuf::as_path).map(file_name);
                    let missing = missing.unwrap_or_default();
                    return Err(What::Missing(format!(
                        "{missing}: the clip is not in the media folder, or cannot be played"
                    )));
                };
                // The next press plays the next clip.
                let _ = list.advance();
                Command::PlayClip { clip: Clip::new(file, choice.back), again: choice.again }
            }
            PanelAction::Auto => Command::Automatic,
            PanelAction::Identify => Command::Identify,
            PanelAction::Shutdown => Command::SwitchOff,
        })
    }
}

impl Kiosk {
    /// A person caused this action with a button.
    pub(super) fn press(&mut self, id: ButtonId, action: PanelAction, now: Instant) {
        let Some(button) = self.panel.buttons.get(id) else { return };
        let (pin, targets, action_word) = (button.pin.0, button.targets.clone(), action.word());
        self.common.trace.note(now, "", What::Pressed(pin, action_word));
        let at_s = now.since(Instant::START).as_secs_f64();
        self.panel.remember(Press { pin, action: action_word, at_s });
        match self.panel.command(id, action, now) {
            Ok(command) => self.command(command, &targets, now),
            Err(missing) => self.common.trace.note(now, "", missing),
        }
    }

    /// Updates the LEDs from the state.
    pub(super) fn show(&mut self, now: Instant, effects: &mut Effects) {
        if !self.supervisor.leaving() {
            let overall = self.pattern(now);
            for (led, id) in self.config.leds.iter().zip(0..) {
                let plays = |targets| {
                    self.renderers.iter().any(|r| is_target(targets, r) && r.is_showing())
                };
                let pattern = match &led.shows {
                    LedFunction::Status => overall,
                    LedFunction::Playing(targets) if plays(targets) => Pattern::Playing,
                    LedFunction::Playing(_) => Pattern::Dark,
                };
                self.panel.leds.show(LedId(id), pattern, now);
            }
        }
        for (id, lit) in self.panel.leds.due(now) {
            effects.push(Effect::Light(id, lit));
        }
    }

    /// The circumstances that are the same for all renderers.
    pub(super) fn box_status(&self) -> BoxStatus {
        BoxStatus {
            misconfigured: self.configuration_error.is_some(),
            offline: self.network.addresses.is_empty(),
            leaving: self.supervisor.leaving(),
        }
    }

    /// The pattern of the status LEDs.
    pub fn pattern(&self, now: Instant) -> Pattern {
        let (mut found, mut starved, mut wanted, mut fails) = (false, false, false, false);
        for renderer in self.renderers.iter().filter(|r| r.is_driven()) {
            found |= !renderer.is_away();
            starved |= renderer.lacks_media();
            wanted |= renderer.goal() == Goal::Play;
            fails |= !renderer.is_playing()
                && why(renderer, self.box_status(), now)
                    .is_some_and(|reason| reason.standing() == Standing::Wrong);
        }
        if self.supervisor.leaving() {
            Pattern::Dark
        } else if self.power.is_going() {
            Pattern::SwitchingOff
        } else if self.configuration_error.is_some() {
            Pattern::ConfigurationError
        } else if !found && now.since(Instant::START) < STARTING {
            Pattern::Starting
        } else if self.network.addresses.is_empty() {
            Pattern::NoNetwork
        } else if self.media.scan.files.is_empty() || starved {
            Pattern::MediaMissing
        } else if fails {
            Pattern::Degraded
        } else if !found {
            Pattern::NoRenderer
        } else if wanted {
            Pattern::Playing
        } else {
            Pattern::Ready
        }
    }
}
