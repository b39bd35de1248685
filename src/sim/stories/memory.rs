//! What the box remembers and counts, and what memory it asks for.

use super::*;
use crate::kiosk::event::Event;
use crate::kiosk::memory::Memory;
use crate::sim::fake_renderer::Remote;
use crate::sim::quirks::FetchFailure;
use crate::sim::world::STEPS;
use crate::upnp::action::TransportState;
use serde_json::Value;

/// The renderer accepts only the empty string as metadata, after three refusals.
fn picky() -> Preset {
    but(|q| {
        (q.full_metadata, q.plain_metadata) = (Some(501), Some(501));
        q.compat_metadata = Some(402);
    })
}

/// The renderer is switched off, the box restarts, and the renderer is switched on. Returns how many calls it takes
/// until the renderer plays, and how many of them it refuses.
fn plays_again(world: &mut World, node: usize) -> (usize, usize) {
    world.remote(node, Remote::PullPlug);
    world.pass(1_000);
    drop(world.restart_box());
    world.pass(1_000);
    let before = world.nodes[node].calls.len();
    world.remote(node, Remote::PowerOn);
    assert!(world.until(60_000, |w| w.shows(node, "clip.mp4")).is_some());
    let calls = &world.nodes[node].calls[before..];
    (calls.len(), calls.iter().filter(|call| call.refused.is_some()).count())
}

/// Its clip of two minutes has played for 40 s.
fn in_the_middle(preset: Preset) -> World {
    let scenario = Scenario::of(preset).files(&[("/m/clip.mp4", 120_000)]).autoplay();
    let mut world = scenario.start();
    assert!(world.until(60_000, |w| w.shows(0, "clip.mp4")).is_some());
    world.pass(40_000);
    world
}

fn sets(world: &World) -> usize {
    world.nodes[0].called("SetAVTransportURI").len()
}

#[test]
fn what_one_refused_three_times_is_not_tried_again_after_a_restart_of_the_box() {
    let [(calls, refusals), (more, again)] = [false, true].map(|without_store| {
        let scenario = Scenario { without_store, ..Scenario::of(picky()) };
        plays_again(&mut playing_for_a_minute(scenario), 0)
    });
    assert_eq!((refusals, again), (0, 3));
    assert!(calls < more, "{calls} calls, {more} without a memory");
}

fn playing_for_a_minute(scenario: Scenario) -> World {
    let mut world = playing(scenario);
    world.pass(60_000);
    world
}

#[test]
fn a_renderer_never_seen_is_met_like_others_of_its_model() {
    let mut world = Scenario::many(vec![picky(), picky()]).autoplay().start();
    world.remote(1, Remote::PullPlug);
    world.run(60_000);
    assert_eq!(world.nodes[0].calls.iter().filter(|call| call.refused.is_some()).count(), 3);
    world.remote(1, Remote::PowerOn);
    assert!(world.until(60_000, |w| w.shows(1, "clip.mp4")).is_some());
    assert!(world.nodes[1].calls.iter().all(|call| call.refused.is_none()));
}

#[test]
fn an_owner_who_has_one_forgotten_takes_nothing_from_the_others() {
    let scenario = Scenario::many(vec![picky(), presets::well_behaved()]);
    let mut world = scenario.files(&[("/m/clip.mp4", 3_600_000)]).autoplay().start();
    world.run(60_000);
    let stored = world.stored().expect("written ten seconds after it was learned");
    let mut old: Value = serde_json::from_slice(stored).expect("JSON");
    // The owner has the other profile forgotten, just before what this renderer has shown is written.
    let profiles = old["profiles"].as_array_mut().expect("a list");
    profiles.retain(|profile| profile["udn"] == "uuid:tv-1");
    assert_eq!(profiles.len(), 1);
    (profiles[0]["rung"], profiles[0]["simpler"]) = ("full".into(), Value::Null);
    let old = Memory::parse(old.to_string().as_bytes()).expect("as before");
    world.tell(Event::Remembered(Box::new(old)));
    world.run(400_000);
    let stored = world.stored().expect("written");
    let now: Value = serde_json::from_slice(stored).expect("JSON");
    assert_eq!(now["profiles"][0]["rung"], "empty", "{}", now["profiles"][0]);
    assert_eq!(plays_again(&mut world, 0).1, 0, "it still knows what it has learned");
}

