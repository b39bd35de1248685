//! Claims about the simulated house itself: its laws blame the box for nothing that a sound box would do too.

use super::*;
use crate::kiosk::event::{Event, PanelState, TaskName};
use crate::time::Instant;
use core::net::Ipv4Addr;

const PANEL: TaskName = TaskName::Panel;
/// Fed every 15 s.
const WATCHDOG: Duration = ms(30_000);

#[test]
fn a_box_that_begins_anew_again_and_again_is_no_busy_loop() {
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
    let about = |line: &String| line.contains("buttons and LEDs");
    let said: Vec<_> = world.trace(256).into_iter().filter(about).collect();
    let ends = [late, "no GPIO chip is called gpiochip9", "buttons and LEDs work now"];
    assert_eq!(said.len(), ends.len(), "{said:?}");
    assert!(said.iter().zip(ends).all(|(line, end)| line.ends_with(end)), "{said:?}");
}
