//! What an answer means for a renderer.

use super::calls::{Call, Purpose};
use super::elapse::FIRST_LOOK;
use super::heirloom::Heirloom;
use super::load::{Doubt, Load, Phase};
use super::playhead::{Playhead, Report};
use super::witness::Witness;
use super::{Context, Evented, Goal, Presence, Renderer};
use crate::kiosk::event::{Answer, Failure, StreamEnd, Token};
use crate::kiosk::fault::Fault;
use crate::kiosk::mutant::Mutant;
use crate::kiosk::profile::Way;
use crate::kiosk::statistics::Row;
use crate::kiosk::trace::What;
use crate::kiosk::why::{Viewer, never_began};
use crate::time::{Duration, Instant};
use crate::upnp::av_transport::{
    MediaInfo, PositionInfo, Reply as Av, TransportInfo, TransportState,
};
use crate::upnp::connection_manager::Reply as Cm;
use crate::upnp::rendering_control::Reply as Rc;
use crate::upnp::{HttpUrl, Reply};
use core::net::Ipv4Addr;

/// A stop seen once is looked at again after this time.
const LOOK_AGAIN: Duration = Duration::from_millis(400);
/// A command that was taken and had no effect is given again after this time: LG needs 1.5 s to close
/// its player after a Stop.
const TAKES_EFFECT: Duration = Duration::from_secs(3);
/// A renderer that goes on to the next file says STOPPED for up to this long (Eversolo: 0.7 s).
const FOLLOWS: Duration = Duration::from_millis(1500);
/// A file that lasts no longer than this may pass unseen between looks at usual intervals.
const UNSEEN: Duration = Duration::from_secs(2);
/// One that hung for longer than this was not slow.
const SLOW: Duration = Duration::from_secs(10);
/// An answer that took longer may be about another state than the event.
const FRESH: Duration = Duration::from_millis(500);
/// Reports in a row of somebody else's URI that mean: taken over.
const STRANGERS: u8 = 3;

impl Renderer {
    /// The call with this number was answered. `false` if there is no such call (any more).
    pub(in crate::kiosk) fn answered(
        &mut self,
        number: u32,
        outcome: Result<Answer, Failure>,
        facing: Option<Ipv4Addr>,
        ctx: &mut Context<'_>,
    ) -> bool {
        let Some(call) = self.call.take_if(|call| call.number == number) else {
            return false;
        };
        if let Some(facing) = facing {
            self.faces(facing, ctx.now);
        }
        let took = ctx.now.since(call.sent_at).min(SLOW);
        self.habits.slowest = took.max(self.habits.slowest * 7 / 8);
        let lives = matches!(outcome, Ok(_) | Err(Failure::Refused(_)));
        if lives {
            self.away = false;
            self.breaker.succeed();
            if self.silence.take().is_some() {
                ctx.trace.note(ctx.now, self.name(), What::Recovered);
            }
        }
        match outcome {
            Ok(answer) => self.succeeded(call, answer, ctx),
            Err(Failure::Refused(error)) => self.refused(&call.purpose, &error, ctx),
            Err(failure) => self.failed(&call.purpose, failure, ctx),
        }
        true
    }

    /// The call in flight has waited long enough.
    pub(in crate::kiosk) fn overdue(&mut self, ctx: &mut Context<'_>) {
        if let Some(call) = self.call.take_if(|call| call.deadline <= ctx.now) {
            ctx.effects.push(crate::kiosk::effect::Effect::Cancel(call.number));
            self.failed(&call.purpose, Failure::Timeout, ctx);
        }
    }

