//! Volume and mute of one renderer: what is wanted, what was seen, and what to send.
//!
//! The configuration and the buttons count in per cent, the renderer in its own units; its [range](VolumeRange)
//! converts between them. A renderer that cannot be muted is turned down instead, and up again. A volume that is requested
//! meanwhile is set when it is turned up again.
//!
//! The range is in the description of RenderingControl, which is read once for each description of the renderer. If
//! that fails, the range is 0 to 100, until the renderer refuses a volume as too loud: then the description is read once more.

use crate::kiosk::event::Failure;
use crate::time::Instant;
use crate::upnp::description::VolumeRange;
use check::{Check, Verdict};

mod check;
#[cfg(test)]
mod tests;

/// One press changes the volume by this many per cent, or by one step of the renderer if that is more.
pub const STEP: u16 = 5;

/// How loud, in per cent, a renderer becomes that was never heard since the box knows it.
const AUDIBLE: u16 = 30;

/// How often a requested volume is sent at most.
const ATTEMPTS: u8 = 5;

/// How often the description of RenderingControl is requested while it is not to be had; if the renderer is unreachable, each
/// sign of life is one attempt.
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
    /// When to ask for the range, if it is not known.
    units_at: Instant,
    /// The range is assumed, because the renderer gives none.
    assumed: bool,
    /// The assumed range was refuted once since the renderer was described.
    doubted: bool,
    wanted: Wanted,
    /// What the command in flight will achieve.
    sent: Wanted,
    /// The renderer refuses to be muted.
    cannot_mute: bool,
    /// The volume from which the renderer was turned down instead of being muted.
    hushed_from: Option<u16>,
    /// The last volume above the minimum.
    audible: Option<u16>,
    /// The last volume that the configuration or the schedule asked for, in per cent.
    usual: Option<u8>,
    /// The renderer has played since it was switched on, or a person has set its volume since.
    settled: bool,
    quiet_until: Option<Instant>,
    absence: Absence,
    check: Check,
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
    /// How often setting the volume failed.
    failures: u8,
    steps: i32,
    /// Mute or unmute, whichever is seen to be the other.
    toggle: bool,
    mute: Option<bool>,
}

impl Wanted {
    /// Returns whether no volume is requested.
    const fn leaves_volume(&self) -> bool {
        self.volume.is_none() && self.steps == 0
    }

