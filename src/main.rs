//! The command line; everything is in the library.

use std::process::ExitCode;

// If a task panicked and the rest went on, nobody would notice that the task is gone. So a panic must end the process, and
// systemd starts it again. Only tests and debug builds unwind.
#[cfg(not(any(test, debug_assertions)))]
const _: () = assert!(cfg!(panic = "abort"), "build with a profile that says panic = \"abort\"");

fn main() -> ExitCode {
    dlna_kiosk::cli::main()
}