    fn succeeded(&mut self, call: Call, answer: Answer, ctx: &mut Context<'_>) {
        let now = ctx.now;
        if matches!(call.purpose, Purpose::Set | Purpose::Play | Purpose::Pause | Purpose::Stop) {
            self.taken = Some((call.purpose.clone(), now + TAKES_EFFECT));
        }
        match (call.purpose, answer) {
            (Purpose::Transport, Answer::Reply(Reply::AvTransport(Av::TransportInfo(info)))) => {
                self.habits.round_trip = (3 * self.habits.round_trip + now.since(call.sent_at)) / 4;
                self.weigh_event(&info, call.sent_at, now);
                self.observe(info, ctx);
                let pace = if self.look { Duration::ZERO } else { self.transport_pace(now) };
                self.transport_due = now + pace;
            }
            (Purpose::Position, Answer::Reply(Reply::AvTransport(Av::PositionInfo(info)))) => {
                self.inherit_track(&info, call.sent_at, ctx);
                self.place(&info, call.sent_at, ctx);
                self.position_due = now + self.position_pace(now);
                self.transport_due = self.transport_due.min(now + self.transport_pace(now));
            }
            (Purpose::Media, Answer::Reply(Reply::AvTransport(Av::MediaInfo(info)))) => {
                self.next_asked = true;
                self.inherit_uri(info.current_uri.as_deref().unwrap_or(""), ctx);
                let next = info.next_uri.as_deref().unwrap_or("");
                // From before the box lost its power: its URL is dead.
                self.offered |= self.next.is_none() && next.contains("://");
                if self.in_doubt(Doubt::AskUri) {
                    self.resolve_doubt(&info, ctx);
                }
            }
            (Purpose::Set, _) => {
                self.advance_load(Phase::Accepted { at: now });
                if let Some(load) = self.load.as_mut() {
                    load.busy = 0;
                }
                if self.waits_for_others() {
                    // It may be told to play at any moment: then nothing should be in flight.
                    self.transport_due = now + self.transport_pace(now);
                }
            }
            (Purpose::Play, _) => self.play_sent(call.sent_at, now),
            (Purpose::Stop, _) if ctx.leaving.is_some() => self.retire(),
            (Purpose::Stop, _) => {
                self.look_now(now);
                match self.load.as_ref().map(|l| &l.phase) {
                    Some(Phase::Wanted { .. }) => {
                        self.advance_load(Phase::Settling { until: now + Duration::from_secs(3) })
                    }
                    // It was to be stopped: whatever is wanted by now begins anew.
                    _ => self.retire(),
                }
            }
            (Purpose::Pause, _) => {
                self.look_now(now);
                // Whoever wants it to play again by now: it was the box that paused it, not a viewer.
                self.state = Some(TransportState::PausedPlayback);
            }
            (Purpose::Seek, _) => self.seeked(call.sent_at, ctx),
            (Purpose::SeekTo, _) => self.sought(call.sent_at, now),
            (Purpose::SetNext, _) => {
                self.offered = true;
                if let Some(next) = self.next.as_mut() {
                    next.phase = Phase::Accepted { at: now };
                }
            }
            (Purpose::ClearNext, _) => self.withdraw(),
            (Purpose::Turn(turn), Answer::Reply(reply)) => {
                match reply {
                    Reply::RenderingControl(Rc::Volume(volume)) => {
                        self.knobs.see(Some(volume), None)
                    }
                    Reply::RenderingControl(Rc::Mute(mute)) => self.knobs.see(None, Some(mute)),
                    _ => {}
                }
                self.knobs.done(turn);
            }
            (Purpose::Survey(which), Answer::Surveyed(survey)) => self.surveyed(which, *survey),
            (Purpose::Sink, Answer::Reply(Reply::ConnectionManager(Cm::ProtocolInfo { sink }))) => {
                self.habits.sink = Some(sink);
                self.habits.sink_asked = true;
            }
            (
                Purpose::Subscribe(which) | Purpose::Renew(which),
                Answer::Subscribed { sid, timeout },
            ) => {
                self.events[which as usize].grant(now, sid, timeout);
                if which == Evented::Transport && self.in_doubt(Doubt::AskLease) {
                    // It is the same as before, and it was stopped: by a viewer.
                    self.stopped_by_viewer(ctx);
                }
            }
            (Purpose::Unsubscribe(which), _) => self.events[which as usize].forget(now),
            (purpose, _) => self.failed(&purpose, Failure::Malformed, ctx),
        }
    }

    fn advance_load(&mut self, phase: Phase) {
        if let Some(load) = self.load.as_mut() {
            load.phase = phase;
        }
    }

    /// The renderer holds no next file any more.
    pub(super) fn withdraw(&mut self) {
        self.next = None;
        self.offered = false;
    }

    /// Before the next command, look what this one did.
    pub(super) fn look_now(&mut self, now: Instant) {
        self.look = true;
        self.transport_due = now;
    }

