//! URLs of devices: plain http, literal IPv4 host, a port and a path.
//!
//! Anything else is refused where it comes in: a control point that follows names, other schemes or
//! other hosts can be sent anywhere by anybody on the LAN.

use crate::limits::PATH_BYTES;
use crate::text::Text;
use core::fmt;
use core::net::Ipv4Addr;

/// `http://host:port/path`, the path with its query, starting with `/`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HttpUrl {
    /// Literal IPv4 host.
    pub host: Ipv4Addr,
    /// TCP port.
    pub port: u16,
    /// Path and query; starts with `/`.
    pub path: Text<PATH_BYTES>,
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}{}", self.host, self.port, self.path)
    }
}
