//! Switching the machine off, which a person requests by holding a button.
//!
//! Everything goes on while the request is pending. If it is granted, the box receives SIGTERM and leaves as usual; if
//! it is refused, nothing has changed.

use super::effect::{Effect, Effects};
use super::trace::What;
use crate::time::{Duration, Instant};

/// How long a granted power-off may take: systemd waits up to 90 s for each program.
const PATIENCE: Duration = Duration::from_secs(120);

/// The state of the request.
#[derive(Debug, Default)]
pub(super) enum Power {
    /// There is no request.
    #[default]
    On,
    /// A person made a request, which must be passed on.
    Asked,
    /// The request was passed on. If the machine is still running at `until`, the request was not granted.
    Going { until: Instant },
    /// The request was refused; the sentence says why.
    Refused(String),
}

impl Power {
    /// A person requests it.
    pub(super) fn ask(&mut self) {
        if !self.is_going() {
            *self = Self::Asked;
        }
    }

    /// Passes a request on. Returns what is news.
    pub(super) fn due(&mut self, now: Instant, effects: &mut Effects) -> Option<What> {
        match *self {
            Self::Asked => {
                *self = Self::Going { until: now + PATIENCE };
                effects.push(Effect::PowerOff);
                Some(What::PowerOff)
            }
            Self::Going { until } if until <= now => {
                self.refuse("it was to be off two minutes ago, and still runs".to_owned())
            }
            _ => None,
        }
    }

    /// Takes the answer. Returns what is news.
    pub(super) fn answered(&mut self, outcome: Result<(), String>, now: Instant) -> Option<What> {
        let Err(why) = outcome else {
            *self = Self::Going { until: now + PATIENCE };
            return None;
        };
        self.refuse(why)
    }

    fn refuse(&mut self, why: String) -> Option<What> {
        *self = Self::Refused(why.clone());
        Some(What::StillOn(why))
    }

    /// Returns whether a request is pending.
    pub(super) const fn is_going(&self) -> bool {
        matches!(self, Self::Asked | Self::Going { .. })
    }

    /// Why the machine was not switched off. Cleared by the next request.
    pub(super) fn refusal(&self) -> Option<&str> {
        match self {
            Self::Refused(why) => Some(why),
            _ => None,
        }
    }

    /// When the machine should be off.
    pub(super) const fn next_deadline(&self) -> Option<Instant> {
        match self {
            Self::Going { until } => Some(*until),
            _ => None,
        }
    }
}
