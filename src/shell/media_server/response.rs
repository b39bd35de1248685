//! What a request for a file gets: the file itself, opened with care, the head of the response, or the subtitles of a film.

use crate::kiosk::effect::Published;
use crate::limits::{MEDIA_CHUNK, SUBTITLES_TIMEOUT};
use crate::media::media_type::MediaKind;
use crate::range::{self, Range};
use crate::shell::http::RequestHead;
use crate::shell::http::{self, server, within};
use crate::shell::reader::{Copied, Opened, Readers};
use crate::shell::scan::inspect::modified;
use crate::time::Duration;
use rustix::fs::MemfdFlags;
use smol::io::AsyncWriteExt;
use smol::{Async, future};
use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::SystemTime;

/// An open file, ready to be served.
pub(super) struct OpenFile {
    /// `None`: only a reader may touch it, and copies it piece by piece.
    pub(super) file: Option<File>,
    pub(super) size: u64,
    pub(super) version: (u64, i64),
    /// Last-Modified, as an HTTP date.
    modified: String,
}

/// Why a published file cannot be served.
#[derive(Debug)]
pub(super) enum OpenError {
    /// It cannot be opened.
    Unreadable(String),
    /// Another file has taken its path, or it was written to.
    Replaced,
}

impl OpenFile {
    /// Whether it has not been written to since it was published.
    pub(super) fn is_unchanged(&self) -> bool {
        let version = |about: &Metadata| (about.len(), modified(about));
        let current = |file: &File| file.metadata().is_ok_and(|it| version(&it) == self.version);
        self.file.as_ref().is_none_or(current)
    }
}

impl From<Opened> for OpenFile {
    fn from(Opened { file, size, modified }: Opened) -> Self {
        let since = Duration::from_nanos(modified.unsigned_abs());
        let changed = match modified >= 0 {
            true => SystemTime::UNIX_EPOCH.checked_add(since),
            false => SystemTime::UNIX_EPOCH.checked_sub(since),
        };
        let date = http::date(changed.unwrap_or(SystemTime::UNIX_EPOCH));
        Self { file, size, version: (size, modified), modified: date }
    }
}

/// Opens a published file, if it is still the one that was published.
pub(super) async fn open(published: &Published, readers: &Readers) -> Result<OpenFile, OpenError> {
    if let Some(body) = &published.body {
        return in_memory(body).map_err(|error| OpenError::Unreadable(error.to_string()));
    }
    let opened = readers.open(&published.path, &published.root).await;
    let opened = OpenFile::from(opened.map_err(|why| OpenError::Unreadable(why.to_string()))?);
    match opened.version == (published.size, published.modified) {
        true => Ok(opened),
        false => Err(OpenError::Replaced),
    }
}

/// A body in memory as a file, so that every body is sent the same way.
fn in_memory(body: &[u8]) -> io::Result<OpenFile> {
    let mut file = File::from(rustix::fs::memfd_create("body", MemfdFlags::CLOEXEC)?);
    file.write_all(body)?;
    let about = file.metadata()?;
    let version = (about.len(), modified(&about));
    let date = http::date(SystemTime::UNIX_EPOCH);
    Ok(OpenFile { size: body.len() as u64, version, modified: date, file: Some(file) })
}

/// The response to a request for a file.
///
/// The terms are those of DLNA: the transfer mode (`Streaming`, `Interactive` for pictures, `Background`) and the content
/// features, which are the fourth field of the protocolInfo in the metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileResponse {
    Whole,
    Part {
        first: u64,
        last: u64,
    },
    /// This status code without a body.
    Refuse(u16),
}

impl FileResponse {
    pub(super) fn of(request: &RequestHead, file: &OpenFile) -> Self {
        let headers = &request.headers;
        let range = headers.get("Range");
        if range.is_none() && asks_for_time(request) {
            return Self::Refuse(406);
        }
        if !range::stands(headers.get("If-Range"), &file.modified) {
            return Self::Whole;
        }
        match range::parse(range, file.size) {
            Range::Whole => Self::Whole,
            Range::Part { first, last } => Self::Part { first, last },
            Range::Unsatisfiable => Self::Refuse(416),
        }
    }

    pub(super) fn head(
        self,
        request: &RequestHead,
        file: &OpenFile,
        published: &Published,
    ) -> String {
        let size = file.size;
        let (status, length, content_range) = match self {
            Self::Whole => (200, size, None),
            Self::Part { first, last } => {
                let content_range = format!("bytes {first}-{last}/{size}");
                (206, last - first + 1, Some(content_range))
            }
            Self::Refuse(416) => (416, 0, Some(format!("bytes */{size}"))),
            Self::Refuse(status) => (status, 0, None),
        };
        let image = published.media_type.kind == MediaKind::Image;
        let length = length.to_string();
        // Samsung depends on the case of the names. LG seeks only with all three DLNA fields.
        let mut fields = vec![
            ("Content-Type", published.mime),
            ("Content-Length", &length),
            ("Accept-Ranges", "bytes"),
            ("Last-Modified", &file.modified),
            ("EXT", ""),
            ("transferMode.dlna.org", transfer_mode(request, image)),
            ("contentFeatures.dlna.org", &published.content_features),
        ];
        if !image {
            fields.push(("realTimeInfo.dlna.org", "DLNA.ORG_TLAG=*"));
        }
        let asks = request.headers.get("getCaptionInfo.sec").is_some();
        if let Some(subtitles) = published.subtitles.as_ref().filter(|s| s.unasked || asks) {
            fields.push(("CaptionInfo.sec", &subtitles.url));
        }
        if let Some(content_range) = &content_range {
            fields.push(("Content-Range", content_range));
        }
        server::head(status, &fields)
    }
}

