//! Pictures: they have no end, so the box gives them one.

use super::*;
use crate::sim::quirks::Still;

const FILES: [(&str, u64); 3] = [("/m/1.jpg", 0), ("/m/2.jpg", 0), ("/m/3.jpg", 0)];

#[test]
fn pictures_follow_each_other_on_every_renderer() {
    let shows = |p: &&Preset| p.name != "leica" && p.quirks.still != Still::EndsAtOnce;
    for preset in presets::all().iter().filter(shows) {
        let name = preset.name;
        let mut world = Setting::of(preset.clone()).files(&FILES).autoplay().begin();
        let mut seen = Vec::new();
        for _ in 0..8 {
            let last = seen.last().cloned();
            let shown = |w: &World| w.screen(0).map(|(file, _)| file.to_owned());
            let new = world.until(120_000, |w| shown(w).is_some_and(|f| Some(f) != last));
            assert!(new.is_some(), "{name}: {seen:?}");
            seen.extend(shown(&world));
        }
        let wanted = ["1.jpg", "2.jpg", "3.jpg"].iter().cycle().take(8);
        assert!(seen.iter().eq(wanted), "{name}: {seen:?}");
    }
}

#[test]
fn a_picture_that_fails_over_another_is_shown_after_it() {
    let mut world = Setting::of(presets::lg_webos()).files(&FILES).autoplay().begin();
    world.run(120_000);
    let spans = world.stages[0].rounds.iter().map(|round| round.until.since(round.from));
    let spans: Vec<_> = spans.collect();
    assert!(spans.len() >= 6, "{} in two minutes", spans.len());
    assert!(spans.iter().all(|span| *span >= ms(9_000)), "each in peace: {spans:?}");
}

#[test]
fn a_picture_kept_by_its_url_has_a_new_one_each_time() {
    let keeps = but(|q| q.caches_pictures = true);
    let mut world = Setting::of(keeps).files(&[("/m/1.jpg", 0)]).autoplay().begin();
    world.run(60_000);
    let sets = world.stages[0].called("SetAVTransportURI");
    let mut urls: Vec<_> = sets.iter().map(|set| set.about.as_str()).collect();
    let given = urls.len();
    urls.sort_unstable();
    urls.dedup();
    assert!(given >= 5 && urls.len() == given, "{given}");
}
