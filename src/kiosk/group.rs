//! Several renderers as one: when each *member* of a group begins.
//!
//! Terms. A *round* is one file from its beginning to its end on all that take part in it. The *boundary* lies between two
//! rounds: from the first end to the next beginning. A member's *gate* says how far it may go by itself. Its *latency* is
//! the time from sending Play to the *origin*, the moment at which the position was zero; the *spread* of a round is how
//! far the origins of its members lie apart.
//!
//! Nothing here is a script: from what was observed of the members and the time, [`Group::conduct`] gives every gate anew.
//! In the middle of a round all other gates are shut. At the boundary each member takes the next file and stays there;
//! when all that there are have it, Play goes to each so much before the common origin as its latency is long. One that is
//! not there or not ready is waited for, but no longer than the owner says, and joins at the next boundary.

use crate::config;
use crate::time::{Duration, Instant};

/// What is not known yet is taken to be this long: what most need for a short file.
const UNKNOWN_LATENCY: Duration = Duration::from_millis(300);
/// A latency is the mean of this many rounds; of the last ones, as far as it changes.
const MEMORY: u32 = 4;
/// A round teaches no more than this, once a latency is known: it may have been held up on its way.
const LESSON: Duration = Duration::from_millis(150);
/// A Play that went out later than this after its time, or that was followed by a pause, teaches nothing.
const PUNCTUAL: Duration = Duration::from_secs(1);
/// What is off by more than this in the middle of a round is told; it is put right at the boundary.
pub(super) const DRIFT: Duration = Duration::from_secs(1);
/// Limits of the classes of spread, in milliseconds: no ear hears the first, no eye sees the second.
const CLASSES: [u32; 3] = [50, 300, 1000];

/// How far a member may go by itself. Renderers without a group have theirs open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Gate {
    /// It goes its own way.
    #[default]
    Open,
    /// It takes no file: the others are in the middle of a round.
    Shut,
    /// It takes the file, and does not play it yet.
    Load,
    /// It plays from this time on.
    Play(Instant),
}

/// What a member does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// A person or the end of the programme has taken it out; nobody waits for it.
    Nothing,
    /// It cannot be reached, or does not play what it was given.
    Missing,
    /// It is about to take the file.
    Coming,
    /// It has the file.
    Ready,
    /// It plays, or Play is on its way.
    Playing,
}

/// One beginning, as it was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start {
    /// When Play went out.
    pub(super) sent: Instant,
    /// When the position was zero.
    pub(super) origin: Instant,
}

/// What was observed of a member.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    pub(super) doing: Doing,
    /// The place in the programme of the file that it plays, or is to play.
    pub(super) item: usize,
    /// Rounds to their end so far.
    pub(super) rounds: u32,
    /// The last one was whole.
    pub(super) ended_well: bool,
    /// The beginning of the round that it plays, or else of the one that it has played.
    pub(super) start: Option<Start>,
    /// What its beginnings took before it was in the group.
    pub(super) usual_latency: Option<Duration>,
    /// So long before a command nothing else may be sent to it.
    pub(super) guard: Duration,
}

/// What the group wants of a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) gate: Option<Gate>,
    /// It is to take the file at this place instead.
    pub(super) item: Option<usize>,
}

/// One place in the group.
#[derive(Clone, Debug, Default)]
struct Member {
    sight: Option<Sight>,
    order: Order,
    /// It takes part in the round: when Play was to go out, and its rounds before.
    part: Option<(Instant, u32)>,
    origin: Option<Instant>,
    latency: Option<Duration>,
    lessons: u32,
    missing_since: Option<Instant>,
    /// A round began without it: it is not waited for again while it is missing.
    let_go: bool,
}

impl Member {
    fn doing(&self) -> Doing {
        self.sight.map_or(Doing::Missing, |sight| sight.doing)
    }

    fn is(&self, doing: Doing) -> bool {
        self.doing() == doing
    }

    /// It played the round to its end.
    fn ended(&self) -> bool {
        let sight = self.sight.zip(self.part);
        sight.is_some_and(|(sight, (_, rounds))| sight.ended_well && sight.rounds != rounds)
    }

    fn latency(&self) -> Duration {
        let usual = self.sight.and_then(|sight| sight.usual_latency);
        self.latency.or(usual).unwrap_or(UNKNOWN_LATENCY)
    }

    /// Takes note of how it began, as soon as that is known.
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
        self.lessons = self.lessons.saturating_add(1);
        let known = self.latency.unwrap_or(took);
        let off = known.abs_diff(took).min(LESSON) / self.lessons.min(MEMORY);
        self.latency = Some(if took > known { known + off } else { known.saturating_sub(off) });
    }
}

