//! The kiosk's use of its memory: reading it at the start, learning from renderers, storing it soon
//! after news, at limited intervals, and once more at shutdown, and serving what renderers still play from before a
//! restart.

use super::super::Kiosk;
use super::super::deadline::{Backoff, Deadline, Wake, Why};
use super::super::effect::{Effect, Effects, Published};
use super::super::event::ReplyTo;
use super::super::profile::Minutes;
use super::super::renderer::{Context, Renderer};
use super::super::statistics::Statistics;
use super::super::token::Token;
use super::super::trace::What;
use super::Memory;
use crate::limits::MEDIA_CONNECTIONS;
use crate::media::media_type;
use crate::time::{Duration, Instant};

/// News often comes in quick succession; wait for more.
const SETTLES: Duration = Duration::from_secs(10);
/// The shortest interval between writes, to spare the SD card.
const SELDOM: Duration = Duration::from_secs(300);
/// How often everything is reviewed and written, news or not.
const LOOKS_OVER: Duration = Duration::from_secs(3600);
/// The pause before a failed write is repeated.
const RETRY: Backoff = Backoff::new(Duration::from_secs(10), Duration::from_secs(3600));

/// What the kiosk keeps besides the memory itself.
#[derive(Debug, Default)]
pub(in crate::kiosk) struct MemoryControl {
    /// The memory, as of its last update.
    pub(in crate::kiosk) stored: Memory,
    pub(in crate::kiosk) policy: SavePolicy,
    /// The secret is from an earlier run: renderers may still play what they were given then.
    pub(in crate::kiosk) has_past: bool,
    /// When the running time in the memory was last updated.
    counted_at: Instant,
    /// Requests for tokens of an earlier run, held back until the media folder is scanned.
    held: heapless::Vec<(ReplyTo, Token), MEDIA_CONNECTIONS>,
    scanned: bool,
}

impl Kiosk {
    /// The memory to store.
    fn memory(&self, now: Instant) -> Memory {
        let mut memory = self.memory.stored.clone();
        memory.ran = self.ran(now);
        memory.secret = Some(self.common.secret);
        for renderer in self.renderers.iter().filter(|r| r.has_profile()) {
            memory.keep(renderer.measured(memory.ran, now));
        }
        memory.statistics = serde_json::from_str(&self.statistics(now).snapshot()).ok();
        memory
    }

    /// Takes the stored memory: at the start, and after its owner changed it. In the second case, a renderer missing
    /// from it is to be forgotten; what the other renderers have shown since is kept.
    pub(in crate::kiosk) fn remember(&mut self, memory: Memory, now: Instant) {
        let again = self.memory.policy.has_begun();
        let ran = self.ran(now).max(memory.ran);
        self.memory.stored = memory;
        self.memory.stored.ran = ran;
        self.memory.counted_at = now;
        // A later change by the owner does not affect the statistics counted in this run.
        if let Some(counted) =
            self.memory.stored.statistics.take().filter(|_| self.common.statistics.is_new())
            && let Ok(statistics) = Statistics::restore(&counted.to_string())
        {
            self.common.statistics = statistics;
        }
        match self.memory.stored.secret {
            Some(secret) => {
                self.common.secret = secret;
                self.memory.has_past = true;
            }
            None => self.memory.policy.news(now),
        }
        self.memory.policy.begin(now);
        if again {
            // The pending write is lost.
            self.memory.policy.news(now);
        }
        let known = self.memory.stored.profiles().len();
        self.common.trace.note(now, "", What::Remembers(known));
        for renderer in self.renderers.iter_mut() {
            if again && renderer.has_profile() && self.memory.stored.knows(renderer.udn().as_str())
            {
                self.memory.stored.keep(renderer.measured(ran, now));
            } else {
                renderer.remember(self.memory.stored.recall(renderer.description()), ran, now);
            }
        }
    }

    /// The memory was stored, or could not be.
    pub(in crate::kiosk) fn saved(&mut self, outcome: Result<(), String>, now: Instant) {
        let news = self.memory.policy.wrote(outcome.is_ok(), now, self.supervisor.leaving());
        if news {
            self.common.trace.note(now, "", What::Kept(outcome));
        }
    }

    /// A renderer was found: apply its profile, and allow for what it may still play.
    pub(in crate::kiosk) fn acquaint(&self, renderer: &mut Renderer, now: Instant) {
        let profile = self.memory.stored.recall(renderer.description());
        renderer.remember(profile, self.ran(now), now);
        if self.memory.has_past {
            renderer.may_be_taken_over();
        }
    }

