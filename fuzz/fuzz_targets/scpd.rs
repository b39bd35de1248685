//! Service descriptions: what is read of one is within bounds, can be sent on, and is read again as the same.
#![no_main]

use dlna_kiosk::upnp::description::ServiceDescription;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let service = ServiceDescription::parse(body);
    if let Some(range) = service.volume {
        assert!(range.min < range.max && range.step > 0, "{range:?}");
    }
    assert!(service.extra_arguments.len() <= 4);
    for name in &service.extra_arguments {
        assert!(name.len() <= 64 && !name.contains(['<', '>', '&', '"', '/', ' ']), "{name:?}");
    }
    assert_eq!(ServiceDescription::parse(service.write().as_bytes()), service);
});
