//! A load: one file given to one renderer under a token of its own.

use super::evidence::FetchEvidence;
use super::playhead::Playhead;
use crate::kiosk::event::StreamEnd;
use crate::kiosk::fault::Fault;
use crate::kiosk::token::Token;
use crate::kiosk::trace::{Log, What};
use crate::limits::NAME_BYTES;
use crate::media::catalogue::MediaFile;
use crate::media::generated::{black_body, is_card};
use crate::media::media_type;
use crate::media::media_type::MediaKind;
use crate::media::subtitles::{SubtitleMethod, format_of};
use crate::text::{Text, clip, file_name};
use crate::time::{Duration, Instant};
use crate::upnp::didl::{Item, ItemSubtitles, MetadataLevel};
use core::fmt::Write;
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
    /// The duration read from the file.
    pub duration: Option<Duration>,
    /// The duration that the renderer reports, often in whole seconds.
    pub said_duration: Option<Duration>,
    /// Where playback began. Not zero after a seek or a takeover.
    pub from: Duration,
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
    /// Durations, if an earlier load of the same file knows them: read from the file, and reported by the renderer.
    pub durations: (Option<Duration>, Option<Duration>),
    /// This still replaces another still.
    pub after_still: bool,
    /// A Stop precedes SetAVTransportURI.
    pub stop_first: bool,
}

