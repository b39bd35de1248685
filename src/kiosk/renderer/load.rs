//! A load: one file given to one renderer under a token of its own.

use super::evidence::FetchEvidence;
use super::lengths::Lengths;
use super::playhead::Playhead;
use crate::kiosk::event::StreamEnd;
use crate::kiosk::fault::Fault;
use crate::kiosk::token::Token;
use crate::kiosk::trace::{Log, What};
use crate::media::catalogue::MediaFile;
use crate::media::generated::is_card;
use crate::media::media_type::MediaKind;
use crate::media::subtitles::SubtitleMethod;
use crate::time::{Duration, Instant};
use crate::upnp::didl::MetadataLevel;
use core::net::Ipv4Addr;

/// How long a card with the name of a renderer is shown: time to walk along a wall of screens and read each.
const CARD_SHOWN: Duration = Duration::from_secs(10);

/// A file given to a renderer.
#[derive(Clone, Debug)]
pub struct Load(Fields);

read_only!(Load, Fields);

/// Readable everywhere, writable only in this file.
#[derive(Clone, Debug)]
pub struct Fields {
    /// The token in the URL.
    pub token: Token,
    pub file: MediaFile,
    /// The box's address and media port in the URL.
    pub origin: (Ipv4Addr, u16),
    /// How the file is described to the renderer.
    pub metadata: Metadata,
    /// How far the load has come.
    pub phase: Phase,
    /// What the media server saw the renderer fetch.
    pub evidence: FetchEvidence,
    /// The renderer's position in the file.
    pub playhead: Playhead,
    /// How long the file plays.
    pub lengths: Lengths,
    /// Where playback began. Not zero after a seek or a takeover.
    pub from: Duration,
    /// When the renderer last reported PLAYING and position zero.
    pub stood_at: Option<Instant>,
    /// The position to seek to as soon as the renderer plays.
    pub seek_to: Option<Duration>,
    /// What was tried to make the renderer accept and play the file.
    pub attempt: Attempt,
    /// How long a still is shown.
    dwell: Duration,
    /// The box gave this load to the renderer before the box restarted.
    pub taken_over: bool,
}

/// How the file is described to the renderer.
#[derive(Clone, Copy, Debug)]
pub struct Metadata {
    /// The MIME type in the metadata and in Content-Type.
    pub mime: &'static str,
    /// How much metadata is sent with the URI.
    pub level: MetadataLevel,
    /// How the renderer is told of the file's subtitles, if it is told of any.
    pub subtitles: Option<SubtitleMethod>,
}

/// What was tried to make the renderer accept and play this load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attempt {
    /// The file was given a second time, because nothing was fetched.
    pub repeated: bool,
    /// A Stop precedes SetAVTransportURI.
    pub stop_first: bool,
    /// This still replaces another still.
    pub after_still: bool,
    /// How many commands the renderer refused because it was busy.
    pub busy: u8,
    /// A Stop preceded the file because the renderer had refused it.
    pub stopped: bool,
    /// The renderer did not answer when it got the file.
    pub unanswered: bool,
    /// How many calls about this load in a row were not answered.
    pub silent: u8,
    /// After Play the renderer was on its way, and since then it has been stopped again.
    pub gave_up_at: Option<Instant>,
}

/// How far a load has come. Each deadline belongs to the phase that needs it.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// To be given to the renderer at this time.
    Wanted { at: Instant },
    /// A Stop was sent first; wait until it takes effect, but no longer than this.
    Settling { until: Instant },
    /// The renderer has the URI; Play is due at this time.
    Accepted { at: Instant },
    /// Play was sent at `sent`; wait for evidence of playback until `until`.
    Starting { sent: Instant, until: Instant },
    /// Playback was first seen at `since`, or was moved to another position then.
    Running { since: Instant, doubt: Option<Doubt> },
    /// The file was played to its end.
    Over,
    /// The file does not play; try again at this time.
    Failed { retry_at: Instant },
}

impl Phase {
    const fn word(&self) -> &'static str {
        match self {
            Self::Wanted { .. } => "wanted",
            Self::Settling { .. } => "settling",
            Self::Accepted { .. } => "accepted",
            Self::Starting { .. } => "starting",
            Self::Running { doubt: None, .. } => "running",
            Self::Running { doubt: Some(_), .. } => "in doubt",
            Self::Over => "over",
            Self::Failed { .. } => "failed",
        }
    }
}

