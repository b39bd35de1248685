//! Buttons: the identification card, switching the machine off, presses at bad moments.

use super::*;
use crate::config::{AfterClip, Button, Pin, RepeatPress};
use crate::kiosk::buttons::Buttons;
use crate::kiosk::event::{ButtonId, Event, TaskName};
use crate::kiosk::leds::Pattern;
use crate::kiosk::token::Token;
use crate::media::generated::draw_card;
use crate::sim::quirks::Still;
use crate::time::Instant;
use crate::upnp::HttpUrl;
use crate::upnp::action::TransportState;
use std::rc::Rc;

const FILES: [(&str, u64); 2] = [("/m/main/clip.mp4", 120_000), ("/m/extra/dragon.mp4", 30_000)];

/// `Next` identifies the renderers.
fn with_card_button(scenario: Scenario) -> Scenario {
    let mut scenario = scenario.files(&FILES).rule(|rule| rule.plays = vec!["/m/main".into()]);
    let button = scenario.config.buttons.iter_mut().find(|b| b.does(PanelAction::Next));
    button.expect("on the panel").press = Some(PanelAction::Identify);
    scenario
}

fn identify(world: &mut World) {
    world.press(PanelAction::Next);
}

/// What the box serves as the picture on the screen.
fn served(world: &World, node: usize) -> Option<Rc<[u8]>> {
    let (uri, _) = world.nodes[node].renderer.on_screen(world.now)?;
    let token = Token::in_path(&HttpUrl::parse(uri)?.path)?;
    world.kiosk.published(token)?.body
}

fn shows_its_card(world: &World, node: usize) -> bool {
    let udn = &world.nodes[node].renderer.persona().udn;
    let known = world.kiosk.descriptions().find(|(description, _)| description.udn == *udn);
    let (description, location) = known.expect("it was found");
    let own = draw_card(&description.friendly_name, &location.host.to_string());
    world.shows(node, "identify.jpg") && served(world, node).as_ref() == Some(&own)
}

fn state(world: &World, node: usize) -> TransportState {
    world.nodes[node].renderer.state()
}

#[test]
fn all_show_their_own_for_ten_seconds_and_go_on_where_they_were() {
    let presets = vec![presets::well_behaved(), presets::rygel(), presets::samsung_tizen()];
    let mut world = with_card_button(Scenario::many(presets)).autoplay().start();
    world.run(45_000);
    let at = |world: &World, n: usize| world.screen(n).expect("it shows something").1;
    let before: Vec<_> = (0..3).map(|n| at(&world, n)).collect();
    identify(&mut world);
    let all = |w: &World| (0..3).all(|n| shows_its_card(w, n));
    assert!(world.until(6_000, all).is_some());
    let (first, second) = (served(&world, 0), served(&world, 1));
    assert_ne!(first, second, "each its own");
    world.pass(8_000);
    assert!(all(&world));
    let all = |w: &World| (0..3).all(|n| w.shows(n, "clip.mp4"));
    assert!(world.until(8_000, all).is_some());
    world.pass(3_000);
    for (n, before) in before.into_iter().enumerate() {
        assert!(at(&world, n).abs_diff(before) < ms(9_000), "{n}: {before:?}, {:?}", at(&world, n));
        let shown = world.nodes[n].rounds.iter().find(|round| round.uri.contains("identify"));
        let shown = shown.expect("seen").until.since(shown.expect("seen").from);
        assert!(shown >= ms(9_500) && shown < ms(11_500), "{n}: {shown:?}");
    }
    world.pass(130_000);
    assert!(world.until(5_000, all).is_some(), "and loops");
}

