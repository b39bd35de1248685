//! The first bytes of a picture: whatever stands behind what was read changes nothing.
#![no_main]

use dlna_kiosk::media::content::picture_profile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|head: &[u8]| {
    let found = picture_profile(head);
    if let Some(name) = found {
        assert_eq!(name.starts_with("PNG"), head[0] == 0x89);
        assert_eq!(picture_profile(&[head, b"\xff\xc0 and more"].concat()), found);
    }
});
