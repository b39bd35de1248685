use super::*;
use crate::time::Duration;
use crate::upnp::action::{MediaInfo, PositionInfo, TransportInfo, TransportState};
use proptest::prelude::*;

fn state(body: &str) -> Result<Option<TransportState>, SoapError> {
    match Action::GetTransportInfo.parse_reply(body.as_bytes())? {
        Reply::TransportInfo(info) => Ok(info.state),
        other => panic!("{other:?}"),
    }
}

#[test]
fn writes_the_envelope_that_renderers_expect() {
    let action = Action::Play;
    assert_eq!(
        action.write(2),
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>\
         <u:Play xmlns:u=\"urn:schemas-upnp-org:service:AVTransport:2\">\
         <InstanceID>0</InstanceID><Speed>1</Speed></u:Play></s:Body></s:Envelope>"
    );
    assert_eq!(action.soap_action(2), "\"urn:schemas-upnp-org:service:AVTransport:2#Play\"");
}

#[test]
fn metadata_is_escaped_exactly_once() {
    let action = Action::SetAvTransportUri {
        uri: "http://192.168.1.2/m/1/a.mp4".to_owned(),
        metadata: "<DIDL-Lite><title>A &amp; B</title></DIDL-Lite>".to_owned(),
    };
    let written = action.write(1);
    assert!(written.contains("&lt;title&gt;A &amp;amp; B&lt;/title&gt;"), "{written}");
    assert_eq!(Action::parse("", written.as_bytes()), Some(action));
}

#[test]
fn finds_arguments_under_any_prefix_and_in_any_case() {
    for body in [
        "<x:Envelope><x:Body><y:GetTransportInfoResponse xmlns:y=\"urn:wrong\">\
         <z:CURRENTTRANSPORTSTATE> PLAYING </z:CURRENTTRANSPORTSTATE>\
         </y:GetTransportInfoResponse>",
        "<Envelope><Body><CurrentTransportState>PLAYING</CurrentTransportState></Body></Envelope>",
        "<s:Envelope><s:Body><u:GetTransportInfoResponse><CurrentTransportState>PLAYING\
         </u:GetTransportInfoResponse></s:Body></s:Envelope>\0",
        "<s:Envelope><s:Body \" <CurrentTransportState>PLAYING</CurrentTransportState></s:Envelope>",
    ] {
        assert_eq!(state(body), Ok(Some(TransportState::Playing)), "{body}");
    }
}

#[test]
fn an_unknown_state_is_an_answer_but_no_arguments_are_none() {
    let unknown =
        "<Envelope><Body><CurrentTransportState>VENDOR</CurrentTransportState></Body></Envelope>";
    assert_eq!(state(unknown), Ok(None));
    for body in ["", "<html>busy</html>", "\0\0", "<Envelope><Body/></Envelope>"] {
        assert_eq!(state(body), Err(SoapError::Malformed), "{body:?}");
    }
    let stop = Action::Stop;
    assert_eq!(
        stop.parse_reply(b""),
        Ok(Reply::Done),
        "success without OUT arguments needs no body"
    );
}

#[test]
fn what_metadata_says_is_no_argument() {
    let body = "<Envelope><Body><GetPositionInfoResponse><TrackMetaData><?xml version='1.0'?><DIDL-Lite>\
        <item><RelTime>9:00:00</RelTime><TrackURI>no</TrackURI></item></DIDL-Lite>lt;/x&gt;</TrackMetaData>\
        <TrackURI>u</TrackURI><RelTime>0:00:03.5</RelTime></GetPositionInfoResponse></Body></Envelope>";
    let reply = Action::GetPositionInfo.parse_reply(body.as_bytes());
    let expected = PositionInfo {
        track_uri: Some("u".to_owned()),
        rel_time: Some(Duration::from_millis(3_500)),
        fractional: true,
        track_duration: None,
    };
    assert_eq!(reply, Ok(Reply::PositionInfo(expected)));
}

