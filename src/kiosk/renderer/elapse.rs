//! What time alone decides about a renderer.

use super::load::{Load, Phase};
use super::playhead::Playhead;
use super::witness::Witness;
use super::{Context, Goal, LoopMethod, OnStop, Renderer, Rested};
use crate::config::DWELL;
use crate::kiosk::effect::Effect;
use crate::kiosk::fault::Fault;
use crate::kiosk::group::{Gate, Start};
use crate::kiosk::profile::Way;
use crate::kiosk::statistics::Row;
use crate::kiosk::trace::What;
use crate::kiosk::why::{Viewer, never_began};
use crate::media::catalogue::MediaFile;
use crate::media::mime::{Kind, MediaType};
use crate::media::protocol_info;
use crate::time::{Duration, Instant};
use crate::upnp::av_transport::TransportState;

/// Commanded to play, but nothing fetched: given once more after this time.
pub(super) const REARM_AFTER: Duration = Duration::from_secs(6);
/// Commanded to play, but no evidence of it: given up after this time, to try again later.
pub(super) const START_TIMEOUT: Duration = Duration::from_secs(30);
/// PLAYING, but the position has not moved in this many reports: it is stuck.
const STUCK_REPORTS: u8 = 12;
/// Some look at a file several times before they fetch it: that is over after this time.
const LOOKS: Duration = Duration::from_secs(15);
/// It does not begin equally quick each time.
const LATENCY_VARIES: Duration = Duration::from_millis(50);
/// An end is seen as it comes if the look before was no longer ago than this.
const WATCHED: Duration = Duration::from_millis(600);
/// The position is asked for this long after a beginning; before, some say what was.
pub(super) const FIRST_LOOK: Duration = Duration::from_millis(1600);
/// First pause after a load that failed; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
/// How long a viewer who stopped a renderer has it for himself, where the box insists.
const INSIST_AFTER: [Duration; 3] =
    [Duration::from_secs(10), Duration::from_secs(30), Duration::from_secs(60)];

impl Renderer {
    /// Takes the transitions whose time has come. Each one makes progress, so that a few turns do.
    pub(super) fn elapse(&mut self, ctx: &mut Context<'_>) {
        if ctx.leaving.is_some() {
            return;
        }
        for _ in 0..4 {
            if !self.elapse_once(ctx) {
                break;
            }
        }
    }

    fn elapse_once(&mut self, ctx: &mut Context<'_>) -> bool {
        let now = ctx.now;
        if self.programme.chosen_until().is_some_and(|until| until <= now) {
            self.back_to_automatic(now);
        }
        match self.goal {
            Goal::Yield { until: Some(until), .. } if until <= now => self.goal = Goal::Play,
            Goal::Stop if !self.look && !self.is_active() => {
                self.goal = self.before_clip.take().unwrap_or(Goal::Rest);
                self.retire();
            }
            Goal::Play => return self.elapse_play(ctx),
            _ => return false,
        }
        true
    }

