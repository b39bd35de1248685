//! What an answer means for a renderer, and what a missing or malformed answer means.

use super::load::{Doubt, Load, Phase};
use super::observation::Evented;
use super::position::UNTOLD;
use super::requests::{Call, Purpose};
use super::timeouts::START_TIMEOUT;
use super::volume::Step;
use super::{Context, Renderer};
use crate::kiosk::effect::Effect;
use crate::kiosk::event::{Answer, Failure};
use crate::kiosk::fault::Fault;
use crate::kiosk::mutant::Mutant;
use crate::kiosk::trace::What;
use crate::text::Text;
use crate::time::{Duration, Instant};
use crate::upnp::action::{MediaInfo, TransportState};
use crate::upnp::description::ServiceDescription;
use crate::upnp::{Reply, UpnpError};
use core::net::Ipv4Addr;

/// A Stop that precedes a file takes effect within this time.
const SETTLES: Duration = Duration::from_secs(3);
/// The pause before a failed volume change is retried.
pub(super) const VOLUME_RETRY: Duration = Duration::from_secs(5);
/// After so many calls in a row without an answer, the box goes on without one: a file is played as if it was taken.
const SILENT: u8 = 2;
/// How often the connection is closed instead of an answer to a command until that counts as a refusal.
const CLOSED: u8 = 3;
/// Action Failed (UDA 1.0 §3.2.2). It stands for a refusal without a code.
const ACTION_FAILED: u16 = 501;

impl Renderer {
    /// Takes the answer to the call with this number. Answers to calls that were ended are ignored.
    pub(in crate::kiosk) fn answered(
        &mut self,
        number: u32,
        outcome: Result<Answer, Failure>,
        facing: Option<Ipv4Addr>,
        ctx: &mut Context<'_>,
    ) {
        let Some(call) = self.connection.end(number) else {
            return;
        };
        if let Some(facing) = facing {
            self.set_facing(facing, ctx.now);
        }
        self.capabilities.note_answer_time(ctx.now.since(call.sent_at));
        if matches!(outcome, Ok(_) | Err(Failure::Refused(_))) && self.connection.answered(ctx.now)
        {
            ctx.trace.note(ctx.now, self.name(), What::Recovered);
        }
        if let (Ok(_), Some(load)) = (&outcome, self.playback.load_mut()) {
            load.unanswered(false);
        }
        match outcome {
            Ok(answer) => self.succeeded(call, answer, ctx),
            Err(Failure::Refused(error)) => self.refused(&call.purpose, &error, ctx),
            Err(failure) => self.failed(&call, failure, ctx),
        }
    }

    /// Ends the call in flight if its deadline has passed.
    pub(in crate::kiosk) fn overdue(&mut self, ctx: &mut Context<'_>) {
        if let Some(call) = self.connection.end_overdue(ctx.now) {
            ctx.effects.push(Effect::Cancel(call.number));
            self.failed(&call, Failure::Timeout, ctx);
        }
    }

