//! SOAP 1.1 as UPnP uses it (UDA 1.0 §3): envelopes, faults, and the actions of the three services.

use super::arguments::{Arguments, torn_argument};
use super::xml::{Document, Node, decode, escape, unescape};
use super::{av_transport, connection_manager, rendering_control};
use crate::limits::SENTENCE_BYTES;
use crate::text::{Text, clip};

/// The three services of a MediaRenderer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServiceKind {
    /// `urn:schemas-upnp-org:service:AVTransport:n`
    AvTransport,
    /// `urn:schemas-upnp-org:service:RenderingControl:n`
    RenderingControl,
    /// `urn:schemas-upnp-org:service:ConnectionManager:n`
    ConnectionManager,
}

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

/// A UPnPError in a SOAP fault (UDA 1.0 §3.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpnpError {
    /// errorCode.
    pub code: u16,
    /// errorDescription, shortened; may be empty.
    pub description: Text<SENTENCE_BYTES>,
}

/// Why an answer brings no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SoapError {
    /// A fault, whatever the HTTP status.
    Fault(UpnpError),
    /// None of the OUT arguments could be found.
    Malformed,
}

impl ServiceKind {
    const ALL: [Self; 3] = [
        Self::AvTransport,
        Self::RenderingControl,
        Self::ConnectionManager,
    ];

    /// Its name in serviceType.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AvTransport => "AVTransport",
            Self::RenderingControl => "RenderingControl",
            Self::ConnectionManager => "ConnectionManager",
        }
    }

    /// serviceType.
    #[must_use]
    pub fn urn(self, version: u8) -> String {
        format!("{PREFIX}{}:{version}", self.name())
    }

    /// The service and version that `service_type` names. A version that cannot be read counts as 1.
    #[must_use]
    pub fn of(service_type: &str) -> Option<(Self, u8)> {
        let (name, version) = service_type.trim().strip_prefix(PREFIX)?.split_once(':')?;
        let kind = Self::ALL.into_iter().find(|kind| kind.name() == name)?;
        Some((kind, version.trim().parse().unwrap_or(1).max(1)))
    }
}

const PREFIX: &str = "urn:schemas-upnp-org:service:";

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
        let arguments = match self {
            Self::AvTransport(action) => action.write_arguments(),
            Self::RenderingControl(action) => action.write_arguments(),
            Self::ConnectionManager(connection_manager::Action::GetProtocolInfo) => String::new(),
        };
        envelope(self.service(), version, self.name(), &arguments)
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
    #[expect(
        clippy::result_large_err,
        reason = "made once per call and taken apart at once"
    )]
    pub fn parse_reply(&self, body: &[u8]) -> Result<Reply, SoapError> {
        let text = decode(body);
        let document = Document::read(&text, "Envelope");
        if let Some(error) = find_fault(&document) {
            return Err(SoapError::Fault(error));
        }
        let arguments = Arguments::of(&document, &text, Some(&format!("{}Response", self.name())));
        let reply = match self {
            Self::AvTransport(action) => action.parse_reply(&arguments),
            Self::RenderingControl(action) => action.parse_reply(&arguments),
            Self::ConnectionManager(action) => action.parse_reply(&arguments),
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

impl UpnpError {
    /// The whole envelope of the fault, to go with HTTP status 500.
    #[must_use]
    pub fn write(&self) -> String {
        wrap(&format!(
            "<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>\
             <UPnPError xmlns=\"urn:schemas-upnp-org:control-1-0\"><errorCode>{}</errorCode>\
             <errorDescription>{}</errorDescription></UPnPError></detail></s:Fault>",
            self.code,
            escape(&self.description)
        ))
    }

    /// What the code means, in plain words for people (UDA 1.0 §3.2.2, AVTransport:1 §2.4).
    #[must_use]
    pub const fn meaning(&self) -> &'static str {
        match self.code {
            401 => "it does not know this action; remote control may be switched off in its menu",
            402 => "it does not accept these arguments",
            403 => "it is out of step with us",
            404 => "it does not know this variable",
            501 => "it tried and failed, without saying why",
            600 => "it does not accept this value",
            601 => "this value is out of its range",
            602 => "it does not have this action",
            603 => "it is out of memory",
            604 => "it waits for somebody to answer a question on its screen",
            605 => "our description of the file is too long for it",
            606..=612 => "somebody has to allow this box in its menu",
            701 => "it cannot do this in its present state",
            702 => "it finds nothing to play",
            703 => "it could not read the file to the end",
            704 => "it cannot play this format",
            705 => "its transport is locked by another remote control",
            706 => "it cannot write to this medium",
            707 => "its medium is protected",
            708 => "it cannot record in this format",
            709 => "its medium is full",
            710 => "it cannot seek this way",
            711 => "it cannot seek to this place",
            712 => "it does not have this play mode",
            713 => "it cannot record in this quality",
            714 => "it does not play this type of file",
            715 => "the file is in use elsewhere",
            716 => "it could not fetch the file from this box",
            717 => "it cannot play at this speed",
            718 => "it does not know this instance",
            719..=725 => "it asks for a licence for this content",
            737 => "it could not look up the address of this box",
            738 => "it cannot reach this box",
            739 => "it did not like the answer of our media server",
            800..=899 => "its maker alone knows what this code means",
            _ => "a code that the specifications do not know",
        }
    }
}

/// The UPnPError in `body`, if it is a fault.
#[must_use]
pub fn fault(body: &[u8]) -> Option<UpnpError> {
    let text = decode(body);
    find_fault(&Document::read(&text, "Envelope")).or_else(|| {
        // A fault torn beyond repair, or escaped once too often.
        let code =
            torn_argument(&unescape(&text), "errorCode").and_then(|code| error_code(&code))?;
        Some(UpnpError {
            code,
            description: Text::new(),
        })
    })
}

fn find_fault(document: &Document) -> Option<UpnpError> {
    let code = document
        .nodes()
        .filter(|node| node.is("errorCode"))
        .find_map(|node| error_code(node.text()))?;
    let description = document.find("errorDescription").map_or("", Node::text);
    Some(UpnpError {
        code,
        description: clip(description),
    })
}

fn error_code(text: &str) -> Option<u16> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .map_or(text, |end| &text[..end]);
    digits.parse().ok().filter(|&code| code != 0)
}

