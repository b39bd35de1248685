//! Faults of renderers, of the network and of the box itself, and how playback goes on.

use super::*;
use crate::kiosk::event::{Event, PanelState, TaskName};
use crate::time::Instant;
use core::net::Ipv4Addr;

/// Like [`long`], but without a state directory.
fn without_store(preset: Preset) -> World {
    playing(Scenario::of(preset).files(&[("/m/clip.mp4", 3_600_000)]).without_store())
}

fn long(preset: Preset) -> World {
    playing(Scenario::of(preset).files(&[("/m/clip.mp4", 3_600_000)]))
}

#[test]
fn a_renderer_that_said_byebye_and_played_on_is_not_taken_for_switched_off_when_it_stops() {
    let files = [("/m/clip.mp4", 600_000)];
    let mut world = Scenario::of(presets::well_behaved()).files(&files).autoplay().start();
    world.run(20_000);
    world.byebye(0);
    world.pass(100);
    // Its next announcements are lost.
    world.network.deaf = true;
    world.pass(20_000);
    assert!(world.shows(0, "clip.mp4"));
    world.remote(0, Remote::Stop);
    world.pass(10_000);
    let word = world.why(0).0.map(|(word, _)| word);
    assert_ne!(word.as_deref(), Some("viewer_switched_off"));
}

#[test]
pub(super) fn after_a_power_cut_it_plays_within_two_seconds_of_its_first_word() {
    for preset in [presets::lg_webos(), presets::rygel(), presets::gmrender(), presets::kodi()] {
        for dark in [1_000, 8_000, 60_000, 600_000] {
            let loading = preset.quirks.loading + preset.quirks.loading_jitter;
            let mut world = long(preset.clone());
            world.remote(0, Remote::PullPlug);
            world.pass(dark);
            assert_eq!(world.screen(0), None);
            world.remote(0, Remote::PowerOn);
            let took = world.until(60_000, |w| w.shows(0, "clip.mp4"));
            let took = took.unwrap_or_else(|| panic!("{}: never, after {dark}", preset.name));
            let most = 2_000 + u64::try_from(loading.as_millis()).unwrap();
            assert!(took <= most, "{}, {dark} ms dark: {took}", preset.name);
            world.pass(20_000);
            let callback = format!("http://{HOME}:{PORT}/e/");
            let asked = world.nodes[0].called("SUBSCRIBE");
            let again = asked.iter().filter(|c| c.about.starts_with(&callback));
            assert!(again.count() >= 4, "{}: its events are wanted again", preset.name);
        }
    }
}

#[test]
fn a_short_power_cut_is_never_taken_for_a_viewer() {
    for preset in [presets::sony_bravia_ex(), presets::well_behaved(), presets::samsung_tizen()] {
        for dark in (300..7_000).step_by(50) {
            let mut world = long(preset.clone());
            world.remote(0, Remote::PullPlug);
            world.pass(dark);
            world.remote(0, Remote::PowerOn);
            let took = world.until(30_000, |w| w.shows(0, "clip.mp4"));
            assert!(took.is_some(), "{}: never, after {dark} ms", preset.name);
        }
    }
}

#[test]
pub(super) fn a_renderer_that_is_switched_off_and_on_properly_plays_again() {
    let mut world = long(presets::well_behaved());
    world.remote(0, Remote::PowerOff);
    world.pass(3_600_000);
    let calls = world.nodes[0].calls.len();
    assert!(calls <= 620, "{calls} calls to a dark screen in an hour");
    world.remote(0, Remote::PowerOn);
    let took = world.until(10_000, |w| w.shows(0, "clip.mp4"));
    assert!(took.is_some_and(|took| took <= 2_200), "{took:?}");
}

