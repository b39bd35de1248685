//! The same deeds in other orders and combinations: clips and members that hang, stops between two songs, volume and mute
//! over a boundary, and what is forgiven when all is well again.

use super::*;
use crate::config::{AfterClip, RepeatPress};
use crate::sim::quirks::{Does, FileFlaw, NextUri, RelTime, Whim};
use crate::upnp::action::TransportState;

const LONG: [(&str, u64); 1] = [("/m/clip.mp4", 3_600_000)];
const SONGS: [(&str, u64); 3] = [("/m/a.mp3", 20_000), ("/m/b.mp3", 25_000), ("/m/c.mp3", 20_000)];

/// Two in a group; `Next` plays a clip.
fn wall() -> World {
    let files = [("/m/u/1.mp4", 60_000), ("/m/u/2.mp4", 50_000), ("/m/dragon.mp4", 30_000)];
    let both = vec![presets::well_behaved(), presets::well_behaved()];
    let scenario = Scenario::many(both)
        .files(&files)
        .rule(|rule| rule.plays = vec!["/m/u".into()])
        .grouped(ms(4_000))
        .clip_button(PanelAction::Next, "/m/dragon.mp4", RepeatPress::Restart, AfterClip::Resume);
    let mut world = scenario.autoplay().start();
    world.run(70_000);
    assert!(world.shows(0, "2.mp4") && world.shows(1, "2.mp4"));
    world
}

fn together(world: &World) -> bool {
    let [one, other] = [0, 1].map(|node| world.screen(node).map(|(name, _)| name.to_owned()));
    one.is_some() && one == other
}

#[test]
fn a_clip_pressed_while_a_member_hangs_does_not_keep_that_member_dark() {
    for member in [0, 1] {
        for back in [1_000, 45_000, 600_000] {
            let mut world = wall();
            world.hang(member);
            world.pass(10_000);
            world.press(PanelAction::Next);
            world.pass(back);
            world.remote(member, Remote::PullPlug);
            world.pass(1_000);
            world.remote(member, Remote::PowerOn);
            world.pass(300_000);
            let together = world.until(30_000, together);
            let why = [0, 1].map(|node| world.why(node).0);
            assert!(together.is_some(), "TV {}, back after {back} ms: {why:?}", member + 1);
        }
    }
}

/// The member answers 200 to the clip and does nothing, or does not answer, once.
#[test]
fn a_clip_that_one_member_did_not_take_does_not_keep_that_member_dark() {
    for does in [Does::Nothing, Does::NothingSilently, Does::ItSilently, Does::Refuses(501)] {
        let mut world = wall();
        let whim = Whim { action: "SetAVTransportURI", only_in: None, times: 1, does };
        world.nodes[1].renderer.change(|q| q.whims = vec![whim]);
        world.press(PanelAction::Next);
        world.pass(600_000);
        let together = world.until(30_000, together);
        let why = [0, 1].map(|node| world.why(node).0);
        assert!(together.is_some(), "{does:?}: {why:?}");
    }
}

#[test]
fn a_clip_pressed_while_a_member_is_off_leaves_the_wall_whole() {
    for member in [0, 1] {
        for back in [1_000, 45_000] {
            let mut world = wall();
            world.remote(member, Remote::PullPlug);
            world.pass(10_000);
            world.press(PanelAction::Next);
            world.pass(back);
            assert!(world.screen(1 - member).is_some());
            world.remote(member, Remote::PowerOn);
            world.pass(200_000);
            assert!(world.until(30_000, together).is_some(), "TV {}, {back}", member + 1);
        }
    }
}

/// At the hand-over from one song to the next the renderer says STOPPED for a moment, as Eversolo's do.
fn between_songs(text: &str) -> World {
    let preset = but(|q| (q.next, q.hand_over_stops) = (NextUri::Works(ms(0)), ms(1_500)));
    let scenario = Scenario::of(preset).files(&SONGS).rule(|r| r.loop_method = LoopMethod::Next);
    let mut world = scenario.schedule("UTC0", text).autoplay().start();
    assert!(world.until(60_000, |w| w.shows(0, "a.mp3")).is_some());
    let between = |w: &World| w.screen(0).is_none();
    assert!(world.until(60_000, between).is_some());
    world.pass(300);
    world
}

