//! Gives a simulated renderer real sockets: its description, control and events over TCP, its
//! answers to searches over UDP, its fetches as a client of the media server.
//!
//! It decides nothing: every request goes to the [`FakeRenderer`], every output of it is carried
//! out. A renderer that is switched off has no listener, one that hangs accepts and never answers.
//! Declare the host before the executor, so that tasks can borrow it.

use super::http::body::{Framing, Reader};
use super::http::client::{Request, exchange};
use super::http::head::{self, RequestHead};
use super::http::{server, within};
use crate::limits::{HEAD_TIMEOUT, HTTP_HEAD, NOTIFY_BODY, SOAP_BODY};
use crate::sim::{
    Announce, Call, FakeRenderer, Fetch, FetchId, Fetched, Method, Output, Reading, Remote,
    control_path, event_path, wav_duration,
};
use crate::time::{Duration, Instant};
use crate::upnp::av_transport::TransportState;
use crate::upnp::gena::{LastChange, format_timeout, parse_timeout};
use crate::upnp::{Action, HttpUrl, Reply, ServiceKind, UpnpError, ssdp};
use core::cell::{Cell, RefCell};
use core::future::{pending, poll_fn};
use core::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use core::task::{Poll, Waker};
use smol::channel::{Receiver, Sender, bounded, unbounded};
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::{Async, LocalExecutor, Task, Timer, future};
use socket2::SockRef;
use std::collections::BTreeMap;
use std::io;
use std::net::{TcpListener, TcpStream, UdpSocket};

/// The SSDP group.
const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(239, 255, 255, 250), 1900);
/// A media server or subscriber that does not accept within this does not answer.
const CONNECT: Duration = Duration::from_secs(3);
/// A subscriber must take an event within this.
const NOTIFIED: Duration = Duration::from_secs(10);
/// Bytes read of media at once.
const PIECE: usize = 64 << 10;
/// Connections and answers to searches under way at once.
const TASKS: usize = 64;
/// Pause after accept or bind failed.
const AGAIN: Duration = Duration::from_millis(100);

type Answered = Result<Reply, UpnpError>;

/// Wakes the one task that waits for it.
#[derive(Debug, Default)]
struct Bell {
    rung: Cell<bool>,
    waiter: RefCell<Option<Waker>>,
}

impl Bell {
    fn ring(&self) {
        self.rung.set(true);
        if let Some(waiter) = self.waiter.take() {
            waiter.wake();
        }
    }

