//! Volume and mute of one renderer: what is wanted, what was seen, and what to send.
//!
//! The configuration and the buttons count in per cent, the renderer in its own units; its [range](VolumeRange)
//! converts between them. A renderer that cannot be muted is turned down instead, and up again.
//!
//! The range is in the description of RenderingControl, which is read once for each description of the renderer. If
//! that fails, the range is 0 to 100.

use crate::kiosk::event::Failure;
use crate::time::Instant;
use crate::upnp::description::VolumeRange;

#[cfg(test)]
mod tests;

/// One press changes the volume by this many per cent, or by one step of the renderer if that is more.
pub const STEP: u16 = 5;

/// How often the description of RenderingControl is requested while it is unreachable; each sign of life is one
/// attempt.
const TRIES: u8 = 3;

/// Volume and mute of one renderer.
#[derive(Clone, Debug, Default)]
pub struct Volume {
    /// The last seen volume, in the renderer's units.
    volume: Option<u16>,
    /// The last seen mute.
    mute: Option<bool>,
    range: VolumeRange,
    /// The range is known, or cannot be found out.
    units_known: bool,
    tries: u8,
    wanted: Wanted,
    /// What the command in flight will achieve.
    sent: Wanted,
    /// The renderer refuses to be muted.
    cannot_mute: bool,
    /// The volume from which the renderer was turned down instead of being muted.
    hushed_from: Option<u16>,
    quiet_until: Option<Instant>,
    absence: Absence,
}

/// Whether a person was told that the renderer has no volume.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Absence {
    #[default]
    Unnoticed,
    /// To be reported.
    Noticed,
    /// Reported; once is enough.
    Told,
}

/// What was requested and is not done yet.
#[derive(Clone, Copy, Debug, Default)]
struct Wanted {
    /// In per cent.
    volume: Option<u8>,
    /// Setting the volume failed once and is retried once.
    again: bool,
    steps: i32,
    toggle: bool,
}

/// The next command for volume or mute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// GetVolume.
    AskVolume,
    /// SetVolume.
    Volume(u16),
    /// GetMute.
    AskMute,
    /// SetMute.
    Mute(bool),
    /// SetVolume instead of muting. `from`: the volume before.
    Hush { to: u16, from: u16 },
    /// SetVolume instead of unmuting.
    Unhush(u16),
}

impl Volume {
    /// Requests this volume, in per cent.
    pub fn want(&mut self, per_cent: u8) {
        self.wanted = Wanted { volume: Some(per_cent), again: false, steps: 0, ..self.wanted };
    }

    /// Requests a volume higher or lower by so many steps.
    pub fn change(&mut self, steps: i32) {
        self.wanted.steps = (self.wanted.steps + steps).clamp(-20, 20);
        self.quiet_until = None;
    }

    /// Requests mute, or its end.
    pub fn toggle_mute(&mut self) {
        self.wanted.toggle = !self.wanted.toggle;
        self.quiet_until = None;
    }

    /// Returns whether the range must be fetched.
    pub const fn wants_units(&self) -> bool {
        !self.units_known
    }

    /// The renderer was described again: its range may have changed.
    pub fn forget_units(&mut self) {
        (self.units_known, self.tries) = (false, 0);
    }

    /// Sets the range from the description of RenderingControl; `None` if there is no usable one.
    pub fn know_units(&mut self, range: Option<VolumeRange>) {
        self.units_known = true;
        self.range = range.unwrap_or_default();
    }

    /// The description of RenderingControl could not be fetched. Returns whether to try again.
    pub fn units_failed(&mut self, failure: &Failure) -> bool {
        self.tries = self.tries.saturating_add(1);
        *failure == Failure::Unreachable && self.tries < TRIES
    }

    /// A person tried to change the volume of a renderer that has none.
    pub fn notice_absence(&mut self) {
        if self.absence == Absence::Unnoticed {
            self.absence = Absence::Noticed;
        }
    }

    /// Returns whether to tell a person that the renderer has no volume; `true` only once.
    pub fn take_absence(&mut self) -> bool {
        let noticed = self.absence == Absence::Noticed;
        if noticed {
            self.absence = Absence::Told;
        }
        noticed
    }

    /// The last seen mute.
    pub const fn mute(&self) -> Option<bool> {
        self.mute
    }

