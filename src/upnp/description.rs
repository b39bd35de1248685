//! Device descriptions (UDA 1.0 §2.1): which device is a renderer, and the URLs of its services. Service
//! descriptions (UDA 1.0 §2.3): the range of the volume, and extra arguments of Play.

use super::values::parse_volume;
use super::xml::{Document, Node, escape};
use super::{HttpUrl, ServiceKind, Udn};
use crate::limits::NAME_BYTES;
use crate::text::{Text, clip};

/// A renderer, by its device description. All URLs are on the host of LOCATION.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// UDN of the device that has AVTransport.
    pub udn: Udn,
    /// friendlyName of that device, else of the root device, else modelName, else the host.
    pub friendly_name: Text<NAME_BYTES>,
    /// manufacturer; may be empty.
    pub manufacturer: Text<NAME_BYTES>,
    /// modelName; may be empty.
    pub model_name: Text<NAME_BYTES>,
    /// The AVTransport service.
    pub av_transport: Service,
    /// The RenderingControl service; some renderers lack it.
    pub rendering_control: Option<Service>,
    /// The ConnectionManager service; some renderers lack it.
    pub connection_manager: Option<Service>,
}

/// A service of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The version in serviceType: 1 to 3.
    pub version: u8,
    /// controlURL.
    pub control_url: HttpUrl,
    /// eventSubURL; some renderers have none.
    pub event_url: Option<HttpUrl>,
    /// SCPDURL, of the service description.
    pub scpd_url: Option<HttpUrl>,
}

/// Why a description describes no renderer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DescriptionError {
    /// It has no device, or its end is missing: then half a URL would be believed.
    NotADescription,
    /// No device is a MediaRenderer with AVTransport.
    NotARenderer,
}

/// The renderer in the description `body` that was fetched from `location`.
///
/// It is the first device, at any depth, that has AVTransport and is a MediaRenderer or has no deviceType: some tuners
/// have AVTransport below a MediaServer. Services are identified by serviceType, because many devices write wrong
/// serviceIds.
///
/// # Errors
/// [`DescriptionError`].
pub fn parse(body: &[u8], location: &HttpUrl) -> Result<Description, DescriptionError> {
    let document = Document::parse(body, "root");
    if !document.is_whole() {
        return Err(DescriptionError::NotADescription);
    }
    let mut devices = document.nodes().filter(|node| node.is("device")).peekable();
    let root = *devices.peek().ok_or(DescriptionError::NotADescription)?;
    // Some devices write URLBase after the devices.
    let base =
        document.nodes().find(|node| node.is("URLBase") && !node.text().is_empty()).map(Node::text);
    devices
        .filter(|&device| is_renderer(own(device, "deviceType")))
        .find_map(|device| {
            let service = |kind| service(device, kind, base, location);
            // First: devices without it need no search of the root.
            let av_transport = service(ServiceKind::AvTransport)?;
            let name = [
                own(device, "friendlyName"),
                own(root, "friendlyName"),
                own(device, "modelName"),
                &location.host.to_string(),
            ]
            .into_iter()
            .map(clip)
            .find(|name: &Text<NAME_BYTES>| !name.is_empty())?;
            Some(Description {
                av_transport,
                rendering_control: service(ServiceKind::RenderingControl),
                connection_manager: service(ServiceKind::ConnectionManager),
                udn: Udn::new(own(device, "UDN"))
                    .or_else(|| Udn::new(own(root, "UDN")))
                    .or_else(|| Udn::of_location(location))?,
                friendly_name: name,
                manufacturer: clip(own(device, "manufacturer")),
                model_name: clip(own(device, "modelName")),
            })
        })
        .ok_or(DescriptionError::NotARenderer)
}

fn is_renderer(device_type: &str) -> bool {
    device_type.is_empty() || device_type.contains(":device:MediaRenderer:")
}

/// Text of the element `name` that belongs to `device` itself; empty if there is none.
fn own<'a>(device: Node<'a>, name: &str) -> &'a str {
    device
        .descendants_outside(&["device", "service", "icon"])
        .filter(|node| node.is(name))
        .map(|node| without_null(node.text()))
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}

/// `text`, or nothing if the device printed a null pointer.
fn without_null(text: &str) -> &str {
    // Control characters will be removed.
    let shown: Text<NAME_BYTES> = clip(text);
    let nothing = ["(null)", "null", "(nil)"].iter().any(|word| word.eq_ignore_ascii_case(&shown));
    if nothing { "" } else { text }
}

