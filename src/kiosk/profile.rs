//! What was learned about one renderer from its behaviour. *Habits* are in force now; a *profile* is what is kept of
//! them while the box is off.
//!
//! A *flaw* is something that the renderer refused, ignored, or hung on. Flaws expire, because firmware is replaced and
//! one bad day proves little: the renderer is tried again after a month of running time. After a hang, which may cost
//! somebody a walk to the power plug, it is tried again after half a year. Each failed attempt doubles the time. *News*
//! is written soon; *measures*, such as latency, are written along with it.

use super::habits::{ByKind, Habits, KINDS, Kinds, Loops, Names, Trust, Way};
use super::left_out::Stored;
use crate::limits::{NAME_BYTES, UDN_BYTES};
use crate::media::media_type::MediaKind;
use crate::text::{Text, clip};
use crate::time::Duration;
use crate::upnp::description::Description;
use crate::upnp::didl::MetadataLevel;
use serde::{Deserialize, Serialize};

/// The box's total running time in minutes. Unlike the clock, it can only grow.
pub type Minutes = u32;

const DAY: Minutes = 24 * 60;
/// How long a flaw is believed.
const FORGOTTEN_AFTER: Minutes = 30 * DAY;
/// How long a flaw is believed if the renderer hung.
const HANG_FORGOTTEN_AFTER: Minutes = 180 * DAY;
/// How often that time is doubled at most.
const DOUBLINGS: u8 = 3;

/// Something that the renderer could not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flaw {
    learned: Minutes,
    times: u8,
    pub(super) hung: bool,
}

impl Flaw {
    /// Returns whether the flaw is believed now. Once expired, it only counts how often it was learned.
    pub fn holds(&self, now: Minutes) -> bool {
        self.left(now) > 0
    }

    fn left(&self, now: Minutes) -> Minutes {
        let once = if self.hung { HANG_FORGOTTEN_AFTER } else { FORGOTTEN_AFTER };
        let doublings = self.times.saturating_sub(1).min(DOUBLINGS);
        self.learned.saturating_add(once << doublings).saturating_sub(now)
    }

    /// How many days it will still be believed, rounded up.
    pub fn days_left(&self, now: Minutes) -> u32 {
        self.left(now).div_ceil(DAY)
    }

    /// Records whether the flaw is present now. Returns whether that is news.
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
            // The renderer was seen to be capable.
            (Some(_), false) => {
                *flaw = None;
                true
            }
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    #[serde(flatten)]
    pub(super) of: Identity,
    /// The running time when the renderer was last present.
    pub(super) seen: Minutes,
    #[serde(rename = "rung")]
    pub(super) metadata_level: MetadataLevel,
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
    /// The files that were seen not to play.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) left_out: Stored,
    #[serde(flatten)]
    pub(super) measures: Measures,
}

/// The renderer that a profile is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Identity {
    pub(super) udn: Text<UDN_BYTES>,
    pub(super) name: Text<NAME_BYTES>,
    pub(super) manufacturer: Text<NAME_BYTES>,
    pub(super) model: Text<NAME_BYTES>,
}

/// What changes with every round: stored along with other news.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Measures {
    pub(super) loops: Loops,
    latency_ms: Option<u32>,
    slowest_ms: u32,
    /// The last volume, in its units, at which it was heard.
    audible: Option<u16>,
}

impl Profile {
    /// Returns whether the renderer was ever seen to begin a file.
    pub(super) fn has_played(&self) -> bool {
        self.measures.latency_ms.is_some()
    }

    /// The profile of an unknown renderer.
    pub fn new(description: &Description) -> Self {
        let of = Identity {
            udn: clip(description.udn.as_str()),
            name: description.friendly_name.clone(),
            manufacturer: description.manufacturer.clone(),
            model: description.model_name.clone(),
        };
        Self { of, ..Self::default() }
    }

    /// The same profile for another renderer.
    pub fn lent_to(&self, description: &Description) -> Self {
        let of = Self::new(description).of;
        let mut lent = Self { of, ..self.clone() };
        // How loud another renderer was says nothing about this one.
        lent.measures.audible = self.measures.audible.filter(|_| lent.of.udn == self.of.udn);
        lent
    }

    /// Returns whether the profile belongs to this model.
    pub fn is_of_model(&self, description: &Description) -> bool {
        !self.of.model.is_empty()
            && self.of.model == description.model_name
            && self.of.manufacturer == description.manufacturer
    }

