//! XML as renderers send it: what is read of it is bounded by what was sent, and what we write comes back.
#![no_main]

use dlna_kiosk::upnp::xml::{Document, Node, decode, escape, unescape};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let text = decode(body);
    // A byte that is not UTF-8 becomes a character of three.
    assert!(text.len() <= 3 * body.len());
    assert!(text.chars().all(|c| !c.is_control() || "\t\n\r".contains(c)));
    assert!(unescape(&text).len() <= text.len());

    let document = Document::read(&text, "root");
    let said = |node: Node<'_>| node.name().len() + node.raw_text().len();
    assert!(document.nodes().map(said).sum::<usize>() <= text.len());
    let inside: usize = document.nodes().map(|node| node.children().count()).sum();
    assert!(inside <= document.nodes().count().saturating_sub(1), "each has one parent at most");

    assert_eq!(unescape(&escape(&text)), text);
    let written = format!("<root a=\"{0}\">{0}</root>", escape(&text));
    let document = Document::parse(written.as_bytes(), "root");
    let root = document.first().expect("a root");
    assert_eq!((root.raw_text(), root.attribute("a")), (&*text, Some(&*text)));
});