impl Load {
    /// Creates a load that is to be given to the renderer at `at`.
    pub fn new(new: NewLoad, at: Instant) -> Self {
        let NewLoad { token, file, origin, metadata, playhead, dwell, .. } = new;
        let (duration, said_duration) = new.durations;
        Self(Fields {
            token,
            file,
            origin,
            metadata,
            phase: Phase::Wanted { at },
            evidence: FetchEvidence::default(),
            playhead,
            duration,
            said_duration,
            from: Duration::ZERO,
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

    /// Counts a command that the renderer refused because it was busy.
    pub fn count_busy(&mut self) {
        self.0.attempt.busy += 1;
    }

    /// The renderer accepted the file.
    pub fn accepted(&mut self) {
        self.0.attempt.busy = 0;
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
        self.0.duration = duration;
    }

    /// Sets the duration that the renderer reports.
    pub fn say_duration(&mut self, duration: Option<Duration>) {
        self.0.said_duration = duration.or(self.0.said_duration);
    }

    /// Sets the position to seek to as soon as the renderer plays.
    pub fn send_to(&mut self, position: Option<Duration>) {
        self.0.seek_to = position;
    }

    /// Sets the position at which playback began.
    pub fn began_at(&mut self, position: Duration) {
        self.0.from = position;
    }

    /// Takes one report of the media server.
    pub fn add_evidence(&mut self, bytes: u64, end: Option<StreamEnd>, now: Instant) {
        self.0.evidence.add(bytes, end, now);
    }

    /// The media server ended, and all its connections with it.
    pub fn media_server_ended(&mut self, now: Instant) {
        self.0.evidence.server_ended(now);
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

    /// The duration read from the file, and the one that the renderer reports.
    pub const fn durations(&self) -> (Option<Duration>, Option<Duration>) {
        (self.0.duration, self.0.said_duration)
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

    /// Returns whether the renderer cannot have shown anything, whatever state it reports.
    pub fn has_shown_nothing(&self) -> bool {
        !self.0.playhead.moved() && self.0.evidence.only_hung_up(self.0.file.size)
    }

    /// Returns whether the renderer has fetched enough of the file to show something.
    pub fn has_enough(&self) -> bool {
        self.0.evidence.is_enough(self.0.file.size)
    }

    /// The name of the file, for people.
    pub fn name(&self) -> String {
        file_name(&self.0.file.path).into_owned()
    }

    /// The URL of the media: numeric address, short path, extension at the end, no query.
    pub fn url(&self) -> String {
        self.url_ending(self.0.file.media_type.extension)
    }

    /// The URL of the subtitles, under the same token.
    pub fn subtitles_url(&self) -> Option<String> {
        let format = format_of(self.0.file.subtitles.as_deref()?)?;
        Some(self.url_ending(format.extension))
    }

    fn url_ending(&self, extension: &str) -> String {
        let (host, port) = self.0.origin;
        let stem = self
            .file
            .path
            .file_stem()
            .map(|s| s.to_string_lossy().into_owned())
            .unwrap_or_default();
        let safe: String = stem
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_')
            .take(32)
            .collect();
        let stem = if safe.is_empty() { "media" } else { &safe };
        format!("http://{host}:{port}/m/{}/{stem}.{extension}", self.0.token)
    }

    /// The metadata for the URI: a DIDL-Lite document, or an empty string.
    pub fn didl(&self) -> String {
        let title: Text<NAME_BYTES> = self
            .file
            .path
            .file_stem()
            .map(|stem| clip(&stem.to_string_lossy()))
            .unwrap_or_default();
        let subtitles_url = self.subtitles_url();
        let subtitles = || {
            let format = format_of(self.0.file.subtitles.as_deref()?)?;
            let method = self.0.metadata.subtitles?;
            Some(ItemSubtitles { method, url: subtitles_url.as_deref()?, format })
        };
        Item {
            title: &title,
            url: &self.url(),
            mime: self.0.metadata.mime,
            content_features: &self.content_features(),
            kind: self.0.file.media_type.kind,
            size: self.0.file.size,
            duration: self.0.duration,
            subtitles: subtitles(),
        }
        .write(self.0.metadata.level)
    }

    /// The DLNA parameters, the same in the metadata and in the media server's answers.
    pub fn content_features(&self) -> String {
        media_type::content_features(self.0.file.media_type, self.0.file.profile)
    }

    /// Returns whether a URI that the renderer reports is the URL of this load.
    pub fn is_named_by(&self, uri: &str) -> bool {
        let mut token = Text::<16>::new();
        write!(token, "{}", self.0.token).is_ok() && uri.contains(token.as_str())
    }

    /// When to give the load up because the file could not be read: the renderer should have asked again by then.
    /// `None`
    /// while the position moves.
    pub fn starves_at(&self) -> Option<Instant> {
        let playhead = &self.0.playhead;
        let moves = playhead.moved() && playhead.stuck() == 0;
        self.0.evidence.asks_again_by().filter(|_| !moves)
    }

    /// How long a still is shown.
    pub fn dwell(&self) -> Duration {
        match &self.0.file {
            // Black need not be renewed soon, but some renderers close a picture by themselves.
            _ if self.is_black() => Duration::from_secs(3600),
            file if is_card(file) => CARD_SHOWN,
            _ => self.0.dwell,
        }
    }

    /// Returns whether this is the black picture.
    pub fn is_black(&self) -> bool {
        black_body(&self.0.file).is_some()
    }

    /// Returns whether this is a still, which has no end of its own.
    pub fn is_still(&self) -> bool {
        matches!(self.kind(), MediaKind::Image)
    }

    /// The duration, if known. One reported in whole seconds may be almost a second too short.
    pub fn length(&self) -> Option<Duration> {
        self.0.duration.or(self.0.said_duration)
    }

    /// The earliest and the latest time at which playback ends.
    pub fn end(&self) -> Option<(Instant, Instant)> {
        let (earliest, latest) = self.0.playhead.end(self.length()?)?;
        let unsure =
            if self.0.duration.is_none() { Duration::from_secs(1) } else { Duration::ZERO };
        Some((earliest, latest + unsure))
    }

    /// How far the file has played: the estimated or the furthest reported position.
    pub fn played(&self, now: Instant) -> Duration {
        self.0.playhead.position(now).max(self.0.playhead.furthest())
    }

    /// Returns whether playback was first seen within the last `span`.
    pub fn began_within(&self, span: Duration, now: Instant) -> bool {
        matches!(self.0.phase, Phase::Running { since, .. } if now.since(since) <= span)
    }

    /// Judges by the position whether a stop that is seen now is the end of the file. `confirmed`: seen for the second
    /// time.
    pub fn stopped_at_its_end(&self, now: Instant, confirmed: bool) -> bool {
        let played = self.played(now);
        let Some(length) = self.length() else {
            return confirmed && self.0.evidence.whole_sent;
        };
        // Renderers stop up to 5 s early; with long films, 3 % of the length and at most 12 s.
        let slack = length.mul_f64(0.03).clamp(Duration::from_secs(5), Duration::from_secs(12));
        let near = if length < Duration::from_secs(15) {
            length.mul_f64(0.6)
        } else {
            length.saturating_sub(slack)
        };
        played + Duration::from_millis(1200) >= length || (confirmed && played >= near)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::media_type;
    use std::path::Path;

    fn load(path: &str, duration: u64) -> Load {
        let media_type = media_type::of_extension("mp4").expect("known");
        let mut playhead = Playhead::default();
        playhead.begin(Instant::START, Instant::START, Duration::ZERO, true);
        let new = NewLoad {
            token: Token(0xabc),
            file: MediaFile {
                path: Path::new(path).into(),
                root: Path::new("/m").into(),
                media_type,
                size: 5,
                modified: 0,
                profile: None,
                subtitles: None,
            },
            origin: (Ipv4Addr::new(10, 0, 0, 1), 8895),
            metadata: Metadata { mime: "video/mp4", level: MetadataLevel::Full, subtitles: None },
            playhead,
            dwell: Duration::from_secs(10),
            durations: (Some(Duration::from_secs(duration)), None),
            after_still: false,
            stop_first: false,
        };
        let mut load = Load::new(new, Instant::START);
        load.0.phase = Phase::Running { since: Instant::START, doubt: None };
        load
    }

    #[test]
    fn a_url_is_short_plain_and_ends_in_the_extension() {
        let url = load("/m/Ünser Film & mehr.MP4", 10).url();
        assert_eq!(url, "http://10.0.0.1:8895/m/0000000000000abc/nserFilmmehr.mp4");
        assert!(load("/m/日本.mp4", 10).url().ends_with("/media.mp4"));
        assert!(load("/m/a.mp4", 10).is_named_by(&url));
    }

    #[test]
    fn the_end_is_told_from_a_stop_by_the_position() {
        let at = |secs: u64| Instant::from_millis(secs * 1000);
        let film = load("/m/a.mp4", 600);
        assert!(!film.stopped_at_its_end(at(300), true), "in the middle");
        assert!(film.stopped_at_its_end(at(599), false), "sure at once");
        assert!(!film.stopped_at_its_end(at(590), false), "early: look again");
        assert!(film.stopped_at_its_end(at(590), true));
        let clip = load("/m/a.mp4", 10);
        assert!(!clip.stopped_at_its_end(at(5), true));
        assert!(clip.stopped_at_its_end(at(7), true));
    }
}
