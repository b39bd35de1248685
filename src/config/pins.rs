//! The pins: the GPIO hardware, where each GPIO is on the header, and what else the Pi uses it for.
//!
//! Terms. The *BCM number* is the GPIO's number on the chip, and what the configuration uses; the
//! *header pin* is its position on the connector, counted from 1. People mix them up.

use super::key::{About, Custom, Plain, Printer, Table, Values, key, quoted};
use super::panel::{Button, Led, Pull};
use super::problem::{nearest, normalised};
use super::section::{Field, Reader, Section};
use crate::limits::PINS;
use std::path::PathBuf;
use toml::de::DeValue;

/// A pin in BCM numbers (Broadcom GPIO), 0 to 27 on the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pin(pub u8);

/// Which GPIO hardware to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GpioBackend {
    /// The header on a Pi; elsewhere no pins.
    Auto,
    /// A GPIO chip, by its character device such as `/dev/gpiochip0` or by its label; its lines are the pins.
    Chip(String),
    /// No hardware: tests press pins through a datagram socket at this path.
    Simulated(PathBuf),
    None,
}

pub(super) const GPIO: Table<GpioBackend> = Table {
    about: About { name: "gpio", label: "[gpio]", synonyms: "pins", heading: "The pins", intro: "" },
    most: 1,
    blank: || GpioBackend::Auto,
    keys: &[
        key(
            "backend",
            "\"auto\"\n\"none\"\n\"/dev/gpiochip0\"\n\"simulated\"",
            &Custom {
                values: "`\"auto\"`, `\"none\"`, `\"simulated\"`, or a chip",
                read: |reader, field, to| {
                    let word = field.text(reader)?;
                    *to = backend(reader, field, word);
                    Some(())
                },
                print: |backend, _| {
                    Some(quoted(match backend {
                        GpioBackend::Auto => "auto",
                        GpioBackend::None => "none",
                        GpioBackend::Chip(chip) => chip,
                        GpioBackend::Simulated(_) => "simulated",
                    }))
                },
            },
        )
        .doc(
            "Which GPIO hardware to use.\n\
             \"auto\" is the header on a Raspberry Pi, and no pins elsewhere. Name a GPIO chip by its device or label. \"simulated\" is for tests.",
        )
        .synonyms("chip driver type device"),
        key(
            "socket",
            "\"/run/dlna-kiosk/pins\"",
            &Custom {
                values: "a path that begins with `/`",
                read: |reader, field, to| {
                    let path = field.text(reader)?;
                    let is_absolute = path.starts_with('/');
                    if let GpioBackend::Simulated(socket) = to {
                        if !is_absolute {
                            let advice = format!("write socket = {}", field.example);
                            field.error(reader, "the path does not begin with /", &advice);
                        }
                        *socket = PathBuf::from(path);
                    }
                    is_absolute.then_some(())
                },
                print: |backend, _| match backend {
                    GpioBackend::Simulated(socket) => Some(quoted(&socket.display().to_string())),
                    _ => None,
                },
            },
        )
        .doc("The socket of the simulated pins.")
        .synonyms("path")
        .only_if(
            |backend| matches!(backend, GpioBackend::Simulated(_)),
            [
                "only the simulated backend has a socket",
                "remove the line, or write backend = \"simulated\"",
            ],
        ),
    ],
};

fn backend(reader: &mut Reader<'_>, field: &Field<'_>, word: &str) -> GpioBackend {
    match &*normalised(word) {
        "auto" => GpioBackend::Auto,
        "none" => GpioBackend::None,
        "simulated" => GpioBackend::Simulated(PathBuf::new()),
        chip if chip.starts_with("gpiochip") => GpioBackend::Chip(format!("/dev/{chip}")),
        other => {
            if let Some(meant) = nearest(other, ["auto", "none", "simulated"]) {
                field.error(
                    reader,
                    "this is not a known backend and does not look like a chip",
                    &format!("did you mean \"{meant}\"?"),
                );
            }
            GpioBackend::Chip(word.to_owned())
        }
    }
}

