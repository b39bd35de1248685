//! Which devices are present: what was heard by SSDP, and which descriptions to fetch.
//!
//! Terms: a *sighting* is an announced LOCATION. It turns out to be a renderer or a *stranger* (a router, a media
//! server). A renderer is identified by the UDN in its description, not by the announced one: it may be embedded in
//! another device.

use super::backoff::Backoff;
use super::event::Failure;
use super::mutant::Mutant;
use super::sighting::{Sighting, State};
use crate::limits::{FETCHES, SIGHTINGS};
use crate::time::{Duration, Instant};
use crate::upnp::ssdp::{Announcement, Kind};
use crate::upnp::{HttpUrl, Udn};
use core::net::Ipv4Addr;

/// A description must arrive within this time. Dongles are slow, but nothing else waits for them.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// How many fetches one host may occupy: a dead address with several guessed URLs must not take all of them.
const FETCHES_PER_HOST: usize = 3;
/// How long until a stranger is fetched again, in case it became a renderer.
const STRANGER_FOR: Duration = Duration::from_secs(3600);
/// How long until a stranger that announces itself as a renderer is fetched again.
const DISBELIEVED_FOR: Duration = Duration::from_secs(10);
/// The pause before a failed fetch is repeated.
const REFETCH: Backoff =
    Backoff::new(Duration::from_secs(1), Duration::from_secs(300)).jittered(0.25);
/// A new announcement shortens a pause to this.
const HURRIED_PAUSE: Duration = Duration::from_millis(500);

/// All sightings.
#[derive(Debug, Default)]
pub struct Roster {
    /// Changed only through [`Self::change`].
    sightings: Vec<Sighting>,
    rest: Option<Rest>,
}

/// The result of the last search for something to do, valid until something changes. The kiosk asks at every step, and
/// the table is long.
#[derive(Clone, Copy, Debug)]
struct Rest {
    until: Option<Instant>,
    fetches: bool,
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

impl Roster {
    fn change(&mut self) -> &mut Vec<Sighting> {
        self.rest = None;
        &mut self.sightings
    }

    /// Returns whether there is nothing to do before [`Self::next_deadline`], unless something changes.
    pub fn rests(&self, now: Instant) -> bool {
        self.rest.is_some_and(|rest| rest.until.is_none_or(|until| now < until))
    }

