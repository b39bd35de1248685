//! SOAP 1.1 as UPnP uses it (UDA 1.0 §3): envelopes around calls, replies and faults.
//!
//! Arguments are read as renderers write them: under any prefix, in any case, beside leftovers of metadata,
//! in envelopes whose tags do not fit together. But of an answer that was cut only a whole fault is believed: the end of a
//! number or of a URI may be missing.

use super::ServiceKind;
use super::action::{Action, Reply};
use super::xml::{Document, Node, decode, escape, unescape};
use crate::limits::SENTENCE_BYTES;
use crate::text::{Text, clip};

/// Why an answer to a call brings no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SoapError {
    /// A fault, whatever the HTTP status.
    Fault(UpnpError),
    /// No OUT argument could be found, or the end is missing.
    Malformed,
}

impl Action {
    /// The envelope of the call. `version` is that of the renderer's service.
    pub fn write(&self, version: u8) -> String {
        self.write_with(version, &[])
    }

    /// As [`Self::write`], followed by empty arguments with the names in `extra`.
    pub fn write_with(&self, version: u8, extra: &[String]) -> String {
        let mut arguments = self.write_arguments();
        arguments.extend(extra.iter().map(|name| argument(name, "")));
        envelope(self.service(), version, self.name(), &arguments)
    }

    /// The value of the SOAPACTION header, with its quotes.
    pub fn soap_action(&self, version: u8) -> String {
        format!("\"{}#{}\"", self.service().urn(version), self.name())
    }

    /// The reply in the body of a renderer's answer to this call.
    ///
    /// # Errors
    /// [`SoapError`].
    pub fn parse_reply(&self, body: &[u8]) -> Result<Reply, SoapError> {
        let text = decode(body);
        let document = Document::read(&text, "Envelope");
        if let Some(error) = UpnpError::find(&document).or_else(|| hidden_fault(&document, body)) {
            return Err(SoapError::Fault(error));
        }
        let arguments = Arguments::of(&document, &text, &format!("{}Response", self.name()));
        let reply = self.read_reply(&arguments).ok_or(SoapError::Malformed)?;
        // The status has said already that an action without OUT arguments succeeded.
        let whole = reply == Reply::Done || document.is_whole() || arguments.are_whole();
        whole.then_some(reply).ok_or(SoapError::Malformed)
    }

    /// The call in a request, as a renderer reads it. Without a `soap_action` header the body alone says
    /// which action it is.
    pub fn parse(soap_action: &str, body: &[u8]) -> Option<Self> {
        let text = decode(body);
        let document = Document::read(&text, "Envelope");
        let (service_type, name) = match soap_action.trim().trim_matches('"').rsplit_once('#') {
            Some(header) => header,
            None => {
                let call = document.find("Body")?.children().next()?;
                (call.attribute_value_starting(ServiceKind::PREFIX)?, call.name())
            }
        };
        let (kind, _) = ServiceKind::of(service_type)?;
        let action = Self::read(name, &Arguments::of(&document, &text, name))?;
        (action.service() == kind).then_some(action)
    }
}

impl Reply {
    /// The envelope of the reply to `action`.
    pub fn write(&self, action: &Action, version: u8) -> String {
        let name = format!("{}Response", action.name());
        envelope(action.service(), version, &name, &self.write_arguments())
    }
}

fn envelope(kind: ServiceKind, version: u8, name: &str, arguments: &str) -> String {
    let urn = kind.urn(version);
    wrap(&format!("<u:{name} xmlns:u=\"{urn}\">{arguments}</u:{name}>"))
}

/// `body` in its envelope.
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

/// The arguments of a call or a reply.
#[derive(Debug)]
pub(super) struct Arguments<'a> {
    document: &'a Document,
    text: &'a str,
    frame: Option<Node<'a>>,
}

impl<'a> Arguments<'a> {
    /// Those in the element called `frame`, else in the Body.
    fn of(document: &'a Document, text: &'a str, frame: &str) -> Self {
        let frame = document.find(frame).or_else(|| document.find("Body"));
        Self { document, text, frame: frame.or_else(|| document.first()) }
    }

    /// Whether the element around them is closed, so that all of them are there although the end of the envelope is missing.
    fn are_whole(&self) -> bool {
        self.frame.is_some_and(Node::is_closed)
    }

