//! Stories of the whole house: claims about what an owner sees, with literal times.

mod chaos;
mod clips;
mod crowd;
mod families;
mod faults;
mod folder;
mod groups;
mod hearsay;
mod hours;
mod house;
mod identify;
mod known_another_udn;
mod known_boot_number;
mod known_byebye_before_alive;
mod known_choice_over_a_boundary;
mod known_clip_over_a_boundary;
mod known_ends_that_are_cut;
mod known_panel;
mod known_play_that_is_not_answered;
mod known_playing_for_ever;
mod known_port_of_an_address;
mod known_refused_without_a_reason;
mod known_small;
mod known_sound;
mod known_stale_next;
mod known_stop_while_it_loads;
mod known_the_end_read_first;
mod known_wrong_length;
mod looping;
mod memory;
mod mutants;
mod objections;
mod oddities;
mod pictures;
mod places;
mod playing;
mod power;
mod preflight;
mod remembering;
mod statistics;
mod subtitles;
mod viewers;
mod volume;
mod weather;
mod witness;

use super::presets::{self, Preset};
use super::quirks::{FetchFailure, Probe, Quirks, SetWhilePlaying};
use super::words::Remote;
use super::world::{BUTTONS, HOME, PORT, Scenario, World};
use crate::config::{LoopMethod, OnStop, PanelAction};
use crate::time::Duration;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A renderer without a fault but this one.
fn but(change: impl FnOnce(&mut Quirks)) -> Preset {
    let mut preset = presets::well_behaved();
    change(&mut preset.quirks);
    preset
}

/// Plays since two seconds.
fn playing(scenario: Scenario) -> World {
    let mut world = scenario.autoplay().start();
    assert!(world.until(10_000, |w| w.shows(0, "clip.mp4")).is_some());
    world.pass(2_000);
    world
}
