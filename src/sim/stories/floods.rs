//! Somebody on the network floods the box with announcements, or speaks in the name of a renderer.

use super::*;
use crate::config::{Rule, Selector};
use crate::kiosk::event::Event;
use crate::text::clip;
use crate::upnp::ssdp::{Announcement, MessageKind};
use crate::upnp::{HttpUrl, Udn};
use core::net::Ipv4Addr;

const RENDERER: &str = "urn:schemas-upnp-org:device:MediaRenderer:1";
const LONG: [(&str, u64); 1] = [("/m/clip.mp4", 3_600_000)];
/// Where nobody is.
const FORGER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 200);

fn alive(from: Ipv4Addr, number: u32) -> Announcement {
    Announcement {
        kind: MessageKind::Alive,
        from,
        udn: Udn::new(&format!("uuid:made-up-{number}")).unwrap(),
        target: clip(RENDERER),
        location: HttpUrl::new(from, 7777, &format!("/{number}.xml")),
        max_age: None,
        boot_id: None,
        config_id: None,
    }
}

/// What is announced in the name of the first renderer, from its own address or another one.
fn in_its_name(world: &World, kind: MessageKind, own: bool) -> Announcement {
    let (_, location) = world.kiosk.descriptions().next().expect("found");
    Announcement {
        kind,
        from: if own { location.host } else { FORGER },
        udn: world.nodes[0].renderer.persona().udn.clone(),
        target: clip(RENDERER),
        location: Some(location.clone()).filter(|_| kind != MessageKind::Byebye),
        max_age: None,
        boot_id: None,
        config_id: None,
    }
}

fn tell(world: &mut World, announcement: Announcement) {
    world.tell(Event::Heard(Box::new(announcement)));
}

/// Floods the box with new devices until the renderer plays; returns how long that took.
fn found_in_a_flood(world: &mut World, hosts: u32) -> Option<u64> {
    let mut number = 0;
    let mut flood = |world: &mut World| {
        for _ in 0..10 {
            number += 1;
            let host = u8::try_from(number % hosts).unwrap();
            tell(world, alive(Ipv4Addr::new(10, 0, 1, host), number));
        }
        world.pass(10);
    };
    (0..500).for_each(|_| flood(world));
    world.remote(0, Remote::PowerOn);
    (0..3_000)
        .find(|_| {
            flood(world);
            world.shows(0, "clip.mp4")
        })
        .map(|turns| turns * 10)
}

#[test]
fn a_television_that_is_switched_on_in_a_flood_of_strangers_is_found() {
    for hosts in [1, 48] {
        let mut world = Scenario::of(presets::well_behaved()).files(&LONG).autoplay().start();
        world.remote(0, Remote::PullPlug);
        let took = found_in_a_flood(&mut world, hosts);
        assert!(took.is_some_and(|took| took <= 30_000), "{hosts} hosts: {took:?}");
    }
}

#[test]
fn one_that_was_driven_before_is_found_in_a_flood_of_a_hundred_hosts() {
    let mut world = playing(Scenario::of(presets::well_behaved()).files(&LONG));
    world.pass(600_000);
    world.remote(0, Remote::PullPlug);
    world.restart_box();
    let took = found_in_a_flood(&mut world, 200);
    assert!(took.is_some_and(|took| took <= 10_000), "{took:?}");
}

/// More renderers than the box can drive, and one of them has a table of its own.
#[test]
fn a_configured_television_takes_the_place_of_one_that_nobody_has_named() {
    let all = (0..70).map(|_| presets::well_behaved()).collect();
    let mut scenario = Scenario::many(all).files(&LONG).autoplay();
    let rule = scenario.config.rules[0].clone();
    let named = Rule { who: Selector::Name(clip("TV 70")), ..rule.clone() };
    scenario.config.rules = vec![named, Rule { who: Selector::Any, ..rule }];
    let mut world = scenario.start();
    world.remote(69, Remote::PullPlug);
    world.run(60_000);
    assert_eq!(world.kiosk.descriptions().count(), crate::limits::RENDERERS);
    world.remote(69, Remote::PowerOn);
    let took = world.until(30_000, |w| w.shows(69, "clip.mp4"));
    assert!(took.is_some(), "{}", world.status()["renderers"]);
    assert_eq!(world.kiosk.descriptions().count(), crate::limits::RENDERERS);
}

#[test]
fn nobody_else_can_say_that_a_renderer_leaves_or_has_restarted() {
    let mut world = playing(Scenario::of(but(|q| q.tells_boot_id = true)).files(&LONG));
    world.pass(60_000);
    let calls = |world: &World| {
        let node = &world.nodes[0];
        ["Describe", "SUBSCRIBE", "Renew"].map(|what| node.called(what).len())
    };
    let before = calls(&world);
    for number in 0..2_000 {
        let bye = in_its_name(&world, MessageKind::Byebye, false);
        tell(&mut world, bye);
        let alive = in_its_name(&world, MessageKind::Alive, false);
        tell(&mut world, Announcement { boot_id: Some(1000 + number), ..alive });
        world.pass(10);
    }
    assert_eq!(calls(&world), before, "nothing was asked because of it");
    let (_, at) = world.screen(0).expect("it plays");
    assert!(at > ms(80_000), "it began anew: {at:?}");
}

/// A sender's address can be forged, too.
#[test]
fn a_renderer_that_plays_is_asked_before_its_restart_is_believed() {
    let mut world = playing(Scenario::of(but(|q| q.tells_boot_id = true)).files(&LONG));
    world.pass(60_000);
    let subscribed = world.nodes[0].called("SUBSCRIBE").len();
    let lines = |world: &World| world.kiosk.trace().written();
    let before = lines(&world);
    for number in 0..3_000 {
        let alive = in_its_name(&world, MessageKind::Alive, true);
        tell(&mut world, Announcement { boot_id: Some(1000 + number), ..alive });
        world.pass(10);
    }
    assert_eq!(world.nodes[0].called("SUBSCRIBE").len(), subscribed, "its events go on");
    let (_, at) = world.screen(0).expect("it plays");
    assert!(at > ms(90_000), "it began anew: {at:?}");
    assert!(lines(&world) - before < 20, "{} lines", lines(&world) - before);
}

#[test]
fn a_forged_farewell_does_not_undo_what_a_viewer_did() {
    for own in [false, true] {
        let mut world = playing(Scenario::of(presets::well_behaved()).files(&LONG));
        world.pass(60_000);
        world.remote(0, Remote::Stop);
        world.pass(30_000);
        for number in 0..20 {
            let bye = in_its_name(&world, MessageKind::Byebye, own);
            tell(&mut world, bye);
            world.pass(15_000);
            // The renderer announces itself as usual, and the forger once more.
            let alive = in_its_name(&world, MessageKind::Alive, true);
            tell(&mut world, alive.clone());
            tell(&mut world, Announcement { boot_id: Some(number), ..alive });
            world.pass(15_000);
            assert_eq!(world.screen(0), None, "own address {own}, after {number}");
        }
    }
}
