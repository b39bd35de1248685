//! Pins without hardware: pressed by this process, or through a datagram socket.
//!
//! A datagram holds one message: `press 17`, `release 17`, `tap 17 80` (released after 80 ms) or `leds`,
//! which is answered with a line for each LED, `22 on` or `22 off`. What makes no sense is answered with
//! `error` and why. Who bounces here is the one who presses: see [`Settling`].
//!
//! A simulated contact, from which bounces are removed as the kernel does it: a level counts when it has
//! held for the span of the configuration, and each change begins the span anew.

use crate::config::{Button, Led, Level, Pin};
use crate::shell::gpio::pins::{Lamp, Moves, button_id};
use crate::time::Duration;
use async_io::{Async, Timer};
use core::cell::RefCell;
use core::convert::Infallible;
use core::pin::Pin as Pinned;
use core::task::{Context, Waker};
use embedded_hal::digital::{ErrorType, OutputPin};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Presses and releases that wait for the panel's task, and taps under way: more are dropped.
const WAITING: usize = 64;
/// Messages read in one turn.
const MESSAGES: usize = 32;
/// A tap longer than this is a mistake.
const LONGEST_TAP: Duration = Duration::from_secs(60);

/// Pins of a bench: contacts to press, lamps to look at.
#[derive(Debug, Default)]
pub struct Pins {
    inner: RefCell<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    buttons: Vec<Settling>,
    lamps: Vec<(Pin, bool)>,
    moves: heapless::Deque<(Pin, bool), WAITING>,
    taps: heapless::Vec<(Pin, Timer), WAITING>,
    panel: Option<Waker>,
}

impl Pins {
    /// Closes the contact at `pin`.
    pub fn press(&self, pin: Pin) {
        self.inner.borrow_mut().turn(pin, true);
    }

    /// Opens the contact at `pin`.
    pub fn release(&self, pin: Pin) {
        self.inner.borrow_mut().turn(pin, false);
    }

    /// Presses, and releases after `held`.
    pub fn tap(&self, pin: Pin, held: Duration) {
        let inner = &mut *self.inner.borrow_mut();
        let release = Timer::after(held.min(LONGEST_TAP));
        // A tap that could not end must not begin.
        if inner.taps.push((pin, release)).is_ok() {
            inner.turn(pin, true);
        }
    }

    /// Every LED of the configuration, in its order, and whether it is lit.
    #[must_use]
    pub fn leds(&self) -> Vec<(Pin, bool)> {
        self.inner.borrow().lamps.clone()
    }

    fn poll(&self, cx: &mut Context<'_>, moves: &mut Moves) {
        let inner = &mut *self.inner.borrow_mut();
        let mut over = heapless::Vec::<Pin, WAITING>::new();
        inner.taps.retain_mut(|(pin, release)| {
            // There is room: as much as there are taps.
            let due = Pinned::new(release).poll(cx).is_ready();
            !(due && over.push(*pin).is_ok())
        });
        for pin in over {
            inner.turn(pin, false);
        }
        while let Some((pin, closed)) = inner.moves.pop_front() {
            let wired =
                inner.buttons.iter_mut().enumerate().filter(|(_, button)| button.pin == pin);
            moves
                .extend(wired.filter_map(|(i, button)| Some((button_id(i), button.turn(closed)?))));
        }
        let settled = inner.buttons.iter_mut().enumerate();
        moves.extend(settled.filter_map(|(i, button)| Some((button_id(i), button.poll(cx)?))));
        inner.panel = Some(cx.waker().clone());
    }
}

impl Inner {
    fn turn(&mut self, pin: Pin, pressed: bool) {
        if self.moves.push_back((pin, pressed)).is_err() {
            log::warn!("pin {} moves faster than the panel follows", pin.0);
        }
        if let Some(panel) = self.panel.take() {
            panel.wake();
        }
    }
}

/// A lamp on the bench.
struct Bulb {
    pins: Rc<Pins>,
    index: usize,
    active: Level,
}

impl Bulb {
    fn set(&self, level: Level) {
        self.pins.inner.borrow_mut().lamps[self.index].1 = level == self.active;
    }
}

impl ErrorType for Bulb {
    type Error = Infallible;
}

impl OutputPin for Bulb {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.set(Level::Low);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.set(Level::High);
        Ok(())
    }
}

/// The pins and the way to them from outside.
#[derive(Debug)]
pub(super) struct Bench {
    pins: Rc<Pins>,
    socket: Option<Socket>,
}

