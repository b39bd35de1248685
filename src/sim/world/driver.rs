//! Delivers events to the box in order of time, and performs the effects of each step.
//!
//! An effect is performed before the next event, and a failure comes back as an event, as in the shell.

use super::recording::Wire;
use super::{ALIVE_EVERY, AwaitedReply, InFlight, Node, World, invariants};
use crate::kiosk::effect::{Effect, Effects, Published, Request};
use crate::kiosk::event::{Answer, Event, Failure, PanelState, TaskName};
use crate::kiosk::supervisor::TASKS;
use crate::kiosk::token::Token;
use crate::sim::fake_renderer::{Fetch, FetchId, Fetched};
use crate::time::{Duration, Instant};
use crate::upnp::{HttpUrl, ssdp};
use core::cmp::Reverse;
use core::net::Ipv4Addr;
use std::collections::BinaryHeap;

/// The MX of the box's searches.
const MX: Duration = Duration::from_secs(1);
/// A scan waits for so long for a folder that hangs.
const SILENT: Duration = Duration::from_secs(10);

impl World {
    pub(super) fn step(&mut self, event: Event) {
        if self.exited.is_some() || self.now < self.frozen_until {
            return;
        }
        let now = self.box_time();
        self.steps += 1;
        let before = self.invariants.before(&event, self.kiosk.next_deadline());
        let mut effects = core::mem::take(&mut self.effects);
        self.step_kiosk(event, now, &mut effects);
        let (renderers, reasons) = (self.nodes.len(), self.recent_reasons());
        self.invariants.stepped(before, now, &effects, &self.kiosk, renderers, reasons);
        for effect in effects.drain(..) {
            self.perform(effect);
        }
        self.effects = effects;
        self.check();
    }

    #[cfg(not(test))]
    fn step_kiosk(&mut self, event: Event, now: Instant, effects: &mut Effects) {
        self.kiosk.step(event, now, effects);
    }

    /// Counts the allocations of steps whose effects carry nothing, and what other steps keep besides what theirs
    /// carry.
    #[cfg(test)]
    fn step_kiosk(&mut self, event: Event, now: Instant, effects: &mut Effects) {
        let kiosk = &mut self.kiosk;
        let used = allocation_counter::measure(|| kiosk.step(event, now, effects));
        let carried: i64 = effects.iter().map(blocks_of).sum();
        self.allocations += match carried {
            0 => used.count_total,
            _ => u64::try_from(used.count_current - carried).unwrap_or(0),
        };
    }

