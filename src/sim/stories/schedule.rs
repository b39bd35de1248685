//! The schedule: what plays when, and that it locks nothing out.

use super::*;
use crate::sim::quirks::Still;
use crate::upnp::action::TransportState;

const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
const FILES: [(&str, u64); 3] =
    [("/m/usual.mp4", 600_000), ("/m/open.mp4", 400_000), ("/m/night.mp4", 500_000)];
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
/// How long after the time of a change its picture is there: Set, Play, a look.
const SOON: u64 = 2_000;

/// Plays `usual.mp4` except when the schedule wants something else.
fn scheduled(preset: Preset, schedule: &str) -> Scenario {
    let usual = |rule: &mut crate::config::Rule| rule.plays = vec!["/m/usual.mp4".into()];
    Scenario::of(preset).files(&FILES).rule(usual).autoplay().schedule(BERLIN, schedule)
}

/// It is half past eight in Berlin on a Friday in November, and the box knows the time.
fn morning(schedule: &str) -> World {
    let mut world = scheduled(presets::well_behaved(), schedule).start();
    world.set_clock("2026-11-27T07:30:00Z", true);
    world.run(MINUTE);
    world
}

const OPEN: &str = "[[schedule]]\ndays = \"weekdays\"\nfrom = \"09:00\"\nto = \"18:30\"\n\
                    plays = \"open.mp4\"\n";

fn state(world: &World) -> TransportState {
    world.nodes[0].renderer.state()
}

fn plays(world: &World, file: &str) -> bool {
    world.shows(0, file) && state(world) == TransportState::Playing
}

#[test]
fn a_box_that_begins_in_1970_plays_the_usual_until_its_clock_is_set_and_then_by_the_hour() {
    // Always open: also on the first of January 1970.
    let schedule = "[[schedule]]\nplays = \"open.mp4\"\nto = \"18:30\"\n";
    let mut world = scheduled(presets::well_behaved(), schedule).start();
    world.run(5 * MINUTE);
    assert!(plays(&world, "usual.mp4"));
    let said = "the clock is not set yet: the schedule waits, and everything plays as usual";
    assert_eq!(world.trace(256).iter().filter(|line| line.ends_with(said)).count(), 1);
    let status = world.status();
    assert_eq!(status["schedule"]["clock_trusted"], false);
    assert_eq!(status["renderers"][0]["schedule"], serde_json::Value::Null);

    world.set_clock("2026-11-27T10:00:00Z", true);
    let took = world.until(SOON, |w| w.shows(0, "open.mp4"));
    assert!(took.is_some_and(|took| took < 500), "{took:?}");
    let status = world.status();
    let held = &status["renderers"][0]["schedule"];
    assert_eq!((&held["entry"], &held["then"]), (&"daily 00:00-18:30".into(), &"play".into()));
    assert_eq!(held["until"], "2026-11-27 18:30");
    assert_eq!(status["schedule"]["next_change_in_s"], 7.5 * 3600.0);

    world.pass(7 * HOUR + 30 * MINUTE);
    assert!(plays(&world, "usual.mp4"), "closed: {:?}", world.screen(0));
}

#[test]
fn an_unset_clock_with_a_battery_is_believed() {
    let mut scenario = scheduled(presets::well_behaved(), OPEN);
    scenario.config.clock = crate::config::WallClock::Rtc;
    let mut world = scenario.start();
    world.set_clock("2026-11-27T10:00:00Z", false);
    world.run(MINUTE);
    assert!(plays(&world, "open.mp4"));
}

#[test]
fn a_window_begins_and_ends_to_the_second_and_the_usual_goes_on_between() {
    let mut world = morning(OPEN);
    world.run(30 * MINUTE - 1);
    assert!(plays(&world, "usual.mp4"));
    world.pass(SOON);
    assert!(plays(&world, "open.mp4"));
    world.run(10 * HOUR - 1);
    assert!(plays(&world, "open.mp4"), "{:?}", world.screen(0));
    world.pass(SOON);
    assert!(plays(&world, "usual.mp4"));
    // The shop stays closed on Saturday.
    world.run(34 * HOUR);
    assert!(plays(&world, "usual.mp4"));
}

#[test]
fn a_night_goes_on_past_midnight_and_lasts_an_hour_longer_when_clocks_go_back() {
    let night = "[[schedule]]\ndays = \"sat\"\nfrom = \"22:00\"\nto = \"06:00\"\n\
                 plays = \"night.mp4\"\n";
    for (begins, hours) in
        // An ordinary one, the last of March, the last of October: each at 21:00 in Berlin.
        [
            ("2026-11-28T20:00:00Z", 8),
            ("2026-03-28T20:00:00Z", 7),
            ("2026-10-24T19:00:00Z", 9),
        ]
    {
        let mut world = scheduled(presets::well_behaved(), night).start();
        world.set_clock(begins, true);
        world.run(HOUR - 1);
        assert!(plays(&world, "usual.mp4"), "{begins}");
        world.pass(SOON);
        assert!(plays(&world, "night.mp4"), "{begins}");
        world.run((1 + hours) * HOUR - 1);
        assert!(plays(&world, "night.mp4"), "{begins}: {:?}", world.screen(0));
        world.pass(SOON);
        assert!(plays(&world, "usual.mp4"), "{begins}");
    }
}

