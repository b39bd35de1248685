//! Chance: any mixture of quirks, many people at once, days of faults; and faults in the logic that the stories must
//! notice.

use super::*;
use super::{answers, discovery, faults, groups, viewers};
use crate::kiosk::leds::Pattern;
use crate::kiosk::mutant::Mutant;
use crate::sim::quirks::{NextUri, PlayEmpty, RelTime, Still, TrackUri};
use crate::sim::world::Weather;
use crate::upnp::action::TransportState;
use core::ops::Range;
use fastrand::Rng;
use std::panic::catch_unwind;

fn one_of<T: Copy>(rng: &mut Rng, choices: &[T]) -> T {
    choices[rng.usize(..choices.len())]
}

/// Sets each quirk with a chance of one in four.
fn anything(rng: &mut Rng) -> Preset {
    let mut quirks = Quirks::default();
    let mut odd = || rng.u8(..4) == 0;
    quirks.refused_set_keeps_old = odd();
    quirks.wants_extension = odd();
    quirks.wants_content_features = odd();
    quirks.track_uri_lags = odd();
    quirks.set_says_stopped = odd();
    quirks.starts_on_set = odd();
    quirks.playing_at_once = odd();
    quirks.play_hangs_while_loading = odd();
    quirks.stop_clears_uri = odd();
    quirks.remote_stop_locks = odd();
    quirks.pause_ignored = odd();
    quirks.hides_duration = odd();
    quirks.end_clears_uri = odd();
    quirks.end_zeroes_position = odd();
    quirks.end_zeroes_duration = odd();
    quirks.stale_next = odd();
    quirks.sends_events = !odd();
    quirks.first_event_overtakes = odd();
    quirks.swaps_events = odd();
    quirks.rendering_control = !odd();
    quirks.new_port_at_boot = odd();
    quirks.tells_boot_id = odd();
    quirks.refuses_at_play = odd();
    quirks.garbles_events = odd();
    quirks.caches_pictures = odd();
    quirks.second_picture_fails = odd();
    quirks.probe = one_of(rng, &[Probe::Nothing, Probe::HeadTwice, Probe::Head, Probe::Get]);
    quirks.full_metadata = one_of(rng, &[None, None, None, Some(501)]);
    quirks.set_while_playing = one_of(
        rng,
        &[
            SetWhilePlaying::Switches,
            SetWhilePlaying::Stops,
            SetWhilePlaying::Refused(701),
            SetWhilePlaying::Refused(705),
            SetWhilePlaying::Dropped,
        ],
    );
    quirks.compat_metadata = one_of(rng, &[None, None, None, Some(402)]);
    quirks.empty_metadata = one_of(rng, &[None, None, None, Some(714)]);
    quirks.reopening = one_of(rng, &[ms(0), ms(0), ms(1_500)]);
    quirks.seek_without_features = one_of(rng, &[None, Some(710)]);
    quirks.track_uri = one_of(
        rng,
        &[
            TrackUri::Own,
            TrackUri::Own,
            TrackUri::Own,
            TrackUri::Always("unknown track uri"),
            TrackUri::Scheme("x-rincon-mp3radio"),
        ],
    );
    quirks.other_root_devices = one_of(rng, &[0, 0, 0, 2]);
    quirks.loading = one_of(rng, &[ms(0), ms(30), ms(200), ms(2_000)]);
    quirks.stopping = one_of(rng, &[ms(0), ms(0), ms(1_500)]);
    quirks.in_transition = one_of(rng, &[None, None, Some(701), Some(705)]);
    // A stop that locks the renderer would count as a viewer's.
    if quirks.in_transition != Some(705) {
        let (usual, odd) = (TransportState::Transitioning, TransportState::Stopped);
        quirks.loads_as = one_of(rng, &[usual, usual, odd]);
    }
    quirks.play_empty = one_of(rng, &[PlayEmpty::Refused(701), PlayEmpty::TransitionsForEver]);
    quirks.play_while_playing = one_of(rng, &[None, None, Some(701), Some(501)]);
    quirks.pausing = one_of(rng, &[ms(0), ms(0), ms(700)]);
    quirks.pause_refused = one_of(rng, &[None, None, None, Some(701)]);
    quirks.seek_refused = one_of(rng, &[None, None, None, Some(710)]);
    quirks.rel_time = one_of(
        rng,
        &[
            RelTime::Resolution(ms(1_000)),
            RelTime::Resolution(ms(1_000)),
            RelTime::Resolution(ms(1)),
            RelTime::AlwaysZero,
            RelTime::NotImplemented,
        ],
    );
    quirks.rel_time_every = one_of(rng, &[ms(0), ms(0), ms(500), ms(1_000)]);
    quirks.position_when_idle = one_of(rng, &[None, None, Some(501)]);
    quirks.end_flicker = one_of(rng, &[ms(0), ms(0), ms(1_200)]);
    quirks.next = one_of(
        rng,
        &[
            NextUri::Works(ms(0)),
            NextUri::Works(ms(900)),
            NextUri::Ignored,
            NextUri::TakenAsCurrent,
            NextUri::Refused(401),
        ],
    );
    quirks.hand_over_stops = one_of(rng, &[ms(0), ms(0), ms(700)]);
    quirks.still = one_of(rng, &[Still::Stays, Still::EndsAtOnce, Still::EndsAfter(ms(5_000))]);
    quirks.failure = one_of(
        rng,
        &[FetchFailure::Unnoticed, FetchFailure::SilentStop, FetchFailure::ErrorOccurred],
    );
    quirks.reads_ahead = one_of(rng, &[None, Some(ms(2_000)), Some(ms(10_000))]);
    quirks.parallel_ranges = one_of(rng, &[0, 0, 3]);
    quirks.answers_after = one_of(rng, &[ms(0), ms(0), ms(0), ms(300)]);
    quirks.longest_lease = one_of(rng, &[ms(60_000), ms(1_800_000)]);
    quirks.event_batch = one_of(rng, &[ms(0), ms(150)]);
    Preset { quirks, ..presets::well_behaved() }
}

