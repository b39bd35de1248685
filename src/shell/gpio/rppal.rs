//! The header of a Raspberry Pi: LEDs and polled levels through rppal's registers, edges through the
//! kernel's character device of the same pins. rppal could tell edges too, but only with a thread for
//! each pin or by being asked again and again.

use super::chip;
use super::fault::said;
use super::line::Edges;
use super::wiring::{Contact, Input, Lamp, Wiring, other};
use crate::config::{Button, Config, Detect, Header, Led, Level, Pin, Pull};
use ::rppal::gpio::{Error, Gpio, InputPin};
use ::rppal::system::{DeviceInfo, Model};
use std::path::Path;

pub(super) fn open(config: &Config) -> Result<Wiring, String> {
    let gpio = Gpio::new().map_err(sentence)?;
    let header = chip::header();
    if header.is_none() {
        log::warn!("the header has no character device: buttons are polled");
    }
    let lamps = config.leds.iter().map(|led| lamp(&gpio, led)).collect::<Result<_, _>>()?;
    let contacts = config.buttons.iter().enumerate().map(|(index, button)| {
        let input = match (button.detect, &header) {
            (Detect::Edges, Some(chip)) => edges(chip, button)?,
            (Detect::Edges, None) | (Detect::Level, _) => level(&gpio, button)?,
        };
        Ok(Contact::new(index, input))
    });
    Ok(Wiring { contacts: contacts.collect::<Result<_, String>>()?, lamps })
}

/// The pins of the header, and who holds each as far as the kernel knows.
pub(super) fn lines() -> Result<Vec<(Pin, Option<String>)>, String> {
    Gpio::new().map_err(sentence)?;
    match chip::header() {
        Some(chip) => chip::lines(&chip),
        None => Ok(header().pins().map(|pin| (pin, None)).collect()),
    }
}

/// The header of this machine; one of 40 pins where it is no Pi, or one not known yet.
pub(super) fn header() -> Header {
    DeviceInfo::new().map_or(Header::default(), |info| header_of(info.model()))
}

fn header_of(model: Model) -> Header {
    match model {
        Model::RaspberryPiBRev1 => Header::TwentySixOfFirst,
        Model::RaspberryPiA | Model::RaspberryPiBRev2 => Header::TwentySix,
        _ => Header::Forty,
    }
}

fn lamp(gpio: &Gpio, led: &Led) -> Result<Lamp, String> {
    let pin = gpio.get(led.pin.0).map_err(|error| said(led.pin, "an LED", error))?;
    // Off before it becomes an output: no flash at the start.
    let pin = match other(led.active) {
        Level::Low => pin.into_output_low(),
        Level::High => pin.into_output_high(),
    };
    Ok(Lamp::new(pin, led.active))
}

fn edges(chip: &Path, button: &Button) -> Result<Input, String> {
    let edges = Edges::request(chip, button);
    edges.map(Input::Edges).map_err(|why| chip::refused(chip, button.pin, "a button", &why))
}

fn level(gpio: &Gpio, button: &Button) -> Result<Input, String> {
    let pin = gpio.get(button.pin.0).map_err(|error| said(button.pin, "a button", error))?;
    let pin: InputPin = match button.pull {
        Pull::Up => pin.into_input_pullup(),
        Pull::Down => pin.into_input_pulldown(),
        Pull::Off => pin.into_input(),
    };
    Ok(Input::polled(pin, button))
}

fn sentence(error: Error) -> String {
    match error {
        Error::UnknownModel => "this is not a Raspberry Pi, or a model that rppal does not know: \
                                name its GPIO chip in the configuration"
            .to_owned(),
        Error::PermissionDenied(path) => {
            format!("no permission for {path}: the user must be in the group gpio")
        }
        other => format!("the pins of the header cannot be opened: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_pis_have_short_headers() {
        assert_eq!(header_of(Model::RaspberryPiBRev1), Header::TwentySixOfFirst);
        assert_eq!(header_of(Model::RaspberryPiBRev2), Header::TwentySix);
        assert_eq!(header_of(Model::RaspberryPiA), Header::TwentySix);
        for model in [Model::RaspberryPiAPlus, Model::RaspberryPiBPlus, Model::RaspberryPi5] {
            assert_eq!(header_of(model), Header::Forty);
        }
    }

    #[test]
    fn failures_say_what_to_do() {
        assert!(sentence(Error::UnknownModel).contains("name its GPIO chip"));
        let denied = Error::PermissionDenied("/dev/gpiomem".to_owned());
        assert_eq!(
            sentence(denied),
            "no permission for /dev/gpiomem: the user must be in the group gpio"
        );
    }
}
