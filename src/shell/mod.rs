//! The shell: the only place with sockets, files, pins and a clock. It turns what happens into events, performs the effects of
//! the kiosk, and decides nothing.

#![allow(
    clippy::disallowed_methods,
    reason = "this is where the clock is read and where tasks wait"
)]

pub mod clock;
pub mod config_file;
pub mod control_server;
pub mod driver;
pub mod fake_host;
pub mod gpio;
pub mod http;
pub mod logger;
pub mod mailbox;
pub mod media_server;
pub mod multicast;
pub mod network;
pub mod process;
pub mod reader;
pub mod scan;
mod senders;
pub mod store;
pub mod turns;
pub mod upnp_client;

use self::gpio::{GpioPanel, SimulatedPins};
use self::http::server::ListeningPort;
use self::mailbox::{Mailbox, Replies};
use self::multicast::Multicast;
use self::process::Notifier;
use self::reader::{Program, Readers};
use self::store::Store;
use crate::config::Config;
use crate::kiosk::event::{Event, PanelState};
use crate::time::Duration;
use async_io::Timer;
use async_signal::Signals;
use core::cell::RefCell;
use core::net::Ipv4Addr;
use smol::future;
use std::rc::Rc;

/// Pauses before a panel is opened again double from this. At most boots udev is less than a second late.
const PANEL_FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause: on a machine without pins there is nothing to wait for.
const PANEL_LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What the tasks of the box share. Declare it before the executor, so that they can borrow it.
#[derive(Debug)]
pub struct Shell {
    /// Carries events to the kiosk.
    pub mailbox: Mailbox,
    /// Carries answers of the kiosk to connections.
    pub replies: Replies,
    config: Config,
    multicast: Multicast,
    mode: Mode,
    panel: RefCell<Rc<GpioPanel>>,
    media: ListeningPort,
    /// The addresses of the renderers.
    preferred: RefCell<Vec<Ipv4Addr>>,
    control: Option<ListeningPort>,
    readers: Readers,
    signals: RefCell<Option<Signals>>,
    notifier: Notifier,
    store: Option<Store>,
}

impl Shell {
    /// Opens what must be there before the first step: the ports and the signal handlers.
    ///
    /// # Errors
    /// A sentence for the owner: signals cannot be caught, or a port is in use. The service does not fail for a port: it tries
    /// again.
    pub fn open(config: &Config, mode: Mode) -> Result<Self, String> {
        let signals =
            process::catch_signals().map_err(|error| format!("cannot catch signals: {error}"))?;
        let media = ListeningPort::open(mode.media_address(), config.media_port);
        let control = match mode {
            Mode::Service | Mode::Demo(_) => {
                Some(ListeningPort::open(control_server::ADDRESS, config.control_port))
            }
            Mode::Command => None,
        };
        let ports = [("media_port", Some(&media)), ("control_port", control.as_ref())];
        let failed = ports.into_iter().find_map(|(key, port)| Some((key, port?.error()?)));
        if let Some((key, why)) = failed.filter(|_| !matches!(mode, Mode::Service)) {
            return Err(format!("{key}: {why}"));
        }
        let readers = Readers::new(config, matches!(mode, Mode::Command));
        Ok(Self {
            mailbox: Mailbox::default(),
            replies: Replies::default(),
            config: config.clone(),
            multicast: Multicast::default(),
            mode,
            panel: RefCell::default(),
            media,
            preferred: RefCell::default(),
            control,
            readers,
            signals: RefCell::new(Some(signals)),
            notifier: Notifier::default(),
            store: None,
        })
    }

    /// Stores what the box learns in this store.
    pub fn keeping(self, store: Option<Store>) -> Self {
        Self { store, ..self }
    }

    /// Reads media by processes of this program, instead of its own.
    pub fn reading_by(self, program: Program) -> Self {
        Self { readers: self.readers.by(program), ..self }
    }

