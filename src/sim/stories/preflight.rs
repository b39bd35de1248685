//! What is said of each file and renderer before anything is played.

use super::*;
use crate::config::Who;
use crate::kiosk::preflight::Surroundings;
use crate::text::clip;
use core::net::Ipv4Addr;
use std::path::Path;

const FILES: [(&str, u64); 3] =
    [("/m/bad.mp4", 10_000), ("/m/film.mkv", 10_000), ("/m/song.mp3", 10_000)];

fn lines(world: &World, subnet: [u8; 4]) -> Vec<String> {
    let unreadable =
        |path: &Path| path.ends_with("bad.mp4").then(|| "permission denied".to_owned());
    let subnets = [(Ipv4Addr::from(subnet), Ipv4Addr::new(255, 255, 255, 0))];
    let surroundings = Surroundings { subnets: &subnets, unreadable: &unreadable };
    world.kiosk.preflight(surroundings).iter().map(ToString::to_string).collect()
}

#[test]
fn each_file_has_its_outlook_on_each_renderer_within_five_seconds_and_nothing_is_played() {
    let deaf = but(|q| q.sink = Some(&["audio/mpeg", "video/mp4"]));
    let mut world = Scenario::many(vec![deaf, presets::well_behaved()]).files(&FILES).start();
    world.run(5_000);
    let first =
        "TV 1: film.mkv: unlikely, because it does not list video/x-matroska among what it plays";
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
fn another_network_absent_renderers_and_missing_files_are_named() {
    let mut scenario =
        Scenario::many(vec![presets::well_behaved(), presets::rygel()]).files(&FILES[2..]);
    let mut first = scenario.config.rules[0].clone();
    first.who = Who::Name(clip("tv 1"));
    let mut second = first.clone();
    (second.who, second.plays) = (Who::Name(clip("Bar")), vec!["/nothing".into()]);
    scenario.config.rules = vec![first, second];
    let mut world = scenario.start();
    world.run(5_000);
    let mut said = lines(&world, [192, 168, 1, 5]);
    said.sort();
    assert_eq!(
        said,
        [
            "TV 1: song.mp3: unlikely, because its address 10.0.0.11 is in no network of the box: it may not reach the box",
            "TV 2: left alone: no [[renderer]] is for it",
            "[[renderer]] name = \"Bar\": cannot play, because no such renderer answers",
            "[[renderer]] name = \"Bar\": cannot play, because there is no file in what it plays",
        ]
    );
}
