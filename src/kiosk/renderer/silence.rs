//! What it means that a renderer does not answer, or says nothing that can be understood.

use super::calls::Purpose;
use super::heirloom::Heirloom;
use super::load::{Doubt, Phase};
use super::{Context, Goal, Renderer};
use crate::kiosk::event::Failure;
use crate::kiosk::fault::Fault;
use crate::kiosk::mutant::Mutant;
use crate::time::{Duration, Instant};
use crate::upnp::UpnpError;

/// Action Failed (UDA 1.0 §3.2.2): what a refusal without a code says.
const FAILED: u16 = 501;

impl Renderer {
    /// No answer, or none that says anything.
    pub(super) fn failed(&mut self, purpose: &Purpose, failure: Failure, ctx: &mut Context<'_>) {
        let now = ctx.now;
        let said_no = matches!(failure, Failure::Status(400 | 500..=599) | Failure::Malformed);
        if purpose.is_command() && said_no {
            // A bare HTTP 500, or words of its own: it is a refusal too.
            let description = crate::text::Text::new();
            let error = UpnpError { code: FAILED, description };
            return self.refused(purpose, &error, ctx);
        }
        match purpose {
            // Answered, but without sense: only what was asked suffers.
            Purpose::Position if failure == Failure::Malformed => self.does_not_say_where(now),
            Purpose::Position => self.position_due = now + Duration::from_secs(10),
            Purpose::Sink => self.habits.sink_asked = true,
            // It lives, whatever its web server does with this.
            Purpose::Survey(which) => return self.survey_failed(*which, &failure, now),
            Purpose::Subscribe(which) => {
                self.events[*which as usize].refuse(now);
                if failure == Failure::Unreachable {
                    self.transport_due = now;
                }
                return;
            }
            Purpose::Renew(which) => {
                self.lease_lost(*which, ctx);
                return;
            }
            Purpose::Unsubscribe(which) => self.events[*which as usize].forget(now),
            Purpose::Turn(_) => self.knobs.failed(now + Duration::from_secs(5)),
            // LG holds the call while it loads: look what it does.
            Purpose::Play if failure == Failure::Timeout => {
                self.play_sent(now, now);
                return;
            }
            Purpose::SetNext => {
                if failure == Failure::Timeout {
                    self.next_failed(true);
                }
                self.next = None;
            }
            Purpose::Media => self.media_unknown(ctx),
            // It hung over taking the next file back: whether it still holds it will show.
            Purpose::ClearNext if failure == Failure::Timeout => {
                self.next_failed(true);
                self.withdraw();
            }
            _ => {}
        }
        if matches!(failure, Failure::Status(400..=499)) {
            // The path is not what it was: the description is.
            self.stale = true;
        }
        self.count(failure, ctx);
    }

    fn count(&mut self, failure: Failure, ctx: &mut Context<'_>) {
        let was_open = self.breaker.is_open();
        // It hung where the next file should have followed: never risk that again.
        if failure == Failure::Timeout
            && self.next.as_ref().is_some_and(|next| matches!(next.phase, Phase::Accepted { .. }))
        {
            self.next_failed(true);
        }
        let fault = match failure {
            Failure::Timeout => Fault::Hung,
            Failure::Malformed | Failure::NotARenderer | Failure::Refused(_) => Fault::Garbled,
            Failure::Status(status) => Fault::Status(status),
            Failure::Unreachable => Fault::Unreachable,
            Failure::Local => Fault::Local,
        };
        let unreachable = failure == Failure::Unreachable;
        self.shaken |= unreachable || self.breaker.is_open();
        let hung = failure == Failure::Timeout;
        self.breaker.fail(ctx.now, failure, ctx.rng.f64());
        if Mutant::ForgetsBackoff.is_in() {
            self.breaker.hurry(ctx.now);
        }
        if hung || self.breaker.is_open() {
            self.trouble(fault, ctx);
        }
        if unreachable && (self.breaker.failures() >= 2 || self.elsewhere) {
            self.stale = true;
        }
        if self.breaker.is_open() && !was_open {
            if let Some(fault) = self.silence.clone().filter(|_| self.goal == Goal::Play) {
                self.tally(ctx, |row| row.fail(&fault));
            }
            self.lost();
        }
    }

    /// It is not there, or hangs: what it told us is in doubt.
    fn lost(&mut self) {
        self.shaken = true;
        self.look = true;
        if matches!(self.breaker.why(), Some(Failure::Unreachable)) {
            self.away = true;
            self.events.iter_mut().for_each(|s| s.forget(Instant::START));
        }
    }

    pub(super) fn media_unknown(&mut self, ctx: &mut Context<'_>) {
        self.next_asked = true;
        self.heirloom = Heirloom::None;
        if self.in_doubt(Doubt::AskUri) || self.in_doubt(Doubt::AskLease) {
            self.fail(Fault::StoppedItself, ctx);
        }
    }
}
