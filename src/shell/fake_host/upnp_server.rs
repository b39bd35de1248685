//! The simulated renderer as a UPnP device: answers requests for descriptions, SOAP calls and subscriptions, sends events (GENA,
//! UDA 1.0 §4.2), announces itself and answers searches (SSDP, UDA 1.0 §1).

use crate::limits::{HEAD_TIMEOUT, NOTIFY_BODY, SOAP_BODY};
use crate::shell::fake_host::{FakeHost, RETRY_PAUSE, TASKS};
use crate::shell::http::body::{Framing, Reader};
use crate::shell::http::client::{HttpRequest, exchange};
use crate::shell::http::{self, RequestHead, server, within};
use crate::sim::{Announce, Call, Endpoint, FakeRenderer};
use crate::time::Duration;
use crate::upnp::action::TransportState;
use crate::upnp::gena::{format_timeout, parse_timeout};
use crate::upnp::{Action, HttpUrl, ServiceKind, ssdp};
use core::future::pending;
use core::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use smol::channel::{Receiver, bounded};
use smol::io::AsyncReadExt;
use smol::{Async, LocalExecutor, Task, Timer, future};
use std::net::{TcpStream, UdpSocket};

/// A root device beside the renderer.
const OTHER_DEVICE: &str = "<root xmlns=\"urn:schemas-upnp-org:device-1-0\"><device>\
    <deviceType>urn:schemas-upnp-org:device:Basic:1</deviceType>\
    <friendlyName>Remote control</friendlyName></device></root>";

