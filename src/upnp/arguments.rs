//! Arguments of SOAP actions (UDA 1.0 §3.2.1), as renderers write them: under any prefix, in any case,
//! beside leftovers of metadata, in torn envelopes.

use super::xml::{Document, Node, escape, unescape};

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
    pub(super) fn of(document: &'a Document, text: &'a str, frame: Option<&str>) -> Self {
        let named = frame.and_then(|name| document.find(name));
        Self {
            document,
            text,
            frame: named.or_else(|| document.find("Body")).or_else(|| document.first()),
        }
    }

    /// The value as it stands. The last one counts: what comes before it may be leftovers of metadata that
    /// was not escaped, which is also why what is inside of metadata counts only if there is nothing else.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let frame = self.frame?;
        let outside = frame.descendants_outside(&METADATA).filter(|node| node.is(name)).last();
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
const METADATA: [&str; 4] = ["TrackMetaData", "CurrentURIMetaData", "NextURIMetaData", "DIDL-Lite"];

/// The text after the last start tag called `name`, where tags no longer fit together.
pub(super) fn torn_argument(text: &str, name: &str) -> Option<String> {
    let values = text.split('<').skip(1).filter_map(|piece| {
        let (tag, value) = piece.split_once('>')?;
        let tag = tag.split_ascii_whitespace().next()?;
        let local = tag.rsplit(':').next()?;
        local.eq_ignore_ascii_case(name).then(|| unescape(value).trim().to_owned())
    });
    values.last()
}
