//! How a simulated renderer is discovered: who it says it is, what it announces, and what its web server has at a path.
//!
//! Terms: a *root device* has a description of its own. Some TVs are several root devices, one of them the renderer, and at
//! each boot they change places.

use super::{FakeRenderer, fault};
use crate::text::clip;
use crate::time::{Duration, Instant};
use crate::upnp::description::{Description, Service};
use crate::upnp::description::{ServiceDescription, VolumeRange};
use crate::upnp::{Action, HttpUrl, ServiceKind, Udn, UpnpError};
use core::net::Ipv4Addr;

const SERVICES: [ServiceKind; 3] =
    [ServiceKind::AvTransport, ServiceKind::RenderingControl, ServiceKind::ConnectionManager];

/// Who the renderer says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Persona {
    /// Its identity.
    pub udn: Udn,
    /// Its name, shown to people.
    pub friendly_name: String,
    /// Who made it.
    pub manufacturer: String,
    /// What it is.
    pub model_name: String,
    /// Version of MediaRenderer and its services: 1 to 3.
    pub version: u8,
    /// Path of its description.
    pub description_path: String,
    /// TCP port that it likes.
    pub port: u16,
    /// SERVER.
    pub server: String,
    /// User-Agent of its fetches.
    pub user_agent: String,
    /// Sink of GetProtocolInfo.
    pub sink: String,
}

/// An announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announce {
    /// ssdp:alive
    Alive,
    /// ssdp:byebye
    Byebye,
}

/// What the web server of a renderer has at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Its description.
    Description,
    /// The description of another root device.
    OtherDevice,
    /// The control URL of a service.
    Control(ServiceKind),
    /// The event URL of a service.
    Event(ServiceKind),
    /// The description of a service.
    ServiceDescription(ServiceKind),
    /// Nothing: 404.
    Nothing,
}

impl FakeRenderer {
    /// Returns its description at this address, or the HTTP status of a refusal.
    pub fn describe(&self, now: Instant, host: Ipv4Addr, port: u16) -> Result<Description, u16> {
        let refused = self.quirks.description_refused;
        if let Some((status, _)) = refused.filter(|(_, span)| now < self.booted_at + *span) {
            return Err(status);
        }
        let root = self.root(0);
        let url = |path: &str| HttpUrl { host, port, path: clip(&format!("{root}{path}")) };
        let service = |kind: ServiceKind| Service {
            version: self.persona.version,
            control_url: url(control_path(kind)),
            event_url: Some(url(event_path(kind))),
            scpd_url: Some(url(scpd_path(kind))),
        };
        let rendering = self.quirks.rendering_control;
        Ok(Description {
            udn: self.persona.udn.clone(),
            friendly_name: clip(&self.persona.friendly_name),
            manufacturer: clip(&self.persona.manufacturer),
            model_name: clip(&self.persona.model_name),
            av_transport: service(ServiceKind::AvTransport),
            rendering_control: rendering.then(|| service(ServiceKind::RenderingControl)),
            connection_manager: Some(service(ServiceKind::ConnectionManager)),
        })
    }

    /// Returns what the description of a service says.
    ///
    /// # Errors
    /// The HTTP status.
    pub fn service_description(&self, kind: ServiceKind) -> Result<ServiceDescription, u16> {
        if let Some(status) = self.quirks.scpd_refused {
            return Err(status);
        }
        let (min, max) = (self.quirks.volume_min, self.quirks.volume_max);
        let volume = VolumeRange { min, max, step: 1 };
        let extra_arguments =
            self.quirks.play_wants.iter().map(|name| (*name).to_owned()).collect();
        Ok(match kind {
            ServiceKind::AvTransport => {
                ServiceDescription { extra_arguments, ..ServiceDescription::default() }
            }
            ServiceKind::RenderingControl => {
                ServiceDescription { volume: Some(volume), ..ServiceDescription::default() }
            }
            ServiceKind::ConnectionManager => ServiceDescription::default(),
        })
    }

    /// Returns the error for a call that lacks required arguments.
    pub fn invalid_arguments() -> UpnpError {
        fault(402)
    }

    /// Returns whether this call lacks required arguments.
    pub fn lacks_arguments(&self, action: &Action, has: impl Fn(&str) -> bool) -> bool {
        let plays = matches!(action, Action::Play);
        plays && !self.quirks.play_wants.iter().all(|name| has(name))
    }

