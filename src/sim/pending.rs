//! Calls of a simulated renderer that are not answered yet.

use super::media::Media;
use super::words::{Call, FetchId};
use crate::time::Instant;
use crate::upnp::{Reply, UpnpError};

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
