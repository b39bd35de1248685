//! Known to fail: it is to be stopped while it loads, and says STOPPED meanwhile.

use super::*;
use crate::upnp::action::TransportState;

const SAYS: [TransportState; 2] = [TransportState::Transitioning, TransportState::Stopped];

#[test]
#[ignore = "a renderer that says STOPPED while it loads counts as stopped already and plays later"]
fn stop_pressed_while_it_loads_stops_it() {
    for loads_as in SAYS {
        let preset = but(|q| (q.loading, q.loads_as) = (ms(3_000), loads_as));
        let mut world = Scenario::of(preset).files(&[("/m/clip.mp4", 600_000)]).start();
        world.run(5_000);
        world.press(PanelAction::Play);
        world.pass(1_000);
        world.press(PanelAction::Stop);
        world.pass(60_000);
        assert_eq!(world.screen(0), None, "{loads_as:?}");
    }
}

#[test]
#[ignore = "a renderer that says STOPPED while it loads counts as stopped already and plays later"]
fn closing_time_in_the_gap_between_two_rounds_closes() {
    let closed = "[[schedule]]\nfrom = \"18:30\"\nto = \"09:00\"\nthen = \"stop\"\n";
    for loads_as in SAYS {
        let mut open = 0;
        for offset in 0..40 {
            let preset = but(|q| (q.loading, q.loads_as) = (ms(1_500), loads_as));
            let scenario = Scenario::of(preset).files(&[("/m/clip.mp4", 10_000)]);
            let mut world =
                scenario.schedule("CET-1CEST,M3.5.0,M10.5.0/3", closed).autoplay().start();
            world.run(offset * 300);
            world.set_clock("2026-11-27T17:28:00Z", true);
            world.pass(600_000);
            let closes = offset * 300 + 120_000;
            let late =
                |round: &crate::sim::world::Round| round.until.as_micros() / 1000 > closes + 3_000;
            open += u32::from(world.nodes[0].rounds.iter().any(late));
        }
        assert_eq!(
            open, 0,
            "{loads_as:?}: of 40 evenings a film was shown after closing time in so many"
        );
    }
}
