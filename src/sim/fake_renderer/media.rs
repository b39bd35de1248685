//! The media of a simulated renderer: what was fetched, where the playhead is, and what becomes of subtitles.

use super::FakeRenderer;
use super::fetching::{FetchId, Fetched, Method};
use crate::sim::quirks::{Still, Subtitles};
use crate::time::{Duration, Instant};
use crate::upnp::didl::{self, MetadataLevel};
use crate::upnp::values::parse_time;

/// A URI that was set, and the state of its media.
#[derive(Clone, Debug, Default)]
pub(super) struct Media {
    pub uri: String,
    pub mime: Option<String>,
    pub duration: Option<Duration>,
    /// There is nothing after this time, whatever `duration` says.
    pub breaks_off: Option<Duration>,
    /// The error with which Play refuses it.
    pub refusal: Option<u16>,
    /// It was set while a picture was shown.
    pub follows_picture: bool,
    /// The server sent contentFeatures.dlna.org.
    pub featured: bool,
    pub captions: SubtitleState,
    /// How many connections were dropped as soon as they delivered bytes.
    pub dropped: u8,
    length: Option<u64>,
    /// The fetch that feeds the playhead.
    pub fetch: Option<FetchId>,
    /// Parallel fetches, whose bytes are ignored.
    pub others: Vec<FetchId>,
    begun: bool,
    opened: bool,
    finished: bool,
    failed: bool,
    /// It cannot be played, and the renderer gives up at this time.
    pub fails_at: Option<Instant>,
    /// The first byte of the fetch, and the number of bytes read since.
    from: u64,
    read: u64,
    base: Duration,
    rolling_since: Option<Instant>,
    /// When the playhead last stood still.
    stood_at: Instant,
}

impl Media {
    pub(super) fn new(uri: &str, metadata: &str) -> Self {
        let described = didl::parse(metadata);
        Self {
            uri: uri.to_owned(),
            captions: SubtitleState::of(described.as_ref()),
            mime: described.map(|d| d.mime.to_ascii_lowercase()),
            duration: attribute(metadata, "duration").and_then(parse_time),
            ..Self::default()
        }
    }

    pub(super) fn is_still(&self) -> bool {
        self.mime.as_deref().is_some_and(|m| m.starts_with("image/"))
    }

    /// Sets how long a picture lasts: the renderer decides that.
    pub(super) fn apply(&mut self, still: Still) {
        if self.is_still() {
            self.duration = match still {
                Still::Stays => None,
                Still::EndsAtOnce => Some(Duration::ZERO),
                Still::EndsAfter(span) => Some(span),
            };
        }
    }

    /// Returns whether it was ever requested.
    pub(super) const fn begun(&self) -> bool {
        self.begun
    }

    /// Returns whether the current fetch requested a range.
    pub(super) const fn seeks(&self) -> bool {
        self.from > 0
    }

    pub(super) const fn length(&self) -> Option<u64> {
        self.length
    }

    pub(super) const fn fail(&mut self) {
        self.failed = true;
    }

    pub(super) fn drop_fetches(&mut self) -> Vec<FetchId> {
        let mut ids = core::mem::take(&mut self.others);
        ids.extend(self.fetch.take());
        ids
    }

    pub(super) const fn opened(&self) -> bool {
        self.opened
    }

    pub(super) const fn failed(&self) -> bool {
        self.failed
    }

    /// Returns whether it can be seen or heard while the renderer plays it.
    pub(super) const fn shows(&self) -> bool {
        self.opened && self.fails_at.is_none()
    }

    /// Fails if it cannot be played, and the renderer has tried for long enough.
    pub(super) fn give_up(&mut self, now: Instant) {
        self.failed |= self.fails_at.is_some_and(|at| at <= now);
    }

    /// Begins a fetch from byte `from`, which feeds the playhead at `position`.
    pub(super) fn begin(&mut self, fetch: FetchId, from: u64, position: Duration) {
        self.fetch = Some(fetch);
        self.begun = true;
        (self.from, self.read) = (from, 0);
        (self.opened, self.finished, self.failed) = (false, false, false);
        self.base = position;
        self.rolling_since = None;
    }

    /// The head of the response arrived.
    pub(super) fn open(&mut self, mime: Option<String>, length: Option<u64>) {
        self.opened = true;
        self.mime = mime.or(self.mime.take());
        self.length = length.map(|length| self.from + length).or(self.length);
    }

    /// The renderer has all of the media already.
    pub(super) const fn have(&mut self) {
        (self.begun, self.opened, self.finished) = (true, true, true);
    }

    pub(super) fn take_bytes(&mut self, bytes: u64) {
        self.read = self.read.saturating_add(bytes);
    }

    pub(super) fn finish(&mut self) {
        self.finished = true;
    }

    /// The fetch broke off. Returns the byte to continue from if the fetch delivered any: so the length of the file
    /// limits the attempts.
    pub(super) fn break_off(&mut self) -> Option<u64> {
        self.fetch = None;
        if self.opened && self.read > 0 {
            return Some(self.from + self.read);
        }
        self.failed = true;
        None
    }

