//! The pins that every backend provides: LEDs to switch and buttons to read.
//!
//! LEDs are switched and levels polled through the traits of embedded-hal; edges come from the kernel.

use crate::config::{Button, Pin, PinLevel};
use crate::kiosk::event::ButtonId;
use crate::shell::gpio::chip::Edges;
use crate::time::{Duration, Instant};
use core::fmt::{self, Debug};
use core::task::Context;
use embedded_hal::digital::{self, ErrorKind, ErrorType, InputPin, OutputPin, PinState};

/// The pins that a backend opened, in the order of the configuration.
pub(super) struct Wiring {
    pub(super) leds: Vec<LedPin>,
    pub(super) buttons: Vec<ButtonPin>,
}

/// The pin of an LED.
pub(super) struct LedPin {
    pin: Box<dyn OutputPin<Error = PinError>>,
    active: PinLevel,
    warned: bool,
}

/// The pin of a button.
pub(super) struct ButtonPin {
    button: ButtonId,
    pressed: bool,
    input: Input,
}

/// How a button is read.
pub(super) enum Input {
    /// The kernel reports edges and removes bounces.
    Edges(Edges),
    /// The level is polled.
    PinLevel(PolledPin),
}

impl Input {
    /// A polled pin of any backend.
    pub(super) fn polled(pin: impl InputPin + 'static, button: &Button) -> Self {
        Self::PinLevel(PolledPin::new(pin, button.active, button.debounce))
    }
}

/// Presses (true) and releases (false), in order.
pub(super) type Changes = Vec<(ButtonId, bool)>;

impl LedPin {
    pub(super) fn new(pin: impl OutputPin + 'static, active: PinLevel) -> Self {
        Self { pin: Box::new(WithPinError(pin)), active, warned: false }
    }

    pub(super) fn light(&mut self, lit: bool) {
        let level = if lit { self.active } else { off_level(self.active) };
        if let Err(error) = self.pin.set_state(state(level))
            && !self.warned
        {
            self.warned = true;
            log::warn!("an LED cannot be switched: {error}");
        }
    }
}

impl ButtonPin {
    /// For the button with this index in the configuration.
    pub(super) fn new(index: usize, input: Input) -> Self {
        Self { button: button_id(index), pressed: false, input }
    }

    /// Forgets the state: a button that is down is reported as a press again.
    pub(super) fn restart(&mut self) {
        self.pressed = false;
        match &mut self.input {
            Input::Edges(edges) => edges.restart(),
            Input::PinLevel(level) => level.restart(),
        }
    }

    /// Whether it must be polled.
    pub(super) fn is_polled(&self) -> bool {
        matches!(self.input, Input::PinLevel(_))
    }

    /// Adds the changes since the last call. `now` is given if it is time to poll levels.
    ///
    /// # Errors
    /// A sentence for the owner.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        now: Option<Instant>,
        changes: &mut Changes,
    ) -> Result<(), String> {
        let (button, before) = (self.button, &mut self.pressed);
        let mut seen = |pressed| {
            if pressed != *before {
                *before = pressed;
                changes.push((button, pressed));
            }
        };
        let read = match (&mut self.input, now) {
            (Input::Edges(edges), _) => edges.poll(cx, seen),
            (Input::PinLevel(level), Some(now)) => {
                level.poll(now).map(|change| change.into_iter().for_each(&mut seen))
            }
            (Input::PinLevel(_), None) => Ok(()),
        };
        // People count from 1.
        read.map_err(|error| format!("button {} cannot be read: {error}", button.0 + 1))
    }
}

/// A pin of any backend, with its errors as [`PinError`].
struct WithPinError<P>(P);

impl<P> ErrorType for WithPinError<P> {
    type Error = PinError;
}

impl<P: OutputPin> OutputPin for WithPinError<P> {
    fn set_low(&mut self) -> Result<(), PinError> {
        self.0.set_low().map_err(pin_error)
    }

    fn set_high(&mut self) -> Result<(), PinError> {
        self.0.set_high().map_err(pin_error)
    }
}

impl<P: InputPin> InputPin for WithPinError<P> {
    fn is_high(&mut self) -> Result<bool, PinError> {
        self.0.is_high().map_err(pin_error)
    }

    fn is_low(&mut self) -> Result<bool, PinError> {
        self.0.is_low().map_err(pin_error)
    }
}

/// The level at which an LED is off.
pub(super) fn off_level(active: PinLevel) -> PinLevel {
    match active {
        PinLevel::Low => PinLevel::High,
        PinLevel::High => PinLevel::Low,
    }
}

fn state(level: PinLevel) -> PinState {
    PinState::from(level == PinLevel::High)
}

/// The id of the button with this index in the configuration. There are at most [`PINS`](crate::limits::PINS).
pub(super) fn button_id(index: usize) -> ButtonId {
    ButtonId(u8::try_from(index).unwrap_or(u8::MAX))
}

