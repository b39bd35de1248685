//! What was wrong with the program that this one replaces, and what shows that it cannot be wrong here.
//!
//! That program had seven locks, a thread for everything and two monitors of one renderer. Each finding of
//! its analysis has a row: what removes it, and the tests that show it. Between quotation marks stand claims
//! of `tests/lan`, on the real program: there strace lets the kernel refuse what it can refuse, and libfaketime
//! turns the clock. A test below holds the names against the code.
//!
//! | finding | what removes it | shown by |
//! |---|---|---|
//! | seven locks in a hierarchy of their own | one owner of all state, [`Kiosk::step`](crate::kiosk::Kiosk::step); clippy refuses every lock and atomic (`.cargo/clippy.toml`) | `imports_point_down`, `logic_does_no_input_and_output_and_waits_for_nothing`, `a_thousand_presses_and_questions_at_once_leave_all_in_order` |
//! | two monitors of one renderer | one slot for one call to each renderer, and a [`Ticket`](crate::kiosk::event::Ticket) is used up by its answer: laws after every step | `a_ticket_given_out_twice_is_noticed`, `whoever_can_play_plays_before_long_whatever_the_weather`, `a_second_address_is_no_reason_to_begin_anew` |
//! | threads that end, and nobody knows | every task is held, and its end is an event: [`Event::TaskEnded`](crate::kiosk::event::Event::TaskEnded) | `a_task_that_ends_is_started_again_after_a_second`, `a_watchdog_fed_though_a_task_is_stuck_is_noticed`, "a box that hangs starves the watchdog" |
//! | sleeps that cannot be interrupted | nobody sleeps: one timer for the earliest [`Deadline`](crate::kiosk::deadline::Deadline), and any event comes first | `leaving_stops_unsubscribes_and_is_silent_within_800_ms`, `one_that_hangs_does_not_hold_the_box_when_it_leaves`, "SIGTERM" |
//! | any exception is the end of it | bad input is a value of an enum; a broken invariant ends the process, and systemd starts it again | `a_renderer_of_any_mixture_of_quirks_plays_and_loops`, `never_panics_and_never_exceeds_the_cap`, "no sockets", "nothing can be sent", "a panic ends the whole process", "it plays again after a crash" |
//! | no clean-up when a renderer goes | a renderer's state is one value; dropped, it is gone | `one_that_nobody_drives_is_forgotten_when_it_is_heard_of_no_more`, `a_flood_of_strangers_leaves_room_for_renderers` |
//! | a race in the tracking of positions | one picture of one moment ([`status`](crate::kiosk::status)), and positions that are intervals; the law of truth | `a_contradiction_is_believed_the_second_time`, `a_thousand_presses_and_questions_at_once_leave_all_in_order`, `whoever_can_play_plays_before_long_whatever_the_weather`, "jumps of the clock go unnoticed" |
//! | ports in conflict | one server for all renderers, for good; a taken port is said and tried again | `a_taken_port_is_a_sentence_until_it_is_free`, `a_busy_port_is_an_error_or_a_reason_to_take_the_next`, "taken ports are waited for" |
//! | leaks, at the end and over time | everything is bounded ([`limits`](crate::limits)); playing asks for no memory; sockets end with their task | `steps_of_a_box_that_plays_ask_for_no_memory`, `a_dropped_server_frees_its_port_and_cuts_its_connections`, `who_stops_waiting_leaves_nothing_behind`, "clients take all descriptors" |
//! | what died stays dead | the [`supervisor`](crate::kiosk::supervisor), and systemd's watchdog above it | `a_task_that_ends_is_restarted_ever_more_slowly_and_never_given_up`, `a_task_that_cannot_be_started_does_not_end_the_others`, "it plays again after kill -9" |
//! | no circuit breaker | one for each renderer, which opens after three failures | `pauses_double_to_their_cap_and_begin_anew_after_an_answer`, `the_breaker_opens_at_three_failures_and_closes_at_the_first_answer`, "it is taken up again" |
//! | retries without backoff | every retry has a pause that doubles to a cap; the law of patience | `a_renderer_asked_again_without_backoff_is_noticed`, `a_renderer_that_cannot_fetch_is_asked_again_ever_more_rarely`, `refusals_are_retried_ever_more_slowly`, `a_description_that_is_refused_for_a_day_is_asked_for_rarely_and_then_it_plays` |
//! | many polling loops | one deadline for the whole box, with its reason | `an_hour_of_rest_costs_a_poll_every_ten_seconds_at_most`, `steady_patterns_need_no_wakeup`, "at rest" |
//! | no events | subscriptions ([`subscription`](crate::kiosk::subscription)); events are hints, polls the truth | `subscriptions_outlive_their_leases_and_are_made_again_where_they_are_forgotten`, `the_first_event_may_overtake_the_answer`, `a_subscription_that_is_not_made_again_is_noticed` |
//! | HTTP that blocks | calls are errands with a deadline; media in pieces, one for each turn | `one_that_hangs_delays_no_other`, `eight_streams_leave_the_logic_its_turns`, `silent_clients_are_bounded_and_slow_ones_are_served` |

#[cfg(test)]
mod tests {
    use crate::sources;

    /// Findings of the analysis.
    const FINDINGS: usize = 15;

    #[test]
    fn every_finding_names_tests_and_claims_that_exist() {
        let tests = sources::text("src", "rs") + &sources::text("tests", "rs");
        let claims = sources::text("tests/lan", "py");
        let rows = sources::rows(include_str!("findings.rs"));
        let rows: Vec<_> = rows.filter(|cells| cells[0] != "finding").collect();
        assert_eq!(rows.len(), FINDINGS);
        for row in rows {
            let [finding, _, shown] = row.as_slice() else { panic!("{row:?}") };
            assert!(sources::between(shown, '`').next().is_some(), "{finding}: by no test");
            for test in sources::between(shown, '`') {
                assert!(sources::has_test(&tests, test), "{finding}: {test}");
            }
            for claim in sources::between(shown, '"') {
                assert!(claims.contains(&format!("\"{claim}\"")), "{finding}: {claim}");
            }
        }
    }
}
