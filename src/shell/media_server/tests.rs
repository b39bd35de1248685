use super::*;
use crate::config::PortChoice;
use crate::kiosk::effect::PublishedSubtitles;
use crate::limits::{MEDIA_CHUNK, SUBTITLES};
use crate::media::media_type::of_extension;
use crate::shell::reader::tests::readers;
use crate::test_support::TestFolder;
use core::net::SocketAddr;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::{block_on, future};
use socket2::{Domain, Socket, Type};
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, symlink};
use std::rc::Rc;

const FEATURES: &str = "DLNA.ORG_OP=01;DLNA.ORG_CI=0";

fn published(path: &Path, root: &Path) -> Published {
    let extension = path.extension().unwrap().to_str().unwrap();
    let media_type = of_extension(extension).unwrap();
    let metadata = path.metadata().ok();
    Published {
        path: path.to_owned(),
        root: root.to_owned(),
        size: metadata.as_ref().map_or(0, fs::Metadata::len),
        modified: metadata.as_ref().map_or(0, crate::shell::scan::inspect::modified),
        media_type,
        mime: media_type.mimes[0],
        content_features: FEATURES.to_owned(),
        body: None,
        subtitles: None,
    }
}

/// Runs a server whose kiosk publishes `file` under token 0x1f and knows one SID. Returns the result of `client` and the events
/// that were not questions.
fn served<T>(
    file: Option<Published>,
    client: impl AsyncFnOnce(SocketAddr) -> T,
) -> (T, Vec<Event>) {
    let (mailbox, replies) = (Mailbox::default(), Replies::default());
    let root = file.as_ref().map_or("/nowhere".as_ref(), |file| file.root.as_path()).to_owned();
    let readers = readers(&root, &[]);
    let listener = Async::<TcpListener>::bind(([127, 0, 0, 1], 0)).unwrap();
    let address = listener.get_ref().local_addr().unwrap();
    let heard = RefCell::new(Vec::new());
    let hear = |event| match event {
        Event::MediaAsked { token, reply } => {
            let known = (token == Token(0x1f)).then(|| file.clone());
            replies.serve(reply, known.flatten().map(Box::new));
        }
        Event::NotifyAsked { ref sid, ref reply, .. }
        | Event::Notified { ref sid, ref reply, .. } => {
            let reply = crate::kiosk::event::ReplyTo(reply.0);
            replies.acknowledge(reply, sid == "uuid:known");
            heard.borrow_mut().push(event);
        }
        event => heard.borrow_mut().push(event),
    };
    let kiosk = async {
        loop {
            hear(mailbox.take().await);
        }
    };
    let reading = async { match readers.run(&mailbox).await {} };
    let server =
        async { panic!("{}", run(listener, &mailbox, &replies, &readers, |_| true).await) };
    let given =
        block_on(future::or(client(address), future::or(reading, future::or(server, kiosk))));
    while mailbox.status().depth > 0 {
        heard.borrow_mut().push(block_on(mailbox.take()));
    }
    (given, heard.take())
}

struct Answered {
    head: http::ResponseHead,
    body: Vec<u8>,
}

impl Answered {
    fn of(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a head") + 4;
        let head = http::parse_response(&bytes[..end]).expect("a good head");
        Self { head, body: bytes[end..].to_vec() }
    }

    fn says(&self, name: &str) -> &str {
        self.head.headers.get(name).unwrap_or("(absent)")
    }
}

/// Reads to the end; `read_to_end` would zero its buffer at each turn, for minutes.
async fn rest(socket: &mut Async<TcpStream>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut piece = vec![0; 64 << 10];
    loop {
        match socket.read(&mut piece).await.unwrap() {
            0 => return bytes,
            count => bytes.extend_from_slice(&piece[..count]),
        }
    }
}

async fn ask(address: SocketAddr, text: &str) -> Answered {
    let mut socket = Async::<TcpStream>::connect(address).await.unwrap();
    socket.write_all(text.as_bytes()).await.unwrap();
    Answered::of(&rest(&mut socket).await)
}

