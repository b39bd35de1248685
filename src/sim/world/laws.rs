//! What holds after every step, whatever happened.

use super::World;
use super::effects::place;
use crate::kiosk::effect::{Effect, Errand};
use crate::kiosk::event::Ticket;
use crate::kiosk::leds::Pattern;
use crate::limits::EFFECTS;
use crate::time::{Duration, Instant};
use serde_json::Value;
use std::collections::BTreeSet;

/// Steps for each renderer within a second: around the end of a clip its state is asked for every
/// 20 ms, and each answer, event and piece of media is a step too.
const STEPS: usize = 200;
/// Calls to one renderer within a second.
const CALLS: usize = 60;
/// What a press may add: command, look, position.
const CALLS_FOR_A_PRESS: usize = 3;

/// The last second, and what was answered.
#[derive(Debug, Default)]
pub(super) struct Laws {
    second: u64,
    steps: usize,
    /// Steps in a row for which no time passed and nothing came from outside.
    idle: (Instant, u8),
    answered: BTreeSet<u32>,
}

impl Laws {
    pub(super) fn answered(&mut self, number: u32) {
        assert!(self.answered.insert(number), "ticket {number} comes twice");
    }

    /// The kiosk wants to be called again at once: once is no harm.
    pub(super) fn woken(&mut self, now: Instant) {
        let (at, times) = self.idle;
        self.idle = (now, if at == now { times + 1 } else { 1 });
        assert!(self.idle.1 <= 3, "it never rests");
    }

    pub(super) fn stepped(&mut self, now: Instant, effects: &[Effect], renderers: usize) {
        assert!(effects.len() <= EFFECTS, "{} effects", effects.len());
        let second = now.as_micros() / 1_000_000;
        if core::mem::replace(&mut self.second, second) != second {
            self.steps = 0;
        }
        self.steps += 1;
        assert!(self.steps <= STEPS * renderers.max(1), "a busy loop");
    }
}

impl World {
    pub(super) fn check(&self) {
        let due = self.kiosk.next_deadline();
        assert!(due.is_none_or(|at| at >= self.now), "the deadline of {due:?} is past");
        if let Some((_, code)) = self.exited {
            assert_eq!((due, code), (None, 0));
            return;
        }
        // The status LED is the first one.
        let lit = self.lit.first().copied();
        match self.kiosk.pattern(self.now) {
            Pattern::Playing if !self.leaving => {
                assert_eq!(lit, Some(true), "all plays, and it is dark");
            }
            _ => {}
        }
    }

    /// No renderer sees two calls at once, and none is called without end.
    pub(super) fn law_of_one_call(&self, stage: usize, errand: &Errand) {
        // At its old place it may be asked while its description is fetched from the new one.
        let here = place(errand);
        let calls = self
            .errands
            .values()
            .filter(|(ticket, there)| *there == here && !self.is_of_other_device(stage, ticket));
        // Descriptions are looked for at several paths of one address.
        if !matches!(errand, Errand::Describe { .. }) {
            assert_eq!(calls.count(), 1, "two calls at once: {errand:?}");
        }
        let calls = &self.stages[stage].calls;
        let recent = calls.iter().rev();
        let recent = recent.take_while(|call| self.now.since(call.at) < Duration::from_secs(1));
        let presses = self.presses.iter().rev();
        let presses = presses.take_while(|at| self.now.since(**at) < Duration::from_secs(1));
        let most = CALLS + CALLS_FOR_A_PRESS * presses.count();
        assert!(recent.count() < most, "it is called without end");
    }

    /// Some TVs are several devices at one address: the descriptions of all are fetched beside calls
    /// to one.
    fn is_of_other_device(&self, stage: usize, ticket: &Ticket) -> bool {
        let describes = matches!(self.kiosk.errand(ticket), Some(Errand::Describe { .. }));
        describes && self.stages[stage].tv.quirks().other_root_devices > 0
    }

    /// A status is one picture of one moment: no two loads in it, no LED that says something else.
    pub(super) fn law_of_one_picture(&self, status: &Value) {
        for renderer in status["renderers"].as_array().expect("a list") {
            let number = |key: &str| renderer[key].as_f64();
            let (position, duration) = (number("position_s"), number("duration_s"));
            if let (Some(position), Some(duration)) = (position, duration) {
                assert!(position <= duration + 0.001, "{renderer}");
                let progress = number("progress").expect("both are known");
                assert!((progress - position / duration).abs() < 0.01, "{renderer}");
            }
            if let (Some(name), Some(duration)) = (renderer["playing"].as_str(), duration) {
                let files = &self.lengths;
                let file = files.iter().find(|(path, _)| path.ends_with(name));
                let (_, length) = file.expect("in the catalogue");
                let off = (length.as_secs_f64() - duration).abs();
                assert!(off < 1.0, "the duration of another file: {renderer}");
            }
        }
        let leds = status["panel"]["leds"].as_array().expect("a list");
        for (led, lit) in leds.iter().zip(&self.lit) {
            assert_eq!(led["on"], *lit, "{led}");
        }
        let pattern = serde_json::to_value(self.kiosk.pattern(self.now)).expect("a word");
        assert_eq!(leds[0]["shows"], pattern);
    }
}
