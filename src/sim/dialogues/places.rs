//! Where a renderer is found, and how it comes and goes.

use super::*;
use core::net::Ipv4Addr;

const HOST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 9);

fn description(room: &Room) -> crate::upnp::description::Description {
    room.tv.describe(room.now, HOST, 80).unwrap()
}

#[test]
fn root_devices_change_places_at_each_boot() {
    let mut room = Room::of(presets::samsung_2010());
    let mut seen = Vec::new();
    for boot in 0..5 {
        let (udn, path) = room.tv.device_behind("upnp:rootdevice");
        assert_eq!((udn.as_str(), room.tv.endpoint(&path)), ("uuid:tv-1", Endpoint::Description));
        let control = description(&room).av_transport.control_url.path;
        assert_eq!(room.tv.endpoint(&control), Endpoint::Control(ServiceKind::AvTransport));
        seen.push((path, control));
        for (path, control) in &seen[..boot] {
            let gone = boot != 4 || *path != seen[0].0;
            assert_eq!(room.tv.endpoint(path) == Endpoint::OtherDevice, gone, "{path}");
            assert_eq!(room.tv.endpoint(control) == Endpoint::Nothing, gone, "{control}");
        }
        let (other, path) = room.tv.device_behind("uuid:tv-1-2");
        assert_eq!(
            (other.as_str(), room.tv.endpoint(&path)),
            ("uuid:tv-1-2", Endpoint::OtherDevice)
        );
        room.tv.remote(room.now, Remote::PullPlug);
        room.tv.remote(room.now, Remote::PowerOn);
    }
    assert_eq!(seen[0], seen[4], "four devices, four places");
    let found: Vec<_> = room.tv.search("ssdp:all", ms(0)).into_iter().map(|f| f.0).collect();
    assert_eq!(found[6..], ["uuid:tv-1-1", "uuid:tv-1-2", "uuid:tv-1-3"]);
}

#[test]
fn a_renderer_alone_at_its_address_keeps_its_paths() {
    let mut room = Room::of(presets::kodi());
    let before = description(&room);
    room.tv.remote(room.now, Remote::PullPlug);
    room.tv.remote(room.now, Remote::PowerOn);
    assert_eq!(description(&room), before);
    assert_eq!(room.tv.endpoint("/"), Endpoint::Description);
    assert_eq!(room.tv.endpoint("/AVTransport/event"), Endpoint::Event(ServiceKind::AvTransport));
    assert_eq!(room.tv.endpoint("/smp_2_"), Endpoint::Nothing);
}

#[test]
fn a_description_is_refused_for_a_while_after_each_boot() {
    let description_refused = Some((503, ms(60_000)));
    let mut room = Room::with(Quirks { description_refused, ..Quirks::default() });
    assert_eq!(room.tv.describe(at(59_999), HOST, 80), Err(503));
    assert!(room.tv.describe(at(60_000), HOST, 80).is_ok());
    room.until(100_000);
    room.tv.remote(room.now, Remote::PullPlug);
    room.tv.remote(room.now, Remote::PowerOn);
    assert_eq!(room.tv.describe(at(159_999), HOST, 80), Err(503));
}

#[test]
fn in_standby_it_is_silent_and_a_play_or_its_switch_wakes_it() {
    let mut room = Room::of(presets::frontier_silicon()).playing(1000);
    room.tv.remote(room.now, Remote::Standby);
    room.until(3_600_000);
    assert_eq!(room.announced[1..], [(1000, Announce::Byebye)], "once, and then nothing");
    assert_eq!(room.tv.search("ssdp:all", ms(0)), []);
    assert_eq!(room.info(), (NoMediaPresent, false), "but it answers");
    room.tv.remote(room.now, Remote::PowerOn);
    room.until(3_600_001);
    assert_eq!(room.announced.last(), Some(&(3_600_000, Announce::Alive)));
    assert_eq!(room.tv.boots(), 1, "that was no boot");

    room.tv.remote(room.now, Remote::Standby);
    room.set(CLIP).unwrap();
    assert_eq!(room.tv.search("ssdp:all", ms(0)), [], "a URI alone does not wake it");
    room.ask(Action::Play).unwrap();
    room.until(3_601_000);
    assert_eq!(room.tv.state(), Playing);
    assert_eq!(room.announced.last(), Some(&(3_600_001, Announce::Alive)));
}

#[test]
fn dozes_off_when_nothing_plays() {
    let mut room = Room::of(presets::teufel()).playing(1000);
    room.until(4200 + 1_199_999);
    assert_eq!(room.info(), (Stopped, false));
    room.until(4200 + 1_200_000);
    assert_eq!(room.info(), (NoMediaPresent, false));
    assert_eq!(room.announced.last(), Some(&(1_204_200, Announce::Byebye)));
    let byebyes = |room: &Room| room.announced.iter().filter(|a| a.1 == Announce::Byebye).count();
    room.until(10_000_000);
    assert_eq!(byebyes(&room), 1);
}

#[test]
fn what_it_lists_need_not_be_what_it_takes() {
    let sink = |preset: Preset| Room::of(preset).tv.persona().sink.clone();
    assert_eq!(sink(presets::tcl()), "");
    assert!(sink(presets::port_2870()).contains("audio/mpeg"));
    let action = set(CLIP, Rung::Full, "audio/mpeg");
    assert_eq!(Room::of(presets::port_2870()).ask(action), Err(714));
    assert_eq!(sink(presets::sony_bdp()).split(',').nth(1), Some("http-get:*:video/divx:*"));
}

#[test]
fn lingers_before_it_is_off() {
    let mut room = Room::with(Quirks { lingers: ms(5000), ..Quirks::default() }).playing(1000);
    room.tv.remote(room.now, Remote::PowerOff);
    room.until(5999);
    assert_eq!(room.announced[1..], [(1000, Announce::Byebye)]);
    assert_eq!(room.info(), (Stopped, false));
    assert_eq!(room.tv.search("ssdp:all", ms(0)), []);
    room.until(6000);
    assert!(!room.tv.is_on());
    assert_eq!(room.announced.len(), 2);
    room.tv.remote(room.now, Remote::PowerOn);
    assert!(room.tv.is_on());
}
