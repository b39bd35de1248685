//! What happens to the simulated room from outside: people, power cuts, network faults, the wall clock, forged
//! messages.

use super::node::CallFailures;
use super::scenario::{BUTTONS, Hang};
use super::{AwaitedReply, Delivery, World};
use crate::config::{OnStop, PanelAction};
use crate::kiosk::Kiosk;
use crate::kiosk::event::{Answer, ButtonId, Event, Failure, Question, TaskName, Ticket};
use crate::kiosk::leds::Pattern;
use crate::kiosk::status::MailboxStatus;
use crate::sim::fake_renderer::Remote;
use crate::time::{Duration, Instant};
use crate::upnp::gena::LastChange;
use crate::upnp::ssdp::MessageKind;
use core::net::Ipv4Addr;
use jiff::Timestamp;

impl World {
    /// A person presses the button of this action, for 80 ms.
    pub fn press(&mut self, action: PanelAction) {
        self.hold(action, Duration::from_millis(80));
    }

    /// A person holds the button of this action.
    pub fn hold(&mut self, action: PanelAction, span: Duration) {
        let at = BUTTONS.iter().position(|button| *button == action);
        let button = ButtonId(at.and_then(|at| u8::try_from(at).ok()).expect("on the panel"));
        // The button may ask something else of the kiosk: see `Scenario::clip_button`.
        let wanted = match action {
            PanelAction::Play | PanelAction::Next | PanelAction::Prev => Some(true),
            PanelAction::Pause | PanelAction::Stop | PanelAction::PlayPause => Some(false),
            _ => None,
        };
        // A press on a dead panel lights nothing: the person sees that and presses again, so it does not count.
        if let Some(wanted) = wanted.filter(|_| !self.ended_tasks.contains_key(&TaskName::Panel)) {
            self.nodes.iter_mut().for_each(|node| node.is_wanted = wanted);
        }
        self.deliver(Event::Button { button, pressed: true });
        let released = Event::Button { button, pressed: false };
        self.after(span, Delivery::Event(released));
    }

    /// Somebody uses the renderer's own remote control.
    pub fn remote(&mut self, node: usize, what: Remote) {
        match what {
            Remote::PowerOn => self.nodes[node].prepare_boot(),
            Remote::Stop | Remote::Pause | Remote::Standby | Remote::PlayOther(_) => {
                let insists = self.scenario.config.rules[0].on_stop == OnStop::Insist;
                self.nodes[node].is_wanted &= insists;
            }
            _ => {}
        }
        self.with(node, |renderer, now| renderer.remote(now, what));
    }

    /// The renderer's program hangs: it accepts connections and answers nothing.
    pub fn hang(&mut self, node: usize) {
        self.with(node, |renderer, _| renderer.hung = true);
    }

    /// The renderer's program resumes with what arrived meanwhile.
    pub fn wake(&mut self, node: usize) {
        self.with(node, |renderer, _| renderer.hung = false);
        for (number, request) in core::mem::take(&mut self.nodes[node].waiting) {
            self.arrive(number, node, &request);
        }
    }

    /// Cuts the connection between box and renderer, or restores it.
    pub fn cut(&mut self, node: usize, cut: bool) {
        self.nodes[node].cut = cut;
    }

    /// The box gets another address, and its existing connections die.
    pub fn move_to(&mut self, address: Ipv4Addr) {
        self.address = address;
        self.break_streams();
        self.deliver(self.addresses());
    }

    /// The box's network cable is pulled, or plugged back in.
    pub fn cable(&mut self, plugged: bool) {
        self.unplugged = !plugged;
        self.deliver(self.addresses());
    }

    /// Somebody requests the status and checks that it makes sense.
    pub fn ask_status(&mut self) {
        if !self.ended_tasks.contains_key(&TaskName::ControlServer) {
            let reply = self.expect_reply(AwaitedReply::Status);
            let (question, mailbox) = (Question::Status, MailboxStatus::default());
            self.deliver(Event::Asked { question, mailbox, reply });
        }
    }

    /// SIGTERM.
    pub fn leave(&mut self) {
        self.leaving = true;
        self.deliver(Event::Leave);
    }

