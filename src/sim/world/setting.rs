//! What a world is made of: renderers, files, and the box's configuration.

use super::World;
use crate::config::{Button, Config, Led, Level, PanelAction, Pin, Rule, Shows, Targets};
use crate::media::catalogue::MediaFile;
use crate::media::mime::of_extension;
use crate::sim::presets::Preset;
use crate::time::Duration;

/// What the buttons do, in their order.
pub(in crate::sim) const BUTTONS: [PanelAction; 9] = [
    PanelAction::PlayPause,
    PanelAction::Play,
    PanelAction::Pause,
    PanelAction::Stop,
    PanelAction::Next,
    PanelAction::Prev,
    PanelAction::VolumeUp,
    PanelAction::VolumeDown,
    PanelAction::Mute,
];
/// See the module.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Setting {
    pub(in crate::sim) seed: u64,
    pub(in crate::sim) presets: Vec<Preset>,
    /// Path and length in milliseconds.
    pub(in crate::sim) files: Vec<(&'static str, u64)>,
    pub(in crate::sim) config: Config,
    pub(in crate::sim) watchdog: Option<Duration>,
}

impl Setting {
    /// One renderer that plays a clip of ten seconds when a button asks for it.
    pub(in crate::sim) fn of(preset: Preset) -> Self {
        Self::many(vec![preset])
    }

    pub(in crate::sim) fn many(presets: Vec<Preset>) -> Self {
        let button = |(press, pin): (&PanelAction, u8)| Button::plain(Pin(pin), *press);
        let led = |pin, shows| Led { pin: Pin(pin), shows, active: Level::High };
        let mut config = Config {
            buttons: BUTTONS.iter().zip(2..).map(button).collect(),
            leds: vec![led(20, Shows::Status), led(21, Shows::Playing(Targets::All))],
            media_folder: "/m".into(),
            ..Config::default()
        };
        config.rules[0].plays = vec!["/m".into()];
        Self { seed: 1, presets, files: vec![("/m/clip.mp4", 10_000)], config, watchdog: None }
    }

    pub(in crate::sim) fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    pub(in crate::sim) fn files(mut self, files: &[(&'static str, u64)]) -> Self {
        self.files = files.to_vec();
        self
    }

    /// Starts by itself.
    pub(in crate::sim) fn autoplay(self) -> Self {
        self.rule(|rule| rule.autoplay = true)
    }

    pub(in crate::sim) fn rule(mut self, change: impl FnOnce(&mut Rule)) -> Self {
        change(&mut self.config.rules[0]);
        self
    }

    pub(in crate::sim) fn begin(self) -> World {
        World::new(self)
    }
}

pub(super) fn media_file(path: &str, millis: u64) -> MediaFile {
    MediaFile {
        path: path.into(),
        root: "/m".into(),
        media_type: of_extension(path.rsplit('.').next().unwrap_or_default()).expect("known"),
        size: 100 * millis.max(1),
    }
}
