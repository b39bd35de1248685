//! Events of a simulated renderer: subscriptions (UDA 1.0 §4) and LastChange, which tells what
//! changed, collected for a while if the renderer does that.

use super::quirks::Quirks;
use crate::time::{Duration, Instant};
use crate::upnp::gena::LastChange;
use crate::upnp::{HttpUrl, ServiceKind};

/// Subscriptions at once.
const SUBSCRIPTIONS: usize = 16;
/// How long an event is held back so that the next one can pass it.
const SWAP: Duration = Duration::from_millis(180);
/// An event that does not overtake the answer to SUBSCRIBE follows it by this.
const FIRST_EVENT: Duration = Duration::from_millis(2);

/// One event on its way.
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
    /// The first event, while it waits.
    first_at: Option<Instant>,
    /// Numbered, to be sent at their times.
    queue: Vec<(Instant, Notify)>,
}

impl Subscription {
    fn number(&mut self, change: LastChange) -> Notify {
        let seq = self.seq;
        // After the last number comes 1: 0 is the first event alone (UDA 1.0 §4.2.1).
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

/// The variables of one service: as they were last told, and changes that wait.
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
    /// A new subscription: its SID. `None` if there is no room.
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

    /// Extends a subscription; false if it is unknown.
    pub(super) fn renew(
        &mut self,
        now: Instant,
        quirks: &Quirks,
        sid: &str,
        lease: Duration,
    ) -> bool {
        // A renderer that forgets does so at its own time, renewed or not.
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

    /// Ends a subscription; false if it is unknown.
    pub(super) fn unsubscribe(&mut self, sid: &str) -> bool {
        let before = self.subscriptions.len();
        self.subscriptions.retain(|s| s.sid != sid);
        self.subscriptions.len() < before
    }

    /// Everything is forgotten: the renderer was switched off.
    pub(super) fn clear(&mut self) {
        self.subscriptions.clear();
        self.transport.waiting = None;
        self.rendering.waiting = None;
    }

    /// What was told of the transport.
    pub(super) const fn last_of_transport(&self) -> &LastChange {
        &self.transport.last
    }

    /// Compares `current` with what was told, and tells what differs. `again` tells the state even
    /// if it does not differ.
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

    /// Events that are due.
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

    /// Numbers an event for each subscriber and holds it until `due` takes it.
    fn send(&mut self, now: Instant, quirks: &Quirks, service: ServiceKind, change: &LastChange) {
        for s in &mut self.subscriptions {
            // Until the first event is out there is nothing to change: it will tell everything.
            if s.service != service || s.first_at.is_some() {
                continue;
            }
            let notify = s.number(change.clone());
            let late = quirks.swaps_events && notify.seq % 8 == 3;
            s.queue.push((if late { now + SWAP } else { now }, notify));
        }
    }
}

/// What `current` says otherwise than `last`.
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

/// Adds a later change to one that waits.
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
