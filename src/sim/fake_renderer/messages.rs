//! What goes into a simulated renderer and what comes out of it, as values.
//!
//! Terms: a *call* is one action that awaits its answer; a *fetch* is one HTTP request of the renderer for media, which
//! the driver of the renderer performs and reports on.

use crate::time::Duration;
use crate::upnp::gena::LastChange;
use crate::upnp::{HttpUrl, Reply, ServiceKind, Udn, UpnpError};

/// Who the renderer says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Persona {
    /// Its identity.
    pub udn: Udn,
    /// Its name, shown to people.
    pub friendly_name: String,
    /// Who made it.
    pub manufacturer: String,
    /// What it is.
    pub model_name: String,
    /// Version of MediaRenderer and its services: 1 to 3.
    pub version: u8,
    /// Path of its description.
    pub description_path: String,
    /// TCP port that it likes.
    pub port: u16,
    /// SERVER.
    pub server: String,
    /// User-Agent of its fetches.
    pub user_agent: String,
    /// Sink of GetProtocolInfo.
    pub sink: String,
}

/// Names one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Call(pub u32);

/// Names one fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FetchId(pub u32);

/// What the renderer wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Answer a call. A call may stay unanswered for ever.
    Answer {
        /// Which.
        call: Call,
        /// OUT arguments or a fault.
        result: Result<Reply, UpnpError>,
    },
    /// Ask a media server, and report to `FakeRenderer::fetched`.
    Fetch(Fetch),
    /// Drop a fetch and its connection.
    Abandon(FetchId),
    /// Send an event.
    Notify {
        /// Where to.
        callback: HttpUrl,
        /// SID header.
        sid: String,
        /// SEQ header.
        seq: u32,
        /// Which service.
        service: ServiceKind,
        /// The body.
        change: Box<LastChange>,
    },
    /// Multicast it.
    Announce(Announce),
}

/// An announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announce {
    /// ssdp:alive
    Alive,
    /// ssdp:byebye
    Byebye,
}

/// One HTTP request for media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Its name.
    pub id: FetchId,
    /// HEAD or GET.
    pub method: Method,
    /// What.
    pub url: String,
    /// `Range: bytes=N-`; without it no Range header.
    pub from: Option<u64>,
}

/// How media is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Only the head.
    Head,
    /// All.
    Get,
}

/// What became of a fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The head of the answer came.
    Opened {
        /// HTTP status.
        status: u16,
        /// Content-Type.
        mime: Option<String>,
        /// Content-Length.
        length: Option<u64>,
        /// Whether contentFeatures.dlna.org was there.
        content_features: bool,
        /// CaptionInfo.sec
        captions: Option<String>,
    },
    /// The media's own length in time was found in its first bytes.
    Duration(Duration),
    /// Bytes of the body came.
    Bytes(u64),
    /// The body is complete.
    Finished,
    /// No connection, or it broke off.
    Failed,
}

/// Whether a fetch should read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Read the next piece.
    Now,
    /// Ask again after this long.
    Later(Duration),
    /// The fetch is not wanted any more.
    Abandoned,
}

/// What a viewer, the mains or another control point does to the renderer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remote {
    /// The stop key.
    Stop,
    /// The pause key.
    Pause,
    /// The play key.
    Play,
    /// The volume keys.
    Volume(u16),
    /// Somebody else plays this here.
    PlayOther(String),
    /// Standby: says byebye, forgets the media, answers on; a Play wakes it.
    Standby,
    /// Off by its switch, with a byebye.
    PowerOff,
    /// Off without a word.
    PullPlug,
    /// On again, also from standby.
    PowerOn,
}

/// A granted subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribed {
    /// Subscription identifier.
    pub sid: String,
    /// Granted duration.
    pub timeout: Duration,
    /// Answer this late: the first event overtakes.
    pub answer_after: Duration,
}
