//! Why does a renderer not play? Each case with the sentence that a person reads, and what the LED shows.
//!
//! | case | what the media server saw | word |
//! |---|---|---|
//! | a firewall between TV and media server | nothing | `cannot_reach_box` |
//! | it asks about the file and never for it | HEAD | `only_asked` |
//! | it opens connections and drops them | looks at the beginning | `hung_up` |
//! | it fetches and shows nothing | the file | `does_not_play` |
//! | it refuses the format | nothing, or HEAD | `refuses_file` |
//! | the disk fails | a connection that breaks on our side | `unreadable` |
//! | it has the whole file and plays on | everything | none: it plays |

use super::*;
use crate::kiosk::event::{Event, StreamEnd, TaskName};
use crate::kiosk::leds::Pattern;
use crate::kiosk::token::Token;
use crate::sim::fake_renderer::Remote;
use crate::sim::quirks::PlaybackFailure;
use crate::upnp::HttpUrl;

const ALL_FAILURES: [FetchFailure; 3] =
    [FetchFailure::Unnoticed, FetchFailure::SilentStop, FetchFailure::ErrorOccurred];

/// Within two minutes, the box gives this reason for a renderer that should play, and keeps to it for two more.
fn says(mut world: World, case: &str, word: &str, sentence: &str) -> World {
    let said = |w: &World| w.why(0).0.is_some_and(|(said, _)| said == word);
    assert!(world.until(120_000, said).is_some(), "{case}: {:?}", world.why(0));
    let expected = (Some((word.to_owned(), sentence.to_owned())), Pattern::Degraded);
    assert_eq!(world.why(0), expected, "{case}");
    for _ in 0..60 {
        world.pass(2_000);
        assert_eq!(world.why(0), expected, "{case}");
    }
    let line = format!("TV 1: {sentence}");
    let lines = world.trace(256).into_iter().filter(|said| said.ends_with(&line)).count();
    assert_eq!(lines, 1, "{case}: the log says it once");
    world
}

/// The cause is gone: the renderer plays, and no reason is given.
fn recovers(mut world: World, case: &str) {
    assert!(world.until(150_000, |w| w.shows(0, "clip.mp4")).is_some(), "{case}");
    world.pass(3_000);
    assert_eq!(world.why(0), (None, Pattern::Playing), "{case}");
}

const CANNOT_REACH: &str = "it cannot reach the box: a firewall blocks it, or the two are on different \
    networks (VLAN, guest Wi-Fi); the renderer must be able to reach http://10.0.0.1:8895";

#[test]
fn a_firewall_that_comes_up_after_rounds_that_went_well_is_named_too() {
    for failure in ALL_FAILURES {
        let case = format!("{failure:?}");
        let preset = but(|q| q.failure = failure);
        let mut world = Scenario::of(preset).autoplay().start();
        world.run(120_000);
        assert!(world.shows(0, "clip.mp4"), "{case}");
        world.firewall = true;
        let mut world = says(world, &case, "cannot_reach_box", CANNOT_REACH);
        world.firewall = false;
        recovers(world, &case);
    }
}

#[test]
fn a_firewall_between_is_named_with_the_address_that_must_be_reached() {
    for failure in ALL_FAILURES {
        for probe in [Probe::Nothing, Probe::Head, Probe::Get] {
            let case = format!("{failure:?}, {probe:?}");
            let preset = but(|q| (q.failure, q.probe) = (failure, probe));
            let mut world = Scenario::of(preset).autoplay().start();
            world.firewall = true;
            let mut world = says(world, &case, "cannot_reach_box", CANNOT_REACH);
            world.firewall = false;
            recovers(world, &case);
        }
    }
}

#[test]
fn before_it_is_given_up_it_is_told_once_more_and_that_is_no_fault_yet() {
    let preset = but(|q| q.failure = FetchFailure::Unnoticed);
    let mut world = Scenario::of(preset).autoplay().start();
    world.firewall = true;
    world.run(25_000);
    assert_eq!(world.nodes[0].called("SetAVTransportURI").len(), 2, "armed again");
    let (why, _) = world.why(0);
    let sentence = "it accepted clip.mp4 but has not fetched it yet".to_owned();
    assert_eq!(why, Some(("not_fetched_yet".to_owned(), sentence)));
}

#[test]
fn a_renderer_that_only_asks_about_the_file_can_reach_the_box() {
    let preset =
        but(|q| (q.probe, q.playback_failure) = (Probe::Head, Some(PlaybackFailure::NeverAsks)));
    says(
        Scenario::of(preset).autoplay().start(),
        "",
        "only_asked",
        "it asked about clip.mp4 but never fetched it: it may not support the format",
    );
}

#[test]
fn a_renderer_that_hangs_up_is_named_whatever_it_says() {
    for at_once in [false, true] {
        for failure in ALL_FAILURES {
            let preset = but(|q| {
                q.playback_failure = Some(PlaybackFailure::HangsUp(3));
                (q.failure, q.playing_at_once) = (failure, at_once);
            });
            says(
                Scenario::of(preset).autoplay().start(),
                &format!("{failure:?}, PLAYING at once: {at_once}"),
                "hung_up",
                "it began to fetch clip.mp4 3 times and hung up each time: it may not support the format",
            );
        }
    }
}

