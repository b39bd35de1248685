//! The control port: what the box reports as JSON, for its own command line and for programs on this machine.
//!
//! `ROUTES` is the one table of what can be asked: the server, its error answers and the command line's client follow it.

use super::http::body::{ReadError, Reader};
use super::http::client::{HttpRequest, exchange};
use super::http::server::{self, Capacity, MORE_PORTS};
use super::http::{self, RequestHead, within};
use super::mailbox::{Mailbox, Replies};
use crate::config::PortChoice;
use crate::kiosk::event::{Event, Failure, Question, TaskName};
use crate::limits::{CONTROL_CONNECTIONS, HEAD_TIMEOUT};
use crate::text::clip;
use crate::time::Duration;
use crate::upnp::HttpUrl;
use core::net::Ipv4Addr;
use serde_json::Value;
use smol::Async;
use std::net::{TcpListener, TcpStream};

/// Loopback only: other machines cannot connect.
pub const ADDRESS: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// How long the kiosk may take to answer, and a box to answer a command.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a box may take to answer another one that is about to start.
const DETECT_TIMEOUT: Duration = Duration::from_secs(2);

/// What can be asked at one path with one method.
#[derive(Debug)]
pub struct Route {
    /// The path.
    pub path: &'static str,
    /// The methods that it answers; the command line uses the first.
    methods: &'static [&'static str],
    /// What it asks of the kiosk.
    question: Question,
    /// The longest answer that the command line accepts, in bytes.
    longest: usize,
}

/// The methods of a route that only reports.
const READ: &[&str] = &["GET", "HEAD"];
/// The status. 32 renderers make about 32 KiB.
pub static STATUS: Route =
    Route { path: "/api/v1/status", methods: READ, question: Question::Status, longest: 1 << 20 };
/// The statistics. 512 rows of about 400 bytes, or more where paths are long.
pub static STATISTICS: Route = Route {
    path: "/api/v1/statistics",
    methods: READ,
    question: Question::Statistics,
    longest: 4 << 20,
};
/// All routes.
static ROUTES: [&Route; 2] = [&STATUS, &STATISTICS];

/// The answer to a request.
struct HttpAnswer {
    status: u16,
    /// JSON.
    body: String,
    /// The Allow header, which a 405 must have (RFC 9110 §15.5.6).
    allow: Option<String>,
}

impl HttpAnswer {
    fn error(status: u16, sentence: &str) -> Self {
        Self { status, body: serde_json::json!({ "error": sentence }).to_string(), allow: None }
    }
}

/// Serves for ever; returns a sentence that says why it ended.
pub async fn run(listener: Async<TcpListener>, mailbox: &Mailbox, replies: &Replies) -> String {
    let all = CONTROL_CONNECTIONS;
    let capacity = Capacity { total: all, strangers: all, per_peer: all };
    let connection = |stream, _| connection(stream, mailbox, replies);
    server::serve(&listener, capacity, mailbox, TaskName::ControlServer, |_| false, connection)
        .await
}

async fn connection(socket: Async<TcpStream>, mailbox: &Mailbox, replies: &Replies) {
    let mut reader = Reader::new(&socket);
    match within(HEAD_TIMEOUT, reader.head(http::parse_request)).await {
        Some(Ok(request)) => {
            let answer = respond(&request, mailbox, replies).await;
            let length = answer.body.len().to_string();
            let mut fields = vec![
                ("Content-Type", "application/json"),
                ("Content-Length", &length),
                ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
            ];
            fields.extend(answer.allow.as_deref().map(|methods| ("Allow", methods)));
            let mut text = server::head(answer.status, &fields);
            if request.method != "HEAD" {
                text.push_str(&answer.body);
            }
            server::answer(&socket, &text).await;
        }
        Some(Err(ReadError::Malformed | ReadError::TooLarge)) => {
            server::answer(&socket, &server::head(400, &[])).await;
        }
        // The client is silent or gone.
        None | Some(Err(ReadError::Closed | ReadError::Io(_))) => {}
    }
}

async fn respond(request: &RequestHead, mailbox: &Mailbox, replies: &Replies) -> HttpAnswer {
    if !is_loopback(request.headers.get("Host")) {
        // A web site whose name resolves to 127.0.0.1 could read the answer (DNS rebinding).
        return HttpAnswer::error(403, "ask for localhost or 127.0.0.1");
    }
    let route = match route(request) {
        Ok(route) => route,
        Err(answer) => return answer,
    };
    match within(ANSWER_TIMEOUT, ask(mailbox, replies, route.question)).await {
        Some(Some(body)) => HttpAnswer { status: 200, body, allow: None },
        Some(None) => HttpAnswer::error(503, "too many requests at once"),
        None => HttpAnswer::error(503, "the box is busy"),
    }
}

/// Asks the kiosk in this process; `None` if too many questions are open.
pub(crate) async fn ask(
    mailbox: &Mailbox,
    replies: &Replies,
    question: Question,
) -> Option<String> {
    let (reply, answer) = replies.question()?;
    mailbox.post(Event::Asked { question, mailbox: mailbox.status(), reply }).await;
    Some(answer.await)
}

