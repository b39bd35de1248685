//! Discovery of renderers: when to search, which descriptions to fetch, and what a new description means.

use super::Kiosk;
use super::command::matches;
use super::deadline::{Wake, Why};
use super::effect::{Effect, Effects, Request};
use super::event::{Failure, Ticket};
use super::places;
use super::renderer::Renderer;
use super::roster::News;
use super::trace::What;
use crate::config::Rule;
use crate::limits::RENDERERS;
use crate::time::{Duration, Instant};
use crate::upnp::HttpUrl;
use crate::upnp::description::Description;
use crate::upnp::ssdp::Announcement;
use core::net::{Ipv4Addr, SocketAddrV4};

/// When the first searches are sent, in seconds; later ones at [`SEARCH_EVERY`].
const FIRST_SEARCHES: [u64; 4] = [0, 3, 10, 30];
/// The interval between searches while a configured renderer is missing.
const SEARCH_OFTEN: Duration = Duration::from_secs(30);
/// The interval between searches while all are present: announcements do the rest.
const SEARCH_EVERY: Duration = Duration::from_secs(120);
/// The first interval between queries of a configured address; grows to ten times this.
const ASK_ADDRESS_EVERY: Duration = Duration::from_secs(15);

/// How often sightings that are no longer heard are dropped.
pub(super) const LOOK_OVER_EVERY: Duration = Duration::from_secs(60);

/// A configured address of a renderer, which is queried without multicast.
#[derive(Debug)]
pub(super) struct Place {
    host: Ipv4Addr,
    port: Option<u16>,
    pub(super) ask_at: Instant,
    tries: u32,
}

impl Place {
    pub(super) fn new(host: Ipv4Addr, port: Option<u16>) -> Self {
        Self { host, port, ask_at: Instant::START, tries: 0 }
    }

    pub(super) fn is_at(&self, host: Ipv4Addr, port: Option<u16>) -> bool {
        (self.host, self.port) == (host, port)
    }
}

impl Kiosk {
    pub(super) fn hear(
        &mut self,
        announcement: &Announcement,
        now: Instant,
        effects: &mut Effects,
    ) {
        match self.roster.hear(announcement, now) {
            News::None => {}
            News::Alive(udn) => self.with(&udn, now, effects, Renderer::hear),
            News::Rebooted(udn) => self.with(&udn, now, effects, Renderer::restarted),
            News::Leaving(udn) => self.with(&udn, now, effects, Renderer::part),
        }
    }

    pub(super) fn described(
        &mut self,
        number: u32,
        description: Box<Description>,
        location: HttpUrl,
        facing: Ipv4Addr,
        now: Instant,
        effects: &mut Effects,
    ) {
        // Under its new name, another entry of the schedule may hold for the renderer.
        self.consult_schedule(now);
        let leaving = self.leaving();
        let is_it = |r: &Renderer| r.udn() == &description.udn;
        if let Some(renderer) = self.renderers.find_mut(|r| is_it(r) && r.is_driven()) {
            if renderer.is_well_elsewhere(&location) {
                self.roster.described_too(number, &description.udn);
                return renderer.seen_elsewhere(now);
            }
            self.roster.described(number, &description.udn);
            let mut ctx = self.common.context(now, leaving, effects);
            return renderer.redescribed(description, location, facing, &mut ctx);
        }
        self.roster.described(number, &description.udn);
        let taken = self.first_only && self.renderers.iter().any(Renderer::is_driven);
        let mut rules = self.config.rules.iter().enumerate();
        let rule = rules.find(|(_, rule)| matches(&rule.who, &description, location.host));
        let rule = rule.filter(|_| !taken && self.configuration_error.is_none());
        let seed = self.common.rng.u64(..);
        let seat = rule.and_then(|(index, _)| self.seat(index, &description.udn));
        let mut renderer =
            Renderer::new(description, location, facing, rule.map(|(_, rule)| rule), seed);
        renderer.set_seat(seat);
        renderer.resolve(&self.scan);
        self.acquaint(&mut renderer);
        if let Some(known) = self.renderers.find_mut(|r| r.udn() == renderer.udn()) {
            // The renderer was not driven. A rule may match its present name or address.
            *known = renderer;
            return;
        }
        let full = self.renderers.len() >= RENDERERS;
        if full && !(renderer.is_driven() && self.make_room()) {
            self.roster.set_aside(renderer.udn(), now);
            return self.common.trace.note(now, "", What::Full("renderers"));
        }
        self.common.trace.note(now, renderer.name(), What::Found);
        self.renderers.push(renderer);
    }

