//! Round after round.

use super::*;
use crate::sim::quirks::NextUri;

/// Ten rounds of this, after a first one from which habits are learned.
fn rounds(scenario: Scenario, wanted: usize) -> World {
    let mut world = scenario.autoplay().start();
    let most = 60_000 * u64::try_from(wanted).unwrap();
    let done = world.until(most, |w| w.nodes[0].rounds.len() >= wanted);
    assert!(done.is_some(), "{} rounds", world.nodes[0].rounds.len());
    world
}

#[test]
fn nothing_is_cut_by_a_restart_on_any_renderer() {
    for preset in presets::all().iter().filter(|p| p.name != "leica") {
        let scenario = Scenario::of(preset.clone()).rule(|r| r.loop_method = LoopMethod::Restart);
        let world = rounds(scenario, 10);
        let quirks = &preset.quirks;
        let loading = quirks.loading + quirks.loading_jitter + quirks.set_takes;
        // The end is seen within 100 ms; Set, Play and their answers take some 20 ms.
        let most = loading + ms(120) + quirks.end_flicker + 4 * quirks.answers_after;
        for round in &world.nodes[0].rounds {
            assert_eq!(round.played, ms(10_000), "{}", preset.name);
        }
        for gap in world.nodes[0].gaps() {
            assert!(gap <= most, "{}: {gap:?} of {most:?}", preset.name);
        }
    }
}

#[test]
fn the_default_loops_on_every_renderer_and_never_hangs_one() {
    for preset in presets::all().iter().filter(|p| p.name != "leica") {
        for seed in 1..4 {
            let world = rounds(Scenario::of(preset.clone()).seed(seed), 10);
            assert!(world.nodes[0].renderer.responsive(), "{}", preset.name);
        }
    }
    for kind in ["/m/clip.mp4", "/m/song.mp3"] {
        let scenario = Scenario::of(presets::gmrender()).files(&[(kind, 10_000)]);
        let world = rounds(scenario, 10);
        assert!(world.nodes[0].renderer.responsive(), "{kind}");
    }
}

#[test]
fn a_seek_cuts_no_more_than_it_may_and_never_lets_the_clip_run_out() {
    for preset in [presets::rygel(), presets::well_behaved()] {
        for seed in 1..6 {
            let scenario = Scenario::of(preset.clone()).seed(seed).rule(|r| {
                r.loop_method = LoopMethod::Seek;
                r.max_cut = ms(300);
            });
            let world = rounds(scenario, 10);
            for round in &world.nodes[0].rounds {
                assert!(round.played >= ms(9_700), "{}: {round:?}", preset.name);
            }
            // One that counts whole seconds has to be heard to its end once.
            let rounds = &world.nodes[0].rounds[1..];
            for round in rounds {
                assert!(round.played < ms(10_000), "{}: {round:?}", preset.name);
            }
            assert!(world.nodes[0].called("SetAVTransportURI").len() <= 2);
        }
    }
}

#[test]
fn positions_that_are_half_a_second_old_are_seen_through_in_time() {
    for seed in 1..6 {
        let scenario = Scenario::of(presets::gmrender()).seed(seed).rule(|r| {
            r.loop_method = LoopMethod::Seek;
            r.max_cut = ms(300);
        });
        let world = rounds(scenario, 24);
        let rounds = &world.nodes[0].rounds;
        assert!(rounds.iter().all(|round| round.played >= ms(9_700)));
        // From the first Seek on each round begins at a time that is known.
        let seeked = rounds.iter().filter(|r| r.played < ms(10_000)).count();
        assert!(seeked >= 10, "{seeked} of {}", rounds.len());
        let last = &rounds[rounds.len() - 5..];
        assert!(last.iter().all(|round| round.played < ms(10_000)));
    }
}

#[test]
fn a_renderer_that_refuses_to_seek_is_restarted() {
    let scenario = Scenario::of(presets::sony_ht_a9()).rule(|r| {
        r.loop_method = LoopMethod::Seek;
        r.max_cut = ms(300);
    });
    let world = rounds(scenario, 5);
    assert_eq!(world.nodes[0].called("Seek").len(), 1, "and is not asked again");
    assert!(world.nodes[0].rounds.iter().all(|r| r.played == ms(10_000)));
}

#[test]
fn songs_follow_each_other_without_a_gap_where_the_renderer_can() {
    let files = [("/m/1.mp3", 20_000), ("/m/2.mp3", 25_000), ("/m/3.mp3", 30_000)];
    let early = but(|q| q.next = NextUri::Works(ms(5_000)));
    for preset in [presets::well_behaved(), early, presets::sonos(), presets::soundbridge()] {
        let name = preset.model;
        let world = rounds(Scenario::of(preset).files(&files), 9);
        let node = &world.nodes[0];
        for (round, file) in node.rounds.iter().zip(files.iter().cycle()) {
            assert!(round.uri.ends_with(&file.0[2..]), "{name}: {round:?}");
            assert_eq!(round.played, ms(file.1));
        }
        assert!(node.gaps().iter().all(|gap| *gap < ms(20)), "{name}: {:?}", node.gaps());
        assert_eq!(node.called("SetAVTransportURI").len(), 1, "{name}");
    }
}

