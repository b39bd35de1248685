//! The oracle: what should be on every screen of a simulated room, and weather that meets everything.
//!
//! The oracle knows the configuration, the orders of people, the schedule and its clock, the deeds of viewers, the files
//! as they truly are and what each renderer truly can. From these, and from the README alone, `intent` says what should
//! be on a screen; it shares no code with the logic of the box. `judge` compares that with the screen each second, with a
//! tolerance for each cause. `script` holds a room and its deeds as data, `generate` writes one by chance, `oddities` how its renderers misbehave,
//! `schedule` reads opening hours, `room` and `deeds` carry deeds out, and `shrink` makes a failing script short.
//!
//! A script that fails prints itself as Rust. Pasted into a story, it fails in the same way.

mod attempts;
mod cause;
mod deeds;
mod files;
mod fits;
mod generate;
mod intent;
mod judge;
mod machine;
mod oddities;
mod orders;
mod outcome;
mod panel;
mod room;
mod schedule;
mod screen;
mod script;
mod shrink;
#[cfg(test)]
mod tests;
mod together;
mod viewers;
mod volume;
mod witness;

pub use crate::kiosk::mutant::Mutant;
pub use crate::sim::world::Damage;
pub use cause::{Cause, TOLERANCES};
pub use generate::Wish;
pub use outcome::{Failure, Kind, Passed};
pub use schedule::{Entry, Shows};
pub use script::{Deed, List, Order, Press, Room, Script};
pub use shrink::shrink;
