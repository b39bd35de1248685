//! The plan: from the difference between goal and observation, what to send next or how long to wait.
//!
//! [`Renderer::reconcile`] is the only place that decides this.

use super::intent::Goal;
use super::load::{Doubt, Load, Phase};
use super::observation::Evented;
use super::requests::{IMPOSSIBLE_PAUSE, Purpose};
use super::subscription;
use super::volume::Step;
use super::{Context, Farewell, Renderer, timeouts};
use crate::kiosk::deadline::{Deadline, Wake, Why};
use crate::time::{Duration, Instant};

/// A renderer that does not tell whether it has opened the file is sent to a position after this time.
const NOT_READY: Duration = Duration::from_secs(2);

impl Renderer {
    /// Decides what to send next, and sends it, or returns until when to wait.
    pub(in crate::kiosk) fn reconcile(&mut self, ctx: &mut Context<'_>) -> Option<Deadline> {
        if let Some(call) = self.connection.call() {
            return Some(Deadline { at: call.deadline, why: Why::Answer });
        }
        if !self.is_driven() || self.connection.displaced {
            return None;
        }
        self.tell_absence(ctx);
        self.make_due_transitions(ctx);
        let mut agenda = Agenda { now: ctx.now, send: None, wait: Wake::default() };
        match ctx.leaving {
            Some(farewell) => self.plan_farewell(farewell, &mut agenda),
            None => self.plan(&mut agenda),
        }
        if let Some(purpose) = agenda.send {
            self.send(purpose, ctx);
            let answer_by = self.connection.call().map(|call| call.deadline);
            let at = answer_by.unwrap_or(ctx.now + IMPOSSIBLE_PAUSE);
            return Some(Deadline { at, why: Why::Answer });
        }
        agenda.wait.first()
    }

    /// Lists what is due, most urgent first.
    fn plan(&self, agenda: &mut Agenda) {
        if let Some(retry_at) = self.connection.breaker.retry_at() {
            agenda.wake(retry_at, Why::Retry);
            return agenda.at(retry_at, Purpose::Transport);
        }
        if self.observation.must_look {
            return agenda.at(self.observation.state_due, Purpose::Transport);
        }
        if let Some(question) = self.takeover_question() {
            return agenda.at(agenda.now, question);
        }
        if self.needs_list() {
            return agenda.at(agenda.now, Purpose::Sink);
        }
        self.plan_transport(agenda);
        if let Some(at) = self.seek_at(agenda.now) {
            agenda.at(at, Purpose::Seek);
            // Nothing may be in flight when the time comes.
            if at.since(agenda.now) < self.guard() {
                return;
            }
        }
        if self.appointment().is_some_and(|at| at.since(agenda.now) < self.guard()) {
            return;
        }
        if let Some(until) = self.intent.programme.chosen_until() {
            agenda.wake(until, Why::Chosen);
        }
        if let Goal::Yield { until: Some(until), .. } = self.intent.goal {
            agenda.wake(until, Why::Yield);
        }
        agenda.at(self.observation.state_due, Purpose::Transport);
        if let Some(step) = self.volume.next(agenda.now).filter(|_| self.has_rendering()) {
            match self.units_due() {
                Some(at) => agenda.at(at, Purpose::Scpd(Evented::Rendering)),
                None => agenda.at(agenda.now, Purpose::Volume(step)),
            }
        }
        if let Some(at) = self.volume.ask_at().filter(|_| self.has_rendering()) {
            agenda.at(at, Purpose::Volume(Step::AskVolume));
        }
        if self.playback.load().is_some_and(|load| load.is_running() || load.is_starting()) {
            agenda.at(self.observation.position_due, Purpose::Position);
        }
        // Housekeeping waits while a load is starting or about to end.
        if self.is_urgent(agenda.now) {
            return;
        }
        for which in Evented::ALL {
            match self.observation.subscription(which).next() {
                subscription::Next::Subscribe(at) => agenda.at(at, Purpose::Subscribe(which)),
                subscription::Next::Renew(at) => agenda.at(at, Purpose::Renew(which)),
                subscription::Next::Wait => {}
            }
        }
        if self.playback.is_running() && !self.playback.offer_asked {
            agenda.at(agenda.now, Purpose::Media);
        }
        if let Some(at) = self.observation.uri_due.filter(|_| self.playback.is_running()) {
            agenda.at(at, Purpose::Media);
        }
        if !self.capabilities.sink.is_asked() && self.description.connection_manager.is_some() {
            agenda.at(agenda.now, Purpose::Sink);
        }
        if let Some(at) = self.units_due() {
            agenda.at(at, Purpose::Scpd(Evented::Rendering));
        }
    }

