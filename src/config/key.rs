//! What a key of the configuration is. Each key is declared once, in the list of its table. The declaration reads and prints
//! the key, knows what people write instead of it, and explains it in the README and in the example file.

use super::pins::GpioHeader;
use super::problem::{listed, nearest, normalised};
use super::reference::{is_table, tables};
use super::section::{Field, Reader, Section};
use crate::limits::NAME_BYTES;
use crate::text::{Text, clip};
use crate::time::Duration;
use std::path::Path;

/// One kind of table, read into a `T`.
pub(super) struct Table<T: 'static> {
    /// Its name and what is said about it.
    pub(super) about: About,
    /// How many such tables a file may have.
    pub(super) most: usize,
    /// The value before any key is read.
    pub(super) blank: fn() -> T,
    /// In the order of reading and printing: a key may build on those before it.
    pub(super) keys: &'static [Key<T>],
}

/// What is said about a table.
#[derive(Clone, Copy)]
pub(super) struct About {
    /// Its key at the top of the file; empty for the top itself.
    pub(super) name: &'static str,
    /// As written in the file, such as `[[button]]`; empty for the top.
    pub(super) label: &'static str,
    /// What people write instead of the name: words separated by spaces.
    pub(super) synonyms: &'static str,
    pub(super) heading: &'static str,
    /// The lines of the example file above the table.
    pub(super) intro: &'static str,
}

/// One key of a table.
pub(super) struct Key<T: 'static> {
    name: &'static str,
    /// Values as the file writes them, one on each line. Advice shows the first one.
    examples: &'static str,
    value: &'static dyn Value<T>,
    /// What it does. The first line is for the README; the example file has all lines, and after a colon the words.
    doc: &'static str,
    /// What people write instead of the name: words separated by spaces.
    synonyms: &'static str,
    /// Message and advice if this required key is missing.
    required: Option<[&'static str; 2]>,
    /// When the key has an effect, and message and advice if it has none.
    condition: Option<Condition<T>>,
}

