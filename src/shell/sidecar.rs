//! Serves the subtitles of a film: a small file, sent whole and from memory.
//!
//! The kiosk does not hear of it: that somebody came for the subtitles is no witness that the film was fetched.

use super::http::head::RequestHead;
use super::http::server;
use super::media_file;
use crate::kiosk::effect::Published;
use crate::limits::{MEDIA_CHUNK, SUBTITLES};
use smol::io::AsyncWriteExt;
use smol::{Async, future};
use std::io::{self, Read};
use std::net::TcpStream;

/// What is asked for under a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The film, song or picture.
    Media,
    /// Its subtitles.
    Subtitles,
}

/// Answers a request for the subtitles of `published`. An error is a sentence for the log.
pub(super) async fn send(
    published: &Published,
    request: &RequestHead,
    mut socket: &Async<TcpStream>,
) -> Result<(), String> {
    let Some(subtitles) = &published.subtitles else {
        server::answer(socket, &server::head(404, &[])).await;
        return Ok(());
    };
    let text = match read(published).await {
        Ok(text) => text,
        Err(error) => {
            server::answer(socket, &server::head(404, &[])).await;
            return Err(format!("{}: {error}", subtitles.path.display()));
        }
    };
    let length = text.len().to_string();
    // As minidlna does it: text is no stream, and has no DLNA profile.
    let fields = [
        ("Content-Type", subtitles.format.mime),
        ("Content-Length", &length),
        ("EXT", ""),
        ("transferMode.dlna.org", "Interactive"),
    ];
    if server::say(socket, &server::head(200, &fields)).await && request.method != "HEAD" {
        // A client that has gone has what it wanted.
        let _ = socket.write_all(&text).await;
    }
    server::close(socket).await;
    Ok(())
}

/// The whole file, in pieces between which others have their turn.
async fn read(published: &Published) -> io::Result<Vec<u8>> {
    let path = published.subtitles.as_ref().map(|subtitles| &*subtitles.path);
    let path = path.ok_or(io::ErrorKind::NotFound)?;
    let opened = media_file::open_below(path, &published.root)?;
    if opened.size > SUBTITLES {
        return Err(io::Error::other("too long for subtitles"));
    }
    let mut text = Vec::new();
    let mut rest = opened.file.take(SUBTITLES);
    while (&mut rest).take(MEDIA_CHUNK as u64).read_to_end(&mut text)? > 0 {
        future::yield_now().await;
    }
    Ok(text)
}
