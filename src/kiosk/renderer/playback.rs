//! What a renderer was given and how far that has come: the current, next and previous load, the rounds, and the fault
//! of the current load.

use super::ends::{End, Ends};
use super::load::{Load, Phase};
use super::pictures::Shown;
use crate::kiosk::event::StreamEnd;
use crate::kiosk::fault::Fault;
use crate::kiosk::group::Start;
use crate::kiosk::token::Token;
use crate::kiosk::trace::Log;
use crate::media::catalogue::MediaFile;
use crate::time::{Duration, Instant};
use core::net::Ipv4Addr;
use std::path::Path;
use std::rc::Rc;

/// What one renderer was given.
#[derive(Debug, Default)]
pub(super) struct Playback(Fields);

read_only!(Playback, Fields);

/// Readable everywhere, writable only in this file.
#[derive(Debug, Default)]
pub(super) struct Fields {
    load: Option<Load>,
    next: Option<Load>,
    previous: Option<Load>,
    /// The renderer still shows the previous load, which another one is to replace.
    pub(super) lingers: bool,
    /// The renderer holds a next URI, from us or from an earlier run. It may keep it across Stop and SetAVTransportURI.
    pub(super) holds_offer: bool,
    /// The renderer was asked whether it holds a next URI.
    pub(super) offer_asked: bool,
    pub(super) rounds: Rounds,
    fault: Option<Fault>,
    /// The media folder should be scanned again.
    pub(super) wants_scan: bool,
    fetches: Fetches,
    ends: Ends,
    shown: Shown,
}

/// Which files the renderer fetched and which it did not: whether that depends on the file.
#[derive(Debug, Default)]
struct Fetches {
    /// The file that was fetched last, and from where.
    last: Option<(Rc<Path>, (Ipv4Addr, u16))>,
    /// The file that was not fetched since.
    unfetched: Option<Rc<Path>>,
}

/// The rounds played so far.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    pub(super) played: u32,
    /// The pause between the last two rounds.
    pub(super) gap: Option<Duration>,
    pub(super) ended_at: Option<Instant>,
    /// When a file last ended before its length, for no known reason.
    early_at: Option<Instant>,
    pub(super) seeked_at: Option<Instant>,
    /// How many loads have failed in a row.
    pub(super) failures: u8,
    /// How many of them were loads of the current file.
    attempts: u8,
    /// How the last round began, if that is known.
    pub(super) start: Option<Start>,
}

impl Playback {
    /// Makes this the current load.
    pub(super) fn take_load(&mut self, load: Load) {
        let before = self.0.load.as_ref().or(self.0.previous.as_ref());
        if before.is_none_or(|before| before.file != load.file) {
            self.0.rounds.attempts = 0;
        }
        self.0.load = Some(load);
    }

    /// Retires the current load, and the next one, which was to follow it. Its media connection may still drain.
    pub(super) fn retire(&mut self) {
        if let Some(load) = self.0.load.take() {
            self.0.previous = Some(load);
        }
        self.0.next = None;
        self.0.rounds.ended_at = None;
        self.0.lingers = false;
    }

    /// Retires the current load like [`Self::retire`]. The renderer shows it until it plays another one.
    pub(super) fn supersede(&mut self) {
        let begun = |load: &Load| load.is_running() || load.is_starting();
        let lingers = self.0.lingers || self.0.load.as_ref().is_some_and(begun);
        self.retire();
        self.0.lingers = lingers;
    }

    /// The renderer shows the previous load no more.
    pub(super) fn previous_is_gone(&mut self) {
        self.0.lingers = false;
    }

    /// Retires the current load like [`Self::retire`], but keeps the end time from which the gap is measured.
    pub(super) fn retire_after_end(&mut self) {
        let ended_at = self.0.rounds.ended_at;
        self.retire();
        self.0.rounds.ended_at = ended_at;
    }

    /// Puts the current load into another phase.
    pub(super) fn enter(&mut self, phase: Phase, reason: &'static str, log: &mut Log<'_>) {
        if let Some(load) = self.0.load.as_mut() {
            load.enter(phase, reason, log);
        }
    }

    /// Sets the load to offer with SetNextAVTransportURI.
    pub(super) fn prepare_next(&mut self, next: Load) {
        self.0.next = Some(next);
    }

    /// The renderer accepted the next load.
    pub(super) fn next_accepted(&mut self, at: Instant, log: &mut Log<'_>) {
        self.0.holds_offer = true;
        if let Some(next) = self.0.next.as_mut() {
            next.enter(Phase::Accepted { at }, "the renderer accepted it as its next file", log);
        }
    }