#[derive(Debug)]
struct Socket {
    socket: Async<UnixDatagram>,
    path: PathBuf,
}

impl Bench {
    pub(super) fn of(pins: Rc<Pins>) -> Self {
        // Of a panel before.
        pins.inner.borrow_mut().lamps.clear();
        Self { pins, socket: None }
    }

    /// With a socket at `path`; one that an earlier run left there is replaced.
    pub(super) fn bound(path: &Path) -> Result<Self, String> {
        let left_over = path.symlink_metadata().is_ok_and(|found| found.file_type().is_socket());
        if left_over {
            // If this fails, binding does, and says why.
            let _ = std::fs::remove_file(path);
        }
        let socket = Async::<UnixDatagram>::bind(path);
        let socket =
            socket.map_err(|error| format!("no simulated pins at {}: {error}", path.display()))?;
        log::info!("simulated pins at {}", path.display());
        Ok(Self { pins: Rc::default(), socket: Some(Socket { socket, path: path.to_owned() }) })
    }

    pub(super) fn wire(&self, buttons: &[Button]) {
        self.pins.inner.borrow_mut().buttons = buttons.iter().map(Settling::new).collect();
    }

    pub(super) fn lamp(&self, led: &Led) -> Lamp {
        let lamps = &mut self.pins.inner.borrow_mut().lamps;
        lamps.push((led.pin, false));
        let bulb = Bulb { pins: Rc::clone(&self.pins), index: lamps.len() - 1, active: led.active };
        Lamp::new(bulb, led.active)
    }

    pub(super) fn poll(&self, cx: &mut Context<'_>, moves: &mut Moves) {
        if let Some(socket) = &self.socket {
            socket.poll(cx, &self.pins);
        }
        self.pins.poll(cx, moves);
    }
}

impl Socket {
    fn poll(&self, cx: &mut Context<'_>, pins: &Pins) {
        let mut budget = MESSAGES;
        let mut buffer = [0; 128];
        while self.socket.poll_readable(cx).is_ready() {
            while let Ok((length, from)) = self.socket.get_ref().recv_from(&mut buffer) {
                let message = String::from_utf8_lossy(&buffer[..length]);
                match obey(pins, &message) {
                    Ok(None) => {}
                    Ok(Some(answer)) => self.answer(&answer, &from),
                    Err(why) => self.answer(&format!("error {why}\n"), &from),
                }
                budget -= 1;
                if budget == 0 {
                    cx.waker().wake_by_ref();
                    return;
                }
            }
        }
    }

