//! The oracle: what should be on every screen of a simulated room, and weather that meets everything.
//!
//! The oracle knows the configuration, the orders of people, the schedule and its clock, the deeds of viewers, the files
//! as they truly are and what each renderer truly can. From these, and from the README alone, `intent` says what should
//! be on a screen; it shares no code with the logic of the box. `judge` compares that with the screen each second, with a
//! tolerance for each cause. `script` holds a room and its deeds as data, `oddities` how its renderers misbehave,
//! `schedule` reads opening hours, `room` carries deeds out, and `shrink` makes a failing script short.
//!
//! A script that fails prints itself as Rust. Pasted into a story, it fails in the same way.

mod cause;
mod deeds;
mod fits;
mod intent;
mod judge;
mod oddities;
mod orders;
mod panel;
mod room;
mod schedule;
mod screen;
mod script;
mod shrink;
#[cfg(test)]
mod tests;
mod viewers;
mod volume;
mod witness;

pub use cause::{Cause, TOLERANCES};
pub use room::{Failure, Kind, Passed};
pub use schedule::{Entry, Shows};
pub use script::{Deed, List, Order, Press, Room, Script, Wish};
pub use shrink::shrink;
