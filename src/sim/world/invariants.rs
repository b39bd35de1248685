//! What must hold: *invariants* after every step of the kiosk, and *liveness* every few seconds.
//!
//! Liveness: a renderer that can play and should play does so before long. It *can* play if nothing outside the box
//! prevents it: the renderer is on, awake and answers, the network and the media server are reachable, and the files
//! are there. In addition, the box must not report for long that a renderer is about to play.

use super::driver::place;
use super::{InFlight, Network, Node, World};
use crate::kiosk::Kiosk;
use crate::kiosk::deadline::Deadline;
use crate::kiosk::effect::{Effect, Request};
use crate::kiosk::event::{Event, TaskName};
use crate::kiosk::leds::Pattern;
use crate::kiosk::reason::Standing;
use crate::kiosk::supervisor::SILENCE;
use crate::kiosk::token::Token;
use crate::limits::EFFECTS;
use crate::sim::fake_renderer::Endpoint;
use crate::sim::quirks::{RelTime, TrackUri};
use crate::time::{Duration, Instant};
use crate::upnp::action::TransportState;
use core::hash::{Hash, Hasher};
use serde_json::Value;

/// The most steps for each renderer within a second. Around the end of a clip, its state is requested every 20 ms, and
/// each answer, event and report of the media server is a step, too.
const STEPS: usize = 200;
/// The most calls to one renderer within a second.
const CALLS: usize = 60;
/// How many more calls a press, a new address or the like may cause: command, state, position, subscriptions, and each
/// metadata level for a renderer that refuses them all.
const CALLS_FOR_A_REASON: usize = 12;
/// The most steps that follow from what somebody tells the box: hearing it, and a request that fails.
const STEPS_FOR_A_DATAGRAM: usize = 4;
/// The most steps in a row at one time without an event from outside.
const RESTLESS: u8 = 3;
/// The pauses of the breaker from its first failure on, in milliseconds, at the shortest that jitter allows.
const PAUSES: [u64; 6] = [187, 375, 750, 1_500, 3_000, 6_000];
/// The pause after a timeout, which was a wait already.
const PAUSE_AFTER_WAIT: u64 = 750;

/// What the invariants need to know of earlier steps.
#[derive(Debug, Default)]
pub(super) struct Invariants {
    second: u64,
    steps: usize,
    /// How many more steps than usual others have caused in this second.
    excused: usize,
    /// How many steps in a row took no time and had no cause from outside, and when.
    idle: (Instant, u8),
    /// The number of the last ticket.
    issued: u32,
    /// When a task was last found silent for too long.
    silent_at: Instant,
    fingerprint: Fingerprint,
}

/// A quick hash that distinguishes runs; it need not resist attacks. Each word is rotated in, then multiplied by an odd
/// number without pattern (the golden ratio).
#[derive(Debug, Default)]
struct Fingerprint(u64);

