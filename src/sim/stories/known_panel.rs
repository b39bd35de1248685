//! Known to fail: buttons.

use super::*;
use crate::config::{Button, Pin};
use crate::kiosk::event::{ButtonId, Event, TaskName};
use crate::kiosk::panel::Panel;
use crate::time::Instant;

/// The hardware fails while a finger is on the button, which is up again when it works again.
#[test]
#[ignore = "a button that was held when the panel failed repeats its action for ever"]
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
#[ignore = "a long press counts as a short one if its release is handled before its deadline"]
fn a_long_press_is_long_also_if_the_box_was_busy_when_it_became_one() {
    let play = Button::plain(Pin(17), PanelAction::PlayPause);
    let button = Button { long: Some(PanelAction::Stop), ..play };
    let mut panel = Panel::new(&[button]);
    let at = Instant::from_millis;
    assert_eq!(panel.contact(ButtonId(0), true, at(0)), None);
    let done = panel.contact(ButtonId(0), false, at(1_200));
    let done = done.or(panel.due(at(1_200)).map(|(_, action)| action));
    assert_eq!(done, Some(PanelAction::Stop), "it was held for 1.2 s");
}

#[test]
#[ignore = "a button that is closed at the start counts as pressed"]
fn a_button_that_is_stuck_does_not_switch_the_machine_off_at_each_start() {
    let mut scenario = Scenario::of(presets::well_behaved());
    scenario.config.buttons[0].long = Some(PanelAction::Shutdown);
    let mut world = scenario.start();
    world.tell(Event::Button { button: ButtonId(0), pressed: true });
    world.run(60_000);
    assert_eq!(world.power_offs, 0, "nobody has pressed it since the start");
}
