//! Device descriptions (UDA 1.0 §2): which device of the tree is a renderer, and where its services are.

use super::{HttpUrl, Udn};
use crate::limits::NAME_BYTES;
use crate::text::Text;

/// A renderer as its description tells it. All URLs are on the host of LOCATION.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// UDN of the device that carries AVTransport.
    pub udn: Udn,
    /// friendlyName of that device, else of the root, else modelName, else the host.
    pub friendly_name: Text<NAME_BYTES>,
    /// manufacturer; may be empty.
    pub manufacturer: Text<NAME_BYTES>,
    /// modelName; may be empty.
    pub model_name: Text<NAME_BYTES>,
    /// Where to send AVTransport actions.
    pub av_transport: Service,
    /// Absent on some renderers.
    pub rendering_control: Option<Service>,
    /// Absent on some renderers.
    pub connection_manager: Option<Service>,
}

/// A service of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The version in serviceType: 1 to 3.
    pub version: u8,
    /// controlURL.
    pub control_url: HttpUrl,
    /// eventSubURL; empty or absent on some.
    pub event_url: Option<HttpUrl>,
    /// SCPDURL.
    pub scpd_url: Option<HttpUrl>,
}

/// Why a description yields no renderer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DescriptionError {
    /// No device in it.
    NotADescription,
    /// Devices, but none is a MediaRenderer with AVTransport.
    NotARenderer,
}