fn envelope(kind: ServiceKind, version: u8, name: &str, arguments: &str) -> String {
    let urn = kind.urn(version);
    wrap(&format!(
        "<u:{name} xmlns:u=\"{urn}\">{arguments}</u:{name}>"
    ))
}

fn wrap(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\">\
         <s:Body>{body}</s:Body></s:Envelope>"
    )
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

    #[expect(clippy::result_large_err, reason = "a test")]
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
        assert_eq!(
            action.soap_action(2),
            "\"urn:schemas-upnp-org:service:AVTransport:2#Play\""
        );
    }

    #[test]
    fn metadata_is_escaped_exactly_once() {
        let action = Action::AvTransport(av_transport::Action::SetAvTransportUri {
            uri: "http://192.168.1.2/m/1/a.mp4".to_owned(),
            metadata: "<DIDL-Lite><title>A &amp; B</title></DIDL-Lite>".to_owned(),
        });
        let written = action.write(1);
        assert!(
            written.contains("&lt;title&gt;A &amp;amp; B&lt;/title&gt;"),
            "{written}"
        );
        assert_eq!(Action::parse("", written.as_bytes()), Some(action));
    }

    #[test]
    fn service_types_name_their_version() {
        assert_eq!(
            ServiceKind::of("urn:schemas-upnp-org:service:AVTransport:2"),
            Some((ServiceKind::AvTransport, 2))
        );
        assert_eq!(
            ServiceKind::of(" urn:schemas-upnp-org:service:RenderingControl:x "),
            Some((ServiceKind::RenderingControl, 1))
        );
        for other in [
            "",
            "(null)",
            "urn:schemas-upnp-org:service:AVTransportX:1",
            "AVTransport:1",
        ] {
            assert_eq!(ServiceKind::of(other), None, "{other}");
        }
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
        for body in [
            "",
            "<html>busy</html>",
            "\0\0",
            "<Envelope><Body/></Envelope>",
        ] {
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
        assert_eq!(
            reply,
            Ok(Reply::AvTransport(av_transport::Reply::PositionInfo(
                expected
            )))
        );
    }

    #[test]
    fn surplus_arguments_do_no_harm() {
        let body = "<Envelope><Body><GetVolumeResponse><IsMute>1</IsMute><CurrentVolume>3</CurrentVolume>\
            </GetVolumeResponse></Body></Envelope>";
        let reply = GET_VOLUME.parse_reply(body.as_bytes());
        assert_eq!(
            reply,
            Ok(Reply::RenderingControl(rendering_control::Reply::Volume(3)))
        );
    }

    #[test]
    fn finds_the_code_of_a_fault_in_any_dress() {
        for body in [
            "<s:Envelope><s:Body><s:Fault><detail><UPnPError><errorCode>701</errorCode></UPnPError></detail>",
            "<s:Envelope><s:Body><s:Fault><detail><u:UPnPError><u:ErrorCode> 701 </u:ErrorCode>",
            "<detail>&lt;UPnPError&gt;&lt;errorCode&gt;701&lt;/errorCode&gt;</detail>",
            "<errorCode><![CDATA[701]]></errorCode>",
        ] {
            assert_eq!(
                fault(body.as_bytes()).map(|error| error.code),
                Some(701),
                "{body}"
            );
        }
        for body in [
            "",
            "<errorCode/>",
            "<errorCode>none</errorCode>",
            "<html>500</html>",
        ] {
            assert_eq!(fault(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn long_descriptions_of_faults_are_shortened() {
        let error = UpnpError {
            code: 716,
            description: clip("Resource not found"),
        };
        let written = error.write();
        assert_eq!(fault(written.as_bytes()).as_ref(), Some(&error));
        assert_eq!(
            GET_STATE.parse_reply(written.as_bytes()),
            Err(SoapError::Fault(error))
        );
        let long = format!(
            "<errorCode>402</errorCode><errorDescription>{}</errorDescription>",
            "x".repeat(999)
        );
        let long = fault(long.as_bytes()).expect("a fault");
        assert_eq!(long.description.len(), SENTENCE_BYTES);
        assert!(!long.meaning().is_empty());
    }

    fn replies() -> Vec<(Action, Reply)> {
        let avt = |action, reply| (Action::AvTransport(action), Reply::AvTransport(reply));
        let rc = |action, reply| {
            (
                Action::RenderingControl(action),
                Reply::RenderingControl(reply),
            )
        };
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
                    rel_time: Some(Duration::from_secs(5)),
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
            rc(
                rendering_control::Action::GetVolume,
                rendering_control::Reply::Volume(40),
            ),
            rc(
                rendering_control::Action::GetMute,
                rendering_control::Reply::Mute(true),
            ),
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
            assert_eq!(
                action.parse_reply(written.as_bytes()),
                Ok(reply),
                "{written}"
            );
        }
    }

    #[test]
    fn every_action_comes_back_as_it_was_written() {
        use av_transport::Action as Avt;
        use rendering_control::Action as Rc;
        let (uri, metadata) = ("u?a&b".to_owned(), "<a b=\"c\"> &amp; </a>".to_owned());
        let avt = [
            Avt::SetAvTransportUri {
                uri: uri.clone(),
                metadata: metadata.clone(),
            },
            Avt::SetNextAvTransportUri { uri, metadata },
            Avt::Play,
            Avt::Pause,
            Avt::Stop,
            Avt::Seek {
                target: Duration::from_millis(61_500),
            },
            Avt::Next,
            Avt::Previous,
            Avt::GetTransportInfo,
            Avt::GetPositionInfo,
            Avt::GetMediaInfo,
        ];
        let rc = [
            Rc::GetVolume,
            Rc::SetVolume { volume: 7 },
            Rc::GetMute,
            Rc::SetMute { mute: true },
        ];
        let cm = Action::ConnectionManager(connection_manager::Action::GetProtocolInfo);
        let actions = avt.map(Action::AvTransport).into_iter();
        for action in actions.chain(rc.map(Action::RenderingControl)).chain([cm]) {
            let written = action.write(1);
            let read = Action::parse(&action.soap_action(1), written.as_bytes());
            assert_eq!(read.as_ref(), Some(&action), "{written}");
            assert_eq!(
                Action::parse("", written.as_bytes()).as_ref(),
                Some(&action),
                "{written}"
            );
        }
    }

    proptest! {
        #[test]
        fn never_panics(body in "(<|>|</|/>|Envelope|Body|errorCode|RelTime|TrackURI|701|[ :&;\"=]){0,60}") {
            let _ = fault(body.as_bytes());
            for (action, _) in replies() {
                let _ = action.parse_reply(body.as_bytes());
            }
            let _ = Action::parse("", body.as_bytes());
        }
    }
}
