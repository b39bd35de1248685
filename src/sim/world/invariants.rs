//! What must always hold: *invariants* after every step of the kiosk, and *liveness* every few seconds.
//!
//! Liveness: a renderer that is able to play, and should, plays before long. It is *able* while nothing outside the box
//! stands in its way: it is on, awake and answers, the network and the media server reach it, the files are there. And
//! the box does not say of a renderer for long that it will play soon.

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

/// Steps for each renderer within a second: around the end of a clip its state is asked for every
/// 20 ms, and each answer, event and piece of media is a step too.
const STEPS: usize = 200;
/// Calls to one renderer within a second.
const CALLS: usize = 60;
/// What a press, a new address and the like may add: command, look, position, subscriptions, and each way to
/// describe a file to one that refuses them all.
const CALLS_FOR_A_REASON: usize = 12;
/// Steps in a row at one moment that no event asked for.
const RESTLESS: u8 = 3;
/// Pauses of the breaker from its first failure on, in milliseconds, as its specification has them,
/// shortened by the most that chance takes off.
const PAUSES: [u64; 6] = [187, 375, 750, 1_500, 3_000, 6_000];
/// A renderer that hangs has been waited for already.
const PAUSE_AFTER_WAIT: u64 = 750;

/// The last second, and what came before.
#[derive(Debug, Default)]
pub(super) struct Invariants {
    second: u64,
    steps: usize,
    /// Steps in a row for which no time passed and nothing came from outside.
    idle: (Instant, u8),
    /// The last ticket.
    issued: u32,
    /// When a task was silent for too long.
    silent_at: Instant,
    fingerprint: Fingerprint,
}

/// Tells two stories apart: quick, and against nobody's malice. A word is rotated in, then multiplied by an
/// odd number without pattern (the golden ratio).
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
    /// The box begins anew, and counts from one again.
    pub(super) fn reboot(&mut self) {
        let fingerprint = core::mem::take(&mut self.fingerprint);
        *self = Self { fingerprint, ..Self::default() };
    }

    /// A ticket goes out: no number is ever given twice.
    pub(super) fn issued(&mut self, number: u32) {
        assert!(number > self.issued, "ticket {number} comes twice: the last was {}", self.issued);
        self.issued = number;
    }

    /// The deadline that is served, if this is one.
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
        assert!(effects.len() <= EFFECTS, "{} effects", effects.len());
        let second = now.as_micros() / 1_000_000;
        if core::mem::replace(&mut self.second, second) != second {
            self.steps = 0;
        }
        self.steps += 1;
        // A call begins with one step and ends with another.
        let most = STEPS + 2 * CALLS_FOR_A_REASON * reasons;
        assert!(self.steps <= most * renderers.max(1), "a busy loop");
        // The kiosk wants to be called again at once: once is no harm.
        if let Some(served) = served {
            let (at, times) = self.idle;
            self.idle = (now, if at == now { times + 1 } else { 1 });
            assert!(self.idle.1 <= RESTLESS, "it never rests: {served:?}");
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

/// Something from outside that makes calls right which nobody repeats by himself: another thing is wished, or what
/// renderers were told is no longer so, as with an address of before.
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
        assert!(due.is_none_or(|due| due.at >= now), "{due:?} is past");
        if let Some((_, code)) = self.exited {
            assert_eq!((due, code), (None, 0), "after its end it is silent");
            return;
        }
        assert!(due.is_some() || self.requests.is_empty(), "work, and no deadline for it");
        // The status LED is the first one.
        let lit = self.lit.first().copied();
        let shows = !self.leaving && self.ended_tasks.is_empty();
        if shows && lit == Some(false) {
            assert_ne!(self.kiosk.pattern(now), Pattern::Playing, "all plays, and it is dark");
        }
        if let Some(period) = self.scenario.watchdog {
            let fed_at = self.fed.last().copied().unwrap_or_default();
            let excused = self.booted_at + self.invariants.silent_at.since(Instant::START);
            let hungry = self.now.since(fed_at.max(excused).max(self.booted_at));
            let late = self.now.since(self.frozen_until) > period;
            assert!(hungry <= period / 2 || !late, "the watchdog was not fed for {hungry:?}");
        }
    }

    /// The watchdog is fed: then no task hangs.
    pub(super) fn check_watchdog(&self) {
        if let Some((name, since)) = self.hanging_task {
            let silent = self.now.since(since);
            assert!(silent <= SILENCE + super::ALIVE_EVERY, "fed, though {name:?} hangs");
        }
    }

    /// No renderer sees two calls at once, and none is called without end.
    pub(super) fn check_calls(&self, node: usize, request: &Request) {
        // At its old place it may be asked while its description is fetched from the new one.
        let to = place(request);
        let here = (to.host, to.port);
        let calls = || self.requests.iter().filter(|call| (call.to.host, call.to.port) == here);
        // Descriptions are looked for at several paths of one address.
        if !matches!(request, Request::Describe { .. })
            && calls().count() > 1
            && !self.has_two_at(node)
        {
            let its = calls().filter(|call| !self.is_of_other_device(node, call));
            assert_eq!(its.count(), 1, "two calls at once: {request:?}");
        }
        let calls = &self.nodes[node].calls;
        // A box that begins anew knows nothing of the calls before, and may make them all again.
        let recent = calls.iter().rev().take_while(|call| call.at >= self.booted_at);
        let recent = recent.take_while(|call| self.now.since(call.at) < Duration::from_secs(1));
        let most = CALLS + CALLS_FOR_A_REASON * self.recent_reasons();
        assert!(recent.count() < most, "it is called without end");
    }

    /// The box takes what is there for two renderers.
    fn has_two_at(&self, node: usize) -> bool {
        let host = self.nodes[node].host;
        self.kiosk.descriptions().filter(|(_, location)| location.host == host).count() > 1
    }

    /// Reasons for more calls within the last second.
    pub(super) fn recent_reasons(&self) -> usize {
        let reasons = self.reasons.iter().rev();
        reasons.take_while(|at| self.now.since(**at) < Duration::from_secs(1)).count()
    }

    /// Some TVs are several devices at one address, or somebody says so: the descriptions of all are
    /// fetched beside calls to one.
    fn is_of_other_device(&self, node: usize, call: &InFlight) -> bool {
        let renderer = &self.nodes[node].renderer;
        let other = || {
            renderer.quirks().other_root_devices > 0
                || renderer.endpoint(&call.to.path) != Endpoint::Description
        };
        call.describes && other()
    }

    /// One that does not answer is asked ever more slowly, until it answers or gives a sign of life.
    pub(super) fn check_backoff(&self, node: usize, request: &Request) {
        let call_failures = &self.nodes[node].call_failures;
        let Some(failures) = call_failures.count.checked_sub(1) else { return };
        // Who leaves says farewell once, whoever answers.
        if self.leaving
            || call_failures.sign_of_life
            || matches!(request, Request::Describe { .. })
            || self.has_two_at(node)
        {
            return;
        }
        let pause = PAUSES[failures.min(PAUSES.len() - 1)];
        let pause = if call_failures.hung { pause.min(PAUSE_AFTER_WAIT) } else { pause };
        let paused = self.now.since(call_failures.since);
        assert!(
            paused >= Duration::from_millis(pause),
            "after {} failures it paused for {paused:?} only: {request}",
            call_failures.count
        );
    }

    /// A status is one picture of one moment: no two loads in it, no LED that says something else.
    pub(super) fn check_status(&self, status: &Value) {
        for renderer in status["renderers"].as_array().expect("a list") {
            let number = |key: &str| renderer[key].as_f64();
            let (position, duration) = (number("position_s"), number("duration_s"));
            if let (Some(position), Some(duration)) = (position, duration) {
                assert!(position <= duration + 0.001, "{renderer}");
                let progress = number("progress").expect("both are known");
                assert!((progress - position / duration).abs() < 0.01, "{renderer}");
            }
            if let (Some(name), Some(duration)) = (renderer["playing"].as_str(), duration) {
                let length = self.disk.length_of(name).expect("on the disk");
                let off = (length.as_secs_f64() - duration).abs();
                assert!(off < 1.0, "the duration of another file: {renderer}");
            }
            let open = renderer["breaker"]["failures"].as_u64() >= Some(3);
            assert_eq!(renderer["breaker"]["state"], if open { "open" } else { "closed" });
        }
        if !self.ended_tasks.is_empty() {
            return;
        }
        let leds = status["panel"]["leds"].as_array().expect("a list");
        for (led, lit) in leds.iter().zip(&self.lit) {
            assert_eq!(led["on"], *lit, "{led}");
        }
        let pattern = serde_json::to_value(self.kiosk.pattern(self.box_time())).expect("a word");
        assert_eq!(leds[0]["shows"], pattern);
    }
}

