//! The kiosk among renderers that people own, with faults, viewers and liars in any order: all laws of the simulated
//! house hold after every step. Input: the house, then up to 64 actions, each with the time that passes after it.
//!
//! Nobody lies about durations here: what a status may say of them is known only of files that exist.
#![no_main]

use core::net::Ipv4Addr;
use dlna_kiosk::config::{LoopMethod, OnStop};
use dlna_kiosk::kiosk::event::{Answer, ButtonId, Event, Failure, PanelState, StreamEnd, TaskName};
use dlna_kiosk::kiosk::supervisor::TASKS;
use dlna_kiosk::kiosk::token::Token;
use dlna_kiosk::media::catalogue::{MediaFile, Scan};
use dlna_kiosk::media::media_type::of_extension;
use dlna_kiosk::sim::Remote;
use dlna_kiosk::sim::presets;
use dlna_kiosk::sim::world::{BUTTONS, HOME, Network, PORT, Scenario, World};
use dlna_kiosk::text::clip;
use dlna_kiosk::time::Duration;
use dlna_kiosk::upnp::action::{MediaInfo, PositionInfo, TransportInfo, TransportState};
use dlna_kiosk::upnp::gena::LastChange;
use dlna_kiosk::upnp::ssdp::{Announcement, MessageKind};
use dlna_kiosk::upnp::{HttpUrl, Reply, Udn, UpnpError};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

const DEEDS: usize = 64;
/// What passes after a deed, in milliseconds.
const PASSES: [u64; 12] = [0, 1, 5, 20, 90, 300, 700, 1_500, 4_000, 9_000, 25_000, 60_000];

fuzz_target!(|data: &[u8]| {
    let mut input = Unstructured::new(data);
    let Ok(mut house) = House::new(&mut input) else { return };
    for _ in 0..DEEDS {
        if input.is_empty() || house.world.exited.is_some() || house.deed(&mut input).is_err() {
            break;
        }
    }
    house.world.pass(60_000);
    house.world.ask_status();
});

/// Something else every few minutes around the times below.
const SCHEDULE: &str = r#"
[[schedule]]
from = "02:00"
to = "02:30"
plays = "news.mp4"
[[schedule]]
from = "02:10"
to = "02:20"
then = "blackout"
volume = 20
[[schedule]]
from = "23:59"
to = "00:01"
then = "stop"
[[schedule]]
from = "12:00"
to = "12:01"
plays = ["song.mp3", "film.mp4"]
"#;
/// Just before a change of the schedule, of the clocks, or of both.
const TIMES: [&str; 6] = [
    "1970-01-01T00:00:00Z",
    "2026-03-29T00:59:50Z",
    "2026-10-25T00:09:50Z",
    "2026-10-25T01:29:50Z",
    "2026-11-27T10:59:50Z",
    "2026-11-27T22:58:50Z",
];

struct House {
    world: World,
    /// The task that hangs. It cannot end, nor say that it lives.
    stuck: Option<TaskName>,
}

impl House {
    fn new(input: &mut Unstructured<'_>) -> Result<Self> {
        let all = presets::all();
        let renderers = input.int_in_range(1..=4)?;
        let mut chosen = Vec::new();
        for _ in 0..renderers {
            chosen.push(input.choose(&all)?.clone());
        }
        let methods = [LoopMethod::Auto, LoopMethod::Restart, LoopMethod::Seek, LoopMethod::Next];
        let (method, autoplay) = (*input.choose(&methods)?, input.arbitrary()?);
        let insists: bool = input.arbitrary()?;
        let max_cut = Duration::from_millis(u64::from(input.int_in_range(0..=1)? * 300_u16));
        let files = [("/m/film.mp4", 30_000), ("/m/news.mp4", 10_000), ("/m/song.mp3", 12_000)];
        let scenario = Scenario::many(chosen).seed(input.arbitrary::<u8>()?.into());
        let scenario = scenario.files(&files).watchdog(Duration::from_secs(30)).rule(|rule| {
            rule.loop_method = method;
            rule.autoplay = autoplay;
            rule.on_stop = if insists { OnStop::Insist } else { OnStop::Respect };
            rule.max_cut = max_cut;
        });
        let scenario = scenario.schedule("CET-1CEST,M3.5.0,M10.5.0/3", SCHEDULE);
        Ok(Self { world: scenario.start(), stuck: None })
    }

