//! Datagrams from anybody on the LAN: what is taken of them keeps the rules, and can be said again.
#![no_main]

use dlna_kiosk::time::Duration;
use dlna_kiosk::upnp::Udn;
use dlna_kiosk::upnp::ssdp::{self, Announcement, MessageKind, Search};
use dlna_kiosk_fuzz::TV;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|datagram: &[u8]| {
    if let Ok(announcement) = ssdp::parse(datagram, TV) {
        check(announcement);
    }
    if let Some(Search { target, mx }) = ssdp::parse_search(datagram) {
        let (written, mx) = match mx {
            Some(mx) => (ssdp::search(&target, mx, "239.255.255.250:1900"), Some(mx)),
            None => (ssdp::search(&target, 1, "192.0.2.10:1900"), Some(1)),
        };
        assert_eq!(ssdp::parse_search(written.as_bytes()), Some(Search { target, mx }));
    }
});

fn check(heard: Announcement) {
    assert!((90..=3600).contains(&heard.lifetime().as_secs()));
    assert_eq!(Udn::new(heard.udn.as_str()).as_ref(), Some(&heard.udn));
    let Announcement { kind, udn, target, location, max_age, .. } = &heard;
    assert_eq!(location.is_none(), *kind == MessageKind::Byebye);
    assert!(location.iter().all(|url| url.host == TV), "never another host than the sender");

    let age = max_age.unwrap_or(Duration::from_secs(1800));
    let (written, kind, max_age) = match (kind, location) {
        (MessageKind::Response, Some(url)) => {
            (ssdp::response(target, udn, url, age), *kind, Some(age))
        }
        (MessageKind::Alive | MessageKind::Update, Some(url)) => {
            (ssdp::alive(target, udn, url, age), MessageKind::Alive, Some(age))
        }
        _ => (ssdp::byebye(target, udn), MessageKind::Byebye, None),
    };
    let again = ssdp::parse(written.as_bytes(), TV);
    assert_eq!(
        again,
        Ok(Announcement { kind, max_age, boot_id: None, config_id: None, ..heard }),
        "{written}"
    );
}
