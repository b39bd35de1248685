//! SOAP 1.1 as UPnP uses it (UDA 1.0 §3): envelopes, faults, and the actions of the three services.

use super::xml::{Document, Node, decode, escape, unescape};
use super::{av_transport, connection_manager, rendering_control};
use crate::limits::SENTENCE_BYTES;
use crate::text::{Text, clip};

/// The three services of a MediaRenderer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServiceKind {
    /// `urn:schemas-upnp-org:service:AVTransport:n`
    AvTransport,
    /// `urn:schemas-upnp-org:service:RenderingControl:n`
    RenderingControl,
    /// `urn:schemas-upnp-org:service:ConnectionManager:n`
    ConnectionManager,
}

/// A call of an action, with its IN arguments.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// To the AVTransport service.
    AvTransport(av_transport::Action),
    /// To the RenderingControl service.
    RenderingControl(rendering_control::Action),
    /// To the ConnectionManager service.
    ConnectionManager(connection_manager::Action),
}

/// What an action answered: its OUT arguments.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// An action without OUT arguments succeeded.
    Done,
    /// From the AVTransport service.
    AvTransport(av_transport::Reply),
    /// From the RenderingControl service.
    RenderingControl(rendering_control::Reply),
    /// From the ConnectionManager service.
    ConnectionManager(connection_manager::Reply),
}

/// A UPnPError in a SOAP fault (UDA 1.0 §3.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpnpError {
    /// errorCode.
    pub code: u16,
    /// errorDescription, shortened; may be empty.
    pub description: Text<SENTENCE_BYTES>,
}

/// Why an answer brings no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SoapError {
    /// A fault, whatever the HTTP status.
    Fault(UpnpError),
    /// None of the OUT arguments could be found.
    Malformed,
}

impl ServiceKind {
    const ALL: [Self; 3] = [
        Self::AvTransport,
        Self::RenderingControl,
        Self::ConnectionManager,
    ];

    /// Its name in serviceType.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AvTransport => "AVTransport",
            Self::RenderingControl => "RenderingControl",
            Self::ConnectionManager => "ConnectionManager",
        }
    }

    /// serviceType.
    #[must_use]
    pub fn urn(self, version: u8) -> String {
        format!("{PREFIX}{}:{version}", self.name())
    }

    /// The service and version that `service_type` names. A version that cannot be read counts as 1.
    #[must_use]
    pub fn of(service_type: &str) -> Option<(Self, u8)> {
        let (name, version) = service_type.trim().strip_prefix(PREFIX)?.split_once(':')?;
        let kind = Self::ALL.into_iter().find(|kind| kind.name() == name)?;
        Some((kind, version.trim().parse().unwrap_or(1).max(1)))
    }
}

const PREFIX: &str = "urn:schemas-upnp-org:service:";

impl Action {
    /// The service that it belongs to.
    #[must_use]
    pub const fn service(&self) -> ServiceKind {
        match self {
            Self::AvTransport(_) => ServiceKind::AvTransport,
            Self::RenderingControl(_) => ServiceKind::RenderingControl,
            Self::ConnectionManager(_) => ServiceKind::ConnectionManager,
        }
    }

