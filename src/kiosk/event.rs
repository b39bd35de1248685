//! Everything that can happen to the box, as values. The shell makes them, `Kiosk::step` takes them.

use super::memory::Memory;
use super::token::Token;
use crate::media::catalogue::Scan;
use crate::time::Duration;
use crate::upnp::description::Description;
use crate::upnp::gena::LastChange;
use crate::upnp::scpd::Survey;
use crate::upnp::ssdp::Announcement;
use crate::upnp::{Reply, UpnpError};
use core::net::Ipv4Addr;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The right to answer one request, once. Neither `Copy` nor `Clone`: it goes out with the request and
/// comes back with the answer; an answer to a cancelled request is recognised by its number.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    number: u32,
}

impl Ticket {
    /// Issued by the kiosk alone; tests and simulations may forge.
    #[must_use]
    pub const fn issue(number: u32) -> Self {
        Self { number }
    }

    /// What the kiosk remembers of it.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }
}

/// The right to one reply to somebody who asks the box: a media client or the page.
/// Made by the shell, handed back in an effect.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ReplyTo(pub u32);

/// Index of a button in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ButtonId(pub u8);

/// Index of an LED in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LedId(pub u8);

/// One event.
#[derive(Debug)]
pub enum Event {
    /// The time that [`Kiosk::next_deadline`](super::Kiosk::next_deadline) named has come.
    Deadline,
    /// A usable SSDP datagram.
    Heard(Box<Announcement>),
    /// A datagram that was no use: counted.
    Deaf,
    /// A request is over.
    Answered {
        /// Which.
        ticket: Ticket,
        /// How.
        outcome: Result<Answer, Failure>,
        /// Our own address on that connection, if there was one: the one that faces the renderer.
        facing: Option<Ipv4Addr>,
    },
    /// A NOTIFY came to a callback path of ours, from the renderer's address.
    Notified {
        /// The number in the callback path: which subscription.
        callback: u32,
        /// SID header.
        sid: String,
        /// SEQ header.
        seq: Option<u32>,
        /// The body.
        change: Box<LastChange>,
        /// Who sent it.
        from: Ipv4Addr,
        /// Where the answer (200 or 412) goes.
        reply: ReplyTo,
    },
    /// Somebody asks the media server for a token.
    MediaAsked {
        /// Which.
        token: Token,
        /// Where the answer goes.
        reply: ReplyTo,
    },
    /// What the media server saw of one request: bytes on their way, or its end. Witness of what the TV really does.
    Served {
        /// Which.
        token: Token,
        /// Bytes sent since the last such event.
        bytes: u64,
        /// The request is over.
        end: Option<StreamEnd>,
    },
    /// The state of the media server's connections changed.
    MediaConnections(u16),
    /// A contact opened or closed, bounces removed.
    Button {
        /// Which.
        button: ButtonId,
        /// Closed (pressed) or open.
        pressed: bool,
    },
    /// The box's addresses: at start and after each change.
    Addresses(heapless::Vec<Ipv4Addr, 16>),
    /// The servers listen.
    Listening {
        /// Port of media and callbacks.
        media_port: u16,
    },
    /// The wall clock shows this now: at the start, and after it was set or something else of it changed.
    /// Said only where there is a schedule.
    Clock {
        /// What it shows, in the world's time.
        wall: Timestamp,
        /// Where the box is.
        zone: TimeZone,
        /// It was set from the network since the machine began.
        trusted: bool,
    },
    /// The media folder was read.
    Scanned(Box<Scan>),
    /// Something changed in the media folder, or a disk came or went: told once a second at most.
    FolderChanged,
    /// A file was looked into.
    Probed {
        /// For which load.
        token: Token,
        /// Its own duration, if it could be read.
        duration: Option<Duration>,
    },
    /// There is a place for what the box remembers, and this was in it: at the start, before anything else, and
    /// when somebody else has changed it.
    Remembered(Box<Memory>),
    /// [`Effect::Save`](super::effect::Effect::Save) is done, or the sentence says why not.
    Saved(Result<(), String>),
    /// Somebody asks for the status.
    StatusAsked(ReplyTo),
    /// Somebody asks for the statistics.
    StatisticsAsked(ReplyTo),
    /// An essential task lives: said by each well within [`SILENCE`](super::supervisor::SILENCE).
    Alive(TaskName),
    /// A task ended though it should not have; the sentence says why.
    TaskEnded(TaskName, String),
    /// The GPIO hardware answered, or did not.
    Panel(PanelState),
    /// [`Effect::PowerOff`](super::effect::Effect::PowerOff): the machine is about to be switched off, or the sentence
    /// says why it is not.
    PoweredOff(Result<(), String>),
    /// SIGTERM or SIGINT, or the person at the terminal: leave.
    Leave,
}

/// What a request brought.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// A description was fetched and understood.
    Description(Box<Description>),
    /// An action succeeded.
    Reply(Reply),
    /// The description of a service was fetched.
    Surveyed(Box<Survey>),
    /// SUBSCRIBE, new or renewed. SID may be absent in a renewal.
    Subscribed {
        /// Subscription identifier.
        sid: Option<String>,
        /// Granted duration.
        timeout: Duration,
    },
    /// UNSUBSCRIBE was answered.
    Unsubscribed,
}

/// How a request failed. Named for what the kiosk can do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection: refused, no route, reset, closed without an answer.
    Unreachable,
    /// The kiosk gave up waiting. Never made by the shell.
    Timeout,
    /// A UPnP fault.
    Refused(UpnpError),
    /// An HTTP status other than 200 without a UPnP fault.
    Status(u16),
    /// An answer that cannot be understood, or is too large.
    Malformed,
    /// A description without a renderer.
    NotARenderer,
    /// The box itself could not: no descriptors, no memory, no address, no network, its own firewall.
    Local,
}

/// How a media request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// Everything asked for was sent, up to the last byte of the file.
    WholeFile,
    /// Everything asked for was sent, but not the file's end.
    Part,
    /// HEAD.
    Head,
    /// The client went away.
    Aborted,
    /// The file could not be read any more.
    FileError,
    /// Under its path is another file now, or it was written to: what was asked for is not there any more.
    Replaced,
}

/// The essential tasks of the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskName {
    /// SSDP sockets.
    Multicast,
    /// Media and callbacks.
    MediaServer,
    /// Status and page.
    ControlServer,
    /// Buttons and LEDs.
    Panel,
    /// Addresses of the box.
    Network,
}

/// What became of the GPIO hardware.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PanelState {
    /// Buttons and LEDs work.
    Working,
    /// None here, or not usable; the sentence says why.
    Absent(String),
}
