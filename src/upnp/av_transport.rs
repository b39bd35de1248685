//! AVTransport:1–3: the actions a control point sends, and what they answer.

use super::arguments::{Arguments, argument};
use super::didl;
use super::time::{format_time, parse_time};
use crate::time::Duration;

/// TransportState (AVTransport:1 §2.2.1), with vendors' own states mapped to what they mean.
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

/// An action and its IN arguments. InstanceID is always 0.
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
}

/// What the actions answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// GetTransportInfo
    TransportInfo(TransportInfo),
    /// GetPositionInfo
    PositionInfo(PositionInfo),
    /// GetMediaInfo
    MediaInfo(MediaInfo),
}

/// Answer of GetTransportInfo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportInfo {
    /// CurrentTransportState; `None` if it says nothing we know.
    pub state: Option<TransportState>,
    /// CurrentTransportStatus is ERROR_OCCURRED.
    pub error_occurred: bool,
}

/// Answer of GetPositionInfo. What is not implemented, absent or nonsense is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PositionInfo {
    /// TrackDuration; zero counts as unknown.
    pub track_duration: Option<Duration>,
    /// TrackURI; empty as it is said.
    pub track_uri: Option<String>,
    /// RelTime.
    pub rel_time: Option<Duration>,
    /// Whether RelTime has a fraction of a second. `.000` is none: some write it always, and count in seconds.
    pub fractional: bool,
}

/// Answer of GetMediaInfo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaInfo {
    /// CurrentURI; empty as it is said.
    pub current_uri: Option<String>,
    /// NextURI; empty as it is said.
    pub next_uri: Option<String>,
    /// MediaDuration.
    pub media_duration: Option<Duration>,
}

impl TransportState {
    /// The state that `text` names. Vendors' states count by their ending (`LG_TRANSITIONING`);
    /// `None` for what says nothing: the last known state then stands.
    #[must_use]
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
    #[must_use]
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
    #[must_use]
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
        }
    }

    /// IN arguments, in the order of the service description: some renderers insist on it.
    pub(super) fn write_arguments(&self) -> String {
        let instance = "<InstanceID>0</InstanceID>";
        match self {
            Self::SetAvTransportUri { uri, metadata } => format!(
                "{instance}{}<CurrentURIMetaData>{}</CurrentURIMetaData>",
                argument("CurrentURI", uri),
                didl::escape(metadata)
            ),
            Self::SetNextAvTransportUri { uri, metadata } => format!(
                "{instance}{}<NextURIMetaData>{}</NextURIMetaData>",
                argument("NextURI", uri),
                didl::escape(metadata)
            ),
            Self::Play => format!("{instance}<Speed>1</Speed>"),
            Self::Seek { target } => format!(
                "{instance}<Unit>REL_TIME</Unit>{}",
                argument("Target", &format_time(*target))
            ),
            Self::Pause
            | Self::Stop
            | Self::Next
            | Self::Previous
            | Self::GetTransportInfo
            | Self::GetPositionInfo
            | Self::GetMediaInfo => instance.to_owned(),
        }
    }

    pub(super) fn parse(name: &str, arguments: &Arguments<'_>) -> Option<Self> {
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
            _ => return None,
        })
    }

    /// Its OUT arguments, if it has any; `None` if nothing that it asks for is there.
    pub(super) fn parse_reply(&self, arguments: &Arguments<'_>) -> Option<Option<Reply>> {
        let time = |name| arguments.said(name).as_deref().and_then(parse_time);
        let length = |name| time(name).filter(|length| !length.is_zero());
        Some(Some(match self {
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
                let said = arguments.get("RelTime");
                let rel_time = said.as_deref().and_then(parse_time);
                let info = PositionInfo {
                    track_duration: length("TrackDuration"),
                    track_uri: arguments.uri("TrackURI"),
                    rel_time,
                    fractional: rel_time.is_some_and(|time| time.subsec_millis() != 0),
                };
                if said.is_none() && info == PositionInfo::default() {
                    return None;
                }
                Reply::PositionInfo(info)
            }
            Self::GetMediaInfo => {
                let info = MediaInfo {
                    current_uri: arguments.uri("CurrentURI"),
                    next_uri: arguments.uri("NextURI"),
                    media_duration: length("MediaDuration"),
                };
                if info == MediaInfo::default() && arguments.get("NrTracks").is_none() {
                    return None;
                }
                Reply::MediaInfo(info)
            }
            Self::SetAvTransportUri { .. }
            | Self::SetNextAvTransportUri { .. }
            | Self::Play
            | Self::Pause
            | Self::Stop
            | Self::Seek { .. }
            | Self::Next
            | Self::Previous => return Some(None),
        }))
    }
}

/// CurrentTransportStatus, TransportStatus.
pub(super) fn is_error(status: &str) -> bool {
    status.trim().eq_ignore_ascii_case("ERROR_OCCURRED")
}

impl Reply {
    pub(super) fn write_arguments(&self) -> String {
        let time =
            |time: Option<Duration>| time.map_or_else(|| "NOT_IMPLEMENTED".to_owned(), format_time);
        let uri =
            |uri: &Option<String>| uri.clone().unwrap_or_else(|| "NOT_IMPLEMENTED".to_owned());
        let arguments: &[(&str, String)] = match self {
            Self::TransportInfo(info) => &[
                ("CurrentTransportState", info.state.map_or("", TransportState::as_str).to_owned()),
                ("CurrentTransportStatus", status(info.error_occurred).to_owned()),
                ("CurrentSpeed", "1".to_owned()),
            ],
            Self::PositionInfo(info) => &[
                ("Track", "1".to_owned()),
                ("TrackDuration", time(info.track_duration)),
                ("TrackMetaData", String::new()),
                ("TrackURI", uri(&info.track_uri)),
                ("RelTime", rel_time(info)),
                ("AbsTime", "NOT_IMPLEMENTED".to_owned()),
                ("RelCount", "2147483647".to_owned()),
                ("AbsCount", "2147483647".to_owned()),
            ],
            Self::MediaInfo(info) => &[
                ("NrTracks", "1".to_owned()),
                ("MediaDuration", time(info.media_duration)),
                ("CurrentURI", uri(&info.current_uri)),
                ("CurrentURIMetaData", String::new()),
                ("NextURI", uri(&info.next_uri)),
                ("NextURIMetaData", String::new()),
                ("PlayMedium", "NETWORK".to_owned()),
                ("RecordMedium", "NOT_IMPLEMENTED".to_owned()),
                ("WriteStatus", "NOT_IMPLEMENTED".to_owned()),
            ],
        };
        arguments.iter().map(|(name, value)| argument(name, value)).collect()
    }
}

/// RelTime. Renderers that count fractions write them also on the full second.
fn rel_time(info: &PositionInfo) -> String {
    match info.rel_time {
        None => "NOT_IMPLEMENTED".to_owned(),
        Some(time) if info.fractional && time.subsec_millis() == 0 => {
            format!("{}.000", format_time(time))
        }
        Some(time) if !info.fractional => format_time(Duration::from_secs(time.as_secs())),
        Some(time) => format_time(time),
    }
}

pub(super) const fn status(error_occurred: bool) -> &'static str {
    if error_occurred { "ERROR_OCCURRED" } else { "OK" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_vendors_count_by_what_they_mean() {
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
