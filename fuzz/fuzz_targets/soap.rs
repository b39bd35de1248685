//! SOAP bodies: every action's answer, faults, and calls as the renderer reads them. What was understood of
//! one is written, and must be understood as the same again.
#![no_main]

use dlna_kiosk::time::Duration;
use dlna_kiosk::upnp::action::PositionInfo;
use dlna_kiosk::upnp::soap::SoapError;
use dlna_kiosk::upnp::{Action, Reply, UpnpError};
use libfuzzer_sys::fuzz_target;

const ACTIONS: [Action; 7] = [
    Action::Play,
    Action::GetTransportInfo,
    Action::GetPositionInfo,
    Action::GetMediaInfo,
    Action::GetVolume,
    Action::GetMute,
    Action::GetProtocolInfo,
];

fuzz_target!(|body: &[u8]| {
    for action in &ACTIONS {
        if let Ok(reply) = action.parse_reply(body) {
            let reply = on_the_wire(reply);
            let written = reply.write(action, 1);
            assert_eq!(action.parse_reply(written.as_bytes()), Ok(reply), "{written}");
        }
    }
    if let Some(fault) = UpnpError::parse(body) {
        assert!(fault.code > 0 && !fault.meaning().is_empty());
        let written = fault.write();
        assert_eq!(UpnpError::parse(written.as_bytes()), Some(fault.clone()), "{written}");
        assert_eq!(ACTIONS[0].parse_reply(written.as_bytes()), Err(SoapError::Fault(fault)));
    }
    if let Some(mut action) = Action::parse("", body) {
        if let Action::Seek { target } = &mut action {
            *target = whole_millis(*target);
        }
        let written = action.write(1);
        let read = Action::parse(&action.soap_action(1), written.as_bytes());
        assert_eq!(read.as_ref(), Some(&action), "{written}");
        assert_eq!(Action::parse("", written.as_bytes()), read, "{written}");
    }
});

/// What the wire can carry of `reply`: we write times to the millisecond, and a length of zero is none.
fn on_the_wire(mut reply: Reply) -> Reply {
    if let Reply::PositionInfo(PositionInfo { track_duration, rel_time, .. }) = &mut reply {
        *track_duration = track_duration.map(whole_millis).filter(|time| !time.is_zero());
        *rel_time = rel_time.map(whole_millis);
    }
    reply
}

fn whole_millis(time: Duration) -> Duration {
    Duration::new(time.as_secs(), time.subsec_millis() * 1_000_000)
}
