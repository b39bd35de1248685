//! Known to fail: volume and mute.

use super::*;

#[test]
#[ignore = "each new file sets the configured volume again, over a person's choice"]
fn next_leaves_the_volume_that_a_person_has_set() {
    let files = [("/m/clip.mp4", 3_600_000), ("/m/other.mp4", 3_600_000)];
    let scenario = Scenario::of(presets::well_behaved()).files(&files);
    let mut world = playing(scenario.rule(|rule| rule.volume = Some(60)));
    for _ in 0..8 {
        world.press(PanelAction::VolumeDown);
        world.pass(300);
    }
    assert_eq!(world.nodes[0].renderer.volume, 20);
    world.press(PanelAction::Next);
    world.pass(10_000);
    assert!(world.shows(0, "other.mp4"));
    assert_eq!(world.nodes[0].renderer.volume, 20, "as the person wished");
}

#[test]
#[ignore = "the configured volume is not set again after the renderer was switched off and on"]
fn the_volume_of_the_table_holds_after_the_plug_was_pulled() {
    let mut world = playing(Scenario::of(presets::well_behaved()).rule(|r| r.volume = Some(60)));
    world.pass(60_000);
    world.remote(0, Remote::PullPlug);
    world.pass(60_000);
    world.nodes[0].renderer.volume = 10;
    world.remote(0, Remote::PowerOn);
    world.pass(60_000);
    assert!(world.shows(0, "clip.mp4"));
    assert_eq!(world.nodes[0].renderer.volume, 60, "it begins with one of its own");
}

#[test]
#[ignore = "the volume before a mute is forgotten when the box restarts"]
fn one_that_was_hushed_is_heard_again_after_a_restart_of_the_box() {
    let mut world = playing(Scenario::of(but(|q| q.mute_refused = Some(501))));
    world.pass(10_000);
    let before = world.nodes[0].renderer.volume;
    world.press(PanelAction::Mute);
    world.pass(2_000);
    assert_eq!(world.nodes[0].renderer.volume, 0, "turned down instead of muted");
    world.restart_box();
    world.pass(60_000);
    world.press(PanelAction::Mute);
    world.pass(2_000);
    assert_eq!(world.nodes[0].renderer.volume, before);
}

#[test]
#[ignore = "the mute button turns each renderer into the opposite instead of all into the same"]
fn mute_makes_nobody_loud() {
    let both = vec![presets::well_behaved(), presets::well_behaved()];
    let mut world = playing(Scenario::many(both).files(&[("/m/clip.mp4", 3_600_000)]));
    // A viewer has muted one with the remote control.
    world.nodes[0].renderer.mute = true;
    world.remote(0, Remote::Volume(40));
    world.pass(2_000);
    world.press(PanelAction::Mute);
    world.pass(2_000);
    assert_eq!([0, 1].map(|n| world.nodes[n].renderer.mute), [true, true]);
}
