//! A lenient reading of XML: what renderers send is often not well-formed.
//!
//! quick-xml splits the text into tags; this module decides what they mean when they do not fit:
//! prefixes need no declaration, an end tag closes the nearest element of its name or nothing, what
//! is never closed ends with its parent, a broken tag costs itself only, and a bare `&` is a `&`.
//! Names are compared without prefix and without regard to case. Document types and their entities
//! are ignored. Depth, number of elements and repairs are bounded, and nothing here recurses.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;

/// Deeper elements are left out. Descriptions nest about 8 deep, a Sonos event 5.
const DEPTH: usize = 64;
/// Further elements are left out. A tuner with seven devices has 600.
const ELEMENTS: usize = 16 << 10;
/// Broken tags that are stepped over. Each may cost a look through the whole text.
const REPAIRS: usize = 64;
/// Attributes read of one element.
const ATTRIBUTES: usize = 64;

/// What could be read of a document, in document order.
#[derive(Debug, Default)]
pub struct Document {
    elements: Vec<Element>,
}

#[derive(Debug)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    /// The index after its last descendant.
    end: usize,
}

/// An element of a [`Document`].
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    document: &'a Document,
    index: usize,
}

impl Document {
    /// Reads `body` up to the end of its first element called `root`.
    /// What comes before that element and after it is ignored, as far as [`Self::root`] goes.
    #[must_use]
    pub fn parse(body: &[u8], root: &str) -> Self {
        Self::read(&decode(body), root)
    }

    /// As [`Self::parse`], from text already decoded by [`decode`].
    #[must_use]
    pub fn read(text: &str, root: &str) -> Self {
        let mut growth = Growth::new(root);
        let mut rest = text;
        for _ in 0..REPAIRS {
            let Some(broken) = growth.read(rest) else {
                break;
            };
            // Step over the `<` that starts nothing, to the next one.
            let Some(next) = rest
                .get(broken + 1..)
                .and_then(|after| after.find('<').map(|at| broken + 1 + at))
            else {
                break;
            };
            rest = &rest[next..];
        }
        growth.finish()
    }

    /// The first element called `name` (usually the root's name), anywhere.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Node<'_>> {
        self.nodes().find(|node| node.is(name))
    }

    /// The first element of all.
    #[must_use]
    pub fn first(&self) -> Option<Node<'_>> {
        self.nodes().next()
    }

    /// All elements, in document order.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        (0..self.elements.len()).map(|index| Node {
            document: self,
            index,
        })
    }
}

impl<'a> Node<'a> {
    fn element(self) -> &'a Element {
        &self.document.elements[self.index]
    }

    /// Name without prefix.
    #[must_use]
    pub fn name(self) -> &'a str {
        &self.element().name
    }

    /// Whether it is called `name`, without regard to case and prefix.
    #[must_use]
    pub fn is(self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }

    /// Its own text, unescaped, not that of elements in it.
    #[must_use]
    pub fn raw_text(self) -> &'a str {
        &self.element().text
    }

    /// Its own text, trimmed.
    #[must_use]
    pub fn text(self) -> &'a str {
        self.raw_text().trim()
    }

    /// The value of the attribute `name`, without regard to case and prefix.
    #[must_use]
    pub fn attribute(self, name: &str) -> Option<&'a str> {
        self.element()
            .attributes
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The value of its first attribute that starts with `prefix`: a namespace.
    #[must_use]
    pub fn attribute_value_starting(self, prefix: &str) -> Option<&'a str> {
        self.element()
            .attributes
            .iter()
            .map(|(_, value)| value.as_str())
            .find(|value| value.starts_with(prefix))
    }

    /// Everything in it, in document order.
    pub fn descendants(self) -> impl Iterator<Item = Node<'a>> {
        self.descendants_outside(&[])
    }

    /// Everything in it, but nothing that is inside of an element called one of `closed`.
    /// Such an element itself is there. This finds what belongs to an element even where
    /// a missing end tag made siblings look like children.
    pub fn descendants_outside(
        self,
        closed: &'static [&'static str],
    ) -> impl Iterator<Item = Node<'a>> {
        let end = self.element().end;
        let mut index = self.index + 1;
        core::iter::from_fn(move || {
            let node = Node {
                document: self.document,
                index,
            };
            if index >= end {
                return None;
            }
            index = if closed.iter().any(|name| node.is(name)) {
                node.element().end
            } else {
                index + 1
            };
            Some(node)
        })
    }

    /// The elements directly in it.
    pub fn children(self) -> impl Iterator<Item = Node<'a>> {
        let end = self.element().end;
        let mut index = self.index + 1;
        core::iter::from_fn(move || {
            let node = Node {
                document: self.document,
                index,
            };
            if index >= end {
                return None;
            }
            index = node.element().end;
            Some(node)
        })
    }

    /// The first element in it called `name`.
    #[must_use]
    pub fn find(self, name: &str) -> Option<Node<'a>> {
        self.descendants().find(|node| node.is(name))
    }
}

/// A document while it is read.
struct Growth<'r> {
    root: &'r str,
    elements: Vec<Element>,
    /// Indexes of the elements not closed yet.
    open: Vec<usize>,
    complete: bool,
}

