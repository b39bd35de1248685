//! Switching the machine off, which a person asks for by holding a button.
//!
//! It is asked for while everything goes on. Who grants it will send SIGTERM, and then the box leaves as always; who
//! refuses it has cost nobody anything.

use super::effect::{Effect, Effects};
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
    Wished,
    /// It was asked for, and is granted by then or not at all.
    Going { until: Instant },
    /// It was not granted; the sentence says why.
    Refused(String),
}

impl Power {
    /// A person wants it.
    pub(super) fn wish(&mut self) {
        if !self.is_going() {
            *self = Self::Wished;
        }
    }

    /// Asks for it where it is wished. Gives a sentence if it was granted and did not come.
    pub(super) fn due(&mut self, now: Instant, effects: &mut Effects) -> Option<String> {
        match *self {
            Self::Wished => {
                *self = Self::Going { until: now + PATIENCE };
                effects.push(Effect::PowerOff);
            }
            Self::Going { until } if until <= now => {
                let why = "it was to be switched off two minutes ago, and still runs".to_owned();
                *self = Self::Refused(why.clone());
                return Some(why);
            }
            _ => {}
        }
        None
    }

    /// The answer is there.
    pub(super) fn answered(
        &mut self,
        outcome: Result<(), String>,
        now: Instant,
    ) -> Result<(), String> {
        *self = match &outcome {
            Ok(()) => Self::Going { until: now + PATIENCE },
            Err(why) => Self::Refused(why.clone()),
        };
        outcome
    }

    /// It is on its way.
    pub(super) const fn is_going(&self) -> bool {
        matches!(self, Self::Wished | Self::Going { .. })
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
