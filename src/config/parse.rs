//! The whole file: its top, and the tables in their order.

use super::backend::{backend, wired_to};
use super::files::{FileState, Files, let_in};
use super::pins::Header;
use super::plays::{self, MediaFolder};
use super::ports::ports;
use super::problem::{Problem, Report, Severity};
use super::section::Section;
use super::vocabulary::{SCHEDULE, TOP, Words};
use super::{
    Backend, Config, Group, Led, MEDIA_FOLDER, Rule, check, group, panel, renderer, schedule,
    syntax,
};
use crate::limits::{self, GROUPS, PINS, RULES};
use crate::text::clip;
use serde_spanned::Spanned;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// What became of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The configuration, unless there is an error.
    pub config: Option<Config>,
    /// Everything that is wrong, in the order of the file.
    pub problems: Vec<Problem>,
    /// The LEDs that could be read in spite of errors: they show that there are some.
    pub leds_anyway: Vec<Led>,
    /// The hardware these LEDs are on.
    pub gpio_anyway: Backend,
}

impl Loaded {
    /// Whether the configuration cannot be used.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.config.is_none()
    }
}

/// Reads the `text` of a configuration file; `files` looks at the disk. All problems are found in
/// one go. Of a text with faults of TOML itself only these are told, as the rest follows from them.
#[must_use]
pub fn parse(text: &str, files: &dyn Fn(&Path) -> FileState) -> Loaded {
    parse_for(Header::default(), text, files)
}

/// As [`parse`], on a machine with this header.
#[must_use]
pub fn parse_for(header: Header, text: &str, files: &dyn Fn(&Path) -> FileState) -> Loaded {
    // Notepad puts a byte order mark before UTF-8.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (document, faults) = DeTable::parse_recoverable(text);
    let mut report = Report::new(text);
    let top = Section::new(document.get_ref(), &TOP, 0);
    let config = read(&mut report, &top, files, header);
    if !faults.is_empty() {
        report = Report::new(text);
        syntax::report_faults(&mut report, text, &faults);
    }
    let usable = !report.has_errors();
    let header = wired_to(&config.gpio, header);
    Loaded {
        problems: report.into_problems(),
        leds_anyway: config.leds.iter().filter(|led| header.has(led.pin)).cloned().collect(),
        gpio_anyway: config.gpio.clone(),
        config: usable.then_some(config),
    }
}

