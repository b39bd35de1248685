//! The command line: one module for each command, or for a few that belong together.

mod check;
pub mod demo;
mod pins;
mod renderers;
mod run;
mod status;
mod terminal;

use crate::config::{Config, FileState, Loaded};
use crate::kiosk::event::Event;
use crate::kiosk::trace::Entry;
use crate::kiosk::{Kiosk, Setup};
use crate::shell::driver::drive;
use crate::shell::{Mode, Shell, config_file, logger, reader, store};
use crate::time::{self, Duration};
use clap::{Parser, Subcommand};
use smol::{LocalExecutor, future};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The default path of the configuration.
const CONFIG: &str = "/etc/dlna-kiosk/config.toml";

/// Plays your media on every DLNA renderer in the room (TVs, projectors, speakers), and keeps it
/// playing. Buttons and LEDs on a Raspberry Pi serve as the front panel.
///
/// Try it now, without a Pi, a TV or media: dlna-kiosk demo
#[derive(Debug, Parser)]
#[command(name = "dlna-kiosk", version)]
pub struct Cli {
    /// The configuration file, used by run, check, learn, leds and status
    #[arg(long, global = true, value_name = "FILE", default_value = CONFIG)]
    config: PathBuf,
    /// The folder where the box keeps what it has learned; used by run, profiles and check --renderers. The systemd service sets it
    #[arg(long, global = true, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Log more: -v also logs each round and what is sent to renderers, -vv logs everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the box until it is told to stop (the default)
    Run,
    /// Play files or folders on a renderer now; needs no configuration, and takes the renderer from a running box
    Play(renderers::Play),
    /// List the renderers on the network, each as soon as it is found
    Discover(renderers::Discover),
    /// Check the configuration file and print the settings that result from it
    Check(check::Check),
    /// Convert the device list of the Python kiosk (JSON) into a configuration, and print it
    Import(check::Import),
    /// Watch the box at work with a simulated renderer; the keyboard stands in for the buttons
    Demo(demo::Demo),
    /// Find out which pin a button is wired to: press the button, then paste the printed lines into the configuration
    Learn(pins::Learn),
    /// Show each LED pattern in turn, and what it means
    Leds(pins::Leds),
    /// Show the status of the running box
    Status(status::Status),
    /// Show what the box has learned about renderers, or make it forget
    Profiles(status::Profiles),
    /// Write what the box has learned, from standard input; the box runs this
    #[command(hide = true, name = store::WRITE_STATE)]
    WriteState {
        /// The state directory
        folder: PathBuf,
    },
    /// Look at media for the box; the box runs this
    #[command(hide = true, name = reader::COMMAND)]
    ReadMedia,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or(Command::Run);
    logger::start(log_filter(cli.verbose, &command));
    let outcome = match command {
        Command::Run => run::run(&cli.config, cli.state),
        Command::Play(play) => play.run(),
        Command::Discover(discover) => discover.run(),
        Command::Check(check) => check.run(&cli.config, cli.state.as_deref()),
        Command::Import(import) => import.run(),
        Command::Demo(demo) => demo.run(),
        Command::Learn(learn) => learn.run(&cli.config),
        Command::Leds(leds) => leds.run(&cli.config),
        Command::Status(status) => status.run(&cli.config),
        Command::Profiles(profiles) => profiles.run(cli.state.as_deref()),
        Command::WriteState { folder } => store::write_from_stdin(&folder).map(|()| 0),
        Command::ReadMedia => reader::serve().map(|()| 0),
    };
    let outcome = outcome.and_then(|code| match terminal::failure() {
        None => Ok(code),
        Some(error) => Err(format!("cannot write to standard output: {error}")),
    });
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(sentence) => {
            let priority = if logger::in_journal() { "<3>" } else { "" };
            terminal::print_error(format_args!("{priority}dlna-kiosk: {sentence}"));
            ExitCode::FAILURE
        }
    }
}

/// The lines that are logged unless RUST_LOG is set.
const fn log_filter(verbose: u8, command: &Command) -> &'static str {
    match (verbose, command) {
        (0, Command::Run) => "error,dlna_kiosk=info",
        (0, _) => "off",
        (1, _) => "error,dlna_kiosk=debug",
        (_, _) => "trace",
    }
}

/// Reads the configuration and its problems. Looks at no media: a disk that hangs must not keep the box from starting, nor
/// the status from being shown.
fn load(path: &Path) -> Result<Loaded, String> {
    load_and(path, &config_file::assume)
}

/// Reads the configuration and its problems, also those of media paths that are not there.
fn load_and_look(path: &Path) -> Result<Loaded, String> {
    load_and(path, &config_file::look)
}

fn load_and(path: &Path, look: &dyn Fn(&Path) -> FileState) -> Result<Loaded, String> {
    // Without a file at the default path the defaults apply. A file that was named must be there.
    let usual = path == Path::new(CONFIG);
    if !usual && !path.exists() {
        return Err(format!("{}: no such file", path.display()));
    }
    let mut loaded = config_file::load(path, look).map_err(|error| unread(path, &error))?;
    if usual && !path.exists() {
        // Running without a file is normal: no warning.
        loaded.problems.retain(|problem| problem.line.is_some() || !problem.key.is_empty());
    }
    Ok(loaded)
}

/// Why a named file cannot be read, and what to do.
fn unread(path: &Path, error: &io::Error) -> String {
    let file = path.display();
    match error.kind() {
        ErrorKind::NotFound => format!("{file}: no such file"),
        ErrorKind::PermissionDenied => {
            format!("{file}: permission denied; try with sudo, or: sudo chmod a+r {file}")
        }
        ErrorKind::IsADirectory => format!("{file}: this is a folder; name a file in it"),
        ErrorKind::InvalidData => format!("{file}: not a text file (UTF-8)"),
        _ => format!("{file}: {error}"),
    }
}

/// Drives a kiosk with neither panel nor control port until `done`, then lets it leave. Returns its exit code.
fn one_shot(
    config: Config,
    first_only: bool,
    on_entry: impl FnMut(&Kiosk, &Entry),
    done: impl AsyncFnOnce(&Shell),
) -> Result<u8, String> {
    let shell = Shell::open(&config, Mode::Command)?;
    let executor = LocalExecutor::new();
    let setup = Setup { seed: fastrand::u64(..), first_only, ..Setup::default() };
    let driving = drive(Kiosk::new(config, setup), &shell, &executor, on_entry);
    let ending = async {
        done(&shell).await;
        shell.mailbox.post(Event::Leave).await;
        future::pending().await
    };
    Ok(smol::block_on(executor.run(future::or(driving, ending))))
}

/// Parses a number of seconds.
fn seconds(text: &str) -> Result<Duration, String> {
    const LONGEST: f64 = 86_400.0;
    let number = text.parse().ok();
    let number = number.filter(|number| (0.0..=LONGEST).contains(number));
    number
        .map(time::seconds)
        .ok_or_else(|| "write a number of seconds from 0 to 86400, such as 5 or 0.5".to_owned())
}

/// The configuration of a one-shot command: without buttons and LEDs.
fn bare_config() -> Config {
    Config { buttons: Vec::new(), leds: Vec::new(), ..Config::default() }
}
