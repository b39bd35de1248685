//! Calls to a renderer: what each is for, how it is written, and how long to wait for its answer.

use super::observation::Evented;
use super::subscription;
use super::volume::Step;
use super::{Context, Renderer};
use crate::kiosk::deadline::Why;
use crate::kiosk::effect::{Effect, Effects, Request};
use crate::kiosk::event::Ticket;
use crate::time::{Duration, Instant};
use crate::upnp::action::TransportState;
use crate::upnp::description::Service;
use crate::upnp::description::ServiceDescription;
use crate::upnp::{Action, HttpUrl};

/// The pause after a call that could not be sent, because a service or the media server is missing.
pub(super) const IMPOSSIBLE_PAUSE: Duration = Duration::from_secs(1);

/// The usual wait for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest wait for an answer: for slow commands, and for slow renderers.
const LONGEST_PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Purpose {
    Transport,
    Position,
    Media,
    Set,
    SetNext,
    ClearNext,
    Play,
    Pause,
    Stop,
    /// Seek to the beginning, at the end of a round.
    Seek,
    /// Seek to the position that the load names.
    SeekTo,
    Volume(Step),
    Sink,
    /// Fetch the description of a service.
    Scpd(Evented),
    Subscribe(Evented),
    Renew(Evented),
    Unsubscribe(Evented),
}

impl Purpose {
    /// Returns whether the call changes what the transport does, rather than asking for something.
    pub(super) const fn is_command(&self) -> bool {
        matches!(
            self,
            Self::Set
                | Self::SetNext
                | Self::ClearNext
                | Self::Play
                | Self::Pause
                | Self::Stop
                | Self::Seek
                | Self::SeekTo
        )
    }

    /// Why the call is planned.
    pub(super) const fn why(&self) -> Why {
        match self {
            Self::Transport | Self::Position | Self::Media => Why::Look,
            command if command.is_command() => Why::Command,
            _ => Why::Housekeeping,
        }
    }
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) number: u32,
    pub(super) purpose: Purpose,
    pub(super) sent_at: Instant,
    pub(super) deadline: Instant,
}

impl Renderer {
    /// Cancels the call in flight. Its result stays unknown: after a Set or Play, the renderer may be playing.
    pub(in crate::kiosk) fn hang_up(&mut self, effects: &mut Effects) {
        if let Some(call) = self.connection.hang_up() {
            effects.push(Effect::Cancel(call.number));
            if matches!(call.purpose, Purpose::Set | Purpose::Play) {
                self.observation.expect(TransportState::Transitioning);
            }
        }
    }

    pub(super) fn send(&mut self, purpose: Purpose, ctx: &mut Context<'_>) {
        let Some(request) = self.request(&purpose, ctx.next_number(), ctx.media_port) else {
            return self.impossible(&purpose, ctx);
        };
        self.takeover.asked(&purpose);
        let number = ctx.number();
        // A renderer known to be slow is not taken for one that hangs.
        let usual = (2 * self.capabilities.habits.slowest).clamp(PATIENCE, LONGEST_PATIENCE);
        let patience = match purpose {
            Purpose::Transport => self.connection.breaker.patience().max(usual),
            // Some dongles take more than 10 s for these, and nothing else waits for them.
            Purpose::Set
            | Purpose::Play
            | Purpose::Stop
            | Purpose::Seek
            | Purpose::SeekTo
            | Purpose::SetNext => LONGEST_PATIENCE,
            _ => usual,
        };
        match purpose {
            Purpose::Subscribe(which) => self.observation.subscription_mut(which).ask(number),
            Purpose::Volume(step) => self.volume.sent(step),
            _ => {}
        }
        let deadline = ctx.now + patience;
        self.connection.begin(Call { number, purpose, sent_at: ctx.now, deadline });
        let ticket = Ticket::issue(number);
        ctx.effects.push(Effect::Run { ticket, request: Box::new(request) });
    }

    /// Something that the call needs is missing: a service in the description, or the subscription.
    fn impossible(&mut self, purpose: &Purpose, ctx: &mut Context<'_>) {
        match purpose {
            Purpose::Subscribe(which) | Purpose::Unsubscribe(which) => {
                self.observation.subscription_mut(*which).refuse(ctx.now);
            }
            Purpose::Renew(which) => self.lease_lost(*which, false, ctx),
            Purpose::Volume(_) => self.volume.refused(ctx.now + IMPOSSIBLE_PAUSE),
            Purpose::Sink => self.capabilities.set_sink(None),
            Purpose::Scpd(which) => self.scpd_read(*which, ServiceDescription::default()),
            _ => {}
        }
    }

