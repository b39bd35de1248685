//! Volume and mute, in whatever units and however much of it a renderer has.

use super::*;

fn narrow(min: u16, max: u16) -> Preset {
    but(|q| (q.volume_min, q.volume_max) = (min, max))
}

#[test]
fn per_cent_are_meant_whatever_the_units() {
    for (preset, volume) in [
        (narrow(0, 100), 40),
        (narrow(0, 30), 12),
        (narrow(0, 63), 25),
        (narrow(5, 10), 7),
        (but(|q| q.scpd_refused = Some(404)), 40),
    ] {
        let mut world = playing(Scenario::of(preset).rule(|rule| rule.volume = Some(40)));
        world.pass(1_000);
        assert_eq!(world.nodes[0].renderer.volume, volume);
        let sets = world.nodes[0].called("SetVolume");
        assert!(sets.len() == 1 && sets[0].refused.is_none(), "{sets:?}");
    }
}

#[test]
fn every_press_is_heard_on_a_renderer_of_few_steps() {
    let mut world = playing(Scenario::of(narrow(0, 10)));
    for volume in [6, 7, 8, 9, 10, 10] {
        world.press(PanelAction::VolumeUp);
        world.pass(1_000);
        assert_eq!(world.nodes[0].renderer.volume, volume);
    }
    world.press(PanelAction::VolumeDown);
    world.pass(1_000);
    assert_eq!(world.nodes[0].renderer.volume, 9);
    assert!(world.nodes[0].calls.iter().all(|call| call.refused.is_none()));
}

#[test]
fn the_units_are_asked_for_once_for_each_description() {
    for refused in [None, Some(404), Some(500)] {
        let mut world = playing(Scenario::of(but(|q| {
            (q.scpd_refused, q.new_port_at_boot) = (refused, true);
        })));
        world.pass(600_000);
        assert_eq!(world.nodes[0].called("Survey").len(), 1, "{refused:?}");
        world.remote(0, Remote::PullPlug);
        world.pass(60_000);
        world.remote(0, Remote::PowerOn);
        world.pass(60_000);
        assert!(world.screen(0).is_some(), "{refused:?}");
        assert_eq!(world.nodes[0].called("Survey").len(), 2, "{refused:?}");
    }
}

#[test]
fn one_without_volume_says_so_once_and_plays_on() {
    let deaf = but(|q| q.rendering_control = false);
    let mut world = playing(Scenario::of(deaf).rule(|rule| rule.volume = Some(40)));
    for _ in 0..3 {
        for action in [PanelAction::VolumeUp, PanelAction::VolumeDown, PanelAction::Mute] {
            world.press(action);
            world.pass(1_000);
        }
    }
    let lines = world.trace(100).concat();
    assert_eq!(lines.matches("its volume cannot be turned").count(), 1, "{lines}");
    assert!(world.shows(0, "clip.mp4"));
    for what in ["Survey", "SetVolume", "GetVolume", "SetMute", "GetMute"] {
        assert!(world.nodes[0].called(what).is_empty(), "{what}");
    }
}

#[test]
fn one_that_cannot_be_muted_is_turned_down_and_up_again() {
    for code in [401, 501, 602] {
        let mute = but(|q| (q.mute_refused, q.volume_min, q.volume_max) = (Some(code), 1, 30));
        let mut world = playing(Scenario::of(mute));
        let before = world.nodes[0].renderer.volume;
        for _ in 0..2 {
            world.press(PanelAction::Mute);
            world.pass(1_000);
            assert_eq!(world.nodes[0].renderer.volume, 1, "{code}");
            world.press(PanelAction::Mute);
            world.pass(1_000);
            assert_eq!(world.nodes[0].renderer.volume, before, "{code}");
        }
        world.press(PanelAction::VolumeUp);
        world.pass(1_000);
        assert!(world.nodes[0].renderer.volume > before, "{code}: the volume works on");
        let refused = world.nodes[0].calls.iter().filter(|call| call.refused.is_some());
        assert_eq!(refused.count(), 1, "{code}");
    }
}
