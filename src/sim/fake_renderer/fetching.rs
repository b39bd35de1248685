//! How a simulated renderer takes a URI, looks at it, and fetches media.
//!
//! A *fetch* is one HTTP request for media. Whoever drives the renderer performs it and reports on it.

use super::media::{Media, level_of};
use super::playback::{DONE, Outcome, refuse};
use super::timers::Probing;
use super::{Call, FakeRenderer, Output, Transport};
use crate::sim::quirks::{FileFlaw, NextUri, PlaybackFailure, Probe, Quirks, SetWhilePlaying};
use crate::time::{Duration, Instant};
use crate::upnp::didl::MetadataLevel;

/// Names one fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FetchId(pub u32);

/// One HTTP request for media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Its name.
    pub id: FetchId,
    /// HEAD or GET.
    pub method: Method,
    /// What.
    pub url: String,
    /// `Range: bytes=N-`; without it no Range header.
    pub from: Option<u64>,
}

/// How media is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Only the head.
    Head,
    /// All.
    Get,
}

/// What became of a fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The head of the answer came.
    Opened {
        /// HTTP status.
        status: u16,
        /// Content-Type.
        mime: Option<String>,
        /// Content-Length.
        length: Option<u64>,
        /// Whether contentFeatures.dlna.org was there.
        content_features: bool,
        /// CaptionInfo.sec
        captions: Option<String>,
    },
    /// The media's own length in time was found in its first bytes.
    Duration(Duration),
    /// The media breaks off at this time, whatever length it claims.
    CutOff(Duration),
    /// What comes is nothing that anybody can play.
    Garbage,
    /// Bytes of the body came.
    Bytes(u64),
    /// The body is complete.
    Finished,
    /// No connection, or it broke off.
    Failed,
}

/// Whether a fetch should read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Read the next piece.
    Now,
    /// Ask again after this long.
    Later(Duration),
    /// The fetch is not wanted any more.
    Abandoned,
}

impl FakeRenderer {
    /// Takes a SetAVTransportURI.
    pub(super) fn set(&mut self, now: Instant, call: Call, uri: &str, metadata: &str) -> Outcome {
        if uri.is_empty() {
            self.forget_media();
            self.transport = self.at_rest();
            return DONE;
        }
        if self.pending.probe.is_some() {
            return refuse(701);
        }
        let mut media = Media::new(uri, metadata);
        match self.quirks.flaw_of(uri) {
            Some(FileFlaw::Refused(code)) => {
                self.refused_set(now);
                return refuse(code);
            }
            Some(FileFlaw::Hangs) => {
                self.hung = true;
                return None;
            }
            _ => {}
        }
        match self.refusal_of(&media, metadata) {
            Some(code) if !self.quirks.refuses_at_play => {
                self.refused_set(now);
                return refuse(code);
            }
            refusal => media.refusal = refusal,
        }
        if let Some(code) = media.apply_subtitles(self.quirks.subtitles) {
            self.refused_set(now);
            return refuse(code);
        }
        if self.transport == Transport::Playing {
            match self.quirks.set_while_playing {
                SetWhilePlaying::Dropped => return DONE,
                SetWhilePlaying::Refused(code) => return refuse(code),
                SetWhilePlaying::Stops => self.stop_playback(now),
                SetWhilePlaying::Switches => {}
            }
        }
        let method = match self.quirks.probe {
            Probe::Nothing => {
                self.load(now, media);
                return DONE;
            }
            Probe::Head | Probe::HeadTwice => Method::Head,
            Probe::Get => Method::Get,
        };
        let fetch = self.fetch(method, uri, None);
        let again = self.quirks.probe == Probe::HeadTwice;
        self.pending.probe = Some(Probing { fetch, call, media, again });
        None
    }

