//! What is known of a renderer's behaviour: its transport state and when it was seen, its events, whose file it plays,
//! and when to ask again.

use super::subscription::Subscription;
use crate::time::{Duration, Instant};
use crate::upnp::action::{TransportInfo, TransportState};
use crate::upnp::description::{Description, Service};

/// A service that sends events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kiosk) enum Evented {
    /// AVTransport
    Transport = 0,
    /// RenderingControl
    Rendering = 1,
}

impl Evented {
    pub(super) const ALL: [Self; 2] = [Self::Transport, Self::Rendering];

    /// The service in this description.
    pub(super) fn service(self, description: &Description) -> Option<&Service> {
        match self {
            Self::Transport => Some(&description.av_transport),
            Self::Rendering => description.rendering_control.as_ref(),
        }
    }
}

/// After this many reports in a row of a foreign URI, another control point has taken over.
const FOREIGN_REPORTS: u8 = 3;
/// An answer that took longer than this may describe a later state than the event.
const FRESH: Duration = Duration::from_millis(500);

/// What is known of one renderer.
#[derive(Debug)]
pub(super) struct Observation(Fields);

read_only!(Observation, Fields);

/// Readable everywhere, writable only in this file.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) state: Option<TransportState>,
    /// The last state other than TRANSITIONING.
    pub(super) settled: Option<TransportState>,
    /// The last settled state that the renderer itself named, until its last answer and including it.
    pub(super) named: [Option<TransportState>; 2],
    pub(super) state_at: Instant,
    /// When the state was seen the time before.
    pub(super) known_before: Instant,
    /// When the renderer was last seen with nothing to play.
    pub(super) empty_at: Instant,
    /// A command was sent: its effect must be seen before the next one.
    pub(super) must_look: bool,
    /// The state named by an event that no answer has confirmed yet, and when the event came.
    pub(super) hint: Option<(TransportState, Instant)>,
    pub(super) subscriptions: [Subscription; 2],
    pub(super) state_due: Instant,
    pub(super) position_due: Instant,
    /// When the renderer was last seen with a file of ours.
    pub(super) ours_at: Instant,
    /// When the renderer was last seen playing.
    pub(super) played_at: Instant,
    pub(super) foreign_reports: u8,
    /// When to ask for the URI that the renderer holds, where the position does not tell.
    pub(super) uri_due: Option<Instant>,
    /// The answer to the last question for the position named no URI.
    pub(super) names_no_uri: bool,
}

impl Observation {
    pub(super) fn new(description: &Description) -> Self {
        let subscription = |which: Evented| {
            let service = which.service(description);
            Subscription::new(service.is_some_and(|service| service.event_url.is_some()))
        };
        Self(Fields {
            state: None,
            settled: None,
            named: [None; 2],
            state_at: Instant::START,
            known_before: Instant::START,
            empty_at: Instant::START,
            must_look: true,
            hint: None,
            subscriptions: Evented::ALL.map(subscription),
            state_due: Instant::START,
            position_due: Instant::START,
            ours_at: Instant::START,
            played_at: Instant::START,
            foreign_reports: 0,
            uri_due: None,
            names_no_uri: false,
        })
    }

    /// Takes a state from an answer. Returns the last settled state before it.
    pub(super) fn see(&mut self, state: TransportState, now: Instant) -> Option<TransportState> {
        self.0.known_before = core::mem::replace(&mut self.0.state_at, now);
        self.0.state = Some(state);
        if state == TransportState::NoMediaPresent {
            self.0.empty_at = now;
        }
        let settles = state != TransportState::Transitioning;
        self.0.named = [self.0.named[1], if settles { Some(state) } else { self.0.named[1] }];
        match settles {
            true => self.0.settled.replace(state),
            false => self.0.settled,
        }
    }

    /// Returns whether the renderer said that it was paused, before the state that it named last.
    pub(super) fn was_seen_paused(&self) -> bool {
        self.0.named[0] == Some(TransportState::PausedPlayback)
    }

    /// The renderer accepted a command that brings this state.
    pub(super) fn expect(&mut self, state: TransportState) {
        self.0.state = Some(state);
        if state != TransportState::Transitioning {
            self.0.settled = self.0.state;
        }
    }

    /// The effect of the last command was looked at, as far as the renderer reports it.
    pub(super) fn looked(&mut self) {
        self.0.must_look = false;
    }

    /// Holds the next command back until the state has been looked at.
    pub(super) fn require_look(&mut self) {
        self.0.must_look = true;
    }

    /// Holds the next command back, and asks for the state at once.
    pub(super) fn look_now(&mut self, now: Instant) {
        self.0.must_look = true;
        self.0.state_due = now;
    }

    /// Asks for the state at `at`.
    pub(super) fn ask_state_at(&mut self, at: Instant) {
        self.0.state_due = at;
    }

    /// Asks for the state at `at` at the latest.
    pub(super) fn ask_state_by(&mut self, at: Instant) {
        self.0.state_due = self.0.state_due.min(at);
    }

    /// Asks for the state at `at` at the earliest.
    pub(super) fn ask_state_after(&mut self, at: Instant) {
        self.0.state_due = self.0.state_due.max(at);
    }