/// What to do if the service uses the pins.
pub const STOP_SERVICE: &str = "stop it first: sudo systemctl stop dlna-kiosk";

/// Why a pin failed, as a phrase.
pub(super) struct PinError(pub(super) String);

impl Debug for PinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for PinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl digital::Error for PinError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

/// The error of a driver: its Debug name is all there is.
fn pin_error(error: impl digital::Error) -> PinError {
    PinError(format!("{error:?}"))
}

/// The sentence for a pin that cannot be used for its purpose.
pub(super) fn unusable(pin: Pin, what: &str, why: impl fmt::Display) -> String {
    format!("pin {} cannot be used for {what}: {why}", pin.0)
}

/// An input pin whose level is polled. A change counts once it has lasted for the debounce time.
pub(super) struct PolledPin {
    pin: Box<dyn InputPin<Error = PinError>>,
    active: PinLevel,
    debounce: Duration,
    state: ContactState,
}

/// The debounced state of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ContactState {
    Steady {
        pressed: bool,
    },
    /// The level differs from `pressed`. If it still does after the debounce time, it is no bounce.
    Changing {
        pressed: bool,
        since: Instant,
    },
}

impl PolledPin {
    fn new(pin: impl InputPin + 'static, active: PinLevel, debounce: Duration) -> Self {
        let pin = Box::new(WithPinError(pin));
        Self { pin, active, debounce, state: ContactState::Steady { pressed: false } }
    }

    fn restart(&mut self) {
        self.state = ContactState::Steady { pressed: false };
    }

    /// Reads the level. `Some` if the button was pressed (true) or released (false).
    fn poll(&mut self, now: Instant) -> Result<Option<bool>, PinError> {
        let down = match self.active {
            PinLevel::High => self.pin.is_high()?,
            PinLevel::Low => self.pin.is_low()?,
        };
        let (pressed, since) = match self.state {
            ContactState::Steady { pressed } => (pressed, now),
            ContactState::Changing { pressed, since } => (pressed, since),
        };
        if down == pressed {
            self.state = ContactState::Steady { pressed };
        } else if now.since(since) >= self.debounce {
            self.state = ContactState::Steady { pressed: down };
            return Ok(Some(down));
        } else {
            self.state = ContactState::Changing { pressed, since };
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_hal_mock::eh1::MockError;
    use embedded_hal_mock::eh1::digital::{Mock, State as MockLevel, Transaction};
    use std::io::ErrorKind;

    /// Polls these levels (`_` low, `-` high), 10 ms apart, and writes `p` or `r` where a press or a release is reported.
    fn reported(levels: &str, active: PinLevel, span_ms: u64) -> String {
        let reads = levels.chars().map(|level| match level {
            '-' => Transaction::get(MockLevel::High),
            _ => Transaction::get(MockLevel::Low),
        });
        let mut pin = Mock::new(&reads.collect::<Vec<_>>());
        let mut polled = PolledPin::new(pin.clone(), active, Duration::from_millis(span_ms));
        let polls = (0..levels.len() as u64).map(|i| {
            match polled.poll(Instant::from_millis(10 * i)).unwrap() {
                Some(true) => 'p',
                Some(false) => 'r',
                None => '.',
            }
        });
        let reported = polls.collect();
        pin.done();
        reported
    }

    #[test]
    fn a_press_is_reported_once_after_the_debounce_time() {
        assert_eq!(reported("--________------", PinLevel::Low, 30), ".....p.......r..");
        assert_eq!(reported("__--------______", PinLevel::High, 30), ".....p.......r..");
    }

    #[test]
    fn bounces_restart_the_debounce_time() {
        assert_eq!(reported("--_-__-____-_---", PinLevel::Low, 30), "..........p.....");
        assert_eq!(reported("--_--__--_-", PinLevel::Low, 30), "...........");
    }

    #[test]
    fn without_a_debounce_time_every_change_counts_at_once() {
        assert_eq!(reported("-_-_--", PinLevel::Low, 0), ".prpr.");
    }

    #[test]
    fn a_button_held_down_at_the_start_is_a_press() {
        assert_eq!(reported("____", PinLevel::Low, 20), "..p.");
    }

    #[test]
    fn a_pin_that_cannot_be_read_is_an_error_and_not_a_release() {
        let broken = MockError::Io(ErrorKind::NotConnected);
        let mut pin = Mock::new(&[
            Transaction::get(MockLevel::High),
            Transaction::get(MockLevel::High).with_error(broken.clone()),
            Transaction::get(MockLevel::High),
        ]);
        let mut polled = PolledPin::new(pin.clone(), PinLevel::High, Duration::ZERO);
        let mut poll = || polled.poll(Instant::START).map_err(|error| error.0);
        assert_eq!(poll(), Ok(Some(true)));
        assert_eq!(poll(), Err("Io(NotConnected)".to_owned()));
        assert_eq!(poll(), Ok(None));
        pin.done();
    }
}
