//! One renderer: what it should do (*goal*), what it was seen doing (*observed*), and the next action
//! from the difference.
//!
//! Looping, retry, recovery after a reboot, a lost event, a fault, a TV changed with its own remote: all
//! take one path. `plan` decides what to send, `calls` writes it (at most one call is in flight, with a
//! deadline), answers come back to `answers`, which asks `verdict` what a state means and `position` what a
//! position means, refusals to `refusals`, and what time alone decides is in `elapse`.
//!
//! Terms: *goal*, what should be; *load*, one file given to the renderer (see [`load`]); *habit*, what
//! was learned about this renderer; *farewell*, leaving it as a guest should.

mod answers;
pub mod breaker;
mod calls;
mod captions;
mod elapse;
mod heirloom;
mod identify;
pub mod knobs;
mod layer;
pub mod load;
mod looping;
mod member;
mod plan;
pub mod playhead;
mod position;
mod refusals;
mod sound;
mod survey;
mod tally;
mod verdict;
pub mod witness;

use super::deadline::Deadline;
use super::effect::{Effects, Published, PublishedSubtitles};
use super::event::Token;
use super::fault::Fault;
use super::group::{Gate, Start};
use super::playlist::Playlist;
use super::profile::{Habits, Profile};
use super::programme::{Clip, Programme};
use super::statistics::{Shift, Statistics};
use super::subscription::Subscription;
use super::token::Secret;
use super::trace::{Trace, What};
use super::why::Viewer;
use crate::config::{Again, LoopMethod, OnStop, PanelAction, Rule};
use crate::media::catalogue::Scan;
use crate::media::subtitles::{Form, format_of};
use crate::time::{Duration, Instant};
use crate::upnp::av_transport::TransportState;
use crate::upnp::description::{Description, Service};
use crate::upnp::{HttpUrl, Udn};
use breaker::Breaker;
use calls::{Call, Purpose};
use captions::Captions;
use core::net::Ipv4Addr;
use fastrand::Rng;
use heirloom::Heirloom;
use knobs::Knobs;
pub(super) use layer::Layer;
use load::{Load, Phase};
use sound::Sound;
use std::rc::Rc;
use survey::PlaySurvey;

/// Which of the two evented services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evented {
    /// AVTransport
    Transport = 0,
    /// RenderingControl
    Rendering = 1,
}

const EVENTED: [Evented; 2] = [Evented::Transport, Evented::Rendering];

/// What a renderer should be doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// Nothing was asked of it, or its programme is over: it is left alone.
    Rest,
    /// Play the programme.
    Play,
    /// Hold the programme.
    Pause,
    /// Be stopped; once it is, [`Goal::Rest`].
    Stop,
    /// A viewer took it with the TV's remote; played again at this time, if there is one.
    Yield { did: Viewer, until: Option<Instant> },
}

/// Why it rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rested {
    /// Nobody has asked for anything yet.
    NotAsked,
    /// Its programme is over.
    Finished,
    /// A person stopped it.
    Stopped,
}

/// What its announcements say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    /// It is there.
    Here,
    /// It said goodbye. Some say it and stay.
    SaidGoodbye,
    /// It said goodbye and stopped: when it is heard of again, it was switched on.
    Asleep,
}

/// What else was learned about this renderer: not kept, being soon learned anew.
#[derive(Debug, Default)]
struct Ways {
    /// What it does with metadata that name subtitles.
    captions: Captions,
    /// Whether its own description of Play was looked at, and what it wants beside the usual.
    play_survey: PlaySurvey,
    play_surplus: Vec<String>,
    /// A still that follows a still needs a Stop between them.
    stop_between_stills: bool,
}

/// What the surroundings give to each operation.
pub(super) struct Context<'a> {
    pub(super) now: Instant,
    pub(super) media_port: Option<u16>,
    pub(super) leaving: Option<Farewell>,
    pub(super) rng: &'a mut Rng,
    pub(super) trace: &'a mut Trace,
    pub(super) statistics: &'a mut Statistics,
    pub(super) effects: &'a mut Effects,
    /// Numbers for tickets and callbacks.
    pub(super) numbers: &'a mut u32,
    /// Of tokens.
    pub(super) secret: Secret,
}

