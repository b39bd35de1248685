//! What it says by itself: events, announcements, its description.

use super::calls::Purpose;
use super::{Context, Goal, Renderer, breaker};
use crate::kiosk::trace::What;
use crate::time::{Duration, Instant};
use crate::upnp::HttpUrl;
use crate::upnp::description::Description;
use crate::upnp::gena::LastChange;
use core::net::Ipv4Addr;

/// What its announcements say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// It is there.
    Here,
    /// It said goodbye. Some say it and stay.
    SaidGoodbye,
    /// It said goodbye and stopped: when it is heard of again, it was switched on.
    Asleep,
}

impl Renderer {
    /// An event came to this callback. Gives `None` if it is not ours, else whether it was welcome.
    pub(in crate::kiosk) fn notified(
        &mut self,
        callback: u32,
        sid: &str,
        seq: Option<u32>,
        change: &LastChange,
        now: Instant,
    ) -> Option<bool> {
        let subscription =
            self.events.iter_mut().find(|s| s.callback == callback && callback != 0)?;
        if subscription.hear(sid, seq).is_none() {
            return Some(false);
        }
        // State is only a hint to look; volume and mute are taken as they are said.
        self.transport_due = self.transport_due.min(now);
        self.said = change.transport_state.map(|state| (state, now)).or(self.said);
        if change.current_track_uri.is_some() || change.av_transport_uri.is_some() {
            self.position_due = self.position_due.min(now);
        }
        self.knobs.see(change.volume, change.mute);
        Some(true)
    }

    /// It was announced: it lives.
    pub(in crate::kiosk) fn hear(&mut self, ctx: &mut Context<'_>) {
        let now = ctx.now;
        self.breaker.hurry(now);
        self.wake();
        // A probe that has waited in vain may have been for its life before: one that hung was unplugged.
        let probe = self.call.as_mut().filter(|call| call.purpose == Purpose::Transport);
        if let Some(call) = probe.filter(|call| now.since(call.sent_at) > breaker::FIRST_WAIT) {
            call.deadline = call.deadline.min(now);
        }
        if now.since(self.state_at) > Duration::from_secs(1) {
            self.transport_due = self.transport_due.min(now);
        }
    }

    /// It is there, or there again.
    fn wake(&mut self) {
        let slept = core::mem::replace(&mut self.presence, Presence::Here) == Presence::Asleep;
        if slept && matches!(self.goal, Goal::Yield { .. }) {
            self.goal = Goal::Play;
        }
    }

    /// The box's own address has changed: look, and learn the new one from the connection.
    pub(in crate::kiosk) fn look_again(&mut self, now: Instant) {
        self.transport_due = self.transport_due.min(now);
    }

    /// It started again: nothing of before holds, but its goal does.
    pub(in crate::kiosk) fn rebooted(&mut self, ctx: &mut Context<'_>) {
        ctx.trace.note(ctx.now, self.name(), What::Rebooted);
        self.retire();
        self.next = None;
        self.shaken = false;
        self.offered = false;
        self.next_asked = false;
        self.look = true;
        self.transport_due = ctx.now;
        self.breaker.hurry(ctx.now);
        self.events.iter_mut().for_each(|s| s.forget(ctx.now));
    }

    /// It said goodbye. Some say it and stay: the next poll tells.
    pub(in crate::kiosk) fn part(&mut self, ctx: &mut Context<'_>) {
        // Who stopped it has switched it off now: that was all for today.
        let stopped = !self.is_active();
        self.presence = match &mut self.goal {
            Goal::Yield { until, .. } if stopped => {
                *until = None;
                Presence::Asleep
            }
            _ => Presence::SaidGoodbye,
        };
        self.events.iter_mut().for_each(|s| s.forget(ctx.now + Duration::from_secs(5)));
        self.transport_due = self.transport_due.max(ctx.now + Duration::from_millis(500));
    }

    /// Its description was fetched again.
    pub(in crate::kiosk) fn redescribed(
        &mut self,
        new: Box<Description>,
        location: HttpUrl,
        facing: Ipv4Addr,
        ctx: &mut Context<'_>,
    ) {
        let moved = self.description.av_transport.control_url != new.av_transport.control_url;
        self.description = new;
        self.forget_survey();
        self.location = location;
        self.stale = false;
        self.elsewhere = false;
        self.wake();
        self.breaker.hurry(ctx.now);
        self.transport_due = self.transport_due.min(ctx.now);
        self.faces(facing, ctx.now);
        if moved {
            ctx.trace.note(ctx.now, self.name(), What::Moved);
            self.rebooted(ctx);
        }
    }

    /// Our own address on a connection to it. When it changes, URLs and callbacks of before are dead.
    pub(super) fn faces(&mut self, facing: Ipv4Addr, now: Instant) {
        if core::mem::replace(&mut self.facing, facing) != facing {
            self.events.iter_mut().for_each(|s| s.forget(now));
        }
    }

    /// It answers at the place that is known; this may be its second address.
    pub(in crate::kiosk) fn is_well_elsewhere(&self, location: &HttpUrl) -> bool {
        self.location != *location
            && self.state.is_some()
            && !self.away
            && self.breaker.failures() == 0
    }

    /// It was described at another place too: it has two addresses, or it began anew there. The next
    /// look at the place that is known tells.
    pub(in crate::kiosk) fn seen_elsewhere(&mut self, now: Instant) {
        self.elsewhere = true;
        self.look_again(now);
    }
}
