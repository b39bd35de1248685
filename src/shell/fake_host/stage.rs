//! What the tests of the host share: a renderer behind it, a media server, a subscriber.

use super::super::http::body::{Framing, Reader};
use super::super::http::{head, server, within};
use super::super::upnp_client;
use super::FakeHost;
use crate::kiosk::effect::Errand;
use crate::kiosk::event::{Answer, Failure};
use crate::limits::NOTIFY_BODY;
use crate::sim::presets::Preset;
use crate::time::Duration;
use crate::upnp::av_transport::{Action as Avt, Reply as AvtReply, TransportState};
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

/// Runs `host` and `story` on one executor; a story that takes 20 s has failed.
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
    match upnp_client::run(&Errand::Describe { location }).await.0? {
        Answer::Description(description) => Ok(*description),
        other => panic!("{other:?}"),
    }
}

pub(super) async fn act(tv: &Description, action: Avt) -> Result<Reply, Failure> {
    let errand = Errand::Act {
        url: tv.av_transport.control_url.clone(),
        version: tv.av_transport.version,
        action: Action::AvTransport(action),
        surplus: Vec::new(),
    };
    match upnp_client::run(&errand).await.0? {
        Answer::Reply(reply) => Ok(reply),
        other => panic!("{other:?}"),
    }
}

pub(super) async fn state(tv: &Description) -> TransportState {
    match act(tv, Avt::GetTransportInfo).await {
        Ok(Reply::AvTransport(AvtReply::TransportInfo(info))) => info.state.unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Serves `file` for ever, with ranges; tells each request's first line and range.
pub(super) async fn serve(
    listener: &Async<TcpListener>,
    file: &[u8],
    heard: &RefCell<Vec<String>>,
) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let request = Reader::new(&stream).head(head::request).await.unwrap();
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

/// Takes one event: its SEQ and what it says.
pub(super) async fn event(listener: &Async<TcpListener>) -> (String, LastChange) {
    let (stream, _) = listener.accept().await.unwrap();
    let mut reader = Reader::new(&stream);
    let head = reader.head(head::request).await.unwrap();
    let framing = Framing::of(&head.headers, Framing::Length(0));
    let body = reader.body(framing, NOTIFY_BODY).await.unwrap();
    server::answer(&stream, &server::head(200, &[])).await;
    assert_eq!(head.method, "NOTIFY");
    (head.headers.get("SEQ").unwrap().to_owned(), LastChange::parse(&body).unwrap())
}
