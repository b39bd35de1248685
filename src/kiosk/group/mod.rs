//! Groups: renderers that start each file together.
//!
//! Terms. A *round* is one file from its beginning to its end on all members that take part. The *boundary* lies
//! between two rounds: from the first end to the next beginning. A member's *gate* says how far it may proceed. Its
//! *latency* is the time from sending Play to the *origin*, the time at which its position was zero. The *spread* of a
//! round is the distance between the earliest and the latest origin.
//!
//! [`Group::conduct`] computes all gates from the current observations and the time; it follows no script. In the
//! middle of a round, the gates of members that do not take part are shut. At the boundary, each member accepts the
//! next file and waits. When all present members have it, Play is sent to each one ahead of the common origin by that
//! member's latency. A member that is missing or not ready is waited for, but no longer than the configuration allows,
//! and joins at the next boundary.

use super::Kiosk;
use super::command::matches;
use super::deadline::{Wake, Why};
use super::effect::Effects;
use super::mutant::Mutant;
use super::renderer::Renderer;
use super::trace::What;
use crate::config::{self, Selector};
use crate::time::{Duration, Instant, in_seconds};
use crate::upnp::Udn;
use serde::Serialize;

/// Drift beyond this in the middle of a round is reported; it is corrected at the boundary.
const DRIFT: Duration = Duration::from_secs(1);

/// A member of the round that ends gets at least this long to end it, too, and to take the next file, however short the wait is.
/// Before the latency of a slow member is known, it begins and ends a second or two later than the others.
const LAG: Duration = Duration::from_secs(5);

/// Positions that are no farther apart count as the same: members that play together are a little apart.
const SAME_POSITION: Duration = Duration::from_secs(2);

/// How far a member may proceed. Renderers without a group have an open gate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Gate {
    /// The renderer proceeds on its own.
    #[default]
    Open,
    /// The member must not be given a file: the others are in the middle of a round.
    Shut,
    /// The member may be given the file, but not told to play.
    Load,
    /// The member may be told to play from this time on.
    Play(Instant),
}

/// What a member is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// Nothing: a person or the end of the programme took it out. Nobody waits for it.
    Nothing,
    /// Unreachable, or not playing what it was given.
    Missing,
    /// About to accept the file.
    Coming,
    /// Has the file.
    Ready,
    /// Playing, or Play was sent.
    Playing,
    /// Shows the black picture, which needs no common start. Nobody waits for it.
    Alone,
    /// Leaves out this file, which does not play on it. Nobody waits for it.
    SitsOut,
}

/// One measured start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start {
    /// When Play was sent.
    pub(super) sent: Instant,
    /// When the position was zero.
    pub(super) origin: Instant,
}

/// What was observed of a member.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    pub(super) doing: Doing,
    /// The place, in the programme, of the current file.
    pub(super) item: usize,
    /// From which position it is to play this file. `None` if it cannot be sent to one.
    pub(super) position: Option<Duration>,
    /// How many rounds it played to the end.
    pub(super) rounds: u32,
    /// The last round was complete.
    pub(super) ended_well: bool,
    /// The start of the current round, or else of the last one.
    pub(super) start: Option<Start>,
    /// The latency from before it was in the group.
    pub(super) usual_latency: Option<Duration>,
    /// How long before a command nothing else may be sent to it.
    pub(super) guard: Duration,
}

/// What the group wants of a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) gate: Option<Gate>,
    /// The place of the file to take instead.
    pub(super) item: Option<usize>,
    /// The position from which to play that file, or else the current one, instead.
    pub(super) position: Option<Duration>,
    /// No member plays the current file: take the next one that does play.
    pub(super) passes: bool,
}

impl Order {
    /// Returns whether the member is to take another file, or the same one from another position.
    pub(super) const fn changes_file(&self) -> bool {
        self.item.is_some() || self.position.is_some()
    }
}

/// One group.
#[derive(Debug)]
pub(super) struct Group {
    wait: Duration,
    members: Vec<Member>,
    /// When the boundary began.
    open_since: Option<Instant>,
    /// How many rounds were started together.
    pub(super) rounds: u32,
    spread: Spread,
    measured: bool,
}

impl Group {
    pub(super) fn new(group: &config::GroupRule) -> Self {
        Self {
            wait: group.wait,
            members: vec![Member::default(); group.on.len()],
            open_since: None,
            rounds: 0,
            spread: Spread::default(),
            measured: true,
        }
    }

