//! What every backend gives: lamps to light and contacts to read.
//!
//! LEDs are driven, and levels polled, through the traits of embedded-hal; edges come from the kernel.
//!
//! What pins refuse, in words for people.
//!
//! Contacts whose level is polled: a change counts when it has lasted as long as the contact may bounce.

use crate::config::{Button, Level, Pin};
use crate::kiosk::event::ButtonId;
use crate::shell::gpio::chip::Edges;
use crate::time::{Duration, Instant};
use core::fmt::{self, Debug};
use core::task::Context;
use embedded_hal::digital::{self, ErrorKind, ErrorType, InputPin, OutputPin, PinState};

/// What a backend found, in the order of the configuration.
pub(super) struct Wiring {
    pub(super) lamps: Vec<Lamp>,
    pub(super) contacts: Vec<Contact>,
}

/// An LED as it is driven.
pub(super) struct Lamp {
    pin: Box<dyn OutputPin<Error = Fault>>,
    active: Level,
    complained: bool,
}

/// A button as it is read.
pub(super) struct Contact {
    button: ButtonId,
    pressed: bool,
    input: Input,
}

/// How a contact is read.
pub(super) enum Input {
    /// The kernel tells, bounces removed.
    Edges(Edges),
    /// Somebody has to look.
    Level(Box<dyn Looked>),
}

impl Input {
    /// A pin of any backend, looked at again and again.
    pub(super) fn polled(pin: impl InputPin + 'static, button: &Button) -> Self {
        let polled = Polled::new(pin, button.active, button.debounce);
        Self::Level(Box::new(polled))
    }
}

/// Presses (true) and releases, in order.
pub(super) type Moves = Vec<(ButtonId, bool)>;

impl Lamp {
    pub(super) fn new(pin: impl OutputPin + 'static, active: Level) -> Self {
        Self { pin: Box::new(WithPinError(pin)), active, complained: false }
    }

    pub(super) fn light(&mut self, lit: bool) {
        let level = if lit { self.active } else { other(self.active) };
        if let Err(fault) = self.pin.set_state(state(level))
            && !self.complained
        {
            self.complained = true;
            log::warn!("an LED does not obey: {fault}");
        }
    }
}

impl Contact {
    /// Of the button with this index in the configuration.
    pub(super) fn new(index: usize, input: Input) -> Self {
        Self { button: button_id(index), pressed: false, input }
    }

    /// Counts as open again; if it is closed, that is news.
    pub(super) fn restart(&mut self) {
        self.pressed = false;
        match &mut self.input {
            Input::Edges(edges) => edges.restart(),
            Input::Level(level) => level.restart(),
        }
    }

    /// Whether somebody has to look, since no edge will tell.
    pub(super) fn is_polled(&self) -> bool {
        matches!(self.input, Input::Level(_))
    }

    /// Adds what happened since; `now` if it is time to look at levels.
    ///
    /// # Errors
    /// A sentence for people.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        now: Option<Instant>,
        moves: &mut Moves,
    ) -> Result<(), String> {
        let (button, before) = (self.button, &mut self.pressed);
        let mut seen = |pressed| {
            if pressed != *before {
                *before = pressed;
                moves.push((button, pressed));
            }
        };
        let read = match (&mut self.input, now) {
            (Input::Edges(edges), _) => edges.poll(cx, seen),
            (Input::Level(level), Some(now)) => {
                level.look(now).map(|moved| moved.into_iter().for_each(&mut seen))
            }
            (Input::Level(_), None) => Ok(()),
        };
        // People count from 1.
        read.map_err(|fault| format!("button {} cannot be read: {fault}", button.0 + 1))
    }
}

/// An output of any backend, its errors put into words.
struct WithPinError<P>(P);

impl<P> ErrorType for WithPinError<P> {
    type Error = Fault;
}

impl<P: OutputPin> OutputPin for WithPinError<P> {
    fn set_low(&mut self) -> Result<(), Fault> {
        self.0.set_low().map_err(worded)
    }

    fn set_high(&mut self) -> Result<(), Fault> {
        self.0.set_high().map_err(worded)
    }
}

/// A polled contact on a pin of any backend.
pub(super) trait Looked {
    fn look(&mut self, now: Instant) -> Result<Option<bool>, Fault>;
    fn restart(&mut self);
}

impl<P: InputPin> Looked for Polled<P> {
    fn look(&mut self, now: Instant) -> Result<Option<bool>, Fault> {
        Self::look(self, now).map_err(worded)
    }

    fn restart(&mut self) {
        Self::restart(self);
    }
}

pub(super) fn other(level: Level) -> Level {
    match level {
        Level::Low => Level::High,
        Level::High => Level::Low,
    }
}

