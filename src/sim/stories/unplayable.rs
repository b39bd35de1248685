//! Files that a renderer cannot play, among files that it plays.

use super::*;
use crate::config::{AfterClip, RepeatPress};
use crate::sim::quirks::FileFlaw;
use crate::sim::world::Damage;

const SPEAKER: &[&str] = &["audio/mpeg", "audio/mp4"];

/// A speaker that lists songs only. It refuses pictures, or takes them and shows nothing.
fn speaker(refuses: bool) -> Preset {
    but(|q| {
        q.sink = Some(SPEAKER);
        q.mimes = refuses.then_some(SPEAKER);
        q.flaws = if refuses { &[] } else { &[("cover", FileFlaw::NotShown)] };
        q.failure = FetchFailure::SilentStop;
    })
}

/// A renderer that fails with the file `bad`, or with several.
fn flawed(flaws: &'static [(&'static str, FileFlaw)]) -> Preset {
    but(|q| {
        q.flaws = flaws;
        q.failure = FetchFailure::SilentStop;
    })
}

const ALBUM: &[(&str, u64)] =
    &[("/m/01.mp3", 20_000), ("/m/02.mp3", 20_000), ("/m/AlbumArt.jpg", 0), ("/m/cover.jpg", 0)];
const FILMS: &[(&str, u64)] = &[("/m/a.mp4", 30_000), ("/m/bad.mp4", 30_000), ("/m/c.mp4", 30_000)];

fn longest_gap(world: &World) -> Duration {
    world.nodes[0].gaps().into_iter().max().unwrap_or(Duration::MAX)
}

/// How many times the renderer was given a file with this name.
fn given(world: &World, node: usize, name: &str) -> usize {
    let calls = world.nodes[node].called("SetAVTransportURI");
    calls.iter().filter(|call| call.about.contains(name)).count()
}

fn logged(world: &World, words: &str) -> usize {
    world.trace(usize::MAX).iter().filter(|line| line.contains(words)).count()
}

fn left_out(world: &World, node: usize) -> Vec<String> {
    let rows = world.status()["renderers"][node]["left_out"].clone();
    let rows = rows.as_array().expect("a list").clone();
    rows.iter().map(|row| format!("{}: {}", row["what"], row["word"]).replace('"', "")).collect()
}

#[test]
fn the_covers_of_an_album_are_never_given_to_a_speaker_that_lists_no_pictures() {
    for refuses in [true, false] {
        let mut world = Scenario::of(speaker(refuses)).files(ALBUM).autoplay().start();
        world.run(600_000);
        assert_eq!(given(&world, 0, ".jpg"), 0);
        assert!(longest_gap(&world) < ms(1_500), "{:?}", world.nodes[0].gaps());
        assert!(world.nodes[0].rounds.len() >= 28);
        assert_eq!(left_out(&world, 0), ["2 pictures: not_listed"]);
        assert_eq!(logged(&world, "gets no pictures"), 1, "{:?}", world.trace(9));
        assert!(world.why(0).0.is_none());
    }
}

#[test]
fn a_picture_that_comes_first_is_skipped_from_the_first_moment() {
    let files = [("/m/0.jpg", 0), ("/m/1.mp3", 20_000)];
    let mut world = Scenario::of(speaker(true)).files(&files).autoplay().start();
    let took = world.until(20_000, |w| w.shows(0, "1.mp3"));
    assert!(took.is_some_and(|took| took < 5_000), "{took:?}");
    world.pass(120_000);
    assert_eq!(given(&world, 0, ".jpg"), 0);
}

#[test]
fn a_list_is_no_veto_if_nothing_else_remains_or_if_it_says_nothing() {
    // Only pictures, on a screen that lists films: lists are incomplete.
    let films: &[&str] = &["video/mp4"];
    let screen = but(|q| q.sink = Some(films));
    let mut world = Scenario::of(screen.clone()).files(&[("/m/a.jpg", 0)]).autoplay().start();
    assert!(world.until(20_000, |w| w.shows(0, "a.jpg")).is_some());
    // It was seen to show one, which outranks the list.
    world.put("/m/b.mp4", 20_000);
    world.pass(60_000);
    assert!(given(&world, 0, "a.jpg") >= 2 && given(&world, 0, "b.mp4") >= 1);
    for list in [&[][..], &["*"]] {
        let screen = but(|q| q.sink = Some(list));
        let mut world = Scenario::of(screen).files(ALBUM).autoplay().start();
        world.run(120_000);
        assert!(given(&world, 0, "cover.jpg") >= 1, "{list:?}");
    }
}

