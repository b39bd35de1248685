//! Rare meetings of circumstances, each of which once cost the playback or stormed a renderer.

use super::*;
use crate::upnp::action::TransportState;

#[test]
fn a_second_address_is_no_reason_to_begin_anew() {
    let mut world =
        playing(Scenario::of(presets::well_behaved()).files(&[("/m/clip.mp4", 600_000)]));
    for _ in 0..10 {
        world.announce_second_port(0);
        world.pass(10_000);
    }
    let node = &world.nodes[0];
    assert_eq!(node.called("SetAVTransportURI").len(), 1);
    assert_eq!(node.called("SUBSCRIBE").len(), 2, "once for each service");
}

#[test]
fn a_button_resumes_one_renderer_though_another_is_away() {
    let mut world = Scenario::many(vec![presets::well_behaved(), presets::well_behaved()]).start();
    world.pass(5_000);
    world.remote(1, Remote::PullPlug);
    world.pass(60_000);
    world.press(PanelAction::PlayPause);
    assert!(world.until(5_000, |w| w.shows(0, "clip.mp4")).is_some());
    world.pass(2_000);
    world.press(PanelAction::PlayPause);
    world.pass(2_000);
    assert_eq!(world.nodes[0].renderer.state(), TransportState::PausedPlayback);
    world.press(PanelAction::PlayPause);
    world.pass(2_000);
    assert_eq!(world.nodes[0].renderer.state(), TransportState::Playing);
}

#[test]
fn pause_and_play_in_quick_succession_are_no_viewer() {
    for between in [5, 20, 60, 200] {
        let slow = but(|q| q.answers_after = ms(50));
        let mut world = playing(Scenario::of(slow).files(&[("/m/clip.mp4", 60_000)]));
        world.press(PanelAction::Pause);
        world.pass(between);
        world.press(PanelAction::Play);
        world.pass(5_000);
        let state = world.nodes[0].renderer.state();
        assert_eq!(state, TransportState::Playing, "{between} ms");
        assert!(!world.trace(20).concat().contains("viewer"));
    }
}

#[test]
fn one_that_is_stopped_while_it_is_held_plays_when_the_button_is_pressed() {
    let mut world =
        playing(Scenario::of(presets::well_behaved()).files(&[("/m/clip.mp4", 60_000)]));
    world.press(PanelAction::Pause);
    world.pass(10_000);
    world.remote(0, Remote::Stop);
    world.pass(60_000);
    world.press(PanelAction::PlayPause);
    let took = world.until(3_000, |w| w.shows(0, "clip.mp4"));
    assert!(took.is_some(), "at the first press");
}

#[test]
fn refusals_without_a_upnp_error_are_refusals() {
    let bare = |change: fn(&mut Quirks)| {
        but(|q| {
            q.bare_refusals = true;
            change(q);
        })
    };
    let mut world = playing(Scenario::of(bare(|q| q.pause_refused = Some(701))));
    world.press(PanelAction::Pause);
    world.pass(60_000);
    assert_eq!(world.nodes[0].called("Pause").len(), 1);

    let refuses = bare(|q| q.play_refused = Some(701));
    let mut world = Scenario::of(refuses).autoplay().start();
    world.pass(60_000);
    let plays = world.nodes[0].called("Play").len();
    assert!((2..40).contains(&plays), "{plays} in a minute");

    let seeks = bare(|q| q.seek_refused = Some(701));
    let mut world = playing(Scenario::of(seeks).rule(|r| r.max_cut = ms(300)));
    world.pass(60_000);
    assert!(world.nodes[0].called("Seek").len() <= 1);
    assert!(world.nodes[0].rounds.len() >= 5, "and loops");
}

#[test]
fn a_clip_as_short_as_what_may_be_cut_is_not_seeked_without_end() {
    let scenario = Scenario::of(presets::well_behaved()).files(&[("/m/clip.mp4", 1_500)]);
    let mut world = scenario.rule(|r| r.max_cut = ms(2_000)).autoplay().start();
    world.pass(60_000);
    let seeks = world.nodes[0].called("Seek").len();
    assert!(seeks < 60, "{seeks}");
    assert!(world.nodes[0].rounds.len() > 20);
}
