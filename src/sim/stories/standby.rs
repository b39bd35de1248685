//! Standby: a renderer that a viewer has switched off stays off, and plays once it is on again.

use super::*;

const HOUR: u64 = 3_600_000;
const FILM: &[(&str, u64)] = &[("/m/clip.mp4", HOUR)];

fn sets(world: &World) -> usize {
    world.nodes[0].called("SetAVTransportURI").len()
}

/// Many televisions answer searches in standby, and a file would switch them on.
#[test]
fn a_television_that_answers_searches_in_standby_is_not_switched_on() {
    for insists in [OnStop::Respect, OnStop::Insist] {
        for stopped_before in [false, true] {
            let preset = but(|q| q.answers_in_standby = true);
            let scenario = Scenario::of(preset).files(FILM).rule(|rule| rule.on_stop = insists);
            let mut world = playing(scenario);
            world.pass(600_000);
            if stopped_before {
                world.remote(0, Remote::Stop);
                world.pass(3_000);
            }
            world.remote(0, Remote::Standby);
            let before = sets(&world);
            world.pass(8 * HOUR);
            let case = format!("{insists:?}, stopped before: {stopped_before}");
            assert_eq!(sets(&world), before, "{case}");
            world.remote(0, Remote::PowerOn);
            let took = world.until(60_000, |w| w.shows(0, "clip.mp4"));
            assert!(took.is_some(), "{case}: {:?}", world.why(0));
        }
    }
}

#[test]
fn a_renderer_whose_announcement_was_lost_is_found_by_a_search() {
    let mut world = playing(Scenario::of(presets::well_behaved()).files(FILM));
    world.pass(600_000);
    world.remote(0, Remote::Standby);
    world.pass(HOUR);
    world.nodes[0].renderer.change(|q| q.announces_every = None);
    world.cut(0, true);
    world.remote(0, Remote::PowerOn);
    world.pass(100);
    world.cut(0, false);
    let took = world.until(180_000, |w| w.shows(0, "clip.mp4"));
    assert!(took.is_some(), "{:?}", world.why(0));
}
