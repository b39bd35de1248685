//! What renderers answer: refusals, nothing, nonsense, or the right thing in the wrong order.

use super::*;
use crate::sim::quirks::{BareRefusal, RelTime, TrackUri};
use crate::upnp::action::TransportState;

/// The renderer plays this file within `most` milliseconds, after this many refusals.
fn plays(preset: Preset, file: &'static str, most: u64, refusals: usize) {
    let name = preset.name;
    let mut world = Scenario::of(preset).files(&[(file, 30_000)]).autoplay().start();
    let shown = file.rsplit('/').next().unwrap();
    let took = world.until(60_000, |w| w.shows(0, shown));
    assert!(took.is_some_and(|took| took <= most), "{name}, {file}: {took:?}");
    let refused = |w: &World| w.nodes[0].calls.iter().filter(|c| c.refused.is_some()).count();
    assert_eq!(refused(&world), refusals, "{name}, {file}");
    assert!(world.until(200_000, |w| w.nodes[0].rounds.len() == 3).is_some());
    assert_eq!(refused(&world), refusals, "{name}, {file}: what it takes is known now");
}

#[test]
fn a_container_is_called_by_the_name_that_its_maker_gave_it() {
    for (preset, file, refusals) in [
        (presets::samsung_tizen(), "/m/film.mkv", 1),
        (presets::sony_bdp(), "/m/film.mkv", 3),
        (presets::philips(), "/m/film.avi", 1),
        (presets::sony_bravia(), "/m/film.ts", 1),
        (presets::panasonic_viera(), "/m/film.ts", 1),
    ] {
        plays(preset, file, 1_000, refusals);
    }
}

#[test]
fn a_name_that_is_not_even_listed_is_found_by_trying() {
    plays(presets::port_2870(), "/m/song.mp3", 1_000, 1);
}

#[test]
fn metadata_is_written_as_each_likes_it() {
    for (preset, most, refusals) in [
        (presets::samsung_2010(), 1_000, 2),
        (presets::lg_uh850v(), 4_800, 1),
        (presets::panasonic_empty(), 1_000, 9),
        (presets::xbox_one(), 1_000, 0),
        (presets::sony_bravia_ex(), 1_000, 0),
        (presets::yamaha(), 1_000, 0),
    ] {
        plays(preset, "/m/clip.mp4", most, refusals);
    }
}

#[test]
fn objections_that_come_with_play_are_met_like_those_that_come_with_the_uri() {
    let late = |change: fn(&mut Quirks)| {
        but(|q| {
            q.refuses_at_play = true;
            change(q);
        })
    };
    plays(late(|q| q.mimes = Some(&["video/divx"])), "/m/film.mkv", 1_000, 3);
    plays(late(|q| q.full_metadata = Some(501)), "/m/clip.mp4", 1_000, 1);
    let bare =
        late(|q| (q.full_metadata, q.bare_refusals) = (Some(501), Some(BareRefusal::Status(500))));
    plays(bare, "/m/clip.mp4", 1_000, 1);
}

#[test]
fn what_play_wants_beside_the_usual_is_looked_up_once() {
    let mut world = Scenario::of(presets::jriver()).autoplay().start();
    let took = world.until(20_000, |w| w.shows(0, "clip.mp4"));
    assert!(took.is_some_and(|took| took < 500), "{took:?}");
    assert!(world.until(200_000, |w| w.nodes[0].rounds.len() == 3).is_some());
    let refused = world.nodes[0].calls.iter().filter(|call| call.refused.is_some());
    assert_eq!(refused.count(), 1);
    assert_eq!(world.nodes[0].called("DescribeService").len(), 2, "one for each service");

    // If its description does not name the arguments, the renderer is not played on, and is not asked again and again.
    let silent = but(|q| (q.play_wants, q.scpd_refused) = (&["Secret"], Some(404)));
    let mut world = Scenario::of(silent).autoplay().start();
    world.run(600_000);
    assert!(world.nodes[0].rounds.is_empty());
    let plays = world.nodes[0].called("Play").len();
    assert!((8..=60).contains(&plays), "{plays}");
    assert!(world.nodes[0].called("DescribeService").len() <= 2);
}