#[test]
fn a_renderer_that_fetches_and_shows_nothing_may_not_know_the_format() {
    for failure in ALL_FAILURES {
        let preset = but(|q| {
            q.playback_failure = Some(PlaybackFailure::ShowsNothing);
            (q.failure, q.reads_ahead) = (failure, None);
        });
        says(
            Scenario::of(preset).autoplay().start(),
            &format!("{failure:?}"),
            "does_not_play",
            "it fetched clip.mp4 but does not play it: it may not support the format",
        );
    }
}

#[test]
fn a_format_that_is_refused_is_named() {
    for probe in [Probe::Nothing, Probe::Head] {
        for late in [false, true] {
            let preset = but(|q| {
                q.mimes = Some(&["video/x-flv"]);
                q.empty_metadata = Some(714);
                (q.probe, q.refuses_at_play) = (probe, late);
            });
            says(
                Scenario::of(preset).autoplay().start(),
                &format!("{probe:?}, at Play: {late}"),
                "refuses_file",
                "it refuses to play clip.mp4: it may not support this kind of file",
            );
        }
    }
}

#[test]
fn a_renderer_that_has_the_whole_file_plays_on_without_the_box() {
    let preset = but(|q| q.reads_ahead = None);
    let mut world = playing(Scenario::of(preset).files(&[("/m/clip.mp4", 600_000)]));
    world.firewall = true;
    world.disk_fails(true);
    world.tell(Event::TaskEnded(TaskName::MediaServer, "it was killed".into()));
    world.pass(300_000);
    assert!(world.shows(0, "clip.mp4"));
    assert_eq!(world.why(0), (None, Pattern::Playing));
}

#[test]
fn a_disk_that_fails_is_the_fault_of_the_box() {
    let mut world =
        playing(Scenario::of(presets::well_behaved()).files(&[("/m/clip.mp4", 600_000)]));
    world.disk_fails(true);
    let sentence = "the box cannot read clip.mp4: check the disk; trying again";
    let mut world = says(world, "", "unreadable", sentence);
    world.disk_fails(false);
    recovers(world, "");
}

#[test]
fn a_silent_renderer_is_told_from_one_that_hangs() {
    for (cut, word) in [(true, "unreachable"), (false, "hung")] {
        let mut world = playing(Scenario::of(presets::well_behaved()));
        match cut {
            true => world.remote(0, Remote::PullPlug),
            false => world.hang(0),
        }
        world.pass(60_000);
        let (why, shown) = world.why(0);
        assert_eq!((why.map(|(said, _)| said).as_deref(), shown), (Some(word), Pattern::Degraded));
    }
}

#[test]
fn a_renderer_that_should_not_play_says_why_and_no_led_complains() {
    let rests = |world: &World, word: &str, sentence: &str| {
        let said = Some((word.to_owned(), sentence.to_owned()));
        assert_eq!(world.why(0), (said, Pattern::Ready));
    };
    let film = [("/m/film.mp4", 600_000)];
    let mut world = Scenario::of(presets::well_behaved()).files(&film).start();
    world.run(5_000);
    rests(&world, "not_asked", "nobody has started it yet; press play");
    world.press(PanelAction::Play);
    world.pass(5_000);
    assert_eq!(world.why(0), (None, Pattern::Playing));
    world.press(PanelAction::Pause);
    world.pass(2_000);
    rests(&world, "paused", "it was paused at the box; press play to resume");
    world.press(PanelAction::Stop);
    world.pass(2_000);
    rests(&world, "stopped", "it was stopped at the box; press play to start it again");
    world.press(PanelAction::Play);
    world.pass(12_000);
    world.remote(0, Remote::Stop);
    world.pass(3_000);
    rests(&world, "viewer_stopped", "a viewer stopped it; press play to start it again");
    world.press(PanelAction::Play);
    world.pass(12_000);
    world.remote(0, Remote::Pause);
    world.pass(3_000);
    rests(&world, "viewer_paused", "a viewer paused it; press play to resume");
    world.press(PanelAction::Play);
    world.pass(60_000);
    world.remote(0, Remote::PlayOther("http://10.0.0.99/other.mp4".into()));
    world.pass(120_000);
    rests(
        &world,
        "taken_over",
        "somebody else is playing something on it; press play to take it back",
    );

    let once = Scenario::of(presets::well_behaved()).autoplay().rule(|r| r.repeat = false);
    let mut world = once.start();
    world.run(20_000);
    rests(&world, "finished", "the programme is over");
}

