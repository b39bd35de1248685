//! Byte ranges (RFC 9110 §14): the part of a file that a renderer requests.
//!
//! Of several ranges only the first is served: no renderer reads `multipart/byteranges`.

/// The part of a file to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// 200: there is no range, or no valid one.
    Whole,
    /// 206: the bytes from `first` to `last`, inclusive; `last` is below the size of the file.
    Part {
        /// Offset of the first byte.
        first: u64,
        /// Offset of the last byte.
        last: u64,
    },
    /// 416: the range starts beyond the end of the file.
    Unsatisfiable,
}

/// Parses a `Range` header for a file of `size` bytes. An invalid header is ignored (RFC 9110 §14.2 allows it, and a 400
/// would stop the TV).
pub fn parse(header: Option<&str>, size: u64) -> Range {
    let Some((unit, specs)) = header.and_then(|header| header.split_once('=')) else {
        return Range::Whole;
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Range::Whole;
    }
    let (spec, several) = match specs.split_once(',') {
        Some((first, _)) => (first, true),
        None => (specs, false),
    };
    match of_spec(spec.trim(), size) {
        // One of the others may be satisfiable.
        Range::Unsatisfiable if several => Range::Whole,
        range => range,
    }
}

fn of_spec(spec: &str, size: u64) -> Range {
    let Some((from, to)) = spec.split_once('-') else {
        return Range::Whole;
    };
    let (from, to) = (from.trim(), to.trim());
    let (first, last) = match (offset(from), offset(to)) {
        (None, Some(count)) if from.is_empty() => {
            if count == 0 {
                return Range::Unsatisfiable;
            }
            (size.saturating_sub(count), u64::MAX)
        }
        (Some(first), None) if to.is_empty() => (first, u64::MAX),
        (Some(first), Some(last)) if first <= last => (first, last),
        _ => return Range::Whole,
    };
    if first >= size {
        return Range::Unsatisfiable;
    }
    Range::Part { first, last: last.min(size - 1) }
}

/// An offset: digits only. Numbers beyond 64 bits are beyond the end of any file.
fn offset(digits: &str) -> Option<u64> {
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// Whether `If-Range` (RFC 9110 §13.1.5) allows a partial response. The only validator of the media server is
/// Last-Modified, so an entity tag never matches.
pub fn stands(if_range: Option<&str>, last_modified: &str) -> bool {
    if_range.is_none_or(|validator| validator.trim() == last_modified)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(first: u64, last: u64) -> Range {
        Range::Part { first, last }
    }

    #[test]
    fn serves_what_is_asked_and_clips_at_the_end() {
        for (header, range) in [
            ("bytes=0-", part(0, 99)),
            ("bytes=0-0", part(0, 0)),
            ("bytes=10-19", part(10, 19)),
            ("Bytes = 10 - 19", part(10, 19)),
            ("bytes=90-1000", part(90, 99)),
            ("bytes=99-", part(99, 99)),
            ("bytes=-10", part(90, 99)),
            ("bytes=-1000", part(0, 99)),
            ("bytes=5-99999999999999999999999", part(5, 99)),
            ("bytes=1-2,5-6", part(1, 2)),
        ] {
            assert_eq!(parse(Some(header), 100), range, "{header}");
        }
    }

    #[test]
    fn a_range_behind_the_end_is_unsatisfiable() {
        for header in ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999999-"]
        {
            assert_eq!(parse(Some(header), 100), Range::Unsatisfiable, "{header}");
        }
        assert_eq!(parse(Some("bytes=0-"), 0), Range::Unsatisfiable);
        assert_eq!(parse(Some("bytes=-5"), 0), Range::Unsatisfiable);
        assert_eq!(parse(Some("bytes=200-,0-5"), 100), Range::Whole, "others may be good");
    }

    #[test]
    fn nonsense_is_no_range() {
        assert_eq!(parse(None, 100), Range::Whole);
        for header in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=9-5",
            "bytes=a-b",
            "bytes=1-x",
            "items=0-5",
            "bytes=+1-5",
            "bytes=--5",
            "0-5",
        ] {
            assert_eq!(parse(Some(header), 100), Range::Whole, "{header}");
        }
    }

    #[test]
    fn offsets_have_64_bits() {
        let size = 5 << 30;
        assert_eq!(parse(Some("bytes=5000000000-"), size), part(5_000_000_000, size - 1));
    }

    #[test]
    fn only_our_own_validator_lets_a_range_stand() {
        let modified = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert!(stands(None, modified));
        assert!(stands(Some(" Sun, 06 Nov 1994 08:49:37 GMT"), modified));
        assert!(!stands(Some("Sun, 06 Nov 1994 08:49:38 GMT"), modified));
        assert!(!stands(Some("\"etag\""), modified));
    }

    proptest! {
        #[test]
        fn a_part_lies_within_the_file(header in "bytes=[-0-9, ]{0,24}", size in 0u64..200) {
            if let Range::Part { first, last } = parse(Some(&header), size) {
                prop_assert!(first <= last && last < size);
            }
        }
    }
}
