//! `dlna-kiosk demo`: the box at work on a machine without a Pi, a TV or media. A simulated renderer on loopback really
//! fetches clips that are generated here, and plays them in real time. Keys are the buttons.

use crate::cli::terminal::{self, Keyboard};
use crate::config::{
    Button, Config, GpioBackend, Led, LedFunction, PanelAction, Pin, PinLevel, PortChoice, Rule,
    Selector, Targets,
};
use crate::kiosk::event::Event;
use crate::kiosk::trace::Entry;
use crate::kiosk::{Kiosk, Setup};
use crate::shell::clock::pause;
use crate::shell::driver::drive;
use crate::shell::fake_host::FakeHost;
use crate::shell::gpio::SimulatedPins;
use crate::shell::{Mode, Shell};
use crate::sim::{FakeRenderer, Persona, Quirks};
use crate::time::{Duration, Instant};
use crate::upnp::Udn;
use clap::Args;
use core::cell::Cell;
use core::f64::consts::TAU;
use core::net::Ipv4Addr;
use serde_json::Value;
use smol::{LocalExecutor, future};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::rc::Rc;

/// Key, pin, and what the button on that pin does.
const KEYS: [(u8, u8, PanelAction); 7] = [
    (b' ', 17, PanelAction::PlayPause),
    (b'n', 27, PanelAction::Next),
    (b'p', 22, PanelAction::Prev),
    (b'+', 23, PanelAction::VolumeUp),
    (b'-', 24, PanelAction::VolumeDown),
    (b'm', 25, PanelAction::Mute),
    (b's', 16, PanelAction::Stop),
];
/// How long a key holds its button down.
const TAP: Duration = Duration::from_millis(80);
const REFRESH: Duration = Duration::from_millis(200);
/// The renderer is found within milliseconds; a busy machine may take longer.
const FIND_WITHIN: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Print lines instead of drawing a panel, press play automatically, and end after --seconds
    #[arg(long)]
    headless: bool,
    /// How long to run with --headless
    #[arg(long, value_name = "SECONDS", default_value = "8", value_parser = crate::cli::seconds)]
    #[arg(allow_negative_numbers = true)]
    seconds: Duration,
}

impl Demo {
    pub(super) fn run(&self) -> Result<u8, String> {
        let media = Media::make()?;
        let port = free_port().map_err(|error| format!("no free port: {error}"))?;
        let host = FakeHost::new(renderer()?, Ipv4Addr::LOCALHOST, port);
        let config = config(&media, port);
        let pins = Rc::new(SimulatedPins::default());
        let shell = Shell::open(&config, Mode::Demo(Rc::clone(&pins)))?;
        let session = Session { shell: &shell, pins: &pins, host: &host, played: Cell::new(false) };
        let executor = LocalExecutor::new();
        let kiosk = Kiosk::new(config, Setup::default());
        let driving = async {
            let heard = |_: &Kiosk, entry: &Entry| {
                if self.headless {
                    let at = entry.at.since(Instant::START).as_secs_f64();
                    terminal::print_line(format_args!("{at:7.3} {entry}"));
                }
            };
            Ok(drive(kiosk, &shell, &executor, heard).await)
        };
        let hosting = async { Err(host.run(&executor, None).await) };
        let playing = async {
            if self.headless {
                session.lines(self.seconds).await
            } else {
                session.panel().await?
            }
            shell.mailbox.post(Event::Leave).await;
            future::pending().await
        };
        let code = smol::block_on(executor.run(future::or(driving, future::or(hosting, playing))))?;
        if self.headless && !session.played.get() {
            return Err("the simulated renderer did not play; the lines above say why".to_owned());
        }
        Ok(code)
    }
}

/// A renderer without quirks. The box knows only its address, as where multicast does not work, and tries this description
/// path first.
fn renderer() -> Result<FakeRenderer, String> {
    let udn = Udn::new("uuid:00000000-0000-4000-8000-0000d1a00001");
    let persona = Persona {
        udn: udn.ok_or("the simulated renderer has no valid UDN")?,
        friendly_name: "Demo TV".to_owned(),
        manufacturer: "dlna-kiosk".to_owned(),
        model_name: "Simulated renderer".to_owned(),
        version: 1,
        description_path: "/description.xml".to_owned(),
        port: 0,
        server: "Linux/5.4 UPnP/1.0 Simulated-renderer/1.0".to_owned(),
        user_agent: "DLNADOC/1.50".to_owned(),
        sink: "http-get:*:audio/wav:*,http-get:*:audio/x-wav:*,http-get:*:image/jpeg:*".to_owned(),
    };
    Ok(FakeRenderer::new(persona, Quirks::default(), 1))
}

fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// The clips, in a folder that is removed when the demonstration ends.
struct Media(PathBuf);