#[test]
fn a_renderer_that_hangs_plays_within_three_seconds_of_its_waking() {
    for preset in [presets::well_behaved(), presets::gmrender(), presets::rygel()] {
        for hung in [2_000, 20_000, 300_000] {
            let mut world = playing(Scenario::of(preset.clone()));
            world.hang(0);
            world.pass(hung);
            world.wake(0);
            let took = world.until(30_000, |w| w.shows(0, "clip.mp4"));
            assert!(took.is_some_and(|t| t <= 3_000), "{} {hung}: {took:?}", preset.name);
            world.pass(30_000);
            assert!(world.nodes[0].rounds.len() >= 3, "and loops");
        }
    }
}

#[test]
fn a_renderer_that_says_goodbye_and_stays_plays_on_without_a_break() {
    let mut world = long(presets::well_behaved());
    world.byebye(0);
    world.pass(60_000);
    assert!(world.shows(0, "clip.mp4"));
    assert!(world.nodes[0].rounds.is_empty(), "not a moment dark");
    let renewed = world.nodes[0].called("Renew");
    assert_eq!(renewed.len(), 2, "but its subscriptions are renewed");
}

#[test]
fn an_hour_of_rest_costs_a_poll_every_ten_seconds_at_most() {
    for preset in [presets::well_behaved(), presets::jmgo(), presets::gmrender()] {
        let mut world = Scenario::of(preset).start();
        world.run(60_000);
        let before = world.nodes[0].calls.len();
        world.run(3_660_000);
        let calls = world.nodes[0].calls.len() - before;
        assert!(calls <= 360 + 2 * 24 + 8, "{calls} calls in an hour");
    }
}

#[test]
pub(super) fn subscriptions_outlive_their_leases_and_are_made_again_where_they_are_forgotten() {
    for (preset, least, most) in [
        (presets::samsung_tizen(), 2, 2),
        (but(|q| q.forgets_subscriptions_after = Some(ms(300_000))), 22, 26),
        (but(|q| q.refuses_subscriptions = Some(503)), 10, 30),
    ] {
        let mut world = long(preset);
        world.run(3_600_000);
        let asked = world.nodes[0].called("SUBSCRIBE").len();
        assert!((least..=most).contains(&asked), "{asked}");
        assert!(world.shows(0, "clip.mp4") && world.nodes[0].rounds.is_empty());
        assert!(world.nodes[0].rejected_events <= 2, "{}", world.nodes[0].rejected_events);
    }
}

#[test]
fn the_box_moves_and_so_do_its_urls_and_callbacks() {
    let new = Ipv4Addr::new(10, 0, 0, 77);
    for preset in [presets::well_behaved(), presets::rygel(), presets::gmrender()] {
        let mut world = playing(Scenario::of(preset.clone()));
        world.move_to(new);
        let took = world.until(30_000, |w| w.shows(0, "clip.mp4"));
        assert!(took.is_some(), "{}", preset.name);
        world.pass(30_000);
        let home = format!("http://{new}:{PORT}/");
        let last = |what| world.nodes[0].called(what).last().map(|c| c.about.clone());
        assert!(last("SetAVTransportURI").is_some_and(|uri| uri.starts_with(&home)));
        let callbacks = world.nodes[0].called("SUBSCRIBE");
        let moved = callbacks.iter().filter(|c| c.about.starts_with(&home)).count();
        assert_eq!(moved, 2, "{}: both services", preset.name);
        assert!(world.nodes[0].rounds.len() >= 3, "and loops");
    }
}

#[test]
fn files_that_come_late_are_found_and_files_that_go_are_no_calamity() {
    let mut world = Scenario::of(presets::well_behaved()).files(&[]).autoplay().start();
    world.run(30_000);
    assert_eq!(world.screen(0), None);
    world.put("/m/clip.mp4", 10_000);
    let took = world.until(30_000, |w| w.shows(0, "clip.mp4"));
    assert!(took.is_some_and(|took| took < 12_000), "{took:?}");
}

