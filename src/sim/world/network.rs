//! The network between box and renderers, and what passes through it: requests, answers, events, announcements.
//!
//! Datagrams (SSDP) get lost, arrive twice and overtake each other. Connections deliver or fail: a request is reset, or a
//! cut swallows it or its answer until the box gives up.

use super::driver::place;
use super::node::CallFailures;
use super::{AwaitedReply, Delivery, PORT, World};
use crate::kiosk::effect::Request;
use crate::kiosk::event::{Answer, Event, Failure, TaskName};
use crate::sim::fake_renderer::Endpoint;
use crate::sim::fake_renderer::FakeRenderer;
use crate::sim::fake_renderer::{Announce, Call, Fetched, Output};
use crate::sim::quirks::BareRefusal;
use crate::time::{Duration, Instant};
use crate::upnp::ssdp::MessageKind;
use fastrand::Rng;

/// The current condition of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// The shortest and the longest delay, in microseconds.
    pub passage: (u64, u64),
    /// The percentage of datagrams that are lost.
    pub lost: u8,
    /// The percentage of datagrams that are duplicated.
    pub doubled: u8,
    /// The percentage of connections that are reset.
    pub reset: u8,
    /// Multicast is lost silently.
    pub deaf: bool,
}

impl Default for Network {
    /// A quiet home network.
    fn default() -> Self {
        Self { passage: (1_000, 5_000), lost: 0, doubled: 0, reset: 0, deaf: false }
    }
}

impl Network {
    /// Wi-Fi through two walls.
    pub fn poor() -> Self {
        Self { passage: (2_000, 400_000), lost: 30, doubled: 5, reset: 3, deaf: false }
    }

    /// The delay of the next message.
    pub(super) fn passage(&self, rng: &mut Rng) -> Duration {
        Duration::from_micros(rng.u64(self.passage.0..self.passage.1))
    }

    /// How often the next datagram arrives.
    pub(super) fn copies(&self, rng: &mut Rng) -> u8 {
        if chance(self.lost, rng) {
            0
        } else if chance(self.doubled, rng) {
            2
        } else {
            1
        }
    }

    /// Returns whether the next connection is reset.
    pub(super) fn resets(&self, rng: &mut Rng) -> bool {
        chance(self.reset, rng)
    }
}

fn chance(of_hundred: u8, rng: &mut Rng) -> bool {
    of_hundred > 0 && rng.u8(..100) < of_hundred
}

impl World {
    /// Acts on a renderer, and carries out what the renderer wants done.
    pub(super) fn with<R>(
        &mut self,
        node: usize,
        happens: impl FnOnce(&mut FakeRenderer, Instant) -> R,
    ) -> R {
        let now = self.now;
        let here = &mut self.nodes[node];
        let before = here.look(now);
        let result = happens(&mut here.renderer, now);
        here.observe(now, before);
        while let Some(output) = self.nodes[node].renderer.take_output() {
            self.handle_output(node, output);
        }
        self.ticks[node] = self.nodes[node].renderer.next_deadline();
        result
    }

    fn handle_output(&mut self, node: usize, output: Output) {
        match output {
            Output::Answer { call, result } => {
                let bare = self.nodes[node].renderer.quirks().bare_refusals;
                let refusal = |error| match bare {
                    Some(BareRefusal::Status(status)) => Failure::Status(status),
                    Some(BareRefusal::Closes) => Failure::Unreachable,
                    None => Failure::Refused(error),
                };
                let outcome = result.map(Answer::Reply).map_err(refusal);
                self.answer(node, call.0, Duration::ZERO, outcome);
            }
            Output::Fetch(fetch) if self.network.resets(&mut self.rng) => {
                let (fetch, what) = (fetch.id, Fetched::Failed);
                self.soon(Delivery::Fetched { node, fetch, what });
            }
            Output::Fetch(fetch) => self.soon(Delivery::Fetch { node, fetch }),
            Output::Abandon(fetch) => self.abandoned(node, fetch),
            Output::Notify { callback, sid, change, .. } => {
                let number = callback.path.strip_prefix("/e/").map(str::parse);
                let serves = !self.ended_tasks.contains_key(&TaskName::MediaServer);
                if (callback.host, callback.port) == (self.address, PORT)
                    && serves
                    && !self.is_cut(node)
                    && let Some(Ok(number)) = number
                {
                    let reply = self.expect_reply(AwaitedReply::Event { node });
                    let from = self.nodes[node].host;
                    self.soon(Delivery::Event(Event::Notified {
                        callback: number,
                        sid,
                        change,
                        from,
                        reply,
                    }));
                }
            }
            Output::Announce(what) => {
                let kind = match what {
                    Announce::Alive => MessageKind::Alive,
                    Announce::Byebye => MessageKind::Byebye,
                };
                for target in self.nodes[node].renderer.targets() {
                    self.datagram(node, Duration::ZERO, kind, &target);
                }
            }
        }
    }

