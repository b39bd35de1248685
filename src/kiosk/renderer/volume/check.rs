//! Whether a renderer keeps the volume that the configuration or the schedule asked for.
//!
//! Some televisions answer SetVolume and ignore it while they start, or apply a volume of their own some seconds later. So they
//! are asked once which volume they have. With some renderers, that answer has nothing to do with what is heard.

use crate::time::{Duration, Instant};

/// A television that was just switched on applies a volume of its own within this time.
const SETTLES: Duration = Duration::from_secs(5);
/// How often a volume that was not kept is set again. After that, the answer is taken to be untrue.
const AGAIN: u8 = 2;

/// What the answer to the question for the volume shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// There was no such question, or the volume was kept: the answer is believed.
    Believed,
    /// The volume was not kept: it is to be set again, in per cent.
    Lost(u8),
    /// The answer says nothing.
    Untrue,
}

/// A volume that was set.
#[derive(Clone, Copy, Debug)]
struct Setting {
    per_cent: u8,
    /// The volume in the renderer's units, as somebody may have changed it since in small steps.
    volume: u16,
    ask_at: Instant,
    /// The question is under way.
    asked: bool,
}

/// Whether the last volume that was set is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Check {
    setting: Option<Setting>,
    /// How often the same volume was set again.
    again: u8,
    /// The renderer tells a volume that has nothing to do with the one that was set.
    untrue: bool,
}

impl Check {
    /// Another volume is requested.
    pub(super) fn begin(&mut self) {
        (self.setting, self.again) = (None, 0);
    }

    /// Somebody decides on the volume, or it is lost with the power: nothing is to be kept.
    pub(super) fn end(&mut self) {
        self.setting = None;
    }

    /// The volume was set.
    pub(super) fn set(&mut self, per_cent: u8, volume: u16, now: Instant) {
        self.setting = Some(Setting { per_cent, volume, ask_at: now + SETTLES, asked: false });
    }

    /// When to ask for the volume.
    pub(super) fn ask_at(&self) -> Option<Instant> {
        self.setting.filter(|setting| !setting.asked).map(|setting| setting.ask_at)
    }

    /// The question was sent.
    pub(super) fn ask(&mut self) {
        if let Some(setting) = &mut self.setting {
            setting.asked = true;
        }
    }

    /// The question was not answered, and is not asked again. Returns whether it was asked.
    pub(super) fn give_up(&mut self) -> bool {
        self.setting.take_if(|setting| setting.asked).is_some()
    }

    /// The renderer reports a change from one volume to another one. In steps of up to `step`, a person does that.
    pub(super) fn changed(&mut self, from: Option<u16>, to: u16, step: u16) {
        if let Some(setting) = &mut self.setting
            && from.is_some_and(|from| from.abs_diff(to) <= step)
        {
            setting.volume = to;
        }
    }

    /// Takes the answer of the renderer, which may round by up to `step`.
    pub(super) fn answered(&mut self, volume: u16, step: u16) -> Verdict {
        let Some(setting) = self.setting.take_if(|setting| setting.asked) else {
            return if self.untrue { Verdict::Untrue } else { Verdict::Believed };
        };
        let is_kept = setting.volume.abs_diff(volume) <= step;
        self.untrue = !is_kept && self.again >= AGAIN;
        match is_kept {
            true => Verdict::Believed,
            false if self.untrue => Verdict::Untrue,
            false => {
                self.again += 1;
                Verdict::Lost(setting.per_cent)
            }
        }
    }

    /// Returns whether the renderer tells a volume that has nothing to do with the one that was set.
    pub(super) const fn is_untrue(&self) -> bool {
        self.untrue
    }
}