#[test]
fn the_breaker_opens_at_three_failures_and_closes_at_the_first_answer() {
    let mut world = long(presets::jmgo());
    world.remote(0, Remote::PullPlug);
    world.pass(600_000);
    assert_eq!(world.breaker(0), ("open".to_owned(), true));
    // 0.25 s doubled to 8 s, less a quarter by jitter, for ten minutes.
    let calls = world.nodes[0].called("GetTransportInfo").into_iter();
    let calls = calls.filter(|c| c.at > Instant::from_millis(4_000)).count();
    assert!((75..=100).contains(&calls), "{calls}");
    world.remote(0, Remote::PowerOn);
    world.pass(2_500);
    assert_eq!(world.breaker(0), ("closed".to_owned(), false));
}

#[test]
fn leaving_stops_unsubscribes_and_is_silent_within_800_ms() {
    for preset in presets::all() {
        let mut world = Scenario::of(preset.clone()).autoplay().start();
        world.run(8_000);
        let shown = world.screen(0).is_some();
        let before = world.nodes[0].calls.len();
        let begun = world.now;
        world.leave();
        world.pass(5_000);
        let (at, code) = world.exited.expect("it leaves");
        assert!(at.since(begun) <= ms(800) && code == 0, "{}", preset.name);
        let words: Vec<_> = world.nodes[0].calls[before..].iter().map(|c| c.what).collect();
        if preset.quirks.answers_after.is_zero() && shown {
            assert_eq!(words, ["Stop", "UNSUBSCRIBE", "UNSUBSCRIBE"], "{}", preset.name);
            assert!(at.since(begun) <= ms(100), "{}", preset.name);
            assert_eq!(world.screen(0), None, "{}", preset.name);
        }
    }
}

#[test]
fn a_renderer_that_hangs_does_not_hold_the_box_when_it_leaves() {
    let many = vec![presets::well_behaved(), presets::gmrender(), presets::rygel()];
    let mut world = Scenario::many(many).autoplay().start();
    world.run(5_000);
    world.hang(1);
    world.pass(30_000);
    let begun = world.now;
    world.leave();
    world.pass(5_000);
    let (at, _) = world.exited.expect("it leaves");
    assert!(at.since(begun) <= ms(800), "{:?}", at.since(begun));
    for polite in [0, 2] {
        assert_eq!(world.nodes[polite].called("UNSUBSCRIBE").len(), 2);
        assert_eq!(world.screen(polite), None);
    }
}

#[test]
pub(super) fn the_watchdog_is_fed_while_all_tasks_live_and_starves_when_one_is_stuck() {
    let mut scenario = Scenario::of(presets::well_behaved());
    scenario.watchdog = Some(ms(20_000));
    let mut world = scenario.start();
    world.run(600_000);
    let gaps = world.fed.windows(2).map(|two| two[1].since(two[0]));
    assert!(world.fed.len() >= 59 && gaps.max() <= Some(ms(10_001)));
    world.tasks_live = false;
    world.run(700_000);
    let last = *world.fed.last().expect("fed for ten minutes");
    assert!(last <= Instant::from_millis(620_000), "{last:?}");
}

#[test]
fn a_task_that_ends_is_started_again_after_a_second() {
    let mut world = long(presets::well_behaved());
    let ended = world.now;
    world.tell(Event::TaskEnded(TaskName::MediaServer, "out of sockets".into()));
    world.pass(10_000);
    let restarts: Vec<_> = world.restarted.iter().map(|at| at.since(ended)).collect();
    assert_eq!(restarts, [ms(1_000)]);
    assert!(world.shows(0, "clip.mp4"));
}

#[test]
fn a_renderer_that_cannot_fetch_is_asked_again_ever_more_rarely() {
    for failure in [FetchFailure::Unnoticed, FetchFailure::SilentStop, FetchFailure::ErrorOccurred]
    {
        let mut world = Scenario::of(but(|q| q.failure = failure)).autoplay().start();
        world.firewall = true;
        world.run(300_000);
        assert_eq!(world.screen(0), None);
        let sets = world.nodes[0].called("SetAVTransportURI").len();
        assert!((4..=20).contains(&sets), "{failure:?}: {sets}");
        world.firewall = false;
        let took = world.until(150_000, |w| w.shows(0, "clip.mp4"));
        assert!(took.is_some(), "{failure:?}");
    }
}

