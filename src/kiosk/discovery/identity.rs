//! Which known renderer a description belongs to.
//!
//! A UDN should say it, and so should an address; real devices break both. Some draw a new UDN at each start. Programs with
//! a built-in UDN give it to every computer that runs them. A router gives an address to another device. So a renderer is known
//! by its UDN and its *place*, which is the LOCATION of its description: what is described at the place of a renderer, and is of
//! the same make, is that renderer; and one UDN under two names is two renderers.

use super::super::Kiosk;
use super::super::command::matches;
use super::super::effect::Effects;
use super::super::renderer::Renderer;
use crate::time::Instant;
use crate::upnp::description::Description;
use crate::upnp::{HttpUrl, Udn};

/// Whom a description is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// The renderer that is known under this UDN.
    Known(Udn),
    /// The renderer that was known under this UDN has another one now.
    Renamed(Udn),
    /// A renderer that is not known yet, and the UDN under which to know it.
    New(Udn),
}

impl Kiosk {
    /// Whom this description is about, which was fetched from `at`.
    pub(super) fn identify(&self, description: &Description, at: &HttpUrl) -> Identity {
        let namesakes = || self.renderers.iter().filter(|r| r.udn().is_same(&description.udn));
        let known = |r: &Renderer| Identity::Known(r.udn().clone());
        if let Some(renderer) = namesakes().find(|r| r.location() == at) {
            return known(renderer);
        }
        // At another place: has it moved, or does another device have the same UDN?
        let has_moved = |r: &&Renderer| match r.is_driven() {
            _ if has_same_name(r, description, at) => true,
            true => r.is_failing() && fits(r, description, at),
            false => !self.discovery.cache.hears_of(r.udn()),
        };
        if let Some(renderer) = namesakes().find(has_moved) {
            return known(renderer);
        }
        if namesakes().next().is_some() {
            return Identity::New(description.udn.at(at));
        }
        let predecessor = |r: &&Renderer| {
            let here = r.location() == at
                || r.host() == at.host && r.is_failing() && has_same_name(r, description, at);
            here && fits(r, description, at) && is_same_model(r, description)
        };
        let mut renderers = self.renderers.iter();
        let gone = |r: &&Renderer| !self.discovery.cache.hears_elsewhere(r.udn(), at);
        match renderers.find(|r| predecessor(r) && gone(r)) {
            Some(renderer) => Identity::Renamed(renderer.udn().clone()),
            None => Identity::New(description.udn.clone()),
        }
    }

    /// The renderer with this UDN is at this place, so any other renderer that was known there is displaced. Returns whether
    /// there was one.
    pub(super) fn clear_place(
        &mut self,
        udn: &Udn,
        at: &HttpUrl,
        now: Instant,
        effects: &mut Effects,
    ) -> bool {
        let leaving = self.leaving();
        let mut displaced = false;
        let other = |r: &Renderer| r.location() == at && r.udn() != udn;
        self.renderers.retain(|r| r.is_driven() || !other(r));
        for renderer in self.renderers.filter_mut(|r| other(r) && !r.is_displaced()) {
            self.discovery.cache.look_elsewhere(renderer.udn(), at, now);
            if renderer.shows_ours() {
                self.discovery.cache.mislead(at);
            }
            displaced = true;
            renderer.displaced(&mut self.common.context(now, leaving, effects));
        }
        if displaced {
            self.discovery.search_soon(now);
        }
        displaced
    }

    /// Forgets a renderer that is away because it has another UDN or name now, at another port of its address.
    pub(super) fn forget_predecessors(&mut self) {
        let all = &self.renderers;
        let gone = all.iter().find(|old| {
            let succeeds = |new: &Renderer| {
                new.udn() != old.udn()
                    && !new.is_away()
                    && new.is_driven()
                    && new.host() == old.host()
                    && is_same_model(old, new.description())
                    && (new.udn().is_same(old.udn())
                        || has_same_name(old, new.description(), new.location()))
            };
            old.is_away() && !old.is_busy() && all.iter().any(succeeds)
        });
        if let Some(udn) = gone.map(|old| old.udn().clone()) {
            self.discovery.cache.forget(&udn);
            self.renderers.remove(|r| *r.udn() == udn);
        }
    }
}

/// Whether the table that the renderer is driven by is for this description as well.
fn fits(renderer: &Renderer, description: &Description, at: &HttpUrl) -> bool {
    renderer.table().is_some_and(|who| matches(who, description, at))
}

/// Whether both have the same name. Some put their address into it.
fn has_same_name(renderer: &Renderer, description: &Description, at: &HttpUrl) -> bool {
    let ours = renderer.name().replace(&renderer.host().to_string(), "");
    ours == description.friendly_name.replace(&at.host.to_string(), "")
}

fn is_same_model(renderer: &Renderer, description: &Description) -> bool {
    let ours = renderer.description();
    ours.manufacturer == description.manufacturer && ours.model_name == description.model_name
}