#[test]
fn what_is_too_old_to_be_believed_is_tried_again() {
    let mut world = playing_for_a_minute(Scenario::of(picky()));
    let stored = world.stored().expect("written ten seconds after it was learned");
    let mut stored: Value = serde_json::from_slice(stored).expect("JSON");
    for (days, refusals) in [(29, 0), (31, 3)] {
        stored["ran"] = (days * 24 * 60).into();
        world.remote(0, Remote::PullPlug);
        world.put_into_store(Some(stored.to_string().into_bytes()));
        assert_eq!(plays_again(&mut world, 0).1, refusals, "after {days} days");
    }
}

#[test]
fn a_box_that_was_killed_goes_on_with_what_plays() {
    for preset in presets::all().iter().filter(|p| p.name != "leica") {
        let mut world = in_the_middle(preset.clone());
        let (name, before) = (preset.name, sets(&world));
        drop(world.restart_box());
        let end = ms(120_000).saturating_sub(world.screen(0).expect("it plays on").1);
        world.pass(u64::try_from(end.as_millis()).unwrap() - 5_000);
        assert_eq!(sets(&world), before, "{name} is given it again");
        let (_, truth) = world.screen(0).expect("it still plays");
        assert!(truth >= ms(114_000), "{name}: {truth:?}");
        world.pass(60_000);
        assert!(world.shows(0, "clip.mp4"), "{name} goes on to the next round");
        // What broke off with its stream is a round of its own.
        let mut first = world.nodes[0].rounds.iter().take(2);
        assert!(first.any(|round| round.played >= ms(119_000)), "{name}: not to its end");
    }
}

#[test]
fn it_is_known_where_one_is_that_was_taken_up() {
    let scenario = Scenario::of(presets::well_behaved()).files(&[("/m/clip.mp4", 600_000)]);
    let mut world = playing_for_a_minute(scenario.must_play_within(ms(30_000)));
    for _ in 0..5 {
        drop(world.restart_box());
        // From 40 s on, the believed position is compared with the true one.
        world.pass(90_000);
    }
    assert_eq!(sets(&world), 1);
    world.ask_status();
}

#[test]
fn a_renderer_that_nobody_starts_by_itself_loops_on_after_a_restart_of_the_box() {
    let mut world = Scenario::of(presets::gmrender()).start();
    world.run(3_000);
    world.press(PanelAction::Play);
    // The secret is written after ten seconds.
    world.pass(15_000);
    drop(world.restart_box());
    let rounds = world.nodes[0].rounds.len();
    world.pass(60_000);
    assert!(world.nodes[0].rounds.len() >= rounds + 5);
    assert_eq!(world.nodes[0].gaps().iter().filter(|gap| **gap > ms(1_000)).count(), 0);
}

#[test]
fn a_renderer_that_is_paused_stays_so_and_goes_on_from_there() {
    let mut world =
        Scenario::of(presets::well_behaved()).files(&[("/m/clip.mp4", 600_000)]).start();
    world.run(3_000);
    world.press(PanelAction::Play);
    world.pass(30_000);
    world.press(PanelAction::Pause);
    world.pass(5_000);
    drop(world.restart_box());
    world.pass(60_000);
    assert_eq!(world.nodes[0].renderer.state(), TransportState::PausedPlayback);
    world.press(PanelAction::PlayPause);
    world.pass(3_000);
    let (_, at) = world.screen(0).expect("it goes on");
    assert!(at > ms(32_000) && at < ms(35_000), "{at:?}");
    assert_eq!(sets(&world), 1);
}

#[test]
fn what_it_asks_for_before_the_files_are_known_is_answered_when_they_are() {
    let mut world = in_the_middle(presets::well_behaved());
    world.slow_disk(5_000);
    drop(world.restart_box());
    world.pass(60_000);
    assert!(world.screen(0).is_some_and(|(_, at)| at > ms(94_900)), "{:?}", world.screen(0));
    assert_eq!(sets(&world), 1);
}

#[test]
fn a_renderer_whose_stream_was_cut_with_the_box_was_not_stopped_by_a_viewer() {
    for failure in [FetchFailure::SilentStop, FetchFailure::ErrorOccurred] {
        let mut world = in_the_middle(but(|q| q.failure = failure));
        drop(world.restart_box());
        // The renderer cannot fetch the rest, and stops when it has played what it has.
        world.firewall = true;
        world.pass(30_000);
        world.firewall = false;
        let took = world.until(150_000, |w| w.shows(0, "clip.mp4"));
        assert!(took.is_some(), "{failure:?}");
    }
}

#[test]
fn what_is_no_longer_to_be_played_is_not_taken_up() {
    let files = [("/m/old.mp4", 600_000), ("/m/clip.mp4", 600_000)];
    let mut world = Scenario::of(presets::well_behaved()).files(&files).autoplay().start();
    world.run(30_000);
    assert!(world.shows(0, "clip.mp4"), "in the order of names");
    world.configure(|config| config.rules[0].plays = vec!["/m/old.mp4".into()]);
    drop(world.restart_box());
    assert!(world.until(10_000, |w| w.shows(0, "old.mp4")).is_some());
}