    /// Play was taken, or may have been.
    pub(super) fn play_sent(&mut self, sent: Instant, now: Instant) {
        self.look_now(now);
        let until = now + super::elapse::START_TIMEOUT;
        match self.load.as_mut() {
            Some(load) if matches!(load.phase, Phase::Running { .. }) => {
                load.playhead.thaw(sent, now)
            }
            Some(load) => load.phase = Phase::Starting { sent, until },
            None => {}
        }
    }

    pub(super) fn in_doubt(&self, doubt: Doubt) -> bool {
        matches!(self.load.as_ref().map(|l| &l.phase), Some(Phase::Running { doubt: Some(d), .. }) if *d == doubt)
    }

    pub(super) fn in_doubt_of_its_end(&self) -> bool {
        let phase = self.load.as_ref().map(|load| &load.phase);
        matches!(phase, Some(Phase::Running { doubt: Some(Doubt::LookAgain(_)), .. }))
    }

    fn set_doubt(&mut self, new: Option<Doubt>) {
        if let Some(Phase::Running { doubt, .. }) = self.load.as_mut().map(|load| &mut load.phase) {
            *doubt = new;
        }
    }

    /// A look that was begun after an event tells what the event is worth. A state on its way to another says
    /// nothing, nor does a look long after.
    fn weigh_event(&mut self, info: &TransportInfo, asked_at: Instant, now: Instant) {
        let Some((said, _)) = self.said.take_if(|(_, at)| *at <= asked_at) else { return };
        let settled = |state| state != TransportState::Transitioning;
        let told = info.state.filter(|state| settled(*state) && settled(said));
        let fresh = now.since(asked_at) < FRESH;
        if let Some(told) = told.filter(|_| fresh) {
            self.habits.events.note(told == said);
        }
    }

    /// The truth about its state, as far as it tells.
    fn observe(&mut self, info: TransportInfo, ctx: &mut Context<'_>) {
        // Who never named a state that means anything can still be given a file.
        self.look = false;
        let Some(state) = info.state.or(self.state) else {
            return;
        };
        let now = ctx.now;
        self.seen_at = core::mem::replace(&mut self.state_at, now);
        let was = self.state.replace(state);
        if !self.is_active() {
            self.heirloom = Heirloom::None;
        }
        let stopped = matches!(state, TransportState::Stopped | TransportState::NoMediaPresent);
        let shaken = core::mem::take(&mut self.shaken);
        let credible = self.says_playing_in_earnest();
        let Some(load) = self.load.as_mut() else {
            return;
        };
        match (load.phase.clone(), state) {
            (Phase::Starting { sent, .. }, TransportState::Playing)
                if load.playhead.moved() || credible =>
            {
                self.runs(sent, ctx);
            }
            (Phase::Starting { .. }, TransportState::Playing) => {
                self.position_due = self.position_due.min(now)
            }
            (Phase::Starting { .. }, _) if stopped && Mutant::TakesStoppedForTheEnd.is_in() => {
                self.ended(ctx)
            }
            // Too short to be seen playing between two looks. What is longer has not begun: some
            // say STOPPED while they load.
            (Phase::Starting { sent, .. }, _)
                if stopped
                    && load.whole_sent
                    && load.length().is_some_and(|length| {
                        now.since(sent) >= length && length <= now.since(self.seen_at) + UNSEEN
                    }) =>
            {
                self.ended(ctx);
            }
            (Phase::Starting { .. }, _) if info.error_occurred => {
                let fault = never_began(load);
                self.fail(fault, ctx);
            }
            (Phase::Running { .. }, _) if stopped && load.is_still() => {}
            (Phase::Running { .. }, _)
                if stopped && shaken && !load.stopped_at_its_end(now, true) =>
            {
                self.rebooted(ctx)
            }
            (Phase::Running { doubt, .. }, _) if stopped => {
                self.judge_stop(doubt, info.error_occurred, ctx)
            }
            (Phase::Running { .. }, TransportState::PausedPlayback) => {
                load.playhead.freeze(now);
                if self.goal == Goal::Play
                    && was == Some(TransportState::Playing)
                    && !self.is_wanted_back()
                {
                    self.yield_to_viewer(Viewer::Paused, ctx);
                }
            }
            (Phase::Running { .. }, TransportState::Playing) => {
                self.played_at = now;
                load.playhead.thaw(now, now);
                self.set_doubt(None);
                if matches!(self.goal, Goal::Yield { .. })
                    && was == Some(TransportState::PausedPlayback)
                {
                    ctx.trace.note(now, self.name(), What::Resumed);
                    self.goal = Goal::Play;
                }
            }
            _ => {}
        }
    }