    fn perform(&mut self, effect: Effect) {
        assert!(self.exited.is_none(), "Exit is the last effect");
        match effect {
            Effect::Search => {
                self.record(|wire, now| wire.search(now, None));
                for node in 0..self.nodes.len() {
                    if !self.network.deaf {
                        self.search(node, MX);
                    }
                }
            }
            Effect::SearchAt(address) => {
                self.record(|wire, now| wire.search(now, Some(address)));
                if let Some(node) = self.node_at(*address.ip()) {
                    self.search(node, Duration::ZERO);
                }
            }
            Effect::Run { ticket, request } => {
                let number = ticket.number();
                self.invariants.issued(number);
                self.record(|wire, now| wire.request(now, &request));
                let to = place(&request).clone();
                let node = self.node_at(to.host);
                let describes = matches!(*request, Request::Describe { .. });
                self.requests.push(InFlight { ticket, to, describes });
                match node {
                    Some(node) => {
                        self.check_calls(node, &request);
                        self.check_backoff(node, &request);
                        self.nodes[node].note_call(self.now, number, &request);
                        self.send(number, node, request);
                    }
                    None => self.fail(number, Failure::Unreachable),
                }
            }
            Effect::Cancel(number) => {
                if let Some(InFlight { to, .. }) = self.take_request(number) {
                    self.record(|wire, now| wire.closed(now, to.host, to.port));
                    if let Some(node) = self.node_at(to.host) {
                        self.note_outcome(node, number, &Err(Failure::Timeout));
                    }
                }
            }
            Effect::Scan => {
                // A scan waits once for a folder that hangs.
                let waits = self.disk.hangs.is_some_and(|hang| self.now.since(hang.since) < SILENT);
                let takes = if waits { SILENT } else { self.disk.takes };
                self.disk.busy_until = self.now + takes;
                let scan = Box::new(self.disk.scan());
                self.after(takes, Delivery::Event(Event::Scanned(scan)));
            }
            Effect::Save(memory) => self.save(&memory),
            Effect::Probe { token, path, .. } => {
                let duration = self.disk.length(&path);
                let duration = duration.filter(|_| !self.disk.gone && !self.disk.hangs(&path));
                let damage = self.damage_of(&path);
                let duration = damage.map_or(duration, |damage| damage.claims(duration?));
                let duration = self.header.unwrap_or(duration);
                let duration = duration.map(|duration| duration * self.header_percent / 100);
                self.soon(Delivery::Event(Event::Probed { token, duration }));
            }
            Effect::Serve { reply, token, what } => match self.awaited_replies.remove(&reply.0) {
                Some(AwaitedReply::Media { node, fetch }) => self.serve(node, fetch, token, what),
                other => panic!("media for {other:?}"),
            },
            Effect::Acknowledge(reply, known) => match self.awaited_replies.remove(&reply.0) {
                Some(AwaitedReply::Event { node }) => {
                    let client = self.nodes[node].host;
                    self.record(|wire, now| wire.notified(now, client, known));
                    self.nodes[node].events += u32::from(known);
                    self.nodes[node].rejected_events += u32::from(!known);
                }
                other => panic!("an acknowledgement for {other:?}"),
            },
            Effect::Report { reply, json } => {
                let asked = self.awaited_replies.remove(&reply.0);
                assert!(matches!(asked, Some(AwaitedReply::Status)));
                self.reports += 1;
                self.check_status(&serde_json::from_str(&json).expect("JSON"));
            }
            Effect::Light(led, lit) => {
                if !self.ended_tasks.contains_key(&TaskName::Panel) {
                    self.record(|wire, now| wire.led(now, led.0, lit));
                    self.lit[usize::from(led.0)] = lit;
                }
            }
            Effect::Restart(name) => self.start_again(name),
            Effect::Watchdog => {
                self.check_watchdog();
                self.fed.push(self.now);
            }
            Effect::Ready | Effect::Stopping | Effect::Prefer(_) => {}
            Effect::PowerOff => {
                self.record(|wire, now| wire.machine(now, "switch off"));
                self.power_offs += 1;
                let outcome = self.power_off.clone();
                self.soon(Delivery::Event(Event::PoweredOff(outcome)));
            }
            Effect::Exit(code) => {
                self.record(|wire, now| wire.machine(now, &format!("exit code {code}")));
                self.exited = Some((self.now, code));
                self.requests.clear();
            }
        }
    }

    /// Records what the box sends, if a record is kept.
    pub(super) fn record(&mut self, sent: impl FnOnce(&mut Wire, Instant)) {
        let now = self.now;
        if let Some(wire) = &mut self.wire {
            sent(wire, now);
        }
    }

    /// A task is restarted: it runs, or ends once more.
    fn start_again(&mut self, name: TaskName) {
        self.restarted.push(self.now);
        // If it was hanging, that ends with it.
        self.hanging_task = self.hanging_task.filter(|(stuck, _)| *stuck != name);
        match self.ended_tasks.get_mut(&name) {
            Some(more @ 1..) => {
                *more -= 1;
                let ended = Event::TaskEnded(name, "it ended again".into());
                self.soon(Delivery::Event(ended));
            }
            // LEDs are lit only after the panel has reported that it works.
            _ if name == TaskName::Panel => {
                self.panel_opens = true;
                self.soon(Delivery::Event(Event::Panel(PanelState::Working)));
            }
            _ => {
                self.ended_tasks.remove(&name);
                if name == TaskName::Network {
                    let addresses = self.addresses();
                    self.soon(Delivery::Event(addresses));
                }
            }
        }
    }

    /// Sends a request.
    fn send(&mut self, number: u32, node: usize, request: Box<Request>) {
        if self.network.resets(&mut self.rng) {
            return self.fail(number, Failure::Unreachable);
        }
        self.soon(Delivery::Request { number, node, request });
    }

    fn fail(&mut self, number: u32, why: Failure) {
        self.soon(Delivery::Answer { number, outcome: Err(why) });
    }

    fn search(&mut self, node: usize, mx: Duration) {
        let hears = !self.is_cut(node) && self.network.copies(&mut self.rng) > 0;
        if !hears || self.ended_tasks.contains_key(&TaskName::Multicast) {
            return;
        }
        for target in ssdp::TARGETS {
            for (target, late) in self.nodes[node].renderer.search(target, mx) {
                self.datagram(node, late, ssdp::MessageKind::Response, &target);
            }
        }
    }

