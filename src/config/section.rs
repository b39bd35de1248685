//! Typed reading of one TOML table and its values. A value of the wrong type is reported with advice on what to write;
//! reading goes on with the default, so that all problems are found in one go.

use super::key::{Least, Word};
use super::media::{Files, MediaFolder};
use super::problem::{Problems, Severity, nearest, normalised, or_list};
use crate::limits::NAME_BYTES;
use crate::time::{Duration, seconds};
use core::ops::{Range, RangeInclusive};
use serde_spanned::Spanned;
use std::borrow::Cow;
use toml::de::{DeTable, DeValue};

/// The state of reading a file.
pub(super) struct Reader<'t> {
    pub(super) problems: Problems<'t>,
    pub(super) media: Vec<MediaFolder>,
    /// Looks at the disk.
    pub(super) files: Files<'t>,
}

/// A table of the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section<'a> {
    table: &'a DeTable<'a>,
    /// As written in the file, such as `[[button]]`; empty at the top.
    pub(super) label: &'static str,
    /// Byte at which it begins.
    pub(super) at: usize,
}

impl<'a> Section<'a> {
    pub(super) fn new(table: &'a DeTable<'a>, label: &'static str, at: usize) -> Self {
        Self { table, label, at }
    }

    /// The value of `key`, if it is given.
    pub(super) fn field(&self, key: &str) -> Option<Field<'a>> {
        let (key, value) = self.table.get_key_value(key)?;
        Some(self.field_of(key, value))
    }

    /// Whether `key` is given.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Every key that is given.
    pub(super) fn fields(&self) -> impl Iterator<Item = Field<'a>> {
        let section = *self;
        self.table.iter().map(move |(key, value)| section.field_of(key, value))
    }

    fn field_of(
        &self,
        key: &'a Spanned<Cow<'a, str>>,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Field<'a> {
        Field {
            label: self.label,
            key: key.get_ref(),
            example: "",
            at: key.span().start,
            span: value.span(),
            value: value.get_ref(),
        }
    }

    /// Records an error about the table as a whole.
    pub(super) fn error(&self, reader: &mut Reader<'_>, message: &str, advice: &str) {
        reader.problems.push(Severity::Error, Some(self.at), self.label, message, advice);
    }

    /// Records a warning about the table as a whole.
    pub(super) fn warning(&self, reader: &mut Reader<'_>, message: &str, advice: &str) {
        reader.problems.push(Severity::Warning, Some(self.at), self.label, message, advice);
    }
}

/// A key of a table with its value.
#[derive(Clone, Debug)]
pub(super) struct Field<'a> {
    label: &'static str,
    pub(super) key: &'a str,
    /// A value to show in advice.
    pub(super) example: &'static str,
    /// Byte at which the key begins.
    pub(super) at: usize,
    /// Where the value stands.
    span: Range<usize>,
    pub(super) value: &'a DeValue<'a>,
}

impl<'a> Field<'a> {
    /// `[[button]] pin = 42`.
    fn shown(&self, reader: &Reader<'_>) -> String {
        let written = reader.problems.written(self.span.clone());
        match self.label {
            "" => format!("{} = {written}", self.key),
            label => format!("{label} {} = {written}", self.key),
        }
    }

    /// Records an error about this value.
    pub(super) fn error(&self, reader: &mut Reader<'_>, message: &str, advice: &str) {
        let shown = self.shown(reader);
        reader.problems.push(Severity::Error, Some(self.at), &shown, message, advice);
    }

    /// Records a warning about this value.
    pub(super) fn warning(&self, reader: &mut Reader<'_>, message: &str, advice: &str) {
        let shown = self.shown(reader);
        reader.problems.push(Severity::Warning, Some(self.at), &shown, message, advice);
    }

