//! How a simulated renderer fetches its media.

use super::fake_renderer::FakeRenderer;
use super::media::Media;
use super::quirks::{PlaybackFailure, Quirks};
use super::words::{Fetch, FetchId, Fetched, Method, Output, Reading};
use crate::time::{Duration, Instant};

/// A reader that has enough looks again after this long at the soonest, and at the latest.
const READ_AGAIN: Duration = Duration::from_millis(200);
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Pictures that are kept at once.
const PICTURES: usize = 32;

impl FakeRenderer {
    /// Reports what became of a fetch.
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

    /// Whether this fetch should read on.
    #[must_use]
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
            // Its playhead may be moved meanwhile: it looks again before long.
            Some((most, ahead)) if ahead >= most => {
                Reading::Later((ahead - most).clamp(READ_AGAIN, LOOK_AGAIN))
            }
            _ => Reading::Now,
        }
    }

    /// Goes on with what the media's fetch brought.
    pub(super) fn media_fetched(&mut self, now: Instant, fetch: FetchId, what: Fetched) {
        let quirks = self.quirks.clone();
        let Some(media) = self.of_fetch(fetch).filter(|media| media.fetch == Some(fetch)) else {
            return;
        };
        match what {
            // All of the file instead of the range: no way to the position.
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
                    if quirks.playback_failure == Some(PlaybackFailure::ShowsNothing) {
                        media.fail();
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
                    // The bytes read so far stay read: only the rest is asked for.
                    if let Some(media) = self.media.as_mut().filter(|m| m.uri == uri) {
                        media.begin(again, from, position);
                    }
                }
            }
        }
    }

    /// Drops a connection that brought something; opens another, or gives up.
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

    /// If it is a picture: one after the other, and never the same again.
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

    /// Asks for media.
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

    /// Beside the first GET, at even distances over the file.
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
    /// Whether it plays this MIME type.
    pub(super) fn takes(&self, mime: Option<&str>) -> bool {
        let essence = mime.map(|m| m.split(';').next().unwrap_or_default().trim());
        self.mimes.is_none_or(|list| essence.is_some_and(|m| list.contains(&m)))
    }
}