    /// Once an hour: store measures, and drop flaws that have expired.
    pub(in crate::kiosk) fn look_over(&mut self, now: Instant) {
        if !self.memory.policy.looks_over(now) {
            return;
        }
        let ran = self.ran(now);
        self.memory.stored.ran = ran;
        self.memory.counted_at = now;
        for renderer in self.renderers.filter_mut(Renderer::has_profile) {
            let profile = renderer.measured(ran, now);
            renderer.remember(profile.clone(), ran, now);
            self.memory.stored.keep(profile);
        }
    }

    /// A renderer showed something new.
    pub(in crate::kiosk) fn take_news(&mut self, now: Instant) {
        for renderer in self.renderers.iter().filter(|r| r.has_profile()) {
            self.memory.stored.keep(renderer.measured(self.ran(now), now));
        }
        self.memory.policy.news(now);
    }

    /// Stores the memory if that is due.
    pub(in crate::kiosk) fn save(&mut self, now: Instant, effects: &mut Effects) {
        if self.memory.policy.writes(now, self.supervisor.leaving()) {
            effects.push(Effect::Save(Box::new(self.memory(now))));
        }
    }

    /// A media client requests a token. If the token may be from an earlier run, the answer waits for the scan.
    pub(in crate::kiosk) fn media_asked(
        &mut self,
        token: Token,
        reply: ReplyTo,
        effects: &mut Effects,
    ) {
        let known = self.renderers.iter().any(|renderer| renderer.has_load(token));
        let memory = &mut self.memory;
        if known || !memory.has_past || memory.scanned {
            return self.serve(reply, token, effects);
        }
        if let Err((reply, token)) = memory.held.push((reply, token)) {
            self.serve(reply, token, effects);
        }
    }

    fn serve(&self, reply: ReplyTo, token: Token, effects: &mut Effects) {
        let what = self.published(token).map(Box::new);
        effects.push(Effect::Serve { reply, token, what });
    }

    /// The media folder was scanned: answer the requests held back.
    pub(in crate::kiosk) fn answer_held(&mut self, effects: &mut Effects) {
        self.memory.scanned = true;
        let held = core::mem::take(&mut self.memory.held);
        for (reply, token) in held {
            self.serve(reply, token, effects);
        }
    }

    /// What a token from an earlier run stands for.
    pub(in crate::kiosk) fn published_before(&self, token: Token) -> Option<Published> {
        if !self.memory.has_past {
            return None;
        }
        let secret = self.common.secret;
        let file = self.media.scan.files.iter().find(|file| secret.names(token, &file.path))?;
        // Use the MIME type that a renderer accepted last.
        let names = self
            .memory
            .stored
            .profiles()
            .iter()
            .filter_map(|profile| Some((profile.seen, profile.names.of(file.media_type)?)));
        let name = names.max_by_key(|(seen, _)| *seen).map(|(_, mime)| mime);
        Some(Published {
            path: file.path.to_path_buf(),
            root: file.root.to_path_buf(),
            media_type: file.media_type,
            mime: name.unwrap_or_else(|| file.media_type.default_mime()),
            content_features: media_type::content_features(file.media_type, file.profile),
            subtitles: None,
            size: file.size,
            modified: file.modified,
            body: None,
        })
    }

    fn ran(&self, now: Instant) -> Minutes {
        let since = now.since(self.memory.counted_at).as_secs() / 60;
        self.memory.stored.ran.saturating_add(Minutes::try_from(since).unwrap_or(Minutes::MAX))
    }
}

impl Context<'_> {
    pub(in crate::kiosk) fn token(&mut self, path: &std::path::Path) -> Token {
        self.secret.token(self.rng.u64(..), path)
    }
}

/// Decides when to write. Never writes if there is no state directory.
#[derive(Clone, Debug, Default)]
pub(in crate::kiosk) struct SavePolicy {
    has_place: bool,
    /// The time of the first news that is not written yet.
    news_at: Option<Instant>,
    writing: bool,
    wrote_at: Option<Instant>,
    /// When a failed write may be repeated.
    retry_at: Option<Instant>,
    failures: u8,
    look_over_at: Option<Instant>,
}

impl SavePolicy {
    /// The state directory exists and was read.
    pub(in crate::kiosk) fn begin(&mut self, now: Instant) {
        self.has_place = true;
        self.writing = false;
        self.look_over_at = self.look_over_at.or(Some(now + LOOKS_OVER));
    }

    /// Returns whether the state directory was read.
    pub(in crate::kiosk) fn has_begun(&self) -> bool {
        self.has_place
    }

    /// There is news to write.
    pub(in crate::kiosk) fn news(&mut self, now: Instant) {
        self.news_at = self.news_at.or(Some(now));
    }

