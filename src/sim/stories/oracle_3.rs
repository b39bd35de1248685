//! What the oracle found of broken files, of groups, and of what viewers begin again: see `oracle`. Each story is ignored as
//! long as the box fails in it.

use super::oracle::{passes, room};
use crate::sim::oracle::{Damage, Deed, Entry, List, Order, Room, Shows};

const NEWS: usize = 3;
const FILM: usize = 2;
const NIGHT: usize = 6;
const DRAGON: usize = 9;

#[test]
fn the_end_of_a_cut_off_film_is_no_viewers_stop() {
    let deeds = [
        (0, Deed::Spoil(NIGHT, Damage::CutOff(94))),
        (60_000, Deed::Order(Order::ChooseForGood, Some(0))),
    ];
    passes(room(&[]), &deeds);
    let deeds = [
        (0, Deed::Spoil(DRAGON, Damage::CutOff(13))),
        (2_602_993, Deed::Order(Order::Clip, Some(0))),
    ];
    passes(room(&[]), &deeds);
}

/// The renderer has fetched the file, or is still fetching it.
#[test]
fn a_film_that_is_replaced_by_a_cut_off_copy_while_it_plays_goes_on() {
    for percent in [10, 40, 80] {
        for at in [200_000, 900_000, 1_400_000] {
            let deeds =
                [(at, Deed::Spoil(FILM, Damage::CutOff(percent))), (6_000_000, Deed::GoodNetwork)];
            passes(room(&[]), &deeds);
        }
    }
}

#[test]
fn a_film_that_the_disk_cannot_read_is_left_out_and_named() {
    for list in [List::Films, List::Shuffled, List::Pictures] {
        for (at, file) in [(0, FILM), (0, NEWS), (2_916_193, FILM), (3_088_314, FILM)] {
            let deeds =
                [(at, Deed::Spoil(file, Damage::Unreadable)), (6_000_000, Deed::GoodNetwork)];
            passes(Room { list, ..room(&[]) }, &deeds);
        }
    }
}

/// Nobody knows yet that it begins late, and the others wait for two seconds only.
#[test]
fn a_member_that_ends_a_clip_later_than_the_others_goes_on_with_them() {
    for at in [456_670, 13_489_123] {
        let odd = vec![vec![], vec!["begins late"]];
        passes(
            Room { odd, group: Some(2), ..room(&[]) },
            &[(at, Deed::Order(Order::Clip, Some(1)))],
        );
    }
}

#[test]
fn play_at_the_box_plays_the_table_though_a_viewer_began_something_else_again() {
    let entry = |from, to, shows| Entry { from, to, on: None, shows, volume: None, priority: 0 };
    let schedule = vec![entry(270, 1170, Shows::Nothing), entry(120, 660, Shows::File("open.mp4"))];
    let deeds = [(15_514_096, Deed::ViewerPlays(0)), (15_900_518, Deed::Order(Order::Play, None))];
    passes(Room { schedule, ..room(&[]) }, &deeds);
}

#[test]
#[ignore = "of two devices with one UDN, the one that was in standby stays dark when it is on again"]
fn two_devices_with_one_udn_both_play_after_standby() {
    for one in [0, 1] {
        let deeds = [(300_000, Deed::Standby(one)), (400_000, Deed::SwitchOn(one))];
        passes(Room { odd: vec![vec![], vec!["has the UDN of the first"]], ..room(&[]) }, &deeds);
    }
}

#[test]
fn a_choice_in_a_window_in_which_nothing_plays_has_the_volume_of_the_window() {
    let window = Entry {
        from: 540,
        to: 1140,
        on: None,
        shows: Shows::Nothing,
        volume: Some(40),
        priority: 1,
    };
    let deeds = [(7_218_728, Deed::Order(Order::ChooseForGood, None))];
    passes(Room { schedule: vec![window], ..room(&[]) }, &deeds);
}

#[test]
fn a_person_who_stops_what_a_viewer_has_just_stopped_has_the_last_word() {
    let window =
        Entry { from: 1080, to: 480, on: None, shows: Shows::Black, volume: None, priority: 0 };
    let deeds = [
        (2_902_460, Deed::Order(Order::Previous, None)),
        (3_069_725, Deed::ViewerStops(0)),
        (3_083_757, Deed::Order(Order::Stop, None)),
    ];
    let odd = room(&["answers very late", "set dropped while playing"]);
    passes(Room { insists: true, schedule: vec![window], ..odd }, &deeds);
}

#[test]
fn a_picture_is_waited_for_where_pictures_take_a_minute() {
    let slow = room(&["buffers for a minute"]);
    let deeds = [(77_727, Deed::Order(Order::Play, None))];
    passes(Room { list: List::Pictures, autoplay: false, ..slow }, &deeds);
}

#[test]
fn a_group_goes_on_from_one_position_after_a_clip() {
    // One member was not there when the film began, and one comes back in the middle of a round with an old position.
    let wall = || Room { odd: vec![vec![]; 2], group: Some(2), ..room(&[]) };
    let deeds = [
        (6_947_895, Deed::ViewerStops(0)),
        (6_961_758, Deed::Order(Order::Play, Some(0))),
        (6_967_469, Deed::Order(Order::Clip, Some(1))),
    ];
    passes(wall(), &deeds);
    let deeds = [
        (7_170_463, Deed::Order(Order::Clip, Some(0))),
        (7_178_361, Deed::Standby(1)),
        (7_235_631, Deed::SwitchOn(1)),
    ];
    passes(wall(), &deeds);
}

#[test]
fn a_power_cut_at_rest_brings_the_volume_of_the_table_back_without_events_too() {
    for rests in [Deed::Order(Order::Stop, None), Deed::Order(Order::Pause, None)] {
        let deeds = [
            (212_874, Deed::Order(Order::VolumeUp, None)),
            (632_216, rests),
            (1_348_862, Deed::Reboot(0)),
            (1_614_703, Deed::Order(Order::Play, None)),
        ];
        passes(Room { volume: Some(20), ..room(&["subscriptions forgotten"]) }, &deeds);
    }
}

#[test]
fn a_renderer_that_refuses_to_mute_without_a_reason_is_turned_down() {
    let deeds = [(298_766, Deed::Order(Order::Mute, None))];
    passes(room(&["bare refusals", "no mute"]), &deeds);
}
