//! `dlna-kiosk play`: files or folders on a renderer, now.

use super::terminal;
use crate::config::{Config, Rule, Who};
use crate::kiosk::event::Event;
use crate::kiosk::{Kiosk, Setup};
use crate::shell::clock::pause;
use crate::shell::driver::drive;
use crate::shell::{Mode, Shell};
use crate::text::clip;
use crate::time::Duration;
use crate::upnp::Udn;
use clap::Args;
use core::cell::Cell;
use serde_json::Value;
use smol::{LocalExecutor, future};
use std::path::PathBuf;

/// A renderer that is on answers within a second or two; Wi-Fi sleeps longer.
const FIND_WITHIN: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(500);

#[derive(Debug, Args)]
pub(super) struct Play {
    /// What to play, in this order; folders in name order
    #[arg(required = true, value_name = "FILE|FOLDER")]
    media: Vec<PathBuf>,
    /// The renderer: its name, UDN or address; the first one found, if it is not said
    #[arg(long, value_name = "NAME")]
    on: Option<String>,
    /// Begin again at the end
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
        // What is named here is all there is: the folder of the box is not looked at.
        let media_folder = plays.first().cloned().unwrap_or_default();
        let rule = Rule {
            who: self.who(),
            plays,
            autoplay: true,
            repeat: self.repeat,
            ..Config::default().rules.remove(0)
        };
        let config =
            Config { media_folder, rules: vec![rule], stop_at_exit: true, ..super::bare_config() };
        let shell = Shell::open(&config, Mode::Command)?;
        let executor = LocalExecutor::new();
        let setup =
            Setup { seed: fastrand::u64(..), first_only: self.on.is_none(), ..Setup::default() };
        let outcome = Cell::new(None);
        let driving = drive(Kiosk::new(config, setup), &shell, &executor, |_, _| {});
        let watching = async {
            outcome.set(watch(&shell).await);
            shell.mailbox.post(Event::Leave).await;
            future::pending().await
        };
        let code = smol::block_on(executor.run(future::or(driving, watching)));
        if terminal::is_terminal() {
            terminal::say("");
        }
        outcome.take().map_or(Ok(code), Err)
    }

    fn who(&self) -> Who {
        let Some(on) = &self.on else { return Who::Any };
        let by_udn = Udn::new(on).filter(|udn| udn.as_str().starts_with("uuid:"));
        let address = on
            .split_once(':')
            .map_or((on.as_str(), None), |(host, port)| (host, port.parse().ok()));
        match (address.0.parse(), by_udn) {
            (Ok(host), _) => Who::Address(host, address.1),
            (_, Some(udn)) => Who::Udn(udn),
            _ => Who::Name(clip(on)),
        }
    }

    fn explain(&self, error: &std::io::Error) -> String {
        let missing = self.media.iter().find(|path| path.canonicalize().is_err());
        missing.map_or_else(|| error.to_string(), |path| super::unread(path, error))
    }
}

/// Watches until it is over; gives the reason if it cannot be done.
async fn watch(shell: &Shell) -> Option<String> {
    let mut began = false;
    let mut waited = Duration::ZERO;
    let mut last = String::new();
    let mut scanned = false;
    loop {
        pause(LOOK_EVERY).await;
        waited += LOOK_EVERY;
        let Some(status) = terminal::ask(shell).await else {
            continue;
        };
        let copying = status["media"]["copying"].as_array().is_some_and(|list| !list.is_empty());
        if status["media"]["files"] == 0 && !copying && waited > Duration::from_secs(2) {
            let why = missing(&status).into_iter().next();
            return Some(format!(
                "nothing to play there: {}",
                why.unwrap_or("no file of a known kind, or only empty ones".to_owned())
            ));
        }
        if status["media"]["files"] != 0 && !core::mem::replace(&mut scanned, true) {
            for why in missing(&status) {
                terminal::complain(format_args!("left out: {why}"));
            }
        }
        let renderers = status["renderers"].as_array().cloned().unwrap_or_default();
        let Some(renderer) = renderers.iter().find(|renderer| renderer["driven"] == true) else {
            if waited >= FIND_WITHIN {
                let names: Vec<_> = renderers.iter().filter_map(|r| r["name"].as_str()).collect();
                return Some(match names.as_slice() {
                    [] => "no renderer answers: is it switched on, and on this network?".to_owned(),
                    names => format!("there is no such renderer; there are: {}", names.join(", ")),
                });
            }
            continue;
        };
        began |= renderer["goal"] == "play";
        if terminal::is_terminal() {
            // One line, however narrow the terminal: without wrapping.
            let line = terminal::renderer_line(renderer);
            terminal::show(format_args!("\r\x1b[2K\x1b[?7l{line}\x1b[?7h"));
        } else {
            // Into a file or a pipe: what changes, without the progress.
            let mut renderer = renderer.clone();
            renderer["position_s"] = Value::Null;
            let line = terminal::renderer_line(&renderer);
            if line != last {
                terminal::say(&line);
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
