//! Builds elements from tags and repairs tags that do not fit together.

use super::unescape;
use core::ops::Range;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Deeper elements are ignored. Descriptions nest about 8 deep, a Sonos event 5.
const DEPTH: usize = 64;
/// Further elements are ignored. A tuner with seven devices has 600.
const ELEMENTS: usize = 16 << 10;
/// Broken tags that are skipped.
const REPAIRS: usize = 256;
/// Bytes that may be reread after broken tags, beyond twice the text: a tag may prove broken only at the end of the
/// text.
const REREAD: usize = 64 << 10;
/// Attributes read of one element.
const ATTRIBUTES: usize = 64;

/// An element; its descendants follow it.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) text: String,
    /// The index after its last descendant.
    pub(super) end: usize,
    /// Its own end tag was there.
    pub(super) closed: bool,
}

/// The elements of `text` in document order, up to the end of the first one called `root`; and whether that end was there.
pub(super) fn parse_elements(text: &str, root: &str) -> (Vec<Element>, bool) {
    let mut tree = Tree::new(root);
    let mut rest = text;
    let mut budget = REREAD + 2 * text.len();
    for _ in 0..REPAIRS {
        let Some(broken) = tree.read(rest) else {
            break;
        };
        budget = budget.saturating_sub(broken.end - broken.start);
        if budget == 0 {
            break;
        }
        // Skip the `<` that starts no tag.
        let after = broken.start + 1;
        let next = rest.get(after..).and_then(|rest| rest.find('<'));
        let Some(next) = next.and_then(|next| rest.get(after + next..)) else {
            break;
        };
        rest = next;
    }
    tree.finish()
}

/// A document that is being parsed.
struct Tree<'r> {
    root: &'r str,
    elements: Vec<Element>,
    /// Indexes of the elements that are not closed yet.
    open: Vec<usize>,
    complete: bool,
}

impl<'r> Tree<'r> {
    fn new(root: &'r str) -> Self {
        Self { root, elements: Vec::new(), open: Vec::new(), complete: false }
    }

    /// Reads `text`. If it contains a broken tag, stops and returns the range from its `<` to where it proved broken.
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
                        self.close_from(depth, true);
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
            closed: false,
        });
    }

    /// Closes the nearest open element called `name` and its open descendants. A stray end tag closes nothing.
    fn close(&mut self, name: &str) {
        let nearest = self
            .open
            .iter()
            .rposition(|&index| self.elements[index].name.eq_ignore_ascii_case(name));
        if let Some(depth) = nearest {
            self.close_from(depth, true);
        }
    }

    /// Closes the open elements from this depth on. `tagged`: the outermost of them has its own end tag.
    fn close_from(&mut self, depth: usize, tagged: bool) {
        let end = self.elements.len();
        let mut root_closes = false;
        for (nth, index) in self.open.drain(depth..).enumerate() {
            let element = &mut self.elements[index];
            element.end = end;
            element.closed = tagged && nth == 0;
            root_closes |= element.name.eq_ignore_ascii_case(self.root);
        }
        // An element inside of the root may have the same name.
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

    /// The document is whole if its root was closed, whatever the root is called.
    fn finish(mut self) -> (Vec<Element>, bool) {
        let whole = self.complete;
        self.close_from(0, false);
        let has_root = self.elements.iter().any(|e| e.name.eq_ignore_ascii_case(self.root));
        let whole = whole || (!has_root && self.elements.first().is_some_and(|first| first.closed));
        (self.elements, whole)
    }
}

/// quick-xml counts in 64 bits even on 32-bit machines.
fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// Whether `tag` is a stray `<` or lacks its `>`, and so includes text after it.
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

/// The part after the last colon. Prefixes are ignored: renderers invent and omit them.
fn local_name(name: &str) -> &str {
    name.trim().rsplit(':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_and_size_are_bounded() {
        let deep = "<a>".repeat(100_000);
        let (read, whole) = parse_elements(&deep, "root");
        assert!(!whole);
        assert_eq!(read.len(), DEPTH);
        let wide = "<a/>".repeat(100_000);
        assert_eq!(parse_elements(&wide, "root").0.len(), ELEMENTS);
    }

    #[test]
    fn broken_tags_cost_a_bounded_number_of_reads() {
        let broken = "<a b=\"".repeat(100_000);
        assert!(parse_elements(&broken, "root").0.len() <= ELEMENTS);
        let broken = "<!-- ".repeat(100_000);
        assert_eq!(parse_elements(&broken, "root").0.len(), 0);
    }
}
