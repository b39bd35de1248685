//! The simulated renderer: its inputs, its outputs, its clockwork.
//!
//! Terms: a *call* is one action on its way to an answer; a *fetch* is one HTTP request of the
//! renderer for media, which whoever drives it performs and reports on. What the actions do is in
//! `transport`, where the playhead is in `media`, who is told in `publisher`.

use super::media::Media;
use super::publisher::Publisher;
use super::quirks::{FetchFailure, NextUri, Quirks, RelTime};
use super::transport::Pending;
use crate::text::clip;
use crate::time::{Duration, Instant};
use crate::upnp::av_transport::{PositionInfo, TransportState};
use crate::upnp::description::{Description, Service};
use crate::upnp::gena::LastChange;
use crate::upnp::{HttpUrl, Reply, ServiceKind, Udn, UpnpError};
use core::net::Ipv4Addr;
use std::collections::VecDeque;

/// Outputs that wait to be taken; beyond this the oldest are lost.
const OUTPUTS: usize = 256;
/// A paused or starved reader looks again after this long.
const READ_AGAIN: Duration = Duration::from_millis(200);
/// Transitions at one moment: more than any chain of them needs.
const CHAIN: usize = 8;

/// Who the renderer says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Persona {
    /// Its identity.
    pub udn: Udn,
    /// Its name, shown to people.
    pub friendly_name: String,
    /// Who made it.
    pub manufacturer: String,
    /// What it is.
    pub model_name: String,
    /// Version of MediaRenderer and its services: 1 to 3.
    pub version: u8,
    /// Path of its description.
    pub description_path: String,
    /// TCP port that it likes.
    pub port: u16,
    /// SERVER.
    pub server: String,
    /// User-Agent of its fetches.
    pub user_agent: String,
    /// Sink of GetProtocolInfo.
    pub sink: String,
}

/// Names one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Call(pub u32);

/// Names one fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FetchId(pub u32);

/// What the renderer wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Answer a call. A call may stay unanswered for ever.
    Answer {
        /// Which.
        call: Call,
        /// OUT arguments or a fault.
        result: Result<Reply, UpnpError>,
    },
    /// Ask a media server, and report to [`FakeRenderer::fetched`].
    Fetch(Fetch),
    /// Drop a fetch and its connection.
    Abandon(FetchId),
    /// Send an event.
    Notify {
        /// Where to.
        callback: HttpUrl,
        /// SID header.
        sid: String,
        /// SEQ header.
        seq: u32,
        /// Which service.
        service: ServiceKind,
        /// The body.
        change: Box<LastChange>,
    },
    /// Multicast it.
    Announce(Announce),
}

/// An announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announce {
    /// ssdp:alive
    Alive,
    /// ssdp:byebye
    Byebye,
}

/// One HTTP request for media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Its name.
    pub id: FetchId,
    /// HEAD or GET.
    pub method: Method,
    /// What.
    pub url: String,
    /// `Range: bytes=N-`; without it no Range header.
    pub from: Option<u64>,
}

/// How media is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Only the head.
    Head,
    /// All.
    Get,
}

/// What became of a fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The head of the answer came.
    Opened {
        /// HTTP status.
        status: u16,
        /// Content-Type.
        mime: Option<String>,
        /// Content-Length.
        length: Option<u64>,
        /// Whether contentFeatures.dlna.org was there.
        content_features: bool,
    },
    /// The media's own length in time was found in its first bytes.
    Duration(Duration),
    /// Bytes of the body came.
    Bytes(u64),
    /// The body is complete.
    Finished,
    /// No connection, or it broke off.
    Failed,
}

/// Whether a fetch should read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Read the next piece.
    Now,
    /// Ask again after this long.
    Later(Duration),
    /// The fetch is not wanted any more.
    Abandoned,
}

/// What a viewer, the mains or another control point does to the renderer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remote {
    /// The stop key.
    Stop,
    /// The pause key.
    Pause,
    /// The play key.
    Play,
    /// The volume keys.
    Volume(u16),
    /// Somebody else plays this here.
    PlayOther(String),
    /// Standby: says byebye, forgets the media, answers on.
    Standby,
    /// Off by its switch, with a byebye.
    PowerOff,
    /// Off without a word.
    PullPlug,
    /// On again.
    PowerOn,
}

