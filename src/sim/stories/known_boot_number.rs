//! Known to fail: another boot number of one that plays on, as after it has changed its network.

use super::*;
use crate::kiosk::event::Event;
use crate::text::clip;
use crate::upnp::ssdp::{Announcement, Kind};

#[test]
#[ignore = "another boot number of a renderer that plays on makes the file begin anew"]
fn what_plays_on_does_not_begin_anew() {
    let scenario = Scenario::of(but(|q| q.tells_boot_id = true));
    let mut world = playing(scenario.files(&[("/m/clip.mp4", 3_600_000)]));
    world.pass(600_000);
    let (_, location) = world.kiosk.descriptions().next().expect("found");
    let location = Some(location.clone());
    let announcement = Announcement {
        kind: Kind::Alive,
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