fn service(
    device: Node<'_>,
    kind: ServiceKind,
    base: Option<&str>,
    location: &HttpUrl,
) -> Option<Service> {
    device.descendants_outside(&["device"]).filter(|node| node.is("service")).find_map(|service| {
        let text = |name| {
            service
                .descendants_outside(&["service"])
                .find(|node| node.is(name))
                .map_or("", |node| without_null(node.text()))
        };
        let (found, version) = ServiceKind::of(text("serviceType"))?;
        let url = |name| location.join(base, text(name));
        (found == kind).then_some(Service {
            version,
            control_url: url("controlURL")?,
            event_url: url("eventSubURL"),
            scpd_url: url("SCPDURL"),
        })
    })
}

impl Description {
    /// The device description of this renderer: one device with up to three services.
    pub fn write(&self) -> String {
        let services: String = [
            (ServiceKind::AvTransport, Some(&self.av_transport)),
            (ServiceKind::RenderingControl, self.rendering_control.as_ref()),
            (ServiceKind::ConnectionManager, self.connection_manager.as_ref()),
        ]
        .into_iter()
        .filter_map(|(kind, service)| service.map(|service| service.write(kind)))
        .collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
             <root xmlns=\"urn:schemas-upnp-org:device-1-0\">\
             <specVersion><major>1</major><minor>0</minor></specVersion><device>\
             <deviceType>urn:schemas-upnp-org:device:MediaRenderer:{}</deviceType>\
             <friendlyName>{}</friendlyName><manufacturer>{}</manufacturer><modelName>{}</modelName>\
             <UDN>{}</UDN><serviceList>{services}</serviceList></device></root>\n",
            self.av_transport.version,
            escape(&self.friendly_name),
            escape(&self.manufacturer),
            escape(&self.model_name),
            escape(self.udn.as_str()),
        )
    }
}

impl Service {
    fn write(&self, kind: ServiceKind) -> String {
        // Absolute, because a relative URL could resolve to another port or path.
        let url =
            |url: Option<&HttpUrl>| url.map_or_else(String::new, |url| escape(&url.to_string()));
        format!(
            "<service><serviceType>{}</serviceType>\
             <serviceId>urn:upnp-org:serviceId:{}</serviceId><SCPDURL>{}</SCPDURL>\
             <controlURL>{}</controlURL><eventSubURL>{}</eventSubURL></service>",
            kind.urn(self.version),
            kind.name(),
            url(self.scpd_url.as_ref()),
            url(Some(&self.control_url)),
            url(self.event_url.as_ref()),
        )
    }
}

/// Limit of extra arguments of Play: JRiver has two.
const EXTRA_ARGUMENTS: usize = 4;

/// The range of a renderer's volume, in its own units (RenderingControl:1 §2.2.17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeRange {
    /// The softest.
    pub min: u16,
    /// The loudest.
    pub max: u16,
    /// The renderer accepts only multiples of this above the minimum.
    pub step: u16,
}

impl Default for VolumeRange {
    /// The range of nearly every renderer, assumed where a renderer gives none.
    fn default() -> Self {
        Self { min: 0, max: 100, step: 1 }
    }
}

/// The range of Volume in the description of RenderingControl; `None` if it is absent or makes no sense.
fn volume_range(document: &Document) -> Option<VolumeRange> {
    let is_volume = |variable: &Node<'_>| {
        let name = variable.find("name").map_or("", Node::text);
        variable.is("stateVariable") && name.eq_ignore_ascii_case("Volume")
    };
    let variable = document.nodes().find(is_volume)?;
    let number = |name| variable.find(name).and_then(|node| parse_volume(node.text()));
    let (min, max) = (number("minimum")?, number("maximum")?);
    let step = number("step").filter(|step| *step > 0 && *step < max).unwrap_or(1);
    (min < max).then_some(VolumeRange { min, max, step })
}