    /// Drops the next load, whatever the renderer holds.
    pub(super) fn drop_next(&mut self) {
        self.0.next = None;
    }

    /// Drops the next load unless it is `following` or the renderer already has it.
    pub(super) fn drop_next_unless(&mut self, following: Option<&MediaFile>) {
        self.0.next.take_if(|next| {
            matches!(next.phase, Phase::Wanted { .. }) && following != Some(&next.file)
        });
    }

    /// The renderer no longer holds a next URI.
    pub(super) fn offer_withdrawn(&mut self) {
        self.0.next = None;
        self.0.holds_offer = false;
    }

    /// The renderer told whether it holds a next URI. One that is not our `next` is left from an earlier run.
    pub(super) fn offer_told(&mut self, holds: bool) {
        self.0.offer_asked = true;
        self.0.holds_offer |= self.0.next.is_none() && holds;
    }

    /// The renderer restarted and holds nothing.
    pub(super) fn restart(&mut self) {
        self.retire();
        self.offer_withdrawn();
        self.0.offer_asked = false;
    }

    /// The renderer moved on to the next load by itself.
    pub(super) fn hand_over(&mut self) {
        self.0.holds_offer = false;
        self.0.previous = self.0.load.take();
        self.0.load = self.0.next.take();
    }

    /// Counts a round that played to its end, after which the renderer stopped.
    pub(super) fn round_ended(&mut self, now: Instant) -> u32 {
        self.0.rounds.played = self.0.rounds.played.saturating_add(1);
        self.0.rounds.ended_at = Some(now);
        self.0.rounds.played
    }

    /// Records that the current load ended by itself at this position. `expected`: its length says the same.
    /// `took`: how long it played.
    pub(super) fn note_end(&mut self, at: Duration, took: Duration, expected: bool, now: Instant) {
        let Fields { load: Some(load), ends, rounds, .. } = &mut self.0 else { return };
        ends.note(&load.file, at, took, expected);
        rounds.early_at = (!expected).then_some(now);
    }

    /// Where this file ended before.
    pub(super) fn end_of(&self, file: &MediaFile) -> Option<End> {
        self.0.ends.of(file)
    }

    /// The current load, a picture, was shown.
    pub(super) fn note_shown(&mut self) {
        if let Some(load) = &self.0.load {
            self.0.shown.note(&load.file);
        }
    }

    /// Returns whether the renderer has shown this picture.
    pub(super) fn was_shown(&self, file: &MediaFile) -> bool {
        self.0.shown.has(file)
    }

    /// Returns whether a file ended early, for no known reason, within the last `span`.
    pub(super) fn ended_early_within(&self, span: Duration, now: Instant) -> bool {
        self.0.rounds.early_at.is_some_and(|at| now.since(at) <= span)
    }

    /// Counts a round that played to its end and is followed, after `gap`, without a stop.
    pub(super) fn round_followed(&mut self, gap: Duration) -> u32 {
        self.0.rounds.played = self.0.rounds.played.saturating_add(1);
        self.forget_failures();
        self.0.rounds.gap = Some(gap);
        self.0.rounds.played
    }

    /// A round begins. Returns the pause since the previous round, if this one follows it.
    pub(super) fn round_begins(&mut self, now: Instant) -> Option<Duration> {
        let gap = self.0.rounds.ended_at.take().map(|at| now.since(at));
        self.0.rounds.gap = gap.or(self.0.rounds.gap);
        gap
    }

    /// What follows does not continue the previous round.
    pub(super) fn forget_end(&mut self) {
        self.0.rounds.ended_at = None;
    }

    /// Records how the last round began.
    pub(super) fn set_start(&mut self, start: Option<Start>) {
        self.0.rounds.start = start;
    }

    /// The renderer was sent back to the beginning.
    pub(super) fn seeked(&mut self, now: Instant) {
        self.0.rounds.seeked_at = Some(now);
    }

    /// Returns when the renderer was sent back, once that is longer ago than `span`, and forgets the time.
    pub(super) fn take_seeked(&mut self, span: Duration, now: Instant) -> Option<Instant> {
        self.0.rounds.seeked_at.take_if(|at| now.since(*at) > span)
    }

    /// Counts a failed load. Returns how many have failed in a row.
    pub(super) fn count_failure(&mut self) -> u8 {
        self.0.rounds.failures = self.0.rounds.failures.saturating_add(1);
        self.0.rounds.failures
    }