    /// Forgets all observations. Members not observed again before [`Self::conduct`] count as missing.
    pub(super) fn clear(&mut self) {
        self.members.iter_mut().for_each(|m| (m.sight, m.order) = (None, Order::default()));
    }

    /// Records what was observed of a member.
    pub(super) fn observe(&mut self, place: usize, sight: Sight) {
        if let Some(member) = self.members.get_mut(place) {
            member.sight = Some(sight);
        }
    }

    /// What a member should do.
    pub(super) fn order_for(&self, place: usize) -> Option<Order> {
        self.members.get(place).map(|member| member.order)
    }

    /// Computes the orders from the observations. Returns when to look again if nothing happens before.
    pub(super) fn conduct(&mut self, now: Instant) -> Option<Instant> {
        for member in &mut self.members {
            let missing = member.is(Doing::Missing);
            member.missing_since = missing.then(|| member.missing_since.unwrap_or(now));
            member.learn();
        }
        self.measure();
        let somebody = |doing: &[Doing]| self.members.iter().any(|m| doing.contains(&m.doing()));
        if !somebody(&[Doing::Coming, Doing::Ready, Doing::Playing]) {
            // Nobody plays on. The first member to come back starts afresh and waits for all.
            let sits_out = somebody(&[Doing::SitsOut]);
            self.open_since = None;
            self.members.iter_mut().for_each(|m| (m.let_go, m.missing_since) = (false, None));
            self.order(|_| Order { passes: true, ..Order::default() });
            // They may sit out the next one, too.
            return sits_out.then_some(now);
        }
        let ended = self.members.iter().any(Member::ended);
        if somebody(&[Doing::Playing]) && !ended {
            self.open_since = None;
            self.order(|_| Order { gate: Some(Gate::Shut), ..Order::default() });
            return None;
        }
        let open_since = *self.open_since.get_or_insert(now);
        let item = self.next_item();
        let position = item.map(|item| self.next_position(item));
        self.order(|sight| {
            let item = item.filter(|item| *item != sight.item);
            let own = sight.position.map(|own| if item.is_some() { Duration::ZERO } else { own });
            let off = |at: &Duration| own.is_some_and(|own| own.abs_diff(*at) > SAME_POSITION);
            Order { gate: Some(Gate::Load), item, position: position.filter(off), passes: false }
        });
        let until = self.members.iter().filter_map(|m| self.waits_until(m, open_since)).max();
        if let Some(until) = until.filter(|until| *until > now) {
            return Some(until);
        }
        if self.members.iter().any(Member::is_ready) {
            self.begin(now);
        }
        None
    }

    /// The place of the next file: that of a member that played the last round, or else of any member that can play.
    fn next_item(&self) -> Option<usize> {
        let by = |fits: fn(&Member) -> bool| {
            let able = |m: &&Member| m.is(Doing::Coming) || m.is(Doing::Ready);
            self.members.iter().filter(able).find(|m| fits(m)).and_then(|m| m.sight)
        };
        let leader = by(Member::ended)
            .or_else(|| by(|m| m.part.is_some()))
            .or_else(|| by(|m| m.is(Doing::Ready)))
            .or_else(|| by(|_| true));
        leader.map(|sight| sight.item)
    }

    /// From which position the members play this file: where those that played the last round were interrupted. One that did
    /// not was interrupted in an earlier round.
    fn next_position(&self, item: usize) -> Duration {
        let able = |m: &&Member| !m.let_go && (m.is(Doing::Coming) || m.is(Doing::Ready));
        let sights = self.members.iter().filter(able).filter_map(|m| m.sight);
        let positions = sights.filter(|sight| sight.item == item).filter_map(|s| s.position);
        positions.max().unwrap_or_default()
    }

    fn order(&mut self, order: impl Fn(&Sight) -> Order) {
        for member in &mut self.members {
            if let Some(sight) = &member.sight
                && matches!(sight.doing, Doing::Coming | Doing::Ready | Doing::SitsOut)
            {
                member.order = order(sight);
            }
        }
    }

    /// How long to wait for this member, if it is waited for at all.
    fn waits_until(&self, member: &Member, open_since: Instant) -> Option<Instant> {
        let ends_too = member.part.is_some();
        match member.doing() {
            Doing::Coming | Doing::Playing if ends_too => Some(open_since + self.wait.max(LAG)),
            Doing::Coming | Doing::Playing => Some(open_since + self.wait),
            Doing::Ready if member.order.changes_file() => Some(open_since + self.wait),
            Doing::Missing if !member.let_go => {
                Some(member.missing_since.unwrap_or(open_since).min(open_since) + self.wait)
            }
            Doing::Ready | Doing::Missing => None,
            Doing::Nothing | Doing::Alone | Doing::SitsOut => None,
        }
    }

