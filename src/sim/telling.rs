//! What a simulated renderer says of itself: description, answers to searches, positions, events.

use super::fake_renderer::{FakeRenderer, Transport};
use super::quirks::RelTime;
use super::words::Subscribed;
use crate::text::clip;
use crate::time::{Duration, Instant};
use crate::upnp::av_transport::PositionInfo;
use crate::upnp::description::{Description, Service};
use crate::upnp::gena::LastChange;
use crate::upnp::{HttpUrl, ServiceKind};
use core::net::Ipv4Addr;

impl FakeRenderer {
    /// Its description, at this address.
    #[must_use]
    pub fn description(&self, host: Ipv4Addr, port: u16) -> Description {
        let service = |kind: ServiceKind| Service {
            version: self.persona.version,
            control_url: url(host, port, control_path(kind)),
            event_url: Some(url(host, port, event_path(kind))),
            scpd_url: Some(url(host, port, "/scpd.xml")),
        };
        let rendering = self.quirks.rendering_control;
        Description {
            udn: self.persona.udn.clone(),
            friendly_name: clip(&self.persona.friendly_name),
            manufacturer: clip(&self.persona.manufacturer),
            model_name: clip(&self.persona.model_name),
            av_transport: service(ServiceKind::AvTransport),
            rendering_control: rendering.then(|| service(ServiceKind::RenderingControl)),
            connection_manager: Some(service(ServiceKind::ConnectionManager)),
        }
    }

    /// The search targets with which it answers a search for `target`, and how late.
    pub fn search(&mut self, target: &str, mx: Duration) -> Vec<(String, Duration)> {
        if !self.responsive() {
            return Vec::new();
        }
        let own = self.targets();
        let answers: Vec<String> = if target == "ssdp:all" {
            own
        } else if own.iter().any(|t| t == target) || self.stands_in_for(target, &own) {
            vec![target.to_owned()]
        } else {
            Vec::new()
        };
        let share = if self.quirks.waits_for_mx { self.rng.f64() } else { 0.0 };
        answers.into_iter().map(|t| (t, mx.mul_f64(share))).collect()
    }

    /// Everything that it announces: root device, UDN, device and service types.
    #[must_use]
    pub fn targets(&self) -> Vec<String> {
        let version = self.persona.version;
        let mut targets = vec![
            "upnp:rootdevice".to_owned(),
            self.persona.udn.as_str().to_owned(),
            format!("urn:schemas-upnp-org:device:MediaRenderer:{version}"),
            format!("urn:schemas-upnp-org:service:AVTransport:{version}"),
            format!("urn:schemas-upnp-org:service:ConnectionManager:{version}"),
        ];
        if self.quirks.rendering_control {
            targets.push(format!("urn:schemas-upnp-org:service:RenderingControl:{version}"));
        }
        targets
    }

    /// A device answers for the lower versions of its types too (UDA 1.0 §1.2.3).
    pub(super) fn stands_in_for(&self, target: &str, own: &[String]) -> bool {
        let Some((kind, version)) = target.rsplit_once(':') else {
            return false;
        };
        let lower = version.parse::<u8>().is_ok_and(|v| v >= 1 && v < self.persona.version);
        let known = own.iter().any(|t| t.rsplit_once(':').is_some_and(|(k, _)| k == kind));
        lower && known && !self.quirks.only_own_version
    }

    /// SUBSCRIBE; or the HTTP status of the refusal.
    pub fn subscribe(
        &mut self,
        now: Instant,
        service: ServiceKind,
        callback: HttpUrl,
        asked: Duration,
    ) -> Result<Subscribed, u16> {
        self.settle(now);
        if let Some(status) = self.quirks.refuses_subscriptions {
            return Err(status);
        }
        let timeout = asked.min(self.quirks.longest_lease);
        let salt = self.rng.u32(..);
        let sid = self
            .publisher
            .subscribe(now, &self.quirks, service, callback, timeout, salt)
            .ok_or(503_u16)?;
        self.settle(now);
        let overtakes = self.quirks.first_event_overtakes;
        let answer_after = if overtakes { Duration::from_millis(20) } else { Duration::ZERO };
        Ok(Subscribed { sid, timeout, answer_after })
    }

    /// SUBSCRIBE with a SID; or the HTTP status of the refusal (412: unknown).
    pub fn renew(&mut self, now: Instant, sid: &str, asked: Duration) -> Result<Duration, u16> {
        self.settle(now);
        let timeout = asked.min(self.quirks.longest_lease);
        let known = self.publisher.renew(now, &self.quirks, sid, timeout);
        if known { Ok(timeout) } else { Err(412) }
    }

    /// UNSUBSCRIBE; or the HTTP status of the refusal (412: unknown).
    pub fn unsubscribe(&mut self, now: Instant, sid: &str) -> Result<(), u16> {
        self.settle(now);
        if self.publisher.unsubscribe(sid) { Ok(()) } else { Err(412) }
    }

    /// Tells subscribers what changed; the state even if it did not, if `again`.
    pub(super) fn tell(&mut self, now: Instant, again: bool) {
        let info = self.position_info(now);
        let transport = LastChange {
            transport_state: Some(self.state()),
            error_occurred: self.error,
            av_transport_uri: Some(self.shown_uri()),
            current_track_uri: info.track_uri,
            current_track_duration: info.track_duration,
            ..LastChange::default()
        };
        let hushed = self.mute && self.quirks.mute_says_volume_zero;
        let rendering = LastChange {
            volume: Some(if hushed { 0 } else { self.volume }),
            mute: Some(self.mute),
            ..LastChange::default()
        };
        let (publisher, quirks) = (&mut self.publisher, &self.quirks);
        publisher.publish(now, quirks, ServiceKind::AvTransport, &transport, again);
        publisher.publish(now, quirks, ServiceKind::RenderingControl, &rendering, false);
    }

    /// CurrentURI: the next one already, once it is fetched.
    pub(super) fn shown_uri(&self) -> String {
        let next = self.next.as_ref().filter(|next| next.begun());
        next.or(self.media.as_ref()).map(|m| m.uri.clone()).unwrap_or_default()
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
            RelTime::Resolution(step) => (Some(cut(position, step)), step < Duration::from_secs(1)),
        };
        let known = self.media.as_ref().filter(|m| !self.quirks.hides_duration && !m.is_still());
        PositionInfo {
            track_duration: known.and_then(|m| m.duration).filter(|d| !d.is_zero()),
            track_uri: Some(self.old_track_uri.clone().unwrap_or_else(|| self.shown_uri())),
            rel_time,
            fractional,
        }
    }
}

/// Where a service is controlled.
#[must_use]
pub const fn control_path(service: ServiceKind) -> &'static str {
    match service {
        ServiceKind::AvTransport => "/AVTransport/control",
        ServiceKind::RenderingControl => "/RenderingControl/control",
        ServiceKind::ConnectionManager => "/ConnectionManager/control",
    }
}

/// Where a service is subscribed to.
#[must_use]
pub const fn event_path(service: ServiceKind) -> &'static str {
    match service {
        ServiceKind::AvTransport => "/AVTransport/event",
        ServiceKind::RenderingControl => "/RenderingControl/event",
        ServiceKind::ConnectionManager => "/ConnectionManager/event",
    }
}

fn url(host: Ipv4Addr, port: u16, path: &str) -> HttpUrl {
    HttpUrl { host, port, path: clip(path) }
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
