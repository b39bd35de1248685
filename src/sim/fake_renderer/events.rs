//! What a simulated renderer reports: positions, and events (LastChange) to its subscribers (UDA 1.0 §4).

use super::{FakeRenderer, Transport};
use crate::sim::quirks::{Quirks, RelTime, TrackUri};
use crate::time::{Duration, Instant};
use crate::upnp::action::PositionInfo;
use crate::upnp::gena::LastChange;
use crate::upnp::{HttpUrl, ServiceKind};
use std::borrow::Cow;

/// A granted subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribed {
    /// Subscription identifier.
    pub sid: String,
    /// Granted duration.
    pub timeout: Duration,
    /// Answer this late: the first event overtakes.
    pub answer_after: Duration,
}

impl FakeRenderer {
    /// Takes a SUBSCRIBE; returns the HTTP status if it is refused.
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

    /// Takes a renewal; returns the HTTP status if it is refused (412: unknown SID).
    pub fn renew(&mut self, now: Instant, sid: &str, asked: Duration) -> Result<Duration, u16> {
        self.catch_up(now);
        let timeout = asked.min(self.quirks.longest_lease);
        let known = self.publisher.renew(now, &self.quirks, sid, timeout);
        if known { Ok(timeout) } else { Err(412) }
    }

    /// Takes an UNSUBSCRIBE; returns the HTTP status if it is refused (412: unknown SID).
    pub fn unsubscribe(&mut self, now: Instant, sid: &str) -> Result<(), u16> {
        self.catch_up(now);
        if self.publisher.unsubscribe(sid) { Ok(()) } else { Err(412) }
    }

    /// Publishes what changed; with `again`, the state even if it did not change.
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

    /// Returns whether subscribers know the current transport. Called at every tick, so it allocates nothing.
    fn has_told(&self) -> bool {
        let told = self.publisher.last_of_transport();
        told.transport_state == Some(self.state())
            && told.error_occurred == self.error
            && told.current_track_duration == self.track_duration()
            && told.av_transport_uri.as_deref() == Some(self.shown_uri())
            && told.current_track_uri.as_deref() == Some(&self.track_uri())
    }

