//! The groups: which renderer is which member, what the groups observe, and what they order.

use super::super::Kiosk;
use super::super::command::matches;
use super::super::deadline::{Wake, Why};
use super::super::effect::Effects;
use super::super::renderer::Renderer;
use super::super::trace::What;
use super::{DRIFT, Doing, Group};
use crate::config::Selector;
use crate::time::{Instant, in_seconds};
use crate::upnp::Udn;
use serde::Serialize;

/// One group, in the status.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(in crate::kiosk) struct GroupStatus {
    name: String,
    members: Vec<MemberStatus>,
    /// The spread of the last round that could be measured.
    spread_ms: Option<f64>,
    rounds: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct MemberStatus {
    name: String,
    state: &'static str,
}

impl Kiosk {
    /// The slot for the rule at this index. If the rule matches two renderers, the first one gets the slot.
    pub(in crate::kiosk) fn group_slot(&self, rule: usize, udn: &Udn) -> Option<(usize, usize)> {
        let slot = self.config.group_slot(rule)?;
        let taken = self.renderers.iter().any(|r| r.group_slot() == Some(slot) && r.udn() != udn);
        (!taken).then_some(slot)
    }

    /// Lets each group decide how far its members may proceed, and tells the members.
    pub(in crate::kiosk) fn conduct(
        &mut self,
        now: Instant,
        effects: &mut Effects,
        wake: &mut Wake,
    ) {
        for own in 0..self.groups.len() {
            let group = &mut self.groups[own];
            group.clear();
            for renderer in self.renderers.iter() {
                if let Some((_, place)) = renderer.group_slot().filter(|(group, _)| *group == own) {
                    group.observe(place, renderer.sight());
                }
            }
            wake.at(group.conduct(now), Why::Members);
            let order_for = |renderer: &Renderer| {
                let (_, place) = renderer.group_slot().filter(|(group, _)| *group == own)?;
                group.order_for(place).filter(|order| !renderer.follows(order))
            };
            let mut moved = false;
            for renderer in self.renderers.filter_mut(|r| order_for(r).is_some()) {
                if let Some(order) = order_for(renderer) {
                    renderer.obey(order);
                    moved = true;
                }
            }
            if let (Some(spread), Some(named)) = (group.news(), self.config.groups.get(own)) {
                self.common.trace.note(now, &named.name, What::Spread(spread));
            }
            if moved {
                self.plan(now, effects, wake);
            }
        }
    }

    pub(in crate::kiosk) fn group_status(&self) -> Vec<GroupStatus> {
        let all = self.config.groups.iter().zip(&self.groups).enumerate();
        all.map(|(own, (named, group))| GroupStatus {
            name: named.name.to_string(),
            members: (named.on.iter().enumerate())
                .map(|(place, who)| self.member_status(group, (own, place), who))
                .collect(),
            spread_ms: group.spread().map(|spread| in_seconds(spread) * 1000.0),
            rounds: group.rounds,
        })
        .collect()
    }

    fn member_status(&self, group: &Group, slot: (usize, usize), who: &Selector) -> MemberStatus {
        let renderer = self.renderers.iter().find(|r| r.group_slot() == Some(slot));
        let found = || {
            let host = |r: &&Renderer| matches(who, r.description(), r.host());
            self.renderers.iter().find(host)
        };
        let name = renderer.or_else(found).map_or_else(|| who.to_text(), |r| r.name().to_owned());
        let drifts = |r: &Renderer| {
            let origin = group.common_origin(slot.1);
            origin.and_then(|origin| r.off_by(origin)).is_some_and(|off| off > DRIFT)
        };
        let state = match renderer.map(|r| (r, r.sight().doing)) {
            None | Some((_, Doing::Missing)) => "missing",
            Some((_, Doing::Nothing)) => "taken out",
            Some((_, Doing::Coming | Doing::Ready)) => "waits for the others",
            Some((_, Doing::Playing)) if !group.takes_part(slot.1) => "in another round",
            Some((r, Doing::Playing)) if drifts(r) => {
                "off by more than a second until the next round"
            }
            Some((_, Doing::Playing)) => "together",
        };
        MemberStatus { name, state }
    }
}
