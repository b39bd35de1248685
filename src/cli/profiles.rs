//! `dlna-kiosk profiles`: what the box has learned about renderers.

use super::terminal;
use crate::kiosk::event::Event;
use crate::shell::store::Store;
use clap::Args;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Where the service keeps it.
const USUAL: &str = "/var/lib/dlna-kiosk";

#[derive(Debug, Args)]
pub(super) struct Profiles {
    /// Forget what was learned about this renderer (its name or UDN), or about all
    #[arg(long, value_name = "NAME|UDN|all")]
    forget: Option<String>,
}

impl Profiles {
    pub(super) fn run(&self, state: Option<&Path>) -> Result<u8, String> {
        let folder = state.map(Path::to_owned).or_else(directory);
        let folder = folder.unwrap_or_else(|| USUAL.into());
        if let Err(error) = std::fs::read_dir(&folder) {
            return Err(match error.kind() {
                ErrorKind::NotFound => {
                    format!(
                        "{}: there is no such folder; the box has kept nothing",
                        folder.display()
                    )
                }
                ErrorKind::PermissionDenied => {
                    format!("{}: you may not read it; try with sudo", folder.display())
                }
                _ => format!("{}: {error}", folder.display()),
            });
        }
        let store = Store::new(&folder);
        let mut memory =
            store.look().map_err(|why| format!("{}: {why}", store.path().display()))?;
        if let Some(who) = &self.forget {
            let gone = memory.forget(who);
            if gone.is_empty() && who != "all" {
                return Err(format!("nothing is known about a renderer {who:?}"));
            }
            return match smol::block_on(store.write(&memory.write())) {
                Event::Saved(Ok(())) => {
                    gone.iter().for_each(|name| {
                        terminal::say(format_args!("forgotten: {name}"));
                    });
                    terminal::say(
                        "a box that runs takes it in within the hour, or when it is restarted",
                    );
                    Ok(0)
                }
                Event::Saved(Err(why)) => Err(why),
                _ => Err("the box has just written it: try again".to_owned()),
            };
        }
        for profile in memory.profiles() {
            terminal::say(profile.title());
            let account = profile.account(memory.ran());
            let lines =
                if account.is_empty() { vec!["nothing unusual".to_owned()] } else { account };
            lines.iter().for_each(|line| {
                terminal::say(format_args!("  {line}"));
            });
        }
        if memory.profiles().is_empty() {
            terminal::say("nothing has been learned yet");
        }
        Ok(0)
    }
}

/// The folder that systemd gives to the service, the first if there are several.
pub(super) fn directory() -> Option<PathBuf> {
    let folders = std::env::var_os("STATE_DIRECTORY")?;
    std::env::split_paths(&folders).next().filter(|folder| !folder.as_os_str().is_empty())
}
