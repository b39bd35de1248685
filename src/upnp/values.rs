//! Values of arguments and state variables: times, volumes and booleans.

use crate::time::Duration;

/// Parses `H+:MM:SS[.F+]` or `H+:MM:SS[.F0/F1]` (AVTransport:1 §2.2.15). `None` for NOT_IMPLEMENTED, END_OF_MEDIA,
/// the empty string, nonsense, and the largest 32-bit number, which also means "not implemented".
pub fn parse_time(text: &str) -> Option<Duration> {
    let text = text.trim();
    let text = text.strip_prefix('+').unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.split(':').map(number);
    let (hours, minutes, seconds) = match [parts.next(), parts.next(), parts.next(), parts.next()] {
        [Some(hours), Some(minutes), Some(seconds), None] => (hours?, minutes?, seconds?),
        // Some renderers omit the hours.
        [Some(minutes), Some(seconds), None, None] => (0, minutes?, seconds?),
        _ => return None,
    };
    let seconds = hours * 3600 + minutes * 60 + seconds;
    // i32::MAX seconds, and i32::MAX milliseconds.
    if seconds >= 2_147_483_647 || seconds == 2_147_483 {
        return None;
    }
    Some(Duration::from_secs(seconds) + fraction_of_second(fraction)?)
}

/// A number of at most 7 digits, so that nothing overflows.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    (!text.is_empty() && text.len() <= 7 && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())?
}

fn fraction_of_second(text: &str) -> Option<Duration> {
    if let Some((part, of)) = text.split_once('/') {
        let (part, of) = (number(part)?, number(of)?);
        return (part < of).then(|| Duration::from_nanos(part * 1_000_000_000 / of));
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanos = text
        .bytes()
        .chain(core::iter::repeat(b'0'))
        .take(9)
        .fold(0, |nanos, digit| nanos * 10 + u64::from(digit - b'0'));
    Some(Duration::from_nanos(nanos))
}

/// `H:MM:SS`, with `.mmm` unless the time is in whole seconds.
pub fn format_time(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match time.subsec_millis() {
        0 => format!("{hours}:{minutes:02}:{seconds:02}"),
        millis => format!("{hours}:{minutes:02}:{seconds:02}.{millis:03}"),
    }
}

/// A volume in the renderer's units; a fraction is dropped.
pub fn parse_volume(text: &str) -> Option<u16> {
    let text = text.trim();
    let whole = text.split('.').next().unwrap_or_default();
    whole.parse().ok()
}

/// A boolean (UDA 1.0 §2.3): `1`, `true`, `yes`, `on` and their opposites, in any case.
pub fn parse_bool(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// A boolean as every device understands it.
pub const fn format_bool(value: bool) -> &'static str {
    if value { "1" } else { "0" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_every_form_of_time() {
        for (text, millis) in [
            ("0:00:00", 0),
            ("00:00:05", 5_000),
            ("0:01:49.440", 109_440),
            ("100:00:00", 360_000_000),
            ("1:02:03.5", 3_723_500),
            ("0:00:01.1/4", 1_250),
            ("+0:00:01", 1_000),
            (" 0:00:01 ", 1_000),
            ("01:05", 65_000),
            ("0:00:01.123456789123", 1_123),
            ("0:00:01.", 1_000),
        ] {
            let time = parse_time(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(time.as_millis(), millis, "{text}");
        }
        for text in [
            "",
            "NOT_IMPLEMENTED",
            "END_OF_MEDIA",
            "2147483647",
            "596523:14:07",
            "596:31:23.647",
            "-0:00:01",
            "0:00:0x",
            "::",
            "0:00:01.4/4",
            "0:00:01.1/0",
            "1:2:3:4",
            "99999999:00:00",
            "0:00:01.é",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn writes_fractions_only_where_there_are_any() {
        assert_eq!(format_time(Duration::from_secs(3_723)), "1:02:03");
        assert_eq!(format_time(Duration::from_millis(83_050)), "0:01:23.050");
        assert_eq!(format_time(Duration::from_secs(360_000)), "100:00:00");
    }

    #[test]
    fn booleans_come_in_many_words() {
        for text in ["1", "true", "True", " YES "] {
            assert_eq!(parse_bool(text), Some(true), "{text}");
        }
        for text in ["0", "false", "No"] {
            assert_eq!(parse_bool(text), Some(false), "{text}");
        }
        for text in ["", "2", "maybe"] {
            assert_eq!(parse_bool(text), None, "{text}");
        }
    }

    #[test]
    fn volumes_are_whole_and_not_negative() {
        assert_eq!(parse_volume(" 40 "), Some(40));
        assert_eq!(parse_volume("12.5"), Some(12));
        for text in ["", "-1", "70000", "loud"] {
            assert_eq!(parse_volume(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn time_survives_the_wire(millis in 0_u64..2_000_000_000) {
            let time = Duration::from_millis(millis);
            prop_assert_eq!(parse_time(&format_time(time)), Some(time));
        }

        #[test]
        fn times_never_panic(text in "[0-9:./+ -]{0,40}") {
            let _ = parse_time(&text);
        }
    }
}