/// The next step in finding out why the renderer stopped unexpectedly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Stopped was seen once and may be a short gap: look again at this time.
    LookAgain(Instant),
    /// Stopped was seen twice: ask which URI the renderer holds.
    AskUri,
    /// The renderer holds no URI: ask whether it still knows our subscription, or has restarted.
    AskLease,
}

/// What a new load is made from.
#[derive(Debug)]
pub struct NewLoad {
    /// The token in the URL.
    pub token: Token,
    pub file: MediaFile,
    /// The box's address and media port in the URL.
    pub origin: (Ipv4Addr, u16),
    /// How the file is described to the renderer.
    pub metadata: Metadata,
    /// The renderer's position in the file.
    pub playhead: Playhead,
    /// How long a still is shown.
    pub dwell: Duration,
    /// How long the file plays, by an earlier load of the same file.
    pub lengths: Lengths,
    /// This still replaces another still.
    pub after_still: bool,
    /// A Stop precedes SetAVTransportURI.
    pub stop_first: bool,
}

impl Load {
    /// Creates a load that is to be given to the renderer at `at`.
    pub fn new(new: NewLoad, at: Instant) -> Self {
        let NewLoad { token, file, origin, metadata, playhead, dwell, .. } = new;
        Self(Fields {
            token,
            file,
            origin,
            metadata,
            phase: Phase::Wanted { at },
            evidence: FetchEvidence::default(),
            playhead,
            lengths: new.lengths,
            from: Duration::ZERO,
            stood_at: None,
            seek_to: None,
            attempt: Attempt {
                stop_first: new.stop_first,
                after_still: new.after_still,
                ..Attempt::default()
            },
            dwell,
            taken_over: false,
        })
    }

    /// Creates a load that the renderer has had since before the box restarted.
    pub fn taken_over(new: NewLoad, phase: Phase) -> Self {
        let Self(fields) = Self::new(new, Instant::START);
        Self(Fields { phase, taken_over: true, ..fields })
    }

    /// Takes what is known of this load from before it was stopped: somebody has started it again.
    pub fn resume(&mut self, before: &Self) {
        self.0.evidence = before.evidence.clone();
        self.0.lengths = before.lengths;
    }

    /// Puts the load into another phase. Nothing else changes the phase. The reason goes to the flight recorder.
    pub fn enter(&mut self, phase: Phase, reason: &'static str, log: &mut Log<'_>) {
        let (before, after) = (self.0.phase.word(), phase.word());
        self.0.phase = phase;
        if before != after {
            log.note(What::Phase(after, reason));
        }
    }

    /// Retries a failed load now, because somebody pressed play.
    pub fn retry_at_once(&mut self, now: Instant) {
        if let Phase::Failed { retry_at } = &mut self.0.phase {
            *retry_at = now;
        }
    }

    /// Sets whether a Stop precedes the file.
    pub fn stop_first(&mut self, stop_first: bool) {
        self.0.attempt.stop_first = stop_first;
    }

    /// Gives the renderer the file a second time, after a Stop.
    pub fn repeat(&mut self) {
        self.0.attempt.repeated = true;
        self.0.attempt.stop_first = true;
    }

    /// Gives the renderer the file again after a Stop, because it refused the file.
    pub fn stop_and_repeat(&mut self) {
        self.0.attempt.stopped = true;
        self.0.attempt.stop_first = true;
    }

    /// Counts a command that the renderer refused because it was busy.
    pub fn count_busy(&mut self) {
        self.0.attempt.busy += 1;
    }

    /// Sets whether the last thing known is that the renderer did not answer when it got the file.
    pub fn unanswered(&mut self, is: bool) {
        self.0.attempt.unanswered = is;
    }

    /// A call about this load was not answered. Returns how many in a row were not.
    pub fn count_silence(&mut self) -> u8 {
        self.0.attempt.silent = self.0.attempt.silent.saturating_add(1);
        self.0.attempt.silent
    }

    /// A call about this load was answered.
    pub fn forget_silence(&mut self) {
        self.0.attempt.silent = 0;
    }