#[test]
fn a_disk_that_fails_is_no_fault_of_the_renderer_or_its_viewer() {
    // One preset takes 10 s for each answer, and one refuses to play.
    let others = |preset: &Preset| !["anycast", "leica"].contains(&preset.name);
    for preset in presets::all().into_iter().filter(others) {
        for (length, bad) in [(3_000, 20_000), (10_000, 20_000), (3_600_000, 90_000)] {
            let files = [("/m/clip.mp4", length)];
            let mut world = Scenario::of(preset.clone()).files(&files).autoplay().start();
            let name = format!("{}, {length} ms", preset.name);
            assert!(world.until(60_000, |w| w.shows(0, "clip.mp4")).is_some(), "{name}");
            world.pass(2_000);
            world.disk_fails(true);
            world.pass(bad);
            let sets = world.nodes[0].called("SetAVTransportURI").len();
            // Each retry may go through all metadata levels.
            assert!(sets <= 16, "{name}: {sets} within {bad} ms");
            world.disk_fails(false);
            let took = world.until(60_000, |w| w.shows(0, "clip.mp4"));
            assert!(took.is_some_and(|took| took <= 40_000), "{name}: {took:?}");
            world.pass(10_000);
            assert!(world.until(5_000, |w| w.shows(0, "clip.mp4")).is_some(), "{name}: stays");
        }
    }
}

#[test]
fn a_network_that_goes_and_comes_back_is_no_reason_to_stop() {
    let mut world = long(presets::well_behaved());
    world.tell(Event::Addresses(heapless::Vec::new()));
    world.pass(60_000);
    let home = [HOME].into_iter().collect();
    world.tell(Event::Addresses(home));
    world.pass(10_000);
    assert!(world.shows(0, "clip.mp4") && world.nodes[0].rounds.is_empty());
}

#[test]
fn a_renderer_that_a_next_video_hangs_is_never_given_one_again() {
    let scenario = Scenario::of(presets::gmrender()).rule(|r| r.loop_method = LoopMethod::Next);
    let mut world = playing(scenario);
    world.pass(60_000);
    assert!(!world.nodes[0].renderer.responsive(), "the owner asked for it");
    world.remote(0, Remote::PullPlug);
    world.pass(5_000);
    world.remote(0, Remote::PowerOn);
    let rounds = world.nodes[0].rounds.len();
    world.pass(120_000);
    assert!(world.nodes[0].renderer.responsive());
    assert!(world.nodes[0].rounds.len() >= rounds + 8);
}

#[test]
fn a_box_without_a_memory_that_loses_its_power_in_mid_play_finds_and_plays_again() {
    for minutes in [1, 10, 100] {
        let mut world = without_store(presets::well_behaved());
        world.pass(minutes * 60_000);
        drop(world.restart_box());
        let calls = world.nodes[0].called("Play").len();
        let took = world.until(10_000, |w| w.nodes[0].called("Play").len() > calls);
        assert!(took.is_some_and(|took| took < 2_000), "after {minutes} min: {took:?}");
        assert!(world.until(2_000, |w| w.shows(0, "clip.mp4")).is_some());
    }
}

#[test]
fn a_renderer_that_moves_where_multicast_is_lost_is_found_by_asking_at_its_old_address() {
    let mut world = long(presets::lg_webos());
    world.network.deaf = true;
    world.remote(0, Remote::PullPlug);
    world.pass(20_000);
    world.remote(0, Remote::PowerOn);
    let took = world.until(60_000, |w| w.shows(0, "clip.mp4"));
    assert!(took.is_some_and(|took| took <= 45_000), "{took:?}");
}

