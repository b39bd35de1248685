//! GPIO character devices, `/dev/gpiochipN`: the kernel reports edges, removes bounces and lets the process sleep in between.
//! Line numbers are pins.

use crate::config::{Button, Config, Detection, Led, Pin, PinLevel, Pull};
use crate::limits::PINS;
use crate::shell::gpio::pins::{
    ButtonPin, Input, LedPin, PinError, STOP_SERVICE, Wiring, off_level, unusable,
};
use async_io::Async;
use core::task::{Context, Poll};
use embedded_hal::digital::{ErrorType, InputPin, OutputPin};
use gpiocdev::Request;
use gpiocdev::chip::Chip;
use gpiocdev::line::{Bias, EdgeDetection, EdgeKind, Value};
use std::path::{Path, PathBuf};

/// Labels of the chip that is wired to the header: Pi 0 to 3, Pi 4, Pi 5. Its number depends on the kernel: on a Pi 5 it was
/// 4 and became 0.
const HEADER: [&str; 3] = ["pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"];

/// Opens all pins of the configuration on the chip with this path, name or label.
pub(super) fn open(config: &Config, name: &str) -> Result<Wiring, String> {
    open_at(config, &find(name)?)
}

/// Opens all pins of the configuration on the chip at this path.
pub(super) fn open_at(config: &Config, chip: &Path) -> Result<Wiring, String> {
    let buttons = config.buttons.iter().enumerate().map(|(index, button)| {
        let input = match button.detect {
            Detection::Edges => Edges::request(chip, button).map(Input::Edges),
            Detection::Level => level(chip, button),
        };
        let input = input.map_err(|why| refused(chip, button.pin, "a button", &why))?;
        Ok(ButtonPin::new(index, input))
    });
    Ok(Wiring {
        buttons: buttons.collect::<Result<_, String>>()?,
        leds: config.leds.iter().map(|led| led_pin(chip, led)).collect::<Result<_, _>>()?,
    })
}

/// The chip of a Raspberry Pi's header.
pub(super) fn header() -> Option<PathBuf> {
    let mut chips = labels().into_iter();
    chips.find_map(|(path, label)| HEADER.contains(&label.as_str()).then_some(path))
}

/// The lines of this chip that can be pins, each with the program that uses it.
pub(super) fn lines(chip: &Path) -> Result<Vec<(Pin, Option<String>)>, String> {
    let unread = |error: gpiocdev::Error| format!("{} cannot be read: {error}", chip.display());
    let open = Chip::from_path(chip).map_err(unread)?;
    let count = open.info().map_err(unread)?.num_lines;
    let pins = (0..PINS as u8).take_while(|&pin| u32::from(pin) < count).map(Pin);
    Ok(pins.map(|pin| (pin, user(chip, pin))).collect())
}

/// Why a line cannot be opened: usually another program uses it.
pub(super) fn refused(chip: &Path, pin: Pin, what: &str, why: &str) -> String {
    match user(chip, pin).as_deref() {
        Some(CONSUMER) => {
            unusable(pin, what, format_args!("a running dlna-kiosk uses it; {STOP_SERVICE}"))
        }
        Some(other) => unusable(pin, what, format_args!("{other} uses it")),
        None => unusable(pin, what, why),
    }
}

fn user(chip: &Path, pin: Pin) -> Option<String> {
    let line = Chip::from_path(chip).and_then(|chip| chip.line_info(pin.0.into())).ok()?;
    line.used.then(|| match &*line.consumer {
        "" => "the kernel".to_owned(),
        name => name.to_owned(),
    })
}

/// The chip that the configuration names.
pub(super) fn find(name: &str) -> Result<PathBuf, String> {
    if name.starts_with('/') {
        let chip = Chip::from_path(name);
        return chip
            .map(|chip| chip.path().to_owned())
            .map_err(|error| format!("{name} cannot be opened: {error}"));
    }
    let known = labels();
    let named = |(path, label): &&(PathBuf, String)| label == name || path.ends_with(name);
    if let Some((path, _)) = known.iter().find(named) {
        return Ok(path.clone());
    }
    let known: Vec<_> = known.into_iter().map(|(_, label)| label).collect();
    Err(match known.is_empty() {
        true => format!("no GPIO chip is called {name}; no chip can be opened"),
        false => format!("no GPIO chip is called {name}; these exist: {}", known.join(", ")),
    })
}

/// The chips that can be opened, with their labels.
fn labels() -> Vec<(PathBuf, String)> {
    let label = |path: PathBuf| {
        let info = Chip::from_path(&path).and_then(|chip| chip.info()).ok()?;
        Some((path, info.label))
    };
    let chips = gpiocdev::chip::chips().unwrap_or_default();
    chips.into_iter().filter_map(label).collect()
}

fn level(chip: &Path, button: &Button) -> Result<Input, String> {
    Ok(Input::polled(Line::polled(chip, button)?, button))
}