const CLOSED: &str = "[[schedule]]\nfrom = \"09:00\"\nto = \"18:00\"\nthen = \"stop\"\n";

#[test]
fn a_stop_pressed_between_two_songs_is_a_stop() {
    let mut world = between_songs(CLOSED);
    world.press(PanelAction::Stop);
    world.pass(5_000);
    for _ in 0..40 {
        assert_eq!(world.screen(0), None, "it was stopped: {:?}", world.why(0));
        world.pass(1_000);
    }
}

#[test]
fn a_pause_pressed_between_two_songs_is_a_pause() {
    let mut world = between_songs(CLOSED);
    world.press(PanelAction::Pause);
    world.pass(5_000);
    let before = world.screen(0).map(|(_, at)| at);
    world.pass(40_000);
    assert_eq!(world.screen(0).map(|(_, at)| at), before, "{:?}", world.why(0));
    world.press(PanelAction::Play);
    world.pass(5_000);
    assert!(world.shows(0, "b.mp3"), "{:?}", world.why(0));
    world.pass(600_000);
    assert!(world.nodes[0].rounds.len() > 20, "{:?}", world.why(0));
}

#[test]
fn closing_time_between_two_songs_closes() {
    let mut world = between_songs(CLOSED);
    world.set_clock("2026-11-27T09:00:00Z", true);
    world.pass(5_000);
    for _ in 0..40 {
        assert_eq!(world.screen(0), None, "it is closed: {:?}", world.why(0));
        world.pass(1_000);
    }
}

/// Its answers take four seconds, and the hours change while one is under way.
#[test]
fn closing_time_while_an_answer_is_under_way_closes() {
    for after in [0, 100, 1_000, 3_000, 5_000] {
        for press in [None, Some(PanelAction::Prev), Some(PanelAction::VolumeUp)] {
            let preset = but(|q| q.answers_after = ms(4_000));
            let mut world =
                Scenario::of(preset).files(&LONG).schedule("UTC0", CLOSED).autoplay().start();
            world.run(90_000);
            assert!(world.screen(0).is_some());
            press.into_iter().for_each(|press| world.press(press));
            world.pass(after);
            world.set_clock("2026-11-27T09:00:00Z", true);
            world.pass(60_000);
            let case = format!("{after} ms after {press:?}");
            assert_eq!(world.screen(0), None, "{case}: {:?}", world.why(0));
        }
    }
}

/// It takes three seconds to load, or to answer.
#[test]
fn pause_pressed_while_the_next_film_loads_pauses_it() {
    for (loading, answers_after) in [(3_000, 0), (200, 1_000), (200, 4_000)] {
        for after in [100, 1_000, 2_500] {
            let preset = but(|q| (q.loading, q.answers_after) = (ms(loading), ms(answers_after)));
            let files = [("/m/clip.mp4", 3_600_000), ("/m/other.mp4", 3_600_000)];
            let mut world = Scenario::of(preset).files(&files).autoplay().start();
            world.run(90_000);
            world.press(PanelAction::Next);
            world.pass(after);
            world.press(PanelAction::Pause);
            world.pass(60_000);
            let before = world.screen(0).map(|(_, at)| at);
            world.pass(10_000);
            let case = format!("{after} ms after next, {loading} {answers_after}");
            assert_eq!(world.screen(0).map(|(_, at)| at), before, "{case}: {:?}", world.why(0));
        }
    }
}

