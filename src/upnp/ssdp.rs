//! Simple Service Discovery Protocol (UDA 1.0 §1): searches, responses and announcements.

use super::{HttpUrl, Udn};
use crate::text::{Text, clip};
use crate::time::Duration;
use core::net::Ipv4Addr;

/// A response to a search, or an announcement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The type of the message.
    pub kind: MessageKind,
    /// The address that sent it.
    pub from: Ipv4Addr,
    /// The UDN in USN, else [`Udn::of_location`].
    pub udn: Udn,
    /// ST or NT, shortened.
    pub target: Text<80>,
    /// LOCATION: http on the sender's own address, or on another one of the same network: a renderer may have two. `None` only in
    /// a byebye.
    pub location: Option<HttpUrl>,
    /// max-age of CACHE-CONTROL, unchecked.
    pub max_age: Option<Duration>,
    /// BOOTID.UPNP.ORG; in an update NEXTBOOTID.UPNP.ORG, which is a new number without a reboot.
    pub boot_id: Option<u32>,
    /// CONFIGID.UPNP.ORG.
    pub config_id: Option<u32>,
}

/// The type of an [`Announcement`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
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
    /// Whether it was sent from another address than that of its location.
    pub fn is_from_elsewhere(&self) -> bool {
        self.location.as_ref().is_some_and(|location| location.host != self.from)
    }

    /// How long the announcement holds: max-age and a minute of grace, within sane bounds (ESP32 renderers send 30 s,
    /// others 4 hours).
    pub fn lifetime(&self) -> Duration {
        let max_age = self.max_age.unwrap_or(DEFAULT_MAX_AGE);
        max_age.saturating_add(GRACE).clamp(SHORTEST, LONGEST)
    }
}

/// The multicast group of SSDP.
pub const GROUP: core::net::SocketAddrV4 =
    core::net::SocketAddrV4::new(Ipv4Addr::new(239, 255, 255, 250), 1900);

/// Search targets. A device should answer to lower versions, too, but not all devices do; some answer only to
/// their service, and some only to `ssdp:all`.
pub const TARGETS: [&str; 5] = [
    "urn:schemas-upnp-org:device:MediaRenderer:1",
    "urn:schemas-upnp-org:device:MediaRenderer:2",
    "urn:schemas-upnp-org:device:MediaRenderer:3",
    "urn:schemas-upnp-org:service:AVTransport:1",
    "ssdp:all",
];

/// The shortest max-age that UDA 1.0 §1.1.2 allows.
const DEFAULT_MAX_AGE: Duration = Duration::from_secs(1800);
const GRACE: Duration = Duration::from_secs(60);
const SHORTEST: Duration = Duration::from_secs(90);
const LONGEST: Duration = Duration::from_secs(3600);
/// Longer datagrams are cut: SSDP messages fit in one Ethernet frame.
const DATAGRAM: usize = 8 << 10;
/// Lines read from one datagram.
const LINES: usize = 64;

/// Why a datagram was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// The start line is not that of SSDP.
    NotSsdp,
    /// It is a search.
    Search,
    /// NTS is not alive, update or byebye.
    UnknownNts,
    /// A byebye without USN.
    NoUsn,
    /// No LOCATION, or an empty one.
    NoLocation,
    /// LOCATION is not http on a literal IPv4 address, or too long.
    BadLocation,
    /// LOCATION is not in the sender's network: a mistake (container networks) or an attack.
    ForeignLocation,
}

/// An M-SEARCH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// ST.
    pub target: Text<80>,
    /// MX: the time to answer in seconds. Absent in unicast searches.
    pub mx: Option<u8>,
}

