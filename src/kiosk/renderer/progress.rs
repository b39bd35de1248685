//! How far a load is: what its renderer has fetched of it, how long it has played, when it ends, and whether a stop is its end.

use super::lengths::{Stop, may_be_over_after};
use super::load::{Load, Phase};
use super::playhead::Report;
use crate::media::generated::black_body;
use crate::media::media_type::MediaKind;
use crate::time::{Duration, Instant};

/// A position in whole seconds is right to within this time.
const EXACT: Duration = Duration::from_secs(2);
/// So long after the first PLAYING, a position that moves is no longer zero.
const BEGINS_TO_MOVE: Duration = Duration::from_secs(2);
/// After its shortest length, a file counts as about to end for this long.
const ABOUT_THE_END: Duration = Duration::from_secs(10);
/// A renderer that fetches a file as it plays has its end no sooner than after this share of it.
const AT_HAND: f64 = 0.85;
/// A renderer that has fetched and reports TRANSITIONING fills its buffer for no longer than this.
const LONGEST_BUFFERING: Duration = Duration::from_secs(100);
/// A renderer whose buffer is full asks for nothing for this long.
const STILL_FETCHING: Duration = Duration::from_secs(35);

impl Load {
    /// Returns whether the renderer cannot have shown anything, whatever state it reports.
    pub fn has_shown_nothing(&self) -> bool {
        !self.playhead.moved() && self.evidence.only_hung_up(self.file.size)
    }

    /// Returns whether the position, which moves on this renderer, has stood at zero since the beginning: the renderer says that
    /// it plays, and nothing was to be seen yet.
    pub fn stands_before_its_beginning(&self) -> bool {
        let Phase::Running { since, .. } = self.phase else { return false };
        let is_fresh = self.from.is_zero() && !self.taken_over && !self.is_still();
        is_fresh
            && self.playhead.stands_at_zero()
            && self.stood_at.is_some_and(|at| at >= since + BEGINS_TO_MOVE)
    }

    /// Returns whether the position moves, and may be that of this load, which was told to play at `sent`: the renderer
    /// has fetched it, or is no further than it can be by now.
    pub fn may_be_what_moves(&self, sent: Instant) -> bool {
        let possible = |r: Report| r.position <= r.answered_at.since(sent) + EXACT;
        let playhead = &self.playhead;
        playhead.moved() && (self.evidence.fetched || playhead.report().is_some_and(possible))
    }

    /// Returns whether a renderer that has fetched the file and says that it is on its way may fill its buffer.
    pub fn may_still_buffer(&self, now: Instant) -> bool {
        let Phase::Starting { sent, .. } = self.phase else { return false };
        self.evidence.fetched && now < sent + LONGEST_BUFFERING
    }

    /// Returns whether the renderer is fetching the file.
    pub fn is_fetched_at(&self, now: Instant) -> bool {
        self.evidence.sent_at().is_some_and(|at| now.since(at) <= STILL_FETCHING)
    }

    /// Until when a renderer that has not fetched all of the file counts as fetching it.
    pub fn fetched_until(&self) -> Option<Instant> {
        let sent_at = self.evidence.sent_at().filter(|_| !self.is_whole());
        sent_at.map(|at| at + STILL_FETCHING)
    }

    /// Returns whether the renderer fetches the file, or has fetched all of it.
    pub fn goes_on_being_fetched(&self, now: Instant) -> bool {
        self.is_whole() || self.is_fetched_at(now)
    }

    /// Returns whether the renderer has the file to its end, and has had it for so short a time that a stop now is the end.
    pub fn runs_dry(&self, now: Instant) -> bool {
        self.is_whole() && self.evidence.runs_dry(self.played(now), now)
    }

    /// Returns whether the length is borne out by the pace of a renderer that fetches a file as it plays: it had the end of
    /// the file when it was close to its end, and not much sooner.
    pub fn is_length_borne_out(&self, now: Instant) -> bool {
        let Some(length) = self.length().filter(|_| self.lengths.is_agreed()) else {
            return false;
        };
        let at_hand =
            self.evidence.end_sent().map(|at| self.played(now).saturating_sub(now.since(at)));
        at_hand.is_some_and(|at| at >= length.mul_f64(AT_HAND) && at <= length)
    }

