//! Claims against what was seen: lengths that are wrong in any direction, positions that stand, jump or are missing, next
//! files that are dropped, and what was really played of each round.

use super::*;
use crate::sim::quirks::{FileFlaw, NextUri, RelTime, TrackUri};

const FILM: [(&str, u64); 1] = [("/m/clip.mp4", 120_000)];
const ALBUM: [(&str, u64); 3] = [("/m/a.mp3", 60_000), ("/m/b.mp3", 90_000), ("/m/c.mp3", 50_000)];
const NO_POSITION: [RelTime; 2] = [RelTime::NotImplemented, RelTime::AlwaysZero];

/// What a file says of its length, in per cent of the truth; `None`: nothing.
type Header = Option<u32>;

fn room(preset: Preset, files: &[(&'static str, u64)], header: Header) -> World {
    let mut world = Scenario::of(preset).files(files).autoplay().start();
    match header {
        Some(percent) => world.header_percent = percent,
        None => world.header = Some(None),
    }
    world
}

/// The rounds that were cut by more than a second and a half, with what was played of each, in seconds.
fn cut(world: &World, files: &[(&str, u64)]) -> Vec<String> {
    let rounds = world.nodes[0].rounds.iter();
    let lost = rounds.filter_map(|round| {
        let name = round.uri.rsplit('/').next()?;
        let (_, length) = files.iter().find(|(path, _)| path.ends_with(name))?;
        let cut = round.played + ms(1_500) < ms(*length);
        cut.then(|| format!("{name} at {}", round.played.as_micros() / 1_000_000))
    });
    lost.collect()
}

/// A viewer stops it in the middle of this file, and is respected.
fn a_viewer_is_respected(world: &mut World, file: &str, from: u64, case: &str) {
    let middle = |w: &World| {
        w.screen(0).is_some_and(|(name, at)| name == file && at > ms(from) && at < ms(from + 2_000))
    };
    assert!(world.until(600_000, middle).is_some(), "{case}: {:?}", world.why(0));
    world.remote(0, Remote::Stop);
    world.pass(120_000);
    assert_eq!(world.screen(0), None, "{case}: a viewer has stopped it");
}

#[test]
fn a_stop_elsewhere_than_at_the_end_of_many_rounds_is_a_viewers_whatever_is_claimed() {
    for header in [Some(10), Some(30), Some(50), Some(150), None] {
        let mut world = room(presets::well_behaved(), &FILM, header);
        world.run(1_800_000);
        assert!(world.nodes[0].rounds.len() >= 14, "{header:?}: {:?}", world.why(0));
        a_viewer_is_respected(&mut world, "clip.mp4", 45_000, &format!("{header:?}"));
    }
}

/// It has fetched all of it when it is stopped.
#[test]
fn a_viewer_may_stop_a_short_film_that_was_shown_whole_ten_times() {
    for sends_events in [true, false] {
        let preset = but(|q| q.sends_events = sends_events);
        let files = [("/m/clip.mp4", 24_000)];
        let mut world = room(preset, &files, Some(100));
        world.run(260_000);
        assert!(world.nodes[0].rounds.len() >= 9);
        a_viewer_is_respected(&mut world, "clip.mp4", 15_000, "a film of 24 s");
    }
}

#[test]
fn too_short_a_header_begins_no_film_anew_of_which_half_was_not_even_fetched() {
    for rel_time in NO_POSITION {
        for percent in [30, 50] {
            let mut world = room(but(|q| q.rel_time = rel_time), &FILM, Some(percent));
            world.run(1_800_000);
            let cut = cut(&world, &FILM);
            assert!(cut.len() <= 1, "{rel_time:?}, {percent} %: {cut:?}");
        }
    }
}

#[test]
fn too_short_a_header_begins_no_song_anew_where_positions_are_missing() {
    for rel_time in NO_POSITION {
        let mut world = room(but(|q| q.rel_time = rel_time), &ALBUM, Some(50));
        world.run(1_800_000);
        let cut = cut(&world, &ALBUM);
        assert!(cut.len() <= 3, "{rel_time:?}: {cut:?}");
    }
}

/// Every file ends with STOPPED on it, so nothing need be cut.
#[test]
fn a_length_a_tenth_too_short_cuts_nothing_where_the_end_is_told() {
    for rel_time in NO_POSITION {
        let preset = but(|q| (q.rel_time, q.claims_percent) = (rel_time, 90));
        let mut world = room(preset, &FILM, None);
        world.run(1_800_000);
        let cut = cut(&world, &FILM);
        assert!(cut.len() <= 1, "{rel_time:?}: {cut:?}");
    }
}

#[test]
fn positions_that_are_told_only_every_second_time_cut_no_song() {
    let mut world = room(but(|q| q.rel_time = RelTime::EverySecond), &ALBUM, Some(10));
    world.run(1_800_000);
    let cut = cut(&world, &ALBUM);
    assert!(cut.len() <= 3, "{cut:?}");
}

#[test]
fn the_first_song_of_an_album_is_played_whole_though_its_header_is_too_short() {
    for percent in [10, 30, 50] {
        let mut world = room(presets::well_behaved(), &ALBUM, Some(percent));
        world.run(900_000);
        assert_eq!(cut(&world, &ALBUM), [""; 0], "{percent} %");
    }
}

#[test]
fn a_position_that_moved_once_and_never_again_cuts_no_round() {
    for moves in [1_000, 3_000] {
        let mut world = room(but(|q| q.rel_time = RelTime::StandsAt(ms(moves))), &FILM, Some(100));
        world.run(1_800_000);
        let cut = cut(&world, &FILM);
        assert!(cut.len() <= 1, "{moves} ms: {cut:?}");
    }
}

/// Nobody knows the length; it says STOPPED at the end.
#[test]
fn a_film_that_is_fetched_at_once_is_not_over_where_its_position_stands() {
    let preset = but(|q| {
        (q.rel_time, q.reads_ahead) = (RelTime::StandsAt(ms(2_000)), None);
        q.hides_duration = true;
    });
    let mut world = room(preset, &FILM, None);
    world.run(1_800_000);
    let cut = cut(&world, &FILM);
    assert!(cut.len() <= 2, "{cut:?}");
}

/// It tells the true position and four seconds more, in turn; at the end it says PLAYING for ever.
#[test]
fn a_film_of_known_length_loops_though_positions_jump_at_its_end() {
    let preset = but(|q| (q.rel_time, q.end_says_playing) = (RelTime::Jumps(ms(4_000)), true));
    let mut world = room(preset, &FILM, Some(100));
    world.run(1_800_000);
    let rounds = world.nodes[0].rounds.len();
    assert!(rounds >= 10, "{rounds} rounds in half an hour, {:?}", world.why(0));
}

#[test]
fn a_film_that_is_said_to_last_fifteen_hours_is_stopped_by_nobody_though_positions_jump() {
    for by in [2_000, 4_000, 9_000] {
        let preset = but(|q| {
            q.rel_time = RelTime::Jumps(ms(by));
            q.claims_duration = Some(ms(54_000_000));
        });
        let mut world = room(preset, &FILM, None);
        world.run(1_800_000);
        let rounds = world.nodes[0].rounds.len();
        assert!(rounds >= 10, "by {by} ms: {rounds} rounds in half an hour, {:?}", world.why(0));
    }
}

/// The lengths are told right, or too long, or not at all.
const LENGTHS: [(Header, Option<u32>); 3] = [(Some(100), None), (None, Some(130)), (None, None)];

fn album(next: NextUri, (header, claims): (Header, Option<u32>)) -> World {
    let preset = but(|q| {
        q.next = next;
        q.hides_duration = claims.is_none() && header.is_none();
        q.claims_percent = claims.unwrap_or(100);
    });
    room(preset, &ALBUM, header)
}

/// In place of the next song it says STOPPED, without a URI.
#[test]
fn an_album_goes_on_where_a_next_song_is_dropped() {
    for every in [3, 7] {
        let mut world = album(NextUri::DropsEvery(every), LENGTHS[0]);
        world.run(3_600_000);
        let node = &world.nodes[0];
        assert!(node.rounds.len() >= 50, "{} songs, {:?}", node.rounds.len(), world.why(0));
        assert!(node.gaps().iter().all(|gap| *gap < ms(3_000)), "{:?}", node.gaps());
    }
}

#[test]
fn an_album_of_unknown_lengths_goes_on_where_a_next_song_is_dropped() {
    for lengths in &LENGTHS[1..] {
        for every in [3, 7, 1] {
            let mut world = album(NextUri::DropsEvery(every), *lengths);
            world.run(3_600_000);
            let songs = world.nodes[0].rounds.len();
            assert!(songs >= 45, "{lengths:?}, every {every}: {songs} songs, {:?}", world.why(0));
        }
    }
}

#[test]
fn one_next_song_dropped_after_an_hour_of_good_ones_ends_nothing() {
    for lengths in LENGTHS {
        let mut world = album(NextUri::Works(ms(0)), lengths);
        world.run(3_600_000);
        let before = world.nodes[0].rounds.len();
        world.nodes[0].renderer.change(|q| q.next = NextUri::DropsEvery(1));
        assert!(world.until(200_000, |w| w.screen(0).is_none()).is_some());
        world.nodes[0].renderer.change(|q| q.next = NextUri::Works(ms(0)));
        world.pass(900_000);
        let songs = world.nodes[0].rounds.len() - before;
        assert!(songs >= 11, "{lengths:?}: {songs} songs, {:?}", world.why(0));
    }
}

#[test]
fn the_song_that_the_box_itself_gave_as_the_next_is_no_other_box() {
    for rel_time in NO_POSITION {
        for claims_percent in [110, 130, 300] {
            for sends_events in [true, false] {
                let preset = but(|q| {
                    (q.rel_time, q.sends_events) = (rel_time, sends_events);
                    q.claims_percent = claims_percent;
                });
                let mut world = room(preset, &ALBUM, None);
                world.run(1_800_000);
                let songs = world.nodes[0].rounds.len();
                let case = format!("{rel_time:?}, {claims_percent} %, events {sends_events}");
                assert!(songs >= 24, "{case}: {songs} songs, {:?}", world.why(0));
            }
        }
    }
}

#[test]
fn a_film_said_to_last_a_tenth_or_fifteen_hours_plays_whole_where_positions_are_told() {
    for (header, claims) in
        [(Some(10), 100), (None, 10), (Some(300), 300), (Some(10), 300), (None, 45_000)]
    {
        let mut world = room(but(|q| q.claims_percent = claims), &FILM, header);
        world.run(1_800_000);
        let rounds = world.nodes[0].rounds.len();
        let case = format!("{header:?}, {claims} %");
        assert!(rounds >= 14, "{case}: {rounds} rounds, {:?}", world.why(0));
        assert_eq!(cut(&world, &FILM), [""; 0], "{case}");
    }
}

/// Both the file and the renderer say it: a clock that was wrong when it was made.
#[test]
fn fifteen_hours_that_everybody_claims_are_no_viewer() {
    for percent in [150, 1_000, 45_000] {
        let mut world = room(but(|q| q.claims_percent = percent), &FILM, Some(percent));
        world.run(1_800_000);
        let rounds = world.nodes[0].rounds.len();
        assert!(rounds >= 14, "{percent} %: {rounds} rounds, {:?}", world.why(0));
    }
}

/// It says PLAYING, shows that it cannot play the film, and stops as if a viewer had stopped it.
#[test]
fn a_film_that_is_said_to_play_and_never_moves_is_left_out() {
    const FILMS: [(&str, u64); 3] =
        [("/m/a.mp4", 30_000), ("/m/bad.mp4", 3_600_000), ("/m/c.mp4", 30_000)];
    const FLAWS: [[(&str, FileFlaw); 1]; 3] = [
        [("bad", FileFlaw::FailsAfter(ms(3_000)))],
        [("bad", FileFlaw::FailsAfter(ms(6_000)))],
        [("bad", FileFlaw::FailsAfter(ms(14_000)))],
    ];
    for flaws in &FLAWS {
        for sends_events in [true, false] {
            let preset = but(|q| {
                (q.flaws, q.failure) = (flaws, FetchFailure::SilentStop);
                q.sends_events = sends_events;
            });
            let mut world = Scenario::of(preset).files(&FILMS).autoplay().start();
            world.run(600_000);
            let case = format!("{flaws:?}, events {sends_events}");
            let rounds = world.nodes[0].rounds.len();
            assert!(rounds >= 14, "{case}: {rounds} rounds, {:?}", world.why(0));
            let left_out = world.status()["renderers"][0]["left_out"].to_string();
            assert!(left_out.contains("bad.mp4"), "{case}: {left_out}");
        }
    }
}

/// It fetches what it is given and serves it to itself.
#[test]
fn a_renderer_that_names_a_server_of_its_own_is_not_taken_over() {
    for track_uri in ["http://127.0.0.1:8008/1", "http://10.0.0.11:8008/1.mp4"] {
        for reads_ahead in [None, Some(ms(10_000))] {
            let preset = but(|q| {
                (q.track_uri, q.reads_ahead) = (TrackUri::Always(track_uri), reads_ahead);
            });
            let mut world = playing(Scenario::of(preset).files(&FILM));
            world.run(1_800_000);
            let case = format!("{track_uri}, {reads_ahead:?}");
            let rounds = world.nodes[0].rounds.len();
            assert!(rounds >= 14, "{case}: {rounds} rounds, {:?}", world.why(0));
            assert_eq!(cut(&world, &FILM), [""; 0], "{case}");
        }
    }
}

#[test]
fn what_a_viewer_plays_from_the_television_itself_is_left_alone() {
    const FILM: [(&str, u64); 1] = [("/m/clip.mp4", 3_600_000)];
    let mut world = playing(Scenario::of(presets::well_behaved()).files(&FILM));
    world.pass(60_000);
    let theirs = "http://127.0.0.1:9000/usb/holiday.mp4";
    world.remote(0, Remote::PlayOther(theirs.to_owned()));
    world.pass(120_000);
    let why = world.why(0).0.map(|(word, _)| word);
    assert_eq!(why.as_deref(), Some("taken_over"));
    world.pass(7_200_000);
    assert_eq!(world.nodes[0].renderer.on_screen(world.now).map(|(uri, _)| uri), Some(theirs));
}

const SHORTS: [(&str, u64); 3] = [("/m/a.ts", 12_000), ("/m/b.ts", 15_000), ("/m/c.ts", 9_000)];

/// Nothing says how long they are: neither the files nor the renderer, which fetches each at once.
fn shorts() -> World {
    room(but(|q| (q.hides_duration, q.reads_ahead) = (true, None)), &SHORTS, None)
}

#[test]
fn short_films_of_unknown_length_loop() {
    let mut world = shorts();
    world.run(1_800_000);
    let rounds = world.nodes[0].rounds.len();
    assert!(rounds >= 100, "{rounds} rounds, {:?}", world.why(0));
    assert_eq!(cut(&world, &SHORTS), [""; 0]);
}

#[test]
fn the_third_stop_of_short_films_of_unknown_length_is_a_viewers() {
    let mut world = shorts();
    for _ in 0..3 {
        assert!(world.until(90_000, |w| w.screen(0).is_some()).is_some(), "{:?}", world.why(0));
        world.pass(5_000);
        world.remote(0, Remote::Stop);
        world.pass(2_000);
    }
    world.pass(600_000);
    assert_eq!(world.screen(0), None);
}
