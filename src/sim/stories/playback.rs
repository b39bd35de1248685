//! A press plays: films, songs, pictures, subtitles, on every renderer.

use super::*;
use crate::config::FileState;
use crate::sim::quirks::{PlayEmpty, RelTime, Still, Subtitles, TrackUri};
use crate::upnp::action::TransportState;
use std::path::Path;

/// How long a press may take to bring the picture: what the renderer takes by its own account, and
/// what the network and one look at its state add.
fn patience(preset: &Preset) -> u64 {
    let quirks = &preset.quirks;
    let loading = quirks.loading + quirks.loading_jitter + quirks.set_takes;
    // Set and Play, and the answer to what was in flight at the press. A renderer that takes 10 s to answer is given up
    // once, after 5 s.
    let answers = 3 * quirks.answers_after;
    let impatience = if answers.is_zero() { 100 } else { 1_000 };
    u64::try_from((loading + answers).as_millis()).unwrap() + impatience
}

#[test]
fn a_press_plays_on_every_renderer_that_lets_itself_be_played_on() {
    for preset in presets::all().iter().filter(|p| p.name != "leica") {
        for seed in 1..4 {
            let mut world = Scenario::of(preset.clone()).seed(seed).start();
            world.run(5_000);
            assert_eq!(world.screen(0), None, "{}: nobody asked", preset.name);
            world.press(PanelAction::Play);
            let took = world.until(60_000, |w| w.shows(0, "clip.mp4"));
            let took = took.unwrap_or_else(|| panic!("{} never plays", preset.name));
            let patience = patience(preset);
            assert!(took <= patience, "{}: {took} of {patience} ms", preset.name);
            world.pass(5_000);
            let (_, position) = world.screen(0).expect("it goes on");
            assert!(position > ms(4_900), "{}: {position:?}", preset.name);
        }
    }
}

#[test]
fn a_renderer_that_refuses_every_play_is_asked_ever_more_rarely() {
    let mut world = Scenario::of(presets::leica()).autoplay().start();
    world.run(600_000);
    assert!(world.nodes[0].rounds.is_empty());
    let plays: Vec<_> = world.nodes[0].called("Play").iter().map(|c| c.at).collect();
    assert!((8..=13).contains(&plays.len()), "{}", plays.len());
    let last = plays.windows(2).last().expect("several");
    assert!(last[1].since(last[0]) > ms(95_000));
    world.ask_status();
}

#[test]
fn every_kind_of_media_plays() {
    for (path, name) in [
        ("/m/song.mp3", "song.mp3"),
        ("/m/film.mkv", "film.mkv"),
        ("/m/picture.jpg", "picture.jpg"),
    ] {
        for preset in [presets::well_behaved(), presets::rygel(), presets::lg_webos()] {
            let length = if name.ends_with("jpg") { 0 } else { 30_000 };
            let scenario = Scenario::of(preset).files(&[(path, length)]).autoplay();
            let mut world = scenario.start();
            assert!(world.until(10_000, |w| w.shows(0, name)).is_some(), "{name}");
        }
    }
}

#[test]
fn metadata_that_is_refused_is_written_more_simply_and_the_habit_is_kept() {
    let picky = but(|q| {
        (q.full_metadata, q.plain_metadata) = (Some(501), Some(501));
        q.compat_metadata = Some(402);
    });
    let mut world = Scenario::of(picky).autoplay().start();
    let took = world.until(1_000, |w| w.shows(0, "clip.mp4"));
    assert!(took.is_some_and(|took| took < 300), "{took:?}");
    world.run(25_000);
    let sets = world.nodes[0].called("SetAVTransportURI");
    let refused: Vec<_> = sets.iter().map(|set| set.refused).collect();
    let (first, later) = refused.split_at(3);
    assert_eq!(first, [Some(501), Some(501), Some(402)]);
    assert!(later.len() >= 2 && later.iter().all(Option::is_none), "{later:?}");
}