    /// Takes over the facts that are in force. Returns whether one of them is news.
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
        if self.metadata_level != habits.metadata_level {
            self.metadata_level = habits.metadata_level;
            // The flaw belongs to the level: start a new one.
            Flaw::note(&mut self.simpler, false, false, now);
            Flaw::note(&mut self.simpler, habits.metadata_level != MetadataLevel::Full, false, now);
            news = true;
        }
        if self.names != habits.names {
            self.names = habits.names.clone();
            news = true;
        }
        let ways = |loops: Loops| loops.map(|looped| looped.map(|looped| looped.way));
        if ways(self.measures.loops) != ways(habits.loops) {
            self.measures.loops = habits.loops;
            news = true;
        }
        if self.measures.latency_ms.is_none() && habits.latency.is_some() {
            self.measure(habits);
            news = true;
        }
        news
    }

    /// Takes over the measures.
    pub(super) fn measure(&mut self, habits: &Habits) {
        let millis = |span: Duration| u32::try_from(span.as_millis()).unwrap_or(u32::MAX);
        self.measures.loops = habits.loops;
        self.measures.latency_ms = habits.latency.map(millis);
        self.measures.slowest_ms = millis(habits.slowest);
    }

    /// Sets the last volume at which the renderer was heard.
    pub(super) fn note_audible(&mut self, volume: Option<u16>) {
        self.measures.audible = volume;
    }

    /// The last volume, in units of the renderer, at which it was heard.
    pub(super) const fn audible(&self) -> Option<u16> {
        self.measures.audible
    }

    /// Puts into force what is believed now. Expired flaws are dropped, so that the renderer is tried again.
    pub(super) fn apply(&self, habits: &mut Habits, now: Minutes) {
        let holds = |flaw: &Option<Flaw>| flaw.is_some_and(|flaw| flaw.holds(now));
        habits.metadata_level =
            if holds(&self.simpler) { self.metadata_level } else { MetadataLevel::Full };
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
        habits.loops = self.measures.loops;
        habits.latency =
            self.measures.latency_ms.map(|millis| Duration::from_millis(millis.into()));
        habits.slowest = Duration::from_millis(self.measures.slowest_ms.into());
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn set<T: PartialEq>(place: &mut T, value: T) -> bool {
    let news = *place != value;
    *place = value;
    news
}

const WORDS: [(MediaKind, &str); 3] =
    [(MediaKind::Video, "video"), (MediaKind::Audio, "audio"), (MediaKind::Image, "images")];

impl Profile {
    /// The name of the renderer, its manufacturer and model, and its UDN.
    pub fn title(&self) -> String {
        let maker = format!("{} {}", self.of.manufacturer, self.of.model);
        match maker.trim() {
            "" => format!("{}, {}", self.of.name, self.of.udn),
            maker => format!("{} ({maker}), {}", self.of.name, self.of.udn),
        }
    }

    /// What was learned, one sentence each, after `now` minutes of running time.
    pub fn account(&self, now: u32) -> Vec<String> {
        let mut lines = Vec::new();
        let mut flaw = |flaw: &Option<Flaw>, sentence: &str| {
            if let Some(flaw) = flaw.filter(|flaw| flaw.holds(now)) {
                let days = flaw.days_left(now);
                let plural = if days == 1 { "" } else { "s" };
                lines.push(format!(
                    "{sentence}; the box tries again after {days} day{plural} of running"
                ));
            }
        };
        flaw(
            &self.simpler,
            match self.metadata_level {
                MetadataLevel::Full => "takes all metadata",
                MetadataLevel::Plain => "takes metadata only without size and duration",
                MetadataLevel::Compat => "takes metadata only in the form that old Samsung TVs use",
                MetadataLevel::Empty => "takes files only without metadata",
            },
        );
        flaw(&self.stop_first, "must be stopped before it takes another file");
        for (kind, word) in WORDS {
            let broken = self.next_broken.of(kind);
            let hung = broken.is_some_and(|flaw| flaw.hung);
            let does = if hung { "hangs" } else { "fails" };
            flaw(&broken, &format!("{does} if it is told the next file in advance ({word})"));
        }
        flaw(&self.seek_broken, "cannot seek");
        flaw(&self.rendering_broken, "refuses volume and mute");
        flaw(&self.events_lie, "sends wrong events");
        if self.next_works {
            lines.push("goes on to the next file by itself".to_owned());
        }
        if self.events_agree {
            lines.push("sends reliable events".to_owned());
        }
        match self.left_out.count(now) {
            0 => {}
            1 => lines.push("does not play one file, which is left out for a time".to_owned()),
            n => lines.push(format!("does not play {n} files, which are left out for a time")),
        }
        for (extension, mime) in self.names.unusual() {
            lines.push(format!("takes .{extension} files as {mime}"));
        }
        for (kind, word) in WORDS {
            if let Some(looped) = self.measures.loops.of(kind) {
                let way = match looped.way {
                    Way::Restart => "loading the file again",
                    Way::Seek => "seeking to the start",
                    Way::Next => "announcing the next file",
                };
                let gap = f64::from(looped.gap_ms) / 1000.0;
                lines.push(format!("loops {word} by {way}: a gap of {gap:.2} s"));
            }
        }
        if let Some(latency) = self.measures.latency_ms {
            lines.push(format!("starts {:.2} s after it is told to", f64::from(latency) / 1000.0));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kiosk::habits::{Looped, Way};
    use crate::media::media_type::MediaKind;

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
        let mut films = Kinds::default();
        *films.at(MediaKind::Video) = true;
        let broken = Habits { next_broken: films, ..Habits::default() };
        assert!(profile.learn(&broken, 0));
        let hung = Habits { next_hung: films, ..broken };
        assert!(profile.learn(&hung, 10), "worse than was known");
        profile.next_broken.at(MediaKind::Video).iter_mut().for_each(|flaw| flaw.times = 1);
        assert!(
            !in_force(&profile, 10).next_broken.of(MediaKind::Audio),
            "songs are another matter"
        );
        assert!(in_force(&profile, 179 * DAY).next_hung.of(MediaKind::Video));
        assert!(!in_force(&profile, 181 * DAY).next_broken.of(MediaKind::Video));
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
        let simple = Habits { metadata_level: MetadataLevel::Compat, ..Habits::default() };
        assert!(profile.learn(&simple, 0));
        assert_eq!(in_force(&profile, 29 * DAY).metadata_level, MetadataLevel::Compat);
        assert_eq!(in_force(&profile, 30 * DAY).metadata_level, MetadataLevel::Full);
        // Refused again: the habit is what it was.
        profile.learn(&Habits::default(), 30 * DAY);
        assert!(profile.learn(&simple, 30 * DAY));
        assert_eq!(in_force(&profile, 59 * DAY).metadata_level, MetadataLevel::Compat);
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
        habits.looped(MediaKind::Video, Way::Restart, Duration::from_millis(400));
        assert!(profile.learn(&habits, 0));
        habits.looped(MediaKind::Video, Way::Restart, Duration::from_millis(800));
        assert!(!profile.learn(&habits, 0));
        assert_eq!(
            habits.loops.of(MediaKind::Video),
            Some(Looped { way: Way::Restart, gap_ms: 500 })
        );
        habits.looped(MediaKind::Video, Way::Seek, Duration::ZERO);
        assert!(profile.learn(&habits, 0));
    }

    #[test]
    fn each_thing_learned_is_a_sentence() {
        let json = r#"{"udn":"uuid:a","name":"TV","manufacturer":"ACME","model":"X1","rung":"empty",
            "simpler":{"learned":0,"times":1,"hung":false},
            "seek_broken":{"learned":0,"times":1,"hung":false},
            "next_broken":{"video":{"learned":0,"times":1,"hung":true}},
            "names":[["mkv","video/x-mkv"],["mp4","video/mp4"]],
            "loops":{"video":{"way":"restart","gap_ms":410},"audio":null,"image":null},"latency_ms":350}"#;
        let profile: Profile = serde_json::from_str(json).expect("good");
        assert_eq!(profile.title(), "TV (ACME X1), uuid:a");
        assert_eq!(
            profile.account(60),
            [
                "takes files only without metadata; the box tries again after 30 days of running",
                "hangs if it is told the next file in advance (video); the box tries again after 180 days of running",
                "cannot seek; the box tries again after 30 days of running",
                "takes .mkv files as video/x-mkv",
                "loops video by loading the file again: a gap of 0.41 s",
                "starts 0.35 s after it is told to",
            ]
        );
        let mut bare = Profile::default();
        bare.of.name = "TV".try_into().expect("short");
        assert_eq!((bare.title(), bare.account(60).len()), ("TV, ".to_owned(), 0));
        let later = profile.account(31 * 24 * 60);
        assert_eq!(later.len(), 4, "{later:?}");
    }
}