    /// Returns whether the renderer has the file to its end, and may have ended it elsewhere than its length says.
    pub fn may_be_over(&self, now: Instant) -> bool {
        self.is_whole() && !self.is_length_borne_out(now)
    }

    /// Returns whether nothing says how long the file is, the renderer has all of it and never played it to an end, and it may be
    /// so short that it is over now.
    pub fn may_be_short(&self, now: Instant) -> bool {
        let is_unknown = self.lengths.file.is_none() && self.lengths.ended.is_none();
        let size = self.file.size;
        is_unknown && self.is_whole() && may_be_over_after(self.took(now), size, self.kind())
    }

    /// Returns whether the renderer has the file to its end.
    pub fn is_whole(&self) -> bool {
        self.evidence.is_whole(self.file.size)
    }

    /// Returns whether the renderer has fetched enough of the file to show something.
    pub fn has_enough(&self) -> bool {
        self.evidence.is_enough(self.file.size)
    }

    /// When to give the load up because the file could not be read: the renderer should have asked again by then.
    /// `None` while the position moves.
    pub fn starves_at(&self) -> Option<Instant> {
        let playhead = &self.playhead;
        let moves = playhead.moved() && playhead.stuck() == 0;
        self.evidence.asks_again_by().filter(|_| !moves)
    }

    /// Returns whether this is the black picture.
    pub fn is_black(&self) -> bool {
        black_body(&self.file).is_some()
    }

    /// Returns whether this is a still, which has no end of its own.
    pub fn is_still(&self) -> bool {
        matches!(self.kind(), MediaKind::Image)
    }

    /// The most likely length.
    pub fn length(&self) -> Option<Duration> {
        self.lengths.best()
    }

    /// The earliest and the latest time at which playback ends, by the shortest and the longest length.
    pub fn end(&self) -> Option<(Instant, Instant)> {
        let (shortest, longest) = self.lengths.bounds()?;
        let (earliest, _) = self.playhead.end(shortest)?;
        let (_, latest) = self.playhead.end(longest)?;
        Some((earliest, latest))
    }

    /// Returns whether the renderer has opened the file: it knows its length or moves. Before that, some ignore a Seek, and
    /// one hangs.
    pub fn can_seek(&self) -> bool {
        self.lengths.said.is_some() || !self.playhead.furthest().is_zero()
    }

    /// Returns whether playback ends about now, by the shortest length.
    pub fn is_about_to_end(&self, within: Duration, now: Instant) -> bool {
        self.end().is_some_and(|(end, _)| end <= now + within && now <= end + ABOUT_THE_END)
    }

    /// How far the file has played: the estimated or the furthest reported position; by the time that has passed, if the
    /// position has stood still since the beginning.
    pub fn played(&self, now: Instant) -> Duration {
        let playhead = &self.playhead;
        let said = playhead.position(now).max(playhead.furthest());
        if playhead.moved() && !playhead.tells() { said.max(self.took(now)) } else { said }
    }

    /// Returns whether playback was first seen within the last `span`.
    pub fn began_within(&self, span: Duration, now: Instant) -> bool {
        matches!(self.phase, Phase::Running { since, .. } if now.since(since) <= span)
    }

    /// How long the load has played, pauses included.
    pub fn took(&self, now: Instant) -> Duration {
        match self.phase {
            Phase::Running { since, .. } => self.from + now.since(since),
            _ => Duration::ZERO,
        }
    }

    /// Judges whether a stop that is seen now is the end of the file. `confirmed`: seen for the second time.
    /// `playing_at`: when the renderer was last seen playing.
    pub fn stopped_at_its_end(&self, playing_at: Instant, now: Instant, confirmed: bool) -> bool {
        let (played, took) = (self.played(now), self.took(now));
        // Where no position tells, it may have begun as late as it was first seen playing.
        let at_least = if self.playhead.moved() { played } else { played.min(took) };
        let seen_playing = at_least.saturating_sub(now.since(playing_at));
        let stop = Stop { played, seen_playing, took };
        let runs_dry = || confirmed && !self.lengths.is_agreed() && self.runs_dry(now);
        !self.is_still() && (self.lengths.is_end(stop, confirmed) || runs_dry())
    }
}
