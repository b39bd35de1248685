//! The connection to a renderer: its address, the call in flight, the circuit breaker, and whether it is announced.

use super::breaker::{self, Breaker};
use super::requests::{Call, Purpose};
use crate::kiosk::event::Failure;
use crate::kiosk::fault::Fault;
use crate::time::Instant;
use crate::upnp::HttpUrl;
use core::net::Ipv4Addr;

/// What the SSDP announcements of a renderer say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// The renderer is present.
    Here,
    /// The renderer said byebye. Some renderers say byebye and stay.
    SaidGoodbye,
    /// The renderer said byebye and stopped. When it is announced again, somebody has switched it on.
    Asleep,
}

/// The connection to one renderer.
#[derive(Debug)]
pub(super) struct Connection(Fields);

read_only!(Connection, Fields);

/// Readable everywhere, writable only in this file.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) location: HttpUrl,
    /// The box's own address on connections to the renderer, which is the address that the renderer can reach.
    pub(super) facing: Ipv4Addr,
    call: Option<Call>,
    /// The last command that the renderer accepted, and when it may be sent again if it had no effect.
    pub(super) taken: Option<(Purpose, Instant)>,
    pub(super) breaker: Breaker,
    /// Why calls fail.
    fault: Option<Fault>,
    pub(super) away: bool,
    /// The renderer was unreachable: a stop seen when it is back means that it restarted.
    pub(super) may_have_restarted: bool,
    pub(super) presence: Presence,
    /// The same device was described at another address as well.
    pub(super) elsewhere: bool,
    /// The description must be fetched again.
    pub(super) stale: bool,
}

impl Connection {
    pub(super) fn new(location: HttpUrl, facing: Ipv4Addr) -> Self {
        Self(Fields {
            location,
            facing,
            call: None,
            taken: None,
            breaker: Breaker::default(),
            fault: None,
            away: false,
            may_have_restarted: false,
            presence: Presence::Here,
            elsewhere: false,
            stale: false,
        })
    }

    /// A call was sent.
    pub(super) fn begin(&mut self, call: Call) {
        self.0.call = Some(call);
    }

    /// Ends the call with this number, if it is in flight.
    pub(super) fn end(&mut self, number: u32) -> Option<Call> {
        self.0.call.take_if(|call| call.number == number)
    }

    /// Ends the call in flight if its deadline has passed.
    pub(super) fn end_overdue(&mut self, now: Instant) -> Option<Call> {
        self.0.call.take_if(|call| call.deadline <= now)
    }

    /// Ends the call in flight.
    pub(super) fn hang_up(&mut self) -> Option<Call> {
        self.0.call.take()
    }

    /// Ends the wait for a probe that is already long, because the renderer was announced: it may have restarted since.
    pub(super) fn hurry_probe(&mut self, now: Instant) {
        let probe = self.0.call.as_mut().filter(|call| call.purpose == Purpose::Transport);
        if let Some(call) = probe.filter(|call| now.since(call.sent_at) > breaker::FIRST_WAIT) {
            call.deadline = call.deadline.min(now);
        }
    }

    /// The renderer accepted a command, which may be sent again at `again_at` if it had no effect.
    pub(super) fn command_taken(&mut self, command: Purpose, again_at: Instant) {
        self.0.taken = Some((command, again_at));
    }

    /// The last command may be sent again at once.
    pub(super) fn forget_taken(&mut self) {
        self.0.taken = None;
    }

    /// When this command may be sent: at once, unless the renderer has just accepted it.
    pub(super) fn again_at(&self, command: &Purpose) -> Instant {
        let taken = self.0.taken.as_ref().filter(|(taken, _)| taken == command);
        taken.map_or(Instant::START, |(_, again_at)| *again_at)
    }

    /// The renderer answered. Returns whether calls had failed before.
    pub(super) fn answered(&mut self) -> bool {
        self.0.away = false;
        self.0.breaker.succeed();
        self.clear_fault()
    }

    /// Clears the fault, because the renderer works. Returns whether there was one.
    pub(super) fn clear_fault(&mut self) -> bool {
        self.0.fault.take().is_some()
    }

    /// Records why calls fail.
    pub(super) fn set_fault(&mut self, fault: Fault) {
        self.0.fault = Some(fault);
    }

    /// A call failed. `jitter` in 0..1 spreads renderers that failed together. Returns whether the breaker opened.
    pub(super) fn failed(&mut self, failure: Failure, jitter: f64, now: Instant) -> bool {
        let was_open = self.0.breaker.is_open();
        self.0.may_have_restarted |= failure == Failure::Unreachable || was_open;
        self.0.breaker.fail(now, failure, jitter);
        self.0.breaker.is_open() && !was_open
    }

    /// The breaker opened, so that all that the renderer reported is in doubt. Returns whether the renderer is away.
    pub(super) fn lost(&mut self) -> bool {
        self.0.may_have_restarted = true;
        let away = matches!(self.0.breaker.why(), Some(Failure::Unreachable));
        self.0.away |= away;
        away
    }

    /// Ends the pause, because there is a sign of life.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.0.breaker.hurry(now);
    }

    /// Returns whether the renderer may have restarted since it was last reached, and clears the doubt.
    pub(super) fn take_restart_doubt(&mut self) -> bool {
        core::mem::take(&mut self.0.may_have_restarted)
    }

    /// The renderer is known to have restarted.
    pub(super) fn restarted(&mut self, now: Instant) {
        self.0.may_have_restarted = false;
        self.0.breaker.hurry(now);
    }

    /// The renderer was announced or described. Returns whether it was asleep.
    pub(super) fn wake(&mut self) -> bool {
        core::mem::replace(&mut self.0.presence, Presence::Here) == Presence::Asleep
    }

    pub(super) fn set_presence(&mut self, presence: Presence) {
        self.0.presence = presence;
    }

    /// Records the box's own address on connections to the renderer. Returns whether it changed.
    pub(super) fn set_facing(&mut self, facing: Ipv4Addr) -> bool {
        core::mem::replace(&mut self.0.facing, facing) != facing
    }

    /// The description was fetched again, from this URL.
    pub(super) fn described(&mut self, location: HttpUrl) {
        self.0.location = location;
        self.0.stale = false;
        self.0.elsewhere = false;
    }

    /// The same device was described at another address, too.
    pub(super) fn seen_elsewhere(&mut self) {
        self.0.elsewhere = true;
    }

    /// The description seems out of date and must be fetched again.
    pub(super) fn distrust_description(&mut self) {
        self.0.stale = true;
    }

    /// Returns whether the description must be fetched again, and clears the request.
    pub(super) fn take_stale(&mut self) -> bool {
        core::mem::take(&mut self.0.stale)
    }

    pub(super) const fn call(&self) -> Option<&Call> {
        self.0.call.as_ref()
    }

    pub(super) const fn is_busy(&self) -> bool {
        self.0.call.is_some()
    }

    pub(super) const fn fault(&self) -> Option<&Fault> {
        self.0.fault.as_ref()
    }
}
