//! Simple Service Discovery Protocol (UDA 1.0 §1): search, responses and announcements.

use super::{HttpUrl, Udn};
use crate::text::Text;
use crate::time::Duration;

/// A response to our search, or somebody's announcement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// What it is.
    pub kind: Kind,
    /// UDN in USN.
    pub udn: Udn,
    /// ST or NT, shortened.
    pub target: Text<80>,
    /// LOCATION: http on the sender's own address. Always there but for byebye.
    pub location: Option<HttpUrl>,
    /// max-age of CACHE-CONTROL, as it is said.
    pub max_age: Option<Duration>,
    /// BOOTID.UPNP.ORG (NEXTBOOTID.UPNP.ORG of an update).
    pub boot_id: Option<u32>,
    /// CONFIGID.UPNP.ORG.
    pub config_id: Option<u32>,
}

/// The kinds of [`Announcement`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `HTTP/1.1 200 OK`
    Response,
    /// `NOTIFY`, ssdp:alive
    Alive,
    /// `NOTIFY`, ssdp:update
    Update,
    /// `NOTIFY`, ssdp:byebye
    Byebye,
}
