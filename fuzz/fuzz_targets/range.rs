//! The Range header of a renderer. Lines: size of the file, Range, If-Range.
#![no_main]

use dlna_kiosk::range::{Range, parse, stands};
use dlna_kiosk_fuzz::lines;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let [size, header, validator] = lines(text);
    let size = size.parse().unwrap_or(u64::MAX);
    let range = parse(Some(header), size);
    if let Range::Part { first, last } = range {
        assert!(first <= last && last < size);
        assert_eq!(parse(Some(&format!("bytes={first}-{last}")), size), range);
        assert_eq!(parse(Some(&format!("bytes={first}-{last}")), u64::MAX), range);
        let suffix = format!("bytes=-{}", size - first);
        assert_eq!(parse(Some(&suffix), size), Range::Part { first, last: size - 1 });
    }
    if range == Range::Unsatisfiable {
        assert!(header.to_ascii_lowercase().contains("bytes"));
    }
    assert!(stands(Some(validator), validator.trim()));
});
