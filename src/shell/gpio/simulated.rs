//! Pins without hardware, operated by this process or through a datagram socket.
//!
//! A datagram holds one message: `press 17`, `release 17`, `tap 17 80` (released after 80 ms) or `leds`, which is answered with
//! a line for each LED, `22 on` or `22 off`. A message that cannot be executed is answered with `error` and the reason.

use crate::config::{Button, Led, Pin, PinLevel};
use crate::shell::gpio::pins::{Changes, LedPin, button_id};
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

/// Capacity for changes that wait for the panel's task, and for taps under way. More are dropped.
const WAITING: usize = 64;
/// Messages read in one turn.
const MESSAGES: usize = 32;
/// Longer taps are cut to this.
const LONGEST_TAP: Duration = Duration::from_secs(60);

/// Pins without hardware: buttons to press, LEDs to look at.
#[derive(Debug, Default)]
pub struct SimulatedPins {
    inner: RefCell<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    buttons: Vec<SimulatedContact>,
    leds: Vec<(Pin, bool)>,
    changes: heapless::Deque<(Pin, bool), WAITING>,
    taps: heapless::Vec<(Pin, Timer), WAITING>,
    panel: Option<Waker>,
}

impl SimulatedPins {
    /// Presses the button at `pin`.
    pub fn press(&self, pin: Pin) {
        self.inner.borrow_mut().set(pin, true);
    }

    /// Releases the button at `pin`.
    pub fn release(&self, pin: Pin) {
        self.inner.borrow_mut().set(pin, false);
    }

    /// Presses the button at `pin` and releases it after `held`.
    pub fn tap(&self, pin: Pin, held: Duration) {
        let inner = &mut *self.inner.borrow_mut();
        let release = Timer::after(held.min(LONGEST_TAP));
        // A tap that could not be ended must not start.
        if inner.taps.push((pin, release)).is_ok() {
            inner.set(pin, true);
        }
    }

    /// Each LED, in the order of the configuration, and whether it is lit.
    pub fn leds(&self) -> Vec<(Pin, bool)> {
        self.inner.borrow().leds.clone()
    }

    fn poll(&self, cx: &mut Context<'_>, changes: &mut Changes) {
        let inner = &mut *self.inner.borrow_mut();
        let mut over = heapless::Vec::<Pin, WAITING>::new();
        inner.taps.retain_mut(|(pin, release)| {
            // There is room: `over` is as long as the list of taps.
            let due = Pinned::new(release).poll(cx).is_ready();
            !(due && over.push(*pin).is_ok())
        });
        for pin in over {
            inner.set(pin, false);
        }
        while let Some((pin, closed)) = inner.changes.pop_front() {
            let wired =
                inner.buttons.iter_mut().enumerate().filter(|(_, button)| button.pin == pin);
            changes
                .extend(wired.filter_map(|(i, button)| Some((button_id(i), button.set(closed)?))));
        }
        let stable = inner.buttons.iter_mut().enumerate();
        changes.extend(stable.filter_map(|(i, button)| Some((button_id(i), button.poll(cx)?))));
        inner.panel = Some(cx.waker().clone());
    }
}

impl Inner {
    fn set(&mut self, pin: Pin, pressed: bool) {
        if self.changes.push_back((pin, pressed)).is_err() {
            log::warn!("pin {} changes faster than the panel can follow", pin.0);
        }
        if let Some(panel) = self.panel.take() {
            panel.wake();
        }
    }
}

/// A simulated LED, as an output pin.
struct SimulatedLed {
    pins: Rc<SimulatedPins>,
    index: usize,
    active: PinLevel,
}

impl SimulatedLed {
    fn set(&self, level: PinLevel) {
        self.pins.inner.borrow_mut().leds[self.index].1 = level == self.active;
    }
}

impl ErrorType for SimulatedLed {
    type Error = Infallible;
}

impl OutputPin for SimulatedLed {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.set(PinLevel::Low);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.set(PinLevel::High);
        Ok(())
    }
}

/// Simulated pins, and the socket that controls them from outside, if there is one.
#[derive(Debug)]
pub(super) struct SimulatedBoard {
    pins: Rc<SimulatedPins>,
    socket: Option<Socket>,
}

#[derive(Debug)]
struct Socket {
    socket: Async<UnixDatagram>,
    path: PathBuf,
}

impl SimulatedBoard {
    pub(super) fn of(pins: Rc<SimulatedPins>) -> Self {
        // Those of an earlier panel.
        pins.inner.borrow_mut().leds.clear();
        Self { pins, socket: None }
    }

    /// Pins with a socket at `path`, which replaces a socket left over from an earlier run.
    pub(super) fn bound(path: &Path) -> Result<Self, String> {
        let left_over = path.symlink_metadata().is_ok_and(|found| found.file_type().is_socket());
        if left_over {
            // If this fails, so does binding, and says why.
            let _ = std::fs::remove_file(path);
        }
        let socket = Async::<UnixDatagram>::bind(path);
        let socket =
            socket.map_err(|error| format!("no simulated pins at {}: {error}", path.display()))?;
        log::info!("simulated pins at {}", path.display());
        Ok(Self { pins: Rc::default(), socket: Some(Socket { socket, path: path.to_owned() }) })
    }