fn led_pin(chip: &Path, led: &Led) -> Result<LedPin, String> {
    // Requested at its off level, so that the LED does not flash at the start.
    let line = Line::driven(chip, led.pin, off_level(led.active));
    let line = line.map_err(|why| refused(chip, led.pin, "an LED", &why))?;
    Ok(LedPin::new(line, led.active))
}

/// The name that `gpioinfo` shows as the user of a line.
pub const CONSUMER: &str = "dlna-kiosk";
/// Edges read in one turn. The kernel buffers 16 for each line.
const EDGES: usize = 32;

/// A button whose edges the kernel reports, with bounces removed.
#[derive(Debug)]
pub(super) struct Edges {
    request: Async<Request>,
    active: PinLevel,
    started: bool,
}

impl Edges {
    pub(super) fn request(chip: &Path, button: &Button) -> Result<Self, String> {
        let request = input(chip, button, true)?;
        Ok(Self {
            request: Async::new(request).map_err(|error| error.to_string())?,
            active: button.active,
            started: false,
        })
    }

    /// Calls `seen` with the state after each edge, then with the present one: edges may have been lost, and at the start
    /// there are none.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        mut seen: impl FnMut(bool),
    ) -> Result<(), PinError> {
        let mut read_level = !std::mem::replace(&mut self.started, true);
        let mut budget = EDGES;
        while let Poll::Ready(ready) = self.request.poll_readable(cx) {
            ready.map_err(pin_error)?;
            read_level = true;
            let request = self.request.get_ref();
            while budget > 0 && request.has_edge_event().map_err(pin_error)? {
                budget -= 1;
                let edge = request.read_edge_event().map_err(pin_error)?;
                let rising = edge.kind == EdgeKind::Rising;
                seen(rising == (self.active == PinLevel::High));
            }
            if budget == 0 {
                cx.waker().wake_by_ref();
                break;
            }
        }
        if read_level {
            let value = self.request.get_ref().lone_value().map_err(pin_error)?;
            seen((value == Value::Active) == (self.active == PinLevel::High));
        }
        Ok(())
    }

    /// Makes the next poll read the level.
    pub(super) fn restart(&mut self) {
        self.started = false;
    }
}

/// One line, as a polled input or as an output.
#[derive(Debug)]
pub(super) struct Line(Request);

impl Line {
    /// A polled input.
    pub(super) fn polled(chip: &Path, button: &Button) -> Result<Self, String> {
        input(chip, button, false).map(Self)
    }

    /// An output that starts at `level`.
    pub(super) fn driven(chip: &Path, pin: Pin, level: PinLevel) -> Result<Self, String> {
        let value = match level {
            PinLevel::Low => Value::Inactive,
            PinLevel::High => Value::Active,
        };
        let mut builder = Request::builder();
        builder.on_chip(chip).with_consumer(CONSUMER);
        builder.with_line(offset(pin)).as_output(value);
        let request = builder.request();
        request.map(Self).map_err(|error| error.to_string())
    }
}

impl ErrorType for Line {
    type Error = PinError;
}

impl OutputPin for Line {
    fn set_low(&mut self) -> Result<(), PinError> {
        self.0.set_lone_value(Value::Inactive).map_err(pin_error)
    }

    fn set_high(&mut self) -> Result<(), PinError> {
        self.0.set_lone_value(Value::Active).map_err(pin_error)
    }
}

impl InputPin for Line {
    fn is_high(&mut self) -> Result<bool, PinError> {
        let value = self.0.lone_value().map_err(pin_error)?;
        Ok(value == Value::Active)
    }

    fn is_low(&mut self) -> Result<bool, PinError> {
        self.is_high().map(|high| !high)
    }
}

fn pin_error(error: impl std::error::Error) -> PinError {
    PinError(error.to_string())
}

/// Requests an input. Some chips have no internal pull resistors; there the external ones must do.
fn input(chip: &Path, button: &Button, edges: bool) -> Result<Request, String> {
    let bias = match button.pull {
        Pull::Up => Bias::PullUp,
        Pull::Down => Bias::PullDown,
        Pull::Off => Bias::Disabled,
    };
    let with = |bias: Option<Bias>| {
        let mut builder = Request::builder();
        builder.on_chip(chip).with_consumer(CONSUMER);
        builder.with_line(offset(button.pin)).as_input().with_bias(bias);
        if edges {
            builder.with_edge_detection(EdgeDetection::BothEdges);
            builder.with_debounce_period(button.debounce);
        }
        builder.request()
    };
    let biased = with(Some(bias));
    let request = biased.or_else(|error| {
        let bare = with(None)?;
        log::info!("pin {} has no internal pull resistor: {error}", button.pin.0);
        Ok(bare)
    });
    request.map_err(|error: gpiocdev::Error| error.to_string())
}

fn offset(pin: Pin) -> u32 {
    u32::from(pin.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chip_that_is_not_there_is_a_sentence() {
        let missing = find("/dev/no-such-chip").unwrap_err();
        assert!(missing.starts_with("/dev/no-such-chip cannot be opened"));
        let unknown = find("no-such-label").unwrap_err();
        assert!(unknown.starts_with("no GPIO chip is called no-such-label; "));
    }
}