/// The route for a request, or the answer that there is none.
fn route(request: &RequestHead) -> Result<&'static Route, HttpAnswer> {
    let path = request.target.split('?').next().unwrap_or_default();
    let here: Vec<_> = ROUTES.into_iter().filter(|route| route.path == path).collect();
    if here.is_empty() {
        let paths = ROUTES.map(|route| route.path).join(" and ");
        return Err(HttpAnswer::error(404, &format!("there are only {paths}")));
    }
    let called = here.iter().find(|route| route.methods.contains(&request.method.as_str()));
    called.copied().ok_or_else(|| {
        let allow = here.iter().flat_map(|route| route.methods).copied();
        let allow = allow.collect::<Vec<_>>().join(", ");
        let answer = HttpAnswer::error(405, &format!("this path answers only {allow}"));
        HttpAnswer { allow: Some(allow), ..answer }
    })
}

fn is_loopback(host: Option<&str>) -> bool {
    let name = host.and_then(|host| host.split(':').next());
    name.is_some_and(|name| name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost"))
}

/// Whether a box runs on this machine: it, and no other program, answers with a status.
pub async fn is_answered(port: PortChoice) -> bool {
    let status = within(DETECT_TIMEOUT, fetch(port, &STATUS)).await;
    let status = status.and_then(Result::ok).unwrap_or_default();
    let status: Value = serde_json::from_str(&status).unwrap_or_default();
    status["version"].is_string() && status["panel"].is_object()
}

/// Asks a box that runs on this machine; returns JSON.
///
/// # Errors
/// A sentence for the owner.
pub async fn fetch(port: PortChoice, route: &Route) -> Result<String, String> {
    let (first, last) = match port {
        PortChoice::Fixed(port) => (port, port),
        PortChoice::From(port) => (port, port.saturating_add(MORE_PORTS)),
    };
    let mut why = format!("nothing answers on port {first}: is dlna-kiosk running?");
    for port in first..=last {
        match within(ANSWER_TIMEOUT, fetch_at(port, route)).await {
            Some(Ok(json)) => return Ok(json),
            // Nothing listens there: the box may have taken a later port.
            Some(Err(None)) => {}
            Some(Err(Some(sentence))) => why = sentence,
            None => why = format!("the program on port {port} does not answer"),
        }
    }
    Err(why)
}

/// The error is a sentence if a program answered.
async fn fetch_at(port: u16, route: &Route) -> Result<String, Option<String>> {
    let url = HttpUrl { host: ADDRESS, port, path: clip(route.path) };
    let request = HttpRequest { method: route.methods[0], url: &url, headers: &[], body: None };
    let strange = || Some(format!("another program, not dlna-kiosk, answers on port {port}"));
    match exchange(&request, route.longest).await {
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
        beside_one_that_answers("{\"a\":1}", client)
    }

    fn beside_one_that_answers<T>(status: &str, client: impl AsyncFnOnce(u16) -> T) -> T {
        let (mailbox, replies) = (Mailbox::default(), Replies::default());
        let listener = server::bind(ADDRESS, PortChoice::Fixed(0)).unwrap();
        let port = listener.get_ref().local_addr().unwrap().port();
        let server = async { panic!("{}", run(listener, &mailbox, &replies).await) };
        let kiosk = async {
            loop {
                match mailbox.take().await {
                    Event::Asked { question: Question::Status, reply, .. } => {
                        replies.report(reply, status.to_owned());
                    }
                    Event::Asked { reply, .. } => replies.report(reply, "{\"b\":2}".to_owned()),
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
    fn the_command_line_fetches_status_and_statistics() {
        let status = beside(async |port| fetch(PortChoice::Fixed(port), &STATUS).await);
        assert_eq!(status, Ok("{\"a\":1}".to_owned()));
        let statistics = beside(async |port| fetch(PortChoice::Fixed(port), &STATISTICS).await);
        assert_eq!(statistics, Ok("{\"b\":2}".to_owned()));
        let free = server::bind(ADDRESS, PortChoice::Fixed(0))
            .unwrap()
            .get_ref()
            .local_addr()
            .unwrap()
            .port();
        let nobody = block_on(fetch(PortChoice::Fixed(free), &STATUS)).unwrap_err();
        assert!(nobody.contains("is dlna-kiosk running?"), "{nobody}");
    }

    #[test]
    fn a_box_is_recognised_by_its_status() {
        let box_says = r#"{"version":"0.1.0","panel":{}}"#;
        for (status, known) in [(box_says, true), (r#"{"version":"2"}"#, false), ("{", false)] {
            let answered = async |port| is_answered(PortChoice::Fixed(port)).await;
            assert_eq!(beside_one_that_answers(status, answered), known, "{status}");
        }
        let silent = TcpListener::bind((ADDRESS, 0)).unwrap();
        let port = silent.local_addr().unwrap().port();
        let began = std::time::Instant::now();
        assert!(!block_on(is_answered(PortChoice::Fixed(port))));
        assert!(began.elapsed() < ANSWER_TIMEOUT, "a box does not wait long before it starts");
    }

    #[test]
    fn answers_only_its_routes_and_only_to_this_machine() {
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
