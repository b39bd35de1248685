//! Conversations with simulated renderers: what they do, when, and when they do not answer.

mod playback;
mod real_renderers;

use super::*;
use crate::media::media_type::MediaKind;
use crate::sim::presets::{self, Preset};
use crate::sim::quirks::*;
use crate::time::{Duration, Instant};
use crate::upnp::action::{MediaInfo, PositionInfo, TransportState, TransportState::*};
use crate::upnp::didl::{Item, MetadataLevel};
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
        self.ask(set(uri, MetadataLevel::Full, "audio/wav"))
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

fn metadata(uri: &str, level: MetadataLevel, mime: &str) -> String {
    Item {
        title: "Clip",
        url: uri,
        mime,
        content_features: "DLNA.ORG_OP=01",
        kind: MediaKind::Audio,
        size: LENGTH,
        duration: Some(ms(4000)),
        subtitles: None,
    }
    .write(level)
}

fn set(uri: &str, level: MetadataLevel, mime: &str) -> Action {
    Action::SetAvTransportUri { uri: uri.to_owned(), metadata: metadata(uri, level, mime) }
}

fn next(uri: &str) -> Action {
    let metadata = metadata(uri, MetadataLevel::Full, "audio/wav");
    Action::SetNextAvTransportUri { uri: uri.to_owned(), metadata }
}

const DONE: Result<Reply, u16> = Ok(Reply::Done);

#[test]
fn events_are_batched_silent_swapped_or_too_early() {
    let mut room = Room::with(Quirks { event_batch: ms(150), ..Quirks::default() }).listening();
    room.set(CLIP).unwrap();
    room.ask(Action::Play).unwrap();
    room.until(1000);
    let told: Vec<_> =
        room.events.iter().map(|(t, seq, c)| (*t, *seq, c.transport_state)).collect();
    assert_eq!(told, [(160, 1, Some(Transitioning)), (360, 2, Some(Playing))]);

    let mut room = Room::of(presets::jmgo()).listening().playing(1000);
    room.until(10_000);
    assert_eq!(room.events, []);

    let swaps = Quirks { swaps_events: true, ..Quirks::default() };
    let mut room = Room::with(swaps).listening();
    for volume in 1..=4 {
        room.rendering(Action::SetVolume { volume }).unwrap();
    }
    room.until(1000);
    let order: Vec<u32> = room.events.iter().map(|(_, seq, _)| *seq).collect();
    assert_eq!(order, [1, 2, 4, 3]);

    let callback = HttpUrl::parse("http://10.0.0.1:9000/e/1").unwrap();
    for (overtakes, first, answer_after) in [(true, 0, ms(20)), (false, 2, ms(0))] {
        let mut room = Room::with(Quirks { first_event_overtakes: overtakes, ..Quirks::default() });
        let granted =
            room.tv.subscribe(at(0), ServiceKind::AvTransport, callback.clone(), ms(300_000));
        assert_eq!(granted.unwrap().answer_after, answer_after);
        room.until(1000);
        assert_eq!(room.events.len(), 1);
        assert_eq!((room.events[0].0, room.events[0].1), (first, 0));
        assert_eq!(room.events[0].2.av_transport_uri.as_deref(), Some(""), "everything");
    }
}

#[test]
fn subscriptions_are_short_forgotten_or_refused() {
    let callback = || HttpUrl::parse("http://10.0.0.1:9000/e/1").unwrap();
    let avt = ServiceKind::AvTransport;
    let mut tv = Room::of(presets::samsung_tizen()).tv;
    let granted = tv.subscribe(at(0), avt, callback(), ms(300_000)).unwrap();
    assert_eq!(granted.timeout, ms(60_000));
    assert_eq!(tv.renew(at(30_000), &granted.sid, ms(300_000)), Ok(ms(60_000)));
    assert_eq!(tv.renew(at(90_001), &granted.sid, ms(300_000)), Err(412), "too late");

    let forgets = Quirks { forgets_subscriptions_after: Some(ms(9000)), ..Quirks::default() };
    let mut tv = Room::with(forgets).tv;
    let granted = tv.subscribe(at(0), avt, callback(), ms(300_000)).unwrap();
    assert_eq!(tv.renew(at(5000), &granted.sid, ms(300_000)), Ok(ms(300_000)));
    assert_eq!(tv.renew(at(9001), &granted.sid, ms(300_000)), Err(412));

    let refuses = Quirks { refuses_subscriptions: Some(503), ..Quirks::default() };
    assert_eq!(Room::with(refuses).tv.subscribe(at(0), avt, callback(), ms(1)), Err(503));
    let mut tv = Room::with(Quirks::default()).tv;
    let granted = tv.subscribe(at(0), avt, callback(), ms(300_000)).unwrap();
    assert_eq!(tv.unsubscribe(at(1), &granted.sid), Ok(()));
    assert_eq!(tv.unsubscribe(at(2), &granted.sid), Err(412));
}

