//! What every backend gives: lamps to light and contacts to read.
//!
//! LEDs are driven, and levels polled, through the traits of embedded-hal; edges come from the kernel.

use super::debounce::Polled;
use super::fault::{Fault, worded};
use super::line::Edges;
use crate::config::{Button, Level};
use crate::kiosk::event::ButtonId;
use crate::time::Instant;
use core::task::Context;
use embedded_hal::digital::{ErrorType, InputPin, OutputPin, PinState};

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
        Self { pin: Box::new(Worded(pin)), active, complained: false }
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
struct Worded<P>(P);

impl<P> ErrorType for Worded<P> {
    type Error = Fault;
}

impl<P: OutputPin> OutputPin for Worded<P> {
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
