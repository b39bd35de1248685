//! General Event Notification Architecture (UDA 1.0 §4): LastChange events.

use super::av_transport::TransportState;
use crate::time::Duration;

/// What a LastChange event says of instance 0: the first occurrence of each variable counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastChange {
    /// TransportState; `None` if absent or unknown.
    pub transport_state: Option<TransportState>,
    /// TransportStatus is ERROR_OCCURRED.
    pub error_occurred: bool,
    /// AVTransportURI; empty as it is said.
    pub av_transport_uri: Option<String>,
    /// CurrentTrackURI; empty as it is said.
    pub current_track_uri: Option<String>,
    /// CurrentTrackDuration; zero counts as unknown.
    pub current_track_duration: Option<Duration>,
    /// Volume of the Master channel.
    pub volume: Option<u16>,
    /// Mute of the Master channel.
    pub mute: Option<bool>,
}
