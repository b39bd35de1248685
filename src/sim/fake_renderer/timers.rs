//! What depends on time in a simulated renderer: transitions, announcements, standby, late answers.

use super::media::Media;
use super::{Announce, Call, FakeRenderer, FetchId, Output, Transport, fault};
use crate::sim::quirks::{FetchFailure, NextUri};
use crate::time::{Duration, Instant};
use crate::upnp::gena::LastChange;
use crate::upnp::{Reply, UpnpError};

/// Transitions at one moment: more than any chain of them needs.
const CHAIN: usize = 8;

impl FakeRenderer {
    /// The time that [`Self::next_deadline`] named has come.
    pub fn tick(&mut self, now: Instant) {
        self.catch_up(now);
    }

    /// When to [`tick`](Self::tick) next, if nothing happens before.
    pub fn next_deadline(&self) -> Option<Instant> {
        if !self.responsive() {
            return None;
        }
        let media = self.media.as_ref();
        let transport = match self.transport {
            Transport::Starting { not_before } => {
                media.is_some_and(|m| m.opened() && !m.failed()).then_some(not_before)
            }
            Transport::HandingOver { until }
            | Transport::Flickering { until }
            | Transport::Closing { until } => Some(until),
            Transport::Playing => {
                let gives_up = media.filter(|m| !m.failed()).and_then(|m| m.fails_at);
                let ends = media.and_then(|m| m.stops_at());
                [gives_up, ends, self.hand_over_at()].into_iter().flatten().min()
            }
            _ => None,
        };
        let (answers, events) = (self.pending.next_deadline(), self.publisher.next_deadline());
        let (away, pausing) = (self.off_at, self.pausing_until);
        [transport, self.announce_at, self.standby_at(), away, pausing, answers, events]
            .into_iter()
            .flatten()
            .min()
    }

    /// Brings everything up to `now` and tells what changed.
    pub(super) fn catch_up(&mut self, now: Instant) {
        if !self.responsive() {
            return;
        }
        if self.off_at.is_some_and(|at| at <= now) {
            return self.leave(now, false);
        }
        self.pausing_until.take_if(|until| *until <= now);
        if self.announce_at.is_some_and(|at| at <= now) {
            self.announce_at = self.quirks.announces_every.map(|every| now + every);
            self.output(Output::Announce(Announce::Alive));
        }
        if self.standby_at().is_some_and(|at| at <= now) {
            self.enter_standby();
        }
        if !self.is_idle() {
            self.busy_at = now;
        }
        for _ in 0..CHAIN {
            let moved = self.advance(now);
            let rolls = self.transport == Transport::Playing;
            if let Some(media) = &mut self.media {
                media.roll(now, rolls);
            }
            self.tell(now, false);
            if !moved || self.hung {
                break;
            }
        }
        if self.hung {
            return;
        }
        self.give_answers(now);
        let mut due = Vec::new();
        self.publisher.due(now, &self.quirks, &mut due);
        for n in due {
            let change = if self.quirks.garbles_events { LastChange::default() } else { n.change };
            let change = Box::new(change);
            self.output(Output::Notify {
                callback: n.callback,
                sid: n.sid,
                seq: n.seq,
                service: n.service,
                change,
            });
        }
    }

    /// Answers the calls whose time has come.
    pub(super) fn give_answers(&mut self, now: Instant) {
        while let Some((call, result)) = self.pending.due(now) {
            self.output(Output::Answer { call, result });
        }
    }

    fn is_idle(&self) -> bool {
        matches!(self.transport, Transport::Idle | Transport::Stopped)
    }

    fn standby_at(&self) -> Option<Instant> {
        let after = self.quirks.standby_after?;
        (self.is_idle() && !self.asleep).then_some(self.busy_at + after)
    }

    /// One transition that time or a fetch has made due; whether there was one.
    pub(super) fn advance(&mut self, now: Instant) -> bool {
        if let Transport::Closing { until } = self.transport {
            if until <= now {
                self.transport = self.at_rest();
            }
            return until <= now;
        }
        if self.transport == Transport::Playing {
            self.media.iter_mut().for_each(|media| media.give_up(now));
        }
        let Some(media) = &self.media else {
            return false;
        };
        let hand_over = self.hand_over_at().is_some_and(|at| at <= now);
        match self.transport {
            Transport::Starting { .. } | Transport::Playing if media.failed() => {
                return self.fail(now);
            }
            Transport::Starting { not_before } if media.opened() && not_before <= now => {
                self.transport = Transport::Playing;
                self.answer_play(now, Ok(Reply::Done));
            }
            Transport::Playing if hand_over && self.hangs_at_hand_over() => self.hung = true,
            Transport::Playing if media.at_end(now) => return self.end(now),
            Transport::Playing if hand_over => self.fetch_next(),
            Transport::HandingOver { until } if until <= now => self.transport = Transport::Playing,
            Transport::Flickering { until } if until <= now => self.ended(),
            _ => return false,
        }
        true
    }

