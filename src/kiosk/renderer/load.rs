//! One load: one file given to one renderer, under a token of its own.
//!
//! Terms: *witness*, what our media server saw the renderer fetch: better evidence than what it says.

use super::playhead::Playhead;
use super::witness::Witness;
use crate::kiosk::token::Token;
use crate::limits::NAME_BYTES;
use crate::media::black;
use crate::media::card;
use crate::media::catalogue::MediaFile;
use crate::media::mime::Kind;
use crate::media::protocol_info;
use crate::media::subtitles::{Form, format_of};
use crate::text::{Text, clip, file_name};
use crate::time::{Duration, Instant};
use crate::upnp::didl::{Item, Rung, Subtitles};
use core::fmt::Write;
use core::net::Ipv4Addr;

/// A renderer whose stream breaks off asks for the rest within this time, or never.
const ASKS_AGAIN: Duration = Duration::from_secs(3);

/// A card that tells a renderer's name is shown for so long: to walk along a wall and read each.
const CARD_SHOWN: Duration = Duration::from_secs(10);

/// A file given to a renderer.
#[derive(Clone, Debug)]
pub struct Load {
    /// In the URL.
    pub token: Token,
    /// What.
    pub file: MediaFile,
    /// The MIME type in metadata and Content-Type.
    pub mime: &'static str,
    /// How much metadata goes with it.
    pub rung: Rung,
    /// Our address and port in the URL.
    pub origin: (Ipv4Addr, u16),
    /// How far it has come.
    pub phase: Phase,
    /// The media server was asked for it.
    pub fetched: bool,
    /// The media server sent its last byte.
    pub whole_sent: bool,
    /// Its stream broke on our side at this time, the file unreadable or the server ended: the renderer waits for
    /// bytes that do not come.
    pub cut_at: Option<Instant>,
    /// What was asked of it could not be sent, because another file has its path now.
    pub replaced: bool,
    /// What else the media server saw.
    pub witness: Witness,
    /// Its duration, read from the file.
    pub duration: Option<Duration>,
    /// Its duration as the renderer says it, often in whole seconds.
    pub said_duration: Option<Duration>,
    /// Where it is.
    pub playhead: Playhead,
    /// It was given a second time, because nothing was fetched.
    pub rearmed: bool,
    /// A Stop goes before Set.
    pub stop_first: bool,
    /// If it is a still: how long it is shown.
    pub dwell: Duration,
    /// Where in its media it was when it began to run: not at zero if it was sent there, or taken up there.
    pub from: Duration,
    /// Where it is to be sent as soon as it plays.
    pub seek_to: Option<Duration>,
    /// How it is told of the subtitles, if there are some and it is told.
    pub captions: Option<Form>,
    /// A still that is given where a still is shown.
    pub after_still: bool,
    /// Commands refused because the renderer was busy.
    pub busy: u8,
    /// It was given by the box in a life before.
    pub inherited: bool,
}

/// How far a load has come. Each deadline lives in the state that needs it.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// To be given to the renderer at this time.
    Wanted { at: Instant },
    /// A Stop went before; wait for it to take effect, but no longer than this.
    Settling { until: Instant },
    /// The renderer has the URI; Play goes at this time.
    Accepted { at: Instant },
    /// Play went out at `sent`; wait for evidence until `until`.
    Starting { sent: Instant, until: Instant },
    /// It played at `since` for the first time, or from where it was sent then.
    Running { since: Instant, doubt: Option<Doubt> },
    /// It played to its end.
    Over,
    /// It does not play; try again at this time.
    Failed { retry_at: Instant },
}

/// It stopped where it should not: find out why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Seen once; it may be a short gap. Look again at this time.
    LookAgain(Instant),
    /// Seen twice. Which URI does it hold?
    AskUri,
    /// It holds none. Is our subscription still known, or did it start again?
    AskLease,
}

impl Load {
    /// The name of the file, for people.
    #[must_use]
    pub fn name(&self) -> String {
        file_name(&self.file.path).into_owned()
    }

