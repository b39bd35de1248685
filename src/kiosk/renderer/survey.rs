//! Surveys: looks at a renderer's description of its own services, for what the usual does not fit.
//!
//! RenderingControl tells the units of the volume (see `sound`). AVTransport is looked at only where Play was refused for
//! its arguments: some want more than the specification has, and are content with empty ones.

use super::load::Phase;
use super::{Evented, Renderer};
use crate::kiosk::event::Failure;
use crate::time::Instant;
use crate::upnp::HttpUrl;
use crate::upnp::scpd::Survey;

/// Invalid Args (UDA 1.0 §3.2.2).
const INVALID_ARGUMENTS: u16 = 402;

/// Whether its description of Play was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum PlaySurvey {
    /// There was no reason to.
    #[default]
    Needless,
    /// It is to be looked at before the next Play.
    Wanted,
    /// It was, or could not be.
    Done,
}

impl Renderer {
    pub(super) fn scpd_url(&self, which: Evented) -> Option<&HttpUrl> {
        let service = match which {
            Evented::Transport => Some(&self.description.av_transport),
            Evented::Rendering => self.description.rendering_control.as_ref(),
        };
        service?.scpd_url.as_ref()
    }

    pub(super) fn surveyed(&mut self, which: Evented, survey: Survey) {
        match which {
            Evented::Transport => {
                self.ways.play_survey = PlaySurvey::Done;
                self.ways.play_surplus = survey.play;
            }
            Evented::Rendering => self.know_units(survey.volume),
        }
    }

    /// There is nothing to look at.
    pub(super) fn not_surveyed(&mut self, which: Evented) {
        self.surveyed(which, Survey::default());
    }

    /// It did not answer, or not with a description.
    pub(super) fn survey_failed(&mut self, which: Evented, failure: &Failure, now: Instant) {
        if *failure == Failure::Unreachable {
            self.transport_due = now;
        }
        if which == Evented::Transport || !self.may_survey_again(failure) {
            self.not_surveyed(which);
        }
    }

    /// Play was refused with this code: perhaps it wants more arguments. `false` if that was looked at before.
    pub(super) fn look_at_play(&mut self, code: u16, now: Instant) -> bool {
        let new = self.ways.play_survey == PlaySurvey::Needless && code == INVALID_ARGUMENTS;
        let Some(load) = self.load.as_mut().filter(|_| new) else {
            return false;
        };
        load.phase = Phase::Accepted { at: now };
        self.ways.play_survey = PlaySurvey::Wanted;
        true
    }

    pub(super) fn wants_play_survey(&self) -> bool {
        self.ways.play_survey == PlaySurvey::Wanted
    }
}
