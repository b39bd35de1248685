//! Who is meant by the words of the configuration.

use super::renderer::Renderer;
use crate::config::{Selector, Targets};
use crate::upnp::Udn;
use crate::upnp::description::Description;
use core::net::Ipv4Addr;

/// A button, LED or entry of the schedule that says this means this renderer.
pub(super) fn is_target(targets: &Targets, renderer: &Renderer) -> bool {
    match targets {
        Targets::All => true,
        Targets::Some(list) => {
            list.iter().any(|who| matches(who, renderer.description(), renderer.host()))
        }
    }
}

fn lower(name: &str) -> impl Iterator<Item = char> {
    name.chars().flat_map(char::to_lowercase)
}

fn bare(udn: &Udn) -> &str {
    udn.as_str().trim_start_matches("uuid:")
}

/// Whoever says `who` means this renderer.
pub(super) fn matches(who: &Selector, description: &Description, host: Ipv4Addr) -> bool {
    match who {
        Selector::Name(name) => lower(name).eq(lower(&description.friendly_name)),
        Selector::Udn(udn) => bare(udn) == bare(&description.udn),
        Selector::Address(address, _) => *address == host,
        Selector::Any => true,
    }
}
