//! The shell: the only place with sockets, files, pins and a clock. It turns the world into events
//! and effects into the world, and decides nothing.
#![allow(
    clippy::disallowed_methods,
    reason = "this is where the clock is read and where tasks wait"
)]

pub mod courier;
pub mod http;
pub mod mailbox;
mod media_file;
pub mod media_server;
pub mod page_server;
pub mod probe;
pub mod replies;
pub mod scan;
#[cfg(test)]
mod scratch;
mod stream;
