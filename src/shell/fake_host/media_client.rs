//! The simulated renderer as a client of the media server: it reads at its own pace.

use super::super::http::{self, within};
use super::FakeHost;
use crate::limits::HTTP_HEAD;
use crate::sim::{Fetch, FetchId, Fetched, Method, Reading, wav_duration};
use crate::time::Duration;
use crate::upnp::HttpUrl;
use core::net::SocketAddrV4;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::{Async, Timer, future};
use std::io;
use std::net::TcpStream;

/// How long a connection to the media server may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Bytes of media read at once.
const PIECE: usize = 64 << 10;

impl FakeHost {
    /// Runs one HTTP request for media and reports its progress.
    pub(super) async fn fetch(&self, fetch: Fetch) {
        let id = fetch.id;
        if self.transfer(&fetch).await.is_none() {
            self.with(|renderer, now| renderer.fetched(now, id, Fetched::Failed));
        }
    }

    /// `None`: the transfer failed or was cut short.
    async fn transfer(&self, fetch: &Fetch) -> Option<()> {
        let url = HttpUrl::parse(&fetch.url)?;
        let address = SocketAddrV4::new(url.host, url.port);
        let mut stream =
            within(CONNECT_TIMEOUT, Async::<TcpStream>::connect(address)).await?.ok()?;
        let agent = self.renderer.borrow().persona().user_agent.clone();
        let asks = self.renderer.borrow().asks_for_captions(fetch.method);
        let request = media_request(fetch, &url, &agent, asks);
        stream.write_all(request.as_bytes()).await.ok()?;

        let mut bytes = Vec::new();
        let begins = loop {
            if !append(&mut stream, &mut bytes).await.ok()? || bytes.len() > HTTP_HEAD + PIECE {
                return None;
            }
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let head = http::parse_response(&bytes[..begins])?;
        let length = head.headers.get("Content-Length").and_then(|said| said.parse().ok());
        let opened = Fetched::Opened {
            status: head.status,
            mime: head.headers.get("Content-Type").map(str::to_owned),
            length,
            content_features: head.headers.get("contentFeatures.dlna.org").is_some(),
            captions: head.headers.get("CaptionInfo.sec").map(str::to_owned),
        };
        self.report(fetch.id, opened);
        if fetch.method == Method::Head || !matches!(head.status, 200 | 206) {
            return Some(());
        }
        bytes.drain(..begins);
        self.body(fetch, &mut stream, bytes, length).await
    }

    async fn body(
        &self,
        fetch: &Fetch,
        stream: &mut Async<TcpStream>,
        mut bytes: Vec<u8>,
        length: Option<u64>,
    ) -> Option<()> {
        let mut read = 0;
        let mut looked = fetch.from.is_some();
        loop {
            if !bytes.is_empty() {
                if let Some(duration) = wav_duration(&bytes).filter(|_| !looked) {
                    self.report(fetch.id, Fetched::Duration(duration));
                }
                looked = true;
                read += bytes.len() as u64;
                self.report(fetch.id, Fetched::Bytes(bytes.len() as u64));
                bytes.clear();
            }
            if length.is_some_and(|length| read >= length) {
                break;
            }
            match self.look(|renderer, now| renderer.reading(now, fetch.id)) {
                Reading::Abandoned => return Some(()),
                Reading::Later(pause) => drop(Timer::after(pause).await),
                // Without a promised length, the end of the connection is the end of the file; otherwise it came too early.
                Reading::Now if append(stream, &mut bytes).await.ok()? => {
                    future::yield_now().await;
                }
                Reading::Now if length.is_none() => break,
                Reading::Now => return None,
            }
        }
        self.report(fetch.id, Fetched::Finished);
        Some(())
    }

    fn report(&self, fetch: FetchId, what: Fetched) {
        self.with(|renderer, now| renderer.fetched(now, fetch, what));
    }
}

fn media_request(fetch: &Fetch, url: &HttpUrl, agent: &str, asks_for_captions: bool) -> String {
    let (method, features) = match fetch.method {
        Method::Head => ("HEAD", "getcontentFeatures.dlna.org: 1\r\n"),
        Method::Get => ("GET", "transferMode.dlna.org: Streaming\r\n"),
    };
    let captions = if asks_for_captions { "getCaptionInfo.sec: 1\r\n" } else { "" };
    let range = fetch.from.map(|from| format!("Range: bytes={from}-\r\n")).unwrap_or_default();
    format!(
        "{method} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {agent}\r\nConnection: close\r\n\
         {features}{captions}{range}\r\n",
        url.path,
        url.authority(),
    )
}

/// Reads what is available; false at the end.
async fn append(stream: &mut Async<TcpStream>, bytes: &mut Vec<u8>) -> io::Result<bool> {
    let mut piece = vec![0; PIECE];
    let read = stream.read(&mut piece).await?;
    bytes.extend_from_slice(&piece[..read]);
    Ok(read > 0)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{act, describe, host, listen, serve, tell};
    use crate::cli::demo;
    use crate::kiosk::event::Failure;
    use crate::sim::{FetchId, Reading, presets};
    use crate::time::Duration;
    use crate::upnp::{Action, Reply};
    use core::cell::RefCell;
    use smol::{Timer, future};

    #[test]
    fn reads_at_the_pace_of_its_playhead_and_seeks_by_range() {
        let mut preset = presets::gmrender();
        preset.quirks.reads_ahead = Some(Duration::from_secs(1));
        let host = host(preset);
        let (files, port) = listen();
        let heard: RefCell<Vec<String>> = RefCell::default();
        // More than the sockets' buffers hold.
        let file = demo::wav(3600, 440.0);
        let uri = format!("http://127.0.0.1:{port}/m/1/clip.wav");
        let story = async {
            let tv = describe(&host).await.unwrap();
            let set = Action::SetAvTransportUri { uri: uri.clone(), metadata: String::new() };
            act(&tv, set).await.unwrap();
            act(&tv, Action::Play).await.unwrap();
            while heard.borrow().is_empty() || host.look(|r, now| r.on_screen(now).is_none()) {
                future::yield_now().await;
            }
            Timer::after(Duration::from_millis(300)).await;
            // The server could send everything, but the renderer does not read it.
            let reading = host.look(|r, now| r.reading(now, FetchId(1)));
            assert!(matches!(reading, Reading::Later(_)), "{reading:?}");
            let target = Duration::from_secs(1800);
            assert_eq!(act(&tv, Action::Seek { target }).await, Ok(Reply::Done));
            while heard.borrow().len() < 2 || host.look(|r, now| r.on_screen(now).is_none()) {
                future::yield_now().await;
            }
            assert!(host.look(|r, now| r.on_screen(now).unwrap().1) >= target);
        };
        let serving = async {
            // Each connection is served beside the others: the first one is never read to its end.
            future::zip(serve(&files, &file, &heard), serve(&files, &file, &heard)).await;
        };
        tell(&host, None, future::or(story, serving));
        assert_eq!(heard.borrow()[1], "GET /m/1/clip.wav Some(\"bytes=28800022-\")");
    }

    #[test]
    fn an_unreachable_media_server_is_reported_in_the_answer() {
        let host = host(presets::rygel());
        let (files, port) = listen();
        drop(files);
        let refused = tell(&host, None, async {
            let tv = describe(&host).await.unwrap();
            let uri = format!("http://127.0.0.1:{port}/m/1/clip.wav");
            act(&tv, Action::SetAvTransportUri { uri, metadata: String::new() }).await
        });
        assert!(matches!(refused, Err(Failure::Refused(error)) if error.code == 716));
    }
}
