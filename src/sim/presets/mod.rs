//! Renderers that people own, as far as their behaviour was measured or reported.
//!
//! `gmrender` and `rygel` reproduce measured tables of behaviour. The others are what owners and
//! other control points report of them, one or two quirks each; where nothing is reported they
//! behave well. The table below says of each behaviour where it is shown.
//!
//! # Where each behaviour is shown
//!
//! One row for each family of the project's fact sheet on renderers: the presets that stand for it,
//! the quirks that make it up, and the tests that show it. Behind a colon stands what is a matter of
//! bytes (XML, headers, URLs), which the simulation does not have: tests of the wire show it. Where
//! nothing can be shown, the row says why. A test below holds these tables against the code.
//!
//! | row | renderers | presets | quirks | shown by |
//! |---|---|---|---|---|
//! | 1 | Samsung 2010–14: several root devices, which change places at each boot | `samsung-2010` | `other_root_devices` | `devices_that_change_places_at_each_boot_are_found_again_each_time` |
//! | 2 | Samsung Tizen: undeclared prefixes, subscriptions of 60 s | `samsung-tizen` | `longest_lease` | `subscriptions_outlive_their_leases_and_are_made_again_where_they_are_forgotten`; XML: `reads_through_the_dirt_that_renderers_send` |
//! | 3 | Samsung: DLNA headers or nothing | `samsung-tizen` | `wants_content_features` | `a_press_plays_on_every_renderer_that_lets_itself_be_played_on`; headers: `answers_get_and_head_as_renderers_need_it` |
//! | 4 | Samsung: no unknown PN, mkv as video/x-mkv | `samsung-tizen` | `mimes` | `a_container_is_called_by_the_name_that_its_maker_gave_it`; PN: `features_stand_in_the_order_that_dlna_asks_for_without_blanks` |
//! | 5 | Samsung: 501 for SetPlayMode | – | – | an action that the box never sends: `nothing_is_cut_by_a_restart_on_any_renderer` |
//! | 6 | Samsung: subtitles by a header only, a `res` of text is played instead of the film | `samsung-2010`, `samsung-tizen` | `subtitles` | `each_maker_is_told_of_subtitles_in_its_own_form`, `subtitles_keep_no_renderer_from_its_film`; header: `subtitles_are_named_on_request_and_served_beside_the_film`, maker: `the_maker_decides_the_method` |
//! | 7 | Samsung: 402, 500 or 716 for metadata that is empty or escaped otherwise, and for https | `samsung-2010`, `samsung-tizen` | `full_metadata`, `empty_metadata`, `secure_uri` | `metadata_is_written_as_each_likes_it`; envelope: `metadata_is_escaped_exactly_once` |
//! | 8 | LG webOS: another port after each boot | `lg-webos` | `new_port_at_boot` | `after_a_power_cut_it_plays_within_two_seconds_of_its_first_word` |
//! | 9 | LG webOS: LG_TRANSITIONING, 701 or 500 while it switches | `lg-webos` | `transitioning_name`, `in_transition` | `lg_refuses_while_it_switches_and_answers_play_late`, `a_renderer_that_is_busy_while_it_opens_its_player_is_asked_again`, `a_bare_500_while_it_switches_is_not_blamed_on_the_metadata`; name: `states_of_vendors_count_by_their_meaning` |
//! | 10 | LG webOS: Play hangs while it loads | `lg-webos` | `play_hangs_while_loading` | `a_press_plays_on_every_renderer_that_lets_itself_be_played_on` |
//! | 11 | LG webOS: Stop goes back to the TV's input | `lg-webos` | `reopening` | `a_renderer_that_goes_back_to_its_input_after_a_stop_is_not_stopped_between_rounds` |
//! | 12 | LG: 716 for https, 500 without metadata, pictures kept by URL, every second one fails | `lg-webos` | `secure_uri`, `empty_metadata`, `caches_pictures`, `second_picture_fails` | `a_picture_that_fails_over_another_is_shown_after_it`, `a_renderer_that_fails_at_the_second_of_two_pictures_is_stopped_between_them`, `a_picture_kept_by_its_url_has_a_new_one_each_time` |
//! | 13 | LG: seeks only where all headers came | `lg-webos` | `seek_without_features` | `seeks_only_in_what_came_with_its_features`, `each_way_to_loop_is_taken_by_some_families_and_left_by_those_that_cannot`; headers: `answers_get_and_head_as_renderers_need_it` |
//! | 14 | LG Netcast: answers 200 and plays the old song on | `lg-netcast` | `set_while_playing` | `next_and_previous_go_through_the_folder_on_every_way_to_change_a_file`, `a_press_takes_it_back_though_it_drops_what_it_is_given_while_it_plays` |
//! | 15 | LG UH850V: 402 for some metadata | `lg-uh850v` | `full_metadata` | `metadata_is_written_as_each_likes_it` |
//! | 16 | Sony Bravia: 714 for names that are not in its list | `sony-bravia` | `mimes` | `a_container_is_called_by_the_name_that_its_maker_gave_it` |
//! | 17 | Sony Bravia 2010: no events | `sony-bravia` | `sends_events` | `the_default_loops_on_every_renderer_and_never_hangs_one` |
//! | 18 | Sony Bravia EX: 716 unless HEAD works and the metadata is full | `sony-bravia-ex` | `probe`, `plain_metadata` | `metadata_is_written_as_each_likes_it`, `a_renderer_that_looks_at_the_url_first_is_asked_ever_more_rarely_while_it_cannot` |
//! | 19 | Sony HT-A9: STOPPED before Play, HEAD twice, 701 for Pause and Seek | `sony-ht-a9` | `set_says_stopped`, `probe`, `pause_refused`, `seek_refused` | `refuses_secure_uris_and_looks_twice`, `a_start_that_looks_like_a_stop_is_waited_for`, `a_renderer_that_refuses_to_seek_is_restarted` |
//! | 20 | Sony BDP: no name, mkv as video/divx, a pause is told by event | `sony-bdp` | `mimes` | `a_container_is_called_by_the_name_that_its_maker_gave_it`, `a_viewer_who_pauses_it_may_and_goes_on_where_it_was`; name: `finds_the_renderer_in_every_description` |
//! | 21 | Panasonic Viera: PLAYING and 705 for ever after the viewer's stop | `panasonic-viera` | `remote_stop_locks` | `viera_is_locked_by_its_viewer_until_stop`, `a_renderer_locked_by_its_viewer_plays_after_a_stop`, `a_renderer_locked_by_its_viewer_is_seen_through_within_two_minutes` |
//! | 22 | Panasonic: 714, only empty metadata, none without its root | `panasonic-viera`, `panasonic-empty` | `mimes`, `full_metadata`, `plain_metadata`, `compat_metadata` | `metadata_is_written_as_each_likes_it`; root: `metadata_without_its_root_is_not_read` |
//! | 23 | Philips 2010: UDN without UUID, relative URLs, avi as video/avi | `philips` | `mimes` | `a_container_is_called_by_the_name_that_its_maker_gave_it`; UDN, URLs: `finds_the_renderer_in_every_description`, `joins_what_descriptions_write` |
//! | 24 | Philips Android: MediaRenderer:3 only | `philips-android` | `only_own_version` | `answers_searches_for_its_version_and_those_below`, `a_press_plays_on_every_renderer_that_lets_itself_be_played_on` |
//! | 25 | Xbox One: bare 500 without metadata | `xbox-one` | `empty_metadata`, `bare_refusals` | `metadata_is_written_as_each_likes_it` |
//! | 26 | Kodi: control is switched on in its menu; Play is needed after the URI | `kodi` | – | `a_press_plays_on_every_renderer_that_lets_itself_be_played_on`; switched off: `a_renderer_that_refuses_every_play_is_asked_ever_more_rarely` |
//! | 27 | Kodi: 701 for Stop without media | `kodi` | – | `a_stop_where_nothing_plays_is_not_sent` |
//! | 28 | VLC: no renderer | – | – | nothing to play on: `finds_no_renderer_where_there_is_none` |
//! | 29 | gmrender: the end clears the URI, 501 for most, hangs at a hand-over to video | `gmrender` | `end_clears_uri`, `next`, `track_uri_lags`, `first_event_overtakes`, `swaps_events` | `gmrender_behaves_as_measured`, `a_renderer_that_a_next_video_hangs_is_never_given_one_again`, `positions_that_are_half_a_second_old_are_seen_through_in_time` |
//! | 30 | Forks of gmrender: start on the URI, no mute, PLAYING at 0:00 before the end | `hiby` | `starts_on_set`, `mute_refused`, `end_flicker` | `a_renderer_that_cannot_be_muted_is_turned_down_and_up_again`, `a_renderer_that_plays_before_it_is_told_to_is_not_told_twice`, `a_zero_at_the_end_is_no_new_beginning` |
//! | 31 | HCCast: start on the URI, SetNext does nothing, errors are a silent STOPPED, Stop forgets | `hccast` | `starts_on_set`, `next`, `failure`, `stop_clears_uri` | `a_renderer_that_plays_before_it_is_told_to_is_not_told_twice`, `a_renderer_that_cannot_fetch_is_asked_again_ever_more_rarely`, `songs_follow_each_other_whole_on_every_renderer`; quotes: `only_compat_keeps_its_quotes_in_the_envelope` |
//! | 32 | AnyCast: answers take 10 s | `anycast` | `answers_after` | `slow_answers_volumes_and_absent_services`, `a_press_plays_on_every_renderer_that_lets_itself_be_played_on` |
//! | 33 | JMGO and others at port 49152: no events | `jmgo` | `sends_events` | `an_hour_of_rest_costs_a_poll_every_ten_seconds_at_most`, `a_viewer_who_stops_it_is_left_in_peace_until_a_button_is_pressed` |
//! | 34 | Hisense, Leica: no SetNext, Stop between files, back to the input; 401 for Play | `hisense`, `leica` | `next`, `set_while_playing`, `reopening`, `play_refused` | `a_renderer_that_refuses_every_play_is_asked_ever_more_rarely`, `a_renderer_that_goes_back_to_its_input_after_a_stop_is_not_stopped_between_rounds` |
//! | 35 | Xiaomi, MStar: colons in URLs, URLBase at the end, 402 for https | `xiaomi` | `secure_uri` | `refuses_secure_uris_and_looks_twice`; URLs: `joins_what_descriptions_write`, `a_base_counts_wherever_it_stands`; http only: `a_url_is_short_plain_and_ends_in_the_extension` |
//! | 36 | TCL: lists nothing, GET without and then with many ranges | `tcl` | `sink`, `parallel_ranges` | `what_a_renderer_lists_orders_the_names_and_forbids_none`, `what_it_lists_need_not_be_what_it_takes`, `reads_in_parallel_and_only_so_far_ahead`, `the_default_loops_on_every_renderer_and_never_hangs_one` |
//! | 37 | Sonos: 714 without metadata or extension, a scheme of its own, below another device | `sonos` | `empty_metadata`, `wants_extension`, `track_uri` | `a_name_of_its_own_for_the_media_is_no_other_box`, `refuses_metadata_mimes_urls_and_bare_servers`; tree: `finds_a_renderer_below_other_devices` |
//! | 38 | HEOS: drops a URI while it plays, subscriptions of 9 minutes | `heos` | `set_while_playing`, `longest_lease` | `a_press_takes_it_back_though_it_drops_what_it_is_given_while_it_plays` |
//! | 39 | Denon, Arcam, Naim on KnOS: padded text, corrupt events, 718 at rest | `denon-knos` | `garbles_events`, `position_when_idle` | `events_that_say_nothing_are_a_reason_to_look`; text, bytes: `finds_the_renderer_in_every_description`, `reads_the_first_value_of_every_variable_in_last_change` |
//! | 40 | Yamaha: takes the URI and refuses Play, small buffers | `yamaha` | `refuses_at_play`, `reads_ahead` | `objections_that_come_with_play_are_met_like_those_that_come_with_the_uri`, `metadata_is_written_as_each_likes_it` |
//! | 41 | Roku: only the old SoundBridge is a renderer | `soundbridge` | `track_uri` | `a_name_of_its_own_for_the_media_is_no_other_box`; the others: `finds_no_renderer_where_there_is_none` |
//! | 42 | Chromecast behind BubbleUPnP: a proxy fetches all at once, SetNext does nothing | `chromecast` | `next`, `reads_ahead` | `songs_follow_each_other_whole_on_every_renderer` |
//! | 43 | Android apps: no SetNext, stopped behind another app | `android-app` | `next`, `remote_stop_forgets` | `an_app_behind_another_was_stopped_by_its_viewer` |
//! | 44 | Rygel and its kin: HEAD first, 716 for 206 without Range, keep the old URI | `rygel` | `probe`, `refused_set_keeps_old`, `seek_while_stopped` | `rygel_behaves_as_measured`, `rygel_keeps_the_old_uri_after_a_refusal`, `a_refused_file_is_never_followed_by_play`; 206: `answers_get_and_head_as_renderers_need_it` |
//! | 45 | upmpdcli, Volumio, WiiM: 501 without metadata, an old NextURI plays | `upmpdcli` | `empty_metadata`, `stale_next` | `songs_go_on_where_the_next_one_is_refused_ignored_or_followed_late` |
//! | 46 | JRiver: Play has four arguments | `jriver` | `play_wants` | `what_play_wants_beside_the_usual_is_looked_up_once`; bytes: `surplus_arguments_are_sent_empty_after_the_others`, `only_plain_names_of_what_play_takes_are_sent_on` |
//! | 47 | Frontier Silicon: a byebye and no media on standby, a comma at the end of Sink | `frontier-silicon` | – | `a_renderer_put_into_standby_stays_dark_until_it_is_switched_on_again`; Sink: `reads_what_renderers_say_they_play` |
//! | 48 | ESP32: max-age 30, URLBase at the end | `esp32` | `max_age`, `announces_every` | `the_default_loops_on_every_renderer_and_never_hangs_one`; age, base: `lives_for_max_age_and_a_minute_within_bounds`, `a_base_counts_wherever_it_stands` |
//! | 49 | Teufel: Channel with a capital C, standby by itself | `teufel` | `standby_after` | `dozes_off_when_nothing_plays`, `a_press_wakes_one_that_sleeps`; Channel: `reads_the_first_value_of_every_variable_in_last_change` |
//! | 50 | Eversolo: STOPPED for a moment at a hand-over | `eversolo` | `hand_over_stops` | `each_way_to_loop_is_taken_by_some_families_and_left_by_those_that_cannot`, `songs_go_on_where_the_next_one_is_refused_ignored_or_followed_late`, `songs_follow_each_other_whole_on_every_renderer` |
//! | 51 | DIR-3100: the URI takes 1.7 s, a Play before that is lost | `dir3100` | `set_takes` | `starts_by_itself_says_stopped_or_loses_an_early_play`, `nothing_is_cut_by_a_restart_on_any_renderer` |
//! | 52 | Port 2870: 714 for audio/mpeg, closes connections that are used again | `port-2870` | `mimes`, `sink` | `a_name_that_is_not_even_listed_is_found_by_trying`; connections: `sends_names_as_given_and_does_not_keep_the_connection` |
//!
//! What is reported of many, and no family's own:
//!
//! | behaviour | quirks | shown by |
//! |---|---|---|
//! | says no position, or always zero; hides the duration; PLAYING at the end for ever | `rel_time`, `hides_duration`, `end_says_playing` | `without_a_position_our_own_clock_tells_the_end`, `without_a_position_a_viewer_who_stops_it_is_left_in_peace` |
//! | zeroes its position at the end | `end_zeroes_position`, `end_zeroes_duration` | `a_zero_at_the_end_is_no_new_beginning` |
//! | says STOPPED while it loads | `loads_as` | `a_start_that_looks_like_a_stop_is_waited_for` |
//! | takes SetNext as current, or hangs at the hand-over for good | `next` | `songs_go_on_where_the_next_one_is_refused_ignored_or_followed_late`, `a_renderer_that_hangs_at_a_hand_over_is_given_no_next_song_after_that` |
//! | a refused URI leaves the old one playable | `refused_set_keeps_old`, `play_empty` | `a_refused_file_is_never_followed_by_play` |
//! | events before the answer to SUBSCRIBE, out of order, or collected | `first_event_overtakes`, `swaps_events`, `event_batch` | `events_that_come_too_early_or_in_the_wrong_order_are_all_welcome`, `events_are_batched_silent_swapped_or_too_early` |
//! | refuses subscriptions, or forgets them | `refuses_subscriptions`, `forgets_subscriptions_after` | `subscriptions_outlive_their_leases_and_are_made_again_where_they_are_forgotten` |
//! | another port and another BOOTID after a boot | `new_port_at_boot`, `tells_boot_id` | `another_port_and_another_boot_id_cost_two_seconds` |
//! | answers its description with 503 for a day | `description_refused` | `a_description_that_is_refused_for_a_day_is_asked_for_rarely_and_then_it_plays` |
//! | says byebye and stays | `announces_every` | `a_renderer_that_says_goodbye_and_stays_plays_on_without_a_break` |
//! | stops, says byebye and lingers when it is switched off | `lingers` | `a_renderer_that_stops_before_it_is_off_plays_when_it_is_on_again` |
//! | answers 200 to Pause and plays on | `pause_ignored` | `a_command_without_effect_is_given_again_in_peace` |
//! | seeks wrongly, or stops, where the server has no ranges | `seek_without_ranges_stops` | `seeks_without_ranges_freeze_or_stop` |
//! | subtitles by attributes, refused, or opened instead of the film | `subtitles` | `each_maker_is_told_of_subtitles_in_its_own_form`, `metadata_with_subtitles_that_are_refused_make_room_for_those_without`, `a_renderer_that_opens_the_subtitles_is_given_the_film_alone` |
//! | a volume of other units, said in its description or not | `volume_min`, `volume_max`, `scpd_refused` | `per_cent_mean_the_same_in_any_units`, `every_press_is_heard_on_a_renderer_of_few_steps`, `the_units_are_asked_for_once_for_each_description` |
//! | no RenderingControl, or one without mute | `rendering_control`, `mute_refused` | `a_renderer_without_volume_says_so_once_and_plays_on`, `a_renderer_that_cannot_be_muted_is_turned_down_and_up_again` |
//! | every preset, in twenty seeds | `still` | `every_preset_reaches_its_goal_in_all_seeds` |
//! | any mixture of all this | `full_metadata`, `next`, `rel_time` | `a_renderer_of_any_mixture_of_quirks_plays_and_loops` |