    pub(super) fn wire(&self, buttons: &[Button]) {
        self.pins.inner.borrow_mut().buttons = buttons.iter().map(SimulatedContact::new).collect();
    }

    pub(super) fn led(&self, led: &Led) -> LedPin {
        let leds = &mut self.pins.inner.borrow_mut().leds;
        leds.push((led.pin, false));
        let bulb =
            SimulatedLed { pins: Rc::clone(&self.pins), index: leds.len() - 1, active: led.active };
        LedPin::new(bulb, led.active)
    }

    pub(super) fn poll(&self, cx: &mut Context<'_>, changes: &mut Changes) {
        if let Some(socket) = &self.socket {
            socket.poll(cx, &self.pins);
        }
        self.pins.poll(cx, changes);
    }
}

impl Socket {
    fn poll(&self, cx: &mut Context<'_>, pins: &SimulatedPins) {
        let mut budget = MESSAGES;
        let mut buffer = [0; 128];
        while self.socket.poll_readable(cx).is_ready() {
            while let Ok((length, from)) = self.socket.get_ref().recv_from(&mut buffer) {
                let message = String::from_utf8_lossy(&buffer[..length]);
                match execute(pins, &message) {
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

    /// Answers a sender that has an address.
    fn answer(&self, answer: &str, to: &SocketAddr) {
        let sent = self.socket.get_ref().send_to_addr(answer.as_bytes(), to);
        sent.err().inspect(|error: &io::Error| {
            log::debug!("cannot answer through the socket of the simulated pins: {error}")
        });
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Executes a message; returns the answer, if it has one.
fn execute(pins: &SimulatedPins, message: &str) -> Result<Option<String>, String> {
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
        _ => return Err("write press, release, tap or leds".to_owned()),
    }
    Ok(None)
}

/// A simulated contact. Bounces are removed as the kernel does it: a level counts once it has held for the debounce time,
/// which each change restarts.
#[derive(Debug)]
struct SimulatedContact {
    pin: Pin,
    debounce: Duration,
    closed: bool,
    reported: bool,
    stable: Option<Timer>,
}

impl SimulatedContact {
    fn new(button: &Button) -> Self {
        let (pin, debounce) = (button.pin, button.debounce);
        Self { pin, debounce, closed: false, reported: false, stable: None }
    }

    /// Closes or opens it. `Some` if that counts at once.
    fn set(&mut self, closed: bool) -> Option<bool> {
        self.closed = closed;
        if self.debounce.is_zero() {
            self.reported = closed;
            return Some(closed);
        }
        self.stable = Some(Timer::after(self.debounce));
        None
    }

    /// `Some` if it was closed (true) or opened (false) and has been stable since.
    fn poll(&mut self, cx: &mut Context<'_>) -> Option<bool> {
        let timer = self.stable.as_mut()?;
        if Pinned::new(timer).poll(cx).is_pending() {
            return None;
        }
        self.stable = None;
        (core::mem::replace(&mut self.reported, self.closed) != self.closed).then_some(self.closed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::GpioPanel;
    use super::super::tests::{beside, config, moved};
    use super::*;
    use crate::config::GpioBackend;
    use crate::kiosk::event::LedId;
    use crate::shell::mailbox::Mailbox;

    fn path(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("dlna-kiosk-{}-{name}", std::process::id()))
    }

    #[test]
    fn the_socket_presses_buttons_and_reports_leds() {
        let at = path("pins");
        // As a killed run leaves it behind.
        drop(UnixDatagram::bind(&at).unwrap());
        let panel = GpioPanel::open(&config(GpioBackend::Simulated(at.clone()))).unwrap();
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
            assert!(ask("hold 17").await.starts_with("error write press,"));
        };
        beside(&panel, &mailbox, story);
        assert_eq!(mailbox.status().depth, 0);
        drop(panel);
        std::fs::remove_file(here).unwrap();
        assert!(!at.exists(), "the socket goes with the panel");
    }

    #[test]
    fn a_file_at_the_path_of_the_socket_is_an_error_and_stays() {
        let at = path("file");
        std::fs::write(&at, "precious").unwrap();
        let why = GpioPanel::open(&config(GpioBackend::Simulated(at.clone()))).unwrap_err();
        assert!(why.starts_with("no simulated pins at "), "{why}");
        assert_eq!(std::fs::read_to_string(&at).unwrap(), "precious");
        std::fs::remove_file(at).unwrap();
    }

    #[test]
    fn presses_within_the_process_wake_the_panel_and_its_end_turns_the_leds_off() {
        let pins = Rc::new(SimulatedPins::default());
        let panel = GpioPanel::simulated(&config(GpioBackend::None), Rc::clone(&pins));
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
