//! What the UPnP actions do to a simulated renderer.

use super::media::Media;
use super::{Call, FakeRenderer, Transport, fault};
use crate::sim::quirks::{Does, PlayEmpty, Whim};
use crate::time::{Duration, Instant};
use crate::upnp::action::{MediaInfo, TransportInfo};
use crate::upnp::{Action, Reply, ServiceKind, UpnpError};

/// The result of an action; `None`: it is answered later.
pub(super) type Outcome = Option<Result<Reply, UpnpError>>;
pub(super) const DONE: Outcome = Some(Ok(Reply::Done));

pub(super) fn refuse(code: u16) -> Outcome {
    Some(Err(fault(code)))
}

fn unless(refusal: Option<u16>) -> Outcome {
    refusal.map_or(DONE, refuse)
}

impl FakeRenderer {
    /// Takes an action. It is answered with [`Output::Answer`](super::Output::Answer): at once, later or never.
    pub fn act(&mut self, now: Instant, call: Call, action: &Action) {
        self.catch_up(now);
        if !self.responsive() {
            return;
        }
        let whim = self.whim_about(action);
        if let Some(Does::Nothing | Does::NothingSilently | Does::Refuses(_)) = whim {
            let outcome = match whim {
                Some(Does::Refuses(code)) => refuse(code),
                Some(Does::Nothing) => DONE,
                _ => None,
            };
            self.answer(now, call, outcome);
            return self.catch_up(now);
        }
        let verdict = match action.service() {
            ServiceKind::AvTransport => self.transport_action(now, call, action),
            ServiceKind::RenderingControl => self.rendering_action(action),
            ServiceKind::ConnectionManager => {
                let sink = self.persona.sink.clone();
                Some(Ok(Reply::ProtocolInfo { sink }))
            }
        };
        self.told_positions += u32::from(*action == Action::GetPositionInfo);
        if whim != Some(Does::ItSilently) {
            self.answer(now, call, verdict);
        }
        if action.name().starts_with("Get") {
            // A query changes nothing.
            self.give_answers(now);
        } else {
            self.catch_up(now);
        }
    }

    fn whim_about(&mut self, action: &Action) -> Option<Does> {
        let (name, state) = (action.name(), self.state());
        let fits = |whim: &&mut Whim| {
            whim.action == name && whim.times > 0 && whim.only_in.is_none_or(|only| only == state)
        };
        let whim = self.quirks.whims.iter_mut().find(fits)?;
        whim.times -= 1;
        Some(whim.does)
    }

    /// Takes an action that the renderer does not know.
    pub fn act_unknown(&mut self, now: Instant, call: Call) {
        self.catch_up(now);
        if self.responsive() {
            self.answer(now, call, refuse(self.quirks.unknown_action));
            self.catch_up(now);
        }
    }

    pub(super) fn answer(&mut self, now: Instant, call: Call, verdict: Outcome) {
        if let Some(result) = verdict {
            let setting = self.pending.setting_until.filter(|_| matches!(result, Ok(Reply::Done)));
            let at = (now + self.quirks.answers_after).max(setting.unwrap_or(now));
            self.pending.answer(at, call, result);
        }
    }

    fn transport_action(&mut self, now: Instant, call: Call, action: &Action) -> Outcome {
        use Action::{
            GetMediaInfo, GetPositionInfo, GetTransportInfo, Next, Pause, Play, Previous, Seek,
            SetAvTransportUri, SetNextAvTransportUri, Stop,
        };
        let moves = !matches!(action, GetTransportInfo | GetPositionInfo | GetMediaInfo | Stop);
        if moves && self.transport == Transport::Locked {
            return refuse(705);
        }
        let in_transition =
            matches!(self.transport, Transport::Starting { .. } | Transport::Closing { .. })
                || self.pausing_until.is_some();
        if let Some(code) = self.quirks.in_transition.filter(|_| moves && in_transition) {
            return refuse(code);
        }
        match action {
            SetAvTransportUri { uri, metadata } => self.set(now, call, uri, metadata),
            SetNextAvTransportUri { uri, metadata } => self.set_next(now, uri, metadata),
            Play => self.play(now, call),
            Pause => self.pause(now),
            Stop => self.stop(now),
            Seek { target } => self.seek(*target),
            Next | Previous => unless(self.quirks.skip),
            GetTransportInfo => Some(Ok(Reply::TransportInfo(TransportInfo {
                state: Some(self.state()),
                error_occurred: self.error,
            }))),
            GetPositionInfo => {
                let idle = matches!(self.transport, Transport::Idle | Transport::Stopped);
                let refusal = self.quirks.position_when_idle.filter(|_| idle);
                if let Some(code) = self.quirks.position_refused.or(refusal) {
                    return refuse(code);
                }
                let info = self.position_info(now);
                Some(Ok(Reply::PositionInfo(info)))
            }
            GetMediaInfo => {
                let next = self.next.as_ref().filter(|next| !next.begun());
                Some(Ok(Reply::MediaInfo(MediaInfo {
                    current_uri: Some(self.shown_uri().to_owned()),
                    next_uri: Some(next.map(|next| next.uri.clone()).unwrap_or_default()),
                })))
            }
            _ => refuse(401),
        }
    }

    pub(super) fn has_media(&self) -> bool {
        self.media.as_ref().is_some_and(|media| !media.uri.is_empty())
    }

    /// Returns the state in which nothing plays.
    pub(super) fn at_rest(&self) -> Transport {
        if self.has_media() { Transport::Stopped } else { Self::without_media(&self.quirks) }
    }

