//! What a key of the configuration is. Each key is declared once, in the list of its table; that declaration reads it,
//! prints it, knows what people write instead of it, and explains it in the README and in the example file.

use super::pins::Header;
use super::problem::{listed, nearest, normalised};
use super::section::{Field, Reader, Section};
use crate::limits::NAME_BYTES;
use crate::text::{Text, clip};
use crate::time::Duration;
use core::fmt::Display;
use std::path::Path;

/// The keys of one kind of table, read into a `T`.
pub(super) struct Table<T: 'static> {
    /// Its key at the top of the file; empty for the top itself.
    pub(super) name: &'static str,
    /// As written in the file, such as `[[button]]`; empty for the top.
    pub(super) label: &'static str,
    /// What people write instead of its name.
    pub(super) synonyms: &'static [&'static str],
    /// How many such tables a file may have.
    pub(super) most: usize,
    /// What it is about, in a few words.
    pub(super) heading: &'static str,
    /// What the example file says before its keys: paragraphs, and lists as they are.
    pub(super) intro: &'static str,
    /// What holds with nothing written.
    pub(super) blank: fn() -> T,
    /// In the order in which they are read and printed: a key may build on those before it.
    pub(super) keys: &'static [Key<T>],
}

/// One key of a table.
pub(super) struct Key<T: 'static> {
    name: &'static str,
    /// Values as the file writes them. Advice shows the first one.
    examples: &'static [&'static str],
    /// What it does. The first line is for the README; the example file has all lines.
    doc: &'static str,
    value: &'static dyn Value<T>,
    synonyms: &'static [&'static str],
    required: Option<Missing>,
    condition: Option<Condition<T>>,
}

/// The message and the advice if a required key is missing.
type Missing = (&'static str, &'static str);

/// When a key has an effect, and the message and the advice if it has none.
struct Condition<T> {
    holds: fn(&T) -> bool,
    message: &'static str,
    advice: &'static str,
}

impl<T> Key<T> {
    pub(super) const fn new(
        name: &'static str,
        examples: &'static [&'static str],
        doc: &'static str,
        value: &'static dyn Value<T>,
    ) -> Self {
        Self { name, examples, doc, value, synonyms: &[], required: None, condition: None }
    }

    /// What people write instead of its name.
    pub(super) const fn synonyms(mut self, synonyms: &'static [&'static str]) -> Self {
        self.synonyms = synonyms;
        self
    }

    /// It must be given; else the problem is `message`.
    pub(super) const fn required(mut self, message: &'static str, advice: &'static str) -> Self {
        self.required = Some((message, advice));
        self
    }

    /// It has an effect only where `holds`; elsewhere a value is checked, reported with `message` and left out.
    pub(super) const fn only_if(
        mut self,
        holds: fn(&T) -> bool,
        message: &'static str,
        advice: &'static str,
    ) -> Self {
        self.condition = Some(Condition { holds, message, advice });
        self
    }

    fn has_effect(&self, on: &T) -> bool {
        self.condition.as_ref().is_none_or(|condition| (condition.holds)(on))
    }
}

impl<T: Clone> Table<T> {
    /// Reads a table. Also gives the keys whose values could be read.
    pub(super) fn read(
        &self,
        reader: &mut Reader<'_>,
        section: &Section<'_>,
    ) -> (T, Vec<&'static str>) {
        for field in section.fields() {
            let is_table = self.name.is_empty() && super::reference::is_table(field.key);
            if !is_table && self.keys.iter().all(|key| key.name != field.key) {
                let advice = instead_of(self.label, field.key);
                field.error(reader, "this key is unknown", advice);
            }
        }
        let mut value = (self.blank)();
        let mut understood = Vec::new();
        for key in self.keys {
            let Some(mut field) = section.field(key.name) else {
                if let Some((message, advice)) = key.required {
                    section.error(reader, message, advice);
                }
                continue;
            };
            field.example = key.examples[0];
            let mut unused = value.clone();
            let to = if key.has_effect(&value) { &mut value } else { &mut unused };
            if key.value.read(reader, &field, to).is_some() {
                understood.push(key.name);
            }
            if let Some(condition) = &key.condition
                && !(condition.holds)(&value)
            {
                field.warning(reader, condition.message, condition.advice);
            }
        }
        (value, understood)
    }

