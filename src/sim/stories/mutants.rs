//! Seven ways to break the logic, and the stories that notice.

use super::{faults, groups, objections, places, viewers};
use crate::kiosk::mutant::Mutant;
use std::panic::catch_unwind;

/// Tells the story with this mutant in, and gives the words with which it fails.
fn noticed(mutant: Mutant, story: fn()) -> String {
    Mutant::put_in(Some(mutant));
    let told = catch_unwind(story);
    Mutant::put_in(None);
    let words = told.expect_err("the story is told as if nothing were wrong");
    let words = words.downcast_ref::<String>().cloned();
    words.unwrap_or_default()
}

#[test]
fn a_renderer_asked_again_without_backoff_is_noticed() {
    let story = faults::one_that_is_switched_off_and_on_properly_plays_again;
    let words = noticed(Mutant::ForgetsBackoff, story);
    assert!(words.contains("it paused for"), "{words}");
}

#[test]
fn a_ticket_given_out_twice_is_noticed() {
    let story = viewers::a_viewer_who_pauses_it_may_and_goes_on_where_it_was;
    let words = noticed(Mutant::AnswersTwice, story);
    assert!(words.contains("comes twice"), "{words}");
}

#[test]
fn a_subscription_that_is_not_made_again_is_noticed() {
    let story =
        faults::subscriptions_outlive_their_leases_and_are_made_again_where_they_are_forgotten;
    noticed(Mutant::DropsSubscriptions, story);
    let story = faults::after_a_power_cut_it_plays_within_two_seconds_of_its_first_word;
    let words = noticed(Mutant::DropsSubscriptions, story);
    assert!(words.contains("its events are wanted again"), "{words}");
}

#[test]
fn a_stop_before_the_beginning_taken_for_the_end_is_noticed() {
    let story = objections::a_start_that_looks_like_a_stop_is_waited_for;
    noticed(Mutant::TakesStoppedForTheEnd, story);
}

#[test]
fn a_watchdog_fed_though_a_task_is_stuck_is_noticed() {
    let story = faults::the_watchdog_is_fed_while_all_tasks_live_and_starves_when_one_is_stuck;
    noticed(Mutant::FeedsAnyway, story);
}

#[test]
fn a_description_that_is_never_read_again_is_noticed() {
    let story = places::devices_that_change_places_at_each_boot_are_found_again_each_time;
    noticed(Mutant::ReadsDescriptionsOnce, story);
}

#[test]
fn members_of_a_group_that_are_started_at_one_moment_are_noticed() {
    let story = groups::renderers_of_different_latency_begin_together_once_that_is_learned;
    noticed(Mutant::ForgetsLatency, story);
}
