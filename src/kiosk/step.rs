//! One step: routes the event to the parts that it concerns, then does what follows from the state.

use super::Kiosk;
use super::deadline::{Wake, Why};
use super::effect::{Effect, Effects};
use super::event::{Answer, Event, Failure, LedId, StreamEnd, TaskName, Ticket};
use super::leds::Pattern;
use super::mutant::Mutant;
use super::renderer::Farewell;
use super::trace::What;
use crate::media::catalogue::Scan;
use crate::time::Instant;
use core::net::Ipv4Addr;
use std::path::PathBuf;

impl Kiosk {
    pub(super) fn route(&mut self, event: Event, now: Instant, effects: &mut Effects) {
        match event {
            Event::Deadline => {}
            Event::Heard(announcement) => self.hear(&announcement, now, effects),
            Event::BadDatagram => self.discovery.unusable_datagrams += 1,
            Event::Answered { ticket, outcome, facing } => {
                self.answered(&ticket, outcome, facing, now, effects)
            }
            Event::Notified { callback, sid, seq, change, from, reply } => {
                let theirs = self.renderers.filter_mut(|r| r.host() == from);
                let welcome =
                    theirs.filter_map(|r| r.notified(callback, &sid, seq, &change, now)).next();
                effects.push(Effect::Acknowledge(reply, welcome == Some(true)));
            }
            Event::MediaAsked { token, reply } => self.media_asked(token, reply, effects),
            Event::Served { token, bytes, end } => {
                self.network.media_bytes = self.network.media_bytes.saturating_add(bytes);
                if end == Some(StreamEnd::Replaced) {
                    self.media.changed(now);
                }
                for renderer in self.renderers.filter_mut(|r| r.has_load(token)) {
                    renderer.served(token, bytes, end, &mut self.common.statistics, now);
                }
            }
            Event::MediaConnections(open) => self.network.media_connections = open,
            Event::Button { button, pressed } => {
                if let Some(action) = self.panel.buttons.contact(button, pressed, now) {
                    self.press(button, action, now);
                }
            }
            Event::Addresses(addresses) => self.adopt_addresses(&addresses, now),
            Event::Listening { media_port } => {
                self.common.media_port = Some(media_port);
                self.supervisor.ready(effects);
            }
            Event::Clock { wall, zone, trusted } => self.set_clock(wall, zone, trusted, now),
            Event::Scanned(scan) => {
                self.adopt_scan(*scan, now);
                self.answer_held(effects);
            }
            Event::Remembered(memory) => self.remember(*memory, now),
            Event::Saved(outcome) => self.saved(outcome, now),
            Event::FolderChanged => self.media.changed(now),
            Event::Probed { token, duration } => {
                let renderer = self.renderers.find_mut(|renderer| renderer.has_load(token));
                if let Some(renderer) = renderer {
                    renderer.probed(token, duration);
                }
            }
            // Answered after everything else.
            Event::Asked { .. } => {}
            Event::Alive(name) => self.supervisor.heard(name, now),
            Event::TaskEnded(name, why) => {
                if self.supervisor.ended(name, why.clone(), now) {
                    self.common.trace.note(now, "", What::TaskEnded(name, why));
                }
                if name == TaskName::MediaServer {
                    self.renderers.iter_mut().for_each(|renderer| renderer.media_server_ended(now));
                }
                // A box that is not ready for long is ended by systemd. A busy port is retried here instead, for ever.
                self.supervisor.ready(effects);
            }
            Event::Panel(state) => {
                if let Some(what) = self.panel.hardware(state) {
                    self.common.trace.note(now, "", what);
                }
            }
            Event::PoweredOff(outcome) => {
                if let Some(what) = self.power.answered(outcome, now) {
                    self.common.trace.note(now, "", what);
                }
            }
            Event::Leave => self.leave(now, effects),
        }
    }

    fn answered(
        &mut self,
        ticket: &Ticket,
        outcome: Result<Answer, Failure>,
        facing: Option<Ipv4Addr>,
        now: Instant,
        effects: &mut Effects,
    ) {
        let number = ticket.number();
        if Mutant::AnswersTwice.is_in() {
            self.common.numbers = self.common.numbers.saturating_sub(1);
        }
        if let Some(location) = self.discovery.cache.fetching(number).cloned() {
            return match (outcome, facing) {
                (Ok(Answer::Description(description)), Some(facing)) => {
                    self.described(number, description, location, facing, now, effects);
                }
                (outcome, _) => {
                    let why = outcome.err().unwrap_or(Failure::Malformed);
                    let jitter = self.common.rng.f64();
                    self.discovery.cache.failed(number, &why, now, jitter);
                }
            };
        }
        let leaving = self.leaving();
        if let Some(renderer) = self.renderers.find_mut(|r| r.runs_request(number)) {
            let mut ctx = self.common.context(now, leaving, effects);
            renderer.answered(number, outcome, facing, &mut ctx);
        }
    }

