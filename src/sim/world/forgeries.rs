//! What somebody tells the box that is not so.

use super::{AwaitedReply, World};
use crate::kiosk::event::{Answer, Event, Failure, Ticket};
use crate::upnp::gena::LastChange;

impl World {
    /// A NOTIFY from the address of a renderer that did not send it.
    pub fn forge_notify(
        &mut self,
        node: usize,
        callback: u32,
        sid: String,
        seq: Option<u32>,
        change: LastChange,
    ) {
        let reply = self.expect_reply(AwaitedReply::Event { node });
        let (from, change) = (self.nodes[node].host, Box::new(change));
        self.deliver(Event::Notified { callback, sid, seq, change, from, reply });
    }

    /// An answer to a request that was cancelled, was answered already, or never was.
    pub fn forge_answer(&mut self, number: u32, outcome: Result<Answer, Failure>) {
        if !self.awaits(number) {
            let ticket = Ticket::issue(number);
            self.step(Event::Answered { ticket, outcome, facing: Some(self.address) });
        }
    }
}
