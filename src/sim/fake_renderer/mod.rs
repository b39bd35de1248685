//! A simulated renderer: a state machine that takes calls, fetched media and what people do, and gives answers,
//! fetches, events and announcements.
//!
//! `playback` holds what the actions do, `fetching` how media is fetched, `media` where the playhead is, `timers` what
//! time makes due, `events` what subscribers hear, `discovery` how the renderer is discovered.
//! A *call* is one action that awaits its answer.

mod discovery;
mod events;
mod fetching;
mod media;
mod playback;
#[cfg(test)]
mod tests;
mod timers;

use super::quirks::Quirks;
use crate::text::clip;
use crate::time::{Duration, Instant};
use crate::upnp::action::TransportState;
use crate::upnp::gena::LastChange;
use crate::upnp::{HttpUrl, Reply, ServiceKind, UpnpError};
pub use discovery::{Announce, Endpoint, Persona};
use events::Publisher;
pub use events::Subscribed;
pub use fetching::{Fetch, FetchId, Fetched, Method, Reading};
use media::Media;
pub use media::wav_duration;
use std::collections::VecDeque;
use timers::PendingAnswers;

/// Outputs that wait to be taken; beyond this the oldest are lost.
const OUTPUTS: usize = 256;

/// Names one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Call(pub u32);

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
    /// Ask a media server, and report to `FakeRenderer::fetched`.
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
    /// Standby: says byebye, forgets the media, answers on; a Play wakes it.
    Standby,
    /// Off by its switch, with a byebye.
    PowerOff,
    /// Off without a word.
    PullPlug,
    /// On again, also from standby.
    PowerOn,
}

/// What it is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
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

/// One simulated renderer.
#[derive(Debug)]
pub struct FakeRenderer {
    pub(super) persona: Persona,
    pub(super) quirks: Quirks,
    rng: fastrand::Rng,
    pub(super) on: bool,
    pub(super) hung: bool,
    /// In standby.
    pub(super) asleep: bool,
    /// It was switched off, and is gone at this time.
    off_at: Option<Instant>,
    boots: u32,
    booted_at: Instant,
    /// When it last did something.
    busy_at: Instant,
    announce_at: Option<Instant>,
    transport: Transport,
    /// It says TRANSITIONING until then, because it pauses or goes on.
    pausing_until: Option<Instant>,
    error: bool,
    media: Option<Media>,
    next: Option<Media>,
    /// TRACK URI as it is shown, while it lags behind the media.
    old_track_uri: Option<String>,
    /// It went back to the TV's own input.
    closed: bool,
    /// The last thing that it showed was a picture.
    shows_picture: bool,
    /// URLs of pictures that it has fetched.
    pictures: VecDeque<String>,
    pub(super) volume: u16,
    pub(super) mute: bool,
    pending: PendingAnswers,
    publisher: Publisher,
    outputs: VecDeque<Output>,
    last_fetch: u32,
    /// How often it went on to the next URI.
    handed_over: u32,
    /// How often it told its position.
    told_positions: u32,
}

impl FakeRenderer {
    /// A renderer that was just switched on: it announces itself with the first tick.
    pub fn new(persona: Persona, quirks: Quirks, seed: u64) -> Self {
        let transport = Self::without_media(&quirks);
        let volume = quirks.volume_min.midpoint(quirks.volume_max);
        Self {
            persona,
            rng: fastrand::Rng::with_seed(seed),
            on: true,
            hung: false,
            asleep: false,
            off_at: None,
            boots: 1,
            booted_at: Instant::START,
            busy_at: Instant::START,
            announce_at: Some(Instant::START),
            transport,
            pausing_until: None,
            error: false,
            media: None,
            next: None,
            old_track_uri: None,
            closed: false,
            shows_picture: false,
            pictures: VecDeque::new(),
            volume,
            mute: false,
            pending: PendingAnswers::default(),
            publisher: Publisher::default(),
            outputs: VecDeque::new(),
            last_fetch: 0,
            handed_over: 0,
            told_positions: 0,
            quirks,
        }
    }

    const fn without_media(quirks: &Quirks) -> Transport {
        match quirks.idle {
            TransportState::Stopped => Transport::Stopped,
            _ => Transport::Idle,
        }
    }

    /// Who it is.
    pub const fn persona(&self) -> &Persona {
        &self.persona
    }

    /// Changes how it behaves: its firmware was replaced.
    pub fn change(&mut self, change: impl FnOnce(&mut Quirks)) {
        change(&mut self.quirks);
    }

    /// How it behaves.
    pub const fn quirks(&self) -> &Quirks {
        &self.quirks
    }

    /// Whether it answers anything at all: it is switched on and does not hang.
    pub const fn responsive(&self) -> bool {
        self.on && !self.hung
    }

    /// Whether it is switched on.
    pub const fn is_on(&self) -> bool {
        self.on
    }

    /// How often it was switched on: its BOOTID.
    pub const fn boots(&self) -> u32 {
        self.boots
    }

