//! Known to fail: two renderers on one computer, told apart by their ports.

use super::*;
use crate::config::{FileState, Who};
use core::net::Ipv4Addr;
use std::path::Path;

const HOST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 11);

#[test]
#[ignore = "a table with address and port is also used for another port of that address"]
fn the_table_for_one_port_is_not_for_another() {
    let text = "media = \"/m\"\n\
        [[renderer]]\naddress = \"10.0.0.11:49494\"\nplays = \"kitchen.mp4\"\n\
        [[renderer]]\naddress = \"10.0.0.11:49152\"\nplays = \"bath.mp4\"\n";
    let there = |path: &Path| match path.extension() {
        Some(_) => FileState::File,
        None => FileState::Folder,
    };
    let loaded = crate::config::parse(text, &there);
    assert_eq!(loaded.problems, [], "the box has nothing against it");
    let files = [("/m/kitchen.mp4", 60_000), ("/m/bath.mp4", 60_000)];
    let mut scenario = Scenario::of(presets::well_behaved()).files(&files);
    scenario.config.rules = loaded.config.unwrap().rules;
    assert_eq!(scenario.config.rules[1].who, Who::Address(HOST, Some(49152)));
    let mut world = scenario.start();
    world.run(30_000);
    let (_, location) = world.kiosk.descriptions().next().expect("found");
    assert_eq!((location.host, location.port), (HOST, 49152));
    assert!(world.shows(0, "bath.mp4"), "{:?}", world.screen(0));
}
