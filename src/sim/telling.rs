//! What a simulated renderer says of itself: positions, and events to its subscribers.

use super::fake_renderer::{FakeRenderer, Transport};
use super::quirks::{RelTime, TrackUri};
use super::words::Subscribed;
use crate::time::{Duration, Instant};
use crate::upnp::action::PositionInfo;
use crate::upnp::gena::LastChange;
use crate::upnp::{HttpUrl, ServiceKind};
use std::borrow::Cow;

impl FakeRenderer {
    /// SUBSCRIBE; or the HTTP status of the refusal.
    pub fn subscribe(
        &mut self,
        now: Instant,
        service: ServiceKind,
        callback: HttpUrl,
        asked: Duration,
    ) -> Result<Subscribed, u16> {
        self.catch_up(now);
        if let Some(status) = self.quirks.refuses_subscriptions {
            return Err(status);
        }
        let timeout = asked.min(self.quirks.longest_lease);
        let salt = self.rng.u32(..);
        let sid = self
            .publisher
            .subscribe(now, &self.quirks, service, callback, timeout, salt)
            .ok_or(503_u16)?;
        self.catch_up(now);
        let overtakes = self.quirks.first_event_overtakes;
        let answer_after = if overtakes { Duration::from_millis(20) } else { Duration::ZERO };
        Ok(Subscribed { sid, timeout, answer_after })
    }

    /// SUBSCRIBE with a SID; or the HTTP status of the refusal (412: unknown).
    pub fn renew(&mut self, now: Instant, sid: &str, asked: Duration) -> Result<Duration, u16> {
        self.catch_up(now);
        let timeout = asked.min(self.quirks.longest_lease);
        let known = self.publisher.renew(now, &self.quirks, sid, timeout);
        if known { Ok(timeout) } else { Err(412) }
    }

    /// UNSUBSCRIBE; or the HTTP status of the refusal (412: unknown).
    pub fn unsubscribe(&mut self, now: Instant, sid: &str) -> Result<(), u16> {
        self.catch_up(now);
        if self.publisher.unsubscribe(sid) { Ok(()) } else { Err(412) }
    }

    /// Tells subscribers what changed; the state even if it did not, if `again`.
    pub(super) fn tell(&mut self, now: Instant, again: bool) {
        if again || !self.has_told() {
            let transport = LastChange {
                transport_state: Some(self.state()),
                error_occurred: self.error,
                av_transport_uri: Some(self.shown_uri().to_owned()),
                current_track_uri: Some(self.track_uri().into_owned()),
                current_track_duration: self.track_duration(),
                ..LastChange::default()
            };
            let quirks = &self.quirks;
            self.publisher.publish(now, quirks, ServiceKind::AvTransport, &transport, again);
        }
        let hushed = self.mute && self.quirks.mute_says_volume_zero;
        let rendering = LastChange {
            volume: Some(if hushed { 0 } else { self.volume }),
            mute: Some(self.mute),
            ..LastChange::default()
        };
        let (publisher, quirks) = (&mut self.publisher, &self.quirks);
        publisher.publish(now, quirks, ServiceKind::RenderingControl, &rendering, false);
    }

    /// Nothing of the transport differs from what was told. Asked at every tick: it needs no memory.
    fn has_told(&self) -> bool {
        let told = self.publisher.last_of_transport();
        told.transport_state == Some(self.state())
            && told.error_occurred == self.error
            && told.current_track_duration == self.track_duration()
            && told.av_transport_uri.as_deref() == Some(self.shown_uri())
            && told.current_track_uri.as_deref() == Some(&self.track_uri())
    }

    /// CurrentURI: the next one already, once it is fetched.
    pub(super) fn shown_uri(&self) -> &str {
        let next = self.next.as_ref().filter(|next| next.begun());
        next.or(self.media.as_ref()).map(|m| m.uri.as_str()).unwrap_or_default()
    }

    fn track_uri(&self) -> Cow<'_, str> {
        let uri = self.old_track_uri.as_deref().unwrap_or_else(|| self.shown_uri());
        match self.quirks.track_uri {
            TrackUri::Always(words) => words.into(),
            TrackUri::Scheme(scheme) => uri.replacen("http:", &format!("{scheme}:"), 1).into(),
            TrackUri::Own => uri.into(),
        }
    }

    fn track_duration(&self) -> Option<Duration> {
        let known = self.media.as_ref().filter(|m| !self.quirks.hides_duration && !m.is_still());
        known.and_then(|m| self.quirks.claims_duration.or(m.duration)).filter(|d| !d.is_zero())
    }

    /// What GetPositionInfo answers.
    pub(super) fn position_info(&self, now: Instant) -> PositionInfo {
        let position = match (&self.media, self.transport) {
            (None, _) | (_, Transport::Flickering { .. } | Transport::Starting { .. }) => {
                Duration::ZERO
            }
            (Some(media), Transport::Playing) => {
                let old = age(now, self.quirks.rel_time_every);
                media.position(now).saturating_sub(old)
            }
            (Some(media), _) => media.position(now),
        };
        let (rel_time, fractional) = match self.quirks.rel_time {
            RelTime::NotImplemented => (None, false),
            RelTime::AlwaysZero => (Some(Duration::ZERO), false),
            RelTime::Resolution(step) => {
                let cut = cut(position, step);
                (Some(cut), cut.subsec_millis() != 0)
            }
        };
        PositionInfo {
            track_duration: self.track_duration(),
            track_uri: Some(self.track_uri().into_owned()),
            rel_time,
            fractional,
        }
    }
}

/// How old is what it knows, if it looks `every` so often.
fn age(now: Instant, every: Duration) -> Duration {
    if every.is_zero() {
        return Duration::ZERO;
    }
    let since = now.since(Instant::START);
    since - cut(since, every)
}

/// `span`, cut to whole `step`s.
fn cut(span: Duration, step: Duration) -> Duration {
    let steps = span.as_micros().checked_div(step.as_micros()).unwrap_or_default();
    Duration::from_micros(u64::try_from(steps * step.as_micros()).unwrap_or(u64::MAX))
}
