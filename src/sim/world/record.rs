//! What is seen of a world from outside, and what is left of one that broke.

use super::wire::{Digest, Wire};
use super::{Node, PORT, World};
use crate::kiosk::trace::Entry;
use crate::time::{Duration, Instant};

/// Entries of the flight recorder that are shown where a story fails.
const SHOWN_ENTRIES: usize = 256;
/// Deeds that are shown there.
const SHOWN_ACTIONS: usize = 30;
impl World {
    /// What an audience sees: the file's name, from this box, and the position in it.
    #[must_use]
    pub fn screen(&self, node: usize) -> Option<(&str, Duration)> {
        let (uri, position) = self.nodes[node].renderer.on_screen(self.now)?;
        let ours = uri.strip_prefix(&format!("http://{}:{PORT}/m/", self.address))?;
        Some((ours.rsplit('/').next()?, position))
    }

    /// This file is on the screen, and it moves or stands there as it should.
    #[must_use]
    pub fn shows(&self, node: usize, file: &str) -> bool {
        self.screen(node).is_some_and(|(name, _)| name == file)
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
        self.invariants.fingerprint()
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
    pub fn log_action(&mut self, action: String) {
        if self.action_log.len() == SHOWN_ACTIONS {
            self.action_log.pop_front();
        }
        self.action_log.push_back((self.now, action));
    }

    /// Forgets what was long ago, so that years need no memory.
    pub fn forget(&mut self) {
        self.fed.drain(..self.fed.len().saturating_sub(1));
        self.reasons.drain(..self.reasons.len().saturating_sub(1));
        self.restarted.clear();
        self.nodes.iter_mut().for_each(Node::forget);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}, at {} ms", self.scenario.seed, self.now.as_micros() / 1000);
            for (at, action) in &self.action_log {
                eprintln!("{:>9} {action}", at.as_micros() / 1000);
            }
            for line in self.trace(SHOWN_ENTRIES) {
                eprintln!("{line}");
            }
            let status = self.kiosk.status(self.box_time());
            let status = serde_json::to_value(status).unwrap_or_default();
            for (i, node) in self.nodes.iter().enumerate() {
                eprintln!("{}\n{}", node.describe_for_failure(), status["renderers"][i]);
            }
        }
    }
}
