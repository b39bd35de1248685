//! A lenient reading of XML: what renderers send is often not well-formed.
//!
//! quick-xml splits the text into tags; this module decides what they mean when they do not fit:
//! prefixes need no declaration, an end tag closes the nearest element of its name or nothing, what
//! is never closed ends with its parent, a broken tag costs itself only, and a bare `&` is a `&`.
//! Names are compared without prefix and without regard to case. Document types and their entities
//! are ignored. Depth, number of elements and repairs are bounded, and nothing here recurses.

use core::ops::Range;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;

/// Deeper elements are left out. Descriptions nest about 8 deep, a Sonos event 5.
const DEPTH: usize = 64;
/// Further elements are left out. A tuner with seven devices has 600.
const ELEMENTS: usize = 16 << 10;
/// Broken tags that are stepped over.
const REPAIRS: usize = 256;
/// Bytes read in vain for them, beyond twice the text: a broken tag may show only at the end of the text.
const READ_IN_VAIN: usize = 64 << 10;
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
    /// Reads `body` up to the end of its first element called `root`: what follows that is leftover memory.
    #[must_use]
    pub fn parse(body: &[u8], root: &str) -> Self {
        Self::read(&decode(body), root)
    }

    /// As [`Self::parse`], from text already decoded by [`decode`].
    #[must_use]
    pub fn read(text: &str, root: &str) -> Self {
        let mut growth = Growth::new(root);
        let mut rest = text;
        let mut patience = READ_IN_VAIN + 2 * text.len();
        for _ in 0..REPAIRS {
            let Some(broken) = growth.read(rest) else {
                break;
            };
            patience = patience.saturating_sub(broken.end - broken.start);
            if patience == 0 {
                break;
            }
            // Step over the `<` that starts nothing, to the next one.
            let after = broken.start + 1;
            let next = rest.get(after..).and_then(|rest| rest.find('<'));
            let Some(next) = next.and_then(|next| rest.get(after + next..)) else {
                break;
            };
            rest = next;
        }
        growth.finish()
    }

    /// The first element called `name`, anywhere.
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

    /// Reads on. If it stopped at a `<` that cannot be understood: from there to where that showed.
    fn read(&mut self, text: &str) -> Option<Range<usize>> {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.allow_dangling_amp = true;
        config.allow_unmatched_ends = true;
        config.check_end_names = false;
        while !self.complete && self.elements.len() < ELEMENTS {
            let start = position(reader.buffer_position());
            match reader.read_event() {
                Ok(Event::Start(tag) | Event::Empty(tag)) if is_torn(&tag) => {
                    let start = start + text.get(start..)?.find('<')?;
                    return Some(start..position(reader.buffer_position()).max(start));
                }
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
                Err(_) => {
                    let start = position(reader.error_position());
                    return Some(start..position(reader.buffer_position()).max(start));
                }
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
        let mut root_closes = false;
        for index in self.open.drain(depth..) {
            let element = &mut self.elements[index];
            element.end = end;
            root_closes |= element.name.eq_ignore_ascii_case(self.root);
        }
        // An element of the root's name inside of the root is not the end.
        self.complete = root_closes
            && !self
                .open
                .iter()
                .any(|&index| self.elements[index].name.eq_ignore_ascii_case(self.root));
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

/// quick-xml counts in 64 bits, also where memory does not.
fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// Whether `tag` is rather a stray `<` or a tag without its `>`: it swallowed what stands after it.
fn is_torn(tag: &BytesStart<'_>) -> bool {
    let starts_a_name = |c: char| c.is_alphabetic() || c == '_' || c == ':';
    if !tag.name().0.starts_with(starts_a_name) || tag.name().0.contains('<') {
        return true;
    }
    let mut quote = None;
    tag.attributes_raw().chars().any(|c| {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            _ => {}
        }
        quote.is_none() && c == '<'
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The text of the first element called `name`.
    fn text(document: &str, name: &str) -> Option<String> {
        let document = Document::parse(document.as_bytes(), "root");
        document.find(name).map(|node| node.text().to_owned())
    }

    #[test]
    fn reads_through_the_dirt_that_renderers_send() {
        for dirty in [
            "<root><a>x</a></root>",
            "\u{feff}<?xml version=\"1.0\"?><root><a> x\n</a></root>",
            "\r\n\r\n<!-- first --><?xml version='1.0'?><root><a>x</a></root>",
            "HTTP/1.1 200 OK\r\nServer: a & b\r\n\r\n<root><a>x</a></root>",
            "<root><dlna:X_DLNADOC>DMR</dlna:X_DLNADOC><b:a c:d='e'>x</b:a></root>",
            "<ROOT><A>x</A></ROOT>",
            "<root><b>AT&T & more &id=3</b><a>x</a></root>",
            "<root><b>\u{1}</b><a>\u{2}x\u{0}</a></root>\u{0}\u{0}",
            "<root><b>never closed<a>x</a></root>",
            "<root></b></c><a>x</a></root>",
            "<root>#PLACEHOLDER#<a>x</a>text</root>",
            "<root><a>x</a></root>junk <<< & <a>y</a>",
            "<root><a b=1 c d=\"2\">x</a></root>",
            "<root><b attribute=\"></b><a>x</a>",
            "<root><b attribute=\"1\"</b><a>x</a></root>",
            "<root><b attribute='1' <a>x</a></root>",
            "<root>1 < 2 <a>x</a></root>",
            "<root><a>x",
            "<root><a><![CDATA[x]]></a></root>",
            "<!DOCTYPE root [<!ENTITY y \"x\">]><root><a>x</a></root>",
            "<root><b><!-- never closed</b><a>x</a></root>",
            "<root><?pi?><a>x</a></root>",
        ] {
            assert_eq!(text(dirty, "a").as_deref(), Some("x"), "{dirty:?}");
        }
    }

    #[test]
    fn stops_at_the_end_of_the_root() {
        assert_eq!(text("<root><b/></root><a>leftover</a>", "a"), None);
    }

    #[test]
    fn expands_no_entities_but_the_predefined() {
        let bomb =
            "<!DOCTYPE r [<!ENTITY b \"boom\">]><root><a>&b;&lt;&#65;&#x42;&amp;amp;</a></root>";
        assert_eq!(text(bomb, "a").as_deref(), Some("&b;<AB&amp;"));
    }

    #[test]
    fn reads_attributes_in_every_kind_of_quotes() {
        let document = Document::read("<e VAL='1' x:b=\"a&amp;b&c\" c=3/>", "e");
        let element = document.find("E").expect("there");
        assert_eq!(element.attribute("val"), Some("1"));
        assert_eq!(element.attribute("b"), Some("a&b&c"));
        assert_eq!(element.attribute("C"), Some("3"));
        assert_eq!(element.attribute("d"), None);
    }

    #[test]
    fn replaces_what_is_not_utf_8() {
        let lossy = Document::parse(b"<root><a>B\xfccher</a></root>", "root");
        assert_eq!(lossy.find("a").map(Node::text), Some("B\u{fffd}cher"));
        let latin = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><root><a>B\xfccher</a></root>";
        let latin = Document::parse(latin, "root");
        assert_eq!(latin.find("a").map(Node::text), Some("B\u{fc}cher"));
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let deep = "<a>".repeat(100_000);
        let document = Document::read(&deep, "root");
        assert_eq!(document.nodes().count(), DEPTH);
        let wide = "<a/>".repeat(100_000);
        assert_eq!(Document::read(&wide, "root").nodes().count(), ELEMENTS);
    }

    #[test]
    fn broken_tags_cost_a_bounded_number_of_looks() {
        let broken = "<a b=\"".repeat(100_000);
        assert!(Document::read(&broken, "root").nodes().count() <= ELEMENTS);
        let broken = "<!-- ".repeat(100_000);
        assert_eq!(Document::read(&broken, "root").nodes().count(), 0);
    }

    #[test]
    fn keeps_nested_elements_apart() {
        let document = Document::read("<d><n>1</n><d><n>2</n></d><s/></d>", "d");
        let outer = document.find("d").expect("there");
        let names: Vec<_> = outer.descendants_outside(&["d"]).map(Node::name).collect();
        assert_eq!(names, ["n", "d", "s"]);
        assert_eq!(outer.descendants().count(), 4);
        assert_eq!(outer.children().count(), 3);
    }

    proptest! {
        #[test]
        fn never_panics(body in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Document::parse(&body, "root").nodes().count();
        }

        #[test]
        fn never_panics_on_markup(text in "[<>/a&;\"'=!\\[\\] ?:-]{0,60}") {
            let _ = Document::read(&text, "a").nodes().count();
            let _ = unescape(&text);
        }

        #[test]
        fn what_is_escaped_comes_back(text in "\\PC{0,40}") {
            prop_assert_eq!(unescape(&escape(&text)).into_owned(), text.clone());
            let document = format!("<root a=\"{0}\">{0}</root>", escape(&text));
            let document = Document::read(&document, "root");
            let root = document.find("root").expect("there");
            prop_assert_eq!(root.raw_text(), text.as_str());
            prop_assert_eq!(root.attribute("a"), Some(text.as_str()));
        }
    }
}
