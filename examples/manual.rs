//! Writes the man pages and the completions for bash, zsh and fish, generated from the definition of the command line. They are
//! part of the package, not of the program.
//!
//!     cargo run --example manual -- FOLDER

use clap::CommandFactory;
use clap_complete::{Shell, generate_to};
use clap_mangen::roff::{Roff, bold, roman};
use dlna_kiosk::cli::Cli;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const NAME: &str = "dlna-kiosk";

/// What the definition of the command line does not contain: where files are on the box.
const FILES: [(&str, &str); 3] = [
    ("/etc/dlna-kiosk/config.toml", "The configuration; the file explains each of its lines."),
    ("/srv/dlna-kiosk", "The media, unless the configuration names another folder."),
    ("/var/lib/dlna-kiosk", "What the box has learned about renderers, and its statistics."),
];

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: cargo run --example manual -- FOLDER");
        return ExitCode::FAILURE;
    };
    match write(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path) -> io::Result<()> {
    let (man, completions) = (folder.join("man"), folder.join("completions"));
    fs::create_dir_all(&man)?;
    fs::create_dir_all(&completions)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        generate_to(shell, &mut Cli::command(), NAME, &completions)?;
    }
    clap_mangen::generate_to(Cli::command(), &man)?;
    files(&man.join(format!("{NAME}.1")))
}

/// Appends the section FILES to the page of the program.
fn files(page: &Path) -> io::Result<()> {
    let mut roff = Roff::new();
    roff.control("SH", ["FILES"]);
    for (path, what) in FILES {
        roff.control("TP", []);
        roff.text([bold(path)]);
        roff.text([roman(what)]);
    }
    roff.to_writer(&mut OpenOptions::new().append(true).open(page)?)
}