impl Media {
    fn make() -> Result<Self, String> {
        let media =
            Self(std::env::temp_dir().join(format!("dlna-kiosk-demo-{}", std::process::id())));
        let write = || {
            std::fs::create_dir_all(&media.0)?;
            for (name, seconds, pitch) in [("first.wav", 8, 440.0), ("second.wav", 5, 660.0)] {
                let mut file = std::fs::File::create(media.0.join(name))?;
                file.write_all(&wav(seconds, pitch))?;
                // The box waits with files that were changed just now: they may still be being copied.
                file.set_modified(std::time::UNIX_EPOCH)?;
            }
            Ok(())
        };
        write().map_err(|error: std::io::Error| format!("{}: {error}", media.0.display()))?;
        Ok(media)
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        // If this fails, a few kilobytes stay in the temporary folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn config(media: &Media, port: u16) -> Config {
    let button = |(_, pin, press): (u8, u8, PanelAction)| Button {
        hold_time: Duration::from_millis(500),
        ..Button::plain(Pin(pin), press)
    };
    let led = |pin, shows| Led { pin: Pin(pin), shows, active: PinLevel::High };
    let usual = Config::default();
    let rule = Rule {
        who: Selector::Address(Ipv4Addr::LOCALHOST, Some(port)),
        plays: vec![media.0.clone()],
        ..usual.rules[0].clone()
    };
    Config {
        name: crate::text::clip("Demo box"),
        media_folders: vec![media.0.clone()],
        media_port: PortChoice::From(18895),
        control_port: PortChoice::From(18080),
        stop_at_exit: true,
        gpio: GpioBackend::None,
        rules: vec![rule],
        groups: Vec::new(),
        buttons: KEYS.map(button).to_vec(),
        leds: vec![led(5, LedFunction::Status), led(6, LedFunction::Playing(Targets::All))],
        ..usual
    }
}

/// A running demonstration: the box and the renderer side by side.
struct Session<'a> {
    shell: &'a Shell,
    pins: &'a SimulatedPins,
    host: &'a FakeHost,
    played: Cell<bool>,
}

impl Session<'_> {
    /// Prints what happens and presses play; ends after `span`, or later if nothing has played yet.
    async fn lines(&self, span: Duration) {
        let mut waited = Duration::ZERO;
        let mut pressed = false;
        let mut leds = Vec::new();
        while waited < span.max(REFRESH) || (!self.played.get() && waited < span + FIND_WITHIN) {
            let status = terminal::status(self.shell).await.unwrap_or(Value::Null);
            let renderer = &status["renderers"][0];
            if !pressed && renderer["state"].is_string() && renderer["state"] != "unknown" {
                pressed = true;
                self.pins.tap(Pin(KEYS[0].1), TAP);
            }
            self.played.set(
                self.played.get() || (renderer["state"] == "playing" && self.on_screen().is_some()),
            );
            let now = self.pins.leds();
            for (pin, lit) in now.iter().filter(|led| !leds.contains(*led)) {
                let lit = if *lit { "on" } else { "off" };
                terminal::print_line(format_args!("        LED GPIO{} {lit}", pin.0));
            }
            leds = now;
            if waited.as_millis().is_multiple_of(1000) && renderer.is_object() {
                let line = terminal::renderer_line(renderer);
                terminal::print_line(format_args!("        {line}"));
            }
            pause(REFRESH).await;
            waited += REFRESH;
        }
    }

    /// Draws the panel until the user presses `q`.
    async fn panel(&self) -> Result<(), String> {
        let keyboard = Keyboard::open()
            .ok()
            .filter(|_| terminal::is_terminal())
            .ok_or("standard output is not a terminal: try `dlna-kiosk demo --headless`")?;
        let screen = Screen::open();
        loop {
            let status = terminal::status(self.shell).await.unwrap_or(Value::Null);
            screen.draw(&self.draw(&status));
            let key = future::or(async { Some(keyboard.key().await) }, async {
                pause(REFRESH).await;
                None
            });
            match key.await {
                Some(b'q' | b'Q' | 3 | 4) => break,
                Some(key) => {
                    let known = KEYS
                        .iter()
                        .find(|(known, ..)| *known == key || (key == b'=' && *known == b'+'));
                    if let Some((_, pin, _)) = known {
                        self.pins.tap(Pin(*pin), TAP);
                    }
                }
                None => {}
            }
        }
        Ok(())
    }

    fn draw(&self, status: &Value) -> String {
        let leds = self.pins.leds();
        let lamp = |pin| {
            if leds.contains(&(Pin(pin), true)) { "\x1b[32m●\x1b[0m" } else { "○" }
        };
        let shows = status["panel"]["leds"][0]["shows"].as_str().unwrap_or("");
        let shows = shows.replace('_', " ");
        let mut text = String::new();
        // Writing to a String cannot fail; the same below.
        let _ =
            writeln!(text, "dlna-kiosk demo: the box and a simulated renderer on this machine\n");
        let _ = writeln!(text, "  LED GPIO5  {}  status: {shows}", lamp(5));
        let _ = writeln!(text, "  LED GPIO6  {}  lit while it plays\n", lamp(6));
        for renderer in status["renderers"].as_array().into_iter().flatten() {
            let _ = writeln!(text, "  {}", terminal::renderer_line(renderer));
            let volume = renderer["volume"].as_u64();
            let volume = volume.map_or("unknown".to_owned(), |volume| volume.to_string());
            let muted = if renderer["mute"] == true { ", muted" } else { "" };
            let _ = writeln!(text, "  volume: {volume}{muted}");
        }
        let screen = self.on_screen().unwrap_or_else(|| "dark".to_owned());
        let _ = writeln!(text, "  its screen: {screen}\n");
        let _ = writeln!(
            text,
            "  [space] play/pause  [n] next  [p] previous  [+] [-] volume  [m] mute  [s] stop  [q] quit\n"
        );
        for line in status["recent"].as_array().into_iter().flatten().rev().take(8) {
            let _ = writeln!(text, "  {}", line.as_str().unwrap_or(""));
        }
        text
    }

    /// What the renderer shows, asked of the renderer itself, not of the box.
    fn on_screen(&self) -> Option<String> {
        self.host.look(|renderer, now| {
            let (uri, position) = renderer.on_screen(now)?;
            let file = uri.rsplit('/').next().unwrap_or(uri);
            Some(format!("{file} at {}", terminal::clock_time(position.as_secs_f64())))
        })
    }
}

