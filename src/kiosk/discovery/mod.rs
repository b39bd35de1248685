//! Discovery of renderers: when to search, which descriptions to fetch, and what a new description means.

mod cache;
mod identity;
mod room;

use super::Kiosk;
use super::command::matches;
use super::deadline::{Wake, Why};
use super::effect::{Effect, Effects, Request};
use super::event::{Failure, Ticket};
use super::renderer::Renderer;
use super::trace::What;
use crate::config::{Rule, Selector};
use crate::time::{Duration, Instant};
use crate::upnp::HttpUrl;
use crate::upnp::description::Description;
use crate::upnp::ssdp::Announcement;
pub(super) use cache::Cache;
use cache::News;
use core::net::{Ipv4Addr, SocketAddrV4};
use identity::Identity;

/// When the first searches are sent, in seconds; later ones at [`SEARCH_EVERY`].
const FIRST_SEARCHES: [u64; 4] = [0, 3, 10, 30];
/// The interval between searches while a configured renderer is missing.
const SEARCH_OFTEN: Duration = Duration::from_secs(30);
/// The interval between searches while all are present: announcements do the rest.
const SEARCH_EVERY: Duration = Duration::from_secs(120);
/// The first interval between queries of a configured address; grows to ten times this.
const ASK_ADDRESS_EVERY: Duration = Duration::from_secs(15);

/// How often sightings that are no longer heard are dropped.
const LOOK_OVER_EVERY: Duration = Duration::from_secs(60);

/// The state of discovery.
#[derive(Debug)]
pub(super) struct Discovery {
    pub(super) cache: Cache,
    /// The configured addresses, which are queried without multicast.
    addresses: Vec<KnownAddress>,
    /// Drive only the first renderer that a rule matches.
    first_only: bool,
    /// How many searches were sent since the addresses of the box changed.
    searches: usize,
    search_at: Option<Instant>,
    expire_at: Instant,
    pub(super) unusable_datagrams: u64,
}

/// A configured address.
#[derive(Debug)]
struct KnownAddress {
    host: Ipv4Addr,
    port: Option<u16>,
    ask_at: Instant,
    tries: u32,
}

impl Discovery {
    pub(super) fn new(rules: &[Rule], first_only: bool) -> Self {
        let mut addresses: Vec<KnownAddress> = Vec::new();
        for rule in rules {
            // A member of a group may have a table of its own as well.
            if let Selector::Address(host, port) = rule.who
                && !addresses.iter().any(|known| (known.host, known.port) == (host, port))
            {
                addresses.push(KnownAddress { host, port, ask_at: Instant::START, tries: 0 });
            }
        }
        Self {
            cache: Cache::default(),
            addresses,
            first_only,
            searches: 0,
            search_at: None,
            expire_at: Instant::START + LOOK_OVER_EVERY,
            unusable_datagrams: 0,
        }
    }

    /// The addresses of the box changed: search again from the start.
    pub(super) fn restart(&mut self, now: Instant) {
        self.searches = 0;
        self.search_at = Some(now);
        for known in &mut self.addresses {
            known.ask_at = now;
        }
    }

    /// A renderer is no longer where it was: it is searched for.
    fn search_soon(&mut self, now: Instant) {
        let soon = now + SEARCH_OFTEN;
        self.search_at = self.search_at.map(|at| at.min(soon));
    }

    /// Returns whether a search was ever due.
    pub(super) const fn has_started(&self) -> bool {
        self.search_at.is_some()
    }
}

impl Kiosk {
    pub(super) fn hear(
        &mut self,
        announcement: &Announcement,
        now: Instant,
        effects: &mut Effects,
    ) {
        let expected = self.expects(announcement);
        match self.discovery.cache.hear(announcement, expected, now) {
            News::None => {}
            News::Alive(udn) => {
                let kind = announcement.kind;
                self.with(&udn, now, effects, |r, ctx| r.announced(kind, ctx));
            }
            News::Rebooted(udn) => self.with(&udn, now, effects, Renderer::rebooted),
            News::Leaving(udn) => self.with(&udn, now, effects, Renderer::said_byebye),
        }
    }

    /// Returns whether the announced device is configured, or was driven before. A table with a name is matched only by a
    /// description.
    fn expects(&self, announcement: &Announcement) -> bool {
        let configured = |rule: &Rule| match &rule.who {
            Selector::Udn(udn) => udn.means(&announcement.udn),
            Selector::Address(host, port) => announcement.location.as_ref().is_some_and(|at| {
                *host == at.host
                    && *host == announcement.from
                    && port.is_none_or(|port| port == at.port)
            }),
            Selector::Name(_) | Selector::Any => false,
        };
        self.config.rules.iter().any(configured)
            || self.memory.stored.knows(announcement.udn.as_str())
    }

