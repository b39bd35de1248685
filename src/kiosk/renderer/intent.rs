//! What a renderer should do: its goal, its programme, and who wants that: the configuration, the schedule, a person at
//! the box, or a viewer at the renderer.

use super::layer::Layer;
use crate::config::{LoopMethod, OnStop, Rule};
use crate::kiosk::playlist::Playlist;
use crate::kiosk::programme::Programme;
use crate::kiosk::reason::Viewer;
use crate::media::black;
use crate::time::{Duration, Instant};

/// How long a viewer who stopped a renderer has it to himself, where the box insists.
const INSIST_AFTER: [Duration; 3] =
    [Duration::from_secs(10), Duration::from_secs(30), Duration::from_secs(60)];

/// What a renderer should be doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kiosk) enum Goal {
    /// Nothing was asked of it, or its programme is over: it is left alone.
    Rest,
    /// Play the programme.
    Play,
    /// Hold the programme.
    Pause,
    /// Be stopped; once it is, [`Goal::Rest`].
    Stop,
    /// A viewer took it with its own remote control; the box plays again at this time, if there is one.
    Yield { did: Viewer, until: Option<Instant> },
}

/// Why it rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kiosk) enum Rested {
    /// Nobody has asked for anything yet.
    NotAsked,
    /// Its programme is over.
    Finished,
    /// A person stopped it.
    Stopped,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Intent(Fields);

read_only!(Intent, Fields);

/// Written only in this file.
#[derive(Debug)]
pub(super) struct Fields {
    /// What the configuration says of it; without, the box does not drive it.
    pub(super) rule: Option<Rule>,
    pub(super) goal: Goal,
    pub(super) rested: Rested,
    pub(super) programme: Programme,
    /// What it was to do before a clip broke in.
    pub(super) before_clip: Option<Goal>,
    /// What the schedule wants of it now.
    pub(super) layer: Option<Layer>,
    /// How often in a row the box insisted.
    pub(super) insisted: u8,
    /// Somebody pressed play.
    pub(super) pressed_at: Instant,
}

impl Intent {
    pub(super) fn new(rule: Option<&Rule>, seed: u64) -> Self {
        let (plays, repeat, order) =
            rule.map(|r| (r.plays.clone(), r.repeat, r.order)).unwrap_or_default();
        Self(Fields {
            rule: rule.cloned(),
            goal: if rule.is_some_and(|rule| rule.autoplay) { Goal::Play } else { Goal::Rest },
            rested: Rested::NotAsked,
            programme: Programme::new(Playlist::new(plays, repeat, order, seed)),
            before_clip: None,
            layer: None,
            insisted: 0,
            pressed_at: Instant::START,
        })
    }

    /// A person or the schedule wants it to play.
    pub(super) fn play(&mut self, now: Instant) {
        self.0.goal = Goal::Play;
        // No clip will end any more after which it should rest.
        self.0.before_clip.take_if(|_| !self.0.programme.is_interrupted());
        self.0.pressed_at = now;
    }

    /// As [`Self::play`], also after the clip, if that plays over silence.
    pub(super) fn play_on(&mut self, now: Instant) {
        self.0.before_clip = self.0.before_clip.map(|_| Goal::Play);
        self.play(now);
    }

    /// It plays again: a viewer has given it back, or it refused to pause.
    pub(super) fn go_on(&mut self) {
        self.0.goal = Goal::Play;
    }

    /// A person wants it to hold.
    pub(super) fn pause(&mut self) {
        self.0.goal = Goal::Pause;
    }

    /// A person wants it to stop.
    pub(super) fn stop(&mut self) {
        self.0.goal = Goal::Stop;
        self.0.rested = Rested::Stopped;
        self.drop_clips();
    }

    /// What the box plays on it ends; `playing`: if it plays something.
    pub(super) fn fall_silent(&mut self, playing: bool) {
        self.drop_clips();
        self.0.goal = if playing { Goal::Stop } else { Goal::Rest };
    }

    /// It is to be dark: what it shows cannot be.
    pub(super) fn end_picture(&mut self) {
        self.0.goal = Goal::Stop;
    }

    /// It is left alone.
    pub(super) fn rest(&mut self) {
        self.0.goal = Goal::Rest;
    }

    /// Its programme is over.
    pub(super) fn finish(&mut self) {
        self.0.goal = Goal::Rest;
        self.0.rested = Rested::Finished;
    }

    /// It plays, or pauses, what the box gave it before: somebody wanted that.
    pub(super) fn adopt(&mut self, paused: bool) {
        if self.0.goal == Goal::Rest {
            self.0.goal = if paused { Goal::Pause } else { Goal::Play };
        }
    }

