//! Faults: what a renderer answers when it refuses an action (UDA 1.0 §3.2.2).

use super::arguments::torn_argument;
use super::envelope::wrap;
use super::xml::{Document, Node, decode, escape, unescape};
use crate::limits::SENTENCE_BYTES;
use crate::text::{Text, clip};

/// A UPnPError in a SOAP fault (UDA 1.0 §3.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpnpError {
    /// errorCode.
    pub code: u16,
    /// errorDescription, shortened; may be empty.
    pub description: Text<SENTENCE_BYTES>,
}

impl UpnpError {
    /// Action Failed: what may be said of a fault that has no code.
    pub(super) const ACTION_FAILED: u16 = 501;

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

    /// The error in `body`, if it is a fault.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let text = decode(body);
        Self::find(&Document::read(&text, "Envelope")).or_else(|| {
            // A fault torn beyond repair, or escaped once too often.
            let code =
                torn_argument(&unescape(&text), "errorCode").and_then(|code| error_code(&code))?;
            Some(Self { code, description: Text::new() })
        })
    }

    /// The error in `document`, if it is a fault.
    pub(super) fn find(document: &Document) -> Option<Self> {
        let code = document
            .nodes()
            .filter(|node| node.is("errorCode"))
            .find_map(|node| error_code(node.text()))?;
        let description = document.find("errorDescription").map_or("", Node::text);
        Some(Self { code, description: clip(description) })
    }
}

fn error_code(text: &str) -> Option<u16> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).map_or(text, |end| &text[..end]);
    digits.parse().ok().filter(|&code| code != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_code_of_a_fault_in_any_dress() {
        for body in [
            "<s:Envelope><s:Body><s:Fault><detail><UPnPError><errorCode>701</errorCode></UPnPError></detail>",
            "<s:Envelope><s:Body><s:Fault><detail><u:UPnPError><u:ErrorCode> 701 </u:ErrorCode>",
            "<detail>&lt;UPnPError&gt;&lt;errorCode&gt;701&lt;/errorCode&gt;</detail>",
            "<errorCode><![CDATA[701]]></errorCode>",
        ] {
            assert_eq!(
                UpnpError::parse(body.as_bytes()).map(|error| error.code),
                Some(701),
                "{body}"
            );
        }
        for body in ["", "<errorCode/>", "<errorCode>none</errorCode>", "<html>500</html>"] {
            assert_eq!(UpnpError::parse(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn long_descriptions_of_faults_are_shortened() {
        let error = UpnpError { code: 716, description: clip("Resource not found") };
        let written = error.write();
        assert_eq!(UpnpError::parse(written.as_bytes()).as_ref(), Some(&error));
        let long = format!(
            "<errorCode>402</errorCode><errorDescription>{}</errorDescription>",
            "x".repeat(999)
        );
        let long = UpnpError::parse(long.as_bytes()).expect("a fault");
        assert_eq!(long.description.len(), SENTENCE_BYTES);
        assert!(!long.meaning().is_empty());
    }
}
