//! `dlna-kiosk import`: from the Python kiosk's device list to a configuration.

use super::terminal::{complain, show};
use crate::config::import;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The device list: a JSON array of objects with device_name, hostname, video_file, loop, …
    file: PathBuf,
}

impl Import {
    pub(super) fn run(&self) -> Result<u8, String> {
        let file = self.file.display();
        let json = std::fs::read_to_string(&self.file)
            .map_err(|error| super::unread(&self.file, &error))?;
        let imported = import(&json).map_err(|why| format!("{file}: {why}"))?;
        for warning in &imported.warnings {
            complain(format_args!("{file}: warning: {warning}"));
        }
        show(imported.toml);
        Ok(0)
    }
}