#[test]
fn a_mime_type_that_is_refused_is_called_by_its_next_name() {
    let picky = but(|q| q.mimes = Some(&["video/divx"]));
    let scenario = Scenario::of(picky).files(&[("/m/film.mkv", 30_000)]);
    let mut world = scenario.autoplay().start();
    assert!(world.until(1_000, |w| w.shows(0, "film.mkv")).is_some());
}

#[test]
fn a_refused_file_is_never_followed_by_play() {
    let refuses = but(|q| {
        (q.full_metadata, q.plain_metadata) = (Some(714), Some(714));
        (q.compat_metadata, q.empty_metadata) = (Some(714), Some(714));
        q.refused_set_keeps_old = true;
        q.play_empty = PlayEmpty::TransitionsForEver;
    });
    let mut world = Scenario::of(refuses).autoplay().start();
    world.run(120_000);
    assert!(world.nodes[0].called("SetAVTransportURI").len() > 10);
    assert_eq!(world.nodes[0].called("Play").len(), 0);
}

#[test]
fn a_renderer_locked_by_its_viewer_plays_after_a_stop() {
    let mut world = playing(Scenario::of(presets::panasonic_viera()));
    world.remote(0, Remote::Stop);
    world.pass(5_000);
    assert_eq!(world.screen(0), None);
    world.press(PanelAction::Next);
    let took = world.until(5_000, |w| w.shows(0, "clip.mp4"));
    assert!(took.is_some_and(|took| took < 1_500), "{took:?}");
    let nodes = &world.nodes[0];
    assert!(nodes.calls.iter().any(|c| c.refused == Some(705)));
    assert!(!nodes.called("Stop").is_empty());
}

#[test]
fn a_renderer_that_is_busy_while_it_opens_its_player_is_asked_again() {
    let busy = but(|q| {
        q.in_transition = Some(701);
        q.loading = ms(4_000);
        q.stopping = ms(2_500);
    });
    let files = [("/m/a.mp4", 20_000), ("/m/b.mp4", 20_000)];
    let mut world = Scenario::of(busy).files(&files).autoplay().start();
    world.run(2_000);
    world.press(PanelAction::Next);
    let took = world.until(20_000, |w| w.shows(0, "b.mp4"));
    assert!(took.is_some_and(|took| took < 12_000), "{took:?}");
    let refused = |c: &&crate::sim::world::Exchange| c.refused == Some(701);
    assert!(world.nodes[0].calls.iter().filter(refused).count() <= 8);
}

#[test]
fn next_and_previous_go_through_the_folder_on_every_way_to_change_a_file() {
    for change in [
        SetWhilePlaying::Switches,
        SetWhilePlaying::Stops,
        SetWhilePlaying::Refused(701),
        SetWhilePlaying::Refused(705),
        SetWhilePlaying::Dropped,
    ] {
        let preset = but(|q| q.set_while_playing = change);
        let files = [("/m/1.mp4", 60_000), ("/m/2.mp4", 70_000), ("/m/3.mp4", 80_000)];
        let mut world = Scenario::of(preset).files(&files).autoplay().start();
        world.run(3_000);
        for (action, file) in [
            (PanelAction::Next, "2.mp4"),
            (PanelAction::Next, "3.mp4"),
            (PanelAction::Next, "1.mp4"),
            (PanelAction::Prev, "3.mp4"),
        ] {
            world.press(action);
            let took = world.until(30_000, |w| w.shows(0, file));
            assert!(took.is_some(), "{change:?}: {file}");
            world.pass(3_000);
            world.ask_status();
        }
    }
}

#[test]
fn a_press_pauses_and_the_next_goes_on_from_there() {
    for preset in [presets::well_behaved(), presets::gmrender(), presets::rygel()] {
        let mut world = playing(Scenario::of(preset));
        world.press(PanelAction::PlayPause);
        world.pass(500);
        assert_eq!(world.nodes[0].renderer.state(), TransportState::PausedPlayback);
        let (_, held) = world.screen(0).expect("a still picture");
        world.pass(60_000);
        assert_eq!(world.screen(0).map(|(_, at)| at), Some(held));
        world.press(PanelAction::PlayPause);
        world.pass(1_000);
        let (_, at) = world.screen(0).expect("it goes on");
        assert!(at > held + ms(800), "{at:?} after {held:?}");
        assert_eq!(world.nodes[0].called("SetAVTransportURI").len(), 1);
    }
}

