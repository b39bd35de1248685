//! The device list of the Python kiosk: whatever is taken over is a valid configuration file.
#![no_main]

use dlna_kiosk::config::{FileState, Severity, import, parse};
use dlna_kiosk_fuzz::is_legible;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &str| {
    match import(json) {
        Err(sentence) => assert!(is_legible(&sentence), "{sentence:?}"),
        Ok(imported) => {
            assert!(imported.warnings.iter().all(|warning| is_legible(warning)), "{imported:?}");
            let loaded = parse(&imported.toml, &|_| FileState::Missing);
            let mut problems = loaded.problems.iter();
            let error = problems.find(|problem| problem.severity == Severity::Error);
            assert_eq!(error, None, "{}", imported.toml);
        }
    }
});