impl GpioBackend {
    /// Reads the `[gpio]` table, if there is one.
    pub(super) fn read(reader: &mut Reader<'_>, top: &Section<'_>) -> Self {
        let Some(field) = top.field(GPIO.about.name) else {
            return Self::Auto;
        };
        let DeValue::Table(table) = field.value else {
            field.error(
                reader,
                "this is not a table",
                "write [gpio] on a line of its own, and below it backend = \"auto\"",
            );
            return Self::Auto;
        };
        let section = Section::new(table, GPIO.about.label, field.at);
        let (backend, understood) = GPIO.read(reader, &section);
        if !matches!(backend, Self::Simulated(_)) || understood.contains(&"socket") {
            return backend;
        }
        if !section.has("socket") {
            let advice = "write socket = \"/run/dlna-kiosk/pins\"";
            section.error(reader, "the simulated backend needs a socket", advice);
        }
        Self::None
    }

    /// The header to check pins against. A chip has its own lines, so any of them may be used there.
    pub(super) fn header(&self, header: GpioHeader) -> GpioHeader {
        if *self == Self::Auto { header } else { GpioHeader::default() }
    }
}

/// GPIOs on a header of 40 pins: 0 to 27.
pub const COUNT: u8 = 28;

/// Header pin of each GPIO. The same on every Pi with a 40-pin header.
const PLACES: [u8; COUNT as usize] = [
    27, 28, 3, 5, 7, 29, 31, 26, 24, 21, // 0 to 9
    19, 23, 32, 33, 8, 10, 36, 11, 12, 35, // 10 to 19
    38, 40, 15, 16, 18, 22, 37, 13, // 20 to 27
];

/// GPIOs without another common use, the ones closest to a ground pin first.
const FREE: [u8; 17] = [17, 27, 22, 5, 6, 13, 26, 16, 20, 21, 12, 23, 24, 25, 19, 18, 4];

/// The connector of a Raspberry Pi, by its pins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GpioHeader {
    /// 40 pins: every Pi since the B+ of 2014.
    #[default]
    Forty,
    /// 26 pins: the Pi 1 models A, and B from revision 2 on.
    TwentySix,
    /// 26 pins, three of them with other GPIOs: the first Pi 1 B, of 2012.
    TwentySixOfFirst,
}

/// What a position on the header is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderPin {
    Gpio(Pin),
    Volts3,
    /// 5 V: never into a GPIO.
    Volts5,
    Ground,
}

impl Pin {
    /// The pin with this BCM number, if it is on a header of 40 pins.
    pub fn from_bcm(number: i64) -> Option<Self> {
        let number = u8::try_from(number).ok()?;
        (number < COUNT).then_some(Self(number))
    }
}

impl GpioHeader {
    /// How many pins it has.
    pub fn size(self) -> u8 {
        match self {
            Self::Forty => 40,
            Self::TwentySix | Self::TwentySixOfFirst => 26,
        }
    }

    /// The position of a GPIO, counted from 1.
    pub fn place(self, pin: Pin) -> Option<u8> {
        match (self, pin.0) {
            (Self::TwentySixOfFirst, 0) => Some(3),
            (Self::TwentySixOfFirst, 1) => Some(5),
            (Self::TwentySixOfFirst, 21) => Some(13),
            (Self::TwentySixOfFirst, 2 | 3 | 27) => None,
            (_, number) => {
                PLACES.get(usize::from(number)).copied().filter(|&place| place <= self.size())
            }
        }
    }

    /// Whether a GPIO is on it.
    pub fn has(self, pin: Pin) -> bool {
        self.place(pin).is_some()
    }

    /// Every GPIO on it.
    pub fn pins(self) -> impl Iterator<Item = Pin> {
        (0..COUNT).map(Pin).filter(move |&pin| self.has(pin))
    }

    /// What this position is, counted from 1.
    pub fn at(self, place: i64) -> Option<HeaderPin> {
        let place = u8::try_from(place).ok().filter(|&place| place <= self.size())?;
        Some(match place {
            1 | 17 => HeaderPin::Volts3,
            2 | 4 => HeaderPin::Volts5,
            6 | 9 | 14 | 20 | 25 | 30 | 34 | 39 => HeaderPin::Ground,
            _ => HeaderPin::Gpio(self.pins().find(|&pin| self.place(pin) == Some(place))?),
        })
    }