    /// PLAYING after Play is believed of who has fetched. Of who has said so of this file before and
    /// showed nothing, more is asked: that the position moves, or where it never does, enough bytes.
    fn says_playing_in_earnest(&self) -> bool {
        let Some(load) = self.load.as_ref().filter(|load| load.fetched) else {
            return false;
        };
        let pretended = match &self.fault {
            Some(Fault::DoesNotPlay(file) | Fault::HungUp(file, _)) => *file == load.name(),
            _ => false,
        };
        let tells = self.habits.moves.of(load.file.media_type.kind);
        !pretended || (!tells && load.witness.has_fed(load))
    }

    /// It stopped after it had played: its end, a viewer, a fault, or a restart?
    fn judge_stop(&mut self, doubt: Option<Doubt>, error: bool, ctx: &mut Context<'_>) {
        let now = ctx.now;
        // While it is held, some stop instead of pausing, or after a while: it begins anew when it goes on.
        if self.goal != Goal::Play {
            return self.retire();
        }
        let Some(load) = &self.load else { return };
        let confirmed = doubt.is_some();
        let ends = load.stopped_at_its_end(now, true);
        if ends && self.holds_next() {
            // It may only be on its way to the next file.
            match doubt {
                None => return self.set_doubt(Some(Doubt::LookAgain(now + FOLLOWS))),
                Some(Doubt::LookAgain(at)) if now < at => return,
                Some(_) => {}
            }
        }
        if load.stopped_at_its_end(now, confirmed) {
            return self.ended(ctx);
        }
        if error || load.cut_at.is_some() || load.inherited && !load.fetched {
            // What it has not got it cannot play: no viewer's doing. Perhaps the file is gone.
            self.wants_scan |= load.cut_at.is_some();
            return self.fail(Fault::StoppedItself, ctx);
        }
        match doubt {
            None => self.set_doubt(Some(Doubt::LookAgain(now + LOOK_AGAIN))),
            // Some say STOPPED for a while where one file follows another.
            Some(Doubt::LookAgain(at)) if at <= now && load.began_within(FOLLOWS, now) => {
                self.set_doubt(Some(Doubt::LookAgain(now + LOOK_AGAIN)));
            }
            Some(Doubt::LookAgain(at)) if at <= now => self.set_doubt(Some(Doubt::AskUri)),
            Some(_) => {}
        }
    }

    /// It took a next file, and has not gone on to it yet.
    pub(super) fn holds_next(&self) -> bool {
        self.next.as_ref().is_some_and(|next| matches!(next.phase, Phase::Accepted { .. }))
    }

    /// Stopped in the middle: the URI that it holds tells a viewer's stop from a restart.
    fn resolve_doubt(&mut self, info: &MediaInfo, ctx: &mut Context<'_>) {
        let Some(load) = &self.load else { return };
        let uri = info.current_uri.as_deref().unwrap_or("");
        if self.presence == Presence::SaidGoodbye && (uri.is_empty() || load.is_named_by(uri)) {
            return self.put_to_sleep(ctx);
        }
        if load.is_named_by(uri) {
            // A decoder that gives up at once looks the same as a viewer; nobody is that quick.
            if load.played(ctx.now) < Duration::from_secs(2) {
                return self.fail(Fault::StoppedItself, ctx);
            }
            return self.stopped_by_viewer(ctx);
        }
        if !uri.is_empty() {
            return self.taken_over(ctx);
        }
        if load.length().is_none() && load.whole_sent {
            return self.ended(ctx);
        }
        if self.events[Evented::Transport as usize].is_from_before(self.played_at) {
            return self.set_doubt(Some(Doubt::AskLease));
        }
        // It holds nothing, and nothing tells whether it started again: an unattended box plays on.
        self.fail(Fault::StoppedItself, ctx);
    }

    /// It is not the one that we subscribed to: it started again, and what it was given is gone.
    pub(super) fn lease_lost(&mut self, which: Evented, ctx: &mut Context<'_>) {
        if which == Evented::Transport && self.in_doubt(Doubt::AskLease) {
            return self.rebooted(ctx);
        }
        self.events[which as usize].forget(ctx.now);
        self.transport_due = ctx.now;
    }

