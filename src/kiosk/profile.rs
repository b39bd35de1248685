//! What was learned about one renderer, only from what it did: *habits* are in force, a *profile* is what is
//! kept of them when the box is off.
//!
//! A *flaw* is a negative fact: what it refused, ignored, or hung over. Flaws age: firmware is replaced, and one
//! bad day proves little. After a month of running time it is tried again; after a hang, which may cost somebody a
//! walk to the power plug, after half a year; and each time that it was in vain for twice as long. Facts are *news*
//! and are written soon; *measures*, such as how long it takes to begin, ride along.

use crate::limits::{MIME_NAMES, NAME_BYTES, UDN_BYTES};
use crate::media::mime::{Kind, MediaType, of_extension};
use crate::text::{Text, clip};
use crate::time::Duration;
use crate::upnp::description::Description;
use crate::upnp::didl::Rung;
use serde::{Deserialize, Serialize};

/// Running time of the box over all its lives, in minutes. Its clock may be wrong; this only grows.
pub type Minutes = u32;

const DAY: Minutes = 24 * 60;
/// A flaw is forgotten after this time.
const FORGOTTEN_AFTER: Minutes = 30 * DAY;
/// One that hung it.
const HANG_FORGOTTEN_AFTER: Minutes = 180 * DAY;
/// The time is doubled this often.
const DOUBLINGS: u8 = 3;
/// So many events in a row that the next look bears out, or contradicts, settle what events are worth.
const SETTLED: u8 = 3;

/// All of them.
pub(super) const KINDS: [Kind; 3] = [Kind::Video, Kind::Audio, Kind::Image];

/// What is in force for a renderer.
#[derive(Clone, Debug, Default)]
pub(super) struct Habits {
    /// The metadata that it accepts.
    pub rung: Rung,
    /// It needs a Stop before Set.
    pub stop_first: bool,
    /// SetNextAVTransportURI was refused, ignored, or hung it.
    pub next_broken: Kinds,
    /// It hung it.
    pub next_hung: Kinds,
    /// It went on to the next file by itself.
    pub next_works: bool,
    /// Seek was refused or did nothing.
    pub seek_broken: bool,
    /// The Sink list of GetProtocolInfo.
    pub sink: Option<String>,
    pub sink_asked: bool,
    /// The MIME types that it took.
    pub names: Names,
    /// The kinds of media in which its position moves.
    pub moves: Kinds,
    /// Volume and mute are refused.
    pub rendering_broken: bool,
    /// What its events are worth.
    pub events: Trust,
    /// How one round followed another, by kind of media.
    pub loops: Loops,
    /// How long it takes to answer.
    pub round_trip: Duration,
    /// The slowest of the last answers.
    pub slowest: Duration,
    /// How long after Play it began at the latest.
    pub latency: Option<Duration>,
}

impl Habits {
    /// A round followed another in this way.
    pub(super) fn looped(&mut self, kind: Kind, way: Way, gap: Duration) {
        let gap_ms = u32::try_from(gap.as_millis()).unwrap_or(u32::MAX);
        let before = self.loops.of(kind).filter(|before| before.way == way);
        let gap_ms = before.map_or(gap_ms, |before| before.gap_ms / 4 * 3 + gap_ms / 4);
        *self.loops.at(kind) = Some(Looped { way, gap_ms });
    }
}

/// A MIME type for each extension, the one noted last at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(String, String)>", into = "Vec<(&'static str, &'static str)>")]
pub struct Names(heapless::Vec<(&'static str, &'static str), MIME_NAMES>);

impl Names {
    /// The one that was taken for this kind of file.
    #[must_use]
    pub fn of(&self, media_type: &MediaType) -> Option<&'static str> {
        self.0
            .iter()
            .find(|(extension, _)| *extension == media_type.extension)
            .map(|(_, mime)| *mime)
    }

    /// This one was taken. The oldest makes room.
    pub fn note(&mut self, media_type: &MediaType, mime: &'static str) {
        if self.of(media_type) == Some(mime) {
            return;
        }
        self.0.retain(|(extension, _)| *extension != media_type.extension);
        if self.0.is_full() {
            self.0.remove(0);
        }
        // There is room.
        let _ = self.0.push((media_type.extension, mime));
    }

    /// Extension and MIME type, where it is not the usual one.
    pub fn unusual(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let usual = |extension: &str| of_extension(extension).map(MediaType::default_mime);
        self.0.iter().copied().filter(move |(extension, mime)| usual(extension) != Some(*mime))
    }
}

impl From<Vec<(String, String)>> for Names {
    /// Kinds and names that this version does not know are left out.
    fn from(list: Vec<(String, String)>) -> Self {
        let mut names = Self::default();
        for (extension, mime) in list {
            let media_type = of_extension(&extension);
            let known = media_type.and_then(|known| known.mimes.iter().find(|name| **name == mime));
            if let Some((media_type, mime)) = media_type.zip(known) {
                names.note(media_type, mime);
            }
        }
        names
    }
}

