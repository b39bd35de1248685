//! The LEDs of the front panel: patterns over time.
//!
//! [`TABLE`] describes how each pattern looks and what it means; the README shows it to owners.

use super::event::LedId;
use crate::time::{Duration, Instant};
use serde::Serialize;

/// What a status LED shows, in order of importance: the first that applies is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// The machine is being switched off: the button may be released.
    SwitchingOff,
    /// The configuration file has an error.
    ConfigurationError,
    /// The box has started and is searching.
    Starting,
    NoNetwork,
    /// There is nothing to play.
    MediaMissing,
    /// A renderer that should play does not.
    Degraded,
    /// No renderer was found.
    NoRenderer,
    /// Everything that should play plays.
    Playing,
    /// All is well, and nothing should play.
    Ready,
    /// Dark: the box is shutting down, or the renderer of this LED does not play.
    Dark,
}

/// Every visible pattern: how it looks and what it means, as in the README.
pub const TABLE: [(Pattern, &str, &str); 9] = [
    (Pattern::Starting, "quick, even blinking (4 Hz)", "starting up, searching for renderers"),
    (Pattern::ConfigurationError, "three short flashes, pause", "the configuration has an error"),
    (Pattern::NoNetwork, "one short flash a second", "no network"),
    (Pattern::MediaMissing, "two short flashes, pause", "nothing to play"),
    (Pattern::NoRenderer, "slow, even blinking", "no renderer found"),
    (
        Pattern::Degraded,
        "lit, with a short gap each second",
        "a renderer that should play does not",
    ),
    (Pattern::Playing, "lit", "everything that should play plays"),
    (Pattern::Ready, "one short flash every 4 s", "ready, nothing to do"),
    (Pattern::SwitchingOff, "flickering (10 Hz)", "the machine is being switched off"),
];

impl Pattern {
    /// Milliseconds on, off, on, off, …, repeated. Empty: always off. One entry: always on.
    pub const fn rhythm(self) -> &'static [u64] {
        match self {
            Self::ConfigurationError => &[120, 180, 120, 180, 120, 980],
            Self::SwitchingOff => &[50, 50],
            Self::Starting => &[125, 125],
            Self::NoNetwork => &[120, 880],
            Self::MediaMissing => &[120, 180, 120, 980],
            Self::Degraded => &[880, 120],
            Self::NoRenderer => &[1000, 1000],
            Self::Playing => &[1],
            Self::Ready => &[60, 3940],
            Self::Dark => &[],
        }
    }

    /// Returns whether the LED is lit `since` after the pattern began, and how much longer that lasts.
    pub fn at(self, since: Duration) -> (bool, Option<Duration>) {
        let rhythm = self.rhythm();
        if rhythm.len() < 2 {
            return (!rhythm.is_empty(), None);
        }
        let period = Duration::from_millis(rhythm.iter().sum());
        let periods = u32::try_from(since.as_nanos() / period.as_nanos()).unwrap_or(0);
        let mut into = since.saturating_sub(period * periods);
        for (part, lit) in rhythm.iter().zip([true, false].into_iter().cycle()) {
            let part = Duration::from_millis(*part);
            if into < part {
                return (lit, Some(part - into));
            }
            into -= part;
        }
        (false, Some(period))
    }
}

/// The LEDs: the pattern of each, and the last level of its pin.
#[derive(Clone, Debug, Default)]
pub struct Leds {
    leds: Vec<Shown>,
}

#[derive(Clone, Copy, Debug)]
struct Shown {
    pattern: Pattern,
    since: Instant,
    lit: Option<bool>,
    changes_at: Option<Instant>,
}

impl Leds {
    /// Creates `count` dark LEDs.
    pub fn new(count: usize) -> Self {
        let dark =
            Shown { pattern: Pattern::Dark, since: Instant::START, lit: None, changes_at: None };
        Self { leds: vec![dark; count] }
    }

    /// Shows this pattern on this LED from now on.
    pub fn show(&mut self, id: LedId, pattern: Pattern, now: Instant) {
        if let Some(led) = self.leds.get_mut(usize::from(id.0))
            && led.pattern != pattern
        {
            *led = Shown { pattern, since: now, changes_at: Some(now), ..*led };
        }
    }

    /// The pins that must change now.
    pub fn due(&mut self, now: Instant) -> impl Iterator<Item = (LedId, bool)> {
        self.leds.iter_mut().zip(0..).filter_map(move |(led, id)| {
            if led.lit.is_some() && led.changes_at.is_none_or(|at| at > now) {
                return None;
            }
            let (lit, holds) = led.pattern.at(now.since(led.since));
            led.changes_at = holds.map(|holds| now + holds);
            (led.lit.replace(lit) != Some(lit)).then_some((LedId(id), lit))
        })
    }

    /// The hardware was opened again and must be told all levels.
    pub fn renew(&mut self) {
        self.leds.iter_mut().for_each(|led| led.lit = None);
    }

    pub fn next_deadline(&self) -> Option<Instant> {
        self.leds.iter().filter_map(|led| led.changes_at).min()
    }

    /// The pattern and level of each LED, for the status.
    pub fn shown(&self) -> impl Iterator<Item = (Pattern, bool)> {
        self.leds.iter().map(|led| (led.pattern, led.lit.unwrap_or(false)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(pattern: Pattern, until: u64) -> Vec<(u64, bool)> {
        let mut leds = Leds::new(1);
        leds.show(LedId(0), pattern, Instant::START);
        (0..=until)
            .flat_map(|at| {
                let now = Instant::from_millis(at);
                leds.due(now).map(|(_, lit)| (at, lit)).collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn three_flashes_say_configuration_error() {
        let flashes = [
            (0, true),
            (120, false),
            (300, true),
            (420, false),
            (600, true),
            (720, false),
            (1700, true),
        ];
        assert_eq!(changes(Pattern::ConfigurationError, 1700), flashes);
    }

    #[test]
    fn the_readme_tells_each_pattern() {
        let readme = include_str!("../../README.md");
        for (pattern, looks, says) in TABLE {
            assert!(readme.contains(&format!("\n| {looks} | {says}")), "{pattern:?}");
        }
    }

    #[test]
    fn steady_patterns_need_no_wakeup() {
        for (pattern, lit) in [(Pattern::Playing, true), (Pattern::Dark, false)] {
            assert_eq!(changes(pattern, 5000), [(0, lit)]);
            assert_eq!(pattern.at(Duration::ZERO), (lit, None));
        }
    }

    #[test]
    fn a_pattern_that_is_shown_again_keeps_its_rhythm() {
        let mut leds = Leds::new(1);
        leds.show(LedId(0), Pattern::NoRenderer, Instant::START);
        assert_eq!(leds.due(Instant::START).count(), 1);
        leds.show(LedId(0), Pattern::NoRenderer, Instant::from_millis(900));
        assert_eq!(leds.due(Instant::from_millis(900)).count(), 0);
        assert_eq!(leds.next_deadline(), Some(Instant::from_millis(1000)));
    }
}