    /// Its name on the wire.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AvTransport(action) => action.name(),
            Self::RenderingControl(action) => action.name(),
            Self::ConnectionManager(action) => action.name(),
        }
    }

    /// The whole envelope. `version` is that of the renderer's service.
    #[must_use]
    pub fn write(&self, version: u8) -> String {
        let arguments = match self {
            Self::AvTransport(action) => action.write_arguments(),
            Self::RenderingControl(action) => action.write_arguments(),
            Self::ConnectionManager(connection_manager::Action::GetProtocolInfo) => String::new(),
        };
        envelope(self.service(), version, self.name(), &arguments)
    }

    /// The value of the SOAPACTION header, with its quotes.
    #[must_use]
    pub fn soap_action(&self, version: u8) -> String {
        format!("\"{}#{}\"", self.service().urn(version), self.name())
    }

    /// What a renderer answered to this.
    ///
    /// # Errors
    /// [`SoapError`].
    #[expect(
        clippy::result_large_err,
        reason = "made once per call and taken apart at once"
    )]
    pub fn parse_reply(&self, body: &[u8]) -> Result<Reply, SoapError> {
        let text = decode(body);
        let document = Document::read(&text, "Envelope");
        if let Some(error) = find_fault(&document) {
            return Err(SoapError::Fault(error));
        }
        let arguments = Arguments::of(&document, &text, Some(&format!("{}Response", self.name())));
        let reply = match self {
            Self::AvTransport(action) => action.parse_reply(&arguments),
            Self::RenderingControl(action) => action.parse_reply(&arguments),
            Self::ConnectionManager(action) => action.parse_reply(&arguments),
        };
        reply.ok_or(SoapError::Malformed)
    }

    /// The call in a request, as the renderer reads it. `soap_action` is the header; where it is empty
    /// the body alone tells.
    #[must_use]
    pub fn parse(soap_action: &str, body: &[u8]) -> Option<Self> {
        let text = decode(body);
        let document = Document::read(&text, "Envelope");
        let (service_type, name) = match soap_action.trim().trim_matches('"').rsplit_once('#') {
            Some(header) => header,
            None => {
                let call = document.find("Body")?.children().next()?;
                (call.attribute_value_starting(PREFIX)?, call.name())
            }
        };
        let (kind, _) = ServiceKind::of(service_type)?;
        let arguments = Arguments::of(&document, &text, Some(name));
        Some(match kind {
            ServiceKind::AvTransport => {
                Self::AvTransport(av_transport::Action::parse(name, &arguments)?)
            }
            ServiceKind::RenderingControl => {
                Self::RenderingControl(rendering_control::Action::parse(name, &arguments)?)
            }
            ServiceKind::ConnectionManager => {
                Self::ConnectionManager(connection_manager::Action::parse(name)?)
            }
        })
    }
}

impl Reply {
    /// The whole envelope that answers `action`.
    #[must_use]
    pub fn write(&self, action: &Action, version: u8) -> String {
        let arguments = match self {
            Self::Done => String::new(),
            Self::AvTransport(reply) => reply.write_arguments(),
            Self::RenderingControl(reply) => reply.write_arguments(),
            Self::ConnectionManager(reply) => reply.write_arguments(),
        };
        let name = format!("{}Response", action.name());
        envelope(action.service(), version, &name, &arguments)
    }
}

impl UpnpError {
    /// The whole envelope of the fault, to go with HTTP status 500.
    #[must_use]
    pub fn write(&self) -> String {
        wrap(&format!(
            "<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>\
             <UPnPError xmlns=\"urn:schemas-upnp-org:control-1-0\"><errorCode>{}</errorCode>\
             <errorDescription>{}</errorDescription></UPnPError></detail></s:Fault>",
            self.code,
            escape(&self.description)
        ))
    }

    /// What the code means, in plain words for people (UDA 1.0 §3.2.2, AVTransport:1 §2.4).
    #[must_use]
    pub const fn meaning(&self) -> &'static str {
        match self.code {
            401 => "it does not know this action; remote control may be switched off in its menu",
            402 => "it does not accept these arguments",
            403 => "it is out of step with us",
            404 => "it does not know this variable",
            501 => "it tried and failed, without saying why",
            600 => "it does not accept this value",
            601 => "this value is out of its range",
            602 => "it does not have this action",
            603 => "it is out of memory",
            604 => "it waits for somebody to answer a question on its screen",
            605 => "our description of the file is too long for it",
            606..=612 => "somebody has to allow this box in its menu",
            701 => "it cannot do this in its present state",
            702 => "it finds nothing to play",
            703 => "it could not read the file to the end",
            704 => "it cannot play this format",
            705 => "its transport is locked by another remote control",
            706 => "it cannot write to this medium",
            707 => "its medium is protected",
            708 => "it cannot record in this format",
            709 => "its medium is full",
            710 => "it cannot seek this way",
            711 => "it cannot seek to this place",
            712 => "it does not have this play mode",
            713 => "it cannot record in this quality",
            714 => "it does not play this type of file",
            715 => "the file is in use elsewhere",
            716 => "it could not fetch the file from this box",
            717 => "it cannot play at this speed",
            718 => "it does not know this instance",
            719..=725 => "it asks for a licence for this content",
            737 => "it could not look up the address of this box",
            738 => "it cannot reach this box",
            739 => "it did not like the answer of our media server",
            800..=899 => "its maker alone knows what this code means",
            _ => "a code that the specifications do not know",
        }
    }
}

