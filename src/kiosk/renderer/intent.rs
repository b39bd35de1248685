//! What a renderer should do, and on whose behalf: the configuration, the schedule, a person at the box, or a viewer
//! with the renderer's own remote control.

use crate::config::{LoopMethod, OnStop, Rule};
use crate::kiosk::playlist::Playlist;
use crate::kiosk::programme::Programme;
use crate::kiosk::reason::Viewer;
use crate::kiosk::schedule::{Held, Window};
use crate::media::generated::black_body;
use crate::time::{Duration, Instant};

/// How long a viewer who stopped a renderer keeps it when `on_stop` is `insist`, by the number of stops in a row.
const INSIST_AFTER: [Duration; 3] =
    [Duration::from_secs(10), Duration::from_secs(30), Duration::from_secs(60)];

/// What a renderer should be doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kiosk) enum Goal {
    /// Leave the renderer alone: nothing was asked of it, or its programme is over.
    Rest,
    /// Play the programme.
    Play,
    /// Keep the programme paused.
    Pause,
    /// Stop the renderer; once it has stopped, the goal is [`Goal::Rest`].
    Stop,
    /// Leave the renderer to the viewer who took it with its remote control; the box plays again at `until`, if set.
    Yield { did: Viewer, until: Option<Instant> },
}

/// Why the goal is [`Goal::Rest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kiosk) enum Rested {
    /// Nobody has asked for anything yet.
    NotAsked,
    /// The programme is over.
    Finished,
    /// A person stopped the renderer.
    Stopped,
}

/// What the schedule wants of one renderer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layer {
    /// The schedule entry.
    number: usize,
    /// The entry's window. A window that follows another one directly is still a change.
    window: Window,
    volume: Option<u8>,
}

impl Layer {
    pub(super) fn of(held: &Held<'_>) -> Self {
        Self { number: held.number, window: held.window, volume: held.entry.volume }
    }

    pub(super) const fn volume(&self) -> Option<u8> {
        self.volume
    }
}

/// When the volume of a window that has begun or ended is to be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VolumeDue {
    /// It is set, or no window has begun or ended.
    Not,
    /// As soon as the renderer plays anything.
    Playing,
    /// Once the clip or choice that played at that time is over.
    Afterwards,
}

/// What one renderer should do.
#[derive(Debug)]
pub(super) struct Intent(Fields);

read_only!(Intent, Fields);

