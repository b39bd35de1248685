//! How long a file plays on a renderer, by what is claimed and by what was seen.
//!
//! A length is a claim: of the file itself, or of the renderer. Claims may contradict each other, and a claim that playback has
//! passed is refuted. Where the file has ended by itself before counts more than any claim.

use super::ends::End;
use crate::media::media_type::MediaKind;
use crate::time::Duration;

/// A length in whole seconds, and one of a file, agree within this time.
const AGREE: Duration = Duration::from_secs(2);
/// A length that the renderer reports in whole seconds may be almost a second too short.
const ROUNDED: Duration = Duration::from_secs(1);
/// A renderer stops up to this long before a length; with long files, [`EARLY_PERCENT`] of it, and at most [`EARLIEST`].
const EARLY: Duration = Duration::from_secs(5);
/// See [`EARLY`].
const EARLY_PERCENT: u32 = 3;
/// See [`EARLY`].
const EARLIEST: Duration = Duration::from_secs(12);
/// A file of at most this length may stop after [`SHORT_PERCENT`] of it.
const SHORT: Duration = Duration::from_secs(15);
/// See [`SHORT`].
const SHORT_PERCENT: u32 = 60;
/// A position this close before a length has reached it.
const REACHED: Duration = Duration::from_millis(1200);
/// A claim that is so many times longer or shorter than the most likely length is not credible.
const CREDIBLE: u32 = 4;
/// A stop this long after a length is not its end: before the first picture, the box's own clock may run for that long.
const LATE: Duration = Duration::from_secs(15);
/// The part of a length by which a stop may be later.
const LATE_PERCENT: u32 = 5;

/// No film has more bytes for a second than this.
const MOST_OF_A_FILM: u64 = 50_000_000 / 8;
/// No song whose length nothing says has more bytes for a second than this.
const MOST_OF_A_SONG: u64 = 1_000_000 / 8;

/// Returns whether a film or song of so many bytes may be over after this time.
pub fn may_be_over_after(took: Duration, size: u64, kind: MediaKind) -> bool {
    let most = if kind == MediaKind::Audio { MOST_OF_A_SONG } else { MOST_OF_A_FILM };
    size <= most.saturating_mul(took.as_secs() + 1)
}

/// How far a file had played when its renderer was seen to have stopped.
#[derive(Clone, Copy, Debug)]
pub struct Stop {
    /// The position, if the renderer stopped just now.
    pub played: Duration,
    /// The position when the renderer was last seen playing.
    pub seen_playing: Duration,
    /// How long the file had played, pauses included.
    pub took: Duration,
}

/// What is known of the length of a file on one renderer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lengths {
    /// The duration read from the file.
    pub file: Option<Duration>,
    /// The duration that the renderer reports, often in whole seconds.
    pub said: Option<Duration>,
    /// Where the file ended before on this renderer.
    pub ended: Option<End>,
}

impl Lengths {
    /// The most likely length, and a second one that is claimed: without those that contradict where the file surely
    /// ended. If all of them do, that end itself, which is known less exactly.
    fn both(self) -> Option<(Duration, Option<Duration>)> {
        let sure = self.ended.filter(|end| end.sure().is_some());
        let holds = |length: &Duration| sure.is_none_or(|end| end.is_at(*length, *length));
        match (self.file.filter(holds), self.said.filter(holds)) {
            (Some(file), said) => Some((file, said)),
            (None, Some(said)) => Some((said, None)),
            (None, None) => sure.and_then(End::sure).map(|end| (end, None)),
        }
    }

    fn all(self) -> impl Iterator<Item = Duration> {
        let both = self.both().map(|(best, other)| [Some(best), other]);
        both.into_iter().flatten().flatten()
    }

    /// The most likely length.
    pub fn best(self) -> Option<Duration> {
        self.both().map(|(best, _)| best)
    }

    /// The shortest and the longest length that is credible, with what was rounded off.
    pub fn bounds(self) -> Option<(Duration, Duration)> {
        let (best, other) = self.both()?;
        let credible = |other: &Duration| *other / CREDIBLE <= best && best / CREDIBLE <= *other;
        let other = other.filter(credible).unwrap_or(best);
        let rounded = self.said.filter(|_| self.file.is_none()).map(|_| ROUNDED);
        Some((best.min(other), best.max(other) + rounded.unwrap_or_default()))
    }

