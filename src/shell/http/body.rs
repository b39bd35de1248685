//! Reads one message from a connection: its head, then its body by the framing that it declares.
//!
//! A body ends where its document does ([`document_end`]), whatever length was announced: some renderers count a few bytes too
//! many, or keep the connection open. A body that ends early is accepted as far as it came, and [`Reader::was_cut`] says so:
//! renderers announce wrong lengths, omit the last chunk, and reset connections instead of closing them.

use super::Headers;
use crate::limits::HTTP_HEAD;
use crate::upnp::xml::document_end;
use smol::future;
use smol::io::{AsyncRead, AsyncReadExt};
use std::io;

/// Bytes read from the socket at once.
const PIECE: usize = 8 << 10;
/// The longest chunk-size line, with its extensions.
const CHUNK_LINE: usize = 1 << 10;

/// Why a message could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// Closed before the message began or before its head was complete.
    Closed,
    /// The connection failed.
    Io(io::Error),
    /// Not HTTP.
    Malformed,
    /// Longer than allowed.
    TooLarge,
}

/// How the end of a body is found (RFC 9112 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Content-Length.
    Length(u64),
    /// Transfer-Encoding: chunked. Some renderers claim it wrongly: then the Content-Length beside it counts.
    Chunked(Option<u64>),
    /// The end of the connection.
    ToEnd,
}

impl Framing {
    /// The framing that `headers` declare; `otherwise` if they declare none.
    pub fn of(headers: &Headers, otherwise: Self) -> Self {
        let length = headers.get("Content-Length");
        // Some stacks repeat it in one field: "5, 5".
        let length = length.and_then(|said| said.split(',').next()?.trim().parse().ok());
        let coding = headers.get("Transfer-Encoding").unwrap_or_default();
        if coding.to_ascii_lowercase().contains("chunked") {
            return Self::Chunked(length);
        }
        length.map_or(otherwise, Self::Length)
    }
}

/// A buffered reader of messages.
#[derive(Debug)]
pub struct Reader<R> {
    from: R,
    buffer: Vec<u8>,
    /// Bytes of the buffer that have been consumed.
    taken: usize,
    cut: bool,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    /// A reader with nothing read yet.
    pub fn new(from: R) -> Self {
        Self { from, buffer: Vec::new(), taken: 0, cut: false }
    }

    /// Returns whether the last body ended before its framing says, without a document that is complete.
    pub const fn was_cut(&self) -> bool {
        self.cut
    }