impl Context<'_> {
    fn number(&mut self) -> u32 {
        *self.numbers = self.numbers.wrapping_add(1).max(1);
        *self.numbers
    }
}

/// How to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Farewell {
    /// Stop what we play.
    pub(super) stop: bool,
}

/// One renderer.
#[derive(Debug)]
pub(super) struct Renderer {
    pub(super) description: Box<Description>,
    pub(super) location: HttpUrl,
    /// Our address on the connection to it: the one it can reach.
    pub(super) facing: Ipv4Addr,
    rule: Option<Rule>,
    /// Its group, and its place in that.
    pub(super) seat: Option<(usize, usize)>,
    gate: Gate,
    /// How it began the round that it has played last, if that could be told.
    last_start: Option<Start>,
    pub(super) programme: Programme,
    /// What it was to do before a clip broke in.
    before_clip: Option<Goal>,
    /// The last card with its name.
    card: Option<Rc<[u8]>>,
    /// What the schedule wants of it now.
    pub(super) layer: Option<Layer>,
    /// When to look at its plan again, if nothing happens before.
    pub(super) plan_at: Option<Deadline>,
    pub(super) goal: Goal,
    pub(super) rested: Rested,
    pub(super) state: Option<TransportState>,
    state_at: Instant,
    /// When its state was known before that.
    seen_at: Instant,
    /// A command went out: look what it did before the next one.
    look: bool,
    /// It could not be reached: when it is back, a stop means that it started again.
    shaken: bool,
    pub(super) load: Option<Load>,
    next: Option<Load>,
    /// It holds a next file, ours or one of before; it may keep it over Stop and Set.
    offered: bool,
    /// It was asked whether it holds one.
    next_asked: bool,
    previous: Option<Load>,
    call: Option<Call>,
    pub(super) breaker: Breaker,
    pub(super) knobs: Knobs,
    sound: Sound,
    events: [Subscription; 2],
    habits: Habits,
    ways: Ways,
    profile: Profile,
    heirloom: Heirloom,
    /// The state in an event that no look has borne out yet, and when it came.
    said: Option<(TransportState, Instant)>,
    pub(super) fault: Option<Fault>,
    /// It does not answer, or nothing that can be understood.
    pub(super) silence: Option<Fault>,
    pub(super) away: bool,
    /// What is not in the statistics yet.
    shift: Shift,
    presence: Presence,
    transport_due: Instant,
    position_due: Instant,
    pub(super) rounds: u32,
    pub(super) gap: Option<Duration>,
    ended_at: Option<Instant>,
    seeked_at: Option<Instant>,
    /// The last command that it took, and when that may be given again if it had no effect.
    taken: Option<(Purpose, Instant)>,
    failures: u8,
    insisted: u8,
    strangers: u8,
    /// It was last seen with a file of ours.
    ours_at: Instant,
    /// It was last seen playing.
    played_at: Instant,
    /// Somebody pressed play.
    pressed_at: Instant,
    /// Its description was seen at another place as well.
    elsewhere: bool,
    /// The description must be fetched again.
    pub(super) stale: bool,
    /// The media folder should be read again.
    pub(super) wants_scan: bool,
}