    fn event_url(&self, which: Evented) -> Option<&HttpUrl> {
        which.service(&self.description)?.event_url.as_ref()
    }

    fn scpd_url(&self, which: Evented) -> Option<&HttpUrl> {
        which.service(&self.description)?.scpd_url.as_ref()
    }

    /// When to fetch the volume range, if it is not known.
    pub(super) fn units_due(&self) -> Option<Instant> {
        let can = self.has_rendering() && self.scpd_url(Evented::Rendering).is_some();
        self.volume.units_due().filter(|_| can)
    }

    /// The request for this purpose, if everything that it needs is there: a service of the renderer, a load, a
    /// subscription, or our media server.
    fn request(&self, purpose: &Purpose, number: u32, media_port: Option<u16>) -> Option<Request> {
        let av = |action| Some(act(&self.description.av_transport, action));
        let rc = |action| {
            let service = self.description.rendering_control.as_ref()?;
            Some(act(service, action))
        };
        let url = |which: &Evented| self.event_url(*which).cloned();
        match purpose {
            Purpose::Transport => av(Action::GetTransportInfo),
            Purpose::Position => av(Action::GetPositionInfo),
            Purpose::Media => av(Action::GetMediaInfo),
            Purpose::Set => {
                let load = self.playback.load()?;
                av(Action::SetAvTransportUri { uri: load.url(), metadata: load.didl() })
            }
            Purpose::SetNext => {
                let next = self.playback.next()?;
                av(Action::SetNextAvTransportUri { uri: next.url(), metadata: next.didl() })
            }
            Purpose::ClearNext => {
                av(Action::SetNextAvTransportUri { uri: String::new(), metadata: String::new() })
            }
            Purpose::Play => {
                let play = Action::Play;
                let surplus = self.capabilities.extra_arguments.to_vec();
                Some(act_with(&self.description.av_transport, play, surplus))
            }
            Purpose::Pause => av(Action::Pause),
            Purpose::Stop => av(Action::Stop),
            Purpose::Seek => av(Action::Seek { target: Duration::ZERO }),
            Purpose::SeekTo => av(Action::Seek { target: self.playback.load()?.seek_to? }),
            Purpose::Volume(Step::AskVolume) => rc(Action::GetVolume),
            Purpose::Volume(
                Step::Volume(volume) | Step::Hush { to: volume, .. } | Step::Unhush(volume),
            ) => rc(Action::SetVolume { volume: *volume }),
            Purpose::Volume(Step::AskMute) => rc(Action::GetMute),
            Purpose::Volume(Step::Mute(mute)) => rc(Action::SetMute { mute: *mute }),
            Purpose::Sink => {
                let service = self.description.connection_manager.as_ref()?;
                Some(act(service, Action::GetProtocolInfo))
            }
            Purpose::Scpd(which) => {
                Some(Request::DescribeService { url: self.scpd_url(*which)?.clone() })
            }
            Purpose::Subscribe(which) => {
                let callback =
                    HttpUrl::new(self.connection.facing, media_port?, &format!("/e/{number}"))?;
                let (url, callback) = (url(which)?, Box::new(callback));
                Some(Request::Subscribe { url, callback, timeout: subscription::ASKED })
            }
            Purpose::Renew(which) => {
                let sid = self.observation.subscription(*which).sid()?.to_owned();
                Some(Request::Renew { url: url(which)?, sid, timeout: subscription::ASKED })
            }
            Purpose::Unsubscribe(which) => {
                let sid = self.observation.subscription(*which).sid()?.to_owned();
                Some(Request::Unsubscribe { url: url(which)?, sid })
            }
        }
    }

    /// Returns whether the call with this number is in flight.
    pub(in crate::kiosk) fn runs_request(&self, number: u32) -> bool {
        self.connection.call().is_some_and(|call| call.number == number)
    }
}

fn act(service: &Service, action: Action) -> Request {
    act_with(service, action, Vec::new())
}

fn act_with(service: &Service, action: Action, surplus: Vec<String>) -> Request {
    Request::Act { url: service.control_url.clone(), version: service.version, action, surplus }
}