    /// Returns whether this is the answer to a search that a renderer put off, and which is not there any more.
    fn is_unsent(&self, event: &Event) -> bool {
        let Event::Heard(heard) = event else { return false };
        let mut renderers = self.nodes.iter().map(|node| &node.renderer);
        heard.kind == ssdp::MessageKind::Response
            && renderers.any(|r| r.persona().udn == heard.udn && !r.answers_searches())
    }

    /// Returns whether this call is still in flight.
    pub(super) fn awaits(&self, number: u32) -> bool {
        self.requests.iter().any(|call| call.ticket.number() == number)
    }

    /// Ends this call.
    pub(super) fn take_request(&mut self, number: u32) -> Option<InFlight> {
        let over = self.requests.iter().position(|call| call.ticket.number() == number)?;
        Some(self.requests.swap_remove(over))
    }

    /// The addresses that the network task would report now.
    pub(super) fn addresses(&self) -> Event {
        let address = (!self.unplugged).then_some(self.address);
        Event::Addresses(address.into_iter().collect())
    }

    /// Returns whether the connection between this renderer and the box is cut.
    pub(super) fn is_cut(&self, node: usize) -> bool {
        self.unplugged || self.nodes[node].cut
    }

    pub(super) fn node_at(&self, host: Ipv4Addr) -> Option<usize> {
        self.nodes.iter().position(|node| node.host == host)
    }
}

/// How many blocks of memory an effect carries.
#[cfg(test)]
fn blocks_of(effect: &Effect) -> i64 {
    fn blocks<T: Clone>(of: &T) -> i64 {
        let mut copy = None;
        allocation_counter::measure(|| copy = Some(of.clone())).count_current
    }
    match effect {
        Effect::Run { request, .. } => blocks(request),
        Effect::Save(memory) => blocks(memory),
        Effect::Serve { what, .. } => blocks(what),
        Effect::Report { json, .. } => blocks(json),
        _ => 0,
    }
}

/// The URL that a request is sent to.
pub(super) fn place(request: &Request) -> &HttpUrl {
    match request {
        Request::Describe { location: url }
        | Request::DescribeService { url }
        | Request::Act { url, .. }
        | Request::Subscribe { url, .. }
        | Request::Renew { url, .. }
        | Request::Unsubscribe { url, .. } => url,
    }
}

/// Something on its way.
#[derive(Debug)]
pub(super) enum Delivery {
    /// An event, to the box.
    Event(Event),
    /// A request of the box, to a renderer.
    Request { number: u32, node: usize, request: Box<Request> },
    /// The answer to a request, to the box.
    Answer { number: u32, outcome: Result<Answer, Failure> },
    /// A media request, to the box.
    Fetch { node: usize, fetch: Fetch },
    /// The result of a media request, to the renderer.
    Fetched { node: usize, fetch: FetchId, what: Fetched },
    /// The box still tries to open what a renderer asked for.
    Serve { node: usize, fetch: Fetch, token: Token, published: Option<Box<Published>> },
    /// The renderer reads on.
    Read { node: usize, fetch: FetchId },
    /// The box reads the wall clock.
    Clock,
    /// The tasks of the box report that they are alive.
    Alive,
    /// The box's write goes on.
    Write,
    /// Liveness is checked.
    Inspection,
}

impl World {
    pub(super) fn dispatch(&mut self, delivery: Delivery) {
        use Delivery as H;
        let boxed = matches!(delivery, H::Event(_) | H::Answer { .. } | H::Fetch { .. });
        if boxed && self.now < self.frozen_until {
            return self.queue.enter(self.frozen_until, delivery);
        }
        match delivery {
            H::Event(event) if self.is_unsent(&event) => {}
            H::Event(event) => self.deliver(event),
            H::Clock => self.deliver(self.clock()),
            H::Request { number, node, request } => self.arrive(number, node, &request),
            H::Answer { number, outcome } => {
                if let Some(InFlight { ticket, to, .. }) = self.take_request(number) {
                    if let Some(node) = self.node_at(to.host) {
                        self.note_outcome(node, number, &outcome);
                    }
                    let facing = (outcome != Err(Failure::Unreachable)).then_some(self.address);
                    self.step(Event::Answered { ticket, outcome, facing });
                }
            }
            H::Fetch { node, fetch } => self.media_asked(node, fetch),
            H::Fetched { node, fetch, what } => {
                self.with(node, |renderer, now| renderer.fetched(now, fetch, what));
            }
            H::Serve { node, fetch, token, published } => self.serve(node, fetch, token, published),
            H::Read { node, fetch } => self.read(node, fetch),
            H::Alive => {
                if self.tasks_live && self.now >= self.frozen_until {
                    TASKS.into_iter().for_each(|name| self.alive(name));
                }
                self.after(ALIVE_EVERY, Delivery::Alive);
            }
            H::Write => self.continue_write(),
            H::Inspection => {
                self.inspect();
                self.after(invariants::LOOK_EVERY, Delivery::Inspection);
            }
        }
    }

