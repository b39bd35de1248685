//! How renderers are found, and found again: ports, addresses, boot numbers, identities.

use super::*;
use crate::config::{FileState, Selector};
use crate::kiosk::event::Event;
use crate::kiosk::leds::Pattern;
use crate::text::clip;
use crate::upnp::Udn;
use crate::upnp::action::TransportState;
use crate::upnp::ssdp::{Announcement, MessageKind};
use core::net::Ipv4Addr;
use std::path::Path;

/// A clip that lasts longer than a story.
fn long(preset: Preset) -> Scenario {
    Scenario::of(preset).files(&[("/m/clip.mp4", 3_600_000)])
}

#[test]
pub(super) fn devices_that_change_places_at_each_boot_are_found_again_each_time() {
    let mut world = playing(long(presets::samsung_2010()));
    for boot in 2..8 {
        world.remote(0, Remote::PullPlug);
        world.pass(30_000);
        world.remote(0, Remote::PowerOn);
        let took = world.until(60_000, |w| w.shows(0, "clip.mp4"));
        assert!(took.is_some_and(|took| took <= 2_200), "boot {boot}: {took:?}");
        world.pass(20_000);
    }
}

#[test]
pub(super) fn another_port_and_another_boot_id_cost_two_seconds() {
    let moves = but(|q| (q.new_port_at_boot, q.tells_boot_id) = (true, true));
    let mut world = playing(long(moves));
    for dark in [500, 5_000, 600_000] {
        world.remote(0, Remote::PullPlug);
        world.pass(dark);
        world.remote(0, Remote::PowerOn);
        let took = world.until(60_000, |w| w.shows(0, "clip.mp4"));
        assert!(took.is_some_and(|took| took <= 2_200), "{dark} ms dark: {took:?}");
        world.pass(20_000);
    }
    assert_eq!(world.nodes[0].rounds.len(), 3, "and no other break");
}

#[test]
fn a_description_that_is_refused_for_a_day_is_asked_for_rarely_and_then_it_plays() {
    const DAY: u64 = 86_400_000;
    let late = but(|q| q.description_refused = Some((503, ms(DAY))));
    let mut world = long(late).autoplay().start();
    world.run(DAY);
    assert_eq!(world.screen(0), None);
    let asked = world.nodes[0].called("Describe").len();
    // Every five minutes at most, and once for each announcement.
    assert!((144..=1_200).contains(&asked), "{asked} times in a day");
    let took = world.until(700_000, |w| w.shows(0, "clip.mp4"));
    assert!(took.is_some_and(|took| took <= 301_000), "{took:?}");
}

#[test]
fn a_renderer_put_into_standby_stays_dark_until_it_is_switched_on_again() {
    for preset in [presets::frontier_silicon(), presets::teufel()] {
        let mut world = playing(long(preset));
        world.remote(0, Remote::Standby);
        world.pass(3_600_000);
        let node = &world.nodes[0];
        assert_eq!(node.rounds.len(), 1);
        assert_eq!(node.renderer.state(), TransportState::NoMediaPresent);
        assert_eq!(node.called("SetAVTransportURI").len(), 1, "nobody wakes it");
        world.remote(0, Remote::PowerOn);
        let took = world.until(10_000, |w| w.shows(0, "clip.mp4"));
        assert!(took.is_some_and(|took| took <= 2_200), "{took:?}");
    }
}

#[test]
fn a_press_wakes_one_that_sleeps() {
    let mut world = playing(long(presets::teufel()));
    world.press(PanelAction::Stop);
    world.pass(3_600_000);
    assert_eq!(world.nodes[0].renderer.state(), TransportState::NoMediaPresent, "it has dozed off");
    world.press(PanelAction::Play);
    let took = world.until(5_000, |w| w.shows(0, "clip.mp4"));
    assert!(took.is_some_and(|took| took <= 1_000), "{took:?}");
}

#[test]
fn a_renderer_that_stops_before_it_is_off_plays_when_it_is_on_again() {
    for lingers in [ms(300), ms(3_000), ms(30_000)] {
        let mut world = playing(long(but(|q| q.lingers = lingers)));
        world.remote(0, Remote::PowerOff);
        world.pass(28_800_000);
        assert!(!world.nodes[0].renderer.is_on());
        assert_eq!(world.nodes[0].called("SetAVTransportURI").len(), 1, "{lingers:?}");
        world.remote(0, Remote::PowerOn);
        let took = world.until(10_000, |w| w.shows(0, "clip.mp4"));
        assert!(took.is_some_and(|took| took <= 2_200), "{lingers:?}: {took:?}");
    }
}

#[test]
fn a_renderer_that_a_viewer_stopped_and_then_switched_off_plays_when_it_is_on_again() {
    let mut world = playing(long(presets::well_behaved()));
    world.remote(0, Remote::Stop);
    world.pass(3_600_000);
    world.remote(0, Remote::PowerOff);
    world.pass(28_800_000);
    world.remote(0, Remote::PowerOn);
    let took = world.until(10_000, |w| w.shows(0, "clip.mp4"));
    assert!(took.is_some_and(|took| took <= 2_200), "{took:?}");
}