    /// Starts a round with all ready members.
    fn begin(&mut self, now: Instant) {
        let all = || self.members.iter().filter(|m| m.is_ready());
        let slowest = all().map(Member::latency).max().unwrap_or_default();
        // Nothing may be in flight to any member when its time comes.
        let guard = |m: &Member| m.sight.map(|sight| sight.guard).unwrap_or_default();
        let guard = all().map(guard).max().filter(|_| all().count() > 1).unwrap_or_default();
        for member in &mut self.members {
            member.origin = None;
            member.part = None;
            let takes_part = member.is_ready();
            member.let_go = !takes_part;
            if let Some(sight) = member.sight.filter(|_| takes_part) {
                let latency = match Mutant::ForgetsLatency.is_in() {
                    true => slowest,
                    false => member.latency(),
                };
                let at = now + guard + slowest.saturating_sub(latency);
                member.order.gate = Some(Gate::Play(at));
                member.part = Some((at, sight.rounds));
            }
        }
        self.rounds = self.rounds.saturating_add(1);
        self.measured = false;
        self.open_since = None;
    }

    /// Measures the spread, once the origins of all that took part are known.
    fn measure(&mut self) {
        let mut origins = self.members.iter().filter(|m| m.part.is_some()).map(|m| m.origin);
        if self.measured {
            return;
        }
        let Some(Some(first)) = origins.next() else { return };
        let (mut earliest, mut latest, mut members) = (first, first, 1);
        for origin in origins {
            let Some(origin) = origin else { return };
            (earliest, latest) = (earliest.min(origin), latest.max(origin));
            members += 1;
        }
        self.measured = true;
        if members > 1 {
            self.spread.take(earliest, latest);
        }
    }

    /// The spread of the last round that could be measured.
    pub(super) fn spread(&self) -> Option<Duration> {
        self.spread.last
    }

    /// A spread worth reporting, in milliseconds. Returned once.
    pub(super) fn news(&mut self) -> Option<u32> {
        self.spread.news.take()
    }

    /// The time at which the position of this member should have been zero.
    pub(super) fn common_origin(&self, place: usize) -> Option<Instant> {
        let member = self.members.get(place)?;
        member.part.map(|(at, _)| at + member.latency())
    }

    /// Returns whether the member takes part in the round.
    pub(super) fn takes_part(&self, place: usize) -> bool {
        self.members.get(place).is_some_and(|member| member.part.is_some())
    }
}

/// The latency of a member before the first measurement: what most renderers need for a short file.
const UNKNOWN_LATENCY: Duration = Duration::from_millis(300);
/// The latency is averaged over this many rounds, and follows changes slowly.
const MEMORY: u32 = 4;
/// A round changes a known latency by no more than this share of its deviation: it may have been delayed on the
/// network.
const LESSON: Duration = Duration::from_millis(150);
/// A start teaches nothing if Play was sent later than this after its due time, or if a pause followed.
const PUNCTUAL: Duration = Duration::from_secs(1);

/// One member of a group: what was observed of it, and what was learned about its latency.
#[derive(Clone, Debug, Default)]
struct Member {
    sight: Option<Sight>,
    order: Order,
    /// Set while it takes part in the round: when Play was due, and how many rounds it had played before.
    part: Option<(Instant, u32)>,
    /// When its position was zero in this round, once known.
    origin: Option<Instant>,
    latency: Option<Duration>,
    lessons: u32,
    missing_since: Option<Instant>,
    /// A round started without it: it is not waited for again while it is missing.
    let_go: bool,
}

impl Member {
    fn doing(&self) -> Doing {
        self.sight.map_or(Doing::Missing, |sight| sight.doing)
    }

    fn is(&self, doing: Doing) -> bool {
        self.doing() == doing
    }

    /// Returns whether it played the round to its end.
    fn ended(&self) -> bool {
        let both = self.sight.zip(self.part);
        both.is_some_and(|(sight, (_, rounds))| sight.ended_well && sight.rounds != rounds)
    }

    /// Returns whether it has the next file.
    fn is_ready(&self) -> bool {
        self.is(Doing::Ready) && !self.order.changes_file()
    }

