//! What follows from a load that failed: which file is next, and after which pause.
//!
//! [`Fault::blame`] says what a failure is charged to. A file that does not play on this renderer is left out here for a
//! time, and the next file follows at once. If nothing else is left, or the file is not to blame, the pauses grow, and
//! all files are tried in turn: then the renderer may be the reason.

use super::intent::Goal;
use super::load::{Load, Phase};
use super::{Context, Renderer};
use crate::kiosk::deadline::Backoff;
use crate::kiosk::fault::{Blame, Fault};
use crate::kiosk::habits::KINDS;
use crate::kiosk::left_out::{Entry, Fit, PassedOver, Unplayable, Version};
use crate::kiosk::trace::What;
use crate::limits::LEFT_OUT;
use crate::media::catalogue::MediaFile;
use crate::time::{Duration, Instant};
use std::path::Path;

/// Pauses after loads that failed in a row.
const PAUSES: Backoff =
    Backoff::new(Duration::from_secs(2), Duration::from_secs(120)).jittered(0.2);
/// The longest pause while there are files that may play.
const HOPEFUL: Duration = Duration::from_secs(5);
/// So many attempts may fail in a row before the pauses grow: three files, each given twice.
const AT_ONCE: u8 = 6;
/// If the file is not to blame, the next one is tried after this many failures in a row.
const FAILURES_TO_SKIP: u8 = 3;
/// A file that fails sooner than this is given a second time before it is left out.
const SOON: Duration = Duration::from_secs(10);
/// A file that was seen to play for this long is not unplayable.
const HAS_PLAYED: Duration = Duration::from_secs(10);

impl Renderer {
    /// How well a file suits this renderer now.
    pub(super) fn fit(&self, file: &MediaFile, now: Instant) -> Fit {
        self.capabilities.fit(file, now)
    }

    /// How well the file of the programme suits that suits best.
    fn best(&self, now: Instant) -> Option<Fit> {
        self.intent.programme.best(|file| self.fit(file, now))
    }

    /// Returns whether no other file of the programme suits better.
    pub(super) fn suits(&self, file: &MediaFile, now: Instant) -> bool {
        Some(self.fit(file, now)) >= self.best(now)
    }

    /// The file that follows on this renderer.
    pub(super) fn following(&self, now: Instant) -> Option<&MediaFile> {
        self.intent.programme.following(|file| self.fit(file, now))
    }

    /// Moves on to the next file that this renderer plays, or in a group to the next one: others may play it. Returns
    /// `false` at the end of a programme that does not repeat.
    pub(super) fn advance(&mut self, now: Instant) -> bool {
        let (known, together) = (&self.capabilities, self.slot.is_taken());
        let fit = |file: &MediaFile| if together { Fit::Good } else { known.fit(file, now) };
        self.intent.programme_mut().advance(fit)
    }

    /// The file at this path has ended: moves on, unless another file is current already because this one was removed.
    /// Returns `false` at the end of a programme that does not repeat.
    pub(super) fn advance_past(&mut self, path: &Path, now: Instant) -> bool {
        let (known, together) = (&self.capabilities, self.slot.is_taken());
        let fit = |file: &MediaFile| if together { Fit::Good } else { known.fit(file, now) };
        self.intent.programme_mut().advance_past(path, fit)
    }

    /// Returns whether to ask which files the renderer plays before it is given one: there are several kinds of them.
    pub(super) fn needs_list(&self) -> bool {
        let kind = |file: &MediaFile| file.media_type.kind;
        let mut kinds = self.intent.programme.files().map(kind);
        !self.capabilities.sink.is_asked()
            && self.description.connection_manager.is_some()
            && self.intent.is_to_play()
            && self.playback.load().is_none()
            && kinds.next().is_some_and(|first| kinds.any(|kind| kind != first))
    }

    /// Reports once which kinds of files are skipped because the renderer lists none of them.
    pub(super) fn tell_unlisted(&mut self, ctx: &mut Context<'_>) {
        for kind in KINDS {
            let mut files = self.intent.programme.files();
            let skips = self.capabilities.is_unlisted(kind)
                && files.any(|file| file.media_type.kind == kind)
                && self.best(ctx.now) > Some(Fit::Unlisted);
            if skips && self.capabilities.tell_unlisted(kind) {
                ctx.trace.note(ctx.now, self.name(), What::Skips(kind.plural()));
            }
        }
    }