    /// Reads a head and parses it with `parse`.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn head<H>(&mut self, parse: fn(&[u8]) -> Option<H>) -> Result<H, ReadError> {
        let (mut seen, mut skipped) = (0, 0);
        loop {
            // Empty lines before the start line are ignored (RFC 9112 §2.2), but not without end.
            if seen == 0 {
                let blank = |b: &&u8| matches!(b, b'\r' | b'\n');
                let blanks = self.unread().iter().take_while(blank).count();
                self.taken += blanks;
                skipped += blanks;
                if skipped > HTTP_HEAD {
                    return Err(ReadError::TooLarge);
                }
            }
            if let Some(length) = super::head_length(self.unread(), seen) {
                if length > HTTP_HEAD {
                    return Err(ReadError::TooLarge);
                }
                let parsed = parse(&self.unread()[..length]).ok_or(ReadError::Malformed);
                self.taken += length;
                return parsed;
            }
            seen = self.unread().len();
            if seen > HTTP_HEAD {
                return Err(ReadError::TooLarge);
            }
            if !self.more().await.map_err(ReadError::Io)? {
                let nothing = seen == 0;
                return Err(if nothing { ReadError::Closed } else { ReadError::Malformed });
            }
        }
    }

    /// Reads a body of at most `cap` bytes.
    ///
    /// # Errors
    /// See [`ReadError`]; an early end is no error.
    pub async fn body(&mut self, framing: Framing, cap: usize) -> Result<Vec<u8>, ReadError> {
        self.cut = false;
        match framing {
            Framing::Length(length) => self.measured(length, cap).await,
            Framing::ToEnd => self.until_end(cap).await,
            Framing::Chunked(length) => match (self.chunks(cap).await?, length) {
                (Some(body), _) => Ok(body),
                (None, Some(length)) => self.measured(length, cap).await,
                (None, None) => self.until_end(cap).await,
            },
        }
    }

    async fn measured(&mut self, length: u64, cap: usize) -> Result<Vec<u8>, ReadError> {
        let length = usize::try_from(length).ok().filter(|&length| length <= cap);
        let length = length.ok_or(ReadError::TooLarge)?;
        let mut seen = 0;
        while self.unread().len() < length {
            if let Some(end) = document_end(self.unread(), seen) {
                return Ok(self.unread()[..end].to_vec());
            }
            seen = self.unread().len();
            if !self.more_of_body().await? {
                self.cut = true;
                break;
            }
        }
        // Some renderers count characters instead of bytes. On a connection with one message, bytes beyond the announced length
        // can only belong to it.
        let whole = self.unread();
        Ok(whole[..whole.len().min(cap)].to_vec())
    }

    async fn until_end(&mut self, cap: usize) -> Result<Vec<u8>, ReadError> {
        let mut seen = 0;
        loop {
            let whole = self.unread();
            let end = document_end(whole, seen);
            seen = whole.len();
            if end.unwrap_or(seen) > cap {
                return Err(ReadError::TooLarge);
            }
            if let Some(end) = end {
                return Ok(whole[..end].to_vec());
            }
            if !self.more_of_body().await? {
                return Ok(self.unread().to_vec());
            }
        }
    }

    /// `None`, with nothing consumed, if the body does not start with a chunk: then it is not chunked, whatever the headers
    /// declare.
    async fn chunks(&mut self, cap: usize) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(mut size) = self.chunk_size().await? else {
            return Ok(None);
        };
        let mut body = Vec::new();
        while size > 0 {
            if size > cap - body.len() {
                return Err(ReadError::TooLarge);
            }
            let chunk = &self.unread()[..size.min(self.unread().len())];
            let (seen, read) = (body.len(), chunk.len());
            body.extend_from_slice(chunk);
            self.taken += read;
            size -= read;
            if let Some(end) = document_end(&body, seen) {
                body.truncate(end);
                return Ok(Some(body));
            }
            if size == 0 {
                let next = self.chunk_size().await?;
                self.cut = next.is_none();
                size = next.unwrap_or(0);
            } else if !self.more_of_body().await? {
                self.cut = true;
                size = 0;
            }
        }
        Ok(Some(body))
    }

    /// Consumes the size line of the next chunk; `None`, with nothing consumed, if there is no such line.
    async fn chunk_size(&mut self) -> Result<Option<usize>, ReadError> {
        let length = loop {
            let begun = &self.unread()[..self.unread().len().min(CHUNK_LINE)];
            // It may follow the line end of the previous chunk.
            let line = begun.trim_ascii_start();
            if line.first().is_some_and(|b| !b.is_ascii_hexdigit()) {
                return Ok(None);
            }
            if let Some(end) = line.iter().position(|&b| b == b'\n') {
                break begun.len() - line.len() + end + 1;
            }
            if begun.len() == CHUNK_LINE {
                return Ok(None);
            }
            if !self.more_of_body().await? {
                break self.unread().len();
            }
        };
        let size = size_in(&self.unread()[..length]);
        self.taken += size.map_or(0, |_| length);
        Ok(size)
    }

    async fn more_of_body(&mut self) -> Result<bool, ReadError> {
        match self.more().await {
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(false),
            more => more.map_err(ReadError::Io),
        }
    }

    /// Reads what is available; false at the end. Then others have their turn: a fast sender never makes it wait.
    async fn more(&mut self) -> io::Result<bool> {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        let filled = self.buffer.len();
        self.buffer.resize(filled + PIECE, 0);
        let read = self.from.read(&mut self.buffer[filled..]).await;
        self.buffer.truncate(filled + *read.as_ref().unwrap_or(&0));
        future::yield_now().await;
        read.map(|count| count > 0)
    }

    fn unread(&self) -> &[u8] {
        &self.buffer[self.taken..]
    }
}