    fn latency(&self) -> Duration {
        let usual = self.sight.and_then(|sight| sight.usual_latency);
        self.latency.or(usual).unwrap_or(UNKNOWN_LATENCY)
    }

    /// Learns the latency of a start, once per round and as soon as it is known.
    fn learn(&mut self) {
        let over = self.ended() || self.is(Doing::Playing);
        let start = self.sight.filter(|_| over).and_then(|sight| sight.start);
        let (Some(start), Some((at, _)), None) = (start, self.part, self.origin) else {
            return;
        };
        if start.sent < at || start.sent.since(at) > PUNCTUAL {
            return;
        }
        self.origin = Some(start.origin);
        let took = start.origin.since(start.sent);
        self.lessons = self.lessons.saturating_add(1).min(MEMORY);
        let known = self.latency.unwrap_or(took);
        let off = known.abs_diff(took).min(LESSON) / self.lessons;
        self.latency = Some(if took > known { known + off } else { known.saturating_sub(off) });
    }
}

/// Class limits, in milliseconds: a spread up to the first is inaudible, up to the second invisible.
const CLASSES: [u32; 3] = [50, 300, 1000];
/// The reported spread is averaged over about this many rounds.
const SPREAD_MEMORY: u32 = 4;

/// The spread of a group's origins, and when it is worth a line in the log.
#[derive(Debug, Default)]
struct Spread {
    /// The spread of the last round in which it could be measured.
    last: Option<Duration>,
    /// The average, in milliseconds.
    usual: Option<u32>,
    told: Option<usize>,
    /// An average to report, because its class changed.
    news: Option<u32>,
}

impl Spread {
    /// Takes the origins of a round.
    fn take(&mut self, earliest: Instant, latest: Instant) {
        let spread = latest.since(earliest);
        self.last = Some(spread);
        let spread = u32::try_from(spread.as_millis()).unwrap_or(u32::MAX);
        let usual = self.usual.map_or(spread, |usual| {
            let sum = u64::from(usual) * u64::from(SPREAD_MEMORY - 1) + u64::from(spread);
            u32::try_from(sum / u64::from(SPREAD_MEMORY)).unwrap_or(u32::MAX)
        });
        self.usual = Some(usual);
        let class = CLASSES.iter().filter(|limit| usual > **limit).count();
        if self.told.replace(class) != Some(class) {
            self.news = Some(usual);
        }
    }
}

/// One group, in the status.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct GroupStatus {
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
    pub(super) fn group_slot(&self, rule: usize, udn: &Udn) -> Option<(usize, usize)> {
        let slot = self.config.group_slot(rule)?;
        let taken = self.renderers.iter().any(|r| r.group_slot() == Some(slot) && r.udn() != udn);
        (!taken).then_some(slot)
    }

    /// Lets each group decide how far its members may proceed, and tells the members.
    pub(super) fn conduct(&mut self, now: Instant, effects: &mut Effects, wake: &mut Wake) {
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
                    renderer.obey(order, now);
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

    fn member_status(&self, group: &Group, slot: (usize, usize), who: &Selector) -> MemberStatus {
        let renderer = self.renderers.iter().find(|r| r.group_slot() == Some(slot));
        let found = || {
            let host = |r: &&Renderer| matches(who, r.description(), r.location());
            self.renderers.iter().find(host)
        };
        let name = renderer.or_else(found).map_or_else(|| who.to_text(), |r| r.name().to_owned());
        let drifts = |r: &Renderer| {
            let origin = group.common_origin(slot.1);
            origin.and_then(|origin| r.off_by(origin)).is_some_and(|off| off > DRIFT)
        };
        let state = match renderer.map(|r| (r, r.sight().doing)) {
            None | Some((_, Doing::Missing)) => "missing",
            Some((_, Doing::Nothing)) => "not taking part",
            Some((_, Doing::Alone)) => "shows black",
            Some((_, Doing::SitsOut)) => "leaves out this file",
            Some((_, Doing::Coming | Doing::Ready)) => "waits for the others",
            Some((_, Doing::Playing)) if !group.takes_part(slot.1) => {
                "out of step until the next start"
            }
            Some((r, Doing::Playing)) if drifts(r) => {
                "off by more than a second until the next round"
            }
            Some((_, Doing::Playing)) => "together",
        };
        MemberStatus { name, state }
    }
}

#[cfg(test)]
mod tests;