    /// Stops, whatever the cause.
    pub(super) fn stop_playback(&mut self, now: Instant) {
        self.abandon();
        let rested = matches!(self.transport, Transport::Idle | Transport::Stopped);
        if let Some(media) = &mut self.media {
            media.roll(now, false);
            media.rewind();
        }
        if !self.quirks.stale_next {
            self.next = None;
        }
        self.transport = if rested || self.quirks.stopping.is_zero() {
            self.at_rest()
        } else {
            Transport::Closing { until: now + self.quirks.stopping }
        };
    }

    fn play(&mut self, now: Instant, call: Call) -> Outcome {
        if let Some(code) = self.quirks.play_refused {
            return refuse(code);
        }
        if self.pending.setting_until.is_some_and(|until| now < until) {
            return DONE;
        }
        self.pending.setting_until = None;
        if let Some(code) = self.media.as_ref().and_then(|media| media.refusal) {
            return refuse(code);
        }
        match self.transport {
            Transport::Playing | Transport::HandingOver { .. } | Transport::Flickering { .. } => {
                return unless(self.quirks.play_while_playing);
            }
            Transport::Starting { .. } | Transport::WaitingForNothing | Transport::Locked => {
                return DONE;
            }
            Transport::Paused if self.media.as_ref().is_some_and(Media::begun) => {
                self.pauses(now, false);
                return DONE;
            }
            _ if !self.has_media() => match self.quirks.play_empty {
                PlayEmpty::Refused(code) => return refuse(code),
                PlayEmpty::TransitionsForEver => {
                    self.transport = Transport::WaitingForNothing;
                    return DONE;
                }
            },
            _ => self.start(now),
        }
        if self.quirks.play_hangs_while_loading && self.pending.play.is_none() {
            self.pending.play = Some(call);
            return None;
        }
        DONE
    }

    /// Answers the Play that waits, if there is one.
    pub(super) fn answer_play(&mut self, now: Instant, result: Result<Reply, UpnpError>) {
        if let Some(call) = self.pending.play.take() {
            self.answer(now, call, Some(result));
        }
    }

    fn pause(&mut self, now: Instant) -> Outcome {
        if let Some(code) = self.quirks.pause_refused {
            return refuse(code);
        }
        match self.transport {
            Transport::Playing if self.quirks.pause_ignored => DONE,
            Transport::Playing => {
                self.pauses(now, true);
                DONE
            }
            Transport::Paused => unless(self.quirks.pause_while_paused),
            _ => unless(self.quirks.pause_while_stopped),
        }
    }

    fn stop(&mut self, now: Instant) -> Outcome {
        let waits = self.transport == Transport::WaitingForNothing;
        if !self.has_media() && !waits {
            if let Some(code) = self.quirks.stop_empty {
                return refuse(code);
            }
            self.transport = Transport::Stopped;
            return DONE;
        }
        let loads = matches!(self.transport, Transport::Starting { .. });
        if loads && self.quirks.stop_ignored_while_loading {
            return DONE;
        }
        self.answer_play(now, Err(fault(701)));
        self.closed |= !matches!(self.transport, Transport::Idle | Transport::Stopped);
        self.shows_picture = false;
        self.stop_playback(now);
        if self.quirks.stop_clears_uri {
            self.media = None;
        }
        if waits {
            self.transport = Transport::Stopped;
        }
        DONE
    }

    fn seek(&mut self, target: Duration) -> Outcome {
        if let Some(code) = self.quirks.seek_refused {
            return refuse(code);
        }
        let Some(media) = self.media.as_ref().filter(|media| !media.uri.is_empty()) else {
            return unless(self.quirks.seek_empty);
        };
        if !matches!(self.transport, Transport::Playing | Transport::Paused) {
            return unless(self.quirks.seek_while_stopped);
        }
        if media.duration.is_none_or(|duration| target > duration) {
            return unless(self.quirks.seek_past_end);
        }
        if let Some(code) = self.quirks.seek_without_features.filter(|_| !media.featured) {
            return refuse(code);
        }
        let (uri, from) = (media.uri.clone(), media.byte_at(target));
        self.abandon();
        let fetch = self.get(&uri, Some(from));
        if let Some(media) = &mut self.media {
            media.begin(fetch, from, target);
        }
        DONE
    }

    fn rendering_action(&mut self, action: &Action) -> Outcome {
        if !self.quirks.rendering_control {
            return refuse(401);
        }
        let about_mute = matches!(action, Action::GetMute | Action::SetMute { .. });
        if let Some(code) = self.quirks.mute_refused.filter(|_| about_mute) {
            return refuse(code);
        }
        let (min, max) = (self.quirks.volume_min, self.quirks.volume_max);
        let reply = match action {
            Action::GetVolume => {
                let cut = self.quirks.volume_one_less && self.volume > min && self.volume < max;
                Reply::Volume(self.quirks.tells_volume.unwrap_or(self.volume - u16::from(cut)))
            }
            Action::GetMute => Reply::Mute(self.mute),
            Action::SetVolume { volume } => {
                match self.quirks.volume_too_loud.filter(|_| *volume > max || *volume < min) {
                    Some(code) => return refuse(code),
                    None => self.volume = *volume,
                }
                return DONE;
            }
            Action::SetMute { mute } => {
                self.mute = *mute;
                return DONE;
            }
            _ => return refuse(401),
        };
        Some(Ok(reply))
    }
}
