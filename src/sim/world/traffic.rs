//! What passes between renderers and the box: requests, answers, events, announcements.

use super::effects::place;
use super::stage::Silence;
use super::{Happening, PORT, Question, World};
use crate::kiosk::effect::Errand;
use crate::kiosk::event::{Answer, Event, Failure, TaskName};
use crate::sim::fake_renderer::FakeRenderer;
use crate::sim::finding::Door;
use crate::sim::words::{Announce, Call, Fetched, Output};
use crate::time::{Duration, Instant};
use crate::upnp::ssdp::Kind;

impl World {
    /// Something happens to a renderer; what it wants done is done.
    pub(super) fn with<R>(
        &mut self,
        stage: usize,
        happens: impl FnOnce(&mut FakeRenderer, Instant) -> R,
    ) -> R {
        let now = self.now;
        let here = &mut self.stages[stage];
        let before = here.look(now);
        let result = happens(&mut here.tv, now);
        here.watch(now, before);
        while let Some(output) = self.stages[stage].tv.take_output() {
            self.put_out(stage, output);
        }
        self.ticks[stage] = self.stages[stage].tv.next_deadline();
        result
    }

    fn put_out(&mut self, stage: usize, output: Output) {
        match output {
            Output::Answer { call, result } => {
                let bare = self.stages[stage].tv.quirks().bare_refusals;
                let refusal = |error| match bare {
                    true => Failure::Status(500),
                    false => Failure::Refused(error),
                };
                let outcome = result.map(Answer::Reply).map_err(refusal);
                self.answer(stage, call.0, Duration::ZERO, outcome);
            }
            Output::Fetch(fetch) if self.network.resets(&mut self.rng) => {
                let (fetch, what) = (fetch.id, Fetched::Failed);
                self.soon(Happening::Fetched { stage, fetch, what });
            }
            Output::Fetch(fetch) => self.soon(Happening::Fetch { stage, fetch }),
            Output::Abandon(fetch) => self.abandoned(stage, fetch),
            Output::Notify { callback, sid, seq, change, .. } => {
                let number = callback.path.strip_prefix("/e/").map(str::parse);
                let serves = !self.dead.contains_key(&TaskName::MediaServer);
                if (callback.host, callback.port) == (self.address, PORT)
                    && serves
                    && !self.is_cut(stage)
                    && let Some(Ok(number)) = number
                {
                    let reply = self.ask(Question::Event { stage });
                    let from = self.stages[stage].host;
                    self.soon(Happening::Event(Event::Notified {
                        callback: number,
                        sid,
                        seq: Some(seq),
                        change,
                        from,
                        reply,
                    }));
                }
            }
            Output::Announce(what) => {
                let kind = match what {
                    Announce::Alive => Kind::Alive,
                    Announce::Byebye => Kind::Byebye,
                };
                for target in self.stages[stage].tv.targets() {
                    self.datagram(stage, Duration::ZERO, kind, &target);
                }
            }
        }
    }

    fn answer(
        &mut self,
        stage: usize,
        number: u32,
        late: Duration,
        outcome: Result<Answer, Failure>,
    ) {
        let outcome = self.garbled.take().unwrap_or(outcome);
        match &outcome {
            Err(Failure::Refused(error)) => self.stages[stage].note_refusal(number, error.code),
            Err(Failure::Status(status)) => self.stages[stage].note_refusal(number, *status),
            _ => {}
        }
        if self.is_cut(stage) {
            // Whoever waits for it waits in vain.
            return;
        }
        let passage = self.network.passage(&mut self.rng);
        self.after(late + passage, Happening::Answer { number, outcome });
    }

    /// A call is over: what its renderer's silence teaches.
    pub(super) fn note_outcome(
        &mut self,
        stage: usize,
        number: u32,
        outcome: &Result<Answer, Failure>,
    ) {
        let here = &mut self.stages[stage];
        let call = here.calls.iter().rev().find(|call| call.number == number);
        match call.map(|call| call.what) {
            Some("GetTransportInfo") => here.silence.note(self.now, outcome),
            // It is known anew: nothing of before holds.
            Some("Describe") if outcome.is_ok() => here.silence.hurried = true,
            _ if outcome.is_ok() => here.silence = Silence::default(),
            _ => {}
        }
    }

