//! `dlna-kiosk discover` and `dlna-kiosk play`: list the renderers on the network, each as soon as it is found; play files
//! or folders on one of them, now. Both drive a kiosk of their own and need no configuration.

use super::terminal;
use crate::config::{Config, Rule, Selector};
use crate::kiosk::Kiosk;
use crate::kiosk::trace::{Entry, What};
use crate::shell::Shell;
use crate::shell::clock::pause;
use crate::text::clip;
use crate::time::Duration;
use crate::upnp::description::{Description, Service};
use crate::upnp::{HttpUrl, Udn};
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

/// A renderer that is switched on answers within a second or two; on sleepy Wi-Fi it takes longer.
const FIND_WITHIN: Duration = Duration::from_secs(10);
const POLL_PERIOD: Duration = Duration::from_millis(500);

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

#[derive(Debug, Args)]
pub(super) struct Play {
    /// What to play, in this order; the files of a folder in the order of their names
    #[arg(required = true, value_name = "FILE|FOLDER")]
    media: Vec<PathBuf>,
    /// The renderer, by name, UDN or address; without it, the first one found
    #[arg(long, value_name = "NAME")]
    on: Option<String>,
    /// Begin again after the last file
    #[arg(long = "loop")]
    repeat: bool,
}

impl Play {
    pub(super) fn run(&self) -> Result<u8, String> {
        let media: Result<Vec<_>, _> =
            self.media.iter().map(|path| Ok((path, path.canonicalize()?))).collect();
        let plays: Vec<_> = media
            .map_err(|error: std::io::Error| self.explain(&error))?
            .into_iter()
            .map(|(_, path)| path)
            .collect();
        // Only what is named here is played, so the box's media folder is not scanned.
        let media_folders = vec![plays.first().cloned().unwrap_or_default()];
        let rule = Rule {
            who: self.who(),
            plays,
            autoplay: true,
            repeat: self.repeat,
            ..Config::default().rules.remove(0)
        };
        let config =
            Config { media_folders, rules: vec![rule], stop_at_exit: true, ..super::bare_config() };
        let mut problem = None;
        let watching = async |shell: &Shell| problem = watch(shell).await;
        let code = super::one_shot(config, self.on.is_none(), |_, _| {}, watching)?;
        if terminal::is_terminal() {
            terminal::print_line("");
        }
        problem.map_or(Ok(code), Err)
    }

    fn who(&self) -> Selector {
        let Some(on) = &self.on else { return Selector::Any };
        let by_udn = Udn::new(on).filter(|udn| udn.as_str().starts_with("uuid:"));
        let address = on
            .split_once(':')
            .map_or((on.as_str(), None), |(host, port)| (host, port.parse().ok()));
        match (address.0.parse(), by_udn) {
            (Ok(host), _) => Selector::Address(host, address.1),
            (_, Some(udn)) => Selector::Udn(udn),
            _ => Selector::Name(clip(on)),
        }
    }

    fn explain(&self, error: &std::io::Error) -> String {
        let missing = self.media.iter().find(|path| path.canonicalize().is_err());
        missing.map_or_else(|| error.to_string(), |path| super::unread(path, error))
    }
}

/// Shows the renderer until it has played everything; returns why it could not.
async fn watch(shell: &Shell) -> Option<String> {
    let mut began = false;
    let mut waited = Duration::ZERO;
    let mut last = String::new();
    let mut scanned = false;
    loop {
        pause(POLL_PERIOD).await;
        waited += POLL_PERIOD;
        let Some(status) = terminal::status(shell).await else {
            continue;
        };
        let copying = status["media"]["copying"].as_array().is_some_and(|list| !list.is_empty());
        if status["media"]["files"] == 0 && !copying && waited > Duration::from_secs(2) {
            let why = missing(&status).into_iter().next();
            return Some(format!(
                "nothing to play: {}",
                why.unwrap_or("no media file of a known kind, or only empty files".to_owned())
            ));
        }
        if status["media"]["files"] != 0 && !core::mem::replace(&mut scanned, true) {
            for why in missing(&status) {
                terminal::print_error(format_args!("left out: {why}"));
            }
        }
        let renderers = status["renderers"].as_array().cloned().unwrap_or_default();
        let Some(renderer) = renderers.iter().find(|renderer| renderer["driven"] == true) else {
            if waited >= FIND_WITHIN {
                let names: Vec<_> = renderers.iter().filter_map(|r| r["name"].as_str()).collect();
                return Some(match names.as_slice() {
                    [] => "no renderer answers: is it switched on and on this network?".to_owned(),
                    names => format!("no such renderer; these are there: {}", names.join(", ")),
                });
            }
            continue;
        };
        began |= renderer["goal"] == "play";
        if terminal::is_terminal() {
            // Without line wrap it stays one line on a narrow terminal.
            let line = terminal::renderer_line(renderer);
            terminal::print(format_args!("\r\x1b[2K\x1b[?7l{line}\x1b[?7h"));
        } else {
            // Into a file or a pipe: only changes, without the position.
            let mut renderer = renderer.clone();
            renderer["position_s"] = Value::Null;
            let line = terminal::renderer_line(&renderer);
            if line != last {
                terminal::print_line(&line);
            }
            last = line;
        }
        if began && renderer["goal"] == "rest" {
            return None;
        }
        if began && renderer["goal"] == "yield" {
            return Some(
                renderer["why"]["sentence"].as_str().unwrap_or("a viewer stopped it").to_owned(),
            );
        }
    }
}

fn missing(status: &Value) -> Vec<String> {
    let lists = ["missing", "bad"].into_iter().filter_map(|key| status["media"][key].as_array());
    lists.flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
