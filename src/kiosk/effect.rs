//! Everything that the kiosk asks of the outside world, as values.
//!
//! An effect carries all that is needed to perform it: nobody asks the kiosk back. Performing an effect never awaits
//! and never fails; failures come back as events.

use super::event::{LedId, ReplyTo, TaskName, Ticket};
use super::memory::Memory;
use super::statistics::Statistics;
use super::status::Status;
use super::token::Token;
use crate::media::catalogue::MediaFile;
use crate::media::mime::MediaType;
use crate::media::subtitles::Format;
use crate::time::Duration;
use crate::upnp::{Action, HttpUrl};
use core::fmt;
use core::net::SocketAddrV4;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The effects of one step, at most [`EFFECTS`](crate::limits::EFFECTS). The caller of the step keeps the vector and
/// reuses its memory.
pub type Effects = Vec<Effect>;

/// One effect.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Send M-SEARCH for every target from every interface, by multicast.
    Search,
    /// Send M-SEARCH to one address.
    SearchAt(SocketAddrV4),
    /// Send a request to a renderer.
    Run {
        /// Goes back with the answer.
        ticket: Ticket,
        /// What to send.
        request: Box<Request>,
    },
    /// Drop the request whose ticket has this number, if it is still in flight.
    Cancel(u32),
    /// Read the media folder and the files named by the configuration.
    Scan,
    /// Write the memory to the state directory.
    Save(Box<Memory>),
    /// Read the duration of a media file from its headers.
    Probe {
        /// The load that wants to know it.
        token: Token,
        /// The file.
        path: Rc<Path>,
        /// The extension of its kind: the name of the file may lie.
        extension: &'static str,
    },
    /// Answer a media client.
    Serve {
        /// Who asked.
        reply: ReplyTo,
        /// The token asked for.
        token: Token,
        /// What to serve; `None`: 404.
        what: Option<Box<Published>>,
    },
    /// Answer a NOTIFY: known (200) or not (412).
    Acknowledge(ReplyTo, bool),
    /// Answer a question for the status.
    Report {
        /// Who asked.
        reply: ReplyTo,
        /// The answer.
        status: Box<Status>,
    },
    /// Answer a question for the statistics.
    ReportStatistics {
        /// Who asked.
        reply: ReplyTo,
        /// The answer.
        statistics: Statistics,
    },
    /// Light an LED, or not.
    Light(LedId, bool),
    /// Start a task again.
    Restart(TaskName),
    /// READY=1 to systemd.
    Ready,
    /// WATCHDOG=1 to systemd.
    Watchdog,
    /// STOPPING=1 to systemd.
    Stopping,
    /// Ask for the machine to be switched off. The box goes on until it is told to leave.
    PowerOff,
    /// Leave with this exit code.
    Exit(u8),
}

impl Effect {
    /// Reads the duration of this file, for the load of this token.
    pub(super) fn probe(token: Token, file: &MediaFile) -> Self {
        Self::Probe { token, path: Rc::clone(&file.path), extension: file.media_type.extension }
    }
}

/// A request to a renderer: one exchange over HTTP.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// GET a description.
    Describe {
        /// Where.
        location: HttpUrl,
    },
    /// GET the description of a service.
    Survey {
        /// SCPDURL.
        url: HttpUrl,
    },
    /// POST an action.
    Act {
        /// controlURL.
        url: HttpUrl,
        /// Version of the service type.
        version: u8,
        /// What.
        action: Action,
        /// Names of arguments that this renderer wants beside those of the action; they go out empty.
        surplus: Vec<String>,
    },
    /// SUBSCRIBE (UDA 1.0 §4.1.1).
    Subscribe {
        /// eventSubURL.
        url: HttpUrl,
        /// Where events go.
        callback: Box<HttpUrl>,
        /// Asked duration.
        timeout: Duration,
    },
    /// SUBSCRIBE with a SID: renewal.
    Renew {
        /// eventSubURL.
        url: HttpUrl,
        /// Subscription.
        sid: String,
        /// Asked duration.
        timeout: Duration,
    },
    /// UNSUBSCRIBE.
    Unsubscribe {
        /// eventSubURL.
        url: HttpUrl,
        /// Subscription.
        sid: String,
    },
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Describe { location } => write!(f, "GET {location}"),
            Self::Survey { url } => write!(f, "GET {url}"),
            Self::Act { url, action, .. } => write!(f, "{} at {}", action.name(), url.host),
            Self::Subscribe { url, .. } => write!(f, "SUBSCRIBE {url}"),
            Self::Renew { url, .. } => write!(f, "renew {url}"),
            Self::Unsubscribe { url, .. } => write!(f, "UNSUBSCRIBE {url}"),
        }
    }
}

/// What the media server needs to serve a token.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// The file: absolute, as it was found by the scan.
    pub path: PathBuf,
    /// The folder that it must not leave, symbolic links resolved.
    pub root: PathBuf,
    /// Bytes, and when it was last changed: another file under this path is not what was published.
    pub size: u64,
    /// See [`MediaFile::modified`](crate::media::catalogue::MediaFile::modified).
    pub modified: i64,
    /// Its kind.
    pub media_type: &'static MediaType,
    /// Content-Type: the MIME type said in the metadata.
    pub mime: &'static str,
    /// contentFeatures.dlna.org
    pub content_features: String,
    /// Its bytes, where it is on no disk.
    pub body: Option<Rc<[u8]>>,
    /// What is served under the same token for the extension of a subtitle file.
    pub subtitles: Option<PublishedSubtitles>,
}

/// The subtitles of a published file.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedSubtitles {
    /// Absolute, and below the same folder.
    pub path: PathBuf,
    /// CaptionInfo.sec
    pub url: String,
    /// Content-Type, in its `mime`.
    pub format: &'static Format,
    /// Say CaptionInfo.sec unasked, too: Samsung asks in its HEAD and listens in its GET.
    pub unasked: bool,
}
