//! The logic: one owner of all state. `step` takes one event and gives its effects.

pub mod effect;
pub mod event;