    /// Asks for the position at `at`.
    pub(super) fn ask_position_at(&mut self, at: Instant) {
        self.0.position_due = at;
    }

    /// Asks for the position at `at` at the latest.
    pub(super) fn ask_position_by(&mut self, at: Instant) {
        self.0.position_due = self.0.position_due.min(at);
    }

    /// Remembers the state that an event named.
    pub(super) fn hint(&mut self, state: Option<TransportState>, now: Instant) {
        self.0.hint = state.map(|state| (state, now)).or(self.0.hint);
    }

    /// Returns whether an answer confirms the state that the last event named. `None` if that cannot be judged: one of
    /// the states is TRANSITIONING, or the answer took too long.
    pub(super) fn confirm_hint(
        &mut self,
        info: &TransportInfo,
        asked_at: Instant,
        now: Instant,
    ) -> Option<bool> {
        let (hint, _) = self.0.hint.take_if(|(_, at)| *at <= asked_at)?;
        let settled = |state| state != TransportState::Transitioning;
        let told = info.state.filter(|state| settled(*state) && settled(hint))?;
        (now.since(asked_at) < FRESH).then_some(told == hint)
    }

    /// The renderer was seen playing.
    pub(super) fn seen_playing(&mut self, now: Instant) {
        self.0.played_at = now;
    }

    /// The renderer was seen with a file of ours.
    pub(super) fn seen_ours(&mut self, now: Instant) {
        self.0.foreign_reports = 0;
        self.0.ours_at = now;
    }

    /// The renderer reports a foreign URI. Returns whether it has done so often enough to be believed.
    pub(super) fn seen_foreign(&mut self) -> bool {
        self.0.foreign_reports = self.0.foreign_reports.saturating_add(1);
        let believed = self.0.foreign_reports >= FOREIGN_REPORTS;
        if believed {
            self.0.foreign_reports = 0;
        }
        believed
    }

    /// Returns whether the last report named a foreign URI, which is not believed yet.
    pub(super) const fn suspects_foreign(&self) -> bool {
        self.0.foreign_reports > 0
    }

    /// Asks for the URI that the renderer holds, at `at` at the latest: its position does not tell what it plays.
    pub(super) fn ask_uri_by(&mut self, at: Instant) {
        self.0.uri_due = Some(self.0.uri_due.map_or(at, |due| due.min(at)));
    }

    /// The answer to the question for the position named a URI, or none.
    pub(super) fn note_uri(&mut self, is_named: bool) {
        self.0.names_no_uri = !is_named;
    }

    /// The renderer was asked for the URI that it holds.
    pub(super) fn uri_asked(&mut self) {
        self.0.uri_due = None;
    }

    /// Starts the count of foreign URIs again.
    pub(super) fn forget_foreign(&mut self) {
        self.0.foreign_reports = 0;
    }

    pub(super) fn subscription_mut(&mut self, which: Evented) -> &mut Subscription {
        &mut self.0.subscriptions[which as usize]
    }

    /// Returns whether an event with this callback and this SID belongs to one of the subscriptions.
    pub(super) fn expects(&self, callback: u32, sid: &str) -> bool {
        let mut theirs = self.0.subscriptions.iter();
        theirs.any(|subscription| subscription.has_callback(callback) && subscription.expects(sid))
    }

    /// Takes an event that is expected. Those of RenderingControl that never tell the volume do not replace a question for it.
    pub(super) fn hear(&mut self, callback: u32, tells_volume: bool) {
        for which in Evented::ALL {
            let subscription = self.subscription_mut(which);
            if subscription.has_callback(callback) {
                subscription.hear(tells_volume || which != Evented::Rendering);
            }
        }
    }

    /// Drops the subscriptions and subscribes again from `now` on.
    pub(super) fn forget_subscriptions(&mut self, now: Instant) {
        self.0.subscriptions.iter_mut().for_each(|subscription| subscription.forget(now));
    }

    /// Renews the subscriptions, unless they were just granted: a renderer that has restarted denies them.
    pub(super) fn doubt_subscriptions(&mut self, now: Instant) {
        self.0.subscriptions.iter_mut().for_each(|subscription| subscription.doubt(now));
    }

    /// Renews the subscriptions at `at`, or subscribes then.
    pub(super) fn confirm_subscriptions(&mut self, at: Instant) {
        self.0.subscriptions.iter_mut().for_each(|subscription| subscription.confirm_at(at));
    }

    pub(super) const fn subscription(&self, which: Evented) -> &Subscription {
        &self.0.subscriptions[which as usize]
    }

    pub(super) fn is_playing(&self) -> bool {
        self.0.state == Some(TransportState::Playing)
    }

    pub(super) fn is_paused(&self) -> bool {
        self.0.state == Some(TransportState::PausedPlayback)
    }

    /// Returns whether the renderer plays, pauses or changes state, so that a Stop would have an effect.
    pub(super) fn is_active(&self) -> bool {
        use TransportState::{PausedPlayback, Playing, Transitioning};
        matches!(self.0.state, Some(Playing | PausedPlayback | Transitioning))
    }
}
