//! Typed reading of one TOML table. A value of the wrong type is a problem that says what to write;
//! the reader goes on with the default, so that every problem is found in one go.

use super::field::{Field, integer};
use super::problem::Report;
use super::spelling::{listed, nearest, normalised};
use super::vocabulary::{Words, synonym};
use crate::limits::NAME_BYTES;
use crate::text::{Text, clip};
use crate::time::{Duration, seconds};
use core::ops::RangeInclusive;
use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

/// A table of the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section<'a> {
    table: &'a DeTable<'a>,
    words: &'static Words,
    /// Byte at which it begins.
    pub(super) at: usize,
}

impl<'a> Section<'a> {
    pub(super) fn new(table: &'a DeTable<'a>, words: &'static Words, at: usize) -> Self {
        Self { table, words, at }
    }

    /// The value of `key`, if it is given.
    pub(super) fn field(&self, key: &str) -> Option<Field<'a>> {
        let (key, value) = self.table.get_key_value(key)?;
        Some(self.field_of(key, value))
    }

    fn field_of(
        &self,
        key: &'a Spanned<std::borrow::Cow<'a, str>>,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Field<'a> {
        Field {
            label: self.words.label,
            key: key.get_ref(),
            at: key.span().start,
            span: value.span(),
            value: value.get_ref(),
        }
    }

    /// `[[button]]`, for problems about the table as a whole.
    pub(super) fn label(&self) -> &'static str {
        self.words.label
    }

    /// Records an error about the table as a whole.
    pub(super) fn error(
        &self,
        report: &mut Report<'_>,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        report.error(self.at, self.words.label, message, advice);
    }

    /// Records a warning about the table as a whole.
    pub(super) fn warning(
        &self,
        report: &mut Report<'_>,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        report.warning(self.at, self.words.label, message, advice);
    }

    /// Records each key that the table does not know.
    pub(super) fn refuse_unknown_keys(&self, report: &mut Report<'_>) {
        for (key, value) in self.table {
            if !self.words.keys.contains(&&**key.get_ref()) {
                let field = self.field_of(key, value);
                let advice = self.words.instead_of(field.key);
                field.error(report, "this key is unknown", advice);
            }
        }
    }

    /// A text that is not empty, without blanks around it.
    pub(super) fn text(
        &self,
        report: &mut Report<'_>,
        key: &str,
        example: &str,
    ) -> Option<&'a str> {
        self.path(report, key, example).map(str::trim)
    }

    /// A text that is not empty, with the blanks around it: they may belong to a name on the disk.
    pub(super) fn path(
        &self,
        report: &mut Report<'_>,
        key: &str,
        example: &str,
    ) -> Option<&'a str> {
        let field = self.field(key)?;
        let DeValue::String(text) = field.value else {
            field.wrong_type(report, "text in quotes", example);
            return None;
        };
        if text.trim().is_empty() {
            let advice = format!("write {key} = {example}, or leave the line out");
            field.error(report, "the text is empty", advice);
            return None;
        }
        field.is_on_one_line(report, text).then_some(text)
    }

    /// The name, which must fit.
    pub(super) fn name(&self, report: &mut Report<'_>) -> Option<Text<NAME_BYTES>> {
        let text = self.text(report, "name", "\"TV 1\"")?;
        if text.len() > NAME_BYTES {
            let field = self.field("name")?;
            field.error(
                report,
                format!("the name is longer than {NAME_BYTES} bytes"),
                "write a shorter one; for a renderer, use its udn or address instead",
            );
        }
        Some(clip(text))
    }

    /// True or false.
    pub(super) fn switch(&self, report: &mut Report<'_>, key: &str) -> Option<bool> {
        let field = self.field(key)?;
        if let DeValue::Boolean(on) = *field.value {
            return Some(on);
        }
        let meant = match field.value {
            DeValue::String(text) => matches!(&*normalised(text), "true" | "yes" | "on" | "1"),
            DeValue::Integer(number) => number.as_str() != "0",
            _ => true,
        };
        let example = if meant { "true" } else { "false" };
        field.wrong_type(report, "true or false, without quotes", example);
        None
    }

    /// A whole number within `range`.
    pub(super) fn whole(
        &self,
        report: &mut Report<'_>,
        key: &str,
        range: RangeInclusive<i64>,
        example: &str,
    ) -> Option<i64> {
        let field = self.field(key)?;
        let Some(number) = integer(field.value) else {
            field.wrong_type(report, "a whole number, without quotes", example);
            return None;
        };
        if range.contains(&number) {
            return Some(number);
        }
        field.error(
            report,
            "the number is out of range",
            format!("use {} to {}, such as {key} = {example}", range.start(), range.end()),
        );
        None
    }

    /// A time in seconds: above zero unless `zero` is allowed too, at most `most`.
    pub(super) fn time(
        &self,
        report: &mut Report<'_>,
        key: &str,
        zero: bool,
        most: f64,
        example: &str,
    ) -> Option<Duration> {
        let field = self.field(key)?;
        let number = match field.value {
            DeValue::Float(number) => number.as_str().parse().ok(),
            DeValue::Integer(_) => {
                integer(field.value).and_then(|n| i32::try_from(n).ok()).map(f64::from)
            }
            _ => {
                field.wrong_type(report, "a number of seconds, without quotes", example);
                return None;
            }
        };
        let time = number
            .filter(|value| (0.0..=most).contains(value))
            .map(seconds)
            .filter(|time| zero || !time.is_zero());
        if time.is_none() {
            let least = if zero { "0" } else { "more than 0" };
            field.error(
                report,
                "the time is out of range",
                format!("use {least} to {most} seconds, such as {key} = {example}"),
            );
        }
        time
    }

    /// One of several words.
    pub(super) fn choice<T: Clone>(
        &self,
        report: &mut Report<'_>,
        key: &str,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        let field = self.field(key)?;
        let words: Vec<&str> = choices.iter().map(|&(word, _)| word).collect();
        let DeValue::String(text) = field.value else {
            let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
            let example = listed(&quoted, "or");
            field.wrong_type(report, "one of the known words, in quotes", &example);
            return None;
        };
        let meant = normalised(text);
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == meant) {
            return Some(value.clone());
        }
        let known = words.iter().copied();
        let advice = match synonym(&meant, &words).or_else(|| nearest(&meant, known)) {
            Some(word) => format!("did you mean \"{word}\"?"),
            None => {
                let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
                format!("write {}", listed(&quoted, "or"))
            }
        };
        field.error(report, "this word is unknown", advice);
        None
    }
}