    /// Returns whether only a Stop keeps the renderer from showing something: it is active, was told to play, or is between
    /// two files. Some renderers report STOPPED while they load, and play later.
    pub(in crate::kiosk) fn needs_stop(&self, now: Instant) -> bool {
        self.observation.is_active()
            || match self.playback.phase() {
                Some(Phase::Starting { until, .. }) => now < *until,
                Some(Phase::Running { .. }) => !self.connection.was_told(&Purpose::Stop),
                _ => false,
            }
    }

    /// Until when the renderer, which was told to stop, may begin by itself the next file that it holds.
    fn may_follow_until(&self) -> Option<Instant> {
        let at = self.connection.again_at(&Purpose::Stop);
        Some(at).filter(|_| self.playback.holds_offer)
    }

    /// Returns whether the renderer is stopped for good.
    pub(super) fn is_at_rest(&self, now: Instant) -> bool {
        let follows = self.may_follow_until().is_some_and(|until| now < until);
        !self.observation.must_look && !self.needs_stop(now) && !follows
    }

    /// Returns whether what the renderer shows, if it shows anything, is a file of this box.
    pub(in crate::kiosk) fn shows_ours(&self) -> bool {
        let given = |load: &Load| load.is_running() || load.is_accepted();
        self.playback.lingers || self.playback.load().is_some_and(given)
    }

    /// Lists the AVTransport command that brings the renderer closer to its goal.
    fn plan_transport(&self, agenda: &mut Agenda) {
        let active = self.observation.is_active();
        match self.intent.goal {
            Goal::Rest | Goal::Yield { .. } => {}
            Goal::Stop if self.needs_stop(agenda.now) => {
                agenda.at(self.connection.again_at(&Purpose::Stop), Purpose::Stop)
            }
            Goal::Stop => {
                if let Some(until) = self.may_follow_until() {
                    agenda.wake(until, Why::Effect);
                }
            }
            Goal::Pause => {
                if self.shows_ours() && self.observation.is_playing() {
                    agenda.at(self.connection.again_at(&Purpose::Pause), Purpose::Pause);
                }
            }
            Goal::Play => {
                let Some(load) = self.playback.load() else { return };
                match load.phase {
                    Phase::Wanted { .. } if !self.slot.may_load() => {}
                    Phase::Wanted { .. } if self.playback.holds_offer => {
                        agenda.at(agenda.now, Purpose::ClearNext)
                    }
                    Phase::Wanted { at } if load.attempt.stop_first && active => {
                        agenda.at(at, Purpose::Stop)
                    }
                    Phase::Wanted { at } => agenda.at(at, Purpose::Set),
                    Phase::Settling { until } => agenda.wake(until, Why::Effect),
                    Phase::Accepted { at } if self.capabilities.wants_play_arguments() => {
                        agenda.at(at, Purpose::Scpd(Evented::Transport));
                    }
                    Phase::Accepted { at } => {
                        if let Some(at) = self.slot.may_play(at) {
                            agenda.at(at, Purpose::Play);
                        }
                    }
                    Phase::Starting { sent, until } => {
                        let dwell = (sent + load.dwell(), Why::Dwell);
                        let (at, why) = if load.is_still() { dwell } else { (until, Why::Effect) };
                        agenda.wake(at, why);
                        agenda.wake(sent + timeouts::REPEAT_AFTER, Why::Effect);
                        if let Some(at) = load.starves_at() {
                            agenda.wake(at, Why::Starves);
                        }
                    }
                    Phase::Running { doubt: Some(Doubt::AskUri), .. } => {
                        agenda.at(agenda.now, Purpose::Media)
                    }
                    Phase::Running { doubt: Some(Doubt::AskLease), .. } => {
                        agenda.at(agenda.now, Purpose::Renew(Evented::Transport));
                    }
                    Phase::Running { .. } if self.observation.is_paused() => {
                        agenda.at(self.connection.again_at(&Purpose::Play), Purpose::Play);
                    }
                    Phase::Running { .. }
                        if self.playback.holds_offer && self.playback.next().is_none() =>
                    {
                        agenda.at(agenda.now, Purpose::ClearNext);
                    }
                    Phase::Running { since, doubt: None } if load.seek_to.is_some() => {
                        let at = if load.can_seek() { agenda.now } else { since + NOT_READY };
                        agenda.at(at, Purpose::SeekTo);
                    }
                    Phase::Running { since, .. } if load.is_still() => {
                        agenda.wake(since + load.dwell(), Why::Dwell)
                    }
                    Phase::Running { .. } => {
                        if let Some(at) = self.next_at() {
                            agenda.at(at, Purpose::SetNext);
                        }
                        if let Some(at) = self.overtime_at() {
                            agenda.wake(at, Why::Overtime);
                        }
                        if let Some(at) = load.starves_at() {
                            agenda.wake(at, Why::Starves);
                        }
                    }
                    Phase::Over => {}
                    Phase::Failed { retry_at } => agenda.wake(retry_at, Why::Retry),
                }
            }
        }
    }

