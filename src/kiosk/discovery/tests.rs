use super::*;
use crate::upnp::ssdp;

fn location(host: u8) -> HttpUrl {
    HttpUrl::parse(&format!("http://10.0.0.{host}:80/d.xml")).expect("good")
}

fn alive(host: u8, boot_id: u32) -> Announcement {
    Announcement {
        kind: MessageKind::Alive,
        from: Ipv4Addr::new(10, 0, 0, host),
        udn: Udn::new(&format!("uuid:{host}")).expect("good"),
        target: crate::text::clip("upnp:rootdevice"),
        location: Some(location(host)),
        max_age: None,
        boot_id: Some(boot_id),
        config_id: None,
    }
}

fn from_elsewhere(announcement: Announcement) -> Announcement {
    Announcement { from: Ipv4Addr::new(10, 0, 0, 99), ..announcement }
}

#[test]
fn one_slow_device_delays_no_other() {
    let mut cache = Cache::default();
    for host in 1..=12 {
        cache.hear(&alive(host, 1), false, Instant::START);
    }
    let mut fetched = Vec::new();
    while let Some(url) =
        cache.next_fetch(Instant::START, u32::try_from(fetched.len()).expect("few"), |_| true)
    {
        fetched.push(url.host.octets()[3]);
    }
    assert_eq!(fetched, (1..=10).collect::<Vec<u8>>(), "ten at once");
    cache.failed(3, &Failure::NotARenderer, Instant::START, 0.0);
    assert_eq!(cache.next_fetch(Instant::START, 90, |_| true), Some(location(11)));
}

#[test]
fn a_device_that_answers_503_for_a_day_is_asked_rarely() {
    let mut cache = Cache::default();
    let day = Instant::from_millis(86_400_000);
    let (mut now, mut asked) = (Instant::START, 0);
    cache.hear(&alive(1, 1), false, now);
    while now < day {
        if cache.next_fetch(now, 1, |_| true).is_some() {
            asked += 1;
            cache.failed(1, &Failure::Status(503), now, 1.0);
        }
        now = cache.next_deadline(now).expect("it is tried for ever");
        if now.since(Instant::START) > Duration::from_secs(1700) * (asked / 7 + 1) {
            cache.hear(&alive(1, 1), false, now);
        }
    }
    assert!((280..900).contains(&asked), "{asked} times");
}

#[test]
fn a_new_boot_of_a_renderer_is_news_and_its_description_is_fetched_again() {
    let mut cache = Cache::default();
    let udn = Udn::new("uuid:renderer").expect("good");
    assert_eq!(cache.hear(&alive(1, 1), false, Instant::START), News::None);
    cache.next_fetch(Instant::START, 5, |_| true);
    assert_eq!(cache.described(5, &udn), Some((Some(1), None)));
    assert_eq!(cache.hear(&alive(1, 1), false, Instant::START), News::Alive(udn.clone()));
    assert_eq!(cache.next_fetch(Instant::START, 6, |_| true), None);
    assert_eq!(cache.hear(&alive(1, 2), false, Instant::START), News::Rebooted(udn.clone()));
    assert_eq!(cache.next_fetch(Instant::START, 7, |_| true), Some(location(1)));
}

#[test]
fn a_stranger_that_claims_to_be_a_renderer_is_disbelieved_for_a_while() {
    let mut cache = Cache::default();
    let claim = Announcement {
        target: crate::text::clip("urn:schemas-upnp-org:device:MediaRenderer:1"),
        ..alive(1, 1)
    };
    cache.hear(&claim, false, Instant::START);
    cache.next_fetch(Instant::START, 5, |_| true);
    cache.failed(5, &Failure::NotARenderer, Instant::START, 0.0);
    let at = |millis| Instant::from_millis(millis);
    for millis in [1_000, 2_000, 9_000] {
        cache.hear(&claim, false, at(millis));
        assert_eq!(cache.next_fetch(at(millis), 6, |_| true), None, "after {millis} ms");
    }
    assert_eq!(cache.next_fetch(at(10_000), 6, |_| true), Some(location(1)));
}

#[test]
fn an_update_announces_a_boot_id_that_is_no_boot() {
    let mut cache = Cache::default();
    let udn = Udn::new("uuid:renderer").expect("good");
    cache.hear(&alive(1, 1), false, Instant::START);
    cache.next_fetch(Instant::START, 5, |_| true);
    cache.described(5, &udn);
    let update = Announcement { kind: MessageKind::Update, ..alive(1, 2) };
    assert_eq!(cache.hear(&update, false, Instant::START), News::Alive(udn.clone()));
    assert_eq!(cache.hear(&alive(1, 2), false, Instant::START), News::Alive(udn.clone()));
    assert_eq!(cache.next_fetch(Instant::START, 6, |_| true), None);
    assert_eq!(cache.hear(&alive(1, 3), false, Instant::START), News::Rebooted(udn));
}