/// A member tells no position, and the header of the file is too short.
#[test]
#[ignore = "a member without positions starts by the header, and the others are dark for three times as long as they wait"]
fn a_wall_is_dark_for_no_longer_than_it_waits_though_one_member_tells_no_position() {
    for percent in [10, 50] {
        let dumb = but(|q| q.rel_time = RelTime::NotImplemented);
        let files = [("/m/1.mp4", 120_000), ("/m/2.mp4", 60_000)];
        let scenario = Scenario::many(vec![presets::well_behaved(), dumb]).files(&files);
        let mut world = scenario.grouped(ms(4_000)).autoplay().start();
        world.header_percent = percent;
        world.run(1_200_000);
        let gaps = world.nodes[0].gaps();
        assert!(gaps.iter().all(|gap| *gap < ms(6_000)), "{percent} %: {gaps:?}");
    }
}

/// One can be muted, the other is turned down instead.
fn mixed(schedule: &str) -> World {
    let both = vec![presets::well_behaved(), but(|q| q.mute_refused = Some(501))];
    let scenario = Scenario::many(both).files(&LONG).rule(|rule| rule.volume = Some(60));
    let mut world = scenario.schedule("UTC0", schedule).autoplay().start();
    world.run(20_000);
    world.press(PanelAction::Mute);
    world.pass(5_000);
    assert_eq!(silent(&world), [true; 2]);
    world
}

fn silent(world: &World) -> [bool; 2] {
    [0, 1].map(|node| {
        let renderer = &world.nodes[node].renderer;
        renderer.mute || renderer.volume == 0
    })
}

const QUIET: &str =
    "[[schedule]]\nfrom = \"09:00\"\nto = \"18:00\"\nplays = \"clip.mp4\"\nvolume = 12\n";

#[test]
fn a_window_with_a_volume_makes_no_one_of_two_loud_that_a_person_muted() {
    let mut world = mixed(QUIET);
    world.set_clock("2026-11-27T09:00:00Z", true);
    world.pass(20_000);
    assert_eq!(silent(&world), [true; 2], "only mute ends a mute");
    world.press(PanelAction::Mute);
    world.pass(5_000);
    let volumes = [0, 1].map(|node| world.nodes[node].renderer.volume);
    assert_eq!((silent(&world), volumes), ([false; 2], [12; 2]));
}

#[test]
fn louder_ends_no_mute_also_where_mute_is_a_volume() {
    let mut world = mixed(QUIET);
    world.press(PanelAction::VolumeUp);
    world.pass(5_000);
    let [one, other] = silent(&world);
    assert_eq!(one, other, "both are heard, or none");
}

#[test]
fn a_viewer_who_stops_it_right_after_somebody_pressed_next_is_respected() {
    for after in [3_000, 4_000, 6_000] {
        let files = [("/m/clip.mp4", 3_600_000), ("/m/other.mp4", 3_600_000)];
        let mut world = playing(Scenario::of(presets::well_behaved()).files(&files));
        world.pass(20_000);
        world.press(PanelAction::Next);
        assert!(world.until(5_000, |w| w.shows(0, "other.mp4")).is_some());
        world.pass(after);
        world.remote(0, Remote::Stop);
        world.pass(120_000);
        assert_eq!(world.screen(0), None, "{after} ms after the first picture");
    }
}

/// What was paused or stopped is gone with the power.
#[test]
fn a_renderer_that_a_viewer_paused_or_stopped_and_then_unplugged_plays_when_it_is_on_again() {
    let kinds = [
        presets::well_behaved(),
        presets::hiby(),
        presets::hccast(),
        but(|q| q.remote_stop_forgets = true),
    ];
    for preset in kinds {
        for off in [Remote::PullPlug, Remote::PowerOff] {
            for does in [Remote::Pause, Remote::Stop] {
                let mut world = playing(Scenario::of(preset.clone()).files(&LONG));
                world.pass(60_000);
                world.remote(0, does.clone());
                world.pass(600_000);
                world.remote(0, off.clone());
                world.pass(28_800_000);
                world.remote(0, Remote::PowerOn);
                let took = world.until(90_000, |w| w.shows(0, "clip.mp4"));
                let kind = preset.name;
                assert!(took.is_some(), "{kind}, {off:?}, {does:?}: {:?}", world.why(0));
            }
        }
    }
}

