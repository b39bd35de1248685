//! What people, the mains and the network do.

use super::setting::{BUTTONS, media_file};
use super::{Happening, Question, World};
use crate::config::PanelAction;
use crate::kiosk::event::{ButtonId, Event};
use crate::kiosk::status::MailboxStatus;
use crate::sim::words::Remote;
use crate::time::Duration;
use crate::upnp::ssdp::Kind;
use core::net::Ipv4Addr;

impl World {
    /// A person presses the button that does this, for 80 ms.
    pub(in crate::sim) fn press(&mut self, action: PanelAction) {
        let at = BUTTONS.iter().position(|button| *button == action);
        let button = ButtonId(at.and_then(|at| u8::try_from(at).ok()).expect("on the panel"));
        let pressed = true;
        self.presses.push(self.now);
        self.step(Event::Button { button, pressed });
        let released = Event::Button { button, pressed: false };
        self.after(Duration::from_millis(80), Happening::Event(released));
    }

    /// Somebody does this at the renderer itself.
    pub(in crate::sim) fn remote(&mut self, stage: usize, what: Remote) {
        if what == Remote::PowerOn {
            self.stages[stage].rewire();
        }
        self.with(stage, |tv, now| tv.remote(now, what));
    }

    /// The renderer's program hangs: connections are made, nothing is answered.
    pub(in crate::sim) fn hang(&mut self, stage: usize) {
        self.stages[stage].tv.hung = true;
    }

    /// The renderer's program goes on, with what has come in meanwhile.
    pub(in crate::sim) fn wake(&mut self, stage: usize) {
        self.with(stage, |tv, _| tv.hung = false);
        for (number, errand) in core::mem::take(&mut self.stages[stage].waiting) {
            self.arrive(number, stage, &errand);
        }
    }

    /// The box gets another address; connections of before are dead.
    pub(in crate::sim) fn move_to(&mut self, address: Ipv4Addr) {
        self.address = address;
        self.break_streams();
        let addresses = [address].into_iter().collect();
        self.step(Event::Addresses(addresses));
    }

    /// Somebody asks for the status, and looks whether it makes sense.
    pub(in crate::sim) fn ask_status(&mut self) {
        let reply = self.ask(Question::Status);
        self.step(Event::StatusAsked(reply));
    }

    /// SIGTERM.
    pub(in crate::sim) fn leave(&mut self) {
        self.leaving = true;
        self.step(Event::Leave);
    }

    /// The renderer says byebye, and stays.
    pub(in crate::sim) fn byebye(&mut self, stage: usize) {
        for target in self.stages[stage].tv.targets() {
            let event = self.stages[stage].announcement(Kind::Byebye, &target);
            self.soon(Happening::Event(event));
        }
    }

    /// The renderer announces itself at a second port, where it answers as well.
    pub(in crate::sim) fn announce_second_port(&mut self, stage: usize) {
        let event = self.stages[stage].announce_second();
        self.soon(Happening::Event(event));
    }

    /// A file appears in the media folder.
    pub(in crate::sim) fn put(&mut self, path: &'static str, millis: u64) {
        self.scan.files.push(media_file(path, millis));
        let length = Duration::from_millis(millis);
        self.lengths.insert(path.into(), length);
    }

    /// The breaker of a renderer as the status shows it, and whether the renderer is said to be away.
    pub(in crate::sim) fn breaker(&self, stage: usize) -> (String, bool) {
        let status = self.kiosk.status(self.now, MailboxStatus::default());
        let status = serde_json::to_value(status).expect("plain values");
        let renderer = &status["renderers"][stage];
        let state = renderer["breaker"]["state"].as_str().expect("a word");
        (state.to_owned(), renderer["state"] == "away")
    }

    /// An event of the box itself.
    pub(in crate::sim) fn tell(&mut self, event: Event) {
        self.step(event);
    }
}