type Condition<T> = (fn(&T) -> bool, [&'static str; 2]);

pub(super) const fn key<T>(
    name: &'static str,
    examples: &'static str,
    value: &'static dyn Value<T>,
) -> Key<T> {
    Key { name, examples, value, doc: "", synonyms: "", required: None, condition: None }
}

impl<T> Key<T> {
    pub(super) const fn doc(self, doc: &'static str) -> Self {
        Self { doc, ..self }
    }

    pub(super) const fn synonyms(self, synonyms: &'static str) -> Self {
        Self { synonyms, ..self }
    }

    pub(super) const fn required(self, message: &'static str, advice: &'static str) -> Self {
        Self { required: Some([message, advice]), ..self }
    }

    /// Where the key has no effect, its value is checked, reported and ignored.
    pub(super) const fn only_if(self, holds: fn(&T) -> bool, problem: [&'static str; 2]) -> Self {
        Self { condition: Some((holds, problem)), ..self }
    }

    fn first_example(&self) -> &'static str {
        self.examples.lines().next().unwrap_or_default()
    }
}

impl<T: Clone> Table<T> {
    /// Reads a table. Also gives the keys whose values could be read.
    pub(super) fn read(&self, reader: &mut Reader<'_>, section: &Section<'_>) -> (T, Vec<&str>) {
        for field in section.fields() {
            let is_known = self.keys.iter().any(|key| key.name == field.key);
            if !(is_known || self.about.name.is_empty() && is_table(field.key)) {
                field.error(reader, "this key is unknown", &instead_of(self.about, field.key));
            }
        }
        let mut value = (self.blank)();
        let mut understood = Vec::new();
        for key in self.keys {
            let Some(mut field) = section.field(key.name) else {
                if let Some([message, advice]) = key.required {
                    section.error(reader, message, advice);
                }
                continue;
            };
            field.example = key.first_example();
            let without_effect = key.condition.filter(|(holds, _)| !holds(&value));
            let mut unused = without_effect.map(|_| value.clone());
            if key.value.read(reader, &field, unused.as_mut().unwrap_or(&mut value)).is_some() {
                understood.push(key.name);
            }
            if let Some((_, [message, advice])) = without_effect {
                field.warning(reader, message, advice);
            }
        }
        (value, understood)
    }

    /// Prints a table: every key that has a value and an effect.
    pub(super) fn print(&self, value: &T, out: &mut Printer<'_>) {
        if !self.about.label.is_empty() {
            out.line("");
            out.line(self.about.label);
        }
        let mut copy = value.clone();
        for key in
            self.keys.iter().filter(|key| key.condition.is_none_or(|(holds, _)| holds(value)))
        {
            if let Some(line) = key.value.print(key.name, &mut copy, out) {
                out.line(&line);
            }
        }
    }

    /// What is said about the keys.
    pub(super) fn explained(&self) -> (About, Vec<Explained>) {
        let out = Printer::new(GpioHeader::default(), Path::new(super::MEDIA_FOLDER));
        let explained = |key: &Key<T>| Explained {
            name: key.name,
            synonyms: key.synonyms,
            examples: key.examples,
            doc: key.doc,
            values: key.value.values(),
            default: match key.required {
                Some(_) => Some("required".to_owned()),
                None => key.value.print(key.name, &mut (self.blank)(), &out),
            },
        };
        (self.about, self.keys.iter().map(explained).collect())
    }
}

/// What is said about a key.
pub(super) struct Explained {
    pub(super) name: &'static str,
    pub(super) synonyms: &'static str,
    pub(super) examples: &'static str,
    pub(super) doc: &'static str,
    pub(super) values: Values,
    /// The line that applies without it, if there is one, or "required".
    pub(super) default: Option<String>,
}

/// What to write instead of the unknown key `word` in a table.
fn instead_of(table: About, word: &str) -> String {
    let plain = normalised(word);
    let tables = tables();
    let here = tables.iter().filter(|(about, _)| about.label == table.label);
    let mut known: Vec<(&str, &str)> =
        here.flat_map(|(_, keys)| keys).map(|key| (key.name, key.synonyms)).collect();
    if table.name.is_empty() {
        known.extend(tables.iter().skip(1).map(|(about, _)| (about.name, about.synonyms)));
    }
    if let Some((right, _)) = known.iter().find(|(_, wrong)| wrong.split(' ').any(|w| w == plain)) {
        return format!("write \"{right}\"");
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    if let Some(right) = nearest(&plain, names.iter().copied()) {
        return format!("did you mean \"{right}\"?");
    }
    match tables.iter().find(|(_, keys)| keys.iter().any(|key| key.name == plain)) {
        Some((About { label: "", .. }, _)) => {
            "it belongs at the top of the file, above the first table".to_owned()
        }
        Some((home, _)) => format!("it belongs in a {} table", home.label),
        None => format!("known here: {}", listed(&names, "and")),
    }
}

/// The configuration in force, while it is printed.
pub(super) struct Printer<'a> {
    pub(super) text: String,
    pub(super) header: GpioHeader,
    pub(super) media: &'a Path,
}

impl<'a> Printer<'a> {
    pub(super) fn new(header: GpioHeader, media: &'a Path) -> Self {
        Self { text: String::new(), header, media }
    }

    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
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

/// Which values a key takes.
pub(super) struct Values {
    /// As the README says it.
    pub(super) text: String,
    /// The words among them, each with its meaning.
    pub(super) words: Vec<(&'static str, &'static str)>,
}

impl Values {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), words: Vec::new() }
    }
}

/// How the value of a key is explained, read into a `T` and printed from it.
pub(super) trait Value<T> {
    /// Which values the key takes.
    fn values(&self) -> Values;
    /// `None` if the value could not be read; then a problem is recorded.
    fn read(&self, reader: &mut Reader<'_>, field: &Field<'_>, to: &mut T) -> Option<()>;
    /// The line, if one is needed. It changes nothing: `from` can be written to because [`Of`] has only one accessor.
    fn print(&self, key: &str, from: &mut T, out: &Printer<'_>) -> Option<String>;
}

/// A type whose values are written alike in all keys.
pub(super) trait Plain: Sized {
    fn values() -> Values;
    fn read(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Self>;
    fn print(&self, out: &Printer<'_>) -> Option<String>;
}

/// A value of type `V` in a `T`, with its accessor.
pub(super) struct Of<T, V>(pub(super) fn(&mut T) -> &mut V);

impl<T, V: Plain> Value<T> for Of<T, V> {
    fn values(&self) -> Values {
        V::values()
    }

    fn read(&self, reader: &mut Reader<'_>, field: &Field<'_>, to: &mut T) -> Option<()> {
        *(self.0)(to) = V::read(reader, field)?;
        Some(())
    }

    fn print(&self, key: &str, from: &mut T, out: &Printer<'_>) -> Option<String> {
        Some(format!("{key} = {}", (self.0)(from).print(out)?))
    }
}

/// A number of seconds with its accessor, its least value and its greatest.
pub(super) struct Seconds<T, V>(pub(super) fn(&mut T) -> &mut V, pub(super) Least, pub(super) f64);

/// The least number of seconds that a key allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Least {
    Zero,
    AboveZero,
    One,
}

pub(super) const FROM_ZERO: Least = Least::Zero;
pub(super) const ABOVE_ZERO: Least = Least::AboveZero;
pub(super) const FROM_ONE: Least = Least::One;

impl Least {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Zero => "0",
            Self::AboveZero => "more than 0",
            Self::One => "1",
        }
    }