    /// The files and kinds of files that this renderer does not get now, with the reasons.
    pub(in crate::kiosk) fn passed_over(&self, now: Instant) -> Vec<PassedOver> {
        let best = self.best(now);
        let files = || self.intent.programme.files();
        let mut rows = Vec::new();
        for kind in KINDS.into_iter().filter(|kind| self.capabilities.is_unlisted(*kind)) {
            let count = files().filter(|file| file.media_type.kind == kind).count();
            if count > 0 && best > Some(Fit::Unlisted) {
                rows.push(PassedOver::kind(kind, count));
            }
        }
        let out = |file: &&MediaFile| Some(self.fit(file, now)) < best;
        for file in files().filter(out) {
            if let Some(Entry { why, until, .. }) = self.against(file, now) {
                PassedOver::add(&mut rows, file, *why, until.since(now));
            }
        }
        rows
    }

    /// What was seen of this file, or of others of its type, if it does not play here.
    pub(in crate::kiosk) fn against(&self, file: &MediaFile, now: Instant) -> Option<&Entry> {
        self.capabilities.against(file, now).map(|(_, entry)| entry)
    }

    /// Where all files are left out, perhaps it is not the files.
    pub(super) fn doubt_if_all_failed(&mut self, now: Instant) {
        if self.best(now) == Some(Fit::LeftOut) {
            self.capabilities.doubt_failures();
        }
    }

    /// Passes over the current file if this renderer does not play it and plays another one. A member of a group lets the
    /// others play it.
    pub(super) fn settle(&mut self, now: Instant) {
        if self.slot.is_taken() && !self.intent.programme.is_interrupted() {
            return self.sit_out_if_unfit(now);
        }
        let known = &self.capabilities;
        self.intent.programme_mut().settle(|file| known.fit(file, now));
    }

    /// The load does not play: records why, and schedules what is tried next.
    pub(super) fn fail(&mut self, fault: Fault, ctx: &mut Context<'_>) {
        if self.playback.load().is_some_and(Load::is_starting) && self.stop_before_still(ctx) {
            return;
        }
        let suspects_subtitles =
            self.playback.load().is_some_and(|load| !load.is_running()) && self.doubt_subtitles();
        let fault = self.cause(fault, ctx.now);
        let clip = self.intent.programme.is_interrupted();
        let superseded = self.playback.load().is_some_and(|load| !self.is_current(load));
        // Drawn for every failure, so that all chance after it stays the same.
        let chance = ctx.rng.f64();
        let pause = match fault.blame() {
            // The file was removed while it played, so that another one is current already.
            _ if superseded => Duration::ZERO,
            // Instead of retrying a clip, go back to what it interrupted.
            _ if clip => {
                self.advance(ctx.now);
                Duration::ZERO
            }
            Blame::File(why) if !suspects_subtitles => {
                self.blame_file(why, fault.attempts(), chance, ctx)
            }
            _ => self.pause_after_failure(chance, ctx.now),
        };
        self.playback.drop_next();
        self.playback.forget_end();
        self.enter(Phase::Failed { retry_at: ctx.now + pause }, "the file does not play", ctx);
        self.count(ctx, |row| row.fail(&fault));
        self.trouble(fault, ctx);
        if self.intent.goal == Goal::Rest || self.sits_out() {
            // The programme is over with this file, or the group plays it without this renderer.
            self.playback.retire();
            self.playback.clear_fault(|_| true);
        }
        if self.intent.shows_black() {
            // If a renderer cannot show the black picture, stopping it makes the screen dark, too.
            self.intent.darken();
        }
    }

    /// The file is not to blame: returns the pause before the renderer is given a file again. After an end, or after
    /// every third failure, that is the next one.
    fn pause_after_failure(&mut self, chance: f64, now: Instant) -> Duration {
        let failures = self.playback.count_failure();
        let over = self.playback.phase() == Some(&Phase::Over);
        let skips = over || failures.is_multiple_of(FAILURES_TO_SKIP);
        if skips && self.intent.programme.has_others() {
            self.advance(now);
        }
        PAUSES.pause_by_chance(failures - 1, chance)
    }

    /// The file does not play on this renderer: gives it once more, or leaves it out and moves on. Returns the pause.
    fn blame_file(
        &mut self,
        why: Unplayable,
        attempts: u8,
        chance: f64,
        ctx: &mut Context<'_>,
    ) -> Duration {
        let now = ctx.now;
        let failures = self.playback.count_failure();
        let Some(load) = self.playback.load() else {
            return PAUSES.pause_by_chance(failures - 1, chance);
        };
        let file = load.file.clone();
        let soon = match load.phase {
            Phase::Starting { sent, .. } => now.since(sent) < SOON,
            Phase::Running { since, .. } => now.since(since) < SOON,
            _ => true,
        };
        let is_new = !self.capabilities.habits.left_out.knows(&file);
        // A file that has ended by itself here plays here, as a rule. A disk may have failed for a moment.
        let hopeful =
            soon || why == Unplayable::Unreadable || self.playback.end_of(&file).is_some();
        let attempt = self.playback.count_attempt();
        if is_new && hopeful && attempt < attempts {
            return PAUSES.pause_by_chance(attempt - 1, chance);
        }
        let is_left = self.leave_out(&file, why, ctx);
        if is_left && self.slot.is_taken() {
            // The others may play it.
            self.slot.sit_out(Some(Version::of(&file)));
            return Duration::ZERO;
        }
        let goes_on = self.advance(now);
        if is_left && !goes_on {
            self.intent.finish();
            ctx.trace.note(now, self.name(), What::Finished);
        }
        match failures.checked_sub(AT_ONCE + 1) {
            _ if !is_left => PAUSES.pause_by_chance(failures - 1, chance),
            None => Duration::ZERO,
            Some(more) if usize::from(more) < LEFT_OUT => {
                PAUSES.at_most(HOPEFUL).pause_by_chance(more, chance)
            }
            Some(more) => PAUSES.pause_by_chance(more, chance),
        }
    }