    async fn rung(&self) {
        poll_fn(|cx| {
            if self.rung.take() {
                return Poll::Ready(());
            }
            self.waiter.replace(Some(cx.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}

/// A simulated renderer and what its sockets share.
#[derive(Debug)]
pub struct FakeHost {
    renderer: RefCell<FakeRenderer>,
    address: Ipv4Addr,
    port: Cell<u16>,
    started: std::time::Instant,
    calls: Cell<u32>,
    answers: RefCell<BTreeMap<Call, Sender<Answered>>>,
    /// The renderer may have something to do.
    work: Bell,
    /// It may have been switched on or off.
    power: Bell,
}

impl FakeHost {
    /// A host for `renderer` at `address`. With port 0 it takes a free one.
    #[must_use]
    pub fn new(renderer: FakeRenderer, address: Ipv4Addr, port: u16) -> Self {
        Self {
            renderer: RefCell::new(renderer),
            address,
            port: Cell::new(port),
            started: std::time::Instant::now(),
            calls: Cell::new(0),
            answers: RefCell::default(),
            work: Bell::default(),
            power: Bell::default(),
        }
    }

    /// Looks at the renderer.
    pub fn look<T>(&self, at: impl FnOnce(&FakeRenderer, Instant) -> T) -> T {
        at(&self.renderer.borrow(), self.now())
    }

    /// Something happens at the renderer itself.
    pub fn remote(&self, what: Remote) {
        self.with(|renderer, now| renderer.remote(now, what));
        if !self.renderer.borrow().is_on() {
            // Who waits for an answer sees the connection close.
            self.answers.borrow_mut().clear();
        }
        self.power.ring();
    }

    /// LOCATION, once it listens.
    #[must_use]
    pub fn location(&self) -> Option<HttpUrl> {
        let path = self.renderer.borrow().persona().description_path.clone();
        HttpUrl::new(self.address, self.port.get(), &path)
    }

    /// Listens and runs for ever; ends with a sentence if it cannot listen. Searches are answered
    /// and announcements sent on `ssdp`, if there is one.
    pub async fn run<'a>(
        &'a self,
        executor: &LocalExecutor<'a>,
        ssdp: Option<&'a Async<UdpSocket>>,
    ) -> String {
        if let Some(socket) = ssdp {
            // Announcements leave where the renderer lives, and nowhere else.
            let _ = SockRef::from(socket.get_ref()).set_multicast_if_v4(&self.address);
        }
        let (events, queue) = unbounded();
        let _notifier = executor.spawn(notify(queue));
        let _hearing = ssdp.map(|socket| executor.spawn(self.hear(socket)));
        future::or(self.listen(executor), self.drive(executor, ssdp, events)).await
    }

    fn now(&self) -> Instant {
        let micros = self.started.elapsed().as_micros();
        Instant::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    fn with<T>(&self, does: impl FnOnce(&mut FakeRenderer, Instant) -> T) -> T {
        let done = does(&mut self.renderer.borrow_mut(), self.now());
        self.work.ring();
        done
    }

    /// Accepts connections while the renderer is on.
    async fn listen<'a>(&'a self, executor: &LocalExecutor<'a>) -> String {
        let mut listener: Option<Async<TcpListener>> = None;
        let mut boots = 0;
        let mut open: Vec<Task<()>> = Vec::new();
        loop {
            let (on, boot, moves) =
                self.look(|r, _| (r.is_on(), r.boots(), r.quirks().new_port_at_boot));
            if !on || (boot != boots && moves) {
                listener = None;
            }
            if !on {
                open.clear();
                self.power.rung().await;
                continue;
            }
            let Some(listening) = &listener else {
                let port = if boots > 0 && moves {
                    0
                } else {
                    self.port.get()
                };
                match Async::<TcpListener>::bind(SocketAddrV4::new(self.address, port)) {
                    Ok(bound) => {
                        let local = bound.get_ref().local_addr();
                        self.port.set(local.map_or(port, |local| local.port()));
                        listener = Some(bound);
                        boots = boot;
                        self.work.ring();
                    }
                    // Connections of its last life may still hold the port.
                    Err(_) if boots > 0 => drop(Timer::after(AGAIN).await),
                    Err(error) => {
                        return format!("cannot listen on {}:{port}: {error}", self.address);
                    }
                }
                continue;
            };
            let accepted = future::or(async { Some(listening.accept().await) }, async {
                self.power.rung().await;
                None
            });
            match accepted.await {
                Some(Ok((stream, _))) => {
                    open.retain(|task| !task.is_finished());
                    if open.len() < TASKS {
                        open.push(executor.spawn(self.connection(stream)));
                    }
                }
                Some(Err(_)) => drop(Timer::after(AGAIN).await),
                None => {}
            }
        }
    }

    /// Carries out what the renderer wants, and wakes it in time.
    async fn drive<'a>(
        &'a self,
        executor: &LocalExecutor<'a>,
        ssdp: Option<&'a Async<UdpSocket>>,
        events: Sender<(HttpUrl, String, u32, String)>,
    ) -> String {
        let mut fetches: BTreeMap<FetchId, Task<()>> = BTreeMap::new();
        loop {
            self.renderer.borrow_mut().tick(self.now());
            loop {
                let Some(output) = self.renderer.borrow_mut().take_output() else {
                    break;
                };
                match output {
                    Output::Answer { call, result } => {
                        if let Some(waiting) = self.answers.borrow_mut().remove(&call) {
                            let _ = waiting.try_send(result);
                        }
                    }
                    Output::Fetch(fetch) => {
                        fetches.retain(|_, task| !task.is_finished());
                        fetches.insert(fetch.id, executor.spawn(self.fetch(fetch)));
                    }
                    Output::Abandon(id) => drop(fetches.remove(&id)),
                    Output::Notify {
                        callback,
                        sid,
                        seq,
                        change,
                        ..
                    } => {
                        let body = self.event_body(&change);
                        let _ = events.try_send((callback, sid, seq, body));
                    }
                    Output::Announce(what) => self.announce(ssdp, what).await,
                }
            }
            let due = self.renderer.borrow().next_deadline();
            future::or(self.work.rung(), async {
                match due {
                    Some(due) => drop(Timer::after(due.since(self.now())).await),
                    None => pending().await,
                }
            })
            .await;
        }
    }

    async fn connection(&self, stream: Async<TcpStream>) {
        let mut reader = Reader::new(&stream);
        let request = async {
            let head = reader.head(head::request).await.ok()?;
            let framing = Framing::of(&head.headers, Framing::Length(0));
            let body = reader.body(framing, SOAP_BODY).await.ok()?;
            Some((head, body))
        };
        let Some(Some((head, body))) = within(HEAD_TIMEOUT, request).await else {
            return;
        };
        let gone = async {
            let mut rest = [0; 256];
            while (&stream).read(&mut rest).await.is_ok_and(|read| read > 0) {}
            None
        };
        if let Some(text) = future::or(self.answer(&head, &body), gone).await {
            server::answer(&stream, &text).await;
        }
    }

    /// The whole answer to a request; `None`: close without one.
    async fn answer(&self, head: &RequestHead, body: &[u8]) -> Option<String> {
        if !self.renderer.borrow().responsive() {
            pending::<()>().await;
        }
        let services = [
            ServiceKind::AvTransport,
            ServiceKind::RenderingControl,
            ServiceKind::ConnectionManager,
        ];
        let path = head.target.as_str();
        let control = services
            .into_iter()
            .find(|kind| path == control_path(*kind));
        let event = services.into_iter().find(|kind| path == event_path(*kind));
        match (head.method.as_str(), control, event) {
            ("GET", ..) if path == self.renderer.borrow().persona().description_path => {
                let port = self.port.get();
                let text = self.look(|r, _| r.description(self.address, port).write());
                Some(xml(200, &text))
            }
            ("POST", Some(_), _) => self.control(head, body).await,
            ("SUBSCRIBE", _, Some(service)) => Some(self.subscribe(head, service).await),
            ("UNSUBSCRIBE", ..) if event.is_some() => {
                let sid = head.headers.get("SID").unwrap_or_default();
                let ended = self.with(|r, now| r.unsubscribe(now, sid));
                Some(server::head(ended.err().unwrap_or(200), &[]))
            }
            _ => Some(server::head(404, &[])),
        }
    }

    async fn control(&self, head: &RequestHead, body: &[u8]) -> Option<String> {
        let call = Call(self.calls.replace(self.calls.get().wrapping_add(1)));
        let (sender, receiver) = bounded(1);
        self.answers.borrow_mut().insert(call, sender);
        let _forgotten = Forget(self, call);
        let action = Action::parse(head.headers.get("SOAPACTION").unwrap_or_default(), body);
        self.with(|renderer, now| match &action {
            Some(action) => renderer.act(now, call, action),
            None => renderer.act_unknown(now, call),
        });
        match (receiver.recv().await.ok()?, action) {
            (Ok(reply), Some(action)) => {
                let version = self.renderer.borrow().persona().version;
                let text = reply.write(&action, version);
                Some(xml(200, &self.in_its_words(text)))
            }
            (Ok(_), None) => None,
            (Err(error), _) => Some(xml(500, &error.write())),
        }
    }

    /// Its own name for TRANSITIONING.
    fn in_its_words(&self, text: String) -> String {
        let name = self.renderer.borrow().quirks().transitioning_name;
        let common = TransportState::Transitioning.as_str();
        if name == common {
            text
        } else {
            text.replace(common, name)
        }
    }

    fn event_body(&self, change: &LastChange) -> String {
        self.in_its_words(change.write())
    }

    async fn subscribe(&self, head: &RequestHead, service: ServiceKind) -> String {
        let headers = &head.headers;
        let asked = parse_timeout(headers.get("TIMEOUT").unwrap_or_default());
        let callback = headers
            .get("CALLBACK")
            .map(|url| url.trim_matches(['<', '>', ' ']));
        let granted = match (headers.get("SID"), callback) {
            (Some(_), Some(_)) => Err(400),
            (Some(sid), None) => {
                let renewed = self.with(|r, now| r.renew(now, sid, asked));
                renewed.map(|timeout| (sid.to_owned(), timeout, Duration::ZERO))
            }
            (None, callback) => match callback.and_then(HttpUrl::parse) {
                Some(callback) => self
                    .with(|r, now| r.subscribe(now, service, callback, asked))
                    .map(|granted| (granted.sid, granted.timeout, granted.answer_after)),
                None => Err(412),
            },
        };
        match granted {
            Ok((sid, timeout, late)) => {
                Timer::after(late).await;
                server::head(200, &[("SID", &sid), ("TIMEOUT", &format_timeout(timeout))])
            }
            Err(status) => server::head(status, &[]),
        }
    }

    /// One HTTP request for media, reported as it goes.
    async fn fetch(&self, fetch: Fetch) {
        let id = fetch.id;
        if self.transfer(&fetch).await.is_none() {
            self.with(|renderer, now| renderer.fetched(now, id, Fetched::Failed));
        }
    }

    /// `None`: it failed, or broke off.
    async fn transfer(&self, fetch: &Fetch) -> Option<()> {
        let url = HttpUrl::parse(&fetch.url)?;
        let address = SocketAddrV4::new(url.host, url.port);
        let mut stream = within(CONNECT, Async::<TcpStream>::connect(address))
            .await?
            .ok()?;
        let agent = self.renderer.borrow().persona().user_agent.clone();
        let request = media_request(fetch, &url, &agent);
        stream.write_all(request.as_bytes()).await.ok()?;

        let mut bytes = Vec::new();
        let begins = loop {
            if !append(&mut stream, &mut bytes).await.ok()? || bytes.len() > HTTP_HEAD + PIECE {
                return None;
            }
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let head = head::response(&bytes[..begins])?;
        let length = head
            .headers
            .get("Content-Length")
            .and_then(|said| said.parse().ok());
        let opened = Fetched::Opened {
            status: head.status,
            mime: head.headers.get("Content-Type").map(str::to_owned),
            length,
            content_features: head.headers.get("contentFeatures.dlna.org").is_some(),
        };
        self.report(fetch.id, opened);
        if fetch.method == Method::Head || !matches!(head.status, 200 | 206) {
            return Some(());
        }
        bytes.drain(..begins);
        self.body(fetch, &mut stream, bytes, length).await
    }

    async fn body(
        &self,
        fetch: &Fetch,
        stream: &mut Async<TcpStream>,
        mut bytes: Vec<u8>,
        length: Option<u64>,
    ) -> Option<()> {
        let mut read = 0;
        let mut looked = fetch.from.is_some();
        loop {
            if !bytes.is_empty() {
                if let Some(duration) = wav_duration(&bytes).filter(|_| !looked) {
                    self.report(fetch.id, Fetched::Duration(duration));
                }
                looked = true;
                read += bytes.len() as u64;
                self.report(fetch.id, Fetched::Bytes(bytes.len() as u64));
                bytes.clear();
            }
            if length.is_some_and(|length| read >= length) {
                break;
            }
            match self.look(|renderer, now| renderer.reading(now, fetch.id)) {
                Reading::Abandoned => return Some(()),
                Reading::Later(pause) => drop(Timer::after(pause).await),
                // The end, if no length was promised, is the end; otherwise it came too early.
                Reading::Now if append(stream, &mut bytes).await.ok()? => {
                    future::yield_now().await;
                }
                Reading::Now if length.is_none() => break,
                Reading::Now => return None,
            }
        }
        self.report(fetch.id, Fetched::Finished);
        Some(())
    }

    fn report(&self, fetch: FetchId, what: Fetched) {
        self.with(|renderer, now| renderer.fetched(now, fetch, what));
    }

    /// Answers searches, by multicast or sent directly.
    async fn hear(&self, socket: &Async<UdpSocket>) {
        let executor = LocalExecutor::new();
        let listen = async {
            let mut answers: Vec<Task<()>> = Vec::new();
            let mut datagram = [0; 2048];
            loop {
                let Ok((length, from)) = socket.recv_from(&mut datagram).await else {
                    Timer::after(AGAIN).await;
                    continue;
                };
                let Some(search) = ssdp::parse_search(&datagram[..length]) else {
                    continue;
                };
                let mx = Duration::from_secs(u64::from(search.mx.unwrap_or(0).min(120)));
                let found = self.renderer.borrow_mut().search(&search.target, mx);
                answers.retain(|task| !task.is_finished());
                for (target, delay) in found.into_iter().take(TASKS - answers.len().min(TASKS)) {
                    let answer = self.answer_search(socket, from, target, delay);
                    answers.push(executor.spawn(answer));
                }
            }
        };
        executor.run(listen).await
    }

    async fn answer_search(
        &self,
        socket: &Async<UdpSocket>,
        to: SocketAddr,
        target: String,
        delay: Duration,
    ) {
        Timer::after(delay).await;
        let Some(location) = self.location() else {
            return;
        };
        let text = self.look(|r, _| {
            let text = ssdp::response(&target, &r.persona().udn, &location, r.quirks().max_age);
            with_boot_id(r, text)
        });
        // A lost datagram is what UDP is like.
        let _ = socket.send_to(text.as_bytes(), to).await;
    }

    async fn announce(&self, socket: Option<&Async<UdpSocket>>, what: Announce) {
        let (Some(socket), Some(location)) = (socket, self.location()) else {
            return;
        };
        let texts: Vec<String> = self.look(|r, _| {
            let (udn, max_age) = (&r.persona().udn, r.quirks().max_age);
            let of = |target: String| match what {
                Announce::Alive => with_boot_id(r, ssdp::alive(&target, udn, &location, max_age)),
                Announce::Byebye => ssdp::byebye(&target, udn),
            };
            r.targets().into_iter().map(of).collect()
        });
        for text in texts {
            let _ = socket.send_to(text.as_bytes(), GROUP).await;
        }
    }
}

/// Takes a call out of the map when its connection ends, answered or not.
struct Forget<'a>(&'a FakeHost, Call);

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.0.answers.borrow_mut().remove(&self.1);
    }
}

/// Sends events one after the other, so that they keep their order.
async fn notify(queue: Receiver<(HttpUrl, String, u32, String)>) {
    while let Ok((callback, sid, seq, body)) = queue.recv().await {
        let seq = seq.to_string();
        let request = Request {
            method: "NOTIFY",
            url: &callback,
            headers: &[
                ("Content-Type", "text/xml; charset=\"utf-8\""),
                ("NT", "upnp:event"),
                ("NTS", "upnp:propchange"),
                ("SID", &sid),
                ("SEQ", &seq),
            ],
            body: Some(&body),
        };
        // A subscriber that does not answer misses it: events are not repeated.
        let _ = within(NOTIFIED, exchange(&request, NOTIFY_BODY)).await;
    }
}

fn media_request(fetch: &Fetch, url: &HttpUrl, agent: &str) -> String {
    let (method, features) = match fetch.method {
        Method::Head => ("HEAD", "getcontentFeatures.dlna.org: 1\r\n"),
        Method::Get => ("GET", "transferMode.dlna.org: Streaming\r\n"),
    };
    let range = fetch
        .from
        .map(|from| format!("Range: bytes={from}-\r\n"))
        .unwrap_or_default();
    format!(
        "{method} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {agent}\r\nConnection: close\r\n\
         {features}{range}\r\n",
        url.path,
        url.authority(),
    )
}

/// Reads what there is; false at the end.
async fn append(stream: &mut Async<TcpStream>, bytes: &mut Vec<u8>) -> io::Result<bool> {
    let mut piece = vec![0; PIECE];
    let read = stream.read(&mut piece).await?;
    bytes.extend_from_slice(&piece[..read]);
    Ok(read > 0)
}

fn with_boot_id(renderer: &FakeRenderer, mut text: String) -> String {
    if renderer.quirks().tells_boot_id {
        let before_blank_line = text.len().saturating_sub(2);
        text.insert_str(
            before_blank_line,
            &format!("BOOTID.UPNP.ORG: {}\r\n", renderer.boots()),
        );
    }
    text
}

fn xml(status: u16, body: &str) -> String {
    let length = body.len().to_string();
    let fields = [
        ("Content-Type", "text/xml; charset=\"utf-8\""),
        ("Content-Length", &length),
    ];
    server::head(status, &fields) + body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::clip;
    use crate::kiosk::effect::Errand;
    use crate::kiosk::event::{Answer, Failure};
    use crate::shell::courier;
    use crate::sim::presets::{self, Preset};
    use crate::upnp::Udn;
    use crate::upnp::av_transport::{Action as Avt, Reply as AvtReply};
    use crate::upnp::description::Description;

    fn host(preset: Preset) -> FakeHost {
        let tv = preset.renderer(Udn::new("uuid:tv-1").unwrap(), "TV 1", 1);
        FakeHost::new(tv, Ipv4Addr::LOCALHOST, 0)
    }

    fn listen() -> (Async<TcpListener>, u16) {
        let listener = Async::<TcpListener>::bind(([127, 0, 0, 1], 0)).unwrap();
        let port = listener.get_ref().local_addr().unwrap().port();
        (listener, port)
    }

    /// Runs `host` and `story` on one executor; a story that takes 20 s has failed.
    fn tell<'a, T>(
        host: &'a FakeHost,
        ssdp: Option<&'a Async<UdpSocket>>,
        story: impl Future<Output = T>,
    ) -> T {
        let executor = LocalExecutor::new();
        // Boxed: by value it would be copied through each layer, on a test's small stack.
        let story = Box::pin(story);
        let both = future::or(async { Err(host.run(&executor, ssdp).await) }, async {
            while host.port.get() == 0 {
                future::yield_now().await;
            }
            Ok(story.await)
        });
        let told = smol::block_on(executor.run(within(Duration::from_secs(20), both)));
        told.expect("in time").unwrap()
    }