#[test]
fn a_file_that_fails_costs_a_few_seconds_once_and_then_nothing() {
    for flaw in [FileFlaw::Refused(714), FileFlaw::Refused(501), FileFlaw::NotShown] {
        let flaws: &'static [_] = match flaw {
            FileFlaw::Refused(714) => &[("bad", FileFlaw::Refused(714))],
            FileFlaw::Refused(_) => &[("bad", FileFlaw::Refused(501))],
            _ => &[("bad", FileFlaw::NotShown)],
        };
        let mut world = Scenario::of(flawed(flaws)).files(FILMS).autoplay().start();
        world.run(80_000);
        // A refusal without a reason is tried three times.
        assert!(longest_gap(&world) < ms(10_000), "{flaw:?}: {:?}", world.nodes[0].gaps());
        assert_eq!(left_out(&world, 0).len(), 1);
        assert_eq!(logged(&world, "leaving out bad.mp4 for 10 minutes"), 1);
        let (rounds, sets) = (world.nodes[0].rounds.len(), given(&world, 0, "bad.mp4"));
        world.pass(480_000);
        assert_eq!(given(&world, 0, "bad.mp4"), sets, "{flaw:?}: not in each round");
        let gaps = world.nodes[0].gaps();
        let longest = gaps[rounds..].iter().max().copied();
        assert!(longest < Some(ms(1_500)), "{flaw:?}: {longest:?}");
        assert!(world.why(0).0.is_none(), "it plays the others");
    }
}

#[test]
fn a_file_that_is_never_fetched_is_no_sign_of_a_firewall() {
    let flaws = &[("bad", FileFlaw::NeverFetched)];
    let mut world = Scenario::of(flawed(flaws)).files(FILMS).autoplay().start();
    world.run(120_000);
    assert_eq!(left_out(&world, 0), ["bad.mp4: never_fetched"]);
    assert!(world.until(40_000, |w| w.shows(0, "c.mp4")).is_some());
    assert_eq!(logged(&world, "cannot reach the box"), 0);
}

#[test]
fn a_firewall_that_comes_up_is_not_charged_to_the_files() {
    let mut world = Scenario::of(flawed(&[])).files(FILMS).autoplay().start();
    world.run(40_000);
    world.firewall = true;
    world.pass(600_000);
    assert_eq!(world.why(0).0.map(|(word, _)| word).as_deref(), Some("cannot_reach_box"));
    world.firewall = false;
    assert!(world.until(150_000, |w| w.screen(0).is_some()).is_some());
    world.pass(180_000);
    assert_eq!(left_out(&world, 0), [""; 0], "all of them play again");
}

#[test]
fn it_is_tried_again_ever_more_rarely_and_once_each_time() {
    let flaws = &[("bad", FileFlaw::Refused(704))];
    let mut world = Scenario::of(flawed(flaws)).files(FILMS).autoplay().start();
    world.run(60_000);
    world.pass(24 * 3_600_000);
    let failures: u64 = {
        let rows = world.statistics()["rows"].clone();
        let bad = |row: &&serde_json::Value| row["file"] == "/m/bad.mp4";
        let row = rows.as_array().expect("rows").iter().find(bad).expect("a row").clone();
        row["failures"].as_object().expect("counts").values().filter_map(|n| n.as_u64()).sum()
    };
    assert!((7..=10).contains(&failures), "{failures} failures in a day of 1,440 rounds");
}

#[test]
fn a_file_that_was_replaced_is_tried_at_once() {
    let flaws = &[("bad", FileFlaw::NotShown)];
    let mut world = Scenario::of(flawed(flaws)).files(FILMS).autoplay().start();
    world.run(80_000);
    let sets = given(&world, 0, "bad.mp4");
    world.put("/m/bad.mp4", 31_000);
    world.pass(120_000);
    assert!(given(&world, 0, "bad.mp4") > sets);
}

#[test]
fn a_press_of_next_onto_it_tries_it_once_more() {
    let flaws = &[("bad", FileFlaw::Refused(714))];
    let mut world = Scenario::of(flawed(flaws)).files(FILMS).autoplay().start();
    assert!(world.until(90_000, |w| w.shows(0, "c.mp4")).is_some());
    assert!(world.until(90_000, |w| w.shows(0, "a.mp4")).is_some());
    let sets = given(&world, 0, "bad.mp4");
    world.press(PanelAction::Next);
    let took = world.until(10_000, |w| w.shows(0, "c.mp4"));
    assert!(took.is_some_and(|took| took < 3_000), "{took:?}");
    assert!(given(&world, 0, "bad.mp4") > sets);
}

