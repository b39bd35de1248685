//! Pictures: they have no end, so the box gives them one.

use super::*;
use crate::sim::quirks::Still;

const FILES: [(&str, u64); 3] = [("/m/1.jpg", 0), ("/m/2.jpg", 0), ("/m/3.jpg", 0)];

#[test]
fn pictures_follow_each_other_on_every_renderer() {
    let shows = |p: &&Preset| p.name != "leica" && p.quirks.still != Still::EndsAtOnce;
    for preset in presets::all().iter().filter(shows) {
        let name = preset.name;
        let mut world = Scenario::of(preset.clone()).files(&FILES).autoplay().start();
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
    let mut world = Scenario::of(presets::lg_webos()).files(&FILES).autoplay().start();
    world.run(120_000);
    let spans = world.nodes[0].rounds.iter().map(|round| round.until.since(round.from));
    let spans: Vec<_> = spans.collect();
    assert!(spans.len() >= 6, "{} in two minutes", spans.len());
    assert!(spans.iter().all(|span| *span >= ms(9_000)), "each in peace: {spans:?}");
}

#[test]
fn one_that_fails_at_the_second_of_two_pictures_is_stopped_between_them() {
    let fails = but(|q| q.second_picture_fails = true);
    let drops = but(|q| q.set_while_playing = SetWhilePlaying::Dropped);
    for (preset, longest) in [(fails, ms(11_000)), (drops, ms(17_000))] {
        let mut world = Scenario::of(preset).files(&FILES).autoplay().start();
        world.run(120_000);
        let node = &world.nodes[0];
        let files: Vec<_> = node.rounds.iter().map(|r| &r.uri[r.uri.len() - 5..]).collect();
        let wanted = ["1.jpg", "2.jpg", "3.jpg"].iter().cycle().take(files.len());
        assert!(files.iter().eq(wanted), "none is left out: {files:?}");
        let spans: Vec<_> = node.rounds.iter().map(|r| r.until.since(r.from)).collect();
        assert!(spans.len() >= 8 && spans[0] <= longest, "{spans:?}");
        assert!(spans[1..].iter().all(|span| *span <= ms(11_000)), "learned at once: {spans:?}");
        assert!(node.gaps().iter().all(|gap| *gap < ms(500)), "{:?}", node.gaps());
        let stops = node.called("Stop").len();
        assert!(stops >= spans.len() - 1 && stops <= spans.len() + 1, "{stops}");
        assert!(!world.trace(200).concat().contains("may not know the format"));
    }
}

#[test]
fn pictures_of_others_follow_each_other_without_a_stop() {
    for preset in [presets::well_behaved(), presets::rygel(), presets::samsung_tizen()] {
        let name = preset.name;
        let mut world = Scenario::of(preset).files(&FILES).autoplay().start();
        world.run(120_000);
        assert!(world.nodes[0].rounds.len() >= 8, "{name}");
        assert_eq!(world.nodes[0].called("Stop").len(), 0, "{name}");
    }
}

#[test]
fn a_picture_that_fails_for_itself_is_no_reason_to_stop_the_others() {
    let files = [("/m/1.jpg", 0), ("/m/2.png", 0), ("/m/3.jpg", 0), ("/m/4.jpg", 0)];
    let no_png = but(|q| q.mimes = Some(&["image/jpeg"]));
    let mut world = Scenario::of(no_png).files(&files).autoplay().start();
    world.run(300_000);
    let shown = |name: &str| world.nodes[0].rounds.iter().any(|round| round.uri.ends_with(name));
    assert!(["1.jpg", "3.jpg", "4.jpg"].iter().all(|name| shown(name)) && !shown("2.png"));
    assert_eq!(world.nodes[0].called("Stop").len(), 0);
}

#[test]
fn a_picture_kept_by_its_url_has_a_new_one_each_time() {
    let keeps = but(|q| q.caches_pictures = true);
    let mut world = Scenario::of(keeps).files(&[("/m/1.jpg", 0)]).autoplay().start();
    world.run(60_000);
    let sets = world.nodes[0].called("SetAVTransportURI");
    let mut urls: Vec<_> = sets.iter().map(|set| set.about.as_str()).collect();
    let given = urls.len();
    urls.sort_unstable();
    urls.dedup();
    assert!(given >= 5 && urls.len() == given, "{given}");
}
