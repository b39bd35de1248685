//! Refusals and silence that begin or end in the middle of a programme, and what the box does about each.

use super::*;
use crate::config::{AfterClip, RepeatPress};
use crate::sim::quirks::{BareRefusal, Does, FileFlaw, NextUri, RelTime, Whim};
use crate::upnp::action::TransportState;

const FILMS: [(&str, u64); 2] = [("/m/clip.mp4", 120_000), ("/m/d.mp4", 60_000)];
const SHOW: [(&str, u64); 3] = [("/m/a.jpg", 0), ("/m/b.jpg", 0), ("/m/clip.mp4", 20_000)];
const FOR_EVER: u32 = u32::MAX;

fn whim(action: &'static str, does: Does, times: u32) -> Vec<Whim> {
    vec![Whim { action, only_in: None, times, does }]
}

/// How many rounds were shown within so many seconds.
fn rounds_in(world: &mut World, seconds: u64) -> usize {
    let before = world.nodes[0].rounds.len();
    world.pass(seconds * 1_000);
    world.nodes[0].rounds.len() - before
}

#[test]
fn a_play_that_is_done_and_not_answered_leaves_nobody_in_the_dark() {
    for rel_time in [RelTime::NotImplemented, RelTime::AlwaysZero, RelTime::Resolution(ms(1_000))] {
        for times in [1, 3, 9] {
            let preset = but(|q| {
                q.rel_time = rel_time;
                q.set_while_playing = SetWhilePlaying::Refused(705);
            });
            let mut world = playing(Scenario::of(preset).files(&FILMS));
            world.pass(400_000);
            let does = Does::ItSilently;
            world.nodes[0].renderer.change(|q| q.whims = whim("Play", does, times));
            world.pass(1_200_000);
            let rounds = rounds_in(&mut world, 1_200);
            let case = format!("{rel_time:?}, {times} times");
            assert!(rounds >= 8, "{case}: {rounds} rounds in 20 minutes, {:?}", world.why(0));
        }
    }
}

#[test]
fn whatever_it_says_against_a_file_while_it_plays_it_is_stopped_before_the_next() {
    for code in [401, 402, 501, 701, 704, 705, 714, 715, 716, 718] {
        for late in [false, true] {
            let refuses = vec![Whim {
                action: "SetAVTransportURI",
                only_in: Some(TransportState::Playing),
                times: FOR_EVER,
                does: Does::Refuses(code),
            }];
            let mut world = Scenario::of(presets::well_behaved()).files(&SHOW).autoplay().start();
            world.pass(if late { 300_000 } else { 0 });
            world.nodes[0].renderer.change(|q| q.whims = refuses.clone());
            world.pass(300_000);
            let rounds = rounds_in(&mut world, 1_200);
            let case = format!("{code}, late {late}");
            assert!(rounds >= 60, "{case}: {rounds} rounds in 20 minutes, {:?}", world.why(0));
        }
    }
}

#[test]
fn positions_that_are_refused_from_some_moment_on_end_no_loop() {
    for (code, bare) in [(401, None), (501, None), (705, Some(BareRefusal::Status(500)))] {
        let preset = but(|q| (q.end_says_playing, q.bare_refusals) = (true, bare));
        let mut world = Scenario::of(preset).files(&SHOW).autoplay().start();
        world.run(400_000);
        world.nodes[0].renderer.change(|q| q.position_refused = Some(code));
        world.pass(300_000);
        let rounds = rounds_in(&mut world, 1_200);
        assert!(
            rounds >= 50,
            "{code}, {bare:?}: {rounds} rounds in 20 minutes, {:?}",
            world.why(0)
        );
    }
}

#[test]
fn a_volume_that_was_refused_once_is_set_before_long() {
    for does in [Does::Refuses(501), Does::NothingSilently] {
        let window =
            "[[schedule]]\nfrom = \"09:00\"\nto = \"18:00\"\nplays = \"d.mp4\"\nvolume = 12\n";
        let scenario = Scenario::of(presets::well_behaved()).files(&FILMS);
        let scenario =
            scenario.rule(|r| (r.plays, r.volume) = (vec!["/m/clip.mp4".into()], Some(60)));
        let mut world = playing(scenario.schedule("UTC0", window));
        world.set_clock("2026-11-27T08:59:00Z", true);
        world.pass(30_000);
        assert_eq!(world.nodes[0].renderer.volume, 60);
        world.nodes[0].renderer.change(|q| q.whims = whim("SetVolume", does, 1));
        world.pass(600_000);
        assert!(world.shows(0, "d.mp4"));
        assert_eq!(world.nodes[0].renderer.volume, 12, "{does:?}");
    }
}