impl From<Names> for Vec<(&'static str, &'static str)> {
    fn from(names: Names) -> Self {
        names.0.into_iter().collect()
    }
}

/// One of it for each kind of media.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ByKind<T: Default> {
    video: T,
    audio: T,
    image: T,
}

impl<T: Copy + Default> ByKind<T> {
    /// That of this kind.
    #[must_use]
    pub fn of(self, kind: Kind) -> T {
        match kind {
            Kind::Video => self.video,
            Kind::Audio => self.audio,
            Kind::Image => self.image,
        }
    }

    /// The place of this kind.
    pub fn at(&mut self, kind: Kind) -> &mut T {
        match kind {
            Kind::Video => &mut self.video,
            Kind::Audio => &mut self.audio,
            Kind::Image => &mut self.image,
        }
    }

    fn map<U: Default>(self, f: impl Fn(T) -> U) -> ByKind<U> {
        ByKind { video: f(self.video), audio: f(self.audio), image: f(self.image) }
    }
}

/// A set of kinds of media.
pub type Kinds = ByKind<bool>;

/// Whether the state that events name is the one that the next look finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    borne_out: u8,
    contradicted: u8,
}

impl Trust {
    /// An event was followed by a look.
    pub fn note(&mut self, borne_out: bool) {
        let (counted, other) = match borne_out {
            true => (&mut self.borne_out, &mut self.contradicted),
            false => (&mut self.contradicted, &mut self.borne_out),
        };
        *counted = counted.saturating_add(1).min(SETTLED);
        // One that is right three times in a row is rehabilitated, and the other way round.
        if *counted == SETTLED || *other < SETTLED {
            *other = 0;
        }
    }

    /// They tell the truth.
    #[must_use]
    pub fn is_earned(self) -> bool {
        self.borne_out >= SETTLED
    }

    /// They do not.
    #[must_use]
    pub fn is_lost(self) -> bool {
        self.contradicted >= SETTLED
    }

    fn of(earned: bool, lost: bool) -> Self {
        let settled = |is| if is { SETTLED } else { 0 };
        Self { borne_out: settled(earned), contradicted: settled(lost) }
    }
}

/// A way from one round to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Set and Play.
    Restart,
    /// Seek to the beginning.
    Seek,
    /// SetNextAVTransportURI.
    Next,
}

/// A way that worked, with the dark time that it made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looped {
    pub way: Way,
    pub gap_ms: u32,
}

/// The ways by kind of media.
pub type Loops = ByKind<Option<Looped>>;

/// Something that it cannot do, as far as was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flaw {
    learned: Minutes,
    times: u8,
    pub(super) hung: bool,
}

impl Flaw {
    /// It is believed. Afterwards only how often it was learned is of use.
    #[must_use]
    pub fn holds(&self, now: Minutes) -> bool {
        self.left(now) > 0
    }

    /// For so long.
    fn left(&self, now: Minutes) -> Minutes {
        let once = if self.hung { HANG_FORGOTTEN_AFTER } else { FORGOTTEN_AFTER };
        let doublings = self.times.saturating_sub(1).min(DOUBLINGS);
        self.learned.saturating_add(once << doublings).saturating_sub(now)
    }

    /// For so many days, rounded up.
    #[must_use]
    pub fn days_left(&self, now: Minutes) -> u32 {
        self.left(now).div_ceil(DAY)
    }

    /// Notes whether it is there now. Gives whether that is news.
    fn note(flaw: &mut Option<Self>, is: bool, hung: bool, now: Minutes) -> bool {
        let held = flaw.filter(|flaw| flaw.holds(now));
        match (held, is) {
            (None, false) => false,
            (Some(held), true) if held.hung || !hung => false,
            (_, true) => {
                let times = flaw.map_or(0, |flaw| flaw.times).saturating_add(1);
                *flaw = Some(Self { learned: now, times, hung });
                true
            }
            // It was seen to be able.
            (Some(_), false) => {
                *flaw = None;
                true
            }
        }
    }
}

/// What is kept of one renderer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    pub(super) udn: Text<UDN_BYTES>,
    pub(super) name: Text<NAME_BYTES>,
    pub(super) manufacturer: Text<NAME_BYTES>,
    pub(super) model: Text<NAME_BYTES>,
    /// When it was last there.
    pub(super) seen: Minutes,
    pub(super) rung: Rung,
    pub(super) simpler: Option<Flaw>,
    pub(super) names: Names,
    pub(super) stop_first: Option<Flaw>,
    pub(super) next_broken: ByKind<Option<Flaw>>,
    pub(super) next_works: bool,
    pub(super) seek_broken: Option<Flaw>,
    pub(super) rendering_broken: Option<Flaw>,
    pub(super) events_lie: Option<Flaw>,
    pub(super) events_agree: bool,
    pub(super) moves: Kinds,
    pub(super) loops: Loops,
    pub(super) latency_ms: Option<u32>,
    pub(super) slowest_ms: u32,
}

