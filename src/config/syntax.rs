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
    if message.contains("duplicate") && line.starts_with('[') {
        let name = line.trim_matches(['[', ']']);
        return format!("write [[{name}]] with two pairs of brackets, each time");
    }
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
    if key.is_empty() {
        return "write a key before the =".to_owned();
    }
    if message.contains("unclosed array") {
        return "close the list with ]".to_owned();
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

#[cfg(test)]
mod tests {
    use super::super::tests::each_is_told;

    #[test]
    fn faults_of_toml_itself_come_with_a_hint() {
        each_is_told(&[
            (
                "name = Foyer\n",
                "1: error: name = Foyer: this is not TOML (invalid boolean, expected \
                 `false`); text needs quotes: name = \"Foyer\"",
            ),
            (
                "name = “Foyer”",
                "1: error: name = “Foyer”: this is not TOML (string values must be quoted, \
                 expected literal string); use straight quotes: \"",
            ),
            (
                "name: \"x\"",
                "1: error: name: \"x\": this is not TOML (key with no value, expected `=`); \
                 write = instead of the colon: name = \"x\"",
            ),
            (
                "name = \"Foyer\nmedia_port = 1",
                "1: error: name = \"Foyer: this is not TOML (invalid basic string, expected \
                 `\"`); close the quotes: text begins and ends with \"",
            ),
            (
                "[[button]\npin = 1",
                "1: error: [[button]: this is not TOML (unclosed array table, expected `]`); \
                 close as many brackets as you open, such as [[button]]",
            ),
            (
                "[[button]]\npin = 07",
                "2: error: pin = 07: this is not TOML (unexpected leading zero, expected \
                 nothing); leave out the leading 0: pin = 7",
            ),
            (
                "[[renderer]]\nmax_cut = 0,3",
                "2: error: max_cut = 0,3: this is not TOML (unexpected key or value, \
                 expected newline, `#`); write a point, not a comma: max_cut = 0.3",
            ),
            (
                "[[renderer]]\nloop = True",
                "2: error: loop = True: this is not TOML (invalid boolean, expected `true`); \
                 write loop = true",
            ),
            (
                "stop_at_exit = no",
                "1: error: stop_at_exit = no: this is not TOML (invalid float, expected \
                 `nan`); write stop_at_exit = false",
            ),
            (
                "name = \"a\"\nname = \"b\"",
                "2: error: name = \"b\": this is not TOML (duplicate key); it is there \
                 twice: keep one of the lines",
            ),
            (
                "name =\nmedia = \"/x\"",
                "1: error: name =: this is not TOML (string values must be quoted, expected \
                 literal string); write a value behind name =, or leave the line out",
            ),
            (
                "media = \"C:\\Videos\"",
                "1: error: media = \"C:\\Videos\": this is not TOML (missing escaped value, \
                 expected `b`, `e`, `f`, `n`, `r`, `\\`, `\"`, `x`, `u`, `U`); write / \
                 instead of \\",
            ),
            (
                "[[renderer]]\nplays = [\"a.mp4\",\n\n",
                "2: error: plays = [\"a.mp4\",: this is not TOML (unclosed array, expected \
                 `]`); close the list with ]",
            ),
            (
                "[[renderer]]\nmax_cut = 300ms",
                "2: error: max_cut = 300ms: this is not TOML (string values must be quoted, \
                 expected literal string); write a plain number without a unit, or text in \
                 quotes: max_cut = \"300ms\"",
            ),
            (
                "hello\n",
                "1: error: hello: this is not TOML (key with no value, expected `=`); a line \
                 is key = value, or [[table]]; a remark begins with #",
            ),
            (
                "[[renderer]]\nname = \"a\"\n[renderer]\n",
                "3: error: [renderer]: this is not TOML (duplicate key); write [[renderer]] \
                 with two pairs of brackets, each time",
            ),
            (
                "= 5",
                "1: error: = 5: this is not TOML (unquoted keys cannot be empty, expected \
                 letters, numbers, `-`, `_`); write a key before the =",
            ),
            (
                "[[button]]\npin = GPIO17\npress = \"play\"",
                "2: error: pin = GPIO17: this is not TOML (string values must be quoted, \
                 expected literal string); text needs quotes: pin = \"GPIO17\"",
            ),
        ]);
    }
}
