//! `dlna-kiosk check` and `dlna-kiosk import`: problems of a configuration, what it comes to, whether its files will play on
//! the renderers that are there, and the conversion of the Python kiosk's device list.

use crate::cli::run::state_folder;
use crate::cli::terminal::{counted, print, print_error, print_line};
use crate::config::{Config, PortChoice, Rule, Severity, effective_for, import};
use crate::kiosk::Kiosk;
use crate::kiosk::event::Event;
use crate::kiosk::memory::Memory;
use crate::kiosk::preflight::{Outlook, Prospect, Surroundings};
use crate::kiosk::trace::{Entry, What};
use crate::shell::clock::pause;
use crate::shell::store::Store;
use crate::shell::{control_server, gpio, network};
use crate::time::Duration;
use clap::Args;
use std::fs::File;
use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Look for the renderers and say which files each will play, instead of printing the settings
    #[arg(long)]
    renderers: bool,
}

impl Check {
    pub(super) fn run(&self, path: &Path, state: Option<&Path>) -> Result<u8, String> {
        let config = check(path, self.renderers)?;
        if self.renderers { preflight(&config, state) } else { Ok(0) }
    }
}

/// Prints the problems of the file and, unless `brief`, the effective configuration.
fn check(path: &Path, brief: bool) -> Result<Config, String> {
    let loaded = crate::cli::load_and_look(path)?;
    let file = path.display().to_string();
    for problem in &loaded.problems {
        print_error(problem.in_file(&file));
    }
    let count =
        |severity| loaded.problems.iter().filter(|problem| problem.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let Some(config) = loaded.config else {
        return Err(format!(
            "{file}: {}, {}: the box cannot run with this file",
            counted(errors, "error"),
            counted(warnings, "warning")
        ));
    };
    if !brief {
        print(effective_for(gpio::header(), &config));
    }
    let warnings = counted(warnings, "warning");
    print_error(if path.exists() {
        format!("{file}: no errors, {warnings}")
    } else {
        format!("{file}: no such file, so these defaults apply; {warnings}")
    });
    Ok(config)
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The device list: a JSON array of objects with device_name, hostname, video_file, loop, …
    file: PathBuf,
}

impl Import {
    pub(super) fn run(&self) -> Result<u8, String> {
        let file = self.file.display();
        let json = std::fs::read_to_string(&self.file)
            .map_err(|error| crate::cli::unread(&self.file, &error))?;
        let imported = import(&json).map_err(|why| format!("{file}: {why}"))?;
        for warning in &imported.warnings {
            print_error(format_args!("{file}: warning: {warning}"));
        }
        print(imported.toml);
        Ok(0)
    }
}

/// Long enough for three searches, each with an MX of 1 s.
const SEARCH_TIME: Duration = Duration::from_secs(5);

/// Finds the renderers without playing anything, and prints for each renderer and file whether it will play. The exit code
/// is 1 if something cannot play.
fn preflight(config: &Config, state: Option<&Path>) -> Result<u8, String> {
    let mut prospects = prospects(config, state)?;
    prospects.extend(port_taken(config));
    for prospect in &prospects {
        print_line(prospect);
    }
    let cannot = |prospect: &&Prospect| matches!(prospect.outlook, Outlook::Cannot(_));
    let count = prospects.iter().filter(cannot).count();
    print_error(match count {
        0 => "no file is certain to fail".to_owned(),
        _ => format!("{count} of {} cannot play", prospects.len()),
    });
    Ok(u8::from(count > 0))
}

fn prospects(config: &Config, state: Option<&Path>) -> Result<Vec<Prospect>, String> {
    let quiet = |rule: &Rule| Rule { autoplay: false, volume: None, ..rule.clone() };
    let (PortChoice::Fixed(port) | PortChoice::From(port)) = config.media_port;
    let quiet = Config {
        rules: config.rules.iter().map(quiet).collect(),
        buttons: Vec::new(),
        leds: Vec::new(),
        // The box may be running and hold the port.
        media_port: PortChoice::From(port),
        stop_at_exit: false,
        ..config.clone()
    };
    let subnets: Vec<(Ipv4Addr, Ipv4Addr)> = network::interfaces()
        .map_err(|error| format!("cannot list the network interfaces: {error}"))?
        .iter()
        .map(|interface| (interface.address, interface.netmask))
        .collect();
    let surroundings = Surroundings { subnets: &subnets, unreadable: &unreadable };
    let mut prospects = Vec::new();
    let on_leaving = |kiosk: &Kiosk, entry: &Entry| {
        if entry.what == What::Leaving {
            prospects = kiosk.preflight(surroundings, entry.at);
        }
    };
    super::one_shot(quiet, false, on_leaving, async |shell| {
        if let Some(memory) = learned(state) {
            shell.mailbox.post(Event::Remembered(Box::new(memory))).await;
        }
        pause(SEARCH_TIME).await;
    })?;
    Ok(prospects)
}

/// What the box has learned on this machine, if this user may read it.
fn learned(state: Option<&Path>) -> Option<Memory> {
    Store::new(&state_folder(state)).load().ok().map(Memory::without_past)
}

/// Why a file cannot be read: tries its first byte, as the media server would.
fn unreadable(path: &Path) -> Option<String> {
    let mut byte = [0];
    let read = File::open(path).and_then(|mut file| file.read(&mut byte));
    read.err().map(|error| error.to_string())
}

/// A fixed media port that another program holds. The box itself may hold it.
fn port_taken(config: &Config) -> Option<Prospect> {
    let PortChoice::Fixed(port) = config.media_port else { return None };
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).err()?;
    let running =
        smol::block_on(control_server::fetch(config.control_port, &control_server::STATUS)).is_ok();
    (!running).then(|| Prospect {
        renderer: format!("media_port = {port}"),
        file: None,
        outlook: Outlook::Cannot("another program uses this port".to_owned()),
    })
}
