//! Viewers with the renderer's own remote control, and the volume.

use super::*;
use crate::config::{AfterClip, RepeatPress};
use crate::upnp::action::TransportState;
use core::net::Ipv4Addr;

#[test]
fn a_viewer_who_stops_it_is_left_in_peace_until_a_button_is_pressed() {
    for preset in [presets::well_behaved(), presets::rygel(), presets::jmgo()] {
        let mut world = playing(Scenario::of(preset));
        world.remote(0, Remote::Stop);
        world.pass(600_000);
        assert_eq!(world.screen(0), None);
        assert_eq!(world.nodes[0].called("SetAVTransportURI").len(), 1);
        world.press(PanelAction::PlayPause);
        let took = world.until(3_000, |w| w.shows(0, "clip.mp4"));
        assert!(took.is_some_and(|took| took < 1_300), "{took:?}");
    }
}

#[test]
fn where_the_box_insists_a_viewer_has_ten_seconds_then_thirty_then_sixty() {
    let scenario = Scenario::of(presets::well_behaved()).rule(|r| r.on_stop = OnStop::Insist);
    let mut world = playing(scenario.files(&[("/m/clip.mp4", 600_000)]));
    for seconds in [10, 30, 60, 60] {
        world.remote(0, Remote::Stop);
        let took = world.until(90_000, |w| w.shows(0, "clip.mp4"));
        let took = took.expect("it insists");
        let least = seconds * 1_000;
        assert!((least..least + 2_000).contains(&took), "{took} ms");
        world.pass(5_000);
    }
    world.press(PanelAction::Play);
    world.remote(0, Remote::Stop);
    let took = world.until(90_000, |w| w.shows(0, "clip.mp4"));
    assert!(took.is_some_and(|took| took < 12_000), "a press begins anew: {took:?}");
}

#[test]
pub(super) fn a_viewer_who_pauses_it_may_and_goes_on_where_it_was() {
    let mut world = playing(Scenario::of(presets::well_behaved()));
    world.remote(0, Remote::Pause);
    world.pass(300_000);
    assert_eq!(world.nodes[0].renderer.state(), TransportState::PausedPlayback);
    assert!(world.nodes[0].called("Play").len() == 1, "it is not pushed on");
    world.remote(0, Remote::Play);
    assert!(world.until(60_000, |w| w.nodes[0].rounds.len() == 3).is_some());
    let rounds = &world.nodes[0].rounds;
    assert!(rounds.iter().all(|round| round.played == ms(10_000)), "and loops");
}

#[test]
fn a_pause_on_its_way_through_transitioning_is_a_viewers_all_the_same() {
    for pausing in [ms(300), ms(700), ms(2_500)] {
        let scenario = Scenario::of(but(|q| q.pausing = pausing));
        let mut world = playing(scenario.files(&[("/m/clip.mp4", 60_000)]));
        world.pass(10_000);
        for _ in 0..2 {
            world.remote(0, Remote::Pause);
            world.pass(100_000);
            assert_eq!(
                world.nodes[0].renderer.state(),
                TransportState::PausedPlayback,
                "{pausing:?}"
            );
            assert_eq!(world.nodes[0].called("Play").len(), 1, "{pausing:?}: it is not pushed on");
            world.remote(0, Remote::Play);
            world.pass(10_000);
        }
        let took = world.until(60_000, |w| w.nodes[0].rounds.len() == 1);
        assert!(took.is_some(), "{pausing:?}: it goes on, and loops");
    }
}

#[test]
fn another_box_that_takes_over_keeps_it() {
    let mut world =
        playing(Scenario::of(presets::well_behaved()).files(&[("/m/clip.mp4", 600_000)]));
    let film = || Remote::PlayOther("http://10.0.0.99/film.mp4".to_owned());
    world.remote(0, film());
    world.pass(600_000);
    let (uri, _) = world.nodes[0].renderer.on_screen(world.now).expect("the film");
    assert_eq!(uri, "http://10.0.0.99/film.mp4");
    world.ask_status();
    world.press(PanelAction::Play);
    let took = world.until(3_000, |w| w.shows(0, "clip.mp4"));
    assert!(took.is_some_and(|took| took < 1_000), "a press takes it back: {took:?}");
}

#[test]
fn a_press_takes_it_back_though_it_drops_what_it_is_given_while_it_plays() {
    for preset in [presets::lg_netcast(), presets::heos(), presets::hisense()] {
        let mut world = playing(Scenario::of(preset).files(&[("/m/clip.mp4", 600_000)]));
        for _ in 0..3 {
            world.remote(0, Remote::PlayOther("http://10.0.0.99/film.mp4".to_owned()));
            world.pass(300_000);
            world.press(PanelAction::Play);
            let took = world.until(15_000, |w| w.shows(0, "clip.mp4"));
            assert!(took.is_some_and(|took| took < 10_000), "{took:?}");
            world.pass(20_000);
        }
    }
}

