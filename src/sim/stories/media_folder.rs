//! The media folder: files that come, go and change, and what is said of them before the start.

use super::*;
use crate::config::Selector;
use crate::kiosk::effect::Effects;
use crate::kiosk::event::Event;
use crate::kiosk::preflight::Surroundings;
use crate::media::catalogue::Scan;
use crate::sim::quirks::FileFlaw;
use crate::text::clip;
use core::net::Ipv4Addr;
use std::path::Path;

/// Plays the clip of ten seconds for two seconds; and a second file, if there is one.
fn two(preset: Preset) -> World {
    playing(Scenario::of(preset).files(&[("/m/clip.mp4", 10_000), ("/m/other.mp4", 10_000)]))
}

fn said(world: &World, words: &str) -> bool {
    world.kiosk.trace().since(0).any(|entry| entry.to_string().contains(words))
}

/// All presets but one that takes 10 s for each answer and one that refuses to play.
fn able() -> impl Iterator<Item = Preset> {
    presets::all().into_iter().filter(|preset| !["anycast", "leica"].contains(&preset.name))
}

#[test]
fn a_new_file_is_known_a_second_after_it_has_come() {
    let mut world = playing(Scenario::of(presets::well_behaved()));
    world.put("/m/new.mp4", 10_000);
    let files = |w: &World| {
        let status = w.kiosk.status(w.now);
        serde_json::to_value(status).expect("plain values")["media"]["files"].as_u64()
    };
    let took = world.until(5_000, |w| files(w) == Some(2));
    assert!(took.is_some_and(|took| (1_000..1_100).contains(&took)), "{took:?}");
    assert!(world.until(15_000, |w| w.shows(0, "new.mp4")).is_some(), "and played in its turn");
}

#[test]
fn what_is_replaced_plays_to_its_end_and_the_new_one_follows() {
    for preset in able() {
        let name = preset.name;
        let mut world = Scenario::of(preset).autoplay().start();
        assert!(world.until(60_000, |w| w.shows(0, "clip.mp4")).is_some(), "{name}");
        world.pass(2_000);
        let rounds = world.nodes[0].rounds.len();
        world.put("/m/clip.mp4", 7_000);
        world.pass(60_000);
        let played = &world.nodes[0].rounds[rounds..];
        let lengths: Vec<_> = played.iter().map(|round| round.played.as_secs()).collect();
        assert!(
            lengths.iter().filter(|l| (6..=7).contains(*l)).count() >= 2,
            "{name}: {lengths:?}"
        );
        assert!(said(&world, "clip.mp4 was replaced"), "{name}");
    }
}

#[test]
fn a_loop_by_seek_starts_again_with_the_new_file() {
    let scenario = Scenario::of(presets::well_behaved()).rule(|rule| rule.max_cut = ms(300));
    let mut world = playing(scenario);
    world.pass(30_000);
    let loads = world.nodes[0].called("SetAVTransportURI").len();
    assert!(!world.nodes[0].called("Seek").is_empty());
    world.put("/m/clip.mp4", 8_000);
    world.pass(12_000);
    assert_eq!(world.nodes[0].called("SetAVTransportURI").len(), loads + 1);
    let seeks = world.nodes[0].called("Seek").len();
    world.pass(30_000);
    assert!(world.nodes[0].called("Seek").len() > seeks, "and goes on by seek");
}

#[test]
fn what_asks_again_for_the_rest_of_a_replaced_file_gets_the_new_one() {
    let mut reloaded = 0;
    for preset in able() {
        let name = preset.name;
        let files = [("/m/clip.mp4", 3_600_000)];
        let mut world = Scenario::of(preset).files(&files).autoplay().start();
        assert!(world.until(60_000, |w| w.shows(0, "clip.mp4")).is_some(), "{name}");
        world.pass(2_000);
        world.put("/m/clip.mp4", 1_800_000);
        // The connection breaks: it must ask again, and cannot have what it asks for.
        world.cut_streams();
        world.pass(60_000);
        let shown = world.until(30_000, |w| w.shows(0, "clip.mp4"));
        assert!(shown.is_some(), "{name}: it stalls");
        let status = world.kiosk.status(world.now);
        let status = serde_json::to_value(status).expect("plain values");
        // The other renderers had the whole file, and play it to its end.
        reloaded += usize::from(status["renderers"][0]["duration_s"] == 1_800.0);
    }
    assert!(reloaded >= 10, "{reloaded}");
}

#[test]
fn what_is_removed_plays_to_its_end_and_another_follows() {
    for preset in able() {
        let name = preset.name;
        let mut world = two(preset);
        world.remove("/m/clip.mp4");
        let took = world.until(40_000, |w| w.shows(0, "other.mp4"));
        assert!(took.is_some(), "{name}: it stalls");
        assert!(said(&world, "clip.mp4 was removed"), "{name}");
        world.pass(20_000);
        assert!(world.until(15_000, |w| w.shows(0, "other.mp4")).is_some(), "{name}");
    }
}

#[test]
fn the_last_file_removed_leaves_nothing_and_is_said() {
    let mut world = playing(Scenario::of(presets::well_behaved()));
    world.remove("/m/clip.mp4");
    world.pass(20_000);
    assert_eq!(world.screen(0), None);
    assert!(said(&world, "there is nothing to play"));
    world.put("/m/clip.mp4", 5_000);
    let took = world.until(5_000, |w| w.shows(0, "clip.mp4"));
    assert!(took.is_some_and(|took| took < 2_500), "{took:?}");
}

