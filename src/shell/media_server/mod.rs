//! The media server: serves files to renderers, and takes their events.
//!
//! `/m/<token>/<name>.<ext>` is a file that the kiosk has published under that token, or its subtitles, for GET and HEAD;
//! `/e/<number>` takes NOTIFY. The tests hold a table of what renderers request and what they get.

mod response;
mod stream;

use crate::kiosk::effect::Published;
use crate::kiosk::event::{Event, ReplyTo, StreamEnd, TaskName};
use crate::kiosk::token::Token;
use crate::limits::{
    HEAD_TIMEOUT, MEDIA_CONNECTIONS, MEDIA_CONNECTIONS_PER_PEER, NOTIFICATIONS, NOTIFY_BODY,
    STRANGER_CONNECTIONS,
};
use crate::media::subtitles;
use crate::shell::http::body::{Framing, ReadError, Reader};
use crate::shell::http::server::{self, Capacity};
use crate::shell::http::{self, RequestHead, within};
use crate::shell::mailbox::{Mailbox, Replies};
use crate::shell::reader::Readers;
use crate::time::Duration;
use crate::upnp::gena::LastChange;
use core::cell::{Cell, RefCell};
use core::net::Ipv4Addr;
use response::{FileResponse, OpenError, OpenFile, Wanted};
use smol::Async;
use socket2::{SockRef, TcpKeepalive};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use stream::{Permits, Stream};

/// How long the kiosk may take to answer. It needs one step.
const KIOSK_TIMEOUT: Duration = Duration::from_secs(10);
/// Detects a TV that lost its power after a minute of silence and four unanswered probes. In the middle of a stream, with bytes
/// in flight, the kernel first retransmits for a quarter of an hour. TCP_USER_TIMEOUT would be faster, but also cuts off a
/// paused TV, whose kernel answers that its window is closed.
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(60))
    .with_interval(Duration::from_secs(15))
    .with_retries(4);

/// Serves for ever; returns a sentence that says why it ended. `preferred`: is this the address of a renderer?
pub async fn run(
    listener: Async<TcpListener>,
    mailbox: &Mailbox,
    replies: &Replies,
    readers: &Readers,
    preferred: impl Fn(Ipv4Addr) -> bool,
) -> String {
    let media_server = MediaServer {
        mailbox,
        replies,
        readers,
        permits: Permits::default(),
        open: Cell::new(0),
        notifying: Cell::new(0),
        last_warning: RefCell::default(),
    };
    let capacity = Capacity {
        total: MEDIA_CONNECTIONS,
        strangers: STRANGER_CONNECTIONS,
        per_peer: MEDIA_CONNECTIONS_PER_PEER,
    };
    let name = TaskName::MediaServer;
    let connection = |stream, peer| media_server.connection(stream, peer);
    server::serve(&listener, capacity, mailbox, name, preferred, connection).await
}

/// What all connections share.
struct MediaServer<'a> {
    mailbox: &'a Mailbox,
    replies: &'a Replies,
    readers: &'a Readers,
    permits: Permits,
    open: Cell<u16>,
    /// NOTIFY requests being read.
    notifying: Cell<u16>,
    /// The last warning about a file, until a file can be read again.
    last_warning: RefCell<Option<String>>,
}

/// Counts one connection or request for as long as it lives, however it ends.
struct CountGuard<'a>(&'a Cell<u16>);