#[test]
fn a_renderer_of_any_mixture_of_quirks_plays_and_loops() {
    for seed in 0..150 {
        let mut rng = Rng::with_seed(seed);
        let preset = anything(&mut rng);
        let methods = [LoopMethod::Auto, LoopMethod::Restart, LoopMethod::Seek];
        let scenario = Scenario::of(preset.clone()).seed(seed).rule(|r| {
            r.loop_method = one_of(&mut rng, &methods);
            r.max_cut = one_of(&mut rng, &[ms(0), ms(300)]);
        });
        let scenario = match rng.u8(..3) {
            0 => scenario.files(&[("/m/1.mp3", 10_000), ("/m/2.mp3", 12_000)]),
            1 => scenario.files(&[("/m/1.mp4", 10_000), ("/m/2.mp4", 12_000)]),
            _ => scenario,
        };
        let mut world = scenario.autoplay().start();
        let looped = world.until(120_000, |w| w.nodes[0].rounds.len() >= 4);
        assert!(looped.is_some(), "seed {seed}: {:?}", preset.quirks);
        for round in &world.nodes[0].rounds {
            let millis = round.played.as_millis();
            let whole = (9_700..=10_000).contains(&millis) || (11_700..=12_000).contains(&millis);
            assert!(whole, "seed {seed}: {millis} ms of {}", round.uri);
        }
    }
}

/// Ten renderers of different kinds.
fn ten() -> Vec<Preset> {
    vec![
        presets::well_behaved(),
        presets::gmrender(),
        presets::rygel(),
        presets::samsung_tizen(),
        presets::lg_webos(),
        presets::lg_netcast(),
        presets::panasonic_viera(),
        presets::hccast(),
        presets::hiby(),
        presets::sonos(),
    ]
}

const FILES: [(&str, u64); 4] =
    [("/m/1.mp4", 10_000), ("/m/2.mp4", 13_000), ("/m/3.mp3", 17_000), ("/m/4.mp4", 21_000)];

