//! What the statistics count, held against what an audience saw.

use super::*;
use crate::sim::words::Remote;

/// Rounds, gaps and time in one row.
fn number(row: &serde_json::Value, key: &str) -> f64 {
    row[key].as_f64().unwrap_or_else(|| panic!("{key} in {row}"))
}

#[test]
fn what_was_counted_goes_on_after_a_restart_of_the_box() {
    let mut world = Scenario::of(presets::well_behaved()).autoplay().start();
    // It is written down each hour.
    world.run(3_700_000);
    let before = number(&world.statistics()["rows"][0], "rounds");
    drop(world.restart_box());
    world.pass(60_000);
    let after = number(&world.statistics()["rows"][0], "rounds");
    assert!(before > 340.0 && after > before - 12.0, "{before}, {after}");
}

#[test]
fn an_hour_of_a_loop_is_counted_as_the_audience_saw_it() {
    for (cut, longest_ms) in [(0, 300), (300, 300)] {
        let scenario = Scenario::of(presets::well_behaved()).autoplay();
        let mut world = scenario.rule(|r| r.max_cut = ms(cut)).start();
        world.run(3_600_000);
        let statistics = world.statistics();
        let rows = statistics["rows"].as_array().expect("a list");
        assert_eq!(rows.len(), 1, "one file on one renderer: {statistics}");
        let row = &rows[0];
        assert_eq!(
            (row["name"].as_str(), row["file"].as_str()),
            (Some("TV 1"), Some("/m/clip.mp4"))
        );
        let rounds = number(row, "rounds");
        let seen = world.trace(256).iter().filter(|line| line.contains("(round")).count();
        assert!(seen > 0 && (340.0..=361.0).contains(&rounds), "{row}");
        assert!((0.0..=1.0).contains(&(number(row, "starts") - rounds)), "{row}");
        let gaps: Vec<u64> = (row["gaps"].as_array().expect("a list").iter())
            .map(|count| count.as_u64().expect("a count"))
            .collect();
        assert_eq!(gaps.iter().sum::<u64>() as f64, number(row, "starts") - 1.0);
        let bounds = crate::kiosk::statistics::GAPS_MS.iter().chain([&u64::MAX]);
        let long = gaps.iter().zip(bounds).filter(|(n, bound)| **n > 0 && **bound > longest_ms);
        assert_eq!(long.count(), 0, "{row}");
        let share = number(row, "did_s") / number(row, "should_s");
        assert!((0.95..=1.0).contains(&share), "{row}");
        assert!((3_590.0..=3_600.0).contains(&number(row, "should_s")), "{row}");
        assert!(number(row, "bytes") >= 1_000_000.0 * rounds * 0.9, "each round is fetched: {row}");
        assert_eq!(row["failures"], serde_json::json!({}));
    }
}

#[test]
fn time_in_the_dark_is_should_and_not_did_and_its_cause_is_counted() {
    let files = [("/m/clip.mp4", 3_600_000)];
    let mut world = playing(Scenario::of(presets::well_behaved()).files(&files));
    world.remote(0, Remote::PullPlug);
    world.pass(600_000);
    let row = world.statistics()["rows"][0].clone();
    let dark = number(&row, "should_s") - number(&row, "did_s");
    assert!((590.0..=605.0).contains(&dark), "{row}");
    assert_eq!(row["failures"], serde_json::json!({ "unreachable": 1 }));
    world.remote(0, Remote::PowerOn);
    assert!(world.until(60_000, |w| w.shows(0, "clip.mp4")).is_some());
    world.press(PanelAction::Stop);
    world.pass(600_000);
    let after = world.statistics()["rows"][0].clone();
    assert!(
        number(&after, "should_s") < number(&row, "should_s") + 61.0,
        "a stop is no debt: {after}"
    );
}

#[test]
fn a_file_that_never_plays_is_counted_with_its_cause() {
    let files = [("/m/bad.mp4", 10_000), ("/m/song.mp3", 10_000)];
    let preset = but(|q| {
        (q.mimes, q.empty_metadata) = (Some(&["audio/mpeg"] as &[&str]), Some(714));
    });
    let mut world = Scenario::of(preset).files(&files).autoplay().start();
    world.run(600_000);
    let statistics = world.statistics();
    let of = |file: &str| {
        let mut rows = statistics["rows"].as_array().expect("a list").iter();
        rows.find(|row| row["file"] == file)
            .unwrap_or_else(|| panic!("{file}: {statistics}"))
            .clone()
    };
    let (bad, song) = (of("/m/bad.mp4"), of("/m/song.mp3"));
    assert_eq!((number(&bad, "starts"), number(&bad, "did_s")), (0.0, 0.0), "{bad}");
    assert!(number(&bad, "should_s") > 10.0, "{bad}");
    assert!(bad["failures"]["refuses_file"].as_u64() >= Some(3), "{bad}");
    assert!(number(&song, "rounds") >= 5.0 && song["failures"] == serde_json::json!({}), "{song}");
}