    /// Returns the error with which it refuses this URI before it has looked at it.
    fn refusal_of(&self, media: &Media, metadata: &str) -> Option<u16> {
        let quirks = &self.quirks;
        let path = media.uri.splitn(4, '/').nth(3).unwrap_or_default();
        let by_metadata = match level_of(metadata) {
            MetadataLevel::Full => quirks.full_metadata,
            MetadataLevel::Empty => quirks.empty_metadata,
            MetadataLevel::Plain => quirks.plain_metadata,
            MetadataLevel::Compat => quirks.compat_metadata,
        };
        let secure = media.uri.starts_with("https:");
        let extension = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
        if let Some(code) = by_metadata {
            Some(code)
        } else if secure && quirks.secure_uri.is_some() {
            quirks.secure_uri
        } else if (quirks.wants_extension && !extension)
            || (media.mime.is_some() && !quirks.takes(media.mime.as_deref()))
        {
            Some(714)
        } else {
            None
        }
    }

    /// Takes what the probe of the URL returned.
    pub(super) fn probed(&mut self, now: Instant, what: &Fetched) {
        let outcome = match what {
            Fetched::Opened { status: 200, mime, content_features, .. } => {
                if !self.quirks.takes(mime.as_deref()) {
                    Err(714)
                } else if self.quirks.wants_content_features && !content_features {
                    Err(716)
                } else {
                    Ok(())
                }
            }
            Fetched::Opened { .. } | Fetched::Failed => Err(716),
            Fetched::Duration(_)
            | Fetched::CutOff(_)
            | Fetched::Garbage
            | Fetched::Bytes(_)
            | Fetched::Finished => return,
        };
        let Some(Probing { fetch, call, media, again }) = self.pending.probe.take() else {
            return;
        };
        if again && outcome.is_ok() {
            let fetch = self.fetch(Method::Head, &media.uri, None);
            self.pending.probe = Some(Probing { fetch, call, media, again: false });
            return;
        }
        if self.quirks.probe == Probe::Get {
            self.output(Output::Abandon(fetch));
        }
        match outcome {
            Ok(()) => self.load(now, media),
            Err(_) => self.refused_set(now),
        }
        self.answer(now, call, outcome.map_or_else(refuse, |()| DONE));
    }

    /// A SetAVTransportURI was refused.
    fn refused_set(&mut self, now: Instant) {
        if !self.quirks.refused_set_keeps_old {
            self.stop_playback(now);
            self.forget_media();
            self.transport = self.at_rest();
        }
    }

    /// Loads the media of an accepted URI.
    fn load(&mut self, now: Instant, mut media: Media) {
        self.error = false;
        media.follows_picture = self.shows_picture;
        let old_track_uri = self.position_info(now).track_uri;
        self.abandon();
        if !self.quirks.stale_next {
            self.next = None;
        }
        self.media = Some(media);
        self.old_track_uri = None;
        if !self.quirks.set_takes.is_zero() {
            self.pending.setting_until = Some(now + self.quirks.set_takes);
        }
        match self.transport {
            Transport::Playing | Transport::Starting { .. } => self.start(now),
            Transport::Paused => {
                self.old_track_uri = old_track_uri.filter(|_| self.quirks.track_uri_lags);
            }
            _ => {
                self.transport = Transport::Stopped;
                if self.quirks.set_says_stopped {
                    self.tell(now, true);
                }
                if self.quirks.starts_on_set {
                    self.start(now);
                }
            }
        }
    }

    /// Fetches and plays the media from the beginning. A renderer that was playing keeps reporting PLAYING.
    pub(super) fn start(&mut self, now: Instant) {
        let Some(uri) = self.media.as_ref().map(|media| media.uri.clone()) else {
            return;
        };
        self.abandon();
        self.error = false;
        self.old_track_uri = None;
        if self.asleep {
            self.wake(now);
        }
        if self.pictures.contains(&uri) {
            self.media.iter_mut().for_each(Media::have);
        } else if self.quirks.playback_failure != Some(PlaybackFailure::NeverAsks)
            && self.quirks.flaw_of(&uri) != Some(FileFlaw::NeverFetched)
        {
            let fetch = self.get(&uri, None);
            self.media.iter_mut().for_each(|media| media.begin(fetch, 0, Duration::ZERO));
        }
        let reopening =
            if core::mem::take(&mut self.closed) { self.quirks.reopening } else { Duration::ZERO };
        if self.quirks.playing_at_once {
            self.transport = Transport::Playing;
        } else if self.transport != Transport::Playing {
            let not_before = now + reopening + self.quirks.loading + self.jitter();
            self.transport = Transport::Starting { not_before };
        }
    }

