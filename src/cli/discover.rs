//! `dlna-kiosk discover`: lists the renderers on the network, each as soon as it is found.

use super::terminal;
use crate::config::Config;
use crate::kiosk::Kiosk;
use crate::kiosk::trace::{Entry, What};
use crate::shell::clock::pause;
use crate::time::Duration;
use crate::upnp::HttpUrl;
use crate::upnp::description::{Description, Service};
use clap::Args;
use serde_json::{Value, json};

#[derive(Debug, Args)]
pub(super) struct Discover {
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
    /// How long to search
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = super::seconds)]
    #[arg(allow_negative_numbers = true)]
    timeout: Duration,
}

impl Discover {
    pub(super) fn run(&self) -> Result<u8, String> {
        let config = Config { rules: Vec::new(), ..super::bare_config() };
        let mut found = 0;
        let on_entry = |kiosk: &Kiosk, entry: &Entry| {
            if entry.what != What::Found {
                return;
            }
            // The newest description is the last.
            if let Some((description, location)) = kiosk.descriptions().last() {
                found += 1;
                let text = if self.json { as_json } else { as_text };
                terminal::print_line(text(description, location));
            }
        };
        let code = super::one_shot(config, false, on_entry, async |_| pause(self.timeout).await)?;
        if found == 0 {
            terminal::print_error(format_args!(
                "no renderer answered within {} s: is it switched on and on this network?",
                self.timeout.as_secs_f64()
            ));
        }
        Ok(code)
    }
}

fn as_text(description: &Description, location: &HttpUrl) -> String {
    format!(
        "{}  {}  {}  {}",
        description.friendly_name, location.host, description.model_name, description.udn
    )
}

fn as_json(description: &Description, location: &HttpUrl) -> String {
    json!({
        "udn": description.udn.as_str(),
        "friendly_name": description.friendly_name.as_str(),
        "manufacturer": description.manufacturer.as_str(),
        "model": description.model_name.as_str(),
        "location": location.to_string(),
        "address": location.host.to_string(),
        "av_transport": service(Some(&description.av_transport)),
        "rendering_control": service(description.rendering_control.as_ref()),
        "connection_manager": service(description.connection_manager.as_ref()),
    })
    .to_string()
}

fn service(service: Option<&Service>) -> Value {
    service.map_or(Value::Null, |service| {
        json!({
            "version": service.version,
            "control_url": service.control_url.to_string(),
            "event_url": service.event_url.as_ref().map(ToString::to_string),
        })
    })
}
