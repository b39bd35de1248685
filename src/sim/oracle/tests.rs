//! The short form: a few scripts of each kind; longer ones run in the example `soak`. And that the oracle is sharp.

use super::*;

const WISH: Wish = Wish {
    hours: 2,
    renderers: 2,
    oddities: 0,
    rough: false,
    scheduled: false,
    grouped: false,
    broken: false,
    late: false,
};

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

/// A room of two good renderers that play films, in which this happens within two hours.
fn quiet(odd: &'static str, group: Option<u64>, deeds: &[(u64, Deed)]) -> Script {
    let room = Room {
        seed: 1,
        odd: vec![vec![], if odd.is_empty() { vec![] } else { vec![odd] }],
        list: List::Films,
        repeat: true,
        volume: None,
        autoplay: true,
        insists: false,
        queues: false,
        schedule: vec![],
        group,
    };
    Script { room, deeds: deeds.to_vec(), ends: 7_200_000 }
}

/// The script passes, and fails with this fault in the box.
fn notices(script: &Script, mutant: Mutant) {
    assert!(script.run().is_ok(), "{}", script.run().unwrap_err());
    Mutant::put_in(Some(mutant));
    let went = script.run();
    Mutant::put_in(None);
    assert!(went.is_err(), "{mutant:?} is not noticed");
}

#[test]
fn what_is_wrong_with_a_file_is_skipped_or_played_as_far_as_it_goes() {
    for damage in [
        Damage::Garbage,
        Damage::CutOff(40),
        Damage::Claims(50),
        Damage::Claims(10_000),
        Damage::ClaimsNothing,
    ] {
        let went = quiet("", None, &[(0, Deed::Spoil(3, damage))]).run();
        assert!(went.is_ok(), "{damage:?}: {}", went.unwrap_err());
    }
}

#[test]
fn two_renderers_with_one_udn_and_two_names_are_two() {
    let script = quiet("has the UDN of the first", None, &[(600_000, Deed::Reboot(1))]);
    assert!(script.run().is_ok(), "{}", script.run().unwrap_err());
}

#[test]
fn a_box_that_hangs_and_is_not_restarted_is_noticed() {
    let script = quiet("", None, &[(600_000, Deed::HangTask(1))]);
    notices(&script, Mutant::FeedsAnyway);
}

#[test]
fn a_group_that_does_not_begin_together_is_noticed() {
    notices(&quiet("begins late", Some(5), &[]), Mutant::ForgetsLatency);
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
