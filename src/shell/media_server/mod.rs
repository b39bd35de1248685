//! The media server: files for renderers, and the callback for their events.
//!
//! `/m/<token>/<name>.<ext>` is a file that the kiosk published under that token, or its subtitles, GET and HEAD
//! alike; `/e/<number>` takes NOTIFY. What a file request gets is the table of renderers' habits in the tests.
//! The bytes themselves are the business of `stream`.

mod response;
mod stream;

use crate::kiosk::effect::Published;
use crate::kiosk::event::{Event, StreamEnd, TaskName};
use crate::kiosk::token::Token;
use crate::limits::{
    HEAD_TIMEOUT, MEDIA_CONNECTIONS, MEDIA_CONNECTIONS_PER_PEER, NOTIFICATIONS, NOTIFY_BODY,
};
use crate::media::subtitles;
use crate::shell::http::body::{Framing, ReadError, Reader};
use crate::shell::http::server::{self, Capacity};
use crate::shell::http::{self, RequestHead, within};
use crate::shell::mailbox::{Mailbox, Replies};
use crate::time::Duration;
use crate::upnp::gena::LastChange;
use core::cell::{Cell, RefCell};
use core::net::Ipv4Addr;
use response::{Closed, Opened, Plan, Wanted};
use smol::Async;
use socket2::{SockRef, TcpKeepalive};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use stream::{Permits, Stream};

/// How long the kiosk may take to say what to serve. It takes one step.
const KIOSK_PATIENCE: Duration = Duration::from_secs(10);
/// A TV that lost its power is found out after a minute of silence and four unanswered probes; in the middle of a stream,
/// where bytes are on their way, only when the kernel has sent them again for a quarter of an hour. TCP_USER_TIMEOUT
/// would be sooner, but cuts a TV off that is paused, too: also while it answers that it takes no more.
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(60))
    .with_interval(Duration::from_secs(15))
    .with_retries(4);

/// Serves for ever; gives the reason why it ended, as a sentence.
pub async fn run(listener: Async<TcpListener>, mailbox: &Mailbox, replies: &Replies) -> String {
    let floor = Floor {
        mailbox,
        replies,
        permits: Permits::default(),
        open: Cell::new(0),
        notifying: Cell::new(0),
        said: RefCell::default(),
    };
    let capacity = Capacity { total: MEDIA_CONNECTIONS, per_peer: MEDIA_CONNECTIONS_PER_PEER };
    let connection = |stream, peer| floor.connection(stream, peer);
    server::serve(&listener, capacity, mailbox, TaskName::MediaServer, connection).await
}

/// What all connections share.
struct Floor<'a> {
    mailbox: &'a Mailbox,
    replies: &'a Replies,
    permits: Permits,
    open: Cell<u16>,
    /// Events of renderers that are being read.
    notifying: Cell<u16>,
    /// The last complaint about a file, until one can be read.
    said: RefCell<Option<String>>,
}

/// Counts one connection, or what it does, for as long as it is there, however it ends.
struct Counted<'a>(&'a Cell<u16>);