    fn adopt_addresses(&mut self, addresses: &[Ipv4Addr], now: Instant) {
        if self.network.addresses == addresses && self.discovery.has_started() {
            return;
        }
        let list: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        self.common.trace.note(now, "", What::Addresses(list.join(", ")));
        self.network.addresses = addresses.to_vec();
        self.discovery.restart(now);
        for renderer in self.renderers.filter_mut(|r| !addresses.contains(&r.facing())) {
            renderer.hurry(now);
            renderer.look_again(now);
        }
    }

    fn adopt_scan(&mut self, scan: Scan, now: Instant) {
        self.media.read(&scan, now);
        if self.media.scan != scan {
            let unusable = scan.missing.len() + scan.bad.len();
            self.common.trace.note(now, "", What::Scanned(scan.files.len(), unusable));
            let before = |all: &[(PathBuf, String)], one| all.contains(one);
            let missing = scan.missing.iter().filter(|one| !before(&self.media.scan.missing, one));
            let bad = scan.bad.iter().filter(|one| !before(&self.media.scan.bad, one));
            for (path, why) in missing.chain(bad) {
                self.common.trace.note(
                    now,
                    "",
                    What::Missing(format!("{}: {why}", path.display())),
                );
            }
            for path in scan.growing.iter().filter(|path| !self.media.scan.growing.contains(path)) {
                self.common.trace.note(now, "", What::Copying(path.as_path().into()));
            }
            if let Some(why) =
                scan.untold.as_ref().filter(|_| self.media.scan.untold != scan.untold)
            {
                self.common.trace.note(now, "", What::Missing(why.clone()));
            }
            if scan.skipped > self.media.scan.skipped {
                self.common.trace.note(now, "", What::Full("media files"));
            }
            // Only after changes: while something is missing, the folder is read every few seconds, and sorting takes
            // time.
            for renderer in self.renderers.iter_mut() {
                if let Some(what) = renderer.resolve(&scan) {
                    self.common.trace.note(now, renderer.name(), what);
                }
            }
            self.panel.resolve(&scan);
        }
        self.media.scan = scan;
    }

    fn leave(&mut self, now: Instant, effects: &mut Effects) {
        if self.supervisor.leaving() {
            return;
        }
        self.common.trace.note(now, "", What::Leaving);
        self.supervisor.leave(now, effects);
        self.memory.policy.leave(now);
        self.renderers.iter_mut().for_each(|renderer| renderer.hang_up(effects));
        for i in 0..self.config.leds.len() {
            self.panel.leds.show(LedId(u8::try_from(i).unwrap_or(u8::MAX)), Pattern::Dark, now);
        }
    }

    /// Does everything that follows from the state, whatever the event was.
    pub(super) fn settle(&mut self, now: Instant, effects: &mut Effects) {
        self.supervisor.due(now, effects);
        self.look_over(now);
        while let Some((button, action)) = self.panel.buttons.due(now) {
            self.press(button, action, now);
        }
        let leaving = self.supervisor.leaving();
        let mut wake = Wake::default();
        if !leaving {
            self.discover(now, effects, &mut wake);
            self.fetch(now, effects, &mut wake);
            self.read_media(now, effects, &mut wake);
        }
        if !leaving {
            self.follow_schedule(now);
        }
        wake.at(self.schedule.check_at.filter(|_| !leaving), Why::Schedule);
        self.plan(now, effects, &mut wake);
        if !leaving {
            self.conduct(now, effects, &mut wake);
        }
        wake.add(self.renderers.next_deadline());
        self.save(now, effects);
        if !leaving && let Some(what) = self.power.due(now, effects) {
            self.common.trace.note(now, "", what);
        }
        self.show(now, effects);
        if leaving {
            // Exit must be the last effect: no LED would go dark after it.
            self.farewell(now, effects);
        }
        wake.at(self.panel.leds.next_deadline(), Why::Led);
        wake.at(self.panel.buttons.next_deadline(), Why::Button);
        wake.at(self.power.next_deadline().filter(|_| !leaving), Why::PowerOff);
        wake.add(self.supervisor.next_deadline());
        wake.add(self.memory.policy.next_deadline(leaving));
        self.deadline = wake.first();
    }

    /// Lets the renderers do what is due, and serves their requests.
    pub(super) fn plan(&mut self, now: Instant, effects: &mut Effects, wake: &mut Wake) {
        let leaving = self.leaving();
        let mut ctx = self.common.context(now, leaving, effects);
        let planned =
            self.renderers.plan(&mut self.discovery.cache, self.memory.stored.ran, &mut ctx);
        if planned.refetch {
            wake.at(Some(now), Why::Description);
        }
        if planned.rescan {
            self.media.wish(now);
            wake.add(self.media.next_deadline());
        }
        if planned.learned {
            self.take_news(now);
        }
    }

    fn read_media(&mut self, now: Instant, effects: &mut Effects, wake: &mut Wake) {
        if self.media.begin(now) {
            effects.push(Effect::Scan);
        }
        wake.add(self.media.next_deadline());
    }

    fn farewell(&mut self, now: Instant, effects: &mut Effects) {
        let farewell = Farewell { stop: self.config.stop_at_exit };
        let done =
            self.renderers.iter().all(|r| r.is_done(farewell)) && !self.memory.policy.is_busy(true);
        if self.supervisor.overdue(now) || done {
            self.exited = true;
            effects.push(Effect::Exit(0));
        }
    }
}
