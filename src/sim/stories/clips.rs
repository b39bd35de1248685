//! Clips over the main programme, what a person chooses, and the order of files.

use super::*;
use crate::config::{Again, Back, Order};

const FILES: [(&str, u64); 4] = [
    ("/m/main/clip.mp4", 120_000),
    ("/m/extra/dragon.mp4", 8_000),
    ("/m/extra/tiger.mp4", 6_000),
    ("/m/evening/sea.mp4", 30_000),
];

/// The main programme plays; `Next` is the button with clips.
fn kiosk(preset: Preset, again: Again, back: Back) -> World {
    let scenario =
        Scenario::of(preset).files(&FILES).rule(|rule| rule.plays = vec!["/m/main".into()]);
    playing(scenario.clip_button(PanelAction::Next, "/m/extra", again, back))
}

fn clip_pressed(world: &mut World) {
    world.press(PanelAction::Next);
}

#[test]
fn a_press_plays_the_clip_at_once_and_the_main_programme_goes_on_where_it_was() {
    for preset in [presets::well_behaved(), presets::gmrender(), presets::samsung_tizen()] {
        let mut world = kiosk(preset.clone(), Again::Restart, Back::Resume);
        world.pass(40_000);
        let (_, before) = world.screen(0).expect("it plays");
        clip_pressed(&mut world);
        let took = world.until(5_000, |w| w.shows(0, "dragon.mp4"));
        let loading = preset.quirks.loading + preset.quirks.loading_jitter + ms(300);
        assert!(took.is_some_and(|t| ms(t) <= loading), "{}: {took:?}", preset.name);
        assert!(world.until(20_000, |w| w.shows(0, "clip.mp4")).is_some(), "{}", preset.name);
        world.pass(2_000);
        let (name, after) = world.screen(0).expect("it plays");
        assert_eq!(name, "clip.mp4");
        assert!(after.abs_diff(before) < ms(4_000), "{}: {before:?}, {after:?}", preset.name);
    }
}

#[test]
fn what_goes_on_near_its_end_may_end_soon() {
    for preset in [presets::well_behaved(), presets::gmrender(), presets::samsung_tizen()] {
        let mut world = kiosk(preset.clone(), Again::Restart, Back::Resume);
        let _ = world.until(150_000, |w| w.screen(0).is_some_and(|(_, at)| at > ms(100_000)));
        clip_pressed(&mut world);
        assert!(world.until(5_000, |w| w.shows(0, "dragon.mp4")).is_some());
        assert!(world.until(20_000, |w| w.shows(0, "clip.mp4")).is_some());
        world.pass(60_000);
        assert!(world.shows(0, "clip.mp4"), "{}: it loops", preset.name);
        let said = world.trace(100).join("\n");
        assert!(!said.contains("does not play"), "{}: {said}", preset.name);
    }
}

#[test]
fn back_to_the_start_where_that_is_wanted() {
    let mut world = kiosk(presets::well_behaved(), Again::Restart, Back::Start);
    world.pass(40_000);
    clip_pressed(&mut world);
    world.pass(2_000);
    assert!(world.shows(0, "dragon.mp4"));
    assert!(world.until(20_000, |w| w.shows(0, "clip.mp4")).is_some());
    world.pass(2_000);
    assert!(world.screen(0).is_some_and(|(_, at)| at < ms(4_000)));
}

#[test]
fn one_that_cannot_seek_goes_on_from_the_start() {
    let mut world = kiosk(but(|q| q.seek_refused = Some(701)), Again::Restart, Back::Resume);
    world.pass(40_000);
    clip_pressed(&mut world);
    world.pass(11_000);
    assert!(world.screen(0).is_some_and(|(name, at)| name == "clip.mp4" && at < ms(6_000)));
    world.pass(200_000);
    assert!(world.shows(0, "clip.mp4"), "and loops");
}

#[test]
fn another_press_restarts_is_ignored_or_waits() {
    let shown_after = |again: Again, millis: &[u64]| -> Vec<String> {
        let mut world = kiosk(presets::well_behaved(), again, Back::Resume);
        clip_pressed(&mut world);
        world.pass(3_000);
        clip_pressed(&mut world);
        let mut shown = Vec::new();
        for millis in millis {
            world.pass(*millis);
            shown.push(world.screen(0).map_or(String::new(), |(name, _)| name.to_owned()));
        }
        shown
    };
    // The second press is for the next clip of the folder.
    assert_eq!(shown_after(Again::Restart, &[1_000, 6_500]), ["tiger.mp4", "clip.mp4"]);
    assert_eq!(shown_after(Again::Ignore, &[1_000, 5_500]), ["dragon.mp4", "clip.mp4"]);
    assert_eq!(
        shown_after(Again::Queue, &[1_000, 5_500, 6_500]),
        ["dragon.mp4", "tiger.mp4", "clip.mp4"]
    );
}

