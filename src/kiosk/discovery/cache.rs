//! Which devices are present: what was heard by SSDP, and which descriptions to fetch.
//!
//! Terms: a *sighting* is an announced LOCATION. It turns out to be a renderer or a *stranger* (a router, a media
//! server). A renderer is identified by the UDN in its description, not by the announced one: it may be embedded in
//! another device.

use super::super::deadline::Backoff;
use super::super::event::Failure;
use super::super::mutant::Mutant;
use crate::limits::{EXPECTED_FETCHES, FETCHES, SIGHTINGS, SIGHTINGS_PER_HOST};
use crate::time::{Duration, Instant};
use crate::upnp::ssdp::{Announcement, MessageKind};
use crate::upnp::{HttpUrl, Udn};
use core::cmp::Reverse;
use core::net::Ipv4Addr;

/// A description must arrive within this time. Dongles are slow, but nothing else waits for them.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// How many fetches one host may occupy: a dead address with several guessed URLs must not take all of them.
const FETCHES_PER_HOST: usize = 3;
/// Up to so many locations of one host are nothing unusual: a bridge announces several renderers.
const USUAL_SIGHTINGS: usize = 8;
/// How long until a stranger is fetched again, in case it became a renderer.
const STRANGER_FOR: Duration = Duration::from_secs(3600);
/// Changes of one place (another boot number, another UDN) that follow each other faster are looked at later. No device restarts
/// twice in this time, but a forger sends a thousand numbers in a second.
const CHANGES_APART: Duration = Duration::from_secs(10);
/// How long until a stranger that announces itself as a renderer is fetched again.
const DISBELIEVED_FOR: Duration = Duration::from_secs(10);
/// The pause before a failed fetch is repeated.
const REFETCH: Backoff =
    Backoff::new(Duration::from_secs(1), Duration::from_secs(300)).jittered(0.25);
/// A new announcement shortens a pause to this.
const HURRIED_PAUSE: Duration = Duration::from_millis(500);

/// All sightings.
#[derive(Debug, Default)]
pub struct Cache {
    sightings: Vec<Sighting>,
}
/// What an announcement means for a known renderer.
#[derive(Debug, PartialEq, Eq)]
pub enum News {
    /// The announcement does not concern a known renderer.
    None,
    /// The renderer is alive.
    Alive(Udn),
    /// The renderer restarted.
    Rebooted(Udn),
    /// The renderer said byebye.
    Leaving(Udn),
}

impl Cache {
    /// Hears an announcement. `expected`: the device was configured or driven before.
    pub fn hear(&mut self, announcement: &Announcement, expected: bool, now: Instant) -> News {
        match announcement.is_from_elsewhere() {
            false => self.hear_itself(announcement, expected, now),
            true => self.hear_from_elsewhere(announcement, now),
        }
    }

    /// Hears an announcement that was sent from the address that it names: the device there speaks for itself.
    fn hear_itself(&mut self, announcement: &Announcement, expected: bool, now: Instant) -> News {
        let here = |s: &&mut Sighting| Some(&s.location) == announcement.location.as_ref();
        if let Some(sighting) = self.sightings.iter_mut().find(here)
            && sighting.must_be.take().is_some()
            && matches!(sighting.state, Lookup::Stranger { .. })
        {
            sighting.want(now);
        }
        self.take(announcement, expected, now)
    }

