//! What one renderer tells the statistics.

use super::{Context, Goal, Renderer};
use crate::kiosk::statistics::{Row, Statistics};
use crate::kiosk::token::Token;
use crate::time::Instant;
use std::path::Path;
use std::rc::Rc;

impl Renderer {
    /// Counts something of the file that it has, or else should have.
    pub(super) fn tally(&self, ctx: &mut Context<'_>, count: impl FnOnce(&mut Row)) {
        if let Some(file) = self.concerned() {
            count(ctx.statistics.row(self.udn(), self.name(), file));
        }
    }

    fn concerned(&self) -> Option<&Rc<Path>> {
        let load = self.load.as_ref().map(|load| &load.file);
        load.or_else(|| self.programme.current()).map(|file| &file.path)
    }

    /// What it lists as playable, if it was asked and said something.
    pub(in crate::kiosk) fn sink(&self) -> Option<&str> {
        self.habits.sink.as_deref()
    }

    /// The media server has sent so much.
    pub(in crate::kiosk) fn tally_bytes(
        &mut self,
        token: Token,
        bytes: u64,
        statistics: &mut Statistics,
    ) {
        if let Some(load) = self.load_of(token).filter(|_| bytes > 0) {
            let file = Rc::clone(&load.file.path);
            statistics.row(self.udn(), self.name(), &file).send(bytes);
        }
    }

    /// After each step: what it should do and does may have changed.
    pub(in crate::kiosk) fn credit(&mut self, ctx: &mut Context<'_>) {
        let should = self.goal == Goal::Play && self.is_driven() && ctx.leaving.is_none();
        let plays = self.is_playing();
        let mut shift = core::mem::take(&mut self.shift);
        let over = shift.change(self.concerned().filter(|_| should), plays, ctx.now);
        self.shift = shift;
        ctx.statistics.credit(self.udn(), self.name(), over);
    }

    /// What it does now counts as well.
    pub(in crate::kiosk) fn credit_so_far(&self, statistics: &mut Statistics, now: Instant) {
        statistics.credit(self.udn(), self.name(), self.shift.so_far(now));
    }
}