    async fn describe(host: &FakeHost) -> Result<Description, Failure> {
        let location = host.location().unwrap();
        match courier::run(&Errand::Describe { location }).await.0? {
            Answer::Description(description) => Ok(*description),
            other => panic!("{other:?}"),
        }
    }

    async fn act(tv: &Description, action: Avt) -> Result<Reply, Failure> {
        let errand = Errand::Act {
            url: tv.av_transport.control_url.clone(),
            version: tv.av_transport.version,
            action: Action::AvTransport(action),
        };
        match courier::run(&errand).await.0? {
            Answer::Reply(reply) => Ok(reply),
            other => panic!("{other:?}"),
        }
    }

    async fn state(tv: &Description) -> TransportState {
        match act(tv, Avt::GetTransportInfo).await {
            Ok(Reply::AvTransport(AvtReply::TransportInfo(info))) => info.state.unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// Serves `file` for ever, with ranges; tells each request's first line and range.
    async fn serve(listener: &Async<TcpListener>, file: &[u8], heard: &RefCell<Vec<String>>) {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let request = Reader::new(&stream).head(head::request).await.unwrap();
            let range = request.headers.get("Range").map(str::to_owned);
            let from = range
                .as_deref()
                .and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
            let body = &file[from.unwrap_or(0)..];
            heard
                .borrow_mut()
                .push(format!("{} {} {range:?}", request.method, request.target));
            let length = body.len().to_string();
            let status = if from.is_some() { 206 } else { 200 };
            let fields = [
                ("Content-Type", "audio/wav"),
                ("Content-Length", &length),
                ("contentFeatures.dlna.org", "DLNA.ORG_OP=01"),
            ];
            (&stream)
                .write_all(server::head(status, &fields).as_bytes())
                .await
                .unwrap();
            if request.method == "GET" {
                let _ = (&stream).write_all(body).await;
            }
        }
    }

    /// Takes one event: its SEQ and what it says.
    async fn event(listener: &Async<TcpListener>) -> (String, LastChange) {
        let (stream, _) = listener.accept().await.unwrap();
        let mut reader = Reader::new(&stream);
        let head = reader.head(head::request).await.unwrap();
        let framing = Framing::of(&head.headers, Framing::Length(0));
        let body = reader.body(framing, NOTIFY_BODY).await.unwrap();
        server::answer(&stream, &server::head(200, &[])).await;
        assert_eq!(head.method, "NOTIFY");
        (
            head.headers.get("SEQ").unwrap().to_owned(),
            LastChange::parse(&body).unwrap(),
        )
    }

    #[test]
    fn plays_a_file_to_its_end_and_tells_its_subscriber() {
        let host = host(presets::rygel());
        let (files, port) = listen();
        let (callback, callback_port) = listen();
        let heard: RefCell<Vec<String>> = RefCell::default();
        let file = clip::wav(1, 440.0);
        let uri = format!("http://127.0.0.1:{port}/m/1/clip.wav");
        let story = async {
            let tv = describe(&host).await.unwrap();
            assert_eq!(
                (tv.friendly_name.as_str(), tv.av_transport.version),
                ("TV 1", 2)
            );
            let subscribe = Errand::Subscribe {
                url: tv.av_transport.event_url.clone().unwrap(),
                callback: Box::new(
                    HttpUrl::new(Ipv4Addr::LOCALHOST, callback_port, "/e/1").unwrap(),
                ),
                timeout: Duration::from_secs(300),
            };
            let granted = courier::run(&subscribe).await.0.unwrap();
            assert!(
                matches!(granted, Answer::Subscribed { sid: Some(_), timeout } if timeout.as_secs() == 300)
            );
            assert_eq!(event(&callback).await.0, "0");

            let set = Avt::SetAvTransportUri {
                uri: uri.clone(),
                metadata: String::new(),
            };
            assert_eq!(act(&tv, set).await, Ok(Reply::Done));
            assert_eq!(act(&tv, Avt::Play).await, Ok(Reply::Done));
            let mut states = Vec::new();
            while states.last() != Some(&TransportState::Stopped) || states.len() < 3 {
                states.extend(event(&callback).await.1.transport_state);
                assert!(states.len() < 6, "{states:?}");
            }
            let rest = &states[states.len() - 2..];
            assert_eq!(rest, [TransportState::Playing, TransportState::Stopped]);
            assert_eq!(state(&tv).await, TransportState::Stopped);
        };
        let serving = async {
            serve(&files, &file, &heard).await;
        };
        tell(&host, None, future::or(story, serving));
        assert_eq!(
            *heard.borrow(),
            ["HEAD /m/1/clip.wav None", "GET /m/1/clip.wav None"]
        );
    }

    #[test]
    fn reads_at_the_pace_of_its_playhead_and_seeks_by_range() {
        let mut preset = presets::gmrender();
        preset.quirks.reads_ahead = Some(Duration::from_secs(1));
        let host = host(preset);
        let (files, port) = listen();
        let heard: RefCell<Vec<String>> = RefCell::default();
        // More than the sockets' buffers hold.
        let file = clip::wav(3600, 440.0);
        let uri = format!("http://127.0.0.1:{port}/m/1/clip.wav");
        let story = async {
            let tv = describe(&host).await.unwrap();
            let set = Avt::SetAvTransportUri {
                uri: uri.clone(),
                metadata: String::new(),
            };
            act(&tv, set).await.unwrap();
            act(&tv, Avt::Play).await.unwrap();
            while heard.borrow().is_empty() || host.look(|r, now| r.on_screen(now).is_none()) {
                future::yield_now().await;
            }
            Timer::after(Duration::from_millis(300)).await;
            // The server could send all of it; the renderer did not take it.
            assert_eq!(
                host.look(|r, now| r.reading(now, FetchId(1))),
                Reading::Later(Duration::from_millis(200))
            );
            let target = Duration::from_secs(1800);
            assert_eq!(act(&tv, Avt::Seek { target }).await, Ok(Reply::Done));
            while heard.borrow().len() < 2 || host.look(|r, now| r.on_screen(now).is_none()) {
                future::yield_now().await;
            }
            assert!(host.look(|r, now| r.on_screen(now).unwrap().1) >= target);
        };
        let serving = async {
            // Each connection is served beside the others: the first one is never read to its end.
            future::zip(serve(&files, &file, &heard), serve(&files, &file, &heard)).await;
        };
        tell(&host, None, future::or(story, serving));
        assert_eq!(
            heard.borrow()[1],
            "GET /m/1/clip.wav Some(\"bytes=28800022-\")"
        );
    }

    #[test]
    fn a_dead_media_server_is_told_in_the_answer() {
        let host = host(presets::rygel());
        let (files, port) = listen();
        drop(files);
        let refused = tell(&host, None, async {
            let tv = describe(&host).await.unwrap();
            let uri = format!("http://127.0.0.1:{port}/m/1/clip.wav");
            act(
                &tv,
                Avt::SetAvTransportUri {
                    uri,
                    metadata: String::new(),
                },
            )
            .await
        });
        assert!(matches!(refused, Err(Failure::Refused(error)) if error.code == 716));
    }

    #[test]
    fn is_unreachable_while_off_and_on_another_port_after() {
        let host = host(presets::lg_webos());
        tell(&host, None, async {
            assert!(describe(&host).await.is_ok());
            let before = host.location().unwrap();
            host.remote(Remote::PullPlug);
            future::yield_now().await;
            while describe(&host).await.is_ok() {}
            assert_eq!(describe(&host).await, Err(Failure::Unreachable));
            host.remote(Remote::PowerOn);
            while host.location() == Some(before.clone()) {
                future::yield_now().await;
            }
            assert!(describe(&host).await.is_ok());
        });
    }

    #[test]
    fn answers_a_search_sent_to_it() {
        let host = host(presets::kodi());
        let ssdp = Async::<UdpSocket>::bind(([127, 0, 0, 1], 0)).unwrap();
        let asker = Async::<UdpSocket>::bind(([127, 0, 0, 1], 0)).unwrap();
        tell(&host, Some(&ssdp), async {
            let target = "urn:schemas-upnp-org:device:MediaRenderer:1";
            let search = ssdp::search(target, 0, "127.0.0.1:1900");
            let to = ssdp.get_ref().local_addr().unwrap();
            asker.send_to(search.as_bytes(), to).await.unwrap();
            let mut datagram = [0; 2048];
            let (length, _) = asker.recv_from(&mut datagram).await.unwrap();
            let said = ssdp::parse(&datagram[..length], Ipv4Addr::LOCALHOST).unwrap();
            assert_eq!((said.target.as_str(), said.boot_id), (target, Some(1)));
            assert_eq!(said.location, host.location());
        });
    }
}
