//! One renderer: what it should do (*goal*), what it was seen doing (*observed*), and the next action
//! from the difference.
//!
//! Looping, retry, recovery after a reboot, a lost event, a fault, a TV changed with its own remote: all
//! take one path. `plan` decides what to send, `calls` writes it (at most one call is in flight, with a
//! deadline), answers come back to `answers`, which asks `verdict` what a state means and `position` what a
//! position means, refusals to `refusals`, what is no answer to `silence`, and what time alone decides is in
//! `elapse`. What becomes of a load is in `outcome`, and the next is made in `loading`. What people ask comes to
//! `wishes`, what the renderer says by itself to `presence`.
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
mod loading;
mod looping;
mod member;
mod outcome;
mod plan;
pub mod playhead;
mod position;
mod presence;
mod refusals;
mod serving;
mod silence;
mod sound;
mod survey;
mod tally;
mod verdict;
mod wishes;
pub mod witness;

use super::deadline::Deadline;
use super::effect::Effects;
use super::fault::Fault;
use super::group::{Gate, Start};
use super::habits::Habits;
use super::playlist::Playlist;
use super::profile::Profile;
use super::programme::Programme;
use super::reason::Viewer;
use super::statistics::{Shift, Statistics};
use super::subscription::Subscription;
use super::token::Secret;
use super::trace::{Trace, What};
use crate::config::{LoopMethod, OnStop, Rule};
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
use presence::Presence;
use sound::Sound;
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
    description: Box<Description>,
    location: HttpUrl,
    /// Our address on the connection to it: the one it can reach.
    facing: Ipv4Addr,
    rule: Option<Rule>,
    /// Its group, and its place in that.
    seat: Option<(usize, usize)>,
    gate: Gate,
    /// How it began the round that it has played last, if that could be told.
    last_start: Option<Start>,
    programme: Programme,
    /// What it was to do before a clip broke in.
    before_clip: Option<Goal>,
    /// What the schedule wants of it now.
    layer: Option<Layer>,
    /// When to look at its plan again, if nothing happens before.
    pub(super) plan_at: Option<Deadline>,
    goal: Goal,
    rested: Rested,
    state: Option<TransportState>,
    /// The last state that was not on its way to another.
    settled: Option<TransportState>,
    state_at: Instant,
    /// When its state was known before that.
    seen_at: Instant,
    /// A command went out: look what it did before the next one.
    look: bool,
    /// It could not be reached: when it is back, a stop means that it started again.
    shaken: bool,
    load: Option<Load>,
    next: Option<Load>,
    /// It holds a next file, ours or one of before; it may keep it over Stop and Set.
    offered: bool,
    /// It was asked whether it holds one.
    next_asked: bool,
    previous: Option<Load>,
    call: Option<Call>,
    breaker: Breaker,
    knobs: Knobs,
    sound: Sound,
    events: [Subscription; 2],
    habits: Habits,
    ways: Ways,
    profile: Profile,
    heirloom: Heirloom,
    /// The state in an event that no look has borne out yet, and when it came.
    said: Option<(TransportState, Instant)>,
    fault: Option<Fault>,
    /// It does not answer, or nothing that can be understood.
    silence: Option<Fault>,
    away: bool,
    /// What is not in the statistics yet.
    shift: Shift,
    presence: Presence,
    transport_due: Instant,
    position_due: Instant,
    rounds: u32,
    gap: Option<Duration>,
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
    stale: bool,
    /// The media folder should be read again.
    wants_scan: bool,
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
            layer: None,
            plan_at: None,
            goal: if rule.is_some_and(|rule| rule.autoplay) { Goal::Play } else { Goal::Rest },
            rested: Rested::NotAsked,
            state: None,
            settled: None,
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

    pub(super) fn description(&self) -> &Description {
        &self.description
    }

    /// The URL of its description.
    pub(super) fn location(&self) -> &HttpUrl {
        &self.location
    }

    pub(super) fn host(&self) -> Ipv4Addr {
        self.location.host
    }

    /// Our address on the connection to it: the one that it can reach.
    pub(super) fn facing(&self) -> Ipv4Addr {
        self.facing
    }

    pub(super) fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// There is reason to try again now rather than after the pause.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.breaker.hurry(now);
    }

    pub(super) fn is_away(&self) -> bool {
        self.away
    }

    pub(super) fn goal(&self) -> Goal {
        self.goal
    }

    pub(super) fn rested(&self) -> Rested {
        self.rested
    }

    pub(super) fn state(&self) -> Option<TransportState> {
        self.state
    }

    pub(super) fn load(&self) -> Option<&Load> {
        self.load.as_ref()
    }

    /// What is wrong: with the calls to it, else with what it plays.
    pub(super) fn fault(&self) -> Option<&Fault> {
        self.silence.as_ref().or(self.fault.as_ref())
    }

    /// There is no file that it could play.
    pub(super) fn lacks_media(&self) -> bool {
        self.fault == Some(Fault::NothingToPlay)
    }

    /// Rounds that it has played to the end.
    pub(super) fn rounds(&self) -> u32 {
        self.rounds
    }

    /// The pause between the last two rounds.
    pub(super) fn gap(&self) -> Option<Duration> {
        self.gap
    }

    /// Its volume in per cent.
    pub(super) fn volume(&self) -> Option<u16> {
        self.knobs.per_cent()
    }

    pub(super) fn mute(&self) -> Option<bool> {
        self.knobs.mute
    }

    /// Its group, and its place in that.
    pub(super) fn seat(&self) -> Option<(usize, usize)> {
        self.seat
    }

    pub(super) fn set_seat(&mut self, seat: Option<(usize, usize)>) {
        self.seat = seat;
    }

    /// The schedule wants something of it now.
    pub(super) fn is_scheduled(&self) -> bool {
        self.layer.is_some()
    }

    /// It asks for its description or for the media folder to be read again.
    pub(super) fn asks_for_something(&self) -> bool {
        self.stale || self.wants_scan
    }

    /// Its description is to be read again: told once.
    pub(super) fn take_stale(&mut self) -> bool {
        core::mem::take(&mut self.stale)
    }

    /// The media folder is to be read again: told once.
    pub(super) fn take_scan_request(&mut self) -> bool {
        core::mem::take(&mut self.wants_scan)
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
            && matches!(self.state, Some(TransportState::Playing))
            && self.load.as_ref().is_some_and(|load| matches!(load.phase, Phase::Running { .. }))
    }

    /// Its plan holds until a time that has not come.
    pub(super) fn rests(&self, now: Instant) -> bool {
        self.plan_at.is_some_and(|plan| plan.at > now)
    }

    /// The load is no longer wanted; its connection may still drain.
    fn retire(&mut self) {
        if let Some(load) = self.load.take() {
            self.previous = Some(load);
        }
        self.ended_at = None;
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
