//! The driver: takes events from the mailbox, steps the kiosk, performs the effects. Nothing else
//! in the box decides when anything happens.
//!
//! Performing an effect never awaits: it sets a pin, or starts a task that will post an event.

use super::door::Door;
use super::gpio::{Panel, Pins};
use super::mailbox::Mailbox;
use super::multicast::Multicast;
use super::replies::Replies;
use super::store::Store;
use super::systemd::Notifier;
use super::watch::Watch;
use super::{courier, media_server, network, page_server, power, probe, scan, signals, wall_clock};
use crate::config::Config;
use crate::kiosk::Kiosk;
use crate::kiosk::effect::{Effect, Effects};
use crate::kiosk::event::{Event, PanelState, TaskName};
use crate::kiosk::status::MailboxStatus;
use crate::kiosk::trace::Entry;
use crate::limits::EFFECTS;
use crate::time::{Duration, Instant};
use async_io::Timer;
use async_signal::Signals;
use core::cell::RefCell;
use core::net::Ipv4Addr;
use smol::{LocalExecutor, Task, future};
use std::collections::HashMap;
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
    config: Config,
    multicast: Multicast,
    front: Front,
    panel: RefCell<Rc<Panel>>,
    media: Door,
    page: Option<Door>,
    watch: Watch,
    /// What was seen of the media files, between scans.
    known: RefCell<scan::Known>,
    signals: RefCell<Option<Signals>>,
    notifier: Notifier,
    store: Option<Store>,
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
                Some(Door::open(page_server::ADDRESS, config.control_port))
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
    async fn run_panel(&self) -> String {
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

    async fn run_media_server(&self) -> String {
        match self.media.listener() {
            Ok((listener, media_port)) => {
                self.mailbox.post(Event::Listening { media_port }).await;
                media_server::run(listener, &self.mailbox, &self.replies).await
            }
            Err(why) => format!("media_port: {why}"),
        }
    }

    async fn run_page_server(&self, door: &Door) -> String {
        match door.listener() {
            Ok((listener, _)) => page_server::run(listener, &self.mailbox, &self.replies).await,
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

/// Turns the box's clock into the kiosk's time, and back.
#[derive(Clone, Copy, Debug)]
pub struct Clock(std::time::Instant);

impl Clock {
    /// Starts at zero.
    #[must_use]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// The time now.
    #[must_use]
    pub fn now(self) -> Instant {
        Instant::START + self.0.elapsed()
    }

    fn at(self, instant: Instant) -> std::time::Instant {
        let since = instant.since(Instant::START);
        self.0.checked_add(since).unwrap_or_else(|| self.0 + Duration::from_secs(86_400 * 365))
    }
}

/// Drives the kiosk until it wants to exit; gives the exit code. `audience` is told each new entry of
/// the flight recorder.
pub async fn drive<'a>(
    mut kiosk: Kiosk,
    shell: &'a Shell,
    executor: &LocalExecutor<'a>,
    mut audience: impl FnMut(&Kiosk, &Entry),
) -> u8 {
    let clock = Clock::start();
    let mut hands = Hands {
        shell,
        executor,
        essential: HashMap::new(),
        errands: HashMap::new(),
        chores: Vec::new(),
    };
    match &shell.store {
        // Before anything else can happen.
        Some(store) => shell.mailbox.offer(Event::Remembered(Box::new(store.read()))),
        None => log::debug!("no state directory: what is learned is forgotten with the box"),
    }
    hands.start_all();
    let mut seen = 0;
    let mut effects = Effects::with_capacity(EFFECTS);
    loop {
        let event = next(&shell.mailbox, kiosk.next_deadline().map(|next| clock.at(next.at))).await;
        if let Event::Answered { ticket, .. } = &event {
            hands.errands.remove(&ticket.number());
        }
        kiosk.step(event, clock.now(), &mut effects);
        for entry in kiosk.trace().since(seen) {
            log::log!(entry.what.level(), "{entry}");
            audience(&kiosk, entry);
        }
        seen = kiosk.trace().written();
        for effect in effects.drain(..) {
            if let Effect::Exit(code) = effect {
                hands.put_down().await;
                return code;
            }
            hands.perform(effect, &kiosk, clock);
        }
    }
}

/// The next event: from the mailbox, or that the deadline has come.
async fn next(mailbox: &Mailbox, deadline: Option<std::time::Instant>) -> Event {
    let Some(deadline) = deadline else {
        return mailbox.take().await;
    };
    let due = async {
        Timer::at(deadline).await;
        Event::Deadline
    };
    future::or(mailbox.take(), due).await
}

/// What performs the effects: every task it starts is held here, and none outlives it.
struct Hands<'a, 'e> {
    shell: &'a Shell,
    executor: &'e LocalExecutor<'a>,
    essential: HashMap<TaskName, Task<()>>,
    errands: HashMap<u32, Task<()>>,
    chores: Vec<Task<()>>,
}

impl<'a> Hands<'a, '_> {
    fn start_all(&mut self) {
        let shell = self.shell;
        if let Some(signals) = shell.signals.take() {
            let dark = || {
                shell.panel.borrow().dark();
            };
            self.chore(async move {
                signals::run(signals, &shell.mailbox, dark).await;
            });
        }
        if !shell.config.schedule.is_empty() {
            // Else nobody needs to know the time, and nothing wakes for it.
            self.chore(wall_clock::run(&shell.mailbox, shell.config.clock));
        }
        self.chore(async { match shell.watch.run(&shell.mailbox).await {} });
        for name in crate::kiosk::supervisor::TASKS {
            self.start(name);
        }
    }

    /// Starts an essential task; if it ends, the kiosk hears of it.
    fn start(&mut self, name: TaskName) {
        let shell = self.shell;
        let task = self.executor.spawn(async move {
            let why = match name {
                TaskName::Multicast => match shell.multicast.run(&shell.mailbox).await {},
                TaskName::MediaServer => shell.run_media_server().await,
                TaskName::PageServer => {
                    let Some(door) = &shell.page else { return };
                    shell.run_page_server(door).await
                }
                TaskName::Panel => shell.run_panel().await,
                TaskName::Network => {
                    if matches!(shell.front, Front::Screen(_)) {
                        // Nothing leaves this machine.
                        let alone = [Ipv4Addr::LOCALHOST].into_iter().collect();
                        return shell.mailbox.post(Event::Addresses(alone)).await;
                    }
                    match network::run(&shell.mailbox, |interfaces| {
                        shell.multicast.rejoin(interfaces)
                    })
                    .await {}
                }
            };
            shell.mailbox.post(Event::TaskEnded(name, why)).await;
        });
        self.essential.insert(name, task);
    }

    fn chore(&mut self, work: impl Future<Output = ()> + 'a) {
        self.chores.retain(|task| !task.is_finished());
        self.chores.push(self.executor.spawn(work));
    }

    fn perform(&mut self, effect: Effect, kiosk: &Kiosk, clock: Clock) {
        let shell = self.shell;
        match effect {
            Effect::Search => self.chore(async {
                shell.multicast.search().await;
            }),
            Effect::SearchAt(address) => {
                shell.multicast.search_at(address);
            }
            Effect::Run(ticket) => {
                if let Some(errand) = kiosk.errand(&ticket) {
                    let number = ticket.number();
                    let task = self.executor.spawn(async move {
                        let (outcome, facing) = courier::run(&errand).await;
                        log::debug!("{errand}: {outcome:?}");
                        shell.mailbox.post(Event::Answered { ticket, outcome, facing }).await;
                    });
                    self.errands.insert(number, task);
                }
            }
            Effect::Cancel(number) => {
                self.errands.remove(&number);
            }
            Effect::Scan => self.chore(async move {
                let mut known = shell.known.take();
                let scan = scan::scan(&shell.config, &mut known, &shell.watch, clock).await;
                shell.known.replace(known);
                shell.mailbox.post(Event::Scanned(Box::new(scan))).await;
            }),
            Effect::Save => {
                if let Some(store) = &shell.store {
                    let bytes = kiosk.memory(clock.now()).write();
                    self.chore(async move {
                        let outcome = store.write(&bytes).await;
                        shell.mailbox.post(outcome).await;
                    });
                }
            }
            Effect::Probe(token) => {
                if let Some(published) = kiosk.published(token) {
                    self.chore(async move {
                        // After the first call is on its way: reading may take some milliseconds.
                        future::yield_now().await;
                        let duration =
                            probe::duration(&published.path, published.media_type.extension);
                        shell.mailbox.post(Event::Probed { token, duration }).await;
                    });
                }
            }
            Effect::Serve(reply, token) => shell.replies.serve(reply, kiosk.published(token)),
            Effect::Acknowledge(reply, known) => shell.replies.acknowledge(reply, known),
            Effect::Report(reply) => {
                let mailbox = MailboxStatus {
                    depth: shell.mailbox.depth(),
                    deepest: shell.mailbox.deepest(),
                    dropped: shell.mailbox.dropped(),
                };
                let status = kiosk.status(clock.now(), mailbox);
                shell.replies.report(reply, serde_json::to_string(&status).unwrap_or_default());
            }
            Effect::ReportStatistics(reply) => {
                let statistics = kiosk.statistics(clock.now());
                shell.replies.report(reply, statistics.snapshot());
            }
            Effect::Light(led, lit) => {
                shell.panel.borrow().light(led, lit);
            }
            Effect::Restart(name) => self.start(name),
            Effect::Ready => shell.notifier.ready(),
            Effect::Watchdog => shell.notifier.watchdog(),
            Effect::Stopping => shell.notifier.stopping(),
            Effect::PowerOff => {
                // A demonstration does not switch off the machine of whoever tries it.
                let real = matches!(shell.front, Front::Full);
                self.chore(async move {
                    let outcome = match real {
                        true => power::off().await,
                        false => Err("this is only a demonstration".to_owned()),
                    };
                    shell.mailbox.post(Event::PoweredOff(outcome)).await;
                });
            }
            Effect::Exit(_) => {}
        }
    }

    /// Ends every task and waits until its sockets are closed.
    async fn put_down(self) {
        self.shell.panel.borrow().dark();
        for task in
            self.essential.into_values().chain(self.errands.into_values()).chain(self.chores)
        {
            task.cancel().await;
        }
    }
}

/// Waits: for the commands around the box, which are no part of its logic.
pub async fn pause(span: Duration) {
    Timer::after(span).await;
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