/// Parses the response or announcement in `datagram`, sent by `from`.
///
/// # Errors
/// [`Rejected`].
pub fn parse(datagram: &[u8], from: Ipv4Addr) -> Result<Announcement, Rejected> {
    let text = decode(datagram);
    let message = Message::read(&text);
    let kind = match message.start {
        StartLine::Response => MessageKind::Response,
        StartLine::Search => return Err(Rejected::Search),
        StartLine::Other => return Err(Rejected::NotSsdp),
        StartLine::Notify => match message.get("NTS").to_ascii_lowercase().as_str() {
            "ssdp:alive" => MessageKind::Alive,
            "ssdp:update" => MessageKind::Update,
            "ssdp:byebye" => MessageKind::Byebye,
            _ => return Err(Rejected::UnknownNts),
        },
    };
    let location = match kind {
        // A byebye needs only USN; its LOCATION, if any, does not matter.
        MessageKind::Byebye => None,
        MessageKind::Response | MessageKind::Alive | MessageKind::Update => {
            Some(location(message.get("LOCATION"), from)?)
        }
    };
    // The description will give the UDN, so LOCATION is enough.
    let udn = Udn::new(message.get("USN")).or_else(|| Udn::of_location(location.as_ref()?));
    let udn = udn.ok_or(Rejected::NoUsn)?;
    let target = match kind {
        MessageKind::Response => message.either("ST", "NT"),
        MessageKind::Alive | MessageKind::Update | MessageKind::Byebye => {
            message.either("NT", "ST")
        }
    };
    let boot_id = match kind {
        MessageKind::Update => message.either("NEXTBOOTID.UPNP.ORG", "BOOTID.UPNP.ORG"),
        MessageKind::Response | MessageKind::Alive | MessageKind::Byebye => {
            message.get("BOOTID.UPNP.ORG")
        }
    };
    Ok(Announcement {
        kind,
        from,
        udn,
        target: clip(target),
        location,
        max_age: message.all("CACHE-CONTROL").find_map(max_age),
        boot_id: number(boot_id),
        config_id: number(message.get("CONFIGID.UPNP.ORG")),
    })
}

/// The LOCATION in `text`, which must be on the sender's address or next to it. This also rejects foreign loopback and
/// link-local addresses.
fn location(text: &str, from: Ipv4Addr) -> Result<HttpUrl, Rejected> {
    if text.is_empty() {
        return Err(Rejected::NoLocation);
    }
    let url = HttpUrl::parse(text).ok_or(Rejected::BadLocation)?;
    if url.host == from || super::are_neighbours(url.host, from) {
        return Ok(url);
    }
    Err(Rejected::ForeignLocation)
}

/// Parses the M-SEARCH in `datagram`, for the simulated renderer.
pub fn parse_search(datagram: &[u8]) -> Option<Search> {
    let text = decode(datagram);
    let message = Message::read(&text);
    let is_search = message.start == StartLine::Search
        && message.get("MAN").trim_matches('"').eq_ignore_ascii_case("ssdp:discover");
    let target: Text<80> = clip(message.get("ST"));
    (is_search && !target.is_empty()).then(|| Search { target, mx: message.get("MX").parse().ok() })
}

/// Writes an M-SEARCH (UDA 1.0 §1.2.2). `host` is the multicast group, or the address of a unicast search.
pub fn search(target: &str, mx: u8, host: &str) -> String {
    format!(
        "M-SEARCH * HTTP/1.1\r\nHOST: {host}\r\nMAN: \"ssdp:discover\"\r\nMX: {mx}\r\nST: {target}\r\n\r\n"
    )
}

/// Writes a response to a search (UDA 1.0 §1.2.3).
pub fn response(target: &str, udn: &Udn, location: &HttpUrl, max_age: Duration) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age={}\r\nEXT:\r\nLOCATION: {location}\r\n\
         SERVER: {SERVER}\r\nST: {target}\r\nUSN: {}\r\n\r\n",
        max_age.as_secs(),
        usn(udn, target)
    )
}

/// Writes an `ssdp:alive` announcement (UDA 1.0 §1.1.2).
pub fn alive(target: &str, udn: &Udn, location: &HttpUrl, max_age: Duration) -> String {
    format!(
        "NOTIFY * HTTP/1.1\r\nHOST: {GROUP}\r\nCACHE-CONTROL: max-age={}\r\nLOCATION: {location}\r\n\
         NT: {target}\r\nNTS: ssdp:alive\r\nSERVER: {SERVER}\r\nUSN: {}\r\n\r\n",
        max_age.as_secs(),
        usn(udn, target)
    )
}

