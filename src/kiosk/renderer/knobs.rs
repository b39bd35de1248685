//! Volume and mute of one renderer.

use crate::time::Instant;

/// One press changes the volume by this much.
pub const STEP: i32 = 5;

/// What is wanted of volume and mute, and what was seen.
#[derive(Clone, Debug, Default)]
pub struct Knobs {
    /// Volume as last seen.
    pub volume: Option<u16>,
    /// Mute as last seen.
    pub mute: Option<bool>,
    wanted_volume: Option<u16>,
    steps: i32,
    toggle: bool,
    quiet_until: Option<Instant>,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// GetVolume
    AskVolume,
    /// SetVolume
    Volume(u16),
    /// GetMute
    AskMute,
    /// SetMute
    Mute(bool),
}

impl Knobs {
    /// This volume is wanted.
    pub fn want_volume(&mut self, volume: u16) {
        self.wanted_volume = Some(volume);
        self.steps = 0;
    }

    /// Louder or softer by steps.
    pub fn turn(&mut self, steps: i32) {
        self.steps = (self.steps + steps).clamp(-20, 20);
        self.quiet_until = None;
    }

    /// Mute, or unmute.
    pub fn toggle_mute(&mut self) {
        self.toggle = !self.toggle;
        self.quiet_until = None;
    }

    /// What to do now to get what is wanted.
    #[must_use]
    pub fn next(&self, now: Instant) -> Option<Turn> {
        if self.quiet_until.is_some_and(|at| now < at) {
            return None;
        }
        if self.toggle {
            return Some(self.mute.map_or(Turn::AskMute, |mute| Turn::Mute(!mute)));
        }
        match (self.wanted_volume, self.volume) {
            (Some(wanted), _) => Some(Turn::Volume(self.stepped(wanted))),
            (None, _) if self.steps == 0 => None,
            (None, None) => Some(Turn::AskVolume),
            (None, Some(seen)) => Some(Turn::Volume(self.stepped(seen))),
        }
    }

    fn stepped(&self, from: u16) -> u16 {
        let volume = (i32::from(from) + self.steps * STEP).clamp(0, 100);
        u16::try_from(volume).unwrap_or(0)
    }

    /// A turn was done. What the renderer rounds it to is not fought over.
    pub fn done(&mut self, turn: Turn) {
        match turn {
            Turn::Volume(volume) => {
                self.volume = Some(volume);
                self.wanted_volume = None;
                self.steps = 0;
            }
            Turn::Mute(mute) => {
                self.mute = Some(mute);
                self.toggle = false;
            }
            Turn::AskVolume | Turn::AskMute => {}
        }
    }

    /// A turn failed: forget what was wanted; a button pressed later asks again.
    pub fn failed(&mut self, retry_at: Instant) {
        self.wanted_volume = None;
        self.steps = 0;
        self.toggle = false;
        self.quiet_until = Some(retry_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presses_add_up_until_the_volume_is_known() {
        let mut knobs = Knobs::default();
        knobs.turn(1);
        knobs.turn(1);
        assert_eq!(knobs.next(Instant::START), Some(Turn::AskVolume));
        knobs.volume = Some(93);
        assert_eq!(knobs.next(Instant::START), Some(Turn::Volume(100)), "clamped");
        knobs.done(Turn::Volume(100));
        assert_eq!(knobs.next(Instant::START), None);
    }

    #[test]
    fn a_renderer_that_rounds_is_not_fought() {
        let mut knobs = Knobs::default();
        knobs.want_volume(37);
        knobs.done(Turn::Volume(37));
        knobs.volume = Some(36);
        assert_eq!(knobs.next(Instant::START), None);
    }

    #[test]
    fn mute_toggles_what_is_seen() {
        let mut knobs = Knobs::default();
        knobs.toggle_mute();
        assert_eq!(knobs.next(Instant::START), Some(Turn::AskMute));
        knobs.mute = Some(true);
        assert_eq!(knobs.next(Instant::START), Some(Turn::Mute(false)));
        knobs.failed(Instant::from_millis(5));
        assert_eq!(knobs.next(Instant::from_millis(6)), None);
    }
}
