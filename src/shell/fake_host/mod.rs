//! Gives a simulated renderer real sockets: its description, control and events over TCP, its answers to searches over UDP, and
//! its fetches as a client of the media server.
//!
//! The host decides nothing: each request goes to the [`FakeRenderer`], each output of the renderer is carried out. A renderer that
//! is switched off has no listener; one that hangs accepts connections and never answers. Declare the host before the executor, so
//! that tasks can borrow it.

mod media_client;
mod upnp_server;

use crate::sim::{Call, FakeRenderer, FetchId, Output, Remote};
use crate::time::{Duration, Instant};
use crate::upnp::{HttpUrl, Reply, Udn, UpnpError};
use core::cell::{Cell, RefCell};
use core::future::{pending, poll_fn};
use core::net::{Ipv4Addr, SocketAddrV4};
use core::task::{Poll, Waker};
use smol::channel::{Sender, unbounded};
use smol::{Async, LocalExecutor, Task, Timer, future};
use socket2::SockRef;
use std::collections::BTreeMap;
use std::net::{TcpListener, UdpSocket};
use upnp_server::{EventMessage, notify};

/// How many connections, or answers to searches, are handled at once.
const TASKS: usize = 64;
/// Pause after accept or bind failed.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

type Answered = Result<Reply, UpnpError>;

/// A simulated renderer and the state that its sockets share.
#[derive(Debug)]
pub struct FakeHost {
    renderer: RefCell<FakeRenderer>,
    address: Ipv4Addr,
    port: Cell<u16>,
    started: std::time::Instant,
    calls: Cell<u32>,
    answers: RefCell<BTreeMap<Call, Sender<Answered>>>,
    /// Notified when the renderer may have something to do.
    work: WakeSignal,
    /// Notified when it may have been switched on or off.
    power: WakeSignal,
}

impl FakeHost {
    /// A host for `renderer` at `address`. Port 0 means any free port.
    pub fn new(renderer: FakeRenderer, address: Ipv4Addr, port: u16) -> Self {
        Self {
            renderer: RefCell::new(renderer),
            address,
            port: Cell::new(port),
            started: std::time::Instant::now(),
            calls: Cell::new(0),
            answers: RefCell::default(),
            work: WakeSignal::default(),
            power: WakeSignal::default(),
        }
    }

    /// Reads the state of the renderer.
    pub fn look<T>(&self, at: impl FnOnce(&FakeRenderer, Instant) -> T) -> T {
        at(&self.renderer.borrow(), self.now())
    }

    /// A viewer does something at the renderer itself.
    pub fn remote(&self, what: Remote) {
        self.with(|renderer, now| renderer.remote(now, what));
        if !self.renderer.borrow().is_on() {
            // A client that waits for an answer sees its connection close.
            self.answers.borrow_mut().clear();
        }
        self.power.notify();
    }

    /// LOCATION, once it listens.
    pub fn location(&self) -> Option<HttpUrl> {
        self.location_of("upnp:rootdevice").map(|(_, location)| location)
    }

    /// UDN and LOCATION of the device that this search target finds.
    fn location_of(&self, target: &str) -> Option<(Udn, HttpUrl)> {
        let (udn, path) = self.renderer.borrow().device_behind(target);
        Some((udn, HttpUrl::new(self.address, self.port.get(), &path)?))
    }