    fn take(&mut self, announcement: &Announcement, expected: bool, now: Instant) -> News {
        let Some(location) = &announcement.location else {
            return self.part(announcement);
        };
        let known = self.sightings.iter_mut().find(|s| s.location == *location);
        let Some(sighting) = known else {
            self.watch_for(announcement.from, location.clone(), expected, now);
            if let Some(new) = self.sightings.iter_mut().find(|s| s.location == *location) {
                new.adopt(announcement, now);
            }
            return News::None;
        };
        let differs =
            |old: Option<u32>, new: Option<u32>| old.is_some() && new.is_some() && old != new;
        let may_change = sighting.may_change(now);
        // An update announces the next boot number, so that it is not taken for a restart (UDA 1.1 §1.2.4).
        let other_boot = announcement.kind != MessageKind::Update
            && differs(sighting.boot_id, announcement.boot_id);
        let other_config = differs(sighting.config_id, announcement.config_id);
        let (rebooted, reconfigured) = (other_boot && may_change, other_config && may_change);
        if (other_boot || other_config) && !may_change {
            // The numbers that are known stay: the next announcement is compared with them.
            sighting.heard_at = now;
        } else {
            sighting.adopt(announcement, now);
        }
        sighting.expected |= expected;
        if rebooted || reconfigured {
            sighting.changed_at = Some(now);
        }
        let news = rebooted || !sighting.refused;
        // The device at this location says that it is another renderer than the one that was described.
        let other = |known: &Udn| {
            claims_to_be_a_renderer(announcement) && !known.is_same(&announcement.udn)
        };
        if sighting.renderer.as_ref().is_some_and(other)
            && matches!(sighting.state, Lookup::Described)
            && sighting.doubted.as_ref() != Some(&announcement.udn)
            && may_change
        {
            sighting.doubted = Some(announcement.udn.clone());
            sighting.changed_at = Some(now);
            sighting.want(now);
            return News::None;
        }
        match &mut sighting.state {
            Lookup::Wanted { at, attempts } if *attempts > 0 && news => {
                *at = (*at).min(now + HURRIED_PAUSE);
            }
            Lookup::Stranger { .. } | Lookup::Described
                if (rebooted || reconfigured) && !Mutant::ReadsDescriptionsOnce.is_in() =>
            {
                sighting.want(now)
            }
            // The devices of some TVs swap their URLs at each boot, so that a stranger may have become a renderer.
            Lookup::Stranger { until }
                if claims_to_be_a_renderer(announcement) && *until > now + DISBELIEVED_FOR =>
            {
                *until = ((*until).before(STRANGER_FOR) + DISBELIEVED_FOR).max(now);
            }
            _ => {}
        }
        match sighting.renderer.clone() {
            Some(udn) if rebooted => News::Rebooted(udn),
            Some(udn) => News::Alive(udn),
            None => News::None,
        }
    }

    /// Hears an announcement that was sent from another address than that of its location. A stranger could name any device:
    /// only renderers are looked at, and only believed if their description has the announced UDN. For a device that has
    /// announced itself, nobody else speaks. That a device has restarted, only the device itself says.
    fn hear_from_elsewhere(&mut self, announcement: &Announcement, now: Instant) -> News {
        let here = |s: &&mut Sighting| Some(&s.location) == announcement.location.as_ref();
        let udn = &announcement.udn;
        let is_new = match self.sightings.iter_mut().find(here) {
            None if claims_to_be_a_renderer(announcement) => true,
            None => return News::None,
            Some(known) if known.must_be.is_none() => return News::None,
            Some(known) => {
                // Some renderers have another UDN after each start.
                if known.must_be.as_ref().is_some_and(|must_be| !must_be.is_same(udn))
                    && known.may_change(now)
                {
                    known.must_be = Some(udn.clone());
                    known.changed_at = Some(now);
                    if matches!(known.state, Lookup::Stranger { .. }) {
                        known.want(now);
                    }
                }
                false
            }
        };
        let unnumbered = Announcement { boot_id: None, config_id: None, ..announcement.clone() };
        let news = self.take(&unnumbered, false, now);
        if is_new && let Some(new) = self.sightings.iter_mut().find(here) {
            new.must_be = Some(udn.clone());
        }
        news
    }

    /// Whether a renderer with this UDN may be what is being fetched with this ticket.
    pub fn vouches(&self, number: u32, udn: &Udn) -> bool {
        let here =
            |s: &&Sighting| matches!(s.state, Lookup::Fetching { ticket, .. } if ticket == number);
        let must_be = self.sightings.iter().find(here).and_then(|s| s.must_be.as_ref());
        must_be.is_none_or(|must_be| must_be.is_same(udn))
    }

