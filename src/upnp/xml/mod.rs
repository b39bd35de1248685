//! A lenient XML parser: renderers often send XML that is not well-formed.
//!
//! quick-xml splits the text into tags; `parser` repairs tags that do not fit together: prefixes need no
//! declaration, an end tag closes the nearest element of its name or nothing, an element without an end tag ends
//! with its parent, a broken tag is skipped, and a bare `&` is a `&`. Names are compared without prefix and
//! case. Document types and their entities are ignored. Depth, number of elements and number of repairs are
//! bounded, and nothing recurses.
//!
//! *Whole*: a document is whole when its root is closed. Of one that is not, an end is missing, which may be the second half of
//! a number or of a URL. [`document_end`] finds the end while the bytes arrive, [`is_cut`] misses it afterwards.

mod parser;

use parser::{Element, parse_elements};
use std::borrow::Cow;

/// The elements of a document, in document order.
#[derive(Debug, Default)]
pub struct Document {
    elements: Vec<Element>,
    whole: bool,
}

/// An element of a [`Document`].
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    document: &'a Document,
    index: usize,
}

impl Document {
    /// Parses `body` up to the end of its first element called `root`: the rest is leftover memory.
    pub fn parse(body: &[u8], root: &str) -> Self {
        Self::read(&decode(body), root)
    }

    /// As [`Self::parse`], from text already decoded by [`decode`].
    pub fn read(text: &str, root: &str) -> Self {
        let (elements, whole) = parse_elements(text, root);
        Self { elements, whole }
    }

    /// Whether the root is closed, whatever it is called.
    pub const fn is_whole(&self) -> bool {
        self.whole
    }

    /// The first element called `name`, anywhere.
    pub fn find(&self, name: &str) -> Option<Node<'_>> {
        self.nodes().find(|node| node.is(name))
    }

    /// The first element.
    pub fn first(&self) -> Option<Node<'_>> {
        self.nodes().next()
    }

    /// All elements, in document order.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        (0..self.elements.len()).map(|index| Node { document: self, index })
    }
}

impl<'a> Node<'a> {
    fn element(self) -> &'a Element {
        &self.document.elements[self.index]
    }

    /// Its name, without prefix.
    pub fn name(self) -> &'a str {
        &self.element().name
    }

    /// Whether it is called `name`, ignoring case and prefix.
    pub fn is(self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }

    /// Whether its own end tag was there.
    pub fn is_closed(self) -> bool {
        self.element().closed
    }

    /// Its own text, unescaped, without the text of its descendants.
    pub fn raw_text(self) -> &'a str {
        &self.element().text
    }

    /// Its own text, trimmed.
    pub fn text(self) -> &'a str {
        self.raw_text().trim()
    }

    /// The value of the attribute `name`, ignoring case and prefix.
    pub fn attribute(self, name: &str) -> Option<&'a str> {
        self.element()
            .attributes
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The first value of an attribute that starts with `prefix`, which finds a namespace.
    pub fn attribute_value_starting(self, prefix: &str) -> Option<&'a str> {
        self.element()
            .attributes
            .iter()
            .map(|(_, value)| value.as_str())
            .find(|value| value.starts_with(prefix))
    }

    /// Its descendants, in document order.
    pub fn descendants(self) -> impl Iterator<Item = Node<'a>> {
        self.walk(|_| true)
    }

    /// Its descendants, including elements with a name in `closed`, but not those inside of such elements. Finds
    /// the parts of an element even where a missing end tag has turned siblings into children.
    pub fn descendants_outside(
        self,
        closed: &'static [&'static str],
    ) -> impl Iterator<Item = Node<'a>> {
        self.walk(move |node| !closed.iter().any(|name| node.is(name)))
    }

    /// Its children.
    pub fn children(self) -> impl Iterator<Item = Node<'a>> {
        self.walk(|_| false)
    }

    /// Its children and, of each descendant for which `opens` is true, the children too, in document order.
    fn walk(self, opens: impl Fn(Node<'a>) -> bool) -> impl Iterator<Item = Node<'a>> {
        let end = self.element().end;
        let mut index = self.index + 1;
        core::iter::from_fn(move || {
            let node = Node { document: self.document, index };
            if index >= end {
                return None;
            }
            index = if opens(node) { index + 1 } else { node.element().end };
            Some(node)
        })
    }

    /// Its first descendant called `name`.
    pub fn find(self, name: &str) -> Option<Node<'a>> {
        self.descendants().find(|node| node.is(name))
    }
}

/// The roots of the documents that renderers send.
const ROOTS: [&[u8]; 5] = [b"Envelope", b"root", b"scpd", b"propertyset", b"html"];
/// The longest end tag of a root, with its prefix and blanks.
const END_TAG: usize = 64;

/// Where the first document in `bytes` ends: after the end tag of its root. The first `seen` bytes have been searched before.
pub fn document_end(bytes: &[u8], seen: usize) -> Option<usize> {
    let ends = |&at: &usize| bytes[at] == b'>' && closes_root(&bytes[..at]);
    (seen..bytes.len()).find(ends).map(|at| at + 1)
}

/// Whether `text` ends with an end tag of a root such as `</s:Envelope`, with any prefix.
fn closes_root(text: &[u8]) -> bool {
    let tail = &text[text.len().saturating_sub(END_TAG)..];
    let tag = tail.rsplit(|&b| b == b'<').next();
    let name = tag.and_then(|tag| tag.strip_prefix(b"/")?.rsplit(|&b| b == b':').next());
    let name = name.map(<[u8]>::trim_ascii);
    name.is_some_and(|name| ROOTS.iter().any(|root| root.eq_ignore_ascii_case(name)))
}

/// Whether `body` begins a document with this root and does not end it: the connection was cut.
pub fn is_cut(body: &[u8], root: &str) -> bool {
    body.contains(&b'<') && !Document::parse(body, root).is_whole()
}

/// `body` as text: Latin-1 if it says so and is not UTF-8, else UTF-8 with invalid bytes replaced. Byte order marks
/// and control characters other than tab and line ends are removed.
pub fn decode(body: &[u8]) -> Cow<'_, str> {
    let text = match core::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) if declares_latin_1(body) => body.iter().map(|&byte| char::from(byte)).collect(),
        Err(_) => String::from_utf8_lossy(body),
    };
    if text.chars().all(is_xml_char) {
        text
    } else {
        text.chars().filter(|&c| is_xml_char(c)).collect()
    }
}

fn declares_latin_1(body: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&body[..body.len().min(200)]).to_lowercase();
    head.contains("iso-8859-1\"") || head.contains("iso-8859-1'") || head.contains("windows-1252")
}

fn is_xml_char(c: char) -> bool {
    (!c.is_control() || matches!(c, '\t' | '\n' | '\r'))
        && !matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// `text` escaped for an element or a quoted attribute, without control characters.
pub fn escape(text: &str) -> String {
    let clean: String = text.chars().filter(|&c| is_xml_char(c)).collect();
    quick_xml::escape::escape(clean).into_owned()
}

/// `text` with the five predefined entities and character references replaced. Any other `&` stays as it is.
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
    // Some devices write &AMP;
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
