//! Time grows with the length of a body, not with its square: a piece is repeated until the body is long, and the
//! runner's time-out is the judge. Input: the letter of a parser, then beginning, piece and end, with `~` between.
#![no_main]

use dlna_kiosk::config::{import, parse};
use dlna_kiosk::media::media_type::{choose_mime, of_extension};
use dlna_kiosk::upnp::gena::LastChange;
use dlna_kiosk::upnp::{Action, UpnpError, description, didl};
use dlna_kiosk_fuzz::{disk, location};
use libfuzzer_sys::fuzz_target;

/// Long enough that its square takes longer than the time-out.
const LENGTH: usize = 128 << 10;

fuzz_target!(|data: &[u8]| {
    let Some((parser, rest)) = data.split_first() else {
        return;
    };
    let mut parts = rest.splitn(3, |&byte| byte == b'~').map(<[u8]>::to_vec);
    let mut part = || parts.next().unwrap_or_default();
    let (mut body, piece, end) = (part(), part(), part());
    if piece.is_empty() {
        return;
    }
    body.extend(piece.iter().cycle().take(LENGTH.next_multiple_of(piece.len())));
    body.extend(end);
    let text = String::from_utf8_lossy(&body);
    match parser {
        b'd' => drop(description::parse(&body, &location())),
        b's' => drop(Action::GetPositionInfo.parse_reply(&body)),
        b'f' => drop(UpnpError::parse(&body)),
        b'a' => drop(Action::parse("", &body)),
        b'e' => drop(LastChange::parse(&body)),
        b'm' => drop(didl::parse(&text)),
        b'p' => {
            let mime = choose_mime(&text, of_extension("mkv").expect("known"));
            assert!(!mime.is_empty());
        }
        b'c' => drop(parse(&text, &disk)),
        b'i' => drop(import(&text)),
        _ => {}
    }
});