    /// Leaves a file out. Returns whether there are others that may play.
    fn leave_out(&mut self, file: &MediaFile, why: Unplayable, ctx: &mut Context<'_>) -> bool {
        let now = ctx.now;
        let pause = self.capabilities.left_out_mut().add(file, why, now);
        let is_left = self.best(now) > Some(Fit::LeftOut);
        if is_left {
            ctx.trace.note(now, self.name(), What::LeftOut(file.path.clone(), why, pause));
        }
        is_left
    }

    /// The renderer stopped answering. If that happened twice when it had just got the same file, the file is left out:
    /// somebody may have to unplug the renderer each time.
    pub(super) fn stopped_answering(&mut self, ctx: &mut Context<'_>) {
        let now = ctx.now;
        let got = |load: &&Load| match load.phase {
            Phase::Wanted { .. } => load.attempt.unanswered,
            Phase::Accepted { .. } | Phase::Starting { .. } => true,
            Phase::Running { since, .. } => now.since(since) < HAS_PLAYED,
            _ => false,
        };
        let Some(load) = self.playback.load().filter(got) else {
            return self.capabilities.clear_suspect();
        };
        // A file that has ended by itself here plays here, and what the box itself cannot do is no renderer's hang.
        let is_proven = self.playback.end_of(&load.file).is_some();
        if is_proven || matches!(self.connection.fault(), Some(Fault::Local)) {
            return self.capabilities.clear_suspect();
        }
        if !self.capabilities.suspect(load) {
            return;
        }
        let file = load.file.clone();
        self.count(ctx, |row| row.fail(&Fault::Breaks(String::new())));
        if self.leave_out(&file, Unplayable::Breaks, ctx) || self.intent.programme.is_interrupted()
        {
            self.advance(now);
        }
        self.playback.retire();
    }

    /// Lets a file wait that made the renderer hang, if there is no other one.
    pub(super) fn hold_back(&mut self, ctx: &mut Context<'_>) {
        let Some(load) = self.playback.load() else { return };
        let against = self.capabilities.against(&load.file, ctx.now);
        if let Some((Fit::LeftOut, Entry { why: Unplayable::Breaks, until, .. })) = against {
            let until = *until;
            let fault = Fault::Breaks(load.name());
            self.enter(Phase::Failed { retry_at: until }, "the file makes the renderer hang", ctx);
            self.trouble(fault, ctx);
        }
    }

    /// The real cause of the failure, if the box knows more than the renderer.
    fn cause(&mut self, fault: Fault, now: Instant) -> Fault {
        let Some(load) = self.playback.load() else { return fault };
        if load.evidence.is_cut() {
            // The box broke the stream off: the renderer is not to blame.
            let there = self.intent.programme.has(&load.file.path);
            let fault = match (load.evidence.replaced, there) {
                (true, true) => Fault::Replaced(load.name()),
                (_, false) => Fault::Removed(load.name()),
                (false, true) if load.evidence.unreadable => Fault::Unreadable(load.name()),
                (false, true) => Fault::NoServer,
            };
            self.playback.request_scan();
            return fault;
        }
        let gave_up_at_once = load.evidence.fetched
            && !load.taken_over
            && load.from.is_zero()
            && (load.began_within(HAS_PLAYED, now) || self.has_not_begun(load));
        match fault {
            _ if load.attempt.silent > 0 && !load.evidence.is_asked_for() && !load.is_running() => {
                Fault::Unanswered
            }
            Fault::StoppedItself if load.has_shown_nothing() => load.never_began(),
            Fault::StoppedItself if gave_up_at_once => Fault::DoesNotPlay(load.name()),
            Fault::DoesNotPlay(_) if load.playhead.moved() => Fault::StoppedItself,
            Fault::CannotReachBox(..) => {
                let name = load.name();
                if self.playback.is_unfetched_alone() { Fault::NeverFetched(name) } else { fault }
            }
            _ => fault,
        }
    }
}