/// GET or HEAD of the published file with more header lines.
async fn fetch(address: SocketAddr, method: &str, lines: &str) -> Answered {
    let text = format!("{method} /m/1f/a.mp4 HTTP/1.1\r\nHost: x\r\n{lines}\r\n");
    ask(address, &text).await
}

fn ends(events: &[Event]) -> Vec<(u64, StreamEnd)> {
    let mut bytes_so_far = 0;
    let mut ends = Vec::new();
    for event in events {
        if let Event::Served { token, bytes, end } = event {
            assert_eq!(*token, Token(0x1f));
            bytes_so_far += bytes;
            if let Some(end) = end {
                ends.push((core::mem::take(&mut bytes_so_far), *end));
            }
        }
    }
    ends
}

#[test]
fn answers_get_and_head_as_renderers_need_it() {
    let folder = TestFolder::new("table");
    let path = folder.write("film.mp4", "0123456789");
    let old = "If-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    let (_, events) = served(Some(published(&path, folder.path())), async |address| {
        for (lines, status, content_range, body) in [
            ("", 200, "(absent)", "0123456789"),
            ("Range: bytes=0-\r\n", 206, "bytes 0-9/10", "0123456789"),
            ("range: bytes=2-4\r\n", 206, "bytes 2-4/10", "234"),
            ("Range: bytes=7-99\r\n", 206, "bytes 7-9/10", "789"),
            ("Range: bytes=-3\r\n", 206, "bytes 7-9/10", "789"),
            ("Range: bytes=1-2,4-5\r\n", 206, "bytes 1-2/10", "12"),
            ("Range: bytes=10-\r\n", 416, "bytes */10", ""),
            ("Range: bytes=5-2\r\n", 200, "(absent)", "0123456789"),
            ("Range: garbage\r\n", 200, "(absent)", "0123456789"),
            (&format!("Range: bytes=2-4\r\n{old}"), 200, "(absent)", "0123456789"),
            ("TimeSeekRange.dlna.org: npt=5-\r\n", 406, "(absent)", ""),
            ("PlaySpeed.dlna.org: speed=2\r\n", 406, "(absent)", ""),
            ("PlaySpeed.dlna.org: speed=1\r\n", 200, "(absent)", "0123456789"),
            ("TimeSeekRange.dlna.org: npt=5-\r\nRange: bytes=8-\r\n", 206, "bytes 8-9/10", "89"),
            (
                "transferMode.dlna.org: Interactive\r\nrealTimeInfo.dlna.org: DLNA.ORG_TLAG=*\r\n",
                200,
                "(absent)",
                "0123456789",
            ),
            ("Expect: 100-continue\r\n", 200, "(absent)", "0123456789"),
        ] {
            let got = fetch(address, "GET", lines).await;
            assert_eq!(got.head.status, status, "{lines}");
            assert_eq!(got.says("Content-Range"), content_range, "{lines}");
            assert_eq!(got.body, body.as_bytes(), "{lines}");
            let head = fetch(address, "HEAD", lines).await;
            assert_eq!((head.head.status, head.body.len()), (status, 0), "{lines}");
            for name in ["Content-Length", "Content-Range", "Last-Modified", "Accept-Ranges"] {
                assert_eq!(head.says(name), got.says(name), "{name} of HEAD: {lines}");
            }
            assert_eq!(got.says("Content-Length"), body.len().to_string(), "{lines}");
            for (name, value) in [
                ("Content-Type", "video/mp4"),
                ("Accept-Ranges", "bytes"),
                ("Connection", "close"),
                ("EXT", ""),
                ("transferMode.dlna.org", "Streaming"),
                ("contentFeatures.dlna.org", FEATURES),
                ("realTimeInfo.dlna.org", "DLNA.ORG_TLAG=*"),
            ] {
                assert_eq!(got.says(name), value, "{name}: {lines}");
            }
            assert!(httpdate::parse_http_date(got.says("Date")).is_ok());
            let modified = got.says("Last-Modified").to_owned();
            let again = format!("Range: bytes=9-\r\nIf-Range: {modified}\r\n");
            assert_eq!(fetch(address, "GET", &again).await.body, b"9");
        }
    });
    let ends = ends(&events);
    assert_eq!(ends.len(), 16 * 3, "one end for each request");
    assert_eq!(ends[0], (10, StreamEnd::WholeFile));
    assert_eq!(ends[1], (0, StreamEnd::Head));
    assert_eq!(ends[6], (3, StreamEnd::Part));
}

