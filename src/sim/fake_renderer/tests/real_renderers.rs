//! Presets that behave as was measured of real renderers, and how they are discovered.

use super::*;
use core::net::Ipv4Addr;

#[test]
fn plays_to_the_end_and_stops_at_its_duration() {
    let mut room = Room::with(Quirks::default()).listening();
    assert_eq!(room.info(), (NoMediaPresent, false));
    assert_eq!(room.set(CLIP), DONE);
    assert_eq!(room.info(), (Stopped, false));
    assert!(room.fetches.is_empty(), "nothing is fetched before Play");
    assert_eq!(room.ask(Action::Play), DONE);
    assert_eq!(room.info(), (Transitioning, false));
    room.until(209);
    assert_eq!(room.info(), (Transitioning, false));
    room.until(210);
    assert_eq!(room.info(), (Playing, false));
    room.until(2710);
    assert_eq!(room.rel_time(), 2000, "cut to whole seconds");
    assert_eq!(room.position().track_duration, Some(ms(4000)));
    room.until(4209);
    assert_eq!(room.info(), (Playing, false));
    room.until(4210);
    assert_eq!(room.info(), (Stopped, false));
    assert_eq!(room.media().current_uri.as_deref(), Some(CLIP));
    room.until(100_000);
    assert_eq!(
        room.states(),
        [(10, Stopped), (10, Transitioning), (210, Playing), (4210, Stopped)]
    );
    assert_eq!(room.fetches, [(Method::Get, CLIP.to_owned(), None)]);
}

#[test]
fn pauses_resumes_and_seeks() {
    let mut room = Room::with(Quirks::default()).playing(1200);
    assert_eq!(room.ask(Action::Pause), DONE);
    room.until(60_000);
    assert_eq!((room.tv.state(), room.rel_time()), (PausedPlayback, 1000));
    assert_eq!(room.ask(Action::Seek { target: ms(2000) }), DONE);
    assert_eq!(room.fetches.last().unwrap().2, Some(LENGTH / 2));
    assert_eq!((room.tv.state(), room.rel_time()), (PausedPlayback, 2000));
    assert_eq!(room.ask(Action::Play), DONE);
    room.until(61_999);
    assert_eq!(room.tv.state(), Playing);
    room.until(62_000);
    assert_eq!(room.tv.state(), Stopped);
    assert_eq!(room.ask(Action::Seek { target: ms(1000) }), Err(701));
}

#[test]
fn gmrender_behaves_as_measured() {
    let mut room = Room::of(presets::gmrender());
    assert_eq!(room.info(), (Stopped, false));
    assert_eq!(room.ask(Action::Stop), DONE);
    assert_eq!(room.ask(Action::Play), Err(501));
    assert_eq!(room.ask(Action::Seek { target: ms(0) }), DONE);
    assert_eq!(room.ask(Action::Pause), Err(501));
    assert_eq!(room.ask(Action::Next), Err(501));
    assert_eq!(room.set(CLIP), DONE);
    assert_eq!(room.tv.state(), Stopped, "Play is needed");
    assert_eq!(room.ask(Action::Play), DONE);
    assert_eq!(room.tv.state(), Playing, "at once");
    assert_eq!(room.ask(Action::Play), DONE);
    room.until(1500);
    assert_eq!((room.rel_time(), room.position().fractional), (1000, false));
    assert_eq!(room.ask(Action::Seek { target: ms(9000) }), DONE);
    assert_eq!(room.tv.state(), Playing, "beyond the end: 200, stays PLAYING");
    assert_eq!(room.ask(Action::Pause), DONE);
    assert_eq!(room.ask(Action::Pause), DONE);
    assert_eq!(room.set(OTHER), DONE);
    assert_eq!(room.tv.state(), PausedPlayback);
    assert_eq!(room.media().current_uri.as_deref(), Some(OTHER));
    assert_eq!(room.position().track_uri.as_deref(), Some(CLIP), "the old one until Play");
    assert_eq!(room.ask(Action::Play), DONE);
    assert_eq!(room.position().track_uri.as_deref(), Some(OTHER));
    room.until(5499);
    assert_eq!(room.tv.state(), Playing);
    room.until(5500);
    assert_eq!(room.tv.state(), Stopped);
    assert_eq!(room.media().current_uri.as_deref(), Some(""), "cleared at the end");
    assert_eq!(room.rel_time(), 4000, "kept");
    assert_eq!(room.ask(Action::Play), Err(501));
    assert_eq!(room.ask(Action::Seek { target: ms(0) }), DONE);
    assert_eq!(room.rendering(Action::SetVolume { volume: 101 }), DONE);
    assert!(room.fetches.iter().all(|(method, ..)| *method == Method::Get), "never HEAD");
}

