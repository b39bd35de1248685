//! The shell: the only place with sockets, files, pins and a clock. It turns the world into events
//! and effects into the world, and decides nothing.
#![allow(
    clippy::disallowed_methods,
    reason = "this is where the clock is read and where tasks wait"
)]

pub mod alive;
pub mod gpio;
pub mod mailbox;
pub mod multicast;
pub mod network;
pub mod signals;
pub mod systemd;
