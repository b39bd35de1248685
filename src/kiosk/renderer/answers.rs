//! What an answer means for a renderer.

use super::calls::{Call, Purpose};
use super::load::{Doubt, Phase};
use super::{Context, Evented, Renderer};
use crate::kiosk::event::{Answer, Failure};
use crate::kiosk::trace::What;
use crate::time::{Duration, Instant};
use crate::upnp::Reply;
use crate::upnp::av_transport::{Reply as Av, TransportState};
use crate::upnp::connection_manager::Reply as Cm;
use crate::upnp::rendering_control::Reply as Rc;
use core::net::Ipv4Addr;

/// A command that was taken and had no effect is given again after this time: LG needs 1.5 s to close
/// its player after a Stop.
const TAKES_EFFECT: Duration = Duration::from_secs(3);
/// One that hung for longer than this was not slow.
const SLOW: Duration = Duration::from_secs(10);

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
                self.settled = self.state;
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
}
