//! One renderer: what it should do, what it was seen doing, and the next command, which follows from the difference.
//!
//! Looping, retry, and recovery from a restart, a lost event or a fault, as well as a viewer with the remote control:
//! all take this one path. Each piece of state has one owner, and only the owner's file can write it:
//!
//! | owner | answers |
//! |---|---|
//! | [`Connection`] | can we talk to the renderer? |
//! | [`Observation`] | what is known of its behaviour? |
//! | [`Playback`] | what was it given, and how far has that come? |
//! | [`Intent`] | what should it do? |
//! | [`Volume`] | how loud should it be, and how loud is it? |
//! | [`Capabilities`] | what does this model need? |
//! | [`GroupSlot`] | how far does its group let it proceed? |
//! | [`Takeover`] | does it still play something from before the box restarted? |
//!
//! `reconcile` (in `plan`) reads all owners and returns one command, or the time until which there is nothing to do.
//! `requests` writes the command; at most one call is in flight. Answers arrive in `answers`, which leaves transport
//! states to `transport_state`, pictures that are gone to `pictures`, positions to `position` and refusals to `upnp_errors`.
//! `timeouts` makes the changes that depend on time. `outcome` decides what follows when a load starts or ends, `failures`
//! when it fails. What people and the schedule ask arrives in `commands`, and what the renderer says unasked in
//! `announcements`. `pace` decides how often it is asked, `media` what it fetches.

/// Makes the fields of an owner readable by all. Only the owner's file can write them.
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
mod capabilities;
mod commands;
mod connection;
mod ends;
mod evidence;
mod failures;
mod group_slot;
mod intent;
mod lengths;
pub mod load;
mod media;
mod observation;
mod offer;
mod outcome;
mod pace;
mod pictures;
mod plan;
mod playback;
pub mod playhead;
mod position;
mod progress;
mod requests;
mod sink;
pub mod subscription;
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
use crate::config::{Rule, Selector};
use crate::time::{Duration, Instant};
use crate::upnp::action::TransportState;
use crate::upnp::description::Description;
use crate::upnp::{HttpUrl, Udn};
use capabilities::Capabilities;
use connection::{Breaker, Connection};
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

/// What each operation needs from outside the renderer.
pub(super) struct Context<'a> {
    pub(super) now: Instant,
    pub(super) media_port: Option<u16>,
    pub(super) leaving: Option<Farewell>,
    pub(super) rng: &'a mut Rng,
    pub(super) trace: &'a mut Trace,
    pub(super) statistics: &'a mut Statistics,
    pub(super) effects: &'a mut Effects,
    /// The source of numbers for tickets and callbacks.
    pub(super) numbers: &'a mut u32,
    /// The secret that tokens are made with.
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

    /// The flight recorder, for entries about this renderer.
    fn log<'b>(&'b mut self, who: &'b str) -> Log<'b> {
        Log { trace: &mut *self.trace, now: self.now, who }
    }
}

