//! Why a renderer does not do what it should: one sentence for a person.

use core::fmt;

/// What is wrong with one renderer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No connection.
    Unreachable,
    /// It takes connections and does not answer.
    Hung,
    /// What it answers cannot be understood.
    Garbled,
    /// It answers HTTP requests with this status.
    Status(u16),
    /// Commanded to play, but it never came for the file.
    NeverFetched,
    /// It fetched the file and did not play it.
    DoesNotPlay(String),
    /// It refused a command, with this code and meaning.
    Refused(&'static str, u16, &'static str),
    /// It refused every description of the file.
    RefusesFile(String),
    /// It stopped by itself in the middle.
    StoppedItself,
    /// A viewer stopped it.
    StoppedByViewer,
    /// Another control point plays something else on it.
    TakenOver,
    /// There is nothing to play.
    NothingToPlay,
    /// The box cannot read the file: the disk fails, or is gone.
    Unreadable(String),
    /// The file was replaced while it played, and the rest of it is gone.
    Replaced(String),
    /// The file was removed while it played.
    Removed(String),
    /// The box has no connection that the renderer could fetch from.
    NoServer,
    /// The box itself could not: no descriptors or no address.
    Local,
}

impl Fault {
    /// It is about the connection: an answer, whatever it says, ends it.
    #[must_use]
    pub fn ends_with_an_answer(&self) -> bool {
        matches!(
            self,
            Self::Unreachable | Self::Hung | Self::Garbled | Self::Status(_) | Self::Local
        )
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
            Self::NeverFetched => write!(
                f,
                "it accepted the file but never came to fetch it: is there a firewall or another network between?"
            ),
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
            Self::StoppedByViewer => write!(f, "a viewer stopped it; press play to start it again"),
            Self::TakenOver => {
                write!(f, "somebody else plays something on it; press play to take it back")
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
