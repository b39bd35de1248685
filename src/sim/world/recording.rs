//! What is seen of a world from outside: screens, trace, and a record of everything that the box sends.
//!
//! The record holds the text of each message, its destination and its time. It consists only of what is sent, never of
//! a `Debug` rendering. So it stays the same when types, files or log messages change, and differs as soon as the box
//! sends something else, elsewhere or at another time.

use super::{Node, PORT, World};
use crate::kiosk::effect::{Published, Request};
use crate::kiosk::trace::Entry;
use crate::time::{Duration, Instant};
use crate::upnp::{HttpUrl, gena, ssdp};
use core::hash::Hasher;
use core::net::SocketAddrV4;
use siphasher::sip::SipHasher13;

/// How many entries of the flight recorder a failure message shows.
const SHOWN_ENTRIES: usize = 256;
/// How many actions a failure message shows.
const SHOWN_ACTIONS: usize = 30;
impl World {
    /// What an audience sees: the name of this box's file, and the position in it.
    pub fn screen(&self, node: usize) -> Option<(&str, Duration)> {
        let (uri, position) = self.nodes[node].renderer.on_screen(self.now)?;
        let ours = uri.strip_prefix(&format!("http://{}:{PORT}/m/", self.address))?;
        Some((ours.rsplit('/').next()?, position))
    }

    /// Returns whether this file is on the screen.
    pub fn shows(&self, node: usize, file: &str) -> bool {
        self.screen(node).is_some_and(|(name, _)| name == file)
    }

    /// The last entries of the flight recorder, one per line, with milliseconds.
    pub fn trace(&self, last: usize) -> Vec<String> {
        let line = |entry: &Entry| {
            let at = self.booted_at + entry.at.since(Instant::START);
            format!("{:>9} {entry}", at.as_micros() / 1000)
        };
        self.kiosk.trace().told(last).map(line).collect()
    }

    /// A hash of what every step did: the same for the same seed.
    pub fn fingerprint(&self) -> u64 {
        self.invariants.fingerprint()
    }

    /// Records what the box sends from now on, as text, too, if `keeps_text`.
    pub fn record_wire(&mut self, keeps_text: bool) {
        self.wire = Some(Wire::new(keeps_text));
    }

    /// Takes what was recorded since the last call.
    pub fn take_wire(&mut self) -> Option<(Digest, Vec<String>)> {
        self.wire.as_mut().map(Wire::take)
    }

    /// Records an action for failure messages.
    pub fn log_action(&mut self, action: String) {
        if self.action_log.len() == SHOWN_ACTIONS {
            self.action_log.pop_front();
        }
        self.action_log.push_back((self.now, action));
    }

    /// Forgets old records, so that simulated years need no memory.
    pub fn forget(&mut self) {
        self.fed.drain(..self.fed.len().saturating_sub(1));
        self.reasons.drain(..self.reasons.len().saturating_sub(1));
        self.restarted.clear();
        self.nodes.iter_mut().for_each(Node::forget);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}, at {} ms", self.scenario.seed, self.now.as_micros() / 1000);
            for (at, action) in &self.action_log {
                eprintln!("{:>9} {action}", at.as_micros() / 1000);
            }
            for line in self.trace(SHOWN_ENTRIES) {
                eprintln!("{line}");
            }
            let status = self.kiosk.status(self.box_time());
            let status = serde_json::to_value(status).unwrap_or_default();
            for (i, node) in self.nodes.iter().enumerate() {
                eprintln!("{}\n{}", node.describe_for_failure(), status["renderers"][i]);
            }
        }
    }
}

/// The keys are fixed, because digests are compared with those of other builds.
const KEYS: (u64, u64) = (0x646c_6e61, 0x6b_696f_736b);

/// Everything that the box sent within one period.
#[derive(Debug)]
pub struct Wire {
    messages: u64,
    /// Messages to renderers. LEDs are hashed apart, because their order relative to messages at the same time means
    /// nothing.
    network: SipHasher13,
    leds: SipHasher13,
    /// The text of each message, if it is wanted.
    log: Option<Vec<String>>,
}

/// The summary of one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest {
    /// The number of messages and LED changes.
    pub messages: u64,
    /// The digest of all of them.
    pub digest: u64,
}

impl Wire {
    /// Creates an empty record, which keeps the text of each message if `keeps_text`.
    pub fn new(keeps_text: bool) -> Self {
        let hasher = || SipHasher13::new_with_keys(KEYS.0, KEYS.1);
        Self { messages: 0, network: hasher(), leds: hasher(), log: keeps_text.then(Vec::new) }
    }

    /// Ends a period: returns its digest and its text, and starts the next one.
    pub fn take(&mut self) -> (Digest, Vec<String>) {
        let over = core::mem::replace(self, Self::new(self.log.is_some()));
        let mut both = SipHasher13::new_with_keys(KEYS.0, KEYS.1);
        both.write(&over.network.finish().to_le_bytes());
        both.write(&over.leds.finish().to_le_bytes());
        let digest = Digest { messages: over.messages, digest: both.finish() };
        (digest, over.log.unwrap_or_default())
    }