    fn answer(
        &mut self,
        node: usize,
        number: u32,
        late: Duration,
        outcome: Result<Answer, Failure>,
    ) {
        let outcome = self.garbled.take().unwrap_or(outcome);
        match &outcome {
            Err(Failure::Refused(error)) => self.nodes[node].note_refusal(number, error.code),
            Err(Failure::Status(status)) => self.nodes[node].note_refusal(number, *status),
            _ => {}
        }
        if self.is_cut(node) {
            // It is never answered.
            return;
        }
        let passage = self.network.passage(&mut self.rng);
        self.after(late + passage, Delivery::Answer { number, outcome });
    }

    /// A call ended: records what its outcome tells of the renderer.
    pub(super) fn note_outcome(
        &mut self,
        node: usize,
        number: u32,
        outcome: &Result<Answer, Failure>,
    ) {
        let here = &mut self.nodes[node];
        let call = here.calls.iter().rev().find(|call| call.number == number);
        match call.map(|call| call.what) {
            Some("GetTransportInfo") => here.call_failures.note(self.now, outcome),
            // The description was fetched again: earlier failures do not count.
            Some("Describe") if outcome.is_ok() => here.call_failures.sign_of_life = true,
            _ if outcome.is_ok() => here.call_failures = CallFailures::default(),
            _ => {}
        }
    }

    /// Sends a datagram of a renderer, which arrives once, twice or never, and this late.
    pub(super) fn datagram(
        &mut self,
        node: usize,
        late: Duration,
        kind: MessageKind,
        target: &str,
    ) {
        if self.is_cut(node) || (self.network.deaf && kind != MessageKind::Response) {
            return;
        }
        for _ in 0..self.network.copies(&mut self.rng) {
            let event = self.nodes[node].announcement(kind, target);
            let passage = self.network.passage(&mut self.rng);
            self.after(late + passage, Delivery::Event(event));
        }
    }

    /// A request reaches a renderer, or an address that the renderer has left.
    pub(super) fn arrive(&mut self, number: u32, node: usize, request: &Request) {
        if !self.awaits(number) {
            // It was cancelled on the way.
            return;
        }
        if self.is_cut(node) {
            return;
        }
        let here = &mut self.nodes[node];
        let (host, port) = (here.host, here.port);
        let to = place(request);
        let listens = to.port == port || Some(to.port) == here.second_port;
        if !here.renderer.is_on() || !listens {
            let outcome = Err(Failure::Unreachable);
            return self.answer(node, number, Duration::ZERO, outcome);
        }
        if !here.renderer.responsive() {
            return here.waiting.push((number, Box::new(request.clone())));
        }
        let not_found = Err(Failure::Status(404));
        let late = Duration::ZERO;
        match (request, here.renderer.endpoint(&to.path)) {
            (Request::Describe { location }, Endpoint::Description) => {
                let description = here.renderer.describe(self.now, host, location.port);
                let outcome = description.map(|found| Answer::Description(Box::new(found)));
                self.answer(node, number, late, outcome.map_err(Failure::Status));
            }
            (Request::Describe { .. }, Endpoint::OtherDevice) => {
                self.answer(node, number, late, Err(Failure::NotARenderer));
            }
            (Request::DescribeService { .. }, Endpoint::ServiceDescription(_))
                if here.renderer.quirks().scpd_unanswered => {}
            (Request::DescribeService { .. }, Endpoint::ServiceDescription(kind)) => {
                let outcome = here
                    .renderer
                    .service_description(kind)
                    .map(|it| Answer::ServiceDescription(Box::new(it)));
                self.answer(node, number, late, outcome.map_err(Failure::Status));
            }
            (Request::Act { action, surplus, .. }, Endpoint::Control(_))
                if here
                    .renderer
                    .lacks_arguments(action, |name| surplus.iter().any(|n| n == name)) =>
            {
                let refusal = Failure::Refused(FakeRenderer::invalid_arguments());
                self.answer(node, number, late, Err(refusal));
            }
            (Request::Act { action, .. }, Endpoint::Control(_)) => {
                self.with(node, |renderer, now| renderer.act(now, Call(number), action));
            }
            (Request::Subscribe { callback, timeout, .. }, Endpoint::Event(service)) => {
                let granted = self.with(node, |renderer, now| {
                    renderer.subscribe(now, service, (**callback).clone(), *timeout)
                });
                let late = granted.as_ref().map(|g| g.answer_after).unwrap_or_default();
                let outcome = granted.map_err(Failure::Status).map(|granted| Answer::Subscribed {
                    sid: Some(granted.sid),
                    timeout: granted.timeout,
                });
                self.answer(node, number, late, outcome);
            }
            (Request::Renew { sid, timeout, .. }, Endpoint::Event(_)) => {
                let granted = self.with(node, |renderer, now| renderer.renew(now, sid, *timeout));
                let outcome = granted.map_err(Failure::Status);
                let outcome = outcome.map(|timeout| Answer::Subscribed { sid: None, timeout });
                self.answer(node, number, late, outcome);
            }
            (Request::Unsubscribe { sid, .. }, Endpoint::Event(_)) => {
                let done = self.with(node, |renderer, now| renderer.unsubscribe(now, sid));
                let outcome = done.map_err(Failure::Status).map(|()| Answer::Unsubscribed);
                self.answer(node, number, late, outcome);
            }
            // The request went to the port from before a restart.
            _ => self.answer(node, number, late, not_found),
        }
    }
}