    fn deed(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let world = &mut self.world;
        let one = input.choose_index(world.nodes.len())?;
        let task = *input.choose(&TASKS)?;
        let hangs = self.stuck == Some(task);
        let kind = input.int_in_range(0..=39)?;
        world.log_action(format!("deed {kind} at {one}, {task:?}"));
        match kind {
            0..=2 => world.press(*input.choose(&BUTTONS)?),
            3 | 4 => world.remote(one, remote(input)?),
            5 => world.hang(one),
            6 => world.wake(one),
            7 => world.cut(one, input.arbitrary()?),
            8 => world.cable(input.arbitrary()?),
            9 => world.move_to(Ipv4Addr::new(10, 0, 0, input.int_in_range(100..=103)?)),
            10 => {
                world.restart_box();
                self.stuck = None;
            }
            11 => world.freeze(input.int_in_range(1..=40_000)?),
            12 if !hangs => world.kill(task, input.int_in_range(0..=4)?),
            13 => {
                self.stuck = Some(task).filter(|_| !hangs);
                world.hang_task(self.stuck);
            }
            14 => world.disk(input.arbitrary()?),
            15 => world.disk_fails(input.arbitrary()?),
            16 => world.slow_disk(input.int_in_range(0..=60_000)?),
            17 => world.byebye(one),
            18 => world.announce_second_port(one),
            19 => {
                let usual = if input.arbitrary()? { Network::poor() } else { Network::default() };
                world.network = Network { deaf: input.arbitrary()?, ..usual };
            }
            20 => world.firewall = input.arbitrary()?,
            21 | 22 => world.ask_status(),
            23 => world.garbled = Some(outcome(input)?),
            24 => world.forge_answer(number(input)?, outcome(input)?),
            25 | 26 => {
                let (callback, sid) = (number(input)?, sid(input)?);
                world.forge_notify(one, callback, sid, change(world, one, input)?);
            }
            27..=29 => {
                let event = heard(world, one, input)?;
                world.tell(event);
            }
            30 => world.tell(Event::Scanned(Box::new(scan(input)?))),
            31 => {
                let addresses = input.int_in_range(0..=16)?;
                let some = (0..addresses).map(|_| Ok(Ipv4Addr::from(input.arbitrary::<u32>()?)));
                let some = some.collect::<Result<Vec<_>>>()?;
                world.tell(Event::Addresses(some.into_iter().collect()));
            }
            32 => {
                let states = [PanelState::Working, PanelState::Absent("no chip".into())];
                world.tell(Event::Panel(input.choose(&states)?.clone()));
            }
            33 if !hangs => world.tell(Event::Alive(task)),
            34 if !hangs => world.tell(Event::TaskEnded(task, "it says so".into())),
            35 => {
                let button = ButtonId(input.int_in_range(9..=u8::MAX)?);
                world.tell(Event::Button { button, pressed: input.arbitrary()? });
            }
            36 => world.tell(Event::Listening {
                media_port: if input.arbitrary()? {
                    PORT
                } else {
                    input.int_in_range(1..=u16::MAX)?
                },
            }),
            37 => world.tell(witness(input)?),
            39 => world.set_clock(input.choose(&TIMES)?, input.arbitrary()?),
            38 if input.ratio(1, 8)? => world.leave(),
            _ => world.tell(Event::BadDatagram),
        }
        self.world.pass(*input.choose(&PASSES)?);
        Ok(())
    }
}

fn remote(input: &mut Unstructured<'_>) -> Result<Remote> {
    let other = Remote::PlayOther("http://10.0.0.99/film.mp4".into());
    let volume = Remote::Volume(input.arbitrary()?);
    let (stop, pause, play) = (Remote::Stop, Remote::Pause, Remote::Play);
    let (off, plug, on) = (Remote::PowerOff, Remote::PullPlug, Remote::PowerOn);
    Ok(input.choose(&[stop, pause, play, volume, other, Remote::Standby, off, plug, on])?.clone())
}

/// Of requests and callbacks: low ones were given out.
fn number(input: &mut Unstructured<'_>) -> Result<u32> {
    if input.ratio(7, 8)? { input.int_in_range(0..=255) } else { input.arbitrary() }
}

fn sid(input: &mut Unstructured<'_>) -> Result<String> {
    Ok(format!("uuid:{}", input.int_in_range(0..=7)?))
}

fn uri(world: &World, one: usize, input: &mut Unstructured<'_>) -> Result<Option<String>> {
    let token: u64 = input.arbitrary()?;
    let shown = world.nodes[one].renderer.on_screen(world.now).map(|(uri, _)| uri.to_owned());
    let forged = format!("http://{HOME}:{PORT}/m/{token:016x}/film.mp4");
    let ways = [None, shown, Some(forged), Some("http://10.0.0.99/a.mp4".into()), Some("".into())];
    Ok(input.choose(&ways)?.clone())
}

fn state(input: &mut Unstructured<'_>) -> Result<Option<TransportState>> {
    use TransportState as T;
    let states = [T::Stopped, T::Playing, T::Transitioning, T::PausedPlayback, T::NoMediaPresent];
    Ok(if input.arbitrary()? { Some(*input.choose(&states)?) } else { None })
}

fn change(world: &World, one: usize, input: &mut Unstructured<'_>) -> Result<LastChange> {
    Ok(LastChange {
        transport_state: state(input)?,
        error_occurred: input.arbitrary()?,
        av_transport_uri: uri(world, one, input)?,
        current_track_uri: uri(world, one, input)?,
        current_track_duration: None,
        volume: input.arbitrary()?,
        mute: input.arbitrary()?,
    })
}

