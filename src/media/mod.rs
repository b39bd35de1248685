//! The owner's media: which files there are, their types, and their DLNA names. No I/O.

pub mod catalogue;
pub mod content;
pub mod generated;
pub mod media_type;
pub mod playlist;
pub mod subtitles;
