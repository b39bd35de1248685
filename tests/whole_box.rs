//! The whole box over real sockets on loopback: driver, servers, UPnP client and a simulated renderer that
//! really fetches what it plays.
#![allow(clippy::unwrap_used, reason = "tests")]

use dlna_kiosk::cli::demo;
use dlna_kiosk::config::{
    Button, Config, GpioBackend, Led, LedFunction, PanelAction, Pin, PinLevel, PortChoice, Rule,
    ScheduleEntry, ScheduledAction, Selector, Targets, WallClock,
};
use dlna_kiosk::kiosk::event::Event;
use dlna_kiosk::kiosk::{Kiosk, Setup};
use dlna_kiosk::shell::clock::pause;
use dlna_kiosk::shell::control_server;
use dlna_kiosk::shell::driver::drive;
use dlna_kiosk::shell::fake_host::FakeHost;
use dlna_kiosk::shell::gpio::SimulatedPins;
use dlna_kiosk::shell::reader::Program;
use dlna_kiosk::shell::store::Store;
use dlna_kiosk::shell::{Mode, Shell};
use dlna_kiosk::sim::{FakeRenderer, presets};
use dlna_kiosk::time::Duration;
use dlna_kiosk::upnp::Udn;
use dlna_kiosk::upnp::action::TransportState;
use serde_json::Value;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::{Async, LocalExecutor, future};
use std::cell::RefCell;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

const BUTTON: Pin = Pin(17);
const LAMP: Pin = Pin(5);
const OTHER_BUTTON: Pin = Pin(27);

/// A folder of its own, gone afterwards.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn folder(name: &str) -> Folder {
    let folder =
        Folder(std::env::temp_dir().join(format!("whole-box-{name}-{}", std::process::id())));
    std::fs::create_dir_all(&folder.0).unwrap();
    write(&folder.0.join("1.wav"), 440.0);
    folder
}

/// A song of two seconds, as if it had long been there.
fn write(path: &Path, pitch: f64) {
    std::fs::write(path, demo::wav(2, pitch)).unwrap();
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(pitch as u64)).unwrap();
}

fn config(media: &Folder, renderer: u16, autoplay: bool) -> Config {
    let usual = Config::default();
    Config {
        media_folders: vec![media.0.clone()],
        media_port: PortChoice::From(21_000),
        control_port: PortChoice::From(22_000),
        stop_at_exit: true,
        gpio: GpioBackend::None,
        rules: vec![Rule {
            who: Selector::Address(Ipv4Addr::LOCALHOST, Some(renderer)),
            plays: vec![media.0.clone()],
            autoplay,
            ..usual.rules[0].clone()
        }],
        buttons: vec![
            Button { debounce: Duration::ZERO, ..Button::plain(BUTTON, PanelAction::PlayPause) },
            Button {
                debounce: Duration::ZERO,
                long: Some(PanelAction::Shutdown),
                ..Button::plain(OTHER_BUTTON, PanelAction::Identify)
            },
        ],
        leds: vec![Led {
            pin: LAMP,
            shows: LedFunction::Playing(Targets::All),
            active: PinLevel::High,
        }],
        ..usual
    }
}

/// The box, the renderer and the person in front of them.
struct Scene<'a> {
    shell: &'a Shell,
    host: &'a FakeHost,
    pins: &'a SimulatedPins,
    log: &'a RefCell<Vec<String>>,
    media: &'a Path,
}

impl Scene<'_> {
    /// Waits for something to become true, for 15 s at most.
    async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        for _ in 0..1500 {
            if holds(self) {
                return;
            }
            pause(Duration::from_millis(10)).await;
        }
        panic!("not within 15 s: {what}; {:#?}", self.log.borrow());
    }

    fn on_screen(&self) -> bool {
        self.host.look(|renderer, now| renderer.on_screen(now).is_some())
    }

    fn said(&self, words: &str) -> usize {
        self.log.borrow().iter().filter(|line| line.contains(words)).count()
    }

    async fn status(&self) -> Value {
        let port = PortChoice::Fixed(self.shell.control_port().unwrap());
        serde_json::from_str(&control_server::fetch(port, &control_server::STATUS).await.unwrap())
            .unwrap()
    }
}

