//! The client side: one request to a renderer, one response, connection closed.
//!
//! There are no timeouts here except for connecting: the kiosk gives up by dropping the future.

use super::PRODUCT;
use super::body::{Framing, ReadError, Reader};
use super::{Headers, parse_response, within};
use crate::kiosk::event::Failure;
use crate::time::Duration;
use crate::upnp::HttpUrl;
use core::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use rustix::io::Errno;
use smol::Async;
use smol::io::AsyncWriteExt;
use std::fmt::Write as _;
use std::io;
use std::net::TcpStream;

/// The kernel of a running peer accepts a connection at once, or after a lost packet or two. How long the peer may take to
/// answer is the kiosk's decision.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
/// 1xx responses skipped before the final one.
const INTERIM_RESPONSES: usize = 4;

/// One request.
#[derive(Clone, Debug)]
pub struct HttpRequest<'a> {
    /// Method.
    pub method: &'a str,
    /// Where to.
    pub url: &'a HttpUrl,
    /// Fields in addition to Host, User-Agent, Connection and Content-Length. Names are sent as given, because Samsung accepts
    /// `SOAPACTION` only in this case.
    pub headers: &'a [(&'a str, &'a str)],
    /// Body, if the method has one.
    pub body: Option<&'a str>,
}

/// One response.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    /// Status code.
    pub status: u16,
    /// Header fields.
    pub headers: Headers,
    /// Body, as far as it arrived.
    pub body: Vec<u8>,
    /// The body ended before its framing says.
    pub cut: bool,
    /// Our own address on the connection.
    pub local: Option<Ipv4Addr>,
}

/// Sends `request` and reads the response, with at most `cap` bytes of body.
///
/// # Errors
/// [`Failure::Unreachable`], [`Failure::Malformed`] or [`Failure::Local`]. A status code is never an error.
pub async fn exchange(request: &HttpRequest<'_>, cap: usize) -> Result<HttpResponse, Failure> {
    let address = SocketAddrV4::new(request.url.host, request.url.port);
    let connecting = within(CONNECT_TIMEOUT, Async::<TcpStream>::connect(address));
    let stream = connecting.await.ok_or(Failure::Unreachable)?.map_err(|error| of_io(&error))?;
    // Without it there would only be a delay.
    let _ = stream.get_ref().set_nodelay(true);
    let local = match stream.get_ref().local_addr() {
        Ok(SocketAddr::V4(local)) => Some(*local.ip()),
        _ => None,
    };
    let written = (&stream).write_all(write(request).as_bytes()).await;
    if let Err(error) = &written
        && !matches!(Errno::from_io_error(error), Some(Errno::PIPE | Errno::CONNRESET))
    {
        // Nothing was sent, so there is no response to wait for.
        return Err(of_io(error));
    }
    // A renderer may answer and close before it has read everything: the response counts.

    let mut reader = Reader::new(&stream);
    for _ in 0..=INTERIM_RESPONSES {
        let head = match (reader.head(parse_response).await, &written) {
            (Ok(head), _) => head,
            (Err(_), Err(error)) => return Err(of_io(error)),
            (Err(error), Ok(())) => return Err(of_read(&error)),
        };
        if (100..200).contains(&head.status) {
            continue;
        }
        let framing = Framing::of(&head.headers, Framing::ToEnd);
        // Responses to these have no body (UDA 1.0 §4.1). Without a length the reader would wait for the end of the connection,
        // which some renderers keep open.
        let bodiless = matches!(request.method, "SUBSCRIBE" | "UNSUBSCRIBE")
            && !matches!(framing, Framing::Length(_));
        let body = match head.status {
            204 | 304 => Vec::new(),
            _ if bodiless => Vec::new(),
            _ => reader.body(framing, cap).await.map_err(|error| of_read(&error))?,
        };
        let cut = reader.was_cut();
        return Ok(HttpResponse { status: head.status, headers: head.headers, body, cut, local });
    }
    Err(Failure::Malformed)
}

/// The text of the request. It is sent in one write: some stacks read only the first packet.
fn write(request: &HttpRequest<'_>) -> String {
    let HttpUrl { host, port, path } = request.url;
    let mut text = format!(
        "{} {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: {PRODUCT}\r\nConnection: close\r\n",
        request.method
    );
    // Writing to a string cannot fail.
    if let Some(body) = request.body {
        let _ = write!(text, "Content-Length: {}\r\n", body.len());
    }
    for (name, value) in request.headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    text.push_str("\r\n");
    text.push_str(request.body.unwrap_or_default());
    text
}

fn of_read(error: &ReadError) -> Failure {
    match error {
        ReadError::Closed => Failure::Unreachable,
        ReadError::Io(error) => of_io(error),
        ReadError::Malformed | ReadError::TooLarge => Failure::Malformed,
    }
}

