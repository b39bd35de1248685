//! URLs: what a description may write in place of one, and what we write. Lines: URLBase, reference, path.
#![no_main]

use dlna_kiosk::upnp::HttpUrl;
use dlna_kiosk_fuzz::{lines, location};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let [base, reference, path] = lines(text);
    let location = location();
    for base in [None, Some(base)] {
        if let Some(url) = location.join(base, reference) {
            assert_eq!(url.host, location.host);
            check(&url);
            assert_eq!(url.join(None, &url.to_string()).as_ref(), Some(&url));
        }
    }
    HttpUrl::parse(reference).iter().for_each(check);
    HttpUrl::new(location.host, location.port, path).iter().for_each(check);
});

/// It can stand in a request line and in a header, and reads as the same again.
fn check(url: &HttpUrl) {
    assert!(url.port > 0 && url.path.starts_with('/'));
    assert!(url.path.bytes().all(|byte| byte.is_ascii_graphic()), "{url}");
    assert_eq!(HttpUrl::parse(&url.to_string()).as_ref(), Some(url));
}
