//! One renderer: what it should do, what it was seen doing, and the next command from the difference.
//!
//! Looping, retry, recovery after a restart, a lost event, a fault, a viewer with the remote control: all take one path.
//! Each piece of state has one owner, whose fields nobody else can touch:
//!
//! | owner | answers |
//! |---|---|
//! | [`Connection`] | can we talk to it? |
//! | [`Observation`] | what is known of what it does? |
//! | [`Playback`] | what was it given, and how far is that? |
//! | [`Intent`] | what should it do? |
//! | [`Volume`] | how loud? |
//! | [`Capabilities`] | what does this model need? |
//! | [`GroupSlot`] | how far does its group let it go? |
//! | [`Takeover`] | does it still play something from before the box started? |
//!
//! `reconcile` (in `plan`) reads across them and gives one command, or the time until which there is nothing to do.
//! `requests` writes the command; at most one call is in flight. Answers come back to `answers`, which asks
//! `transport_state` what a state means and `position` what a position means; refusals go to `upnp_errors`. What time
//! alone decides is in `timeouts`. What becomes of a load is in `outcome`. What people ask comes to `commands`, what the
//! schedule asks to `layer`, what the renderer says by itself to `announcements`.

/// Lets everybody read the fields of an owner; only the file of the owner can write them.
macro_rules! read_only {
    ($owner:ident, $fields:ident) => {
        impl core::ops::Deref for $owner {
            type Target = $fields;

            fn deref(&self) -> &$fields {
                &self.0
            }
        }
    };
}

mod announcements;
mod answers;
pub mod breaker;
mod capabilities;
mod commands;
mod connection;
mod evidence;
mod group_slot;
mod intent;
mod layer;
pub mod load;
mod media;
mod observation;
mod outcome;
mod pace;
mod plan;
mod playback;
pub mod playhead;
mod position;
mod requests;
mod takeover;
mod timeouts;
mod transport_state;
mod upnp_errors;
pub mod volume;

use super::effect::Effects;
use super::fault::Fault;
use super::profile::{Minutes, Profile};
use super::statistics::{Shift, Statistics};
use super::token::Secret;
use super::trace::{Log, Trace, What};
use crate::config::Rule;
use crate::time::{Duration, Instant};
use crate::upnp::av_transport::TransportState;
use crate::upnp::description::Description;
use crate::upnp::{HttpUrl, Udn};
use breaker::Breaker;
use capabilities::Capabilities;
use connection::Connection;
use core::net::Ipv4Addr;
use fastrand::Rng;
use group_slot::GroupSlot;
use intent::Intent;
pub(super) use intent::{Goal, Rested};
use load::{Load, Phase};
use observation::Observation;
use playback::Playback;
use takeover::Takeover;
use volume::Volume;

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
    fn next_number(&self) -> u32 {
        self.numbers.wrapping_add(1).max(1)
    }

    fn number(&mut self) -> u32 {
        *self.numbers = self.next_number();
        *self.numbers
    }

    /// Writes to the flight recorder in the name of this renderer.
    fn log<'b>(&'b mut self, who: &'b str) -> Log<'b> {
        Log { trace: &mut *self.trace, now: self.now, who }
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
    connection: Connection,
    observation: Observation,
    playback: Playback,
    intent: Intent,
    volume: Volume,
    capabilities: Capabilities,
    slot: GroupSlot,
    takeover: Takeover,
    /// What is not in the statistics yet.
    shift: Shift,
}

impl Renderer {
    pub(super) fn new(
        description: Box<Description>,
        location: HttpUrl,
        facing: Ipv4Addr,
        rule: Option<&Rule>,
        seed: u64,
    ) -> Self {
        Self {
            connection: Connection::new(location, facing),
            observation: Observation::new(&description),
            playback: Playback::default(),
            intent: Intent::new(rule, seed),
            volume: Volume::default(),
            capabilities: Capabilities::default(),
            slot: GroupSlot::default(),
            takeover: Takeover::default(),
            shift: Shift::default(),
            description,
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
        &self.connection.location
    }

    pub(super) fn host(&self) -> Ipv4Addr {
        self.connection.location.host
    }

    /// Our address on the connection to it: the one that it can reach.
    pub(super) fn facing(&self) -> Ipv4Addr {
        self.connection.facing
    }

    pub(super) fn breaker(&self) -> &Breaker {
        &self.connection.breaker
    }

    /// There is reason to try again now rather than after the pause.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.connection.hurry(now);
    }

