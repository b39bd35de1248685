//! The front panel of the whole box: what a press means for the renderers, and what the LEDs say of them.

use super::effect::{Effect, Effects};
use super::event::{ButtonId, LedId};
use super::fault::Fault;
use super::leds::Pattern;
use super::renderer::{Goal, Renderer};
use super::status::Press;
use super::trace::What;
use super::{Kiosk, matches};
use crate::config::{PanelAction, Shows, Targets};
use crate::time::{Duration, Instant};

/// The box is starting for this long, or until it finds a renderer.
const STARTING: Duration = Duration::from_secs(8);

impl Kiosk {
    /// A person did this at a button.
    pub(super) fn act(&mut self, button: ButtonId, action: PanelAction, now: Instant) {
        let Some(button) = self.panel.button(button) else {
            return;
        };
        let (pin, targets, word) = (button.pin.0, button.targets.clone(), word(action));
        self.trace.note(now, "", What::Pressed(pin, word));
        if self.presses.is_full() {
            self.presses.pop_front();
        }
        let at_s = now.since(Instant::START).as_secs_f64();
        // Room was made just above.
        let _ = self.presses.push_back(Press { pin, action: word, at_s });
        let groups = self.groups_of(|r| is_target(&targets, r));
        let addressed = |r: &Renderer| {
            is_target(&targets, r)
                || r.seat.is_some_and(|(group, _)| groups.get(group) == Some(&true))
        };
        // One button for several: if any plays, all pause.
        let any_plays =
            self.renderers.iter().any(|r| addressed(r) && r.is_driven() && r.goal == Goal::Play);
        let action = match action {
            PanelAction::PlayPause if any_plays => PanelAction::Pause,
            PanelAction::PlayPause => PanelAction::Play,
            other => other,
        };
        for renderer in self.renderers.iter_mut().filter(|r| addressed(r)) {
            renderer.command(action, now);
        }
    }

    /// What the LEDs show follows from the state.
    pub(super) fn show(&mut self, now: Instant, effects: &mut Effects) {
        if !self.supervisor.leaving() {
            let overall = self.pattern(now);
            for (led, id) in self.config.leds.iter().zip(0..) {
                let plays = |targets| {
                    self.renderers.iter().any(|r| is_target(targets, r) && r.is_playing())
                };
                let pattern = match &led.shows {
                    Shows::Status => overall,
                    Shows::Playing(targets) if plays(targets) => Pattern::Playing,
                    Shows::Playing(_) => Pattern::Dark,
                };
                self.leds.show(LedId(id), pattern, now);
            }
        }
        for (id, lit) in self.leds.due(now) {
            effects.push(Effect::Light(id, lit));
        }
    }

    /// The one thing that the status LEDs say.
    #[must_use]
    pub fn pattern(&self, now: Instant) -> Pattern {
        let (mut found, mut starved, mut wanted, mut fails) = (false, false, false, false);
        for renderer in self.renderers.iter().filter(|r| r.is_driven()) {
            let should_play = renderer.goal == Goal::Play;
            found |= !renderer.away;
            starved |= renderer.fault == Some(Fault::NothingToPlay);
            wanted |= should_play;
            fails |= should_play
                && !renderer.is_playing()
                && (renderer.fault.is_some() || renderer.away);
        }
        if self.supervisor.leaving() {
            Pattern::Dark
        } else if self.configuration_error.is_some() {
            Pattern::ConfigurationError
        } else if !found && now.since(Instant::START) < STARTING {
            Pattern::Starting
        } else if self.addresses.is_empty() {
            Pattern::NoNetwork
        } else if self.scan.files.is_empty() || starved {
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

fn is_target(targets: &Targets, renderer: &Renderer) -> bool {
    match targets {
        Targets::All => true,
        Targets::Some(list) => {
            list.iter().any(|who| matches(who, &renderer.description, renderer.location.host))
        }
    }
}

/// The name of an action in the configuration.
fn word(action: PanelAction) -> &'static str {
    match action {
        PanelAction::PlayPause => "play_pause",
        PanelAction::Play => "play",
        PanelAction::Pause => "pause",
        PanelAction::Stop => "stop",
        PanelAction::Next => "next",
        PanelAction::Prev => "prev",
        PanelAction::VolumeUp => "volume_up",
        PanelAction::VolumeDown => "volume_down",
        PanelAction::Mute => "mute",
    }
}