    /// What it would say in GetTransportInfo.
    pub const fn state(&self) -> TransportState {
        match self.transport {
            Transport::Playing | Transport::Paused if self.pausing_until.is_some() => {
                TransportState::Transitioning
            }
            Transport::Idle => TransportState::NoMediaPresent,
            Transport::Stopped | Transport::HandingOver { .. } => TransportState::Stopped,
            Transport::Starting { .. } => self.quirks.loads_as,
            Transport::WaitingForNothing | Transport::Closing { .. } => {
                TransportState::Transitioning
            }
            Transport::Playing | Transport::Flickering { .. } | Transport::Locked => {
                TransportState::Playing
            }
            Transport::Paused => TransportState::PausedPlayback,
        }
    }

    /// The URI whose media sounds or shows now, and where in it: what a person in the room sees.
    pub fn on_screen(&self, now: Instant) -> Option<(&str, Duration)> {
        let media = self.media.as_ref()?;
        let shown = matches!(self.transport, Transport::Playing | Transport::Paused);
        (self.on && shown && media.shows()).then(|| (media.uri.as_str(), media.position(now)))
    }

    /// The length of what is on screen that can be shown, if it is known.
    pub fn length_on_screen(&self) -> Option<Duration> {
        self.media.as_ref()?.true_length()
    }

    /// What is on screen has moved for so long without a stand.
    pub fn steady(&self, now: Instant) -> Duration {
        self.media.as_ref().map_or(Duration::ZERO, |media| media.steady(now))
    }

    /// Something happens at the renderer itself.
    pub fn remote(&mut self, now: Instant, what: Remote) {
        self.catch_up(now);
        match what {
            Remote::PowerOn if !self.on => self.boot(now),
            Remote::PowerOn if self.asleep => self.wake(now),
            Remote::PowerOff if self.on && !self.quirks.lingers.is_zero() => {
                self.stop_playback(now);
                self.announce_at = None;
                self.off_at = Some(now + self.quirks.lingers);
                self.output(Output::Announce(Announce::Byebye));
            }
            Remote::PowerOff if self.on => self.leave(now, true),
            Remote::PullPlug if self.on => self.leave(now, false),
            _ if !self.responsive() => {}
            Remote::Stop if self.media.is_some() && self.quirks.remote_stop_locks => {
                self.transport = Transport::Locked;
            }
            Remote::Stop if self.quirks.remote_stop_forgets => {
                self.forget_media();
                self.transport = self.at_rest();
            }
            Remote::Stop => self.stop_playback(now),
            Remote::Pause if self.transport == Transport::Playing => self.pauses(now, true),
            Remote::Play if self.transport == Transport::Paused => self.pauses(now, false),
            Remote::Play if self.transport == Transport::Stopped => self.start(now),
            Remote::Volume(volume) => self.volume = volume.min(self.quirks.volume_max),
            Remote::PlayOther(uri) => {
                self.forget_media();
                let mut media = Media::new(&uri, "");
                media.open(None, None);
                self.media = Some(media);
                self.transport = Transport::Playing;
            }
            Remote::Standby if !self.asleep => self.enter_standby(),
            Remote::Pause
            | Remote::Play
            | Remote::PowerOn
            | Remote::PowerOff
            | Remote::PullPlug
            | Remote::Standby => {}
        }
        self.catch_up(now);
    }

    /// It pauses or goes on.
    fn pauses(&mut self, now: Instant, paused: bool) {
        self.transport = if paused { Transport::Paused } else { Transport::Playing };
        self.pausing_until = Some(now + self.quirks.pausing).filter(|until| now < *until);
    }

    /// What it wants done, in order.
    pub fn take_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn output(&mut self, output: Output) {
        if self.outputs.len() == OUTPUTS {
            self.outputs.pop_front();
        }
        self.outputs.push_back(output);
    }

    fn jitter(&mut self) -> Duration {
        self.quirks.loading_jitter.mul_f64(self.rng.f64())
    }

    fn boot(&mut self, now: Instant) {
        self.on = true;
        self.hung = false;
        self.boots += 1;
        (self.booted_at, self.busy_at) = (now, now);
        self.wake(now);
        self.transport = Self::without_media(&self.quirks);
    }

    /// To standby: it says byebye, and answers on.
    fn enter_standby(&mut self) {
        self.forget_media();
        self.transport = Transport::Idle;
        self.asleep = true;
        self.announce_at = None;
        self.output(Output::Announce(Announce::Byebye));
    }

    /// From standby, or from the mains.
    fn wake(&mut self, now: Instant) {
        self.asleep = false;
        self.announce_at = Some(now);
    }

    fn leave(&mut self, now: Instant, politely: bool) {
        if politely && !self.hung {
            self.output(Output::Announce(Announce::Byebye));
        }
        self.forget_media();
        self.publisher.clear();
        self.pending = PendingAnswers::default();
        self.transport = Self::without_media(&self.quirks);
        self.error = false;
        self.off_at = None;
        // What was told before the boot is no news after it.
        self.tell(now, false);
        (self.closed, self.shows_picture) = (false, false);
        self.pictures.clear();
        self.on = false;
    }
}

/// A UPnP error.
fn fault(code: u16) -> UpnpError {
    let text = match code {
        401 => "Invalid Action",
        402 => "Invalid Args",
        501 => "Action Failed",
        701 => "Transition not available",
        705 => "Transport is locked",
        711 => "Illegal seek target",
        714 => "Illegal MIME-type",
        716 => "Resource not found",
        _ => "",
    };
    UpnpError { code, description: clip(text) }
}
