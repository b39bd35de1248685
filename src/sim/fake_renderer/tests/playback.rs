//! Playing, pausing, seeking, the end, and quirks of each.

use super::*;

#[test]
fn tells_failures_of_its_fetch_in_its_own_way() {
    for (failure, expected) in [
        (FetchFailure::Unnoticed, (Playing, false)),
        (FetchFailure::SilentStop, (Stopped, false)),
        (FetchFailure::ErrorOccurred, (Stopped, true)),
    ] {
        let mut room = Room::with(Quirks { failure, playing_at_once: true, ..Quirks::default() });
        room.server.status = 404;
        assert_eq!(room.set(CLIP), DONE);
        assert_eq!(room.ask(Action::Play), DONE);
        room.until(30_000);
        assert_eq!((room.info(), room.rel_time()), (expected, 0));
        room.server.status = 200;
        assert_eq!(room.set(OTHER), DONE);
        room.ask(Action::Play).unwrap();
        room.until(31_000);
        assert_eq!(room.info(), (Playing, false), "a good file afterwards plays");
    }
}

#[test]
fn a_stalled_server_freezes_the_position() {
    let mut room = Room::with(Quirks::default());
    room.server.brings = 400;
    let mut room = room.playing(1200);
    assert_eq!(room.rel_time(), 1000);
    room.until(50_000);
    assert_eq!((room.tv.state(), room.rel_time()), (Playing, 1000), "at 40 %: 1.6 s");
    assert_eq!(room.ask(Action::Stop), DONE);
    assert_eq!(room.tv.state(), Stopped);
}

#[test]
fn seeks_without_ranges_freeze_or_stop() {
    for (seek_without_ranges_stops, expected) in [(false, Playing), (true, Stopped)] {
        let quirks = Quirks { seek_without_ranges_stops, ..Quirks::default() };
        let mut room = Room::with(quirks).playing(1200);
        room.server.ranges = false;
        assert_eq!(room.ask(Action::Seek { target: ms(3000) }), DONE);
        room.until(30_000);
        assert_eq!(room.tv.state(), expected);
    }
}

#[test]
fn hands_over_to_the_next_uri_with_its_lead() {
    let quirks = Quirks { next: NextUri::Works(ms(900)), ..Quirks::default() };
    let mut room = Room::with(quirks).playing(1200);
    assert_eq!(room.ask(next(OTHER)), DONE);
    assert_eq!(room.media().next_uri.as_deref(), Some(OTHER));
    room.until(3299);
    assert_eq!(room.position().track_uri.as_deref(), Some(CLIP));
    room.until(3300);
    assert_eq!(room.fetches.last().unwrap().1, OTHER);
    assert_eq!(room.position().track_uri.as_deref(), Some(OTHER), "before the sound");
    room.until(4199);
    assert_eq!(room.tv.on_screen(at(4199)).unwrap().0, CLIP);
    room.until(4200);
    assert_eq!(room.tv.on_screen(at(4200)), Some((OTHER, ms(0))));
    assert_eq!((room.tv.state(), room.media().next_uri.unwrap()), (Playing, String::new()));
    room.until(8199);
    assert_eq!(room.tv.state(), Playing);
    room.until(8200);
    assert_eq!(room.tv.state(), Stopped);
}

