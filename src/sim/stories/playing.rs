//! A press brings the picture.

use super::*;

#[test]
fn survey() {
    for preset in presets::all() {
        let name = preset.name;
        let mut world = Setting::of(preset).begin();
        world.run(5_000);
        world.press(PanelAction::Play);
        let took = world.until(60_000, |w| w.shows(0, "clip.mp4"));
        eprintln!("{name:16} {took:?}");
        if took.is_none() {
            for line in world.trace(20) { eprintln!("     {line}"); }
        }
    }
}

#[test]
fn survey_loops() {
    for preset in presets::all() {
        let name = preset.name;
        let mut world = Setting::of(preset).autoplay().begin();
        world.run(150_000);
        let stage = &world.stages[0];
        let played: Vec<_> = stage.rounds.iter().map(|r| r.played.as_millis()).collect();
        let gaps: Vec<_> = stage.gaps().iter().map(|g| g.as_millis()).collect();
        eprintln!("{name:16} {played:?} {gaps:?} calls {} ", stage.calls.len());
    }
}