#[test]
fn a_renderer_that_the_box_insists_on_says_when_it_is_started_again() {
    let scenario = Scenario::of(presets::well_behaved()).rule(|r| r.on_stop = OnStop::Insist);
    let mut world = playing(scenario);
    world.remote(0, Remote::Stop);
    let yields = |w: &World| w.why(0).0.is_some_and(|(word, _)| word == "viewer_stopped");
    assert!(world.until(5_000, yields).is_some());
    let (why, _) = world.why(0);
    assert_eq!(why.unwrap().1, "a viewer stopped it; the box starts it again in 10 s");
}

#[test]
fn a_box_without_network_or_files_says_so_instead() {
    let mut world = playing(Scenario::of(presets::well_behaved()));
    world.cable(false);
    world.pass(60_000);
    let said = ("offline".to_owned(), "the box has no network".to_owned());
    assert_eq!(world.why(0), (Some(said), Pattern::NoNetwork));

    let mut world = Scenario::of(presets::well_behaved()).files(&[]).autoplay().start();
    world.run(20_000);
    let sentence =
        "there is nothing to play: the media folder is empty or missing, or nothing in it can be \
                    played"
            .to_owned();
    assert_eq!(
        world.why(0),
        (Some(("nothing_to_play".to_owned(), sentence)), Pattern::MediaMissing)
    );
}

#[test]
fn a_failing_renderer_is_shown_by_the_led_whatever_is_pressed_meanwhile() {
    let mut world = Scenario::of(but(|q| q.play_refused = Some(401))).autoplay().start();
    world.run(120_000);
    let sentence = "it refused to play (401: it does not know this action; remote control may be switched off in its menu)";
    for action in [PanelAction::VolumeUp, PanelAction::Mute, PanelAction::VolumeDown] {
        world.press(action);
        world.pass(500);
        let (why, shown) = world.why(0);
        assert_eq!(why.unwrap().1, sentence);
        assert_eq!(shown, Pattern::Degraded, "{action:?}");
    }
}

/// The renderer requests `Range: bytes=N-`, the last 100 KB.
fn reads_the_end_first(world: &mut World) {
    let (uri, _) = world.nodes[0].renderer.on_screen(world.now).expect("it plays");
    let token = Token::in_path(&HttpUrl::parse(uri).unwrap().path).unwrap();
    world.tell(Event::Served { token, bytes: 100_000, end: Some(StreamEnd::WholeFile) });
}

fn film() -> World {
    let preset = but(|q| q.failure = FetchFailure::SilentStop);
    playing(Scenario::of(preset).files(&[("/m/clip.mp4", 3_600_000)]))
}

#[test]
fn it_follows_a_box_that_gets_another_address() {
    for first in [false, true] {
        let mut world = film();
        if first {
            reads_the_end_first(&mut world);
        }
        world.pass(60_000);
        world.move_to(core::net::Ipv4Addr::new(10, 0, 0, 7));
        let back = world.until(300_000, |w| w.shows(0, "clip.mp4"));
        assert!(back.is_some(), "the end first {first}: {:?}", world.why(0));
    }
}

#[test]
fn it_goes_on_when_the_media_server_is_back() {
    for first in [false, true] {
        let mut world = film();
        if first {
            reads_the_end_first(&mut world);
        }
        world.pass(60_000);
        world.kill(TaskName::MediaServer, 2);
        world.pass(30_000);
        let back = world.until(300_000, |w| w.shows(0, "clip.mp4"));
        assert!(back.is_some(), "the end first {first}: {:?}", world.why(0));
    }
}

#[test]
fn a_viewers_stop_of_a_film_of_unknown_length_is_his_all_the_same() {
    for first in [false, true] {
        let preset = but(|q| q.hides_duration = true);
        let mut world =
            Scenario::of(preset).files(&[("/m/clip.mp4", 3_600_000)]).autoplay().start();
        world.header = Some(None);
        world.run(5_000);
        if first {
            reads_the_end_first(&mut world);
        }
        world.pass(60_000);
        world.remote(0, Remote::Stop);
        world.pass(60_000);
        assert_eq!(world.screen(0), None, "the end first {first}");
    }
}

/// The file lasts two minutes and is said to last three.
fn two_minutes(header: Option<Duration>) -> World {
    let preset = but(|q| q.claims_duration = Some(ms(180_000)));
    let mut world = Scenario::of(preset).files(&[("/m/clip.mp4", 120_000)]).autoplay().start();
    world.header = Some(header);
    world.run(1_200_000);
    world
}

/// The download was cut off, or the file has an edit list.
#[test]
fn a_file_that_is_shorter_than_its_header_says_is_no_viewers_stop() {
    let world = two_minutes(Some(ms(180_000)));
    let rounds = world.nodes[0].rounds.len();
    assert!(rounds > 5, "{rounds} rounds, {:?}", world.why(0));
}

/// The box knows no length (.ts, .avi, .wmv, …), and the renderer guesses by the bit rate.
#[test]
fn a_length_that_the_renderer_guessed_makes_no_viewer() {
    let world = two_minutes(None);
    let rounds = world.nodes[0].rounds.len();
    assert!(rounds > 5, "{rounds} rounds, {:?}", world.why(0));
}