    /// Somebody pressed play since it was last seen playing: that is newer than what a viewer did.
    fn is_wanted_back(&mut self) -> bool {
        core::mem::take(&mut self.pressed_at) > self.played_at
    }

    fn stopped_by_viewer(&mut self, ctx: &mut Context<'_>) {
        if self.is_wanted_back() {
            return self.fail(Fault::StoppedItself, ctx);
        }
        self.yield_to_viewer(Viewer::Stopped, ctx);
        self.retire();
    }

    /// It said goodbye and stopped: a viewer switches it off, or puts it into standby, where a command
    /// would wake it. It is left alone until it is heard of.
    fn put_to_sleep(&mut self, ctx: &mut Context<'_>) {
        self.presence = Presence::Asleep;
        self.yield_to_viewer(Viewer::SwitchedOff, ctx);
        self.retire();
    }

    fn taken_over(&mut self, ctx: &mut Context<'_>) {
        self.retire();
        self.next = None;
        self.yield_to_viewer(Viewer::TookOver, ctx);
    }

    /// Where it says it is.
    fn place(&mut self, info: &PositionInfo, asked_at: Instant, ctx: &mut Context<'_>) {
        let now = ctx.now;
        let uri = info.track_uri.as_deref().unwrap_or("");
        // Where it names nothing, that it came for the next file tells.
        let nameless = !uri.contains("://");
        let is_next = |next: &Load| next.is_named_by(uri) || (nameless && next.fetched);
        let names_next = self.next.as_ref().is_some_and(is_next);
        let early = names_next && !self.may_have_handed_over(info.rel_time, now);
        if names_next {
            let accepted = |next: &Load| matches!(next.phase, Phase::Accepted { .. });
            if !early && self.next.as_ref().is_some_and(accepted) {
                // The position in this report may still be one in the file before.
                return self.hand_over(ctx);
            }
        } else if self.is_foreign(uri) {
            self.strangers = self.strangers.saturating_add(1);
            if self.strangers >= STRANGERS {
                self.strangers = 0;
                // Whoever pressed play since it was last seen with ours wants it back.
                let wanted = core::mem::take(&mut self.pressed_at) > self.ours_at;
                return match wanted || self.serves(uri, ctx) {
                    true => self.give_again(ctx),
                    false => self.taken_over(ctx),
                };
            }
        } else {
            self.strangers = 0;
            self.ours_at = now;
        }
        if self.plays_something_else(uri) {
            self.position_due = now + Duration::from_millis(300);
            return;
        }
        let Some(load) = self.load.as_mut() else {
            return;
        };
        if !early {
            load.said_duration = info.track_duration.or(load.said_duration);
        }
        // Some say 0:00 at their end, before or after they say STOPPED: that is no new beginning.
        let at_end = load.end().is_some_and(|(earliest, _)| earliest <= now);
        let position = info.rel_time.filter(|position| !(at_end && position.is_zero()));
        if let Some(position) = position {
            let report =
                Report { asked_at, answered_at: now, position, fractional: info.fractional };
            let seeked_at = self.seeked_at.take_if(|at| now.since(*at) > FIRST_LOOK);
            if seeked_at.is_some_and(|at| position > now.since(at) + Duration::from_secs(3)) {
                // The seek was taken and did nothing.
                self.habits.seek_broken = true;
            }
            load.playhead.take(report);
            if load.playhead.moved() {
                *self.habits.moves.at(load.file.media_type.kind) = true;
            }
        }
        if info.rel_time.is_none() {
            load.playhead.say_nothing();
        }
        let moved = load.playhead.moved()
            || (load.is_named_by(uri) && info.rel_time.is_some_and(|p| !p.is_zero()));
        if let Phase::Starting { sent, .. } = load.phase
            && moved
            && self.state == Some(TransportState::Playing)
        {
            self.runs(sent, ctx);
        }
    }

    /// It names the next file: does it play that already, or has it only begun to read it?
    fn may_have_handed_over(&self, position: Option<Duration>, now: Instant) -> bool {
        let Some(load) = &self.load else { return true };
        let over = |(earliest, _)| earliest <= now;
        load.end().is_none_or(over) || position.is_some_and(|p| p < load.playhead.furthest())
    }

