//! What a renderer says by itself: events, announcements, its description.

use super::connection::Presence;
use super::{Context, Renderer};
use crate::kiosk::trace::What;
use crate::time::{Duration, Instant};
use crate::upnp::HttpUrl;
use crate::upnp::description::Description;
use crate::upnp::gena::LastChange;
use core::net::Ipv4Addr;

/// A state that was seen this long ago or less need not be asked for because of an announcement.
const JUST_SEEN: Duration = Duration::from_secs(1);
/// After byebye, subscriptions are made anew after this time,
const RESUBSCRIBE_AFTER: Duration = Duration::from_secs(5);
/// and the state is asked for after this: a renderer that says it and stays tells then.
const LOOK_AFTER: Duration = Duration::from_millis(500);

impl Renderer {
    /// An event came to this callback. Gives `None` if it is not ours, else whether it was expected.
    pub(in crate::kiosk) fn notified(
        &mut self,
        callback: u32,
        sid: &str,
        seq: Option<u32>,
        change: &LastChange,
        now: Instant,
    ) -> Option<bool> {
        if self.observation.subscription_of(callback)?.hear(sid, seq).is_none() {
            return Some(false);
        }
        // The state is only a hint to look; volume and mute are taken as they are said.
        self.observation.ask_state_by(now);
        self.observation.hint(change.transport_state, now);
        if change.current_track_uri.is_some() || change.av_transport_uri.is_some() {
            self.observation.ask_position_by(now);
        }
        self.volume.see(change.volume, change.mute);
        Some(true)
    }

    /// It was announced: it lives.
    pub(in crate::kiosk) fn hear(&mut self, ctx: &mut Context<'_>) {
        let now = ctx.now;
        self.connection.hurry(now);
        self.wake();
        self.connection.hurry_probe(now);
        if now.since(self.observation.state_at) > JUST_SEEN {
            self.observation.ask_state_by(now);
        }
    }

    /// It is there, or there again.
    fn wake(&mut self) {
        if self.connection.wake() && self.intent.is_yielded() {
            self.intent.go_on();
        }
    }

    /// The box's own address has changed: look, and learn the new one from the connection.
    pub(in crate::kiosk) fn look_again(&mut self, now: Instant) {
        self.observation.ask_state_by(now);
    }

    /// It started again: nothing of before holds, but its goal does.
    pub(in crate::kiosk) fn restarted(&mut self, ctx: &mut Context<'_>) {
        ctx.trace.note(ctx.now, self.name(), What::Rebooted);
        self.playback.restart();
        self.connection.restarted(ctx.now);
        self.observation.look_now(ctx.now);
        self.observation.forget_subscriptions(ctx.now);
    }

    /// It said byebye. Some say it and stay: the next look tells.
    pub(in crate::kiosk) fn part(&mut self, ctx: &mut Context<'_>) {
        // A viewer who stopped it has switched it off now: that was all for today.
        let asleep = !self.observation.is_active() && self.intent.yield_for_good();
        let presence = if asleep { Presence::Asleep } else { Presence::SaidGoodbye };
        self.connection.set_presence(presence);
        self.observation.forget_subscriptions(ctx.now + RESUBSCRIBE_AFTER);
        self.observation.ask_state_after(ctx.now + LOOK_AFTER);
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
        self.volume.forget_units();
        self.connection.described(location);
        self.wake();
        self.connection.hurry(ctx.now);
        self.observation.ask_state_by(ctx.now);
        self.faces(facing, ctx.now);
        if moved {
            ctx.trace.note(ctx.now, self.name(), What::Moved);
            self.restarted(ctx);
        }
    }

    /// Our own address on a connection to it. When it changes, URLs and callbacks of before are dead.
    pub(super) fn faces(&mut self, facing: Ipv4Addr, now: Instant) {
        if self.connection.face(facing) {
            self.observation.forget_subscriptions(now);
        }
    }

    /// It answers at the place that is known; this may be its second address.
    pub(in crate::kiosk) fn is_well_elsewhere(&self, location: &HttpUrl) -> bool {
        self.connection.location != *location
            && self.observation.state.is_some()
            && !self.connection.away
            && self.connection.breaker.failures() == 0
    }

    /// It was described at another place, too: it has two addresses, or it began anew there. The next look at the place
    /// that is known tells.
    pub(in crate::kiosk) fn seen_elsewhere(&mut self, now: Instant) {
        self.connection.seen_elsewhere();
        self.look_again(now);
    }
}