    /// The URL of the media: literal address, short path, extension at the end, no query.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_ending(self.file.media_type.extension)
    }

    /// The URL of its subtitles, under the same token.
    #[must_use]
    pub fn subtitles_url(&self) -> Option<String> {
        let format = format_of(self.file.subtitles.as_deref()?)?;
        Some(self.url_ending(format.extension))
    }

    fn url_ending(&self, extension: &str) -> String {
        let (host, port) = self.origin;
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
        format!("http://{host}:{port}/m/{}/{stem}.{extension}", self.token)
    }

    /// The metadata that goes with it.
    #[must_use]
    pub fn metadata(&self) -> String {
        let title: Text<NAME_BYTES> = self
            .file
            .path
            .file_stem()
            .map(|stem| clip(&stem.to_string_lossy()))
            .unwrap_or_default();
        let subtitles_url = self.subtitles_url();
        let subtitles = || {
            let format = format_of(self.file.subtitles.as_deref()?)?;
            Some(Subtitles { form: self.captions?, url: subtitles_url.as_deref()?, format })
        };
        Item {
            title: &title,
            url: &self.url(),
            mime: self.mime,
            content_features: &self.content_features(),
            kind: self.file.media_type.kind,
            size: self.file.size,
            duration: self.duration,
            subtitles: subtitles(),
        }
        .write(self.rung)
    }

    /// The DLNA parameters, in the metadata and in the answers of our server alike.
    #[must_use]
    pub fn content_features(&self) -> String {
        protocol_info::content_features(self.file.media_type, self.file.profile)
    }

    /// A URI that the renderer names is this load's.
    #[must_use]
    pub fn is_named_by(&self, uri: &str) -> bool {
        let mut token = Text::<16>::new();
        write!(token, "{}", self.token).is_ok() && uri.contains(token.as_str())
    }

    /// It could not be read for long enough to ask for it once more, and nothing moves.
    #[must_use]
    pub fn starves_at(&self) -> Option<Instant> {
        let moves = self.playhead.moved() && self.playhead.stuck() == 0;
        self.cut_at.filter(|_| !moves).map(|at| at + ASKS_AGAIN)
    }

    /// For how long a still is shown.
    #[must_use]
    pub fn dwell(&self) -> Duration {
        match &self.file {
            // Nobody wants to see black followed by black; but some renderers put pictures away by themselves.
            _ if self.is_black() => Duration::from_secs(3600),
            file if card::is_card(file) => CARD_SHOWN,
            _ => self.dwell,
        }
    }

    /// It is the black picture.
    #[must_use]
    pub fn is_black(&self) -> bool {
        black::body(&self.file).is_some()
    }

    /// The renderer can reach the media server: it came for this, if only for its head.
    #[must_use]
    pub fn was_asked_for(&self) -> bool {
        self.fetched || self.witness.heads > 0
    }

    /// It has no end of its own.
    #[must_use]
    pub fn is_still(&self) -> bool {
        self.file.media_type.kind == Kind::Image
    }

    /// The longest that it may last: a renderer's whole seconds may leave out almost one.
    #[must_use]
    pub fn length(&self) -> Option<Duration> {
        self.duration.or(self.said_duration)
    }

    /// The moments between which it ends.
    #[must_use]
    pub fn end(&self) -> Option<(Instant, Instant)> {
        let (earliest, latest) = self.playhead.end(self.length()?)?;
        let unsure = if self.duration.is_none() { Duration::from_secs(1) } else { Duration::ZERO };
        Some((earliest, latest + unsure))
    }

    /// How far it has played, as far as anybody can tell.
    #[must_use]
    pub fn played(&self, now: Instant) -> Duration {
        self.playhead.position(now).max(self.playhead.furthest())
    }

    /// It was first seen playing no longer ago than this.
    #[must_use]
    pub fn began_within(&self, span: Duration, now: Instant) -> bool {
        matches!(self.phase, Phase::Running { since, .. } if now.since(since) <= span)
    }

    /// What a stop that is seen now means, if it can be told from the position alone.
    #[must_use]
    pub fn stopped_at_its_end(&self, now: Instant, confirmed: bool) -> bool {
        let played = self.played(now);
        let Some(length) = self.length() else {
            return confirmed && self.whole_sent;
        };
        // FACTS of the field: renderers stop up to 5 s (long films: 3 %, at most 12 s) early.
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
    use crate::media::mime;
    use std::path::Path;

    fn load(path: &str, duration: u64) -> Load {
        let media_type = mime::of_extension("mp4").expect("known");
        let mut playhead = Playhead::default();
        playhead.begin(Instant::START, Instant::START, Duration::ZERO, true);
        Load {
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
            mime: "video/mp4",
            rung: Rung::Full,
            origin: (Ipv4Addr::new(10, 0, 0, 1), 8895),
            phase: Phase::Running { since: Instant::START, doubt: None },
            fetched: true,
            whole_sent: false,
            cut_at: None,
            replaced: false,
            witness: Witness::default(),
            duration: Some(Duration::from_secs(duration)),
            said_duration: None,
            playhead,
            rearmed: false,
            stop_first: false,
            dwell: Duration::from_secs(10),
            from: Duration::ZERO,
            seek_to: None,
            captions: None,
            after_still: false,
            busy: 0,
            inherited: false,
        }
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
