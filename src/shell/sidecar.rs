//! Serves the subtitles of a film: a small file, sent whole, in pieces and soon.
//!
//! The kiosk does not hear of it: that somebody came for the subtitles is no witness that the film was fetched.

use super::http::head::RequestHead;
use super::http::{server, within};
use super::media_file::{self, Opened};
use crate::kiosk::effect::Published;
use crate::limits::{MEDIA_CHUNK, SUBTITLES, SUBTITLES_TIMEOUT};
use crate::time::Duration;
use smol::io::AsyncWriteExt;
use smol::{Async, future};
use std::io::{self, Read};
use std::net::TcpStream;
use std::path::Path;

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
    socket: &Async<TcpStream>,
) -> Result<(), String> {
    let Some(subtitles) = &published.subtitles else {
        server::answer(socket, &server::head(404, &[])).await;
        return Ok(());
    };
    let mut opened = match open(published, &subtitles.path) {
        Ok(opened) => opened,
        Err(error) => {
            server::answer(socket, &server::head(404, &[])).await;
            return Err(format!("{}: {error}", subtitles.path.display()));
        }
    };
    let length = opened.size.to_string();
    // As minidlna does it: text is no stream, and has no DLNA profile.
    let fields = [
        ("Content-Type", subtitles.format.mime),
        ("Content-Length", &length),
        ("EXT", ""),
        ("transferMode.dlna.org", "Interactive"),
    ];
    if server::say(socket, &server::head(200, &fields)).await && request.method != "HEAD" {
        match copy_within(SUBTITLES_TIMEOUT, &mut opened, socket).await {
            Ok(()) => {}
            Err(Cut::File(error)) => return Err(format!("{}: {error}", subtitles.path.display())),
            // One that has gone has what it wanted; one that does not read wants nothing.
            Err(Cut::Client) => return Ok(()),
        }
    }
    server::close(socket).await;
    Ok(())
}

fn open(published: &Published, path: &Path) -> io::Result<Opened> {
    let opened = media_file::open_below(path, &published.root)?;
    match opened.size > SUBTITLES {
        true => Err(io::Error::other("too long for subtitles")),
        false => Ok(opened),
    }
}

/// Who is to blame for an answer that was not finished.
#[derive(Debug)]
enum Cut {
    File(io::Error),
    Client,
}

/// As [`copy`], but not for longer than `limit`.
async fn copy_within(
    limit: Duration,
    opened: &mut Opened,
    socket: &Async<TcpStream>,
) -> Result<(), Cut> {
    within(limit, copy(opened, socket)).await.unwrap_or(Err(Cut::Client))
}

/// The whole file, in pieces between which others have their turn.
async fn copy(opened: &mut Opened, mut socket: &Async<TcpStream>) -> Result<(), Cut> {
    let mut piece = vec![0; MEDIA_CHUNK];
    let mut rest = opened.size;
    while rest > 0 {
        let most = rest.min(MEDIA_CHUNK as u64) as usize;
        if !opened.is_whole() {
            return Err(Cut::File(io::Error::other("was written to while it was sent")));
        }
        opened.file.read_exact(&mut piece[..most]).map_err(Cut::File)?;
        socket.write_all(&piece[..most]).await.map_err(|_| Cut::Client)?;
        rest -= most as u64;
        future::yield_now().await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::scratch::Scratch;
    use smol::block_on;
    use smol::io::AsyncReadExt;
    use socket2::SockRef;
    use std::fs::File;

    const SOON: Duration = Duration::from_millis(200);
    const LONG: Duration = Duration::from_secs(10);

    /// Our end of a connection, and the client's.
    async fn connection() -> (Async<TcpStream>, Async<TcpStream>) {
        let listener = Async::<std::net::TcpListener>::bind(([127, 0, 0, 1], 0)).unwrap();
        let address = listener.get_ref().local_addr().unwrap();
        let client = Async::<TcpStream>::connect(address).await.unwrap();
        let (ours, _) = listener.accept().await.unwrap();
        (ours, client)
    }

    #[test]
    fn whoever_does_not_read_is_cut_off_and_whoever_reads_gets_all() {
        let folder = Scratch::new("unread");
        let path = folder.write("film.srt", vec![b'x'; SUBTITLES as usize]);
        let open = || media_file::open_below(&path, folder.path()).unwrap();
        block_on(async {
            let (ours, client) = connection().await;
            // The kernel would take it all by itself.
            SockRef::from(client.get_ref()).set_recv_buffer_size(4096).unwrap();
            SockRef::from(ours.get_ref()).set_send_buffer_size(4096).unwrap();
            let mut opened = open();
            let cut = within(LONG, copy_within(SOON, &mut opened, &ours)).await;
            assert!(matches!(cut, Some(Err(Cut::Client))), "{cut:?}");
            drop(client);

            let (ours, mut client) = connection().await;
            let mut opened = open();
            let reading = async {
                let mut text = Vec::new();
                client.read_to_end(&mut text).await.unwrap();
                text.len() as u64
            };
            let sending = async {
                copy_within(LONG, &mut opened, &ours).await.unwrap();
                drop(ours);
            };
            assert_eq!(future::zip(reading, sending).await.0, SUBTITLES);
        });
    }

    #[test]
    fn what_is_written_to_meanwhile_is_not_sent_as_if_it_were_whole() {
        let folder = Scratch::new("rewritten");
        let path = folder.write("film.srt", "1234567890");
        let mut opened = media_file::open_below(&path, folder.path()).unwrap();
        File::options().write(true).open(&path).unwrap().set_len(5).unwrap();
        block_on(async {
            let (ours, _client) = connection().await;
            let cut = copy_within(LONG, &mut opened, &ours).await;
            assert!(matches!(cut, Err(Cut::File(_))), "{cut:?}");
        });
    }
}
