//! Why a renderer does not play: all reasons, and a sentence for each.
//!
//! A [`Reason`] is of one of three kinds. *Right*: the renderer should not play. *Soon*: it is about to play. *Wrong*:
//! it should play and does not; the status LED shows it.

use super::Kiosk;
use super::fault::Fault;
use super::renderer::load::{Doubt, Phase};
use super::renderer::{Goal, Renderer, Rested};
use crate::text::file_name;
use crate::time::Duration;
use crate::time::Instant;
use crate::upnp::Udn;
use crate::upnp::action::TransportState;
use core::fmt;
use std::path::Path;

/// Why one renderer does not play.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason<'a> {
    /// No `[[renderer]]` table matches the renderer.
    NotDriven,
    /// Nobody has pressed play, and the renderer does not start by itself.
    NotAsked,
    /// The programme is over and does not repeat.
    Finished,
    /// A person stopped it at the box.
    Stopped,
    /// It is told to stop, again and again until it is seen stopped.
    Stopping,
    /// A person paused it at the box.
    Paused,
    /// A viewer did this. The box takes the renderer back after this time, if at all.
    Viewer(Viewer, Option<Duration>),
    /// The box is shutting down.
    Leaving,
    /// The renderer's state is not known yet.
    Asking,
    /// The renderer is being given the file.
    Giving(&'a Path),
    /// The renderer was busy this many times and is asked again.
    Busy(u8),
    /// The renderer was told to play and has not fetched the file yet.
    NotFetchedYet(&'a Path),
    /// The renderer fetches the file.
    Fetching(&'a Path),
    /// The renderer stopped, and the box is finding out why.
    Looking,
    /// The renderer is between two rounds.
    Between,
    /// The renderer was paused and is being told to play on.
    GoingOn,
    /// The group plays a file that does not play on this renderer.
    SitsOut,
    /// The configuration has an error.
    Misconfigured,
    /// The box has no network.
    Offline,
    Fault(&'a Fault),
}

/// What a viewer did to the renderer with its remote control, or with another control point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    Stopped,
    Paused,
    /// Switched it off, or put it into standby.
    SwitchedOff,
    /// Plays something else on it.
    TookOver,
}

/// How a reason is to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The renderer should not play.
    Right,
    /// The renderer is about to play.
    Soon,
    /// The renderer should play and does not.
    Wrong,
}

impl Reason<'_> {
    /// Judges the reason.
    pub fn standing(&self) -> Standing {
        match self {
            Self::NotDriven
            | Self::NotAsked
            | Self::Finished
            | Self::Stopped
            | Self::Stopping
            | Self::Paused
            | Self::Viewer(..)
            | Self::SitsOut
            | Self::Leaving => Standing::Right,
            Self::Asking
            | Self::Giving(_)
            | Self::Busy(_)
            | Self::NotFetchedYet(_)
            | Self::Fetching(_)
            | Self::Looking
            | Self::Between
            | Self::GoingOn => Standing::Soon,
            Self::Misconfigured | Self::Offline | Self::Fault(_) => Standing::Wrong,
        }
    }

    /// One word for programs. Its meaning never changes.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotDriven => "not_driven",
            Self::NotAsked => "not_asked",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Stopping => "stopping",
            Self::Paused => "paused",
            Self::Viewer(Viewer::Stopped, _) => "viewer_stopped",
            Self::Viewer(Viewer::Paused, _) => "viewer_paused",
            Self::Viewer(Viewer::SwitchedOff, _) => "viewer_switched_off",
            Self::Viewer(Viewer::TookOver, _) => "taken_over",
            Self::Leaving => "leaving",
            Self::Asking => "asking",
            Self::Giving(_) => "giving",
            Self::Busy(_) => "busy",
            Self::NotFetchedYet(_) => "not_fetched_yet",
            Self::Fetching(_) => "fetching",
            Self::Looking => "looking",
            Self::Between => "between",
            Self::GoingOn => "going_on",
            Self::SitsOut => "sits_out",
            Self::Misconfigured => "misconfigured",
            Self::Offline => "offline",
            Self::Fault(fault) => fault.word(),
        }
    }
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDriven => write!(f, "no [[renderer]] table matches it"),
            Self::NotAsked => write!(f, "nobody has started it yet; press play"),
            Self::Finished => write!(f, "the programme is over"),
            Self::Stopped => write!(f, "it was stopped at the box; press play to start it again"),
            Self::Stopping => {
                write!(f, "the box keeps telling it to stop until it does")
            }
            Self::Paused => write!(f, "it was paused at the box; press play to resume"),
            Self::Viewer(did, again) => {
                let takes_back = match did {
                    Viewer::Stopped => write!(f, "a viewer stopped it"),
                    Viewer::Paused => write!(f, "a viewer paused it"),
                    Viewer::SwitchedOff => write!(f, "a viewer switched it off"),
                    Viewer::TookOver => write!(f, "somebody else is playing something on it"),
                };
                takes_back?;
                match (did, again) {
                    (_, Some(again)) => {
                        write!(f, "; the box starts it again in {} s", again.as_secs().max(1))
                    }
                    (Viewer::TookOver, None) => write!(f, "; press play to take it back"),
                    (Viewer::Paused, None) => write!(f, "; press play to resume"),
                    (_, None) => write!(f, "; press play to start it again"),
                }
            }
            Self::Leaving => write!(f, "the box is shutting down"),
            Self::Asking => write!(f, "its state is not known yet"),
            Self::Giving(file) => write!(f, "it is being told to load {}", file_name(file)),
            Self::Busy(times) => {
                write!(f, "it is busy; the box tries again (attempt {})", times.saturating_add(1))
            }
            Self::NotFetchedYet(file) => {
                write!(f, "it accepted {} but has not fetched it yet", file_name(file))
            }
            Self::Fetching(file) => {
                write!(f, "it is fetching {} but is not playing it yet", file_name(file))
            }
            Self::Looking => write!(f, "it stopped; the box is finding out why"),
            Self::Between => {
                write!(f, "it is between the end of one file and the start of the next")
            }
            Self::GoingOn => write!(f, "it is paused and being resumed"),
            Self::SitsOut => write!(
                f,
                "its group is playing a file that it cannot play; it joins again at the next file that it can"
            ),
            Self::Misconfigured => {
                write!(f, "the configuration has an error: run dlna-kiosk check")
            }
            Self::Offline => write!(f, "the box has no network"),
            Self::Fault(fault) => write!(f, "{fault}"),
        }
    }
}

