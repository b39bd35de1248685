//! Switching the machine off by holding a button.

use super::*;
use crate::kiosk::leds::Pattern;
use crate::upnp::action::TransportState;

/// Held for three seconds, the button that mutes switches the machine off.
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
    let said = "the machine is not switched off: this user may not";
    assert!(world.trace(20).concat().contains(said));
    assert_eq!(status(&world), "this user may not");
    assert_eq!(world.kiosk.pattern(world.now), Pattern::Playing, "no flickering");
    let before = world.nodes[0].called("Stop").len();
    world.pass(20_000);
    assert!(world.until(2_000, |w| w.shows(0, "clip.mp4")).is_some());
    assert_eq!(world.nodes[0].called("Stop").len(), before);
    // Somebody has installed the rule.
    world.power_off = Ok(());
    hold(&mut world, 3_100);
    assert_eq!((world.power_offs, status(&world).as_str()), (2, ""));
}

#[test]
fn one_that_is_granted_and_does_not_come_is_said_and_may_be_asked_for_again() {
    let mut world = machine(presets::well_behaved());
    hold(&mut world, 3_100);
    hold(&mut world, 3_100);
    assert_eq!(world.power_offs, 1, "it is on its way");
    world.pass(130_000);
    assert!(status(&world).contains("still runs"));
    assert_ne!(world.kiosk.pattern(world.now), Pattern::SwitchingOff);
    hold(&mut world, 3_100);
    assert_eq!(world.power_offs, 2);
}
