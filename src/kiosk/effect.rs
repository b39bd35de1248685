//! Everything that the kiosk asks of the outside world, as values.
//!
//! An effect carries everything needed to perform it, so that nobody asks the kiosk back. Performing an effect never
//! awaits and never fails; failures come back as events.

use super::event::{LedId, ReplyTo, TaskName, Ticket};
use super::memory::Memory;
use super::token::Token;
use crate::media::catalogue::MediaFile;
use crate::media::media_type::MediaType;
use crate::media::subtitles::SubtitleFormat;
use crate::time::Duration;
use crate::upnp::{Action, HttpUrl};
use core::fmt;
use core::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The effects of one step, at most [`EFFECTS`](crate::limits::EFFECTS). The caller of the step owns the vector and
/// reuses its memory.
pub type Effects = Vec<Effect>;

#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Send M-SEARCH for every target from every interface, by multicast.
    Search,
    /// Send M-SEARCH to one address.
    SearchAt(SocketAddrV4),
    /// Send a request to a renderer.
    Run {
        /// Returned with the answer.
        ticket: Ticket,
        /// What to send.
        request: Box<Request>,
    },
    /// Cancel the request whose ticket has this number, if it is still in flight.
    Cancel(u32),
    /// Scan the media folder and the files named in the configuration.
    Scan,
    /// Store the memory in the state directory.
    Save(Box<Memory>),
    /// Read the duration of a media file from its headers.
    Probe {
        /// The load that needs the duration.
        token: Token,
        path: Rc<Path>,
        /// The extension of the media type; the file's own name may be wrong.
        extension: &'static str,
    },
    /// Answer a media client.
    Serve {
        reply: ReplyTo,
        /// The requested token.
        token: Token,
        /// What to serve; `None`: 404.
        what: Option<Box<Published>>,
    },
    /// Answer a NOTIFY: known (200) or not (412).
    Acknowledge(ReplyTo, bool),
    /// The box now drives the renderers at these addresses: their connections go before those of strangers.
    Prefer(Vec<Ipv4Addr>),
    /// Answer a question of the control port.
    Report { reply: ReplyTo, json: String },
    /// Switch an LED on or off.
    Light(LedId, bool),
    /// Restart a task.
    Restart(TaskName),
    /// READY=1 to systemd.
    Ready,
    /// WATCHDOG=1 to systemd.
    Watchdog,
    /// STOPPING=1 to systemd.
    Stopping,
    /// Ask for the machine to be switched off. The box runs on until it receives SIGTERM.
    PowerOff,
    /// Exit with this code.
    Exit(u8),
}

impl Effect {
    /// Probes the duration of this file, for the load with this token.
    pub(super) fn probe(token: Token, file: &MediaFile) -> Self {
        Self::Probe { token, path: Rc::clone(&file.path), extension: file.media_type.extension }
    }
}

/// One HTTP exchange with a renderer.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// GET a device description.
    Describe {
        /// The URL of the description.
        location: HttpUrl,
    },
    /// GET the description of a service.
    DescribeService {
        /// The service's SCPDURL.
        url: HttpUrl,
    },
    /// POST a SOAP action.
    Act {
        /// The service's controlURL.
        url: HttpUrl,
        /// The version of the service type.
        version: u8,
        /// The action.
        action: Action,
        /// Names of extra arguments that this renderer requires; they are sent empty.
        surplus: Vec<String>,
    },
    /// SUBSCRIBE (UDA 1.0 §4.1.1).
    Subscribe {
        /// The service's eventSubURL.
        url: HttpUrl,
        /// Where events are to be sent.
        callback: Box<HttpUrl>,
        /// The requested duration.
        timeout: Duration,
    },
    /// SUBSCRIBE with a SID: a renewal.
    Renew {
        /// The service's eventSubURL.
        url: HttpUrl,
        /// The SID of the subscription.
        sid: String,
        /// The requested duration.
        timeout: Duration,
    },
    /// UNSUBSCRIBE.
    Unsubscribe {
        /// The service's eventSubURL.
        url: HttpUrl,
        /// The SID of the subscription.
        sid: String,
    },
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Describe { location } => write!(f, "GET {location}"),
            Self::DescribeService { url } => write!(f, "GET {url}"),
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
    /// The absolute path of the file, as the scan found it.
    pub path: PathBuf,
    /// The folder that contains the file, with symbolic links resolved. Nothing outside is served.
    pub root: PathBuf,
    /// The size in bytes. If size or modification time differ, the file is no longer the one that was published.
    pub size: u64,
    /// See [`MediaFile::modified`](crate::media::catalogue::MediaFile::modified).
    pub modified: i64,
    /// The media type.
    pub media_type: &'static MediaType,
    /// Content-Type: the MIME type from the metadata.
    pub mime: &'static str,
    /// contentFeatures.dlna.org.
    pub content_features: String,
    /// The bytes of a generated file.
    pub body: Option<Rc<[u8]>>,
    /// The subtitles served under the same token, with the extension of a subtitle file.
    pub subtitles: Option<PublishedSubtitles>,
}

/// The subtitles of a published file.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedSubtitles {
    /// The absolute path, in the same folder.
    pub path: PathBuf,
    /// CaptionInfo.sec.
    pub url: String,
    /// The format; its `mime` is the Content-Type.
    pub format: &'static SubtitleFormat,
    /// Send CaptionInfo.sec even if it is not requested: Samsung requests it in HEAD and reads it in the answer to GET.
    pub unasked: bool,
}
