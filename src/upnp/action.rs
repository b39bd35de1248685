//! The actions that a control point calls on a MediaRenderer, and the replies to them: AVTransport,
//! RenderingControl and ConnectionManager, versions 1 to 3.

use super::soap::{Arguments, argument};
use super::values::{format_bool, format_time, parse_bool, parse_time, parse_volume};
use super::{ServiceKind, didl};
use crate::time::Duration;

/// An action and its IN arguments. InstanceID is always 0, Channel is always Master.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// SetAVTransportURI
    SetAvTransportUri { uri: String, metadata: String },
    /// SetNextAVTransportURI
    SetNextAvTransportUri { uri: String, metadata: String },
    /// Play, Speed 1
    Play,
    /// Pause
    Pause,
    /// Stop
    Stop,
    /// Seek, Unit REL_TIME
    Seek { target: Duration },
    /// Next
    Next,
    /// Previous
    Previous,
    /// GetTransportInfo
    GetTransportInfo,
    /// GetPositionInfo
    GetPositionInfo,
    /// GetMediaInfo
    GetMediaInfo,
    /// GetVolume
    GetVolume,
    /// SetVolume, in the renderer's own units
    SetVolume { volume: u16 },
    /// GetMute
    GetMute,
    /// SetMute
    SetMute { mute: bool },
    /// GetProtocolInfo
    GetProtocolInfo,
}

/// The OUT arguments of an action.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// Success of an action without OUT arguments.
    Done,
    /// GetTransportInfo
    TransportInfo(TransportInfo),
    /// GetPositionInfo
    PositionInfo(PositionInfo),
    /// GetMediaInfo
    MediaInfo(MediaInfo),
    /// GetVolume: CurrentVolume
    Volume(u16),
    /// GetMute: CurrentMute
    Mute(bool),
    /// GetProtocolInfo: Sink, a CSV list as the renderer writes it
    ProtocolInfo { sink: String },
}

/// Reply to GetTransportInfo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportInfo {
    /// CurrentTransportState; `None` if it is absent or unknown.
    pub state: Option<TransportState>,
    /// CurrentTransportStatus is ERROR_OCCURRED.
    pub error_occurred: bool,
}

/// Reply to GetPositionInfo. Values that are absent, NOT_IMPLEMENTED or nonsense are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PositionInfo {
    /// TrackDuration; zero counts as unknown.
    pub track_duration: Option<Duration>,
    /// TrackURI; may be empty.
    pub track_uri: Option<String>,
    /// RelTime.
    pub rel_time: Option<Duration>,
    /// RelTime has a fraction of a second. `.000` does not count: some renderers always write it
    /// although they count whole seconds.
    pub fractional: bool,
}

/// Reply to GetMediaInfo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaInfo {
    /// CurrentURI; may be empty.
    pub current_uri: Option<String>,
    /// NextURI; may be empty.
    pub next_uri: Option<String>,
}

/// TransportState (AVTransport:1 §2.2.1); vendors' own states are mapped to these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransportState {
    /// STOPPED
    Stopped,
    /// PLAYING
    Playing,
    /// TRANSITIONING, and vendors' `*_TRANSITIONING`
    Transitioning,
    /// PAUSED_PLAYBACK
    PausedPlayback,
    /// NO_MEDIA_PRESENT
    NoMediaPresent,
}

impl TransportState {
    /// The state called `text`. Vendors' states count by their ending (`LG_TRANSITIONING`). `None` if the
    /// text is no state that we know: then the last known state still holds.
    pub fn parse(text: &str) -> Option<Self> {
        let name: String = text
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| c.to_ascii_uppercase())
            .take(64)
            .collect();
        Some(match name.as_str() {
            "STOPPED" => Self::Stopped,
            "PAUSED_PLAYBACK" => Self::PausedPlayback,
            "NO_MEDIA_PRESENT" => Self::NoMediaPresent,
            _ if name.ends_with("TRANSITIONING") => Self::Transitioning,
            _ if name.ends_with("PLAYING") => Self::Playing,
            _ => return None,
        })
    }

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "STOPPED",
            Self::Playing => "PLAYING",
            Self::Transitioning => "TRANSITIONING",
            Self::PausedPlayback => "PAUSED_PLAYBACK",
            Self::NoMediaPresent => "NO_MEDIA_PRESENT",
        }
    }
}