#[test]
fn a_fraction_that_is_always_zero_is_none() {
    for (said, fractional) in [
        ("0:02:09", false),
        ("0:02:09.000", false),
        ("0:02:09.0/4", false),
        ("0:02:09.", false),
        ("0:02:09.0", false),
        ("0:02:09.001", true),
        ("0:02:09.3/4", true),
        ("NOT.IMPLEMENTED", false),
    ] {
        let body = format!(
            "<Envelope><Body><GetPositionInfoResponse><RelTime>{said}</RelTime>\
             </GetPositionInfoResponse></Body></Envelope>"
        );
        let reply = Action::GetPositionInfo.parse_reply(body.as_bytes());
        let Ok(Reply::PositionInfo(info)) = reply else {
            panic!("{reply:?}");
        };
        assert_eq!(info.fractional, fractional, "{said}");
    }
}

#[test]
fn surplus_arguments_do_no_harm() {
    let body = "<Envelope><Body><GetVolumeResponse><IsMute>1</IsMute><CurrentVolume>3</CurrentVolume>\
        </GetVolumeResponse></Body></Envelope>";
    let reply = Action::GetVolume.parse_reply(body.as_bytes());
    assert_eq!(reply, Ok(Reply::Volume(3)));
}

#[test]
fn a_fault_is_no_reply() {
    let error = UpnpError { code: 716, description: clip("Resource not found") };
    assert_eq!(
        Action::GetTransportInfo.parse_reply(error.write().as_bytes()),
        Err(SoapError::Fault(error))
    );
}

#[test]
fn a_fault_whose_code_is_hidden_is_no_success() {
    let play = Action::Play;
    for (detail, code, description) in [
        ("<detail>&lt;e:UPnPError&gt;&lt;errorCode&gt;705&lt;/errorCode&gt;</detail>", 705, ""),
        ("<detail><![CDATA[<UPnPError><errorCode>705</errorCode></UPnPError>]]></detail>", 705, ""),
        ("<detail/>", 501, "Locked by a guest"),
        ("<detail><errorCode>many</errorCode></detail>", 501, "Locked by a guest"),
        ("", 501, "Locked by a guest"),
    ] {
        let body = format!(
            "<x:Envelope><x:Body><x:Fault><faultcode>x:Client</faultcode>\
             <faultstring>Locked by a guest</faultstring>{detail}</x:Fault></x:Body></x:Envelope>"
        );
        let error = UpnpError { code, description: clip(description) };
        assert_eq!(play.parse_reply(body.as_bytes()), Err(SoapError::Fault(error)), "{body}");
    }
    let unfounded = "<Envelope><Body><PlayResponse><Fault/></PlayResponse></Body></Envelope>";
    assert_eq!(play.parse_reply(unfounded.as_bytes()), Ok(Reply::Done));
}

#[test]
fn finds_the_code_of_a_fault_in_any_dress() {
    for body in [
        "<s:Envelope><s:Body><s:Fault><detail><UPnPError><errorCode>701</errorCode></UPnPError></detail>",
        "<s:Envelope><s:Body><s:Fault><detail><u:UPnPError><u:ErrorCode> 701 </u:ErrorCode>",
        "<detail>&lt;UPnPError&gt;&lt;errorCode&gt;701&lt;/errorCode&gt;</detail>",
        "<errorCode><![CDATA[701]]></errorCode>",
    ] {
        assert_eq!(UpnpError::parse(body.as_bytes()).map(|error| error.code), Some(701), "{body}");
    }
    for body in ["", "<errorCode/>", "<errorCode>none</errorCode>", "<html>500</html>"] {
        assert_eq!(UpnpError::parse(body.as_bytes()), None, "{body}");
    }
}