/// Ten sources press a hundred buttons and request the status a hundred times each, while viewers, hangs and power cuts
/// come between. The invariants are checked after every step.
fn race(seed: u64, rough: bool) -> World {
    let mut scenario = Scenario::many(ten()).seed(seed).files(&FILES).autoplay();
    scenario.config.rules[0].on_stop = OnStop::Insist;
    let mut world = scenario.start();
    let mut rng = fastrand::Rng::with_seed(seed);
    world.run(rng.u64(0..3_000));
    let mut sources = vec![(100_u32, 100_u32); 10];
    while !sources.is_empty() {
        let source = rng.usize(..sources.len());
        let (presses, questions) = &mut sources[source];
        if *presses > 0 && (*questions == 0 || rng.bool()) {
            *presses -= 1;
            world.press(BUTTONS[rng.usize(..BUTTONS.len())]);
        } else if *questions > 0 {
            *questions -= 1;
            world.ask_status();
        } else {
            sources.swap_remove(source);
        }
        if rough && rng.u8(..20) == 0 {
            shake(&mut world, &mut rng);
        }
        if rng.u8(..4) == 0 {
            world.pass(rng.u64(0..90));
        }
    }
    assert_eq!(world.reports, 1000, "each was answered");
    world
}

fn shake(world: &mut World, rng: &mut fastrand::Rng) {
    let node = rng.usize(..10);
    match rng.u8(..6) {
        0 => world.remote(node, Remote::Stop),
        1 => world.remote(node, Remote::PullPlug),
        2 => world.remote(node, Remote::PowerOn),
        3 => world.remote(node, Remote::Pause),
        4 => world.hang(node),
        _ => world.wake(node),
    }
}

#[test]
fn a_thousand_presses_and_questions_at_once_leave_all_in_order() {
    for seed in 1..4 {
        let mut world = race(seed, false);
        world.press(PanelAction::Play);
        let all = |w: &World| (0..10).all(|node| w.screen(node).is_some());
        assert!(world.until(30_000, all).is_some(), "all play in the end");
    }
}

#[test]
fn the_same_holds_while_power_fails_and_programs_hang() {
    for seed in 11..14 {
        let mut world = race(seed, true);
        for node in 0..10 {
            world.wake(node);
            world.remote(node, Remote::PowerOn);
        }
        world.press(PanelAction::Stop);
        world.pass(20_000);
        world.press(PanelAction::Play);
        let all = |w: &World| (0..10).all(|node| w.screen(node).is_some());
        assert!(world.until(60_000, all).is_some(), "all play in the end");
        world.ask_status();
    }
}

#[test]
fn the_same_seed_tells_the_same_story() {
    let tale = |seed| race(seed, true).trace(200);
    let first = tale(7);
    assert_eq!(first, tale(7));
    assert_ne!(first, tale(8));
}

#[test]
fn the_status_led_says_what_is() {
    let mut world = Scenario::many(ten()).autoplay().start();
    assert_eq!(world.kiosk.pattern(world.now), Pattern::Starting);
    let all = |w: &World| (0..10).all(|node| w.screen(node).is_some());
    assert!(world.until(10_000, all).is_some());
    world.pass(100);
    assert_eq!(world.kiosk.pattern(world.now), Pattern::Playing);
    world.remote(4, Remote::PullPlug);
    let seen = world.until(20_000, |w| w.kiosk.pattern(w.now) == Pattern::Degraded);
    assert!(seen.is_some(), "one of ten is dark");
    world.remote(4, Remote::PowerOn);
    let healed = world.until(20_000, |w| w.kiosk.pattern(w.now) == Pattern::Playing);
    assert!(healed.is_some());
    world.press(PanelAction::Stop);
    let ready = world.until(20_000, |w| w.kiosk.pattern(w.now) == Pattern::Ready);
    assert!(ready.is_some());
}

#[test]
fn a_renderer_that_hangs_delays_no_other() {
    let mut world = Scenario::many(ten()).start();
    world.run(5_000);
    world.hang(0);
    world.hang(5);
    world.press(PanelAction::Play);
    let others = |w: &World| (0..10).all(|node| node == 0 || node == 5 || w.screen(node).is_some());
    let took = world.until(10_000, others);
    assert!(took.is_some_and(|took| took < 4_700), "the slowest loads for 4.5 s: {took:?}");
}

/// The seeds to run: the one in the environment, to repeat a failure, or these.
pub(super) fn seeds(usual: Range<u64>) -> Range<u64> {
    match std::env::var("SIM_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => seed..seed + 1,
        None => usual,
    }
}

#[test]
fn a_renderer_that_can_play_plays_before_long_in_any_weather() {
    for seed in seeds(1..5) {
        let mut world = Scenario::mixed(8, seed).start();
        Weather::new(seed).run(&mut world, Duration::from_secs(6 * 3600));
        world.ask_status();
    }
}

