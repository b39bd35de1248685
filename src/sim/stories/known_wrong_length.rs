//! Known to fail: a file that is shorter than somebody says.

use super::*;

/// Says three minutes of a file of two.
fn two_minutes(header: Option<Duration>) -> World {
    let preset = but(|q| q.claims_duration = Some(ms(180_000)));
    let mut world = Scenario::of(preset).files(&[("/m/clip.mp4", 120_000)]).autoplay().start();
    world.header = Some(header);
    world.run(1_200_000);
    world
}

/// A download that was cut off, or an edit list.
#[test]
#[ignore = "the end of a file that is shorter than its header says counts as a viewer's stop"]
fn a_file_that_is_shorter_than_its_header_says_is_no_viewers_stop() {
    let world = two_minutes(Some(ms(180_000)));
    let rounds = world.nodes[0].rounds.len();
    assert!(rounds > 5, "{rounds} rounds, {:?}", world.why(0));
}

/// The box knows no length (.ts, .avi, .wmv, …), the renderer guesses by the bit rate.
#[test]
#[ignore = "the end of a file that is shorter than the renderer says counts as a viewer's stop"]
fn a_length_that_the_renderer_guessed_makes_no_viewer() {
    let world = two_minutes(None);
    let rounds = world.nodes[0].rounds.len();
    assert!(rounds > 5, "{rounds} rounds, {:?}", world.why(0));
}
