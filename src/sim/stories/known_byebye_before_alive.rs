//! Known to fail: a renderer that says byebye before each alive, as Macast does.

use super::*;

#[test]
#[ignore = "a byebye that is followed by an alive at once makes the box forget the viewer's stop"]
fn a_viewer_who_stopped_it_is_left_in_peace_where_the_box_respects_that() {
    let scenario = Scenario::of(presets::well_behaved()).files(&[("/m/clip.mp4", 3_600_000)]);
    let mut world = playing(scenario);
    for _ in 0..3 {
        world.pass(30_000);
        world.announce_byebye_and_alive(0);
    }
    assert!(world.shows(0, "clip.mp4"), "nothing happens while it plays");
    world.remote(0, Remote::Stop);
    world.pass(30_000);
    assert_eq!(world.screen(0), None);
    world.announce_byebye_and_alive(0);
    world.pass(60_000);
    assert_eq!(world.screen(0), None, "on_stop is \"respect\"");
}
