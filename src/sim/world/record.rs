//! What is seen of a world from outside, and what is left of one that broke.

use super::wire::{Digest, Wire};
use super::{PORT, Stage, World};
use crate::kiosk::status::MailboxStatus;
use crate::kiosk::trace::Entry;
use crate::time::{Duration, Instant};

/// Entries of the flight recorder that are shown where a story fails.
const LAST_WORDS: usize = 256;
/// Deeds that are shown there.
const DEEDS: usize = 30;
impl World {
    /// What an audience sees: the file's name, from this box, and the position in it.
    #[must_use]
    pub fn screen(&self, stage: usize) -> Option<(&str, Duration)> {
        let (uri, position) = self.stages[stage].tv.on_screen(self.now)?;
        let ours = uri.strip_prefix(&format!("http://{}:{PORT}/m/", self.address))?;
        Some((ours.rsplit('/').next()?, position))
    }

    /// This file is on the screen, and it moves or stands there as it should.
    #[must_use]
    pub fn shows(&self, stage: usize, file: &str) -> bool {
        self.screen(stage).is_some_and(|(name, _)| name == file)
    }

    /// The flight recorder, one entry a line, with milliseconds.
    #[must_use]
    pub fn trace(&self, last: usize) -> Vec<String> {
        let line = |entry: &Entry| {
            let at = self.booted_at + entry.at.since(Instant::START);
            format!("{:>9} {entry}", at.as_micros() / 1000)
        };
        self.kiosk.trace().told(last).map(line).collect()
    }

    /// What every step did, as one number: the same for the same seed.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.laws.fingerprint()
    }

    /// Records what the box sends from now on, also as text if that is wanted.
    pub fn record_wire(&mut self, keeps_text: bool) {
        self.wire = Some(Wire::new(keeps_text));
    }

    /// What was recorded since the last time.
    pub fn take_wire(&mut self) -> Option<(Digest, Vec<String>)> {
        self.wire.as_mut().map(Wire::take)
    }

    /// Writes down what is done to it.
    pub fn write_down(&mut self, deed: String) {
        if self.diary.len() == DEEDS {
            self.diary.pop_front();
        }
        self.diary.push_back((self.now, deed));
    }

    /// Forgets what was long ago, so that years need no memory.
    pub fn forget(&mut self) {
        self.fed.drain(..self.fed.len().saturating_sub(1));
        self.reasons.drain(..self.reasons.len().saturating_sub(1));
        self.restarted.clear();
        self.stages.iter_mut().for_each(Stage::forget);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}, at {} ms", self.setting.seed, self.now.as_micros() / 1000);
            for (at, deed) in &self.diary {
                eprintln!("{:>9} {deed}", at.as_micros() / 1000);
            }
            for line in self.trace(LAST_WORDS) {
                eprintln!("{line}");
            }
            let status = self.kiosk.status(self.box_time(), MailboxStatus::default());
            let status = serde_json::to_value(status).unwrap_or_default();
            for (i, stage) in self.stages.iter().enumerate() {
                eprintln!("{}\n{}", stage.last_words(), status["renderers"][i]);
            }
        }
    }
}
