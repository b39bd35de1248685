//! What the owner is told about the file: where, which key, what is wrong and what to write instead.

use crate::text::harmless;
use core::fmt;
use toml::de::Error;

/// How bad a [`Problem`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The configuration cannot be used.
    Error,
    /// The configuration can be used, but probably does not do what the owner wants.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One thing to correct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub severity: Severity,
    /// Line in the file, from 1; `None` if it is about something missing.
    pub line: Option<u32>,
    /// Table, key and value as written: `[[button]] pin = 42`.
    pub key: String,
    pub message: String,
    pub advice: String,
}

impl Problem {
    /// The problem as one line that names `file`, in the form that editors can follow.
    pub fn in_file(&self, file: &str) -> String {
        let Self { severity, line, key, message, advice } = self;
        let line = line.map_or(String::new(), |line| format!("{line}:"));
        let key = match &**key {
            "" => String::new(),
            key => format!("{key}: "),
        };
        format!("{file}:{line} {severity}: {key}{message}; {advice}")
    }
}

impl fmt::Display for Problem {
    /// As [`Problem::in_file`] with the file's usual name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_file("config.toml"))
    }
}

/// The problems found so far, and the text that they are in.
#[derive(Debug)]
pub(super) struct Problems<'t> {
    text: &'t str,
    /// Where each line ends.
    line_ends: Vec<usize>,
    problems: Vec<Problem>,
}

impl<'t> Problems<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let line_ends = text.match_indices('\n').map(|(at, _)| at).collect();
        Self { text, line_ends, problems: Vec::new() }
    }

    /// Records a problem at byte `at` of the text; without `at` it is about something missing.
    pub(super) fn push(
        &mut self,
        severity: Severity,
        at: Option<usize>,
        key: &str,
        message: &str,
        advice: &str,
    ) {
        let line = at.map(|at| self.line_of(at));
        self.problems.push(Problem {
            severity,
            line,
            key: harmless(key).into_owned(),
            message: harmless(message).into_owned(),
            advice: harmless(advice).into_owned(),
        });
    }

    /// The line of byte `at`, from 1.
    pub(super) fn line_of(&self, at: usize) -> u32 {
        let breaks = self.line_ends.partition_point(|&end| end < at);
        u32::try_from(breaks).map_or(u32::MAX, |breaks| breaks.saturating_add(1))
    }

    /// What is written at `span`: its first line, at most 60 characters of it.
    pub(super) fn written(&self, span: core::ops::Range<usize>) -> String {
        const LONGEST: usize = 60;
        let whole = self.text.get(span).unwrap_or_default().trim();
        let line = whole.lines().next().unwrap_or_default().trim_end();
        let mut shown: String = line.chars().take(LONGEST).collect();
        if shown.len() < whole.len() {
            shown.push('…');
        }
        shown
    }

    /// Whether anything found so far is an error.
    pub(super) fn has_errors(&self) -> bool {
        let mut all = self.problems.iter();
        all.any(|problem| problem.severity == Severity::Error)
    }

    /// All problems, in the order of the file.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|problem| problem.line);
        self.problems
    }
}

/// `word` as the file spells words: lower case, with `_` between parts.
pub(super) fn normalised(word: &str) -> String {
    word.trim().to_lowercase().replace(['-', ' '], "_")
}

/// The known word that `word` probably stands for: at most a third of the letters are wrong.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = (word.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|&(wrong, _)| wrong <= most)
        .min_by_key(|&(wrong, _)| wrong)
        .map(|(_, candidate)| candidate)
}

/// Letters to insert, delete, replace or swap with their neighbour to get from `a` to `b` (optimal
/// string alignment).
fn distance(a: &str, b: &str) -> usize {
    // Keys are short; a limit keeps the work bounded.
    const LONGEST: usize = 64;
    let a: Vec<char> = a.chars().take(LONGEST).collect();
    let b: Vec<char> = b.chars().take(LONGEST).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = core::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

/// `a, b and c`.
pub(super) fn listed<S: AsRef<str>>(words: &[S], last: &str) -> String {
    let mut text = String::new();
    for (i, word) in words.iter().enumerate() {
        if i > 0 && i + 1 == words.len() {
            text.push(' ');
            text.push_str(last);
            text.push(' ');
        } else if i > 0 {
            text.push_str(", ");
        }
        text.push_str(word.as_ref());
    }
    text
}

/// `"a", "b" or "c"`.
pub(super) fn or_list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    listed(&quoted, "or")
}

/// Errors reported at most: after some, the rest follow from the first.
const FAULTS: usize = 10;

/// Reports the `faults`, one for each line.
pub(super) fn report_faults(problems: &mut Problems<'_>, text: &str, faults: &[Error]) {
    let mut told = Vec::new();
    let mut seen = None;
    for fault in faults {
        if told.len() == FAULTS {
            break;
        }
        let at = fault.span().map_or(text.len(), |span| span.start);
        // A long line may have an error at every byte: it is looked at once.
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

/// `at`, or the end of the last line before it that is not blank: the parser notices a missing quote or bracket only after
/// its line.
fn last_written(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let rest = text[at..].lines().next().unwrap_or_default();
    if rest.trim().is_empty() { text[..at].trim_end().len() } else { at }
}

/// What to write instead of `line`, if it is a common mistake.
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
    use super::*;

    #[test]
    fn no_terminal_obeys_what_is_in_a_file() {
        let mut report = Problems::new("");
        report.push(Severity::Error, Some(0), "\u{1b}[2J", "a\nb", "write \u{9b}2J");
        let problems = report.into_problems();
        assert!(!problems[0].to_string().contains(char::is_control), "{problems:?}");
    }

    #[test]
    fn a_problem_reads_like_a_compiler_s() {
        let mut report = Problems::new("a\nb\nc");
        report.push(
            Severity::Error,
            Some(4),
            "[[button]] pin = 42",
            "there is no GPIO42",
            "use 0 to 27",
        );
        report.push(Severity::Warning, None, "", "no file", "write one");
        let problems = report.into_problems();
        assert_eq!(problems[0].in_file("/etc/k.toml"), "/etc/k.toml: warning: no file; write one");
        assert_eq!(
            problems[1].to_string(),
            "config.toml:3: error: [[button]] pin = 42: there is no GPIO42; use 0 to 27"
        );
    }

    #[test]
    fn shows_what_is_written_but_not_all_of_it() {
        let text = format!("x = [\n \"{}\"]", "é".repeat(80));
        let report = Problems::new(&text);
        assert_eq!(report.written(4..text.len()), "[…");
        assert_eq!(report.written(7..text.len()).chars().count(), 61);
        assert_eq!(report.written(0..1), "x");
        assert_eq!(report.written(500..501), "");
    }

    #[test]
    fn counts_typing_errors() {
        for (a, b, wrong) in [
            ("plays", "plays", 0),
            ("palys", "plays", 1),
            ("volum", "volume", 1),
            ("", "led", 3),
            ("pin", "", 3),
            ("debonce", "debounce", 1),
        ] {
            assert_eq!(distance(a, b), wrong, "{a} {b}");
        }
        assert!(distance(&"x".repeat(10_000), "pin") <= 64);
    }

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
