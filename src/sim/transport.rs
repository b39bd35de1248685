//! What the actions do to a simulated renderer.

use super::fake_renderer::{FakeRenderer, Transport, fault};
use super::media::{Media, rung_of};
use super::quirks::{NextUri, PlayEmpty, Probe, SetWhilePlaying};
use super::words::{Call, Fetched, Method, Output};
use crate::time::{Duration, Instant};
use crate::upnp::av_transport::{self as avt, MediaInfo, TransportInfo};
use crate::upnp::didl::Rung;
use crate::upnp::{Action, Reply, UpnpError, connection_manager as cm, rendering_control as rc};

/// How an action ends at once; `None`: its answer comes later.
type Verdict = Option<Result<Reply, UpnpError>>;
const DONE: Verdict = Some(Ok(Reply::Done));

fn refuse(code: u16) -> Verdict {
    Some(Err(fault(code)))
}

fn unless(refusal: Option<u16>) -> Verdict {
    refusal.map_or(DONE, refuse)
}

impl FakeRenderer {
    /// An action is called. The answer comes as [`Output::Answer`]: at once, later or never.
    pub fn act(&mut self, now: Instant, call: Call, action: &Action) {
        self.settle(now);
        if !self.responsive() {
            return;
        }
        let verdict = match action {
            Action::AvTransport(action) => self.transport_action(now, call, action),
            Action::RenderingControl(action) => self.rendering_action(*action),
            Action::ConnectionManager(cm::Action::GetProtocolInfo) => {
                let sink = self.persona.sink.clone();
                Some(Ok(Reply::ConnectionManager(cm::Reply::ProtocolInfo { sink })))
            }
        };
        self.answer(now, call, verdict);
        self.settle(now);
    }

    /// An action that it does not know is called.
    pub fn act_unknown(&mut self, now: Instant, call: Call) {
        self.settle(now);
        if self.responsive() {
            self.answer(now, call, refuse(self.quirks.unknown_action));
            self.settle(now);
        }
    }

    fn answer(&mut self, now: Instant, call: Call, verdict: Verdict) {
        if let Some(result) = verdict {
            let setting = self.pending.setting_until.filter(|_| matches!(result, Ok(Reply::Done)));
            let at = (now + self.quirks.answers_after).max(setting.unwrap_or(now));
            self.pending.answer(at, call, result);
        }
    }

    fn transport_action(&mut self, now: Instant, call: Call, action: &avt::Action) -> Verdict {
        use avt::Action::{
            GetMediaInfo, GetPositionInfo, GetTransportInfo, Next, Pause, Play, Previous, Seek,
            SetAvTransportUri, SetNextAvTransportUri, Stop,
        };
        let moves = !matches!(action, GetTransportInfo | GetPositionInfo | GetMediaInfo | Stop);
        if moves && self.transport == Transport::Locked {
            return refuse(705);
        }
        let in_transition =
            matches!(self.transport, Transport::Starting { .. } | Transport::Closing { .. });
        if let Some(code) = self.quirks.in_transition.filter(|_| moves && in_transition) {
            return refuse(code);
        }
        match action {
            SetAvTransportUri { uri, metadata } => self.set(now, call, uri, metadata),
            SetNextAvTransportUri { uri, metadata } => self.set_next(now, uri, metadata),
            Play => self.play(now, call),
            Pause => self.pause(),
            Stop => self.stop(now),
            Seek { target } => self.seek(*target),
            Next | Previous => unless(self.quirks.skip),
            GetTransportInfo => {
                Some(Ok(Reply::AvTransport(avt::Reply::TransportInfo(TransportInfo {
                    state: Some(self.state()),
                    error_occurred: self.error,
                }))))
            }
            GetPositionInfo => {
                let idle = matches!(self.transport, Transport::Idle | Transport::Stopped);
                if let Some(code) = self.quirks.position_when_idle.filter(|_| idle) {
                    return refuse(code);
                }
                let info = self.position_info(now);
                Some(Ok(Reply::AvTransport(avt::Reply::PositionInfo(info))))
            }
            GetMediaInfo => {
                let next = self.next.as_ref().filter(|next| !next.begun());
                Some(Ok(Reply::AvTransport(avt::Reply::MediaInfo(MediaInfo {
                    current_uri: Some(self.shown_uri()),
                    next_uri: Some(next.map(|next| next.uri.clone()).unwrap_or_default()),
                    media_duration: self.position_info(now).track_duration,
                }))))
            }
        }
    }