    pub(super) fn described(
        &mut self,
        number: u32,
        mut description: Box<Description>,
        location: HttpUrl,
        facing: Ipv4Addr,
        now: Instant,
        effects: &mut Effects,
    ) {
        if !self.discovery.cache.vouches(number, &description.udn) {
            let jitter = self.common.rng.f64();
            return self.discovery.cache.failed(number, &Failure::NotARenderer, now, jitter);
        }
        // Under its new name, another entry of the schedule may hold for the renderer.
        self.consult_schedule(now);
        let leaving = self.leaving();
        let identity = self.identify(&description, &location);
        let renamed = matches!(identity, Identity::Renamed(_));
        let known = match identity {
            Identity::Known(udn) | Identity::New(udn) => {
                description.udn = udn.clone();
                udn
            }
            Identity::Renamed(udn) => {
                self.discovery.cache.renamed(&udn);
                udn
            }
        };
        let announced = self.discovery.cache.is_announced(number);
        let displaces = self.clear_place(&known, &location, now, effects);
        let misled = self.discovery.cache.take_misled(&location);
        if let Some(renderer) = self.renderers.find_mut(|r| *r.udn() == known && r.is_driven()) {
            if !displaces && !misled && renderer.is_well_elsewhere(&location) {
                self.discovery.cache.described_too(number, &known);
                if renderer.host() != location.host {
                    // Another device may be there by now.
                    self.discovery.cache.look_at(renderer.location(), now);
                }
                return renderer.seen_elsewhere(now);
            }
            if *renderer.location() == location {
                // It may have been seen at a second address.
                self.discovery.cache.described_too(number, &description.udn);
            } else {
                self.discovery.cache.described(number, &description.udn);
            }
            if displaces && !renderer.is_displaced() && *renderer.location() != location {
                // The renderer that was known here may have answered at the other place.
                self.discovery.cache.look_at(renderer.location(), now);
                if renderer.shows_ours() {
                    self.discovery.cache.mislead(renderer.location());
                }
                renderer.displaced(&mut self.common.context(now, leaving, effects));
            }
            let mut ctx = self.common.context(now, leaving, effects);
            renderer.redescribed(description, location, announced, facing, &mut ctx);
            if renamed {
                // It has another UDN since it was switched on.
                renderer.may_have_restarted(&mut ctx);
            }
            if displaces || misled {
                renderer.was_taken_for_another(misled, &mut ctx);
            }
            return;
        }
        self.discovery.cache.described(number, &description.udn);
        let taken = self.discovery.first_only && self.renderers.iter().any(Renderer::is_driven);
        let mut rules = self.config.rules.iter().enumerate();
        let rule = rules.find(|(_, rule)| matches(&rule.who, &description, &location));
        let rule = rule.filter(|_| !taken && self.configuration_error.is_none());
        let seed = self.common.rng.u64(..);
        let slot = rule.and_then(|(index, _)| self.group_slot(index, &description.udn));
        let mut renderer =
            Renderer::new(description, location, facing, rule.map(|(_, rule)| rule), seed);
        renderer.set_group_slot(slot);
        renderer.resolve(&self.media.scan, |_| false, now);
        self.acquaint(&mut renderer, now);
        if let Some(known) = self.renderers.find_mut(|r| r.udn() == renderer.udn()) {
            // The renderer was not driven. A rule may match its present name or address.
            *known = renderer;
            return;
        }
        if !self.has_room(&renderer, effects) {
            self.discovery.cache.set_aside(renderer.udn(), now);
            return self.common.trace.note(now, "", What::Full("renderers"));
        }
        self.common.trace.note(now, renderer.name(), What::Found);
        self.renderers.push(renderer);
    }

    pub(super) fn discover(&mut self, now: Instant, effects: &mut Effects, wake: &mut Wake) {
        if self.discovery.expire_at <= now {
            self.discovery.cache.expire(now);
            let cache = &self.discovery.cache;
            self.renderers.retain(|r| r.is_driven() || r.is_busy() || cache.hears_of(r.udn()));
            self.forget_predecessors();
            self.discovery.expire_at = now + LOOK_OVER_EVERY;
        }
        // Without an address there is no socket yet: a search would be lost.
        if self.network.addresses.is_empty() {
            return;
        }
        self.ask_addresses(now, effects, wake);
        if self.discovery.search_at.is_some_and(|at| at <= now) {
            effects.push(Effect::Search);
            self.renderers.filter_mut(Renderer::is_asleep).for_each(Renderer::searched);
            // A renderer that cannot be reached may have moved where multicast does not arrive.
            let lost = self.renderers.iter().filter(|r| r.is_driven() && r.breaker().is_open());
            let host = |r: &Renderer| Effect::SearchAt(SocketAddrV4::new(r.host(), 1900));
            effects.extend(lost.map(host));
            self.discovery.searches += 1;
            let first = FIRST_SEARCHES
                .get(self.discovery.searches)
                .zip(FIRST_SEARCHES.get(self.discovery.searches - 1));
            let pause = first.map(|(next, this)| Duration::from_secs(next - this));
            let displaced = self.renderers.iter().any(Renderer::is_displaced);
            let usual = if self.all_are_here() && !displaced { SEARCH_EVERY } else { SEARCH_OFTEN };
            self.discovery.search_at = Some(now + pause.unwrap_or(usual));
        }
        wake.at(self.discovery.search_at, Why::Search);
    }

