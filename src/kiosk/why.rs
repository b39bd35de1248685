//! Why is it not playing? One function answers for every renderer at every moment, and all its
//! sentences are here: status, log, LEDs and statistics say what it says.
//!
//! A [`Reason`] is one of three kinds. *Right*: it should not play, and a person would agree. *Soon*: it
//! is on its way. *Wrong*: it should play and does not; the status LED shows it.

use super::Kiosk;
use super::fault::Fault;
use super::renderer::load::{Doubt, Load, Phase, file_name};
use super::renderer::{Goal, Renderer, Rested};
use crate::time::{Duration, Instant};
use crate::upnp::Udn;
use crate::upnp::av_transport::TransportState;
use core::fmt;
use std::path::Path;

/// What is the same for all renderers of the box.
#[derive(Clone, Copy, Debug, Default)]
pub struct House {
    /// The configuration has an error: nothing is driven.
    pub misconfigured: bool,
    /// The box has no address.
    pub offline: bool,
    /// The box is about to exit.
    pub leaving: bool,
}

/// Why one renderer does not play.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason<'a> {
    /// No `[[renderer]]` table is for it.
    NotDriven,
    /// Nobody has pressed play, and it does not begin by itself.
    NotAsked,
    /// It has played its programme, which does not loop.
    Finished,
    /// A person stopped it at the box.
    Stopped,
    /// A person paused it at the box.
    Paused,
    /// A viewer did this; it is played again after this time, if at all.
    Viewer(Viewer, Option<Duration>),
    /// The box is leaving.
    Leaving,
    /// What it does is not known yet.
    Asking,
    /// The file is being given to it.
    Giving(&'a Path),
    /// It was busy, so many times: it is asked again.
    Busy(u8),
    /// It was told to play and has not come for the file yet.
    NotFetchedYet(&'a Path),
    /// It fetches.
    Fetching(&'a Path),
    /// It stopped: the box looks why.
    Looking,
    /// Between two rounds.
    Between,
    /// It was paused, and is told to go on.
    GoingOn,
    /// The configuration has an error.
    Misconfigured,
    /// The box has no network.
    Offline,
    /// Something is wrong.
    Fault(&'a Fault),
}

/// What a viewer did to it with its own remote control, or another control point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// Stopped it.
    Stopped,
    /// Paused it.
    Paused,
    /// Switched it off.
    SwitchedOff,
    /// Plays something else on it.
    TookOver,
}

/// Whether a person should do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It should not play.
    Right,
    /// It is on its way.
    Soon,
    /// It should play and does not.
    Wrong,
}

impl Kiosk {
    /// Each renderer that is known, and how it stands with it; `None`: it plays.
    pub fn standings(&self, now: Instant) -> impl Iterator<Item = (&Udn, Option<Standing>)> {
        let house = self.house();
        let standing = move |r| why(r, house, now).map(|reason: Reason<'_>| reason.standing());
        self.renderers.iter().map(move |r| (r.udn(), standing(r)))
    }
}

/// Why this renderer does not play. `None`: it plays what the box gave it.
pub(super) fn why(renderer: &Renderer, house: House, now: Instant) -> Option<Reason<'_>> {
    if renderer.is_playing() {
        return None;
    }
    Some(match renderer.goal {
        _ if house.leaving => Reason::Leaving,
        _ if house.misconfigured => Reason::Misconfigured,
        _ if !renderer.is_driven() => Reason::NotDriven,
        Goal::Rest => match renderer.rested {
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

/// It should play.
fn not_yet(renderer: &Renderer) -> Reason<'_> {
    if let Some(fault) = renderer.silence.as_ref().or(renderer.fault.as_ref()) {
        return Reason::Fault(fault);
    }
    let Some(load) = renderer.load.as_ref().filter(|_| renderer.state.is_some()) else {
        return Reason::Asking;
    };
    let file = &*load.file.path;
    match load.phase {
        Phase::Wanted { .. } if load.busy > 0 => Reason::Busy(load.busy),
        Phase::Wanted { .. } | Phase::Settling { .. } | Phase::Accepted { .. } => {
            Reason::Giving(file)
        }
        Phase::Starting { .. } if load.fetched => Reason::Fetching(file),
        Phase::Starting { .. } => Reason::NotFetchedYet(file),
        Phase::Running { doubt: None, .. }
            if renderer.state == Some(TransportState::PausedPlayback) =>
        {
            Reason::GoingOn
        }
        Phase::Running { doubt: None | Some(Doubt::LookAgain(_)), .. } | Phase::Over => {
            Reason::Between
        }
        Phase::Running { .. } => Reason::Looking,
        // Whoever fails says a fault; it is given again.
        Phase::Failed { .. } => Reason::Giving(file),
    }
}

/// What became of a load that was commanded to play and does not, by what the media server saw of it.
pub(super) fn never_began(load: &Load) -> Fault {
    let (witness, name) = (&load.witness, load.name());
    if load.fetched && witness.only_hung_up(load) {
        Fault::HungUp(name, witness.hang_ups)
    } else if load.fetched {
        Fault::DoesNotPlay(name)
    } else if witness.heads > 0 {
        Fault::OnlyAsked(name)
    } else {
        Fault::CannotReachBox(load.origin.0, load.origin.1)
    }
}

impl Reason<'_> {
    /// Whether a person should do something about it.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self {
            Self::NotDriven
            | Self::NotAsked
            | Self::Finished
            | Self::Stopped
            | Self::Paused
            | Self::Viewer(..)
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

    /// One word for programs. It never changes its meaning.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotDriven => "not_driven",
            Self::NotAsked => "not_asked",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
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
            Self::Misconfigured => "misconfigured",
            Self::Offline => "offline",
            Self::Fault(fault) => fault.word(),
        }
    }
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDriven => write!(f, "no [[renderer]] of the configuration is for it"),
            Self::NotAsked => write!(f, "nobody has asked for it yet; press play"),
            Self::Finished => write!(f, "the programme is over"),
            Self::Stopped => write!(f, "it was stopped at the box; press play to start it again"),
            Self::Paused => write!(f, "it was paused at the box; press play to go on"),
            Self::Viewer(did, again) => {
                let takes_back = match did {
                    Viewer::Stopped => write!(f, "a viewer stopped it"),
                    Viewer::Paused => write!(f, "a viewer paused it"),
                    Viewer::SwitchedOff => write!(f, "a viewer switched it off"),
                    Viewer::TookOver => write!(f, "somebody else plays something on it"),
                };
                takes_back?;
                match (did, again) {
                    (_, Some(again)) => {
                        write!(f, "; it is started again in {} s", again.as_secs().max(1))
                    }
                    (Viewer::TookOver, None) => write!(f, "; press play to take it back"),
                    (Viewer::Paused, None) => write!(f, "; press play to go on"),
                    (_, None) => write!(f, "; press play to start it again"),
                }
            }
            Self::Leaving => write!(f, "the box is leaving"),
            Self::Asking => write!(f, "the box asks it what it does"),
            Self::Giving(file) => write!(f, "it is being given {}", file_name(file)),
            Self::Busy(times) => write!(f, "it is busy; asked again ({times})"),
            Self::NotFetchedYet(file) => {
                write!(f, "it accepted {} and has not come to fetch it yet", file_name(file))
            }
            Self::Fetching(file) => {
                write!(f, "it fetches {} and does not play it yet", file_name(file))
            }
            Self::Looking => write!(f, "it stopped; the box looks why"),
            Self::Between => write!(f, "it is between two rounds"),
            Self::GoingOn => write!(f, "it is paused and told to go on"),
            Self::Misconfigured => {
                write!(f, "the configuration has an error: see dlna-kiosk check")
            }
            Self::Offline => write!(f, "the box has no network"),
            Self::Fault(fault) => write!(f, "{fault}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => {
                write!(f, "it does not answer: switched off, or not on this network; trying again")
            }
            Self::Hung => {
                write!(f, "it takes connections but does not answer: it hangs; waiting for it")
            }
            Self::Garbled => write!(f, "its answers cannot be understood; trying again"),
            Self::Status(status) => write!(f, "it answers with HTTP status {status}; trying again"),
            Self::CannotReachBox(address, port) => write!(
                f,
                "it cannot reach the box: a firewall or another network (VLAN, guest Wi-Fi) stands between; it must reach http://{address}:{port}"
            ),
            Self::OnlyAsked(file) => {
                write!(f, "it asked about {file} but never fetched it: it may not know the format")
            }
            Self::HungUp(file, times) => {
                write!(f, "it hung up on {file} each time ({times}): it may not know the format")
            }
            Self::DoesNotPlay(file) => {
                write!(f, "it fetched {file} but does not play it: it may not know the format")
            }
            Self::Refused(what, code, meaning) => {
                write!(f, "it refused {what} ({code}: {meaning})")
            }
            Self::RefusesFile(file) => {
                write!(f, "it refuses to play {file}: it may not know this kind of file")
            }
            Self::StoppedItself => {
                write!(f, "it stopped in the middle of the file; starting it again")
            }
            Self::NothingToPlay => {
                write!(f, "there is nothing to play: the media folder is empty or missing")
            }
            Self::Unreadable(file) => {
                write!(f, "the box cannot read {file}: is its disk in order? Trying again")
            }
            Self::Replaced(file) => write!(f, "{file} was replaced; playing the new one"),
            Self::Removed(file) => {
                write!(f, "{file} was removed while it played; playing what there is")
            }
            Self::NoServer => write!(f, "the media server does not listen yet"),
            Self::Local => write!(f, "the box itself could not make a connection; trying again"),
        }
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
            Reason::Misconfigured,
            Reason::Offline,
        ];
        let words = reasons.iter().map(Reason::word).chain(WORDS);
        for word in words {
            assert!(table.contains(&format!("`{word}`")), "{word}");
        }
    }

    #[test]
    fn a_count_that_grows_is_no_news() {
        let hung_up = |file: &str, times| Fault::HungUp(file.to_owned(), times);
        assert!(hung_up("a", 2).is_known_from(&hung_up("a", 3)));
        assert!(!hung_up("b", 3).is_known_from(&hung_up("a", 3)));
        assert!(!Fault::Hung.is_known_from(&Fault::Unreachable));
    }
}
