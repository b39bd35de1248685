//! What the owner is told about the file: where, which key, what is wrong and what to write instead.

use core::fmt;

/// How bad a [`Problem`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The configuration cannot be used.
    Error,
    /// It can be used, but hardly means what it says.
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

/// One thing to put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Error or warning.
    pub severity: Severity,
    /// Line in the file, from 1; `None` if it is about something that is not there.
    pub line: Option<u32>,
    /// Table, key and value as written: `[[button]] pin = 42`.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub advice: String,
}

impl Problem {
    /// The problem as a line of text that names `file`, in the form that editors know how to follow.
    #[must_use]
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

/// Problems as they are found, with the text to find lines in.
#[derive(Debug)]
pub(super) struct Problems<'t> {
    text: &'t str,
    /// Where each line ends; looked up for each of many problems.
    line_ends: Vec<usize>,
    problems: Vec<Problem>,
}

impl<'t> Problems<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let line_ends = text.match_indices('\n').map(|(at, _)| at).collect();
        Self { text, line_ends, problems: Vec::new() }
    }

    /// Records a problem; without `at` it is about something that is not in the file.
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
            key: legible(key),
            message: legible(message),
            advice: legible(advice),
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

/// `text` without control characters: a terminal must not obey what is in a file.
pub(super) fn legible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// `word` as the file would spell it: lower case, `_` between words.
pub(super) fn normalised(word: &str) -> String {
    word.trim().to_lowercase().replace(['-', ' '], "_")
}

/// The known word that `word` was probably meant to be: at most a third of it is wrong.
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
    // Keys are short; a longer word is no typing error, and the work stays bounded.
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

#[cfg(test)]
mod tests {
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
}
