//! Known to fail: Play is not answered, but done at once; positions are not told.

use super::*;
use crate::sim::quirks::RelTime;

#[test]
#[ignore = "playing time before a late answer to Play is lost, so that the end counts as a viewer's stop"]
fn the_time_without_an_answer_counts() {
    let preset = but(|q| {
        (q.playing_at_once, q.play_hangs_while_loading) = (true, true);
        q.rel_time = RelTime::AlwaysZero;
    });
    let mut world = Scenario::of(preset).files(&[("/m/clip.mp4", 60_000)]).autoplay().start();
    world.run(3_600_000);
    let rounds = world.nodes[0].rounds.len();
    assert!(rounds > 40, "{rounds} rounds in an hour, {:?}", world.why(0));
}