    fn elapse_play(&mut self, ctx: &mut Context<'_>) -> bool {
        let now = ctx.now;
        if self.look || self.breaker.retry_at().is_some() {
            return false;
        }
        let active = self.is_active();
        if self.question_of_heirs().is_some() {
            return false;
        }
        let outdated = self.is_outdated();
        let Some(load) = self.load.as_mut() else {
            return self.reload(ctx);
        };
        let dead =
            outdated || ctx.media_port.is_some_and(|port| load.origin != (self.facing, port));
        // What it has whole it may play to the end.
        let has_all = load.whole_sent && matches!(load.phase, Phase::Running { .. });
        match load.phase.clone() {
            Phase::Failed { .. } | Phase::Over => self.elapse_done(ctx),
            // Our address or the file has changed: its URL is dead.
            _ if dead && !has_all => {
                self.retire();
                let reloaded = self.reload(ctx);
                if let Some(load) = self.load.as_mut() {
                    // It waits for bytes that never come.
                    load.stop_first = true;
                }
                reloaded
            }
            Phase::Settling { until } if until <= now || !active => {
                self.advance_to(Phase::Wanted { at: now });
                true
            }
            Phase::Starting { sent, .. }
                if load.is_still() && load.fetched && sent + load.dwell() <= now =>
            {
                self.ended(ctx);
                true
            }
            Phase::Starting { sent, .. }
                if !load.fetched && !load.rearmed && sent + REARM_AFTER <= now =>
            {
                let after_still = load.after_still;
                load.rearmed = true;
                load.stop_first = true;
                load.phase = Phase::Wanted { at: now };
                // What plays is not ours: it dropped the file because it was playing.
                if self.state == Some(TransportState::Playing) {
                    match after_still {
                        true => self.ways.stop_between_stills = true,
                        false => self.habits.stop_first = true,
                    }
                }
                // It may have come for the subtitles instead.
                self.drop_captions();
                true
            }
            Phase::Starting { .. } | Phase::Running { doubt: None, .. }
                if load.starves_at().is_some_and(|at| at <= now) =>
            {
                let fault = Fault::Unreadable(load.name());
                self.fail(fault, ctx);
                true
            }
            Phase::Starting { until, .. } if until <= now => {
                let fault = never_began(load);
                self.fail(fault, ctx);
                true
            }
            // It says PLAYING, and can have nothing to play.
            Phase::Running { since, doubt: None }
                if since + LOOKS <= now && load.has_shown_nothing() =>
            {
                let fault = never_began(load);
                self.fail(fault, ctx);
                true
            }
            Phase::Running { since, .. } if load.is_still() && since + load.dwell() <= now => {
                self.ended(ctx);
                true
            }
            Phase::Running { doubt: None, .. }
                if load.playhead.stuck() >= STUCK_REPORTS && !load.is_still() =>
            {
                let began = load.playhead.moved();
                let fault = if began { Fault::StoppedItself } else { never_began(load) };
                self.fail(fault, ctx);
                true
            }
            Phase::Running { doubt: None, .. }
                if self.state == Some(TransportState::Playing)
                    && self.overtime_at().is_some_and(|at| at <= now) =>
            {
                self.ended(ctx);
                true
            }
            Phase::Running { doubt: None, .. } => self.offer_next(ctx),
            _ => false,
        }
    }

    /// One that ended, or failed, makes room for another.
    fn elapse_done(&mut self, ctx: &mut Context<'_>) -> bool {
        match self.load.as_ref().map(|load| &load.phase) {
            Some(Phase::Over) => {
                self.follow(ctx);
                true
            }
            Some(Phase::Failed { retry_at }) if *retry_at <= ctx.now => {
                let starved = self.load.as_ref().is_some_and(|load| load.cut_at.is_some());
                self.retire();
                if self.returns_to_rest() {
                    return true;
                }
                let reloaded = self.reload(ctx);
                if let Some(load) = self.load.as_mut() {
                    load.stop_first = starved;
                }
                reloaded
            }
            _ => false,
        }
    }

    fn advance_to(&mut self, phase: Phase) {
        if let Some(load) = self.load.as_mut() {
            load.stop_first = false;
            load.phase = phase;
        }
    }

    /// Makes the load for the current file, if everything for it is there.
    fn reload(&mut self, ctx: &mut Context<'_>) -> bool {
        let Some(file) = self.programme.current().cloned() else {
            self.wants_scan = true;
            self.trouble(Fault::NothingToPlay, ctx);
            return false;
        };
        let Some(port) = ctx.media_port else {
            self.trouble(Fault::NoServer, ctx);
            return false;
        };
        ctx.trace.note(ctx.now, self.name(), What::Loading(file.path.clone()));
        let seek_to = self.programme.take_place().filter(|_| !self.habits.seek_broken);
        self.load = Some(Load { seek_to, ..self.make_load(file, port, ctx) });
        self.fault.take_if(|fault| fault.ends_with_a_file());
        if self.seat.is_some() {
            // A card is nobody else's business.
            self.gate = if self.programme.is_covered() { Gate::Open } else { Gate::Shut };
        }
        true
    }

    fn make_load(&self, file: MediaFile, port: u16, ctx: &mut Context<'_>) -> Load {
        let token = ctx.token(&file.path);
        let mut before = [&self.load, &self.previous].into_iter().flatten();
        let after_still = file.media_type.kind == Kind::Image
            && before.clone().next().is_some_and(Load::is_still);
        let known = before.find(|load| load.file == file);
        let duration = known.and_then(|load| load.duration);
        if duration.is_none() {
            ctx.effects.push(Effect::Probe(token));
        }
        Load {
            token,
            mime: self.mime_for(file.media_type),
            rung: self.habits.rung,
            origin: (self.facing, port),
            phase: Phase::Wanted { at: ctx.now },
            fetched: false,
            whole_sent: false,
            cut_at: None,
            replaced: false,
            witness: Witness::default(),
            duration,
            said_duration: known.and_then(|load| load.said_duration),
            playhead: Playhead::expecting(self.habits.moves.of(file.media_type.kind)),
            rearmed: false,
            stop_first: self.habits.stop_first || (after_still && self.ways.stop_between_stills),
            captions: self.captions_for(&file),
            after_still,
            dwell: self.dwell(),
            seek_to: None,
            busy: 0,
            inherited: false,
            file,
        }
    }