    /// A device leaves. Only the device itself says so: anybody can know its UDN.
    fn part(&mut self, announcement: &Announcement) -> News {
        let theirs =
            |s: &Sighting| s.location.host == announcement.from && s.is_named(&announcement.udn);
        let renderer = self.sightings.iter().filter(|s| theirs(s)).find_map(|s| s.renderer.clone());
        self.sightings.retain(|s| !theirs(s) || matches!(s.state, Lookup::Fetching { .. }));
        renderer.map_or(News::None, News::Leaving)
    }

    /// Adds a location to look at, of a renderer that is known or configured.
    pub fn watch(&mut self, location: HttpUrl, now: Instant) {
        self.watch_for(location.host, location, true, now);
    }

    /// Adds a location to look at, which `by` has named. Does nothing if that host has named too many, or if the table is full of
    /// better ones.
    fn watch_for(&mut self, by: Ipv4Addr, location: HttpUrl, expected: bool, now: Instant) {
        if self.sightings.iter().any(|s| s.location == location) {
            return;
        }
        let crowded = !expected && self.named_by(by) >= SIGHTINGS_PER_HOST;
        if crowded && !self.make_room(by, expected, true) {
            return;
        }
        if self.sightings.len() >= SIGHTINGS && !self.make_room(by, expected, false) {
            return;
        }
        self.sightings.push(Sighting {
            location,
            by,
            expected,
            changed_at: None,
            udn: None,
            boot_id: None,
            config_id: None,
            heard_at: now,
            lifetime: Duration::from_secs(1800),
            renderer: None,
            doubted: None,
            must_be: None,
            refused: false,
            misled: false,
            announced: false,
            state: Lookup::Wanted { at: now, attempts: 0 },
        });
    }

    /// How many locations this host has named that nobody expects.
    fn named_by(&self, host: Ipv4Addr) -> usize {
        self.sightings.iter().filter(|s| s.by == host && !s.expected).count()
    }

    /// Drops a sighting for one that `by` has named. What is expected stays, unless its host has more than its share. First go
    /// strangers, then failed ones; then the others of a host that has named more, or all if the new one is expected. Of these,
    /// the host that has named most loses what was heard longest ago. `own`: only `by` itself makes room.
    fn make_room(&mut self, by: Ipv4Addr, expected: bool, own: bool) -> bool {
        let ours = self.sightings.iter().filter(|s| s.by == by).count();
        let rank = |s: &Sighting| {
            let theirs = self.sightings.iter().filter(|other| other.by == s.by).count();
            let class = match s.state {
                Lookup::Stranger { .. } => 0,
                Lookup::Wanted { attempts: 1.., .. } => 1,
                Lookup::Fetching { .. } => return None,
                _ => 2,
            };
            let unfair = theirs > ours + 1;
            let gives_way = match (s.expected, expected) {
                (false, true) => true,
                (false, false) => class < 2 || unfair,
                (true, true) => unfair,
                (true, false) => false,
            };
            let asked = !own || s.by == by;
            (gives_way && asked).then_some((s.expected, class, Reverse(theirs), s.heard_at))
        };
        let ranked = self.sightings.iter().enumerate().filter_map(|(i, s)| Some((rank(s)?, i)));
        let victim = ranked.min().map(|(_, i)| i);
        victim.map(|i| self.sightings.swap_remove(i)).is_some()
    }

    /// Forgets sightings that were not heard within their lifetime. Renderers that the box drives are polled anyway,
    /// and are found again by their next announcement.
    pub fn expire(&mut self, now: Instant) {
        self.sightings.retain(|s| {
            matches!(s.state, Lookup::Fetching { .. }) || now.since(s.heard_at) < s.lifetime
        });
    }

    /// The description of this renderer, last seen at `location`, is out of date: fetch it again.
    pub fn refetch(&mut self, udn: &Udn, location: &HttpUrl, now: Instant) -> bool {
        if Mutant::ReadsDescriptionsOnce.is_in() {
            return false;
        }
        if !self.hears_of(udn) {
            self.watch(location.clone(), now);
        }
        // At each address, if the renderer has several.
        for sighting in &mut self.sightings {
            if sighting.renderer.as_ref() == Some(udn)
                && matches!(sighting.state, Lookup::Described)
            {
                sighting.want(now);
            }
        }
        true
    }