impl<'a> CountGuard<'a> {
    fn new(count: &'a Cell<u16>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for CountGuard<'_> {
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

impl MediaServer<'_> {
    async fn connection(&self, socket: Async<TcpStream>, peer: Ipv4Addr) {
        let counted = CountGuard::new(&self.open);
        self.post_count().await;
        // If this fails, packets are delayed, or a dead TV is detected late.
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
            // The client is silent or gone.
            None | Some(Err(ReadError::Closed | ReadError::Io(_))) => {}
        }
        drop(socket);
        drop(counted);
        self.post_count().await;
    }

    async fn post_count(&self) {
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
                (self.notified(callback, request, continues, reader, socket, peer).await, "")
            }
            (Some(Resource::Media(..)), _) => (405, "GET, HEAD"),
            (Some(Resource::Callback(_)), _) => (405, "NOTIFY"),
            (None, _) => (404, ""),
        };
        let fields = [("Allow", allow)];
        let fields = if allow.is_empty() { &[][..] } else { &fields };
        server::answer(socket, &server::head(status, fields)).await;
    }

    /// Takes an event of a renderer (UDA 1.0 §4.2.1); returns the status code of the answer. The body is read only if the
    /// head belongs to a subscription: anybody may send something, and reading XML takes time. `continues`: the sender waits
    /// until the body is wanted.
    async fn notified(
        &self,
        callback: u32,
        request: &RequestHead,
        continues: bool,
        reader: &mut Reader<&Async<TcpStream>>,
        socket: &Async<TcpStream>,
        from: Ipv4Addr,
    ) -> u16 {
        let Some(sid) = request.headers.get("SID").map(str::to_owned) else {
            return 412;
        };
        let head = |reply| Event::NotifyAsked { callback, sid: sid.clone(), from, reply };
        match self.is_expected(head).await {
            200 => {}
            refused => return refused,
        }
        if usize::from(self.notifying.get()) == NOTIFICATIONS {
            return 503;
        }
        let _counted = CountGuard::new(&self.notifying);
        if continues {
            // If this fails, so does reading the body.
            server::send(socket, "HTTP/1.1 100 Continue\r\n\r\n").await;
        }
        let framing = Framing::of(&request.headers, Framing::Length(0));
        let body = match within(HEAD_TIMEOUT, reader.body(framing, NOTIFY_BODY)).await {
            Some(Ok(body)) => body,
            Some(Err(ReadError::TooLarge)) => return 413,
            Some(Err(_)) | None => return 400,
        };
        // An event that cannot be parsed still says that something changed.
        let change = Box::new(LastChange::parse(&body).unwrap_or_default());
        self.is_expected(|reply| Event::Notified { callback, sid, change, from, reply }).await
    }

    /// Asks the kiosk whether an event is expected; returns the status code that says so.
    async fn is_expected(&self, question: impl FnOnce(ReplyTo) -> Event) -> u16 {
        let Some((reply, known)) = self.replies.notification() else {
            return 503;
        };
        self.mailbox.post(question(reply)).await;
        match within(KIOSK_TIMEOUT, known).await {
            Some(true) => 200,
            Some(false) => 412,
            None => 503,
        }
    }

    /// Serves a file. Once the kiosk has said what to serve, exactly one `Served` with an end follows, except for subtitles.
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
        let published = match within(KIOSK_TIMEOUT, published).await {
            Some(Some(published)) => published,
            Some(None) => return server::answer(socket, &server::head(404, &[])).await,
            None => return server::answer(socket, &server::head(503, &[])).await,
        };
        if wanted == Wanted::Subtitles {
            let sent = response::send_subtitles(&published, self.readers, request, socket).await;
            if let Err(sentence) = sent {
                self.warn(sentence);
            }
            return;
        }
        let (sent, end) = match response::open(&published, self.readers).await {
            Ok(file) => self.send(token, &file, &published, request, socket).await,
            Err(error) => {
                let end = match error {
                    OpenError::Replaced if request.method == "HEAD" => StreamEnd::Head,
                    // The kiosk logs it, once it knows the new file.
                    OpenError::Replaced => StreamEnd::Replaced,
                    OpenError::Unreadable(why) => {
                        self.warn(format!("{}: {why}", published.path.display()));
                        StreamEnd::FileError
                    }
                };
                match server::send(socket, &server::head(404, &[])).await {
                    true => (0, end),
                    false => (0, StreamEnd::Aborted),
                }
            }
        };
        self.mailbox.post(Event::Served { token, bytes: sent, end: Some(end) }).await;
        if end != StreamEnd::Aborted {
            server::close(socket).await;
        }
    }

    /// Sends the head and the requested part of the file; returns the bytes not yet reported, and how it ended.
    async fn send(
        &self,
        token: Token,
        file: &OpenFile,
        published: &Published,
        request: &RequestHead,
        socket: &Async<TcpStream>,
    ) -> (u64, StreamEnd) {
        let response = FileResponse::of(request, file);
        let text = response.head(request, file, published);
        if !server::send(socket, &text).await {
            return (0, StreamEnd::Aborted);
        }
        let (first, end) = match response {
            _ if request.method == "HEAD" => return (0, StreamEnd::Head),
            FileResponse::Refuse(_) => return (0, StreamEnd::Part),
            FileResponse::Whole => (0, file.size),
            FileResponse::Part { first, last } => (first, last + 1),
        };
        let (mailbox, readers, permits) = (self.mailbox, self.readers, &self.permits);
        let stream = Stream { token, file, published, socket, mailbox, readers, permits };
        match stream.send(first, end).await {
            (sent, Ok(())) => {
                self.last_warning.take();
                let whole = end == file.size;
                (sent, if whole { StreamEnd::WholeFile } else { StreamEnd::Part })
            }
            (sent, Err(end)) => {
                if end == StreamEnd::FileError {
                    let path = published.path.display();
                    self.warn(format!("{path}: cannot be read to its end"));
                }
                (sent, end)
            }
        }
    }

    /// Logs a warning, but not twice in a row: a renderer tries again and again.
    fn warn(&self, sentence: String) {
        if self.last_warning.borrow().as_ref() != Some(&sentence) {
            log::warn!("{sentence}");
            self.last_warning.replace(Some(sentence));
        }
    }
}

#[cfg(test)]
mod tests;