impl Action {
    /// Its name on the wire.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SetAvTransportUri { .. } => "SetAVTransportURI",
            Self::SetNextAvTransportUri { .. } => "SetNextAVTransportURI",
            Self::Play => "Play",
            Self::Pause => "Pause",
            Self::Stop => "Stop",
            Self::Seek { .. } => "Seek",
            Self::Next => "Next",
            Self::Previous => "Previous",
            Self::GetTransportInfo => "GetTransportInfo",
            Self::GetPositionInfo => "GetPositionInfo",
            Self::GetMediaInfo => "GetMediaInfo",
            Self::GetVolume => "GetVolume",
            Self::SetVolume { .. } => "SetVolume",
            Self::GetMute => "GetMute",
            Self::SetMute { .. } => "SetMute",
            Self::GetProtocolInfo => "GetProtocolInfo",
        }
    }

    /// The service that has this action.
    pub const fn service(&self) -> ServiceKind {
        match self {
            Self::GetVolume | Self::SetVolume { .. } | Self::GetMute | Self::SetMute { .. } => {
                ServiceKind::RenderingControl
            }
            Self::GetProtocolInfo => ServiceKind::ConnectionManager,
            _ => ServiceKind::AvTransport,
        }
    }

    /// IN arguments, in the order of the service description: some renderers insist on it.
    pub(super) fn write_arguments(&self) -> String {
        let common = match self.service() {
            ServiceKind::AvTransport => "<InstanceID>0</InstanceID>",
            ServiceKind::RenderingControl => "<InstanceID>0</InstanceID><Channel>Master</Channel>",
            ServiceKind::ConnectionManager => "",
        };
        let with_metadata = |prefix: &str, uri: &str, metadata: &str| {
            let (uri, metadata) = (argument(&format!("{prefix}URI"), uri), didl::escape(metadata));
            format!("{uri}<{prefix}URIMetaData>{metadata}</{prefix}URIMetaData>")
        };
        let own = match self {
            Self::SetAvTransportUri { uri, metadata } => with_metadata("Current", uri, metadata),
            Self::SetNextAvTransportUri { uri, metadata } => with_metadata("Next", uri, metadata),
            Self::Play => argument("Speed", "1"),
            Self::Seek { target } => {
                argument("Unit", "REL_TIME") + &argument("Target", &format_time(*target))
            }
            Self::SetVolume { volume } => argument("DesiredVolume", &volume.to_string()),
            Self::SetMute { mute } => argument("DesiredMute", format_bool(*mute)),
            _ => String::new(),
        };
        format!("{common}{own}")
    }

    /// The action called `name`; `None` if there is none, or if it lacks IN arguments.
    pub(super) fn read(name: &str, arguments: &Arguments<'_>) -> Option<Self> {
        let metadata = |name| arguments.get(name).unwrap_or_default();
        Some(match name {
            "SetAVTransportURI" => Self::SetAvTransportUri {
                uri: arguments.get("CurrentURI")?,
                metadata: metadata("CurrentURIMetaData"),
            },
            "SetNextAVTransportURI" => Self::SetNextAvTransportUri {
                uri: arguments.get("NextURI")?,
                metadata: metadata("NextURIMetaData"),
            },
            "Play" => Self::Play,
            "Pause" => Self::Pause,
            "Stop" => Self::Stop,
            "Seek" => Self::Seek { target: parse_time(&arguments.get("Target")?)? },
            "Next" => Self::Next,
            "Previous" => Self::Previous,
            "GetTransportInfo" => Self::GetTransportInfo,
            "GetPositionInfo" => Self::GetPositionInfo,
            "GetMediaInfo" => Self::GetMediaInfo,
            "GetVolume" => Self::GetVolume,
            "SetVolume" => {
                Self::SetVolume { volume: parse_volume(&arguments.get("DesiredVolume")?)? }
            }
            "GetMute" => Self::GetMute,
            "SetMute" => Self::SetMute { mute: parse_bool(&arguments.get("DesiredMute")?)? },
            "GetProtocolInfo" => Self::GetProtocolInfo,
            _ => return None,
        })
    }

    /// The reply with these OUT arguments; `None` if none that the action has is there.
    pub(super) fn read_reply(&self, arguments: &Arguments<'_>) -> Option<Reply> {
        let time = |name| arguments.get(name).as_deref().and_then(parse_time);
        let length = |name| time(name).filter(|length| !length.is_zero());
        Some(match self {
            Self::GetTransportInfo => {
                let state = arguments.get("CurrentTransportState");
                let status = arguments.get("CurrentTransportStatus");
                if state.is_none() && status.is_none() {
                    return None;
                }
                Reply::TransportInfo(TransportInfo {
                    state: state.as_deref().and_then(TransportState::parse),
                    error_occurred: status.as_deref().is_some_and(is_error),
                })
            }
            Self::GetPositionInfo => {
                let rel_time = time("RelTime");
                let info = PositionInfo {
                    track_duration: length("TrackDuration"),
                    track_uri: arguments.uri("TrackURI"),
                    rel_time,
                    fractional: rel_time.is_some_and(|time| time.subsec_millis() != 0),
                };
                if info == PositionInfo::default() && arguments.get("RelTime").is_none() {
                    return None;
                }
                Reply::PositionInfo(info)
            }
            Self::GetMediaInfo => {
                let info = MediaInfo {
                    current_uri: arguments.uri("CurrentURI"),
                    next_uri: arguments.uri("NextURI"),
                };
                let others =
                    || arguments.get("NrTracks").is_some() || length("MediaDuration").is_some();
                if info == MediaInfo::default() && !others() {
                    return None;
                }
                Reply::MediaInfo(info)
            }
            Self::GetVolume => Reply::Volume(parse_volume(&arguments.get("CurrentVolume")?)?),
            Self::GetMute => Reply::Mute(parse_bool(&arguments.get("CurrentMute")?)?),
            Self::GetProtocolInfo => {
                // A device that names only its Source has replied, too.
                let sink = arguments
                    .get("Sink")
                    .or_else(|| arguments.get("Source").map(|_| String::new()))?;
                Reply::ProtocolInfo { sink: sink.trim().to_owned() }
            }
            _ => Reply::Done,
        })
    }
}

