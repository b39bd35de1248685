//! Why a renderer does not play. The status, the log, the LEDs and the statistics all use this one answer.

use super::Kiosk;
use super::reason::{Reason, Standing};
use super::renderer::load::{Doubt, Phase};
use super::renderer::{Goal, Renderer, Rested};
use crate::time::Instant;
use crate::upnp::Udn;
use crate::upnp::action::TransportState;

/// Circumstances that are the same for all renderers.
#[derive(Clone, Copy, Debug, Default)]
pub struct House {
    /// The configuration has an error, so that no renderer is driven.
    pub misconfigured: bool,
    /// The box has no address.
    pub offline: bool,
    /// The box is shutting down.
    pub leaving: bool,
}

impl Kiosk {
    /// The judgement on each known renderer; `None` if it plays.
    pub fn standings(&self, now: Instant) -> impl Iterator<Item = (&Udn, Option<Standing>)> {
        let house = self.house();
        let standing = move |r| why(r, house, now).map(|reason: Reason<'_>| reason.standing());
        self.renderers.iter().map(move |r| (r.udn(), standing(r)))
    }
}

/// Why this renderer does not play; `None` if it plays what the box gave it.
pub(super) fn why(renderer: &Renderer, house: House, now: Instant) -> Option<Reason<'_>> {
    if renderer.is_playing() {
        return None;
    }
    Some(match renderer.goal() {
        _ if house.leaving => Reason::Leaving,
        _ if house.misconfigured => Reason::Misconfigured,
        _ if !renderer.is_driven() => Reason::NotDriven,
        Goal::Rest => match renderer.rested() {
            Rested::NotAsked => Reason::NotAsked,
            Rested::Finished => Reason::Finished,
            Rested::Stopped => Reason::Stopped,
        },
        Goal::Stop => Reason::Stopped,
        Goal::Pause => Reason::Paused,
        Goal::Yield { did, until } => Reason::Viewer(did, until.map(|until| until.since(now))),
        Goal::Play if house.offline => Reason::Offline,
        Goal::Play => not_yet(renderer),
    })
}

/// Why a renderer that should play does not.
fn not_yet(renderer: &Renderer) -> Reason<'_> {
    if let Some(fault) = renderer.fault() {
        return Reason::Fault(fault);
    }
    let Some(load) = renderer.load().filter(|_| renderer.state().is_some()) else {
        return Reason::Asking;
    };
    let file = &*load.file.path;
    match load.phase {
        Phase::Wanted { .. } if load.attempt.busy > 0 => Reason::Busy(load.attempt.busy),
        Phase::Wanted { .. } | Phase::Settling { .. } | Phase::Accepted { .. } => {
            Reason::Giving(file)
        }
        Phase::Starting { .. } if load.evidence.fetched => Reason::Fetching(file),
        Phase::Starting { .. } => Reason::NotFetchedYet(file),
        Phase::Running { doubt: None, .. }
            if renderer.state() == Some(TransportState::PausedPlayback) =>
        {
            Reason::GoingOn
        }
        Phase::Running { doubt: None | Some(Doubt::LookAgain(_)), .. } | Phase::Over => {
            Reason::Between
        }
        Phase::Running { .. } => Reason::Looking,
        // The fault was returned above. Without one, the file is about to be given again.
        Phase::Failed { .. } => Reason::Giving(file),
    }
}
