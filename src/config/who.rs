//! Which renderers a table is for, in the words of the file: a name, a UDN, an address, or all.

use super::Who;
use super::field::Field;
use super::problem::Report;
use super::section::Section;
use super::spelling::listed;
use crate::limits::{NAME_BYTES, RENDERERS};
use crate::text::clip;
use crate::upnp::Udn;
use core::net::{Ipv4Addr, SocketAddrV4};

impl Who {
    /// Which renderers the table is for.
    pub(super) fn read(report: &mut Report<'_>, table: &Section<'_>) -> Self {
        let given: Vec<&str> = ["name", "udn", "address"]
            .into_iter()
            .filter(|key| table.field(key).is_some())
            .collect();
        if given.len() > 1 {
            table.error(
                report,
                format!("it is for one renderer, but has {}", listed(&given, "and")),
                format!("keep {} and leave the rest out", given.last().unwrap_or(&"name")),
            );
        }
        if let Some(text) = table.text(report, "udn", "\"uuid:…\"") {
            return Udn::new(text).map_or(Self::Any, Self::Udn);
        }
        if table.field("address").is_some() {
            return address(report, table).unwrap_or(Self::Any);
        }
        match table.name(report) {
            None => Self::Any,
            Some(name) if name == "*" => Self::Any,
            Some(name) => Self::Name(name),
        }
    }

    /// The renderers that one key names, without blanks around them; `surplus` says what to do with too many.
    pub(super) fn list(
        report: &mut Report<'_>,
        field: &Field<'_>,
        example: &str,
        surplus: &str,
    ) -> Vec<Self> {
        let mut texts = field.texts(report, example);
        texts.iter_mut().for_each(|(text, _)| *text = text.trim());
        if texts.len() > RENDERERS {
            field.error(
                report,
                format!("there are {} renderers in it", texts.len()),
                format!("{RENDERERS} are possible: {surplus}"),
            );
            texts.truncate(RENDERERS);
        }
        let is_udn = |text: &str| matches!(Self::from_text(text), Self::Udn(_));
        for (long, item) in
            texts.iter().filter(|(text, _)| text.len() > NAME_BYTES && !is_udn(text))
        {
            item.error(
                report,
                format!("\"{long}\" is longer than {NAME_BYTES} bytes"),
                "write the renderer's udn or address instead of its name",
            );
        }
        texts.iter().map(|(text, _)| Self::from_text(text)).collect()
    }

    /// Which renderer a button or LED means: a UDN, an address or a name.
    pub(super) fn from_text(text: &str) -> Self {
        if text == "*" {
            return Self::Any;
        }
        if let Some((ip, port)) = ipv4(text) {
            return Self::Address(ip, port);
        }
        match Udn::new(text) {
            Some(udn) if udn.as_str().starts_with("uuid:") => Self::Udn(udn),
            _ => Self::Name(clip(text)),
        }
    }

    /// The renderer as a button or LED names it; the other direction of `from_text`.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Name(name) => name.to_string(),
            Self::Udn(udn) => udn.to_string(),
            Self::Address(ip, Some(port)) => format!("{ip}:{port}"),
            Self::Address(ip, None) => ip.to_string(),
            Self::Any => "*".to_owned(),
        }
    }
}

fn address(report: &mut Report<'_>, table: &Section<'_>) -> Option<Who> {
    let text = table.text(report, "address", "\"10.0.0.45\"")?;
    let field = table.field("address")?;
    let Some((ip, port)) = ipv4(text) else {
        let inner = text.split("://").nth(1).unwrap_or(text);
        let inner = inner.split('/').next().unwrap_or_default();
        let advice = match ipv4(inner) {
            Some(_) => format!("write address = \"{inner}\""),
            None => "write it like address = \"10.0.0.45\" or \"10.0.0.45:49494\"; if you do not \
                     know it, write name = \"…\" with the name the renderer shows"
                .to_owned(),
        };
        field.error(report, "this is not an IPv4 address", advice);
        return None;
    };
    if ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast() {
        field.error(
            report,
            "no single renderer can have this address",
            "write the address that the renderer shows in its network settings",
        );
        return None;
    }
    if port == Some(0) {
        field.error(report, "there is no port 0", format!("write address = \"{ip}\""));
        return None;
    }
    Some(Who::Address(ip, port))
}

fn ipv4(text: &str) -> Option<(Ipv4Addr, Option<u16>)> {
    if let Ok(ip) = text.parse() {
        return Some((ip, None));
    }
    let socket: SocketAddrV4 = text.parse().ok()?;
    Some((*socket.ip(), Some(socket.port())))
}