    /// Listens and runs for ever; ends with a sentence if it cannot listen. Answers searches and sends announcements on `ssdp`, if
    /// it is given.
    pub async fn run<'a>(
        &'a self,
        executor: &LocalExecutor<'a>,
        ssdp: Option<&'a Async<UdpSocket>>,
    ) -> String {
        if let Some(socket) = ssdp {
            // Announcements are sent only from the renderer's own interface.
            let _ = SockRef::from(socket.get_ref()).set_multicast_if_v4(&self.address);
        }
        let (events, queue) = unbounded();
        let _notifier = executor.spawn(notify(queue));
        let _hearing = ssdp.map(|socket| executor.spawn(self.answer_searches(socket)));
        future::or(self.listen(executor), self.drive(executor, ssdp, events)).await
    }

    fn now(&self) -> Instant {
        let micros = self.started.elapsed().as_micros();
        Instant::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    fn with<T>(&self, does: impl FnOnce(&mut FakeRenderer, Instant) -> T) -> T {
        let done = does(&mut self.renderer.borrow_mut(), self.now());
        self.work.notify();
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
                self.power.notified().await;
                continue;
            }
            let Some(listening) = &listener else {
                let port = if boots > 0 && moves { 0 } else { self.port.get() };
                match Async::<TcpListener>::bind(SocketAddrV4::new(self.address, port)) {
                    Ok(bound) => {
                        let local = bound.get_ref().local_addr();
                        self.port.set(local.map_or(port, |local| local.port()));
                        listener = Some(bound);
                        boots = boot;
                        self.work.notify();
                    }
                    // Connections from before the restart may still hold the port.
                    Err(_) if boots > 0 => drop(Timer::after(RETRY_PAUSE).await),
                    Err(error) => {
                        return format!("cannot listen on {}:{port}: {error}", self.address);
                    }
                }
                continue;
            };
            let accepted = future::or(async { Some(listening.accept().await) }, async {
                self.power.notified().await;
                None
            });
            match accepted.await {
                Some(Ok((stream, _))) => {
                    open.retain(|task| !task.is_finished());
                    if open.len() < TASKS {
                        open.push(executor.spawn(self.connection(stream)));
                    }
                }
                Some(Err(_)) => drop(Timer::after(RETRY_PAUSE).await),
                None => {}
            }
        }
    }

    /// Carries out the outputs of the renderer, and wakes it at its deadlines.
    async fn drive<'a>(
        &'a self,
        executor: &LocalExecutor<'a>,
        ssdp: Option<&'a Async<UdpSocket>>,
        events: Sender<EventMessage>,
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
                    Output::Notify { callback, sid, seq, change, .. } => {
                        let _ = events.try_send(EventMessage {
                            callback,
                            sid,
                            seq,
                            body: self.with_own_state_name(change.write()),
                        });
                    }
                    Output::Announce(what) => self.announce(ssdp, what).await,
                }
            }
            let due = self.renderer.borrow().next_deadline();
            future::or(self.work.notified(), async {
                match due {
                    Some(due) => drop(Timer::after(due.since(self.now())).await),
                    None => pending().await,
                }
            })
            .await;
        }
    }
}

/// Wakes the one task that waits for it; a notification is kept until then.
#[derive(Debug, Default)]
struct WakeSignal {
    pending: Cell<bool>,
    waiter: RefCell<Option<Waker>>,
}

impl WakeSignal {
    fn notify(&self) {
        self.pending.set(true);
        if let Some(waiter) = self.waiter.take() {
            waiter.wake();
        }
    }

