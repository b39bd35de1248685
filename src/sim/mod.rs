//! The other side: simulated renderers, pure state machines built on the same wire types.
//!
//! A [`FakeRenderer`] takes calls, subscriptions, what its fetches of media brought and what a
//! viewer does with the remote, each with the time; it gives answers, fetches, events and
//! announcements. It does no I/O and reads no clock, so a test or a simulation of years drives it
//! as well as real sockets do. How it misbehaves is data: [`Quirks`]. [`presets`] are renderers
//! that people own.

mod captions;
mod clockwork;
pub mod digests;
pub mod fake_renderer;
mod fetching;
mod finding;
mod loading;
mod media;
mod pending;
pub mod presets;
mod publisher;
pub mod quirks;
mod subtitling;
mod telling;
mod transport;
mod words;
pub mod world;

#[cfg(test)]
mod dialogues;
#[cfg(test)]
mod stories;

pub use fake_renderer::FakeRenderer;
pub use finding::Endpoint;
pub use media::wav_duration;
pub use presets::Preset;
pub use quirks::Quirks;
pub use words::{
    Announce, Call, Fetch, FetchId, Fetched, Method, Output, Persona, Reading, Remote, Subscribed,
};
