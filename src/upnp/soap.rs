//! SOAP 1.1 as UPnP uses it (UDA 1.0 §3): calls of the three services' actions, and their answers.

use super::arguments::Arguments;
use super::envelope::wrap;
use super::fault::UpnpError;
use super::service::{PREFIX, ServiceKind};
use super::xml::{Document, Node, decode};
use super::{av_transport, connection_manager, rendering_control};
use crate::text::clip;

/// A call of an action, with its IN arguments.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// To the AVTransport service.
    AvTransport(av_transport::Action),
    /// To the RenderingControl service.
    RenderingControl(rendering_control::Action),
    /// To the ConnectionManager service.
    ConnectionManager(connection_manager::Action),
}

/// What an action answered: its OUT arguments.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// An action without OUT arguments succeeded.
    Done,
    /// From the AVTransport service.
    AvTransport(av_transport::Reply),
    /// From the RenderingControl service.
    RenderingControl(rendering_control::Reply),
    /// From the ConnectionManager service.
    ConnectionManager(connection_manager::Reply),
}

/// Why an answer brings no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SoapError {
    /// A fault, whatever the HTTP status.
    Fault(UpnpError),
    /// None of the OUT arguments could be found.
    Malformed,
}

impl Action {
    /// The service that it belongs to.
    #[must_use]
    pub const fn service(&self) -> ServiceKind {
        match self {
            Self::AvTransport(_) => ServiceKind::AvTransport,
            Self::RenderingControl(_) => ServiceKind::RenderingControl,
            Self::ConnectionManager(_) => ServiceKind::ConnectionManager,
        }
    }

    /// Its name on the wire.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AvTransport(action) => action.name(),
            Self::RenderingControl(action) => action.name(),
            Self::ConnectionManager(action) => action.name(),
        }
    }

    /// The whole envelope. `version` is that of the renderer's service.
    #[must_use]
    pub fn write(&self, version: u8) -> String {
        self.write_with(version, &[])
    }

    /// As [`Self::write`], with empty arguments of these names behind its own.
    #[must_use]
    pub fn write_with(&self, version: u8, surplus: &[String]) -> String {
        let arguments = match self {
            Self::AvTransport(action) => action.write_arguments(),
            Self::RenderingControl(action) => action.write_arguments(),
            Self::ConnectionManager(connection_manager::Action::GetProtocolInfo) => String::new(),
        };
        let surplus: String = surplus.iter().map(|name| format!("<{name}></{name}>")).collect();
        envelope(self.service(), version, self.name(), &(arguments + &surplus))
    }

    /// The value of the SOAPACTION header, with its quotes.
    #[must_use]
    pub fn soap_action(&self, version: u8) -> String {
        format!("\"{}#{}\"", self.service().urn(version), self.name())
    }

    /// What a renderer answered to this.
    ///
    /// # Errors
    /// [`SoapError`].
    pub fn parse_reply(&self, body: &[u8]) -> Result<Reply, SoapError> {
        let text = decode(body);
        let document = Document::read(&text, "Envelope");
        if let Some(error) = UpnpError::find(&document).or_else(|| refusal(&document, body)) {
            return Err(SoapError::Fault(error));
        }
        let arguments = Arguments::of(&document, &text, Some(&format!("{}Response", self.name())));
        let reply = match self {
            Self::AvTransport(action) => action
                .parse_reply(&arguments)
                .map(|reply| reply.map_or(Reply::Done, Reply::AvTransport)),
            Self::RenderingControl(action) => action
                .parse_reply(&arguments)
                .map(|reply| reply.map_or(Reply::Done, Reply::RenderingControl)),
            Self::ConnectionManager(action) => {
                action.parse_reply(&arguments).map(Reply::ConnectionManager)
            }
        };
        reply.ok_or(SoapError::Malformed)
    }

    /// The call in a request, as the renderer reads it. `soap_action` is the header; where it is empty
    /// the body alone tells.
    #[must_use]
    pub fn parse(soap_action: &str, body: &[u8]) -> Option<Self> {
        let text = decode(body);
        let document = Document::read(&text, "Envelope");
        let (service_type, name) = match soap_action.trim().trim_matches('"').rsplit_once('#') {
            Some(header) => header,
            None => {
                let call = document.find("Body")?.children().next()?;
                (call.attribute_value_starting(PREFIX)?, call.name())
            }
        };
        let (kind, _) = ServiceKind::of(service_type)?;
        let arguments = Arguments::of(&document, &text, Some(name));
        Some(match kind {
            ServiceKind::AvTransport => {
                Self::AvTransport(av_transport::Action::parse(name, &arguments)?)
            }
            ServiceKind::RenderingControl => {
                Self::RenderingControl(rendering_control::Action::parse(name, &arguments)?)
            }
            ServiceKind::ConnectionManager => {
                Self::ConnectionManager(connection_manager::Action::parse(name)?)
            }
        })
    }
}

