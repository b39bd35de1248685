//! The table of the pins: what is behind them.

use super::Backend;
use super::pins::Header;
use super::problem::Report;
use super::section::Section;
use super::spelling::{nearest, normalised};
use super::vocabulary::GPIO;
use std::path::PathBuf;
use toml::de::DeValue;

/// The `[gpio]` table, if there is one.
pub(super) fn backend(report: &mut Report<'_>, top: &Section<'_>) -> Backend {
    let Some(field) = top.field("gpio") else {
        return Backend::Auto;
    };
    let DeValue::Table(table) = field.value else {
        field.error(
            report,
            "this is not a table",
            "write [gpio] on a line of its own, and below it backend = \"auto\"",
        );
        return Backend::Auto;
    };
    let gpio = Section::new(table, &GPIO, field.at);
    gpio.refuse_unknown_keys(report);
    let socket = gpio.text(report, "socket", "\"/run/dlna-kiosk/pins\"");
    let word = gpio.text(report, "backend", "\"auto\"").unwrap_or("auto");
    let plain = normalised(word);
    if plain != "simulated"
        && let Some(socket) = gpio.field("socket")
    {
        socket.warning(
            report,
            "there is a socket only with the simulated backend",
            "leave the line out, or write backend = \"simulated\"",
        );
    }
    match &*plain {
        "auto" => Backend::Auto,
        "none" => Backend::None,
        "simulated" => simulated(report, &gpio, socket),
        chip if chip.starts_with("gpiochip") => Backend::Chip(format!("/dev/{chip}")),
        other => {
            if let Some(meant) = nearest(other, ["auto", "none", "simulated"])
                && let Some(field) = gpio.field("backend")
            {
                field.error(
                    report,
                    "this is neither a known backend nor likely a chip",
                    format!("did you mean \"{meant}\"?"),
                );
            }
            Backend::Chip(word.to_owned())
        }
    }
}

/// The header that pins are checked against: another chip has lines of its own.
pub(super) fn wired_to(gpio: &Backend, header: Header) -> Header {
    if *gpio == Backend::Auto { header } else { Header::default() }
}

fn simulated(report: &mut Report<'_>, gpio: &Section<'_>, socket: Option<&str>) -> Backend {
    let example = "write socket = \"/run/dlna-kiosk/pins\"";
    match socket {
        Some(path) if path.starts_with('/') => return Backend::Simulated(PathBuf::from(path)),
        Some(_) => {
            if let Some(field) = gpio.field("socket") {
                field.error(report, "the path does not begin with /", example);
            }
        }
        None => gpio.error(report, "the simulated backend needs a socket", example),
    }
    Backend::None
}