impl Renderer {
    pub(super) fn new(
        description: Box<Description>,
        location: HttpUrl,
        facing: Ipv4Addr,
        rule: Option<&Rule>,
        seed: u64,
    ) -> Self {
        let evented = |service: Option<&Service>| {
            Subscription::new(service.is_some_and(|s| s.event_url.is_some()))
        };
        let events = [
            evented(Some(&description.av_transport)),
            evented(description.rendering_control.as_ref()),
        ];
        let (plays, repeat, order) =
            rule.map(|r| (r.plays.clone(), r.repeat, r.order)).unwrap_or_default();
        Self {
            description,
            location,
            facing,
            rule: rule.cloned(),
            seat: None,
            gate: Gate::Open,
            last_start: None,
            programme: Programme::new(Playlist::new(plays, repeat, order, seed)),
            before_clip: None,
            card: None,
            layer: None,
            plan_at: None,
            goal: if rule.is_some_and(|rule| rule.autoplay) { Goal::Play } else { Goal::Rest },
            rested: Rested::NotAsked,
            state: None,
            state_at: Instant::START,
            seen_at: Instant::START,
            look: true,
            shaken: false,
            load: None,
            next: None,
            offered: false,
            next_asked: false,
            previous: None,
            call: None,
            breaker: Breaker::default(),
            knobs: Knobs::default(),
            sound: Sound::default(),
            events,
            habits: Habits::default(),
            ways: Ways::default(),
            profile: Profile::default(),
            heirloom: Heirloom::default(),
            said: None,
            fault: None,
            silence: None,
            away: false,
            shift: Shift::default(),
            presence: Presence::Here,
            transport_due: Instant::START,
            position_due: Instant::START,
            rounds: 0,
            gap: None,
            ended_at: None,
            seeked_at: None,
            taken: None,
            failures: 0,
            insisted: 0,
            strangers: 0,
            ours_at: Instant::START,
            played_at: Instant::START,
            pressed_at: Instant::START,
            elsewhere: false,
            stale: false,
            wants_scan: false,
        }
    }

    pub(super) fn udn(&self) -> &Udn {
        &self.description.udn
    }

    pub(super) fn name(&self) -> &str {
        &self.description.friendly_name
    }

    /// A rule is for it: the box drives it. Others are only listed.
    pub(super) fn is_driven(&self) -> bool {
        self.rule.is_some()
    }

    /// A call to it is in flight.
    pub(super) fn is_busy(&self) -> bool {
        self.call.is_some()
    }

    /// It plays what we gave it, as far as it can be asked: what it said before it went away does not count.
    pub(super) fn is_playing(&self) -> bool {
        !self.away
            && !self.breaker.is_open()
            && self.state == Some(TransportState::Playing)
            && self.load.as_ref().is_some_and(|load| matches!(load.phase, Phase::Running { .. }))
    }

    /// Where it is in the load of this token, if it plays that.
    pub(super) fn position(&self, token: Token, now: Instant) -> Option<Duration> {
        let load = self.load.as_ref().filter(|load| load.token == token)?;
        let running = matches!(load.phase, Phase::Running { .. });
        running.then(|| load.playhead.position(now))
    }

    /// A load of this token: the current one, the next one, or the last, whose connection may still drain.
    pub(super) fn load_of(&mut self, token: Token) -> Option<&mut Load> {
        let loads = [&mut self.load, &mut self.next, &mut self.previous];
        loads.into_iter().flatten().find(|load| load.token == token)
    }

    /// A load of this token is its.
    pub(super) fn has_load(&self, token: Token) -> bool {
        let loads = [&self.load, &self.next, &self.previous];
        loads.into_iter().flatten().any(|load| load.token == token)
    }

    /// The media server ended, and its connections with it.
    pub(super) fn unserved(&mut self, now: Instant) {
        for load in [&mut self.load, &mut self.next].into_iter().flatten() {
            if load.fetched && !load.whole_sent {
                load.cut_at = load.cut_at.or(Some(now));
            }
        }
    }

    /// Its plan holds until a time that has not come.
    pub(super) fn rests(&self, now: Instant) -> bool {
        self.plan_at.is_some_and(|plan| plan.at > now)
    }

    /// What the media server serves for this token.
    pub(super) fn published(&self, token: Token) -> Option<Published> {
        let loads = [&self.load, &self.next, &self.previous];
        let load = loads.into_iter().flatten().find(|load| load.token == token)?;
        let subtitles = || {
            let path = load.file.subtitles.as_deref()?;
            Some(PublishedSubtitles {
                path: path.to_path_buf(),
                url: load.subtitles_url()?,
                format: format_of(path)?,
                unasked: load.captions == Some(Form::Header),
            })
        };
        Some(Published {
            path: load.file.path.to_path_buf(),
            root: load.file.root.to_path_buf(),
            size: load.file.size,
            modified: load.file.modified,
            media_type: load.file.media_type,
            mime: load.mime,
            content_features: load.content_features(),
            subtitles: subtitles(),
            body: self.body(&load.file),
        })
    }

