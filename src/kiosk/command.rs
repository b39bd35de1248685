//! What a person can ask of the box: all commands, and the renderers that each is for.

use super::Kiosk;
use super::playlist::Playlist;
use super::programme::Clip;
use super::renderer::Renderer;
use crate::config::{RepeatPress, Selector, Targets};
use crate::limits::GROUPS;
use crate::text::is_same_name;
use crate::time::{Duration, Instant};
use crate::upnp::HttpUrl;
use crate::upnp::description::Description;

/// A command. All except [`Command::SwitchOff`] are for renderers.
#[derive(Clone, Debug)]
pub enum Command {
    /// Pause if any of the renderers plays, else do this.
    PauseOr(Box<Command>),
    /// Play, or resume.
    Play,
    /// Pause.
    Pause,
    /// Stop.
    Stop,
    /// Go to the next file.
    Next,
    /// Go to the previous file.
    Previous,
    /// Turn the volume up by one step.
    VolumeUp,
    /// Turn the volume down by one step.
    VolumeDown,
    /// Mute if any of the renderers is heard, else unmute.
    ToggleMute,
    /// Mute all, or unmute all.
    Mute(bool),
    /// Go forward in the file by this much.
    SeekForward(Duration),
    /// Go back in the file by this much.
    SeekBack(Duration),
    /// Play a clip over everything else; what plays now goes on afterwards.
    PlayClip {
        clip: Clip,
        /// What to do if a clip is playing already.
        again: RepeatPress,
    },
    /// Play this in place of what the schedule and the configuration say.
    Choose {
        /// What to play.
        playlist: Playlist,
        /// When to end; `None`: when the playlist ends.
        until: Option<Instant>,
    },
    /// Return to what the schedule and the configuration say.
    Automatic,
    /// Show the renderer's name on its screen for a while.
    Identify,
    /// Switch the machine off.
    SwitchOff,
}

impl Kiosk {
    /// Carries out a command. A target that is a member of a group stands for the whole group.
    pub fn command(&mut self, command: Command, targets: &Targets, now: Instant) {
        let groups = self.groups_of(targets);
        let addressed = |r: &Renderer| {
            let in_group = |(group, _): (usize, usize)| groups.get(group) == Some(&true);
            is_target(targets, r) || r.group_slot().is_some_and(in_group)
        };
        // Those that are there decide for all.
        let meant = |r: &&Renderer| addressed(r) && r.is_driven();
        let any_there = self.renderers.iter().any(|r| meant(&r) && r.is_there());
        let deciding =
            || self.renderers.iter().filter(|r| meant(r) && (r.is_there() || !any_there));
        let command = match command {
            Command::PauseOr(_) if deciding().any(Renderer::is_to_show) => Command::Pause,
            Command::PauseOr(other) => *other,
            Command::ToggleMute if self.renderers.iter().filter(meant).nth(1).is_some() => {
                Command::Mute(deciding().any(Renderer::is_heard))
            }
            Command::SwitchOff => return self.power.ask(),
            other => other,
        };
        for renderer in self.renderers.filter_mut(addressed) {
            if let Err(what) = renderer.command(&command, now) {
                self.common.trace.note(now, renderer.name(), what);
            }
        }
        if matches!(command, Command::Automatic) {
            self.consult_schedule(now);
        }
    }

    /// Which groups have a member among the targets, also if that member was not found yet.
    fn groups_of(&self, targets: &Targets) -> [bool; GROUPS] {
        let mut groups = [false; GROUPS];
        if let Targets::Some(list) = targets {
            for (addressed, group) in groups.iter_mut().zip(&self.config.groups) {
                *addressed =
                    group.on.iter().any(|member| list.iter().any(|who| who.is_same(member)));
            }
        }
        let members = self.renderers.iter().filter(|r| is_target(targets, r));
        for (group, _) in members.filter_map(Renderer::group_slot) {
            if let Some(addressed) = groups.get_mut(group) {
                *addressed = true;
            }
        }
        groups
    }
}

/// Whether a renderer is one of the targets of a button, an LED or an entry of the schedule.
pub(super) fn is_target(targets: &Targets, renderer: &Renderer) -> bool {
    match targets {
        Targets::All => true,
        Targets::Some(list) => {
            let named = |who| matches(who, renderer.description(), renderer.location());
            list.iter().any(|who| renderer.has_table_for(who) || named(who))
        }
    }
}

/// Returns whether `who` in the configuration matches a renderer with this description at this place.
pub(super) fn matches(who: &Selector, description: &Description, at: &HttpUrl) -> bool {
    match who {
        Selector::Name(name) => is_same_name(name, &description.friendly_name),
        Selector::Udn(udn) => udn.means(&description.udn),
        Selector::Address(host, port) => {
            *host == at.host && port.is_none_or(|port| port == at.port)
        }
        Selector::Any => true,
    }
}
