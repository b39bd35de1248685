//! `dlna-kiosk check`: what is wrong with the configuration, and what it comes to.

use crate::config::{Severity, effective};
use std::path::Path;

pub(super) fn run(path: &Path) -> Result<u8, String> {
    let loaded = super::load(path)?;
    let file = path.display().to_string();
    for problem in &loaded.problems {
        eprintln!("{}", problem.in_file(&file));
    }
    let count = |severity| {
        loaded
            .problems
            .iter()
            .filter(|problem| problem.severity == severity)
            .count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let Some(config) = &loaded.config else {
        return Err(format!(
            "{file}: {errors} errors, {warnings} warnings: the box cannot run with it"
        ));
    };
    print!("{}", effective(config));
    eprintln!("{file}: good ({warnings} warnings)");
    Ok(0)
}