#[test]
fn a_renderer_announced_without_a_udn_is_found_once_by_its_description() {
    let mut cache = Cache::default();
    let nameless = b"HTTP/1.1 200 OK\r\nLOCATION: http://10.0.0.1/d.xml\r\n\r\n";
    let nameless = ssdp::parse(nameless, Ipv4Addr::new(10, 0, 0, 1)).expect("usable");
    let named = Announcement { boot_id: None, ..alive(1, 1) };
    let udn = Udn::new("uuid:renderer").expect("good");
    cache.hear(&nameless, false, Instant::START);
    assert_eq!(cache.next_fetch(Instant::START, 5, |_| true), Some(location(1)));
    cache.described(5, &udn);
    for announcement in [&nameless, &named, &nameless] {
        assert_eq!(cache.hear(announcement, false, Instant::START), News::Alive(udn.clone()));
        assert_eq!(cache.next_fetch(Instant::START, 6, |_| true), None);
    }
    assert_eq!(cache.len(), 1);
    let farewell =
        |udn| Announcement { kind: MessageKind::Byebye, udn, location: None, ..alive(1, 1) };
    assert_eq!(cache.hear(&farewell(udn.clone()), false, Instant::START), News::Leaving(udn));
    assert_eq!(cache.len(), 0);
}

#[test]
fn a_flood_of_strangers_leaves_room_for_renderers() {
    let mut cache = Cache::default();
    for host in 0..=255u8 {
        cache.hear(&alive(host, 1), false, Instant::from_millis(host.into()));
        if cache.next_fetch(Instant::from_millis(host.into()), u32::from(host), |_| true).is_some()
        {
            cache.failed(u32::from(host), &Failure::NotARenderer, Instant::START, 0.0);
        }
    }
    assert!(cache.sightings.len() <= SIGHTINGS);
    assert!(cache.sightings.iter().any(|s| s.location == location(255)), "the newest is there");
}

#[test]
fn what_is_announced_from_another_address_must_be_the_renderer_that_is_named() {
    let renderer = "urn:schemas-upnp-org:device:MediaRenderer:1";
    let announced = |target: &str, udn: &str| Announcement {
        target: crate::text::clip(target),
        udn: Udn::new(udn).expect("good"),
        ..alive(1, 1)
    };
    let mut cache = Cache::default();
    cache.hear(&from_elsewhere(announced("upnp:rootdevice", "uuid:1")), false, Instant::START);
    assert_eq!(cache.len(), 0, "nobody is asked what is no renderer");
    cache.hear(&from_elsewhere(announced(renderer, "uuid:1")), false, Instant::START);
    assert_eq!(cache.next_fetch(Instant::START, 7, |_| true), Some(location(1)));
    for (udn, believed) in [("uuid:1", true), ("1", true), ("uuid:2", false)] {
        assert_eq!(cache.vouches(7, &Udn::new(udn).expect("good")), believed, "{udn}");
    }
    // A place that is known from its own announcement needs no proof.
    cache.hear(&alive(2, 1), false, Instant::START);
    assert_eq!(cache.next_fetch(Instant::START, 8, |_| true), Some(location(2)));
    assert!(cache.vouches(8, &Udn::new("uuid:other").expect("good")));
    // Nor does one that a stranger has named before.
    cache.hear(&alive(1, 1), false, Instant::START);
    assert!(cache.vouches(7, &Udn::new("uuid:2").expect("good")));
    let rebooted = Announcement { boot_id: Some(9), ..announced(renderer, "uuid:forged") };
    assert_eq!(cache.hear(&from_elsewhere(rebooted), false, Instant::START), News::None);
    let own = Announcement { boot_id: Some(1), ..alive(1, 1) };
    assert_eq!(
        cache.hear(&own, false, Instant::START),
        News::None,
        "the forged boot number is not known"
    );
}

#[test]
fn a_renderer_that_is_announced_where_another_one_was_described_is_looked_at_once() {
    let mut cache = Cache::default();
    cache.hear(&alive(1, 1), false, Instant::START);
    let fetches = |cache: &mut Cache| {
        let fetched = cache.next_fetch(Instant::START, 7, |_| true);
        cache.described(7, &Udn::new("uuid:1").expect("good"));
        fetched
    };
    assert_eq!(fetches(&mut cache), Some(location(1)));
    let other = Announcement {
        target: crate::text::clip("urn:schemas-upnp-org:device:MediaRenderer:1"),
        udn: Udn::new("uuid:other").expect("good"),
        ..alive(1, 1)
    };
    assert_eq!(cache.hear(&other, false, Instant::START), News::None);
    assert_eq!(fetches(&mut cache), Some(location(1)));
    assert!(matches!(cache.hear(&other, false, Instant::START), News::Alive(_)));
    assert_eq!(fetches(&mut cache), None, "its announcements name a UDN of their own");
}