#[test]
fn a_stop_by_a_person_holds_until_the_next_change_and_locks_nothing_out() {
    let mut world = morning(OPEN);
    world.run(2 * HOUR);
    world.press(PanelAction::Stop);
    world.pass(SOON);
    assert_eq!(state(&world), TransportState::Stopped);
    world.run(10 * HOUR - 1);
    assert_eq!(state(&world), TransportState::Stopped, "as the person wished");
    world.pass(SOON);
    assert!(plays(&world, "usual.mp4"), "closed: {:?}", world.screen(0));
    // Stopped once more, on Friday evening; the next window is on Monday.
    world.press(PanelAction::Stop);
    world.run((24 + 24 + 24) * HOUR + 30 * MINUTE - 1);
    assert_eq!(state(&world), TransportState::Stopped);
    world.pass(SOON);
    assert!(plays(&world, "open.mp4"), "{:?}", world.screen(0));

    // A viewer with the remote control keeps it for as long.
    world.pass(HOUR + MINUTE);
    world.remote(0, Remote::Stop);
    world.pass(8 * HOUR);
    assert_eq!(state(&world), TransportState::Stopped);
    world.pass(HOUR);
    assert!(plays(&world, "usual.mp4"));
}

#[test]
fn a_schedule_that_is_always_open_takes_a_stop_back_at_midnight_and_interrupts_nothing() {
    let mut world = morning("[[schedule]]\nplays = \"open.mp4\"\n");
    world.run(15 * HOUR + 30 * MINUTE - SOON);
    let sets = world.nodes[0].called("SetAVTransportURI").len();
    let before = world.screen(0).expect("it plays").1;
    world.pass(2 * SOON);
    let after = world.screen(0).expect("it plays").1;
    assert_eq!(world.nodes[0].called("SetAVTransportURI").len(), sets);
    assert!(after > before, "it went on: {before:?}, {after:?}");
    world.press(PanelAction::Stop);
    world.pass(24 * HOUR - 3 * SOON);
    assert_eq!(state(&world), TransportState::Stopped);
    world.pass(3 * SOON);
    assert!(plays(&world, "open.mp4"));
}

#[test]
fn closed_is_stopped_but_what_a_viewer_watches_is_left_alone() {
    let closed = "[[schedule]]\nfrom = \"18:30\"\nto = \"09:00\"\nthen = \"stop\"\n";
    let mut world = morning(closed);
    assert_eq!(world.screen(0), None, "half past eight");
    world.run(30 * MINUTE + SOON);
    assert!(plays(&world, "usual.mp4"));
    world.run(10 * HOUR + SOON);
    assert_eq!(state(&world), TransportState::Stopped);
    // A person may play something at night.
    world.press(PanelAction::Play);
    world.pass(SOON);
    assert!(plays(&world, "usual.mp4"));

    world.run(30 * HOUR);
    assert!(plays(&world, "usual.mp4"));
    let film = "http://10.0.0.9:80/theirs.mp4";
    world.remote(0, Remote::PlayOther(film.to_owned()));
    world.run(34 * HOUR + SOON);
    assert_eq!(world.nodes[0].renderer.on_screen(world.now).map(|(uri, _)| uri), Some(film));
    assert!(world.nodes[0].called("Stop").len() == 1, "the evening before");
}

const DARK: &str = "[[schedule]]\nname = \"Closed\"\nfrom = \"18:30\"\nto = \"09:00\"\n\
                    then = \"blackout\"\nvolume = 0\n";

#[test]
fn a_blackout_is_one_black_picture_on_every_renderer_of_pictures() {
    let able = |p: &&Preset| p.name != "leica" && p.quirks.still != Still::EndsAtOnce;
    for preset in presets::all().iter().filter(able) {
        let mut world = scheduled(preset.clone(), DARK).start();
        world.set_clock("2026-11-27T17:28:00Z", true);
        world.run(2 * MINUTE - 1);
        assert!(world.shows(0, "usual.mp4"), "{}", preset.name);
        world.pass(MINUTE);
        assert!(world.shows(0, "black.jpg"), "{}: {:?}", preset.name, world.screen(0));
        let sets = world.nodes[0].called("SetAVTransportURI").len();
        world.pass(40 * MINUTE);
        assert!(world.shows(0, "black.jpg"), "{}: {:?}", preset.name, world.screen(0));
        let more = world.nodes[0].called("SetAVTransportURI").len() - sets;
        assert!(more == 0, "{}: {more} times again", preset.name);
        world.set_clock("2026-11-28T07:59:59Z", true);
        world.pass(MINUTE);
        assert!(world.shows(0, "usual.mp4"), "{}: {:?}", preset.name, world.screen(0));
    }
}

