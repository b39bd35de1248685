//! Pictures that are gone: put away by the renderer, stopped by a viewer, or lost with the power.

use super::*;
use crate::sim::quirks::{FileFlaw, Still};

const HOUR: u64 = 3_600_000;
const NOTICE: &[(&str, u64)] = &[("/m/closed.jpg", 0)];

/// Shows one picture, which should stay all day.
fn notice(preset: Preset) -> World {
    let day = |rule: &mut crate::config::Rule| rule.dwell = ms(24 * HOUR);
    let mut world = Scenario::of(preset).files(NOTICE).rule(day).autoplay().start();
    assert!(world.until(10_000, |w| w.shows(0, "closed.jpg")).is_some());
    world
}

/// Renderers that put each picture away after an hour.
fn tidy() -> [Preset; 4] {
    let put_away = |change: fn(&mut Quirks)| {
        but(|q| {
            q.still = Still::EndsAfter(ms(HOUR));
            change(q);
        })
    };
    [
        put_away(|_| {}),
        put_away(|q| q.sends_events = false),
        put_away(|q| q.end_clears_uri = true),
        presets::hccast(),
    ]
}

#[test]
fn a_picture_that_is_put_away_after_an_hour_is_shown_again_at_once() {
    for (n, preset) in tidy().into_iter().enumerate() {
        let mut world = notice(preset);
        let mut dark = 0;
        for _ in 0..12 * 360 {
            world.pass(10_000);
            dark += u32::from(!world.shows(0, "closed.jpg"));
        }
        assert!(dark <= 12, "{n}: dark for {dark} of 4320 looks, {:?}", world.why(0));
    }
}

#[test]
fn a_viewer_stops_a_picture_also_where_pictures_are_put_away() {
    for (n, preset) in tidy().into_iter().enumerate() {
        for after in [5_000, 600_000] {
            let mut world = notice(preset.clone());
            world.pass(3 * HOUR);
            assert!(world.until(60_000, |w| w.shows(0, "closed.jpg")).is_some());
            world.pass(after);
            world.remote(0, Remote::Stop);
            world.pass(HOUR);
            assert_eq!(world.screen(0), None, "{n}: {after}");
            let why = world.why(0).0.map(|(word, _)| word);
            assert_eq!(why.as_deref(), Some("viewer_stopped"), "{n}: {after}");
        }
    }
}

#[test]
fn a_picture_is_back_after_a_power_cut_that_nothing_tells_of() {
    for (name, change) in [
        ("well-behaved", (|_| {}) as fn(&mut Quirks)),
        ("without events", |q| q.sends_events = false),
        ("STOPPED after the start", |q| q.idle = crate::upnp::action::TransportState::Stopped),
        ("another port", |q| q.new_port_at_boot = true),
    ] {
        let mut world = notice(but(change));
        world.pass(HOUR);
        world.remote(0, Remote::PullPlug);
        world.pass(300_000);
        world.remote(0, Remote::PowerOn);
        let took = world.until(60_000, |w| w.shows(0, "closed.jpg"));
        assert!(took.is_some(), "{name}: {:?}", world.why(0));
    }
}

const BAD: &[(&str, FileFlaw)] = &[("bad", FileFlaw::FailsAfter(ms(3_000)))];
const ALBUM: &[(&str, u64)] = &[("/m/a.jpg", 0), ("/m/bad.jpg", 0), ("/m/c.jpg", 0)];

/// A slide show on a renderer that shows an error instead of the second picture, for three seconds.
fn slides(change: fn(&mut Quirks)) -> World {
    let preset = but(|q| {
        q.flaws = BAD;
        q.failure = FetchFailure::SilentStop;
        change(q);
    });
    Scenario::of(preset).files(ALBUM).autoplay().start()
}

#[test]
fn a_picture_that_the_renderer_cannot_show_is_left_out_and_the_others_are_shown() {
    for (name, change) in [
        ("well-behaved", (|_| {}) as fn(&mut Quirks)),
        ("without events", |q| q.sends_events = false),
        ("forgets what failed", |q| q.stop_clears_uri = true),
    ] {
        let mut world = slides(change);
        world.run(60_000);
        let mut dark = 0;
        for _ in 0..480 {
            world.pass(1_000);
            dark += u32::from(world.screen(0).is_none());
        }
        assert!(dark < 48, "{name}: dark for {dark} of 480 looks, {:?}", world.why(0));
        let left_out = world.status()["renderers"][0]["left_out"].to_string();
        assert!(left_out.contains("bad.jpg"), "{name}: {left_out}");
    }
}

#[test]
fn a_viewer_who_stops_a_picture_that_was_shown_before_is_left_in_peace() {
    let mut world = slides(|_| {});
    world.run(60_000);
    assert!(world.until(60_000, |w| w.shows(0, "c.jpg")).is_some());
    assert!(world.until(60_000, |w| w.shows(0, "a.jpg")).is_some());
    world.pass(1_500);
    world.remote(0, Remote::Stop);
    world.pass(600_000);
    assert_eq!(world.screen(0), None);
    assert_eq!(world.why(0).0.map(|(word, _)| word).as_deref(), Some("viewer_stopped"));
}
