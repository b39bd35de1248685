//! The header of a Raspberry Pi: LEDs and polled levels through rppal's registers, edges through the
//! kernel's character device of the same pins. rppal could tell edges too, but only with a thread for
//! each pin or by being asked again and again. Where the registers cannot be had, that device does all.

use super::chip;
use super::chip::Edges;
use super::pins::{Contact, Input, Lamp, Wiring, other, said};
use crate::config::{Button, Config, Detect, Header, Led, Level, Pin, Pull};
use ::rppal::gpio::{Error, Gpio, InputPin};
use ::rppal::system::{DeviceInfo, Model};
use std::path::{Path, PathBuf};

/// How the pins of the header can be had.
#[derive(Debug, PartialEq)]
enum Way<G> {
    /// By its registers; edges by its character device, if there is one.
    Registers(G, Option<PathBuf>),
    /// By its character device alone, and why.
    Chip(PathBuf, String),
}

/// The best way. systemd allows a service just those devices that were there when it started, and udev may make
/// /dev/gpiomem later than that; gpiochips it allows as a class.
fn way<G>(registers: Result<G, Error>, chip: Option<PathBuf>) -> Result<Way<G>, String> {
    match (registers, chip) {
        (Ok(gpio), chip) => Ok(Way::Registers(gpio, chip)),
        (Err(error), Some(chip)) => Ok(Way::Chip(chip, sentence(error))),
        (Err(error), None) => Err(sentence(error)),
    }
}

pub(super) fn open(config: &Config) -> Result<Wiring, String> {
    match way(Gpio::new(), chip::header())? {
        Way::Registers(gpio, chip) => by_registers(config, &gpio, chip.as_deref()),
        Way::Chip(chip, why) => {
            let wiring = chip::open_at(config, &chip)?;
            log::info!("all pins are used by {}, not by registers: {why}", chip.display());
            Ok(wiring)
        }
    }
}

fn by_registers(config: &Config, gpio: &Gpio, chip: Option<&Path>) -> Result<Wiring, String> {
    if chip.is_none() {
        log::warn!("the header has no character device: buttons are polled");
    }
    let lamps = config.leds.iter().map(|led| lamp(gpio, led)).collect::<Result<_, _>>()?;
    let contacts = config.buttons.iter().enumerate().map(|(index, button)| {
        let input = match (button.detect, chip) {
            (Detect::Edges, Some(chip)) => edges(chip, button)?,
            (Detect::Edges, None) | (Detect::Level, _) => level(gpio, button)?,
        };
        Ok(Contact::new(index, input))
    });
    Ok(Wiring { contacts: contacts.collect::<Result<_, String>>()?, lamps })
}

/// The pins of the header, and who holds each as far as the kernel knows.
pub(super) fn lines() -> Result<Vec<(Pin, Option<String>)>, String> {
    match way(Gpio::new(), chip::header())? {
        Way::Registers(_, Some(chip)) | Way::Chip(chip, _) => chip::lines(&chip),
        Way::Registers(_, None) => Ok(header().pins().map(|pin| (pin, None)).collect()),
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
            format!(
                "no permission for {path}: the user must be in the group gpio; if it is, and {path} came later than \
                 the service: sudo systemctl restart dlna-kiosk"
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
        let said = sentence(denied);
        assert!(
            said.starts_with("no permission for /dev/gpiomem: the user must be in the"),
            "{said}"
        );
        assert!(said.ends_with("sudo systemctl restart dlna-kiosk"), "{said}");
    }

    #[test]
    fn without_its_registers_the_header_is_used_by_its_chip_if_it_has_one() {
        let denied = || Err::<(), _>(Error::PermissionDenied("/dev/gpiomem".to_owned()));
        let chip = || Some(PathBuf::from("/dev/gpiochip0"));
        assert_eq!(way(Ok(()), chip()), Ok(Way::Registers((), chip())));
        assert_eq!(way(Ok(()), None), Ok(Way::Registers((), None)));
        assert_eq!(way(denied(), None), Err(sentence(denied().unwrap_err())));
        for error in [denied().unwrap_err(), Error::UnknownModel] {
            let way = way(Err::<(), _>(error), chip());
            assert!(
                matches!(&way, Ok(Way::Chip(path, _)) if Some(path) == chip().as_ref()),
                "{way:?}"
            );
        }
    }
}
