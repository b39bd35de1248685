//! HTTP/1.1 (RFC 9112) as renderers speak it: one exchange per connection, heads parsed by httparse, every size bounded, and
//! lenient towards what real devices get wrong.
//!
//! [`client`] asks renderers, [`server`] answers them. Neither keeps connections: renderers announce wrong lengths and break
//! connections that are kept open.

pub mod body;
pub mod client;
pub mod server;

use crate::limits::HTTP_HEADERS;
use crate::time::Duration;
use core::future::Future;
use httparse::{EMPTY_HEADER, Header, ParserConfig, Request, Response, Status};
use smol::{Timer, future};
use std::time::{SystemTime, UNIX_EPOCH};

/// The box's name in `Server` and `User-Agent`. Some TVs look for DLNADOC in it.
pub const PRODUCT: &str =
    concat!("Linux/1.0 UPnP/1.0 DLNADOC/1.50 dlna-kiosk/", env!("CARGO_PKG_VERSION"));

/// The result of `work`, or `None` if it takes longer than `limit`.
pub async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    future::or(async { Some(work.await) }, async {
        Timer::after(limit).await;
        None
    })
    .await
}

/// A time in HTTP's format. Files may claim any time, and a box without a clock starts in 1970: a time that HTTP cannot express
/// (before 1970 or after 9999) becomes 1970 instead of a panic.
pub fn date(time: SystemTime) -> String {
    const YEAR_10000: Duration = Duration::from_secs(253_402_300_800);
    let expressible = time.duration_since(UNIX_EPOCH).is_ok_and(|since| since < YEAR_10000);
    httpdate::fmt_http_date(if expressible { time } else { UNIX_EPOCH })
}

/// Header fields in the order of arrival. Values are trimmed and on one line; bytes that are not UTF-8 are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The first value of a field; names are case-insensitive.
    pub fn get(&self, name: &str) -> Option<&str> {
        let named = |(n, _): &&(String, String)| n.eq_ignore_ascii_case(name);
        self.0.iter().find(named).map(|(_, value)| value.as_str())
    }

    fn read(fields: &[Header<'_>]) -> Self {
        let owned = |field: &Header<'_>| {
            // A folded value continues on the next line (RFC 9112 §5.2). No line end may get from here into a head that the box
            // writes.
            let value = String::from_utf8_lossy(field.value);
            let parts = value.split(['\r', '\n']).map(str::trim).filter(|part| !part.is_empty());
            (field.name.to_owned(), parts.collect::<Vec<_>>().join(" "))
        };
        Self(fields.iter().map(owned).collect())
    }
}

/// The head of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHead {
    /// As received: methods are case-sensitive.
    pub method: String,
    /// Path and query; a leading `http://host` is removed (RFC 9112 §3.2.2).
    pub target: String,
    /// HTTP/1.1 rather than 1.0.
    pub http_1_1: bool,
    /// Header fields.
    pub headers: Headers,
}

/// The head of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseHead {
    /// Status code.
    pub status: u16,
    /// Header fields.
    pub headers: Headers,
}

/// The length of the head at the start of `bytes`, including its empty line; `None` if it is incomplete. The first `seen` bytes
/// have been searched before. Lines may end with LF alone.
pub(super) fn head_length(bytes: &[u8], seen: usize) -> Option<usize> {
    // The empty line may have been cut after its first line end.
    let from = seen.saturating_sub(3);
    (from..bytes.len()).find_map(|at| match &bytes[at..] {
        [b'\n', b'\n', ..] => Some(at + 2),
        [b'\n', b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    })
}

/// Parses the head of a request; `None` if it is not one.
pub fn parse_request(bytes: &[u8]) -> Option<RequestHead> {
    let mut fields = [EMPTY_HEADER; HTTP_HEADERS];
    let mut request = Request::new(&mut fields);
    let parsed = ParserConfig::default()
        .allow_multiple_spaces_in_request_line_delimiters(true)
        .allow_space_before_first_header_name(true)
        .ignore_invalid_headers_in_requests(true)
        .parse_request(&mut request, bytes);
    let Ok(Status::Complete(_)) = parsed else {
        return None;
    };
    Some(RequestHead {
        method: request.method?.to_owned(),
        target: path_of(request.path?).to_owned(),
        http_1_1: request.version? == 1,
        headers: Headers::read(request.headers),
    })
}

fn path_of(target: &str) -> &str {
    let scheme = target.get(..7);
    if !scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://")) {
        return target;
    }
    target[7..].find('/').map_or("/", |at| &target[7 + at..])
}

