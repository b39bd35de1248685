//! What renderers have against a file, its metadata, its MIME type or the moment.

use super::*;
use crate::upnp::action::TransportState;

/// It plays this file within `most` milliseconds, by itself, after so many refusals.
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
    let bare = late(|q| (q.full_metadata, q.bare_refusals) = (Some(501), true));
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
    assert_eq!(world.nodes[0].called("Survey").len(), 2, "one for each service");

    // Where it is not said, it is not played on, and not asked for again and again.
    let silent = but(|q| (q.play_wants, q.scpd_refused) = (&["Secret"], Some(404)));
    let mut world = Scenario::of(silent).autoplay().start();
    world.run(600_000);
    assert!(world.nodes[0].rounds.is_empty());
    let plays = world.nodes[0].called("Play").len();
    assert!((8..=60).contains(&plays), "{plays}");
    assert!(world.nodes[0].called("Survey").len() <= 2);
}

#[test]
fn one_that_looks_at_the_url_first_is_asked_ever_more_rarely_while_it_cannot() {
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
fn a_bare_500_while_it_switches_is_no_objection_to_the_metadata() {
    let busy = but(|q| {
        (q.in_transition, q.bare_refusals) = (Some(501), true);
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
fn one_that_goes_back_to_its_input_after_a_stop_is_not_stopped_between_rounds() {
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
fn one_that_plays_before_it_is_told_to_is_not_told_twice() {
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
