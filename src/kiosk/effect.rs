//! Everything the kiosk wants of the world, as values. Small: the shell reads URLs and bodies from
//! the kiosk by their ids. Performing one never awaits and never fails; failures come back as events.

use super::event::{LedId, ReplyTo, TaskName, Ticket};
use super::token::Token;
use crate::media::mime::MediaType;
use crate::media::subtitles::Format;
use crate::time::Duration;
use crate::upnp::{Action, HttpUrl};
use core::fmt;
use core::net::SocketAddrV4;
use std::path::PathBuf;
use std::rc::Rc;

/// The effects of one step, at most [`EFFECTS`](crate::limits::EFFECTS). Whoever steps the kiosk keeps it, so
/// that its memory is used again.
pub type Effects = Vec<Effect>;

/// One effect.
#[derive(Debug, PartialEq, Hash)]
pub enum Effect {
    /// Send M-SEARCH for every target from every interface, by multicast.
    Search,
    /// Send M-SEARCH to one address.
    SearchAt(SocketAddrV4),
    /// Run a request: ask [`Kiosk::request`](super::Kiosk::request) for it now, answer with the ticket.
    Run(Ticket),
    /// Drop the request with this number, if it still runs.
    Cancel(u32),
    /// Read the media folder and the files named by the configuration.
    Scan,
    /// Write down [`Kiosk::memory`](super::Kiosk::memory).
    Save,
    /// Look into the file of this token for its duration.
    Probe(Token),
    /// Answer a media client: [`Kiosk::published`](super::Kiosk::published) tells what with.
    Serve(ReplyTo, Token),
    /// Answer a NOTIFY: known (200) or not (412).
    Acknowledge(ReplyTo, bool),
    /// Answer with [`Kiosk::status`](super::Kiosk::status).
    Report(ReplyTo),
    /// Answer with [`Kiosk::statistics`](super::Kiosk::statistics).
    ReportStatistics(ReplyTo),
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
