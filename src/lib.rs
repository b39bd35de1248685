//! dlna-kiosk: plays its owner's media on every DLNA renderer in the room, and keeps it playing.

pub mod command;
pub mod config;
pub mod kiosk;
pub mod limits;
pub mod media;
pub mod range;
pub mod shell;
pub mod sim;
pub mod text;
pub mod time;
pub mod upnp;
