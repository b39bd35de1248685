//! What a person can ask of the box: all commands, and the renderers that each is for.

use super::Kiosk;
use super::playlist::Playlist;
use super::programme::Clip;
use super::renderer::Renderer;
use super::trace::What;
use crate::config::{RepeatPress, Selector, Targets};
use crate::limits::GROUPS;
use crate::time::{Duration, Instant};
use crate::upnp::Udn;
use crate::upnp::description::Description;
use core::net::Ipv4Addr;

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
    /// Mute, or unmute.
    ToggleMute,
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
        let plays = |r: &Renderer| addressed(r) && r.is_driven() && r.is_to_show();
        let command = match command {
            Command::PauseOr(_) if self.renderers.iter().any(plays) => Command::Pause,
            Command::PauseOr(other) => *other,
            Command::SwitchOff => return self.power.ask(),
            other => other,
        };
        for renderer in self.renderers.filter_mut(addressed) {
            if let Err(why) = renderer.command(&command, now) {
                self.common.trace.note(now, renderer.name(), What::Unidentified(why));
            }
        }
        if matches!(command, Command::Automatic) {
            self.consult_schedule(now);
        }
    }

    /// Which groups have a member among the targets.
    fn groups_of(&self, targets: &Targets) -> [bool; GROUPS] {
        let mut groups = [false; GROUPS];
        let members = self.renderers.iter().filter(|r| is_target(targets, r));
        for (group, _) in members.filter_map(Renderer::group_slot) {
            if let Some(group) = groups.get_mut(group) {
                *group = true;
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
            list.iter().any(|who| matches(who, renderer.description(), renderer.host()))
        }
    }
}

/// Returns whether `who` in the configuration matches a renderer with this description and address.
pub(super) fn matches(who: &Selector, description: &Description, host: Ipv4Addr) -> bool {
    match who {
        Selector::Name(name) => lower(name).eq(lower(&description.friendly_name)),
        Selector::Udn(udn) => bare(udn) == bare(&description.udn),
        Selector::Address(address, _) => *address == host,
        Selector::Any => true,
    }
}

fn lower(name: &str) -> impl Iterator<Item = char> {
    name.chars().flat_map(char::to_lowercase)
}

fn bare(udn: &Udn) -> &str {
    udn.as_str().trim_start_matches("uuid:")
}
