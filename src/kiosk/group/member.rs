//! One member of a group: what was observed of it, and what was learned about its latency.

use super::{Doing, Order, Sight};
use crate::time::{Duration, Instant};

/// The latency of a member before the first measurement: what most renderers need for a short file.
const UNKNOWN_LATENCY: Duration = Duration::from_millis(300);
/// The latency is averaged over this many rounds, and follows changes slowly.
const MEMORY: u32 = 4;
/// A round changes a known latency by no more than this share of its deviation: it may have been delayed on the
/// network.
const LESSON: Duration = Duration::from_millis(150);
/// A start teaches nothing if Play was sent later than this after its due time, or if a pause followed.
const PUNCTUAL: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, Default)]
pub(super) struct Member {
    pub(super) sight: Option<Sight>,
    pub(super) order: Order,
    /// Set while it takes part in the round: when Play was due, and how many rounds it had played before.
    pub(super) part: Option<(Instant, u32)>,
    /// When its position was zero in this round, once known.
    pub(super) origin: Option<Instant>,
    latency: Option<Duration>,
    lessons: u32,
    pub(super) missing_since: Option<Instant>,
    /// A round started without it: it is not waited for again while it is missing.
    pub(super) let_go: bool,
}

impl Member {
    pub(super) fn doing(&self) -> Doing {
        self.sight.map_or(Doing::Missing, |sight| sight.doing)
    }

    pub(super) fn is(&self, doing: Doing) -> bool {
        self.doing() == doing
    }

    /// Returns whether it played the round to its end.
    pub(super) fn ended(&self) -> bool {
        let both = self.sight.zip(self.part);
        both.is_some_and(|(sight, (_, rounds))| sight.ended_well && sight.rounds != rounds)
    }

    /// Returns whether it has the next file.
    pub(super) fn is_ready(&self) -> bool {
        self.is(Doing::Ready) && self.order.item.is_none()
    }

    pub(super) fn latency(&self) -> Duration {
        let usual = self.sight.and_then(|sight| sight.usual_latency);
        self.latency.or(usual).unwrap_or(UNKNOWN_LATENCY)
    }

    /// Learns the latency of a start, once per round and as soon as it is known.
    pub(super) fn learn(&mut self) {
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

#[cfg(test)]
mod tests {
    use super::super::Start;
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// A round with Play due at `at`, sent `late` ms later, and playback beginning `took` ms after that.
    fn round(member: &mut Member, at: u64, late: u64, took: u64) {
        let at = Instant::START + ms(at);
        let sent = at + ms(late);
        member.part = Some((at, 0));
        member.origin = None;
        member.sight = Some(Sight {
            doing: Doing::Coming,
            item: 0,
            rounds: 1,
            ended_well: true,
            start: Some(Start { sent, origin: sent + ms(took) }),
            usual_latency: None,
            guard: Duration::ZERO,
        });
        member.learn();
        member.learn();
    }

    #[test]
    fn the_first_round_is_believed_and_later_ones_correct_it() {
        let mut member = Member::default();
        assert_eq!(member.latency(), UNKNOWN_LATENCY);
        round(&mut member, 1_000, 0, 900);
        assert_eq!(member.latency(), ms(900));
        round(&mut member, 20_000, 3, 1_000);
        assert_eq!(member.latency(), ms(950), "the mean, and each round counts once");
        for n in 2..30 {
            round(&mut member, n * 20_000, 0, 1_200);
        }
        assert!(member.latency().abs_diff(ms(1_200)) < ms(5), "{:?}", member.latency());
    }

    #[test]
    fn a_delayed_round_teaches_little_and_a_paused_one_nothing() {
        let mut member = Member::default();
        (0..8).for_each(|n| round(&mut member, n * 20_000, 0, 500));
        round(&mut member, 200_000, 0, 9_000);
        assert!(member.latency() < ms(540), "{:?}", member.latency());
        let before = member.latency();
        round(&mut member, 300_000, 4_000, 20);
        assert_eq!((member.latency(), member.origin), (before, None));
    }
}