#[test]
fn a_renderer_that_looks_at_the_url_first_is_asked_ever_more_rarely_while_it_cannot() {
    for probe in [Probe::Head, Probe::HeadTwice, Probe::Get] {
        let mut world = Scenario::of(but(|q| q.probe = probe)).autoplay().start();
        world.firewall = true;
        world.run(300_000);
        assert_eq!(world.screen(0), None);
        let sets = world.nodes[0].called("SetAVTransportURI");
        assert!(sets.iter().all(|set| set.refused == Some(716)));
        assert!((12..=60).contains(&sets.len()), "{probe:?}: {}", sets.len());
        assert!(world.nodes[0].called("Play").is_empty());
        world.firewall = false;
        let took = world.until(150_000, |w| w.shows(0, "clip.mp4"));
        assert!(took.is_some(), "{probe:?}");
        world.pass(5_000);
        assert!(world.shows(0, "clip.mp4"));
    }
}

#[test]
fn a_bare_500_while_it_switches_is_not_blamed_on_the_metadata() {
    let busy = but(|q| {
        (q.in_transition, q.bare_refusals) = (Some(501), Some(BareRefusal::Status(500)));
        (q.loading, q.stopping) = (ms(4_000), ms(2_500));
        q.empty_metadata = Some(501);
    });
    let files = [("/m/a.mp4", 60_000), ("/m/b.mp4", 60_000)];
    let mut world = Scenario::of(busy).files(&files).autoplay().start();
    world.run(2_000);
    for file in ["b.mp4", "a.mp4", "b.mp4"] {
        world.press(PanelAction::Next);
        let took = world.until(30_000, |w| w.shows(0, file));
        assert!(took.is_some_and(|took| took < 12_000), "{file}: {took:?}");
        world.pass(1_000);
        world.press(PanelAction::Stop);
        world.pass(1_000);
    }
}

#[test]
fn a_renderer_that_goes_back_to_its_input_after_a_stop_is_not_stopped_between_rounds() {
    for preset in [presets::lg_webos(), presets::hisense()] {
        let name = preset.name;
        let mut world = playing(Scenario::of(preset));
        assert!(world.until(300_000, |w| w.nodes[0].rounds.len() == 10).is_some());
        assert_eq!(world.nodes[0].called("Stop").len(), 0, "{name}");
    }
}

#[test]
pub(super) fn a_start_that_looks_like_a_stop_is_waited_for() {
    for loading in [100, 3_000, 12_000] {
        let slow = but(|q| {
            (q.loads_as, q.set_says_stopped) = (TransportState::Stopped, true);
            q.loading = ms(loading);
        });
        let mut world = Scenario::of(slow).autoplay().start();
        let took = world.until(60_000, |w| w.shows(0, "clip.mp4"));
        assert!(took.is_some_and(|took| took <= loading + 200), "{loading}: {took:?}");
        assert!(world.until(200_000, |w| w.nodes[0].rounds.len() == 3).is_some());
        assert_eq!(world.nodes[0].called("Play").len(), 3, "{loading}: once for each round");
    }
}

#[test]
fn a_renderer_that_plays_before_it_is_told_to_is_not_told_twice() {
    for play_while_playing in [None, Some(701), Some(501)] {
        let eager = but(|q| {
            q.starts_on_set = true;
            q.play_while_playing = play_while_playing;
        });
        for preset in [eager, presets::hccast(), presets::hiby()] {
            let world = &mut playing(Scenario::of(preset));
            assert!(world.until(60_000, |w| w.nodes[0].rounds.len() == 3).is_some());
            let rounds = &world.nodes[0].rounds;
            assert!(rounds.iter().all(|round| round.played == ms(10_000)));
            assert!(world.nodes[0].called("SetAVTransportURI").len() <= 4);
        }
    }
}

const SHOW: [(&str, u64); 3] = [("/m/clip.mp4", 25_000), ("/m/d.mp4", 20_000), ("/m/e.jpg", 0)];

