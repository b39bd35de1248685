//! Device descriptions: nothing in them leads to another host, and what a renderer is said to be can be written.
#![no_main]

use dlna_kiosk::upnp::description::{self, Description, Service};
use dlna_kiosk::upnp::{HttpUrl, Udn};
use dlna_kiosk_fuzz::location;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let Ok(found) = description::parse(body, &location()) else {
        return;
    };
    assert!(!found.friendly_name.is_empty());
    assert_eq!(Udn::new(found.udn.as_str()).as_ref(), Some(&found.udn));
    for service in services(&found) {
        assert!(service.version > 0);
        for url in urls(service) {
            assert_eq!(url.host, location().host);
            assert_eq!(HttpUrl::parse(&url.to_string()).as_ref(), Some(url));
        }
    }
    let written = found.write();
    assert_eq!(description::parse(written.as_bytes(), &location()), Ok(found), "{written}");
});

fn services(found: &Description) -> impl Iterator<Item = &Service> {
    let others = [&found.rendering_control, &found.connection_manager];
    [&found.av_transport].into_iter().chain(others.into_iter().flatten())
}

fn urls(service: &Service) -> impl Iterator<Item = &HttpUrl> {
    let others = [&service.event_url, &service.scpd_url];
    [&service.control_url].into_iter().chain(others.into_iter().flatten())
}
