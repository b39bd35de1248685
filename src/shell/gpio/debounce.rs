//! Contacts whose level is polled: a change counts when it has lasted as long as the contact may bounce.

use crate::config::Level;
use crate::time::{Duration, Instant};
use embedded_hal::digital::InputPin;

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