#[test]
fn songs_follow_each_other_whole_on_every_renderer() {
    let files = [("/m/1.mp3", 20_000), ("/m/2.mp3", 25_000)];
    let able = |p: &&Preset| p.name != "leica";
    for preset in presets::all().iter().filter(able) {
        let world = rounds(Scenario::of(preset.clone()).files(&files), 6);
        assert!(world.nodes[0].renderer.responsive(), "{}", preset.name);
        for (round, file) in world.nodes[0].rounds.iter().zip(files.iter().cycle()) {
            assert!(round.uri.ends_with(&file.0[2..]), "{}: {round:?}", preset.name);
            assert_eq!(round.played, ms(file.1), "{}", preset.name);
        }
    }
}

#[test]
fn one_that_hangs_at_a_hand_over_is_given_no_next_song_after_that() {
    let hangs = but(|q| q.next = NextUri::HangsAtHandOver(ms(900)));
    let files = [("/m/1.mp3", 20_000), ("/m/2.mp3", 25_000)];
    let mut world = Scenario::of(hangs).files(&files).autoplay().start();
    world.run(60_000);
    assert!(!world.nodes[0].renderer.responsive(), "nobody could know");
    world.remote(0, Remote::PullPlug);
    world.pass(5_000);
    world.remote(0, Remote::PowerOn);
    let took = world.until(10_000, |w| w.screen(0).is_some());
    assert!(took.is_some_and(|took| took <= 2_500), "{took:?}");
    let before = world.nodes[0].rounds.len();
    world.pass(300_000);
    assert!(world.nodes[0].renderer.responsive());
    assert!(world.nodes[0].rounds.len() >= before + 10);
    let given = world.nodes[0].called("SetNextAVTransportURI");
    assert_eq!(given.iter().filter(|call| !call.about.is_empty()).count(), 1);
}

#[test]
fn songs_go_on_where_the_next_one_is_refused_ignored_or_followed_late() {
    for next in [
        NextUri::Refused(401),
        NextUri::Ignored,
        NextUri::TakenAsCurrent,
        NextUri::Works(ms(5_000)),
    ] {
        for stale_next in [false, true] {
            let preset = but(|q| {
                (q.next, q.stale_next) = (next, stale_next);
                q.hand_over_stops = ms(700);
            });
            let files = [("/m/1.mp3", 20_000), ("/m/2.mp3", 25_000)];
            let world = rounds(Scenario::of(preset).files(&files), 6);
            for (round, file) in world.nodes[0].rounds.iter().zip(files.iter().cycle()) {
                assert!(round.uri.ends_with(&file.0[2..]), "{next:?}: {round:?}");
                assert_eq!(round.played, ms(file.1), "{next:?}");
            }
        }
    }
}

#[test]
fn rounds_without_a_stop_are_good_ones_and_failures_of_before_are_forgotten() {
    let preset = but(|q| (q.remote_stop_forgets, q.refuses_subscriptions) = (true, Some(501)));
    let files = [("/m/1.mp3", 20_000), ("/m/2.mp3", 25_000)];
    let mut world = Scenario::of(preset).files(&files).autoplay().start();
    for _ in 0..8 {
        world.pass(200_000);
        let middle =
            |w: &World| w.screen(0).is_some_and(|(_, at)| ms(8_000) < at && at < ms(9_000));
        assert!(world.until(30_000, middle).is_some());
        // It holds nothing any more, and nothing tells why.
        world.remote(0, Remote::Stop);
        let took = world.until(60_000, |w| w.screen(0).is_some());
        assert!(took.is_some_and(|took| took < 5_000), "{took:?}");
    }
}

#[test]
fn a_folder_that_does_not_repeat_ends() {
    let files = [("/m/1.mp4", 10_000), ("/m/2.mp4", 12_000)];
    let scenario = Scenario::of(presets::well_behaved()).files(&files);
    let mut world = scenario.rule(|r| r.repeat = false).autoplay().start();
    world.run(120_000);
    let played: Vec<_> = world.nodes[0].rounds.iter().map(|r| r.played).collect();
    assert_eq!(played, [ms(10_000), ms(12_000)]);
    world.press(PanelAction::Play);
    let took = world.until(2_000, |w| w.shows(0, "1.mp4"));
    assert!(took.is_some(), "from its beginning");
}
