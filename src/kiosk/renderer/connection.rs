//! Whether a renderer can be talked to: where it is, the call in flight, the breaker, and what its announcements say.

use super::breaker::{self, Breaker};
use super::requests::{Call, Purpose};
use crate::kiosk::event::Failure;
use crate::kiosk::fault::Fault;
use crate::time::Instant;
use crate::upnp::HttpUrl;
use core::net::Ipv4Addr;

/// What the announcements of a renderer say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// It is there.
    Here,
    /// It said byebye. Some renderers say it and stay.
    SaidGoodbye,
    /// It said byebye and stopped: when it is announced again, somebody has switched it on.
    Asleep,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Connection(Fields);

read_only!(Connection, Fields);

/// Written only in this file.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) location: HttpUrl,
    /// Our address on the connection to it: the one that it can reach.
    pub(super) facing: Ipv4Addr,
    pub(super) call: Option<Call>,
    /// The last command that it took, and when that may be given again if it had no effect.
    pub(super) taken: Option<(Purpose, Instant)>,
    pub(super) breaker: Breaker,
    /// It does not answer, or nothing that can be understood.
    pub(super) fault: Option<Fault>,
    pub(super) away: bool,
    /// It could not be reached: when it is back, a stop means that it started again.
    pub(super) may_have_restarted: bool,
    pub(super) presence: Presence,
    /// Its description was seen at another place as well.
    pub(super) elsewhere: bool,
    /// Its description must be fetched again.
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

    /// A call goes out.
    pub(super) fn begin(&mut self, call: Call) {
        self.0.call = Some(call);
    }

    /// Ends the call with this number, if it is in flight.
    pub(super) fn end(&mut self, number: u32) -> Option<Call> {
        self.0.call.take_if(|call| call.number == number)
    }

    /// Ends the call in flight if it has waited long enough.
    pub(super) fn end_overdue(&mut self, now: Instant) -> Option<Call> {
        self.0.call.take_if(|call| call.deadline <= now)
    }

    /// Ends the call in flight whatever it is.
    pub(super) fn hang_up(&mut self) -> Option<Call> {
        self.0.call.take()
    }

    /// It was announced: a probe that has waited long may have been for its life before the restart.
    pub(super) fn hurry_probe(&mut self, now: Instant) {
        let probe = self.0.call.as_mut().filter(|call| call.purpose == Purpose::Transport);
        if let Some(call) = probe.filter(|call| now.since(call.sent_at) > breaker::FIRST_WAIT) {
            call.deadline = call.deadline.min(now);
        }
    }

    /// It took this command, which may be given again at this time if it had no effect.
    pub(super) fn command_taken(&mut self, command: Purpose, again_at: Instant) {
        self.0.taken = Some((command, again_at));
    }

    /// The last command may be given again at once.
    pub(super) fn forget_taken(&mut self) {
        self.0.taken = None;
    }

    /// When this command may be given: at once, but for the one that it has just taken.
    pub(super) fn again_at(&self, command: &Purpose) -> Instant {
        let taken = self.0.taken.as_ref().filter(|(taken, _)| taken == command);
        taken.map_or(Instant::START, |(_, again_at)| *again_at)
    }

    /// It answered. Gives whether it had not before.
    pub(super) fn answered(&mut self) -> bool {
        self.0.away = false;
        self.0.breaker.succeed();
        self.clear_fault()
    }

    /// It was seen to work. Gives whether calls had failed.
    pub(super) fn clear_fault(&mut self) -> bool {
        self.0.fault.take().is_some()
    }

    /// Calls to it fail for this reason.
    pub(super) fn set_fault(&mut self, fault: Fault) {
        self.0.fault = Some(fault);
    }

    /// A call failed. `jitter` in 0..1 spreads renderers that failed together. Gives whether the breaker opened.
    pub(super) fn failed(&mut self, failure: Failure, jitter: f64, now: Instant) -> bool {
        let was_open = self.0.breaker.is_open();
        self.0.may_have_restarted |= failure == Failure::Unreachable || was_open;
        self.0.breaker.fail(now, failure, jitter);
        self.0.breaker.is_open() && !was_open
    }

    /// The breaker has opened: what it told us is in doubt. Gives whether it is away.
    pub(super) fn lost(&mut self) -> bool {
        self.0.may_have_restarted = true;
        let away = matches!(self.0.breaker.why(), Some(Failure::Unreachable));
        self.0.away |= away;
        away
    }

    /// There is a sign of life: the pause is over.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.0.breaker.hurry(now);
    }

    /// Whether it may have started again since it was last reached: told once.
    pub(super) fn take_restart_doubt(&mut self) -> bool {
        core::mem::take(&mut self.0.may_have_restarted)
    }

    /// It started again, which is known now.
    pub(super) fn restarted(&mut self, now: Instant) {
        self.0.may_have_restarted = false;
        self.0.breaker.hurry(now);
    }

    /// It was announced, or described. Gives whether it was asleep.
    pub(super) fn wake(&mut self) -> bool {
        core::mem::replace(&mut self.0.presence, Presence::Here) == Presence::Asleep
    }

    /// Its announcements say this.
    pub(super) fn set_presence(&mut self, presence: Presence) {
        self.0.presence = presence;
    }

    /// Our own address on a connection to it. Gives whether that is another than before.
    pub(super) fn face(&mut self, facing: Ipv4Addr) -> bool {
        core::mem::replace(&mut self.0.facing, facing) != facing
    }

    /// Its description was fetched again, from here.
    pub(super) fn described(&mut self, location: HttpUrl) {
        self.0.location = location;
        self.0.stale = false;
        self.0.elsewhere = false;
    }

    /// It was described at another place, too.
    pub(super) fn seen_elsewhere(&mut self) {
        self.0.elsewhere = true;
    }

    /// Its description is not what it was.
    pub(super) fn distrust_description(&mut self) {
        self.0.stale = true;
    }

    /// Its description is to be read again: told once.
    pub(super) fn take_stale(&mut self) -> bool {
        core::mem::take(&mut self.0.stale)
    }

    /// The call in flight.
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