#[test]
fn a_power_cut_at_any_step_of_any_write_leaves_the_last_good_memory_or_the_new_one() {
    for seed in 1..4 {
        let mut world = Scenario::of(picky()).seed(seed).autoplay().start();
        world.run(30_000);
        let mut before = world.stored().map(|file| Memory::parse(file).expect("good"));
        assert!(before.is_some(), "written ten seconds after the first news");
        for step in (0..STEPS).chain(0..STEPS) {
            let took = world.until(4_000_000, |w| w.store_step() == Some(step));
            assert!(took.is_some(), "a write comes once an hour at the latest");
            drop(world.restart_box());
            let after = world.stored().map(|file| Memory::parse(file).expect("good"));
            assert!(after.is_some(), "step {step}");
            let ran = |memory: &Option<Memory>| memory.as_ref().map(Memory::ran);
            assert!(ran(&after) >= ran(&before), "step {step}: time goes on");
            before = after;
        }
        assert_eq!(before.expect("something was written").profiles().len(), 1);
    }
}

#[test]
fn a_place_that_cannot_be_written_to_is_told_once_and_tried_again() {
    for step in 0..STEPS {
        let mut world = Scenario::of(presets::well_behaved()).autoplay().start();
        world.store_fails(Some(step));
        // As long as the flight recorder has room for all that happens.
        world.run(600_000);
        let told = world.trace(256).iter().filter(|line| line.contains("cannot store")).count();
        assert_eq!(told, 1);
        world.run(1_800_000);
        assert!(world.shows(0, "clip.mp4"));
        assert!((6..=9).contains(&world.store_writes()), "{}", world.store_writes());
        world.store_fails(None);
        world.pass(3_600_000);
        let memory = Memory::parse(world.stored().expect("written")).expect("good");
        assert_eq!(memory.profiles().len(), 1);
    }
}

#[test]
fn a_day_of_play_writes_once_an_hour() {
    let mut world = playing(Scenario::of(presets::gmrender()));
    world.run(86_400_000);
    let writes = world.store_writes();
    assert!((24..=28).contains(&writes), "{writes}");
}

#[test]
fn a_box_that_leaves_writes_what_it_knows_and_is_not_held_by_a_disk_that_fails() {
    let mut world = playing(Scenario::of(picky()));
    assert_eq!(world.stored(), None, "not yet");
    world.leave();
    world.pass(900);
    assert!(world.exited.is_some());
    let memory = Memory::parse(world.stored().expect("written")).expect("good");
    assert_eq!(memory.profiles().len(), 1);

    let mut world = playing(Scenario::of(picky()));
    world.store_fails(Some(0));
    world.leave();
    world.pass(900);
    assert!(world.exited.is_some() && world.stored().is_none());
}

/// A number in a row: rounds, gaps or time.
fn number(row: &serde_json::Value, key: &str) -> f64 {
    row[key].as_f64().unwrap_or_else(|| panic!("{key} in {row}"))
}

#[test]
fn what_was_counted_goes_on_after_a_restart_of_the_box() {
    let mut world = Scenario::of(presets::well_behaved()).autoplay().start();
    // The statistics are written every hour.
    world.run(3_700_000);
    let before = number(&world.statistics()["rows"][0], "rounds");
    drop(world.restart_box());
    world.pass(60_000);
    let after = number(&world.statistics()["rows"][0], "rounds");
    assert!(before > 340.0 && after > before - 12.0, "{before}, {after}");
}