#[test]
fn an_answer_that_is_cut_says_nothing_or_everything() {
    for (action, reply) in replies() {
        let written = reply.write(&action, 1);
        for end in 0..written.len() {
            let read = action.parse_reply(&written.as_bytes()[..end]);
            let all = reply == Reply::Done || written[..end].contains("Response>");
            let expected = if all { Ok(reply.clone()) } else { Err(SoapError::Malformed) };
            assert_eq!(read, expected, "{}", &written[..end]);
        }
    }
    let fault = UpnpError { code: 701, description: Text::new() }.write();
    for end in 0..fault.len() {
        let code = UpnpError::parse(&fault.as_bytes()[..end]).map(|error| error.code);
        assert!(matches!(code, None | Some(701)), "{code:?}: {}", &fault[..end]);
        assert_ne!(Action::GetVolume.parse_reply(&fault.as_bytes()[..end]), Ok(Reply::Volume(7)));
    }
}

#[test]
fn long_descriptions_of_faults_are_shortened() {
    let error = UpnpError { code: 716, description: clip("Resource not found") };
    let written = error.write();
    assert_eq!(UpnpError::parse(written.as_bytes()).as_ref(), Some(&error));
    let long = format!(
        "<errorCode>402</errorCode><errorDescription>{}</errorDescription>",
        "x".repeat(999)
    );
    let long = UpnpError::parse(long.as_bytes()).expect("a fault");
    assert_eq!(long.description.len(), SENTENCE_BYTES);
    assert!(!long.meaning().is_empty());
}

fn replies() -> Vec<(Action, Reply)> {
    let state = TransportInfo { state: Some(TransportState::PausedPlayback), error_occurred: true };
    let position = PositionInfo {
        track_duration: Some(Duration::from_secs(61)),
        track_uri: Some("http://a/?b&c".to_owned()),
        rel_time: Some(Duration::from_millis(5_040)),
        fractional: true,
    };
    let media = MediaInfo { current_uri: Some(String::new()), next_uri: None };
    let sink = "http-get:*:video/mp4:*".to_owned();
    vec![
        (Action::Next, Reply::Done),
        (Action::GetTransportInfo, Reply::TransportInfo(state)),
        (Action::GetPositionInfo, Reply::PositionInfo(position)),
        (Action::GetPositionInfo, Reply::PositionInfo(PositionInfo::default())),
        (Action::GetMediaInfo, Reply::MediaInfo(media)),
        (Action::GetVolume, Reply::Volume(40)),
        (Action::GetMute, Reply::Mute(true)),
        (Action::GetProtocolInfo, Reply::ProtocolInfo { sink }),
    ]
}

#[test]
fn every_reply_comes_back_as_it_was_written() {
    for (action, reply) in replies() {
        let written = reply.write(&action, 1);
        assert_eq!(action.parse_reply(written.as_bytes()), Ok(reply), "{written}");
    }
}

#[test]
fn every_action_comes_back_as_it_was_written() {
    let (uri, metadata) = ("u?a&b".to_owned(), "<a b=\"c\"> &amp; </a>".to_owned());
    for action in [
        Action::SetAvTransportUri { uri: uri.clone(), metadata: metadata.clone() },
        Action::SetNextAvTransportUri { uri, metadata },
        Action::Play,
        Action::Pause,
        Action::Stop,
        Action::Seek { target: Duration::from_millis(61_500) },
        Action::Next,
        Action::Previous,
        Action::GetTransportInfo,
        Action::GetPositionInfo,
        Action::GetMediaInfo,
        Action::GetVolume,
        Action::SetVolume { volume: 7 },
        Action::GetMute,
        Action::SetMute { mute: true },
        Action::GetProtocolInfo,
    ] {
        let written = action.write(1);
        let read = Action::parse(&action.soap_action(1), written.as_bytes());
        assert_eq!(read.as_ref(), Some(&action), "{written}");
        assert_eq!(Action::parse("", written.as_bytes()).as_ref(), Some(&action), "{written}");
    }
}

proptest! {
    #[test]
    fn never_panics(body in "(<|>|</|/>|Envelope|Body|errorCode|RelTime|TrackURI|701|[ :&;\"=]){0,60}") {
        let _ = UpnpError::parse(body.as_bytes());
        for (action, _) in replies() {
            let _ = action.parse_reply(body.as_bytes());
        }
        let _ = Action::parse("", body.as_bytes());
    }
}
