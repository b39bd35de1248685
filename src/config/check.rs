//! What only shows when tables are compared with each other.

use super::pins::Header;
use super::problem::Report;
use super::section::Section;
use super::spelling::nearest;
use super::{Backend, Button, Entry, Group, Led, Pin, Pull, Rule, Shows, Targets, Who};
use crate::limits::PINS;

/// Each rule can be reached: the first that matches a renderer holds.
pub(super) fn renderers(report: &mut Report<'_>, rules: &[(Section<'_>, Rule)]) {
    for (i, (table, rule)) in rules.iter().enumerate() {
        let mut earlier = rules.iter().take(i);
        let Some((other, covering)) = earlier.find(|(_, other)| covers(&other.who, &rule.who))
        else {
            continue;
        };
        let line = report.line_of(other.at);
        if same(&covering.who, &rule.who) {
            let who = match &rule.who {
                Who::Any => "every renderer".to_owned(),
                who => format!("\"{}\"", who.to_text()),
            };
            table.error(
                report,
                format!("line {line} is for {who} too"),
                "make one table of the two, or name another renderer",
            );
        } else {
            table.warning(
                report,
                format!("it never applies: the table in line {line} comes first and is for more"),
                "move it above that table",
            );
        }
    }
}

pub(super) fn same(a: &Who, b: &Who) -> bool {
    match (a, b) {
        (Who::Name(a), Who::Name(b)) => a.to_lowercase() == b.to_lowercase(),
        _ => a == b,
    }
}

/// Whether every renderer that `b` is for matches `a`.
pub(super) fn covers(a: &Who, b: &Who) -> bool {
    match (a, b) {
        (Who::Any, _) => true,
        (Who::Address(a, None), Who::Address(b, _)) => a == b,
        _ => same(a, b),
    }
}