#[test]
fn a_clip_over_silence_leaves_silence() {
    let scenario = Scenario::of(presets::well_behaved())
        .files(&FILES)
        .rule(|r| r.plays = vec!["/m/main".into()]);
    let scenario =
        scenario.clip_button(PanelAction::Next, "/m/extra", Again::Restart, Back::Resume);
    let mut world = scenario.start();
    world.pass(5_000);
    clip_pressed(&mut world);
    assert!(world.until(5_000, |w| w.shows(0, "dragon.mp4")).is_some());
    world.pass(60_000);
    assert_eq!(world.screen(0), None, "nobody asked for more");
    world.press(PanelAction::Play);
    assert!(world.until(5_000, |w| w.shows(0, "clip.mp4")).is_some(), "but it may be asked for");
}

#[test]
fn stop_ends_the_clip_and_play_brings_the_main_programme() {
    let mut world = kiosk(presets::well_behaved(), Again::Restart, Back::Start);
    clip_pressed(&mut world);
    world.pass(2_000);
    world.press(PanelAction::Stop);
    world.pass(2_000);
    assert_eq!(world.screen(0), None);
    world.press(PanelAction::Play);
    assert!(world.until(5_000, |w| w.shows(0, "clip.mp4")).is_some());
}

#[test]
fn a_clip_that_does_not_play_gives_way() {
    let mut preset = presets::well_behaved();
    preset.quirks.mimes = Some(&["video/mp4"]);
    let files = [("/m/main/clip.mp4", 120_000), ("/m/extra/odd.flv", 8_000)];
    let scenario =
        Scenario::of(preset).files(&files).rule(|rule| rule.plays = vec!["/m/main".into()]);
    let scenario = scenario.clip_button(PanelAction::Next, "/m/extra", Again::Queue, Back::Resume);
    let mut world = playing(scenario);
    clip_pressed(&mut world);
    assert!(world.until(5_000, |w| !w.shows(0, "clip.mp4")).is_some());
    assert!(world.until(5_000, |w| w.shows(0, "clip.mp4")).is_some());
    world.pass(5_000);
    assert!(world.shows(0, "clip.mp4"));
}

#[test]
fn what_a_person_chose_is_over_after_its_time() {
    let scenario = Scenario::of(presets::well_behaved())
        .files(&FILES)
        .rule(|r| r.plays = vec!["/m/main".into()]);
    let scenario = scenario.choice_button("/m/evening", Some(Duration::from_secs(100)));
    let mut world = playing(scenario);
    world.press(PanelAction::Play);
    assert!(world.until(5_000, |w| w.shows(0, "sea.mp4")).is_some());
    world.pass(80_000);
    assert!(world.shows(0, "sea.mp4"), "it repeats");
    assert!(world.until(30_000, |w| w.shows(0, "clip.mp4")).is_some(), "and ends");
    world.pass(150_000);
    assert!(world.shows(0, "clip.mp4"));
}

#[test]
fn a_person_goes_on_and_back_in_a_film() {
    let mut scenario = Scenario::of(presets::well_behaved()).files(&[("/m/clip.mp4", 600_000)]);
    for (action, seeks) in
        [(PanelAction::Next, PanelAction::SeekForward), (PanelAction::Prev, PanelAction::SeekBack)]
    {
        let button = scenario.config.buttons.iter_mut().find(|b| b.does(action));
        button.expect("on the panel").press = Some(seeks);
    }
    let mut world = playing(scenario);
    for _ in 0..3 {
        world.press(PanelAction::Next);
        world.pass(300);
    }
    world.pass(3_000);
    let (_, at) = world.screen(0).expect("it plays");
    assert!(at.abs_diff(ms(36_000)) < ms(2_000), "{at:?}");
    world.press(PanelAction::Prev);
    world.pass(3_000);
    let (_, at) = world.screen(0).expect("it plays");
    assert!(at.abs_diff(ms(29_000)) < ms(2_000), "{at:?}");
}

#[test]
fn a_shuffled_programme_plays_everything_once_a_round() {
    let files =
        [("/m/clip.mp4", 5_000), ("/m/b.mp4", 5_000), ("/m/c.mp4", 5_000), ("/m/d.mp4", 5_000)];
    let scenario = Scenario::of(presets::well_behaved()).files(&files);
    let mut world = scenario.rule(|rule| rule.order = Order::Shuffled).autoplay().start();
    world.pass(120_000);
    let shown: Vec<&str> =
        world.nodes[0].rounds.iter().filter_map(|round| round.uri.rsplit('/').next()).collect();
    assert!(shown.len() >= 16, "{shown:?}");
    for round in shown.chunks_exact(4) {
        let mut round = round.to_vec();
        round.sort_unstable();
        assert_eq!(round, ["b.mp4", "c.mp4", "clip.mp4", "d.mp4"], "{shown:?}");
    }
}
