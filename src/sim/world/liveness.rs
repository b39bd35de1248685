//! The law of liveness: a renderer that is able to play, and should, plays before long.
//!
//! *Able* means that nothing outside the box stands in the way: it is on, awake and answers, the network and
//! the media server reach it, the files are there. Looked at every few seconds, from outside. And whatever
//! the box says of one that does not play, it does not say "soon" for long.

use super::{Network, Node, World};
use crate::kiosk::event::TaskName;
use crate::kiosk::reason::Standing;
use crate::kiosk::token::Token;
use crate::sim::quirks::{RelTime, TrackUri};
use crate::time::{Duration, Instant};
use crate::upnp::action::TransportState;

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
