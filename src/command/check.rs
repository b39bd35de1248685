//! `dlna-kiosk check`: what is wrong with the configuration, and what it comes to.

use super::terminal::{complain, counted, show};
use crate::config::{Severity, effective};
use std::path::Path;

pub(super) fn run(path: &Path) -> Result<u8, String> {
    let loaded = super::load(path)?;
    let file = path.display().to_string();
    for problem in &loaded.problems {
        complain(problem.in_file(&file));
    }
    let count =
        |severity| loaded.problems.iter().filter(|problem| problem.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let Some(config) = &loaded.config else {
        return Err(format!(
            "{file}: {}, {}: the box cannot run with it",
            counted(errors, "error"),
            counted(warnings, "warning")
        ));
    };
    show(effective(config));
    let warnings = counted(warnings, "warning");
    complain(if path.exists() {
        format!("{file}: good, {warnings}")
    } else {
        format!("{file}: there is no such file, so these defaults hold; {warnings}")
    });
    Ok(0)
}
