//! What a refusal or a failure means for a renderer: the metadata ladder, busy renderers, dead ones.
//!
//! Codes: AVTransport:1 §2.4 and UDA 1.0 §3.2.2; what real renderers mean by them differs, so the
//! reactions are ordered by what most often helps.

use super::calls::Purpose;
use super::load::{Load, Phase};
use super::{Context, Goal, Renderer};
use crate::kiosk::fault::Fault;
use crate::kiosk::trace::What;
use crate::time::Duration;
use crate::upnp::UpnpError;
use crate::upnp::didl::Rung;

/// A busy renderer is asked again after this time.
const BUSY_PAUSE: Duration = Duration::from_millis(1000);
/// A busy renderer is asked this often before it counts as a failure: LG needs up to 8.
const BUSY_TIMES: u8 = 8;
/// From the third time on a Stop goes before.
const BUSY_STOP: u8 = 2;

impl Renderer {
    /// It refused a command.
    pub(super) fn refused(&mut self, purpose: &Purpose, error: &UpnpError, ctx: &mut Context<'_>) {
        let now = ctx.now;
        match purpose {
            Purpose::Set => self.set_refused(error, ctx),
            Purpose::Play => self.play_refused(error, ctx),
            Purpose::Stop if ctx.leaving.is_some() => self.retire(),
            Purpose::Stop => {
                // Nothing to stop, or not now: look what it does.
                self.look_now(now);
                if let Some(load) = self.load.as_mut() {
                    load.stop_first = false;
                }
                if self.goal == Goal::Stop {
                    self.goal = Goal::Rest;
                    self.retire();
                }
            }
            Purpose::Pause => {
                self.goal = Goal::Play;
                self.trouble(Fault::Refused("to pause", error.code, error.meaning()), ctx);
            }
            Purpose::Seek => {
                self.habits.seek_broken = true;
                self.transport_due = now;
            }
            Purpose::SeekTo => {
                // It plays on where it is.
                if let Some(load) = self.load.as_mut() {
                    load.seek_to = None;
                }
                ctx.trace.note(now, self.name(), What::Refused("to seek", error.code));
            }
            Purpose::SetNext => {
                self.next_failed(false);
                self.next = None;
            }
            Purpose::ClearNext => self.withdraw(),
            Purpose::Turn(turn) => self.turn_refused(*turn, error, now),
            Purpose::Transport => {
                // One that never tells its state can still be given a file.
                self.look = false;
                self.transport_due = now + self.transport_pace(now).max(Duration::from_secs(1))
            }
            Purpose::Position => self.does_not_say_where(now),
            Purpose::Media => self.media_unknown(ctx),
            Purpose::Sink => self.habits.sink_asked = true,
            Purpose::Survey(which) => self.not_surveyed(*which),
            Purpose::Subscribe(which) => self.events[*which as usize].refuse(now),
            Purpose::Renew(which) => self.lease_lost(*which, ctx),
            Purpose::Unsubscribe(which) => self.events[*which as usize].forget(now),
        }
    }

    fn set_refused(&mut self, error: &UpnpError, ctx: &mut Context<'_>) {
        let now = ctx.now;
        let Some(load) = self.load.as_mut() else {
            return;
        };
        match error.code {
            701 | 705 | 715 if load.busy < BUSY_TIMES => {
                load.busy += 1;
                load.stop_first = error.code == 705 || load.busy >= BUSY_STOP;
                load.phase = Phase::Wanted { at: now + BUSY_PAUSE };
                self.habits.stop_first |= error.code == 705;
                self.transport_due = now + BUSY_PAUSE / 2;
            }
            // No other description of the file makes it readable.
            716 if load.cut_at.is_some() => {
                let fault = Fault::Unreadable(load.name());
                self.fail(fault, ctx);
            }
            714 if self.next_mime() => self.transport_due = now,
            401 | 602 => self.fail(Fault::Refused("the file", error.code, error.meaning()), ctx),
            _ if self.next_rung() => {}
            716 if !self.load.as_ref().is_some_and(Load::was_asked_for) => {
                let fault = self.load.as_ref().map_or(Fault::NoServer, Load::never_began);
                self.fail(fault, ctx);
            }
            714 | 704 => {
                let name = self.load.as_ref().map(Load::name).unwrap_or_default();
                self.fail(Fault::RefusesFile(name), ctx);
            }
            _ => self.fail(Fault::Refused("the file", error.code, error.meaning()), ctx),
        }
    }

