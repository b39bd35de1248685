//! One GENA subscription (UDA 1.0 §4.1) to one service of one renderer.
//!
//! Terms: the *callback* is the number in the path that events are sent to. It is new for each SUBSCRIBE, so that a
//! NOTIFY that arrives before the answer can be assigned without its SID. The *lease* is what the renderer granted.

use crate::kiosk::deadline::Backoff;
use crate::kiosk::mutant::Mutant;
use crate::time::{Duration, Instant};

/// The requested duration. UDA asks for at least 1800 s; a shorter one reveals sooner that a renderer restarted.
pub const ASKED: Duration = Duration::from_secs(300);
/// A lease that was granted within this time is not doubted.
const JUST_GRANTED: Duration = Duration::from_secs(10);
/// The pause after a refused SUBSCRIBE.
const RETRY: Backoff = Backoff::new(Duration::from_secs(10), Duration::from_secs(640));

#[derive(Clone, Debug)]
pub struct Subscription {
    state: State,
    refusals: u8,
    /// The number in the callback path; zero before the first SUBSCRIBE.
    callback: u32,
    events: u32,
    /// The renderer forgot a lease although it did not restart.
    forgetful: bool,
}

#[derive(Clone, Debug)]
enum State {
    /// SUBSCRIBE is due at this time.
    Wanted { at: Instant },
    /// SUBSCRIBE is in flight.
    Asked,
    /// The renderer sends events until the lease ends.
    Leased {
        sid: String,
        since: Instant,
        granted_at: Instant,
        renew_at: Instant,
        lease_until: Instant,
    },
    /// The service has no eventSubURL.
    Impossible,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Send SUBSCRIBE at this time.
    Subscribe(Instant),
    /// Renew at this time.
    Renew(Instant),
    /// Do nothing.
    Wait,
}

impl Subscription {
    /// A subscription to request when nothing more urgent is due.
    pub fn new(possible: bool) -> Self {
        let state = if possible { State::Wanted { at: Instant::START } } else { State::Impossible };
        Self { state, refusals: 0, callback: 0, events: 0, forgetful: false }
    }

    /// What to do next, and when.
    pub fn next(&self) -> Next {
        match self.state {
            State::Wanted { at } => Next::Subscribe(at),
            State::Leased { renew_at, .. } => Next::Renew(renew_at),
            State::Asked | State::Impossible => Next::Wait,
        }
    }

    /// Whether events with this callback number are for this subscription.
    pub fn has_callback(&self, callback: u32) -> bool {
        self.callback == callback && callback != 0
    }

    /// SUBSCRIBE was sent with this callback number.
    pub fn ask(&mut self, callback: u32) {
        self.state = State::Asked;
        self.callback = callback;
        self.events = 0;
    }

    /// The renderer granted or renewed the lease. A renewal without a SID keeps the old one.
    pub fn grant(&mut self, now: Instant, sid: Option<String>, lease: Duration) {
        let (sid, since) = match (sid, &mut self.state) {
            (Some(sid), State::Leased { since, .. }) => (sid, *since),
            (Some(sid), _) => (sid, now),
            (None, State::Leased { sid, since, .. }) => (core::mem::take(sid), *since),
            (None, _) => return self.refuse(now),
        };
        let lease = lease.clamp(Duration::from_secs(10), Duration::from_secs(86_400));
        self.refusals = 0;
        let (renew_at, lease_until) = (now + lease / 2, now + lease);
        self.state = State::Leased { sid, since, granted_at: now, renew_at, lease_until };
    }

    /// The renderer said byebye. Whether it still knows the lease, a renewal at this time shows.
    pub fn confirm_at(&mut self, at: Instant) {
        match &mut self.state {
            State::Leased { renew_at, .. } => *renew_at = at,
            _ => self.forget(at),
        }
    }

    /// The renderer may have restarted: a renewal shows.
    pub fn doubt(&mut self, now: Instant) {
        if let State::Leased { granted_at, renew_at, .. } = &mut self.state
            && now.since(*granted_at) > JUST_GRANTED
        {
            *renew_at = now;
        }
    }

    /// SUBSCRIBE was refused or failed: go on without events for a while.
    pub fn refuse(&mut self, now: Instant) {
        if matches!(self.state, State::Impossible) {
            return;
        }
        self.state = State::Wanted { at: now + RETRY.pause(self.refusals) };
        self.refusals = self.refusals.saturating_add(1);
    }

    /// The renderer denies the lease. Returns whether it restarted: it was seen with nothing to play at
    /// `empty_at`, and never forgot a lease for another reason. That a lease has ended, which could not be renewed in time,
    /// shows nothing.
    pub fn denied(&mut self, empty_at: Instant, now: Instant) -> bool {
        let State::Leased { granted_at, lease_until, .. } = self.state else { return false };
        if now >= lease_until {
            return false;
        }
        self.forgetful |= empty_at < granted_at;
        !self.forgetful
    }

