//! The media server: files for renderers, and the callback for their events.
//!
//! `/m/<token>/<name>.<ext>` is a file that the kiosk published under that token, GET and HEAD alike;
//! `/e/<number>` takes NOTIFY. What a file request gets is the table of renderers' habits in the tests.
//! The bytes themselves are the business of [`stream`](super::stream).

use super::http::body::{Framing, ReadError, Reader};
use super::http::head::{self, RequestHead};
use super::http::server::{self, Capacity};
use super::http::within;
use super::mailbox::Mailbox;
use super::replies::Replies;
use super::stream::{Permits, Stream};
use crate::config::Port;
use crate::kiosk::effect::Published;
use crate::kiosk::event::{Event, StreamEnd, TaskName, Token};
use crate::limits::{HEAD_TIMEOUT, MEDIA_CONNECTIONS, MEDIA_CONNECTIONS_PER_PEER, NOTIFY_BODY};
use crate::media::mime::Kind;
use crate::range::{self, Range};
use crate::time::Duration;
use crate::upnp::gena::LastChange;
use core::cell::Cell;
use core::net::Ipv4Addr;
use rustix::fs::{Mode, OFlags};
use smol::Async;
use smol::io::AsyncWriteExt;
use socket2::{SockRef, TcpKeepalive};
use std::fs::File;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::time::SystemTime;

/// How long the kiosk may take to say what to serve. It takes one step.
const KIOSK_PATIENCE: Duration = Duration::from_secs(10);
/// A TV that lost its power is found out after a minute of silence and four unanswered probes.
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(60))
    .with_interval(Duration::from_secs(15))
    .with_retries(4);

/// Listens on every address of the box.
///
/// # Errors
/// A sentence for the owner.
pub fn bind(port: Port) -> Result<Async<TcpListener>, String> {
    server::bind(Ipv4Addr::UNSPECIFIED, port)
}

/// Serves for ever; gives the reason why it ended, as a sentence.
pub async fn run(listener: Async<TcpListener>, mailbox: &Mailbox, replies: &Replies) -> String {
    let floor = Floor {
        mailbox,
        replies,
        permits: Permits::default(),
        open: Cell::new(0),
    };
    let capacity = Capacity {
        total: MEDIA_CONNECTIONS,
        per_peer: MEDIA_CONNECTIONS_PER_PEER,
    };
    let connection = |stream, peer| floor.connection(stream, peer);
    server::serve(&listener, capacity, mailbox, TaskName::MediaServer, connection).await
}

/// What all connections share.
struct Floor<'a> {
    mailbox: &'a Mailbox,
    replies: &'a Replies,
    permits: Permits,
    open: Cell<u16>,
}

/// What a path names.
#[derive(Debug, PartialEq, Eq)]
enum Resource {
    Media(Token),
    Callback(u32),
}

impl Resource {
    fn of(target: &str) -> Option<Self> {
        let path = target.split(['?', '#']).next()?;
        if let Some(number) = path.strip_prefix("/e/") {
            return number.parse().ok().map(Self::Callback);
        }
        let (token, name) = path.strip_prefix("/m/")?.split_once('/')?;
        let plain = token.bytes().all(|b| b.is_ascii_hexdigit()) && !name.contains('/');
        let token = plain.then(|| u64::from_str_radix(token, 16).ok())??;
        Some(Self::Media(Token(token)))
    }
}