#[test]
fn rygel_behaves_as_measured() {
    let mut room = Room::of(presets::rygel());
    assert_eq!(room.info(), (NoMediaPresent, false));
    assert_eq!(room.ask(Action::Seek { target: ms(0) }), Err(711));
    assert_eq!(room.ask(Action::Pause), Err(701));
    assert_eq!(room.ask(Action::Previous), Err(711));
    assert_eq!(room.ask(Action::Play), DONE);
    room.until(3_600_000);
    assert_eq!(room.tv.state(), Transitioning, "until Stop");
    assert_eq!(room.ask(Action::Stop), DONE);
    assert_eq!(room.tv.state(), Stopped);

    assert_eq!(room.set(CLIP), DONE);
    assert_eq!(room.fetches, [(Method::Head, CLIP.to_owned(), None)], "before the answer");
    assert_eq!(room.ask(Action::Play), DONE);
    assert_eq!(room.tv.state(), Transitioning);
    room.until(3_601_200);
    assert_eq!(room.tv.state(), Playing);
    assert_eq!(room.ask(Action::Play), Err(701));
    assert!(room.position().fractional);
    assert_eq!(room.ask(Action::Seek { target: ms(9000) }), Err(711));
    assert_eq!(room.ask(Action::Pause), DONE);
    assert_eq!(room.ask(Action::Pause), Err(701));
    assert_eq!(room.ask(Action::Play), DONE);
    room.until(3_606_000);
    assert_eq!(room.tv.state(), Stopped);
    assert_eq!(room.media().current_uri.as_deref(), Some(CLIP), "kept at the end");
    assert_eq!(room.position().track_duration, None, "zero at the end");
    assert_eq!(room.ask(Action::Seek { target: ms(0) }), Err(711));
    assert_eq!(room.ask(Action::Play), DONE);
    assert_eq!(room.fetches.last().unwrap(), &(Method::Get, CLIP.to_owned(), None), "replays");

    assert_eq!(room.rendering(Action::SetVolume { volume: 37 }), DONE);
    let volume = Ok(Reply::Volume(36));
    assert_eq!(room.rendering(Action::GetVolume), volume);
    assert_eq!(room.rendering(Action::SetVolume { volume: 101 }), Err(501));
    assert_eq!(room.set(""), DONE);
    assert_eq!(room.info(), (NoMediaPresent, false));
}

#[test]
fn rygel_keeps_the_old_uri_after_a_refusal() {
    for (server, uri, code) in [
        (
            Server { status: 404, mime: "audio/wav", ranges: true, features: true, brings: 0 },
            OTHER,
            716,
        ),
        (
            Server { status: 200, mime: "text/plain", ranges: true, features: true, brings: 0 },
            OTHER,
            714,
        ),
        (
            Server { status: 206, mime: "audio/wav", ranges: true, features: true, brings: 0 },
            OTHER,
            716,
        ),
        (
            Server { status: 200, mime: "audio/wav", ranges: true, features: true, brings: 0 },
            "https://10.0.0.1/a.wav",
            716,
        ),
    ] {
        let mut room = Room::of(presets::rygel());
        assert_eq!(room.set(CLIP), DONE);
        room.server = server;
        assert_eq!(room.set(uri), Err(code));
        assert_eq!(room.ask(Action::Play), DONE);
        assert_eq!(room.fetches.last().unwrap().1, CLIP, "the old file");
    }
    let mut room = Room::of(Preset {
        quirks: Quirks { refused_set_keeps_old: false, ..presets::rygel().quirks },
        ..presets::rygel()
    });
    assert_eq!(room.set(CLIP), DONE);
    room.server.status = 404;
    assert_eq!(room.set(OTHER), Err(716));
    assert_eq!(room.media().current_uri.as_deref(), Some(""));
}

