//! What the logic allocates once it plays: only what its effects carry.

use super::*;

#[test]
fn steps_of_a_box_that_plays_allocate_only_what_their_effects_carry() {
    let long = [("/m/film.mp4", 3_600_000)];
    let short = [("/m/clip.mp4", 10_000)];
    let songs = [("/m/1.mp3", 10_000), ("/m/2.mp3", 12_000)];
    for preset in [presets::well_behaved(), presets::rygel(), presets::gmrender(), presets::jmgo()]
    {
        for (files, cut) in [(&long[..], 0), (&short[..], 0), (&short[..], 300), (&songs[..], 0)] {
            let scenario = Scenario::of(preset.clone()).files(files).autoplay();
            let scenario = scenario.rule(|r| r.max_cut = ms(cut)).watchdog(ms(30_000));
            let mut world = scenario.start();
            // Tables reach their size, and what the renderer can do is learned.
            world.run(120_000);
            let (before, steps) = (world.allocations, world.steps);
            world.run(1_320_000);
            let (asked, steps) = (world.allocations - before, world.steps - steps);
            assert!(before > 0 && steps > 500, "{}: {steps} steps only", preset.name);
            assert_eq!(asked, 0, "{}, {files:?}: {steps} steps", preset.name);
        }
    }
}