    /// Returns CurrentURI: the next URI already, once its fetch has begun.
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
        known
            .and_then(|m| self.quirks.claims_duration.or(m.duration))
            .map(|d| d * self.quirks.claims_percent / 100)
            .filter(|d| !d.is_zero())
    }

    /// Returns the answer to GetPositionInfo.
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
        let (second, odd) = (Duration::from_secs(1), self.told_positions % 2 == 1);
        let (rel_time, fractional) = match self.quirks.rel_time {
            RelTime::NotImplemented => (None, false),
            RelTime::AlwaysZero => (Some(Duration::ZERO), false),
            RelTime::StandsAt(most) => (Some(cut(position.min(most), second)), false),
            RelTime::EverySecond if odd => (None, false),
            RelTime::Jumps(by) if odd => (Some(cut(position + by, second)), false),
            RelTime::EverySecond | RelTime::Jumps(_) => (Some(cut(position, second)), false),
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

/// Returns how old the known position is, if it is updated at intervals of `every`.
fn age(now: Instant, every: Duration) -> Duration {
    if every.is_zero() {
        return Duration::ZERO;
    }
    let since = now.since(Instant::START);
    since - cut(since, every)
}

/// Returns `span`, truncated to whole `step`s.
fn cut(span: Duration, step: Duration) -> Duration {
    let steps = span.as_micros().checked_div(step.as_micros()).unwrap_or_default();
    Duration::from_micros(u64::try_from(steps * step.as_micros()).unwrap_or(u64::MAX))
}

/// The most subscriptions.
const SUBSCRIPTIONS: usize = 16;
/// How long an event is delayed so that the next one overtakes it.
const SWAP: Duration = Duration::from_millis(180);
/// How long after the answer to SUBSCRIBE the first event is sent.
const FIRST_EVENT: Duration = Duration::from_millis(2);

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Notify {
    pub callback: HttpUrl,
    pub sid: String,
    pub seq: u32,
    pub service: ServiceKind,
    pub change: LastChange,
}

#[derive(Debug)]
struct Subscription {
    sid: String,
    service: ServiceKind,
    callback: HttpUrl,
    until: Instant,
    seq: u32,
    /// When the first event is due, while it waits.
    first_at: Option<Instant>,
    /// Numbered events, and when they are due.
    queue: Vec<(Instant, Notify)>,
}

impl Subscription {
    fn number(&mut self, change: LastChange) -> Notify {
        let seq = self.seq;
        // SEQ wraps to 1: only the first event has 0 (UDA 1.0 §4.2.1).
        self.seq = seq.checked_add(1).unwrap_or(1);
        Notify {
            callback: self.callback.clone(),
            sid: self.sid.clone(),
            seq,
            service: self.service,
            change,
        }
    }
}

/// The variables of one service: as last published, and changes that wait.
#[derive(Debug, Default)]
struct ServiceVariables {
    last: LastChange,
    waiting: Option<(Instant, LastChange)>,
}

#[derive(Debug, Default)]
pub(super) struct Publisher {
    subscriptions: Vec<Subscription>,
    issued: u32,
    transport: ServiceVariables,
    rendering: ServiceVariables,
}

impl Publisher {
    /// Adds a subscription and returns its SID; `None` if there are too many.
    pub(super) fn subscribe(
        &mut self,
        now: Instant,
        quirks: &Quirks,
        service: ServiceKind,
        callback: HttpUrl,
        lease: Duration,
        salt: u32,
    ) -> Option<String> {
        self.subscriptions.retain(|s| s.until > now);
        if self.subscriptions.len() == SUBSCRIPTIONS {
            return None;
        }
        self.issued += 1;
        let sid = format!("uuid:{salt:08x}-0000-1000-8000-{:012}", self.issued);
        let first = (!quirks.first_event_overtakes).then_some(FIRST_EVENT);
        self.subscriptions.push(Subscription {
            sid: sid.clone(),
            service,
            callback,
            until: now + lease.min(quirks.forgets_subscriptions_after.unwrap_or(lease)),
            seq: 0,
            first_at: quirks.sends_events.then(|| now + first.unwrap_or_default()),
            queue: Vec::new(),
        });
        Some(sid)
    }

    /// Extends a subscription; returns false if it is unknown.
    pub(super) fn renew(
        &mut self,
        now: Instant,
        quirks: &Quirks,
        sid: &str,
        lease: Duration,
    ) -> bool {
        // A renderer that forgets subscriptions does so even if they are renewed.
        let forgets = quirks.forgets_subscriptions_after.is_some();
        self.subscriptions.retain(|s| s.until > now);
        let known = self.subscriptions.iter_mut().find(|s| s.sid == sid);
        known.is_some_and(|s| {
            if !forgets {
                s.until = now + lease;
            }
            true
        })
    }

    /// Ends a subscription; returns false if it is unknown.
    pub(super) fn unsubscribe(&mut self, sid: &str) -> bool {
        let before = self.subscriptions.len();
        self.subscriptions.retain(|s| s.sid != sid);
        self.subscriptions.len() < before
    }

    /// Forgets all subscriptions: the renderer was switched off.
    pub(super) fn clear(&mut self) {
        self.subscriptions.clear();
        self.transport.waiting = None;
        self.rendering.waiting = None;
    }

    /// Returns the transport as last published.
    pub(super) const fn last_of_transport(&self) -> &LastChange {
        &self.transport.last
    }

    /// Publishes what differs between `current` and what was last published; with `again`, the state even if it does
    /// not differ.
    pub(super) fn publish(
        &mut self,
        now: Instant,
        quirks: &Quirks,
        service: ServiceKind,
        current: &LastChange,
        again: bool,
    ) {
        let heard = self.subscriptions.iter().any(|s| s.service == service);
        let told = self.told(service);
        let mut change = difference(&told.last, current);
        told.last = current.clone();
        if again {
            change.transport_state = current.transport_state;
        }
        if change == LastChange::default() || !quirks.sends_events || !heard {
            return;
        }
        if quirks.event_batch.is_zero() {
            told.waiting = None;
            self.send(now, quirks, service, &change);
        } else if let Some((_, waiting)) = &mut told.waiting {
            merge(waiting, change);
        } else {
            told.waiting = Some((now + quirks.event_batch, change));
        }
    }

    /// Adds the events that are due to `out`.
    pub(super) fn due(&mut self, now: Instant, quirks: &Quirks, out: &mut Vec<Notify>) {
        for service in [ServiceKind::AvTransport, ServiceKind::RenderingControl] {
            let told = self.told(service);
            if told.waiting.as_ref().is_some_and(|(at, _)| *at <= now)
                && let Some((_, change)) = told.waiting.take()
            {
                self.send(now, quirks, service, &change);
            }
        }
        self.subscriptions.retain(|s| s.until > now);
        let (transport, rendering) = (&self.transport.last, &self.rendering.last);
        for subscription in &mut self.subscriptions {
            if subscription.first_at.is_some_and(|at| at <= now) {
                subscription.first_at = None;
                let all = match subscription.service {
                    ServiceKind::RenderingControl => rendering,
                    _ => transport,
                };
                out.push(subscription.number(all.clone()));
            }
            let due = subscription.queue.extract_if(.., |(at, _)| *at <= now);
            out.extend(due.map(|(_, notify)| notify));
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let waiting = [&self.transport.waiting, &self.rendering.waiting];
        let batches = waiting.into_iter().flatten().map(|(at, _)| *at);
        let firsts = self.subscriptions.iter().filter_map(|s| s.first_at);
        let queued = self.subscriptions.iter().flat_map(|s| &s.queue);
        batches.chain(firsts).chain(queued.map(|(at, _)| *at)).min()
    }

    fn told(&mut self, service: ServiceKind) -> &mut ServiceVariables {
        match service {
            ServiceKind::RenderingControl => &mut self.rendering,
            _ => &mut self.transport,
        }
    }

    /// Numbers an event for each subscriber and keeps it until it is due.
    fn send(&mut self, now: Instant, quirks: &Quirks, service: ServiceKind, change: &LastChange) {
        for s in &mut self.subscriptions {
            // The first event, once sent, will contain everything.
            if s.service != service || s.first_at.is_some() {
                continue;
            }
            let notify = s.number(change.clone());
            let late = quirks.swaps_events && notify.seq % 8 == 3;
            s.queue.push((if late { now + SWAP } else { now }, notify));
        }
    }
}

/// Returns the variables of `current` that differ from `last`.
fn difference(last: &LastChange, current: &LastChange) -> LastChange {
    fn new<T: Clone + PartialEq>(last: &Option<T>, current: &Option<T>) -> Option<T> {
        if last == current { None } else { current.clone() }
    }
    LastChange {
        transport_state: new(&last.transport_state, &current.transport_state),
        error_occurred: current.error_occurred && !last.error_occurred,
        av_transport_uri: new(&last.av_transport_uri, &current.av_transport_uri),
        current_track_uri: new(&last.current_track_uri, &current.current_track_uri),
        current_track_duration: new(&last.current_track_duration, &current.current_track_duration),
        volume: new(&last.volume, &current.volume),
        mute: new(&last.mute, &current.mute),
    }
}

/// Merges a later change into one that waits.
fn merge(waiting: &mut LastChange, later: LastChange) {
    waiting.transport_state = later.transport_state.or(waiting.transport_state);
    waiting.error_occurred |= later.error_occurred;
    waiting.av_transport_uri = later.av_transport_uri.or(waiting.av_transport_uri.take());
    waiting.current_track_uri = later.current_track_uri.or(waiting.current_track_uri.take());
    waiting.current_track_duration =
        later.current_track_duration.or(waiting.current_track_duration);
    waiting.volume = later.volume.or(waiting.volume);
    waiting.mute = later.mute.or(waiting.mute);
}
