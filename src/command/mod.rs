//! What the command line can do beside running the box.

pub mod clip;