/// How the box leaves a renderer when it shuts down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Farewell {
    /// Stop what the box plays.
    pub(super) stop: bool,
}

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
    /// Operating time that is not in the statistics yet.
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

    /// The URL of the device description.
    pub(super) fn location(&self) -> &HttpUrl {
        &self.connection.location
    }

    pub(super) fn host(&self) -> Ipv4Addr {
        self.connection.location.host
    }

    /// The box's own address on connections to the renderer, which is the address that the renderer can reach.
    pub(super) fn facing(&self) -> Ipv4Addr {
        self.connection.facing
    }

    pub(super) fn breaker(&self) -> &Breaker {
        &self.connection.breaker
    }

    /// Ends the pause after failed calls, because the renderer may work again.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.connection.hurry(now);
    }

    pub(super) fn is_away(&self) -> bool {
        self.connection.away
    }

    /// Returns whether the renderer can be reached, as far as the box knows.
    pub(super) fn is_there(&self) -> bool {
        !self.connection.away && !self.connection.breaker.is_open() && !self.connection.is_asleep()
    }

    /// Returns whether the renderer was switched off, or put into standby, and not seen to be on since.
    pub(super) fn is_asleep(&self) -> bool {
        self.connection.is_asleep()
    }

    /// Returns whether the renderer has a volume and is not muted.
    pub(super) fn is_heard(&self) -> bool {
        self.has_rendering() && self.volume.expected_mute() != Some(true)
    }

    /// Returns whether a call is in flight.
    pub(super) fn is_busy(&self) -> bool {
        self.connection.is_busy()
    }

    pub(super) fn goal(&self) -> Goal {
        self.intent.goal
    }

    pub(super) fn rested(&self) -> Rested {
        self.intent.rested
    }

    /// Returns whether the box drives the renderer, because a rule in the configuration matches it. Others are only
    /// listed.
    pub(super) fn is_driven(&self) -> bool {
        self.intent.rule().is_some()
    }

    /// For whom the table is by which the box drives the renderer.
    pub(super) fn table(&self) -> Option<&Selector> {
        self.intent.rule().map(|rule| &rule.who)
    }

    /// Returns whether it is driven by the table for `who`, which names a port that the renderer may have left.
    pub(super) fn has_table_for(&self, who: &Selector) -> bool {
        matches!(who, Selector::Address(_, Some(_))) && self.table() == Some(who)
    }

    /// Returns whether the schedule decides what plays.
    pub(super) fn is_scheduled(&self) -> bool {
        self.intent.layer().is_some()
    }

    pub(super) fn state(&self) -> Option<TransportState> {
        self.observation.state
    }

    pub(super) fn load(&self) -> Option<&Load> {
        self.playback.load()
    }

    /// Returns whether the renderer plays what the box gave it. A state from before the renderer went away does not
    /// count.
    pub(super) fn is_playing(&self) -> bool {
        !self.connection.away
            && !self.connection.breaker.is_open()
            && self.observation.is_playing()
            && self.playback.is_running()
    }

    /// The fault of the calls to the renderer, or else of what it plays.
    pub(super) fn fault(&self) -> Option<&Fault> {
        self.connection.fault().or(self.playback.fault())
    }

    /// Returns whether there is no file that the renderer could play.
    pub(super) fn lacks_media(&self) -> bool {
        self.playback.fault() == Some(&Fault::NothingToPlay)
    }

    /// How many rounds were played to the end.
    pub(super) fn rounds(&self) -> u32 {
        self.playback.rounds.played
    }

    /// The pause between the last two rounds.
    pub(super) fn gap(&self) -> Option<Duration> {
        self.playback.rounds.gap
    }

    /// The volume in per cent.
    pub(super) fn volume(&self) -> Option<u16> {
        self.volume.per_cent()
    }

    pub(super) fn mute(&self) -> Option<bool> {
        self.volume.mute()
    }

    /// Returns whether the description should be fetched again, and clears the request.
    pub(super) fn take_stale(&mut self) -> bool {
        self.connection.take_stale()
    }

    /// Returns whether the media folder should be scanned again, and clears the request.
    pub(super) fn take_scan_request(&mut self) -> bool {
        self.playback.take_scan_request()
    }

    /// Applies what an earlier run learned.
    pub(super) fn remember(&mut self, profile: Profile, ran: Minutes, now: Instant) {
        self.capabilities.remember(profile, ran, now);
        self.volume.recall(self.capabilities.audible());
    }

    /// Returns whether the renderer has a profile worth keeping: it is driven and has answered.
    pub(super) fn has_profile(&self) -> bool {
        self.is_driven() && self.observation.state.is_some()
    }

    /// Updates the profile with what was learned lately. Returns whether it changed.
    pub(super) fn learn(&mut self, now: Minutes) -> bool {
        self.is_driven() && self.capabilities.learn(now)
    }

    /// The current profile, after the box has run for `ran`.
    pub(super) fn measured(&self, ran: Minutes, now: Instant) -> Profile {
        let (audible, is_seen) = (self.volume.audible(), !self.connection.away);
        self.capabilities.measured(&self.description, audible, is_seen, ran, now)
    }

    /// Returns whether there is a RenderingControl service that works.
    fn has_rendering(&self) -> bool {
        let broken = self.capabilities.habits.rendering_broken;
        self.description.rendering_control.is_some() && !broken
    }

    /// Puts the load into another phase and records the reason.
    fn enter(&mut self, phase: Phase, reason: &'static str, ctx: &mut Context<'_>) {
        let mut log = ctx.log(&self.description.friendly_name);
        self.playback.enter(phase, reason, &mut log);
    }

    /// Records a fault. Each change is reported once.
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

    /// Reports once that the renderer has no volume, after a person tried to change it.
    fn tell_absence(&mut self, ctx: &mut Context<'_>) {
        if self.volume.take_absence() {
            ctx.trace.note(ctx.now, self.name(), What::NoVolume);
        }
    }
}