    /// Prints a table: every key that has a value and an effect.
    pub(super) fn print(&self, value: &T, out: &mut Printer<'_>) {
        if !self.label.is_empty() {
            out.line("");
            out.line(self.label);
        }
        let mut value = value.clone();
        for key in self.keys.iter().filter(|key| key.has_effect(&value)).collect::<Vec<_>>() {
            key.value.print(key.name, &mut value, out);
        }
    }

    /// What is said about the table and its keys.
    pub(super) fn info(&self) -> TableInfo {
        let info = |key: &Key<T>| {
            let mut out = Printer::new(Header::default(), Path::new(super::MEDIA_FOLDER));
            key.value.print(key.name, &mut (self.blank)(), &mut out);
            let line = if key.required.is_some() { String::new() } else { out.text };
            KeyInfo {
                name: key.name,
                synonyms: key.synonyms,
                examples: key.examples,
                doc: key.doc,
                values: key.value.describe(),
                words: key.value.words(),
                is_required: key.required.is_some(),
                default: line.split_once(" = ").map(|(_, value)| value.trim_end().to_owned()),
            }
        };
        TableInfo {
            name: self.name,
            label: self.label,
            synonyms: self.synonyms,
            heading: self.heading,
            intro: self.intro,
            keys: self.keys.iter().map(info).collect(),
        }
    }
}

/// What is said about a table.
pub(super) struct TableInfo {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) synonyms: &'static [&'static str],
    pub(super) heading: &'static str,
    pub(super) intro: &'static str,
    pub(super) keys: Vec<KeyInfo>,
}

/// What is said about a key.
pub(super) struct KeyInfo {
    pub(super) name: &'static str,
    pub(super) synonyms: &'static [&'static str],
    pub(super) examples: &'static [&'static str],
    pub(super) doc: &'static str,
    /// Which values it takes.
    pub(super) values: String,
    /// The words among its values, each with its meaning.
    pub(super) words: Vec<(&'static str, &'static str)>,
    pub(super) is_required: bool,
    /// What holds without it, as printed; `None` if the line is left out then.
    pub(super) default: Option<String>,
}

/// What to write instead of the unknown key `word` in the table with this label.
pub(super) fn instead_of(label: &str, word: &str) -> String {
    let plain = normalised(word);
    let tables = super::reference::tables();
    let of_keys = tables.iter().filter(|table| table.label == label).flat_map(|table| &table.keys);
    let mut known: Vec<_> = of_keys.map(|key| (key.name, key.synonyms)).collect();
    if label.is_empty() {
        known.extend(tables.iter().skip(1).map(|table| (table.name, table.synonyms)));
    }
    if let Some((right, _)) = known.iter().find(|(_, wrong)| wrong.contains(&&*plain)) {
        return format!("write \"{right}\"");
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    if let Some(right) = nearest(&plain, names.iter().copied()) {
        return format!("did you mean \"{right}\"?");
    }
    let home = tables.iter().find(|table| table.keys.iter().any(|key| key.name == plain));
    match home.map(|table| table.label) {
        Some("") => "it belongs at the top of the file, above the first table".to_owned(),
        Some(label) => format!("it belongs in a {label} table"),
        None => format!("known here: {}", listed(&names, "and")),
    }
}

/// The configuration in force, as it is written.
pub(super) struct Printer<'a> {
    pub(super) text: String,
    pub(super) header: Header,
    pub(super) media: &'a Path,
}

impl<'a> Printer<'a> {
    pub(super) fn new(header: Header, media: &'a Path) -> Self {
        Self { text: String::new(), header, media }
    }

    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    pub(super) fn value(&mut self, key: &str, value: impl Display) {
        self.line(&format!("{key} = {value}"));
    }
}

/// `text` as TOML writes it, in quotes.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// One text, or a list of them.
pub(super) fn one_or_list(texts: &[String]) -> String {
    let all: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    match &*all {
        [one] => one.clone(),
        _ => format!("[{}]", all.join(", ")),
    }
}

