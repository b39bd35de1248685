//! Programs that turn a computer, or something like one, into a renderer.

use super::{COMMON, Preset, good, ms};
use crate::sim::quirks::{FetchFailure, NextUri, PlayEmpty, Probe, Quirks, RelTime, Still};
use crate::upnp::action::TransportState;

pub(super) fn all() -> Vec<Preset> {
    vec![gmrender(), rygel(), kodi(), upmpdcli(), chromecast(), jriver()]
}

/// gmediarender 0.1 on libupnp, as measured; row 29. Clears the URI at the end, says PLAYING
/// whatever its fetch brought, hangs at a hand-over to video. RelTime is up to half a second old.
#[must_use]
pub fn gmrender() -> Preset {
    let mut preset = good("gmrender", "Ivo Clarysse, Henner Zeller", "gmediarender");
    preset.port = 49494;
    preset.user_agent = "GStreamer souphttpsrc 1.22.0 libsoup/3.2.3";
    preset.quirks = Quirks {
        idle: TransportState::Stopped,
        playing_at_once: true,
        track_uri_lags: true,
        play_empty: PlayEmpty::Refused(501),
        stop_empty: None,
        pause_while_stopped: Some(501),
        seek_empty: None,
        seek_while_stopped: None,
        seek_past_end: None,
        skip: Some(501),
        unknown_action: 501,
        rel_time_every: ms(500),
        end_clears_uri: true,
        next: NextUri::HangsAtVideo(ms(900)),
        still: Still::EndsAtOnce,
        failure: FetchFailure::Unnoticed,
        volume_too_loud: None,
        first_event_overtakes: true,
        swaps_events: true,
        max_age: ms(100_000),
        announces_every: Some(ms(100_000)),
        waits_for_mx: false,
        ..Quirks::default()
    };
    preset
}

/// rygel 0.42 on gupnp, as measured; row 44. Sends HEAD before it answers, keeps the old URI after
/// a refusal, refuses Play while PLAYING, batches events.
#[must_use]
pub fn rygel() -> Preset {
    let mut preset = good("rygel", "Rygel Developers", "Rygel");
    preset.version = 2;
    preset.path = "/{uuid}.xml";
    preset.user_agent = "Rygel/0.42.1 DLNADOC/1.50 UPnP/1.0";
    preset.quirks = Quirks {
        probe: Probe::Head,
        mimes: Some(COMMON),
        secure_uri: Some(716),
        refused_set_keeps_old: true,
        loading: ms(30),
        loading_jitter: ms(1070),
        play_empty: PlayEmpty::TransitionsForEver,
        play_while_playing: Some(701),
        stop_empty: None,
        pause_while_paused: Some(701),
        seek_empty: Some(711),
        seek_while_stopped: Some(711),
        seek_without_ranges_stops: true,
        rel_time: RelTime::Resolution(ms(1)),
        end_zeroes_duration: true,
        failure: FetchFailure::SilentStop,
        volume_too_loud: Some(501),
        volume_one_less: true,
        mute_says_volume_zero: true,
        event_batch: ms(150),
        new_port_at_boot: true,
        ..Quirks::default()
    };
    preset
}

/// Kodi; rows 26 and 27: needs Play, 701 for Stop without media, tells its BOOTID.
#[must_use]
pub fn kodi() -> Preset {
    let mut preset = good("kodi", "XBMC Foundation", "Kodi");
    preset.path = "/";
    preset.port = 1708;
    preset.quirks.tells_boot_id = true;
    preset
}

/// upmpdcli, Volumio, WiiM; row 45: 501 without metadata, an old NextURI stays.
#[must_use]
pub fn upmpdcli() -> Preset {
    let mut preset = good("upmpdcli", "JF Light Industries", "UpMPD");
    preset.quirks.empty_metadata = Some(501);
    preset.quirks.stale_next = true;
    preset
}

/// JRiver Media Center; row 46: its Play has two arguments of its own.
#[must_use]
pub fn jriver() -> Preset {
    let mut preset = good("jriver", "JRiver, Inc.", "JRiver Media Center");
    preset.quirks.play_wants = &["JRiverSyncPlayTime", "JRiverSyncServer"];
    preset
}

/// A Chromecast behind BubbleUPnP; row 42: its proxy fetches the file at once, SetNext does nothing.
#[must_use]
pub fn chromecast() -> Preset {
    let mut preset = good("chromecast", "Google, Inc.", "Chromecast (BubbleUPnP)");
    preset.quirks.next = NextUri::Ignored;
    preset.quirks.reads_ahead = None;
    preset.quirks.loading = ms(1500);
    preset
}
