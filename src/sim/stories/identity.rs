//! Who is who: renderers that share an identity, change places while they play, or announce themselves oddly.

use super::*;
use crate::config::{Rule, Selector};
use crate::kiosk::event::Event;
use crate::text::clip;
use crate::upnp::ssdp::{Announcement, MessageKind};
use core::net::Ipv4Addr;

const LONG: [(&str, u64); 1] = [("/m/clip.mp4", 3_600_000)];

/// Its BOOTID counts its announcements: many take the time for it.
#[test]
fn a_boot_number_that_counts_on_while_it_rests_gives_nobody_the_film_back() {
    let mut world = playing(Scenario::of(presets::well_behaved()).files(&LONG));
    world.pass(60_000);
    let announce = |world: &mut World, number: u32| {
        let (_, location) = world.kiosk.descriptions().next().expect("found");
        let announcement = Announcement {
            kind: MessageKind::Alive,
            from: Ipv4Addr::new(10, 0, 0, 11),
            udn: world.nodes[0].renderer.persona().udn.clone(),
            target: clip("upnp:rootdevice"),
            location: Some(location.clone()),
            max_age: None,
            boot_id: Some(number),
            config_id: None,
        };
        world.tell(Event::Heard(Box::new(announcement)));
        world.pass(30_000);
    };
    (100..110).for_each(|number| announce(&mut world, number));
    let (_, at) = world.screen(0).expect("it plays");
    assert!(at > ms(300_000), "it began anew: {at:?}");
    world.remote(0, Remote::Stop);
    world.pass(30_000);
    (110..114).for_each(|number| announce(&mut world, number));
    assert_eq!(world.screen(0), None, "a viewer has stopped it, and it did not restart");
}

#[test]
fn two_televisions_that_swap_addresses_while_they_play_go_on_with_their_own_films() {
    for restart in [false, true] {
        let both = vec![presets::well_behaved(), presets::well_behaved()];
        let files = [("/m/a.mp4", 600_000), ("/m/b.mp4", 600_000)];
        let mut scenario = Scenario::many(both).files(&files).autoplay();
        let rule = scenario.config.rules[0].clone();
        scenario.config.rules = [("/m/a.mp4", "TV 1"), ("/m/b.mp4", "TV 2")]
            .map(|(file, name)| Rule {
                who: Selector::Name(clip(name)),
                plays: vec![file.into()],
                ..rule.clone()
            })
            .into();
        let mut world = scenario.start();
        world.run(60_000);
        world.swap_addresses(0, 1);
        if restart {
            world.restart_box();
        }
        world.pass(900_000);
        for _ in 0..60 {
            world.pass(20_000);
            let own = world.shows(0, "a.mp4") && world.shows(1, "b.mp4");
            let changes = world.screen(0).is_none() || world.screen(1).is_none();
            assert!(own || changes, "restart {restart}: {:?}", world.screen(0));
        }
        assert_eq!(world.kiosk.descriptions().count(), 2);
    }
}

/// Until its announcement, the box takes the one for the other.
#[test]
fn a_television_that_rests_stays_dark_when_it_swaps_its_address_with_one_that_plays() {
    let both = vec![presets::well_behaved(), presets::well_behaved()];
    let mut scenario = Scenario::many(both).files(&LONG).autoplay();
    let rule = scenario.config.rules[0].clone();
    scenario.config.rules = [("TV 1", false), ("TV 2", true)]
        .map(|(name, autoplay)| Rule { who: Selector::Name(clip(name)), autoplay, ..rule.clone() })
        .into();
    let mut world = scenario.start();
    world.run(600_000);
    [0, 1].iter().for_each(|node| world.remote(*node, Remote::PullPlug));
    world.pass(2_000);
    world.swap_addresses(0, 1);
    [0, 1].iter().for_each(|node| world.remote(*node, Remote::PowerOn));
    for _ in 0..10 {
        world.pass(10_000);
        assert_eq!(world.screen(0), None, "nobody has asked for it");
        assert!(world.shows(1, "clip.mp4"));
    }
}

/// The location of one names the address of the other, or of nobody.
#[test]
fn an_announcement_with_the_address_of_another_moves_nobody() {
    for host in [12, 99] {
        let both = vec![presets::well_behaved(), presets::well_behaved()];
        let mut world = playing(Scenario::many(both).files(&LONG));
        world.pass(60_000);
        let location = world.kiosk.descriptions().map(|(_, at)| at.clone());
        let mut location = location.into_iter().next().expect("found");
        location.host = Ipv4Addr::new(10, 0, 0, host);
        let announcement = Announcement {
            kind: MessageKind::Alive,
            from: Ipv4Addr::new(10, 0, 0, 11),
            udn: world.nodes[0].renderer.persona().udn.clone(),
            target: clip("upnp:rootdevice"),
            location: Some(location),
            max_age: None,
            boot_id: None,
            config_id: None,
        };
        world.tell(Event::Heard(Box::new(announcement)));
        world.pass(120_000);
        assert!([0, 1].iter().all(|node| world.screen(*node).is_some_and(|s| s.1 > ms(150_000))));
        world.press(PanelAction::Stop);
        world.pass(10_000);
        assert_eq!([0, 1].map(|node| world.screen(node).is_none()), [true; 2], "{host}");
    }
}