impl Hasher for Fingerprint {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64((*byte).into()));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(word.into());
    }

    fn write_isize(&mut self, word: isize) {
        self.write_u64(word as u64);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Invariants {
    /// The box restarts and numbers its tickets from one again.
    pub(super) fn reboot(&mut self) {
        let fingerprint = core::mem::take(&mut self.fingerprint);
        *self = Self { fingerprint, ..Self::default() };
    }

    /// Somebody on the network causes steps: one for what the box hears, and some for what follows.
    pub(super) fn excuse(&mut self) {
        self.excused += STEPS_FOR_A_DATAGRAM;
    }

    /// A ticket is issued: no number may be used twice.
    pub(super) fn issued(&mut self, number: u32) {
        assert!(
            number > self.issued,
            "ticket number {number} is used again: the last one was {}",
            self.issued
        );
        self.issued = number;
    }

    /// The deadline that this event serves, if it serves one.
    pub(super) fn before(&self, event: &Event, next: Option<Deadline>) -> Option<Deadline> {
        next.filter(|_| matches!(event, Event::Deadline))
    }

    pub(super) fn stepped(
        &mut self,
        served: Option<Deadline>,
        now: Instant,
        effects: &[Effect],
        kiosk: &Kiosk,
        renderers: usize,
        reasons: usize,
    ) {
        assert!(
            effects.len() <= EFFECTS,
            "one step has {} effects, more than the limit of {EFFECTS}",
            effects.len()
        );
        let second = now.as_micros() / 1_000_000;
        if core::mem::replace(&mut self.second, second) != second {
            (self.steps, self.excused) = (0, 0);
        }
        self.steps += 1;
        // Each call takes two steps: one sends it, one takes the answer.
        let most = STEPS + 2 * CALLS_FOR_A_REASON * reasons;
        assert!(
            self.steps <= most * renderers.max(1) + self.excused,
            "busy loop: {} steps within a second, for {renderers} renderers",
            self.steps
        );
        // The kiosk may ask to be stepped again at once, but not repeatedly.
        if let Some(served) = served {
            let (at, times) = self.idle;
            self.idle = (now, if at == now { times + 1 } else { 1 });
            assert!(
                self.idle.1 <= RESTLESS,
                "the kiosk asks again and again to be called at once: {served:?}"
            );
        }
        if kiosk.silent_task(now).is_some() {
            self.silent_at = now;
        }
        self.fingerprint.write_u64(now.as_micros());
        self.fingerprint.write_u64(kiosk.trace().written());
        for effect in effects {
            core::mem::discriminant(effect).hash(&mut self.fingerprint);
            match effect {
                Effect::Run { ticket, request } => {
                    (ticket, place(request)).hash(&mut self.fingerprint)
                }
                Effect::SearchAt(address) => address.hash(&mut self.fingerprint),
                Effect::Cancel(number) => number.hash(&mut self.fingerprint),
                Effect::Probe { token, .. } | Effect::Serve { token, .. } => {
                    token.hash(&mut self.fingerprint)
                }
                Effect::Light(led, lit) => (led, lit).hash(&mut self.fingerprint),
                _ => {}
            }
        }
    }

    pub(super) fn fingerprint(&self) -> u64 {
        self.fingerprint.finish()
    }
}

/// Returns whether an event from outside justifies more calls: somebody wants something else, or what renderers were
/// told has become invalid, such as an address.
pub(super) fn is_reason(event: &Event) -> bool {
    matches!(
        event,
        Event::Button { pressed: true, .. }
            | Event::Addresses(_)
            | Event::Listening { .. }
            | Event::Clock { .. }
            | Event::Scanned(_)
    )
}

impl World {
    pub(super) fn check(&self) {
        let now = self.box_time();
        let due = self.kiosk.next_deadline();
        assert!(due.is_none_or(|due| due.at >= now), "the next deadline is in the past: {due:?}");
        if let Some((_, code)) = self.exited {
            assert_eq!(
                (due, code),
                (None, 0),
                "a box that has exited has a deadline, or the exit code is not 0"
            );
            return;
        }
        assert!(
            due.is_some() || self.requests.is_empty(),
            "calls are in flight, and there is no deadline for their time-out"
        );
        // The first LED is the status LED.
        let lit = self.lit.first().copied();
        let shows = !self.leaving && self.ended_tasks.is_empty();
        if shows && lit == Some(false) {
            assert_ne!(
                self.kiosk.pattern(now),
                Pattern::Playing,
                "the status LED is off although everything plays"
            );
        }
        if let Some(period) = self.scenario.watchdog {
            let fed_at = self.fed.last().copied().unwrap_or_default();
            let excused = self.booted_at + self.invariants.silent_at.since(Instant::START);
            let hungry = self.now.since(fed_at.max(excused).max(self.booted_at));
            let late = self.now.since(self.frozen_until) > period;
            assert!(
                hungry <= period / 2 || !late,
                "the watchdog was not fed for {hungry:?} although no task hangs"
            );
        }
    }

    /// The watchdog was fed: no task may be hanging.
    pub(super) fn check_watchdog(&self) {
        if let Some((name, since)) = self.hanging_task {
            let silent = self.now.since(since);
            assert!(
                silent <= SILENCE + super::ALIVE_EVERY,
                "the watchdog was fed although the task {name:?} hangs"
            );
        }
    }

    /// No renderer may get two calls at once, or calls without end.
    pub(super) fn check_calls(&self, node: usize, request: &Request) {
        // While the description is fetched from a new location, the old location may still be called.
        let to = place(request);
        let here = (to.host, to.port);
        let calls = || self.requests.iter().filter(|call| (call.to.host, call.to.port) == here);
        // Descriptions are looked for at several paths of one address.
        if !matches!(request, Request::Describe { .. })
            && calls().count() > 1
            && !self.has_two_at(node)
            && !self.is_taken_for_another(node)
        {
            let its = calls().filter(|call| !self.is_of_other_device(node, call));
            assert_eq!(
                its.count(),
                1,
                "a second call to the same renderer at the same time: {request:?}"
            );
        }
        let calls = &self.nodes[node].calls;
        // A restarted box knows nothing of earlier calls, and may repeat them all.
        let recent = calls.iter().rev().take_while(|call| call.at >= self.booted_at);
        let recent = recent.take_while(|call| self.now.since(call.at) < Duration::from_secs(1));
        let most = CALLS + CALLS_FOR_A_REASON * self.recent_reasons();
        assert!(recent.count() < most, "more than {most} calls to one renderer within a second");
    }

    /// Returns whether the box sees two renderers at this address.
    fn has_two_at(&self, node: usize) -> bool {
        let host = self.nodes[node].host;
        self.kiosk.descriptions().filter(|(_, location)| location.host == host).count() > 1
    }

    /// Returns whether this renderer has come to the place of another one, and the box does not know it yet: it calls the other
    /// one there, and fetches the description of this one.
    fn is_taken_for_another(&self, node: usize) -> bool {
        let here = &self.nodes[node];
        let udn = &here.renderer.persona().udn;
        let mut known = self.kiosk.descriptions();
        known.any(|(known, location)| known.udn.is_same(udn) && location.host != here.host)
    }

    /// How many reasons for more calls there were within the last second.
    pub(super) fn recent_reasons(&self) -> usize {
        let reasons = self.reasons.iter().rev();
        reasons.take_while(|at| self.now.since(**at) < Duration::from_secs(1)).count()
    }

    /// Returns whether a call is for another device at the same address. Some TVs are several devices, or are announced
    /// as such: the descriptions of all of them are fetched in parallel with calls to one.
    fn is_of_other_device(&self, node: usize, call: &InFlight) -> bool {
        let renderer = &self.nodes[node].renderer;
        let other = || {
            renderer.quirks().other_root_devices > 0
                || renderer.endpoint(&call.to.path) != Endpoint::Description
        };
        call.describes && other()
    }

    /// A renderer that does not answer must be called ever less often, until it answers or gives a sign of life.
    pub(super) fn check_backoff(&self, node: usize, request: &Request) {
        let call_failures = &self.nodes[node].call_failures;
        let Some(failures) = call_failures.count.checked_sub(1) else { return };
        // At shutdown, the box says farewell once to every renderer.
        if self.leaving
            || call_failures.sign_of_life
            || matches!(request, Request::Describe { .. })
            || self.has_two_at(node)
            || self.is_taken_for_another(node)
        {
            return;
        }
        let pause = PAUSES[failures.min(PAUSES.len() - 1)];
        let pause = if call_failures.hung { pause.min(PAUSE_AFTER_WAIT) } else { pause };
        let paused = self.now.since(call_failures.since);
        assert!(
            paused >= Duration::from_millis(pause),
            "after {} failures in a row the pause before the next call was only {paused:?}: {request}",
            call_failures.count
        );
    }

    /// A status must be consistent: values of one load only, and LEDs as they are lit.
    pub(super) fn check_status(&self, status: &Value) {
        for renderer in status["renderers"].as_array().expect("a list") {
            let number = |key: &str| renderer[key].as_f64();
            let (position, duration) = (number("position_s"), number("duration_s"));
            if let (Some(position), Some(duration)) = (position, duration) {
                assert!(position <= duration + 0.001, "a position beyond the end: {renderer}");
                let progress = number("progress").expect("both are known");
                let off = (progress - position / duration).abs();
                assert!(off < 0.01, "progress is not position / duration: {renderer}");
            }
            if let (Some(name), Some(duration)) = (renderer["playing"].as_str(), duration) {
                let length = self.disk.length_of(name).expect("on the disk");
                let off = (length.as_secs_f64() - duration).abs();
                assert!(off < 1.0, "the status shows the duration of another file: {renderer}");
            }
            let open = renderer["breaker"]["failures"].as_u64() >= Some(3);
            let state = if open { "open" } else { "closed" };
            assert_eq!(
                renderer["breaker"]["state"], state,
                "the breaker opens after three failures"
            );
        }
        if !self.ended_tasks.is_empty() {
            return;
        }
        let leds = status["panel"]["leds"].as_array().expect("a list");
        for (led, lit) in leds.iter().zip(&self.lit) {
            assert_eq!(led["on"], *lit, "the status shows an LED otherwise than it is lit: {led}");
        }
        let pattern = serde_json::to_value(self.kiosk.pattern(self.box_time())).expect("a word");
        assert_eq!(
            leds[0]["shows"], pattern,
            "the status names another pattern than the LED shows"
        );
    }
}

/// A renderer is asked for its position within this time.
const SETTLES: Duration = Duration::from_secs(40);
/// A position in whole seconds is believed to within two seconds, and contradicts the estimate if it is off by more
/// than two and a half.
const TOLERANCE: Duration = Duration::from_secs(5);
/// The longest time for which the box may report that a renderer is about to play. The renderer is asked for its state,
/// is given a file while it is busy, told to play twice, and waited for: each may take half a minute.
const SOON: Duration = Duration::from_secs(120);
/// The interval between checks.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(10);

/// How long a renderer that can play may stay dark, and the longest time that one did.
#[derive(Debug)]
pub(super) struct Liveness {
    within: Duration,
    longest: Duration,
}

impl Liveness {
    pub(super) const fn new(within: Duration) -> Self {
        Self { within, longest: Duration::ZERO }
    }
}

/// What was observed of one renderer.
#[derive(Debug, Default)]
pub(super) struct Observed {
    /// Since when nothing outside the box has prevented playback.
    able_since: Option<Instant>,
    /// When it was last seen playing.
    played_at: Instant,
    /// Since when the box has reported that it is about to play.
    soon_since: Option<Instant>,
}

impl Observed {
    /// The box restarted: forget what it reported before.
    pub(super) fn forget_words(&mut self) {
        self.soon_since = None;
    }
}

impl World {
    /// The longest time for which a renderer was dark although it could have played.
    pub fn longest_dark(&self) -> Duration {
        self.liveness.as_ref().map(|liveness| liveness.longest).unwrap_or_default()
    }

    /// A renderer that is reported as about to play must play, or be reported as faulty, before long.
    fn check_promises(&mut self) {
        let standings = self.kiosk.standings(self.box_time());
        for (udn, standing) in standings {
            let mut nodes = self.nodes.iter_mut();
            let Some(here) = nodes.find(|node| node.renderer.persona().udn == *udn) else {
                continue;
            };
            let soon = standing == Some(Standing::Soon) && self.now >= self.frozen_until;
            let since = &mut here.observed.soon_since;
            *since = soon.then(|| since.unwrap_or(self.now));
            let lasts = since.map(|at| self.now.since(at)).unwrap_or_default();
            assert!(lasts <= SOON, "the box has said for {lasts:?} that {udn} will play soon");
        }
    }

    pub(super) fn inspect(&mut self) {
        self.check_promises();
        let box_able = self.box_is_able();
        for node in 0..self.nodes.len() {
            let here = &self.nodes[node];
            // A renderer that never names its URI could be playing another box's film unnoticed.
            let nameless = matches!(here.renderer.quirks().track_uri, TrackUri::Always(_));
            let able = box_able
                && !nameless
                && here.is_wanted
                && here.renderer.responsive()
                && !here.renderer.asleep
                && !self.is_cut(node)
                && (!self.network.deaf || self.knows(here))
                && here.renderer.quirks().play_refused.is_none();
            // A URL with an earlier address of the box counts as well.
            let ours = |(uri, _): (&str, _)| uri.contains(":8895/m/");
            let shown = here.renderer.on_screen(self.now).is_some_and(ours);
            let plays = here.renderer.state() == TransportState::Playing && shown;
            if able && plays {
                self.check_position(node);
            }
            let (now, observed) = (self.now, &mut self.nodes[node].observed);
            observed.able_since = able.then(|| observed.able_since.unwrap_or(now));
            if plays {
                observed.played_at = now;
            }
            let (Some(able_since), Some(liveness)) = (observed.able_since, self.liveness.as_mut())
            else {
                continue;
            };
            let dark = now.since(able_since.max(observed.played_at));
            liveness.longest = liveness.longest.max(dark);
            assert!(
                dark <= liveness.within,
                "TV {} has been dark for {dark:?} although it could play",
                node + 1
            );
        }
    }

    /// The position that the box believes must be the true one, if the renderer reports honestly and was asked since
    /// playback began and since it last waited for bytes.
    fn check_position(&self, node: usize) {
        let here = &self.nodes[node];
        let Some((uri, truth)) = here.renderer.on_screen(self.now) else { return };
        let quirks = here.renderer.quirks();
        let honest = quirks.rel_time == RelTime::Resolution(Duration::from_secs(1))
            && quirks.answers_after.is_zero()
            && here.renderer.steady(self.now) > LOOK_EVERY + TOLERANCE;
        let settled = here.observed.able_since.is_some_and(|at| self.now.since(at) > SETTLES);
        let token = uri.split('/').nth(4).and_then(|hex| u64::from_str_radix(hex, 16).ok());
        let believed = token.and_then(|token| self.kiosk.position(Token(token), self.box_time()));
        if let Some(believed) = believed.filter(|_| honest && settled && truth > SETTLES) {
            let off = believed.abs_diff(truth);
            assert!(
                off < TOLERANCE,
                "TV {}: the box believes the position to be {believed:?}, but it is {truth:?}",
                node + 1
            );
        }
    }

    /// Returns whether the box knows the location of this renderer.
    fn knows(&self, here: &Node) -> bool {
        self.kiosk.descriptions().any(|(_, location)| location.host == here.host)
    }

    fn box_is_able(&self) -> bool {
        let essential = [TaskName::MediaServer, TaskName::Network];
        let usual = Network { deaf: self.network.deaf, ..Network::default() };
        self.exited.is_none()
            && !self.leaving
            && !self.firewall
            && !self.disk.gone
            && self.now >= self.disk.busy_until
            && self.network == usual
            && self.now >= self.frozen_until
            && essential.iter().all(|name| !self.ended_tasks.contains_key(name))
    }
}