/// IN arguments of Play beyond those of AVTransport:1, in their order.
fn extra_arguments(document: &Document) -> Vec<String> {
    let named = |node: &Node<'_>, name| node.find("name").is_some_and(|n| n.text() == name);
    let Some(play) = document.nodes().find(|node| node.is("action") && named(node, "Play")) else {
        return Vec::new();
    };
    let is_in = |node: &Node<'_>| {
        node.find("direction").is_none_or(|direction| direction.text().eq_ignore_ascii_case("in"))
    };
    let names = play.descendants().filter(|node| node.is("argument") && is_in(node));
    let names = names.filter_map(|node| node.find("name")).map(Node::text);
    let extra = names.filter(|name| !["InstanceID", "Speed"].contains(name) && is_plain(name));
    extra.take(EXTRA_ARGUMENTS).map(str::to_owned).collect()
}

/// Whether `name` can be written in a tag unescaped.
fn is_plain(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    begins && name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The parts of a service description that matter to the box.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceDescription {
    /// The range of Volume; `None` if it is absent or makes no sense.
    pub volume: Option<VolumeRange>,
    /// Names of IN arguments of Play beyond those of AVTransport:1.
    pub extra_arguments: Vec<String>,
}

impl ServiceDescription {
    /// Parses the body of a service description. One whose end is missing says nothing.
    pub fn parse(body: &[u8]) -> Self {
        let document = Document::parse(body, "scpd");
        if !document.is_whole() {
            return Self::default();
        }
        Self { volume: volume_range(&document), extra_arguments: extra_arguments(&document) }
    }

    /// The service description of this service.
    pub fn write(&self) -> String {
        let range = |VolumeRange { min, max, step }: VolumeRange| {
            format!(
                "<stateVariable sendEvents=\"no\"><name>Volume</name><dataType>ui2</dataType>\
                 <allowedValueRange><minimum>{min}</minimum><maximum>{max}</maximum>\
                 <step>{step}</step></allowedValueRange></stateVariable>"
            )
        };
        let argument = |name: &str| {
            format!("<argument><name>{name}</name><direction>in</direction></argument>")
        };
        let usual = ["InstanceID", "Speed"].into_iter();
        let arguments: String =
            usual.chain(self.extra_arguments.iter().map(String::as_str)).map(argument).collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
             <scpd xmlns=\"urn:schemas-upnp-org:service-1-0\">\
             <specVersion><major>1</major><minor>0</minor></specVersion>\
             <actionList><action><name>Play</name><argumentList>{arguments}</argumentList></action></actionList>\
             <serviceStateTable>{}</serviceStateTable></scpd>\n",
            self.volume.map(range).unwrap_or_default(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const AVT: &str = "<serviceType>urn:schemas-upnp-org:service:AVTransport:1</serviceType>";
    const RENDERER: &str = "<deviceType>urn:schemas-upnp-org:device:MediaRenderer:1</deviceType>";

    fn location() -> HttpUrl {
        HttpUrl::parse("http://192.168.1.30:1400/xml/desc.xml").expect("a URL")
    }

    fn found(document: &str) -> Description {
        parse(document.as_bytes(), &location()).unwrap_or_else(|e| panic!("{e:?}: {document}"))
    }

    #[test]
    fn finds_a_renderer_below_other_devices() {
        let description = found(&format!(
            "<root><device><deviceType>urn:schemas-upnp-org:device:ZonePlayer:1</deviceType>
             <friendlyName>Zone</friendlyName><UDN>uuid:zone</UDN>
             <deviceList><device><deviceType>urn:schemas-upnp-org:device:MediaServer:1</deviceType>
             <UDN>uuid:server</UDN><serviceList><service>{AVT}<controlURL>/no</controlURL></service></serviceList></device>
             <device>{RENDERER}<UDN>uuid:R</UDN><serviceList>
             <service>{AVT}<controlURL>ctl</controlURL><eventSubURL/></service></serviceList></device>
             </deviceList></device></root>"
        ));
        assert_eq!(description.udn.as_str(), "uuid:r");
        assert_eq!(description.friendly_name, "Zone", "the root's name where it has none");
        assert_eq!(description.av_transport.control_url.path, "/xml/ctl");
        assert_eq!(description.av_transport.event_url, None);
        assert_eq!(description.rendering_control, None);
    }

    #[test]
    fn a_device_without_a_type_may_be_a_renderer() {
        for device_type in ["", "<deviceType/>", "<deviceType>(null)</deviceType>"] {
            let description = found(&format!(
                "<root><device>{device_type}<service>{AVT}<controlURL>/c</controlURL></service></device></root>"
            ));
            assert_eq!(description.friendly_name, "192.168.1.30");
            assert_eq!(description.udn.as_str(), "http://192.168.1.30:1400/xml/desc.xml");
        }
    }

    #[test]
    fn a_null_pointer_that_was_printed_is_nothing_whatever_stands_between_its_letters() {
        for model in ["(null)", "NULL", " (nil) ", "(null\t\0)", "\u{1}null"] {
            let description = found(&format!(
                "<root><device>{RENDERER}<friendlyName>TV</friendlyName><modelName>{model}</modelName>\
                 <service>{AVT}<controlURL>/c</controlURL></service></device></root>"
            ));
            assert_eq!(description.model_name, "", "{model:?}");
        }
    }

    #[test]
    fn a_missing_end_tag_moves_nothing_to_another_device() {
        let description = found(&format!(
            "<root><device>{RENDERER}<friendlyName>TV<UDN>uuid:1</UDN><serviceList>
             <service><serviceType>urn:schemas-upnp-org:service:RenderingControl:2</serviceType><controlURL>/r</controlURL>
             <service>{AVT}<controlURL>/a</controlURL></service></root>"
        ));
        assert_eq!(
            (description.friendly_name.as_str(), description.udn.as_str()),
            ("TV", "uuid:1")
        );
        assert_eq!(description.av_transport.control_url.path, "/a");
        let rendering_control = description.rendering_control.expect("there");
        assert_eq!(rendering_control.version, 2);
        assert_eq!(rendering_control.control_url.path, "/r");
    }

    #[test]
    fn a_description_that_is_cut_is_none() {
        let service = |control: &str| Service {
            version: 1,
            control_url: location().join(None, control).expect("a URL"),
            event_url: None,
            scpd_url: None,
        };
        let written = Description {
            udn: Udn::new("uuid:1").expect("a name"),
            friendly_name: clip("TV"),
            manufacturer: clip(""),
            model_name: clip("X"),
            av_transport: service("/upnp/control/AVTransport1"),
            rendering_control: Some(service("/upnp/control/RenderingControl1")),
            connection_manager: None,
        }
        .write();
        let whole = written.find("</root>").expect("an end") + "</root>".len();
        for end in 0..whole {
            let read = parse(&written.as_bytes()[..end], &location());
            assert_eq!(read, Err(DescriptionError::NotADescription), "{}", &written[..end]);
        }
        assert!(parse(&written.as_bytes()[..whole], &location()).is_ok());
        let range = Some(VolumeRange { min: 0, max: 100, step: 10 });
        let scpd = ServiceDescription { volume: range, extra_arguments: Vec::new() }.write();
        for end in 0..scpd.find("</scpd>").expect("an end") {
            let read = ServiceDescription::parse(&scpd.as_bytes()[..end]);
            assert_eq!(read, ServiceDescription::default(), "{}", &scpd[..end]);
        }
    }

    #[test]
    fn a_base_counts_wherever_it_stands() {
        let device = format!(
            "<device>{RENDERER}<service>{AVT}<controlURL>c</controlURL></service></device>"
        );
        for document in [
            format!("<root><URLBase>http://192.168.1.30:99</URLBase>{device}</root>"),
            format!("<root>{device}<URLBase> http://192.168.1.30:99/ </URLBase></root>"),
            format!(
                "<root><URLBase></URLBase>{device}<URLBase>http://10.0.0.9:99/</URLBase></root>"
            ),
        ] {
            let url = found(&document).av_transport.control_url.to_string();
            assert_eq!(url, "http://192.168.1.30:99/c", "{document}");
        }
    }

    #[test]
    fn a_service_without_a_usable_control_url_is_none() {
        for url in ["", "(null)", "https://192.168.1.30/c"] {
            let document = format!(
                "<root><device>{RENDERER}<service>{AVT}<controlURL>{url}</controlURL></service></device></root>"
            );
            let error = parse(document.as_bytes(), &location()).expect_err(url);
            assert_eq!(error, DescriptionError::NotARenderer);
        }
        assert_eq!(parse(b"<html/>", &location()), Err(DescriptionError::NotADescription));
    }

    proptest! {
        #[test]
        fn never_panics(body in "(<|>|</|device|service|root|URLBase|controlURL|[ a-z:/&;]){0,60}") {
            let _ = parse(body.as_bytes(), &location());
        }

        #[test]
        fn what_is_written_comes_back(name in "[!-~\u{e0}-\u{ff}]{1,40}", version in 1_u8..=3, path in "/[!-~]{0,40}") {
            let service = |suffix: &str| {
                let path = path.split(['#', '?']).next().unwrap_or_default();
                let control_url = HttpUrl::new(location().host, 1400, &format!("/x{}{suffix}", path.replace("/.", "")))?;
                (!control_url.path.contains("//")).then_some(Service { version, control_url, event_url: None, scpd_url: None })
            };
            let Some(av_transport) = service("/avt") else { return Ok(()) };
            let description = Description {
                udn: Udn::new("uuid:1").expect("a name"),
                friendly_name: clip(&name),
                manufacturer: clip("A & B"),
                model_name: clip(&name),
                av_transport,
                rendering_control: service("/rc"),
                connection_manager: None,
            };
            prop_assume!(!["null"].contains(&name.as_str()));
            let again = parse(description.write().as_bytes(), &location());
            prop_assert_eq!(again, Ok(description));
        }
    }

    #[test]
    fn a_service_description_comes_back_as_it_was_written() {
        for volume in [None, Some(VolumeRange { min: 2, max: 30, step: 4 })] {
            for extra_arguments in [vec![], vec!["SyncTime".to_owned(), "SyncServer".to_owned()]] {
                let service = ServiceDescription { volume, extra_arguments };
                assert_eq!(ServiceDescription::parse(service.write().as_bytes()), service);
            }
        }
    }

    #[test]
    fn only_plain_names_of_what_play_takes_are_sent_on() {
        let scpd = "<scpd><action><name>Stop</name><argument><name>Why</name></argument></action>\
            <action><name>Play</name><argumentList>\
            <argument><name>InstanceID</name><direction>in</direction></argument>\
            <argument><name>Extra</name><direction>IN</direction></argument>\
            <argument><name>Result</name><direction>out</direction></argument>\
            <argument><name>a b</name></argument><argument><name>&lt;x&gt;</name></argument>\
            </argumentList></action></scpd>";
        assert_eq!(ServiceDescription::parse(scpd.as_bytes()).extra_arguments, ["Extra"]);
        let many = ServiceDescription {
            extra_arguments: (0..9).map(|n| format!("A{n}")).collect(),
            ..ServiceDescription::default()
        };
        assert_eq!(
            ServiceDescription::parse(many.write().as_bytes()).extra_arguments.len(),
            EXTRA_ARGUMENTS
        );
    }

    #[test]
    fn only_the_range_of_volume_counts_and_only_if_it_makes_sense() {
        let scpd = |volume: &str| {
            format!(
                "<scpd><stateVariable><name>VolumeDB</name><allowedValueRange><minimum>-32767</minimum>\
                 <maximum>32767</maximum></allowedValueRange></stateVariable>\
                 <stateVariable><name> volume </name>{volume}</stateVariable>\
                 <stateVariable><name>Brightness</name><allowedValueRange><minimum>0</minimum>\
                 <maximum>9</maximum></allowedValueRange></stateVariable></scpd>"
            )
        };
        let range = |minimum: &str, maximum: &str, step: &str| {
            let text = format!(
                "<allowedValueRange><minimum>{minimum}</minimum><maximum>{maximum}</maximum>{step}\
                 </allowedValueRange>"
            );
            ServiceDescription::parse(scpd(&text).as_bytes()).volume
        };
        assert_eq!(range("0", "63", ""), Some(VolumeRange { min: 0, max: 63, step: 1 }));
        assert_eq!(range("0", "63", "<step>0</step>").map(|r| r.step), Some(1));
        for (minimum, maximum) in [("0", "0"), ("9", "3"), ("-5", "10"), ("", "10"), ("0", "loud")]
        {
            assert_eq!(range(minimum, maximum, ""), None, "{minimum} to {maximum}");
        }
        let none = ServiceDescription::parse(scpd("<dataType>ui2</dataType>").as_bytes());
        assert_eq!(none, ServiceDescription::default());
        assert_eq!(ServiceDescription::parse(b"<html>404</html>"), ServiceDescription::default());
    }

    proptest! {
        #[test]
        fn service_descriptions_never_panic(body in "(<|>|</|stateVariable|action|argument|Play|name|Volume|minimum|maximum|step|[0-9 -]){0,60}") {
            let _ = ServiceDescription::parse(body.as_bytes());
        }
    }
}
