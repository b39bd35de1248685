//! What is known of what a renderer does: its transport state, with the time at which it was seen; the events that it
//! sends; whose file it plays; and when to ask again.

use crate::kiosk::subscription::Subscription;
use crate::time::{Duration, Instant};
use crate::upnp::av_transport::{TransportInfo, TransportState};
use crate::upnp::description::{Description, Service};

/// Which of the two services that send events.
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

/// Reports in a row of a foreign URI that mean: another control point has taken over.
const FOREIGN_REPORTS: u8 = 3;
/// An answer that took longer may be about another state than the event.
const FRESH: Duration = Duration::from_millis(500);

/// See the module.
#[derive(Debug)]
pub(super) struct Observation(Fields);

read_only!(Observation, Fields);

/// Written only in this file.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) state: Option<TransportState>,
    /// The last state other than TRANSITIONING.
    pub(super) settled: Option<TransportState>,
    pub(super) state_at: Instant,
    /// When the state was known before that.
    pub(super) known_before: Instant,
    /// A command went out: its effect must be seen before the next one.
    pub(super) must_look: bool,
    /// The state in an event that no answer has confirmed yet, and when the event came.
    pub(super) hint: Option<(TransportState, Instant)>,
    pub(super) subscriptions: [Subscription; 2],
    pub(super) state_due: Instant,
    pub(super) position_due: Instant,
    /// It was last seen with a file of ours.
    pub(super) ours_at: Instant,
    /// It was last seen playing.
    pub(super) played_at: Instant,
    pub(super) foreign_reports: u8,
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
            state_at: Instant::START,
            known_before: Instant::START,
            must_look: true,
            hint: None,
            subscriptions: Evented::ALL.map(subscription),
            state_due: Instant::START,
            position_due: Instant::START,
            ours_at: Instant::START,
            played_at: Instant::START,
            foreign_reports: 0,
        })
    }

    /// Takes a state that was asked for. Gives the settled state before it.
    pub(super) fn see(&mut self, state: TransportState, now: Instant) -> Option<TransportState> {
        self.0.known_before = core::mem::replace(&mut self.0.state_at, now);
        self.0.state = Some(state);
        match state {
            TransportState::Transitioning => self.0.settled,
            state => self.0.settled.replace(state),
        }
    }

    /// A command was taken: this is the state that it brings.
    pub(super) fn expect(&mut self, state: TransportState) {
        self.0.state = Some(state);
        if state != TransportState::Transitioning {
            self.0.settled = self.0.state;
        }
    }

    /// The effect of the last command was looked at, as far as the renderer tells.
    pub(super) fn looked(&mut self) {
        self.0.must_look = false;
    }

    /// The next command waits for a look at the state.
    pub(super) fn must_look(&mut self) {
        self.0.must_look = true;
    }

    /// As [`Self::must_look`], at once.
    pub(super) fn look_now(&mut self, now: Instant) {
        self.0.must_look = true;
        self.0.state_due = now;
    }

    /// Asks for the state at this time.
    pub(super) fn ask_state_at(&mut self, at: Instant) {
        self.0.state_due = at;
    }

    /// Asks for the state at this time at the latest.
    pub(super) fn ask_state_by(&mut self, at: Instant) {
        self.0.state_due = self.0.state_due.min(at);
    }

    /// Asks for the state at this time at the earliest.
    pub(super) fn ask_state_after(&mut self, at: Instant) {
        self.0.state_due = self.0.state_due.max(at);
    }

    /// Asks for the position at this time.
    pub(super) fn ask_position_at(&mut self, at: Instant) {
        self.0.position_due = at;
    }

    /// Asks for the position at this time at the latest.
    pub(super) fn ask_position_by(&mut self, at: Instant) {
        self.0.position_due = self.0.position_due.min(at);
    }

    /// An event named this state: a hint to look.
    pub(super) fn hint(&mut self, state: Option<TransportState>, now: Instant) {
        self.0.hint = state.map(|state| (state, now)).or(self.0.hint);
    }

    /// Whether an answer confirms the state in the event before it. A state on its way to another says nothing, nor
    /// does an answer that took long. `None`: that cannot be told.
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

    /// It was seen playing.
    pub(super) fn plays(&mut self, now: Instant) {
        self.0.played_at = now;
    }

    /// It was seen with a file of ours.
    pub(super) fn has_ours(&mut self, now: Instant) {
        self.0.foreign_reports = 0;
        self.0.ours_at = now;
    }

    /// It names a foreign URI. Gives whether that was often enough to be believed.
    pub(super) fn has_foreign(&mut self) -> bool {
        self.0.foreign_reports = self.0.foreign_reports.saturating_add(1);
        let believed = self.0.foreign_reports >= FOREIGN_REPORTS;
        if believed {
            self.0.foreign_reports = 0;
        }
        believed
    }

    /// Foreign URIs of before count no more.
    pub(super) fn forget_foreign(&mut self) {
        self.0.foreign_reports = 0;
    }

    /// One of its subscriptions, to be changed.
    pub(super) fn subscription_mut(&mut self, which: Evented) -> &mut Subscription {
        &mut self.0.subscriptions[which as usize]
    }

    /// The subscription whose events come to this callback, to be changed.
    pub(super) fn subscription_of(&mut self, callback: u32) -> Option<&mut Subscription> {
        self.0.subscriptions.iter_mut().find(|s| s.callback == callback && callback != 0)
    }

    /// Subscribes anew from this time on.
    pub(super) fn forget_subscriptions(&mut self, now: Instant) {
        self.0.subscriptions.iter_mut().for_each(|subscription| subscription.forget(now));
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

    /// It plays, pauses or changes: a Stop would do something.
    pub(super) fn is_active(&self) -> bool {
        use TransportState::{PausedPlayback, Playing, Transitioning};
        matches!(self.0.state, Some(Playing | PausedPlayback | Transitioning))
    }
}
