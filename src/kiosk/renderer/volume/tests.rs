//! The volume that a renderer is told to have.

use super::*;

const NOW: Instant = Instant::START;

fn done(volume: &mut Volume, step: Step) {
    volume.sent(step);
    volume.done(step, NOW);
}

fn of(min: u16, max: u16, step: u16) -> Volume {
    Volume { range: VolumeRange { min, max, step }, ..Volume::default() }
}

#[test]
fn presses_add_up_until_the_volume_is_known() {
    let mut volume = Volume::default();
    volume.change(1);
    volume.change(1);
    assert_eq!(volume.next(NOW), Some(Step::AskVolume));
    volume.volume = Some(93);
    assert_eq!(volume.next(NOW), Some(Step::Volume(100)), "clamped");
    done(&mut volume, Step::Volume(100));
    assert_eq!(volume.next(NOW), None);
}

#[test]
fn what_is_pressed_while_a_command_is_on_its_way_comes_after_it() {
    let mut volume = Volume { volume: Some(40), mute: Some(false), ..Volume::default() };
    volume.change(1);
    volume.sent(Step::Volume(45));
    volume.change(1);
    volume.done(Step::Volume(45), NOW);
    assert_eq!(volume.next(NOW), Some(Step::Volume(50)));
    volume.sent(Step::Volume(50));
    volume.want(20);
    volume.done(Step::Volume(50), NOW);
    assert_eq!(volume.next(NOW), Some(Step::Volume(20)), "the schedule changed meanwhile");
    done(&mut volume, Step::Volume(20));

    volume.toggle_mute();
    volume.sent(Step::Mute(true));
    volume.toggle_mute();
    volume.done(Step::Mute(true), NOW);
    assert_eq!(volume.next(NOW), Some(Step::Mute(false)), "pressed twice");
}

#[test]
fn a_volume_that_was_lost_on_its_way_is_sent_again_a_few_times() {
    let mut volume = Volume { volume: Some(60), ..Volume::default() };
    volume.want(10);
    volume.sent(Step::Volume(10));
    volume.failed(Instant::from_millis(5000));
    assert_eq!(volume.next(NOW), None, "not at once");
    let later = Instant::from_millis(5000);
    for _ in 1..ATTEMPTS {
        assert_eq!(volume.next(later), Some(Step::Volume(10)));
        volume.sent(Step::Volume(10));
        volume.failed(later);
    }
    assert_eq!(volume.next(later), None, "given up");

    volume.want(10);
    volume.sent(Step::Volume(10));
    volume.want(30);
    volume.failed(later);
    assert_eq!(volume.next(later), Some(Step::Volume(30)), "the latest request counts");
    volume.sent(Step::Volume(30));
    volume.refused(later);
    assert_eq!(volume.next(later), None);
}

#[test]
fn per_cent_are_steps_of_the_range_and_back() {
    for (min, max, step, per_cent, units, back) in [
        (0, 100, 1, 40, 40, 40),
        (0, 30, 1, 40, 12, 40),
        (0, 30, 1, 55, 17, 57),
        (2, 10, 4, 80, 10, 100),
        (2, 10, 4, 60, 6, 50),
        (0, 65_535, 1, 50, 32_768, 50),
        (0, 9, 1, 0, 0, 0),
        (0, 9, 1, 100, 9, 100),
        (0, 10, 3, 100, 9, 90),
    ] {
        let mut volume = of(min, max, step);
        volume.want(per_cent);
        assert_eq!(volume.next(NOW), Some(Step::Volume(units)), "{per_cent} of {min}–{max}");
        done(&mut volume, Step::Volume(units));
        assert_eq!(volume.per_cent(), Some(back), "{units} of {min}–{max}");
    }
}

#[test]
fn every_press_is_heard_however_few_the_steps() {
    for (max, step, presses) in [(100, 1, 20), (30, 1, 15), (10, 1, 10), (9, 3, 3)] {
        let mut volume = of(0, max, step);
        volume.volume = Some(0);
        let mut pressed = 0;
        while volume.volume != Some(max) {
            volume.change(1);
            let Some(Step::Volume(units)) = volume.next(NOW) else { panic!("{max}") };
            assert!(volume.volume < Some(units) && units <= max);
            done(&mut volume, Step::Volume(units));
            pressed += 1;
        }
        assert_eq!(pressed, presses, "{max}");
    }
}

#[test]
fn a_renderer_that_rounds_is_not_fought() {
    let mut volume = Volume::default();
    volume.want(37);
    done(&mut volume, Step::Volume(37));
    volume.volume = Some(36);
    assert_eq!(volume.next(NOW), None);
}

#[test]
fn mute_toggles_what_is_seen() {
    let mut volume = Volume::default();
    volume.toggle_mute();
    assert_eq!(volume.next(NOW), Some(Step::AskMute));
    volume.mute = Some(true);
    assert_eq!(volume.next(NOW), Some(Step::Mute(false)));
    volume.failed(Instant::from_millis(5));
    assert_eq!(volume.next(Instant::from_millis(6)), None);
}

