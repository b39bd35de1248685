//! Heads and bodies of HTTP, through the reader of the shell: however the bytes come, it reads the same.
#![no_main]

use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use dlna_kiosk::shell::http::body::{Framing, ReadError, Reader};
use dlna_kiosk::shell::http::server::head;
use dlna_kiosk::shell::http::{Headers, parse_request, parse_response};
use futures_io::AsyncRead;
use libfuzzer_sys::fuzz_target;
use std::io;

const CAP: usize = 1000;
/// More than any input has bytes.
const TURNS: usize = 1 << 16;

fuzz_target!(|message: &[u8]| {
    if let Some(head) = parse_request(message) {
        assert!(!head.method.is_empty() && !head.target.is_empty());
        assert!(!head.target.contains(char::is_whitespace));
    }
    let whole = read(message, parse_response, |head| head.headers.clone());
    let drops = read(Drip(message), parse_response, |head| head.headers.clone());
    compare(whole, drops);
    let whole = read(message, parse_request, |head| head.headers.clone());
    let drops = read(Drip(message), parse_request, |head| head.headers.clone());
    compare(whole, drops);

    if let Some(said) = parse_response(message) {
        for name in ["SID", "TIMEOUT", "SERVER", "ETag"] {
            let value = said.headers.get(name).unwrap_or_default();
            assert!(value == value.trim() && !value.contains(['\r', '\n']), "{value:?}");
        }
        let length = said.headers.get("Content-Length").unwrap_or("0");
        let etag = said.headers.get("ETag").unwrap_or_default();
        let written = head(206, &[("Content-Length", length), ("ETag", etag)]);
        let again = parse_response(written.as_bytes()).expect("what we write is an answer");
        assert_eq!(again.status, 206);
        assert_eq!(again.headers.get("etag"), Some(etag));
        assert_eq!(again.headers.get("content-length"), Some(length));
    }
});

struct Message<H> {
    head: H,
    framing: Framing,
    body: Result<Vec<u8>, ReadError>,
}

fn read<H>(
    from: impl AsyncRead + Unpin,
    parse: fn(&[u8]) -> Option<H>,
    headers: fn(&H) -> Headers,
) -> Result<Message<H>, ReadError> {
    let reading = async {
        let mut reader = Reader::new(from);
        let head = reader.head(parse).await?;
        let framing = Framing::of(&headers(&head), Framing::ToEnd);
        let body = reader.body(framing, CAP).await;
        Ok(Message { head, framing, body })
    };
    let mut reading = pin!(reading);
    // After each read, of at least one byte, the reader gives its turn away.
    for _ in 0..TURNS {
        if let Poll::Ready(read) = reading.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return read;
        }
    }
    unreachable!("the bytes are all there")
}

fn compare<H: PartialEq + core::fmt::Debug>(
    whole: Result<Message<H>, ReadError>,
    drops: Result<Message<H>, ReadError>,
) {
    let (whole, drops) = match (whole, drops) {
        (Ok(whole), Ok(drops)) => (whole, drops),
        (Err(whole), Err(drops)) => return assert_eq!(format!("{whole:?}"), format!("{drops:?}")),
        (whole, drops) => panic!("{:?} but {:?}", whole.err(), drops.err()),
    };
    assert_eq!((&whole.head, whole.framing), (&drops.head, drops.framing));
    let framing = whole.framing;
    match (whole.body, drops.body) {
        (Ok(whole), Ok(drops)) => {
            assert!(whole.len() <= CAP);
            // What came beyond the announced length is taken as far as it is there.
            let beyond = matches!(framing, Framing::Length(_) | Framing::Chunked(Some(_)));
            assert!(whole == drops || beyond && whole.starts_with(&drops));
        }
        (Err(whole), Err(drops)) => assert_eq!(format!("{whole:?}"), format!("{drops:?}")),
        (whole, drops) => panic!("{whole:?} but {drops:?}"),
    }
}

/// Gives its bytes one by one, as a slow peer does.
struct Drip<'a>(&'a [u8]);

impl AsyncRead for Drip<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let count = self.0.len().min(into.len()).min(1);
        into[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Poll::Ready(Ok(count))
    }
}