mod players;
mod screens;

use super::fake_renderer::FakeRenderer;
use super::fake_renderer::Persona;
use super::quirks::Quirks;
use crate::time::Duration;
use crate::upnp::Udn;
pub use players::*;
pub use screens::*;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// What a renderer is sold as, and how it behaves.
#[derive(Clone, Debug)]
pub struct Preset {
    /// Its name on the command line.
    pub name: &'static str,
    /// modelName.
    pub model: &'static str,
    /// manufacturer.
    pub manufacturer: &'static str,
    /// Version of MediaRenderer and its services.
    pub version: u8,
    /// Path of its description; `{uuid}` is its UDN without `uuid:`.
    pub path: &'static str,
    /// TCP port that it likes.
    pub port: u16,
    /// User-Agent of its fetches.
    pub user_agent: &'static str,
    /// How it behaves.
    pub quirks: Quirks,
}

impl Preset {
    /// Such a renderer with this identity and name.
    pub fn renderer(&self, udn: Udn, friendly_name: &str, seed: u64) -> FakeRenderer {
        let uuid = udn.as_str().trim_start_matches("uuid:");
        let persona = Persona {
            friendly_name: friendly_name.to_owned(),
            manufacturer: self.manufacturer.to_owned(),
            model_name: self.model.to_owned(),
            version: self.version,
            description_path: self.path.replace("{uuid}", uuid),
            port: self.port,
            server: format!("Linux/5.4 UPnP/1.0 {}/1.0", self.model.replace(' ', "-")),
            user_agent: self.user_agent.to_owned(),
            sink: self.sink(),
            udn,
        };
        FakeRenderer::new(persona, self.quirks.clone(), seed)
    }

