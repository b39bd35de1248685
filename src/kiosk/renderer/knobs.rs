//! Volume and mute of one renderer.
//!
//! The owner speaks in per cent, the renderer in units of its own: its [range](VolumeRange) lies between them. One that
//! cannot be muted is turned down instead, and up again.

use crate::time::Instant;
use crate::upnp::scpd::VolumeRange;

/// One press changes the volume by this many per cent, or by one step of the renderer if that is more.
pub const STEP: u16 = 5;

/// What is wanted of volume and mute, and what was seen.
#[derive(Clone, Debug, Default)]
pub struct Knobs {
    /// Volume as last seen, in the renderer's units.
    pub volume: Option<u16>,
    /// Mute as last seen.
    pub mute: Option<bool>,
    /// What its units mean.
    pub range: VolumeRange,
    wanted: Wish,
    /// What the command in flight is to bring.
    sent: Wish,
    /// It refuses to be muted.
    cannot_mute: bool,
    /// It was turned down from this volume instead of being muted.
    hushed_from: Option<u16>,
    quiet_until: Option<Instant>,
}

/// What was asked for and is not done.
#[derive(Clone, Copy, Debug, Default)]
struct Wish {
    /// In per cent.
    volume: Option<u8>,
    /// It failed once: it is tried once more.
    again: bool,
    steps: i32,
    toggle: bool,
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
    /// SetVolume, in place of a mute; and where it was
    Hush { to: u16, from: u16 },
    /// SetVolume, in place of its end
    Unhush(u16),
}

impl Knobs {
    /// This volume is wanted, in per cent.
    pub fn want_volume(&mut self, per_cent: u8) {
        self.wanted = Wish { volume: Some(per_cent), again: false, steps: 0, ..self.wanted };
    }

    /// Louder or softer by steps.
    pub fn turn(&mut self, steps: i32) {
        self.wanted.steps = (self.wanted.steps + steps).clamp(-20, 20);
        self.quiet_until = None;
    }

    /// Mute, or unmute.
    pub fn toggle_mute(&mut self) {
        self.wanted.toggle = !self.wanted.toggle;
        self.quiet_until = None;
    }

    /// The volume as last seen, in per cent.
    #[must_use]
    pub fn per_cent(&self) -> Option<u16> {
        let VolumeRange { min, max, .. } = self.range;
        let (above, span) = (u32::from(self.volume?.saturating_sub(min)), u32::from(max - min));
        u16::try_from((above * 100 + span / 2) / span).ok().map(|per_cent| per_cent.min(100))
    }

    /// What to do now to get what is wanted.
    #[must_use]
    pub fn next(&self, now: Instant) -> Option<Turn> {
        if self.quiet_until.is_some_and(|at| now < at) {
            return None;
        }
        if self.wanted.toggle {
            return Some(self.next_mute());
        }
        match (self.wanted.volume, self.hushed_from.or(self.volume)) {
            (Some(per_cent), _) => Some(Turn::Volume(self.stepped(self.units(per_cent.into())))),
            (None, _) if self.wanted.steps == 0 => None,
            (None, None) => Some(Turn::AskVolume),
            (None, Some(seen)) => Some(Turn::Volume(self.stepped(seen))),
        }
    }

    fn next_mute(&self) -> Turn {
        match (self.cannot_mute, self.mute, self.hushed_from, self.volume) {
            (false, None, ..) => Turn::AskMute,
            (false, Some(mute), ..) => Turn::Mute(!mute),
            (true, _, Some(before), _) => Turn::Unhush(before),
            (true, _, None, Some(from)) => Turn::Hush { to: self.range.min, from },
            (true, _, None, None) => Turn::AskVolume,
        }
    }

    /// So many per cent of the range, rounded to a step of it.
    fn units(&self, per_cent: u16) -> u16 {
        let VolumeRange { min, max, step } = self.range;
        let share = u32::from(max - min) * u32::from(per_cent.min(100));
        let step = u32::from(step);
        let steps = (share + 50 * step) / (100 * step);
        u16::try_from(u32::from(min) + steps * step).unwrap_or(max).min(max)
    }

    fn stepped(&self, from: u16) -> u16 {
        let VolumeRange { min, max, step } = self.range;
        let press = (self.units(STEP) - min).max(step);
        let volume = i32::from(from) + self.wanted.steps * i32::from(press);
        u16::try_from(volume.clamp(min.into(), max.into())).unwrap_or(min)
    }

