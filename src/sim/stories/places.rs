//! Renderers that are not where they were, say goodbye, sleep, or do not say what they are.

use super::*;
use crate::config::Who;
use crate::upnp::action::TransportState;

/// A clip that does not end while a story lasts.
fn long(preset: Preset) -> Scenario {
    Scenario::of(preset).files(&[("/m/clip.mp4", 3_600_000)])
}

#[test]
pub(super) fn devices_that_change_places_at_each_boot_are_found_again_each_time() {
    let mut world = playing(long(presets::samsung_2010()));
    for boot in 2..8 {
        world.remote(0, Remote::PullPlug);
        world.pass(30_000);
        world.remote(0, Remote::PowerOn);
        let took = world.until(60_000, |w| w.shows(0, "clip.mp4"));
        assert!(took.is_some_and(|took| took <= 2_200), "boot {boot}: {took:?}");
        world.pass(20_000);
    }
}

#[test]
pub(super) fn another_port_and_another_boot_id_cost_two_seconds() {
    let moves = but(|q| (q.new_port_at_boot, q.tells_boot_id) = (true, true));
    let mut world = playing(long(moves));
    for dark in [500, 5_000, 600_000] {
        world.remote(0, Remote::PullPlug);
        world.pass(dark);
        world.remote(0, Remote::PowerOn);
        let took = world.until(60_000, |w| w.shows(0, "clip.mp4"));
        assert!(took.is_some_and(|took| took <= 2_200), "{dark} ms dark: {took:?}");
        world.pass(20_000);
    }
    assert_eq!(world.nodes[0].rounds.len(), 3, "and no other break");
}

#[test]
fn a_description_that_is_refused_for_a_day_is_asked_for_rarely_and_then_it_plays() {
    const DAY: u64 = 86_400_000;
    let late = but(|q| q.description_refused = Some((503, ms(DAY))));
    let mut world = long(late).autoplay().start();
    world.run(DAY);
    assert_eq!(world.screen(0), None);
    let asked = world.nodes[0].called("Describe").len();
    // Every five minutes at most, and once for each time that it is heard.
    assert!((144..=1_200).contains(&asked), "{asked} times in a day");
    let took = world.until(700_000, |w| w.shows(0, "clip.mp4"));
    assert!(took.is_some_and(|took| took <= 301_000), "{took:?}");
}

#[test]
fn one_put_into_standby_stays_dark_until_it_is_switched_on_again() {
    for preset in [presets::frontier_silicon(), presets::teufel()] {
        let mut world = playing(long(preset));
        world.remote(0, Remote::Standby);
        world.pass(3_600_000);
        let node = &world.nodes[0];
        assert_eq!(node.rounds.len(), 1);
        assert_eq!(node.renderer.state(), TransportState::NoMediaPresent);
        assert_eq!(node.called("SetAVTransportURI").len(), 1, "nobody wakes it");
        world.remote(0, Remote::PowerOn);
        let took = world.until(10_000, |w| w.shows(0, "clip.mp4"));
        assert!(took.is_some_and(|took| took <= 2_200), "{took:?}");
    }
}

#[test]
fn a_press_wakes_one_that_sleeps() {
    let mut world = playing(long(presets::teufel()));
    world.press(PanelAction::Stop);
    world.pass(3_600_000);
    assert_eq!(world.nodes[0].renderer.state(), TransportState::NoMediaPresent, "it has dozed off");
    world.press(PanelAction::Play);
    let took = world.until(5_000, |w| w.shows(0, "clip.mp4"));
    assert!(took.is_some_and(|took| took <= 1_000), "{took:?}");
}

#[test]
fn one_that_stops_before_it_is_off_plays_when_it_is_on_again() {
    for lingers in [ms(300), ms(3_000), ms(30_000)] {
        let mut world = playing(long(but(|q| q.lingers = lingers)));
        world.remote(0, Remote::PowerOff);
        world.pass(28_800_000);
        assert!(!world.nodes[0].renderer.is_on());
        assert_eq!(world.nodes[0].called("SetAVTransportURI").len(), 1, "{lingers:?}");
        world.remote(0, Remote::PowerOn);
        let took = world.until(10_000, |w| w.shows(0, "clip.mp4"));
        assert!(took.is_some_and(|took| took <= 2_200), "{lingers:?}: {took:?}");
    }
}

#[test]
fn one_that_a_viewer_stopped_and_then_switched_off_plays_when_it_is_on_again() {
    let mut world = playing(long(presets::well_behaved()));
    world.remote(0, Remote::Stop);
    world.pass(3_600_000);
    world.remote(0, Remote::PowerOff);
    world.pass(28_800_000);
    world.remote(0, Remote::PowerOn);
    let took = world.until(10_000, |w| w.shows(0, "clip.mp4"));
    assert!(took.is_some_and(|took| took <= 2_200), "{took:?}");
}

#[test]
fn even_a_box_that_insists_does_not_switch_it_on() {
    for stopped_before in [false, true] {
        let scenario = long(presets::teufel()).rule(|r| r.on_stop = OnStop::Insist);
        let mut world = playing(scenario);
        if stopped_before {
            world.remote(0, Remote::Stop);
            world.pass(2_000);
        }
        world.remote(0, Remote::Standby);
        world.pass(3_600_000);
        assert_eq!(world.screen(0), None);
        assert_eq!(world.nodes[0].called("SetAVTransportURI").len(), 1, "nobody wakes it");
        world.remote(0, Remote::PowerOn);
        assert!(world.until(10_000, |w| w.shows(0, "clip.mp4")).is_some());
    }
}

#[test]
fn one_that_nobody_drives_is_forgotten_when_it_is_heard_of_no_more() {
    let name = Who::Name("another".try_into().unwrap());
    let mut world = long(presets::well_behaved()).rule(|r| r.who = name).start();
    let known = |w: &World| w.kiosk.descriptions().count();
    world.run(60_000);
    assert_eq!(known(&world), 1);
    for visit in 0..3 {
        world.remote(0, Remote::PullPlug);
        world.pass(3_600_000);
        assert_eq!(known(&world), 0, "visit {visit}: its last announcement has long expired");
        let calls = world.nodes[0].calls.len();
        world.pass(3_600_000);
        assert_eq!(world.nodes[0].calls.len(), calls, "nobody calls where nobody is");
        world.remote(0, Remote::PowerOn);
        world.pass(60_000);
        assert_eq!(known(&world), 1, "visit {visit}: it is back, once");
    }
}
