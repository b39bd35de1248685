//! A renderer in its place: who reaches it, what it says, and what an audience sees of it.

use super::{Happening, PORT, Question, World};
use crate::kiosk::effect::Errand;
use crate::kiosk::event::{Answer, Event, Failure};
use crate::sim::fake_renderer::FakeRenderer;
use crate::sim::finding::Door;
use crate::sim::presets::Preset;
use crate::sim::words::{Announce, Call, Output};
use crate::text::clip;
use crate::time::{Duration, Instant};
use crate::upnp::av_transport::Action as Av;
use crate::upnp::ssdp::{Announcement, Kind};
use crate::upnp::{Action, HttpUrl, Udn};
use core::net::Ipv4Addr;

/// See the module.
#[derive(Debug)]
pub(in crate::sim) struct Stage {
    pub(in crate::sim) tv: FakeRenderer,
    pub(super) host: Ipv4Addr,
    port: u16,
    first_port: u16,
    /// It listens here too, and says so.
    second_port: Option<u16>,
    /// Requests that came in while it hung.
    pub(super) waiting: Vec<(u32, Box<Errand>)>,
    /// Every call that was made to it.
    pub(in crate::sim) calls: Vec<Exchange>,
    /// What was shown on it, and is over.
    pub(in crate::sim) rounds: Vec<Round>,
    /// What is shown: the URI, since when, and how far it was when last looked at.
    shown: Option<(String, Instant, Duration)>,
    /// Events that the box took, and that it did not know.
    pub(in crate::sim) events: u32,
    pub(in crate::sim) unwelcome: u32,
}

/// One call, as it is asked about in stories.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Exchange {
    pub(in crate::sim) at: Instant,
    number: u32,
    pub(in crate::sim) what: &'static str,
    /// The URI, or the callback.
    pub(in crate::sim) about: String,
    /// The UPnP error or HTTP status of its refusal.
    pub(in crate::sim) refused: Option<u16>,
}

/// One showing of a file, from its first picture to its last.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Round {
    pub(in crate::sim) from: Instant,
    pub(in crate::sim) until: Instant,
    pub(in crate::sim) uri: String,
    /// How far in the file it came.
    pub(in crate::sim) played: Duration,
}

impl Stage {
    pub(super) fn new(preset: &Preset, number: u8, seed: u64) -> Self {
        let udn = Udn::new(&format!("uuid:tv-{number}")).expect("not empty");
        let tv = preset.renderer(udn, &format!("TV {number}"), seed ^ u64::from(number) << 32);
        Self {
            host: Ipv4Addr::new(10, 0, 0, 10 + number),
            port: preset.port,
            first_port: preset.port,
            second_port: None,
            tv,
            waiting: Vec::new(),
            calls: Vec::new(),
            rounds: Vec::new(),
            shown: None,
            events: 0,
            unwelcome: 0,
        }
    }

    /// It is about to be switched on.
    pub(super) fn rewire(&mut self) {
        if self.tv.quirks().new_port_at_boot {
            self.port = self.first_port + u16::try_from(self.tv.boots()).unwrap_or(1);
        }
        self.waiting.clear();
    }

    /// It has another way in, which it announces.
    pub(super) fn announce_second(&mut self) -> Event {
        let second = self.port + 100;
        self.second_port = Some(second);
        let first = core::mem::replace(&mut self.port, second);
        let event = self.announcement(Kind::Alive, "upnp:rootdevice");
        self.port = first;
        event
    }

    pub(super) fn announcement(&self, kind: Kind, target: &str) -> Event {
        let (udn, path) = self.tv.behind(target);
        let quirks = self.tv.quirks();
        let location = HttpUrl::new(self.host, self.port, &path);
        let announcement = Announcement {
            kind,
            udn,
            target: clip(target),
            location: location.filter(|_| kind != Kind::Byebye),
            max_age: Some(quirks.max_age).filter(|_| kind != Kind::Byebye),
            boot_id: quirks.tells_boot_id.then(|| self.tv.boots()),
            config_id: None,
        };
        Event::Heard { announcement: Box::new(announcement), from: self.host }
    }