    pub fn hear(&mut self, announcement: &Announcement, now: Instant) -> News {
        let Some(location) = &announcement.location else {
            return self.part(announcement);
        };
        let known = self.change().iter_mut().find(|s| s.location == *location);
        let Some(sighting) = known else {
            self.watch(location.clone(), now);
            if let Some(new) = self.change().iter_mut().find(|s| s.location == *location) {
                new.adopt(announcement, now);
            }
            return News::None;
        };
        let differs =
            |old: Option<u32>, new: Option<u32>| old.is_some() && new.is_some() && old != new;
        // An update announces the next boot number, so that it is not taken for a restart (UDA 1.1 §1.2.4).
        let rebooted =
            announcement.kind != Kind::Update && differs(sighting.boot_id, announcement.boot_id);
        let reconfigured = differs(sighting.config_id, announcement.config_id);
        sighting.adopt(announcement, now);
        let news = rebooted || !sighting.refused;
        match &mut sighting.state {
            State::Wanted { at, attempts } if *attempts > 0 && news => {
                *at = (*at).min(now + HURRIED_PAUSE);
            }
            State::Stranger { .. } | State::Described
                if (rebooted || reconfigured) && !Mutant::ReadsDescriptionsOnce.is_in() =>
            {
                sighting.want(now)
            }
            // The devices of some TVs swap their URLs at each boot, so that a stranger may have become a renderer.
            State::Stranger { until }
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

    fn part(&mut self, announcement: &Announcement) -> News {
        let said = Some(&announcement.udn);
        let theirs = |s: &Sighting| s.udn.as_ref() == said || s.renderer.as_ref() == said;
        let renderer = self.sightings.iter().filter(|s| theirs(s)).find_map(|s| s.renderer.clone());
        self.change().retain(|s| !theirs(s) || matches!(s.state, State::Fetching { .. }));
        renderer.map_or(News::None, News::Leaving)
    }

    /// Adds a location to look at. Returns `false` if the table is full of better ones.
    pub fn watch(&mut self, location: HttpUrl, now: Instant) -> bool {
        if self.sightings.iter().any(|s| s.location == location) {
            return true;
        }
        if self.sightings.len() >= SIGHTINGS && !self.make_room() {
            return false;
        }
        self.change().push(Sighting {
            location,
            udn: None,
            boot_id: None,
            config_id: None,
            heard_at: now,
            lifetime: Duration::from_secs(1800),
            renderer: None,
            refused: false,
            state: State::Wanted { at: now, attempts: 0 },
        });
        true
    }

    /// Drops the stranger, or else the failed sighting, that was heard longest ago.
    fn make_room(&mut self) -> bool {
        let dispensable = |s: &Sighting| match s.state {
            State::Stranger { .. } => Some((0, s.heard_at)),
            State::Wanted { attempts: 1.., .. } => Some((1, s.heard_at)),
            _ => None,
        };
        let victim =
            self.sightings.iter().enumerate().filter_map(|(i, s)| Some((dispensable(s)?, i))).min();
        victim.map(|(_, i)| self.change().swap_remove(i)).is_some()
    }

    /// Forgets sightings that were not heard within their lifetime. Renderers that the box drives are polled anyway,
    /// and are found again by their next announcement.
    pub fn expire(&mut self, now: Instant) {
        self.change().retain(|s| {
            matches!(s.state, State::Fetching { .. }) || now.since(s.heard_at) < s.lifetime
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
        for sighting in self.change() {
            if sighting.renderer.as_ref() == Some(udn) && matches!(sighting.state, State::Described)
            {
                sighting.want(now);
            }
        }
        true
    }

    /// The next description to fetch now, if fewer than [`FETCHES`] are in flight and `free` agrees (no other call to
    /// that renderer is in flight).
    pub fn next_fetch(
        &mut self,
        now: Instant,
        ticket: u32,
        free: impl Fn(&HttpUrl) -> bool,
    ) -> Option<HttpUrl> {
        let fetching: heapless::Vec<Ipv4Addr, FETCHES> = self
            .sightings
            .iter()
            .filter(|s| s.is_fetching())
            .map(|s| s.location.host)
            .take(FETCHES)
            .collect();
        if fetching.is_full() {
            return None;
        }
        for sighting in self.change() {
            if matches!(sighting.state, State::Stranger { until } if until <= now) {
                sighting.want(now);
            }
            let host = sighting.location.host;
            let crowded =
                fetching.iter().filter(|other| **other == host).count() >= FETCHES_PER_HOST;
            if let State::Wanted { at, attempts } = sighting.state
                && at <= now
                && !crowded
                && free(&sighting.location)
            {
                let deadline = now + FETCH_TIMEOUT;
                sighting.state = State::Fetching { ticket, deadline, attempts };
                return Some(sighting.location.clone());
            }
        }
        None
    }

    /// The ticket of a fetch whose deadline has passed.
    pub fn overdue(&self, now: Instant) -> Option<u32> {
        self.sightings.iter().find_map(|s| match s.state {
            State::Fetching { ticket, deadline, .. } if deadline <= now => Some(ticket),
            _ => None,
        })
    }

    /// The location that is being fetched with this ticket.
    #[must_use]
    pub fn fetching(&self, number: u32) -> Option<&HttpUrl> {
        if !self.is_busy() {
            return None;
        }
        self.sightings.iter().find_map(|s| match s.state {
            State::Fetching { ticket, .. } if ticket == number => Some(&s.location),
            _ => None,
        })
    }

    /// A fetched description belongs to this renderer. Returns the boot and configuration numbers.
    pub fn described(&mut self, number: u32, udn: &Udn) -> Option<(Option<u32>, Option<u32>)> {
        let location = self.fetching(number)?.clone();
        // Other locations of this renderer are out of date.
        let elsewhere = |s: &Sighting| s.location != location && s.renderer.as_ref() == Some(udn);
        self.change().retain(|s| !elsewhere(s) || s.is_fetching());
        let sighting = self.change().iter_mut().find(|s| s.location == location)?;
        sighting.renderer = Some(udn.clone());
        sighting.state = State::Described;
        Some((sighting.boot_id, sighting.config_id))
    }

    /// A fetched description belongs to this renderer, which answers at another location as well.
    pub fn described_too(&mut self, number: u32, udn: &Udn) {
        let here = |s: &&mut Sighting| matches!(s.state, State::Fetching { ticket, .. } if ticket == number);
        if let Some(sighting) = self.change().iter_mut().find(here) {
            sighting.renderer = Some(udn.clone());
            sighting.state = State::Described;
        }
    }

    /// There is no room for this renderer: treat it like a stranger.
    pub fn set_aside(&mut self, udn: &Udn, now: Instant) {
        for sighting in self.change() {
            if sighting.renderer.as_ref() == Some(udn) {
                sighting.renderer = None;
                sighting.state = State::Stranger { until: now + STRANGER_FOR };
            }
        }
    }

    /// Forgets this renderer, so that its next announcement is news.
    pub fn forget(&mut self, udn: &Udn) {
        self.change().retain(|s| s.renderer.as_ref() != Some(udn));
    }

    /// A description could not be fetched, or is not a renderer's. `jitter` in 0..1.
    pub fn failed(&mut self, number: u32, why: &Failure, now: Instant, jitter: f64) {
        let found = self
            .change()
            .iter_mut()
            .find(|s| matches!(s.state, State::Fetching { ticket, .. } if ticket == number));
        let Some(sighting) = found else { return };
        let State::Fetching { attempts, .. } = sighting.state else {
            return;
        };
        sighting.refused = !matches!(why, Failure::Unreachable | Failure::Timeout);
        sighting.state = if *why == Failure::NotARenderer {
            State::Stranger { until: now + STRANGER_FOR }
        } else {
            let at = now + REFETCH.pause_by_chance(attempts, jitter);
            State::Wanted { at, attempts: attempts.saturating_add(1) }
        };
    }

    /// Returns whether any description is being fetched.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let fetches = || self.sightings.iter().any(Sighting::is_fetching);
        self.rest.map_or_else(fetches, |rest| rest.fetches)
    }

    /// Returns whether the description at this location is being fetched.
    #[must_use]
    pub fn is_fetching(&self, location: &HttpUrl) -> bool {
        self.sightings.iter().any(|s| s.is_fetching() && s.location == *location)
    }

    /// The number of sightings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sightings.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sightings.is_empty()
    }

    /// Returns whether something at this address is a renderer or is being fetched for the first time, so that no URL
    /// need be guessed.
    #[must_use]
    pub fn knows(&self, host: Ipv4Addr) -> bool {
        let here = |s: &&Sighting| s.location.host == host;
        self.sightings.iter().filter(here).any(|s| {
            let first = matches!(
                s.state,
                State::Wanted { attempts: 0, .. } | State::Fetching { attempts: 0, .. }
            );
            first || s.renderer.is_some()
        })
    }

    /// Returns whether this renderer was heard of lately.
    #[must_use]
    pub fn hears_of(&self, udn: &Udn) -> bool {
        self.sightings.iter().any(|s| s.renderer.as_ref() == Some(udn))
    }

    pub fn next_deadline(&mut self, now: Instant) -> Option<Instant> {
        if self.rests(now)
            && let Some(rest) = self.rest
        {
            return rest.until;
        }
        let due = self.sightings.iter().filter_map(|s| match s.state {
            State::Wanted { at, .. } => Some(at),
            State::Fetching { deadline, .. } => Some(deadline),
            State::Stranger { until } => Some(until),
            State::Described => None,
        });
        // What is due and was not started waits for another fetch to end, which is an event.
        let waits = due.clone().any(|at| at <= now);
        let until = due.filter(|at| *at > now).min();
        let fetches = self.sightings.iter().any(Sighting::is_fetching);
        self.rest = (!waits).then_some(Rest { until, fetches });
        until
    }
}

fn claims_to_be_a_renderer(announcement: &Announcement) -> bool {
    [":MediaRenderer:", ":AVTransport:"].iter().any(|kind| announcement.target.contains(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upnp::ssdp;

    fn location(host: u8) -> HttpUrl {
        HttpUrl::parse(&format!("http://10.0.0.{host}:80/d.xml")).expect("good")
    }

    fn alive(host: u8, boot_id: u32) -> Announcement {
        Announcement {
            kind: Kind::Alive,
            udn: Udn::new(&format!("uuid:{host}")).expect("good"),
            target: crate::text::clip("upnp:rootdevice"),
            location: Some(location(host)),
            max_age: None,
            boot_id: Some(boot_id),
            config_id: None,
        }
    }

    #[test]
    fn one_slow_device_delays_no_other() {
        let mut roster = Roster::default();
        for host in 1..=12 {
            roster.hear(&alive(host, 1), Instant::START);
        }
        let mut fetched = Vec::new();
        while let Some(url) =
            roster.next_fetch(Instant::START, u32::try_from(fetched.len()).expect("few"), |_| true)
        {
            fetched.push(url.host.octets()[3]);
        }
        assert_eq!(fetched, (1..=10).collect::<Vec<u8>>(), "ten at once");
        roster.failed(3, &Failure::NotARenderer, Instant::START, 0.0);
        assert_eq!(roster.next_fetch(Instant::START, 90, |_| true), Some(location(11)));
    }

    #[test]
    fn a_device_that_answers_503_for_a_day_is_asked_rarely() {
        let mut roster = Roster::default();
        let day = Instant::from_millis(86_400_000);
        let (mut now, mut asked) = (Instant::START, 0);
        roster.hear(&alive(1, 1), now);
        while now < day {
            if roster.next_fetch(now, 1, |_| true).is_some() {
                asked += 1;
                roster.failed(1, &Failure::Status(503), now, 1.0);
            }
            now = roster.next_deadline(now).expect("it is tried for ever");
            if now.since(Instant::START) > Duration::from_secs(1700) * (asked / 7 + 1) {
                roster.hear(&alive(1, 1), now);
            }
        }
        assert!((280..900).contains(&asked), "{asked} times");
    }

    #[test]
    fn a_new_boot_of_a_renderer_is_news_and_its_description_is_fetched_again() {
        let mut roster = Roster::default();
        let udn = Udn::new("uuid:renderer").expect("good");
        assert_eq!(roster.hear(&alive(1, 1), Instant::START), News::None);
        roster.next_fetch(Instant::START, 5, |_| true);
        assert_eq!(roster.described(5, &udn), Some((Some(1), None)));
        assert_eq!(roster.hear(&alive(1, 1), Instant::START), News::Alive(udn.clone()));
        assert_eq!(roster.next_fetch(Instant::START, 6, |_| true), None);
        assert_eq!(roster.hear(&alive(1, 2), Instant::START), News::Rebooted(udn.clone()));
        assert_eq!(roster.next_fetch(Instant::START, 7, |_| true), Some(location(1)));
    }

    #[test]
    fn a_stranger_that_claims_to_be_a_renderer_is_disbelieved_for_a_while() {
        let mut roster = Roster::default();
        let claim = Announcement {
            target: crate::text::clip("urn:schemas-upnp-org:device:MediaRenderer:1"),
            ..alive(1, 1)
        };
        roster.hear(&claim, Instant::START);
        roster.next_fetch(Instant::START, 5, |_| true);
        roster.failed(5, &Failure::NotARenderer, Instant::START, 0.0);
        let at = |millis| Instant::from_millis(millis);
        for millis in [1_000, 2_000, 9_000] {
            roster.hear(&claim, at(millis));
            assert_eq!(roster.next_fetch(at(millis), 6, |_| true), None, "after {millis} ms");
        }
        assert_eq!(roster.next_fetch(at(10_000), 6, |_| true), Some(location(1)));
    }

    #[test]
    fn an_update_announces_a_boot_id_that_is_no_boot() {
        let mut roster = Roster::default();
        let udn = Udn::new("uuid:renderer").expect("good");
        roster.hear(&alive(1, 1), Instant::START);
        roster.next_fetch(Instant::START, 5, |_| true);
        roster.described(5, &udn);
        let update = Announcement { kind: Kind::Update, ..alive(1, 2) };
        assert_eq!(roster.hear(&update, Instant::START), News::Alive(udn.clone()));
        assert_eq!(roster.hear(&alive(1, 2), Instant::START), News::Alive(udn.clone()));
        assert_eq!(roster.next_fetch(Instant::START, 6, |_| true), None);
        assert_eq!(roster.hear(&alive(1, 3), Instant::START), News::Rebooted(udn));
    }

    #[test]
    fn a_renderer_announced_without_a_udn_is_found_once_by_its_description() {
        let mut roster = Roster::default();
        let nameless = b"HTTP/1.1 200 OK\r\nLOCATION: http://10.0.0.1/d.xml\r\n\r\n";
        let nameless = ssdp::parse(nameless, Ipv4Addr::new(10, 0, 0, 1)).expect("usable");
        let named = Announcement { boot_id: None, ..alive(1, 1) };
        let udn = Udn::new("uuid:renderer").expect("good");
        roster.hear(&nameless, Instant::START);
        assert_eq!(roster.next_fetch(Instant::START, 5, |_| true), Some(location(1)));
        roster.described(5, &udn);
        for announcement in [&nameless, &named, &nameless] {
            assert_eq!(roster.hear(announcement, Instant::START), News::Alive(udn.clone()));
            assert_eq!(roster.next_fetch(Instant::START, 6, |_| true), None);
        }
        assert_eq!(roster.len(), 1);
        let farewell =
            |udn| Announcement { kind: Kind::Byebye, udn, location: None, ..alive(1, 1) };
        assert_eq!(roster.hear(&farewell(udn.clone()), Instant::START), News::Leaving(udn));
        assert!(roster.is_empty());
    }

    #[test]
    fn a_flood_of_strangers_leaves_room_for_renderers() {
        let mut roster = Roster::default();
        for host in 0..=255u8 {
            roster.hear(&alive(host, 1), Instant::from_millis(host.into()));
            if roster
                .next_fetch(Instant::from_millis(host.into()), u32::from(host), |_| true)
                .is_some()
            {
                roster.failed(u32::from(host), &Failure::NotARenderer, Instant::START, 0.0);
            }
        }
        assert!(roster.sightings.len() <= SIGHTINGS);
        assert!(
            roster.sightings.iter().any(|s| s.location == location(255)),
            "the newest is there"
        );
    }
}