    /// Returns the byte at `position`, as far as it is known.
    pub(super) fn byte_at(&self, position: Duration) -> u64 {
        match (self.length, self.duration) {
            (Some(length), Some(duration)) if !duration.is_zero() => {
                let share = position.as_secs_f64() / duration.as_secs_f64();
                // A fraction of the length fits into u64.
                (length as f64 * share.clamp(0.0, 1.0)) as u64
            }
            _ => 0,
        }
    }

    /// Returns how far the media was read, in time; `None` if that is unknown, or if everything was read.
    fn buffered(&self) -> Option<Duration> {
        if self.finished {
            return None;
        }
        let (length, duration) = (self.length?, self.true_length()?);
        let read = (self.from + self.read).min(length);
        let micros = (duration.as_micros() * u128::from(read)).checked_div(u128::from(length))?;
        Some(Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)))
    }

    /// Returns the length that can be shown, if it is known.
    pub(super) fn true_length(&self) -> Option<Duration> {
        self.duration.into_iter().chain(self.breaks_off).min()
    }

    /// Returns where the playhead must stop: at the last byte that was read, or at the end.
    fn limit(&self) -> Option<Duration> {
        self.buffered().into_iter().chain(self.true_length()).min()
    }

    pub(super) fn position(&self, now: Instant) -> Duration {
        let rolled = self.rolling_since.map_or(Duration::ZERO, |t| now.since(t));
        let position = self.base + rolled;
        self.limit().map_or(position, |limit| position.min(limit))
    }

    /// Lets the playhead move on, or stops it where it is.
    pub(super) fn roll(&mut self, now: Instant, rolls: bool) {
        self.base = self.position(now);
        let starved = self.limit().is_some_and(|limit| self.base >= limit);
        let rolls = rolls && self.opened && !self.failed && !starved && self.fails_at.is_none();
        if !rolls || self.rolling_since.is_none() {
            self.stood_at = now;
        }
        self.rolling_since = rolls.then_some(now);
    }

    /// Returns for how long the playhead has moved without standing still.
    pub(super) fn steady(&self, now: Instant) -> Duration {
        self.rolling_since.map_or(Duration::ZERO, |_| now.since(self.stood_at))
    }

    pub(super) fn rewind(&mut self) {
        self.base = Duration::ZERO;
        self.rolling_since = None;
    }

    pub(super) fn at_end(&self, now: Instant) -> bool {
        self.opened && self.true_length().is_some_and(|d| self.position(now) >= d)
    }

    /// Returns when the moving playhead is `lead` before the end.
    pub(super) fn reaches(&self, lead: Duration) -> Option<Instant> {
        let to_go = self.true_length()?.saturating_sub(lead);
        self.rolling_since.map(|t| t + to_go.saturating_sub(self.base))
    }

    /// Returns when the moving playhead stops by itself: for lack of bytes, or at the end.
    pub(super) fn stops_at(&self) -> Option<Instant> {
        let limit = self.limit()?;
        self.rolling_since.map(|t| t + limit.saturating_sub(self.base))
    }

    /// Returns how much was read ahead of the playhead.
    pub(super) fn ahead(&self, now: Instant) -> Option<Duration> {
        Some(self.buffered()?.saturating_sub(self.position(now)))
    }
}

/// Returns the metadata level of this document.
pub(super) fn level_of(metadata: &str) -> MetadataLevel {
    if metadata.trim().is_empty() {
        MetadataLevel::Empty
    } else if attribute(metadata, "size").is_some() || attribute(metadata, "duration").is_some() {
        MetadataLevel::Full
    } else if metadata.contains("xmlns:sec=") {
        MetadataLevel::Plain
    } else {
        MetadataLevel::Compat
    }
}

/// Returns the value of the first attribute of this name. The box wrote the metadata, so this is enough.
fn attribute<'a>(metadata: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = metadata.split_once(&format!(" {name}="))?;
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    rest[1..].split(quote).next()
}

/// Returns the duration of a WAV file, from its first bytes.
pub fn wav_duration(file: &[u8]) -> Option<Duration> {
    let number = |at: usize| Some(u32::from_le_bytes(file.get(at..at + 4)?.try_into().ok()?));
    let wave = file.get(..4)? == b"RIFF" && file.get(8..16)? == b"WAVEfmt ";
    let bytes_per_second = number(28).filter(|rate| wave && *rate > 0)?;
    // Other chunks may precede the samples.
    let samples = file.windows(4).take(4096).position(|four| four == b"data")?;
    Duration::try_from_secs_f64(f64::from(number(samples + 4)?) / f64::from(bytes_per_second)).ok()
}

/// The subtitles of one file: where the metadata says they are, and whether they were fetched.
#[derive(Clone, Debug, Default)]
pub(super) struct SubtitleState {
    /// A `res` of text in the metadata.
    pub(super) resource: Option<String>,
    /// pv:subtitleFileUri in the metadata.
    pub(super) attribute: Option<String>,
    /// The fetch, and its URL.
    pub(super) fetch: Option<(FetchId, String)>,
    /// The server returned them.
    pub(super) shown: bool,
}

