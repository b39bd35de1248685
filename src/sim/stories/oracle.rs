//! What the oracle found: scripts of a few deeds after which a screen, or the reason that the box gives for it, is not
//! what the README promises. Each is ignored as long as the box fails in it.

use crate::sim::oracle::{Deed, Entry, List, Order, Room, Script, Shows};

pub(super) fn room(odd: &[&'static str]) -> Room {
    Room {
        seed: 1,
        odd: vec![odd.to_vec()],
        list: List::Films,
        repeat: true,
        volume: None,
        autoplay: true,
        insists: false,
        queues: false,
        schedule: Vec::new(),
        group: None,
    }
}

/// Runs the deeds, and half an hour after the last one.
pub(super) fn passes(room: Room, deeds: &[(u64, Deed)]) {
    let last = deeds.last().map_or(0, |(at, _)| *at);
    let script = Script { room, deeds: deeds.to_vec(), ends: last + 1_800_000 };
    if let Err(failure) = script.run() {
        panic!("{failure}");
    }
}

#[test]
fn play_goes_on_with_a_paused_clip_where_nothing_else_was_started() {
    let deeds = [
        (100_000, Deed::Order(Order::Clip, None)),
        (114_000, Deed::Order(Order::Pause, None)),
        (624_000, Deed::Order(Order::Play, None)),
    ];
    passes(Room { autoplay: false, ..room(&[]) }, &deeds);
}

#[test]
fn a_viewer_who_plays_on_after_the_end_of_a_choice_gets_the_table_afterwards() {
    let deeds = [
        (100_000, Deed::Order(Order::ChooseForATime, None)),
        (173_000, Deed::ViewerPauses(0)),
        (2_388_000, Deed::ViewerPlays(0)),
    ];
    passes(room(&[]), &deeds);
}

#[test]
fn the_end_of_a_film_that_was_paused_just_before_is_no_viewers_stop() {
    let deeds = [(2_096_705, Deed::ViewerPauses(0)), (2_171_838, Deed::ViewerPlays(0))];
    passes(room(&[]), &deeds);
}

#[test]
fn a_file_that_was_paused_soon_after_its_start_goes_on() {
    let deeds = [
        (100_000, Deed::Order(Order::Next, None)),
        (101_300, Deed::Order(Order::PlayPause, None)),
        (600_000, Deed::Order(Order::Play, None)),
    ];
    passes(room(&[]), &deeds);
}

#[test]
fn a_file_that_was_paused_loops_where_positions_are_always_zero() {
    let deeds = [
        (100_000, Deed::Order(Order::ChooseForGood, None)),
        (500_000, Deed::Order(Order::Pause, None)),
        (560_000, Deed::Order(Order::Play, None)),
    ];
    passes(room(&["position zero"]), &deeds);
}

#[test]
fn play_takes_a_renderer_back_where_positions_are_refused() {
    let deeds = [(100_000, Deed::ViewerPlaysOther(0)), (700_000, Deed::Order(Order::Play, None))];
    passes(room(&["position refused"]), &deeds);
}

#[test]
fn play_takes_a_renderer_back_that_was_taken_while_a_file_started() {
    let deeds = [
        (100_000, Deed::Order(Order::Next, None)),
        (101_500, Deed::ViewerPlaysOther(0)),
        (122_900, Deed::Order(Order::Play, None)),
    ];
    passes(room(&[]), &deeds);
}

#[test]
fn a_renderer_that_buffers_for_a_minute_plays() {
    passes(room(&["buffers for a minute"]), &[]);
}

#[test]
fn a_card_is_shown_for_ten_seconds_also_if_somebody_presses_play_pause() {
    let deeds = [
        (100_000, Deed::Order(Order::Identify, None)),
        (107_200, Deed::Order(Order::PlayPause, None)),
    ];
    passes(Room { autoplay: false, ..room(&[]) }, &deeds);
}

#[test]
fn a_viewer_who_stops_a_clip_early_is_left_in_peace() {
    let deeds = [(100_000, Deed::Order(Order::Clip, None)), (104_200, Deed::ViewerStops(0))];
    passes(room(&[]), &deeds);
}

#[test]
fn auto_makes_a_paused_choice_dark_where_the_schedule_stops() {
    let closed =
        Entry { from: 0, to: 0, on: None, shows: Shows::Nothing, volume: None, priority: 0 };
    let deeds = [
        (204_000, Deed::Order(Order::PlayPause, None)),
        (1_237_000, Deed::Order(Order::ChooseForATime, None)),
        (2_806_000, Deed::Order(Order::PlayPause, None)),
        (3_319_000, Deed::Order(Order::Automatic, None)),
    ];
    passes(Room { schedule: vec![closed], ..room(&[]) }, &deeds);
}

#[test]
fn a_stopped_renderer_stays_dark_when_it_swaps_its_address_with_another() {
    let deeds =
        [(2_054_886, Deed::Order(Order::Stop, Some(0))), (2_069_011, Deed::SwapAddresses(0, 1))];
    passes(Room { odd: vec![vec![]; 2], ..room(&[]) }, &deeds);
}

#[test]
fn a_choice_goes_with_its_renderer_when_it_swaps_its_address_with_another() {
    let deeds = [
        (15_886_210, Deed::Order(Order::ChooseForGood, Some(0))),
        (16_829_556, Deed::SwapAddresses(0, 1)),
    ];
    passes(Room { autoplay: false, odd: vec![vec![]; 2], ..room(&[]) }, &deeds);
}

#[test]
fn what_a_renderer_lacks_is_not_held_against_the_one_at_its_former_address() {
    let deeds = [
        (6_741_306, Deed::SwapAddresses(0, 1)),
        (8_105_307, Deed::Order(Order::VolumeDown, Some(0))),
    ];
    let odd = vec![vec![], vec!["no volume"]];
    passes(Room { odd, volume: Some(20), ..room(&[]) }, &deeds);
}

#[test]
fn a_renderer_that_has_lost_its_address_to_another_is_found_also_if_it_announces_nothing() {
    let deeds =
        [(588_244, Deed::SwapAddresses(0, 1)), (588_539, Deed::Cut(0)), (657_491, Deed::Mend(0))];
    passes(Room { odd: vec![vec![]; 2], ..room(&[]) }, &deeds);
}