#[test]
fn the_same_holds_with_a_schedule() {
    // Another file every hour, and at night one that lasts beyond midnight. The clock is set now and then.
    let hours = (0..24).step_by(2).map(|hour| {
        format!(
            "[[schedule]]\nfrom = \"{hour}:00\"\nto = \"{}:00\"\nplays = \"news.mp4\"\n",
            hour + 1
        )
    });
    let night =
        "[[schedule]]\nfrom = \"23:30\"\nto = \"04:15\"\nplays = [\"film.mp4\", \"song.mp3\"]\n";
    let schedule = hours.chain([night.to_owned()]).collect::<String>();
    for seed in seeds(11..13) {
        let scenario = Scenario::mixed(6, seed).schedule("CET-1CEST,M3.5.0,M10.5.0/3", &schedule);
        let mut world = scenario.start();
        let mut weather = Weather::new(seed);
        // Covers the nights on which clocks change.
        for shows in ["2026-03-28T20:00:00Z", "2026-10-24T20:00:00Z"] {
            world.set_clock(shows, true);
            weather.run(&mut world, Duration::from_secs(6 * 3600));
        }
        let scheduled = |line: &String| line.contains("schedule: ");
        assert!(world.trace(256).iter().any(scheduled), "seed {seed}");
        world.ask_status();
    }
}

#[test]
fn the_same_weather_tells_the_same_story() {
    let tale = |seed| {
        let mut world = Scenario::mixed(8, seed).start();
        let mut weather = Weather::new(seed);
        weather.run(&mut world, Duration::from_secs(3 * 3600));
        (world.fingerprint(), world.steps, weather.faults())
    };
    let first = tale(7);
    assert_eq!(first, tale(7));
    assert_ne!(first.0, tale(8).0);
}

/// Runs the story with this fault injected. Returns the message with which it fails.
fn noticed(mutant: Mutant, story: fn()) -> String {
    Mutant::put_in(Some(mutant));
    let told = catch_unwind(story);
    Mutant::put_in(None);
    let words = told.expect_err("the story is told as if nothing were wrong");
    let words = words.downcast_ref::<String>().cloned();
    words.unwrap_or_default()
}

#[test]
fn a_renderer_asked_again_without_backoff_is_noticed() {
    let story = faults::a_renderer_that_is_switched_off_and_on_properly_plays_again;
    let words = noticed(Mutant::ForgetsBackoff, story);
    assert!(words.contains("the pause before the next call was only"), "{words}");
}

#[test]
fn a_ticket_given_out_twice_is_noticed() {
    let story = viewers::a_viewer_who_pauses_it_may_and_goes_on_where_it_was;
    let words = noticed(Mutant::AnswersTwice, story);
    assert!(words.contains("is used again"), "{words}");
}

#[test]
fn a_subscription_that_is_not_made_again_is_noticed() {
    let story =
        faults::subscriptions_outlive_their_leases_and_are_made_again_where_they_are_forgotten;
    noticed(Mutant::DropsSubscriptions, story);
    let story = faults::after_a_power_cut_it_plays_within_two_seconds_of_its_first_word;
    let words = noticed(Mutant::DropsSubscriptions, story);
    assert!(words.contains("its events are wanted again"), "{words}");
}

#[test]
fn a_stop_before_the_beginning_taken_for_the_end_is_noticed() {
    let story = answers::a_start_that_looks_like_a_stop_is_waited_for;
    noticed(Mutant::TakesStoppedForTheEnd, story);
}

#[test]
fn a_watchdog_fed_though_a_task_is_stuck_is_noticed() {
    let story = faults::the_watchdog_is_fed_while_all_tasks_live_and_starves_when_one_is_stuck;
    noticed(Mutant::FeedsAnyway, story);
}

#[test]
fn a_description_that_is_never_read_again_is_noticed() {
    let story = discovery::devices_that_change_places_at_each_boot_are_found_again_each_time;
    noticed(Mutant::ReadsDescriptionsOnce, story);
}

#[test]
fn members_of_a_group_that_are_started_at_one_moment_are_noticed() {
    let story = groups::renderers_of_different_latency_begin_together_once_that_is_learned;
    noticed(Mutant::ForgetsLatency, story);
}