#[test]
fn a_command_without_effect_is_given_again_in_peace() {
    let mut world = playing(Scenario::of(but(|q| q.pause_ignored = true)));
    world.press(PanelAction::Pause);
    world.pass(6_500);
    assert_eq!(world.nodes[0].called("Pause").len(), 3);

    let mut world = playing(Scenario::of(presets::lg_webos()));
    world.press(PanelAction::Stop);
    world.pass(5_000);
    let node = &world.nodes[0];
    assert_eq!(node.called("Stop").len(), 1, "it closes its player");
    assert_eq!(node.renderer.state(), TransportState::Stopped);
}

#[test]
fn a_stop_where_nothing_plays_is_not_sent() {
    let mut world = Scenario::of(presets::kodi()).start();
    world.run(5_000);
    world.press(PanelAction::Stop);
    world.pass(60_000);
    assert!(world.nodes[0].called("Stop").is_empty());
    world.press(PanelAction::Play);
    assert!(world.until(5_000, |w| w.shows(0, "clip.mp4")).is_some());
}

#[test]
fn stop_play_and_stop_in_quick_succession_end_in_a_stop() {
    let mut world = playing(Scenario::of(presets::well_behaved()));
    for action in [PanelAction::Stop, PanelAction::Play, PanelAction::Stop] {
        world.press(action);
        world.pass(60);
    }
    assert_eq!(world.nodes[0].renderer.state(), TransportState::Stopped);
    for action in [PanelAction::Stop, PanelAction::Pause, PanelAction::Play] {
        world.press(action);
    }
    let took = world.until(5_000, |w| w.shows(0, "clip.mp4"));
    assert!(took.is_some_and(|took| took < 400), "{took:?}");
}

const PICTURES: [(&str, u64); 3] = [("/m/1.jpg", 0), ("/m/2.jpg", 0), ("/m/3.jpg", 0)];

#[test]
fn pictures_follow_each_other_on_every_renderer() {
    let shows = |p: &&Preset| p.name != "leica" && p.quirks.still != Still::EndsAtOnce;
    for preset in presets::all().iter().filter(shows) {
        let name = preset.name;
        let mut world = Scenario::of(preset.clone()).files(&PICTURES).autoplay().start();
        let mut seen = Vec::new();
        for _ in 0..8 {
            let last = seen.last().cloned();
            let shown = |w: &World| w.screen(0).map(|(file, _)| file.to_owned());
            let new = world.until(120_000, |w| shown(w).is_some_and(|f| Some(f) != last));
            assert!(new.is_some(), "{name}: {seen:?}");
            seen.extend(shown(&world));
        }
        let wanted = ["1.jpg", "2.jpg", "3.jpg"].iter().cycle().take(8);
        assert!(seen.iter().eq(wanted), "{name}: {seen:?}");
    }
}

#[test]
fn a_picture_that_fails_over_another_is_shown_after_it() {
    let mut world = Scenario::of(presets::lg_webos()).files(&PICTURES).autoplay().start();
    world.run(120_000);
    let spans = world.nodes[0].rounds.iter().map(|round| round.until.since(round.from));
    let spans: Vec<_> = spans.collect();
    assert!(spans.len() >= 6, "{} in two minutes", spans.len());
    assert!(spans.iter().all(|span| *span >= ms(9_000)), "each in peace: {spans:?}");
}