    /// For how long it shows a still.
    pub(super) fn dwell(&self) -> Duration {
        self.rule.as_ref().map_or(DWELL, |rule| rule.dwell)
    }

    /// The MIME type to begin with: the one that it took before, else the one that its list names.
    pub(super) fn mime_for(&self, media_type: &'static MediaType) -> &'static str {
        let sink = || self.habits.sink.as_deref().unwrap_or("");
        let known = self.habits.names.of(media_type);
        known.unwrap_or_else(|| protocol_info::choose_mime(sink(), media_type))
    }

    /// Prepares the load to be offered by SetNextAVTransportURI, where that is the way.
    fn offer_next(&mut self, ctx: &mut Context<'_>) -> bool {
        if self.next.is_some() || self.method() != LoopMethod::Next {
            return false;
        }
        let (Some(file), Some(port)) = (self.programme.following().cloned(), ctx.media_port) else {
            return false;
        };
        let mut next = self.make_load(file, port, ctx);
        // Refused here, they would take the hand-over with them.
        next.captions = next.captions.filter(|form| !form.is_metadata() || self.knows_captions());
        self.next = Some(next);
        true
    }

    /// It played to its end.
    pub(super) fn ended(&mut self, ctx: &mut Context<'_>) {
        let now = ctx.now;
        self.rounds = self.rounds.saturating_add(1);
        self.ended_at = Some(now);
        ctx.trace.note(now, self.name(), What::Ended(self.rounds));
        if self.next.as_ref().is_some_and(|next| matches!(next.phase, Phase::Accepted { .. })) {
            // It took the next file and did not go on to it.
            self.next_failed(false);
        }
        self.next = None;
        let Some(load) = self.load.as_mut() else {
            return;
        };
        let hurried = match (&load.phase, load.length()) {
            // It ends when we say so, whatever the renderer calls its length.
            _ if load.is_still() => false,
            (Phase::Running { since, .. }, Some(length)) => now.since(*since) < length.mul_f64(0.5),
            (Phase::Running { since, .. }, None) => now.since(*since) < Duration::from_secs(1),
            _ => false,
        };
        self.last_start = None;
        if let (Phase::Running { .. }, Some(duration), false) =
            (&load.phase, load.duration, load.inherited)
        {
            let latency = load.playhead.latency_of(duration, now);
            // An end that was seen late (it hung, or was away) teaches only that it began no later.
            if now.since(self.seen_at) < WATCHED || latency < self.habits.latency {
                self.habits.latency = latency;
            }
            let watched = latency.filter(|_| now.since(self.seen_at) < WATCHED);
            let measured = load.playhead.measured();
            let start = measured.or_else(|| load.playhead.begun(watched?));
            self.last_start = start.map(|(sent, origin)| Start { sent, origin });
        }
        load.phase = Phase::Over;
        if hurried {
            // A round that lasts half as long as it should is no round: do not storm the renderer.
            self.fail(
                Fault::DoesNotPlay(self.load.as_ref().map(Load::name).unwrap_or_default()),
                ctx,
            );
            self.programme.advance();
        } else {
            self.failures = 0;
            self.tally(ctx, Row::complete);
        }
    }

    /// Goes on to the following file, or rests at the end of the programme.
    fn follow(&mut self, ctx: &mut Context<'_>) {
        let ended_at = self.ended_at;
        let goes_on = self.programme.advance();
        self.wants_scan |= self.programme.at_start() && self.programme.has_others();
        self.retire();
        self.ended_at = ended_at;
        if self.returns_to_rest() {
            return;
        }
        if goes_on {
            self.reload(ctx);
        } else {
            self.goal = Goal::Rest;
            self.rested = Rested::Finished;
            ctx.trace.note(ctx.now, self.name(), What::Finished);
        }
    }

    /// It does not play: say why, and try again later; after three times with the following file.
    pub(super) fn fail(&mut self, fault: Fault, ctx: &mut Context<'_>) {
        let starting = |load: &Load| matches!(load.phase, Phase::Starting { .. });
        if self.load.as_ref().is_some_and(starting) && self.stop_before_still(ctx.now) {
            return;
        }
        if self.load.as_ref().is_some_and(|load| !matches!(load.phase, Phase::Running { .. })) {
            self.doubt_captions();
        }
        let mut pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(6)).min(LONGEST_PAUSE);
        if self.programme.is_interrupted() {
            // A clip is not worth a dark screen: what it interrupted goes on.
            self.programme.advance();
            pause = Duration::ZERO;
        } else {
            self.failures = self.failures.saturating_add(1);
        }
        let jittered = pause.mul_f64(0.8 + 0.2 * ctx.rng.f64());
        if !pause.is_zero() && self.failures.is_multiple_of(3) && self.programme.has_others() {
            self.programme.advance();
        }
        self.next = None;
        self.ended_at = None;
        let mut fault = fault;
        if let Some(load) = self.load.as_mut() {
            load.phase = Phase::Failed { retry_at: ctx.now + jittered };
            if load.cut_at.is_some() {
                // Whatever it made of that: it is not to blame.
                fault = match (load.replaced, self.programme.has(&load.file.path)) {
                    (true, true) => Fault::Replaced(load.name()),
                    (_, false) => Fault::Removed(load.name()),
                    (false, true) => Fault::Unreadable(load.name()),
                };
                self.wants_scan = true;
            } else if fault == Fault::StoppedItself && load.has_shown_nothing() {
                fault = never_began(load);
            }
        }
        self.tally(ctx, |row| row.fail(&fault));
        self.trouble(fault, ctx);
        self.give_up_black();
    }

