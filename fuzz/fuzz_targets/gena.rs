//! Events: the body of a NOTIFY as any device writes it. What was understood is written, and must be
//! understood as the same again.
#![no_main]

use dlna_kiosk::time::Duration;
use dlna_kiosk::upnp::gena::LastChange;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let Some(mut change) = LastChange::parse(body) else {
        return;
    };
    let uris = [&change.av_transport_uri, &change.current_track_uri];
    for uri in uris.into_iter().flatten() {
        assert!(uri.len() <= 3 * body.len());
        // In a value that holds tags, the repairs may take these for variables.
        if uri.contains('<') || uri.contains("&lt;") {
            return;
        }
    }
    change.current_track_duration = change.current_track_duration.map(whole_millis);
    if change.current_track_duration == Some(Duration::ZERO) {
        change.current_track_duration = None;
    }
    let written = change.write();
    let again = LastChange::parse(written.as_bytes()).unwrap_or_default();
    assert_eq!(again, change, "{written}");
});

/// We write times to the millisecond.
fn whole_millis(time: Duration) -> Duration {
    Duration::new(time.as_secs(), time.subsec_millis() * 1_000_000)
}
