//! Its loads, as the media server and the media folder see them.

use super::Renderer;
use super::load::{Load, Phase};
use crate::kiosk::effect::{Published, PublishedSubtitles};
use crate::kiosk::event::StreamEnd;
use crate::kiosk::fault::Fault;
use crate::kiosk::token::Token;
use crate::kiosk::trace::What;
use crate::media::catalogue::Scan;
use crate::media::subtitles::{Form, format_of};
use crate::time::{Duration, Instant};

impl Load {
    /// What became of it, if it was commanded to play and does not, by what the media server saw.
    pub(super) fn never_began(&self) -> Fault {
        let (witness, name) = (&self.witness, self.name());
        if self.fetched && self.only_hung_up() {
            Fault::HungUp(name, witness.hang_ups)
        } else if self.fetched {
            Fault::DoesNotPlay(name)
        } else if witness.heads > 0 {
            Fault::OnlyAsked(name)
        } else {
            Fault::CannotReachBox(self.origin.0, self.origin.1)
        }
    }

    /// Whatever state it says, it cannot have played.
    pub(super) fn has_shown_nothing(&self) -> bool {
        !self.playhead.moved() && self.only_hung_up()
    }

    fn only_hung_up(&self) -> bool {
        !self.whole_sent && self.witness.only_hung_up(self.file.size)
    }

    /// It has enough of the file to show something.
    pub(super) fn has_fed(&self) -> bool {
        self.whole_sent || self.witness.feeds(self.file.size)
    }

    /// How much of the file it has, in one word for programs.
    pub(in crate::kiosk) fn fetched_word(&self) -> &'static str {
        match self {
            _ if self.whole_sent => "to_the_end",
            _ if self.fetched => "part",
            _ if self.witness.heads > 0 => "head",
            _ => "nothing",
        }
    }
}

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

    /// What the media server saw.
    pub(in crate::kiosk) fn witness(
        &mut self,
        token: Token,
        bytes: u64,
        end: Option<StreamEnd>,
        now: Instant,
    ) {
        let Some(load) = self.load_of(token) else {
            return;
        };
        load.witness.hear(bytes, end);
        // A HEAD is a question, not a fetch.
        if end != Some(StreamEnd::Head) {
            load.fetched = true;
        }
        load.replaced |= end == Some(StreamEnd::Replaced);
        load.whole_sent |= end == Some(StreamEnd::WholeFile);
        load.cut_at = match end {
            Some(StreamEnd::FileError | StreamEnd::Replaced) => load.cut_at.or(Some(now)),
            Some(StreamEnd::Head | StreamEnd::Aborted) => load.cut_at,
            None | Some(StreamEnd::WholeFile | StreamEnd::Part) => None,
        };
        if matches!(load.phase, Phase::Starting { .. }) {
            self.transport_due = self.transport_due.min(now);
        }
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
