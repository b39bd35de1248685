//! Groups among the renderers: who sits where, what the groups see, and what comes of it.

use super::Kiosk;
use super::deadline::{Wake, Why};
use super::effect::Effects;
use super::group::{DRIFT, Doing, Group};
use super::meant::matches;
use super::renderer::Renderer;
use super::trace::What;
use crate::config::Who;
use crate::limits::{GROUPS, RENDERERS};
use crate::time::{Instant, in_seconds};
use crate::upnp::Udn;
use serde::Serialize;

/// One group, in the status.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct GroupStatus {
    name: String,
    members: Vec<MemberStatus>,
    /// How far apart the members were when they last began together.
    spread_ms: Option<f64>,
    rounds: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct MemberStatus {
    name: String,
    state: &'static str,
}

impl Kiosk {
    /// The place of the renderer that the rule at this index is for. Of two that it means the first has it.
    pub(super) fn seat(&self, rule: usize, udn: &Udn) -> Option<(usize, usize)> {
        let seat = self.config.seat(rule)?;
        let taken = self.renderers.iter().any(|r| r.seat() == Some(seat) && r.udn() != udn);
        (!taken).then_some(seat)
    }

    /// The groups decide how far their members may go, and those go there. `true` if one of them wishes for something.
    pub(super) fn conduct(&mut self, now: Instant, effects: &mut Effects, wake: &mut Wake) -> bool {
        let mut groups = core::mem::take(&mut self.groups);
        let mut wishes = false;
        for (group, own) in groups.iter_mut().zip(0..) {
            group.clear();
            for renderer in &self.renderers {
                if let Some((_, place)) = renderer.seat().filter(|(group, _)| *group == own) {
                    group.observe(place, renderer.sight());
                }
            }
            wake.at(group.conduct(now), Why::Members);
            let mut moved: heapless::Vec<usize, RENDERERS> = heapless::Vec::new();
            for (i, renderer) in self.renderers.iter_mut().enumerate() {
                let seat = renderer.seat().filter(|(group, _)| *group == own);
                let order = seat.and_then(|(_, place)| group.order_for(place));
                if order.is_some_and(|order| renderer.obey(order)) {
                    // There are no more renderers than that.
                    let _ = moved.push(i);
                }
            }
            for i in moved {
                // Its description is being fetched: one call at a time.
                let held = self.roster.is_fetching(self.renderers[i].location());
                let (renderers, mut ctx) = self.split(now, effects);
                let renderer = &mut renderers[i];
                renderer.plan_at = if held { None } else { renderer.reconcile(&mut ctx) };
                wake.add(renderer.plan_at);
                wishes |= renderer.asks_for_something();
            }
            if let (Some(spread), Some(named)) = (group.news(), self.config.groups.get(own)) {
                self.trace.note(now, &named.name, What::Spread(spread));
            }
        }
        self.groups = groups;
        wishes
    }

    /// The groups to which one of these belongs: whoever means a member means all.
    pub(super) fn groups_of(&self, meant: impl Fn(&Renderer) -> bool) -> [bool; GROUPS] {
        let mut groups = [false; GROUPS];
        for (group, _) in self.renderers.iter().filter(|r| meant(r)).filter_map(|r| r.seat()) {
            if let Some(group) = groups.get_mut(group) {
                *group = true;
            }
        }
        groups
    }

    pub(super) fn group_status(&self) -> Vec<GroupStatus> {
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

    fn member_status(&self, group: &Group, seat: (usize, usize), who: &Who) -> MemberStatus {
        let renderer = self.renderers.iter().find(|r| r.seat() == Some(seat));
        let found = || {
            let host = |r: &&Renderer| matches(who, r.description(), r.host());
            self.renderers.iter().find(host)
        };
        let name = renderer.or_else(found).map_or_else(|| who.to_text(), |r| r.name().to_owned());
        let drifts = |r: &Renderer| {
            let origin = group.common_origin(seat.1);
            origin.and_then(|origin| r.off_by(origin)).is_some_and(|off| off > DRIFT)
        };
        let state = match renderer.map(|r| (r, r.sight().doing)) {
            None | Some((_, Doing::Missing)) => "missing",
            Some((_, Doing::Nothing)) => "taken out",
            Some((_, Doing::Coming | Doing::Ready)) => "waits for the others",
            Some((_, Doing::Playing)) if !group.takes_part(seat.1) => "in another round",
            Some((r, Doing::Playing)) if drifts(r) => {
                "off by more than a second until the next round"
            }
            Some((_, Doing::Playing)) => "together",
        };
        MemberStatus { name, state }
    }
}