impl Profile {
    /// Of a renderer of which nothing is known.
    #[must_use]
    pub fn new(description: &Description) -> Self {
        Self {
            udn: clip(description.udn.as_str()),
            name: description.friendly_name.clone(),
            manufacturer: description.manufacturer.clone(),
            model: description.model_name.clone(),
            ..Self::default()
        }
    }

    /// The same ways, believed of this renderer as well.
    #[must_use]
    pub fn lent_to(&self, description: &Description) -> Self {
        let Self { udn, name, manufacturer, model, .. } = Self::new(description);
        Self { udn, name, manufacturer, model, ..self.clone() }
    }

    /// It is of this model.
    #[must_use]
    pub fn is_of_model(&self, description: &Description) -> bool {
        !self.model.is_empty()
            && self.model == description.model_name
            && self.manufacturer == description.manufacturer
    }

    /// Takes over the facts of what is in force. Gives whether one of them is news.
    pub(super) fn learn(&mut self, habits: &Habits, now: Minutes) -> bool {
        let events = habits.events;
        let mut news = Flaw::note(&mut self.stop_first, habits.stop_first, false, now)
            | Flaw::note(&mut self.seek_broken, habits.seek_broken, false, now)
            | Flaw::note(&mut self.rendering_broken, habits.rendering_broken, false, now)
            | Flaw::note(&mut self.events_lie, events.is_lost(), false, now)
            | set(&mut self.next_works, habits.next_works)
            | set(&mut self.events_agree, events.is_earned())
            | set(&mut self.moves, habits.moves);
        for kind in KINDS {
            let (broken, hung) = (habits.next_broken.of(kind), habits.next_hung.of(kind));
            news |= Flaw::note(self.next_broken.at(kind), broken, hung, now);
        }
        if self.rung != habits.rung {
            self.rung = habits.rung;
            // Another rung, another flaw: this one begins anew.
            Flaw::note(&mut self.simpler, false, false, now);
            Flaw::note(&mut self.simpler, habits.rung != Rung::Full, false, now);
            news = true;
        }
        if self.names != habits.names {
            self.names = habits.names.clone();
            news = true;
        }
        let ways = |loops: Loops| loops.map(|looped| looped.map(|looped| looped.way));
        if ways(self.loops) != ways(habits.loops) {
            self.loops = habits.loops;
            news = true;
        }
        if self.latency_ms.is_none() && habits.latency.is_some() {
            self.measure(habits);
            news = true;
        }
        news
    }

    /// Takes over the measures.
    pub(super) fn measure(&mut self, habits: &Habits) {
        let millis = |span: Duration| u32::try_from(span.as_millis()).unwrap_or(u32::MAX);
        self.loops = habits.loops;
        self.latency_ms = habits.latency.map(millis);
        self.slowest_ms = millis(habits.slowest);
    }

    /// Brings into force what is believed now. What is too old is forgotten, so that it is tried again.
    pub(super) fn apply(&self, habits: &mut Habits, now: Minutes) {
        let holds = |flaw: &Option<Flaw>| flaw.is_some_and(|flaw| flaw.holds(now));
        habits.rung = if holds(&self.simpler) { self.rung } else { Rung::Full };
        habits.stop_first = holds(&self.stop_first);
        let next = self.next_broken.map(|flaw| flaw.filter(|flaw| flaw.holds(now)));
        habits.next_broken = next.map(|flaw| flaw.is_some());
        habits.next_hung = next.map(|flaw| flaw.is_some_and(|flaw| flaw.hung));
        habits.next_works = self.next_works;
        habits.seek_broken = holds(&self.seek_broken);
        habits.rendering_broken = holds(&self.rendering_broken);
        habits.events = Trust::of(self.events_agree, holds(&self.events_lie));
        habits.names = self.names.clone();
        habits.moves = self.moves;
        habits.loops = self.loops;
        habits.latency = self.latency_ms.map(|millis| Duration::from_millis(millis.into()));
        habits.slowest = Duration::from_millis(self.slowest_ms.into());
    }
}