    /// A still that is not shown where a still was: once more, after a Stop. `false` if that is not the reason.
    fn stop_before_still(&mut self, now: Instant) -> bool {
        let Some(load) = self.load.as_mut().filter(|load| load.after_still) else {
            return false;
        };
        let again = !self.ways.stop_between_stills && !load.rearmed;
        // What failed after a Stop did not fail for want of one.
        self.ways.stop_between_stills &= !load.rearmed;
        if again {
            self.ways.stop_between_stills = true;
            load.rearmed = true;
            load.stop_first = true;
            load.fetched = false;
            load.phase = Phase::Wanted { at: now };
        }
        again
    }

    /// A viewer has it now: respected, or insisted on after a while.
    pub(super) fn yield_to_viewer(&mut self, did: Viewer, ctx: &mut Context<'_>) {
        let until = match self.on_stop() {
            OnStop::Respect => None,
            OnStop::Insist => {
                Some(ctx.now + INSIST_AFTER[usize::from(self.insisted).min(INSIST_AFTER.len() - 1)])
            }
        };
        self.insisted = self.insisted.saturating_add(1);
        let again = until.map(|until| until.since(ctx.now));
        ctx.trace.note(ctx.now, self.name(), What::Viewer(did, again));
        self.fault = None;
        self.goal = Goal::Yield { did, until };
    }

    /// It plays: evidence is there.
    pub(super) fn runs(&mut self, earliest: Instant, ctx: &mut Context<'_>) {
        let now = ctx.now;
        if let Some(load) = &self.load {
            self.habits.rung = load.rung;
            self.habits.names.note(load.file.media_type, load.mime);
        }
        self.learn_captions();
        let ended_at = self.ended_at.take();
        let gap = ended_at.map(|at| now.since(at));
        self.gap = gap.or(self.gap);
        self.tally(ctx, |row| row.start(gap));
        if let (Some(load), Some(gap)) = (&self.load, gap) {
            self.habits.looped(load.file.media_type.kind, Way::Restart, gap);
        }
        let silence = self.silence.take();
        if self.fault.take().or(silence).is_some() {
            ctx.trace.note(now, self.name(), What::Recovered);
        }
        if let Some(path) = self.load.as_ref().map(|load| load.file.path.clone()) {
            let what = if ended_at.is_some() { What::Again(path) } else { What::Playing(path) };
            ctx.trace.note(now, self.name(), what);
        }
        if let Some(volume) = self.usual_volume().filter(|_| self.rounds == 0) {
            self.knobs.want_volume(volume);
        }
        self.position_due = now + FIRST_LOOK;
        if let Some(load) = self.load.as_mut() {
            load.phase = Phase::Running { since: now, doubt: None };
            // Many say PLAYING before the first picture; how long before, a whole round tells.
            let latency = self.habits.latency.map(|latency| earliest + latency + LATENCY_VARIES);
            let guess = latency.unwrap_or(now + Duration::from_millis(500));
            load.playhead.begin(earliest, guess, Duration::ZERO, latency.is_some());
        }
    }
}
