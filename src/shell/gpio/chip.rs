//! GPIO character devices, `/dev/gpiochipN`: the kernel reports edges, removes bounces and keeps the
//! process asleep in between. Line numbers are pins.

use super::fault::{STOP, said};
use super::line::{CONSUMER, Edges, Line};
use super::wiring::{Contact, Input, Lamp, Wiring, other};
use crate::config::{Button, Config, Detect, Led, Pin};
use crate::limits::PINS;
use gpiocdev::chip::Chip;
use std::path::{Path, PathBuf};

/// Labels of the chip that is wired to the header: Pi 0 to 3, Pi 4, Pi 5. Its number is another one with
/// other kernels: on a Pi 5 it was 4 and became 0.
const HEADER: [&str; 3] = ["pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"];

/// All pins of the configuration on the chip of this path, name or label.
pub(super) fn open(config: &Config, name: &str) -> Result<Wiring, String> {
    open_at(config, &find(name)?)
}

/// All pins of the configuration on the chip of this path.
pub(super) fn open_at(config: &Config, chip: &Path) -> Result<Wiring, String> {
    let contacts = config.buttons.iter().enumerate().map(|(index, button)| {
        let input = match button.detect {
            Detect::Edges => Edges::request(chip, button).map(Input::Edges),
            Detect::Level => level(chip, button),
        };
        let input = input.map_err(|why| refused(chip, button.pin, "a button", &why))?;
        Ok(Contact::new(index, input))
    });
    Ok(Wiring {
        contacts: contacts.collect::<Result<_, String>>()?,
        lamps: config.leds.iter().map(|led| lamp(chip, led)).collect::<Result<_, _>>()?,
    })
}

/// The chip of a Raspberry Pi's header.
pub(super) fn header() -> Option<PathBuf> {
    let mut chips = labels().into_iter();
    chips.find_map(|(path, label)| HEADER.contains(&label.as_str()).then_some(path))
}

/// The lines of this chip that can be pins, and who holds each.
pub(super) fn lines(chip: &Path) -> Result<Vec<(Pin, Option<String>)>, String> {
    let unread = |error: gpiocdev::Error| format!("{} cannot be read: {error}", chip.display());
    let open = Chip::from_path(chip).map_err(unread)?;
    let count = open.info().map_err(unread)?.num_lines;
    let pins = (0..PINS as u8).take_while(|&pin| u32::from(pin) < count).map(Pin);
    Ok(pins.map(|pin| (pin, holder(chip, pin))).collect())
}

/// Why a line cannot be had: mostly since somebody else has it.
pub(super) fn refused(chip: &Path, pin: Pin, what: &str, why: &str) -> String {
    match holder(chip, pin).as_deref() {
        Some(CONSUMER) => said(pin, what, format_args!("a dlna-kiosk that runs has it; {STOP}")),
        Some(other) => said(pin, what, format_args!("{other} has it")),
        None => said(pin, what, why),
    }
}

fn holder(chip: &Path, pin: Pin) -> Option<String> {
    let line = Chip::from_path(chip).and_then(|chip| chip.line_info(pin.0.into())).ok()?;
    line.used.then(|| match &*line.consumer {
        "" => "the kernel".to_owned(),
        name => name.to_owned(),
    })
}

/// The chip that a configuration names.
pub(super) fn find(name: &str) -> Result<PathBuf, String> {
    if name.starts_with('/') {
        let chip = Chip::from_path(name);
        return chip
            .map(|chip| chip.path().to_owned())
            .map_err(|error| format!("{name} cannot be opened: {error}"));
    }
    let known = labels();
    let named = |(path, label): &&(PathBuf, String)| label == name || path.ends_with(name);
    if let Some((path, _)) = known.iter().find(named) {
        return Ok(path.clone());
    }
    let known: Vec<_> = known.into_iter().map(|(_, label)| label).collect();
    Err(match known.is_empty() {
        true => format!("no GPIO chip is called {name}; there is none that may be opened"),
        false => format!("no GPIO chip is called {name}; there are: {}", known.join(", ")),
    })
}

/// Chips that may be opened, with their labels.
fn labels() -> Vec<(PathBuf, String)> {
    let label = |path: PathBuf| {
        let info = Chip::from_path(&path).and_then(|chip| chip.info()).ok()?;
        Some((path, info.label))
    };
    let chips = gpiocdev::chip::chips().unwrap_or_default();
    chips.into_iter().filter_map(label).collect()
}

fn level(chip: &Path, button: &Button) -> Result<Input, String> {
    Ok(Input::polled(Line::polled(chip, button)?, button))
}

fn lamp(chip: &Path, led: &Led) -> Result<Lamp, String> {
    // Off from the first moment on: no flash at the start.
    let line = Line::driven(chip, led.pin, other(led.active));
    let line = line.map_err(|why| refused(chip, led.pin, "an LED", &why))?;
    Ok(Lamp::new(line, led.active))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chip_that_is_not_there_is_a_sentence() {
        let missing = find("/dev/no-such-chip").unwrap_err();
        assert!(missing.starts_with("/dev/no-such-chip cannot be opened"));
        let unknown = find("no-such-label").unwrap_err();
        assert!(unknown.starts_with("no GPIO chip is called no-such-label; there"));
    }
}