    /// Another device is at the place of this renderer: where else it was seen, its description is fetched again.
    pub fn look_elsewhere(&mut self, udn: &Udn, place: &HttpUrl, now: Instant) {
        for sighting in &mut self.sightings {
            if sighting.renderer.as_ref() == Some(udn)
                && sighting.location != *place
                && matches!(sighting.state, Lookup::Described)
            {
                sighting.want(now);
            }
        }
    }

    /// What answers at this place was given the file of another renderer.
    pub fn mislead(&mut self, place: &HttpUrl) {
        for sighting in self.sightings.iter_mut().filter(|s| s.location == *place) {
            sighting.misled = true;
        }
    }

    /// Returns whether what answers at this place was given the file of another renderer, and clears that.
    pub fn take_misled(&mut self, place: &HttpUrl) -> bool {
        let here = self.sightings.iter_mut().find(|s| s.location == *place);
        here.is_some_and(|s| core::mem::take(&mut s.misled))
    }

    /// Fetches the description at this place again.
    pub fn look_at(&mut self, place: &HttpUrl, now: Instant) {
        self.watch(place.clone(), now);
        let here = |s: &&mut Sighting| s.location == *place && matches!(s.state, Lookup::Described);
        if let Some(sighting) = self.sightings.iter_mut().find(here) {
            sighting.want(now);
        }
    }

    /// A renderer has another UDN now: forgets where it was seen under this one.
    pub fn renamed(&mut self, udn: &Udn) {
        self.sightings.retain(|s| s.renderer.as_ref() != Some(udn) || s.is_fetching());
    }

    /// Returns whether this renderer was heard of at another place.
    pub fn hears_elsewhere(&self, udn: &Udn, place: &HttpUrl) -> bool {
        self.sightings.iter().any(|s| s.renderer.as_ref() == Some(udn) && s.location != *place)
    }

    /// The next description to fetch now, if fewer than [`FETCHES`] are in flight and `free` agrees (no other call to
    /// that renderer is in flight). What is expected comes first and has room of its own; then what hosts with few locations
    /// have named.
    pub fn next_fetch(
        &mut self,
        now: Instant,
        ticket: u32,
        free: impl Fn(&HttpUrl) -> bool,
    ) -> Option<HttpUrl> {
        let fetching: heapless::Vec<Ipv4Addr, { FETCHES + EXPECTED_FETCHES }> = self
            .sightings
            .iter()
            .filter(|s| s.is_fetching())
            .map(|s| s.location.host)
            .take(FETCHES + EXPECTED_FETCHES)
            .collect();
        if fetching.is_full() {
            return None;
        }
        for sighting in &mut self.sightings {
            if matches!(sighting.state, Lookup::Stranger { until } if until <= now) {
                sighting.want(now);
            }
        }
        let rank = |s: &Sighting| {
            let Lookup::Wanted { at, attempts } = s.state else { return None };
            let host = s.location.host;
            let crowded =
                fetching.iter().filter(|other| **other == host).count() >= FETCHES_PER_HOST;
            let room = s.expected || fetching.len() < FETCHES;
            let due = at <= now && room && !crowded && free(&s.location);
            let share = self.named_by(s.by) / USUAL_SIGHTINGS;
            due.then_some((!s.expected, share, attempts > 0 && share > 0))
        };
        let ranked = self.sightings.iter().enumerate().filter_map(|(i, s)| Some((rank(s)?, i)));
        let (_, first) = ranked.min()?;
        let sighting = self.sightings.get_mut(first)?;
        let Lookup::Wanted { attempts, .. } = sighting.state else { return None };
        sighting.state = Lookup::Fetching { ticket, deadline: now + FETCH_TIMEOUT, attempts };
        Some(sighting.location.clone())
    }

