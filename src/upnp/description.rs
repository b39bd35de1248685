//! Device descriptions (UDA 1.0 §2): which device of the tree is a renderer, and where its services are.

use super::xml::{Document, Node, escape};
use super::{HttpUrl, ServiceKind, Udn};
use crate::limits::NAME_BYTES;
use crate::text::{Text, clip};

/// A renderer as its description tells it. All URLs are on the host of LOCATION.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// UDN of the device that carries AVTransport.
    pub udn: Udn,
    /// friendlyName of that device, else of the root, else modelName, else the host.
    pub friendly_name: Text<NAME_BYTES>,
    /// manufacturer; may be empty.
    pub manufacturer: Text<NAME_BYTES>,
    /// modelName; may be empty.
    pub model_name: Text<NAME_BYTES>,
    /// Where to send AVTransport actions.
    pub av_transport: Service,
    /// Absent on some renderers.
    pub rendering_control: Option<Service>,
    /// Absent on some renderers.
    pub connection_manager: Option<Service>,
}

/// A service of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The version in serviceType: 1 to 3.
    pub version: u8,
    /// controlURL.
    pub control_url: HttpUrl,
    /// eventSubURL; empty or absent on some.
    pub event_url: Option<HttpUrl>,
    /// SCPDURL.
    pub scpd_url: Option<HttpUrl>,
}

/// Why a description yields no renderer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DescriptionError {
    /// No device in it.
    NotADescription,
    /// Devices, but none is a MediaRenderer with AVTransport.
    NotARenderer,
}

/// The renderer in the description `body` that was found at `location`.
///
/// It is the first device of the tree, however deep, that has AVTransport and calls itself a MediaRenderer
/// or nothing: tuners have AVTransport below a MediaServer. Services are known by serviceType; their
/// serviceIds are broken on many devices.
///
/// # Errors
/// [`DescriptionError`].
pub fn parse(body: &[u8], location: &HttpUrl) -> Result<Description, DescriptionError> {
    let document = Document::parse(body, "root");
    let mut devices = document.nodes().filter(|node| node.is("device")).peekable();
    let root = *devices.peek().ok_or(DescriptionError::NotADescription)?;
    // Some write URLBase after the devices.
    let base =
        document.nodes().find(|node| node.is("URLBase") && !node.text().is_empty()).map(Node::text);
    devices
        .filter(|&device| is_renderer(own(device, "deviceType")))
        .find_map(|device| {
            let service = |kind| service(device, kind, base, location);
            // First, so that the root is looked through for the renderer alone and not for every device.
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
                    .or_else(|| Udn::of_place(location))?,
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
        .map(|node| said(node.text()))
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}

/// What a device says when its program printed a null pointer counts as nothing.
fn said(text: &str) -> &str {
    // As it will be read: control characters are left out then.
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
                .map_or("", |node| said(node.text()))
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
    /// The document that a renderer like this serves: a device with up to three services.
    #[must_use]
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
        // In full: a reference could mean another port, and dots or a second slash something else.
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
             <service>{AVT}<controlURL>/a</controlURL></service>"
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
}