    fn sink(&self) -> String {
        let mimes = self.quirks.sink.or(self.quirks.mimes).unwrap_or(COMMON);
        let entries: Vec<String> = mimes.iter().map(|m| format!("http-get:*:{m}:*")).collect();
        entries.join(",")
    }
}

/// MIME types that nearly everything plays.
const COMMON: &[&str] = &[
    "video/mp4",
    "video/mpeg",
    "video/x-matroska",
    "video/x-msvideo",
    "video/webm",
    "video/quicktime",
    "video/mp2t",
    "audio/mpeg",
    "audio/mp4",
    "audio/flac",
    "audio/x-flac",
    "audio/wav",
    "audio/x-wav",
    "audio/ogg",
    "image/jpeg",
    "image/png",
];
const DLNADOC: &str = "DLNADOC/1.50";

fn good(name: &'static str, manufacturer: &'static str, model: &'static str) -> Preset {
    Preset {
        name,
        model,
        manufacturer,
        version: 1,
        path: "/description.xml",
        port: 49152,
        user_agent: DLNADOC,
        quirks: Quirks::default(),
    }
}

/// A renderer without a fault.
pub fn well_behaved() -> Preset {
    good("well-behaved", "dlna-kiosk", "Simulated renderer")
}

/// Every preset.
pub fn all() -> Vec<Preset> {
    let rooms =
        [screens::televisions(), players::speakers(), screens::projectors(), players::software()];
    [well_behaved()].into_iter().chain(rooms.concat()).collect()
}

