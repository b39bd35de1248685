//! The spread of a group's origins, and when it is worth a line in the log.

use crate::time::{Duration, Instant};

/// Class limits, in milliseconds: a spread up to the first is inaudible, up to the second invisible.
const CLASSES: [u32; 3] = [50, 300, 1000];
/// The reported spread is averaged over about this many rounds.
const MEMORY: u32 = 4;

#[derive(Debug, Default)]
pub(super) struct Spread {
    /// The spread of the last round in which it could be measured.
    pub(super) last: Option<Duration>,
    /// The average, in milliseconds.
    usual: Option<u32>,
    told: Option<usize>,
    /// An average to report, because its class changed.
    pub(super) news: Option<u32>,
}

impl Spread {
    /// Takes the origins of a round.
    pub(super) fn take(&mut self, earliest: Instant, latest: Instant) {
        let spread = latest.since(earliest);
        self.last = Some(spread);
        let spread = u32::try_from(spread.as_millis()).unwrap_or(u32::MAX);
        let usual = self.usual.map_or(spread, |usual| {
            let sum = u64::from(usual) * u64::from(MEMORY - 1) + u64::from(spread);
            u32::try_from(sum / u64::from(MEMORY)).unwrap_or(u32::MAX)
        });
        self.usual = Some(usual);
        let class = CLASSES.iter().filter(|limit| usual > **limit).count();
        if self.told.replace(class) != Some(class) {
            self.news = Some(usual);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_reported_again_when_its_class_changes() {
        let mut spread = Spread::default();
        let mut told = |millis| {
            spread.take(Instant::START, Instant::from_millis(millis));
            spread.news.take()
        };
        assert_eq!(told(700), Some(700), "the first");
        assert_eq!(told(600), None);
        assert_eq!(told(10), None, "one round does not change the average enough");
        let news: Vec<u32> = (0..20).filter_map(|_| told(10)).collect();
        assert!(matches!(*news, [first, second] if first <= 300 && second <= 50), "{news:?}");
        assert_eq!(told(60), None);
    }
}