impl<'r> Growth<'r> {
    fn new(root: &'r str) -> Self {
        Self {
            root,
            elements: Vec::new(),
            open: Vec::new(),
            complete: false,
        }
    }

    /// Reads on; the position of a `<` that cannot be understood, if that is why it stopped.
    fn read(&mut self, text: &str) -> Option<usize> {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.allow_dangling_amp = true;
        config.allow_unmatched_ends = true;
        config.check_end_names = false;
        while !self.complete && self.elements.len() < ELEMENTS {
            match reader.read_event() {
                Ok(Event::Start(tag)) => self.open(&tag),
                Ok(Event::Empty(tag)) => {
                    let depth = self.open.len();
                    self.open(&tag);
                    if self.open.len() > depth {
                        self.close_from(depth);
                    }
                }
                Ok(Event::End(tag)) => self.close(local_name(&tag)),
                Ok(Event::Text(text)) => self.text(&text),
                Ok(Event::CData(text)) => self.text(&text),
                Ok(Event::GeneralRef(reference)) => {
                    self.text(&unescape(&format!("&{};", &*reference)));
                }
                Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => {}
                Ok(Event::Eof) => return None,
                Err(_) => return usize::try_from(reader.error_position()).ok(),
            }
        }
        None
    }

    fn open(&mut self, tag: &BytesStart<'_>) {
        if self.open.len() >= DEPTH {
            return;
        }
        let attributes = tag
            .html_attributes()
            .with_checks(false)
            .flatten()
            .take(ATTRIBUTES)
            .map(|attribute| {
                let name = local_name(attribute.key.0).to_owned();
                (name, unescape(&attribute.value).into_owned())
            })
            .collect();
        self.open.push(self.elements.len());
        self.elements.push(Element {
            name: local_name(tag.name().0).to_owned(),
            attributes,
            text: String::new(),
            end: usize::MAX,
        });
    }

    /// Closes the nearest open element called `name` and what is open in it. A stray end tag closes nothing.
    fn close(&mut self, name: &str) {
        let nearest = self
            .open
            .iter()
            .rposition(|&index| self.elements[index].name.eq_ignore_ascii_case(name));
        if let Some(depth) = nearest {
            self.close_from(depth);
        }
    }

    fn close_from(&mut self, depth: usize) {
        let end = self.elements.len();
        for index in self.open.drain(depth..) {
            let element = &mut self.elements[index];
            element.end = end;
            self.complete |= element.name.eq_ignore_ascii_case(self.root);
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(&index) = self.open.last() {
            self.elements[index].text.push_str(text);
        }
    }

    fn finish(mut self) -> Document {
        self.close_from(0);
        Document {
            elements: self.elements,
        }
    }
}

/// What follows the last colon. Prefixes mean nothing here: renderers invent and swallow them.
fn local_name(name: &str) -> &str {
    name.trim().rsplit(':').next().unwrap_or_default()
}

/// `body` as text: UTF-8 with invalid bytes replaced (or Latin-1 where it says so), without control
/// characters other than tab and line ends, without byte order mark.
#[must_use]
pub fn decode(body: &[u8]) -> Cow<'_, str> {
    let text = match core::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) if says_latin_1(body) => body.iter().map(|&byte| char::from(byte)).collect(),
        Err(_) => String::from_utf8_lossy(body),
    };
    if text.chars().all(is_xml_char) {
        text
    } else {
        text.chars().filter(|&c| is_xml_char(c)).collect()
    }
}

fn says_latin_1(body: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&body[..body.len().min(200)]).to_lowercase();
    head.contains("iso-8859-1\"") || head.contains("iso-8859-1'") || head.contains("windows-1252")
}

fn is_xml_char(c: char) -> bool {
    (!c.is_control() || matches!(c, '\t' | '\n' | '\r'))
        && !matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// `text` as it may stand in an element or between quotes; control characters are left out.
#[must_use]
pub fn escape(text: &str) -> String {
    let clean: String = text.chars().filter(|&c| is_xml_char(c)).collect();
    quick_xml::escape::escape(clean).into_owned()
}

/// `text` with the five predefined entities and character references replaced.
/// Everything else that starts with `&` stays as it is.
#[must_use]
pub fn unescape(text: &str) -> Cow<'_, str> {
    /// The longest reference: `&#x10FFFF;`, with some leading zeros.
    const LONGEST: usize = 14;
    let Some(first) = text.find('&') else {
        return Cow::Borrowed(text);
    };
    let mut plain = String::with_capacity(text.len());
    plain.push_str(&text[..first]);
    let mut rest = &text[first..];
    while !rest.is_empty() {
        let end = rest.bytes().take(LONGEST).position(|byte| byte == b';');
        match end.and_then(|end| Some((reference(&rest[1..end])?, end))) {
            Some((c, end)) => {
                if is_xml_char(c) {
                    plain.push(c);
                }
                rest = &rest[end + 1..];
            }
            None => {
                plain.push('&');
                rest = &rest[1..];
            }
        }
        let next = rest.find('&').unwrap_or(rest.len());
        plain.push_str(&rest[..next]);
        rest = &rest[next..];
    }
    Cow::Owned(plain)
}

fn reference(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
            None => number.parse(),
        };
        return code.ok().and_then(char::from_u32);
    }
    // Some devices shout: &AMP;
    Some(match name.to_ascii_lowercase().as_str() {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}