#[test]
fn a_stick_pulled_in_mid_play_and_put_back_is_played_again() {
    for preset in able() {
        let name = preset.name;
        let files = [("/m/clip.mp4", 600_000)];
        let mut world = Scenario::of(preset).files(&files).autoplay().start();
        assert!(world.until(60_000, |w| w.shows(0, "clip.mp4")).is_some(), "{name}");
        world.disk(false);
        world.tell(crate::kiosk::event::Event::FolderChanged);
        world.pass(60_000);
        world.disk(true);
        world.tell(crate::kiosk::event::Event::FolderChanged);
        let took = world.until(150_000, |w| w.shows(0, "clip.mp4"));
        assert!(took.is_some(), "{name}");
    }
}

const FILES: [(&str, u64); 3] =
    [("/m/bad.mp4", 10_000), ("/m/film.mkv", 10_000), ("/m/song.mp3", 10_000)];

fn lines(world: &World, subnet: [u8; 4]) -> Vec<String> {
    let unreadable =
        |path: &Path| path.ends_with("bad.mp4").then(|| "permission denied".to_owned());
    let subnets = [(Ipv4Addr::from(subnet), Ipv4Addr::new(255, 255, 255, 0))];
    let surroundings = Surroundings { subnets: &subnets, unreadable: &unreadable };
    world.kiosk.preflight(surroundings, world.now).iter().map(ToString::to_string).collect()
}

#[test]
fn each_file_has_its_outlook_on_each_renderer_within_five_seconds_and_nothing_is_played() {
    let deaf = but(|q| q.sink = Some(&["audio/mpeg", "video/mp4"]));
    let mut world = Scenario::many(vec![deaf, presets::well_behaved()]).files(&FILES).start();
    world.run(5_000);
    let first = "TV 1: film.mkv: unlikely, because it does not list video/x-matroska as playable";
    let bad = "bad.mp4: cannot play, because the box cannot read it: permission denied";
    let expected = [
        format!("TV 1: {bad}"),
        first.to_owned(),
        "TV 1: song.mp3: will play".to_owned(),
        format!("TV 2: {bad}"),
        "TV 2: film.mkv: will play".to_owned(),
        "TV 2: song.mp3: will play".to_owned(),
    ];
    let mut said = lines(&world, [10, 0, 0, 1]);
    said.sort();
    assert_eq!(said, expected);
    for node in &world.nodes {
        assert!(node.called("SetAVTransportURI").is_empty() && node.called("Stop").is_empty());
    }
}

#[test]
fn what_was_seen_to_play_is_not_called_unlikely_whatever_the_renderer_lists() {
    let modest = but(|q| q.sink = Some(&["audio/mpeg"]));
    let mut world = Scenario::of(modest).files(&[("/m/film.mkv", 10_000)]).autoplay().start();
    world.run(25_000);
    assert_eq!(lines(&world, [10, 0, 0, 1]), ["TV 1: film.mkv: will play"]);
}

#[test]
fn a_file_that_did_not_play_is_named_to_whoever_checks() {
    let flawed = but(|q| q.flaws = &[("odd", FileFlaw::Refused(714))]);
    let files = [("/m/a.mp4", 30_000), ("/m/odd.mp4", 30_000)];
    let mut world = Scenario::of(flawed).files(&files).autoplay().start();
    world.run(120_000);
    let _ = world.restart_box();
    world.pass(5_000);
    let expected = [
        "TV 1: a.mp4: will play",
        "TV 1: odd.mp4: unlikely, because the renderer refuses it; convert the file to H.264 with AAC in .mp4",
    ];
    assert_eq!(lines(&world, [10, 0, 0, 1]), expected);
}

#[test]
fn a_file_that_nobody_plays_is_named_with_what_to_do() {
    let mut world = Scenario::of(presets::well_behaved()).files(&FILES[2..]).start();
    world.run(1_000);
    let heic = "is a HEIC picture, which TVs do not show: convert it to JPEG (.jpg)".to_owned();
    let scan = Scan { bad: vec![("/m/IMG_1.jpg".into(), heic.clone())], ..Scan::default() };
    world.kiosk.step(Event::Scanned(Box::new(scan)), world.now, &mut Effects::default());
    let said = lines(&world, [10, 0, 0, 1]);
    assert_eq!(said, [format!("[[renderer]]: /m/IMG_1.jpg: cannot play, because it {heic}")]);
}

#[test]
fn another_network_absent_renderers_and_missing_files_are_named() {
    let mut scenario =
        Scenario::many(vec![presets::well_behaved(), presets::rygel()]).files(&FILES[2..]);
    let mut first = scenario.config.rules[0].clone();
    first.who = Selector::Name(clip("tv 1"));
    let mut second = first.clone();
    (second.who, second.plays) = (Selector::Name(clip("Bar")), vec!["/nothing".into()]);
    scenario.config.rules = vec![first, second];
    let mut world = scenario.start();
    world.run(5_000);
    let mut said = lines(&world, [192, 168, 1, 5]);
    said.sort();
    assert_eq!(
        said,
        [
            "TV 1: song.mp3: unlikely, because the renderer's address 10.0.0.11 is in none of the box's networks, so it might not reach the box",
            "TV 2: left alone: no [[renderer]] table matches it",
            "[[renderer]] name = \"Bar\": cannot play, because no such renderer answers",
            "[[renderer]] name = \"Bar\": cannot play, because there is nothing for it to play",
        ]
    );
}
