//! Carries out the deeds of a script, and tells the intents of them.

use super::cause::Cause;
use super::intent::{Circumstances, Intent, Mode};
use super::judge::BLACK;
use super::room::{Run, begins_with};
use super::screen::Screen;
use super::script::{Deed, Order};
use crate::sim::fake_renderer::Remote;
use crate::sim::world::{Network, World};
use crate::time::Duration;
use crate::upnp::Udn;
use core::net::Ipv4Addr;

/// What a viewer plays.
const FOREIGN: &str = "http://10.0.0.99/film.mp4";

/// Returns whether a file goes on where it was after this order, if it goes on at all.
const fn keeps_position(order: Order) -> bool {
    use Order::{
        Clip, Identify, Mute, Pause, Play, PlayPause, SeekBack, SeekForward, VolumeDown, VolumeUp,
    };
    matches!(
        order,
        Clip | Identify
            | Mute
            | Pause
            | Play
            | PlayPause
            | SeekBack
            | SeekForward
            | VolumeDown
            | VolumeUp
    )
}

impl Run<'_> {
    /// The renderers that a deed of a person concerns. A target that is a member of a group stands for the group.
    fn meant(&self, target: Option<usize>) -> Vec<usize> {
        match target {
            Some(node) if self.script.room.group.is_none() => vec![node],
            _ => (0..self.judged.len()).collect(),
        }
    }

    /// Replaces the intents of a renderer by those that follow, and excuses it for a while.
    fn tell(
        &mut self,
        node: usize,
        cause: Cause,
        follows: impl Fn(Intent, Circumstances<'_>) -> Vec<Intent>,
    ) {
        let now = self.world.now;
        let able = self.hindrance(node).is_none();
        let dark = self.screen(node).0 == Screen::Dark;
        let Self { judged, script, files, .. } = self;
        let why = judged[node].meets(&script.room, files, now, able);
        let why = Circumstances { unclear: why.unclear || dark, ..why };
        judged[node].each(|intent| intent.keeping_place(why, |intent| follows(intent, why)));
        judged[node].excuse(now, cause);
        judged[node].witness.forget();
        if cause != Cause::Order {
            judged[node].apart_at = now;
        }
    }

    /// Which renderers stand still, with something of the box on the screen.
    fn still(&self) -> Vec<bool> {
        let stands = |node| matches!(self.screen(node).0, Screen::Ours(_, false));
        (0..self.judged.len()).map(stands).collect()
    }

    fn order(&mut self, order: Order, target: Option<usize>, still: &[bool]) {
        let meant = self.meant(target);
        let now = self.world.now;
        let order = if order == Order::PlayPause {
            let mut votes = Vec::new();
            for node in &meant {
                let able = self.hindrance(*node).is_none();
                let judged = &self.judged[*node];
                let why = judged.meets(&self.script.room, &self.files, now, able);
                let intents = judged.intents.iter();
                let mut said: Vec<_> =
                    intents.map(|intent| intent.counts_as_playing(why)).collect();
                said.dedup();
                votes.push(if said.len() == 1 { said[0] } else { None });
            }
            if votes.contains(&Some(true)) {
                Order::Pause
            } else if votes.contains(&None) {
                Order::PlayPause
            } else {
                Order::Play
            }
        } else {
            order
        };
        self.turn(order, &meant);
        for node in meant {
            let able = self.hindrance(node).is_none() && !self.judged[node].is_unclear(now);
            let at_rest = |intent: &Intent| intent.foreign || intent.mode == Mode::SwitchedOff;
            let able = able && !self.judged[node].intents.iter().any(at_rest);
            let mut witness = core::mem::take(&mut self.judged[node].witness);
            if matches!(order, Order::SeekForward | Order::SeekBack) {
                witness.seek(order == Order::SeekForward, still[node]);
            }
            let rests = |intent: &Intent| intent.mode != Mode::Play;
            let rested = self.judged[node].intents.iter().any(rests);
            self.tell(node, Cause::Order, |intent, why| intent.order(order, why));
            if keeps_position(order) {
                self.judged[node].witness = witness;
                self.judged[node].witness.forget_return();
                if matches!(order, Order::Clip | Order::Identify) {
                    self.judged[node].witness.forget_card();
                }
            }
            if rested || self.judged[node].intents.iter().any(rests) {
                // A member of a group that rested joins at the next start.
                self.judged[node].apart_at = now;
            }
            self.judged[node].unheard |=
                self.hindrance(node).is_some() && matches!(order, Order::Identify | Order::Clip);
            if order == Order::Identify && able {
                self.judged[node].witness.expect_card(now);
            }
            if order == Order::Identify {
                // The card, and what comes after it.
                self.judged[node].excuse(now + Duration::from_secs(10), Cause::Layer);
            }
        }
    }

    /// What an order does to the volume.
    fn turn(&mut self, order: Order, meant: &[usize]) {
        let several = meant.len() > 1;
        for node in meant {
            let able = self.hindrance(*node).is_none();
            let windows = self.windows(*node);
            let judged = &mut self.judged[*node];
            let unheard = !able || judged.intents.iter().any(|intent| intent.mode != Mode::Play);
            match order {
                Order::Play | Order::PlayPause | Order::Next | Order::Previous
                    if !windows.is_empty() =>
                {
                    // The table takes the place of darkness, perhaps with its volume.
                    judged.loudness.later(begins_with(self.script, &[]));
                }
                Order::VolumeUp | Order::VolumeDown => {
                    judged.loudness.step(order == Order::VolumeUp, unheard);
                }
                Order::Automatic => {
                    // The volume of a window is set again, if it plays.
                    let entry = windows.last().map(|(n, _)| &self.script.room.schedule[*n]);
                    if let Some(volume) = entry.and_then(|entry| entry.volume) {
                        judged.loudness.set(volume.into(), true);
                    }
                    judged.loudness.later(begins_with(self.script, &windows));
                }
                // Nothing is said about several of which some are mute already.
                Order::Mute => judged.loudness.toggle(unheard || several),
                _ => {}
            }
        }
    }

    /// A viewer uses the remote control.
    fn viewer(&mut self, node: usize, what: Remote) {
        let renderer = &self.world.nodes[node].renderer;
        if !renderer.responsive() || renderer.asleep {
            return;
        }
        let (screen, _) = self.screen(node);
        match what {
            Remote::Stop => {
                let plays = matches!(screen, Screen::Ours(_, true));
                let whole = plays && !self.world.reads_media(node);
                let unconfirmed = whole && self.judged[node].is_unconfirmed();
                if matches!(screen, Screen::Ours(BLACK, _)) {
                    // Only the first stop brings it back.
                    self.judged[node].ended.push(BLACK);
                }
                self.tell(node, Cause::Viewer, |i, why| {
                    i.viewer(Mode::ViewerStopped, Circumstances { unconfirmed, ..why })
                });
            }
            Remote::Pause if matches!(screen, Screen::Ours(_, true)) => {
                self.tell(node, Cause::Viewer, |i, why| i.viewer(Mode::ViewerPaused, why));
            }
            Remote::Play => self.tell(node, Cause::Viewer, Intent::viewer_plays),
            Remote::PlayOther(_) => {
                self.tell(node, Cause::Viewer, |i, why| i.viewer(Mode::TakenOver, why));
            }
            Remote::Standby | Remote::PowerOff => {
                self.tell(node, Cause::Viewer, |i, why| i.viewer(Mode::SwitchedOff, why));
            }
            Remote::Volume(volume) => {
                let most = self.world.nodes[node].renderer.quirks().volume_max.max(1);
                self.judged[node].loudness.set(volume * 100 / most, false);
                self.judged[node].excuse(self.world.now, Cause::Viewer);
            }
            _ => {}
        }
        self.judged[node].viewer_at = Some(self.world.now);
        if self.script.room.insists {
            // The box takes the renderer back, and its file begins again.
            let latest = self.world.now + Duration::from_secs(60);
            self.judged[node].excuse(latest, Cause::Viewer);
        }
        self.world.remote(node, what);
    }

    /// The renderer is there again.
    pub(super) fn returns(&mut self, node: usize, cause: Cause) {
        self.regain_volume(node, cause);
        self.tell(node, cause, Intent::returns);
    }

    /// The renderer begins to play with its volume, or goes on with the one that it had.
    fn regain_volume(&mut self, node: usize, cause: Cause) {
        let mut begins = begins_with(self.script, &self.windows(node));
        let loudness = &mut self.judged[node].loudness;
        // It is not said whether a renderer in standby is on.
        if cause != Cause::Return && !begins.is_empty() {
            begins.extend(loudness.current());
        }
        loudness.returns(begins);
    }

    fn pull_plug(&mut self, node: usize) {
        self.tell(node, Cause::Return, Intent::loses_power);
        self.world.remote(node, Remote::PullPlug);
    }

    /// The renderer loses its power, and is on again after something was done to it.
    fn boot(&mut self, nodes: &[usize], change: impl FnOnce(&mut World)) {
        nodes.iter().for_each(|node| self.pull_plug(*node));
        self.world.pass(2_000);
        change(&mut self.world);
        for node in nodes {
            self.world.remote(*node, Remote::PowerOn);
            self.returns(*node, Cause::Return);
        }
    }

    pub(super) fn perform(&mut self, deed: Deed) {
        self.world.log_action(format!("{deed:?}"));
        let all = 0..self.judged.len();
        match deed {
            Deed::Order(order, target) => {
                let still = self.still();
                self.press(order, target);
                self.order(order, target, &still);
            }
            Deed::ViewerStops(node) => self.viewer(node, Remote::Stop),
            Deed::ViewerPauses(node) => self.viewer(node, Remote::Pause),
            Deed::ViewerPlays(node) => self.viewer(node, Remote::Play),
            Deed::ViewerPlaysOther(node) => self.viewer(node, Remote::PlayOther(FOREIGN.into())),
            Deed::ViewerVolume(node, volume) => {
                let most = self.world.nodes[node].renderer.quirks().volume_max;
                self.viewer(node, Remote::Volume(volume * most / 100));
            }
            Deed::Standby(node) => self.viewer(node, Remote::Standby),
            Deed::SwitchOff(node) => self.viewer(node, Remote::PowerOff),
            Deed::PullPlug(node) => self.pull_plug(node),
            Deed::SwitchOn(node) => {
                let renderer = &self.world.nodes[node].renderer;
                let (off, asleep) = (!renderer.is_on(), renderer.asleep);
                if off || asleep {
                    self.world.remote(node, Remote::PowerOn);
                    self.returns(node, Cause::Return);
                    if asleep {
                        self.regain_volume(node, Cause::Outage);
                    }
                }
            }
            Deed::Reboot(node) => {
                self.boot(&[node], |_| {});
            }
            Deed::NewUdn(node) => {
                let number = self.world.now.as_micros();
                self.boot(&[node], |world| {
                    let udn = Udn::new(&format!("uuid:tv-{}-{number}", node + 1));
                    if let Some(udn) = udn {
                        world.nodes[node].renderer.persona.udn = udn;
                    }
                });
                // It may count as another renderer.
                self.tell(node, Cause::Return, Intent::box_restarts);
            }
            // The invariants of the room count the calls to each renderer, not those to each address.
            Deed::SwapAddresses(one, other)
                if self.hindrance(one).is_none() && self.hindrance(other).is_none() =>
            {
                self.boot(&[one, other], |world| world.swap_addresses(one, other));
            }
            Deed::SwapAddresses(..) => {}
            Deed::Hang(node) => self.world.hang(node),
            Deed::Wake(node) => {
                self.world.wake(node);
                self.returns(node, Cause::Outage);
            }
            Deed::Cut(node) | Deed::Mend(node) => {
                self.cut[node] = matches!(deed, Deed::Cut(_));
                self.world.cut(node, self.cut[node]);
                if !self.cut[node] {
                    self.returns(node, Cause::Outage);
                }
            }
            Deed::ByebyeAndAlive(node) => self.world.announce_byebye_and_alive(node),
            Deed::PoorNetwork => self.world.network = Network::poor(),
            Deed::GoodNetwork => {
                self.world.network = Network::default();
                all.for_each(|node| self.returns(node, Cause::Network));
            }
            Deed::Remove(_) | Deed::Put(_) | Deed::Spoil(..) => self.change_file(deed),
            Deed::HangTask(number) => self.hang_task(number),
            Deed::PullStick => self.plug_stick(false),
            Deed::PlugStick => self.plug_stick(true),
            Deed::HangDisk => self.hang_disk(true),
            Deed::DiskAnswers => self.hang_disk(false),
            Deed::BreakStreams => {
                self.world.cut_streams();
                all.for_each(|node| self.judged[node].excuse(self.world.now, Cause::Files));
            }
            Deed::RestartBox => {
                drop(self.world.restart_box());
                self.hangs_since = None;
                for node in all {
                    self.judged[node].ended.clear();
                    self.regain_volume(node, Cause::Box);
                    self.tell(node, Cause::Box, Intent::box_restarts);
                }
            }
            Deed::MoveBox(last) => {
                self.world.move_to(Ipv4Addr::new(10, 0, 0, last));
                all.for_each(|node| self.returns(node, Cause::Box));
            }
        }
    }
}