    /// The length that ends at this position, or after so much time.
    pub fn ending_at(self, position: Duration, took: Duration) -> Option<Duration> {
        let is_end = |length: Duration, at: Duration| length.abs_diff(at) <= early(length);
        self.all().find(|length| is_end(*length, position) || is_end(*length, took))
    }

    /// Returns whether the length is more than the claim of the renderer: the file bears it out and the renderer does not
    /// contradict, or the file ended there before.
    pub fn is_agreed(self) -> bool {
        let agrees = |length: Duration| self.said.is_none_or(|said| length.abs_diff(said) <= AGREE);
        self.is_sure() || self.file.is_some_and(agrees)
    }

    /// Returns whether the end was seen.
    pub fn is_sure(self) -> bool {
        self.ended.and_then(End::sure).is_some()
    }

    /// Returns whether the file ended about here before; `None` if it did not end before. Where it ended as claimed, the
    /// claim tells more exactly.
    pub fn ended_about(self, played: Duration, took: Duration) -> Option<bool> {
        let end = self.ended?;
        let is_claimed = |at: Duration| [self.file, self.said].contains(&Some(at));
        Some(!end.sure().is_some_and(is_claimed) && end.is_at(played, took))
    }

    /// Returns whether a stop is the end. `confirmed`: it was seen for the second time.
    pub fn is_end(self, stop: Stop, confirmed: bool) -> bool {
        let seen = self.is_sure() && self.ended_about(stop.played, stop.took) == Some(true);
        (seen && confirmed) || self.all().any(|length| ends(length, stop, confirmed))
    }
}

/// How much sooner a file of this length may stop.
fn early(length: Duration) -> Duration {
    percent(length, EARLY_PERCENT).clamp(EARLY, EARLIEST)
}

fn percent(length: Duration, percent: u32) -> Duration {
    length / 100 * percent
}

fn ends(length: Duration, stop: Stop, confirmed: bool) -> bool {
    let is_short = length < SHORT;
    let near = if is_short {
        percent(length, SHORT_PERCENT)
    } else {
        length.saturating_sub(early(length))
    };
    let late = LATE.max(percent(length, LATE_PERCENT));
    let Stop { played, seen_playing, .. } = stop;
    (played + REACHED >= length || (confirmed && played >= near)) && seen_playing <= length + late
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn at(seconds: u64) -> Stop {
        Stop { played: secs(seconds), seen_playing: secs(seconds), took: secs(seconds) }
    }

    fn of(file: u64, said: u64) -> Lengths {
        let claim = |seconds: u64| (seconds > 0).then_some(secs(seconds));
        Lengths { file: claim(file), said: claim(said), ended: None }
    }

    #[test]
    fn the_end_is_told_from_a_stop_by_the_position() {
        let film = of(600, 0);
        assert!(!film.is_end(at(300), true), "in the middle");
        assert!(film.is_end(at(599), false), "sure at once");
        assert!(!film.is_end(at(590), false), "early: look again");
        assert!(film.is_end(at(590), true));
        let clip = of(10, 0);
        assert!(!clip.is_end(at(5), true));
        assert!(clip.is_end(at(7), true));
    }

    #[test]
    fn no_large_file_is_over_at_once() {
        let mega = 1_000_000;
        assert!(may_be_over_after(secs(12), 30 * mega, MediaKind::Video));
        assert!(!may_be_over_after(secs(5), 200 * mega, MediaKind::Video));
        assert!(may_be_over_after(secs(12), mega / 2, MediaKind::Audio));
        assert!(!may_be_over_after(secs(12), 4 * mega, MediaKind::Audio), "a song of minutes");
    }

    #[test]
    fn a_length_that_was_passed_is_refuted() {
        let claims = of(36, 120);
        assert!(claims.is_end(at(36), true) && claims.is_end(at(120), true));
        assert!(!claims.is_end(at(60), true));
        assert!(!of(36, 0).is_end(at(120), true));
        assert!(of(36, 0).is_end(Stop { seen_playing: secs(30), ..at(120) }, true), "seen late");
        assert_eq!(claims.bounds(), Some((secs(36), secs(120))));
        assert!(!claims.is_agreed() && of(36, 37).is_agreed() && !of(0, 36).is_agreed());
    }
}