/// A test is not the program that reads media.
fn reader() -> Program {
    Program::of(env!("CARGO_BIN_EXE_dlna-kiosk").into())
}

/// Plays `story` and sends the box away; gives its exit code.
fn on_stage(preset: &str, autoplay: bool, story: impl AsyncFn(&Scene<'_>)) -> u8 {
    on_stage_by(preset, autoplay, Vec::new(), story)
}

/// As [`on_stage`], with a schedule; the clock of this machine is believed.
fn on_stage_by(
    preset: &str,
    autoplay: bool,
    schedule: Vec<ScheduleEntry>,
    story: impl AsyncFn(&Scene<'_>),
) -> u8 {
    // Each test has a thread of its own.
    let media = folder(std::thread::current().name().unwrap());
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let udn = Udn::new("uuid:00000000-0000-4000-8000-000000000001").unwrap();
    let renderer = presets::named(preset).unwrap().renderer(udn, "TV", 1);
    let host = FakeHost::new(renderer, Ipv4Addr::LOCALHOST, port);
    let usual = config(&media, port, autoplay);
    let config = Config { schedule, clock: WallClock::Rtc, ..usual };
    let pins = Rc::new(SimulatedPins::default());
    let log = RefCell::new(Vec::new());
    let shell = Shell::open(&config, Mode::Demo(Rc::clone(&pins))).unwrap().reading_by(reader());
    let executor = LocalExecutor::new();
    let driving = drive(Kiosk::new(config, Setup::default()), &shell, &executor, |_, entry| {
        log.borrow_mut().push(entry.to_string());
    });
    let hosting = async { panic!("{}", host.run(&executor, None).await) };
    let scene = Scene { shell: &shell, host: &host, pins: &pins, log: &log, media: &media.0 };
    let telling = async {
        story(&scene).await;
        shell.mailbox.post(Event::Leave).await;
        future::pending().await
    };
    // On the heap: a test has 2 MiB of stack.
    let all = Box::pin(future::or(driving, future::or(hosting, telling)));
    let code = smol::block_on(executor.run(all));
    let state = host.look(|renderer, _| renderer.state());
    assert!(
        matches!(state, TransportState::Stopped | TransportState::NoMediaPresent),
        "left stopped, not {state:?}"
    );
    assert!(pins.leds().iter().all(|(_, lit)| !lit), "left dark");
    code
}

#[test]
fn a_press_plays_pauses_and_goes_on_and_the_light_follows() {
    let code = on_stage("well-behaved", false, async |scene| {
        scene.until("found", |s| s.said("TV: found") == 1).await;
        pause(Duration::from_millis(300)).await;
        assert!(!scene.on_screen(), "nothing starts by itself");
        scene.pins.tap(BUTTON, Duration::from_millis(30));
        scene.until("it plays", Scene::on_screen).await;
        scene.until("the light is lit", |s| s.pins.leds().contains(&(LAMP, true))).await;
        scene.pins.tap(BUTTON, Duration::from_millis(30));
        let state = |s: &Scene<'_>| s.host.look(|renderer, _| renderer.state());
        scene.until("it pauses", |s| state(s) == TransportState::PausedPlayback).await;
        scene.until("the light is dark", |s| s.pins.leds().contains(&(LAMP, false))).await;
        // The finger must leave the button first.
        pause(Duration::from_millis(100)).await;
        scene.pins.tap(BUTTON, Duration::from_millis(30));
        scene.until("it goes on", |s| state(s) == TransportState::Playing).await;
        let status = scene.status().await;
        let renderer = &status["renderers"][0];
        assert_eq!((&renderer["name"], &renderer["playing"]), (&"TV".into(), &"1.wav".into()));
        assert_eq!(status["panel"]["presses"].as_array().unwrap().len(), 3);
        assert!(status["media_server"]["bytes"].as_u64().unwrap() > 30_000, "{status}");
    });
    assert_eq!(code, 0);
}

/// What is served at a URL of the box.
async fn fetched(url: &str) -> Vec<u8> {
    let (authority, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let address: SocketAddr = authority.parse().unwrap();
    let mut socket = Async::<TcpStream>::connect(address).await.unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {authority}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    let body = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    answer.split_off(body)
}

#[test]
fn a_press_shows_a_card_that_can_be_decoded_and_a_demonstration_switches_nothing_off() {
    on_stage("well-behaved", true, async |scene| {
        scene.until("it plays", Scene::on_screen).await;
        scene.pins.tap(OTHER_BUTTON, Duration::from_millis(30));
        scene.until("it shows the card", |s| s.said("TV: playing identify.jpg") == 1).await;
        let shown =
            |renderer: &FakeRenderer, now| renderer.on_screen(now).map(|(uri, _)| uri.to_owned());
        let url = scene.host.look(shown).unwrap();
        assert!(url.ends_with("/identify.jpg"), "{url}");
        let card = fetched(&url).await;
        let mut decoder = JpegDecoder::new(ZCursor::new(&*card));
        let pixels = decoder.decode().unwrap();
        assert_eq!(decoder.dimensions(), Some((1920, 1080)));
        let white = pixels.iter().filter(|value| **value == 255).count();
        assert!(white > 100_000 && white < pixels.len() / 2, "letters: {white}");

        scene.pins.tap(OTHER_BUTTON, Duration::from_millis(1_100));
        let said = "the machine could not be switched off: this is only a demonstration";
        scene.until("it does not switch this machine off", |s| s.said(said) == 1).await;
        assert_eq!(scene.status().await["power_off_refused"], "this is only a demonstration");
    });
}

#[test]
fn a_configured_renderer_plays_by_itself_round_after_round() {
    for preset in ["gmrender", "hccast"] {
        on_stage(preset, true, async |scene| {
            scene.until("three rounds", |s| s.said("round 3") > 0).await;
            let status = scene.status().await;
            assert!(status["renderers"][0]["fault"].is_null(), "{status}");
        });
    }
}

#[test]
fn a_schedule_is_followed_by_this_machines_clock_and_a_press_is_stronger() {
    let always = ScheduleEntry { then: ScheduledAction::Blackout, ..ScheduleEntry::default() };
    on_stage_by("well-behaved", false, vec![always], async |scene| {
        let shows = |s: &Scene<'_>, name: &str| {
            s.host.look(|renderer, now| {
                renderer.on_screen(now).is_some_and(|(uri, _)| uri.ends_with(name))
            })
        };
        scene.until("it is black", |s| shows(s, "/black.jpg")).await;
        assert_eq!(scene.said("the clock is set: it is 20"), 1);
        let status = scene.status().await;
        let held = &status["renderers"][0]["schedule"];
        assert_eq!(
            (&held["entry"], &held["then"]),
            (&"daily 00:00-00:00".into(), &"blackout".into())
        );
        assert_eq!(status["schedule"]["clock_trusted"], true);
        scene.pins.tap(BUTTON, Duration::from_millis(30));
        scene.until("it plays", |s| shows(s, "/1.wav")).await;
    });
}

/// One life of a box with this state directory, until the words are said and `then` is over; then it is gone like one
/// that was killed. Gives its log.
async fn life(
    config: &Config,
    state: &Folder,
    words: &str,
    then: impl Future<Output = ()>,
) -> Vec<String> {
    let log = RefCell::new(Vec::new());
    let shell = Shell::open(config, Mode::Demo(Rc::default())).unwrap().reading_by(reader());
    let shell = shell.keeping(Some(Store::new(&state.0)));
    let executor = LocalExecutor::new();
    let kiosk = Kiosk::new(config.clone(), Setup { seed: fastrand::u64(..), ..Setup::default() });
    let driving = drive(kiosk, &shell, &executor, |_, entry| {
        log.borrow_mut().push(entry.to_string());
    });
    let ending = async {
        for _ in 0..600 {
            if log.borrow().iter().any(|line| line.contains(words)) {
                then.await;
                return 0;
            }
            pause(Duration::from_millis(50)).await;
        }
        panic!("never {words}: {:?}", log.borrow());
    };
    executor.run(Box::pin(future::or(ending, driving))).await;
    log.take()
}

#[test]
fn a_box_that_was_killed_takes_up_what_still_plays() {
    let (media, state) = (folder("killed"), folder("killed-state"));
    std::fs::write(media.0.join("1.wav"), demo::wav(20, 440.0)).unwrap();
    // A secret of its own it would write after ten seconds.
    let memory = r#"{"format":1,"ran":0,"secret":[1,2],"profiles":[]}"#;
    std::fs::write(state.0.join("profiles.json"), memory).unwrap();
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let udn = Udn::new("uuid:00000000-0000-4000-8000-000000000002").unwrap();
    let renderer = presets::named("well-behaved").unwrap().renderer(udn, "TV", 1);
    let host = FakeHost::new(renderer, Ipv4Addr::LOCALHOST, port);
    let mut config = config(&media, port, true);
    config.media_port = PortChoice::Fixed(21_555);
    let shown =
        || host.look(|renderer, now| renderer.on_screen(now).map(|(uri, at)| (uri.to_owned(), at)));
    let two_seconds = || pause(Duration::from_secs(2));
    let executor = LocalExecutor::new();
    let story = async {
        let log = life(&config, &state, "playing 1.wav", two_seconds()).await;
        assert_eq!(log.iter().filter(|line| line.contains("loading 1.wav")).count(), 1);
        let (uri, at) = shown().expect("it plays on");
        let log =
            life(&config, &state, "still plays 1.wav from before the restart", two_seconds()).await;
        assert!(!log.iter().any(|line| line.contains("loading")), "{log:?}");
        let (same, later) = shown().expect("it plays on");
        assert_eq!(same, uri);
        assert!(later > at + Duration::from_secs(2), "{later:?} after {at:?}");
        0
    };
    let hosting = async { panic!("{}", host.run(&executor, None).await) };
    assert_eq!(smol::block_on(executor.run(Box::pin(future::or(story, hosting)))), 0);
}
#[test]
fn a_file_replaced_and_one_put_there_while_it_plays_are_played_in_their_turn() {
    on_stage("well-behaved", true, async |scene| {
        scene.until("it plays", Scene::on_screen).await;
        let (new, one) = (scene.media.join("new.part"), scene.media.join("1.wav"));
        write(&new, 880.0);
        std::fs::rename(&new, &one).unwrap();
        scene.until("it is noticed", |s| s.said("1.wav was replaced") == 1).await;
        let rounds = scene.said("played to the end");
        scene.until("the new one plays", |s| s.said("played to the end") > rounds + 1).await;
        // Written slowly: not played before it is whole.
        let song = demo::wav(2, 660.0);
        let mut slow = std::fs::File::create(scene.media.join("2.wav")).unwrap();
        slow.write_all(&song[..1000]).unwrap();
        scene.until("it is seen", |s| s.said("2.wav is still being copied") == 1).await;
        slow.write_all(&song[1000..]).unwrap();
        assert_eq!(scene.said("loading 2.wav"), 0);
        drop(slow);
        scene.until("it is played", |s| s.said("loading 2.wav") == 1).await;
        let before = scene.said("1 media file");
        std::fs::remove_file(&one).unwrap();
        scene.until("it is missed", |s| s.said("1 media file") > before).await;
        scene.until("the other goes on", |s| s.said("loading 2.wav") > 2).await;
        assert_eq!(scene.said("refused") + scene.said("cannot"), 0, "{:?}", scene.log);
    });
}