impl<'a> Counted<'a> {
    fn new(count: &'a Cell<u16>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// What a path names.
#[derive(Debug, PartialEq, Eq)]
enum Resource {
    Media(Token, Wanted),
    Callback(u32),
}

impl Resource {
    fn of(target: &str) -> Option<Self> {
        let path = target.split(['?', '#']).next()?;
        if let Some(number) = path.strip_prefix("/e/") {
            return number.parse().ok().map(Self::Callback);
        }
        let wanted = match subtitles::format_of(Path::new(path)) {
            Some(_) => Wanted::Subtitles,
            None => Wanted::Media,
        };
        Some(Self::Media(Token::in_path(path)?, wanted))
    }
}

impl Floor<'_> {
    async fn connection(&self, socket: Async<TcpStream>, peer: Ipv4Addr) {
        let open = Counted::new(&self.open);
        self.tell_open().await;
        // Only a delay, or a late discovery of a dead TV, would come of a failure here.
        let _ = socket.get_ref().set_nodelay(true);
        let _ = SockRef::from(socket.get_ref()).set_tcp_keepalive(&KEEPALIVE);

        let mut reader = Reader::new(&socket);
        match within(HEAD_TIMEOUT, reader.head(http::parse_request)).await {
            Some(Ok(request)) => self.respond(&request, &mut reader, &socket, peer).await,
            Some(Err(ReadError::Malformed)) => {
                server::answer(&socket, &server::head(400, &[])).await
            }
            Some(Err(ReadError::TooLarge)) => {
                server::answer(&socket, &server::head(431, &[])).await
            }
            // Silent or gone.
            None | Some(Err(ReadError::Closed | ReadError::Io(_))) => {}
        }
        drop(socket);
        drop(open);
        self.tell_open().await;
    }

    async fn tell_open(&self) {
        self.mailbox.post(Event::MediaConnections(self.open.get())).await;
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
            (Some(Resource::Media(..)), "GET" | "HEAD") if server::lacks_host(request) => (400, ""),
            (Some(Resource::Media(token, wanted)), "GET" | "HEAD") => {
                return self.media(token, wanted, request, socket).await;
            }
            (Some(Resource::Callback(callback)), "NOTIFY") => {
                if continues {
                    // If it fails, so does reading the body.
                    server::send(socket, "HTTP/1.1 100 Continue\r\n\r\n").await;
                }
                (self.notified(callback, request, reader, peer).await, "")
            }
            (Some(Resource::Media(..)), _) => (405, "GET, HEAD"),
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
        if usize::from(self.notifying.get()) == NOTIFICATIONS {
            return 503;
        }
        let _counted = Counted::new(&self.notifying);
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

    /// Serves a file. After the kiosk said what to serve, exactly one `Served` with an end follows, unless it is subtitles.
    async fn media(
        &self,
        token: Token,
        wanted: Wanted,
        request: &RequestHead,
        socket: &Async<TcpStream>,
    ) {
        let Some((reply, published)) = self.replies.media() else {
            return server::answer(socket, &server::head(503, &[])).await;
        };
        self.mailbox.post(Event::MediaAsked { token, reply }).await;
        let published = match within(KIOSK_PATIENCE, published).await {
            Some(Some(published)) => published,
            Some(None) => return server::answer(socket, &server::head(404, &[])).await,
            None => return server::answer(socket, &server::head(503, &[])).await,
        };
        if wanted == Wanted::Subtitles {
            if let Err(sentence) = response::send(&published, request, socket).await {
                self.complain(sentence);
            }
            return;
        }
        let (sent, end) = match response::open(&published) {
            Ok(file) => self.send(token, &file, &published, request, socket).await,
            Err(closed) => {
                let end = match closed {
                    Closed::Replaced if request.method == "HEAD" => StreamEnd::Head,
                    // The kiosk says it, when it knows the new one.
                    Closed::Replaced => StreamEnd::Replaced,
                    Closed::Unreadable(error) => {
                        self.complain(format!("{}: {error}", published.path.display()));
                        StreamEnd::FileError
                    }
                };
                match server::send(socket, &server::head(404, &[])).await {
                    true => (0, end),
                    false => (0, StreamEnd::Aborted),
                }
            }
        };
        let told = Event::Served { token, bytes: sent, end: Some(end) };
        self.mailbox.post(told).await;
        if end != StreamEnd::Aborted {
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
        if !server::send(socket, &text).await {
            return (0, StreamEnd::Aborted);
        }
        let (first, end) = match plan {
            _ if request.method == "HEAD" => return (0, StreamEnd::Head),
            Plan::Refuse(_) => return (0, StreamEnd::Part),
            Plan::Whole => (0, file.size),
            Plan::Part { first, last } => (first, last + 1),
        };
        let stream = Stream { token, file, socket, mailbox: self.mailbox, permits: &self.permits };
        match stream.send(first, end).await {
            (sent, Ok(())) => {
                self.said.take();
                let whole = end == file.size;
                (sent, if whole { StreamEnd::WholeFile } else { StreamEnd::Part })
            }
            (sent, Err(end)) => {
                if end == StreamEnd::FileError {
                    let path = published.path.display();
                    self.complain(format!("{path}: cannot be read to its end"));
                }
                (sent, end)
            }
        }
    }

    /// Once: a renderer asks again and again.
    fn complain(&self, sentence: String) {
        if self.said.borrow().as_ref() != Some(&sentence) {
            log::warn!("{sentence}");
            self.said.replace(Some(sentence));
        }
    }
}

#[cfg(test)]
mod tests;