    /// Files came or went. Gives what became of the one that plays, if that is news.
    pub(super) fn resolve(&mut self, scan: &Scan) -> Option<What> {
        let was_empty = self.programme.is_empty();
        let was_there = self.load.as_ref().is_some_and(|load| self.programme.holds(&load.file));
        self.programme.resolve(scan);
        // What it has not been told of is chosen anew.
        let following = self.programme.following();
        self.next.take_if(|next| {
            matches!(next.phase, Phase::Wanted { .. }) && following != Some(&next.file)
        });
        if was_empty && !self.programme.is_empty() && self.fault == Some(Fault::NothingToPlay) {
            self.fault = None;
        }
        let load = self.load.as_ref().filter(|load| {
            let path = &*load.file.path;
            was_there
                && !self.programme.holds(&load.file)
                && !scan.growing.iter().any(|p| p == path)
        })?;
        let path = load.file.path.clone();
        Some(if self.programme.has(&path) { What::Replaced(path) } else { What::Removed(path) })
    }

    /// The rest of what it plays cannot be had any more, and there is something else to play.
    fn is_outdated(&self) -> bool {
        self.load.as_ref().is_some_and(|load| {
            load.cut_at.is_some() && !self.programme.is_empty() && !self.programme.holds(&load.file)
        })
    }

    /// A person asked for this.
    pub(super) fn command(&mut self, action: PanelAction, now: Instant) {
        if !self.is_driven() {
            return;
        }
        self.lift_black(action);
        self.insisted = 0;
        self.fault.take_if(|fault| matches!(fault, Fault::Refused("to pause", ..)));
        self.transport_due = self.transport_due.min(now);
        match action {
            PanelAction::PlayPause if self.goal == Goal::Play => self.goal = Goal::Pause,
            PanelAction::PlayPause | PanelAction::Play => {
                // After the clip that plays over silence, too.
                self.before_clip = self.before_clip.map(|_| Goal::Play);
                self.play(now);
            }
            // Also one that has nothing yet, being away: the button would go on to find it playing.
            PanelAction::Pause if self.load.is_some() || self.goal == Goal::Play => {
                self.goal = Goal::Pause;
            }
            PanelAction::Pause => {}
            PanelAction::Stop => {
                self.goal = Goal::Stop;
                self.rested = Rested::Stopped;
                self.fault = None;
                self.drop_clips();
            }
            PanelAction::Next => self.skip(1, now),
            PanelAction::Prev => self.skip(-1, now),
            PanelAction::VolumeUp | PanelAction::VolumeDown | PanelAction::Mute => {
                self.turn(action)
            }
            PanelAction::Auto => {
                self.drop_clips();
                self.programme.unchoose();
                // Where the hours want something, that is news to it again: see `scheduled`.
                if self.layer.take().is_none() {
                    self.change_file();
                    self.play(now);
                }
            }
            // These come with more than their name.
            PanelAction::SeekForward
            | PanelAction::SeekBack
            | PanelAction::PlayClip
            | PanelAction::Identify => {}
            // This is for the box.
            PanelAction::Shutdown => {}
        }
    }

    /// A person wants to see another part of the file: so much further on, or back.
    pub(super) fn seek_by(&mut self, step: Duration, forward: bool, now: Instant) {
        let Some(load) = self.load.as_mut().filter(|load| !load.is_still()) else { return };
        if !matches!(load.phase, Phase::Running { .. }) {
            return;
        }
        let at = load.seek_to.unwrap_or_else(|| load.playhead.position(now));
        let to = if forward { at + step } else { at.saturating_sub(step) };
        // At the end it ends by itself.
        let last = load.length().map(|length| length.saturating_sub(Duration::from_secs(1)));
        load.seek_to = Some(last.map_or(to, |last| to.min(last)));
        self.taken = None;
    }

    /// A person wants this clip over whatever plays.
    pub(super) fn play_clip(&mut self, clip: Clip, again: Again, now: Instant) {
        if !self.is_driven() {
            return;
        }
        if self.programme.is_interrupted() {
            match again {
                Again::Ignore => return,
                Again::Queue => {
                    let _ = self.programme.queue(clip);
                    return;
                }
                Again::Restart => {}
            }
        } else {
            self.before_clip = Some(self.goal);
        }
        let at = self.interrupted_at(now);
        self.programme.interrupt(clip, at);
        self.insisted = 0;
        self.retire();
        self.play(now);
    }

