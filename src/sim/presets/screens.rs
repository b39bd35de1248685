//! Televisions and projectors.

use super::{COMMON, Preset, good, ms};
use crate::sim::quirks::{
    BareRefusal, FetchFailure, NextUri, Probe, Quirks, SetWhilePlaying, Still, Subtitles,
};
use crate::upnp::action::TransportState;

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
/// A TV that knows Matroska by its maker's name.
const SAMSUNG: &[&str] = &[
    "video/mp4",
    "video/mpeg",
    "video/x-mkv",
    "video/avi",
    "video/vnd.dlna.mpeg-tts",
    "audio/mpeg",
    "audio/mp4",
    "audio/wav",
    "image/jpeg",
];
/// A player that calls Matroska DivX.
const SONY_BDP: &[&str] = &["video/mp4", "video/divx", "audio/mpeg", "audio/wav", "image/jpeg"];
/// A TV with the short name of AVI.
const PHILIPS: &[&str] = &["video/mp4", "video/avi", "audio/mpeg", "audio/wav", "image/jpeg"];
/// What is taken where audio/mpeg is not.
const PORT_2870: &[&str] = &["video/mp4", "audio/mp3", "audio/wav", "image/jpeg"];

pub(super) fn televisions() -> Vec<Preset> {
    vec![
        samsung_2010(),
        samsung_tizen(),
        lg_webos(),
        lg_netcast(),
        lg_uh850v(),
        panasonic_viera(),
        panasonic_empty(),
        sony_bravia(),
        sony_bravia_ex(),
        sony_bdp(),
        philips(),
        philips_android(),
        xbox_one(),
        xiaomi(),
        hisense(),
        port_2870(),
        tcl(),
    ]
}

/// Samsung TVs of 2010 to 2014; rows 1, 3, 4 and 7: several root devices that change places at each
/// boot, metadata escaped in their own way only.
pub fn samsung_2010() -> Preset {
    let mut preset = good("samsung-2010", "Samsung Electronics", "UE55H6400");
    preset.path = "";
    preset.port = 7676;
    preset.quirks = Quirks {
        mimes: Some(SAMSUNG),
        full_metadata: Some(402),
        plain_metadata: Some(402),
        empty_metadata: Some(402),
        other_root_devices: 3,
        ..samsung_tizen().quirks
    };
    preset.quirks.tells_boot_id = false;
    preset
}

/// Samsung Tizen TVs; rows 2 to 7: subscriptions of 60 s, metadata and DLNA headers, mkv under its
/// own name.
pub fn samsung_tizen() -> Preset {
    let mut preset = good("samsung-tizen", "Samsung Electronics", "UE50NU7472");
    preset.path = "/dmr";
    preset.port = 9197;
    preset.quirks = Quirks {
        probe: Probe::Head,
        mimes: Some(SAMSUNG),
        secure_uri: Some(716),
        wants_content_features: true,
        subtitles: Subtitles::Header,
        empty_metadata: Some(402),
        in_transition: Some(701),
        skip: Some(501),
        longest_lease: ms(60_000),
        tells_boot_id: true,
        ..Quirks::default()
    };
    preset
}

/// LG webOS TVs; rows 8 to 13: a new port at every boot, its own word for TRANSITIONING, 701 while
/// it opens and closes its player, a Play that hangs meanwhile, back to the input after Stop,
/// position zero at the end, pictures that are kept by URL and fail over another.
pub fn lg_webos() -> Preset {
    let mut preset = good("lg-webos", "LG Electronics", "LG TV");
    preset.path = "/";
    preset.port = 1718;
    preset.quirks = Quirks {
        probe: Probe::Head,
        secure_uri: Some(716),
        empty_metadata: Some(501),
        loading: ms(2500),
        loading_jitter: ms(2000),
        reopening: ms(1500),
        stopping: ms(1500),
        transitioning_name: "LG_TRANSITIONING",
        in_transition: Some(701),
        play_hangs_while_loading: true,
        seek_without_features: Some(710),
        subtitles: Subtitles::Resource,
        second_picture_fails: true,
        caches_pictures: true,
        end_zeroes_position: true,
        new_port_at_boot: true,
        ..Quirks::default()
    };
    preset
}

/// LG Netcast TVs; row 14: answer 200 and play the old file on.
pub fn lg_netcast() -> Preset {
    let mut preset = good("lg-netcast", "LG Electronics", "LG Netcast TV");
    preset.quirks.set_while_playing = SetWhilePlaying::Dropped;
    preset
}

/// LG UH850V; row 15: 402 for some metadata.
pub fn lg_uh850v() -> Preset {
    let mut preset = lg_webos();
    (preset.name, preset.model) = ("lg-uh850v", "60UH850V-ZA");
    preset.quirks.full_metadata = Some(402);
    preset
}

/// Panasonic Viera TVs; rows 21 and 22: 705 for ever after the viewer's stop, a short list of MIMEs.
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

/// A Panasonic that takes a file only without metadata; row 22.
pub fn panasonic_empty() -> Preset {
    let mut preset = panasonic_viera();
    (preset.name, preset.model) = ("panasonic-empty", "Panasonic TV");
    preset.quirks.full_metadata = Some(714);
    preset.quirks.plain_metadata = Some(714);
    preset.quirks.compat_metadata = Some(714);
    preset
}

