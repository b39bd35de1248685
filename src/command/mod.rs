//! The command line.

mod check;
pub mod clip;
mod demo;
mod discover;
mod import;
mod play;
mod run;
mod status;
mod terminal;

use crate::config::{Config, Loaded};
use crate::shell::config_file;
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Where the configuration is, unless said otherwise.
const CONFIG: &str = "/etc/dlna-kiosk/config.toml";

/// Plays your media on every DLNA renderer in the room (TVs, projectors, speakers), and keeps it
/// playing. Buttons and LEDs of a Raspberry Pi are its front panel.
///
/// Try it now, without a Pi, a TV or media:  dlna-kiosk demo
#[derive(Debug, Parser)]
#[command(name = "dlna-kiosk", version, propagate_version = true)]
pub struct Cli {
    /// The configuration file
    #[arg(long, global = true, value_name = "FILE", default_value = CONFIG, hide_default_value = true)]
    config: PathBuf,
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
    /// Play files or folders on a renderer now; needs no configuration
    Play(play::Play),
    /// List the renderers on the network, each the moment it is found
    Discover(discover::Discover),
    /// Check the configuration file and print what it comes to
    Check,
    /// Turn the device list of the Python kiosk (JSON) into a configuration, printed
    Import(import::Import),
    /// Show the box at work with a simulated renderer; keys are the buttons
    Demo(demo::Demo),
    /// Ask the running box how it is
    Status(status::Status),
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or(Command::Run);
    start_log(cli.verbose, &command);
    let outcome = match command {
        Command::Run => run::run(&cli.config),
        Command::Play(play) => play.run(),
        Command::Discover(discover) => discover.run(),
        Command::Check => check::run(&cli.config),
        Command::Import(import) => import.run(),
        Command::Demo(demo) => demo.run(),
        Command::Status(status) => status.run(&cli.config),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(sentence) => {
            eprintln!("dlna-kiosk: {sentence}");
            ExitCode::FAILURE
        }
    }
}

/// Logs go to standard error, for journald; under systemd without times, which it adds itself.
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
    if std::env::var_os("JOURNAL_STREAM").is_some() {
        builder.format_timestamp(None);
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
    let mut loaded =
        config_file::load(path).map_err(|error| format!("{}: {error}", path.display()))?;
    if usual && !path.exists() {
        // Running without a file is an ordinary thing.
        loaded
            .problems
            .retain(|problem| problem.line.is_some() || !problem.key.is_empty());
    }
    Ok(loaded)
}

/// The configuration of a one-shot command.
fn bare_config() -> Config {
    Config {
        buttons: Vec::new(),
        leds: Vec::new(),
        ..Config::default()
    }
}