    /// Queries the configured addresses, without multicast.
    pub(super) fn ask_addresses(&mut self, now: Instant, effects: &mut Effects, wake: &mut Wake) {
        for known in &mut self.discovery.addresses {
            let who = Selector::Address(known.host, known.port);
            let is_here = |r: &&Renderer| {
                r.has_table_for(&who) || matches(&who, r.description(), r.location())
            };
            let mut here = self.renderers.iter().filter(is_here);
            match self.discovery.cache.knows(known.host, known.port) {
                // Soon the answer tells, which is an event.
                Some(false) => continue,
                None if here.all(|r| r.is_away()) => {}
                Some(true) | None => {
                    known.tries = 0;
                    known.ask_at = now + ASK_ADDRESS_EVERY;
                    continue;
                }
            }
            if known.ask_at <= now {
                effects.push(Effect::SearchAt(SocketAddrV4::new(known.host, 1900)));
                let guesses = well_known_urls(known.host, known.port);
                // SSDP first. If it finds nothing, try the well-known URLs.
                if known.tries > 0 || known.port.is_some() {
                    guesses.for_each(|guess| {
                        self.discovery.cache.watch(guess, now);
                    });
                }
                let pause = if known.tries == 0 {
                    Duration::from_secs(2)
                } else {
                    ASK_ADDRESS_EVERY * known.tries.min(10)
                };
                known.tries += 1;
                known.ask_at = now + pause;
            }
            wake.at(Some(known.ask_at), Why::Address);
        }
    }

    pub(super) fn all_are_here(&self) -> bool {
        let here = |rule: &Rule| {
            self.renderers.iter().any(|r| {
                !r.is_away()
                    && (r.has_table_for(&rule.who)
                        || matches(&rule.who, r.description(), r.location()))
            })
        };
        self.config.rules.iter().all(here)
    }

    /// Starts fetches of descriptions that are due, and ends those that take too long.
    pub(super) fn fetch(&mut self, now: Instant, effects: &mut Effects, wake: &mut Wake) {
        let mut due_at = self.discovery.cache.due_at();
        if due_at.is_some_and(|at| at <= now) {
            self.fetch_due(now, effects);
            due_at = self.discovery.cache.next_deadline(now);
        }
        wake.at(due_at, Why::Description);
    }

    fn fetch_due(&mut self, now: Instant, effects: &mut Effects) {
        while let Some(number) = self.discovery.cache.overdue(now) {
            effects.push(Effect::Cancel(number));
            let jitter = self.common.rng.f64();
            self.discovery.cache.failed(number, &Failure::Timeout, now, jitter);
        }
        let renderers = &self.renderers;
        let free =
            |location: &HttpUrl| !renderers.iter().any(|r| r.location() == location && r.is_busy());
        loop {
            let number = self.common.numbers.wrapping_add(1).max(1);
            let Some(location) = self.discovery.cache.next_fetch(now, number, free) else { break };
            self.common.numbers = number;
            let ticket = Ticket::issue(number);
            effects.push(Effect::Run { ticket, request: Box::new(Request::Describe { location }) });
        }
    }
}

/// Ports and paths, in the order in which they are tried.
const WELL_KNOWN_URLS: [(u16, &str); 16] = [
    (49152, "/description.xml"),
    (49494, "/description.xml"),
    (9197, "/dmr"),
    (7676, "/smp_15_"),
    (8080, "/description.xml"),
    (1400, "/xml/device_description.xml"),
    (60006, "/upnp/desc/aios_device/aios_device.xml"),
    (2870, "/dmr.xml"),
    (55000, "/dmr/ddd.xml"),
    (49153, "/nmrDescription.xml"),
    (38400, "/MediaServer/rendererdevicedesc.xml"),
    (49595, "/description.xml"),
    (1068, "/description.xml"),
    (1718, "/"),
    (49152, "/rootDesc.xml"),
    (80, "/description.xml"),
];

/// The paths tried at a configured port.
const WELL_KNOWN_PATHS: [&str; 7] = [
    "/description.xml",
    "/dmr",
    "/dmr.xml",
    "/rootDesc.xml",
    "/DeviceDescription.xml",
    "/nmrDescription.xml",
    "/",
];

/// Where the description of a renderer at this address may be.
fn well_known_urls(host: Ipv4Addr, port: Option<u16>) -> impl Iterator<Item = HttpUrl> {
    let at_port = port.into_iter().flat_map(|port| WELL_KNOWN_PATHS.map(|path| (port, path)));
    let anywhere = WELL_KNOWN_URLS.into_iter().filter(move |_| port.is_none());
    at_port.chain(anywhere).filter_map(move |(port, path)| HttpUrl::new(host, port, path))
}