    /// Forgets a renderer that is not driven, or else one that is away. It will be found again when it returns.
    pub(super) fn make_room(&mut self) -> bool {
        let idle = self.renderers.remove(|r| !r.is_driven() && !r.is_busy());
        let gone = idle.or_else(|| self.renderers.remove(|r| r.is_away() && !r.is_busy()));
        if let Some(gone) = &gone {
            self.roster.forget(gone.udn());
        }
        gone.is_some()
    }

    pub(super) fn discover(&mut self, now: Instant, effects: &mut Effects, wake: &mut Wake) {
        if self.expire_at <= now {
            self.roster.expire(now);
            let roster = &self.roster;
            self.renderers.retain(|r| r.is_driven() || r.is_busy() || roster.hears_of(r.udn()));
            self.expire_at = now + LOOK_OVER_EVERY;
        }
        self.ask_addresses(now, effects, wake);
        if self.addresses.is_empty() {
            return;
        }
        if self.search_at.is_some_and(|at| at <= now) {
            effects.push(Effect::Search);
            // A renderer that cannot be reached may have moved where multicast does not arrive.
            let lost = self.renderers.iter().filter(|r| r.is_driven() && r.breaker().is_open());
            let host = |r: &Renderer| Effect::SearchAt(SocketAddrV4::new(r.host(), 1900));
            effects.extend(lost.map(host));
            self.searches += 1;
            let first =
                FIRST_SEARCHES.get(self.searches).zip(FIRST_SEARCHES.get(self.searches - 1));
            let pause = first.map(|(next, this)| Duration::from_secs(next - this));
            let usual = if self.all_are_here() { SEARCH_EVERY } else { SEARCH_OFTEN };
            self.search_at = Some(now + pause.unwrap_or(usual));
        }
        wake.at(self.search_at, Why::Search);
    }

    /// Queries the configured addresses, without multicast.
    pub(super) fn ask_addresses(&mut self, now: Instant, effects: &mut Effects, wake: &mut Wake) {
        for place in &mut self.places {
            let mut here = self.renderers.iter().filter(|r| r.host() == place.host);
            if self.roster.knows(place.host) || here.any(|r| !r.is_away()) {
                place.tries = 0;
                place.ask_at = now + ASK_ADDRESS_EVERY;
                continue;
            }
            if place.ask_at <= now {
                effects.push(Effect::SearchAt(SocketAddrV4::new(place.host, 1900)));
                let guesses = places::known(place.host, place.port);
                // SSDP first. If it finds nothing, try the well-known URLs.
                if place.tries > 0 || place.port.is_some() {
                    guesses.for_each(|guess| {
                        self.roster.watch(guess, now);
                    });
                }
                let pause = if place.tries == 0 {
                    Duration::from_secs(2)
                } else {
                    ASK_ADDRESS_EVERY * place.tries.min(10)
                };
                place.tries += 1;
                place.ask_at = now + pause;
            }
            wake.at(Some(place.ask_at), Why::Address);
        }
    }

    pub(super) fn all_are_here(&self) -> bool {
        let here = |rule: &Rule| {
            self.renderers
                .iter()
                .any(|r| !r.is_away() && matches(&rule.who, r.description(), r.host()))
        };
        self.config.rules.iter().all(here)
    }

    /// Starts fetches of descriptions that are due, and ends those that take too long.
    pub(super) fn fetch(&mut self, now: Instant, effects: &mut Effects, wake: &mut Wake) {
        if !self.roster.rests(now) {
            self.fetch_due(now, effects);
        }
        wake.at(self.roster.next_deadline(now), Why::Description);
    }

    fn fetch_due(&mut self, now: Instant, effects: &mut Effects) {
        while let Some(number) = self.roster.overdue(now) {
            effects.push(Effect::Cancel(number));
            let jitter = self.common.rng.f64();
            self.roster.failed(number, &Failure::Timeout, now, jitter);
        }
        let renderers = &self.renderers;
        let free =
            |location: &HttpUrl| !renderers.iter().any(|r| r.location() == location && r.is_busy());
        loop {
            let number = self.common.numbers.wrapping_add(1).max(1);
            let Some(location) = self.roster.next_fetch(now, number, free) else { break };
            self.common.numbers = number;
            let ticket = Ticket::issue(number);
            effects.push(Effect::Run { ticket, request: Box::new(Request::Describe { location }) });
        }
    }
}