    pub(super) fn allows(self, time: Duration) -> bool {
        match self {
            Self::Zero => true,
            Self::AboveZero => !time.is_zero(),
            Self::One => time >= Duration::from_secs(1),
        }
    }
}

pub(super) const A_DAY: f64 = 86_400.0;

impl<T, V: Copy + From<Duration> + Into<Option<Duration>>> Value<T> for Seconds<T, V> {
    fn values(&self) -> Values {
        Values::new(format!("seconds, {} to {}", self.1.words(), self.2))
    }

    fn read(&self, reader: &mut Reader<'_>, field: &Field<'_>, to: &mut T) -> Option<()> {
        *(self.0)(to) = field.time(reader, self.1, self.2)?.into();
        Some(())
    }

    fn print(&self, key: &str, from: &mut T, _: &Printer<'_>) -> Option<String> {
        let time: Option<Duration> = (*(self.0)(from)).into();
        Some(format!("{key} = {:?}", time?.as_secs_f64()))
    }
}

/// A value with rules of its own.
pub(super) struct Custom<T> {
    pub(super) values: &'static str,
    pub(super) read: fn(&mut Reader<'_>, &Field<'_>, &mut T) -> Option<()>,
    pub(super) print: fn(&T, &Printer<'_>) -> Option<String>,
}

impl<T> Value<T> for Custom<T> {
    fn values(&self) -> Values {
        Values::new(self.values)
    }

    fn read(&self, reader: &mut Reader<'_>, field: &Field<'_>, to: &mut T) -> Option<()> {
        (self.read)(reader, field, to)
    }

    fn print(&self, key: &str, from: &mut T, out: &Printer<'_>) -> Option<String> {
        Some(format!("{key} = {}", (self.print)(from, out)?))
    }
}

/// A word of the file, its value, its meaning, and what people write instead of it, separated by spaces.
pub(super) struct Word<V>(
    pub(super) &'static str,
    pub(super) V,
    pub(super) &'static str,
    pub(super) &'static str,
);

/// A type whose values are words. A value without a word is not printed.
pub(super) trait Words: Clone + PartialEq + 'static {
    const WORDS: &'static [Word<Self>];

    /// The word for this value; empty if there is none.
    fn to_word(&self) -> &'static str {
        Self::WORDS.iter().find(|Word(_, value, ..)| value == self).map_or("", |word| word.0)
    }
}

impl<V: Words> Plain for V {
    fn values() -> Values {
        let words = V::WORDS.iter().map(|Word(word, _, meaning, _)| (*word, *meaning)).collect();
        let quoted: Vec<String> = V::WORDS.iter().map(|word| format!("`\"{}\"`", word.0)).collect();
        Values { text: quoted.join(", "), words }
    }

    fn read(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Self> {
        field.one_of(reader, V::WORDS)
    }

    fn print(&self, _: &Printer<'_>) -> Option<String> {
        Some(self.to_word()).filter(|word| !word.is_empty()).map(quoted)
    }
}

impl<V: Plain> Plain for Option<V> {
    fn values() -> Values {
        V::values()
    }

    fn read(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Self> {
        V::read(reader, field).map(Some)
    }

    fn print(&self, out: &Printer<'_>) -> Option<String> {
        self.as_ref()?.print(out)
    }
}

impl Plain for bool {
    fn values() -> Values {
        Values::new("`true`, `false`")
    }

    fn read(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Self> {
        field.switch(reader)
    }

    fn print(&self, _: &Printer<'_>) -> Option<String> {
        Some(self.to_string())
    }
}

impl Plain for Text<NAME_BYTES> {
    fn values() -> Values {
        Values::new(format!("text of at most {NAME_BYTES} bytes"))
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
    fn values() -> Values {
        Values::new("0 to 100")
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
    fn values() -> Values {
        Values::new("-1000 to 1000")
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
            let tables = tables();
            let (about, _) = tables.iter().find(|(about, _)| about.label == label).unwrap();
            assert_eq!(instead_of(*about, wrong), advice, "{wrong}");
        }
    }

    #[test]
    fn no_synonym_is_a_key_or_stands_for_two() {
        for (about, keys) in tables() {
            let synonyms = keys.iter().flat_map(|key| key.synonyms.split_whitespace());
            let mut all: Vec<&str> = keys.iter().map(|key| key.name).chain(synonyms).collect();
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), count, "{}: {all:?}", about.label);
        }
    }
}
