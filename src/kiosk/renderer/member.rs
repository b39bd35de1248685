//! A renderer as a member of a group: what the group sees of it, and what it does for the group.

use super::load::Phase;
use super::{Goal, Renderer};
use crate::kiosk::fault::Fault;
use crate::kiosk::group::{Doing, Gate, Order, Sight, Start};
use crate::time::{Duration, Instant};

impl Renderer {
    /// What its group sees of it.
    pub(in crate::kiosk) fn sight(&self) -> Sight {
        Sight {
            doing: self.doing(),
            item: self.programme.item(),
            rounds: self.rounds,
            ended_well: self.failures == 0,
            start: match self.load.as_ref().map(|load| &load.phase) {
                Some(Phase::Running { .. }) => self.measured_start(),
                Some(Phase::Starting { .. }) => None,
                _ => self.last_start,
            },
            usual_latency: self.habits.latency,
            guard: self.guard(),
        }
    }

    fn doing(&self) -> Doing {
        if self.goal != Goal::Play || !self.is_driven() {
            return Doing::Nothing;
        }
        if self.away || self.breaker.retry_at().is_some() {
            return Doing::Missing;
        }
        if self.programme.is_covered() {
            // In the middle of a round of its own, as it were.
            return Doing::Playing;
        }
        match self.load.as_ref().map(|load| &load.phase) {
            None if matches!(self.fault, Some(Fault::NothingToPlay | Fault::NoServer)) => {
                Doing::Missing
            }
            Some(Phase::Failed { .. }) => Doing::Missing,
            None | Some(Phase::Wanted { .. } | Phase::Settling { .. } | Phase::Over) => {
                Doing::Coming
            }
            Some(Phase::Accepted { .. }) if matches!(self.gate, Gate::Shut | Gate::Load) => {
                Doing::Ready
            }
            Some(Phase::Accepted { .. } | Phase::Starting { .. } | Phase::Running { .. }) => {
                Doing::Playing
            }
        }
    }

    /// How it began, as far as its own reports tell to within milliseconds.
    pub(super) fn measured_start(&self) -> Option<Start> {
        let (sent, origin) = self.load.as_ref()?.playhead.measured()?;
        Some(Start { sent, origin })
    }

    /// Does what its group wants. `true` if that changes its plan.
    pub(in crate::kiosk) fn obey(&mut self, order: Order) -> bool {
        if let Some(item) = order.item {
            self.programme.go_to(item);
            self.retire();
        }
        let gate = order.gate.unwrap_or(self.gate);
        let changed = core::mem::replace(&mut self.gate, gate) != gate;
        changed || order.item.is_some()
    }

    /// It may be given its file.
    pub(super) fn may_load(&self) -> bool {
        self.gate != Gate::Shut
    }

    /// Play may go from this time on, if the file was there at `at`.
    pub(super) fn may_play(&self, at: Instant) -> Option<Instant> {
        match self.gate {
            Gate::Open => Some(at),
            Gate::Play(from) => Some(from.max(at)),
            Gate::Shut | Gate::Load => None,
        }
    }

    /// The moment at which it begins with the others: nothing may be in flight then.
    pub(super) fn appointment(&self) -> Option<Instant> {
        let load = self.load.as_ref().filter(|_| self.goal == Goal::Play)?;
        match (&load.phase, self.gate) {
            (Phase::Accepted { .. }, Gate::Play(at)) => Some(at),
            _ => None,
        }
    }

    /// It waits for the others, and has nothing to tell meanwhile.
    pub(super) fn waits_for_others(&self) -> bool {
        matches!(self.gate, Gate::Shut | Gate::Load)
    }

    /// By how much it is off from where it should be with the others, at the least.
    pub(in crate::kiosk) fn off_by(&self, origin: Instant) -> Option<Duration> {
        let load = self.load.as_ref()?;
        let running = matches!(load.phase, Phase::Running { .. });
        let (earliest, latest) = load.playhead.end(Duration::ZERO).filter(|_| running)?;
        Some(earliest.since(origin).max(origin.since(latest)))
    }
}