#[test]
fn refuses_requests_for_anything_but_files_and_callbacks() {
    let folder = TestFolder::new("refuses");
    let path = folder.write("film.mp4", "0123456789");
    served(Some(published(&path, folder.path())), async |address| {
        for (text, status) in [
            ("GET /m/1f/a.mp4 HTTP/1.1\r\n\r\n", 400),
            ("GET /m/1f/a.mp4 HTTP/1.0\r\n\r\n", 200),
            ("GET http://10.0.0.1:99/m/1F/other.avi?x=y HTTP/1.1\r\nHost: x\r\n\r\n", 200),
            ("GET /m/2f/a.mp4 HTTP/1.1\r\nHost: x\r\n\r\n", 404),
            ("GET /m/11111111111111111/a.mp4 HTTP/1.1\r\nHost: x\r\n\r\n", 404),
            ("GET /m/+1f/a.mp4 HTTP/1.1\r\nHost: x\r\n\r\n", 404),
            ("GET /m/1f/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 404),
            ("GET /m/1f HTTP/1.1\r\nHost: x\r\n\r\n", 404),
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404),
            ("POST /m/1f/a.mp4 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 405),
            ("GET /e/5 HTTP/1.1\r\nHost: x\r\n\r\n", 405),
            ("GET /m/1f/a.mp4 HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n", 417),
            ("\x16\x03\x01 TLS hello\r\n\r\n", 400),
        ] {
            let answer = ask(address, text).await;
            assert_eq!(answer.head.status, status, "{text}");
            let length = answer.body.len().to_string();
            assert_eq!(answer.says("Content-Length"), length, "{text}");
        }
        let long = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(20_000));
        assert_eq!(ask(address, &long).await.head.status, 431);
        let with_body = "HEAD /m/1f/a.mp4 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nextra";
        let answer = ask(address, with_body).await;
        assert_eq!((answer.head.status, answer.says("Content-Length")), (200, "10"));
    });
}

#[test]
fn pictures_are_interactive_and_legal_modes_are_echoed() {
    let folder = TestFolder::new("pictures");
    let path = folder.write("still.jpg", "jpeg");
    served(Some(published(&path, folder.path())), async |address| {
        for (asked, mode) in [
            ("", "Interactive"),
            ("transferMode.dlna.org: Streaming\r\n", "Interactive"),
            ("transferMode.dlna.org: background\r\n", "Background"),
        ] {
            let answer = fetch(address, "GET", asked).await;
            assert_eq!(answer.says("transferMode.dlna.org"), mode);
            assert_eq!(answer.says("realTimeInfo.dlna.org"), "(absent)");
        }
    });
}

#[test]
fn a_body_in_memory_is_served_like_a_file() {
    let black = crate::media::generated::black_file();
    let nowhere = Published {
        body: crate::media::generated::black_body(&black).map(Rc::from),
        ..published(&black.path, &black.root)
    };
    let (_, events) = served(Some(nowhere), async |address| {
        let whole = fetch(address, "GET", "").await;
        assert_eq!((whole.head.status, whole.says("Content-Type")), (200, "image/jpeg"));
        assert_eq!(whole.body, crate::media::generated::BLACK);
        assert_eq!(whole.says("transferMode.dlna.org"), "Interactive");
        let end = fetch(address, "GET", "Range: bytes=-2\r\n").await;
        assert_eq!((end.head.status, &*end.body), (206, &[0xff, 0xd9][..]));
        assert_eq!(end.says("Last-Modified"), whole.says("Last-Modified"));
        assert!(fetch(address, "HEAD", "").await.body.is_empty());
    });
    let bytes = crate::media::generated::BLACK.len() as u64;
    let told = [(bytes, StreamEnd::WholeFile), (2, StreamEnd::WholeFile), (0, StreamEnd::Head)];
    assert_eq!(ends(&events), told);
}

