//! Clips over the main programme, what a person chooses, and how both end, also while the schedule changes.

use super::*;
use crate::config::{AfterClip, PlayOrder, RepeatPress};

const FILES: [(&str, u64); 4] = [
    ("/m/main/clip.mp4", 120_000),
    ("/m/extra/dragon.mp4", 8_000),
    ("/m/extra/tiger.mp4", 6_000),
    ("/m/evening/sea.mp4", 30_000),
];

/// The main programme plays; `Next` plays clips.
fn kiosk(preset: Preset, again: RepeatPress, back: AfterClip) -> World {
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
        let mut world = kiosk(preset.clone(), RepeatPress::Restart, AfterClip::Resume);
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
fn a_film_that_goes_on_near_its_end_may_end_soon() {
    for preset in [presets::well_behaved(), presets::gmrender(), presets::samsung_tizen()] {
        let mut world = kiosk(preset.clone(), RepeatPress::Restart, AfterClip::Resume);
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
    let mut world = kiosk(presets::well_behaved(), RepeatPress::Restart, AfterClip::Start);
    world.pass(40_000);
    clip_pressed(&mut world);
    world.pass(2_000);
    assert!(world.shows(0, "dragon.mp4"));
    assert!(world.until(20_000, |w| w.shows(0, "clip.mp4")).is_some());
    world.pass(2_000);
    assert!(world.screen(0).is_some_and(|(_, at)| at < ms(4_000)));
}

#[test]
fn a_renderer_that_cannot_seek_goes_on_from_the_start() {
    let mut world =
        kiosk(but(|q| q.seek_refused = Some(701)), RepeatPress::Restart, AfterClip::Resume);
    world.pass(40_000);
    clip_pressed(&mut world);
    world.pass(11_000);
    assert!(world.screen(0).is_some_and(|(name, at)| name == "clip.mp4" && at < ms(6_000)));
    world.pass(200_000);
    assert!(world.shows(0, "clip.mp4"), "and loops");
}

#[test]
fn another_press_restarts_is_ignored_or_waits() {
    let shown_after = |again: RepeatPress, millis: &[u64]| -> Vec<String> {
        let mut world = kiosk(presets::well_behaved(), again, AfterClip::Resume);
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
    // The second press plays the next clip of the folder.
    assert_eq!(shown_after(RepeatPress::Restart, &[1_000, 6_500]), ["tiger.mp4", "clip.mp4"]);
    assert_eq!(shown_after(RepeatPress::Ignore, &[1_000, 5_500]), ["dragon.mp4", "clip.mp4"]);
    assert_eq!(
        shown_after(RepeatPress::Queue, &[1_000, 5_500, 6_500]),
        ["dragon.mp4", "tiger.mp4", "clip.mp4"]
    );
}

#[test]
fn a_clip_over_silence_leaves_silence() {
    let scenario = Scenario::of(presets::well_behaved())
        .files(&FILES)
        .rule(|r| r.plays = vec!["/m/main".into()]);
    let scenario = scenario.clip_button(
        PanelAction::Next,
        "/m/extra",
        RepeatPress::Restart,
        AfterClip::Resume,
    );
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
    let mut world = kiosk(presets::well_behaved(), RepeatPress::Restart, AfterClip::Start);
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
    let scenario =
        scenario.clip_button(PanelAction::Next, "/m/extra", RepeatPress::Queue, AfterClip::Resume);
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
    let mut world = scenario.rule(|rule| rule.order = PlayOrder::Shuffled).autoplay().start();
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

#[test]
fn a_clip_whose_file_is_removed_while_it_plays_leaves_the_programme_where_it_was() {
    let files =
        [("/m/main/a.mp4", 600_000), ("/m/main/b.mp4", 600_000), ("/m/extra/dragon.mp4", 20_000)];
    let scenario = Scenario::of(presets::well_behaved())
        .files(&files)
        .rule(|rule| rule.plays = vec!["/m/main".into()])
        .clip_button(PanelAction::Next, "/m/extra", RepeatPress::Restart, AfterClip::Resume);
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

const OPENING_FILES: [(&str, u64); 3] =
    [("/m/usual.mp4", 600_000), ("/m/open.mp4", 400_000), ("/m/dragon.mp4", 30_000)];
const HOUR: u64 = 3_600_000;

/// It is one minute to nine in Berlin; `Next` plays the clip.
fn before_opening(schedule: &str, autoplay: bool) -> World {
    let scenario = Scenario::of(presets::well_behaved())
        .files(&OPENING_FILES)
        .rule(|r| (r.plays, r.autoplay) = (vec!["/m/usual.mp4".into()], autoplay))
        .schedule("CET-1CEST,M3.5.0,M10.5.0/3", schedule)
        .clip_button(PanelAction::Next, "/m/dragon.mp4", RepeatPress::Restart, AfterClip::Resume);
    let mut world = scenario.start();
    world.set_clock("2026-11-27T07:59:00Z", true);
    world
}

const OPEN: &str = "[[schedule]]\nfrom = \"09:00\"\nto = \"18:30\"\nplays = \"open.mp4\"\n";
const CLOSED: &str = "[[schedule]]\nfrom = \"18:30\"\nto = \"09:00\"\nthen = \"stop\"\n";

#[test]
fn a_clip_pressed_just_before_opening_does_not_keep_the_shop_dark_all_day() {
    for (schedule, autoplay, shows) in [(OPEN, false, "open.mp4"), (CLOSED, true, "usual.mp4")] {
        let mut world = before_opening(schedule, autoplay);
        world.run(50_000);
        assert_eq!(world.screen(0), None, "closed");
        world.press(PanelAction::Next);
        world.pass(5_000);
        assert!(world.shows(0, "dragon.mp4"));
        world.run(8 * HOUR);
        assert!(world.shows(0, shows), "{shows}: {:?} {:?}", world.screen(0), world.why(0));
    }
}

#[test]
fn a_clip_over_a_viewers_stop_does_not_outlive_the_boundary() {
    let mut world = before_opening(OPEN, true);
    world.run(10_000);
    world.remote(0, Remote::Stop);
    world.run(50_000);
    world.press(PanelAction::Next);
    world.pass(5_000);
    assert!(world.shows(0, "dragon.mp4"));
    world.run(8 * HOUR);
    assert!(world.shows(0, "open.mp4"), "{:?} {:?}", world.screen(0), world.why(0));
}

#[test]
fn a_card_shown_just_before_opening_does_no_harm_either() {
    let mut world = before_opening(OPEN, false);
    world.run(55_000);
    world.press(PanelAction::Identify);
    world.pass(2_000);
    assert!(world.shows(0, "identify.jpg"));
    world.run(8 * HOUR);
    assert!(world.shows(0, "open.mp4"), "{:?} {:?}", world.screen(0), world.why(0));
}

const CHOICE_FILES: [(&str, u64); 4] = [
    ("/m/usual.mp4", 600_000),
    ("/m/open.mp4", 400_000),
    ("/m/night.mp4", 500_000),
    ("/m/dragon.mp4", 30_000),
];
const MINUTE: u64 = 60_000;

/// `Play` chooses the night's film for this many seconds.
fn with_choice(schedule: &str, lasts: u64) -> Scenario {
    Scenario::of(presets::well_behaved())
        .files(&CHOICE_FILES)
        .rule(|r| r.plays = vec!["/m/usual.mp4".into()])
        .schedule("CET-1CEST,M3.5.0,M10.5.0/3", schedule)
        .choice_button("/m/night.mp4", Some(Duration::from_secs(lasts)))
}

#[test]
fn a_choice_over_closing_time_leaves_it_closed() {
    // autoplay = false: nothing plays outside the scheduled hours.
    let mut world = with_choice(OPEN, 7_200).start();
    world.set_clock("2026-11-27T16:30:00Z", true);
    world.run(10_000);
    assert!(world.shows(0, "open.mp4"));
    world.press(PanelAction::Play);
    world.pass(HOUR + 30 * MINUTE);
    assert!(world.shows(0, "night.mp4"), "closed since 18:30, but chosen");
    world.pass(10 * HOUR);
    assert_eq!(world.screen(0), None, "the choice was over at 19:30");
}

#[test]
fn a_choice_that_was_stopped_keeps_no_window_dark() {
    for viewer in [false, true] {
        let mut world = with_choice(OPEN, 7_200).autoplay().start();
        world.set_clock("2026-11-27T07:30:00Z", true);
        world.run(10_000);
        world.press(PanelAction::Play);
        world.pass(MINUTE);
        assert!(world.shows(0, "night.mp4"));
        match viewer {
            true => world.remote(0, Remote::Stop),
            false => world.press(PanelAction::Stop),
        }
        world.pass(10 * MINUTE);
        assert_eq!(world.screen(0), None);
        // The window began at nine; the choice ended at half past ten.
        world.run(8 * HOUR);
        assert!(world.shows(0, "open.mp4"), "viewer {viewer}: {:?}", world.why(0));
    }
}

#[test]
fn a_choice_that_ends_during_a_clip_in_closed_hours_leaves_it_closed() {
    let closed = "[[schedule]]\nfrom = \"18:30\"\nto = \"09:00\"\nthen = \"stop\"\n";
    let scenario = with_choice(closed, 600).autoplay().clip_button(
        PanelAction::Next,
        "/m/dragon.mp4",
        RepeatPress::Restart,
        AfterClip::Resume,
    );
    let mut world = scenario.start();
    world.set_clock("2026-11-27T19:00:00Z", true);
    world.run(10_000);
    assert_eq!(world.screen(0), None, "closed");
    world.press(PanelAction::Play);
    world.pass(590_000);
    assert!(world.shows(0, "night.mp4"));
    world.press(PanelAction::Next);
    world.pass(5_000);
    assert!(world.shows(0, "dragon.mp4"));
    world.pass(HOUR);
    assert_eq!(world.screen(0), None, "closed again");
}

#[test]
fn the_volume_of_a_window_holds_after_a_choice_that_lasted_into_it() {
    let quiet = format!("{OPEN}volume = 12\n");
    let scenario = with_choice(&quiet, 600).autoplay().rule(|rule| rule.volume = Some(40));
    let mut world = scenario.start();
    world.set_clock("2026-11-27T07:55:00Z", true);
    world.run(10_000);
    world.press(PanelAction::Play);
    world.pass(20 * MINUTE);
    assert!(world.shows(0, "open.mp4"));
    assert_eq!(world.status()["renderers"][0]["volume"], 12);
}
