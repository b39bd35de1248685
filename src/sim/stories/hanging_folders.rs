//! Folders on disks that hang: for a minute, or for good. What is on other disks plays on.

use super::*;
use crate::config::{Rule, Selector};
use crate::text::clip;

const MINUTE: u64 = 60_000;

/// Two renderers: the first plays what is in `/m/local`, the second what is in `/m/stick`.
fn two_disks(preset: Preset) -> World {
    let files = [("/m/local/clip.mp4", 10_000), ("/m/stick/film.mp4", 20_000)];
    let mut scenario = Scenario::many(vec![preset.clone(), preset]).files(&files).autoplay();
    let rule = |name: &str, plays: &str, rule: &Rule| Rule {
        who: Selector::Name(clip(name)),
        plays: vec![plays.into()],
        ..rule.clone()
    };
    let blank = &scenario.config.rules[0];
    scenario.config.rules = vec![rule("TV 1", "/m/local", blank), rule("TV 2", "/m/stick", blank)];
    let mut world = scenario.start();
    let both = |w: &World| w.shows(0, "clip.mp4") && w.shows(1, "film.mp4");
    assert!(world.until(MINUTE, both).is_some());
    world
}

fn able() -> impl Iterator<Item = Preset> {
    let able = |preset: &Preset| !["anycast", "leica"].contains(&preset.name);
    presets::all().into_iter().filter(able)
}

fn missing(world: &World) -> String {
    let status = serde_json::to_value(world.kiosk.status(world.now)).expect("plain values");
    status["media"]["missing"].to_string()
}

/// How many rounds of the first renderer begin in this time.
fn rounds_in(world: &mut World, millis: u64) -> usize {
    let before = world.nodes[0].rounds.len();
    world.pass(millis);
    world.nodes[0].rounds.len() - before
}

#[test]
fn a_folder_that_hangs_takes_no_round_from_another_one_and_is_named() {
    for preset in able() {
        let name = preset.name;
        let mut world = two_disks(preset);
        world.pass(2 * MINUTE);
        let usual = rounds_in(&mut world, 5 * MINUTE);
        world.hang_folder(Some("/m/stick"));
        let rounds = rounds_in(&mut world, 5 * MINUTE);
        assert!(rounds + 1 >= usual, "{name}: {rounds} rounds, {usual} usually");
        assert!(
            missing(&world).contains("/m/stick: does not answer"),
            "{name}: {}",
            missing(&world)
        );
    }
}

#[test]
fn what_hung_for_a_minute_plays_again_soon_after() {
    for preset in able() {
        let name = preset.name;
        let mut world = two_disks(preset);
        world.hang_folder(Some("/m/stick"));
        world.pass(MINUTE);
        world.hang_folder(None);
        let again = world.until(MINUTE, |w| w.shows(1, "film.mp4"));
        assert!(again.is_some(), "{name}: it stays dark");
        world.pass(MINUTE);
        assert_eq!(missing(&world), "[]", "{name}");
    }
}

#[test]
fn what_hung_for_an_hour_is_left_out_no_longer_once_it_is_back() {
    let files = [("/m/local/clip.mp4", 10_000), ("/m/stick/film.mp4", 10_000)];
    for preset in able() {
        let name = preset.name;
        let mut world = Scenario::of(preset).files(&files).autoplay().start();
        assert!(world.until(2 * MINUTE, |w| w.shows(0, "film.mp4")).is_some(), "{name}");
        world.hang_folder(Some("/m/stick"));
        let others = |w: &World| w.shows(0, "clip.mp4");
        assert!(world.until(3 * MINUTE, others).is_some(), "{name}: it plays nothing");
        world.pass(60 * MINUTE);
        assert!(world.until(MINUTE, others).is_some(), "{name}: it plays nothing any more");
        world.hang_folder(None);
        let again = world.until(2 * MINUTE, |w| w.shows(0, "film.mp4"));
        assert!(again.is_some(), "{name}: it stays left out");
    }
}

#[test]
fn a_box_that_starts_beside_a_folder_that_hangs_plays_what_is_elsewhere() {
    let mut world = two_disks(presets::well_behaved());
    world.hang_folder(Some("/m/stick"));
    world.restart_box();
    assert!(world.until(MINUTE, |w| w.shows(0, "clip.mp4")).is_some());
    world.pass(10 * MINUTE);
    world.hang_folder(None);
    assert!(world.until(MINUTE, |w| w.shows(1, "film.mp4")).is_some());
}