/// Parses the head of a response; `None` if it is not one.
pub fn parse_response(bytes: &[u8]) -> Option<ResponseHead> {
    let mut fields = [EMPTY_HEADER; HTTP_HEADERS];
    let mut response = Response::new(&mut fields);
    let parsed = ParserConfig::default()
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_space_before_first_header_name(true)
        .allow_spaces_after_header_name_in_responses(true)
        .ignore_invalid_headers_in_responses(true)
        .parse_response(&mut response, bytes);
    let Ok(Status::Complete(_)) = parsed else {
        return None;
    };
    Some(ResponseHead { status: response.code?, headers: Headers::read(response.headers) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_has_a_date() {
        let at = |seconds| date(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(at(253_402_300_799), "Fri, 31 Dec 9999 23:59:59 GMT");
        let beginning = "Thu, 01 Jan 1970 00:00:00 GMT";
        assert_eq!([at(0), at(253_402_300_800)], [beginning; 2]);
        assert_eq!(date(UNIX_EPOCH - Duration::from_secs(1)), beginning);
    }

    #[test]
    fn reads_requests_as_renderers_write_them() {
        let head = parse_request(
            b"GET  http://192.168.1.9:8200/m/1f/a.mp4 HTTP/1.0\nrange: bytes=0-\nGetContentFeatures.DLNA.org:1 \n\n",
        )
        .unwrap();
        assert_eq!((head.method.as_str(), head.target.as_str()), ("GET", "/m/1f/a.mp4"));
        assert!(!head.http_1_1);
        assert_eq!(head.headers.get("Range"), Some("bytes=0-"));
        assert_eq!(head.headers.get("getcontentFeatures.dlna.org"), Some("1"));
        assert_eq!(head.headers.get("Host"), None);
    }

    #[test]
    fn reads_dirty_answers() {
        let head = parse_response(
            b"HTTP/1.1  200\nServer : A\xffB\n folded\nno colon here\nEXT:\nContent-Length: 5\n\n",
        )
        .unwrap();
        assert_eq!(head.status, 200);
        assert_eq!(head.headers.get("content-length"), Some("5"));
        assert_eq!(head.headers.get("ext"), Some(""));
        assert_eq!(head.headers.get("SERVER"), Some("A\u{fffd}B folded"));
    }

    #[test]
    fn refuses_what_is_not_http_and_more_fields_than_the_cap() {
        assert_eq!(parse_request(b"\x16\x03\x01\x02\x00 tls \r\n\r\n"), None);
        assert_eq!(parse_response(b"<html>hello\r\n\r\n"), None);
        let many = "X: y\r\n".repeat(HTTP_HEADERS + 1);
        assert_eq!(parse_request(format!("GET / HTTP/1.1\r\n{many}\r\n").as_bytes()), None);
    }

    #[test]
    fn finds_the_end_of_a_head_wherever_it_was_cut() {
        let whole = b"HTTP/1.1 200 OK\r\nA: b\n\r\nbody\n\n";
        let end = head_length(whole, 0).unwrap();
        assert_eq!(&whole[end..], b"body\n\n");
        for cut in 0..end {
            assert_eq!(head_length(&whole[..cut], 0), None);
            assert_eq!(head_length(whole, cut), Some(end), "cut at {cut}");
        }
        assert_eq!(head_length(b"A\n\n", 1), Some(3));
    }
}