/// Readable everywhere, writable only in this file.
#[derive(Debug)]
pub(super) struct Fields {
    /// The renderer's rule from the configuration. Without a rule, the box does not drive the renderer.
    pub(super) rule: Option<Rule>,
    pub(super) goal: Goal,
    pub(super) rested: Rested,
    pub(super) programme: Programme,
    /// The goal beneath a clip: what the renderer does once the clip is over. `None` without a clip.
    pub(super) before_clip: Option<Goal>,
    /// The schedule, the configuration or a person has started the programme beneath a choice.
    pub(super) started: bool,
    pub(super) volume_due: VolumeDue,
    /// The schedule's current layer.
    pub(super) layer: Option<Layer>,
    /// How many times in a row a viewer has taken the renderer.
    pub(super) insisted: u8,
    /// When somebody last pressed play.
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
            started: rule.is_some_and(|rule| rule.autoplay),
            volume_due: VolumeDue::Not,
            layer: None,
            insisted: 0,
            pressed_at: Instant::START,
        })
    }

    /// A person or the schedule wants the renderer to play.
    pub(super) fn play(&mut self, now: Instant) {
        self.0.goal = Goal::Play;
        // No clip is left after whose end the renderer should rest.
        self.0.before_clip.take_if(|_| !self.0.programme.is_interrupted());
        self.0.pressed_at = now;
    }

    /// A person wants the programme to play. If a clip is playing that interrupted nothing, the programme follows the
    /// clip; a clip that was paused just goes on.
    pub(super) fn play_on(&mut self, now: Instant) {
        if self.0.goal != Goal::Pause || !self.0.programme.is_interrupted() {
            self.0.before_clip = self.0.before_clip.map(|_| Goal::Play);
            self.0.started |= !self.0.programme.is_chosen();
        }
        self.play(now);
    }

    /// The renderer plays again: a viewer gave it back, or it refused to pause.
    pub(super) fn go_on(&mut self) {
        self.0.goal = Goal::Play;
    }

    /// A person wants the renderer to pause.
    pub(super) fn pause(&mut self) {
        self.0.goal = Goal::Pause;
    }

    /// A person wants the renderer to pause while it shows a card, which is not paused: what it covers is.
    pub(super) fn pause_beneath(&mut self) {
        if self.0.before_clip == Some(Goal::Play) {
            self.0.before_clip = Some(Goal::Pause);
        }
    }

    /// A person wants the renderer to stop.
    pub(super) fn stop(&mut self) {
        self.0.goal = Goal::Stop;
        self.0.rested = Rested::Stopped;
        self.drop_clips();
    }

    /// Ends everything that the box plays on the renderer. `playing`: whether it plays something now.
    pub(super) fn fall_silent(&mut self, playing: bool) {
        self.drop_clips();
        self.0.goal = if playing { Goal::Stop } else { Goal::Rest };
        self.0.rested = Rested::NotAsked;
    }

    /// The schedule has changed: it wants `list`, and `starts` says whether anything is to play. What people and
    /// viewers did beneath it is void. A clip, and a choice for a time, go on above it unless they are held: then they
    /// are over, too. Returns whether the schedule decides now.
    pub(super) fn change_schedule(&mut self, list: Option<Playlist>, starts: bool) -> bool {
        self.0.started = starts;
        self.0.programme.schedule(list);
        if !self.is_to_play() {
            self.drop_clips();
        }
        let beneath = self.0.before_clip.unwrap_or(self.0.goal);
        let timed = self.0.programme.chosen_until().is_some();
        let choice_plays = timed && beneath == Goal::Play;
        if !choice_plays {
            self.0.programme.unchoose();
        }
        let goal = if choice_plays || starts { Goal::Play } else { Goal::Rest };
        self.0.before_clip = self.0.before_clip.map(|_| goal);
        let decides = self.0.before_clip.is_none() && !choice_plays;
        self.0.volume_due = if decides { VolumeDue::Playing } else { VolumeDue::Afterwards };
        decides
    }

    /// Ends what a person chose. Returns whether that leaves nothing to play: nobody has started the programme beneath.
    pub(super) fn end_choice(&mut self) -> bool {
        let ended = self.0.programme.unchoose() && !self.0.started;
        if let Some(goal) = self.0.before_clip.as_mut().filter(|_| ended) {
            *goal = Goal::Rest;
        }
        ended && self.0.before_clip.is_none()
    }

    /// The volume of the window that has begun or ended, once it is to be set. Returned once.
    pub(super) fn take_volume(&mut self) -> Option<u8> {
        let programme = &self.0.programme;
        let is_due = match self.0.volume_due {
            VolumeDue::Not => false,
            VolumeDue::Playing => true,
            VolumeDue::Afterwards => !programme.is_interrupted() && !programme.is_chosen(),
        };
        if !is_due || !self.is_to_play() {
            return None;
        }
        self.0.volume_due = VolumeDue::Not;
        self.usual_volume()
    }

    /// Stops a renderer so that its screen is dark: it cannot show the black picture, or shows what is meant for another one.
    pub(super) fn darken(&mut self) {
        self.0.goal = Goal::Stop;
    }

    /// The renderer plays what was stopped before it began: the Stop had no effect.
    pub(super) fn stop_again(&mut self) {
        self.0.goal = Goal::Stop;
    }

    /// The programme is over.
    pub(super) fn finish(&mut self) {
        self.0.goal = Goal::Rest;
        self.0.rested = Rested::Finished;
    }

    /// Takes over playback that was started before the box restarted, or that a viewer has started `again`: plays it on,
    /// or leaves it paused.
    pub(super) fn adopt(&mut self, paused: bool, again: bool) {
        match self.0.goal {
            Goal::Rest => {
                self.0.goal = if paused { Goal::Pause } else { Goal::Play };
                self.0.started = true;
            }
            Goal::Yield { .. } if !paused => self.go_on(),
            Goal::Pause if again && !paused => self.go_on(),
            _ => {}
        }
    }

    /// The renderer has stopped as intended: returns to the goal before the clip, or rests.
    pub(super) fn stopped(&mut self) {
        self.0.goal = self.0.before_clip.take().unwrap_or(Goal::Rest);
    }

    /// After the last clip: returns to the goal before the clips unless that was [`Goal::Play`], and first stops a
    /// picture that is still shown. Returns whether it did.
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

    /// Leaves the renderer to a viewer. Returns when the box takes it back: only if it insists, or at `latest`. A clip is over,
    /// unless it was only paused; if nothing played beneath it, the viewer has taken nothing else.
    pub(super) fn yield_to(
        &mut self,
        did: Viewer,
        latest: Option<Instant>,
        now: Instant,
    ) -> Option<Instant> {
        if did != Viewer::Paused
            && let Some(goal) = self.end_clips().filter(|goal| *goal != Goal::Play)
        {
            self.0.goal = goal;
            return None;
        }
        let until = match self.on_stop() {
            OnStop::Insist if did != Viewer::SwitchedOff => {
                Some(now + INSIST_AFTER[usize::from(self.0.insisted).min(INSIST_AFTER.len() - 1)])
            }
            _ => latest,
        };
        self.0.insisted = self.0.insisted.saturating_add(1);
        self.0.goal = Goal::Yield { did, until };
        until
    }

    /// What somebody else played on the renderer has stopped.
    pub(super) fn foreign_is_over(&mut self) {
        if let Goal::Yield { did: did @ Viewer::TookOver, .. } = &mut self.0.goal {
            *did = Viewer::Stopped;
        }
    }

    /// A viewer has pressed play on what was paused. The box leaves it alone until this time.
    pub(super) fn go_on_at(&mut self, at: Instant) {
        let did = match self.0.goal {
            Goal::Yield { did, .. } => did,
            _ => Viewer::Paused,
        };
        self.0.goal = Goal::Yield { did, until: Some(at) };
    }

    /// Leaves a renderer in standby alone until somebody switches it on.
    pub(super) fn await_switch_on(&mut self) {
        self.0.goal = Goal::Yield { until: None, did: Viewer::SwitchedOff };
    }

    /// Never takes the renderer back from the viewer, who has switched it off. Returns whether a viewer had it.
    pub(super) fn yield_for_good(&mut self) -> bool {
        let Goal::Yield { until, .. } = &mut self.0.goal else { return false };
        *until = None;
        true
    }

    /// The renderer said byebye and stayed: the viewer who has it keeps it, until the box takes it back.
    pub(super) fn wake_to_viewer(&mut self, now: Instant) {
        match self.0.goal {
            Goal::Yield { did: Viewer::SwitchedOff, .. } => self.go_on(),
            Goal::Yield { did, until: None } => {
                self.0.insisted = self.0.insisted.saturating_sub(1);
                self.yield_to(did, None, now);
            }
            _ => {}
        }
    }

    /// Remembers the current goal, before a clip or a card interrupts. The goal beneath another clip is kept.
    pub(super) fn remember_goal(&mut self) {
        self.0.before_clip = self.0.before_clip.or(Some(self.0.goal));
    }

    /// Drops the playing clip and all queued clips.
    pub(super) fn drop_clips(&mut self) {
        let _ = self.end_clips();
    }

    /// Drops all clips. Returns the goal beneath them, if there were any.
    fn end_clips(&mut self) -> Option<Goal> {
        self.0.programme.drop_clips();
        self.0.before_clip.take()
    }

    /// The renderer is away, or its group is past the clip: a clip that cannot be played is dropped. Where nothing is to
    /// play beneath it, the renderer is stopped in case it shows the clip when it is back.
    pub(super) fn lose_clips(&mut self) {
        if let Some(goal) = self.end_clips().filter(|_| self.is_to_play()) {
            self.0.goal = if goal == Goal::Rest { Goal::Stop } else { goal };
        }
    }

    /// A person chose this programme.
    pub(super) fn choose(&mut self, list: Playlist, until: Option<Instant>) {
        self.0.before_clip = None;
        self.0.programme.choose(list, until);
    }

    /// Sets what the schedule wants.
    pub(super) fn set_layer(&mut self, layer: Option<Layer>) {
        self.0.layer = layer;
    }

    /// Drops the schedule's layer, so that the schedule is asked again. Returns whether there was one.
    pub(super) fn take_layer(&mut self) -> bool {
        self.0.layer.take().is_some()
    }

    /// Starts the count of insisting again, because a person acted.
    pub(super) fn forget_insisting(&mut self) {
        self.0.insisted = 0;
    }

    /// Returns whether somebody pressed play since `at`, and forgets the press.
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

    /// Returns whether the renderer should play once its card, if it shows one, is over.
    pub(super) fn is_to_play_beneath_a_card(&self) -> bool {
        let beneath = self.0.before_clip.filter(|_| self.0.programme.is_covered());
        beneath.unwrap_or(self.0.goal) == Goal::Play
    }

    /// Returns whether a viewer has the renderer.
    pub(super) const fn is_yielded(&self) -> bool {
        matches!(self.0.goal, Goal::Yield { .. })
    }

    pub(super) const fn layer(&self) -> Option<&Layer> {
        self.0.layer.as_ref()
    }

    /// Returns whether the black picture is to be shown.
    pub(super) fn shows_black(&self) -> bool {
        self.0.programme.current().is_some_and(|file| black_body(file).is_some())
    }

    /// Returns whether the black picture is to be shown once the clips are over.
    pub(super) fn is_black_beneath_clips(&self) -> bool {
        self.0.programme.beneath_clips().is_some_and(|file| black_body(file).is_some())
    }

    /// The volume at which a programme begins.
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

    /// How much of the end of a file may be cut to loop without a gap.
    pub(super) fn max_cut(&self) -> Duration {
        self.0.rule.as_ref().map(|rule| rule.max_cut).unwrap_or_default()
    }
}