#[test]
fn a_box_that_leaves_before_it_knows_a_renderer_goes_dark_first() {
    let mut world = Scenario::of(presets::well_behaved()).start();
    world.leave();
    // What was learned is written first.
    world.pass(50);
    assert_eq!(world.exited.map(|(_, code)| code), Some(0));
}

const PANEL: TaskName = TaskName::Panel;
/// The watchdog is fed every 15 s.
const WATCHDOG: Duration = ms(30_000);

#[test]
fn a_box_that_restarts_again_and_again_is_not_taken_for_a_busy_loop() {
    let presets = presets::all().into_iter().take(4).collect();
    let mut world = Scenario::many(presets).autoplay().start();
    for _ in 0..30 {
        drop(world.restart_box());
        world.pass(700);
    }
    assert!(world.until(60_000, |w| w.shows(0, "clip.mp4")).is_some());
}

#[test]
fn what_a_task_said_before_it_hung_may_reach_the_box_late() {
    let mut world = Scenario::of(presets::well_behaved()).watchdog(WATCHDOG).start();
    world.freeze(10_000);
    world.tell(Event::Alive(PANEL));
    world.hang_task(Some(PANEL));
    world.freeze(45_000);
    world.pass(100_000);
    let fed = world.fed.last().expect("it lived").since(Instant::START);
    assert_eq!(fed, ms(60_000), "heard at 45 s, and it may be silent for 15 s");
}

#[test]
fn a_panel_that_ended_says_nothing_and_cannot_hang() {
    let mut world = Scenario::of(presets::well_behaved()).watchdog(WATCHDOG).start();
    world.kill(PANEL, 5);
    world.pass(1_000 * (1 + 2 + 4 + 8 + 16) + 500);
    let restarted = world.restarted.len();
    world.tell(Event::Panel(PanelState::Working));
    world.hang_task(Some(PANEL));
    let fed = world.fed.len();
    assert!(world.until(60_000, |w| w.restarted.len() > restarted).is_some());
    assert!(world.fed.len() >= fed + 2, "one that waits to be started again is not stuck");
}

#[test]
fn a_box_that_gets_address_after_address_may_give_the_new_one_each_time() {
    for pause in [20, 50, 100, 150, 200, 250, 300] {
        let pair = vec![presets::panasonic_viera(), presets::panasonic_viera()];
        let mut world = Scenario::many(pair).autoplay().start();
        for n in 0..40 {
            world.move_to(Ipv4Addr::new(10, 0, 0, 100 + n % 4));
            world.pass(pause);
        }
        assert!(world.until(60_000, |w| w.shows(0, "clip.mp4")).is_some());
    }
}

#[test]
fn pins_that_come_late_are_said_once_for_each_reason_and_once_when_they_come() {
    let mut world = Scenario::of(presets::well_behaved()).start();
    world.pass(1_000);
    let late = "no permission for /dev/gpiomem: the user must be in the group gpio";
    let tell = |world: &mut World, why: &str| {
        world.tell(Event::Panel(PanelState::Absent(why.to_owned())));
        world.pass(1_000);
    };
    tell(&mut world, late);
    tell(&mut world, late);
    tell(&mut world, "no GPIO chip is called gpiochip9");
    world.tell(Event::Panel(PanelState::Working));
    world.tell(Event::Panel(PanelState::Working));
    world.pass(1_000);
    let about =
        |line: &String| line.contains("buttons or LEDs") || line.contains("buttons and LEDs");
    let said: Vec<_> = world.trace(256).into_iter().filter(about).collect();
    let ends = [late, "no GPIO chip is called gpiochip9", "buttons and LEDs work now"];
    assert_eq!(said.len(), ends.len(), "{said:?}");
    assert!(said.iter().zip(ends).all(|(line, end)| line.ends_with(end)), "{said:?}");
}