    async fn notified(&self) {
        poll_fn(|cx| {
            if self.pending.take() {
                return Poll::Ready(());
            }
            self.waiter.replace(Some(cx.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo;
    use crate::kiosk::effect::Request;
    use crate::kiosk::event::{Answer, Failure};
    use crate::limits::NOTIFY_BODY;
    use crate::shell::http::body::{Framing, Reader};
    use crate::shell::http::{parse_request, server, within};
    use crate::shell::upnp_client;
    use crate::sim::presets::{self, Preset};
    use crate::time::Duration;
    use crate::upnp::action::TransportState;
    use crate::upnp::description::Description;
    use crate::upnp::gena::LastChange;
    use crate::upnp::{Action, Reply, Udn};
    use core::cell::RefCell;
    use core::net::Ipv4Addr;
    use smol::io::AsyncWriteExt;
    use smol::{Async, LocalExecutor, future};
    use std::net::{TcpListener, UdpSocket};

    /// A host with a renderer of this kind, not running yet.
    pub(super) fn host(preset: Preset) -> FakeHost {
        let tv = preset.renderer(Udn::new("uuid:tv-1").unwrap(), "TV 1", 1);
        FakeHost::new(tv, Ipv4Addr::LOCALHOST, 0)
    }

    /// A listener on loopback, and its port.
    pub(super) fn listen() -> (Async<TcpListener>, u16) {
        let listener = Async::<TcpListener>::bind(([127, 0, 0, 1], 0)).unwrap();
        let port = listener.get_ref().local_addr().unwrap().port();
        (listener, port)
    }

    /// Runs `host` and `story` on one executor. A story that takes 20 s has failed.
    pub(super) fn tell<'a, T>(
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

    pub(super) async fn describe(host: &FakeHost) -> Result<Description, Failure> {
        let location = host.location().unwrap();
        match upnp_client::run(&Request::Describe { location }).await.0? {
            Answer::Description(description) => Ok(*description),
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn act(tv: &Description, action: Action) -> Result<Reply, Failure> {
        let request = Request::Act {
            url: tv.av_transport.control_url.clone(),
            version: tv.av_transport.version,
            action,
            surplus: Vec::new(),
        };
        match upnp_client::run(&request).await.0? {
            Answer::Reply(reply) => Ok(reply),
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn state(tv: &Description) -> TransportState {
        match act(tv, Action::GetTransportInfo).await {
            Ok(Reply::TransportInfo(info)) => info.state.unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// Serves `file` for ever, with ranges, and records the first line and the range of each request.
    pub(super) async fn serve(
        listener: &Async<TcpListener>,
        file: &[u8],
        heard: &RefCell<Vec<String>>,
    ) {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let request = Reader::new(&stream).head(parse_request).await.unwrap();
            let range = request.headers.get("Range").map(str::to_owned);
            let from = range
                .as_deref()
                .and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
            let body = &file[from.unwrap_or(0)..];
            heard.borrow_mut().push(format!("{} {} {range:?}", request.method, request.target));
            let length = body.len().to_string();
            let status = if from.is_some() { 206 } else { 200 };
            let fields = [
                ("Content-Type", "audio/wav"),
                ("Content-Length", &length),
                ("contentFeatures.dlna.org", "DLNA.ORG_OP=01"),
            ];
            (&stream).write_all(server::head(status, &fields).as_bytes()).await.unwrap();
            if request.method == "GET" {
                let _ = (&stream).write_all(body).await;
            }
        }
    }

    /// Receives one event; returns its SEQ and its content.
    pub(super) async fn event(listener: &Async<TcpListener>) -> (String, LastChange) {
        let (stream, _) = listener.accept().await.unwrap();
        let mut reader = Reader::new(&stream);
        let head = reader.head(parse_request).await.unwrap();
        let framing = Framing::of(&head.headers, Framing::Length(0));
        let body = reader.body(framing, NOTIFY_BODY).await.unwrap();
        server::answer(&stream, &server::head(200, &[])).await;
        assert_eq!(head.method, "NOTIFY");
        (head.headers.get("SEQ").unwrap().to_owned(), LastChange::parse(&body).unwrap())
    }

    #[test]
    fn plays_a_file_to_its_end_and_sends_events_to_its_subscriber() {
        let host = host(presets::rygel());
        let (files, port) = listen();
        let (callback, callback_port) = listen();
        let heard: RefCell<Vec<String>> = RefCell::default();
        let file = demo::wav(1, 440.0);
        let uri = format!("http://127.0.0.1:{port}/m/1/clip.wav");
        let story = async {
            let tv = describe(&host).await.unwrap();
            assert_eq!((tv.friendly_name.as_str(), tv.av_transport.version), ("TV 1", 2));
            let subscribe = Request::Subscribe {
                url: tv.av_transport.event_url.clone().unwrap(),
                callback: Box::new(
                    HttpUrl::new(Ipv4Addr::LOCALHOST, callback_port, "/e/1").unwrap(),
                ),
                timeout: Duration::from_secs(300),
            };
            let granted = upnp_client::run(&subscribe).await.0.unwrap();
            assert!(
                matches!(granted, Answer::Subscribed { sid: Some(_), timeout } if timeout.as_secs() == 300)
            );
            assert_eq!(event(&callback).await.0, "0");

            let set = Action::SetAvTransportUri { uri: uri.clone(), metadata: String::new() };
            assert_eq!(act(&tv, set).await, Ok(Reply::Done));
            assert_eq!(act(&tv, Action::Play).await, Ok(Reply::Done));
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
        assert_eq!(*heard.borrow(), ["HEAD /m/1/clip.wav None", "GET /m/1/clip.wav None"]);
    }

    #[test]
    fn is_unreachable_while_off_and_then_on_another_port() {
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
}
