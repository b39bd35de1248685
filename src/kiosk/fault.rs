//! What can be wrong with one renderer, and the sentence for it.

use super::left_out::Unplayable;
use core::fmt;
use core::net::Ipv4Addr;

/// What is wrong with one renderer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It cannot be connected to.
    Unreachable,
    /// It accepts connections and does not answer.
    Hung,
    /// Its answers are malformed.
    Garbled,
    /// It answers with this HTTP status.
    Status(u16),
    /// The box could not connect: it has no file descriptors left, or no address.
    Local,
    /// It was told to play and never came for the file. The box's address and port.
    CannotReachBox(Ipv4Addr, u16),
    /// It asked about the file with HEAD, and never fetched it.
    OnlyAsked(String),
    /// It opened connections for the file and dropped each at once, this many times.
    HungUp(String, u16),
    /// It fetched the file and does not play it.
    DoesNotPlay(String),
    /// It refused a command, with this code and meaning.
    Refused(&'static str, u16, &'static str),
    /// It refused every description of the file.
    RefusesFile(String),
    /// It stopped by itself in the middle.
    StoppedItself,
    /// There is nothing to play.
    NothingToPlay,
    /// The box cannot read the file: the disk fails, or is gone.
    Unreadable(String),
    /// The file was replaced while it played, and the rest of it is gone.
    Replaced(String),
    /// The file was removed while it played.
    Removed(String),
    /// The media server does not listen, so that the renderer has nothing to fetch from.
    NoServer,
    /// It was told to play and never came for this file, but it fetched others.
    NeverFetched(String),
    /// It hung or vanished whenever it got this file.
    Breaks(String),
    /// It was given the file and told to play, did not answer, and plays nothing. It answers what else it is asked.
    Unanswered,
}

/// What a failure is charged to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// This file does not play on this renderer, or cannot be read; others may.
    File(Unplayable),
    /// The renderer as a whole: it would fail with any file, or failed by chance.
    Renderer,
    /// The way from the renderer to the box.
    Network,
    /// The box, or its disk.
    Box,
}

/// The words of all faults, for programs; see [`Fault::word`].
pub const WORDS: [&str; 20] = [
    "unreachable",
    "hung",
    "garbled",
    "http_status",
    "box_cannot_connect",
    "cannot_reach_box",
    "only_asked",
    "hung_up",
    "does_not_play",
    "refused",
    "refuses_file",
    "stopped_itself",
    "nothing_to_play",
    "unreadable",
    "no_server",
    "replaced",
    "removed",
    "never_fetched",
    "breaks",
    "unanswered",
];

impl Fault {
    /// Returns whether the fault is about the connection, so that any answer ends it.
    pub fn ends_with_an_answer(&self) -> bool {
        self.index() <= Self::Local.index()
    }

    /// Returns whether the fault is about the box, so that it ends when a file can be given.
    pub fn ends_with_a_file(&self) -> bool {
        matches!(self, Self::NothingToPlay | Self::NoServer)
    }

    /// Returns whether the renderer refused to stop.
    pub fn is_about_stopping(&self) -> bool {
        matches!(self, Self::Refused("to stop", ..))
    }

    /// What the failure is charged to. This is the only place that decides it.
    pub fn blame(&self) -> Blame {
        match self {
            Self::RefusesFile(_) => Blame::File(Unplayable::Refused),
            Self::OnlyAsked(_) | Self::HungUp(..) => Blame::File(Unplayable::GivenUp),
            Self::DoesNotPlay(_) => Blame::File(Unplayable::NotShown),
            Self::NeverFetched(_) => Blame::File(Unplayable::NotFetched),
            Self::Breaks(_) => Blame::File(Unplayable::Breaks),
            Self::Unreadable(_) => Blame::File(Unplayable::Unreadable),
            // It lacks the command, or is busy, whatever the file.
            Self::Refused(_, 401 | 602 | 701 | 705 | 715, _) => Blame::Renderer,
            // It did not find the box: AVTransport:2 §2.4.
            Self::Refused(_, 737..=739, _) => Blame::Network,
            Self::Refused("to pause" | "to stop", ..) => Blame::Renderer,
            // A refusal without a good reason: some renderers refuse files so.
            Self::Refused(..) => Blame::File(Unplayable::Refused),
            Self::Unreachable
            | Self::Hung
            | Self::Garbled
            | Self::Status(_)
            | Self::StoppedItself
            | Self::Unanswered => Blame::Renderer,
            Self::CannotReachBox(..) => Blame::Network,
            Self::Local
            | Self::NothingToPlay
            | Self::Replaced(_)
            | Self::Removed(_)
            | Self::NoServer => Blame::Box,
        }
    }

    /// How many attempts in a row convict a file. A refusal without a reason may mean that the renderer is busy.
    pub fn attempts(&self) -> u8 {
        if matches!(self, Self::Refused(..)) { 3 } else { 2 }
    }

