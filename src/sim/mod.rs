//! The other side: simulated renderers, pure state machines built on the same wire types.
//!
//! A [`FakeRenderer`] takes calls, subscriptions, what its fetches of media brought and what a
//! viewer does with the remote, each with the time; it gives answers, fetches, events and
//! announcements. It does no I/O and reads no clock, so a test or a simulation of years drives it
//! as well as real sockets do. How it misbehaves is data: [`Quirks`]. [`presets`] are renderers
//! that people own.

pub mod digests;
pub mod fake_renderer;
pub mod presets;
pub mod quirks;
pub mod world;

#[cfg(test)]
mod stories;

pub use fake_renderer::{
    Announce, Call, Endpoint, FakeRenderer, Fetch, FetchId, Fetched, Method, Output, Persona,
    Reading, Remote, Subscribed, wav_duration,
};
pub use presets::Preset;
pub use quirks::Quirks;
