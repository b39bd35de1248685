//! The shell: the only place with sockets, files, pins and a clock. It turns the world into events
//! and effects into the world, and decides nothing.
#![allow(
    clippy::disallowed_methods,
    reason = "this is where the clock is read and where tasks wait"
)]

pub mod alive;
pub mod clock;
pub mod config_file;
pub mod control_server;
mod disk;
mod door;
pub mod driver;
mod effect_runner;
pub mod fake_host;
pub mod gpio;
pub mod http;
pub mod keyboard;
pub mod mailbox;
mod media_file;
pub mod media_server;
pub mod multicast;
pub mod network;
mod power;
pub mod probe;
pub mod replies;
pub mod scan;
#[cfg(test)]
mod scratch;
pub mod shared;
mod sidecar;
pub mod signals;
pub mod store;
mod stream;
pub mod systemd;
pub mod upnp_client;
pub mod wall_clock;
pub mod watch;