    pub(super) fn set_next(&mut self, now: Instant, uri: &str, metadata: &str) -> Outcome {
        let early = matches!(self.transport, Transport::Starting { .. } | Transport::Stopped);
        match self.quirks.next {
            NextUri::Refused(code) => return refuse(code),
            NextUri::Ignored => {}
            NextUri::TakenAsCurrent if early => self.load(now, Media::new(uri, metadata)),
            _ => self.next = (!uri.is_empty()).then(|| Media::new(uri, metadata)),
        }
        DONE
    }
}

/// The shortest and the longest time after which a full buffer is looked at again.
const READ_AGAIN: Duration = Duration::from_millis(200);
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// How many pictures it keeps.
const PICTURES: usize = 32;

impl FakeRenderer {
    /// Takes what became of a fetch.
    pub fn fetched(&mut self, now: Instant, fetch: FetchId, what: Fetched) {
        self.catch_up(now);
        if self.pending.is_probe(fetch) {
            self.probed(now, &what);
        } else if self.is_subtitle_fetch(fetch) {
            self.subtitles_fetched(&what);
        } else if self.of_fetch(fetch).is_some() {
            self.media_fetched(now, fetch, what);
        }
        self.catch_up(now);
    }

    /// Returns whether this fetch should read on.
    pub fn reading(&self, now: Instant, fetch: FetchId) -> Reading {
        let all = [&self.media, &self.next];
        if all.into_iter().flatten().any(|m| m.others.contains(&fetch)) {
            return Reading::Later(LOOK_AGAIN);
        }
        let Some(media) = all.into_iter().flatten().find(|m| m.fetch == Some(fetch)) else {
            return Reading::Abandoned;
        };
        let ahead = self.quirks.reads_ahead.zip(media.ahead(now));
        match ahead {
            // The playhead may be moved in the meantime, so the buffer is looked at again before long.
            Some((most, ahead)) if ahead >= most => {
                Reading::Later((ahead - most).clamp(READ_AGAIN, LOOK_AGAIN))
            }
            _ => Reading::Now,
        }
    }

    /// Takes what became of a fetch of the media.
    pub(super) fn media_fetched(&mut self, now: Instant, fetch: FetchId, what: Fetched) {
        let quirks = self.quirks.clone();
        let Some(media) = self.of_fetch(fetch).filter(|media| media.fetch == Some(fetch)) else {
            return;
        };
        match what {
            // The server sent the whole file instead of the range: the position cannot be reached.
            Fetched::Opened { status: 200, .. } if media.seeks() => {
                if quirks.seek_without_ranges_stops {
                    self.stop_playback(now);
                }
            }
            Fetched::Opened { status: 200 | 206, mime, length, content_features, captions } => {
                let is_text = mime.as_deref().is_some_and(|mime| mime.starts_with("text/"));
                if quirks.takes(mime.as_deref()) && !is_text {
                    media.open(mime, length);
                    media.featured = content_features;
                    media.apply(quirks.still);
                    if quirks.playback_failure == Some(PlaybackFailure::ShowsNothing)
                        || quirks.flaw_of(&media.uri) == Some(FileFlaw::NotShown)
                    {
                        media.fail();
                    }
                    if let Some(FileFlaw::FailsAfter(span)) = quirks.flaw_of(&media.uri) {
                        media.fails_at = Some(now + span);
                    }
                    self.take_picture(fetch);
                    self.open_parallel_ranges(fetch);
                    self.fetch_subtitles(captions);
                } else {
                    media.fail();
                }
            }
            Fetched::Opened { .. } => media.fail(),
            Fetched::Duration(duration) => media.duration = Some(duration),
            Fetched::CutOff(at) => media.breaks_off = Some(at),
            Fetched::Garbage => media.fail(),
            Fetched::Bytes(bytes) => {
                media.take_bytes(bytes);
                if let Some(PlaybackFailure::HangsUp(times)) = quirks.playback_failure {
                    self.hang_up(fetch, times);
                }
            }
            Fetched::Finished => media.finish(),
            Fetched::Failed => {
                let uri = media.uri.clone();
                if let Some(from) = media.break_off() {
                    let position = media.position(now);
                    let again = self.get(&uri, Some(from));
                    // The bytes that were read are kept: only the rest is requested.
                    if let Some(media) = self.media.as_mut().filter(|m| m.uri == uri) {
                        media.begin(again, from, position);
                    }
                }
            }
        }
    }