/// A granted subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribed {
    /// Subscription identifier.
    pub sid: String,
    /// Granted duration.
    pub timeout: Duration,
    /// Answer this late: the first event overtakes.
    pub answer_after: Duration,
}

/// What it is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    /// Without media.
    Idle,
    /// Stopped.
    Stopped,
    /// Loading: will play from this moment on, if the media is there.
    Starting { not_before: Instant },
    /// Play without media: TRANSITIONING until Stop.
    WaitingForNothing,
    /// Playing, or saying so.
    Playing,
    /// Between two URIs: says STOPPED until then.
    HandingOver { until: Instant },
    /// At the end: says PLAYING at 0:00 until then.
    Flickering { until: Instant },
    /// Paused.
    Paused,
    /// Closing its player: TRANSITIONING until then.
    Closing { until: Instant },
    /// Stopped by its viewer, says PLAYING, refuses everything but Stop.
    Locked,
}

/// See the module.
#[derive(Debug)]
pub struct FakeRenderer {
    pub(super) persona: Persona,
    pub(super) quirks: Quirks,
    rng: fastrand::Rng,
    on: bool,
    pub(super) hung: bool,
    boots: u32,
    announce_at: Option<Instant>,
    pub(super) transport: Transport,
    pub(super) error: bool,
    pub(super) media: Option<Media>,
    pub(super) next: Option<Media>,
    /// TRACK URI as it is shown, while it lags behind the media.
    pub(super) old_track_uri: Option<String>,
    pub(super) volume: u16,
    pub(super) mute: bool,
    pub(super) pending: Pending,
    publisher: Publisher,
    outputs: VecDeque<Output>,
    last_fetch: u32,
}

impl FakeRenderer {
    /// A renderer that was just switched on: it announces itself with the first tick.
    #[must_use]
    pub fn new(persona: Persona, quirks: Quirks, seed: u64) -> Self {
        let transport = Self::without_media(&quirks);
        let volume = quirks.volume_max / 2;
        Self {
            persona,
            rng: fastrand::Rng::with_seed(seed),
            on: true,
            hung: false,
            boots: 1,
            announce_at: Some(Instant::START),
            transport,
            error: false,
            media: None,
            next: None,
            old_track_uri: None,
            volume,
            mute: false,
            pending: Pending::default(),
            publisher: Publisher::default(),
            outputs: VecDeque::new(),
            last_fetch: 0,
            quirks,
        }
    }

    pub(super) const fn without_media(quirks: &Quirks) -> Transport {
        match quirks.idle {
            TransportState::Stopped => Transport::Stopped,
            _ => Transport::Idle,
        }
    }

    /// Who it is.
    #[must_use]
    pub const fn persona(&self) -> &Persona {
        &self.persona
    }

    /// How it behaves.
    #[must_use]
    pub const fn quirks(&self) -> &Quirks {
        &self.quirks
    }

    /// Whether it answers anything at all: it is switched on and does not hang.
    #[must_use]
    pub const fn responsive(&self) -> bool {
        self.on && !self.hung
    }

