//! Known to fail: smaller things.

use super::*;
use crate::config::{Again, Back, FileState};
use crate::sim::quirks::{Still, TrackUri};
use std::path::Path;

const DARK: &str = "[[schedule]]\nfrom = \"18:30\"\nto = \"09:00\"\nthen = \"blackout\"\n";

fn night(preset: Preset) -> World {
    let scenario = Scenario::of(preset).files(&[("/m/clip.mp4", 600_000)]).autoplay();
    let mut world = scenario.schedule("CET-1CEST,M3.5.0,M10.5.0/3", DARK).start();
    world.set_clock("2026-11-27T19:00:00Z", true);
    world.run(30_000);
    assert!(world.shows(0, "black.jpg"));
    world
}

#[test]
#[ignore = "the LED for \"playing\" is on while the blackout picture is shown"]
fn the_light_that_shows_playing_is_dark_in_a_blackout() {
    let world = night(presets::well_behaved());
    assert_eq!(world.status()["panel"]["leds"][1]["on"], false, "nothing is to be seen");
}

#[test]
#[ignore = "the blackout picture is not sent again before the renderer has put it away"]
fn a_blackout_stays_dark_where_pictures_are_put_away_after_a_minute() {
    let mut world = night(but(|q| q.still = Still::EndsAfter(ms(60_000))));
    let mut menu = 0;
    for _ in 0..360 {
        world.pass(10_000);
        menu += u32::from(!world.shows(0, "black.jpg"));
    }
    assert!(menu < 60, "for {menu} of 360 looks in an hour its own menu was to be seen");
}

#[test]
#[ignore = "when the file of a clip is removed, the main programme begins anew"]
fn a_clip_whose_file_is_removed_while_it_plays_leaves_the_programme_where_it_was() {
    let files =
        [("/m/main/a.mp4", 600_000), ("/m/main/b.mp4", 600_000), ("/m/extra/dragon.mp4", 20_000)];
    let scenario = Scenario::of(presets::well_behaved())
        .files(&files)
        .rule(|rule| rule.plays = vec!["/m/main".into()])
        .clip_button(PanelAction::Next, "/m/extra", Again::Restart, Back::Resume);
    let mut world = scenario.autoplay().start();
    world.run(60_000);
    world.press(PanelAction::Next);
    world.pass(5_000);
    assert!(world.shows(0, "dragon.mp4"));
    world.remove("/m/extra/dragon.mp4");
    world.pass(20_000);
    let (name, at) = world.screen(0).expect("it plays");
    assert!(name == "a.mp4" && at > ms(55_000), "{name} at {at:?}");
}

/// It drops what it is given while it shows a picture, and names nothing: the box believes what never was fetched.
#[test]
#[ignore = "a renderer that says PLAYING counts as playing although it never fetched the file"]
fn what_was_never_fetched_does_not_play() {
    let files = [("/m/clip.mp4", 25_000), ("/m/d.jpg", 0)];
    let mut world = playing(
        Scenario::of(but(|q| {
            (q.set_while_playing, q.track_uri) = (SetWhilePlaying::Dropped, TrackUri::Always(""));
        }))
        .files(&files),
    );
    world.pass(1_800_000);
    let rounds = world.nodes[0].rounds.len();
    assert!(rounds > 40, "{rounds} rounds in half an hour, and {}", world.status()["renderers"][0]);
}

#[test]
#[ignore = "the configuration allows a dwell of a millisecond, and the box then sends files without pause"]
fn what_a_configuration_allows_is_no_storm() {
    let there = |path: &Path| match path.extension() {
        Some(_) => FileState::File,
        None => FileState::Folder,
    };
    let text = "media = \"/m\"\n[[renderer]]\ndwell = 0.001\n";
    let Some(config) = crate::config::parse(text, &there).config else { return };
    let scenario = Scenario::of(presets::well_behaved()).files(&[("/m/1.jpg", 0), ("/m/2.jpg", 0)]);
    let mut world = scenario.rule(|rule| rule.dwell = config.rules[0].dwell).autoplay().start();
    world.run(60_000);
    assert!(world.nodes[0].called("SetAVTransportURI").len() < 120);
}