impl Reply {
    /// The whole envelope that answers `action`.
    #[must_use]
    pub fn write(&self, action: &Action, version: u8) -> String {
        let arguments = match self {
            Self::Done => String::new(),
            Self::AvTransport(reply) => reply.write_arguments(),
            Self::RenderingControl(reply) => reply.write_arguments(),
            Self::ConnectionManager(reply) => reply.write_arguments(),
        };
        let name = format!("{}Response", action.name());
        envelope(action.service(), version, &name, &arguments)
    }
}

/// The fault that is all of an answer, where its code is hidden or missing: it is no success.
fn refusal(document: &Document, body: &[u8]) -> Option<UpnpError> {
    let fault = document.find("Body")?.children().find(|node| node.is("Fault"))?;
    Some(UpnpError::parse(body).unwrap_or_else(|| UpnpError {
        code: UpnpError::ACTION_FAILED,
        description: clip(fault.find("faultstring").map_or("", Node::text)),
    }))
}

fn envelope(kind: ServiceKind, version: u8, name: &str, arguments: &str) -> String {
    let urn = kind.urn(version);
    wrap(&format!("<u:{name} xmlns:u=\"{urn}\">{arguments}</u:{name}>"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Duration;
    use crate::upnp::av_transport::{MediaInfo, PositionInfo, TransportInfo, TransportState};
    use proptest::prelude::*;

    const GET_POSITION: Action = Action::AvTransport(av_transport::Action::GetPositionInfo);
    const GET_STATE: Action = Action::AvTransport(av_transport::Action::GetTransportInfo);
    const GET_VOLUME: Action = Action::RenderingControl(rendering_control::Action::GetVolume);

    fn state(body: &str) -> Result<Option<TransportState>, SoapError> {
        match GET_STATE.parse_reply(body.as_bytes())? {
            Reply::AvTransport(av_transport::Reply::TransportInfo(info)) => Ok(info.state),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn writes_the_envelope_that_renderers_expect() {
        let action = Action::AvTransport(av_transport::Action::Play);
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
        let action = Action::AvTransport(av_transport::Action::SetAvTransportUri {
            uri: "http://192.168.1.2/m/1/a.mp4".to_owned(),
            metadata: "<DIDL-Lite><title>A &amp; B</title></DIDL-Lite>".to_owned(),
        });
        let written = action.write(1);
        assert!(written.contains("&lt;title&gt;A &amp;amp; B&lt;/title&gt;"), "{written}");
        assert_eq!(Action::parse("", written.as_bytes()), Some(action));
    }

    #[test]
    fn finds_arguments_under_any_prefix_and_in_any_case() {
        for body in [
            "<x:Envelope><x:Body><y:GetTransportInfoResponse xmlns:y=\"urn:wrong\">\
             <z:CURRENTTRANSPORTSTATE> PLAYING </z:CURRENTTRANSPORTSTATE>",
            "<Envelope><Body><CurrentTransportState>PLAYING</CurrentTransportState></Body></Envelope>",
            "<s:Envelope><s:Body><u:GetTransportInfoResponse><CurrentTransportState>PLAYING\
             </u:GetTransportInfoResponse></s:Body></s:Envelope>\0",
            "<s:Envelope><s:Body \" <CurrentTransportState>PLAYING</CurrentTransportState>",
        ] {
            assert_eq!(state(body), Ok(Some(TransportState::Playing)), "{body}");
        }
    }

    #[test]
    fn an_unknown_state_is_an_answer_but_no_arguments_are_none() {
        let unknown = "<Envelope><Body><CurrentTransportState>VENDOR</CurrentTransportState></Body></Envelope>";
        assert_eq!(state(unknown), Ok(None));
        for body in ["", "<html>busy</html>", "\0\0", "<Envelope><Body/></Envelope>"] {
            assert_eq!(state(body), Err(SoapError::Malformed), "{body:?}");
        }
        let stop = Action::AvTransport(av_transport::Action::Stop);
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
        let reply = GET_POSITION.parse_reply(body.as_bytes());
        let expected = PositionInfo {
            track_uri: Some("u".to_owned()),
            rel_time: Some(Duration::from_millis(3_500)),
            fractional: true,
            track_duration: None,
        };
        assert_eq!(reply, Ok(Reply::AvTransport(av_transport::Reply::PositionInfo(expected))));
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
            let reply = GET_POSITION.parse_reply(body.as_bytes());
            let Ok(Reply::AvTransport(av_transport::Reply::PositionInfo(info))) = reply else {
                panic!("{reply:?}");
            };
            assert_eq!(info.fractional, fractional, "{said}");
        }
    }

    #[test]
    fn surplus_arguments_do_no_harm() {
        let body = "<Envelope><Body><GetVolumeResponse><IsMute>1</IsMute><CurrentVolume>3</CurrentVolume>\
            </GetVolumeResponse></Body></Envelope>";
        let reply = GET_VOLUME.parse_reply(body.as_bytes());
        assert_eq!(reply, Ok(Reply::RenderingControl(rendering_control::Reply::Volume(3))));
    }

    #[test]
    fn a_fault_is_no_reply() {
        let error = UpnpError { code: 716, description: clip("Resource not found") };
        assert_eq!(GET_STATE.parse_reply(error.write().as_bytes()), Err(SoapError::Fault(error)));
    }

    #[test]
    fn a_fault_whose_code_is_hidden_is_no_success() {
        let play = Action::AvTransport(av_transport::Action::Play);
        for (detail, code, description) in [
            ("<detail>&lt;e:UPnPError&gt;&lt;errorCode&gt;705&lt;/errorCode&gt;</detail>", 705, ""),
            (
                "<detail><![CDATA[<UPnPError><errorCode>705</errorCode></UPnPError>]]></detail>",
                705,
                "",
            ),
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

    fn replies() -> Vec<(Action, Reply)> {
        let avt = |action, reply| (Action::AvTransport(action), Reply::AvTransport(reply));
        let rc = |action, reply| (Action::RenderingControl(action), Reply::RenderingControl(reply));
        vec![
            (Action::AvTransport(av_transport::Action::Next), Reply::Done),
            avt(
                av_transport::Action::GetTransportInfo,
                av_transport::Reply::TransportInfo(TransportInfo {
                    state: Some(TransportState::PausedPlayback),
                    error_occurred: true,
                }),
            ),
            avt(
                av_transport::Action::GetPositionInfo,
                av_transport::Reply::PositionInfo(PositionInfo {
                    track_duration: Some(Duration::from_secs(61)),
                    track_uri: Some("http://a/?b&c".to_owned()),
                    rel_time: Some(Duration::from_millis(5_040)),
                    fractional: true,
                }),
            ),
            avt(
                av_transport::Action::GetPositionInfo,
                av_transport::Reply::PositionInfo(PositionInfo::default()),
            ),
            avt(
                av_transport::Action::GetMediaInfo,
                av_transport::Reply::MediaInfo(MediaInfo {
                    current_uri: Some(String::new()),
                    next_uri: None,
                    media_duration: Some(Duration::from_millis(1_500)),
                }),
            ),
            rc(rendering_control::Action::GetVolume, rendering_control::Reply::Volume(40)),
            rc(rendering_control::Action::GetMute, rendering_control::Reply::Mute(true)),
            (
                Action::ConnectionManager(connection_manager::Action::GetProtocolInfo),
                Reply::ConnectionManager(connection_manager::Reply::ProtocolInfo {
                    sink: "http-get:*:video/mp4:*".to_owned(),
                }),
            ),
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
        use av_transport::Action as Avt;
        use rendering_control::Action as Rc;
        let (uri, metadata) = ("u?a&b".to_owned(), "<a b=\"c\"> &amp; </a>".to_owned());
        let avt = [
            Avt::SetAvTransportUri { uri: uri.clone(), metadata: metadata.clone() },
            Avt::SetNextAvTransportUri { uri, metadata },
            Avt::Play,
            Avt::Pause,
            Avt::Stop,
            Avt::Seek { target: Duration::from_millis(61_500) },
            Avt::Next,
            Avt::Previous,
            Avt::GetTransportInfo,
            Avt::GetPositionInfo,
            Avt::GetMediaInfo,
        ];
        let rc =
            [Rc::GetVolume, Rc::SetVolume { volume: 7 }, Rc::GetMute, Rc::SetMute { mute: true }];
        let cm = Action::ConnectionManager(connection_manager::Action::GetProtocolInfo);
        let actions = avt.map(Action::AvTransport).into_iter();
        for action in actions.chain(rc.map(Action::RenderingControl)).chain([cm]) {
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
}
