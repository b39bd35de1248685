//! Stories of the whole room: claims about what an owner sees, with literal times.

mod answers;
mod chance;
mod claims;
mod clips;
mod discovery;
mod faults;
mod fetch_evidence;
mod floods;
mod groups;
mod hanging_folders;
mod identity;
mod layers;
mod looping;
mod media_folder;
mod memory;
mod oracle;
mod oracle_2;
mod oracle_3;
mod oracle_screens;
mod orders;
mod panel;
mod pictures;
mod playback;
mod refusals;
mod schedule;
mod standby;
mod unplayable;
mod viewers;
mod volumes;

use super::fake_renderer::Remote;
use super::presets::{self, Preset};
use super::quirks::{FetchFailure, Probe, Quirks, SetWhilePlaying};
use super::world::{BUTTONS, HOME, PORT, Scenario, World};
use crate::config::{LoopMethod, OnStop, PanelAction};
use crate::time::Duration;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A renderer that is well-behaved except for this change.
fn but(change: impl FnOnce(&mut Quirks)) -> Preset {
    let mut preset = presets::well_behaved();
    change(&mut preset.quirks);
    preset
}

/// Has played for two seconds.
fn playing(scenario: Scenario) -> World {
    let mut world = scenario.autoplay().start();
    assert!(world.until(10_000, |w| w.shows(0, "clip.mp4")).is_some());
    world.pass(2_000);
    world
}
