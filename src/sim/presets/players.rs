//! Speakers, streamers, and programs that act as a renderer.

use super::{COMMON, Preset, good, ms};
use crate::sim::quirks::{
    FetchFailure, NextUri, PlayEmpty, Probe, Quirks, RelTime, SetWhilePlaying, Still, TrackUri,
};
use crate::upnp::action::TransportState;

pub(super) fn speakers() -> Vec<Preset> {
    vec![
        hiby(),
        sonos(),
        heos(),
        denon_knos(),
        yamaha(),
        soundbridge(),
        frontier_silicon(),
        teufel(),
        sony_ht_a9(),
        eversolo(),
        dir3100(),
        esp32(),
    ]
}

/// Forks of gmrender such as HiBy players; row 30: start at once,
/// refuse mute, say PLAYING at 0:00 once before STOPPED.
pub fn hiby() -> Preset {
    let mut preset = good("hiby", "HiBy", "HiBy R1");
    preset.quirks = Quirks {
        idle: TransportState::Stopped,
        starts_on_set: true,
        mute_refused: Some(501),
        end_flicker: ms(1200),
        end_zeroes_position: true,
        ..Quirks::default()
    };
    preset
}

/// Sonos speakers; row 37: 714 without metadata or without an extension in the URL; names the
/// media under a scheme of its own.
pub fn sonos() -> Preset {
    let mut preset = good("sonos", "Sonos, Inc.", "Sonos Playbar");
    preset.path = "/xml/device_description.xml";
    preset.port = 1400;
    preset.quirks = Quirks {
        empty_metadata: Some(714),
        wants_extension: true,
        track_uri: TrackUri::Scheme("x-rincon-mp3radio"),
        idle: TransportState::Stopped,
        stop_empty: None,
        ..Quirks::default()
    };
    preset
}

/// Denon and Marantz HEOS; row 38: drop a URI set while playing, subscriptions of 9 minutes.
pub fn heos() -> Preset {
    let mut preset = good("heos", "Denon", "AVR-X1600H");
    preset.path = "/upnp/desc/aios_device/aios_device.xml";
    preset.port = 60006;
    preset.quirks = Quirks {
        set_while_playing: SetWhilePlaying::Dropped,
        longest_lease: ms(540_000),
        ..Quirks::default()
    };
    preset
}

/// Denon, Arcam and Naim on KnOS; row 39: events that nobody understands, 718 while they rest.
pub fn denon_knos() -> Preset {
    let mut preset = good("denon-knos", "Denon", "AVR-4306");
    preset.port = 8080;
    preset.quirks.garbles_events = true;
    preset.quirks.position_when_idle = Some(718);
    preset
}

/// Yamaha receivers; row 40: take everything, and refuse Play unless the metadata is full; small
/// buffers.
pub fn yamaha() -> Preset {
    let mut preset = good("yamaha", "YAMAHA CORPORATION", "RX-V3067");
    preset.quirks = Quirks {
        refuses_at_play: true,
        plain_metadata: Some(501),
        compat_metadata: Some(501),
        empty_metadata: Some(501),
        reads_ahead: Some(ms(1000)),
        ..Quirks::default()
    };
    preset
}

/// Roku SoundBridge; row 41: the one Roku that is a renderer never says what it plays.
pub fn soundbridge() -> Preset {
    let mut preset = good("soundbridge", "Roku", "SoundBridge");
    preset.quirks.track_uri = TrackUri::Always("unknown track uri");
    preset
}

/// Radios and receivers on Frontier Silicon's platform; row 47: a byebye and no media on standby.
pub fn frontier_silicon() -> Preset {
    let mut preset = good("frontier-silicon", "Harman Kardon", "AVR 265");
    preset.quirks.idle = TransportState::NoMediaPresent;
    preset
}

/// Teufel and Raumfeld; row 49: to standby by themselves.
pub fn teufel() -> Preset {
    let mut preset = good("teufel", "Raumfeld GmbH", "Teufel One S");
    preset.quirks.standby_after = Some(ms(1_200_000));
    preset
}

/// Sony HT-A9 and newer Sony audio; row 19: HEAD twice, a STOPPED event after every Set, no Pause,
/// no Seek.
pub fn sony_ht_a9() -> Preset {
    let mut preset = good("sony-ht-a9", "Sony Corporation", "HT-A9");
    preset.quirks = Quirks {
        probe: Probe::HeadTwice,
        set_says_stopped: true,
        pause_refused: Some(701),
        seek_refused: Some(701),
        ..Quirks::default()
    };
    preset
}

/// Eversolo DMP-A6; row 50: STOPPED for a moment at a hand-over.
pub fn eversolo() -> Preset {
    let mut preset = good("eversolo", "Eversolo", "DMP-A6");
    preset.quirks.hand_over_stops = ms(700);
    preset
}

/// DIR-3100; row 51: SetAVTransportURI takes 1.7 s, a Play before that is lost.
pub fn dir3100() -> Preset {
    let mut preset = good("dir3100", "Dual", "DIR-3100");
    preset.quirks.set_takes = ms(1700);
    preset
}

/// Renderers on an ESP32; row 48: max-age 30.
pub fn esp32() -> Preset {
    let mut preset = good("esp32", "ESP32", "ESP32 renderer");
    preset.quirks.max_age = ms(30_000);
    preset.quirks.announces_every = Some(ms(15_000));
    preset
}

pub(super) fn software() -> Vec<Preset> {
    vec![gmrender(), rygel(), kodi(), upmpdcli(), chromecast(), jriver()]
}

/// gmediarender 0.1 on libupnp, as measured; row 29. Clears the URI at the end, says PLAYING
/// whatever its fetch brought, hangs at a hand-over to video. RelTime is up to half a second old.
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
pub fn kodi() -> Preset {
    let mut preset = good("kodi", "XBMC Foundation", "Kodi");
    preset.path = "/";
    preset.port = 1708;
    preset.quirks.tells_boot_id = true;
    preset
}

/// upmpdcli, Volumio, WiiM; row 45: 501 without metadata, an old NextURI stays.
pub fn upmpdcli() -> Preset {
    let mut preset = good("upmpdcli", "JF Light Industries", "UpMPD");
    preset.quirks.empty_metadata = Some(501);
    preset.quirks.stale_next = true;
    preset
}

/// JRiver Media Center; row 46: its Play has two arguments of its own.
pub fn jriver() -> Preset {
    let mut preset = good("jriver", "JRiver, Inc.", "JRiver Media Center");
    preset.quirks.play_wants = &["JRiverSyncPlayTime", "JRiverSyncServer"];
    preset
}

/// A Chromecast behind BubbleUPnP; row 42: its proxy fetches the file at once, SetNext does nothing.
pub fn chromecast() -> Preset {
    let mut preset = good("chromecast", "Google, Inc.", "Chromecast (BubbleUPnP)");
    preset.quirks.next = NextUri::Ignored;
    preset.quirks.reads_ahead = None;
    preset.quirks.loading = ms(1500);
    preset
}