    /// The ticket of a fetch whose deadline has passed.
    pub fn overdue(&self, now: Instant) -> Option<u32> {
        self.sightings.iter().find_map(|s| match s.state {
            Lookup::Fetching { ticket, deadline, .. } if deadline <= now => Some(ticket),
            _ => None,
        })
    }

    /// Returns whether the device whose description is being fetched with this ticket has announced itself, rather than being
    /// found by a search.
    pub fn is_announced(&self, number: u32) -> bool {
        let here =
            |s: &&Sighting| matches!(s.state, Lookup::Fetching { ticket, .. } if ticket == number);
        self.sightings.iter().find(here).is_some_and(|s| s.announced)
    }

    /// The location that is being fetched with this ticket.
    pub fn fetching(&self, number: u32) -> Option<&HttpUrl> {
        self.sightings.iter().find_map(|s| match s.state {
            Lookup::Fetching { ticket, .. } if ticket == number => Some(&s.location),
            _ => None,
        })
    }

    /// A fetched description belongs to this renderer. Returns the boot and configuration numbers.
    pub fn described(&mut self, number: u32, udn: &Udn) -> Option<(Option<u32>, Option<u32>)> {
        let location = self.fetching(number)?.clone();
        // Other locations of this renderer are out of date.
        let elsewhere = |s: &Sighting| s.location != location && s.renderer.as_ref() == Some(udn);
        self.sightings.retain(|s| !elsewhere(s) || s.is_fetching());
        let sighting = self.sightings.iter_mut().find(|s| s.location == location)?;
        sighting.renderer = Some(udn.clone());
        sighting.state = Lookup::Described;
        Some((sighting.boot_id, sighting.config_id))
    }

    /// A fetched description belongs to this renderer, which answers at another location as well.
    pub fn described_too(&mut self, number: u32, udn: &Udn) {
        let here = |s: &&mut Sighting| matches!(s.state, Lookup::Fetching { ticket, .. } if ticket == number);
        if let Some(sighting) = self.sightings.iter_mut().find(here) {
            sighting.renderer = Some(udn.clone());
            sighting.state = Lookup::Described;
        }
    }

    /// There is no room for this renderer: treat it like a stranger.
    pub fn set_aside(&mut self, udn: &Udn, now: Instant) {
        for sighting in &mut self.sightings {
            if sighting.renderer.as_ref() == Some(udn) {
                sighting.renderer = None;
                sighting.state = Lookup::Stranger { until: now + STRANGER_FOR };
            }
        }
    }

    /// Forgets this renderer, so that its next announcement is news.
    pub fn forget(&mut self, udn: &Udn) {
        self.sightings.retain(|s| s.renderer.as_ref() != Some(udn));
    }

    /// A description could not be fetched, or is not a renderer's. `jitter` in 0..1.
    pub fn failed(&mut self, number: u32, why: &Failure, now: Instant, jitter: f64) {
        let found = self
            .sightings
            .iter_mut()
            .find(|s| matches!(s.state, Lookup::Fetching { ticket, .. } if ticket == number));
        let Some(sighting) = found else { return };
        let Lookup::Fetching { attempts, .. } = sighting.state else {
            return;
        };
        sighting.refused = !matches!(why, Failure::Unreachable | Failure::Timeout);
        sighting.state = if *why == Failure::NotARenderer {
            Lookup::Stranger { until: now + STRANGER_FOR }
        } else {
            let at = now + REFETCH.pause_by_chance(attempts, jitter);
            Lookup::Wanted { at, attempts: attempts.saturating_add(1) }
        };
    }

    /// Returns whether the description at this location is being fetched.
    pub fn is_fetching(&self, location: &HttpUrl) -> bool {
        self.sightings.iter().any(|s| s.is_fetching() && s.location == *location)
    }

    /// The number of sightings.
    pub fn len(&self) -> usize {
        self.sightings.len()
    }

