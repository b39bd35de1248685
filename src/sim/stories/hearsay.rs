//! Renderers that say nothing, nonsense, or the right thing in the wrong order.

use super::*;
use crate::sim::quirks::{RelTime, TrackUri};

/// Three whole rounds of the clip, none of them cut.
fn whole_rounds(preset: Preset) -> World {
    let mut world = playing(Scenario::of(preset));
    let done = world.until(120_000, |w| w.nodes[0].rounds.len() == 3);
    assert!(done.is_some(), "{} rounds", world.nodes[0].rounds.len());
    assert!(world.nodes[0].rounds.iter().all(|round| round.played == ms(10_000)));
    world
}

#[test]
fn events_that_come_too_early_or_in_the_wrong_order_are_all_welcome() {
    let hasty = but(|q| (q.first_event_overtakes, q.swaps_events) = (true, true));
    let mut world = playing(Scenario::of(hasty).files(&[("/m/clip.mp4", 600_000)]));
    world.pass(5_000);
    for volume in 1..=40 {
        world.remote(0, Remote::Volume(volume));
        world.pass(20);
    }
    world.pass(5_000);
    let node = &world.nodes[0];
    assert!(
        node.events >= 42 && node.rejected_events == 0,
        "{} {}",
        node.events,
        node.rejected_events
    );
    assert_eq!(node.called("SUBSCRIBE").len(), 2, "no reason to begin anew");
    assert_eq!(node.called("SetAVTransportURI").len(), 1);
}

#[test]
fn events_that_say_nothing_are_a_reason_to_look() {
    let mut world = whole_rounds(presets::denon_knos());
    world.pass(3_000);
    world.remote(0, Remote::Stop);
    world.pass(120_000);
    assert_eq!(world.screen(0), None, "a viewer's stop is seen all the same");
    assert_eq!(world.nodes[0].rejected_events, 0);
}

#[test]
fn without_a_position_our_own_clock_tells_the_end() {
    for rel_time in [RelTime::NotImplemented, RelTime::AlwaysZero] {
        for sends_events in [true, false] {
            for end_says_playing in [true, false] {
                let dumb = but(|q| {
                    (q.rel_time, q.sends_events) = (rel_time, sends_events);
                    (q.hides_duration, q.end_says_playing) = (true, end_says_playing);
                });
                let world = whole_rounds(dumb);
                let most = if end_says_playing { ms(8_000) } else { ms(1_000) };
                let gaps = world.nodes[0].gaps();
                assert!(gaps.iter().all(|gap| *gap <= most), "{rel_time:?}: {gaps:?}");
            }
        }
    }
}

#[test]
fn one_that_refuses_to_say_where_it_is_loops_all_the_same() {
    for code in [401, 501, 718] {
        for end_says_playing in [true, false] {
            let world = whole_rounds(but(|q| {
                (q.position_refused, q.end_says_playing) = (Some(code), end_says_playing);
            }));
            let gaps = world.nodes[0].gaps();
            assert!(gaps.iter().all(|gap| *gap <= ms(8_000)), "{code}: {gaps:?}");
        }
    }
}

#[test]
fn without_a_position_a_viewer_who_stops_it_is_left_in_peace() {
    for rel_time in [RelTime::NotImplemented, RelTime::AlwaysZero] {
        let scenario = Scenario::of(but(|q| q.rel_time = rel_time));
        let mut world = playing(scenario.files(&[("/m/clip.mp4", 600_000)]));
        world.pass(60_000);
        world.remote(0, Remote::Stop);
        world.pass(1_200_000);
        assert_eq!(world.screen(0), None, "{rel_time:?}");
    }
}

#[test]
fn a_zero_at_the_end_is_no_new_beginning() {
    for end_flicker in [ms(0), ms(1_200)] {
        let zeroes = but(|q| (q.end_zeroes_position, q.end_flicker) = (true, end_flicker));
        let world = whole_rounds(zeroes);
        assert!(world.nodes[0].gaps().iter().all(|gap| *gap <= ms(1_800)));
    }
}

#[test]
fn a_name_of_its_own_for_the_media_is_no_other_box() {
    let odd = |track_uri| but(|q| q.track_uri = track_uri);
    for preset in [
        presets::sonos(),
        presets::soundbridge(),
        odd(TrackUri::Always("")),
        odd(TrackUri::Always("NOT_IMPLEMENTED")),
    ] {
        let mut world = whole_rounds(preset);
        world.pass(60_000);
        assert!(world.screen(0).is_some());
        assert!(!world.trace(200).concat().contains("took over"));
    }
}

#[test]
fn an_app_behind_another_was_stopped_by_its_viewer() {
    let long = |preset| Scenario::of(preset).files(&[("/m/clip.mp4", 600_000)]);
    let mut world = playing(long(presets::android_app()));
    world.remote(0, Remote::Stop);
    world.pass(600_000);
    assert_eq!(world.screen(0), None);
    assert_eq!(world.nodes[0].called("SetAVTransportURI").len(), 1);

    let mut world = playing(long(presets::android_app()).rule(|r| r.on_stop = OnStop::Insist));
    for seconds in [10, 30, 60] {
        world.remote(0, Remote::Stop);
        let took = world.until(90_000, |w| w.shows(0, "clip.mp4")).expect("it insists");
        assert!((seconds * 1_000..seconds * 1_000 + 3_000).contains(&took), "{took}");
        world.pass(5_000);
    }
}