    /// The following MIME alias, if there is one.
    fn next_mime(&mut self) -> bool {
        let Some(media_type) = self.load.as_ref().map(|load| load.file.media_type) else {
            return false;
        };
        let first = self.mime_for(media_type);
        let Some(load) = self.load.as_mut() else {
            return false;
        };
        let Some(mime) = media_type.alias_after(load.mime, first) else {
            return false;
        };
        load.mime = mime;
        load.phase = Phase::Wanted { at: load_at(load) };
        true
    }

    /// The following rung of the metadata ladder, if there is one.
    fn next_rung(&mut self) -> bool {
        let Some(media_type) = self.load.as_ref().map(|load| load.file.media_type) else {
            return false;
        };
        let mime = self.mime_for(media_type);
        let had_captions = self.drop_captions();
        let Some(load) = self.load.as_mut() else {
            return false;
        };
        let next = match load.rung {
            rung if had_captions => Some(rung),
            Rung::Full => Some(Rung::Plain),
            Rung::Plain => Some(Rung::Compat),
            Rung::Compat => Some(Rung::Empty),
            Rung::Empty => None,
        };
        match next {
            Some(rung) => {
                load.rung = rung;
                // No other name was better: our server says the one that it lists, or the usual one.
                load.mime = mime;
                load.phase = Phase::Wanted { at: load_at(load) };
                true
            }
            None => {
                // The next attempt begins at the top again.
                self.habits.rung = Rung::Full;
                false
            }
        }
    }

    fn play_refused(&mut self, error: &UpnpError, ctx: &mut Context<'_>) {
        let now = ctx.now;
        self.transport_due = now;
        let active = self.is_active();
        let Some(load) = self.load.as_mut() else {
            return;
        };
        let again = load.busy > 0 && !active;
        let taken = match error.code {
            701 | 715 => true,
            705 => !again,
            // It fetches: some play from Set on, and have no other word for a Play too many.
            501 => load.fetched && !again,
            _ => false,
        };
        // What is wrong with the file or its metadata, some say only now.
        let other_words = |renderer: &mut Self| match error.code {
            714 => renderer.next_mime() || renderer.next_rung(),
            402 | 501 => renderer.next_rung(),
            _ => false,
        };
        match error.code {
            // It plays already, or it is busy: the next look tells which.
            _ if taken && load.busy < BUSY_TIMES => {
                load.busy += 1;
                if active {
                    self.play_sent(now, now);
                } else if let Some(load) =
                    self.load.as_mut().filter(|l| matches!(l.phase, Phase::Accepted { .. }))
                {
                    load.phase = Phase::Accepted { at: now + BUSY_PAUSE };
                }
            }
            705 if !load.rearmed => {
                load.rearmed = true;
                load.stop_first = true;
                load.phase = Phase::Wanted { at: now };
                self.habits.stop_first = true;
            }
            _ if self.look_at_play(error.code, now) || other_words(self) => {}
            716 if !self.load.as_ref().is_some_and(Load::was_asked_for) => {
                let fault = self.load.as_ref().map_or(Fault::NoServer, Load::never_began);
                self.fail(fault, ctx);
            }
            704 | 714 => {
                let name = self.load.as_ref().map(Load::name).unwrap_or_default();
                self.fail(Fault::RefusesFile(name), ctx);
            }
            _ => self.fail(Fault::Refused("to play", error.code, error.meaning()), ctx),
        }
    }

    /// SetNextAVTransportURI is not its way in media of this kind.
    pub(super) fn next_failed(&mut self, hung: bool) {
        let load = self.next.as_ref().or(self.load.as_ref());
        if let Some(kind) = load.map(|load| load.file.media_type.kind) {
            *self.habits.next_broken.at(kind) = true;
            *self.habits.next_hung.at(kind) |= hung;
        }
    }
}

fn load_at(load: &Load) -> crate::time::Instant {
    match load.phase {
        Phase::Wanted { at } => at,
        _ => crate::time::Instant::START,
    }
}