    /// One word for programs. Its meaning never changes.
    pub fn word(&self) -> &'static str {
        WORDS[self.index()]
    }

    /// The index in [`WORDS`].
    pub fn index(&self) -> usize {
        match self {
            Self::Unreachable => 0,
            Self::Hung => 1,
            Self::Garbled => 2,
            Self::Status(_) => 3,
            Self::Local => 4,
            Self::CannotReachBox(..) => 5,
            Self::OnlyAsked(_) => 6,
            Self::HungUp(..) => 7,
            Self::DoesNotPlay(_) => 8,
            Self::Refused(..) => 9,
            Self::RefusesFile(_) => 10,
            Self::StoppedItself => 11,
            Self::NothingToPlay => 12,
            Self::Unreadable(_) => 13,
            Self::NoServer => 14,
            Self::Replaced(_) => 15,
            Self::Removed(_) => 16,
            Self::NeverFetched(_) => 17,
            Self::Breaks(_) => 18,
            Self::Unanswered => 19,
        }
    }

    /// Returns whether the fault was reported before. A count that grew makes no difference.
    pub fn is_known_from(&self, before: &Self) -> bool {
        match (self, before) {
            (Self::HungUp(file, _), Self::HungUp(other, _)) => file == other,
            _ => self == before,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => {
                write!(f, "it does not answer: it is off, or not on this network; trying again")
            }
            Self::Hung => {
                write!(
                    f,
                    "it accepts connections but does not answer (it hangs); waiting for it to recover"
                )
            }
            Self::Garbled => write!(f, "its answers make no sense or break off; trying again"),
            Self::Status(status) => write!(f, "it answers with HTTP status {status}; trying again"),
            Self::CannotReachBox(address, port) => write!(
                f,
                "it cannot reach the box: a firewall blocks it, or the two are on different networks (VLAN, guest Wi-Fi); the renderer must be able to reach http://{address}:{port}"
            ),
            Self::OnlyAsked(file) => {
                write!(
                    f,
                    "it asked about {file} but never fetched it: it may not support the format"
                )
            }
            Self::HungUp(file, times) => {
                write!(
                    f,
                    "it began to fetch {file} {times} times and hung up each time: it may not support the format"
                )
            }
            Self::DoesNotPlay(file) => {
                write!(f, "it fetched {file} but does not play it: it may not support the format")
            }
            Self::Refused(what, code, meaning) => {
                write!(f, "it refused {what} ({code}: {meaning})")
            }
            Self::RefusesFile(file) => {
                write!(f, "it refuses to play {file}: it may not support this kind of file")
            }
            Self::StoppedItself => {
                write!(
                    f,
                    "it stopped in the middle of the file; the box is starting the file again"
                )
            }
            Self::NothingToPlay => {
                write!(
                    f,
                    "there is nothing to play: the media folder is empty or missing, or nothing in it can be played"
                )
            }
            Self::Unreadable(file) => {
                write!(f, "the box cannot read {file}: check the disk; trying again")
            }
            Self::Replaced(file) => write!(f, "{file} was replaced; playing the new one"),
            Self::Removed(file) => {
                write!(f, "{file} was removed while it played; going on with the remaining files")
            }
            Self::NoServer => write!(f, "the box's media server is not running yet"),
            Self::Local => write!(f, "the box itself could not open a connection; trying again"),
            Self::NeverFetched(file) => {
                write!(
                    f,
                    "it never fetched {file}, but it fetches others: it may not support the format"
                )
            }
            Self::Unanswered => {
                write!(
                    f,
                    "it does not answer when it is given a file or told to play; trying again"
                )
            }
            Self::Breaks(file) => {
                write!(f, "{file} makes it hang: remove the file or convert it")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_charged_to_what_caused_it() {
        let file = || "a.mp4".to_owned();
        for (fault, why) in [
            (Fault::RefusesFile(file()), Unplayable::Refused),
            (Fault::Refused("the file", 501, ""), Unplayable::Refused),
            (Fault::Refused("to play", 716, ""), Unplayable::Refused),
            (Fault::OnlyAsked(file()), Unplayable::GivenUp),
            (Fault::HungUp(file(), 3), Unplayable::GivenUp),
            (Fault::DoesNotPlay(file()), Unplayable::NotShown),
            (Fault::NeverFetched(file()), Unplayable::NotFetched),
            (Fault::Breaks(file()), Unplayable::Breaks),
            (Fault::Unreadable(file()), Unplayable::Unreadable),
        ] {
            assert_eq!(fault.blame(), Blame::File(why), "{fault}");
        }
        for fault in [
            Fault::Unreachable,
            Fault::Hung,
            Fault::Status(500),
            Fault::StoppedItself,
            Fault::Refused("to play", 401, ""),
            Fault::Refused("the file", 715, ""),
            Fault::Refused("to pause", 501, ""),
        ] {
            assert_eq!(fault.blame(), Blame::Renderer, "{fault}");
        }
        let network = Fault::CannotReachBox(Ipv4Addr::LOCALHOST, 8895);
        assert_eq!(network.blame(), Blame::Network);
        assert_eq!(Fault::Refused("the file", 738, "").blame(), Blame::Network);
        for fault in [Fault::Removed(file()), Fault::NoServer] {
            assert_eq!(fault.blame(), Blame::Box, "{fault}");
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
