//! The other side: simulated renderers, pure state machines built on the same wire types.
//!
//! A [`FakeRenderer`] takes calls, subscriptions, what its fetches of media brought and what a
//! viewer does with the remote, each with the time; it gives answers, fetches, events and
//! announcements. It does no I/O and reads no clock, so a test or a simulation of years drives it
//! as well as real sockets do. How it misbehaves is data: [`Quirks`]. [`presets`] are renderers
//! that people own.

pub mod fake_renderer;
mod media;
pub mod presets;
mod publisher;
pub mod quirks;
mod transport;

#[cfg(test)]
mod dialogues;

pub use fake_renderer::{
    Announce, Call, FakeRenderer, Fetch, FetchId, Fetched, Method, Output, Persona, Reading,
    Remote, Subscribed,
};
pub use media::wav_duration;
pub use presets::Preset;
pub use quirks::Quirks;
