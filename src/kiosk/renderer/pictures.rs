//! What it means that a picture is gone: the renderer cannot show it or has put it away by itself, or a viewer has stopped
//! it.
//!
//! A picture has no end of its own, so only time tells, and which pictures the renderer has shown before. For how long it has
//! shown any is in `capabilities`.

use super::load::{Load, Phase};
use super::{Context, Renderer};
use crate::kiosk::fault::Fault;
use crate::kiosk::left_out::Version;
use crate::limits::PICTURES_SHOWN;
use crate::media::catalogue::MediaFile;
use crate::media::generated::is_card;
use crate::time::{Duration, Instant};

/// A picture that is shown for less than this was not put away: some renderers report STOPPED while they show it.
pub(super) const SHORTEST_PICTURE: Duration = Duration::from_secs(10);

/// A renderer that cannot show a picture says so on its screen for no longer than this.
const LONGEST_COMPLAINT: Duration = Duration::from_secs(5);

/// The pictures that one renderer has shown for as long as it should or does, the most recent one last.
#[derive(Debug, Default)]
pub(super) struct Shown(Vec<Version>);

impl Shown {
    /// Records that a picture was shown.
    pub(super) fn note(&mut self, file: &MediaFile) {
        if !self.has(file) {
            if self.0.len() >= PICTURES_SHOWN {
                self.0.remove(0);
            }
            self.0.push(Version::of(file));
        }
    }

    /// Returns whether this picture was shown.
    pub(super) fn has(&self, file: &MediaFile) -> bool {
        self.0.contains(&Version::of(file))
    }
}

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

    /// A picture is gone, and the renderer has neither restarted nor got something else. If the renderer never showed it, and
    /// shows others, it cannot show this one. The first time that one is gone after so long, the next one follows; if it is
    /// gone much sooner than another one, a viewer stopped it.
    pub(super) fn picture_is_gone(&mut self, ctx: &mut Context<'_>) {
        let shown_since = |load: &Load| match load.phase {
            Phase::Running { since, .. } => Some(since),
            _ => None,
        };
        let Some(since) = self.playback.load().and_then(shown_since) else { return };
        let after = self.observation.played_at.since(since);
        let may_be_refused = |load: &Load| !load.is_black() && !is_card(&load.file);
        if after < LONGEST_COMPLAINT
            && let Some(load) = self.playback.load().filter(|load| may_be_refused(load))
            && !self.playback.was_shown(&load.file)
        {
            return self.fail(Fault::StoppedItself, ctx);
        }
        if !self.capabilities.picture_lasted(after) {
            return self.stopped_by_viewer(ctx);
        }
        self.playback.note_shown();
        self.ended(ctx);
    }
}