#[test]
fn a_renderer_that_cannot_be_muted_is_turned_down_and_up_again() {
    let mut volume = of(1, 30, 1);
    volume.mute = Some(false);
    volume.toggle_mute();
    volume.sent(Step::Mute(true));
    volume.cannot_mute();
    assert_eq!(volume.next(NOW), Some(Step::AskVolume));
    volume.volume = Some(12);
    let hush = Step::Hush { to: 1, from: 12 };
    assert_eq!(volume.next(NOW), Some(hush));
    volume.sent(hush);
    volume.see(Some(1), None);
    volume.done(hush, NOW);
    assert_eq!((volume.next(NOW), volume.mute), (None, Some(true)));
    volume.toggle_mute();
    assert_eq!(volume.next(NOW), Some(Step::Unhush(12)));
    done(&mut volume, Step::Unhush(12));
    assert_eq!((volume.volume, volume.mute), (Some(12), Some(false)));

    volume.toggle_mute();
    done(&mut volume, hush);
    volume.change(1);
    assert_eq!(volume.next(NOW), None, "louder does not unmute");
    volume.toggle_mute();
    assert_eq!(volume.next(NOW), Some(Step::Unhush(13)), "louder than it was before");
    done(&mut volume, Step::Unhush(13));
    assert_eq!(volume.next(NOW), None);

    volume.toggle_mute();
    done(&mut volume, Step::Hush { to: 1, from: 13 });
    volume.change(1);
    volume.see(Some(20), None);
    assert_eq!(volume.mute, Some(false), "the viewer has turned it up");
    assert_eq!(volume.next(NOW), None, "the viewer's volume counts");
}

#[test]
fn the_usual_volume_is_for_the_beginning_and_people_decide_afterwards() {
    let mut volume = Volume::default();
    volume.begin_with(Some(60));
    done(&mut volume, Step::Volume(60));
    volume.change(-1);
    done(&mut volume, Step::Volume(55));
    volume.begin_with(Some(60));
    assert_eq!(volume.next(NOW), None, "the next file");
    volume.restart();
    volume.begin_with(Some(60));
    assert_eq!(volume.next(NOW), Some(Step::Volume(60)), "it was switched off and on");
    let mut touched = Volume { volume: Some(50), ..Volume::default() };
    touched.change(1);
    touched.begin_with(Some(20));
    assert_eq!(touched.next(NOW), Some(Step::Volume(55)), "a person was faster");
    let mut left_alone = Volume::default();
    left_alone.begin_with(None);
    assert_eq!(left_alone.next(NOW), None);
}

#[test]
fn what_is_muted_already_is_not_muted_again() {
    for (mute, wanted, step) in [
        (Some(true), true, None),
        (Some(false), true, Some(Step::Mute(true))),
        (Some(true), false, Some(Step::Mute(false))),
        (Some(false), false, None),
        (None, true, Some(Step::Mute(true))),
        (None, false, Some(Step::Mute(false))),
    ] {
        let mut volume = Volume { mute, ..Volume::default() };
        volume.want_mute(wanted);
        assert_eq!(volume.next(NOW), step, "{mute:?}, {wanted}");
    }
    let mut volume = Volume { mute: Some(false), ..Volume::default() };
    volume.want_mute(true);
    volume.want_mute(false);
    assert_eq!(volume.next(NOW), None, "pressed twice before it was sent");
    volume.want_mute(true);
    volume.sent(Step::Mute(true));
    volume.want_mute(false);
    volume.done(Step::Mute(true), NOW);
    assert_eq!(volume.next(NOW), Some(Step::Mute(false)), "pressed again on its way");
}

#[test]
fn a_silent_renderer_is_heard_again_after_the_box_restarted() {
    // It says that it is not muted: it was turned down.
    let mut known = Volume { mute: Some(false), ..Volume::default() };
    known.recall(Some(50));
    known.see(Some(0), Some(false));
    known.toggle_mute();
    assert_eq!(known.next(NOW), Some(Step::Unhush(50)));
    done(&mut known, Step::Unhush(50));
    known.toggle_mute();
    assert_eq!(known.next(NOW), Some(Step::Mute(true)), "whether it can be muted shows now");
    known.sent(Step::Mute(true));
    known.cannot_mute();
    assert_eq!(known.next(NOW), Some(Step::Hush { to: 0, from: 50 }));

    let mut turned_up = Volume::default();
    turned_up.recall(Some(50));
    turned_up.see(Some(70), Some(false));
    assert_eq!((turned_up.expected_mute(), turned_up.audible()), (Some(false), Some(70)));

    // Nobody knows how loud it was. But what the configuration wants silent stays silent.
    for (usual, step) in [(None, Step::Unhush(30)), (Some(0), Step::Mute(true))] {
        let mut forgotten = Volume { mute: Some(false), usual, ..Volume::default() };
        forgotten.see(Some(0), None);
        forgotten.toggle_mute();
        assert_eq!(forgotten.next(NOW), Some(step));
    }
}

#[test]
fn an_assumed_range_is_doubted_once_for_each_description() {
    let mut volume = Volume::default();
    volume.know_units(Some(VolumeRange { min: 0, max: 32, step: 1 }));
    volume.doubt_units();
    assert_eq!(volume.units_due(), None, "the renderer says so itself");
    for _ in 0..2 {
        volume.forget_units();
        volume.know_units(None);
        volume.doubt_units();
        assert_eq!(volume.units_due(), Some(NOW));
        volume.know_units(None);
        volume.doubt_units();
        assert_eq!(volume.units_due(), None, "once");
    }
}

#[test]
fn a_busy_renderer_is_asked_for_its_range_again_and_one_that_says_no_is_not() {
    let later = Instant::from_millis(5000);
    for (failure, times) in
        [(Failure::Timeout, TRIES), (Failure::Status(503), TRIES), (Failure::Status(404), 1)]
    {
        let mut volume = Volume::default();
        let asked = (1..=TRIES).find(|_| !volume.units_failed(&failure, later));
        assert_eq!(asked, Some(times), "{failure:?}");
        assert_eq!(volume.units_due(), Some(if times > 1 { later } else { NOW }), "{failure:?}");
    }
}
