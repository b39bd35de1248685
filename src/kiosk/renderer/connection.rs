//! The connection to a renderer: its address, the call in flight, the circuit breaker, and whether it is announced.

use super::requests::{Call, Purpose};
use crate::kiosk::deadline::Backoff;
use crate::kiosk::event::Failure;
use crate::kiosk::fault::Fault;
use crate::time::{Duration, Instant};
use crate::upnp::HttpUrl;
use core::net::Ipv4Addr;

/// How many failures in a row open the breaker.
const OPENS_AFTER: u8 = 3;
/// Pauses between probes of an unreachable renderer. A renderer whose cable is plugged back in announces nothing, and one
/// lost packet every 8 s is no burden.
const PAUSES: Backoff =
    Backoff::new(Duration::from_millis(250), Duration::from_secs(8)).jittered(0.25);
/// The pause after a probe that timed out: its wait was pause enough.
const PAUSE_AFTER_WAIT: Duration = Duration::from_secs(1);
/// How long the first probe waits for its answer; each further one waits twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// How long the following probes wait.
const WAITS: Backoff = Backoff::new(FIRST_WAIT, Duration::from_secs(60));

/// Pauses before a command that was answered without effect is sent again: LG needs 1.5 s to close its player after a Stop.
const TAKES_EFFECT: Backoff = Backoff::new(Duration::from_secs(3), Duration::from_secs(30));
/// A command that could be sent again this long ago is a new one.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60);

/// An announcement that follows a byebye within this time is no sign of a start. One that comes this long before a renderer
/// is found to hold nothing is.
const ANNOUNCED_ANEW: Duration = Duration::from_secs(10);

/// A command that the renderer answered.
#[derive(Debug)]
struct Taken {
    command: Purpose,
    /// When it may be sent again, if it had no effect.
    again_at: Instant,
    /// How many times in a row it was sent before.
    times: u8,
}

/// A renderer that answers searches in standby answers one of so many: datagrams get lost.
const ANSWERS_ONE_OF: u8 = 2;

/// A renderer that is being switched off may say for so long after its byebye that it plays.
const LINGERS: Duration = Duration::from_secs(10);