/// A renderer is asked for its position within this time.
const SETTLES: Duration = Duration::from_secs(40);
/// What a renderer that counts whole seconds says is believed to two of them, and contradicts what is believed
/// if it is off by more than two and a half.
const TOLERANCE: Duration = Duration::from_secs(5);
/// It is asked what it does, given a file while it is busy, told to play twice, and waited for: each may
/// take half a minute.
const SOON: Duration = Duration::from_secs(120);
/// Looked at this often.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(10);

/// How long the able may be dark, and how long they were.
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

/// What was seen of one renderer.
#[derive(Debug, Default)]
pub(super) struct Observed {
    /// Nothing has stood in its way since.
    able_since: Option<Instant>,
    /// It played when last looked at.
    played_at: Instant,
    /// The box has said since then that it is on its way.
    soon_since: Option<Instant>,
}

impl Observed {
    /// The box has begun anew: what it said before is nobody's word now.
    pub(super) fn forget_words(&mut self) {
        self.soon_since = None;
    }
}

impl World {
    /// The longest time for which a renderer was dark though it could have played.
    #[must_use]
    pub fn longest_dark(&self) -> Duration {
        self.liveness.as_ref().map(|liveness| liveness.longest).unwrap_or_default()
    }

    /// Who is on its way arrives, or the box says what is wrong: no sentence may put its reader off for ever.
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
            assert!(lasts <= SOON, "{udn} has been on its way for {lasts:?}");
        }
    }

    pub(super) fn inspect(&mut self) {
        self.check_promises();
        let box_able = self.box_is_able();
        for node in 0..self.nodes.len() {
            let here = &self.nodes[node];
            // One that never names what it plays cannot be seen playing another box's film.
            let nameless = matches!(here.renderer.quirks().track_uri, TrackUri::Always(_));
            let able = box_able
                && !nameless
                && here.is_wanted
                && here.renderer.responsive()
                && !here.renderer.asleep
                && !self.is_cut(node)
                && (!self.network.deaf || self.knows(here))
                && here.renderer.quirks().play_refused.is_none();
            // Also what it has of an address that the box had before.
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
            assert!(dark <= liveness.within, "TV {} has been dark for {dark:?}", node + 1);
        }
    }

    /// Where the box believes a renderer to be is where it is, if that one tells the truth and has been
    /// asked since it began, and since it last waited for bytes.
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
            assert!(off < TOLERANCE, "TV {}: believed {believed:?}, is {truth:?}", node + 1);
        }
    }

    /// The box knows where this renderer was.
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