    /// It has stopped as it should: what it was to do before the clip, or nothing.
    pub(super) fn stopped(&mut self) {
        self.0.goal = self.0.before_clip.take().unwrap_or(Goal::Rest);
    }

    /// The last clip is over: it does again what it was to do before, unless that is playing. A picture that remains
    /// is stopped first. Gives whether it does.
    pub(super) fn return_to_rest(&mut self, picture_remains: bool) -> bool {
        let over = !self.0.programme.is_interrupted();
        let Some(goal) = self.0.before_clip.filter(|goal| over && *goal != Goal::Play) else {
            self.0.before_clip.take_if(|_| over);
            return false;
        };
        self.0.goal = if picture_remains { Goal::Stop } else { goal };
        self.0.before_clip.take_if(|_| self.0.goal == goal);
        true
    }

    /// A viewer has it now: respected, or insisted on after a while. Gives when the box takes it back.
    pub(super) fn yield_to(&mut self, did: Viewer, now: Instant) -> Option<Instant> {
        let until = match self.on_stop() {
            OnStop::Insist if did != Viewer::SwitchedOff => {
                Some(now + INSIST_AFTER[usize::from(self.0.insisted).min(INSIST_AFTER.len() - 1)])
            }
            _ => None,
        };
        self.0.insisted = self.0.insisted.saturating_add(1);
        self.0.goal = Goal::Yield { did, until };
        until
    }

    /// It is asleep: it plays once somebody switches it on.
    pub(super) fn await_switch_on(&mut self) {
        self.0.goal = Goal::Yield { until: None, did: Viewer::SwitchedOff };
    }

    /// The viewer who has it has switched it off: the box does not take it back. Gives whether a viewer has it.
    pub(super) fn yield_for_good(&mut self) -> bool {
        let Goal::Yield { until, .. } = &mut self.0.goal else { return false };
        *until = None;
        true
    }

    /// A clip breaks in: what it is to do now is remembered.
    pub(super) fn remember_goal(&mut self) {
        self.0.before_clip = Some(self.0.goal);
    }

    /// A card breaks in. If one has just left, what was before that one is remembered.
    pub(super) fn remember_goal_before_card(&mut self) {
        self.0.before_clip = self.0.before_clip.or(Some(self.0.goal));
    }

    /// No clip plays or waits any more.
    pub(super) fn drop_clips(&mut self) {
        self.0.before_clip = None;
        self.0.programme.drop_clips();
    }

    /// A person chose a programme.
    pub(super) fn choose(&mut self, list: Playlist, until: Option<Instant>) {
        self.0.before_clip = None;
        self.0.programme.choose(list, until);
    }

    /// The schedule wants this of it.
    pub(super) fn set_layer(&mut self, layer: Option<Layer>) {
        self.0.layer = layer;
    }

    /// The schedule is asked anew. Gives whether it wanted something.
    pub(super) fn take_layer(&mut self) -> bool {
        self.0.layer.take().is_some()
    }

    /// A person acts: the box is patient with viewers again.
    pub(super) fn forget_insisting(&mut self) {
        self.0.insisted = 0;
    }

    /// Whether somebody pressed play since this time: asked once.
    pub(super) fn take_pressed_since(&mut self, at: Instant) -> bool {
        core::mem::take(&mut self.0.pressed_at) > at
    }

    pub(super) fn programme_mut(&mut self) -> &mut Programme {
        &mut self.0.programme
    }

    pub(super) const fn rule(&self) -> Option<&Rule> {
        self.0.rule.as_ref()
    }

    pub(super) fn is_to_play(&self) -> bool {
        self.0.goal == Goal::Play
    }

    /// A viewer has it.
    pub(super) const fn is_yielded(&self) -> bool {
        matches!(self.0.goal, Goal::Yield { .. })
    }

    pub(super) const fn layer(&self) -> Option<&Layer> {
        self.0.layer.as_ref()
    }

    /// What it should show is black.
    pub(super) fn shows_black(&self) -> bool {
        self.0.programme.current().is_some_and(|file| black::body(file).is_some())
    }

    /// The volume with which it begins.
    pub(super) fn usual_volume(&self) -> Option<u8> {
        let usual = || self.0.rule.as_ref().and_then(|rule| rule.volume);
        self.0.layer.as_ref().and_then(Layer::volume).or_else(usual)
    }

    pub(super) fn on_stop(&self) -> OnStop {
        self.0.rule.as_ref().map(|rule| rule.on_stop).unwrap_or_default()
    }

    pub(super) fn loop_method(&self) -> LoopMethod {
        self.0.rule.as_ref().map(|rule| rule.loop_method).unwrap_or_default()
    }

    /// How much of a file may be cut off to loop without a gap.
    pub(super) fn max_cut(&self) -> Duration {
        self.0.rule.as_ref().map(|rule| rule.max_cut).unwrap_or_default()
    }
}