impl Floor<'_> {
    async fn connection(&self, socket: Async<TcpStream>, peer: Ipv4Addr) {
        self.count(self.open.get() + 1).await;
        // Only a delay, or a late discovery of a dead TV, would come of a failure here.
        let _ = socket.get_ref().set_nodelay(true);
        let _ = SockRef::from(socket.get_ref()).set_tcp_keepalive(&KEEPALIVE);

        let mut reader = Reader::new(&socket);
        match within(HEAD_TIMEOUT, reader.head(head::request)).await {
            Some(Ok(request)) => self.respond(&request, &mut reader, &socket, peer).await,
            Some(Err(ReadError::Malformed)) => server::answer(&socket, &server::head(400, &[])).await,
            Some(Err(ReadError::TooLarge)) => server::answer(&socket, &server::head(431, &[])).await,
            // Silent or gone.
            None | Some(Err(ReadError::Closed | ReadError::Io(_))) => {}
        }
        drop(socket);
        self.count(self.open.get() - 1).await;
    }

    async fn count(&self, open: u16) {
        self.open.set(open);
        self.mailbox.post(Event::MediaConnections(open)).await;
    }

    async fn respond(
        &self,
        request: &RequestHead,
        reader: &mut Reader<&Async<TcpStream>>,
        socket: &Async<TcpStream>,
        peer: Ipv4Addr,
    ) {
        let (method, headers) = (request.method.as_str(), &request.headers);
        let continues = match headers.get("Expect") {
            None => false,
            Some(expected) if expected.eq_ignore_ascii_case("100-continue") => true,
            Some(_) => return server::answer(socket, &server::head(417, &[])).await,
        };
        let (status, allow) = match (Resource::of(&request.target), method) {
            (Some(Resource::Media(_)), "GET" | "HEAD") if server::lacks_host(request) => (400, ""),
            (Some(Resource::Media(token)), "GET" | "HEAD") => {
                return self.media(token, request, socket, peer).await;
            }
            (Some(Resource::Callback(callback)), "NOTIFY") => {
                if continues {
                    let mut socket = socket;
                    // If it fails, so does reading the body.
                    let _ = socket.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await;
                }
                (self.notified(callback, request, reader, peer).await, "")
            }
            (Some(Resource::Media(_)), _) => (405, "GET, HEAD"),
            (Some(Resource::Callback(_)), _) => (405, "NOTIFY"),
            (None, _) => (404, ""),
        };
        let fields = [("Allow", allow)];
        let fields = if allow.is_empty() { &[][..] } else { &fields };
        server::answer(socket, &server::head(status, fields)).await;
    }

    /// Takes an event of a renderer (UDA 1.0 §4.2.1); gives the status to answer.
    async fn notified(
        &self,
        callback: u32,
        request: &RequestHead,
        reader: &mut Reader<&Async<TcpStream>>,
        from: Ipv4Addr,
    ) -> u16 {
        let Some(sid) = request.headers.get("SID") else {
            return 412;
        };
        let framing = Framing::of(&request.headers, Framing::Length(0));
        let body = match within(HEAD_TIMEOUT, reader.body(framing, NOTIFY_BODY)).await {
            Some(Ok(body)) => body,
            Some(Err(ReadError::TooLarge)) => return 413,
            Some(Err(_)) | None => return 400,
        };
        let Some((reply, known)) = self.replies.notification() else {
            return 503;
        };
        let event = Event::Notified {
            callback,
            sid: sid.to_owned(),
            seq: request.headers.get("SEQ").and_then(|seq| seq.parse().ok()),
            // Unreadable events still say that something changed.
            change: Box::new(LastChange::parse(&body).unwrap_or_default()),
            from,
            reply,
        };
        self.mailbox.post(event).await;
        match within(KIOSK_PATIENCE, known).await {
            Some(true) => 200,
            Some(false) => 412,
            None => 503,
        }
    }

    /// Serves a file. After the kiosk said what to serve, exactly one `Served` with an end follows.
    async fn media(&self, token: Token, request: &RequestHead, socket: &Async<TcpStream>, from: Ipv4Addr) {
        let Some((reply, published)) = self.replies.media() else {
            return server::answer(socket, &server::head(503, &[])).await;
        };
        self.mailbox.post(Event::MediaAsked { token, from, reply }).await;
        let published = match within(KIOSK_PATIENCE, published).await {
            Some(Some(published)) => published,
            Some(None) => return server::answer(socket, &server::head(404, &[])).await,
            None => return server::answer(socket, &server::head(503, &[])).await,
        };
        let (sent, end) = match open(&published) {
            Ok(file) => self.send(token, &file, &published, request, socket).await,
            Err(error) => {
                log::warn!("{}: {error}", published.path.display());
                server::answer(socket, &server::head(404, &[])).await;
                (0, StreamEnd::FileError)
            }
        };
        let end = Some(end);
        self.mailbox.post(Event::Served { token, bytes: sent, end }).await;
        if end != Some(StreamEnd::Aborted) {
            server::close(socket).await;
        }
    }

    /// Answers with the head and what is asked of the file; gives the bytes not yet told, and the end.
    async fn send(
        &self,
        token: Token,
        file: &Opened,
        published: &Published,
        request: &RequestHead,
        socket: &Async<TcpStream>,
    ) -> (u64, StreamEnd) {
        let plan = Plan::of(request, file);
        let text = plan.head(request, file, published);
        let mut out = socket;
        match within(HEAD_TIMEOUT, out.write_all(text.as_bytes())).await {
            Some(Ok(())) => {}
            Some(Err(_)) | None => return (0, StreamEnd::Aborted),
        }
        let (first, end) = match plan {
            _ if request.method == "HEAD" => return (0, StreamEnd::Head),
            Plan::Refuse(_) => return (0, StreamEnd::Part),
            Plan::Whole => (0, file.size),
            Plan::Part { first, last } => (first, last + 1),
        };
        let stream = Stream {
            token,
            file: &file.file,
            socket,
            mailbox: self.mailbox,
            permits: &self.permits,
        };
        match stream.send(first, end).await {
            (sent, Ok(())) if end == file.size => (sent, StreamEnd::WholeFile),
            (sent, Ok(())) => (sent, StreamEnd::Part),
            (sent, Err(end)) => (sent, end),
        }
    }
}