    fn succeeded(&mut self, call: Call, answer: Answer, ctx: &mut Context<'_>) {
        let now = ctx.now;
        if matches!(call.purpose, Purpose::Set | Purpose::Play | Purpose::Pause | Purpose::Stop) {
            self.connection.command_taken(call.purpose.clone(), now);
            if let Some(load) = self.playback.load_mut() {
                load.forget_silence();
            }
        }
        match (call.purpose.clone(), answer) {
            (Purpose::Transport, Answer::Reply(Reply::TransportInfo(info))) => {
                self.capabilities.note_round_trip(now.since(call.sent_at));
                if let Some(confirmed) = self.observation.confirm_hint(&info, call.sent_at, now) {
                    self.capabilities.weigh_event(confirmed);
                }
                self.observe(info, ctx);
                let looks_again = self.observation.must_look;
                let pace = if looks_again { Duration::ZERO } else { self.transport_pace(now) };
                self.observation.ask_state_at(now + pace);
            }
            (Purpose::Position, Answer::Reply(Reply::PositionInfo(info))) => {
                self.take_over_track(&info, call.sent_at, ctx);
                self.take_position_info(&info, call.sent_at, ctx);
                self.observation.ask_position_at(now + self.position_pace(now));
                self.observation.ask_state_by(now + self.transport_pace(now));
            }
            (Purpose::Media, Answer::Reply(Reply::MediaInfo(info))) => {
                self.take_over_uri(info.current_uri.as_deref().unwrap_or(""), ctx);
                self.observation.uri_asked();
                // A next URI from before a power failure of the box has a dead URL.
                self.playback.offer_told(info.next_uri.as_deref().unwrap_or("").contains("://"));
                if self.in_doubt(Doubt::AskUri) {
                    self.resolve_doubt(&info, ctx);
                } else if self.hides_its_file() {
                    self.take_held_uri(info.current_uri.as_deref().unwrap_or(""), ctx);
                }
            }
            (Purpose::Set, _) => self.file_taken(ctx),
            (Purpose::Play, _) => self.play_sent(call.sent_at, ctx),
            (Purpose::Stop, _) => self.stop_taken(ctx),
            (Purpose::Pause, _) => {
                self.observation.look_now(now);
                // If the goal is to play again by then, the box caused the pause, and no viewer did.
                self.observation.expect(TransportState::PausedPlayback);
            }
            (Purpose::Seek, _) => self.sent_back(call.sent_at, ctx),
            (Purpose::SeekTo, _) => self.sent_to_position(call.sent_at, ctx),
            (Purpose::SetNext, _) => {
                let mut log = ctx.log(&self.description.friendly_name);
                self.playback.next_accepted(now, &mut log);
            }
            (Purpose::ClearNext, _) => self.playback.offer_withdrawn(),
            (Purpose::Volume(step), Answer::Reply(reply)) => {
                match reply {
                    Reply::Volume(volume) => self.volume.told(volume),
                    Reply::Mute(mute) => self.volume.see(None, Some(mute)),
                    _ => {}
                }
                self.volume.done(step, now);
            }
            (Purpose::Scpd(which), Answer::ServiceDescription(service)) => {
                self.scpd_read(which, *service)
            }
            (Purpose::Sink, Answer::Reply(Reply::ProtocolInfo { sink })) => {
                self.capabilities.set_sink(Some(sink));
            }
            (
                Purpose::Subscribe(which) | Purpose::Renew(which),
                Answer::Subscribed { sid, timeout },
            ) => {
                self.observation.subscription_mut(which).grant(now, sid, timeout);
                self.lease_kept(which, ctx);
            }
            (Purpose::Unsubscribe(which), _) => {
                self.observation.subscription_mut(which).forget(now)
            }
            _ => self.failed(&call, Failure::Malformed, ctx),
        }
    }

    fn file_taken(&mut self, ctx: &mut Context<'_>) {
        self.enter(Phase::Accepted { at: ctx.now }, "the renderer accepted the file", ctx);
        if !self.intent.is_to_play() {
            // Some renderers show the file at once, and some go on with the one before.
            self.observation.look_now(ctx.now);
        }
        if let Some(load) = self.playback.load_mut() {
            load.accepted();
        }
        if self.slot.waits_for_others() {
            // Play may be due at any time, and nothing should be in flight then.
            self.observation.ask_state_at(ctx.now + self.transport_pace(ctx.now));
        }
    }

    fn stop_taken(&mut self, ctx: &mut Context<'_>) {
        if ctx.leaving.is_some() {
            return self.playback.retire();
        }
        self.observation.look_now(ctx.now);
        match self.playback.phase() {
            Some(Phase::Wanted { .. }) => {
                let until = ctx.now + SETTLES;
                self.enter(Phase::Settling { until }, "a Stop was sent before the file", ctx);
            }
            // The renderer was to be stopped. What it should play now starts from the beginning.
            _ => self.playback.retire(),
        }
    }

    /// Play was accepted, or may have been.
    pub(super) fn play_sent(&mut self, sent: Instant, ctx: &mut Context<'_>) {
        let now = ctx.now;
        self.observation.look_now(now);
        if let Some(load) = self.playback.load_mut().filter(|load| load.is_running()) {
            return load.playhead_mut().thaw(sent, now);
        }
        self.playback.previous_is_gone();
        self.enter(Phase::Starting { sent, until: now + START_TIMEOUT }, "Play was sent", ctx);
    }