#[test]
fn an_hour_of_a_loop_is_counted_as_the_audience_saw_it() {
    for (cut, longest_ms) in [(0, 300), (300, 300)] {
        let scenario = Scenario::of(presets::well_behaved()).autoplay();
        let mut world = scenario.rule(|r| r.max_cut = ms(cut)).start();
        world.run(3_600_000);
        let statistics = world.statistics();
        let rows = statistics["rows"].as_array().expect("a list");
        assert_eq!(rows.len(), 1, "one file on one renderer: {statistics}");
        let row = &rows[0];
        assert_eq!(
            (row["name"].as_str(), row["file"].as_str()),
            (Some("TV 1"), Some("/m/clip.mp4"))
        );
        let rounds = number(row, "rounds");
        let seen = world.trace(256).iter().filter(|line| line.contains("(round")).count();
        assert!(seen > 0 && (340.0..=361.0).contains(&rounds), "{row}");
        assert!((0.0..=1.0).contains(&(number(row, "starts") - rounds)), "{row}");
        let gaps: Vec<u64> = (row["gaps"].as_array().expect("a list").iter())
            .map(|count| count.as_u64().expect("a count"))
            .collect();
        assert_eq!(gaps.iter().sum::<u64>() as f64, number(row, "starts") - 1.0);
        let bounds = crate::kiosk::statistics::GAPS_MS.iter().chain([&u64::MAX]);
        let long = gaps.iter().zip(bounds).filter(|(n, bound)| **n > 0 && **bound > longest_ms);
        assert_eq!(long.count(), 0, "{row}");
        let share = number(row, "did_s") / number(row, "should_s");
        assert!((0.95..=1.0).contains(&share), "{row}");
        assert!((3_590.0..=3_600.0).contains(&number(row, "should_s")), "{row}");
        assert!(number(row, "bytes") >= 1_000_000.0 * rounds * 0.9, "each round is fetched: {row}");
        assert_eq!(row["failures"], serde_json::json!({}));
    }
}

#[test]
fn time_in_the_dark_is_should_and_not_did_and_its_cause_is_counted() {
    let files = [("/m/clip.mp4", 3_600_000)];
    let mut world = playing(Scenario::of(presets::well_behaved()).files(&files));
    world.remote(0, Remote::PullPlug);
    world.pass(600_000);
    let row = world.statistics()["rows"][0].clone();
    let dark = number(&row, "should_s") - number(&row, "did_s");
    assert!((590.0..=605.0).contains(&dark), "{row}");
    assert_eq!(row["failures"], serde_json::json!({ "unreachable": 1 }));
    world.remote(0, Remote::PowerOn);
    assert!(world.until(60_000, |w| w.shows(0, "clip.mp4")).is_some());
    world.press(PanelAction::Stop);
    world.pass(600_000);
    let after = world.statistics()["rows"][0].clone();
    assert!(
        number(&after, "should_s") < number(&row, "should_s") + 61.0,
        "a stop is no debt: {after}"
    );
}

#[test]
fn a_file_that_never_plays_is_counted_with_its_cause() {
    let files = [("/m/bad.mp4", 10_000), ("/m/song.mp3", 10_000)];
    let preset = but(|q| {
        (q.mimes, q.empty_metadata) = (Some(&["audio/mpeg"] as &[&str]), Some(714));
        // Its list says nothing: only an attempt tells that it plays no films.
        q.sink = Some(&[]);
    });
    let mut world = Scenario::of(preset).files(&files).autoplay().start();
    world.run(600_000);
    let statistics = world.statistics();
    let of = |file: &str| {
        let mut rows = statistics["rows"].as_array().expect("a list").iter();
        rows.find(|row| row["file"] == file)
            .unwrap_or_else(|| panic!("{file}: {statistics}"))
            .clone()
    };
    let (bad, song) = (of("/m/bad.mp4"), of("/m/song.mp3"));
    assert_eq!((number(&bad, "starts"), number(&bad, "did_s")), (0.0, 0.0), "{bad}");
    assert!(number(&bad, "should_s") > 1.0, "{bad}");
    // Given twice, and then left out for ten minutes.
    assert_eq!(bad["failures"]["refuses_file"].as_u64(), Some(2), "{bad}");
    assert!(number(&song, "rounds") >= 5.0 && song["failures"] == serde_json::json!({}), "{song}");
}

#[test]
fn steps_of_a_box_that_plays_allocate_only_what_their_effects_carry() {
    let long = [("/m/film.mp4", 3_600_000)];
    let short = [("/m/clip.mp4", 10_000)];
    let songs = [("/m/1.mp3", 10_000), ("/m/2.mp3", 12_000)];
    for preset in [presets::well_behaved(), presets::rygel(), presets::gmrender(), presets::jmgo()]
    {
        for (files, cut) in [(&long[..], 0), (&short[..], 0), (&short[..], 300), (&songs[..], 0)] {
            let scenario = Scenario::of(preset.clone()).files(files).autoplay();
            let scenario = scenario.rule(|r| r.max_cut = ms(cut)).watchdog(ms(30_000));
            let mut world = scenario.start();
            // Tables reach their size, and the box learns what the renderer can do.
            world.run(120_000);
            let (before, steps) = (world.allocations, world.steps);
            world.run(1_320_000);
            let (asked, steps) = (world.allocations - before, world.steps - steps);
            assert!(before > 0 && steps > 500, "{}: {steps} steps only", preset.name);
            assert_eq!(asked, 0, "{}, {files:?}: {steps} steps", preset.name);
        }
    }
}
