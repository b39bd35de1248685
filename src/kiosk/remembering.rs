//! The kiosk's use of its memory: reading it at the start, learning from renderers, storing it, and serving what
//! renderers still play from before a restart.

use super::Kiosk;
use super::effect::{Effect, Effects, Published};
use super::event::ReplyTo;
use super::memory::Memory;
use super::profile::Minutes;
use super::renderer::{Context, Renderer};
use super::statistics::Statistics;
use super::token::Token;
use super::trace::What;
use crate::limits::MEDIA_CONNECTIONS;
use crate::media::protocol_info;
use crate::time::Instant;

/// What the kiosk keeps besides the memory itself.
#[derive(Debug, Default)]
pub(super) struct Recollection {
    /// The secret is from an earlier run: renderers may still play what they were given then.
    pub(super) has_past: bool,
    /// When the running time in the memory was last updated.
    counted_at: Instant,
    /// Requests for tokens of an earlier run, held back until the media folder is scanned.
    held: heapless::Vec<(ReplyTo, Token), MEDIA_CONNECTIONS>,
    scanned: bool,
}

impl Kiosk {
    /// The memory to store.
    fn memory(&self, now: Instant) -> Memory {
        let mut memory = self.memory.clone();
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
    pub(super) fn remember(&mut self, memory: Memory, now: Instant) {
        let again = self.keeper.has_begun();
        let ran = self.ran(now).max(memory.ran);
        self.memory = memory;
        self.memory.ran = ran;
        self.recollection.counted_at = now;
        // A later change by the owner does not affect the statistics counted in this run.
        if let Some(counted) =
            self.memory.statistics.take().filter(|_| self.common.statistics.is_new())
            && let Ok(statistics) = Statistics::restore(&counted.to_string())
        {
            self.common.statistics = statistics;
        }
        match self.memory.secret {
            Some(secret) => {
                self.common.secret = secret;
                self.recollection.has_past = true;
            }
            None => self.keeper.news(now),
        }
        self.keeper.begin(now);
        if again {
            // The pending write is lost.
            self.keeper.news(now);
        }
        let known = self.memory.profiles().len();
        self.common.trace.note(now, "", What::Remembers(known));
        for renderer in self.renderers.iter_mut() {
            if again && renderer.has_profile() && self.memory.knows(renderer.udn().as_str()) {
                self.memory.keep(renderer.measured(ran));
            } else {
                renderer.remember(self.memory.recall(renderer.description()), ran);
            }
        }
    }

    /// The memory was stored, or could not be.
    pub(super) fn saved(&mut self, outcome: Result<(), String>, now: Instant) {
        let news = self.keeper.wrote(outcome.is_ok(), now, self.supervisor.leaving());
        if news {
            self.common.trace.note(now, "", What::Kept(outcome));
        }
    }

    /// A renderer was found: apply its profile, and allow for what it may still play.
    pub(super) fn acquaint(&self, renderer: &mut Renderer) {
        renderer.remember(self.memory.recall(renderer.description()), self.memory.ran);
        if self.recollection.has_past {
            renderer.may_be_taken_over();
        }
    }

    /// Once an hour: store measures, and drop flaws that have expired.
    pub(super) fn look_over(&mut self, now: Instant) {
        if !self.keeper.looks_over(now) {
            return;
        }
        let ran = self.ran(now);
        self.memory.ran = ran;
        self.recollection.counted_at = now;
        for renderer in self.renderers.filter_mut(Renderer::has_profile) {
            let profile = renderer.measured(ran);
            renderer.remember(profile.clone(), ran);
            self.memory.keep(profile);
        }
    }

    /// A renderer showed something new.
    pub(super) fn take_news(&mut self, now: Instant) {
        for renderer in self.renderers.iter().filter(|r| r.has_profile()) {
            self.memory.keep(renderer.measured(self.memory.ran));
        }
        self.keeper.news(now);
    }

    /// Stores the memory if that is due.
    pub(super) fn save(&mut self, now: Instant, effects: &mut Effects) {
        if self.keeper.writes(now, self.supervisor.leaving()) {
            effects.push(Effect::Save(Box::new(self.memory(now))));
        }
    }

    /// A media client requests a token. If the token may be from an earlier run, the answer waits for the scan.
    pub(super) fn media_asked(&mut self, token: Token, reply: ReplyTo, effects: &mut Effects) {
        let known = self.renderers.iter().any(|renderer| renderer.has_load(token));
        let recollection = &mut self.recollection;
        if known || !recollection.has_past || recollection.scanned {
            return self.serve(reply, token, effects);
        }
        if let Err((reply, token)) = recollection.held.push((reply, token)) {
            self.serve(reply, token, effects);
        }
    }

    fn serve(&self, reply: ReplyTo, token: Token, effects: &mut Effects) {
        let what = self.published(token).map(Box::new);
        effects.push(Effect::Serve { reply, token, what });
    }

    /// The media folder was scanned: answer the requests held back.
    pub(super) fn answer_held(&mut self, effects: &mut Effects) {
        self.recollection.scanned = true;
        let held = core::mem::take(&mut self.recollection.held);
        for (reply, token) in held {
            self.serve(reply, token, effects);
        }
    }

    /// What a token from an earlier run stands for.
    pub(super) fn published_before(&self, token: Token) -> Option<Published> {
        if !self.recollection.has_past {
            return None;
        }
        let secret = self.common.secret;
        let file = self.scan.files.iter().find(|file| secret.names(token, &file.path))?;
        // Use the MIME type that a renderer accepted last.
        let names = self
            .memory
            .profiles()
            .iter()
            .filter_map(|profile| Some((profile.seen, profile.names.of(file.media_type)?)));
        let name = names.max_by_key(|(seen, _)| *seen).map(|(_, mime)| mime);
        Some(Published {
            path: file.path.to_path_buf(),
            root: file.root.to_path_buf(),
            media_type: file.media_type,
            mime: name.unwrap_or_else(|| file.media_type.default_mime()),
            content_features: protocol_info::content_features(file.media_type, file.profile),
            subtitles: None,
            size: file.size,
            modified: file.modified,
            body: None,
        })
    }

    fn ran(&self, now: Instant) -> Minutes {
        let since = now.since(self.recollection.counted_at).as_secs() / 60;
        self.memory.ran.saturating_add(Minutes::try_from(since).unwrap_or(Minutes::MAX))
    }
}

impl Context<'_> {
    pub(super) fn token(&mut self, path: &std::path::Path) -> Token {
        self.secret.token(self.rng.u64(..), path)
    }
}