/// One thing on each pin, on the header, and nothing the Pi itself is using.
pub(super) fn pins(
    report: &mut Report<'_>,
    header: Header,
    gpio: &Backend,
    buttons: &[(Section<'_>, Button)],
    leds: &[(Section<'_>, Led)],
) {
    let on_buttons = buttons.iter().map(|(table, button)| (table, button.pin));
    let on_leds = leds.iter().map(|(table, led)| (table, led.pin));
    let wired: Vec<(&Section<'_>, Pin)> = on_buttons.chain(on_leds).collect();
    let used: Vec<Pin> = wired.iter().map(|&(_, pin)| pin).collect();
    if let (Backend::None, Some((table, _))) = (gpio, wired.first()) {
        table.warning(
            report,
            "buttons and LEDs do nothing with backend = \"none\"",
            "write backend = \"auto\" below [gpio]",
        );
    }
    if let Some((table, _)) = wired.get(PINS) {
        table.error(
            report,
            format!("there are {} buttons and LEDs", wired.len()),
            format!("the header has {PINS} pins: leave some out"),
        );
    }
    let elsewhere = match header.alternative(&used) {
        Some(free) => format!("wire it to {} and write pin = {}", header.describe(free), free.0),
        None => "wire it to another pin".to_owned(),
    };
    for (i, &(table, pin)) in wired.iter().enumerate() {
        let Some(field) = table.field("pin") else {
            continue;
        };
        if let Some((other, _)) = wired.iter().take(i).find(|(_, other)| *other == pin) {
            let (label, line) = (other.label(), report.line_of(other.at));
            field.error(
                report,
                format!("{} is used by the {label} in line {line} too", header.describe(pin)),
                elsewhere.clone(),
            );
        } else if !header.has(pin) {
            field.error(
                report,
                format!(
                    "GPIO{} is not on the header of this Raspberry Pi, which has {} pins",
                    pin.0,
                    header.size()
                ),
                elsewhere.clone(),
            );
        } else if let (Some(function), false) =
            (header.special_function(pin), matches!(gpio, Backend::Simulated(_)))
        {
            field.warning(
                report,
                format!("{} is also used for {function}", header.describe(pin)),
                format!("{elsewhere}, unless you are sure"),
            );
        }
    }
    for (table, button) in buttons {
        if matches!(button.pin, Pin(2 | 3))
            && button.pull == Pull::Down
            && let Some(field) = table.field("pull")
        {
            field.warning(
                report,
                format!("{} has a fixed pull-up resistor", header.describe(button.pin)),
                elsewhere.clone(),
            );
        }
    }
}

/// Buttons, LEDs and the schedule name renderers that there are.
pub(super) fn targets(
    report: &mut Report<'_>,
    rules: &[(Section<'_>, Rule)],
    groups: &[(Section<'_>, Group)],
    buttons: &[(Section<'_>, Button)],
    leds: &[(Section<'_>, Led)],
    schedule: &[(Section<'_>, Option<Entry>)],
) {
    let of_buttons = buttons.iter().map(|(table, button)| (table, &button.targets));
    let of_entries =
        schedule.iter().filter_map(|(table, entry)| Some((table, &entry.as_ref()?.targets)));
    let of_leds = leds.iter().filter_map(|(table, led)| match &led.shows {
        Shows::Playing(targets) => Some((table, targets)),
        Shows::Status => None,
    });
    for (table, targets) in of_buttons.chain(of_leds).chain(of_entries) {
        let field = table.field("renderer").or_else(|| table.field("on"));
        let (Targets::Some(all), Some(field)) = (targets, field) else {
            continue;
        };
        for who in all {
            let grouped = groups.iter().flat_map(|(_, group)| &group.on).any(|on| same(on, who));
            if let Some(advice) = unknown(who, rules).filter(|_| !grouped) {
                field.warning(
                    report,
                    format!("no [[renderer]] table is for \"{}\"", who.to_text()),
                    advice,
                );
            }
        }
    }
}

/// What to write if `who` is in no table.
fn unknown(who: &Who, rules: &[(Section<'_>, Rule)]) -> Option<String> {
    let whos = || rules.iter().map(|(_, rule)| &rule.who);
    let meets = |rule: &Who| *rule != Who::Any && (covers(rule, who) || covers(who, rule));
    if rules.is_empty() || whos().any(meets) {
        return None;
    }
    let named = whos().filter(|known| matches!(known, Who::Name(_)));
    let known: Vec<String> = named.map(Who::to_text).collect();
    let text = who.to_text();
    // With a table for every renderer "TV 2" may well be there beside "TV 1"; "TV1" hardly.
    let meant = match whos().any(|rule| *rule == Who::Any) {
        true => Some(known.iter().find(|known| letters(known) == letters(&text))?.as_str()),
        false => nearest(&text, known.iter().map(String::as_str)),
    };
    Some(match meant {
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None => format!("write it as in its table, or add a [[renderer]] for \"{text}\""),
    })
}

/// Letters and digits alone, in lower case.
fn letters(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{disk, each_is_told};
    use super::super::{Header, parse_for};

    #[test]
    fn a_pin_that_this_pi_does_not_have_is_an_error_where_the_header_is_used() {
        let text = "[[led]]\npin = 22\nshows = \"status\"\n[[led]]\npin = 5\nshows = \"status\"";
        assert_eq!(parse_for(Header::Forty, text, &disk).problems, []);
        let loaded = parse_for(Header::TwentySix, text, &disk);
        let told: Vec<_> = loaded.problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "config.toml:5: error: [[led]] pin = 5: GPIO5 is not on the header of this Raspberry \
              Pi, which has 26 pins; wire it to GPIO17 (header pin 11) and write pin = 17"
            ]
        );
        assert_eq!((loaded.config, loaded.leds_anyway.len()), (None, 1), "the other one is lit");
        let chip = format!("[gpio]\nbackend = \"gpiochip1\"\n{text}");
        assert_eq!(parse_for(Header::TwentySix, &chip, &disk).problems, []);
    }

    #[test]
    fn contradictions_between_tables_are_told() {
        each_is_told(&[
            (
                "[[renderer]]\nname = \"TV\"\n[[renderer]]\nname = \"tv\"",
                "3: error: [[renderer]]: line 1 is for \"tv\" too; make one table of the \
                 two, or name another renderer",
            ),
            (
                "[[renderer]]\n[[renderer]]\nname = \"tv\"",
                "2: warning: [[renderer]]: it never applies: the table in line 1 comes first \
                 and is for more; move it above that table",
            ),
            (
                "[[renderer]]\n[[renderer]]\nname = \"*\"",
                "2: error: [[renderer]]: line 1 is for every renderer too; make one table of \
                 the two, or name another renderer",
            ),
            (
                "[[renderer]]\naddress = \"10.0.0.1\"\n[[renderer]]\naddress = \"10.0.0.1:80\"",
                "3: warning: [[renderer]]: it never applies: the table in line 1 comes first \
                 and is for more; move it above that table",
            ),
            (
                "[[button]]\npin = 2\npress = \"play\"",
                "2: warning: [[button]] pin = 2: GPIO2 (header pin 3) is also used for I²C, \
                 with a fixed pull-up of 1.8 kΩ; wire it to GPIO17 (header pin 11) and write \
                 pin = 17, unless you are sure",
            ),
            (
                "[[button]]\npin = 8\npress = \"play\"",
                "2: warning: [[button]] pin = 8: GPIO8 (header pin 24) is also used for SPI; \
                 wire it to GPIO17 (header pin 11) and write pin = 17, unless you are sure",
            ),
            (
                "[[led]]\npin = 14\nshows = \"status\"",
                "2: warning: [[led]] pin = 14: GPIO14 (header pin 8) is also used for the \
                 serial console (UART); wire it to GPIO17 (header pin 11) and write pin = 17, \
                 unless you are sure",
            ),
            (
                "[[button]]\npin = 0\npress = \"play\"",
                "2: warning: [[button]] pin = 0: GPIO0 (header pin 27) is also used for the \
                 ID EEPROM of HAT boards; wire it to GPIO17 (header pin 11) and write pin = \
                 17, unless you are sure",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\n[[button]]\npin = 17\npress = \"stop\"",
                "5: error: [[button]] pin = 17: GPIO17 (header pin 11) is used by the \
                 [[button]] in line 1 too; wire it to GPIO27 (header pin 13) and write pin = 27",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\n[[led]]\npin = \"GPIO17\"\nshows = \
                \"status\"",
                "5: error: [[led]] pin = \"GPIO17\": GPIO17 (header pin 11) is used by the \
                 [[button]] in line 1 too; wire it to GPIO27 (header pin 13) and write pin = 27",
            ),
            (
                "[[renderer]]\nname = \"TV 1\"\n[[button]]\npin = 17\npress = \
                \"play\"\nrenderer = \"TV1\"",
                "6: warning: [[button]] renderer = \"TV1\": no [[renderer]] table is for \
                 \"TV1\"; did you mean \"TV 1\"?",
            ),
            (
                "[[renderer]]\nname = \"TV 1\"\n[[renderer]]\n[[button]]\npin = 17\npress = \
                \"play\"\nrenderer = \"TV1\"",
                "7: warning: [[button]] renderer = \"TV1\": no [[renderer]] table is for \
                 \"TV1\"; did you mean \"TV 1\"?",
            ),
            (
                "[[renderer]]\nname = \"TV 1\"\n[[led]]\npin = 17\nshows = \
                \"playing\"\nrenderer = \"Kitchen\"",
                "6: warning: [[led]] renderer = \"Kitchen\": no [[renderer]] table is for \
                 \"Kitchen\"; write it as in its table, or add a [[renderer]] for \"Kitchen\"",
            ),
            (
                "[gpio]\nbackend = \"none\"\n[[button]]\npin = 17\npress = \"play\"",
                "3: warning: [[button]]: buttons and LEDs do nothing with backend = \
                 \"none\"; write backend = \"auto\" below [gpio]",
            ),
        ]);
    }
}