#[test]
fn a_renderer_at_rest_is_stopped_again() {
    let able = |p: &&Preset| p.quirks.still != Still::EndsAtOnce && p.quirks.play_refused.is_none();
    let mut told = 0;
    for preset in presets::all().iter().filter(able) {
        let name = preset.name;
        let mut world = with_card_button(Scenario::of(preset.clone())).start();
        world.run(20_000);
        assert_eq!(world.screen(0), None, "{name}");
        identify(&mut world);
        if world.trace(200).concat().contains("cannot show its name and address") {
            continue;
        }
        told += 1;
        assert!(world.until(10_000, |w| shows_its_card(w, 0)).is_some(), "{name}");
        world.pass(20_000);
        assert_eq!(world.screen(0), None, "{name}: nobody asked for more");
        let asked = world.nodes[0].calls.len();
        world.pass(60_000);
        assert_ne!(state(&world, 0), TransportState::Playing, "{name}");
        let more = &world.nodes[0].calls[asked..];
        assert!(more.iter().all(|call| call.what != "Stop"), "{name}: left in peace");
        world.press(PanelAction::Play);
        assert!(world.until(8_000, |w| w.shows(0, "clip.mp4")).is_some(), "{name}");
        world.pass(150_000);
        assert!(world.until(8_000, |w| w.shows(0, "clip.mp4")).is_some(), "{name}: it loops");
    }
    assert!(told >= 12, "{told} only");
}

#[test]
fn a_clip_goes_on_where_it_was_and_then_what_that_interrupted() {
    let scenario = with_card_button(Scenario::of(presets::well_behaved()));
    let scenario = scenario.clip_button(
        PanelAction::Prev,
        "/m/extra",
        RepeatPress::Restart,
        AfterClip::Resume,
    );
    let mut world = playing(scenario);
    world.pass(50_000);
    world.press(PanelAction::Prev);
    world.pass(15_000);
    assert!(world.shows(0, "dragon.mp4"));
    identify(&mut world);
    assert!(world.until(3_000, |w| shows_its_card(w, 0)).is_some());
    // Again, and again: it is shown already.
    identify(&mut world);
    assert!(world.until(12_000, |w| w.shows(0, "dragon.mp4")).is_some());
    world.pass(3_000);
    let (name, at) = world.screen(0).expect("it plays");
    assert!(name == "dragon.mp4" && at > ms(14_000) && at < ms(20_000), "{at:?}");
    assert!(world.until(18_000, |w| w.shows(0, "clip.mp4")).is_some());
    world.pass(3_000);
    let (_, at) = world.screen(0).expect("it plays");
    assert!(at > ms(49_000) && at < ms(58_000), "{at:?}");
}

#[test]
fn a_renderer_that_shows_no_pictures_is_left_alone_and_the_log_says_so() {
    let songs = but(|q| q.mimes = Some(&["video/mp4", "audio/mpeg"]));
    let mut world =
        with_card_button(Scenario::many(vec![presets::well_behaved(), songs])).autoplay().start();
    world.run(30_000);
    identify(&mut world);
    assert!(world.until(5_000, |w| shows_its_card(w, 0)).is_some());
    assert!(world.shows(1, "clip.mp4"));
    let sets = world.nodes[1].called("SetAVTransportURI").len();
    let said = "TV 2: cannot show its name and address: it shows no pictures";
    assert_eq!(world.trace(100).concat().matches(said).count(), 1);
    world.pass(20_000);
    assert!(world.shows(1, "clip.mp4"));
    assert_eq!(world.nodes[1].called("SetAVTransportURI").len(), sets);
}

#[test]
fn members_of_a_group_each_show_their_own_and_go_on_together() {
    let mut slow = presets::well_behaved();
    slow.quirks.loading = ms(900);
    let presets = vec![presets::well_behaved(), slow, presets::rygel()];
    let scenario = with_card_button(Scenario::many(presets)).grouped(ms(10_000)).autoplay();
    let mut world = scenario.start();
    world.run(150_000);
    assert!(world.until(120_000, |w| w.screen(0).is_some_and(|(_, at)| at > ms(30_000))).is_some());
    identify(&mut world);
    assert!(world.until(4_000, |w| (0..3).all(|n| shows_its_card(w, n))).is_some());
    let all = |w: &World| (0..3).all(|n| w.shows(n, "clip.mp4"));
    assert!(world.until(14_000, all).is_some());
    world.pass(5_000);
    let at: Vec<_> = (0..3).map(|n| world.screen(n).expect("it plays").1).collect();
    let (first, last) = (at.iter().min(), at.iter().max());
    assert!(first > Some(&ms(29_000)) && last < Some(&ms(45_000)), "{at:?}");
    world.pass(130_000);
    assert!(world.until(10_000, all).is_some());
    let members = world.status()["groups"][0]["members"].clone();
    assert!(
        members.as_array().expect("three").iter().all(|m| m["state"] == "together"),
        "{members}"
    );
}

