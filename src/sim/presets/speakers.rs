//! Speakers, receivers and music players.

use super::{Preset, good, ms};
use crate::sim::quirks::{Probe, Quirks, SetWhilePlaying, TrackUri};
use crate::upnp::action::TransportState;

pub(super) fn all() -> Vec<Preset> {
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
#[must_use]
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
#[must_use]
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
#[must_use]
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
#[must_use]
pub fn denon_knos() -> Preset {
    let mut preset = good("denon-knos", "Denon", "AVR-4306");
    preset.port = 8080;
    preset.quirks.garbles_events = true;
    preset.quirks.position_when_idle = Some(718);
    preset
}

/// Yamaha receivers; row 40: take everything, and refuse Play unless the metadata is full; small
/// buffers.
#[must_use]
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
#[must_use]
pub fn soundbridge() -> Preset {
    let mut preset = good("soundbridge", "Roku", "SoundBridge");
    preset.quirks.track_uri = TrackUri::Always("unknown track uri");
    preset
}

/// Radios and receivers on Frontier Silicon's platform; row 47: a byebye and no media on standby.
#[must_use]
pub fn frontier_silicon() -> Preset {
    let mut preset = good("frontier-silicon", "Harman Kardon", "AVR 265");
    preset.quirks.idle = TransportState::NoMediaPresent;
    preset
}

/// Teufel and Raumfeld; row 49: to standby by themselves.
#[must_use]
pub fn teufel() -> Preset {
    let mut preset = good("teufel", "Raumfeld GmbH", "Teufel One S");
    preset.quirks.standby_after = Some(ms(1_200_000));
    preset
}

/// Sony HT-A9 and newer Sony audio; row 19: HEAD twice, a STOPPED event after every Set, no Pause,
/// no Seek.
#[must_use]
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
#[must_use]
pub fn eversolo() -> Preset {
    let mut preset = good("eversolo", "Eversolo", "DMP-A6");
    preset.quirks.hand_over_stops = ms(700);
    preset
}

/// DIR-3100; row 51: SetAVTransportURI takes 1.7 s, a Play before that is lost.
#[must_use]
pub fn dir3100() -> Preset {
    let mut preset = good("dir3100", "Dual", "DIR-3100");
    preset.quirks.set_takes = ms(1700);
    preset
}

/// Renderers on an ESP32; row 48: max-age 30.
#[must_use]
pub fn esp32() -> Preset {
    let mut preset = good("esp32", "ESP32", "ESP32 renderer");
    preset.quirks.max_age = ms(30_000);
    preset.quirks.announces_every = Some(ms(15_000));
    preset
}