#[test]
fn a_stop_that_was_refused_or_lost_a_few_times_stops_it_before_long() {
    for times in [1, 3] {
        for does in [Does::Refuses(501), Does::Refuses(701), Does::Nothing, Does::NothingSilently] {
            let mut world =
                playing(Scenario::of(presets::well_behaved()).files(&[("/m/clip.mp4", 3_600_000)]));
            world.nodes[0].renderer.change(|q| q.whims = whim("Stop", does, times));
            world.press(PanelAction::Stop);
            world.pass(180_000);
            assert_eq!(world.screen(0), None, "{does:?}, {times} times: {:?}", world.why(0));
        }
    }
}

#[test]
fn a_start_that_hung_for_an_hour_is_given_up_and_the_next_succeeds() {
    for loads_as in [
        TransportState::Transitioning,
        TransportState::Stopped,
        TransportState::PausedPlayback,
        TransportState::NoMediaPresent,
    ] {
        let preset = but(|q| q.loads_as = loads_as);
        let mut world = playing(Scenario::of(preset).files(&FILMS));
        world.pass(30_000);
        world.nodes[0].renderer.change(|q| q.loading = ms(3_600_000));
        let loads = |w: &World| w.nodes[0].renderer.state() == loads_as && w.screen(0).is_none();
        assert!(world.until(200_000, loads).is_some());
        world.nodes[0].renderer.change(|q| q.loading = ms(200));
        let took = world.until(240_000, |w| w.screen(0).is_some());
        assert!(took.is_some(), "{loads_as:?}: {:?}", world.why(0));
    }
}

/// It reads a film from a slow network for two minutes before the first picture.
#[test]
fn a_renderer_that_fetches_for_two_minutes_before_it_plays_is_waited_for() {
    for loads_as in [TransportState::Transitioning, TransportState::Stopped] {
        let preset = but(|q| {
            (q.loading, q.loads_as) = (ms(120_000), loads_as);
            q.piece_takes = ms(10_000);
        });
        let scenario = Scenario::of(preset).files(&[("/m/clip.mp4", 1_800_000)]).autoplay();
        let mut world = scenario.start();
        let took = world.until(1_800_000, |w| w.shows(0, "clip.mp4"));
        assert!(took.is_some(), "{loads_as:?}: {:?}", world.why(0));
        world.pass(1_700_000);
        assert!(world.shows(0, "clip.mp4"), "{loads_as:?}: {:?}", world.why(0));
    }
}

/// It says PAUSED_PLAYBACK at the end, which nobody has pressed.
#[test]
fn a_film_that_ends_as_paused_loops() {
    for sends_events in [true, false] {
        for files in [&FILMS[..], &FILMS[..1]] {
            let preset = but(|q| (q.end_says_paused, q.sends_events) = (true, sends_events));
            let mut world = playing(Scenario::of(preset).files(files));
            let rounds = rounds_in(&mut world, 1_800);
            assert!(rounds >= 10, "{rounds} rounds in half an hour, {:?}", world.why(0));
        }
    }
}

#[test]
fn a_viewers_pause_in_the_middle_of_such_a_film_is_respected() {
    let mut world = playing(Scenario::of(but(|q| q.end_says_paused = true)).files(&FILMS));
    world.pass(400_000);
    let middle = |w: &World| w.screen(0).is_some_and(|(n, at)| n == "clip.mp4" && at > ms(50_000));
    assert!(world.until(300_000, middle).is_some(), "{:?}", world.why(0));
    world.remote(0, Remote::Pause);
    let (_, before) = world.screen(0).expect("paused");
    world.pass(600_000);
    let (_, after) = world.screen(0).expect("still there");
    assert!(after < before + ms(2_000), "{:?}", world.why(0));
}

#[test]
fn one_set_next_that_was_refused_or_lost_after_many_is_tried_again() {
    let files = [("/m/a.mp3", 40_000), ("/m/b.mp3", 40_000), ("/m/c.mp3", 40_000)];
    for does in [Does::Refuses(501), Does::Refuses(701), Does::Nothing, Does::NothingSilently] {
        let preset = but(|q| q.next = NextUri::Works(ms(0)));
        let mut world = Scenario::of(preset).files(&files).autoplay().start();
        world.run(600_000);
        let action = "SetNextAVTransportURI";
        world.nodes[0].renderer.change(|q| q.whims = whim(action, does, 1));
        world.pass(200_000);
        let before = world.nodes[0].called(action).len();
        let gaps = world.nodes[0].gaps().len();
        world.pass(400_000);
        assert!(world.nodes[0].called(action).len() > before + 5, "{does:?}: no gap at all again");
        let late = &world.nodes[0].gaps()[gaps..];
        assert!(late.iter().all(|gap| *gap < ms(100)), "{does:?}: {late:?}");
    }
}