#[test]
fn a_renderer_that_fails_at_the_second_of_two_pictures_is_stopped_between_them() {
    let fails = but(|q| q.second_picture_fails = true);
    let drops = but(|q| q.set_while_playing = SetWhilePlaying::Dropped);
    for (preset, longest) in [(fails, ms(11_000)), (drops, ms(17_000))] {
        let mut world = Scenario::of(preset).files(&PICTURES).autoplay().start();
        world.run(120_000);
        let node = &world.nodes[0];
        let files: Vec<_> = node.rounds.iter().map(|r| &r.uri[r.uri.len() - 5..]).collect();
        let wanted = ["1.jpg", "2.jpg", "3.jpg"].iter().cycle().take(files.len());
        assert!(files.iter().eq(wanted), "none is left out: {files:?}");
        let spans: Vec<_> = node.rounds.iter().map(|r| r.until.since(r.from)).collect();
        assert!(spans.len() >= 8 && spans[0] <= longest, "{spans:?}");
        assert!(spans[1..].iter().all(|span| *span <= ms(11_000)), "learned at once: {spans:?}");
        assert!(node.gaps().iter().all(|gap| *gap < ms(500)), "{:?}", node.gaps());
        let stops = node.called("Stop").len();
        assert!(stops >= spans.len() - 1 && stops <= spans.len() + 1, "{stops}");
        assert!(!world.trace(200).concat().contains("may not support the format"));
    }
}

#[test]
fn pictures_of_others_follow_each_other_without_a_stop() {
    for preset in [presets::well_behaved(), presets::rygel(), presets::samsung_tizen()] {
        let name = preset.name;
        let mut world = Scenario::of(preset).files(&PICTURES).autoplay().start();
        world.run(120_000);
        assert!(world.nodes[0].rounds.len() >= 8, "{name}");
        assert_eq!(world.nodes[0].called("Stop").len(), 0, "{name}");
    }
}

#[test]
fn a_picture_that_fails_for_itself_is_no_reason_to_stop_the_others() {
    let files = [("/m/1.jpg", 0), ("/m/2.png", 0), ("/m/3.jpg", 0), ("/m/4.jpg", 0)];
    let no_png = but(|q| q.mimes = Some(&["image/jpeg"]));
    let mut world = Scenario::of(no_png).files(&files).autoplay().start();
    world.run(300_000);
    let shown = |name: &str| world.nodes[0].rounds.iter().any(|round| round.uri.ends_with(name));
    assert!(["1.jpg", "3.jpg", "4.jpg"].iter().all(|name| shown(name)) && !shown("2.png"));
    // One shows that the picture is to blame.
    assert!(world.nodes[0].called("Stop").len() <= 1);
}

#[test]
fn a_picture_kept_by_its_url_has_a_new_one_each_time() {
    let keeps = but(|q| q.caches_pictures = true);
    let mut world = Scenario::of(keeps).files(&[("/m/1.jpg", 0)]).autoplay().start();
    world.run(60_000);
    let sets = world.nodes[0].called("SetAVTransportURI");
    let mut urls: Vec<_> = sets.iter().map(|set| set.about.as_str()).collect();
    let given = urls.len();
    urls.sort_unstable();
    urls.dedup();
    assert!(given >= 5 && urls.len() == given, "{given}");
}

fn subtitled(preset: Preset) -> Scenario {
    Scenario::of(preset).files(&[("/m/film.mp4", 60_000)]).subtitled()
}

#[test]
fn each_maker_is_told_of_subtitles_in_its_own_form() {
    for preset in
        [presets::samsung_2010(), presets::samsung_tizen(), presets::lg_webos(), presets::philips()]
    {
        let name = preset.name;
        let mut world = playing_film(subtitled(preset), 0);
        for round in 0..3 {
            let shown = world.nodes[0].renderer.subtitles_on_screen().map(str::to_owned);
            let (film, _) = world.nodes[0].renderer.on_screen(world.now).expect("it plays");
            let beside = film.replace(".mp4", ".srt");
            assert_eq!(shown, Some(beside), "{name}, round {round}");
            assert!(world.until(90_000, |w| w.nodes[0].rounds.len() > round).is_some());
            assert!(world.until(10_000, |w| w.shows(0, "film.mp4")).is_some());
            world.pass(1_000);
        }
    }
}

#[test]
fn subtitles_keep_no_renderer_from_its_film() {
    for preset in presets::all().into_iter().filter(|p| p.name != "leica") {
        let name = preset.name;
        let mut world = subtitled(preset).autoplay().start();
        let took = world.until(60_000, |w| w.shows(0, "film.mp4"));
        assert!(took.is_some(), "{name}");
        assert!(world.until(200_000, |w| w.nodes[0].rounds.len() == 2).is_some(), "{name}");
    }
}