/// Distinguishes trouble of the box itself (such as a firewall or an interface that is down) from trouble of the renderer.
fn of_io(error: &io::Error) -> Failure {
    match Errno::from_io_error(error) {
        Some(
            Errno::MFILE
            | Errno::NFILE
            | Errno::NOMEM
            | Errno::NOBUFS
            | Errno::ADDRNOTAVAIL
            | Errno::NETDOWN
            | Errno::PERM
            | Errno::ACCESS,
        ) => Failure::Local,
        _ => Failure::Unreachable,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use smol::{block_on, future};
    use std::io::Read as _;
    use std::net::TcpListener;

    /// A renderer that answers one request on each of `answers.len()` connections; returns the requests.
    pub(crate) async fn renderer(listener: &Async<TcpListener>, answers: &[&[u8]]) -> Vec<String> {
        let mut heard = Vec::new();
        for answer in answers {
            let (stream, _) = listener.accept().await.unwrap();
            let mut text = String::new();
            while !complete(&text) {
                stream.readable().await.unwrap();
                let mut piece = [0; 4096];
                let count = stream.get_ref().read(&mut piece).unwrap();
                assert!(count > 0, "the whole request: {text}");
                text.push_str(core::str::from_utf8(&piece[..count]).unwrap());
            }
            heard.push(text);
            (&stream).write_all(answer).await.unwrap();
        }
        heard
    }

    fn complete(text: &str) -> bool {
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            return false;
        };
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        body.len() >= length.map_or(0, |length| length.parse().unwrap())
    }

    pub(crate) fn listen(path: &str) -> (Async<TcpListener>, HttpUrl) {
        let listener = Async::<TcpListener>::bind(([127, 0, 0, 1], 0)).unwrap();
        let url = HttpUrl {
            host: Ipv4Addr::LOCALHOST,
            port: listener.get_ref().local_addr().unwrap().port(),
            path: crate::text::clip(path),
        };
        (listener, url)
    }

    fn ask(answer: &[u8]) -> (Result<HttpResponse, Failure>, String) {
        let (listener, url) = listen("/dmr?x=1");
        let request = HttpRequest {
            method: "POST",
            url: &url,
            headers: &[("SOAPACTION", "\"a#b\"")],
            body: Some("<é/>"),
        };
        let answers = [answer];
        block_on(future::zip(exchange(&request, 100), async {
            renderer(&listener, &answers).await.remove(0)
        }))
    }

    #[test]
    fn sends_names_as_given_and_does_not_keep_the_connection() {
        let (answer, heard) = ask(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        let answer = answer.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"ok".as_slice()));
        assert_eq!(answer.local, Some(Ipv4Addr::LOCALHOST));
        assert!(heard.starts_with("POST /dmr?x=1 HTTP/1.1\r\nHost: 127.0.0.1:"));
        assert!(heard.contains("\r\nConnection: close\r\n"));
        assert!(heard.contains("\r\nSOAPACTION: \"a#b\"\r\n"));
        assert!(heard.ends_with("\r\n\r\n<é/>") && heard.contains("Content-Length: 5\r\n"));
        assert!(!heard.contains("Accept-Encoding"));
    }

    #[test]
    fn understands_malformed_responses() {
        for (answer, body) in [
            (
                &b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"[..],
                "ok",
            ),
            (b"HTTP/1.0 200 OK\nServer: x\n\nto the end", "to the end"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nshort", "short"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", "ok"),
            (b"HTTP/1.1 204 No Content\r\n\r\n", ""),
        ] {
            let (answer, _) = ask(answer);
            assert_eq!(answer.unwrap().body, body.as_bytes());
        }
    }

    #[test]
    fn a_complete_response_needs_no_end_of_its_connection() {
        let envelope = "<s:Envelope><s:Body/></s:Envelope>";
        for (method, fields, body) in [
            ("POST", "", envelope),
            ("SUBSCRIBE", "SID: uuid:9\r\n", ""),
            ("SUBSCRIBE", "Content-Length: 2\r\n", "ok"),
            ("UNSUBSCRIBE", "Transfer-Encoding: chunked\r\n", ""),
            ("POST", "Content-Length: 38\r\n", envelope),
            ("GET", "Content-Length: 99\r\n", "<?xml?><root><device/></root>"),
            ("GET", "", "<root><device/></root >"),
            ("GET", "Content-Length: 40\r\n", "<scpd></scpd>"),
        ] {
            let (listener, url) = listen("/");
            let request = HttpRequest { method, url: &url, headers: &[], body: None };
            let said = format!("HTTP/1.1 200 OK\r\n{fields}\r\n{body}");
            let keeping_open = async {
                let (stream, _) = listener.accept().await.unwrap();
                (&stream).write_all(said.as_bytes()).await.unwrap();
                future::pending().await
            };
            let asking = future::or(exchange(&request, 100), keeping_open);
            let answer = block_on(within(CONNECT_TIMEOUT, asking)).expect(method);
            assert_eq!(answer.unwrap().body, body.as_bytes(), "{method}");
        }
    }

    #[test]
    fn what_is_missing_at_the_end_is_noticed() {
        for (answer, cut) in [
            (&b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nshort"[..], true),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n", true),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n<root></root>\r\n", false),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", true),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nok", true),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", false),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n<root></root>", false),
        ] {
            let text = String::from_utf8_lossy(answer);
            assert_eq!(ask(answer).0.expect("an answer").cut, cut, "{text}");
        }
    }

    #[test]
    fn failures_are_named_by_what_can_be_done_about_them() {
        assert_eq!(ask(b"").0.unwrap_err(), Failure::Unreachable);
        assert_eq!(ask(b"not http\r\n\r\n").0.unwrap_err(), Failure::Malformed);
        let endless = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(20);
        assert_eq!(ask(&endless).0.unwrap_err(), Failure::Malformed);
        let long = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(101));
        assert_eq!(ask(long.as_bytes()).0.unwrap_err(), Failure::Malformed);
        for ours in [Errno::MFILE, Errno::NETDOWN, Errno::PERM] {
            assert_eq!(of_io(&ours.into()), Failure::Local);
        }
        assert_eq!(of_io(&Errno::HOSTUNREACH.into()), Failure::Unreachable);

        let (listener, url) = listen("/");
        drop(listener);
        let request = HttpRequest { method: "GET", url: &url, headers: &[], body: None };
        assert_eq!(block_on(exchange(&request, 10)).unwrap_err(), Failure::Unreachable);
    }
}