    /// Returns whether something at this address, and at this port if one is given, is a renderer: `Some(false)` while a description there is fetched for the
    /// first time, so that no URL need be guessed yet.
    pub fn knows(&self, host: Ipv4Addr, port: Option<u16>) -> Option<bool> {
        let is_here = |at: &HttpUrl| at.host == host && port.is_none_or(|port| port == at.port);
        let here = || self.sightings.iter().filter(|s| is_here(&s.location));
        let first = |s: &Sighting| {
            matches!(
                s.state,
                Lookup::Wanted { attempts: 0, .. } | Lookup::Fetching { attempts: 0, .. }
            )
        };
        let known = here().any(|s| s.renderer.is_some());
        (known || here().any(first)).then_some(known)
    }

    /// Returns whether this renderer was heard of lately.
    pub fn hears_of(&self, udn: &Udn) -> bool {
        self.sightings.iter().any(|s| s.renderer.as_ref() == Some(udn))
    }

    /// When something is due next. A fetch that is due but not started waits for another one to end, which is an event.
    pub fn next_deadline(&self, now: Instant) -> Option<Instant> {
        self.sightings.iter().filter_map(Sighting::due_at).filter(|at| *at > now).min()
    }

    /// When the first fetch, timeout or second look is due. That may be past.
    pub fn due_at(&self) -> Option<Instant> {
        self.sightings.iter().filter_map(Sighting::due_at).min()
    }
}

fn claims_to_be_a_renderer(announcement: &Announcement) -> bool {
    [":MediaRenderer:", ":AVTransport:"].iter().any(|kind| announcement.target.contains(kind))
}

/// An announced or guessed LOCATION.
#[derive(Debug)]
struct Sighting {
    location: HttpUrl,
    /// The host that named it.
    by: Ipv4Addr,
    /// The device was configured, or driven before.
    expected: bool,
    /// When another boot number or UDN was last looked at here.
    changed_at: Option<Instant>,
    udn: Option<Udn>,
    boot_id: Option<u32>,
    config_id: Option<u32>,
    heard_at: Instant,
    lifetime: Duration,
    /// The renderer that was described here. Kept while its description is fetched again.
    renderer: Option<Udn>,
    /// The renderer that was announced here although another one was described. The description is read again once for it.
    doubted: Option<Udn>,
    /// The renderer that was announced from another address than that of its location.
    must_be: Option<Udn>,
    /// The last fetch was answered with a failure, so that an announcement is no news.
    refused: bool,
    /// What answers here was given the file of another renderer, and may show it.
    misled: bool,
    /// It was announced, rather than found by a search.
    announced: bool,
    state: Lookup,
}

#[derive(Debug)]
enum Lookup {
    /// Fetch the description at this time.
    Wanted { at: Instant, attempts: u8 },
    /// The description is being fetched.
    Fetching { ticket: u32, deadline: Instant, attempts: u8 },
    /// The description is a renderer's.
    Described,
    /// The description is not a renderer's.
    Stranger { until: Instant },
}

impl Sighting {
    /// Returns whether this is the announced UDN, or that of the renderer.
    fn is_named(&self, udn: &Udn) -> bool {
        [&self.udn, &self.renderer].into_iter().flatten().any(|known| known.is_same(udn))
    }

    fn due_at(&self) -> Option<Instant> {
        match self.state {
            Lookup::Wanted { at, .. } => Some(at),
            Lookup::Fetching { deadline, .. } => Some(deadline),
            Lookup::Stranger { until } => Some(until),
            Lookup::Described => None,
        }
    }

    fn is_fetching(&self) -> bool {
        matches!(self.state, Lookup::Fetching { .. })
    }

    /// Returns whether the last change here is long enough ago for another one to be looked at.
    fn may_change(&self, now: Instant) -> bool {
        self.changed_at.is_none_or(|at| now.since(at) >= CHANGES_APART)
    }

    fn want(&mut self, now: Instant) {
        self.state = Lookup::Wanted { at: now, attempts: 0 };
    }

    fn adopt(&mut self, announcement: &Announcement, now: Instant) {
        self.announced |= announcement.kind != MessageKind::Response;
        self.udn = Some(announcement.udn.clone());
        self.boot_id = announcement.boot_id.or(self.boot_id);
        self.config_id = announcement.config_id.or(self.config_id);
        self.heard_at = now;
        self.lifetime = announcement.lifetime();
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
