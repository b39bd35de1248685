//! How a simulated renderer takes a URI: what it has against one, the look at it, the start.

use super::fake_renderer::{FakeRenderer, Transport};
use super::media::{Media, rung_of};
use super::pending::Probing;
use super::quirks::{NextUri, PlaybackFailure, Probe, SetWhilePlaying};
use super::transport::{DONE, Outcome, refuse};
use super::words::{Call, Fetched, Method, Output};
use crate::time::{Duration, Instant};
use crate::upnp::didl::Rung;

impl FakeRenderer {
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

    /// What it has against this URI, before it looks at it.
    fn refusal_of(&self, media: &Media, metadata: &str) -> Option<u16> {
        let quirks = &self.quirks;
        let path = media.uri.splitn(4, '/').nth(3).unwrap_or_default();
        let by_metadata = match rung_of(metadata) {
            Rung::Full => quirks.full_metadata,
            Rung::Empty => quirks.empty_metadata,
            Rung::Plain => quirks.plain_metadata,
            Rung::Compat => quirks.compat_metadata,
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

    /// The look at the URL brought this.
    pub(super) fn probed(&mut self, now: Instant, what: &Fetched) {
        let verdict = match what {
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
            Fetched::Duration(_) | Fetched::Bytes(_) | Fetched::Finished => return,
        };
        let Some(Probing { fetch, call, media, again }) = self.pending.probe.take() else {
            return;
        };
        if again && verdict.is_ok() {
            let fetch = self.fetch(Method::Head, &media.uri, None);
            self.pending.probe = Some(Probing { fetch, call, media, again: false });
            return;
        }
        if self.quirks.probe == Probe::Get {
            self.output(Output::Abandon(fetch));
        }
        match verdict {
            Ok(()) => self.load(now, media),
            Err(_) => self.refused_set(now),
        }
        self.answer(now, call, verdict.map_or_else(refuse, |()| DONE));
    }

    fn refused_set(&mut self, now: Instant) {
        if !self.quirks.refused_set_keeps_old {
            self.stop_playback(now);
            self.forget_media();
            self.transport = self.at_rest();
        }
    }

    /// A URI was accepted.
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

    /// Fetches and plays the media from its beginning. What plays already says PLAYING on.
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
        } else if self.quirks.playback_failure != Some(PlaybackFailure::NeverAsks) {
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
