//! The 40-pin header: where each GPIO is, and what else it is for.
//!
//! Terms. The *BCM number* is the GPIO's number on the chip, and what the configuration uses; the
//! *header pin* is its place on the connector, counted from 1 to 40. People mix them up.

use super::Pin;

/// GPIOs on the header: 0 to 27.
pub const COUNT: u8 = 28;

/// Header pin of each GPIO. The same on every Pi with a 40-pin header.
const HEADER: [u8; COUNT as usize] = [
    27, 28, 3, 5, 7, 29, 31, 26, 24, 21, // 0 to 9
    19, 23, 32, 33, 8, 10, 36, 11, 12, 35, // 10 to 19
    38, 40, 15, 16, 18, 22, 37, 13, // 20 to 27
];

/// GPIOs without another common use, the ones closest to a ground pin first.
const FREE: [u8; 17] = [17, 27, 22, 5, 6, 13, 26, 16, 20, 21, 12, 23, 24, 25, 19, 18, 4];

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
    /// The pin with this BCM number, if it is on the header.
    #[must_use]
    pub fn from_bcm(number: i64) -> Option<Self> {
        let number = u8::try_from(number).ok()?;
        (number < COUNT).then_some(Self(number))
    }

    /// Its place on the header, 1 to 40.
    #[must_use]
    pub fn header(self) -> Option<u8> {
        HEADER.get(usize::from(self.0)).copied()
    }

    /// What else the Pi uses it for, if that is common.
    #[must_use]
    pub fn special_function(self) -> Option<&'static str> {
        match self.0 {
            0 | 1 => Some("the ID EEPROM of HAT boards"),
            2 | 3 => Some("I²C, with a fixed pull-up of 1.8 kΩ"),
            7..=11 => Some("SPI"),
            14 | 15 => Some("the serial console (UART)"),
            _ => None,
        }
    }
}

/// What is at `place` of the header, 1 to 40.
#[must_use]
pub fn at_header(place: i64) -> Option<Place> {
    Some(match place {
        1 | 17 => Place::Volts3,
        2 | 4 => Place::Volts5,
        6 | 9 | 14 | 20 | 25 | 30 | 34 | 39 => Place::Ground,
        _ => {
            let place = u8::try_from(place).ok()?;
            let bcm = (0..).zip(HEADER).find(|&(_, header)| header == place)?.0;
            Place::Gpio(Pin(bcm))
        }
    })
}

/// `GPIO17 (header pin 11)`.
#[must_use]
pub fn describe(pin: Pin) -> String {
    match pin.header() {
        Some(header) => format!("GPIO{} (header pin {header})", pin.0),
        None => format!("GPIO{} (not on the header)", pin.0),
    }
}

/// A pin without another common use that is not among `used`.
#[must_use]
pub fn alternative(used: &[Pin]) -> Option<Pin> {
    FREE.map(Pin).into_iter().find(|pin| !used.contains(pin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_the_header_is_one_thing() {
        let mut gpios: Vec<u8> = (1..=40)
            .filter_map(|place| match at_header(place) {
                Some(Place::Gpio(pin)) => Some(pin.0),
                other => {
                    assert!(other.is_some(), "nothing at {place}");
                    None
                }
            })
            .collect();
        gpios.sort_unstable();
        assert_eq!(gpios, (0..COUNT).collect::<Vec<_>>());
        assert_eq!((at_header(0), at_header(41), at_header(-3)), (None, None, None));
    }

    #[test]
    fn names_pins_by_both_numbers() {
        assert_eq!(describe(Pin(17)), "GPIO17 (header pin 11)");
        assert_eq!(describe(Pin(2)), "GPIO2 (header pin 3)");
        assert_eq!(describe(Pin(21)), "GPIO21 (header pin 40)");
        assert_eq!(describe(Pin(40)), "GPIO40 (not on the header)");
        assert_eq!(at_header(29), Some(Place::Gpio(Pin(5))));
    }

    #[test]
    fn an_alternative_is_free_in_both_senses() {
        assert_eq!(alternative(&[]), Some(Pin(17)));
        assert_eq!(alternative(&[Pin(17), Pin(27)]), Some(Pin(22)));
        assert!(FREE.iter().all(|&bcm| Pin(bcm).special_function().is_none()));
        assert_eq!(alternative(&FREE.map(Pin)), None);
    }
}