/// What the SSDP announcements of a renderer say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// The renderer is present.
    Here,
    /// The renderer said byebye at this time. Some renderers say byebye and stay.
    SaidGoodbye(Instant),
    /// The renderer said byebye and stopped. When it is announced again, somebody has switched it on; `gone`:
    /// there was a sign that it was off. `stopped_at`: it played, and stopped with its byebye. `unanswered`: how many searches
    /// in a row it has not answered; the most there are, if it was lost.
    Asleep { stopped_at: Option<Instant>, gone: bool, unanswered: u8 },
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
    /// The last command that the renderer answered.
    taken: Option<Taken>,
    pub(super) breaker: Breaker,
    /// Why calls fail.
    fault: Option<Fault>,
    pub(super) away: bool,
    /// When the renderer that is away was lost.
    lost_at: Option<Instant>,
    /// For how long the renderer was away, if what it does since was not seen yet.
    returned: Option<Duration>,
    /// The renderer was unreachable: a stop seen when it is back means that it restarted.
    pub(super) may_have_restarted: bool,
    pub(super) presence: Presence,
    /// When the renderer was last announced without being asked.
    announced_at: Option<Instant>,
    /// The same device was described at another address as well.
    pub(super) elsewhere: bool,
    /// Another device answers at this location.
    pub(super) displaced: bool,
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
            lost_at: None,
            returned: None,
            may_have_restarted: false,
            presence: Presence::Here,
            announced_at: None,
            elsewhere: false,
            displaced: false,
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
        if let Some(call) = probe.filter(|call| now.since(call.sent_at) > FIRST_WAIT) {
            call.deadline = call.deadline.min(now);
        }
    }

    /// The renderer answered a command. If the command has no effect, it may be sent again after a pause, which grows from
    /// the third time on.
    pub(super) fn command_taken(&mut self, command: Purpose, now: Instant) {
        let before = self
            .0
            .taken
            .take()
            .filter(|taken| taken.command == command && now < taken.again_at + FORGOTTEN_AFTER);
        let times = before.map_or(0, |taken| taken.times.saturating_add(1));
        let again_at = now + TAKES_EFFECT.pause(times.saturating_sub(1));
        self.0.taken = Some(Taken { command, again_at, times });
    }

    /// Returns whether this is the last command that the renderer answered.
    pub(super) fn was_told(&self, command: &Purpose) -> bool {
        self.0.taken.as_ref().is_some_and(|taken| taken.command == *command)
    }

    /// When this command may be sent: at once, unless the renderer has just accepted it.
    pub(super) fn again_at(&self, command: &Purpose) -> Instant {
        let taken = self.0.taken.as_ref().filter(|taken| taken.command == *command);
        taken.map_or(Instant::START, |taken| taken.again_at)
    }

    /// The renderer answered. Returns whether calls had failed before.
    pub(super) fn answered(&mut self, now: Instant) -> bool {
        if core::mem::take(&mut self.0.away) {
            let since = self.0.lost_at.take();
            self.0.returned = Some(since.map_or(Duration::ZERO, |since| now.since(since)));
        }
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
        self.was_gone();
        self.0.breaker.fail(now, failure, jitter);
        self.0.breaker.is_open() && !was_open
    }

    /// The breaker opened, so that all that the renderer reported is in doubt. Returns whether the renderer is away.
    pub(super) fn lost(&mut self, now: Instant) -> bool {
        self.0.may_have_restarted = true;
        if let Presence::Asleep { unanswered, .. } = &mut self.0.presence {
            *unanswered = u8::MAX;
        }
        let away = matches!(self.0.breaker.why(), Some(Failure::Unreachable));
        self.0.away |= away;
        if away {
            self.0.lost_at.get_or_insert(now);
        }
        away
    }

    /// Ends the pause, because there is a sign of life.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.0.breaker.hurry(now);
    }

    /// Returns for how long the renderer was away until now, and clears that.
    pub(super) fn take_returned(&mut self) -> Option<Duration> {
        core::mem::take(&mut self.0.returned)
    }

    /// Returns whether the renderer may have restarted since it was last reached, and clears the doubt.
    pub(super) fn take_restart_doubt(&mut self) -> bool {
        core::mem::take(&mut self.0.may_have_restarted)
    }

    /// The renderer may have restarted: the next look tells.
    pub(super) fn doubt_restart(&mut self, now: Instant) {
        self.0.may_have_restarted = true;
        self.0.breaker.hurry(now);
    }

    /// The renderer is known to have restarted.
    pub(super) fn restarted(&mut self, now: Instant) {
        self.0.may_have_restarted = false;
        self.0.breaker.hurry(now);
    }

    /// The renderer was announced or described. Returns whether it was asleep, and if so whether somebody has switched it on. If
    /// there was no sign that it was off, it was there all the time: some renderers say byebye before each announcement, and
    /// anybody can say it in the name of another.
    pub(super) fn wake(&mut self, now: Instant) -> Option<bool> {
        match core::mem::replace(&mut self.0.presence, Presence::Here) {
            Presence::Asleep { stopped_at, gone, .. } => {
                Some(gone || stopped_at.is_some_and(|at| now.since(at) > ANNOUNCED_ANEW))
            }
            Presence::Here | Presence::SaidGoodbye(_) => None,
        }
    }

    /// A search was sent.
    pub(super) fn searched(&mut self) {
        if let Presence::Asleep { unanswered, .. } = &mut self.0.presence {
            *unanswered = unanswered.saturating_add(1);
        }
    }

    /// The renderer was lost when it was said to leave, and may have crashed instead: its next answer wakes it.
    pub(super) fn may_have_crashed(&mut self) {
        if let Presence::Asleep { unanswered, .. } = &mut self.0.presence {
            *unanswered = u8::MAX;
        }
    }

    /// The renderer answered a search. Returns whether that may mean that it is on: some televisions answer in standby, too. One
    /// that was lost, or did not answer searches before, is on again.
    pub(super) fn answers_awake(&mut self) -> bool {
        let Presence::Asleep { unanswered, .. } = &mut self.0.presence else { return true };
        core::mem::take(unanswered) > ANSWERS_ONE_OF
    }

    /// There is a sign that the renderer was off for a while.
    pub(super) fn was_gone(&mut self) {
        if let Presence::Asleep { gone, .. } = &mut self.0.presence {
            *gone = true;
        }
    }

    /// The renderer was announced without being asked.
    pub(super) fn note_announcement(&mut self, now: Instant) {
        self.0.announced_at = Some(now);
    }

    /// Returns whether the renderer was just announced without being asked, as when it is switched on.
    pub(super) fn is_just_announced(&self, now: Instant) -> bool {
        self.0.announced_at.is_some_and(|at| now.since(at) < ANNOUNCED_ANEW)
    }

    pub(super) fn say_goodbye(&mut self, now: Instant) {
        self.0.presence = Presence::SaidGoodbye(now);
    }

    /// Returns whether a renderer that was last seen playing at `played_at` is about to be switched off: it said byebye, and
    /// did not play on after that.
    pub(super) fn is_leaving(&self, played_at: Instant) -> bool {
        matches!(self.0.presence, Presence::SaidGoodbye(at) if played_at <= at + LINGERS)
    }

    pub(super) fn fall_asleep(&mut self, stopped_at: Option<Instant>) {
        self.0.presence = Presence::Asleep { stopped_at, gone: false, unanswered: 0 };
    }

    pub(super) const fn is_asleep(&self) -> bool {
        matches!(self.0.presence, Presence::Asleep { .. })
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
        self.0.displaced = false;
    }

    /// Another device answers at this location. Where the renderer is, its next announcement tells.
    pub(super) fn displace(&mut self) {
        (self.0.displaced, self.0.away, self.0.may_have_restarted) = (true, true, true);
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

/// The circuit breaker of one renderer: how long to leave the renderer alone after failed calls.
///
/// *Closed*: calls are sent; after a failure, the next call waits a little. *Open*, after [`OPENS_AFTER`] failures in a
/// row: only probes are sent. A renderer that is unreachable is probed at growing intervals. A renderer that accepts
/// connections and never answers is probed again soon, but each probe waits longer for its answer, so that the renderer
/// is noticed as soon as it recovers. An announcement ends a pause.
#[derive(Clone, Debug, Default)]
pub struct Breaker {
    failures: u8,
    retry_at: Option<Instant>,
    why: Option<Failure>,
}

impl Breaker {
    /// A call failed. `jitter` in 0..1 spreads renderers that failed together.
    pub fn fail(&mut self, now: Instant, why: Failure, jitter: f64) {
        let pauses = match why {
            Failure::Timeout => PAUSES.at_most(PAUSE_AFTER_WAIT),
            _ => PAUSES,
        };
        self.retry_at = Some(now + pauses.pause_by_chance(self.failures, jitter));
        self.failures = self.failures.saturating_add(1);
        self.why = Some(why);
    }

    /// A call was answered: whatever the answer says, the renderer is alive.
    pub fn succeed(&mut self) {
        *self = Self::default();
    }

    /// Ends the pause, because there is a sign of life.
    pub fn hurry(&mut self, now: Instant) {
        if let Some(at) = self.retry_at.as_mut() {
            *at = (*at).min(now);
        }
    }

    /// Returns whether only probes are sent.
    pub fn is_open(&self) -> bool {
        self.failures >= OPENS_AFTER
    }

    /// How many calls failed in a row.
    pub fn failures(&self) -> u8 {
        self.failures
    }

    /// Nothing is sent before this time.
    pub fn retry_at(&self) -> Option<Instant> {
        self.retry_at
    }

    /// Why the last call failed.
    pub fn why(&self) -> Option<&Failure> {
        self.why.as_ref()
    }

    /// How long the next probe waits for its answer.
    pub fn patience(&self) -> Duration {
        match self.why {
            Some(Failure::Timeout) => WAITS.pause(self.failures),
            _ => FIRST_WAIT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_their_cap_and_begin_anew_after_an_answer() {
        let mut breaker = Breaker::default();
        let mut pauses = Vec::new();
        for _ in 0..10 {
            breaker.fail(Instant::START, Failure::Unreachable, 1.0);
            pauses.push(breaker.retry_at().expect("set").as_micros() / 1000);
        }
        assert_eq!(pauses, [250, 500, 1000, 2000, 4000, 8000, 8000, 8000, 8000, 8000]);
        assert!(breaker.is_open());
        breaker.succeed();
        assert!(!breaker.is_open() && breaker.retry_at().is_none());
    }

    #[test]
    fn a_hung_renderer_is_waited_for_longer_and_asked_again_within_a_second() {
        let mut breaker = Breaker::default();
        assert_eq!(breaker.patience(), Duration::from_secs(5));
        for _ in 0..6 {
            breaker.fail(Instant::START, Failure::Timeout, 1.0);
        }
        assert_eq!(breaker.patience(), Duration::from_secs(60));
        assert_eq!(breaker.retry_at(), Some(Instant::from_millis(1000)));
    }

    #[test]
    fn an_announcement_ends_the_pause() {
        let mut breaker = Breaker::default();
        for _ in 0..9 {
            breaker.fail(Instant::START, Failure::Unreachable, 0.0);
        }
        breaker.hurry(Instant::from_millis(7));
        assert_eq!(breaker.retry_at(), Some(Instant::from_millis(7)));
        assert!(breaker.is_open(), "one sign of life is not health");
    }
}