    /// Whether it is switched on.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.on
    }

    /// How often it was switched on: its BOOTID.
    #[must_use]
    pub const fn boots(&self) -> u32 {
        self.boots
    }

    /// What it would say in GetTransportInfo.
    #[must_use]
    pub const fn state(&self) -> TransportState {
        match self.transport {
            Transport::Idle => TransportState::NoMediaPresent,
            Transport::Stopped | Transport::HandingOver { .. } => TransportState::Stopped,
            Transport::Starting { .. }
            | Transport::WaitingForNothing
            | Transport::Closing { .. } => TransportState::Transitioning,
            Transport::Playing | Transport::Flickering { .. } | Transport::Locked => {
                TransportState::Playing
            }
            Transport::Paused => TransportState::PausedPlayback,
        }
    }

    /// The URI whose media sounds or shows now, and where in it: what a person in the room sees.
    #[must_use]
    pub fn on_screen(&self, now: Instant) -> Option<(&str, Duration)> {
        let media = self.media.as_ref()?;
        let shown = matches!(self.transport, Transport::Playing | Transport::Paused);
        (self.on && shown && media.opened()).then(|| (media.uri.as_str(), media.position(now)))
    }

    /// Its description, at this address.
    #[must_use]
    pub fn description(&self, host: Ipv4Addr, port: u16) -> Description {
        let service = |kind: ServiceKind| Service {
            version: self.persona.version,
            control_url: url(host, port, control_path(kind)),
            event_url: Some(url(host, port, event_path(kind))),
            scpd_url: Some(url(host, port, "/scpd.xml")),
        };
        let rendering = self.quirks.rendering_control;
        Description {
            udn: self.persona.udn.clone(),
            friendly_name: clip(&self.persona.friendly_name),
            manufacturer: clip(&self.persona.manufacturer),
            model_name: clip(&self.persona.model_name),
            av_transport: service(ServiceKind::AvTransport),
            rendering_control: rendering.then(|| service(ServiceKind::RenderingControl)),
            connection_manager: Some(service(ServiceKind::ConnectionManager)),
        }
    }

    /// The search targets with which it answers a search for `target`, and how late.
    pub fn search(&mut self, target: &str, mx: Duration) -> Vec<(String, Duration)> {
        if !self.responsive() {
            return Vec::new();
        }
        let own = self.targets();
        let answers: Vec<String> = if target == "ssdp:all" {
            own
        } else if own.iter().any(|t| t == target) || self.stands_in_for(target, &own) {
            vec![target.to_owned()]
        } else {
            Vec::new()
        };
        let share = if self.quirks.waits_for_mx {
            self.rng.f64()
        } else {
            0.0
        };
        answers
            .into_iter()
            .map(|t| (t, mx.mul_f64(share)))
            .collect()
    }

    /// Everything that it announces: root device, UDN, device and service types.
    #[must_use]
    pub fn targets(&self) -> Vec<String> {
        let version = self.persona.version;
        let mut targets = vec![
            "upnp:rootdevice".to_owned(),
            self.persona.udn.as_str().to_owned(),
            format!("urn:schemas-upnp-org:device:MediaRenderer:{version}"),
            format!("urn:schemas-upnp-org:service:AVTransport:{version}"),
            format!("urn:schemas-upnp-org:service:ConnectionManager:{version}"),
        ];
        if self.quirks.rendering_control {
            targets.push(format!(
                "urn:schemas-upnp-org:service:RenderingControl:{version}"
            ));
        }
        targets
    }

    /// A device answers for the lower versions of its types too (UDA 1.0 §1.2.3).
    fn stands_in_for(&self, target: &str, own: &[String]) -> bool {
        let Some((kind, version)) = target.rsplit_once(':') else {
            return false;
        };
        let lower = version
            .parse::<u8>()
            .is_ok_and(|v| v >= 1 && v < self.persona.version);
        let known = own
            .iter()
            .any(|t| t.rsplit_once(':').is_some_and(|(k, _)| k == kind));
        lower && known && !self.quirks.only_own_version
    }

    /// SUBSCRIBE; or the HTTP status of the refusal.
    pub fn subscribe(
        &mut self,
        now: Instant,
        service: ServiceKind,
        callback: HttpUrl,
        asked: Duration,
    ) -> Result<Subscribed, u16> {
        self.settle(now);
        if let Some(status) = self.quirks.refuses_subscriptions {
            return Err(status);
        }
        let timeout = asked.min(self.quirks.longest_lease);
        let salt = self.rng.u32(..);
        let sid = self
            .publisher
            .subscribe(now, &self.quirks, service, callback, timeout, salt)
            .ok_or(503_u16)?;
        self.settle(now);
        let overtakes = self.quirks.first_event_overtakes;
        let answer_after = if overtakes {
            Duration::from_millis(20)
        } else {
            Duration::ZERO
        };
        Ok(Subscribed {
            sid,
            timeout,
            answer_after,
        })
    }

    /// SUBSCRIBE with a SID; or the HTTP status of the refusal (412: unknown).
    pub fn renew(&mut self, now: Instant, sid: &str, asked: Duration) -> Result<Duration, u16> {
        self.settle(now);
        let timeout = asked.min(self.quirks.longest_lease);
        let known = self.publisher.renew(now, &self.quirks, sid, timeout);
        if known { Ok(timeout) } else { Err(412) }
    }

    /// UNSUBSCRIBE; or the HTTP status of the refusal (412: unknown).
    pub fn unsubscribe(&mut self, now: Instant, sid: &str) -> Result<(), u16> {
        self.settle(now);
        if self.publisher.unsubscribe(sid) {
            Ok(())
        } else {
            Err(412)
        }
    }

    /// Reports what became of a fetch.
    pub fn fetched(&mut self, now: Instant, fetch: FetchId, what: Fetched) {
        self.settle(now);
        if self.pending.is_probe(fetch) {
            self.probed(now, &what);
        } else if self.of_fetch(fetch).is_some() {
            self.media_fetched(now, fetch, what);
        }
        self.settle(now);
    }

    /// Whether this fetch should read on.
    #[must_use]
    pub fn reading(&self, now: Instant, fetch: FetchId) -> Reading {
        let all = [&self.media, &self.next];
        if all.into_iter().flatten().any(|m| m.others.contains(&fetch)) {
            return Reading::Later(READ_AGAIN);
        }
        let Some(media) = all.into_iter().flatten().find(|m| m.fetch == Some(fetch)) else {
            return Reading::Abandoned;
        };
        let ahead = self.quirks.reads_ahead.zip(media.ahead(now));
        match ahead {
            Some((most, ahead)) if ahead >= most => Reading::Later(READ_AGAIN),
            _ => Reading::Now,
        }
    }

    /// Something happens at the renderer itself.
    pub fn remote(&mut self, now: Instant, what: Remote) {
        self.settle(now);
        match what {
            Remote::PowerOn if !self.on => self.boot(now),
            Remote::PowerOff if self.on => self.leave(now, true),
            Remote::PullPlug if self.on => self.leave(now, false),
            _ if !self.responsive() => {}
            Remote::Stop if self.media.is_some() && self.quirks.remote_stop_locks => {
                self.transport = Transport::Locked;
            }
            Remote::Stop => self.halt(now),
            Remote::Pause if self.transport == Transport::Playing => {
                self.transport = Transport::Paused;
            }
            Remote::Play if self.transport == Transport::Paused => {
                self.transport = Transport::Playing;
            }
            Remote::Play if self.transport == Transport::Stopped => self.start(now),
            Remote::Volume(volume) => self.volume = volume.min(self.quirks.volume_max),
            Remote::PlayOther(uri) => {
                self.forget_media();
                let mut media = Media::new(&uri, "");
                media.open(None, None);
                self.media = Some(media);
                self.transport = Transport::Playing;
            }
            Remote::Standby => {
                self.forget_media();
                self.transport = Transport::Idle;
                self.output(Output::Announce(Announce::Byebye));
            }
            Remote::Pause
            | Remote::Play
            | Remote::PowerOn
            | Remote::PowerOff
            | Remote::PullPlug => {}
        }
        self.settle(now);
    }

    /// The time that [`Self::next_deadline`] named has come.
    pub fn tick(&mut self, now: Instant) {
        self.settle(now);
    }

    /// When to [`tick`](Self::tick) next, if nothing happens before.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        if !self.responsive() {
            return None;
        }
        let media = self.media.as_ref();
        let transport = match self.transport {
            Transport::Starting { not_before } => {
                media.is_some_and(Media::opened).then_some(not_before)
            }
            Transport::HandingOver { until }
            | Transport::Flickering { until }
            | Transport::Closing { until } => Some(until),
            Transport::Playing => media
                .and_then(|m| m.stops_at())
                .into_iter()
                .chain(self.hand_over_at())
                .min(),
            _ => None,
        };
        [
            transport,
            self.announce_at,
            self.pending.next_deadline(),
            self.publisher.next_deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// What it wants done, in order.
    pub fn take_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(super) fn output(&mut self, output: Output) {
        if self.outputs.len() == OUTPUTS {
            self.outputs.pop_front();
        }
        self.outputs.push_back(output);
    }

    pub(super) fn jitter(&mut self) -> Duration {
        self.quirks.loading_jitter.mul_f64(self.rng.f64())
    }

    /// Brings everything up to `now` and tells what changed.
    pub(super) fn settle(&mut self, now: Instant) {
        if !self.responsive() {
            return;
        }
        if self.announce_at.is_some_and(|at| at <= now) {
            self.announce_at = self.quirks.announces_every.map(|every| now + every);
            self.output(Output::Announce(Announce::Alive));
        }
        for _ in 0..CHAIN {
            let moved = self.advance(now);
            let rolls = self.transport == Transport::Playing;
            if let Some(media) = &mut self.media {
                media.roll(now, rolls);
            }
            self.tell(now, false);
            if !moved || self.hung {
                break;
            }
        }
        if self.hung {
            return;
        }
        for (call, result) in self.pending.due(now) {
            self.output(Output::Answer { call, result });
        }
        let mut due = Vec::new();
        self.publisher.due(now, &self.quirks, &mut due);
        for n in due {
            let change = Box::new(n.change);
            self.output(Output::Notify {
                callback: n.callback,
                sid: n.sid,
                seq: n.seq,
                service: n.service,
                change,
            });
        }
    }

    /// One transition that time or a fetch has made due; whether there was one.
    fn advance(&mut self, now: Instant) -> bool {
        if let Transport::Closing { until } = self.transport {
            if until <= now {
                self.transport = self.at_rest();
            }
            return until <= now;
        }
        let Some(media) = &self.media else {
            return false;
        };
        let hand_over = self.hand_over_at().is_some_and(|at| at <= now);
        match self.transport {
            Transport::Starting { .. } | Transport::Playing if media.failed() => {
                return self.fail(now);
            }
            Transport::Starting { not_before } if media.opened() && not_before <= now => {
                self.transport = Transport::Playing;
                self.answer_play(now, Ok(Reply::Done));
            }
            Transport::Playing if hand_over && self.hangs_at_hand_over() => self.hung = true,
            Transport::Playing if media.at_end(now) => return self.end(now),
            Transport::Playing if hand_over => self.fetch_next(),
            Transport::HandingOver { until } if until <= now => self.transport = Transport::Playing,
            Transport::Flickering { until } if until <= now => self.ended(),
            _ => return false,
        }
        true
    }

    fn hangs_at_hand_over(&self) -> bool {
        let mime = self.next.as_ref().and_then(|next| next.mime.as_deref());
        match self.quirks.next {
            NextUri::HangsAtHandOver(_) => true,
            NextUri::HangsAtVideo(_) => mime.is_some_and(|m| m.starts_with("video/")),
            _ => false,
        }
    }

    /// When the next URI must be fetched, if there is one and it was not.
    fn hand_over_at(&self) -> Option<Instant> {
        let lead = match self.quirks.next {
            NextUri::Works(lead) | NextUri::HangsAtHandOver(lead) | NextUri::HangsAtVideo(lead) => {
                lead
            }
            _ => Duration::ZERO,
        };
        let waits = self.next.as_ref().is_some_and(|next| !next.begun());
        waits.then(|| self.media.as_ref()?.reaches(lead)).flatten()
    }

    /// The playhead is at the end.
    fn end(&mut self, now: Instant) -> bool {
        if self.next.is_some() {
            self.hand_over(now);
        } else if self.quirks.end_says_playing {
            return false;
        } else if self.quirks.end_flicker.is_zero() {
            self.ended();
        } else {
            self.transport = Transport::Flickering {
                until: now + self.quirks.end_flicker,
            };
        }
        true
    }

    fn hand_over(&mut self, now: Instant) {
        if self.next.as_ref().is_some_and(|next| !next.begun()) {
            self.fetch_next();
        }
        self.abandon();
        self.media = self.next.take();
        let gap = self.quirks.hand_over_stops;
        if !gap.is_zero() {
            self.transport = Transport::HandingOver { until: now + gap };
        }
    }

    fn ended(&mut self) {
        self.abandon();
        self.transport = Transport::Stopped;
        let quirks = &self.quirks;
        if let Some(media) = &mut self.media {
            if quirks.end_zeroes_position {
                media.rewind();
            }
            if quirks.end_zeroes_duration {
                media.duration = None;
            }
            if quirks.end_clears_uri {
                media.uri.clear();
            }
        }
    }

    /// The media cannot be had.
    fn fail(&mut self, now: Instant) -> bool {
        match self.quirks.failure {
            FetchFailure::Unnoticed => return false,
            FetchFailure::SilentStop => {}
            FetchFailure::ErrorOccurred => self.error = true,
        }
        self.answer_play(now, Err(fault(716)));
        self.halt(now);
        true
    }

    /// Goes on with what the media's fetch brought.
    fn media_fetched(&mut self, now: Instant, fetch: FetchId, what: Fetched) {
        let quirks = self.quirks.clone();
        let Some(media) = self
            .of_fetch(fetch)
            .filter(|media| media.fetch == Some(fetch))
        else {
            return;
        };
        match what {
            // All of the file instead of the range: no way to the position.
            Fetched::Opened { status: 200, .. } if media.seeks() => {
                if quirks.seek_without_ranges_stops {
                    self.halt(now);
                }
            }
            Fetched::Opened {
                status: 200 | 206,
                mime,
                length,
                ..
            } => {
                if quirks.takes(mime.as_deref()) {
                    media.open(mime, length);
                    media.apply(quirks.still);
                    self.open_parallel_ranges(fetch);
                } else {
                    media.fail();
                }
            }
            Fetched::Opened { .. } => media.fail(),
            Fetched::Duration(duration) => media.duration = Some(duration),
            Fetched::Bytes(bytes) => media.take_bytes(bytes),
            Fetched::Finished => media.finish(),
            Fetched::Failed => {
                let uri = media.uri.clone();
                if let Some(from) = media.break_off() {
                    let position = media.position(now);
                    let again = self.get(&uri, Some(from));
                    // The bytes read so far stay read: only the rest is asked for.
                    if let Some(media) = self.media.as_mut().filter(|m| m.uri == uri) {
                        media.begin(again, from, position);
                    }
                }
            }
        }
    }

    fn of_fetch(&mut self, fetch: FetchId) -> Option<&mut Media> {
        let both = self.media.as_mut().into_iter().chain(self.next.as_mut());
        both.into_iter()
            .find(|m| m.fetch == Some(fetch) || m.others.contains(&fetch))
    }

    /// Asks for media.
    pub(super) fn get(&mut self, uri: &str, from: Option<u64>) -> FetchId {
        self.fetch(Method::Get, uri, from)
    }

    pub(super) fn fetch(&mut self, method: Method, uri: &str, from: Option<u64>) -> FetchId {
        self.last_fetch += 1;
        let id = FetchId(self.last_fetch);
        self.output(Output::Fetch(Fetch {
            id,
            method,
            url: uri.to_owned(),
            from,
        }));
        id
    }

    fn fetch_next(&mut self) {
        let Some(uri) = self.next.as_ref().map(|next| next.uri.clone()) else {
            return;
        };
        let id = self.get(&uri, None);
        if let Some(next) = &mut self.next {
            next.begin(id, 0, Duration::ZERO);
        }
    }

    /// Beside the first GET, at even distances over the file.
    fn open_parallel_ranges(&mut self, fetch: FetchId) {
        let ranges = u64::from(self.quirks.parallel_ranges);
        let Some(media) = self.of_fetch(fetch).filter(|media| media.others.is_empty()) else {
            return;
        };
        let (uri, length) = (media.uri.clone(), media.length().unwrap_or_default());
        for n in 1..=ranges {
            let other = self.get(&uri, Some(length * n / (ranges + 1)));
            if let Some(media) = self.of_fetch(fetch) {
                media.others.push(other);
            }
        }
    }

    /// Drops the fetches of the current media.
    pub(super) fn abandon(&mut self) {
        let ids = self
            .media
            .as_mut()
            .map(Media::drop_fetches)
            .unwrap_or_default();
        for id in ids {
            self.output(Output::Abandon(id));
        }
    }

    pub(super) fn forget_media(&mut self) {
        self.abandon();
        (self.media, self.next, self.old_track_uri) = (None, None, None);
    }

    fn boot(&mut self, now: Instant) {
        self.on = true;
        self.hung = false;
        self.boots += 1;
        self.announce_at = Some(now);
        self.transport = Self::without_media(&self.quirks);
    }

    fn leave(&mut self, now: Instant, politely: bool) {
        if politely && !self.hung {
            self.output(Output::Announce(Announce::Byebye));
        }
        self.forget_media();
        self.publisher.clear();
        self.pending = Pending::default();
        self.transport = Self::without_media(&self.quirks);
        self.error = false;
        // What was told before the boot is no news after it.
        self.tell(now, false);
        self.on = false;
    }

    /// Tells subscribers what changed; the state even if it did not, if `again`.
    pub(super) fn tell(&mut self, now: Instant, again: bool) {
        let info = self.position_info(now);
        let transport = LastChange {
            transport_state: Some(self.state()),
            error_occurred: self.error,
            av_transport_uri: Some(self.shown_uri()),
            current_track_uri: info.track_uri,
            current_track_duration: info.track_duration,
            ..LastChange::default()
        };
        let hushed = self.mute && self.quirks.mute_says_volume_zero;
        let rendering = LastChange {
            volume: Some(if hushed { 0 } else { self.volume }),
            mute: Some(self.mute),
            ..LastChange::default()
        };
        let (publisher, quirks) = (&mut self.publisher, &self.quirks);
        publisher.publish(now, quirks, ServiceKind::AvTransport, &transport, again);
        publisher.publish(
            now,
            quirks,
            ServiceKind::RenderingControl,
            &rendering,
            false,
        );
    }

    /// CurrentURI: the next one already, once it is fetched.
    pub(super) fn shown_uri(&self) -> String {
        let next = self.next.as_ref().filter(|next| next.begun());
        next.or(self.media.as_ref())
            .map(|m| m.uri.clone())
            .unwrap_or_default()
    }

    /// What GetPositionInfo answers.
    pub(super) fn position_info(&self, now: Instant) -> PositionInfo {
        let position = match (&self.media, self.transport) {
            (None, _) | (_, Transport::Flickering { .. } | Transport::Starting { .. }) => {
                Duration::ZERO
            }
            (Some(media), _) => media.position(now),
        };
        let (rel_time, fractional) = match self.quirks.rel_time {
            RelTime::NotImplemented => (None, false),
            RelTime::AlwaysZero => (Some(Duration::ZERO), false),
            RelTime::Resolution(step) => (Some(cut(position, step)), step < Duration::from_secs(1)),
        };
        let known = self
            .media
            .as_ref()
            .filter(|m| !self.quirks.hides_duration && !m.is_still());
        PositionInfo {
            track_duration: known.and_then(|m| m.duration).filter(|d| !d.is_zero()),
            track_uri: Some(
                self.old_track_uri
                    .clone()
                    .unwrap_or_else(|| self.shown_uri()),
            ),
            rel_time,
            fractional,
        }
    }
}

