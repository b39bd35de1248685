//! Known to fail: a start that takes longer than the last one, on a renderer that tells no position.

use super::*;
use crate::sim::quirks::RelTime;

#[test]
#[ignore = "the time from Play to the picture is taken from another kind of file, so the end is cut off"]
fn the_end_of_what_began_late_is_not_cut_off() {
    let preset = but(|q| (q.loading, q.rel_time) = (ms(9_000), RelTime::NotImplemented));
    // The film begins at once, as a picture was there; the song takes nine seconds.
    let files = [("/m/a.mp4", 25_000), ("/m/b.mp3", 20_000), ("/m/c.jpg", 0)];
    let mut world = Scenario::of(preset).autoplay().files(&files).start();
    world.run(1_200_000);
    let songs = world.nodes[0].rounds.iter().filter(|round| round.uri.ends_with("b.mp3"));
    let cut: Vec<Duration> = songs.map(|song| ms(20_000).saturating_sub(song.played)).collect();
    assert!(cut.iter().all(|cut| *cut < ms(300)), "{cut:?}");
}