impl SubtitleState {
    pub(super) fn of(described: Option<&didl::ParsedItem>) -> Self {
        Self {
            resource: described.and_then(|d| d.text_resource.clone()),
            attribute: described.and_then(|d| d.subtitle_file.clone()),
            ..Self::default()
        }
    }
}

impl Media {
    /// Returns the error with which subtitles in the metadata are refused, or takes the subtitles for the film.
    pub(super) fn apply_subtitles(&mut self, subtitles: Subtitles) -> Option<u16> {
        let captions = &self.captions;
        let any = captions.resource.as_ref().or(captions.attribute.as_ref());
        match subtitles {
            Subtitles::Refused(code) => return any.map(|_| code),
            Subtitles::Header => self.uri = captions.resource.clone().unwrap_or(self.uri.clone()),
            Subtitles::Opened => self.uri = any.cloned().unwrap_or(self.uri.clone()),
            Subtitles::Ignored | Subtitles::Resource | Subtitles::Attributes => {}
        }
        None
    }
}

impl FakeRenderer {
    /// Returns the URL of the subtitles that are shown.
    pub fn subtitles_on_screen(&self) -> Option<&str> {
        let captions = &self.media.as_ref()?.captions;
        captions.fetch.as_ref().filter(|_| captions.shown).map(|(_, url)| url.as_str())
    }

    /// Fetches the subtitles, in the form that the renderer knows. `header` is the CaptionInfo.sec of the film's response.
    pub(super) fn fetch_subtitles(&mut self, header: Option<String>) {
        let Some(captions) = self.media.as_ref().map(|media| &media.captions) else {
            return;
        };
        let url = match self.quirks.subtitles {
            Subtitles::Header => header,
            Subtitles::Resource => captions.resource.clone(),
            Subtitles::Attributes => captions.attribute.clone(),
            Subtitles::Ignored | Subtitles::Refused(_) | Subtitles::Opened => None,
        };
        let Some(url) = url.filter(|_| captions.fetch.is_none()) else {
            return;
        };
        let id = self.get(&url, None);
        if let Some(media) = &mut self.media {
            media.captions.fetch = Some((id, url));
        }
    }

    /// Returns whether a request carries getCaptionInfo.sec: Samsung sends it with HEAD only.
    pub fn asks_for_captions(&self, method: Method) -> bool {
        self.quirks.subtitles == Subtitles::Header && method == Method::Head
    }

    /// Returns whether this fetch is for the subtitles.
    pub(super) fn is_subtitle_fetch(&self, fetch: FetchId) -> bool {
        let of = |media: &Media| media.captions.fetch.as_ref().map(|(id, _)| *id);
        self.media.as_ref().and_then(of) == Some(fetch)
    }

    pub(super) fn subtitles_fetched(&mut self, what: &Fetched) {
        let came = matches!(what, Fetched::Opened { status: 200, .. });
        if let Some(media) = self.media.as_mut().filter(|_| came) {
            media.captions.shown = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::media_type::MediaKind;

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn knows_the_rungs_and_reads_mime_and_duration_from_the_metadata() {
        let item = didl::Item {
            title: "A film",
            url: "http://10.0.0.1/a.mp4",
            mime: "video/mp4",
            content_features: "DLNA.ORG_OP=01",
            kind: MediaKind::Video,
            size: 9,
            duration: Some(ms(62_500)),
            subtitles: None,
        };
        for level in
            [MetadataLevel::Full, MetadataLevel::Plain, MetadataLevel::Compat, MetadataLevel::Empty]
        {
            assert_eq!(level_of(&item.write(level)), level);
        }
        let media = Media::new(item.url, &item.write(MetadataLevel::Full));
        assert_eq!(media.mime.as_deref(), Some("video/mp4"));
        assert_eq!(media.duration, Some(ms(62_500)));
    }

    #[test]
    fn freezes_where_the_bytes_end_and_goes_on_with_more() {
        let mut media = Media::new("u", r#"<res duration="0:00:10">"#);
        media.begin(FetchId(1), 0, Duration::ZERO);
        media.open(None, Some(1000));
        media.take_bytes(400);
        media.roll(at(0), true);
        assert_eq!(media.stops_at(), Some(at(4000)));
        assert_eq!(media.position(at(9000)), ms(4000));

        media.roll(at(9000), true);
        assert_eq!(media.stops_at(), None, "starved");
        media.take_bytes(600);
        media.finish();
        media.roll(at(10_000), true);
        assert_eq!(media.position(at(11_000)), ms(5000));
        assert_eq!(media.reaches(ms(1000)), Some(at(15_000)));
        assert!(!media.at_end(at(15_999)));
        assert!(media.at_end(at(16_000)));
    }

    #[test]
    fn goes_on_after_a_cut_until_that_brings_nothing() {
        let mut media = Media::new("u", "");
        media.begin(FetchId(1), 0, Duration::ZERO);
        assert_eq!(media.break_off(), None, "nothing came: failed");
        assert!(media.failed());

        media.begin(FetchId(2), 0, Duration::ZERO);
        media.open(None, Some(1000));
        media.take_bytes(300);
        assert_eq!(media.break_off(), Some(300));
        assert!(!media.failed());
    }
}
