//! What the tasks share: the way into the logic, the doors, the panel, the store.

use super::door::Door;
use super::gpio::{Panel, Pins};
use super::mailbox::Mailbox;
use super::multicast::Multicast;
use super::replies::Replies;
use super::store::Store;
use super::systemd::Notifier;
use super::watch::Watch;
use super::{control_server, media_server, scan, signals};
use crate::config::Config;
use crate::kiosk::event::{Event, PanelState};
use crate::time::Duration;
use async_io::Timer;
use async_signal::Signals;
use core::cell::RefCell;
use core::net::Ipv4Addr;
use smol::future;
use std::rc::Rc;

/// A panel that cannot be opened is tried again after pauses that double: udev is late by less than a
/// second at most boots, and nothing is to be hoped from a machine without pins.
const PANEL_FIRST_PAUSE: Duration = Duration::from_millis(250);
const PANEL_LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What the tasks share. Declare it before the executor, so that they can borrow it.
#[derive(Debug)]
pub struct Shell {
    /// The way into the logic.
    pub mailbox: Mailbox,
    /// Answers owed to those who ask the box.
    pub replies: Replies,
    pub(super) config: Config,
    pub(super) multicast: Multicast,
    pub(super) front: Front,
    pub(super) panel: RefCell<Rc<Panel>>,
    media: Door,
    pub(super) page: Option<Door>,
    pub(super) watch: Watch,
    /// What was seen of the media files, between scans.
    pub(super) known: RefCell<scan::Known>,
    pub(super) signals: RefCell<Option<Signals>>,
    pub(super) notifier: Notifier,
    pub(super) store: Option<Store>,
}

impl Shell {
    /// Opens everything that must be there before the first step: the ports. `front` says whether
    /// the box has a front panel and a control port; one-shot commands have neither.
    ///
    /// # Errors
    /// A sentence for the owner: signals cannot be caught; or a port is taken, unless this is a box that
    /// nobody watches, which tries again.
    pub fn open(config: &Config, front: Front) -> Result<Self, String> {
        let signals = signals::catch().map_err(|error| format!("cannot catch signals: {error}"))?;
        let media = Door::open(front.media_address(), config.media_port);
        let page = match front {
            Front::Full | Front::Screen(_) => {
                Some(Door::open(control_server::ADDRESS, config.control_port))
            }
            Front::None => None,
        };
        let doors = [("media_port", Some(&media)), ("control_port", page.as_ref())];
        let shut = doors.into_iter().find_map(|(key, door)| Some((key, door?.fault()?)));
        if let Some((key, why)) = shut.filter(|_| !matches!(front, Front::Full)) {
            return Err(format!("{key}: {why}"));
        }
        let known = match front {
            Front::None => scan::Known::at_once(),
            Front::Full | Front::Screen(_) => scan::Known::default(),
        };
        Ok(Self {
            mailbox: Mailbox::default(),
            replies: Replies::default(),
            config: config.clone(),
            multicast: Multicast::default(),
            front,
            panel: RefCell::default(),
            media,
            page,
            watch: Watch::default(),
            known: RefCell::new(known),
            signals: RefCell::new(Some(signals)),
            notifier: Notifier::default(),
            store: None,
        })
    }

    /// Keeps what the box learns in this store.
    #[must_use]
    pub fn keeping(self, store: Option<Store>) -> Self {
        Self { store, ..self }
    }

    /// Opens the front panel and runs it until it fails. Permissions may come late at boot (udev sets
    /// the group after services start), so that a panel that cannot be opened is tried again.
    pub(super) async fn run_panel(&self) -> String {
        // The old one first: lines are exclusive.
        self.panel.replace(Rc::default());
        let wired = !self.config.buttons.is_empty() || !self.config.leds.is_empty();
        let mut pause = PANEL_FIRST_PAUSE;
        loop {
            let opened = match &self.front {
                Front::Full if wired => Panel::open(&self.config),
                Front::Full => Err("none is configured".to_owned()),
                Front::Screen(pins) => Ok(Panel::simulated(&self.config, Rc::clone(pins))),
                Front::None => Err("this command has none".to_owned()),
            };
            let idle = Panel::default();
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
        Panel::default().run(&self.mailbox).await
    }

    /// The control port, if there is one that listens.
    pub fn control_port(&self) -> Option<u16> {
        self.page.as_ref()?.number()
    }

    pub(super) async fn run_media_server(&self) -> String {
        match self.media.listener() {
            Ok((listener, media_port)) => {
                self.mailbox.post(Event::Listening { media_port }).await;
                media_server::run(listener, &self.mailbox, &self.replies).await
            }
            Err(why) => format!("media_port: {why}"),
        }
    }

    pub(super) async fn run_control_server(&self, door: &Door) -> String {
        match door.listener() {
            Ok((listener, _)) => control_server::run(listener, &self.mailbox, &self.replies).await,
            Err(why) => format!("control_port: {why}"),
        }
    }
}

/// Which front the box has.
#[derive(Debug)]
pub enum Front {
    /// Pins and control port, as configured.
    Full,
    /// Simulated pins, and the control port; on loopback only.
    Screen(Rc<Pins>),
    /// None: a command at a terminal.
    None,
}

impl Front {
    /// Where media are served: the demonstration keeps to this machine.
    fn media_address(&self) -> Ipv4Addr {
        match self {
            Self::Screen(_) => Ipv4Addr::LOCALHOST,
            Self::Full | Self::None => Ipv4Addr::UNSPECIFIED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Backend, Led, Level, Pin, Port, Shows};
    use crate::shell::scratch::Scratch;

    #[test]
    fn a_panel_that_comes_late_is_there_before_long() {
        let folder = Scratch::new("late-panel");
        let late = folder.path().join("late");
        let config = Config {
            gpio: Backend::Simulated(late.join("pins")),
            media_port: Port::From(25_000),
            control_port: Port::From(26_000),
            leds: vec![Led { pin: Pin(22), shows: Shows::Status, active: Level::High }],
            ..Config::default()
        };
        let shell = Shell::open(&config, Front::Full).unwrap();
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
