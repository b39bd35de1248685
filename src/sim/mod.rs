//! The other side: simulated renderers, pure state machines that use the same wire types.
//!
//! A [`FakeRenderer`] takes calls, subscriptions, the results of its media requests and what a viewer does with the
//! remote control, each with the time. It returns answers, media requests, events and announcements. It does no I/O and
//! reads no clock, so that a test or a simulation of years can drive it as well as real sockets can. Its misbehaviour
//! is data: [`Quirks`]. [`presets`] are renderers that people own.

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