    /// The description of a service was read, or is unavailable.
    pub(super) fn scpd_read(&mut self, which: Evented, service: ServiceDescription) {
        match which {
            Evented::Transport => self.capabilities.know_play_arguments(service.extra_arguments),
            Evented::Rendering => self.volume.know_units(service.volume),
        }
    }

    /// A call got no answer, or one without meaning.
    pub(super) fn failed(&mut self, call: &Call, failure: Failure, ctx: &mut Context<'_>) {
        let (purpose, now) = (&call.purpose, ctx.now);
        let said_no = matches!(failure, Failure::Status(_) | Failure::Malformed);
        // The path may have changed.
        let may_have_moved = matches!(failure, Failure::Status(404 | 410));
        // A bare HTTP status, or an answer in the renderer's own words, is a refusal, too.
        let refuses = match purpose {
            Purpose::Transport | Purpose::Volume(Step::AskMute | Step::Mute(_)) => {
                said_no && !may_have_moved
            }
            _ if !purpose.is_command() => false,
            _ if said_no && !may_have_moved => true,
            // Some close the connection instead, again and again, and answer other questions.
            _ if failure != Failure::Timeout && failure != Failure::Local => {
                self.count_silence() >= CLOSED
            }
            _ => false,
        };
        if refuses {
            if *purpose == Purpose::Transport && self.connection.answered(now) {
                // Otherwise the breaker, which only this question closes, would stay open.
                ctx.trace.note(now, self.name(), What::Recovered);
            }
            if matches!(failure, Failure::Status(400..=499)) {
                self.connection.distrust_description();
            }
            let error = UpnpError { code: ACTION_FAILED, description: Text::new() };
            return self.refused(purpose, &error, ctx);
        }
        if let (Purpose::Set, Some(load)) = (purpose, self.playback.load_mut()) {
            load.unanswered(true);
        }
        let silence = match purpose {
            Purpose::Set | Purpose::Play if failure == Failure::Timeout => self.count_silence(),
            Purpose::Media if !said_no => self.count_silence(),
            _ => 0,
        };
        match purpose {
            // The answer was a refusal without a code, or meaningless: only this question is affected.
            Purpose::Position if said_no => self.position_untold(now),
            Purpose::Position if failure == Failure::Cut => {
                self.observation.ask_position_at(now + self.position_pace(now));
            }
            Purpose::Position => self.observation.ask_position_at(now + UNTOLD),
            Purpose::Sink if failure == Failure::Cut && self.capabilities.may_ask_again() => {}
            Purpose::Sink => self.capabilities.set_sink(None),
            // The renderer is alive, whatever its web server does with this URL.
            Purpose::Scpd(which) if failure == Failure::Cut => {
                self.scpd_failed(*which, &failure, now)
            }
            Purpose::Scpd(which) => return self.scpd_failed(*which, &failure, now),
            Purpose::Subscribe(which) => {
                self.observation.subscription_mut(*which).refuse(now);
                if failure == Failure::Unreachable {
                    self.observation.ask_state_at(now);
                }
                return;
            }
            Purpose::Renew(which) => {
                let said = matches!(failure, Failure::Status(_));
                return self.lease_lost(*which, said, ctx);
            }
            Purpose::Unsubscribe(which) => self.observation.subscription_mut(*which).forget(now),
            Purpose::Volume(_) => self.volume.failed(now + VOLUME_RETRY),
            // LG does not answer while it loads: look at the state.
            Purpose::Play if failure == Failure::Timeout => {
                return self.play_sent(call.sent_at, ctx);
            }
            // It may have taken the file all the same: Play will show.
            Purpose::Set if silence >= SILENT => {
                self.file_taken(ctx);
            }
            // What plays goes on. Sent again, it would keep every other call away.
            Purpose::SeekTo if failure == Failure::Timeout => {
                if let Some(load) = self.playback.load_mut() {
                    load.send_to(None);
                }
            }
            Purpose::SetNext => {
                if failure == Failure::Timeout {
                    self.next_refused(true);
                }
                self.playback.drop_next();
            }
            // It may be on its way out.
            Purpose::Media if self.in_doubt(Doubt::AskUri) && (1..SILENT).contains(&silence) => {}
            Purpose::Media => {
                self.observation.uri_asked();
                self.media_unknown(ctx);
            }
            // The renderer hung on withdrawing the next URI. Whether it still holds the URI will show.
            Purpose::ClearNext if failure == Failure::Timeout => {
                self.next_failed(true);
                self.playback.offer_withdrawn();
            }
            _ => {}
        }
        if matches!(failure, Failure::Status(400..=499)) {
            // The path changed, so the description did, too.
            self.connection.distrust_description();
        }
        self.count_call_failure(failure, ctx);
    }