/// Writes an `ssdp:byebye` announcement (UDA 1.0 §1.1.3).
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

/// A boot or configuration number. Only whether it changes matters, so that of one that is too long, such as a time in
/// milliseconds, the last bits do. What is no number says nothing.
fn number(text: &str) -> Option<u32> {
    let number: u128 = text.trim().parse().ok()?;
    u32::try_from(number & u128::from(u32::MAX)).ok()
}

/// The number after `max-age` and `=`, with optional blanks. `max-age=:1800`, as fHDHR writes it, is none.
fn max_age(value: &str) -> Option<Duration> {
    let lower = value.to_ascii_lowercase();
    let (_, after) = lower.split_once("max-age")?;
    let number = after.trim_start().strip_prefix('=')?.trim_start();
    let digits = number.find(|c: char| !c.is_ascii_digit()).map_or(number, |end| &number[..end]);
    digits.parse().ok().map(Duration::from_secs)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StartLine {
    Response,
    Notify,
    Search,
    Other,
}

/// The lines of a datagram. httparse is too strict for SSDP.
struct Message<'a> {
    start: StartLine,
    lines: &'a str,
}

impl<'a> Message<'a> {
    fn read(text: &'a str) -> Self {
        let text = text.trim_start();
        let (first, lines) = text.split_once('\n').unwrap_or((text, ""));
        let mut words = first.split_ascii_whitespace();
        let start = match [words.next(), words.next(), words.next()].map(Option::unwrap_or_default)
        {
            ["HTTP/1.1" | "HTTP/1.0", "200", _] => StartLine::Response,
            ["NOTIFY", "*", "HTTP/1.1" | "HTTP/1.0"] => StartLine::Notify,
            ["M-SEARCH", "*", "HTTP/1.1" | "HTTP/1.0"] => StartLine::Search,
            _ => StartLine::Other,
        };
        Self { start, lines }
    }

    /// The non-empty values of all headers called `name`. The final blank line may be missing.
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
        if value.is_empty() { self.get(other) } else { value }
    }
}