    /// Drops a connection that delivered bytes, and opens another one, or gives up.
    fn hang_up(&mut self, fetch: FetchId, times: u8) {
        self.output(Output::Abandon(fetch));
        let Some(media) = &mut self.media else { return };
        media.dropped += 1;
        if media.dropped >= times {
            media.fetch = None;
            return media.fail();
        }
        let uri = media.uri.clone();
        let again = self.get(&uri, None);
        self.media.iter_mut().for_each(|media| media.begin(again, 0, Duration::ZERO));
    }

    pub(super) fn of_fetch(&mut self, fetch: FetchId) -> Option<&mut Media> {
        let both = self.media.as_mut().into_iter().chain(self.next.as_mut());
        both.into_iter().find(|m| m.fetch == Some(fetch) || m.others.contains(&fetch))
    }

    /// Applies the quirks of renderers that fail at every second picture, or keep pictures by URL.
    fn take_picture(&mut self, fetch: FetchId) {
        let second_fails = self.quirks.second_picture_fails;
        let Some(media) = self.of_fetch(fetch) else {
            return;
        };
        let (is_still, uri) = (media.is_still(), media.uri.clone());
        let fails = is_still && second_fails && media.follows_picture;
        if fails {
            media.fail();
        }
        self.shows_picture = is_still && !fails;
        if is_still && self.quirks.caches_pictures {
            if self.pictures.len() == PICTURES {
                self.pictures.pop_front();
            }
            self.pictures.push_back(uri);
        }
    }

    /// Requests media.
    pub(super) fn get(&mut self, uri: &str, from: Option<u64>) -> FetchId {
        self.fetch(Method::Get, uri, from)
    }

    pub(super) fn fetch(&mut self, method: Method, uri: &str, from: Option<u64>) -> FetchId {
        self.last_fetch += 1;
        let id = FetchId(self.last_fetch);
        self.output(Output::Fetch(Fetch { id, method, url: uri.to_owned(), from }));
        id
    }

    pub(super) fn fetch_next(&mut self) {
        let Some(uri) = self.next.as_ref().map(|next| next.uri.clone()) else {
            return;
        };
        let id = self.get(&uri, None);
        if let Some(next) = &mut self.next {
            next.begin(id, 0, Duration::ZERO);
        }
    }

    /// Opens ranges in parallel with the first GET, at even distances over the file.
    pub(super) fn open_parallel_ranges(&mut self, fetch: FetchId) {
        let ranges = u64::from(self.quirks.parallel_ranges);
        let Some(media) = self.of_fetch(fetch).filter(|media| media.others.is_empty()) else {
            return;
        };
        let (uri, length) = (media.uri.clone(), media.length().unwrap_or_default());
        for n in 1..=ranges {
            let other = self.get(&uri, Some(length * n / (ranges + 1)));
            if let Some(media) = self.of_fetch(fetch) {
                media.others.push(other);
            }
        }
    }

    /// Drops the fetches of the current media.
    pub(super) fn abandon(&mut self) {
        let ids = self.media.as_mut().map(Media::drop_fetches).unwrap_or_default();
        for id in ids {
            self.output(Output::Abandon(id));
        }
    }

    pub(super) fn forget_media(&mut self) {
        self.abandon();
        (self.media, self.next, self.old_track_uri) = (None, None, None);
    }
}

impl Quirks {
    /// The flaw of the file at this URL.
    fn flaw_of(&self, uri: &str) -> Option<FileFlaw> {
        let name = uri.rsplit('/').next()?.split('.').next()?;
        self.flaws.iter().find(|(flawed, _)| *flawed == name).map(|(_, flaw)| *flaw)
    }

    /// Returns whether the renderer plays this MIME type.
    pub(super) fn takes(&self, mime: Option<&str>) -> bool {
        let essence = mime.map(|m| m.split(';').next().unwrap_or_default().trim());
        self.mimes.is_none_or(|list| essence.is_some_and(|m| list.contains(&m)))
    }
}