#[test]
fn films_are_streamed_unless_the_background_mode_is_requested() {
    let folder = TestFolder::new("modes");
    let path = folder.write("film.mp4", "film");
    served(Some(published(&path, folder.path())), async |address| {
        for (asked, mode) in
            [("Streaming", "Streaming"), ("Interactive", "Streaming"), ("BACKGROUND", "Background")]
        {
            let line = format!("transferMode.dlna.org: {asked}\r\n");
            let answer = fetch(address, "GET", &line).await;
            assert_eq!(answer.says("transferMode.dlna.org"), mode);
            assert_eq!((answer.head.status, answer.body.len()), (200, 4));
        }
    });
}

#[test]
fn subtitles_are_named_on_request_and_served_beside_the_film() {
    let folder = TestFolder::new("subtitles");
    let path = folder.write("film.mp4", "0123456789");
    let text = "1\n00:00:01,000 --> 00:00:02,000\nHello\n".repeat(9_000);
    let beside = folder.write("film.srt", &text);
    let url = "http://10.0.0.1:8895/m/1f/film.srt";
    for unasked in [false, true] {
        let mut film = published(&path, folder.path());
        film.subtitles = Some(PublishedSubtitles {
            path: beside.clone(),
            url: url.to_owned(),
            format: subtitles::format_of(&beside).unwrap(),
            unasked,
        });
        let ((), events) = served(Some(film), async |address| {
            for method in ["HEAD", "GET"] {
                let answer = fetch(address, method, "getCaptionInfo.sec: 1\r\n").await;
                assert_eq!(answer.says("CaptionInfo.sec"), url, "{method}");
                let answer = fetch(address, method, "").await;
                let named = if unasked { url } else { "(absent)" };
                assert_eq!(answer.says("CaptionInfo.sec"), named, "{method}");

                let line = format!("{method} /m/1f/film.SRT HTTP/1.1\r\nHost: x\r\n\r\n");
                let answer = ask(address, &line).await;
                assert_eq!(answer.head.status, 200);
                assert_eq!(answer.says("Content-Type"), "text/srt");
                assert_eq!(answer.says("Content-Length"), text.len().to_string());
                let body = if method == "GET" { text.as_bytes() } else { b"" };
                assert!(answer.body == body, "{method}");
            }
        });
        let ends = ends(&events);
        assert_eq!(ends.len(), 4, "that somebody came for the subtitles is no news: {ends:?}");
    }
}

#[test]
fn subtitles_that_are_gone_outside_or_too_long_are_not_found() {
    let folder = TestFolder::new("no-subtitles");
    let root = folder.path().join("media");
    let path = folder.write("media/film.mp4", "0123456789");
    let secret = folder.write("secret.srt", "secret");
    symlink(&secret, root.join("link.srt")).unwrap();
    folder.write("media/long.srt", vec![b'x'; SUBTITLES as usize + 1]);
    folder.write("media/good.srt", "good");
    let cases = [("good", 200), ("gone", 404), ("link", 404), ("long", 404), ("", 404)];
    for (name, status) in cases {
        let mut film = published(&path, &root);
        let beside = root.join(format!("{name}.srt"));
        film.subtitles = (!name.is_empty()).then(|| PublishedSubtitles {
            format: subtitles::format_of(&beside).unwrap(),
            path: beside,
            url: String::new(),
            unasked: false,
        });
        served(Some(film), async |address| {
            let line = "GET /m/1f/film.srt HTTP/1.1\r\nHost: x\r\n\r\n";
            assert_eq!(ask(address, line).await.head.status, status, "{name}");
        });
    }
}

#[test]
fn sizes_and_offsets_have_64_bits() {
    let folder = TestFolder::new("huge");
    let path = folder.write("huge.mkv", "");
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let size: u64 = 5 << 30;
    file.set_len(size).unwrap();
    file.write_all_at(b"far out", 4_900_000_000).unwrap();
    let ((), events) = served(Some(published(&path, folder.path())), async |address| {
        let head = fetch(address, "HEAD", "").await;
        assert_eq!(head.says("Content-Length"), size.to_string());
        let part = fetch(address, "GET", "Range: bytes=4900000000-4900000006\r\n").await;
        assert_eq!(part.body, b"far out");
        assert_eq!(part.says("Content-Range"), format!("bytes 4900000000-4900000006/{size}"));
        let tail = fetch(address, "GET", "Range: bytes=5368709000-\r\n").await;
        assert_eq!(tail.body.len(), 120);
    });
    assert_eq!(ends(&events)[2], (120, StreamEnd::WholeFile));
}