/// The size in a size line, without its extensions.
fn size_in(line: &[u8]) -> Option<usize> {
    let digits = line.split(|&b| b == b';').next()?.trim_ascii();
    usize::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::HEAD_TIMEOUT;
    use crate::shell::http::{parse_response, within};
    use proptest::prelude::*;
    use smol::block_on;

    /// Delivers its bytes one by one, like a slow peer.
    struct Drip<'a>(&'a [u8]);

    impl AsyncRead for Drip<'_> {
        fn poll_read(
            mut self: core::pin::Pin<&mut Self>,
            _: &mut core::task::Context<'_>,
            into: &mut [u8],
        ) -> core::task::Poll<io::Result<usize>> {
            let count = self.0.len().min(1);
            into[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            core::task::Poll::Ready(Ok(count))
        }
    }

    /// Keeps its connection open and sends nothing.
    struct Silent;

    impl AsyncRead for Silent {
        fn poll_read(
            self: core::pin::Pin<&mut Self>,
            _: &mut core::task::Context<'_>,
            _: &mut [u8],
        ) -> core::task::Poll<io::Result<usize>> {
            core::task::Poll::Pending
        }
    }

    fn read(message: &[u8], cap: usize) -> Result<(u16, Vec<u8>), ReadError> {
        async fn from(
            stream: impl AsyncRead + Unpin,
            cap: usize,
        ) -> Result<(u16, Vec<u8>), ReadError> {
            let mut reader = Reader::new(stream);
            let head = reader.head(parse_response).await?;
            let framing = Framing::of(&head.headers, Framing::ToEnd);
            Ok((head.status, reader.body(framing, cap).await?))
        }
        let slowly = block_on(from(Drip(message), cap));
        let at_once = block_on(from(message, cap));
        assert_eq!(slowly.is_ok(), at_once.is_ok());
        if let (Ok((_, slowly)), Ok((_, at_once))) = (&slowly, &at_once) {
            assert!(at_once.starts_with(slowly), "{at_once:?} but {slowly:?}");
        }
        at_once
    }

    fn body(message: &str) -> String {
        let (_, body) = read(message.as_bytes(), 1000).expect(message);
        String::from_utf8(body).unwrap()
    }

    #[test]
    fn reads_every_framing_and_accepts_short_bodies() {
        for (message, expected) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", "body"),
            ("\r\n\nHTTP/1.1 200 OK\nContent-Length: 4\n\nbody", "body"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\nshort", "short"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nthé", "thé"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 4, 4\r\n\r\nbody", "body"),
            ("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nbody", "body"),
            ("HTTP/1.0 200 OK\r\n\r\nto the end", "to the end"),
            (
                "HTTP/1.1 200 OK\r\n\r\n<s:Envelope><x>&lt;/s:Envelope&gt;</x></s:envelope >\0</x>",
                "<s:Envelope><x>&lt;/s:Envelope&gt;</x></s:envelope >",
            ),
            (
                "HTTP/1.1 200 OK\r\n\r\n<Envelope></EnvelopeX>Envelope>",
                "<Envelope></EnvelopeX>Envelope>",
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 1\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
                "body",
            ),
            (
                "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n4;x=y\nbody\n3\nies\n0\n\n",
                "bodyies",
            ),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n", "body"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nbody", "body"),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n004 \r\nbody4\r\nbody\r\n0",
                "bodybody",
            ),
        ] {
            assert_eq!(body(message), expected, "{message}");
        }
    }

    #[test]
    fn caps_heads_and_bodies() {
        for message in [
            "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n".to_owned(),
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n".to_owned()
                + &"x".repeat(1001),
            "HTTP/1.1 200 OK\r\n\r\n".to_owned() + &"x".repeat(1001),
            "HTTP/1.1 200 OK\r\n\r\n".to_owned() + &"x".repeat(990) + "</Envelope>",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff0\r\nx".to_owned(),
            "HTTP/1.1 200 OK\r\nX: ".to_owned() + &"x".repeat(HTTP_HEAD),
        ] {
            let read = read(message.as_bytes(), 1000);
            assert!(matches!(read, Err(ReadError::TooLarge)), "{read:?}");
        }
    }

    #[test]
    fn line_ends_before_a_head_are_skipped_but_not_for_ever() {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        assert_eq!(body(&("\r\n".repeat(100) + head)), "ok");
        let endless = smol::io::repeat(b'\n');
        let reading = async { Reader::new(endless).head(parse_response).await.map(|_| ()) };
        let read = block_on(within(HEAD_TIMEOUT, reading)).expect("an end");
        assert!(matches!(read, Err(ReadError::TooLarge)), "{read:?}");
    }

    #[test]
    fn one_who_sends_without_pause_leaves_others_their_turns() {
        let endless = smol::io::repeat(b'x');
        let reading =
            async { Reader::new(endless).body(Framing::ToEnd, 1 << 20).await.map(|_| ()) };
        let turns = core::cell::Cell::new(0);
        let others = async {
            loop {
                turns.set(turns.get() + 1);
                future::yield_now().await;
            }
        };
        let read = block_on(future::or(reading, others));
        assert!(matches!(read, Err(ReadError::TooLarge)), "{read:?}");
        assert!(turns.get() >= (1 << 20) / PIECE - 2, "{} turns", turns.get());
    }

    #[test]
    fn silence_and_garbage_are_told_apart() {
        assert!(matches!(read(b"", 10), Err(ReadError::Closed)));
        assert!(matches!(read(b"HTTP/1.1 20", 10), Err(ReadError::Malformed)));
        assert!(matches!(read(b"garbage\r\n\r\n", 10), Err(ReadError::Malformed)));
    }

    #[test]
    fn a_body_that_is_not_chunked_is_read_as_it_is() {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n";
        let long = "5".repeat(CHUNK_LINE);
        for (rest, expected) in [
            ("\r\n<root/>", "<root/>"),
            ("\r\nzz\r\n", "zz\r\n"),
            ("\r\n+2\r\nok", "+2\r\nok"),
            ("\r\n\r\n{}\n", "\r\n{}\n"),
            ("\r\nbad words\nhere", "bad words\nhere"),
            ("Content-Length: 90\r\n\r\n<root/>", "<root/>"),
            (&format!("\r\n{long}"), &long),
            ("\r\n", ""),
            ("\r\n5", ""),
            ("\r\n4\r\nbody\r\n<junk>\r\n4\r\nmore", "body"),
            ("\r\n4\r\nbodyzz\r\n", "body"),
            (&format!("\r\n4\r\nbody\r\n{long}\r\n"), "body"),
        ] {
            let (_, body) = read((chunked.to_owned() + rest).as_bytes(), 1050).expect(rest);
            assert_eq!(String::from_utf8_lossy(&body), expected, "{rest:?}");
        }
        let longer = format!("{chunked}Content-Length: 11\r\n\r\n<root/>");
        assert!(matches!(read(longer.as_bytes(), 10), Err(ReadError::TooLarge)));
    }

    #[test]
    fn a_false_claim_of_chunks_costs_no_waiting() {
        let claimed = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n";
        for rest in ["Content-Length: 7\r\n\r\n<root/>", "\r\n<a></a:Envelope>"] {
            let message = claimed.to_owned() + rest;
            let reading = async {
                let mut reader = Reader::new(message.as_bytes().chain(Silent));
                let head = reader.head(parse_response).await.unwrap();
                reader.body(Framing::of(&head.headers, Framing::ToEnd), 100).await
            };
            let body = block_on(within(HEAD_TIMEOUT, reading)).expect("no waiting").unwrap();
            assert!(rest.as_bytes().ends_with(&body) && body.starts_with(b"<"), "{rest}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_never_exceeds_the_cap(tail in "[0-9a-f\r\n;x+ ]{0,60}", cap in 0usize..20) {
            let message = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{tail}");
            if let Ok((_, body)) = read(message.as_bytes(), cap) {
                prop_assert!(body.len() <= cap);
            }
        }
    }
}