/// Sony Bravia of 2010; rows 16 and 17: no events, a short list of MIMEs.
pub fn sony_bravia() -> Preset {
    let mut preset = good("sony-bravia", "Sony Corporation", "KDL-55HX800");
    preset.quirks.sends_events = false;
    preset.quirks.mimes = Some(VIERA);
    preset
}

/// Sony Bravia KDL-26EX320; row 18: 716 unless HEAD brings all headers and the metadata is full.
pub fn sony_bravia_ex() -> Preset {
    let mut preset = good("sony-bravia-ex", "Sony Corporation", "KDL-26EX320");
    preset.quirks = Quirks {
        probe: Probe::Head,
        wants_content_features: true,
        plain_metadata: Some(716),
        compat_metadata: Some(716),
        empty_metadata: Some(716),
        ..Quirks::default()
    };
    preset
}

/// Sony Blu-ray players; row 20: mkv as video/divx.
pub fn sony_bdp() -> Preset {
    let mut preset = good("sony-bdp", "Sony Corporation", "BDP-S590");
    preset.path = "/dmr.xml";
    preset.port = 52323;
    preset.quirks.mimes = Some(SONY_BDP);
    preset
}

/// Philips TVs of 2010; row 23: avi as video/avi, subtitles by attributes.
pub fn philips() -> Preset {
    let mut preset = good("philips", "Philips", "40PFL8605H");
    preset.path = "/nmrDescription.xml";
    preset.port = 49153;
    preset.quirks.mimes = Some(PHILIPS);
    preset.quirks.subtitles = Subtitles::Attributes;
    preset
}

/// Philips Android TVs; row 24: MediaRenderer:3 only.
pub fn philips_android() -> Preset {
    let mut preset = good("philips-android", "Philips", "Philips Android TV");
    preset.version = 3;
    preset.quirks.only_own_version = true;
    preset
}

/// Xbox One; row 25: a bare 500 without metadata.
pub fn xbox_one() -> Preset {
    let mut preset = good("xbox-one", "Microsoft Corporation", "Xbox One");
    preset.quirks.empty_metadata = Some(501);
    preset.quirks.bare_refusals = Some(BareRefusal::Status(500));
    preset
}

/// Xiaomi TVs and boxes; row 35: 402 for https.
pub fn xiaomi() -> Preset {
    let mut preset = good("xiaomi", "Xiaomi", "MiTV4A");
    preset.quirks.secure_uri = Some(402);
    preset
}

/// Hisense VIDAA; row 34: no SetNext, needs Stop between two files and goes back to the input then.
pub fn hisense() -> Preset {
    let mut preset = good("hisense", "Hisense", "VIDAA TV");
    preset.path = "/MediaServer/rendererdevicedesc.xml";
    preset.port = 38400;
    preset.quirks.next = NextUri::Refused(401);
    preset.quirks.set_while_playing = SetWhilePlaying::Refused(701);
    preset.quirks.reopening = ms(1500);
    preset
}

/// Hisense TVs and speakers at port 2870; row 52: 714 for audio/mpeg, though they list it.
pub fn port_2870() -> Preset {
    let mut preset = good("port-2870", "Hisense", "Smart TV");
    preset.path = "/dmr.xml";
    preset.port = 2870;
    preset.quirks.mimes = Some(PORT_2870);
    preset.quirks.sink = Some(COMMON);
    preset
}

/// TCL on Platinum; row 36: lists nothing, many parallel ranges.
pub fn tcl() -> Preset {
    let mut preset = good("tcl", "TCL", "Smart TV Pro");
    preset.quirks.sink = Some(&[]);
    preset.quirks.parallel_ranges = 4;
    preset
}

pub(super) fn projectors() -> Vec<Preset> {
    vec![hccast(), jmgo(), anycast(), leica(), android_app()]
}

/// Projectors and dongles on HCCast; row 31: load and play at once, take SetNext and do nothing,
/// forget the URI at Stop, end every error as a silent STOPPED.
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

/// JMGO N1 Ultra and other projectors on libupnp; row 33: never an event.
pub fn jmgo() -> Preset {
    let mut preset = good("jmgo", "JMGO", "N1 Ultra");
    preset.quirks.sends_events = false;
    preset
}

/// AnyCast and Mirascreen dongles; row 32: every answer takes 10 s.
pub fn anycast() -> Preset {
    let mut preset = good("anycast", "Actions-Micro", "DLNA DMR using auto-generated stack");
    preset.quirks.answers_after = ms(10_000);
    preset
}

/// Leica Ciné Play 1; row 34: refuses every Play with 401.
pub fn leica() -> Preset {
    let mut preset = super::hisense();
    (preset.name, preset.manufacturer, preset.model) = ("leica", "Leica", "Cine Play 1");
    preset.quirks.play_refused = Some(401);
    preset
}

/// Receiver apps on Android and Fire TV; row 43: no SetNext; another app in front stops them, and
/// they forget the file.
pub fn android_app() -> Preset {
    let mut preset = good("android-app", "AirScreen", "AS-Projector[DMR]");
    preset.quirks.next = NextUri::Refused(401);
    preset.quirks.remote_stop_forgets = true;
    preset
}
