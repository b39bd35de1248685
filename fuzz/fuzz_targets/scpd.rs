//! Service descriptions: what is read of one is within bounds, can be sent on, and is read again as the same.
#![no_main]

use dlna_kiosk::upnp::description::ServiceDescription;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let survey = ServiceDescription::parse(body);
    if let Some(range) = survey.volume {
        assert!(range.min < range.max && range.step > 0, "{range:?}");
    }
    assert!(survey.extra_arguments.len() <= 4);
    for name in &survey.extra_arguments {
        assert!(name.len() <= 64 && !name.contains(['<', '>', '&', '"', '/', ' ']), "{name:?}");
    }
    assert_eq!(ServiceDescription::parse(survey.write().as_bytes()), survey);
});
