//! Texts made from the declarations of the keys: the README's table, the example file `systemd/config.toml`, and the
//! fuzzer's words. A test compares the files with them; `UPDATE=1 cargo test --lib config::` writes the files.

use super::TOP;
use super::key::{About, Explained};
use super::panel::{BUTTON, LED};
use super::pins::GPIO;
use super::renderer::{GROUP, RENDERER};
use super::schedule::SCHEDULE;

/// Columns of the example file.
const WIDTH: usize = 100;

/// All kinds of tables, the top first, in the order of the example file.
pub(super) fn tables() -> [(About, Vec<Explained>); 7] {
    [
        TOP.explained(),
        GPIO.explained(),
        RENDERER.explained(),
        GROUP.explained(),
        SCHEDULE.explained(),
        BUTTON.explained(),
        LED.explained(),
    ]
}

/// Whether the key at the top of the file is the name of a table.
pub(super) fn is_table(key: &str) -> bool {
    tables().iter().any(|(about, _)| about.name == key)
}

/// The README's table of keys.
pub fn readme_table() -> String {
    let mut text = String::from("| key | values | default | |\n|---|---|---|---|\n");
    for (about, keys) in tables() {
        let label = if about.label.is_empty() { "top of the file" } else { about.label };
        line(&mut text, &format!("| **{label}** | | | |"));
        let mut before: Vec<(&str, &str)> = Vec::new();
        for key in &keys {
            let doc = key.doc.lines().next().unwrap_or_default().trim_end_matches([':', '.']);
            let same =
                before.iter().find(|(_, values)| values.len() > 100 && *values == key.values.text);
            let values =
                same.map_or(key.values.text.clone(), |(name, _)| format!("as for `{name}`"));
            before.push((key.name, &key.values.text));
            let default = key.default.as_deref().map_or(String::new(), in_code);
            line(&mut text, &format!("| `{}` | {values} | {default} | {doc} |", key.name));
        }
    }
    text
}

/// The value of a line, and a comment after it if there is one, as the README shows them.
fn in_code(line: &str) -> String {
    let Some((_, value)) = line.split_once(" = ") else { return line.to_owned() };
    match value.split_once("  ") {
        Some((value, remark)) => format!("`{value}` {}", remark.trim_start_matches("# ")),
        None => format!("`{value}`"),
    }
}

/// The example file: every key with an explanation, switched off.
pub fn example_file() -> String {
    let mut text = String::new();
    comment(&mut text, HEAD);
    for (about, keys) in tables() {
        let rule = "-".repeat(WIDTH - 8 - about.heading.len());
        line(&mut text, &format!("\n# ---- {} {rule}", about.heading));
        comment(&mut text, about.intro);
        text.push('\n');
        let mut before = String::new();
        if !about.label.is_empty() {
            before = format!("#{}\n#\n", about.label);
        }
        for key in &keys {
            text.push_str(&before);
            before = if about.label.is_empty() { "\n" } else { "#\n" }.to_owned();
            comment(&mut text, key.doc);
            let words = if key.doc.ends_with(':') { &*key.values.words } else { &[] };
            let widest = words.iter().map(|(word, _)| word.len()).max().unwrap_or_default();
            for (word, meaning) in words {
                line(
                    &mut text,
                    &format!("#   {:<1$}  {meaning}", format!("\"{word}\""), widest + 2),
                );
            }
            for example in key.examples.lines() {
                line(&mut text, &format!("#{} = {example}", key.name));
            }
        }
    }
    text
}

const HEAD: &str = "\
Configuration of dlna-kiosk: /etc/dlna-kiosk/config.toml

Everything here is optional. As shipped, the # before each line switches it off. The box then serves \
/srv/dlna-kiosk, finds every renderer on the network, and plays nothing until somebody presses a button; wire buttons and LEDs as the README shows. To switch a line on, remove its #. As soon as any line is on, only the buttons and LEDs in this file count.

Check the file, and see the values in force:    dlna-kiosk check

Text needs straight quotes: \"TV 1\". Numbers, true and false take none. Times are in seconds.";

/// Appends paragraphs as comments, wrapped; a line with two spaces in a row stays as it is.
fn comment(text: &mut String, paragraphs: &str) {
    for paragraph in paragraphs.lines() {
        let mut row = String::from("#");
        for word in paragraph.split_inclusive(' ') {
            let is_full = row.chars().count() + 1 + word.trim_end().chars().count() > WIDTH;
            if is_full && !paragraph.contains("  ") {
                line(text, row.trim_end());
                row = String::from("#");
            }
            row.push_str(if row == "#" { " " } else { "" });
            row.push_str(word);
        }
        line(text, &row);
    }
}

/// The tables, keys and words, in the form of libFuzzer's dictionaries.
pub fn fuzz_words() -> String {
    let mut all: Vec<String> = Vec::new();
    for (about, keys) in tables() {
        all.push(format!("{}\n", about.label));
        for key in keys {
            let examples = key.examples.lines();
            all.extend(examples.map(|example| format!("{} = {example}\n", key.name)));
            all.extend(key.values.words.iter().map(|(word, _)| format!("\"{word}\"")));
        }
    }
    let mut text = String::new();
    for word in &all {
        let escaped: String = word.bytes().map(escaped).collect();
        let entry = format!("\"{escaped}\"\n");
        if !text.contains(&entry) {
            text.push_str(&entry);
        }
    }
    text
}

fn escaped(byte: u8) -> String {
    match byte {
        b'"' | b'\\' | 0..=0x1f | 0x7f.. => format!("\\x{byte:02x}"),
        _ => char::from(byte).to_string(),
    }
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}