    /// Stops what the box plays, if so configured, and ends the subscriptions.
    fn plan_farewell(&self, farewell: Farewell, agenda: &mut Agenda) {
        if self.connection.breaker.failures() > 0 {
            return;
        }
        let phase = self.playback.phase();
        let starting = matches!(phase, Some(Phase::Accepted { .. } | Phase::Starting { .. }));
        if farewell.stop && phase.is_some() && (starting || self.observation.is_active()) {
            return agenda.at(agenda.now, Purpose::Stop);
        }
        if self.playback.holds_offer {
            return agenda.at(agenda.now, Purpose::ClearNext);
        }
        if let Some(which) = Evented::ALL
            .into_iter()
            .find(|which| self.observation.subscription(*which).sid().is_some())
        {
            agenda.at(agenda.now, Purpose::Unsubscribe(which));
        }
    }

    /// Returns whether the farewell is complete.
    pub(in crate::kiosk) fn is_done(&self, farewell: Farewell) -> bool {
        let mut agenda = Agenda { now: Instant::START, send: None, wait: Wake::default() };
        self.plan_farewell(farewell, &mut agenda);
        let nobody = !self.is_driven() || self.connection.displaced;
        !self.connection.is_busy() && (agenda.send.is_none() || nobody)
    }

    /// Returns whether only the load matters now.
    fn is_urgent(&self, now: Instant) -> bool {
        let Some(load) = self.playback.load().filter(|_| self.intent.is_to_play()) else {
            return false;
        };
        match load.phase {
            Phase::Running { .. } => load.is_about_to_end(Duration::from_secs(1), now),
            Phase::Failed { .. } | Phase::Over => false,
            // The other members may take an hour to end.
            _ if !self.slot.may_load() => false,
            _ => true,
        }
    }
}

/// What is due, most urgent first: the first thing due is sent; if nothing is due, the earliest one is waited for.
struct Agenda {
    now: Instant,
    send: Option<Purpose>,
    wait: Wake,
}

impl Agenda {
    fn at(&mut self, at: Instant, purpose: Purpose) {
        if at > self.now {
            self.wake(at, purpose.why());
        } else if self.send.is_none() {
            self.send = Some(purpose);
        }
    }

    fn wake(&mut self, at: Instant, why: Why) {
        self.wait.at(Some(at).filter(|at| *at > self.now), why);
    }
}
