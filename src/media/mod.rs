//! The owner's media: which files there are, of which kind, and how DLNA names them. No I/O.

pub mod black;
pub mod card;
pub mod catalogue;
pub mod content;
pub mod mime;
pub mod picture;
pub mod playlist;
pub mod protocol_info;
pub mod subtitles;
