//! The owner's media: which files there are, their types, and their DLNA names. No I/O.

pub mod catalogue;
pub mod content;
pub mod foreign;
pub mod generated;
pub mod lengths;
pub mod media_type;
pub mod names;
pub mod playlist;
pub mod subtitles;
pub mod unplayed;
