//! Simple Service Discovery Protocol (UDA 1.0 §1): search, responses and announcements.

use super::{HttpUrl, Udn};
use crate::text::{Text, clip};
use crate::time::Duration;
use core::net::Ipv4Addr;

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

impl Announcement {
    /// How long to believe in it without hearing more: max-age and a minute of grace, within sane bounds
    /// (ESP32 renderers say 30 s, others 4 hours).
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        (self.max_age.unwrap_or(DEFAULT_MAX_AGE) + GRACE).clamp(SHORTEST, LONGEST)
    }
}

/// Where SSDP happens.
pub const GROUP: core::net::SocketAddrV4 =
    core::net::SocketAddrV4::new(Ipv4Addr::new(239, 255, 255, 250), 1900);

/// What to search for. A device ought to answer for lower versions too; not all do, some only answer
/// for their service, and some makers only answer `ssdp:all`.
pub const TARGETS: [&str; 5] = [
    "urn:schemas-upnp-org:device:MediaRenderer:1",
    "urn:schemas-upnp-org:device:MediaRenderer:2",
    "urn:schemas-upnp-org:device:MediaRenderer:3",
    "urn:schemas-upnp-org:service:AVTransport:1",
    "ssdp:all",
];

/// What UDA 1.0 §1.1.2 asks devices to say at least.
const DEFAULT_MAX_AGE: Duration = Duration::from_secs(1800);
const GRACE: Duration = Duration::from_secs(60);
const SHORTEST: Duration = Duration::from_secs(90);
const LONGEST: Duration = Duration::from_secs(3600);
/// Larger datagrams than this are cut: SSDP fits in one Ethernet frame.
const DATAGRAM: usize = 8 << 10;
/// Lines read of one datagram.
const LINES: usize = 64;

/// Why a datagram is no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// Not one of the start lines of SSDP.
    NotSsdp,
    /// Somebody searches.
    Search,
    /// NTS is none of alive, update and byebye.
    UnknownNts,
    /// Without a name there is nothing to know.
    NoUsn,
    /// No LOCATION, or an empty one.
    NoLocation,
    /// LOCATION is not http on a literal IPv4 address, or too long.
    BadLocation,
    /// LOCATION is on another host than the sender: a mistake (container networks) or an attack.
    ForeignLocation,
}

/// Somebody's M-SEARCH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// ST.
    pub target: Text<80>,
    /// MX: answer within this many seconds. Absent in unicast searches.
    pub mx: Option<u8>,
}

/// A response or announcement in `datagram`, sent by `from`.
///
/// # Errors
/// Why it is no use.
pub fn parse(datagram: &[u8], from: Ipv4Addr) -> Result<Announcement, Rejected> {
    let text = decode(datagram);
    let message = Message::read(&text);
    let kind = match message.start {
        Start::Response => Kind::Response,
        Start::Search => return Err(Rejected::Search),
        Start::Other => return Err(Rejected::NotSsdp),
        Start::Notify => match message.get("NTS").to_ascii_lowercase().as_str() {
            "ssdp:alive" => Kind::Alive,
            "ssdp:update" => Kind::Update,
            "ssdp:byebye" => Kind::Byebye,
            _ => return Err(Rejected::UnknownNts),
        },
    };
    let udn = Udn::new(message.get("USN")).ok_or(Rejected::NoUsn)?;
    let location = match kind {
        // A byebye needs only its USN, and where it names a LOCATION that is of no interest.
        Kind::Byebye => None,
        Kind::Response | Kind::Alive | Kind::Update => {
            Some(location(message.get("LOCATION"), from)?)
        }
    };
    let target = match kind {
        Kind::Response => message.either("ST", "NT"),
        Kind::Alive | Kind::Update | Kind::Byebye => message.either("NT", "ST"),
    };
    let boot_id = match kind {
        Kind::Update => message.either("NEXTBOOTID.UPNP.ORG", "BOOTID.UPNP.ORG"),
        Kind::Response | Kind::Alive | Kind::Byebye => message.get("BOOTID.UPNP.ORG"),
    };
    Ok(Announcement {
        kind,
        udn,
        target: clip(target),
        location,
        max_age: message.all("CACHE-CONTROL").find_map(max_age),
        boot_id: boot_id.parse().ok(),
        config_id: message.get("CONFIGID.UPNP.ORG").parse().ok(),
    })
}

/// The rule that LOCATION is on the sender also settles loopback (only we send from there) and
/// link-local addresses.
fn location(text: &str, from: Ipv4Addr) -> Result<HttpUrl, Rejected> {
    if text.is_empty() {
        return Err(Rejected::NoLocation);
    }
    let url = HttpUrl::parse(text).ok_or(Rejected::BadLocation)?;
    if url.host == from {
        Ok(url)
    } else {
        Err(Rejected::ForeignLocation)
    }
}