/// The preset of this name.
pub fn named(name: &str) -> Option<Preset> {
    all().into_iter().find(|preset| preset.name == name)
}

#[cfg(test)]
mod tests {
    use crate::sim::Quirks;
    use crate::sim::presets;
    use crate::test_support;
    use std::collections::{BTreeMap, BTreeSet};

    const ROWS: usize = 52;

    /// The rows of both tables, as cells; the first has five.
    fn rows() -> Vec<Vec<&'static str>> {
        let rows = test_support::rows(include_str!("mod.rs"));
        rows.filter(|cells| !["row", "behaviour"].contains(&cells[0])).collect()
    }

    fn quoted(cell: &str) -> impl Iterator<Item = &str> {
        test_support::between(cell, '`')
    }

    fn families() -> Vec<Vec<&'static str>> {
        rows().into_iter().filter(|cells| cells.len() == 5).collect()
    }

    #[test]
    fn every_row_stands_once_and_in_order() {
        let numbers: Vec<usize> = families().iter().map(|row| row[0].parse().unwrap()).collect();
        assert_eq!(numbers, (1..=ROWS).collect::<Vec<_>>());
    }

    #[test]
    fn every_preset_has_its_row_and_every_row_names_presets_that_exist() {
        let families = families();
        let named: BTreeSet<&str> = families.iter().flat_map(|row| quoted(row[2])).collect();
        let usual = "well-behaved";
        let all = presets::all().into_iter().map(|preset| preset.name);
        let all: BTreeSet<&str> = all.filter(|name| *name != usual).collect();
        assert_eq!(named, all);
        assert_eq!(all.len() + 1, presets::all().len(), "no name twice");
    }

    #[test]
    fn every_quirk_and_every_test_that_is_named_exists() {
        let fields = fields(&Quirks::default());
        let text = test_support::text("src", "rs") + &test_support::text("tests", "rs");
        for row in rows() {
            let [.., quirks, shown] = row.as_slice() else { panic!("{row:?}") };
            for quirk in quoted(quirks) {
                assert!(fields.contains_key(quirk), "{}: {quirk}", row[0]);
            }
            for test in quoted(shown) {
                assert!(test_support::has_test(&text, test), "{}: {test}", row[0]);
            }
            assert!(quoted(shown).next().is_some() || shown.starts_with("nothing to show: "));
        }
    }

    /// Each field and its value, as text.
    fn fields(quirks: &Quirks) -> BTreeMap<String, String> {
        let text = format!("{quirks:#?}");
        let mut fields = BTreeMap::new();
        let mut name = "";
        for line in text.lines() {
            if let Some((field, _)) = line.strip_prefix("    ").and_then(|l| l.split_once(": "))
                && !field.starts_with(' ')
            {
                name = field;
            }
            *fields.entry(name.to_owned()).or_default() += line;
        }
        fields
    }

    #[test]
    fn every_quirk_of_a_row_is_one_of_its_presets() {
        let usual = fields(&Quirks::default());
        for row in families() {
            let presets: Vec<_> = quoted(row[2]).filter_map(presets::named).collect();
            for quirk in quoted(row[3]) {
                let has = |preset: &presets::Preset| fields(&preset.quirks)[quirk] != usual[quirk];
                assert!(presets.iter().any(has), "row {}: {quirk}", row[0]);
            }
        }
    }
}
