//! How renderers are found, and found again: ports, addresses, boot numbers, identities.

use super::*;
use crate::config::{FileState, Rule, Selector};
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
fn a_renderer_that_plays_on_is_not_started_again() {
    let scenario = Scenario::of(but(|q| q.tells_boot_id = true));
    let mut world = playing(scenario.files(&[("/m/clip.mp4", 3_600_000)]));
    world.pass(600_000);
    let (_, location) = world.kiosk.descriptions().next().expect("found");
    let location = Some(location.clone());
    let announcement = Announcement {
        kind: MessageKind::Alive,
        from: HOST,
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

/// Two renderers under one UDN, as programs with a built-in UDN are, and their names.
fn namesakes(names: [&str; 2]) -> Scenario {
    let both = vec![presets::well_behaved(), presets::well_behaved()];
    let mut scenario = Scenario::many(both).files(&[("/m/a.mp4", 60_000), ("/m/b.mp4", 60_000)]);
    let rule = scenario.config.rules[0].clone();
    scenario.config.rules = [("/m/a.mp4", names[0]), ("/m/b.mp4", names[1])]
        .map(|(file, name)| Rule {
            who: Selector::Name(clip(name)),
            plays: vec![file.into()],
            autoplay: true,
            ..rule.clone()
        })
        .into();
    scenario
}

fn make_namesakes(world: &mut World, names: [&str; 2]) {
    for (node, name) in world.nodes.iter_mut().zip(names) {
        node.renderer.persona.udn = Udn::new("uuid:built-in").unwrap();
        node.renderer.persona.friendly_name = name.to_owned();
    }
}

#[test]
fn two_renderers_with_one_udn_are_both_driven_also_after_one_was_off() {
    let names = ["Kitchen", "Office"];
    let mut world = namesakes(names).start();
    make_namesakes(&mut world, names);
    world.run(30_000);
    let show =
        |world: &World| [0, 1].map(|node| world.screen(node).map(|(name, _)| name.to_owned()));
    let expected = [Some("a.mp4".to_owned()), Some("b.mp4".to_owned())];
    assert_eq!(show(&world), expected);
    assert_eq!(world.kiosk.descriptions().count(), 2);
    for node in [0, 1] {
        world.remote(node, Remote::PullPlug);
        world.pass(120_000);
        assert_eq!(show(&world)[1 - node], expected[1 - node], "the other one plays on");
        world.remote(node, Remote::PowerOn);
        world.pass(10_000);
        assert_eq!(show(&world), expected, "{}", names[node]);
    }
    world.pass(600_000);
    assert_eq!(world.kiosk.descriptions().count(), 2);
    let given =
        world.nodes[0].called("SetAVTransportURI").iter().all(|call| call.about.contains("a.mp4"));
    assert!(given, "each gets its own film only");
}

/// Two renderers that played, and have swapped their addresses while both were off for so long.
fn swapped_while_off(millis: u64) -> World {
    let names = ["Left", "Right"];
    let mut world = namesakes(names).start();
    for (node, name) in world.nodes.iter_mut().zip(names) {
        node.renderer.persona.friendly_name = name.to_owned();
    }
    world.run(60_000);
    for node in [0, 1] {
        world.remote(node, Remote::PullPlug);
    }
    world.pass(millis);
    world.swap_addresses(0, 1);
    world
}

#[test]
fn two_televisions_that_swap_addresses_play_their_own_films() {
    for reboot in [[0, 1], [1, 0]] {
        let mut world = swapped_while_off(2_000);
        for node in reboot {
            world.remote(node, Remote::PowerOn);
            world.pass(5_000);
        }
        world.pass(20_000);
        let calls = world.nodes.iter().map(|node| node.calls.len()).collect::<Vec<_>>();
        assert!(
            world.shows(0, "a.mp4") && world.shows(1, "b.mp4"),
            "{reboot:?}: {:?}",
            world.screen(0)
        );
        world.pass(1_200_000);
        assert!(
            world.shows(0, "a.mp4") && world.shows(1, "b.mp4"),
            "{reboot:?}: {:?}",
            world.screen(1)
        );
        assert_eq!(world.kiosk.descriptions().count(), 2, "{calls:?}");
    }
}

/// The other one is off for the night: its address is not its identity.
#[test]
fn a_television_with_the_address_of_another_one_is_not_that_one() {
    let mut world = swapped_while_off(60_000);
    world.remote(1, Remote::PowerOn);
    world.pass(20_000);
    assert!(world.shows(1, "b.mp4"), "{:?}", world.screen(1));
    assert!(
        world.status()["renderers"][0]["why"].to_string().contains("reach"),
        "{}",
        world.status()
    );
    world.remote(0, Remote::PowerOn);
    world.pass(20_000);
    assert!(world.shows(0, "a.mp4") && world.shows(1, "b.mp4"), "{:?}", world.screen(0));
}

#[test]
fn a_renderer_with_another_udn_at_each_boot_stays_one_renderer() {
    for moves in [false, true] {
        for dark in [200, 20_000, 600_000] {
            let mut world = playing(long(but(|q| q.new_port_at_boot = moves)));
            for boot in 2..6 {
                world.pass(60_000);
                world.remote(0, Remote::PullPlug);
                world.pass(dark);
                world.nodes[0].renderer.persona.udn =
                    Udn::new(&format!("uuid:boot-{boot}")).unwrap();
                world.remote(0, Remote::PowerOn);
                let took = world.until(60_000, |w| w.shows(0, "clip.mp4"));
                assert!(
                    took.is_some_and(|took| took <= 10_000),
                    "{moves} {dark} ms dark: {took:?}"
                );
            }
            world.pass(600_000);
            assert!(world.shows(0, "clip.mp4"));
            assert_eq!(world.kiosk.descriptions().count(), 1, "{moves} {dark}");
            assert_eq!(world.why(0).1, Pattern::Playing);
        }
    }
}

#[test]
fn a_reboot_that_only_the_boot_number_tells_is_still_one() {
    for (path, standing) in [("/m/clip.mp4", "clip.mp4"), ("/m/p.jpg", "p.jpg")] {
        let scenario = Scenario::of(but(|q| q.tells_boot_id = true));
        let scenario = scenario.files(&[(path, 3_600_000)]).rule(|r| r.dwell = ms(3_000_000));
        let mut world = scenario.autoplay().start();
        world.run(60_000);
        assert!(world.shows(0, standing));
        world.remote(0, Remote::PullPlug);
        world.pass(100);
        world.remote(0, Remote::PowerOn);
        let took = world.until(60_000, |w| w.shows(0, standing));
        assert!(took.is_some_and(|took| took <= 3_000), "{standing}: {took:?}");
    }
}

#[test]
fn byebye_and_alive_do_not_end_what_the_box_insists_on() {
    let mut world = playing(long(presets::well_behaved()).rule(|r| r.on_stop = OnStop::Insist));
    world.remote(0, Remote::Stop);
    world.pass(2_000);
    world.announce_byebye_and_alive(0);
    let took = world.until(60_000, |w| w.shows(0, "clip.mp4"));
    assert!(took.is_some_and(|took| took >= 2_000), "at its own time: {took:?}");
}

#[test]
fn a_table_for_a_port_is_for_that_port_alone_and_holds_when_the_renderer_moves() {
    for (port, driven) in [(49152, true), (49494, false)] {
        let moves = but(|q| q.new_port_at_boot = true);
        let mut scenario = long(moves).autoplay();
        scenario.config.rules[0].who = Selector::Address(HOST, Some(port));
        let mut world = scenario.start();
        world.run(30_000);
        assert_eq!(world.shows(0, "clip.mp4"), driven, "{port}");
        if driven {
            world.remote(0, Remote::PullPlug);
            world.pass(20_000);
            world.remote(0, Remote::PowerOn);
            let took = world.until(20_000, |w| w.shows(0, "clip.mp4"));
            assert!(took.is_some(), "it has another port now, and is the same");
            let target = world.status()["renderers"][0]["address"].clone();
            assert!(!target.to_string().contains(&port.to_string()), "{target}");
        }
    }
}
