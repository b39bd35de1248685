//! The kiosk's use of its memory: reading it at the start, learning from renderers, storing it, and serving what
//! renderers still play from before a restart.

use super::super::Kiosk;
use super::super::effect::{Effect, Effects, Published};
use super::super::event::ReplyTo;
use super::super::profile::Minutes;
use super::super::renderer::{Context, Renderer};
use super::super::statistics::Statistics;
use super::super::token::Token;
use super::super::trace::What;
use super::Memory;
use super::save_policy::SavePolicy;
use crate::limits::MEDIA_CONNECTIONS;
use crate::media::media_type;
use crate::time::Instant;

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
            memory.keep(renderer.measured(memory.ran));
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
                self.memory.stored.keep(renderer.measured(ran));
            } else {
                renderer.remember(self.memory.stored.recall(renderer.description()), ran);
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
    pub(in crate::kiosk) fn acquaint(&self, renderer: &mut Renderer) {
        renderer
            .remember(self.memory.stored.recall(renderer.description()), self.memory.stored.ran);
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
            let profile = renderer.measured(ran);
            renderer.remember(profile.clone(), ran);
            self.memory.stored.keep(profile);
        }
    }

    /// A renderer showed something new.
    pub(in crate::kiosk) fn take_news(&mut self, now: Instant) {
        for renderer in self.renderers.iter().filter(|r| r.has_profile()) {
            self.memory.stored.keep(renderer.measured(self.memory.stored.ran));
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