    /// Delivers an event to the box, if the task that reports it is running.
    pub(super) fn deliver(&mut self, event: Event) {
        if self.now < self.frozen_until {
            return self.queue.enter(self.frozen_until, Delivery::Event(event));
        }
        if invariants::is_reason(&event) {
            self.reasons.push(self.now);
        }
        if let Event::TaskEnded(name, _) = &event {
            self.ended_tasks.entry(*name).or_insert(0);
            self.hanging_task = self.hanging_task.filter(|(stuck, _)| stuck != name);
        }
        match &event {
            Event::TaskEnded(TaskName::Panel, _) => self.panel_opens = false,
            Event::Panel(PanelState::Working) if core::mem::take(&mut self.panel_opens) => {
                self.ended_tasks.remove(&TaskName::Panel);
            }
            // The task reported before it hung, and the box was frozen meanwhile.
            Event::Alive(name) => {
                let hangs = self.hanging_task.as_mut().filter(|(stuck, _)| stuck == name);
                hangs.into_iter().for_each(|(_, since)| *since = self.now);
            }
            _ => {}
        }
        let witness = match &event {
            Event::Heard(_) => TaskName::Multicast,
            Event::NotifyAsked { .. } | Event::Notified { .. } | Event::Served { .. } => {
                TaskName::MediaServer
            }
            Event::Button { .. } | Event::Panel(_) => TaskName::Panel,
            Event::Addresses(_) => TaskName::Network,
            _ => return self.step(event),
        };
        if !self.ended_tasks.contains_key(&witness) {
            self.note_sign_of_life(&event);
            self.step(event);
        }
    }

    fn note_sign_of_life(&mut self, event: &Event) {
        match event {
            Event::Heard(announcement) => {
                // The location may name another device's address.
                let location = announcement.location.as_ref();
                let meant = |node: &&mut Node| {
                    location.is_some_and(|location| location.host == node.host)
                        || node.renderer.persona().udn == announcement.udn
                };
                self.nodes
                    .iter_mut()
                    .filter(meant)
                    .for_each(|node| node.call_failures.sign_of_life = true);
            }
            Event::Addresses(_) => {
                self.nodes.iter_mut().for_each(|node| node.call_failures.sign_of_life = true);
            }
            _ => {}
        }
    }

    fn alive(&mut self, name: TaskName) {
        let hangs = self.hanging_task.is_some_and(|(stuck, _)| stuck == name);
        if !hangs && !self.ended_tasks.contains_key(&name) {
            self.step(Event::Alive(name));
        }
    }
}

/// Deliveries by time; at equal times, in the order in which they were entered. The heap holds small keys, and the
/// deliveries stay where they are.
#[derive(Debug, Default)]
pub(super) struct DeliveryQueue {
    order: BinaryHeap<Reverse<(Instant, u64, usize)>>,
    entries: Vec<Option<Delivery>>,
    free: Vec<usize>,
    serial: u64,
}

impl DeliveryQueue {
    pub(super) fn enter(&mut self, at: Instant, delivery: Delivery) {
        self.serial += 1;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            self.entries.len() - 1
        });
        self.entries[slot] = Some(delivery);
        self.order.push(Reverse((at, self.serial, slot)));
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.order.peek().map(|Reverse((at, ..))| *at)
    }

    /// Drops everything on its way to the box.
    pub(super) fn drop_events(&mut self) {
        let entries = &mut self.entries;
        self.order.retain(|Reverse((.., slot))| {
            let lost = matches!(
                entries[*slot],
                Some(
                    Delivery::Event(_)
                        | Delivery::Answer { .. }
                        | Delivery::Request { .. }
                        | Delivery::Write
                )
            );
            if lost {
                entries[*slot] = None;
                self.free.push(*slot);
            }
            !lost
        });
    }

    pub(super) fn take(&mut self) -> Option<Delivery> {
        let Reverse((_, _, slot)) = self.order.pop()?;
        self.free.push(slot);
        self.entries[slot].take()
    }
}
