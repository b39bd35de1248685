//! The control port: the box's status and statistics as JSON, for its own command line and page. Loopback only.

use super::http::body::{ReadError, Reader};
use super::http::client::{HttpRequest, exchange};
use super::http::server::{self, Capacity, MORE_PORTS};
use super::http::{self, RequestHead, within};
use super::mailbox::{Mailbox, Replies};
use crate::config::Port;
use crate::kiosk::event::{Event, Failure, TaskName};
use crate::limits::{CONTROL_CONNECTIONS, HEAD_TIMEOUT};
use crate::text::clip;
use crate::time::Duration;
use crate::upnp::HttpUrl;
use core::net::Ipv4Addr;
use serde_json::Value;
use smol::Async;
use std::net::{TcpListener, TcpStream};

/// Who asks from elsewhere is not heard.
pub const ADDRESS: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// Where the status is.
pub const STATUS_PATH: &str = "/api/v1/status";
/// Where the statistics are.
pub const STATISTICS_PATH: &str = "/api/v1/statistics";
/// The box answers from memory; 32 renderers make about 32 KiB.
const STATUS_BODY: usize = 1 << 20;
/// 512 rows of about 400 bytes, or more where paths are long.
const STATISTICS_BODY: usize = 4 << 20;
/// How long the kiosk, or the other box asked by [`fetch_status`], may take.
const STATUS_PATIENCE: Duration = Duration::from_secs(5);
/// How long a box that runs may take to say so to one that is about to start.
const HAIL_PATIENCE: Duration = Duration::from_secs(2);

/// Serves for ever; gives the reason why it ended, as a sentence.
pub async fn run(listener: Async<TcpListener>, mailbox: &Mailbox, replies: &Replies) -> String {
    let capacity = Capacity { total: CONTROL_CONNECTIONS, per_peer: CONTROL_CONNECTIONS };
    let connection = |stream, _| connection(stream, mailbox, replies);
    server::serve(&listener, capacity, mailbox, TaskName::ControlServer, connection).await
}

async fn connection(socket: Async<TcpStream>, mailbox: &Mailbox, replies: &Replies) {
    let mut reader = Reader::new(&socket);
    match within(HEAD_TIMEOUT, reader.head(http::parse_request)).await {
        Some(Ok(request)) => {
            let (status, body) = respond(&request, mailbox, replies).await;
            let length = body.len().to_string();
            let fields = [
                ("Content-Type", "application/json"),
                ("Content-Length", &length),
                ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
                // Only with a 405, which must have it (RFC 9110 §15.5.6).
                ("Allow", "GET, HEAD"),
            ];
            let used = if status == 405 { fields.len() } else { fields.len() - 1 };
            let mut answer = server::head(status, &fields[..used]);
            if request.method != "HEAD" {
                answer.push_str(&body);
            }
            server::answer(&socket, &answer).await;
        }
        Some(Err(ReadError::Malformed | ReadError::TooLarge)) => {
            server::answer(&socket, &server::head(400, &[])).await;
        }
        // Silent or gone.
        None | Some(Err(ReadError::Closed | ReadError::Io(_))) => {}
    }
}

/// The status code and a JSON body.
async fn respond(request: &RequestHead, mailbox: &Mailbox, replies: &Replies) -> (u16, String) {
    let error =
        |status, sentence: &str| (status, serde_json::json!({ "error": sentence }).to_string());
    if !is_loopback(request.headers.get("Host")) {
        // A web site whose name was pointed at 127.0.0.1 could read the answer (DNS rebinding).
        return error(403, "ask for localhost or 127.0.0.1");
    }
    let question = match request.target.split('?').next() {
        Some(STATUS_PATH) => Event::StatusAsked,
        Some(STATISTICS_PATH) => Event::StatisticsAsked,
        _ => return error(404, "there are only /api/v1/status and /api/v1/statistics"),
    };
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return error(405, "GET or HEAD");
    }
    let Some((reply, status)) = replies.status() else {
        return error(503, "too many ask");
    };
    mailbox.post(question(reply)).await;
    match within(STATUS_PATIENCE, status).await {
        Some(json) => (200, json),
        None => error(503, "the box is busy"),
    }
}