    /// The value of the argument `name`, found without regard to case and prefix.
    ///
    /// The last one counts: those before it may be leftovers of metadata that was not escaped. For the same
    /// reason an argument inside of metadata counts only if there is no other.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let frame = self.frame?;
        let outside = frame.descendants_outside(&METADATA).filter(|node| node.is(name)).last();
        let anywhere = || self.document.nodes().filter(|node| node.is(name)).last();
        outside
            .or_else(anywhere)
            .map(|node| node.raw_text().to_owned())
            .or_else(|| torn_argument(self.text, name))
    }

    /// A URI, trimmed; may be empty. `None` if it is NOT_IMPLEMENTED.
    pub(super) fn uri(&self, name: &str) -> Option<String> {
        self.get(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.eq_ignore_ascii_case("NOT_IMPLEMENTED"))
    }
}

/// Arguments that hold DIDL-Lite.
const METADATA: [&str; 4] = ["TrackMetaData", "CurrentURIMetaData", "NextURIMetaData", "DIDL-Lite"];

/// The text between the last start tag called `name` and the next tag, for documents whose tags do not fit together.
fn torn_argument(text: &str, name: &str) -> Option<String> {
    let (ended, _) = text.rsplit_once('<')?;
    let values = ended.split('<').skip(1).filter_map(|piece| {
        let (tag, value) = piece.split_once('>')?;
        let tag = tag.split_ascii_whitespace().next()?;
        let local = tag.rsplit(':').next()?;
        local.eq_ignore_ascii_case(name).then(|| unescape(value).trim().to_owned())
    });
    values.last()
}

/// A UPnPError in a SOAP fault (UDA 1.0 §3.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpnpError {
    /// errorCode.
    pub code: u16,
    /// errorDescription, shortened; may be empty.
    pub description: Text<SENTENCE_BYTES>,
}

/// Action Failed, which stands for a fault without a code.
const ACTION_FAILED: u16 = 501;

impl UpnpError {
    /// The envelope of the fault, to be sent with HTTP status 500.
    pub fn write(&self) -> String {
        wrap(&format!(
            "<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>\
             <UPnPError xmlns=\"urn:schemas-upnp-org:control-1-0\"><errorCode>{}</errorCode>\
             <errorDescription>{}</errorDescription></UPnPError></detail></s:Fault>",
            self.code,
            escape(&self.description)
        ))
    }

    /// The meaning of the code, for people (UDA 1.0 §3.2.2, AVTransport:1 §2.4).
    pub const fn meaning(&self) -> &'static str {
        match self.code {
            401 => "it does not know this action; remote control may be switched off in its menu",
            402 => "it does not accept these arguments",
            403 => "it is out of sync with this box",
            404 => "it does not know this variable",
            501 => "it failed and gave no reason",
            600 => "it does not accept this value",
            601 => "this value is out of its range",
            602 => "it does not have this action",
            603 => "it is out of memory",
            604 => "it waits for somebody to answer a question on its screen",
            605 => "the metadata of the file is too long for it",
            606..=612 => "somebody must allow this box in its menu",
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
            739 => "it rejected the response of this box",
            800..=899 => "only its maker knows what this code means",
            _ => "an unknown code",
        }
    }

    /// The error in `body`, if it is a fault.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let text = decode(body);
        Self::find(&Document::read(&text, "Envelope")).or_else(|| {
            // Torn beyond repair, or escaped once too often.
            let code = error_code(&torn_argument(&unescape(&text), "errorCode")?)?;
            Some(Self { code, description: Text::new() })
        })
    }

    /// The error in `document`, if it is a fault.
    fn find(document: &Document) -> Option<Self> {
        let code = document
            .nodes()
            .filter(|node| node.is("errorCode") && (node.is_closed() || document.is_whole()))
            .find_map(|node| error_code(node.text()))?;
        let description = document.find("errorDescription").map_or("", Node::text);
        Some(Self { code, description: clip(description) })
    }
}

/// The error of an answer that holds nothing but a fault whose code is hidden or missing.
fn hidden_fault(document: &Document, body: &[u8]) -> Option<UpnpError> {
    let fault = document.find("Body")?.children().find(|node| node.is("Fault"))?;
    Some(UpnpError::parse(body).unwrap_or_else(|| UpnpError {
        code: ACTION_FAILED,
        description: clip(fault.find("faultstring").map_or("", Node::text)),
    }))
}

fn error_code(text: &str) -> Option<u16> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).map_or(text, |end| &text[..end]);
    digits.parse().ok().filter(|&code| code != 0)
}

#[cfg(test)]
mod tests;
