//! Requests to a simulated renderer: its description, SOAP calls, subscriptions.

use super::super::http::body::{Framing, Reader};
use super::super::http::head::{self, RequestHead};
use super::super::http::{server, within};
use super::FakeHost;
use crate::limits::{HEAD_TIMEOUT, SOAP_BODY};
use crate::sim::{Call, Door, FakeRenderer};
use crate::time::Duration;
use crate::upnp::av_transport::TransportState;
use crate::upnp::gena::{format_timeout, parse_timeout};
use crate::upnp::{Action, HttpUrl, ServiceKind};
use core::future::pending;
use smol::channel::bounded;
use smol::io::AsyncReadExt;
use smol::{Async, Timer, future};
use std::net::TcpStream;

/// A root device beside the renderer.
const OTHER_DEVICE: &str = "<root xmlns=\"urn:schemas-upnp-org:device-1-0\"><device>\
    <deviceType>urn:schemas-upnp-org:device:Basic:1</deviceType>\
    <friendlyName>Remote control</friendlyName></device></root>";

impl FakeHost {
    /// Reads a request and answers it, unless who asked goes first.
    pub(super) async fn connection(&self, stream: Async<TcpStream>) {
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
        let door = self.renderer.borrow().door(&head.target);
        match (head.method.as_str(), door) {
            ("GET", Door::Description) => {
                let port = self.port.get();
                Some(match self.look(|r, now| r.describe(now, self.address, port)) {
                    Ok(description) => xml(200, &description.write()),
                    Err(status) => server::head(status, &[]),
                })
            }
            ("GET", Door::OtherDevice) => Some(xml(200, OTHER_DEVICE)),
            ("GET", Door::Survey(kind)) => Some(match self.look(|r, _| r.survey(kind)) {
                Ok(survey) => xml(200, &survey.write()),
                Err(status) => server::head(status, &[]),
            }),
            ("POST", Door::Control(_)) => self.control(head, body).await,
            ("SUBSCRIBE", Door::Event(service)) => Some(self.subscribe(head, service).await),
            ("UNSUBSCRIBE", Door::Event(_)) => {
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
                Some(xml(200, &self.in_its_words(text)))
            }
            (Ok(_), None) => None,
            (Err(error), _) => Some(xml(500, &error.write())),
        }
    }

    /// `text` with its own name for TRANSITIONING.
    pub(super) fn in_its_words(&self, text: String) -> String {
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

/// Takes a call out of the map when its connection ends, answered or not.
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
