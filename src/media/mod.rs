//! The owner's media: which files there are, of which kind, and how DLNA names them. No I/O.

pub mod catalogue;
pub mod mime;
pub mod picture;
pub mod protocol_info;
pub mod subtitles;