#[test]
fn next_uri_in_all_its_other_ways() {
    let playing = |next| Room::with(Quirks { next, ..Quirks::default() }).playing(1200);

    let mut room = playing(NextUri::Ignored);
    assert_eq!(room.ask(next(OTHER)), DONE);
    room.until(4200);
    assert_eq!((room.tv.state(), room.fetches.len()), (Stopped, 1));

    let mut room = playing(NextUri::Refused(401));
    assert_eq!(room.ask(next(OTHER)), Err(401));

    let mut room = playing(NextUri::HangsAtHandOver(ms(900)));
    assert_eq!(room.ask(next(OTHER)), DONE);
    room.until(3299);
    assert!(room.tv.responsive());
    room.until(1_000_000);
    assert!(!room.tv.responsive());
    let call = room.call(Action::GetTransportInfo);
    assert!(!room.answers.contains_key(&call), "for good");
    room.tv.remote(room.now, Remote::PullPlug);
    room.tv.remote(room.now, Remote::PowerOn);
    assert_eq!(room.info(), (NoMediaPresent, false));

    let mut room = Room::with(Quirks { next: NextUri::TakenAsCurrent, ..Quirks::default() });
    assert_eq!(room.set(CLIP), DONE);
    assert_eq!(room.ask(Action::Play), DONE);
    assert_eq!(room.ask(next(OTHER)), DONE);
    room.until(1000);
    assert_eq!(room.tv.on_screen(at(1000)).unwrap().0, OTHER, "too early");

    let hand_over_stops = ms(700);
    let mut room = Room::with(Quirks { hand_over_stops, ..Quirks::default() }).playing(1200);
    assert_eq!(room.ask(next(OTHER)), DONE);
    room.until(4200);
    assert_eq!(room.tv.state(), Stopped);
    room.until(4900);
    assert_eq!(room.tv.state(), Playing);

    let mut room = Room::with(Quirks { stale_next: true, ..Quirks::default() }).playing(1200);
    assert_eq!(room.ask(next(OTHER)), DONE);
    assert_eq!(room.ask(Action::Stop), DONE);
    assert_eq!(room.media().next_uri.as_deref(), Some(OTHER), "survives Stop");
}

#[test]
fn set_while_playing_in_all_its_ways() {
    for (set_while_playing, answer, state, shown) in [
        (SetWhilePlaying::Switches, DONE, Playing, OTHER),
        (SetWhilePlaying::Stops, DONE, Stopped, OTHER),
        (SetWhilePlaying::Dropped, DONE, Playing, CLIP),
        (SetWhilePlaying::Refused(701), Err(701), Playing, CLIP),
    ] {
        let mut room = Room::with(Quirks { set_while_playing, ..Quirks::default() }).playing(1200);
        assert_eq!(room.set(OTHER), answer);
        assert_eq!((room.tv.state(), room.media().current_uri.unwrap().as_str()), (state, shown));
    }
}

#[test]
fn starts_by_itself_says_stopped_or_loses_an_early_play() {
    let mut room = Room::with(Quirks { starts_on_set: true, ..Quirks::default() });
    assert_eq!(room.set(CLIP), DONE);
    room.until(200);
    assert_eq!(room.tv.state(), Playing);

    let mut room = Room::with(Quirks { set_says_stopped: true, ..Quirks::default() }).listening();
    room.set(CLIP).unwrap();
    room.until(20);
    room.set(OTHER).unwrap();
    room.until(1000);
    assert_eq!(room.states(), [(10, Stopped), (20, Stopped)]);

    let mut room = Room::with(Quirks { set_takes: ms(1700), ..Quirks::default() });
    let set = room.call(set(CLIP, MetadataLevel::Full, "audio/wav"));
    room.call(Action::Play);
    room.until(1699);
    assert!(!room.answers.contains_key(&set));
    room.until(9000);
    assert_eq!(room.answers[&set], (at(1700), DONE));
    assert_eq!(room.tv.state(), Stopped, "the Play was lost");
    assert_eq!(room.ask(Action::Play), DONE);
    assert_eq!(room.tv.state(), Transitioning);
}

#[test]
fn refuses_metadata_mimes_urls_and_bare_servers() {
    let ask = |quirks: Quirks, action: Action| {
        let mut room = Room::with(quirks);
        room.server.features = false;
        room.ask(action)
    };
    let plain = Quirks::default;
    let wav = |level| set(CLIP, level, "audio/wav");
    assert_eq!(
        ask(Quirks { full_metadata: Some(402), ..plain() }, wav(MetadataLevel::Full)),
        Err(402)
    );
    assert_eq!(
        ask(Quirks { full_metadata: Some(402), ..plain() }, wav(MetadataLevel::Plain)),
        DONE
    );
    assert_eq!(
        ask(Quirks { plain_metadata: Some(402), ..plain() }, wav(MetadataLevel::Plain)),
        Err(402)
    );
    assert_eq!(
        ask(Quirks { compat_metadata: Some(402), ..plain() }, wav(MetadataLevel::Compat)),
        Err(402)
    );
    assert_eq!(
        ask(Quirks { empty_metadata: Some(501), ..plain() }, wav(MetadataLevel::Empty)),
        Err(501)
    );
    let picky = Quirks { mimes: Some(&["video/x-mkv"]), ..plain() };
    assert_eq!(ask(picky.clone(), set(CLIP, MetadataLevel::Full, "video/x-matroska")), Err(714));
    assert_eq!(ask(picky, set(CLIP, MetadataLevel::Full, "video/x-mkv")), DONE);
    let sonos = presets::sonos().quirks;
    assert_eq!(
        ask(sonos.clone(), set("http://10.0.0.1/m/7", MetadataLevel::Full, "audio/wav")),
        Err(714)
    );
    assert_eq!(ask(sonos, wav(MetadataLevel::Full)), DONE);
    assert_eq!(ask(presets::samsung_tizen().quirks, wav(MetadataLevel::Full)), Err(716));
}

