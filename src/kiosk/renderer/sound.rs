//! Volume and mute: what stands between the buttons and [`Knobs`](super::knobs::Knobs).
//!
//! Terms: a *survey* is a look at the description of RenderingControl, for the units of the volume. It is made once
//! for each description of the renderer, and whatever it fails of, 0 to 100 is meant.

use super::knobs::Turn;
use super::{Context, Evented, Renderer};
use crate::config::PanelAction;
use crate::kiosk::event::Failure;
use crate::kiosk::trace::What;
use crate::time::{Duration, Instant};
use crate::upnp::UpnpError;
use crate::upnp::scpd::VolumeRange;

/// One that cannot be reached is asked again with the next sign of life, so often.
const TRIES: u8 = 3;

/// Whether the units of the volume are known, and whether the owner was told that there is none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sound {
    /// The description of RenderingControl was looked at, or could not be.
    surveyed: bool,
    tries: u8,
    lack: Lack,
}

/// A button has turned what the renderer has not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Lack {
    #[default]
    Unnoticed,
    /// To be said.
    Noticed,
    /// Once is enough.
    Said,
}

impl Renderer {
    pub(super) fn has_rendering(&self) -> bool {
        self.description.rendering_control.is_some() && !self.habits.rendering_broken
    }

    /// The units of its volume are to be asked for.
    pub(super) fn wants_survey(&self) -> bool {
        self.has_rendering() && !self.sound.surveyed && self.scpd_url(Evented::Rendering).is_some()
    }

    /// It was described anew: its units may be others.
    pub(super) fn forget_survey(&mut self) {
        (self.sound.surveyed, self.sound.tries) = (false, 0);
    }

    pub(super) fn know_units(&mut self, range: Option<VolumeRange>) {
        self.sound.surveyed = true;
        self.knobs.range = range.unwrap_or_default();
    }

    /// It did not answer: that says nothing of its units.
    pub(super) fn may_survey_again(&mut self, failure: &Failure) -> bool {
        self.sound.tries = self.sound.tries.saturating_add(1);
        *failure == Failure::Unreachable && self.sound.tries < TRIES
    }

    /// A button that turns it, in vain where there is nothing to turn: which is said once.
    pub(super) fn turn(&mut self, action: PanelAction) {
        match action {
            _ if !self.has_rendering() => self.notice_lack(),
            PanelAction::VolumeUp => self.knobs.turn(1),
            PanelAction::VolumeDown => self.knobs.turn(-1),
            _ => self.knobs.toggle_mute(),
        }
    }

    fn notice_lack(&mut self) {
        if self.sound.lack == Lack::Unnoticed {
            self.sound.lack = Lack::Noticed;
        }
    }

    /// Says what a button could not know.
    pub(super) fn say_lack(&mut self, ctx: &mut Context<'_>) {
        if self.sound.lack == Lack::Noticed {
            self.sound.lack = Lack::Said;
            ctx.trace.note(ctx.now, self.name(), What::NoVolume);
        }
    }

    pub(super) fn turn_refused(&mut self, turn: Turn, error: &UpnpError, now: Instant) {
        match turn {
            // Some have no mute, or one that does not work: there is still the volume.
            Turn::AskMute | Turn::Mute(_) => self.knobs.cannot_mute(),
            _ => {
                if matches!(error.code, 401 | 602) {
                    self.habits.rendering_broken = true;
                    self.notice_lack();
                }
                self.knobs.refused(now + Duration::from_secs(1));
            }
        }
    }
}
