//! The simulated media server: what renderers fetch, and what the kiosk is told of it.

use super::{AwaitedReply, Damage, Delivery, PORT, World};
use crate::kiosk::effect::Published;
use crate::kiosk::event::{Event, StreamEnd, TaskName};
use crate::kiosk::token::Token;
use crate::media::subtitles::format_of;
use crate::sim::fake_renderer::{Fetch, FetchId, Fetched, Method, Reading};
use crate::time::{Duration, Instant};
use crate::upnp::HttpUrl;
use std::path::{Path, PathBuf};

/// How many pieces a file is sent in.
const PIECES: u64 = 16;
/// How often the kiosk is told of the bytes of one file.
const TOLD: u64 = 4;
/// What is read slowly is told of after this time, as by the shell.
const TELLS: Duration = Duration::from_secs(1);

/// The interval between looks at a connection on which nothing arrives.
const STALLS: Duration = Duration::from_millis(500);
/// After this many looks, the renderer gives up: 30 s.
const GIVES_UP: u32 = 60;
/// After this many looks, a read of a disk that hangs fails: 15 s.
const DISK_FAILS: u32 = 30;

/// One GET in progress.
#[derive(Debug)]
pub(super) struct Stream {
    token: Token,
    path: PathBuf,
    at: u64,
    size: u64,
    /// Bytes not yet reported to the kiosk.
    untold: u64,
    /// When the kiosk was told last.
    told_at: Instant,
    /// How many looks in a row found nothing.
    stalled: u32,
}

impl World {
    /// A media request reaches the box, or an address that the box has left.
    pub(super) fn media_asked(&mut self, node: usize, fetch: Fetch) {
        let url = HttpUrl::parse(&fetch.url);
        let ours = url.filter(|url| (url.host, url.port) == (self.address, PORT));
        let serves =
            self.exited.is_none() && !self.ended_tasks.contains_key(&TaskName::MediaServer);
        let passes = !self.firewall && !self.is_cut(node);
        let Some(url) = ours.filter(|_| serves && passes) else {
            let (fetch, what) = (fetch.id, Fetched::Failed);
            return self.soon(Delivery::Fetched { node, fetch, what });
        };
        let token = url.path.split('/').nth(2).unwrap_or_default();
        let token = Token(u64::from_str_radix(token, 16).expect("a URL of ours"));
        let reply = self.expect_reply(AwaitedReply::Media { node, fetch });
        self.step(Event::MediaAsked { token, reply });
    }

    /// The kiosk answers a media request.
    pub(super) fn serve(
        &mut self,
        node: usize,
        fetch: Fetch,
        token: Token,
        published: Option<Box<Published>>,
    ) {
        let client = self.nodes[node].host;
        let request = text(&fetch);
        if let Some(format) = format_of(Path::new(&fetch.url)) {
            let found = published.as_ref().is_some_and(|p| p.subtitles.is_some());
            let status = if found { 200 } else { 404 };
            self.record(|wire, now| {
                wire.media(now, client, &request, published.as_deref(), status)
            });
            let what = Fetched::Opened {
                status,
                mime: Some(format.mime.to_owned()),
                length: Some(1000),
                content_features: false,
                captions: None,
            };
            return self.soon(Delivery::Fetched { node, fetch: fetch.id, what });
        }
        let path = published.as_ref().filter(|it| it.body.is_none()).map(|it| &*it.path);
        if path.is_some_and(|path| self.disk.hangs(path)) {
            if path.is_some_and(|path| !self.disk.is_known_to_hang(path, self.now)) {
                return self.after(STALLS, Delivery::Serve { node, fetch, token, published });
            }
            return self.refuse(node, fetch, Some((token, StreamEnd::FileError)));
        }
        let state = published.as_ref().and_then(|published| self.disk.state(&published.path));
        let file = published.as_ref().filter(|p| state == Some((p.size, p.modified)));
        let file = file.map(|p| (p.size, self.disk.length(&p.path), p.mime));
        let in_memory =
            published.as_ref().and_then(|p| Some((p.body.as_ref()?.len() as u64, None, p.mime)));
        let file = in_memory.or(file);
        let Some((size, length, mime)) = file else {
            let end = state.map_or(StreamEnd::FileError, |_| StreamEnd::Replaced);
            return self.refuse(node, fetch, published.is_some().then_some((token, end)));
        };
        let at = fetch.from.unwrap_or(0).min(size);
        let asks = self.nodes[node].renderer.asks_for_captions(fetch.method);
        let status = if fetch.from.is_some() { 206 } else { 200 };
        self.record(|wire, now| wire.media(now, client, &request, published.as_deref(), status));
        let path: PathBuf = published.as_ref().map(|p| (*p.path).into()).unwrap_or_default();
        let captions = published.and_then(|published| published.subtitles);
        let captions = captions.filter(|subtitles| asks || subtitles.unasked);
        let opened = Fetched::Opened {
            status,
            mime: Some(mime.to_owned()),
            length: Some(size - at),
            content_features: true,
            captions: captions.map(|subtitles| subtitles.url),
        };
        let id = fetch.id;
        let passage = self.network.passage(&mut self.rng);
        self.after(passage, Delivery::Fetched { node, fetch: id, what: opened });
        if fetch.method == Method::Head {
            return self.served(token, 0, Some(StreamEnd::Head));
        }
        let damage = self.damage_of(&path);
        let cut_off = damage.and_then(|damage| damage.breaks_off(length?));
        for what in [
            length.map(Fetched::Duration),
            cut_off.map(Fetched::CutOff),
            damage.filter(|damage| *damage == Damage::Garbage).map(|_| Fetched::Garbage),
        ]
        .into_iter()
        .flatten()
        {
            let fetch = id;
            self.after(passage, Delivery::Fetched { node, fetch, what });
        }
        let told_at = self.now;
        let stream = Stream { token, path, at, size, untold: 0, told_at, stalled: 0 };
        self.streams.insert((node, id), stream);
        self.after(passage, Delivery::Read { node, fetch: id });
        self.served(token, 0, None);
    }

