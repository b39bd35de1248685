//! The driver: takes events from the mailbox, steps the kiosk, and performs its effects. Performing never awaits: it sets a
//! pin, or starts a task that will post an event.

use super::clock::Clock;
use super::mailbox::Mailbox;
use super::{Mode, Shell, clock, network, process, upnp_client};
use crate::kiosk::Kiosk;
use crate::kiosk::effect::{Effect, Effects};
use crate::kiosk::event::{Event, TaskName};
use crate::kiosk::trace::Entry;
use crate::limits::EFFECTS;
use async_io::Timer;
use core::net::Ipv4Addr;
use smol::{LocalExecutor, Task, future};
use std::collections::HashMap;

/// Drives the kiosk until it exits; returns the exit code. Calls `on_entry` for each new entry of the trace.
pub async fn drive<'a>(
    mut kiosk: Kiosk,
    shell: &'a Shell,
    executor: &LocalExecutor<'a>,
    mut on_entry: impl FnMut(&Kiosk, &Entry),
) -> u8 {
    let clock = Clock::start();
    let mut runner = EffectRunner::new(shell, executor);
    match &shell.store {
        // Before any other event.
        Some(store) => shell.mailbox.offer(Event::Remembered(Box::new(store.load_or_set_aside()))),
        None => log::debug!("no state directory: what the box learns is lost when it ends"),
    }
    runner.start_all();
    let mut seen = 0;
    let mut effects = Effects::with_capacity(EFFECTS);
    loop {
        let event = next(&shell.mailbox, kiosk.next_deadline().map(|next| clock.at(next.at))).await;
        if let Event::Answered { ticket, .. } = &event {
            runner.end_request(ticket.number());
        }
        let (begun, what) = (std::time::Instant::now(), event.name());
        kiosk.step(event, clock.now(), &mut effects);
        for entry in kiosk.trace().since(seen) {
            log::log!(entry.what.level(), "{entry}");
            on_entry(&kiosk, entry);
        }
        seen = kiosk.trace().written();
        for effect in effects.drain(..) {
            if let Effect::Exit(code) = effect {
                runner.end_all().await;
                return code;
            }
            runner.perform(effect);
        }
        shell.mailbox.turns.ended(what, begun);
    }
}

/// The next event: from the mailbox, or [`Event::Deadline`].
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

/// Performs effects. It holds every task that it starts, and none outlives it.
struct EffectRunner<'a, 'e> {
    shell: &'a Shell,
    executor: &'e LocalExecutor<'a>,
    essential: HashMap<TaskName, Task<()>>,
    requests: HashMap<u32, Task<()>>,
    others: Vec<Task<()>>,
}

impl<'a, 'e> EffectRunner<'a, 'e> {
    fn new(shell: &'a Shell, executor: &'e LocalExecutor<'a>) -> Self {
        Self {
            shell,
            executor,
            essential: HashMap::new(),
            requests: HashMap::new(),
            others: Vec::new(),
        }
    }

    /// Ends the task of a request.
    fn end_request(&mut self, number: u32) {
        self.requests.remove(&number);
    }

    fn start_all(&mut self) {
        let shell = self.shell;
        if let Some(signals) = shell.signals.take() {
            let dark = || {
                shell.panel.borrow().dark();
            };
            self.spawn("signals", async move {
                process::leave_on_signals(signals, &shell.mailbox, dark).await;
            });
        }
        if !shell.config.schedule.is_empty() {
            // Otherwise the time is not needed, and no timer wakes the box for it.
            self.spawn("wall clock", clock::run_wall_clock(&shell.mailbox, shell.config.clock));
        }
        self.spawn("reading the media folder", async {
            match shell.readers.run(&shell.mailbox).await {}
        });
        for name in crate::kiosk::supervisor::TASKS {
            self.start(name);
        }
    }

    /// Starts an essential task. If it ends, the kiosk is told.
    fn start(&mut self, name: TaskName) {
        let shell = self.shell;
        let work = async move {
            let why = match name {
                TaskName::Multicast => match shell.multicast.run(&shell.mailbox).await {},
                TaskName::MediaServer => shell.run_media_server().await,
                TaskName::ControlServer => {
                    let Some(port) = &shell.control else { return };
                    shell.run_control_server(port).await
                }
                TaskName::Panel => shell.run_panel().await,
                TaskName::Network => {
                    if matches!(shell.mode, Mode::Demo(_)) {
                        // No traffic leaves this machine.
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
        };
        let measured = shell.mailbox.turns.measure(name.name(), work);
        self.essential.insert(name, self.executor.spawn(measured));
    }

    fn spawn(&mut self, what: &'static str, work: impl Future<Output = ()> + 'a) {
        self.others.retain(|task| !task.is_finished());
        self.others.push(self.executor.spawn(self.shell.mailbox.turns.measure(what, work)));
    }

    fn perform(&mut self, effect: Effect) {
        let shell = self.shell;
        match effect {
            Effect::Search => self.spawn("a search", async {
                shell.multicast.search().await;
            }),
            Effect::SearchAt(address) => {
                shell.multicast.search_at(address);
            }
            Effect::Run { ticket, request } => {
                let number = ticket.number();
                let work = async move {
                    let (outcome, facing) = upnp_client::run(&request).await;
                    log::debug!("{request}: {outcome:?}");
                    shell.mailbox.post(Event::Answered { ticket, outcome, facing }).await;
                };
                let measured = shell.mailbox.turns.measure("a request to a renderer", work);
                self.requests.insert(number, self.executor.spawn(measured));
            }
            Effect::Cancel(number) => self.end_request(number),
            Effect::Scan => shell.readers.scan(),
            Effect::Save(memory) => self.spawn("storing what was learned", async move {
                let outcome = match &shell.store {
                    Some(store) => store.write(&memory.write()).await,
                    None => Event::Saved(Err("there is no state directory".to_owned())),
                };
                shell.mailbox.post(outcome).await;
            }),
            Effect::Probe { token, path, extension } => {
                self.spawn("the length of a file", async move {
                    let duration = shell.readers.duration(&path, extension).await;
                    shell.mailbox.post(Event::Probed { token, duration }).await;
                })
            }
            Effect::Serve { reply, token: _, what } => shell.replies.serve(reply, what),
            Effect::Acknowledge(reply, known) => shell.replies.acknowledge(reply, known),
            Effect::Prefer(addresses) => drop(shell.preferred.replace(addresses)),
            Effect::Report { reply, json } => shell.replies.report(reply, json),
            Effect::Light(led, lit) => {
                shell.panel.borrow().light(led, lit);
            }
            Effect::Restart(name) => self.start(name),
            Effect::Ready => shell.notifier.ready(),
            Effect::Watchdog => shell.notifier.watchdog(),
            Effect::Stopping => shell.notifier.stopping(),
            Effect::PowerOff => {
                // A demonstration does not switch off the machine it runs on.
                let real = matches!(shell.mode, Mode::Service);
                self.spawn("switching off", async move {
                    let outcome = match real {
                        true => process::power_off().await,
                        false => Err("this is only a demonstration".to_owned()),
                    };
                    shell.mailbox.post(Event::PoweredOff(outcome)).await;
                });
            }
            Effect::Exit(_) => {}
        }
    }

    /// Ends every task and waits until its sockets are closed.
    async fn end_all(self) {
        self.shell.panel.borrow().dark();
        for task in
            self.essential.into_values().chain(self.requests.into_values()).chain(self.others)
        {
            task.cancel().await;
        }
    }
}
