//! Timed dialogues with simulated renderers: what they do, when, and when they are silent.

mod habits;
mod network;
mod places;
mod playing;
mod renderers;

use super::presets::{self, Preset};
use super::quirks::*;
use super::*;
use crate::media::mime::Kind;
use crate::time::{Duration, Instant};
use crate::upnp::action::{MediaInfo, PositionInfo, TransportState, TransportState::*};
use crate::upnp::didl::{Item, Rung};
use crate::upnp::gena::LastChange;
use crate::upnp::{Action, HttpUrl, Reply, ServiceKind, Udn};
use std::collections::HashMap;

const CLIP: &str = "http://10.0.0.1:9000/m/1/a.wav";
const OTHER: &str = "http://10.0.0.1:9000/m/2/b.wav";

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// How the media server of a room answers.
struct Server {
    status: u16,
    mime: &'static str,
    ranges: bool,
    features: bool,
    /// Per mille of the body that come before it stalls.
    brings: u64,
}

/// A renderer, a clock and a media server that answers at once.
struct Room {
    tv: FakeRenderer,
    now: Instant,
    server: Server,
    calls: u32,
    answers: HashMap<Call, (Instant, Result<Reply, u16>)>,
    fetches: Vec<(Method, String, Option<u64>)>,
    events: Vec<(u64, u32, LastChange)>,
    announced: Vec<(u64, Announce)>,
}

const LENGTH: u64 = 10_000;

impl Room {
    fn with(quirks: Quirks) -> Self {
        Self::of(Preset { quirks, ..presets::well_behaved() })
    }

    fn of(preset: Preset) -> Self {
        let tv = preset.renderer(Udn::new("uuid:tv-1").unwrap(), "TV 1", 7);
        let server =
            Server { status: 200, mime: "audio/wav", ranges: true, features: true, brings: 1000 };
        Self {
            tv,
            now: Instant::START,
            server,
            calls: 0,
            answers: HashMap::new(),
            fetches: Vec::new(),
            events: Vec::new(),
            announced: Vec::new(),
        }
    }

    fn listening(mut self) -> Self {
        let callback = HttpUrl::parse("http://10.0.0.1:9000/e/1").unwrap();
        for service in [ServiceKind::AvTransport, ServiceKind::RenderingControl] {
            let granted = self.tv.subscribe(self.now, service, callback.clone(), ms(3_600_000));
            granted.unwrap();
        }
        self.until(10);
        self.events.clear();
        self
    }

    fn serve(&mut self, fetch: &Fetch) {
        let Server { status, mime, ranges, features, brings } = self.server;
        self.fetches.push((fetch.method, fetch.url.clone(), fetch.from));
        let from = fetch.from.filter(|_| ranges);
        let status = if status == 200 && from.is_some() { 206 } else { status };
        let length = LENGTH - from.unwrap_or(0);
        let opened = Fetched::Opened {
            captions: None,
            status,
            mime: Some(mime.to_owned()),
            length: Some(length),
            content_features: features,
        };
        self.tv.fetched(self.now, fetch.id, opened);
        if fetch.method == Method::Get && status < 300 {
            self.tv.fetched(self.now, fetch.id, Fetched::Bytes(length * brings / 1000));
            if brings == 1000 {
                self.tv.fetched(self.now, fetch.id, Fetched::Finished);
            }
        }
    }

    fn hear(&mut self) {
        let millis = self.now.as_micros() / 1000;
        while let Some(output) = self.tv.take_output() {
            match output {
                Output::Answer { call, result } => {
                    let result = result.map_err(|error| error.code);
                    assert!(self.answers.insert(call, (self.now, result)).is_none());
                }
                Output::Fetch(fetch) => self.serve(&fetch),
                Output::Abandon(_) => {}
                Output::Notify { seq, change, .. } => self.events.push((millis, seq, *change)),
                Output::Announce(what) => self.announced.push((millis, what)),
            }
        }
    }

    fn until(&mut self, millis: u64) {
        self.hear();
        for _ in 0..10_000 {
            let Some(due) = self.tv.next_deadline().filter(|due| *due <= at(millis)) else {
                self.now = at(millis);
                self.tv.tick(self.now);
                self.hear();
                return;
            };
            self.now = self.now.max(due);
            self.tv.tick(self.now);
            self.hear();
        }
        panic!("it never rests");
    }

    fn call(&mut self, action: Action) -> Call {
        self.calls += 1;
        let call = Call(self.calls);
        self.tv.act(self.now, call, &action);
        self.hear();
        call
    }

    /// The answer that comes at once.
    fn ask(&mut self, action: Action) -> Result<Reply, u16> {
        let call = self.call(action);
        self.answers.get(&call).expect("answered at once").1.clone()
    }

    fn rendering(&mut self, action: Action) -> Result<Reply, u16> {
        let call = self.call(action);
        self.answers.get(&call).expect("answered at once").1.clone()
    }

    fn position(&mut self) -> PositionInfo {
        match self.ask(Action::GetPositionInfo) {
            Ok(Reply::PositionInfo(info)) => info,
            other => panic!("{other:?}"),
        }
    }

    fn media(&mut self) -> MediaInfo {
        match self.ask(Action::GetMediaInfo) {
            Ok(Reply::MediaInfo(info)) => info,
            other => panic!("{other:?}"),
        }
    }

    fn info(&mut self) -> (TransportState, bool) {
        match self.ask(Action::GetTransportInfo) {
            Ok(Reply::TransportInfo(info)) => (info.state.unwrap(), info.error_occurred),
            other => panic!("{other:?}"),
        }
    }

    fn rel_time(&mut self) -> u64 {
        u64::try_from(self.position().rel_time.unwrap().as_millis()).unwrap()
    }

    fn set(&mut self, uri: &str) -> Result<Reply, u16> {
        self.ask(set(uri, Rung::Full, "audio/wav"))
    }

    /// Loaded and playing, at `millis`.
    fn playing(mut self, millis: u64) -> Self {
        assert_eq!(self.set(CLIP), Ok(Reply::Done));
        self.call(Action::Play);
        self.until(millis);
        assert_eq!(self.tv.state(), Playing);
        self
    }

    fn states(&self) -> Vec<(u64, TransportState)> {
        let state = |(t, _, change): &(u64, u32, LastChange)| Some((*t, change.transport_state?));
        self.events.iter().filter_map(state).collect()
    }
}

fn metadata(uri: &str, rung: Rung, mime: &str) -> String {
    Item {
        title: "Clip",
        url: uri,
        mime,
        content_features: "DLNA.ORG_OP=01",
        kind: Kind::Audio,
        size: LENGTH,
        duration: Some(ms(4000)),
        subtitles: None,
    }
    .write(rung)
}

fn set(uri: &str, rung: Rung, mime: &str) -> Action {
    Action::SetAvTransportUri { uri: uri.to_owned(), metadata: metadata(uri, rung, mime) }
}

fn next(uri: &str) -> Action {
    let metadata = metadata(uri, Rung::Full, "audio/wav");
    Action::SetNextAvTransportUri { uri: uri.to_owned(), metadata }
}

const DONE: Result<Reply, u16> = Ok(Reply::Done);
