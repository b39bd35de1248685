//! Volumes that are kept, or not; and what the oracle found of volumes, and of addresses that renderers swap: see `oracle`.

use super::oracle::{passes, room};
use super::*;
use crate::sim::oracle::{Deed, Entry, List, Order, Room, Shows};
use crate::sim::quirks::{Does, Whim};

fn with_volume(odd: &[&'static str]) -> Room {
    Room { volume: Some(10), ..room(odd) }
}

#[test]
fn a_restart_of_the_box_keeps_the_volume_of_a_person_and_of_a_viewer() {
    for louder in [Deed::Order(Order::VolumeUp, None), Deed::ViewerVolume(0, 75)] {
        passes(with_volume(&[]), &[(300_000, louder), (1_000_000, Deed::RestartBox)]);
    }
}

#[test]
fn the_volume_of_the_table_is_set_after_a_power_cut_of_a_renderer_that_forgets_subscriptions() {
    for (at, cut) in [(2_591_602, Deed::Reboot(0)), (3_040_936, Deed::NewUdn(0))] {
        let deeds = [(1_543_424, Deed::Order(Order::VolumeUp, None)), (at, cut)];
        passes(with_volume(&["subscriptions forgotten"]), &deeds);
    }
}

#[test]
fn the_volume_of_the_table_is_set_after_a_power_cut_of_a_renderer_that_once_hung_for_long() {
    let deeds = [
        (8_183_984, Deed::Hang(0)),
        (16_028_013, Deed::Wake(0)),
        (17_659_886, Deed::SwitchOff(0)),
        (17_693_804, Deed::SwitchOn(0)),
        (18_624_943, Deed::Order(Order::VolumeUp, None)),
        (19_097_336, Deed::Reboot(0)),
    ];
    passes(with_volume(&[]), &deeds);
}

#[test]
fn the_volume_of_the_table_is_set_after_what_hung_lost_its_power_for_a_moment() {
    let deeds = [
        (2_136_881, Deed::Order(Order::VolumeUp, None)),
        (2_976_362, Deed::Hang(0)),
        (3_223_894, Deed::Order(Order::Previous, None)),
        (3_562_977, Deed::MoveBox(125)),
        (3_936_307, Deed::Reboot(0)),
    ];
    passes(with_volume(&[]), &deeds);
}

#[test]
#[ignore = "the volume is set, but the group begins a film four seconds apart, in which one member loads slowly and refuses files while it plays"]
fn the_volume_of_the_table_is_set_after_what_hung_was_switched_off() {
    let odd = vec![vec!["loads slowly", "set refused while playing"], vec![]];
    let deeds = [
        (7_498_070, Deed::Order(Order::Previous, Some(0))),
        (8_622_122, Deed::Hang(1)),
        (10_734_002, Deed::Wake(1)),
        (10_940_570, Deed::Hang(1)),
        (12_598_273, Deed::Order(Order::VolumeUp, None)),
        (12_599_498, Deed::PullPlug(1)),
        (12_671_038, Deed::SwitchOn(1)),
    ];
    passes(Room { odd, list: List::Pictures, group: Some(2), ..with_volume(&[]) }, &deeds);
}

#[test]
fn the_volume_of_the_window_is_set_after_standby_and_a_power_cut() {
    let schedule = vec![Entry {
        from: 1_350,
        to: 1_080,
        on: None,
        shows: Shows::Black,
        volume: Some(50),
        priority: 1,
    }];
    let deeds = [
        (11_908_760, Deed::Order(Order::PlayPause, None)),
        (15_096_507, Deed::Order(Order::VolumeDown, Some(1))),
        (15_300_845, Deed::Standby(1)),
        (15_933_169, Deed::Reboot(1)),
    ];
    passes(Room { odd: vec![vec![]; 2], schedule, ..room(&[]) }, &deeds);
}

#[test]
fn louder_is_louder_also_where_events_say_nothing() {
    let deeds =
        [(420_000, Deed::ViewerVolume(0, 87)), (900_000, Deed::Order(Order::VolumeUp, None))];
    passes(with_volume(&["events garbled"]), &deeds);
}

#[test]
fn softer_is_softer_also_after_a_viewer_has_ended_a_mute_unnoticed() {
    let deeds = [
        (300_000, Deed::Order(Order::Mute, None)),
        (600_000, Deed::ViewerVolume(0, 12)),
        (900_000, Deed::Order(Order::VolumeDown, None)),
    ];
    passes(room(&["no mute", "subscriptions refused"]), &deeds);
}

#[test]
fn members_that_swap_their_addresses_are_told_apart() {
    let odd = vec![vec![], vec!["playing at once", "starts on set"]];
    let deeds = [
        (60_000, Deed::Order(Order::Mute, Some(1))),
        (210_313, Deed::PoorNetwork),
        (241_333, Deed::GoodNetwork),
        (490_598, Deed::SwapAddresses(0, 1)),
    ];
    passes(Room { odd, seed: 2038, group: Some(9), ..room(&[]) }, &deeds);
}

/// Has played for two seconds, and was told to be at 20 per cent.
fn at_twenty(preset: Preset) -> World {
    let files = [("/m/clip.mp4", 3_600_000)];
    playing(Scenario::of(preset).files(&files).rule(|rule| rule.volume = Some(20)))
}

fn volume(world: &World) -> u16 {
    world.nodes[0].renderer.volume
}

fn whim(action: &'static str, does: Does, times: u32) -> Preset {
    but(|q| q.whims = vec![Whim { action, only_in: None, times, does }])
}

#[test]
fn a_volume_that_a_renderer_accepts_and_ignores_is_set_again() {
    for times in [0, 1, 2] {
        let mut world = at_twenty(whim("SetVolume", Does::Nothing, times));
        world.pass(30_000);
        assert_eq!(volume(&world), 20, "ignored {times} times");
        let sets = world.nodes[0].called("SetVolume").len();
        world.pass(600_000);
        assert_eq!(world.nodes[0].called("SetVolume").len(), sets, "and then left alone");
    }
}

#[test]
fn a_television_that_begins_with_its_own_volume_seconds_later_is_turned_down_again() {
    for sends_events in [true, false] {
        let mut world = at_twenty(but(|q| q.sends_events = sends_events));
        world.pass(1_000);
        world.remote(0, Remote::Volume(60));
        world.pass(30_000);
        assert_eq!(volume(&world), 20, "{sends_events}");
        world.remote(0, Remote::Volume(60));
        world.pass(600_000);
        assert_eq!(volume(&world), 60, "{sends_events}: a viewer decides from then on");
    }
}

#[test]
fn a_viewer_who_turns_it_up_step_by_step_is_not_turned_down() {
    let mut world = at_twenty(presets::well_behaved());
    for volume in 21..=60 {
        world.remote(0, Remote::Volume(volume));
        world.pass(50);
    }
    world.pass(60_000);
    assert_eq!(volume(&world), 60);
}

#[test]
fn softer_is_softer_where_the_renderer_tells_a_wrong_volume() {
    for tells in [0, 50, 100] {
        let lies = but(|q| (q.tells_volume, q.sends_events) = (Some(tells), false));
        let mut world = at_twenty(lies);
        world.pass(60_000);
        assert_eq!(volume(&world), 20, "{tells}");
        for (action, after) in [(PanelAction::VolumeDown, 15), (PanelAction::VolumeUp, 20)] {
            world.press(action);
            world.pass(2_000);
            assert_eq!(volume(&world), after, "{tells}");
        }
        assert!(world.nodes[0].called("SetVolume").len() <= 5, "{tells}");
    }
}

#[test]
fn a_renderer_that_does_not_tell_its_volume_keeps_what_it_is_told() {
    for does in [Does::Refuses(401), Does::Refuses(501), Does::NothingSilently] {
        let mut world = at_twenty(whim("GetVolume", does, u32::MAX));
        world.pass(60_000);
        assert_eq!(volume(&world), 20, "{does:?}");
        assert!(world.shows(0, "clip.mp4"), "{does:?}");
        assert_eq!(world.nodes[0].called("GetVolume").len(), 1, "{does:?}: asked once");
        world.press(PanelAction::VolumeUp);
        world.pass(2_000);
        assert_eq!(volume(&world), 25, "{does:?}: and can be turned up");
    }
}

#[test]
fn per_cent_mean_the_same_also_where_the_units_are_told_only_later() {
    for busy in [(Some(503), false), (None, true)] {
        let preset = but(|q| {
            (q.scpd_refused, q.scpd_unanswered) = busy;
            q.volume_max = 32;
        });
        let mut world = at_twenty(preset);
        world.pass(5_000);
        let ready = |q: &mut Quirks| (q.scpd_refused, q.scpd_unanswered) = (None, false);
        world.nodes[0].renderer.change(ready);
        world.pass(30_000);
        assert_eq!(volume(&world), 6, "{busy:?}");
        let refused = world.nodes[0].called("SetVolume").iter().any(|call| call.refused.is_some());
        assert!(!refused, "{busy:?}: it was not tried in other units");
    }
}