    /// Senders without an address cannot be answered.
    fn answer(&self, answer: &str, to: &SocketAddr) {
        let sent = self.socket.get_ref().send_to_addr(answer.as_bytes(), to);
        sent.err().inspect(|error: &io::Error| log::debug!("no answer: {error}"));
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Does what a message says, and gives the answer if there is one.
fn obey(pins: &Pins, message: &str) -> Result<Option<String>, String> {
    let mut words = message.split_whitespace();
    let verb = words.next().unwrap_or_default();
    if verb == "leds" {
        let line =
            |(pin, lit): (Pin, bool)| format!("{} {}\n", pin.0, if lit { "on" } else { "off" });
        return Ok(Some(pins.leds().into_iter().map(line).collect()));
    }
    let mut number = |what: &str| {
        let word = words.next().and_then(|word| word.parse().ok());
        word.ok_or_else(|| format!("{verb} needs {what}"))
    };
    let pin = number("a pin")?;
    let pin = Pin(u8::try_from(pin).map_err(|_| format!("there is no pin {pin}"))?);
    if !pins.inner.borrow().buttons.iter().any(|button| button.pin == pin) {
        return Err(format!("no button at pin {}", pin.0));
    }
    match verb {
        "press" => pins.press(pin),
        "release" => pins.release(pin),
        "tap" => pins.tap(pin, Duration::from_millis(number("milliseconds")?)),
        _ => return Err("say press, release, tap or leds".to_owned()),
    }
    Ok(None)
}

/// A contact that somebody closes and opens, perhaps with bounces.
#[derive(Debug)]
pub(super) struct Settling {
    pub(super) pin: Pin,
    span: Duration,
    closed: bool,
    told: bool,
    settled: Option<Timer>,
}

impl Settling {
    pub(super) fn new(button: &Button) -> Self {
        let (pin, span) = (button.pin, button.debounce);
        Self { pin, span, closed: false, told: false, settled: None }
    }

    /// It closes or opens. `Some` if that counts at once.
    pub(super) fn turn(&mut self, closed: bool) -> Option<bool> {
        self.closed = closed;
        if self.span.is_zero() {
            self.told = closed;
            return Some(closed);
        }
        self.settled = Some(Timer::after(self.span));
        None
    }

    /// `Some` if it was closed (true) or opened, and has settled.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Option<bool> {
        let timer = self.settled.as_mut()?;
        if Pinned::new(timer).poll(cx).is_pending() {
            return None;
        }
        self.settled = None;
        (core::mem::replace(&mut self.told, self.closed) != self.closed).then_some(self.closed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Panel;
    use super::super::tests::{beside, config, moved};
    use super::*;
    use crate::config::Backend;
    use crate::kiosk::event::LedId;
    use crate::shell::mailbox::Mailbox;

    fn path(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("dlna-kiosk-{}-{name}", std::process::id()))
    }

    #[test]
    fn buttons_are_pressed_and_leds_are_seen_through_the_socket() {
        let at = path("pins");
        // What a killed run leaves behind.
        drop(UnixDatagram::bind(&at).unwrap());
        let panel = Panel::open(&config(Backend::Simulated(at.clone()))).unwrap();
        let mailbox = Mailbox::default();
        let here = path("finger");
        let finger = Async::<UnixDatagram>::bind(&here).unwrap();
        finger.get_ref().connect(&at).unwrap();
        let ask = async |message: &str| {
            let mut buffer = [0; 256];
            finger.send(message.as_bytes()).await.unwrap();
            let length = finger.recv(&mut buffer).await.unwrap();
            String::from_utf8_lossy(&buffer[..length]).into_owned()
        };
        let story = async {
            finger.send(b"press 27\n").await.unwrap();
            assert_eq!(moved(&mailbox).await, (1, true));
            finger.send(b"release 27").await.unwrap();
            assert_eq!(moved(&mailbox).await, (1, false));
            finger.send(b"tap 17 60").await.unwrap();
            assert_eq!(moved(&mailbox).await, (0, true));
            assert_eq!(moved(&mailbox).await, (0, false));

            panel.light(LedId(1), true);
            assert_eq!(ask("leds").await, "22 off\n23 on\n");
            panel.dark();
            panel.light(LedId(0), true);
            assert_eq!(ask("leds").await, "22 on\n23 off\n");

            assert_eq!(ask("press").await, "error press needs a pin\n");
            assert_eq!(ask("press 22").await, "error no button at pin 22\n");
            assert_eq!(ask("tap 17").await, "error tap needs milliseconds\n");
            assert_eq!(ask("press 273").await, "error there is no pin 273\n");
            assert!(ask("hold 17").await.starts_with("error say press,"));
        };
        beside(&panel, &mailbox, story);
        assert_eq!(mailbox.depth(), 0);
        drop(panel);
        std::fs::remove_file(here).unwrap();
        assert!(!at.exists(), "the socket goes with the panel");
    }

    #[test]
    fn a_file_in_the_way_is_left_alone_and_is_a_sentence() {
        let at = path("file");
        std::fs::write(&at, "precious").unwrap();
        let why = Panel::open(&config(Backend::Simulated(at.clone()))).unwrap_err();
        assert!(why.starts_with("no simulated pins at "), "{why}");
        assert_eq!(std::fs::read_to_string(&at).unwrap(), "precious");
        std::fs::remove_file(at).unwrap();
    }

    #[test]
    fn pins_pressed_within_the_process_wake_the_panel_and_leds_are_dark_after_it() {
        let pins = Rc::new(Pins::default());
        let panel = Panel::simulated(&config(Backend::None), Rc::clone(&pins));
        let mailbox = Mailbox::default();
        pins.press(Pin(17));
        let story = async {
            assert_eq!(moved(&mailbox).await, (0, true), "down before the start");
            smol::future::yield_now().await;
            pins.release(Pin(17));
            assert_eq!(moved(&mailbox).await, (0, false));
            pins.tap(Pin(27), Duration::from_millis(60));
            assert_eq!(moved(&mailbox).await, (1, true));
            assert_eq!(moved(&mailbox).await, (1, false));
        };
        beside(&panel, &mailbox, story);
        panel.light(LedId(0), true);
        assert_eq!(pins.leds(), [(Pin(22), true), (Pin(23), false)]);
        drop(panel);
        assert_eq!(pins.leds(), [(Pin(22), false), (Pin(23), false)]);
    }
}