#[test]
fn comes_back_from_a_reboot_without_memory() {
    let mut room = Room::of(presets::kodi()).listening().playing(1000);
    room.tv.remote(room.now, Remote::PullPlug);
    assert!(!room.tv.responsive());
    assert_eq!(room.tv.search("ssdp:all", ms(1000)), []);
    room.until(60_000);
    room.tv.remote(room.now, Remote::PowerOn);
    assert_eq!((room.tv.boots(), room.info()), (2, (NoMediaPresent, false)));
    assert_eq!(room.announced, [(0, Announce::Alive), (60_000, Announce::Alive)]);
    room.events.clear();
    room.set(CLIP).unwrap();
    room.until(70_000);
    assert_eq!(room.events, [], "subscriptions are gone");
    room.tv.remote(room.now, Remote::PowerOff);
    room.hear();
    assert_eq!(room.announced.last(), Some(&(70_000, Announce::Byebye)));
}

#[test]
fn others_take_over_and_standby_forgets() {
    let mut room = Room::with(Quirks::default()).playing(1000);
    room.tv.remote(room.now, Remote::PlayOther("http://10.0.0.9/x.mp3".to_owned()));
    room.until(100_000);
    assert_eq!(room.position().track_uri.as_deref(), Some("http://10.0.0.9/x.mp3"));
    assert_eq!((room.tv.state(), room.rel_time()), (Playing, 99_000));
    room.tv.remote(room.now, Remote::Standby);
    room.hear();
    assert_eq!(room.info(), (NoMediaPresent, false));
    assert_eq!(room.announced.last(), Some(&(100_000, Announce::Byebye)));
}

#[test]
fn answers_searches_for_its_version_and_those_below() {
    let answers = |preset: Preset, version: u8| {
        let target = format!("urn:schemas-upnp-org:device:MediaRenderer:{version}");
        Room::of(preset).tv.search(&target, ms(2000))
    };
    let targets =
        |found: Vec<(String, Duration)>| found.into_iter().map(|f| f.0).collect::<Vec<_>>();
    let own = targets(answers(presets::rygel(), 1));
    assert_eq!(own, ["urn:schemas-upnp-org:device:MediaRenderer:1"], "ST echoes :1");
    assert_eq!(answers(presets::gmrender(), 1)[0].1, ms(0));
    assert_eq!(answers(presets::gmrender(), 2), []);
    assert_eq!(answers(presets::philips_android(), 1), []);
    assert_eq!(answers(presets::philips_android(), 3).len(), 1);
    assert!(answers(presets::rygel(), 2)[0].1 <= ms(2000));
    assert_eq!(Room::of(presets::kodi()).tv.search("ssdp:all", ms(0)).len(), 6);
}

#[test]
fn slow_answers_volumes_and_absent_services() {
    let mut room = Room::of(presets::anycast());
    let call = room.call(Action::GetTransportInfo);
    room.until(9999);
    assert!(!room.answers.contains_key(&call));
    room.until(10_000);
    assert!(room.answers.contains_key(&call));

    let none = Quirks { rendering_control: false, ..Quirks::default() };
    let mut room = Room::with(none);
    assert_eq!(room.rendering(Action::GetVolume), Err(401));
    let host = core::net::Ipv4Addr::LOCALHOST;
    assert_eq!(room.tv.describe(at(0), host, 80).unwrap().rendering_control, None);

    let small = Quirks { volume_max: 30, mute_refused: Some(501), ..Quirks::default() };
    let mut room = Room::with(small);
    assert_eq!(room.rendering(Action::SetVolume { volume: 31 }), Err(601));
    assert_eq!(room.rendering(Action::SetVolume { volume: 30 }), DONE);
    assert_eq!(room.rendering(Action::SetMute { mute: true }), Err(501));

    let hushes = Quirks { mute_says_volume_zero: true, ..Quirks::default() };
    let mut room = Room::with(hushes).listening();
    room.rendering(Action::SetMute { mute: true }).unwrap();
    assert_eq!((room.events[0].2.mute, room.events[0].2.volume), (Some(true), Some(0)));

    let mut room = Room::of(presets::leica());
    room.set(CLIP).unwrap();
    assert_eq!(room.ask(Action::Play), Err(401));
    let mut room = Room::of(presets::sony_ht_a9());
    room.set(CLIP).unwrap();
    room.ask(Action::Play).unwrap();
    room.until(1000);
    assert_eq!(room.ask(Action::Pause), Err(701));
    assert_eq!(room.ask(Action::Seek { target: ms(0) }), Err(701));
}

#[test]
fn reads_in_parallel_and_only_so_far_ahead() {
    let room = Room::of(presets::tcl()).playing(1000);
    let froms: Vec<_> = room.fetches.iter().map(|(_, _, from)| *from).collect();
    assert_eq!(froms, [None, Some(2000), Some(4000), Some(6000), Some(8000)]);

    for (reads_ahead, expected) in [(None, Reading::Now), (Some(ms(1000)), Reading::Later(ms(990)))]
    {
        let mut room = Room::with(Quirks { reads_ahead, ..Quirks::default() });
        room.server.brings = 500;
        let room = room.playing(210);
        assert_eq!(room.tv.reading(at(210), FetchId(1)), expected);
        assert_eq!(room.tv.reading(at(210), FetchId(9)), Reading::Abandoned);
    }
}