    pub(super) fn note_call(&mut self, at: Instant, number: u32, errand: &Errand) {
        let (what, about) = match errand {
            Errand::Describe { .. } => ("Describe", String::new()),
            Errand::Subscribe { callback, .. } => ("SUBSCRIBE", callback.to_string()),
            Errand::Renew { .. } => ("Renew", String::new()),
            Errand::Unsubscribe { .. } => ("UNSUBSCRIBE", String::new()),
            Errand::Act { action, .. } => {
                let about = match action {
                    Action::AvTransport(
                        Av::SetAvTransportUri { uri, .. } | Av::SetNextAvTransportUri { uri, .. },
                    ) => uri.clone(),
                    _ => String::new(),
                };
                (action.name(), about)
            }
        };
        self.calls.push(Exchange { at, number, what, about, refused: None });
    }

    fn note_refusal(&mut self, number: u32, code: u16) {
        if let Some(call) = self.calls.iter_mut().rev().find(|c| c.number == number) {
            call.refused = Some(code);
        }
    }

    /// The calls of this name.
    pub(in crate::sim) fn called(&self, what: &str) -> Vec<&Exchange> {
        self.calls.iter().filter(|call| call.what == what).collect()
    }

    /// The last calls, for whoever reads of a failure.
    pub(super) fn last_words(&self) -> String {
        let mut text = format!("{}: {:?}", self.tv.persona().model_name, self.tv.state());
        for call in self.calls.iter().rev().take(16).rev() {
            let millis = call.at.as_micros() / 1000;
            let refused = call.refused.map_or(String::new(), |code| format!(" {code}"));
            text += &format!(", {millis} {}{refused}", call.what);
        }
        text
    }

    /// What an audience sees now.
    fn look(&self, now: Instant) -> Option<(String, Duration)> {
        let (uri, position) = self.tv.on_screen(now)?;
        Some((uri.to_owned(), position))
    }

    /// Compares what was seen just before something happened with what is seen just after.
    fn watch(&mut self, now: Instant, before: Option<(String, Duration)>) {
        let after = self.look(now);
        let goes_on = match (&before, &after) {
            (Some((old, from)), Some((new, to))) => {
                old == new && *to + Duration::from_millis(1) >= *from
            }
            (None, None) => true,
            _ => false,
        };
        if goes_on {
            return;
        }
        if let (Some((uri, played)), Some((_, from, _))) = (before, self.shown.take()) {
            self.rounds.push(Round { from, until: now, uri, played });
        }
        self.shown = after.map(|(uri, position)| (uri, now, position));
    }

    /// Dark times between two rounds.
    pub(in crate::sim) fn gaps(&self) -> Vec<Duration> {
        let pairs = self.rounds.windows(2);
        pairs.map(|two| two[1].from.since(two[0].until)).collect()
    }
}

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
            Output::Fetch(fetch) => self.soon(Happening::Fetch { stage, fetch }),
            Output::Abandon(fetch) => self.abandoned(stage, fetch),
            Output::Notify { callback, sid, seq, change, .. } => {
                let number = callback.path.strip_prefix("/e/").map(str::parse);
                if (callback.host, callback.port) == (self.address, PORT)
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
                    let event = self.stages[stage].announcement(kind, &target);
                    self.soon(Happening::Event(event));
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
        match &outcome {
            Err(Failure::Refused(error)) => self.stages[stage].note_refusal(number, error.code),
            Err(Failure::Status(status)) => self.stages[stage].note_refusal(number, *status),
            _ => {}
        }
        let passage = Duration::from_micros(self.rng.u64(1_000..5_000));
        self.after(late + passage, Happening::Answer { number, outcome });
    }

    /// A request reaches a renderer, or the place where it was.
    pub(super) fn arrive(&mut self, number: u32, stage: usize, errand: &Errand) {
        if !self.errands.contains_key(&number) {
            // Cancelled on its way.
            return;
        }
        let here = &mut self.stages[stage];
        let (host, port) = (here.host, here.port);
        let to = match errand {
            Errand::Describe { location: url }
            | Errand::Act { url, .. }
            | Errand::Subscribe { url, .. }
            | Errand::Renew { url, .. }
            | Errand::Unsubscribe { url, .. } => url,
        };
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
