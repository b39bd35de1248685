//! Switching the machine off, which a person asks for by holding a button.
//!
//! It is asked for while everything goes on. Who grants it will send SIGTERM, and then the box leaves as always; who
//! refuses it has cost nobody anything.

use super::effect::{Effect, Effects};
use super::trace::What;
use crate::time::{Duration, Instant};

/// Who grants it may wait for other programs: systemd gives each 90 s. After that it is not coming.
const PATIENCE: Duration = Duration::from_secs(120);

/// How far it has come.
#[derive(Debug, Default)]
pub(super) enum Power {
    /// Nobody has asked for it.
    #[default]
    On,
    /// Somebody has: it is to be asked for.
    Asked,
    /// It was asked for, and is granted by then or not at all.
    Going { until: Instant },
    /// It was not granted; the sentence says why.
    Refused(String),
}

impl Power {
    /// A person wants it.
    pub(super) fn ask(&mut self) {
        if !self.is_going() {
            *self = Self::Asked;
        }
    }

    /// Asks for it where it is wished. Gives what is news.
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

    /// The answer is there. Gives what is news.
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

    /// It is on its way.
    pub(super) const fn is_going(&self) -> bool {
        matches!(self, Self::Asked | Self::Going { .. })
    }

    /// Why it was not switched off, until somebody asks for it again.
    pub(super) fn refusal(&self) -> Option<&str> {
        match self {
            Self::Refused(why) => Some(why),
            _ => None,
        }
    }

    /// When it should have come.
    pub(super) const fn next_deadline(&self) -> Option<Instant> {
        match self {
            Self::Going { until } => Some(*until),
            _ => None,
        }
    }
}
