//! Renderers that people own, as far as their behaviour was measured or reported.
//!
//! `gmrender` and `rygel` reproduce measured tables of behaviour. The others are what owners and
//! other control points report of them, one or two quirks each; where nothing is reported they
//! behave well. Rows are those of section 7 of the project's fact sheet on renderers.

use super::fake_renderer::FakeRenderer;
use super::quirks::{
    FetchFailure, NextUri, PlayEmpty, Probe, Quirks, RelTime, SetWhilePlaying, Still,
};
use super::words::Persona;
use crate::time::Duration;
use crate::upnp::Udn;
use crate::upnp::av_transport::TransportState;

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
    #[must_use]
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
        let mimes = self.quirks.mimes.unwrap_or(COMMON);
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
/// A TV that knows video by its makers' own names.
const VIERA: &[&str] = &[
    "video/mp4",
    "video/mpeg",
    "video/vnd.dlna.mpeg-tts",
    "video/x-mkv",
    "audio/mpeg",
    "audio/mp4",
    "audio/wav",
    "image/jpeg",
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
#[must_use]
pub fn well_behaved() -> Preset {
    good("well-behaved", "dlna-kiosk", "Simulated renderer")
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

/// Samsung Tizen TVs; rows 2, 3, 5 and 7: subscriptions of 60 s, full metadata and DLNA headers.
#[must_use]
pub fn samsung_tizen() -> Preset {
    let mut preset = good("samsung-tizen", "Samsung Electronics", "UE50NU7472");
    preset.path = "/dmr";
    preset.port = 9197;
    preset.quirks = Quirks {
        probe: Probe::Head,
        wants_content_features: true,
        empty_metadata: Some(402),
        in_transition: Some(701),
        skip: Some(501),
        longest_lease: ms(60_000),
        tells_boot_id: true,
        ..Quirks::default()
    };
    preset
}

/// LG webOS TVs; rows 8 to 12: a new port at every boot, its own word for TRANSITIONING, 701 while
/// it opens and closes its player, a Play that hangs meanwhile, position zero at the end.
#[must_use]
pub fn lg_webos() -> Preset {
    let mut preset = good("lg-webos", "LG Electronics", "LG TV");
    preset.path = "/";
    preset.port = 1718;
    preset.quirks = Quirks {
        probe: Probe::Head,
        empty_metadata: Some(501),
        loading: ms(2500),
        loading_jitter: ms(2000),
        stopping: ms(1500),
        transitioning_name: "LG_TRANSITIONING",
        in_transition: Some(701),
        play_hangs_while_loading: true,
        end_zeroes_position: true,
        new_port_at_boot: true,
        ..Quirks::default()
    };
    preset
}

/// LG Netcast TVs; row 14: answer 200 and play the old file on.
#[must_use]
pub fn lg_netcast() -> Preset {
    let mut preset = good("lg-netcast", "LG Electronics", "LG Netcast TV");
    preset.quirks.set_while_playing = SetWhilePlaying::Dropped;
    preset
}

/// Panasonic Viera TVs; rows 21 and 22: 705 for ever after the viewer's stop, a short list of MIMEs.
#[must_use]
pub fn panasonic_viera() -> Preset {
    let mut preset = good("panasonic-viera", "Panasonic", "Panasonic VIErA");
    preset.path = "/dmr/ddd.xml";
    preset.port = 55000;
    preset.quirks = Quirks {
        remote_stop_locks: true,
        mimes: Some(VIERA),
        end_zeroes_position: true,
        ..Quirks::default()
    };
    preset
}

/// Projectors and dongles on HCCast; row 31: load and play at once, take SetNext and do nothing,
/// forget the URI at Stop, end every error as a silent STOPPED.
#[must_use]
pub fn hccast() -> Preset {
    let mut preset = good("hccast", "HiChip", "ElfCast");
    preset.port = 49595;
    preset.quirks = Quirks {
        idle: TransportState::Stopped,
        starts_on_set: true,
        loading: ms(800),
        stop_empty: None,
        stop_clears_uri: true,
        pause_while_stopped: Some(501),
        next: NextUri::Ignored,
        failure: FetchFailure::SilentStop,
        end_clears_uri: true,
        end_zeroes_position: true,
        reads_ahead: None,
        still: Still::EndsAfter(ms(3_600_000)),
        ..Quirks::default()
    };
    preset
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

/// Sonos speakers; row 37: 714 without metadata or without an extension in the URL.
#[must_use]
pub fn sonos() -> Preset {
    let mut preset = good("sonos", "Sonos, Inc.", "Sonos Playbar");
    preset.path = "/xml/device_description.xml";
    preset.port = 1400;
    preset.quirks = Quirks {
        empty_metadata: Some(714),
        wants_extension: true,
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

/// Kodi; rows 26 and 27: needs Play, 701 for Stop without media, tells its BOOTID.
#[must_use]
pub fn kodi() -> Preset {
    let mut preset = good("kodi", "XBMC Foundation", "Kodi");
    preset.path = "/";
    preset.port = 1708;
    preset.quirks.tells_boot_id = true;
    preset
}

/// JMGO N1 Ultra and other projectors on libupnp; row 33: never an event.
#[must_use]
pub fn jmgo() -> Preset {
    let mut preset = good("jmgo", "JMGO", "N1 Ultra");
    preset.quirks.sends_events = false;
    preset
}

/// Sony HT-A9 and newer Sony audio; row 19: a STOPPED event after every Set, no Pause, no Seek.
#[must_use]
pub fn sony_ht_a9() -> Preset {
    let mut preset = good("sony-ht-a9", "Sony Corporation", "HT-A9");
    preset.quirks = Quirks {
        probe: Probe::Head,
        set_says_stopped: true,
        pause_refused: Some(701),
        seek_refused: Some(701),
        ..Quirks::default()
    };
    preset
}

/// Sony Bravia of 2010; rows 16 and 17: no events, a short list of MIMEs.
#[must_use]
pub fn sony_bravia() -> Preset {
    let mut preset = good("sony-bravia", "Sony Corporation", "KDL-55HX800");
    preset.quirks.sends_events = false;
    preset.quirks.mimes = Some(VIERA);
    preset
}

/// Philips Android TVs; row 24: MediaRenderer:3 only.
#[must_use]
pub fn philips_android() -> Preset {
    let mut preset = good("philips-android", "Philips", "Philips Android TV");
    preset.version = 3;
    preset.quirks.only_own_version = true;
    preset
}

/// AnyCast and Mirascreen dongles; row 32: every answer takes 10 s.
#[must_use]
pub fn anycast() -> Preset {
    let mut preset = good("anycast", "Actions-Micro", "DLNA DMR using auto-generated stack");
    preset.quirks.answers_after = ms(10_000);
    preset
}

/// Hisense VIDAA; row 34: no SetNext, needs Stop between two files.
#[must_use]
pub fn hisense() -> Preset {
    let mut preset = good("hisense", "Hisense", "VIDAA TV");
    preset.path = "/MediaServer/rendererdevicedesc.xml";
    preset.port = 38400;
    preset.quirks.next = NextUri::Refused(401);
    preset.quirks.set_while_playing = SetWhilePlaying::Refused(701);
    preset
}

/// Leica Ciné Play 1; row 34: refuses every Play with 401.
#[must_use]
pub fn leica() -> Preset {
    let mut preset = hisense();
    (preset.name, preset.manufacturer, preset.model) = ("leica", "Leica", "Cine Play 1");
    preset.quirks.play_refused = Some(401);
    preset
}

/// TCL on Platinum; row 36: many parallel ranges.
#[must_use]
pub fn tcl() -> Preset {
    let mut preset = good("tcl", "TCL", "Smart TV Pro");
    preset.quirks.parallel_ranges = 4;
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

/// Every preset.
#[must_use]
pub fn all() -> Vec<Preset> {
    vec![
        well_behaved(),
        gmrender(),
        rygel(),
        samsung_tizen(),
        lg_webos(),
        lg_netcast(),
        panasonic_viera(),
        hccast(),
        hiby(),
        sonos(),
        heos(),
        kodi(),
        jmgo(),
        sony_ht_a9(),
        sony_bravia(),
        philips_android(),
        anycast(),
        hisense(),
        leica(),
        tcl(),
        upmpdcli(),
        eversolo(),
        dir3100(),
        esp32(),
    ]
}

/// The preset of this name.
#[must_use]
pub fn named(name: &str) -> Option<Preset> {
    all().into_iter().find(|preset| preset.name == name)
}
