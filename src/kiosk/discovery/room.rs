//! Which renderers have a place in the table, when there are more than it holds.
//!
//! Anybody on the network can announce as many renderers as he likes. So each host has a share, a renderer that the configuration
//! names takes the place of any other, and one that was driven before takes the place of a new one.

use super::super::Kiosk;
use super::super::effect::Effects;
use super::super::renderer::Renderer;
use crate::config::Selector;
use crate::limits::{RENDERERS, RENDERERS_PER_HOST};
use core::cmp::Reverse;
use core::net::Ipv4Addr;

/// How good the claim of a renderer to a place is, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    /// It is only listed.
    Listed,
    /// A table for every renderer drives it.
    Driven,
    /// Such a table has driven it before.
    Remembered,
    /// A table of its own drives it.
    Configured,
}

impl Kiosk {
    fn claim(&self, renderer: &Renderer) -> Claim {
        match renderer.table() {
            None => Claim::Listed,
            Some(Selector::Any) if !self.memory.stored.knows(renderer.udn().as_str()) => {
                Claim::Driven
            }
            Some(Selector::Any) => Claim::Remembered,
            Some(_) => Claim::Configured,
        }
    }

    fn renderers_at(&self, host: Ipv4Addr) -> usize {
        self.renderers.iter().filter(|r| r.host() == host).count()
    }

    /// Returns whether there is room for a new renderer, after making some if it may have it. What makes room is found again
    /// when there is room for it.
    pub(super) fn has_room(&mut self, new: &Renderer, effects: &mut Effects) -> bool {
        let (claim, theirs) = (self.claim(new), self.renderers_at(new.host()));
        if claim < Claim::Configured && theirs >= RENDERERS_PER_HOST {
            return false;
        }
        if self.renderers.len() < RENDERERS {
            return true;
        }
        // Of equal claims, one that is away makes room, or one of a host that has more.
        let rank = |r: &Renderer| {
            let (old, others) = (self.claim(r), self.renderers_at(r.host()));
            let gone = r.is_away() && !r.is_busy();
            let equal = old == claim && claim > Claim::Listed && (gone || others > theirs + 1);
            let key = (old, !gone, r.shows_ours(), r.is_busy(), Reverse(others));
            (old < claim || equal).then_some(key)
        };
        let ranked = self.renderers.iter().filter_map(|r| Some((rank(r)?, r.udn())));
        let Some(victim) = ranked.min_by_key(|(key, _)| *key).map(|(_, udn)| udn.clone()) else {
            return false;
        };
        if let Some(renderer) = self.renderers.find_mut(|r| *r.udn() == victim) {
            renderer.hang_up(effects);
        }
        self.renderers.remove(|r| *r.udn() == victim);
        self.discovery.cache.forget(&victim);
        true
    }
}