    /// What else a Pi commonly uses this pin for.
    pub fn special_function(self, pin: Pin) -> Option<&'static str> {
        match (self, pin.0) {
            (Self::TwentySixOfFirst, 0 | 1) | (_, 2 | 3) => {
                Some("I²C, with a fixed pull-up of 1.8 kΩ")
            }
            (_, 0 | 1) => Some("the ID EEPROM of HAT boards"),
            (_, 7..=11) => Some("SPI"),
            (_, 14 | 15) => Some("the serial console (UART)"),
            _ => None,
        }
    }

    /// `GPIO17 (header pin 11)`.
    pub fn describe(self, pin: Pin) -> String {
        match self.place(pin) {
            Some(place) => format!("GPIO{} (header pin {place})", pin.0),
            None => format!("GPIO{} (not on the header)", pin.0),
        }
    }

    /// A pin without another common use that is not among `used`.
    pub fn alternative(self, used: &[Pin]) -> Option<Pin> {
        let mut free = FREE.map(Pin).into_iter();
        free.find(|&pin| self.has(pin) && !used.contains(&pin))
    }
}

/// A pin. Advice helps those who counted positions on the connector.
impl Plain for Pin {
    fn values() -> Values {
        Values::new(format!("GPIO (BCM) number, 0 to {}", COUNT - 1))
    }

