//! How long a screen may be wrong after something has happened, and why.

use crate::time::Duration;

/// How long a screen may be wrong after something has happened, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The box starts: it finds the renderers first.
    Start,
    /// A person gave an order: Stop, SetAVTransportURI, Play, a look.
    Order,
    /// A viewer did something: the box notices with its next question.
    Viewer,
    /// The schedule changed.
    Schedule,
    /// A clip, a card or a choice is over.
    Layer,
    /// The renderer is back: it announces itself, is described, asked, and given its file.
    Return,
    /// The renderer hung or was cut off: the pauses of the breaker grow to half a minute.
    Outage,
    /// The network was poor.
    Network,
    /// A file was removed, put back or replaced, or connections broke.
    Files,
    /// The box restarted or moved.
    Box,
}

/// The tolerances. `settles` in the room of a story is measured in seconds.
pub const TOLERANCES: [(Cause, u64, &str); 10] = [
    (Cause::Start, 15, "a search, a description, a state, a file"),
    (Cause::Order, 8, "a call in flight, then Stop, SetAVTransportURI and Play"),
    (Cause::Viewer, 25, "without events the box asks every ten seconds, and looks twice"),
    (Cause::Schedule, 8, "as for an order"),
    (Cause::Layer, 8, "as for an order"),
    (Cause::Return, 60, "the breaker asks again after half a minute"),
    (Cause::Outage, 90, "a time-out of half a minute, and the breaker's pause"),
    (Cause::Network, 120, "any of the calls may have been lost"),
    (Cause::Files, 60, "a folder is read again, and a load that failed is tried again"),
    (Cause::Box, 60, "renderers are found and asked again"),
];

impl Cause {
    /// The tolerance of the cause.
    pub(super) fn tolerance(self) -> Duration {
        let entry = TOLERANCES.iter().find(|(cause, ..)| *cause == self);
        Duration::from_secs(entry.map_or(0, |(_, seconds, _)| *seconds))
    }
}
