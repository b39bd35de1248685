//! What a renderer says unasked: events, announcements, and its description.

use super::connection::Presence;
use super::{Context, Renderer};
use crate::kiosk::trace::What;
use crate::time::{Duration, Instant};
use crate::upnp::HttpUrl;
use crate::upnp::description::Description;
use crate::upnp::gena::LastChange;
use core::net::Ipv4Addr;

/// An announcement causes no state request if the state was seen within this time.
const JUST_SEEN: Duration = Duration::from_secs(1);
/// The pause between byebye and new subscriptions.
const RESUBSCRIBE_AFTER: Duration = Duration::from_secs(5);
/// The pause between byebye and the next state request, which shows whether the renderer stays.
const LOOK_AFTER: Duration = Duration::from_millis(500);

impl Renderer {
    /// Takes an event for this callback. Returns `None` if the callback is not this renderer's, else whether the event
    /// was expected.
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
        // The state only prompts a request for it; volume and mute are believed.
        self.observation.ask_state_by(now);
        self.observation.hint(change.transport_state, now);
        if change.current_track_uri.is_some() || change.av_transport_uri.is_some() {
            self.observation.ask_position_by(now);
        }
        self.volume.see(change.volume, change.mute);
        Some(true)
    }

    /// The renderer was announced.
    pub(in crate::kiosk) fn announced(&mut self, ctx: &mut Context<'_>) {
        let now = ctx.now;
        self.connection.hurry(now);
        self.wake();
        self.connection.hurry_probe(now);
        if now.since(self.observation.state_at) > JUST_SEEN {
            self.observation.ask_state_by(now);
        }
    }

    /// The renderer is present, or present again.
    fn wake(&mut self) {
        if self.connection.wake() && self.intent.is_yielded() {
            self.intent.go_on();
        }
    }

    /// Asks for the state because the box's own address changed: the connection shows the new one.
    pub(in crate::kiosk) fn look_again(&mut self, now: Instant) {
        self.observation.ask_state_by(now);
    }

    /// The renderer restarted: everything known about it is void, except its goal.
    pub(in crate::kiosk) fn restarted(&mut self, ctx: &mut Context<'_>) {
        ctx.trace.note(ctx.now, self.name(), What::Rebooted);
        self.playback.restart();
        self.connection.restarted(ctx.now);
        self.observation.look_now(ctx.now);
        self.observation.forget_subscriptions(ctx.now);
    }

    /// The renderer said byebye. Some renderers say it and stay; the next look tells.
    pub(in crate::kiosk) fn said_byebye(&mut self, ctx: &mut Context<'_>) {
        // A viewer who had stopped the renderer has now switched it off: the box leaves it off.
        let asleep = !self.observation.is_active() && self.intent.yield_for_good();
        let presence = if asleep { Presence::Asleep } else { Presence::SaidGoodbye };
        self.connection.set_presence(presence);
        self.observation.forget_subscriptions(ctx.now + RESUBSCRIBE_AFTER);
        self.observation.ask_state_after(ctx.now + LOOK_AFTER);
    }

    /// Takes a description that was fetched again.
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
        self.set_facing(facing, ctx.now);
        if moved {
            ctx.trace.note(ctx.now, self.name(), What::Moved);
            self.restarted(ctx);
        }
    }

    /// Records the box's own address on connections to the renderer. If it changed, URLs and callbacks given before are
    /// dead.
    pub(super) fn set_facing(&mut self, facing: Ipv4Addr, now: Instant) {
        if self.connection.set_facing(facing) {
            self.observation.forget_subscriptions(now);
        }
    }

    /// Returns whether the renderer answers at its known address, so that `location` may be a second address.
    pub(in crate::kiosk) fn is_well_elsewhere(&self, location: &HttpUrl) -> bool {
        self.connection.location != *location
            && self.observation.state.is_some()
            && !self.connection.away
            && self.connection.breaker.failures() == 0
    }

    /// The same device was described at another address, too: either it has two addresses, or it restarted there. The
    /// next look at the known address tells which.
    pub(in crate::kiosk) fn seen_elsewhere(&mut self, now: Instant) {
        self.connection.seen_elsewhere();
        self.look_again(now);
    }
}