#[test]
fn gmrender_hangs_at_a_hand_over_to_video_only() {
    for (mime, lives) in [("audio/flac", true), ("video/mp4", false)] {
        let mut room = Room::of(presets::gmrender()).playing(1000);
        let metadata = metadata(OTHER, MetadataLevel::Full, mime);
        room.ask(Action::SetNextAvTransportUri { uri: OTHER.to_owned(), metadata }).unwrap();
        room.until(5000);
        assert_eq!(room.tv.responsive(), lives);
    }
}

#[test]
fn lg_refuses_while_it_switches_and_answers_play_late() {
    let quirks = Quirks { loading_jitter: ms(0), ..presets::lg_webos().quirks };
    let mut room = Room::with(quirks);
    room.set(CLIP).unwrap();
    let play = room.call(Action::Play);
    assert_eq!(room.set(OTHER), Err(701));
    assert_eq!(room.ask(Action::Play), Err(701));
    room.until(2499);
    assert!(!room.answers.contains_key(&play), "hangs while loading");
    room.until(2500);
    assert_eq!((room.answers[&play].clone(), room.tv.state()), ((at(2500), DONE), Playing));
    assert_eq!(room.ask(Action::Stop), DONE);
    assert_eq!(room.info(), (Transitioning, false));
    assert_eq!(room.set(OTHER), Err(701));
    room.until(4000);
    assert_eq!(room.info(), (Stopped, false));
    assert_eq!(room.set(OTHER), DONE);
}

#[test]
fn viera_is_locked_by_its_viewer_until_stop() {
    let mut room = Room::of(presets::panasonic_viera());
    room.set(CLIP).unwrap();
    room.ask(Action::Play).unwrap();
    room.until(1200);
    room.tv.remote(room.now, Remote::Stop);
    room.until(600_000);
    assert_eq!((room.tv.state(), room.rel_time()), (Playing, 1000), "says PLAYING");
    assert_eq!(room.set(OTHER), Err(705));
    assert_eq!(room.ask(Action::Play), Err(705));
    assert_eq!(room.ask(Action::Stop), DONE);
    assert_eq!(room.tv.state(), Stopped);
    assert_eq!(room.set(OTHER), DONE);
}

#[test]
fn every_preset_plays_a_clip_that_it_accepts() {
    for preset in presets::all() {
        let name = preset.name;
        assert_eq!(presets::named(name).unwrap().model, preset.model);
        let mut room = Room::of(preset);
        let mut levels = [
            MetadataLevel::Full,
            MetadataLevel::Plain,
            MetadataLevel::Compat,
            MetadataLevel::Empty,
        ]
        .into_iter()
        .zip(1..);
        let taken = levels.any(|(level, n)| {
            let call = room.call(set(CLIP, level, "audio/wav"));
            room.until(12_000 * n);
            room.answers[&call].1 == DONE
        });
        assert!(taken, "{name}: not even without metadata");
        room.call(Action::Play);
        room.until(100_000);
        let played = room.fetches.iter().any(|(method, ..)| *method == Method::Get);
        assert_eq!(played, name != "leica", "{name}");
        assert_ne!(room.tv.state(), Transitioning, "{name}");
    }
}

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
    let action = set(CLIP, MetadataLevel::Full, "audio/mpeg");
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