    fn read(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Self> {
        let number = match field.value {
            DeValue::String(text) => {
                let plain = normalised(text);
                let digits = ["gpio", "bcm", ""].into_iter().find_map(|prefix| {
                    let rest = plain.strip_prefix(prefix)?.trim_start_matches('_');
                    rest.parse::<i64>().ok()
                });
                // "pin 11" is a position on the connector.
                let place = plain.strip_prefix("pin").map(|rest| rest.trim_start_matches('_'));
                if let Some(place) = place.and_then(|rest| rest.parse().ok()) {
                    field.error(reader, "this is not a GPIO number", &instead_of_place(place));
                    return None;
                }
                digits
            }
            _ => field.integer(),
        };
        let Some(number) = number else {
            field.wrong_type(reader, "a GPIO number", field.example);
            return None;
        };
        let pin = Pin::from_bcm(number);
        if pin.is_none() {
            field.error(
                reader,
                &format!("there is no GPIO{number} on the header"),
                &instead_of_place(number),
            );
        }
        pin
    }

    fn print(&self, out: &Printer<'_>) -> Option<String> {
        Some(format!("{}  # {}", self.0, out.header.describe(*self)))
    }
}

/// Advice for somebody who probably means a position on the connector.
fn instead_of_place(place: i64) -> String {
    let all = "use 0 to 27 (see the wiring table)";
    match GpioHeader::Forty.at(place) {
        Some(HeaderPin::Gpio(pin)) => format!(
            "pins are GPIO (BCM) numbers: header pin {place} is GPIO{bcm}, so write pin = {bcm}",
            bcm = pin.0
        ),
        Some(HeaderPin::Ground) => format!("{all}; header pin {place} is ground"),
        Some(HeaderPin::Volts3) => format!("{all}; header pin {place} is 3.3 V"),
        Some(HeaderPin::Volts5) => format!("{all}; header pin {place} is 5 V"),
        None => all.to_owned(),
    }
}

/// Checks that each pin is on the header, used once, and not used by the Pi itself.
pub(super) fn check_pins(
    reader: &mut Reader<'_>,
    header: GpioHeader,
    gpio: &GpioBackend,
    buttons: &[(Section<'_>, Button)],
    leds: &[(Section<'_>, Led)],
) {
    let on_buttons = buttons.iter().map(|(section, button)| (section, button.pin));
    let on_leds = leds.iter().map(|(section, led)| (section, led.pin));
    let wired: Vec<(&Section<'_>, Pin)> = on_buttons.chain(on_leds).collect();
    let used: Vec<Pin> = wired.iter().map(|&(_, pin)| pin).collect();
    if let (GpioBackend::None, Some((section, _))) = (gpio, wired.first()) {
        section.warning(
            reader,
            "buttons and LEDs do nothing with backend = \"none\"",
            "write backend = \"auto\" below [gpio]",
        );
    }
    if let Some((section, _)) = wired.get(PINS) {
        section.error(
            reader,
            &format!("there are {} buttons and LEDs", wired.len()),
            &format!("the header has {PINS} pins: remove some"),
        );
    }
    let elsewhere = match header.alternative(&used) {
        Some(free) => format!("wire it to {} and write pin = {}", header.describe(free), free.0),
        None => "wire it to another pin".to_owned(),
    };
    for (i, &(section, pin)) in wired.iter().enumerate() {
        let Some(field) = section.field("pin") else {
            continue;
        };
        if let Some((other, _)) = wired.iter().take(i).find(|(_, other)| *other == pin) {
            let (label, line) = (other.label, reader.problems.line_of(other.at));
            let shown = header.describe(pin);
            let message = format!("{shown} is already used by the {label} in line {line}");
            field.error(reader, &message, &elsewhere);
        } else if !header.has(pin) {
            field.error(
                reader,
                &format!(
                    "GPIO{} is not on the header of this Raspberry Pi, which has {} pins",
                    pin.0,
                    header.size()
                ),
                &elsewhere,
            );
        } else if let (Some(function), false) =
            (header.special_function(pin), matches!(gpio, GpioBackend::Simulated(_)))
        {
            field.warning(
                reader,
                &format!("{} is also used for {function}", header.describe(pin)),
                &format!("{elsewhere}, unless you are sure"),
            );
        }
    }
    for (section, button) in buttons {
        if matches!(button.pin, Pin(2 | 3))
            && button.pull == Pull::Down
            && let Some(field) = section.field("pull")
        {
            let message = format!("{} has a fixed pull-up resistor", header.describe(button.pin));
            field.warning(reader, &message, &elsewhere);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_a_header_is_one_thing() {
        for (header, count) in [
            (GpioHeader::Forty, 28),
            (GpioHeader::TwentySix, 17),
            (GpioHeader::TwentySixOfFirst, 17),
        ] {
            let mut gpios: Vec<Pin> = (1..=i64::from(header.size()))
                .filter_map(|place| match header.at(place) {
                    Some(HeaderPin::Gpio(pin)) => Some(pin),
                    other => {
                        assert!(other.is_some(), "nothing at {place}");
                        None
                    }
                })
                .collect();
            gpios.sort_unstable();
            assert_eq!(gpios, header.pins().collect::<Vec<_>>());
            assert_eq!(gpios.len(), count);
            let beyond = i64::from(header.size()) + 1;
            assert_eq!((header.at(0), header.at(beyond), header.at(-3)), (None, None, None));
        }
    }

    #[test]
    fn names_pins_by_both_numbers() {
        let header = GpioHeader::Forty;
        assert_eq!(header.describe(Pin(17)), "GPIO17 (header pin 11)");
        assert_eq!(header.describe(Pin(2)), "GPIO2 (header pin 3)");
        assert_eq!(header.describe(Pin(21)), "GPIO21 (header pin 40)");
        assert_eq!(header.describe(Pin(40)), "GPIO40 (not on the header)");
        assert_eq!(header.at(29), Some(HeaderPin::Gpio(Pin(5))));
    }

    #[test]
    fn the_headers_of_the_first_pis_are_shorter_and_one_has_three_other_pins() {
        let (second, first) = (GpioHeader::TwentySix, GpioHeader::TwentySixOfFirst);
        assert_eq!(second.describe(Pin(27)), "GPIO27 (header pin 13)");
        assert_eq!(second.describe(Pin(21)), "GPIO21 (not on the header)");
        assert_eq!(first.describe(Pin(21)), "GPIO21 (header pin 13)");
        assert_eq!(first.describe(Pin(27)), "GPIO27 (not on the header)");
        assert_eq!((second.place(Pin(2)), first.place(Pin(0))), (Some(3), Some(3)));
        for (header, free) in [(second, [17, 27, 22]), (first, [17, 22, 21])] {
            assert_eq!(header.place(Pin(5)), None);
            let found = (0..3).fold(Vec::new(), |mut used, _| {
                used.extend(header.alternative(&used));
                used
            });
            assert_eq!(found, free.map(Pin));
        }
    }

    #[test]
    fn an_alternative_is_free_in_both_senses() {
        let header = GpioHeader::Forty;
        assert_eq!(header.alternative(&[]), Some(Pin(17)));
        assert_eq!(header.alternative(&[Pin(17), Pin(27)]), Some(Pin(22)));
        assert!(FREE.iter().all(|&bcm| header.special_function(Pin(bcm)).is_none()));
        assert_eq!(header.alternative(&FREE.map(Pin)), None);
    }
}