    /// The box loses its power and restarts at once without its previous state, which is returned.
    pub fn restart_box(&mut self) -> Kiosk {
        if let Some(hang) = &mut self.disk.hangs {
            hang.is_known = false;
        }
        self.boots += 1;
        let new = self.scenario.kiosk(self.boots);
        let before = core::mem::replace(&mut self.kiosk, new);
        self.booted_at = self.now;
        self.frozen_until = self.now;
        self.requests.clear();
        self.ended_tasks.clear();
        self.panel_opens = false;
        self.hanging_task = None;
        self.invariants.reboot();
        for node in &mut self.nodes {
            node.call_failures = CallFailures::default();
            node.observed.forget_words();
        }
        self.lit.iter_mut().for_each(|lit| *lit = false);
        for ((node, fetch), _) in core::mem::take(&mut self.streams) {
            let what = crate::sim::fake_renderer::Fetched::Failed;
            self.soon(Delivery::Fetched { node, fetch, what });
        }
        self.queue.drop_events();
        self.awaited_replies.clear();
        self.start_box();
        before
    }

    /// The owner changes the configuration, effective from the next restart.
    pub fn configure(&mut self, change: impl FnOnce(&mut crate::config::Config)) {
        change(&mut self.scenario.config);
    }

    /// The box freezes, as under a debugger or on a disk that does not answer.
    pub fn freeze(&mut self, millis: u64) {
        self.frozen_until = self.now + Duration::from_millis(millis);
    }

    /// A task of the box ends, and ends again this often when it is restarted.
    pub fn kill(&mut self, name: TaskName, again: u8) {
        self.ended_tasks.insert(name, again);
        self.panel_opens &= name != TaskName::Panel;
        // If it was hanging, that ends with it.
        self.hanging_task = self.hanging_task.filter(|(stuck, _)| *stuck != name);
        if name == TaskName::MediaServer {
            self.break_streams();
        }
        self.deliver(Event::TaskEnded(name, "it was killed".into()));
    }

    /// A task of the box hangs: it neither ends nor reports. `None`: the hanging task resumes.
    pub fn hang_task(&mut self, name: Option<TaskName>) {
        let alive = name.filter(|name| !self.ended_tasks.contains_key(name));
        self.hanging_task = alive.map(|name| (name, self.now));
    }

    /// The disk with the media is removed, or plugged back in.
    pub fn disk(&mut self, there: bool) {
        self.disk.gone = !there;
    }

    /// The files on the disk become unreadable, or readable again.
    pub fn disk_fails(&mut self, fails: bool) {
        self.disk.fails = fails;
    }

    /// What is in this folder, which is on a disk of its own, hangs from now on. `None`: it answers again.
    pub fn hang_folder(&mut self, folder: Option<&'static str>) {
        self.disk.hangs = folder.map(|folder| Hang { folder, since: self.now, is_known: true });
        // A reader that hung is gone now, and another one says that there may be changes.
        if folder.is_none() {
            self.deliver(Event::FolderChanged);
        }
    }

    /// Breaks every media connection.
    pub fn cut_streams(&mut self) {
        self.break_streams();
    }

    /// Scanning the disk takes this long from now on.
    pub fn slow_disk(&mut self, millis: u64) {
        self.disk.takes = Duration::from_millis(millis);
    }

    /// The renderer says byebye and stays.
    pub fn byebye(&mut self, node: usize) {
        for target in self.nodes[node].renderer.targets() {
            self.datagram(node, Duration::ZERO, MessageKind::Byebye, &target);
        }
    }

    /// The renderer says byebye and alive at once, as Macast does with every announcement.
    pub fn announce_byebye_and_alive(&mut self, node: usize) {
        for kind in [MessageKind::Byebye, MessageKind::Alive] {
            for target in self.nodes[node].renderer.targets() {
                self.datagram(node, Duration::ZERO, kind, &target);
            }
            self.pass(20);
        }
    }

    /// Each of two renderers that are off is given the address of the other one.
    pub fn swap_addresses(&mut self, one: usize, other: usize) {
        let hosts = [other, one].map(|node| self.nodes[node].host);
        (self.nodes[one].host, self.nodes[other].host) = (hosts[0], hosts[1]);
    }

    /// The renderer announces itself at a second port, where it answers as well.
    pub fn announce_second_port(&mut self, node: usize) {
        let event = self.nodes[node].announce_second();
        self.soon(Delivery::Event(event));
    }