/// A file ready to be served.
struct Opened {
    file: File,
    size: u64,
    /// As an HTTP date.
    modified: String,
}

/// Opens a published file, if it is a regular one and still below its root once all symbolic links
/// are resolved: the tree may have changed since the scan.
fn open(published: &Published) -> io::Result<Opened> {
    let path = published.path.canonicalize()?;
    if !path.starts_with(published.root.canonicalize()?) {
        return Err(io::Error::other("leads out of its folder"));
    }
    // Without NONBLOCK a FIFO would stop the box here.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = File::from(rustix::fs::open(&path, flags, Mode::empty())?);
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    Ok(Opened {
        size: metadata.len(),
        modified: httpdate::fmt_http_date(modified),
        file,
    })
}

/// What a request for a file gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    Whole,
    Part { first: u64, last: u64 },
    /// This status, and no body.
    Refuse(u16),
}

impl Plan {
    fn of(request: &RequestHead, file: &Opened) -> Self {
        let headers = &request.headers;
        let range = headers.get("Range");
        if range.is_none() && asks_for_time(request) {
            return Self::Refuse(406);
        }
        if !range::stands(headers.get("If-Range"), &file.modified) {
            return Self::Whole;
        }
        match range::parse(range, file.size) {
            Range::Whole => Self::Whole,
            Range::Part { first, last } => Self::Part { first, last },
            Range::Unsatisfiable => Self::Refuse(416),
        }
    }

    fn head(self, request: &RequestHead, file: &Opened, published: &Published) -> String {
        let size = file.size;
        let (status, length, content_range) = match self {
            Self::Whole => (200, size, None),
            Self::Part { first, last } => {
                let content_range = format!("bytes {first}-{last}/{size}");
                (206, last - first + 1, Some(content_range))
            }
            Self::Refuse(416) => (416, 0, Some(format!("bytes */{size}"))),
            Self::Refuse(status) => (status, 0, None),
        };
        let image = published.media_type.kind == Kind::Image;
        let length = length.to_string();
        // The case of the names matters to Samsung; LG seeks only with all three DLNA fields.
        let mut fields = vec![
            ("Content-Type", published.mime),
            ("Content-Length", &length),
            ("Accept-Ranges", "bytes"),
            ("Last-Modified", &file.modified),
            ("EXT", ""),
            ("transferMode.dlna.org", transfer_mode(request, image)),
            ("contentFeatures.dlna.org", &published.content_features),
        ];
        if !image {
            fields.push(("realTimeInfo.dlna.org", "DLNA.ORG_TLAG=*"));
        }
        if let Some(content_range) = &content_range {
            fields.push(("Content-Range", content_range));
        }
        server::head(status, &fields)
    }
}

/// Seeks by time and other speeds than 1 are not offered (`DLNA.ORG_OP=01`), and refused rather than
/// answered from the beginning.
fn asks_for_time(request: &RequestHead) -> bool {
    let speed = request.headers.get("PlaySpeed.dlna.org");
    request.headers.get("TimeSeekRange.dlna.org").is_some()
        || speed.is_some_and(|speed| speed.trim_start_matches("speed=") != "1")
}

/// The transfer mode asked for, where it is legal for the kind of file; otherwise the right one.
fn transfer_mode(request: &RequestHead, image: bool) -> &'static str {
    let asked = request.headers.get("transferMode.dlna.org").unwrap_or_default();
    match (asked.eq_ignore_ascii_case("Background"), image) {
        (true, _) => "Background",
        (false, true) => "Interactive",
        (false, false) => "Streaming",
    }
}
