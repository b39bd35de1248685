//! URLs of devices: http, a literal IPv4 host, a port and a path.
//!
//! All other URLs are rejected when they are parsed: a control point that follows host names, other schemes or
//! other hosts can be sent anywhere by anybody on the LAN.

use crate::limits::PATH_BYTES;
use crate::text::Text;
use core::fmt;
use core::net::Ipv4Addr;

/// `http://host:port/path`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HttpUrl {
    /// Literal IPv4 host.
    pub host: Ipv4Addr,
    /// TCP port.
    pub port: u16,
    /// Path and query, starting with `/`.
    pub path: Text<PATH_BYTES>,
}

impl HttpUrl {
    /// `None` if the path is too long.
    pub fn new(host: Ipv4Addr, port: u16, path: &str) -> Option<Self> {
        let path = clean_path(path)?;
        Some(Self { host, port, path })
    }

    /// Parses an absolute `http` URL with a literal unicast IPv4 host. The port defaults to 80, the path to `/`.
    pub fn parse(text: &str) -> Option<Self> {
        let Absolute { host, port, path } = Absolute::parse(text)?;
        let host: Ipv4Addr = host.parse().ok()?;
        if host.is_unspecified() || host.is_multicast() || host.is_broadcast() {
            return None;
        }
        Self::new(host, port.unwrap_or(80), path)
    }

    /// Resolves `reference` from the description at this URL (LOCATION). `base` is the URLBase of the description, if
    /// it has one (UDA 1.0 §2.1).
    ///
    /// The result is always on the host of LOCATION: of a URL with another host only port and path are used. A
    /// colon in the first segment does not mark a scheme: renderers write `_urn:schemas-upnp-org:service:…`.
    pub fn join(&self, base: Option<&str>, reference: &str) -> Option<Self> {
        let base = base.and_then(|base| self.on_this_host(base));
        base.as_ref().unwrap_or(self).resolve(reference.trim())
    }

    /// The absolute URL `text`, moved to this host.
    fn on_this_host(&self, text: &str) -> Option<Self> {
        let Absolute { host, port, path } = Absolute::parse(text)?;
        let foreign = host.parse() != Ok(self.host);
        // A URL without a port on another host says nothing about the port here.
        let port = port.unwrap_or(if foreign { self.port } else { 80 });
        Self::new(self.host, port, path)
    }

    fn resolve(&self, reference: &str) -> Option<Self> {
        let reference = reference.split('#').next().unwrap_or_default();
        if reference.is_empty() {
            return None;
        }
        if Absolute::parse(reference).is_some() {
            return self.on_this_host(reference);
        }
        if has_scheme(reference) {
            return None;
        }
        if let Some(network_path) = reference.strip_prefix("//") {
            // A stray second slash is more common than a URL without a scheme.
            let authority = network_path.split('/').next().unwrap_or_default();
            if authority.starts_with(|c: char| c.is_ascii_digit()) && authority.contains('.') {
                return self.on_this_host(&format!("http:{reference}"));
            }
        }
        let path = self.path.split('?').next().unwrap_or_default();
        let joined = if reference.starts_with('/') {
            reference.to_owned()
        } else if reference.starts_with('?') {
            format!("{path}{reference}")
        } else {
            let folder = &path[..=path.rfind('/')?];
            format!("{folder}{reference}")
        };
        Self::new(self.host, self.port, &without_dots(&joined))
    }

    /// Host and port, for the Host header.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}{}", self.host, self.port, self.path)
    }
}

/// The parts of an absolute http URL with any host.
struct Absolute<'a> {
    host: &'a str,
    port: Option<u16>,
    path: &'a str,
}

impl<'a> Absolute<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let (scheme, rest) = text.split_at_checked("http://".len())?;
        if !scheme.eq_ignore_ascii_case("http://") {
            return None;
        }
        let rest = rest.split('#').next().unwrap_or_default();
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if authority.contains(['@', '[', ']']) {
            return None;
        }
        let (host, port) = match authority.split_once(':') {
            // `http://host:/` is legal and means the default port.
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, Some(port.parse().ok().filter(|&port| port != 0)?)),
            None => (authority, None),
        };
        (!host.is_empty()).then_some(Self { host, port, path })
    }
}

/// Whether `reference` starts with a scheme and `://`, rather than just containing a colon.
fn has_scheme(reference: &str) -> bool {
    reference.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty()
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}

/// `path` as a request line allows it: starting with `/`, with blanks, quotes, `#` and non-ASCII characters
/// percent-encoded. `None` if it is too long.
fn clean_path(path: &str) -> Option<Text<PATH_BYTES>> {
    const HEX: [u8; 16] = *b"0123456789ABCDEF";
    let mut clean = Text::new();
    if !path.starts_with('/') {
        clean.push('/').ok()?;
    }
    for byte in path.bytes() {
        if byte.is_ascii_graphic() && !b"\"#<>\\^`".contains(&byte) {
            clean.push(char::from(byte)).ok()?;
        } else {
            let [high, low] =
                [byte >> 4, byte & 15].map(|digit| char::from(HEX[usize::from(digit)]));
            for c in ['%', high, low] {
                clean.push(c).ok()?;
            }
        }
    }
    Some(clean)
}

