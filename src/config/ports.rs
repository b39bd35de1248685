//! The ports of media and control.

use super::problem::Report;
use super::section::Section;
use super::{CONTROL_PORT, MEDIA_PORT, Port};

/// Both of them.
pub(super) fn ports(report: &mut Report<'_>, top: &Section<'_>) -> (Port, Port) {
    let media = fixed_port(report, top, "media_port", MEDIA_PORT);
    let control = fixed_port(report, top, "control_port", CONTROL_PORT);
    if let (Some(fixed), Some(field)) = (control, top.field("control_port"))
        && media == control
    {
        field.error(
            report,
            format!("port {fixed} is the media port too"),
            format!("write another one, such as control_port = {}", spare(fixed)),
        );
    }
    // A default makes way for the other's fixed port.
    let from = |usual: u16, other: Option<u16>| match other == Some(usual) {
        true => Port::From(usual + 1),
        false => Port::From(usual),
    };
    (
        media.map_or(from(MEDIA_PORT, control), Port::Fixed),
        control.map_or(from(CONTROL_PORT, media), Port::Fixed),
    )
}

fn spare(port: u16) -> u16 {
    if port == CONTROL_PORT { CONTROL_PORT + 1 } else { CONTROL_PORT }
}

fn fixed_port(report: &mut Report<'_>, top: &Section<'_>, key: &str, usual: u16) -> Option<u16> {
    let number = top.whole(report, key, 1..=65535, &usual.to_string())?;
    let port = u16::try_from(number).ok()?;
    if port < 1024 {
        let field = top.field(key)?;
        field.warning(
            report,
            "only root may use ports below 1024",
            format!("write {key} = {usual}, or leave the line out"),
        );
    }
    Some(port)
}