    /// Returns whether a review is due.
    pub(in crate::kiosk) fn looks_over(&mut self, now: Instant) -> bool {
        let due = self.look_over_at.is_some_and(|at| at <= now);
        if due {
            self.look_over_at = Some(now + LOOKS_OVER);
            self.news(now);
        }
        due
    }

    /// The box is shutting down: write once more, without reviews or retries.
    pub(in crate::kiosk) fn leave(&mut self, now: Instant) {
        self.look_over_at = None;
        self.retry_at = None;
        self.news(now);
    }

    /// Returns whether to write now.
    pub(in crate::kiosk) fn writes(&mut self, now: Instant, leaving: bool) -> bool {
        let due = self.due(leaving).is_some_and(|at| at <= now);
        if due {
            self.news_at = None;
            self.writing = true;
        }
        due
    }

    /// A write ended. Returns whether its failure, or the first success after failures, is worth a log line.
    pub(in crate::kiosk) fn wrote(&mut self, well: bool, now: Instant, leaving: bool) -> bool {
        self.writing = false;
        self.wrote_at = Some(now);
        if well {
            self.retry_at = None;
            return core::mem::take(&mut self.failures) > 0;
        }
        let pause = RETRY.pause(self.failures);
        self.failures = self.failures.saturating_add(1);
        if !leaving {
            self.retry_at = Some(now + pause);
            self.news(now);
        }
        self.failures == 1
    }

    /// Returns whether something is being written or will be.
    pub(in crate::kiosk) fn is_busy(&self, leaving: bool) -> bool {
        self.writing || self.due(leaving).is_some()
    }

    fn due(&self, leaving: bool) -> Option<Instant> {
        let news_at = self.news_at.filter(|_| self.has_place && !self.writing)?;
        if leaving {
            return Some(news_at);
        }
        let seldom = self.wrote_at.map(|at| at + SELDOM).unwrap_or_default();
        Some(self.retry_at.unwrap_or((news_at + SETTLES).max(seldom)))
    }

    pub(in crate::kiosk) fn next_deadline(&self, leaving: bool) -> Option<Deadline> {
        let mut wake = Wake::default();
        wake.at(self.due(leaving), Why::Memory);
        wake.at(self.look_over_at, Why::Memory);
        wake.first()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::START + Duration::from_secs(seconds)
    }

    /// Steps through the deadlines. Returns the seconds at which it writes. A write takes no time.
    fn writes(policy: &mut SavePolicy, until: u64, well: bool) -> Vec<u64> {
        let mut times = Vec::new();
        while let Some(next) = policy.next_deadline(false).filter(|next| next.at <= at(until)) {
            policy.looks_over(next.at);
            if policy.writes(next.at, false) {
                times.push(next.at.since(Instant::START).as_secs());
                policy.wrote(well, next.at, false);
            }
        }
        times
    }

    #[test]
    fn news_are_written_ten_seconds_later_but_no_more_often_than_every_five_minutes() {
        let mut policy = SavePolicy::default();
        policy.news(at(0));
        assert_eq!(policy.next_deadline(false), None, "there is no place");
        policy.begin(at(1));
        assert_eq!(writes(&mut policy, 60, true), [10]);
        policy.news(at(70));
        policy.news(at(90));
        assert_eq!(writes(&mut policy, 1_000, true), [310]);
        policy.news(at(2_000));
        assert_eq!(writes(&mut policy, 2_100, true), [2_010]);
        assert_eq!(writes(&mut policy, 8_000, true), [3_611, 7_211], "hourly, without news");
    }

    #[test]
    fn a_write_that_fails_is_tried_ever_more_rarely_and_told_once() {
        let mut policy = SavePolicy::default();
        policy.begin(at(0));
        policy.news(at(0));
        let times = writes(&mut policy, 3_500, false);
        assert_eq!(times, [10, 20, 40, 80, 160, 320, 640, 1_280, 2_560]);
        assert!(!policy.wrote(false, at(3_500), false), "said already");
        assert!(policy.wrote(true, at(3_500), false), "works again");
        assert!(!policy.wrote(true, at(3_500), false));
        assert!(policy.wrote(false, at(3_500), false), "another time");
    }

    #[test]
    fn a_box_that_leaves_writes_at_once_and_only_once() {
        let mut policy = SavePolicy::default();
        policy.begin(at(0));
        policy.news(at(0));
        assert!(policy.writes(at(10), false));
        policy.leave(at(11));
        assert!(!policy.writes(at(11), true), "one at a time");
        assert!(policy.is_busy(true));
        policy.wrote(true, at(12), true);
        assert!(policy.writes(at(12), true), "it was older");
        policy.wrote(false, at(13), true);
        assert!(!policy.is_busy(true) && !policy.writes(at(13), true), "in vain is in vain");
    }
}