#[test]
fn ends_and_positions_in_all_their_ways() {
    let play = |quirks: Quirks| Room::with(quirks).playing(1200);
    let plain = Quirks::default;

    let mut room = play(Quirks { end_zeroes_position: true, ..plain() });
    room.until(4200);
    assert_eq!((room.tv.state(), room.rel_time()), (Stopped, 0));

    let mut room = play(Quirks { end_flicker: ms(1200), ..plain() });
    room.until(4200);
    assert_eq!((room.tv.state(), room.rel_time()), (Playing, 0));
    room.until(5400);
    assert_eq!(room.tv.state(), Stopped);

    let mut room = play(Quirks { end_says_playing: true, ..plain() });
    room.until(900_000);
    assert_eq!((room.tv.state(), room.rel_time()), (Playing, 4000));

    let mut room = play(Quirks { rel_time: RelTime::AlwaysZero, ..plain() });
    room.until(3200);
    assert_eq!(room.rel_time(), 0);
    let mut room = play(Quirks { rel_time: RelTime::NotImplemented, ..plain() });
    assert_eq!(room.position().rel_time, None);
    let mut room = play(Quirks { hides_duration: true, ..plain() });
    assert_eq!(room.position().track_duration, None);

    let mut room = Room::with(Quirks { position_when_idle: Some(718), ..plain() });
    assert_eq!(room.ask(Action::GetPositionInfo), Err(718));
    let mut room = play(Quirks { stop_clears_uri: true, ..plain() });
    assert_eq!(room.ask(Action::Stop), DONE);
    assert_eq!(room.ask(Action::Play), Err(701), "needs the URI again");
}

#[test]
fn pictures_stay_end_or_end_after_an_hour() {
    for (still, millis, expected) in [
        (Still::Stays, 86_400_000, Playing),
        (Still::EndsAtOnce, 200, Stopped),
        (Still::EndsAfter(ms(60_000)), 60_199, Playing),
        (Still::EndsAfter(ms(60_000)), 60_200, Stopped),
    ] {
        let mut room = Room::with(Quirks { still, announces_every: None, ..Quirks::default() });
        room.server.mime = "image/jpeg";
        room.set("http://10.0.0.1/a.jpg").unwrap();
        room.ask(Action::Play).unwrap();
        room.until(millis);
        assert_eq!(room.tv.state(), expected, "{still:?}");
        assert_eq!(room.position().track_duration, None);
    }
}

const PICTURE: &str = "http://10.0.0.1:9000/m/3/a.jpg";
const PICTURE_TOO: &str = "http://10.0.0.1:9000/m/4/b.jpg";

#[test]
fn says_to_play_what_it_has_against_the_uri() {
    let mut room = Room::of(presets::yamaha());
    assert_eq!(room.ask(set(CLIP, MetadataLevel::Plain, "audio/wav")), DONE);
    assert_eq!(room.ask(Action::Play), Err(501));
    assert_eq!(room.ask(set(CLIP, MetadataLevel::Full, "audio/wav")), DONE);
    assert_eq!(room.ask(Action::Play), DONE);

    let picky =
        Quirks { refuses_at_play: true, mimes: Some(&["audio/x-wav"]), ..Quirks::default() };
    let mut room = Room::with(picky);
    assert_eq!(room.ask(set(CLIP, MetadataLevel::Full, "audio/wav")), DONE);
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