    /// Where it would go on if something broke in now.
    fn interrupted_at(&self, now: Instant) -> Option<Duration> {
        let load = self.load.as_ref().filter(|load| !load.is_still())?;
        let running = matches!(load.phase, Phase::Running { .. });
        running.then(|| load.seek_to.unwrap_or_else(|| load.playhead.position(now)))
    }

    /// A person wants this programme from now on.
    pub(super) fn choose(&mut self, list: Playlist, until: Option<Instant>, now: Instant) {
        if self.is_driven() {
            self.before_clip = None;
            self.programme.choose(list, until);
            self.insisted = 0;
            self.retire();
            self.play(now);
        }
    }

    /// What a person chose is over: schedule and standing programme have the word.
    fn back_to_automatic(&mut self, now: Instant) {
        if self.programme.unchoose() && !self.programme.is_interrupted() {
            self.change_file();
            if self.layer.as_ref().is_some_and(Layer::is_silent) {
                self.fall_silent(now);
            }
        }
    }

    fn drop_clips(&mut self) {
        self.before_clip = None;
        self.programme.drop_clips();
    }

    fn play(&mut self, now: Instant) {
        self.goal = Goal::Play;
        // No clip will end any more after which it should rest.
        self.before_clip.take_if(|_| !self.programme.is_interrupted());
        self.strangers = 0;
        self.pressed_at = now;
        self.transport_due = self.transport_due.min(now);
        if let Some(load) = self.load.as_mut()
            && let Phase::Failed { retry_at } = &mut load.phase
        {
            *retry_at = now;
        }
        self.failures = 0;
    }

    fn skip(&mut self, by: isize, now: Instant) {
        self.programme.step(by);
        self.retire();
        self.play(now);
    }

    /// The load is no longer wanted; its connection may still drain.
    fn retire(&mut self) {
        if let Some(load) = self.load.take() {
            self.previous = Some(load);
        }
        self.ended_at = None;
    }

    /// It was announced: it lives.
    pub(super) fn hear(&mut self, ctx: &mut Context<'_>) {
        let now = ctx.now;
        self.breaker.hurry(now);
        self.wake();
        // A probe that has waited in vain may have been for its life before: one that hung was unplugged.
        let probe = self.call.as_mut().filter(|call| call.purpose == Purpose::Transport);
        if let Some(call) = probe.filter(|call| now.since(call.sent_at) > breaker::FIRST_WAIT) {
            call.deadline = call.deadline.min(now);
        }
        if now.since(self.state_at) > Duration::from_secs(1) {
            self.transport_due = self.transport_due.min(now);
        }
    }

    /// It is there, or there again.
    fn wake(&mut self) {
        let slept = core::mem::replace(&mut self.presence, Presence::Here) == Presence::Asleep;
        if slept && matches!(self.goal, Goal::Yield { .. }) {
            self.goal = Goal::Play;
        }
    }

    /// The box's own address has changed: look, and learn the new one from the connection.
    pub(super) fn look_again(&mut self, now: Instant) {
        self.transport_due = self.transport_due.min(now);
    }

    /// It started again: nothing of before holds, but its goal does.
    pub(super) fn rebooted(&mut self, ctx: &mut Context<'_>) {
        ctx.trace.note(ctx.now, self.name(), What::Rebooted);
        self.retire();
        self.next = None;
        self.shaken = false;
        self.offered = false;
        self.next_asked = false;
        self.look = true;
        self.transport_due = ctx.now;
        self.breaker.hurry(ctx.now);
        self.events.iter_mut().for_each(|s| s.forget(ctx.now));
    }

