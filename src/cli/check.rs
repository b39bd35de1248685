//! `dlna-kiosk check`: what is wrong with the configuration, and what it comes to.

use super::terminal::{complain, counted, show};
use crate::config::{Config, Severity, effective_for};
use crate::shell::gpio;
use clap::Args;
use std::path::Path;

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Look which renderers are there, and say of each file whether it will play
    #[arg(long)]
    renderers: bool,
}

impl Check {
    pub(super) fn run(&self, path: &Path) -> Result<u8, String> {
        let config = check(path, self.renderers)?;
        if self.renderers { super::preflight::run(&config) } else { Ok(0) }
    }
}

/// Says what is wrong with the file; what it comes to only if nothing else is to be said.
fn check(path: &Path, is_short: bool) -> Result<Config, String> {
    let loaded = super::load(path)?;
    let file = path.display().to_string();
    for problem in &loaded.problems {
        complain(problem.in_file(&file));
    }
    let count =
        |severity| loaded.problems.iter().filter(|problem| problem.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let Some(config) = loaded.config else {
        return Err(format!(
            "{file}: {}, {}: the box cannot run with it",
            counted(errors, "error"),
            counted(warnings, "warning")
        ));
    };
    if !is_short {
        show(effective_for(gpio::header(), &config));
    }
    let warnings = counted(warnings, "warning");
    complain(if path.exists() {
        format!("{file}: good, {warnings}")
    } else {
        format!("{file}: there is no such file, so these defaults hold; {warnings}")
    });
    Ok(config)
}
