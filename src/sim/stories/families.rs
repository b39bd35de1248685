//! What every family of renderers must come to, whatever the seed, and which of them take which way to loop.

use super::*;
use crate::sim::quirks::Still;

/// All but the one whose control is switched off in its menu: nobody can make that one play.
fn able() -> impl Iterator<Item = Preset> {
    presets::all().into_iter().filter(|preset| preset.quirks.play_refused.is_none())
}

#[test]
fn every_preset_reaches_its_goal_in_all_seeds() {
    let files = [("/m/1.mp4", 8_000), ("/m/2.mp3", 9_000), ("/m/3.jpg", 0)];
    for preset in able() {
        // What ends at once is never seen.
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

/// How one round followed another on this renderer, once it was known.
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

/// The refusals before the film is shown, at a press that comes when the list is known.
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
    assert_eq!(refusals(lists(Some(divx), Some(&["video/x-mkv"]))), 3, "round the whole list");
}
