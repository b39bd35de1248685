//! The short form: a few scripts of each kind; longer ones run in the example `soak`. And that the oracle is sharp.

use super::*;

const WISH: Wish =
    Wish { hours: 2, renderers: 2, oddities: 0, rough: false, scheduled: false, grouped: false };

/// Runs a script for each seed. One that fails is shrunk and printed.
fn pass(seeds: core::ops::Range<u64>, wish: Wish) {
    for seed in seeds {
        let script = Script::of(seed, wish);
        if let Err(failure) = script.run() {
            let (short, failure) = shrink(&script, &failure);
            panic!("seed {seed}: {failure}\n{short:?}");
        }
    }
}

#[test]
fn people_and_viewers_see_what_they_want_on_good_renderers() {
    pass(1..4, WISH);
}

#[test]
fn opening_hours_hold_whatever_people_do() {
    pass(1..3, Wish { scheduled: true, ..WISH });
}

#[test]
fn odd_renderers_show_the_same() {
    pass(1..4, Wish { oddities: 3, ..WISH });
}

#[test]
fn a_script_prints_itself_as_rust() {
    let script = Script::of(3, Wish { hours: 1, scheduled: true, ..WISH });
    let text = format!("{script:?}");
    assert!(text.starts_with("Script {\n    room: Room {\n        seed: 3,"), "{text}");
    assert_eq!(text.matches("Deed::").count(), script.deeds.len());
}

#[test]
fn the_same_script_ends_in_the_same_way() {
    let script = Script::of(2, Wish { oddities: 3, rough: true, ..WISH });
    let end = || script.run().map(|passed| passed.judged).map_err(|failure| failure.to_string());
    assert_eq!(end(), end());
}