fn set<T: PartialEq>(place: &mut T, value: T) -> bool {
    let news = *place != value;
    *place = value;
    news
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_force(profile: &Profile, now: Minutes) -> Habits {
        let mut habits = Habits::default();
        profile.apply(&mut habits, now);
        habits
    }

    #[test]
    fn what_it_cannot_do_is_tried_again_after_a_month_and_then_ever_more_rarely() {
        let mut profile = Profile::default();
        let broken = Habits { seek_broken: true, ..Habits::default() };
        let (mut now, mut days) = (77, Vec::new());
        for _ in 0..6 {
            assert!(profile.learn(&broken, now), "it was tried again, in vain: news");
            assert!(!profile.learn(&broken, now + 5), "said once");
            let learned = now;
            while in_force(&profile, now).seek_broken {
                now += DAY;
            }
            days.push((now - learned) / DAY);
        }
        assert_eq!(days, [30, 60, 120, 240, 240, 240]);
    }

    #[test]
    fn what_hung_it_is_risked_again_after_half_a_year() {
        let mut profile = Profile::default();
        let films = Kinds { video: true, ..Kinds::default() };
        let broken = Habits { next_broken: films, ..Habits::default() };
        assert!(profile.learn(&broken, 0));
        let hung = Habits { next_hung: films, ..broken };
        assert!(profile.learn(&hung, 10), "worse than was known");
        profile.next_broken.video.iter_mut().for_each(|flaw| flaw.times = 1);
        assert!(!in_force(&profile, 10).next_broken.audio, "songs are another matter");
        assert!(in_force(&profile, 179 * DAY).next_hung.video);
        assert!(!in_force(&profile, 181 * DAY).next_broken.video);
    }

    #[test]
    fn a_flaw_that_was_seen_to_be_none_is_gone() {
        let mut profile = Profile::default();
        profile.learn(&Habits { stop_first: true, ..Habits::default() }, 0);
        assert!(profile.learn(&Habits::default(), 9));
        assert_eq!(profile, Profile::default());
    }

    #[test]
    fn a_simpler_rung_is_kept_for_a_month_and_then_the_top_is_tried_again() {
        let mut profile = Profile::default();
        let simple = Habits { rung: Rung::Compat, ..Habits::default() };
        assert!(profile.learn(&simple, 0));
        assert_eq!(in_force(&profile, 29 * DAY).rung, Rung::Compat);
        assert_eq!(in_force(&profile, 30 * DAY).rung, Rung::Full);
        // Refused again: the habit is what it was.
        profile.learn(&Habits::default(), 30 * DAY);
        assert!(profile.learn(&simple, 30 * DAY));
        assert_eq!(in_force(&profile, 59 * DAY).rung, Rung::Compat);
    }

    #[test]
    fn measures_are_no_news_but_the_first_one_is() {
        let mut profile = Profile::default();
        let habits = |millis| {
            let latency = Some(Duration::from_millis(millis));
            Habits { latency, slowest: Duration::from_millis(7), ..Habits::default() }
        };
        assert!(profile.learn(&habits(300), 0));
        assert!(!profile.learn(&habits(420), 0));
        profile.measure(&habits(420));
        assert_eq!(in_force(&profile, 0).latency, Some(Duration::from_millis(420)));
    }

    #[test]
    fn a_way_to_loop_is_news_and_its_gap_is_an_average() {
        let (mut profile, mut habits) = (Profile::default(), Habits::default());
        habits.looped(Kind::Video, Way::Restart, Duration::from_millis(400));
        assert!(profile.learn(&habits, 0));
        habits.looped(Kind::Video, Way::Restart, Duration::from_millis(800));
        assert!(!profile.learn(&habits, 0));
        assert_eq!(habits.loops.of(Kind::Video), Some(Looped { way: Way::Restart, gap_ms: 500 }));
        habits.looped(Kind::Video, Way::Seek, Duration::ZERO);
        assert!(profile.learn(&habits, 0));
    }

    #[test]
    fn events_earn_and_lose_trust_by_three_in_a_row() {
        let mut trust = Trust::default();
        for borne_out in [true, true, false, true, true] {
            trust.note(borne_out);
        }
        assert!(!trust.is_earned() && !trust.is_lost());
        trust.note(true);
        assert!(trust.is_earned());
        [false, false, true, false, false].into_iter().for_each(|is| trust.note(is));
        assert!(!trust.is_lost(), "not in a row");
        trust.note(false);
        assert!(trust.is_lost() && !trust.is_earned());
    }

    #[test]
    fn the_oldest_name_makes_room() {
        let mut names = Names::default();
        let extensions = ["mkv", "mp4", "avi", "ts", "mpg", "mp3", "flac", "wav", "ogg"];
        let types = extensions.map(|extension| of_extension(extension).expect("known"));
        for media_type in types {
            names.note(media_type, media_type.default_mime());
        }
        assert_eq!(names.of(types[0]), None);
        assert_eq!(types[1..].iter().filter(|kind| names.of(kind).is_some()).count(), 8);
        names.note(types[1], "video/x-m4v");
        assert_eq!(names.unusual().collect::<Vec<_>>(), [("mp4", "video/x-m4v")]);
    }
}