/// Seeking by time and speeds other than 1 are not offered (`DLNA.ORG_OP=01`): such requests are refused, not answered from
/// the beginning of the file.
fn asks_for_time(request: &RequestHead) -> bool {
    let speed = request.headers.get("PlaySpeed.dlna.org");
    request.headers.get("TimeSeekRange.dlna.org").is_some()
        || speed.is_some_and(|speed| speed.trim_start_matches("speed=") != "1")
}

/// The requested transfer mode if it is legal for the kind of file, otherwise the default one.
fn transfer_mode(request: &RequestHead, image: bool) -> &'static str {
    let asked = request.headers.get("transferMode.dlna.org").unwrap_or_default();
    match (asked.eq_ignore_ascii_case("Background"), image) {
        (true, _) => "Background",
        (false, true) => "Interactive",
        (false, false) => "Streaming",
    }
}

/// What is asked for under a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The film, song or picture.
    Media,
    /// Its subtitles.
    Subtitles,
}

/// Answers a request for the subtitles of `published`. An error is a sentence for the log.
pub(super) async fn send_subtitles(
    published: &Published,
    readers: &Readers,
    request: &RequestHead,
    socket: &Async<TcpStream>,
) -> Result<(), String> {
    let Some(subtitles) = &published.subtitles else {
        server::answer(socket, &server::head(404, &[])).await;
        return Ok(());
    };
    // A copy in memory, so that reading it does not wait for the disk.
    let mut opened = match readers.subtitles(&subtitles.path, &published.root).await {
        Ok(opened) => opened,
        Err(error) => {
            server::answer(socket, &server::head(404, &[])).await;
            return Err(format!("{}: {error}", subtitles.path.display()));
        }
    };
    let length = opened.count.to_string();
    // As minidlna does: text is not a stream and has no DLNA profile.
    let fields = [
        ("Content-Type", subtitles.format.mime),
        ("Content-Length", &length),
        ("EXT", ""),
        ("transferMode.dlna.org", "Interactive"),
    ];
    if server::send(socket, &server::head(200, &fields)).await && request.method != "HEAD" {
        match copy_within(SUBTITLES_TIMEOUT, &mut opened, socket).await {
            Ok(()) => {}
            Err(SendError::File(error)) => {
                return Err(format!("{}: {error}", subtitles.path.display()));
            }
            // A client that is gone or does not read needs no more.
            Err(SendError::Client) => return Ok(()),
        }
    }
    server::close(socket).await;
    Ok(())
}

/// Why an answer was not finished.
#[derive(Debug)]
enum SendError {
    File(io::Error),
    Client,
}

/// Like [`copy`], for at most `limit`.
async fn copy_within(
    limit: Duration,
    opened: &mut Copied,
    socket: &Async<TcpStream>,
) -> Result<(), SendError> {
    within(limit, copy(opened, socket)).await.unwrap_or(Err(SendError::Client))
}

/// Sends the whole file in pieces. Other tasks run between them.
async fn copy(opened: &mut Copied, mut socket: &Async<TcpStream>) -> Result<(), SendError> {
    let mut piece = vec![0; MEDIA_CHUNK];
    let mut rest = opened.count;
    while rest > 0 {
        let most = rest.min(MEDIA_CHUNK as u64) as usize;
        opened.part.read_exact(&mut piece[..most]).map_err(SendError::File)?;
        socket.write_all(&piece[..most]).await.map_err(|_| SendError::Client)?;
        rest -= most as u64;
        future::yield_now().await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::SUBTITLES;
    use crate::test_support::TestFolder;
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
    fn a_client_that_does_not_read_is_cut_off_and_one_that_reads_gets_all() {
        let folder = TestFolder::new("unread");
        let path = folder.write("film.srt", vec![b'x'; SUBTITLES as usize]);
        let part = || File::open(&path).unwrap();
        let open = || Copied { part: part(), count: SUBTITLES, version: (SUBTITLES, 0) };
        block_on(async {
            let (ours, client) = connection().await;
            // With larger buffers the kernel would take all of it.
            SockRef::from(client.get_ref()).set_recv_buffer_size(4096).unwrap();
            SockRef::from(ours.get_ref()).set_send_buffer_size(4096).unwrap();
            let mut opened = open();
            let cut = within(LONG, copy_within(SOON, &mut opened, &ours)).await;
            assert!(matches!(cut, Some(Err(SendError::Client))), "{cut:?}");
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
}