#[test]
fn a_renderer_locked_by_its_viewer_is_seen_through_within_two_minutes() {
    for length in [600_000, 3_600_000] {
        let scenario = Scenario::of(presets::panasonic_viera()).files(&[("/m/clip.mp4", length)]);
        let mut world = playing(scenario.rule(|r| r.on_stop = OnStop::Insist));
        world.pass(60_000);
        world.remote(0, Remote::Stop);
        assert_eq!(world.nodes[0].renderer.state(), TransportState::Playing, "so it says");
        let took = world.until(120_000, |w| w.shows(0, "clip.mp4"));
        assert!(took.is_some_and(|took| took < 100_000), "{took:?}");
    }
}

#[test]
fn a_renderer_locked_close_to_its_end_is_seen_through_within_two_minutes() {
    for preset in [presets::panasonic_viera(), presets::panasonic_empty()] {
        for (left, moves) in (1..40).chain([60, 90, 120]).flat_map(|l| [(l, 0), (l, 1), (l, 2)]) {
            let scenario = Scenario::of(preset.clone()).files(&[("/m/clip.mp4", 600_000)]);
            let mut world = playing(scenario.rule(|r| r.on_stop = OnStop::Insist));
            let _ = world.until(700_000, |w| {
                w.screen(0).is_some_and(|(_, at)| at >= Duration::from_secs(600 - left))
            });
            if moves == 1 {
                world.move_to(Ipv4Addr::new(10, 0, 0, 7));
                world.pass(100);
            }
            world.remote(0, Remote::Stop);
            if moves == 2 {
                world.pass(10_000);
                world.move_to(Ipv4Addr::new(10, 0, 0, 7));
            }
            let took = world.until(150_000, |w| w.shows(0, "clip.mp4"));
            assert!(took.is_some_and(|took| took < 120_000), "{left} s before its end: {took:?}");
        }
    }
}

#[test]
fn volume_and_mute_follow_the_buttons_and_the_viewer() {
    let mut world = playing(Scenario::of(presets::well_behaved()));
    world.remote(0, Remote::Volume(40));
    world.pass(100);
    for _ in 0..3 {
        world.press(PanelAction::VolumeUp);
        world.pass(300);
    }
    assert_eq!(world.nodes[0].renderer.volume, 55);
    world.press(PanelAction::Mute);
    world.pass(300);
    assert!(world.nodes[0].renderer.mute);
    world.press(PanelAction::Mute);
    world.pass(300);
    assert!(!world.nodes[0].renderer.mute);
}

#[test]
fn a_press_that_comes_before_the_takeover_is_noticed_takes_it_back_all_the_same() {
    for preset in [presets::well_behaved(), presets::heos(), presets::lg_netcast()] {
        let files = [("/m/clip.mp4", 3_600_000)];
        let mut world = playing(Scenario::of(preset.clone()).files(&files));
        world.pass(100_000);
        world.remote(0, Remote::PlayOther("http://10.0.0.99/film.mp4".to_owned()));
        world.press(PanelAction::Play);
        let took = world.until(120_000, |w| w.shows(0, "clip.mp4"));
        assert!(took.is_some(), "{}", preset.name);
        world.pass(60_000);
        assert!(world.shows(0, "clip.mp4"), "{}: and keeps it", preset.name);
    }
}

#[test]
fn a_press_while_it_cannot_be_reached_is_newer_than_what_a_viewer_did_before() {
    for did in [Remote::Pause, Remote::Stop] {
        let files = [("/m/clip.mp4", 3_600_000)];
        let mut world = playing(Scenario::of(presets::well_behaved()).files(&files));
        world.pass(30_000);
        world.cut(0, true);
        world.remote(0, did.clone());
        world.pass(3_000);
        world.press(PanelAction::Play);
        world.pass(2_000);
        world.cut(0, false);
        let plays = |w: &World| w.nodes[0].renderer.state() == TransportState::Playing;
        assert!(world.until(60_000, plays).is_some(), "{did:?}");
        world.pass(60_000);
        assert!(plays(&world), "{did:?}: and goes on");
    }
}

fn narrow(min: u16, max: u16) -> Preset {
    but(|q| (q.volume_min, q.volume_max) = (min, max))
}

#[test]
fn per_cent_mean_the_same_in_any_units() {
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
        assert_eq!(world.nodes[0].called("DescribeService").len(), 1, "{refused:?}");
        world.remote(0, Remote::PullPlug);
        world.pass(60_000);
        world.remote(0, Remote::PowerOn);
        world.pass(60_000);
        assert!(world.screen(0).is_some(), "{refused:?}");
        assert_eq!(world.nodes[0].called("DescribeService").len(), 2, "{refused:?}");
    }
}

