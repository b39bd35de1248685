//! What was wrong with the program that this one replaces, and what shows that it cannot be wrong here.
//!
//! That program had seven locks, a thread for everything and two monitors of one renderer. Each finding of
//! its analysis has a row: what removes it, and the tests that show it. A test below holds the names
//! against the code.
//!
//! | finding | what removes it | shown by |
//! |---|---|---|
//! | seven locks in a hierarchy of their own | one owner of all state, [`Kiosk::step`](crate::kiosk::Kiosk::step); clippy refuses every lock and atomic (`.cargo/clippy.toml`) | `logic_does_no_input_and_output_and_waits_for_nothing`, `a_thousand_presses_and_questions_at_once_leave_all_in_order` |
//! | two monitors of one renderer | one slot for one call to each renderer: a law after every step | `whoever_can_play_plays_before_long_whatever_the_weather`, `a_second_address_is_no_reason_to_begin_anew` |
//! | threads that end, and nobody knows | every task is held, and its end is an event: [`Event::TaskEnded`](crate::kiosk::event::Event::TaskEnded) | `a_task_that_ends_is_started_again_after_a_second`, `the_watchdog_is_fed_while_all_tasks_live_and_starves_when_one_is_stuck` |
//! | sleeps that cannot be interrupted | nobody sleeps: one timer for the earliest [`Deadline`](crate::kiosk::deadline::Deadline), and any event comes first | `leaving_stops_unsubscribes_and_is_silent_within_800_ms`, `one_that_hangs_delays_no_other` |
//! | any exception is the end of it | bad input is a value of an enum; a broken invariant ends the process, and systemd starts it again | `a_renderer_of_any_mixture_of_quirks_plays_and_loops`, `refusals_without_a_upnp_error_are_refusals` |
//! | no clean-up when a renderer goes | a renderer's state is one value; dropped, it is gone | `a_flood_of_strangers_leaves_room_for_renderers`, `devices_that_change_places_at_each_boot_are_found_again_each_time` |
//! | a race in the tracking of positions | one picture of one moment ([`status`](crate::kiosk::status)), and positions that are intervals; the law of truth | `a_contradiction_is_believed_the_second_time`, `whoever_can_play_plays_before_long_whatever_the_weather` |
//! | ports in conflict | one server for all renderers, for good; a taken port is said and tried again | `a_taken_port_is_a_sentence_until_it_is_free`, `a_busy_port_is_an_error_or_a_reason_to_take_the_next` |
//! | leaks, at the end and over time | everything is bounded ([`limits`](crate::limits)); playing asks for no memory; sockets end with their task | `steps_of_a_box_that_plays_ask_for_no_memory`, `a_dropped_server_frees_its_port_and_cuts_its_connections`, `who_stops_waiting_leaves_nothing_behind` |
//! | what died stays dead | the [`supervisor`](crate::kiosk::supervisor), and systemd's watchdog above it | `a_task_that_ends_is_restarted_ever_more_slowly_and_never_given_up`, `a_box_that_loses_its_power_in_mid_play_finds_and_plays_again` |
//! | no circuit breaker | one for each renderer, which opens after three failures | `pauses_double_to_their_cap_and_begin_anew_after_an_answer`, `a_renderer_asked_again_without_backoff_is_noticed` |
//! | retries without backoff | every retry has a pause that doubles to a cap; the law of patience | `a_renderer_that_cannot_fetch_is_asked_again_ever_more_rarely`, `refusals_are_retried_ever_more_slowly`, `a_description_that_is_refused_for_a_day_is_asked_for_rarely_and_then_it_plays` |
//! | many polling loops | one deadline for the whole box, with its reason | `an_hour_of_rest_costs_a_poll_every_ten_seconds_at_most`, `steady_patterns_need_no_wakeup` |
//! | no events | subscriptions ([`subscription`](crate::kiosk::subscription)); events are hints, polls the truth | `subscriptions_outlive_their_leases_and_are_made_again_where_they_are_forgotten`, `the_first_event_may_overtake_the_answer` |
//! | HTTP that blocks | calls are errands with a deadline; media in pieces, one for each turn | `eight_streams_leave_the_logic_its_turns`, `silent_clients_are_bounded_and_slow_ones_are_served` |
//!
//! The scenes `errors`, `service` and `clock` of `tests/lan` show the same on the real program: strace lets
//! the kernel refuse what it can refuse, and libfaketime turns the clock.

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    /// All source text below here.
    fn text_of(at: &Path) -> String {
        if at.is_file() {
            return fs::read_to_string(at).unwrap_or_default();
        }
        let entries = fs::read_dir(at).expect("a folder");
        entries.map(|entry| text_of(&entry.expect("an entry").path())).collect()
    }

    #[test]
    fn every_finding_names_tests_that_exist() {
        let source = text_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
        let rows: Vec<&str> = include_str!("findings.rs")
            .lines()
            .filter(|line| line.starts_with("//! | ") && !line.starts_with("//! | finding"))
            .collect();
        assert_eq!(rows.len(), 15);
        for row in rows {
            let shown = row.trim_end_matches(" |").rsplit(" | ").next().unwrap_or_default();
            let names: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
            assert!(!names.is_empty(), "{row}");
            for name in names {
                assert!(source.contains(&format!("fn {name}(")), "{name} is no test");
            }
        }
    }
}