    /// A call about the load was not answered. Returns how many in a row were not.
    fn count_silence(&mut self) -> u8 {
        self.playback.load_mut().map_or(0, Load::count_silence)
    }

    fn scpd_failed(&mut self, which: Evented, failure: &Failure, now: Instant) {
        if *failure == Failure::Unreachable {
            self.observation.ask_state_at(now);
        }
        let again = match which {
            Evented::Transport => {
                matches!(failure, Failure::Cut | Failure::Unreachable)
                    && self.capabilities.may_ask_again()
            }
            Evented::Rendering => self.volume.units_failed(failure, now + VOLUME_RETRY),
        };
        if !again {
            self.scpd_read(which, ServiceDescription::default());
        }
    }

    fn count_call_failure(&mut self, failure: Failure, ctx: &mut Context<'_>) {
        // The renderer hung where the next file should have followed: never risk that again.
        if failure == Failure::Timeout && self.playback.holds_next() {
            self.next_failed(true);
        }
        let fault = match failure {
            Failure::Timeout => Fault::Hung,
            Failure::Cut | Failure::Malformed | Failure::NotARenderer | Failure::Refused(_) => {
                Fault::Garbled
            }
            Failure::Status(status) => Fault::Status(status),
            Failure::Unreachable => Fault::Unreachable,
            Failure::Local => Fault::Local,
        };
        let (hung, unreachable) = (failure == Failure::Timeout, failure == Failure::Unreachable);
        let opened = self.connection.failed(failure, ctx.rng.f64(), ctx.now);
        if Mutant::ForgetsBackoff.is_in() {
            self.connection.hurry(ctx.now);
        }
        let breaker = &self.connection.breaker;
        let (open, again) = (breaker.is_open(), breaker.failures() >= 2);
        if hung || open {
            self.trouble(fault, ctx);
        }
        if unreachable && (again || self.connection.elsewhere) {
            self.connection.distrust_description();
        }
        if opened && hung && self.capabilities.doubts_next() {
            // It was not one lost answer.
            self.next_failed(true);
        }
        if opened {
            if let Some(fault) = self.connection.fault().filter(|_| self.intent.is_to_play()) {
                self.count(ctx, |row| row.fail(fault));
            }
            self.stopped_answering(ctx);
            self.lost(ctx.now);
        } else if open && unreachable && !self.connection.away {
            // It hung, and now it is gone.
            self.lost(ctx.now);
        }
    }

    /// The renderer is away or hangs: all that it reported is in doubt.
    fn lost(&mut self, now: Instant) {
        self.observation.require_look();
        if self.connection.lost(now) {
            // It may be switched off.
            self.capabilities.restarted(now);
            self.observation.forget_subscriptions(Instant::START);
            self.intent.lose_clips();
            self.drop_unbegun();
        }
    }

    /// The renderer does not report which URIs it holds.
    pub(super) fn media_unknown(&mut self, ctx: &mut Context<'_>) {
        self.playback.offer_told(false);
        self.takeover.give_up();
        if self.in_doubt(Doubt::AskUri) {
            // What says STOPPED has something to play: what it was given last.
            let holds = self.observation.settled == Some(TransportState::Stopped);
            let url = self.playback.load().filter(|_| holds).map(Load::url);
            let info = MediaInfo { current_uri: url, next_uri: None };
            self.resolve_doubt(&info, ctx);
        } else if self.in_doubt(Doubt::AskLease) {
            self.fail(Fault::StoppedItself, ctx);
        }
    }

    /// The name of the current file.
    pub(super) fn file_name(&self) -> String {
        self.playback.load().map(Load::name).unwrap_or_default()
    }
}