fn decode(datagram: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(&datagram[..datagram.len().min(DATAGRAM)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TV: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 30);

    fn response_with(lines: &str) -> Result<Announcement, Rejected> {
        parse(format!("HTTP/1.1 200 OK\r\n{lines}").as_bytes(), TV)
    }

    #[test]
    fn takes_headers_in_any_case_and_spacing_without_a_final_blank_line() {
        let found = response_with(
            "location:http://192.168.1.30:9197/dmr\nCache-Control: max-age = 120\r\nst : ssdp:all\r\n\
             Usn:UUID:AB::upnp:rootdevice\r\nBOOTID.UPNP.ORG:7\r\nno colon\r\nDATE:",
        )
        .expect("usable");
        assert_eq!(found.kind, MessageKind::Response);
        assert_eq!(found.udn.as_str(), "uuid:ab");
        assert_eq!(found.target.as_str(), "ssdp:all");
        assert_eq!(found.location, HttpUrl::parse("http://192.168.1.30:9197/dmr"));
        assert_eq!(found.max_age, Some(Duration::from_secs(120)));
        assert_eq!((found.boot_id, found.config_id), (Some(7), None));
    }

    #[test]
    fn names_the_reason_of_each_refusal() {
        let notify = |nts: &str| format!("NOTIFY * HTTP/1.1\r\nNTS: {nts}\r\nUSN: uuid:1\r\n\r\n");
        for (datagram, reason) in [
            ("GET / HTTP/1.1\r\n\r\n".to_owned(), Rejected::NotSsdp),
            (String::new(), Rejected::NotSsdp),
            ("HTTP/1.1 404 Not Found\r\nUSN: uuid:1\r\n\r\n".to_owned(), Rejected::NotSsdp),
            (search("ssdp:all", 2, "239.255.255.250:1900"), Rejected::Search),
            (notify("NotificationSubType.SSDP_ALIVE"), Rejected::UnknownNts),
            (notify("ssdp:alive"), Rejected::NoLocation),
            (notify("ssdp:byebye").replace("USN", "X"), Rejected::NoUsn),
            ("HTTP/1.1 200 OK\r\n\r\n".to_owned(), Rejected::NoLocation),
            (
                "HTTP/1.1 200 OK\r\nUSN: uuid:1\r\nLOCATION: \r\n\r\n".to_owned(),
                Rejected::NoLocation,
            ),
            (
                "HTTP/1.1 200 OK\r\nUSN: uuid:1\r\nLOCATION: 192.168.1.30\r\n\r\n".to_owned(),
                Rejected::BadLocation,
            ),
            (
                "HTTP/1.1 200 OK\r\nUSN: uuid:1\r\nLOCATION: http://[fe80::1]/\r\n\r\n".to_owned(),
                Rejected::BadLocation,
            ),
            (
                "HTTP/1.1 200 OK\r\nUSN: uuid:1\r\nLOCATION: http://172.17.0.1/\r\n\r\n".to_owned(),
                Rejected::ForeignLocation,
            ),
            (
                "HTTP/1.1 200 OK\r\nUSN: uuid:1\r\nLOCATION: http://127.0.0.1/\r\n\r\n".to_owned(),
                Rejected::ForeignLocation,
            ),
        ] {
            assert_eq!(parse(datagram.as_bytes(), TV), Err(reason), "{datagram}");
        }
    }

    #[test]
    fn loopback_is_believed_of_loopback_only() {
        let datagram = b"HTTP/1.1 200 OK\r\nUSN: uuid:1\r\nLOCATION: http://127.0.0.9:1/\r\n\r\n";
        assert!(parse(datagram, Ipv4Addr::new(127, 0, 0, 9)).is_ok());
        assert_eq!(parse(datagram, Ipv4Addr::LOCALHOST), Err(Rejected::ForeignLocation));
    }

    #[test]
    fn a_second_address_in_the_same_network_may_be_named() {
        let alive = |host: &str| {
            format!(
                "NOTIFY * HTTP/1.1\r\nNTS: ssdp:alive\r\nUSN: uuid:1\r\nLOCATION: http://{host}:80/d.xml\r\n\r\n"
            )
        };
        for (host, accepted) in [
            ("192.168.1.30", true),
            ("192.168.1.31", true),
            ("192.168.2.30", false),
            ("10.0.0.30", false),
            ("169.254.1.30", false),
            ("203.0.113.7", false),
        ] {
            let read = parse(alive(host).as_bytes(), TV);
            assert_eq!(read.is_ok(), accepted, "{host}: {read:?}");
        }
        let public = parse(alive("203.0.113.7").as_bytes(), Ipv4Addr::new(203, 0, 113, 8));
        assert_eq!(public, Err(Rejected::ForeignLocation));
    }

    #[test]
    fn a_number_that_is_none_says_nothing() {
        let boot_id = |text: &str| {
            let alive = format!(
                "NOTIFY * HTTP/1.1\r\nNTS: ssdp:alive\r\nUSN: uuid:1\r\nLOCATION: http://{TV}/\r\nBOOTID.UPNP.ORG: {text}\r\n\r\n"
            );
            parse(alive.as_bytes(), TV).expect("an announcement").boot_id
        };
        assert_eq!(boot_id(" 7 "), Some(7));
        for text in ["", "(null)", "0x7", "-1", "7.5", "1e3", "seven"] {
            assert_eq!(boot_id(text), None, "{text}");
        }
        let (now, later) = (boot_id("1796040000123"), boot_id("1796040000124"));
        assert!(now.is_some() && later.is_some() && now != later, "a time in milliseconds");
    }

    #[test]
    fn a_byebye_needs_only_its_name() {
        let found = parse(b"NOTIFY * HTTP/1.1\r\nNTS: ssdp:byebye\r\nUSN: uuid:1::x\r\n", TV)
            .expect("usable");
        assert_eq!(
            (found.kind, found.udn.as_str(), found.location),
            (MessageKind::Byebye, "uuid:1", None)
        );
    }

    #[test]
    fn a_place_stands_for_a_name_that_is_not_said() {
        for usn in ["", "USN:\r\n", "USN: ::upnp:rootdevice\r\n"] {
            let found = response_with(&format!("{usn}LOCATION: http://192.168.1.30/Dmr.xml\r\n"));
            let found = found.expect("usable");
            assert_eq!(found.udn.as_str(), "http://192.168.1.30:80/dmr.xml", "{usn:?}");
            assert_eq!(found.location.as_ref().and_then(Udn::of_location), Some(found.udn));
        }
    }

    #[test]
    fn an_update_tells_the_next_boot_id() {
        let found = parse(
            b"NOTIFY * HTTP/1.1\r\nNTS: ssdp:update\r\nUSN: uuid:1\r\nLOCATION: http://192.168.1.30/\r\n\
              BOOTID.UPNP.ORG: 1\r\nNEXTBOOTID.UPNP.ORG: 2\r\n\r\n",
            TV,
        )
        .expect("usable");
        assert_eq!((found.kind, found.boot_id), (MessageKind::Update, Some(2)));
    }

    #[test]
    fn lives_for_max_age_and_a_minute_within_bounds() {
        let lifetime = |cache_control: &str| {
            let lines =
                format!("USN: uuid:1\r\nLOCATION: http://192.168.1.30/\r\n{cache_control}\r\n\r\n");
            response_with(&lines).expect("usable").lifetime().as_secs()
        };
        assert_eq!(lifetime("CACHE-CONTROL: max-age=1800"), 1860);
        assert_eq!(lifetime("CACHE-CONTROL: no-cache, MAX-AGE = 300"), 360);
        assert_eq!(lifetime("CACHE-CONTROL: max-age=30"), 90);
        assert_eq!(lifetime("CACHE-CONTROL: max-age=0"), 90);
        assert_eq!(lifetime("CACHE-CONTROL: max-age=14400"), 3600);
        let most = format!("CACHE-CONTROL: max-age={}", u64::MAX);
        assert_eq!(lifetime(&most), 3600, "one datagram must not end the box");
        assert_eq!(lifetime("CACHE-CONTROL: max-age=99999999999999999999999"), 1860);
        assert_eq!(lifetime("CACHE-CONTROL: max-age=:1800"), 1860);
        assert_eq!(lifetime("CACHE-CONTROL: x\r\nCACHE-CONTROL: max-age=600"), 660);
        assert_eq!(lifetime("EXT:"), 1860);
    }

    #[test]
    fn hears_what_the_other_side_says() {
        let udn = Udn::new("uuid:1").expect("a name");
        let url = HttpUrl::parse("http://192.168.1.30:9/d").expect("a URL");
        let age = Duration::from_secs(100);
        for (datagram, kind) in [
            (response(TARGETS[0], &udn, &url, age), MessageKind::Response),
            (alive(TARGETS[0], &udn, &url, age), MessageKind::Alive),
            (byebye(TARGETS[0], &udn), MessageKind::Byebye),
        ] {
            let found = parse(datagram.as_bytes(), TV).expect("usable");
            assert_eq!((found.kind, &found.udn, found.target.as_str()), (kind, &udn, TARGETS[0]));
        }
        let heard = parse_search(search(TARGETS[4], 3, "239.255.255.250:1900").as_bytes());
        assert_eq!(heard, Some(Search { target: clip("ssdp:all"), mx: Some(3) }));
        assert_eq!(parse_search(alive(TARGETS[0], &udn, &url, age).as_bytes()), None);
        assert!(alive("uuid:1", &udn, &url, age).contains("USN: uuid:1\r\n"));
    }

    proptest! {
        #[test]
        fn never_panics(datagram in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&datagram, TV);
            let mut notify = b"NOTIFY * HTTP/1.1\r\nNTS: ssdp:alive\r\nUSN: ".to_vec();
            notify.extend(&datagram);
            let _ = parse(&notify, TV);
            let _ = parse_search(&datagram);
        }
    }
}
