//! The configuration file: every problem can be shown and has its place, and the configuration in force, written
//! down, is read as the same.
#![no_main]

use dlna_kiosk::config::{Problem, Severity, effective, parse};
use dlna_kiosk_fuzz::{disk, is_legible};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let loaded = parse(text, &disk);
    let lines = text.lines().count().max(1);
    for problem in &loaded.problems {
        check(problem, lines);
    }
    let errors = loaded.problems.iter().any(|problem| problem.severity == Severity::Error);
    assert_eq!(loaded.has_errors(), errors);

    if let Some(config) = loaded.config {
        assert!(!config.rules.is_empty() && config.rules.iter().all(|rule| !rule.plays.is_empty()));
        assert!(config.rules.iter().flat_map(|rule| &rule.plays).all(|path| path.is_absolute()));
        let written = effective(&config);
        let again = parse(&written, &disk);
        assert_eq!(again.config.as_ref(), Some(&config), "{:#?}\n{written}", again.problems);
        assert_eq!(effective(&config), written);
    }
});

fn check(problem: &Problem, lines: usize) {
    let line = problem.line.map_or(1, |line| line as usize);
    assert!((1..=lines).contains(&line), "{problem}: of {lines} lines");
    assert!(problem.line.is_some() || !problem.key.is_empty(), "{problem}: no place");
    assert!(is_legible(&problem.message) && is_legible(&problem.advice), "{problem:?}");
    assert!(is_legible(&problem.to_string()), "{problem:?}");
}