/// How the value of a key is explained, read into a `T` and printed from it.
pub(super) trait Value<T> {
    /// Which values the key takes, for the README.
    fn describe(&self) -> String;
    /// The words among them, each with its meaning.
    fn words(&self) -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }
    /// `None` if the value could not be read; then a problem is recorded.
    fn read(&self, reader: &mut Reader<'_>, field: &Field<'_>, to: &mut T) -> Option<()>;
    /// Prints nothing if no line is needed. `from` stays as it is: that it can be written is for the sake of [`Of`].
    fn print(&self, key: &str, from: &mut T, out: &mut Printer<'_>);
}

/// A type whose values are written alike in all keys.
pub(super) trait Plain: Sized {
    fn describe() -> String;
    fn words() -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }
    fn read(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Self>;
    fn print(&self, out: &Printer<'_>) -> Option<String>;
}

/// A value of type `V` in a `T`: gives the place in which it is kept.
pub(super) struct Of<T, V>(pub(super) fn(&mut T) -> &mut V);

impl<T, V: Plain> Value<T> for Of<T, V> {
    fn describe(&self) -> String {
        V::describe()
    }

    fn words(&self) -> Vec<(&'static str, &'static str)> {
        V::words()
    }

    fn read(&self, reader: &mut Reader<'_>, field: &Field<'_>, to: &mut T) -> Option<()> {
        *(self.0)(to) = V::read(reader, field)?;
        Some(())
    }

    fn print(&self, key: &str, from: &mut T, out: &mut Printer<'_>) {
        if let Some(value) = (self.0)(from).print(out) {
            out.value(key, value);
        }
    }
}

/// The same values as for another key, where they are explained.
pub(super) struct As<T: 'static>(pub(super) &'static str, pub(super) &'static dyn Value<T>);

impl<T> Value<T> for As<T> {
    fn describe(&self) -> String {
        format!("as for `{}`", self.0)
    }

    fn read(&self, reader: &mut Reader<'_>, field: &Field<'_>, to: &mut T) -> Option<()> {
        self.1.read(reader, field, to)
    }

    fn print(&self, key: &str, from: &mut T, out: &mut Printer<'_>) {
        self.1.print(key, from, out);
    }
}

/// Seconds: from zero if `zero` is allowed, else from above it.
pub(super) struct Seconds<T, V> {
    pub(super) at: fn(&mut T) -> &mut V,
    pub(super) zero: bool,
    pub(super) most: f64,
}

impl<T, V: Copy + From<Duration> + Into<Option<Duration>>> Value<T> for Seconds<T, V> {
    fn describe(&self) -> String {
        format!("seconds, {} to {}", if self.zero { "0" } else { "more than 0" }, self.most)
    }

    fn read(&self, reader: &mut Reader<'_>, field: &Field<'_>, to: &mut T) -> Option<()> {
        *(self.at)(to) = field.time(reader, self.zero, self.most)?.into();
        Some(())
    }

    fn print(&self, key: &str, from: &mut T, out: &mut Printer<'_>) {
        let time: Option<Duration> = (*(self.at)(from)).into();
        if let Some(time) = time {
            out.value(key, format_args!("{:?}", time.as_secs_f64()));
        }
    }
}

/// A value with rules of its own.
pub(super) struct Custom<T> {
    pub(super) describe: &'static str,
    pub(super) words: &'static [(&'static str, &'static str)],
    pub(super) read: fn(&mut Reader<'_>, &Field<'_>, &mut T) -> Option<()>,
    pub(super) print: fn(&str, &T, &mut Printer<'_>),
}

impl<T> Value<T> for Custom<T> {
    fn describe(&self) -> String {
        self.describe.to_owned()
    }

    fn words(&self) -> Vec<(&'static str, &'static str)> {
        self.words.to_vec()
    }

    fn read(&self, reader: &mut Reader<'_>, field: &Field<'_>, to: &mut T) -> Option<()> {
        (self.read)(reader, field, to)
    }

    fn print(&self, key: &str, from: &mut T, out: &mut Printer<'_>) {
        (self.print)(key, from, out);
    }
}

/// A word that a key takes.
pub(super) struct Word<V> {
    pub(super) word: &'static str,
    pub(super) value: V,
    /// What it means, for the example file.
    doc: &'static str,
    /// What people write instead of it.
    pub(super) synonyms: &'static [&'static str],
}

pub(super) const fn word<V>(
    word: &'static str,
    value: V,
    doc: &'static str,
    synonyms: &'static [&'static str],
) -> Word<V> {
    Word { word, value, doc, synonyms }
}

