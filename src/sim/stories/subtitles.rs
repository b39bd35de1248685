//! Subtitles: shown where a renderer knows how, and never at the cost of the film.

use super::*;
use crate::sim::quirks::Subtitles;

fn subtitled(preset: Preset) -> Scenario {
    Scenario::of(preset).files(&[("/m/film.mp4", 60_000)]).subtitled()
}

#[test]
fn each_maker_is_told_of_subtitles_in_its_own_form() {
    for preset in
        [presets::samsung_2010(), presets::samsung_tizen(), presets::lg_webos(), presets::philips()]
    {
        let name = preset.name;
        let mut world = playing_film(subtitled(preset), 0);
        for round in 0..3 {
            let shown = world.nodes[0].renderer.subtitles_on_screen().map(str::to_owned);
            let (film, _) = world.nodes[0].renderer.on_screen(world.now).expect("it plays");
            let beside = film.replace(".mp4", ".srt");
            assert_eq!(shown, Some(beside), "{name}, round {round}");
            assert!(world.until(90_000, |w| w.nodes[0].rounds.len() > round).is_some());
            assert!(world.until(10_000, |w| w.shows(0, "film.mp4")).is_some());
            world.pass(1_000);
        }
    }
}

#[test]
fn subtitles_keep_no_renderer_from_its_film() {
    for preset in presets::all().into_iter().filter(|p| p.name != "leica") {
        let name = preset.name;
        let mut world = subtitled(preset).autoplay().start();
        let took = world.until(60_000, |w| w.shows(0, "film.mp4"));
        assert!(took.is_some(), "{name}");
        assert!(world.until(200_000, |w| w.nodes[0].rounds.len() == 2).is_some(), "{name}");
    }
}

#[test]
fn metadata_with_subtitles_that_are_refused_make_room_for_those_without() {
    for code in [402, 501, 714, 716] {
        let picky = but(|q| q.subtitles = Subtitles::Refused(code));
        let mut world = playing_film(subtitled(picky), 1_000);
        assert!(world.until(300_000, |w| w.nodes[0].rounds.len() == 3).is_some());
        let refused = world.nodes[0].calls.iter().filter(|call| call.refused.is_some()).count();
        // Where it says that the type is wrong, the other names of the type are tried first.
        let each = if code == 714 { 3 } else { 1 };
        assert_eq!(refused, 2 * each, "{code}: twice, and never again");
    }
}

#[test]
fn one_that_opens_the_subtitles_is_given_the_film_alone() {
    let confused = but(|q| q.subtitles = Subtitles::Opened);
    let mut world = playing_film(subtitled(confused), 10_000);
    assert!(world.until(300_000, |w| w.nodes[0].rounds.len() == 3).is_some());
    let sets = world.nodes[0].called("SetAVTransportURI");
    assert_eq!(sets.len(), 2 + 3, "twice with subtitles, then never again");
}

#[test]
fn a_renderer_that_cannot_fetch_is_not_taken_for_one_that_minds_subtitles() {
    let mut world = subtitled(presets::philips()).autoplay().start();
    world.firewall = true;
    world.run(120_000);
    world.firewall = false;
    let took = world.until(200_000, |w| w.nodes[0].renderer.subtitles_on_screen().is_some());
    assert!(took.is_some());
}

/// Plays the film within so many milliseconds, or in the time that it needs.
fn playing_film(scenario: Scenario, most: u64) -> World {
    let mut world = scenario.autoplay().start();
    let took = world.until(20_000, |w| w.shows(0, "film.mp4"));
    assert!(took.is_some_and(|took| most == 0 || took <= most), "{took:?} of {most}");
    world.pass(1_000);
    world
}
