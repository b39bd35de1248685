//! What a renderer says unasked: events, announcements, and its description.

use super::intent::Goal;
use super::{Context, Renderer};
use crate::kiosk::fault::Fault;
use crate::kiosk::trace::What;
use crate::time::{Duration, Instant};
use crate::upnp::description::Description;
use crate::upnp::gena::LastChange;
use crate::upnp::ssdp::MessageKind;
use crate::upnp::{HttpUrl, are_neighbours};
use core::net::Ipv4Addr;

/// An announcement causes no state request if the state was seen within this time.
const JUST_SEEN: Duration = Duration::from_secs(1);
/// The pause between byebye and the renewal of subscriptions.
const CONFIRM_AFTER: Duration = Duration::from_secs(5);
/// The pause between byebye and the next state request, which shows whether the renderer stays.
const LOOK_AFTER: Duration = Duration::from_millis(500);

impl Renderer {
    /// Returns whether an event belongs to a subscription at this renderer. A renderer with two addresses may send from the
    /// other one; the callback and the SID tell.
    pub(in crate::kiosk) fn expects(&self, callback: u32, sid: &str, from: Ipv4Addr) -> bool {
        let is_near = self.host() == from || are_neighbours(self.host(), from);
        is_near && self.observation.expects(callback, sid)
    }

    /// Takes an event that is expected.
    pub(in crate::kiosk) fn notified(&mut self, callback: u32, change: &LastChange, now: Instant) {
        let tells_volume = change.volume.is_some() || change.mute.is_some();
        self.observation.hear(callback, tells_volume);
        // The state only prompts a request for it; volume and mute are believed.
        self.observation.ask_state_by(now);
        self.observation.hint(change.transport_state, now);
        if change.current_track_uri.is_some() || change.av_transport_uri.is_some() {
            self.observation.ask_position_by(now);
        }
        self.volume.see(change.volume, change.mute);
    }

    /// The renderer was announced, or answered a search.
    pub(in crate::kiosk) fn announced(&mut self, kind: MessageKind, ctx: &mut Context<'_>) {
        let now = ctx.now;
        if kind == MessageKind::Alive {
            self.connection.note_announcement(now);
        }
        self.connection.hurry(now);
        if kind != MessageKind::Response || self.connection.answers_awake() {
            self.wake(now);
        }
        self.connection.hurry_probe(now);
        if now.since(self.observation.state_at) > JUST_SEEN {
            self.observation.ask_state_by(now);
        }
    }

    /// The renderer is present, or present again.
    fn wake(&mut self, now: Instant) {
        match self.connection.wake(now) {
            Some(true) if self.intent.is_yielded() => {
                self.volume.restart();
                self.intent.go_on();
            }
            Some(false) => {
                self.connection.doubt_restart(now);
                self.intent.wake_to_viewer(now);
            }
            _ => {}
        }
    }

    /// Asks for the state because the box's own address changed: the connection shows the new one.
    pub(in crate::kiosk) fn look_again(&mut self, now: Instant) {
        self.observation.ask_state_by(now);
    }

    /// The renderer announced another boot number: somebody may have switched it on. The next look tells.
    pub(in crate::kiosk) fn rebooted(&mut self, ctx: &mut Context<'_>) {
        self.wake(ctx.now);
        self.may_have_restarted(ctx);
    }

    /// The renderer announced itself with another boot number, or at another place. What plays on did not restart, whatever it
    /// says: it may only have changed its network. The next look tells.
    pub(in crate::kiosk) fn may_have_restarted(&mut self, ctx: &mut Context<'_>) {
        let plays = self.playback.load().is_some_and(|load| load.is_running() && !load.is_still());
        if !plays {
            return self.restarted(ctx);
        }
        self.connection.doubt_restart(ctx.now);
        self.observation.look_now(ctx.now);
        // It keeps sending events if it has not restarted, whatever was said in its name.
        self.observation.doubt_subscriptions(ctx.now);
    }