    /// Records that the value is not of the type that is `wanted`.
    pub(super) fn wrong_type(&self, reader: &mut Reader<'_>, wanted: &str, example: &str) {
        let is = match self.value {
            DeValue::String(_) => "text in quotes",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.error(
            reader,
            &format!("this is {is}, but it must be {wanted}"),
            &format!("write {} = {example}", self.key),
        );
    }

    /// Checks that `text` has no control characters: names and paths have none.
    fn is_on_one_line(&self, reader: &mut Reader<'_>, text: &str) -> bool {
        let control = text.chars().any(char::is_control);
        if control {
            self.error(
                reader,
                "the text contains a line break, a tab or another control character",
                "remove it; in a path, write / instead of \\",
            );
        }
        !control
    }

    /// A text that is not empty, without spaces around it.
    pub(super) fn text(&self, reader: &mut Reader<'_>) -> Option<&'a str> {
        self.untrimmed(reader).map(str::trim)
    }

    /// A text that is not empty, with the spaces around it, which may belong to the name of a file.
    pub(super) fn untrimmed(&self, reader: &mut Reader<'_>) -> Option<&'a str> {
        let DeValue::String(text) = self.value else {
            self.wrong_type(reader, "text in quotes", self.example);
            return None;
        };
        if text.trim().is_empty() {
            let advice = format!("write {} = {}, or remove the line", self.key, self.example);
            self.error(reader, "the text is empty", &advice);
            return None;
        }
        self.is_on_one_line(reader, text).then_some(text)
    }

    /// One or several texts with the spaces around them, each with its own position; empty after an error.
    pub(super) fn texts(&self, reader: &mut Reader<'_>) -> Vec<(&'a str, Self)> {
        let one = |span: Range<usize>, at: usize, value: &'a DeValue<'a>| {
            Some((value.as_str()?, Self { at, span, value, ..self.clone() }))
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
            self.wrong_type(reader, "text in quotes, or a list of such texts", self.example);
            return Vec::new();
        };
        all.retain(|(text, _)| !text.trim().is_empty());
        if all.is_empty() {
            let advice = format!("write {} = {}, or remove the line", self.key, self.example);
            self.error(reader, "this is empty", &advice);
        }
        all.retain(|(text, item)| item.is_on_one_line(reader, text));
        all
    }

    /// True or false.
    pub(super) fn switch(&self, reader: &mut Reader<'_>) -> Option<bool> {
        if let DeValue::Boolean(on) = *self.value {
            return Some(on);
        }
        let meant = match self.value {
            DeValue::String(text) => matches!(&*normalised(text), "true" | "yes" | "on" | "1"),
            DeValue::Integer(number) => number.as_str() != "0",
            _ => true,
        };
        let example = if meant { "true" } else { "false" };
        self.wrong_type(reader, "true or false, without quotes", example);
        None
    }

    /// The value as a whole number, if it is one.
    pub(super) fn integer(&self) -> Option<i64> {
        let number = self.value.as_integer()?;
        i64::from_str_radix(number.as_str(), number.radix()).ok()
    }

    /// A whole number within `range`.
    pub(super) fn whole(&self, reader: &mut Reader<'_>, range: RangeInclusive<i64>) -> Option<i64> {
        let Some(number) = self.integer() else {
            self.wrong_type(reader, "a whole number, without quotes", self.example);
            return None;
        };
        if range.contains(&number) {
            return Some(number);
        }
        let (least, most) = range.into_inner();
        let advice = format!("use {least} to {most}, such as {} = {}", self.key, self.example);
        self.error(reader, "the number is out of range", &advice);
        None
    }

    /// A time in seconds, from `least` to `most`.
    pub(super) fn time(
        &self,
        reader: &mut Reader<'_>,
        least: Least,
        most: f64,
    ) -> Option<Duration> {
        let number = match self.value {
            DeValue::Float(number) => number.as_str().parse().ok(),
            DeValue::Integer(_) => {
                self.integer().and_then(|n| i32::try_from(n).ok()).map(f64::from)
            }
            _ => {
                self.wrong_type(reader, "a number of seconds, without quotes", self.example);
                return None;
            }
        };
        let time = number
            .filter(|value| (0.0..=most).contains(value))
            .map(seconds)
            .filter(|time| least.allows(*time));
        if time.is_none() {
            let (key, example, least) = (self.key, self.example, least.words());
            let advice = format!("use {least} to {most} seconds, such as {key} = {example}");
            self.error(reader, "the time is out of range", &advice);
        }
        time
    }

    /// Whether the value is 0, or rounds to 0 as a time.
    pub(super) fn is_zero(&self) -> bool {
        let float = self.value.as_float().and_then(|number| number.as_str().parse().ok());
        let time = float.and_then(|number| Duration::try_from_secs_f64(number).ok());
        self.integer() == Some(0) || time == Some(Duration::ZERO)
    }

    /// One of several words.
    pub(super) fn one_of<V: Clone>(&self, reader: &mut Reader<'_>, words: &[Word<V>]) -> Option<V> {
        let known: Vec<&str> = words.iter().map(|word| word.0).collect();
        let DeValue::String(text) = self.value else {
            self.wrong_type(reader, "one of the known words, in quotes", &or_list(&known));
            return None;
        };
        let meant = normalised(text);
        if let Some(Word(_, value, ..)) = words.iter().find(|word| word.0 == meant) {
            return Some(value.clone());
        }
        let synonym = words.iter().find(|word| word.3.split(' ').any(|wrong| wrong == meant));
        let advice =
            match synonym.map(|word| word.0).or_else(|| nearest(&meant, known.iter().copied())) {
                Some(word) => format!("did you mean \"{word}\"?"),
                None => format!("write {}", or_list(&known)),
            };
        self.error(reader, "this word is unknown", &advice);
        None
    }

    /// A name, which must fit.
    pub(super) fn name(&self, reader: &mut Reader<'_>) -> Option<&'a str> {
        let text = self.text(reader)?;
        if text.len() > NAME_BYTES {
            self.error(
                reader,
                &format!("the name is longer than {NAME_BYTES} bytes"),
                "write a shorter one; for a renderer, use its udn or address instead",
            );
        }
        Some(text)
    }
}
