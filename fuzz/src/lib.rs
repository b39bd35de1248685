//! What the targets have in common: a renderer to ask, a disk to look at, and what a reader of text may expect.

use core::net::Ipv4Addr;
use dlna_kiosk::config::FileState;
use dlna_kiosk::upnp::HttpUrl;
use std::path::Path;

/// The sender of every datagram.
pub const TV: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 10);

/// Where the TV's description is: in a folder, so that relative references go through one.
#[must_use]
pub fn location() -> HttpUrl {
    HttpUrl::new(TV, 8080, "/dev/desc.xml").expect("a short path")
}

/// A disk on which every state of a path has a name.
#[must_use]
pub fn disk(path: &Path) -> FileState {
    let path = path.to_string_lossy();
    if path.contains("gone") {
        FileState::Missing
    } else if path.contains("secret") {
        FileState::Forbidden
    } else if path.contains('.') {
        FileState::File
    } else {
        FileState::Folder
    }
}

/// Whether `text` can be shown on one line of a terminal without commanding it.
#[must_use]
pub fn is_legible(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

/// The lines of an input that is made of several texts. There are always as many as asked for.
#[must_use]
pub fn lines<const N: usize>(text: &str) -> [&str; N] {
    let mut lines = text.splitn(N, '\n');
    core::array::from_fn(|_| lines.next().unwrap_or_default())
}
