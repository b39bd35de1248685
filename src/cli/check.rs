//! `dlna-kiosk check`: what is wrong with the configuration, and what it comes to.
//!
//! `dlna-kiosk import`: from the Python kiosk's device list to a configuration.
//!
//! `dlna-kiosk check --renderers`: looks who is there, and says of each file whether it will play.
//!
//! Nothing is played: renderers are found, asked for what they list, and left.

use crate::cli::terminal::{complain, counted, say, show};
use crate::config::{Config, Port, Rule, Severity, effective_for, import};
use crate::kiosk::event::Event;
use crate::kiosk::preflight::{Outlook, Prospect, Surroundings};
use crate::kiosk::trace::{Entry, What};
use crate::kiosk::{Kiosk, Setup};
use crate::shell::clock::pause;
use crate::shell::driver::drive;
use crate::shell::{Mode, Shell};
use crate::shell::{control_server, gpio, network};
use crate::time::Duration;
use clap::Args;
use smol::{LocalExecutor, future};
use std::fs::File;
use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Look which renderers are there, and say of each file whether it will play
    #[arg(long)]
    renderers: bool,
}

impl Check {
    pub(super) fn run(&self, path: &Path) -> Result<u8, String> {
        let config = check(path, self.renderers)?;
        if self.renderers { preflight(&config) } else { Ok(0) }
    }
}

/// Says what is wrong with the file; what it comes to only if nothing else is to be said.
fn check(path: &Path, is_short: bool) -> Result<Config, String> {
    let loaded = crate::cli::load(path)?;
    let file = path.display().to_string();
    for problem in &loaded.problems {
        complain(problem.in_file(&file));
    }
    let count =
        |severity| loaded.problems.iter().filter(|problem| problem.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let Some(config) = loaded.config else {
        return Err(format!(
            "{file}: {}, {}: the box cannot run with it",
            counted(errors, "error"),
            counted(warnings, "warning")
        ));
    };
    if !is_short {
        show(effective_for(gpio::header(), &config));
    }
    let warnings = counted(warnings, "warning");
    complain(if path.exists() {
        format!("{file}: good, {warnings}")
    } else {
        format!("{file}: there is no such file, so these defaults hold; {warnings}")
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
            complain(format_args!("{file}: warning: {warning}"));
        }
        show(imported.toml);
        Ok(0)
    }
}

/// Who has not answered by then is not there: three searches, and MX of 1 s.
const PATIENCE: Duration = Duration::from_secs(5);

/// Prints a line for each file and renderer. The code is 1 if something cannot play.
fn preflight(config: &Config) -> Result<u8, String> {
    let mut prospects = look(config)?;
    prospects.extend(port_taken(config));
    for prospect in &prospects {
        say(prospect);
    }
    let cannot = |prospect: &&Prospect| matches!(prospect.outlook, Outlook::Cannot(_));
    let count = prospects.iter().filter(cannot).count();
    complain(match count {
        0 => "nothing stands in the way".to_owned(),
        _ => format!("{count} of {} cannot play", prospects.len()),
    });
    Ok(u8::from(count > 0))
}

fn look(config: &Config) -> Result<Vec<Prospect>, String> {
    let quiet = |rule: &Rule| Rule { autoplay: false, volume: None, ..rule.clone() };
    let (Port::Fixed(port) | Port::From(port)) = config.media_port;
    let quiet = Config {
        rules: config.rules.iter().map(quiet).collect(),
        buttons: Vec::new(),
        leds: Vec::new(),
        // The box may run, and have the port.
        media_port: Port::From(port),
        stop_at_exit: false,
        ..config.clone()
    };
    let subnets: Vec<(Ipv4Addr, Ipv4Addr)> = network::interfaces()
        .map_err(|error| format!("the networks of the box cannot be listed: {error}"))?
        .iter()
        .map(|interface| (interface.address, interface.netmask))
        .collect();
    let surroundings = Surroundings { subnets: &subnets, unreadable: &unreadable };
    let shell = Shell::open(&quiet, Mode::Command)?;
    let executor = LocalExecutor::new();
    let setup = Setup { seed: fastrand::u64(..), ..Setup::default() };
    let mut prospects = Vec::new();
    let driving = drive(Kiosk::new(quiet, setup), &shell, &executor, |kiosk, entry: &Entry| {
        if entry.what == What::Leaving {
            prospects = kiosk.preflight(surroundings);
        }
    });
    let patience = async {
        pause(PATIENCE).await;
        shell.mailbox.post(Event::Leave).await;
        future::pending().await
    };
    smol::block_on(executor.run(future::or(driving, patience)));
    Ok(prospects)
}

/// By opening it as the media server does, and reading its first byte.
fn unreadable(path: &Path) -> Option<String> {
    let mut byte = [0];
    let read = File::open(path).and_then(|mut file| file.read(&mut byte));
    read.err().map(|error| error.to_string())
}

/// A fixed port that somebody else has; the box itself may have it.
fn port_taken(config: &Config) -> Option<Prospect> {
    let Port::Fixed(port) = config.media_port else { return None };
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).err()?;
    let running = smol::block_on(control_server::fetch_status(config.control_port)).is_ok();
    (!running).then(|| Prospect {
        renderer: format!("media_port = {port}"),
        file: None,
        outlook: Outlook::Cannot("another program has this port".to_owned()),
    })
}