#[test]
fn next_does_not_land_on_a_picture_that_a_speaker_cannot_show() {
    let mut world = Scenario::of(speaker(true)).files(ALBUM).autoplay().start();
    assert!(world.until(60_000, |w| w.shows(0, "02.mp3")).is_some());
    world.pass(3_000);
    for song in ["01.mp3", "02.mp3", "01.mp3"] {
        world.press(PanelAction::Next);
        assert!(world.until(3_000, |w| w.shows(0, song)).is_some(), "{song}");
        world.pass(3_000);
    }
    world.press(PanelAction::Prev);
    assert!(world.until(3_000, |w| w.shows(0, "02.mp3")).is_some());
    assert_eq!(given(&world, 0, ".jpg"), 0);
}

#[test]
fn the_first_of_several_files_may_be_broken_and_the_others_play_soon() {
    let flaws =
        &[("1", FileFlaw::Refused(714)), ("2", FileFlaw::NotShown), ("3", FileFlaw::NotShown)];
    let files =
        [("/m/1.mp4", 9_000), ("/m/2.mp4", 9_000), ("/m/3.mp4", 9_000), ("/m/4.mp4", 9_000)];
    let mut world = Scenario::of(flawed(flaws)).files(&files).autoplay().start();
    let took = world.until(60_000, |w| w.shows(0, "4.mp4"));
    assert!(took.is_some_and(|took| took < 20_000), "{took:?}");
    world.pass(300_000);
    let gaps = world.nodes[0].gaps();
    assert!(gaps.iter().all(|gap| *gap < ms(1_500)), "{gaps:?}");
}

#[test]
fn a_programme_that_does_not_repeat_ends_behind_a_broken_last_file() {
    let flaws = &[("c", FileFlaw::Refused(714))];
    let scenario = Scenario::of(flawed(flaws)).files(FILMS).rule(|rule| rule.repeat = false);
    let mut world = scenario.autoplay().start();
    world.run(90_000);
    assert_eq!(world.why(0).0.map(|(word, _)| word).as_deref(), Some("finished"));
    world.pass(120_000);
    assert_eq!(given(&world, 0, "a.mp4"), 1);
}

#[test]
fn a_renderer_on_which_nothing_plays_is_asked_ever_more_rarely_and_all_is_forgiven_when_one_does() {
    let flaws =
        &[("a", FileFlaw::NotShown), ("bad", FileFlaw::NotShown), ("c", FileFlaw::NotShown)];
    let mut world = Scenario::of(flawed(flaws)).files(FILMS).autoplay().start();
    world.run(3_600_000);
    let sets = world.nodes[0].called("SetAVTransportURI").len();
    assert!((20..=90).contains(&sets), "{sets} in an hour");
    assert_eq!(world.why(0).0.map(|(word, _)| word).as_deref(), Some("does_not_play"));
    assert!(["a.mp4", "bad.mp4", "c.mp4"].iter().all(|name| given(&world, 0, name) >= 5));
    world.nodes[0].renderer.change(|q| q.flaws = &[]);
    assert!(world.until(150_000, |w| w.screen(0).is_some()).is_some());
    world.pass(120_000);
    assert_eq!(left_out(&world, 0), [""; 0]);
}

