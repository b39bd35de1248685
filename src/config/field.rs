//! One key of a table and its value, and how it is quoted in problems.

use super::problem::Report;
use crate::time::Duration;
use core::ops::Range;
use toml::de::DeValue;

/// A key of a table with its value.
#[derive(Clone, Debug)]
pub(super) struct Field<'a> {
    /// The table's, such as `[[button]]`; empty at the top.
    pub(super) label: &'static str,
    pub(super) key: &'a str,
    /// Byte at which the key begins.
    pub(super) at: usize,
    /// Where the value stands.
    pub(super) span: Range<usize>,
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

    /// Whether `text` has no control characters; a problem if it has. Names and paths hold none.
    pub(super) fn is_on_one_line(&self, report: &mut Report<'_>, text: &str) -> bool {
        let control = text.chars().any(char::is_control);
        if control {
            self.error(
                report,
                "there is a line end, a tab or another control character in the text",
                "leave it out; in a path, write / instead of \\",
            );
        }
        !control
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
    /// One or several texts with the blanks around them, each with its own place; empty after a problem.
    pub(super) fn texts(&self, report: &mut Report<'_>, example: &str) -> Vec<(&'a str, Self)> {
        let one = |span: Range<usize>, at: usize, value: &'a DeValue<'a>| {
            let text = value.as_str()?;
            let key = self.key;
            Some((text, Self { label: self.label, key, at, span, value }))
        };
        let all: Option<Vec<_>> = match self.value {
            DeValue::String(_) => one(self.span.clone(), self.at, self.value).map(|one| vec![one]),
            DeValue::Array(list) => {
                let all = list.iter();
                all.map(|item| one(item.span(), item.span().start, item.get_ref())).collect()
            }
            _ => None,
        };
        let Some(mut all) = all else {
            self.wrong_type(report, "text in quotes or a list of such", example);
            return Vec::new();
        };
        all.retain(|(text, _)| !text.trim().is_empty());
        if all.is_empty() {
            self.error(
                report,
                "there is nothing in it",
                format!("write {} = {example}, or leave the line out", self.key),
            );
        }
        all.retain(|(text, item)| item.is_on_one_line(report, text));
        all
    }
}

/// The value as a whole number.
pub(super) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// Whether the value is the number 0, or so near to it that no time is left of it.
pub(super) fn is_zero(value: &DeValue<'_>) -> bool {
    let float = value.as_float().and_then(|number| number.as_str().parse().ok());
    let time = float.and_then(|number| Duration::try_from_secs_f64(number).ok());
    integer(value) == Some(0) || time == Some(Duration::ZERO)
}
