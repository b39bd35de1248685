//! Steps of the kiosk, and what its effects do to the world: the driver, on values.

use super::{Happening, Question, World};
use crate::kiosk::effect::{Effect, Errand};
use crate::kiosk::event::{Event, Failure};
use crate::kiosk::status::MailboxStatus;
use crate::time::Duration;
use crate::upnp::ssdp;
use core::net::Ipv4Addr;

/// MX of our searches.
const MX: Duration = Duration::from_secs(1);

impl World {
    pub(super) fn step(&mut self, event: Event) {
        if self.exited.is_some() {
            return;
        }
        if let Event::Answered { ticket, .. } = &event {
            self.laws.answered(ticket.number());
        }
        if matches!(event, Event::Deadline) {
            self.laws.woken(self.now);
        }
        let effects = self.kiosk.step(event, self.now);
        self.laws.stepped(self.now, &effects, self.stages.len());
        for effect in effects {
            self.perform(effect);
        }
        self.check();
    }

    fn perform(&mut self, effect: Effect) {
        assert!(self.exited.is_none(), "Exit is the last effect");
        match effect {
            Effect::Search => {
                for stage in 0..self.stages.len() {
                    self.search(stage, MX);
                }
            }
            Effect::SearchAt(address) => {
                if let Some(stage) = self.stage_at(*address.ip()) {
                    self.search(stage, Duration::ZERO);
                }
            }
            Effect::Run(ticket) => {
                let number = ticket.number();
                let errand = self.kiosk.errand(&ticket).expect("it was just ordered");
                let (host, port) = place(&errand);
                let stage = self.stage_at(host);
                let taken = self.errands.insert(number, (ticket, (host, port)));
                assert!(taken.is_none(), "a number in use is given again");
                match stage {
                    Some(stage) => {
                        self.law_of_one_call(stage, &errand);
                        self.stages[stage].note_call(self.now, number, &errand);
                        let errand = Box::new(errand);
                        self.soon(Happening::Request { number, stage, errand });
                    }
                    None => {
                        self.soon(Happening::Answer { number, outcome: Err(Failure::Unreachable) })
                    }
                }
            }
            Effect::Cancel(number) => {
                self.errands.remove(&number);
            }
            Effect::Scan => {
                let scan = Box::new(self.scan.clone());
                self.soon(Happening::Event(Event::Scanned(scan)));
            }
            Effect::Probe(token) => {
                let published = self.kiosk.published(token).expect("it was just loaded");
                let duration = self.length(&published.path);
                self.soon(Happening::Event(Event::Probed { token, duration }));
            }
            Effect::Serve(reply, token) => match self.questions.remove(&reply.0) {
                Some(Question::Media { stage, fetch }) => self.serve(stage, fetch, token),
                other => panic!("media for {other:?}"),
            },
            Effect::Acknowledge(reply, known) => match self.questions.remove(&reply.0) {
                Some(Question::Event { stage }) => {
                    self.stages[stage].events += u32::from(known);
                    self.stages[stage].unwelcome += u32::from(!known);
                }
                other => panic!("an acknowledgement for {other:?}"),
            },
            Effect::Report(reply) => {
                let asked = self.questions.remove(&reply.0);
                assert!(matches!(asked, Some(Question::Status)));
                self.reports += 1;
                let status = self.kiosk.status(self.now, MailboxStatus::default());
                self.law_of_one_picture(&serde_json::to_value(status).expect("plain values"));
            }
            Effect::Light(led, lit) => self.lit[usize::from(led.0)] = lit,
            Effect::Restart(_) => self.restarted.push(self.now),
            Effect::Watchdog => self.fed.push(self.now),
            Effect::Ready | Effect::Stopping => {}
            Effect::Exit(code) => {
                self.exited = Some((self.now, code));
                self.errands.clear();
            }
        }
    }

    fn search(&mut self, stage: usize, mx: Duration) {
        for target in ssdp::TARGETS {
            for (target, late) in self.stages[stage].tv.search(target, mx) {
                let event = self.stages[stage].announcement(ssdp::Kind::Response, &target);
                let passage = Duration::from_micros(self.rng.u64(1_000..5_000));
                self.after(late + passage, Happening::Event(event));
            }
        }
    }

    fn stage_at(&self, host: Ipv4Addr) -> Option<usize> {
        self.stages.iter().position(|stage| stage.host == host)
    }
}

/// Where it goes.
pub(super) fn place(errand: &Errand) -> (Ipv4Addr, u16) {
    match errand {
        Errand::Describe { location: url }
        | Errand::Act { url, .. }
        | Errand::Subscribe { url, .. }
        | Errand::Renew { url, .. }
        | Errand::Unsubscribe { url, .. } => (url.host, url.port),
    }
}
