//! AVTransport:1–3: the actions a control point sends, and what they answer.

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
    /// Whether RelTime was written with a fraction of a second.
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