#[test]
fn metadata_with_subtitles_that_are_refused_make_room_for_those_without() {
    for code in [402, 501, 714, 716] {
        let picky = but(|q| q.subtitles = Subtitles::Refused(code));
        let mut world = playing_film(subtitled(picky), 1_000);
        assert!(world.until(300_000, |w| w.nodes[0].rounds.len() == 3).is_some());
        let refused = world.nodes[0].calls.iter().filter(|call| call.refused.is_some()).count();
        // If the renderer says that the MIME type is wrong, the other types are tried first.
        let each = if code == 714 { 3 } else { 1 };
        assert_eq!(refused, 2 * each, "{code}: twice, and never again");
    }
}

#[test]
fn a_renderer_that_opens_the_subtitles_is_given_the_film_alone() {
    let confused = but(|q| q.subtitles = Subtitles::Opened);
    let mut world = playing_film(subtitled(confused), 10_000);
    assert!(world.until(300_000, |w| w.nodes[0].rounds.len() == 3).is_some());
    let sets = world.nodes[0].called("SetAVTransportURI");
    assert_eq!(sets.len(), 2 + 3, "twice with subtitles, then never again");
}

#[test]
fn a_renderer_that_cannot_fetch_is_not_taken_for_one_that_minds_subtitles() {
    let mut world = subtitled(presets::philips()).autoplay().start();
    world.firewall = true;
    world.run(120_000);
    world.firewall = false;
    let took = world.until(200_000, |w| w.nodes[0].renderer.subtitles_on_screen().is_some());
    assert!(took.is_some());
}

/// Plays the film within this many milliseconds, or in the time that the renderer needs.
fn playing_film(scenario: Scenario, most: u64) -> World {
    let mut world = scenario.autoplay().start();
    let took = world.until(20_000, |w| w.shows(0, "film.mp4"));
    assert!(took.is_some_and(|took| most == 0 || took <= most), "{took:?} of {most}");
    world.pass(1_000);
    world
}

#[test]
fn the_time_without_an_answer_counts() {
    let preset = but(|q| {
        (q.playing_at_once, q.play_hangs_while_loading) = (true, true);
        q.rel_time = RelTime::AlwaysZero;
    });
    let mut world = Scenario::of(preset).files(&[("/m/clip.mp4", 60_000)]).autoplay().start();
    world.run(3_600_000);
    let rounds = world.nodes[0].rounds.len();
    assert!(rounds > 40, "{rounds} rounds in an hour, {:?}", world.why(0));
}

/// It drops what it is given while it shows a picture, and names nothing: the box believes what never was fetched.
#[test]
fn what_was_never_fetched_does_not_play() {
    let files = [("/m/clip.mp4", 25_000), ("/m/d.jpg", 0)];
    let mut world = playing(
        Scenario::of(but(|q| {
            (q.set_while_playing, q.track_uri) = (SetWhilePlaying::Dropped, TrackUri::Always(""));
        }))
        .files(&files),
    );
    world.pass(1_800_000);
    let rounds = world.nodes[0].rounds.len();
    assert!(rounds > 40, "{rounds} rounds in half an hour, and {}", world.status()["renderers"][0]);
}

#[test]
fn the_shortest_dwell_causes_no_storm_of_commands() {
    let there = |path: &Path| match path.extension() {
        Some(_) => FileState::File,
        None => FileState::Folder,
    };
    let text = "media = \"/m\"\n[[renderer]]\ndwell = 0.001\n";
    let Some(config) = crate::config::parse(text, &there).config else { return };
    let scenario = Scenario::of(presets::well_behaved()).files(&[("/m/1.jpg", 0), ("/m/2.jpg", 0)]);
    let mut world = scenario.rule(|rule| rule.dwell = config.rules[0].dwell).autoplay().start();
    world.run(60_000);
    assert!(world.nodes[0].called("SetAVTransportURI").len() < 120);
}
