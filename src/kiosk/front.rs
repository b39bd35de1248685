//! The front panel of the whole box: what a press means for the renderers, and what the LEDs say of them.

use super::Kiosk;
use super::effect::{Effect, Effects};
use super::event::{ButtonId, LedId};
use super::leds::Pattern;
use super::meant::is_target;
use super::panel::Press;
use super::playlist::Playlist;
use super::programme::Clip;
use super::reason::Standing;
use super::renderer::{Goal, Renderer};
use super::trace::What;
use super::why::{House, why};
use crate::config::{LedFunction, PanelAction, RepeatPress};
use crate::text::file_name;
use crate::time::{Duration, Instant};
use std::path::PathBuf;

/// The box is starting for this long, or until it finds a renderer.
const STARTING: Duration = Duration::from_secs(8);

impl Kiosk {
    /// A person did this at a button.
    pub(super) fn act(&mut self, id: ButtonId, action: PanelAction, now: Instant) {
        let Some(button) = self.panel.button(id) else {
            return;
        };
        let (pin, targets, word) = (button.pin.0, button.targets.clone(), action.word());
        self.common.trace.note(now, "", What::Pressed(pin, word));
        if self.presses.is_full() {
            self.presses.pop_front();
        }
        let at_s = now.since(Instant::START).as_secs_f64();
        // Room was made just above.
        let _ = self.presses.push_back(Press { pin, action: word, at_s });
        let groups = self.groups_of(|r| is_target(&targets, r));
        let addressed = |r: &Renderer| {
            is_target(&targets, r)
                || r.seat().is_some_and(|(group, _)| groups.get(group) == Some(&true))
        };
        // One button for several: if any plays, all pause.
        let any_plays =
            self.renderers.iter().any(|r| addressed(r) && r.is_driven() && r.is_to_show());
        let action = match action {
            PanelAction::PlayPause if any_plays => PanelAction::Pause,
            PanelAction::PlayPause => PanelAction::Play,
            other => other,
        };
        let wish = self.wish(id, action, now);
        for renderer in self.renderers.filter_mut(addressed) {
            match &wish {
                Wish::Simple(action) => renderer.command(*action, now),
                Wish::Seek(step, forward) => renderer.seek_by(*step, *forward, now),
                Wish::Clip(clip, again) => renderer.play_clip(clip.clone(), *again, now),
                Wish::Choice(list, until) => renderer.choose(list.clone(), *until, now),
                Wish::Identify => {
                    if let Some(why) = renderer.identify(now) {
                        self.common.trace.note(now, renderer.name(), What::Unidentified(why));
                    }
                }
                Wish::PowerOff | Wish::Nothing => {}
            }
        }
        if matches!(wish, Wish::PowerOff) {
            self.power.wish();
        }
        if action == PanelAction::Auto {
            self.consult_schedule(now);
        }
    }

    /// An action, with what the button says of it.
    fn wish(&mut self, id: ButtonId, action: PanelAction, now: Instant) -> Wish {
        let Some(button) = self.panel.button(id) else { return Wish::Nothing };
        let choice = Some(&button.choice).filter(|choice| !choice.plays.is_empty());
        let choice = choice.zip(self.choices.get_mut(usize::from(id.0)));
        match (action, choice) {
            (PanelAction::SeekForward, _) => Wish::Seek(button.seek_step, true),
            (PanelAction::Identify, _) => Wish::Identify,
            (PanelAction::Shutdown, _) => Wish::PowerOff,
            (PanelAction::SeekBack, _) => Wish::Seek(button.seek_step, false),
            (PanelAction::PlayClip, Some((choice, list))) => {
                let Some(file) = list.current().cloned() else {
                    let missing = choice.plays.first().map(PathBuf::as_path).map(file_name);
                    let missing = missing.unwrap_or_default().into_owned();
                    self.common.trace.note(
                        now,
                        "",
                        What::Missing(format!("{missing}: no such clip")),
                    );
                    return Wish::Nothing;
                };
                // Of several, the next press plays the next one.
                let _ = list.advance();
                Wish::Clip(Clip::new(file, choice.back), choice.again)
            }
            (PanelAction::Play, Some((choice, list))) => {
                Wish::Choice(list.clone(), choice.lasts.map(|lasts| now + lasts))
            }
            _ => Wish::Simple(action),
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
                    LedFunction::Status => overall,
                    LedFunction::Playing(targets) if plays(targets) => Pattern::Playing,
                    LedFunction::Playing(_) => Pattern::Dark,
                };
                self.leds.show(LedId(id), pattern, now);
            }
        }
        for (id, lit) in self.leds.due(now) {
            effects.push(Effect::Light(id, lit));
        }
    }

    /// What all renderers have in common when they do not play.
    pub(super) fn house(&self) -> House {
        House {
            misconfigured: self.configuration_error.is_some(),
            offline: self.addresses.is_empty(),
            leaving: self.supervisor.leaving(),
        }
    }

    /// The one thing that the status LEDs say.
    #[must_use]
    pub fn pattern(&self, now: Instant) -> Pattern {
        let (mut found, mut starved, mut wanted, mut fails) = (false, false, false, false);
        for renderer in self.renderers.iter().filter(|r| r.is_driven()) {
            found |= !renderer.is_away();
            starved |= renderer.lacks_media();
            wanted |= renderer.goal() == Goal::Play;
            fails |= !renderer.is_playing()
                && why(renderer, self.house(), now)
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

/// What a press asks of each renderer that it is for.
enum Wish {
    Simple(PanelAction),
    Seek(Duration, bool),
    Clip(Clip, RepeatPress),
    Choice(Playlist, Option<Instant>),
    Identify,
    /// This is for the box.
    PowerOff,
    Nothing,
}