/// A viewer stops the film, and goes on with it by the play key of the remote control.
#[test]
fn what_a_viewer_has_started_again_goes_on_at_its_end() {
    for pauses in [false, true] {
        let files = [("/m/clip.mp4", 120_000), ("/m/d.mp4", 60_000)];
        let mut world = playing(Scenario::of(presets::well_behaved()).files(&files));
        world.pass(40_000);
        world.remote(0, if pauses { Remote::Pause } else { Remote::Stop });
        world.pass(20_000);
        world.remote(0, Remote::Play);
        world.pass(20_000);
        assert!(world.shows(0, "clip.mp4"));
        assert_eq!(world.why(0).0, None, "it plays");
        world.pass(600_000);
        assert!(world.screen(0).is_some(), "pauses {pauses}: {:?}", world.why(0));
    }
}

/// While the renderer was broken, every file was left out. It is mended, and the box was restarted in between.
#[test]
fn what_was_left_out_while_nothing_played_is_forgiven_also_after_a_restart_of_the_box() {
    for restart in [false, true] {
        let files = [
            ("/m/a.mp4", 30_000),
            ("/m/b.mp4", 30_000),
            ("/m/c.mp4", 30_000),
            ("/m/d.mp4", 30_000),
        ];
        let mut world = Scenario::of(presets::well_behaved()).files(&files).autoplay().start();
        world.run(600_000);
        world.nodes[0].renderer.change(|q| {
            q.failure = FetchFailure::SilentStop;
            q.flaws = &[
                ("a", FileFlaw::NotShown),
                ("b", FileFlaw::NotShown),
                ("c", FileFlaw::NotShown),
                ("d", FileFlaw::NotShown),
            ];
        });
        world.pass(7_200_000);
        world.nodes[0].renderer.change(|q| q.flaws = &[]);
        if restart {
            world.restart_box();
        }
        world.pass(600_000);
        let before = world.nodes[0].rounds.len();
        world.pass(300_000);
        let rounds = &world.nodes[0].rounds[before..];
        let left = &world.status()["renderers"][0]["left_out"];
        for (path, _) in files {
            let name = path.rsplit('/').next().unwrap();
            let shown = rounds.iter().any(|round| round.uri.ends_with(name));
            assert!(shown, "restart {restart}: {name} is not shown: {left}");
        }
    }
}

#[test]
fn what_was_paused_at_the_box_plays_on_when_a_viewer_presses_play() {
    for preset in [presets::well_behaved(), but(|q| q.pausing = ms(700))] {
        let mut world = playing(Scenario::of(preset).files(&LONG));
        world.press(PanelAction::Pause);
        world.pass(60_000);
        assert_eq!(world.nodes[0].renderer.state(), TransportState::PausedPlayback);
        world.remote(0, Remote::Play);
        world.pass(60_000);
        assert_eq!(world.nodes[0].renderer.state(), TransportState::Playing);
        world.press(PanelAction::PlayPause);
        world.pass(10_000);
        assert_eq!(world.nodes[0].renderer.state(), TransportState::PausedPlayback);
    }
}

#[test]
fn what_was_paused_or_stopped_at_the_box_stays_so_when_the_renderer_was_in_standby() {
    for order in [PanelAction::Pause, PanelAction::Stop] {
        for waits in [200, 60_000] {
            let mut world = playing(Scenario::of(presets::well_behaved()).files(&LONG));
            world.press(order);
            world.pass(waits);
            world.remote(0, Remote::Standby);
            world.pass(120_000);
            world.remote(0, Remote::PowerOn);
            world.pass(120_000);
            let state = world.nodes[0].renderer.state();
            assert_ne!(state, TransportState::Playing, "{order:?}, {waits} ms before");
            world.press(PanelAction::Play);
            assert!(world.until(20_000, |w| w.shows(0, "clip.mp4")).is_some());
        }
    }
}
