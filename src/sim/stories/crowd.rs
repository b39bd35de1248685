//! Many renderers and many hands at once.

use super::*;
use crate::kiosk::leds::Pattern;

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

/// Ten sources press a hundred buttons and ask a hundred times for the status each; viewers,
/// hangs and power cuts come between. Laws are checked after every step.
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
fn even_where_power_fails_and_programs_hang_meanwhile() {
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
fn one_that_hangs_delays_no_other() {
    let mut world = Scenario::many(ten()).start();
    world.run(5_000);
    world.hang(0);
    world.hang(5);
    world.press(PanelAction::Play);
    let others = |w: &World| (0..10).all(|node| node == 0 || node == 5 || w.screen(node).is_some());
    let took = world.until(10_000, others);
    assert!(took.is_some_and(|took| took < 4_700), "the slowest loads for 4.5 s: {took:?}");
}
