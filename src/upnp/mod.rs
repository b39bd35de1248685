//! The wire: UPnP Device Architecture and UPnP AV, parsed and written, without I/O.
//!
//! Every module works in both directions, because the simulated renderer speaks the other side.
//! What comes from the network is hostile and dirty: parsers are lenient (see [`xml`]), bounded,
//! and never panic.

mod arguments;
pub mod av_transport;
pub mod connection_manager;
pub mod description;
pub mod didl;
mod envelope;
mod fault;
pub mod gena;
pub mod rendering_control;
pub mod scpd;
mod service;
pub mod soap;
pub mod ssdp;
pub mod time;
pub mod url;
pub mod xml;

use crate::limits::UDN_BYTES;
use crate::text::{Text, clip};
use core::fmt;

pub use fault::UpnpError;
pub use service::ServiceKind;
pub use soap::{Action, Reply};
pub use url::HttpUrl;

/// Unique Device Name: the identity of a device (UDA 1.0 §1.1). Opaque: real ones are UUIDs, MAC
/// addresses or words. Compared without regard to case, so kept in lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Udn(Text<UDN_BYTES>);

impl Udn {
    /// The UDN in `from`, which may be a UDN or a USN (`uuid:…::urn:…`); `None` if it is empty.
    /// A colon at its end would be one with those of a USN, so it does not count in either.
    #[must_use]
    pub fn new(from: &str) -> Option<Self> {
        let shown: String = from.chars().filter(|c| !c.is_control()).collect();
        let udn = shown.split("::").next().unwrap_or_default();
        let mut text: Text<UDN_BYTES> = clip(&udn.to_lowercase());
        text.truncate(text.trim_end_matches(|c: char| c == ':' || c.is_whitespace()).len());
        (!text.is_empty()).then_some(Self(text))
    }

    /// What stands for the name of a device that says none: the place of its description.
    #[must_use]
    pub fn of_place(location: &HttpUrl) -> Option<Self> {
        Self::new(&location.to_string())
    }

    /// The text, in lower case, with its `uuid:` if the device says one.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
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
}
