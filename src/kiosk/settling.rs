//! What follows from the state after each event, whatever the event was, and when to look again.

use super::Kiosk;
use super::deadline::{Wake, Why};
use super::effect::{Effect, Effects};
use super::mutant::Mutant;
use super::renderer::Farewell;
use super::routing::Concern;
use crate::limits::RENDERERS;
use crate::time::Instant;

impl Kiosk {
    /// Everything that follows from the state, whatever the event was: level-triggered.
    pub(super) fn settle(&mut self, mut concern: Concern, now: Instant, effects: &mut Effects) {
        self.supervisor.due(now, effects);
        self.look_over(now);
        while let Some((button, action)) = self.panel.due(now) {
            self.act(button, action, now);
            concern = Concern::Everybody;
        }
        let leaving = self.supervisor.leaving();
        let mut wake = Wake::default();
        let known = self.renderers.len();
        if !leaving {
            self.discover(now, effects, &mut wake);
            self.fetch(now, effects, &mut wake);
            self.read_media(now, effects, &mut wake);
        }
        if !leaving && self.follow_schedule(now) {
            concern = Concern::Everybody;
        }
        wake.at(self.schedule_at.filter(|_| !leaving), Why::Schedule);
        if self.renderers.len() != known {
            // Some were forgotten: the others have moved up.
            concern = Concern::Everybody;
        }
        // Its description is being fetched: one call at a time.
        let fetches = self.roster.is_busy();
        let mut held: heapless::Vec<bool, RENDERERS> = heapless::Vec::new();
        if fetches {
            held.extend(self.renderers.iter().map(|r| self.roster.is_fetching(r.location())));
        }
        let (mut wishes, mut news, ran) = (false, false, self.memory.ran);
        let (renderers, mut ctx) = self.split(now, effects);
        for (i, renderer) in renderers.iter_mut().enumerate() {
            if !concern.includes(i) && renderer.rests(now) {
                wake.add(renderer.plan_at);
                continue;
            }
            renderer.overdue(&mut ctx);
            let held = !leaving && held.get(i) == Some(&true);
            renderer.plan_at = if held { None } else { renderer.reconcile(&mut ctx) };
            renderer.credit(&mut ctx);
            wake.add(renderer.plan_at);
            // Time alone teaches nothing.
            news |= concern.includes(i) && renderer.learn(ran);
            wishes |= renderer.asks_for_something();
        }
        if !leaving {
            wishes |= self.conduct(now, effects, &mut wake);
        }
        if wishes {
            self.grant(now, &mut wake);
        }
        if news {
            self.take_news(now);
        }
        self.save(now, effects);
        if !leaving && let Some(what) = self.power.due(now, effects) {
            self.trace.note(now, "", what);
        }
        self.show(now, effects);
        if leaving {
            // The end is the last effect: after it no LED would go dark.
            self.farewell(now, effects);
        }
        wake.at(self.leds.next_deadline(), Why::Led);
        wake.at(self.panel.next_deadline(), Why::Button);
        wake.at(self.power.next_deadline().filter(|_| !leaving), Why::PowerOff);
        wake.add(self.supervisor.next_deadline());
        wake.add(self.keeper.next_deadline(leaving));
        self.deadline = wake.first();
    }

    /// What renderers want of the others: their description again, the media folder again.
    fn grant(&mut self, now: Instant, wake: &mut Wake) {
        for i in 0..self.renderers.len() {
            let stale = self.renderers[i].take_stale();
            if stale && !Mutant::ReadsDescriptionsOnce.is_in() {
                let renderer = &self.renderers[i];
                self.roster.refetch(renderer.udn(), renderer.location(), now);
                wake.at(Some(now), Why::Description);
            }
            if self.renderers[i].take_scan_request() {
                self.folder.wish(now);
                wake.add(self.folder.next_deadline());
            }
        }
    }

    fn read_media(&mut self, now: Instant, effects: &mut Effects, wake: &mut Wake) {
        if self.folder.begin(now) {
            effects.push(Effect::Scan);
        }
        wake.add(self.folder.next_deadline());
    }

    fn farewell(&mut self, now: Instant, effects: &mut Effects) {
        let farewell = Farewell { stop: self.config.stop_at_exit };
        let done = self.renderers.iter().all(|r| r.is_done(farewell)) && !self.keeper.is_busy(true);
        if self.supervisor.overdue(now) || done {
            self.exited = true;
            effects.push(Effect::Exit(0));
        }
    }
}
