//! The header of a Raspberry Pi: LEDs and polled levels through rppal's registers, edges through the kernel's character
//! device for the same pins. rppal could report edges, too, but needs a thread for each pin or must be polled. Where the
//! registers cannot be used, the character device does everything.

use super::chip;
use super::chip::Edges;
use super::pins::{ButtonPin, Input, LedPin, Wiring, off_level, unusable};
use crate::config::{Button, Config, Detection, GpioHeader, Led, Pin, PinLevel, Pull};
use ::rppal::gpio::{Error, Gpio, InputPin};
use ::rppal::system::{DeviceInfo, Model};
use std::path::{Path, PathBuf};

/// How the pins of the header can be used.
#[derive(Debug, PartialEq)]
enum Access<G> {
    /// Through registers; edges through the character device, if there is one.
    Registers(G, Option<PathBuf>),
    /// Through the character device alone, and why.
    Chip(PathBuf, String),
}

/// The best access. systemd allows a service only those devices that existed when it started, and udev may create
/// /dev/gpiomem later; gpiochips are allowed as a class.
fn access<G>(registers: Result<G, Error>, chip: Option<PathBuf>) -> Result<Access<G>, String> {
    match (registers, chip) {
        (Ok(gpio), chip) => Ok(Access::Registers(gpio, chip)),
        (Err(error), Some(chip)) => Ok(Access::Chip(chip, sentence(error))),
        (Err(error), None) => Err(sentence(error)),
    }
}

pub(super) fn open(config: &Config) -> Result<Wiring, String> {
    match access(Gpio::new(), chip::header())? {
        Access::Registers(gpio, chip) => by_registers(config, &gpio, chip.as_deref()),
        Access::Chip(chip, why) => {
            let wiring = chip::open_at(config, &chip)?;
            log::info!("using all pins through {}, not through registers: {why}", chip.display());
            Ok(wiring)
        }
    }
}

fn by_registers(config: &Config, gpio: &Gpio, chip: Option<&Path>) -> Result<Wiring, String> {
    if chip.is_none() {
        log::warn!("the header has no character device, so buttons are polled");
    }
    let leds = config.leds.iter().map(|led| led_pin(gpio, led)).collect::<Result<_, _>>()?;
    let buttons = config.buttons.iter().enumerate().map(|(index, button)| {
        let input = match (button.detect, chip) {
            (Detection::Edges, Some(chip)) => edges(chip, button)?,
            (Detection::Edges, None) | (Detection::Level, _) => level(gpio, button)?,
        };
        Ok(ButtonPin::new(index, input))
    });
    Ok(Wiring { buttons: buttons.collect::<Result<_, String>>()?, leds })
}

/// The pins of the header, each with the program that uses it, as far as the kernel knows.
pub(super) fn lines() -> Result<Vec<(Pin, Option<String>)>, String> {
    match access(Gpio::new(), chip::header())? {
        Access::Registers(_, Some(chip)) | Access::Chip(chip, _) => chip::lines(&chip),
        Access::Registers(_, None) => Ok(header().pins().map(|pin| (pin, None)).collect()),
    }
}

/// The header of this machine; one of 40 pins if it is not a Pi, or a model not known yet.
pub(super) fn header() -> GpioHeader {
    DeviceInfo::new().map_or(GpioHeader::default(), |info| header_of(info.model()))
}

fn header_of(model: Model) -> GpioHeader {
    match model {
        Model::RaspberryPiBRev1 => GpioHeader::TwentySixOfFirst,
        Model::RaspberryPiA | Model::RaspberryPiBRev2 => GpioHeader::TwentySix,
        _ => GpioHeader::Forty,
    }
}

fn led_pin(gpio: &Gpio, led: &Led) -> Result<LedPin, String> {
    let pin = gpio.get(led.pin.0).map_err(|error| unusable(led.pin, "an LED", error))?;
    // At its off level before it becomes an output, so that the LED does not flash at the start.
    let pin = match off_level(led.active) {
        PinLevel::Low => pin.into_output_low(),
        PinLevel::High => pin.into_output_high(),
    };
    Ok(LedPin::new(pin, led.active))
}

fn edges(chip: &Path, button: &Button) -> Result<Input, String> {
    let edges = Edges::request(chip, button);
    edges.map(Input::Edges).map_err(|why| chip::refused(chip, button.pin, "a button", &why))
}

fn level(gpio: &Gpio, button: &Button) -> Result<Input, String> {
    let pin = gpio.get(button.pin.0).map_err(|error| unusable(button.pin, "a button", error))?;
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
            format!(
                "no permission for {path}: the user must be in the group gpio; if it is, {path} was created after the \
                 service started: sudo systemctl restart dlna-kiosk"
            )
        }
        other => format!("the pins of the header cannot be opened: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_pis_have_short_headers() {
        assert_eq!(header_of(Model::RaspberryPiBRev1), GpioHeader::TwentySixOfFirst);
        assert_eq!(header_of(Model::RaspberryPiBRev2), GpioHeader::TwentySix);
        assert_eq!(header_of(Model::RaspberryPiA), GpioHeader::TwentySix);
        for model in [Model::RaspberryPiAPlus, Model::RaspberryPiBPlus, Model::RaspberryPi5] {
            assert_eq!(header_of(model), GpioHeader::Forty);
        }
    }

    #[test]
    fn failures_say_what_to_do() {
        assert!(sentence(Error::UnknownModel).contains("name its GPIO chip"));
        let denied = Error::PermissionDenied("/dev/gpiomem".to_owned());
        let said = sentence(denied);
        assert!(
            said.starts_with("no permission for /dev/gpiomem: the user must be in the"),
            "{said}"
        );
        assert!(said.ends_with("sudo systemctl restart dlna-kiosk"), "{said}");
    }

    #[test]
    fn without_registers_the_header_is_used_through_its_chip_if_it_has_one() {
        let denied = || Err::<(), _>(Error::PermissionDenied("/dev/gpiomem".to_owned()));
        let chip = || Some(PathBuf::from("/dev/gpiochip0"));
        assert_eq!(access(Ok(()), chip()), Ok(Access::Registers((), chip())));
        assert_eq!(access(Ok(()), None), Ok(Access::Registers((), None)));
        assert_eq!(access(denied(), None), Err(sentence(denied().unwrap_err())));
        for error in [denied().unwrap_err(), Error::UnknownModel] {
            let found = access(Err::<(), _>(error), chip());
            assert!(
                matches!(&found, Ok(Access::Chip(path, _)) if Some(path) == chip().as_ref()),
                "{found:?}"
            );
        }
    }
}
