//! One location where a renderer may be, and what is known of it.

use crate::time::{Duration, Instant};
use crate::upnp::ssdp::Announcement;
use crate::upnp::{HttpUrl, Udn};

/// An announced or guessed LOCATION.
#[derive(Debug)]
pub(super) struct Sighting {
    pub(super) location: HttpUrl,
    pub(super) udn: Option<Udn>,
    pub(super) boot_id: Option<u32>,
    pub(super) config_id: Option<u32>,
    pub(super) heard_at: Instant,
    pub(super) lifetime: Duration,
    /// The renderer that was described here. Kept while its description is fetched again.
    pub(super) renderer: Option<Udn>,
    /// The last fetch was answered with a failure, so that an announcement is no news.
    pub(super) refused: bool,
    pub(super) state: State,
}

#[derive(Debug)]
pub(super) enum State {
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
    pub(super) fn is_fetching(&self) -> bool {
        matches!(self.state, State::Fetching { .. })
    }

    pub(super) fn want(&mut self, now: Instant) {
        self.state = State::Wanted { at: now, attempts: 0 };
    }

    pub(super) fn adopt(&mut self, announcement: &Announcement, now: Instant) {
        self.udn = Some(announcement.udn.clone());
        self.boot_id = announcement.boot_id.or(self.boot_id);
        self.config_id = announcement.config_id.or(self.config_id);
        self.heard_at = now;
        self.lifetime = announcement.lifetime();
    }
}
