//! What pins refuse, in words for people.

use crate::config::Pin;
use core::fmt::{self, Debug};
use embedded_hal::digital::{self, ErrorKind};

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
