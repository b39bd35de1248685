//! The volume that a renderer is told to have.

use super::*;

const NOW: Instant = Instant::START;

fn done(sound: &mut Volume, step: Step) {
    sound.sent(step);
    sound.done(step);
}

fn of(min: u16, max: u16, step: u16) -> Volume {
    Volume { range: VolumeRange { min, max, step }, ..Volume::default() }
}

#[test]
fn presses_add_up_until_the_volume_is_known() {
    let mut sound = Volume::default();
    sound.change(1);
    sound.change(1);
    assert_eq!(sound.next(NOW), Some(Step::AskVolume));
    sound.volume = Some(93);
    assert_eq!(sound.next(NOW), Some(Step::Volume(100)), "clamped");
    done(&mut sound, Step::Volume(100));
    assert_eq!(sound.next(NOW), None);
}

#[test]
fn what_is_pressed_while_a_command_is_on_its_way_comes_after_it() {
    let mut sound = Volume { volume: Some(40), mute: Some(false), ..Volume::default() };
    sound.change(1);
    sound.sent(Step::Volume(45));
    sound.change(1);
    sound.done(Step::Volume(45));
    assert_eq!(sound.next(NOW), Some(Step::Volume(50)));
    sound.sent(Step::Volume(50));
    sound.want(20);
    sound.done(Step::Volume(50));
    assert_eq!(sound.next(NOW), Some(Step::Volume(20)), "the hours have changed meanwhile");
    done(&mut sound, Step::Volume(20));

    sound.toggle_mute();
    sound.sent(Step::Mute(true));
    sound.toggle_mute();
    sound.done(Step::Mute(true));
    assert_eq!(sound.next(NOW), Some(Step::Mute(false)), "pressed twice");
}

#[test]
fn a_volume_that_was_lost_on_its_way_is_sent_once_more() {
    let mut sound = Volume { volume: Some(60), ..Volume::default() };
    sound.want(10);
    sound.sent(Step::Volume(10));
    sound.failed(Instant::from_millis(5000));
    assert_eq!(sound.next(NOW), None, "not at once");
    let later = Instant::from_millis(5000);
    assert_eq!(sound.next(later), Some(Step::Volume(10)));
    sound.sent(Step::Volume(10));
    sound.failed(later);
    assert_eq!(sound.next(later), None, "it does not listen");

    sound.want(10);
    sound.sent(Step::Volume(10));
    sound.want(30);
    sound.failed(later);
    assert_eq!(sound.next(later), Some(Step::Volume(30)), "what is wanted by now");
    sound.sent(Step::Volume(30));
    sound.refused(later);
    assert_eq!(sound.next(later), None);
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
        let mut sound = of(min, max, step);
        sound.want(per_cent);
        assert_eq!(sound.next(NOW), Some(Step::Volume(units)), "{per_cent} of {min}–{max}");
        done(&mut sound, Step::Volume(units));
        assert_eq!(sound.per_cent(), Some(back), "{units} of {min}–{max}");
    }
}

#[test]
fn every_press_is_heard_however_few_the_steps() {
    for (max, step, presses) in [(100, 1, 20), (30, 1, 15), (10, 1, 10), (9, 3, 3)] {
        let mut sound = of(0, max, step);
        sound.volume = Some(0);
        let mut pressed = 0;
        while sound.volume != Some(max) {
            sound.change(1);
            let Some(Step::Volume(volume)) = sound.next(NOW) else { panic!("{max}") };
            assert!(sound.volume < Some(volume) && volume <= max);
            done(&mut sound, Step::Volume(volume));
            pressed += 1;
        }
        assert_eq!(pressed, presses, "{max}");
    }
}

#[test]
fn a_renderer_that_rounds_is_not_fought() {
    let mut sound = Volume::default();
    sound.want(37);
    done(&mut sound, Step::Volume(37));
    sound.volume = Some(36);
    assert_eq!(sound.next(NOW), None);
}

#[test]
fn mute_toggles_what_is_seen() {
    let mut sound = Volume::default();
    sound.toggle_mute();
    assert_eq!(sound.next(NOW), Some(Step::AskMute));
    sound.mute = Some(true);
    assert_eq!(sound.next(NOW), Some(Step::Mute(false)));
    sound.failed(Instant::from_millis(5));
    assert_eq!(sound.next(Instant::from_millis(6)), None);
}

#[test]
fn one_that_cannot_be_muted_is_turned_down_and_up_again() {
    let mut sound = of(1, 30, 1);
    sound.mute = Some(false);
    sound.toggle_mute();
    sound.sent(Step::Mute(true));
    sound.cannot_mute();
    assert_eq!(sound.next(NOW), Some(Step::AskVolume));
    sound.volume = Some(12);
    let hush = Step::Hush { to: 1, from: 12 };
    assert_eq!(sound.next(NOW), Some(hush));
    sound.sent(hush);
    sound.see(Some(1), None);
    sound.done(hush);
    assert_eq!((sound.next(NOW), sound.mute), (None, Some(true)));
    sound.toggle_mute();
    assert_eq!(sound.next(NOW), Some(Step::Unhush(12)));
    done(&mut sound, Step::Unhush(12));
    assert_eq!((sound.volume, sound.mute), (Some(12), Some(false)));

    sound.toggle_mute();
    done(&mut sound, hush);
    sound.change(1);
    assert_eq!(sound.next(NOW), Some(Step::Volume(13)), "louder than it was before");
    sound.see(Some(20), None);
    assert_eq!(sound.mute, Some(false), "the viewer has turned it up");
}
