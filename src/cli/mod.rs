//! The command line.

mod check;
pub mod demo;
mod discover;
mod pins;
mod play;
mod profiles;
mod run;
mod status;
mod terminal;

use crate::config::{Config, Loaded};
use crate::shell::config_file;
use crate::time::{self, Duration};
use clap::{Parser, Subcommand};
use log::Level;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Where the configuration is, unless said otherwise.
const CONFIG: &str = "/etc/dlna-kiosk/config.toml";

/// Plays your media on every DLNA renderer in the room (TVs, projectors, speakers), and keeps it
/// playing. Buttons and LEDs of a Raspberry Pi are its front panel.
///
/// Try it now, without a Pi, a TV or media:  dlna-kiosk demo
#[derive(Debug, Parser)]
#[command(name = "dlna-kiosk", version)]
pub struct Cli {
    /// The configuration file, for run, check, learn, leds and status
    #[arg(long, global = true, value_name = "FILE", default_value = CONFIG)]
    config: PathBuf,
    /// The folder with what the box has learned, for run and profiles; systemd names it by itself
    #[arg(long, global = true, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Say more: -v what is sent to renderers, -vv everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the box with its configuration, until it is told to stop (the default)
    Run,
    /// Play files or folders on a renderer now; takes it over from a box, needs no configuration
    Play(play::Play),
    /// List the renderers on the network, each the moment it is found
    Discover(discover::Discover),
    /// Check the configuration file and print what it comes to
    Check(check::Check),
    /// Turn the device list of the Python kiosk (JSON) into a configuration, printed
    Import(check::Import),
    /// Show the box at work with a simulated renderer; keys are the buttons
    Demo(demo::Demo),
    /// Find out which pin a button is wired to: press it, and paste what is printed
    Learn(pins::Learn),
    /// Show each pattern in turn on the LEDs, and what it says
    Leds(pins::Leds),
    /// Ask the running box how it is
    Status(status::Status),
    /// Show what the box has learned about renderers, or have it forgotten
    Profiles(profiles::Profiles),
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or(Command::Run);
    start_log(cli.verbose, &command);
    let outcome = match command {
        Command::Run => run::run(&cli.config, cli.state),
        Command::Play(play) => play.run(),
        Command::Discover(discover) => discover.run(),
        Command::Check(check) => check.run(&cli.config),
        Command::Import(import) => import.run(),
        Command::Demo(demo) => demo.run(),
        Command::Learn(learn) => learn.run(&cli.config),
        Command::Leds(leds) => leds.run(&cli.config),
        Command::Status(status) => status.run(&cli.config),
        Command::Profiles(profiles) => profiles.run(cli.state.as_deref()),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(sentence) => {
            let priority = if in_journal() { "<3>" } else { "" };
            terminal::complain(format_args!("{priority}dlna-kiosk: {sentence}"));
            ExitCode::FAILURE
        }
    }
}

/// Standard error goes to journald.
fn in_journal() -> bool {
    std::env::var_os("JOURNAL_STREAM").is_some() && !io::stderr().is_terminal()
}

/// Logs go to standard error. journald adds the time by itself, and reads the number in brackets as
/// the priority by which `journalctl` colours and filters: sd-daemon(3).
fn start_log(verbose: u8, command: &Command) {
    let level = match (verbose, command) {
        (0, Command::Run) => "error,dlna_kiosk=info",
        (0, _) => "off",
        (1, _) => "error,dlna_kiosk=debug",
        (_, _) => "trace",
    };
    let mut builder =
        env_logger::Builder::from_env(env_logger::Env::default().default_filter_or(level));
    builder.format_target(false);
    if in_journal() {
        builder.format(|out, record| {
            let priority = match record.level() {
                Level::Error => 3,
                Level::Warn => 4,
                Level::Info => 6,
                Level::Debug | Level::Trace => 7,
            };
            writeln!(out, "<{priority}>{}", record.args())
        });
    }
    builder.init();
}

/// Reads a configuration; says on standard error what is wrong with it.
fn load(path: &Path) -> Result<Loaded, String> {
    // Without a file at the usual place the defaults hold; a file that was asked for must be there.
    let usual = path == Path::new(CONFIG);
    if !usual && !path.exists() {
        return Err(format!("{}: there is no such file", path.display()));
    }
    let mut loaded = config_file::load(path).map_err(|error| unread(path, &error))?;
    if usual && !path.exists() {
        // Running without a file is an ordinary thing.
        loaded.problems.retain(|problem| problem.line.is_some() || !problem.key.is_empty());
    }
    Ok(loaded)
}

/// Why a file that was named cannot be read, and what to do.
fn unread(path: &Path, error: &io::Error) -> String {
    let file = path.display();
    match error.kind() {
        ErrorKind::NotFound => format!("{file}: there is no such file"),
        ErrorKind::PermissionDenied => {
            format!("{file}: you may not read it; try with sudo, or: sudo chmod a+r {file}")
        }
        ErrorKind::IsADirectory => format!("{file}: this is a folder; name a file in it"),
        ErrorKind::InvalidData => format!("{file}: this is no text (UTF-8)"),
        _ => format!("{file}: {error}"),
    }
}

/// A number of seconds from the command line.
fn seconds(text: &str) -> Result<Duration, String> {
    const LONGEST: f64 = 86_400.0;
    let number = text.parse().ok();
    let number = number.filter(|number| (0.0..=LONGEST).contains(number));
    number
        .map(time::seconds)
        .ok_or_else(|| "write a number of seconds up to 86400, such as 5 or 0.5".to_owned())
}

/// The configuration of a one-shot command.
fn bare_config() -> Config {
    Config { buttons: Vec::new(), leds: Vec::new(), ..Config::default() }
}
