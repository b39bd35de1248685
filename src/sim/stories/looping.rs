//! How one round follows another: by restart, by seek, or by the next URI.

use super::*;
use crate::config::{AfterClip, RepeatPress};
use crate::sim::quirks::{NextUri, RelTime, Still};

/// Ten rounds, after a first one from which the box learns.
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
            // A renderer that counts whole seconds must be heard to its end once.
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
        // From the first Seek on, each round begins at a known time.
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
fn a_renderer_that_hangs_at_a_hand_over_is_given_no_next_song_after_that() {
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
fn rounds_without_a_stop_are_good_ones_and_earlier_failures_are_forgotten() {
    let preset = but(|q| (q.remote_stop_forgets, q.refuses_subscriptions) = (true, Some(501)));
    let files = [("/m/1.mp3", 20_000), ("/m/2.mp3", 25_000)];
    let mut world = Scenario::of(preset).files(&files).autoplay().start();
    for _ in 0..8 {
        world.pass(200_000);
        let middle =
            |w: &World| w.screen(0).is_some_and(|(_, at)| ms(8_000) < at && at < ms(9_000));
        assert!(world.until(30_000, middle).is_some());
        // The renderer holds no URI any more, and nothing shows why.
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

/// All presets but one whose control is switched off in its menu, so that nobody can make it play.
fn able() -> impl Iterator<Item = Preset> {
    presets::all().into_iter().filter(|preset| preset.quirks.play_refused.is_none())
}

#[test]
fn every_preset_reaches_its_goal_in_all_seeds() {
    let files = [("/m/1.mp4", 8_000), ("/m/2.mp3", 9_000), ("/m/3.jpg", 0)];
    for preset in able() {
        // An audience never sees what ends at once.
        let stills = preset.quirks.still != Still::EndsAtOnce;
        for seed in 1..=20 {
            let name = preset.name;
            let scenario = Scenario::of(preset.clone()).seed(seed).files(&files).subtitled();
            let mut world = scenario.autoplay().start();
            let wanted = if stills { 3 } else { 2 };
            let done = world.until(200_000, |w| w.nodes[0].rounds.len() >= wanted);
            assert!(done.is_some(), "{name}, seed {seed}: {:?}", world.nodes[0].rounds);
            let rounds = &world.nodes[0].rounds;
            let played = |name: &str| rounds.iter().find(|r| r.uri.ends_with(name));
            assert_eq!(played("1.mp4").map(|r| r.played), Some(ms(8_000)), "{name}, seed {seed}");
            assert_eq!(played("2.mp3").map(|r| r.played), Some(ms(9_000)), "{name}, seed {seed}");
            assert_eq!(played("3.jpg").is_some(), stills, "{name}, seed {seed}");
        }
    }
}

/// How one round followed another on this renderer, once that was settled.
fn way_to_loop(preset: &Preset, wanted: LoopMethod) -> LoopMethod {
    let scenario = Scenario::of(preset.clone()).files(&[("/m/song.mp3", 30_000)]);
    let scenario = scenario.rule(|rule| (rule.loop_method, rule.max_cut) = (wanted, ms(1_500)));
    let mut world = scenario.autoplay().start();
    let done = world.until(600_000, |w| w.nodes[0].rounds.len() >= 9);
    assert!(done.is_some(), "{}, {wanted:?}", preset.name);
    let since = world.nodes[0].rounds[7].from;
    let taken = |what| {
        let calls = world.nodes[0].called(what);
        calls.iter().any(|call| call.at >= since && call.refused.is_none())
    };
    match (taken("SetAVTransportURI"), taken("Seek"), taken("SetNextAVTransportURI")) {
        (true, ..) => LoopMethod::Restart,
        (false, true, _) => LoopMethod::Seek,
        (false, false, true) => LoopMethod::Next,
        none => panic!("{}, {wanted:?}: {none:?}", preset.name),
    }
}

#[test]
fn each_way_to_loop_is_taken_by_some_families_and_left_by_those_that_cannot() {
    let takers = |wanted| {
        let takes = |preset: &Preset| way_to_loop(preset, wanted) == wanted;
        able().filter(takes).map(|preset| preset.name).collect::<Vec<_>>()
    };
    let [restart, seek, next] =
        [LoopMethod::Restart, LoopMethod::Seek, LoopMethod::Next].map(takers);
    println!("restart: {restart:?}\nseek: {seek:?}\nnext: {next:?}");
    assert_eq!(restart.len(), able().count(), "every one can be restarted");
    for name in ["well-behaved", "rygel", "gmrender", "samsung-tizen", "lg-webos"] {
        assert!(seek.contains(&name), "{name}: {seek:?}");
    }
    assert!(!seek.contains(&"sony-ht-a9"), "it refuses");
    for name in ["well-behaved", "sonos", "gmrender", "eversolo", "upmpdcli"] {
        assert!(next.contains(&name), "{name}: {next:?}");
    }
    for name in ["hisense", "hccast", "chromecast", "android-app"] {
        assert!(!next.contains(&name), "{name} refuses or ignores it");
    }
}

/// The number of refusals before the film is shown, after a press when the renderer's list is known.
fn refusals(preset: Preset) -> usize {
    let mut world = Scenario::of(preset).files(&[("/m/film.mkv", 30_000)]).start();
    world.run(5_000);
    assert_eq!(world.nodes[0].called("GetProtocolInfo").len(), 1);
    world.press(PanelAction::Play);
    let took = world.until(20_000, |w| w.shows(0, "film.mkv"));
    assert!(took.is_some());
    world.nodes[0].called("SetAVTransportURI").iter().filter(|set| set.refused.is_some()).count()
}

#[test]
fn what_a_renderer_lists_orders_the_names_and_forbids_none() {
    let lists = |sink, mimes| but(|q| (q.sink, q.mimes) = (sink, mimes));
    let divx: &[&str] = &["video/mp4", "video/divx"];
    assert_eq!(refusals(lists(Some(divx), Some(&["video/divx"]))), 0, "its own name first");
    assert_eq!(refusals(lists(Some(divx), None)), 0);
    // Lists that name nothing of the kind, nothing at all, or the wrong thing.
    assert_eq!(refusals(lists(Some(&["audio/x-nothing"]), None)), 0);
    assert_eq!(refusals(lists(Some(&[]), None)), 0);
    assert_eq!(refusals(lists(Some(&["audio/mpeg"]), Some(&["video/mkv"]))), 2);
    assert_eq!(refusals(lists(Some(divx), Some(&["video/x-mkv"]))), 4, "round the whole list");
}

fn longest_silence(world: &World) -> Duration {
    world.nodes[0]
        .rounds
        .windows(2)
        .map(|two| two[1].from.since(two[0].from))
        .max()
        .unwrap_or_default()
}

/// The renderer accepts the next file and ignores it.
#[test]
fn an_album_goes_on_where_a_next_file_is_ignored() {
    let preset = but(|q| (q.end_says_playing, q.next) = (true, NextUri::Ignored));
    let files = [("/m/a.mp3", 30_000), ("/m/b.mp3", 20_000)];
    let mut world = Scenario::of(preset).files(&files).autoplay().start();
    world.run(3_600_000);
    let (rounds, longest) = (world.nodes[0].rounds.len(), longest_silence(&world));
    assert!(rounds > 80 && longest < ms(60_000), "{rounds} songs in an hour, {longest:?} for one");
    assert!(!world.trace(256).concat().contains("in the middle"), "they were whole");
}

/// The length is unknown, but the position stands still and the whole file was fetched.
#[test]
fn a_film_of_unknown_length_loops() {
    let preset = but(|q| (q.end_says_playing, q.hides_duration) = (true, true));
    let mut world = Scenario::of(preset).files(&[("/m/clip.mp4", 60_000)]).autoplay().start();
    world.header = Some(None);
    world.run(3_600_000);
    let longest = longest_silence(&world);
    assert!(longest < ms(150_000), "{longest:?} from one beginning to the next of a minute's film");
    assert!(!world.trace(256).concat().contains("in the middle"), "it was whole");
}

#[test]
fn the_end_of_what_began_late_is_not_cut_off() {
    let preset = but(|q| (q.loading, q.rel_time) = (ms(9_000), RelTime::NotImplemented));
    // The film begins at once, because a picture was shown before; the song takes nine seconds.
    let files = [("/m/a.mp4", 25_000), ("/m/b.mp3", 20_000), ("/m/c.jpg", 0)];
    let mut world = Scenario::of(preset).autoplay().files(&files).start();
    world.run(1_200_000);
    let songs = world.nodes[0].rounds.iter().filter(|round| round.uri.ends_with("b.mp3"));
    let cut: Vec<Duration> = songs.map(|song| ms(20_000).saturating_sub(song.played)).collect();
    assert!(cut.iter().all(|cut| *cut < ms(300)), "{cut:?}");
}

const ALBUM: [(&str, u64); 5] = [
    ("/m/a.mp3", 60_000),
    ("/m/b.mp3", 60_000),
    ("/m/c.mp3", 60_000),
    ("/m/d.mp3", 60_000),
    ("/m/e.mp3", 60_000),
];

#[test]
fn next_pressed_twice_plays_each_song_once() {
    let mut world = Scenario::of(presets::well_behaved()).files(&ALBUM).autoplay().start();
    world.run(20_000);
    for song in ["b.mp3", "c.mp3"] {
        world.press(PanelAction::Next);
        world.pass(1_200);
        assert!(world.shows(0, song));
    }
    let before = world.nodes[0].rounds.len();
    world.pass(200_000);
    let rounds = world.nodes[0].rounds[before..].iter();
    let shown: Vec<&str> = rounds.filter_map(|round| round.uri.rsplit('/').next()).collect();
    assert_eq!(shown[..3], ["c.mp3", "d.mp3", "e.mp3"]);
}

fn songs() -> Scenario {
    let files = [
        ("/m/main/a.mp3", 60_000),
        ("/m/main/b.mp3", 60_000),
        ("/m/extra/gong.mp3", 8_000),
        ("/m/evening/x.mp3", 20_000),
        ("/m/evening/y.mp3", 20_000),
    ];
    let scenario = Scenario::of(presets::well_behaved()).files(&files);
    scenario.rule(|rule| rule.plays = vec!["/m/main".into()]).autoplay()
}

#[test]
fn a_clip_in_the_first_seconds_of_a_song_leaves_what_it_interrupted() {
    let scenario =
        songs().clip_button(PanelAction::Next, "/m/extra", RepeatPress::Restart, AfterClip::Resume);
    let mut world = scenario.start();
    assert!(world.until(5_000, |w| w.shows(0, "a.mp3")).is_some());
    world.pass(1_000);
    world.press(PanelAction::Next);
    world.pass(3_000);
    assert!(world.shows(0, "gong.mp3"));
    world.pass(8_000);
    assert!(world.shows(0, "a.mp3"), "{:?}", world.screen(0));
}

#[test]
fn a_choice_in_the_first_seconds_of_a_song_plays_what_was_chosen() {
    let mut world = songs().choice_button("/m/evening", None).start();
    assert!(world.until(5_000, |w| w.shows(0, "a.mp3")).is_some());
    world.pass(1_000);
    world.press(PanelAction::Play);
    world.pass(3_000);
    assert!(world.shows(0, "x.mp3"));
    world.pass(20_000);
    assert!(world.shows(0, "y.mp3"), "{:?}", world.screen(0));
}
