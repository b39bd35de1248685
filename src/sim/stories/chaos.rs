//! Renderers as nobody has seen them yet: every quirk by chance. The laws hold, and who can play plays.

use super::*;
use crate::sim::quirks::{NextUri, PlayEmpty, RelTime, Still, TrackUri};
use crate::upnp::action::TransportState;
use fastrand::Rng;

fn one_of<T: Copy>(rng: &mut Rng, choices: &[T]) -> T {
    choices[rng.usize(..choices.len())]
}

/// Each quirk with one chance in four.
fn anything(rng: &mut Rng) -> Preset {
    let mut quirks = Quirks::default();
    let mut odd = || rng.u8(..4) == 0;
    quirks.refused_set_keeps_old = odd();
    quirks.wants_extension = odd();
    quirks.wants_content_features = odd();
    quirks.track_uri_lags = odd();
    quirks.set_says_stopped = odd();
    quirks.starts_on_set = odd();
    quirks.playing_at_once = odd();
    quirks.play_hangs_while_loading = odd();
    quirks.stop_clears_uri = odd();
    quirks.remote_stop_locks = odd();
    quirks.pause_ignored = odd();
    quirks.hides_duration = odd();
    quirks.end_clears_uri = odd();
    quirks.end_zeroes_position = odd();
    quirks.end_zeroes_duration = odd();
    quirks.stale_next = odd();
    quirks.sends_events = !odd();
    quirks.first_event_overtakes = odd();
    quirks.swaps_events = odd();
    quirks.rendering_control = !odd();
    quirks.new_port_at_boot = odd();
    quirks.tells_boot_id = odd();
    quirks.refuses_at_play = odd();
    quirks.garbles_events = odd();
    quirks.caches_pictures = odd();
    quirks.second_picture_fails = odd();
    quirks.probe = one_of(rng, &[Probe::Nothing, Probe::HeadTwice, Probe::Head, Probe::Get]);
    quirks.full_metadata = one_of(rng, &[None, None, None, Some(501)]);
    quirks.set_while_playing = one_of(
        rng,
        &[
            SetWhilePlaying::Switches,
            SetWhilePlaying::Stops,
            SetWhilePlaying::Refused(701),
            SetWhilePlaying::Refused(705),
            SetWhilePlaying::Dropped,
        ],
    );
    quirks.compat_metadata = one_of(rng, &[None, None, None, Some(402)]);
    quirks.empty_metadata = one_of(rng, &[None, None, None, Some(714)]);
    quirks.reopening = one_of(rng, &[ms(0), ms(0), ms(1_500)]);
    quirks.seek_without_features = one_of(rng, &[None, Some(710)]);
    quirks.track_uri = one_of(
        rng,
        &[
            TrackUri::Own,
            TrackUri::Own,
            TrackUri::Own,
            TrackUri::Always("unknown track uri"),
            TrackUri::Scheme("x-rincon-mp3radio"),
        ],
    );
    quirks.other_root_devices = one_of(rng, &[0, 0, 0, 2]);
    quirks.loading = one_of(rng, &[ms(0), ms(30), ms(200), ms(2_000)]);
    quirks.stopping = one_of(rng, &[ms(0), ms(0), ms(1_500)]);
    quirks.in_transition = one_of(rng, &[None, None, Some(701), Some(705)]);
    // Stopped, and locked: that would be a viewer's doing.
    if quirks.in_transition != Some(705) {
        let (usual, odd) = (TransportState::Transitioning, TransportState::Stopped);
        quirks.loads_as = one_of(rng, &[usual, usual, odd]);
    }
    quirks.play_empty = one_of(rng, &[PlayEmpty::Refused(701), PlayEmpty::TransitionsForEver]);
    quirks.play_while_playing = one_of(rng, &[None, None, Some(701), Some(501)]);
    quirks.pausing = one_of(rng, &[ms(0), ms(0), ms(700)]);
    quirks.pause_refused = one_of(rng, &[None, None, None, Some(701)]);
    quirks.seek_refused = one_of(rng, &[None, None, None, Some(710)]);
    quirks.rel_time = one_of(
        rng,
        &[
            RelTime::Resolution(ms(1_000)),
            RelTime::Resolution(ms(1_000)),
            RelTime::Resolution(ms(1)),
            RelTime::AlwaysZero,
            RelTime::NotImplemented,
        ],
    );
    quirks.rel_time_every = one_of(rng, &[ms(0), ms(0), ms(500), ms(1_000)]);
    quirks.position_when_idle = one_of(rng, &[None, None, Some(501)]);
    quirks.end_flicker = one_of(rng, &[ms(0), ms(0), ms(1_200)]);
    quirks.next = one_of(
        rng,
        &[
            NextUri::Works(ms(0)),
            NextUri::Works(ms(900)),
            NextUri::Ignored,
            NextUri::TakenAsCurrent,
            NextUri::Refused(401),
        ],
    );
    quirks.hand_over_stops = one_of(rng, &[ms(0), ms(0), ms(700)]);
    quirks.still = one_of(rng, &[Still::Stays, Still::EndsAtOnce, Still::EndsAfter(ms(5_000))]);
    quirks.failure = one_of(
        rng,
        &[FetchFailure::Unnoticed, FetchFailure::SilentStop, FetchFailure::ErrorOccurred],
    );
    quirks.reads_ahead = one_of(rng, &[None, Some(ms(2_000)), Some(ms(10_000))]);
    quirks.parallel_ranges = one_of(rng, &[0, 0, 3]);
    quirks.answers_after = one_of(rng, &[ms(0), ms(0), ms(0), ms(300)]);
    quirks.longest_lease = one_of(rng, &[ms(60_000), ms(1_800_000)]);
    quirks.event_batch = one_of(rng, &[ms(0), ms(150)]);
    Preset { quirks, ..presets::well_behaved() }
}

#[test]
fn a_renderer_of_any_mixture_of_quirks_plays_and_loops() {
    for seed in 0..150 {
        let mut rng = Rng::with_seed(seed);
        let preset = anything(&mut rng);
        let methods = [LoopMethod::Auto, LoopMethod::Restart, LoopMethod::Seek];
        let scenario = Scenario::of(preset.clone()).seed(seed).rule(|r| {
            r.loop_method = one_of(&mut rng, &methods);
            r.max_cut = one_of(&mut rng, &[ms(0), ms(300)]);
        });
        let scenario = match rng.u8(..3) {
            0 => scenario.files(&[("/m/1.mp3", 10_000), ("/m/2.mp3", 12_000)]),
            1 => scenario.files(&[("/m/1.mp4", 10_000), ("/m/2.mp4", 12_000)]),
            _ => scenario,
        };
        let mut world = scenario.autoplay().start();
        let looped = world.until(120_000, |w| w.nodes[0].rounds.len() >= 4);
        assert!(looped.is_some(), "seed {seed}: {:?}", preset.quirks);
        for round in &world.nodes[0].rounds {
            let millis = round.played.as_millis();
            let whole = (9_700..=10_000).contains(&millis) || (11_700..=12_000).contains(&millis);
            assert!(whole, "seed {seed}: {millis} ms of {}", round.uri);
        }
    }
}
