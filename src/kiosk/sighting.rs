//! One place where a renderer may be, and what is known of it.

use crate::time::{Duration, Instant};
use crate::upnp::ssdp::Announcement;
use crate::upnp::{HttpUrl, Udn};

/// A LOCATION that was announced, or guessed.
#[derive(Debug)]
pub(super) struct Sighting {
    pub(super) location: HttpUrl,
    pub(super) udn: Option<Udn>,
    pub(super) boot_id: Option<u32>,
    pub(super) config_id: Option<u32>,
    pub(super) heard_at: Instant,
    pub(super) lifetime: Duration,
    /// The renderer that was described there, also while its description is fetched again.
    pub(super) renderer: Option<Udn>,
    /// The last fetch of its description failed, but was answered: that it lives is no news.
    pub(super) refused: bool,
    pub(super) state: State,
}

/// What is known of what is there.
#[derive(Debug)]
pub(super) enum State {
    /// Fetch the description at this time.
    Wanted { at: Instant, attempts: u8 },
    /// It is being fetched.
    Fetching { ticket: u32, deadline: Instant, attempts: u8 },
    /// It is a renderer's.
    Described,
    /// It is no renderer's.
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