/// As much of the configuration as can be understood.
fn read(report: &mut Report<'_>, top: &Section<'_>, files: Files<'_>, header: Header) -> Config {
    top.refuse_unknown_keys(report);
    let media = media_folder(report, top, files);
    let (media_port, control_port) = ports(report, top);

    let tables = tables(report, top, "renderer", &super::vocabulary::RENDERER, RULES);
    let rules: Vec<(Section<'_>, Rule)> = tables
        .into_iter()
        .map(|table| (table, renderer::read(report, &table, &media, files)))
        .collect();
    let tables = self::tables(report, top, "group", &super::vocabulary::GROUP, GROUPS);
    let groups: Vec<(Section<'_>, Group)> = tables
        .into_iter()
        .filter_map(|table| Some((table, group::read(report, &table, &media, files)?)))
        .collect();
    let tables = self::tables(report, top, "button", &super::vocabulary::BUTTON, PINS);
    let buttons: Vec<_> = tables
        .into_iter()
        .filter_map(|table| Some((table, panel::button(report, &table, &media, files)?)))
        .collect();
    let tables = self::tables(report, top, "led", &super::vocabulary::LED, PINS);
    let leds: Vec<_> =
        tables.into_iter().filter_map(|table| Some((table, panel::led(report, &table)?))).collect();
    let gpio = backend(report, top);
    let tables = self::tables(report, top, "schedule", &SCHEDULE, limits::SCHEDULE);
    let entries: Vec<_> = tables
        .into_iter()
        .map(|table| (table, schedule::read(report, &table, &media, files)))
        .collect();

    check::renderers(report, &rules);
    group::check(report, &groups, &rules);
    check::pins(report, wired_to(&gpio, header), &gpio, &buttons, &leds);
    check::targets(report, &rules, &groups, &buttons, &leds, &entries);

    let mut rules: Vec<Rule> = rules.into_iter().map(|(_, rule)| rule).collect();
    if rules.is_empty() {
        rules.push(Rule::by_button(&media.path));
    }
    let mut config = Config {
        name: top.name(report).unwrap_or_else(|| clip("dlna-kiosk")),
        media_folder: media.path,
        media_port,
        control_port,
        stop_at_exit: top.switch(report, "stop_at_exit").unwrap_or(true),
        gpio,
        schedule: entries.into_iter().filter_map(|(_, entry)| entry).collect(),
        clock: top.choice(report, "clock", &schedule::CLOCK).unwrap_or_default(),
        rules,
        groups: Vec::new(),
        buttons: buttons.into_iter().map(|(_, button)| button).collect(),
        leds: leds.into_iter().map(|(_, led)| led).collect(),
    };
    config.join(groups.into_iter().map(|(_, group)| group).collect());
    config
}

fn media_folder(report: &mut Report<'_>, top: &Section<'_>, files: Files<'_>) -> MediaFolder {
    let written = top.path(report, "media", "\"/srv/dlna-kiosk\"").map(str::trim_start);
    let path = plays::plain(Path::new(written.unwrap_or(MEDIA_FOLDER)));
    let field = top.field("media");
    // Before the disk is asked: it would look in the folder the box was started from.
    if let (Some(field), Some(text)) = (&field, written)
        && !path.is_absolute()
    {
        let advice = match text.strip_prefix("~/") {
            Some(rest) => format!("write media = \"/home/pi/{rest}\", with your user's name"),
            None => format!("write the whole path, such as media = \"/srv/{text}\""),
        };
        field.error(report, "the path does not begin with /", advice);
        return MediaFolder { present: false, path };
    }
    let state = files(&path);
    let media = MediaFolder { present: state == FileState::Folder, path };
    if let (Some(field), None) = (&field, media.path.parent()) {
        field.error(
            report,
            "this is the whole disk",
            "write the folder that holds your media, such as media = \"/srv/dlna-kiosk\"",
        );
        return media;
    }
    let shown = media.path.display();
    let (message, advice) = match &state {
        FileState::Folder => return media,
        FileState::Missing => (
            format!("the media folder {shown} is not there"),
            format!("create it (sudo mkdir -p {shown}) or plug in its disk; the box waits for it"),
        ),
        FileState::Forbidden => (
            format!("the media folder {shown} may not be read"),
            format!("allow it: sudo chmod -R a+rX {shown}"),
        ),
        FileState::Barred(folder) => (
            format!(
                "the media folder {shown} is behind {}, which this program may not enter",
                folder.display()
            ),
            let_in(folder),
        ),
        FileState::File => (
            format!("{shown} is a file, not a folder"),
            "write the folder the file is in".to_owned(),
        ),
    };
    match field {
        Some(field) if state == FileState::File => field.error(report, message, advice),
        Some(field) => field.warning(report, message, advice),
        None => report.push(Severity::Warning, None, "media", message, advice),
    }
    media
}

/// The tables under `key`, at most `most`.
fn tables<'a>(
    report: &mut Report<'_>,
    top: &Section<'a>,
    key: &str,
    words: &'static Words,
    most: usize,
) -> Vec<Section<'a>> {
    let Some(field) = top.field(key) else {
        return Vec::new();
    };
    let label = words.label;
    let mut found = Vec::new();
    let mut others = false;
    match field.value {
        DeValue::Table(table) => {
            report.warning(
                field.at,
                label,
                "one pair of brackets allows only one such table",
                format!("write {label} with two pairs"),
            );
            found.push(Section::new(table, words, field.at));
        }
        DeValue::Array(list) => {
            for one in list {
                match table(one, words) {
                    Some(table) => found.push(table),
                    None => others = true,
                }
            }
        }
        _ => others = true,
    }
    if others {
        field.error(
            report,
            "this is not a table",
            format!("write {label} on a line of its own, and its keys below it"),
        );
    }
    if let Some(surplus) = found.get(most) {
        surplus.error(
            report,
            format!("there are {} {label} tables", found.len()),
            format!("{most} are possible: leave some out"),
        );
        found.truncate(most);
    }
    found
}

fn table<'a>(value: &'a Spanned<DeValue<'a>>, words: &'static Words) -> Option<Section<'a>> {
    let DeValue::Table(table) = value.get_ref() else {
        return None;
    };
    Some(Section::new(table, words, value.span().start))
}

#[cfg(test)]
mod tests {
    use super::super::tests::each_is_told;