    /// Puts a file into the media folder, or replaces one.
    pub fn put(&mut self, path: &'static str, millis: u64) {
        self.disk.put(path, millis);
        self.deliver(Event::FolderChanged);
    }

    /// Removes a file from the media folder. Open streams go on.
    pub fn remove(&mut self, path: &str) {
        self.disk.remove(path);
        self.deliver(Event::FolderChanged);
    }

    /// The status, as a control client gets it.
    ///
    /// # Panics
    /// If the status cannot be serialised, which would be a fault of the box.
    pub fn status(&self) -> serde_json::Value {
        let status = self.kiosk.status(self.box_time());
        serde_json::to_value(status).expect("plain values")
    }

    /// The state of a renderer's breaker in the status, and whether the renderer is shown as away.
    pub fn breaker(&self, node: usize) -> (String, bool) {
        let renderer = &self.status()["renderers"][node];
        let state = renderer["breaker"]["state"].as_str().expect("a word");
        (state.to_owned(), renderer["state"] == "away")
    }

    /// Somebody sets the wall clock, which can be trusted or not.
    ///
    /// # Panics
    /// If `shows` is not a time such as `2026-11-23T09:00:00Z`.
    pub fn set_clock(&mut self, shows: &str, trusted: bool) {
        self.wall_clock.set(shows.parse().expect("a time"), trusted, self.now);
        self.deliver(self.clock());
    }

    /// Why a renderer does not play according to the status, as word and sentence, and the pattern of the status LED.
    pub fn why(&self, node: usize) -> (Option<(String, String)>, Pattern) {
        let now = self.box_time();
        let status = self.kiosk.status(now);
        let status = serde_json::to_value(status).expect("plain values");
        let why = &status["renderers"][node]["why"];
        let text = |key: &str| why[key].as_str().map(str::to_owned);
        (text("word").zip(text("sentence")), self.kiosk.pattern(now))
    }

    /// The name of each renderer, and the word of the status for why it does not play.
    pub fn reasons(&self) -> impl Iterator<Item = (&str, Option<&'static str>)> {
        self.kiosk.reasons(self.box_time())
    }

    /// The statistics, as a control client gets them.
    pub fn statistics(&self) -> serde_json::Value {
        let text = self.kiosk.statistics(self.box_time()).snapshot();
        serde_json::from_str(&text).expect("JSON")
    }

    /// The groups in the status.
    pub fn groups(&self) -> serde_json::Value {
        let status = self.kiosk.status(self.box_time());
        serde_json::to_value(status).expect("plain values")["groups"].take()
    }

    /// Delivers an event, if the task that reports it is running.
    pub fn tell(&mut self, event: Event) {
        self.invariants.excuse();
        self.deliver(event);
    }
}

impl World {
    /// A NOTIFY from the address of a renderer that did not send it.
    pub fn forge_notify(&mut self, node: usize, callback: u32, sid: String, change: LastChange) {
        let reply = self.expect_reply(AwaitedReply::Event { node });
        let (from, change) = (self.nodes[node].host, Box::new(change));
        self.deliver(Event::Notified { callback, sid, change, from, reply });
    }

    /// An answer to a request that was cancelled, was answered before, or never existed.
    pub fn forge_answer(&mut self, number: u32, outcome: Result<Answer, Failure>) {
        if !self.awaits(number) {
            let ticket = Ticket::issue(number);
            self.step(Event::Answered { ticket, outcome, facing: Some(self.address) });
        }
    }
}

/// The time that the wall clock shows, and whether it was set.
#[derive(Debug, Default)]
pub(super) struct WallTime {
    at: Instant,
    shows: Timestamp,
    trusted: bool,
}

impl WallTime {
    pub(super) fn set(&mut self, shows: Timestamp, trusted: bool, at: Instant) {
        *self = Self { at, shows, trusted };
    }
}

impl World {
    /// The event that the shell would send about the clock now.
    pub(super) fn clock(&self) -> Event {
        let passed =
            i64::try_from(self.now.since(self.wall_clock.at).as_micros()).unwrap_or(i64::MAX);
        let wall = Timestamp::from_microsecond(self.wall_clock.shows.as_microsecond() + passed);
        Event::Clock {
            wall: wall.expect("no world lasts for so long"),
            zone: self.scenario.zone.clone(),
            trusted: self.wall_clock.trusted,
        }
    }
}
