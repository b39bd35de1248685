//! A renderer in its place: its address, what was asked of it, and what an audience saw of it.

use super::invariants::Observed;
use crate::kiosk::effect::Request;
use crate::kiosk::event::{Answer, Event, Failure};
use crate::sim::fake_renderer::FakeRenderer;
use crate::sim::presets::Preset;
use crate::text::clip;
use crate::time::{Duration, Instant};
use crate::upnp::ssdp::{Announcement, MessageKind};
use crate::upnp::{Action, HttpUrl, Udn};
use core::net::Ipv4Addr;

/// How many calls are kept when older ones are forgotten.
const REMEMBERED: usize = 100;

#[derive(Debug)]
pub struct Node {
    pub renderer: FakeRenderer,
    pub(super) host: Ipv4Addr,
    pub(super) port: u16,
    first_port: u16,
    /// A second port at which it listens and announces itself.
    pub(super) second_port: Option<u16>,
    /// Requests that arrived while it hung.
    pub(super) waiting: Vec<(u32, Box<Request>)>,
    /// Every call that was made to it.
    pub calls: Vec<Exchange>,
    /// What was shown on it before.
    pub rounds: Vec<Round>,
    /// What is shown, and since when.
    shown: Option<(String, Instant)>,
    /// The connection to the box is cut.
    pub(super) cut: bool,
    /// The owner wants it to play.
    pub(super) is_wanted: bool,
    pub(super) observed: Observed,
    pub(super) call_failures: CallFailures,
    /// How many events the box accepted.
    pub events: u32,
    pub rejected_events: u32,
}

/// How many calls in a row failed, and how.
#[derive(Debug, Default)]
pub(super) struct CallFailures {
    pub(super) count: usize,
    /// When the last call failed.
    pub(super) since: Instant,
    /// It accepted the connection and did not answer.
    pub(super) hung: bool,
    /// It gave a sign of life since.
    pub(super) sign_of_life: bool,
}

impl CallFailures {
    /// A call ended.
    pub(super) fn note(&mut self, now: Instant, outcome: &Result<Answer, Failure>) {
        match outcome {
            Err(failure @ (Failure::Unreachable | Failure::Timeout)) => {
                let count = self.count + 1;
                let hung = *failure == Failure::Timeout;
                *self = Self { count, since: now, hung, sign_of_life: false };
            }
            _ => *self = Self::default(),
        }
    }
}

/// One call, as stories ask about it.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub at: Instant,
    pub(super) number: u32,
    pub what: &'static str,
    /// The URI, or the callback.
    pub about: String,
    /// The UPnP error or HTTP status with which it was refused.
    pub refused: Option<u16>,
}

/// One showing of a file, from its first picture to its last.
#[derive(Clone, Debug)]
pub struct Round {
    pub from: Instant,
    pub until: Instant,
    pub uri: String,
    /// The last position in the file.
    pub played: Duration,
}

impl Node {
    pub(super) fn new(preset: &Preset, number: u8, seed: u64) -> Self {
        let udn = Udn::new(&format!("uuid:tv-{number}")).expect("not empty");
        let renderer =
            preset.renderer(udn, &format!("TV {number}"), seed ^ u64::from(number) << 32);
        Self {
            host: Ipv4Addr::new(10, 0, 0, 10 + number),
            port: preset.port,
            first_port: preset.port,
            second_port: None,
            renderer,
            waiting: Vec::new(),
            calls: Vec::new(),
            rounds: Vec::new(),
            shown: None,
            cut: false,
            is_wanted: false,
            observed: Observed::default(),
            call_failures: CallFailures::default(),
            events: 0,
            rejected_events: 0,
        }
    }

    /// It is about to be switched on.
    pub(super) fn prepare_boot(&mut self) {
        if self.renderer.quirks().new_port_at_boot {
            self.port = self.first_port + u16::try_from(self.renderer.boots()).unwrap_or(1);
        }
        self.waiting.clear();
    }