/// Removes dot segments (RFC 3986 §5.2.4). The query keeps its dots.
fn without_dots(path: &str) -> String {
    let (path, query) = path.split_at(path.find('?').unwrap_or(path.len()));
    if !path.contains("/.") {
        return format!("{path}{query}");
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}{query}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(text: &str) -> Option<String> {
        HttpUrl::parse(text).map(|url| url.to_string())
    }

    fn joined(location: &str, base: Option<&str>, reference: &str) -> Option<String> {
        let location = HttpUrl::parse(location).expect(location);
        location.join(base, reference).map(|url| url.to_string())
    }

    #[test]
    fn takes_plain_http_on_a_literal_address_only() {
        for (text, expected) in [
            ("http://192.168.0.217:16422", Some("http://192.168.0.217:16422/")),
            (" HTTP://10.0.0.1/a?b#c ", Some("http://10.0.0.1:80/a?b")),
            ("http://10.0.0.1?x", Some("http://10.0.0.1:80/?x")),
            ("http://10.0.0.1:/a b", Some("http://10.0.0.1:80/a%20b")),
            ("https://10.0.0.1/", None),
            ("http://[fe80::2]:80/RootDevice.xml", None),
            ("http://tv.local/", None),
            ("http://user@10.0.0.1/", None),
            ("http://10.0.0.1:0/", None),
            ("http://10.0.0.1:99999/", None),
            ("http://0.0.0.0/", None),
            ("http://239.255.255.250/", None),
            ("192.168.1.1", None),
            ("http://", None),
            ("", None),
        ] {
            assert_eq!(parsed(text).as_deref(), expected, "{text}");
        }
        assert_eq!(parsed(&format!("http://10.0.0.1/{}", "x".repeat(PATH_BYTES))), None);
    }

    #[test]
    fn joins_what_descriptions_write() {
        let location = "http://192.168.1.5:49152/dev/desc.xml?a=/b/";
        for (base, reference, expected) in [
            (None, "/ctl", "http://192.168.1.5:49152/ctl"),
            (None, "ctl", "http://192.168.1.5:49152/dev/ctl"),
            (None, "./ctl", "http://192.168.1.5:49152/dev/ctl"),
            (None, "../ctl/./x?y=..", "http://192.168.1.5:49152/ctl/x?y=.."),
            (None, "../../../ctl", "http://192.168.1.5:49152/ctl"),
            (
                None,
                "_urn:schemas-upnp-org:service:AVTransport_control",
                "http://192.168.1.5:49152/dev/_urn:schemas-upnp-org:service:AVTransport_control",
            ),
            (None, "urn:x", "http://192.168.1.5:49152/dev/urn:x"),
            (None, "//upnp/ctl", "http://192.168.1.5:49152//upnp/ctl"),
            (None, "//192.168.1.5:80/ctl", "http://192.168.1.5:80/ctl"),
            (None, "?x", "http://192.168.1.5:49152/dev/desc.xml?x"),
            (Some("http://192.168.1.5:8888"), "foo", "http://192.168.1.5:8888/foo"),
            (Some("http://192.168.1.5:8888/"), "/foo", "http://192.168.1.5:8888/foo"),
            (Some("http://192.168.1.5/"), "foo", "http://192.168.1.5:80/foo"),
            (Some("http://192.168.1.5:1/a/b"), "foo", "http://192.168.1.5:1/a/foo"),
            (Some("garbage"), "foo", "http://192.168.1.5:49152/dev/foo"),
            (Some(""), "foo", "http://192.168.1.5:49152/dev/foo"),
        ] {
            let found = joined(location, base, reference);
            assert_eq!(found.as_deref(), Some(expected), "{base:?} {reference}");
        }
        for reference in ["", "#x", "https://192.168.1.5/", "content://x", "http://192.168.1.5:x/"]
        {
            assert_eq!(joined(location, None, reference), None, "{reference}");
        }
    }

    #[test]
    fn never_leaves_the_host_of_location() {
        let location = "http://192.168.1.5:49152/desc.xml";
        for (base, reference, expected) in [
            (None, "http://10.0.0.9:80/ctl", "http://192.168.1.5:80/ctl"),
            (None, "http://evil.example:81/ctl", "http://192.168.1.5:81/ctl"),
            (None, "http://10.0.0.9/ctl", "http://192.168.1.5:49152/ctl"),
            (None, "http://192.168.1.5/IRCC", "http://192.168.1.5:80/IRCC"),
            (Some("http://127.0.0.1:5000/"), "ctl", "http://192.168.1.5:5000/ctl"),
        ] {
            assert_eq!(joined(location, base, reference).as_deref(), Some(expected), "{reference}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_can_be_read_again(host: [u8; 4], port in 1_u16.., path in "/[ -~]{0,60}") {
            let Some(url) = HttpUrl::new(Ipv4Addr::from(host), port, &path) else { return Ok(()) };
            prop_assert!(url.path.bytes().all(|byte| byte.is_ascii_graphic()));
            if let Some(again) = HttpUrl::parse(&url.to_string()) {
                prop_assert_eq!(again, url);
            }
        }

        #[test]
        fn joining_never_panics_and_stays_on_this_host(base in "\\PC{0,30}", reference in "[a-z0-9./:?#@% ]{0,40}") {
            let location = HttpUrl::parse("http://192.168.1.5:1/a/b").expect("literal");
            if let Some(url) = location.join(Some(&base), &reference) {
                prop_assert_eq!(url.host, location.host);
                prop_assert!(url.path.starts_with('/'));
            }
        }
    }
}
