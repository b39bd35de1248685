//! The command line; everything is in the library.

use std::process::ExitCode;

// A task that panicked would be missed by nobody while the box went on without it: a panic must end the
// process, and systemd starts it again. The harness of `cargo test` unwinds, the program never.
#[cfg(not(test))]
const _: () = assert!(cfg!(panic = "abort"), "build with a profile that says panic = \"abort\"");

fn main() -> ExitCode {
    dlna_kiosk::cli::main()
}