    /// It announces a second port.
    pub(super) fn announce_second(&mut self) -> Event {
        let second = self.port + 100;
        self.second_port = Some(second);
        let first = core::mem::replace(&mut self.port, second);
        let event = self.announcement(MessageKind::Alive, "upnp:rootdevice");
        self.port = first;
        event
    }

    pub(super) fn announcement(&self, kind: MessageKind, target: &str) -> Event {
        let (udn, path) = self.renderer.device_behind(target);
        let quirks = self.renderer.quirks();
        let location = HttpUrl::new(self.host, self.port, &path);
        let announcement = Announcement {
            kind,
            from: self.host,
            udn,
            target: clip(target),
            location: location.filter(|_| kind != MessageKind::Byebye),
            max_age: Some(quirks.max_age).filter(|_| kind != MessageKind::Byebye),
            boot_id: quirks.tells_boot_id.then(|| self.renderer.boots()),
            config_id: None,
        };
        Event::Heard(Box::new(announcement))
    }

    pub(super) fn note_call(&mut self, at: Instant, number: u32, request: &Request) {
        let (what, about) = match request {
            Request::Describe { .. } => ("Describe", String::new()),
            Request::DescribeService { .. } => ("DescribeService", String::new()),
            Request::Subscribe { callback, .. } => ("SUBSCRIBE", callback.to_string()),
            Request::Renew { .. } => ("Renew", String::new()),
            Request::Unsubscribe { .. } => ("UNSUBSCRIBE", String::new()),
            Request::Act { action, .. } => {
                let about = match action {
                    Action::SetAvTransportUri { uri, .. }
                    | Action::SetNextAvTransportUri { uri, .. } => uri.clone(),
                    _ => String::new(),
                };
                (action.name(), about)
            }
        };
        self.calls.push(Exchange { at, number, what, about, refused: None });
    }

    pub(super) fn note_refusal(&mut self, number: u32, code: u16) {
        if let Some(call) = self.calls.iter_mut().rev().find(|c| c.number == number) {
            call.refused = Some(code);
        }
    }

    /// The calls with this name.
    pub fn called(&self, what: &str) -> Vec<&Exchange> {
        self.calls.iter().filter(|call| call.what == what).collect()
    }

    /// The last calls, for failure messages.
    pub(super) fn describe_for_failure(&self) -> String {
        let mut text =
            format!("{}: {:?}", self.renderer.persona().model_name, self.renderer.state());
        for call in self.calls.iter().rev().take(16).rev() {
            let millis = call.at.as_micros() / 1000;
            let refused = call.refused.map_or(String::new(), |code| format!(" {code}"));
            text += &format!(", {millis} {}{refused}", call.what);
        }
        text
    }

    /// The position that an audience sees now.
    pub(super) fn look(&self, now: Instant) -> Option<Duration> {
        self.renderer.on_screen(now).map(|(_, position)| position)
    }

    /// Compares what is seen with what was seen just before something happened.
    pub(super) fn observe(&mut self, now: Instant, before: Option<Duration>) {
        let after = self.renderer.on_screen(now);
        let goes_on = match (&self.shown, before, after) {
            (Some((old, _)), Some(from), Some((new, to))) => {
                old == new && to + Duration::from_millis(1) >= from
            }
            (None, _, None) => true,
            _ => false,
        };
        if goes_on {
            return;
        }
        let after = after.map(|(uri, _)| (uri.to_owned(), now));
        if let (Some((uri, from)), Some(played)) =
            (core::mem::replace(&mut self.shown, after), before)
        {
            self.rounds.push(Round { from, until: now, uri, played });
        }
    }

    /// Forgets old calls and rounds.
    pub(super) fn forget(&mut self) {
        self.calls.drain(..self.calls.len().saturating_sub(REMEMBERED));
        self.rounds.clear();
    }

    /// Since when what is shown has been shown.
    pub fn shown_since(&self) -> Option<Instant> {
        self.shown.as_ref().map(|(_, since)| *since)
    }

    /// The dark times between rounds.
    pub fn gaps(&self) -> Vec<Duration> {
        let pairs = self.rounds.windows(2);
        pairs.map(|two| two[1].from.since(two[0].until)).collect()
    }
}
