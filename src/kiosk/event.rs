//! Everything that can happen to the box, as values. The shell creates them, `Kiosk::step` takes them.

use super::memory::Memory;
use super::status::MailboxStatus;
use super::token::Token;
use crate::media::catalogue::Scan;
use crate::time::Duration;
use crate::upnp::description::Description;
use crate::upnp::description::ServiceDescription;
use crate::upnp::gena::LastChange;
use crate::upnp::ssdp::Announcement;
use crate::upnp::{Reply, UpnpError};
use core::fmt;
use core::net::Ipv4Addr;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The right to answer one request, once. Neither `Copy` nor `Clone`: it is sent with the request and returned with the
/// answer. The answer to a cancelled request is recognised by its number.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    number: u32,
}

impl Ticket {
    /// Only the kiosk issues tickets; tests and simulations may forge them.
    pub const fn issue(number: u32) -> Self {
        Self { number }
    }

    /// The number by which the kiosk knows the ticket.
    pub const fn number(&self) -> u32 {
        self.number
    }
}

/// The right to one reply to a media client or a control client. Created by the shell and returned in an effect.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ReplyTo(pub u32);

/// The index of a button in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ButtonId(pub u8);

/// The index of an LED in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LedId(pub u8);

/// What can be asked of the kiosk; [`Kiosk::answer`](super::Kiosk::answer) answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// The status.
    Status,
    /// The statistics.
    Statistics,
}

#[derive(Debug)]
pub enum Event {
    /// The deadline returned by [`Kiosk::next_deadline`](super::Kiosk::next_deadline) has passed.
    Deadline,
    /// A usable SSDP datagram.
    Heard(Box<Announcement>),
    /// An unusable datagram, to be counted.
    BadDatagram,
    /// A request is over.
    Answered {
        ticket: Ticket,
        outcome: Result<Answer, Failure>,
        /// The box's own address on that connection, if there was one.
        facing: Option<Ipv4Addr>,
    },
    /// The head of a NOTIFY to one of the callback paths: is its body worth reading?
    NotifyAsked {
        /// The number in the callback path, which identifies the subscription.
        callback: u32,
        /// The SID header.
        sid: String,
        /// The sender.
        from: Ipv4Addr,
        /// Where to send the answer.
        reply: ReplyTo,
    },
    /// A NOTIFY to one of the callback paths.
    Notified {
        /// The number in the callback path, which identifies the subscription.
        callback: u32,
        /// The SID header.
        sid: String,
        /// The body.
        change: Box<LastChange>,
        /// The sender.
        from: Ipv4Addr,
        /// Where to send the answer (200 or 412).
        reply: ReplyTo,
    },
    /// A media client requests a token.
    MediaAsked {
        token: Token,
        /// Where to send the answer.
        reply: ReplyTo,
    },
    /// Progress of one media request: bytes sent, or its end. The best evidence of what a renderer really does.
    Served {
        token: Token,
        /// How many bytes were sent since the last such event.
        bytes: u64,
        /// How the request ended, if it did.
        end: Option<StreamEnd>,
    },
    /// How many connections the media server has now.
    MediaConnections(u16),
    /// A contact closed or opened; bounces are removed.
    Button {
        button: ButtonId,
        /// Closed (pressed) or open.
        pressed: bool,
    },
    /// The box's addresses: at the start and after each change.
    Addresses(heapless::Vec<Ipv4Addr, 16>),
    /// The servers listen.
    Listening {
        /// The port of media and callbacks.
        media_port: u16,
    },
    /// The wall-clock time: at the start, and after the clock or the time zone was changed. Sent only if there is a
    /// schedule.
    Clock {
        /// The time in UTC.
        wall: Timestamp,
        /// The time zone of the box.
        zone: TimeZone,
        /// The clock was synchronised with the network since the machine started.
        trusted: bool,
    },
    /// The media folder was scanned.
    Scanned(Box<Scan>),
    /// Something changed in the media folder, or a disk came or went. Sent once a second at most.
    FolderChanged,
    /// A media file was probed.
    Probed {
        /// The load that needs the duration.
        token: Token,
        /// The duration, if it could be read.
        duration: Option<Duration>,
    },
    /// What the state directory contained: at the start, before any other event, and after somebody else changed it.
    Remembered(Box<Memory>),
    /// The result of [`Effect::Save`](super::effect::Effect::Save); the sentence says why it failed.
    Saved(Result<(), String>),
    /// A client of the control port asks for something as JSON.
    Asked {
        /// What it asks for.
        question: Question,
        /// The state of the mailbox, which only the shell knows.
        mailbox: MailboxStatus,
        /// Where the answer goes.
        reply: ReplyTo,
    },
    /// An essential task is alive. Each reports well within [`SILENCE`](super::supervisor::SILENCE).
    Alive(TaskName),
    /// A task ended unexpectedly; the sentence says why.
    TaskEnded(TaskName, String),
    /// The GPIO hardware works, or does not.
    Panel(PanelState),
    /// The result of [`Effect::PowerOff`](super::effect::Effect::PowerOff): the machine is about to be switched off, or
    /// the sentence says why not.
    PoweredOff(Result<(), String>),
    /// Shut down, because of SIGTERM or SIGINT.
    Leave,
}