    /// A turn is on its way: what is asked for from now on comes after it.
    pub fn sent(&mut self, turn: Turn) {
        self.sent = match turn {
            Turn::AskVolume | Turn::AskMute => Wish::default(),
            Turn::Volume(_) => core::mem::take(&mut self.wanted),
            Turn::Mute(_) | Turn::Hush { .. } | Turn::Unhush(_) => {
                let toggle = core::mem::take(&mut self.wanted.toggle);
                Wish { toggle, ..Wish::default() }
            }
        };
    }

    /// A turn was done. What the renderer rounds it to is not fought over.
    pub fn done(&mut self, turn: Turn) {
        self.sent = Wish::default();
        match turn {
            Turn::Volume(volume) => {
                self.volume = Some(volume);
                if self.hushed_from.take().is_some() {
                    self.mute = Some(false);
                }
            }
            Turn::Mute(mute) => {
                self.mute = Some(mute);
            }
            // Not what is known by now: the event of the change may have overtaken the answer.
            Turn::Hush { to, from } => {
                self.hushed_from = Some(from);
                self.volume = Some(to);
                self.mute = Some(true);
            }
            Turn::Unhush(volume) => {
                self.hushed_from = None;
                self.volume = Some(volume);
                self.mute = Some(false);
            }
            Turn::AskVolume | Turn::AskMute => {}
        }
    }

    /// It was told or asked of mute and refused: from now on its volume does.
    pub fn cannot_mute(&mut self) {
        self.cannot_mute = true;
        self.wanted.toggle ^= core::mem::take(&mut self.sent).toggle;
    }

    /// Whoever hushed it, the viewer has turned it up.
    pub fn see(&mut self, volume: Option<u16>, mute: Option<bool>) {
        if let Some(volume) = volume {
            if volume > self.range.min && self.hushed_from.take().is_some() {
                self.mute = Some(false);
            }
            self.volume = Some(volume);
        }
        self.mute = mute.or(self.mute);
    }

    /// A turn failed. A button that is pressed later asks again; of what the hours want nobody reminds it: that is
    /// tried once more.
    pub fn failed(&mut self, retry_at: Instant) {
        let failed = core::mem::take(&mut self.sent);
        self.wanted = Wish {
            volume: self.wanted.volume.or(failed.volume.filter(|_| !failed.again)),
            again: self.wanted.volume.is_none(),
            ..Wish::default()
        };
        self.quiet_until = Some(retry_at);
    }