    /// Returns whether nothing is requested.
    const fn is_nothing(&self) -> bool {
        self.leaves_volume() && self.mute.is_none() && !self.toggle
    }
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
        (self.usual, self.settled) = (Some(per_cent), true);
        self.check.begin();
        self.wanted = Wanted { volume: Some(per_cent), failures: 0, steps: 0, ..self.wanted };
    }

    /// The renderer plays. Requests this volume if it is the first time since the renderer was switched on: afterwards, people
    /// decide.
    pub fn begin_with(&mut self, per_cent: Option<u8>) {
        if !core::mem::replace(&mut self.settled, true)
            && let Some(per_cent) = per_cent
        {
            if self.hushed_from.take().is_some() {
                self.mute = None;
            }
            self.want(per_cent);
        }
    }

    /// The renderer plays on what it played before the box restarted: it was not switched on since.
    pub fn keep(&mut self) {
        self.settled = true;
    }

    /// The renderer was switched on again, and begins with a volume of its own.
    pub fn restart(&mut self) {
        self.settled = false;
        self.volume = None;
        self.check.end();
        // If it was turned down, it may have kept that: a volume above the minimum shows otherwise.
        self.mute = self.hushed_from.map(|_| true);
    }

    /// The volume may have been changed unnoticed: it is asked for before the next step, unless one is under way, or the renderer
    /// does not tell the truth.
    pub fn doubt(&mut self) {
        if !self.check.is_untrue() && self.wanted.leaves_volume() && self.sent.leaves_volume() {
            self.volume = None;
        }
    }

    /// Requests a volume higher or lower by so many steps.
    pub fn change(&mut self, steps: i32) {
        self.settled = true;
        self.check.end();
        self.wanted.steps = (self.wanted.steps + steps).clamp(-20, 20);
        self.quiet_until = None;
    }

    /// Requests mute, or its end.
    pub fn toggle_mute(&mut self) {
        self.quiet_until = None;
        self.check.end();
        match self.expected_mute() {
            Some(mute) => self.want_mute(!mute),
            None => self.wanted.toggle = !self.wanted.toggle,
        }
    }

    /// Requests mute or its end.
    pub fn want_mute(&mut self, mute: bool) {
        self.quiet_until = None;
        self.check.end();
        let there = self.expected_mute() == Some(mute);
        self.wanted.toggle = false;
        if !there {
            self.wanted.mute =
                Some(mute).filter(|mute| self.sent.mute.or(self.seen_mute()) != Some(*mute));
        }
    }

    /// Whether the renderer is muted once everything requested is done; `None` if nobody knows.
    pub fn expected_mute(&self) -> Option<bool> {
        self.wanted.mute.or(self.sent.mute).or(self.seen_mute())
    }

    /// Whether the renderer is silent. One whose volume is at its minimum is, whatever it says of its mute: it may have been turned
    /// down because it cannot be muted, before the box restarted.
    fn seen_mute(&self) -> Option<bool> {
        match self.hushed_from {
            Some(_) => Some(true),
            None if self.is_turned_down() => Some(true),
            None if self.cannot_mute => self.volume.map(|_| false),
            None => self.mute,
        }
    }

    /// Whether the volume is at its minimum, and not because the configuration says so.
    fn is_turned_down(&self) -> bool {
        self.usual != Some(0) && self.volume.is_some_and(|volume| volume <= self.range.min)
    }

    /// The last volume, in the renderer's units, at which it was heard.
    pub const fn audible(&self) -> Option<u16> {
        self.audible
    }

    /// The volume at which the renderer was heard before the box restarted.
    pub fn recall(&mut self, audible: Option<u16>) {
        self.audible = self.audible.or(audible);
    }

    /// When to fetch the range, if it is not known.
    pub fn units_due(&self) -> Option<Instant> {
        (!self.units_known).then_some(self.units_at)
    }

    /// The renderer was described again: its range may have changed.
    pub fn forget_units(&mut self) {
        (self.units_known, self.tries, self.doubted) = (false, 0, false);
    }

    /// Sets the range from the description of RenderingControl; `None` if there is no usable one.
    pub fn know_units(&mut self, range: Option<VolumeRange>) {
        self.units_known = true;
        self.assumed = range.is_none();
        self.range = range.unwrap_or_default();
    }

    /// The renderer refused a volume as one that it does not have. If the range is only assumed, it is asked for once more.
    pub fn doubt_units(&mut self) {
        if self.assumed && !core::mem::replace(&mut self.doubted, true) {
            (self.units_known, self.tries) = (false, 0);
        }
    }

    /// The description of RenderingControl could not be fetched. Returns whether to try again: at once where the renderer
    /// cannot be reached, which has pauses of its own, and else at `retry_at`.
    pub fn units_failed(&mut self, failure: &Failure, retry_at: Instant) -> bool {
        self.tries = self.tries.saturating_add(1);
        // A busy renderer does not answer, or says that it has no time.
        let is_busy =
            matches!(failure, Failure::Timeout | Failure::Malformed | Failure::Status(503));
        if is_busy {
            self.units_at = retry_at;
        }
        (is_busy || matches!(failure, Failure::Unreachable | Failure::Cut)) && self.tries < TRIES
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
            return Some(self.next_toggle());
        }
        if let Some(mute) = self.wanted.mute {
            return Some(self.next_mute(mute));
        }
        if self.hushed_from.is_some() {
            // As on a renderer that can be muted, no volume unmutes. It is set once the renderer is heard again, which a viewer may
            // have done.
            let asks = self.volume.is_none() && !self.wanted.leaves_volume();
            return asks.then_some(Step::AskVolume);
        }
        match (self.wanted.volume, self.volume) {
            (None, _) if self.wanted.steps == 0 => None,
            (None, None) => Some(Step::AskVolume),
            (_, seen) => Some(Step::Volume(self.wish(seen.unwrap_or_default()))),
        }
    }

    /// When to ask for the volume, to see whether the renderer has kept the one that was set.
    pub fn ask_at(&self) -> Option<Instant> {
        let at = self.check.ask_at().filter(|_| self.wanted.is_nothing())?;
        Some(self.quiet_until.map_or(at, |quiet| quiet.max(at)))
    }

    fn next_toggle(&self) -> Step {
        match self.seen_mute() {
            Some(mute) => self.next_mute(!mute),
            None if self.cannot_mute => Step::AskVolume,
            None => Step::AskMute,
        }
    }

    fn next_mute(&self, mute: bool) -> Step {
        match (mute, self.hushed_from, self.volume) {
            (true, ..) if !self.cannot_mute => Step::Mute(true),
            (true, Some(from), _) | (true, None, Some(from)) => {
                Step::Hush { to: self.range.min, from }
            }
            (false, Some(before), _) => Step::Unhush(self.wish(before)),
            (false, None, _) if !self.cannot_mute && self.mute != Some(false) => Step::Mute(false),
            (false, None, Some(volume)) if !self.is_turned_down() => Step::Unhush(volume),
            (false, None, Some(_)) => Step::Unhush(self.audible.unwrap_or(self.units(AUDIBLE))),
            (_, None, None) => Step::AskVolume,
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

    /// The requested volume, in units, if the present one is `from`.
    fn wish(&self, from: u16) -> u16 {
        self.stepped(self.wanted.volume.map_or(from, |per_cent| self.units(per_cent.into())))
    }

    /// By how much one press changes the volume, in units.
    fn press(&self) -> u16 {
        (self.units(STEP) - self.range.min).max(self.range.step)
    }

    fn stepped(&self, from: u16) -> u16 {
        let VolumeRange { min, max, .. } = self.range;
        let volume = i32::from(from) + self.wanted.steps * i32::from(self.press());
        u16::try_from(volume.clamp(min.into(), max.into())).unwrap_or(min)
    }

    /// A command was sent. What is requested from now on comes after it.
    pub fn sent(&mut self, step: Step) {
        if step == Step::AskVolume && self.wanted.is_nothing() {
            self.check.ask();
        }
        self.sent = match step {
            Step::AskVolume | Step::AskMute => Wanted::default(),
            Step::Volume(_) => core::mem::take(&mut self.wanted),
            Step::Mute(_) | Step::Hush { .. } | Step::Unhush(_) => {
                let toggled = core::mem::take(&mut self.wanted.toggle);
                let mute = self.wanted.mute.take();
                let achieves = !matches!(step, Step::Mute(false) | Step::Unhush(_));
                let mute = mute.or(Some(achieves).filter(|_| toggled));
                // The volume that was requested meanwhile comes with the end of the substitute for mute.
                let ends = matches!(step, Step::Unhush(_)) && self.hushed_from.is_some();
                let wanted =
                    if ends { core::mem::take(&mut self.wanted) } else { Wanted::default() };
                Wanted { mute, ..wanted }
            }
        };
    }

    /// A command was carried out. If the renderer rounds the volume, the box accepts that.
    pub fn done(&mut self, step: Step, now: Instant) {
        let asked = core::mem::take(&mut self.sent);
        match step {
            Step::Volume(volume) => {
                self.set(volume);
                if let Some(per_cent) = asked.volume.filter(|_| asked.steps == 0) {
                    self.check.set(per_cent, volume, now);
                }
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
                self.set(to);
                self.mute = Some(true);
            }
            Step::Unhush(volume) => {
                self.hushed_from = None;
                self.set(volume);
                self.mute = Some(false);
            }
            Step::AskVolume | Step::AskMute => {}
        }
    }

    /// The renderer refused to be muted or to report its mute: from now on, the volume takes the place of mute.
    pub fn cannot_mute(&mut self) {
        self.cannot_mute = true;
        self.wanted.mute = self.wanted.mute.or(core::mem::take(&mut self.sent).mute);
    }

    fn set(&mut self, volume: u16) {
        self.volume = Some(volume);
        if volume > self.range.min {
            self.audible = Some(volume);
        }
    }

    /// Takes the volume and mute that the renderer reports. A volume above the minimum ends the substitute for mute.
    pub fn see(&mut self, volume: Option<u16>, mute: Option<bool>) {
        if mute == Some(true) {
            self.check.end();
        }
        if let Some(volume) = volume {
            self.check.changed(self.volume, volume, self.press());
            if volume > self.range.min && self.hushed_from.take().is_some() {
                self.mute = Some(false);
                // What was requested before is out of date.
                self.wanted = Wanted { volume: None, steps: 0, ..self.wanted };
            }
            self.set(volume);
        }
        self.mute = mute.or(self.mute);
    }

    /// Takes the answer to [`Step::AskVolume`]; steps that were requested meanwhile are kept.
    pub fn told(&mut self, volume: u16) {
        match self.check.answered(volume, self.press()) {
            Verdict::Believed => {}
            Verdict::Lost(per_cent) => {
                self.wanted.volume = self.wanted.volume.or(Some(per_cent));
                return;
            }
            Verdict::Untrue if self.volume.is_some() => return,
            Verdict::Untrue => {}
        }
        let steps = self.wanted.steps;
        self.see(Some(volume), None);
        self.wanted.steps = steps;
    }

    /// A command failed or was refused. A requested volume is tried again, because the schedule does not repeat it; a
    /// button can be pressed again.
    pub fn failed(&mut self, retry_at: Instant) {
        self.check.give_up();
        let failed = core::mem::take(&mut self.sent);
        let failures = failed.failures.saturating_add(1);
        let again = failed.volume.filter(|_| failures < ATTEMPTS);
        self.wanted = match self.wanted.volume {
            Some(volume) => Wanted { volume: Some(volume), ..Wanted::default() },
            None => Wanted { volume: again, failures, ..Wanted::default() },
        };
        self.quiet_until = Some(retry_at);
    }

    /// The renderer does not tell its volume. Returns whether it was asked only to see whether it keeps what was set.
    pub fn untold(&mut self) -> bool {
        self.check.give_up()
    }

    /// The renderer has no volume: nothing is requested any more.
    pub fn refused(&mut self, retry_at: Instant) {
        (self.wanted, self.sent) = (Wanted::default(), Wanted::default());
        self.quiet_until = Some(retry_at);
    }
}
