//! The services of a MediaRenderer and their types (UDA 1.0 §2.1).

/// What serviceType begins with.
pub(super) const PREFIX: &str = "urn:schemas-upnp-org:service:";

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

impl ServiceKind {
    const ALL: [Self; 3] = [Self::AvTransport, Self::RenderingControl, Self::ConnectionManager];

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

#[cfg(test)]
mod tests {
    use super::*;

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
        for other in ["", "(null)", "urn:schemas-upnp-org:service:AVTransportX:1", "AVTransport:1"]
        {
            assert_eq!(ServiceKind::of(other), None, "{other}");
        }
    }
}
