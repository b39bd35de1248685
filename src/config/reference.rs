//! What is written about the keys, made from their declarations: the table of the README, the example file and the words
//! for the fuzzer. A test compares the files with these texts and writes them anew when asked to: see `CONTRIBUTING.md`.

use super::TOP;
use super::key::{KeyInfo, TableInfo};
use super::panel::{BUTTON, LED};
use super::pins::GPIO;
use super::renderer::{GROUP, RENDERER};
use super::schedule::SCHEDULE;
use core::fmt::Write;

/// Columns of the example file.
const WIDTH: usize = 100;

/// All kinds of tables, the top first, in the order of the example file.
pub(super) fn tables() -> [TableInfo; 7] {
    [
        TOP.info(),
        GPIO.info(),
        RENDERER.info(),
        GROUP.info(),
        SCHEDULE.info(),
        BUTTON.info(),
        LED.info(),
    ]
}

/// Whether the key at the top of the file is the name of a table.
pub(super) fn is_table(key: &str) -> bool {
    let names = [GPIO.name, RENDERER.name, GROUP.name, SCHEDULE.name, BUTTON.name, LED.name];
    names.contains(&key)
}

/// The README's table of keys.
#[must_use]
pub fn readme_table() -> String {
    let mut text = String::from("| key | values | without it | |\n|---|---|---|---|\n");
    for table in tables() {
        let label = if table.label.is_empty() { "at the top" } else { table.label };
        line(&mut text, format_args!("| **{label}** | | | |"));
        for key in table.keys {
            let doc = key.doc.lines().next().unwrap_or_default().trim_end_matches([':', '.']);
            let without = without(&key);
            line(
                &mut text,
                format_args!("| `{}` | {} | {without} | {doc} |", key.name, key.values),
            );
        }
    }
    text
}

/// What holds without the key.
fn without(key: &KeyInfo) -> String {
    match &key.default {
        _ if key.is_required => "required".to_owned(),
        None => String::new(),
        Some(value) => match value.split_once("  ") {
            Some((value, remark)) => format!("`{value}` {}", remark.trim_start_matches("# ")),
            None => format!("`{value}`"),
        },
    }
}

/// The example file: every key with what it does, all of them switched off.
#[must_use]
pub fn example_file() -> String {
    let mut text = String::new();
    remark(&mut text, HEAD);
    for table in tables() {
        let rule = "-".repeat(WIDTH - 8 - table.heading.len());
        line(&mut text, format_args!("\n# ---- {} {rule}", table.heading));
        remark(&mut text, table.intro);
        if table.label.is_empty() {
            text.push('\n');
        } else {
            line(&mut text, format_args!("\n#{}", table.label));
        }
        for (i, key) in table.keys.iter().enumerate() {
            if i > 0 {
                text.push_str(if table.label.is_empty() { "\n" } else { "#\n" });
            }
            remark(&mut text, key.doc);
            let widest = key.words.iter().map(|(word, _)| word.len()).max().unwrap_or_default();
            for (word, doc) in &key.words {
                let word = format!("\"{word}\"");
                line(&mut text, format_args!("#   {word:<0$}  {doc}", widest + 2));
            }
            for example in key.examples {
                line(&mut text, format_args!("#{} = {example}", key.name));
            }
        }
    }
    text
}

const HEAD: &str = "\
Configuration of dlna-kiosk: /etc/dlna-kiosk/config.toml

Everything here is optional. As shipped, the # at its beginning switches each line off, and the box does this: it \
serves /srv/dlna-kiosk, finds every renderer on the network, and plays nothing until a button asks for it; buttons and \
LEDs are wired as the README shows. Remove the # to switch a line on. From the first such line on, the box has only the \
buttons and LEDs that this file names.

Check the file, and see the values in force:    dlna-kiosk check

Text stands in straight quotes: \"TV 1\". Numbers, true and false stand without quotes.";

/// Appends paragraphs as remarks. A line that begins with a blank stays as it is.
fn remark(text: &mut String, paragraphs: &str) {
    for paragraph in paragraphs.lines() {
        if paragraph.is_empty() || paragraph.contains("    ") || paragraph.starts_with(' ') {
            line(text, format_args!("{}", format!("# {paragraph}").trim_end()));
            continue;
        }
        let mut row = String::from("#");
        for word in paragraph.split(' ') {
            if row.chars().count() + 1 + word.chars().count() > WIDTH {
                line(text, format_args!("{row}"));
                row = String::from("#");
            }
            row.push(' ');
            row.push_str(word);
        }
        line(text, format_args!("{row}"));
    }
}

/// The tables, keys and words, in the form of libFuzzer's dictionaries.
#[must_use]
pub fn fuzz_words() -> String {
    let mut text = String::new();
    let mut entry = |word: &str| {
        let mut escaped = String::new();
        for byte in word.bytes() {
            match byte {
                b'"' | b'\\' | 0..=0x1f | 0x7f.. => {
                    let _ = write!(escaped, "\\x{byte:02x}");
                }
                _ => escaped.push(char::from(byte)),
            }
        }
        let known = format!("\"{escaped}\"\n");
        if !text.contains(&known) {
            text.push_str(&known);
        }
    };
    for table in tables() {
        if !table.label.is_empty() {
            entry(&format!("{}\n", table.label));
        }
        for key in table.keys {
            for example in key.examples {
                entry(&format!("{} = {example}\n", key.name));
            }
            key.words.iter().for_each(|(word, _)| entry(&format!("\"{word}\"")));
        }
    }
    text
}

fn line(text: &mut String, line: core::fmt::Arguments<'_>) {
    let _ = writeln!(text, "{line}");
}
