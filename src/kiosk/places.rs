//! Well-known URLs of device descriptions, tried at configured addresses where SSDP finds nothing.

use crate::upnp::HttpUrl;
use core::net::Ipv4Addr;

/// Ports and paths, in the order in which they are tried.
const KNOWN_PLACES: [(u16, &str); 16] = [
    (49152, "/description.xml"),
    (49494, "/description.xml"),
    (9197, "/dmr"),
    (7676, "/smp_15_"),
    (8080, "/description.xml"),
    (1400, "/xml/device_description.xml"),
    (60006, "/upnp/desc/aios_device/aios_device.xml"),
    (2870, "/dmr.xml"),
    (55000, "/dmr/ddd.xml"),
    (49153, "/nmrDescription.xml"),
    (38400, "/MediaServer/rendererdevicedesc.xml"),
    (49595, "/description.xml"),
    (1068, "/description.xml"),
    (1718, "/"),
    (49152, "/rootDesc.xml"),
    (80, "/description.xml"),
];

/// The paths tried at a configured port.
const KNOWN_PATHS: [&str; 7] = [
    "/description.xml",
    "/dmr",
    "/dmr.xml",
    "/rootDesc.xml",
    "/DeviceDescription.xml",
    "/nmrDescription.xml",
    "/",
];

/// Where the description of a renderer at this address may be.
pub(super) fn known(host: Ipv4Addr, port: Option<u16>) -> impl Iterator<Item = HttpUrl> {
    let at_port = port.into_iter().flat_map(|port| KNOWN_PATHS.map(|path| (port, path)));
    let anywhere = KNOWN_PLACES.into_iter().filter(move |_| port.is_none());
    at_port.chain(anywhere).filter_map(move |(port, path)| HttpUrl::new(host, port, path))
}
