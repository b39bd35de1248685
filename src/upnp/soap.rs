//! SOAP 1.1 as UPnP uses it (UDA 1.0 §3): envelopes, faults, and the actions of the three services.

use super::{av_transport, connection_manager, rendering_control};
use crate::limits::SENTENCE_BYTES;
use crate::text::Text;

/// The three services of a MediaRenderer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServiceKind {
    /// `urn:schemas-upnp-org:service:AVTransport:n`
    AvTransport,
    /// `urn:schemas-upnp-org:service:RenderingControl:n`
    RenderingControl,
    /// `urn:schemas-upnp-org:service:ConnectionManager:n`
    ConnectionManager,
}

/// A call of an action, with its IN arguments.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// To the AVTransport service.
    AvTransport(av_transport::Action),
    /// To the RenderingControl service.
    RenderingControl(rendering_control::Action),
    /// To the ConnectionManager service.
    ConnectionManager(connection_manager::Action),
}

/// What an action answered: its OUT arguments.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// An action without OUT arguments succeeded.
    Done,
    /// From the AVTransport service.
    AvTransport(av_transport::Reply),
    /// From the RenderingControl service.
    RenderingControl(rendering_control::Reply),
    /// From the ConnectionManager service.
    ConnectionManager(connection_manager::Reply),
}

/// A UPnPError in a SOAP fault (UDA 1.0 §3.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpnpError {
    /// errorCode.
    pub code: u16,
    /// errorDescription, shortened; may be empty.
    pub description: Text<SENTENCE_BYTES>,
}