#[test]
fn a_thousand_pictures_are_not_tried_one_by_one() {
    // It lists everything and shows no picture.
    let refuses = but(|q| {
        q.mimes = Some(SPEAKER);
        q.sink = Some(&[]);
    });
    let mut files: Vec<(&'static str, u64)> = vec![("/m/0.mp3", 20_000), ("/m/x.mp3", 20_000)];
    let names: Vec<&'static str> =
        (1..1000).map(|n| &*Box::leak(format!("/m/{n}.jpg").into_boxed_str())).collect();
    files.extend(names.iter().map(|name| (*name, 0)));
    let mut world = Scenario::of(refuses).files(&files).autoplay().start();
    world.run(300_000);
    assert!(world.nodes[0].rounds.len() >= 12, "{:?}", world.nodes[0].gaps());
    let late = &world.nodes[0].gaps()[1..];
    assert!(late.iter().all(|gap| *gap < ms(1_500)), "{late:?}");
    let rows = left_out(&world, 0);
    assert!(rows.last().is_some_and(|row| row.starts_with("991 more .jpg files")), "{rows:?}");
}

#[test]
fn a_clip_that_one_of_two_cannot_play_is_dropped_there_and_plays_on_the_other() {
    for first in [speaker(true), flawed(&[("bell", FileFlaw::NotShown)])] {
        let mut world = Scenario::many(vec![first, presets::well_behaved()])
            .files(&[("/m/clip.mp3", 600_000), ("/c/bell.jpg", 0)])
            .clip_button(PanelAction::Play, "/c/bell.jpg", RepeatPress::Restart, AfterClip::Resume)
            .autoplay()
            .start();
        world.run(20_000);
        world.press(PanelAction::Play);
        world.pass(3_000);
        assert!(world.shows(1, "bell.jpg"));
        world.pass(9_000);
        assert!(world.shows(0, "clip.mp3") && world.shows(1, "clip.mp3"));
    }
}

/// The renderer hangs, and somebody unplugs it for a moment, twice.
fn hangs_twice(world: &mut World) {
    for _ in 0..2 {
        assert!(world.until(200_000, |w| w.nodes[0].renderer.hung).is_some());
        world.pass(60_000);
        world.remote(0, Remote::PullPlug);
        world.pass(5_000);
        world.remote(0, Remote::PowerOn);
    }
}

#[test]
fn a_file_that_hangs_the_renderer_is_not_given_again_and_again() {
    let flaws = &[("bad", FileFlaw::Hangs)];
    let mut world = Scenario::of(flawed(flaws)).files(FILMS).autoplay().start();
    hangs_twice(&mut world);
    // Switched off and on twice, its owner has found the culprit in the log, and it is not given again.
    assert!(world.until(20_000, |w| w.shows(0, "c.mp4")).is_some());
    assert_eq!(left_out(&world, 0), ["bad.mp4: breaks"]);
    let sets = given(&world, 0, "bad.mp4");
    world.pass(400_000);
    assert_eq!(given(&world, 0, "bad.mp4"), sets);
    assert!(!world.nodes[0].renderer.hung);
}

#[test]
fn the_only_file_waits_if_it_hangs_the_renderer_until_a_person_presses_play() {
    let flaws = &[("bad", FileFlaw::Hangs)];
    let mut world = Scenario::of(flawed(flaws)).files(&FILMS[1..2]).autoplay().start();
    hangs_twice(&mut world);
    world.pass(300_000);
    assert!(!world.nodes[0].renderer.hung);
    assert_eq!(world.why(0).0.map(|(word, _)| word).as_deref(), Some("breaks"));
    world.nodes[0].renderer.change(|q| q.flaws = &[]);
    world.press(PanelAction::Play);
    assert!(world.until(5_000, |w| w.shows(0, "bad.mp4")).is_some());
}

#[test]
fn a_power_cut_at_the_start_of_a_film_is_not_charged_to_the_film() {
    let mut world = Scenario::of(flawed(&[])).files(&FILMS[..1]).autoplay().start();
    for _ in 0..4 {
        assert!(world.until(60_000, |w| w.shows(0, "a.mp4")).is_some());
        world.pass(31_000);
        world.remote(0, Remote::PullPlug);
        world.pass(40_000);
        world.remote(0, Remote::PowerOn);
    }
    assert!(world.until(60_000, |w| w.shows(0, "a.mp4")).is_some());
    assert_eq!(left_out(&world, 0), [""; 0]);
}

#[test]
fn outages_are_not_charged_to_a_clip_that_has_played_whole() {
    let mut world = Scenario::of(flawed(&[])).files(&[("/m/a.mp4", 3_000)]).autoplay().start();
    world.run(20_000);
    for _ in 0..4 {
        world.cut(0, true);
        world.pass(6_000);
        world.cut(0, false);
        assert!(world.until(60_000, |w| w.shows(0, "a.mp4")).is_some(), "{:?}", world.why(0));
        world.pass(500);
    }
    assert_eq!(left_out(&world, 0), [""; 0]);
}

#[test]
fn what_did_not_play_is_still_known_after_a_restart_of_the_box() {
    let flaws = &[("bad", FileFlaw::Refused(714))];
    let mut world = Scenario::of(flawed(flaws)).files(FILMS).autoplay().start();
    // What was learned is written every five minutes at most.
    world.run(330_000);
    assert_eq!(left_out(&world, 0), ["bad.mp4: refuses_file"]);
    drop(world.restart_box());
    let sets = given(&world, 0, "bad.mp4");
    world.pass(180_000);
    assert_eq!(left_out(&world, 0), ["bad.mp4: refuses_file"]);
    assert_eq!(given(&world, 0, "bad.mp4"), sets);
    world.pass(600_000);
    assert!(given(&world, 0, "bad.mp4") > sets, "its time has come");
}

#[test]
fn a_renderer_that_restarted_gets_another_chance_with_each_file() {
    let flaws = &[("bad", FileFlaw::NotShown)];
    let mut world = Scenario::of(flawed(flaws)).files(FILMS).autoplay().start();
    world.run(120_000);
    assert_eq!(left_out(&world, 0).len(), 1);
    world.remote(0, Remote::PullPlug);
    world.pass(30_000);
    world.nodes[0].renderer.change(|q| q.flaws = &[]);
    world.remote(0, Remote::PowerOn);
    assert!(world.until(120_000, |w| w.shows(0, "bad.mp4")).is_some());
}

#[test]
fn in_a_group_nobody_waits_for_the_member_that_cannot_play_a_file() {
    let presets = vec![presets::well_behaved(), flawed(&[("bad", FileFlaw::Refused(714))])];
    let mut world = Scenario::many(presets).grouped(ms(10_000)).files(FILMS).autoplay().start();
    world.run(400_000);
    let gaps = world.nodes[0].gaps();
    assert!(gaps.iter().all(|gap| *gap < ms(4_000)), "{gaps:?}");
    assert!(gaps[3..].iter().all(|gap| *gap < ms(2_000)), "{gaps:?}");
    assert!(world.until(100_000, |w| w.shows(0, "bad.mp4")).is_some());
    world.pass(3_000);
    assert_eq!(world.why(1).0.map(|(word, _)| word).as_deref(), Some("sits_out"));
    assert_eq!(world.groups()[0]["members"][1]["state"], "leaves out this file");
    for name in ["c.mp4", "a.mp4"] {
        assert!(world.until(60_000, |w| w.shows(0, name) && w.shows(1, name)).is_some(), "{name}");
    }
}

#[test]
fn a_group_goes_on_if_no_member_can_play_a_file() {
    let flaws = &[("bad", FileFlaw::NotShown)];
    let presets = vec![flawed(flaws), flawed(flaws)];
    let mut world = Scenario::many(presets).grouped(ms(10_000)).files(FILMS).autoplay().start();
    world.run(120_000);
    for name in ["a.mp4", "c.mp4", "a.mp4"] {
        let took = world.until(40_000, |w| w.shows(0, name) && w.shows(1, name));
        assert!(took.is_some(), "{name}");
    }
}

#[test]
fn a_wall_with_a_speaker_shows_pictures_without_it() {
    let presets = vec![presets::well_behaved(), speaker(true)];
    let mut world = Scenario::many(presets).grouped(ms(10_000)).files(ALBUM).autoplay().start();
    world.run(300_000);
    assert_eq!(given(&world, 1, ".jpg"), 0);
    assert!(given(&world, 0, "cover.jpg") >= 2);
    let rounds = world.nodes[1].rounds.len();
    assert!(rounds >= 6, "{rounds}");
}

/// It is tried as often as one that does not play, named, and tried again when it is another one.
#[test]
fn a_file_that_the_box_cannot_read_is_left_out_until_it_is_replaced() {
    for damage in [Damage::Unreadable, Damage::Hangs] {
        let mut world = Scenario::of(presets::well_behaved()).files(FILMS).autoplay().start();
        world.put_damaged("/m/bad.mp4", 30_000, damage);
        world.run(540_000);
        let times = given(&world, 0, "bad.mp4");
        assert!((1..=3).contains(&times), "{damage:?}: {times} times");
        assert_eq!(left_out(&world, 0), ["bad.mp4: unreadable"], "{damage:?}");
        assert_eq!(logged(&world, "the box cannot read it; remove the file or copy it"), 1);
        world.put("/m/bad.mp4", 31_000);
        let plays = world.until(120_000, |w| w.shows(0, "bad.mp4"));
        assert!(plays.is_some(), "{damage:?}: {:?}", world.trace(9));
        assert!(left_out(&world, 0).is_empty(), "{damage:?}");
    }
}

#[test]
fn a_stick_that_was_pulled_out_plays_at_once_when_it_is_back() {
    let mut world = Scenario::of(presets::well_behaved()).files(FILMS).autoplay().start();
    world.run(100_000);
    world.disk_fails(true);
    world.pass(60_000);
    world.disk_fails(false);
    world.plug_disk(false);
    world.pass(30_000);
    world.plug_disk(true);
    for file in ["a.mp4", "bad.mp4", "c.mp4"] {
        assert!(world.until(100_000, |w| w.shows(0, file)).is_some(), "{file}");
    }
}