impl Event {
    /// What has happened, in a few words for people.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Deadline => "a timed step",
            Self::Heard(_) | Self::BadDatagram => "a step for a datagram",
            Self::Answered { .. } => "a step for a renderer's answer",
            Self::NotifyAsked { .. } | Self::Notified { .. } => "a step for a renderer's event",
            Self::MediaAsked { .. } | Self::Served { .. } | Self::MediaConnections(_) => {
                "a step for a media client"
            }
            Self::Button { .. } => "a step for a button",
            Self::Scanned(_) | Self::FolderChanged | Self::Probed { .. } => {
                "a step for the media folder"
            }
            Self::Remembered(_) | Self::Saved(_) => "a step for what was learned",
            Self::Asked { .. } => "a step for the status",
            Self::Addresses(_)
            | Self::Listening { .. }
            | Self::Clock { .. }
            | Self::Alive(_)
            | Self::TaskEnded(..)
            | Self::Panel(_)
            | Self::PoweredOff(_)
            | Self::Leave => "a step for the box itself",
        }
    }
}

/// The result of a successful request.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// A description was fetched and parsed.
    Description(Box<Description>),
    /// A SOAP action succeeded.
    Reply(Reply),
    /// The description of a service was fetched and parsed.
    ServiceDescription(Box<ServiceDescription>),
    /// SUBSCRIBE was granted or renewed. A renewal may lack the SID.
    Subscribed {
        /// The subscription identifier.
        sid: Option<String>,
        /// The granted duration.
        timeout: Duration,
    },
    /// UNSUBSCRIBE was answered.
    Unsubscribed,
}

/// How a request failed, by what the kiosk can do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection: refused, no route, reset, or closed without an answer.
    Unreachable,
    /// The kiosk stopped waiting. The shell never reports this.
    Timeout,
    /// A UPnP fault.
    Refused(UpnpError),
    /// An HTTP status other than 200 without a UPnP fault.
    Status(u16),
    /// An answer that broke off in the middle.
    Cut,
    /// A malformed or oversized answer.
    Malformed,
    /// A description without a renderer.
    NotARenderer,
    /// The box itself could not send: no file descriptors, memory, address or network, or its own firewall.
    Local,
}

/// How a media request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// Everything requested was sent, including the last byte of the file.
    WholeFile,
    /// Everything requested was sent, but not the end of the file.
    Part,
    /// HEAD.
    Head,
    /// The client hung up.
    Aborted,
    /// The file became unreadable.
    FileError,
    /// The file was replaced or written to, so that the requested content is gone.
    Replaced,
}

/// The essential tasks of the shell.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum TaskName {
    /// SSDP.
    Multicast,
    /// Media and event callbacks.
    MediaServer,
    /// Status and statistics.
    ControlServer,
    /// Buttons and LEDs.
    Panel,
    /// The box's addresses.
    Network,
}

impl TaskName {
    /// The task, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Multicast => "the search for renderers",
            Self::MediaServer => "the media server",
            Self::ControlServer => "the control server",
            Self::Panel => "the control of buttons and LEDs",
            Self::Network => "the monitoring of the network",
        }
    }
}

impl fmt::Display for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The state of the GPIO hardware.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PanelState {
    /// Buttons and LEDs work.
    Working,
    /// There is none, or it cannot be used; the sentence says why.
    Absent(String),
}
