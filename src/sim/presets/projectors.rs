//! Projectors, dongles, and the apps that run on them.

use super::{Preset, good, ms};
use crate::sim::quirks::{FetchFailure, NextUri, Quirks, Still};
use crate::upnp::action::TransportState;

pub(super) fn all() -> Vec<Preset> {
    vec![hccast(), jmgo(), anycast(), leica(), android_app()]
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

/// JMGO N1 Ultra and other projectors on libupnp; row 33: never an event.
#[must_use]
pub fn jmgo() -> Preset {
    let mut preset = good("jmgo", "JMGO", "N1 Ultra");
    preset.quirks.sends_events = false;
    preset
}

/// AnyCast and Mirascreen dongles; row 32: every answer takes 10 s.
#[must_use]
pub fn anycast() -> Preset {
    let mut preset = good("anycast", "Actions-Micro", "DLNA DMR using auto-generated stack");
    preset.quirks.answers_after = ms(10_000);
    preset
}

/// Leica Ciné Play 1; row 34: refuses every Play with 401.
#[must_use]
pub fn leica() -> Preset {
    let mut preset = super::hisense();
    (preset.name, preset.manufacturer, preset.model) = ("leica", "Leica", "Cine Play 1");
    preset.quirks.play_refused = Some(401);
    preset
}

/// Receiver apps on Android and Fire TV; row 43: no SetNext; another app in front stops them, and
/// they forget the file.
#[must_use]
pub fn android_app() -> Preset {
    let mut preset = good("android-app", "AirScreen", "AS-Projector[DMR]");
    preset.quirks.next = NextUri::Refused(401);
    preset.quirks.remote_stop_forgets = true;
    preset
}
