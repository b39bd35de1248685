//! The other side of the wire: simulated renderers, and a simulated room full of them.
//!
//! * [`fake_renderer`] and [`quirks`]: a renderer as a pure state machine, built on the wire's types, and how it
//!   misbehaves, as data. It does no I/O and reads no clock, so a test or a simulation of years drives it as well as
//!   real sockets do. The demonstration plays on a well-behaved one.
//! * `presets`: renderers that people own.
//! * `world`: the kiosk, renderers and the network between them, in one thread and without a clock.
//! * `oracle`: what should be on every screen of the room, and weather that meets everything.
//! * `digests`: what the box sends in some scenes, held against what it has always sent.
//! * `stories`: tests, each of a single case.
//!
//! Only the fake renderer and its quirks are part of the box; the rest needs the feature `simulation`, which tests and
//! examples switch on by themselves.

#[cfg(any(test, feature = "simulation"))]
pub mod digests;
pub mod fake_renderer;
#[cfg(any(test, feature = "simulation"))]
pub mod oracle;
#[cfg(any(test, feature = "simulation"))]
pub mod presets;
pub mod quirks;
#[cfg(test)]
mod stories;
#[cfg(any(test, feature = "simulation"))]
pub mod world;

pub use fake_renderer::{
    Announce, Call, Endpoint, FakeRenderer, Fetch, FetchId, Fetched, Method, Output, Persona,
    Reading, Remote, Subscribed, wav_duration,
};
#[cfg(any(test, feature = "simulation"))]
pub use presets::Preset;
pub use quirks::Quirks;