fn outcome(input: &mut Unstructured<'_>) -> Result<core::result::Result<Answer, Failure>> {
    let transport = TransportInfo { state: state(input)?, error_occurred: input.arbitrary()? };
    let code = input.arbitrary()?;
    let refused = Failure::Refused(UpnpError { code, description: clip("no") });
    Ok(match input.int_in_range(0..=12)? {
        0 => Ok(Answer::Reply(Reply::Done)),
        1 => Ok(Answer::Reply(Reply::TransportInfo(transport))),
        2 => Ok(Answer::Reply(Reply::PositionInfo(PositionInfo::default()))),
        3 => Ok(Answer::Reply(Reply::MediaInfo(MediaInfo::default()))),
        4 => Ok(Answer::Reply(Reply::Volume(code))),
        5 => {
            let timeout = Duration::from_secs(input.int_in_range(1..=3_600)?);
            let sid = if input.arbitrary()? { Some(sid(input)?) } else { None };
            Ok(Answer::Subscribed { sid, timeout })
        }
        6 => Ok(Answer::Unsubscribed),
        7 => Err(Failure::Malformed),
        8 => Err(Failure::Status(code)),
        9 => Err(Failure::NotARenderer),
        10 => Err(Failure::Local),
        11 => Err(Failure::Unreachable),
        _ => Err(refused),
    })
}

/// The shell lets pass only a LOCATION on the sender.
fn heard(world: &World, one: usize, input: &mut Unstructured<'_>) -> Result<Event> {
    let persona = world.nodes[one].renderer.persona();
    let path = persona.description_path.clone();
    let udn = match input.int_in_range(0..=2)? {
        0 => persona.udn.clone(),
        1 => Udn::new(&format!("uuid:tv-{}", input.int_in_range(1..=5)?)).expect("not empty"),
        _ => Udn::new(&format!("uuid:{}", input.arbitrary::<u8>()?)).expect("not empty"),
    };
    let from = Ipv4Addr::new(10, 0, 0, *input.choose(&[1, 11, 12, 13, 14, 15, 200])?);
    let port = *input.choose(&[persona.port, persona.port.wrapping_add(1), 80, PORT])?;
    let elsewhere = format!("/{}.xml", input.arbitrary::<u8>()?);
    let path = if input.arbitrary()? { path } else { elsewhere };
    let kind = *input.choose(&[
        MessageKind::Alive,
        MessageKind::Response,
        MessageKind::Update,
        MessageKind::Byebye,
    ])?;
    let location = HttpUrl::new(from, port, &path).filter(|_| kind != MessageKind::Byebye);
    let seconds: Option<u16> = input.arbitrary()?;
    let announcement = Announcement {
        kind,
        from,
        udn,
        target: clip(input.choose(&["upnp:rootdevice", "ssdp:all", "urn:x:device:Basic:1"])?),
        location,
        max_age: seconds.map(|seconds| Duration::from_secs(seconds.into())),
        boot_id: input.arbitrary::<Option<u8>>()?.map(u32::from),
        config_id: input.arbitrary::<Option<u8>>()?.map(u32::from),
    };
    Ok(Event::Heard(Box::new(announcement)))
}

fn scan(input: &mut Unstructured<'_>) -> Result<Scan> {
    let mut scan = Scan { skipped: input.arbitrary()?, ..Scan::default() };
    for name in ["film.mp4", "news.mp4", "song.mp3", "ghost.mp4", "ghost.jpg"] {
        if input.arbitrary()? {
            let subtitles: bool = input.arbitrary()?;
            scan.files.push(MediaFile {
                path: Path::new("/m").join(name).into(),
                root: Path::new("/m").into(),
                media_type: of_extension(&name[name.len() - 3..]).expect("known"),
                size: input.arbitrary::<u32>()?.into(),
                modified: input.arbitrary::<u8>()?.into(),
                profile: None,
                subtitles: subtitles.then(|| Path::new("/m/film.srt").into()),
            });
        }
    }
    if input.arbitrary()? {
        scan.missing.push(("/m".into(), "is not there".into()));
    }
    Ok(scan)
}

fn witness(input: &mut Unstructured<'_>) -> Result<Event> {
    use StreamEnd as E;
    let token = Token(input.arbitrary()?);
    let ends = [E::WholeFile, E::Part, E::Head, E::Aborted, E::FileError, E::Replaced];
    let end = if input.arbitrary()? { Some(*input.choose(&ends)?) } else { None };
    Ok(match input.int_in_range(0..=2)? {
        0 => Event::Served { token, bytes: input.arbitrary()?, end },
        1 => Event::MediaConnections(input.arbitrary()?),
        _ => Event::Probed { token, duration: Some(Duration::from_secs(input.arbitrary()?)) },
    })
}
