//! `dlna-kiosk profiles`: what the box has learned about renderers.

use super::terminal;
use crate::kiosk::event::Event;
use crate::shell::store::Store;
use clap::Args;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The state directory of the service.
const DEFAULT_FOLDER: &str = "/var/lib/dlna-kiosk";

#[derive(Debug, Args)]
pub(super) struct Profiles {
    /// Forget what was learned about this renderer (its name or UDN), or "all" for every renderer
    #[arg(long, value_name = "NAME|UDN|all")]
    forget: Option<String>,
}

impl Profiles {
    pub(super) fn run(&self, state: Option<&Path>) -> Result<u8, String> {
        let folder = state.map(Path::to_owned).or_else(state_directory);
        let folder = folder.unwrap_or_else(|| DEFAULT_FOLDER.into());
        if let Err(error) = std::fs::read_dir(&folder) {
            return Err(match error.kind() {
                ErrorKind::NotFound => {
                    format!("{}: no such folder; the box has stored nothing", folder.display())
                }
                ErrorKind::PermissionDenied => {
                    format!("{}: permission denied; try with sudo", folder.display())
                }
                _ => format!("{}: {error}", folder.display()),
            });
        }
        let store = Store::new(&folder);
        let mut memory =
            store.load().map_err(|why| format!("{}: {why}", store.path().display()))?;
        if let Some(who) = &self.forget {
            let gone = memory.forget(who);
            if gone.is_empty() && who != "all" {
                return Err(format!("the box has learned nothing about a renderer {who:?}"));
            }
            return match smol::block_on(store.write(&memory.write())) {
                Event::Saved(Ok(())) => {
                    gone.iter().for_each(|name| {
                        terminal::print_line(format_args!("forgotten: {name}"));
                    });
                    terminal::print_line(
                        "a running box takes this over within the hour, or at its next start",
                    );
                    Ok(0)
                }
                Event::Saved(Err(why)) => Err(why),
                _ => Err("the box has just written its file: try again".to_owned()),
            };
        }
        for profile in memory.profiles() {
            terminal::print_line(profile.title());
            let account = profile.account(memory.ran());
            let lines =
                if account.is_empty() { vec!["nothing unusual".to_owned()] } else { account };
            lines.iter().for_each(|line| {
                terminal::print_line(format_args!("  {line}"));
            });
        }
        if memory.profiles().is_empty() {
            terminal::print_line("nothing has been learned yet");
        }
        Ok(0)
    }
}

/// The state directory that systemd gives to the service; the first one, if there are several.
pub(super) fn state_directory() -> Option<PathBuf> {
    let folders = std::env::var_os("STATE_DIRECTORY")?;
    std::env::split_paths(&folders).next().filter(|folder| !folder.as_os_str().is_empty())
}
