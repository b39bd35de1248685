//! The owner's media: which files there are, of which kind, and how DLNA names them. No I/O.

pub mod black;
pub mod catalogue;
pub mod mime;
pub mod protocol_info;
