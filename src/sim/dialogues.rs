//! Timed dialogues with simulated renderers: what they do, when, and when they are silent.

use super::presets::{self, Preset};
use super::quirks::*;
use super::*;
use crate::media::mime::Kind;
use crate::time::{Duration, Instant};
use crate::upnp::av_transport::{Action as Avt, Reply as AvtReply, TransportState::*, *};
use crate::upnp::didl::{Item, Rung};
use crate::upnp::gena::LastChange;
use crate::upnp::rendering_control::{Action as Rc, Reply as RcReply};
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
        Self::of(Preset {
            quirks,
            ..presets::well_behaved()
        })
    }

    fn of(preset: Preset) -> Self {
        let tv = preset.renderer(Udn::new("uuid:tv-1").unwrap(), "TV 1", 7);
        let server = Server {
            status: 200,
            mime: "audio/wav",
            ranges: true,
            features: true,
            brings: 1000,
        };
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
            let granted = self
                .tv
                .subscribe(self.now, service, callback.clone(), ms(3_600_000));
            granted.unwrap();
        }
        self.until(10);
        self.events.clear();
        self
    }

    fn serve(&mut self, fetch: &Fetch) {
        let Server {
            status,
            mime,
            ranges,
            features,
            brings,
        } = self.server;
        self.fetches
            .push((fetch.method, fetch.url.clone(), fetch.from));
        let from = fetch.from.filter(|_| ranges);
        let status = if status == 200 && from.is_some() {
            206
        } else {
            status
        };
        let length = LENGTH - from.unwrap_or(0);
        let opened = Fetched::Opened {
            status,
            mime: Some(mime.to_owned()),
            length: Some(length),
            content_features: features,
        };
        self.tv.fetched(self.now, fetch.id, opened);
        if fetch.method == Method::Get && status < 300 {
            self.tv
                .fetched(self.now, fetch.id, Fetched::Bytes(length * brings / 1000));
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
    fn ask(&mut self, action: Avt) -> Result<Reply, u16> {
        let call = self.call(Action::AvTransport(action));
        self.answers.get(&call).expect("answered at once").1.clone()
    }

    fn rendering(&mut self, action: Rc) -> Result<Reply, u16> {
        let call = self.call(Action::RenderingControl(action));
        self.answers.get(&call).expect("answered at once").1.clone()
    }

    fn position(&mut self) -> PositionInfo {
        match self.ask(Avt::GetPositionInfo) {
            Ok(Reply::AvTransport(AvtReply::PositionInfo(info))) => info,
            other => panic!("{other:?}"),
        }
    }

    fn media(&mut self) -> MediaInfo {
        match self.ask(Avt::GetMediaInfo) {
            Ok(Reply::AvTransport(AvtReply::MediaInfo(info))) => info,
            other => panic!("{other:?}"),
        }
    }

    fn info(&mut self) -> (TransportState, bool) {
        match self.ask(Avt::GetTransportInfo) {
            Ok(Reply::AvTransport(AvtReply::TransportInfo(info))) => {
                (info.state.unwrap(), info.error_occurred)
            }
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
        self.call(Action::AvTransport(Avt::Play));
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
    }
    .write(rung)
}

fn set(uri: &str, rung: Rung, mime: &str) -> Avt {
    Avt::SetAvTransportUri {
        uri: uri.to_owned(),
        metadata: metadata(uri, rung, mime),
    }
}

fn next(uri: &str) -> Avt {
    let metadata = metadata(uri, Rung::Full, "audio/wav");
    Avt::SetNextAvTransportUri {
        uri: uri.to_owned(),
        metadata,
    }
}

const DONE: Result<Reply, u16> = Ok(Reply::Done);

#[test]
fn plays_to_the_end_and_stops_at_its_duration() {
    let mut room = Room::with(Quirks::default()).listening();
    assert_eq!(room.info(), (NoMediaPresent, false));
    assert_eq!(room.set(CLIP), DONE);
    assert_eq!(room.info(), (Stopped, false));
    assert!(room.fetches.is_empty(), "nothing is fetched before Play");
    assert_eq!(room.ask(Avt::Play), DONE);
    assert_eq!(room.info(), (Transitioning, false));
    room.until(209);
    assert_eq!(room.info(), (Transitioning, false));
    room.until(210);
    assert_eq!(room.info(), (Playing, false));
    room.until(2710);
    assert_eq!(room.rel_time(), 2000, "cut to whole seconds");
    assert_eq!(room.position().track_duration, Some(ms(4000)));
    room.until(4209);
    assert_eq!(room.info(), (Playing, false));
    room.until(4210);
    assert_eq!(room.info(), (Stopped, false));
    assert_eq!(room.media().current_uri.as_deref(), Some(CLIP));
    room.until(100_000);
    assert_eq!(
        room.states(),
        [
            (10, Stopped),
            (10, Transitioning),
            (210, Playing),
            (4210, Stopped)
        ]
    );
    assert_eq!(room.fetches, [(Method::Get, CLIP.to_owned(), None)]);
}

#[test]
fn pauses_resumes_and_seeks() {
    let mut room = Room::with(Quirks::default()).playing(1200);
    assert_eq!(room.ask(Avt::Pause), DONE);
    room.until(60_000);
    assert_eq!((room.tv.state(), room.rel_time()), (PausedPlayback, 1000));
    assert_eq!(room.ask(Avt::Seek { target: ms(2000) }), DONE);
    assert_eq!(room.fetches.last().unwrap().2, Some(LENGTH / 2));
    assert_eq!((room.tv.state(), room.rel_time()), (PausedPlayback, 2000));
    assert_eq!(room.ask(Avt::Play), DONE);
    room.until(61_999);
    assert_eq!(room.tv.state(), Playing);
    room.until(62_000);
    assert_eq!(room.tv.state(), Stopped);
    assert_eq!(room.ask(Avt::Seek { target: ms(1000) }), Err(701));
}

#[test]
fn gmrender_behaves_as_measured() {
    let mut room = Room::of(presets::gmrender());
    assert_eq!(room.info(), (Stopped, false));
    assert_eq!(room.ask(Avt::Stop), DONE);
    assert_eq!(room.ask(Avt::Play), Err(501));
    assert_eq!(room.ask(Avt::Seek { target: ms(0) }), DONE);
    assert_eq!(room.ask(Avt::Pause), Err(501));
    assert_eq!(room.ask(Avt::Next), Err(501));
    assert_eq!(room.set(CLIP), DONE);
    assert_eq!(room.tv.state(), Stopped, "Play is needed");
    assert_eq!(room.ask(Avt::Play), DONE);
    assert_eq!(room.tv.state(), Playing, "at once");
    assert_eq!(room.ask(Avt::Play), DONE);
    room.until(1500);
    assert_eq!((room.rel_time(), room.position().fractional), (1000, false));
    assert_eq!(room.ask(Avt::Seek { target: ms(9000) }), DONE);
    assert_eq!(
        room.tv.state(),
        Playing,
        "beyond the end: 200, stays PLAYING"
    );
    assert_eq!(room.ask(Avt::Pause), DONE);
    assert_eq!(room.ask(Avt::Pause), DONE);
    assert_eq!(room.set(OTHER), DONE);
    assert_eq!(room.tv.state(), PausedPlayback);
    assert_eq!(room.media().current_uri.as_deref(), Some(OTHER));
    assert_eq!(
        room.position().track_uri.as_deref(),
        Some(CLIP),
        "the old one until Play"
    );
    assert_eq!(room.ask(Avt::Play), DONE);
    assert_eq!(room.position().track_uri.as_deref(), Some(OTHER));
    room.until(5499);
    assert_eq!(room.tv.state(), Playing);
    room.until(5500);
    assert_eq!(room.tv.state(), Stopped);
    assert_eq!(
        room.media().current_uri.as_deref(),
        Some(""),
        "cleared at the end"
    );
    assert_eq!(room.rel_time(), 4000, "kept");
    assert_eq!(room.ask(Avt::Play), Err(501));
    assert_eq!(room.ask(Avt::Seek { target: ms(0) }), DONE);
    assert_eq!(room.rendering(Rc::SetVolume { volume: 101 }), DONE);
    assert!(
        room.fetches
            .iter()
            .all(|(method, ..)| *method == Method::Get),
        "never HEAD"
    );
}

#[test]
fn rygel_behaves_as_measured() {
    let mut room = Room::of(presets::rygel());
    assert_eq!(room.info(), (NoMediaPresent, false));
    assert_eq!(room.ask(Avt::Seek { target: ms(0) }), Err(711));
    assert_eq!(room.ask(Avt::Pause), Err(701));
    assert_eq!(room.ask(Avt::Previous), Err(711));
    assert_eq!(room.ask(Avt::Play), DONE);
    room.until(3_600_000);
    assert_eq!(room.tv.state(), Transitioning, "until Stop");
    assert_eq!(room.ask(Avt::Stop), DONE);
    assert_eq!(room.tv.state(), Stopped);

    assert_eq!(room.set(CLIP), DONE);
    assert_eq!(
        room.fetches,
        [(Method::Head, CLIP.to_owned(), None)],
        "before the answer"
    );
    assert_eq!(room.ask(Avt::Play), DONE);
    assert_eq!(room.tv.state(), Transitioning);
    room.until(3_601_200);
    assert_eq!(room.tv.state(), Playing);
    assert_eq!(room.ask(Avt::Play), Err(701));
    assert!(room.position().fractional);
    assert_eq!(room.ask(Avt::Seek { target: ms(9000) }), Err(711));
    assert_eq!(room.ask(Avt::Pause), DONE);
    assert_eq!(room.ask(Avt::Pause), Err(701));
    assert_eq!(room.ask(Avt::Play), DONE);
    room.until(3_606_000);
    assert_eq!(room.tv.state(), Stopped);
    assert_eq!(
        room.media().current_uri.as_deref(),
        Some(CLIP),
        "kept at the end"
    );
    assert_eq!(room.position().track_duration, None, "zero at the end");
    assert_eq!(room.ask(Avt::Seek { target: ms(0) }), Err(711));
    assert_eq!(room.ask(Avt::Play), DONE);
    assert_eq!(
        room.fetches.last().unwrap(),
        &(Method::Get, CLIP.to_owned(), None),
        "replays"
    );

    assert_eq!(room.rendering(Rc::SetVolume { volume: 37 }), DONE);
    let volume = Ok(Reply::RenderingControl(RcReply::Volume(36)));
    assert_eq!(room.rendering(Rc::GetVolume), volume);
    assert_eq!(room.rendering(Rc::SetVolume { volume: 101 }), Err(501));
    assert_eq!(room.set(""), DONE);
    assert_eq!(room.info(), (NoMediaPresent, false));
}

#[test]
fn rygel_keeps_the_old_uri_after_a_refusal() {
    for (server, uri, code) in [
        (
            Server {
                status: 404,
                mime: "audio/wav",
                ranges: true,
                features: true,
                brings: 0,
            },
            OTHER,
            716,
        ),
        (
            Server {
                status: 200,
                mime: "text/plain",
                ranges: true,
                features: true,
                brings: 0,
            },
            OTHER,
            714,
        ),
        (
            Server {
                status: 206,
                mime: "audio/wav",
                ranges: true,
                features: true,
                brings: 0,
            },
            OTHER,
            716,
        ),
        (
            Server {
                status: 200,
                mime: "audio/wav",
                ranges: true,
                features: true,
                brings: 0,
            },
            "https://10.0.0.1/a.wav",
            716,
        ),
    ] {
        let mut room = Room::of(presets::rygel());
        assert_eq!(room.set(CLIP), DONE);
        room.server = server;
        assert_eq!(room.set(uri), Err(code));
        assert_eq!(room.ask(Avt::Play), DONE);
        assert_eq!(room.fetches.last().unwrap().1, CLIP, "the old file");
    }
    let mut room = Room::of(Preset {
        quirks: Quirks {
            refused_set_keeps_old: false,
            ..presets::rygel().quirks
        },
        ..presets::rygel()
    });
    assert_eq!(room.set(CLIP), DONE);
    room.server.status = 404;
    assert_eq!(room.set(OTHER), Err(716));
    assert_eq!(room.media().current_uri.as_deref(), Some(""));
}

#[test]
fn tells_failures_of_its_fetch_in_its_own_way() {
    for (failure, expected) in [
        (FetchFailure::Unnoticed, (Playing, false)),
        (FetchFailure::SilentStop, (Stopped, false)),
        (FetchFailure::ErrorOccurred, (Stopped, true)),
    ] {
        let mut room = Room::with(Quirks {
            failure,
            playing_at_once: true,
            ..Quirks::default()
        });
        room.server.status = 404;
        assert_eq!(room.set(CLIP), DONE);
        assert_eq!(room.ask(Avt::Play), DONE);
        room.until(30_000);
        assert_eq!((room.info(), room.rel_time()), (expected, 0));
        room.server.status = 200;
        assert_eq!(room.set(OTHER), DONE);
        room.ask(Avt::Play).unwrap();
        room.until(31_000);
        assert_eq!(
            room.info(),
            (Playing, false),
            "a good file afterwards plays"
        );
    }
}

#[test]
fn a_stalled_server_freezes_the_position() {
    let mut room = Room::with(Quirks::default());
    room.server.brings = 400;
    let mut room = room.playing(1200);
    assert_eq!(room.rel_time(), 1000);
    room.until(50_000);
    assert_eq!(
        (room.tv.state(), room.rel_time()),
        (Playing, 1000),
        "at 40 %: 1.6 s"
    );
    assert_eq!(room.ask(Avt::Stop), DONE);
    assert_eq!(room.tv.state(), Stopped);
}

#[test]
fn seeks_without_ranges_freeze_or_stop() {
    for (seek_without_ranges_stops, expected) in [(false, Playing), (true, Stopped)] {
        let quirks = Quirks {
            seek_without_ranges_stops,
            ..Quirks::default()
        };
        let mut room = Room::with(quirks).playing(1200);
        room.server.ranges = false;
        assert_eq!(room.ask(Avt::Seek { target: ms(3000) }), DONE);
        room.until(30_000);
        assert_eq!(room.tv.state(), expected);
    }
}

#[test]
fn hands_over_to_the_next_uri_with_its_lead() {
    let quirks = Quirks {
        next: NextUri::Works(ms(900)),
        ..Quirks::default()
    };
    let mut room = Room::with(quirks).playing(1200);
    assert_eq!(room.ask(next(OTHER)), DONE);
    assert_eq!(room.media().next_uri.as_deref(), Some(OTHER));
    room.until(3299);
    assert_eq!(room.position().track_uri.as_deref(), Some(CLIP));
    room.until(3300);
    assert_eq!(room.fetches.last().unwrap().1, OTHER);
    assert_eq!(
        room.position().track_uri.as_deref(),
        Some(OTHER),
        "before the sound"
    );
    room.until(4199);
    assert_eq!(room.tv.on_screen(at(4199)).unwrap().0, CLIP);
    room.until(4200);
    assert_eq!(room.tv.on_screen(at(4200)), Some((OTHER, ms(0))));
    assert_eq!(
        (room.tv.state(), room.media().next_uri.unwrap()),
        (Playing, String::new())
    );
    room.until(8199);
    assert_eq!(room.tv.state(), Playing);
    room.until(8200);
    assert_eq!(room.tv.state(), Stopped);
}

#[test]
fn next_uri_in_all_its_other_ways() {
    let playing = |next| {
        Room::with(Quirks {
            next,
            ..Quirks::default()
        })
        .playing(1200)
    };

    let mut room = playing(NextUri::Ignored);
    assert_eq!(room.ask(next(OTHER)), DONE);
    room.until(4200);
    assert_eq!((room.tv.state(), room.fetches.len()), (Stopped, 1));

    let mut room = playing(NextUri::Refused(401));
    assert_eq!(room.ask(next(OTHER)), Err(401));

    let mut room = playing(NextUri::HangsAtHandOver(ms(900)));
    assert_eq!(room.ask(next(OTHER)), DONE);
    room.until(3299);
    assert!(room.tv.responsive());
    room.until(1_000_000);
    assert!(!room.tv.responsive());
    let call = room.call(Action::AvTransport(Avt::GetTransportInfo));
    assert!(!room.answers.contains_key(&call), "for good");
    room.tv.remote(room.now, Remote::PullPlug);
    room.tv.remote(room.now, Remote::PowerOn);
    assert_eq!(room.info(), (NoMediaPresent, false));

    let mut room = Room::with(Quirks {
        next: NextUri::TakenAsCurrent,
        ..Quirks::default()
    });
    assert_eq!(room.set(CLIP), DONE);
    assert_eq!(room.ask(Avt::Play), DONE);
    assert_eq!(room.ask(next(OTHER)), DONE);
    room.until(1000);
    assert_eq!(room.tv.on_screen(at(1000)).unwrap().0, OTHER, "too early");

    let hand_over_stops = ms(700);
    let mut room = Room::with(Quirks {
        hand_over_stops,
        ..Quirks::default()
    })
    .playing(1200);
    assert_eq!(room.ask(next(OTHER)), DONE);
    room.until(4200);
    assert_eq!(room.tv.state(), Stopped);
    room.until(4900);
    assert_eq!(room.tv.state(), Playing);

    let mut room = Room::with(Quirks {
        stale_next: true,
        ..Quirks::default()
    })
    .playing(1200);
    assert_eq!(room.ask(next(OTHER)), DONE);
    assert_eq!(room.ask(Avt::Stop), DONE);
    assert_eq!(
        room.media().next_uri.as_deref(),
        Some(OTHER),
        "survives Stop"
    );
}

#[test]
fn gmrender_hangs_at_a_hand_over_to_video_only() {
    for (mime, lives) in [("audio/flac", true), ("video/mp4", false)] {
        let mut room = Room::of(presets::gmrender()).playing(1000);
        let metadata = metadata(OTHER, Rung::Full, mime);
        room.ask(Avt::SetNextAvTransportUri {
            uri: OTHER.to_owned(),
            metadata,
        })
        .unwrap();
        room.until(5000);
        assert_eq!(room.tv.responsive(), lives);
    }
}

#[test]
fn set_while_playing_in_all_its_ways() {
    for (set_while_playing, answer, state, shown) in [
        (SetWhilePlaying::Switches, DONE, Playing, OTHER),
        (SetWhilePlaying::Stops, DONE, Stopped, OTHER),
        (SetWhilePlaying::Dropped, DONE, Playing, CLIP),
        (SetWhilePlaying::Refused(701), Err(701), Playing, CLIP),
    ] {
        let mut room = Room::with(Quirks {
            set_while_playing,
            ..Quirks::default()
        })
        .playing(1200);
        assert_eq!(room.set(OTHER), answer);
        assert_eq!(
            (room.tv.state(), room.media().current_uri.unwrap().as_str()),
            (state, shown)
        );
    }
}

#[test]
fn starts_by_itself_says_stopped_or_loses_an_early_play() {
    let mut room = Room::with(Quirks {
        starts_on_set: true,
        ..Quirks::default()
    });
    assert_eq!(room.set(CLIP), DONE);
    room.until(200);
    assert_eq!(room.tv.state(), Playing);

    let mut room = Room::with(Quirks {
        set_says_stopped: true,
        ..Quirks::default()
    })
    .listening();
    room.set(CLIP).unwrap();
    room.until(20);
    room.set(OTHER).unwrap();
    room.until(1000);
    assert_eq!(room.states(), [(10, Stopped), (20, Stopped)]);

    let mut room = Room::with(Quirks {
        set_takes: ms(1700),
        ..Quirks::default()
    });
    let set = room.call(Action::AvTransport(set(CLIP, Rung::Full, "audio/wav")));
    room.call(Action::AvTransport(Avt::Play));
    room.until(1699);
    assert!(!room.answers.contains_key(&set));
    room.until(9000);
    assert_eq!(room.answers[&set], (at(1700), DONE));
    assert_eq!(room.tv.state(), Stopped, "the Play was lost");
    assert_eq!(room.ask(Avt::Play), DONE);
    assert_eq!(room.tv.state(), Transitioning);
}

#[test]
fn refuses_metadata_mimes_urls_and_bare_servers() {
    let ask = |quirks: Quirks, action: Avt| {
        let mut room = Room::with(quirks);
        room.server.features = false;
        room.ask(action)
    };
    let plain = Quirks::default;
    let wav = |rung| set(CLIP, rung, "audio/wav");
    assert_eq!(
        ask(
            Quirks {
                full_metadata: Some(402),
                ..plain()
            },
            wav(Rung::Full)
        ),
        Err(402)
    );
    assert_eq!(
        ask(
            Quirks {
                full_metadata: Some(402),
                ..plain()
            },
            wav(Rung::Plain)
        ),
        DONE
    );
    assert_eq!(
        ask(
            Quirks {
                plain_metadata: Some(402),
                ..plain()
            },
            wav(Rung::Plain)
        ),
        Err(402)
    );
    assert_eq!(
        ask(
            Quirks {
                compat_metadata: Some(402),
                ..plain()
            },
            wav(Rung::Compat)
        ),
        Err(402)
    );
    assert_eq!(
        ask(
            Quirks {
                empty_metadata: Some(501),
                ..plain()
            },
            wav(Rung::Empty)
        ),
        Err(501)
    );
    let picky = Quirks {
        mimes: Some(&["video/x-mkv"]),
        ..plain()
    };
    assert_eq!(
        ask(picky.clone(), set(CLIP, Rung::Full, "video/x-matroska")),
        Err(714)
    );
    assert_eq!(ask(picky, set(CLIP, Rung::Full, "video/x-mkv")), DONE);
    let sonos = presets::sonos().quirks;
    assert_eq!(
        ask(
            sonos.clone(),
            set("http://10.0.0.1/m/7", Rung::Full, "audio/wav")
        ),
        Err(714)
    );
    assert_eq!(ask(sonos, wav(Rung::Full)), DONE);
    assert_eq!(
        ask(presets::samsung_tizen().quirks, wav(Rung::Full)),
        Err(716)
    );
}

#[test]
fn lg_refuses_while_it_switches_and_answers_play_late() {
    let quirks = Quirks {
        loading_jitter: ms(0),
        ..presets::lg_webos().quirks
    };
    let mut room = Room::with(quirks);
    room.set(CLIP).unwrap();
    let play = room.call(Action::AvTransport(Avt::Play));
    assert_eq!(room.set(OTHER), Err(701));
    assert_eq!(room.ask(Avt::Play), Err(701));
    room.until(2499);
    assert!(!room.answers.contains_key(&play), "hangs while loading");
    room.until(2500);
    assert_eq!(
        (room.answers[&play].clone(), room.tv.state()),
        ((at(2500), DONE), Playing)
    );
    assert_eq!(room.ask(Avt::Stop), DONE);
    assert_eq!(room.info(), (Transitioning, false));
    assert_eq!(room.set(OTHER), Err(701));
    room.until(4000);
    assert_eq!(room.info(), (Stopped, false));
    assert_eq!(room.set(OTHER), DONE);
}

#[test]
fn viera_is_locked_by_its_viewer_until_stop() {
    let mut room = Room::of(presets::panasonic_viera());
    room.set(CLIP).unwrap();
    room.ask(Avt::Play).unwrap();
    room.until(1200);
    room.tv.remote(room.now, Remote::Stop);
    room.until(600_000);
    assert_eq!(
        (room.tv.state(), room.rel_time()),
        (Playing, 1000),
        "says PLAYING"
    );
    assert_eq!(room.set(OTHER), Err(705));
    assert_eq!(room.ask(Avt::Play), Err(705));
    assert_eq!(room.ask(Avt::Stop), DONE);
    assert_eq!(room.tv.state(), Stopped);
    assert_eq!(room.set(OTHER), DONE);
}

#[test]
fn ends_and_positions_in_all_their_ways() {
    let play = |quirks: Quirks| Room::with(quirks).playing(1200);
    let plain = Quirks::default;

    let mut room = play(Quirks {
        end_zeroes_position: true,
        ..plain()
    });
    room.until(4200);
    assert_eq!((room.tv.state(), room.rel_time()), (Stopped, 0));

    let mut room = play(Quirks {
        end_flicker: ms(1200),
        ..plain()
    });
    room.until(4200);
    assert_eq!((room.tv.state(), room.rel_time()), (Playing, 0));
    room.until(5400);
    assert_eq!(room.tv.state(), Stopped);

    let mut room = play(Quirks {
        end_says_playing: true,
        ..plain()
    });
    room.until(900_000);
    assert_eq!((room.tv.state(), room.rel_time()), (Playing, 4000));

    let mut room = play(Quirks {
        rel_time: RelTime::AlwaysZero,
        ..plain()
    });
    room.until(3200);
    assert_eq!(room.rel_time(), 0);
    let mut room = play(Quirks {
        rel_time: RelTime::NotImplemented,
        ..plain()
    });
    assert_eq!(room.position().rel_time, None);
    let mut room = play(Quirks {
        hides_duration: true,
        ..plain()
    });
    assert_eq!(room.position().track_duration, None);

    let mut room = Room::with(Quirks {
        position_when_idle: Some(718),
        ..plain()
    });
    assert_eq!(room.ask(Avt::GetPositionInfo), Err(718));
    let mut room = play(Quirks {
        stop_clears_uri: true,
        ..plain()
    });
    assert_eq!(room.ask(Avt::Stop), DONE);
    assert_eq!(room.ask(Avt::Play), Err(701), "needs the URI again");
}

#[test]
fn pictures_stay_end_or_end_after_an_hour() {
    for (still, millis, expected) in [
        (Still::Stays, 86_400_000, Playing),
        (Still::EndsAtOnce, 200, Stopped),
        (Still::EndsAfter(ms(60_000)), 60_199, Playing),
        (Still::EndsAfter(ms(60_000)), 60_200, Stopped),
    ] {
        let mut room = Room::with(Quirks {
            still,
            announces_every: None,
            ..Quirks::default()
        });
        room.server.mime = "image/jpeg";
        room.set("http://10.0.0.1/a.jpg").unwrap();
        room.ask(Avt::Play).unwrap();
        room.until(millis);
        assert_eq!(room.tv.state(), expected, "{still:?}");
        assert_eq!(room.position().track_duration, None);
    }
}

#[test]
fn events_are_batched_silent_swapped_or_too_early() {
    let mut room = Room::with(Quirks {
        event_batch: ms(150),
        ..Quirks::default()
    })
    .listening();
    room.set(CLIP).unwrap();
    room.ask(Avt::Play).unwrap();
    room.until(1000);
    let told: Vec<_> = room
        .events
        .iter()
        .map(|(t, seq, c)| (*t, *seq, c.transport_state))
        .collect();
    assert_eq!(
        told,
        [(160, 1, Some(Transitioning)), (360, 2, Some(Playing))]
    );

    let mut room = Room::of(presets::jmgo()).listening().playing(1000);
    room.until(10_000);
    assert_eq!(room.events, []);

    let swaps = Quirks {
        swaps_events: true,
        ..Quirks::default()
    };
    let mut room = Room::with(swaps).listening();
    for volume in 1..=4 {
        room.rendering(Rc::SetVolume { volume }).unwrap();
    }
    room.until(1000);
    let order: Vec<u32> = room.events.iter().map(|(_, seq, _)| *seq).collect();
    assert_eq!(order, [1, 2, 4, 3]);

    let callback = HttpUrl::parse("http://10.0.0.1:9000/e/1").unwrap();
    for (overtakes, first, answer_after) in [(true, 0, ms(20)), (false, 2, ms(0))] {
        let mut room = Room::with(Quirks {
            first_event_overtakes: overtakes,
            ..Quirks::default()
        });
        let granted = room.tv.subscribe(
            at(0),
            ServiceKind::AvTransport,
            callback.clone(),
            ms(300_000),
        );
        assert_eq!(granted.unwrap().answer_after, answer_after);
        room.until(1000);
        assert_eq!(room.events.len(), 1);
        assert_eq!((room.events[0].0, room.events[0].1), (first, 0));
        assert_eq!(
            room.events[0].2.av_transport_uri.as_deref(),
            Some(""),
            "everything"
        );
    }
}

#[test]
fn subscriptions_are_short_forgotten_or_refused() {
    let callback = || HttpUrl::parse("http://10.0.0.1:9000/e/1").unwrap();
    let avt = ServiceKind::AvTransport;
    let mut tv = Room::of(presets::samsung_tizen()).tv;
    let granted = tv.subscribe(at(0), avt, callback(), ms(300_000)).unwrap();
    assert_eq!(granted.timeout, ms(60_000));
    assert_eq!(
        tv.renew(at(30_000), &granted.sid, ms(300_000)),
        Ok(ms(60_000))
    );
    assert_eq!(
        tv.renew(at(90_001), &granted.sid, ms(300_000)),
        Err(412),
        "too late"
    );

    let forgets = Quirks {
        forgets_subscriptions_after: Some(ms(9000)),
        ..Quirks::default()
    };
    let mut tv = Room::with(forgets).tv;
    let granted = tv.subscribe(at(0), avt, callback(), ms(300_000)).unwrap();
    assert_eq!(
        tv.renew(at(5000), &granted.sid, ms(300_000)),
        Ok(ms(300_000))
    );
    assert_eq!(tv.renew(at(9001), &granted.sid, ms(300_000)), Err(412));

    let refuses = Quirks {
        refuses_subscriptions: Some(503),
        ..Quirks::default()
    };
    assert_eq!(
        Room::with(refuses)
            .tv
            .subscribe(at(0), avt, callback(), ms(1)),
        Err(503)
    );
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
    assert_eq!(
        room.announced,
        [(0, Announce::Alive), (60_000, Announce::Alive)]
    );
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
    room.tv.remote(
        room.now,
        Remote::PlayOther("http://10.0.0.9/x.mp3".to_owned()),
    );
    room.until(100_000);
    assert_eq!(
        room.position().track_uri.as_deref(),
        Some("http://10.0.0.9/x.mp3")
    );
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
    assert_eq!(
        own,
        ["urn:schemas-upnp-org:device:MediaRenderer:1"],
        "ST echoes :1"
    );
    assert_eq!(answers(presets::gmrender(), 1)[0].1, ms(0));
    assert_eq!(answers(presets::gmrender(), 2), []);
    assert_eq!(answers(presets::philips_android(), 1), []);
    assert_eq!(answers(presets::philips_android(), 3).len(), 1);
    assert!(answers(presets::rygel(), 2)[0].1 <= ms(2000));
    assert_eq!(
        Room::of(presets::kodi()).tv.search("ssdp:all", ms(0)).len(),
        6
    );
}

#[test]
fn slow_answers_volumes_and_absent_services() {
    let mut room = Room::of(presets::anycast());
    let call = room.call(Action::AvTransport(Avt::GetTransportInfo));
    room.until(9999);
    assert!(!room.answers.contains_key(&call));
    room.until(10_000);
    assert!(room.answers.contains_key(&call));

    let none = Quirks {
        rendering_control: false,
        ..Quirks::default()
    };
    let mut room = Room::with(none);
    assert_eq!(room.rendering(Rc::GetVolume), Err(401));
    let host = core::net::Ipv4Addr::LOCALHOST;
    assert_eq!(room.tv.description(host, 80).rendering_control, None);

    let small = Quirks {
        volume_max: 30,
        mute_refused: Some(501),
        ..Quirks::default()
    };
    let mut room = Room::with(small);
    assert_eq!(room.rendering(Rc::SetVolume { volume: 31 }), Err(601));
    assert_eq!(room.rendering(Rc::SetVolume { volume: 30 }), DONE);
    assert_eq!(room.rendering(Rc::SetMute { mute: true }), Err(501));

    let hushes = Quirks {
        mute_says_volume_zero: true,
        ..Quirks::default()
    };
    let mut room = Room::with(hushes).listening();
    room.rendering(Rc::SetMute { mute: true }).unwrap();
    assert_eq!(
        (room.events[0].2.mute, room.events[0].2.volume),
        (Some(true), Some(0))
    );

    let mut room = Room::of(presets::leica());
    room.set(CLIP).unwrap();
    assert_eq!(room.ask(Avt::Play), Err(401));
    let mut room = Room::of(presets::sony_ht_a9());
    room.set(CLIP).unwrap();
    room.ask(Avt::Play).unwrap();
    room.until(1000);
    assert_eq!(room.ask(Avt::Pause), Err(701));
    assert_eq!(room.ask(Avt::Seek { target: ms(0) }), Err(701));
}

#[test]
fn reads_in_parallel_and_only_so_far_ahead() {
    let room = Room::of(presets::tcl()).playing(1000);
    let froms: Vec<_> = room.fetches.iter().map(|(_, _, from)| *from).collect();
    assert_eq!(
        froms,
        [None, Some(2000), Some(4000), Some(6000), Some(8000)]
    );

    for (reads_ahead, expected) in [
        (None, Reading::Now),
        (Some(ms(1000)), Reading::Later(ms(200))),
    ] {
        let mut room = Room::with(Quirks {
            reads_ahead,
            ..Quirks::default()
        });
        room.server.brings = 500;
        let room = room.playing(210);
        assert_eq!(room.tv.reading(at(210), FetchId(1)), expected);
        assert_eq!(room.tv.reading(at(210), FetchId(9)), Reading::Abandoned);
    }
}

#[test]
fn every_preset_plays_a_clip_that_it_accepts() {
    for preset in presets::all() {
        let name = preset.name;
        assert_eq!(presets::named(name).unwrap().model, preset.model);
        let mut room = Room::of(preset);
        room.call(Action::AvTransport(set(CLIP, Rung::Full, "audio/wav")));
        room.until(12_000);
        room.call(Action::AvTransport(Avt::Play));
        room.until(60_000);
        let played = room
            .fetches
            .iter()
            .any(|(method, ..)| *method == Method::Get);
        assert_eq!(played, name != "leica", "{name}");
        assert_ne!(room.tv.state(), Transitioning, "{name}");
    }
}