    fn has_media(&self) -> bool {
        self.media.as_ref().is_some_and(|media| !media.uri.is_empty())
    }

    /// The state in which nothing plays.
    pub(super) fn at_rest(&self) -> Transport {
        if self.has_media() { Transport::Stopped } else { Self::without_media(&self.quirks) }
    }

    fn set(&mut self, now: Instant, call: Call, uri: &str, metadata: &str) -> Verdict {
        if uri.is_empty() {
            self.forget_media();
            self.transport = self.at_rest();
            return DONE;
        }
        if self.pending.probe.is_some() {
            return refuse(701);
        }
        let media = Media::new(uri, metadata);
        if let Some(code) = self.objection(&media, metadata) {
            self.refused_set(now);
            return refuse(code);
        }
        if self.transport == Transport::Playing {
            match self.quirks.set_while_playing {
                SetWhilePlaying::Dropped => return DONE,
                SetWhilePlaying::Refused(code) => return refuse(code),
                SetWhilePlaying::Stops => self.halt(now),
                SetWhilePlaying::Switches => {}
            }
        }
        let method = match self.quirks.probe {
            Probe::Nothing => {
                self.load(now, media);
                return DONE;
            }
            Probe::Head => Method::Head,
            Probe::Get => Method::Get,
        };
        let fetch = self.fetch(method, uri, None);
        self.pending.probe = Some((fetch, call, media));
        None
    }

    /// What it has against this URI, before it looks at it.
    fn objection(&self, media: &Media, metadata: &str) -> Option<u16> {
        let quirks = &self.quirks;
        let path = media.uri.splitn(4, '/').nth(3).unwrap_or_default();
        let by_metadata = match rung_of(metadata) {
            Rung::Full => quirks.full_metadata,
            Rung::Empty => quirks.empty_metadata,
            Rung::Plain => quirks.plain_metadata,
            Rung::Compat => quirks.compat_metadata,
        };
        let http = media.uri.starts_with("http://");
        let extension = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
        if let Some(code) = by_metadata {
            Some(code)
        } else if quirks.probe != Probe::Nothing && !http {
            Some(716)
        } else if (quirks.wants_extension && !extension)
            || (media.mime.is_some() && !quirks.takes(media.mime.as_deref()))
        {
            Some(714)
        } else {
            None
        }
    }

    /// The look at the URL brought this.
    pub(super) fn probed(&mut self, now: Instant, what: &Fetched) {
        let verdict = match what {
            Fetched::Opened { status: 200, mime, content_features, .. } => {
                if !self.quirks.takes(mime.as_deref()) {
                    Err(714)
                } else if self.quirks.wants_content_features && !content_features {
                    Err(716)
                } else {
                    Ok(())
                }
            }
            Fetched::Opened { .. } | Fetched::Failed => Err(716),
            Fetched::Duration(_) | Fetched::Bytes(_) | Fetched::Finished => return,
        };
        let Some((fetch, call, media)) = self.pending.probe.take() else {
            return;
        };
        if self.quirks.probe == Probe::Get {
            self.output(Output::Abandon(fetch));
        }
        match verdict {
            Ok(()) => self.load(now, media),
            Err(_) => self.refused_set(now),
        }
        self.answer(now, call, verdict.map_or_else(refuse, |()| DONE));
    }

    fn refused_set(&mut self, now: Instant) {
        if !self.quirks.refused_set_keeps_old {
            self.halt(now);
            self.forget_media();
            self.transport = self.at_rest();
        }
    }

    /// A URI was accepted.
    fn load(&mut self, now: Instant, media: Media) {
        self.error = false;
        let old_track_uri = self.position_info(now).track_uri;
        self.abandon();
        if !self.quirks.stale_next {
            self.next = None;
        }
        self.media = Some(media);
        self.old_track_uri = None;
        if !self.quirks.set_takes.is_zero() {
            self.pending.setting_until = Some(now + self.quirks.set_takes);
        }
        match self.transport {
            Transport::Playing | Transport::Starting { .. } => self.start(now),
            Transport::Paused => {
                self.old_track_uri = old_track_uri.filter(|_| self.quirks.track_uri_lags);
            }
            _ => {
                self.transport = Transport::Stopped;
                if self.quirks.set_says_stopped {
                    self.tell(now, true);
                }
                if self.quirks.starts_on_set {
                    self.start(now);
                }
            }
        }
    }