/// A group and what it knows.
#[derive(Debug)]
pub(super) struct Group {
    wait: Duration,
    members: Vec<Member>,
    /// Since when the boundary is open.
    open_since: Option<Instant>,
    /// Rounds that were begun together.
    pub(super) rounds: u32,
    /// Of the last round in which it could be measured.
    pub(super) spread: Option<Duration>,
    measured: bool,
    /// The mean of the last spreads, in whole milliseconds, and the class that was told.
    usual_spread: Option<u32>,
    told: Option<usize>,
    /// A spread of another class is to be told.
    pub(super) news: Option<u32>,
}

impl Group {
    pub(super) fn new(group: &config::Group) -> Self {
        Self {
            wait: group.wait,
            members: vec![Member::default(); group.on.len()],
            open_since: None,
            rounds: 0,
            spread: None,
            measured: true,
            usual_spread: None,
            told: None,
            news: None,
        }
    }

    /// Looks anew: who is not observed from now on is not there.
    pub(super) fn clear(&mut self) {
        self.members.iter_mut().for_each(|m| (m.sight, m.order) = (None, Order::default()));
    }

    /// What was observed of the member at this place.
    pub(super) fn observe(&mut self, place: usize, sight: Sight) {
        if let Some(member) = self.members.get_mut(place) {
            member.sight = Some(sight);
        }
    }

    /// What the member at this place is to do.
    pub(super) fn order_for(&self, place: usize) -> Option<Order> {
        self.members.get(place).map(|member| member.order)
    }

    /// Gives the orders that follow from what was observed, and when to look again if nothing happens before.
    pub(super) fn conduct(&mut self, now: Instant) -> Option<Instant> {
        for member in &mut self.members {
            let missing = member.is(Doing::Missing);
            member.missing_since = missing.then(|| member.missing_since.unwrap_or(now));
            member.learn();
        }
        self.measure();
        let somebody = |doing: &[Doing]| self.members.iter().any(|m| doing.contains(&m.doing()));
        if !somebody(&[Doing::Coming, Doing::Ready, Doing::Playing]) {
            // Nobody goes on: whoever comes first begins anew, and waits for all.
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
        // One that has yet to take another file is not ready for this one.
        let ready = |m: &Member| m.is(Doing::Ready) && m.order.item.is_none();
        if self.members.iter().any(ready) {
            self.begin(now, ready);
        }
        None
    }

    /// The place of the file that comes next: where one is who played the last round, else who has one.
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

    /// Until when this one is waited for, if it is.
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

    /// A round begins with those that are ready.
    fn begin(&mut self, now: Instant, ready: impl Fn(&Member) -> bool) {
        let all = || self.members.iter().filter(|m| ready(m));
        let slowest = all().map(Member::latency).max().unwrap_or_default();
        // Nothing may be in flight to any of them when its moment comes.
        let guard = |m: &Member| m.sight.map(|sight| sight.guard).unwrap_or_default();
        let guard = all().map(guard).max().filter(|_| all().count() > 1).unwrap_or_default();
        for member in &mut self.members {
            member.origin = None;
            member.part = None;
            let takes_part = ready(member);
            member.let_go = !takes_part;
            if let Some(sight) = member.sight.filter(|_| takes_part) {
                let at = now + guard + slowest.saturating_sub(member.latency());
                member.order.gate = Some(Gate::Play(at));
                member.part = Some((at, sight.rounds));
            }
        }
        self.rounds = self.rounds.saturating_add(1);
        self.measured = false;
        self.open_since = None;
    }

    /// The spread, once all that took part can be measured.
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
        if members < 2 {
            return;
        }
        let spread = latest.since(earliest);
        self.spread = Some(spread);
        let spread = u32::try_from(spread.as_millis()).unwrap_or(u32::MAX);
        let usual =
            self.usual_spread.map_or(spread, |usual| usual - usual / MEMORY + spread / MEMORY);
        self.usual_spread = Some(usual);
        let class = CLASSES.iter().filter(|limit| usual > **limit).count();
        if self.told.replace(class) != Some(class) {
            self.news = Some(usual);
        }
    }

    /// Where a member should be that plays since its time: when its position should have been zero.
    pub(super) fn common_origin(&self, place: usize) -> Option<Instant> {
        let member = self.members.get(place)?;
        member.part.map(|(at, _)| at + member.latency())
    }

    /// The member takes part in the round.
    pub(super) fn takes_part(&self, place: usize) -> bool {
        self.members.get(place).is_some_and(|member| member.part.is_some())
    }
}
