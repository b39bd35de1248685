//! What the box remembers across restarts: the profiles of renderers, the secret by which it recognises its own tokens,
//! its total running time, and its statistics.

mod control;
mod save_policy;

use super::profile::{Minutes, Profile};
use super::token::Secret;
use crate::limits::PROFILES;
use crate::upnp::description::Description;
pub(super) use control::MemoryControl;
use serde::{Deserialize, Serialize};

/// The version of the format. No other version is read.
const FORMAT: u32 = 1;

/// What the box remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    format: u32,
    pub(super) ran: Minutes,
    pub(super) secret: Option<Secret>,
    profiles: Vec<Profile>,
    /// The statistics, stored as they are: if they cannot be read, the profiles still can.
    #[serde(default)]
    pub(super) statistics: Option<serde_json::Value>,
}

impl Default for Memory {
    fn default() -> Self {
        Self { format: FORMAT, ran: 0, secret: None, profiles: Vec::new(), statistics: None }
    }
}

impl Memory {
    /// Parses the output of [`Self::write`].
    ///
    /// # Errors
    /// A sentence that says what is wrong with the file.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut memory: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if memory.format != FORMAT {
            return Err(format!("it is of format {}, not {FORMAT}", memory.format));
        }
        while memory.profiles.len() > PROFILES {
            memory.drop_oldest();
        }
        Ok(memory)
    }

    /// Returns the memory as text for a file.
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// The total running time of the box.
    pub fn ran(&self) -> Minutes {
        self.ran
    }

    /// The profiles, in order of creation.
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// Returns whether there is a profile of this very renderer.
    pub(super) fn knows(&self, udn: &str) -> bool {
        self.profiles.iter().any(|profile| profile.of.udn == udn)
    }

    /// The profile of this renderer, or else of the renderer of the same model that was last seen.
    pub(super) fn recall(&self, description: &Description) -> Profile {
        let udn = description.udn.as_str();
        let known = self.profiles.iter().find(|profile| profile.of.udn == udn);
        let alike = || {
            let alike = self.profiles.iter().filter(|profile| profile.is_of_model(description));
            alike.max_by_key(|profile| profile.seen)
        };
        let known = known.or_else(alike).map(|profile| profile.lent_to(description));
        known.unwrap_or_else(|| Profile::new(description))
    }

    /// Stores a profile in place of the renderer's previous one.
    pub(super) fn keep(&mut self, profile: Profile) {
        match self.profiles.iter_mut().find(|known| known.of.udn == profile.of.udn) {
            Some(known) => *known = profile,
            None => {
                if self.profiles.len() >= PROFILES {
                    self.drop_oldest();
                }
                self.profiles.push(profile);
            }
        }
    }

    fn drop_oldest(&mut self) {
        let oldest = (0..self.profiles.len()).min_by_key(|&i| self.profiles[i].seen);
        if let Some(oldest) = oldest {
            self.profiles.remove(oldest);
        }
    }

    /// Deletes the profiles of the renderers with this name or UDN, or all. Returns their names.
    pub fn forget(&mut self, who: &str) -> Vec<String> {
        let lower = who.to_lowercase();
        let bare = |udn: &str| udn.trim_start_matches("uuid:").to_owned();
        let meant = |profile: &Profile| {
            lower == "all"
                || profile.of.name.to_lowercase() == lower
                || bare(&profile.of.udn) == bare(&lower)
        };
        let gone = self.profiles.iter().filter(|profile| meant(profile));
        let gone = gone.map(|profile| profile.of.name.to_string()).collect();
        self.profiles.retain(|profile| !meant(profile));
        gone
    }
}

#[cfg(test)]
mod tests;
