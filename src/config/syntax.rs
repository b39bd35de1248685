//! Faults of TOML itself: which line, and what people who do not know TOML got wrong there.

use super::problem::Report;
use toml::de::Error;

/// Faults told at most: after some, the rest follows from the first.
const FAULTS: usize = 10;

/// Records the `faults`, one for each line.
pub(super) fn report_faults(report: &mut Report<'_>, text: &str, faults: &[Error]) {
    let mut told = Vec::new();
    for fault in faults {
        let at = fault.span().map_or(text.len(), |span| span.start);
        let at = last_written(text, at);
        let line = report.line_of(at);
        if told.contains(&line) || told.len() == FAULTS {
            continue;
        }
        told.push(line);
        let start = text[..at].rfind('\n').map_or(0, |before| before + 1);
        let end = text[at..].find('\n').map_or(text.len(), |after| at + after);
        let written = report.written(start..end);
        let message = format!("this is not TOML ({})", fault.message().trim());
        report.error(
            at,
            written.clone(),
            message,
            hint(&text[start..end], fault.message()),
        );
    }
}

/// `at`, or the end of the last line before it that has anything written on it: a missing quote or
/// bracket is noticed only behind the line it belongs to.
fn last_written(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let rest = text[at..].lines().next().unwrap_or_default();
    if rest.trim().is_empty() {
        text[..at].trim_end().len()
    } else {
        at
    }
}

/// What to write instead of `line`.
fn hint(line: &str, message: &str) -> String {
    let line = line.trim();
    let (key, value) = line.split_once('=').unwrap_or((line, ""));
    let (key, value) = (key.trim(), value.trim());
    let first = value.chars().next();
    if message.contains("duplicate") {
        return "it is there twice: keep one of the lines".to_owned();
    }
    if line.contains(['“', '”', '„', '‘', '’', '«', '»']) {
        return "use straight quotes: \"".to_owned();
    }
    if line.starts_with('[') && line.matches('[').count() != line.matches(']').count() {
        return "close as many brackets as you open, such as [[button]]".to_owned();
    }
    if !line.contains('=') {
        return match line.split_once(':') {
            Some((key, value)) => format!("write = instead of the colon: {key} = {}", value.trim()),
            None => "a line is key = value, or [[table]]; a remark begins with #".to_owned(),
        };
    }
    if value.is_empty() {
        return format!("write a value behind {key} =, or leave the line out");
    }
    if line.matches('"').count() % 2 == 1 {
        return "close the quotes: text begins and ends with \"".to_owned();
    }
    if value.contains('\\') {
        return "write / instead of \\".to_owned();
    }
    match &*value.to_lowercase() {
        "true" | "yes" | "on" => return format!("write {key} = true"),
        "false" | "no" | "off" => return format!("write {key} = false"),
        _ => {}
    }
    if first.is_some_and(|c| c.is_ascii_digit()) {
        if value.contains(',') {
            return format!(
                "write a point, not a comma: {key} = {}",
                value.replacen(',', ".", 1)
            );
        }
        if value.starts_with('0') && value.chars().all(|c| c.is_ascii_digit()) {
            let number = value.trim_start_matches('0');
            return format!("leave out the leading 0: {key} = {number}");
        }
        return format!(
            "write a plain number without a unit, or text in quotes: {key} = \"{value}\""
        );
    }
    if first.is_some_and(|c| c.is_alphabetic() || matches!(c, '/' | '.' | '~')) {
        return format!("text needs quotes: {key} = \"{}\"", value.replace('"', ""));
    }
    "compare the line with the example file".to_owned()
}
