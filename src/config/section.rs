//! Typed reading of one TOML table. A value of the wrong type is a problem that says what to write;
//! the reader goes on with the default, so that every problem is found in one go.

use super::problem::Report;
use super::vocabulary::{Words, listed, nearest, normalised, synonym};
use crate::time::{Duration, seconds};
use core::ops::{Range, RangeInclusive};
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

/// A key of a [`Section`] with its value.
#[derive(Clone, Debug)]
pub(super) struct Field<'a> {
    label: &'static str,
    key: &'a str,
    /// Byte at which the key begins.
    pub(super) at: usize,
    span: Range<usize>,
    pub(super) value: &'a DeValue<'a>,
}

impl Field<'_> {
    /// `[[button]] pin = 42`.
    pub(super) fn shown(&self, report: &Report<'_>) -> String {
        let written = report.written(self.span.clone());
        match self.label {
            "" => format!("{} = {written}", self.key),
            label => format!("{label} {} = {written}", self.key),
        }
    }

    /// Records an error about this value.
    pub(super) fn error(
        &self,
        report: &mut Report<'_>,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        let shown = self.shown(report);
        report.error(self.at, shown, message, advice);
    }

    /// Records a warning about this value.
    pub(super) fn warning(
        &self,
        report: &mut Report<'_>,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        let shown = self.shown(report);
        report.warning(self.at, shown, message, advice);
    }

    /// Records that the value is not of the type that is `wanted`.
    pub(super) fn wrong_type(&self, report: &mut Report<'_>, wanted: &str, example: &str) {
        let is = match self.value {
            DeValue::String(_) => "text in quotes",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.error(
            report,
            format!("this is {is}, but it must be {wanted}"),
            format!("write {} = {example}", self.key),
        );
    }
}

impl<'a> Field<'a> {
    /// One or several texts, each with its own place; empty after a problem.
    pub(super) fn texts(&self, report: &mut Report<'_>, example: &str) -> Vec<(&'a str, Self)> {
        let one = |span: Range<usize>, at: usize, value: &'a DeValue<'a>| {
            let text = value.as_str()?.trim();
            let key = self.key;
            Some((
                text,
                Self {
                    label: self.label,
                    key,
                    at,
                    span,
                    value,
                },
            ))
        };
        let all: Option<Vec<_>> = match self.value {
            DeValue::String(_) => one(self.span.clone(), self.at, self.value).map(|one| vec![one]),
            DeValue::Array(list) => {
                let all = list.iter();
                all.map(|item| one(item.span(), item.span().start, item.get_ref()))
                    .collect()
            }
            _ => None,
        };
        let Some(mut all) = all else {
            self.wrong_type(report, "text in quotes or a list of such", example);
            return Vec::new();
        };
        all.retain(|(text, _)| !text.is_empty());
        if all.is_empty() {
            self.error(
                report,
                "there is nothing in it",
                format!("write {} = {example}, or leave the line out", self.key),
            );
        }
        all
    }
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

    /// A text that is not empty.
    pub(super) fn text(
        &self,
        report: &mut Report<'_>,
        key: &str,
        example: &str,
    ) -> Option<&'a str> {
        let field = self.field(key)?;
        match field.value {
            DeValue::String(text) if !text.trim().is_empty() => Some(text.trim()),
            DeValue::String(_) => {
                field.error(
                    report,
                    "the text is empty",
                    format!("write {key} = {example}, or leave the line out"),
                );
                None
            }
            _ => {
                field.wrong_type(report, "text in quotes", example);
                None
            }
        }
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
            format!(
                "use {} to {}, such as {key} = {example}",
                range.start(),
                range.end()
            ),
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
            DeValue::Integer(_) => integer(field.value)
                .and_then(|n| i32::try_from(n).ok())
                .map(f64::from),
            _ => {
                field.wrong_type(report, "a number of seconds, without quotes", example);
                return None;
            }
        };
        let fits = |value: &f64| (*value > 0.0 || (zero && *value == 0.0)) && *value <= most;
        let time = number.filter(fits).map(seconds);
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
    pub(super) fn choice<T: Copy>(
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
        if let Some(&(_, value)) = choices.iter().find(|(word, _)| *word == meant) {
            return Some(value);
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

/// The value as a whole number.
pub(super) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// Whether the value is the number 0.
pub(super) fn is_zero(value: &DeValue<'_>) -> bool {
    let float = value
        .as_float()
        .and_then(|number| number.as_str().parse().ok());
    integer(value) == Some(0) || float == Some(0.0)
}
