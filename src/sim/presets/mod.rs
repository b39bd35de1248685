//! Renderers that people own, as far as their behaviour was measured or reported.
//!
//! `gmrender` and `rygel` reproduce measured tables of behaviour. The others are what owners and
//! other control points report of them, one or two quirks each; where nothing is reported they
//! behave well. Rows are those of the table in [`coverage`], which says of each behaviour that was
//! reported where it is shown.

pub mod coverage;
mod projectors;
mod software;
mod speakers;
mod televisions;

use super::fake_renderer::FakeRenderer;
use super::quirks::Quirks;
use super::words::Persona;
use crate::time::Duration;
use crate::upnp::Udn;
pub use projectors::*;
pub use software::*;
pub use speakers::*;
pub use televisions::*;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// What a renderer is sold as, and how it behaves.
#[derive(Clone, Debug)]
pub struct Preset {
    /// Its name on the command line.
    pub name: &'static str,
    /// modelName.
    pub model: &'static str,
    /// manufacturer.
    pub manufacturer: &'static str,
    /// Version of MediaRenderer and its services.
    pub version: u8,
    /// Path of its description; `{uuid}` is its UDN without `uuid:`.
    pub path: &'static str,
    /// TCP port that it likes.
    pub port: u16,
    /// User-Agent of its fetches.
    pub user_agent: &'static str,
    /// How it behaves.
    pub quirks: Quirks,
}

impl Preset {
    /// Such a renderer with this identity and name.
    #[must_use]
    pub fn renderer(&self, udn: Udn, friendly_name: &str, seed: u64) -> FakeRenderer {
        let uuid = udn.as_str().trim_start_matches("uuid:");
        let persona = Persona {
            friendly_name: friendly_name.to_owned(),
            manufacturer: self.manufacturer.to_owned(),
            model_name: self.model.to_owned(),
            version: self.version,
            description_path: self.path.replace("{uuid}", uuid),
            port: self.port,
            server: format!("Linux/5.4 UPnP/1.0 {}/1.0", self.model.replace(' ', "-")),
            user_agent: self.user_agent.to_owned(),
            sink: self.sink(),
            udn,
        };
        FakeRenderer::new(persona, self.quirks.clone(), seed)
    }

    fn sink(&self) -> String {
        let mimes = self.quirks.sink.or(self.quirks.mimes).unwrap_or(COMMON);
        let entries: Vec<String> = mimes.iter().map(|m| format!("http-get:*:{m}:*")).collect();
        entries.join(",")
    }
}

/// MIME types that nearly everything plays.
const COMMON: &[&str] = &[
    "video/mp4",
    "video/mpeg",
    "video/x-matroska",
    "video/x-msvideo",
    "video/webm",
    "video/quicktime",
    "video/mp2t",
    "audio/mpeg",
    "audio/mp4",
    "audio/flac",
    "audio/x-flac",
    "audio/wav",
    "audio/x-wav",
    "audio/ogg",
    "image/jpeg",
    "image/png",
];
const DLNADOC: &str = "DLNADOC/1.50";

fn good(name: &'static str, manufacturer: &'static str, model: &'static str) -> Preset {
    Preset {
        name,
        model,
        manufacturer,
        version: 1,
        path: "/description.xml",
        port: 49152,
        user_agent: DLNADOC,
        quirks: Quirks::default(),
    }
}

/// A renderer without a fault.
#[must_use]
pub fn well_behaved() -> Preset {
    good("well-behaved", "dlna-kiosk", "Simulated renderer")
}

/// Every preset.
#[must_use]
pub fn all() -> Vec<Preset> {
    let rooms = [televisions::all(), speakers::all(), projectors::all(), software::all()];
    [well_behaved()].into_iter().chain(rooms.concat()).collect()
}

/// The preset of this name.
#[must_use]
pub fn named(name: &str) -> Option<Preset> {
    all().into_iter().find(|preset| preset.name == name)
}