    /// Fetches and plays the media from its beginning. What plays already says PLAYING on.
    pub(super) fn start(&mut self, now: Instant) {
        let Some(uri) = self.media.as_ref().map(|media| media.uri.clone()) else {
            return;
        };
        self.abandon();
        self.error = false;
        self.old_track_uri = None;
        let fetch = self.get(&uri, None);
        if let Some(media) = &mut self.media {
            media.begin(fetch, 0, Duration::ZERO);
        }
        if self.quirks.playing_at_once {
            self.transport = Transport::Playing;
        } else if self.transport != Transport::Playing {
            let not_before = now + self.quirks.loading + self.jitter();
            self.transport = Transport::Starting { not_before };
        }
    }

    /// Stops, however it was brought about.
    pub(super) fn halt(&mut self, now: Instant) {
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

    fn set_next(&mut self, now: Instant, uri: &str, metadata: &str) -> Verdict {
        let early = matches!(self.transport, Transport::Starting { .. } | Transport::Stopped);
        match self.quirks.next {
            NextUri::Refused(code) => return refuse(code),
            NextUri::Ignored => {}
            NextUri::TakenAsCurrent if early => self.load(now, Media::new(uri, metadata)),
            _ => self.next = (!uri.is_empty()).then(|| Media::new(uri, metadata)),
        }
        DONE
    }

    fn play(&mut self, now: Instant, call: Call) -> Verdict {
        if let Some(code) = self.quirks.play_refused {
            return refuse(code);
        }
        if self.pending.setting_until.is_some_and(|until| now < until) {
            return DONE;
        }
        self.pending.setting_until = None;
        match self.transport {
            Transport::Playing | Transport::HandingOver { .. } | Transport::Flickering { .. } => {
                return unless(self.quirks.play_while_playing);
            }
            Transport::Starting { .. } | Transport::WaitingForNothing | Transport::Locked => {
                return DONE;
            }
            Transport::Paused if self.media.as_ref().is_some_and(Media::begun) => {
                self.transport = Transport::Playing;
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

    /// The Play that waits, if one does, is answered.
    pub(super) fn answer_play(&mut self, now: Instant, result: Result<Reply, UpnpError>) {
        if let Some(call) = self.pending.play.take() {
            self.answer(now, call, Some(result));
        }
    }

    fn pause(&mut self) -> Verdict {
        if let Some(code) = self.quirks.pause_refused {
            return refuse(code);
        }
        match self.transport {
            Transport::Playing if self.quirks.pause_ignored => DONE,
            Transport::Playing => {
                self.transport = Transport::Paused;
                DONE
            }
            Transport::Paused => unless(self.quirks.pause_while_paused),
            _ => unless(self.quirks.pause_while_stopped),
        }
    }

    fn stop(&mut self, now: Instant) -> Verdict {
        let waits = self.transport == Transport::WaitingForNothing;
        if !self.has_media() && !waits {
            if let Some(code) = self.quirks.stop_empty {
                return refuse(code);
            }
            self.transport = Transport::Stopped;
            return DONE;
        }
        self.answer_play(now, Err(fault(701)));
        self.halt(now);
        if self.quirks.stop_clears_uri {
            self.media = None;
        }
        if waits {
            self.transport = Transport::Stopped;
        }
        DONE
    }

    fn seek(&mut self, target: Duration) -> Verdict {
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
        let (uri, from) = (media.uri.clone(), media.byte_at(target));
        self.abandon();
        let fetch = self.get(&uri, Some(from));
        if let Some(media) = &mut self.media {
            media.begin(fetch, from, target);
        }
        DONE
    }

    fn rendering_action(&mut self, action: rc::Action) -> Verdict {
        if !self.quirks.rendering_control {
            return refuse(401);
        }
        let about_mute = matches!(action, rc::Action::GetMute | rc::Action::SetMute { .. });
        if let Some(code) = self.quirks.mute_refused.filter(|_| about_mute) {
            return refuse(code);
        }
        let max = self.quirks.volume_max;
        let reply = match action {
            rc::Action::GetVolume => {
                let cut = self.quirks.volume_one_less && self.volume > 0 && self.volume < max;
                rc::Reply::Volume(self.volume - u16::from(cut))
            }
            rc::Action::GetMute => rc::Reply::Mute(self.mute),
            rc::Action::SetVolume { volume } => {
                match self.quirks.volume_too_loud.filter(|_| volume > max) {
                    Some(code) => return refuse(code),
                    None => self.volume = volume,
                }
                return DONE;
            }
            rc::Action::SetMute { mute } => {
                self.mute = mute;
                return DONE;
            }
        };
        Some(Ok(Reply::RenderingControl(reply)))
    }
}