    /// The renderer was seen stopped after Play, or not; `before`: when it was last seen on its way to playback.
    pub fn seen_starting(&mut self, stopped: bool, before: Option<Instant>, now: Instant) {
        let Phase::Starting { sent, .. } = self.0.phase else { return };
        let was_on_its_way = before.is_some_and(|before| before > sent);
        let gave_up = (was_on_its_way || self.0.evidence.is_broken_off()).then_some(now);
        let gave_up_at = &mut self.0.attempt.gave_up_at;
        *gave_up_at = gave_up_at.or(gave_up).filter(|_| stopped);
    }

    /// After Play the renderer is still on its way to playback: it may begin until `latest`.
    pub fn may_begin_until(&mut self, latest: Instant) {
        if let Phase::Starting { until, .. } = &mut self.0.phase {
            *until = latest.max(*until);
        }
    }

    /// The renderer accepted the file.
    pub fn accepted(&mut self) {
        self.0.attempt.busy = 0;
        self.0.attempt.gave_up_at = None;
    }

    /// Starts again, because the renderer plays something else: what was seen so far says nothing about this load.
    pub fn begin_again(&mut self, playhead: Playhead) {
        self.0.attempt.stop_first = true;
        self.0.from = Duration::ZERO;
        self.0.playhead = playhead;
        self.0.evidence.forget_requests();
    }

    /// Changes how the file is described.
    pub fn describe(&mut self, metadata: Metadata) {
        self.0.metadata = metadata;
    }

    /// Sets the duration that was read from the file.
    pub fn read_duration(&mut self, duration: Option<Duration>) {
        self.0.lengths.file = duration;
    }

    /// Sets the duration that the renderer reports.
    pub fn say_duration(&mut self, duration: Option<Duration>) {
        self.0.lengths.said = duration.or(self.0.lengths.said);
    }

    /// Sets the position to seek to as soon as the renderer plays.
    pub fn send_to(&mut self, position: Option<Duration>) {
        self.0.seek_to = position;
    }

    /// Sets the position at which playback began.
    pub fn began_at(&mut self, position: Duration) {
        self.0.from = position;
    }

    /// The renderer reports PLAYING and position zero.
    pub fn stands(&mut self, now: Instant) {
        self.0.stood_at = Some(now);
    }

    /// Takes one report of the media server.
    pub fn add_evidence(&mut self, bytes: u64, end: Option<StreamEnd>, now: Instant) {
        let size = self.0.file.size;
        self.0.evidence.add(bytes, end, size, now);
    }

    /// The media server ended, and all its connections with it.
    pub fn media_server_ended(&mut self, now: Instant) {
        let size = self.0.file.size;
        self.0.evidence.server_ended(size, now);
    }

    /// Disregards what the renderer fetched before.
    pub fn forget_fetch(&mut self) {
        self.0.evidence.forget_fetch();
    }

    pub fn playhead_mut(&mut self) -> &mut Playhead {
        &mut self.0.playhead
    }

    /// Video, audio or image.
    pub const fn kind(&self) -> MediaKind {
        self.0.file.media_type.kind
    }

    /// Returns whether the file plays, even if that is in doubt.
    pub const fn is_running(&self) -> bool {
        matches!(self.0.phase, Phase::Running { .. })
    }

    /// Returns whether Play was sent and playback is not seen yet.
    pub const fn is_starting(&self) -> bool {
        matches!(self.0.phase, Phase::Starting { .. })
    }

    /// Returns whether the renderer has the URI and was not told to play.
    pub const fn is_accepted(&self) -> bool {
        matches!(self.0.phase, Phase::Accepted { .. })
    }

    pub fn is_in_doubt(&self, doubt: Doubt) -> bool {
        matches!(self.0.phase, Phase::Running { doubt: Some(d), .. } if d == doubt)
    }

    /// How long a still is shown.
    pub fn dwell(&self) -> Duration {
        if is_card(&self.0.file) { CARD_SHOWN } else { self.0.dwell }
    }

    /// Why playback never began after Play, judged by what the media server saw.
    pub fn never_began(&self) -> Fault {
        let name = self.name();
        match &self.0.evidence {
            seen if seen.fetched && seen.only_hung_up(self.0.file.size) => {
                Fault::HungUp(name, seen.hang_ups)
            }
            seen if seen.fetched => Fault::DoesNotPlay(name),
            seen if seen.is_asked_for() => Fault::OnlyAsked(name),
            _ => Fault::CannotReachBox(self.0.origin.0, self.0.origin.1),
        }
    }
}