fn state(level: Level) -> PinState {
    PinState::from(level == Level::High)
}

/// Index in the configuration as an id. There are at most [`PINS`](crate::limits::PINS).
pub(super) fn button_id(index: usize) -> ButtonId {
    ButtonId(u8::try_from(index).unwrap_or(u8::MAX))
}

/// What to do where the service holds the pins.
pub const STOP: &str = "stop it first: sudo systemctl stop dlna-kiosk";

/// Why a pin did not obey, in words.
pub(super) struct Fault(pub(super) String);

impl Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl digital::Error for Fault {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

/// A driver's fault: its name is all that there is.
pub(super) fn worded(error: impl digital::Error) -> Fault {
    Fault(format!("{error:?}"))
}

/// For sentences: the pin and what it is for.
pub(super) fn said(pin: Pin, what: &str, why: impl fmt::Display) -> String {
    format!("pin {} cannot be used for {what}: {why}", pin.0)
}

/// An input pin that is looked at again and again.
#[derive(Debug)]
pub(super) struct Polled<P> {
    pin: P,
    active: Level,
    span: Duration,
    contact: State,
}

/// What is known of the contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Steady {
        pressed: bool,
    },
    /// It left `pressed`; if it is still away after the span, that was no bounce.
    Moving {
        pressed: bool,
        since: Instant,
    },
}

impl<P: InputPin> Polled<P> {
    pub(super) fn new(pin: P, active: Level, span: Duration) -> Self {
        Self { pin, active, span, contact: State::Steady { pressed: false } }
    }

    /// Counts as not pressed again.
    pub(super) fn restart(&mut self) {
        self.contact = State::Steady { pressed: false };
    }

    /// Looks at the level. `Some` if the contact was pressed (true) or released.
    pub(super) fn look(&mut self, now: Instant) -> Result<Option<bool>, P::Error> {
        let down = match self.active {
            Level::High => self.pin.is_high()?,
            Level::Low => self.pin.is_low()?,
        };
        let (pressed, since) = match self.contact {
            State::Steady { pressed } => (pressed, now),
            State::Moving { pressed, since } => (pressed, since),
        };
        if down == pressed {
            self.contact = State::Steady { pressed };
        } else if now.since(since) >= self.span {
            self.contact = State::Steady { pressed: down };
            return Ok(Some(down));
        } else {
            self.contact = State::Moving { pressed, since };
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

    /// Looks every 10 ms at these levels (`_` low, `-` high) and writes `p` or `r` where a press or a
    /// release is told.
    fn told(levels: &str, active: Level, span_ms: u64) -> String {
        let reads = levels.chars().map(|level| match level {
            '-' => Transaction::get(MockLevel::High),
            _ => Transaction::get(MockLevel::Low),
        });
        let mut pin = Mock::new(&reads.collect::<Vec<_>>());
        let mut polled = Polled::new(&mut pin, active, Duration::from_millis(span_ms));
        let looks = (0..levels.len() as u64).map(|i| {
            match polled.look(Instant::from_millis(10 * i)).unwrap() {
                Some(true) => 'p',
                Some(false) => 'r',
                None => '.',
            }
        });
        let told = looks.collect();
        pin.done();
        told
    }

    #[test]
    fn a_press_is_told_once_after_it_lasted() {
        assert_eq!(told("--________------", Level::Low, 30), ".....p.......r..");
        assert_eq!(told("__--------______", Level::High, 30), ".....p.......r..");
    }

    #[test]
    fn bounces_begin_the_span_again_and_short_ones_are_nothing() {
        assert_eq!(told("--_-__-____-_---", Level::Low, 30), "..........p.....");
        assert_eq!(told("--_--__--_-", Level::Low, 30), "...........");
    }

    #[test]
    fn without_a_span_every_change_counts_at_once() {
        assert_eq!(told("-_-_--", Level::Low, 0), ".prpr.");
    }

    #[test]
    fn a_button_held_down_at_the_start_is_a_press() {
        assert_eq!(told("____", Level::Low, 20), "..p.");
    }

    #[test]
    fn a_pin_that_cannot_be_read_is_an_error_and_no_release() {
        let broken = MockError::Io(ErrorKind::NotConnected);
        let mut pin = Mock::new(&[
            Transaction::get(MockLevel::High),
            Transaction::get(MockLevel::High).with_error(broken.clone()),
            Transaction::get(MockLevel::High),
        ]);
        let mut polled = Polled::new(&mut pin, Level::High, Duration::ZERO);
        assert_eq!(polled.look(Instant::START), Ok(Some(true)));
        assert_eq!(polled.look(Instant::START), Err(broken));
        assert_eq!(polled.look(Instant::START), Ok(None));
        pin.done();
    }
}