    /// It answered 200 to Set and Play, and plays on what it played before (LG Netcast, HEOS).
    fn plays_something_else(&self, uri: &str) -> bool {
        let named = |load: &Load| load.is_named_by(uri);
        let starting = |load: &&Load| matches!(load.phase, Phase::Starting { .. });
        let load = self.load.as_ref().filter(starting);
        load.is_some_and(|load| !named(load)) && uri.contains("://")
    }

    fn is_foreign(&self, uri: &str) -> bool {
        let running = matches!(self.load.as_ref().map(|l| &l.phase), Some(Phase::Running { .. }));
        let ours = [&self.load, &self.next, &self.previous]
            .into_iter()
            .flatten()
            .any(|load| load.is_named_by(uri));
        running && !ours && uri.contains("://")
    }

    /// The URI is one that this box gave it, however long ago.
    fn serves(&self, uri: &str, ctx: &Context<'_>) -> bool {
        let Some(url) = HttpUrl::parse(uri) else { return false };
        let now = ctx.media_port.map(|port| (self.facing, port));
        let before = [&self.load, &self.previous].into_iter().flatten().map(|load| load.origin);
        now.into_iter().chain(before).any(|origin| origin == (url.host, url.port))
    }

    /// It plays something else, an older file of ours or another box's: it needs a Stop before.
    fn give_again(&mut self, ctx: &mut Context<'_>) {
        self.habits.stop_first = true;
        if let Some(load) = self.load.as_mut() {
            load.stop_first = true;
            load.fetched = false;
            load.witness = Witness::default();
            load.playhead = Playhead::expecting(self.habits.moves.of(load.file.media_type.kind));
            load.phase = Phase::Wanted { at: ctx.now };
        }
    }

    /// It went on to the next file by itself.
    fn hand_over(&mut self, ctx: &mut Context<'_>) {
        let now = ctx.now;
        let earliest = self
            .load
            .as_ref()
            .and_then(super::Load::end)
            .map_or(now, |(earliest, _)| earliest.min(now));
        self.rounds = self.rounds.saturating_add(1);
        ctx.trace.note(now, self.name(), What::Looped(self.rounds));
        self.gap = Some(Duration::ZERO);
        self.habits.next_works = true;
        if let Some(next) = &self.next {
            self.habits.looped(next.file.media_type.kind, Way::Next, Duration::ZERO);
        }
        self.tally(ctx, Row::complete);
        self.programme.advance();
        self.offered = false;
        self.previous = self.load.take();
        self.load = self.next.take();
        self.tally(ctx, |row| row.start(Some(Duration::ZERO)));
        if let Some(load) = self.load.as_mut() {
            load.phase = Phase::Running { since: now, doubt: None };
            // Some name the next file up to a second before they play it.
            load.playhead.begin(earliest, now + Duration::from_millis(1500), Duration::ZERO, false);
        }
    }

    /// It was sent back to the beginning.
    fn seeked(&mut self, sent: Instant, ctx: &mut Context<'_>) {
        let now = ctx.now;
        self.rounds = self.rounds.saturating_add(1);
        ctx.trace.note(now, self.name(), What::Looped(self.rounds));
        self.seeked_at = Some(now);
        let gap = now.since(sent);
        self.gap = Some(gap);
        if let Some(load) = &self.load {
            self.habits.looped(load.file.media_type.kind, Way::Seek, gap);
        }
        self.tally(ctx, |row| {
            row.complete();
            row.start(Some(gap));
        });
        self.position_due = now + FIRST_LOOK;
        self.transport_due = now + Duration::from_millis(300);
        if let Some(load) = self.load.as_mut() {
            load.phase = Phase::Running { since: now, doubt: None };
            // It goes back within an open stream: no slower than its start.
            let latency = self.habits.latency;
            let latest = now + latency.unwrap_or(Duration::from_millis(300));
            load.playhead.begin(sent, latest, Duration::ZERO, latency.is_some());
        }
    }

    /// It was sent to a place in its file.
    fn sought(&mut self, sent: Instant, now: Instant) {
        self.position_due = now + FIRST_LOOK;
        self.transport_due = self.transport_due.min(now + LOOK_AGAIN);
        if let Some(load) = self.load.as_mut()
            && let Some(place) = load.seek_to.take()
        {
            load.playhead.begin(sent, now + LOOK_AGAIN, place, false);
        }
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
}
