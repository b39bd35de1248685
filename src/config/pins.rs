//! The header: where each GPIO is, and what else it is for.
//!
//! Terms. The *BCM number* is the GPIO's number on the chip, and what the configuration uses; the
//! *header pin* is its place on the connector, counted from 1. People mix them up.

use super::Pin;

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
pub enum Header {
    /// 40 pins: every Pi since the B+ of 2014.
    #[default]
    Forty,
    /// 26 pins: the Pi 1 models A, and B from revision 2 on.
    TwentySix,
    /// 26 pins, three of them with other GPIOs: the first Pi 1 B, of 2012.
    TwentySixOfFirst,
}

/// What is at a place of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A GPIO.
    Gpio(Pin),
    /// 3.3 V.
    Volts3,
    /// 5 V: never into a GPIO.
    Volts5,
    /// Ground.
    Ground,
}

impl Pin {
    /// The pin with this BCM number, if it is on a header of 40 pins.
    #[must_use]
    pub fn from_bcm(number: i64) -> Option<Self> {
        let number = u8::try_from(number).ok()?;
        (number < COUNT).then_some(Self(number))
    }
}

impl Header {
    /// How many pins it has.
    #[must_use]
    pub fn size(self) -> u8 {
        match self {
            Self::Forty => 40,
            Self::TwentySix | Self::TwentySixOfFirst => 26,
        }
    }

    /// Where on it a GPIO is, counted from 1.
    #[must_use]
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
    #[must_use]
    pub fn has(self, pin: Pin) -> bool {
        self.place(pin).is_some()
    }

    /// Every GPIO on it.
    pub fn pins(self) -> impl Iterator<Item = Pin> {
        (0..COUNT).map(Pin).filter(move |&pin| self.has(pin))
    }

    /// What is at this place, counted from 1.
    #[must_use]
    pub fn at(self, place: i64) -> Option<Place> {
        let place = u8::try_from(place).ok().filter(|&place| place <= self.size())?;
        Some(match place {
            1 | 17 => Place::Volts3,
            2 | 4 => Place::Volts5,
            6 | 9 | 14 | 20 | 25 | 30 | 34 | 39 => Place::Ground,
            _ => Place::Gpio(self.pins().find(|&pin| self.place(pin) == Some(place))?),
        })
    }

    /// What else the Pi uses a pin for, if that is common.
    #[must_use]
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
    #[must_use]
    pub fn describe(self, pin: Pin) -> String {
        match self.place(pin) {
            Some(place) => format!("GPIO{} (header pin {place})", pin.0),
            None => format!("GPIO{} (not on the header)", pin.0),
        }
    }

    /// A pin without another common use that is not among `used`.
    #[must_use]
    pub fn alternative(self, used: &[Pin]) -> Option<Pin> {
        let mut free = FREE.map(Pin).into_iter();
        free.find(|&pin| self.has(pin) && !used.contains(&pin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_a_header_is_one_thing() {
        for (header, count) in
            [(Header::Forty, 28), (Header::TwentySix, 17), (Header::TwentySixOfFirst, 17)]
        {
            let mut gpios: Vec<Pin> = (1..=i64::from(header.size()))
                .filter_map(|place| match header.at(place) {
                    Some(Place::Gpio(pin)) => Some(pin),
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
        let header = Header::Forty;
        assert_eq!(header.describe(Pin(17)), "GPIO17 (header pin 11)");
        assert_eq!(header.describe(Pin(2)), "GPIO2 (header pin 3)");
        assert_eq!(header.describe(Pin(21)), "GPIO21 (header pin 40)");
        assert_eq!(header.describe(Pin(40)), "GPIO40 (not on the header)");
        assert_eq!(header.at(29), Some(Place::Gpio(Pin(5))));
    }

    #[test]
    fn the_headers_of_the_first_pis_are_shorter_and_one_has_three_other_pins() {
        let (second, first) = (Header::TwentySix, Header::TwentySixOfFirst);
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
        let header = Header::Forty;
        assert_eq!(header.alternative(&[]), Some(Pin(17)));
        assert_eq!(header.alternative(&[Pin(17), Pin(27)]), Some(Pin(22)));
        assert!(FREE.iter().all(|&bcm| header.special_function(Pin(bcm)).is_none()));
        assert_eq!(header.alternative(&FREE.map(Pin)), None);
    }
}