#[test]
fn a_renderer_that_shows_no_pictures_is_stopped_instead() {
    let ends = but(|q| q.still = Still::EndsAtOnce);
    let refuses = but(|q| q.mimes = Some(&["video/mp4"]));
    for preset in [ends, refuses] {
        let mut world = scheduled(preset, DARK).start();
        world.set_clock("2026-11-27T17:00:00Z", true);
        world.run(31 * MINUTE);
        assert_eq!(state(&world), TransportState::Stopped);
        world.run(90 * MINUTE);
        assert_eq!(state(&world), TransportState::Stopped);
        assert!(world.nodes[0].called("SetAVTransportURI").len() < 20);
        world.set_clock("2026-11-28T07:59:59Z", true);
        world.pass(MINUTE);
        assert!(world.shows(0, "usual.mp4"), "{:?}", world.screen(0));
    }
}

#[test]
fn a_press_in_the_dark_brings_what_usually_plays_until_the_next_change() {
    for action in [PanelAction::PlayPause, PanelAction::Play] {
        let mut world = morning(DARK);
        assert!(world.shows(0, "black.jpg"));
        world.press(action);
        world.pass(SOON);
        assert!(plays(&world, "usual.mp4"), "{action:?}");
        world.run(10 * HOUR + SOON);
        assert!(world.shows(0, "black.jpg"));
    }
}

#[test]
fn a_window_brings_its_volume_and_its_end_that_of_the_renderer() {
    let quiet =
        "[[schedule]]\nfrom = \"09:00\"\nto = \"10:00\"\nplays = \"open.mp4\"\nvolume = 12\n";
    let scenario = scheduled(presets::well_behaved(), quiet).rule(|rule| rule.volume = Some(40));
    let mut world = scenario.start();
    world.set_clock("2026-11-27T07:30:00Z", true);
    for (minute, volume) in [(29, 40), (31, 12), (91, 40)] {
        world.run(minute * MINUTE);
        assert_eq!(world.status()["renderers"][0]["volume"], volume, "{minute}");
    }
    // A box that starts within the window is quiet from the start.
    world.set_clock("2026-11-28T08:30:00Z", true);
    world.restart_box();
    world.pass(MINUTE);
    assert_eq!(world.status()["renderers"][0]["volume"], 12);
    assert!(plays(&world, "open.mp4"));
}

#[test]
fn a_renderer_that_was_switched_off_stays_off_and_plays_what_holds_once_it_is_on() {
    let mut world = morning(OPEN);
    world.run(9 * HOUR);
    world.remote(0, Remote::Standby);
    world.pass(MINUTE);
    let sets = world.nodes[0].called("SetAVTransportURI").len();
    // From the end of the day to the beginning of Monday.
    world.run((1 + 3 * 24) * HOUR);
    assert_eq!(world.nodes[0].called("SetAVTransportURI").len(), sets, "it would wake it");
    world.remote(0, Remote::PowerOn);
    let took = world.until(30_000, |w| w.shows(0, "open.mp4"));
    assert!(took.is_some(), "{:?}", world.screen(0));
}

#[test]
fn an_entry_holds_for_the_renderers_that_it_names() {
    let first = "[[schedule]]\non = \"10.0.0.11\"\nplays = \"open.mp4\"\n";
    let mut scenario = scheduled(presets::well_behaved(), first);
    scenario.presets.push(presets::well_behaved());
    let mut world = scenario.start();
    world.set_clock("2026-11-27T07:30:00Z", true);
    world.run(MINUTE);
    assert!(world.shows(0, "open.mp4") && world.shows(1, "usual.mp4"));
}

#[test]
fn a_clock_that_jumps_brings_what_holds_then() {
    let mut world = morning(OPEN);
    world.set_clock("2026-11-27T12:00:00Z", true);
    world.pass(SOON);
    assert!(plays(&world, "open.mp4"));
    world.set_clock("2026-11-27T23:00:00Z", true);
    world.pass(SOON);
    assert!(plays(&world, "usual.mp4"));
    // The network is gone, and with it what keeps the clock: by now it is right all the same.
    world.set_clock("2026-11-30T09:00:00Z", false);
    world.pass(SOON);
    assert!(plays(&world, "open.mp4"));
}