/// Circumstances that are the same for all renderers.
#[derive(Clone, Copy, Debug, Default)]
pub struct BoxStatus {
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
        let status = self.box_status();
        let standing = move |r| why(r, status, now).map(|reason: Reason<'_>| reason.standing());
        self.renderers.iter().map(move |r| (r.udn(), standing(r)))
    }
}

/// Why this renderer does not play, or plays though it should not; `None` if it plays what the box gave it.
pub(super) fn why(renderer: &Renderer, status: BoxStatus, now: Instant) -> Option<Reason<'_>> {
    if renderer.is_playing() && renderer.goal() != Goal::Stop {
        return None;
    }
    Some(match renderer.goal() {
        _ if status.leaving => Reason::Leaving,
        _ if status.misconfigured => Reason::Misconfigured,
        _ if !renderer.is_driven() => Reason::NotDriven,
        Goal::Rest => match renderer.rested() {
            Rested::NotAsked => Reason::NotAsked,
            Rested::Finished => Reason::Finished,
            Rested::Stopped => Reason::Stopped,
        },
        Goal::Stop => match renderer.fault() {
            Some(fault) if fault.is_about_stopping() => Reason::Fault(fault),
            _ if renderer.is_there() && renderer.needs_stop(now) => Reason::Stopping,
            _ => Reason::Stopped,
        },
        Goal::Pause => Reason::Paused,
        Goal::Yield { did, until } => Reason::Viewer(did, until.map(|until| until.since(now))),
        Goal::Play if status.offline => Reason::Offline,
        Goal::Play if renderer.sits_out() => Reason::SitsOut,
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

#[cfg(test)]
mod tests {
    use super::super::fault::WORDS;
    use super::*;

    #[test]
    fn every_word_stands_in_the_readme() {
        let readme = include_str!("../../README.md");
        let (_, table) = readme.split_once("## Why is it not playing?").expect("its section");
        let (table, _) = table.split_once("\n## ").expect("another section follows");
        let file = Path::new("/m/a.mp4");
        let reasons = [
            Reason::NotDriven,
            Reason::NotAsked,
            Reason::Finished,
            Reason::Stopped,
            Reason::Stopping,
            Reason::Paused,
            Reason::Viewer(Viewer::Stopped, None),
            Reason::Viewer(Viewer::Paused, None),
            Reason::Viewer(Viewer::SwitchedOff, None),
            Reason::Viewer(Viewer::TookOver, None),
            Reason::Leaving,
            Reason::Asking,
            Reason::Giving(file),
            Reason::Busy(1),
            Reason::NotFetchedYet(file),
            Reason::Fetching(file),
            Reason::Looking,
            Reason::Between,
            Reason::GoingOn,
            Reason::SitsOut,
            Reason::Misconfigured,
            Reason::Offline,
        ];
        let words = reasons.iter().map(Reason::word).chain(WORDS);
        for word in words {
            assert!(table.contains(&format!("`{word}`")), "{word}");
        }
    }
}