#[test]
fn nothing_outside_the_root_is_served() {
    let folder = TestFolder::new("escape");
    let secret = folder.write("secret.mp4", "secret");
    let root = folder.path().join("media");
    fs::create_dir(&root).unwrap();
    folder.write("media/good.mp4", "good");
    symlink(&secret, root.join("link.mp4")).unwrap();
    symlink(root.join("good.mp4"), root.join("inner.mp4")).unwrap();
    fs::create_dir(root.join("folder.mp4")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        root.join("fifo.mp4"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    for (name, status) in [
        ("good.mp4", 200),
        ("inner.mp4", 200),
        ("link.mp4", 404),
        ("../secret.mp4", 404),
        ("folder.mp4", 404),
        ("fifo.mp4", 404),
        ("gone.mp4", 404),
    ] {
        let file = published(&root.join(name), &root);
        let (answer, events) = served(Some(file), async |address| fetch(address, "GET", "").await);
        assert_eq!(answer.head.status, status, "{name}");
        let end = if status == 200 { StreamEnd::WholeFile } else { StreamEnd::FileError };
        assert_eq!(ends(&events).last().map(|(_, end)| *end), Some(end), "{name}");
    }
}

#[test]
fn a_file_that_becomes_shorter_is_not_padded() {
    let folder = TestFolder::new("shrinks");
    let path = folder.write("film.mp4", "");
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(64 << 20).unwrap();
    let ((), events) = served(Some(published(&path, folder.path())), async |address| {
        let mut socket = Async::<TcpStream>::connect(address).await.unwrap();
        socket.write_all(b"GET /m/1f/a.mp4 HTTP/1.0\r\n\r\n").await.unwrap();
        let mut start = [0; 1000];
        socket.read_exact(&mut start).await.unwrap();
        assert!(start.starts_with(b"HTTP/1.1 200"));
        file.set_len(40 << 20).unwrap();
        assert!(rest(&mut socket).await.len() <= 40 << 20);
    });
    let ends = ends(&events);
    assert!(matches!(ends[..], [(sent, StreamEnd::Replaced)] if sent <= 40 << 20), "{ends:?}");
}

#[test]
fn a_replaced_file_is_sent_to_its_end_and_the_new_one_is_not_sent() {
    let folder = TestFolder::new("replaced");
    let path = folder.write("film.mp4", vec![1; 32 << 20]);
    let ((), events) = served(Some(published(&path, folder.path())), async |address| {
        let mut socket = Async::<TcpStream>::connect(address).await.unwrap();
        socket.write_all(b"GET /m/1f/a.mp4 HTTP/1.0\r\n\r\n").await.unwrap();
        let mut start = [0; 1000];
        socket.read_exact(&mut start).await.unwrap();
        fs::rename(folder.write("new.mp4", vec![2; 1 << 20]), &path).unwrap();
        for method in ["GET", "HEAD"] {
            let got = fetch(address, method, "Range: bytes=5-\r\n").await;
            assert_eq!((got.head.status, got.body.len()), (404, 0), "{method}");
        }
        let rest = rest(&mut socket).await;
        assert!(start.len() + rest.len() > 32 << 20 && rest.iter().all(|byte| *byte == 1));
    });
    let ends: Vec<_> = ends(&events).into_iter().map(|(_, end)| end).collect();
    assert_eq!(ends, [StreamEnd::Replaced, StreamEnd::Head, StreamEnd::WholeFile]);
}

#[test]
fn the_kiosk_hears_of_bytes_at_once_then_rarely_and_of_clients_that_leave() {
    let folder = TestFolder::new("leaves");
    let path = folder.write("film.mp4", vec![7; 32 << 20]);
    let ((), events) = served(Some(published(&path, folder.path())), async |address| {
        assert_eq!(fetch(address, "GET", "").await.body.len(), 32 << 20);
        let mut socket = Async::<TcpStream>::connect(address).await.unwrap();
        socket.write_all(b"GET /m/1f/a.mp4 HTTP/1.0\r\n\r\n").await.unwrap();
        socket.read_exact(&mut [0; 1000]).await.unwrap();
        drop(socket);
        // The next answer comes after the server noticed.
        for _ in 0..50 {
            fetch(address, "HEAD", "").await;
        }
    });
    let served = |event: &&Event| matches!(event, Event::Served { end: None, .. });
    assert!(events.iter().filter(served).count() < 20, "not one for each chunk");
    let ends = ends(&events);
    assert_eq!(ends[0], (32 << 20, StreamEnd::WholeFile));
    assert!(ends.iter().any(|(_, end)| *end == StreamEnd::Aborted));
    assert!(matches!(events[0], Event::Alive(TaskName::MediaServer)));
    assert!(events.iter().any(|event| matches!(event, Event::MediaConnections(1))));
    assert!(events.iter().any(|event| matches!(event, Event::MediaConnections(0))));
}

#[test]
fn silent_clients_are_bounded_and_slow_ones_are_served() {
    let folder = TestFolder::new("silent");
    let path = folder.write("film.mp4", "0123456789");
    served(Some(published(&path, folder.path())), async |address| {
        let mut silent = Vec::new();
        for _ in 1..MEDIA_CONNECTIONS_PER_PEER {
            silent.push(Async::<TcpStream>::connect(address).await.unwrap());
        }
        let mut slow = Async::<TcpStream>::connect(address).await.unwrap();
        for byte in b"GET /m/1f/a.mp4 HTTP/1.0\r\n\r" {
            slow.write_all(&[*byte]).await.unwrap();
            future::yield_now().await;
        }
        let newest = fetch(address, "GET", "").await;
        assert_eq!(newest.head.status, 200, "the oldest of its own makes room");
        assert_eq!(rest(&mut silent[0]).await, b"", "and is closed");
        slow.write_all(b"\n").await.unwrap();
        assert_eq!(Answered::of(&rest(&mut slow).await).body, b"0123456789");
    });
}

#[test]
fn a_cold_file_arrives_whole() {
    let folder = TestFolder::new("cold");
    let content: Vec<u8> = (0..3_000_000u64).map(|n| ((n * 7919) >> 8) as u8).collect();
    let path = folder.write("film.mp4", &content);
    let file = File::open(&path).unwrap();
    file.sync_all().unwrap();
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
    let (got, _) = served(Some(published(&path, folder.path())), async |address| {
        fetch(address, "GET", "Range: bytes=5-\r\n").await
    });
    assert!(got.body == content[5..]);
}

#[test]
fn eight_streams_leave_the_kiosk_its_turns() {
    use std::io::{Read, Write};
    const STREAMS: usize = 8;
    const EACH: usize = 100 << 20;
    let folder = TestFolder::new("fair");
    let path = folder.write("film.mp4", "");
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(EACH as u64).unwrap();
    let (turns, _) = served(Some(published(&path, folder.path())), async |address| {
        let readers: Vec<_> = (0..STREAMS)
            .map(|_| {
                std::thread::spawn(move || {
                    let mut socket = TcpStream::connect(address).unwrap();
                    socket.write_all(b"GET /m/1f/a.mp4 HTTP/1.0\r\n\r\n").unwrap();
                    let mut piece = vec![0; 256 << 10];
                    let mut total = 0;
                    loop {
                        match socket.read(&mut piece).unwrap() {
                            0 => return total,
                            count => total += count,
                        }
                    }
                })
            })
            .collect();
        let mut turns = 0;
        while !readers.iter().all(std::thread::JoinHandle::is_finished) {
            future::yield_now().await;
            turns += 1;
        }
        for reader in readers {
            assert!(reader.join().unwrap() > EACH);
        }
        turns
    });
    // One chunk of one stream for each turn of the kiosk.
    assert!(turns >= STREAMS * EACH / MEDIA_CHUNK, "{turns} turns");
}

#[test]
fn a_dropped_server_frees_its_port_and_cuts_its_connections() {
    let (mailbox, replies) = (Mailbox::default(), Replies::default());
    let readers = readers("/nowhere".as_ref(), &[]);
    let listener = server::bind(Ipv4Addr::LOCALHOST, PortChoice::Fixed(0)).unwrap();
    let address = listener.get_ref().local_addr().unwrap();
    let client = async {
        let socket = Async::<TcpStream>::connect(address).await.unwrap();
        while !matches!(mailbox.take().await, Event::MediaConnections(1)) {}
        socket
    };
    let server =
        async { panic!("{}", run(listener, &mailbox, &replies, &readers, |_| true).await) };
    let mut socket = block_on(future::or(client, server));
    let read = block_on(within(HEAD_TIMEOUT / 2, socket.read(&mut [0; 10])));
    assert!(matches!(read, Some(Ok(0) | Err(_))), "{read:?}");
    server::bind(Ipv4Addr::LOCALHOST, PortChoice::Fixed(address.port())).unwrap();
}

#[test]
fn events_of_renderers_are_answered_at_once_even_if_they_cannot_be_parsed() {
    let notify = |path: &str, lines: &str, body: &str| {
        format!(
            "NOTIFY {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n{lines}\r\n{body}",
            body.len()
        )
    };
    let ((), events) = served(None, async |address| {
        let known = "NT: upnp:event\r\nNTS: upnp:propchange\r\nSID: uuid:known\r\nSEQ: 7\r\n";
        for (text, status) in [
            (notify("/e/5", known, "not xml at all"), 200),
            (notify("/e/5", "SID: uuid:other\r\n", ""), 412),
            (notify("/e/5", "", ""), 412),
            (notify("/e/x", known, ""), 404),
            (notify("/e/5", known, &"x".repeat(NOTIFY_BODY + 1)), 413),
            ("GET /e/5 HTTP/1.0\r\n\r\n".to_owned(), 405),
        ] {
            let answer = ask(address, &text).await;
            assert_eq!(answer.head.status, status, "{}", &text[..60]);
            assert_eq!(answer.says("Content-Length"), "0");
        }
    });
    let notified = |event| match event {
        Event::Notified { callback, sid, change, from, .. } => {
            assert_eq!((*change, from), (LastChange::default(), Ipv4Addr::LOCALHOST));
            Some((callback, sid))
        }
        _ => None,
    };
    let notified: Vec<_> = events.into_iter().filter_map(notified).collect();
    assert_eq!(notified, [(5, "uuid:known".to_owned())], "no other body was read");
}
/// A connection from another address of this machine.
fn connect_from(host: u8, address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 1, host], 0)).into()).unwrap();
    socket.connect(&address.into()).unwrap();
    socket.into()
}

#[test]
fn the_number_of_events_read_at_once_is_bounded() {
    use std::io::Write;
    let folder = TestFolder::new("many");
    let path = folder.write("film.mp4", "0123456789");
    served(Some(published(&path, folder.path())), async |address| {
        let event =
            "NOTIFY /e/5 HTTP/1.1\r\nHost: x\r\nSID: uuid:known\r\nContent-Length: 9\r\n\r\n";
        let mut reading = Vec::new();
        for n in 0..NOTIFICATIONS {
            let host = u8::try_from(n / (MEDIA_CONNECTIONS_PER_PEER - 1)).unwrap() + 1;
            let mut socket = connect_from(host, address);
            socket.write_all(event.as_bytes()).unwrap();
            reading.push(socket);
        }
        let whole = format!("{event}<nothing>");
        let full = async { while ask(address, &whole).await.head.status != 503 {} };
        assert!(within(HEAD_TIMEOUT / 2, full).await.is_some(), "bounded");
        assert_eq!(fetch(address, "GET", "").await.head.status, 200, "and nobody else minds");
        drop(reading);
        let free = async { while ask(address, &whole).await.head.status != 200 {} };
        assert!(within(HEAD_TIMEOUT / 2, free).await.is_some(), "and free again");
    });
}