    /// The last seen volume, in per cent.
    pub fn per_cent(&self) -> Option<u16> {
        let VolumeRange { min, max, .. } = self.range;
        let (above, span) = (u32::from(self.volume?.saturating_sub(min)), u32::from(max - min));
        u16::try_from((above * 100 + span / 2) / span).ok().map(|per_cent| per_cent.min(100))
    }

    /// The command to send now, if any.
    pub fn next(&self, now: Instant) -> Option<Step> {
        if self.quiet_until.is_some_and(|at| now < at) {
            return None;
        }
        if self.wanted.toggle {
            return Some(self.next_mute());
        }
        match (self.wanted.volume, self.hushed_from.or(self.volume)) {
            (Some(per_cent), _) => Some(Step::Volume(self.stepped(self.units(per_cent.into())))),
            (None, _) if self.wanted.steps == 0 => None,
            (None, None) => Some(Step::AskVolume),
            (None, Some(seen)) => Some(Step::Volume(self.stepped(seen))),
        }
    }

    fn next_mute(&self) -> Step {
        match (self.cannot_mute, self.mute, self.hushed_from, self.volume) {
            (false, None, ..) => Step::AskMute,
            (false, Some(mute), ..) => Step::Mute(!mute),
            (true, _, Some(before), _) => Step::Unhush(before),
            (true, _, None, Some(from)) => Step::Hush { to: self.range.min, from },
            (true, _, None, None) => Step::AskVolume,
        }
    }

    /// Converts per cent into units, rounded to a step of the range.
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

    /// A command was sent. What is requested from now on comes after it.
    pub fn sent(&mut self, step: Step) {
        self.sent = match step {
            Step::AskVolume | Step::AskMute => Wanted::default(),
            Step::Volume(_) => core::mem::take(&mut self.wanted),
            Step::Mute(_) | Step::Hush { .. } | Step::Unhush(_) => {
                let toggle = core::mem::take(&mut self.wanted.toggle);
                Wanted { toggle, ..Wanted::default() }
            }
        };
    }

    /// A command was carried out. If the renderer rounds the volume, the box accepts that.
    pub fn done(&mut self, step: Step) {
        self.sent = Wanted::default();
        match step {
            Step::Volume(volume) => {
                self.volume = Some(volume);
                if self.hushed_from.take().is_some() {
                    self.mute = Some(false);
                }
            }
            Step::Mute(mute) => {
                self.mute = Some(mute);
            }
            // `from`, not the current volume: the event of this change may have arrived before the answer.
            Step::Hush { to, from } => {
                self.hushed_from = Some(from);
                self.volume = Some(to);
                self.mute = Some(true);
            }
            Step::Unhush(volume) => {
                self.hushed_from = None;
                self.volume = Some(volume);
                self.mute = Some(false);
            }
            Step::AskVolume | Step::AskMute => {}
        }
    }

    /// The renderer refused to be muted or to report its mute: from now on, the volume takes the place of mute.
    pub fn cannot_mute(&mut self) {
        self.cannot_mute = true;
        self.wanted.toggle ^= core::mem::take(&mut self.sent).toggle;
    }

    /// Takes the volume and mute that the renderer reports. A volume above the minimum ends the substitute for mute.
    pub fn see(&mut self, volume: Option<u16>, mute: Option<bool>) {
        if let Some(volume) = volume {
            if volume > self.range.min && self.hushed_from.take().is_some() {
                self.mute = Some(false);
            }
            self.volume = Some(volume);
        }
        self.mute = mute.or(self.mute);
    }

    /// A command failed. A requested volume is retried once, because the schedule does not repeat it; a button can be
    /// pressed again.
    pub fn failed(&mut self, retry_at: Instant) {
        let failed = core::mem::take(&mut self.sent);
        self.wanted = Wanted {
            volume: self.wanted.volume.or(failed.volume.filter(|_| !failed.again)),
            again: self.wanted.volume.is_none(),
            ..Wanted::default()
        };
        self.quiet_until = Some(retry_at);
    }

    /// The renderer refused: nothing is requested any more.
    pub fn refused(&mut self, retry_at: Instant) {
        (self.wanted, self.sent) = (Wanted::default(), Wanted::default());
        self.quiet_until = Some(retry_at);
    }
}