    pub(super) fn hangs_at_hand_over(&self) -> bool {
        let mime = self.next.as_ref().and_then(|next| next.mime.as_deref());
        match self.quirks.next {
            NextUri::HangsAtHandOver(_) => true,
            NextUri::HangsAtVideo(_) => mime.is_some_and(|m| m.starts_with("video/")),
            _ => false,
        }
    }

    /// When the next URI must be fetched, if there is one and it was not.
    pub(super) fn hand_over_at(&self) -> Option<Instant> {
        let lead = match self.quirks.next {
            NextUri::Works(lead) | NextUri::HangsAtHandOver(lead) | NextUri::HangsAtVideo(lead) => {
                lead
            }
            _ => Duration::ZERO,
        };
        let waits = self.next.as_ref().is_some_and(|next| !next.begun());
        waits.then(|| self.media.as_ref()?.reaches(lead)).flatten()
    }

    /// The playhead is at the end.
    pub(super) fn end(&mut self, now: Instant) -> bool {
        if self.next.is_some() && self.drops_next() {
            self.next = None;
            self.ended();
            self.media.iter_mut().for_each(|media| media.uri.clear());
        } else if self.next.is_some() {
            self.hand_over(now);
        } else if self.quirks.end_says_paused {
            self.transport = Transport::Paused;
        } else if self.quirks.end_says_playing {
            return false;
        } else if self.quirks.end_flicker.is_zero() {
            self.ended();
        } else {
            self.transport = Transport::Flickering { until: now + self.quirks.end_flicker };
        }
        true
    }

    fn drops_next(&mut self) -> bool {
        self.handed_over += 1;
        matches!(self.quirks.next, NextUri::DropsEvery(n) if self.handed_over.is_multiple_of(n))
    }

    pub(super) fn hand_over(&mut self, now: Instant) {
        if self.next.as_ref().is_some_and(|next| !next.begun()) {
            self.fetch_next();
        }
        self.abandon();
        self.media = self.next.take();
        let gap = self.quirks.hand_over_stops;
        if !gap.is_zero() {
            self.transport = Transport::HandingOver { until: now + gap };
        }
    }

    pub(super) fn ended(&mut self) {
        self.abandon();
        self.transport = Transport::Stopped;
        let quirks = &self.quirks;
        if let Some(media) = &mut self.media {
            if quirks.end_zeroes_position {
                media.rewind();
            }
            if quirks.end_zeroes_duration {
                media.duration = None;
            }
            if quirks.end_clears_uri {
                media.uri.clear();
            }
        }
    }

    /// The media cannot be had.
    pub(super) fn fail(&mut self, now: Instant) -> bool {
        match self.quirks.failure {
            FetchFailure::Unnoticed => return false,
            FetchFailure::SilentStop => {}
            FetchFailure::ErrorOccurred => self.error = true,
        }
        self.answer_play(now, Err(fault(716)));
        self.stop_playback(now);
        true
    }
}

/// Answers that wait; beyond this a call stays unanswered.
const ANSWERS: usize = 32;

/// A look at a URL before SetAVTransportURI is answered.
#[derive(Debug)]
pub(super) struct Probing {
    pub(super) fetch: FetchId,
    pub(super) call: Call,
    pub(super) media: Media,
    /// And once more.
    pub(super) again: bool,
}

/// Calls that are not answered yet.
#[derive(Debug, Default)]
pub(super) struct PendingAnswers {
    answers: Vec<(Instant, Call, Result<Reply, UpnpError>)>,
    /// SetAVTransportURI that waits for a look at its URL.
    pub(super) probe: Option<Probing>,
    /// Play that waits until it plays.
    pub(super) play: Option<Call>,
    /// SetAVTransportURI takes until then.
    pub(super) setting_until: Option<Instant>,
}

impl PendingAnswers {
    pub(super) fn is_probe(&self, fetch: FetchId) -> bool {
        self.probe.as_ref().is_some_and(|probe| probe.fetch == fetch)
    }

    /// The next answer that is due.
    pub(super) fn due(&mut self, now: Instant) -> Option<(Call, Result<Reply, UpnpError>)> {
        let due = self.answers.iter().position(|(at, ..)| *at <= now)?;
        let (_, call, result) = self.answers.remove(due);
        Some((call, result))
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.answers.iter().map(|(at, ..)| *at).min()
    }

    pub(super) fn answer(&mut self, at: Instant, call: Call, result: Result<Reply, UpnpError>) {
        if self.answers.len() < ANSWERS {
            self.answers.push((at, call, result));
        }
    }
}