    pub(super) fn is_away(&self) -> bool {
        self.connection.away
    }

    /// A call to it is in flight.
    pub(super) fn is_busy(&self) -> bool {
        self.connection.is_busy()
    }

    pub(super) fn goal(&self) -> Goal {
        self.intent.goal
    }

    pub(super) fn rested(&self) -> Rested {
        self.intent.rested
    }

    /// The configuration means it: the box drives it. Others are only listed.
    pub(super) fn is_driven(&self) -> bool {
        self.intent.rule().is_some()
    }

    /// Which layer of its programme decides what plays.
    pub(super) fn is_scheduled(&self) -> bool {
        self.intent.layer().is_some()
    }

    pub(super) fn state(&self) -> Option<TransportState> {
        self.observation.state
    }

    pub(super) fn load(&self) -> Option<&Load> {
        self.playback.load()
    }

    /// It plays what we gave it, as far as it can be asked: what it said before it went away does not count.
    pub(super) fn is_playing(&self) -> bool {
        !self.connection.away
            && !self.connection.breaker.is_open()
            && self.observation.is_playing()
            && self.playback.is_running()
    }

    /// What is wrong: with the calls to it, else with what it plays.
    pub(super) fn fault(&self) -> Option<&Fault> {
        self.connection.fault().or(self.playback.fault())
    }

    /// There is no file that it could play.
    pub(super) fn lacks_media(&self) -> bool {
        self.playback.fault() == Some(&Fault::NothingToPlay)
    }

    /// Rounds that it has played to the end.
    pub(super) fn rounds(&self) -> u32 {
        self.playback.rounds.played
    }

    /// The pause between the last two rounds.
    pub(super) fn gap(&self) -> Option<Duration> {
        self.playback.rounds.gap
    }

    /// Its volume in per cent.
    pub(super) fn volume(&self) -> Option<u16> {
        self.volume.per_cent()
    }

    pub(super) fn mute(&self) -> Option<bool> {
        self.volume.mute()
    }

    /// Its description is to be read again: told once.
    pub(super) fn take_stale(&mut self) -> bool {
        self.connection.take_stale()
    }

    /// The media folder is to be read again: told once.
    pub(super) fn take_scan_request(&mut self) -> bool {
        self.playback.take_scan_request()
    }

    /// What was known of it before.
    pub(super) fn remember(&mut self, profile: Profile, now: Minutes) {
        self.capabilities.remember(profile, now);
    }

    /// It is driven, and has answered: what it does is worth being kept.
    pub(super) fn has_profile(&self) -> bool {
        self.is_driven() && self.observation.state.is_some()
    }

    /// Takes what it showed lately into its profile. Gives whether that is news.
    pub(super) fn learn(&mut self, now: Minutes) -> bool {
        self.is_driven() && self.capabilities.learn(now)
    }

    /// Its profile as it is now.
    pub(super) fn measured(&self, now: Minutes) -> Profile {
        let seen = Some(now).filter(|_| !self.connection.away);
        self.capabilities.measured(&self.description, seen)
    }

    /// RenderingControl is there and works.
    fn has_rendering(&self) -> bool {
        let broken = self.capabilities.habits.rendering_broken;
        self.description.rendering_control.is_some() && !broken
    }

    /// The load goes into another phase, for this reason.
    fn enter(&mut self, phase: Phase, reason: &'static str, ctx: &mut Context<'_>) {
        let mut log = ctx.log(&self.description.friendly_name);
        self.playback.enter(phase, reason, &mut log);
    }

    /// It is in trouble: said once per change.
    fn trouble(&mut self, fault: Fault, ctx: &mut Context<'_>) {
        let of_calls = fault.ends_with_an_answer();
        let before = if of_calls { self.connection.fault() } else { self.playback.fault() };
        if !before.is_some_and(|before| fault.is_known_from(before)) {
            ctx.trace.note(ctx.now, self.name(), What::Trouble(fault.clone()));
        }
        match of_calls {
            true => self.connection.set_fault(fault),
            false => self.playback.set_fault(fault),
        }
    }

    /// A person is told once that a renderer has no volume.
    fn tell_absence(&mut self, ctx: &mut Context<'_>) {
        if self.volume.take_absence() {
            ctx.trace.note(ctx.now, self.name(), What::NoVolume);
        }
    }
}