/// 501, Action Failed: what many renderers answer in every case.
#[test]
fn a_renderer_that_takes_no_file_while_it_shows_a_picture_is_stopped_before() {
    let mut world = playing(
        Scenario::of(but(|q| q.set_while_playing = SetWhilePlaying::Refused(501))).files(&SHOW),
    );
    world.pass(3_600_000);
    let rounds = world.nodes[0].rounds.len();
    assert!(rounds > 80, "{rounds} rounds in an hour, {:?}", world.why(0));
}

/// It refuses a Set while it plays, with a bare HTTP 500 instead of 705, and reports PLAYING for ever at the end.
#[test]
fn a_renderer_that_refuses_with_a_bare_500_loops() {
    let scenario = Scenario::of(but(|q| {
        (q.set_while_playing, q.bare_refusals) =
            (SetWhilePlaying::Refused(705), Some(BareRefusal::Status(500)));
        q.end_says_playing = true;
    }));
    let mut world = playing(scenario.files(&[("/m/clip.mp4", 60_000)]));
    world.pass(3_600_000);
    let rounds = world.nodes[0].rounds.len();
    assert!(rounds > 40, "{rounds} rounds in an hour, {:?}", world.why(0));
}

/// It drops a Set while it plays, and refuses Play.
#[test]
fn a_renderer_that_drops_the_file_and_refuses_to_play_is_stopped_before() {
    let scenario = Scenario::of(but(|q| {
        (q.set_while_playing, q.play_while_playing) = (SetWhilePlaying::Dropped, Some(501));
    }));
    let mut world = playing(scenario.files(&SHOW));
    world.pass(3_600_000);
    let rounds = world.nodes[0].rounds.len();
    assert!(rounds > 80, "{rounds} rounds in an hour, {:?}", world.why(0));
}

const SAYS: [TransportState; 2] = [TransportState::Transitioning, TransportState::Stopped];

#[test]
fn stop_pressed_while_it_loads_stops_it() {
    for loads_as in SAYS {
        let preset = but(|q| (q.loading, q.loads_as) = (ms(3_000), loads_as));
        let mut world = Scenario::of(preset).files(&[("/m/clip.mp4", 600_000)]).start();
        world.run(5_000);
        world.press(PanelAction::Play);
        world.pass(1_000);
        world.press(PanelAction::Stop);
        world.pass(60_000);
        assert_eq!(world.screen(0), None, "{loads_as:?}");
    }
}

#[test]
fn closing_time_in_the_gap_between_two_rounds_closes() {
    let closed = "[[schedule]]\nfrom = \"18:30\"\nto = \"09:00\"\nthen = \"stop\"\n";
    for loads_as in SAYS {
        let mut open = 0;
        for offset in 0..40 {
            let preset = but(|q| (q.loading, q.loads_as) = (ms(1_500), loads_as));
            let scenario = Scenario::of(preset).files(&[("/m/clip.mp4", 10_000)]);
            let mut world =
                scenario.schedule("CET-1CEST,M3.5.0,M10.5.0/3", closed).autoplay().start();
            world.run(offset * 300);
            world.set_clock("2026-11-27T17:28:00Z", true);
            world.pass(600_000);
            let closes = offset * 300 + 120_000;
            let late =
                |round: &crate::sim::world::Round| round.until.as_micros() / 1000 > closes + 3_000;
            open += u32::from(world.nodes[0].rounds.iter().any(late));
        }
        assert_eq!(
            open, 0,
            "{loads_as:?}: of 40 evenings a film was shown after closing time in so many"
        );
    }
}

/// Three complete rounds of the clip.
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
fn a_renderer_that_refuses_to_say_where_it_is_loops_all_the_same() {
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

#[test]
fn a_second_address_is_no_reason_to_start_again() {
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
fn a_renderer_that_is_stopped_while_it_is_held_plays_when_the_button_is_pressed() {
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
            q.bare_refusals = Some(BareRefusal::Status(500));
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
