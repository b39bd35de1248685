//! What the oracle found of screens, and of the reasons that the box gives for them: see `oracle`.

use super::oracle::{passes, room};
use crate::sim::oracle::{Deed, List, Order, Room};

#[test]
fn a_renderer_that_buffers_for_a_minute_shows_its_card() {
    let deeds = [
        (2_050_052, Deed::Order(Order::PlayPause, None)),
        (2_668_199, Deed::Order(Order::Identify, None)),
    ];
    passes(room(&["buffers for a minute"]), &deeds);
}

#[test]
fn what_a_viewer_stopped_after_a_pause_is_not_called_paused() {
    let deeds = [
        (286_186, Deed::ViewerPauses(0)),
        (471_475, Deed::ViewerStops(0)),
        (555_712, Deed::ViewerPlaysOther(0)),
        (1_127_571, Deed::ViewerPlays(0)),
    ];
    passes(room(&[]), &deeds);
}

#[test]
fn somebody_else_plays_something_only_until_it_stops() {
    let deeds = [
        (1_159_211, Deed::ViewerPlaysOther(0)),
        (1_161_956, Deed::Order(Order::Play, None)),
        (1_166_388, Deed::ViewerStops(0)),
    ];
    passes(Room { volume: Some(40), ..room(&["answers very late"]) }, &deeds);
}

#[test]
fn what_the_card_or_a_power_cut_has_ended_was_not_stopped_by_a_viewer() {
    let deeds = [
        (12_262_705, Deed::ViewerPlaysOther(0)),
        (12_482_470, Deed::Order(Order::Identify, Some(0))),
    ];
    passes(room(&[]), &deeds);
    let power_cut = [(4_190_570, Deed::ViewerPlaysOther(0)), (4_668_360, Deed::Reboot(0))];
    passes(room(&[]), &power_cut);
}

#[test]
fn another_press_for_a_clip_plays_a_paused_clip_on() {
    for pauses in [Deed::Order(Order::Pause, None), Deed::ViewerPauses(0)] {
        let deeds = [
            (200_000, Deed::Order(Order::Clip, None)),
            (214_000, pauses),
            (300_000, Deed::Order(Order::Clip, None)),
        ];
        passes(Room { queues: true, ..room(&[]) }, &deeds);
    }
}

#[test]
fn a_film_that_buffers_for_a_minute_plays_after_a_power_cut() {
    let deeds = [(100_000, Deed::Order(Order::ChooseForGood, None)), (864_300, Deed::Reboot(0))];
    passes(room(&["buffers for a minute", "set stops"]), &deeds);
}

#[test]
fn a_film_that_has_played_here_is_not_left_out_after_one_failure() {
    let deeds = [
        (2_188_707, Deed::Order(Order::Pause, None)),
        (2_943_222, Deed::SwitchOff(0)),
        (2_976_387, Deed::SwitchOn(0)),
        (4_089_078, Deed::Order(Order::Automatic, None)),
        (4_098_275, Deed::Reboot(0)),
    ];
    passes(room(&["does not play the news", "answers very late"]), &deeds);
}

#[test]
fn a_film_that_a_viewer_has_started_again_ends_where_no_position_tells() {
    let deeds = [
        (1_000_000, Deed::Order(Order::Stop, None)),
        (1_755_798, Deed::ViewerPlays(0)),
        (2_069_036, Deed::Order(Order::Play, None)),
    ];
    passes(Room { list: List::Pictures, ..room(&["position missing", "no events"]) }, &deeds);
}

#[test]
fn a_choice_that_a_viewer_stopped_in_its_first_second_is_not_left_out() {
    let deeds =
        [(680_351, Deed::Order(Order::ChooseForATime, None)), (680_930, Deed::ViewerStops(0))];
    passes(room(&["position zero"]), &deeds);
}

#[test]
fn a_viewer_who_starts_the_card_of_a_paused_renderer_gets_its_programme() {
    let deeds = [
        (476_364, Deed::Order(Order::Pause, None)),
        (1_166_356, Deed::Order(Order::Identify, None)),
        (1_998_211, Deed::ViewerPlays(0)),
        (2_633_117, Deed::Order(Order::Pause, None)),
    ];
    passes(room(&[]), &deeds);
}
