//! The network between box and renderers: what it delays, loses, doubles, and cuts off.
//!
//! Datagrams (SSDP) are lost, come twice and overtake each other. Connections deliver or fail: a
//! request is reset, or a cut swallows it and its answer, until whoever waits gives up.

use crate::time::Duration;
use fastrand::Rng;

/// How the network is at the moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// A passage takes this long at least, in microseconds, and this long at most.
    pub passage: (u64, u64),
    /// Datagrams that are lost, of a hundred.
    pub lost: u8,
    /// Datagrams that come twice, of a hundred.
    pub doubled: u8,
    /// Connections that are reset, of a hundred.
    pub reset: u8,
    /// Multicast gets nowhere, and nobody is told.
    pub deaf: bool,
}

impl Default for Network {
    /// A quiet home network.
    fn default() -> Self {
        Self { passage: (1_000, 5_000), lost: 0, doubled: 0, reset: 0, deaf: false }
    }
}

impl Network {
    /// Wi-Fi through two walls.
    #[must_use]
    pub fn poor() -> Self {
        Self { passage: (2_000, 400_000), lost: 30, doubled: 5, reset: 3, deaf: false }
    }

    /// How long the next passage takes.
    pub(super) fn passage(&self, rng: &mut Rng) -> Duration {
        Duration::from_micros(rng.u64(self.passage.0..self.passage.1))
    }

    /// How often the next datagram arrives.
    pub(super) fn copies(&self, rng: &mut Rng) -> u8 {
        if chance(self.lost, rng) {
            0
        } else if chance(self.doubled, rng) {
            2
        } else {
            1
        }
    }

    /// The next connection is reset.
    pub(super) fn resets(&self, rng: &mut Rng) -> bool {
        chance(self.reset, rng)
    }
}

fn chance(of_hundred: u8, rng: &mut Rng) -> bool {
    of_hundred > 0 && rng.u8(..100) < of_hundred
}
