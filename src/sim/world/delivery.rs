//! What happens, and to whom it is brought.

use super::{ALIVE_EVERY, InFlight, Node, World, invariants, liveness};
use crate::kiosk::effect::Request;
use crate::kiosk::event::{Answer, Event, Failure, PanelState, TaskName};
use crate::kiosk::supervisor::TASKS;
use crate::sim::words::{Fetch, FetchId, Fetched};

/// Something that is on its way.
#[derive(Debug)]
pub(super) enum Delivery {
    /// To the box.
    Event(Event),
    /// A request of the box, to a renderer.
    Request { number: u32, node: usize, request: Box<Request> },
    /// Its answer, to the box.
    Answer { number: u32, outcome: Result<Answer, Failure> },
    /// A request for media, to the box.
    Fetch { node: usize, fetch: Fetch },
    /// What became of it, to the renderer.
    Fetched { node: usize, fetch: FetchId, what: Fetched },
    /// The renderer reads on.
    Read { node: usize, fetch: FetchId },
    /// The box reads the wall clock.
    Clock,
    /// The tasks of the box say that they live.
    Alive,
    /// The box's write goes on.
    Write,
    /// Somebody looks whether all who can play do.
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
                self.after(liveness::LOOK_EVERY, Delivery::Inspection);
            }
        }
    }

    /// Brings an event to the box, if the task that would see it lives.
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
            // It said so before it hung, and the box stood still.
            Event::Alive(name) => {
                let hangs = self.hanging_task.as_mut().filter(|(stuck, _)| stuck == name);
                hangs.into_iter().for_each(|(_, since)| *since = self.now);
            }
            _ => {}
        }
        let witness = match &event {
            Event::Heard(_) => TaskName::Multicast,
            Event::Notified { .. } | Event::Served { .. } => TaskName::MediaServer,
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
                // It may be another who says so in its name.
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
