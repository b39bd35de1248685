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
//! and joins at the next boundary. not there or not ready is waited for, but no longer than the owner says, and joins
//! at the next boundary.

mod member;
mod spread;

use super::mutant::Mutant;
use crate::config;
use crate::time::{Duration, Instant};
use member::Member;
use spread::Spread;

/// Drift beyond this in the middle of a round is reported; it is corrected at the boundary.
pub(super) const DRIFT: Duration = Duration::from_secs(1);

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
            self.open_since = None;
            self.members.iter_mut().for_each(|m| (m.let_go, m.missing_since) = (false, None));
            return None;
        }
        let ended = self.members.iter().any(Member::ended);
        if somebody(&[Doing::Playing]) && !ended {
            self.open_since = None;
            self.order(|_| Order { gate: Some(Gate::Shut), item: None });
            return None;
        }
        let open_since = *self.open_since.get_or_insert(now);
        let item = self.next_item();
        self.order(|sight| Order {
            gate: Some(Gate::Load),
            item: item.filter(|item| *item != sight.item),
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

    fn order(&mut self, order: impl Fn(&Sight) -> Order) {
        for member in &mut self.members {
            if let Some(sight) = &member.sight
                && matches!(sight.doing, Doing::Coming | Doing::Ready)
            {
                member.order = order(sight);
            }
        }
    }

    /// How long to wait for this member, if it is waited for at all.
    fn waits_until(&self, member: &Member, open_since: Instant) -> Option<Instant> {
        match member.doing() {
            Doing::Coming | Doing::Playing => Some(open_since + self.wait),
            Doing::Ready if member.order.item.is_some() => Some(open_since + self.wait),
            Doing::Missing if !member.let_go => {
                Some(member.missing_since.unwrap_or(open_since).min(open_since) + self.wait)
            }
            Doing::Ready | Doing::Missing | Doing::Nothing => None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Selector;
    use crate::text::clip;

    const WAIT: Duration = Duration::from_secs(10);

    fn group() -> Group {
        let on = ["A", "B", "C"].map(|name| Selector::Name(clip(name))).to_vec();
        Group::new(&config::GroupRule {
            name: clip("Wall"),
            on,
            wait: WAIT,
            ..config::GroupRule::default()
        })
    }

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    /// A member at this place with this latency in milliseconds.
    fn sight(doing: Doing, item: usize, latency: u64) -> Sight {
        Sight {
            doing,
            item,
            rounds: 0,
            ended_well: true,
            start: None,
            usual_latency: Some(Duration::from_millis(latency)),
            guard: Duration::from_millis(80),
        }
    }

    fn conduct(group: &mut Group, sights: [Option<Sight>; 3], now: Instant) -> Option<Instant> {
        group.clear();
        for (place, sight) in sights.into_iter().enumerate() {
            if let Some(sight) = sight {
                group.observe(place, sight);
            }
        }
        group.conduct(now)
    }

    fn gates(group: &Group) -> [Option<Gate>; 3] {
        [0, 1, 2].map(|place| group.order_for(place).and_then(|order| order.gate))
    }

    #[test]
    fn play_is_sent_earlier_to_slower_members() {
        let mut group = group();
        let [a, b, c] = [900, 100, 300].map(|latency| Some(sight(Doing::Ready, 0, latency)));
        let coming = Some(sight(Doing::Coming, 0, 300));
        assert_eq!(conduct(&mut group, [a, b, coming], at(0)), Some(at(10_000)));
        assert_eq!(gates(&group), [Some(Gate::Load); 3], "none before all have the file");
        assert_eq!(conduct(&mut group, [a, b, c], at(500)), None);
        assert_eq!(gates(&group), [580, 1_380, 1_180].map(|millis| Some(Gate::Play(at(millis)))));
    }

    #[test]
    fn a_missing_member_is_waited_for_once_and_joins_at_the_next_boundary() {
        let mut group = group();
        let [ready, playing, coming] =
            [Doing::Ready, Doing::Playing, Doing::Coming].map(|doing| Some(sight(doing, 0, 100)));
        assert_eq!(conduct(&mut group, [ready, ready, None], at(1_000)), Some(at(11_000)));
        assert_eq!(conduct(&mut group, [ready, ready, None], at(11_000)), None);
        assert!(matches!(gates(&group), [Some(Gate::Play(_)), Some(Gate::Play(_)), None]));
        assert_eq!(conduct(&mut group, [playing, playing, coming], at(15_000)), None);
        assert_eq!(gates(&group), [None, None, Some(Gate::Shut)], "in the middle of a round");
        let ended = |doing| Some(Sight { rounds: 1, ..sight(doing, 1, 100) });
        let next = [ended(Doing::Coming), playing, coming];
        assert_eq!(conduct(&mut group, next, at(60_000)), Some(at(70_000)));
        let joins = Order { gate: Some(Gate::Load), item: Some(1) };
        assert_eq!(group.order_for(2), Some(joins), "with the file that comes next");
        let away = [ended(Doing::Ready), ended(Doing::Ready), None];
        assert_eq!(conduct(&mut group, away, at(61_000)), None, "it is not waited for twice");
        assert!(matches!(gates(&group), [Some(Gate::Play(_)), Some(Gate::Play(_)), None]));
    }

    #[test]
    fn a_member_given_up_on_delays_nobody_until_all_start_afresh() {
        let mut group = group();
        let ready = Some(sight(Doing::Ready, 0, 100));
        let _ = conduct(&mut group, [ready, None, None], at(0));
        assert_eq!(conduct(&mut group, [ready, None, None], at(10_000)), None);
        let again = Some(Sight { rounds: 1, ..sight(Doing::Ready, 1, 100) });
        assert_eq!(conduct(&mut group, [again, None, None], at(30_000)), None);
        assert_eq!(gates(&group)[0], Some(Gate::Play(at(30_000))), "at once, and alone");
        assert_eq!(conduct(&mut group, [None, None, None], at(40_000)), None);
        assert_eq!(conduct(&mut group, [again, None, None], at(50_000)), Some(at(60_000)));
    }

    #[test]
    fn a_member_that_ends_much_later_is_left_behind() {
        let mut group = group();
        let [ready, playing] = [Doing::Ready, Doing::Playing].map(|d| Some(sight(d, 0, 100)));
        let taken = Some(sight(Doing::Nothing, 0, 100));
        assert_eq!(conduct(&mut group, [ready, ready, taken], at(0)), None, "nobody waits for it");
        let again = Some(Sight { rounds: 1, ..sight(Doing::Ready, 1, 100) });
        assert_eq!(conduct(&mut group, [again, playing, taken], at(30_000)), Some(at(40_000)));
        assert_eq!(conduct(&mut group, [again, playing, taken], at(40_000)), None);
        assert_eq!(gates(&group), [Some(Gate::Play(at(40_000))), None, None]);
        assert!(group.takes_part(0) && !group.takes_part(1));
    }
}
