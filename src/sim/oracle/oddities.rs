//! How the renderers of a script are odd: independent behaviours, each by its name, so that a script can be shrunk to
//! those that matter. A renderer without any oddity is well-behaved.

use crate::sim::presets::{self, Preset};
use crate::sim::quirks::{
    BareRefusal, FetchFailure, FileFlaw, NextUri, PlayEmpty, Probe, Quirks, RelTime,
    SetWhilePlaying, TrackUri,
};
use crate::time::Duration;
use crate::upnp::action::TransportState;
use fastrand::Rng;

/// One behaviour.
struct Oddity {
    name: &'static str,
    /// How much later than otherwise a change may show, in milliseconds.
    slack: u64,
    change: fn(&mut Quirks),
}

const fn odd(name: &'static str, slack: u64, change: fn(&mut Quirks)) -> Oddity {
    Oddity { name, slack, change }
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const TABLE: [Oddity; 51] = [
    odd("no events", 15_000, |q| q.sends_events = false),
    odd("events late", 3_000, |q| q.event_batch = ms(2_000)),
    odd("events swapped", 5_000, |q| q.swaps_events = true),
    odd("events garbled", 15_000, |q| q.garbles_events = true),
    odd("subscriptions refused", 15_000, |q| q.refuses_subscriptions = Some(500)),
    odd("subscriptions forgotten", 15_000, |q| q.forgets_subscriptions_after = Some(ms(60_000))),
    odd("first event overtakes", 2_000, |q| q.first_event_overtakes = true),
    odd("position zero", 5_000, |q| q.rel_time = RelTime::AlwaysZero),
    odd("position missing", 5_000, |q| q.rel_time = RelTime::NotImplemented),
    odd("position refused", 5_000, |q| q.position_refused = Some(501)),
    odd("position old", 2_000, |q| q.rel_time_every = ms(1_000)),
    odd("position zero at end", 2_000, |q| q.end_zeroes_position = true),
    odd("duration zero at end", 2_000, |q| q.end_zeroes_duration = true),
    odd("duration hidden", 2_000, |q| q.hides_duration = true),
    odd("duration wrong", 5_000, |q| q.claims_duration = Some(ms(100_000))),
    odd("duration endless", 5_000, |q| q.claims_duration = Some(ms(54_000_000))),
    odd("refuses the news", 30_000, |q| q.flaws = &[("news", FileFlaw::Refused(714))]),
    odd("end clears uri", 2_000, |q| q.end_clears_uri = true),
    odd("end flickers", 3_000, |q| q.end_flicker = ms(1_200)),
    odd("end says playing", 60_000, |q| q.end_says_playing = true),
    odd("answers late", 5_000, |q| q.answers_after = ms(700)),
    odd("answers very late", 80_000, |q| q.answers_after = ms(4_000)),
    odd("bare refusals", 10_000, |q| q.bare_refusals = Some(BareRefusal::Status(500))),
    odd("full metadata refused", 5_000, |q| q.full_metadata = Some(501)),
    odd("empty metadata refused", 5_000, |q| q.empty_metadata = Some(714)),
    odd("set stops", 5_000, |q| q.set_while_playing = SetWhilePlaying::Stops),
    odd("set refused while playing", 8_000, |q| {
        q.set_while_playing = SetWhilePlaying::Refused(705);
    }),
    odd("set dropped while playing", 30_000, |q| {
        q.set_while_playing = SetWhilePlaying::Dropped;
    }),
    odd("set says stopped", 5_000, |q| q.set_says_stopped = true),
    odd("starts on set", 5_000, |q| q.starts_on_set = true),
    odd("playing at once", 5_000, |q| q.playing_at_once = true),
    odd("play hangs while loading", 5_000, |q| q.play_hangs_while_loading = true),
    odd("loads slowly", 8_000, |q| q.loading = ms(4_000)),
    odd("buffers for a minute", 90_000, |q| q.loading = ms(60_000)),
    odd("loads as stopped", 5_000, |q| q.loads_as = TransportState::Stopped),
    odd("refuses in transition", 5_000, |q| q.in_transition = Some(701)),
    odd("waits for nothing", 5_000, |q| q.play_empty = PlayEmpty::TransitionsForEver),
    odd("stop clears uri", 5_000, |q| q.stop_clears_uri = true),
    odd("next ignored", 15_000, |q| q.next = NextUri::Ignored),
    odd("next taken as current", 10_000, |q| q.next = NextUri::TakenAsCurrent),
    odd("next refused", 5_000, |q| q.next = NextUri::Refused(401)),
    odd("next stale", 5_000, |q| q.stale_next = true),
    odd("uri nameless", 10_000, |q| q.track_uri = TrackUri::Always("unknown")),
    odd("seek refused", 2_000, |q| q.seek_refused = Some(710)),
    odd("failure unnoticed", 60_000, |q| q.failure = FetchFailure::Unnoticed),
    odd("failure is a silent stop", 30_000, |q| q.failure = FetchFailure::SilentStop),
    odd("no volume", 0, |q| q.rendering_control = false),
    odd("no mute", 0, |q| q.mute_refused = Some(401)),
    odd("volume to 30", 0, |q| q.volume_max = 30),
    odd("looks first", 3_000, |q| q.probe = Probe::HeadTwice),
    odd("does not play the news", 120_000, |q| q.flaws = &[("news", FileFlaw::NotShown)]),
];

/// It has the UDN of the first renderer, but a name of its own.
pub(super) const TWIN: &str = "has the UDN of the first";
/// It needs a while from Play to its first picture, equally long each time.
pub(super) const LATE: &str = "begins late";

/// What is not drawn by chance, but meant by those who write a script.
const MEANT: [Oddity; 2] = [odd(TWIN, 0, |_| {}), odd(LATE, 1_900, |q| q.loading = ms(1_700))];

/// Together, nobody can tell such a renderer from one that does not play its file.
const NOT_TOGETHER: [&str; 2] = ["buffers for a minute", "loads as stopped"];

/// Some of the behaviours, each once.
pub(super) fn draw(rng: &mut Rng, most: usize) -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    for _ in 0..rng.usize(..=most) {
        let name = TABLE[rng.usize(..TABLE.len())].name;
        let other = |other: &&str| names.contains(other) && NOT_TOGETHER.contains(&name);
        if !names.contains(&name) && !NOT_TOGETHER.iter().any(other) {
            names.push(name);
        }
    }
    names
}

/// A renderer with these oddities, and how much later than otherwise a change may show on it.
pub(super) fn preset(names: &[&str]) -> (Preset, Duration) {
    let mut preset = presets::well_behaved();
    let mut slack = 0;
    for name in names {
        let oddity = TABLE.iter().chain(&MEANT).find(|oddity| oddity.name == *name);
        let oddity = oddity.unwrap_or_else(|| panic!("no oddity is called {name}"));
        (oddity.change)(&mut preset.quirks);
        slack += oddity.slack;
    }
    (preset, ms(slack))
}