/// A type whose values are words. One without a word is not printed.
pub(super) trait Words: Clone + PartialEq + 'static {
    const WORDS: &'static [Word<Self>];

    /// The word of the file for this value; empty if there is none.
    fn to_word(&self) -> &'static str {
        let mut words = Self::WORDS.iter();
        words.find(|word| word.value == *self).map_or("", |word| word.word)
    }
}

impl<V: Words> Plain for V {
    fn describe() -> String {
        let words: Vec<String> =
            V::WORDS.iter().map(|word| format!("`\"{}\"`", word.word)).collect();
        words.join(", ")
    }

    fn words() -> Vec<(&'static str, &'static str)> {
        V::WORDS.iter().map(|word| (word.word, word.doc)).collect()
    }

    fn read(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Self> {
        field.one_of(reader, V::WORDS)
    }

    fn print(&self, _: &Printer<'_>) -> Option<String> {
        Some(self.to_word()).filter(|word| !word.is_empty()).map(quoted)
    }
}

impl<V: Plain> Plain for Option<V> {
    fn describe() -> String {
        V::describe()
    }

    fn words() -> Vec<(&'static str, &'static str)> {
        V::words()
    }

    fn read(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Self> {
        V::read(reader, field).map(Some)
    }

    fn print(&self, out: &Printer<'_>) -> Option<String> {
        self.as_ref()?.print(out)
    }
}

impl Plain for bool {
    fn describe() -> String {
        "`true`, `false`".to_owned()
    }

    fn read(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Self> {
        field.switch(reader)
    }

    fn print(&self, _: &Printer<'_>) -> Option<String> {
        Some(self.to_string())
    }
}

impl Plain for Text<NAME_BYTES> {
    fn describe() -> String {
        format!("text of at most {NAME_BYTES} bytes")
    }

    fn read(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Self> {
        field.name(reader).map(clip)
    }

    fn print(&self, _: &Printer<'_>) -> Option<String> {
        Some(quoted(self))
    }
}

/// A volume in per cent.
impl Plain for Option<u8> {
    fn describe() -> String {
        "0 to 100".to_owned()
    }

    fn read(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Self> {
        u8::try_from(field.whole(reader, 0..=100)?).ok().map(Some)
    }

    fn print(&self, _: &Printer<'_>) -> Option<String> {
        self.as_ref().map(u8::to_string)
    }
}

/// A priority.
impl Plain for i32 {
    fn describe() -> String {
        "-1000 to 1000".to_owned()
    }

    fn read(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Self> {
        i32::try_from(field.whole(reader, -1000..=1000)?).ok()
    }

    fn print(&self, _: &Printer<'_>) -> Option<String> {
        Some(self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_was_meant() {
        for (label, wrong, advice) in [
            ("[[button]]", "gpio", "write \"pin\""),
            ("[[renderer]]", "file", "write \"plays\""),
            ("[[renderer]]", "host", "write \"address\""),
            ("[[renderer]]", "IP", "write \"address\""),
            ("[[renderer]]", "folder", "write \"plays\""),
            ("[[renderer]]", "repeat", "write \"loop\""),
            ("[[renderer]]", "auto-play", "write \"autoplay\""),
            ("[[renderer]]", "volumne", "did you mean \"volume\"?"),
            ("[[led]]", "media_port", "it belongs at the top of the file, above the first table"),
            ("", "hold_time", "it belongs in a [[button]] table"),
            ("[[led]]", "xyzzy", "known here: pin, shows, renderer and active"),
        ] {
            assert_eq!(instead_of(label, wrong), advice, "{wrong}");
        }
    }

    #[test]
    fn no_synonym_is_a_key_or_stands_for_two() {
        for table in super::super::reference::tables() {
            let names: Vec<&str> = table.keys.iter().map(|key| key.name).collect();
            let mut synonyms: Vec<&str> =
                table.keys.iter().flat_map(|key| key.synonyms).copied().collect();
            assert_eq!(synonyms.iter().find(|word| names.contains(word)), None, "{}", table.label);
            let count = synonyms.len();
            synonyms.sort_unstable();
            synonyms.dedup();
            assert_eq!(synonyms.len(), count, "{}: {synonyms:?}", table.label);
        }
    }
}