/// An M-SEARCH in `datagram`, as the simulated renderer hears it.
#[must_use]
pub fn parse_search(datagram: &[u8]) -> Option<Search> {
    let text = decode(datagram);
    let message = Message::read(&text);
    let asked = message.start == Start::Search
        && message
            .get("MAN")
            .trim_matches('"')
            .eq_ignore_ascii_case("ssdp:discover");
    let target: Text<80> = clip(message.get("ST"));
    (asked && !target.is_empty()).then(|| Search {
        target,
        mx: message.get("MX").parse().ok(),
    })
}

/// An M-SEARCH (UDA 1.0 §1.2.2). `host` is the group, or the address asked directly.
#[must_use]
pub fn search(target: &str, mx: u8, host: &str) -> String {
    format!(
        "M-SEARCH * HTTP/1.1\r\nHOST: {host}\r\nMAN: \"ssdp:discover\"\r\nMX: {mx}\r\nST: {target}\r\n\r\n"
    )
}

/// The answer to a search (UDA 1.0 §1.2.3).
#[must_use]
pub fn response(target: &str, udn: &Udn, location: &HttpUrl, max_age: Duration) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age={}\r\nEXT:\r\nLOCATION: {location}\r\n\
         SERVER: {SERVER}\r\nST: {target}\r\nUSN: {}\r\n\r\n",
        max_age.as_secs(),
        usn(udn, target)
    )
}

/// An announcement (UDA 1.0 §1.1.2).
#[must_use]
pub fn alive(target: &str, udn: &Udn, location: &HttpUrl, max_age: Duration) -> String {
    format!(
        "NOTIFY * HTTP/1.1\r\nHOST: {GROUP}\r\nCACHE-CONTROL: max-age={}\r\nLOCATION: {location}\r\n\
         NT: {target}\r\nNTS: ssdp:alive\r\nSERVER: {SERVER}\r\nUSN: {}\r\n\r\n",
        max_age.as_secs(),
        usn(udn, target)
    )
}

/// A farewell (UDA 1.0 §1.1.3).
#[must_use]
pub fn byebye(target: &str, udn: &Udn) -> String {
    format!(
        "NOTIFY * HTTP/1.1\r\nHOST: {GROUP}\r\nNT: {target}\r\nNTS: ssdp:byebye\r\nUSN: {}\r\n\r\n",
        usn(udn, target)
    )
}

const SERVER: &str = concat!("Linux UPnP/1.0 dlna-kiosk/", env!("CARGO_PKG_VERSION"));

fn usn(udn: &Udn, target: &str) -> String {
    if target.eq_ignore_ascii_case(udn.as_str()) {
        udn.to_string()
    } else {
        format!("{udn}::{target}")
    }
}

/// The number after `max-age` and `=`, blanks allowed. fHDHR writes `max-age=:1800`: that is none.
fn max_age(value: &str) -> Option<Duration> {
    let lower = value.to_ascii_lowercase();
    let (_, after) = lower.split_once("max-age")?;
    let number = after.trim_start().strip_prefix('=')?.trim_start();
    let digits = number
        .find(|c: char| !c.is_ascii_digit())
        .map_or(number, |end| &number[..end]);
    digits.parse().ok().map(Duration::from_secs)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    Response,
    Notify,
    Search,
    Other,
}

/// A datagram, cut into lines. httparse is too strict for these.
struct Message<'a> {
    start: Start,
    lines: &'a str,
}

impl<'a> Message<'a> {
    fn read(text: &'a str) -> Self {
        let text = text.trim_start();
        let (first, lines) = text.split_once('\n').unwrap_or((text, ""));
        let mut words = first.split_ascii_whitespace();
        let start = match [words.next(), words.next(), words.next()].map(Option::unwrap_or_default)
        {
            ["HTTP/1.1" | "HTTP/1.0", "200", _] => Start::Response,
            ["NOTIFY", "*", "HTTP/1.1" | "HTTP/1.0"] => Start::Notify,
            ["M-SEARCH", "*", "HTTP/1.1" | "HTTP/1.0"] => Start::Search,
            _ => Start::Other,
        };
        Self { start, lines }
    }

    /// The values of all headers called `name`, without those that are empty. The final blank line may be missing.
    fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.lines
            .lines()
            .take(LINES)
            .take_while(|line| !line.trim().is_empty())
            .filter_map(|line| line.split_once(':'))
            .filter(move |(key, _)| key.trim().eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    fn get(&self, name: &str) -> &'a str {
        self.all(name).next().unwrap_or_default()
    }

    fn either(&self, name: &str, other: &str) -> &'a str {
        let value = self.get(name);
        if value.is_empty() {
            self.get(other)
        } else {
            value
        }
    }
}

fn decode(datagram: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(&datagram[..datagram.len().min(DATAGRAM)])
}