impl FakeHost {
    /// Reads a request and answers it, unless the client closes the connection first.
    pub(super) async fn connection(&self, stream: Async<TcpStream>) {
        let mut reader = Reader::new(&stream);
        let request = async {
            let head = reader.head(http::parse_request).await.ok()?;
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

    /// The whole answer to a request; `None`: close without an answer.
    async fn answer(&self, head: &RequestHead, body: &[u8]) -> Option<String> {
        if !self.renderer.borrow().responsive() {
            pending::<()>().await;
        }
        let door = self.renderer.borrow().endpoint(&head.target);
        match (head.method.as_str(), door) {
            ("GET", Endpoint::Description) => {
                let port = self.port.get();
                Some(match self.look(|r, now| r.describe(now, self.address, port)) {
                    Ok(description) => xml(200, &description.write()),
                    Err(status) => server::head(status, &[]),
                })
            }
            ("GET", Endpoint::OtherDevice) => Some(xml(200, OTHER_DEVICE)),
            ("GET", Endpoint::ServiceDescription(kind)) => {
                Some(match self.look(|r, _| r.service_description(kind)) {
                    Ok(service) => xml(200, &service.write()),
                    Err(status) => server::head(status, &[]),
                })
            }
            ("POST", Endpoint::Control(_)) => self.control(head, body).await,
            ("SUBSCRIBE", Endpoint::Event(service)) => Some(self.subscribe(head, service).await),
            ("UNSUBSCRIBE", Endpoint::Event(_)) => {
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
        let text = String::from_utf8_lossy(body);
        let has = |name: &str| text.contains(&format!("<{name}>"));
        let lacks = |action| self.renderer.borrow().lacks_arguments(action, has);
        if action.as_ref().is_some_and(lacks) {
            return Some(xml(500, &FakeRenderer::invalid_arguments().write()));
        }
        self.with(|renderer, now| match &action {
            Some(action) => renderer.act(now, call, action),
            None => renderer.act_unknown(now, call),
        });
        match (receiver.recv().await.ok()?, action) {
            (Ok(reply), Some(action)) => {
                let version = self.renderer.borrow().persona().version;
                let text = reply.write(&action, version);
                Some(xml(200, &self.with_own_state_name(text)))
            }
            (Ok(_), None) => None,
            (Err(error), _) => Some(xml(500, &error.write())),
        }
    }

    /// `text` with the renderer's own name for TRANSITIONING.
    pub(super) fn with_own_state_name(&self, text: String) -> String {
        let name = self.renderer.borrow().quirks().transitioning_name;
        let common = TransportState::Transitioning.as_str();
        if name == common { text } else { text.replace(common, name) }
    }

    async fn subscribe(&self, head: &RequestHead, service: ServiceKind) -> String {
        let headers = &head.headers;
        let asked = parse_timeout(headers.get("TIMEOUT").unwrap_or_default());
        let callback = headers.get("CALLBACK").map(|url| url.trim_matches(['<', '>', ' ']));
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
}

/// Removes a call from the map when its connection ends, answered or not.
struct Forget<'a>(&'a FakeHost, Call);

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.0.answers.borrow_mut().remove(&self.1);
    }
}

fn xml(status: u16, body: &str) -> String {
    let length = body.len().to_string();
    let fields = [("Content-Type", "text/xml; charset=\"utf-8\""), ("Content-Length", &length)];
    server::head(status, &fields) + body
}

/// How long a subscriber may take to accept an event.
const NOTIFY_TIMEOUT: Duration = Duration::from_secs(10);

/// An event to deliver.
#[derive(Debug)]
pub(super) struct EventMessage {
    pub(super) callback: HttpUrl,
    pub(super) sid: String,
    pub(super) seq: u32,
    /// The property set, as XML.
    pub(super) body: String,
}

/// Sends events one after the other, which keeps their order.
pub(super) async fn notify(queue: Receiver<EventMessage>) {
    while let Ok(message) = queue.recv().await {
        let seq = message.seq.to_string();
        let request = HttpRequest {
            method: "NOTIFY",
            url: &message.callback,
            headers: &[
                ("Content-Type", "text/xml; charset=\"utf-8\""),
                ("NT", "upnp:event"),
                ("NTS", "upnp:propchange"),
                ("SID", &message.sid),
                ("SEQ", &seq),
            ],
            body: Some(&message.body),
        };
        // A subscriber that does not answer misses the event: events are not repeated.
        let _ = within(NOTIFY_TIMEOUT, exchange(&request, NOTIFY_BODY)).await;
    }
}

/// The SSDP group.
const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(239, 255, 255, 250), 1900);

impl FakeHost {
    /// Answers searches, multicast or unicast.
    pub(super) async fn answer_searches(&self, socket: &Async<UdpSocket>) {
        let executor = LocalExecutor::new();
        let listen = async {
            let mut answers: Vec<Task<()>> = Vec::new();
            let mut datagram = [0; 2048];
            loop {
                let Ok((length, from)) = socket.recv_from(&mut datagram).await else {
                    Timer::after(RETRY_PAUSE).await;
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
        let Some((udn, location)) = self.location_of(&target) else {
            return;
        };
        let text = self.look(|r, _| {
            let text = ssdp::response(&target, &udn, &location, r.quirks().max_age);
            with_boot_id(r, text)
        });
        // UDP loses datagrams anyway.
        let _ = socket.send_to(text.as_bytes(), to).await;
    }

    /// Announces all targets to the group.
    pub(super) async fn announce(&self, socket: Option<&Async<UdpSocket>>, what: Announce) {
        let Some(socket) = socket else {
            return;
        };
        let texts: Vec<String> = self.look(|r, _| {
            let max_age = r.quirks().max_age;
            let of = |target: String| {
                let (udn, location) = self.location_of(&target)?;
                Some(match what {
                    Announce::Alive => {
                        with_boot_id(r, ssdp::alive(&target, &udn, &location, max_age))
                    }
                    Announce::Byebye => ssdp::byebye(&target, &udn),
                })
            };
            r.targets().into_iter().filter_map(of).collect()
        });
        for text in texts {
            let _ = socket.send_to(text.as_bytes(), GROUP).await;
        }
    }
}

fn with_boot_id(renderer: &FakeRenderer, mut text: String) -> String {
    if renderer.quirks().tells_boot_id {
        let before_blank_line = text.len().saturating_sub(2);
        text.insert_str(before_blank_line, &format!("BOOTID.UPNP.ORG: {}\r\n", renderer.boots()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::tests::{host, tell};
    use crate::sim::presets;
    use crate::upnp::ssdp;
    use core::net::Ipv4Addr;
    use smol::Async;
    use std::net::UdpSocket;

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
