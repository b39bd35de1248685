//! The law of hope: a renderer that is able to play, and should, plays before long.
//!
//! *Able* means that nothing outside the box stands in the way: it is on, awake and answers, the network and
//! the media server reach it, the files are there. Looked at every few seconds, from outside. And whatever
//! the box says of one that does not play, it does not say "soon" for long.

use super::{Network, Stage, World};
use crate::kiosk::event::TaskName;
use crate::kiosk::reason::Standing;
use crate::kiosk::token::Token;
use crate::sim::quirks::{RelTime, TrackUri};
use crate::time::{Duration, Instant};
use crate::upnp::av_transport::TransportState;

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
pub(super) struct Hope {
    within: Duration,
    longest: Duration,
}

impl Hope {
    pub(super) const fn new(within: Duration) -> Self {
        Self { within, longest: Duration::ZERO }
    }
}

/// What was seen of one renderer.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Nothing has stood in its way since.
    able_since: Option<Instant>,
    /// It played when last looked at.
    played_at: Instant,
    /// The box has said since then that it is on its way.
    soon_since: Option<Instant>,
}

impl Watch {
    /// The box has begun anew: what it said before is nobody's word now.
    pub(super) fn forget_words(&mut self) {
        self.soon_since = None;
    }
}

impl World {
    /// The longest time for which a renderer was dark though it could have played.
    #[must_use]
    pub fn longest_dark(&self) -> Duration {
        self.hope.as_ref().map(|hope| hope.longest).unwrap_or_default()
    }

    /// Who is on its way arrives, or the box says what is wrong: no sentence may put its reader off for ever.
    fn law_of_candour(&mut self) {
        let standings = self.kiosk.standings(self.box_time());
        for (udn, standing) in standings {
            let mut stages = self.stages.iter_mut();
            let Some(here) = stages.find(|stage| stage.tv.persona().udn == *udn) else { continue };
            let soon = standing == Some(Standing::Soon) && self.now >= self.frozen_until;
            let since = &mut here.watch.soon_since;
            *since = soon.then(|| since.unwrap_or(self.now));
            let lasts = since.map(|at| self.now.since(at)).unwrap_or_default();
            assert!(lasts <= SOON, "{udn} has been on its way for {lasts:?}");
        }
    }

    pub(super) fn inspect(&mut self) {
        self.law_of_candour();
        let box_able = self.box_is_able();
        for stage in 0..self.stages.len() {
            let here = &self.stages[stage];
            // One that never names what it plays cannot be seen playing another box's film.
            let nameless = matches!(here.tv.quirks().track_uri, TrackUri::Always(_));
            let able = box_able
                && !nameless
                && here.is_wanted
                && here.tv.responsive()
                && !here.tv.asleep
                && !self.is_cut(stage)
                && (!self.network.deaf || self.knows(here))
                && here.tv.quirks().play_refused.is_none();
            // Also what it has of an address that the box had before.
            let ours = |(uri, _): (&str, _)| uri.contains(":8895/m/");
            let shown = here.tv.on_screen(self.now).is_some_and(ours);
            let plays = here.tv.state() == TransportState::Playing && shown;
            if able && plays {
                self.law_of_truth(stage);
            }
            let (now, watch) = (self.now, &mut self.stages[stage].watch);
            watch.able_since = able.then(|| watch.able_since.unwrap_or(now));
            if plays {
                watch.played_at = now;
            }
            let (Some(able_since), Some(hope)) = (watch.able_since, self.hope.as_mut()) else {
                continue;
            };
            let dark = now.since(able_since.max(watch.played_at));
            hope.longest = hope.longest.max(dark);
            assert!(dark <= hope.within, "TV {} has been dark for {dark:?}", stage + 1);
        }
    }

    /// Where the box believes a renderer to be is where it is, if that one tells the truth and has been
    /// asked since it began, and since it last waited for bytes.
    fn law_of_truth(&self, stage: usize) {
        let here = &self.stages[stage];
        let Some((uri, truth)) = here.tv.on_screen(self.now) else { return };
        let quirks = here.tv.quirks();
        let honest = quirks.rel_time == RelTime::Resolution(Duration::from_secs(1))
            && quirks.answers_after.is_zero()
            && here.tv.steady(self.now) > LOOK_EVERY + TOLERANCE;
        let settled = here.watch.able_since.is_some_and(|at| self.now.since(at) > SETTLES);
        let token = uri.split('/').nth(4).and_then(|hex| u64::from_str_radix(hex, 16).ok());
        let believed = token.and_then(|token| self.kiosk.position(Token(token), self.box_time()));
        if let Some(believed) = believed.filter(|_| honest && settled && truth > SETTLES) {
            let off = believed.abs_diff(truth);
            assert!(off < TOLERANCE, "TV {}: believed {believed:?}, is {truth:?}", stage + 1);
        }
    }

    /// The box knows where this renderer was.
    fn knows(&self, here: &Stage) -> bool {
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
            && essential.iter().all(|name| !self.dead.contains_key(name))
    }
}