    /// Opens the panel and runs it until it fails. Retries a panel that cannot be opened: at boot, udev may grant the permissions
    /// only after the service has started.
    async fn run_panel(&self) -> String {
        // Close the old one first: lines are exclusive.
        self.panel.replace(Rc::default());
        let wired = !self.config.buttons.is_empty() || !self.config.leds.is_empty();
        let mut pause = PANEL_FIRST_PAUSE;
        loop {
            let opened = match &self.mode {
                Mode::Service if wired => GpioPanel::open(&self.config),
                Mode::Service => Err("none is configured".to_owned()),
                Mode::Demo(pins) => Ok(GpioPanel::simulated(&self.config, Rc::clone(pins))),
                Mode::Command => Err("this command has none".to_owned()),
            };
            let idle = GpioPanel::default();
            match opened {
                Ok(panel) => {
                    let panel = Rc::new(panel);
                    self.panel.replace(Rc::clone(&panel));
                    self.mailbox.post(Event::Panel(PanelState::Working)).await;
                    return panel.run(&self.mailbox).await;
                }
                Err(why) => self.mailbox.post(Event::Panel(PanelState::Absent(why))).await,
            }
            if !wired {
                break;
            }
            let wait = async {
                Timer::after(pause).await;
                String::new()
            };
            future::or(idle.run(&self.mailbox), wait).await;
            pause = (pause * 2).min(PANEL_LONGEST_PAUSE);
        }
        GpioPanel::default().run(&self.mailbox).await
    }

    /// The number of the control port, if it is open.
    pub fn control_port(&self) -> Option<u16> {
        self.control.as_ref()?.number()
    }

    async fn run_media_server(&self) -> String {
        match self.media.listener() {
            Ok((listener, media_port)) => {
                self.mailbox.post(Event::Listening { media_port }).await;
                let preferred = |peer| self.preferred.borrow().contains(&peer);
                let (mailbox, replies) = (&self.mailbox, &self.replies);
                media_server::run(listener, mailbox, replies, &self.readers, preferred).await
            }
            Err(why) => format!("media_port: {why}"),
        }
    }

    async fn run_control_server(&self, port: &ListeningPort) -> String {
        match port.listener() {
            Ok((listener, _)) => control_server::run(listener, &self.mailbox, &self.replies).await,
            Err(why) => format!("control_port: {why}"),
        }
    }
}

/// What the program runs as.
#[derive(Debug)]
pub enum Mode {
    /// The box: pins and control port as configured.
    Service,
    /// The demonstration: simulated pins and a control port, all on loopback.
    Demo(Rc<SimulatedPins>),
    /// A one-shot command at a terminal: neither pins nor control port.
    Command,
}

impl Mode {
    /// The address of the media server. The demonstration stays on this machine.
    fn media_address(&self) -> Ipv4Addr {
        match self {
            Self::Demo(_) => Ipv4Addr::LOCALHOST,
            Self::Service | Self::Command => Ipv4Addr::UNSPECIFIED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{GpioBackend, Led, LedFunction, Pin, PinLevel, PortChoice};
    use crate::test_support::TestFolder;

    #[test]
    fn a_panel_that_becomes_available_late_is_opened_soon() {
        let folder = TestFolder::new("late-panel");
        let late = folder.path().join("late");
        let config = Config {
            gpio: GpioBackend::Simulated(late.join("pins")),
            media_port: PortChoice::From(25_000),
            control_port: PortChoice::From(26_000),
            leds: vec![Led { pin: Pin(22), shows: LedFunction::Status, active: PinLevel::High }],
            ..Config::default()
        };
        let shell = Shell::open(&config, Mode::Service).unwrap();
        let story = async {
            let (mut absent, mut said) = (0, String::new());
            loop {
                match shell.mailbox.take().await {
                    Event::Panel(PanelState::Absent(why)) => {
                        absent += 1;
                        assert!(absent == 1 || why == said, "one reason, one sentence: {why}");
                        said = why;
                        if absent == 2 {
                            std::fs::create_dir(&late).unwrap();
                        }
                    }
                    Event::Panel(PanelState::Working) => return absent,
                    _ => {}
                }
            }
        };
        let running = async { panic!("the panel failed: {}", shell.run_panel().await) };
        assert_eq!(smol::block_on(future::or(story, running)), 2);
        assert!(late.join("pins").exists());
    }
}