impl Quirks {
    /// Whether it plays this MIME type.
    pub(super) fn takes(&self, mime: Option<&str>) -> bool {
        let essence = mime.map(|m| m.split(';').next().unwrap_or_default().trim());
        self.mimes
            .is_none_or(|list| essence.is_some_and(|m| list.contains(&m)))
    }
}

/// Where a service is controlled.
#[must_use]
pub const fn control_path(service: ServiceKind) -> &'static str {
    match service {
        ServiceKind::AvTransport => "/AVTransport/control",
        ServiceKind::RenderingControl => "/RenderingControl/control",
        ServiceKind::ConnectionManager => "/ConnectionManager/control",
    }
}

/// Where a service is subscribed to.
#[must_use]
pub const fn event_path(service: ServiceKind) -> &'static str {
    match service {
        ServiceKind::AvTransport => "/AVTransport/event",
        ServiceKind::RenderingControl => "/RenderingControl/event",
        ServiceKind::ConnectionManager => "/ConnectionManager/event",
    }
}

fn url(host: Ipv4Addr, port: u16, path: &str) -> HttpUrl {
    HttpUrl {
        host,
        port,
        path: clip(path),
    }
}

/// A UPnP error.
pub(super) fn fault(code: u16) -> UpnpError {
    let text = match code {
        401 => "Invalid Action",
        501 => "Action Failed",
        701 => "Transition not available",
        705 => "Transport is locked",
        711 => "Illegal seek target",
        714 => "Illegal MIME-type",
        716 => "Resource not found",
        _ => "",
    };
    UpnpError {
        code,
        description: clip(text),
    }
}

/// `span`, cut to whole `step`s.
fn cut(span: Duration, step: Duration) -> Duration {
    let steps = span
        .as_micros()
        .checked_div(step.as_micros())
        .unwrap_or_default();
    Duration::from_micros(u64::try_from(steps * step.as_micros()).unwrap_or(u64::MAX))
}
