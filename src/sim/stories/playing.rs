//! A press brings the picture, on whatever renderer, and what it refuses is asked in another way.

use super::*;
use crate::sim::quirks::PlayEmpty;
use crate::upnp::action::TransportState;

/// How long a press may take to bring the picture: what the renderer takes by its own account, and
/// what the network and one look at its state add.
fn patience(preset: &Preset) -> u64 {
    let quirks = &preset.quirks;
    let loading = quirks.loading + quirks.loading_jitter + quirks.set_takes;
    // Set and Play, and an answer to what was under way at the press; one that needs 10 s to answer
    // is given up once, after 5 s.
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
fn one_that_refuses_every_play_is_asked_ever_more_rarely() {
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
fn one_locked_by_its_viewer_plays_after_a_stop() {
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
fn one_that_is_busy_while_it_opens_its_player_is_asked_again() {
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