#[test]
fn what_hangs_once_in_the_middle_of_a_film_interrupts_nothing() {
    for action in ["GetTransportInfo", "GetPositionInfo", "GetVolume"] {
        for does in [Does::Refuses(501), Does::NothingSilently] {
            for times in [1, 3] {
                let files = [("/m/clip.mp4", 3_600_000)];
                let mut world = playing(Scenario::of(presets::well_behaved()).files(&files));
                world.pass(60_000);
                world.nodes[0].renderer.change(|q| q.whims = whim(action, does, times));
                world.pass(600_000);
                let at = world.screen(0).map(|(_, at)| at);
                let case = format!("{action}, {does:?}, {times} times: {:?}", world.why(0));
                assert!(at.is_some_and(|at| at > ms(655_000)), "{case}: {at:?}");
                world.remote(0, Remote::Stop);
                world.pass(120_000);
                assert_eq!(world.screen(0), None, "{case}: a viewer has stopped it");
            }
        }
    }
}

/// The first file of a night is stopped as one of a day is.
#[test]
fn a_viewers_stop_is_his_also_where_the_media_info_is_refused() {
    for (does, times) in
        [(Does::Refuses(401), FOR_EVER), (Does::Refuses(501), 1), (Does::NothingSilently, 1)]
    {
        let files = [("/m/clip.mp4", 3_600_000)];
        let preset = but(|q| q.whims = whim("GetMediaInfo", does, times));
        let mut world = playing(Scenario::of(preset).files(&files));
        world.pass(600_000);
        world.remote(0, Remote::Stop);
        world.pass(120_000);
        assert_eq!(world.screen(0), None, "{does:?}: a viewer has stopped it");
    }
}

#[test]
fn a_clip_whose_start_is_refused_gives_the_film_back() {
    for action in ["SetAVTransportURI", "Play", "Seek"] {
        for does in [Does::Refuses(501), Does::Refuses(716), Does::Nothing, Does::NothingSilently] {
            for times in [1, 4] {
                let files = [("/m/clip.mp4", 3_600_000), ("/c/dragon.mp4", 10_000)];
                let scenario = Scenario::of(presets::well_behaved()).files(&files).clip_button(
                    PanelAction::Next,
                    "/c/dragon.mp4",
                    RepeatPress::Restart,
                    AfterClip::Resume,
                );
                let mut world = playing(scenario);
                world.pass(60_000);
                world.nodes[0].renderer.change(|q| q.whims = whim(action, does, times));
                world.press(PanelAction::Next);
                world.pass(400_000);
                let case = format!("{action}, {does:?}, {times} times");
                assert!(world.shows(0, "clip.mp4"), "{case}: {:?}", world.why(0));
            }
        }
    }
}

fn says(world: &World) -> String {
    world.why(0).0.map_or_else(String::new, |(word, _)| word)
}

/// It goes on showing the film, so it was not stopped.
#[test]
fn a_renderer_that_cannot_be_stopped_is_not_said_to_be() {
    for does in [Does::Refuses(501), Does::Nothing] {
        let files = [("/m/clip.mp4", 3_600_000)];
        let preset = but(|q| q.whims = whim("Stop", does, FOR_EVER));
        let mut world = playing(Scenario::of(preset).files(&files));
        world.press(PanelAction::Stop);
        world.pass(120_000);
        assert!(world.screen(0).is_none() || says(&world) != "stopped", "{:?}", world.why(0));
    }
}

#[test]
fn a_file_that_it_never_answers_is_no_playback() {
    let preset = but(|q| q.whims = whim("SetAVTransportURI", Does::NothingSilently, FOR_EVER));
    let mut world = Scenario::of(preset).files(&FILMS).autoplay().start();
    for _ in 0..10 {
        world.pass(60_000);
        assert_eq!(world.screen(0), None);
    }
    assert_eq!(world.why(0).1, crate::kiosk::leds::Pattern::Degraded, "{:?}", world.why(0));
}

