//! What happens, and to whom it is brought.

use super::{ALIVE_EVERY, Stage, World, hope, laws};
use crate::kiosk::effect::Errand;
use crate::kiosk::event::{Answer, Event, Failure, PanelState, TaskName};
use crate::kiosk::supervisor::TASKS;
use crate::sim::words::{Fetch, FetchId, Fetched};

/// Something that is on its way.
#[derive(Debug)]
pub(super) enum Happening {
    /// To the box.
    Event(Event),
    /// A request of the box, to a renderer.
    Request { number: u32, stage: usize, errand: Box<Errand> },
    /// Its answer, to the box.
    Answer { number: u32, outcome: Result<Answer, Failure> },
    /// A request for media, to the box.
    Fetch { stage: usize, fetch: Fetch },
    /// What became of it, to the renderer.
    Fetched { stage: usize, fetch: FetchId, what: Fetched },
    /// The renderer reads on.
    Read { stage: usize, fetch: FetchId },
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
    pub(super) fn happen(&mut self, happening: Happening) {
        use Happening as H;
        let boxed = matches!(happening, H::Event(_) | H::Answer { .. } | H::Fetch { .. });
        if boxed && self.now < self.frozen_until {
            return self.agenda.enter(self.frozen_until, happening);
        }
        match happening {
            H::Event(event) => self.deliver(event),
            H::Clock => self.deliver(self.clock()),
            H::Request { number, stage, errand } => self.arrive(number, stage, &errand),
            H::Answer { number, outcome } => {
                if let Some((ticket, (host, _))) = self.take_errand(number) {
                    if let Some(stage) = self.stage_at(host) {
                        self.note_outcome(stage, number, &outcome);
                    }
                    let facing = (outcome != Err(Failure::Unreachable)).then_some(self.address);
                    self.step(Event::Answered { ticket, outcome, facing });
                }
            }
            H::Fetch { stage, fetch } => self.media_asked(stage, fetch),
            H::Fetched { stage, fetch, what } => {
                self.with(stage, |tv, now| tv.fetched(now, fetch, what));
            }
            H::Read { stage, fetch } => self.read(stage, fetch),
            H::Alive => {
                if self.tasks_live && self.now >= self.frozen_until {
                    TASKS.into_iter().for_each(|name| self.alive(name));
                }
                self.after(ALIVE_EVERY, Happening::Alive);
            }
            H::Write => self.write_on(),
            H::Inspection => {
                self.inspect();
                self.after(hope::LOOK_EVERY, Happening::Inspection);
            }
        }
    }

    /// Brings an event to the box, if the task that would see it lives.
    pub(super) fn deliver(&mut self, event: Event) {
        if self.now < self.frozen_until {
            return self.agenda.enter(self.frozen_until, Happening::Event(event));
        }
        if laws::is_reason(&event) {
            self.reasons.push(self.now);
        }
        if let Event::TaskEnded(name, _) = &event {
            self.dead.entry(*name).or_insert(0);
            self.stuck = self.stuck.filter(|(stuck, _)| stuck != name);
        }
        match &event {
            Event::TaskEnded(TaskName::Panel, _) => self.panel_opens = false,
            Event::Panel(PanelState::Working) if core::mem::take(&mut self.panel_opens) => {
                self.dead.remove(&TaskName::Panel);
            }
            // It said so before it hung, and the box stood still.
            Event::Alive(name) => {
                let hangs = self.stuck.as_mut().filter(|(stuck, _)| stuck == name);
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
        if !self.dead.contains_key(&witness) {
            self.note_sign_of_life(&event);
            self.step(event);
        }
    }

    fn note_sign_of_life(&mut self, event: &Event) {
        match event {
            Event::Heard(announcement) => {
                // It may be another who says so in its name.
                let location = announcement.location.as_ref();
                let meant = |stage: &&mut Stage| {
                    location.is_some_and(|location| location.host == stage.host)
                        || stage.tv.persona().udn == announcement.udn
                };
                self.stages.iter_mut().filter(meant).for_each(|stage| stage.silence.hurried = true);
            }
            Event::Addresses(_) => {
                self.stages.iter_mut().for_each(|stage| stage.silence.hurried = true);
            }
            _ => {}
        }
    }

    fn alive(&mut self, name: TaskName) {
        let hangs = self.stuck.is_some_and(|(stuck, _)| stuck == name);
        if !hangs && !self.dead.contains_key(&name) {
            self.step(Event::Alive(name));
        }
    }
}
