//! What the box remembers across restarts: the profiles of renderers, the secret by which it recognises its own tokens,
//! its total running time, and its statistics.

mod control;

use super::profile::{Minutes, Profile};
use super::token::Secret;
use crate::limits::PROFILES;
use crate::text::is_same_name;
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
        // What has never played goes first: anybody can make up renderers.
        let worth = |&i: &usize| (self.profiles[i].has_played(), self.profiles[i].seen);
        let oldest = (0..self.profiles.len()).min_by_key(worth);
        if let Some(oldest) = oldest {
            self.profiles.remove(oldest);
        }
    }

    /// The same without what lets a box take up what renderers still play.
    pub fn without_past(self) -> Self {
        Self { secret: None, ..self }
    }

    /// Deletes the profiles of the renderers with this name or UDN, or all. Returns their names.
    pub fn forget(&mut self, who: &str) -> Vec<String> {
        let lower = who.to_lowercase();
        let bare = |udn: &str| udn.trim_start_matches("uuid:").to_owned();
        let meant = |profile: &Profile| {
            lower == "all"
                || is_same_name(&profile.of.name, who)
                || bare(&profile.of.udn) == bare(&lower)
        };
        let gone = self.profiles.iter().filter(|profile| meant(profile));
        let gone = gone.map(|profile| profile.of.name.to_string()).collect();
        self.profiles.retain(|profile| !meant(profile));
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kiosk::habits::{Habits, KINDS, Looped, Way};
    use crate::limits::{LEFT_OUT, MIME_NAMES, STATE_FILE};
    use crate::media::media_type::of_extension;
    use crate::text::clip;

    fn described(udn: &str, model: &str) -> Description {
        let xml = format!(
            "<root><device><UDN>{udn}</UDN><friendlyName>TV {udn}</friendlyName>\
             <manufacturer>ACME</manufacturer><modelName>{model}</modelName><serviceList><service>\
             <serviceType>urn:schemas-upnp-org:service:AVTransport:1</serviceType>\
             <controlURL>/c</controlURL></service></serviceList></device></root>"
        );
        let location = crate::upnp::HttpUrl::parse("http://10.0.0.2/d").expect("a URL");
        crate::upnp::description::parse(xml.as_bytes(), &location).expect("a renderer")
    }

    fn broken(description: &Description, seen: Minutes) -> Profile {
        let mut profile = Profile::new(description);
        let habits = Habits { seek_broken: true, ..Habits::default() };
        profile.learn(&habits, seen);
        profile.seen = seen;
        profile
    }

    #[test]
    fn a_renderer_never_seen_is_taken_for_the_last_one_of_its_model() {
        let mut memory = Memory::default();
        memory.keep(Profile::new(&described("uuid:old", "X1")));
        memory.keep(broken(&described("uuid:new", "X1"), 5));
        memory.keep(Profile { seen: 9, ..Profile::new(&described("uuid:other", "Y1")) });
        let known = memory.recall(&described("uuid:third", "X1"));
        assert!(known.seek_broken.is_some());
        assert_eq!(
            (known.of.udn.as_str(), known.of.name.as_str()),
            ("uuid:third", "TV uuid:third")
        );
        assert!(memory.recall(&described("uuid:old", "X1")).seek_broken.is_none(), "it is known");
        assert!(memory.recall(&described("uuid:third", "Z1")).seek_broken.is_none());
        assert!(memory.recall(&described("uuid:third", "")).seek_broken.is_none());
    }

    #[test]
    fn the_one_that_was_away_the_longest_makes_room() {
        let mut memory = Memory::default();
        for n in 0..=PROFILES {
            let seen = u32::try_from(n).expect("small") ^ 1;
            let description = described(&format!("uuid:{n}"), "X");
            memory.keep(Profile { seen, ..Profile::new(&description) });
        }
        assert_eq!(memory.profiles.len(), PROFILES);
        assert!(memory.profiles.iter().all(|profile| profile.of.udn != "uuid:1"), "seen at 0");
    }

    #[test]
    fn what_is_written_is_read_again_even_if_it_is_as_large_as_can_be() {
        let mut memory = Memory { secret: Some(Secret::new(1, u64::MAX)), ..Memory::default() };
        for n in 0..PROFILES {
            let mut profile = broken(&described("uuid:x", "X"), Minutes::MAX);
            profile.of.udn = clip(&format!("{n:03}{}", "\"".repeat(200)));
            profile.of.name = clip(&"\\".repeat(200));
            (profile.of.manufacturer, profile.of.model) =
                (profile.of.name.clone(), profile.of.name.clone());
            profile.simpler = profile.seek_broken;
            profile.stop_first = profile.simpler;
            for kind in KINDS {
                *profile.next_broken.at(kind) = profile.simpler;
                *profile.measures.loops.at(kind) =
                    Some(Looped { way: Way::Restart, gap_ms: u32::MAX });
            }
            (profile.rendering_broken, profile.events_lie) = (profile.simpler, profile.simpler);
            profile.note_audible(Some(u16::MAX));
            let line =
                |n| format!("{:016x} m2ts breaks {} {}", u64::MAX - n, u8::MAX, Minutes::MAX);
            profile.left_out = (0..LEFT_OUT as u64).map(line).collect::<Vec<_>>().into();
            for extension in ["mkv", "avi", "ts", "m2ts", "mts", "flac", "m4a", "aac", "mpg"] {
                let media_type = of_extension(extension).expect("known");
                profile.names.note(media_type, media_type.mimes[media_type.mimes.len() - 1]);
            }
            memory.keep(profile);
        }
        assert_eq!(memory.profiles[0].names.unusual().count(), MIME_NAMES);
        assert_eq!(memory.profiles[0].left_out.count(Minutes::MAX - 1), LEFT_OUT);
        let bytes = memory.write();
        assert!(bytes.len() < STATE_FILE / 2, "{}", bytes.len());
        assert_eq!(Memory::parse(&bytes), Ok(memory));
    }

    #[test]
    fn what_is_damaged_or_foreign_is_told_and_what_is_missing_is_unknown() {
        for damaged in ["", "{", "[]", "{\"format\":1}", "\0\0\0"] {
            assert!(Memory::parse(damaged.as_bytes()).is_err(), "{damaged}");
        }
        let other = r#"{"format":2,"ran":0,"secret":null,"profiles":[]}"#;
        assert_eq!(Memory::parse(other.as_bytes()), Err("it is of format 2, not 1".to_owned()));
        let sparse = r#"{"format":1,"ran":7,"secret":null,"later":1,
            "profiles":[{"udn":"uuid:a","names":[["mkv","video/x-mkv"],["x","y"],["mkv","z"]]}]}"#;
        let memory = Memory::parse(sparse.as_bytes()).expect("good");
        assert_eq!(
            memory.profiles[0].names.unusual().collect::<Vec<_>>(),
            [("mkv", "video/x-mkv")]
        );
    }

    #[test]
    fn the_owner_may_have_one_forgotten_by_name_or_udn_or_all() {
        let mut memory = Memory::default();
        for n in 1..5 {
            memory.keep(Profile::new(&described(&format!("uuid:{n}"), "X")));
        }
        assert_eq!(memory.forget("nobody"), [""; 0]);
        assert_eq!(memory.forget("tv UUID:2"), ["TV uuid:2"]);
        assert_eq!(memory.forget("3"), ["TV uuid:3"]);
        assert_eq!(memory.forget("UUID:1"), ["TV uuid:1"]);
        assert_eq!(memory.forget("all"), ["TV uuid:4"]);
    }
}