    /// It said goodbye. Some say it and stay: the next poll tells.
    pub(super) fn part(&mut self, ctx: &mut Context<'_>) {
        // Who stopped it has switched it off now: that was all for today.
        let was_stopped = matches!(self.goal, Goal::Yield { .. }) && !self.is_active();
        self.presence = if was_stopped { Presence::Asleep } else { Presence::SaidGoodbye };
        self.events.iter_mut().for_each(|s| s.forget(ctx.now + Duration::from_secs(5)));
        self.transport_due = self.transport_due.max(ctx.now + Duration::from_millis(500));
    }

    /// Its description was fetched again.
    pub(super) fn redescribed(
        &mut self,
        new: Box<Description>,
        location: HttpUrl,
        facing: Ipv4Addr,
        ctx: &mut Context<'_>,
    ) {
        let moved = self.description.av_transport.control_url != new.av_transport.control_url;
        self.description = new;
        self.forget_survey();
        self.location = location;
        self.stale = false;
        self.elsewhere = false;
        self.wake();
        self.breaker.hurry(ctx.now);
        self.transport_due = self.transport_due.min(ctx.now);
        self.faces(facing, ctx.now);
        if moved {
            ctx.trace.note(ctx.now, self.name(), What::Moved);
            self.rebooted(ctx);
        }
    }

    /// Our own address on a connection to it. When it changes, URLs and callbacks of before are dead.
    pub(super) fn faces(&mut self, facing: Ipv4Addr, now: Instant) {
        if core::mem::replace(&mut self.facing, facing) != facing {
            self.events.iter_mut().for_each(|s| s.forget(now));
        }
    }

    /// An event came to this callback. Gives `None` if it is not ours, else whether it was welcome.
    pub(super) fn notified(
        &mut self,
        callback: u32,
        sid: &str,
        seq: Option<u32>,
        change: &crate::upnp::gena::LastChange,
        now: Instant,
    ) -> Option<bool> {
        let subscription =
            self.events.iter_mut().find(|s| s.callback == callback && callback != 0)?;
        if subscription.hear(sid, seq).is_none() {
            return Some(false);
        }
        // State is only a hint to look; volume and mute are taken as they are said.
        self.transport_due = self.transport_due.min(now);
        self.said = change.transport_state.map(|state| (state, now)).or(self.said);
        if change.current_track_uri.is_some() || change.av_transport_uri.is_some() {
            self.position_due = self.position_due.min(now);
        }
        self.knobs.see(change.volume, change.mute);
        Some(true)
    }

    /// When this command may be given: at once, but for the one that it has just taken.
    fn again_at(&self, command: &Purpose) -> Instant {
        let taken = self.taken.as_ref().filter(|(taken, _)| taken == command);
        taken.map_or(Instant::START, |(_, again_at)| *again_at)
    }

    /// It plays, pauses or changes: a Stop would do something.
    fn is_active(&self) -> bool {
        use TransportState::{PausedPlayback, Playing, Transitioning};
        matches!(self.state, Some(Playing | PausedPlayback | Transitioning))
    }

    /// It answers at the place that is known; this may be its second address.
    pub(super) fn is_well_elsewhere(&self, location: &HttpUrl) -> bool {
        self.location != *location
            && self.state.is_some()
            && !self.away
            && self.breaker.failures() == 0
    }

    /// It was described at another place too: it has two addresses, or it began anew there. The next
    /// look at the place that is known tells.
    pub(super) fn seen_elsewhere(&mut self, now: Instant) {
        self.elsewhere = true;
        self.look_again(now);
    }

    /// It is in trouble: said once per change.
    fn trouble(&mut self, fault: Fault, ctx: &mut Context<'_>) {
        let place = if fault.ends_with_an_answer() { &self.silence } else { &self.fault };
        if !place.as_ref().is_some_and(|before| fault.is_known_from(before)) {
            ctx.trace.note(ctx.now, self.name(), What::Trouble(fault.clone()));
        }
        match fault.ends_with_an_answer() {
            true => self.silence = Some(fault),
            false => self.fault = Some(fault),
        }
    }

    fn on_stop(&self) -> OnStop {
        self.rule.as_ref().map(|rule| rule.on_stop).unwrap_or_default()
    }

    fn loop_method(&self) -> LoopMethod {
        self.rule.as_ref().map(|rule| rule.loop_method).unwrap_or_default()
    }
}
