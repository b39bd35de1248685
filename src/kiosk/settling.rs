//! What follows from the state after each event, and when to look again.

use super::Kiosk;
use super::deadline::{Wake, Why};
use super::effect::{Effect, Effects};
use super::renderer::Farewell;
use crate::time::Instant;

impl Kiosk {
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
        wake.at(self.schedule_at.filter(|_| !leaving), Why::Schedule);
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
        wake.add(self.keeper.next_deadline(leaving));
        self.deadline = wake.first();
    }

    /// Lets the renderers do what is due, and serves their requests.
    pub(super) fn plan(&mut self, now: Instant, effects: &mut Effects, wake: &mut Wake) {
        let leaving = self.leaving();
        let mut ctx = self.common.context(now, leaving, effects);
        let planned = self.renderers.plan(&mut self.roster, self.memory.ran, &mut ctx);
        if planned.refetch {
            wake.at(Some(now), Why::Description);
        }
        if planned.rescan {
            self.folder.wish(now);
            wake.add(self.folder.next_deadline());
        }
        if planned.learned {
            self.take_news(now);
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