/// The answers of the box's media server were never asked for, as Play was never done.
#[test]
fn a_play_that_is_never_answered_is_no_firewall() {
    let preset = but(|q| q.whims = whim("Play", Does::NothingSilently, FOR_EVER));
    let mut world = Scenario::of(preset).files(&FILMS).autoplay().start();
    world.run(600_000);
    assert_ne!(says(&world), "cannot_reach_box", "{:?}", world.why(0));
}

#[test]
fn a_file_refused_with_716_after_others_were_fetched_is_no_firewall() {
    let mut world = playing(Scenario::of(presets::well_behaved()).files(&FILMS));
    world.pass(130_000);
    let mut refusal = whim("SetAVTransportURI", Does::Refuses(716), FOR_EVER);
    refusal[0].only_in = Some(TransportState::Playing);
    world.nodes[0].renderer.change(|q| q.whims = refusal);
    world.press(PanelAction::Next);
    let took = world.until(60_000, |w| w.shows(0, "clip.mp4"));
    // The box sees the picture a moment later.
    world.pass(1_000);
    assert!(took.is_some() && says(&world).is_empty(), "{took:?}, {:?}", world.why(0));
}

#[test]
fn a_file_that_is_refused_without_a_word_of_upnp_costs_no_other_its_turn() {
    for bare in [
        BareRefusal::Status(301),
        BareRefusal::Status(403),
        BareRefusal::Status(404),
        BareRefusal::Status(503),
        BareRefusal::Closes,
    ] {
        let preset = but(|q| {
            q.flaws = &[("odd", FileFlaw::Refused(501))];
            q.bare_refusals = Some(bare);
        });
        let files = [("/m/a.mp4", 30_000), ("/m/odd.mp4", 30_000), ("/m/z.mp4", 30_000)];
        let mut world = Scenario::of(preset).files(&files).autoplay().start();
        world.run(600_000);
        let before = world.nodes[0].calls.len();
        let rounds = rounds_in(&mut world, 1_200);
        let calls = world.nodes[0].calls.len() - before;
        assert!(rounds >= 20, "{bare:?}: {rounds} rounds in 20 minutes, {:?}", world.why(0));
        assert!(calls < 2_400, "{bare:?}: {calls} calls in 20 minutes");
    }
}

#[test]
fn a_renderer_that_cannot_tell_its_state_in_words_of_upnp_is_given_its_file() {
    for bare in [BareRefusal::Status(403), BareRefusal::Status(500)] {
        let refuses = vec![Whim {
            action: "GetTransportInfo",
            only_in: Some(TransportState::NoMediaPresent),
            times: FOR_EVER,
            does: Does::Refuses(718),
        }];
        let preset = but(|q| (q.whims, q.bare_refusals) = (refuses.clone(), Some(bare)));
        let mut world = Scenario::of(preset).files(&FILMS).autoplay().start();
        world.run(60_000);
        assert!(world.screen(0).is_some(), "{bare:?}: {:?}", world.why(0));
        world.remote(0, Remote::PullPlug);
        world.pass(120_000);
        let before = world.nodes[0].calls.len();
        world.remote(0, Remote::PowerOn);
        world.pass(60_000);
        assert!(world.screen(0).is_some(), "{bare:?}, later: {:?}", world.why(0));
        let calls = world.nodes[0].calls.len() - before;
        assert!(calls < 200, "{bare:?}: {calls} calls in a minute");
    }
}

#[test]
fn a_stop_stays_a_stop_when_the_pause_before_it_is_refused() {
    let preset = but(|q| {
        q.pause_refused = Some(701);
        q.answers_after = ms(1_500);
    });
    let mut world = playing(Scenario::of(preset).files(&FILMS));
    world.pass(20_000);
    world.press(PanelAction::Pause);
    world.pass(700);
    world.press(PanelAction::Stop);
    world.pass(60_000);
    assert_eq!(world.screen(0), None, "{:?}", world.why(0));
}

#[test]
fn a_stop_that_is_seen_once_before_all_states_are_refused_is_no_riddle_for_ever() {
    let mut world = Scenario::of(presets::well_behaved()).files(&SHOW[2..]).autoplay().start();
    world.run(8_000);
    let refuses = vec![Whim {
        action: "GetTransportInfo",
        only_in: Some(TransportState::Stopped),
        times: FOR_EVER,
        does: Does::Refuses(718),
    }];
    world.remote(0, Remote::Stop);
    world.pass(300);
    world.nodes[0].renderer.change(|q| q.whims = refuses.clone());
    world.pass(60_000);
    let why = world.why(0);
    assert!(
        world.screen(0).is_some() || why.0.as_ref().is_some_and(|(word, _)| word != "between"),
        "{why:?}"
    );
}