    /// It will not be turned: nothing is wanted any more.
    pub fn refused(&mut self, retry_at: Instant) {
        (self.wanted, self.sent) = (Wish::default(), Wish::default());
        self.quiet_until = Some(retry_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::START;

    fn done(knobs: &mut Knobs, turn: Turn) {
        knobs.sent(turn);
        knobs.done(turn);
    }

    fn of(min: u16, max: u16, step: u16) -> Knobs {
        Knobs { range: VolumeRange { min, max, step }, ..Knobs::default() }
    }

    #[test]
    fn presses_add_up_until_the_volume_is_known() {
        let mut knobs = Knobs::default();
        knobs.turn(1);
        knobs.turn(1);
        assert_eq!(knobs.next(NOW), Some(Turn::AskVolume));
        knobs.volume = Some(93);
        assert_eq!(knobs.next(NOW), Some(Turn::Volume(100)), "clamped");
        done(&mut knobs, Turn::Volume(100));
        assert_eq!(knobs.next(NOW), None);
    }

    #[test]
    fn what_is_pressed_while_a_command_is_on_its_way_comes_after_it() {
        let mut knobs = Knobs { volume: Some(40), mute: Some(false), ..Knobs::default() };
        knobs.turn(1);
        knobs.sent(Turn::Volume(45));
        knobs.turn(1);
        knobs.done(Turn::Volume(45));
        assert_eq!(knobs.next(NOW), Some(Turn::Volume(50)));
        knobs.sent(Turn::Volume(50));
        knobs.want_volume(20);
        knobs.done(Turn::Volume(50));
        assert_eq!(knobs.next(NOW), Some(Turn::Volume(20)), "the hours have changed meanwhile");
        done(&mut knobs, Turn::Volume(20));

        knobs.toggle_mute();
        knobs.sent(Turn::Mute(true));
        knobs.toggle_mute();
        knobs.done(Turn::Mute(true));
        assert_eq!(knobs.next(NOW), Some(Turn::Mute(false)), "pressed twice");
    }

    #[test]
    fn a_volume_that_was_lost_on_its_way_is_sent_once_more() {
        let mut knobs = Knobs { volume: Some(60), ..Knobs::default() };
        knobs.want_volume(10);
        knobs.sent(Turn::Volume(10));
        knobs.failed(Instant::from_millis(5000));
        assert_eq!(knobs.next(NOW), None, "not at once");
        let later = Instant::from_millis(5000);
        assert_eq!(knobs.next(later), Some(Turn::Volume(10)));
        knobs.sent(Turn::Volume(10));
        knobs.failed(later);
        assert_eq!(knobs.next(later), None, "it does not listen");

        knobs.want_volume(10);
        knobs.sent(Turn::Volume(10));
        knobs.want_volume(30);
        knobs.failed(later);
        assert_eq!(knobs.next(later), Some(Turn::Volume(30)), "what is wanted by now");
        knobs.sent(Turn::Volume(30));
        knobs.refused(later);
        assert_eq!(knobs.next(later), None);
    }

    #[test]
    fn per_cent_are_steps_of_the_range_and_back() {
        for (min, max, step, per_cent, units, back) in [
            (0, 100, 1, 40, 40, 40),
            (0, 30, 1, 40, 12, 40),
            (0, 30, 1, 55, 17, 57),
            (2, 10, 4, 80, 10, 100),
            (2, 10, 4, 60, 6, 50),
            (0, 65_535, 1, 50, 32_768, 50),
            (0, 9, 1, 0, 0, 0),
            (0, 9, 1, 100, 9, 100),
            (0, 10, 3, 100, 9, 90),
        ] {
            let mut knobs = of(min, max, step);
            knobs.want_volume(per_cent);
            assert_eq!(knobs.next(NOW), Some(Turn::Volume(units)), "{per_cent} of {min}–{max}");
            done(&mut knobs, Turn::Volume(units));
            assert_eq!(knobs.per_cent(), Some(back), "{units} of {min}–{max}");
        }
    }

    #[test]
    fn every_press_is_heard_however_few_the_steps() {
        for (max, step, presses) in [(100, 1, 20), (30, 1, 15), (10, 1, 10), (9, 3, 3)] {
            let mut knobs = of(0, max, step);
            knobs.volume = Some(0);
            let mut pressed = 0;
            while knobs.volume != Some(max) {
                knobs.turn(1);
                let Some(Turn::Volume(volume)) = knobs.next(NOW) else { panic!("{max}") };
                assert!(knobs.volume < Some(volume) && volume <= max);
                done(&mut knobs, Turn::Volume(volume));
                pressed += 1;
            }
            assert_eq!(pressed, presses, "{max}");
        }
    }

    #[test]
    fn a_renderer_that_rounds_is_not_fought() {
        let mut knobs = Knobs::default();
        knobs.want_volume(37);
        done(&mut knobs, Turn::Volume(37));
        knobs.volume = Some(36);
        assert_eq!(knobs.next(NOW), None);
    }

    #[test]
    fn mute_toggles_what_is_seen() {
        let mut knobs = Knobs::default();
        knobs.toggle_mute();
        assert_eq!(knobs.next(NOW), Some(Turn::AskMute));
        knobs.mute = Some(true);
        assert_eq!(knobs.next(NOW), Some(Turn::Mute(false)));
        knobs.failed(Instant::from_millis(5));
        assert_eq!(knobs.next(Instant::from_millis(6)), None);
    }

    #[test]
    fn one_that_cannot_be_muted_is_turned_down_and_up_again() {
        let mut knobs = of(1, 30, 1);
        knobs.mute = Some(false);
        knobs.toggle_mute();
        knobs.sent(Turn::Mute(true));
        knobs.cannot_mute();
        assert_eq!(knobs.next(NOW), Some(Turn::AskVolume));
        knobs.volume = Some(12);
        let hush = Turn::Hush { to: 1, from: 12 };
        assert_eq!(knobs.next(NOW), Some(hush));
        knobs.sent(hush);
        knobs.see(Some(1), None);
        knobs.done(hush);
        assert_eq!((knobs.next(NOW), knobs.mute), (None, Some(true)));
        knobs.toggle_mute();
        assert_eq!(knobs.next(NOW), Some(Turn::Unhush(12)));
        done(&mut knobs, Turn::Unhush(12));
        assert_eq!((knobs.volume, knobs.mute), (Some(12), Some(false)));

        knobs.toggle_mute();
        done(&mut knobs, hush);
        knobs.turn(1);
        assert_eq!(knobs.next(NOW), Some(Turn::Volume(13)), "louder than it was before");
        knobs.see(Some(20), None);
        assert_eq!(knobs.mute, Some(false), "the viewer has turned it up");
    }
}
