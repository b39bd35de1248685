//! Faults of TOML itself: which line, and what people who do not know TOML got wrong there.

use super::problem::{Problems, Severity};
use toml::de::Error;

/// Faults told at most: after some, the rest follows from the first.
const FAULTS: usize = 10;

/// Records the `faults`, one for each line.
pub(super) fn report_faults(problems: &mut Problems<'_>, text: &str, faults: &[Error]) {
    let mut told = Vec::new();
    let mut seen = None;
    for fault in faults {
        if told.len() == FAULTS {
            break;
        }
        let at = fault.span().map_or(text.len(), |span| span.start);
        // A long line may have a fault at every byte: what is there is looked at once.
        if seen.replace(problems.line_of(at)) == Some(problems.line_of(at)) {
            continue;
        }
        let at = last_written(text, at);
        let line = problems.line_of(at);
        if told.contains(&line) {
            continue;
        }
        told.push(line);
        let start = text[..at].rfind('\n').map_or(0, |before| before + 1);
        let end = text[at..].find('\n').map_or(text.len(), |after| at + after);
        let written = problems.written(start..end);
        let (message, hint) = match hint(&text[start..end], fault.message()) {
            Some(hint) => ("this is not TOML".to_owned(), hint),
            None => (
                format!("this is not TOML ({})", fault.message().trim()),
                "compare the line with the commented example".to_owned(),
            ),
        };
        problems.push(Severity::Error, Some(at), &written, &message, &hint);
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
    if rest.trim().is_empty() { text[..at].trim_end().len() } else { at }
}

/// What to write instead of `line`, if it is a usual mistake.
fn hint(line: &str, message: &str) -> Option<String> {
    let line = line.trim();
    if message.contains("duplicate") {
        return Some(match line.strip_prefix('[') {
            Some(_) => {
                let name = line.trim_matches(['[', ']']);
                format!("write [[{name}]] with two pairs of brackets, each time")
            }
            None => "this key is there twice: keep one of the lines".to_owned(),
        });
    }
    if line.contains(['“', '”', '„', '‘', '’', '«', '»']) {
        return Some("use straight quotes: \"".to_owned());
    }
    if line.starts_with('[') && line.matches('[').count() != line.matches(']').count() {
        return Some("close as many brackets as you open, such as [[button]]".to_owned());
    }
    let Some((key, value)) = line.split_once('=') else {
        return Some(match line.split_once(':') {
            Some((key, value)) => format!("write = instead of the colon: {key} = {}", value.trim()),
            None => "a line is key = value, or [[table]]; a comment begins with #".to_owned(),
        });
    };
    let value = value.split(" #").next().unwrap_or_default();
    let (key, value) = (key.trim(), value.trim());
    if key.is_empty() {
        return Some("write a key before the =".to_owned());
    }
    if value.is_empty() {
        return Some(format!("write a value after {key} =, or remove the line"));
    }
    if message.contains("unclosed array") {
        return Some("close the list with ]".to_owned());
    }
    if line.matches('"').count() % 2 == 1 {
        return Some("close the quotes: text begins and ends with \"".to_owned());
    }
    if value.contains('\\') {
        return Some("write / instead of \\".to_owned());
    }
    instead_of_bare(key, value)
}

/// What to write instead of a `value` without quotes.
fn instead_of_bare(key: &str, value: &str) -> Option<String> {
    let first = value.chars().next()?;
    let is_number = value.chars().all(|c| c.is_ascii_digit());
    Some(match &*value.to_lowercase() {
        "true" | "yes" | "on" => format!("write {key} = true"),
        "false" | "no" | "off" => format!("write {key} = false"),
        number if is_number && number.starts_with('0') => match number.trim_start_matches('0') {
            "" => format!("write {key} = 0"),
            number => format!("remove the leading 0: {key} = {number}"),
        },
        number if first.is_ascii_digit() && number.contains(',') => {
            let number = number.replacen(',', ".", 1);
            format!("write a point, not a comma: {key} = {number}")
        }
        _ if first.is_ascii_digit() => {
            format!("write a plain number without a unit, or text in quotes: {key} = \"{value}\"")
        }
        _ if first.is_alphabetic() || matches!(first, '/' | '.' | '~') => {
            format!("text needs quotes: {key} = \"{}\"", value.replace('"', ""))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{each_is_told, told};

    #[test]
    fn a_long_line_is_told_once_however_many_faults_are_in_it() {
        for text in ["=".repeat(1 << 18), format!("a=[{}", ",".repeat(1 << 18))] {
            assert_eq!(told(&text).len(), 1);
        }
    }

    #[test]
    fn faults_of_toml_itself_come_with_a_hint() {
        each_is_told(&[
            (
                "name = Foyer\n",
                "1: error: name = Foyer: this is not TOML; text needs quotes: name = \"Foyer\"",
            ),
            (
                "name = “Foyer”",
                "1: error: name = “Foyer”: this is not TOML; use straight quotes: \"",
            ),
            (
                "name: \"x\"",
                "1: error: name: \"x\": this is not TOML; write = instead of the colon: name = \"x\"",
            ),
            (
                "name = \"Foyer\nmedia_port = 1",
                "1: error: name = \"Foyer: this is not TOML; close the quotes: text begins and ends with \"",
            ),
            (
                "[[button]\npin = 1",
                "1: error: [[button]: this is not TOML; close as many brackets as you open, such as [[button]]",
            ),
            (
                "[[button]]\npin = 07",
                "2: error: pin = 07: this is not TOML; remove the leading 0: pin = 7",
            ),
            (
                "[[renderer]]\nmax_cut = 0,3",
                "2: error: max_cut = 0,3: this is not TOML; write a point, not a comma: max_cut = 0.3",
            ),
            (
                "[[renderer]]\nloop = True",
                "2: error: loop = True: this is not TOML; write loop = true",
            ),
            (
                "stop_at_exit = no",
                "1: error: stop_at_exit = no: this is not TOML; write stop_at_exit = false",
            ),
            (
                "name = \"a\"\nname = \"b\"",
                "2: error: name = \"b\": this is not TOML; this key is there twice: keep one of \
                 the lines",
            ),
            (
                "name =\nmedia = \"/x\"",
                "1: error: name =: this is not TOML; write a value after name =, or remove the \
                 line",
            ),
            (
                "media = \"C:\\Videos\"",
                "1: error: media = \"C:\\Videos\": this is not TOML; write / instead of \\",
            ),
            (
                "[[renderer]]\nplays = [\"a.mp4\",\n\n",
                "2: error: plays = [\"a.mp4\",: this is not TOML; close the list with ]",
            ),
            (
                "[[renderer]]\nmax_cut = 300ms",
                "2: error: max_cut = 300ms: this is not TOML; write a plain number without a unit, or text in quotes: max_cut = \"300ms\"",
            ),
            (
                "hello\n",
                "1: error: hello: this is not TOML; a line is key = value, or [[table]]; a \
                 comment begins with #",
            ),
            (
                "[[renderer]]\nname = \"a\"\n[renderer]\n",
                "3: error: [renderer]: this is not TOML; write [[renderer]] with two pairs of brackets, each time",
            ),
            ("= 5", "1: error: = 5: this is not TOML; write a key before the ="),
            (
                "[[button]]\npin = GPIO17\npress = \"play\"",
                "2: error: pin = GPIO17: this is not TOML; text needs quotes: pin = \"GPIO17\"",
            ),
        ]);
    }
}
