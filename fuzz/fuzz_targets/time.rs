//! Times, leases, volumes and switches, as headers and arguments write them.
#![no_main]

use dlna_kiosk::upnp::gena::{format_timeout, parse_timeout};
use dlna_kiosk::upnp::values::{format_bool, format_time, parse_bool, parse_time, parse_volume};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(time) = parse_time(text) {
        assert!(time.as_secs() < 1 << 31);
        let again = parse_time(&format_time(time)).expect("what we write is a time");
        assert_eq!(again.as_millis(), time.as_millis(), "{text}");
    }
    let lease = parse_timeout(text);
    assert!((1..=86_400).contains(&lease.as_secs()), "{lease:?}");
    assert_eq!(parse_timeout(&format_timeout(lease)), lease);
    if let Some(volume) = parse_volume(text) {
        assert_eq!(parse_volume(&volume.to_string()), Some(volume));
    }
    if let Some(on) = parse_bool(text) {
        assert_eq!(parse_bool(format_bool(on)), Some(on));
    }
});
