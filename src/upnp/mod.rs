//! The messages of UPnP Device Architecture (UDA) and UPnP AV: parsing and writing, without I/O.
//!
//! Every module works in both directions, because the simulated renderer is the other side. Messages from the
//! network are malformed and may be hostile: parsers are lenient (see [`xml`]), bounded, and never panic.

pub mod action;
pub mod description;
pub mod didl;
pub mod gena;
pub mod soap;
pub mod ssdp;
pub mod url;
pub mod values;
pub mod xml;

use crate::limits::UDN_BYTES;
use crate::text::{Text, clip};
use core::fmt;
use core::net::{Ipv4Addr, SocketAddrV4};

pub use action::{Action, Reply};
pub use soap::UpnpError;
pub use url::HttpUrl;

/// Unique Device Name: the identity of a device (UDA 1.0 §1.1). Opaque: real ones are UUIDs, MAC addresses or words.
/// Comparison ignores case, so it is stored in lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Udn(Text<UDN_BYTES>);

impl Udn {
    /// The UDN in `from`, which may be a UDN or a USN (`uuid:…::urn:…`); `None` if it is empty. Colons at the end are
    /// removed, because in a USN they could not be told from the separator.
    pub fn new(from: &str) -> Option<Self> {
        let shown: String = from.chars().filter(|c| !c.is_control()).collect();
        let udn = shown.split("::").next().unwrap_or_default();
        let mut text: Text<UDN_BYTES> = clip(&udn.to_lowercase());
        text.truncate(text.trim_end_matches(|c: char| c == ':' || c.is_whitespace()).len());
        (!text.is_empty()).then_some(Self(text))
    }

    /// The substitute for a device that gives no UDN: the URL of its description.
    pub fn of_location(location: &HttpUrl) -> Option<Self> {
        Self::new(&location.to_string())
    }

    /// The identity of one of several devices that have this UDN: the one that is described at this URL.
    pub fn at(&self, location: &HttpUrl) -> Self {
        Self(clip(&format!("{}@{}", self.0, location.authority())))
    }

    /// Whether both are the same apart from the place that distinguishes devices with one UDN, and from `uuid:`, which some
    /// devices write in one of their messages only.
    pub fn is_same(&self, other: &Self) -> bool {
        self.without_place() == other.without_place()
    }

    /// Whether this UDN in the configuration means the device `other`: without a place it means all that have the UDN.
    pub fn means(&self, other: &Self) -> bool {
        self.bare() == other.bare() || self.bare() == other.without_place()
    }

    fn bare(&self) -> &str {
        self.0.strip_prefix("uuid:").unwrap_or(&self.0)
    }

    fn without_place(&self) -> &str {
        match self.bare().rsplit_once('@') {
            Some((udn, place)) if place.parse::<SocketAddrV4>().is_ok() => udn,
            _ => self.bare(),
        }
    }

    /// The text in lower case, with `uuid:` if the device writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether both may be addresses of one device in one network. Its mask is not known here; nearly all home networks have this
/// one.
pub fn are_neighbours(one: Ipv4Addr, other: Ipv4Addr) -> bool {
    const NETWORK: usize = 3;
    one.octets()[..NETWORK] == other.octets()[..NETWORK] && one.is_private()
}

impl fmt::Display for Udn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Udn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The three services of a MediaRenderer, known by their serviceType (UDA 1.0 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServiceKind {
    /// `urn:schemas-upnp-org:service:AVTransport:n`
    AvTransport,
    /// `urn:schemas-upnp-org:service:RenderingControl:n`
    RenderingControl,
    /// `urn:schemas-upnp-org:service:ConnectionManager:n`
    ConnectionManager,
}

impl ServiceKind {
    /// The beginning of every serviceType.
    pub(super) const PREFIX: &str = "urn:schemas-upnp-org:service:";

    const ALL: [Self; 3] = [Self::AvTransport, Self::RenderingControl, Self::ConnectionManager];

    /// Its name in serviceType.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AvTransport => "AVTransport",
            Self::RenderingControl => "RenderingControl",
            Self::ConnectionManager => "ConnectionManager",
        }
    }

    /// The serviceType.
    pub fn urn(self, version: u8) -> String {
        format!("{}{}:{version}", Self::PREFIX, self.name())
    }

    /// The service and version in `service_type`. A version that is no number counts as 1.
    pub fn of(service_type: &str) -> Option<(Self, u8)> {
        let (name, version) = service_type.trim().strip_prefix(Self::PREFIX)?.split_once(':')?;
        let kind = Self::ALL.into_iter().find(|kind| kind.name() == name)?;
        Some((kind, version.trim().parse().unwrap_or(1).max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_udn_is_the_same_alone_and_in_a_usn() {
        for text in ["uuid:TV-1", "uuid:a:", "a : ", "uuid:a\u{1}:\u{1}:b", "\u{1} b", "İ"] {
            let udn = Udn::new(text).expect("a name");
            assert_eq!(Udn::new(udn.as_str()).as_ref(), Some(&udn), "{text:?}");
            assert_eq!(Udn::new(&format!("{udn}::urn:x")).as_ref(), Some(&udn), "{text:?}");
        }
        for nothing in ["", " ", ":", "::urn:x", "\u{1}"] {
            assert_eq!(Udn::new(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn a_place_tells_devices_with_one_udn_apart() {
        let [kitchen, office] = ["http://10.0.0.5:49494/d.xml", "http://10.0.0.6:49494/d.xml"]
            .map(|at| HttpUrl::parse(at).expect("a URL"));
        let udn = Udn::new("uuid:A").expect("a name");
        let [kitchen, office] = [udn.at(&kitchen), udn.at(&office)];
        assert_eq!(office.as_str(), "uuid:a@10.0.0.6:49494");
        assert!(kitchen != office && kitchen.is_same(&office) && udn.is_same(&office));
        assert!(udn.means(&office) && office.means(&office) && !office.means(&kitchen));
        assert!(!office.means(&udn), "the configuration names one of them");
        let short = Udn::new("a").expect("a name");
        assert!(short.is_same(&udn) && short.means(&office));
        for other in ["uuid:b", "uuid:a@home", "uuid:"] {
            assert!(!udn.is_same(&Udn::new(other).expect("a name")), "{other}");
        }
    }

    #[test]
    fn service_types_name_their_version() {
        assert_eq!(
            ServiceKind::of("urn:schemas-upnp-org:service:AVTransport:2"),
            Some((ServiceKind::AvTransport, 2))
        );
        assert_eq!(
            ServiceKind::of(" urn:schemas-upnp-org:service:RenderingControl:x "),
            Some((ServiceKind::RenderingControl, 1))
        );
        for other in ["", "(null)", "urn:schemas-upnp-org:service:AVTransportX:1", "AVTransport:1"]
        {
            assert_eq!(ServiceKind::of(other), None, "{other}");
        }
    }
}