    /// Returns what its web server has at this path.
    pub fn endpoint(&self, path: &str) -> Endpoint {
        let below = path.strip_prefix(&self.root(0));
        if below == Some(&self.persona.description_path) {
            return Endpoint::Description;
        }
        let found = |path_of: fn(ServiceKind) -> &'static str| {
            SERVICES.into_iter().find(|kind| below == Some(path_of(*kind)))
        };
        let of_other = |n: &u8| path == self.root(*n) + &self.persona.description_path;
        if let Some(kind) = found(scpd_path) {
            return Endpoint::ServiceDescription(kind);
        }
        match (found(control_path), found(event_path)) {
            (Some(kind), _) => Endpoint::Control(kind),
            (_, Some(kind)) => Endpoint::Event(kind),
            _ if self.others().any(|n| of_other(&n)) => Endpoint::OtherDevice,
            _ => Endpoint::Nothing,
        }
    }

    /// Returns the UDN and the description's path of the root device that a search target names.
    pub fn device_behind(&self, target: &str) -> (Udn, String) {
        let other = self.others().find(|n| self.other_udn(*n).as_str() == target);
        let udn = other.map_or_else(|| self.persona.udn.clone(), |n| self.other_udn(n));
        (udn, self.root(other.unwrap_or(0)) + &self.persona.description_path)
    }

    /// Returns the search targets with which it answers a search for `target`, and after which delay.
    pub fn search(&mut self, target: &str, mx: Duration) -> Vec<(String, Duration)> {
        if !self.answers_searches() || self.off_at.is_some() {
            return Vec::new();
        }
        let own = self.targets();
        let answers: Vec<String> = if target == "ssdp:all" {
            own
        } else if own.iter().any(|t| t == target) || self.stands_in_for(target, &own) {
            vec![target.to_owned()]
        } else {
            Vec::new()
        };
        let share = if self.quirks.waits_for_mx { self.rng.f64() } else { 0.0 };
        answers.into_iter().map(|t| (t, mx.mul_f64(share))).collect()
    }

    /// Returns whether it answers searches.
    pub fn answers_searches(&self) -> bool {
        self.responsive() && (!self.asleep || self.quirks.answers_in_standby)
    }

    /// Returns everything that it announces: root device, UDN, device and service types, other root devices.
    pub fn targets(&self) -> Vec<String> {
        let version = self.persona.version;
        let mut targets = vec![
            "upnp:rootdevice".to_owned(),
            self.persona.udn.as_str().to_owned(),
            format!("urn:schemas-upnp-org:device:MediaRenderer:{version}"),
            format!("urn:schemas-upnp-org:service:AVTransport:{version}"),
            format!("urn:schemas-upnp-org:service:ConnectionManager:{version}"),
        ];
        if self.quirks.rendering_control {
            targets.push(format!("urn:schemas-upnp-org:service:RenderingControl:{version}"));
        }
        targets.extend(self.others().map(|n| self.other_udn(n).as_str().to_owned()));
        targets
    }

    /// Returns whether it answers for a lower version of one of its types (UDA 1.0 §1.2.3).
    fn stands_in_for(&self, target: &str, own: &[String]) -> bool {
        let Some((kind, version)) = target.rsplit_once(':') else {
            return false;
        };
        let lower = version.parse::<u8>().is_ok_and(|v| v >= 1 && v < self.persona.version);
        let known = own.iter().any(|t| t.rsplit_once(':').is_some_and(|(k, _)| k == kind));
        lower && known && !self.quirks.only_own_version
    }

    fn others(&self) -> impl Iterator<Item = u8> {
        1..=self.quirks.other_root_devices
    }

    fn other_udn(&self, number: u8) -> Udn {
        Udn::new(&format!("{}-{number}", self.persona.udn)).expect("longer than its own")
    }

    /// Returns the path below which a root device is found; number 0 is the renderer. A single root device has no
    /// prefix.
    fn root(&self, number: u8) -> String {
        let devices = u32::from(self.quirks.other_root_devices) + 1;
        if devices == 1 {
            return String::new();
        }
        let place = (u32::from(number) + self.boots - 1) % devices;
        format!("/smp_{}_", 4 * place + 2)
    }
}

/// The SCPD path of a service.
const fn scpd_path(service: ServiceKind) -> &'static str {
    match service {
        ServiceKind::AvTransport => "/AVTransport/scpd.xml",
        ServiceKind::RenderingControl => "/RenderingControl/scpd.xml",
        ServiceKind::ConnectionManager => "/ConnectionManager/scpd.xml",
    }
}

/// The control path of a service.
const fn control_path(service: ServiceKind) -> &'static str {
    match service {
        ServiceKind::AvTransport => "/AVTransport/control",
        ServiceKind::RenderingControl => "/RenderingControl/control",
        ServiceKind::ConnectionManager => "/ConnectionManager/control",
    }
}

/// The event path of a service.
const fn event_path(service: ServiceKind) -> &'static str {
    match service {
        ServiceKind::AvTransport => "/AVTransport/event",
        ServiceKind::RenderingControl => "/RenderingControl/event",
        ServiceKind::ConnectionManager => "/ConnectionManager/event",
    }
}
