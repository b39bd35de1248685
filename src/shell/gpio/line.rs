//! Lines of a GPIO character device: heard by their edges, polled, or driven.

use super::fault::Fault;
use crate::config::{Button, Level, Pin, Pull};
use async_io::Async;
use core::task::{Context, Poll};
use embedded_hal::digital::{ErrorType, InputPin, OutputPin};
use gpiocdev::Request;
use gpiocdev::line::{Bias, EdgeDetection, EdgeKind, Value};
use std::path::Path;

/// Who holds the line, for `gpioinfo`.
pub const CONSUMER: &str = "dlna-kiosk";
/// Edges read in one turn. The kernel keeps 16 for each line.
const EDGES: usize = 32;

/// A button whose edges the kernel tells, bounces removed.
#[derive(Debug)]
pub(super) struct Edges {
    request: Async<Request>,
    active: Level,
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

    /// Tells `seen` the contact after each edge, then as it is now: edges may have been lost, and at
    /// the start there is none.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        mut seen: impl FnMut(bool),
    ) -> Result<(), Fault> {
        let mut look = !std::mem::replace(&mut self.started, true);
        let mut budget = EDGES;
        while let Poll::Ready(ready) = self.request.poll_readable(cx) {
            ready.map_err(fault)?;
            look = true;
            let request = self.request.get_ref();
            while budget > 0 && request.has_edge_event().map_err(fault)? {
                budget -= 1;
                let edge = request.read_edge_event().map_err(fault)?;
                let rising = edge.kind == EdgeKind::Rising;
                seen(rising == (self.active == Level::High));
            }
            if budget == 0 {
                cx.waker().wake_by_ref();
                break;
            }
        }
        if look {
            let value = self.request.get_ref().lone_value().map_err(fault)?;
            seen((value == Value::Active) == (self.active == Level::High));
        }
        Ok(())
    }

    /// The level is looked at again.
    pub(super) fn restart(&mut self) {
        self.started = false;
    }
}

/// One line, polled or driven.
#[derive(Debug)]
pub(super) struct Line(Request);

impl Line {
    /// An input that is looked at.
    pub(super) fn polled(chip: &Path, button: &Button) -> Result<Self, String> {
        input(chip, button, false).map(Self)
    }

    /// An output that is at `level` from the first moment on.
    pub(super) fn driven(chip: &Path, pin: Pin, level: Level) -> Result<Self, String> {
        let value = match level {
            Level::Low => Value::Inactive,
            Level::High => Value::Active,
        };
        let mut builder = Request::builder();
        builder.on_chip(chip).with_consumer(CONSUMER);
        builder.with_line(offset(pin)).as_output(value);
        let request = builder.request();
        request.map(Self).map_err(|error| error.to_string())
    }
}

impl ErrorType for Line {
    type Error = Fault;
}

impl OutputPin for Line {
    fn set_low(&mut self) -> Result<(), Fault> {
        self.0.set_lone_value(Value::Inactive).map_err(fault)
    }

    fn set_high(&mut self) -> Result<(), Fault> {
        self.0.set_lone_value(Value::Active).map_err(fault)
    }
}

impl InputPin for Line {
    fn is_high(&mut self) -> Result<bool, Fault> {
        let value = self.0.lone_value().map_err(fault)?;
        Ok(value == Value::Active)
    }

    fn is_low(&mut self) -> Result<bool, Fault> {
        self.is_high().map(|high| !high)
    }
}

fn fault(error: impl std::error::Error) -> Fault {
    Fault(error.to_string())
}

/// Some chips have no bias: their resistors are outside.
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
        log::info!("pin {} has no bias of its own: {error}", button.pin.0);
        Ok(bare)
    });
    request.map_err(|error: gpiocdev::Error| error.to_string())
}

fn offset(pin: Pin) -> u32 {
    u32::from(pin.0)
}