impl Reply {
    pub(super) fn write_arguments(&self) -> String {
        let unknown = || "NOT_IMPLEMENTED".to_owned();
        let time = |time: Option<Duration>| time.map_or_else(unknown, format_time);
        let uri = |uri: &Option<String>| uri.clone().unwrap_or_else(unknown);
        let arguments: &[(&str, String)] = match self {
            Self::Done => &[],
            Self::TransportInfo(info) => &[
                ("CurrentTransportState", info.state.map_or("", TransportState::as_str).to_owned()),
                ("CurrentTransportStatus", format_status(info.error_occurred).to_owned()),
                ("CurrentSpeed", "1".to_owned()),
            ],
            Self::PositionInfo(info) => &[
                ("Track", "1".to_owned()),
                ("TrackDuration", time(info.track_duration)),
                ("TrackMetaData", String::new()),
                ("TrackURI", uri(&info.track_uri)),
                ("RelTime", rel_time(info).unwrap_or_else(unknown)),
                ("AbsTime", unknown()),
                ("RelCount", "2147483647".to_owned()),
                ("AbsCount", "2147483647".to_owned()),
            ],
            Self::MediaInfo(info) => &[
                ("NrTracks", "1".to_owned()),
                ("MediaDuration", unknown()),
                ("CurrentURI", uri(&info.current_uri)),
                ("CurrentURIMetaData", String::new()),
                ("NextURI", uri(&info.next_uri)),
                ("NextURIMetaData", String::new()),
                ("PlayMedium", "NETWORK".to_owned()),
                ("RecordMedium", unknown()),
                ("WriteStatus", unknown()),
            ],
            Self::Volume(volume) => &[("CurrentVolume", volume.to_string())],
            Self::Mute(mute) => &[("CurrentMute", format_bool(*mute).to_owned())],
            Self::ProtocolInfo { sink } => &[("Source", String::new()), ("Sink", sink.clone())],
        };
        arguments.iter().map(|(name, value)| argument(name, value)).collect()
    }
}

/// Whether TransportStatus (AVTransport:1 §2.2.2) is an error.
pub(super) fn is_error(status: &str) -> bool {
    status.trim().eq_ignore_ascii_case("ERROR_OCCURRED")
}

pub(super) const fn format_status(error_occurred: bool) -> &'static str {
    if error_occurred { "ERROR_OCCURRED" } else { "OK" }
}

/// RelTime as a renderer writes it: with fractions always or never.
fn rel_time(info: &PositionInfo) -> Option<String> {
    let time = info.rel_time?;
    let seconds = format_time(Duration::from_secs(time.as_secs()));
    let millis = time.subsec_millis();
    Some(if info.fractional { format!("{seconds}.{millis:03}") } else { seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_vendors_count_by_their_meaning() {
        use TransportState::{NoMediaPresent, PausedPlayback, Playing, Stopped, Transitioning};
        for (text, state) in [
            ("STOPPED", Some(Stopped)),
            (" playing\n", Some(Playing)),
            ("PAUSED_PLAYBACK", Some(PausedPlayback)),
            ("NO_MEDIA_PRESENT", Some(NoMediaPresent)),
            ("LG_TRANSITIONING", Some(Transitioning)),
            ("TRANSITIO NING", Some(Transitioning)),
            ("X_BUFFERED_PLAYING", Some(Playing)),
            ("PlayingPaused", None),
            ("RECORDING", None),
            ("", None),
        ] {
            assert_eq!(TransportState::parse(text), state, "{text}");
        }
        for state in [Stopped, Playing, PausedPlayback, NoMediaPresent, Transitioning] {
            assert_eq!(TransportState::parse(state.as_str()), Some(state));
        }
    }
}