    /// Answers that there is no such file, and tells the kiosk of it.
    fn refuse(&mut self, node: usize, fetch: Fetch, told: Option<(Token, StreamEnd)>) {
        let (client, request) = (self.nodes[node].host, text(&fetch));
        self.record(|wire, now| wire.media(now, client, &request, None, 404));
        let what = Fetched::Opened {
            status: 404,
            mime: None,
            length: Some(0),
            content_features: false,
            captions: None,
        };
        if let Some((token, end)) = told {
            self.served(token, 0, Some(end));
        }
        self.soon(Delivery::Fetched { node, fetch: fetch.id, what });
    }

    /// Returns whether a renderer still fetches what it plays.
    pub fn reads_media(&self, node: usize) -> bool {
        self.streams.keys().any(|(reader, _)| *reader == node)
    }

    /// The renderer reads the next piece, if it wants one.
    pub(super) fn read(&mut self, node: usize, fetch: FetchId) {
        let silent = self.is_cut(node) || self.now < self.frozen_until;
        let Some(stream) = self.streams.get_mut(&(node, fetch)) else {
            return;
        };
        let hangs = self.disk.hangs(&stream.path)
            || stream.at >= stream.size / 4
                && self.disk.damaged.get(&stream.path) == Some(&Damage::Hangs);
        if !self.disk.is_readable(&stream.path) || (hangs && stream.stalled >= DISK_FAILS) {
            let token = stream.token;
            self.streams.remove(&(node, fetch));
            self.soon(Delivery::Fetched { node, fetch, what: Fetched::Failed });
            return self.served(token, 0, Some(StreamEnd::FileError));
        }
        if silent || hangs {
            // The connection is open, but nothing arrives.
            stream.stalled += 1;
            if stream.stalled < GIVES_UP {
                return self.after(STALLS, Delivery::Read { node, fetch });
            }
            let token = stream.token;
            self.streams.remove(&(node, fetch));
            self.with(node, |renderer, now| renderer.fetched(now, fetch, Fetched::Failed));
            return self.served(token, 0, Some(StreamEnd::Aborted));
        }
        stream.stalled = 0;
        let renderer = &self.nodes[node].renderer;
        match renderer.reading(self.now, fetch) {
            Reading::Now if renderer.responsive() => {
                let bytes = (stream.size / PIECES).clamp(1, (stream.size - stream.at).max(1));
                stream.at = (stream.at + bytes).min(stream.size);
                stream.untold += bytes;
                let (token, whole) = (stream.token, stream.at == stream.size);
                let due = whole || stream.untold >= stream.size / TOLD;
                let untold = if due { core::mem::take(&mut stream.untold) } else { 0 };
                stream.told_at = if due { self.now } else { stream.told_at };
                self.with(node, |renderer, now| {
                    renderer.fetched(now, fetch, Fetched::Bytes(bytes))
                });
                if whole {
                    self.streams.remove(&(node, fetch));
                    self.with(node, |renderer, now| {
                        renderer.fetched(now, fetch, Fetched::Finished)
                    });
                    self.served(token, untold, Some(StreamEnd::WholeFile));
                } else {
                    if due {
                        self.served(token, untold, None);
                    }
                    let takes = self.nodes[node].renderer.quirks().piece_takes;
                    let passage = self.network.passage(&mut self.rng);
                    self.after(takes.max(passage), Delivery::Read { node, fetch });
                }
            }
            Reading::Now => self.after(Duration::from_millis(200), Delivery::Read { node, fetch }),
            Reading::Later(pause) => {
                if stream.untold > 0 && self.now.since(stream.told_at) >= TELLS {
                    let (token, untold) = (stream.token, core::mem::take(&mut stream.untold));
                    stream.told_at = self.now;
                    self.served(token, untold, None);
                }
                self.after(pause, Delivery::Read { node, fetch });
            }
            Reading::Abandoned => self.abandoned(node, fetch),
        }
    }

    /// The renderer closed the connection.
    pub(super) fn abandoned(&mut self, node: usize, fetch: FetchId) {
        if let Some(stream) = self.streams.remove(&(node, fetch)) {
            self.served(stream.token, stream.untold, Some(StreamEnd::Aborted));
        }
    }

    /// Breaks all media connections.
    pub(super) fn break_streams(&mut self) {
        for ((node, fetch), stream) in core::mem::take(&mut self.streams) {
            self.served(stream.token, 0, Some(StreamEnd::Aborted));
            let what = Fetched::Failed;
            self.soon(Delivery::Fetched { node, fetch, what });
        }
    }

    fn served(&mut self, token: Token, bytes: u64, end: Option<StreamEnd>) {
        let told = Delivery::Event(Event::Served { token, bytes, end });
        self.after(Duration::ZERO, told);
    }
}

/// The request line and the range of a fetch.
fn text(fetch: &Fetch) -> String {
    let method = match fetch.method {
        Method::Head => "HEAD",
        Method::Get => "GET",
    };
    let range = fetch.from.map(|from| format!("\r\nRange: bytes={from}-")).unwrap_or_default();
    format!("{method} {}{range}", fetch.url)
}
