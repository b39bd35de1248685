//! Each quirk of refusing late, loading slowly, naming and pictures.

use super::*;

const PICTURE: &str = "http://10.0.0.1:9000/m/3/a.jpg";
const PICTURE_TOO: &str = "http://10.0.0.1:9000/m/4/b.jpg";

#[test]
fn says_to_play_what_it_has_against_the_uri() {
    let mut room = Room::of(presets::yamaha());
    assert_eq!(room.ask(set(CLIP, Rung::Plain, "audio/wav")), DONE);
    assert_eq!(room.ask(Action::Play), Err(501));
    assert_eq!(room.ask(set(CLIP, Rung::Full, "audio/wav")), DONE);
    assert_eq!(room.ask(Action::Play), DONE);

    let picky =
        Quirks { refuses_at_play: true, mimes: Some(&["audio/x-wav"]), ..Quirks::default() };
    let mut room = Room::with(picky);
    assert_eq!(room.ask(set(CLIP, Rung::Full, "audio/wav")), DONE);
    assert_eq!(room.ask(Action::Play), Err(714));
}

#[test]
fn refuses_secure_uris_and_looks_twice() {
    for (preset, code) in [(presets::xiaomi(), 402), (presets::lg_webos(), 716)] {
        assert_eq!(Room::of(preset).set("https://10.0.0.1/a.wav"), Err(code));
    }
    let mut room = Room::of(presets::sony_ht_a9());
    assert_eq!(room.set(CLIP), DONE);
    let looks: Vec<_> = room.fetches.iter().map(|(method, ..)| *method).collect();
    assert_eq!(looks, [Method::Head, Method::Head]);
    room.server.status = 404;
    assert_eq!(room.set(OTHER), Err(716));
    assert_eq!(room.fetches.len(), 3, "once is enough where nothing is");
}

#[test]
fn seeks_only_in_what_came_with_its_features() {
    for (features, answer) in [(true, DONE), (false, Err(710))] {
        let seek_without_features = Some(710);
        let mut room = Room::with(Quirks { seek_without_features, ..Quirks::default() });
        room.server.features = features;
        let mut room = room.playing(1200);
        assert_eq!(room.ask(Action::Seek { target: ms(2000) }), answer);
    }
}

#[test]
fn says_stopped_while_it_loads_and_loads_longer_after_a_stop() {
    let quirks = Quirks { loads_as: Stopped, loading: ms(800), ..Quirks::default() };
    let mut room = Room::with(quirks);
    room.set(CLIP).unwrap();
    room.ask(Action::Play).unwrap();
    room.until(799);
    assert_eq!(room.info(), (Stopped, false));
    room.until(800);
    assert_eq!(room.info(), (Playing, false));

    let mut room = Room::of(presets::hisense()).playing(1200);
    for (wait, state) in [(1699, Transitioning), (1, Playing)] {
        if state == Transitioning {
            room.ask(Action::Stop).unwrap();
            room.ask(Action::Play).unwrap();
        }
        let now = room.now.as_micros() / 1000;
        room.until(now + wait);
        assert_eq!(room.tv.state(), state);
    }
}

#[test]
fn names_the_media_in_its_own_way() {
    for (preset, name) in [
        (presets::sonos(), "x-rincon-mp3radio://10.0.0.1:9000/m/1/a.wav"),
        (presets::soundbridge(), "unknown track uri"),
        (presets::kodi(), CLIP),
    ] {
        let mut room = Room::of(preset).playing(1200);
        assert_eq!(room.position().track_uri.as_deref(), Some(name));
        assert_eq!(room.media().current_uri.as_deref(), Some(CLIP));
    }
}

#[test]
fn its_events_are_counted_and_say_nothing() {
    let mut room = Room::of(presets::denon_knos()).listening();
    room.set(CLIP).unwrap();
    room.until(100);
    assert_eq!(room.events, [(10, 1, LastChange::default())]);
    let mut room = Room::of(presets::denon_knos());
    assert_eq!(room.ask(Action::GetPositionInfo), Err(718));
}

#[test]
fn forgets_the_media_where_another_app_comes_in_front() {
    let mut room = Room::of(presets::android_app()).playing(1200);
    room.tv.remote(room.now, Remote::Stop);
    assert_eq!(room.info(), (NoMediaPresent, false));
    assert_eq!(room.media().current_uri.as_deref(), Some(""));
}

fn show(room: &mut Room, uri: &str) {
    room.set(uri).unwrap();
    room.call(Action::Play);
    let now = room.now.as_micros() / 1000;
    room.until(now + 1000);
}

#[test]
fn a_picture_over_a_picture_is_not_shown_unless_it_was_stopped() {
    let mut room = Room::with(Quirks { second_picture_fails: true, ..Quirks::default() });
    room.server.mime = "image/jpeg";
    for (uri, expected) in
        [(PICTURE, (Playing, false)), (PICTURE_TOO, (Stopped, true)), (PICTURE, (Playing, false))]
    {
        show(&mut room, uri);
        assert_eq!(room.info(), expected, "{uri}");
    }
    room.ask(Action::Stop).unwrap();
    show(&mut room, PICTURE_TOO);
    assert_eq!(room.info(), (Playing, false));
}

#[test]
fn a_picture_is_fetched_once_by_its_url() {
    let mut room = Room::with(Quirks { caches_pictures: true, ..Quirks::default() });
    room.server.mime = "image/jpeg";
    for (uri, fetches) in [(PICTURE, 1), (PICTURE_TOO, 2), (PICTURE, 2)] {
        show(&mut room, uri);
        assert_eq!((room.tv.state(), room.fetches.len()), (Playing, fetches), "{uri}");
    }
    room.tv.remote(room.now, Remote::PullPlug);
    room.tv.remote(room.now, Remote::PowerOn);
    show(&mut room, PICTURE);
    assert_eq!(room.fetches.len(), 3, "its memory is gone");
}