    #[test]
    fn faults_at_the_top_are_told() {
        each_is_told(&[
            (
                "medja = \"/x\"",
                "1: error: medja = \"/x\": this key is unknown; did you mean \"media\"?",
            ),
            (
                "name = 5",
                "1: error: name = 5: this is a number, but it must be text in quotes; write \
                 name = \"TV 1\"",
            ),
            (
                "name = \" \"",
                "1: error: name = \" \": the text is empty; write name = \"TV 1\", or leave \
                 the line out",
            ),
            (
                "name = \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"",
                "1: error: name = \
                 \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…: the name is \
                 longer than 64 bytes; write a shorter one; for a renderer, use its udn or \
                 address instead",
            ),
            (
                "\nstop_at_exit = \"no\"",
                "2: error: stop_at_exit = \"no\": this is text in quotes, but it must be \
                 true or false, without quotes; write stop_at_exit = false",
            ),
            (
                "media_port = 0",
                "1: error: media_port = 0: the number is out of range; use 1 to 65535, such \
                 as media_port = 8895",
            ),
            (
                "media_port = 80",
                "1: warning: media_port = 80: only root may use ports below 1024; write \
                 media_port = 8895, or leave the line out",
            ),
            (
                "media_port = 70000",
                "1: error: media_port = 70000: the number is out of range; use 1 to 65535, \
                 such as media_port = 8895",
            ),
            (
                "media_port = \"8895\"",
                "1: error: media_port = \"8895\": this is text in quotes, but it must be a \
                 whole number, without quotes; write media_port = 8895",
            ),
            (
                "media_port = 8080\ncontrol_port = 8080",
                "2: error: control_port = 8080: port 8080 is the media port too; write \
                 another one, such as control_port = 8081",
            ),
            (
                "media = \"videos\"",
                "1: error: media = \"videos\": the path does not begin with /; write the \
                 whole path, such as media = \"/srv/videos\"",
            ),
            (
                "media = \"~/videos\"",
                "1: error: media = \"~/videos\": the path does not begin with /; write media \
                 = \"/home/pi/videos\", with your user's name",
            ),
            (
                "media = \"/mnt/usb\"",
                "1: warning: media = \"/mnt/usb\": the media folder /mnt/usb is not there; \
                 create it (sudo mkdir -p /mnt/usb) or plug in its disk; the box waits for it",
            ),
            (
                "media = \"/etc/hostname\"",
                "1: error: media = \"/etc/hostname\": /etc/hostname is a file, not a folder; \
                 write the folder the file is in",
            ),
            (
                "media = \"/srv/..\"",
                "1: error: media = \"/srv/..\": this is the whole disk; write the folder \
                 that holds your media, such as media = \"/srv/dlna-kiosk\"",
            ),
            (
                "media = \"/root\"",
                "1: warning: media = \"/root\": the media folder /root is not there; create \
                 it (sudo mkdir -p /root) or plug in its disk; the box waits for it",
            ),
            (
                "gpio = \"none\"",
                "1: error: gpio = \"none\": this is not a table; write [gpio] on a line of \
                 its own, and below it backend = \"auto\"",
            ),
            (
                "[gpio]\nbackend = \"atuo\"",
                "2: error: [gpio] backend = \"atuo\": this is neither a known backend nor \
                 likely a chip; did you mean \"auto\"?",
            ),
            (
                "[gpio]\nbackend = \"simulated\"",
                "1: error: [gpio]: the simulated backend needs a socket; write socket = \
                 \"/run/dlna-kiosk/pins\"",
            ),
            (
                "[gpio]\nbackend = \"simulated\"\nsocket = \"pins\"",
                "3: error: [gpio] socket = \"pins\": the path does not begin with /; write \
                 socket = \"/run/dlna-kiosk/pins\"",
            ),
            (
                "[gpio]\nsocket = \"/run/pins\"",
                "2: warning: [gpio] socket = \"/run/pins\": there is a socket only with the \
                 simulated backend; leave the line out, or write backend = \"simulated\"",
            ),
            (
                "[gpio]\nchip = \"auto\"",
                "2: error: [gpio] chip = \"auto\": this key is unknown; write \"backend\"",
            ),
            (
                "button = 17",
                "1: error: button = 17: this is not a table; write [[button]] on a line of \
                 its own, and its keys below it",
            ),
            (
                "led = [1]",
                "1: error: led = [1]: this is not a table; write [[led]] on a line of its \
                 own, and its keys below it",
            ),
            (
                "[button]\npin = 17\npress = \"play\"",
                "1: warning: [[button]]: one pair of brackets allows only one such table; \
                 write [[button]] with two pairs",
            ),
            (
                "plays = \"a.mp4\"",
                "1: error: plays = \"a.mp4\": this key is unknown; it belongs in a \
                 [[renderer]] table",
            ),
        ]);
    }
}