#[test]
fn a_renderer_without_volume_says_so_once_and_plays_on() {
    let deaf = but(|q| q.rendering_control = false);
    let mut world = playing(Scenario::of(deaf).rule(|rule| rule.volume = Some(40)));
    for _ in 0..3 {
        for action in [PanelAction::VolumeUp, PanelAction::VolumeDown, PanelAction::Mute] {
            world.press(action);
            world.pass(1_000);
        }
    }
    let lines = world.trace(100).concat();
    assert_eq!(lines.matches("its volume can be changed only").count(), 1, "{lines}");
    assert!(world.shows(0, "clip.mp4"));
    for what in ["DescribeService", "SetVolume", "GetVolume", "SetMute", "GetMute"] {
        assert!(world.nodes[0].called(what).is_empty(), "{what}");
    }
}

#[test]
fn a_renderer_that_cannot_be_muted_is_turned_down_and_up_again() {
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

#[test]
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
fn a_renderer_that_was_hushed_is_heard_again_after_a_restart_of_the_box() {
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
fn mute_makes_nobody_loud() {
    let both = vec![presets::well_behaved(), presets::well_behaved()];
    let mut world = playing(Scenario::many(both).files(&[("/m/clip.mp4", 3_600_000)]));
    // A viewer has muted one renderer with the remote control.
    world.nodes[0].renderer.mute = true;
    world.remote(0, Remote::Volume(40));
    world.pass(2_000);
    world.press(PanelAction::Mute);
    world.pass(2_000);
    assert_eq!([0, 1].map(|n| world.nodes[n].renderer.mute), [true, true]);
}

#[test]
fn play_pause_with_one_television_off_moves_all_the_others_together() {
    let three = vec![presets::well_behaved(), presets::well_behaved(), presets::well_behaved()];
    let mut world = playing(Scenario::many(three).files(&[("/m/clip.mp4", 3_600_000)]));
    world.remote(2, Remote::PullPlug);
    world.pass(60_000);
    let states = |world: &World| [0, 1].map(|node| world.nodes[node].renderer.state());
    for _ in 0..2 {
        world.press(PanelAction::PlayPause);
        world.pass(5_000);
        assert_eq!(states(&world), [TransportState::PausedPlayback; 2]);
        world.press(PanelAction::PlayPause);
        world.pass(5_000);
        assert_eq!(states(&world), [TransportState::Playing; 2]);
    }
    world.press(PanelAction::PlayPause);
    world.pass(5_000);
    world.remote(2, Remote::PowerOn);
    world.pass(30_000);
    assert_eq!(world.screen(2), None, "the others pause");
    // All off: the press is for when they come back.
    for node in [0, 1, 2] {
        world.remote(node, Remote::PullPlug);
    }
    world.pass(60_000);
    world.press(PanelAction::PlayPause);
    for node in [0, 1, 2] {
        world.remote(node, Remote::PowerOn);
    }
    world.pass(30_000);
    assert!([0, 1, 2].iter().all(|node| world.shows(*node, "clip.mp4")));
}

#[test]
fn mute_is_for_all_also_where_some_cannot_be_muted() {
    let mixed = vec![presets::well_behaved(), but(|q| q.mute_refused = Some(501))];
    let mut world = playing(Scenario::many(mixed).files(&[("/m/clip.mp4", 3_600_000)]));
    world.pass(10_000);
    let silent = |world: &World| {
        [0, 1].map(|node| {
            let renderer = &world.nodes[node].renderer;
            renderer.mute || renderer.volume == 0
        })
    };
    for muted in [true, false, true, false] {
        world.press(PanelAction::Mute);
        world.pass(3_000);
        assert_eq!(silent(&world), [muted; 2]);
    }
    // A viewer mutes one; then one press mutes both, and a second one makes both loud.
    world.remote(0, Remote::Volume(0));
    world.pass(2_000);
    for muted in [true, false] {
        world.press(PanelAction::Mute);
        world.pass(3_000);
        assert_eq!(silent(&world), [muted; 2]);
    }
}

#[test]
fn the_volume_of_a_person_holds_over_files_clips_and_rounds() {
    let files = [("/m/main/a.mp4", 20_000), ("/m/main/b.mp4", 20_000), ("/m/extra/c.mp4", 5_000)];
    let scenario = Scenario::of(presets::well_behaved())
        .files(&files)
        .rule(|rule| (rule.plays, rule.volume) = (vec!["/m/main".into()], Some(60)))
        .clip_button(PanelAction::Next, "/m/extra", RepeatPress::Restart, AfterClip::Resume);
    let mut world = scenario.autoplay().start();
    world.run(10_000);
    assert_eq!(world.nodes[0].renderer.volume, 60);
    world.press(PanelAction::VolumeDown);
    world.pass(2_000);
    assert_eq!(world.nodes[0].renderer.volume, 55);
    world.press(PanelAction::Next);
    for _ in 0..30 {
        world.pass(5_000);
        assert_eq!(world.nodes[0].renderer.volume, 55);
    }
}
