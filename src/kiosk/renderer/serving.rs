//! Its loads, as the media server and the media folder see them.

use super::Renderer;
use super::load::{Load, Phase};
use crate::kiosk::effect::{Published, PublishedSubtitles};
use crate::kiosk::event::Token;
use crate::kiosk::fault::Fault;
use crate::kiosk::trace::What;
use crate::media::catalogue::Scan;
use crate::media::subtitles::{Form, format_of};
use crate::time::{Duration, Instant};

impl Renderer {
    /// Where it is in the load of this token, if it plays that.
    pub(in crate::kiosk) fn position(&self, token: Token, now: Instant) -> Option<Duration> {
        let load = self.load.as_ref().filter(|load| load.token == token)?;
        let running = matches!(load.phase, Phase::Running { .. });
        running.then(|| load.playhead.position(now))
    }

    /// A load of this token: the current one, the next one, or the last, whose connection may still drain.
    pub(in crate::kiosk) fn load_of(&mut self, token: Token) -> Option<&mut Load> {
        let loads = [&mut self.load, &mut self.next, &mut self.previous];
        loads.into_iter().flatten().find(|load| load.token == token)
    }

    /// A load of this token is its.
    pub(in crate::kiosk) fn has_load(&self, token: Token) -> bool {
        let loads = [&self.load, &self.next, &self.previous];
        loads.into_iter().flatten().any(|load| load.token == token)
    }

    /// The media server ended, and its connections with it.
    pub(in crate::kiosk) fn unserved(&mut self, now: Instant) {
        for load in [&mut self.load, &mut self.next].into_iter().flatten() {
            if load.fetched && !load.whole_sent {
                load.cut_at = load.cut_at.or(Some(now));
            }
        }
    }

    /// What the media server serves for this token.
    pub(in crate::kiosk) fn published(&self, token: Token) -> Option<Published> {
        let loads = [&self.load, &self.next, &self.previous];
        let load = loads.into_iter().flatten().find(|load| load.token == token)?;
        let subtitles = || {
            let path = load.file.subtitles.as_deref()?;
            Some(PublishedSubtitles {
                path: path.to_path_buf(),
                url: load.subtitles_url()?,
                format: format_of(path)?,
                unasked: load.captions == Some(Form::Header),
            })
        };
        Some(Published {
            path: load.file.path.to_path_buf(),
            root: load.file.root.to_path_buf(),
            size: load.file.size,
            modified: load.file.modified,
            media_type: load.file.media_type,
            mime: load.mime,
            content_features: load.content_features(),
            subtitles: subtitles(),
            body: self.body(&load.file),
        })
    }

    /// Files came or went. Gives what became of the one that plays, if that is news.
    pub(in crate::kiosk) fn resolve(&mut self, scan: &Scan) -> Option<What> {
        let was_empty = self.programme.is_empty();
        let was_there = self.load.as_ref().is_some_and(|load| self.programme.holds(&load.file));
        self.programme.resolve(scan);
        // What it has not been told of is chosen anew.
        let following = self.programme.following();
        self.next.take_if(|next| {
            matches!(next.phase, Phase::Wanted { .. }) && following != Some(&next.file)
        });
        if was_empty && !self.programme.is_empty() && self.fault == Some(Fault::NothingToPlay) {
            self.fault = None;
        }
        let load = self.load.as_ref().filter(|load| {
            let path = &*load.file.path;
            was_there
                && !self.programme.holds(&load.file)
                && !scan.growing.iter().any(|p| p == path)
        })?;
        let path = load.file.path.clone();
        Some(if self.programme.has(&path) { What::Replaced(path) } else { What::Removed(path) })
    }

    /// The rest of what it plays cannot be had any more, and there is something else to play.
    pub(super) fn is_outdated(&self) -> bool {
        self.load.as_ref().is_some_and(|load| {
            load.cut_at.is_some() && !self.programme.is_empty() && !self.programme.holds(&load.file)
        })
    }
}