    /// A renewal failed, because of a 412 or a restart: subscribe again at once.
    pub fn forget(&mut self, now: Instant) {
        if Mutant::DropsSubscriptions.is_in() {
            self.state = State::Impossible;
        }
        if !matches!(self.state, State::Impossible) {
            self.state = State::Wanted { at: now };
        }
    }

    /// Returns whether an event with this SID belongs to this subscription. The first one may overtake the answer to
    /// SUBSCRIBE, which tells the SID.
    pub fn expects(&self, sid: &str) -> bool {
        match &self.state {
            State::Leased { sid: ours, .. } => ours == sid,
            State::Asked => true,
            State::Wanted { .. } | State::Impossible => false,
        }
    }

    /// Takes an event that is expected, and `tells` something.
    pub fn hear(&mut self, tells: bool) {
        self.events = self.events.saturating_add(tells.into());
    }

    pub fn sid(&self) -> Option<&str> {
        match &self.state {
            State::Leased { sid, .. } => Some(sid),
            _ => None,
        }
    }

    /// Returns whether the lease already existed at `at`: a renderer that knows it has not restarted since.
    pub fn is_from_before(&self, at: Instant) -> bool {
        matches!(self.state, State::Leased { since, .. } if since <= at)
    }

    /// Returns whether events arrive: there is a lease, and at least one event told something.
    pub fn flows(&self, now: Instant) -> bool {
        self.events > 0
            && matches!(self.state, State::Leased { lease_until, .. } if now < lease_until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn renews_at_half_of_the_lease() {
        let mut subscription = Subscription::new(true);
        assert_eq!(subscription.next(), Next::Subscribe(Instant::START));
        subscription.ask(7);
        assert_eq!(subscription.next(), Next::Wait);
        subscription.grant(Instant::START, Some("uuid:1".into()), 60 * SECOND);
        assert_eq!(subscription.next(), Next::Renew(Instant::START + 30 * SECOND));
        subscription.grant(Instant::START + 30 * SECOND, None, 60 * SECOND);
        assert_eq!(subscription.sid(), Some("uuid:1"), "a renewal without SID keeps the old one");
        assert_eq!(subscription.next(), Next::Renew(Instant::START + 60 * SECOND));
    }

    #[test]
    fn a_renewed_lease_is_old_and_one_after_it_is_new() {
        let at = |seconds: u32| Instant::START + seconds * SECOND;
        let mut subscription = Subscription::new(true);
        subscription.ask(1);
        subscription.grant(at(5), Some("uuid:1".into()), 60 * SECOND);
        subscription.grant(at(30), Some("uuid:1".into()), 60 * SECOND);
        assert!(subscription.is_from_before(at(5)) && !subscription.is_from_before(at(4)));
        subscription.forget(at(40));
        assert!(!subscription.is_from_before(at(40)), "there is none");
        subscription.ask(2);
        subscription.grant(at(41), Some("uuid:2".into()), 60 * SECOND);
        assert!(!subscription.is_from_before(at(40)));
    }

    #[test]
    fn the_first_event_may_overtake_the_answer() {
        let mut subscription = Subscription::new(true);
        subscription.ask(1);
        assert!(subscription.expects("uuid:1"));
        subscription.hear(true);
        subscription.grant(Instant::START, Some("uuid:1".into()), 60 * SECOND);
        assert!(subscription.expects("uuid:1") && !subscription.expects("uuid:2"));
        assert!(subscription.flows(Instant::START));
        assert!(!subscription.flows(Instant::START + 61 * SECOND), "the lease ended");
    }

    #[test]
    fn a_renderer_that_forgot_its_lease_restarted_if_it_was_seen_empty_since() {
        let at = |seconds: u32| Instant::START + seconds * SECOND;
        let granted = || {
            let mut subscription = Subscription::new(true);
            subscription.ask(1);
            subscription.grant(at(20), Some("uuid:1".into()), 60 * SECOND);
            subscription
        };
        let mut subscription = granted();
        assert!(subscription.denied(at(21), at(50)));
        assert!(!subscription.denied(at(19), at(50)), "it held a file all the time");
        assert!(!subscription.denied(at(21), at(50)), "it is known to forget");
        let mut subscription = granted();
        assert!(!subscription.denied(at(19), at(90)), "the lease had ended");
        assert!(subscription.denied(at(21), at(50)), "that shows nothing");
        let mut subscription = granted();
        subscription.doubt(at(25));
        assert_eq!(subscription.next(), Next::Renew(at(50)));
        subscription.doubt(at(35));
        assert_eq!(subscription.next(), Next::Renew(at(35)));
    }

    #[test]
    fn refusals_are_retried_ever_more_slowly() {
        let mut subscription = Subscription::new(true);
        let mut pauses = Vec::new();
        for _ in 0..8 {
            subscription.refuse(Instant::START);
            let Next::Subscribe(at) = subscription.next() else { panic!("wanted") };
            pauses.push(at.since(Instant::START).as_secs());
        }
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 640]);
        let mut none = Subscription::new(false);
        none.refuse(Instant::START);
        none.forget(Instant::START);
        assert_eq!(none.next(), Next::Wait, "a service without eventSubURL is never asked");
    }
}
