//! A renderer as a member of a group: its slot, what the group sees of it, and what it does for the group.

use super::Renderer;
use super::load::{Load, Phase};
use crate::kiosk::fault::Fault;
use crate::kiosk::group::{Doing, Gate, Order, Sight, Start};
use crate::kiosk::left_out::Version;
use crate::media::catalogue::MediaFile;
use crate::time::{Duration, Instant};

/// The slot of a renderer in its group, if it has one, and how far the group lets it proceed.
#[derive(Debug, Default)]
pub(super) struct GroupSlot {
    /// The group, and the place in the group.
    place: Option<(usize, usize)>,
    gate: Gate,
    /// The file that the renderer leaves out while the others play it.
    sits_out: Option<Version>,
}

impl GroupSlot {
    /// Returns whether the renderer is in a group.
    pub(super) const fn is_taken(&self) -> bool {
        self.place.is_some()
    }

    /// Sets how far the group lets the renderer proceed.
    pub(super) fn set_gate(&mut self, gate: Gate) {
        self.gate = gate;
    }

    /// The others play this file, which does not play on this renderer.
    pub(super) fn sit_out(&mut self, file: Option<Version>) {
        self.sits_out = file;
    }

    /// Returns whether the renderer may be given its file.
    pub(super) fn may_load(&self) -> bool {
        self.gate != Gate::Shut
    }

    /// When Play may be sent, if the file was accepted at `at`.
    pub(super) fn may_play(&self, at: Instant) -> Option<Instant> {
        match self.gate {
            Gate::Open => Some(at),
            Gate::Play(from) => Some(from.max(at)),
            Gate::Shut | Gate::Load => None,
        }
    }

    /// Returns whether the renderer waits for the other members, and so has nothing to report.
    pub(super) const fn waits_for_others(&self) -> bool {
        matches!(self.gate, Gate::Shut | Gate::Load)
    }
}

impl Renderer {
    /// The group, and the place in the group.
    pub(in crate::kiosk) fn group_slot(&self) -> Option<(usize, usize)> {
        self.slot.place
    }

    pub(in crate::kiosk) fn set_group_slot(&mut self, place: Option<(usize, usize)>) {
        self.slot.place = place;
    }

    /// What the group sees of the renderer.
    pub(in crate::kiosk) fn sight(&self) -> Sight {
        Sight {
            doing: self.doing(),
            item: self.intent.programme.item(),
            position: self.next_position(),
            rounds: self.playback.rounds.played,
            ended_well: self.playback.rounds.failures == 0,
            start: match self.playback.phase() {
                Some(Phase::Running { .. }) => self.measured_start(),
                Some(Phase::Starting { .. }) => None,
                _ => self.playback.rounds.start,
            },
            usual_latency: self.capabilities.habits.latency,
            guard: self.guard(),
        }
    }

    /// From which position the renderer is to play the current file. `None` if it cannot be sent to one.
    fn next_position(&self) -> Option<Duration> {
        let over = |load: &&Load| matches!(load.phase, Phase::Failed { .. } | Phase::Over);
        let given = self.playback.load().filter(|load| !over(load));
        let position = match given {
            Some(load) => load.seek_to,
            None => self.intent.programme.place(),
        };
        (!self.capabilities.habits.seek_broken).then(|| position.unwrap_or_default())
    }

    fn doing(&self) -> Doing {
        if !self.intent.is_to_play() || !self.is_driven() {
            return Doing::Nothing;
        }
        if self.connection.away || self.connection.breaker.retry_at().is_some() {
            return Doing::Missing;
        }
        if self.intent.programme.is_covered() {
            // The renderer shows a card, which no other member waits for.
            return Doing::Playing;
        }
        if self.intent.shows_black() {
            return Doing::Alone;
        }
        if self.sits_out() {
            return Doing::SitsOut;
        }
        match self.playback.phase() {
            None if matches!(
                self.playback.fault(),
                Some(Fault::NothingToPlay | Fault::NoServer)
            ) =>
            {
                Doing::Missing
            }
            Some(Phase::Failed { .. }) => Doing::Missing,
            None | Some(Phase::Wanted { .. } | Phase::Settling { .. } | Phase::Over) => {
                Doing::Coming
            }
            Some(Phase::Accepted { .. }) if self.slot.waits_for_others() => Doing::Ready,
            Some(Phase::Accepted { .. } | Phase::Starting { .. } | Phase::Running { .. }) => {
                Doing::Playing
            }
        }
    }

    /// Returns whether the renderer leaves out the current file while its group plays it.
    pub(in crate::kiosk) fn sits_out(&self) -> bool {
        let current = || self.intent.programme.current().map(Version::of);
        self.slot.sits_out.is_some() && self.slot.is_taken() && self.slot.sits_out == current()
    }

    /// How playback began, if the renderer's reports show it to within milliseconds.
    fn measured_start(&self) -> Option<Start> {
        let (sent, origin) = self.playback.load()?.playhead.measured()?;
        Some(Start { sent, origin })
    }

    /// Sits out the current file if it does not play on this renderer and another one does: the others may play it.
    pub(super) fn sit_out_if_unfit(&mut self, now: Instant) {
        let unfit = |file: &&MediaFile| !self.suits(file, now);
        let unfit = self.intent.programme.current().filter(unfit).map(Version::of);
        self.slot.sit_out(unfit);
    }

    /// Returns whether the renderer already does what its group wants.
    pub(in crate::kiosk) fn follows(&self, order: &Order) -> bool {
        let stays = !(order.changes_file() || order.passes && self.sits_out());
        stays && order.gate.is_none_or(|gate| gate == self.slot.gate)
    }

    pub(in crate::kiosk) fn obey(&mut self, order: Order, now: Instant) {
        if let Some(item) = order.item {
            // A clip that this member missed is over for the others.
            if self.intent.programme.is_interrupted() {
                self.intent.lose_clips();
            }
            self.intent.programme_mut().go_to(item);
            self.playback.supersede();
            self.sit_out_if_unfit(now);
        }
        if let Some(position) = order.position {
            self.intent.programme_mut().resume_at(position);
            self.playback.supersede();
        }
        if order.passes && self.sits_out() {
            match self.advance(now) {
                true => self.sit_out_if_unfit(now),
                false => {
                    self.slot.sit_out(None);
                    self.intent.finish();
                }
            }
        }
        if let Some(gate) = order.gate {
            self.slot.set_gate(gate);
        }
    }

    /// When the renderer starts together with the others: nothing may be in flight then.
    pub(super) fn appointment(&self) -> Option<Instant> {
        let load = self.playback.load().filter(|_| self.intent.is_to_play())?;
        match (&load.phase, self.slot.gate) {
            (Phase::Accepted { .. }, Gate::Play(at)) => Some(at),
            _ => None,
        }
    }

    /// The least by which the renderer is off from `origin`, where its playback should have begun.
    pub(in crate::kiosk) fn off_by(&self, origin: Instant) -> Option<Duration> {
        let load = self.playback.load()?;
        let end = load.playhead.end(Duration::ZERO);
        let (earliest, latest) = end.filter(|_| load.is_running())?;
        Some(earliest.since(origin).max(origin.since(latest)))
    }
}
