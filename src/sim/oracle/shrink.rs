//! Makes a failing script short: leaves out deeds, oddities, entries of the schedule and renderers as long as the script
//! still fails in the same way.

use super::outcome::{Failure, Kind};
use super::script::{Deed, List, Script};

/// The most runs that shrinking may take.
const RUNS: usize = 400;

/// Returns a short script that fails in the same way, and how.
pub fn shrink(script: &Script, failure: &Failure) -> (Script, Failure) {
    let mut shrinking =
        Shrinking { best: script.clone(), failure: failure.clone(), kind: failure.kind, runs: 0 };
    shrinking.cut_off();
    loop {
        let before = shrinking.best.clone();
        shrinking.leave_out_deeds();
        shrinking.leave_out_oddities();
        shrinking.simplify_room();
        shrinking.cut_off();
        if shrinking.best == before || shrinking.runs >= RUNS {
            return (shrinking.best, shrinking.failure);
        }
    }
}

struct Shrinking {
    best: Script,
    failure: Failure,
    kind: Kind,
    runs: usize,
}

impl Shrinking {
    /// Takes the script if it fails in the same way.
    fn attempt(&mut self, script: Script) -> bool {
        if self.runs >= RUNS || script == self.best {
            return false;
        }
        self.runs += 1;
        match script.run() {
            Err(failure) if failure.kind == self.kind => {
                (self.best, self.failure) = (script, failure);
                true
            }
            _ => false,
        }
    }

    /// Ends the script where it fails.
    fn cut_off(&mut self) {
        let millis = self.failure.at.as_micros() / 1_000;
        let mut shorter = self.best.clone();
        shorter.deeds.retain(|(at, _)| *at <= millis);
        shorter.ends = shorter.ends.min((millis / 1_000 + 2) * 1_000);
        self.attempt(shorter);
    }

    /// Leaves out halves, then quarters, and so on down to single deeds.
    fn leave_out_deeds(&mut self) {
        let mut length = self.best.deeds.len().div_ceil(2);
        while length > 0 {
            let mut from = 0;
            while from < self.best.deeds.len() {
                let mut shorter = self.best.clone();
                let until = (from + length).min(shorter.deeds.len());
                shorter.deeds.drain(from..until);
                if !self.attempt(shorter) {
                    from += length;
                }
            }
            length = if length == 1 { 0 } else { length.div_ceil(2) };
        }
    }

    fn leave_out_oddities(&mut self) {
        for node in 0..self.best.room.odd.len() {
            let mut at = 0;
            while at < self.best.room.odd[node].len() {
                let mut plainer = self.best.clone();
                plainer.room.odd[node].remove(at);
                if !self.attempt(plainer) {
                    at += 1;
                }
            }
        }
    }

    fn simplify_room(&mut self) {
        for at in (0..self.best.room.schedule.len()).rev() {
            let mut simpler = self.best.clone();
            simpler.room.schedule.remove(at);
            let _ = self.attempt(simpler);
        }
        for change in [
            |script: &mut Script| script.room.list = List::Films,
            |script: &mut Script| script.room.repeat = true,
            |script: &mut Script| script.room.volume = None,
            |script: &mut Script| script.room.autoplay = true,
            |script: &mut Script| script.room.insists = false,
            |script: &mut Script| script.room.queues = false,
            |script: &mut Script| script.room.group = None,
            |script: &mut Script| script.room.seed = 1,
        ] {
            let mut simpler = self.best.clone();
            change(&mut simpler);
            let _ = self.attempt(simpler);
        }
        // The last renderer, if nothing is done to it.
        while let Some(last) = self.best.room.odd.len().checked_sub(1).filter(|last| *last > 0) {
            let mut smaller = self.best.clone();
            smaller.room.odd.pop();
            smaller.room.schedule.retain(|entry| entry.on != Some(last));
            smaller.deeds.retain(|(_, deed)| !concerns(*deed, last));
            if !self.attempt(smaller) {
                break;
            }
        }
    }
}

/// Returns whether a deed names this renderer.
fn concerns(deed: Deed, node: usize) -> bool {
    use Deed::{
        ByebyeAndAlive, Cut, Hang, Mend, NewUdn, Order, PullPlug, Reboot, Standby, SwapAddresses,
        SwitchOff, SwitchOn, ViewerPauses, ViewerPlays, ViewerPlaysOther, ViewerStops,
        ViewerVolume, Wake,
    };
    match deed {
        Order(_, target) => target == Some(node),
        SwapAddresses(one, other) => one == node || other == node,
        ViewerStops(one)
        | ViewerPauses(one)
        | ViewerPlays(one)
        | ViewerPlaysOther(one)
        | ViewerVolume(one, _)
        | Standby(one)
        | SwitchOff(one)
        | PullPlug(one)
        | SwitchOn(one)
        | Reboot(one)
        | NewUdn(one)
        | Hang(one)
        | Wake(one)
        | Cut(one)
        | Mend(one)
        | ByebyeAndAlive(one) => one == node,
        _ => false,
    }
}