    /// A datagram of a renderer sets out, to arrive this late, once, twice or never.
    pub(super) fn datagram(&mut self, stage: usize, late: Duration, kind: Kind, target: &str) {
        if self.is_cut(stage) || (self.network.deaf && kind != Kind::Response) {
            return;
        }
        for _ in 0..self.network.copies(&mut self.rng) {
            let event = self.stages[stage].announcement(kind, target);
            let passage = self.network.passage(&mut self.rng);
            self.after(late + passage, Happening::Event(event));
        }
    }

    /// A request reaches a renderer, or the place where it was.
    pub(super) fn arrive(&mut self, number: u32, stage: usize, errand: &Errand) {
        if !self.awaits(number) {
            // Cancelled on its way.
            return;
        }
        if self.is_cut(stage) {
            return;
        }
        let here = &mut self.stages[stage];
        let (host, port) = (here.host, here.port);
        let to = place(errand);
        let listens = to.port == port || Some(to.port) == here.second_port;
        if !here.tv.is_on() || !listens {
            let outcome = Err(Failure::Unreachable);
            return self.answer(stage, number, Duration::ZERO, outcome);
        }
        if !here.tv.responsive() {
            return here.waiting.push((number, Box::new(errand.clone())));
        }
        let not_found = Err(Failure::Status(404));
        let late = Duration::ZERO;
        match (errand, here.tv.door(&to.path)) {
            (Errand::Describe { location }, Door::Description) => {
                let description = here.tv.describe(self.now, host, location.port);
                let outcome = description.map(|found| Answer::Description(Box::new(found)));
                self.answer(stage, number, late, outcome.map_err(Failure::Status));
            }
            (Errand::Describe { .. }, Door::OtherDevice) => {
                self.answer(stage, number, late, Err(Failure::NotARenderer));
            }
            (Errand::Survey { .. }, Door::Survey(kind)) => {
                let outcome = here.tv.survey(kind).map(|it| Answer::Surveyed(Box::new(it)));
                self.answer(stage, number, late, outcome.map_err(Failure::Status));
            }
            (Errand::Act { action, surplus, .. }, Door::Control(_))
                if here.tv.lacks_arguments(action, |name| surplus.iter().any(|n| n == name)) =>
            {
                let refusal = Failure::Refused(FakeRenderer::invalid_arguments());
                self.answer(stage, number, late, Err(refusal));
            }
            (Errand::Act { action, .. }, Door::Control(_)) => {
                self.with(stage, |tv, now| tv.act(now, Call(number), action));
            }
            (Errand::Subscribe { callback, timeout, .. }, Door::Event(service)) => {
                let granted = self.with(stage, |tv, now| {
                    tv.subscribe(now, service, (**callback).clone(), *timeout)
                });
                let late = granted.as_ref().map(|g| g.answer_after).unwrap_or_default();
                let outcome = granted.map_err(Failure::Status).map(|granted| Answer::Subscribed {
                    sid: Some(granted.sid),
                    timeout: granted.timeout,
                });
                self.answer(stage, number, late, outcome);
            }
            (Errand::Renew { sid, timeout, .. }, Door::Event(_)) => {
                let granted = self.with(stage, |tv, now| tv.renew(now, sid, *timeout));
                let outcome = granted.map_err(Failure::Status);
                let outcome = outcome.map(|timeout| Answer::Subscribed { sid: None, timeout });
                self.answer(stage, number, late, outcome);
            }
            (Errand::Unsubscribe { sid, .. }, Door::Event(_)) => {
                let done = self.with(stage, |tv, now| tv.unsubscribe(now, sid));
                let outcome = done.map_err(Failure::Status).map(|()| Answer::Unsubscribed);
                self.answer(stage, number, late, outcome);
            }
            // Where it was before it was switched on again.
            _ => self.answer(stage, number, late, not_found),
        }
    }
}
