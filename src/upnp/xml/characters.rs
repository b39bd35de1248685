//! Characters and references: what bytes become text, and how text is written in XML.

use std::borrow::Cow;

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