/// The terminal as a screen that is redrawn; restored on drop.
struct Screen;

impl Screen {
    fn open() -> Self {
        // Without line wrap, a narrow terminal cuts lines off.
        terminal::print("\x1b[?7l\x1b[2J");
        Self
    }

    fn draw(&self, picture: &str) {
        let mut text = String::from("\x1b[H");
        for line in picture.lines().take(terminal::height() - 1) {
            text += line;
            text += "\x1b[K\r\n";
        }
        terminal::print(text + "\x1b[J");
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        terminal::print("\x1b[?7h\r\n");
    }
}

/// Samples in a second: small files, and more than the tone needs.
const RATE: u32 = 8000;
const BYTES_PER_SAMPLE: u32 = 2;
/// The RIFF and format chunks and the head of the data chunk.
const HEADER: u32 = 44;
/// A fifth of full scale.
const LOUDNESS: f64 = 0.2 * i16::MAX as f64;
/// Seconds of fade in and out, so that a loop does not click.
const FADE: f64 = 0.25;

/// A WAV file: a soft tone of `hertz` for `seconds` (PCM, 16 bit, mono), which every renderer plays.
pub fn wav(seconds: u16, hertz: f64) -> Vec<u8> {
    let samples = u32::from(seconds) * RATE;
    let data = samples * BYTES_PER_SAMPLE;
    let mut file = Vec::with_capacity((HEADER + data) as usize);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(HEADER - 8 + data).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16_u32.to_le_bytes());
    // PCM, one channel.
    file.extend_from_slice(&1_u16.to_le_bytes());
    file.extend_from_slice(&1_u16.to_le_bytes());
    file.extend_from_slice(&RATE.to_le_bytes());
    file.extend_from_slice(&(RATE * BYTES_PER_SAMPLE).to_le_bytes());
    file.extend_from_slice(&2_u16.to_le_bytes());
    file.extend_from_slice(&16_u16.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&data.to_le_bytes());
    for n in 0..samples {
        let time = f64::from(n) / f64::from(RATE);
        let to_edge = time.min(f64::from(seconds) - time);
        let loudness = LOUDNESS * (to_edge / FADE).min(1.0);
        // Within i16: loudness is a fraction of its maximum.
        let sample = ((time * hertz * TAU).sin() * loudness) as i16;
        file.extend_from_slice(&sample.to_le_bytes());
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::scan::inspect;
    use crate::sim::wav_duration;
    use crate::time::Duration;

    #[test]
    fn a_clip_has_the_duration_that_was_asked_for() {
        let file = wav(3, 440.0);
        assert_eq!(file.len(), 44 + 3 * 16_000);
        assert_eq!(wav_duration(&file), Some(Duration::from_secs(3)));
        assert_eq!(wav_duration(&file[..100]), Some(Duration::from_secs(3)), "from its head");
        let path = std::env::temp_dir().join(format!("dlna-kiosk-clip-{}.wav", std::process::id()));
        std::fs::write(&path, &file).unwrap();
        let probed = inspect::duration(&path, "wav");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(probed, Some(Duration::from_secs(3)));
    }

    #[test]
    fn a_clip_is_soft_and_starts_and_ends_in_silence() {
        let file = wav(1, 440.0);
        let samples: Vec<i16> =
            file[44..].chunks(2).map(|two| i16::from_le_bytes([two[0], two[1]])).collect();
        let loudest = samples.iter().map(|s| s.unsigned_abs()).max().unwrap();
        assert!((5000..7000).contains(&loudest), "{loudest}");
        assert!(samples[0].abs() < 100 && samples[samples.len() - 1].abs() < 100);
    }
}
