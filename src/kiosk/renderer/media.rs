//! What the media server, the media folder and the statistics need to know of a renderer's loads.

use super::load::Load;
use super::{Context, Renderer};
use crate::kiosk::effect::{Published, PublishedSubtitles};
use crate::kiosk::event::StreamEnd;
use crate::kiosk::fault::Fault;
use crate::kiosk::left_out::Fit;
use crate::kiosk::statistics::{Row, Statistics};
use crate::kiosk::token::Token;
use crate::kiosk::trace::What;
use crate::media::catalogue::{MediaFile, Scan};
use crate::media::subtitles::{SubtitleMethod, format_of};
use crate::time::{Duration, Instant};
use std::path::Path;
use std::rc::Rc;

impl Renderer {
    /// The position in the load with this token, if that load is running.
    pub(in crate::kiosk) fn position(&self, token: Token, now: Instant) -> Option<Duration> {
        let runs = |load: &&Load| load.token == token && load.is_running();
        Some(self.playback.load().filter(runs)?.playhead.position(now))
    }

    /// Returns whether this token belongs to the current, the next or the previous load.
    pub(in crate::kiosk) fn has_load(&self, token: Token) -> bool {
        self.playback.loads().any(|load| load.token == token)
    }

    /// The duration of the file with this token was probed.
    pub(in crate::kiosk) fn probed(&mut self, token: Token, duration: Option<Duration>) {
        if let Some(load) = self.playback.load_of(token) {
            load.read_duration(duration);
        }
    }

    /// The media server sent `bytes` of the load with this token, or ended a request for it.
    pub(in crate::kiosk) fn served(
        &mut self,
        token: Token,
        bytes: u64,
        end: Option<StreamEnd>,
        statistics: &mut Statistics,
        now: Instant,
    ) {
        let Some(load) = self.playback.add_evidence(token, bytes, end, now) else { return };
        let (starts, file) = (load.is_starting(), Rc::clone(&load.file.path));
        if starts {
            self.observation.ask_state_by(now);
        }
        if bytes > 0 {
            statistics.row(self.udn(), self.name(), &file).send(bytes);
        }
    }

    /// The media server ended, and all its connections with it.
    pub(in crate::kiosk) fn media_server_ended(&mut self, now: Instant) {
        self.playback.server_ended(now);
    }

    /// What the media server serves for this token.
    pub(in crate::kiosk) fn published(&self, token: Token) -> Option<Published> {
        let load = self.playback.loads().find(|load| load.token == token)?;
        let (file, metadata) = (&load.file, load.metadata);
        let subtitles = || {
            let path = file.subtitles.as_deref()?;
            Some(PublishedSubtitles {
                path: path.to_path_buf(),
                url: load.subtitles_url()?,
                format: format_of(path)?,
                unasked: metadata.subtitles == Some(SubtitleMethod::Header),
            })
        };
        Some(Published {
            path: file.path.to_path_buf(),
            root: file.root.to_path_buf(),
            size: file.size,
            modified: file.modified,
            media_type: file.media_type,
            mime: metadata.mime,
            content_features: load.content_features(),
            subtitles: subtitles(),
            body: self.body(file),
        })
    }

    /// Applies a scan of the media folder. `is_back` tells what is on a disk that answers again. Returns what became of the file
    /// that plays, if that is news.
    pub(in crate::kiosk) fn resolve(
        &mut self,
        scan: &Scan,
        is_back: impl Fn(&Path) -> bool,
        now: Instant,
    ) -> Option<What> {
        let there = scan.files.iter().filter(|file| !is_back(&file.path));
        self.capabilities.left_out_mut().forget_gone(there);
        let programme = self.intent.programme_mut();
        let was_empty = programme.is_empty();
        let was_there = self.playback.load().is_some_and(|load| programme.holds(&load.file));
        programme.resolve(scan);
        let fit = |file: &MediaFile| self.capabilities.fit(file, now);
        self.playback.drop_next_unless(programme.following(fit));
        // What failed need not be waited for if it has changed, if there is something better now, or if its disk answers again.
        let better = programme.best(fit) > Some(Fit::LeftOut);
        if let Some(load) = self.playback.load_mut()
            && (!programme.holds(&load.file)
                || better && fit(&load.file) <= Fit::LeftOut
                || is_back(&load.file.path))
        {
            load.retry_at_once(now);
        }
        if was_empty && !programme.is_empty() {
            self.playback.clear_fault(|fault| *fault == Fault::NothingToPlay);
        }
        let file = &self.playback.load().filter(|_| was_there)?.file;
        let grows = || scan.growing.iter().any(|path| *path == *file.path);
        if programme.holds(file) || grows() {
            return None;
        }
        let path = file.path.clone();
        Some(if programme.has(&path) { What::Replaced(path) } else { What::Removed(path) })
    }

    /// Returns whether the rest of the current file is gone and there is something else to play.
    pub(super) fn is_outdated(&self) -> bool {
        let programme = &self.intent.programme;
        self.playback.load().is_some_and(|load| {
            load.evidence.is_cut() && !programme.is_empty() && !programme.holds(&load.file)
        })
    }

    /// Counts something in the statistics of the current file, or else of the file that should play.
    pub(super) fn count(&self, ctx: &mut Context<'_>, count: impl FnOnce(&mut Row)) {
        if let Some(file) = self.file_to_count() {
            count(ctx.statistics.row(self.udn(), self.name(), file));
        }
    }

    fn file_to_count(&self) -> Option<&Rc<Path>> {
        let file = self.playback.load().map(|load| &load.file);
        file.or_else(|| self.intent.programme.current()).map(|file| &file.path)
    }

    /// The formats that the renderer listed as playable (`Sink` of GetProtocolInfo), if it listed any.
    pub(in crate::kiosk) fn sink(&self) -> Option<&str> {
        self.capabilities.sink.list()
    }

    /// Updates the statistics. Called after each step, which may have changed what the renderer should do or does.
    pub(in crate::kiosk) fn credit(&mut self, ctx: &mut Context<'_>) {
        let should = self.intent.is_to_play() && self.is_driven() && ctx.leaving.is_none();
        let plays = self.is_playing();
        let mut shift = core::mem::take(&mut self.shift);
        let over = shift.change(self.file_to_count().filter(|_| should), plays, ctx.now);
        self.shift = shift;
        ctx.statistics.credit(self.udn(), self.name(), over);
    }

    /// Adds the time since the last change to the statistics.
    pub(in crate::kiosk) fn credit_so_far(&self, statistics: &mut Statistics, now: Instant) {
        statistics.credit(self.udn(), self.name(), self.shift.so_far(now));
    }
}