    fn note(&mut self, at: Instant, to: &str, text: &str, led: bool) {
        self.messages += 1;
        let hasher = if led { &mut self.leds } else { &mut self.network };
        hasher.write(&at.as_micros().to_le_bytes());
        for part in [to, text] {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            hasher.write(&length.to_le_bytes());
            hasher.write(part.as_bytes());
        }
        if let Some(log) = &mut self.log {
            log.push(format!("{} us, to {to}\n{text}\n", at.as_micros()));
        }
    }

    /// A request to a renderer.
    pub(super) fn request(&mut self, at: Instant, request: &Request) {
        let url = super::driver::place(request);
        self.note(at, &format!("{}:{}", url.host, url.port), &request_text(request), false);
    }

    /// The box gives up the request to this destination and closes the connection.
    pub(super) fn closed(&mut self, at: Instant, host: core::net::Ipv4Addr, port: u16) {
        self.note(at, &format!("{host}:{port}"), "(the box closes the connection)", false);
    }

    /// A search, by multicast or to one address.
    pub(super) fn search(&mut self, at: Instant, address: Option<SocketAddrV4>) {
        let to = address.unwrap_or(ssdp::GROUP).to_string();
        for target in ssdp::TARGETS {
            self.note(at, &to, &ssdp::search(target, 1, &to), false);
        }
    }

    /// The head of the media server's answer, as far as the simulation has one, and the file that follows.
    pub(super) fn media(
        &mut self,
        at: Instant,
        client: core::net::Ipv4Addr,
        request: &str,
        published: Option<&Published>,
        status: u16,
    ) {
        let mut text = format!("{request}\r\nHTTP/1.1 {status}\r\n");
        if let Some(published) = published {
            let path = published.path.display();
            let features = &published.content_features;
            text.push_str(&format!(
                "Content-Type: {}\r\ncontentFeatures.dlna.org: {features}\r\n{path}, {} bytes\r\n",
                published.mime, published.size
            ));
            if let Some(subtitles) = &published.subtitles {
                let (url, path) = (&subtitles.url, subtitles.path.display());
                let mime = subtitles.format.mime;
                text.push_str(&format!("CaptionInfo.sec: {url}\r\n{path}, {mime}\r\n"));
                text.push_str(if subtitles.unasked { "unasked\r\n" } else { "" });
            }
        }
        self.note(at, &client.to_string(), &text, false);
    }

    /// The answer to a NOTIFY.
    pub(super) fn notified(&mut self, at: Instant, client: core::net::Ipv4Addr, known: bool) {
        let text = if known { "HTTP/1.1 200 OK" } else { "HTTP/1.1 412 Precondition Failed" };
        self.note(at, &client.to_string(), text, false);
    }

    /// An LED changes.
    pub(super) fn led(&mut self, at: Instant, led: u8, lit: bool) {
        self.note(at, &format!("LED {led}"), if lit { "on" } else { "off" }, true);
    }

    /// The box exits, or has the machine switched off.
    pub(super) fn machine(&mut self, at: Instant, text: &str) {
        self.note(at, "the machine", text, false);
    }
}

/// Returns the text of a request as it is sent, without User-Agent and Connection, which are the same in every request.
pub fn request_text(request: &Request) -> String {
    let get = |url| text("GET", url, &[], "");
    match request {
        Request::Describe { location } => get(location),
        Request::DescribeService { url } => get(url),
        Request::Act { url, version, action, surplus } => {
            let soap_action = action.soap_action(*version);
            let content_type = ("Content-Type", "text/xml; charset=\"utf-8\"");
            let fields = [content_type, ("SOAPACTION", &soap_action)];
            text("POST", url, &fields, &action.write_with(*version, surplus))
        }
        Request::Subscribe { url, callback, timeout } => {
            let (callback, timeout) = (format!("<{callback}>"), gena::format_timeout(*timeout));
            let fields =
                [("CALLBACK", callback.as_str()), ("NT", "upnp:event"), ("TIMEOUT", &timeout)];
            text("SUBSCRIBE", url, &fields, "")
        }
        Request::Renew { url, sid, timeout } => {
            let timeout = gena::format_timeout(*timeout);
            text("SUBSCRIBE", url, &[("SID", sid), ("TIMEOUT", &timeout)], "")
        }
        Request::Unsubscribe { url, sid } => text("UNSUBSCRIBE", url, &[("SID", sid)], ""),
    }
}

fn text(method: &str, url: &HttpUrl, fields: &[(&str, &str)], body: &str) -> String {
    let HttpUrl { host, port, path } = url;
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\n");
    if !body.is_empty() {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    for (name, value) in fields {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text
}