#[test]
fn between_its_changes_a_schedule_costs_no_step_and_no_memory() {
    let hour = |trusted: bool| {
        let schedule = "[[schedule]]\nfrom = \"18:30\"\nto = \"20:00\"\nthen = \"stop\"\n";
        let mut world = scheduled(presets::well_behaved(), schedule).start();
        world.set_clock("2026-11-27T07:30:00Z", trusted);
        // Tables reach their size, and the box learns what the renderer can do.
        world.run(2 * HOUR);
        let (steps, asked) = (world.steps, world.allocations);
        world.run(3 * HOUR);
        (world.steps - steps, world.allocations - asked)
    };
    let (without, none) = hour(false);
    assert!(without > 100 && none == 0, "{without} steps");
    assert_eq!(hour(true), (without, 0));
}

/// Buttons that choose the night's film for good, and `Next` as `auto`.
fn with_auto(schedule: &str) -> World {
    let mut scenario =
        scheduled(presets::well_behaved(), schedule).choice_button("/m/night.mp4", None);
    let next = scenario.config.buttons.iter_mut().find(|b| b.does(PanelAction::Next));
    next.expect("on the panel").press = Some(PanelAction::Auto);
    let mut world = scenario.start();
    world.set_clock("2026-11-27T07:30:00Z", true);
    world.run(MINUTE);
    world
}

#[test]
fn auto_brings_back_what_the_hours_want() {
    let mut world = with_auto("[[schedule]]\nplays = \"open.mp4\"\n");
    world.press(PanelAction::Play);
    world.pass(SOON);
    assert!(plays(&world, "night.mp4"), "a person chose it");
    world.press(PanelAction::Next);
    world.pass(SOON);
    assert!(plays(&world, "open.mp4"));

    for then in ["stop", "blackout"] {
        let mut world = with_auto(&format!("[[schedule]]\nthen = \"{then}\"\n"));
        world.press(PanelAction::Play);
        world.pass(2 * SOON);
        assert!(plays(&world, "night.mp4"), "{then}: a person chose it");
        world.press(PanelAction::Next);
        world.pass(2 * SOON);
        let shown = world.screen(0).map(|(name, _)| name.to_owned());
        let wanted = (then == "blackout").then(|| "black.jpg".to_owned());
        assert_eq!(shown, wanted, "{then}");
    }
}

const BLACKOUT: &str = "[[schedule]]\nfrom = \"18:30\"\nto = \"09:00\"\nthen = \"blackout\"\n";

fn night(preset: Preset) -> World {
    let scenario = Scenario::of(preset).files(&[("/m/clip.mp4", 600_000)]).autoplay();
    let mut world = scenario.schedule("CET-1CEST,M3.5.0,M10.5.0/3", BLACKOUT).start();
    world.set_clock("2026-11-27T19:00:00Z", true);
    world.run(30_000);
    assert!(world.shows(0, "black.jpg"));
    world
}

#[test]
fn the_light_that_shows_playing_is_dark_in_a_blackout() {
    let world = night(presets::well_behaved());
    assert_eq!(world.status()["panel"]["leds"][1]["on"], false, "nothing is to be seen");
}

#[test]
fn a_blackout_stays_dark_where_pictures_are_put_away_after_a_minute() {
    let mut world = night(but(|q| q.still = Still::EndsAfter(ms(60_000))));
    let mut menu = 0;
    for _ in 0..360 {
        world.pass(10_000);
        menu += u32::from(!world.shows(0, "black.jpg"));
    }
    assert!(menu < 60, "for {menu} of 360 looks in an hour its own menu was to be seen");
}

#[test]
fn closing_time_while_a_film_loads_closes_also_where_the_stop_is_ignored() {
    let closed = "[[schedule]]\nfrom = \"18:30\"\nto = \"09:00\"\nthen = \"stop\"\n";
    let changes: [fn(&mut Quirks); 4] = [
        |_| {},
        |q| q.sends_events = false,
        |q| q.starts_on_set = true,
        |q| q.track_uri = crate::sim::quirks::TrackUri::Always("unknown"),
    ];
    for loads_as in [TransportState::Transitioning, TransportState::Stopped] {
        for (n, change) in changes.into_iter().enumerate() {
            let mut open = 0;
            for offset in 0..20 {
                let preset = but(|q| {
                    (q.loading, q.loads_as) = (ms(4_000), loads_as);
                    q.stop_ignored_while_loading = true;
                    change(q);
                });
                let scenario = Scenario::of(preset).files(&[("/m/clip.mp4", 10_000)]);
                let mut world = scenario.schedule(BERLIN, closed).autoplay().start();
                world.run(offset * 700);
                world.set_clock("2026-11-27T17:28:00Z", true);
                world.pass(2 * MINUTE + 20_000);
                for _ in 0..60 {
                    open += u32::from(world.screen(0).is_some());
                    world.pass(10_000);
                }
            }
            assert_eq!(open, 0, "{loads_as:?}, {n}: looks that found a film after closing time");
        }
    }
}
