//! What it means that a picture is gone: the renderer has put it away by itself, or a viewer has stopped it.
//!
//! A picture has no end of its own, so only time tells. How long the renderer has shown pictures before is in
//! `capabilities`.

use super::load::{Load, Phase};
use super::{Context, Renderer};
use crate::time::{Duration, Instant};

/// A picture that is shown for less than this was not put away: some renderers report STOPPED while they show it.
pub(super) const SHORTEST_PICTURE: Duration = Duration::from_secs(10);

impl Renderer {
    /// Returns whether a picture that has been shown since `since`, on a renderer that says now that it has stopped, is to be
    /// seen no more. Some renderers say so while they show it: then they were not seen playing for long, and never showed a
    /// picture for longer.
    pub(super) fn is_picture_gone(&self, since: Instant, now: Instant) -> bool {
        let was_seen_for_long = self.observation.played_at.since(since) >= SHORTEST_PICTURE;
        was_seen_for_long || self.capabilities.picture_outlasts(now.since(since))
    }

    /// The black picture is gone. Some renderers put each picture away after a while: they are given it again, the next
    /// time before they do so. If it is gone much sooner than the last time, a viewer stopped it.
    pub(super) fn black_is_gone(&mut self, after: Duration, ctx: &mut Context<'_>) {
        if !self.intent.is_to_play() {
            return self.playback.retire();
        }
        match self.capabilities.black_lasted(after) {
            true => self.ended(ctx),
            false => self.stopped_by_viewer(ctx),
        }
    }

    /// A picture is gone, and the renderer has neither restarted nor got something else. The first time that it is gone
    /// after so long, the next one follows; if it is gone much sooner than another one, a viewer stopped it.
    pub(super) fn picture_is_gone(&mut self, ctx: &mut Context<'_>) {
        let shown_since = |load: &Load| match load.phase {
            Phase::Running { since, .. } => Some(since),
            _ => None,
        };
        let Some(since) = self.playback.load().and_then(shown_since) else { return };
        match self.capabilities.picture_lasted(self.observation.played_at.since(since)) {
            true => self.ended(ctx),
            false => self.stopped_by_viewer(ctx),
        }
    }
}