fn is_loopback(host: Option<&str>) -> bool {
    let name = host.and_then(|host| host.split(':').next());
    name.is_some_and(|name| name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost"))
}

/// Asks a box that runs on this machine for its status, as JSON.
///
/// # Errors
/// A sentence for the owner.
pub async fn fetch_status(port: Port) -> Result<String, String> {
    fetch(port, STATUS_PATH, STATUS_BODY).await
}

/// Asks a box that runs on this machine for its statistics, as JSON.
///
/// # Errors
/// A sentence for the owner.
pub async fn fetch_statistics(port: Port) -> Result<String, String> {
    fetch(port, STATISTICS_PATH, STATISTICS_BODY).await
}

/// Whether a box runs on this machine: it, and no other program, answers with a status.
pub async fn is_answered(port: Port) -> bool {
    let status = within(HAIL_PATIENCE, fetch_status(port)).await;
    let status = status.and_then(Result::ok).unwrap_or_default();
    let status: Value = serde_json::from_str(&status).unwrap_or_default();
    status["version"].is_string() && status["panel"].is_object()
}

async fn fetch(port: Port, path: &str, most: usize) -> Result<String, String> {
    let (first, last) = match port {
        Port::Fixed(port) => (port, port),
        Port::From(port) => (port, port.saturating_add(MORE_PORTS)),
    };
    let mut why = format!("nothing answers on port {first}: is dlna-kiosk running?");
    for port in first..=last {
        match within(STATUS_PATIENCE, fetch_at(port, path, most)).await {
            Some(Ok(json)) => return Ok(json),
            // Nobody there: the box may have found another port.
            Some(Err(None)) => {}
            Some(Err(Some(sentence))) => why = sentence,
            None => why = format!("what listens on port {port} does not answer"),
        }
    }
    Err(why)
}

/// The error is a sentence if somebody answered.
async fn fetch_at(port: u16, path: &str, most: usize) -> Result<String, Option<String>> {
    let url = HttpUrl { host: Ipv4Addr::LOCALHOST, port, path: clip(path) };
    let request = HttpRequest { method: "GET", url: &url, headers: &[], body: None };
    let strange = || Some(format!("what answers on port {port} is not dlna-kiosk"));
    match exchange(&request, most).await {
        Ok(answer) if answer.status == 200 => {
            let json = String::from_utf8(answer.body).ok();
            let json = json.filter(|json| json.trim_start().starts_with('{'));
            json.ok_or_else(strange)
        }
        Ok(answer) if answer.status == 503 => Err(Some("the box is busy: try again".to_owned())),
        Err(Failure::Unreachable) => Err(None),
        _ => Err(strange()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smol::io::{AsyncReadExt, AsyncWriteExt};
    use smol::{block_on, future};

    /// Runs a control port whose kiosk has one status, beside `client`.
    fn beside<T>(client: impl AsyncFnOnce(u16) -> T) -> T {
        beside_one_that_says("{\"a\":1}", client)
    }

    fn beside_one_that_says<T>(status: &str, client: impl AsyncFnOnce(u16) -> T) -> T {
        let (mailbox, replies) = (Mailbox::default(), Replies::default());
        let listener = server::bind(ADDRESS, Port::Fixed(0)).unwrap();
        let port = listener.get_ref().local_addr().unwrap().port();
        let server = async { panic!("{}", run(listener, &mailbox, &replies).await) };
        let kiosk = async {
            loop {
                match mailbox.take().await {
                    Event::StatusAsked(reply) => replies.report(reply, status.to_owned()),
                    Event::StatisticsAsked(reply) => replies.report(reply, "{\"b\":2}".to_owned()),
                    event => assert!(matches!(event, Event::Alive(TaskName::ControlServer))),
                }
            }
        };
        block_on(future::or(client(port), future::or(server, kiosk)))
    }

    async fn ask(port: u16, text: &str) -> String {
        let mut socket = Async::<TcpStream>::connect(([127, 0, 0, 1], port)).await.unwrap();
        socket.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[test]
    fn tells_the_status_to_the_command_line() {
        let status = beside(async |port| fetch_status(Port::Fixed(port)).await);
        assert_eq!(status, Ok("{\"a\":1}".to_owned()));
        let statistics = beside(async |port| fetch_statistics(Port::Fixed(port)).await);
        assert_eq!(statistics, Ok("{\"b\":2}".to_owned()));
        let free =
            server::bind(ADDRESS, Port::Fixed(0)).unwrap().get_ref().local_addr().unwrap().port();
        let nobody = block_on(fetch_status(Port::Fixed(free))).unwrap_err();
        assert!(nobody.contains("is dlna-kiosk running?"), "{nobody}");
    }

    #[test]
    fn a_box_is_known_by_its_status() {
        let box_says = r#"{"version":"0.1.0","panel":{}}"#;
        for (status, known) in [(box_says, true), (r#"{"version":"2"}"#, false), ("{", false)] {
            let answered = async |port| is_answered(Port::Fixed(port)).await;
            assert_eq!(beside_one_that_says(status, answered), known, "{status}");
        }
        let silent = TcpListener::bind((ADDRESS, 0)).unwrap();
        let port = silent.local_addr().unwrap().port();
        let began = std::time::Instant::now();
        assert!(!block_on(is_answered(Port::Fixed(port))));
        assert!(began.elapsed() < STATUS_PATIENCE, "nobody waits long to start");
    }

    #[test]
    fn answers_only_what_it_has_and_only_to_this_machine() {
        beside(async |port| {
            for (request, status, body) in [
                ("GET /api/v1/status HTTP/1.1\r\nHost: localhost:8210\r\n\r\n", 200, "{\"a\":1}"),
                ("GET /api/v1/statistics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 200, "{\"b\":2}"),
                ("GET /api/v1/status?x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 200, "{\"a\":1}"),
                ("HEAD /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n", 200, ""),
                ("GET /api/v1/status HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403, "127.0.0.1"),
                ("GET /api/v1/status HTTP/1.0\r\n\r\n", 403, "127.0.0.1"),
                ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, "error"),
                ("POST /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "error"),
                ("garbage\r\n\r\n", 400, ""),
            ] {
                let answer = ask(port, request).await;
                assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
                let allows = answer.contains("\r\nAllow: GET, HEAD\r\n");
                assert_eq!(allows, status == 405, "{request}: {answer}");
                let (_, got) = answer.split_once("\r\n\r\n").unwrap();
                assert!(
                    got.contains(body) && got.is_empty() == body.is_empty(),
                    "{request}: {got}"
                );
            }
        });
    }
}