#[test]
fn a_member_that_shows_no_pictures_holds_up_nobody() {
    let songs = but(|q| q.mimes = Some(&["video/mp4"]));
    let scenario = with_card_button(Scenario::many(vec![presets::well_behaved(), songs]));
    let mut world = scenario.grouped(ms(4_000)).autoplay().start();
    world.run(60_000);
    identify(&mut world);
    assert!(world.until(3_000, |w| shows_its_card(w, 0)).is_some());
    assert!(world.shows(1, "clip.mp4"));
    assert!(world.until(25_000, |w| w.shows(0, "clip.mp4")).is_some());
    world.pass(260_000);
    let both = |w: &World| (0..2).all(|n| w.shows(n, "clip.mp4"));
    assert!(world.until(20_000, both).is_some());
}

#[test]
fn a_renderer_that_is_not_there_does_not_show_it_when_it_is_back() {
    let mut world = playing(with_card_button(Scenario::of(presets::well_behaved())));
    world.remote(0, Remote::PowerOff);
    world.pass(60_000);
    identify(&mut world);
    world.pass(5_000);
    assert!(world.trace(100).concat().contains("cannot show its name and address: it is away"));
    world.remote(0, Remote::PowerOn);
    assert!(world.until(60_000, |w| w.shows(0, "clip.mp4")).is_some());
    assert!(world.nodes[0].rounds.iter().all(|round| !round.uri.contains("identify")));
}

#[test]
fn a_film_that_was_paused_stays_so_in_the_dark_and_goes_on_where_it_was() {
    let mut world = playing(with_card_button(Scenario::of(presets::well_behaved())));
    world.pass(40_000);
    world.press(PanelAction::Pause);
    world.pass(30_000);
    identify(&mut world);
    assert!(world.until(3_000, |w| shows_its_card(w, 0)).is_some());
    world.pass(60_000);
    assert_eq!(world.screen(0), None);
    world.press(PanelAction::PlayPause);
    assert!(world.until(3_000, |w| w.shows(0, "clip.mp4")).is_some());
    world.pass(3_000);
    let (_, at) = world.screen(0).expect("it plays");
    assert!(at > ms(42_000) && at < ms(50_000), "{at:?}");
}

#[test]
fn a_renderer_at_rest_that_is_told_to_play_meanwhile_plays_afterwards() {
    for press in [PanelAction::Play, PanelAction::Prev] {
        let mut world = with_card_button(Scenario::of(presets::well_behaved())).start();
        world.run(20_000);
        identify(&mut world);
        world.pass(5_000);
        world.press(press);
        world.pass(1_000);
        assert!(shows_its_card(&world, 0), "{press:?}");
        assert!(world.until(12_000, |w| w.shows(0, "clip.mp4")).is_some(), "{press:?}");
        world.pass(125_000);
        assert!(world.shows(0, "clip.mp4"), "{press:?}: and loops");
    }
}

#[test]
fn a_press_of_stop_ends_it_and_one_of_play_brings_what_usually_plays() {
    let mut world = playing(with_card_button(Scenario::of(presets::well_behaved())));
    identify(&mut world);
    assert!(world.until(3_000, |w| shows_its_card(w, 0)).is_some());
    world.press(PanelAction::Stop);
    world.pass(2_000);
    assert_eq!(world.screen(0), None);
    world.press(PanelAction::Play);
    assert!(world.until(5_000, |w| w.shows(0, "clip.mp4")).is_some());
}

/// The Mute button, held for three seconds, switches the machine off.
fn machine(renderer: Preset) -> World {
    let mut scenario = Scenario::of(renderer);
    let button = scenario.config.buttons.iter_mut().find(|b| b.does(PanelAction::Mute));
    let button = button.expect("on the panel");
    (button.long, button.hold_time) = (Some(PanelAction::Shutdown), ms(3_000));
    playing(scenario)
}

fn hold(world: &mut World, millis: u64) {
    world.hold(PanelAction::Mute, ms(millis));
    world.pass(millis + 500);
}