    /// The renderer restarted: everything known about it is void, except its goal.
    pub(in crate::kiosk) fn restarted(&mut self, ctx: &mut Context<'_>) {
        ctx.trace.note(ctx.now, self.name(), What::Rebooted);
        self.playback.restart();
        self.volume.restart();
        self.capabilities.restarted(ctx.now);
        self.connection.restarted(ctx.now);
        self.observation.look_now(ctx.now);
        self.observation.forget_subscriptions(ctx.now);
    }

    /// The renderer said byebye. Some renderers say it and stay; the next look tells.
    pub(in crate::kiosk) fn said_byebye(&mut self, ctx: &mut Context<'_>) {
        // A viewer who had stopped the renderer has now switched it off: the box leaves it off.
        match !self.observation.is_active() && self.intent.yield_for_good() {
            true => self.connection.fall_asleep(None),
            false => self.connection.say_goodbye(ctx.now),
        }
        self.observation.confirm_subscriptions(ctx.now + CONFIRM_AFTER);
        self.observation.ask_state_after(ctx.now + LOOK_AFTER);
    }

    /// A search was sent, which the renderer answers if it is on.
    pub(in crate::kiosk) fn searched(&mut self) {
        self.connection.searched();
    }

    /// Takes a description that was fetched again. `announced`: the renderer announced itself, rather than being found by a
    /// search.
    pub(in crate::kiosk) fn redescribed(
        &mut self,
        new: Box<Description>,
        location: HttpUrl,
        announced: bool,
        facing: Ipv4Addr,
        ctx: &mut Context<'_>,
    ) {
        let elsewhere = self.connection.location != location;
        let moved = self.description.av_transport.control_url != new.av_transport.control_url;
        let model = |of: &Description| (of.manufacturer.clone(), of.model_name.clone());
        if model(&self.description) != model(&new) {
            self.capabilities.replaced();
        }
        self.description = new;
        self.volume.forget_units();
        self.connection.described(location);
        if announced || elsewhere || moved || self.connection.answers_awake() {
            self.wake(ctx.now);
        }
        self.connection.hurry(ctx.now);
        self.observation.ask_state_by(ctx.now);
        self.set_facing(facing, ctx.now);
        if moved {
            ctx.trace.note(ctx.now, self.name(), What::Moved);
            self.may_have_restarted(ctx);
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
        self.connection.location != *location && self.is_well()
    }

    /// Returns whether the renderer has answered lately at its known address.
    pub(in crate::kiosk) fn is_well(&self) -> bool {
        self.observation.state.is_some() && !self.is_failing()
    }

    /// Returns whether the renderer has not answered at its known address lately.
    pub(in crate::kiosk) fn is_failing(&self) -> bool {
        self.connection.away || self.connection.breaker.failures() > 0
    }

    /// Another device answers at the place of this renderer. Nothing is sent there until this one is described again.
    pub(in crate::kiosk) fn displaced(&mut self, ctx: &mut Context<'_>) {
        self.hang_up(ctx.effects);
        self.connection.displace();
        self.capabilities.replaced();
        self.observation.require_look();
        self.observation.forget_subscriptions(Instant::START);
        self.trouble(Fault::Unreachable, ctx);
    }

    /// This renderer and another one were mistaken for each other. `misled`: this one was given a file that was meant for the
    /// other one, and may show it.
    pub(in crate::kiosk) fn was_taken_for_another(&mut self, misled: bool, ctx: &mut Context<'_>) {
        self.capabilities.replaced();
        if !misled {
            return;
        }
        self.restarted(ctx);
        match self.intent.goal {
            Goal::Rest => self.intent.darken(),
            Goal::Yield { .. } => self.intent.go_on(),
            _ => {}
        }
    }

    pub(in crate::kiosk) fn is_displaced(&self) -> bool {
        self.connection.displaced
    }

    /// The same device was described at another address, too: either it has two addresses, or it restarted there. The
    /// next look at the known address tells which.
    pub(in crate::kiosk) fn seen_elsewhere(&mut self, now: Instant) {
        self.connection.seen_elsewhere();
        self.look_again(now);
    }
}