/// The UPnPError in `body`, if it is a fault.
#[must_use]
pub fn fault(body: &[u8]) -> Option<UpnpError> {
    let text = decode(body);
    find_fault(&Document::read(&text, "Envelope")).or_else(|| {
        // A fault torn beyond repair, or escaped once too often.
        let code =
            torn_argument(&unescape(&text), "errorCode").and_then(|code| error_code(&code))?;
        Some(UpnpError {
            code,
            description: Text::new(),
        })
    })
}

fn find_fault(document: &Document) -> Option<UpnpError> {
    let code = document
        .nodes()
        .filter(|node| node.is("errorCode"))
        .find_map(|node| error_code(node.text()))?;
    let description = document.find("errorDescription").map_or("", Node::text);
    Some(UpnpError {
        code,
        description: clip(description),
    })
}

fn error_code(text: &str) -> Option<u16> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .map_or(text, |end| &text[..end]);
    digits.parse().ok().filter(|&code| code != 0)
}

fn envelope(kind: ServiceKind, version: u8, name: &str, arguments: &str) -> String {
    let urn = kind.urn(version);
    wrap(&format!(
        "<u:{name} xmlns:u=\"{urn}\">{arguments}</u:{name}>"
    ))
}

fn wrap(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\">\
         <s:Body>{body}</s:Body></s:Envelope>"
    )
}

/// `<name>value</name>`, the value escaped.
pub(super) fn argument(name: &str, value: &str) -> String {
    format!("<{name}>{}</{name}>", escape(value))
}

/// The arguments of a call or an answer, looked up by name without regard to case and prefix.
#[derive(Debug)]
pub(super) struct Arguments<'a> {
    document: &'a Document,
    text: &'a str,
    frame: Option<Node<'a>>,
}

impl<'a> Arguments<'a> {
    fn of(document: &'a Document, text: &'a str, frame: Option<&str>) -> Self {
        let named = frame.and_then(|name| document.find(name));
        Self {
            document,
            text,
            frame: named
                .or_else(|| document.find("Body"))
                .or_else(|| document.first()),
        }
    }

    /// The value as it stands. The last one counts: what comes before it may be leftovers of metadata that
    /// was not escaped, which is also why what is inside of metadata counts only if there is nothing else.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let frame = self.frame?;
        let outside = frame
            .descendants_outside(&METADATA)
            .filter(|node| node.is(name))
            .last();
        let anywhere = || self.document.nodes().filter(|node| node.is(name)).last();
        outside
            .or_else(anywhere)
            .map(|node| node.raw_text().to_owned())
            .or_else(|| torn_argument(self.text, name))
    }

    /// The value, trimmed; `None` also if it is empty or NOT_IMPLEMENTED.
    pub(super) fn said(&self, name: &str) -> Option<String> {
        let value = self.get(name)?;
        let value = value.trim();
        (!value.is_empty() && !value.eq_ignore_ascii_case("NOT_IMPLEMENTED"))
            .then(|| value.to_owned())
    }

    /// A URI, trimmed; empty as it is said, NOT_IMPLEMENTED is absent.
    pub(super) fn uri(&self, name: &str) -> Option<String> {
        self.get(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.eq_ignore_ascii_case("NOT_IMPLEMENTED"))
    }
}

/// Arguments that hold DIDL-Lite.
const METADATA: [&str; 4] = [
    "TrackMetaData",
    "CurrentURIMetaData",
    "NextURIMetaData",
    "DIDL-Lite",
];

/// The text after the last start tag called `name`, where tags no longer fit together.
fn torn_argument(text: &str, name: &str) -> Option<String> {
    let values = text.split('<').skip(1).filter_map(|piece| {
        let (tag, value) = piece.split_once('>')?;
        let tag = tag.split_ascii_whitespace().next()?;
        let local = tag.rsplit(':').next()?;
        local
            .eq_ignore_ascii_case(name)
            .then(|| unescape(value).trim().to_owned())
    });
    values.last()
}