    /// Counts a failed load of the current file. Returns how many have failed in a row.
    pub(super) fn count_attempt(&mut self) -> u8 {
        self.0.rounds.attempts = self.0.rounds.attempts.saturating_add(1);
        self.0.rounds.attempts
    }

    pub(super) fn forget_failures(&mut self) {
        (self.0.rounds.failures, self.0.rounds.attempts) = (0, 0);
    }

    /// The current load was never fetched. Returns whether only this file is concerned: from the same address the
    /// renderer fetched another one, and has left no third one unfetched since.
    pub(super) fn is_unfetched_alone(&mut self) -> bool {
        let Fields { load: Some(load), fetches, .. } = &mut self.0 else { return false };
        let path = &load.file.path;
        let others = fetches.unfetched.replace(Rc::clone(path)).is_some_and(|one| one != *path);
        if others {
            fetches.last = None;
        }
        let fetched = fetches.last.as_ref();
        fetched.is_some_and(|(last, origin)| last != path && *origin == load.origin)
    }

    /// Sets the fault of what it plays.
    pub(super) fn set_fault(&mut self, fault: Fault) {
        self.0.fault = Some(fault);
    }

    /// Clears the fault if `is_it` matches. Returns whether it did.
    pub(super) fn clear_fault(&mut self, is_it: impl FnOnce(&mut Fault) -> bool) -> bool {
        self.0.fault.take_if(is_it).is_some()
    }

    /// Requests a scan of the media folder.
    pub(super) fn request_scan(&mut self) {
        self.0.wants_scan = true;
    }

    /// Returns whether a scan of the media folder was requested, and clears the request.
    pub(super) fn take_scan_request(&mut self) -> bool {
        core::mem::take(&mut self.0.wants_scan)
    }

    /// Takes a report of the media server on the load with this token.
    pub(super) fn add_evidence(
        &mut self,
        token: Token,
        bytes: u64,
        end: Option<StreamEnd>,
        now: Instant,
    ) -> Option<&Load> {
        let load = self.load_of(token)?;
        load.add_evidence(bytes, end, now);
        if bytes > 0 {
            let last = Some((Rc::clone(&load.file.path), load.origin));
            self.0.fetches = Fetches { last, unfetched: None };
        }
        self.load_of(token).map(|load| &*load)
    }

    /// The media server ended, and all its connections with it.
    pub(super) fn server_ended(&mut self, now: Instant) {
        for load in [&mut self.0.load, &mut self.0.next].into_iter().flatten() {
            load.media_server_ended(now);
        }
    }

    /// Finds the load with this token: the current, the next or the previous one, whose connection may still drain.
    pub(super) fn load_of(&mut self, token: Token) -> Option<&mut Load> {
        let loads = [&mut self.0.load, &mut self.0.next, &mut self.0.previous];
        loads.into_iter().flatten().find(|load| load.token == token)
    }

    /// The current, the next and the previous load.
    pub(super) fn loads(&self) -> impl Iterator<Item = &Load> {
        [&self.0.load, &self.0.next, &self.0.previous].into_iter().flatten()
    }

    pub(super) const fn load(&self) -> Option<&Load> {
        self.0.load.as_ref()
    }

    pub(super) const fn load_mut(&mut self) -> Option<&mut Load> {
        self.0.load.as_mut()
    }

    pub(super) const fn next(&self) -> Option<&Load> {
        self.0.next.as_ref()
    }

    pub(super) const fn previous(&self) -> Option<&Load> {
        self.0.previous.as_ref()
    }

    pub(super) fn phase(&self) -> Option<&Phase> {
        self.0.load.as_ref().map(|load| &load.phase)
    }

    pub(super) fn is_running(&self) -> bool {
        self.0.load.as_ref().is_some_and(Load::is_running)
    }

    /// Returns whether the renderer accepted our next load and has not moved on to it yet.
    pub(super) fn holds_next(&self) -> bool {
        self.0.next.as_ref().is_some_and(Load::is_accepted)
    }

    pub(super) const fn fault(&self) -> Option<&Fault> {
        self.0.fault.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_that_follows_without_a_stop_ends_the_count_of_failures() {
        let mut playback = Playback::default();
        assert_eq!((playback.count_failure(), playback.count_attempt()), (1, 1));
        playback.round_followed(Duration::ZERO);
        assert_eq!(
            (playback.count_failure(), playback.count_attempt()),
            (1, 1),
            "of the next file"
        );
    }
}