fn status(world: &World) -> String {
    world.status()["power_off_refused"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn the_box_asks_for_it_and_leaves_as_always_when_it_is_told_to() {
    let mut world = machine(presets::well_behaved());
    hold(&mut world, 2_900);
    assert_eq!(world.power_offs, 0, "not held for long enough");
    hold(&mut world, 4_000);
    assert_eq!(world.power_offs, 1);
    assert_eq!(world.kiosk.pattern(world.now), Pattern::SwitchingOff);
    let said = world.trace(20).concat();
    assert!(said.contains("shutdown") && said.contains("switching the machine off"), "{said}");
    assert!(world.shows(0, "clip.mp4") && world.exited.is_none(), "until then all goes on");
    world.leave();
    world.pass(1_000);
    assert_eq!(world.exited.map(|(_, code)| code), Some(0));
    assert_eq!(world.nodes[0].renderer.state(), TransportState::Stopped);
}

#[test]
fn a_refusal_costs_nothing_and_is_said_in_log_and_status() {
    let mut world = machine(presets::well_behaved());
    world.power_off = Err("this user may not".to_owned());
    hold(&mut world, 3_100);
    assert_eq!(world.power_offs, 1);
    let said = "the machine could not be switched off: this user may not";
    assert!(world.trace(20).concat().contains(said));
    assert_eq!(status(&world), "this user may not");
    assert_eq!(world.kiosk.pattern(world.now), Pattern::Playing, "no flickering");
    let before = world.nodes[0].called("Stop").len();
    world.pass(20_000);
    assert!(world.until(2_000, |w| w.shows(0, "clip.mp4")).is_some());
    assert_eq!(world.nodes[0].called("Stop").len(), before);
    // Somebody installed the polkit rule.
    world.power_off = Ok(());
    hold(&mut world, 3_100);
    assert_eq!((world.power_offs, status(&world).as_str()), (2, ""));
}

#[test]
fn a_power_off_that_does_not_come_is_reported_and_may_be_asked_for_again() {
    let mut world = machine(presets::well_behaved());
    hold(&mut world, 3_100);
    hold(&mut world, 3_100);
    assert_eq!(world.power_offs, 1, "it is on its way");
    world.pass(130_000);
    assert!(status(&world).contains("is still running"));
    assert_ne!(world.kiosk.pattern(world.now), Pattern::SwitchingOff);
    hold(&mut world, 3_100);
    assert_eq!(world.power_offs, 2);
}

/// The hardware fails while the button is pressed; the button is up when the hardware works again.
#[test]
fn a_panel_that_fails_while_louder_is_held_does_not_go_on_for_ever() {
    let mut world =
        playing(Scenario::of(presets::well_behaved()).files(&[("/m/clip.mp4", 3_600_000)]));
    world.remote(0, Remote::Volume(20));
    world.pass(1_000);
    world.hold(PanelAction::VolumeUp, ms(1_600));
    world.pass(1_400);
    world.kill(TaskName::Panel, 0);
    world.pass(60_000);
    assert!(world.nodes[0].renderer.volume < 50, "{}", world.nodes[0].renderer.volume);
}

/// Events come before deadlines in the driver: after half a second in which the box looked into a file, both are there.
#[test]
fn a_long_press_is_long_also_if_the_box_was_busy_when_it_became_one() {
    let play = Button::plain(Pin(17), PanelAction::PlayPause);
    let button = Button { long: Some(PanelAction::Stop), ..play };
    let mut panel = Buttons::new(&[button]);
    let at = Instant::from_millis;
    assert_eq!(panel.contact(ButtonId(0), true, at(0)), None);
    let done = panel.contact(ButtonId(0), false, at(1_200));
    let done = done.or(panel.due(at(1_200)).map(|(_, action)| action));
    assert_eq!(done, Some(PanelAction::Stop), "it was held for 1.2 s");
}

#[test]
fn a_button_that_is_stuck_does_not_switch_the_machine_off_at_each_start() {
    let mut scenario = Scenario::of(presets::well_behaved());
    scenario.config.buttons[0].long = Some(PanelAction::Shutdown);
    let mut world = scenario.start();
    world.tell(Event::Button { button: ButtonId(0), pressed: true });
    world.run(60_000);
    assert_eq!(world.power_offs, 0, "nobody has pressed it since the start");
}