#[test]
fn even_a_box_that_insists_does_not_switch_it_on() {
    for stopped_before in [false, true] {
        let scenario = long(presets::teufel()).rule(|r| r.on_stop = OnStop::Insist);
        let mut world = playing(scenario);
        if stopped_before {
            world.remote(0, Remote::Stop);
            world.pass(2_000);
        }
        world.remote(0, Remote::Standby);
        world.pass(3_600_000);
        assert_eq!(world.screen(0), None);
        assert_eq!(world.nodes[0].called("SetAVTransportURI").len(), 1, "nobody wakes it");
        world.remote(0, Remote::PowerOn);
        assert!(world.until(10_000, |w| w.shows(0, "clip.mp4")).is_some());
    }
}

#[test]
fn a_renderer_that_nobody_drives_is_forgotten_when_it_is_heard_of_no_more() {
    let name = Selector::Name("another".try_into().unwrap());
    let mut world = long(presets::well_behaved()).rule(|r| r.who = name).start();
    let known = |w: &World| w.kiosk.descriptions().count();
    world.run(60_000);
    assert_eq!(known(&world), 1);
    for visit in 0..3 {
        world.remote(0, Remote::PullPlug);
        world.pass(3_600_000);
        assert_eq!(known(&world), 0, "visit {visit}: its last announcement has long expired");
        let calls = world.nodes[0].calls.len();
        world.pass(3_600_000);
        assert_eq!(world.nodes[0].calls.len(), calls, "nobody calls where nobody is");
        world.remote(0, Remote::PowerOn);
        world.pass(60_000);
        assert_eq!(known(&world), 1, "visit {visit}: it is back, once");
    }
}

fn comes_back_as_another(world: &mut World, boot: u32) {
    world.remote(0, Remote::PullPlug);
    world.pass(20_000);
    world.nodes[0].renderer.persona.udn = Udn::new(&format!("uuid:boot-{boot}")).unwrap();
    world.remote(0, Remote::PowerOn);
}

/// Two renderers at one address are excused from the invariants of one call at a time and of backoff.
#[test]
#[ignore = "a renderer that returns with another UDN at the same address is driven as two renderers"]
fn a_renderer_that_has_another_udn_at_the_same_place_plays_its_film() {
    let scenario = Scenario::of(presets::well_behaved()).files(&[("/m/clip.mp4", 3_600_000)]);
    let mut world = playing(scenario);
    world.pass(60_000);
    comes_back_as_another(&mut world, 2);
    world.pass(60_000);
    let sets = world.nodes[0].called("SetAVTransportURI").len();
    world.pass(600_000);
    assert_eq!(world.nodes[0].called("SetAVTransportURI").len(), sets);
}

/// The new identity has another port: the old one is missed for ever.
#[test]
#[ignore = "the old identity of a renderer that returns with another UDN counts as missing for ever"]
fn a_renderer_that_has_another_udn_and_another_port_is_no_fault() {
    let scenario = Scenario::of(but(|q| q.new_port_at_boot = true));
    let mut world = playing(scenario.files(&[("/m/clip.mp4", 36_000_000)]));
    world.pass(60_000);
    comes_back_as_another(&mut world, 2);
    world.pass(7_200_000);
    assert!(world.screen(0).is_some());
    assert_eq!(world.why(0).1, Pattern::Playing, "{}", world.status()["renderers"]);
}

#[test]
#[ignore = "another boot number of a renderer that plays on makes the file begin anew"]
fn a_renderer_that_plays_on_is_not_started_again() {
    let scenario = Scenario::of(but(|q| q.tells_boot_id = true));
    let mut world = playing(scenario.files(&[("/m/clip.mp4", 3_600_000)]));
    world.pass(600_000);
    let (_, location) = world.kiosk.descriptions().next().expect("found");
    let location = Some(location.clone());
    let announcement = Announcement {
        kind: MessageKind::Alive,
        udn: world.nodes[0].renderer.persona().udn.clone(),
        target: clip("upnp:rootdevice"),
        location,
        max_age: None,
        boot_id: Some(7),
        config_id: None,
    };
    world.tell(Event::Heard(Box::new(announcement)));
    world.pass(5_000);
    let (_, at) = world.screen(0).expect("it plays");
    assert!(at > ms(600_000), "it began anew: {at:?}");
}

#[test]
#[ignore = "a byebye that is followed by an alive at once makes the box forget the viewer's stop"]
fn a_viewer_who_stopped_it_is_left_in_peace_where_the_box_respects_that() {
    let scenario = Scenario::of(presets::well_behaved()).files(&[("/m/clip.mp4", 3_600_000)]);
    let mut world = playing(scenario);
    for _ in 0..3 {
        world.pass(30_000);
        world.announce_byebye_and_alive(0);
    }
    assert!(world.shows(0, "clip.mp4"), "nothing happens while it plays");
    world.remote(0, Remote::Stop);
    world.pass(30_000);
    assert_eq!(world.screen(0), None);
    world.announce_byebye_and_alive(0);
    world.pass(60_000);
    assert_eq!(world.screen(0), None, "on_stop is \"respect\"");
}

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
    assert_eq!(scenario.config.rules[1].who, Selector::Address(HOST, Some(49152)));
    let mut world = scenario.start();
    world.run(30_000);
    let (_, location) = world.kiosk.descriptions().next().expect("found");
    assert_eq!((location.host, location.port), (HOST, 49152));
    assert!(world.shows(0, "bath.mp4"), "{:?}", world.screen(0));
}
